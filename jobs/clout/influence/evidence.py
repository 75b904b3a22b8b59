"""The evidence of one score date: gathers it from the window's partitions, writes it, and loads it for the measures."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clout import consent_ledger, made_from
from clout.consent import salted
from clout.influence import identity, measures
from clout.influence.conforming import as_named, conforming_engine
from clout.influence.engines import Frame, NightEngine, engine_for
from clout.influence.measures import Evidence
from clout.influence.model import Model
from clout.lake import Lake, window
from clout.lake_schemas import small_arrow
from clout.sources import Sources

_LISTED = pa.schema([("account_key", pa.string()), ("reason", pa.string())])
_REFUSED = pa.schema([("account_a", pa.string()), ("account_b", pa.string()), ("reason", pa.string())])
#: What the states and the claims of accounts are read from, by the names that their queries know.
_READS = {
    "accounts": as_named(
        *("account_key", "platform", "handle", "display_name", "account_type", "url", "created_at", "followers_count"),
        *("listed_count", "is_bot", "is_minor", "opt_out", "is_protected", "may_be_named", "status", "state_complete"),
        *("snapshot_date", "fetched_at", "raw_ref"),
    ),
    "account_links": as_named("account_a", "account_b", "basis", "valid_from", "valid_to", "snapshot_date"),
}
_SEEDS = pa.schema([("platform", pa.string()), ("account_key", pa.string())])


def gather(lake: Lake, sources: Sources, model: Model, day: date) -> None:
    """Write lake/features/<account_states, counter_states, persons, refused_links, acts, and measures.moved> of the score date.

    Its window must be conformed.
    """
    facts = _facts(lake, sources, model, day)
    days = window(day, model.stored_days)
    engine, conforming = engine_for(lake, days), conforming_engine(lake, sources.platforms, days, [*_READS])
    accounts, links = (
        conforming.snapshots(lake, table, sources.platforms, days, columns) for table, columns in _READS.items()
    )
    states = measures.account_states(conforming, accounts, model, day)
    states = conforming.keep(lake, "account_states", day, states, facts)
    conforming.keep(lake, "counter_states", day, measures.counter_states(conforming, accounts, model, day), facts)
    found, one_way = _persons(conforming.arrow(measures.claims(conforming, links, states, day)), sources, day)
    person_of = _with_pseudonyms(lake, found.person_of, day)
    lake.write(lake.features("persons", day), small_arrow(identity.PERSONS, sorted(person_of.items())), facts)
    linked = engine.kept(lake, "persons", day, facts, "conform")
    states = engine.kept(lake, "account_states", day, facts, "conform")
    activity, posts = engine.conformed(lake, "activity", days), engine.posts(lake, sources.platforms, days)
    listed, named = engine.table(*operator_list(sources)), engine.table(*_named_seeds(sources))
    words = measures.platforms_table(engine, _platforms(sources)), measures.variants_table(engine, model, day)
    engine.know(activity, posts, states, linked, listed, named, *words)
    left_out = small_arrow(_LISTED, [*operator_list(sources)[1], *_remembered(lake, engine, activity, posts, states)])
    lake.write(lake.features("left_out", day), left_out, facts)
    listed = engine.kept(lake, "left_out", day, facts, "conform")
    own = engine.run("own_interactions", {}, activity=activity, persons=linked).toArrow()["n"][0].as_py()
    refused = [(*link, why) for link, why in sorted(found.refused.items())]
    counts = {"accounts": len(found.person_of), "one_way": one_way, "refused": len(refused), "own_interactions": own}
    lake.write(lake.features("refused_links", day), small_arrow(_REFUSED, refused), counts)
    print(
        f"conform {day}: {len(set(found.person_of.values()))} persons of {len(found.person_of)} linked accounts;"
        f" {one_way} claims are one-way, {len(refused)} links in conflict;"
        f" {own} interactions between accounts of one person do not count;"
        f" {len(person_of) - len(found.person_of)} accounts stand under a pseudonym: their owners did not agree to be named",
        flush=True,
    )
    excluded = engine.hold(measures.excluded(engine, states, listed, linked, day))
    acts = measures.acts(engine, activity, posts, excluded, linked, model, day)
    acts = engine.keep(lake, "acts", day, acts, facts)
    credibility = engine.hold(measures.credibility(engine, states, linked, model, day))
    for name, rows in measures.moved(engine, acts, credibility, named, linked, model, day).items():
        engine.keep(lake, name, day, rows, facts)


def load(lake: Lake, sources: Sources, model: Model, day: date) -> Evidence:
    """The evidence of `day`. Raises PoisonInput where it was not gathered, or from other snapshots or another model."""
    facts = _facts(lake, sources, model, day)
    days = window(day, model.stored_days)
    engine = engine_for(lake, days)
    features = {
        name: engine.kept(lake, name, day, facts, "conform")
        for name in (
            *("acts", "weights", "counted", "people", "engaged"),
            *("account_states", "counter_states", "persons", "left_out"),
        )
    }
    listed = features.pop("left_out")
    seen = {
        "activity": engine.conformed(lake, "activity", days),
        "named_seeds": engine.table(*_named_seeds(sources)),
        "post_actions": engine.conformed(lake, "post_actions", days),
        "posts": engine.posts(lake, sources.platforms, days),
        "operator_list": listed,
    }
    words = measures.platforms_table(engine, _platforms(sources)), measures.variants_table(engine, model, day)
    engine.know(features["account_states"], features["counter_states"], features["persons"], *seen.values(), *words)
    return Evidence(
        engine=engine,
        day=day,
        model=model,
        **features,
        **seen,
        platforms=_platforms(sources),
        facts=facts,
        made_of=_made_of(sources, model),
    )


def operator_list(sources: Sources) -> tuple[pa.Schema, list[tuple]]:
    """The operator's exclusions, (account_key, reason), as schema and rows."""
    return _LISTED, sorted(sources.excluded.items())


def _remembered(lake: Lake, engine: NightEngine, *frames: Frame) -> list[tuple]:
    """Of the people in the frames those whom the ledger of consent holds back, each with a reason."""
    held = consent_ledger.read(lake).rows()
    if not held:
        return []
    keys, ledger = engine.people(*frames), engine.table(consent_ledger.ROWS, held)
    found = engine.run("remembered", {}, people=keys, ledger=ledger).toArrow()
    return sorted(zip(found["account_key"].to_pylist(), found["reason"].to_pylist(), strict=True))


def _platforms(sources: Sources) -> list[str]:
    return sorted(set(sources.platforms.values()))


def _named_seeds(sources: Sources) -> tuple[pa.Schema, list[tuple]]:
    """The seeds that the sources name, (platform, account_key), as schema and rows."""
    return _SEEDS, [
        (source.platform, f"{source.platform}:{seed}") for source in sources.sources for seed in source.seeds
    ]


def _persons(claims: pa.Table, sources: Sources, day: date) -> tuple[identity.Persons, int]:
    """The persons of a day, and how many claims are one-way, which is said and does nothing."""
    both_ways = claims.filter(pc.field("both_ways")).select(["account_a", "account_b"])
    by_operator = [link.accounts for link in sources.links if link.holds_on(day)]
    found = identity.persons(zip(*both_ways.to_pydict().values(), strict=True), by_operator)
    return found, claims.num_rows - both_ways.num_rows


def _with_pseudonyms(lake: Lake, person_of: dict[str, str], day: date) -> dict[str, str]:
    """Who is who, without the names of people who did not agree to be named; see identity.with_pseudonyms."""
    columns = ["account_key", "may_be_named", "is_protected", "status"]
    states = lake.read(lake.features("account_states", day), columns)
    unnamed = states.filter(pc.invert(pc.fill_null(states["may_be_named"], True)))["account_key"].to_pylist()
    if not unnamed:
        return person_of
    is_gone = pc.is_in(states["status"], pa.array(["suspended", "deleted", "unavailable"]))
    is_hidden = pc.or_(pc.fill_null(states["is_protected"], False), is_gone)
    hidden = frozenset(states.filter(is_hidden)["account_key"].to_pylist())
    return identity.with_pseudonyms(person_of, frozenset(unnamed), hidden, salted(lake).pseudonym)


def _made_of(sources: Sources, model: Model) -> dict[str, Any]:
    """What an operator decides of a night: digests of the sources, the links, the exclusions and the model, the platform that
    each source shows, and how many accounts of each are on the operator's list."""
    platforms = sources.platforms
    listed = dict.fromkeys(platforms.values(), 0)
    for key in sources.excluded:
        platform = key.partition(":")[0]
        listed[platform] = listed.get(platform, 0) + 1
    said = {
        "sources": [
            (
                *(each.name, each.reader, sorted(each.columns.items()), sorted(each.kinds.items()), each.seeds),
                sorted((name, str(value)) for name, value in each.options.items()),
            )
            for each in sources.sources
        ],
        "links": sorted(map(str, sources.links)),
        "exclusions": sorted(sources.excluded),
        "model": model.lineage,
    }
    digests = {name: hashlib.sha256(json.dumps(each).encode()).hexdigest() for name, each in said.items()}
    return {"digests": digests, "platforms": platforms, "listed": listed}


def _facts(lake: Lake, sources: Sources, model: Model, day: date) -> dict[str, Any]:
    """What the evidence is made of: the model, the seeds, the fingerprint of every conformed day of the window, its pulls."""
    conformed = [
        (lake.facts(lake.conformed("activity", each)) or {}).get("fingerprint")
        for each in window(day, model.stored_days)
    ]
    seeds = [source.seeds for source in sources.sources]
    links = [str(link) for link in sources.links]
    content = json.dumps([conformed, seeds, sorted(sources.excluded), links]).encode()
    pulled = made_from.inputs(lake, [*sources.platforms], window(day, model.stored_days))
    return {"model": model.lineage, "window": hashlib.sha256(content).hexdigest(), **pulled}
