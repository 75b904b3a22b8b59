"""The benchmark itself, at a tiny size and without Spark: it runs, its programs agree, and it says where they do not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from bench import speed
from bench.generate import generate


def test_the_programs_agree_and_the_figures_are_written(tmp_path: Path) -> None:
    size = ["--interactions", "5e3", "--people", "700", "--runs", "1", "--without-spark", "--score-date-alone"]
    size += ["--buckets", "2,5"]
    speed.main([*size, "--folder", str(tmp_path), "--json", str(tmp_path / "bench.json")])
    figures = json.loads((tmp_path / "bench.json").read_text())["stages"]
    assert figures.keys() == {*speed.STAGES, "whole"}
    for stage, row in figures.items():
        assert row["equal"], (stage, row)
        assert {"clout_s", "duckdb_s", "buckets_s", "naive_s", "graphframes_s", "ratio", "peak_gib"} <= row.keys()
        assert row["clout_s"] > 0
        assert row["buckets_s"] > 0
    whole = figures["whole"]
    assert whole["buckets_s"] != whole["buckets_5_s"] > 0, "each number of buckets is a program of its own"
    assert 0 < whole["buckets_5_to_duckdb"]["cpu"]["least"] <= whole["buckets_5_to_duckdb"]["cpu"]["median"]
    assert 0.01 < figures["whole"]["clout_read_gib"] < 4
    assert 0.05 < figures["whole"]["clout_peak_gib"] < 4
    assert (tmp_path / "cost.png").stat().st_size > 5000


def _size(interactions: int, programs: list[str], **whole: float) -> dict[str, Any]:
    stages = {key: {f"{programs[0]}_s": 1.0} for key in speed.STAGES} | {"whole": whole}
    return {"interactions": interactions, "programs": programs, "buckets": 2, "stages": stages}


def test_a_line_for_each_program_against_size_and_one_against_buckets() -> None:
    programs = ["buckets", "spark", "buckets_64", "buckets_8"]
    cpu = {f"{each}_{what}": float(n) for n, each in enumerate(programs) for what in ("cpu_s", "largest_gib")}
    sizes = [_size(n, programs, **{name: n * value for name, value in cpu.items()}) for n in (900, 100)]
    assert speed.lines("interactions", sizes)["CPU seconds of spark"] == ([100, 900], [100, 900])
    assert speed.lines("buckets", sizes[1:])["CPU seconds of buckets"] == ([2, 8, 64], [0, 300, 200])
    assert speed.klouts_cores(sizes, "spark_cpu_s") == pytest.approx(speed.KLOUTS / speed.KLOUTS_SECONDS)


def test_what_a_process_spends_is_seen_from_when_the_watch_begins() -> None:
    burn = "import time\nblock = bytearray(200 << 20)\nwhile time.process_time() < 0.6: pass\ntime.sleep(0.5)"
    with speed.Watch() as watch:
        subprocess.run([sys.executable, "-c", burn], check=True)
    assert 0.3 < watch.seen()["cpu"] < 5
    assert watch.seen()["largest_gib"] > 0.19
    with speed.Watch() as none:
        pass
    assert none.seen()["cpu"] == 0


def test_a_program_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for programs, words in (("duckdb,bukets", "no program bukets"), ("duckdb", "at least one of clout")):
        with pytest.raises(SystemExit):
            speed.main(["--programs", programs, "--folder", str(tmp_path)])
        assert words in capsys.readouterr().err


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
