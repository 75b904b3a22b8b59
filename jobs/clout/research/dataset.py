"""The dataset of evaluation, attacks and fitting: the past of one score date in memory, scored as a night scores it.

The queries are a night's own, from the snapshots on, run by DuckDB: one machine's memory is the limit. Of the variants, the
score alone.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from clout.config.sources import Sources
from clout.engine.engines import DuckDB
from clout.lake import arrow
from clout.lake.columns import CONFORMED_FROM, STATES_FROM, as_named
from clout.lake.partitions import Lake
from clout.lake.schemas import small_arrow
from clout.score import evidence, identity, steps, variants
from clout.score.model import Model
from clout.score.plan import Plan

#: The numbers of a model that switch each defence off, by its formulas. The queries know no switch beside their numbers.
_CREDULOUS = {
    "selectivity": {"gamma": 0.0},
    "reciprocity": {"rho": 0.0},
    "credibility": {"ramp_days": 1e-9, "bot_factor": 1.0},
    "presence": {"mention_absent": 1.0},
    "bursts": {"burst_slope": float("inf")},
}
DEFENCES: dict[str, dict[str, dict[str, float]]] = {
    "v1": _CREDULOUS | {"single purpose": {"single_slope": float("inf")}, "trust": {"cap": float("inf")}},
    "v2": _CREDULOUS
    | {
        "trust": {
            **{"floor": float("inf"), "named_floor": float("inf")},
            **{"unvouched_from_days": -1.0, "unvouched_full_days": 0.0},  # however young
        }
    },
}


def undefended(model: Model) -> Model:
    """The model without any defence."""
    off = DEFENCES[model.formulas].values()
    return overlaid(model, {name: value for numbers in off for name, value in numbers.items()})


#: Of posts, what the queries read, and the day on which they were shown.
_POSTS = as_named(
    *("post_key", "author_key", "post_type", "event_at", "is_deleted", "from_feed", "platform", "snapshot_date")
)
_ACTS = as_named("actor_key", "target_account_key", "kind", "occurred_at", "platform", "snapshot_date")


@dataclass(frozen=True)
class Dataset:
    """The window's conformed activity and snapshots as Arrow tables: the tables that a plan is given, see steps.GIVEN."""

    activity: pa.Table
    account_states: pa.Table
    counter_states: pa.Table
    posts: pa.Table
    post_actions: pa.Table
    operator_list: pa.Table
    persons: pa.Table
    named_seeds: pa.Table
    sources: pa.Table

    @property
    def given(self) -> dict[str, pa.Table]:
        """The tables by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def read(lake: Lake, sources: Sources, model: Model, days: list[date]) -> Dataset:
    """The data of `days`, the last of which is the score date: of conformed days as they are, of others from snapshots."""
    engine, platforms = DuckDB(), sources.platforms
    snapshots = {
        table: arrow.read_snapshots(lake, table, platforms, days, columns) for table, columns in STATES_FROM.items()
    }
    shown = Plan(engine, snapshots, model, days[-1])
    found, _ = evidence.linked_persons(shown.arrow("claims"), sources, days[-1])
    operator_list = evidence.operator_list(sources)
    acted = _activity(engine, lake, sources, snapshots["accounts"], operator_list, days)
    columns = (acted["activity"]["actor"], acted["activity"]["target"], shown.arrow("account_states")["account_key"])
    keys = pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.string()).unique()
    remembered = evidence.remembered(lake, engine, pa.table({"account_key": keys}))
    return Dataset(
        **acted,
        account_states=shown.arrow("account_states"),
        counter_states=shown.arrow("counter_states"),
        posts=arrow.read_snapshots(lake, "posts", platforms, days, _POSTS),
        operator_list=pa.concat_tables([operator_list, remembered]),
        persons=small_arrow(identity.PERSONS, sorted(found.person_of.items())),
        named_seeds=evidence.named_seeds(sources),
        sources=steps.sources_table(platforms.values()),
    )


def _activity(
    engine: DuckDB, lake: Lake, sources: Sources, accounts: pa.Table, operator_list: pa.Table, days: list[date]
) -> dict[str, pa.Table]:
    """activity and post_actions of the days."""
    tables = ("activity", "post_actions")
    if any(lake.exists(lake.conformed("activity", day)) for day in days):
        return {table: arrow.read_conformed(lake, table, days) for table in tables}
    given = {
        "interactions": arrow.read_snapshots(
            lake, "interactions", sources.platforms, days, CONFORMED_FROM["interactions"]
        ),
        "account_flags": accounts.rename_columns({"snapshot_date": "ds"}),
        "operator_list": operator_list,
        "days": small_arrow(steps.DAYS, [(day,) for day in days]),
        "persons": identity.PERSONS.empty_table(),
    }
    plan = Plan(engine, given, parameters={"repeat_days": sources.repeat_days})
    return {table: plan.arrow(table) for table in tables}


def overlaid(model: Model, numbers: dict[str, Any]) -> Model:
    """The model with other numbers. Not a version: what it scores is never published."""
    return replace(model, parameters=model.parameters | numbers)


def build_evidence(data: Dataset, model: Model, day: date) -> Plan:
    """A night's plan of the data, of variant `now` only."""
    return steps.in_memory(DuckDB(), variants.score_alone(model), day, **data.given)


def scored(plan: Plan) -> pa.Table:
    """sql/score.sql of everybody in the evidence. Of those too for whom a night abstains: `raw_score`."""
    return plan.arrow("score")


def scores(data: Dataset, model: Model, day: date, people: list[str]) -> np.ndarray:
    """The score of each of `people`, of those too for whom a night abstains; 1 for who has no evidence left."""
    return rankings(data, variants.score_alone(model), day, people)["score"]


def rankings(data: Dataset, model: Model, day: date, people: list[str]) -> dict[str, np.ndarray]:
    """score, standing, momentum and true_reach of each of `people`, of those too for whom a night abstains; 1, and a reach
    of 0, for who has no evidence left.
    """
    table = scored(steps.in_memory(DuckDB(), variants.without_changes(model), day, **data.given))
    rows = zip(*(table[name].to_pylist() for name in ("variant", "person_id", "raw_score", "true_reach")), strict=True)
    found: dict[str, dict[str, float]] = {}
    for variant, person, raw_score, reach in rows:
        found.setdefault("score" if variant == "now" else variant, {})[person] = raw_score
        if variant == "now":
            found.setdefault("true_reach", {})[person] = reach
    return {
        name: np.array([values.get(person, 0.0 if name == "true_reach" else 1.0) for person in people])
        for name, values in sorted(found.items())
    }


def timed_acts(lake: Lake, sources: Sources, activity: pa.Table, days: list[date]) -> pa.Table:
    """(actor, target, kind, acted_at) of the acts that `activity` keeps; at noon of the day where no time is told."""
    shown = arrow.read_snapshots(lake, "interactions", sources.platforms, days, _ACTS)
    with duckdb.connect() as connection:
        connection.register("shown", shown)
        connection.register("kept", activity)
        return connection.sql(
            "SELECT i.actor_key AS actor, i.target_account_key AS target, i.kind,"
            " coalesce(i.occurred_at AT TIME ZONE 'UTC', i.snapshot_date + INTERVAL 12 HOUR) AS acted_at FROM shown AS i"
            " SEMI JOIN kept AS k ON k.ds = i.snapshot_date AND k.actor = i.actor_key"
            " AND k.target = i.target_account_key AND k.kind = i.kind"
        ).to_arrow_table()
