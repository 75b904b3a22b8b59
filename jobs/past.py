"""Past: lay the metrics of the days that were published before beside a staged run, for the audit to compare with.

The audit itself needs no way into the warehouse, and judges the same again for as long as the run is kept.
"""

from __future__ import annotations

import argparse

from clout import arguments, metrics
from clout.errors import run_main
from clout.lake import Lake
from clout.lake_schemas import METRICS
from clout.staging import Staged
from clout.warehouse.choose import open_warehouse
from clout.warehouse.contract import Warehouse


def arg_parser() -> argparse.ArgumentParser:
    """The job's command line."""
    parser = argparse.ArgumentParser(prog="past.py", description=__doc__)
    arguments.add(parser, "day", "run", "staging", "warehouse")
    return parser


def main(argv: list[str]) -> None:
    """Lay the past beside the run."""
    args = arg_parser().parse_args(argv)
    lay_beside(Staged(Lake(args.staging), args.day, args.run), open_warehouse(args.warehouse))


def lay_beside(staged: Staged, warehouse: Warehouse) -> None:
    """Write past/ of a staged run from meta.metrics, which no night had before it was first measured."""
    published = METRICS.empty_table()
    if warehouse.log() and "metrics" in warehouse.read("meta.published_files")["table_name"].to_pylist():
        published = warehouse.read("meta.metrics")
    past = metrics.of_past(published, staged)
    staged.root.write(staged.table("past"), past)
    print(f"past {staged.day}: {len(past['ds'].unique())} published days of the 8 weeks before", flush=True)


if __name__ == "__main__":
    run_main(main)
