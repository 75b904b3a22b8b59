"""The attack suite: injects bought and faked engagement into real or invented data, and says how far up it leads.

Every attack brings fresh accounts of its own and one account that is to profit, so that all can be injected at once: none acts
on another's accounts. Real people occur where an attack needs them: as those who are replied to, mentioned with, or bribed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clout.lake.schemas import TIME
from clout.research import dataset
from clout.research.dataset import Dataset
from clout.score import steps
from clout.score.model import Model

#: Days over which an attack is spread: the newest of the window.
DAYS = 7
#: Age of fresh accounts on the score date, where the platform shows ages.
FRESH_DAYS = 3
#: Share of the ranking that no attack may enter.
TOP = 0.05


@dataclass(frozen=True)
class Attack:
    """name; profiteer: the account that is to rise; acts: (actor, target, kind, n in all).

    ages: of accounts that are not fresh, days on the score date. days: over how many of the newest days the acts are spread.
    persons: (account, person) of accounts that one person has. Accounts are named platform:attack-..., but for real ones.
    """

    name: str
    profiteer: str
    acts: list[tuple[str, str, str, int]]
    posts_a_day: int = 1
    ages: Mapping[str, int] = field(default_factory=dict)
    days: int = DAYS
    persons: tuple[tuple[str, str], ...] = ()

    @property
    def accounts(self) -> list[str]:
        """The attacker's: those made for the attack, and the profiteer."""
        named = dict.fromkeys(key for act in self.acts for key in act[:2] if is_made(key))
        return [*named, *([] if self.profiteer in named else [self.profiteer])]


def is_made(account: str) -> bool:
    """Whether an attack made this account."""
    return ":attack-" in account


def suite(clean: Dataset, trusted: list[str], seed: int = 0) -> list[Attack]:
    """The attacks of sql/README.md, on the platform where most is going on. trusted: accounts that can be bribed."""
    platform = busiest(clean)
    draw = np.random.default_rng(seed)
    mine = pc.equal(clean.activity["platform"], platform)
    people = sorted(set(clean.activity.filter(mine)["actor"].to_pylist()))

    def some(among: list[str], number: int) -> list[str]:
        return [among[i] for i in draw.permutation(len(among))[:number]]

    def fresh(name: str, number: int) -> list[str]:
        return [f"{platform}:attack-{name}-{i}" for i in range(number)]

    def pod(name: str, size: int, times: int) -> Attack:
        members = fresh(name, size)
        acts = [(a, u, "share", times) for a in members for u in members if a != u]
        return Attack(f"mutual pod, {size} x {times}", members[0], acts)

    def socks(name: str, number: int, times: int, bribed: int = 0) -> Attack:
        boss, *accounts = fresh(name, number + 1)
        acts = [(a, boss, "share", times) for a in accounts]
        title = f"{number:,} sock puppets x {times}" if not bribed else f"{number:,} socks, {bribed} trusted bribed"
        return Attack(title, boss, [*acts, *((a, boss, "share", 1) for a in some(trusted, bribed))])

    def farm(name: str, bottom: int, middle: int) -> Attack:
        boss, *accounts = fresh(name, 1 + middle + bottom)
        upper, lower = accounts[:middle], accounts[middle:]
        acts = [(a, upper[i % middle], "share", DAYS) for i, a in enumerate(lower)]
        return Attack(f"farm, {bottom:,} > {middle} > 1", boss, [*acts, *((a, boss, "share", DAYS) for a in upper)])

    (bot,) = fresh("bot", 1)
    asked = some(people, 1000)
    answers = [(a, bot, "reply", 1) for a in asked[: len(asked) // 100]]
    (loud,) = fresh("loud", 1)
    (absent,) = fresh("absent", 1)
    dormant, *service = fresh("dormant", 21)
    circle = [act for a in service for act in ((a, dormant, "reply", 50), (dormant, a, "reply", 50))]
    return [
        pod("pod50", 50, 20),
        pod("pod200", 200, 5),
        socks("socks200", 200, 10),
        socks("socks1000", 1000, 1),
        farm("farm1000", 1000, 100),
        farm("farm5000", 5000, 500),
        Attack("reply bot, 1 % answer", bot, [*((bot, u, "reply", 1) for u in asked), *answers]),
        Attack("broadcaster, no answers", loud, [(loud, u, "mention", 5) for u in some(people, 1000)], 100),
        Attack("mentioned but absent", absent, [(a, absent, "mention", 1) for a in some(people, 500)], 0),
        Attack("revived, auto-replies", dormant, circle, ages={dormant: 3000}),
        socks("bribed1", 1000, 1, 1),
        socks("bribed5", 1000, 1, 5),
    ]


def inject(clean: Dataset, attacks: list[Attack], day: date) -> Dataset:
    """The data with the attacks in it, each spread over so many of its last days as it asks for."""
    every = sorted(set(clean.activity["ds"].to_pylist()))
    activity, actions, posts = [], [], []
    for attack in attacks:
        days = every[-attack.days :]
        for each in days:
            posts += [(each, attack.profiteer, f"{attack.profiteer}-{each}-{n}") for n in range(attack.posts_a_day)]
        for i, (actor, target, kind, n) in enumerate(attack.acts):
            for each, times in _spread(n, days, i):
                activity.append((each, platform_of(actor), actor, target, kind, times, None))
                if target == attack.profiteer and attack.posts_a_day and kind != "mention":
                    actions.append((each, platform_of(actor), f"{target}-{each}-0", actor))
    made = {key: attack.ages.get(key, FRESH_DAYS) for attack in attacks for key in attack.accounts if is_made(key)}
    states = clean.account_states
    changes: dict[str, Any] = {"activity": extended(clean.activity, activity, clean.activity.schema.names)}
    if states["created_at"].null_count < len(states):
        now = datetime.combine(day, datetime.min.time())
        rows = [
            (day, key, platform_of(key), "person", now - timedelta(days=age), "active") for key, age in made.items()
        ]
        names = ["ds", "account_key", "platform", "account_type", "created_at", "status"]
        changes["account_states"] = extended(states, rows, names)
    if len(clean.posts):
        shown = [
            (
                key,
                author,
                "original",
                datetime.combine(each, datetime.min.time()),
                False,
                True,
                platform_of(author),
                each,
            )
            for each, author, key in posts
        ]
        changes["posts"] = extended(clean.posts, shown, clean.posts.schema.names)
        changes["post_actions"] = extended(clean.post_actions, actions, ["ds", "platform", "post_key", "actor"])
    known = set(clean.persons["account_key"].to_pylist())
    linked = sorted({row for attack in attacks for row in attack.persons if row[0] not in known})
    if linked:
        changes["persons"] = extended(clean.persons, linked, ["account_key", "person_id"])
    platforms = {*clean.sources["platform"].to_pylist(), *map(platform_of, made), *(row[1] for row in activity)}
    changes["sources"] = steps.sources_table(platforms)
    return replace(clean, **changes)


def platform_of(account: str) -> str:
    """The platform of an account key."""
    return account.partition(":")[0]


def _spread(n: int, days: list[date], turn: int) -> Iterator[tuple[date, int]]:
    """n acts over the days as evenly as they go; the odd ones begin on another day each turn."""
    for i, day in enumerate(days):
        times = n // len(days) + ((i - turn) % len(days) < n % len(days))
        if times:
            yield day, times


def busiest(clean: Dataset) -> str:
    """The platform with most rows of activity."""
    counts = clean.activity["platform"].value_counts().to_pylist()
    return max(counts, key=lambda each: (each["counts"], each["values"]))["values"]


def extended(table: pa.Table, rows: list[tuple], names: list[str]) -> pa.Table:
    """The table and rows of these columns; NULL in the others."""
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {name: () for name in names}
    new = [
        pa.nulls(len(rows), field.type)
        if field.name not in columns
        else pa.array(columns[field.name], pa.timestamp("us") if field.type == TIME else field.type).cast(field.type)
        for field in table.schema
    ]
    return pa.concat_tables([table, pa.table(new, schema=table.schema)])


def configurations(model: Model) -> dict[str, Model]:
    """The model without any defence, with each one alone, and with all."""
    defences = dataset.DEFENCES[model.formulas]
    alone = {
        name: {key: value for other, off in defences.items() if other != name for key, value in off.items()}
        for name in defences
    }
    models = {name: dataset.overlaid(model, numbers) for name, numbers in alone.items()}
    return {"none": dataset.undefended(model), **models, "all": model}


def ranks(attacks: list[Attack], attacked: Dataset, candidates: list[str], model: Model, day: date) -> dict[str, int]:
    """The place that each attack's profiteer takes among the candidates; who shares a score with others comes first."""
    table = dataset.scored(dataset.build_evidence(attacked, model, day))
    found = dict(zip(table["person_id"].to_pylist(), table["raw_score"].to_pylist(), strict=True))
    others = np.array([found.get(person, 1.0) for person in candidates])
    return {each.name: 1 + int((others > found.get(each.profiteer, 1.0)).sum()) for each in attacks}


def bribable(clean: Dataset, model: Model, day: date) -> list[str]:
    """Trusted accounts that act on others, in order of their keys."""
    weights = dataset.build_evidence(clean, model, day).arrow("weights")
    mine = pc.field("trusted") & (pc.field("platform") == busiest(clean))
    return sorted(set(weights.filter(mine)["actor"].to_pylist()))
