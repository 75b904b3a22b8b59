"""The measures through Spark: platform by platform, whatever the order and partitions, and never worse for being moved."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from clout import queries
from clout.influence import measures, network_rank
from clout.influence.identity import PERSONS
from clout.influence.measures import Evidence
from clout.influence.model import read_model
from clout.lake_schemas import ACTIVITY, KINDS, POST_ACTIONS, TIME
from clout.lake_spark import small_table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

MODEL = read_model(queries.SQL / "models" / "v1.toml")
DAY = date(2026, 3, 14)
STRING = pa.string()
STATES = pa.schema(
    [
        ("ds", pa.date32()),
        ("account_key", STRING),
        ("created_at", TIME),
        ("is_bot", pa.bool_()),
        ("is_minor", pa.bool_()),
        ("opt_out", pa.bool_()),
        ("is_protected", pa.bool_()),
        ("status", STRING),
    ]
)
LISTED = pa.schema([("account_key", STRING), ("reason", STRING)])
SEEDS = pa.schema([("platform", STRING), ("person_id", STRING)])
#: Four random graphs of different size and density, computed at once: Spark is slow at starting, not at four.
PLATFORMS = {"murmur": 60, "plaza": 20, "agora": 35, "forum": 8}
EXCLUDED = {f"{platform}:{name}" for platform in PLATFORMS for name in ("gus", "hana")}
NAMED_SEEDS = [("plaza", "plaza:ada"), ("plaza", "plaza:nobody"), ("forum", "forum:p1")]

Rows = list[tuple]


def draw(seed: int) -> Rows:
    """Random activity over the window: a few do much, many do little, some answer each other."""
    chance = random.Random(seed)
    rows: dict[tuple, tuple] = {}
    for _ in range(1500):
        platform = chance.choice(list(PLATFORMS))
        names = ["ada", "bo", "gus", "hana", *(f"p{number}" for number in range(PLATFORMS[platform]))]
        actor, target = (f"{platform}:{name}" for name in chance.sample(names, 2))
        key = (DAY - timedelta(chance.randrange(MODEL.window_days)), platform, actor, target, chance.choice(KINDS))
        rows[key] = (*key, chance.choice((1, 1, 1, 2, 7, 40)), None)
    return list(rows.values())


def states(seed: int) -> Rows:
    """The states of most accounts: of all ages and of unknown ones, some declared bots, some excluded."""
    chance = random.Random(seed)
    rows = []
    for platform, size in PLATFORMS.items():
        for name in ("ada", "bo", *(f"p{number}" for number in range(0, size, 2))):
            age = timedelta(chance.choice((3, 10, 20, 60, 2000)))
            created = None if chance.random() < 0.2 else datetime(2026, 3, 14, tzinfo=UTC) - age
            rows.append((DAY, f"{platform}:{name}", created, chance.random() < 0.1, False, False, False, "active"))
        rows.append((DAY, f"{platform}:gus", None, False, False, platform == "murmur", False, "suspended"))
    return rows


def evidence(spark: SparkSession, activity: Rows, partitions: int = 1) -> Evidence:
    """The evidence that conform would have gathered; like there, pairs are computed once and then read."""
    known = small_table(spark, STATES, states(2))
    operator_list = small_table(spark, LISTED, [(f"{platform}:hana", "asked by letter") for platform in PLATFORMS])
    persons = small_table(spark, PERSONS, [])
    rows = small_table(spark, ACTIVITY, activity).repartition(partitions)
    pairs = measures.pairs(rows, known, operator_list, persons, MODEL, DAY).toArrow()
    return Evidence(
        day=DAY,
        model=MODEL,
        pairs=spark.createDataFrame(pairs).repartition(partitions),
        account_states=known,
        post_actions=small_table(spark, POST_ACTIONS, []),
        posts=small_table(spark, pa.schema([("platform", STRING)]), []),
        operator_list=operator_list,
        persons=persons,
        named_seeds=small_table(spark, SEEDS, NAMED_SEEDS),
        facts={},
    )


def sorted_rows(frame: DataFrame) -> list[dict[str, Any]]:
    """All rows in one order. Floats are compared as they are: equal means equal bits (none is NaN or -0)."""
    rows = frame.toArrow().to_pylist()
    return sorted(rows, key=lambda row: [str(row.get(name)) for name in ("platform", "actor", "target", "person_id")])


@pytest.fixture(scope="module")
def made(spark: SparkSession) -> Evidence:
    """The evidence of one random activity."""
    return evidence(spark, draw(1))


@pytest.fixture(scope="module")
def reached(made: Evidence) -> list[dict[str, Any]]:
    """Its reach."""
    return sorted_rows(measures.reach(made))


def test_neither_order_nor_partitions_change_a_bit(
    made: Evidence, reached: list[dict[str, Any]], spark: SparkSession
) -> None:
    shuffled = draw(1)
    random.Random(5).shuffle(shuffled)
    again = evidence(spark, shuffled, partitions=5)
    assert sorted_rows(made.pairs) == sorted_rows(again.pairs)
    assert reached == sorted_rows(measures.reach(again))
    network = sorted_rows(measures.network(made))
    assert network == sorted_rows(measures.network(again))
    assert {row["platform"] for row in network} == set(PLATFORMS)
    assert all(0 <= row["network_influence"] <= 100 for row in network)


def test_excluded_people_are_in_no_pair(made: Evidence) -> None:
    activity = draw(1)
    assert {row[2] for row in activity} >= EXCLUDED
    assert {row[3] for row in activity} >= EXCLUDED
    pairs = sorted_rows(made.pairs)
    assert len(pairs) > 500
    assert not EXCLUDED & {person for row in pairs for person in (row["actor"], row["target"])}
    assert all(0 <= row["q"] < 1 for row in pairs)


def test_being_moved_by_one_more_person_never_lowers_reach(reached: list[dict[str, Any]], spark: SparkSession) -> None:
    # People of whom nothing else is known, one action each. (More of the same by somebody who is there already may lower it:
    # see tests/sql/pairs/selectivity, and what is given back is discounted.)
    chance = random.Random(3)
    newcomers = [
        (
            DAY - timedelta(chance.randrange(90)),
            platform,
            f"{platform}:new{n}",
            f"{platform}:p{n}",
            chance.choice(KINDS),
            1,
            None,
        )
        for platform in PLATFORMS
        for n in range(0, PLATFORMS[platform], 3)
    ]

    def by_person(rows: list[dict[str, Any]]) -> dict[str, tuple[float, int]]:
        return {row["person_id"]: (row["true_reach"], row["credible_people"]) for row in rows}

    before = by_person(reached)
    after = by_person(sorted_rows(measures.reach(evidence(spark, draw(1) + newcomers))))
    moved = {row[3] for row in newcomers}
    assert {person for person in after if after[person] != before.get(person)} == moved
    for person in moved:
        reach, people = before.get(person, (0.0, 0))
        assert reach < after[person][0] < reach + 1
        assert after[person][1] == people + 1


def test_rank_is_that_of_each_platform_alone(made: Evidence, spark: SparkSession) -> None:
    ranked = measures.rank(made.pairs, small_table(spark, SEEDS, NAMED_SEEDS), MODEL).toArrow().to_pylist()
    pairs = made.pairs.toArrow().to_pylist()
    # plaza:nobody, whom nobody in the window knows, is left out.
    for platform, seeds in {"murmur": [], "plaza": ["plaza:ada"], "agora": [], "forum": ["forum:p1"]}.items():
        rows = [
            {"platform": platform, "actor": p["actor"], "target": p["target"], "weight": p["q"] * p["credibility"]}
            for p in pairs
            if p["platform"] == platform
        ]
        rows += [{"platform": platform, "actor": seed, "target": None, "weight": None} for seed in seeds]
        schema = pa.schema([("platform", STRING), ("actor", STRING), ("target", STRING), ("weight", pa.float64())])
        alone = network_rank.rank_platform(pa.Table.from_pylist(rows, schema), MODEL.parameters)
        assert [row for row in ranked if row["platform"] == platform] == alone.to_pylist()
