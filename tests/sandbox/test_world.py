"""The invented world is what it says: the same every time, its true pull what is seen of it, and its lake its log."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from clout.lake.partitions import Lake
from scipy.stats import spearmanr

from sandbox.lake_of_world import write_lake
from sandbox.world import HOLIDAY, JOKE_DAY, KINDS, LINKABLE, PILE_ON_DAYS, REPLY, SHARE, World

PEOPLE = 4_000


@pytest.fixture(scope="module")
def world() -> World:
    return World(people=PEOPLE)


def test_a_day_is_the_same_whatever_was_asked_before(world):
    first = world.day("commons", JOKE_DAY)
    again = World(people=PEOPLE)
    again.day("x", JOKE_DAY)
    for name in ("author", "posted", "post", "actor", "acted", "kind"):
        assert (getattr(first, name) == getattr(again.day("commons", JOKE_DAY), name)).all()
    assert world.truth().equals(again.truth())


def test_true_pull_is_what_is_seen_whatever_people_post(world):
    """Distinct people moved in 90 days follow the pull; how much somebody posts, and how many follow, do so less."""
    days = [date(2026, 1, 20) + timedelta(days=i) for i in range(90)]
    seen = [world.day("commons", day) for day in days]
    pairs = np.unique(np.concatenate([it.target * PEOPLE + it.actor for it in seen]))
    people = np.bincount(pairs // PEOPLE, minlength=PEOPLE)
    usual = (people >= 20) & (world.pod < 0)
    usual[world.jokers + world.victims] = False
    assert usual.sum() > 300
    assert spearmanr(people[usual], world.pull[usual]).statistic > 0.92
    assert spearmanr(world.followers_count[usual], world.pull[usual]).statistic < 0.8
    assert abs(spearmanr(world.posting[usual], world.pull[usual]).statistic) < 0.2


def test_special_days(world):
    joker, victim, leader, away = world.jokers[0], world.victims[0], world.calm_leaders[0], world.on_holiday[0]
    moved = {day: np.bincount(world.day("commons", day).target, minlength=PEOPLE) for day in (JOKE_DAY, *PILE_ON_DAYS)}
    assert moved[JOKE_DAY][joker] > 20 * world.pull[joker]
    hostile = world.day("commons", PILE_ON_DAYS[0])
    kinds = hostile.kind[hostile.target == victim]
    assert moved[PILE_ON_DAYS[0]][victim] > world.pull[victim]
    assert (kinds == REPLY).mean() > 0.4 > (kinds == SHARE).mean()
    assert world.pull[leader] > 5 * world.pull[victim] > world.pull[joker]
    for day in (HOLIDAY[0], HOLIDAY[1]):
        it = world.day("commons", day)
        assert away not in it.author
        assert away not in it.actor


def test_everybody_has_the_marks_that_the_truth_says(world):
    truth = world.truth()
    for mark in ("bot", "minor", "opted_out", "protected", "joker", "pile_on_victim", "calm_leader", "linked", "fresh"):
        assert 0 < np.sum(truth[mark].to_numpy()) < PEOPLE / 5, mark
    assert any({"bluesky", "mastodon", "github"} <= {*truth["platforms"][i].as_py()} for i in world.linked)
    accounts = [(name, i) for name in LINKABLE for i in range(PEOPLE)]
    both_ways = [(a, b) for a in accounts for b in world.claims(*a) if a in world.claims(*b)]
    assert {person for (_, person), _ in both_ways} == world.linked
    assert world.impostors  # claims that nobody returns


@pytest.mark.parametrize("form", ["conformed", "snapshots"])
def test_the_lake_holds_the_log(world, tmp_path, form):
    day = PILE_ON_DAYS[0]
    lake = Lake(tmp_path)
    write_lake(lake, world, [day], form=form)
    it, excluded = world.day("commons", day), world.excluded
    if form == "snapshots":
        rows = lake.read(lake.snapshot("interactions", "commons", day)).to_pylist()
        found = [(row["actor_key"], row["target_account_key"], row["kind"]) for row in rows]
        actor, target, kind = it.actor, it.target, it.kind
    else:
        rows = lake.read(lake.conformed("activity", day)).to_pylist()
        found = [(row["actor"], row["target"], row["kind"]) for row in rows for _ in range(row["n"])]
        kept = (it.actor != it.target) & ~excluded[it.actor] & ~excluded[it.target]
        actor, target, kind = it.actor[kept], it.target[kept], it.kind[kept]
        [told] = lake.read(lake.conformed("conservation", day)).to_pylist()
        assert told["rows_in"] == it.actor.size == told["kept"] + told["excluded"] + told["self_interaction"]
        assert told["kept"] == len(found)
    columns = zip(actor.tolist(), target.tolist(), kind.tolist(), strict=True)
    assert sorted(found) == sorted((f"commons:{a}", f"commons:{t}", KINDS[k]) for a, t, k in columns)
