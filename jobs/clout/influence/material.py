"""What evaluation, attacks and fitting look at: the past of one score date in memory, scored as a night scores it.

The queries are a night's own, from the snapshots on, run by DuckDB: one machine's memory is the limit. Of the variants, the
score alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from clout import consent_ledger
from clout.influence import identity, measures, variants
from clout.influence.engines import DuckDB
from clout.influence.measures import Evidence
from clout.influence.model import Model
from clout.lake import Lake
from clout.lake_schemas import CONFORMED, SNAPSHOTS
from clout.sources import Sources

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


_LISTED = pa.schema([("account_key", pa.string()), ("reason", pa.string())])
_SEEDS = pa.schema([("platform", pa.string()), ("account_key", pa.string())])
_DAYS = pa.schema([("ds", pa.date32())])
#: Of posts, what the measures read: texts would fill the memory.
_POSTS = ["post_key", "author_key", "post_type", "event_at", "is_deleted", "from_feed"]
_ACTS = ["actor_key", "target_account_key", "kind", "occurred_at"]


@dataclass(frozen=True)
class Material:
    """The window's conformed activity and snapshots as Arrow tables. See measures.Evidence for each."""

    activity: pa.Table
    account_states: pa.Table
    counter_states: pa.Table
    posts: pa.Table
    post_actions: pa.Table
    operator_list: pa.Table
    persons: pa.Table
    named_seeds: pa.Table
    platforms: list[str]


def read(lake: Lake, sources: Sources, model: Model, days: list[date]) -> Material:
    """The material of `days`, the last of which is the score date: of conformed days as they are, of others from snapshots."""
    engine = DuckDB()
    platforms = sources.platforms
    accounts = _snapshots(lake, "accounts", platforms, days)
    operator_list = engine.table(_LISTED, sorted(sources.excluded.items()))
    states = measures.account_states(engine, accounts, model, days[-1])
    claims = measures.claims(engine, _snapshots(lake, "account_links", platforms, days), states, days[-1])
    both_ways = claims.filter(claims["both_ways"])
    found = identity.persons(
        zip(both_ways["account_a"].to_pylist(), both_ways["account_b"].to_pylist(), strict=True),
        [link.accounts for link in sources.links if link.holds_on(days[-1])],
    )
    named = [(source.platform, f"{source.platform}:{seed}") for source in sources.sources for seed in source.seeds]
    acted = _activity(engine, lake, sources, accounts, operator_list, days)
    remembered = _remembered(engine, lake, acted["activity"], states)
    return Material(
        **acted,
        account_states=states,
        counter_states=measures.counter_states(engine, accounts, model, days[-1]),
        posts=_snapshots(lake, "posts", platforms, days, _POSTS),
        operator_list=pa.concat_tables([operator_list, remembered]),
        persons=engine.table(identity.PERSONS, sorted(found.person_of.items())),
        named_seeds=engine.table(_SEEDS, named),
        platforms=sorted(set(platforms.values())),
    )


def _activity(
    engine: DuckDB, lake: Lake, sources: Sources, accounts: pa.Table, operator_list: pa.Table, days: list[date]
) -> dict[str, pa.Table]:
    """activity and post_actions of the days."""
    conformed = [day for day in days if lake.exists(lake.conformed("activity", day))]
    if conformed:
        return {table: _conformed(lake, table, conformed) for table in ("activity", "post_actions")}
    owed = engine.table(_DAYS, [(day,) for day in days])
    excluded = engine.run(
        "excluded",
        {},
        accounts=accounts.rename_columns({"snapshot_date": "ds"}),
        operator_list=operator_list,
        days=owed,
        persons=engine.table(identity.PERSONS, []),
    )
    classified = engine.run(
        "classify",
        {"repeat_days": sources.repeat_days},
        interactions=_snapshots(lake, "interactions", sources.platforms, days),
        excluded=excluded,
        days=owed,
    )
    return {table: engine.run(table, {}, classified=classified) for table in ("activity", "post_actions")}


def _remembered(engine: DuckDB, lake: Lake, activity: pa.Table, states: pa.Table) -> pa.Table:
    """Whom of those who acted, were acted on or have a state the ledger of consent holds back."""
    held = engine.table(consent_ledger.ROWS, consent_ledger.read(lake).rows())
    columns = (activity["actor"], activity["target"], states["account_key"])
    keys = pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.string()).unique()
    found = engine.run("remembered", {}, people=pa.table({"account_key": keys}), ledger=held)
    return found.select(_LISTED.names).cast(_LISTED)


def _snapshots(
    lake: Lake, table: str, platforms: Mapping[str, str], days: list[date], columns: list[str] | None = None
) -> pa.Table:
    schema = SNAPSHOTS[table]
    if columns:
        schema = pa.schema([schema.field(name) for name in columns])
    found = [_with_place(schema.empty_table(), "", days[0])]
    for source, platform in platforms.items():
        for day in days:
            path = lake.snapshot(table, source, day)
            if lake.exists(path):
                found.append(_with_place(lake.read(path, schema=schema), platform, day))
    return pa.concat_tables(found)


def _with_place(rows: pa.Table, platform: str, day: date) -> pa.Table:
    rows = rows.append_column("platform", pa.repeat(pa.scalar(platform, pa.string()), len(rows)))
    return rows.append_column("snapshot_date", pa.repeat(pa.scalar(day, pa.date32()), len(rows)))


def _conformed(lake: Lake, table: str, days: list[date]) -> pa.Table:
    schema = CONFORMED[table]
    found = [schema.empty_table()]
    for day in days:
        rows = lake.read(lake.conformed(table, day), schema.names[1:])
        found.append(rows.add_column(0, "ds", pa.repeat(pa.scalar(day, pa.date32()), len(rows))).cast(schema))
    return pa.concat_tables(found)


def overlaid(model: Model, numbers: dict[str, Any]) -> Model:
    """The model with other numbers. Not a version: what it scores is never published."""
    return replace(model, parameters=model.parameters | numbers)


def gathered(material: Material, model: Model, day: date) -> Evidence:
    """A night's evidence of the material, of variant `now` only."""
    inputs = {field.name: getattr(material, field.name) for field in fields(Material)}
    return measures.in_memory(DuckDB(), variants.score_alone(model), day, **inputs)


def scored(evidence: Evidence) -> pa.Table:
    """sql/score.sql of everybody in the evidence. Of those too for whom a night abstains: `unheld`."""
    return measures.scored(evidence)[1]


def scores(material: Material, model: Model, day: date, people: list[str]) -> np.ndarray:
    """The score of each of `people`, of those too for whom a night abstains; 1 for who has no evidence left."""
    return rankings(material, variants.score_alone(model), day, people)["score"]


def rankings(material: Material, model: Model, day: date, people: list[str]) -> dict[str, np.ndarray]:
    """score, standing, momentum and true_reach of each of `people`, of those too for whom a night abstains; 1, and a reach
    of 0, for who has no evidence left.
    """
    inputs = {field.name: getattr(material, field.name) for field in fields(Material)}
    table = scored(measures.in_memory(DuckDB(), variants.without_changes(model), day, **inputs))
    rows = zip(*(table[name].to_pylist() for name in ("variant", "person_id", "unheld", "true_reach")), strict=True)
    found: dict[str, dict[str, float]] = {}
    for variant, person, unheld, reach in rows:
        found.setdefault("score" if variant == "now" else variant, {})[person] = unheld
        if variant == "now":
            found.setdefault("true_reach", {})[person] = reach
    return {
        name: np.array([values.get(person, 0.0 if name == "true_reach" else 1.0) for person in people])
        for name, values in found.items()
    }


def timed_acts(lake: Lake, sources: Sources, activity: pa.Table, days: list[date]) -> pa.Table:
    """(actor, target, kind, acted_at) of the acts that `activity` keeps; at noon of the day where no time is told."""
    shown = _snapshots(lake, "interactions", sources.platforms, days, _ACTS)
    with duckdb.connect() as connection:
        connection.register("shown", shown)
        connection.register("kept", activity)
        return connection.sql(
            "SELECT i.actor_key AS actor, i.target_account_key AS target, i.kind,"
            " coalesce(i.occurred_at AT TIME ZONE 'UTC', i.snapshot_date + INTERVAL 12 HOUR) AS acted_at FROM shown AS i"
            " SEMI JOIN kept AS k ON k.ds = i.snapshot_date AND k.actor = i.actor_key"
            " AND k.target = i.target_account_key AND k.kind = i.kind"
        ).to_arrow_table()
