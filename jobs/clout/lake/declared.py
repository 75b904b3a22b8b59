"""The published tables as sql/warehouse/ declares them: columns with their types, the key, the order, the query behind.

A table's file begins with comment lines, of which these are read:

    -- clout.scores: what it is. Defined by sql/scores.sql.
    -- Key: ds, person_id
    -- Order: person_id            of the rows of a day; where there is no such line, the key without ds
    -- Consent: perks             whose rows of people are there because they agreed to this purpose, see clout.consented
    -- Hidden: topic_id         which column names the topic that a person may hide; * where a row goes if they hide all of them
    -- Recorded by jobs/audit.py.  of what says how a run was judged, and is no part of what was judged

Each column is a line of CREATE TABLE: its name, its type, and behind -- what it says, which is its comment in every warehouse.

What is staged, in which order, and what of it every suite checks follows from it. Views, and what a warehouse remembers of
itself, have no key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from clout.config.paths import SQL
from clout.errors import InvalidInput

FOLDER = SQL / "warehouse"
#: Types of a declaration, as Spark's typeof names them and DuckDB's does by queries.connect.
_TYPEOF = {
    "DATE": "date",
    "VARCHAR": "string",
    "INTEGER": "int",
    "BIGINT": "bigint",
    "DOUBLE PRECISION": "double",
    "BOOLEAN": "boolean",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}


@dataclass(frozen=True)
class Table:
    """A published table. key: begins with ds; order: of a day's rows; query: the name of the file of sql/ that makes it;
    consent: the purpose that people agreed to whom `person_id` names, where they are in it for that alone; hidden: the column
    of the topic that people may hide, `*` where only all of them count."""

    schema: str
    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    order: tuple[str, ...]
    query: str
    is_recorded: bool
    consent: str | None = None
    hidden: str | None = None


@cache
def tables() -> Mapping[str, Table]:
    """Every published table that has a key, by name: the one of people first, as others speak of it, the finest grains last."""
    found = [_read(file.stem, file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.sql"))]
    keyed = [table for table in found if table]
    ordered = sorted(keyed, key=lambda table: (len(table.key), table.key[1] != "person_id", table.name))
    return {table.name: table for table in ordered}


def text(name: str) -> bytes:
    """The declaration of a table as it is written; nothing for what is not published."""
    return (FOLDER / f"{name}.sql").read_bytes() if name in tables() else b""


def _read(name: str, content: str) -> Table | None:
    head, _, body = content.partition("CREATE TABLE ")
    said = dict(re.findall(r"^-- (Key|Order|Consent|Hidden): (.+)$", head, re.MULTILINE))
    if not body or "Key" not in said:
        return None
    schema, _, rest = body.partition(f".{name} (\n")
    lines = rest.partition("\n);")[0].splitlines()
    said_of = [re.match(r"  (\w+) ([A-Z ]+?),?  -- \S", line) for line in lines]
    columns = {column[1]: column[2] for column in said_of if column}
    key = tuple(said["Key"].split(", "))
    order = tuple(said["Order"].split(", ")) if "Order" in said else key[1:]
    is_whole = len(columns) == len(lines) and {*columns.values()} <= {*_TYPEOF}
    if key[:1] != ("ds",) or not key[1:] or not {*key, *order} <= columns.keys() or not is_whole:
        raise InvalidInput(
            f"{FOLDER / name}.sql: the key must be ds and another column, key and order must name columns of the table, and"
            f" each column is `name TYPE,  -- what it says` on a line of its own, of {', '.join(_TYPEOF)}"
        )
    query = re.search(r"Defined by sql/(\w+)\.sql", head)
    recorded = "-- Recorded by " in head
    by = query[1] if query else name
    return Table(schema, name, columns, key, order, by, recorded, said.get("Consent"), said.get("Hidden"))


def checks(name: str, rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The expectations that follow from the declaration of a table, all critical, by Great Expectations' names.

    rows: min_value and max_value of how many rows there may be, and why; at least one, where it says nothing.
    """
    table = tables()[name]
    others = " OR ".join(f"typeof({column}) <> '{_TYPEOF[kind]}'" for column, kind in table.columns.items())
    made = [
        (
            "row_count",
            "expect_table_row_count_to_be_between",
            {"min_value": 1} | {key: value for key, value in rows.items() if key != "why"},
            rows.get("why", "A night without a row of it is a broken night."),
        ),
        (
            "key_unique",
            "expect_compound_columns_to_be_unique",
            {"column_list": [*table.key]},
            f"One row for each {', '.join(table.key)}.",
        ),
        (
            "columns",
            "expect_table_columns_to_match_ordered_list",
            {"column_list": [*table.columns]},
            "Analysts' queries name these columns; a change of them is a change of contract.",
        ),
        (
            "types",
            "unexpected_rows_expectation",
            {"unexpected_rows_query": f"SELECT * FROM {{batch}} WHERE {others}"},
            "Analysts' queries and the files of other days rely on these types.",
        ),
        (
            "ds_is_the_day",
            "expect_column_values_to_be_in_set",
            {"column": "ds", "value_set": {"$PARAMETER": "days"}},
            "A row of another day would be published under this one.",
        ),
    ]
    return [
        {"type": kind, "kwargs": kwargs, "severity": "critical", "meta": {"id": id, "why": why}}
        for id, kind, kwargs, why in made
    ]
