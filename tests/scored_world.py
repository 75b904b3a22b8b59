"""Invented activity scored in memory: random acts on platforms, a small world with all sorts of accounts, and its tables."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from clout.engine import queries
from clout.engine.engines import DuckDB, Engine
from clout.lake.partitions import Lake, window
from clout.lake.schemas import ACTIVITY, KINDS, OTHER_COUNTERS, POST_ACTIONS, TIME, small_arrow
from clout.research.dataset import Dataset
from clout.score import steps
from clout.score.identity import PERSONS
from clout.score.model import Model, read_model
from clout.score.plan import Plan

MODEL = read_model(queries.SQL / "models" / "v1.toml")
DAY = date(2026, 3, 14)
STRING, BOOL, COUNT = pa.string(), pa.bool_(), pa.int64()
STATES = pa.schema(
    [
        ("ds", pa.date32()),
        *((name, STRING) for name in ("account_key", "platform", "handle", "display_name", "account_type", "status")),
        *(("created_at", TIME), ("followers_count", COUNT), ("listed_count", COUNT)),
        *((name, BOOL) for name in ("is_bot", "is_minor", "opt_out", "is_protected", "may_be_named")),
        *(("location", STRING), ("located_on", pa.date32())),
    ]
)
COUNTED = pa.schema(
    [
        ("snapshot_date", pa.date32()),
        *((name, STRING) for name in ("account_key", "platform")),
        *((name, COUNT) for name in ("followers_count", "listed_count")),
        *((name, pa.float64()) for name in ("following_count", *OTHER_COUNTERS)),
        *(("fetched_at", TIME), ("raw_ref", STRING), ("state_complete", BOOL)),
    ]
)
LISTED = pa.schema([("account_key", STRING), ("reason", STRING)])
SEEDS = pa.schema([("platform", STRING), ("account_key", STRING)])
POSTS = pa.schema(
    [
        *((name, STRING) for name in ("platform", "author_key", "post_key", "post_type")),
        *(("is_deleted", BOOL), ("event_at", TIME), ("from_feed", BOOL)),
    ]
)

NOT_SHOWN = (None,) * (1 + len(OTHER_COUNTERS))
Rows = list[tuple]
NAMES = ["gus", "hana", "ada", "bo", *(f"p{number}" for number in range(26))]


def dataset_of(
    activity: Rows,
    day: date = DAY,
    states: Rows = (),
    counted: Rows = (),
    posts: Rows = (),
    post_actions: Rows = (),
    persons: Rows = (),
    seeds: Rows = (),
    excluded: tuple[str, ...] = (),
    platforms: tuple[str, ...] = (),
    model: Model = MODEL,
) -> Dataset:
    """Rows as conform would have left them. counted: (day, account, platform, followers, lists), besides states."""
    seen = [
        *((ds, key, platform, followers, listed) for ds, key, platform, *_, followers, listed, _, _, _, _ in states)
    ]
    given = (*counted, *seen)
    accounts = [(ds, key, platform, *numbers, *NOT_SHOWN, None, None, True) for ds, key, platform, *numbers in given]
    return Dataset(
        activity=small_arrow(ACTIVITY, list(activity)),
        account_states=small_arrow(STATES, [(*row, None, None, None) for row in states]),
        counter_states=Plan(DuckDB(), {"accounts": small_arrow(COUNTED, accounts)}, model, day).resolve(
            "counter_states"
        ),
        posts=small_arrow(POSTS, list(posts)),
        post_actions=small_arrow(POST_ACTIONS, list(post_actions)),
        operator_list=small_arrow(LISTED, [(key, "asked by letter") for key in excluded]),
        persons=small_arrow(PERSONS, list(persons)),
        named_seeds=small_arrow(SEEDS, list(seeds)),
        sources=steps.sources_table(platforms or sorted({row[1] for row in activity})),
    )


def evidence_of(engine: Engine, activity: Rows, day: date = DAY, model: Model = MODEL, **more: Any) -> Plan:
    """The evidence of rows, see dataset_of."""
    return steps.in_memory(engine, model, day, **dataset_of(activity, day, model=model, **more).given)


def scores_of(activity: Rows, variant: str = "now", **more: Any) -> dict[str, dict[str, Any]]:
    """person -> the row of sql/score.sql, in DuckDB."""
    score = evidence_of(DuckDB(), activity, **more).resolve("score")
    return {row["person_id"]: row for row in score.filter(pc.field("variant") == variant).to_pylist()}


def draw(chance: random.Random, platform: str, acts: int = 150, names: list[str] = NAMES, days: int = 90) -> Rows:
    """Random activity of one platform: a few do much, many do little, some answer each other."""
    rows = {}
    for _ in range(acts):
        actor, target = (f"{platform}:{name}" for name in chance.sample(names, 2))
        key = (DAY - timedelta(chance.randrange(days)), platform, actor, target, chance.choice(KINDS))
        rows[key] = (*key, chance.choice((1, 1, 1, 2, 7, 40)), None)
    return list(rows.values())


def moved_to(rows: Rows, platform: str) -> Rows:
    """The same acts on another platform, by people of the same names."""

    def name(key: str) -> str:
        return f"{platform}:{key.split(':')[1]}"

    return [(ds, platform, name(actor), name(target), *rest) for ds, _, actor, target, *rest in rows]


EXCLUDED = {f"{platform}:{name}" for platform in ("murmur", "plaza") for name in ("gus", "hana")}


def world() -> dict[str, Any]:
    """Two platforms, of which one shows posts, and a third that shows counters only; with all sorts of accounts."""
    chance = random.Random(1)
    activity = draw(chance, "murmur", 600) + draw(chance, "plaza", 200)
    states, posts, acted = [], [], []
    for platform in ("murmur", "plaza", "pages"):
        for name in NAMES:
            created = datetime(2026, 3, 14, tzinfo=UTC) - timedelta(chance.choice((3, 10, 20, 60, 2000)))
            flags = (chance.random() < 0.1, False, name == "gus", False)
            numbers = (chance.randrange(9000), chance.choice((None, 3)))
            born = None if chance.random() < 0.2 else created
            states.append((DAY, f"{platform}:{name}", platform, name, None, "person", "active", born, *numbers, *flags))
    for number in range(80):
        at = datetime(2026, 3, 14, 9, tzinfo=UTC) - timedelta(chance.randrange(90))
        posts.append(
            ("murmur", f"murmur:{chance.choice(NAMES)}", f"post{number}", "original", False, at, number % 9 > 0)
        )
        for _ in range(chance.randrange(3)):
            acted.append((at.date(), "murmur", f"post{number}", f"murmur:{chance.choice(NAMES)}"))
    return {
        "activity": activity,
        "states": states,
        "posts": posts,
        "post_actions": sorted(set(acted)),
        # bo has three accounts; p1's page is known by counters only.
        "persons": [(f"{p}:bo", "murmur:bo") for p in ("murmur", "pages", "plaza")]
        + [(f"{p}:p1", "murmur:p1") for p in ("murmur", "pages")],
        "seeds": [("plaza", "plaza:ada"), ("plaza", "plaza:nobody")],
        "excluded": tuple(f"{platform}:hana" for platform in ("murmur", "plaza", "pages")),
    }


def published(engine: Engine, model: Model = MODEL, lake: Lake | None = None) -> dict[str, pa.Table]:
    """Every table of the world. lake: where its activity lies, if it is to be read as a night's is."""
    given = dataset_of(**world(), platforms=("murmur", "pages", "plaza"), model=model).given
    if lake:
        given |= {"activity": engine.conformed(lake, "activity", window(DAY, 90))}
    tables = steps.published(steps.in_memory(engine, model, DAY, **given))
    return {name: rows if isinstance(rows, pa.Table) else rows.toArrow() for name, rows in tables.items()}


def write_activity(lake: Lake) -> None:
    """Leave the world's activity in a lake, as conform would."""
    activity = small_arrow(ACTIVITY, world()["activity"])
    for day in window(DAY, 90):
        of_day = activity.filter(pc.equal(activity["ds"], pa.scalar(day)))
        lake.write(lake.conformed("activity", day), of_day.drop_columns("ds"))
