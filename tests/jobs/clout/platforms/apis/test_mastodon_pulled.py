"""Pulls Mastodon from the sandbox where it answers as real instances do: without `uri`, with hidden counters, 404 and 410."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from clout.config.sources import Source
from clout.lake.partitions import Lake
from clout.platforms.pull import puller
from hosts import SandboxClock
from sandbox.server import Sandbox

NOW, DAY = "2026-03-07T00:30:00Z", date(2026, 3, 6)
Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(NOW, since=date(2026, 3, 1), limits={"mastodon": 10**9}) as made:
        yield made


@pytest.fixture
def people(box: Sandbox) -> list[dict[str, Any]]:
    """Some who are there, and whose accounts anybody may see; a third of them is struck by what strikes every third."""
    left = {"suspended", "closed", "protected", "opted_out", "moved"}
    there = [p for p in box.people(0, 400) if p["instance"] == "alder.example" and "mastodon" in p["platforms"]]
    return [p for p in there if not left & {*p["marks"]}][:9]


@pytest.fixture
def pull(box: Sandbox, people: list[dict[str, Any]], tmp_path: Path) -> Callable[..., Tables]:
    def pulled(*misbehave: str, by_id: bool = False) -> Tables:
        box.change({"now": NOW, "misbehave": list(misbehave), "clear_log": True})
        lake = Lake(tmp_path / "-".join(("lake", *misbehave)).replace("/", "_"))
        options = {"base_url": box.urls["mastodon"]["alder.example"], "subjects": [p["acct"] for p in people]}
        source = Source("pl", "mastodon", Path(), options=options)
        puller.pull(lake, source, [DAY], say=lambda text: None, clock=SandboxClock(box))
        places = {name: lake.snapshot(name, "pl", DAY) for name in ("accounts", "posts", "interactions", "quarantine")}
        found = {name: lake.read(place).to_pylist() if lake.exists(place) else [] for name, place in places.items()}
        return {**found, "manifest": lake.manifest("pl", DAY) or []}

    return pulled


def test_without_a_uri_everything_lands_under_the_same_keys(pull: Callable[..., Tables]) -> None:
    plain, bare = pull(), pull("no_uri")
    assert bare["quarantine"] == []
    for table, key in (("accounts", "account_key"), ("posts", "post_key")):
        assert {row[key] for row in bare[table]} == {row[key] for row in plain[table]}
    names = ("kind", "actor_key", "target_account_key", "target_post_key")
    acts = [sorted([[str(row[name]) for name in names] for row in one["interactions"]]) for one in (plain, bare)]
    assert acts[0] == acts[1]
    assert len(acts[0]) > 20


def test_hidden_counters_cost_nobody_anything(pull: Callable[..., Tables]) -> None:
    plain, hiding = pull(), pull("negative_counts")
    assert hiding["quarantine"] == []
    for table in ("posts", "interactions"):
        assert hiding[table] == plain[table]
    told = {row["account_key"]: row for row in plain["accounts"]}
    counted = [row for row in hiding["accounts"] if row["state_complete"]]
    hidden = [row for row in counted if row["followers_count"] is None]
    assert 0 < len(hidden) < len(counted)
    blank = {"followers_count": None, "following_count": None}
    assert [{**told[row["account_key"]], **blank} for row in hidden] == hidden


@pytest.mark.parametrize(
    ("trap", "status", "code"), [("accounts_not_found", "unavailable", 404), ("accounts_gone", "deleted", 410)]
)
@pytest.mark.parametrize("where", ["", "@/statuses"])
def test_who_is_gone_is_said_to_be_and_their_acts_do_not_land(
    pull: Callable[..., Tables], people: list[dict[str, Any]], trap: str, status: str, code: int, where: str
) -> None:
    """Also where the account itself is still shown and only what it wrote is not: the accounts that say no more are gone."""
    found = pull(f"{trap}{where}")
    struck = [p["acct"] for p in people if p["person"] % 3 == 0]
    assert 0 < len(struck) < len(people)
    gone = [row for row in found["accounts"] if row["status"] == status]
    assert len(gone) == len(struck)
    assert {(row["handle"], row["display_name"], row["followers_count"]) for row in gone} == {(None, None, None)}
    if where:
        keys = {row["account_key"] for row in gone}
        assert {key.rpartition("/")[2] for key in keys} == set(struck)
        acts = [(row["actor_key"], row["target_account_key"]) for row in found["interactions"]]
        assert not keys & {key for act in acts for key in act}
    ends = [row for row in found["manifest"] if (row["reason"] or "").startswith(f"gone: HTTP {code}")]
    assert {row["status"] for row in ends} == {"complete"}
    assert len(ends) == len(struck)
    assert f"people: {status} {len(struck)}" in {row["reason"] for row in found["manifest"]}
