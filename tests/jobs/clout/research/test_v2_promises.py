"""What model v2 promises about panels of paid people and about people with linked accounts, over random worlds."""

from __future__ import annotations

import os
import random
from dataclasses import replace

import numpy as np
import pytest
from clout.config.paths import SQL
from clout.engine.engines import DuckDB
from clout.quality import gx_duckdb, suites
from clout.research import attack_families, leverage
from clout.research.attack_families import FAMILIES, Asked
from clout.score import steps, variants
from clout.score.model import read_model
from hypothesis import given, settings
from hypothesis import strategies as st
from scored_world import DAY, KINDS, Rows, dataset_of, draw, evidence_of

WHOLE = read_model(SQL / "models" / "v2.toml")
MODEL = variants.score_alone(WHOLE)
PLATFORMS = ("murmur", "plaza", "pages")
NAMES = [f"p{number}" for number in range(30)]
#: The tables in which a night tells what it makes of people.
JUDGED = ("scores", "platform_scores", "score_explanations", "score_changes")
#: How many worlds of linked people are judged; CLOUT_WORLDS=20 for as many as were promised.
WORLDS = int(os.environ.get("CLOUT_WORLDS", "2"))


@pytest.fixture(scope="module")
def panels() -> dict[bool, tuple]:
    """A world of 250 people by whether seeds are named: its data, where everybody stands, and whom attacks can meet."""
    chance, rows = random.Random(11), set[tuple]()
    people = [f"murmur:q{number}" for number in range(250)]
    while len(rows) < 1200:
        actor, target = chance.choice(people), people[min(int(chance.expovariate(0.04)), 249)]
        if actor != target:
            rows.add((DAY, "murmur", actor, target, chance.choice(KINDS), 1, None))
    found = {}
    for named in (True, False):
        clean = dataset_of(sorted(rows), seeds=[("murmur", name) for name in people[:5]] if named else [])
        now = leverage.standing(clean, MODEL, DAY)
        found[named] = clean, now, attack_families.crowd(clean, now)
    return found


@settings(max_examples=8, deadline=None)
@given(st.booleans(), st.sampled_from((1, 3, 10)), st.integers(0, 2**32 - 1))
def test_a_panel_costs_the_honest_price(panels: dict[bool, tuple], named: bool, honest: int, luck: int) -> None:
    """Real people who are paid for one act each are worth one person each at most; paid for ten acts each they are, too."""
    clean, before, crowd = panels[named]
    panel = FAMILIES["panel of real people"]
    for times in (1, 10):
        crowd.taken.clear()
        made = panel(Asked(crowd, np.random.default_rng(luck), 20, honest, f"x{times}"))
        acts = [(actor, target, kind, times) for actor, target, kind, _ in made.acts]
        attack = replace(made, acts=acts)
        found, _ = leverage.effects([attack], clean, before, [], MODEL, DAY)
        assert found[attack.name]["honest"] == 10 * honest
        assert 0 < found[attack.name]["leverage"] <= 1


def linked_world(seed: int) -> tuple[Rows, list[tuple[str, str]]]:
    """Three platforms, and people of whom three in five have accounts on two or on all of them."""
    chance = random.Random(seed)
    rows = [row for platform in PLATFORMS for row in draw(chance, platform, 150, NAMES)]
    persons = [
        (f"{platform}:{name}", f"murmur:{name}")
        for name in NAMES
        if chance.random() < 0.6
        for platform in chance.sample(PLATFORMS, chance.choice((2, 3)))
    ]
    return rows, persons


@pytest.mark.parametrize("seed", range(WORLDS))
def test_worlds_of_linked_people_pass_the_gate(seed: int) -> None:
    """No critical check of what a night says of people fails, a reach that is possible among them."""
    rows, persons = linked_world(seed)
    tables = steps.published(evidence_of(DuckDB(), rows, model=WHOLE, persons=persons))
    scores = tables["scores"]
    scored = gx_duckdb.count_present(scores, "score")
    assert scored > 15
    parameters = {"days": [DAY], "persons": len(scores), "scored": scored, "listed": 40 * scored}
    loaded = [suites.load_suite(table) for table in JUDGED]
    checks = [
        check for suite in loaded for check in suites.check(suite, tables[suite.table], parameters, {"scores": scores})
    ]
    assert "reach_possible" in {check.id for check in checks}
    assert [check.id for check in checks if not check.passed] == []
    assert suites.is_pass(loaded, checks)
