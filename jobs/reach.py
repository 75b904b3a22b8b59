"""True Reach of one score date: sql/reach.sql over the window, into lake/features/reach."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from clout import arguments
from clout.errors import run_main
from clout.lake import Lake
from clout.sources import read_sources

if TYPE_CHECKING:
    from clout.influence.evidence import Evidence


def arg_parser() -> argparse.ArgumentParser:
    """The job's command line."""
    parser = argparse.ArgumentParser(prog="reach.py", description=__doc__)
    arguments.add(parser, "day", "lake", "sources", "model")
    return parser


def main(argv: list[str]) -> None:
    """Compute the measure and write its partition."""
    from clout.influence import evidence
    from clout.influence.model import read_model

    args = arg_parser().parse_args(argv)
    lake = Lake(args.lake)
    with lake.together("reach"):
        measure(evidence.load(lake, read_sources(args.sources), read_model(args.model), args.day), lake)


def measure(evidence: Evidence, lake: Lake) -> None:
    """Write the features of the evidence's score date."""
    evidence.engine.keep(lake, "reach", evidence.day, evidence.resolve("reach"), evidence.facts)


if __name__ == "__main__":
    run_main(main)
