"""What runs the queries of sql/. Same files, same numbers.

    DiskDuckDB  nights, up to ON_DISK_ROWS: DuckDB, on disk where memory is short; a frame is a table of it (duckdb_engine.py)
    Spark       nights beyond; a frame is a DataFrame (spark_engine.py)
    DuckDB      what-if, evaluation, attacks, fitting: everything in memory; a frame is an Arrow table

What is no query, the network rank and the quantiles of the Beta distribution, is SciPy's on all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from clout.engine import network_rank, queries, session, trust_flow
from clout.engine.duckdb_engine import DiskDuckDB
from clout.engine.frames import AtOnce, Frame
from clout.lake.partitions import Lake
from clout.lake.schemas import small_arrow

#: Rows of activity up to which a night is computed by DuckDB, unless Spark is elsewhere (session.py). Measured to 100 million
#: of the score date alone: 10.3 GiB and 11 GB of disk on a machine of 24 GB; of all variants to 9 million, 3.1 GiB.
ON_DISK_ROWS = 100_000_000


class Engine(Protocol):
    """What the measures ask of an engine."""

    #: Whether the pairs of one variant at a time are enough, or all variants together are one query.
    one_by_one: bool

    def know(self, *frames: Frame) -> None:
        """Hear of all people, platforms and variants that any later frame will name. Asked once, first."""

    def run(self, query: str, parameters: Mapping[str, Any], **inputs: Frame) -> Frame:
        """The result of `sql/<query>.sql` over `inputs`."""

    def table(self, schema: pa.Schema, rows: list[tuple]) -> Frame:
        """A few rows as a frame."""

    def together(self, frames: list[Frame]) -> Frame:
        """The rows of frames of the same columns, one below the other."""

    def spans(self, activity: Frame, days: list[date]) -> list[tuple[date, date]]:
        """The days, first and last of those whose acts are to be computed at once."""

    def parts(self, rows: Frame) -> list[Frame]:
        """The rows in parts that are to be computed one after the other. What has one target is in one part."""

    def hold(self, rows: Frame) -> Frame:
        """The same rows, which are not computed again when they are read again."""

    def release(self, rows: Frame) -> None:
        """Forget what is kept of rows, which may be read again, but are not soon."""

    def settle(self, rows: Frame) -> Frame:
        """The same rows without what they were computed of: Spark makes no valid plan of some queries over all of a score."""

    def trust(self, edges: Frame, parameters: dict[str, Any]) -> Frame:
        """Who is trusted, by variant and platform: `network_rank.trust_platform` of each; and by how much, where the model's
        numbers say how trust flows: `trust_flow.flow_platform`.
        """

    def rank(self, edges: Frame, parameters: dict[str, Any]) -> Frame:
        """The ranks, by variant and platform: `network_rank.rank_platform` of each."""


class NightEngine(Engine, Protocol):
    """What a night asks of it besides: it reads a lake and writes to it."""

    def conformed(self, lake: Lake, table: str, days: list[date]) -> Frame:
        """A conformed table's partitions of `days`."""

    def posts(self, lake: Lake, platforms: Mapping[str, str], days: list[date]) -> Frame:
        """The columns columns.POSTS of the posts that the sources showed. platforms: each source's platform."""

    def people(self, *frames: Frame) -> Frame:
        """The accounts that the frames name, once each, as account_key. The frames are all of which the engine was told."""

    def keep(self, lake: Lake, name: str, day: date, rows: Frame, facts: dict[str, Any]) -> Frame:
        """Write the features `name` of a score date, and give them as they were written."""

    def kept(self, lake: Lake, name: str, day: date, facts: dict[str, Any], made_by: str) -> Frame:
        """Features as `keep` wrote them. Raises PoisonInput where they are missing or were made of other things."""

    def keep_ties(self, lake: Lake, day: date, rows: Frame, facts: dict[str, Any]) -> None:
        """Write pairs, the most rows that a night keeps."""

    def ties(self, lake: Lake, day: date, facts: dict[str, Any]) -> Frame:
        """The pairs as `keep_ties` wrote them. Raises PoisonInput as `kept` does."""

    def stage(self, folder: Lake, path: str, rows: Frame, *keys: str) -> None:
        """Replace a folder by one file of the rows in the order of `keys`: the same rows give the same bytes."""


def engine_for(lake: Lake, days: list[date]) -> NightEngine:
    """What computes the evidence of these days: Spark if it is elsewhere, else by the rows of their activity.

    So every job of a night chooses alike.
    """
    if not session.elsewhere():
        rows = sum(lake.count(path) for path in (lake.conformed("activity", day) for day in days) if lake.exists(path))
        if rows <= ON_DISK_ROWS:
            return DiskDuckDB()
    from clout.engine.spark_engine import Spark  # most nights are spared the import of Spark

    return Spark(session.get_or_create("clout"))


class DuckDB(AtOnce):
    """DuckDB in memory. Takes and gives Arrow tables."""

    def __init__(self) -> None:
        self.connection = queries.connect()
        queries.register_beta_quantile(self.connection)

    def know(self, *frames: Frame) -> None:
        """See Engine. A key is a key."""

    def run(self, query: str, parameters: Mapping[str, Any], **inputs: Frame) -> Frame:
        """See Engine."""
        return queries.run_duckdb(self.connection, query, parameters, **inputs)

    def table(self, schema: pa.Schema, rows: list[tuple]) -> Frame:
        """See Engine."""
        return small_arrow(schema, rows)

    def together(self, frames: list[Frame]) -> Frame:
        """See Engine."""
        return pa.concat_tables(frames)

    def hold(self, rows: Frame) -> Frame:
        """See Engine."""
        return rows

    def release(self, rows: Frame) -> None:
        """See Engine. Arrow goes by itself."""

    def settle(self, rows: Frame) -> Frame:
        """See Engine. A table is."""
        return rows

    def trust(self, edges: Frame, parameters: dict[str, Any]) -> Frame:
        """See Engine."""
        if trust_flow.is_asked(parameters):
            return _grouped(edges, lambda table: trust_flow.flow_platform(table, parameters))
        return _grouped(edges, network_rank.trust_platform)

    def rank(self, edges: Frame, parameters: dict[str, Any]) -> Frame:
        """See Engine."""
        return _grouped(edges, lambda table: network_rank.rank_platform(table, parameters))


def _grouped(edges: pa.Table, kernel: Callable[[pa.Table], pa.Table]) -> pa.Table:
    """The kernel's answer for each variant and platform, one below the other."""
    groups = edges.select(["variant", "platform"]).group_by(["variant", "platform"]).aggregate([]).to_pylist()
    return pa.concat_tables(
        kernel(edges.filter((pc.field("variant") == g["variant"]) & (pc.field("platform") == g["platform"])))
        for g in groups
    )
