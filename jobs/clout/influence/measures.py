"""From activity to the tables that are published. Each metric's definition is its file in sql/; here they are only joined.

activity -> acts -> strengths -> pairs -> ranks -> weights   the evidence, gathered once
         -> counted, people, engaged             and of every variant what is left of it
         -> reach, amplification, network       the three measures
         -> platform_score -> score             what they are worth
         -> the published tables
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pyarrow as pa

from clout.influence import variants
from clout.influence.engines import Engine, Frame
from clout.influence.model import Model
from clout.lake import window

_PLATFORMS = pa.schema([("platform", pa.string())])
_SCALE = pa.schema([(name, pa.float64()) for name in ("above", "upto", "value", "slope")])
_HORIZONS = pa.schema([("days_before", pa.int32()), ("other_model", pa.bool_())])
_EARLIER = pa.schema(
    [("days_before", pa.int32()), ("person_id", pa.string()), ("score", pa.float64()), ("unheld", pa.float64())]
)
_DAYS = pa.schema([("ds", pa.date32())])


@dataclass(frozen=True)
class Evidence:
    """All that the measures of one score date look at, as frames of one engine.

    activity: conformed, of the stored days, and named_seeds: (platform, account_key): read again only where an earlier model
    must score an earlier day. acts: sql/acts.sql. weights: sql/weights.sql, of `now` at least.
    counted, people, engaged: the queries of these names, of all variants.
    account_states, counter_states: sql/account_states.sql, sql/counter_states.sql. post_actions: conformed, and posts:
    snapshots with platform, both of the stored days. operator_list: (account_key, reason).
    persons: (account_key, person_id) of people with several accounts. platforms: the names of all configured sources.
    facts: what all this was made of; made_of: the same for people and for later nights. engine: a NightEngine where the
    evidence came from a lake.
    """

    engine: Any
    day: date
    model: Model
    activity: Frame
    named_seeds: Frame
    acts: Frame
    weights: Frame
    counted: Frame
    people: Frame
    engaged: Frame
    account_states: Frame
    counter_states: Frame
    post_actions: Frame
    posts: Frame
    operator_list: Frame
    persons: Frame
    platforms: list[str]
    facts: dict[str, Any]
    made_of: dict[str, Any] = field(default_factory=dict)

    def run(self, query: str, **inputs: Frame) -> Frame:
        """A query of the model's formulas with its numbers and the date."""
        return self.engine.run(self.model.query(query), parameters(self.model, self.day), **inputs)

    @property
    def variants(self) -> Frame:
        """The variants of the evidence, see influence/variants.py."""
        return variants_table(self.engine, self.model, self.day)

    @property
    def excluded(self) -> Frame:
        """sql/excluded.sql as of the score date."""
        return excluded(self.engine, self.account_states, self.operator_list, self.persons, self.day)

    @property
    def credibility(self) -> Frame:
        """sql/credibility.sql as of every date on which a variant is evaluated."""
        return credibility(self.engine, self.account_states, self.persons, self.model, self.day)


def parameters(model: Model, day: date) -> dict[str, Any]:
    """The model's numbers and the score date, as the queries' parameters."""
    return {**model.parameters, "model_version": model.version, "day": day}


def variants_table(engine: Engine, model: Model, day: date) -> Frame:
    """The variants of the evidence as a frame."""
    return engine.table(variants.SCHEMA, variants.variants(model, day))


def platforms_table(engine: Engine, platforms: list[str]) -> Frame:
    """The platforms that are asked about as a frame."""
    return engine.table(_PLATFORMS, [(platform,) for platform in platforms])


# The evidence --------------------------------------------------------------------------------------------------------


def account_states(engine: Engine, accounts: Frame, model: Model, day: date) -> Frame:
    """What is known of each account on the score date: sql/account_states.sql over the window's account snapshots."""
    return engine.run("account_states", parameters(model, day), accounts=accounts)


def counter_states(engine: Engine, accounts: Frame, model: Model, day: date) -> Frame:
    """What platforms counted of each account, as of every day that a variant knows last: sql/counter_states.sql."""
    return engine.run("counter_states", {}, accounts=accounts, variants=variants_table(engine, model, day))


def claims(engine: Engine, account_links: Frame, account_states: Frame, day: date) -> Frame:
    """Which accounts declare one another: sql/claims.sql over the window's snapshots. One row per pair of accounts."""
    return engine.run("claims", {"day": day}, account_links=account_links, account_states=account_states)


def excluded(engine: Engine, account_states: Frame, operator_list: Frame, persons: Frame, day: date) -> Frame:
    """The accounts that are not scored on a day: sql/excluded.sql."""
    days = engine.table(_DAYS, [(day,)])
    return engine.run("excluded", {}, accounts=account_states, operator_list=operator_list, persons=persons, days=days)


def credibility(engine: Engine, account_states: Frame, persons: Frame, model: Model, day: date) -> Frame:
    """How far each person's actions count: sql/credibility.sql. One row per evaluated_on, platform, person_id."""
    known = variants_table(engine, model, day)
    bound = parameters(model, day)
    return engine.run("credibility", bound, account_states=account_states, persons=persons, variants=known)


def acts(
    engine: Engine, activity: Frame, posts: Frame, excluded: Frame, persons: Frame, model: Model, day: date
) -> Frame:
    """What each day's acts are worth: sql/acts.sql over the stored days."""
    between = engine.run("persons_activity", {}, activity=activity, excluded=excluded, persons=persons)
    present = engine.hold(engine.run("present", {}, activity=between, posts=posts, persons=persons))
    bound = parameters(model, day)
    spans = engine.spans(activity, window(day, model.stored_days))
    found = [
        engine.run("acts", bound | {"first_day": first, "last_day": last}, activity=between, present=present)
        for first, last in spans
    ]
    engine.release(activity)
    return engine.together(found)


def moved(
    engine: Engine, acts: Frame, credibility: Frame, named_seeds: Frame, persons: Frame, model: Model, day: date
) -> dict[str, Frame]:
    """weights, counted, people, engaged: what an Evidence holds of who moves whom.

    named_seeds: (platform, account_key). Of the pairs of all variants there are far more than of all else: where they lie on
    disk, one variant is worked through after the other.
    """
    rows = variants.variants(model, day)
    bound = parameters(model, day)

    def run(query: str, **inputs: Frame) -> Frame:
        return engine.run(model.query(query), bound, **inputs)

    strengths: dict[str, Frame] = {}  # by variant, as long as a later one needs them
    graphs: dict[str, dict[str, Frame]] = {}  # and what is known of the graph: trust, ranks, and to v2 also the seeds
    found: dict[str, list[Frame]] = {"counted": [], "people": [], "engaged": []}
    groups = [[row] for row in rows] if engine.one_by_one else [rows]
    for number, group in enumerate(groups):
        known = engine.table(variants.SCHEMA, group)
        _, base, back_of = group[0][:3]
        own = [variant for variant, its_base, *_ in group if variant == its_base]
        if own:
            strengths |= dict.fromkeys(own, engine.hold(run("strengths", acts=acts, variants=known)))
        pairs = engine.hold(
            run(
                "pairs",
                strengths=strengths[base],
                backs=strengths[back_of],
                credibility=credibility,
                variants=known,
            )
        )
        if own:
            seeds = run(
                "seeds",
                pairs=pairs,
                credibility=credibility,
                named_seeds=named_seeds,
                persons=persons,
                variants=known,
            )
            if model.formulas != "v1":
                seeds = engine.hold(seeds)
            edges = engine.hold(run("edges", pairs=pairs, seeds=seeds, variants=known))
            graph = {"trust": engine.hold(engine.trust(edges, bound)), "ranks": engine.hold(engine.rank(edges, bound))}
            graphs |= dict.fromkeys(own, graph if model.formulas == "v1" else {**graph, "seeds": seeds})
            del seeds, edges, graph
        weights = run("weights", pairs=pairs, variants=known, **graphs[base])
        if number == 0:
            now = weights
            if len(group) > 1:
                first = engine.table(variants.SCHEMA, rows[:1])
                now = run("weights", pairs=pairs, variants=first, **graphs[base])
        del pairs
        people = engine.hold(run("people", weights=weights))
        found["people"].append(people)
        found["engaged"].append(run("engaged", weights=weights, people=people))
        for part in engine.parts(weights):
            found["counted"].append(run("counted", weights=part, people=people))
            del part
        del weights
        needed = {name for later in groups[number + 1 :] for row in later for name in row[1:3]}
        for name in strengths.keys() - needed:
            del strengths[name], graphs[name]
    return {"weights": now} | {name: engine.together(frames) for name, frames in found.items()}


def in_memory(
    engine: Engine,
    model: Model,
    day: date,
    activity: Frame,
    account_states: Frame,
    counter_states: Frame,
    posts: Frame,
    post_actions: Frame,
    operator_list: Frame,
    persons: Frame,
    named_seeds: Frame,
    platforms: list[str],
) -> Evidence:
    """The evidence of one score date without a lake: nothing is written in between. See Evidence for the frames."""
    engine.know(
        *(activity, account_states, counter_states, posts, post_actions, operator_list, persons, named_seeds),
        *(platforms_table(engine, platforms), variants_table(engine, model, day)),
    )
    gone = excluded(engine, account_states, operator_list, persons, day)
    acted = acts(engine, activity, posts, gone, persons, model, day)
    credible = credibility(engine, account_states, persons, model, day)
    return Evidence(
        engine=engine,
        day=day,
        model=model,
        activity=activity,
        named_seeds=named_seeds,
        acts=acted,
        **moved(engine, acted, credible, named_seeds, persons, model, day),
        account_states=account_states,
        counter_states=counter_states,
        post_actions=post_actions,
        posts=posts,
        operator_list=operator_list,
        persons=persons,
        platforms=platforms,
        facts={},
    )


# The measures --------------------------------------------------------------------------------------------------------


def reach(evidence: Evidence) -> Frame:
    """True Reach: sql/reach.sql. One row per variant, platform, person_id; unit people."""
    return evidence.run("reach", counted=evidence.counted, people=evidence.people)


def network(evidence: Evidence) -> Frame:
    """Network Influence: sql/network.sql. One row per variant, platform, person_id; 0 to 100."""
    return evidence.run("network", counted=evidence.counted)


def amplification(evidence: Evidence) -> Frame:
    """Amplification Probability: sql/amplification.sql. One row per variant, platform, person_id with a post."""
    return evidence.run(
        "amplification",
        posts=evidence.posts,
        post_actions=evidence.post_actions,
        excluded=evidence.excluded,
        persons=evidence.persons,
        credibility=evidence.credibility,
        variants=evidence.variants,
    )


# What they are worth -------------------------------------------------------------------------------------------------


def platform_score(evidence: Evidence, reach: Frame, amplification: Frame, network: Frame) -> Frame:
    """What each person's evidence is worth on each platform: sql/platform_score.sql, with its sampling variance."""
    counters = evidence.run(
        "counters",
        counter_states=evidence.counter_states,
        variants=evidence.variants,
        excluded=evidence.excluded,
        persons=evidence.persons,
    )
    sources = platforms_table(evidence.engine, evidence.platforms)
    return evidence.run(
        "platform_score",
        reach=reach,
        network=network,
        amplification=amplification,
        spread=evidence.run("spread", acts=evidence.acts, weights=evidence.weights, variants=evidence.variants),
        counters=counters,
        platforms=evidence.run("platforms", sources=sources, posts=evidence.posts, acts=evidence.acts),
    )


def score(evidence: Evidence, platform_score: Frame) -> Frame:
    """The scores of every variant: sql/score.sql. One row per variant, person_id."""
    return evidence.run(
        "score",
        platform_score=platform_score,
        engaged=evidence.engaged,
        scale=scale(evidence.engine, evidence.model),
    )


def scored(evidence: Evidence) -> tuple[Frame, Frame]:
    """platform_score and score from the evidence alone."""
    by_platform = platform_score(evidence, reach(evidence), amplification(evidence), network(evidence))
    return by_platform, score(evidence, by_platform)


def scale(engine: Engine, model: Model) -> Frame:
    """The pieces of the model's map g: g(x) = value + slope * (x - above) for above <= x < upto."""
    knots = list(zip(model.parameters["map_from"], model.parameters["map_to"], strict=True))
    pieces = [(x, following, y, (upper - y) / (following - x)) for (x, y), (following, upper) in pairwise(knots)]
    pieces[-1] = (pieces[-1][0], 2.0, *pieces[-1][2:])  # the last one includes its end
    return engine.table(_SCALE, pieces)


def other_models(evidence: Evidence) -> dict[int, Model]:
    """days_before -> the model that was in force then, where it is another one than on the score date."""
    days_before, model = evidence.model.parameters["days_before"], evidence.model
    if evidence.day < model.since:
        return {}  # this day was asked to be scored by a later model: so is the day that it is compared with
    then = {days: model.on(evidence.day - timedelta(days)) for days in days_before}
    return {days: earlier for days, earlier in then.items() if earlier is not model}


def earlier_scores(evidence: Evidence, models: dict[int, Model]) -> Frame:
    """The scores of earlier days by the models of those days, from what is stored now: (days_before, person_id, score, unheld).

    models: see other_models. As a new model is in force for longer than it looks back, there are none, and this costs nothing.
    """
    engine = evidence.engine
    found = [engine.table(_EARLIER, [])]
    for days, model in models.items():
        past = in_memory(
            engine,
            variants.score_alone(model),
            evidence.day - timedelta(days),
            activity=evidence.activity,
            account_states=evidence.account_states,
            counter_states=evidence.counter_states,
            posts=evidence.posts,
            post_actions=evidence.post_actions,
            operator_list=evidence.operator_list,
            persons=evidence.persons,
            named_seeds=evidence.named_seeds,
            platforms=evidence.platforms,
        )
        found.append(engine.run("earlier_scores", {"before": days}, score=scored(past)[1]))
    return engine.together(found)


def published(evidence: Evidence, platform_score: Frame, score: Frame) -> dict[str, Frame]:
    """The tables of people that analysts see, by name."""
    others = other_models(evidence)
    days_before = evidence.model.parameters["days_before"]
    horizons = evidence.engine.table(_HORIZONS, [(days, days in others) for days in days_before])
    scores = evidence.run("scores", score=score, platform_score=platform_score)
    return {
        "scores": scores,
        "accounts": evidence.run(
            "scored_accounts",
            scores=scores,
            account_states=evidence.account_states,
            persons=evidence.persons,
            excluded=evidence.excluded,
        ),
        "platform_scores": evidence.run("platform_scores", platform_score=platform_score),
        "score_explanations": evidence.run("score_explanations", score=score, platform_score=platform_score),
        "score_changes": evidence.run(
            "score_changes", score=score, horizons=horizons, earlier=earlier_scores(evidence, others)
        ),
        "influences": evidence.run("influences", score=score, weights=evidence.weights),
    }
