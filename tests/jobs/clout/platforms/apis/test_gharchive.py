"""Shows what each GitHub event becomes, that damaged hours give what they hold, and that no e-mail address is stored."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.platforms.apis import gharchive, github_events
from clout.platforms.pull.puller import pull
from clout.platforms.pull.rows import PullReport
from clout.privacy.suppression import SuppressionList

DAY = date(2026, 3, 1)


def event(type_: str, payload: object, **changes: Any) -> dict[str, Any]:
    """An event of an invented person on an invented repository."""
    return {
        "id": "1",
        "type": type_,
        "actor": {"id": 7, "login": "Ann-Lee"},
        "repo": {"id": 8, "name": "Bo/Tool"},
        "payload": payload,
        "created_at": "2026-03-01T00:10:00Z",
        **changes,
    }


def write_hour(folder: Path, *lines: dict[str, Any] | bytes, name: str = "2026-03-01-0.json.gz") -> Path:
    content = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    (folder / name).write_bytes(gzip.compress(content))
    return folder


class Got:
    """What the reader gave for the day."""

    def __init__(self, folder: Path, day: date = DAY) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {"interactions": [], "accounts": [], "posts": [], "quarantine": []}
        self.reports: list[PullReport] = []
        for item in gharchive.read(Source("gh", "gharchive", folder), {day}):
            if isinstance(item, PullReport):
                self.reports.append(item)
            else:
                self.rows[item.table] += item.rows.to_pylist()

    @property
    def edges(self) -> list[tuple[str, str | None, str, str | None]]:
        """(kind, subkind, target, post)"""
        names = ("kind", "subkind", "target_account_key", "target_post_key")
        return [tuple(row[name] for name in names) for row in self.rows["interactions"]]


SAID = {"body": "nothing much"}
ISSUE = {"number": 5, **SAID}
ON_ISSUE = "gh:bo/tool#5"


@pytest.mark.parametrize(
    ("type_", "payload", "edge"),
    [
        ("WatchEvent", {"action": "started"}, ("like", "star", "gh:bo", "gh:bo/tool")),
        ("ForkEvent", {"forkee": {"full_name": "ann-lee/tool"}}, ("share", "fork", "gh:bo", "gh:bo/tool")),
        ("IssuesEvent", {"action": "opened", "issue": ISSUE}, ("reply", "issue", "gh:bo", ON_ISSUE)),
        ("IssuesEvent", {"action": "closed", "issue": ISSUE}, None),
        ("IssuesEvent", {"action": "labeled", "issue": ISSUE}, None),
        ("PullRequestEvent", {"action": "opened", "pull_request": ISSUE}, ("reply", "pull_request", "gh:bo", ON_ISSUE)),
        ("PullRequestEvent", {"action": "closed", "pull_request": ISSUE}, None),
        (
            "IssueCommentEvent",
            {"action": "created", "issue": ISSUE, "comment": SAID},
            ("reply", "issue_comment", "gh:bo", ON_ISSUE),
        ),
        ("IssueCommentEvent", {"action": "edited", "issue": ISSUE, "comment": SAID}, None),
        (
            "PullRequestReviewEvent",
            {"action": "created", "pull_request": ISSUE, "review": {"body": None}},
            ("reply", "review", "gh:bo", ON_ISSUE),
        ),
        (
            "PullRequestReviewCommentEvent",
            {"action": "created", "pull_request": ISSUE, "comment": SAID},
            ("reply", "review_comment", "gh:bo", ON_ISSUE),
        ),
        ("CommitCommentEvent", {"comment": SAID}, ("reply", "commit_comment", "gh:bo", "gh:bo/tool")),
        ("WatchEvent", None, ("like", "star", "gh:bo", "gh:bo/tool")),  # payload: null occurs
        ("IssuesEvent", None, ("reply", "issue", "gh:bo", "gh:bo/tool")),
        (
            "DiscussionEvent",
            {"action": "created", "discussion": ISSUE},
            ("reply", "discussion", "gh:bo", ON_ISSUE),
        ),
        ("DiscussionEvent", {"action": "answered", "discussion": ISSUE}, None),
        (
            "DiscussionCommentEvent",
            {"action": "created", "discussion": ISSUE, "comment": SAID},
            ("reply", "discussion_comment", "gh:bo", ON_ISSUE),
        ),
        ("PushEvent", {"commits": []}, None),
        ("SponsorshipEvent", {}, None),
    ],
)
def test_what_an_event_becomes(tmp_path: Path, type_: str, payload: object, edge: tuple[str, ...] | None) -> None:
    got = Got(write_hour(tmp_path, event(type_, payload)))
    assert got.edges == ([edge] if edge else [])
    assert got.rows["quarantine"] == []
    assert [row["account_key"] for row in got.rows["accounts"]] == (["gh:ann-lee"] if edge else [])
    for row in got.rows["interactions"]:
        assert row["actor_key"] == "gh:ann-lee"
        assert row["occurred_at"] == datetime(2026, 3, 1, 0, 10, tzinfo=UTC)
        assert row["raw_ref"] == "2026-03-01-0.json.gz:1"


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("@Cy and @di-di, thanks", ["cy", "di-di"]),
        ("(@cy) [@di]: cc:@eve.", ["cy", "di", "eve"]),
        ("@cy @CY again", ["cy"]),
        ("@Bo, as @cy said", ["cy"]),  # who is answered is not also mentioned
        ("write to cy@example.org or c.y@mail.example.org", []),
        ("@cy@mastodon.example", []),  # somebody of another network
        ("npm i @scope/package, see /@cy and x.@cy and `@cy`", []),
        ("a@b @@cy user-@cy", []),
        ("@" + "a" * 40, []),  # a login has at most 39
        ("@-cy", []),
        ("", []),
        (None, []),
    ],
)
def test_mentions(tmp_path: Path, body: str | None, names: list[str]) -> None:
    payload = {"action": "created", "issue": ISSUE, "comment": {"body": body}}
    got = Got(write_hour(tmp_path, event("IssueCommentEvent", payload)))
    assert [row["target_account_key"] for row in got.rows["interactions"]] == ["gh:bo", *(f"gh:{n}" for n in names)]
    for row in got.rows["interactions"][1:]:
        assert (row["kind"], row["target_post_key"], row["source_post_key"]) == ("mention", None, ON_ISSUE)


def test_the_body_of_what_was_opened_is_read_and_that_of_what_was_starred_is_not(tmp_path: Path) -> None:
    issue = {"number": 5, "body": "ask @cy"}
    write_hour(
        tmp_path, event("IssuesEvent", {"action": "opened", "issue": issue}), event("WatchEvent", {"issue": issue})
    )
    assert [kind for kind, *_ in Got(tmp_path).edges] == ["reply", "mention", "like"]


def test_an_app_is_a_bot_and_a_person_is_not_said_to_be_none(tmp_path: Path) -> None:
    app = event("WatchEvent", None, actor={"login": "Tidy[bot]"})
    bot, ann = Got(write_hour(tmp_path, app, event("WatchEvent", None), app)).rows["accounts"]
    assert (bot["account_key"], bot["account_type"], bot["is_bot"]) == ("gh:tidy[bot]", "bot", True)
    assert (ann["account_type"], ann["is_bot"], ann["followers_count"]) == ("unknown", None, None)


def test_the_same_event_twice_has_one_key_and_different_events_have_two(tmp_path: Path) -> None:
    payload = {"action": "created", "issue": ISSUE, "comment": {"body": "@cy @di"}}
    comment = event("IssueCommentEvent", payload)
    write_hour(tmp_path, comment, {**comment, "id": 1}, event("WatchEvent", None), event("WatchEvent", None, id="2"))
    write_hour(tmp_path, comment, name="2026-03-01-1.json.gz")  # and in the next hour's file
    keys = [row["interaction_key"] for row in Got(tmp_path).rows["interactions"]]
    reply = keys[:3]
    assert len(set(reply)) == 3  # the reply and two mentions
    assert keys[3:6] == reply
    assert keys[8:] == reply
    assert keys[6] != keys[7]


def test_a_time_without_a_zone_is_utc_wherever_the_machine_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        got = Got(write_hour(tmp_path, event("WatchEvent", None, created_at="2026-03-01T00:10:00")))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert got.rows["interactions"][0]["occurred_at"] == datetime(2026, 3, 1, 0, 10, tzinfo=UTC)


#: Lines that are no event. Each hides an address where it might slip through.
BAD_LINES = [
    b'{"id": "1", "type": "WatchEvent", "actor": {"email": "ann@example.org"',
    b"ann@example.org",
    b"\xff ann@example.org",
    b'"ann@example.org"',
    b'[["ann@example.org"]]',
    b"{}",
    b"null",
    b'{"type": "WatchEvent", "payload": null, "email": "ann\\u0040example.org"}',
    b'{"type": "WatchEvent", "payload": null, "url": "https://x.example/?m=ann%40example.org"}',
    b'"' + b"x" * 100_000 + b"ann@example.org",  # must not take for ever either
    b"[" * 100_000,
    *(
        json.dumps({**event("WatchEvent", None), **changes}).encode()
        for changes in (
            {"actor": "ann@example.org"},  # an actor was a text before 2015
            {"actor": {"login": "ann@example.org"}},
            {"actor": {"login": ""}},
            {"actor": {"login": None}},
            {"actor": {"login": "ann\ud800"}},
            {"repo": {"name": "ann@example.org"}},
            {"repo": {"name": "ann@example.org/tool"}},
            {"repo": {"name": "/tool"}},
            {"payload": ["ann@example.org"]},
            {"created_at": "ann@example.org"},
            {"created_at": "0001-01-01T00:00:00+10:00"},
            {"created_at": 1},
            {"created_at": None},
            {"type": 7},
            {"type": "<ann@example.org>"},
            {"actor": {}},
            {"repo": None},
            {"repo": {"name": 7}},
        )
    ),
    json.dumps(event("WatchEvent", None, email="ann@example.org")).encode() * 2,
    json.dumps(event("WatchEvent", None, email="ann@example.org")).encode() + b", 5",
    b'{"type": "WatchEvent", "payload": {"action": ["ann@example.org"]}}',
    b"",
    b"5",
]

#: Words of Python that no operator should have to read.
PYTHONS = re.compile(r"Error|None|NoneType|object has|JSON?Decode|codec|dict|'|\bstr\b|\bint\b|\bbool\b")


def test_bad_lines_are_kept_apart_and_no_address_is_written(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    text = {"body": "I am ann@example.org, @cy. <ann@example.org>", "user": {"email": "ann@example.org"}}
    good = event("IssueCommentEvent", {"issue": ISSUE, "comment": text}, email="ann@example.org")
    lines: list[dict[str, Any] | bytes] = [good]
    for bad in BAD_LINES:
        lines += [bad, good]
    write_hour(source, *lines)
    lake = Lake(tmp_path / "lake")
    pulled = pull(lake, Source("gh", "gharchive", source), [DAY], say=lambda text: None)
    assert (pulled.rows, pulled.quarantined) == (2 * (len(BAD_LINES) + 1) + 1, len(BAD_LINES))
    refused = lake.read(lake.snapshot("quarantine", "gh", DAY)).to_pylist()
    assert [row["row"] for row in refused] == list(range(2, 2 * len(BAD_LINES) + 1, 2))
    assert {row["file"] for row in refused} == {"2026-03-01-0.json.gz"}
    assert all(row["reason"].startswith("not a GitHub event: ") for row in refused)
    assert not [row["reason"] for row in refused if PYTHONS.search(row["reason"])]
    assert len({row["reason"] for row in refused}) > 15
    for table in ("interactions", "accounts", "manifest", "quarantine"):
        for row in lake.read(lake.snapshot(table, "gh", DAY)).to_pylist():
            assert not re.search(r"@|example|u0040|%40", str(row)), (table, row)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": 1}{"a": 2}', "several events in one line"),
        (b'{"a": 1}, {"a": 2},', "several events in one line"),
        (b'{"a": 1} <html>', "an event and something else in one line"),
        (b'{"a": 1, "b', "the line ends in the middle of an event"),
        (b'{"a": 1, "b": {', "the line ends in the middle of an event"),
        (b"<html>", "the line is no JSON"),
        (b"[]", "the line is a list, not an object"),
        (b"7", "the line is a number, not an object"),
        (b"\xff", "the line is not UTF-8"),
        (b" ", "the line is empty"),
        (b"[" * 100_000, "the line is too deeply nested"),
        (b'{"a": {"b": 1, "b": 2}}', "a name stands twice in one object of the line, and says two things"),
        (b"{}", "type: is missing"),
        (b'{"type": null}', "type: is nothing, not a text"),
        (b'{"type": "WatchEvent"}', "actor: is missing"),
        (b'{"type": "WatchEvent", "actor": {"login": true}}', "actor.login: is true or false, not a text"),
        (b'{"type": "WatchEvent", "actor": "a", "created_at": "soon"}', "repo: is missing"),
    ],
)
def test_what_is_wrong_is_said_in_words(line: bytes, reason: str) -> None:
    with pytest.raises(github_events.UnreadableError, match=f"^{re.escape(reason)}$"):
        github_events.interactions("gh", github_events.parsed(line))


@pytest.mark.parametrize("wrong", [None, 0, -1, "", "5", [], {}, True, 1e308, "ann@example.org"])
@pytest.mark.parametrize(
    "place", ["id", "payload.issue", "payload.issue.number", "payload.comment", "payload.comment.body"]
)
def test_no_act_is_lost_for_an_optional_field(tmp_path: Path, place: str, wrong: Any) -> None:
    comment = event("IssueCommentEvent", {"action": "created", "issue": {**ISSUE}, "comment": {**SAID}})
    *way, last = place.split(".")
    holder = comment
    for name in way:
        holder = holder[name]
    holder[last] = wrong
    got = Got(write_hour(tmp_path, comment))
    assert got.rows["quarantine"] == []
    assert [edge[:3] for edge in got.edges] == [("reply", "issue_comment", "gh:bo")]


def old(type_: str, payload: object, **changes: Any) -> dict[str, Any]:
    """An event of 2012 to 2014."""
    return {
        "type": type_,
        "actor": "Ann-Lee",
        "actor_attributes": {"login": "Ann-Lee", "type": "User", "email": "ann@example.org"},
        "repository": {"id": 8, "name": "Tool", "owner": "Bo", "url": "https://github.com/Bo/Tool"},
        "url": "https://github.com/Bo/Tool",
        "payload": payload,
        "created_at": "2026-02-28T16:10:00-08:00",
        **changes,
    }


@pytest.mark.parametrize(
    ("line", "edge"),
    [
        (old("WatchEvent", {"action": "started"}), ("like", "star", "gh:bo", "gh:bo/tool")),
        (old("ForkEvent", {"forkee": 9}), ("share", "fork", "gh:bo", "gh:bo/tool")),
        (
            old(
                "IssueCommentEvent",
                {"issue_id": 6, "comment_id": 7},
                url="https://github.com/Bo/Tool/issues/5#issuecomment-7",
            ),
            ("reply", "issue_comment", "gh:bo", ON_ISSUE),
        ),
        (old("IssuesEvent", {"action": "opened", "issue": 6, "number": 5}), ("reply", "issue", "gh:bo", ON_ISSUE)),
        (old("IssuesEvent", {"action": "closed", "issue": 6, "number": 5}), None),
        (old("WatchEvent", {}, created_at="2026/02/28 16:10:00 -0800"), ("like", "star", "gh:bo", "gh:bo/tool")),
        # of a repository that is gone its address is left
        (old("WatchEvent", {}, repository=None), ("like", "star", "gh:bo", "gh:bo/tool")),
        (old("WatchEvent", {}, url=None, actor=None), ("like", "star", "gh:bo", "gh:bo/tool")),
        (old("GistEvent", {"action": "create"}, repository=None, url="https://gist.github.com/1"), None),
        # of 2011: as since 2015, but numbers in the place of objects
        (event("IssuesEvent", {"action": "opened", "issue": 6, "number": 5}), ("reply", "issue", "gh:bo", ON_ISSUE)),
    ],
)
def test_events_of_before_2015(tmp_path: Path, line: dict[str, Any], edge: tuple[str, ...] | None) -> None:
    got = Got(write_hour(tmp_path, line, event("PushEvent", {})))
    assert got.rows["quarantine"] == []
    assert got.edges == ([edge] if edge else [])
    for row in got.rows["interactions"]:
        assert (row["actor_key"], row["occurred_at"]) == ("gh:ann-lee", datetime(2026, 3, 1, 0, 10, tzinfo=UTC))


def test_old_events_of_one_second_are_told_apart_by_what_they_hold(tmp_path: Path) -> None:
    first, second = (old("IssueCommentEvent", {"issue_id": 6, "comment_id": number}) for number in (7, 8))
    keys = [row["interaction_key"] for row in Got(write_hour(tmp_path, first, second, first)).rows["interactions"]]
    assert keys[0] == keys[2] != keys[1]


def test_types_that_nobody_knows_are_counted_by_name(tmp_path: Path) -> None:
    write_hour(tmp_path, *[event("HologramEvent", {})] * 3, event("DreamEvent", None), event("PushEvent", {}))
    report = Got(tmp_path).reports[0]
    assert report.reason == "5 events; of types that are not known: HologramEvent 3, DreamEvent 1"
    assert (report.status, report.rows_quarantined) == ("complete", 0)


def test_a_folder_of_which_nothing_can_be_read_stops_the_pull(tmp_path: Path) -> None:
    source, lake = tmp_path / "in", Lake(tmp_path / "lake")
    source.mkdir()
    for hour in (0, 1):
        write_hour(source, *[{"who": "a1", "what": "x"}] * 5, name=f"2026-03-01-{hour}.json.gz")
    with pytest.raises(
        InvalidInput, match=r"every one of its 10 lines was refused; the first, .*-0\.json\.gz: line 1: .*type"
    ):
        pull(lake, Source("gh", "gharchive", source), [DAY], say=lambda text: None)
    assert not lake.is_pulled("gh", DAY)
    write_hour(source, event("PushEvent", {}), name="2026-03-01-2.json.gz")  # of which nothing becomes a row
    pull(lake, Source("gh", "gharchive", source), [DAY], say=lambda text: None)
    assert lake.is_pulled("gh", DAY)


@pytest.mark.parametrize("cut", [1, 9, 200, 2_000])
def test_a_cut_hour_gives_what_can_be_read(tmp_path: Path, cut: int) -> None:
    count = 3_000
    stars = [event("WatchEvent", None, id=str(i), created_at=f"2026-03-01T00:{i % 60:02d}:00Z") for i in range(count)]
    file = write_hour(tmp_path, *stars) / "2026-03-01-0.json.gz"
    file.write_bytes(file.read_bytes()[:-cut])
    got = Got(tmp_path)
    report = got.reports[0]
    assert report.status == "truncated"
    assert report.rows == len(got.rows["interactions"])
    assert report.reason is not None
    assert report.reason.startswith(f"cut after line {report.rows}: ")
    assert count / 2 < report.rows <= count
    assert got.rows["quarantine"] == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "the file is empty"), (b"<html>not found</html>", "cut after line 0"), (b"\x1f\x8b", "cut after line 0")],
)
def test_an_hour_that_is_none_is_truncated(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "2026-03-01-0.json.gz").write_bytes(content)
    report = Got(tmp_path).reports[0]
    assert (report.status, report.rows) == ("truncated", 0)
    assert report.reason is not None
    assert report.reason.startswith(reason)


def test_a_disk_that_fails_is_no_cut_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(gharchive.gzip, "open", fail)
    with pytest.raises(OSError, match="Input/output error"):  # to be retried, not recorded as truth
        Got(write_hour(tmp_path))


def test_missing_hours_are_in_the_manifest(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for hour in (0, 7, 23):
        write_hour(source, event("WatchEvent", None, id=str(hour)), name=f"2026-03-01-{hour}.json.gz")
    lake = Lake(tmp_path / "lake")
    pull(lake, Source("gh", "gharchive", source), [DAY], say=lambda text: None)
    *manifest, whole = lake.manifest("gh", DAY) or []
    assert (whole["endpoint"], whole["status"]) == ("completeness", "truncated")
    assert whole["reason"].startswith(
        f"3 events in 3 of 24 hours, fewest 1 in {DAY}-0.json.gz; not there: {DAY}-1.json.gz,"
    )
    assert [row["subject"] for row in manifest] == [f"2026-03-01-{hour}.json.gz" for hour in range(24)]
    assert [int(row["subject"][11:-8]) for row in manifest if row["status"] == "complete"] == [0, 7, 23]
    assert {(r["status"], r["reason"], r["rows"]) for r in manifest if r["rows"] == 0} == {("skipped", "missing", 0)}
    assert lake.is_pulled("gh", DAY)


def test_a_day_without_any_hour_gives_nothing(tmp_path: Path) -> None:
    got = Got(write_hour(tmp_path), date(2026, 3, 2))
    assert (got.reports, got.edges) == ([], [])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["readme.json.gz"], "holds no hour file such as"),
        (["2026-02-30-0.json.gz"], "2026-02-30 in its name is not a day; rename it"),
        (["2026-03-01-24.json.gz"], "a day has no hour 24"),
        (["2026-03-01-1.json.gz", "2026-03-01-01.json.gz"], "the same hour as .*; remove one of the two"),
    ],
)
def test_hours_that_cannot_be(tmp_path: Path, names: list[str], message: str) -> None:
    for name in names:
        write_hour(tmp_path, name=name)
    with pytest.raises(InvalidInput, match=message):
        Got(tmp_path)


def test_a_real_hour(shared_data: Path) -> None:
    folder = shared_data / "gharchive"
    expected: Counter[str] = Counter()
    actors = set()
    with gzip.open(folder / "2015-01-01-0.json.gz") as stream:
        for line in stream:
            e = json.loads(line)
            action = e["payload"].get("action")
            kind = None
            if e["type"] == "WatchEvent":
                kind = "like"
            elif e["type"] == "ForkEvent":
                kind = "share"
            elif e["type"].endswith("CommentEvent") or (
                e["type"] in ("IssuesEvent", "PullRequestEvent") and action == "opened"
            ):
                kind = "reply"
            if kind:
                expected[kind] += 1
                actors.add(e["actor"]["login"].lower())
    assert expected == {"like": 642, "share": 213, "reply": 1189}
    got = Got(folder, date(2015, 1, 1))
    assert got.rows["quarantine"] == []
    found = Counter(row["kind"] for row in got.rows["interactions"])
    mentions = found.pop("mention")
    assert found == expected
    assert 100 < mentions < 250
    assert {row["native_id"] for row in got.rows["accounts"]} == actors
    assert all(row["occurred_at"].date() == date(2015, 1, 1) for row in got.rows["interactions"])


def test_a_repository_is_a_post_of_its_owner_where_its_language_is_told(tmp_path: Path) -> None:
    base = {"language": "C++", "topics": ["Compilers", 7, "x" * 200]}
    pull_request = {"action": "opened", "pull_request": {**ISSUE, "base": {"repo": base}}}
    fork = {"forkee": {"full_name": "ann-lee/other", "language": "Go", "topics": None}}
    old = {"owner": "Cy", "name": "Old", "language": "C#"}
    lines = (
        event("WatchEvent", {"action": "started"}),
        event("PullRequestEvent", pull_request),
        event("PullRequestEvent", {**pull_request, "action": "closed"}),
        event("ForkEvent", fork, repo={"id": 9, "name": "Bo/Other"}),
        event("ForkEvent", {"forkee": {"language": None}}, repo={"id": 10, "name": "Bo/Plain"}),
        event("WatchEvent", {"action": "started"}, repo=None, repository=old),
        event("ForkEvent", fork, repo={"id": 11, "name": "Eve/Secret"}),
    )
    write_hour(tmp_path, *lines)
    got = {row["post_key"]: row for row in Got(tmp_path).rows["posts"]}
    assert {key: row["hashtags"] for key, row in got.items()} == {
        "gh:bo/tool": ["Cpp", "Compilers"],
        "gh:bo/other": ["Go"],
        "gh:cy/old": ["Csharp"],
        "gh:eve/secret": ["Go"],
    }
    tool = got["gh:bo/tool"]
    assert (tool["author_key"], tool["post_type"], tool["event_at"], tool["from_feed"]) == (
        "gh:bo",
        "original",
        None,
        False,
    )
    source = Source("gh", "gharchive", tmp_path, excluded=frozenset({"gh:eve"}))
    shown = [
        item.rows["author_key"].to_pylist()
        for item in gharchive.read(source, {DAY}, SuppressionList("gh", source.excluded))
        if not isinstance(item, PullReport) and item.table == "posts"
    ]
    assert shown == [["gh:bo", "gh:bo", "gh:cy"]]
