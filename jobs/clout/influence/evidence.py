"""The evidence of one score date: gathers it from the window's partitions, writes it, and loads it for the measures."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from clout.influence import measures
from clout.influence.measures import Evidence
from clout.influence.model import Model
from clout.lake import Lake, window
from clout.lake_spark import read_conformed, read_features, read_snapshots, small_table, write_features
from clout.sources import Sources

_LISTED = pa.schema([("account_key", pa.string()), ("reason", pa.string())])
_SEEDS = pa.schema([("platform", pa.string()), ("person_id", pa.string())])


def gather(spark: SparkSession, lake: Lake, sources: Sources, model: Model, day: date) -> None:
    """Write lake/features/account_states and lake/features/pairs of the score date, once its window is conformed."""
    facts = _facts(lake, sources, model, day)
    days = window(day, model.window_days)
    accounts = read_snapshots(spark, lake, "accounts", sources.platforms, days)
    states = measures.account_states(accounts, model, day)
    write_features(lake, "account_states", day, states, facts)
    states = read_features(spark, lake, "account_states", day, facts, "conform")
    activity = read_conformed(spark, lake, "activity", days)
    pairs = measures.pairs(activity, states, operator_list(spark, sources), model, day)
    write_features(lake, "pairs", day, pairs, facts)


def load(spark: SparkSession, lake: Lake, sources: Sources, model: Model, day: date) -> Evidence:
    """The evidence of `day`. Raises PoisonInput where it was not gathered, or from other snapshots or another model."""
    facts = _facts(lake, sources, model, day)
    days = window(day, model.window_days)
    seeds = [(source.name, f"{source.name}:{seed}") for source in sources.sources for seed in source.seeds]
    return Evidence(
        day=day,
        model=model,
        pairs=read_features(spark, lake, "pairs", day, facts, "conform"),
        account_states=read_features(spark, lake, "account_states", day, facts, "conform"),
        post_actions=read_conformed(spark, lake, "post_actions", days),
        posts=read_snapshots(spark, lake, "posts", sources.platforms, days),
        operator_list=operator_list(spark, sources),
        named_seeds=small_table(spark, _SEEDS, seeds),
        facts=facts,
    )


def operator_list(spark: SparkSession, sources: Sources) -> DataFrame:
    """The operator's exclusions as (account_key, reason)."""
    return small_table(spark, _LISTED, sorted(sources.excluded.items()))


def _facts(lake: Lake, sources: Sources, model: Model, day: date) -> dict[str, Any]:
    """What the evidence is made of: the model, the seeds, and the fingerprint of every conformed day of the window."""
    conformed = [
        (lake.facts(lake.conformed("activity", each)) or {}).get("fingerprint")
        for each in window(day, model.window_days)
    ]
    seeds = [source.seeds for source in sources.sources]
    content = json.dumps([conformed, seeds, sorted(sources.excluded)]).encode()
    return {"model": model.sha256, "window": hashlib.sha256(content).hexdigest()}
