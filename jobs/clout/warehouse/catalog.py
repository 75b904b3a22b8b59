"""What analysts see, read from sql/warehouse/: every table and view with its names, types and comments.

The files are the only place where they stand. A table's file holds its CREATE TABLE with the comment of each column behind
it, a view's its CREATE VIEW and COMMENT statements; both are named like the relation. They are read by running them in an
empty DuckDB.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

import duckdb
import pyarrow as pa

from clout.config.paths import SQL
from clout.errors import InvalidInput

#: A column of a table's declaration, and what stands behind it.
_COLUMN = re.compile(r"^  (\w+) [A-Z ]+,?  -- (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Column:
    """One column; `type` as DuckDB names it, such as DOUBLE or TIMESTAMP WITH TIME ZONE."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class Relation:
    """A table, or a view with the SELECT that defines it."""

    schema: str
    name: str
    comment: str
    columns: tuple[Column, ...]
    select: str | None

    @property
    def full_name(self) -> str:
        """Such as clout.scores."""
        return f"{self.schema}.{self.name}"

    @property
    def arrow_schema(self) -> pa.Schema:
        """The columns as Arrow types, times in microseconds UTC."""
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            return connection.sql(f"SELECT {empty_columns(self)} LIMIT 0").to_arrow_table().schema


@cache
def relations() -> Mapping[str, Relation]:
    """Every relation by its file's name: tables first, each group in order of name."""
    texts = {file.stem: file.read_text(encoding="utf-8") for file in sorted((SQL / "warehouse").glob("*.sql"))}
    selects = {name: _select(text) for name, text in texts.items()}
    found = {}
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA clout; CREATE SCHEMA meta")
        for name in sorted(texts, key=lambda name: (selects[name] is not None, name)):
            connection.execute(texts[name])
            columns = connection.execute(
                "SELECT schema_name, column_name, data_type, comment FROM duckdb_columns() WHERE NOT internal"
                " AND table_name = ? ORDER BY column_index",
                [name],
            ).fetchall()
            [(comment,)] = connection.execute(
                "SELECT comment FROM (SELECT table_name AS name, comment FROM duckdb_tables()"
                " UNION ALL SELECT view_name, comment FROM duckdb_views()) WHERE name = ?",
                [name],
            ).fetchall()
            behind = dict(_COLUMN.findall(texts[name]))
            found[name] = Relation(
                schema=columns[0][0],
                name=name,
                comment=comment or "",
                columns=tuple(Column(name, kind, said or behind.get(name, "")) for _, name, kind, said in columns),
                select=selects[name],
            )
    return found


def tables() -> list[Relation]:
    """The relations that hold rows."""
    return [relation for relation in relations().values() if relation.select is None]


def views() -> list[Relation]:
    """The relations that are computed from tables."""
    return [relation for relation in relations().values() if relation.select is not None]


def behind(texts: Iterable[str]) -> frozenset[str]:
    """The full names of the tables and views that some queries read, views and what they read included."""
    found, waiting = set[str](), [*texts]
    while waiting:
        text = waiting.pop()
        for relation in relations().values():
            if relation.full_name not in found and re.search(rf"\b{re.escape(relation.full_name)}\b", text):
                found.add(relation.full_name)
                waiting += [relation.select] if relation.select else []
    return frozenset(found)


def named(name: str) -> Relation:
    """The relation of a full name such as clout.scores. Raises InvalidInput where there is none."""
    found = relations().get(name.partition(".")[2])
    if found is None or found.full_name != name:
        known = ", ".join(relation.full_name for relation in relations().values())
        raise InvalidInput(f"{name}: there is no such table to read; there are {known}")
    return found


#: Rows that are read at once, where a table need not be whole in memory.
BATCH = 16_384

#: One day, the days from the first to the last of a pair, or all.
Days = date | tuple[date, date] | None


def bounds(days: Days) -> tuple[date, date]:
    """The first and the last day that are meant."""
    if days is None:
        return date.min, date.max
    return days if isinstance(days, tuple) else (days, days)


def where(days: Days) -> str:
    """The condition on ds that reads these days only, in SQL that DuckDB and PostgreSQL share."""
    first, last = bounds(days)
    return "" if days is None else f" WHERE ds BETWEEN {quoted(first)} AND {quoted(last)}"


def empty_columns(relation: Relation) -> str:
    """A SELECT list of one NULL a column, each of the column's type."""
    return ", ".join(f'CAST(NULL AS {column.type}) AS "{column.name}"' for column in relation.columns)


def comments(relation: Relation) -> list[str]:
    """The COMMENT statements of a relation, in SQL that DuckDB and PostgreSQL share."""
    kind = "TABLE" if relation.select is None else "VIEW"
    return [
        f"COMMENT ON {kind} {relation.full_name} IS {quoted(relation.comment)}",
        *(
            f'COMMENT ON COLUMN {relation.full_name}."{column.name}" IS {quoted(column.comment)}'
            for column in relation.columns
        ),
    ]


@cache
def types_of(schema: pa.Schema) -> dict[str, str]:
    """The columns of an Arrow schema with their types, as DuckDB names them."""
    with duckdb.connect() as connection:
        described = connection.from_arrow(schema.empty_table())
        return dict(zip(described.columns, map(str, described.types), strict=True))


def quoted(text: object) -> str:
    """A text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def _select(text: str) -> str | None:
    """The SELECT of a file that holds a view, or None of one that holds a table."""
    found = re.search(r"^CREATE VIEW \S+ AS\n(.*?);$", text, flags=re.DOTALL | re.MULTILINE)
    return found.group(1) if found else None


#: The log and the list of files: what a warehouse remembers, written anew by every version, and no content.
MEMORY = ("publish_log", "published_files")


def is_content(relation: Relation) -> bool:
    """Whether a relation is a table of what is published."""
    return relation.select is None and relation.name not in MEMORY


def mark(*more: str) -> str:
    """A hash of what is published, and of more texts: it says what a warehouse's schemas were made from."""
    return hashlib.sha256(repr([*relations().values(), *more]).encode()).hexdigest()[:16]
