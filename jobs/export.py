"""Write the published people as files in Klout's shapes, for a server that only hands out files.

    export.py --shapes klout-v2 --out FOLDER [--day DAY]

FOLDER is replaced in one step where it holds an earlier export; anything else in it is left alone, and refused.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from clout.config import arguments
from clout.errors import InvalidInput, run_main
from clout.warehouse.factory import open_warehouse
from clout.web import static_tree
from clout.web.asked import Asked
from clout.web.snapshot import Library, NothingPublished


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("export", __doc__, "warehouse", raw=True)
    parser.add_argument("--shapes", required=True, choices=["klout-v2"], help="whose shapes")
    parser.add_argument("--out", required=True, type=Path, help="the folder to write")
    parser.add_argument("--day", type=arguments.day, help="the score date; else the newest")
    return parser


def main(argv: list[str]) -> None:
    """Write the tree."""
    args = arg_parser().parse_args(argv)
    library = Library(open_warehouse(args.warehouse))
    try:
        snapshot = library.current()
    except NothingPublished:
        raise InvalidInput(f"{library.warehouse.location}: nothing is published; run a night first") from None
    day = args.day or max(snapshot.contents)
    if day not in snapshot.contents:
        raise InvalidInput(f"{day} is not published; the newest day is {max(snapshot.contents)}")
    people, too_long = static_tree.write(Asked(snapshot, day, {}), args.out.resolve())
    left = f"; {too_long} names are too long for a file and were left out" if too_long else ""
    print(f"export {day}: {people} people of version {snapshot.version} in {args.out}{left}")


if __name__ == "__main__":
    run_main(main)
