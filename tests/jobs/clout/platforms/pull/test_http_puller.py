"""Shows over real HTTP that the puller obeys, resumes, stops and lands honest snapshots, and counts its requests."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from clout.config.sources import Source
from clout.lake.checksums import SEAL
from clout.lake.damaged import Damaged
from clout.lake.partitions import Lake
from clout.platforms import apis
from clout.platforms.apis.mastodon import MastodonPolicy
from clout.platforms.http.raw_pages import RawPages
from clout.platforms.pull import puller
from clout.platforms.pull.pages import Endpoint, Platform, Rows
from clout.platforms.pull.people import people_of
from clout.platforms.pull.puller import Pulled
from clout.privacy.suppression import ErasedKeys, write_erased
from hosts import MORNING, Clock, Host, SandboxClock
from sandbox.server import Sandbox

DAY = date(2026, 3, 1)
ANN, BO, CY, NO = (f"did:plc:{name}" for name in ("ann", "bo", "cy", "no"))
POST = f"at://{ANN}/app.bsky.feed.post/1"
OLD = f"at://{ANN}/app.bsky.feed.post/0"


@pytest.fixture
def host() -> Iterator[Host]:
    started = Host()
    yield started
    started.close()


def who(did: str, **more: Any) -> dict[str, Any]:
    return {"did": did, "handle": f"{did[8:]}.example", "labels": [], **more}


def post(uri: str, author: str, at: str, text: str = "hi", **more: Any) -> dict[str, Any]:
    record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": at}
    return {"uri": uri, "cid": "c", "author": who(author), "record": record, "indexedAt": at, **more}


def like(did: str, at: str) -> dict[str, Any]:
    return {"actor": who(did), "createdAt": at, "indexedAt": at}


X = "/xrpc/app.bsky."
FEED, LIKES = X + "feed.getAuthorFeed", X + "feed.getLikes"


@pytest.fixture
def world(host: Host) -> Host:
    """Ann wrote a post of the day that three like on two pages, and an old one; Bo passed it on."""
    host.answers = {
        X + "actor.getProfiles": {"profiles": [who(ANN, followersCount=7, followsCount=0, postsCount=2)]},
        FEED: {
            "feed": [
                {"post": post(POST, ANN, "2026-03-01T10:00:00Z", likeCount=3, repostCount=1, replyCount=0)},
                {"post": post(OLD, ANN, "2026-01-01T10:00:00Z", likeCount=9)},
            ],
            "cursor": "more",
        },
        LIKES: lambda query: (
            {"likes": [like(CY, "2026-03-01T11:00:00Z")]}
            if "cursor" in query
            else {
                "likes": [like(BO, "2026-03-01T13:00:00Z"), like(NO, "2026-03-01T12:00:00Z")],
                "cursor": "secret-cursor",
            }
        ),
        X + "feed.getRepostedBy": {"repostedBy": [who(BO)]},
        X + "feed.getQuotes": {"posts": []},
    }
    return host


def bluesky(host: Host, **options: Any) -> Source:
    given = {"base_url": host.url, "subjects": ["ann.example"], **options}
    return Source("bluesky", "bluesky", Path(), options=given)


def pull(lake: Lake, source: Source, clock: Clock | None = None, days: list[date] | None = None, **rest: Any) -> Pulled:
    said: list[str] = rest.pop("said", [])
    return puller.pull(lake, source, days or [DAY], say=said.append, clock=clock or Clock(), **rest)


def rows(lake: Lake, table: str, day: date = DAY) -> list[dict[str, Any]]:
    path = lake.snapshot(table, "bluesky", day)
    return lake.read(path).to_pylist() if lake.exists(path) else []


def manifest(lake: Lake, day: date = DAY) -> dict[tuple[str, str], tuple[str, str | None]]:
    return {(r["endpoint"], r["table"]): (r["status"], r["reason"]) for r in lake.manifest("bluesky", day) or []}


def snapshot(lake: Lake, day: date = DAY) -> dict[str, list[dict[str, Any]]]:
    return {table: rows(lake, table, day) for table in ("accounts", "posts", "interactions", "quarantine")}


def test_a_field_that_vanished_from_answers_is_told(lake: Lake, world: Host) -> None:
    people = [f"did:plc:liker{number}" for number in range(10)]
    said: list[str] = []
    for day in (DAY, DAY + timedelta(days=1)):
        at = f"{day}T11:00:00Z"
        likes = [like(did, at) for did in people]
        if day > DAY:
            likes = [{name: value for name, value in each.items() if name != "indexedAt"} for each in likes]
        world.answers[FEED] = {"feed": [{"post": post(POST, ANN, f"{day}T10:00:00Z", likeCount=10)}]}
        world.answers[LIKES] = {"likes": likes}
        clock = Clock(MORNING + (day - DAY))
        pull(lake, bluesky(world), clock, [day], said=said)
    drifts = {(row["endpoint"], row["drift"]) for row in lake.manifest("bluesky", DAY + timedelta(days=1)) or []}
    assert {each for each in drifts if each[1]} == {("likes", "dropped indexedAt")}
    assert [line for line in said if "other columns than before" in line and "dropped indexedAt" in line]


# The chain -------------------------------------------------------------------------------------------------------


def test_a_day_lands(lake: Lake, world: Host) -> None:
    pulled = pull(lake, bluesky(world, contact="ops@example.org"))
    assert pulled.written == [DAY]
    edges = {(r["kind"], r["actor_key"], r["occurred_precision"]) for r in rows(lake, "interactions")}
    assert edges == {
        ("like", f"bluesky:{BO}", "exact"),
        ("like", f"bluesky:{CY}", "exact"),
        ("like", f"bluesky:{NO}", "exact"),
        ("share", f"bluesky:{BO}", "observed_day"),
    }
    assert {r["post_key"]: r["like_count"] for r in rows(lake, "posts")} == {f"bluesky:{POST}": 3, f"bluesky:{OLD}": 9}
    # The feed ends at the first post that is too old; a known zero (replies) is not asked about, an unknown (quotes) is.
    assert world.counts == {"getProfiles": 1, "getAuthorFeed": 1, "getLikes": 2, "getRepostedBy": 1, "getQuotes": 1}
    assert all("ops@example.org" in headers["User-Agent"] for headers in world.headers)
    names = ("followers_count", "following_count", "state_complete")
    accounts = {r["native_id"]: tuple(r[name] for name in names) for r in rows(lake, "accounts")}
    assert accounts[ANN] == (7, 0, True)  # the author's view in the feed, without counters, did not replace it
    assert accounts[BO] == (None, None, False)


def test_a_post_says_which_lists_were_asked_and_whose_feed_it_was_in(lake: Lake, world: Host) -> None:
    stranger = {"post": post(f"at://{CY}/app.bsky.feed.post/7", CY, "2026-03-01T09:00:00Z", repostCount=900)}
    reason = {"$type": "app.bsky.feed.defs#reasonRepost", "by": who(ANN), "indexedAt": "2026-03-01T12:30:00Z"}
    world.answers[FEED]["feed"].insert(0, {**stranger, "reason": reason})
    pull(lake, bluesky(world))
    assert {r["native_id"]: (r["from_feed"], r["lists_asked"]) for r in rows(lake, "posts")} == {
        stranger["post"]["uri"]: (False, "none"),
        POST: (True, "like quote reply share"),
        OLD: (True, "none"),
    }


def test_a_post_of_ones_own_feed_beats_the_same_passed_on(lake: Lake, world: Host) -> None:
    own = post(POST, ANN, "2026-03-01T10:00:00Z", likeCount=3)
    reason = {"$type": "app.bsky.feed.defs#reasonRepost", "by": who(BO), "indexedAt": "2026-03-01T12:30:00Z"}
    feeds = {BO: [{"post": own, "reason": reason}], ANN: [{"post": own}]}
    world.answers[X + "actor.getProfiles"] = {"profiles": [who(BO), who(ANN)]}
    world.answers[FEED] = lambda query: {"feed": feeds[query["actor"][0]]}
    pull(lake, bluesky(world, subjects=[BO, ANN]))
    assert [(r["native_id"], r["from_feed"]) for r in rows(lake, "posts")] == [(POST, True)]


def test_who_is_asked_by_name_and_left_out_is_the_account_of_that_name(lake: Lake, world: Host) -> None:
    day = DAY + timedelta(days=1)
    pull(lake, bluesky(world))
    world.answers[X + "actor.getProfiles"] = {"profiles": []}
    pull(lake, bluesky(world), Clock(MORNING + timedelta(days=1)), [day])
    told = [(r["account_key"], r["status"], r["source_endpoint"]) for r in rows(lake, "accounts", day)]
    assert told == [(f"bluesky:{ANN}", "unavailable", "consent")]
    assert manifest(lake, day)["profiles", "accounts"] == ("complete", "left_out 1")
    assert manifest(lake, day)["consent", "accounts"] == ("complete", "people: unavailable 1")
    # Nor is a name known that its person gave up since: of such a one the name stands by itself.
    assert people_of(lake, "bluesky", day, {"ann.example", "bo.example", "nobody.example"}) == {
        "ann.example": f"bluesky:{ANN}",
        "bo.example": f"bluesky:{BO}",
    }
    world.answers[X + "actor.getProfiles"] = {"profiles": [who(ANN, handle="new.example")]}
    pull(lake, bluesky(world, subjects=[ANN]), Clock(MORNING + timedelta(days=2)), [day + timedelta(days=1)])
    assert people_of(lake, "bluesky", day + timedelta(days=2), {"ann.example", "new.example"}) == {
        "new.example": f"bluesky:{ANN}"
    }


@pytest.mark.parametrize("levels", [100, 600, 900])
def test_a_post_that_is_nested_without_end_costs_no_other(lake: Lake, world: Host, levels: int) -> None:
    deep: Any = "x"
    for _ in range(levels):
        deep = [deep]
    bad = post(OLD, ANN, "2026-03-01T10:30:00Z")
    bad["record"]["embed"] = {"$type": "x", "deep": deep}
    world.answers[FEED]["feed"][1] = {"post": bad}
    write_erased(lake, ErasedKeys().and_also({"bluesky:did:plc:somebody"}, {"somebody.example"}))
    pull(lake, bluesky(world))
    assert {r["native_id"] for r in rows(lake, "posts")} == {POST, OLD}
    assert ("too_deep" in str(manifest(lake)["author_feed", "posts"][1])) == (levels > 200)
    raw = RawPages(lake, "bluesky", DAY)
    [stored] = [raw.load("author_feed", subject, 0) for subject in raw.subjects("author_feed")]
    assert json.dumps(stored).count("[" * min(levels, 190)) == 1
    assert "[" * 210 not in json.dumps(stored)


def test_manifest_and_rows_agree(lake: Lake, world: Host) -> None:
    world.answers[LIKES] = {"likes": [like(BO, "2026-03-01T13:00:00Z"), {"actor": 5}, None]}
    pulled = pull(lake, bluesky(world))
    listed = lake.manifest("bluesky", DAY) or []
    for table in ("accounts", "posts", "interactions"):
        assert sum(r["rows"] for r in listed if r["table"] == table) == len(rows(lake, table))
    assert sum(r["rows_quarantined"] for r in listed if r["table"] == "interactions") == 2 == pulled.quarantined
    assert {r["table"] for r in rows(lake, "quarantine")} == {"interactions"}
    assert sum(r["requests"] for r in listed) == len(world.asked)
    assert [(r["requests"], r["pages"]) for r in listed if r["endpoint"] == "likes"] == [(1, 1), (0, 0)]


def test_raw_pages_hold_the_answer_and_no_cursor_in_names(lake: Lake, world: Host) -> None:
    pull(lake, bluesky(world))
    files = sorted((Path(lake.root) / "raw/bluesky/2026-03-01").rglob("*"))
    names = [str(f.relative_to(lake.root)) for f in files if f.is_file() and f.name != SEAL]
    assert len(names) == len(world.asked)
    assert [name.rsplit("/", 1)[1] for name in names if "/likes/" in name] == ["00000.json.gz", "00001.json.gz"]
    assert not any("secret-cursor" in name or "did" in name for name in names)
    [first] = [f for f in files if "/likes/" in str(f) and f.name == "00000.json.gz"]
    record = json.loads(gzip.decompress(first.read_bytes()))
    assert record["status"] == 200
    assert record["subject"] == POST
    assert record["request"] == {"path": "/xrpc/app.bsky.feed.getLikes", "params": {}}
    assert len(record["body"]["likes"]) == 2
    assert {r["raw_ref"].rsplit(":", 1)[0] for r in rows(lake, "interactions")} <= set(names)


def test_a_finished_day_makes_no_request(lake: Lake, world: Host) -> None:
    pull(lake, bluesky(world))
    before, landed = len(world.asked), snapshot(lake)
    assert pull(lake, bluesky(world)).reused == [DAY]
    pull(lake, bluesky(world), refresh=True)  # normalises what is stored
    pull(lake, bluesky(world), Clock(MORNING + timedelta(days=200)), refresh=True)
    assert len(world.asked) == before
    assert snapshot(lake) == landed


@pytest.mark.parametrize("survived", range(6))
def test_a_pull_killed_at_any_request_resumes(lake: Lake, world: Host, tmp_path: Path, survived: int) -> None:
    whole = Lake(tmp_path / "whole")
    pull(whole, bluesky(world))
    total = len(world.asked)

    class Killed(Clock):
        def __init__(self) -> None:
            super().__init__()
            self.before = len(world.asked)

        def now(self) -> datetime:
            if len(world.asked) - self.before > survived:
                raise KeyboardInterrupt
            return super().now()

    with pytest.raises(KeyboardInterrupt):
        pull(lake, bluesky(world), Killed())
    assert not lake.is_pulled("bluesky", DAY)
    assert pull(lake, bluesky(world)).written == [DAY]
    assert snapshot(lake) == snapshot(whole)
    assert len(world.asked) == 2 * total + 1  # only the request under way was made twice


def test_a_page_cut_on_disk_is_taken_again(lake: Lake, world: Host) -> None:
    pull(lake, bluesky(world))
    landed = snapshot(lake)
    [page] = (Path(lake.root) / "raw/bluesky/2026-03-01/author_feed").rglob("*.gz")
    page.write_bytes(page.read_bytes()[:40])
    lake.remove(lake.snapshot("manifest", "bluesky", DAY))
    world.asked.clear()
    pull(lake, bluesky(world))
    assert world.counts == {"getAuthorFeed": 1}
    assert snapshot(lake) == landed
    assert lake.checksums.state("raw/bluesky/2026-03-01") == "checksummed"


def test_pages_that_were_changed_and_cannot_be_taken_again_are_named(lake: Lake, world: Host) -> None:
    pull(lake, bluesky(world))
    [page] = (Path(lake.root) / "raw/bluesky/2026-03-01/author_feed").rglob("*.gz")
    page.write_bytes(gzip.compress(gzip.decompress(page.read_bytes()).replace(b"2026", b"2025")))
    lake.remove(lake.snapshot("manifest", "bluesky", DAY))
    world.asked.clear()
    with pytest.raises(Damaged, match=r"author_feed.*; heal it: .*lake\.py heal"):
        pull(lake, bluesky(world), Clock(MORNING + timedelta(days=3)))
    assert world.asked == []


# Days that are over, or not yet ----------------------------------------------------------------------------------


def test_a_past_day_asks_only_what_can_be_retaken(lake: Lake, world: Host) -> None:
    pull(lake, bluesky(world), Clock(MORNING + timedelta(days=3)))
    assert world.counts == {"getAuthorFeed": 1, "getLikes": 2, "getQuotes": 1}
    assert manifest(lake)["profiles", "accounts"] == ("skipped", "not_backfillable")
    assert manifest(lake)["reposted_by", "interactions"] == ("skipped", "not_backfillable")
    # Today's counters are not that day's.
    assert {r["like_count"] for r in rows(lake, "posts")} == {None}
    assert {r["followers_count"] for r in rows(lake, "accounts")} == {None}
    assert {r["kind"] for r in rows(lake, "interactions")} == {"like"}


def test_36_hours_are_the_limit(lake: Lake, world: Host) -> None:
    pull(lake, bluesky(world), Clock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC)))
    assert world.counts["getProfiles"] == 1
    world.asked.clear()
    pull(Lake(f"{lake.root}-2"), bluesky(world), Clock(datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC)))
    assert world.counts["getProfiles"] == 0


def test_a_day_long_past_is_left_alone_and_said_to_be_blind(lake: Lake, world: Host) -> None:
    pulled = pull(lake, bluesky(world), Clock(MORNING + timedelta(days=30)), days=[date(2026, 2, 28), DAY])
    assert (world.asked, pulled.written) == ([], [])
    [row] = lake.manifest("bluesky", DAY) or []
    assert (row["endpoint"], row["status"], row["reason"]) == ("bluesky", "skipped", "no_data")
    assert lake.manifest("bluesky", date(2026, 2, 28)) is None


def test_a_refresh_after_the_raw_pages_were_purged_keeps_the_snapshot(lake: Lake, world: Host) -> None:
    pull(lake, bluesky(world))
    landed = snapshot(lake)
    lake.remove(f"raw/bluesky/{DAY}")
    world.asked.clear()
    pull(lake, bluesky(world), Clock(MORNING + timedelta(days=3)), refresh=True)
    assert world.asked == []
    assert snapshot(lake) == landed


def test_a_day_that_is_not_over_is_left_for_later(lake: Lake, world: Host) -> None:
    said: list[str] = []
    pull(lake, bluesky(world), Clock(datetime(2026, 3, 1, 23, 59, tzinfo=UTC)), said=said)
    assert world.asked == []
    assert not lake.is_pulled("bluesky", DAY)
    assert any("the day is not over" in line for line in said)


# Consent ---------------------------------------------------------------------------------------------------------


def test_who_opted_out_is_removed_everywhere_and_counted(lake: Lake, world: Host) -> None:
    # Her wish is seen in the list of reposters, after her like was read.
    label = [{"val": "!no-unauthenticated", "src": NO, "uri": NO}]
    world.answers[X + "feed.getRepostedBy"] = {"repostedBy": [who(BO), who(NO, labels=label, displayName="Norah")]}
    pull(lake, bluesky(world))
    assert f"bluesky:{NO}" not in {r["actor_key"] for r in rows(lake, "interactions")}
    [row] = [r for r in rows(lake, "accounts") if r["native_id"] == NO]
    # What stays is the wish itself: without it, earlier days of the window would go on counting her.
    assert (row["opt_out"], row["handle"], row["display_name"], row["state_complete"]) == (True, None, None, False)
    assert manifest(lake)["likes", "interactions"] == ("complete", "opt_out 2")  # her account's view, and her like
    assert manifest(lake)["consent", "accounts"] == ("complete", "people: opt_out 1")


def test_nothing_is_asked_about_a_subject_who_opted_out(lake: Lake, world: Host) -> None:
    label = [{"val": "!no-unauthenticated"}]
    world.answers[X + "actor.getProfiles"] = {"profiles": [who(ANN, labels=label, followersCount=7)]}
    pull(lake, bluesky(world))
    assert world.counts == {"getProfiles": 1}
    assert rows(lake, "interactions") == []


def test_a_wish_seen_on_a_later_page_stops_what_was_planned(lake: Lake, world: Host) -> None:
    [first, _] = world.answers[FEED]["feed"]
    second = post(f"{POST}b", ANN, "2026-03-01T09:00:00Z")
    second["author"] = who(ANN, labels=[{"val": "!no-unauthenticated"}])
    pages = {"": {"feed": [first], "cursor": "a"}, "a": {"feed": [{"post": second}]}}
    world.answers[FEED] = lambda query: pages[query.get("cursor", [""])[0]]
    pull(lake, bluesky(world))
    assert world.counts == {"getProfiles": 1, "getAuthorFeed": 2}
    assert rows(lake, "posts") == []


def test_a_share_with_its_time_beats_the_same_without(lake: Lake, world: Host) -> None:
    feeds = {ANN: world.answers[FEED], BO: {"feed": [dict(world.answers[FEED]["feed"][0])]}}
    feeds[BO]["feed"][0]["reason"] = {"$type": "x#reasonRepost", "by": who(BO), "indexedAt": "2026-03-01T14:00:00Z"}
    world.answers[X + "actor.getProfiles"] = {"profiles": [who(ANN), who(BO)]}
    world.answers[FEED] = lambda query: feeds[query["actor"][0]]
    pull(lake, bluesky(world, subjects=["ann.example", "bo.example"]))
    [share] = [r for r in rows(lake, "interactions") if r["kind"] == "share"]
    assert (share["occurred_precision"], share["actor_key"]) == ("exact", f"bluesky:{BO}")
    assert manifest(lake)["reposted_by", "interactions"] == ("complete", "merged 1")


# A host that says "not now" or "no more" -------------------------------------------------------------------------

SOON = str(int(MORNING.timestamp()) + 40)


@pytest.mark.parametrize(
    ("refusal", "seconds"),
    [
        ((429, {"Retry-After": "30"}, {"error": "RateLimitExceeded"}), 30),
        ((429, {"RateLimit-Reset": SOON}, {}), 40),
        ((429, {}, {}), 1),
        ((429, {"Retry-After": "0"}, {}), 1),
        ((503, {}, b"<html>"), 1),
        ((503, {"Retry-After": "7"}, b""), 7),
        ((200, {"Content-Length": "999"}, b'{"feed": ['), 1),
        ((200, {"Content-Type": "text/html"}, b"<html>Just a moment</html>"), 1),
        ((200, {}, b'{"feed": NaN}'), 1),
    ],
    ids=["retry-after", "reset", "no time", "0 seconds", "503", "503 with time", "cut", "html", "nan"],
)
def test_it_waits_as_long_as_it_is_told_and_asks_once_more(
    lake: Lake, world: Host, refusal: tuple[int, dict[str, str], Any], seconds: float
) -> None:
    world.answers[FEED] = [refusal, world.answers[FEED]]
    clock = Clock()
    said: list[str] = []
    pull(lake, bluesky(world), clock, said=said)
    assert sum(clock.slept) == seconds
    assert world.counts["getAuthorFeed"] == 2
    assert manifest(lake)["author_feed", "posts"] == ("complete", None)
    assert max(clock.slept) <= 10
    assert seconds < 2 or sum("waits until" in line for line in said) == len(clock.slept)


def test_a_host_that_always_fails_is_left_alone(lake: Lake, world: Host) -> None:
    world.answers[LIKES] = (500, {}, b"")
    clock = Clock()
    pull(lake, bluesky(world), clock)
    assert world.counts["getLikes"] == 6
    assert clock.slept == [1, 2, 4, 8, 10, 6]  # the fifth wait is one of 16 s, in pieces
    assert manifest(lake)["likes", "interactions"] == ("failed", "HTTP 500, 6 tries")
    assert manifest(lake)["reposted_by", "interactions"][0] == "complete"


def test_after_three_dead_units_the_platform_is_left_alone_and_asked_again_later(lake: Lake, world: Host) -> None:
    answers, world.answers = world.answers, {X + "actor.getProfiles": (502, {}, b"")}
    subjects = [f"s{number}.example" for number in range(25 * 5)]
    pull(lake, bluesky(world, subjects=subjects))
    assert world.counts == {"getProfiles": 18}
    listed = lake.manifest("bluesky", DAY) or []
    assert [r["status"] for r in listed] == ["failed"] * 3 + ["skipped"] * 2
    assert not lake.is_pulled("bluesky", DAY)
    world.answers = answers
    pull(lake, bluesky(world))
    assert lake.is_pulled("bluesky", DAY)


def test_a_wait_beyond_the_deadline_stops_and_says_so(lake: Lake, world: Host) -> None:
    world.answers[LIKES] = (429, {"Retry-After": "500"}, {})
    clock = Clock()
    pull(lake, bluesky(world, deadline_minutes=5), clock)
    assert clock.slept == []
    found = manifest(lake)
    assert found["likes", "interactions"] == ("skipped", "deadline: HTTP 429, Retry-After")
    assert found["reposted_by", "interactions"] == ("skipped", "deadline: HTTP 429, Retry-After")
    assert world.counts["getRepostedBy"] == 0
    assert lake.is_pulled("bluesky", DAY)


def test_a_quota_that_runs_low_slows_it_down(lake: Lake, world: Host) -> None:
    headers = {"RateLimit-Limit": "3000", "RateLimit-Remaining": "0", "RateLimit-Reset": SOON}
    world.answers[FEED] = (200, headers, world.answers[FEED])
    clock = Clock()
    pull(lake, bluesky(world), clock)
    assert sum(clock.slept) == 40
    assert world.counts["getAuthorFeed"] == 1  # the page was good and is kept


def test_max_requests_is_never_exceeded(lake: Lake, world: Host) -> None:
    pull(lake, bluesky(world, max_requests=3))
    assert len(world.asked) == 3
    assert manifest(lake)["likes", "interactions"] == ("truncated", "max_requests")
    assert manifest(lake)["quotes", "interactions"] == ("skipped", "max_requests")


@pytest.mark.parametrize(("status", "reason"), [(400, "refused: HTTP 400"), (404, "gone: HTTP 404")])
def test_a_subject_that_is_gone_is_asked_about_once(lake: Lake, world: Host, status: int, reason: str) -> None:
    world.answers[LIKES] = (status, {}, {"error": "InvalidRequest", "message": "text about a person"})
    pull(lake, bluesky(world))
    assert manifest(lake)["likes", "interactions"] == ("failed", reason)
    pull(lake, bluesky(world), refresh=True)
    assert manifest(lake)["likes", "interactions"] == ("failed", reason)
    assert world.counts["getLikes"] == 1


def test_401_stops_the_endpoint_only(lake: Lake, world: Host) -> None:
    posts = [{"post": post(f"{POST}{n}", ANN, "2026-03-01T10:00:00Z", replyCount=0)} for n in range(5)]
    world.answers[FEED] = {"feed": posts}
    world.answers[LIKES] = (401, {}, {"error": "AuthMissing"})
    pull(lake, bluesky(world))
    assert world.counts["getLikes"] == 1
    assert world.counts["getRepostedBy"] == 5


# Paging ----------------------------------------------------------------------------------------------------------


def test_an_empty_page_with_a_cursor_is_not_the_end(lake: Lake, world: Host) -> None:
    pages = {"": {"likes": [], "cursor": "a"}, "a": {"likes": [like(BO, "2026-03-01T12:00:00Z")]}}
    world.answers[LIKES] = lambda query: pages[query.get("cursor", [""])[0]]
    pull(lake, bluesky(world))
    assert world.counts["getLikes"] == 2
    assert sum(r["kind"] == "like" for r in rows(lake, "interactions")) == 1


def test_a_repeated_cursor_stops(lake: Lake, world: Host) -> None:
    world.answers[LIKES] = {"likes": [], "cursor": "again"}
    pull(lake, bluesky(world))
    assert world.counts["getLikes"] == 2
    assert manifest(lake)["likes", "interactions"] == ("truncated", "repeated_cursor")


def test_pages_are_capped(lake: Lake, world: Host) -> None:
    world.answers[LIKES] = lambda query: {"likes": [], "cursor": f"{len(world.asked)}"}
    pull(lake, bluesky(world, max_pages=4))
    assert world.counts["getLikes"] == 4
    assert manifest(lake)["likes", "interactions"] == ("truncated", "page_cap")


def test_a_body_is_capped(lake: Lake, world: Host) -> None:
    world.answers[LIKES] = {"likes": [], "filling": "x" * 1_100_000}
    pull(lake, bluesky(world, max_body_mb=1))
    assert manifest(lake)["likes", "interactions"] == ("failed", "body_cap")
    assert world.counts["getLikes"] == 1


def test_likes_older_than_the_day_end_the_paging(lake: Lake, world: Host) -> None:
    world.answers[LIKES] = {"likes": [like(BO, "2026-02-28T23:00:00Z")], "cursor": "more"}
    pull(lake, bluesky(world))
    assert world.counts["getLikes"] == 1


# Redirects and links ---------------------------------------------------------------------------------------------


@pytest.fixture
def stranger() -> Iterator[Host]:
    other = Host()
    yield other
    other.close()


def test_a_redirect_to_another_host_is_refused(lake: Lake, world: Host, stranger: Host) -> None:
    world.answers[LIKES] = (302, {"Location": f"{stranger.url}/steal"}, b"")
    pull(lake, bluesky(world))
    assert stranger.asked == []
    assert manifest(lake)["likes", "interactions"] == ("failed", "redirect_to_another_host")
    assert manifest(lake)["reposted_by", "interactions"][0] == "complete"


def test_a_redirect_on_the_same_host_is_followed_a_few_times(lake: Lake, world: Host) -> None:
    world.answers["/new"], world.answers[LIKES] = world.answers[LIKES]({}), (301, {"Location": "/new"}, b"")
    pull(lake, bluesky(world))
    assert manifest(lake)["likes", "interactions"][0] == "truncated"  # /new knows no cursor and repeats itself
    world.answers["/loop"] = (301, {"Location": "/loop"}, b"")
    world.answers[X + "feed.getQuotes"] = (301, {"Location": "/loop"}, b"")
    world.asked.clear()
    pull(Lake(f"{lake.root}-2"), bluesky(world))
    assert world.counts["loop"] == 3


LIST = Endpoint(name="list", path="/list/{subject}", table="accounts", paginator="link_header", page_size=80)


def linked(world: Host, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setitem(apis.READERS, "linked", Platform((LIST,), MastodonPolicy, lambda p, k: Rows(p)))
    return Source("bluesky", "linked", Path(), options={"base_url": world.url, "subjects": ["a/../b"]})


def test_links_are_followed_to_the_last_page(lake: Lake, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/list/a%2F..%2Fb"
    link = f'<{host.url}{path}?limit=80&max_id=5&access_token=planted-secret>; rel="next", <{host.url}/x>; rel="prev"'
    host.answers[path] = [(200, {"Link": link}, []), []]
    pull(lake, linked(host, monkeypatch))
    assert [query for _, query in host.asked] == [{"limit": ["80"]}, {"limit": ["80"], "max_id": ["5"]}]
    assert manifest(lake)["list", "accounts"] == ("complete", None)
    for file in Path(lake.root).rglob("*"):
        data = file.read_bytes() if file.is_file() else b""
        assert b"planted-secret" not in (gzip.decompress(data) if file.suffix == ".gz" else data)


@pytest.mark.parametrize("target", ["http://127.0.0.1:9/list/a%2F..%2Fb?max_id=1", "/admin?max_id=1", "http://[::1"])
def test_a_next_link_to_another_place_is_refused(
    lake: Lake, host: Host, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    host.answers["/list/a%2F..%2Fb"] = (200, {"Link": f'<{target}>; rel="next"'}, [])
    pull(lake, linked(host, monkeypatch))
    assert len(host.asked) == 1
    assert manifest(lake)["list", "accounts"] == ("truncated", "next_link_to_another_place")


# Mastodon --------------------------------------------------------------------------------------------------------


def person(number: int, acct: str, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "acct": acct, "uri": f"https://m.example/users/{number}", "indexable": True, **more}


def status(number: int, author: dict[str, Any], **more: Any) -> dict[str, Any]:
    counters = {"replies_count": 0, "reblogs_count": 0, "favourites_count": 2}
    return {
        "id": str(number),
        "uri": f"https://m.example/s/{number}",
        "visibility": "public",
        "created_at": "2026-03-01T10:00:00.000Z",
        "account": author,
        **counters,
        **more,
    }


API = "/api/v1/"


@pytest.fixture
def instance(host: Host) -> Host:
    """Ann, account 1, has a post that two liked (a page each), and one that was not for everybody's eyes."""
    ann = person(1, "ann", followers_count=4)
    likes = f"{API}statuses/10/favourited_by"
    link = {"Link": f'<{host.url}{likes}?limit=80&max_id=77>; rel="next"'}
    host.answers = {
        API + "accounts/lookup": ann,
        API + "accounts/1": ann,
        API + "accounts/1/statuses": [[status(10, ann), status(11, ann, visibility="private")]],
        likes: lambda query: [person(3, "cy@far.example")] if "max_id" in query else (200, link, [person(2, "bo")]),
    }
    return host


def mastodon(host: Host, *subjects: str) -> Source:
    return Source("bluesky", "mastodon", Path(), options={"base_url": host.url, "subjects": list(subjects)})


def test_a_day_of_an_instance_lands(lake: Lake, instance: Host) -> None:
    pull(lake, mastodon(instance, "ann"))
    assert instance.counts == {"lookup": 1, "statuses": 1, "favourited_by": 2}
    assert instance.asked[0] == (API + "accounts/lookup", {"acct": ["ann"]})
    found = {
        (r["kind"], r["actor_key"][-1], r["target_account_key"][-1], r["target_post_key"])
        for r in rows(lake, "interactions")
    }
    assert found == {("like", who, "1", "bluesky:https://m.example/s/10") for who in "23"}
    assert {r["occurred_precision"] for r in rows(lake, "interactions")} == {"observed_day"}
    assert manifest(lake)["statuses", "posts"] == ("complete", "not_public 1")


def test_a_past_day_of_an_instance(lake: Lake, instance: Host) -> None:
    late = Clock(MORNING + timedelta(days=3))
    pull(lake, mastodon(instance, "1"), late)
    assert instance.counts == {"statuses": 1}
    assert manifest(lake)["account", "accounts"] == ("skipped", "not_backfillable")
    assert manifest(lake)["favourited_by", "interactions"] == ("skipped", "not_backfillable")
    assert {r["like_count"] for r in rows(lake, "posts")} == {None}


def test_an_instance_says_when_in_iso(lake: Lake, instance: Host) -> None:
    answer = instance.answers[API + "accounts/lookup"]
    instance.answers[API + "accounts/lookup"] = [(429, {"X-RateLimit-Reset": "2026-03-02T00:31:10.000Z"}, {}), answer]
    clock = Clock()
    pull(lake, mastodon(instance, "ann"), clock)
    assert sum(clock.slept) == 70
    assert instance.counts["lookup"] == 2


def test_a_closed_instance_is_asked_once(lake: Lake, instance: Host) -> None:
    closed = (401, {}, {"error": "This API requires an authenticated user"})
    instance.answers = {API + "accounts/lookup": closed}
    pull(lake, mastodon(instance, "ann", "bo", "cy"))
    assert len(instance.asked) == 1
    assert [r["status"] for r in lake.manifest("bluesky", DAY) or []] == ["failed", "skipped", "skipped"]


@pytest.mark.parametrize("wish", [{"noindex": True}, {"indexable": False}, {"discoverable": False}, {"locked": True}])
def test_nothing_more_is_asked_about_one_who_does_not_want_it(lake: Lake, instance: Host, wish: dict[str, Any]) -> None:
    instance.answers[API + "accounts/lookup"] = person(1, "ann", **wish)
    source = mastodon(instance, "ann")
    pull(lake, replace(source, options={**source.options, "honour": [*wish]}))
    assert len(instance.asked) == 1
    [row] = rows(lake, "accounts")
    assert (row["opt_out"], row["is_protected"]) in ((True, None), (None, True))
    assert row["handle"] is None


NOT_FOUND, GONE = (404, {}, {"error": "Record not found"}), (410, {}, {"error": "Gone"})


@pytest.mark.parametrize(("answer", "status"), [(NOT_FOUND, "unavailable"), (GONE, "deleted")])
@pytest.mark.parametrize("subject", ["ann", "1", "ann@127.0.0.1"])
def test_who_is_gone_is_said_to_be(lake: Lake, instance: Host, subject: str, answer: Any, status: str) -> None:
    """By the key that earlier days know, however they are asked about; and that is an answer, not a failure."""
    pull(lake, mastodon(instance, subject))
    [ann] = [row for row in rows(lake, "accounts") if row["handle"] == "ann"]
    later = DAY + timedelta(days=1)
    instance.answers[API + "accounts/1"] = instance.answers[API + "accounts/lookup"] = answer
    pull(lake, mastodon(instance, subject), Clock(MORNING + timedelta(days=1)), [later])
    [row] = lake.read(lake.snapshot("accounts", "bluesky", later)).to_pylist()
    assert (row["account_key"], row["status"], row["handle"]) == (ann["account_key"], status, None)
    ends = {(r["endpoint"], r["status"], r["reason"]) for r in lake.manifest("bluesky", later) or []}
    asked = "account" if subject == "1" else "lookup"
    assert (asked, "complete", f"gone: HTTP {answer[0]}") in ends
    assert ("consent", "complete", f"people: {status} 1") in ends


def test_where_nobody_is_found_the_place_is_wrong(lake: Lake, instance: Host) -> None:
    instance.answers[API + "accounts/lookup"] = NOT_FOUND
    pull(lake, mastodon(instance, "ann", "bo", "cy"))
    assert {row["status"] for row in lake.manifest("bluesky", DAY) or []} == {"failed"}
    assert rows(lake, "accounts") == []


# What is said ----------------------------------------------------------------------------------------------------


def test_progress_is_said_at_least_every_15_seconds(lake: Lake, world: Host) -> None:
    class Slow(Clock):
        """Every look at the clock takes a second."""

        def now(self) -> datetime:
            self.time += timedelta(seconds=1)
            return self.time

    clock = Slow()
    times = [clock.time]

    def say(text: str) -> None:
        times.append(clock.time)

    world.answers[LIKES] = [(429, {"Retry-After": "100"}, {}), {"likes": []}]
    puller.pull(lake, bluesky(world), [DAY], say=say, clock=clock)
    assert max(later - earlier for earlier, later in pairwise(times)) <= timedelta(seconds=15)
    assert len(times) > 10


def test_the_log_sums_up(lake: Lake, world: Host) -> None:
    said: list[str] = []
    pull(lake, bluesky(world), said=said)
    assert "pull bluesky 2026-03-01: 1 × likes complete" in said
    assert any("6 requests" in line for line in said)
    assert len(said) < 15


# The sandbox, which somebody else wrote --------------------------------------------------------------------------


@pytest.mark.parametrize("reader", ["bluesky", "mastodon"])
def test_the_sandbox_never_has_to_say_no(lake: Lake, reader: str) -> None:
    day = date(2026, 3, 13)
    with Sandbox(now="2026-03-14T00:30:00Z") as sandbox:
        sandbox.change({"limits": {reader: 60}})
        people = [person for person in sandbox.people(0, 90) if reader in person["platforms"]]
        urls = sandbox.state()["urls"]
        if reader == "bluesky":
            base, subjects = urls["bluesky"], [one["did"] for one in people]
        else:
            base = urls["mastodon"]["alder.example"]
            subjects = [one["acct"] for one in people if one["instance"] == "alder.example"]
        source = Source("bluesky", reader, Path(), options={"base_url": base, "subjects": subjects})
        clock = SandboxClock(sandbox)
        pull(lake, source, clock, [day])
        requests = sandbox.state()["requests"]
    listed = lake.manifest("bluesky", day) or []
    assert sum(row["requests"] for row in listed) == requests > 120  # no request more than the manifest admits
    assert {row["status"] for row in listed} <= {"complete", "failed"}
    assert {row["reason"] for row in listed if row["status"] == "failed"} <= {"gone: HTTP 410"}
    assert not any("429" in (row["reason"] or "") for row in listed)
    assert sum(clock.slept) >= 300 * (requests // 60 - 1)  # it paced itself through the windows
    assert {row["kind"] for row in rows(lake, "interactions", day)} >= {"like", "share", "reply", "mention"}
    for table in ("accounts", "posts", "interactions"):
        assert sum(row["rows"] for row in listed if row["table"] == table) == len(rows(lake, table, day))
