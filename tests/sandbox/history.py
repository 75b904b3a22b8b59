"""What the people of the invented world did on one platform up to a moment, as tables that a page can be cut from.

`History` makes the events day by day, `Table` holds them, and `View` is what may be seen at one moment; tables and views
are never changed once made, so that threads may share them. An event's number is its place in the order of time; ids on
every platform are made from the second and the rank within it, and lead back to the number without a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import numpy as np

from sandbox.world import FIRST_DAY, KINDS, PEOPLE, SEED, Day, World, distinct, home_topic

POST, LIKE, REPLY, SHARE, MENTION, QUOTE = range(6)
NAMES = ("post", *KINDS)
WRITTEN = (POST, REPLY, MENTION, QUOTE)  # events that are a text of their own
NEVER = 2**62
INSTANCES = ("alder.example", "birch.example")
NOT_GONE = 2**31 - 1  # the same in a table
LONGEST = timedelta(days=400)  # of a world: all its events are in memory
LATE = 0.04  # of the acts
SILENT = 20_000  # most followers of somebody who never act
FOLLOWING_SINCE = date(2026, 1, 20)


def moment(day: date) -> int:
    """Midnight of a day, in Unix seconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def last_day(now: int, since: date) -> date:
    """The day of the moment before `now`. Raises ValueError where a world that began on `since` would be too long."""
    last = datetime.fromtimestamp(now - 1, UTC).date()
    if last - since > LONGEST:
        raise ValueError(f"{last} is more than {LONGEST.days} days after {since}")
    return last


def iso(at: float, digits: int = 3) -> str:
    """Unix seconds as both platforms write them."""
    text = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return (text if digits == 6 else text[:-3]) + "Z"


@dataclass(frozen=True)
class Table:
    """Events in order of time, and two indexes into them. Numbers are no wider than they must be: there are many."""

    at: np.ndarray
    actor: np.ndarray
    kind: np.ndarray
    about: np.ndarray  # the number of the post acted on; -1 for posts
    target: np.ndarray  # whose post it is; -1 for posts
    gone: np.ndarray  # when the actor deleted it, or NOT_GONE
    rank: np.ndarray  # its place in its second
    by_actor: tuple[np.ndarray, np.ndarray]
    by_post: tuple[np.ndarray, np.ndarray]


def index(keys: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows ordered by key, and where each key's rows begin."""
    order = np.argsort(keys, kind="stable").astype(np.int32)
    return order, np.searchsorted(keys[order], np.arange(size + 1, dtype=keys.dtype)).astype(np.int32)


def delayed(world: World, platform: str, day: date) -> Day:
    """A day of the world, with a few of its acts one or two days later: posts are found late, too."""
    did = world.day(platform, day)
    draw = np.random.default_rng([world.seed, day.toordinal(), 78])
    days = np.where(draw.random(did.acted.size) < LATE, draw.integers(1, 3, did.acted.size), 0)
    acted = did.acted + 86_400 * days
    may = acted < np.minimum(world.away[did.actor], world.away[did.target])
    return replace(did, post=did.post[may], actor=did.actor[may], acted=acted[may], kind=did.kind[may])


class History:
    """All events of one platform from the first day on, and who follows whom since when."""

    def __init__(
        self,
        people: int = PEOPLE,
        seed: int = SEED,
        since: date = FIRST_DAY,
        platform: str = "bluesky",
        world: World | None = None,
    ) -> None:
        self.world = world or World(seed, people)
        self.people, self.since, self.platform = self.world.people, since, platform
        self._days = 0  # how many are made
        none = np.empty(0, dtype=np.int32)
        #: Acts on posts of the days that are made, on days that are not yet.
        self._late = (none, none, none.astype(np.int8), none, none, none)
        self._table = Table(*self._late, none, index(none, self.people), index(none, 0))
        #: From when on a person is not shown at all; for those who are not on the platform, from the beginning of time.
        self.away = np.where(self.world.present[platform], self.world.away, 0)
        fans = np.diff(self.world.fans.start)
        silent = np.clip(self.world.followers_count - fans, 0, np.minimum(2 * fans, SILENT))
        self._silent = np.minimum(silent / self.world.present[platform].mean(), SILENT).astype(np.int32)
        #: The n-th of somebody's silent followers is so many places after him in the list of all people.
        self._steps = distinct(mixed(np.arange(2 * SILENT), len(platform)) % self.people)
        self._steps = self._steps[np.argsort(mixed(self._steps, 7), kind="stable")][: self._silent.max()]

    @property
    def table(self) -> Table:
        """Every event so far made."""
        return self._table

    def until(self, now: int) -> Table:
        """Every event before `now`, up to the end of its day, and perhaps more."""
        last = last_day(now, self.since)
        while self._days <= (last - self.since).days:
            self._table = self._with(self._day(self.since + timedelta(days=self._days)))
            self._days += 1
        return self._table

    def _day(self, day: date) -> tuple[np.ndarray, ...]:
        """The columns of one day's events, the next after those of the table."""
        did, ends = delayed(self.world, self.platform, day), moment(day + timedelta(days=1))
        at, nobody = np.concatenate([did.posted, did.acted]), np.full(did.author.size, -1)
        kind = np.concatenate([np.full(did.author.size, POST), did.kind + 1])
        draw = np.random.default_rng([self.world.seed, day.toordinal(), 77])
        deleted = (draw.random(at.size) < 0.01) & np.isin(kind, WRITTEN)
        gone = np.where(deleted, at + draw.integers(600, 150_000, at.size), NOT_GONE)
        own, due = at < ends, self._late[0] < ends
        order = np.argsort(np.concatenate([at[own], self._late[0][due]]), kind="stable")
        number = np.empty_like(order)
        number[order] = np.arange(self._table.at.size, self._table.at.size + order.size)
        columns = (
            at,
            np.concatenate([did.author, did.actor]),
            kind,
            np.concatenate([nobody, number[did.post]]),  # all posts are of today, and come first
            np.concatenate([nobody, did.target]),
            gone,
        )
        pairs = list(zip(columns, self._late, strict=True))
        self._late = tuple(np.concatenate([old[~due], new[~own].astype(old.dtype)]) for new, old in pairs)
        return tuple(np.concatenate([new[own].astype(old.dtype), old[due]])[order] for new, old in pairs)

    def _with(self, day: tuple[np.ndarray, ...]) -> Table:
        """The table, and one more day."""
        old = (self._table.at, self._table.actor, self._table.kind, self._table.about, self._table.target)
        old += (self._table.gone,)
        at, actor, kind, about, target, gone = (np.concatenate(parts) for parts in zip(old, day, strict=True))
        rank = (np.arange(at.size) - np.searchsorted(at, at)).astype(np.int32)
        return Table(at, actor, kind, about, target, gone, rank, index(actor, self.people), index(about, at.size))

    def followers(self, person: int) -> Edges:
        """Who follows a person: the fans, and others who never act."""
        start, steps = self.world.fans.start, self._steps[: self._silent[person]]
        others = [self.world.fans.fan[start[person] : start[person + 1]], (person + steps) % self.people]
        return self._edges(person, np.concatenate(others), lambda other: mixed(person, other))

    def follows(self, person: int) -> Edges:
        """Whom a person follows: the same pairs from their other end."""
        start, idols = self.world.fans.idols
        others = (person - self._steps) % self.people
        others = others[self._silent[others] > np.arange(others.size)]
        others = np.concatenate([idols[start[person] : start[person + 1]], others])
        return self._edges(person, others, lambda other: mixed(other, person))

    def _edges(self, person: int, others: np.ndarray, mix: Callable[[np.ndarray], np.ndarray]) -> Edges:
        """Three of four follows are of the first 40 days, the others of the next 90."""
        here = self.world.present[self.platform]
        other = distinct(others[here[others] & (others != person)]) if here[person] else others[:0]
        luck, late = mix(other) // 4, mix(other) % 4 == 0
        at = moment(FOLLOWING_SINCE) + 86_400 * np.where(late, 40, 0) + luck % (86_400 * np.where(late, 90, 40))
        order = np.lexsort((other, at))[::-1]
        return Edges(other[order], at[order], np.arange(order.size)[::-1])


@dataclass(frozen=True)
class Edges:
    """Who is at the other end of somebody's follows and since when, newest first.

    `place` says where each stands among all, the oldest being 0: a key that falls, and is the same at any moment.
    """

    other: np.ndarray
    at: np.ndarray
    place: np.ndarray

    def __getitem__(self, which: np.ndarray) -> Edges:
        """Some of them."""
        return Edges(self.other[which], self.at[which], self.place[which])

    @property
    def size(self) -> int:
        """How many they are."""
        return self.other.size

    def placed(self, places: np.ndarray) -> Edges:
        """Those at some of the places, in their order."""
        return self[np.searchsorted(-self.place, -places)]


class View:
    """What may be seen at one moment: nothing later, nothing deleted, nobody who is suspended or has closed down."""

    def __init__(self, history: History, now: int) -> None:
        self.history, self.world, self.people, self.now = history, history.world, history.people, now
        self.table = table = history.until(now)
        self.here = history.away > now
        self.memo: dict[tuple[object, ...], dict[str, object]] = {}  # what is the same in every answer of this moment
        self.visible = (table.at <= now) & (table.gone > now) & self.here[table.actor]
        # An act whose post is gone stands in the actor's own records, and nowhere else.
        self.whole = self.visible & ((table.about < 0) | self.visible[table.about])

    def of_actor(self, person: int, kinds: tuple[int, ...], whole: bool = True) -> np.ndarray:
        """The events of a person, newest first."""
        return self._some(self.table.by_actor, person, kinds, whole)

    def about(self, post: int, kinds: tuple[int, ...]) -> np.ndarray:
        """The events about a post, newest first."""
        return self._some(self.table.by_post, post, kinds, True)

    def counts(self, post: int, of: np.ndarray | None = None) -> list[int]:
        """How many events of each kind are about a post; with `of`, only by people for whom it is true."""
        order, start = self.table.by_post
        rows = order[start[post] : start[post + 1]]
        rows = rows[self.whole[rows]]
        if of is not None:
            rows = rows[of[self.table.actor[rows]]]
        return np.bincount(self.table.kind[rows], minlength=len(NAMES)).tolist()

    def followers(self, person: int) -> Edges:
        """Who follows a person, of those who are here."""
        return self._seen(self.history.followers(person))

    def follows(self, person: int) -> Edges:
        """Whom a person follows, of those who are here."""
        return self._seen(self.history.follows(person))

    def _seen(self, edges: Edges) -> Edges:
        return edges[(edges.at <= self.now) & self.here[edges.other]]

    def find(self, at: int, rank: int) -> int | None:
        """The number of the event with this rank in this second; None where there is none."""
        number = int(np.searchsorted(self.table.at, at)) + rank
        return number if 0 <= number < self.table.at.size and int(self.table.at[number]) == at else None

    @cached_property
    def written_by(self) -> np.ndarray:
        """How many texts of their own each person has standing."""
        mine = self.whole & np.isin(self.table.kind, WRITTEN)
        return np.bincount(self.table.actor[mine], minlength=self.people)

    def _some(self, index: tuple[np.ndarray, np.ndarray], key: int, kinds: tuple[int, ...], whole: bool) -> np.ndarray:
        order, start = index
        rows = order[start[key] : start[key + 1]].astype(np.int64)
        seen = (self.whole if whole else self.visible)[rows] & np.isin(self.table.kind[rows], kinds)
        return rows[seen][::-1]


def mixed(one: int | np.ndarray, other: int | np.ndarray) -> np.ndarray:
    """A number below 2^31 for each pair of numbers, the same for the same pair (the finaliser of splitmix64)."""
    with np.errstate(over="ignore"):
        bits = np.asarray(one).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.asarray(other).astype(np.uint64)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (bits >> np.uint64(33)).astype(np.int64)


def username(world: World, person: int) -> str:
    """The name before the @."""
    return world.name(person).lower().replace(" ", "_") + f"_{person}"


def home(world: World, person: int, at: int) -> str:
    """The instance where a person was at a moment: those who move go to the other one."""
    return INSTANCES[(person + (world.moved.get(person, NEVER) <= at)) % 2]


def numbered(name: str, mark: str) -> int:
    """The number at the end of somebody's name, after a mark; -1 where there is none."""
    digits = name.rpartition(mark)[2]
    return int(digits) if digits.isdecimal() and len(digits) < 10 else -1


def handle(world: World, person: int) -> str:
    """A person's name on Bluesky."""
    return f"{world.name(person).lower().replace(' ', '-')}-{person}.murmur.test"


def address(world: World, platform: str, person: int, at: int) -> str:
    """The page of a person's account on a platform at a moment, as people put it into their profiles elsewhere."""
    name = username(world, person)
    return {
        "bluesky": f"https://bsky.app/profile/{handle(world, person)}",
        "mastodon": f"https://{home(world, person, at)}/@{name}",
        "github": f"https://github.com/{login(world, person)}",
        "x": f"https://x.com/{name}",
    }[platform]


def addresses(world: World, platform: str, person: int, at: int) -> list[str]:
    """The pages that an account calls its own."""
    return [address(world, name, whom, at) for name, whom in world.claims(platform, person)]


def login(world: World, person: int) -> str:
    """A person's name on GitHub, with upper case, as some have it."""
    return f"{world.name(person).replace(' ', '-')}-{person}"


def words(at: int, actor: int) -> tuple[str, str]:
    """What somebody wrote, and its hashtag: the same for the same event on every platform."""
    nouns = ("pine", "moor", "reed", "loch", "tarn", "isle", "dune", "weir", "quay", "holt", "vale")
    mixed = (at * 2_654_435_761 + actor * 40_503) % 2**32
    tag = home_topic(actor, at) or nouns[mixed // 121 % 11]
    return f"Notes on {nouns[mixed % 11]} and {nouns[mixed // 11 % 11]}, no. {at % 10_000}", tag


def page(keys: np.ndarray, limit: int, after: int | None, struck: frozenset[str]) -> tuple[np.ndarray, int | None]:
    """One page of falling keys below `after`, and the key to go on from, None at the end.

    As on the real hosts, a full page promises another one, which may turn out empty.
    """
    if "endless_pages" in struck:
        return keys[:0], (NEVER if after is None else after) - 1
    if "empty_page" in struck and after is None:
        return keys[:0], NEVER
    rest = keys
    if after is not None:
        rest = keys[keys <= after] if "moving_item" in struck and limit > 1 else keys[keys < after]
    if "short_pages" in struck and rest.size > 1:
        limit = min(limit, max(1, rest.size // 2))
    part = rest[:limit]
    following = int(part[-1]) if part.size and part.size == limit else None
    if "repeated_cursor" in struck and after is not None and part.size:
        following = after
    return part, following
