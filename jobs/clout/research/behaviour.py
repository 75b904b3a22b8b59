"""Measures how scores behave, whoever is first: ties, silence, changes from day to day, and whether intervals hold.

What a ranking's figures do not show: two people who cannot be told apart, a cliff, a score that jumps, a false decimal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clout.lake.partitions import days_between
from clout.research import attacks, dataset, evaluation
from clout.research.dataset import Dataset
from clout.score.model import Model

#: The silence that is looked at: so many people act once on one day, and never again.
FANS = 120
#: After how many days of silence points are told.
SILENCES = (7, 30, 60)
#: How many of the newest days are compared with the day before.
CHANGES = 5
#: In how many ways days are parted into halves.
DRAWS = 3
#: Digits of a published score.
DIGITS = 4

#: The data of a score date.
Read = Callable[[date], Dataset]


def ties(data: Dataset, model: Model, day: date) -> dict[str, float]:
    """The published scores of a day: how many (n), the most of one value (largest), and their share of all (share)."""
    score = _published(data, model, day)
    if not score:
        return {"n": 0}
    _, counts = np.unique(np.array(list(score.values())), return_counts=True)
    return {"n": len(score), "largest": int(counts.max()), "share": round(float(counts.max() / len(score)), 5)}


def silence(empty: Dataset, model: Model, day: date) -> dict[str, Any]:
    """Points that somebody has lost, so many days after FANS people shared something of theirs once, all on one day.

    empty: data of the columns that activity has; its rows are left out. first: the score on that day; lost: by days of
    silence; largest_loss: from one day to the next; losses stop where the window does.
    """
    curve = [_after(empty, model, day, age) for age in range(model.window_days)]
    losses = [before - after for before, after in pairwise(curve)]
    return {
        "first": round(curve[0], 3),
        "lost": {str(age): round(curve[0] - curve[age], 3) for age in SILENCES if age < len(curve)},
        "largest_loss": round(max(losses), 3),
        "largest_loss_on_day": int(np.argmax(losses)) + 1,
        "curve": [round(value, 3) for value in curve],
    }


def _after(empty: Dataset, model: Model, day: date, age: int) -> float:
    rows = [(day - timedelta(age), "x", f"x:fan{n}", "x:somebody", "share", 1, None) for n in range(FANS)]
    activity = attacks.extended(empty.activity.slice(0, 0), rows, empty.activity.schema.names)
    none: dict[str, pa.Table] = {name: table.slice(0, 0) for name, table in empty.given.items()}
    sources = pa.table({"platform": ["x"]}, schema=empty.sources.schema)
    alone = Dataset(**{**none, "activity": activity, "sources": sources})
    return float(dataset.scores(alone, model, day, ["x:somebody"])[0])


def changes(read: Read, model: Model, days: Iterable[date]) -> dict[str, Any]:
    """How scores differ from each day to the next: over all who have one on both, and of these days.

    median and p99: of the absolute change, points; spearman: the least rank correlation of two days; n: pairs of scores.
    """
    by_day = [_published(read(day), model, day) for day in days]
    moved, correlations = [], []
    for before, after in pairwise(by_day):
        both = sorted(before.keys() & after.keys())
        values = [np.array([scores[person] for person in both]) for scores in (before, after)]
        moved += np.abs(values[1] - values[0]).tolist()
        if len(both) > 2 and (found := evaluation.spearman(*values)) is not None:
            correlations.append(found)
    if not moved:
        return {"n": 0}
    return {
        "n": len(moved),
        "median": round(float(np.median(moved)), 4),
        "p99": round(float(np.quantile(moved, 0.99)), 4),
        "spearman": round(min(correlations), 5) if correlations else None,
    }


def coverage(data: Dataset, model: Model, day: date, seed: int = 0) -> dict[str, dict[str, float]]:
    """evaluation.interval_coverage over two halves of the same days, each scored by itself.

    by_days: half of the days by luck, where there are two days at least, over DRAWS such halvings; by_acts: each row of
    activity is in either half by a coin. Posts and what was done to them go with their day. Half of the evidence gives a lower
    score, in both halves alike.

    The interval takes days for the sample. Every second day in one half would part each burst and each quiet week evenly, and a
    coin for each act parts each day so: such halves are more alike than two courses of the days are, and an interval that is
    right holds too often.
    """
    days = sorted(set(data.activity["ds"].to_pylist()))
    luck = np.random.default_rng(seed)
    found = {}
    if len(days) > 1:
        drawn = []
        for _ in range(DRAWS):
            half = pa.array([days[i] for i in luck.permutation(len(days))[: len(days) // 2]], pa.date32())
            on = [pc.is_in(table["ds"], half) for table in (data.activity, data.post_actions)]
            drawn.append(_of_halves(data, model, day, *on))
        found["by_days"] = _pooled(drawn)
    coin = pa.array(luck.random(len(data.activity)) < 0.5)
    found["by_acts"] = _of_halves(data, model, day, coin)
    return found


def _of_halves(
    data: Dataset, model: Model, day: date, acts: pa.Array, post_actions: pa.Array | None = None
) -> dict[str, float]:
    """The coverage of the half whose acts are chosen, and of the other. post_actions: which of them go with the first half."""
    halves = []
    for side in (lambda chosen: chosen, pc.invert):
        half: dict[str, pa.Table] = {"activity": data.activity.filter(side(acts))}
        if post_actions is not None:
            half["post_actions"] = data.post_actions.filter(side(post_actions))
        halves.append(dataset.scored(dataset.build_evidence(replace(data, **half), model, day)))
    return _coverage(halves)


def _pooled(found: list[dict[str, float]]) -> dict[str, float]:
    """Shares and widths over all intervals of several halvings; n: of all of them."""
    shown = [each for each in found if each["n"]]
    total = sum(each["n"] for each in shown)
    means = {
        name: round(sum(each["n"] * each[name] for each in shown) / total, 4)
        for name in ("coverage", "above", "below", "width")
        if total
    }
    return {"n": int(total)} | means


def _coverage(halves: list[pa.Table]) -> dict[str, float]:
    """Who has no evidence in a half has a score of 1 there, and no interval."""
    defaults = {"raw_score": 1.0, "score_low": np.nan, "score_high": np.nan}
    rows = [{row["person_id"]: row for row in half.select(["person_id", *defaults]).to_pylist()} for half in halves]
    people = sorted(set().union(*rows))
    values = np.empty((len(defaults), len(halves), len(people)))
    for i, (name, default) in enumerate(defaults.items()):
        for j, half in enumerate(rows):
            found = [half.get(person, {}).get(name) for person in people]
            values[i, j] = [default if value is None else value for value in found]
    return evaluation.interval_coverage(*values)


def _published(data: Dataset, model: Model, day: date) -> dict[str, float]:
    """person -> score, of those who have one, with the digits that are published."""
    if not len(data.activity):
        return {}
    table = dataset.scored(dataset.build_evidence(data, model, day)).select(["person_id", "score"])
    return {row["person_id"]: round(row["score"], DIGITS) for row in table.to_pylist() if row["score"] is not None}


def behaviour(read: Read, model: Model, day: date) -> dict[str, Any]:
    """All figures of one score date."""
    now = read(day)
    return {
        "model": model.version,
        "score_date": day.isoformat(),
        "ties": ties(now, model, day),
        "silence": silence(now, model, day),
        "changes": changes(read, model, days_between(day - timedelta(days=CHANGES), day)),
        "coverage": coverage(now, model, day),
    }


def show(figures: Mapping[str, Any]) -> None:
    """The figures in words."""
    tied, quiet, moved = figures["ties"], figures["silence"], figures["changes"]
    print(f"How scores of {figures['score_date']} behave, model {figures['model']}")
    if tied["n"]:
        print(f"  ties: {tied['largest']} of {tied['n']} published scores are of one value, {tied['share']:.2%}")
    lost = ", ".join(f"{points:.1f} after {days}" for days, points in quiet["lost"].items())
    print(
        f"  silence: {FANS} one-time fans give {quiet['first']:.1f}; points lost: {lost} days;"
        f" at most {quiet['largest_loss']:.2f} from one day to the next, on day {quiet['largest_loss_on_day']}"
    )
    if moved["n"]:
        tie = "none" if moved["spearman"] is None else f"{moved['spearman']:.4f}"
        print(
            f"  from day to day: median {moved['median']:.3f} points, 99 % within {moved['p99']:.2f}, rank correlation at"
            f" least {tie}, {moved['n']} pairs of scores"
        )
    for name, found in figures["coverage"].items():
        if found["n"]:
            print(
                f"  intervals, halves {name.replace('_', ' ')}: {found['coverage']:.1%} hold the other half's score"
                f" ({found['n']} intervals, {found['width']:.1f} points wide)"
            )
