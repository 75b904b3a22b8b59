"""Each platform's rule on partitions of its own: what goes, what stays, what takes its place, and what the log says."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from clout.config.readers import readers
from clout.config.sources import Source
from clout.lake.partitions import Lake
from clout.lake.schemas import ACTIVITY, MANIFEST, POST_ACTIONS, QUARANTINE, SNAPSHOTS
from clout.privacy.retention import is_purged
from purge import run

DAY = date(2026, 3, 14)
ORIGIN = {"fetched_at": datetime(2026, 3, 15, tzinfo=UTC), "source_endpoint": "test"}
POST = {"post_type": "original", "is_deleted": False, **ORIGIN}
ACT = {"kind": "like", "occurred_precision": "exact", "observed_via": "test", "is_removed": False, **ORIGIN}
ACCOUNT = {"account_type": "unknown", "status": "active", "state_complete": True, **ORIGIN}
LINKEDIN, X = (Source("li", "linkedin", Path("/")),), (Source("x", "x", Path("/")),)
ANN, BO, ACME = "li:urn:li:person:ann", "li:urn:li:person:bo", "li:urn:li:organization:1"


def put(lake: Lake, table: str, platform: str, day: date, *rows: dict[str, Any]) -> str:
    """Write a snapshot's rows; ids are made of keys."""
    path = lake.snapshot(table, platform, day)
    schema = QUARANTINE if table == "quarantine" else SNAPSHOTS[table]
    lake.write(path, pa.Table.from_pylist(list(rows), schema))
    return path


def act(actor: str, target: str, **more: Any) -> dict[str, Any]:
    return {**ACT, "interaction_key": f"{actor}-{target}", "actor_key": actor, "target_account_key": target, **more}


def manifest(lake: Lake, platform: str, day: date, rows: int) -> None:
    row = {"platform": platform, "snapshot_date": day, "endpoint": "e", "subject": "s", "table": "interactions"}
    lake.write(
        lake.snapshot("manifest", platform, day),
        pa.Table.from_pylist([{**row, "rows": rows, "rows_quarantined": 0, "status": "complete"}], MANIFEST),
    )


def column(lake: Lake, path: str, name: str) -> list[Any]:
    return lake.read(path)[name].to_pylist()


def contents(lake: Lake) -> dict[str, bytes]:
    return {
        str(file.relative_to(lake.root)): file.read_bytes()
        for file in Path(lake.root).rglob("*")
        if file.is_file() and ".locks" not in file.parts
    }


@pytest.fixture
def linkedin(lake: Lake) -> Lake:
    """Snapshots of one organisation's posts, and of members, of today and of 1, 2, 42 and 365 days ago."""
    for age in (0, 1, 2, 42, 365):
        day = DAY - timedelta(age)
        account = {**ACCOUNT, "native_id": "n"}
        put(lake, "accounts", "li", day, {**account, "account_key": ANN}, {**account, "account_key": ACME})
        put(lake, "interactions", "li", day, act(ANN, ACME), act(BO, ACME), act(ANN, BO))
        put(
            lake,
            "posts",
            "li",
            day,
            {**POST, "post_key": "p", "native_id": "p", "author_key": ACME, "mentions": [ANN, ACME]},
        )
        manifest(lake, "li", day, 3)
        activity = [{"ds": day, "platform": "li", "actor": ANN, "target": ACME, "kind": "like", "n": 1}]
        lake.write(lake.conformed("activity", day), pa.Table.from_pylist(activity, ACTIVITY), {"fingerprint": "f"})
        actions = [{"ds": day, "platform": "other", "post_key": "p", "actor": "other:x"}]
        lake.write(lake.conformed("post_actions", day), pa.Table.from_pylist(actions, POST_ACTIONS))
        lake.write(lake.features("ties", day), pa.table({"actor": [ANN]}))
        Path(lake.root, f"raw/li/{day}").mkdir(parents=True)
        Path(lake.root, f"raw/li/{day}/page").write_text("x")
    return lake


def test_linkedins_members_become_pseudonyms_and_then_go(linkedin: Lake) -> None:
    lake = linkedin
    run(lake, LINKEDIN, DAY)

    def seen(table: str, age: int, name: str) -> list[Any]:
        return column(lake, lake.snapshot(table, "li", DAY - timedelta(age)), name)

    assert [len(seen("accounts", age, "account_key")) for age in (0, 1, 2, 42, 365)] == [2, 1, 1, 1, 0]
    assert seen("interactions", 1, "actor_key") == [ANN, BO, ANN]
    actors, targets = seen("interactions", 2, "actor_key"), seen("interactions", 2, "target_account_key")
    assert all(re.fullmatch(r"li:someone-[0-9a-f]{32}", key) for key in actors)
    # The same for the same person, so that people can still be counted; organisations keep their names.
    assert actors[0] == actors[2] != actors[1] == targets[2]
    assert targets[:2] == [ACME, ACME]
    assert seen("posts", 2, "mentions") == [[actors[0], ACME]]
    assert [len(seen("interactions", age, "actor_key")) for age in (2, 42, 365)] == [3, 0, 0]
    activity = lake.conformed("activity", DAY - timedelta(365))
    assert column(lake, activity, "actor") == [actors[0]]  # counts of acts are kept, without the name
    assert lake.metadata(activity) == {"fingerprint": "f"}
    assert [is_purged(lake, "li", DAY - timedelta(age)) for age in (0, 2, 42)] == [False, False, True]
    assert [lake.exists(lake.features("ties", DAY - timedelta(age))) for age in (1, 2)] == [True, False]
    assert sorted(path.name for path in Path(lake.root, "raw/li").iterdir()) == [str(DAY)]


def test_a_dry_run_changes_nothing_and_a_second_run_finds_nothing(
    linkedin: Lake, capsys: pytest.CaptureFixture
) -> None:
    before = contents(linkedin)
    would = run(linkedin, LINKEDIN, DAY, dry_run=True)
    assert contents(linkedin) == before
    done = run(linkedin, LINKEDIN, DAY)
    # A row that goes for one rule is not there for the next.
    assert {(each.table, each.ds) for each in done} <= {(each.table, each.ds) for each in would}
    log = linkedin.conformed("purge_log", DAY)
    assert linkedin.read(log).num_rows == len(done) > 10
    assert "urn" not in str(linkedin.read(log).to_pylist()) + "".join(capsys.readouterr())
    after = contents(linkedin)
    assert run(linkedin, LINKEDIN, DAY) == []
    assert contents(linkedin) == after


def test_what_was_deleted_at_the_source_is_forgotten_everywhere_and_counted(lake: Lake) -> None:
    yesterday = DAY - timedelta(1)
    post = {**POST, "native_id": "1"}
    posts = put(
        lake,
        "posts",
        "x",
        yesterday,
        {**post, "post_key": "x:1", "author_key": "x:ann", "text": "secret"},
        {**post, "post_key": "x:2", "author_key": "x:bo"},
        {**post, "post_key": "x:3", "author_key": "x:gone"},
    )
    acts = put(
        lake,
        "interactions",
        "x",
        yesterday,
        act("x:ann", "x:bo", source_post_key="x:1"),
        act("x:bo", "x:ann"),
        act("x:gone", "x:bo"),
    )
    account = {**ACCOUNT, "native_id": "n"}
    accounts = put(
        lake, "accounts", "x", yesterday, {**account, "account_key": "x:gone"}, {**account, "account_key": "x:bo"}
    )
    manifest(lake, "x", yesterday, 3)
    put(lake, "posts", "x", DAY, {**post, "post_key": "x:1", "is_deleted": True})
    today = put(lake, "accounts", "x", DAY, {**account, "account_key": "x:gone", "status": "deleted"})
    run(lake, X, DAY)
    assert column(lake, posts, "post_key") == ["x:2"]
    assert column(lake, acts, "actor_key") == ["x:bo"]
    assert column(lake, accounts, "account_key") == ["x:bo"]
    assert column(lake, today, "account_key") == ["x:gone"]  # the flag, so that other days forget it
    rows = lake.manifest("x", yesterday) or []
    assert [(row["rows"], row["rows_excluded"]) for row in rows] == [(1, 2)]
    run(lake, X, DAY)
    assert lake.manifest("x", yesterday) == rows
    assert not is_purged(lake, "x", yesterday)


def test_every_reader_has_rules_and_raw_pages_are_kept_shortest() -> None:
    for name, reader in readers().items():
        raw = [rule.after_days for rule in reader.retention if rule.table == "raw"]
        assert all(days <= 30 for days in raw), name
        assert raw or name == "files", "their pages are the operator's own files"
    assert {rule.after_days for rule in readers()["x"].retention if rule.table in ("raw", "posts")} == {1}


def test_a_day_that_was_purged_unconformed_cannot_be_scored_and_says_so(lake: Lake, tmp_path: Path) -> None:
    from clout.config.sources import Sources
    from clout.errors import InvalidInput
    from conform import conform_days

    old = DAY - timedelta(50)
    put(lake, "interactions", "li", old, act(ANN, ACME))
    manifest(lake, "li", old, 1)
    run(lake, LINKEDIN, DAY)
    sources = Sources((Source("li", "files", tmp_path),), {})
    with pytest.raises(InvalidInput, match="2026-01-23: its interactions were purged for their age before"):
        conform_days(lake, sources, [old])
    lake.write(lake.conformed("activity", old), ACTIVITY.empty_table())
    assert conform_days(lake, sources, [old]) == []
