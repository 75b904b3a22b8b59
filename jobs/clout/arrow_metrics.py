"""Lets Great Expectations run a suite's queries over a table in memory, by DuckDB: of itself it asks Spark and databases only.

Importing this module registers the two metrics of `unexpected_rows_expectation` for the pandas engine. It imports Great
Expectations, so import it inside functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import duckdb
import pyarrow as pa
from great_expectations.constants import MAX_RESULT_RECORDS
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.query_metric_provider import QueryMetricProvider

from clout import queries

#: Other tables that queries may read, by name.
beside: ContextVar[Mapping[str, pa.Table]] = ContextVar("beside")

_DUCKDB = duckdb.connect()  # one for all: to start it takes longer than a query over a small table


class _OfTheQuery(QueryMetricProvider):
    value_keys = ("unexpected_rows_query",)
    query_param_name = "unexpected_rows_query"

    @classmethod
    def found(cls, engine: PandasExecutionEngine, domain: dict, values: dict) -> duckdb.DuckDBPyRelation:
        """The unexpected rows of the batch, not yet computed."""
        frame, _, _ = engine.get_compute_domain(domain, domain_type=MetricDomainTypes.TABLE)
        batch = pa.Table.from_pandas(frame, preserve_index=False)
        query = cls._format_query(cls._get_query_from_metric_value_kwargs(values), batch="batch")
        return queries.duckdb_relation(_DUCKDB, query, {}, {"batch": batch, **beside.get({})})


class _RowCount(_OfTheQuery):
    metric_name = "unexpected_rows_query.row_count"

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict,
        metric_value_kwargs: dict,
        metrics: dict[str, Any],
        runtime_configuration: dict,
    ) -> int:
        return len(cls.found(execution_engine, metric_domain_kwargs, metric_value_kwargs))


class _Rows(_OfTheQuery):
    metric_name = "unexpected_rows_query.table"

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict,
        metric_value_kwargs: dict,
        metrics: dict[str, Any],
        runtime_configuration: dict,
    ) -> list[dict[str, Any]]:
        rows = cls.found(execution_engine, metric_domain_kwargs, metric_value_kwargs)
        return rows.limit(MAX_RESULT_RECORDS).to_arrow_table().to_pylist()
