"""Docs: write the page of all published tables, their columns, keys, examples and what they are made from, as one file.

docs.py [--out docs/tables.html] [--model sql/models/v2.toml]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from clout.config import arguments
from clout.errors import run_main
from clout.score.model import read_model
from clout.web import tables


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("docs", __doc__, "model", raw=True)
    default = arguments.HOME / "docs" / "tables.html"
    parser.add_argument("--out", type=Path, default=default, help="the file that is written")
    return parser


def main(argv: list[str]) -> None:
    """Write the page and say where it is."""
    args = arg_parser().parse_args(argv)
    print(tables.write(args.out, read_model(args.model).formulas))


if __name__ == "__main__":
    run_main(main)
