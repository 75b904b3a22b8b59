"""Figures: every number that a page shows comes from one query file of queries/, which the page links to and anybody may run.

A query reads published tables only, by the names that analysts use, so that it gives the same rows at their prompt.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clout.terminal import without_formulas
from clout.warehouse import catalog
from clout.web import words

if TYPE_CHECKING:
    from clout.web.snapshot import Snapshot

QUERIES = Path(__file__).parent / "queries"
#: Rows of a page, and the most that a download holds.
PAGE, MOST = 50, 1000
_MADE = re.compile(r"-- ([a-z_]+): (.+)\.")
_READ = re.compile(r"\b(?:clout|meta)\.\w+")
_USED = re.compile(r"\$([a-z]+)")
#: The parameters of people who are compared, in order.
COMPARED = ("first", "second", "third", "fourth", "fifth")
#: What stands for a parameter that nobody gave.
_DEFAULTS: dict[str, Any] = {
    **dict.fromkeys(COMPARED),
    "platform": None,
    "topic": None,
    "brand": None,
    "region": None,
    "most": PAGE,
    "skip": 0,
    "before": 1,
    "sign": 1,
}


@dataclass(frozen=True)
class Figure:
    """A query with its title and what it says, the columns that it makes itself, and the names of its parameters."""

    name: str
    title: str
    says: str
    columns: Mapping[str, str]
    sql: str
    takes: tuple[str, ...]

    def meaning(self, column: str) -> str:
        """What a column says: as the query's file has it, else the published table that it is from; else nothing."""
        if column in self.columns:
            return words.without_null(self.columns[column])
        read = [catalog.named(name) for name in dict.fromkeys(_READ.findall(self.sql))]
        known = {each.name: each.comment for relation in reversed(read) for each in relation.columns}
        return words.without_null(known.get(column, ""))

    def may_lack(self, name: str) -> bool:
        """Whether the query gives all rows where nobody gave this parameter."""
        return f"${name} IS NULL" in self.sql

    def as_typed(self, values: Mapping[str, Any]) -> str:
        """The query with its parameters filled in, as it can be typed at a prompt."""
        return _USED.sub(lambda found: _literal(self.value(found.group(1), values)), self.sql)

    def value(self, name: str, values: Mapping[str, Any]) -> Any:
        """The value of a parameter."""
        return values[name] if name in values else _DEFAULTS.get(name)


@cache
def figures() -> Mapping[str, Figure]:
    """Every figure by its file's name."""
    found = {}
    for file in sorted(QUERIES.glob("*.sql")):
        title, says, *lines = file.read_text(encoding="utf-8").splitlines()
        made = itertools.takewhile(lambda each: each is not None, map(_MADE.fullmatch, lines))
        columns = {each[1]: each[2] for each in made if each}
        sql = "\n".join(lines[len(columns) :])
        takes = tuple(dict.fromkeys(_USED.findall(sql)))
        found[file.stem] = Figure(file.stem, title.removeprefix("-- "), says.removeprefix("-- "), columns, sql, takes)
    return found


#: Figures about one person whose rows no copy of one day holds, or that need everybody's.
_NOT_STORED = ("history", "place")


@cache
def of_person() -> Mapping[str, str]:
    """The queries that tell of one person on one day, by figure: what a dossier holds."""
    wanted = {"day", "person"}
    return {name: each.sql for name, each in figures().items() if set(each.takes) == wanted and name not in _NOT_STORED}


def table(snapshot: Snapshot, name: str, ds: date, **values: Any) -> pa.Table:
    """A figure's rows, of one day of one version. Raises KeyError where the day is not published."""
    figure = figures()[name]
    if name == "history":
        rows = snapshot.history(values["person"])
        schema = pa.schema(
            [("ds", pa.date32()), *((each, pa.float64()) for each in ("score", "score_low", "score_high"))]
        )
        return pa.Table.from_pylist(rows, schema)
    given = values | {"day": ds}
    return snapshot.day(ds).query(figure.sql, {each: figure.value(each, given) for each in figure.takes})


def rows(snapshot: Snapshot, name: str, ds: date, **values: Any) -> list[dict[str, Any]]:
    """The same as a list of dictionaries."""
    if name == "history":
        return snapshot.history(values["person"])
    figure, given = figures()[name], values | {"day": ds}
    if figure.takes == ("day",):
        return snapshot.day(ds).rows_of_all(figure.sql)
    return snapshot.day(ds).rows(figure.sql, {each: figure.value(each, given) for each in figure.takes})


def as_csv(found: pa.Table) -> str:
    """CSV as spreadsheets open it, without a cell that they would take for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(found.column_names)
    for row in without_formulas(found).to_pylist():
        writer.writerow(["" if value is None else value for value in row.values()])
    return text.getvalue()


def as_json(figure: Figure, found: pa.Table, snapshot: Snapshot, values: Mapping[str, Any]) -> str:
    """The rows with what they say, the query, and the version that they are of."""
    return json.dumps(
        {
            "title": figure.title,
            "says": figure.says,
            "version": snapshot.version,
            "query": figure.as_typed(values),
            "rows": found.to_pylist(),
        },
        default=str,
        allow_nan=False,
    )


def parts(values: Mapping[str, Any], figure: Figure) -> Iterator[tuple[str, str]]:
    """The parameters of a link to the figure."""
    for name in figure.takes:
        if (value := figure.value(name, values)) is not None and value != _DEFAULTS.get(name):
            yield name, str(value)


def _literal(value: Any) -> str:
    if value is None:
        return "CAST(NULL AS VARCHAR)"
    if isinstance(value, date):
        return f"DATE {catalog.quoted(value)}"
    return str(value) if isinstance(value, int) else catalog.quoted(value)
