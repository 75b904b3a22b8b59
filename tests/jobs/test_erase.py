"""One person leaves every file: raw pages, snapshots, counts, staged runs, all versions. A search proves it, and can fail."""

from __future__ import annotations

import gzip
import json
import threading
import time
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import erase
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clout.config.native_ids import normal_id
from clout.config.sources import Source, Sources
from clout.errors import InvalidInput
from clout.lake import declared
from clout.lake.partitions import Lake
from clout.lake.records import SELECTIONS
from clout.lake.schemas import ACTIVITY, CONFORMED, MANIFEST, POST_ACTIONS, QUARANTINE, SNAPSHOTS
from clout.platforms.http.raw_pages import RawPages
from clout.privacy import erasure
from clout.privacy.erasure_search import Search
from clout.privacy.suppression import ErasedKeys, read_erased, write_erased
from clout.warehouse.contract import release
from clout.warehouse.factory import open_warehouse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from staged_run import DAY, NEXT, approve, good, rows_of, stage

ANN, BO = "bsky:did:plc:ann", "bsky:did:plc:bo"
LINKED = "chirp:ada"  # whom staged_run's tables speak of
NAMES = ("ann.example", "ann appleby")
ORIGIN = {"fetched_at": datetime(2026, 3, 15, tzinfo=UTC), "source_endpoint": "test"}
ACCOUNT = {"native_id": "n", "account_type": "unknown", "status": "active", "state_complete": True, **ORIGIN}
POST = {"native_id": "p", "post_type": "original", "is_deleted": False, **ORIGIN}
ACT = {"kind": "like", "occurred_precision": "exact", "observed_via": "test", "is_removed": False, **ORIGIN}
SOURCES = Sources((Source("bsky", "bluesky", Path("/")), Source("chirp", "files", Path("/"))), {})


def put(lake: Lake, table: str, platform: str, *rows: dict[str, Any]) -> None:
    schema = QUARANTINE if table == "quarantine" else SNAPSHOTS[table]
    lake.write(lake.snapshot(table, platform, DAY), pa.Table.from_pylist(list(rows), schema))


def rows(lake: Lake, table: str, platform: str = "bsky") -> list[dict[str, Any]]:
    return lake.read(lake.snapshot(table, platform, DAY)).to_pylist()


class Home:
    """A lake, a staging area and a warehouse that know Ann, who is chirp:ada too, and others."""

    def __init__(self, root: Path) -> None:
        self.lake, self.staging, self.warehouse = Lake(root / "lake"), Lake(root / "staging"), str(root / "warehouse")
        self.root = root
        self._snapshots()
        self._raw()
        self._lists()
        persons = {"account_key": [ANN, LINKED], "person_id": [ANN, ANN]}
        self.lake.write(self.lake.features("persons", DAY), pa.table(persons), {"model": "m"})
        for day, label in ((DAY, "one"), (DAY, "two"), (NEXT, "three")):
            staged = approve(stage(root / "staging", day=day, run=label, label=label))
            open_warehouse(self.warehouse).publish(release(staged), staged, datetime(2026, 3, 16, tzinfo=UTC))
        only_bo = {
            name: rows_of(name, [tuple(row.values()) for row in table.to_pylist() if LINKED not in row.values()])
            for name, table in good(DAY).items()
        }
        stage(root / "staging", run="without-ada", tables=only_bo)

    def _snapshots(self) -> None:
        lake = self.lake
        put(
            lake,
            "accounts",
            "bsky",
            {**ACCOUNT, "account_key": ANN, "handle": "ann.example", "display_name": "Ann Appleby", "bio": "Me"},
            {**ACCOUNT, "account_key": BO, "handle": "bo.example", "display_name": "Bo", "bio": "with @ann.example"},
        )
        # Somebody else is called Ada too, and a handle of one word may be any word.
        put(
            lake,
            "accounts",
            "chirp",
            {**ACCOUNT, "account_key": LINKED, "handle": "writer", "display_name": "Ada Alder"},
            {**ACCOUNT, "account_key": "chirp:bo", "handle": "bo", "display_name": "Ada Alder"},
        )
        put(
            lake,
            "posts",
            "bsky",
            {**POST, "post_key": f"{ANN}/1", "author_key": ANN, "text": "mine"},
            {**POST, "post_key": f"{BO}/1", "author_key": BO, "text": "ask Ann Appleby", "mentions": [ANN, BO]},
            {**POST, "post_key": f"{BO}/2", "author_key": BO, "text": "joann.example and a writer"},
        )
        put(
            lake,
            "interactions",
            "bsky",
            {**ACT, "interaction_key": "1", "actor_key": ANN, "target_account_key": BO},
            {**ACT, "interaction_key": "2", "actor_key": BO, "target_account_key": ANN},
            {**ACT, "interaction_key": "3", "actor_key": BO, "target_account_key": "bsky:did:plc:cy"},
        )
        put(lake, "account_links", "bsky", {"account_a": ANN, "account_b": LINKED, "basis": "self_declared", **ORIGIN})
        of_day = {"platform": "bsky", "snapshot_date": DAY, "rows_quarantined": 0, "status": "complete"}
        asked = {"endpoint": "feed", "subject": "ann.example", "table": "interactions", "rows": 3}
        lake.write(lake.snapshot("manifest", "bsky", DAY), pa.Table.from_pylist([{**of_day, **asked}], MANIFEST))
        bad = {"table": "posts", "reason": "?", "file": "f", "row": 1}
        put(lake, "quarantine", "bsky", {**bad, "raw": json.dumps({"by": "did:plc:ann"})}, {**bad, "raw": "other"})
        counts = {"ds": DAY, "platform": "bsky", "kind": "like", "n": 1}
        activity = [{**counts, "actor": ANN, "target": BO}, {**counts, "actor": BO, "target": "bsky:did:plc:cy"}]
        lake.write(lake.conformed("activity", DAY), pa.Table.from_pylist(activity, ACTIVITY), {"fingerprint": "f"})
        passed_on = {"ds": DAY, "platform": "bsky", "actor": BO}
        actions = [{**passed_on, "post_key": f"{ANN}/1"}, {**passed_on, "post_key": f"{BO}/1"}]
        lake.write(lake.conformed("post_actions", DAY), pa.Table.from_pylist(actions, POST_ACTIONS))
        lake.write(lake.features("ties", DAY), pa.table({"actor": [ANN, BO], "influence_probability": [0.5, 0.25]}))
        lake.write("features/ties/.tmp-0-ds=2026-03-13", pa.table({"actor": [ANN]}))  # left by a crash

    def _lists(self) -> None:
        """What stands beside activity: in each table a row of hers, one that she is spoken of in, and one of others."""
        lake, cy = self.lake, "bsky:did:plc:cy"
        given = {"purpose": "named", "given_on": DAY, "is_unreadable": False, **ORIGIN}
        put(lake, "consents", "bsky", *({**given, "account_key": key} for key in (ANN, LINKED, BO)))
        code = {"campaign": "spring", "arm": "person", "starts_on": DAY, **ORIGIN}
        put(
            lake,
            "campaigns",
            "bsky",
            *({**code, "code": f"c{n}", "account_key": key} for n, key in enumerate((ANN, BO))),
        )
        book = {
            "kind": "book",
            "title": "A Book",
            "year": 2020,
            "evidence_url": "https://a.example",
            "registry": "none",
        }
        book |= {"reviewed_by": "rae", "reviewed_on": DAY, "decision": "accepted", **ORIGIN}
        put(lake, "credentials", "bsky", *({**book, "account_key": key} for key in (ANN, LINKED, BO)))
        said = {"topic": "chess", "given_on": DAY, **ORIGIN}
        pairs = ((ANN, BO), (BO, ANN), (BO, cy))
        put(lake, "endorsements", "bsky", *({**said, "actor_key": a, "target_account_key": b} for a, b in pairs))
        about = {"ds": DAY, "platform": "bsky", "topic_id": "brand:acme", "part": 1.0}
        post = {**about, "posted_on": DAY, "text_hash": "h", "evidence": "tag"}
        act = {**about, "kind": "like", "n": 1}
        reply = {"ds": DAY, "platform": "bsky", "lang": "en", "valence": 0.5}
        made = {
            "post_topics": [{**post, "post_key": f"{key}/1", "author_key": key} for key in (ANN, BO)],
            "topic_activity": [{**act, "post_key": f"{b}/1", "actor": a, "target": b} for a, b in pairs],
            "reactions": [{**reply, "post_key": f"{a}/{n}", "actor": a, "target": b} for n, (a, b) in enumerate(pairs)],
        }
        for table, found in made.items():
            lake.write(lake.conformed(table, DAY), pa.Table.from_pylist(found, CONFORMED[table]))
        drawn = {
            "campaign": "spring",
            "selected_on": DAY,
            "arm": "person",
            "eligible": 40,
            "seed": "7",
            "rule": "by lot",
        }
        drawn |= {"query_hash": "ab12"}
        lot = [{**drawn, "person_id": who, "account_key": key} for who, key in ((ANN, LINKED), (BO, BO))]
        lake.write(lake.conformed("selections", DAY), pa.Table.from_pylist(lot, SELECTIONS))
        unsaid = [{"person_id": who, "topic_id": "*"} for who in (ANN, BO)]
        lake.write(lake.features("hidden_topics", DAY), pa.Table.from_pylist(unsaid))

    def _raw(self) -> None:
        pages = RawPages(self.lake, "bsky", DAY)
        page = {"status": 200, "headers": {}, "fetched_at": "2026-03-15T00:00:00+00:00", "request": {"path": "/x"}}
        profiles = {"profiles": [{"did": "did:plc:ann"}, {"did": "did:plc:bo", "description": "x"}]}
        pages.store("profiles", "ann.example,bo.example", 0, {**page, "body": profiles})
        likes = {"likes": [{"actor": {"did": "did:plc:ann"}}, {"actor": {"did": "did:plc:bo"}}], "cursor": "c"}
        pages.store("likes", "at://did:plc:bo/post/1", 0, {**page, "body": likes})
        pages.store("likes", "at://did:plc:ann/post/1", 0, {**page, "body": {"likes": []}})
        pages.store(
            "likes", "at://did:plc:cy/post/1", 0, {**page, "body": {"likes": [{"actor": {"did": "did:plc:bo"}}]}}
        )

    def erase(self, key: str = ANN) -> None:
        request = erasure.find(self.lake, erasure.linked(self.lake, key))
        erase.run(self.lake, self.staging, self.warehouse, SOURCES, request, DAY)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def raw(home: Home) -> dict[str, Any]:
    found = {}
    for file in sorted(Path(home.lake.root, "raw").rglob("*.json.gz")):
        record = json.loads(gzip.decompress(file.read_bytes()))
        found[record["subject"]] = record["body"]
    return found


def test_the_person_is_everywhere_before(home: Home) -> None:
    """Else the rest of this file would prove nothing."""
    request = erasure.find(home.lake, {ANN, LINKED})
    assert set(NAMES) < request.names
    assert "ada alder" not in request.names
    assert {"@writer"} < request.names
    places = {str(file.relative_to(home.root)).split("/")[0] for file in Search(request).found_in(home.root)}
    assert places == {"lake", "staging", "warehouse"}
    with pytest.raises(InvalidInput, match=r"the person is still in \d\d+ places: .*/lake/") as found:
        erase.check(home.lake, home.staging, home.warehouse, request)
    assert "ann" not in str(found.value).replace("/lake/", "")


def test_the_person_leaves_and_others_stay(home: Home, capsys: pytest.CaptureFixture) -> None:
    readers = duckdb.connect(f"{home.warehouse}/warehouse.duckdb", read_only=True)
    home.erase()
    lake = home.lake
    said = capsys.readouterr().out
    assert not [name for name in (ANN, LINKED, *NAMES) if name in said.lower()]
    assert [row["account_key"] for row in rows(lake, "accounts")] == [BO]
    assert rows(lake, "accounts")[0]["bio"] is None  # it named her
    assert [row["account_key"] for row in rows(lake, "accounts", "chirp")] == ["chirp:bo"]
    assert rows(lake, "accounts", "chirp")[0]["display_name"] == "Ada Alder"  # somebody else's own name
    posts = {row["post_key"]: (row["text"], row["mentions"]) for row in rows(lake, "posts")}
    assert posts == {f"{BO}/1": (None, [BO]), f"{BO}/2": ("joann.example and a writer", None)}
    assert [row["interaction_key"] for row in rows(lake, "interactions")] == ["3"]
    assert rows(lake, "account_links") == []
    assert [(row["subject"], row["rows"], row["rows_excluded"]) for row in rows(lake, "manifest")] == [
        ("(erased)", 1, 2)
    ]
    assert [row["raw"] for row in rows(lake, "quarantine")] == ["other"]
    assert lake.read(lake.conformed("activity", DAY))["actor"].to_pylist() == [BO]
    assert lake.metadata(lake.conformed("activity", DAY)) == {"fingerprint": "f"}
    assert lake.read(lake.conformed("post_actions", DAY))["post_key"].to_pylist() == [f"{BO}/1"]
    assert lake.read(lake.features("ties", DAY)).to_pylist() == [{"actor": BO, "influence_probability": 0.25}]
    assert raw(home) == {
        "bo.example": {"profiles": [{"did": "did:plc:bo", "description": "x"}]},
        "at://did:plc:bo/post/1": {"likes": [{"actor": {"did": "did:plc:bo"}}], "cursor": "c"},
        "at://did:plc:cy/post/1": {"likes": [{"actor": {"did": "did:plc:bo"}}]},
    }
    assert list(RawPages(lake, "bsky", DAY).subjects("profiles")) == ["bo.example"]  # it is found under its new name
    assert sorted(path.name for path in Path(home.staging.root, str(DAY)).iterdir()) == ["without-ada"]
    for table, key in (("consents", "account_key"), ("campaigns", "account_key"), ("credentials", "account_key")):
        assert {row[key] for row in rows(lake, table)} <= {BO, None}, table
        assert BO in {row[key] for row in rows(lake, table)}, table
    assert [row["target_account_key"] for row in rows(lake, "endorsements")] == ["bsky:did:plc:cy"]
    for table in ("post_topics", "topic_activity", "reactions"):
        left = lake.read(lake.conformed(table, DAY)).to_pylist()
        assert [row.get("author_key") or row["actor"] for row in left] == [BO], table
    assert lake.read(lake.conformed("selections", DAY))["person_id"].to_pylist() == [BO]
    assert lake.read(lake.features("hidden_topics", DAY))["person_id"].to_pylist() == [BO]
    warehouse = open_warehouse(home.warehouse)
    for version in (1, 2, 3):
        for name, table in declared.tables().items():
            if "person_id" in table.columns:
                assert LINKED not in warehouse.read(f"{table.schema}.{name}", version)["person_id"].to_pylist(), name
        assert warehouse.read("clout.scores", version)["person_id"].unique().to_pylist() == ["chirp:bo"]
    with duckdb.connect() as fresh:  # readers that come now; those that were there see their version to its end
        fresh.execute(f"ATTACH '{home.warehouse}/warehouse.duckdb' AS w (READ_ONLY)")
        assert fresh.sql("SELECT DISTINCT account_key FROM w.clout.accounts").fetchall() == [("chirp:bo",)]
    readers.close()
    [log] = lake.read(lake.conformed("erasure_log", DAY)).to_pylist()
    assert (log["accounts"], json.loads(log["removed"])["raw pages"]) == (2, 3)


def test_the_next_pull_knows_her_and_keeps_hashes_only(home: Home) -> None:
    home.erase(LINKED)  # any of her accounts stands for her
    erased = read_erased(home.lake)
    assert {erased.hashed(ANN), erased.hashed(LINKED)} == erased.keys
    assert erased.hashed("ann.example") in erased.names


def test_again_finds_nothing_and_changes_nothing(home: Home) -> None:
    home.erase()
    before = {file: file.read_bytes() for file in home.root.rglob("*") if file.is_file() and "_log" not in str(file)}
    home.erase()
    assert {
        file: file.read_bytes() for file in home.root.rglob("*") if file.is_file() and "_log" not in str(file)
    } == before


@pytest.mark.parametrize("step", ["_staged", "search", "check"])
def test_a_crash_in_the_middle_is_completed_by_asking_again_and_leaves_no_key_behind(
    home: Home, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def dies(*arguments: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(erase, step, dies)
    with pytest.raises(RuntimeError, match="power cut"):
        home.erase()
    monkeypatch.undo()
    text = b"".join(file.read_bytes() for file in Path(home.lake.root).rglob("*.json"))
    assert ANN.encode() not in text
    # Another request is not touched by it.
    bo = erasure.find(home.lake, {BO})
    assert not bo.keys & {ANN, LINKED}
    home.erase()
    request = erasure.Request(frozenset({ANN, LINKED}), frozenset(NAMES))
    assert next(Search(request).found_in(home.root), None) is None


@pytest.mark.parametrize("name", ["note.txt", "old.json.gz", "part.parquet", "some.duckdb", "of-ann.example-.txt"])
def test_the_search_finds_what_erase_does_not_know(lake: Lake, tmp_path: Path, name: str) -> None:
    file = Path(lake.root, "elsewhere", name)
    file.parent.mkdir(parents=True)
    secret = "we met Ann.Example there"
    if name.endswith(".gz"):
        file.write_bytes(gzip.compress(secret.encode()))
    elif name.endswith(".parquet"):
        pq.write_table(pa.table({"a": [["x"], [secret]]}), file, compression="zstd")
    elif name.endswith(".duckdb"):
        with duckdb.connect(str(file)) as connection:
            connection.execute("CREATE TABLE t AS SELECT repeat('x', 99) || ? AS a FROM range(9999)", [secret])
    else:
        file.write_text("nothing" if "ann" in name else secret)
    request = erasure.Request(frozenset({ANN}), frozenset(NAMES))
    with pytest.raises(InvalidInput, match=r"the person is still in 1 places: .*elsewhere"):
        erase.check(lake, Lake(tmp_path / "staging"), str(tmp_path / "warehouse"), request)


def test_a_short_number_is_searched_for_with_its_platform_only(lake: Lake) -> None:
    request = erasure.Request(frozenset({"murmur:1234567", "x:1234567890123456789", "bsky:did:plc:ann"}))
    assert request.telling_ids == {"1234567890123456789", "did:plc:ann"}
    assert request.ids_on("murmur") == {"1234567"}
    page = {"status": 200, "headers": {}, "request": {}}
    pages = RawPages(lake, "murmur", DAY)
    shown = [{"author_id": "1234567"}, {"text": "1234567 times"}]
    pages.store("feed", "8", 0, {**page, "body": {"data": shown}})
    assert pages.erase(request.is_named_in, request.ids_on("murmur")) == 1
    assert (pages.load("feed", "8", 0) or {})["body"] == {"data": shown[1:]}


def test_a_longer_name_is_another_name(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("joann.example ann.example2 murmur:881 xmurmur:88")
    request = erasure.Request(frozenset({"murmur:88"}), frozenset({"@ann.example"}))
    assert list(Search(request).found_in(tmp_path)) == []
    assert not request.is_named_in("joann.example ann.example2 murmur:881 xmurmur:88")


def test_the_command_line(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    (tmp_path / "sources.toml").write_text('[[source]]\nname = "chirp"\npath = "exports"\n')
    places = [
        "--day",
        str(DAY),
        "--lake",
        home.lake.root,
        "--staging",
        home.staging.root,
        "--warehouse",
        home.warehouse,
    ]
    places += ["--sources", str(tmp_path / "sources.toml")]
    with pytest.raises(InvalidInput, match="no key; it is one of chirp, a colon, and an id"):
        erase.main([*places, "--key", "nobody:1"])
    monkeypatch.setenv("CLOUT_ERASE_KEY", LINKED)
    with pytest.raises(InvalidInput, match="still in"):
        erase.main([*places, "--check-only"])
    erase.main(places)
    erase.main([*places, "--check-only"])
    erase.main(places)  # again, of somebody who was erased before
    for unknown in ("chirp:nobody-at-all", "chirp:ADA", "chirp:ad", "chirp:ada1"):
        hashes = read_erased(home.lake)
        with pytest.raises(InvalidInput, match="nobody is meant by this request"):
            erase.main([*places, "--key", unknown])
        assert read_erased(home.lake) == hashes
    erase.main([*places, "--key", "chirp:nobody-at-all", "--even-if-unknown"])
    assert read_erased(home.lake).holds("chirp:nobody-at-all")
    assert Path(home.lake.root, "erased.json").stat().st_mode & 0o077 == 0
    assert "nothing of the person is left" in capsys.readouterr().out
    assert date.fromisoformat(str(DAY)) == DAY


CONTAINED = [
    f"{stem}{end}"
    for stem in (
        "dan",
        "Dan",
        "DAN",
        "dan-smith",
        "dan.smith",
        "dan_x",
        "dante",
        "danté",
        "jordan",
        "an",
        "a",
        "x-dan",
        "7",
        "07",
    )
    for end in ("", "1", "-1", ".1", "_1", ".dan", "-dan", "@dan", "/dan", " dan", "é", "\u0301", "A", "a")
]


@given(st.sets(st.sampled_from(CONTAINED), min_size=4, max_size=12))
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
def test_of_keys_that_contain_one_another_exactly_those_leave_that_were_asked_for(
    tmp_path_factory: pytest.TempPathFactory, asked: set[str]
) -> None:
    lake = Lake(tmp_path_factory.mktemp("contained"))
    keys = [f"chirp:{name}" for name in dict.fromkeys(map(normal_id, CONTAINED))]
    assert len(keys) >= 180
    accounts = [{**ACCOUNT, "account_key": key, "native_id": key[6:]} for key in keys]
    put(lake, "accounts", "chirp", *accounts)
    acts = [
        {**ACT, "interaction_key": str(n), "actor_key": key, "target_account_key": "chirp:everybody"}
        for n, key in enumerate(keys)
    ]
    put(lake, "interactions", "chirp", *acts)
    put(lake, "posts", "chirp", *({**POST, "post_key": f"chirp:#{n}", "author_key": key} for n, key in enumerate(keys)))
    counts = {"ds": DAY, "platform": "chirp", "kind": "like", "n": 1, "target": "chirp:everybody"}
    lake.write(lake.conformed("activity", DAY), pa.Table.from_pylist([{**counts, "actor": k} for k in keys], ACTIVITY))
    gone = {f"chirp:{normal_id(name)}" for name in asked}
    for name in sorted(asked):
        request = erasure.find(lake, {f"chirp:{name}"})
        for folder in erasure.folders(lake):
            erase.rewrite(lake, folder, erasure.edit_of(folder, request))
        assert next(Search(request).found_in(Path(lake.root)), None) is None
    left = [key for key in keys if key not in gone]
    assert [row["account_key"] for row in rows(lake, "accounts", "chirp")] == left
    assert [row["actor_key"] for row in rows(lake, "interactions", "chirp")] == left
    assert [row["author_key"] for row in rows(lake, "posts", "chirp")] == left
    assert lake.read(lake.conformed("activity", DAY))["actor"].to_pylist() == left


def test_case_counts_where_the_platform_tells_it_apart(lake: Lake) -> None:
    put(lake, "accounts", "chirp", *({**ACCOUNT, "account_key": f"chirp:{name}"} for name in ("abcde9", "AbCdE9")))
    assert erasure.find(lake, {"chirp:abcde9"}).keys == {"chirp:abcde9"}
    assert erasure.find(lake, {"chirp:ABCDE9"}, folding={"chirp"}).keys >= {"chirp:abcde9", "chirp:AbCdE9"}
    request = erasure.find(lake, {"chirp:abcde9"})
    assert request.others == {"chirp:AbCdE9"}
    assert request.is_named_in("see chirp:abcde9!")
    assert not request.is_named_in("see chirp:AbCdE9!")


def test_the_erased_come_back_in_no_other_spelling_and_others_are_let_in(lake: Lake) -> None:
    erased = ErasedKeys().and_also({"chirp:p07"}, (), {"chirp:P07"})
    assert erased.holds("chirp:p07\u200b")
    assert erased.holds("chirp:ｐ０７")
    assert not erased.holds("chirp:P07")  # who was there when p07 was erased is somebody else
    assert not erased.holds("chirp:p071")
    write_erased(lake, erased)
    assert read_erased(lake) == erased


SAID = "we met Ann.Example there"
WRITTEN = {
    "UTF-16": SAID.encode("utf-16"),
    "UTF-16 from an odd byte on": b"x" + SAID.encode("utf-16-be"),
    "an address": b"https://e.example/?q=ann%2Eexample&u=" + quote("josé-müller").encode(),
    "JSON": json.dumps({"a": "josé-müller"}).encode(),
    "Latin-1": "josé-müller".encode("latin-1"),
    "NFD": unicodedata.normalize("NFD", "josé-müller").encode(),
    "upper case": "JOSÉ-MÜLLER".encode(),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_the_search_finds_every_way_of_writing(tmp_path: Path, how: str) -> None:
    (tmp_path / "found").write_bytes(b"..." + WRITTEN[how] + b"...")
    (tmp_path / "other").write_bytes("josé-müllers joann.example ann.example2".encode())
    request = erasure.Request(frozenset({ANN}), frozenset({"ann.example", "josé-müller"}))
    assert [file.name for file in Search(request).found_in(tmp_path)] == ["found"]


def test_short_ids_are_found_in_quarantine_and_by_equality(lake: Lake) -> None:
    request = erasure.Request(frozenset({"chirp:p07"}))
    bad = {"table": "interactions", "reason": "?", "file": "f"}
    told = ["actor=p07,target=p30", "p30|p07|x", "@P07", "https://toot.example/p07", "p0\u200b7", "p071,p30"]
    put(lake, "quarantine", "chirp", *({**bad, "row": n, "raw": raw} for n, raw in enumerate(told)))
    assert next(Search(request).found_in(Path(lake.root)), None)
    folder = lake.snapshot("quarantine", "chirp", DAY)
    erase.rewrite(lake, folder, erasure.edit_of(folder, request))
    assert [row["raw"] for row in rows(lake, "quarantine", "chirp")] == ["p071,p30"]
    assert next(Search(request).found_in(Path(lake.root)), None) is None


def test_steps_of_nights_wait_for_an_erasure_and_it_for_them(lake: Lake, capfd: pytest.CaptureFixture) -> None:
    begun, order = threading.Event(), []

    def erases() -> None:
        with Lake(lake.root).alone("erase"):
            order.append("erase")
            begun.set()
            with Lake(lake.root).lock("conform"):
                time.sleep(0.2)
            order.append("erased")

    with lake.together("conform"), lake.together("pull"):  # steps do not wait for one another
        other = threading.Thread(target=erases)
        other.start()
        time.sleep(0.2)
        order.append("conformed")
    begun.wait(10)
    with lake.together("score"):
        order.append("score")
    other.join(10)
    assert order == ["conformed", "erase", "erased", "score"]
    said = capfd.readouterr().err
    assert "erase: waits until what else works in the lake is done" in said
    assert "score: waits until an erasure or a purge is done" in said
