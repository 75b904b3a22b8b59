"""Pull one source's snapshots: every day of the window that ends with --day and is not yet complete in the lake."""

from __future__ import annotations

import argparse

from clout.config import arguments
from clout.config.sources import read_sources
from clout.errors import run_main
from clout.lake.partitions import Lake, window
from clout.platforms.pull.puller import pull
from clout.score.model import read_model


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("pull", __doc__, "day", "lake", "sources", "model")
    parser.add_argument("--source", required=True, help="name of one source of the sources file")
    parser.add_argument("--refresh", action="store_true", help="take days again that are already complete")
    return parser


def main(argv: list[str]) -> None:
    """Take what the source owes the lake for the window that ends with the day."""
    args = arg_parser().parse_args(argv)
    days = window(args.day, read_model(args.model).stored_days)
    lake = Lake(args.lake)
    with lake.together("pull"):
        pull(lake, read_sources(args.sources).named(args.source), days, refresh=args.refresh)


if __name__ == "__main__":
    run_main(main)
