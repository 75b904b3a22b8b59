"""The engine of nights: what it reads, keeps and stages on any lake, and that it loses nobody."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from clout.engine import duckdb_engine
from clout.engine.duckdb_engine import DiskDuckDB, memory_limit
from clout.lake.arrow import read_snapshots
from clout.lake.columns import POSTS, as_named
from clout.lake.partitions import Lake
from clout.lake.schemas import CONFORMED, SNAPSHOTS
from pyarrow import fs as pafs

DAYS = [date(2026, 3, 13), date(2026, 3, 14)]
ACTS = pa.table({"ds": DAYS, "actor": ["murmur:bo", "murmur:ada"], "target": ["murmur:ada", "murmur:bo"], "n": [1, 2]})


def elsewhere(folder: Path) -> Lake:
    """A lake that is no local folder, as far as it says."""
    lake = Lake(folder)
    lake.fs, lake.root = pafs.SubTreeFileSystem(lake.root, lake.fs), "lake"
    return lake


@pytest.mark.parametrize("lake_at", [Lake, elsewhere])
def test_reads_what_conform_and_pull_left_and_keeps_features(
    tmp_path: Path, lake_at: type[Lake], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = lake_at(tmp_path)
    activity, posts = CONFORMED["activity"].remove(0), SNAPSHOTS["posts"]
    for number, day in enumerate(DAYS):
        row = {"platform": "murmur", "actor": "murmur:bo", "target": "murmur:ada", "kind": "like", "n": number + 1}
        lake.write(lake.conformed("activity", day), pa.Table.from_pylist([row], activity))
    row = dict.fromkeys(posts.names) | {"post_key": "p1", "native_id": "1", "author_key": "murmur:ada"}
    row |= {
        "post_type": "original",
        "is_deleted": False,
        "from_feed": True,
        "fetched_at": datetime(2026, 3, 13, tzinfo=UTC),
        "source_endpoint": "test",
    }
    lake.write(lake.snapshot("posts", "murmur_two", DAYS[0]), pa.Table.from_pylist([row], posts))
    older = pa.Table.from_pylist([row | {"post_key": "p0"}], posts).drop_columns(["from_feed"])
    lake.write(lake.snapshot("posts", "murmur_one", DAYS[0]), older)  # alone in its source, and beside a newer one
    lake.write(lake.snapshot("posts", "murmur_two", DAYS[1]), older)
    engine = DiskDuckDB()
    days = [date(2026, 3, 1), *DAYS]
    read = engine.conformed(lake, "activity", days)
    shown = engine.posts(lake, {"murmur_one": "murmur", "murmur_two": "murmur"}, days)
    engine.register_keys(read, shown)
    gone = pa.schema([("account_key", pa.string()), ("reason", pa.string())]).empty_table()
    persons = pa.schema([("account_key", pa.string()), ("person_id", pa.string())]).empty_table()
    numbers = {f"base_{kind}": 1.0 for kind in ("like", "mention", "reply", "quote", "share")}
    numbers |= {"gamma": 0.5, "mention_absent": 0.0}
    monkeypatch.setattr(duckdb_engine, "ACTS_AT_ONCE", 1)
    assert engine.day_batches(read, DAYS) == [(day, day) for day in DAYS]
    between = engine.run("persons_activity", {}, activity=read, excluded=gone, persons=persons)
    absent = engine.run("absent_people", {}, persons_activity=between, posts=shown, persons=persons)
    acts = engine.union_all(
        [
            engine.run(
                "daily_engagement",
                numbers | {"first_day": first, "last_day": last},
                persons_activity=between,
                absent_people=absent,
            )
            for first, last in engine.day_batches(read, DAYS)
        ]
    )
    acts = engine.save_features(lake, "daily_engagement", DAYS[1], acts, {"made": "of this"})
    expected = [(day, "murmur", "murmur:bo", "murmur:ada", n, float(n)) for n, day in enumerate(DAYS, 1)]
    again = DiskDuckDB()
    kept = again.load_features(lake, "daily_engagement", DAYS[1], {"made": "of this"}, "conform")
    seen = again.posts(lake, {"murmur_one": "murmur"}, days)
    again.register_keys(kept, seen)
    for rows in (acts, again.run("platforms", {}, sources=kept, posts=seen, daily_engagement=kept) and acts):
        assert sorted(tuple(row.values()) for row in rows.toArrow().to_pylist()) == expected
    assert lake.read(lake.features("daily_engagement", DAYS[1])).num_rows == 2
    assert set(shown.toArrow().column_names) == set(POSTS)
    told = {(row["post_key"], row["from_feed"]) for row in shown.toArrow().to_pylist()}
    assert told == {("p1", True), ("p0", None)}
    read_whole = read_snapshots(
        lake, "posts", {"murmur_one": "murmur", "murmur_two": "murmur"}, DAYS, as_named("post_key", "from_feed")
    )
    assert {(row["post_key"], row["from_feed"]) for row in read_whole.to_pylist()} == told


def test_somebody_of_whom_it_was_not_told_is_an_error_not_a_loss() -> None:
    engine = DiskDuckDB()
    engine.register_keys(ACTS.slice(0, 1).drop_columns(["target"]))
    with pytest.raises(duckdb.Error, match="a key that was not registered: murmur:ada"):
        engine.run("own_interactions", {}, activity=ACTS, persons=ACTS)
    with pytest.raises(ValueError, match="a key that was not registered: murmur:ada"):
        engine.register_keys(ACTS)
    platforms = pa.table({"platform": ["murmur"]})
    with pytest.raises(ValueError, match="a key that was not registered: murmur"):
        engine.register_keys(platforms)


def test_words_come_out_as_they_went_in(tmp_path: Path) -> None:
    engine, rows = DiskDuckDB(), pa.table({"platform": ["plaza", "it's", None], "variant": ["now", "before_7", "now"]})
    engine.register_keys(rows)
    held = engine._with_numbers(rows)
    types = engine.connection.execute(f"SELECT DISTINCT typeof(platform), typeof(variant) FROM {held.name}").fetchall()
    assert types == [("enum('', 'it''s', 'plaza')", "enum('before_7', 'now')")]
    assert held.toArrow().equals(rows)
    engine.stage(Lake(tmp_path), "run/words", held, "platform", "variant")
    assert Lake(tmp_path).read("run/words").to_pylist() == [
        {"platform": "it's", "variant": "before_7"},
        {"platform": "plaza", "variant": "now"},
        {"platform": None, "variant": "now"},
    ]


def test_staged_bytes_do_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    rows = pa.table(
        {"person_id": [f"murmur:{i}" for i in range(5000)], "score": [float(i * 7919 % 5000) for i in range(5000)]}
    )
    files = []
    for name, given in (("a", rows), ("b", rows.take(list(range(4999, -1, -1))))):
        engine = DiskDuckDB()
        engine.register_keys(given)
        engine.stage(Lake(tmp_path), f"run/{name}", engine._with_numbers(given), "score")
        files.append((tmp_path / "run" / name / "part-0.parquet").read_bytes())
    assert files[0] == files[1]
    assert Lake(tmp_path).read("run/a")["score"].to_pylist() == [float(i) for i in range(5000)]


def test_a_table_goes_when_nobody_holds_it() -> None:
    engine = DiskDuckDB()
    engine.register_keys(ACTS)
    held = engine._with_numbers(ACTS)
    engine._numbered.clear()
    assert (held.name,) in engine.connection.execute("SHOW TABLES").fetchall()
    del held
    assert engine.connection.execute("SHOW TABLES").fetchall() == [("keys",)]


def test_a_view_holds_what_it_reads() -> None:
    engine = DiskDuckDB()
    engine.register_keys(ACTS)
    both = engine.union_all([engine._with_numbers(ACTS.slice(0, 1)), engine._with_numbers(ACTS.slice(1, 1))])
    engine._numbered.clear()
    assert sorted(both.toArrow()["n"].to_pylist()) == [1, 2]
    del both
    assert engine.connection.execute("SHOW TABLES").fetchall() == [("keys",)]


def test_memory_is_a_third_of_the_machines_and_6_gib_at_most() -> None:
    assert memory_limit(3 << 30) == 1 << 30
    assert memory_limit(64 << 30) == 6 << 30
