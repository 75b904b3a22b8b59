"""Shows that no optional field of an export, however it is spoilt, costs anybody a row or another field of it."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clout.config.sources import Source
from clout.platforms.exports import files
from clout.platforms.exports.file_limits import CELL_BYTES
from clout.platforms.pull.rows import Batch, PullReport

DAY = date(2026, 3, 1)
ROWS: dict[str, dict[str, str]] = {
    "interactions": {"actor": "a", "target": "b", "kind": "like", "occurred_at": f"{DAY}T12:00:00Z", "post": "p"},
    "posts": {
        **{"post": "p", "author": "b", "occurred_at": f"{DAY}T12:00:00Z", "post_type": "reply", "lang": "en"},
        **{"like_count": "1", "reply_count": "2", "share_count": "3", "quote_count": "4"},
        "from_feed": "false",
    },
    "accounts": {
        **{
            "account": "a",
            "handle": "ann",
            "display_name": "Ann",
            "account_type": "person",
            "created_at": "2020-01-01",
        },
        **{"followers_count": "1", "following_count": "2", "posts_count": "3", "listed_count": "4", "verified": "true"},
        **{"is_bot": "false", "opt_out": "false", "same_as": "y:a"},
    },
}
OPTIONAL = {
    "interactions": ["post"],
    "posts": ["post_type", "lang", "like_count", "reply_count", "share_count", "quote_count", "from_feed"],
    "accounts": [
        *("display_name", "account_type", "created_at", "followers_count", "following_count", "posts_count"),
        *("listed_count", "verified", "is_bot", "same_as"),
    ],
}
#: What a column becomes that is under another name in the tables, and what it holds where it could not be read.
THEIRS = {"post": "target_post_key"}
TAKEN = {"post_type": "original", "account_type": "unknown", "from_feed": False}
#: Text is whatever is no text; of the others each of these is unreadable.
TEXTS = ("lang", "display_name")
SPOILT: dict[str, Any] = {
    "not UTF-8": b"\xff\xfe",
    "beyond measure": "1" * (CELL_BYTES + 1),
    "an object": '{"a": 1}',
    "not a word of it": " \x01 ,;",
    "a float's end": "1.2345E+17",
    "nested": [1, 2],
}


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([rows[0], *([v.decode("latin-1") if type(v) is bytes else v for v in r.values()] for r in rows)])
    return b"".join(c.encode("latin-1") for c in text.getvalue())


def as_json(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    columns: dict[str, Any] = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        if any(type(value) is list for value in values):
            values = [value if type(value) is list else None for value in values]
        elif any(type(value) is bytes for value in values):
            values = [value if type(value) is bytes else str(value).encode() for value in values]
        columns[name] = pa.array(values)
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


FORMS = {".csv": as_csv, ".jsonl": as_json, ".parquet": as_parquet}


class Got:
    """What the reader gave of two rows of a table, the second of them spoilt in one field."""

    def __init__(self, folder: Path, form: str, table: str, **spoilt: Any) -> None:
        rows = [ROWS[table], {**ROWS[table], **spoilt}]
        rows[1][next(iter(rows[1]))] = "other"
        folder.mkdir(exist_ok=True)
        for file in folder.iterdir():
            file.unlink()
        (folder / f"{table}-{DAY}{form}").write_bytes(FORMS[form](rows))
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.reports: list[PullReport] = []
        for item in files.read(Source("x", "files", folder), {DAY}):
            if isinstance(item, Batch):
                self.rows.setdefault(item.table, []).extend(item.rows.to_pylist())
            else:
                self.reports.append(item)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("table", ROWS)
def test_a_spoilt_optional_field_is_null_noted_and_counted(tmp_path: Path, table: str, form: str) -> None:
    landed = {"interactions": "interactions", "posts": "posts", "accounts": "accounts"}[table]
    whole = Got(tmp_path / "x", form, table)
    assert "quarantine" not in whole.rows
    times = {"fetched_at": None, "interaction_key": None}
    for column in OPTIONAL[table]:
        for what, value in SPOILT.items():
            if (type(value) is bytes and form == ".jsonl") or (type(value) is list and form == ".csv"):
                continue  # there is no such thing
            got = Got(tmp_path / "x", form, table, **{column: value})
            ours = THEIRS.get(column, column)
            before, after = ({**row, **times} for row in (whole.rows[landed][1], got.rows[landed][1]))
            is_lost = column not in TEXTS or what in ("not UTF-8", "beyond measure", "nested")
            if form == ".jsonl" and what == "nested" and column in TEXTS:
                is_lost = False  # as it is written
            notes = got.rows.get("quarantine", [])
            assert len(notes) == is_lost, (column, what)
            assert all(n["reason"].startswith(f"{column}: ") and n["reason"].endswith(" (row kept)") for n in notes)
            if column == "same_as":
                others = 0 if type(value) is list and form == ".parquet" else 1  # a column is of one type
                assert [len(one.rows.get("account_links", [])) for one in (whole, got)] == [2, others]
            elif is_lost:
                assert after[ours] == TAKEN.get(column), (column, what)
            assert {**after, ours: None} == {**before, ours: None}, (column, what)
            [report] = got.reports
            assert (report.rows, report.rows_quarantined) == (2, 0)
            assert not is_lost or f"{column}: unreadable in 1 of 2 rows" in str(report.reason), (column, what)


def test_of_undated_files_each_note_lands_on_the_day_of_its_row(tmp_path: Path) -> None:
    head, noon = "post,author,occurred_at,like_count\n", "T12:00:00Z"
    rows = f"p1,a,2026-03-01{noon},many\n,a,2026-03-01{noon},\np2,a,2026-03-02{noon},few\np3,a,2026-03-02{noon},1\n"
    (tmp_path / "posts.csv").write_text(head + rows)
    days = {DAY, date(2026, 3, 2)}
    got = [item for item in files.read(Source("x", "files", tmp_path), days) if isinstance(item, Batch)]
    notes = {
        (batch.day.day, row["row"], row["reason"].rpartition(" (")[2])
        for batch in got
        if batch.table == "quarantine"
        for row in batch.rows.to_pylist()
    }
    # Of a row that is refused nobody knows the day: each day keeps it.
    assert {note[:2] for note in notes} == {(1, 2), (1, 3), (2, 3), (2, 4)}
    assert sum(b.rows.num_rows for b in got if b.table == "posts") == 3


def test_a_post_that_others_passed_on_is_not_of_its_authors_feed(tmp_path: Path) -> None:
    rows = f"p1,a,{DAY},false\np2,a,{DAY},\np3,a,{DAY},yes\np4,a,{DAY},nan\n"
    (tmp_path / "posts.csv").write_text("post,author,occurred_at,from_feed\n" + rows)
    items = list(files.read(Source("x", "files", tmp_path), {DAY}))
    [posts] = [item.rows.to_pylist() for item in items if isinstance(item, Batch) and item.table == "posts"]
    assert [row["from_feed"] for row in posts] == [False, True, True, True]


def test_so_it_is_through_a_query(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text("post,author,occurred_at,like_count\np1,a,2026-03-01,many\np2,a,2026-03-01,2\n")
    query = "-- table: posts\nSELECT *, 'posts.csv' AS file FROM read_csv('posts.csv', all_varchar = true)"
    source = Source("x", "files", tmp_path, options={"query": "q.sql", "query_text": query})
    items = list(files.read(source, {DAY}))
    [posts] = [item.rows.to_pylist() for item in items if isinstance(item, Batch) and item.table == "posts"]
    assert [row["like_count"] for row in posts] == [None, 2]
    [note] = [
        row for item in items if isinstance(item, Batch) and item.table == "quarantine" for row in item.rows.to_pylist()
    ]
    assert (note["file"], note["row"]) == ("posts.csv", 1)
