"""The invented world: fame for a day makes no expert, a pile-on no leader, and a holiday erases nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from clout.config.sources import read_sources
from clout.engine.engines import DuckDB
from clout.lake.partitions import Lake, days_between
from clout.lake.schemas import small_arrow
from clout.research import dataset
from clout.score import steps
from clout.score.identity import PERSONS
from clout.score.plan import Plan
from sandbox.lake_of_world import write_lake, write_sources
from sandbox.world import HOLIDAY, JOKE_DAY, PILE_ON_DAYS, SEED, World
from scored_world import LISTED, MODEL, SEEDS

PLATFORM = "commons"
DAYS = days_between(date(2026, 2, 10), HOLIDAY[1])
DATES = (PILE_ON_DAYS[1], HOLIDAY[0] - timedelta(1), HOLIDAY[1])
Tables = dict[str, pa.Table]


def tables_at(lake: Lake, world: World, day: date) -> Tables:
    """The tables of one score date, from the days up to it."""
    engine = DuckDB()
    # One earlier day instead of three: the changes are not what is asked for here.
    model = replace(MODEL, parameters=MODEL.parameters | {"days_before": [1]})
    days = [each for each in DAYS if each <= day]

    def together(paths: list[tuple[date, str]], **columns: str) -> pa.Table:
        """The partitions as one table, with their day as ds, and more columns of one value."""
        found = []
        for ds, path in paths:
            rows = lake.read(path)
            for name, value in {"ds": pa.scalar(ds), **columns}.items():
                if name not in rows.column_names:
                    rows = rows.append_column(name, pa.repeat(value, rows.num_rows))
            found.append(rows)
        return pa.concat_tables(found)

    known = [(day, path) for each in days if lake.exists(path := lake.snapshot("accounts", PLATFORM, each))][-1:]
    seen = together(known, platform=PLATFORM)
    seen = seen.append_column("located_on", pa.nulls(len(seen), pa.date32()))
    evidence = steps.in_memory(
        engine,
        model,
        day,
        activity=together([(each, lake.conformed("activity", each)) for each in days]),
        account_states=seen,
        counter_states=Plan(engine, {"accounts": seen.rename_columns({"ds": "snapshot_date"})}, model, day).resolve(
            "counter_states"
        ),
        posts=together([(each, lake.snapshot("posts", PLATFORM, each)) for each in days], platform=PLATFORM),
        post_actions=together([(each, lake.conformed("post_actions", each)) for each in days]),
        operator_list=small_arrow(LISTED, [(f"{PLATFORM}:{world.excluded_by_operator}", "asked by letter")]),
        persons=PERSONS.empty_table(),
        named_seeds=SEEDS.empty_table(),
        sources=steps.sources_table([PLATFORM]),
    )
    return steps.published(evidence)


@pytest.fixture(scope="module")
def world() -> World:
    return World(people=1500)


@pytest.fixture(scope="module")
def scored(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[date, Tables]:
    """The tables of each of DATES."""
    lake = Lake(tmp_path_factory.mktemp("lake"))
    write_lake(lake, world, DAYS)
    return {day: tables_at(lake, world, day) for day in DATES}


def of(tables: Tables, people: Any) -> dict[str, Any]:
    """The row of scores of the one person among `people` that a special day of the world is about."""
    [person] = people
    [row] = [row for row in tables["scores"].to_pylist() if row["person_id"] == f"{PLATFORM}:{person}"]
    return row


def above(tables: Tables, row: dict[str, Any]) -> float:
    """The share of the scored people who score more."""
    scores = [each for each in tables["scores"]["score"].to_pylist() if each is not None]
    return sum(score > row["score"] for score in scores) / len(scores)


def test_the_joke_makes_nobody_an_expert(scored: dict[date, Tables], world: World) -> None:
    day = PILE_ON_DAYS[1]
    assert day - JOKE_DAY <= timedelta(3)
    joker = of(scored[day], world.jokers)
    assert joker["people"] >= 30  # it was a good joke
    assert above(scored[day], joker) > 0.5
    # And it is forgotten.
    assert above(scored[HOLIDAY[1]], of(scored[HOLIDAY[1]], world.jokers)) > 0.9


@pytest.mark.parametrize(("people", "seed"), [(1200, SEED), (1000, 2)])
def test_a_pile_on_does_not_raise_its_victim_above_the_calm_leader(people: int, seed: int, tmp_path: Path) -> None:
    """Worlds in which it would without the bound on bursts."""
    world, lake, days = World(seed, people), Lake(tmp_path / "lake"), days_between(DAYS[0], PILE_ON_DAYS[1])
    write_lake(lake, world, days)
    past = dataset.read(lake, read_sources(write_sources(tmp_path, world, [PLATFORM])), MODEL, days)
    unbound = dataset.overlaid(MODEL, dataset.DEFENCES[MODEL.formulas]["bursts"])
    keys = [f"{PLATFORM}:{person}" for person in (*world.victims, *world.calm_leaders)]
    victim, leader = dataset.scores(past, MODEL, days[-1], keys)
    assert victim < leader
    victim, leader = dataset.scores(past, unbound, days[-1], keys)
    assert victim > leader


def test_a_holiday_costs_momentum_and_hardly_any_standing(scored: dict[date, Tables], world: World) -> None:
    before, after = (of(scored[day], world.on_holiday) for day in (HOLIDAY[0] - timedelta(1), HOLIDAY[1]))
    assert after["standing"] > 0.9 * before["standing"]
    assert after["momentum"] < 0.5 * before["momentum"]
    assert (
        before["momentum"] - after["momentum"]
        > before["score"] - after["score"]
        > before["standing"] - after["standing"]
    )


#: Tables that this world, without places, lists or topics, has rows for.
FILLED = ("scores", "platform_scores", "score_explanations", "score_changes", "influences")


def test_who_may_not_be_scored_is_in_no_table(scored: dict[date, Tables], world: World) -> None:
    hidden = {*world.minors, *world.opted_out, *world.protected, world.excluded_by_operator}
    assert len(hidden) > 30
    keys = {f"{PLATFORM}:{person}" for person in hidden}
    for name, rows in scored[HOLIDAY[1]].items():
        assert rows.num_rows > 100 or name not in FILLED
        for field in rows.schema:
            if field.type == pa.string():
                assert not keys & set(rows[field.name].to_pylist()), (name, field.name)
