"""Pulls Facebook Pages and LinkedIn organisations from the sandbox: what lands, what the manifest says, how it obeys."""

from __future__ import annotations

import gzip
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from clout.config.sources import Source
from clout.lake.partitions import Lake
from clout.platforms import apis
from clout.platforms.pull import puller
from clout.platforms.pull.rows import short_hash
from clout.privacy.suppression import ErasedKeys, read_erased, write_erased
from hosts import SandboxClock
from sandbox import facebook, linkedin
from sandbox.history import LIKE, MENTION, POST, QUOTE, REPLY, SHARE, moment
from sandbox.server import Sandbox

NOW, DAY = "2026-03-07T00:30:00Z", date(2026, 3, 6)
FIRST = date(2026, 3, 4)
UNLIMITED = {"facebook": 10**9, "linkedin": 10**9}
Key = tuple[str, str | None, str | None, datetime]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(NOW, since=FIRST, limits=UNLIMITED) as made:
        yield made


class Pull:
    """A pull of one platform of the sandbox into a lake of its own, on the sandbox's clock."""

    excluded: frozenset[str] = frozenset()
    #: One for all lakes, which are compared; without, each lake makes its own.
    salt = "5a" * 32

    def __init__(self, box: Sandbox, lake: Lake, reader: str) -> None:
        self.box, self.lake, self.reader = box, lake, reader
        key = "page" if reader == "facebook" else "organisation"
        box.change({"now": NOW, "misbehave": [], "limits": UNLIMITED, "clear_log": True})
        self.view = box.view(reader)
        self.all = {one[key]: one["person"] for one in box.people(0, 10_000) if one[key]}
        here = [subject for subject, person in self.all.items() if self.view.here[person]]
        acted_on = Counter(self.view.table.target[self.view.whole].tolist())
        self.gone = [subject for subject in self.all if subject not in here]
        #: Those on whom most people act.
        self.busy = sorted(here, key=lambda subject: -acted_on[self.all[subject]])

    def __call__(self, subjects: list[str] | None = None, again: bool = False, late: int = 0, **options: Any) -> None:
        given = {"base_url": self.box.urls[self.reader], "subjects": subjects or self.busy[1:3], **options}
        self.clock = SandboxClock(self.box)
        self.clock.time += timedelta(days=late)
        source = Source("pl", self.reader, Path(), options=given, excluded=self.excluded)
        self.said: list[str] = []
        if self.salt:
            write_erased(self.lake, ErasedKeys(self.salt))
        puller.pull(self.lake, source, [DAY], say=self.said.append, refresh=again, clock=self.clock)

    def set(self, *misbehave: str, **limits: int) -> None:
        self.box.change({"misbehave": list(misbehave), "limits": UNLIMITED | limits, "clear_log": True})

    def rows(self, table: str) -> list[dict[str, Any]]:
        place = self.lake.snapshot(table, "pl", DAY)
        return self.lake.read(place).to_pylist() if self.lake.exists(place) else []

    def ends(self, endpoint: str) -> Counter[tuple[str, str | None]]:
        """How the units of an endpoint ended."""
        listed = self.lake.manifest("pl", DAY) or []
        main = {"page": "accounts", "organization": "accounts", "followers": "accounts"}
        main |= {"comments": "interactions", "tagged": "interactions", "reactions": "interactions"}
        of = [row for row in listed if row["endpoint"] == endpoint and row["table"] == main.get(endpoint, "posts")]
        return Counter((row["status"], row["reason"]) for row in of)

    def asked(self, word: str = "") -> list[int]:
        """The answers' statuses, of requests whose path ends so or whose query holds the word."""
        return [e["status"] for e in self.box.log if e["path"].endswith(word) or word in e["query"]]

    def edges(self) -> Counter[Key]:
        """The interactions of the day that landed."""
        rows = [row for row in self.rows("interactions") if row["occurred_at"].date() == DAY]
        return Counter((r["kind"], r["actor_key"], r["target_account_key"], r["occurred_at"]) for r in rows)

    def landed(self) -> dict[str, list[str]]:
        """All rows, without their provenance and in order."""
        tables = {}
        for table in ("accounts", "posts", "interactions", "quarantine"):
            rows = [{n: v for n, v in row.items() if n not in ("raw_ref", "fetched_at")} for row in self.rows(table)]
            tables[table] = sorted({str(row) for row in rows})
        return tables

    def acts(self, *kinds: int) -> list[tuple[int, int, int, datetime]]:
        """Kind, actor, target and time of what the world says of the day, on those who are asked about."""
        view, table, asked = self.view, self.view.table, {self.all[subject] for subject in self.busy}
        columns = (view.whole, table.kind, table.actor, table.target, table.at)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        times = ((kind, who, whom, datetime.fromtimestamp(at, UTC)) for s, kind, who, whom, at in rows if s)
        return [act for act in times if act[0] in kinds and act[2] in asked and act[3].date() == DAY]

    def posts(self) -> list[int]:
        """The events that are posts of theirs, up to the end of the day."""
        events = [int(e) for subject in self.busy for e in self.view.of_actor(self.all[subject], (POST,))]
        return [event for event in events if self.view.table.at[event] < moment(DAY + timedelta(days=1))]

    def asked_about(self) -> list[int]:
        """Whose posts a pull without subjects is about."""
        return [self.all[subject] for subject in self.busy[1:3]]

    def liked(self) -> set[tuple[str | None, ...]]:
        """Target, post and nothing of every like that landed, from which its key was computed."""
        rows = [row for row in self.rows("interactions") if row["kind"] == "like"]
        return {(row["target_account_key"], row["target_post_key"], None) for row in rows}

    def bytes(self) -> bytes:
        """Every byte of the lake, unpacked, and of what was said."""
        files = [file for file in Path(self.lake.root).rglob("*") if file.is_file()]
        data = [f.read_bytes() for f in files]
        whole = b"".join(gzip.decompress(d) if f.suffix == ".gz" else d for f, d in zip(files, data, strict=True))
        return whole + "".join([*self.said, *map(str, files)]).encode()


def time_of(at: Any) -> datetime:
    return datetime.fromtimestamp(int(at), UTC)


@pytest.fixture
def pages(box: Sandbox, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Pull:
    monkeypatch.setenv("CLOUT_TOKEN_PL", facebook.TOKEN)
    return Pull(box, lake, "facebook")


@pytest.fixture
def organisations(box: Sandbox, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Pull:
    monkeypatch.setenv("CLOUT_TOKEN_PL", linkedin.TOKEN)
    return Pull(box, lake, "linkedin")


@pytest.fixture(params=["facebook", "linkedin"])
def either(request: pytest.FixtureRequest) -> Pull:
    name = {"facebook": "pages", "linkedin": "organisations"}[request.param]
    return request.getfixturevalue(name)  # type: ignore[no-any-return]


# What lands ------------------------------------------------------------------------------------------------------


def test_a_day_of_pages_is_the_worlds(pages: Pull) -> None:
    pages.busy = pages.busy[:24]
    pages(pages.busy)
    world = pages.box.world
    hidden = world.opted_out | world.protected | world.minors

    def told(kind: int, who: int, whom: int, at: datetime) -> Key:
        actor = None if who in hidden else f"pl:{facebook.person_id(whom, who)}"
        return ("reply" if kind == REPLY else "mention", actor, f"pl:{facebook.page_id(whom)}", at)

    expected = [told(*a) for a in pages.acts(REPLY)] + [told(*a) for a in pages.acts(MENTION) if a[1] != a[2]]
    view, table = pages.view, pages.view.table
    passed_on = [
        ("share", *(f"pl:{facebook.page_id(int(who[e]))}" for who in (table.actor, table.target)), time_of(table.at[e]))
        for subject in pages.busy
        for e in view.of_actor(pages.all[subject], (SHARE,)).tolist()
        if facebook.owns_page(int(table.target[e])) and table.target[e] != table.actor[e]
    ]
    expected += [one for one in passed_on if one[-1].date() == DAY]
    assert pages.edges() == Counter(expected)
    assert len(expected) > 10
    assert any(kind == "share" for kind, *_ in expected)
    posts = {row["native_id"]: row for row in pages.rows("posts") if row["post_type"] == "original"}
    speaker = facebook.Facebook(view, "", frozenset())
    events = pages.posts()
    assert len(posts) == len(events) == len({speaker.post_id(e) for e in events} & posts.keys()) > 20
    for event in events:
        row, counts = posts[speaker.post_id(event)], view.counts(event)
        assert row["event_at"] == time_of(table.at[event])
        assert (row["like_count"], row["reply_count"]) == (counts[LIKE], counts[REPLY])
        assert row["share_count"] == (counts[SHARE] + counts[QUOTE] or None)
        assert sum(number for _, number in row["reaction_counts"]) == counts[LIKE]
        assert (row["view_count"], row["click_count"]) == (40 + 25 * sum(counts), sum(counts))
    assert len(pages.asked("/comments")) == sum(view.counts(event)[REPLY] > 0 for event in events)
    accounts = {row["native_id"]: row for row in pages.rows("accounts")}
    assert accounts.keys() == set(pages.busy)
    assert all(row["followers_count"] >= 0 and row["state_complete"] for row in accounts.values())
    assert {status for endpoint in ("page", "published_posts", "comments") for status, _ in pages.ends(endpoint)} == {
        "complete"
    }


def test_a_day_of_organisations_is_the_worlds(organisations: Pull) -> None:
    organisations(organisations.busy)
    runs, view = linkedin.runs_organisation, organisations.view

    def told(kind: int, who: int, whom: int, at: datetime) -> Key:
        word = {LIKE: "like", REPLY: "reply", SHARE: "share", QUOTE: "quote"}[kind]
        member = read_erased(organisations.lake).pseudonym(f"pl:{linkedin.member_urn(who)}")
        is_itself = kind in (SHARE, QUOTE) or who == whom  # however it is called where it answers itself
        actor = f"pl:{linkedin.organisation_urn(who)}" if is_itself else member
        return word, actor, f"pl:{linkedin.organisation_urn(whom)}", at

    expected = [told(*a) for a in organisations.acts(LIKE, REPLY)]
    expected += [told(*a) for a in organisations.acts(SHARE, QUOTE) if runs(a[1])]
    edges = organisations.edges()
    assert Counter({key: n for key, n in edges.items() if key[0] != "mention"}) == Counter(expected)
    assert Counter(key[0] for key in expected)["like"] > 10
    assert any(key[0] == "mention" for key in edges)
    posts = {row["native_id"]: row for row in organisations.rows("posts")}
    speaker = linkedin.LinkedIn(view, frozenset())
    events = organisations.posts()
    assert len(events) == len({speaker.urn(e) for e in events} & posts.keys()) > 20
    for event in events:
        row, counts = posts[speaker.urn(event)], view.counts(event)
        assert row["event_at"] == datetime.fromtimestamp(int(view.table.at[event]), UTC)
        assert (row["like_count"], row["reply_count"], row["share_count"]) == (counts[LIKE], counts[REPLY], None)
        assert sum(number for _, number in row["reaction_counts"]) == counts[LIKE]
    accounts = {row["native_id"]: row for row in organisations.rows("accounts")}
    assert accounts.keys() == set(organisations.busy)
    assert all(row["followers_count"] >= 0 and row["state_complete"] for row in accounts.values())
    metadata = [entry for entry in organisations.box.log if entry["path"] == "/rest/socialMetadata"]
    assert len(metadata) == math.ceil(len(events) / 20)  # twenty posts a request
    # Where nobody reacted or commented, nobody is asked for.
    counts = [view.counts(event) for event in events]
    for part, kind in (("reactions", LIKE), ("socialActions/comments", REPLY)):
        asked = [e for e in organisations.box.log if linkedin.endpoint_of(e["path"]) == part]
        assert len(asked) == sum(count[kind] > 0 for count in counts)


def test_a_finished_day_makes_no_request_and_a_token_is_nowhere(either: Pull, monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(either, monkeypatch)  # with addresses of next pages, which hold the token
    either()
    landed, requests = either.landed(), len(either.box.log)
    assert requests == sum(row["requests"] for row in either.lake.manifest("pl", DAY) or [])
    assert {entry["authorization"] for entry in either.box.log} == {True}
    either()
    either(again=True)
    either(again=True, late=100)
    assert len(either.box.log) == requests
    assert either.landed() == landed
    for token in (facebook.TOKEN, facebook.TOKEN.replace("|", "%7C"), linkedin.TOKEN):
        assert token.encode() not in either.bytes()


def test_without_a_token_nothing_is_asked(either: Pull, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOUT_TOKEN_PL")
    either()
    assert len(either.box.log) == 0
    [row] = either.lake.manifest("pl", DAY) or []
    assert row["status"] == "skipped"
    assert row["reason"].startswith("no credentials")


def test_no_key_of_a_member_lands_but_one_person_stays_one(organisations: Pull) -> None:
    """In no table, and by no key that is computed from it; what is pulled again has the same one, in another lake another."""
    organisations.salt = ""
    organisations()
    before = organisations.landed()
    keys = {row["actor_key"] for row in organisations.rows("interactions")}
    people = {
        who for _, who, whom, _ in organisations.acts(LIKE, REPLY) if whom in {*organisations.asked_about()} - {who}
    }
    today = {actor for _, actor, *_ in organisations.edges() if actor and actor.startswith("pl:someone-")}
    assert len(today) == len(people) > 5
    lake = Path(organisations.lake.root)
    urns = {linkedin.member_urn(who).encode() for who in range(organisations.box.world.people)}
    written = sorted(lake.glob("snapshots/**/*.parquet"))
    assert len(written) > 2
    shown = b"".join(str(pq.read_table(file).to_pylist()).encode() for file in written)
    assert not [urn for urn in urns if urn in shown]
    guessed = {short_hash("pl", "like", f"pl:{urn.decode()}", *rest) for urn in urns for rest in organisations.liked()}
    assert not guessed & {row["interaction_key"] for row in organisations.rows("interactions")}
    organisations(again=True)
    assert organisations.landed() == before
    other = read_erased(organisations.lake)
    organisations.lake = Lake(f"{organisations.lake.root}-2")
    organisations()
    assert not keys & {row["actor_key"] for row in organisations.rows("interactions") if "someone" in row["actor_key"]}
    assert read_erased(organisations.lake).salt != other.salt


def test_the_operators_list_hides_a_member_by_the_key_itself(organisations: Pull) -> None:
    organisations()
    [(_, who, *_), *_] = [a for a in organisations.acts(LIKE) if a[2] in organisations.asked_about()]
    key = f"pl:{linkedin.member_urn(who)}"
    gone = read_erased(organisations.lake).pseudonym(key)
    assert gone in {row["actor_key"] for row in organisations.rows("interactions")}
    organisations.excluded = frozenset({key})
    organisations(again=True)
    assert gone not in {row["actor_key"] for row in organisations.rows("interactions")}


def test_of_members_nothing_lands_but_what_they_did(either: Pull) -> None:
    either()
    names = {either.box.world.name(i) for i in range(either.box.world.people)}
    assert not [row for row in either.rows("accounts") if row["account_type"] not in ("page", "organization")]
    shown = [v for row in either.rows("interactions") for v in row.values() if isinstance(v, str)]
    assert not [value for value in shown if value in names or value.startswith("Notes on")]


def test_a_past_day_asks_only_what_can_be_retaken(either: Pull) -> None:
    either(late=3)
    assert {status for status, _ in either.ends("published_posts" if either.reader == "facebook" else "posts")} == {
        "complete"
    }
    never = ("page", *facebook.METRICS[:1]) if either.reader == "facebook" else ("organization", "social_metadata")
    for endpoint in never:
        assert either.ends(endpoint).keys() <= {("skipped", "not_backfillable")}
    assert {row["like_count"] for row in either.rows("posts")} == {None}
    assert either.rows("accounts") == []
    assert sum(either.edges().values()) > 5


def test_pages_and_organisations_that_left_are_said_to_be_gone(either: Pull) -> None:
    never = facebook.page_id(3) if either.reader == "facebook" else linkedin.organisation_urn(3)
    gone = [never, *either.gone]
    either([*gone, either.busy[0]])
    endpoint = "page" if either.reader == "facebook" else "organization"
    reason = "gone: code 100" if either.reader == "facebook" else "gone: HTTP 404"
    # Of Facebook it may also be that the token may not see them; an organisation is gone, and flagged.
    end = "failed" if either.reader == "facebook" else "complete"
    assert either.ends(endpoint) == {(end, reason): len(gone), ("complete", None): 1}
    flagged = {row["native_id"] for row in either.rows("accounts") if row["status"] == "unavailable"}
    assert flagged == (set() if either.reader == "facebook" else {*gone})
    assert {row["native_id"] for row in either.rows("accounts")} - flagged == {either.busy[0]}
    assert not [e for e in either.box.log for subject in gone if f"{subject}/" in e["path"]]


# Traps that both have --------------------------------------------------------------------------------------------


@pytest.fixture
def honest(either: Pull, box: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, list[str]], int]:
    """What lands while nothing goes wrong, and with how many requests. Taken once for each platform."""
    if either.reader not in HONEST:
        first = Pull(box, Lake(tmp_path_factory.mktemp("honest")), either.reader)
        first()
        HONEST[either.reader] = first.landed(), len(box.log)
    return HONEST[either.reader]


HONEST: dict[str, tuple[dict[str, list[str]], int]] = {}


def small_pages(either: Pull, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for two items a page, so that lists have many."""
    whole = apis.READERS[either.reader]
    endpoints = tuple(replace(one, page_size=2) if one.page_size else one for one in whole.endpoints)
    monkeypatch.setitem(apis.READERS, either.reader, replace(whole, endpoints=endpoints))


@pytest.mark.parametrize("trap", ["", "empty_page", "short_pages", "moving_item", "no_total"])
def test_pages_of_any_cut_give_the_same(
    either: Pull, honest: tuple[dict[str, list[str]], int], trap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(either, monkeypatch)
    either.set(*filter(None, [trap]))
    either(max_pages=100)
    assert either.landed() == honest[0]
    assert len(either.box.log) > honest[1]


@pytest.mark.parametrize("trap", ["html=1", "cut=1", "unavailable=1"])
def test_a_broken_answer_is_asked_for_once_more(
    either: Pull, honest: tuple[dict[str, list[str]], int], trap: str
) -> None:
    either.set(trap)
    either()
    assert either.landed() == honest[0]
    assert len(either.box.log) == honest[1] + 1
    assert either.clock.slept == [1]


def test_pages_that_repeat_or_never_end_are_left(either: Pull, monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(either, monkeypatch)
    either.set("repeated_cursor@/comments")
    either(either.busy[:1])
    assert ("truncated", "repeated_cursor") in either.ends("comments")
    either.lake = Lake(f"{either.lake.root}-2")
    either.set("endless_pages@/comments")
    either(either.busy[:1], max_pages=4)
    assert either.ends("comments").keys() == {("truncated", "page_cap")}
    assert len(either.asked("/comments")) == 4 * either.ends("comments").total()


# Facebook --------------------------------------------------------------------------------------------------------


def test_a_next_address_on_another_host_is_refused(pages: Pull, monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(pages, monkeypatch)
    pages.set("next_elsewhere")
    pages()
    assert ("truncated", "next_link_to_another_place") in pages.ends("published_posts")
    assert {entry["asked_host"].partition(":")[0] for entry in pages.box.log} == {"127.0.0.1"}


def test_comments_without_an_author_are_kept_unidentified(pages: Pull, tmp_path: Path) -> None:
    pages()
    named = pages.edges()
    pages.lake = Lake(tmp_path / "other")
    pages.set("hidden_authors")
    pages()
    assert pages.edges() == Counter(
        (kind, who if kind == "share" else None, target, at) for kind, who, target, at in named.elements()
    )
    # An endpoint that names nobody is not complete, and says so; where some are named, those who hide are no fault.
    told = [(end, why) for end, why in pages.ends("comments") if "nobody_named" in (why or "")]
    assert {end for end, _ in told} == {"truncated"}
    replies = sum(row["kind"] == "reply" for row in pages.rows("interactions"))
    assert all(str(why).startswith(f"nobody_named: none of {replies} rows") for _, why in told)
    pages.lake = Lake(tmp_path / "some")
    pages.set("hidden_authors=1@/comments")
    pages()
    assert None in {row["actor_key"] for row in pages.rows("interactions")}
    assert {end for end, _ in pages.ends("comments")} == {"complete"}
    assert pages.rows("quarantine") == []


def test_posts_land_without_totals(pages: Pull) -> None:
    pages()
    whole = {row["post_key"]: row for row in pages.rows("posts")}
    pages.lake = Lake(f"{pages.lake.root}-other")
    pages.set("no_summaries")
    pages()
    bare = pages.rows("posts")
    assert {row["post_key"] for row in bare} == whole.keys()
    assert {(row["reply_count"], row["like_count"]) for row in bare} == {(None, None)}
    assert pages.rows("quarantine") == []


def test_a_metric_that_was_withdrawn_is_asked_for_once_and_the_others_land(pages: Pull) -> None:
    pages.set("metric_withdrawn")
    pages()
    posts = len(pages.rows("posts"))
    refused = "refused: code 100"
    assert pages.ends("post_media_view") == {("failed", refused): 1, ("skipped", refused): posts - 1}
    assert len(pages.asked("metric=post_media_view")) == 1
    assert len(pages.asked("metric=post_clicks")) == posts > 3
    assert {row["view_count"] for row in pages.rows("posts")} == {None}
    assert None not in {row["click_count"] for row in pages.rows("posts")}
    before = len(pages.box.log)
    pages(again=True)
    assert len(pages.box.log) == before


@pytest.mark.parametrize(
    ("code", "pause"), [("code_4", 3600), ("code_17", 3600), ("code_613", 3600), ("code_80001", 3600)]
)
def test_a_limit_without_a_time_is_an_hour(pages: Pull, code: str, pause: int) -> None:
    pages.set(f"{code}=1@/comments")
    pages()
    assert sum(pages.clock.slept) == pause
    assert Counter(pages.asked("/comments"))[403] == 1
    assert pages.ends("comments").keys() == {("complete", None)}


def test_it_slows_down_at_75_percent_and_waits_the_minutes_that_it_is_told(pages: Pull, tmp_path: Path) -> None:
    one = pages.busy[6:7]
    pages(one)
    honest, requests = pages.landed(), len(pages.box.log)
    pages.lake = Lake(tmp_path / "other")
    pages.set(facebook=20)
    pages(one)
    assert requests > 20
    statuses = pages.asked()
    windows = (requests - 1) // 20
    assert Counter(statuses) == {200: requests, 400: windows}
    # Nothing is slept up to 75 %; then pauses that grow to a minute; then what is left of the hour, in minutes.
    assert statuses[:21] == [200] * 20 + [400]
    assert sum(pages.clock.slept) == pytest.approx(3600 * windows, abs=60 * windows + 600)
    assert any("75 % used" in line or "80 % used" in line for line in pages.said)
    assert pages.landed() == honest


def test_a_wait_that_passes_the_deadline_stops_instead(pages: Pull) -> None:
    pages.set("code_32@/comments")
    pages(deadline_minutes=30)
    assert pages.clock.slept == []
    assert len(pages.asked("/comments")) == 1
    assert {reason for _, reason in pages.ends("comments")} == {"deadline: code 32"}
    assert {status for status, _ in pages.ends("post_clicks")} == {"skipped"}


def test_a_token_that_expired_stops_all_and_a_missing_permission_the_endpoint(pages: Pull) -> None:
    pages.set("token_expired")
    pages()
    assert pages.asked() == [400]
    assert pages.ends("page") == {("skipped", "auth: code 190"): 2}  # as without credentials: the night goes on
    pages.lake = Lake(f"{pages.lake.root}-2")
    pages.set("no_permission@/comments")
    pages()
    assert Counter(pages.asked("/comments")) == {403: 1}
    assert {reason for _, reason in pages.ends("comments")} == {"auth: code 10"}
    assert pages.ends("post_clicks").keys() == {("complete", None)}


# LinkedIn --------------------------------------------------------------------------------------------------------


def test_a_spent_quota_stops_the_endpoint_for_the_day(organisations: Pull) -> None:
    organisations.set(linkedin=3)
    organisations(organisations.busy[:6])
    spent = ("skipped", "daily_quota: until 00:00 UTC")
    assert organisations.clock.slept == []
    assert organisations.ends("organization") == {("complete", None): 3, spent: 3}
    assert organisations.ends("posts") == {("complete", None): 3}  # each endpoint has a quota of its own
    assert organisations.ends("comments").keys() == {("complete", None), spent}
    log = Counter((linkedin.endpoint_of(entry["path"]), entry["status"]) for entry in organisations.box.log)
    assert {part: log[part, 429] for part, _ in log} == {
        **dict.fromkeys(("networkSizes", "posts", "socialMetadata"), 0),
        **dict.fromkeys(("organizations", "socialActions/comments", "reactions"), 1),
    }
    assert organisations.lake.is_pulled("pl", DAY)


@pytest.mark.parametrize(
    ("trap", "status", "reason", "first"),
    [
        ("token_expired", 401, "auth: HTTP 401", "skipped"),
        ("old_version", 426, "refused: HTTP 426, this version of the API is no longer answered", "failed"),
    ],
)
def test_a_token_or_a_version_that_is_over_stops_all(
    organisations: Pull, trap: str, status: int, reason: str, first: str
) -> None:
    organisations.set(trap)
    organisations()
    assert organisations.asked() == [status]
    assert organisations.ends("organization") == Counter([(first, reason), ("skipped", reason)])


def test_drafts_and_what_is_not_for_everybody_are_counted_only(organisations: Pull) -> None:
    organisations.set("unpublished")
    organisations()
    listed = [row for row in organisations.lake.manifest("pl", DAY) or [] if row["endpoint"] == "posts"]
    assert any("not_public" in (row["reason"] or "") for row in listed)
    odd = [row for row in organisations.rows("posts") if ":ugcPost:" in row["native_id"]]
    assert odd == []  # every other event, which the sandbox names so
