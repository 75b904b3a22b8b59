"""Did the score foretell what people moved others to do? Planted campaigns of 100 people, of which the truth is known."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from clout.config.paths import SQL
from clout.warehouse import catalog

DAY = date(2026, 3, 14)
DRAWS, PEOPLE = 100, 100


def checked(columns: str, rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What the view says of purchases, by campaign. rows: a person in a campaign, with score, followers, arm, purchases."""
    content = {
        "campaign_outcomes": "campaign, person AS part, person AS person_id, arm, ds AS starts_on, 0 AS clicks, 0 AS visits,"
        " 0 AS signups, purchases",
        "scores": "person AS person_id, score, score AS true_reach",
        "accounts": "person AS person_id, followers AS followers_count",
    }
    with duckdb.connect() as connection:
        connection.register("rows_given", pa.Table.from_pylist(rows))
        connection.execute("CREATE SCHEMA clout")
        for name, chosen in content.items():
            said = ", ".join(f"{column.name} {column.type}" for column in catalog.relations()[name].columns)
            connection.execute(f"CREATE TABLE clout.{name} ({said})")
            connection.execute(f"INSERT INTO clout.{name} BY NAME SELECT DATE '{DAY}' AS ds, {chosen} FROM rows_given")
        view = (SQL / "warehouse" / "outcome_check.sql").read_text(encoding="utf-8")
        connection.execute(view.partition("COMMENT ON")[0])
        asked = f"SELECT {columns} FROM clout.outcome_check WHERE event = 'purchase' ORDER BY campaign"
        return connection.execute(asked).fetchall()


def people(draw: int, chance: np.random.Generator, number: int) -> tuple[list[dict[str, Any]], np.ndarray, np.ndarray]:
    """The people of a campaign, their true pull, and their followers, which go with it a little, as in the invented world."""
    pull = chance.lognormal(0, 1, number)
    followers = np.rint(100 * np.exp(0.3 * np.log(pull) + chance.normal(0, 1.2, number)))
    score = 50 + 12 * (np.log(pull) + chance.normal(0, 0.4, number))
    rows = [
        {"campaign": f"c{draw:03}", "person": f"c{draw:03}:{i}", "score": s, "followers": int(f), "arm": "person"}
        for i, (s, f) in enumerate(zip(score.tolist(), followers.tolist(), strict=True))
    ]
    return rows, pull, followers


@pytest.mark.parametrize("truth", ["true pull", "followers", "nothing"])
def test_the_verdict_is_right_in_95_of_100_draws(truth: str) -> None:
    chance = np.random.default_rng(20260314 + len(truth))
    rows = []
    for draw in range(DRAWS):
        own, pull, followers = people(draw, chance, PEOPLE)
        drives = {"true pull": pull, "followers": followers, "nothing": np.ones(PEOPLE)}[truth]
        bought = chance.poisson(2 * drives / drives.mean())
        rows += [row | {"purchases": n} for row, n in zip(own, bought.tolist(), strict=True)]
    right = {"true pull": ("score", "true reach"), "followers": ("followers",), "nothing": ("no evidence",)}[truth]
    verdicts = [verdict for (verdict,) in checked("verdict", rows)]
    assert len(verdicts) == DRAWS
    assert sum(verdict in right for verdict in verdicts) >= 95, (truth, sorted(verdicts))


def test_fewer_than_twenty_people_say_nothing() -> None:
    rows, pull, _ = people(0, np.random.default_rng(7), 19)
    assert checked(
        "verdict", [row | {"purchases": int(9 * p)} for row, p in zip(rows, pull.tolist(), strict=True)]
    ) == [("too few",)]


@pytest.mark.parametrize("effect", [0.0, 0.8])
def test_the_interval_of_the_lift_covers_the_truth_in_90_to_98_of_100(effect: float) -> None:
    """400 campaigns, a third of whose people are the holdout; outcomes differ by person and by luck."""
    chance, rows = np.random.default_rng(41), []
    for draw in range(400):
        own, pull, _ = people(draw, chance, 60)
        usual = pull / np.exp(0.5)  # one each, in the mean of all worlds
        drawn = np.arange(60) % 3 > 0
        bought = chance.poisson(usual + effect * drawn)
        for row, n, is_drawn in zip(own, bought.tolist(), drawn.tolist(), strict=True):
            rows.append(row | {"purchases": n, "arm": "person" if is_drawn else "holdout"})
    covers = sum(low <= effect <= high for low, high in checked("lift_low, lift_high", rows))
    assert 360 <= covers <= 392, covers
