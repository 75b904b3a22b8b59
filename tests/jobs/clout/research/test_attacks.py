"""The attack suite: what is injected is what was meant, attacks do not help each other, and none gets into the top."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pytest
from clout.config.sources import read_sources
from clout.lake.partitions import Lake, days_between
from clout.research import attacks, dataset
from clout.research.dataset import Dataset
from clout.score.model import read_model
from sandbox.lake_of_world import write_lake, write_sources
from sandbox.world import World

MODEL = read_model(Path(__file__).resolve().parents[4] / "sql" / "models" / "v1.toml")
DAYS = days_between(date(2026, 4, 20), date(2026, 5, 10))
BRIBED = ("1,000 socks, 1 trusted bribed", "1,000 socks, 5 trusted bribed")


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Three weeks of a small invented world."""
    folder = tmp_path_factory.mktemp("attacked")
    world, lake = World(people=1500), Lake(folder / "lake")
    write_lake(lake, world, DAYS)
    return dataset.read(lake, read_sources(write_sources(folder, world, ["commons"])), MODEL, DAYS)


@pytest.fixture(scope="module")
def suite(clean: Dataset) -> list[attacks.Attack]:
    return attacks.suite(clean, attacks.bribable(clean, MODEL, DAYS[-1]))


def candidates(clean: Dataset) -> list[str]:
    return sorted(set(clean.activity["target"].to_pylist()))


def test_injects_every_act_and_touches_no_other(clean, suite):
    attacked = attacks.inject(clean, suite, DAYS[-1])
    assert attacked.activity.slice(0, len(clean.activity)) == clean.activity
    new = attacked.activity.slice(len(clean.activity))
    assert pc.sum(new["n"]).as_py() == sum(act[3] for each in suite for act in each.acts)
    assert set(new["ds"].to_pylist()) == set(DAYS[-attacks.DAYS :])
    fresh = {key for key in [*new["actor"].to_pylist(), *new["target"].to_pylist()] if ":attack-" in key}
    states = attacked.account_states.slice(len(clean.account_states)).to_pylist()
    assert {row["account_key"] for row in states} == fresh
    assert {(DAYS[-1] - row["created_at"].date()).days for row in states} == {attacks.FRESH_DAYS, 3000}


def test_no_attack_enters_the_top(clean, suite):
    found = attacks.ranks(suite, attacks.inject(clean, suite, DAYS[-1]), candidates(clean), MODEL, DAYS[-1])
    top = attacks.TOP * (len(candidates(clean)) + 1)
    assert {name for name, rank in found.items() if rank <= top} <= set(BRIBED)


def test_without_defences_attacks_succeed(clean, suite):
    naked = dataset.undefended(MODEL)
    found = attacks.ranks(suite, attacks.inject(clean, suite, DAYS[-1]), candidates(clean), naked, DAYS[-1])
    assert found["1,000 sock puppets x 1"] <= 3
    assert found["mentioned but absent"] <= attacks.TOP * len(candidates(clean))


def test_attacks_hardly_move_each_other(clean, suite):
    """They share no account; but all of them at once are five times as many accounts as the world has people."""
    together = attacks.ranks(suite, attacks.inject(clean, suite, DAYS[-1]), candidates(clean), MODEL, DAYS[-1])
    each = suite[1]
    alone = attacks.ranks([each], attacks.inject(clean, [each], DAYS[-1]), candidates(clean), MODEL, DAYS[-1])
    assert alone[each.name] > attacks.TOP * len(candidates(clean))
    assert abs(alone[each.name] - together[each.name]) <= 0.1 * len(candidates(clean))
