"""An invented world of a few hundred people on two invented platforms, written as exports for the source `files`.

Deterministic: each day is drawn from the seed and the day alone, so that any range of days gives the same files. `murmur`
shows posts, `plaza` does not. Among the people are declared minors, opt-outs, protected accounts, one whom the operator
excludes, and bots that like whatever they see. Nobody in it exists.

    python tests/sandbox/world.py FOLDER --days 2026-03-01..2026-03-14
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

SEED = 20260301
FIRST_NAMES = (
    "Ada Bo Cleo Dara Eno Fay Gus Hana Ivo Jun Kai Lena Milo Noor Odd Pia Quin Rae Sol Tam Uma Vik Wren Xia Yara Zed"
)
LAST_NAMES = (
    "Alder Birk Cove Dune Elm Fell Glade Holt Isle Jura Knoll Loch Moor Nook Oak Pine Quay Reed Strand Tarn Vale Weir"
)
LEAVING = datetime(2026, 3, 5, 6, tzinfo=UTC)  # when the first of those who leave do so
KINDS = ("like", "reply", "share", "mention", "quote")
KIND_SHARES = (0.58, 0.16, 0.16, 0.06, 0.04)


@dataclass(frozen=True)
class Platform:
    """One invented platform: how many of the people are on it, and whether it shows posts."""

    name: str
    people: int
    shows_posts: bool
    liveliness: float


PLATFORMS = (Platform("murmur", 400, True, 1.0), Platform("plaza", 160, False, 0.7))


class World:
    """The people, and what they did on any day."""

    def __init__(self, seed: int = SEED, people: int = 0) -> None:
        self.seed = seed
        draw = np.random.default_rng(seed)
        usual = max(platform.people for platform in PLATFORMS)
        self.people = count = people or usual
        self.pull = draw.lognormal(0.0, 1.3, count)  # how many people a post of theirs moves, on average
        self.posting = draw.gamma(1.2, 0.6, count)  # posts a day
        self.eagerness = draw.lognormal(0.0, 1.0, count)  # how readily they act on others
        self.circle = draw.integers(0, 8, count)  # whom they mostly see
        self.created = [date(2014, 1, 1) + timedelta(days=int(days)) for days in draw.integers(0, 4400, count)]
        first, last = FIRST_NAMES.split(), LAST_NAMES.split()
        self.names = [f"{first[i % len(first)]} {last[(i // len(first) + i) % len(last)]}" for i in range(count)]
        marks = draw.permutation(count)
        cut = [max(i, mark * count // usual) for i, mark in enumerate((6, 16, 28, 40), 1)]
        self.bots, self.minors = set(marks[: cut[0]].tolist()), set(marks[cut[0] : cut[1]].tolist())
        self.opted_out, self.protected = set(marks[cut[1] : cut[2]].tolist()), set(marks[cut[2] : cut[3]].tolist())
        self.excluded_by_operator = int(marks[cut[3]])
        some = max(1, 4 * count // usual)  # of each kind who leave the place they were at
        leaving = [int(i) for i in marks[cut[3] + 1 : cut[3] + 1 + 3 * some]]
        self.moved, self.suspended, self.closed = (
            {i: int(LEAVING.timestamp()) + 50_000 * (n % 20) for n, i in enumerate(leaving[k::3])} for k in range(3)
        )  # person: when
        for bot in self.bots:
            self.eagerness[bot], self.pull[bot] = 40.0, 0.05

    def crowd(self, day: date) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Posts and acts of one day as columns, drawn for all people at once: for worlds of any size on one platform.

        The same chances as in `day`, but other draws. An act's `post` is the row of the post in the first table.
        """
        draw = np.random.default_rng([self.seed, day.toordinal(), len(PLATFORMS), self.people])
        start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        number = draw.poisson(self.posting * (0.7 if day.weekday() >= 5 else 1.0))
        author = np.repeat(np.arange(self.people), number)
        at = start + draw.integers(0, 80_000, author.size)
        order = np.argsort(at, kind="stable")
        author, at = author[order], at[order]
        size = np.minimum(self.people // 2, draw.poisson(self.pull[author] * 2.2))
        post = np.repeat(np.arange(author.size), size)
        actor = np.empty(post.size, dtype=np.int64)
        luck = draw.random(post.size)
        for circle in range(8):
            chance = np.cumsum(self.eagerness * np.where(self.circle == circle, 1.0, 0.15))
            here = self.circle[author[post]] == circle
            actor[here] = np.minimum(np.searchsorted(chance, luck[here] * chance[-1]), self.people - 1)
        once = np.unique(post * self.people + actor)  # nobody acts twice on one post
        post, actor = once // self.people, once % self.people
        kind = draw.choice(len(KINDS), once.size, p=KIND_SHARES)
        kind[np.isin(actor, sorted(self.bots))] = 0
        when = at[post] + draw.integers(5, 6_000, once.size)
        return {"author": author, "unix_ts": at}, {"actor": actor, "post": post, "unix_ts": when, "kind": kind}

    def accounts(self, platform: Platform) -> list[dict[str, object]]:
        """Rows of accounts.csv."""
        return [
            {
                "account": i,
                "handle": self.names[i].lower().replace(" ", "_") + f"_{i}",
                "display_name": self.names[i],
                "account_type": "bot" if i in self.bots else "person",
                "created_at": f"{self.created[i].isoformat()}T00:00:00Z",
                "followers_count": int(self.pull[i] * 40),
                "is_bot": str(i in self.bots).lower(),
                "is_minor": "true" if i in self.minors else "",
                "opt_out": str(i in self.opted_out).lower(),
                "is_protected": str(i in self.protected).lower(),
            }
            for i in range(platform.people)
        ]

    def day(self, platform: Platform, day: date) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
        """Posts and interactions of one day, in order of time."""
        draw = np.random.default_rng([self.seed, day.toordinal(), PLATFORMS.index(platform)])
        start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        people = platform.people
        weekend = 0.7 if day.weekday() >= 5 else 1.0
        posts: list[dict[str, object]] = []
        acts: list[dict[str, object]] = []
        for author in range(people):
            for number in range(draw.poisson(self.posting[author] * platform.liveliness * weekend)):
                at = int(draw.integers(0, 80_000))
                post = f"{day:%y%m%d}{author:04d}{number}"
                posts.append({"post": post, "author": author, "unix_ts": start + at, "post_type": "original"})
                near = np.where(self.circle[:people] == self.circle[author], 1.0, 0.15)
                chance = self.eagerness[:people] * near
                chance[author] = chance.mean() * 0.5  # some people do like their own posts
                size = min(people, int(draw.poisson(self.pull[author] * 2.2)))
                for actor in draw.choice(people, size, replace=False, p=chance / chance.sum()):
                    kind = "like" if int(actor) in self.bots else KINDS[draw.choice(len(KINDS), p=KIND_SHARES)]
                    when = start + at + int(draw.integers(5, 6_000))
                    act = {"actor": int(actor), "target": author, "unix_ts": when, "kind": kind, "post": post}
                    acts.append(act)
                    if draw.random() < 0.002:  # an export that repeats itself
                        acts.append(act)
        by_time = sorted(acts, key=lambda act: (act["unix_ts"], act["actor"], act["post"], act["kind"]))
        return sorted(posts, key=lambda post: (post["unix_ts"], post["post"])), by_time


def write(folder: Path, days: list[date], seed: int = SEED) -> Path:
    """Write the world's exports of `days` into `folder`; give its sources file. Days already there are left alone."""
    world = World(seed)
    for platform in PLATFORMS:
        place = folder / platform.name
        place.mkdir(parents=True, exist_ok=True)
        _write_csv(place / "accounts.csv", world.accounts(platform))
        for day in days:
            file = place / f"interactions-{day}.csv.gz"
            if file.exists():
                continue
            posts, acts = world.day(platform, day)
            if platform.shows_posts:
                _write_csv(place / f"posts-{day}.csv.gz", posts)
            else:
                acts = [{name: value for name, value in act.items() if name != "post"} for act in acts]
            _write_csv(file, acts)
    excluded = [
        {"account_key": f"{p.name}:{world.excluded_by_operator}", "reason": "asked us by letter"} for p in PLATFORMS
    ]
    _write_csv(folder / "exclusions.csv", excluded)
    text = ['exclude = "exclusions.csv"']
    text += [f'[[source]]\nname = "{p.name}"\nreader = "files"\npath = "{p.name}"' for p in PLATFORMS]
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
    parser.add_argument("--days", required=True, help="FIRST..LAST")
    args = parser.parse_args(argv)
    first, last = (date.fromisoformat(day) for day in args.days.split(".."))
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    print(f"invented world: {write(args.folder, days)}, {len(days)} days")


if __name__ == "__main__":
    main(sys.argv[1:])
