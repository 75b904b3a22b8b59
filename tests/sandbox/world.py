"""The invented world: people with a known true pull, and what they did on any day and any platform, as columns.

Deterministic: the people are drawn from the seed and their number, each day of a platform from these and the day alone, so
that any range of days gives the same. Nobody in it exists. Of what is known of real networks it has: audiences and activity
with heavy tails; people who act on everything and people who hardly ever do; fans who come back (each fan has a chance of
his own to act on a post, for ever); circles; fans whose idols are fans of theirs; followers who never do anything, so that
their number says little; posts of which few go far; young accounts.

**True pull** of a person: the expected number of distinct credible people who act on them when they post REFERENCE_POSTS
times, whatever they really post:  pull(u) = sum over credible fans a of 1 - (1 + p(a,u) / k)^(-k * REFERENCE_POSTS),  p the
chance of that fan on an average post, k the evenness of posts. Bots, young accounts and members of the same pod are no
credible people. On a platform a person has those fans who are there too; the pull is that of all fans.

It also holds what a score must not fall for: bots that like whatever they see, pods whose members act on each other's every
post, a joke that goes far once, a crowd that piles on a victim; and whom it must treat well: a calm leader, somebody on
holiday for three weeks, people with several accounts, minors, opt-outs and protected accounts of real pull.

As a program it writes exports of two platforms for the source `files`: `murmur`, which shows posts, and `plaza`, which does
not.

    python tests/sandbox/world.py FOLDER --days 2026-03-01..2026-03-14
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

SEED = 20260301
PEOPLE = 400  # of the world that a newcomer sees
FIRST_DAY = date(2026, 3, 1)
JOKE_DAY = date(2026, 3, 8)
PILE_ON_DAYS = (date(2026, 3, 10), date(2026, 3, 11))
HOLIDAY = (date(2026, 4, 20), date(2026, 5, 10))  # first and last day
LEAVING = datetime(2026, 3, 5, 6, tzinfo=UTC)  # when the first of those who leave do so

REFERENCE_POSTS = 30
USUAL_PACE = 0.3  # posts a day
EVENNESS = 2.0  # k: a post's luck is Gamma(k) with mean 1
JOKE_CROWD = 0.03  # of all people
LARGE = 10**7  # what has more rows is made anew rather than kept
PILE_ON_CROWD = 0.8  # of the pull of the calm leader

FIRST_NAMES = (
    *("Ada", "Bo", "Cleo", "Dara", "Eno", "Fay", "Gus", "Hana", "Ivo", "Jun", "Kai", "Lena", "Milo"),
    *("Noor", "Odd", "Pia", "Quin", "Rae", "Sol", "Tam", "Uma", "Vik", "Wren", "Xia", "Yara", "Zed"),
)
LAST_NAMES = (
    *("Alder", "Birk", "Cove", "Dune", "Elm", "Fell", "Glade", "Holt", "Isle", "Jura", "Knoll"),
    *("Loch", "Moor", "Nook", "Oak", "Pine", "Quay", "Reed", "Strand", "Tarn", "Vale", "Weir"),
)
KINDS = ("like", "reply", "share", "mention", "quote")
LIKE, REPLY, SHARE, MENTION, QUOTE = range(5)
KIND_SHARES = (0.58, 0.16, 0.16, 0.06, 0.04)
CALM_SHARES = (0.4, 0.0, 0.6, 0.0, 0.0)
HOSTILE_SHARES = (0.0, 0.6, 0.0, 0.15, 0.25)


@dataclass(frozen=True)
class Platform:
    """One platform: the share of the people who are on it, whether it shows posts, and how much more is posted there."""

    name: str
    share: float
    shows_posts: bool = True
    liveliness: float = 1.0


#: The order matters: a platform's place is part of what its days are drawn from. New ones go to the end.
PLATFORMS = {
    platform.name: platform
    for platform in (
        Platform("murmur", 1.0, liveliness=6.0),
        Platform("plaza", 0.4, shows_posts=False, liveliness=6.0),
        Platform("bluesky", 0.8, liveliness=4.0),
        Platform("mastodon", 0.7, liveliness=4.0),
        Platform("github", 0.4, liveliness=15.0),
        Platform("x", 0.7, liveliness=4.0),
        Platform("facebook", 1.0, liveliness=6.0),
        Platform("linkedin", 1.0, liveliness=6.0),
        Platform("commons", 1.0),
    )
}
#: Platforms on which people say which other accounts are theirs.
LINKABLE = ("bluesky", "mastodon", "github", "x")


@dataclass(frozen=True)
class Day:
    """What happened on one platform on one day, in order of time: posts (a row each), and acts on them.

    author, posted: who wrote each post and when, in Unix seconds. post: the row of the post acted on; actor, acted: by whom
    and when; kind: an index into KINDS. Nobody acts in the same way twice on one post.
    """

    author: np.ndarray
    posted: np.ndarray
    post: np.ndarray
    actor: np.ndarray
    acted: np.ndarray
    kind: np.ndarray

    @property
    def target(self) -> np.ndarray:
        """On whom each act was."""
        return self.author[self.post]


@dataclass(frozen=True)
class Fans:
    """Who may be moved by whom: the fans of person u are rows start[u] to start[u + 1], each with a chance a post."""

    start: np.ndarray
    fan: np.ndarray
    chance: np.ndarray

    @property
    def idol(self) -> np.ndarray:
        """Whose fan each row is."""
        return np.repeat(np.arange(self.start.size - 1, dtype=np.int32), np.diff(self.start))

    @cached_property
    def idols(self) -> tuple[np.ndarray, np.ndarray]:
        """The other way round: whose fan person a is, start[a] to start[a + 1]. Gives start and these people."""
        people = self.start.size - 1
        pair = self.fan * np.int64(people)
        pair += self.idol
        pair.sort()
        start = np.searchsorted(pair, np.arange(people + 1) * people)
        pair %= people
        return start, pair.astype(np.int32)


class World:
    """The people, and what they did on any day. Another luck is another course of the days, of the same people."""

    def __init__(self, seed: int = SEED, people: int = PEOPLE, luck: int = 0) -> None:
        self.seed, self.people, self.luck = seed, people, luck
        draw = np.random.default_rng([seed, people])
        self.posting = draw.lognormal(-1.1, 0.5, people)  # posts a day
        self.eagerness = draw.lognormal(0.0, 1.0, people)  # how readily they act on others
        self.charm = draw.lognormal(0.0, 0.4, people)  # how readily others act on them
        self._mark(draw)
        self.circle = draw.integers(0, 8 + people // 5_000, people)  # whom they mostly see
        self.present = {
            name: draw.random(people) < platform.share for name, platform in PLATFORMS.items()
        }  # platform: who is there
        self.fans = self._fans(draw)
        self.pull = self._pull()
        self._choose(draw)
        self.followers_count = (np.diff(self.fans.start) * draw.lognormal(1.5, 1.0, people)).astype(np.int64)
        self._chances = ("", np.empty(0))  # of one platform only: they are many

    def _mark(self, draw: np.random.Generator) -> None:
        """Who is what, drawn before anybody has fans: the marks say nothing of the pull."""
        people = self.people
        marks = draw.permutation(people)
        shares = (0.015, 0.025, 0.03, 0.03)
        cut = [0, *np.cumsum([max(1, round(share * people)) for share in shares]).tolist()]
        self.bots, self.minors, self.opted_out, self.protected = (
            set(marks[one:other].tolist()) for one, other in pairwise(cut)
        )
        marks = marks[cut[-1] :]
        self.excluded_by_operator = int(marks[0])
        some = max(1, people // 100)  # of each kind who leave the place they were at
        self.moved, self.suspended, self.closed = (
            {int(i): int(LEAVING.timestamp()) + 50_000 * (n % 20) for n, i in enumerate(marks[1 + k * some :][:some])}
            for k in range(3)
        )  # person: when
        marks = marks[1 + 3 * some :]
        size, pods = min(20, max(5, people // 40)), max(1, people // 5_000)
        self.pods = marks[: size * pods].reshape(pods, size)
        self.pod = np.full(people, -1)  # in which pod a person is; -1 for none
        self.pod[self.pods] = np.arange(pods)[:, None]
        self._plain = marks[size * pods :]
        everything = self._plain[: people // 50]
        self.eagerness[everything] *= 10.0  # they act on whatever they see
        self.eagerness[sorted(self.bots)] = 40.0
        self.charm[sorted(self.bots)] = 0.1
        self.posting[self.pods] = 1.0
        days = draw.integers(0, 4_300, people)  # since 2014-01-01: until October 2025
        self.fresh = draw.random(people) < 0.04
        days[self.fresh] = draw.integers(4_387, 4_440, people)[self.fresh]  # January and February 2026
        self.created_days = days + (date(2014, 1, 1) - date(1970, 1, 1)).days

    def _fans(self, draw: np.random.Generator) -> Fans:
        """Half of the fans are of the idol's circle; who follows many is a fan of many; some idols return it."""
        people = self.people
        wanted = draw.lognormal(np.log(6.0), 2.0, people)
        number = np.ceil(1 / (1 / wanted + 1 / (0.6 * people))).astype(np.int64)
        sociable = draw.lognormal(0.0, 0.7, people) * np.sqrt(self.eagerness)
        order = np.argsort(self.circle, kind="stable")
        weight = np.cumsum(sociable[order])
        edge = np.searchsorted(self.circle[order], np.arange(self.circle.max() + 2))
        ends = np.concatenate([[0.0], weight])[edge]
        idol = np.repeat(np.arange(people, dtype=np.int32), number)
        fan, near = np.empty_like(idol), np.empty(idol.size, dtype=bool)
        for rows in parts(idol.size):
            near[rows] = draw.random(near[rows].size) < 0.5
        for rows in parts(idol.size):
            circle = self.circle[idol[rows]]
            low, high = np.where(near[rows], ends[circle], 0.0), np.where(near[rows], ends[circle + 1], weight[-1])
            at = low + draw.random(circle.size) * (high - low)
            by_place = np.argsort(at)  # looked for in order, they are found in half the time
            found = np.searchsorted(weight, at[by_place])
            fan[rows][by_place] = order[np.minimum(found, people - 1)]
        pairs = []
        for rows in parts(idol.size):
            one, other = idol[rows].astype(np.int64), fan[rows].astype(np.int64)
            returned = draw.random(one.size) < 0.25 * np.minimum(1.0, number[other] / number[one])
            pairs += [(one * people + other)[one != other], (other * people + one)[returned & (one != other)]]
        del idol, fan, near
        pair = distinct(np.concatenate(pairs))
        del pairs
        fan, chance = np.empty(pair.size, dtype=np.int32), np.empty(pair.size)
        for rows in parts(pair.size):
            idols, fan[rows] = np.divmod(pair[rows], people)
            chances = 0.01 * self.eagerness[fan[rows]] * self.charm[idols] * draw.lognormal(0.0, 0.8, idols.size)
            chance[rows] = np.minimum(chances, 0.9)
        return Fans(np.searchsorted(pair, np.arange(people + 1) * people), fan, chance)

    def _pull(self) -> np.ndarray:
        """See the module's text."""
        doubtful = self.fresh.copy()
        doubtful[sorted(self.bots)] = True
        pull, everybodys = np.zeros(self.people), self.fans.idol
        for rows in parts(everybodys.size):
            fan, idol = self.fans.fan[rows], everybodys[rows]
            moved = 1 - (1 + self.fans.chance[rows] / EVENNESS) ** (-EVENNESS * REFERENCE_POSTS)
            moved[doubtful[fan] | ((self.pod[fan] >= 0) & (self.pod[fan] == self.pod[idol]))] = 0.0
            pull += np.bincount(idol, moved, self.people)
        return pull

    def _choose(self, draw: np.random.Generator) -> None:
        """The special people, by their pull; all are on every platform."""
        plain = self._plain[~self.fresh[self._plain]]
        plain = plain[np.argsort(self.pull[plain], kind="stable")]
        some = max(1, self.people // 10_000)

        def around(quantile: float) -> list[int]:
            first = int(quantile * (plain.size - some))
            return plain[first : first + some].tolist()

        self.calm_leaders, self.on_holiday = around(0.97), around(0.93)
        self.victims, self.jokers = around(0.5), around(0.3)
        self.posting[self.calm_leaders + self.on_holiday] = 0.8
        three = around(0.9)
        special = self.calm_leaders + self.on_holiday + self.victims + self.jokers + three
        for here in self.present.values():
            here[special] = True
        self.present["x"][three] = False  # bluesky, mastodon and github
        several = sum(self.present[name].astype(int) for name in LINKABLE) >= 2
        luck = draw.random(self.people)
        luck[three] = 0.0
        self.linked = set(np.flatnonzero(several & (luck < 0.1)).tolist())  # and they say so on all their accounts
        self.one_way = set(np.flatnonzero(several & (luck > 0.95)).tolist())  # their first account claims the others
        known = [three[0], *sorted(self.linked - {three[0]})]
        others = np.flatnonzero((luck > 0.5) & (luck < 0.52) & self.present["mastodon"]).tolist()
        self.impostors = dict(zip(others, known, strict=False))  # who claims the accounts of whom

    # People -----------------------------------------------------------------------------------------------------

    def name(self, person: int) -> str:
        """First and last name."""
        return f"{FIRST_NAMES[person % len(FIRST_NAMES)]} {LAST_NAMES[(person // len(FIRST_NAMES) + person) % len(LAST_NAMES)]}"

    def created(self, person: int) -> date:
        """When somebody's accounts were made."""
        return date(1970, 1, 1) + timedelta(days=int(self.created_days[person]))

    def claims(self, platform: str, person: int) -> list[tuple[str, int]]:
        """What an account says in its profile: these other accounts (platform, person) are mine."""

        def on(whom: int) -> list[str]:
            return [name for name in LINKABLE if self.present[name][whom]]

        claims, own = [], on(person)
        if (person in self.linked and platform in own) or (person in self.one_way and platform == own[0]):
            claims += [(name, person) for name in own if name != platform]
        if platform == "mastodon" and person in self.impostors:
            whom = self.impostors[person]
            claims += [(name, whom) for name in on(whom) if name != platform]
        return claims

    @cached_property
    def excluded(self) -> np.ndarray:
        """True for those who must not be scored, nor move a score: by their own flag or the operator's list."""
        marked = np.zeros(self.people, dtype=bool)
        marked[[*self.minors, *self.opted_out, *self.protected, self.excluded_by_operator]] = True
        return marked

    @cached_property
    def is_protected(self) -> np.ndarray:
        """True for those whose accounts are protected."""
        marked = np.zeros(self.people, dtype=bool)
        marked[sorted(self.protected)] = True
        return marked

    @cached_property
    def away(self) -> np.ndarray:
        """From when on, in Unix seconds, a person is not there any more."""
        away = np.full(self.people, 2**62)
        for person, at in (self.suspended | self.closed).items():
            away[person] = at
        return away

    def truth(self) -> pa.Table:
        """What only the world knows: one row per person. `fans` counts everybody who may be moved, `pull` see above."""
        people = self.people

        def mark(who: object) -> np.ndarray:
            marked = np.zeros(people, dtype=bool)
            marked[list(who)] = True  # type: ignore[call-overload]
            return marked

        names = np.array(list(PLATFORMS))
        there = np.stack([self.present[name] for name in names], axis=1)
        offsets = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32)
        return pa.table(
            {
                "person": np.arange(people),
                "pull": self.pull,
                "fans": np.diff(self.fans.start),
                "posts_a_day": self.posting,
                "created_on": pa.array(self.created_days.astype(np.int32)).cast(pa.date32()),
                "followers_count": self.followers_count,
                "fresh": self.fresh,
                "bot": mark(self.bots),
                "minor": mark(self.minors),
                "opted_out": mark(self.opted_out),
                "protected": mark(self.protected),
                "listed_by_operator": mark([self.excluded_by_operator]),
                "moved": mark(self.moved),
                "suspended": mark(self.suspended),
                "closed": mark(self.closed),
                "pod": pa.array(self.pod, mask=self.pod < 0),
                "joker": mark(self.jokers),
                "pile_on_victim": mark(self.victims),
                "calm_leader": mark(self.calm_leaders),
                "on_holiday": mark(self.on_holiday),
                "linked": mark(self.linked),
                "platforms": pa.ListArray.from_arrays(offsets, pa.array(names[np.nonzero(there)[1]])),
            }
        )

    # Days -------------------------------------------------------------------------------------------------------

    def day(self, platform: str, day: date) -> Day:
        """Posts and acts of one day on one platform. A post's acts are of the same day."""
        people, here = self.people, self.present[platform]
        of_the_day = [self.seed, people, day.toordinal(), list(PLATFORMS).index(platform)]
        draw = np.random.default_rng(of_the_day + [self.luck] * (self.luck > 0))
        start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        living = here & (self.created_days <= (day - date(1970, 1, 1)).days)
        pace = self.posting * PLATFORMS[platform].liveliness * (0.7 if day.weekday() >= 5 else 1.0)
        resting = self.on_holiday if HOLIDAY[0] <= day <= HOLIDAY[1] else []
        pace[resting] = 0.0
        author = np.repeat(np.arange(people), draw.poisson(pace) * living)
        called = self.jokers * (day == JOKE_DAY) + self.victims * (day in PILE_ON_DAYS)
        author = np.concatenate([author, np.array(called, dtype=np.int64)])  # these have something to be acted on
        posted = start + draw.integers(0, 80_000, author.size)
        there = posted < self.away[author]
        order = np.argsort(posted, kind="stable")
        order = order[there[order]]
        famous = np.full(author.size, -1)  # of those called: whose crowd comes
        famous[author.size - len(called) :] = called
        author, posted, famous = author[order], posted[order], famous[order]

        post, actor = self._moved(platform, author, draw)
        kind = draw.choice(len(KINDS), post.size, p=KIND_SHARES)
        calm = np.isin(author[post], self.calm_leaders)
        kind[calm] = draw.choice(len(KINDS), int(calm.sum()), p=CALM_SHARES)
        parts = [(post, actor, kind), self._pod_acts(author, here, draw)]
        parts += [self._crowd(platform, row, int(famous[row]), draw) for row in np.flatnonzero(famous >= 0)]
        own = np.flatnonzero(draw.random(author.size) < 0.02)  # some people do like their own posts
        parts.append((own, author[own], np.zeros(own.size, dtype=np.int64)))
        post, actor, kind = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        kind[self._is_bot[actor]] = LIKE
        once = distinct((post * people + actor) * len(KINDS) + kind)
        post, actor, kind = once // (people * len(KINDS)), once // len(KINDS) % people, once % len(KINDS)
        acted = posted[post] + draw.integers(5, 6_000, once.size)
        may = living[actor] & (acted < np.minimum(self.away[actor], self.away[author[post]]))
        may &= ~np.isin(actor, resting)
        order = np.lexsort((kind, post, actor, acted))
        order = order[may[order]]
        return Day(author, posted, post[order], actor[order], acted[order], kind[order])

    @cached_property
    def _is_bot(self) -> np.ndarray:
        marked = np.zeros(self.people, dtype=bool)
        marked[sorted(self.bots)] = True
        return marked

    def _moved(self, platform: str, author: np.ndarray, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Which fans act on which posts. A Poisson number of hits over all fans, each at most once: 1 - e^(-luck * p)."""
        fans = self.fans
        if self._chances[0] != platform:
            self._chances = ("", np.empty(0))
            chances = np.zeros(fans.fan.size + 1)
            chances[1:] = fans.chance if PLATFORMS[platform].share == 1 else self.present[platform][fans.fan]
            if PLATFORMS[platform].share != 1:
                chances[1:] *= fans.chance
            np.cumsum(chances, out=chances)
            if chances.size < LARGE:
                self._chances = (platform, chances)
        else:
            chances = self._chances[1]
        low, high = chances[fans.start[author]], chances[fans.start[author + 1]]
        # Attention is divided: who posts twice as often is seen little more.
        luck = draw.gamma(EVENNESS, 1 / EVENNESS, author.size) * (USUAL_PACE / self.posting[author]) ** 0.75
        post = np.repeat(np.arange(author.size), draw.poisson(luck * (high - low)))
        at = low[post] + draw.random(post.size) * (high - low)[post]
        row = np.clip(np.searchsorted(chances, at, side="right") - 1, None, fans.fan.size - 1)
        once = distinct(post * self.people + fans.fan[row])
        return once // self.people, once % self.people

    def _pod_acts(
        self, author: np.ndarray, here: np.ndarray, draw: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Members of a pod act on nearly every post of the others, with a like, a reply or a share."""
        rows = np.flatnonzero(self.pod[author] >= 0)
        actor = self.pods[self.pod[author[rows]]].ravel()
        post = np.repeat(rows, self.pods.shape[1])
        does = (draw.random(post.size) < 0.9) & (actor != author[post]) & here[actor]
        return post[does], actor[does], draw.integers(LIKE, SHARE + 1, int(does.sum()))

    def _crowd(
        self, platform: str, row: int, whom: int, draw: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A joke's crowd likes and shares; a hostile one answers, quotes and calls names."""
        here = np.flatnonzero(self.present[platform])
        if whom in self.jokers:
            size, shares = max(25, int(JOKE_CROWD * self.people)), KIND_SHARES
        else:
            leader = self.calm_leaders[self.victims.index(whom)]
            size, shares = int(PILE_ON_CROWD * self.pull[leader] / len(PILE_ON_DAYS)), HOSTILE_SHARES
        size = min(int(size * PLATFORMS[platform].share), here.size - 1)
        crowd = draw.choice(here, size, replace=False)
        crowd = crowd[crowd != whom]
        if whom not in self.jokers:
            crowd = np.concatenate([crowd, crowd[draw.random(crowd.size) < 0.5]])  # some have two things to say
        return np.full(crowd.size, row), crowd, draw.choice(len(KINDS), crowd.size, p=shares)


def parts(size: int, most: int = 2**22) -> Iterator[slice]:
    """The rows 0 to `size` in slices, so that what is computed on the way needs little memory."""
    return (slice(first, min(first + most, size)) for first in range(0, size, most))


def distinct(numbers: np.ndarray) -> np.ndarray:
    """Each number once, in order: several times as fast as np.unique, which hashes."""
    numbers = np.sort(numbers)
    return numbers[np.diff(numbers, prepend=-1) != 0]


def days_of(text: str) -> list[date]:
    """The days of FIRST..LAST."""
    first, last = (date.fromisoformat(day) for day in text.split(".."))
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


# Exports ----------------------------------------------------------------------------------------------------------

EXPORTED = (PLATFORMS["murmur"], PLATFORMS["plaza"])
#: What people are at home in; each has one of these, and says so in about half of their posts.
HOME_TOPICS = (
    *(
        "gardening",
        "coffee",
        "chess",
        "knitting",
        "photography",
        "astronomy",
        "hiking",
        "sourdough",
        "cycling",
        "origami",
    ),
    *(
        "beekeeping",
        "archaeology",
        "podcasts",
        "linux",
        "postgresql",
        "woodworking",
        "yoga",
        "tennis",
        "guitar",
        "poetry",
    ),
)
#: Every third person agreed to be named.
AGREED = 3


def home_topic(person: int, at: int) -> str | None:
    """The topic of what somebody posts at a moment, None where it is about nothing: the same on every platform."""
    return HOME_TOPICS[person * 7919 % len(HOME_TOPICS)] if (at * 2_654_435_761 + person) // 7 % 2 else None


def account_rows(world: World, platform: Platform) -> list[dict[str, object]]:
    """Rows of accounts.csv."""
    return [
        {
            "account": i,
            "handle": world.name(i).lower().replace(" ", "_") + f"_{i}",
            "display_name": world.name(i),
            "account_type": "bot" if i in world.bots else "person",
            "created_at": f"{world.created(i).isoformat()}T00:00:00Z",
            "followers_count": int(world.followers_count[i]),
            "is_bot": str(i in world.bots).lower(),
            "is_minor": "true" if i in world.minors else "",
            "opt_out": str(i in world.opted_out).lower(),
            "is_protected": str(i in world.protected).lower(),
        }
        for i in np.flatnonzero(world.present[platform.name]).tolist()
    ]


def consent_rows(world: World, platform: Platform) -> list[dict[str, object]]:
    """Rows of consents.csv."""
    return [
        {
            "account": f"{platform.name}:{i}",
            "purpose": "named",
            "given_on": "2026-01-01",
            "withdrawn_on": "",
            "evidence": "by letter",
        }
        for i in np.flatnonzero(world.present[platform.name]).tolist()
        if i % AGREED == 0
    ]


def day_rows(world: World, platform: Platform, day: date) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Rows of posts and of interactions of one day, in order of time. One act in 500 is there twice, as in real exports."""
    it = world.day(platform.name, day)
    names = [f"{day:%y%m%d}{author:04d}{row}" for row, author in enumerate(it.author.tolist())]
    posts = [
        {"post": name, "author": author, "unix_ts": at, "post_type": "original", "hashtags": home_topic(author, at)}
        for name, author, at in zip(names, it.author.tolist(), it.posted.tolist(), strict=True)
    ]
    acts = [
        {"actor": actor, "target": target, "unix_ts": at, "kind": KINDS[kind]}
        | ({"post": names[post]} if platform.shows_posts else {})
        for actor, target, at, kind, post in zip(
            *(column.tolist() for column in (it.actor, it.target, it.acted, it.kind, it.post)), strict=True
        )
        for _ in range(2 if (at + actor) % 500 == 0 else 1)
    ]
    return posts, acts


def with_same_as(world: World, platform: Platform, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Rows of accounts.csv in which two of five of those who are on both networks say so on both: they are one person each."""
    [elsewhere] = [each for each in EXPORTED if each is not platform]
    both = world.present[platform.name] & world.present[elsewhere.name] & (np.arange(world.people) % 5 < 2)
    said = {str(i): f"{elsewhere.name}:{i}" for i in np.flatnonzero(both).tolist()}
    return [row | {"same_as": said.get(str(row["account"]), "")} for row in rows]


def write(folder: Path, days: list[date], seed: int = SEED, people: int = PEOPLE, joined: bool = False) -> Path:
    """Write the world's exports of `days` into `folder`; give its sources file. Days already there are left alone.

    joined: see with_same_as.
    """
    world = World(seed, people)
    for platform in EXPORTED:
        place = folder / platform.name
        place.mkdir(parents=True, exist_ok=True)
        rows = account_rows(world, platform)
        _write_csv(place / "accounts.csv", with_same_as(world, platform, rows) if joined else rows)
        _write_csv(place / "consents.csv", consent_rows(world, platform))
        for day in days:
            file = place / f"interactions-{day}.csv.gz"
            if file.exists():
                continue
            posts, acts = day_rows(world, platform, day)
            if platform.shows_posts:
                _write_csv(place / f"posts-{day}.csv.gz", posts)
            _write_csv(file, acts)
    listed = world.excluded_by_operator
    places = [platform.name for platform in EXPORTED if world.present[platform.name][listed]]
    excluded = [{"account_key": f"{name}:{listed}", "reason": "asked us by letter"} for name in places]
    _write_csv(folder / "exclusions.csv", excluded)
    text = ['exclude = "exclusions.csv"']
    text += [f'[[source]]\nname = "{p.name}"\nreader = "files"\npath = "{p.name}"' for p in EXPORTED]
    (folder / "sources.toml").write_text("\n\n".join(text) + "\n", encoding="utf-8")
    return folder / "sources.toml"


def _write_csv(file: Path, rows: list[dict[str, object]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    content = text.getvalue().encode()
    if file.suffix == ".gz":
        content = gzip.compress(content, mtime=0)  # the time of writing must not change the bytes
    if not file.exists() or file.read_bytes() != content:
        file.write_bytes(content)


def main(argv: list[str]) -> None:
    """Write the world."""
    parser = argparse.ArgumentParser(prog="world.py", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--days", required=True, type=days_of, help="FIRST..LAST")
    args = parser.parse_args(argv)
    print(f"invented world: {write(args.folder, args.days)}, {len(args.days)} days")


if __name__ == "__main__":
    main(sys.argv[1:])
