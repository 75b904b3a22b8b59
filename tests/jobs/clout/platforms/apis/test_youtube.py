"""Shows what each of YouTube's answers becomes: rows, quarantine or a count; and that a channel's day is pulled well."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from clout.config.sources import Source
from clout.lake.partitions import Lake
from clout.platforms.apis import youtube as reader
from clout.platforms.pull import puller
from clout.platforms.pull.pages import Page, PageContext, Rows
from clout.platforms.pull.rows import rows_table
from mutations import fits, mutations
from sandbox import youtube
from sandbox.nights import clock_after
from sandbox.server import LIMITS, Sandbox

DAY = date(2026, 3, 1)
FETCHED = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
NOON, AT_NOON = "2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN, BO, CY = (f"UC{'x' * 21}{name}" for name in "abc")
VIDEO = "v-1_3456789"


def channel(native: str = ANN, **more: Any) -> dict[str, Any]:
    return {
        "id": native,
        "snippet": {"title": "Ann films", "customUrl": "@Ann-Films", "publishedAt": "2020-01-02T03:04:05.6Z"},
        "contentDetails": {"relatedPlaylists": {"uploads": "UU" + native[2:]}},
        "statistics": {"subscriberCount": "1230", "hiddenSubscriberCount": False, "videoCount": "40", **more},
    }


def video(**more: Any) -> dict[str, Any]:
    said = {
        "publishedAt": NOON,
        "channelId": ANN,
        "title": "Moors #fog",
        "description": "See https://a.example/b #rain",
    }
    return {"id": VIDEO, "snippet": said | more.pop("snippet", {}), "statistics": {"viewCount": "9"} | more}


def comment(native: str, author: str | None = BO) -> dict[str, Any]:
    named = {"authorChannelId": {"value": author}} if author else {}
    said = {
        "publishedAt": NOON,
        "textDisplay": "words of Bo",
        "authorDisplayName": "@bo-birk",
        "channelId": ANN,
        **named,
    }
    return {"id": native, "snippet": said}


def thread(first: dict[str, Any], *answers: dict[str, Any]) -> dict[str, Any]:
    shown = {"replies": {"comments": list(answers)}} if answers else {}
    return {"id": first["id"], "snippet": {"videoId": VIDEO, "channelId": ANN, "topLevelComment": first}, **shown}


def read(endpoint: str, *items: Any, subject: str = ANN, known: PageContext | None = None, stale: bool = False) -> Rows:
    body = {"items": list(items), "pageInfo": {}}
    page = Page("yt", endpoint, subject, DAY, FETCHED, body, "raw/x/00000.json.gz", stale)
    found = reader.normalise(page, known or PageContext())
    for table, rows in found.tables.items():
        rows_table(table, rows).validate(full=True)  # every row fits the canonical schema
    return found


def edges(found: Rows) -> list[tuple[str | None, str, str]]:
    return [
        (row["actor_key"], row["target_account_key"], row["target_post_key"]) for row in found.tables["interactions"]
    ]


def test_a_channel() -> None:
    found = read("channels", channel())
    [row] = found.tables["accounts"]
    assert (row["account_key"], row["handle"], row["display_name"]) == (f"yt:{ANN}", "ann-films", "Ann films")
    assert (row["followers_count"], row["posts_count"], row["state_complete"]) == (1230, 40, True)
    assert row["url"] == "https://youtube.com/@ann-films"
    assert [parent["uploads"] for parent in found.parents] == ["UU" + ANN[2:]]
    [hidden] = read("channels", channel(hiddenSubscriberCount=True)).tables["accounts"]
    assert hidden["followers_count"] is None  # what stands there is nobody's number
    [late] = read("channels", channel(), stale=True).tables["accounts"]
    assert (late.get("followers_count"), late["state_complete"]) == (None, False)


def test_a_channel_that_is_not_there_is_gone_where_others_are() -> None:
    found = read("channels", channel(), subject=f"{ANN},{BO}")
    assert found.known.flags == {f"yt:{BO}": {"status": "unavailable"}}
    nobody = read("channels", subject=f"{ANN},{BO}")
    assert (nobody.known.flags, nobody.notes["not_there"], nobody.bad) == ({}, 2, [])
    broken = read("channels", channel(), {"id": 7}, subject=f"{ANN},{BO}")
    assert (broken.known.flags, len(broken.bad)) == ({}, 1)


def test_a_video_and_its_counters() -> None:
    found = read("videos", video(likeCount="5", commentCount="0"))
    [row] = found.tables["posts"]
    assert (row["post_key"], row["author_key"], row["event_at"]) == (f"yt:{VIDEO}", f"yt:{ANN}", AT_NOON)
    assert (row["like_count"], row["reply_count"], row["view_count"]) == (5, 0, 9)
    assert (row["text"], row["hashtags"], row["links"]) == ("Moors #fog", ["fog", "rain"], ["https://a.example/b"])
    [bare] = read("videos", video()).tables["posts"]
    assert (bare["like_count"], bare["reply_count"]) == (None, None)  # hidden is not 0
    strange = read("videos", video(likeCount="-1", commentCount=3))
    assert (strange.tables["posts"][0]["like_count"], len(strange.mended)) == (None, 2)
    assert not {"like_count", "view_count"} & read("videos", video(), stale=True).tables["posts"][0].keys()
    coming = read("videos", video(snippet={"liveBroadcastContent": "upcoming"}))
    assert (coming.tables["posts"], coming.notes["not_yet_shown"]) == ([], 1)


def test_comments_are_replies_and_nothing_of_their_writers_lands() -> None:
    found = read("comment_threads", thread(comment("c1")), thread(comment("c2", None)), subject=VIDEO)
    assert edges(found) == [(f"yt:{BO}", f"yt:{ANN}", f"yt:{VIDEO}"), (None, f"yt:{ANN}", f"yt:{VIDEO}")]
    assert found.tables["accounts"] == found.tables["posts"] == []
    assert not any(word in str(found.tables) for word in ("words of Bo", "bo-birk"))


def test_an_answer_counts_where_the_channel_is_answered() -> None:
    own = thread(comment("c1", ANN), comment("c1.a", BO), {"id": "c1.b"})
    among = thread(comment("c2", BO), comment("c2.a", CY))
    found = read("comment_threads", own, among, subject=VIDEO)
    assert edges(found) == [
        (f"yt:{ANN}", f"yt:{ANN}", f"yt:{VIDEO}"),
        (f"yt:{BO}", f"yt:{ANN}", "yt:c1"),
        (f"yt:{BO}", f"yt:{ANN}", f"yt:{VIDEO}"),
    ]
    assert found.notes["between_members"] == 1
    assert len(found.bad) == 1  # an answer without a time costs nobody the thread


@pytest.mark.parametrize("endpoint", ["channels", "uploads", "videos", "comment_threads"])
def test_whatever_is_wrong_every_item_is_a_row_or_put_aside(endpoint: str) -> None:
    upload = {"contentDetails": {"videoId": VIDEO, "videoPublishedAt": NOON}, "snippet": {"channelId": ANN}}
    whole = {
        "channels": channel(),
        "uploads": upload,
        "videos": video(likeCount="5"),
        "comment_threads": thread(comment("c1", ANN), comment("c1.a")),
    }[endpoint]
    for body in mutations({"items": [whole], "pageInfo": {}}, several=200):
        page = Page("yt", endpoint, VIDEO if endpoint == "comment_threads" else ANN, DAY, FETCHED, body, "raw/x")
        fits(reader.normalise(page, PageContext()))


@pytest.fixture(scope="module")
def box() -> Any:
    with Sandbox("2026-03-03T00:00:00Z", people=100, since=DAY, limits=dict.fromkeys(LIMITS, 10**9)) as made:
        yield made


def pull(box: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch, *misbehave: str, key: str = youtube.KEY) -> Lake:
    """A day's pull about all channels, half of them by their handles."""
    box.change({"misbehave": list(misbehave), "limits": dict.fromkeys(LIMITS, 10**9), "clear_log": True})
    monkeypatch.setenv("CLOUT_TOKEN_YT", key)
    box.change({"now": "2026-03-03T00:00:00Z"})
    speaker = youtube.YouTube(box.view("youtube"), frozenset())
    owners = [person for person in box.people(0, 100) if person["channel"]]
    subjects = [p["channel"] if p["person"] % 16 == 5 else f"@{speaker.handle(p['person'])}" for p in owners]
    lake, day = Lake(folder), date(2026, 3, 2)
    source = Source("yt", "youtube", Path(), options={"base_url": box.urls["youtube"], "subjects": subjects})
    puller.pull(lake, source, [day], say=lambda text: None, clock=clock_after(box, day))
    return lake


def manifest(lake: Lake) -> set[tuple[str, str, str | None]]:
    rows = lake.manifest("yt", date(2026, 3, 2)) or []
    return {(row["endpoint"], row["status"], row["reason"]) for row in rows}


def test_a_day_of_channels(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, day = pull(box, tmp_path, monkeypatch), date(2026, 3, 2)
    found = {
        table: lake.read(lake.snapshot(table, "yt", day)).to_pylist() for table in ("accounts", "posts", "interactions")
    }
    view = box.view("youtube")
    assert {row["handle"] for row in found["accounts"]} == {
        youtube.YouTube(view, frozenset()).handle(p["person"])
        for p in box.people(0, 100)
        if p["channel"] and view.here[p["person"]]
    }
    assert found["posts"]
    assert {row["kind"] for row in found["interactions"]} == {"reply"}
    asked = {entry["path"].rpartition("/")[2] for entry in box.log}
    assert asked == {"channels", "playlistItems", "videos", "commentThreads"}
    assert not any(youtube.KEY in entry["query"] for entry in box.log)
    videos = [entry for entry in box.log if entry["path"].endswith("/videos")]
    assert len(videos) == -(-len(found["posts"]) // 50)  # fifty at a time
    # Nothing is asked again, and the same rows come of what is stored.
    before = box.asked
    again = pull(box, tmp_path, monkeypatch)
    assert box.asked == before
    assert again.read(again.snapshot("posts", "yt", day)).to_pylist() == found["posts"]


def test_spent_units_and_a_wrong_key_end_it_in_words(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent = manifest(pull(box, tmp_path / "a", monkeypatch, "quota_exceeded"))
    assert {row[1:] for row in spent} == {("skipped", "daily_quota: until midnight Pacific")}
    wrong = manifest(pull(box, tmp_path / "b", monkeypatch, key="AIza-somebody-elses"))
    assert {row[1:] for row in wrong} == {("skipped", "auth: API_KEY_INVALID")}
    silent = manifest(pull(box, tmp_path / "c", monkeypatch, "comments_disabled"))
    assert ("comment_threads", "skipped", "no_data: comments are turned off") in silent
