"""Conform loses no row: thousands of random interactions through each engine once, against a count in plain Python."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from clout.engine.conforming import Conforming
from clout.engine.frames import to_arrow
from clout.lake.schemas import (
    ACCOUNTS,
    ACTIVITY,
    CONFORMED,
    CONSERVATION,
    INTERACTIONS,
    KINDS,
    MANIFEST,
    MATCHED,
    POST_ACTIONS,
    POSTS,
    SNAPSHOTS,
    small_arrow,
)
from clout.score import steps
from clout.score.identity import PERSONS
from clout.score.plan import Plan

DAYS = [date(2026, 3, 13), date(2026, 3, 14)]
PLATFORMS = ("murmur", "plaza")
DISPOSITIONS = (
    "kept",
    "unidentified",
    "untimed",
    "outside_day",
    "duplicate",
    "self_interaction",
    "excluded",
    "removed",
)
PROVENANCE = {"fetched_at": datetime(2026, 3, 15, tzinfo=UTC), "source_endpoint": "test"}
QUARANTINED = {("murmur", DAYS[0]): 3, ("plaza", DAYS[1]): 11}
#: gus asked the operator; hana is protected on the second day only.
OPERATOR = {"murmur:gus", "plaza:gus"}
PROTECTED = {(DAYS[1], "murmur:hana"), (DAYS[1], "plaza:hana")}

Row = dict[str, Any]


def draw(rows: int) -> list[Row]:
    """Random interactions, every disposition and every mixture of reasons among them."""
    chance = random.Random(20260314)
    names = ["ada", "bo", "cleo", "dara", "eno", "fay", "gus", "hana", None]
    drawn = []
    for number in range(rows):
        platform, day = chance.choice(PLATFORMS), chance.choice(DAYS)
        actor, target = (name and f"{platform}:{name}" for name in chance.choices(names, k=2))
        shift = chance.choice([0] * 12 + [-1, 1])
        time = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(shift, chance.randrange(86_400))
        precision = chance.choice(["second", "observed_day"])
        drawn.append(
            {
                **PROVENANCE,
                "platform": platform,
                "snapshot_date": day,
                # Few enough keys that many come again, on other platforms and days too.
                "interaction_key": f"i{chance.randrange(2 * rows)}",
                "kind": chance.choice(KINDS),
                "actor_key": actor,
                "target_account_key": target,
                "target_post_key": chance.choice([None, "p1", "p2", "p3"]),
                "occurred_at": None if chance.random() < 0.2 else time,
                "occurred_precision": precision,
                "observed_via": "test",
                "is_removed": chance.random() < 0.1,
                "raw_ref": f"file:{number:05}",
            }
        )
    return drawn


REPEATS = 1


def dispositions(rows: list[Row]) -> list[str]:
    """What becomes of each row, by the words of sql/classified.sql; rows are in the order of raw_ref."""
    seen = set()
    days = {(row["platform"], row["snapshot_date"], row["interaction_key"]) for row in rows}
    result = []
    for row in rows:
        day, actor, target = row["snapshot_date"], row["actor_key"], row["target_account_key"]
        key = (row["platform"], day, row["interaction_key"])
        if actor is None or target is None:
            disposition = "unidentified"
        elif row["occurred_at"] is None and row["occurred_precision"] != "observed_day":
            disposition = "untimed"
        elif row["occurred_at"] is not None and row["occurred_at"].date() != day:
            disposition = "outside_day"
        elif key in seen or (row["occurred_at"] is None and (key[0], day - timedelta(REPEATS), key[2]) in days):
            disposition = "duplicate"
        elif actor == target:
            disposition = "self_interaction"
        elif {actor, target} & OPERATOR or {(day, actor), (day, target)} & PROTECTED:
            disposition = "excluded"
        else:
            disposition = "removed" if row["is_removed"] else "kept"
        seen.add(key)
        result.append(disposition)
    return result


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return draw(5000)


@pytest.fixture(scope="module")
def conformed(rows: list[Row]) -> dict[str, list[Row]]:
    """The tables that are made of `rows`."""
    engine = Conforming()
    snapshot = [pa.field("platform", pa.string()), pa.field("snapshot_date", pa.date32())]
    shuffled = random.Random(1).sample(rows, len(rows))
    interactions = pa.Table.from_pylist(shuffled, pa.schema([*INTERACTIONS, *snapshot]))
    accounts = [
        {
            **PROVENANCE,
            "account_key": f"{platform}:hana",
            "native_id": "hana",
            "account_type": "person",
            "status": "active",
            "state_complete": True,
            "is_protected": day == DAYS[1],
            "platform": platform,
            "snapshot_date": day,
        }
        for platform in PLATFORMS
        for day in DAYS
    ]
    days = small_arrow(pa.schema([("ds", pa.date32())]), [(day,) for day in DAYS])
    known = pa.Table.from_pylist(accounts, pa.schema([*ACCOUNTS, *snapshot])).rename_columns({"snapshot_date": "ds"})
    listed = small_arrow(
        pa.schema([("account_key", pa.string()), ("reason", pa.string())]),
        [(key, "asked by letter") for key in sorted(OPERATOR)],
    )
    counts = Counter((row["platform"], row["snapshot_date"]) for row in rows)
    manifest = [
        {
            "platform": platform,
            "snapshot_date": day,
            "endpoint": "test",
            "subject": "*",
            "table": "interactions",
            "status": "complete",
            "rows": counts[platform, day],
            "rows_quarantined": QUARANTINED.get((platform, day), 0),
            "rows_excluded": 0,
        }
        for platform in PLATFORMS
        for day in DAYS
    ]
    no_posts = pa.schema([*POSTS, *snapshot]).empty_table()
    tables = {
        "interactions": interactions,
        "account_flags": known,
        "operator_list": listed,
        "persons": PERSONS.empty_table(),
        "manifest": pa.Table.from_pylist(manifest, MANIFEST),
        "quarantine": pa.schema([*SNAPSHOTS["quarantine"], *snapshot]).empty_table(),
        "posts": no_posts,
        "days": days,
        "sources": steps.sources_table([*PLATFORMS]),
    }
    plan = Plan(engine, tables, parameters={"repeat_days": REPEATS, "topic_days": 1})
    for name in MATCHED:
        plan.tables[name] = CONFORMED[name].empty_table()
    found = {name: plan.resolve(name) for name in CONFORMED}
    return {name: to_arrow(frame).to_pylist() for name, frame in found.items()}


def test_every_fate_is_among_the_rows(rows: list[Row]) -> None:
    # Else the rest of this file would prove little.
    assert min(Counter(dispositions(rows))[disposition] for disposition in DISPOSITIONS) >= 50


def test_conservation_is_exact(rows: list[Row], conformed: dict[str, list[Row]]) -> None:
    expected: dict[tuple, Counter] = defaultdict(Counter)
    for row, disposition in zip(rows, dispositions(rows), strict=True):
        expected[row["snapshot_date"], row["platform"]][disposition] += 1
    assert len(conformed["conservation"]) == 4
    for row in conformed["conservation"]:
        counted = expected[row["ds"], row["platform"]]
        quarantined = QUARANTINED.get((row["platform"], row["ds"]), 0)
        assert {disposition: row[disposition] for disposition in DISPOSITIONS} == {
            disposition: counted[disposition] for disposition in DISPOSITIONS
        }
        assert row["quarantined"] == quarantined
        assert row["rows_in"] == sum(counted.values()) + quarantined
        assert row["rows_in"] == sum(row[name] for name in row if name not in ("ds", "platform", "rows_in"))
    assert {*conformed["conservation"][0]} == {*CONSERVATION.names}


def test_activity_counts_what_was_kept_and_nothing_else(rows: list[Row], conformed: dict[str, list[Row]]) -> None:
    posts = defaultdict(list)
    for row, disposition in zip(rows, dispositions(rows), strict=True):
        if disposition == "kept":
            key = (row["snapshot_date"], row["platform"], row["actor_key"], row["target_account_key"], row["kind"])
            posts[key].append(row["target_post_key"])
    expected = {(*key, len(on), len({*on} - {None}) or None) for key, on in posts.items()}
    assert {tuple(row[name] for name in ACTIVITY.names) for row in conformed["activity"]} == expected
    assert len(conformed["activity"]) == len(expected)
    kept = sum(row["kept"] for row in conformed["conservation"])
    assert sum(row["n"] for row in conformed["activity"]) == kept


def test_post_actions_are_the_kept_answers_and_shares(rows: list[Row], conformed: dict[str, list[Row]]) -> None:
    expected = {
        (row["snapshot_date"], row["platform"], row["target_post_key"], row["actor_key"])
        for row, disposition in zip(rows, dispositions(rows), strict=True)
        if disposition == "kept" and row["target_post_key"] and row["kind"] in ("share", "quote", "reply")
    }
    assert {tuple(row[name] for name in POST_ACTIONS.names) for row in conformed["post_actions"]} == expected
    assert len(conformed["post_actions"]) == len(expected)


def test_excluded_people_are_nowhere(conformed: dict[str, list[Row]]) -> None:
    people = {key for row in conformed["activity"] for key in (row["actor"], row["target"])}
    assert not people & OPERATOR
    hana = {row["ds"] for row in conformed["activity"] if "hana" in row["actor"] + row["target"]}
    # Who protected the account on the second day was there on the first.
    assert hana == {DAYS[0]}
