"""The rank in blocks is the rank of the whole graph, however it is cut, and trust likewise."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from clout.engine import blocked_rank, engines, queries, spark_engine
from clout.engine.blocked_rank import Rank, Reachability, VectorSlice, add, further
from clout.engine.network_rank import rank_graph, reachable
from clout.score.model import read_model
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Of fewer rounds, since one is like another.
V1 = {**read_model(queries.SQL / "models" / "v1.toml").parameters, "rounds": 5}
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("variant", "platform", "actor", "target")] + [("weight", pa.float64())]
)
KEYS = ("graph", "i", "j", "row", "column")

numbers = st.integers(0, 9)
weights = st.one_of(st.just(0.0), st.floats(0.0, 1.0))
graphs = st.dictionaries(st.tuples(numbers, numbers).filter(lambda e: e[0] != e[1]), weights, min_size=1, max_size=40)


def by_hand(
    step: Rank | Reachability, edges: dict, seeds: set[int], slices: int, one_column: bool, shuffle: Any
) -> tuple:
    """Rounds as BlockedGraphs has them done, in this process: the vector, and how far. Person p is in slice p % slices."""
    members = [np.arange(number, 10, slices) for number in range(slices)]
    starts = np.cumsum([0, *map(len, members)])
    seed = np.isin(np.arange(10), sorted(seeds))
    rows = []
    for (a, t), weight in edges.items():
        if weight > 0:
            j, column = (0, starts[a % slices] + a // slices) if one_column else (a % slices, a // slices)
            rows.append((0, t % slices, j, t // slices, column, weight))
    shuffle(rows)
    kinds = [pa.int32()] * len(KEYS) + [pa.float64()]
    arrays = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(kinds)]
    batches = pa.table(arrays, [*KEYS, "weight"]).to_batches(max_chunksize=7)
    blocks = list(blocked_rank._made({(0, n): len(each) for n, each in enumerate(members)})(iter(batches)))
    if not step.weighted:
        blocks = [block.drop_columns(["weights"]) for block in blocks]
    pieces = [step.start(VectorSlice(0, n, seed[own], np.empty(0), 0.0)) for n, own in enumerate(members)]
    done = further({}, pieces)
    while step.goes_on(done[0]):
        given_by = [step.outgoing(piece) for piece in pieces]
        received: dict[int, list] = {}
        for block in blocks:
            [j] = block["j"].to_pylist()
            vector = np.concatenate(given_by) if one_column else given_by[j]
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(
                    blocked_rank, "_settle", lambda: None
                )  # is for workers; here it would freeze all tests' garbage
                batches = list(blocked_rank._multiply(step.kind, {0: vector})(iter([block])))
            for row in pa.Table.from_batches(batches).to_pylist():
                received.setdefault(row["slice"], []).append(row)
        pieces = [step.update(p, add(received.get(p.slice, []), step.kind)) for p in pieces]
        done = further(done, pieces)
    vector = np.empty(10, step.kind)
    for piece, own in zip(pieces, members, strict=True):
        vector[own] = piece.vector
    return vector, done[0]


@settings(max_examples=40, deadline=None)
@given(graphs, st.sets(numbers, max_size=3), st.integers(1, 4), st.booleans(), st.randoms(use_true_random=False))
def test_however_it_is_cut(edges: dict, seeds: set[int], slices: int, one_column: bool, chance: random.Random) -> None:
    actor, target = np.array(list(edges), dtype=np.int64).T
    edge = (actor, target, np.array(list(edges.values())))
    rank, residual = rank_graph(*edge, 10, V1)
    cut = (edges, seeds, slices, one_column)
    got, done = by_hand(Rank(V1), *cut, chance.shuffle)
    assert got == pytest.approx(rank, rel=1e-9)
    assert done.rounds == V1["rounds"]
    assert done.change == pytest.approx(residual, abs=1e-12)
    # Whatever order the edges came in: the same to the last bit.
    assert by_hand(Rank(V1), *cut, lambda rows: None)[0].tobytes() == got.tobytes()
    trusted, _ = by_hand(Reachability(), *cut, chance.shuffle)
    assert (trusted == reachable(*edge, np.array(sorted(seeds), dtype=np.int64), 10)).all()


def test_addresses_and_blocks_that_spark_makes(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large graphs of two platforms beside a small one, in one column and in several; the edges in other partitions."""
    chance, rows = random.Random(3), []
    for platform, people, count in (("murmur", 40, 300), ("plaza", 25, 120), ("hamlet", 5, 9)):
        names = [f"{platform}:{number}" for number in range(people)]
        edges = {tuple(chance.sample(names, 2)): chance.choice([0.0, chance.random()]) for _ in range(count)}
        rows += [("now", platform, *pair, weight) for pair, weight in edges.items()]
        rows += [("now", platform, seed, None, None) for seed in (*names[:2], f"{platform}:nobody")]
    edges = pa.table([pa.array(c, f.type) for c, f in zip(zip(*rows, strict=True), SCHEMA, strict=True)], SCHEMA)
    parameters = {**V1, "rounds": 3}
    monkeypatch.setattr(spark_engine, "ONE_TASK_EDGES", 20)
    monkeypatch.setattr(blocked_rank, "BLOCK_EDGES", 60)
    monkeypatch.setattr(blocked_rank, "TASK_EDGES", 250)
    monkeypatch.setattr(blocked_rank, "STRIP", 1)
    known = engines.DuckDB()
    by_person = [("platform", "ascending"), ("person_id", "ascending")]
    expected_rank = known.rank(edges, parameters).sort_by(by_person)
    expected_trust = known.trust(edges, parameters).sort_by(by_person)
    for vector_bytes in (blocked_rank.VECTOR_BYTES, 0):
        monkeypatch.setattr(blocked_rank, "VECTOR_BYTES", vector_bytes)
        engine, shuffled = spark_engine.Spark(spark), chance.sample(range(edges.num_rows), edges.num_rows)
        frame = spark.createDataFrame(edges.take(shuffled)).repartition(3)
        ranks = engine.rank(frame, parameters).toArrow().sort_by(by_person)
        assert engine._cut[2].one_column == bool(vector_bytes)
        assert max(engine._cut[2].slices) > 1
        names = ["variant", "platform", "person_id", "rounds"]
        assert ranks.select(names).to_pylist() == expected_rank.select(names).to_pylist()
        for name in ("rank", "pct", "residual"):
            assert ranks[name].to_pylist() == pytest.approx(expected_rank[name].to_pylist(), rel=1e-9, abs=1e-15)
        if vector_bytes == 0:
            assert (
                engine.trust(frame, parameters).toArrow().sort_by(by_person).to_pylist() == expected_trust.to_pylist()
            )
