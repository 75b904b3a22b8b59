"""What a night costs without its pulls: CPU seconds of each job, for one checkout of Clout or for several in turn.

    python tests/bench/night_cost.py LAKE SOURCES --day 2026-03-14 [--code OTHER_CHECKOUT ...] [--runs 3]

Runs the eleven jobs that dags/clout_nightly.py runs after the pulls, each as a process of its own, on a copy of a lake in which
the day's window is pulled, as `make demo` leaves one. The days before the day are conformed already, by each checkout.
Seconds are of user and system, of the job and all that it started; median of the runs. Airflow's own are not among them.
"""

from __future__ import annotations

import argparse
import compileall
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "jobs"))

from clout.lake.partitions import Lake  # noqa: E402
from clout.lake.schemas import CONFORMED  # noqa: E402

#: Modules are compiled once, as where Clout is installed.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
#: The night's jobs in order, each with its places.
EVIDENCE = ("--lake", "{home}/lake", "--sources", "{sources}")
STAGED = ("--staging", "{home}/staging", "--run", "r")
JOBS = {
    **dict.fromkeys(("conform", "ties", "graph", "reach", "amplification", "network"), EVIDENCE),
    "score": (*EVIDENCE, *STAGED),
    "baseline": (*STAGED, "--warehouse", "{home}/warehouse"),
    "audit": ("--lake", "{home}/lake", *STAGED, "--reports", "{home}/reports"),
    "pending_approvals": STAGED,
    "publish": (*STAGED, "--warehouse", "{home}/warehouse", "--reports", "{home}/reports"),
}


def seconds(code: Path, job: str, words: list[str]) -> float:
    """CPU seconds of a job of a checkout. Raises RuntimeError with its last words where it fails."""
    process = subprocess.Popen(
        [sys.executable, str(code / "jobs" / f"{job}.py"), *words],
        env={**ENVIRONMENT, "PYTHONPATH": str(code / "jobs"), "CLOUT_ROOT": str(code)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = process.stdout.read() if process.stdout else ""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{code}/jobs/{job}.py: {said[-2000:]}")
    return used.ru_utime + used.ru_stime


def night(code: Path, lake: Path, sources: Path, day: date, home: Path) -> dict[str, float]:
    """CPU seconds of a night by job. home: a folder of the checkout's own, in which the days before are conformed once."""

    def job(name: str, of: date, place: Path) -> float:
        places = {"home": place, "sources": sources}
        return seconds(code, name, ["--day", str(of), *(word.format(**places) for word in JOBS[name])])

    if not home.exists():
        compileall.compile_dir(code / "jobs", quiet=1)
        shutil.copytree(lake, home / "lake")
        job("conform", day - timedelta(days=1), home)
        of_home = Lake(str(home / "lake"))
        for path in (of_home.conformed(table, day) for table in CONFORMED):
            if of_home.exists(path):
                of_home.remove(path)
    tonight = home.with_name(f"{home.name}-tonight")
    shutil.copytree(home, tonight)
    try:
        return {name: job(name, day, tonight) for name in JOBS}
    finally:
        shutil.rmtree(tonight)


def main() -> None:
    """Print the table: a line a job, a column a checkout."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lake", type=Path)
    parser.add_argument("sources", type=Path)
    parser.add_argument("--day", required=True, type=date.fromisoformat)
    parser.add_argument(
        "--code", type=Path, action="append", default=[], help="another checkout to measure beside this"
    )
    parser.add_argument("--runs", type=int, default=1)
    args = parser.parse_args()
    codes = [*(code.resolve() for code in args.code), ROOT]
    with tempfile.TemporaryDirectory(prefix="clout-night-") as folder:
        homes = [Path(folder, str(number)) for number in range(len(codes))]
        runs = [
            [night(code, args.lake, args.sources, args.day, home) for code, home in zip(codes, homes, strict=True)]
            for _ in range(args.runs)
        ]
    print(" " * 18 + "".join(f"{code.name[-12:]:>14}" for code in codes))
    for job in JOBS:
        print(
            f"{job:18}" + "".join(f"{statistics.median(run[i][job] for run in runs):14.2f}" for i in range(len(codes)))
        )
    totals = [[sum(run[i].values()) for run in runs] for i in range(len(codes))]
    print(f"{'together':18}" + "".join(f"{statistics.median(each):14.2f}" for each in totals))


if __name__ == "__main__":
    main()
