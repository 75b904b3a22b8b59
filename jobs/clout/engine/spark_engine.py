"""The engine of nights that are too large for DuckDB, or whose Spark is a cluster.

See engines.Engine, engines.NightEngine and conforming.ConformingEngine. Import it where Spark is needed only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import reduce
from typing import Any, cast

import pandas as pd
import pyarrow as pa
from pyspark import cloudpickle
from pyspark.sql import DataFrame, GroupedData, SparkSession

from clout.engine import blocked_rank, network_rank, queries, trust_flow
from clout.engine.frames import AtOnce, Frame
from clout.engine.spark_lake import (
    data_frame,
    read_conformed,
    read_features,
    read_snapshots,
    write_conformed,
    write_features,
    write_sorted,
)
from clout.lake.columns import POSTS
from clout.lake.partitions import Lake
from clout.lake.schemas import small_arrow

_GRAPHS = pa.schema([("variant", pa.string()), ("platform", pa.string())])

#: The columns that hold the key of an account.
_PEOPLE = ("actor", "target", "account_key", "author_key")

#: Edges of one variant of one platform up to which Spark ranks them in one task; that task holds 150 bytes an edge.
ONE_TASK_EDGES = 4_000_000


class Spark(AtOnce):
    """Spark. Gives DataFrames, which compute nothing until they are written or counted."""

    def __init__(self, spark: SparkSession) -> None:
        from pyspark.sql.functions import pandas_udf

        @pandas_udf("double")  # type: ignore[call-overload,untyped-decorator]
        def beta_quantile(p: pd.Series, alpha: pd.Series, beta: pd.Series) -> pd.Series:
            from scipy.special import betaincinv

            return pd.Series(betaincinv(alpha, beta, p))

        self.spark = spark
        spark.udf.register("beta_quantile", beta_quantile)
        # Workers have no clout to import, on a cluster least of all: the kernel travels to them by value.
        for kernel in (network_rank, trust_flow, blocked_rank):
            cloudpickle.register_pickle_by_value(kernel)  # type: ignore[no-untyped-call]
        #: The edges that were asked about last, those of small graphs among them, and the graphs of the others.
        self._cut: tuple[DataFrame, DataFrame, blocked_rank.BlockedGraphs | None] | None = None

    def register_keys(self, *frames: Frame) -> None:
        """See Engine. Keys stay text."""

    def conformed(self, lake: Lake, table: str, days: list[date]) -> DataFrame:
        """See NightEngine."""
        return read_conformed(self.spark, lake, table, days)

    def posts(self, lake: Lake, platforms: Mapping[str, str], days: list[date]) -> DataFrame:
        """See NightEngine."""
        return read_snapshots(self.spark, lake, "posts", platforms, days).select(*POSTS)

    def people(self, *frames: Frame) -> DataFrame:
        """See NightEngine."""
        columns = [
            frame.select(frame[name].alias("account_key"))
            for frame in map(self._data_frame, frames)
            for name in frame.columns
            if name in _PEOPLE
        ]
        return reduce(lambda above, below: above.union(below), columns).where("account_key IS NOT NULL").distinct()

    def run(self, query: str, parameters: Mapping[str, Any], **inputs: Frame) -> DataFrame:
        """See Engine."""
        return queries.run(
            self.spark, query, parameters, **{name: self._data_frame(rows) for name, rows in inputs.items()}
        )

    def union_all(self, frames: list[Frame]) -> DataFrame:
        """See Engine."""
        return reduce(lambda above, below: above.unionByName(below), map(self._data_frame, frames))

    def cache(self, rows: Frame, cut_lineage: bool = False) -> DataFrame:
        """See Engine. session.forget() frees what is cached."""
        frame = self._data_frame(rows)
        return blocked_rank.settled(frame) if cut_lineage else frame.cache()

    def save_features(self, lake: Lake, name: str, day: date, rows: Frame, metadata: dict[str, Any]) -> DataFrame:
        """See NightEngine."""
        write_features(lake, name, day, self._data_frame(rows), metadata)
        return read_features(self.spark, lake, name, day, metadata, "")

    def load_features(self, lake: Lake, name: str, day: date, metadata: dict[str, Any], made_by: str) -> DataFrame:
        """See NightEngine."""
        return read_features(self.spark, lake, name, day, metadata, made_by)

    def stage(self, folder: Lake, path: str, rows: Frame, *keys: str) -> None:
        """See NightEngine."""
        write_sorted(folder, path, self._data_frame(rows), *keys)

    def _data_frame(self, frame: Frame) -> DataFrame:
        """The frame itself, or an Arrow table as a DataFrame."""
        return data_frame(self.spark, frame) if isinstance(frame, pa.Table) else cast(DataFrame, frame)

    def trust(self, edges: Frame, parameters: dict[str, Any]) -> DataFrame:
        """See Engine. A small graph is one task, a large one is many; how trust flows is one task always."""
        if trust_flow.is_asked(parameters):

            def flowed(table: pa.Table) -> pa.Table:
                return trust_flow.flow_platform(table, parameters)

            return _by_graph(self._data_frame(edges)).applyInArrow(flowed, trust_flow.FLOW_DDL)
        small, large = self._small_and_large(self._data_frame(edges))
        trusted = _by_graph(small).applyInArrow(network_rank.trust_platform, network_rank.TRUST_DDL)
        return trusted.unionByName(large.trust()) if large else trusted

    def rank(self, edges: Frame, parameters: dict[str, Any]) -> DataFrame:
        """See Engine. A small graph is one task, a large one is many."""

        def ranked(table: pa.Table) -> pa.Table:
            return network_rank.rank_platform(table, parameters)

        small, large = self._small_and_large(self._data_frame(edges))
        ranks = _by_graph(small).applyInArrow(ranked, network_rank.RANKS_DDL)
        return ranks.unionByName(large.rank(parameters)) if large else ranks

    def _small_and_large(self, edges: DataFrame) -> tuple[DataFrame, blocked_rank.BlockedGraphs | None]:
        if self._cut is None or self._cut[0] is not edges:
            counted = _by_graph(edges.where("weight IS NOT NULL")).count().toArrow()
            graphs = zip(*(counted[name].to_pylist() for name in ("variant", "platform", "count")), strict=True)
            large = sorted(graph for graph in graphs if graph[2] > ONE_TASK_EDGES)
            small, blocked = edges, None
            if large:
                named = data_frame(self.spark, small_arrow(_GRAPHS, [graph[:2] for graph in large]))
                small = edges.join(named, _GRAPHS.names, "left_anti")
                blocked = blocked_rank.BlockedGraphs(edges, large)
            self._cut = edges, small, blocked
        return self._cut[1:]


def _by_graph(edges: DataFrame) -> GroupedData:
    return edges.groupBy(*_GRAPHS.names)


class InSpark(Spark):
    """Spark, over DataFrames."""

    def snapshots(
        self, lake: Lake, table: str, platforms: Mapping[str, str], days: list[date], columns: Mapping[str, str]
    ) -> DataFrame:
        """See ConformingEngine."""
        rows = read_snapshots(self.spark, lake, table, platforms, days)
        return rows.select(*(rows[name].alias(alias) for name, alias in columns.items()))

    def write_conformed(
        self, lake: Lake, table: str, rows: Frame, days: Iterable[date], metadata: Callable[[date], dict[str, Any]]
    ) -> None:
        """See ConformingEngine."""
        write_conformed(lake, table, self._data_frame(rows), days, metadata)
