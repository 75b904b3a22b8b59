"""Makes the rows of post_topics and topic_coverage of a day's posts, without a word of what was written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clout.config.brand_settings import Brand
from clout.config.ontology import Ontology
from clout.config.topic_settings import EVERY
from clout.lake.columns import as_named
from clout.lake.schemas import POST_TOPICS, TOPIC_COVERAGE, small_arrow
from clout.score.brand_posts import BrandMatcher
from clout.score.post_words import tags_in, text_hash
from clout.score.topic_matcher import Matcher, Post

#: What is read of a post, of no day but the one that is conformed.
COLUMNS = as_named(
    *("post_key", "author_key", "post_type", "event_at", "text", "lang", "hashtags", "links", "platform_topics"),
    *("mentions", "is_deleted", "platform", "snapshot_date"),
)
#: Posts in which people say something of their own. A reply is part of what another one began, a share is another's.
OWN = ("original", "quote")
#: A post with more topics is about none.
MOST = 5
#: For so many days after a post was seen acts on it are acts on its topics.
KEPT_DAYS = 14
#: The modules that decide what is found.
CODE = (
    *("clout.config.ontology", "clout.config.ontology_overlay", "clout.config.topic_files", "clout.score.post_words"),
    *("clout.score.topic_matcher", "clout.score.topic_posts", "clout.score.brand_posts"),
)
_ROWS = 20_000
#: How said.py and the reader of files say what they leave out.
_DROPPED_TAG = re.compile(r"is no hashtag; left out|^hashtags: .* cannot be one; left out")
_DROPPED_LINK = re.compile(r"is no web address; left out|^links: .* cannot be one; left out")


def of_day(
    posts: pa.Table,
    day: date,
    matcher: Matcher,
    hidden: Collection[str],
    repositories: Collection[str] = (),
    hidden_topics: Collection[tuple[str, str]] = (),
    brands: Sequence[Brand] = (),
    dropped: Mapping[str, tuple[int, int]] = MappingProxyType({}),
) -> tuple[pa.Table, pa.Table]:
    """post_topics and topic_coverage of one day's posts, which have the columns COLUMNS.

    hidden: accounts that may not be shown. repositories: platforms whose posts are repositories. hidden_topics: (account,
    topic) that an account's owner wants no word of, EVERY for all. brands: talk about one is a topic of its own, brand:slug,
    and takes nothing from those beside it. dropped: of each platform how many hashtags and links were left out as none.
    """
    own = pc.is_in(posts["post_type"], pa.array(OWN))
    shown = pc.invert(pc.is_in(posts["author_key"], pa.array(sorted(hidden), pa.string())))
    posts = posts.filter(
        pc.and_(pc.and_(own, shown), pc.and_not(pc.is_valid(posts["author_key"]), posts["is_deleted"]))
    )
    rows: dict[tuple[str, str, str], tuple[Any, ...]] = {}
    unsaid = set(hidden_topics)
    counts: dict[str, list[int]] = {}
    of_brands = BrandMatcher(brands)
    for post in _posts(posts):
        of_platform = counts.setdefault(post["platform"], [0, 0, 0, 0])
        tags = post["hashtags"]
        if tags is None:
            tags = tags_in(post["text"] or "")
        found = matcher.topics(
            Post(
                post["text"],
                post["lang"],
                tuple(tags),
                tuple(post["links"] or ()),
                tuple(post["platform_topics"] or ()),
                post["platform"],
                post["platform"] in repositories,
            ),
            is_one_of_many=True,
        )
        for at, counted in enumerate((True, bool(tags), bool(found), not matcher.knows(post["lang"]))):
            of_platform[at] += counted
        posted_on = post["event_at"].date() if post["event_at"] else day
        talk = of_brands.topics(post["author_key"], post["text"], tags, post["mentions"] or ())
        for topic_id, evidence in (found | talk).items():
            if {(post["author_key"], topic_id), (post["author_key"], EVERY)} & unsaid:
                continue
            said = text_hash(post["post_key"], post["text"])
            row = (
                post["author_key"],
                topic_id,
                posted_on,
                said,
                evidence,
                1.0 if topic_id in talk else 1.0 / len(found),
            )
            rows[post["platform"], post["post_key"], topic_id] = row
    topics = [(day, platform, key, *row) for (platform, key, _), row in rows.items()]
    for platform in dropped:
        counts.setdefault(platform, [0, 0, 0, 0])
    coverage = [
        (day, platform, *numbers, *dropped.get(platform, (0, 0))) for platform, numbers in sorted(counts.items())
    ]
    return small_arrow(POST_TOPICS, topics), small_arrow(TOPIC_COVERAGE, coverage)


def dropped_of(quarantine: pa.Table) -> dict[str, tuple[int, int]]:
    """Of each platform how many hashtags and how many links of posts were left out, by what a pull put aside (platform, table,
    reason)."""
    found: dict[str, tuple[int, int]] = {}
    for row in quarantine.filter(pc.equal(quarantine["table"], "posts")).to_pylist():
        tags, links = found.get(row["platform"], (0, 0))
        if _DROPPED_TAG.search(row["reason"]):
            found[row["platform"]] = tags + 1, links
        elif _DROPPED_LINK.search(row["reason"]):
            found[row["platform"]] = tags, links + 1
    return found


def ontology_rows(ontology: Ontology) -> list[tuple[Any, ...]]:
    """The rows of the table `ontology` that sql/topics.sql reads. What the operator hides is not among them."""
    return [
        (
            *(topic.topic_id, topic.slug, topic.name, topic.topic_type, " ".join(topic.parents) or None),
            *(topic.wikidata_id, topic.is_sensitive, topic.source),
        )
        for topic in sorted(ontology.topics.values(), key=lambda topic: topic.topic_id)
        if not topic.is_hidden
    ]


def _posts(posts: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in posts.to_batches(_ROWS):
        yield from batch.to_pylist()
