"""The lake as Spark sees it: reads windows of partitions with explicit schemas, writes partitions whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.dataset as pads

from clout.lake.arrow import features_path, in_groups
from clout.lake.partitions import Lake
from clout.lake.schemas import CONFORMED, SNAPSHOTS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def read_snapshots(
    spark: SparkSession, lake: Lake, table: str, platforms: Mapping[str, str], days: list[date]
) -> DataFrame:
    """The snapshots of a table, with their platform and snapshot_date. No rows where there are no partitions.

    platforms: the sources' names, each with the platform that it shows.
    """
    paths = [lake.snapshot(table, name, day) for name in platforms for day in days]
    present = [lake.location(lake.current(path)) for path in paths if lake.exists(path)]
    where = [pa.field("platform", pa.string()), pa.field("snapshot_date", pa.date32())]
    schema = pa.schema([*SNAPSHOTS[table], *(field for field in where if field.name not in SNAPSHOTS[table].names)])
    rows = _read(spark, lake.location(f"snapshots/{table}"), present, schema)
    for name, platform in platforms.items():
        rows = rows if name == platform else rows.replace(name, platform, ["platform"])
    return rows


def read_conformed(spark: SparkSession, lake: Lake, table: str, days: list[date]) -> DataFrame:
    """A conformed table's partitions of `days`."""
    paths = [lake.conformed(table, day) for day in days]
    present = [lake.location(lake.current(path)) for path in paths if lake.exists(path)]
    columns = [field.name for field in CONFORMED[table]]
    return _read(spark, lake.location(table), present, CONFORMED[table]).select(*columns)


def data_frame(spark: SparkSession, table: pa.Table) -> DataFrame:
    """A small Arrow table as a DataFrame. Rows that are given as Python objects would start Python workers."""
    from pyspark.sql.pandas.types import from_arrow_schema

    return spark.createDataFrame(table, from_arrow_schema(table.schema))  # Spark Connect infers none of no rows


def _read(spark: SparkSession, base: str, paths: list[str], schema: pa.Schema) -> DataFrame:
    if not paths:
        return data_frame(spark, schema.empty_table())
    from pyspark.sql.pandas.types import from_arrow_schema

    return spark.read.schema(from_arrow_schema(schema)).option("basePath", base).parquet(*paths)


def write_conformed(
    lake: Lake,
    table: str,
    rows: DataFrame,
    days: Iterable[date],
    metadata: Callable[[date], dict[str, Any]],
) -> None:
    """Replace the partitions of `days` by `rows`, which has a column ds. A day without rows gets an empty partition."""
    columns = [field.name for field in CONFORMED[table]]
    # Written once for all days, then renamed day by day.
    with lake.replacing(f"{table}/_writing") as aside:
        folder = f"{aside}/rows"
        rows.select(*columns).write.partitionBy("ds").parquet(lake.location(folder))
        for day in days:
            written = f"{folder}/ds={day.isoformat()}"
            if not lake.is_folder(written):
                lake.fs.create_dir(f"{lake.root}/{written}")
                with lake.parquet_writer(f"{written}/part-0.parquet", CONFORMED[table].remove(0)):
                    pass  # no rows
            lake.write_metadata(written, metadata(day))
            lake.move_into_place(written, lake.conformed(table, day))
    lake.remove(f"{table}/_writing")


def write_features(lake: Lake, name: str, day: date, rows: DataFrame, metadata: dict[str, Any]) -> None:
    """Replace the features `name` of one score date."""
    with lake.replacing(lake.features(name, day)) as aside:
        rows.write.mode("append").parquet(lake.location(aside))
        lake.write_metadata(aside, metadata)


def read_features(
    spark: SparkSession, lake: Lake, name: str, day: date, metadata: dict[str, Any], made_by: str
) -> DataFrame:
    """The features `name` of one score date, see features_path."""
    return spark.read.parquet(lake.location(lake.current(features_path(lake, name, day, metadata, made_by))))


def write_sorted(folder: Lake, path: str, rows: DataFrame, *keys: str) -> None:
    """Replace a folder by one file of `rows` in the order of `keys`: the same rows give the same bytes.

    Spark sorts, pyarrow writes: the footer that Spark's writer makes lists encodings in an order that changes by chance.
    What Spark notes in a schema, its version and which columns it found without NULLs, is left out, as DuckDB notes nothing.
    """
    with folder.replacing(path) as aside:
        rows.coalesce(1).sortWithinPartitions(*keys).write.parquet(folder.location(f"{aside}/_sorted"))
        sorted_rows = pads.dataset(f"{folder.root}/{aside}/_sorted", filesystem=folder.fs, format="parquet")
        schema = pa.schema([field.with_nullable(True).remove_metadata() for field in sorted_rows.schema])
        with folder.parquet_writer(f"{aside}/part-0.parquet", schema) as writer:
            batches = sorted_rows.to_batches(use_threads=False)
            for group in in_groups(batches, rows=1_000_000):
                writer.write_table(group.cast(schema))
        folder.fs.delete_dir(f"{folder.root}/{aside}/_sorted")
