"""What would raise a score: the same numbers as when the evidence really comes."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from clout.config.paths import SQL
from clout.engine.engines import DuckDB
from clout.errors import InvalidInput
from clout.score import steps, what_if
from clout.score.model import read_model
from scored_world import DAY, MODEL, dataset_of, draw, evidence_of, published, world

Tables = dict[str, pa.Table]


@pytest.fixture(scope="module")
def tables() -> Tables:
    """The tables of the small world."""
    return published(DuckDB())


def rows_of(tables: Tables, table: str, person: str) -> list[dict[str, Any]]:
    return [row for row in tables[table].to_pylist() if row["person_id"] == person]


def test_gives_the_published_score_of_everybody(tables: Tables) -> None:
    scored = [row for row in tables["scores"].to_pylist() if row["score"] is not None]
    assert len(scored) > 20
    for row in scored:
        rows = rows_of(tables, "platform_scores", row["person_id"])
        what_if.check(MODEL, DAY, rows, row["score"], {"murmur"})
        with pytest.raises(InvalidInput, match="the one that made it"):
            what_if.check(MODEL, DAY, rows, row["score"] + 1, {"murmur"})


def test_each_step_raises_and_more_raises_more(tables: Tables) -> None:
    [score] = rows_of(tables, "scores", "murmur:bo")
    rows = rows_of(tables, "platform_scores", "murmur:bo")
    steps = what_if.steps(MODEL, DAY, rows, score["credible_people"], {"murmur"})
    points = {(step.platform, step.evidence): step.points for step in steps}
    assert {platform for platform, _ in points} == {"murmur", "plaza"}  # nobody can add followers honestly
    for platform in ("murmur", "plaza"):
        one = points[platform, "one more trusted person shares a post"]
        assert 0 < one < points[platform, "one more person of the highest influence shares a post"]
        assert one < points[platform, "five more trusted people share a post each"]
    assert ("plaza", "one more post, and it is passed on or answered") not in points
    assert [step.points for step in steps] == sorted(points.values(), reverse=True)
    unread = [row | {"posts": 0, "posts_weight": 0.0, "acted_weight": 0.0} for row in rows]
    steps = what_if.steps(MODEL, DAY, unread, score["credible_people"], {"murmur"})
    assert "one more post, and it is passed on or answered" not in {step.evidence for step in steps}


def test_is_what_the_evidence_brings_when_it_comes() -> None:
    """A newcomer's share, a post that is passed on: added to the activity, all computed again."""
    # The newcomer's own rank is nobody's to know before: here only reach and posts count.
    model = replace(MODEL, parameters=MODEL.parameters | {"beta_network": 0.0})
    activity = draw(random.Random(3), "murmur", 200)
    posts = [("murmur", "murmur:ada", f"p{number}", "original", False, None, True) for number in range(3)]

    def computed(extra: list[tuple], posts: list[tuple], acted: list[tuple]) -> tuple[float, list[dict[str, Any]]]:
        evidence = evidence_of(DuckDB(), [*activity, *extra], posts=posts, post_actions=acted, model=model)
        [row] = [
            r for r in evidence.resolve("score").to_pylist() if (r["variant"], r["person_id"]) == ("now", "murmur:ada")
        ]
        rows = evidence.resolve("platform_scores")
        return row["raw_score"], [r for r in rows.to_pylist() if r["person_id"] == "murmur:ada"]

    at = world()["posts"][0][5].replace(year=DAY.year, month=DAY.month, day=DAY.day)
    posts = [(*post[:5], at, True) for post in posts]
    before, rows = computed([], posts, [])
    steps = {step.evidence: step.points for step in what_if.steps(model, DAY, rows, 9, {"murmur"})}
    share = (DAY, "murmur", "murmur:newcomer", "murmur:ada", "share", 1, None)
    after, _ = computed([share], posts, [])
    assert after - before > 0.01
    assert steps["one more trusted person shares a post"] == pytest.approx(after - before, abs=1e-4)
    post = ("murmur", "murmur:ada", "p9", "original", False, at, True)
    after, _ = computed([], [*posts, post], [(date(2026, 3, 14), "murmur", "p9", "murmur:bo")])
    assert steps["one more post, and it is passed on or answered"] == pytest.approx(after - before, abs=1e-4)


def test_knows_the_counters_that_are_not_published_by_their_points() -> None:
    """Followers and lists are published; of mentions, shares and the rest the points are, and these are enough."""
    model = read_model(SQL / "models" / "v2.toml")
    few = {**world(), "activity": draw(random.Random(6), "murmur", 200) + draw(random.Random(7), "plaza", 60)}
    few["seeds"] = [("murmur", f"murmur:p{n}") for n in range(3)]
    persons = [(f"{platform}:p{n}", f"murmur:p{n}") for n in range(26) for platform in ("murmur", "pages")]
    given = dataset_of(**few | {"persons": persons}, platforms=("murmur", "pages", "plaza"), model=model)
    states, chance = given.counter_states, random.Random(2)
    for name in ("mentions_sent", "retweets_sent", "network_feature_1", "network_feature_2"):
        place, values = states.schema.get_field_index(name), [10 ** chance.uniform(0, 12) for _ in range(len(states))]
        states = states.set_column(place, name, pa.array(values, states.schema.field(place).type))
    linked = replace(given, counter_states=states)
    tables = steps.published(steps.in_memory(DuckDB(), model, DAY, **linked.given))
    scored = {row["person_id"]: row for row in tables["scores"].to_pylist() if row["score"] is not None}
    told = []
    for person, row in scored.items():
        rows = rows_of(tables, "platform_scores", person)
        what_if.check(model, DAY, rows, row["score"], {"murmur"})
        if any(each["s_counters"] > 0 for each in rows):
            told.append(person)
            steps_ = what_if.steps(model, DAY, rows, row["credible_people"], {"murmur"})
            assert min(step.points for step in steps_) >= -1e-9  # the published numbers are rounded
    assert len(told) >= 2
