"""Lets Great Expectations judge rows where they are: DuckDB counts what its checks ask, in bounded memory.

Great Expectations decides what a check asks and what its answer means; by itself it asks pandas, Spark and databases only.
A check that asks anything else, or of some rows only, is asked of pandas, which reads the whole table.
Importing this module imports Great Expectations, so import it inside functions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.dataset as pads
from pyarrow import fs as pafs

from clout.engine import queries
from clout.engine.parts import local_relation
from clout.lake.scratch import Scratch
from clout.quality import gx_import

gx_import.load()

import pandas as pd  # noqa: E402
from great_expectations.execution_engine import PandasExecutionEngine  # noqa: E402
from great_expectations.expectations.metrics.metric_provider import MetricProvider  # noqa: E402
from great_expectations.expectations.metrics.query_metric_provider import QueryMetricProvider  # noqa: E402
from great_expectations.expectations.registry import get_metric_kwargs, register_metric  # noqa: E402

_Answer: TypeAlias = Callable[["OfDuckDB", dict[str, Any]], Any]
#: A table in memory, or files.
Rows: TypeAlias = "pa.Table | pads.Dataset"

#: Bytes that DuckDB may hold while it judges. Beyond, it goes on on disk.
MEMORY = 1 << 30

#: The expectations that are asked of DuckDB, each with the arguments that it may have.
OF_DUCKDB: dict[str, set[str]] = {
    "unexpected_rows_expectation": {"unexpected_rows_query"},
    "expect_table_row_count_to_be_between": {"min_value", "max_value"},
    "expect_table_columns_to_match_ordered_list": {"column_list"},
    "expect_compound_columns_to_be_unique": {"column_list"},
    "expect_column_unique_value_count_to_be_between": {"column", "min_value", "max_value"},
    "expect_column_values_to_be_in_set": {"column", "value_set", "mostly"},
    "expect_column_values_to_not_be_null": {"column", "mostly"},
    "expect_column_values_to_be_between": {"column", "min_value", "max_value", "mostly"},
}


def is_of_duckdb(expectation: Mapping[str, Any]) -> bool:
    """Whether DuckDB can answer what an expectation asks."""
    return expectation["kwargs"].keys() <= OF_DUCKDB.get(expectation["type"], set())


class OfDuckDB(PandasExecutionEngine):
    """Asks DuckDB of the rows that its connection knows as `batch`, and pandas of nothing: it has no rows to ask of."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(batch_data_dict={"batch": pd.DataFrame()})
        self.connection = connection

    def ask(self, query: str, bound: Mapping[str, Any] | None = None) -> int:
        """The one number that a query gives."""
        [[number]] = self.connection.execute(queries.as_duckdb(query), bound).fetchall()
        return int(number or 0)


def of_pandas(rows: Rows) -> PandasExecutionEngine:
    """Asks pandas of all rows, in memory."""
    table = rows if isinstance(rows, pa.Table) else rows.to_table()
    # Types and NULLs are Arrow's.
    return PandasExecutionEngine(batch_data_dict={"batch": table.to_pandas(types_mapper=pd.ArrowDtype)})


def count_present(rows: Rows, column: str) -> int:
    """How many rows have a value in a column; none where there is no such column, which is for its suite to say."""
    if column not in rows.schema.names:
        return 0
    with asking(rows, {}) as connection:
        return OfDuckDB(connection).ask(f"SELECT count({_name(column)}) FROM batch")


@contextmanager
def asking(rows: Rows, beside: Mapping[str, Rows]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which the rows are `batch`, and the others what they are called."""
    connection = _database()[1].cursor()
    try:
        for name, each in {"batch": rows, **beside}.items():
            _show(connection, name, each)
        yield connection
    finally:
        connection.close()


@cache
def _database() -> tuple[Scratch, duckdb.DuckDBPyConnection]:
    """One for all suites: it is made in the time of three checks."""
    folder, connection = Scratch("audit"), queries.connect()
    memory = min(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4, MEMORY)
    connection.execute(f"SET memory_limit = '{memory >> 20} MiB'")
    connection.execute(f"SET temp_directory = '{folder.name}'")
    connection.execute("SET preserve_insertion_order = false")
    return folder, connection


def _show(connection: duckdb.DuckDBPyConnection, name: str, rows: Rows) -> None:
    if isinstance(rows, pads.FileSystemDataset) and isinstance(rows.filesystem, pafs.LocalFileSystem):
        # DuckDB's own reader takes half the time.
        columns = ", ".join(f'"{each}"' for each in rows.schema.names)
        dated = rows.partitioning is not None and "ds" in rows.partitioning.schema.names
        source = local_relation(rows.files, "ds" if dated else "")
        connection.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS SELECT {columns} FROM {source}')
    else:
        connection.register(name, rows)


# What is asked -------------------------------------------------------------------------------------------------------


class _Asked(MetricProvider):
    """A metric that needs no other."""

    @classmethod
    def get_evaluation_dependencies(cls, *_: Any, **__: Any) -> dict[str, Any]:
        """None."""
        return {}


def _answers(*names: str) -> Callable[[_Answer], _Answer]:
    """Register a function as what OfDuckDB answers where metrics are asked."""

    def registered(answer: _Answer) -> _Answer:
        def asked(execution_engine: OfDuckDB, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> Any:
            return answer(execution_engine, {**metric_domain_kwargs, **metric_value_kwargs})

        for name in names:
            known = get_metric_kwargs(name)
            register_metric(name, known["metric_domain_keys"], known["metric_value_keys"], OfDuckDB, _Asked, asked)
        return answer

    return registered


@_answers("unexpected_rows_query.row_count")
def _found(engine: OfDuckDB, of: dict[str, Any]) -> int:
    query = QueryMetricProvider._format_query(of["unexpected_rows_query"], batch="batch")
    return engine.ask(f"SELECT count(*) FROM ({query})")


@_answers("table.row_count", "compound_columns.unique.filtered_row_count")
def _rows(engine: OfDuckDB, of: dict[str, Any]) -> int:
    return engine.ask(f"SELECT count(*) FROM batch{_with_a_key(of['column_list']) if 'column_list' in of else ''}")


@_answers("table.columns")
def _columns(engine: OfDuckDB, of: dict[str, Any]) -> list[str]:
    return [name for name, *_ in engine.connection.execute("DESCRIBE batch").fetchall()]


@_answers("compound_columns.unique.unexpected_count")
def _repeated(engine: OfDuckDB, of: dict[str, Any]) -> int:
    keys = f"SELECT count(*) AS n FROM batch{_with_a_key(of['column_list'])}"
    by = ", ".join(map(_name, of["column_list"]))
    return engine.ask(f"SELECT sum(n) FROM ({keys} GROUP BY {by} HAVING count(*) > 1)")


def _with_a_key(columns: list[str]) -> str:
    """A row of which all columns of the key are NULL is not judged, as Great Expectations has it."""
    return f" WHERE {' OR '.join(f'{_name(each)} IS NOT NULL' for each in columns)}"


@_answers("column.distinct_values.count")
def _distinct(engine: OfDuckDB, of: dict[str, Any]) -> int:
    return engine.ask(f"SELECT count(DISTINCT {_name(of['column'])}) FROM batch")


@_answers("column_values.nonnull.unexpected_count")
def _absent(engine: OfDuckDB, of: dict[str, Any]) -> int:
    return engine.ask(f"SELECT count(*) FROM batch WHERE {_name(of['column'])} IS NULL")


@_answers("column_values.in_set.unexpected_count")
def _outside(engine: OfDuckDB, of: dict[str, Any]) -> int:
    values = {f"v{number}": value for number, value in enumerate(of["value_set"])}
    listed = ", ".join(f"${name}" for name in values)
    return engine.ask(f"SELECT count(*) FROM batch WHERE {_name(of['column'])} NOT IN ({listed})", values)


@_answers("column_values.between.unexpected_count")
def _beyond(engine: OfDuckDB, of: dict[str, Any]) -> int:
    """A NaN, which DuckDB takes for larger than all numbers, is beyond."""
    column = _name(of["column"])
    ends = {"min_value": "<", "max_value": ">"}
    given = {end: of[end] for end in ends if of[end] is not None}
    beyond = [f"{column} {ends[end]} ${end}" for end in given]
    return engine.ask(f"SELECT count(*) FROM batch WHERE {' OR '.join([*beyond, f'isnan({column})'])}", given)


@_answers(
    "unexpected_rows_query.table",
    *(
        f"{name}.unexpected_values"
        for name in (
            "compound_columns.unique",
            *(f"column_values.{each}" for each in ("nonnull", "in_set", "between")),
        )
    ),
)
def _none_of_them(engine: OfDuckDB, of: dict[str, Any]) -> list[Any]:
    """The rows themselves, which nobody sees: a verdict holds no people."""
    return []


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
