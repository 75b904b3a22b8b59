"""What an audit costs: suite by suite its seconds, and its memory, over a made night of many people.

python tests/bench/audit_cost.py --people 1000000
The rows are the good ones of tests/staged_run.py, with other people's names, again and again: two people a time, with three
explanations, two changes and two influences between them.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "jobs"), str(ROOT / "tests")]

import audit  # noqa: E402
import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402
from clout.lake.partitions import Lake  # noqa: E402
from clout.lake.staging import AUDITED, Staged  # noqa: E402
from clout.quality import gx_import, suites  # noqa: E402
from staged_run import DAY, good, stage, write_activity  # noqa: E402

if TYPE_CHECKING:
    from clout.quality.gx_duckdb import Rows

NAMES = ("person_id", "account_key", "other_id", "actor", "target")


def repeated(rows: pa.Table, times: int) -> pa.Table:
    """The rows so many times, each time of other people. Rows that name nobody are left as they are."""
    named = [name for name in NAMES if name in rows.column_names]
    if not named:
        return rows
    tiled = rows.take(pa.array(np.tile(np.arange(rows.num_rows), times)))
    suffix = pc.cast(pa.array(np.repeat(np.arange(times), rows.num_rows)), pa.string())
    for name in named:
        other = pc.binary_join_element_wise(tiled[name].combine_chunks(), suffix, "-")
        tiled = tiled.set_column(tiled.column_names.index(name), rows.schema.field(name), other)
    return tiled


class Repeated(dict[str, pa.Table]):
    """Tables whose rows are repeated when they are asked for: not all at once."""

    def __init__(self, tables: dict[str, pa.Table], times: int) -> None:
        super().__init__(tables)
        self.times = times

    def __getitem__(self, name: str) -> pa.Table:
        return repeated(super().__getitem__(name), self.times)


def make(folder: Path, people: int) -> None:
    """Write a staged night, and its activity."""
    tables = Repeated(good(), people // 2)
    write_activity(Lake(folder / "lake"), tables)
    stage(folder / "staging", tables=tables)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="clout-audit-") as folder:
        # In a process of its own, whose memory is not the audit's.
        making = multiprocessing.get_context("fork").Process(target=make, args=(Path(folder), args.people))
        making.start()
        making.join()
        assert making.exitcode == 0
        lake, staged = Lake(f"{folder}/lake"), Staged(Lake(f"{folder}/staging"), DAY, "r1")
        measured = _measured()
        began = time.monotonic()
        gx_import.load()

        imported = time.monotonic() - began
        began = time.monotonic()
        verdict = audit.judge(lake, staged)
        took = time.monotonic() - began
    print(f"{'suite':20} {'rows':>11} {'checks':>7} {'seconds':>8} {'GiB until then':>15}")
    for suite in AUDITED:
        rows, checks, seconds, peak = measured[suite]
        print(f"{suite:20} {rows:>11,} {checks:>7} {seconds:>8.1f} {peak:>15.2f}")
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"audit of {args.people:,} scores: {took:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of CPU,"
        f" {len(verdict.failed)} checks failed; {imported:.1f} s to import Great Expectations; at most {_peak():.2f} GiB"
    )


def _peak() -> float:
    """The most memory that this process held so far, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _measured() -> dict[str, tuple[int, int, float, float]]:
    """Rows, checks, seconds and the most memory until then, of each suite, filled in as the audit goes on."""
    found: dict[str, tuple[int, int, float, float]] = {}
    check = suites.check

    def timed(suite: suites.Suite, rows: Rows, *arguments: Any) -> list[suites.Check]:
        began = time.monotonic()
        checks = check(suite, rows, *arguments)
        count = rows.num_rows if isinstance(rows, pa.Table) else rows.count_rows()
        found[suite.table] = (count, len(checks), time.monotonic() - began, _peak())
        return checks

    suites.check = timed
    return found


if __name__ == "__main__":
    main()
