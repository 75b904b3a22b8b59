"""The exports of the gate's worlds: the invented people's days as files, with what honest weeks bring.

A world is a sandbox World whose people join one after the other (`growth`), are on one or two platforms, have holidays, a day
on which somebody goes viral, links to their other account, new followers every day and now and then an opt-out. The same seed
gives the same files. Nothing here is damaged: see damage.py.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sandbox.world import PLATFORMS, World, account_rows, day_rows

Rows = list[dict[str, Any]]
ACTS = ("actor", "target", "unix_ts", "kind", "post")
POSTS = ("post", "author", "unix_ts", "post_type")


@dataclass(frozen=True)
class Plan:
    """What happens in a world. Days are counted from the first one of its exports."""

    seed: int
    people: int = 400
    first: date = date(2026, 3, 1)
    #: The share of all people who are there on the first day, and by how much they grow a week.
    there: float = 1.0
    growth: float = 0.0
    #: Day on which the second platform begins; whether it brings its past.
    launch: int = 0
    with_past: bool = False
    #: Day: the share of the acts that are left.
    holidays: dict[int, float] = field(default_factory=dict)
    #: Days on which a crowd of this share of the people acts on one person.
    viral: dict[int, float] = field(default_factory=dict)
    #: One pair of accounts of one person is linked on each of these days; one person opts out.
    joins: frozenset[int] = frozenset()
    opt_outs: frozenset[int] = frozenset()

    def day(self, number: int) -> date:
        """The date of a day."""
        return self.first + timedelta(days=number)


class Exports:
    """The files of one world in a folder."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        self.world = World(plan.seed, plan.people)
        draw = np.random.default_rng([plan.seed, 7])
        self.order = draw.permutation(plan.people)  # who joins when
        self.rank = np.argsort(self.order)
        self.luck = draw.random((400, 3))
        both = np.flatnonzero(self.world.present["plaza"])
        self.pairs = draw.permutation(both[self.rank[both] < plan.there * plan.people])
        self.leavers = draw.permutation(np.flatnonzero(~self.world.excluded))

    def platforms(self, number: int) -> list[str]:
        """Who delivers by then."""
        return ["murmur", "plaza"] if number >= self.plan.launch else ["murmur"]

    def deliver(self, number: int) -> Path:
        """Write what arrives for a day, and what is said on it of accounts and links. Gives the sources file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in self.platforms(number):
            days = [number]
            if name == "plaza" and number == self.plan.launch and self.plan.with_past:
                days = list(range(number + 1))
            for each in days:
                self._day(name, each)
            self._accounts(name, number)
        joined = sum(1 for day in self.plan.joins if day <= number) if number >= self.plan.launch else 0
        links = [{"account_a": f"murmur:{i}", "account_b": f"plaza:{i}"} for i in self.pairs[:joined].tolist()]
        write_csv(self.folder / "links.csv", links, ("account_a", "account_b"))
        listed = [{"account_key": f"murmur:{self.world.excluded_by_operator}", "reason": "asked us by letter"}]
        write_csv(self.folder / "exclusions.csv", listed, ("account_key", "reason"))
        text = ['exclude = "exclusions.csv"\nlinks = "links.csv"']
        text += [f'[[source]]\nname = "{p}"\nreader = "files"\npath = "{p}"' for p in self.platforms(number)]
        file = self.folder / "sources.toml"
        file.write_text("\n\n".join(text) + "\n")
        return file

    def opted_out(self, number: int) -> set[int]:
        """Who has said no by a day."""
        leavers = self.leavers[: sum(1 for day in self.plan.opt_outs if day <= number)]
        return {*self.world.opted_out, *leavers.tolist()}

    def hidden(self, number: int) -> set[str]:
        """The keys of all accounts that must not be in anything published for a day."""
        world = self.world
        people = {*self.opted_out(number), *world.minors, *world.protected}
        keys = {f"{name}:{i}" for i in people for name in ("murmur", "plaza")}
        return keys | {f"murmur:{world.excluded_by_operator}"}

    def _here(self, number: int) -> np.ndarray:
        """Who has joined by a day."""
        share = self.plan.there * (1 + self.plan.growth) ** (number / 7)
        return self.rank < share * self.plan.people

    def _day(self, name: str, number: int) -> None:
        plan, day = self.plan, self.plan.day(number)
        here = self._here(number)
        posts, acts = day_rows(self.world, PLATFORMS[name], day)
        posts = [row for row in posts if here[row["author"]]]
        acts = [row for row in acts if here[row["actor"]] and here[row["target"]]]
        draw = np.random.default_rng([plan.seed, number, 11])
        if number in plan.holidays:
            acts = [row for row, luck in zip(acts, draw.random(len(acts)), strict=True) if luck < plan.holidays[number]]
        if number in plan.viral and posts:
            post = posts[int(draw.integers(len(posts)))]
            crowd = draw.choice(np.flatnonzero(here), int(plan.viral[number] * plan.people), replace=False)
            at = post["unix_ts"] + np.sort(draw.integers(60, 20_000, crowd.size))
            midnight = int(np.datetime64(day + timedelta(days=1)).astype("datetime64[s]").astype(int))
            acts += [
                {"actor": a, "target": post["author"], "unix_ts": min(t, midnight - 1), "kind": "like"}
                | ({"post": post["post"]} if name == "murmur" else {})
                for a, t in zip(crowd.tolist(), at.tolist(), strict=True)
            ]
            acts.sort(key=lambda row: row["unix_ts"])
        place = self.folder / name
        if name == "murmur":
            write_csv(place / f"posts-{day}.csv.gz", posts, POSTS)
        write_csv(place / f"interactions-{day}.csv.gz", acts, ACTS if name == "murmur" else ACTS[:4])

    def _accounts(self, name: str, number: int) -> None:
        here, out = self._here(number), self.opted_out(number)
        rows = [row for row in account_rows(self.world, PLATFORMS[name]) if here[row["account"]]]
        for row in rows:
            i = row["account"]
            row["followers_count"] = int(row["followers_count"] * (1 + 0.002 * number * self.luck[i % 400, 0]))
            row["opt_out"] = str(i in out).lower()
        write_csv(self.folder / name / "accounts.csv", rows, tuple(rows[0]))


def write_csv(file: Path, rows: Rows, names: Iterable[str]) -> None:
    """Write rows, replacing the file itself rather than its content: another folder may hold the same one."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(names), lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    content = text.getvalue().encode()
    if file.suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.write_bytes(content)


def read_csv(file: Path) -> tuple[list[str], Rows]:
    """Columns and rows of an export."""
    raw = file.read_bytes()
    text = (gzip.decompress(raw) if file.suffix == ".gz" else raw).decode()
    reader = csv.DictReader(io.StringIO(text))
    return list(reader.fieldnames or []), list(reader)
