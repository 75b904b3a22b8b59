"""Styles: ranks and cuts of a frozen reference, and what must not change anybody's style."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from clout.engine.engines import DuckDB
from clout.engine.queries import SQL
from clout.errors import InvalidInput
from clout.research.style_fitting import _cuts
from clout.score import beside, style_grid
from clout.score.model import read_model
from clout.score.plan import Plan
from numpy import array

MODEL = read_model(SQL / "models" / "v2.toml")
DAY = date(2026, 3, 14)
COUNTS = (
    "originals",
    "shares_given",
    "talk_given",
    "active_days",
    "outreach_points",
    "outreach_people",
    "answered_people",
)


def styles(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """person -> the row of sql/styles.sql."""
    doings = pa.Table.from_pylist(
        rows,
        pa.schema([("person_id", pa.string()), *((name, pa.int64()) for name in COUNTS), ("breadth", pa.float64())]),
    )
    score = pa.table({"variant": ["now"] * len(rows), "person_id": [row["person_id"] for row in rows]})
    plan = Plan(DuckDB(), {"doings": doings, "score": score}, MODEL, DAY)
    return {row["person_id"]: row for row in plan.resolve("styles").to_pylist()}


def somebody(chance: random.Random, number: int) -> dict[str, Any]:
    counts = [chance.randrange(0, 60) for _ in COUNTS[:3]]
    breadth = chance.choice((None, 1 + 9 * chance.random()))
    return dict(zip(COUNTS, (*counts, chance.randrange(1, 90), 0, 0, 0), strict=True)) | {
        "person_id": str(number),
        "breadth": breadth,
    }


def test_how_much_somebody_does_changes_no_style() -> None:
    chance = random.Random(18)
    people = [somebody(chance, number) for number in range(200)]
    more = [row | {name: 3 * row[name] for name in COUNTS[:3]} for row in people]
    before, after = styles(people), styles(more)
    # Fewer than ten posts and shares say nothing of creating.
    compared = [who for who, row in before.items() if row["style"] and row["create_share"] is not None]
    assert len(compared) > 100
    assert {who: before[who]["style"] for who in compared} == {who: after[who]["style"] for who in compared}
    assert len({before[who]["style"] for who in compared}) > 8


def test_who_only_shares_is_no_celebrity() -> None:
    bots = [
        dict.fromkeys(COUNTS, 0) | {"person_id": str(n), "shares_given": 50 * n, "active_days": n, "breadth": None}
        for n in range(1, 91)
    ]
    found = {row["style"] for row in styles(bots).values()}
    assert found - {None} <= {
        "Observer",
        "Explorer",
        "Dabbler",
        "Conversationalist",
        "Syndicator",
        "Feeder",
        "Curator",
        "Broadcaster",
    }


def test_ranks_and_cells() -> None:
    deciles = [0.0, 0.0, 0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.0]
    pieces = style_grid.pieces(deciles)

    def rank(value: float) -> float:
        [found] = [at + slope * (value - above) for above, upto, at, slope in pieces if above <= value < upto]
        return round(found, 6)

    assert [rank(value) for value in (-1, 0.0, 0.15, 0.3, 0.45, 1.0, 7)] == [0.1, 0.1, 0.2, 0.3, 0.45, 0.95, 0.95]
    assert [cell[0] for cell in style_grid.cells([0.2, 0.5, 0.7])] == [0, 1, 2, 3]
    assert _cuts(array([0.0] * 30 + [0.4] * 30 + [0.41] * 40)) == [0.01, 0.405, 0.42]


def test_a_model_may_have_its_own_styles(tmp_path: Path) -> None:
    own = tmp_path / "model.toml"
    text = (SQL / "models" / "v2.toml").read_text(encoding="utf-8") + "\n" + beside.section_text("styles")
    own.write_text(text.replace("style_cut_x = [0.4067", "style_cut_x = [0.1"), encoding="utf-8")
    assert read_model(own).parameters["style_cut_x"][0] == 0.1
    for old, new, said in (
        ("style_cut_x = [0.4067", "style_cut_x = [0.9", "style_cut_x must rise"),
        ("style_cut_x = [0.4067, ", "style_cut_x = [", "style_cut_x must be a list of 3 numbers"),
        ("style_rank_create = [0.0798", "style_rank_create = [1.5", "style_rank_create must not fall"),
    ):
        own.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(InvalidInput, match=said):
            read_model(own)
