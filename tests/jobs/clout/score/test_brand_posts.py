"""Talk about a brand: which posts are, and that it takes nothing from the topics beside it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from clout.config.brand_settings import Brand
from clout.config.ontology import read_ontology
from clout.lake.schemas import POSTS
from clout.score import topic_posts
from clout.score.brand_posts import BrandMatcher
from clout.score.topic_matcher import Matcher

DAY = date(2026, 3, 14)
BRANDS = (
    Brand("acme", "Acme", ("x:shop",), ("acme", "Acme_Tools"), ("acme trowel",)),
    Brand("bolt", "Bolt", ("x:bolt",), ("bolt",), ("bolt & co", "bolt cutter")),
)


@pytest.mark.parametrize(
    ("text", "tags", "mentions", "found"),
    [
        ("new spade", ["ACME"], [], {"acme": "tag"}),
        ("new spade", ["acmetools"], [], {"acme": "tag"}),
        ("the Acme trowel is here", [], [], {"acme": "phrase"}),
        ("an acme. Trowel?", [], [], {}),
        ("acme", [], [], {}),
        ("Bolt and Co, and an acme trowel", [], [], {"acme": "phrase", "bolt": "phrase"}),
        ("not an acme trowel", [], [], {}),
        ("thanks", [], ["x:shop", "x:eve"], {"acme": "mention"}),
        ("thanks", ["acme"], ["x:shop"], {"acme": "tag"}),
        ("#acme-free zone", ["acme"], [], {}),
        (None, [], [], {}),
    ],
)
def test_a_post_speaks_of_a_brand(
    text: str | None, tags: list[str], mentions: list[str], found: dict[str, str]
) -> None:
    told = BrandMatcher(BRANDS).topics("x:ann", text, tags, mentions)
    assert told == {f"brand:{slug}": how for slug, how in found.items()}


def test_a_brand_does_not_speak_of_itself() -> None:
    matcher = BrandMatcher(BRANDS)
    assert matcher.topics("x:shop", "buy", ["acme", "bolt"], ["x:shop"]) == {"brand:bolt": "tag"}
    assert BrandMatcher(()).topics("x:ann", "acme trowel", ["acme"], ["x:shop"]) == {}


def test_talk_of_a_brand_is_a_topic_of_its_own_beside_the_others() -> None:
    names = [name for name in topic_posts.COLUMNS if name in POSTS.names]
    kinds = {name: POSTS.field(name).type for name in names} | {"platform": pa.string(), "snapshot_date": pa.date32()}
    row = {"post_key": "x:1", "author_key": "x:ann", "post_type": "original", "lang": "en", "is_deleted": False}
    row |= {"event_at": datetime(2026, 3, 14, 9, tzinfo=UTC), "platform": "x", "snapshot_date": DAY, "text": "a spade"}
    rows = [
        row | {"hashtags": ["gardening", "chess", "acme"]},
        row | {"post_key": "x:2", "hashtags": [], "mentions": ["x:shop"]},
        row | {"post_key": "x:3", "author_key": "x:bo", "hashtags": ["acme", "chess"]},
    ]
    posts = pa.table({name: pa.array([each.get(name) for each in rows], kind) for name, kind in kinds.items()})
    found, coverage = topic_posts.of_day(
        posts, DAY, Matcher(read_ontology()), (), (), [("x:bo", topic_posts.EVERY)], BRANDS
    )
    told = {(each["post_key"], each["topic_id"]): (each["evidence"], each["part"]) for each in found.to_pylist()}
    assert told == {
        ("x:1", "gardening"): ("tag", 0.5),
        ("x:1", "chess"): ("tag", 0.5),
        ("x:1", "brand:acme"): ("tag", 1.0),
        ("x:2", "brand:acme"): ("mention", 1.0),
    }
    assert coverage["with_topic"].to_pylist() == [2]
