"""Erasure and deletion at the source reach what is known of what posts are about, and how replies sound."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import purge
import pyarrow as pa
import pytest
from clout.config.sources import Source
from clout.lake.partitions import Lake
from clout.lake.schemas import POST_TOPICS, REACTIONS, SNAPSHOTS, TOPIC_ACTIVITY
from clout.privacy import erasure, retention
from clout.warehouse import contract
from clout.warehouse.contract import Warehouse
from clout.warehouse.factory import open_warehouse
from staged_run import approve, good, rows_of, stage
from warehouses import now

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
REPLIES = pa.Table.from_pylist(
    [
        {"ds": DAY, "platform": "x", "post_key": f"x:{n}", "actor": "x:cy", "target": who, "lang": "en", "valence": 0.5}
        for n, who in enumerate(("x:ann", "x:bob"))
    ],
    REACTIONS,
)


@pytest.mark.parametrize(
    ("posts", "accounts", "gone"),
    [
        ({"x:0"}, set(), (1, 1, 1)),
        (set(), {"x:bob"}, (1, 1, 1)),
        (set(), {"x:cy"}, (0, 2, 2)),
        (set(), set(), (0, 0, 0)),
    ],
)
def test_what_is_deleted_at_the_source_is_forgotten(posts: set[str], accounts: set[str], gone: tuple[int, ...]) -> None:
    deleted = retention._Deleted(frozenset(posts), frozenset(accounts))
    tables = ((POSTS, "post_topics"), (ACTS, "topic_activity"), (REPLIES, "reactions"))
    assert tuple(retention._without_deleted(rows, name, deleted)[1] for rows, name in tables) == gone


@pytest.mark.parametrize(("rows", "table"), [(POSTS, "post_topics"), (ACTS, "topic_activity"), (REPLIES, "reactions")])
def test_who_is_erased_is_in_no_row(rows: pa.Table, table: str) -> None:
    kept, _ = erasure.edit_of(f"{table}/ds={DAY}", erasure.Request(frozenset({"x:ann"})))(rows)
    assert kept["post_key"].to_pylist() == ["x:1"]


@pytest.fixture
def published(tmp_path: Path) -> Warehouse:
    """Two published days, on which four posts are the evidence of topics."""
    warehouse = open_warehouse(str(tmp_path / "warehouse"))
    posts = ("x:1", "x:2", "x:3", "li:4")
    for day in (DAY - timedelta(days=1), DAY):
        rows = [
            (day, "chirp:ada", "gardening", post, DAY - timedelta(days=40 + n), "tag", 5)
            for n, post in enumerate(posts)
        ]
        tables = good(day, "v1") | {"topic_evidence": rows_of("topic_evidence", rows)}
        staged = approve(stage(tmp_path / "staging", day, "r1", "v1", tables))
        warehouse.publish(contract.release(staged), staged, now())
    return warehouse


def evidence(warehouse: Warehouse, version: int | None = None) -> list[str]:
    return sorted(warehouse.read("clout.topic_evidence", version)["post_key"].to_pylist())


def test_a_deletion_at_the_source_reaches_what_was_published(tmp_path: Path, published: Warehouse) -> None:
    lake = Lake(tmp_path / "lake")
    origin = {"fetched_at": datetime(2026, 3, 15, tzinfo=UTC), "source_endpoint": "test", "post_type": "original"}
    post = {**origin, "native_id": "n", "is_deleted": False}
    rows = [post | {"post_key": "x:1", "author_key": "x:ann"}, post | {"post_key": "x:2", "author_key": "x:bob"}]
    lake.write(lake.snapshot("posts", "x", DAY - timedelta(days=3)), pa.Table.from_pylist(rows, SNAPSHOTS["posts"]))
    gone = [post | {"post_key": "x:1", "is_deleted": True}]
    lake.write(lake.snapshot("posts", "x", DAY), pa.Table.from_pylist(gone, SNAPSHOTS["posts"]))
    account = {**origin, "native_id": "bob", "account_key": "x:bob", "status": "deleted", "state_complete": True}
    bob = pa.Table.from_pylist([account | {"account_type": "unknown"}], SNAPSHOTS["accounts"])
    lake.write(lake.snapshot("accounts", "x", DAY), bob)
    # LinkedIn: nothing of its posts is kept for longer than six weeks.
    sources = [Source("x", "x", tmp_path), Source("li", "linkedin", tmp_path)]
    assert purge.published(lake, sources, published, DAY, dry_run=True) == 3
    assert evidence(published).count("x:1") == 2
    assert purge.published(lake, sources, published, DAY) == 6
    assert evidence(published) == evidence(published, 2) == ["x:3"] * 2
    assert evidence(published, 1) == ["x:3"]
    assert purge.published(lake, sources, published, DAY) == 0
