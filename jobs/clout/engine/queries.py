"""Loads `sql/<name>.sql` and binds its typed parameters. The only module that knows where sql/ is.

A query file is a header of comment lines, then one SELECT. `:name` is a parameter, `{name}` an input table:

    -- Inputs: {ties}; {seeds}; {variants}
    -- Split: {ties} by target, {seeds} by person_id; rows by target then actor
    -- Parameters:
    --   day DATE        the score date

Split says how a night of many people is computed in parts: a part has the rows of some people of the named columns, and all
rows of the other inputs; the parts' rows together are the table. A query without it is computed at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clout.errors import InvalidInput

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

from clout.config.paths import SQL

_TYPES: dict[str, type | tuple[type, ...]] = {
    "DATE": date,
    "INT": int,
    "DOUBLE": float,
    "STRING": str,
    "ARRAY<DOUBLE>": list,
}
_PARAMETER = re.compile(r"^--   (?P<name>\w+) +(?P<type>[A-Z<>]+)  +\S", re.MULTILINE)
_USED = re.compile(r"(?<!:):([a-z]\w*)")
_INPUT = re.compile(r"\{(\w+)\}")
_SPLIT = re.compile(r"^-- Split: (?P<by>.*?)(?:; rows by (?P<rows>\w+)(?: then (?P<then>\w+))?)?$", re.MULTILINE)
_BY = re.compile(r"\{(\w+)\} by (\w+)")

#: What DuckDB needs to read sql/: the time zone of a day, and functions that are written there by other names.
DUCKDB = (
    "SET GLOBAL TimeZone = 'UTC'",
    "CREATE MACRO unix_date(d) AS d - DATE '1970-01-01'",
    "CREATE MACRO array_join(l, s) AS array_to_string(l, s)",
    "CREATE MACRO date_diff(later, earlier) AS later - earlier",
    "CREATE MACRO struct(a, b, c) AS row(a, b, c), (a, b, c, d) AS row(a, b, c, d)",
    "CREATE MACRO sha2(text, bits) AS sha256(text)",
    "CREATE MACRO loudest(x, n) AS coalesce(list_sum(max(x, n)), 0e0)",
    "CREATE MACRO startswith(text, start) AS starts_with(text, start)",
    "CREATE MACRO regexp_like(text, pattern) AS regexp_matches(text, pattern)",
    "CREATE MACRO typeof(v) AS CASE system.main.typeof(v) WHEN 'VARCHAR' THEN 'string'"
    " WHEN 'INTEGER' THEN 'int' ELSE lower(system.main.typeof(v)) END",
)


@dataclass(frozen=True)
class Split:
    """How a query is computed in parts. by: input -> the column whose people a part has; other inputs are whole in each.

    rows: the column of the result whose people a part has, where there is one; then: by whom its rows are wanted next.
    """

    by: dict[str, str]
    rows: str | None
    then: str | None


@dataclass(frozen=True)
class Query:
    """One file of sql/: its text without the header, the parameters that the header declares, the tables it reads."""

    name: str
    text: str
    parameters: dict[str, str]
    inputs: frozenset[str]
    split: Split | None


@cache
def load(name: str) -> Query:
    """Read `sql/<name>.sql` and check that header and body speak of the same parameters."""
    file = SQL / f"{name}.sql"
    content = file.read_text(encoding="utf-8")
    body = "\n".join(line for line in content.splitlines() if not line.lstrip().startswith("--"))
    declared = {match["name"]: match["type"] for match in _PARAMETER.finditer(content)}
    used = set(_USED.findall(body))
    if set(declared) != used:
        differ = ", ".join(sorted(set(declared) ^ used))
        raise InvalidInput(f"{file}: header and query differ in the parameters {differ}")
    for parameter, kind in declared.items():
        if kind not in _TYPES:
            raise InvalidInput(f"{file}: parameter {parameter} has type {kind}; known are {', '.join(_TYPES)}")
    inputs = frozenset(_INPUT.findall(body))
    return Query(name, body.strip().rstrip(";"), declared, inputs, _split(file, content, inputs))


def _split(file: Path, content: str, inputs: frozenset[str]) -> Split | None:
    if not (said := _SPLIT.search(content)):
        return None
    by = dict(_BY.findall(said["by"]))
    if ", ".join(f"{{{name}}} by {column}" for name, column in by.items()) != said["by"] or not by.keys() <= inputs:
        raise InvalidInput(
            f"{file}: {said[0]!r} is not `-- Split: {{input}} by column, ...; rows by column then column`"
        )
    return Split(by, said["rows"], said["then"])


def exists(name: str) -> bool:
    """Whether a file of sql/ makes the table of a name."""
    return (SQL / f"{name}.sql").is_file()


def of_formulas(formulas: str, name: str) -> str:
    """The query of a name in some formulas: `v2/ties` where sql/v2 has one, else `ties`, which all formulas share."""
    return f"{formulas}/{name}" if (SQL / formulas / f"{name}.sql").is_file() else name


def connect(file: str = ":memory:") -> DuckDBPyConnection:
    """A new database of DuckDB that reads the queries of sql/."""
    import duckdb

    connection = duckdb.connect(file)
    for statement in DUCKDB:
        connection.execute(statement)
    return connection


def run_duckdb(
    connection: DuckDBPyConnection, name: str, parameters: Mapping[str, Any], **inputs: pa.Table
) -> pa.Table:
    """The same in DuckDB. connection: see `connect`."""
    text, bound = for_duckdb(name, parameters, {table: table for table in inputs})
    return duckdb_relation(connection, text, bound, inputs).to_arrow_table()


def duckdb_relation(
    connection: DuckDBPyConnection, text: str, parameters: dict[str, Any], inputs: Mapping[str, pa.Table]
) -> DuckDBPyRelation:
    """What a SELECT written for Spark gives in DuckDB, not yet computed, where it keeps to what both read."""
    cursor = connection.cursor()
    for table, rows in inputs.items():
        cursor.register(table, rows)
    return cursor.sql(as_duckdb(text), params=parameters)


def for_duckdb(name: str, parameters: Mapping[str, Any], inputs: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The text of `sql/<name>.sql` for DuckDB, reading the tables that `inputs` names, and what to bind."""
    query = load(name)
    if query.inputs != set(inputs):
        raise TypeError(f"sql/{name}.sql reads {sorted(query.inputs)}, given {sorted(inputs)}")
    text = _INPUT.sub(lambda match: f'"{inputs[match[1]]}"', _USED.sub(r"$\1", query.text))
    return as_duckdb(text), _bind(query, parameters)


def as_duckdb(text: str) -> str:
    """A SELECT of sql/ or expectations/ as DuckDB reads it."""
    return re.sub(r"\bLEFT (ANTI|SEMI) JOIN\b", r"\1 JOIN", text)


def enumerated(of: str, words: Iterable[str]) -> str:
    """Statements that make a type of few words, in the alphabet's order, and `as_<type>(text)`, which casts to it.

    A cast looks each row's text up; of a map DuckDB asks once for each text that a Parquet page names.
    """
    listed = ["'" + word.replace("'", "''") + "'" for word in sorted(words)]
    known = f"MAP {{{', '.join(f'{word}: {word}::{of}' for word in listed)}}}[text]" if listed else "NULL"
    return (
        f"CREATE TYPE {of} AS ENUM ({', '.join(listed)});"
        f" CREATE MACRO as_{of}(text) AS coalesce({known}, CAST(text AS {of}))"
    )


def register_beta_quantile(connection: DuckDBPyConnection) -> None:
    """Give DuckDB the function beta_quantile(p, alpha, beta), which is SciPy's."""
    import pyarrow as pa
    from duckdb.func import PythonUDFType

    def beta_quantile(p: Any, alpha: Any, beta: Any) -> Any:  # Arrow arrays
        from scipy.special import betaincinv

        return pa.array(betaincinv(alpha.to_numpy(), beta.to_numpy(), p.to_numpy()))

    connection.create_function(
        "beta_quantile", beta_quantile, ["double", "double", "double"], "double", type=PythonUDFType.ARROW
    )


def _bind(query: Query, parameters: Mapping[str, Any]) -> dict[str, Any]:
    bound = {}
    for name, kind in query.parameters.items():
        if name not in parameters:
            raise InvalidInput(f"sql/{query.name}.sql needs the parameter {name}, which nobody gave")
        value = parameters[name]
        if not isinstance(value, _TYPES[kind]) or isinstance(value, bool):
            raise InvalidInput(f"sql/{query.name}.sql: {name} is {kind}, given {value!r}")
        bound[name] = [float(each) for each in value] if isinstance(value, list) else value
    return bound
