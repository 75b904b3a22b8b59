"""What it costs to pull exports: many small files of thirty days, and one of many rows through a query.

python tests/bench/exports.py --files 5000 --rows 1000000
Each runs in a process of its own. Told are seconds of wall and CPU (of children too), the peaks of memory, own and a query's,
and the load, which decides how far the wall can be trusted: on a busy machine the CPU is the figure. With --again all of it
was pulled before and is pulled anew, so that a ledger of consent is there.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "jobs")]

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.csv as pacsv  # noqa: E402
from clout.config.sources import read_sources  # noqa: E402
from clout.lake.partitions import Lake  # noqa: E402
from clout.platforms.pull.puller import pull  # noqa: E402

FIRST, DAYS = date(2026, 3, 1), 30
WINDOW = [FIRST + timedelta(days=number) for number in range(DAYS)]
#: What a source is, beside its folder.
QUERY = """-- table: interactions
SELECT "from" AS actor, "to" AS target, lower(what) AS kind, "when" AS occurred_at, tweet AS post
FROM read_csv('*.csv', all_varchar = true)
"""


def rows(number: int, seed: int, days: list[date]) -> pa.Table:
    """Acts among a hundred thousand people, spread over the days."""
    dice = np.random.default_rng(seed)
    start = datetime(days[0].year, days[0].month, days[0].day, tzinfo=UTC).timestamp()
    at = (start + dice.random(number) * 86_400 * len(days)).astype("datetime64[s]")
    people = 10**17 + dice.integers(0, 100_000, (2, number))
    kinds = np.array(["like", "share", "reply", "mention"])[dice.integers(0, 4, number)]
    posts = 10**18 + dice.integers(0, 10**6, number)
    return pa.table(
        {"actor": people[0], "target": people[1], "kind": kinds, "occurred_at": at.astype(str), "post": posts}
    )


def dated(folder: Path, files: int) -> None:
    """Files with a day in their names, as a nightly export leaves them."""
    for number in range(files):
        day = WINDOW[number % DAYS]
        pacsv.write_csv(rows(20, number, [day]), folder / f"i-{day}-{number}.csv")


def undated(folder: Path, files: int) -> None:
    """Files without a day, each with rows of all days."""
    for number in range(files):
        pacsv.write_csv(rows(60, number, WINDOW), folder / f"i-{number}.csv")


def described(folder: Path, files: int) -> None:
    """Half of the files accounts, of each day's newest people, and half interactions."""
    dated(folder, files // 2)
    for number in range(files - files // 2):
        day = WINDOW[number % DAYS]
        names = pa.array([str(10**17 + (number * 20 + one) % 100_000) for one in range(20)])
        pacsv.write_csv(pa.table({"account": names, "handle": names}), folder / f"accounts-{day}-{number}.csv")


def beside_a_no(folder: Path, files: int) -> None:
    """Files with a day, beside an accounts file in which a tenth of the people opted out."""
    dated(folder, files)
    names = pa.array([str(10**17 + one) for one in range(10_000)])
    pacsv.write_csv(pa.table({"account": names, "opt_out": pa.repeat(True, len(names))}), folder / "accounts.csv")


def long(folder: Path, number: int) -> None:
    """One file of a month under names of its own, which a query makes ours."""
    names = {"actor": "from", "target": "to", "kind": "what", "occurred_at": "when", "post": "tweet"}
    pacsv.write_csv(rows(number, 1, WINDOW).rename_columns(names), folder / "export.csv")


SHAPES: dict[str, tuple[Callable[[Path, int], None], str]] = {
    "files with a day": (dated, ""),
    "files without a day": (undated, ""),
    "files beside 10,000 noes": (beside_a_no, ""),
    "files of accounts and acts": (described, ""),
    "rows through a query": (long, 'query = "q.sql"'),
    "rows of a plain file": (
        long,
        '[source.columns]\nactor = "from"\ntarget = "to"\nkind = "what"\noccurred_at = "when"\npost = "tweet"',
    ),
}


def made(shape: str, number: int, home: Path) -> None:
    """Write the exports of a shape and the file of sources."""
    make, how = SHAPES[shape]
    (home / "exports").mkdir()
    make(home / "exports", number)
    (home / "q.sql").write_text(QUERY)
    head = '[[source]]\nname = "bench"\nreader = "files"\npath = "exports"\n'
    (home / "sources.toml").write_text(f"{head}{how}\n")


def measured(home: Path, again: bool) -> tuple[int, float, float, float, float]:
    """Rows, wall seconds, CPU seconds, and MiB at the peak, its own and a query's, of one pull of thirty days.

    `again`: all of it was pulled before.
    """
    [source] = read_sources(home / "sources.toml").sources
    lake = Lake(home / "lake")
    if again:
        pull(lake, source, WINDOW, say=lambda text: None)
    before, began = _cpu(), time.monotonic()
    landed = pull(lake, source, WINDOW, say=lambda text: None, refresh=again).rows
    wall = time.monotonic() - began
    own, child = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return landed, wall, _cpu() - before, own, child


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main(argv: list[str] | None = None) -> None:
    """Measure each shape and print a line of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", choices=SHAPES, help="one shape alone")
    parser.add_argument("--again", action="store_true", help="pull twice, and measure the second")
    args = parser.parse_args(argv)
    print(f"{'shape':28} {'number':>9} {'rows':>9} {'wall s':>8} {'CPU s':>8} {'rows/s':>9} {'MiB':>11}  load")
    for shape in [args.only] if args.only else SHAPES:
        number = args.files if shape.startswith("files") else args.rows
        with tempfile.TemporaryDirectory(prefix="clout-bench-") as name:
            with get_context("spawn").Pool(1) as pool:
                pool.apply(made, (shape, number, Path(name)))
            with get_context("spawn").Pool(1) as pool:  # memory is a process's own peak
                landed, wall, cpu, own, child = pool.apply(measured, (Path(name), args.again))
        memory, load = f"{own:,.0f} + {child:,.0f}", os.getloadavg()[0]
        print(
            f"{shape:28} {number:9,} {landed:9,} {wall:8.1f} {cpu:8.1f} {landed / wall:9,.0f} {memory:>11}  {load:.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
