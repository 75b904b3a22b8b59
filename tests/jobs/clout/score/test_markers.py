"""Nobody who may not be shown, or agreed to nothing, is in what lists people for somebody else: worlds with planted markers.

CLOUT_WORLDS=all tries twenty worlds; otherwise two are tried.
"""

from __future__ import annotations

import os
import random
from datetime import date, timedelta
from typing import Any

import pytest
import scored_world
from clout.engine.engines import DuckDB
from clout.lake.records import SELECTIONS
from clout.lake.schemas import SNAPSHOTS, small_arrow
from clout.score import steps
from scored_world import DAY, NAMES

PURPOSES = ("named", "perks", "care", "regions")
#: What lists people for somebody else.
LISTING = ("consented", "person_regions", "campaign_outcomes", "perk_selections", "credentials")
SEEDS = range(20) if os.environ.get("CLOUT_WORLDS") == "all" else range(2)


def _rows(table: str, rows: list[dict[str, Any]]) -> Any:
    origin = {"fetched_at": None, "source_endpoint": "files", "raw_ref": None}
    schema = SNAPSHOTS.get(table, SELECTIONS)
    return small_arrow(schema, [tuple(({**origin, **row}).get(name) for name in schema.names) for row in rows])


def _lists(people: list[str], agreed: dict[str, tuple[date, date | None]]) -> dict[str, Any]:
    """Lists that speak of everybody, though only some agreed."""
    consents = [
        {"account_key": key, "purpose": purpose, "given_on": given, "withdrawn_on": withdrawn, "is_unreadable": False}
        for key, (given, withdrawn) in agreed.items()
        for purpose in PURPOSES
    ]
    campaigns = [
        {
            "campaign": "spring",
            "code": f"c{n}",
            "account_key": key,
            "arm": "person",
            "starts_on": DAY - timedelta(days=9),
        }
        for n, key in enumerate(people)
    ]
    book = {"kind": "book", "year": 2020, "evidence_url": "https://a.example", "registry": "none", "reviewed_by": "rae"}
    book |= {"reviewed_on": DAY, "decision": "accepted"}
    draw = {"campaign": "spring", "selected_on": DAY, "arm": "person", "eligible": 40}
    draw |= {"seed": "7", "rule": "", "query_hash": ""}
    return {
        "consents": _rows("consents", consents),
        "campaigns": _rows("campaigns", campaigns),
        "credentials": _rows("credentials", [book | {"account_key": key, "title": f"Book of {key}"} for key in people]),
        "selections": _rows("selections", [draw | {"account_key": key, "person_id": key} for key in people]),
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_no_marker_is_found_in_any_list(seed: int) -> None:
    chance = random.Random(seed)
    names = chance.sample([name for name in NAMES if name not in ("gus", "hana", "bo", "p1")], 12)
    kids, no_one, withdrew, unreadable, tomorrow = (names[i : i + 2] for i in range(0, 10, 2))
    given = scored_world.world()
    # gus is a minor in this world, hana on the operator's list; they agreed, as do two more minors and two who opted out.
    given["states"] = [
        (*row[:-4], row[-4], name in kids[:1], name in kids[1:] or row[-2], row[-1])
        for row in given["states"]
        for name in [row[3]]
    ]
    people = [f"{platform}:{name}" for platform in ("murmur", "plaza") for name in NAMES]
    agreed: dict[str, tuple[date, date | None]] = {}
    for key in people:
        name = key.partition(":")[2]
        if name in no_one:
            continue
        agreed[key] = (DAY + timedelta(days=1) if name in tomorrow else DAY - timedelta(days=30), None)
        if name in withdrew:
            agreed[key] = (DAY - timedelta(days=30), DAY)
    lists = _lists(people, agreed)
    rows = lists["consents"].to_pylist()
    veto = {"account_key": "", "purpose": "*", "is_unreadable": True}
    rows += [veto | {"account_key": f"{platform}:{name}"} for platform in ("murmur", "plaza") for name in unreadable]
    lists["consents"] = _rows("consents", rows)
    plan = scored_world.evidence_of(DuckDB(), **given, platforms=("murmur", "pages", "plaza"))
    states = plan.tables["account_states"].to_pylist()
    plan.tables["account_states"] = small_arrow(
        plan.tables["account_states"].schema,
        [tuple((row | {"location": "Philadelphia, PA", "located_on": DAY}).values()) for row in states],
    )
    plan.tables |= lists
    tables = steps.published(plan)
    markers = {"gus", "hana", *kids, *no_one, *withdrew, *unreadable, *tomorrow}
    found: dict[str, set[str]] = {}
    for table in LISTING:
        cells = [str(cell) for row in tables[table].to_pylist() for cell in row.values() if isinstance(cell, str)]
        assert any(cell.startswith(("murmur:", "plaza:")) for cell in cells), (
            f"{table} lists nobody: the test tests nothing"
        )
        found[table] = {name for cell in cells for name in markers if cell.endswith(f":{name}")}
    assert {table: names for table, names in found.items() if names} == {}
