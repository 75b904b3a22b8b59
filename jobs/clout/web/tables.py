"""Describes what is published, table by table: columns with their meaning, keys, example values and what each is made from.

All of it is read from sql/: the declarations of sql/warehouse, and the queries with what they read. The examples are those of
the queries' worked examples, of invented people; where these are not installed, there are none.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path
from typing import Any

from clout.config.paths import SQL
from clout.engine import queries
from clout.lake import declared
from clout.warehouse import catalog
from clout.web import words
from clout.web.rendering import HERE, environment

#: What a type is called by whoever uses a spreadsheet.
TYPES = {
    "VARCHAR": "text",
    "DOUBLE": "number",
    "BIGINT": "whole number",
    "DATE": "day",
    "BOOLEAN": "yes or no",
    "TIMESTAMP WITH TIME ZONE": "day and time",
}
#: Worked examples of queries, one folder each.
EXAMPLES = SQL.parent / "tests" / "sql"


def content(formulas: str = "v1") -> dict[str, Any]:
    """Every table and view, for the page. formulas: the model's, which decide what a table is made from."""
    return {"title": "Tables", "tables": [_table(relation, formulas) for relation in catalog.relations().values()]}


def write(file: Path, formulas: str) -> Path:
    """Write the page as one file that needs no server. Gives its path."""
    style = (HERE / "static" / "clout.css").read_text(encoding="utf-8")
    page = environment().get_template("tables_file.html").render(style=style, is_file=True, **content(formulas))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page, encoding="utf-8")
    return file


def _table(relation: catalog.Relation, formulas: str) -> dict[str, Any]:
    known = declared.tables().get(relation.name)
    # Two tables are recorded as a night runs; a view is its own query.
    query = None if known is None or known.is_recorded or not queries.exists(known.query) else known.query
    examples = _examples(query) if query else {}
    return {
        "name": relation.full_name,
        "says": words.without_null(relation.comment),
        "key": list(known.key) if known else [],
        "columns": [
            {
                "name": each.name,
                "type": TYPES.get(each.type, each.type.lower()),
                "sql_type": each.type.lower(),
                "says": words.without_null(each.comment),
                "example": examples.get(each.name, ""),
            }
            for each in relation.columns
        ],
        "lineage": lineage(query, formulas) if query else [],
        "select": relation.select,
        "shows": sorted(set(re.findall(r"\b(?:clout|meta)\.\w+", relation.select or "")) - {relation.full_name}),
    }


@cache
def lineage(query: str, formulas: str) -> list[dict[str, Any]]:
    """The queries behind a table, its own first, each with the tables that it reads."""
    found: dict[str, dict[str, Any]] = {}
    waiting = [query]
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        file = queries.of_formulas(formulas, name)
        reads = sorted(queries.load(file).inputs)
        found[name] = {"name": name, "file": f"sql/{file}.sql", "reads": reads}
        waiting += [each for each in reads if queries.exists(queries.of_formulas(formulas, each))]
    return list(found.values())


@cache
def _examples(query: str) -> dict[str, str]:
    """For each column of a query's result one value of its worked examples, as written; the first that is not empty."""
    found: dict[str, str] = {}
    for file in sorted((EXAMPLES / query).glob("*/expected.csv")) + sorted((EXAMPLES / query).glob("*.txt")):
        # A file holds the tables of an example one after the other, what is expected last.
        text = file.read_text(encoding="utf-8").rpartition("[expected]\n")[2]
        for row in csv.DictReader(text.splitlines(), skipinitialspace=True):
            for name, value in row.items():
                if name and value:
                    found.setdefault(name, value)
    return found
