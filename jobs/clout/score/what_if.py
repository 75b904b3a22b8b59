"""Computes what would raise a score, and by how many points: the model's own queries, run again with that evidence added.

Works on a person's published rows of platform_scores, in DuckDB. Adds evidence that people give, never followers or activity.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from clout.engine.engines import DuckDB
from clout.errors import InvalidInput
from clout.score import steps as plan_steps
from clout.score.model import Model
from clout.score.plan import Plan

Row = dict[str, Any]

_TEXT, _NUMBER, _COUNT = pa.string(), pa.float64(), pa.int64()
_KEYS = {"variant": _TEXT, "platform": _TEXT, "person_id": _TEXT}
_REACH = {
    **_KEYS,
    **dict.fromkeys(("true_reach", "reach_cut", "reach_held_back", "trusted_evidence"), _NUMBER),
    **dict.fromkeys(("people", "credible_people"), _COUNT),
    "last_day": pa.date32(),
}
_NETWORK = {**_KEYS, **dict.fromkeys(("network_influence", "influential_people", "influential_cut"), _NUMBER)}
_AMPLIFICATION = {
    **_KEYS,
    **dict.fromkeys(("amplification", "amplification_low", "amplification_high"), _NUMBER),
    "posts": _COUNT,
    "posts_weight": _NUMBER,
    "acted_weight": _NUMBER,
}
_COUNTERS = {
    **_KEYS,
    **{"followers_count": _COUNT, "listed_count": _COUNT},
    **dict.fromkeys(("by_followers", "by_listed", "by_others"), _NUMBER),
}
_CREDIBILITY = {"evaluated_on": pa.date32(), "platform": _TEXT, "person_id": _TEXT, "credibility": _NUMBER} | {
    "created_on": pa.date32()
}
_PLATFORMS = {"platform": _TEXT, "shows_posts": pa.bool_(), "shows_people": pa.bool_()}
_SAMPLING_VARIANCE = {"platform": _TEXT, "person_id": _TEXT} | dict.fromkeys(
    ("reach_variance", "network_variance", "covariance"), _NUMBER
)


@dataclass(frozen=True)
class Step:
    """Evidence that could be added on one platform: what it is, and the points that it would bring."""

    platform: str
    evidence: str
    points: float


def steps(model: Model, day: date, rows: list[Row], credible_people: int, with_posts: set[str]) -> list[Step]:
    """What would raise a person's score, the most first.

    rows: the person's rows of clout.platform_scores of the day. credible_people: of clout.scores. with_posts: the platforms
    that show posts. Each step is by itself; where a cap binds it may bring more, since trust lets others in.
    """
    numbers, surely = model.parameters, _surely(model, day)
    tried: list[tuple[str, str, list[Row]]] = []
    for row in (row for row in rows if not row["counter_based"]):
        people = [
            ("one more trusted person shares a post", 1, numbers["prior_pct"]),
            ("five more trusted people share a post each", 5, numbers["prior_pct"]),
            ("one more person of the highest influence shares a post", 1, 100.0),
        ]
        changes = [
            (
                said,
                {
                    "true_reach": row["true_reach"] + count * surely,
                    "influential_people": row["influential_people"] + count * surely * pct / 100.0,
                },
            )
            for said, count, pct in people
        ]
        # Posts of whose feed nobody reads would not be seen to be passed on.
        if row["platform"] in with_posts and row["posts"] != 0:
            posts = {name: (row[name] or 0.0) + 1.0 for name in ("posts_weight", "acted_weight")}
            changes.append(("one more post, and it is passed on or answered", posts))
        if row["reach_cut"] > 0:
            everybody = {"true_reach": row["true_reach"] + row["reach_cut"]}
            changes.append(("those who are not counted now are confirmed, by trust or by other days", everybody))
        for said, change in changes:
            others = [other for other in rows if other is not row]
            tried.append((row["platform"], said, [*others, row | change]))
    now, *then = _scores(model, day, [rows, *(changed for _, _, changed in tried)], credible_people, with_posts)
    found = [Step(platform, said, score - now) for (platform, said, _), score in zip(tried, then, strict=True)]
    return sorted(found, key=lambda step: (-step.points, step.platform, step.evidence))


def _surely(model: Model, day: date) -> float:
    """How surely somebody moves another who is trusted, shares one post of theirs today, and does nothing to others."""
    share = {"ds": day, "platform": "one", "actor": "who shares", "target": "whose post", "n": 1}
    given = {
        "daily_engagement": pa.Table.from_pylist([share | {"engagement_weight": model.parameters["base_share"]}]),
        "variants": plan_steps.variants_table(model, day).slice(0, 1),
        "credibility": _table(_CREDIBILITY, []),
    }
    [found] = Plan(DuckDB(), given, model, day).arrow("ties")["influence_probability"].to_pylist()
    return float(found)


def _scores(model: Model, day: date, cases: list[list[Row]], credible_people: int, with_posts: set[str]) -> list[float]:
    """The scores of one person by each case's rows, before abstention: sql/platform_score.sql and sql/score.sql.

    All in one plan, as if the cases were people: to make a plan takes longer than to score a hundred.
    """
    prior = {"alpha": model.parameters["alpha0"], "beta": model.parameters["beta0"]}
    seen: list[Row] = []
    counters: list[Row] = []
    for case, rows in enumerate(cases):
        counted = _people(model, rows)
        unpublished = {"variant": "now", "influential_cut": None, "reach_held_back": 0.0, "person_id": str(case)}
        for row in (row | unpublished | {"last_day": row["last_evidence_on"]} for row in rows):
            if row["counter_based"]:
                counters.append(_weighed(model, row, counted))
            else:
                seen.append(row)
    posted = [
        row
        | {"amplification": (prior["alpha"] + row["acted_weight"]) / (sum(prior.values()) + row["posts_weight"])}
        | {"amplification_low": None, "amplification_high": None}
        for row in seen
        if row["posts_weight"]
    ]
    platforms = [
        {
            "platform": row["platform"],
            "shows_posts": row["platform"] in with_posts,
            "shows_people": not row["counter_based"],
        }
        for row in cases[0]
    ]
    engaged = [
        {"variant": "now", "person_id": str(case), "people": 0, "credible_people": credible_people}
        for case in range(len(cases))
    ]
    given = {
        "reach": _table(_REACH, seen),
        "network": _table(_NETWORK, seen),
        "amplification": _table(_AMPLIFICATION, posted),
        "sampling_variance": _table(_SAMPLING_VARIANCE, []),
        "counters": _table(_COUNTERS, counters),
        "platforms": _table(_PLATFORMS, platforms),
        "distinct_actors": pa.Table.from_pylist(engaged),
    }
    found = Plan(DuckDB(), given, model, day).arrow("score")
    scores = dict(zip(found["person_id"].to_pylist(), found["raw_score"].to_pylist(), strict=True))
    return [scores[str(case)] for case in range(len(cases))]


def _weighed(model: Model, row: Row, people: float) -> Row:
    """A row of counters with what they are worth, see sql/v2/counters.sql and, by model v1, sql/counters.sql.

    people: how many the person moves by all rows, of which each counter of this one has the share that its points have. A row
    without points is of no consequence: other rows stand for more, and more evidence of people leaves it at that.
    """
    numbers = model.parameters
    if "counter_people" not in numbers:

        def worth(counter: str, column: str) -> float:
            return float(numbers[f"counter_{counter}"] * math.log1p(row[column] or 0))

        by = [worth("follower_count", "followers_count"), worth("listed_count", "listed_count"), 0.0]
    else:
        points = [float(row[name]) for name in ("s_followers", "s_listed", "s_counters")]
        index = numbers["counter_full"] / numbers["counter_people"] * people
        by = [index * each / sum(points) if sum(points) > 0 else 0.0 for each in points]
    return row | dict(zip(("by_followers", "by_listed", "by_others"), by, strict=True))


def _people(model: Model, rows: list[Row]) -> float:
    """How many people the published rows say that the person moves, counters included: see sql/v2/platform_score.sql."""
    numbers = model.parameters
    s = sum(float(row[name]) for row in rows for name in ("s_reach", "s_followers", "s_listed", "s_counters"))
    return math.expm1(s * math.log1p(numbers["ref_reach"]) / numbers["beta_reach"])


def check(model: Model, day: date, rows: list[Row], score: float, with_posts: set[str]) -> None:
    """Raise InvalidInput unless the model gives the published score from the published rows."""
    [again] = _scores(model, day, [rows], model.parameters["min_people"], with_posts)
    if abs(again - score) > 0.01:
        raise InvalidInput(
            f"{rows[0]['person_id']} has {score:.2f} in the warehouse and {again:.2f} by this model file; give the one that"
            f" made it ({rows[0]['model_version']}) as --model"
        )


def _table(columns: dict[str, pa.DataType], rows: Iterable[Row]) -> pa.Table:
    return pa.Table.from_pylist([{name: row[name] for name in columns} for row in rows], pa.schema(columns.items()))
