"""The leverage of an attack: the people that its target is credited with, for each honest person who really acted.

    leverage = (True Reach with the attack - True Reach without it) / max(1, honest people)

honest people: distinct real people, the target not among them, who acted on any account of the attacker's, of their own accord
or for money. What costs honest people's acts is engagement, hence a leverage of 1 is the honest price and no attack.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clout.research import attacks, dataset
from clout.research.attacks import Attack
from clout.research.dataset import Dataset
from clout.score.model import Model
from clout.score.plan import Plan

#: What is told of each attack.
Effect = dict[str, float]
_BY_PERSON = "SELECT actor, max({worth}) FROM weights WHERE variant = 'now' AND trusted IS NOT NULL GROUP BY actor"


@dataclass(frozen=True)
class Standing:
    """Where everybody stands: raw_score and true_reach by person; trust of who acted, 0 to 1, where somebody is a seed."""

    score: Mapping[str, float]
    reach: Mapping[str, float]
    trust: Mapping[str, float]
    evidence: Plan


def standing(data: Dataset, model: Model, day: date) -> Standing:
    """Everybody's score, reach and trust by the model."""
    evidence = dataset.build_evidence(data, model, day)
    table = dataset.scored(evidence)
    people = table["person_id"].to_pylist()
    score, reach = (dict(zip(people, table[name].to_pylist(), strict=True)) for name in ("raw_score", "true_reach"))
    return Standing(score, reach, trust_of_actors(evidence.resolve("weights")), evidence)


def trust_of_actors(weights: pa.Table) -> dict[str, float]:
    """How far each actor is trusted, 0 to 1: by amount where the model has one, else whether at all. Only where seeds are."""
    worth = "CAST(trusted AS DOUBLE)"
    if "trusted_weight" in weights.column_names:
        worth = "least(1, coalesce(trusted_weight / nullif(weight, 0), 0))"
    with duckdb.connect() as connection:
        connection.register("weights", weights)
        return dict(connection.execute(_BY_PERSON.format(worth=worth)).fetchall())


def amounts(evidence: Plan) -> dict[str, float]:
    """person -> trust as the model computes it for the score date: an amount that may exceed 1, or 1 for who is trusted."""
    found = evidence.of_variants(evidence.resolve("variants")).arrow("trust")
    amount = found["trust"] if "trust" in found.column_names else found["trusted"].cast(pa.float64())
    rows = zip(found["person_id"].to_pylist(), amount.to_pylist(), strict=True)
    return {person: worth for person, worth in rows if worth}


def persons(clean: Dataset) -> dict[str, str]:
    """account -> person, of accounts that are one of several of a person."""
    return dict(zip(clean.persons["account_key"].to_pylist(), clean.persons["person_id"].to_pylist(), strict=True))


def honest_people(attack: Attack, clean: Dataset) -> int:
    """How many distinct real people acted on the attacker's accounts, in the attack or before it."""
    person = dict(attack.persons) | persons(clean)
    mine = attack.accounts
    acted = {actor for actor, target, *_ in attack.acts if not attacks.is_made(actor)}
    real = [key for key in mine if not attacks.is_made(key)]
    if real:
        before = clean.activity.filter(pc.is_in(clean.activity["target"], pa.array(real)))
        acted |= set(before["actor"].to_pylist())
    people = {person.get(actor, actor) for actor in acted}
    return len(people - {person.get(key, key) for key in mine})


def effects(
    suite: list[Attack],
    clean: Dataset,
    before: Standing,
    candidates: Iterable[str],
    model: Model,
    day: date,
) -> tuple[dict[str, Effect], Standing]:
    """Of each attack, all injected at once: rank, percentile, people, honest, leverage; and where everybody stands then.

    rank: the place of the profiteer among the candidates, before whom who has the same score comes; percentile: from the top.
    people: how many more the profiteer is credited with than in `before`, which is the clean data by the same model.
    """
    after = standing(attacks.inject(clean, suite, day), model, day)
    scores = np.array([after.score.get(person, 1.0) for person in candidates])
    known = persons(clean)
    found = {}
    for each in suite:
        key = (dict(each.persons) | known).get(each.profiteer, each.profiteer)
        rank = 1 + int((scores > after.score.get(key, 1.0)).sum())
        people = after.reach.get(key, 0.0) - before.reach.get(key, 0.0)
        honest = honest_people(each, clean)
        found[each.name] = {
            "rank": rank,
            "percentile": round(100 * rank / (len(scores) + 1), 2),
            "leverage": round(people / max(1, honest), 3),
            "people": round(people, 3),
            "honest": honest,
        }
    return found, after
