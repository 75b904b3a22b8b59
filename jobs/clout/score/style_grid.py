"""The frozen reference of styles, as the tables that sql/styles.sql reads: ranks of measures, cuts of axes, names.

Cuts are quantiles of people as they are, not fixed quarters: by those nearly everybody is of one style. `make fit` tells them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa

from clout.engine.frames import Frame
from clout.lake.schemas import small_arrow
from clout.score.plan import Plan, step

#: The measures, each of an axis; style_rank_<measure> holds their deciles.
MEASURES = ("create", "consistent", "participate", "broad")
#: The grid, from the top (participating, broad) to the bottom (listening, focused), each row from sharing to creating.
GRID = (
    ("Curator", "Broadcaster", "Taste Maker", "Celebrity"),
    ("Syndicator", "Feeder", "Thought Leader", "Pundit"),
    ("Dabbler", "Conversationalist", "Socializer", "Networker"),
    ("Observer", "Explorer", "Activist", "Specialist"),
)
_RANKS = pa.schema([("measure", pa.string()), *((name, pa.float64()) for name in ("above", "upto", "value", "slope"))])
_CELLS = pa.schema([("axis", pa.string()), ("cell", pa.int32()), ("above", pa.float64()), ("upto", pa.float64())])
_GRID = pa.schema([("column_cell", pa.int32()), ("row_cell", pa.int32()), ("style", pa.string())])
#: Beyond every value of a measure or an axis.
_FAR = 1e9


def pieces(deciles: Sequence[float]) -> list[tuple[float, float, float, float]]:
    """The rank of a value among a reference of deciles, in pieces: value + slope * (v - above) for above <= v < upto.

    Where deciles are equal, all who have that value have the mean of their ranks.
    """
    at: dict[float, list[float]] = {}
    for number, decile in enumerate(deciles):
        at.setdefault(decile, []).append(number / (len(deciles) - 1))
    knots = [(decile, sum(ranks) / len(ranks)) for decile, ranks in sorted(at.items())]
    inner = [
        (above, upto, value, (following - value) / (upto - above))
        for (above, value), (upto, following) in pairwise(knots)
    ]
    return [(-_FAR, knots[0][0], knots[0][1], 0.0), *inner, (knots[-1][0], _FAR, knots[-1][1], 0.0)]


def cells(cuts: Sequence[float]) -> list[tuple[int, float, float]]:
    """The quarters of an axis: cell, above, upto."""
    ends = (-_FAR, *cuts, _FAR)
    return [(number, above, upto) for number, (above, upto) in enumerate(pairwise(ends))]


@step("style_ranks")
def _ranks(plan: Plan) -> Frame:
    """The rank of each measure's values."""
    rows = [(name, *piece) for name in MEASURES for piece in pieces(plan.parameters[f"style_rank_{name}"])]
    return small_arrow(_RANKS, rows)


@step("style_cells")
def _cells(plan: Plan) -> Frame:
    """The quarters of both axes."""
    rows = [(axis, *cell) for axis in "xy" for cell in cells(plan.parameters[f"style_cut_{axis}"])]
    return small_arrow(_CELLS, rows)


@step("style_grid")
def _grid(plan: Plan) -> Frame:
    """The name of each pair of quarters; a row of quarter 0 is the bottom one."""
    rows: list[tuple[Any, ...]] = [
        (column, len(GRID) - 1 - row, style) for row, styles in enumerate(GRID) for column, style in enumerate(styles)
    ]
    return small_arrow(_GRID, rows)
