"""Erasure and deletion at the source reach what is known of what posts are about."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from clout.lake.schemas import POST_TOPICS, TOPIC_ACTIVITY
from clout.privacy import erasure, retention

DAY = date(2026, 3, 14)
SAID = {"platform": "x", "topic_id": "gardening", "part": 1.0, "ds": DAY}
POSTS = pa.Table.from_pylist(
    [
        SAID | {"post_key": f"x:{n}", "author_key": who, "posted_on": DAY, "text_hash": "h", "evidence": "tag"}
        for n, who in enumerate(("x:ann", "x:bob"))
    ],
    POST_TOPICS,
)
ACTS = pa.Table.from_pylist(
    [
        SAID | {"post_key": f"x:{n}", "actor": "x:cy", "target": who, "kind": "like", "n": 1}
        for n, who in enumerate(("x:ann", "x:bob"))
    ],
    TOPIC_ACTIVITY,
)


@pytest.mark.parametrize(
    ("posts", "accounts", "gone"),
    [({"x:0"}, set(), (1, 1)), (set(), {"x:bob"}, (1, 1)), (set(), {"x:cy"}, (0, 2)), (set(), set(), (0, 0))],
)
def test_what_is_deleted_at_the_source_is_forgotten(posts: set[str], accounts: set[str], gone: tuple[int, int]) -> None:
    deleted = retention._Deleted(frozenset(posts), frozenset(accounts))
    tables = ((POSTS, "post_topics"), (ACTS, "topic_activity"))
    assert tuple(retention._without_deleted(rows, name, deleted)[1] for rows, name in tables) == gone


@pytest.mark.parametrize(("rows", "table"), [(POSTS, "post_topics"), (ACTS, "topic_activity")])
def test_who_is_erased_is_in_no_row(rows: pa.Table, table: str) -> None:
    kept, _ = erasure.edit_of(f"{table}/ds={DAY}", erasure.Request(frozenset({"x:ann"})))(rows)
    assert kept["post_key"].to_pylist() == ["x:1"]
