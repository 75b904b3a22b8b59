"""The evidence of one score date in a lake: each task of a night makes its features there, from those of the tasks before.

conform                        account_states, counter_states, persons, unnamed, left_out, refused_links
ties                           daily_engagement; ties of the score date: the other variants' would be twelve times as much
graph                          weights, audience, distinct_actors, capped_audience
reach, amplification, network  the three measures
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clout import logs
from clout.config.ontology import Ontology
from clout.config.paths import ROOT
from clout.config.sources import Sources, read_sources
from clout.config.version import code_version
from clout.engine import queries
from clout.engine.conforming import Conforming
from clout.engine.engines import Engine, NightEngine, engine_for
from clout.engine.frames import Frame, to_arrow
from clout.lake import made_from
from clout.lake.columns import STATES_FROM
from clout.lake.partitions import Lake, window
from clout.lake.records import SELECTIONS
from clout.lake.schemas import SNAPSHOTS, small_arrow
from clout.privacy import consent_ledger
from clout.privacy.newest_consents import newest
from clout.privacy.row_deletion import partitions
from clout.privacy.suppression import salted
from clout.score import fingerprints, identity, steps, topic_posts
from clout.score.model import Model, is_released, read_model
from clout.score.plan import Plan

LOG = logs.logger(__name__)

LISTED = pa.schema([("account_key", pa.string()), ("reason", pa.string())])
_REFUSED = pa.schema([("account_a", pa.string()), ("account_b", pa.string()), ("reason", pa.string())])
_SEEDS = pa.schema([("platform", pa.string()), ("account_key", pa.string())])


#: The tasks between conform and score, in order, each with the tables that it keeps as features.
TASKS = {
    "ties": ("daily_engagement", "ties"),
    "graph": ("weights", "audience", "distinct_actors", "capped_audience"),
    "reach": ("reach",),
    "amplification": ("amplification",),
    "network": ("network",),
}
#: The queries by which conform says who is who.
_WHO_IS_WHO = ("account_states", "counter_states", "claims", "remembered", "own_interactions")
#: Where all the people of a night stand.
_KNOWN = ("activity", "posts", "account_states")
#: What conform keeps of a score date, by the names of the tables.
_OF_CONFORM = {
    "account_states": "account_states",
    "counter_states": "counter_states",
    "persons": "persons",
    "unnamed": "unnamed",
    "operator_list": "left_out",
}
_MADE_BY = {table: task for task, tables in TASKS.items() for table in tables}


def task_of(feature: str) -> str:
    """The task that keeps a folder of lake/features."""
    return _MADE_BY.get(feature, "conform")


class Evidence(Plan):
    """The plan of one score date over a lake: what an earlier task kept is read, the rest computed.

    metadata: what its features must have been made of; made_of: what an operator decided of the night, for people and for later
    nights. alone: who makes the whole night hands nothing over from task to task.
    """

    engine: NightEngine

    def __init__(self, lake: Lake, sources: Sources, model: Model, day: date, alone: bool = False) -> None:
        self.closed = closed = _closed(lake, sources, day)
        self.lake, self.metadata, self.made_of = (
            lake,
            _metadata(lake, sources, model, day, closed),
            _made_of(sources, model),
        )
        self._task, self._alone = "", alone
        days = window(day, model.stored_days)
        engine = engine_for(lake, days)
        ontology = sources.topics.ontology()
        #: What the operator and people say of topics and brands: who hides one is to be gone the same night.
        self.said_of_topics = [ontology.version, sorted(sources.topics.hidden), [*map(str, sources.brands)]]
        super().__init__(engine, {}, model, day, {"ontology": ontology.version})
        self.tables |= {
            "activity": engine.conformed(lake, "activity", days),
            "post_actions": engine.conformed(lake, "post_actions", days),
            "posts": engine.posts(lake, sources.platforms, days),
            "post_topics": engine.conformed(lake, "post_topics", window(day, model.window_days)),
            "topic_activity": engine.conformed(lake, "topic_activity", window(day, model.window_days)),
            "reactions": engine.conformed(lake, "reactions", window(day, model.window_days)),
            "ontology": small_arrow(steps.ONTOLOGY, topic_posts.ontology_rows(ontology)),
            "hidden_topics": small_arrow(steps.HIDDEN_TOPICS, sources.topics.hidden_ids(ontology)),
            "endorsements": small_arrow(steps.ENDORSEMENTS, _endorsements(lake, sources, ontology, day)),
            "brands": small_arrow(steps.BRANDS, _brands(sources)),
            "named_seeds": named_seeds(sources),
            "sources": steps.sources_table(sources.platforms.values()),
            **{name: small_arrow(*_listed(lake, sources, name, [day])) for name in steps.LISTS},
            **{name: small_arrow(*_listed(lake, sources, name, days)) for name in steps.HAPPENED},
            "selections": small_arrow(SELECTIONS, _draws(lake)),
        }
        if closed:
            taken_back = small_arrow(SNAPSHOTS["consents"], closed)
            self.tables["consents"] = pa.concat_tables([self.tables["consents"], taken_back])

    def metadata_of(self, table: str) -> dict[str, Any]:
        """What the features of a table must have been made of: the lake's days, the model, and the code behind them."""
        return self.metadata | {"code": fingerprints.of_tables([table], self.formulas, steps.GIVEN)}

    def make(self, task: str) -> None:
        """Compute what a task keeps, and write it. Raises InvalidInput where a task before it has yet to be run."""
        self._task = task
        for name in TASKS[task]:
            of_name = next(steps.ties_of_variants(self))[1] if name == "ties" else self
            rows = of_name.resolve(name)
            of_name.tables[name] = self.engine.save_features(self.lake, name, self.day, rows, self.metadata_of(name))
        self._task = ""

    @property
    def has_ties(self) -> bool:
        """See Plan: but for the task that computes them."""
        return self._task != "ties" and not self._alone

    def ties(self) -> Frame:
        """See Plan."""
        return self.engine.load_features(self.lake, "ties", self.day, self.metadata_of("ties"), "ties")

    def _make(self, name: str) -> Frame:
        if name in _OF_CONFORM:
            return self.engine.load_features(self.lake, _OF_CONFORM[name], self.day, self.metadata, "conform")
        if not self._alone and _MADE_BY.get(name, self._task) != self._task:
            return self.engine.load_features(self.lake, name, self.day, self.metadata_of(name), _MADE_BY[name])
        return super()._make(name)


def gather(lake: Lake, sources: Sources, model: Model, day: date) -> None:
    """Write who is who on the score date, and who is left out of it. Its window must be conformed."""
    evidence = Evidence(lake, sources, model, day)
    engine, metadata, days = evidence.engine, evidence.metadata, window(day, model.stored_days)
    conforming = Conforming()
    snapshots = {
        table: conforming.snapshots(lake, table, sources.platforms, days, columns)
        for table, columns in STATES_FROM.items()
    }
    shown = Plan(conforming, snapshots, model, day)
    for name in ("account_states", "counter_states"):
        shown.tables[name] = conforming.save_features(lake, name, day, shown.resolve(name), metadata)
    found, one_way = linked_persons(shown.arrow("claims"), sources, day)
    agreed = _agreed_to_be_named(evidence, found.person_of)
    unnamed, hidden = _unnamed(lake, sources, model, day, agreed)
    lake.write(lake.features("unnamed", day), small_arrow(steps.UNNAMED, [(key,) for key in sorted(unnamed)]), metadata)
    person_of = _with_pseudonyms(lake, found.person_of, unnamed, hidden)
    lake.write(lake.features("persons", day), small_arrow(identity.PERSONS, sorted(person_of.items())), metadata)
    # For the audit alone: who wants no word of which topic is staged and published nowhere.
    unsaid = {
        (person_of.get(row["account_key"], row["account_key"]), row["topic_id"])
        for row in evidence.arrow("hidden_topics").to_pylist()
    }
    lake.write(lake.features("hidden_topics", day), small_arrow(steps.HIDDEN_BY_PERSON, sorted(unsaid)), metadata)
    listed = operator_list(sources)
    known = [evidence.resolve(name) for name in _KNOWN]
    beside = [evidence.resolve(name) for name in ("persons", "named_seeds", "sources", "variants")]
    engine.register_keys(*known, *beside, listed)
    left_out = pa.concat_tables([listed, remembered(lake, engine, engine.people(*known))])
    lake.write(lake.features("left_out", day), left_out, metadata)
    own = to_arrow(evidence.run("own_interactions"))["n"][0].as_py()
    refused = [(*link, why) for link, why in sorted(found.refused.items())]
    counts = {"accounts": len(found.person_of), "one_way": one_way, "refused": len(refused), "own_interactions": own}
    lake.write(lake.features("refused_links", day), small_arrow(_REFUSED, refused), counts)
    LOG.info(
        f"conform {day}: {len(set(found.person_of.values()))} persons of {len(found.person_of)} linked accounts;"
        f" {one_way} claims are one-way, {len(refused)} links in conflict;"
        f" {own} interactions between accounts of one person do not count;"
        f" {len(person_of) - len(found.person_of)} accounts stand under a pseudonym: their owners did not agree to be named"
    )


def load(lake: Lake, sources: Sources, model: Model, day: date, alone: bool = False) -> Evidence:
    """The evidence of `day`; alone: all of it is computed, whatever tasks kept before.

    Raises InvalidInput where it was not conformed, or from other snapshots or another model.
    """
    return _registered(Evidence(lake, sources, model, day, alone))


def _registered(evidence: Evidence) -> Evidence:
    evidence.engine.register_keys(*(evidence.resolve(name) for name in (*steps.GIVEN, "variants")))
    return evidence


def run_task(task: str, args: argparse.Namespace) -> None:
    """Do what a task's job is called for: make what it keeps. Two of the same task wait for one another.

    args: lake, sources, model and day, as the job's command line gives them.
    """
    lake = Lake(args.lake)
    with lake.together(task), lake.lock(task):
        load(lake, read_sources(args.sources), read_model(args.model), args.day).make(task)


def operator_list(sources: Sources) -> pa.Table:
    """The operator's exclusions, (account_key, reason)."""
    return small_arrow(LISTED, sorted(sources.excluded.items()))


def remembered(lake: Lake, engine: Engine, keys: Frame) -> pa.Table:
    """Of some accounts, (account_key), those whom the ledger of consent holds back, each with a reason."""
    held = consent_ledger.read(lake).rows()
    if not held:
        return LISTED.empty_table()
    found = to_arrow(engine.run("remembered", {}, account_keys=keys, ledger=small_arrow(consent_ledger.ROWS, held)))
    order = [(name, "ascending") for name in LISTED.names]
    return found.select(LISTED.names).cast(LISTED).sort_by(order)


def _brands(sources: Sources) -> list[tuple[str, str, str | None]]:
    return [(brand.slug, brand.name, key) for brand in sources.brands for key in brand.accounts or (None,)]


def named_seeds(sources: Sources) -> pa.Table:
    """The seeds that the sources name, (platform, account_key)."""
    named = [(source.platform, f"{source.platform}:{seed}") for source in sources.sources for seed in source.seeds]
    return small_arrow(_SEEDS, named)


def linked_persons(claims: pa.Table, sources: Sources, day: date) -> tuple[identity.Persons, int]:
    """The persons of a day, and how many claims are one-way, which is said and does nothing."""
    both_ways = claims.filter(pc.field("both_ways")).select(["account_a", "account_b"])
    by_operator = [link.accounts for link in sources.links if link.holds_on(day)]
    found = identity.persons(zip(*both_ways.to_pydict().values(), strict=True), by_operator)
    return found, claims.num_rows - both_ways.num_rows


def _listed(lake: Lake, sources: Sources, table: str, days: list[date]) -> tuple[pa.Schema, list[tuple[Any, ...]]]:
    """The rows of an operator's lists in the snapshots of some days, as schema and rows. None where none was taken."""
    schema = SNAPSHOTS[table]
    kept = [
        source.name
        for source in sources.sources
        if source.reader == ("wikipedia" if table == "external_signals" else "files")
    ]
    paths = [lake.snapshot(table, name, day) for name in kept for day in days]
    found = [lake.read(path, schema=schema) for path in paths if lake.exists(path)]
    return schema, [tuple(row.values()) for rows in found for row in rows.select(schema.names).to_pylist()]


def _closed(lake: Lake, sources: Sources, day: date) -> list[tuple[Any, ...]]:
    """What the lists of the score date give, and the newest lists do not repeat or take back: as rows that close it.

    A no concerns every day that is computed after it: a day that is run again lists nobody who withdrew since.
    """
    later, heard = newest(lake)
    if heard is None or heard <= day:
        return []
    nobody = small_arrow(identity.PERSONS, [])
    still = queries.run_duckdb(queries.connect(), "agreed", {"day": heard}, consents=later, persons=nobody)
    agreed = set(zip(*(still[name].to_pylist() for name in ("person_id", "purpose")), strict=True))
    schema, rows = _listed(lake, sources, "consents", [day])
    key, purpose = schema.get_field_index("account_key"), schema.get_field_index("purpose")
    given = {(row[key], row[purpose]) for row in rows}
    beside = {"is_unreadable": True, "source_endpoint": "files", "fetched_at": datetime.combine(heard, time(), UTC)}
    closed = [{"account_key": key, "purpose": purpose} | beside for key, purpose in sorted(given - agreed)]
    return [tuple(row.get(name) for name in schema.names) for row in closed]


def _endorsements(lake: Lake, sources: Sources, ontology: Ontology, day: date) -> list[tuple[Any, ...]]:
    """What people said for others by the score date, as rows of steps.ENDORSEMENTS; of a topic that may be named alone."""
    schema, rows = _listed(lake, sources, "endorsements", [day])
    said = [dict(zip(schema.names, row, strict=True)) for row in rows]
    ids = {topic.slug: topic.topic_id for topic in ontology.topics.values() if ontology.may_be_named(topic.topic_id)}
    unknown = sum(one["topic"] not in ids for one in said)
    if unknown:
        LOG.info(f"{unknown} endorsements are of topics that the ontology does not have, or that may not be named")
    return [
        (one["actor_key"], one["target_account_key"], ids[one["topic"]], one["given_on"])
        for one in said
        if one["topic"] in ids
    ]


def _draws(lake: Lake) -> list[tuple[Any, ...]]:
    """The people of all draws for campaigns that are logged, as rows of SELECTIONS."""
    found = [lake.read(path, schema=SELECTIONS) for _, path in partitions(lake, "selections")]
    return [tuple(row.values()) for rows in found for row in rows.select(SELECTIONS.names).to_pylist()]


def _agreed_to_be_named(evidence: Evidence, person_of: dict[str, str]) -> Callable[[str], bool]:
    """Whether the owner of an account agreed to be named, by the lists that hold on the score date."""
    persons = small_arrow(identity.PERSONS, sorted(person_of.items()))
    given = {"consents": evidence.resolve("consents"), "persons": persons}
    rows = Plan(evidence.engine, given, evidence.model, evidence.day).arrow("agreed")
    named = {row["person_id"] for row in rows.to_pylist() if row["purpose"] == "named"}
    return lambda key: person_of.get(key, key) in named


def _unnamed(
    lake: Lake, sources: Sources, model: Model, day: date, agreed: Callable[[str], bool]
) -> tuple[frozenset[str], frozenset[str]]:
    """The accounts that may not be named, and those that are shown nowhere; see identity.is_unnamed."""
    columns = ["account_key", "handle", "may_be_named", "is_protected", "status"]
    states = lake.read(lake.features("account_states", day), columns)
    naming = sources.naming
    there = _people_on(lake, naming, window(day, model.stored_days)) if naming else set()
    handles = dict(zip(states["account_key"].to_pylist(), states["handle"].to_pylist(), strict=True))
    said_no = states.filter(pc.invert(pc.fill_null(states["may_be_named"], True)))["account_key"].to_pylist()
    ruled = {key for key in there | handles.keys() if identity.is_unnamed(key, handles.get(key), naming)}
    is_gone = pc.is_in(states["status"], pa.array(["suspended", "deleted", "unavailable"]))
    is_hidden = pc.or_(pc.fill_null(states["is_protected"], False), is_gone)
    hidden = frozenset(states.filter(is_hidden)["account_key"].to_pylist())
    return frozenset(key for key in ruled.union(said_no) if not agreed(key)), hidden


def _with_pseudonyms(
    lake: Lake, person_of: dict[str, str], unnamed: frozenset[str], hidden: frozenset[str]
) -> dict[str, str]:
    """Who is who, without the names of people who did not agree to be named; see identity.with_pseudonyms."""
    return identity.with_pseudonyms(person_of, unnamed, hidden, salted(lake).pseudonym) if unnamed else person_of


def _people_on(lake: Lake, platforms: Iterable[str], days: list[date]) -> set[str]:
    """Everybody who acted, or was acted on, on some platforms."""
    wanted, found = pa.array(sorted(platforms)), set[str]()
    for path in (lake.conformed("activity", day) for day in days):
        if lake.exists(path):
            rows = lake.read(path, columns=["platform", "actor", "target"])
            rows = rows.filter(pc.is_in(rows["platform"], wanted))
            found.update(pc.unique(rows["actor"]).to_pylist(), pc.unique(rows["target"]).to_pylist())
    return found


def _made_of(sources: Sources, model: Model) -> dict[str, Any]:
    """What an operator decides of a night: digests of the sources, the links, the exclusions and the model, the platform that
    each source shows, how many accounts of each are on the operator's list, and whether the model is a released one."""
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
    return {"digests": digests, "platforms": platforms, "listed": listed, "model_is_released": is_released(model)}


def asked(lake: Lake, sources: Sources, model: Model, day: date) -> str:
    """What `inputs` gives of a night that was run before and whose sources are pulled again, before anything is conformed.

    Raises InvalidInput where who is who is not there. Of what it was gathered is not asked: other nights conform days of this
    one's window again, and what is pulled decides.
    """
    evidence = Evidence(lake, sources, model, day)
    now, evidence.metadata = evidence.metadata, lake.metadata(lake.features("left_out", day)) or {}
    known = [_registered(evidence).resolve(name) for name in _KNOWN]
    held = remembered(lake, evidence.engine, evidence.engine.people(*known))
    return _hash_of(evidence, now, pa.concat_tables([operator_list(sources), held]))


def inputs(evidence: Evidence) -> str:
    """One hash over all that a night's content is a function of: pulls, decisions of the operator, consent, model and code.

    Two nights of one hash publish the same content.
    """
    left_out = evidence.lake.read(evidence.lake.features("left_out", evidence.day), LISTED.names)
    return _hash_of(evidence, evidence.metadata, left_out)


def _hash_of(evidence: Evidence, metadata: dict[str, Any], left_out: pa.Table) -> str:
    """left_out: who of the night's people may not be shown, and why; what somebody else said since changes nothing here."""
    content = {
        "metadata": {name: metadata[name] for name in ("model", "sources", "days", "pulled")},
        "made_of": evidence.made_of,
        "left_out": sorted([*row.values()] for row in left_out.to_pylist()),
        "closed": evidence.closed,
        "topics": evidence.said_of_topics,
        "code": code_version(),
        "bounds": hashlib.sha256((ROOT / "expectations" / "bounds.toml").read_bytes()).hexdigest(),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _metadata(lake: Lake, sources: Sources, model: Model, day: date, closed: list[tuple[Any, ...]]) -> dict[str, Any]:
    """What the evidence is made of: the model, the seeds, every conformed day of the window and its pulls, who is who, and
    which consent was taken back since."""
    conformed = [
        (lake.metadata(lake.conformed("activity", each)) or {}).get("fingerprint")
        for each in window(day, model.stored_days)
    ]
    seeds = [source.seeds for source in sources.sources]
    links = [str(link) for link in sources.links]
    content = json.dumps([conformed, seeds, sorted(sources.excluded), links, *map(str, closed)]).encode()
    people = fingerprints.of_tables(_WHO_IS_WHO, modules=(identity.__name__, "clout.lake.columns"))
    pulled = made_from.inputs(lake, [*sources.platforms], window(day, model.stored_days))
    return {"model": model.lineage, "audience": people, "window": hashlib.sha256(content).hexdigest(), **pulled}
