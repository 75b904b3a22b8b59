"""Fits the numbers of a model that data can tell: weights of counters and of the measures, and the scale. All else stays.

The same input gives the same bytes: what is fitted is rounded to DIGITS before it is written or used further.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.optimize import nnls

from clout.errors import InvalidInput
from clout.research import dataset, labelled_pairs
from clout.research.dataset import Dataset
from clout.research.labelled_pairs import COUNTERS, LabelledPairs
from clout.score.model import Model

DIGITS = 4
#: What True Reach and Network Influence weigh together, and followers and lists where there is nothing else: the rest of 1 is
#: Amplification's, and room below 1, at which -ln(1 - s) is infinite.
MEASURES_WEIGH = 0.9
COUNTERS_WEIGH = 0.65
#: The scale's shape: (share of the people scored, points). Quantiles of 1,048 real Klout scores; the last is ours.
SHAPE = (
    (0.01, 10.26),
    (0.05, 12.91),
    (0.10, 13.6),
    (0.25, 23.18),
    (0.50, 41.1),
    (0.75, 50.3),
    (0.90, 57.84),
    (0.95, 61.02),
    (0.99, 67.33),
    (0.999, 80.0),
)


def counters(pairs: LabelledPairs, model: Model) -> dict[str, dict[str, float]]:
    """[counters], and of [score] the weights of followers and lists where a platform shows nothing else."""
    weights = dict(zip(COUNTERS, labelled_pairs.fit(pairs), strict=True))
    two = ("follower_count", "listed_count")
    alone = dict(zip(COUNTERS, labelled_pairs.fit(pairs.without(*(set(COUNTERS) - set(two)))), strict=True))
    if model.formulas != "v1":
        return {"counters": _rounded(weights)}
    # A weight is of ln(1 + f), a beta of the share of ln(1 + ref_f).
    full = {
        "beta_followers": alone["follower_count"] * np.log1p(model.parameters["ref_followers"]),
        "beta_listed": alone["listed_count"] * np.log1p(model.parameters["ref_listed"]),
    }
    return {"counters": _rounded(weights), "score": _rounded(_scaled(full, COUNTERS_WEIGH))}


def measures_of(past: Dataset, model: Model, day: date) -> pa.Table:
    """x_reach and x_network of everybody with evidence, 0 to 1 each: (person_id, x_reach, x_network)."""
    now = dataset.build_evidence(past, model, day).arrow("platform_score")
    share = (model.parameters["beta_reach"] + model.parameters["beta_network"]) / (
        model.parameters["beta_reach"] + model.parameters["beta_network"] + model.parameters["beta_amplification"]
    )
    shown = np.where(now["shows_posts"].to_numpy(zero_copy_only=False), 1.0, 1.0 / share)
    columns = {
        f"x_{name}": now[f"s_{name}"].to_numpy() / model.parameters[f"beta_{name}"] / shown
        for name in ("reach", "network")
    }
    return pa.table({"person_id": now["person_id"], **columns})


def betas(features: Sequence[pa.Table], futures: Sequence[Mapping[str, int]]) -> dict[str, dict[str, float]]:
    """Weights of reach and network: non-negative least squares of ln(1 + future resharers), all cuts together."""
    x = np.concatenate([np.column_stack([each["x_reach"], each["x_network"]]) for each in features])
    y = np.log1p(
        [
            future.get(person, 0)
            for each, future in zip(features, futures, strict=True)
            for person in each["person_id"].to_pylist()
        ]
    )
    weights, _ = nnls(x, y)
    if not weights.any():
        raise InvalidInput(
            "neither reach nor network foretells who is shared: there is nothing to fit; give other exports"
        )
    return {"score": _rounded(_scaled({"beta_reach": weights[0], "beta_network": weights[1]}, MEASURES_WEIGH))}


def scale(crowd: pa.Table) -> dict[str, dict[str, list[float]]]:
    """The map g: takes the quantiles of 1 - e^-L of those whom a night scores to those of SHAPE; 0 to 0 and 1 to 1.

    crowd: dataset.scored of a large world. What it holds by the old map is not looked at, but who has a score.
    """
    found = np.quantile(_shares(crowd), [share for share, _ in SHAPE])
    knots = [0.0, *(round(float(x), DIGITS) for x in found), 1.0]
    if len(set(knots)) < len(knots):
        raise InvalidInput("too many people have the same evidence for a scale: give a larger world")
    return {
        "score": {"map_from": knots, "map_to": [0.0, *(round((points - 1) / 99, DIGITS) for _, points in SHAPE), 1.0]}
    }


def mapped(crowd: pa.Table, model: Model) -> np.ndarray:
    """The scores of a crowd by the map of another model, which differs in nothing else."""
    return 1.0 + 99.0 * np.interp(_shares(crowd), model.parameters["map_from"], model.parameters["map_to"])


def _shares(crowd: pa.Table) -> np.ndarray:
    """1 - e^-L of those who have a score."""
    held = crowd.filter(pc.is_valid(crowd["score"]))
    if len(held) < 1000:
        raise InvalidInput(f"{len(held)} people have a score; a scale needs at least 1000: give a larger world")
    return 1.0 - np.exp(-held["l"].to_numpy())


def rewritten(text: str, fitted: Mapping[str, Mapping[str, Any]]) -> str:
    """A model file's text with fitted numbers in the place of the old ones; comments and all else stay.

    fitted: section -> name -> number or list of numbers. Raises InvalidInput where the file does not hold such a line.
    """
    section, done = "", set()
    lines = []
    for line in text.splitlines():
        if header := re.match(r"\[(\w+)\]", line):
            section = header[1]
        if entry := re.match(r"(\w+) = (\[[^\]]*\]|[^\s#]+)", line):
            value = fitted.get(section, {}).get(entry[1])
            if value is not None:
                line = f"{entry[1]} = {_written(value)}{line[entry.end() :]}"
                done.add((section, entry[1]))
        lines.append(line)
    missing = {(section, name) for section, names in fitted.items() for name in names} - done
    if missing:
        raise InvalidInput(f"the model file holds no line for {', '.join(f'[{s}] {n}' for s, n in sorted(missing))}")
    return "\n".join(lines) + "\n"


def _written(value: float | Sequence[float]) -> str:
    return f"[{', '.join(str(each) for each in value)}]" if isinstance(value, Sequence) else str(value)


def _scaled(weights: Mapping[str, float], total: float) -> dict[str, float]:
    return {name: float(weight) / sum(weights.values()) * total for name, weight in weights.items()}


def _rounded(weights: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(weight), DIGITS) for name, weight in weights.items()}
