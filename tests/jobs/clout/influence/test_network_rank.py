"""The network rank and trust: against a second, slow way to compute it, and what must hold of any graph."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from clout import queries
from clout.influence.model import read_model
from clout.influence.network_rank import rank_platform, trust_platform
from hypothesis import given, settings
from hypothesis import strategies as st

V1 = read_model(queries.SQL / "models" / "v1.toml").parameters
#: Rounds enough for the reference and the kernel to meet at the fixed point.
TO_THE_END = {**V1, "tolerance": 1e-13, "rounds": 1000}
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("variant", "platform", "actor", "target")] + [("weight", pa.float64())]
)

Edges = dict[tuple[str, str], float]

people = st.sampled_from([f"murmur:{name}" for name in ("ada", "bo", "cleo", "dara", "eno", "fay", "gus", "hana")])
# Weights of 0: whoever is not credible at all moves nobody. Not tiny ones: scaled, they would lose their digits.
weights = st.one_of(st.just(0.0), st.floats(1e-6, 1.0))
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


def slowly(edges: Edges, seeds: list[str], parameters: dict) -> dict[str, float]:
    """r = (1 - damping) t + damping W'r with dangling mass to t, person by person."""
    everybody = {person for pair in edges for person in pair}
    share = parameters["seed_share"] if seeds else 0.0
    teleport = {one: (1 - share) / len(everybody) + (share / len(seeds) if one in seeds else 0.0) for one in everybody}
    out = {one: sum(weight for (actor, _), weight in edges.items() if actor == one) for one in everybody}
    rank = teleport
    for _ in range(300):
        loose = sum(rank[one] for one in everybody if out[one] == 0)
        given_to = {
            one: sum(rank[a] * weight / out[a] for (a, target), weight in edges.items() if target == one and out[a])
            for one in everybody
        }
        d = parameters["damping"]
        rank = {one: (1 - d) * teleport[one] + d * (given_to[one] + loose * teleport[one]) for one in everybody}
    return rank


@settings(max_examples=100, deadline=None)
@given(graphs, st.lists(people, unique=True, max_size=3))
def test_equals_the_slow_way_and_sums_to_one(edges: Edges, wished: list[str]) -> None:
    known = {person for pair in edges for person in pair}
    seeds = [seed for seed in wished if seed in known]
    got = ranks(edges, seeds, TO_THE_END)
    assert got == pytest.approx(slowly(edges, seeds, TO_THE_END), abs=1e-12)
    assert sum(got.values()) == pytest.approx(1.0, abs=1e-12)
    assert min(got.values()) > 0


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


def test_everybody_dangling_gets_the_teleport() -> None:
    # Nobody's evidence counts: the mass of all goes to the teleport, which is already the answer.
    edges = {("ada", "bo"): 0.0, ("cleo", "bo"): 0.0}
    assert ranks(edges, [], V1) == pytest.approx({"ada": 1 / 3, "bo": 1 / 3, "cleo": 1 / 3})
    assert ranks(edges, ["ada"], V1) == pytest.approx({"ada": 0.5 + 0.5 / 3, "bo": 0.5 / 3, "cleo": 0.5 / 3})


def test_a_circle_is_even_and_a_seed_breaks_it() -> None:
    circle = {("ada", "bo"): 0.5, ("bo", "cleo"): 0.1, ("cleo", "ada"): 0.9}
    assert ranks(circle, [], V1) == pytest.approx({"ada": 1 / 3, "bo": 1 / 3, "cleo": 1 / 3})
    trusted = ranks(circle, ["ada"], TO_THE_END)
    # Trust flows from ada to bo to cleo, a little less each time.
    assert trusted["ada"] > trusted["bo"] > trusted["cleo"]


def test_by_hand() -> None:
    # ada moves bo and cleo 3 to 1; both dangle. With t even: r_ada = .05 + .85 (r_bo + r_cleo) / 3, and the three sum to 1.
    got = ranks({("ada", "bo"): 0.75, ("ada", "cleo"): 0.25}, [], TO_THE_END)
    ada = (0.05 + 0.85 / 3) / (1 + 0.85 / 3)
    assert got == pytest.approx({"ada": ada, "bo": ada * (1 + 0.85 * 0.75), "cleo": ada * (1 + 0.85 * 0.25)}, abs=1e-12)


def test_only_the_proportions_of_what_an_actor_gives_count() -> None:
    edges = {("ada", "bo"): 0.6, ("ada", "cleo"): 0.2, ("bo", "ada"): 0.5}
    timid = {pair: weight / 1000 if pair[0] == "ada" else weight for pair, weight in edges.items()}
    assert ranks(timid, [], V1) == pytest.approx(ranks(edges, [], V1))


def test_records_rounds_and_residual() -> None:
    def after(rounds: int, edges: Edges) -> list[dict]:
        return rank_platform(table(edges, []), {**V1, "rounds": rounds}).to_pylist()

    chain = {("ada", "bo"): 0.5, ("bo", "cleo"): 0.5, ("ada", "cleo"): 0.1}
    settled = after(50, chain)
    rounds, residual = settled[0]["rounds"], settled[0]["residual"]
    assert all((row["rounds"], row["residual"]) == (rounds, residual) for row in settled)
    assert 1 < rounds < 50
    assert residual < 1e-6
    # One round less would not have been enough; the residual is the L1 change of the last one.
    before = after(rounds - 1, chain)
    assert before[0]["rounds"] == rounds - 1
    assert before[0]["residual"] >= 1e-6
    change = sum(abs(now["rank"] - then["rank"]) for now, then in zip(settled, before, strict=True))
    assert residual == pytest.approx(change, abs=1e-12)
    # Two who only move each other, and one who moves one of them: rank swings to and fro, and 50 rounds do not settle it.
    swing = {("ada", "bo"): 0.5, ("bo", "ada"): 0.5, ("cleo", "ada"): 0.1}
    assert after(50, swing)[0]["rounds"] == 50
    assert after(50, swing)[0]["residual"] > 1e-6
    # As many as the model allows do, whatever the graph: a round leaves at most damping of what was left.
    assert after(V1["rounds"], swing)[0]["residual"] < 1e-6
    assert 2 * V1["damping"] ** (V1["rounds"] - 1) < V1["tolerance"]


def test_percentiles_are_those_of_the_frozen_reference() -> None:
    # Three people in a circle: rank x people is 1 for each.
    circle = {("ada", "bo"): 0.5, ("bo", "cleo"): 0.1, ("cleo", "ada"): 0.9}

    def percentile(*reference: float) -> float:
        [pct] = set(rank_platform(table(circle, []), {**V1, "reference": list(reference)})["pct"].to_pylist())
        return pct

    assert percentile(0.0, 1.0, 2.0) == 50.0  # a knot
    assert percentile(0.5, 1.5) == 50.0  # half-way between two
    assert percentile(0.0, 0.5, 1.5, 3.0, 9.0) == pytest.approx(37.5)
    assert percentile(2.0, 3.0) == 0.0  # below all
    assert percentile(0.1, 0.9) == 100.0  # above all
    assert percentile(*V1["reference"]) == pytest.approx(70 + 5 * (1.0 - 0.9) / (1.2 - 0.9))


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
