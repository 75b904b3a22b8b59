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
from clout.influence import identity, steps
from clout.influence.conforming import conforming_engine
from clout.influence.engines import NightEngine, engine_for
from clout.influence.frames import Frame
from clout.influence.model import Model
from clout.influence.plan import Plan
from clout.lake import Lake, window
from clout.lake_columns import STATES_FROM
from clout.lake_schemas import small_arrow
from clout.sources import Sources

LISTED = pa.schema([("account_key", pa.string()), ("reason", pa.string())])
_REFUSED = pa.schema([("account_a", pa.string()), ("account_b", pa.string()), ("reason", pa.string())])
_SEEDS = pa.schema([("platform", pa.string()), ("account_key", pa.string())])


class Evidence(Plan):
    """The plan of one score date over a lake. facts: what its features must have been made of; made_of: what an operator
    decided of the night, for people and for later nights."""

    engine: NightEngine

    def __init__(self, lake: Lake, sources: Sources, model: Model, day: date) -> None:
        self.lake, self.facts, self.made_of = lake, _facts(lake, sources, model, day), _made_of(sources, model)
        days = window(day, model.stored_days)
        engine = engine_for(lake, days)
        super().__init__(engine, {}, model, day)
        self.tables |= {
            "activity": engine.conformed(lake, "activity", days),
            "post_actions": engine.conformed(lake, "post_actions", days),
            "posts": engine.posts(lake, sources.platforms, days),
            "named_seeds": engine.table(*_named_seeds(sources)),
            "sources": steps.sources_table(engine, _platforms(sources)),
        }

    def take(self, *names: str) -> None:
        """Features that conform wrote. Raises PoisonInput where they are missing or were made of other things."""
        for name in names:
            self.tables[name] = self.engine.kept(self.lake, name, self.day, self.facts, "conform")

    def keep(self, name: str) -> None:
        """Write the features of a name, computed now."""
        self.tables[name] = self.engine.keep(self.lake, name, self.day, self.resolve(name), self.facts)


def gather(lake: Lake, sources: Sources, model: Model, day: date) -> None:
    """Write lake/features/<account_states, counter_states, persons, left_out, refused_links, acts, weights, counted, people,
    engaged> of the score date. Its window must be conformed.
    """
    evidence = Evidence(lake, sources, model, day)
    engine, facts, days = evidence.engine, evidence.facts, window(day, model.stored_days)
    conforming = conforming_engine(lake, sources.platforms, days, [*STATES_FROM])
    snapshots = {
        table: conforming.snapshots(lake, table, sources.platforms, days, columns)
        for table, columns in STATES_FROM.items()
    }
    shown = Plan(conforming, snapshots, model, day)
    for name in ("account_states", "counter_states"):
        shown.tables[name] = conforming.keep(lake, name, day, shown.resolve(name), facts)
    found, one_way = _persons(conforming.arrow(shown.resolve("claims")), sources, day)
    person_of = _with_pseudonyms(lake, found.person_of, day)
    lake.write(lake.features("persons", day), small_arrow(identity.PERSONS, sorted(person_of.items())), facts)
    evidence.take("account_states", "persons")
    listed = engine.table(*operator_list(sources))
    known = [evidence.resolve(name) for name in ("activity", "posts", "account_states")]
    beside = [evidence.resolve(name) for name in ("persons", "named_seeds", "sources", "variants")]
    engine.know(*known, *beside, listed)
    left_out = small_arrow(LISTED, [*operator_list(sources)[1], *_remembered(lake, engine, *known)])
    lake.write(lake.features("left_out", day), left_out, facts)
    evidence.tables["operator_list"] = engine.kept(lake, "left_out", day, facts, "conform")
    own = evidence.run("own_interactions").toArrow()["n"][0].as_py()
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
    for name in ("acts", "weights", "counted", "people", "engaged"):
        evidence.keep(name)


def load(lake: Lake, sources: Sources, model: Model, day: date) -> Evidence:
    """The evidence of `day`. Raises PoisonInput where it was not gathered, or from other snapshots or another model."""
    evidence = Evidence(lake, sources, model, day)
    evidence.take("acts", "weights", "counted", "people", "engaged", "account_states", "counter_states", "persons")
    evidence.tables["operator_list"] = evidence.engine.kept(lake, "left_out", day, evidence.facts, "conform")
    evidence.engine.know(*(evidence.resolve(name) for name in (*steps.GIVEN, "variants")))
    return evidence


def operator_list(sources: Sources) -> tuple[pa.Schema, list[tuple]]:
    """The operator's exclusions, (account_key, reason), as schema and rows."""
    return LISTED, sorted(sources.excluded.items())


def _remembered(lake: Lake, engine: NightEngine, *frames: Frame) -> list[tuple]:
    """Of the people in the frames those whom the ledger of consent holds back, each with a reason."""
    held = consent_ledger.read(lake).rows()
    if not held:
        return []
    keys, ledger = engine.people(*frames), engine.table(consent_ledger.ROWS, held)
    found = engine.run("remembered", {}, account_keys=keys, ledger=ledger).toArrow()
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
