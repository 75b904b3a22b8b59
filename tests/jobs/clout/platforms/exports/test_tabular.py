"""Shows that a file's rows come as text with their right numbers, and that what cannot be read is refused by name."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clout.errors import InvalidInput
from clout.platforms.exports import tabular
from clout.platforms.exports.tabular import BadRow, is_tabular, read_batches
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

WANTED = {name: name for name in ("actor", "target", "unix_ts")}
NEEDED: list[tuple[str, ...]] = [("actor",)]
DAY = date(2026, 3, 1)
HEADER = b"actor,target,unix_ts\n"


def rows_of(
    file: Path, delimiter: str | None = None, column_names: list[str] | None = None
) -> tuple[dict[int, tuple[object, ...]], list[BadRow]]:
    """Row number -> (actor, target, unix_ts), and the rows refused."""
    good: dict[int, tuple[object, ...]] = {}
    bad: list[BadRow] = []
    for batch in read_batches(file, WANTED, NEEDED, delimiter, column_names):
        columns = [batch.columns[name].to_pylist() for name in WANTED]
        good |= dict(zip(batch.numbers, zip(*columns, strict=True), strict=True))
        bad += batch.bad
    return good, bad


def read_bytes(folder: Path, content: bytes, name: str = "x.csv") -> tuple[dict[int, tuple[object, ...]], list[BadRow]]:
    (folder / name).write_bytes(content)
    return rows_of(folder / name)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("a.csv", True),
        ("a.CSV.GZ", True),
        ("a.tsv", True),
        ("a.txt.gz", True),
        ("a.jsonl", True),
        ("a.ndjson.gz", True),
        ("a.parquet", True),
        ("a.json", False),
        ("a.xlsx", False),
        ("README.md", False),
    ],
)
def test_known_by_the_end_of_its_name(name: str, read: bool) -> None:
    assert is_tabular(Path(name)) is read


@pytest.mark.parametrize(
    "content",
    [
        HEADER + b"ann,bo,1\ncy,,2\n",
        b"\xef\xbb\xbf" + HEADER + b"ann,bo,1\ncy,,2\n",  # the mark with which spreadsheets begin UTF-8
        (HEADER + b"ann,bo,1\ncy,,2\n").replace(b"\n", b"\r\n"),
        (HEADER + b"ann,bo,1\ncy,,2\n").replace(b"\n", b"\r"),  # an old Mac's
        HEADER + b"ann,bo,1\ncy,,2",  # no line's end at the end
        HEADER + b'"ann","bo","1"\n"cy","","2"\n',
        b'\xef\xbb\xbf"actor","target","unix_ts"\nann,bo,1\ncy,,2\n',
        b"actor, target, unix_ts\nann, bo, 1\ncy, , 2\n",
        b"unix_ts,text,target,actor\n1,x,bo,ann\n2,y,,cy\n",
        b'unix_ts,text,target,actor\n1,"two\nlines, ""so""",bo,ann\n2,5" nails,,cy\n',
        b"\n\n" + HEADER + b"\nann,bo,1\n\n\ncy,,2\n\n",
    ],
    ids=["plain", "bom", "crlf", "cr", "open", "quoted", "bom-quoted", "spaces", "order", "newline", "blank-lines"],
)
@pytest.mark.parametrize("zipped", [False, True], ids=["", "gz"])
def test_csv_in_all_its_dialects(tmp_path: Path, content: bytes, zipped: bool) -> None:
    name = "x.csv.gz" if zipped else "x.csv"
    good, bad = read_bytes(tmp_path, gzip.compress(content) if zipped else content, name)
    assert good == {2: ("ann", "bo", "1"), 3: ("cy", None, "2")}
    assert bad == []


def test_two_gzips_in_one_file_are_one_file(tmp_path: Path) -> None:
    content = gzip.compress(HEADER + b"ann,bo,1\n") + gzip.compress(b"cy,di,2\n")
    assert list(read_bytes(tmp_path, content, "x.csv.gz")[0]) == [2, 3]


def test_tab_separated_and_headerless(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, b"actor\ttarget\nann\tbo\n", "x.tsv")[0] == {2: ("ann", "bo", None)}
    (tmp_path / "y.txt").write_bytes(b"ann bo 1\nshort 1\ncy di 2\n")
    good, bad = rows_of(tmp_path / "y.txt", " ", ["actor", "target", "unix_ts"])
    assert good == {1: ("ann", "bo", "1"), 3: ("cy", "di", "2")}
    assert bad == [("2 fields where 3 are expected", 2, "short 1")]


@pytest.mark.parametrize("content", [HEADER, HEADER.rstrip(), HEADER + b"\n\n"])
def test_a_header_alone_is_a_file_without_rows(tmp_path: Path, content: bytes) -> None:
    assert read_bytes(tmp_path, content) == ({}, [])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(st.sampled_from(["ann,bo,1", "short", "a,b,c,d", '"two\nlines",bo,1', "\udcff,bo,1"]), max_size=60),
    block=st.sampled_from([64, 100, 1 << 20]),
)
def test_csv_numbers_hold_after_refused_rows_and_across_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[str], block: int
) -> None:
    monkeypatch.setattr(tabular, "_LONGEST", block)
    text = "\n".join(["actor,target,unix_ts", *rows, ""])
    good, bad = read_bytes(tmp_path, text.encode("utf-8", "surrogateescape"))
    expected = {number for number, row in enumerate(rows, 2) if row.startswith(("ann", '"two'))}
    assert set(good) == expected
    assert sorted(number for _, number, _ in bad) == sorted(set(range(2, len(rows) + 2)) - expected)
    for reason, number, raw in bad:
        if raw.isascii():
            assert raw == rows[number - 2]
            assert "fields where 3 are expected" in reason
        else:
            assert reason == "actor: not UTF-8"


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        b'\xef\xbb\xbf{"actor": 9007199254740993, "target": "9007199254740995", "unix_ts": 1.5, "more": [1]}',
        b"",  # counted, as in an editor
        b'{"actor": " ann ", "target": ""}',
        b'{"actor": tr',
        b'["actor"]',
        b'{"actor": "\xff"}',
        b"\x00\x00\x00\x00",  # what a power cut leaves
        b'{"actor": "bo", "unix_ts": null}\r',
        b"[" * 100_000,
    ]
    for name, content in (("x.jsonl", b"\n".join(lines)), ("x.jsonl.gz", gzip.compress(b"\n".join(lines)))):
        good, bad = read_bytes(tmp_path, content, name)
        assert good == {
            1: ("9007199254740993", "9007199254740995", "1.5"),
            3: ("ann", None, None),
            8: ("bo", None, None),
        }
        assert [(reason.split(":")[0], number) for reason, number, _ in bad] == [
            ("not JSON", 4),
            ("not a JSON object", 5),
            ("not UTF-8", 6),
            ("not JSON", 7),
            ("not JSON", 9),
        ]


@pytest.mark.parametrize("said", ["true, false", "false, true", "true, null"])
def test_two_things_under_one_name_are_not_taken_for_either(tmp_path: Path, said: str) -> None:
    """Python's json keeps the last: a no before a yes would be lost. In accounts the file is refused, else the row."""
    one, other = said.split(", ")
    line = f'{{"actor": "bo", "target": {one}, "target": {other}}}'.encode()
    good, bad = read_bytes(tmp_path, b'{"actor": "ann"}\n' + line, "x.jsonl")
    assert good == {1: ("ann", None, None)}
    assert bad == [("target stands twice in one object, and says two things", 2, line.decode())]
    with pytest.raises(
        InvalidInput, match="row 2: target stands twice in one object, and says two things: mend the row"
    ):
        list(read_batches(tmp_path / "x.jsonl", WANTED, NEEDED, guarded={"out": "target"}))
    # What nobody reads, and what is said twice in the same words, harms nobody.
    good, bad = read_bytes(tmp_path, b'{"actor": "bo", "actor": "bo", "x": 1, "x": 2}', "x.jsonl")
    assert (good, bad) == ({1: ("bo", None, None)}, [])


def test_a_line_beyond_measure_is_one_refused_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabular, "_LONGEST", 64)
    good, bad = read_bytes(tmp_path, b'{"actor": "%s"}\n{"actor": "bo"}\n' % (b"a" * 200), "x.jsonl")
    assert good == {2: ("bo", None, None)}
    assert [(reason, number) for reason, number, _ in bad] == [("longer than 64 bytes", 1)]


def test_utf_16_is_not_half_read(tmp_path: Path) -> None:
    # json.loads() guesses UTF-16 from zero bytes, and so read every other line of such a file.
    good, bad = read_bytes(tmp_path, '{"actor": 1}\n{"actor": 2}\n'.encode("utf-16"), "x.jsonl")
    assert good == {}
    assert bad


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([88, None]), ["88", None]),
        (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
        (pa.array([88.0, 1e10, 1341100972.25]), ["88", "10000000000", "1341100972.25"]),
        (pa.array(["ann", "bo"]).dictionary_encode(), ["ann", "bo"]),
        (pa.array(["ann"], pa.large_string()), ["ann"]),
        (pa.array([b"ann"], pa.large_binary()), ["ann"]),
        (pa.array([True]), ["true"]),
        (pa.array([DAY]).cast(pa.timestamp("us")), ["2026-03-01 00:00:00.000000"]),  # a time where none belongs
        (pa.nulls(1), [None]),
    ],
    ids=["int", "uint64", "float", "dictionary", "large", "binary", "bool", "time", "null"],
)
def test_parquet_columns_of_any_plain_type(tmp_path: Path, values: pa.Array, texts: list[str | None]) -> None:
    pq.write_table(pa.table({"actor": values}), tmp_path / "x.parquet")
    good, _ = rows_of(tmp_path / "x.parquet")
    assert [actor for actor, _, _ in good.values()] == texts
    assert list(good) == list(range(1, len(texts) + 1))


def test_parquet_bytes_that_are_no_text(tmp_path: Path) -> None:
    pq.write_table(pa.table({"actor": [b"ann", b"\xff", b"bo"]}), tmp_path / "x.parquet")
    good, bad = rows_of(tmp_path / "x.parquet")
    assert list(good) == [1, 3]
    assert [(reason, number) for reason, number, _ in bad] == [("actor: not UTF-8", 2)]


WHOLE = gzip.compress(HEADER + b"".join(b"ann,bo,%d\n" % i for i in range(20_000)), mtime=0)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"", "row 1: no column actor; found nothing"),
        ("x.csv", b"\n\n", "row 1: no column actor; found nothing"),
        ("x.csv.gz", b"", "row 1: no column actor; found nothing"),
        ("x.csv.gz", gzip.compress(b"", mtime=0), "row 1: no column actor; found nothing"),
        ("x.jsonl", b"", "row 1: no column actor; found nothing"),
        ("x.csv", b"who,whom\n1,2\n", r"no column actor; found who, whom.*\[source.columns\]"),
        ("x.csv", b"actor;target;unix_ts\n1;2;3\n", "no column actor; found actor;target;unix_ts"),
        ("x.jsonl", b'{"who": 1}\n', "no column actor; found who"),
        ("x.csv", b"actor,actor\n1,2\n", "row 1: 2 columns are named actor"),
        ("x.csv", "actor,größe\n1,2\n".encode("latin-1"), "row 1: not UTF-8.*export the file as UTF-8"),
        ("x.csv", (HEADER.decode() + "1,2,3\n").encode("utf-16"), "row 1: not UTF-8"),
        ("x.csv", HEADER + b'ann,bo,1\ncy,"di,2\nann,bo,3\n', "row 3: a quote is opened and never closed"),
        ("x.csv", HEADER + b'cy,"di,2\n' + b"ann,bo,3\n" * 20_000, "row 2: a quote is opened and never closed"),
        ("x.csv.gz", WHOLE[:-9], "cannot be read to its end.*replace the file"),
        ("x.csv.gz", WHOLE[: len(WHOLE) // 2], "cannot be read to its end"),
        ("x.csv.gz", HEADER, "cannot be read to its end"),
        ("x.jsonl.gz", gzip.compress(b'{"actor": 1}\n' * 9, mtime=0)[:-9], "cannot be read to its end"),
        ("x.jsonl.gz", b"<html>", "cannot be read to its end"),
        ("x.parquet", b"", "cannot be read to its end"),
        ("x.parquet", b"PAR1" + b"\x00" * 40 + b"PAR1", "cannot be read to its end"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_whole(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        read_bytes(tmp_path, content, name)
    assert str(tmp_path / name) in str(refused.value)


@pytest.mark.parametrize("values", [[["ann"]], [{"id": "ann"}]], ids=["list", "struct"])
def test_nested_parquet_is_refused_by_its_column(tmp_path: Path, values: list[object]) -> None:
    pq.write_table(pa.table({"actor": values}), tmp_path / "x.parquet")
    with pytest.raises(InvalidInput, match=r"x\.parquet: column actor holds (list|struct)"):
        rows_of(tmp_path / "x.parquet")


def test_parquet_that_is_damaged_inside(tmp_path: Path) -> None:
    pq.write_table(pa.table({"actor": [str(i) for i in range(9_000)]}), tmp_path / "x.parquet", compression="zstd")
    content = bytearray((tmp_path / "x.parquet").read_bytes())
    content[100:4000] = bytes(3900)
    with pytest.raises(InvalidInput, match=r"x\.parquet: cannot be read to its end"):
        read_bytes(tmp_path, bytes(content), "x.parquet")


def test_nested_json_comes_as_its_text(tmp_path: Path) -> None:
    good, _ = read_bytes(tmp_path, json.dumps({"actor": {"id": 1}}).encode(), "x.jsonl")
    assert good[1][0] == '{"id": 1}'  # which the reader's check of ids refuses
