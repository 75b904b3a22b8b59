"""The whole chain: the same in memory and on disk, and never worse for being moved, all over many random people."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from clout.engine import duckdb_engine
from clout.engine.duckdb_engine import DiskDuckDB
from clout.engine.engines import DuckDB
from clout.lake.schemas import KINDS
from clout.score import steps
from clout.score.model import Model
from clout.warehouse import catalog
from hypothesis import given, settings
from hypothesis import strategies as st
from scored_world import DAY, EXCLUDED, MODEL, NAMES, Rows, draw, evidence_of, moved_to, published, scores_of, world

# The engines ---------------------------------------------------------------------------------------------------------


def in_order(rows: pa.Table) -> list[dict[str, Any]]:
    """All rows in one order."""
    return sorted(rows.to_pylist(), key=lambda row: [str(v) for v in row.values() if not isinstance(v, float)])


@pytest.fixture(scope="module")
def local() -> dict[str, pa.Table]:
    """The tables of the world, made in DuckDB."""
    return published(DuckDB())


def test_neither_engine_nor_batches_change_a_score(local: dict[str, pa.Table], monkeypatch: pytest.MonkeyPatch) -> None:
    # Of so few rows all would be computed at once.
    monkeypatch.setattr(duckdb_engine, "TIES_AT_ONCE", 250)
    on_disk = published(DiskDuckDB())
    for name, rows in local.items():
        assert in_order(on_disk[name]) == in_order(rows), name
        declared = catalog.relations()[name].arrow_schema
        for made in (rows, on_disk[name]):
            assert [(field.name, field.type) for field in made.schema] == [(f.name, f.type) for f in declared], name


def test_excluded_people_are_in_no_table(local: dict[str, pa.Table]) -> None:
    activity = world()["activity"]
    assert {row[2] for row in activity} >= EXCLUDED
    assert {row[3] for row in activity} >= EXCLUDED
    filled = ("scores", "platform_scores", "score_explanations", "score_changes", "influences")
    assert all(len(local[name]) > 20 for name in filled)
    for name, rows in local.items():
        keys = {key for row in rows.to_pylist() for key in row.values() if isinstance(key, str)}
        assert not keys & EXCLUDED, name


def test_points_and_causes_add_up_for_everybody(local: dict[str, pa.Table]) -> None:
    scores = {row["person_id"]: row["score"] for row in local["scores"].to_pylist() if row["score"] is not None}
    points = dict.fromkeys(scores, 0.0)
    for row in local["score_explanations"].to_pylist():
        points[row["person_id"]] += row["points"]
    assert len(points) > 20
    for person, score in scores.items():
        assert points[person] == pytest.approx(score - 1, abs=0.01)
    changes = [row for row in local["score_changes"].to_pylist() if row["change"] is not None]
    assert {row["days_before"] for row in changes} == {1, 7, 30}
    for row in changes:
        parts = (row["they_did"], row["others_did"], row["left_window"], row["model_change"])
        assert sum(parts) == pytest.approx(row["change"], abs=0.01)
    for part in ("they_did", "others_did", "left_window"):
        assert any(abs(row[part]) > 0.1 for row in changes), part


def test_a_counter_that_grew_is_what_others_did() -> None:
    """Pages shows followers and no people: 99 a month ago and 9,999 since three days. By hand: s = beta * ln(1 + n) /
    ln(1 + ref), so twice as much, and nothing of it aged. On murmur nothing happened meanwhile."""
    fans = [
        (DAY - timedelta(60), "murmur", f"murmur:fan{n}", "murmur:bo", "share", 1, None)
        for n in range(MODEL.parameters["min_people"])
    ]
    evidence = evidence_of(
        DuckDB(),
        fans,
        persons=[("murmur:bo", "murmur:bo"), ("pages:bo", "murmur:bo")],
        counted=[
            (DAY - timedelta(30), "pages:bo", "pages", 99, None),
            (DAY - timedelta(3), "pages:bo", "pages", 9999, None),
        ],
    )
    evidence.tables["sources"] = steps.sources_table(["murmur", "pages"])
    by_platform = evidence.resolve("platform_score").to_pylist()
    found = {row["variant"]: row["s_followers"] for row in by_platform if row["platform"] == "pages"}
    numbers = MODEL.parameters
    one = numbers["beta_followers"] * math.log(100) / math.log(1 + numbers["ref_followers"])
    for variant, worth in {
        "before_7": one,
        "aged_7": one,
        "others_7": 2 * one,
        "now": 2 * one,
        "before_1": 2 * one,
    }.items():
        assert found[variant] == pytest.approx(worth), variant
    changes = evidence.resolve("score_changes").to_pylist()
    [day, week, month] = sorted(
        (row for row in changes if row["person_id"] == "murmur:bo"), key=lambda row: row["days_before"]
    )
    assert day["others_did"] == 0
    for row in (week, month):
        assert row["others_did"] > 1
        assert row["left_window"] < 0
        assert row["they_did"] == 0
        assert row["others_did"] + row["left_window"] == pytest.approx(row["change"], abs=0.001)


def test_a_new_model_is_a_cause_of_its_own() -> None:
    """A week ago another model was in force: what it gave then is what it gives alone, and the causes still add up."""
    since, rows = DAY - timedelta(3), draw(random.Random(9), "murmur", 600)
    old = replace(MODEL, version="v0", parameters=MODEL.parameters | {"kappa": 4.0, "beta_network": 0.1})
    new = replace(MODEL, earlier=old, since=since)

    def tables(model: Model, day: date = DAY) -> dict[str, pa.Table]:
        evidence = evidence_of(DuckDB(), [row for row in rows if row[0] <= day], day=day, model=model)
        return steps.published(evidence)

    changes = tables(new)["score_changes"].to_pylist()
    then = {row["person_id"]: row["score"] for row in tables(old, DAY - timedelta(7))["scores"].to_pylist()}
    assert {row["days_before"] for row in changes if row["model_change"]} == {7, 30}
    for row in changes:
        if row["change"] is not None:
            parts = (row["they_did"], row["others_did"], row["left_window"], row["model_change"])
            assert sum(parts) == pytest.approx(row["change"], abs=0.001)
            if row["days_before"] == 7:
                assert row["score_before"] == then[row["person_id"]]
                assert abs(row["model_change"]) > 0.1
    # Whoever scores an old day anew by the new model compares by it, too.
    old_day = replace(new, since=DAY + timedelta(1))
    assert {row["model_change"] for row in tables(old_day)["score_changes"].to_pylist()} <= {0.0, None}


def test_a_linked_person_is_one_person(local: dict[str, pa.Table]) -> None:
    rows = {row["person_id"]: row for row in local["scores"].to_pylist()}
    assert rows["murmur:bo"]["platforms"] == "murmur,pages,plaza"
    assert rows["murmur:bo"]["counter_based"]
    assert not {"plaza:bo", "pages:bo", "pages:p1"} & rows.keys()
    # Whom only counters tell of has no score, and is told why.
    assert rows["pages:p2"]["no_score_reason"] == "insufficient evidence"


# What must hold of everybody -----------------------------------------------------------------------------------------


def one_more(chance: random.Random, rows: Rows, platform: str) -> tuple[Rows, str]:
    """The rows on another platform with one more act there, by somebody who was there or by a newcomer; on whom."""
    actor, target = chance.sample([*NAMES, "newcomer"], 2)
    target = "ada" if target == "newcomer" else target
    actor = "bo" if actor == target else actor
    more = (DAY - timedelta(chance.randrange(90)), platform, f"{platform}:{actor}", f"{platform}:{target}")
    act = (*more, chance.choice(KINDS), chance.choice((1, 3)), None)
    return [*moved_to(rows, platform), act], f"{platform}:{target}"


#: Trust starts from nobody whom the sources do not name.
NAMED_SEEDS_ONLY = replace(MODEL, parameters=MODEL.parameters | {"seed_votes": 1e9})


@settings(max_examples=2, deadline=None)
@given(st.integers(0, 2**32))
def test_more_engagement_never_lowers_a_score(seed: int) -> None:
    """Platforms do not touch each other: each copy of a random one gets one more act, all are computed at once.

    Half of the copies have a seed, so that most actors are untrusted there.
    """
    chance = random.Random(seed)
    rows = draw(chance, "base", chance.choice((20, 150, 600)))
    copies = [one_more(chance, rows, f"copy{number}") for number in range(40)]
    seeds = [(f"copy{number}", f"copy{number}:p0") for number in range(20)]
    everything = [*rows, *moved_to(rows, "sown"), *(row for copy, _ in copies for row in copy)]
    scores = scores_of(everything, seeds=[("sown", "sown:p0"), *seeds], model=NAMED_SEEDS_ONLY)
    for number, (_, target) in enumerate(copies):
        base = "sown" if number < 20 else "base"
        before = scores.get(f"{base}:{target.split(':')[1]}", {"raw_score": 1.0})["raw_score"]
        assert scores[target]["raw_score"] >= before - 1e-9, target


def shares(actors: Iterable[str], *targets: str, day: date = DAY) -> Rows:
    """Each actor shares something of each target, on one day."""
    return [
        (day, "murmur", f"murmur:{actor}", f"murmur:{target}", "share", 1, None)
        for actor in actors
        for target in targets
    ]


def test_engagement_by_somebody_who_acts_on_ones_own_people_lowers_nothing() -> None:
    """ada acts on bo, and bo on cleo, who moves ada already. One more act of ada on cleo: bo moves ada less, as selectivity
    has it, but as somebody whom cleo moves he counts as before."""
    rows = [*shares(["ada"], "bo", "cleo"), *shares(["bo"], "cleo"), *shares(["ada"] * 40, "cleo")]
    before, after = (scores_of(each) for each in (rows, [*rows, *shares(["ada"], "cleo")]))
    assert after["murmur:bo"]["true_reach"] < before["murmur:bo"]["true_reach"]
    for name in ("true_reach", "influential_people", "raw_score"):
        assert after["murmur:cleo"][name] >= before["murmur:cleo"][name]


def test_a_vote_for_one_more_can_unseat_a_seed() -> None:
    """What engagement can take away all the same. Everybody has one vote for seeds, and divides it. Sam is a seed by 4
    votes of 8 people, two of whom each person acts on. Sam is also the only trusted one who acts on tess; then one of the
    eight acts on her, too, and has a third of a vote for sam instead of a half. Where seeds are named, this cannot be."""
    voters, crowd = [f"v{n}" for n in range(8)], [f"c{n}" for n in range(60)]
    rows = [
        *(row for n, voter in enumerate(voters) for row in shares([voter], "sam", f"other{n}")),
        *shares([f"w{n}" for n in range(12)], "rita", "rob"),  # seeds besides
        *shares(["sam"], "tess"),
        *shares(crowd, "tess", *(f"u{n}" for n in range(19))),  # 3 votes for each
    ]
    more = [*rows, *shares(["v0"], "tess")]
    before, after = (scores_of(each)["murmur:tess"] for each in (rows, more))
    assert after["people"] == before["people"] + 1
    assert after["true_reach"] < before["true_reach"] / 5
    named = [("murmur", "murmur:sam"), ("murmur", "murmur:rita")]
    before, after = (scores_of(each, seeds=named)["murmur:tess"] for each in (rows, more))
    assert after["raw_score"] > before["raw_score"]


def crowd(chance: random.Random) -> list[dict[str, Any]]:
    """Some actors as sql/weights.sql describes them: many come on one day, few are trusted."""
    found = []
    for _ in range(chance.choice((1, 3, 12, 60))):
        first = DAY - timedelta(chance.choice((0, 1, 1, 1, 2, chance.randrange(90))))
        weight = chance.random()
        found.append(
            {
                "weight": weight,
                "influential": weight * chance.choice((0.05, 0.1, chance.random())),
                "credibility": 1.0,
                "targets": chance.choice((1, 1, 2, 9)),
                "trusted": chance.random() < 0.1,
                "first_day": first,
                "last_day": max(first, DAY - timedelta(chance.choice((0, 1, 50, 90, 90)))),
            }
        )
    return found


def with_more(chance: random.Random, actors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same and one more; or one of them does more, comes again, acts on others, too, or is trusted."""
    more = [dict(actor) for actor in actors]
    one = chance.choice(more)
    match chance.randrange(5):
        case 0:
            more.append(crowd(chance)[0])
        case 1:
            one |= {"weight": one["weight"] * 1.5, "influential": one["influential"] * 1.5}
        case 2:
            one["first_day"] -= timedelta(1)
        case 3:
            one["targets"] += 1
        case 4:
            one["trusted"] = True
    return more


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32))
def test_more_evidence_never_lowers_what_is_counted(seed: int) -> None:
    """Strictly so where every bound binds: nobody takes the place of anybody."""
    chance = random.Random(seed)
    rows = []
    for number in range(300):
        actors, is_seed = crowd(chance), chance.random() < 0.1
        for target, crowded in ((f"before{number}", actors), (f"after{number}", with_more(chance, actors))):
            place = {"variant": "now", "platform": "murmur", "target": target, "seed": is_seed}
            rows += [place | {"actor": f"a{i}"} | actor for i, actor in enumerate(crowded)]
    ends = {"actor": "long", "target": "long", "first_day": DAY - timedelta(89), "last_day": DAY}
    rows.append(rows[0] | ends)
    numbers = MODEL.parameters | {"cap": 4.0, "floor": 0.25}
    engine, weights = DuckDB(), pa.Table.from_pylist(rows)
    people = engine.run("audience", numbers, weights=weights)
    given = {"audience": people, "audience_spans": engine.run("audience_spans", numbers, audience=people)}
    counted = engine.run("capped_audience", numbers, weights=weights, **given).to_pylist()
    found = {row["person_id"]: row for row in counted}
    assert sum(row["people_cut"] > 0 for row in counted) > 100
    for number in range(300):
        before, after = found[f"before{number}"], found[f"after{number}"]
        for what in ("people", "influential"):
            assert after[what] >= before[what] - 1e-9, (number, what)


def test_one_more_platform_never_lowers_a_score() -> None:
    chance = random.Random(8)
    rows = draw(chance, "murmur", 300) + draw(chance, "plaza", 200)
    linked = [(f"{platform}:{name}", f"murmur:{name}") for name in NAMES for platform in ("murmur", "plaza")]
    apart, together = scores_of(rows), scores_of(rows, persons=linked)
    assert len(together) == len(NAMES)
    for person, row in together.items():
        alone = [apart[key]["raw_score"] for key in (person, person.replace("murmur", "plaza")) if key in apart]
        assert row["raw_score"] >= max(alone) - 1e-9
        assert len(alone) < 2 or row["raw_score"] > max(alone)


def test_one_person_repeating_is_worth_less_than_many() -> None:
    def share(actor: str, target: str, n: int = 1) -> tuple:
        return (DAY, "murmur", f"murmur:{actor}", f"murmur:{target}", "share", n, None)

    many = [share(f"fan{number}", "loved") for number in range(5)]
    scores = scores_of([*many, share("fan", "pestered", 5), share("bore", "pestered twice", 100_000)])
    assert scores["murmur:loved"]["true_reach"] > 4 * scores["murmur:pestered"]["true_reach"]
    assert scores["murmur:pestered twice"]["true_reach"] <= 1
    assert scores["murmur:loved"]["raw_score"] > scores["murmur:pestered twice"]["raw_score"]


def test_without_new_evidence_a_score_declines_and_standing_more_slowly_than_momentum() -> None:
    rows = draw(random.Random(4), "murmur", 300, days=60)  # in the window on all dates below
    then = DAY
    for days in (1, 7, 21):
        later = then + timedelta(days)
        fall = {}
        for variant in ("now", "standing", "momentum"):
            before, after = (scores_of(rows, variant, day=day) for day in (then, later))
            assert before.keys() == after.keys()
            fall[variant] = {person: 1 - after[person]["raw_score"] / before[person]["raw_score"] for person in before}
        for person, fell in fall["standing"].items():
            assert 0 < fell < min(fall["now"][person], fall["momentum"][person]), (person, days)


def test_one_population_more_does_not_change_a_score() -> None:
    """The map and the references are frozen: what others there are on another platform is no matter."""
    rows = draw(random.Random(5), "murmur", 300)
    alone, beside = scores_of(rows), scores_of(rows + draw(random.Random(6), "plaza", 900))
    assert all(beside[person] == row for person, row in alone.items())


def test_a_disjoint_copy_of_everybody_does_not_change_a_score() -> None:
    """The map is frozen, and ranks are taken times the number of people: twice as many people, the same scores."""
    rows = draw(random.Random(7), "murmur", 600)
    rows += [(DAY - timedelta(3), "murmur", f"murmur:fan{n}", "murmur:loud", "share", 1, None) for n in range(20)]
    copies = [(ds, p, f"{actor}-copy", f"{target}-copy", *rest) for ds, p, actor, target, *rest in rows]
    numbers = MODEL.parameters | {"seed_votes": 1.0}
    alone, twice = (scores_of(each, model=replace(MODEL, parameters=numbers)) for each in (rows, rows + copies))
    assert len(twice) == 2 * len(alone)
    assert alone["murmur:loud"]["reach_cut"] > 5
    for person, row in alone.items():
        for key in (person, f"{person}-copy"):
            for name in ("raw_score", "score_low", "score_high"):
                assert twice[key][name] == pytest.approx(row[name], abs=1e-6), (key, name)
