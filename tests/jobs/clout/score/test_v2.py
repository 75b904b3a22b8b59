"""What the formulas of sql/v2 promise: one audience a person, age outside saturation, trust as an amount, abstention."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from clout.engine import queries, trust_flow
from clout.engine.duckdb_engine import DiskDuckDB
from clout.engine.engines import DuckDB
from clout.engine.network_rank import Graph
from clout.errors import InvalidInput
from clout.score import steps, variants
from clout.score.model import read_model
from hypothesis import given
from hypothesis import strategies as st
from scored_world import DAY, NAMES, Rows, draw, evidence_of, scores_of, world

MODEL = variants.score_alone(read_model(queries.SQL / "models" / "v2.toml"))
NUMBERS = MODEL.parameters


def fans(number: int, of: str = "ann", age: int = 0, platform: str = "murmur") -> Rows:
    """One share by each of so many people."""
    when = DAY - timedelta(age)
    return [(when, platform, f"{platform}:fan{n}", f"{platform}:{of}", "share", 1, None) for n in range(number)]


def test_one_audience_over_platforms() -> None:
    people = [
        (f"{p}:{name}", f"murmur:{name}")
        for p in ("murmur", "plaza")
        for name in ("ann", *(f"fan{n}" for n in range(8)))
    ]
    once = scores_of(fans(8), model=MODEL)["murmur:ann"]
    twice = scores_of(fans(8) + fans(8, platform="plaza"), persons=people, model=MODEL)["murmur:ann"]
    assert once["true_reach"] <= twice["true_reach"] <= once["people"] == twice["people"] == 8
    assert twice["raw_score"] == pytest.approx(once["raw_score"], abs=0.2)


def test_evidence_falls_by_its_age_however_strong_it_was() -> None:
    """Of silence after 120 people came once: the promised points after a week, a month and two."""
    then = {age: scores_of(fans(120, age=age), model=MODEL)["murmur:ann"] for age in (0, 7, 30, 60)}
    half = 2 ** (-30 / NUMBERS["half_life_days"])
    assert then[30]["true_reach"] == pytest.approx(then[0]["true_reach"] * half, rel=0.01)
    for age, points in ((7, 1.5), (30, 6), (60, 15)):
        assert then[0]["raw_score"] - then[age]["raw_score"] >= points
    # Nowhere by a cliff: least of all where evidence fades out of the window.
    for ages in ((0, 1), range(83, 90)):
        ends = [scores_of(fans(120, age=age), model=MODEL)["murmur:ann"]["raw_score"] for age in ages]
        assert all(0 < before - after <= 2 for before, after in pairwise(ends))


@given(st.integers(0, 2**32 - 1), st.integers(0, 12))
def test_what_a_set_of_accounts_receives_is_bounded_by_what_others_did_to_it(seed: int, acts: int) -> None:
    """Honest people 0..29, of whom some are seeds, and socks 30..69 who do what they like; `acts` honest acts on socks."""
    chance = np.random.default_rng(seed)
    honest = chance.integers(0, 30, (2, 80))
    inside = chance.integers(30, 70, (2, 200))
    outward = np.stack([chance.integers(30, 70, 50), chance.integers(0, 30, 50)])
    inward = np.stack([chance.integers(0, 30, acts), chance.integers(30, 70, acts)])
    edges = np.unique(np.concatenate([honest, inside, outward, inward], axis=1), axis=1)
    edges = edges[:, edges[0] != edges[1]]
    weight = np.ones(edges.shape[1])
    graph = Graph.of_numbers(edges[0].astype(np.int32), edges[1].astype(np.int32), weight, np.arange(4, dtype=np.int32))
    found = trust_flow.flow(graph, NUMBERS)
    socks = np.asarray(found["person_id"]) >= 30
    entered = (edges[0] < 30) & (edges[1] >= 30)
    assert found["trust"][socks].sum() <= entered.sum() / (1 - NUMBERS["trust_share"]) + 1e-9


@pytest.mark.parametrize("kept_by", ["target", "one sock"])
def test_one_honest_act_lets_in_few_socks(kept_by: str) -> None:
    """A thousand socks, and one act by the most trusted person of a platform: at most 50 people, wherever the act lands."""
    crowd = draw(random.Random(4), "murmur", 600)
    seeds = [("murmur", f"murmur:{name}") for name in NAMES[:4]]
    socks = [(DAY, "murmur", f"murmur:sock{n}", "murmur:boss", "share", 1, None) for n in range(1000)]
    if kept_by == "target":
        foothold: Rows = [(DAY, "murmur", seeds[0][1], "murmur:boss", "share", 1, None)]
    else:
        foothold = [(DAY, "murmur", seeds[0][1], "murmur:sock0", "share", 1, None)]
        foothold += [(DAY, "murmur", "murmur:sock0", f"murmur:sock{n}", "share", 1, None) for n in range(1, 1000)]
    boss = scores_of(crowd + socks + foothold, seeds=seeds, model=MODEL)["murmur:boss"]
    assert boss["people"] >= 1000
    assert boss["true_reach"] <= 50


def test_nobody_is_ranked_by_an_audience_that_nobody_vouches_for() -> None:
    seeds = [("murmur", "murmur:ada")]
    crowd = draw(random.Random(4), "murmur", 300)
    socks = [(DAY, "murmur", f"murmur:sock{n}", "murmur:boss", "share", 1, None) for n in range(200)]
    found = scores_of(crowd + socks, seeds=seeds, model=MODEL)
    assert found["murmur:boss"]["score"] is None
    assert found["murmur:boss"]["no_score_reason"] == "unverified audience"
    assert found["murmur:boss"]["raw_score"] > 1


def test_who_is_only_mentioned_and_never_there_has_no_score() -> None:
    """Nobody of the audience counts then, however many they are: all such people would have the same number."""
    absent = [(DAY, "murmur", f"murmur:fan{n}", "murmur:absent", "mention", 1, None) for n in range(9)]
    found = scores_of(fans(9) + absent, model=MODEL)
    assert found["murmur:ann"]["score"] > 1
    assert found["murmur:absent"]["people"] == 9
    assert (found["murmur:absent"]["score"], found["murmur:absent"]["raw_score"]) == (None, 1)
    assert found["murmur:absent"]["no_score_reason"] == "unverified audience"
    there = [(DAY, "murmur", "murmur:absent", "murmur:fan0", "like", 1, None)]
    assert scores_of(fans(9) + absent + there, model=MODEL)["murmur:absent"]["score"] > 1


def test_momentum_is_told_of_everybody_who_has_a_score() -> None:
    """Of somebody whose trusted fans are of last month, and a crowd of strangers of today, too: the gate asks for it."""
    model = variants.without_changes(read_model(queries.SQL / "models" / "v2.toml"))
    seeds = [("murmur", f"murmur:fan{n}") for n in range(4)]
    crowd = [(DAY, "murmur", f"murmur:sock{n}", "murmur:ann", "share", 1, None) for n in range(90)]
    rows = fans(20, age=45) + fans(9, "old", age=60) + crowd + fans(9, "ben", age=1)
    for name in ("ann", "old"):
        for variant in ("now", "momentum", "standing"):
            row = scores_of(rows, variant, seeds=seeds, model=model)[f"murmur:{name}"]
            assert row["score"] is not None, (name, variant)


@pytest.mark.parametrize("seed", range(6))
def test_one_more_act_never_lowers_a_score(seed: int) -> None:
    chance = random.Random(seed)
    rows = draw(chance, "murmur", 150)
    seeds = [("murmur", f"murmur:{name}") for name in chance.sample(NAMES, 3)]
    before = scores_of(rows, seeds=seeds, model=MODEL)
    for _ in range(6):
        actor, target = chance.sample([*NAMES, "newcomer"], 2)
        more = [*rows, (DAY, "murmur", f"murmur:{actor}", f"murmur:{target}", "share", 1, None)]
        after = scores_of(more, seeds=seeds, model=MODEL)[f"murmur:{target}"]
        assert after["raw_score"] >= before.get(f"murmur:{target}", {"raw_score": 1.0})["raw_score"] - 1e-6


def test_points_add_up_and_the_engine_of_nights_agrees() -> None:
    model = read_model(queries.SQL / "models" / "v2.toml")
    tables = []
    for engine in (DuckDB(), DiskDuckDB()):
        evidence = evidence_of(engine, model=model, **world())
        found = steps.published(evidence)
        tables.append({name: rows if engine.__class__ is DuckDB else rows.toArrow() for name, rows in found.items()})
    here, on_disk = tables
    for name, rows in here.items():
        assert sorted(map(repr, rows.to_pylist())) == sorted(
            map(repr, on_disk[name].select(rows.column_names).to_pylist())
        ), name
    points: dict[str, float] = {}
    for row in here["score_explanations"].to_pylist():
        points[row["person_id"]] = points.get(row["person_id"], 0.0) + row["points"]
    scores = {row["person_id"]: row for row in here["scores"].to_pylist() if row["score"] is not None}
    assert len(scores) > 10
    for person, row in scores.items():
        assert points[person] == pytest.approx(row["score"] - 1, abs=0.01)
        assert row["true_reach"] <= row["people"]
        assert row["score_low"] <= row["score"] <= row["score_high"]


def test_the_change_from_v1_is_a_cause_of_its_own() -> None:
    old = read_model(queries.SQL / "models" / "v1.toml")
    new = replace(read_model(queries.SQL / "models" / "v2.toml"), earlier=old, since=DAY - timedelta(3))
    evidence = evidence_of(DuckDB(), draw(random.Random(9), "murmur", 600), model=new)
    changes = evidence.resolve("score_changes").to_pylist()
    assert {row["days_before"] for row in changes if row["model_change"]} == {7, 30}
    for row in changes:
        if row["change"] is not None:
            parts = (row["they_did"], row["others_did"], row["left_window"], row["model_change"])
            assert sum(parts) == pytest.approx(row["change"], abs=0.001)


def test_a_model_of_unknown_formulas_is_refused(tmp_path: Path) -> None:
    text = (queries.SQL / "models" / "v2.toml").read_text(encoding="utf-8")
    (tmp_path / "v9.toml").write_text(text.replace('formulas = "v2"', 'formulas = "v9"'), encoding="utf-8")
    with pytest.raises(InvalidInput, match="formulas is 'v9'; known are v1, v2"):
        read_model(tmp_path / "v9.toml")
