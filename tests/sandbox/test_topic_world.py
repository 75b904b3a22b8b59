"""The rule on the planted world: nobody is known for a joke, and who is at home in something is found.

CLOUT_TOPIC_WORLDS=20 tries so many worlds; one without it.
"""

from __future__ import annotations

import os
from collections import defaultdict

import pyarrow.compute as pc
import pytest
from clout.config.brand_settings import Brand
from clout.engine import scheduler
from clout.engine.buckets import Buckets
from clout.lake.partitions import Lake

from sandbox.topic_world import LAST, PLANTED, Named, TopicWorld

WORLDS = int(os.environ.get("CLOUT_TOPIC_WORLDS", "1"))


@pytest.fixture(scope="module")
def worlds() -> list[Named]:
    """The worlds with a wrong topic on each fourth post."""
    return [TopicWorld(seed, people=300, wrong=0.25).judged() for seed in range(1, WORLDS + 1)]


def test_every_planted_case_is_judged_right(worlds: list[Named]) -> None:
    assert len(PLANTED) == 14
    assert [told.planted_wrong for told in worlds] == [{}] * WORLDS


def test_what_is_named_is_true_and_most_is_found(worlds: list[Named]) -> None:
    assert [told.named - told.true for told in worlds] == [frozenset()] * WORLDS
    findable, found = (
        sum(map(len, each)) for each in ([t.findable for t in worlds], [t.named & t.findable for t in worlds])
    )
    assert findable >= 15 * WORLDS
    assert found / findable >= 0.8


def test_a_topic_reaches_no_more_people_than_the_person(worlds: list[Named]) -> None:
    for told in worlds:
        score = told.tables["score"]
        now = score.filter(pc.equal(score["variant"], "now"))
        reach = dict(zip(now["person_id"].to_pylist(), now["true_reach"].to_pylist(), strict=True))
        shares: dict[str, float] = defaultdict(float)
        for row in told.tables["person_topics"].to_pylist():
            assert row["topic_reach"] <= reach[row["person_id"]] + 1e-4
            shares[row["person_id"]] += row["share"]
        assert max(shares.values()) <= 1 + 1e-5


def test_evidence_is_of_named_topics(worlds: list[Named]) -> None:
    for told in worlds:
        named = {
            (r["person_id"], r["topic_id"]) for r in told.tables["person_topics"].to_pylist() if r["not_named"] is None
        }
        evidence = told.tables["topic_evidence"].to_pylist()
        assert {(row["person_id"], row["topic_id"]) for row in evidence} == named
        assert len(evidence) <= 3 * len(named)


def test_carpet_bombing_with_endorsements_adds_nothing(worlds: list[Named]) -> None:
    """200 accounts that never did anything about it: refused, and nothing else differs."""
    plain = worlds[0].tables
    said = [(f"commons:{n}", "commons:two_friends", "chess", LAST) for n in range(200)]
    said += [(f"commons:{n}", "commons:gardener", "gardening", LAST) for n in range(200)]
    bombed = TopicWorld(1, people=300, wrong=0.25).judged(said).tables
    columns = [name for name in plain["person_topics"].column_names if "endorsements" not in name]
    for name, key, of in (
        ("score", ["variant", "person_id"], None),
        ("person_topics", ["person_id", "topic_id"], columns),
    ):
        order = [(column, "ascending") for column in key]
        before, after = (each[name].sort_by(order).select(of or each[name].column_names) for each in (plain, bombed))
        assert after.equals(before)
    told = {row["person_id"]: row for row in bombed["person_topics"].to_pylist() if row["endorsements_refused"]}
    for who, most in (("two_friends", 1), ("gardener", 5)):
        row = told[f"commons:{who}"]
        assert row["endorsements"] <= most
        assert row["endorsements"] + row["endorsements_refused"] == 200
        assert "by people who did nothing about it" in row["endorsements_refused_why"]


def test_what_somebody_hides_is_in_no_table_from_that_night_on(worlds: list[Named]) -> None:
    """Though the matcher noted it on the days before: neither named nor nearly named, no evidence, no place of others."""
    hidden = (("commons:gardener", "gardening"), ("commons:protest", "*"))
    before, after = worlds[0].tables, TopicWorld(1, people=300, wrong=0.25).judged(hidden=hidden).tables
    for name in ("person_topics", "topic_evidence"):
        pairs = {(row["person_id"], row["topic_id"]) for row in before[name].to_pylist()}
        gone = {(who, topic) for who, topic in pairs if (who, topic) == hidden[0] or who == "commons:protest"}
        assert len(gone) >= 2
        left = {(row["person_id"], row["topic_id"]) for row in after[name].to_pylist()}
        assert not gone & left
        assert pairs - gone == left
    gardeners = [row["of"] for row in after["person_topics"].to_pylist() if row["slug"] == "gardening" and row["of"]]
    assert all(of == len(gardeners) for of in gardeners)
    assert (
        after["score"]
        .sort_by([("variant", "ascending"), ("person_id", "ascending")])
        .equals(before["score"].sort_by([("variant", "ascending"), ("person_id", "ascending")]))
    )


def test_one_more_credible_act_lowers_nobodys_reach(worlds: list[Named]) -> None:
    """Somebody more acts on a post of three people about their topic, on the day of the post."""
    world = TopicWorld(1, people=300, wrong=0.25)
    asked = {"gardener": "gardening", "protest": "veganism", "holiday": "hiking"}
    for number, (case, topic) in enumerate(asked.items()):
        posts = [
            post
            for post, about in zip(world.posts, world.about, strict=True)
            if post["author_key"] == f"commons:{case}" and about == topic
        ]
        actor = f"commons:{world._crowd[-1 - number]}"
        world.acts.append((posts[-1]["snapshot_date"], "reply", actor, f"commons:{case}", posts[-1]["post_key"]))
    before, after = (
        {(row["person_id"], row["slug"]): row["topic_reach"] for row in table.to_pylist()}
        for table in (worlds[0].tables["person_topics"], world.judged().tables["person_topics"])
    )
    for case, topic in asked.items():
        assert after[f"commons:{case}", topic] > before[f"commons:{case}", topic]


def test_buckets_name_the_same_people_and_advocates(lake: Lake) -> None:
    """Of a brand that everybody at home in something may talk about, and on three buckets, whose tasks are done anywhere."""
    world = TopicWorld(3, people=100)
    brand = (Brand("acme", "Acme", hashtags=("gardening", "veganism", "knitting", "hiking", "chess", "poetry")),)
    whole = world.judged(brands=brand).tables
    spread = world.judged(brands=brand, buckets=Buckets(lake, 3, scheduler.Processes(200 << 20)), lake=lake).tables
    assert whole["advocates"].num_rows > 1
    assert whole["person_topics"].num_rows > 10
    for name in ("advocates", "person_topics", "topic_evidence"):
        rows = [sorted(map(str, tables[name].to_pylist())) for tables in (whole, spread)]
        assert rows[0] == rows[1], name
