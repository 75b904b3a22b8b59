"""The random attacks and their figure: what a family makes is what was asked for, and leverage is people for honest people."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import attack
import numpy as np
import pyarrow.compute as pc
import pytest
from clout.config.sources import read_sources
from clout.engine import queries
from clout.lake.partitions import Lake
from clout.platforms.pull.puller import pull
from clout.research import attack_families, attacks, dataset, environments, leverage
from clout.research.attack_families import FAMILIES, HELD_OUT, SETS, Asked, Crowd
from clout.research.attacks import Attack
from clout.research.dataset import Dataset
from clout.score import variants
from clout.score.model import Model, read_model
from scored_world import DAY, NAMES, dataset_of, draw

MODELS = {name: read_model(queries.SQL / "models" / f"{name}.toml") for name in ("v1", "v2")}
PEOPLE = [f"murmur:{name}" for name in [*NAMES, *(f"q{number}" for number in range(70))]]


@pytest.fixture(scope="module")
def clean() -> Dataset:
    """A hundred people and three seeds."""
    names = [person.split(":")[1] for person in PEOPLE]
    seeds = [("murmur", person) for person in PEOPLE[:3]]
    return dataset_of(draw(random.Random(5), "murmur", 900, names), seeds=seeds)


def made(family: str, socks: int = 40, honest: int = 3) -> Attack:
    crowd = Crowd("murmur", PEOPLE, PEOPLE[:60], PEOPLE[60:], PEOPLE[:5], {}, 90, set())
    return (FAMILIES | HELD_OUT)[family](Asked(crowd, np.random.default_rng(7), socks, honest, "x"))


@pytest.mark.parametrize("family", [*FAMILIES, *HELD_OUT])
def test_a_family_makes_what_it_is_asked_for(family: str, clean: Dataset) -> None:
    found = made(family)
    socks = {account for account in found.accounts if attacks.is_made(account) and account.split("-")[-1].isdigit()}
    by_person = {dict(found.persons).get(account, account) for account in socks}
    assert len(by_person) == (0 if family == "panel of real people" else 40)
    asked = {"self-thanking": 0, "panel of real people": 30, "panel, topped up with socks": 9, "spam flood": 1}
    alone = replace(clean, activity=clean.activity.slice(0, 0))
    assert leverage.honest_people(found, alone) == asked.get(family, 3)
    assert all(kind in ("like", "mention", "reply", "share") and n >= 1 for _, _, kind, n in found.acts)
    attacked = attacks.inject(clean, [found], DAY)
    new = attacked.activity.slice(len(clean.activity))
    assert pc.sum(new["n"]).as_py() == sum(act[3] for act in found.acts)
    assert len(set(new["ds"].to_pylist())) <= found.days


def test_judging_draws_other_attacks_than_tuning() -> None:
    crowd = Crowd("murmur", PEOPLE, PEOPLE[:60], PEOPLE[60:], PEOPLE[:5], {}, 90, set())
    drawn = {
        name: {each.name: each for _, group in attack_families.drawn(crowd, name) for each in group} for name in SETS
    }
    again = [each.name for _, group in attack_families.drawn(crowd, "judging") for each in group]
    assert again == list(drawn["judging"])
    assert not drawn["judging"].keys() & drawn["tuning"].keys()
    families = {name: {each.split(":")[0] for each in found} for name, found in drawn.items()}
    assert families["judging"] - families["tuning"] == set(HELD_OUT)
    assert len(HELD_OUT) >= 2
    sizes = [int(name.split(": ")[1].split(" ")[0].replace(",", "")) for name in again]
    assert min(sizes) >= 20
    assert max(sizes) <= 10_000
    assert max(sizes) > 20 * min(sizes)


def test_a_handful_of_people_without_a_seed_can_be_attacked() -> None:
    """As an export of a few rows: there is nobody with trust, and fewer people than are asked for."""
    clean = dataset_of(draw(random.Random(5), "murmur", 8, ["ann", "ben", "cem"]))
    found = attack_families.crowd(clean, leverage.standing(clean, MODELS["v2"], DAY))
    assert found.trusted == found.actors
    attacked = [each for _, group in attack_families.drawn(found, "judging") for each in group]
    assert {each.name.split(":")[0] for each in attacked} == {*FAMILIES, *HELD_OUT}
    assert all(leverage.honest_people(each, clean) <= 3 for each in attacked)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_leverage_is_people_for_each_honest_person(model: Model, clean: Dataset) -> None:
    naked = dataset.undefended(model)
    before = leverage.standing(clean, naked, DAY)
    socks = [(f"murmur:attack-{n}", "murmur:attack-boss", "share", 9) for n in range(200)]
    friends = [(person, "murmur:attack-0", "share", 1) for person in PEOPLE[50:54]]
    panel = [(person, "murmur:attack-panel", "share", 9) for person in PEOPLE[20:50]]
    suite = [
        Attack("socks", "murmur:attack-boss", [*socks, *friends]),
        Attack("panel", "murmur:attack-panel", panel, 0),
    ]
    candidates = sorted(set(clean.activity["target"].to_pylist()))
    found, after = leverage.effects(suite, clean, before, candidates, naked, DAY)
    assert found["socks"]["honest"] == 4
    assert found["socks"]["people"] == pytest.approx(200, rel=0.1)
    assert found["socks"]["leverage"] == pytest.approx(found["socks"]["people"] / 4, abs=0.01)
    assert found["panel"]["leverage"] == pytest.approx(1, abs=0.1)
    assert found["socks"]["rank"] == 1
    assert set(after.trust) >= set(before.trust)


def test_what_a_real_person_had_before_is_not_the_attacks(clean: Dataset) -> None:
    """A real person's own audience counts as honest people, and what they were credited with before does not count."""
    model = MODELS["v2"]
    before = leverage.standing(clean, model, DAY)
    nothing = Attack("nothing", PEOPLE[0], [("murmur:attack-1", "murmur:attack-2", "share", 1)], 0)
    found, _ = leverage.effects([nothing], clean, before, PEOPLE, model, DAY)
    rows = clean.activity.to_pylist()
    assert found["nothing"]["honest"] == len({row["actor"] for row in rows if row["target"] == PEOPLE[0]})
    assert found["nothing"]["people"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_trust_is_what_the_model_computes(model: Model, clean: Dataset) -> None:
    now = leverage.standing(clean, variants.score_alone(model), DAY)
    amounts = leverage.amounts(now.evidence)
    assert {person for person, worth in now.trust.items() if worth > 0} <= set(amounts)
    assert {person for person in now.trust if amounts.get(person, 0.0) >= 2.0} <= {
        person for person, worth in now.trust.items() if worth == 1.0
    }
    assert max(amounts.values()) == (1.0 if model.formulas == "v1" else max(amounts.values())) >= 1.0


def test_the_four_environments(clean: Dataset) -> None:
    named = {name: environments.Environment(*asked).of(clean, DAY) for name, asked in _ASKED.items()}
    assert environments.as_it_is(clean) == environments.Environment(ages=False, named=True)
    assert named["as it is"].account_states == clean.account_states
    assert named["as it is"].named_seeds == clean.named_seeds
    born = named["both"].account_states["created_at"]
    assert born.null_count == 0
    assert len(born) == len({*clean.activity["actor"].to_pylist(), *clean.activity["target"].to_pylist()})
    assert len(named["neither"].named_seeds) == 0
    hidden = environments.Environment(ages=False, named=True).of(named["both"], DAY)
    assert hidden.account_states["created_at"].null_count == len(hidden.account_states)
    chosen = environments.Environment(ages=False, named=True).of(named["neither"], DAY).named_seeds
    assert len(chosen) == 50


_ASKED = {"as it is": (False, True), "both": (True, True), "neither": (False, False)}


def test_the_command_tells_leverage_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """Attacks of the suite by every defence, random ones with none and all, and every environment."""
    (tmp_path / "exports").mkdir()
    for day in range(4):
        rows = [
            f"{actor.split(':')[1]},{target.split(':')[1]},{ds + timedelta(1 + day)}T12:00:00Z,share"
            for ds, _, actor, target, *_ in draw(random.Random(day), "murmur", 60, days=1)
        ]
        (tmp_path / "exports" / f"{day}.csv").write_text("\n".join(["actor,target,occurred_at,kind", *rows]) + "\n")
    monkeypatch.setattr(attack_families, "SIZES", (20, 30))
    monkeypatch.setattr(attack_families, "HONEST", (1,))
    few = {name: (FAMILIES | HELD_OUT)[name] for name in ("foothold by anybody", "relay tree")}
    monkeypatch.setitem(attack_families.SETS, "judging", (few, 2))
    bare = attacks.configurations
    monkeypatch.setattr(attacks, "configurations", lambda model: {key: bare(model)[key] for key in ("none", "all")})
    monkeypatch.setattr(attacks, "suite", lambda clean, trusted: _SUITE)
    sources = read_sources(tmp_path / "exports")
    lake = Lake(tmp_path / "lake")
    for source in sources.sources:
        pull(lake, source, [DAY + timedelta(1 + day) for day in range(4)], say=lambda message: None)
    figures = attack.attack(lake, sources, MODELS["v2"], date(2026, 3, 17))
    attack.show(figures)
    assert len(figures["attacks"]) == 3
    for found in figures["attacks"].values():
        assert found.keys() == {"none", "all"}
        for effect in found.values():
            assert effect.keys() >= {"rank", "percentile", "leverage", "people", "honest"}
    assert len(figures["environments"]) == 4
    random_ones = {name: found["all"] for name, found in figures["attacks"].items() if ":" in name}
    assert figures["environments"]["no ages, elected"]["attacks"] == random_ones
    shown = capsys.readouterr().out
    assert "relay tree" in shown
    assert "no ages, named" in shown
    assert "1,000 socks" in shown


_SUITE = [Attack("1,000 socks", "exports:attack-a", [("exports:attack-b", "exports:attack-a", "share", 1)], 0)]
