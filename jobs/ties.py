"""Computes daily engagement (sql/daily_engagement.sql) and influence probabilities (sql/ties.sql) of one score date."""

from __future__ import annotations

import argparse

from clout.config import arguments
from clout.errors import run_main


def arg_parser() -> argparse.ArgumentParser:
    """The job's command line."""
    return arguments.parser("ties", __doc__, "day", "lake", "sources", "model")


def main(argv: list[str]) -> None:
    """Compute it and write its features."""
    from clout.score import evidence

    evidence.run_task("ties", arg_parser().parse_args(argv))


if __name__ == "__main__":
    run_main(main)
