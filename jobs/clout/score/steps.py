"""The tables of a plan that Python makes: parameters as rows, graph kernels, and queries that run more than once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import pyarrow as pa

from clout.engine import queries
from clout.engine.engines import Engine
from clout.engine.frames import Frame
from clout.lake import declared
from clout.lake.partitions import window
from clout.lake.records import SELECTIONS
from clout.lake.schemas import CONFORMED, SNAPSHOTS, small_arrow
from clout.lake.staging import SCORED
from clout.score import places, style_grid, variants  # noqa: F401  style_grid registers what styles read
from clout.score.model import Model
from clout.score.plan import Plan, step

_SOURCES = pa.schema([("platform", pa.string())])
_SCALE = pa.schema([(name, pa.float64()) for name in ("above", "upto", "value", "slope")])
_HORIZONS = pa.schema([("days_before", pa.int32()), ("other_model", pa.bool_())])
_EARLIER = pa.schema(
    [("days_before", pa.int32()), ("person_id", pa.string()), ("score", pa.float64()), ("raw_score", pa.float64())]
)
DAYS = pa.schema([("ds", pa.date32())])
_PAIR = [(name, pa.string()) for name in ("platform", "actor", "target")]
SINGLE = pa.schema([("ds", pa.date32()), *_PAIR, ("n", pa.int64()), ("engagement_weight", pa.float64())])

_LOCATIONS = ("account_key", "location", "located_on")
_PLACES = pa.schema(
    [
        *((name, pa.string()) for name in ("account_key", "country", "admin1")),
        *(("city_id", pa.int64()), ("city", pa.string()), ("basis", pa.string()), ("said_on", pa.date32())),
    ]
)
#: What people can be known for, what some of them hide, and what others say for them.
ONTOLOGY = pa.schema(
    [
        *((name, pa.string()) for name in ("topic_id", "slug", "name", "topic_type", "parent_ids", "wikidata_id")),
        *(("is_sensitive", pa.bool_()), ("source", pa.string())),
    ]
)
HIDDEN_TOPICS = pa.schema([("account_key", pa.string()), ("topic_id", pa.string())])
HIDDEN_BY_PERSON = pa.schema([("person_id", pa.string()), ("topic_id", pa.string())])
ENDORSEMENTS = pa.schema(
    [("actor", pa.string()), ("target", pa.string()), ("topic_id", pa.string()), ("given_on", pa.date32())]
)
#: The operator's brands, a row per account of the brand; one without an account where it has none.
BRANDS = pa.schema([("brand", pa.string()), ("brand_name", pa.string()), ("account_key", pa.string())])
#: What stands beside the score, each with its columns: where nobody gives it there is none of it.
BESIDE = {
    "post_topics": CONFORMED["post_topics"],
    "topic_activity": CONFORMED["topic_activity"],
    "reactions": CONFORMED["reactions"],
    "ontology": ONTOLOGY,
    "hidden_topics": HIDDEN_TOPICS,
    "endorsements": ENDORSEMENTS,
    "brands": BRANDS,
}

#: What computes trust and ranks, on every engine.
_GRAPH = ("engine.network_rank", "engine.trust_flow")

#: What the evidence of a score date is made from: see the inputs of these names in sql/.
GIVEN = (
    *("activity", "account_states", "counter_states", "posts", "post_actions"),
    *("operator_list", "persons", "named_seeds", "sources"),
    *("post_topics", "topic_activity", "ontology", "hidden_topics", "endorsements", "reactions", "brands"),
)
#: An operator's lists that hold on the score date, by the names of their snapshots.
LISTS = ("consents", "campaigns", "credentials")
#: What happened on the days of the window, likewise.
HAPPENED = ("outcomes", "external_signals")
#: Accounts that may not be named.
UNNAMED = pa.schema([("account_key", pa.string())])
#: The published tables of people, each with the query that makes it.
_QUERIES = {table: declared.tables()[table].query for table in SCORED}
#: Of them, those that say what was staged: they are made when all others lie there.
OF_FILES = {table: query for table, query in _QUERIES.items() if "staged_files" in queries.load(query).inputs}
PUBLISHED = {table: query for table, query in _QUERIES.items() if table not in OF_FILES}
_FILES = pa.schema(
    [
        *(("table_name", pa.string()), ("file_rows", pa.int64()), ("file_bytes", pa.int64())),
        *(("smallest_key", pa.string()), ("largest_key", pa.string())),
    ]
)


def sources_table(platforms: Iterable[str]) -> pa.Table:
    """The platforms of the configured sources, (platform)."""
    return small_arrow(_SOURCES, [(platform,) for platform in sorted({*platforms})])


def variants_table(model: Model, day: date) -> pa.Table:
    """The variants of the evidence of a score date, see variants.py."""
    return small_arrow(variants.SCHEMA, variants.variants(model, day))


def in_memory(engine: Engine, model: Model, day: date, **given: Frame) -> Plan:
    """The plan of one score date over the tables of GIVEN. The engine is told of all people and words in them."""
    engine.register_keys(*given.values(), variants_table(model, day))
    nothing = {name: schema.empty_table() for name, schema in BESIDE.items()}
    return Plan(engine, nothing | given, model, day)


def published(plan: Plan) -> dict[str, Frame]:
    """The tables of people that analysts see, by name."""
    return {table: plan.resolve(query) for table, query in PUBLISHED.items()}


def of_files(plan: Plan, files: list[tuple[Any, ...]]) -> dict[str, Frame]:
    """The tables that say what was staged, by name. files: see the input staged_files of sql/table_stats.sql."""
    plan.tables["staged_files"] = small_arrow(_FILES, files)
    return {table: plan.resolve(query) for table, query in OF_FILES.items()}


@step("unnamed")
def _unnamed(plan: Plan) -> Frame:
    """Nobody, where nobody says otherwise."""
    return UNNAMED.empty_table()


def _empty(name: str) -> Callable[[Plan], Frame]:
    return lambda plan: SNAPSHOTS[name].empty_table()


@step("selections")
def _selections(plan: Plan) -> Frame:
    """Nobody, where no draw is logged."""
    return SELECTIONS.empty_table()


for _list in (*LISTS, *HAPPENED):
    step(_list)(_empty(_list))


@step("stated_places", "locations", code=("score.places",))
def _stated_places(plan: Plan) -> Frame:
    """What each account says where its owner lives, where it says that plainly."""
    stated = plan.arrow("locations")
    read = cache(places.read)
    found = [
        (key, place.country, place.admin1, place.city_id, place.city, place.basis, on)
        for key, text, on in zip(*(stated[name].to_pylist() for name in _LOCATIONS), strict=True)
        if isinstance(place := read(text), places.Place)
    ]
    return small_arrow(_PLACES, found)


@step("variants", code=("score.variants",))
def _variants(plan: Plan) -> Frame:
    return variants_table(plan.model, plan.day)


@step("days")
def _days(plan: Plan) -> Frame:
    return small_arrow(DAYS, [(plan.day,)])


@step("daily_engagement", "activity")
def _daily_engagement(plan: Plan) -> Frame:
    """sql/daily_engagement.sql over the stored days, some of them at a time where the engine says so."""
    engine, activity = plan.engine, plan.resolve("activity")
    batches = engine.day_batches(activity, window(plan.day, plan.model.stored_days))
    found = [plan.run("daily_engagement", first_day=first, last_day=last) for first, last in batches]
    plan.forget("persons_activity", "absent_people")
    return engine.union_all(found)


@step("amplification")
def _amplification(plan: Plan) -> Frame:
    """sql/amplification.sql over the posts, which are many, and which nothing else asks for."""
    rows = plan.run("amplification")
    plan.forget("feeds", "own_posts", "acted_posts")
    return rows


@step("single_acts")
def _single_acts(plan: Plan) -> Frame:
    """None: whatever pairs of people acted once stands among all others, unless they were told apart."""
    return SINGLE.empty_table()


@step("trust", "edges", code=_GRAPH)
def _trust(plan: Plan) -> Frame:
    return plan.engine.trust(plan.resolve("edges"), plan.parameters)


@step("ranks", "edges", code=_GRAPH)
def _ranks(plan: Plan) -> Frame:
    return plan.engine.rank(plan.resolve("edges"), plan.parameters)


@step("scale")
def _scale(plan: Plan) -> Frame:
    """The pieces of the model's map g: g(x) = value + slope * (x - above) for above <= x < upto."""
    numbers = plan.model.parameters
    knots = list(zip(numbers["map_from"], numbers["map_to"], strict=True))
    pieces = [(x, following, y, (upper - y) / (following - x)) for (x, y), (following, upper) in pairwise(knots)]
    pieces[-1] = (pieces[-1][0], 2.0, *pieces[-1][2:])  # the last one includes its end
    return small_arrow(_SCALE, pieces)


# Of all variants: of their ties there are far more rows than of all else. Where those lie on disk, one variant is worked
# through after the other. ----------------------------------------------------------------------------------------------


def groups_of_variants(plan: Plan) -> list[list[tuple[Any, ...]]]:
    """The variants in groups, as many at a time as the engine says. The score date is in the first."""
    rows = variants.variants(plan.model, plan.day)
    return [[row] for row in rows] if plan.engine.one_variant_at_a_time else [rows]


def ties_of_variants(plan: Plan) -> Iterator[tuple[list[tuple[Any, ...]], Plan]]:
    """The groups of variants, each with the plan that has its ties: those of the first may have been computed before.

    Of a variant with the strengths of another that has ties already: only those that differ, and whose they are in
    `changed_back`.
    """
    groups = groups_of_variants(plan)
    bases = {row[1] for group in groups for row in group if row[0] != row[1]}
    strengths: dict[str, dict[str, Frame]] = {}  # by variant, as long as a later one needs them
    for number, group in enumerate(groups):
        some = plan.of_variants(small_arrow(variants.SCHEMA, group))
        needed = {name for later in groups[number + 1 :] for row in later for name in row[1:3]}
        if number == 0 and plan.has_ties:
            some.tables["ties"] = plan.ties()
        if len(groups) > 1 and (number or plan.has_ties):
            some.tables |= {
                "daily_engagement": plan.resolve("repeated_acts"),
                "single_acts": plan.resolve("once_acted"),
            }
        variant, base, reverse, *_ = group[0]
        if variant != base:
            some.tables |= strengths[base] | {"reverse_strengths": strengths[reverse]["mutual_strengths"]}
            some.resolve("changed_back")
            some.tables["tie_strengths"] = some.resolve("changed_strengths")
        elif number:
            some.tables["reverse_strengths"] = some.resolve("mutual_strengths")
        if variant in needed and len(groups) > 1:
            kept = ("tie_strengths", "actor_targets") if variant in bases else ("mutual_strengths",)
            strengths[variant] = {name: some.resolve(name) for name in kept}
        some.resolve("ties")
        some.forget("tie_strengths", "reverse_strengths", "actor_targets", "mutual_strengths", "changed_strengths")
        for name in strengths.keys() - needed:
            del strengths[name]
        yield group, some
    plan.forget("once_acted", "repeated_acts", "mutual_pairs")


_CHANGED = pa.schema([("person_id", pa.string())])
#: What is told of a variant's graph, and of who acts on whom: of a variant with another's graph, that one's.
_OF_GRAPH, _OF_AUDIENCE = ("trust", "ranks", "seeds"), ("audience", "distinct_actors")


def _of_base(some: Plan, rows: Frame, changed: Frame | None = None) -> Frame:
    """The rows of a base as the variant's, without people who changed."""
    nobody = _CHANGED.empty_table() if changed is None else changed
    return some.of_variants(some.resolve("variants"), base_rows=rows, changed_back=nobody).run("of_base")


def _of_the_graph(plan: Plan) -> dict[str, Frame]:
    """weights of the variant `now`; audience, distinct_actors and capped_audience of all."""
    engine, rows = plan.engine, variants.variants(plan.model, plan.day)
    known: dict[str, dict[str, Frame]] = {}  # by variant: of its graph and audience, as long as a later one needs it
    found: dict[str, list[Frame]] = {"audience": [], "distinct_actors": [], "capped_audience": []}
    done, now = 0, None
    for group, some in ties_of_variants(plan):
        done += len(group)
        variant, base, *_ = group[0]
        if variant == base:
            graph = {name: some.resolve(name) for name in _OF_GRAPH}
            some.forget("edges", "votes")
        else:
            graph = {name: known[base][name] for name in _OF_GRAPH}
            some.tables |= graph
            some.tables |= {name: _of_base(some, known[base][name]) for name in _OF_AUDIENCE}
            unchanged = _of_base(some, known[base]["capped_audience"], some.resolve("changed_back"))
            found["capped_audience"].append(unchanged)
        weights = some.resolve("weights")
        if now is None:
            now = weights
            if len(group) > 1:
                graph = {name: some.resolve(name) for name in ("ties", *_OF_GRAPH)}
                now = plan.of_variants(small_arrow(variants.SCHEMA, rows[:1]), **graph).run("weights")
        some.forget("ties")
        audience = {name: some.resolve(name) for name in _OF_AUDIENCE}
        capped = []
        for part in engine.target_batches(weights):
            some.tables["weights"] = part
            capped.append(some.run("capped_audience"))
        for name in _OF_AUDIENCE:
            found[name].append(audience[name])
        found["capped_audience"] += capped
        if variant == base:
            known[variant] = graph | audience | {"capped_audience": engine.union_all(capped)}
        # The generator computes the next ties while this frame waits: nothing of this group may be held then.
        some.tables.clear()
        del weights, part, graph, audience, capped
        for name in known.keys() - {row[1] for row in rows[done:]}:
            del known[name]
    return {"weights": now} | {name: engine.union_all(frames) for name, frames in found.items()}


def _of_all(name: str) -> Callable[[Plan], Frame]:
    def make(plan: Plan) -> Frame:
        plan.tables |= _of_the_graph(plan)
        return plan.tables[name]

    return make


for _name in ("weights", "audience", "distinct_actors", "capped_audience"):
    step(_name, "changed_strengths", "of_base", "repeated_acts", of_all_variants=True)(_of_all(_name))


# Topics -----------------------------------------------------------------------------------------------------------------


@step("topic_audience", "topic_weights", "topic_spans")
def _topic_audience(plan: Plan) -> Frame:
    """What counts of the people who act on posts about a topic: the bounds of reach, with the topic as the variant."""
    weights, spans = plan.resolve("topic_weights"), plan.resolve("topic_spans")
    return plan.of_variants(plan.resolve("variants"), weights=weights, audience=spans).run("capped_audience")


# What another model would have said -------------------------------------------------------------------------------------


def other_models(plan: Plan) -> dict[int, Model]:
    """days_before -> the model that was in force then, where it is another one than on the score date."""
    model = plan.model
    if plan.day < model.since:
        return {}  # this day was asked to be scored by a later model: so is the day that it is compared with
    then = {days: model.on(plan.day - timedelta(days)) for days in model.parameters["days_before"]}
    return {days: earlier for days, earlier in then.items() if earlier is not model}


@step("horizons")
def _horizons(plan: Plan) -> Frame:
    others = other_models(plan)
    return small_arrow(_HORIZONS, [(days, days in others) for days in plan.model.parameters["days_before"]])


@step("earlier_scores", *GIVEN)
def _earlier_scores(plan: Plan) -> Frame:
    """The scores of earlier days by the models of those days, from what is stored now.

    As a new model is in force for longer than it looks back, there are mostly none, and this costs nothing.
    """
    found: list[Frame] = [_EARLIER.empty_table()]
    for days, model in other_models(plan).items():
        given = {name: plan.resolve(name) for name in GIVEN}
        past = in_memory(plan.engine, variants.score_alone(model), plan.day - timedelta(days), **given)
        found.append(past.run("earlier_scores", before=days))
    return plan.engine.union_all(found)
