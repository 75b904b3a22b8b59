"""Write one published day as a folder: a file for each table of clout, in CSV, JSON lines or Parquet, and what it is.

    export_day.py --out FOLDER [--day DAY] [--format csv|json|parquet]

FOLDER must not exist, or be empty: nothing of anybody's is replaced. Whoever is erased or opts out later stays in such a copy:
delete it when its purpose is over.
"""

from __future__ import annotations

import argparse
import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from clout.config import arguments
from clout.errors import InvalidInput, run_main
from clout.terminal import without_formulas
from clout.warehouse import catalog
from clout.warehouse.contract import Warehouse
from clout.warehouse.factory import open_published

FORMATS = ("csv", "json", "parquet")
USE = "Not a measure of worth, honesty or skill. Not for hiring, credit, insurance or tiers of customer service."


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("export_day", __doc__, "warehouse", raw=True)
    parser.add_argument("--out", required=True, type=Path, help="the folder to write")
    parser.add_argument("--day", type=arguments.day, help="the score date; else the newest")
    parser.add_argument(
        "--format", default="csv", choices=FORMATS, help="csv (for spreadsheets), json (lines) or parquet"
    )
    return parser


def main(argv: list[str]) -> None:
    """Write the folder."""
    args = arg_parser().parse_args(argv)
    warehouse = open_published(args.warehouse)
    days = {entry.ds for entry in warehouse.log()}
    if not days:
        raise InvalidInput(f"{warehouse.location}: nothing is published; run a night first")
    day = args.day or max(days)
    if day not in days:
        raise InvalidInput(f"{day} is not published; the newest day is {max(days)}, the first {min(days)}")
    rows = export(warehouse, day, args.out, args.format)
    print(f"export {day}: {rows:,} rows of {len(list(args.out.iterdir())) - 1} tables in {args.out}")


def export(warehouse: Warehouse, day: date, folder: Path, form: str) -> int:
    """Write a day's tables, all of one version, into a new folder. Gives the number of rows."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput(f"{folder}: is there and not empty; name a folder that is not there")
    log = warehouse.log()
    state = log[-1].version
    entry = [entry for entry in log if entry.ds == day][-1]
    begun = folder.with_name(f".{folder.name}.begun")
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir(parents=True)
    count, columns = 0, {}
    for relation in catalog.relations().values():
        if not relation.full_name.startswith("clout.") or relation.full_name == "clout.scores_current":
            continue
        rows = warehouse.read(relation.full_name, state, day)
        name = relation.full_name.removeprefix("clout.")
        _write(rows, begun / f"{name}.{form}", form)
        columns[name] = {column.name: column.comment for column in relation.columns}
        count += rows.num_rows
    about = {
        "day": str(day),
        "version": entry.version,
        "model": entry.model_version,
        "code": entry.code_version,
        "use": USE,
    }
    (begun / "about.json").write_text(json.dumps(about | {"columns": columns}, indent=1) + "\n", encoding="utf-8")
    if folder.exists():
        folder.rmdir()
    begun.rename(folder)
    return count


def _write(rows: pa.Table, file: Path, form: str) -> None:
    if form == "parquet":
        pa.parquet.write_table(rows, file)
    elif form == "csv":
        pa.csv.write_csv(without_formulas(rows), file)
    else:
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.register("rows", rows)
            connection.execute(f"COPY (FROM rows) TO '{str(file).replace(chr(39), chr(39) * 2)}' (FORMAT json)")


if __name__ == "__main__":
    run_main(main)
