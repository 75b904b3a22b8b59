"""Fits the frozen reference of styles: deciles of what people do, in a world and in real exports, and quartiles of both axes.

Cuts at fixed quarters would make nearly everybody of one style. What the world cannot tell, such as how broad people are where
no post has a topic, stays as it stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

import numpy as np
import pyarrow as pa

from clout.research import dataset, evaluation
from clout.research.dataset import Dataset
from clout.score.model import Model

_DIGITS = 4
#: Column of clout.styles -> the decile list of the model.
_MEASURES = {
    "create_share": "style_rank_create",
    "consistent": "style_rank_consistent",
    "participate": "style_rank_participate",
    "broad": "style_rank_broad",
}
#: Fewer people than that tell no deciles.
_LEAST = 100
#: As many points stand for each of two sets, however many people are in them.
_EVENLY = 1001
_TALK = """
    SELECT CAST(sum(CASE WHEN kind <> 'share' THEN n ELSE 0 END) AS DOUBLE) / sum(n)
    FROM activity WHERE kind IN ('share', 'reply', 'mention') AND actor <> target
    GROUP BY actor HAVING sum(n) >= ?
"""


def fitted(world: Dataset, model: Model, day: date, real: Iterable[Dataset] = ()) -> dict[str, dict[str, list[float]]]:
    """[styles]: deciles and cuts. real: of these only how much of what people do to others is talk, half of the reference."""
    numbers: dict[str, list[float]] = {}
    people = _known(world, model, day)
    talk = [share for each in real for share in talk_shares(each, model)]
    for column, name in _MEASURES.items():
        values = people[column].drop_null().to_numpy()
        if column == "participate" and len(talk) >= _LEAST:
            values = np.concatenate([np.quantile(each, np.linspace(0, 1, _EVENLY)) for each in (values, talk)])
        if len(people[column].drop_null()) >= _LEAST:
            numbers[name] = _quantiles(values, 11)
    ranked = _known(world, dataset.overlaid(model, numbers), day)
    for axis in "xy":
        if len(ranked) >= _LEAST:
            numbers[f"style_cut_{axis}"] = _cuts(ranked[axis].to_numpy())
    return {"styles": numbers}


def talk_shares(past: Dataset, model: Model) -> list[float]:
    """Of everybody who did enough to others, the share of it that is talk, and not passing on."""
    text = _TALK.replace("?", str(int(model.parameters["style_min_acts"])))
    return [share for (share,) in evaluation.query(past.activity, text)]


def _known(world: Dataset, model: Model, day: date) -> pa.Table:
    """The styles of people who have one."""
    styles = dataset.build_evidence(world, model, day).arrow("styles")
    return styles.filter(styles["style"].is_valid())


def _cuts(values: np.ndarray) -> list[float]:
    """The quartiles, each between two values that occur: many people may have the same, and none of them stands on a cut."""
    below = np.quantile(values, (0.25, 0.5, 0.75), method="lower")
    above = [values[values > each].min(initial=each + 0.02) for each in below]
    return [round(float(low + high) / 2, _DIGITS) for low, high in zip(below, above, strict=True)]


def _quantiles(values: np.ndarray, size: int) -> list[float]:
    return [round(float(each), _DIGITS) for each in np.quantile(values, np.linspace(0, 1, size))]


def counts(world: Dataset, model: Model, day: date) -> dict[str, int]:
    """How many people of a world have each style."""
    return dict(sorted(Counter(_known(world, model, day)["style"].to_pylist()).items()))
