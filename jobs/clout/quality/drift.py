"""Measures a staged night in a few numbers, and how unlike the published past it is: the queries metrics, movement, day_shape,
first_night, consent_counts and drift.

Computed by DuckDB on the staged files, column by column: ten million scores take no more memory than a thousand.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from clout.engine import queries
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.lake.schemas import small_arrow
from clout.lake.scratch import Scratch
from clout.lake.staging import TABLES, Staged
from clout.quality import baseline, bounds, day_shape, first_night, suites
from clout.quality.baseline import WEEKS, Past
from clout.quality.tables import METRICS

#: sql/drift.sql says what each of these is.
PARAMETERS = {"weeks": WEEKS, "floor": 0.1, "share_floor": 0.05}
#: sql/movement.sql says what each of these is.
COMPARED = {"least": 20, "top": 100}
#: Where a lake holds so many days of evidence its scores move little from day to day; the fewer, the more. Until then the bound
#: on bursts comes into force (burst_min_days and burst_phase_days of the model).
SETTLED_DAYS = 42

_SCALES = pa.schema([("platform", pa.string()), ("scale", pa.float64())])
#: What the queries of a night's metrics give.
_FOUND = pa.schema(
    [
        *((name, pa.string()) for name in ("dataset", "platform", "metric", "unit")),
        ("value", pa.float64()),
        ("n", pa.int64()),
    ]
)


def measured(staged: Staged, versions: dict[str, Any], lake: Lake) -> pa.Table:
    """The staged day's rows of meta.metrics, by METRICS. Raises InvalidInput where nobody laid the past beside the run.

    versions: the run's run.json.
    """
    past, day = baseline.read(staged), staged.day
    made_of = versions.get("made_of") or {}
    platforms = made_of.get("platforms") or {}
    content = staged.content()
    inputs = {table: _file(staged, table) for table in ("scores", "conservation", "pulls")}
    rows = {"dataset": list(TABLES), "rows": [sum(file["rows"] for file in content[table]) for table in TABLES]}
    before = past.before(day)
    gap = float((day - before).days) if before else 1.0
    scales = [
        (platform, gap * max(1.0, SETTLED_DAYS / max(1, days)))
        for platform, days in day_shape.evidence_days(lake, day).items()
    ]
    try:
        with _connected() as connection:
            accounts = _file(staged, "accounts")
            found = [queries.run_duckdb(connection, "metrics", {}, row_counts=pa.table(rows), **inputs)]
            found.append(
                queries.run_duckdb(connection, "scores_shape", COMPARED, scores=inputs["scores"], accounts=accounts)
            )
            if before:
                found.append(_movement(connection, staged, past, before))
            elif not past.metrics.num_rows:
                is_released = made_of.get("model_is_released", True)
                found.append(first_night.metrics(connection, lake, day, platforms, is_released))
            shape = day_shape.shape(connection, lake, day, platforms)
            found.append(day_shape.prints(lake, day, before, made_of.get("digests") or {}))
            found.append(day_shape.consent(connection, lake, day, made_of.get("listed") or {}))
            earlier, unjudged = day_shape.unpublished(connection, lake, day, platforms, past.metrics)
            found.append(day_shape.worst(shape, unjudged))
            held = pa.concat_tables([past.metrics, earlier])
            scaled = small_arrow(_SCALES, scales)
            return _held_against(connection, staged, versions["model_version"], held, _together(found), scaled, gap)
    except duckdb.Error as error:  # a column is missing, or is no number
        raise InvalidInput(f"{staged.location}: cannot be measured: {error}; score again") from error


def changed(measured: pa.Table) -> list[str]:
    """What is other than on the newest published day: sources, links, exclusions, model, the window itself."""
    rows = measured.filter(pc.and_(pc.equal(measured["unit"], "print"), pc.greater(measured["deviation"], 0)))
    # until is of another day each night.
    return [
        "the window was read again or conformed anew" if name == "before" else f"other {name}"
        for name in rows["metric"].to_pylist()
        if name != "until"
    ]


@contextmanager
def _connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """A session of DuckDB that goes on on disk where it would need more than a quarter of the memory, or 1 GiB."""
    memory = min(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4, 1 << 30)
    with Scratch("metrics") as folder, queries.connect() as connection:
        connection.execute(f"SET memory_limit = '{memory >> 20} MiB'")
        connection.execute(f"SET temp_directory = '{folder}'")
        yield connection


def _file(staged: Staged, table: str) -> pads.Dataset:
    files = staged.root.files([staged.table(table)])
    return pads.dataset(files, filesystem=staged.root.fs, format="parquet", partitioning=None)


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


def _together(found: list[pa.Table | None]) -> pa.Table:
    """Tables of metrics as one; n is NULL where a query gives none."""
    return pa.concat_tables(
        pa.table({name: rows[name] if name in rows.column_names else pa.nulls(rows.num_rows) for name in _FOUND.names})
        .select(_FOUND.names)
        .cast(_FOUND)
        for rows in found
        if rows is not None
    )


def _held_against(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    model_version: str,
    past: pa.Table,
    metrics: pa.Table,
    scales: pa.Table,
    gap: float,
) -> pa.Table:
    for name, value in (("ds", pa.scalar(staged.day)), ("model_version", pa.scalar(model_version))):
        metrics = metrics.append_column(name, pa.repeat(value, metrics.num_rows))
    given: dict[str, Any] = {
        "metrics": metrics,
        "past": past,
        "bounds": bounds.table(suites.EXPECTATIONS),
        "scales": scales,
    }
    drift = queries.run_duckdb(connection, "drift", {"day": staged.day, **PARAMETERS, "gap": gap}, **given)
    order = [(name, "ascending") for name in ("dataset", "platform", "metric")]
    return drift.select(METRICS.names).cast(METRICS).sort_by(order)
