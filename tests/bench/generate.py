"""Invented activity of any size, straight into a lake as conform leaves it, and raw beside it. Same numbers, same files.

People act and are acted on by power laws; three acts in ten go to one of an actor's eight favourites, so pairs repeat; a
fifth of the people post once a week, and what is done to them is done to that post. Made day by day: memory does not grow
with the number of days.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from clout.lake.partitions import Lake, window
from clout.lake.schemas import CONFORMED, KINDS, SNAPSHOTS

PLATFORM = "bench"
DAY = date(2026, 3, 14)
#: Shares of the kinds, in the order of KINDS.
SHARES = (0.50, 0.10, 0.17, 0.05, 0.18)
#: How steep the power laws are: a person's place is people * u^steepness, u uniform.
ACTORS, TARGETS = 2.0, 3.0
WEEK = 7


def generate(folder: Path, interactions: int, people: int, days: int = 90) -> Path:
    """Write folder/lake, folder/raw and folder/sources.toml, unless they are there. Gives the sources file.

    raw/ds=<day>: one row per interaction (actor, target, kind, post_key), which nobody aggregated.
    """
    sources = folder / "sources.toml"
    if sources.is_file():
        return sources
    lake, raw = Lake(folder / "lake"), Lake(folder)
    keys = pa.array(np.arange(people)).cast(pa.string())
    keys = _prefixed(PLATFORM + ":", keys)
    span = window(DAY, days)
    per_day = np.diff(np.linspace(0, interactions, days + 1).round().astype(np.int64))
    lake.write(lake.snapshot("accounts", PLATFORM, span[0]), _accounts(keys, span[0]))
    for number, (day, count) in enumerate(zip(span, per_day, strict=True)):
        chance = np.random.default_rng([people, number])
        actor = _drawn(chance, people, count, ACTORS)
        target = _drawn(chance, people, count, TARGETS)
        favourite = chance.random(count) < 0.3
        target[favourite] = _favourites(actor[favourite], chance.integers(8, size=favourite.sum()), people)
        kind = chance.choice(len(KINDS), size=count, p=SHARES)
        others = actor != target
        actor, target, kind = actor[others], target[others], kind[others]
        post, posted = _post_numbers(target, number, people)
        metadata = {"fingerprint": f"bench {interactions} {people} {day}"}
        names = pa.array(KINDS)
        columns = {"actor": keys.take(pa.array(actor)), "target": keys.take(pa.array(target))}
        post_key = _prefixed(PLATFORM + ":post", pa.array(post, mask=~posted).cast(pa.string()))
        raw.write(f"raw/ds={day}", pa.table({**columns, "kind": names.take(pa.array(kind)), "post_key": post_key}))
        lake.write(lake.conformed("activity", day), _activity(actor, target, kind, posted, people, keys), metadata)
        passed_on = posted & np.isin(kind, [KINDS.index(each) for each in ("share", "quote", "reply")])
        both = np.unique(post[passed_on] * people + actor[passed_on])
        actions = {
            "platform": pa.repeat(PLATFORM, len(both)),
            "post_key": _prefixed(PLATFORM + ":post", pa.array(both // people).cast(pa.string())),
            "actor": keys.take(pa.array(both % people)),
        }
        lake.write(lake.conformed("post_actions", day), _as(CONFORMED["post_actions"].remove(0), actions), metadata)
        lake.write(lake.snapshot("posts", PLATFORM, day), _posts(number, day, people, keys))
        for table in ("conservation", "pulls", "coverage"):
            lake.write(lake.conformed(table, day), CONFORMED[table].remove(0).empty_table(), metadata)
    (folder / "exports").mkdir(exist_ok=True)
    sources.write_text(f'[[source]]\nname = "{PLATFORM}"\nreader = "files"\npath = "exports"\n', encoding="utf-8")
    return sources


def _drawn(chance: np.random.Generator, people: int, count: int, steepness: float) -> np.ndarray:
    return _scattered((people * chance.random(count) ** steepness).astype(np.int64), people)


def _scattered(place: np.ndarray, people: int) -> np.ndarray:
    """Places as numbers of people, so that neighbours in the power law are no neighbours by number."""
    step = 611_953  # prime, so that every person has one place
    return place * (step if people % step else step + 2) % people


def _favourites(actor: np.ndarray, which: np.ndarray, people: int) -> np.ndarray:
    mixed = (actor * 8 + which) * 2_654_435_761 % (1 << 32)
    return _scattered((people * (mixed / (1 << 32)) ** TARGETS).astype(np.int64), people)


def _post_numbers(author: np.ndarray, day: int, people: int) -> tuple[np.ndarray, np.ndarray]:
    """The number of the author's newest post on a day, and whether there is one."""
    week = (day - author % WEEK) // WEEK
    return (week + 1) * people + author, (author % 5 == 0) & (week >= 0)


def _activity(
    actor: np.ndarray, target: np.ndarray, kind: np.ndarray, posted: np.ndarray, people: int, keys: pa.Array
) -> pa.Table:
    together, first, n = np.unique((actor * people + target) * 5 + kind, return_index=True, return_counts=True)
    columns = {
        "platform": pa.repeat(PLATFORM, len(together)),
        "actor": keys.take(pa.array(together // 5 // people)),
        "target": keys.take(pa.array(together // 5 % people)),
        "kind": pa.array(KINDS).take(pa.array(together % 5)),
        "n": n,
        "n_posts": pa.array(np.ones(len(n), dtype=np.int64), mask=~posted[first]),
    }
    return _as(CONFORMED["activity"].remove(0), columns)


def _posts(number: int, day: date, people: int, keys: pa.Array) -> pa.Table:
    authors = np.arange(number % WEEK, people, WEEK)
    authors = authors[authors % 5 == 0]
    post, _ = _post_numbers(authors, number, people)
    key = _prefixed(PLATFORM + ":post", pa.array(post).cast(pa.string()))
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    columns = {
        **{"post_key": key, "native_id": key, "author_key": keys.take(pa.array(authors))},
        **{name: pa.repeat(pa.scalar(at), len(post)) for name in ("created_at", "event_at", "fetched_at")},
        "post_type": pa.repeat("original", len(post)),
        "is_deleted": pa.repeat(False, len(post)),
        "from_feed": pa.repeat(True, len(post)),
        "source_endpoint": pa.repeat("bench", len(post)),
    }
    return _as(SNAPSHOTS["posts"], columns)


def _accounts(keys: pa.Array, day: date) -> pa.Table:
    """Everybody, between a day and three years old on the first day; one in a hundred is a bot."""
    number = np.arange(len(keys))
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    born = np.datetime64(at.replace(tzinfo=None), "us") - (1 + number * 7919 % 1095) * np.timedelta64(
        86_400_000_000, "us"
    )
    columns = {
        **{name: keys for name in ("account_key", "native_id", "handle")},
        **{"account_type": pa.repeat("person", len(keys)), "status": pa.repeat("active", len(keys))},
        "created_at": pa.array(born).cast(pa.timestamp("us")).cast(SNAPSHOTS["accounts"].field("created_at").type),
        "is_bot": number % 100 == 99,
        "state_complete": pa.repeat(True, len(keys)),
        "fetched_at": pa.repeat(pa.scalar(at), len(keys)),
        "source_endpoint": pa.repeat("bench", len(keys)),
    }
    return _as(SNAPSHOTS["accounts"], columns)


def _as(schema: pa.Schema, columns: dict[str, Any]) -> pa.Table:
    """The columns as a table of the schema; NULL where nothing is given."""
    rows = len(next(iter(columns.values())))
    return pa.table(
        [pa.array(columns[f.name]).cast(f.type) if f.name in columns else pa.nulls(rows, f.type) for f in schema],
        schema=schema,
    )


def _prefixed(prefix: str, text: pa.Array) -> pa.Array:
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(prefix, text, "")
