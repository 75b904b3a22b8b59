"""Clout's night beside other ways to compute the same, on invented activity: seconds, CPU, memory, and whether they agree.

    make bench INTERACTIONS=1e6 PEOPLE=1e5 BUCKETS=2,8,64 JSON=bench.json

The programs (programs.py) run in turn, each a process of its own, RUNS times; medians are printed. What they compare:

- clout: Clout's queries in one process; pairs (acts, strengths, q), rank (seeds, trust, ranks), reach (with the bounds of
  sql/capped_audience.sql, and network), acted_posts (amplification, with its interval). duckdb: the same formulas by hand.
- every: Clout with the twelve variants of a night, which nobody else computes: what a night costs, beside the same work.
- buckets: Clout's queries on buckets of people, as of a night too large for one process; buckets_8: on eight of them.
  spark: the same tasks, handed out by Spark; cluster: by a standalone cluster of a master and two workers of one core each.
- naive: Spark SQL on raw interactions, the rank as a join each round. It has no trust, no bounds and no intervals.
- graphx: PageRank on the same edges, in as many rounds, and nothing but its rounds timed: the rank is no PageRank, but a
  round of either is a product of the same sparse matrix. GraphFrames' pageRank calls GraphX's; its own jar (group
  io.graphframes) was not to be had from Maven Central, so that graphframes_s is null.
- equal: the largest relative difference to the independent program is at most 1e-9, of ranks at most 1e-6.

Peak memory is of the whole tree of processes, and of the largest of them, sampled ten times a second. CPU counts system time
and children; of a cluster, what its daemons spent while it worked. Bytes read and written are all that its system calls moved,
from the page cache, too: with them what was spilled, and exchanged through files. The ratio is that of each round of runs, and
its median; the least and the most of all rounds are its noise.

What was tried and lost: jobs/decisions/0026-what-lost.md.
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
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "jobs"), str(ROOT / "tests")]

import duckdb  # noqa: E402
from bench.generate import generate  # noqa: E402
from clout.engine.engines import BUCKET_ROWS  # noqa: E402
from spark_cluster import cluster  # noqa: E402

PROGRAMS = ("clout", "duckdb", "buckets", "spark", "cluster", "naive", "graphx", "every")
#: Those of Clout's that give all results, and those that another is compared with.
OURS, BASES = ("clout", "buckets", "spark", "cluster"), ("duckdb", "clout")
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


def run(program: str, folder: Path, out: Path, buckets: int = 2) -> dict[str, float]:
    """Seconds by stage, `whole`, `cpu` and the peaks of one run. buckets: how many, where the program does not say it."""
    out.mkdir(parents=True)
    kind, _, own = program.partition("_")
    environment = {"CLOUT_DRIVER_MEMORY": "8g", **os.environ, "CLOUT_BUCKETS": own or str(buckets)}
    script = [
        str(ROOT / "tests" / "bench" / "programs.py"),
        "spark" if kind == "cluster" else kind,
        str(folder),
        str(out),
    ]
    if kind == "cluster":
        os.environ["CLOUT_BUCKETS"] = environment["CLOUT_BUCKETS"]
        with tempfile.TemporaryDirectory() as place, cluster(Path(place)) as running, Watch() as watch:
            said = running.submit(script, **{"spark.log.level": "ERROR", "spark.driver.memory": "8g"})
    else:
        with Watch() as watch:
            done = subprocess.run(
                [sys.executable, *script], capture_output=True, text=True, env=environment, check=False
            )
        if done.returncode:
            raise SystemExit(f"{program} failed:\n{done.stderr[-3000:]}")
        said = done.stdout
    seconds = json.loads(next(line for line in reversed(said.splitlines()) if line.startswith('{"start"')))
    return seconds | {"whole": sum(seconds[stage] for stage in STAGES if stage in seconds)} | watch.seen()


class Watch:
    """Looks at all processes below this one as long as a block takes: memory at its peak, CPU and bytes since it began."""

    def __init__(self) -> None:
        self._most = {"peak": 0.0, "largest": 0.0, "cpu": 0.0, "rchar": 0.0, "wchar": 0.0}
        self._before: dict[str, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._before = {name: seen for name, seen in self._now().items() if name not in ("peak", "largest")}
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def seen(self) -> dict[str, float]:
        """CPU seconds, and GiB."""
        sizes = {"peak_gib": "peak", "largest_gib": "largest", "read_gib": "rchar", "written_gib": "wchar"}
        return {"cpu": self._most["cpu"]} | {name: self._most[of] / (1 << 30) for name, of in sizes.items()}

    def _look(self) -> None:
        while not self._over.wait(0.1):
            for name, now in self._now().items():
                self._most[name] = max(self._most[name], now - self._before.get(name, 0.0))

    def _now(self) -> dict[str, float]:
        table: dict[int, tuple[int, int, float]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue  # it ended meanwhile
            table[int(stat.parent.name)] = int(fields[1]), int(fields[21]) * 4096, sum(map(int, fields[11:15])) / 100
        tree = {os.getpid()}
        while more := {pid for pid, (parent, _, _) in table.items() if parent in tree} - tree:
            tree |= more
        found = {pid: table[pid] for pid in tree - {os.getpid()}}
        memory = [size for _, size, _ in found.values()]
        moved = {name: float(sum(_bytes(pid, name) for pid in found)) for name in ("rchar", "wchar")}
        return {
            "peak": sum(memory),
            "largest": max(memory, default=0),
            "cpu": sum(cpu for _, _, cpu in found.values()),
        } | moved


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


def compare(
    folder: Path, interactions: int, people: int, days: int, runs: int, programs: list[str], buckets: int = 2
) -> dict[str, Any]:
    """The figures of one size, by stage, and `whole`. interactions: in so many days. buckets: see `run`."""
    lake = folder / f"{interactions}-{people}-{days}"
    generate(lake, interactions, people, days)
    found: dict[str, list[dict[str, float]]] = {program: [] for program in programs}
    with tempfile.TemporaryDirectory(dir=folder) as out:
        for number in range(runs):
            for program in programs:
                found[program].append(run(program, lake, Path(out) / program / str(number), buckets))
        results = {program: Path(out) / program / "0" for program in programs}
        whole = [program for program in programs if program.partition("_")[0] in OURS]
        by_hand = "duckdb" if "duckdb" in programs else whole[0]
        apart = {
            what: max(
                [
                    difference(what, results[other], results[by_hand])
                    for other in programs
                    if other != by_hand and (other in whole or (results[other] / f"{what}.parquet").exists())
                ],
                default=None,
            )
            for what in AGREE
        }

    def median(program: str, what: str) -> float | None:
        seconds = [each[what] for each in found.get(program, []) if what in each]
        return statistics.median(seconds) if seconds else None

    def ratios(program: str, base: str, what: str) -> dict[str, float]:
        each = [a[what] / b[what] for a, b in zip(found[program], found[base], strict=True) if b.get(what)]
        return {"median": statistics.median(each), "least": min(each), "most": max(each)}

    def row(stage: str) -> dict[str, Any]:
        return {
            **{f"{program}_s": median(program, stage) for program in (*PROGRAMS, *whole)},
            "graphframes_s": None,  # its jar is not where Spark finds the others: see graphx in programs.py
            "ratio": ratios(whole[0], by_hand, stage)["median"],
            "peak_gib": median(whole[0], "peak_gib"),
        }

    figures = {}
    for stage in STAGES:
        made = [what for what in AGREE if STAGE.get(what, what) == stage]
        known = [far for what in made if (far := apart[what]) is not None]
        equal = all(far <= AGREE[what][1] for what in made if (far := apart[what]) is not None) if known else None
        figures[stage] = row(stage) | {"equal": equal, "apart": max(known, default=None)}
    figures["whole"] = row("whole") | {"equal": all(each["equal"] in (True, None) for each in figures.values())}
    for program in programs:
        figures["whole"][f"{program}_cpu_s"] = median(program, "cpu")
        for what in ("peak_gib", "largest_gib", "read_gib", "written_gib"):
            figures["whole"][f"{program}_{what}"] = median(program, what)
        for base in (base for base in BASES if base in programs and base != program):
            figures["whole"][f"{program}_to_{base}"] = {what: ratios(program, base, what) for what in ("cpu", "whole")}
    size = {"interactions": interactions, "people": people, "days": days, "runs": runs, "buckets": buckets}
    cores = {"interactions_per_core_second": interactions / figures["whole"][f"{whole[0]}_cpu_s"]}
    return size | cores | {"programs": programs, "stages": figures, "each_run": found}


def show(figures: dict[str, Any]) -> None:
    """The figures as a table."""
    print(
        f"\n{figures['interactions']:,} interactions in {figures['days']} days, {figures['people']:,} people;"
        f" medians of {figures['runs']} runs in turn; {figures['buckets']} buckets where nothing else is said"
    )
    programs, whole = figures["programs"], figures["stages"]["whole"]
    width = max(9, *(len(program) + 1 for program in programs))
    print(f"{'stage':<12}{''.join(f'{program:>{width}}' for program in programs)}{'ratio':>8}  equal")
    for stage, row in figures["stages"].items():
        cells = [row.get(f"{program}_s") for program in programs]
        seconds = [f"{'-':>{width}}" if cell is None else f"{cell:{width}.2f}" for cell in cells]
        print(f"{stage:<12}{''.join(seconds)}{row['ratio']:8.2f}  {row['equal']}")
    for program in programs:
        noted = [
            f"{by['cpu']['median']:.2f} ({by['cpu']['least']:.2f} to {by['cpu']['most']:.2f}) times {base}"
            for base in BASES
            if (by := whole.get(f"{program}_to_{base}"))
        ]
        print(
            f"{program}: {whole[f'{program}_cpu_s']:.1f} s of CPU, {whole[f'{program}_peak_gib']:.2f} GiB at most,"
            f" {whole[f'{program}_largest_gib']:.2f} of one process,"
            f" {whole[f'{program}_read_gib']:.2f} GiB read, {whole[f'{program}_written_gib']:.2f} written"
            + "".join(f"; {words}" for words in noted)
        )
    print(f"{figures['interactions_per_core_second']:,.0f} interactions a core-second")


def lines(what: str, sizes: list[dict[str, Any]]) -> dict[str, tuple[list[float], list[float]]]:
    """What a panel shows against what was varied: name -> x and y, of at least one point each."""
    if what == "buckets":
        [size] = sizes
        whole, swept = size["stages"]["whole"], [each for each in size["programs"] if each.startswith("buckets")]
        number = {each: int(each.partition("_")[2] or size["buckets"]) for each in swept}
        swept.sort(key=lambda each: number[each])
        x = [float(number[each]) for each in swept]
        found = {
            f"{unit} of buckets": (x, [whole[f"{each}_{name}"] for each in swept]) for name, unit in _UNITS.items()
        }
        flat = [each for each in BASES if each in size["programs"]]
        return found | {f"CPU seconds of {each}": (x, [whole[f"{each}_cpu_s"]] * len(x)) for each in flat}
    sizes = sorted(sizes, key=lambda each: each[what])
    programs = [each for each in sizes[0]["programs"] if all(each in size["programs"] for size in sizes)]
    x = [float(each[what]) for each in sizes]
    ours = next(each for each in OURS if each in programs)
    found = {f"{stage} of {ours}, seconds": (x, [s["stages"][stage][f"{ours}_s"] for s in sizes]) for stage in STAGES}
    cpu = {each: (x, [size["stages"]["whole"][f"{each}_cpu_s"] for size in sizes]) for each in programs}
    return found | {f"CPU seconds of {each}": xy for each, xy in cpu.items()}


_UNITS = {"cpu_s": "CPU seconds", "largest_gib": "GiB of the largest process"}


def plot(curves: dict[str, list[dict[str, Any]]], file: Path) -> None:
    """Cost against what was varied, a panel each, on logarithmic axes, each line with its exponent."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, len(curves), figsize=(6.4 * len(curves), 4.8), squeeze=False)
    for axes, (what, sizes) in zip(panels[0], curves.items(), strict=True):
        for label, (x, y) in lines(what, sizes).items():
            axes.loglog(x, y, "s--" if "CPU" in label else "o-", label=f"{label}: x^{exponent(x, y):.2f}")
        others = [other for other in ("interactions", "people", "days") if len({each[other] for each in sizes}) == 1]
        fixed = "".join(f", {sizes[0][other]:,} {other}" for other in others)
        axes.set(xlabel=what, ylabel="seconds", title=f"Clout against {what}{fixed}")
        axes.legend(fontsize="x-small")
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
    parser.add_argument(
        "--buckets",
        help="how many: of the programs buckets, spark and cluster; further numbers with commas: each a program of its own;"
        " default: CLOUT_BUCKETS, or as many as a night of that size would take, at least two",
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=ROOT / ".clout" / "bench")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--without-spark", action="store_true", help="leave out what runs in Spark")
    parser.add_argument("--programs", help=f"which of {', '.join(PROGRAMS)}, with commas; by default all")
    parser.add_argument("--score-date-alone", action="store_true", help="leave the twelve variants out")
    args = parser.parse_args(argv)
    varied = {
        name: numbers(parser, name, str(getattr(args, name) or "0")) for name in ("interactions", "people", "days")
    }
    of_buckets = numbers(parser, "buckets", args.buckets or os.environ.get("CLOUT_BUCKETS") or "0")
    args.folder.mkdir(parents=True, exist_ok=True)
    left_out = {"spark", "cluster", "naive", "graphx"} if args.without_spark else set()
    left_out |= {"every"} if args.score_date_alone else set()
    wanted = {*(args.programs or ",".join(PROGRAMS)).split(",")}
    if unknown := wanted - {*PROGRAMS}:
        parser.error(f"argument --programs: no program {', '.join(sorted(unknown))}; there are {', '.join(PROGRAMS)}")
    programs = [program for program in PROGRAMS if program in wanted - left_out]
    if not {*programs} & {*OURS}:
        parser.error(f"argument --programs: at least one of {', '.join(OURS)}")
    programs += [f"buckets_{number}" for number in of_buckets[1:]]
    sizes: dict[tuple[int, int, int], dict[str, Any]] = {}
    curves: dict[str, list[dict[str, Any]]] = {}
    for name, values in varied.items():
        for value in values:
            one = {each: first[0] for each, first in varied.items()} | {name: value}
            interactions = one["interactions"] * one["days"] // 90
            size = interactions, one["people"] or one["interactions"] // 10, one["days"]
            if size not in sizes:
                number = of_buckets[0] or max(2, -(-interactions // BUCKET_ROWS))
                sizes[size] = compare(args.folder, *size, args.runs, programs, number)
                show(sizes[size])
            if len(values) > 1 or name == "interactions":
                curves.setdefault(name, []).append(sizes[size])
    along = curves["interactions"]
    if len(of_buckets) > 1:
        curves["buckets"] = [max(along, key=lambda each: each["interactions"])]
    for program in (*OURS, "every"):
        if len(along) > 1 and program in programs:
            cores = klouts_cores(along, f"{program}_cpu_s")
            along[-1][f"klouts_cores_by_{program}_cpu_s"] = cores
            print(f"a night of Klout's size by the CPU seconds of {program}: {cores:,.0f} cores for four hours")
    if args.json:
        found = list(sizes.values())
        args.json.write_text(json.dumps(found if len(found) > 1 else found[0], indent=1) + "\n", encoding="utf-8")
    plot(curves, args.plot or args.folder / "cost.png")


if __name__ == "__main__":
    main(sys.argv[1:])
