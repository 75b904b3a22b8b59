"""Writes the invented world straight into a lake, for worlds and ranges of days that are too large to be asked over HTTP.

Either as conform leaves it (activity, post_actions, conservation: what consent removes is gone, and counted), or as the
interactions snapshots that conform reads. Posts, accounts and manifests are written in both forms; accounts on the first
day, on each thirtieth after it, and on the last. Account keys are `platform:number of the person`.

    python tests/sandbox/lake_of_world.py LAKE --people 100000 --days 2026-02-10..2026-05-10

writes LAKE beside which `sources.toml` is put, so that `jobs/reach.py --sources` and the like can be run. On the platform
`commons`, which is the default, everybody is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # as a script this folder is on the path, but its modules are known as sandbox.*
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    sys.path.insert(1, str(Path(__file__).resolve().parents[2] / "jobs"))

import numpy as np
import pyarrow as pa
from clout.lake.partitions import Lake
from clout.lake.schemas import CONFORMED, SNAPSHOTS

from sandbox.world import KINDS, PEOPLE, PLATFORMS, QUOTE, REPLY, SEED, SHARE, Day, World, days_of, distinct

FORMS = ("conformed", "snapshots")
Columns = dict[str, Any]


def write_lake(
    lake: Lake, world: World, days: list[date], platforms: Iterable[str] = ("commons",), form: str = "conformed"
) -> None:
    """Write the partitions of `days`, which are in order of time, for all `platforms`. Replaces what is there."""
    if form not in FORMS:
        raise ValueError(f"form {form!r} is not one of {', '.join(FORMS)}")
    keys = {name: pa.array([f"{name}:{i}" for i in range(world.people)]) for name in platforms}
    for day in days:
        parts: dict[str, list[pa.Table]] = {}
        for name in keys:
            written = _Platform(world, name, keys[name], day)
            if (day - days[0]).days % 30 == 0 or day == days[-1]:
                lake.write(lake.snapshot("accounts", name, day), written.accounts())
            if PLATFORMS[name].shows_posts:
                lake.write(lake.snapshot("posts", name, day), written.posts())
            lake.write(lake.snapshot("manifest", name, day), written.manifest())
            if form == "snapshots":
                lake.write(lake.snapshot("interactions", name, day), written.interactions())
            else:
                for table, rows in written.conformed().items():
                    parts.setdefault(table, []).append(rows)
        if form == "conformed":
            metadata = {"fingerprint": f"invented world {world.seed}, {world.people} people, {', '.join(keys)}, {day}"}
            for table, rows in parts.items():
                none = CONFORMED[table].remove(0).empty_table()  # nobody was asked: no pulls, no coverage
                lake.write(lake.conformed(table, day), pa.concat_tables([none, *rows]), metadata)


def write_sources(folder: Path, world: World, platforms: Iterable[str]) -> Path:
    """A sources file that names the platforms, and the operator's list. There are no exports to pull."""
    names = list(platforms)
    (folder / "exports").mkdir(parents=True, exist_ok=True)
    rows = [f"{name}:{world.excluded_by_operator},asked us by letter" for name in names]
    (folder / "exclusions.csv").write_text("\n".join(["account_key,reason", *rows]) + "\n", encoding="utf-8")
    text = ['exclude = "exclusions.csv"']
    text += [f'[[source]]\nname = "{name}"\nreader = "files"\npath = "exports"' for name in names]
    (folder / "sources.toml").write_text("\n\n".join(text) + "\n", encoding="utf-8")
    return folder / "sources.toml"


class _Platform:
    """One day of one platform as tables. Without the column that the partition's path holds."""

    def __init__(self, world: World, name: str, keys: pa.Array, day: date) -> None:
        self.world, self.name, self.keys, self.date = world, name, keys, day
        self.began = datetime(day.year, day.month, day.day, tzinfo=UTC)
        self.seen = pa.scalar(self.began + timedelta(days=1), pa.timestamp("us", tz="UTC"))
        self.day: Day = world.day(name, day)
        self.post_keys = pa.array([f"{name}:{day:%y%m%d}-{row}" for row in range(self.day.author.size)], pa.string())

    def accounts(self) -> pa.Table:
        """Everybody who is on the platform by now."""
        world = self.world
        exists = world.created_days <= (self.date - date(1970, 1, 1)).days
        who = np.flatnonzero(world.present[self.name] & exists)

        def among(people: Iterable[int]) -> np.ndarray:
            marked = np.zeros(world.people, dtype=bool)
            marked[list(people)] = True
            return marked[who]

        bot, gone = among(world.bots), world.away[who] <= self.began.timestamp()
        numbers = [str(i) for i in who.tolist()]
        return _table(
            "accounts",
            who.size,
            account_key=self.keys.take(pa.array(who)),
            native_id=numbers,
            handle=numbers,
            account_type=np.where(bot, "bot", "person"),
            created_at=pa.array(world.created_days[who].astype("datetime64[D]")).cast(pa.timestamp("us", tz="UTC")),
            followers_count=world.followers_count[who],
            is_bot=bot,
            is_minor=pa.array(among(world.minors), mask=~among(world.minors)),
            opt_out=among(world.opted_out),
            is_protected=among(world.protected),
            status=np.where(gone, "suspended", "active"),
            state_complete=True,
            fetched_at=self.seen,
            source_endpoint="accounts",
        )

    def posts(self) -> pa.Table:
        """The posts that were written this day."""
        at = _times(self.day.posted)
        return _table(
            "posts",
            self.day.author.size,
            post_key=self.post_keys,
            native_id=self.post_keys,
            author_key=self.keys.take(pa.array(self.day.author)),
            post_type="original",
            created_at=at,
            event_at=at,
            is_deleted=False,
            from_feed=True,
            fetched_at=self.seen,
            source_endpoint="posts",
        )

    def interactions(self) -> pa.Table:
        """The acts of this day, nothing left out."""
        day = self.day
        return _table(
            "interactions",
            day.actor.size,
            interaction_key=pa.array([f"{self.date:%y%m%d}-{i}" for i in range(day.actor.size)], pa.string()),
            kind=_kinds(day.kind),
            actor_key=self.keys.take(pa.array(day.actor)),
            target_account_key=self.keys.take(pa.array(day.target)),
            target_post_key=self._post_keys(day.post),
            occurred_at=_times(day.acted),
            occurred_precision="exact",
            observed_via="event_archive",
            is_removed=False,
            fetched_at=self.seen,
            source_endpoint="interactions",
        )

    def manifest(self) -> pa.Table:
        """One line for each table."""
        counts = {"interactions": self.day.actor.size, "posts": self.day.author.size}
        return _table(
            "manifest",
            len(counts),
            platform=self.name,
            snapshot_date=pa.scalar(self.date),
            endpoint="invented",
            subject=list(counts),
            table=list(counts),
            rows=list(counts.values()),
            rows_quarantined=0,
            status="complete",
        )

    def conformed(self) -> dict[str, pa.Table]:
        """Activity, post_actions and conservation, as conform would make them of the snapshots and the operator's list."""
        world, day, people = self.world, self.day, self.world.people
        own = day.actor == day.target
        excluded = ~own & (world.excluded[day.actor] | world.excluded[day.target])
        kept = ~own & ~excluded
        post, actor, target, kind = day.post[kept], day.actor[kept], day.target[kept], day.kind[kept]
        # Nobody does the same twice on one post: so many acts, so many posts.
        groups, n = np.unique((target * people + actor) * len(KINDS) + kind, return_counts=True)
        activity = {
            "platform": self.name,
            "actor": self.keys.take(pa.array(groups // len(KINDS) % people)),
            "target": self.keys.take(pa.array(groups // (len(KINDS) * people))),
            "kind": _kinds(groups % len(KINDS)),
            "n": n,
            "n_posts": n if PLATFORMS[self.name].shows_posts else None,
        }
        passed_on = np.isin(kind, (SHARE, QUOTE, REPLY)) & PLATFORMS[self.name].shows_posts
        pairs = distinct(post[passed_on] * people + actor[passed_on])
        actions = {
            "platform": self.name,
            "post_key": self._post_keys(pairs // people),
            "actor": self.keys.take(pa.array(pairs % people)),
        }
        counts = dict.fromkeys((f.name for f in CONFORMED["conservation"] if f.type == pa.int64()), 0)
        counts |= {"rows_in": own.size, "kept": int(kept.sum())}
        counts |= {"self_interaction": int(own.sum()), "excluded": int(excluded.sum())}
        return {
            "activity": _columns(CONFORMED["activity"].remove(0), groups.size, activity),
            "post_actions": _columns(CONFORMED["post_actions"].remove(0), pairs.size, actions),
            "conservation": _columns(CONFORMED["conservation"].remove(0), 1, {"platform": self.name} | counts),
        }

    def _post_keys(self, post: np.ndarray) -> pa.Array | None:
        return self.post_keys.take(pa.array(post)) if PLATFORMS[self.name].shows_posts else None


def _table(name: str, length: int, /, **columns: Any) -> pa.Table:
    return _columns(SNAPSHOTS[name], length, columns)


def _columns(schema: pa.Schema, rows: int, columns: Columns) -> pa.Table:
    """A table with the schema; a single value is every row's, and what is not given is NULL."""
    assert not columns.keys() - set(schema.names)

    def column(field: pa.Field) -> pa.Array:
        values = columns.get(field.name)
        if isinstance(values, np.ndarray | list | pa.Array | pa.ChunkedArray):
            return pa.array(values, field.type) if isinstance(values, np.ndarray | list) else values.cast(field.type)
        return pa.repeat(pa.scalar(values.as_py() if isinstance(values, pa.Scalar) else values, field.type), rows)

    return pa.table([column(field) for field in schema], schema=schema)


def _times(seconds: np.ndarray) -> pa.Array:
    return pa.array(seconds * 1_000_000).cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC"))


def _kinds(kind: np.ndarray) -> pa.Array:
    return pa.array(KINDS).take(pa.array(kind))


def main(argv: list[str]) -> None:
    """Write a lake."""
    parser = argparse.ArgumentParser(prog="lake_of_world.py", description=__doc__)
    parser.add_argument("lake", type=Path)
    parser.add_argument("--days", required=True, type=days_of, help="FIRST..LAST")
    parser.add_argument("--people", type=int, default=PEOPLE, help="100 to 1000000")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--platforms", default="commons", help=f"any of {','.join(PLATFORMS)}")
    parser.add_argument("--form", default=FORMS[0], choices=FORMS)
    args = parser.parse_args(argv)
    world, platforms = World(args.seed, args.people), args.platforms.split(",")
    write_lake(Lake(args.lake), world, args.days, platforms, args.form)
    print(f"invented world: {args.lake}, {len(args.days)} days; {write_sources(args.lake.parent, world, platforms)}")


if __name__ == "__main__":
    main(sys.argv[1:])
