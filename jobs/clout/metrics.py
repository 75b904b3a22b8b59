"""What a staged night is like in a few numbers, and how unlike the published past: the queries metrics, movement and drift.

Computed by DuckDB on the staged files, column by column: ten million scores take no more memory than a thousand.
"""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as pads

from clout import published_past, quality, queries
from clout.errors import PoisonInput
from clout.lake import Lake, window
from clout.lake_schemas import METRICS, small_arrow
from clout.published_past import WEEKS, Past
from clout.staging import TABLES, Staged

#: sql/drift.sql says what each of these is.
PARAMETERS = {"weeks": WEEKS, "floor": 0.1, "share_floor": 0.05}
#: sql/movement.sql says what each of these is.
COMPARED = {"least": 20, "top": 100}
#: Where a lake holds so many days of evidence its scores move little from day to day; the fewer, the more.
SETTLED_DAYS = 28

_BOUNDS = pa.schema(
    [
        *((name, pa.string()) for name in ("dataset", "metric")),
        *((name, pa.float64()) for name in ("ideal", "usual", "step", "chance")),
    ]
)
#: What the queries of a night's metrics give.
_FOUND = pa.schema(
    [
        *((name, pa.string()) for name in ("dataset", "platform", "metric", "unit")),
        ("value", pa.float64()),
        ("n", pa.int64()),
    ]
)


@cache
def bounds() -> pa.Table:
    """expectations/bounds.toml as a table. Raises PoisonInput where one lacks a number."""
    file = quality.EXPECTATIONS / "bounds.toml"
    rows = []
    for dataset, metrics in tomllib.loads(file.read_text(encoding="utf-8")).items():
        for metric, numbers in metrics.items():
            if numbers.keys() != set(_BOUNDS.names[2:]):
                raise PoisonInput(f"{file}: [{dataset}.{metric}] must hold {', '.join(_BOUNDS.names[2:])}")
            rows.append((dataset, metric, *(float(numbers[name]) for name in _BOUNDS.names[2:])))
    return small_arrow(_BOUNDS, rows)


def measured(staged: Staged, model_version: str, lake: Lake) -> pa.Table:
    """The staged day's rows of meta.metrics, by METRICS. Raises PoisonInput where nobody laid the past beside the run."""
    past = published_past.read(staged)
    content = staged.content()
    inputs = {table: _file(staged, table) for table in ("scores", "conservation", "pulls")}
    rows = {"dataset": list(TABLES), "rows": [sum(file["rows"] for file in content[table]) for table in TABLES]}
    before = past.before(staged.day)
    gap = float((staged.day - before).days) if before else 1.0
    scale = gap * max(1.0, SETTLED_DAYS / max(1, _evidence_days(lake, staged.day)))
    try:
        with queries.connect() as connection:
            found = [queries.run_duckdb(connection, "metrics", {}, counted=pa.table(rows), **inputs)]
            if before:
                found.append(_movement(connection, staged, past, before))
            return _held_against(connection, staged, model_version, past, _together(found), scale=scale, gap=gap)
    except duckdb.Error as error:  # a column is missing, or is no number
        raise PoisonInput(f"{staged.location}: cannot be measured: {error}; score again") from error


def _file(staged: Staged, table: str) -> pads.Dataset:
    files = staged.root.files([staged.table(table)])
    return pads.dataset(files, filesystem=staged.root.fs, format="parquet", partitioning=None)


def _evidence_days(lake: Lake, day: date) -> int:
    """How many of the 90 days that end with a day have activity."""
    paths = [lake.conformed("activity", each) for each in window(day, 90)]
    return sum(1 for path in paths if lake.exists(path) and lake.count(path))


def _movement(connection: duckdb.DuckDBPyConnection, staged: Staged, past: Past, before: date) -> pa.Table:
    """sql/movement.sql of the staged run and the past beside it."""
    earlier = [each for each in past.scores["ds"].unique().to_pylist() if each < staged.day]
    tables = ("scores", "platform_scores", "accounts", "score_changes")
    spoken_of = staged.root.read(staged.table("score_changes"), columns=["days_before"])["days_before"].unique()
    recomputed = [each for each in earlier if (staged.day - each).days in spoken_of.to_pylist()]
    return queries.run_duckdb(
        connection,
        "movement",
        {"day": staged.day, "before": before, "recomputed": max(recomputed, default=staged.day), **COMPARED},
        **{table: _file(staged, table) for table in tables},
        past_scores=past.scores,
        past_platform_scores=past.platform_scores,
        past_accounts=past.accounts,
    )


def _together(found: list[pa.Table]) -> pa.Table:
    """Tables of metrics as one; n is NULL where a query gives none."""
    return pa.concat_tables(
        pa.table({name: rows[name] if name in rows.column_names else pa.nulls(rows.num_rows) for name in _FOUND.names})
        .select(_FOUND.names)
        .cast(_FOUND)
        for rows in found
    )


def _held_against(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    model_version: str,
    past: Past,
    metrics: pa.Table,
    **moved: float,
) -> pa.Table:
    for name, value in (("ds", pa.scalar(staged.day)), ("model_version", pa.scalar(model_version))):
        metrics = metrics.append_column(name, pa.repeat(value, metrics.num_rows))
    given: dict[str, Any] = {"metrics": metrics, "past": past.metrics, "bounds": bounds()}
    drift = queries.run_duckdb(connection, "drift", {"day": staged.day, **PARAMETERS, **moved}, **given)
    order = [(name, "ascending") for name in ("dataset", "platform", "metric")]
    return drift.select(METRICS.names).cast(METRICS).sort_by(order)
