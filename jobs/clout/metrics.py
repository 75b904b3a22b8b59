"""What a staged night is like in a few numbers, and how unlike the published past: sql/metrics.sql and sql/drift.sql.

Computed by DuckDB on the staged files, column by column: ten million scores take no more memory than a thousand.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from clout import queries
from clout.errors import PoisonInput
from clout.lake import required
from clout.lake_schemas import METRICS
from clout.staging import TABLES, Staged

#: sql/drift.sql says what each of these is.
PARAMETERS = {"weeks": 8, "floor": 0.1, "share_floor": 0.05}


def of_past(published: pa.Table, staged: Staged) -> pa.Table:
    """Of meta.metrics what sql/drift.sql may look at for the staged day: the eight weeks before it, by METRICS."""
    ago = PARAMETERS["weeks"] * 7
    since = pc.and_(
        pc.less(published["ds"], staged.day), pc.greater_equal(published["ds"], staged.day - timedelta(days=ago))
    )
    return published.select(METRICS.names).filter(since).cast(METRICS)


def measured(staged: Staged, model_version: str) -> pa.Table:
    """The staged day's rows of meta.metrics, by METRICS. Raises PoisonInput where nobody laid the past beside the run."""
    past = staged.root.read(
        required(staged.root, staged.table("past"), f"run jobs/past.py --day {staged.day} --run {staged.run} first")
    )
    content = staged.content()
    inputs = {
        table: pads.dataset(
            staged.root.files([staged.table(table)]), filesystem=staged.root.fs, format="parquet", partitioning=None
        )
        for table in ("scores", "conservation", "pulls")
    }
    rows = {"dataset": list(TABLES), "rows": [sum(file["rows"] for file in content[table]) for table in TABLES]}
    try:
        with queries.connect() as connection:
            return _held_against(connection, staged, model_version, past, counted=pa.table(rows), **inputs)
    except duckdb.Error as error:  # a column is missing, or is no number
        raise PoisonInput(f"{staged.location}: cannot be measured: {error}; score again") from error


def _held_against(
    connection: duckdb.DuckDBPyConnection, staged: Staged, model_version: str, past: pa.Table, **inputs: Any
) -> pa.Table:
    metrics = queries.run_duckdb(connection, "metrics", {}, **inputs)
    for name, value in (("ds", pa.scalar(staged.day)), ("model_version", pa.scalar(model_version))):
        metrics = metrics.append_column(name, pa.repeat(value, metrics.num_rows))
    drift = queries.run_duckdb(connection, "drift", {"day": staged.day, **PARAMETERS}, metrics=metrics, past=past)
    order = [(name, "ascending") for name in ("dataset", "platform", "metric")]
    return drift.select(METRICS.names).cast(METRICS).sort_by(order)
