"""Pending approvals: say which failed checks of a run wait for a person; the last line is a JSON list, for Airflow.

A check waits where its expectation's meta says `"gate": "approve"`. Everything else has decided itself by its severity.
"""

from __future__ import annotations

import argparse
import json

from clout.config import arguments
from clout.errors import run_main
from clout.lake.partitions import Lake
from clout.lake.staging import Staged
from clout.warehouse.contract import waiting


def arg_parser() -> argparse.ArgumentParser:
    return arguments.parser("pending_approvals", __doc__, "day", "run", "staging")


def main(argv: list[str]) -> None:
    """Print what waits."""
    args = arg_parser().parse_args(argv)
    waits = waiting(Staged(Lake(args.staging), args.day, args.run))
    print("\n".join([*waits, json.dumps(waits)]), flush=True)


if __name__ == "__main__":
    run_main(main)
