"""The lake in this process: reads windows of partitions as Arrow tables with explicit schemas, writes partitions whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from clout.errors import InvalidInput
from clout.lake.partitions import Lake, required
from clout.lake.schemas import CONFORMED, SNAPSHOTS


def read_snapshots(
    lake: Lake, table: str, platforms: Mapping[str, str], days: list[date], columns: Mapping[str, str]
) -> pa.Table:
    """Columns of the snapshots of a table, by the names that they are to have. No rows where there are no partitions.

    platform and snapshot_date are columns of every snapshot. platforms: the sources' names, each with the platform that it
    shows.
    """
    where = pa.schema([("platform", pa.string()), ("snapshot_date", pa.date32())])
    stored = pa.schema([SNAPSHOTS[table].field(name) for name in columns if name not in where.names])
    schema = pa.schema([*stored, *where])
    parts = [schema.empty_table()]
    for name, platform in platforms.items():
        for day in days:
            path = lake.snapshot(table, name, day)
            if lake.exists(path):
                rows = lake.read(path, schema=stored)
                placed = (pa.repeat(pa.scalar(value), rows.num_rows) for value in (platform, day))
                parts.append(pa.table([*rows.columns, *placed], schema))
    return pa.concat_tables(parts).select([*columns]).rename_columns([*columns.values()])


def read_conformed(lake: Lake, table: str, days: list[date]) -> pa.Table:
    """A conformed table's partitions of `days`."""
    schema = CONFORMED[table]
    parts = [schema.empty_table()]
    for day in days:
        path = lake.conformed(table, day)
        if lake.exists(path):
            rows = lake.read(path, schema=schema.remove(0))
            parts.append(pa.table([pa.repeat(pa.scalar(day), rows.num_rows), *rows.columns], schema))
    return pa.concat_tables(parts)


def files_by_day(lake: Lake, files: list[str], schema: pa.Schema) -> pads.Dataset:
    """Files of partitions by day, not yet read. schema: with the column ds, which is in their paths and not in them."""
    by_day = pads.partitioning(pa.schema([("ds", pa.date32())]), flavor="hive")
    return pads.dataset(
        files, schema=schema, filesystem=lake.fs, format="parquet", partitioning=by_day, partition_base_dir=lake.root
    )


def write_conformed(
    lake: Lake, table: str, rows: pa.Table, days: Iterable[date], metadata: Callable[[date], dict[str, Any]]
) -> None:
    """Replace the partitions of `days` by `rows`, which has a column ds. A day without rows gets an empty partition."""
    schema = CONFORMED[table]
    ordered = rows.select(schema.names).cast(schema).sort_by([(name, "ascending") for name in schema.names])
    for day in days:
        of_day = ordered.filter(pc.equal(ordered["ds"], pa.scalar(day)))
        lake.write(lake.conformed(table, day), of_day.drop_columns("ds"), metadata(day))


def features_path(lake: Lake, name: str, day: date, metadata: dict[str, Any], made_by: str) -> str:
    """Where the features `name` of one score date lie. Raises InvalidInput where they are missing or made of other things.

    metadata: what the features must have been made of; made_by: the job that makes them.
    """
    path = lake.features(name, day)
    cure = f"run jobs/{made_by}.py --day {day} first"
    required(lake, path, cure)
    if lake.metadata(path) != metadata:
        raise InvalidInput(
            f"{lake.location(path)} was made with another model, by other queries or of other snapshots; {cure}"
        )
    return path


def in_groups(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """The same rows in tables of `rows` each, however they were batched; no table where there are none."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        if batch.num_rows:
            held.append(batch)
        while sum(each.num_rows for each in held) >= rows:
            table = pa.Table.from_batches(held).combine_chunks()
            yield table.slice(0, rows)
            held = table.slice(rows).to_batches()
    if held:
        yield pa.Table.from_batches(held).combine_chunks()
