"""Every cause of a change has an act, an age, a counter or a model behind it: young lakes, linked accounts, thresholds."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clout.config.paths import SQL
from clout.engine.engines import DuckDB
from clout.research import dataset
from clout.score import variants
from clout.score.model import read_model
from scored_world import DAY, Rows, dataset_of, draw, evidence_of

MODEL = read_model(SQL / "models" / "v2.toml")
PLATFORMS = ("murmur", "plaza")
NAMES = [f"p{number}" for number in range(24)]


def changes_of(activity: Rows, **more: Any) -> list[dict[str, Any]]:
    """The rows of score_changes by model v2, of whom have a score on both days."""
    table = evidence_of(DuckDB(), activity, model=MODEL, **more).resolve("score_changes")
    return [row for row in table.to_pylist() if row["change"] is not None]


@pytest.mark.parametrize("seed", range(6))
def test_no_cause_without_something_behind_it(seed: int) -> None:
    """Lakes of 13 to 60 days whose last days are quiet, with linked accounts and young ones, and a crowd that came once."""
    chance = random.Random(seed)
    days, quiet = (13, 14, 15, 28, 42, 60)[seed], (0, 1, 2, 7, 8, 31)[seed]
    rows = [row for platform in PLATFORMS for row in draw(chance, platform, 260, NAMES, days)]
    rows += [(DAY - timedelta(days - 1), "murmur", f"murmur:fan{n}", "murmur:p0", "share", 1, None) for n in range(60)]
    rows = [row for row in rows if (DAY - row[0]).days >= quiet]
    linked = chance.sample(NAMES, 12)
    persons = [(f"{platform}:{name}", f"murmur:{name}") for name in linked for platform in PLATFORMS]
    person = dict(persons)
    ages = [chance.choice((1, 14, 29, 30, 31, 89, 90, 400)) + quiet for _ in NAMES]
    states = [
        (
            *(DAY - timedelta(quiet), f"murmur:{name}", "murmur", name, None, "person", "active"),
            *(datetime.combine(DAY, datetime.min.time(), UTC) - timedelta(age), None, None, False, False, False, False),
        )
        for name, age in zip(NAMES, ages, strict=True)
    ]
    found = changes_of(rows, states=states, persons=persons)
    assert {row["days_before"] for row in found} >= {1}
    told = 0
    for row in found:
        since = [
            (person.get(actor, actor), person.get(target, target))
            for ds, _, actor, target, *_ in rows
            if (DAY - ds).days < row["days_before"]
        ]
        by_others = [pair for pair in since if pair[0] != row["person_id"]]
        by_them = [pair for pair in since if pair[0] == row["person_id"]]
        assert row["model_change"] == 0
        if not by_others:
            assert row["others_did"] == 0, row
        if not by_them:
            assert row["they_did"] == 0, row
        told += bool(row["left_window"])
    assert told > 5
    # An age is behind the rest: nothing that is there has become worth more by itself, and a day costs at most two points.
    day_before = [row for row in found if row["days_before"] == 1]
    assert all(row["left_window"] > -2 for row in day_before)


@pytest.mark.parametrize("length", [13, 14, 15, 28, 41, 42, 43])
def test_no_rule_begins_overnight(length: int) -> None:
    """A hundred and twenty fans on a lake's third day, others go on: the bound on bursts comes into force by and by."""

    def score(days: int) -> float:
        start = DAY - timedelta(days - 1)
        burst = [(start + timedelta(2), "murmur", f"murmur:fan{n}", "murmur:ann", "share", 1, None) for n in range(120)]
        others = [
            (start + timedelta(day), "murmur", f"murmur:x{day % 7}", f"murmur:y{day % 5}", "share", 1, None)
            for day in range(days)
        ]
        alone = variants.score_alone(MODEL)
        return float(dataset.scores(dataset_of(burst + others), alone, DAY, ["murmur:ann"])[0])

    assert abs(score(length) - score(length - 1)) < FALL


#: Points: the most that a day may cost while the bound comes into force.
FALL = 2.5


def test_linking_accounts_is_no_change() -> None:
    """What is known of a person today is asked of every day: whoever is linked since has no change by it."""
    rows = draw(random.Random(8), "murmur", 300, NAMES, 40) + draw(random.Random(9), "plaza", 300, NAMES, 40)
    rows = [row for row in rows if (DAY - row[0]).days >= 8]
    persons = [(f"{platform}:{name}", f"murmur:{name}") for name in NAMES for platform in PLATFORMS]
    found = changes_of(rows, persons=persons)
    week = [row for row in found if row["days_before"] in (1, 7)]
    assert len(week) > 20
    for row in week:
        assert (row["others_did"], row["they_did"], row["model_change"]) == (0, 0, 0)
        assert row["change"] == row["left_window"]
