"""What the people of the invented world did on one platform up to a moment, as tables that a page can be cut from.

`History` makes the events day by day, `Table` holds them, and `View` is what may be seen at one moment; tables and views
are never changed once made, so that threads may share them. An event's number is its place in the order of time; ids on
every platform are made from the second and the rank within it, and lead back to the number without a dictionary.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import numpy as np

from sandbox.world import FIRST_DAY, KINDS, PEOPLE, SEED, World, distinct

POST, LIKE, REPLY, SHARE, MENTION, QUOTE = range(6)
NAMES = ("post", *KINDS)
WRITTEN = (POST, REPLY, MENTION, QUOTE)  # events that are a text of their own
NEVER = 2**62
INSTANCES = ("alder.example", "birch.example")
LONGEST = timedelta(days=400)  # of a world: all its events are in memory


def moment(day: date) -> int:
    """Midnight of a day, in Unix seconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def iso(at: float, digits: int = 3) -> str:
    """Unix seconds as both platforms write them."""
    text = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return (text if digits == 6 else text[:-3]) + "Z"


@dataclass(frozen=True)
class Table:
    """Events in order of time, and two indexes into them."""

    at: np.ndarray
    actor: np.ndarray
    kind: np.ndarray
    about: np.ndarray  # the number of the post acted on; -1 for posts
    target: np.ndarray  # whose post it is; -1 for posts
    gone: np.ndarray  # when the actor deleted it, or NEVER
    rank: np.ndarray  # its place in its second
    by_actor: tuple[np.ndarray, np.ndarray]
    by_post: tuple[np.ndarray, np.ndarray]


def index(keys: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows ordered by key, and where each key's rows begin."""
    order = np.argsort(keys, kind="stable")
    return order, np.searchsorted(keys[order], np.arange(size + 1))


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
        self._days: list[tuple[np.ndarray, ...]] = []
        self._table = self._join()
        #: From when on a person is not shown at all; for those who are not on the platform, from the beginning of time.
        self.away = np.where(self.world.present[platform], self.world.away, 0)
        self.followers, self.follows = self._follows()

    @property
    def table(self) -> Table:
        """Every event so far made."""
        return self._table

    def until(self, now: int) -> Table:
        """Every event up to the end of the day of `now`, and perhaps more."""
        last = datetime.fromtimestamp(now, UTC).date()
        if last - self.since > LONGEST:
            raise ValueError(f"{last} is more than {LONGEST.days} days after {self.since}")
        missing = [self.since + timedelta(days=i) for i in range(len(self._days), (last - self.since).days + 1)]
        if missing:
            self._days += [self._day(day) for day in missing]
            self._table = self._join()
        return self._table

    def _day(self, day: date) -> tuple[np.ndarray, ...]:
        """One day's events; posts they are about are numbered within the day."""
        did = self.world.day(self.platform, day)
        author, posted, post, actor, acted, kind = did.author, did.posted, did.post, did.actor, did.acted, did.kind + 1
        at = np.concatenate([posted, acted])
        order = np.argsort(at, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        kinds = np.concatenate([np.zeros(author.size, dtype=np.int64), kind])[order]
        nobody = np.full(author.size, -1)
        draw = np.random.default_rng([self.world.seed, day.toordinal(), 77])
        deleted = (draw.random(order.size) < 0.01) & np.isin(kinds, WRITTEN)
        gone = np.where(deleted, at[order] + draw.integers(600, 150_000, order.size), NEVER)
        about, target = np.concatenate([nobody, place[post]]), np.concatenate([nobody, author[post]])
        return at[order], np.concatenate([author, actor])[order], kinds, about[order], target[order], gone

    def _join(self) -> Table:
        starts = np.cumsum([0] + [day[0].size for day in self._days])
        shifted = [(*d[:3], np.where(d[3] < 0, -1, d[3] + s), *d[4:]) for d, s in zip(self._days, starts, strict=False)]
        columns = [np.concatenate(parts) for parts in zip(*shifted, strict=True)] or [np.empty(0, dtype=np.int64)] * 6
        rank = np.arange(columns[0].size) - np.searchsorted(columns[0], columns[0])
        return Table(*columns, rank, index(columns[1], self.people), index(columns[3], columns[3].size))

    def _follows(self) -> tuple[Edges, Edges]:
        """Fans follow, and others who never act. Most follows are older than the first day; some come later."""
        world, people, here = self.world, self.people, np.flatnonzero(self.world.present[self.platform])
        draw = np.random.default_rng([world.seed, people, 5, len(self.platform)])
        fans = np.diff(world.fans.start)
        silent = np.repeat(np.arange(people), np.clip(world.followers_count - fans, 0, 2 * fans))
        followee = np.concatenate([world.fans.idol, silent])
        follower = np.concatenate([world.fans.fan, draw.choice(here, silent.size)])
        both = world.present[self.platform][followee] & world.present[self.platform][follower]
        pair = distinct(followee[both] * people + follower[both])
        followee, follower = pair // people, pair % people
        at = moment(date(2026, 1, 20)) + np.where(
            draw.random(pair.size) < 0.75,
            draw.integers(0, 40 * 86_400, pair.size),
            draw.integers(40 * 86_400, 130 * 86_400, pair.size),
        )
        keep = followee != follower
        followee, follower, at = followee[keep], follower[keep], at[keep]
        return Edges.of(followee, follower, at, people), Edges.of(follower, followee, at, people)


@dataclass(frozen=True)
class Edges:
    """Pairs, ordered by one end and then by time; `start` says where each person's begin."""

    other: np.ndarray
    at: np.ndarray
    start: np.ndarray

    @classmethod
    def of(cls, one: np.ndarray, other: np.ndarray, at: np.ndarray, people: int) -> Edges:
        """Order pairs by one end and time."""
        order = np.lexsort((other, at, one))
        return cls(other[order], at[order], np.searchsorted(one[order], np.arange(people + 1)))


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

    def edges(self, edges: Edges, person: int) -> np.ndarray:
        """The places of a person's pairs in a table of pairs, newest first; none of somebody who is not here."""
        rows = np.arange(edges.start[person], edges.start[person + 1])
        return rows[(edges.at[rows] <= self.now) & self.here[edges.other[rows]]][::-1]

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
        rows = order[start[key] : start[key + 1]]
        seen = (self.whole if whole else self.visible)[rows] & np.isin(self.table.kind[rows], kinds)
        return rows[seen][::-1]


def username(world: World, person: int) -> str:
    """The name before the @."""
    return world.names[person].lower().replace(" ", "_") + f"_{person}"


def home(world: World, person: int, at: int) -> str:
    """The instance where a person was at a moment: those who move go to the other one."""
    return INSTANCES[(person + (world.moved.get(person, NEVER) <= at)) % 2]


def handle(world: World, person: int) -> str:
    """A person's name on Bluesky."""
    return f"{world.names[person].lower().replace(' ', '-')}-{person}.murmur.test"


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
    return [address(world, name, whom, at) for name, whom in world.claims.get((platform, person), [])]


def login(world: World, person: int) -> str:
    """A person's name on GitHub, with upper case, as some have it."""
    return f"{world.names[person].replace(' ', '-')}-{person}"


def words(at: int, actor: int) -> tuple[str, str]:
    """What somebody wrote, and its hashtag: the same for the same event on every platform."""
    nouns = ("pine", "moor", "reed", "loch", "tarn", "isle", "dune", "weir", "quay", "holt", "vale")
    mixed = (at * 2_654_435_761 + actor * 40_503) % 2**32
    return f"Notes on {nouns[mixed % 11]} and {nouns[mixed // 11 % 11]}, no. {at % 10_000}", nouns[mixed // 121 % 11]


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
