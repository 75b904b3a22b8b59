"""The variants of the evidence that one night looks at: the same formulas over other days, with another date or half-life.

    now        the window that ends with the score date T
    standing   the same days with a half-life of a year: what a holiday does not erase
    momentum   the same days with a half-life of days
    before_k   what was known k days before: the window that ends with T - k, evaluated at T - k
    aged_k     the same activity, evaluated at T: some left the window, the rest is older
    others_k   now, without what the person did since T - k: no acts back, no new posts

From before_k to aged_k to others_k to now, each step changes one thing. So the change of a score splits into what left the
window, what others did, and what the person did. Everything is computed from stored activity, as it is known now.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from clout.score.model import Model

#: variant; strengths_from: the variant whose strengths S(a,u) and ranks it takes; reverse_from: whose S(u,a); evaluated_on: T;
#: first_day..acts_until: the activity it sees, first_day..posts_until: the posts; half_life_days: H.
SCHEMA = pa.schema(
    [
        ("variant", pa.string()),
        ("strengths_from", pa.string()),
        ("reverse_from", pa.string()),
        ("evaluated_on", pa.date32()),
        ("first_day", pa.date32()),
        ("acts_until", pa.date32()),
        ("posts_until", pa.date32()),
        ("half_life_days", pa.float64()),
    ]
)


#: Variants of other half-lives.
BESIDE = ("standing", "momentum")


def score_alone(model: Model) -> Model:
    """The model without any variant but `now`. Not a version: what else it would tell is not asked."""
    beside = {f"{name}_half_life_days" for name in BESIDE}
    numbers = {name: value for name, value in model.parameters.items() if name not in beside}
    return without_changes(replace(model, parameters=numbers))


def without_changes(model: Model) -> Model:
    """The model without the variants that explain how a score changed."""
    return replace(model, parameters=model.parameters | {"days_before": []})


def variants(model: Model, day: date) -> list[tuple[Any, ...]]:
    """The rows of `SCHEMA` for one score date."""
    numbers = model.parameters

    def row(name: str, on: date, until: date, posts_until: date, half_life: str = "", **other: str) -> tuple[Any, ...]:
        first = on - timedelta(days=model.window_days - 1)
        life = numbers[f"{half_life}half_life_days"]
        return (
            name,
            other.get("strengths_from", name),
            other.get("reverse_from", name),
            on,
            first,
            until,
            posts_until,
            life,
        )

    rows = [row("now", day, day, day)]
    rows += [row(name, day, day, day, f"{name}_") for name in BESIDE if f"{name}_half_life_days" in numbers]
    for days in numbers["days_before"]:
        then = day - timedelta(days=days)
        rows += [
            row(f"before_{days}", then, then, then),
            row(f"aged_{days}", day, then, then),
            row(f"others_{days}", day, day, then, strengths_from="now", reverse_from=f"aged_{days}"),
        ]
    return rows
