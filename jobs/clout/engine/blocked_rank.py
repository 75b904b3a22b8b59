"""Rank and trust of graphs too large for one task: the formulas of network_rank.py as blocked sparse products on Spark.

A person's address in their graph (a variant on a platform) is a slice, by a hash of their name, and a place in it, by the
order of names. The edges are cut into blocks (i, j), of what people of column j did to those of slice i: CSR matrices in
binary columns, which Spark holds. Each round multiplies every block with what the people of its column give, and adds by slice.

    one-dimensional   while the vectors of all graphs fit VECTOR_BYTES: one column of everybody; the driver holds the vector
    two-dimensional   beyond: as many columns as slices; no process holds more of a vector than its tasks' slices

Addresses, blocks and the order of adding follow from the edges alone: no partitioning, and no task done again, changes a byte.
"""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as f
from pyspark.storagelevel import StorageLevel
from scipy import sparse

from clout.engine.network_rank import RANKS_DDL, TRUST_DDL, percentiles, published

#: Edges of a block: 24 MB; and of a task, which holds as many at a time.
BLOCK_EDGES, TASK_EDGES = 2_000_000, 8_000_000
#: Bytes of vectors that are sent with a round: a Spark Connect server takes messages of 128 MiB.
VECTOR_BYTES = 100_000_000
#: Blocks of one column that a task multiplies, where there are several columns.
STRIP = 8

_BLOCKS = "graph INT, i INT, j INT, starts BINARY, columns BINARY, weights BINARY"
_PRODUCTS = "graph INT, slice INT, j INT, product BINARY"
_PIECES = "graph INT, slice INT, seed BINARY, vector BINARY, change DOUBLE"


@dataclass(frozen=True)
class VectorSlice:
    """A slice of a graph: place by place whether its people are seeds, and their part of the vector.

    change: the largest change of the last round.
    """

    graph: int
    slice: int
    seed: np.ndarray
    vector: np.ndarray
    change: float

    def row(self) -> dict[str, Any]:
        """As a row of _PIECES."""
        return vars(self) | {name: getattr(self, name).tobytes() for name in ("seed", "vector")}


def pieces_of(table: pa.Table | pa.RecordBatch, kind: type) -> list[VectorSlice]:
    """From rows of _PIECES. kind: numpy's type of the vector."""
    kinds = {"seed": bool, "vector": kind}
    rows = table.to_pylist()
    return [VectorSlice(**row | {name: np.frombuffer(row[name], of) for name, of in kinds.items()}) for row in rows]


@dataclass(frozen=True)
class Progress:
    """How far a graph is. change: the largest change of the last round."""

    rounds: int = 0
    change: float = math.inf


@dataclass(frozen=True)
class Rank:
    """The rounds of the rank. parameters: rounds, reference."""

    parameters: dict[str, Any]
    kind: type = float
    weighted: bool = True

    def goes_on(self, done: Progress) -> bool:
        """Whether another round is due."""
        return bool(done.rounds < self.parameters["rounds"])

    def start(self, piece: VectorSlice) -> VectorSlice:
        """Before the first round."""
        return replace(piece, vector=np.zeros(len(piece.seed)), change=0.0)

    def outgoing(self, piece: VectorSlice) -> np.ndarray:
        """What each gives to those on whom they acted, for every unit of weight."""
        return percentiles(piece.vector, self.parameters) / 100.0

    def update(self, piece: VectorSlice, received: Any) -> VectorSlice:
        """After a round in which the people of the slice received so much."""
        vector = np.zeros(len(piece.vector)) + received
        return replace(piece, vector=vector, change=float(np.abs(vector - piece.vector).max(initial=0.0)))


@dataclass(frozen=True)
class Reachability:
    """The rounds of whom the seeds reach: boolean products."""

    kind: type = bool
    weighted: bool = False

    def goes_on(self, done: Progress) -> bool:
        """See Rank."""
        return done.change > 0

    def start(self, piece: VectorSlice) -> VectorSlice:
        """See Rank."""
        return replace(piece, vector=piece.seed, change=float(piece.seed.any()))

    def outgoing(self, piece: VectorSlice) -> np.ndarray:
        """See Rank."""
        return piece.vector

    def update(self, piece: VectorSlice, received: Any) -> VectorSlice:
        """See Rank."""
        vector = piece.vector | received
        return replace(piece, vector=vector, change=float((vector != piece.vector).any()))


class BlockedGraphs:
    """Graphs cut into blocks.

    edges: rows (variant, platform, actor, target, weight), see network_rank.Graph.of_names; graphs: (variant, platform, edges)
    of those that are wanted, with the number of their edges.
    """

    def __init__(self, edges: DataFrame, graphs: list[tuple[str, str, int]]) -> None:
        self.spark = edges.sparkSession
        self.names = {graph: (variant, platform) for graph, (variant, platform, _) in enumerate(graphs)}
        numbers = self._table(
            {"graph": pa.int32(), "variant": pa.string(), "platform": pa.string()},
            [(graph, *name) for graph, name in self.names.items()],
        )
        edges = edges.join(f.broadcast(numbers), ["variant", "platform"])
        people = _people(edges).persist()
        self.one_column = 8 * people.count() <= VECTOR_BYTES
        blocks = [max(1, math.ceil(count / BLOCK_EDGES)) for _, _, count in graphs]
        self.slices = blocks if self.one_column else [math.ceil(math.sqrt(each)) for each in blocks]
        cut = self._table({"graph": pa.int32(), "slices": pa.int32()}, list(enumerate(self.slices)))
        sliced = people.join(f.broadcast(cut), "graph").withColumn(
            "slice", f.expr("CAST(pmod(xxhash64(person_id), slices) AS INT)")
        )
        sizes = sorted(tuple(row) for row in sliced.groupBy("graph", "slice").count().collect())
        columns, before = [], dict.fromkeys(self.names, 0)
        for graph, number, size in sizes:
            columns.append((graph, number, *((0, before[graph]) if self.one_column else (number, 0))))
            before[graph] += size
        column = self._table({name: pa.int32() for name in ("graph", "slice", "j", "before")}, columns)
        place = f.expr("CAST(row_number() OVER (PARTITION BY graph, slice ORDER BY person_id) - 1 AS INT)")
        self.people = sliced.withColumn("place", place).join(f.broadcast(column), ["graph", "slice"]).persist()
        self.pieces = self.people.groupBy("graph", "slice").applyInArrow(_piece, _PIECES)
        self.blocks = self._blocks(
            edges,
            {(graph, number): size for graph, number, size in sizes},
            math.ceil(sum(count for _, _, count in graphs) / TASK_EDGES),
        )

    def _blocks(self, edges: DataFrame, sizes: dict[tuple[int, int], int], tasks: int) -> DataFrame:
        actors = self.people.selectExpr("graph", "person_id AS actor", "j", "before + place AS column")
        targets = self.people.selectExpr("graph", "person_id AS target", "slice AS i", "place AS row")
        addressed = edges.where("weight > 0").join(actors, ["graph", "actor"]).join(targets, ["graph", "target"])
        made = (
            addressed.select("graph", "i", "j", "row", "column", "weight")
            .repartition(tasks, "graph", "i", "j")
            .mapInArrow(_made(sizes), _BLOCKS)
        )
        if (
            not self.one_column
        ):  # once more, so that Spark knows where the blocks of a column are, and moves only vectors
            made = made.withColumn("strip", f.expr(f"CAST(i DIV {STRIP} AS INT)"))
            made = made.repartition(tasks, "graph", "j", "strip")
        return made.persist()

    def _table(self, columns: dict[str, pa.DataType], rows: list[tuple[Any, ...]]) -> DataFrame:
        arrays = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(columns.values())]
        return self.spark.createDataFrame(pa.table(arrays, names=list(columns)))

    def rank(self, parameters: dict[str, Any]) -> DataFrame:
        """The columns of network_rank.RANKS_DDL."""

        def ranked(piece: VectorSlice, place: np.ndarray, done: Progress) -> dict[str, Any]:
            rounds, residual = (pa.repeat(each, len(place)) for each in (done.rounds, done.change))
            return {**published(piece.vector[place], parameters), "rounds": rounds, "residual": residual}

        return self._iterated(Rank(parameters), ranked, RANKS_DDL)

    def trust(self) -> DataFrame:
        """The columns of network_rank.TRUST_DDL."""

        def trusted(piece: VectorSlice, place: np.ndarray, done: Progress) -> dict[str, Any]:
            return {"trusted": piece.vector[place], "seed": piece.seed[place]}

        return self._iterated(Reachability(), trusted, TRUST_DDL)

    def _iterated(self, step: Rank | Reachability, columns: Callable[..., dict[str, Any]], ddl: str) -> DataFrame:
        """Rows of all people after the last round. columns: of a piece, places in it, and how far its graph is."""
        names = self.names
        pieces, done = (self._on_the_driver if self.one_column else self._on_the_tasks)(step)

        def rows(people: pa.Table, pieces: pa.Table) -> pa.Table:
            [piece] = pieces_of(pieces, step.kind)
            variant, platform = (pa.repeat(name, people.num_rows) for name in names[piece.graph])
            found = columns(piece, people["place"].to_numpy(), done[piece.graph])
            return pa.table({"variant": variant, "platform": platform, "person_id": people["person_id"], **found})

        by = ("graph", "slice")
        people = self.people.select(*by, "person_id", "place")
        return people.groupBy(*by).cogroup(pieces.groupBy(*by)).applyInArrow(rows, ddl)

    def _on_the_driver(self, step: Rank | Reachability) -> tuple[DataFrame, dict[int, Progress]]:
        pieces = sorted(pieces_of(self.pieces.toArrow(), step.kind), key=lambda piece: (piece.graph, piece.slice))
        pieces = [step.start(piece) for piece in pieces]
        done = further({}, pieces)
        while going := [graph for graph, each in done.items() if step.goes_on(each)]:
            given = {graph: np.concatenate([step.outgoing(p) for p in pieces if p.graph == graph]) for graph in going}
            products = self._multiplied(self.blocks, step, going, given).toArrow().to_pylist()
            received = {(row["graph"], row["slice"]): [row] for row in products}
            pieces = [
                step.update(each, add(received.get((each.graph, each.slice), []), step.kind))
                if each.graph in going
                else each
                for each in pieces
            ]
            done = further(done, [each for each in pieces if each.graph in going])
        made = pa.Table.from_pylist([piece.row() for piece in pieces])
        return self.spark.createDataFrame(made, _PIECES), done

    def _on_the_tasks(self, step: Rank | Reachability) -> tuple[DataFrame, dict[int, Progress]]:
        pieces, sums = _kept(self.pieces.mapInArrow(_started(step), _PIECES))
        done = further({}, sums)
        strips = self._table(
            {"graph": pa.int32(), "strip": pa.int32()},
            [(graph, strip) for graph, each in enumerate(self.slices) for strip in range(math.ceil(each / STRIP))],
        )
        while going := [graph for graph, each in done.items() if step.goes_on(each)]:
            active = pieces.where(f.col("graph").isin(going))
            given = active.mapInArrow(_given(step), "graph INT, j INT, given BINARY").join(f.broadcast(strips), "graph")
            fed = self.blocks.join(given.hint("shuffle_hash"), ["graph", "j", "strip"])
            products = self._multiplied(fed, step, going, None)
            both = pieces.groupBy("graph", "slice").cogroup(products.groupBy("graph", "slice"))
            pieces, sums = _kept(both.applyInArrow(_after(step, going), _PIECES))
            done = further(done, [each for each in sums if each.graph in going])
        return pieces, done

    def _multiplied(
        self, blocks: DataFrame, step: Rank | Reachability, going: list[int], given: dict[int, np.ndarray] | None
    ) -> DataFrame:
        wanted = ["graph", "i", "j", "starts", "columns"]
        wanted += ["weights"] * step.weighted + ["given"] * (given is None)
        blocks = blocks.where(f.col("graph").isin(going)).select(*wanted)
        return blocks.mapInArrow(_multiply(step.kind, given), _PRODUCTS)


def further(done: dict[int, Progress], pieces: Iterable[Any]) -> dict[int, Progress]:
    """How far graphs are after another round, or before the first, from the slices (graph, slice, change) of some."""
    changes: dict[int, float] = {}
    for each in pieces:
        changes[each.graph] = max(changes.get(each.graph, 0.0), each.change)
    return done | {
        graph: Progress(done[graph].rounds + 1 if graph in done else 0, change) for graph, change in changes.items()
    }


def settled(rows: DataFrame) -> DataFrame:
    """The same rows without what they were computed of; kept twice where there is a second worker."""
    return rows.localCheckpoint(eager=False, storageLevel=StorageLevel.MEMORY_AND_DISK_2)


def _kept(pieces: DataFrame) -> tuple[DataFrame, list[Any]]:
    pieces = settled(pieces)  # what they were computed of would grow with each round
    return pieces, pieces.select("graph", "slice", "change").collect()


def add(products: list[dict[str, Any]], kind: type) -> Any:
    """What a slice received, of rows of _PRODUCTS: always added in the order of their columns."""
    arrays: list[Any] = [np.frombuffer(row["product"], kind) for row in sorted(products, key=lambda row: row["j"])]
    return reduce(np.add, arrays) if arrays else kind(0)


# In Spark's tasks ----------------------------------------------------------------------------------------------------

Batches = Iterable[pa.RecordBatch]


def _people(edges: DataFrame) -> DataFrame:
    """Everybody of some edges: (graph, person_id, seed). Seeds whom nobody knows are left out."""
    edges = edges.withColumn("known", f.col("weight").isNotNull())
    actors = edges.selectExpr("graph", "actor AS person_id", "known", "NOT known AS seed")
    targets = edges.where("known").selectExpr("graph", "target", "known", "false")
    people = actors.union(targets).groupBy("graph", "person_id")
    return people.agg(f.bool_or("known").alias("known"), f.bool_or("seed").alias("seed")).where("known").drop("known")


def _piece(people: pa.Table) -> pa.Table:
    place = people["place"].to_numpy()
    seed = np.empty(len(place), bool)
    seed[place] = people["seed"].to_numpy()
    return _table([VectorSlice(people["graph"][0].as_py(), people["slice"][0].as_py(), seed, np.empty(0), 0.0).row()])


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows of _PIECES."""
    kinds = {
        "graph": pa.int32(),
        "slice": pa.int32(),
        "seed": pa.binary(),
        "vector": pa.binary(),
        "change": pa.float64(),
    }
    return pa.Table.from_pylist(rows, pa.schema(list(kinds.items())))


def _made(sizes: dict[tuple[int, int], int]) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """From edges (graph, i, j, row, column, weight), those of a block together, to rows of _BLOCKS."""

    def made(batches: Batches) -> Iterator[pa.RecordBatch]:
        held = [batch for batch in batches if batch.num_rows]
        if not held:
            return
        table = pa.Table.from_batches(held)
        held.clear()
        graph, i, j, row, column, weight = (each.to_numpy() for each in table.columns)
        del table
        order = np.lexsort((j, i, graph))
        block = np.stack([graph[order], i[order], j[order]])
        starts = np.flatnonzero(np.append(True, (block[:, 1:] != block[:, :-1]).any(axis=0)))
        for start, end in zip(starts, np.append(starts[1:], len(order)), strict=True):
            own, key = order[start:end], block[:, start].tolist()
            shape = sizes[key[0], key[1]], int(column[own].max()) + 1
            # In one order, whatever order the edges came in.
            matrix = sparse.csr_matrix((weight[own], (row[own], column[own])), shape)
            matrix.sort_indices()
            arrays = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), matrix.data
            columns = [pa.array([each], pa.int32()) for each in key] + [pa.array([each.tobytes()]) for each in arrays]
            yield pa.RecordBatch.from_arrays(columns, ["graph", "i", "j", "starts", "columns", "weights"])

    return made


def _multiply(kind: type, given: dict[int, np.ndarray] | None) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """From rows of _BLOCKS to rows of _PRODUCTS. given: vectors by graph; where None, a column of the block's row."""

    def multiply(batches: Batches) -> Iterator[pa.RecordBatch]:
        _settle()
        for batch in batches:
            for row in range(batch.num_rows):

                def read(name: str, of: type, batch: pa.RecordBatch = batch, row: int = row) -> np.ndarray:
                    return np.frombuffer(batch.column(name)[row].as_buffer(), of)

                graph, i, j = (batch.column(name)[row].as_py() for name in ("graph", "i", "j"))
                starts, columns = read("starts", np.int32), read("columns", np.int32)
                weighted = "weights" in batch.schema.names
                weights = read("weights", float) if weighted else np.ones(len(columns), bool)
                vector = read("given", kind) if given is None else given[graph]
                shape = len(starts) - 1, len(vector)
                product = sparse.csr_matrix((weights, columns, starts), shape, copy=False) @ vector
                keys = [pa.array([each], pa.int32()) for each in (graph, i, j)]
                names = ["graph", "slice", "j", "product"]
                yield pa.RecordBatch.from_arrays([*keys, pa.array([product.tobytes()])], names)

    return multiply


def _settle() -> None:
    """Spare a worker's next tasks 0.2 seconds of CPU each: Spark has it read again the directory of the archive of pyspark, as
    often as packages were imported from it, and look at all that was imported, for garbage."""
    for path in [path for path in sys.path_importer_cache if path.find(".zip") > 0]:
        del sys.path_importer_cache[path]
    if not gc.get_freeze_count():
        gc.freeze()


def _started(step: Rank | Reachability) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    def started(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for piece in pieces_of(batch, step.kind):
                yield from _table([step.start(piece).row()]).to_batches()

    return started


def _given(step: Rank | Reachability) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    def given(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for piece in pieces_of(batch, step.kind):
                columns = [pa.array([each], pa.int32()) for each in (piece.graph, piece.slice)]
                yield pa.RecordBatch.from_arrays(
                    [*columns, pa.array([step.outgoing(piece).tobytes()])], ["graph", "j", "given"]
                )

    return given


def _after(step: Rank | Reachability, going: list[int]) -> Callable[[pa.Table, pa.Table], pa.Table]:
    def after(pieces: pa.Table, products: pa.Table) -> pa.Table:
        [piece] = pieces_of(pieces, step.kind)
        if piece.graph not in going:
            return pieces
        return _table([step.update(piece, add(products.to_pylist(), step.kind)).row()])

    return after
