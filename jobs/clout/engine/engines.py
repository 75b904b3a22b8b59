"""The engines that run the queries of sql/: the same files give the same numbers on each.

    DiskDuckDB  nights up to ONE_BUCKET_ROWS: DuckDB, on disk where memory is short; a frame is a table (duckdb_engine.py)
    Buckets     nights beyond: DuckDB in tasks, handed out to processes or by Spark; a frame is files (buckets.py)
    DuckDB      what-if, evaluation, attacks, fitting: everything in memory; a frame is an Arrow table

What is no query, the network rank and the quantiles of the Beta distribution, is SciPy's on all.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from clout.engine import network_rank, queries, session, trust_flow
from clout.engine.buckets import Buckets
from clout.engine.duckdb_engine import DiskDuckDB
from clout.engine.frames import Frame
from clout.engine.scheduler import scheduler
from clout.lake.partitions import Lake

#: Rows of activity up to which one process computes a night, unless Spark is elsewhere (session.py); and of a bucket beyond.
ONE_BUCKET_ROWS, BUCKET_ROWS = 6_000_000, 6_000_000
#: Bytes that DuckDB may hold in a task, and in the process that hands tasks out.
TASK_MEMORY = 1500 << 20


class Engine(Protocol):
    """What a plan asks of an engine. Small tables are given to it as Arrow tables."""

    #: Whether the ties of one variant are computed at a time; else those of all variants are one query.
    one_variant_at_a_time: bool

    def register_keys(self, *frames: Frame) -> None:
        """Learn all people, platforms and variants that any later frame names. Called once, before any query."""

    def run(self, query: str, parameters: Mapping[str, Any], **inputs: Frame) -> Frame:
        """The result of `sql/<query>.sql` over `inputs`."""

    def union_all(self, frames: list[Frame]) -> Frame:
        """The rows of frames of the same columns, one below the other."""

    def day_batches(self, activity: Frame, days: list[date]) -> list[tuple[date, date]]:
        """Split the days into runs, (first, last), each of which is computed at once."""

    def target_batches(self, rows: Frame) -> list[Frame]:
        """Split rows into batches by target; a target is never split."""

    def trust(self, edges: Frame, parameters: dict[str, Any]) -> Frame:
        """Who is trusted, by variant and platform: `network_rank.trust_platform` of each; and by how much, where the model's
        numbers say how trust flows: `trust_flow.flow_platform`.
        """

    def rank(self, edges: Frame, parameters: dict[str, Any]) -> Frame:
        """The ranks, by variant and platform: `network_rank.rank_platform` of each."""


class NightEngine(Engine, Protocol):
    """An engine that also reads a lake and writes to it, as a night needs."""

    def conformed(self, lake: Lake, table: str, days: list[date]) -> Frame:
        """A conformed table's partitions of `days`."""

    def posts(self, lake: Lake, platforms: Mapping[str, str], days: list[date]) -> Frame:
        """The columns columns.POSTS of the posts that the sources showed. platforms: each source's platform."""

    def people(self, *frames: Frame) -> Frame:
        """The accounts that the frames name, once each, as account_key. The frames are all that keys were registered from."""

    def save_features(self, lake: Lake, name: str, day: date, rows: Frame, metadata: dict[str, Any]) -> Frame:
        """Write the features `name` of a score date, and return them as they were written."""

    def load_features(self, lake: Lake, name: str, day: date, metadata: dict[str, Any], made_by: str) -> Frame:
        """Read features. Raises InvalidInput where they are missing or were made from other things than `metadata` names."""

    def stage(self, folder: Lake, path: str, rows: Frame, *keys: str) -> None:
        """Replace a folder by one file of the rows in the order of `keys`: the same rows give the same bytes."""


def engine_for(lake: Lake, days: list[date]) -> NightEngine:
    """What computes the evidence of these days: by the rows of their activity, so that every job of a night chooses alike.

    CLOUT_BUCKETS, if set, is the number of buckets.
    """
    rows = sum(lake.count(path) for path in (lake.conformed("activity", day) for day in days) if lake.exists(path))
    number = int(os.environ.get("CLOUT_BUCKETS") or (1 if rows <= ONE_BUCKET_ROWS else math.ceil(rows / BUCKET_ROWS)))
    if number == 1 and not session.elsewhere():
        return DiskDuckDB()
    return Buckets(lake, number, scheduler(TASK_MEMORY))


class DuckDB:
    """DuckDB in memory. Takes and gives Arrow tables, and computes everything at once."""

    one_variant_at_a_time = False

    def __init__(self) -> None:
        self.connection = queries.connect()
        queries.register_beta_quantile(self.connection)

    def register_keys(self, *frames: Frame) -> None:
        """See Engine. Keys stay text."""

    def run(self, query: str, parameters: Mapping[str, Any], **inputs: Frame) -> pa.Table:
        """See Engine."""
        return queries.run_duckdb(self.connection, query, parameters, **inputs)

    def union_all(self, frames: list[Frame]) -> pa.Table:
        """See Engine."""
        return pa.concat_tables(frames)

    def day_batches(self, activity: Frame, days: list[date]) -> list[tuple[date, date]]:
        """See Engine."""
        return [(days[0], days[-1])]

    def target_batches(self, rows: Frame) -> list[Frame]:
        """See Engine."""
        return [rows]

    def trust(self, edges: Frame, parameters: dict[str, Any]) -> pa.Table:
        """See Engine."""
        if trust_flow.is_asked(parameters):
            return _grouped(edges, lambda table: trust_flow.flow_platform(table, parameters))
        return _grouped(edges, network_rank.trust_platform)

    def rank(self, edges: Frame, parameters: dict[str, Any]) -> pa.Table:
        """See Engine."""
        return _grouped(edges, lambda table: network_rank.rank_platform(table, parameters))


def _grouped(edges: pa.Table, kernel: Callable[[pa.Table], pa.Table]) -> pa.Table:
    """The kernel's answer for each variant and platform, one below the other."""
    groups = edges.select(["variant", "platform"]).group_by(["variant", "platform"]).aggregate([]).to_pylist()
    return pa.concat_tables(
        kernel(edges.filter((pc.field("variant") == g["variant"]) & (pc.field("platform") == g["platform"])))
        for g in groups
    )
