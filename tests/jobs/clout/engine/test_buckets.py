"""Nights on buckets of people: the same rows for any number of buckets, whoever does the tasks, and however often."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from clout.engine import buckets, engines, parts, queries, scheduler
from clout.engine.buckets import Buckets, Spread
from clout.engine.duckdb_engine import DiskDuckDB
from clout.engine.parts import Task
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.score import variants
from clout.score.model import Model, read_model
from scored_world import DAY, MODEL, published, write_activity

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

V2 = read_model(queries.SQL / "models" / "v2.toml")
ALONE = variants.score_alone(V2)
MEMORY = 200 << 20


class Here:
    """Does tasks in this process, the last first, and every third twice: as a scheduler may that lost an answer."""

    memory = MEMORY

    def __init__(self) -> None:
        self.done: list[Task] = []

    def do(self, tasks: Sequence[Task]) -> list[int]:
        written = {number: parts.do(task) for number, task in reversed(list(enumerate(tasks)))}
        assert all(parts.do(task) == written[number] for number, task in enumerate(tasks) if number % 3 == 1)
        self.done += tasks
        return [written[number] for number in range(len(tasks))]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with the world's activity."""
    lake = Lake(tmp_path_factory.mktemp("lake"))
    write_activity(lake)
    return lake


def rows(tables: dict[str, pa.Table]) -> dict[str, list[tuple]]:
    """All rows of all tables in one order, to the last bit."""
    return {
        name: sorted((tuple(row.values()) for row in table.to_pylist()), key=repr) for name, table in tables.items()
    }


#: Sixty-four buckets are a thousand tasks.
MANY = pytest.param(ALONE, 64, marks=pytest.mark.skipif("CLOUT_BUCKETS_ALL" not in os.environ, reason="takes a minute"))


@pytest.mark.parametrize(("model", "number"), [(variants.score_alone(MODEL), 2), (V2, 2), (ALONE, 1), (ALONE, 8), MANY])
def test_the_number_of_buckets_changes_nothing(world: Lake, model: Model, number: int) -> None:
    here = Here()
    spread = published(Buckets(world, number, here), model, world)
    assert len(here.done) > 10 * number
    whole = published(DiskDuckDB(), model)
    assert len(whole["scores"]) > 20
    assert rows(spread) == rows(whole)
    assert [table.schema for table in spread.values()] == [table.schema for table in whole.values()]


@pytest.mark.parametrize("model", [MODEL, V2])
def test_what_variants_share_changes_nothing(model: Model) -> None:
    """In memory all variants are computed from nothing but activity, in one query."""
    assert rows(published(DiskDuckDB(), model)) == rows(published(engines.DuckDB(), model))


def test_processes_do_the_same_tasks(world: Lake) -> None:
    assert rows(published(Buckets(world, 2, scheduler.Processes(MEMORY)), ALONE, world)) == rows(
        published(DiskDuckDB(), ALONE)
    )


def test_spark_hands_out_the_same_tasks(world: Lake, spark: SparkSession) -> None:
    engine = Buckets(world, 2, scheduler.Spark(spark, MEMORY))
    assert rows(published(engine, ALONE, world)) == rows(published(DiskDuckDB(), ALONE))
    place = Path(engine._place)
    assert place.parent == Path(world.root, "_parts"), "workers reach the lake, not this machine's folders"
    assert place.is_dir()
    del engine
    gc.collect()
    assert not place.exists(), "what tasks leave goes with the engine"


def test_what_a_killed_night_left_goes_with_the_next_erasure_or_purge(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    (tmp_path / "_parts" / "gone").mkdir(parents=True)
    with lake.together("a night"):
        assert (tmp_path / "_parts").is_dir()
    with lake.alone("erase"):
        assert not (tmp_path / "_parts").exists()


def test_a_task_that_dies_leaves_no_file(tmp_path: Path) -> None:
    task = Task(str(tmp_path), "SELECT error('gone') AS x", {}, f"{tmp_path}/out.parquet", (), MEMORY)
    with pytest.raises(Exception, match="gone"):
        parts.do(task)
    assert not list(tmp_path.iterdir())


def test_rows_lie_by_who_made_them_and_in_the_order_of_who_wants_them(
    world: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "ACTS_AT_ONCE", 50)
    engine = Buckets(world, 4, Here())
    given = {"activity": engine.conformed(world, "activity", [DAY - timedelta(n) for n in range(90)])}
    engine.register_keys(*given.values())
    nobody = pa.schema([("account_key", pa.string()), ("person_id", pa.string())]).empty_table()
    acts = engine.run(
        "persons_activity", {}, activity=given["activity"], excluded=nobody.select(["account_key"]), persons=nobody
    )
    parameters = MODEL.parameters | {"first_day": DAY - timedelta(89), "last_day": DAY}
    absent = pa.schema([("platform", pa.string()), ("person_id", pa.string())]).empty_table()
    found = engine.run("daily_engagement", parameters, persons_activity=acts, absent_people=absent)
    assert isinstance(found, Spread)
    assert (found.by, found.then) == ("ds", "actor")
    read = [engine.connection.sql(f"SELECT actor % 4 = b, b FROM '{file}'").fetchall() for file in found.all_files]
    assert all(right for each in read for right, _ in each)
    assert all([b for _, b in each] == sorted(b for _, b in each) for each in read)
    days = [
        day for file in found.all_files for day in engine.connection.sql(f"SELECT DISTINCT ds FROM '{file}'").fetchall()
    ]
    assert len(found.all_files) > 4
    count = len(acts.toArrow().group_by("ds").aggregate([]))
    assert len(days) == len({*days}) == count, "a day's acts are in one part: they are weighed by each other"


def test_features_of_other_people_are_refused_and_of_other_buckets_read(world: Lake, tmp_path: Path) -> None:
    lake, days = Lake(tmp_path), [DAY - timedelta(n) for n in range(90)]

    def engine(number: int, days: list[date]) -> tuple[Buckets, dict[str, object]]:
        made = Buckets(world, number, Here())
        activity = made.conformed(world, "activity", days)
        made.register_keys(activity)
        return made, {"activity": activity}

    first, given = engine(3, days)
    nobody = pa.schema([("account_key", pa.string()), ("person_id", pa.string())]).empty_table()
    acts = first.run("persons_activity", {}, **given, excluded=nobody.select(["account_key"]), persons=nobody)
    first.save_features(lake, "acts", DAY, acts, {"of": "all"})
    for number in (3, 2):
        again = engine(number, days)[0].load_features(lake, "acts", DAY, {"of": "all"}, "ties")
        assert rows({"acts": again.toArrow()}) == rows({"acts": acts.toArrow()})
    assert rows(
        {"acts": one_process(world, days).load_features(lake, "acts", DAY, {"of": "all"}, "ties").toArrow()}
    ) == rows({"acts": acts.toArrow()})
    with pytest.raises(InvalidInput, match=r"the acts of 2026-03-14 are of other people; run jobs/ties\.py"):
        engine(3, days[87:])[0].load_features(lake, "acts", DAY, {"of": "all"}, "ties")


def one_process(lake: Lake, days: list[date]) -> DiskDuckDB:
    """The engine of one process, that knows the people of some days."""
    engine = DiskDuckDB()
    engine.register_keys(engine.conformed(lake, "activity", days))
    return engine


def test_the_engine_is_chosen_by_the_rows_of_activity(world: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    days = [DAY - timedelta(1), DAY]
    count = sum(world.count(world.conformed("activity", day)) for day in days)
    monkeypatch.setattr(engines, "ONE_BUCKET_ROWS", count)
    assert type(engines.engine_for(world, days)) is DiskDuckDB
    monkeypatch.setattr(engines, "ONE_BUCKET_ROWS", count - 1)
    monkeypatch.setattr(engines, "BUCKET_ROWS", count - 1)
    chosen = engines.engine_for(world, days)
    assert isinstance(chosen, Buckets)
    assert chosen.number == 2
    monkeypatch.setenv("CLOUT_BUCKETS", "5")
    assert engines.engine_for(world, days).number == 5


def test_what_killed_tasks_spilled_goes_with_a_later_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts.tempfile, "tempdir", str(tmp_path))
    for name, age in (("clout-part-old", 2 * 86_400), ("clout-part-new", 60), ("anothers", 2 * 86_400)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "keys.tmp").touch()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    parts._database.__wrapped__(queries.DUCKDB, MEMORY)
    assert not (tmp_path / "clout-part-old").exists()
    assert (tmp_path / "clout-part-new" / "keys.tmp").exists()
    assert (tmp_path / "anothers" / "keys.tmp").exists()
