"""Pulls X from the sandbox: what lands, what the manifest says, what it cost, how long it waited, in how many requests."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clout.config.sources import Source
from clout.lake.partitions import Lake
from clout.platforms.apis import x
from clout.platforms.pull import puller
from hosts import SandboxClock
from sandbox.history import MENTION, NAMES, QUOTE, REPLY, SHARE, View
from sandbox.server import Sandbox
from sandbox.x import Refused, X

NOW, DAY = "2026-03-07T00:30:00Z", date(2026, 3, 6)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(NOW, since=date(2026, 3, 1), limits={"x": 10**9}) as made:
        yield made


class Pull:
    """A pull of the sandbox's X into a lake of its own, about a few busy people, on the sandbox's clock."""

    def __init__(self, box: Sandbox, lake: Lake) -> None:
        self.box, self.lake = box, lake
        box.change({"now": NOW, "misbehave": [], "limits": {"x": 10**9}, "clear_log": True})
        self.people = {p["x"]: p for p in box.people(0, 400) if "x" in p["platforms"]}
        left = {"suspended", "closed", "protected"}
        here = [subject for subject, p in self.people.items() if not left & {*p["marks"]}]
        acted_on = Counter(self.view.table.target[self.view.whole].tolist())
        self.busy = sorted(here, key=lambda subject: -acted_on[self.people[subject]["person"]])
        self.subjects = self.busy[2:5]

    def __call__(self, day: date = DAY, **options: Any) -> float:
        """Pull, and give the seconds that it waited."""
        given = {"base_url": self.box.urls["x"], "subjects": self.subjects, "ceiling_usd": 100.0, **options}
        clock = SandboxClock(self.box)
        self.said: list[str] = []
        puller.pull(self.lake, Source("pl", "x", Path(), options=given), [day], say=self.said.append, clock=clock)
        return sum(clock.slept)

    @property
    def view(self) -> View:
        return self.box.view("x")

    def rows(self, table: str, day: date = DAY) -> list[dict[str, Any]]:
        place = self.lake.snapshot(table, "pl", day)
        return self.lake.read(place).to_pylist() if self.lake.exists(place) else []

    def manifest(self) -> list[dict[str, Any]]:
        return self.lake.manifest("pl", DAY) or []

    def ends(self, *endpoints: str) -> Counter[tuple[str, str | None]]:
        """How the units of some endpoints ended."""
        main = {one.name: one.table for one in x.ENDPOINTS}
        of = [row for row in self.manifest() if row["endpoint"] in endpoints and row["table"] == main[row["endpoint"]]]
        return Counter((row["status"], row["reason"]) for row in of)

    def asked(self) -> Counter[int]:
        """The statuses that X answered."""
        return Counter(entry["status"] for entry in self.box.log)

    def edges(self) -> set[tuple[Any, ...]]:
        names = ("kind", "actor_key", "target_account_key", "occurred_at")
        return {tuple(row[name] for name in names) for row in self.rows("interactions")}


@pytest.fixture
def pull(box: Sandbox, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Pull:
    monkeypatch.setenv("CLOUT_TOKEN_PL", "sandbox-token")
    return Pull(box, lake)


# A day ------------------------------------------------------------------------------------------------------------


def test_a_day_of_x_is_the_worlds(pull: Pull) -> None:
    """Everything that these people did, and that others did by their posts or named them in, once, to the second."""
    assert pull() == 0
    view, table, hidden = pull.view, pull.view.table, pull.box.world.protected
    number = {p["person"]: p["x"] for p in pull.box.people(0, 400)}
    mine = {pull.people[subject]["person"] for subject in pull.subjects}
    expected = set()
    for i in range(table.at.size):
        kind, actor, target = int(table.kind[i]), int(table.actor[i]), int(table.target[i])
        when = datetime.fromtimestamp(int(table.at[i]), UTC)
        if (
            kind not in (SHARE, REPLY, QUOTE, MENTION)
            or not view.whole[i]
            or when.date() != DAY
            or {actor, target} & hidden
        ):
            continue
        if {actor, target} & mine:
            # An answer names whom it answers, and is one act.
            expected.add((NAMES[kind], f"pl:{number[actor]}", f"pl:{number[target]}", when))
    protected = {f"pl:{number[person]}" for person in hidden}
    landed = {
        edge for edge in pull.edges() if edge[3].date() == DAY and edge[2] is not None and edge[2] not in protected
    }
    assert {edge for edge in landed if any(f"pl:{s}" in edge[1:3] for s in pull.subjects)} == expected
    assert len(expected) > 60
    assert all(int(row["native_id"]) > 2**53 for row in pull.rows("posts"))
    assert {row["native_id"] for row in pull.rows("accounts") if row["source_endpoint"] == "accounts"} == {
        *pull.subjects
    }
    assert pull.asked() == {200: sum(row["requests"] for row in pull.manifest())}


def test_what_it_cost_is_what_came(pull: Pull) -> None:
    pull(ceiling_usd=3)
    mills = 0
    for file in (Path(pull.lake.root) / "raw").rglob("*.gz"):
        body = json.loads(gzip.decompress(file.read_bytes()))["body"]
        people = len(body.get("includes", {}).get("users", []))
        posts = len(body.get("includes", {}).get("tweets", []))
        mills += 10 * people + 5 * posts + len(body.get("data", [])) * (10 if "accounts" in str(file) else 5)
    [note] = (Path(pull.lake.root) / "spent" / "pl").iterdir()
    assert json.loads(note.read_bytes())["mills"] == mills > 500
    assert sum(row["cost_units"] for row in pull.manifest()) == pytest.approx(mills / 1000)
    assert any(f"${mills / 1000:.3f} of $3.00" in line for line in pull.said)


@pytest.mark.parametrize("ceiling", [0.04, 0.5, 1.5])
def test_a_ceiling_is_used_and_kept_and_what_it_leaves_out_is_said(pull: Pull, ceiling: float) -> None:
    pull(ceiling_usd=ceiling)
    assert ceiling - 0.15 < round(sum(row["cost_units"] for row in pull.manifest()), 3) <= ceiling
    left_out = {row["endpoint"] for row in pull.manifest() if "budget" in (row["reason"] or "")}
    assert left_out
    assert "accounts" not in left_out or ceiling < 0.05
    assert pull.lake.is_pulled("pl", DAY)


def test_the_newer_dialect_shows_the_same(pull: Pull, tmp_path: Path) -> None:
    pull.subjects = pull.subjects[:2]
    pull()
    edges, posts = pull.edges(), {row["post_key"]: row for row in pull.rows("posts")}
    for number, dialect in enumerate(("tweets", "posts")):  # asked in the older one, and in its own
        pull.lake = Lake(tmp_path / str(number))
        pull.box.change({"misbehave": ["new_dialect"], "clear_log": True})
        pull(dialect=dialect)
        assert pull.asked().keys() == {200}
        # The newer one brings along more people, and with them who is protected.
        assert edges - pull.edges() <= {
            edge for edge in edges if edge[2] is None or "protected" in pull_marks(pull, edge[2])
        }
        assert pull.edges() <= edges
        for row in pull.rows("posts"):
            known = posts[row["post_key"]]
            names = ("post_type", "text", "like_count", "share_count", "mentions", "conversation_key", "event_at")
            assert {name: row[name] for name in names} == {name: known[name] for name in names}
        [first] = [row for row in pull.rows("accounts") if row["native_id"] == pull.subjects[0]]
        assert first["posts_count"] > 0


def pull_marks(pull: Pull, key: str) -> list[str]:
    return pull.people[key.removeprefix("pl:")]["marks"]


def test_edited_posts_are_one_each(pull: Pull, tmp_path: Path) -> None:
    pull.subjects = pull.subjects[:2]
    pull()
    acts = [(row["kind"], row["actor_key"], row["occurred_at"]) for row in pull.rows("interactions")]
    posts = Counter(row["author_key"] for row in pull.rows("posts"))
    targets = {row["target_post_key"] for row in pull.rows("interactions")}
    pull.lake = Lake(tmp_path)
    pull.box.change({"misbehave": ["edited_posts"], "clear_log": True})
    pull()
    edited = pull.rows("interactions")
    assert sorted((row["kind"], row["actor_key"], row["occurred_at"]) for row in edited) == sorted(acts)
    assert len({row["target_post_key"] for row in edited}) == len(targets)
    assert Counter(row["author_key"] for row in pull.rows("posts")) == posts
    assert any(row["post_key"] != f"pl:{row['native_id']}" for row in pull.rows("posts"))
    assert pull.asked().keys() == {200}


def test_what_comes_along_unsigned_is_nobodys_and_a_bad_counter_costs_nobody_a_row(pull: Pull, tmp_path: Path) -> None:
    pull.subjects = pull.subjects[:2]
    pull()
    accounts, posts = ({row[0]: row[1] for row in keys(pull, table)} for table in ("accounts", "posts"))
    edges = {row["interaction_key"]: row["target_account_key"] for row in pull.rows("interactions")}
    pull.lake = Lake(tmp_path)
    pull.box.change({"misbehave": ["unsigned_includes", "negative_counts"]})
    pull()
    assert {row[0] for row in keys(pull, "accounts")} == accounts.keys()
    authors = {row[0]: row[1] for row in keys(pull, "posts")}
    assert authors.keys() == posts.keys()
    assert {authors[key] for key in posts if authors[key] != posts[key]} == {None}
    after = {row["interaction_key"]: row["target_account_key"] for row in pull.rows("interactions")}
    assert after.keys() == edges.keys()
    assert all(target in (edges[key], None) for key, target in after.items())
    counted = [row for row in pull.rows("accounts") if row["state_complete"]]
    hidden = [row for row in counted if row["followers_count"] is None]
    assert 0 < len(hidden) < len(counted)
    put_aside = pull.rows("quarantine")
    assert {row["reason"].rpartition(" ")[0].endswith("(row") for row in put_aside} == {True}
    assert len(put_aside) == sum(
        int(str(row["reason"]).rpartition("unreadable_field ")[2].split(",")[0])
        for row in {
            r["endpoint"] + r["subject"]: r for r in pull.manifest() if "unreadable_field" in str(r["reason"])
        }.values()
    )
    assert sum(row["rows_quarantined"] for row in pull.manifest()) == 0


def keys(pull: Pull, table: str) -> list[tuple[str, str | None]]:
    of = {"accounts": ("account_key", "handle"), "posts": ("post_key", "author_key")}[table]
    return [(row[of[0]], row[of[1]]) for row in pull.rows(table)]


def test_posts_that_left_since_are_seen_to_be_gone(pull: Pull) -> None:
    first = DAY - timedelta(days=1)
    pull.box.change({"now": f"{DAY}T00:30:00Z"})
    pull(day=first)
    held = [row for row in pull.rows("posts", first) if row["author_key"][3:] in pull.subjects and row["text"]]
    pull.box.change({"now": NOW, "clear_log": True})
    number = x_of(pull)._event(held[0]["native_id"])
    pull.view.visible[number] = pull.view.whole[number] = False  # its author took it away
    pull()
    [gone] = [row for row in pull.rows("posts") if row["is_deleted"]]
    assert (gone["post_key"], gone["like_count"], gone["text"]) == (held[0]["post_key"], None, None)
    [lookup] = [entry for entry in pull.box.log if entry["path"] == "/2/tweets"]
    assert lookup["query"].endswith(f"ids={held[0]['native_id']}")  # only what tonight's timelines no longer show


def x_of(pull: Pull) -> Any:
    return X(pull.view, frozenset(), "t", 0.0)


def test_likes_are_asked_with_a_users_token_only_where_it_is_configured(
    pull: Pull, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull.subjects = pull.subjects[:1]
    pull(likes=True)  # with an app's token
    assert sum(entry["path"].endswith("liking_users") for entry in pull.box.log) == 1
    assert pull.ends("likes").keys() == {("skipped", "auth: unsupported-authentication")}
    pull.lake = Lake(tmp_path / "user")
    monkeypatch.setenv("CLOUT_TOKEN_PL", "user-token")
    pull(likes=True)
    likes = [row for row in pull.rows("interactions") if row["kind"] == "like"]
    assert {row["occurred_precision"] for row in likes} == {"observed_day"}
    marks = [mark for row in likes for mark in pull_marks(pull, row["actor_key"])]
    assert likes
    assert "protected" not in marks


# Traps and signals -------------------------------------------------------------------------------------------------


def test_nothing_to_show_is_no_error(pull: Pull) -> None:
    pull.subjects = [s for s, p in pull.people.items() if p["pull"] < 0.2 and not p["marks"]][:4]
    pull()
    assert pull.ends("mentions")[("complete", None)] == 4
    assert pull.rows("quarantine") == []


def test_errors_inside_a_good_answer_are_counted(pull: Pull) -> None:
    pull.box.change({"misbehave": ["errors_in_200"]})
    pull()
    listed = pull.ends("posts", "mentions")
    assert any("resource_not_found" in str(reason) for _, reason in listed)
    assert {status for status, _ in listed} == {"complete"}
    assert pull.rows("quarantine") == []


def test_people_who_left_or_are_protected_are_flagged_and_not_asked_about(pull: Pull) -> None:
    marked = [s for s, p in pull.people.items() if {"suspended", "protected"} & {*p["marks"]}]
    away = [s for s in marked if not pull.view.here[pull.people[s]["person"]] or "protected" in pull_marks(pull, s)]
    pull.subjects = away
    pull()
    assert [entry["path"] for entry in pull.box.log] == ["/2/users"]
    flags = {row["native_id"]: (row["is_protected"], row["status"]) for row in pull.rows("accounts")}
    assert flags == {s: (True, "active") if "protected" in pull_marks(pull, s) else (None, "suspended") for s in away}


@pytest.mark.parametrize("trap", ["usage_capped", "credits_depleted"])
def test_no_money_ends_everything_at_once_and_green(pull: Pull, trap: str) -> None:
    pull.box.change({"misbehave": [f"{trap}@/mentions"]})
    assert pull() == 0  # though the answer names a reset close by, and requests that are left
    assert {status for status, _ in pull.ends("posts")} == {"complete"}
    assert pull.ends("mentions", "reposts", "quotes", "replies").keys() == {("skipped", "credits")}
    assert sum(entry["path"].endswith("/mentions") for entry in pull.box.log) == 1
    assert pull.lake.is_pulled("pl", DAY)


def test_the_wrong_kind_of_token_ends_the_endpoint(pull: Pull) -> None:
    pull.box.change({"misbehave": ["wrong_token_kind@/retweets"]})
    assert pull() == 0
    assert pull.asked()[403] == 1
    assert pull.ends("reposts").keys() == {("skipped", "auth: unsupported-authentication")}
    assert pull.ends("quotes").keys() == {("complete", None)}


def test_a_token_that_is_over_is_tried_once_an_endpoint(pull: Pull, monkeypatch: pytest.MonkeyPatch) -> None:
    pull()
    monkeypatch.setattr("sandbox.x.X.answer", refuse)
    pull.lake, before = Lake(f"{pull.lake.root}-2"), len(pull.box.log)
    pull()
    assert [entry["path"] for entry in list(pull.box.log)[before:]] == ["/2/users"]
    assert pull.ends("accounts") == {("skipped", "auth: HTTP 401"): 1}
    assert not pull.lake.is_pulled("pl", DAY)


def refuse(*_: object) -> None:
    raise Refused(401, "Unauthorized")


def test_windows_are_kept_so_that_x_never_has_to_say_no(pull: Pull) -> None:
    pull.box.change({"limits": {"x": 4}})
    waited = pull()
    assert pull.asked().keys() == {200}
    lists = Counter(entry["path"].split("/")[-1] for entry in pull.box.log)
    assert waited >= 900 * sum((number - 1) // 4 for number in lists.values() if number > 4) / 4
    assert any("quota nearly spent" in line for line in pull.said)


@pytest.mark.parametrize(
    ("trap", "status", "least", "most"),
    [
        ("too_many_requests=1@/mentions", 429, 901, 905),  # until the window's end, and a little more
        ("too_many_requests_bare=2@/mentions", 429, 3, 3),  # its headers were lost: 1 s, 2 s
        ("unavailable=2@/mentions", 503, 3, 3),
        ("cut=1@/mentions", 200, 1, 1),
        ("html=1@/mentions", 200, 1, 1),
    ],
)
def test_it_waits_as_long_as_it_is_told(
    pull: Pull, tmp_path: Path, trap: str, status: int, least: float, most: float
) -> None:
    pull.subjects = pull.subjects[:1]
    pull()
    needed, edges = sum(pull.asked().values()), pull.edges()
    pull.lake = Lake(tmp_path / "again")
    pull.box.change({"now": "2026-03-07T00:30:00Z", "misbehave": [trap], "limits": {"x": 300}, "clear_log": True})
    waited = pull()
    times = int(trap.partition("=")[2][0])
    assert least <= waited <= most
    assert sum(pull.asked().values()) == needed + times
    assert pull.asked()[status] >= times
    assert pull.edges() == edges
