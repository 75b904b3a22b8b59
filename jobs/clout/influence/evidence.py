"""The evidence of one score date: gathers it from the window's partitions, writes it, and loads it for the measures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from clout.influence import identity, measures
from clout.influence.engines import Spark, engine_for
from clout.influence.measures import Evidence
from clout.influence.model import Model
from clout.lake import Lake, window
from clout.lake_spark import read_conformed, read_snapshots, small_table
from clout.sources import Sources

_LISTED = pa.schema([("account_key", pa.string()), ("reason", pa.string())])
_REFUSED = pa.schema([("account_a", pa.string()), ("account_b", pa.string()), ("reason", pa.string())])
_SEEDS = pa.schema([("platform", pa.string()), ("account_key", pa.string())])


def gather(spark: SparkSession, lake: Lake, sources: Sources, model: Model, day: date) -> None:
    """Write lake/features/<account_states, persons, refused_links, acts, weights, ranks> of the score date.

    Its window must be conformed.
    """
    facts = _facts(lake, sources, model, day)
    days = window(day, model.stored_days)
    engine, conforming = engine_for(spark, lake, days), Spark(spark)
    accounts = read_snapshots(spark, lake, "accounts", sources.platforms, days)
    states = measures.account_states(conforming, accounts, model, day)
    states = conforming.keep(lake, "account_states", day, states, facts)
    links = read_snapshots(spark, lake, "account_links", sources.platforms, days)
    claims = measures.claims(conforming, links, states, day)
    found, one_way = _persons(claims, sources, day)
    linked = small_table(spark, identity.PERSONS, sorted(found.person_of.items()))
    activity = read_conformed(spark, lake, "activity", days)
    own = _own_interactions(activity, linked) if found.person_of else 0
    lake.write(lake.features("persons", day), _arrow(identity.PERSONS, sorted(found.person_of.items())), facts)
    refused = [(*link, why) for link, why in sorted(found.refused.items())]
    counts = {"accounts": len(found.person_of), "one_way": one_way, "refused": len(refused), "own_interactions": own}
    lake.write(lake.features("refused_links", day), _arrow(_REFUSED, refused), counts)
    print(
        f"conform {day}: {len(set(found.person_of.values()))} persons of {len(found.person_of)} linked accounts;"
        f" {one_way} claims are one-way, {len(refused)} links in conflict;"
        f" {own} interactions between accounts of one person do not count",
        flush=True,
    )
    linked = engine.kept(lake, "persons", day, facts, "conform")
    states = engine.kept(lake, "account_states", day, facts, "conform")
    activity, posts = engine.conformed(lake, "activity", days), engine.posts(lake, sources.platforms, days)
    listed, named = engine.table(*operator_list(sources)), engine.table(*_named_seeds(sources))
    engine.know(activity, posts, states, linked, listed, named)
    excluded = engine.hold(measures.excluded(engine, states, listed, linked, day))
    acts = measures.acts(engine, activity, posts, excluded, linked, model, day)
    acts = engine.keep(lake, "acts", day, acts, facts)
    credibility = engine.hold(measures.credibility(engine, states, linked, model, day))
    pairs = engine.hold(measures.pairs(engine, acts, credibility, model, day))
    seeds = measures.seeds(engine, pairs, credibility, named, linked, model, day)
    edges = engine.hold(measures.edges(engine, pairs, seeds, model, day))
    engine.keep(lake, "weights", day, measures.weights(engine, pairs, edges, model, day), facts)
    engine.keep(lake, "ranks", day, measures.ranks(engine, edges, model), facts)


def load(spark: SparkSession, lake: Lake, sources: Sources, model: Model, day: date) -> Evidence:
    """The evidence of `day`. Raises PoisonInput where it was not gathered, or from other snapshots or another model."""
    facts = _facts(lake, sources, model, day)
    days = window(day, model.stored_days)
    engine = engine_for(spark, lake, days)
    features = {
        name: engine.kept(lake, name, day, facts, "conform")
        for name in ("acts", "weights", "ranks", "account_states", "persons")
    }
    seen = {
        "activity": engine.conformed(lake, "activity", days),
        "named_seeds": engine.table(*_named_seeds(sources)),
        "post_actions": engine.conformed(lake, "post_actions", days),
        "posts": engine.posts(lake, sources.platforms, days),
        "operator_list": engine.table(*operator_list(sources)),
    }
    engine.know(features["account_states"], features["persons"], *seen.values())
    return Evidence(
        engine=engine,
        day=day,
        model=model,
        **features,
        **seen,
        platforms=sorted(set(sources.platforms.values())),
        facts=facts,
    )


def operator_list(sources: Sources) -> tuple[pa.Schema, list[tuple]]:
    """The operator's exclusions, (account_key, reason), as schema and rows."""
    return _LISTED, sorted(sources.excluded.items())


def _named_seeds(sources: Sources) -> tuple[pa.Schema, list[tuple]]:
    """The seeds that the sources name, (platform, account_key), as schema and rows."""
    return _SEEDS, [
        (source.platform, f"{source.platform}:{seed}") for source in sources.sources for seed in source.seeds
    ]


def _persons(claims: DataFrame, sources: Sources, day: date) -> tuple[identity.Persons, int]:
    """The persons of a day, and how many claims are one-way, which is said and does nothing."""
    both_ways = claims.where("both_ways").select("account_a", "account_b").toArrow()
    one_way = claims.where("NOT both_ways").count()
    by_operator = [link.accounts for link in sources.links if link.holds_on(day)]
    return identity.persons(zip(*both_ways.to_pydict().values(), strict=True), by_operator), one_way


def _own_interactions(activity: DataFrame, persons: DataFrame) -> int:
    """How many interactions of the window are between two accounts of one person."""
    own = activity.join(
        persons.select(F.col("account_key").alias("actor"), F.col("person_id").alias("actor_person")), "actor"
    )
    own = own.join(
        persons.select(F.col("account_key").alias("target"), F.col("person_id").alias("target_person")), "target"
    )
    return own.where("actor_person = target_person").agg(F.coalesce(F.sum("n"), F.lit(0))).head()[0]  # type: ignore[index]


def _arrow(schema: pa.Schema, rows: Iterable[tuple]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)


def _facts(lake: Lake, sources: Sources, model: Model, day: date) -> dict[str, Any]:
    """What the evidence is made of: the model, the seeds, and the fingerprint of every conformed day of the window."""
    conformed = [
        (lake.facts(lake.conformed("activity", each)) or {}).get("fingerprint")
        for each in window(day, model.stored_days)
    ]
    seeds = [source.seeds for source in sources.sources]
    links = [str(link) for link in sources.links]
    content = json.dumps([conformed, seeds, sorted(sources.excluded), links]).encode()
    return {"model": model.lineage, "window": hashlib.sha256(content).hexdigest()}
