"""What model v2 promises against made up engagement: own socks, spammers, footholds, people with several accounts."""

from __future__ import annotations

import random
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from clout.config.sources import read_sources
from clout.engine import queries
from clout.lake.partitions import Lake
from clout.platforms.pull.puller import pull
from clout.research import attack_families, dataset, leverage
from clout.research.attack_families import FAMILIES, HELD_OUT, Asked
from clout.research.attacks import Attack
from clout.research.dataset import Dataset
from clout.score import variants
from clout.score.model import read_model
from hypothesis import given, settings
from hypothesis import strategies as st
from scored_world import DAY, KINDS, Rows, dataset_of, draw, scores_of

MODEL = variants.score_alone(read_model(queries.SQL / "models" / "v2.toml"))
PEOPLE = [f"q{number}" for number in range(150)]
SEEDS = [("murmur", f"murmur:{name}") for name in PEOPLE[:5]]
#: People credited for each honest person who acted: where the operator names seeds, and where they are elected.
NAMED, ELECTED = 10.0, 50.0


def crowd(seed: int) -> Rows:
    """A hundred and fifty people, of whom a few are acted on by most."""
    chance = random.Random(seed)
    rows = {}
    for _ in range(900):
        actor, target = chance.choice(PEOPLE), PEOPLE[min(int(chance.expovariate(0.05)), 149)]
        if actor != target:
            key = (DAY, "murmur", f"murmur:{actor}", f"murmur:{target}", chance.choice(KINDS))
            rows[key] = (*key, 1, None)
    return list(rows.values())


@pytest.mark.parametrize("socks", [10, 200])
def test_a_trusted_persons_own_socks_add_nothing_by_being_thanked(socks: int) -> None:
    """Socks of one's own are worth what they would be worth if one had never acted on them.

    Of somebody who has acted on nobody else: who acts on more gives each less, hence has less taken off for each.
    """
    someone = "murmur:q60"
    rows = [row for row in crowd(1) if row[2] != someone]
    fans = [(DAY, "murmur", f"murmur:sock{n}", someone, "share", 1, None) for n in range(socks)]
    thanks = [(DAY, "murmur", someone, f"murmur:sock{n}", "share", 1, None) for n in range(socks)]
    vouched = [(DAY, "murmur", name, someone, "share", 1, None) for _, name in SEEDS]
    reach = {
        name: scores_of(rows + vouched + more, seeds=SEEDS, model=MODEL)[someone]["true_reach"]
        for name, more in {"socks": fans, "thanked": fans + thanks}.items()
    }
    assert reach["thanked"] <= reach["socks"] + 1e-6


@pytest.mark.parametrize("named", [True, False])
def test_one_spammer_hardly_changes_who_is_trusted(named: bool) -> None:
    """A bot acts on everybody, and one in a hundred answers: at most two points of the trusted share of actors."""
    rows = crowd(2)
    spam = [(DAY, "murmur", "murmur:bot", f"murmur:{name}", "reply", 1, None) for name in PEOPLE]
    answers = [(DAY, "murmur", f"murmur:{name}", "murmur:bot", "reply", 1, None) for name in PEOPLE[:2]]
    seeds = SEEDS if named else []
    shares = []
    for more in ([], spam + answers):
        trust = leverage.standing(dataset_of(rows + more, seeds=seeds), MODEL, DAY).trust
        actors = sorted({row[2] for row in rows})
        shares.append(sum(trust[actor] for actor in actors) / len(actors))
    assert shares[0] > 0
    assert abs(shares[1] - shares[0]) <= 0.02


@pytest.fixture(scope="module")
def worlds() -> dict[tuple[int, bool], tuple[Dataset, leverage.Standing, attack_families.Crowd]]:
    """Small worlds by luck and whether seeds are named, where everybody stands there, and whom attacks can meet."""
    found = {}
    for seed in (3, 4):
        for named in (True, False):
            clean = dataset_of(crowd(seed), seeds=SEEDS if named else [])
            now = leverage.standing(clean, MODEL, DAY)
            found[seed, named] = clean, now, attack_families.crowd(clean, now)
    return found


#: Where each honest person acts once; on a platform without a seed, too, beside one that has some.
MANY_ACTS = {"foothold by the trusted", "foothold by anybody", "viral thread"}
BOUNDED = sorted((FAMILIES | HELD_OUT).keys() - MANY_ACTS)


@settings(max_examples=16, deadline=None)
@given(
    st.sampled_from((3, 4)),
    st.booleans(),
    st.sampled_from(BOUNDED),
    st.sampled_from((1, 3, 10)),
    st.integers(20, 300),
    st.integers(0, 2**32 - 1),
)
def test_leverage_is_bounded(worlds, world: int, named: bool, family: str, honest: int, socks: int, luck: int) -> None:
    clean, before, crowd = worlds[world, named]
    crowd.taken.clear()
    attack = (FAMILIES | HELD_OUT)[family](Asked(crowd, np.random.default_rng(luck), socks, honest, "x"))
    found, _ = leverage.effects([attack], clean, before, PEOPLE, MODEL, DAY)
    assert found[attack.name]["leverage"] <= (NAMED if named else ELECTED)


def test_a_named_seed_who_acts_on_many_socks_is_one_honest_person() -> None:
    clean = dataset_of(crowd(3), seeds=SEEDS)
    before = leverage.standing(clean, MODEL, DAY)
    socks = [f"murmur:attack-{n}" for n in range(300)]
    acts = [(sock, "murmur:attack-boss", "share", 1) for sock in socks]
    acts += [(SEEDS[0][1], sock, "share", 1) for sock in socks]
    attack = Attack("bribed seed", "murmur:attack-boss", acts)
    found, _ = leverage.effects([attack], clean, before, PEOPLE, MODEL, DAY)
    assert found["bribed seed"]["honest"] == 1
    assert found["bribed seed"]["leverage"] <= NAMED


@pytest.mark.parametrize("seed", range(20))
def test_people_with_several_accounts_are_counted_once(seed: int) -> None:
    """Three people of five have accounts on two platforms or three; nobody has more reach than people who acted on them."""
    chance = random.Random(seed)
    names = [f"p{number}" for number in range(24)]
    platforms = ("murmur", "plaza", "pages")
    rows = [row for platform in platforms for row in draw(chance, platform, 40, names)]
    persons = [
        (f"{platform}:{name}", f"murmur:{name}")
        for name in names
        if chance.random() < 0.6
        for platform in chance.sample(platforms, chance.choice((2, 3)))
    ]
    person = dict(persons)
    actors: dict[str, set[str]] = {}
    for _, _, actor, target, *_ in rows:
        who, whom = person.get(actor, actor), person.get(target, target)
        if who != whom:
            actors.setdefault(whom, set()).add(who)
    found = scores_of(rows, persons=persons, model=MODEL)
    assert found.keys() == actors.keys()
    for name, row in found.items():
        assert row["people"] == len(actors[name])
        assert row["true_reach"] <= row["people"] + 1e-9


def reach_of(folder: Path, lake: Lake) -> dict[str, float]:
    """person -> True Reach of what the sources file of a folder names, on 13 March 2026."""
    sources, day = read_sources(folder / "sources.toml"), date(2026, 3, 13)
    for source in sources.sources:
        pull(lake, source, [day], say=lambda message: None)
    table = dataset.scored(dataset.build_evidence(dataset.read(lake, sources, MODEL, [day]), MODEL, day))
    return dict(zip(table["person_id"].to_pylist(), table["true_reach"].to_pylist(), strict=True))


def test_one_fan_on_two_platforms_is_one_person(tmp_path: Path) -> None:
    """Both have an account on either platform, each says so, and the fan shares something on both."""
    for here, there in (("east", "west"), ("west", "east")):
        place = tmp_path / "sources" / here
        place.mkdir(parents=True)
        (place / "accounts.csv").write_text(f"account,same_as\nolga,{there}:olga\nfan,{there}:fan\n")
        (place / "acts.csv").write_text("actor,target,kind,occurred_at\nfan,olga,share,2026-03-13T10:00:00Z\n")
    text = "\n".join(f'[[source]]\nname = "{name}"\nreader = "files"\npath = "{name}"' for name in ("east", "west"))
    (tmp_path / "sources" / "sources.toml").write_text(text)
    found = reach_of(tmp_path / "sources", Lake(tmp_path / "lake"))
    assert list(found) == ["east:olga"]
    assert 0.5 < found["east:olga"] <= 1


def test_the_known_case_of_linked_fans(shared_data: Path, tmp_path: Path) -> None:
    case = shared_data.parent / "cases" / "linked-fans"
    if not case.is_dir():
        pytest.skip(f"{case} is not here")
    shutil.copytree(case, tmp_path / "case")
    found = reach_of(tmp_path / "case", Lake(tmp_path / "lake"))
    assert len(found) == 1
    assert 0 < max(found.values()) <= 1
