"""The worlds in which attacks are judged: ages of accounts shown or not, seeds of trust named by the operator or elected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from clout.research import attack_families, attacks, evaluation, leverage
from clout.research.dataset import Dataset
from clout.research.leverage import Standing
from clout.score.model import Model

#: How old real accounts are where a platform that shows no ages is imagined to: days.
OLD = 1000
#: How many seeds an operator names: the people on whom most act.
NAMED = 50


@dataclass(frozen=True)
class Environment:
    """Whether the platform shows when accounts were made, and whether the operator names seeds."""

    ages: bool
    named: bool

    @property
    def name(self) -> str:
        """As it is called in tables."""
        return f"{'ages' if self.ages else 'no ages'}, {'named' if self.named else 'elected'}"

    def of(self, clean: Dataset, day: date) -> Dataset:
        """The data as it would be there. What shows ages, or names seeds, is left as it is."""
        states, shown = clean.account_states, as_it_is(clean)
        changes: dict[str, Any] = {}
        if shown.ages and not self.ages:
            at = states.schema.get_field_index("created_at")
            unknown = pa.nulls(len(states), states.schema.field(at).type)
            changes["account_states"] = states.set_column(at, states.schema.field(at), unknown)
        if self.ages and not shown.ages:
            known = set(states["account_key"].to_pylist())
            people = [set(clean.activity[name].to_pylist()) for name in ("actor", "target")]
            born = datetime.combine(day - timedelta(days=OLD), datetime.min.time())
            rows = [
                (day, key, attacks.platform_of(key), "person", born, "active")
                for key in sorted(set.union(*people) - known)
            ]
            names = ["ds", "account_key", "platform", "account_type", "created_at", "status"]
            changes["account_states"] = attacks.extended(states, rows, names)
        if shown.named and not self.named:
            changes["named_seeds"] = clean.named_seeds.slice(0, 0)
        if self.named and not shown.named:
            platform = attacks.busiest(clean)
            counts = dict(evaluation.query(clean.activity, _AUDIENCES))
            most = sorted(
                (key for key in counts if attacks.platform_of(key) == platform), key=lambda k: (-counts[k], k)
            )
            seeds = [(platform, key) for key in most[:NAMED]]
            changes["named_seeds"] = attacks.extended(clean.named_seeds, seeds, ["platform", "account_key"])
        return replace(clean, **changes)


_AUDIENCES = "SELECT target, count(DISTINCT actor) FROM activity GROUP BY target"
ENVIRONMENTS = tuple(Environment(ages, named) for ages in (False, True) for named in (False, True))


def as_it_is(clean: Dataset) -> Environment:
    """The environment of data as it was read."""
    born = clean.account_states["created_at"]
    return Environment(born.null_count < len(born), len(clean.named_seeds) > 0)


@dataclass(frozen=True)
class People:
    """Who is ranked, and by how many people each was shared later."""

    candidates: list[str]
    gain: np.ndarray

    def ndcg(self, now: Standing) -> dict[str, float | None]:
        """NDCG@100 of where they stand, of both gains: people, and ln(1 + people). None where nobody was shared."""
        if not self.gain.any():
            return {"ndcg100": None, "ndcg100_log": None}
        scores = np.array([now.score.get(person, 1.0) for person in self.candidates])
        gains = {"ndcg100": self.gain, "ndcg100_log": np.log1p(self.gain)}
        return {name: round(evaluation.ndcg(scores, gain), 6) for name, gain in gains.items()}


def attacked(
    clean: Dataset,
    environment: Environment,
    people: People,
    model: Model,
    day: date,
    families: str,
    thorough: bool = False,
    chosen_by: Model | None = None,
) -> dict[str, Any]:
    """What the random attacks bring in an environment, and NDCG@100 without them.

    chosen_by: the model by which attackers know whom others trust, else the one that is judged.
    trusted_share_change: by how many points the share of honest actors who are trusted differs with the attack, each counted
    as far as trusted; None where nobody is a seed.
    """
    there = environment.of(clean, day)
    before = leverage.standing(there, model, day)
    known = leverage.standing(there, chosen_by, day) if chosen_by else before
    found: dict[str, dict[str, Any]] = {}
    for family, group in attack_families.drawn(attack_families.crowd(there, known), families, thorough):
        effects, after = leverage.effects(group, there, before, people.candidates, model, day)
        moved = _trusted_share_change(before, after)
        for name, effect in effects.items():
            found[name] = {"family": family, **effect, "trusted_share_change": moved}
    return {**people.ndcg(before), "attacks": found}


def _trusted_share_change(before: Standing, after: Standing) -> float | None:
    people = before.trust.keys() & after.trust.keys()
    if not people:
        return None
    shares = [sum(now.trust[person] for person in people) / len(people) for now in (before, after)]
    return round(100 * (shares[1] - shares[0]), 4)


def worst(attacked_: Mapping[str, Any], figure: str = "leverage") -> dict[str, tuple[float, str]]:
    """family -> its largest figure, and the attack that has it."""
    found: dict[str, tuple[float, str]] = {}
    for name, effect in attacked_["attacks"].items():
        if effect[figure] is not None:
            found[effect["family"]] = max(found.get(effect["family"], (-np.inf, "")), (effect[figure], name))
    return found


def show(figures: Mapping[str, Any]) -> None:
    """Two tables: the largest leverage of each family in each environment, and what floods do to who is trusted."""
    names = list(figures["environments"])
    print(
        f"\nRandom attacks for {figures['families']}, model {figures['model']}: the most people for each honest person who"
        f" acted, by family.\n  {'':30}" + "".join(f"{name:>20}" for name in names)
    )
    by_name = {name: worst(found) for name, found in figures["environments"].items()}
    for family in by_name[names[0]]:
        print(f"  {family:30}" + "".join(f"{by_name[name].get(family, (np.nan,))[0]:>20.1f}" for name in names))
    for title, gain in (("NDCG@100, people", "ndcg100"), ("NDCG@100, ln", "ndcg100_log")):
        values = [figures["environments"][name][gain] for name in names]
        print(f"  {title:30}" + "".join(f"{'none' if each is None else f'{each:.3f}':>20}" for each in values))
    moved = [
        max(
            (abs(e["trusted_share_change"] or 0.0) for e in figures["environments"][name]["attacks"].values()),
            default=0.0,
        )
        for name in names
    ]
    print(f"  {'trusted share moves by, points':30}" + "".join(f"{each:>20.2f}" for each in moved))
