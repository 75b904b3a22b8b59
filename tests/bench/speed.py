"""Clout's night beside other ways to compute the same, on invented activity: seconds, CPU, memory, and whether they agree.

    make bench INTERACTIONS=1e6 PEOPLE=1e5 JSON=bench.json

The programs (programs.py) run in turn, each a process of its own, RUNS times; medians are printed. What they compare:

- pairs (acts, strengths, q), rank (seeds, trust, ranks), acted_posts: the same formulas in all.
- reach: Clout's is with trust and the bounds of sql/counted.sql, the others sum the evidence only: theirs is less work.
- equal: the largest relative difference to the independent program is at most 1e-9, of ranks at most 1e-6.
- naive reads raw interactions with Spark SQL and has no rank. GraphFrames is not compared yet: graphframes_s is null.

Peak memory is of the whole tree of processes, sampled ten times a second. CPU counts system time and children.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "jobs"), str(ROOT / "tests")]

import duckdb  # noqa: E402
from bench.generate import generate  # noqa: E402

STAGES = ("pairs", "rank", "reach", "acted_posts")
#: stage -> numbers that must agree, and how far.
AGREE = {
    "pairs": (("strength", "q"), 1e-9),
    "rank": (("rank",), 1e-6),
    "reach": (("evidence",), 1e-9),
    "acted_posts": (("posts_weight", "acted_weight"), 1e-9),
}


def run(program: str, folder: Path, out: Path) -> dict[str, float]:
    """Seconds by stage, `whole`, `cpu` and `peak_gib` of one run."""
    out.mkdir(parents=True)
    command = [sys.executable, str(ROOT / "tests" / "bench" / "programs.py"), program, str(folder), str(out)]
    peak = [0, 0.0]
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=said, stderr=errors)
        watch = threading.Thread(target=_watch, args=(process, peak))
        watch.start()
        code = process.wait()
        watch.join()
        for file in (said, errors):
            file.seek(0)
        if code:
            raise SystemExit(f"{program} failed:\n{errors.read()[-3000:]}")
        seconds = json.loads(said.read().strip().splitlines()[-1])
    seconds["whole"] = sum(seconds[stage] for stage in STAGES if stage in seconds)
    return seconds | {"cpu": peak[1], "peak_gib": peak[0] / (1 << 30)}


def _watch(process: subprocess.Popen, peak: list) -> None:
    """Note the largest resident memory of the process and its descendants, and the most CPU seconds that they showed."""
    while process.poll() is None:
        table: dict[int, tuple[int, int, float]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue  # it ended meanwhile
            table[int(stat.parent.name)] = int(fields[1]), int(fields[21]) * 4096, sum(map(int, fields[11:15])) / 100
        tree = {process.pid}
        while more := {pid for pid, (parent, _, _) in table.items() if parent in tree} - tree:
            tree |= more
        peak[0] = max(peak[0], sum(table[pid][1] for pid in tree if pid in table))
        peak[1] = max(peak[1], sum(table[pid][2] for pid in tree if pid in table))
        time.sleep(0.1)


def difference(stage: str, ours: Path, theirs: Path) -> float:
    """The largest relative difference of a stage's numbers; infinite where one side has a row that the other has not."""
    columns = " , ".join(f"max(abs(a.{name} - b.{name}) / greatest(abs(b.{name}), 1e-300))" for name in AGREE[stage][0])
    files = [place / f"{stage}.parquet" for place in (ours, theirs)]
    sides = [f"'{file}'" if file.is_file() else f"'{file}/*.parquet'" for file in files]
    [row] = duckdb.sql(
        f"SELECT count(*) FILTER (a.key IS NULL OR b.key IS NULL), {columns}"
        f" FROM {sides[0]} AS a FULL JOIN {sides[1]} AS b ON a.key = b.key"
    ).fetchall()
    return float("inf") if row[0] else max(row[1:])


def compare(folder: Path, interactions: int, people: int, runs: int, programs: list[str]) -> dict[str, Any]:
    """The figures of one size, by stage, and `whole`."""
    lake = folder / f"{interactions}-{people}"
    generate(lake, interactions, people)
    found: dict[str, list[dict[str, float]]] = {program: [] for program in programs}
    with tempfile.TemporaryDirectory(dir=folder) as out:
        for number in range(runs):
            for program in programs:
                found[program].append(run(program, lake, Path(out) / program / str(number)))
        apart = {stage: difference(stage, Path(out) / "clout" / "0", Path(out) / "duckdb" / "0") for stage in STAGES}
        if "naive" in programs:
            for stage in STAGES:
                if (Path(out) / "naive" / "0" / f"{stage}.parquet").exists():
                    apart[stage] = max(
                        apart[stage], difference(stage, Path(out) / "naive" / "0", Path(out) / "duckdb" / "0")
                    )

    def median(program: str, what: str) -> float | None:
        seconds = [each[what] for each in found.get(program, []) if what in each]
        return statistics.median(seconds) if seconds else None

    def row(stage: str) -> dict[str, Any]:
        ratios = [a[stage] / b[stage] for a, b in zip(found["clout"], found["duckdb"], strict=True)]
        return {
            **{f"{program}_s": median(program, stage) for program in ("clout", "duckdb", "naive")},
            "graphframes_s": None,
            "ratio": statistics.median(ratios),
            "peak_gib": median("clout", "peak_gib"),
        }

    figures = {
        stage: row(stage) | {"equal": apart[stage] <= AGREE[stage][1], "apart": apart[stage]} for stage in STAGES
    }
    figures["whole"] = row("whole") | {"equal": all(each["equal"] for each in figures.values())}
    for program in programs:
        figures["whole"][f"{program}_cpu_s"] = median(program, "cpu")
        figures["whole"][f"{program}_peak_gib"] = median(program, "peak_gib")
    return {"interactions": interactions, "people": people, "runs": runs, "stages": figures}


def show(figures: dict[str, Any]) -> None:
    """The figures as a table."""
    print(
        f"\n{figures['interactions']:,} interactions, {figures['people']:,} people; medians of {figures['runs']} runs in turn"
    )
    print(f"{'stage':<12}{'clout':>9}{'duckdb':>9}{'naive':>9}{'ratio':>8}  equal")
    for stage, row in figures["stages"].items():
        seconds = [
            f"{row[f'{p}_s']:9.2f}" if row[f"{p}_s"] is not None else f"{'-':>9}" for p in ("clout", "duckdb", "naive")
        ]
        print(f"{stage:<12}{''.join(seconds)}{row['ratio']:8.2f}  {row['equal']}")
    whole = figures["stages"]["whole"]
    for program in ("clout", "duckdb", "naive"):
        if f"{program}_cpu_s" in whole:
            print(
                f"{program}: {whole[f'{program}_cpu_s']:.1f} s of CPU, {whole[f'{program}_peak_gib']:.2f} GiB at most"
            )


def plot(sizes: list[dict[str, Any]], file: Path) -> None:
    """Cost against size, on logarithmic axes, each line with its exponent."""
    import matplotlib as mpl

    mpl.use("agg")
    import numpy as np
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots()
    x = np.array([each["interactions"] for each in sizes], float)
    for stage in (*STAGES, "whole"):
        y = np.array([each["stages"][stage]["clout_s"] for each in sizes])
        slope = np.polyfit(np.log(x), np.log(y), 1)[0] if len(x) > 1 else float("nan")
        axes.loglog(x, y, "o-", label=f"{stage}: size^{slope:.2f}")
    axes.set(xlabel="interactions in 90 days", ylabel="seconds", title="Clout, by stage")
    axes.legend()
    figure.savefig(file, dpi=120)
    print(f"plot: {file}")


def main(argv: list[str]) -> None:
    """Compare at one size or several."""
    parser = argparse.ArgumentParser(prog="speed.py", description=__doc__.splitlines()[0])
    parser.add_argument("--interactions", default="1e6", help="one number, or several with commas")
    parser.add_argument("--people", type=float, help="default: a tenth of the interactions")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=ROOT / ".clout" / "bench")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--without-spark", action="store_true", help="leave the naive Spark SQL out")
    args = parser.parse_args(argv)
    args.folder.mkdir(parents=True, exist_ok=True)
    programs = ["clout", "duckdb", *([] if args.without_spark else ["naive"])]
    sizes = []
    for text in args.interactions.split(","):
        interactions = int(float(text))
        figures = compare(args.folder, interactions, int(args.people or interactions // 10), args.runs, programs)
        show(figures)
        sizes.append(figures)
    if args.json:
        args.json.write_text(json.dumps(sizes if len(sizes) > 1 else sizes[0], indent=1) + "\n", encoding="utf-8")
    plot(sizes, args.plot or args.folder / "cost.png")


if __name__ == "__main__":
    main(sys.argv[1:])
