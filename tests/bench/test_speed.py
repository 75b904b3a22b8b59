"""The benchmark itself, at a tiny size and without Spark: it runs, its programs agree, and it says where they do not."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from bench import speed
from bench.generate import generate


def test_the_programs_agree_and_the_figures_are_written(tmp_path: Path) -> None:
    size = ["--interactions", "5e3", "--people", "700", "--runs", "1", "--without-spark", "--score-date-alone"]
    speed.main([*size, "--folder", str(tmp_path), "--json", str(tmp_path / "bench.json")])
    figures = json.loads((tmp_path / "bench.json").read_text())["stages"]
    assert figures.keys() == {*speed.STAGES, "whole"}
    for stage, row in figures.items():
        assert row["equal"], (stage, row)
        assert {"clout_s", "duckdb_s", "buckets_s", "naive_s", "graphframes_s", "ratio", "peak_gib"} <= row.keys()
        assert row["clout_s"] > 0
        assert row["buckets_s"] > 0
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
