"""No file of exports crashes a pull, fills its memory, or loses a row unseen: it lands, is counted, or stops the pull."""

# ruff: noqa: E501
from __future__ import annotations

import gzip
import io
import json
import os
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.platforms.exports import file_limits, files
from clout.platforms.http import heartbeat
from clout.platforms.http.heartbeat import Heartbeat
from clout.platforms.pull.rows import Batch, PullReport

DAY = date(2026, 3, 1)
NOON = "2026-03-01T12:00:00Z"
HEAD = b"actor,target,kind,occurred_at\n"
ROW = b"ann,bo,like,2026-03-01T12:00:00Z\n"
LINE = b'{"actor":"ann","target":"bo","kind":"like","occurred_at":"2026-03-01T12:00:00Z"}\n'
MIB = 1 << 20


def parquet(**columns: object) -> bytes:
    """An export of one day with some columns of its own."""
    stream = io.BytesIO()
    number = len(next(iter(columns.values())))  # type: ignore[arg-type]
    rest = {"actor": "ann", "target": "bo", "kind": "like", "occurred_at": NOON}
    pq.write_table(
        pa.table({name: columns.get(name, [value] * number) for name, value in rest.items()} | columns), stream
    )
    return stream.getvalue()


#: Two thousand times the same cell of a megabyte.
LONG = pa.DictionaryArray.from_arrays(pa.array([0] * 2000, pa.int32()), pa.array(["a" * 10**6]))


def equal(number: int) -> pa.DictionaryArray:
    """A column of one cell."""
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), number), pa.array(["a" * 20]))


def many_groups() -> bytes:
    stream = io.BytesIO()
    table = pa.table({"actor": ["a"] * 100, "target": ["b"] * 100, "kind": ["like"] * 100, "occurred_at": [NOON] * 100})
    pq.write_table(table, stream, row_group_size=1)
    return stream.getvalue()


def quoted(cell: bytes) -> bytes:
    return HEAD + ROW + b'"' + cell.replace(b'"', b'""') + b'",bo,like,2026-03-01T12:00:00Z\n'


def record(**more: object) -> bytes:
    return json.dumps({"actor": "ann", "target": "bo", "kind": "like", "occurred_at": NOON} | more).encode() + b"\n"


#: Name, content, and either (rows that land, rows refused) or what the refusal of the whole says.
INPUTS: dict[str, tuple[str, Callable[[], bytes], tuple[int, int] | str]] = {
    "honest": ("i.csv", lambda: HEAD + ROW, (1, 0)),
    # Headers
    "header of a million columns": ("i.csv", lambda: b",".join(b"c%d" % i for i in range(10**6)) + b"\n1\n", "header is longer"),
    "header beyond a MiB, named": ("i.csv", lambda: HEAD[:-1] + b",x" * MIB + b"\n" + ROW, "row 1: the header is longer"),
    "accounts header beyond a MiB": ("accounts.csv", lambda: b"account,opt_out" + b",x" * MIB + b"\na,1\n", "header is longer"),
    "header beyond a MiB, gzip": ("i.csv.gz", lambda: gzip.compress(HEAD[:-1] + b",x" * MIB + b"\n"), "header is longer"),
    "header field of 200 kB": ("i.csv", lambda: b"a" * 200_000 + b"," + HEAD + ROW, "column's name cannot be read"),
    "2,001 columns": ("i.csv", lambda: HEAD[:-1] + b",x" * 1997 + b"\n", "2,001 columns, more than 2,000"),
    "2,000 columns": ("i.csv", lambda: HEAD[:-1] + b",x" * 1996 + b"\n" + ROW[:-1] + b"," * 1996 + b"\n", (1, 0)),
    "no line end at all": ("i.csv", lambda: b"a" * (2 * MIB), "header is longer"),
    "a header's quote never closed": ("i.csv", lambda: b'"actor,target,kind,occurred_at\n' + ROW * 9, "row 1: "),
    "data in the place of a header": ("i.csv", lambda: ROW * 3, "first row looks like data.*column_names"),
    "semicolons": ("i.csv", lambda: (HEAD + ROW).replace(b",", b";"), 'delimiter = ";"'),
    "tabs in .csv": ("i.csv", lambda: (HEAD + ROW).replace(b",", b"\t"), r'delimiter = "\\t"'),
    "bars": ("i.csv", lambda: (HEAD + ROW).replace(b",", b"|"), r'delimiter = "\|"'),
    "foreign names": (
        "i.csv",
        lambda: b"from_user,to_user,type,created_at\n" + ROW,
        'actor = "from_user", target = "to_user", occurred_at = "created_at", kind = "type" under',
    ),
    "foreign names of JSON": ("i.jsonl", lambda: b'{"src": 1, "dst": 2, "verb": "like", "ts": 3}\n', 'actor = "src", target = "dst"'),
    # Cells and rows
    "an id of 20 MB": ("i.csv", lambda: HEAD + b"a" * 20_000_000 + b",bo,like,2026-03-01T12:00:00Z\n", "row 2: actor: longer than 1,048,576 bytes"),
    "an id of 2 MB": ("i.csv", lambda: quoted(b"a" * (2 * MIB)), (1, 1)),
    "an id of 513 signs": ("i.csv", lambda: quoted(b"a" * 513), (1, 1)),
    "an id of 512 signs": ("i.csv", lambda: quoted(b"a" * 512), (2, 0)),
    "a kind of 2 MB": ("i.csv", lambda: HEAD + ROW + b"ann,bo," + b"k" * (2 * MIB) + b",2026-03-01T12:00:00Z\n", (1, 1)),
    "a cell of quotes": ("i.csv", lambda: quoted(b'"' * 100_000), (1, 1)),
    "a quote of many rows": ("i.csv", lambda: HEAD + ROW + b'"' + ROW * 50_000, "quote is opened and never closed"),
    "quotes alone": ("i.csv", lambda: HEAD + b'"' * 3_000_001, "quote is opened and never closed|cannot be read"),
    "an even number of quotes": ("i.csv", lambda: HEAD + ROW + b'"' * 3_000_000, "cannot be read|row is longer|refused|(1, 1)"),
    "nothing but commas": ("i.csv", lambda: HEAD + ROW + b"," * MIB + b"\n", (1, 1)),
    "210,000 short rows": ("i.csv", lambda: HEAD + b"a\n" * 210_000, "as of more than 200,000 rows: is the delimiter"),
    "two rows in one line": ("i.csv", lambda: HEAD + ROW + ROW[:-1] + ROW, (1, 2)),
    "three rows glued": ("i.csv", lambda: HEAD + ROW + ROW[:-1] + ROW[:-1] + ROW, (1, 3)),
    "zero bytes": ("i.csv", lambda: HEAD + ROW + b"\0" * 1000 + b"\n", (1, 1)),
    "NUL in an id": ("i.csv", lambda: HEAD + ROW + b"a\0b" + ROW[3:], (1, 1)),
    "bad UTF-8": ("i.csv", lambda: HEAD + ROW + b"\xff" + ROW, (1, 1)),
    "UTF-16": ("i.csv", lambda: (HEAD + ROW).decode().encode("utf-16"), "not UTF-8"),
    "carriage returns alone": ("i.csv", lambda: (HEAD + ROW).replace(b"\n", b"\r"), (1, 0)),
    "all rows of an unknown kind": ("i.csv", lambda: HEAD + ROW.replace(b"like", b"STARE") * 99, "every one of its 99 rows.*'STARE'"),
    "most rows of an unknown kind": (
        "i.csv",
        lambda: HEAD + ROW * 60 + ROW.replace(b"like", b"STARE") * 1234,
        r"1,234 of 1,294 rows were refused.*'STARE' is not known; map it under \[source.kinds\] \(1,234 times\)",
    ),
    # JSON
    "nested 200 deep": ("i.jsonl", lambda: LINE + b'{"a":' * 200 + b"1" + b"}" * 200 + b"\n", (1, 1)),
    "nested 100,000 deep": ("i.jsonl", lambda: LINE + b"[" * 100_000 + b"\n", (1, 1)),
    "brackets in a text": ("i.jsonl", lambda: LINE + record(text="[{" * 500), (2, 0)),
    "a line of 20 MB": ("i.jsonl", lambda: LINE + record(text="a" * 20_000_000), (1, 1)),
    "a text of 2 MB in the place of an id": ("i.jsonl", lambda: LINE + record(actor="a" * 2 * MIB), (1, 1)),
    "a number of 5,000 digits": ("i.jsonl", lambda: LINE + record().replace(b'"ann"', b"9" * 5000), (1, 1)),
    "new keys in every line": (
        "i.jsonl",
        lambda: b"".join(record(**{f"k{i}": 1}) for i in range(3000)),
        "2,001 columns, more than 2,000",
    ),
    "5,000 keys": ("i.jsonl", lambda: LINE + record(**{f"k{i}": 1 for i in range(5000)}), "columns, more than 2,000"),
    "two objects in a line": ("i.jsonl", lambda: LINE + LINE[:-1] + LINE, (1, 2)),
    "five objects in a line": ("i.jsonl", lambda: LINE + LINE[:-1] * 4 + LINE, (1, 5)),
    "one list": ("i.jsonl", lambda: b"[" + b",".join([LINE[:-1]] * 7) + b"]\n", "7 of them in one list; write one object a line"),
    "printed over many lines": ("i.jsonl", lambda: json.dumps(json.loads(LINE), indent=1).encode(), "every one of its 6 rows"),
    "lone surrogates": ("i.jsonl", lambda: LINE + b'{"actor":"a\\ud800","target":"bo","kind":"like","occurred_at":"' + NOON.encode() + b'"}\n', (1, 1)),
    "NaN and Infinity": ("i.jsonl", lambda: LINE + record(actor=float("nan")) + record(actor=float("inf")), (2, 1)),
    "keys said twice": ("i.jsonl", lambda: LINE + b'{"actor":"a","actor":"b","target":"c","kind":"like","occurred_at":"' + NOON.encode() + b'"}\n', (1, 1)),
    "210,000 lines that are none": ("i.jsonl", lambda: LINE + b"x\n" * 210_000, "as of more than 200,000 rows"),
    # Packed
    "gzip of 50 MB of quotes": ("i.csv.gz", lambda: gzip.compress(HEAD) + gzip.compress(b'"' * (50 * MIB)), "unpack to more than"),
    "gzip of an odd number": ("i.csv.gz", lambda: gzip.compress(HEAD + b'"' * (3 * MIB + 1)), "quote is opened and never closed"),
    "gzip of one long line": ("i.jsonl.gz", lambda: gzip.compress(b"a" * (40 * MIB)), "unpack to more than"),
    "gzip of equal lines": ("i.jsonl.gz", lambda: gzip.compress(LINE * 100_000), "unpack to more than"),
    "gzip of gzip": ("i.csv.gz", lambda: gzip.compress(gzip.compress(HEAD + ROW)), "row 1: "),
    "gzip cut": ("i.csv.gz", lambda: gzip.compress(HEAD + ROW * 99)[:-9], "cannot be read to its end"),
    "gzip with something behind": ("i.csv.gz", lambda: gzip.compress(HEAD + ROW) + b"\0" * 99, "cannot be read to its end|(1, 0)"),
    # Parquet
    "one cell of a MB 2,000 times": ("i.parquet", lambda: parquet(actor=LONG), "unpack to more than"),
    "one cell of 2 MB": ("i.parquet", lambda: parquet(actor=["ann", "a" * 2 * MIB]), (1, 1)),
    "a million equal rows": ("i.parquet", lambda: parquet(actor=equal(1_000_000)), "unpack to more than"),
    "2,001 columns of Parquet": ("i.parquet", lambda: parquet(**{f"c{i}": [1] for i in range(1997)}), "2,001 columns"),
    "100 row groups": ("i.parquet", many_groups, (100, 0)),
    "Parquet that ends early": ("i.parquet", lambda: parquet(actor=["a"])[:-20], "cannot be read to its end"),
    "Parquet of nothing": ("i.parquet", lambda: b"PAR1PAR1", "cannot be read to its end"),
    "ids as structs": ("i.parquet", lambda: parquet(actor=[{"id": 1}]), "column actor holds struct"),
    "ids as booleans": ("i.parquet", lambda: parquet(actor=[True, False] * 50), "actor: 50 of 100 rows hold '(true|false)'"),
    "ids as times": ("i.parquet", lambda: parquet(actor=pa.array([DAY] * 3)), "every one of its 3 rows was refused"),
}  # fmt: skip


def outcome(folder: Path) -> tuple[int, int]:
    """Rows that landed and rows refused, by what was given and by what the reports say of it."""
    items = list(files.read(Source("x", "files", folder), {DAY}))
    given = {"quarantine": 0, "interactions": 0, "accounts": 0}
    for item in items:
        if isinstance(item, Batch):
            given[item.table] += item.rows.num_rows
    reports = [item for item in items if isinstance(item, PullReport)]
    assert sum(report.rows for report in reports) == given["interactions"] + given["accounts"]
    assert sum(report.rows_quarantined for report in reports) == given["quarantine"]
    return given["interactions"] + given["accounts"], given["quarantine"]


def test_there_are_sixty() -> None:
    assert len(INPUTS) >= 60


@pytest.mark.parametrize("title", INPUTS)
def test_a_hostile_file_lands_is_counted_or_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, title: str) -> None:
    monkeypatch.setattr(file_limits, "EXPANDED_BYTES", 4 * MIB)
    name, content, expected = INPUTS[title]
    stem, _, ending = name.partition(".")
    (tmp_path / f"{stem}-2026-03-01.{ending}").write_bytes(content())
    began = time.process_time()
    try:
        found: tuple[int, int] | str = outcome(tmp_path)
    except InvalidInput as refused:
        found = str(refused)
    assert time.process_time() - began < 20
    if isinstance(expected, str):
        assert re.search(expected, str(found))
        assert not isinstance(found, str) or f"{stem}-2026-03-01.{ending}" in found
        assert len(str(found)) < 6000
    else:
        assert found == expected


def test_what_is_mended_is_noted(tmp_path: Path) -> None:
    (tmp_path / "accounts-2026-03-01.jsonl").write_text(
        '{"account":"p0","display_name":"A\\u0000nn","handle":"a\\u0000"}\n'
    )
    batches = [item for item in files.read(Source("x", "files", tmp_path), {DAY}) if isinstance(item, Batch)]
    [row] = [row for batch in batches if batch.table == "accounts" for row in batch.rows.to_pylist()]
    assert (row["display_name"], row["handle"]) == ("Ann", "a")
    [note] = [row for batch in batches if batch.table == "quarantine" for row in batch.rows.to_pylist()]
    assert note["reason"] == "handle: held U+0000, which is taken out (row kept)"
    assert "\0" not in note["raw"]


# Shares --------------------------------------------------------------------------------------------------------------


def read(folder: Path, **options: object) -> list[PullReport]:
    return [
        item
        for item in files.read(Source("x", "files", folder, options=options), {DAY})
        if isinstance(item, PullReport)
    ]


def test_many_small_files_that_are_mostly_refused_stop_the_source(tmp_path: Path) -> None:
    for i in range(10):
        (tmp_path / f"i-2026-03-01-{i}.csv").write_bytes(HEAD + ROW + ROW.replace(b"like", b"STARE") * 9)
    with pytest.raises(
        InvalidInput, match=r"source x: 90 of 100 rows were refused, more than most_unreadable = 0\.5: kind: 'STA"
    ):
        read(tmp_path)
    reports = read(tmp_path, most_unreadable=0.9)
    assert all("most of its rows were refused: kind: 'STARE'" in str(report.reason) for report in reports)


def test_consent_that_is_mostly_unreadable_stops(tmp_path: Path) -> None:
    (tmp_path / "accounts-2026-03-01.csv").write_text("account,opt_out\n" + "".join(f"a{i},non\n" for i in range(60)))
    with pytest.raises(
        InvalidInput, match="opt_out: unreadable in 60 of 60 rows, and all of these people would be left out"
    ):
        read(tmp_path)


def test_a_field_that_is_unreadable_in_every_row_is_told(tmp_path: Path) -> None:
    (tmp_path / "accounts-2026-03-01.csv").write_text(
        "account,followers_count\n" + "".join(f"a{i},1.2K\n" for i in range(9))
    )
    [report] = read(tmp_path)
    assert str(report.reason).startswith("followers_count: unreadable in 9 of 9 rows")


def test_a_pandas_column_of_counts_is_no_reason_to_lose_a_post(tmp_path: Path) -> None:
    (tmp_path / "posts-2026-03-01.csv").write_text(
        f"post,author,occurred_at,like_count,post_type\np,a,{NOON},nan,None\n"
    )
    [report] = read(tmp_path)
    assert (report.rows, report.rows_quarantined) == (1, 0)


# Keys that never meet ----------------------------------------------------------------------------------------------


def write_people(folder: Path, accounts: list[tuple[str, str]], people: list[str]) -> None:
    (folder / "accounts.csv").write_text("account,handle\n" + "".join(f"{key},{handle}\n" for key, handle in accounts))
    (folder / "i-2026-03-01.csv").write_text(HEAD.decode() + "".join(f"{one},{one}x,like,{NOON}\n" for one in people))


def test_two_files_whose_keys_never_meet_stop(tmp_path: Path) -> None:
    people = [f"a{i}" for i in range(30)]
    write_people(tmp_path, [(str(1000 + i), "") for i in range(30)], people)
    with pytest.raises(
        InvalidInput, match=r"none of the 30 accounts.*such as 9999\).*opt-out.* the ones are numbers, the others"
    ):
        read(tmp_path)
    write_people(tmp_path, [(str(1000 + i), f"@A{i}") for i in range(30)], people)
    with pytest.raises(InvalidInput, match=r"by their handles: write account = "):
        read(tmp_path)
    write_people(tmp_path, [*((str(1000 + i), "") for i in range(30)), ("a7x", "")], people)
    assert len(read(tmp_path)) == 2


@pytest.mark.parametrize(("accounts", "people"), [(19, 500), (500, 5), (25, 500)])
def test_few_accounts_of_the_same_kind_may_be_people_who_did_nothing(
    tmp_path: Path, accounts: int, people: int
) -> None:
    write_people(tmp_path, [(f"z{i}", "") for i in range(accounts)], [f"a{i}" for i in range(people)])
    told = [report.reason for report in read(tmp_path) if report.table == "accounts"]
    assert (told != [None]) == (accounts == 25)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("a7", ""),
        ("A7", ""),
        ("12345", "such as 99999"),
        ("https://x.example/a7", "such as aaaaa://a"),
        ("Lee", "such as aaa"),
    ],
)
def test_a_no_under_another_kind_of_name_is_told(tmp_path: Path, key: str, said: str) -> None:
    people = [f"a{i}" for i in range(30)]
    write_people(tmp_path, [(one, "lee" if one == "a9" else "") for one in people if one != "a7"], people)
    file = tmp_path / "accounts.csv"
    head, *rows = file.read_text().splitlines()
    file.write_text("\n".join([f"{head},opt_out", *(f"{row},false" for row in rows), f"{key},,true"]) + "\n")
    [told] = [report.reason for report in read(tmp_path) if report.table == "accounts"]
    assert (
        told is None
        if not said
        else f"1 of those who may not be shown is called otherwise than the other accounts ({said}" in told
    )


# Progress, memory --------------------------------------------------------------------------------------------------


def test_a_long_pull_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat.Heartbeat, "EVERY", 0.01)
    said: list[str] = []
    with Heartbeat("pull x", said.append) as heart:
        heart.beat(1234, pa.table({"raw_ref": ["i.csv:1", "i.csv:2"]}))
        deadline = time.monotonic() + 60
        while not any("1,234 rows" in line and "; none for" in line for line in said) and time.monotonic() < deadline:
            time.sleep(0.01)
    line = re.compile(r"pull x: 1,234 rows after \d+ s, the last of them i.csv:2; none for \d+ s")
    assert any(map(line.fullmatch, said))


def quotes_of_2_gb() -> bytes:
    return gzip.compress(HEAD) + gzip.compress(b'"' * (64 * MIB)) * 32 + gzip.compress(b'"')


def rows_of_20_million() -> bytes:
    return gzip.compress(HEAD) + gzip.compress(ROW * 500_000) * 40


def distinct_rows() -> bytes:
    """An honest file of 60 MB, packed to a sixth."""
    rolls = random.Random(1)
    return gzip.compress(
        HEAD + b"".join(b"u%d,u%d,like,2026-03-01T%02d:%02d:00Z\n" % (rolls.randrange(10**6), rolls.randrange(10**6), rolls.randrange(24), rolls.randrange(60)) for _ in range(1_500_000)),
        compresslevel=1,
    )  # fmt: skip


def half_refused() -> bytes:
    return HEAD + (ROW + b"a\n") * 3_000_000


WORST: dict[str, tuple[str, Callable[[], bytes]]] = {
    "cells": ("i-2026-03-01.parquet", lambda: parquet(actor=LONG)),
    "quotes": ("i-2026-03-01.csv.gz", quotes_of_2_gb),
    "equal rows": ("i-2026-03-01.csv.gz", rows_of_20_million),
    "equal rows of Parquet": (
        "i-2026-03-01.parquet",
        lambda: parquet(actor=equal(20_000_000)),
    ),
    "refused rows": ("i-2026-03-01.csv", half_refused),
    "honest": ("i.csv.gz", distinct_rows),
}
PULL = """
import sys
from datetime import date
from pathlib import Path
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.platforms.pull.puller import pull
from clout.config.sources import Source
said = []
try:
    pull(Lake(sys.argv[2]), Source("x", "files", Path(sys.argv[1])), [date(2026, 3, 1)], said.append)
except InvalidInput as error:
    said.append(str(error))
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) // 1024, said[-1])
"""


@pytest.mark.parametrize("title", WORST if os.environ.get("CLOUT_HOSTILE") == "all" else ["cells"])
def test_no_file_takes_a_gibibyte_or_ten_minutes(tmp_path: Path, title: str) -> None:
    name, content = WORST[title]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(content())
    began = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    run = subprocess.run(
        [sys.executable, "-c", PULL, str(tmp_path / "in"), str(tmp_path / "lake")],
        capture_output=True, text=True, timeout=600, check=True,
    )  # fmt: skip
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - began
    megabytes, _, said = run.stdout.partition(" ")
    print(f"{title}: {megabytes} MiB, {seconds:.1f} s of CPU: {said[:160]}")
    assert int(megabytes) < 1024
    assert seconds < 120
