"""Engines that read snapshots and write conformed tables, in memory or in Spark."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from datetime import date
from typing import Any, Protocol

import pyarrow as pa

from clout.engine import session
from clout.engine.engines import DuckDB, Engine
from clout.engine.frames import Frame, to_arrow
from clout.lake import arrow
from clout.lake.partitions import Lake

#: Rows of snapshots up to which days are conformed in memory: 1 GB where they are as wide as Bluesky's.
IN_MEMORY_ROWS = 1_000_000


class ConformingEngine(Engine, Protocol):
    """An engine that reads snapshots and writes conformed tables."""

    def snapshots(
        self, lake: Lake, table: str, platforms: Mapping[str, str], days: list[date], columns: Mapping[str, str]
    ) -> Frame:
        """Columns of the snapshots of a table, by the names that they are to have.

        platform and snapshot_date are among them. platforms: the sources' names, each with the platform that it shows.
        """

    def conformed(self, lake: Lake, table: str, days: list[date]) -> Frame:
        """See NightEngine."""

    def write_conformed(
        self, lake: Lake, table: str, rows: Frame, days: Iterable[date], metadata: Callable[[date], dict[str, Any]]
    ) -> None:
        """Replace the partitions of `days` by `rows`, which has a column ds; a day without rows gets an empty one."""

    def save_features(self, lake: Lake, name: str, day: date, rows: Frame, metadata: dict[str, Any]) -> Frame:
        """See NightEngine."""


def conforming_engine(
    lake: Lake, platforms: Iterable[str], days: list[date], tables: Container[str]
) -> ConformingEngine:
    """What reads these tables' snapshots of these days: Spark if it is elsewhere, else by how many rows they have."""
    if not session.elsewhere():
        manifests = (lake.manifest(name, day) or [] for name in platforms for day in days)
        rows = sum(row["rows"] for manifest in manifests for row in manifest if row["table"] in tables)
        if rows <= IN_MEMORY_ROWS:
            return InMemory()
    from clout.engine.spark_engine import InSpark  # most nights are spared the import of Spark

    return InSpark(session.get_or_create("clout conform"))


class InMemory(DuckDB):
    """DuckDB, over Arrow tables."""

    def snapshots(
        self, lake: Lake, table: str, platforms: Mapping[str, str], days: list[date], columns: Mapping[str, str]
    ) -> Frame:
        """See ConformingEngine."""
        return arrow.read_snapshots(lake, table, platforms, days, columns)

    def conformed(self, lake: Lake, table: str, days: list[date]) -> Frame:
        """See NightEngine."""
        return arrow.read_conformed(lake, table, days)

    def write_conformed(
        self, lake: Lake, table: str, rows: Frame, days: Iterable[date], metadata: Callable[[date], dict[str, Any]]
    ) -> None:
        """See ConformingEngine."""
        arrow.write_conformed(lake, table, rows, days, metadata)

    def save_features(self, lake: Lake, name: str, day: date, rows: Frame, metadata: dict[str, Any]) -> pa.Table:
        """See ConformingEngine."""
        table = to_arrow(rows)
        ordered = table.sort_by([(column, "ascending") for column in table.column_names])
        lake.write(lake.features(name, day), ordered, metadata)
        return ordered
