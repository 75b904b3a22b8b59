"""The benchmark itself, at a tiny size and without Spark: it runs, its programs agree, and it says where they do not."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from bench import bucket_speed, speed
from bench.buckets import TABLES
from bench.generate import generate


def test_the_programs_agree_and_the_figures_are_written(tmp_path: Path) -> None:
    size = ["--interactions", "5e3", "--people", "700", "--runs", "1", "--without-spark", "--score-date-alone"]
    speed.main([*size, "--folder", str(tmp_path), "--json", str(tmp_path / "bench.json")])
    figures = json.loads((tmp_path / "bench.json").read_text())["stages"]
    assert figures.keys() == {*speed.STAGES, "whole"}
    for stage, row in figures.items():
        assert row["equal"], (stage, row)
        assert {"clout_s", "duckdb_s", "naive_s", "graphframes_s", "ratio", "peak_gib"} <= row.keys()
        assert row["clout_s"] > 0
    assert 0.01 < figures["whole"]["clout_read_gib"] < 4
    assert 0.05 < figures["whole"]["clout_peak_gib"] < 4
    assert (tmp_path / "cost.png").stat().st_size > 5000


def test_a_difference_is_seen(tmp_path: Path) -> None:
    def write(name: str, values: str) -> Path:
        (tmp_path / name).mkdir()
        duckdb.sql(f"FROM (VALUES {values}) AS t (key, rank)").write_parquet(str(tmp_path / name / "rank.parquet"))
        return tmp_path / name

    ours = write("ours", "('a', 1e0), ('b', 2e0)")
    assert speed.difference("rank", ours, write("same", "('b', 2e0), ('a', 1e0)")) == 0
    assert speed.difference("rank", ours, write("off", "('a', 1e0), ('b', 4e0)")) == pytest.approx(0.5)
    assert speed.difference("rank", ours, write("less", "('a', 1e0)")) == float("inf")


def test_the_same_numbers_give_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        generate(tmp_path / name, 500, 60, days=3)
    files = [sorted((tmp_path / name).rglob("*.parquet")) for name in ("a", "b")]
    assert len(files[0]) > 20
    assert [file.read_bytes() for file in files[0]] == [file.read_bytes() for file in files[1]]


def test_a_night_on_buckets_gives_the_scores_of_a_night(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    bucket_speed.main(["--interactions=2e4", "--people=1500", "--buckets=1,3", "--folder", str(tmp_path)])
    said = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == ["today-1", "processes-1", "processes-3"]
    assert all("  the same" in line for line in said), said
    for table in TABLES:
        assert duckdb.sql(f"FROM '{tmp_path}/processes-3/staged.{table}.parquet'").shape[0] > 100
    ours, theirs = tmp_path / "processes-1", tmp_path / "processes-3"
    assert bucket_speed.same(ours, theirs)
    staged = str(ours / "staged.score.parquet")
    changed = duckdb.sql(f"SELECT * REPLACE (l + 1e-15 AS l) FROM '{staged}'").to_arrow_table()
    pq.write_table(changed, staged)
    assert not bucket_speed.same(theirs, ours)
