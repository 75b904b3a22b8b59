"""One stored row a person: the rows of every figure about them, so that a page about somebody costs one look-up.

They are the rows that the figures' queries give, asked of many people at once; a test holds the one against the other.
"""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

#: People whose rows are put together at once; fewer where the memory does not suffice for so many.
_AT_ONCE = 4_000
#: Of a figure: its column names, and the places of those that are days.
Shape = tuple[list[str], list[int]]
#: What is known of a person, by figure.
Dossier = Mapping[str, list[dict[str, Any]]]


def write(
    file: Path, connection: duckdb.DuckDBPyConnection, queries: Mapping[str, str], people: Iterable[str], day: date
) -> None:
    """Write the dossiers of people, in the order of their keys. `queries` take $day and $person, and say an order."""
    shapes = {name: _shape(connection, sql, day) for name, sql in queries.items()}
    file.unlink(missing_ok=True)
    with sqlite3.connect(file) as made:
        made.execute("PRAGMA journal_mode = OFF")
        made.execute("CREATE TABLE figures (name TEXT, columns TEXT, days TEXT)")
        made.execute("CREATE TABLE dossiers (person TEXT PRIMARY KEY, told BLOB) WITHOUT ROWID")
        made.executemany(
            "INSERT INTO figures VALUES (?, ?, ?)",
            [(name, json.dumps(columns), json.dumps(days)) for name, (columns, days) in shapes.items()],
        )
        of_many = {name: _of_many(sql, shapes[name][0]) for name, sql in queries.items()}
        rest = iter(people)
        while some := list(itertools.islice(rest, _AT_ONCE)):
            made.executemany("INSERT INTO dossiers VALUES (?, ?)", _told(connection, of_many, some, day))
    made.close()


class Dossiers:
    """The dossiers of a day. May be read by several threads."""

    def __init__(self, file: Path) -> None:
        where = f"file:{quote(str(file))}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(where, uri=True, check_same_thread=False)
        # This opens the file, which may then be removed.
        self._shapes: dict[str, Shape] = {
            name: (json.loads(columns), json.loads(days))
            for name, columns, days in self._connection.execute("SELECT * FROM figures")
        }

    def of(self, person: str) -> Dossier:
        """The rows of each figure about a person; of none where the person is not shown."""
        found = self._connection.execute("SELECT told FROM dossiers WHERE person = ?", (person,)).fetchone()
        told = json.loads(zlib.decompress(found[0])) if found else {}
        return {name: _rows(told.get(name, []), shape) for name, shape in self._shapes.items()}


def _rows(values: list[list[Any]], shape: Shape) -> list[dict[str, Any]]:
    columns, days = shape
    for row in values:
        for place in days:
            row[place] = row[place] and date.fromisoformat(row[place])
    return [dict(zip(columns, row, strict=True)) for row in values]


def _shape(connection: duckdb.DuckDBPyConnection, sql: str, day: date) -> Shape:
    found = connection.sql(sql, params={"day": day, "person": ""})
    return found.columns, [place for place, kind in enumerate(found.types) if str(kind) == "DATE"]


def _of_many(sql: str, columns: list[str]) -> str:
    """The query of one person asked of all of $people: one text of rows a person, in the order that the query says."""
    body, _, order = sql.rpartition("ORDER BY ")
    of_each = (body or order).replace("$person", "who.key")
    wanted = ", ".join(f'each."{name}"' for name in columns)
    order = re.sub(r"\b\w+\.", "", order) if body else ""
    sorted_by = f" ORDER BY {', '.join(f'each.{part.strip()}' for part in order.split(','))}" if body else ""
    return (
        f"SELECT who.key, '[' || string_agg(CAST(json_array({wanted}) AS VARCHAR), ','{sorted_by}) || ']'"
        f" FROM (SELECT unnest($people) AS key) AS who, LATERAL ({of_each}) AS each GROUP BY who.key"
    )


def _told(
    connection: duckdb.DuckDBPyConnection, of_many: Mapping[str, str], people: Sequence[str], day: date
) -> Iterator[tuple[str, bytes]]:
    parts: dict[str, list[str]] = {person: [] for person in people}
    try:
        for name, sql in of_many.items():
            for person, rows in connection.execute(sql, {"day": day, "people": list(people)}).fetchall():
                parts[person].append(f'"{name}":{rows}')
    except duckdb.OutOfMemoryException:
        if len(people) == 1:
            raise
        half = len(people) // 2
        yield from _told(connection, of_many, people[:half], day)
        yield from _told(connection, of_many, people[half:], day)
        return
    for person, each in parts.items():
        yield person, zlib.compress(f"{{{','.join(each)}}}".encode(), 1)
