"""Damage behind good history, and on a first night, is stopped or waits; honest nights are published.

make test plants ALWAYS; CLOUT_GATE=few make test ARGS=tests/judged a dozen kinds, in minutes; CLOUT_GATE=all plants all, and
runs 300 honest nights, in hours.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from clout.quality import suites
from judged import honest
from judged.damage import DAMAGES
from judged.nights import judged
from judged.planted import Gold, summary

pytestmark = pytest.mark.quality

ALL = os.environ.get("CLOUT_GATE") == "all"
#: Damage of the window, of the day and of consent, a kind of each.
ALWAYS = {"permuted_plaza_all", "midnight", "optout_dropped_reread"}
CHOSEN = [
    damage
    for damage in DAMAGES
    if ALL or damage.name in ALWAYS or (damage.quick and os.environ.get("CLOUT_GATE") == "few")
]


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory) -> Gold:
    """A world with published nights."""
    folder = tmp_path_factory.mktemp("gold")
    return Gold.made(folder, nights=8, people=400) if ALL else Gold.made(folder, nights=2, people=200)


@pytest.fixture(scope="module")
def rows(gold: Gold) -> list[dict]:
    """What becomes of every chosen kind of damage, both ways."""
    return [row for damage in CHOSEN for row in gold.row(damage)]


def test_the_honest_night_is_published(gold: Gold) -> None:
    assert (gold.honest.outcome, gold.honest.failed) == ("published", [])


def test_what_must_not_pass_does_not(rows: list[dict], show_table) -> None:
    show_table("planted damage", [{name: str(value) for name, value in row.items()} for row in rows])
    found = summary(rows)
    show_table("planted damage, together", [{name: str(value) for name, value in found.items()}])
    for has_history in (True, False):
        assert summary([row for row in rows if (row["published nights"] != "none") == has_history])["share"] >= 0.95
    assert found["hidden accounts published"] == 0


def test_great_expectations_says_the_same(gold: Gold) -> None:
    """The suites are asked by DuckDB here: that is what the gate itself does with the same rows."""
    found = gold.honest.metrics
    assert found is not None
    row = found.to_pylist()[-1] | {"dataset": "day", "metric": "repeated_share", "unit": "moved", "platform": "chirp"}
    row |= {"value": 0.9, "expected": 0.1, "spread": 0.1, "deviation": 8.0, "points": 4}
    rows = pa.concat_tables([found, pa.Table.from_pylist([row], found.schema)])
    checks = suites.check(suites.load_suite("metrics"), rows, {"days": [gold.honest.day]})
    assert {f"metrics.{check.id}" for check in checks if not check.passed} == {
        name for name, *_ in judged("metrics", rows)
    }


def test_damage_has_names_of_its_own() -> None:
    assert len({damage.name for damage in DAMAGES}) == len(DAMAGES) >= 100


@pytest.mark.skipif(not ALL, reason="300 nights: CLOUT_GATE=all")
def test_honest_nights_are_published(tmp_path: Path, show_table) -> None:
    found: Counter = Counter()
    for seed in range(101, 106):
        found += honest.run(tmp_path / str(seed), seed, 60)
    show_table("honest nights", [{name: str(number) for name, number in found.items()}])
    assert found["stopped"] == 0
    assert found["waits"] <= 2
