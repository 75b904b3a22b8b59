"""The network rank and trust: against a second, slow way to compute it, and what must hold of any graph."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from clout.engine import queries
from clout.engine.network_rank import percentiles, rank_platform, trust_platform
from clout.score.model import read_model
from hypothesis import given, settings
from hypothesis import strategies as st

V1 = read_model(queries.SQL / "models" / "v1.toml").parameters
#: Percentiles that can be computed in the head: 50 at 0, 100 from 2 on, even between.
EASY = {"rounds": 20, "reference": [-2.0, 0.0, 2.0]}
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("variant", "platform", "actor", "target")] + [("weight", pa.float64())]
)

Edges = dict[tuple[str, str], float]

people = st.sampled_from([f"murmur:{name}" for name in ("ada", "bo", "cleo", "dara", "eno", "fay", "gus", "hana")])
# Weights of 0: whoever is not credible at all moves nobody.
weights = st.floats(0.0, 1.0)
graphs = st.dictionaries(st.tuples(people, people).filter(lambda pair: pair[0] != pair[1]), weights, min_size=1)


def table(edges: Edges, seeds: list[str], platform: str = "murmur") -> pa.Table:
    """Edges and seeds in the form that the kernel reads."""
    rows = [("now", platform, actor, target, weight) for (actor, target), weight in edges.items()]
    rows += [("now", platform, seed, None, None) for seed in seeds]
    return pa.table(
        [pa.array(column, f.type) for column, f in zip(zip(*rows, strict=True), SCHEMA, strict=True)], SCHEMA
    )


def ranks(edges: Edges, seeds: list[str], parameters: dict) -> dict[str, float]:
    """The kernel's answer by person."""
    answer = rank_platform(table(edges, seeds), parameters)
    return dict(zip(answer["person_id"].to_pylist(), answer["rank"].to_pylist(), strict=True))


def slowly(edges: Edges, parameters: dict) -> dict[str, float]:
    """Round by round, person by person."""

    def pct(rank: float) -> float:
        knots = parameters["reference"]
        for place, (low, high) in enumerate(pairwise(knots)):
            if low <= rank <= high:
                return 100 * (place + (rank - low) / (high - low)) / (len(knots) - 1)
        return 100.0

    rank = {person: 0.0 for pair in edges for person in pair}
    for _ in range(parameters["rounds"]):
        rank = {
            one: sum(weight * pct(rank[a]) / 100 for (a, target), weight in edges.items() if target == one)
            for one in rank
        }
    return rank


@settings(max_examples=100, deadline=None)
@given(graphs)
def test_equals_the_slow_way(edges: Edges) -> None:
    assert ranks(edges, [], V1) == pytest.approx(slowly(edges, V1), abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(graphs, st.tuples(people, people).filter(lambda pair: pair[0] != pair[1]), st.floats(0.0, 1.0))
def test_more_of_an_edge_lowers_nobody(edges: Edges, pair: tuple[str, str], more: float) -> None:
    grown = {**edges, pair: max(edges.get(pair, 0.0), more)}
    before, after = ranks(edges, [], V1), ranks(grown, [], V1)
    for person, rank in before.items():
        assert after[person] >= rank - 1e-11, person
    if grown != edges and more > 1e-6:
        assert after[pair[1]] > before.get(pair[1], -1.0)


@settings(max_examples=50, deadline=None)
@given(graphs, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_change_a_byte(edges: Edges, chance: random.Random) -> None:
    seeds = sorted({actor for actor, _ in edges})[:2]
    given_rows = table(edges, seeds)
    places = list(range(given_rows.num_rows))
    chance.shuffle(places)
    # In chunks, as Spark hands them over.
    shuffled = pa.concat_tables([given_rows.take([place]) for place in places])
    assert rank_platform(shuffled, V1).equals(rank_platform(given_rows, V1))


def test_order_does_not_matter_on_a_large_graph_either() -> None:
    # On few edges sums are often exact in any order; on thousands they are not.
    chance = random.Random(7)
    names = [f"murmur:{number}" for number in range(300)]
    edges = {tuple(chance.sample(names, 2)): chance.random() for _ in range(6000)}
    given_rows = table(edges, names[:5])
    shuffled = given_rows.take(chance.sample(range(given_rows.num_rows), given_rows.num_rows))
    assert rank_platform(shuffled, V1).equals(rank_platform(given_rows, V1))


def test_by_hand() -> None:
    # Nobody acts on ada and dara: rank 0, the 50th percentile. Both act on bo: 0.5 * 1 + 0.5 * 0.8 = 0.9, the 72.5th.
    # bo acts on cleo, half credible: 0.725 * 0.5 = 0.3625.
    edges = {("ada", "bo"): 1.0, ("dara", "bo"): 0.8, ("bo", "cleo"): 0.5}
    assert ranks(edges, [], EASY) == pytest.approx({"ada": 0.0, "bo": 0.9, "cleo": 0.3625, "dara": 0.0})
    [bo] = [row for row in rank_platform(table(edges, []), EASY).to_pylist() if row["person_id"] == "bo"]
    assert bo["pct"] == pytest.approx(72.5)


def test_a_circle_settles_where_it_holds_itself() -> None:
    # r = 0.5 + r / 4 each: 2/3. And a seed has no rank of its own.
    circle = {("ada", "bo"): 1.0, ("bo", "cleo"): 1.0, ("cleo", "ada"): 1.0}
    for seeds in ([], ["ada"]):
        assert ranks(circle, seeds, EASY) == pytest.approx(dict.fromkeys(("ada", "bo", "cleo"), 2 / 3))


def test_who_is_not_credible_passes_nothing_on() -> None:
    assert ranks({("ada", "bo"): 0.0, ("cleo", "bo"): 0.0}, ["ada"], V1) == {"ada": 0.0, "bo": 0.0, "cleo": 0.0}
    # And what an actor gives does not depend on how many get it.
    few, many = {("ada", "bo"): 0.6}, {("ada", one): 0.6 for one in ("bo", "cleo", "dara")}
    assert ranks(many, [], V1)["bo"] == ranks(few, [], V1)["bo"] > 0


def test_records_rounds_and_residual() -> None:
    def after(rounds: int) -> list[dict]:
        return rank_platform(table({("ada", "bo"): 1.0, ("bo", "ada"): 0.5}, []), {**V1, "rounds": rounds}).to_pylist()

    settled, before = after(V1["rounds"]), after(V1["rounds"] - 1)
    assert {row["rounds"] for row in settled} == {V1["rounds"]}
    [residual] = {row["residual"] for row in settled}
    assert residual == pytest.approx(max(now["rank"] - then["rank"] for now, then in zip(settled, before, strict=True)))
    assert 0 <= residual < 1e-6


def test_percentiles_are_those_of_the_frozen_reference() -> None:
    def percentile(rank: float, *reference: float) -> float:
        return float(percentiles(np.array([rank]), {"reference": list(reference)})[0])

    assert percentile(1.0, 0.0, 1.0, 2.0) == 50.0  # a knot
    assert percentile(1.0, 0.5, 1.5) == 50.0  # half-way between two
    assert percentile(1.0, 0.0, 0.5, 1.5, 3.0, 9.0) == pytest.approx(37.5)
    assert percentile(1.0, 2.0, 3.0) == 0.0  # below all
    assert percentile(1.0, 0.1, 0.9) == 100.0  # above all
    assert percentile(0.0, *V1["reference"]) == 10.0  # on whom nobody acts


def test_one_platform_in_one_platform_out() -> None:
    answer = rank_platform(table({("ada", "bo"): 0.5}, ["bo"], platform="plaza"), V1)
    assert answer["platform"].to_pylist() == ["plaza", "plaza"]
    assert answer["person_id"].to_pylist() == ["ada", "bo"]


def test_seeds_whom_nobody_knows_are_left_out() -> None:
    edges = {("ada", "bo"): 0.5}
    assert ranks(edges, ["zed"], V1) == ranks(edges, [], V1)
    for kernel in (trust_platform, lambda rows: rank_platform(rows, V1)):
        assert kernel(table({}, ["zed"])).num_rows == 0


def trusted(edges: Edges, seeds: list[str]) -> set[str]:
    """Whom the kernel calls trusted."""
    return {row["person_id"] for row in trust_platform(table(edges, seeds)).to_pylist() if row["trusted"]}


def test_trust_follows_the_acts_of_trusted_people() -> None:
    chain = {("ada", "bo"): 0.5, ("bo", "cleo"): 0.1, ("dara", "ada"): 0.9, ("eno", "fay"): 0.9, ("cleo", "gus"): 0.0}
    # From ada to those on whom she acted, and so on; not to who acted on her; not along acts that are worth nothing.
    assert trusted(chain, ["ada"]) == {"ada", "bo", "cleo"}
    assert trusted(chain, ["cleo", "eno"]) == {"cleo", "eno", "fay"}
    assert trusted(chain, []) == set()
    answer = trust_platform(table(chain, ["ada"])).to_pylist()
    assert [row["person_id"] for row in answer if row["seed"]] == ["ada"]


@settings(max_examples=100, deadline=None)
@given(graphs, st.lists(people, unique=True, max_size=3))
def test_trust_is_what_can_be_reached(edges: Edges, wished: list[str]) -> None:
    known = {person for pair in edges for person in pair}
    found = set(wished) & known
    while more := {t for (a, t), weight in edges.items() if a in found and weight > 0} - found:
        found |= more
    assert trusted(edges, wished) == found
