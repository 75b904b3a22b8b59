"""The engine that reads snapshots and conforms days: DuckDB on disk, over keys as they are written.

A day's queries look at few days, each row once or twice: to number people first, as nights do, would cost more than it saves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pads
from pyarrow import fs as pafs

from clout.engine import queries
from clout.engine.duckdb_engine import DiskDuckDB, Rows
from clout.engine.frames import Frame
from clout.engine.parts import local_relation
from clout.lake.partitions import Lake
from clout.lake.schemas import CONFORMED, SNAPSHOTS

_PLACED = pa.schema([("platform", pa.string()), ("snapshot_date", pa.date32())])


class Conforming(DiskDuckDB):
    """DuckDB that reads snapshots and writes conformed tables. Takes Arrow tables, datasets and files; gives Rows with keys."""

    def run(self, query: str, parameters: Mapping[str, Any], **inputs: Frame) -> Rows:
        """See Engine."""
        tables = {name: rows if isinstance(rows, Rows) else self._make_named(rows) for name, rows in inputs.items()}
        text, bound = queries.for_duckdb(query, parameters, {name: rows.name for name, rows in tables.items()})
        return self._make(text, bound, numbered=False)

    def snapshots(
        self, lake: Lake, table: str, platforms: Mapping[str, str], days: list[date], columns: Mapping[str, str]
    ) -> Frame:
        """Columns of the snapshots of a table, by the names that they are to have. No rows where there are no partitions.

        platform and snapshot_date are among them. platforms: the sources' names, each with the platform that it shows.
        """
        stored = pa.schema([SNAPSHOTS[table].field(name) for name in columns if name not in _PLACED.names])
        nothing = self._make(f"FROM {self._register(pa.schema([*stored, *_PLACED]).empty_table())}", numbered=False)
        listed = ", ".join(f'"{name}" AS "{alias}"' for name, alias in columns.items())
        parts = [f"SELECT {listed} FROM {nothing.name}"]
        for source, platform in platforms.items():
            if files := lake.files([lake.snapshot(table, source, day) for day in days]):
                # A source may be named otherwise than its platform, and files may be older than a column.
                rows = f"SELECT * REPLACE ('{platform}' AS platform) FROM {self._placed(lake, files, stored)}"
                parts.append(f"SELECT {listed} FROM (FROM {nothing.name} UNION ALL BY NAME {rows})")
        text = " UNION ALL ".join(parts)
        if isinstance(lake.fs, pafs.LocalFileSystem):
            return self._view(text, nothing)
        return self._make(text, numbered=False)

    def _placed(self, lake: Lake, files: list[str], stored: pa.Schema) -> str:
        """The rows of snapshots, with platform and snapshot_date, which their paths say."""
        if isinstance(lake.fs, pafs.LocalFileSystem):
            return local_relation(files, "snapshot_date", uneven=True)
        place = pads.partitioning(_PLACED, flavor="hive")
        schema = pa.schema([*stored, *_PLACED])
        return self._register(
            pads.dataset(files, schema=schema, filesystem=lake.fs, format="parquet", partitioning=place)
        )

    def write_conformed(
        self, lake: Lake, table: str, rows: Frame, days: Iterable[date], metadata: Callable[[date], dict[str, Any]]
    ) -> None:
        """Replace the partitions of `days` by `rows`, which has a column ds; a day without rows gets an empty one."""
        schema = CONFORMED[table]
        columns = ", ".join(f'"{name}"' for name in schema.names if name != "ds")
        relation = self._rows(rows).name
        for day in days:
            of_day = self.connection.sql(f"SELECT {columns} FROM {relation} WHERE ds = DATE '{day}' ORDER BY ALL")
            self._write(lake, lake.conformed(table, day), of_day, metadata(day), schema=schema.remove(0))
