"""Query the published tables in SQL, whichever warehouse holds them: DuckDB's SQL, on a read-only copy.

    query.py --sql "SELECT * FROM clout.leaderboard LIMIT 10"
    query.py                                                     a prompt

For warehouses that have a client of their own (psql, duckdb), that is faster; an Iceberg lakehouse has none.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
from clout.config import arguments
from clout.errors import InvalidInput, run_main
from clout.terminal import printable
from clout.warehouse import catalog
from clout.warehouse.contract import Warehouse
from clout.warehouse.factory import open_published


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("query", __doc__, "warehouse", raw=True)
    parser.add_argument("--sql", help="one statement; without it, a prompt")
    return parser


def main(argv: list[str]) -> None:
    """Answer the statement, or open a prompt."""
    args = arg_parser().parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "published.duckdb"
        copy(open_published(args.warehouse), file, args.sql)
        client = Path(sys.executable).with_name("duckdb")
        if args.sql is None:
            subprocess.run([client, "-readonly", file], check=False)
            return
        with duckdb.connect(str(file), read_only=True) as published:
            try:
                answer = published.sql(args.sql)
                print(printable(str(answer), lines=True) if answer is not None else "done")
            except duckdb.Error as error:
                raise InvalidInput(str(error)) from error


def copy(warehouse: Warehouse, file: Path, statement: str | None = None) -> None:
    """Copy the published relations that a statement names, or all, into a DuckDB file. Raises InvalidInput where nothing is."""
    names = [relation.full_name for relation in catalog.relations().values()]
    named = [
        name for name in names if statement is None or re.search(rf"\b{re.escape(name)}\b", statement, re.IGNORECASE)
    ]
    with duckdb.connect(str(file)) as published:
        published.execute("CREATE SCHEMA clout; CREATE SCHEMA meta")
        for name in named:
            published.register("rows", warehouse.read(name))
            published.execute(f"CREATE TABLE {name} AS FROM rows")
            published.unregister("rows")


if __name__ == "__main__":
    run_main(main)
