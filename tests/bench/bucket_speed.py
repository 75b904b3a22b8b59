"""A night on buckets of people beside the engine of nights: CPU seconds, the largest process, whether the scores are the same.

    python tests/bench/bucket_speed.py --interactions=9e6 --people=1e6 --buckets=1,4,8 [--spark] [--folder=.clout/bench]

The programs run in turn, each a process of its own; CPU seconds are of all processes that each began. The tasks: buckets.py.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "jobs"), str(ROOT / "tests")]

import duckdb  # noqa: E402
import pyarrow as pa  # noqa: E402
from bench import buckets as tasks  # noqa: E402
from bench.buckets import MODEL, PARAMETERS, TABLES, V2  # noqa: E402
from bench.generate import DAY, PLATFORM, generate  # noqa: E402
from clout.lake.partitions import Lake, window  # noqa: E402

Jobs = list[tuple[str, tuple]]


def work(job: tuple[str, tuple]) -> dict[str, Any]:
    """Do a task: what it gives, its CPU seconds, and the peak of its process in GiB."""
    name, arguments = job
    before = _cpu(resource.RUSAGE_SELF)
    found = getattr(tasks, name)(*arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    return {"found": found, "cpu": _cpu(resource.RUSAGE_SELF) - before, "peak_gib": peak}


def _cpu(whose: int) -> float:
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


def in_processes(number: int) -> Callable[[Jobs], list[dict[str, Any]]]:
    """So many processes of this machine."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    pool = ProcessPoolExecutor(number, mp_context=get_context("spawn"))
    return lambda jobs: list(pool.map(work, jobs))


def on_spark(number: int) -> Callable[[Jobs], list[dict[str, Any]]]:
    """Spark hands out numbers of tasks; no row of data passes through it. A Connect server where SPARK_REMOTE names one."""
    from clout.engine import session

    folders = os.pathsep.join((str(ROOT / "jobs"), str(ROOT / "tests")))
    os.environ |= {"CLOUT_SPARK_MASTER": f"local[{number}]", "PYTHONPATH": folders}
    session.LOCAL["spark.master"] = f"local[{number}]"
    spark = session.get_or_create("buckets")

    def each(jobs: Jobs) -> list[dict[str, Any]]:
        said = json.dumps(jobs)

        def done(batches: Any) -> Any:
            from bench import bucket_speed

            for batch in batches:
                for number in batch.column(0).to_pylist():
                    found = json.dumps(bucket_speed.work(json.loads(said)[number]))
                    yield pa.RecordBatch.from_pydict({"id": [number], "found": [found]})

        rows = spark.range(0, len(jobs), 1, len(jobs)).mapInArrow(done, "id BIGINT, found STRING").collect()
        assert len(rows) == len(jobs)
        return [json.loads(row["found"]) for row in sorted(rows, key=lambda row: row["id"])]

    return each


def night_on_buckets(
    folder: Path, out: Path, buckets: int, each: Callable[[Jobs], list[dict[str, Any]]]
) -> dict[str, Any]:
    """Compute a generated lake's night. Gives CPU seconds by kind of task, and the largest process."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    lake = Lake(folder / "lake")
    days = [lake.conformed(table, day) for table in ("activity", "post_actions") for day in window(DAY, V2.stored_days)]
    files = {name: [file for file in lake.files(days) if f"/{name}/" in file] for name in ("activity", "post_actions")}
    for name in ("posts", "accounts"):
        files[name] = lake.files([lake.snapshot(name, PLATFORM, day) for day in window(DAY, V2.stored_days)])
    groups = min(len(files["activity"]), max(2, buckets))
    night = {"out": str(out), "buckets": buckets, "files": files, "people": 0}
    night["days"] = [files["activity"][start::groups] for start in range(groups)]
    cpu: dict[str, float] = {}
    peak = 0.0

    def done(jobs: Jobs) -> Any:
        nonlocal peak
        answers = each(jobs)
        for (name, _), answer in zip(jobs, answers, strict=True):
            cpu[name] = cpu.get(name, 0.0) + answer["cpu"]
            peak = max(peak, answer["peak_gib"])
        return answers[0]["found"]

    night["people"] = done([("know", (night,))])
    done([("split", (night, group)) for group in range(groups)] + [("posts", (night,))])
    done([("by_actor", (night, bucket)) for bucket in range(buckets)])
    done([("by_target", (night, bucket)) for bucket in range(buckets)])
    done([("graph", (night,))])
    done([("measures", (night, bucket)) for bucket in range(buckets)])
    done([("influences", (night, bucket)) for bucket in range(buckets)])
    done([("stage", (night, table)) for table in TABLES])
    return {"by_task": cpu, "peak_gib": peak}


def night_of_today(folder: Path, out: Path) -> dict[str, Any]:
    """The same by the engine of nights."""
    from clout.engine.duckdb_engine import DiskDuckDB
    from clout.score import steps
    from clout.score.identity import PERSONS

    engine, lake, days = DiskDuckDB(), Lake(folder / "lake"), window(DAY, V2.stored_days)
    [known] = [path for path in (lake.snapshot("accounts", PLATFORM, day) for day in days) if lake.exists(path)]
    states = lake.read(known, ["account_key", "created_at", "is_bot"])
    key = [("account_key", pa.string())]
    counts = [name.removeprefix("counter_") for name in PARAMETERS if name.startswith("counter_")]
    given = {
        "activity": engine.conformed(lake, "activity", days),
        "post_actions": engine.conformed(lake, "post_actions", days),
        "posts": engine.posts(lake, {PLATFORM: PLATFORM}, days),
        "account_states": states.append_column("platform", pa.repeat(PLATFORM, len(states))),
        "excluded": pa.schema([*key, ("reason", pa.string())]).empty_table(),
        "persons": PERSONS.empty_table(),
        "named_seeds": pa.schema([("platform", pa.string()), *key]).empty_table(),
        "counter_states": pa.schema(
            [("ds", pa.date32()), ("platform", pa.string()), *key, ("followers_count", pa.int64())]
            + [
                (name, pa.int64())
                for name in sorted({*counts, "following_count", "listed_count"} - {"followers_count"})
            ]
        ).empty_table(),
        "sources": steps.sources_table([PLATFORM]),
    }
    plan = steps.in_memory(engine, MODEL, DAY, **given)
    for table, keys in TABLES.items():
        rows = engine.named(plan.resolve(table)).order(", ".join(keys))
        rows.write_parquet(str(out / f"staged.{table}.parquet"), compression="lz4")
    return {"by_task": {}, "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)}


def same(ours: Path, theirs: Path) -> bool:
    """Whether the staged tables have the same rows, to the last bit."""
    for table in TABLES:
        sides = [f"(FROM '{place}/staged.{table}.parquet')" for place in (ours, theirs)]
        columns = ", ".join(duckdb.sql(f"FROM {sides[0]}").columns)
        for one, other in (sides, sides[::-1]):
            if duckdb.sql(f"SELECT {columns} FROM {one} EXCEPT ALL SELECT {columns} FROM {other}").limit(1).fetchall():
                return False
    return True


def main(argv: list[str]) -> None:
    """Run the programs in turn and print a line each; with --alone, one of them in this process."""
    parser = argparse.ArgumentParser(prog="buckets.py", description=__doc__.splitlines()[0])
    parser.add_argument("--interactions", type=lambda text: int(float(text)), default=1_000_000, help="in 90 days")
    parser.add_argument("--people", type=lambda text: int(float(text)), help="default: a tenth of the interactions")
    parser.add_argument("--buckets", default="4", help="one number, or several with commas")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--spark", action="store_true", help="the same tasks handed out by Spark, too")
    parser.add_argument("--folder", type=Path, default=ROOT / ".clout" / "bench")
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    people = args.people or args.interactions // 10
    lake = args.folder / f"{args.interactions}-{people}-90"
    if args.alone:
        _alone(lake, args.folder, args.alone, args.processes)
        return
    args.folder.mkdir(parents=True, exist_ok=True)
    generate(lake, args.interactions, people)
    wanted = [f"{how}-{b}" for b in args.buckets.split(",") for how in ("processes", *["spark"] * args.spark)]
    for program in ("today-1", *wanted):
        command = [sys.executable, __file__, *argv, f"--alone={program}"]
        began, before = time.perf_counter(), _cpu(resource.RUSAGE_CHILDREN)
        said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        told = json.loads(said.strip().splitlines()[-1])
        told["by_task"] = {name: round(seconds, 1) for name, seconds in told["by_task"].items()}
        equal = same(args.folder / "today-1", args.folder / program)
        print(
            f"{program:<14}{_cpu(resource.RUSAGE_CHILDREN) - before + told['elsewhere']:8.1f} s of CPU"
            f"{time.perf_counter() - began:8.1f} s{told['peak_gib']:7.2f} GiB the largest process"
            f"  {'the same' if equal else 'DIFFERENT'}  {told['by_task'] or ''}",
            flush=True,
        )


def _alone(lake: Path, folder: Path, program: str, processes: int) -> None:
    how, buckets = program.split("-")
    out = folder / program
    elsewhere = 0.0
    if how == "today":
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        found = night_of_today(lake, out)
    else:
        hand_out = on_spark if how == "spark" else in_processes
        found = night_on_buckets(lake, out, int(buckets), hand_out(processes))
        if how == "spark":  # the JVM and its workers are not waited for
            ticks = [
                file.read_text().rsplit(")", 1)[1].split() for file in Path("/proc").glob("[0-9]*/stat") if _ours(file)
            ]
            elsewhere = sum(sum(map(int, each[11:15])) for each in ticks) / os.sysconf("SC_CLK_TCK")
    print("\n" + json.dumps(found | {"elsewhere": elsewhere}))


def _ours(file: Path) -> bool:
    """Whether /proc/<pid>/stat is of a process that this one began, by parents."""
    try:
        pid, me = int(file.parent.name), os.getpid()
        while pid not in (0, 1, me):
            pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return False
    return pid == me and int(file.parent.name) != me


if __name__ == "__main__":
    main(sys.argv[1:])
