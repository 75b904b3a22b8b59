"""Clout's night beside other ways to compute the same, on invented activity: seconds, CPU, memory, and whether they agree.

    make bench INTERACTIONS=1e6 PEOPLE=1e5 JSON=bench.json

The programs (programs.py) run in turn, each a process of its own, RUNS times; medians are printed. What they compare:

- pairs (acts, strengths, q), rank (seeds, trust, ranks), reach (with the bounds of sql/capped_audience.sql, and network),
  acted_posts (amplification, with its interval): the same formulas by hand, in the same memory.
- every: Clout with the twelve variants of a night, which nobody else computes: what a night costs, beside the same work.
- buckets: Clout's queries on buckets of people, as of a night too large for one process; spark: the same tasks, handed out
  by Spark.
- naive: Spark SQL on raw interactions, the rank as a join each round. It has no trust, no bounds and no intervals.
- graphx: PageRank on the same edges, in as many rounds, and nothing but its rounds timed: the rank is no PageRank, but a
  round of either is a product of the same sparse matrix. GraphFrames' pageRank calls GraphX's; its own jar (group
  io.graphframes) was not to be had from Maven Central, so that graphframes_s is null.
- equal: the largest relative difference to the independent program is at most 1e-9, of ranks at most 1e-6.

Peak memory is of the whole tree of processes, and of the largest of them, sampled ten times a second. CPU counts system time
and children. Bytes read and written are all that its system calls moved, from the page cache, too: with them what was spilled,
and exchanged through files.

What lost, with the factor by which it was slower or larger, in CPU seconds at 5 million interactions unless said otherwise:
- windows over all rows in capped_audience.sql (row_number over days, circle by circle) 2.7 times; the largest days of a
  list that is sorted (array_agg, list_sort) instead of DuckDB's max(x, n) 1.8 times; max(x, n) of decimals instead of
  doubles 1.5 times;
- FILTER instead of CASE in the sums of capped_audience.sql 1.15 times;
- strings instead of numbers for people 1.7 times; features read as an Arrow dataset instead of by DuckDB's own reader twice;
- sums of decimals cost a quarter more than those of floats in one step; they stay, since equal bytes rest on them;
- tables in a file instead of memory that spills 1.2 times the night at 27 million (they are compressed as they are written);
- strings instead of enumerated platforms, variants and kinds: acts 1.3 times, weights 2.5 times, influential people 2.7 times;
- the acts of all days in one hash table instead of a few days at a time 1.8 times;
- a window to count an actor's targets instead of a join 1.7 times; a second join of all pairs for ranks beside that for trust;
- hash buckets of pairs, 4 or 16, each grouped and joined alone: no gain (0.9 to 1.9 times); both directions of a pair in one
  group instead of a self-join 1.7 times;
- a window for what else an actor did that day in daily_engagement.sql instead of a join 1.2 times;
- counting targets by a join in ties.sql while the strengths are no table yet 1.2 times: DuckDB takes a join with a range of
  days for dozens of times fewer rows than it gives, and builds its hash tables on the wrong side.

In Spark, local, 3 million interactions unless said otherwise, the score date alone, each query written out, single runs, 168 s:
- DuckDB in the tasks, each on a hash bucket by actor or target that came through Arrow (mapInArrow, 4 buckets): 171 s, and at
  9 million 389 s instead of 460. Faster were acts and counted (2.0 to 2.2 times) and strengths (1.2); slower pairs and weights
  (0.9 to 0.5) and people (0.3), since every input is shuffled by name and goes through the JVM as rows: of the CPU seconds
  DuckDB took a tenth. acts by tasks that read the days' files themselves, which nothing shuffles: 10.2 s instead of 26.8;
- adaptive execution off 189 s; memory off the heap 168 s; 16 partitions instead of 4: 171 s; hash joins, not sorting 153 s;
- Comet 0.12 in Spark 3.5, since there was none for Spark 4.1 to be had: acts to counted 104 s instead of 117: it leaves
  powers and sums of decimals to Spark;
- files as lz4 or snappy instead of zstd: 20 % less CPU for reading, which is a small part, 40 % more bytes; uncompressed, or
  as Arrow: three times the bytes, not faster; sorted by target: the same bytes, the same time.
"""

from __future__ import annotations

import argparse
import json
import os
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

PROGRAMS = ("clout", "duckdb", "buckets", "spark", "naive", "graphx", "every")
STAGES = ("pairs", "rank", "reach", "acted_posts")
#: The stages of results that have another name.
STAGE = {"network": "reach"}
#: result -> numbers that must agree, and how far.
AGREE = {
    "pairs": (("strength", "q"), 1e-9),
    "rank": (("rank",), 1e-6),
    "reach": (("evidence", "true_reach"), 1e-9),
    "network": (("influential_people", "network_influence"), 1e-9),
    "acted_posts": (("posts_weight", "acted_weight", "amplification_low", "amplification_high"), 1e-9),
}


def run(program: str, folder: Path, out: Path) -> dict[str, float]:
    """Seconds by stage, `whole`, `cpu` and `peak_gib` of one run."""
    out.mkdir(parents=True)
    command = [sys.executable, str(ROOT / "tests" / "bench" / "programs.py"), program, str(folder), str(out)]
    peak = [0, 0.0, 0, 0, 0]
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=said, stderr=errors, env={"CLOUT_DRIVER_MEMORY": "8g", **os.environ})
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
    moved = {"read_gib": peak[2] / (1 << 30), "written_gib": peak[3] / (1 << 30)}
    memory = {"peak_gib": peak[0] / (1 << 30), "largest_gib": peak[4] / (1 << 30)}
    return seconds | {"cpu": peak[1]} | memory | moved


def _watch(process: subprocess.Popen, peak: list) -> None:
    """Note the largest resident memory of the process and its descendants, and the most CPU seconds and bytes they showed."""
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
        peak[4] = max(peak[4], *(table[pid][1] for pid in tree if pid in table), 0)
        peak[1] = max(peak[1], sum(table[pid][2] for pid in tree if pid in table))
        for place, name in ((2, "rchar"), (3, "wchar")):
            peak[place] = max(peak[place], sum(_bytes(pid, name) for pid in tree))
        time.sleep(0.1)


def _bytes(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)


def difference(what: str, ours: Path, theirs: Path) -> float:
    """The largest relative difference of a result's numbers; infinite where one side has a row that the other has not."""
    files = [place / f"{what}.parquet" for place in (ours, theirs)]
    sides = [f"'{file}'" if file.is_file() else f"'{file}/*.parquet'" for file in files]
    both = [name for name in AGREE[what][0] if all(name in duckdb.sql(f"FROM {side}").columns for side in sides)]
    columns = " , ".join(f"max(abs(a.{name} - b.{name}) / greatest(abs(b.{name}), 1e-300))" for name in both)
    [row] = duckdb.sql(
        f"SELECT count(*) FILTER (a.key IS NULL OR b.key IS NULL), {columns}"
        f" FROM {sides[0]} AS a FULL JOIN {sides[1]} AS b ON a.key = b.key"
    ).fetchall()
    return float("inf") if row[0] else max(row[1:])


def compare(folder: Path, interactions: int, people: int, days: int, runs: int, programs: list[str]) -> dict[str, Any]:
    """The figures of one size, by stage, and `whole`. interactions: in so many days."""
    lake = folder / f"{interactions}-{people}-{days}"
    generate(lake, interactions, people, days)
    found: dict[str, list[dict[str, float]]] = {program: [] for program in programs}
    with tempfile.TemporaryDirectory(dir=folder) as out:
        for number in range(runs):
            for program in programs:
                found[program].append(run(program, lake, Path(out) / program / str(number)))
        results = {program: Path(out) / program / "0" for program in programs}
        apart = {what: difference(what, results["clout"], results["duckdb"]) for what in AGREE}
        for what in apart:
            for other in {"naive", "buckets", "spark"} & {*programs}:
                if (results[other] / f"{what}.parquet").exists():
                    apart[what] = max(apart[what], difference(what, results[other], results["duckdb"]))

    def median(program: str, what: str) -> float | None:
        seconds = [each[what] for each in found.get(program, []) if what in each]
        return statistics.median(seconds) if seconds else None

    def row(stage: str) -> dict[str, Any]:
        ratios = [a[stage] / b[stage] for a, b in zip(found["clout"], found["duckdb"], strict=True)]
        return {
            **{f"{program}_s": median(program, stage) for program in PROGRAMS},
            "graphframes_s": None,  # its jar is not where Spark finds the others: see graphx in programs.py
            "ratio": statistics.median(ratios),
            "peak_gib": median("clout", "peak_gib"),
        }

    figures = {}
    for stage in STAGES:
        made = [what for what in AGREE if STAGE.get(what, what) == stage]
        equal = all(apart[what] <= AGREE[what][1] for what in made)
        figures[stage] = row(stage) | {"equal": equal, "apart": max(apart[what] for what in made)}
    figures["whole"] = row("whole") | {"equal": all(each["equal"] for each in figures.values())}
    for program in programs:
        figures["whole"][f"{program}_cpu_s"] = median(program, "cpu")
        for what in ("peak_gib", "largest_gib", "read_gib", "written_gib"):
            figures["whole"][f"{program}_{what}"] = median(program, what)
    size = {"interactions": interactions, "people": people, "days": days, "runs": runs}
    return size | {"interactions_per_core_second": interactions / figures["whole"]["clout_cpu_s"], "stages": figures}


def show(figures: dict[str, Any]) -> None:
    """The figures as a table."""
    print(
        f"\n{figures['interactions']:,} interactions in {figures['days']} days, {figures['people']:,} people;"
        f" medians of {figures['runs']} runs in turn"
    )
    print(f"{'stage':<12}{''.join(f'{program:>9}' for program in PROGRAMS)}{'ratio':>8}  equal")
    for stage, row in figures["stages"].items():
        seconds = [f"{row[f'{p}_s']:9.2f}" if row[f"{p}_s"] is not None else f"{'-':>9}" for p in PROGRAMS]
        print(f"{stage:<12}{''.join(seconds)}{row['ratio']:8.2f}  {row['equal']}")
    whole = figures["stages"]["whole"]
    for program in PROGRAMS:
        if f"{program}_cpu_s" in whole:
            print(
                f"{program}: {whole[f'{program}_cpu_s']:.1f} s of CPU, {whole[f'{program}_peak_gib']:.2f} GiB at most,"
                f" {whole[f'{program}_largest_gib']:.2f} of one process,"
                f" {whole[f'{program}_read_gib']:.2f} GiB read, {whole[f'{program}_written_gib']:.2f} written"
            )
    print(f"clout: {figures['interactions_per_core_second']:,.0f} interactions a core-second")


def plot(curves: dict[str, list[dict[str, Any]]], file: Path) -> None:
    """Cost against what was varied, a panel each, on logarithmic axes, each line with its exponent."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, len(curves), figsize=(6.4 * len(curves), 4.8), squeeze=False)
    for axes, (what, sizes) in zip(panels[0], curves.items(), strict=True):
        sizes = sorted(sizes, key=lambda each, what=what: each[what])
        x = [each[what] for each in sizes]
        for stage in (*STAGES, "whole"):
            y = [each["stages"][stage]["clout_s"] for each in sizes]
            axes.loglog(x, y, "o-", label=f"{stage}, seconds: x^{exponent(x, y):.2f}")
        for name, label in (("clout_cpu_s", "CPU seconds"), ("every_cpu_s", "CPU seconds of twelve variants")):
            y = [each["stages"]["whole"].get(name) for each in sizes]
            if all(y):
                axes.loglog(x, y, "s--", label=f"{label}: x^{exponent(x, y):.2f}")
        others = [other for other in ("interactions", "people", "days") if len({each[other] for each in sizes}) == 1]
        fixed = "".join(f", {sizes[0][other]:,} {other}" for other in others)
        axes.set(xlabel=what, ylabel="seconds", title=f"Clout against {what}{fixed}")
        axes.legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(file, dpi=120)
    print(f"plot: {file}")


def exponent(x: list[float], y: list[float]) -> float:
    """The b of y = a * x^b, by least squares of the logarithms. NaN of one point."""
    import numpy as np

    return float(np.polyfit(np.log(x), np.log(y), 1)[0]) if len(x) > 1 else float("nan")


#: A night of Klout's: 45 billion interactions of 750 million people, in four hours.
KLOUTS = 45e9
KLOUTS_SECONDS = 4 * 3600


def klouts_cores(sizes: list[dict[str, Any]], name: str) -> float:
    """How many cores a night of Klout's size would take, by these CPU seconds: as they grow between the two largest sizes.

    At least in proportion, since among small sizes the start outweighs the work.
    """
    two = sorted(sizes, key=lambda each: each["interactions"])[-2:]
    x = [each["interactions"] for each in two]
    y = [each["stages"]["whole"][name] for each in two]
    return y[-1] * (KLOUTS / x[-1]) ** max(1.0, exponent(x, y)) / KLOUTS_SECONDS


def numbers(parser: argparse.ArgumentParser, name: str, text: str) -> list[int]:
    """The numbers of a text with commas; ends the program with a line where they are none."""
    try:
        found = [int(float(each)) for each in text.split(",")]
    except (ValueError, OverflowError):
        found = [-1]
    if min(found) < 0:
        parser.error(f"argument --{name}: {text!r} is not a number, or several with commas, such as 1e5,1e6")
    return found


def main(argv: list[str]) -> None:
    """Compare at one size or several."""
    parser = argparse.ArgumentParser(prog="speed.py", description=__doc__.splitlines()[0])
    parser.add_argument("--interactions", default="1e6", help="in 90 days: one number, or several with commas")
    parser.add_argument("--people", help="the same; default: a tenth of the interactions")
    parser.add_argument("--days", default="90", help="the same: how long the window is filled, with as many a day")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=ROOT / ".clout" / "bench")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--without-spark", action="store_true", help="leave out what runs in Spark")
    parser.add_argument("--programs", help=f"which of {', '.join(PROGRAMS)}, with commas; clout and duckdb always")
    parser.add_argument("--score-date-alone", action="store_true", help="leave the twelve variants out")
    args = parser.parse_args(argv)
    varied = {
        name: numbers(parser, name, str(getattr(args, name) or "0")) for name in ("interactions", "people", "days")
    }
    args.folder.mkdir(parents=True, exist_ok=True)
    left_out = {"spark", "naive", "graphx"} if args.without_spark else set()
    left_out |= {"every"} if args.score_date_alone else set()
    wanted = {"clout", "duckdb", *(args.programs or ",".join(PROGRAMS)).split(",")}
    programs = [program for program in PROGRAMS if program in wanted - left_out]
    sizes: dict[tuple[int, int, int], dict[str, Any]] = {}
    curves: dict[str, list[dict[str, Any]]] = {}
    for name, values in varied.items():
        for value in values:
            one = {each: first[0] for each, first in varied.items()} | {name: value}
            interactions = one["interactions"] * one["days"] // 90
            size = interactions, one["people"] or one["interactions"] // 10, one["days"]
            if size not in sizes:
                sizes[size] = compare(args.folder, *size, args.runs, programs)
                show(sizes[size])
            if len(values) > 1 or name == "interactions":
                curves.setdefault(name, []).append(sizes[size])
    along = curves["interactions"]
    for name in ("clout_cpu_s", "every_cpu_s"):
        if len(along) > 1 and name in along[-1]["stages"]["whole"]:
            along[-1][f"klouts_cores_by_{name}"] = klouts_cores(along, name)
            print(
                f"a night of Klout's size by {name}: {along[-1][f'klouts_cores_by_{name}']:,.0f} cores for four hours"
            )
    if args.json:
        found = list(sizes.values())
        args.json.write_text(json.dumps(found if len(found) > 1 else found[0], indent=1) + "\n", encoding="utf-8")
    plot(curves, args.plot or args.folder / "cost.png")


if __name__ == "__main__":
    main(sys.argv[1:])
