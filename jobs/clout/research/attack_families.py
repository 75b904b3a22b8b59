"""Families of attacks: generators with random sizes, ages, timings and numbers of honest acts.

A family makes one attack of a crowd of real people, a number of socks and a number of honest people who act on the attacker's
accounts. What else it needs it draws. Some families are kept out of tuning, and judging draws other numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from clout.research import attacks, leverage
from clout.research.attacks import Attack
from clout.research.dataset import Dataset
from clout.research.leverage import Standing

#: How many honest people act on the attacker's accounts.
HONEST = (1, 3, 10)
#: Socks of an attack, at least and at most; and those of a thorough run.
SIZES = (20, 10_000)
ALL_SIZES = (20, 100, 300, 1000, 3000, 10_000)
#: Which share of those who act and are trusted is called highly trusted, and how many at least.
HIGHLY, AT_LEAST = 0.01, 40
#: Another platform, on which nobody but the attack is.
ELSEWHERE = "elsewhere"

Acts = list[tuple[str, str, str, int]]


@dataclass(frozen=True)
class Crowd:
    """Whom an attack can meet on a platform. actors: all who act; trusted: those with most trust, or all where nobody has any;
    little_known: trusted people on whom few act; celebrities: on whom most act. person: of accounts that are one of several.
    days: how many the data has. taken: who is drawn already.
    """

    platform: str
    actors: list[str]
    trusted: list[str]
    little_known: list[str]
    celebrities: list[str]
    person: dict[str, str]
    days: int
    taken: set[str]

    def some(self, among: list[str], number: int, draw: np.random.Generator) -> list[str]:
        """So many of them whom no attack has drawn: an act dilutes what other acts of the same person pass on.

        Of all of them where too few are left, and all where there are fewer.
        """
        free = [person for person in among if person not in self.taken]
        if len(free) < number:
            free = among
        chosen = [free[i] for i in draw.permutation(len(free))[:number]]
        self.taken.update(chosen)
        return chosen


def crowd(clean: Dataset, now: Standing) -> Crowd:
    """The crowd of the busiest platform, with what trust it has by the model."""
    platform = attacks.busiest(clean)
    audience: dict[str, set[str]] = {}
    acts: set[str] = set()
    for where, actor, target in zip(*(clean.activity[name].to_pylist() for name in _WHO), strict=True):
        if where == platform:
            acts.add(actor)
            audience.setdefault(target, set()).add(actor)
    person = leverage.persons(clean)
    worth = leverage.amounts(now.evidence)
    amount = {account: worth.get(person.get(account, account), 0.0) for account in acts}
    # Where nobody is a seed nobody has trust, and all are alike.
    having = [account for account in acts if amount[account]] or acts
    trusted = sorted(having, key=lambda each: (-amount[each], each))
    highly = max(AT_LEAST, round(HIGHLY * len(trusted)))
    by_audience = sorted(audience, key=lambda each: (-len(audience[each]), each))
    return Crowd(
        platform,
        sorted(acts),
        trusted[:highly],
        [account for account in trusted if len(audience.get(account, ())) <= LITTLE],
        by_audience[:CELEBRITIES],
        person,
        len(set(clean.activity["ds"].to_pylist())),
        set(),
    )


_WHO = ("platform", "actor", "target")
#: On how many people at most a little known person has an audience, and how many celebrities there are.
LITTLE, CELEBRITIES = 10, 50


class Asked(NamedTuple):
    """What a family is asked for: whom it can meet, luck, the socks, how many honest people, and a name for its accounts."""

    crowd: Crowd
    draw: np.random.Generator
    socks: int
    honest: int
    key: str

    def account(self, number: int | str, platform: str = "") -> str:
        """One of the attacker's accounts."""
        return f"{platform or self.crowd.platform}:attack-{self.key}-{number}"

    def gang(self) -> list[str]:
        """The socks."""
        return [self.account(number) for number in range(self.socks)]

    def people(self, among: list[str], number: int = 0) -> list[str]:
        """Honest people, as many as asked for."""
        return self.crowd.some(among, number or self.honest, self.draw)

    def made(self, profiteer: str, acts: Acts, **more: object) -> Attack:
        """The attack, with ages and days by luck."""
        kind = AGES[int(self.draw.integers(len(AGES)))]
        named = sorted({key for act in acts for key in act[:2] if attacks.is_made(key)} | {profiteer})
        ages = self.draw.integers(kind[0], kind[1] + 1, len(named)).tolist()
        days = int(self.draw.choice([each for each in DAYS if each <= self.crowd.days]))
        asked = {"ages": dict(zip(named, ages, strict=True)), "days": days} | more
        return Attack(self.key, profiteer, acts, **asked)  # type: ignore[arg-type]


#: Ages of accounts in days, from and to, and over how many days acts are spread.
AGES = ((0, 5), (10, 40), (400, 3000))
DAYS = (1, 3, 7, 30)


def _foothold(asked: Asked, among: list[str]) -> Attack:
    """Honest acts on the boss, on a sock that acts on all others, on a few or on very many; all socks act on the boss."""
    boss, gang = asked.account("boss"), asked.gang()
    acts: Acts = [(sock, boss, "share", 1) for sock in gang]
    honest = asked.people(among)
    landing = int(asked.draw.integers(4))
    if landing == 0:
        acts += [(person, boss, "share", 1) for person in honest]
    elif landing == 1:
        acts += [(person, gang[0], "share", 1) for person in honest]
        acts += [(gang[0], sock, "share", 1) for sock in gang[1:]]
    else:
        most = min(len(gang), 10 if landing == 2 else 300)
        acts += [(person, gang[i], "share", 1) for person in honest for i in asked.draw.permutation(len(gang))[:most]]
    return asked.made(boss, acts)


def _by_highly_trusted(asked: Asked) -> Attack:
    """A foothold by highly trusted people."""
    return _foothold(asked, asked.crowd.trusted)


def _by_anybody(asked: Asked) -> Attack:
    """A foothold by random people who act."""
    return _foothold(asked, asked.crowd.actors)


def _self_thanking(asked: Asked) -> Attack:
    """A trusted, little known person acts on own socks, and they on that person. Nobody else is asked."""
    (person,) = asked.people(asked.crowd.little_known or asked.crowd.trusted, 1)
    acts: Acts = [act for sock in asked.gang() for act in ((sock, person, "share", 1), (person, sock, "share", 1))]
    return asked.made(person, acts, posts_a_day=0)


def _elected_seeds(asked: Asked) -> Attack:
    """Socks with two targets each elect two fakes as seeds; one of them profits. Honest people act on a fake."""
    fakes = [asked.account("boss"), asked.account("fake")]
    acts: Acts = [(sock, fake, "share", 1) for sock in asked.gang() for fake in fakes]
    acts += [(fakes[1], fakes[0], "share", 1)]
    acts += [(person, fakes[1], "share", 1) for person in asked.people(asked.crowd.actors)]
    return asked.made(fakes[0], acts)


def _ring(asked: Asked) -> Attack:
    """A ring whose members act on their neighbours, on the boss, and on celebrities as everybody does."""
    boss, gang = asked.account("boss"), asked.gang()
    width = min(int(asked.draw.integers(2, 11)), len(gang) - 1)
    acts: Acts = []
    for i, sock in enumerate(gang):
        acts += [(sock, gang[(i + step) % len(gang)], "share", 1) for step in range(1, width + 1)]
        acts += [(sock, boss, "share", 1), (boss, sock, "like", 1)]
        acts += [(sock, asked.crowd.celebrities[j], "share", 1) for j in asked.draw.permutation(_few(asked))[:3]]
    landed = asked.draw.permutation(len(gang))
    acts += [
        (person, gang[i], "share", 1) for person, i in zip(asked.people(asked.crowd.trusted), landed, strict=False)
    ]
    return asked.made(boss, acts)


def _few(asked: Asked) -> int:
    return len(asked.crowd.celebrities)


def _thread(asked: Asked) -> Attack:
    """A thread under a celebrity's post: whoever replies mentions all who are in it, thirty socks among them."""
    boss, gang = asked.account("boss"), asked.gang()
    thread = gang[:30]
    celebrity = asked.crowd.celebrities[int(asked.draw.integers(_few(asked)))]
    acts: Acts = [(sock, boss, "reply", 1) for sock in gang]
    acts += [(sock, celebrity, "reply", 1) for sock in gang]
    acts += [(sock, other, "mention", 1) for sock in thread for other in thread if other != sock]
    for person in asked.people(asked.crowd.trusted):
        acts += [(person, celebrity, "reply", 1), *((person, sock, "mention", 1) for sock in thread)]
    return asked.made(boss, acts)


def _panel(asked: Asked) -> Attack:
    """Real people are paid for one act each: ten for each honest act that other families have, and no sock."""
    boss = asked.account("boss")
    return asked.made(
        boss, [(person, boss, "share", 1) for person in asked.people(asked.crowd.actors, 10 * asked.honest)]
    )


def _spam(asked: Asked) -> Attack:
    """A bot that replies to all real people, of whom one in a hundred answers; its socks act on it, it on them."""
    bot, gang = asked.account("bot"), asked.gang()
    asked_people = asked.crowd.actors
    answers = asked.people(asked_people, max(1, len(asked_people) // 100))
    acts: Acts = [(bot, person, "reply", 1) for person in asked_people]
    acts += [(person, bot, "reply", 1) for person in answers]
    acts += [act for sock in gang for act in ((sock, bot, "reply", 1), (bot, sock, "reply", 1))]
    return asked.made(bot, acts)


def _several_platforms(asked: Asked) -> Attack:
    """Honest people, each with linked accounts on three platforms, act on the boss on each; socks do on one."""
    platforms = ["", ELSEWHERE, f"{ELSEWHERE}2"]
    boss = [asked.account("boss", where) for where in platforms]
    acts: Acts = [(sock, boss[0], "share", 1) for sock in asked.gang()]
    persons = [(key, boss[0]) for key in boss]
    for i, person in enumerate(asked.people(asked.crowd.actors)):
        linked = [person, *(f"{where}:{asked.key}-friend-{i}" for where in platforms[1:])]
        persons += [(key, asked.crowd.person.get(person, person)) for key in linked]
        acts += [(key, target, "share", 1) for key, target in zip(linked, boss, strict=True)]
    return asked.made(boss[0], acts, persons=tuple(persons))


def _drip(asked: Asked) -> Attack:
    """Old accounts act over all the days, on the boss and on a few celebrities, as unhurried fans would."""
    boss, gang = asked.account("boss"), asked.gang()
    acts: Acts = []
    for sock in gang:
        acts += [(sock, asked.crowd.celebrities[j], "share", 1) for j in asked.draw.permutation(_few(asked))[:2]]
        acts += [(sock, boss, "share", int(asked.draw.integers(1, 4)))]
    acts += [
        (person, gang[int(asked.draw.integers(len(gang)))], "share", 1) for person in asked.people(asked.crowd.trusted)
    ]
    ages = dict(zip([boss, *gang], asked.draw.integers(400, 3000, len(gang) + 1).tolist(), strict=True))
    return asked.made(boss, acts, ages=ages, days=10_000)


def _relay(asked: Asked) -> Attack:
    """Honest acts land on the root of a tree of socks, each of which acts on ten more; all act on the boss."""
    boss, gang = asked.account("boss"), asked.gang()
    acts: Acts = [(gang[(i - 1) // 10], sock, "share", 1) for i, sock in enumerate(gang) if i]
    acts += [(sock, boss, "share", 1) for sock in gang]
    acts += [(person, gang[0], "share", 1) for person in asked.people(asked.crowd.trusted)]
    return asked.made(boss, acts)


def _topped_up(asked: Asked) -> Attack:
    """A panel of real people on the boss, topped up with socks who act on what the panel acts on."""
    boss, gang = asked.account("boss"), asked.gang()
    panel = asked.people(asked.crowd.actors, 3 * asked.honest)
    acts: Acts = [(person, boss, "share", 1) for person in panel]
    acts += [(sock, boss, "share", 2) for sock in gang]
    acts += [(sock, panel[i % len(panel)], "like", 1) for i, sock in enumerate(gang)]
    return asked.made(boss, acts)


def _without_seeds(asked: Asked) -> Attack:
    """Socks that also act on a platform where nobody is a seed; a boss with an account on each; honest acts on the one here."""
    boss = [asked.account("boss"), asked.account("boss", ELSEWHERE)]
    acts: Acts = []
    persons = [(key, boss[0]) for key in boss]
    for number, sock in enumerate(asked.gang()):
        there = asked.account(number, ELSEWHERE)
        persons += [(sock, sock), (there, sock)]
        acts += [(sock, boss[0], "share", 1), (there, boss[1], "share", 1)]
    acts += [(person, boss[0], "share", 1) for person in asked.people(asked.crowd.trusted)]
    return asked.made(boss[0], acts, persons=tuple(persons))


Family = Callable[[Asked], Attack]
#: For tuning and for judging.
FAMILIES: dict[str, Family] = {
    "foothold by the trusted": _by_highly_trusted,
    "foothold by anybody": _by_anybody,
    "self-thanking": _self_thanking,
    "elected seeds": _elected_seeds,
    "ring sharing celebrities": _ring,
    "viral thread": _thread,
    "panel of real people": _panel,
    "spam flood": _spam,
    "one person, three platforms": _several_platforms,
    "slow drip, aged": _drip,
}
#: For judging alone.
HELD_OUT: dict[str, Family] = {
    "relay tree": _relay,
    "panel, topped up with socks": _topped_up,
    "platform without seeds": _without_seeds,
}
#: Those that change for others who is trusted or who is a seed: they are injected alone.
ALONE = ("elected seeds", "spam flood", "platform without seeds")
#: The sets, each with its families and the seed of its luck.
SETS: dict[str, tuple[dict[str, Family], int]] = {"tuning": (FAMILIES, 1), "judging": (FAMILIES | HELD_OUT, 2)}


def drawn(crowd: Crowd, families: str, thorough: bool = False) -> Iterator[tuple[str, list[Attack]]]:
    """The attacks of a set, by family, in groups that are to be injected together.

    One attack for each number of honest people, of a random size; of families that are injected alone for the least number.
    thorough: for each number of honest people and each of ALL_SIZES.
    """
    chosen, seed = SETS[families]
    for number, (family, make) in enumerate(chosen.items()):
        draw = np.random.default_rng([seed, number])
        alone = family in ALONE
        numbers = HONEST if thorough or not alone else HONEST[:1]
        for size in ALL_SIZES if thorough else (None,):
            crowd.taken.clear()
            group = []
            for honest in numbers:
                socks = size or round(float(np.exp(draw.uniform(*np.log(SIZES)))))
                asked = Asked(crowd, draw, socks, honest, f"{families}{number}-{socks}-{honest}")
                group.append(_named(make(asked), family, asked))
            for together in [[each] for each in group] if alone else [group]:
                yield family, together


def _named(attack: Attack, family: str, asked: Asked) -> Attack:
    name = f"{family}: {asked.socks:,} socks, {asked.honest} honest"
    return replace(attack, name=name)
