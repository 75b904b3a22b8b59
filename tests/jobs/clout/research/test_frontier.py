"""The frontier of the defences: what a setting lets in is what an attack on the model with its numbers brings."""

from __future__ import annotations

import random
from pathlib import Path

import attack
import numpy as np
import pytest
from clout.config.paths import SQL
from clout.research import attack_families, dataset, frontier, leverage
from clout.research.environments import Environment, People
from clout.score import variants
from clout.score.model import read_model
from scored_world import DAY, Rows, dataset_of

MODEL = variants.score_alone(read_model(SQL / "models" / "v2.toml"))
World = tuple[dataset.Dataset, People]
PEOPLE = [f"q{number}" for number in range(120)]


@pytest.fixture(scope="module")
def world() -> World:
    """A hundred and twenty people, of whom a few are acted on by most; who is acted on most now is shared most later."""
    chance, rows = random.Random(5), Rows()
    for _ in range(700):
        actor, target = chance.choice(PEOPLE), PEOPLE[min(int(chance.expovariate(0.05)), 119)]
        if actor != target:
            rows.append((DAY, "murmur", f"murmur:{actor}", f"murmur:{target}", "share", 1, None))
    clean = dataset_of(sorted(set(rows)))
    candidates = sorted(set(clean.activity["target"].to_pylist()))
    return clean, People(candidates, np.array([max(0, 100 - int(key[8:])) for key in candidates], dtype=float))


def test_the_models_own_settings_are_what_its_attacks_bring(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the queries of the score, with nothing of the frontier's own: of elected seeds and of named ones."""
    clean, people = world
    monkeypatch.setattr(frontier, "FAMILIES", ("relay tree",))
    found = frontier.frontier(clean, people, MODEL, DAY, frontier.own_settings(MODEL), "tuning")
    assert all(each["leverage"] == 0 for each in found)  # a family that tuning has not
    found = frontier.frontier(clean, people, MODEL, DAY, frontier.own_settings(MODEL), "judging")
    for each in found:
        there = Environment(False, each["seeds"] == "named").of(clean, DAY)
        before = leverage.standing(there, MODEL, DAY)
        groups = attack_families.drawn(attack_families.crowd(there, before), "judging")
        [group] = [group for family, group in groups if family == "relay tree"]
        effects, _ = leverage.effects(group, there, before, people.candidates, MODEL, DAY)
        assert each["leverage"] == max(effect["leverage"] for effect in effects.values()) > 1
        assert effects[each["attack"]]["leverage"] == each["leverage"]
        assert each["ndcg100_log"] == pytest.approx(people.ndcg(before)["ndcg100_log"], abs=0.01)


def test_looser_bounds_let_in_more_and_a_colour_lets_in_most(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    clean, people = world
    monkeypatch.setattr(frontier, "FAMILIES", ("relay tree",))
    asked = [frontier.Setting("amount", "elected", floor, 2.5, 1.0) for floor in (2.0, 20.0, float("inf"))]
    asked += [frontier.Setting("colour", "elected", 2.0, 2.5, 1.0)]
    tight, loose, unbounded, colour = (
        each["leverage"] for each in frontier.frontier(clean, people, MODEL, DAY, asked, "judging")
    )
    assert tight < loose < unbounded
    assert tight < colour


def test_the_frontier_is_what_nothing_beats() -> None:
    points = [{"leverage": float(x), "g": y} for x, y in ((9, 0.5), (1, 0.4), (5, 0.3), (9, 0.7), (20, 0.7), (30, 0.9))]
    assert [(point["leverage"], point["g"]) for point in frontier.best(points, "g")] == [(1, 0.4), (9, 0.7), (30, 0.9)]


def test_the_command_draws_and_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(frontier, "FAMILIES", ("relay tree",))
    monkeypatch.setattr(frontier, "FLOORS", (4.5,))
    monkeypatch.setattr(frontier, "CAPS", ((2.5, 1.0),))
    chance = random.Random(4)
    acts = {
        (chance.randrange(60), min(int(chance.expovariate(0.1)), 59), f"2026-03-0{chance.randrange(1, 5)}")
        for _ in range(900)
    }
    rows = [f"{actor},{target},{day}T12:00:00Z,share" for actor, target, day in sorted(acts)]
    (tmp_path / "acts.csv").write_text("\n".join(["actor,target,occurred_at,kind", *rows]) + "\n")
    plot, figures = tmp_path / "plot.svg", tmp_path / "figures.json"
    asked = ["--source", str(tmp_path), "--cut", "2026-03-04", "--frontier", str(plot), "--json", str(figures)]
    attack.main(asked)
    drawn = plot.read_text(encoding="utf-8")
    assert drawn.startswith("<svg")
    assert "colour" in drawn
    assert '"leverage"' in figures.read_text(encoding="utf-8")
    assert "the model's" in capsys.readouterr().out
