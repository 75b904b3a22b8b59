"""An id is one id however a spreadsheet or a serialiser left it; what lost digits and what means nobody is no person."""

from __future__ import annotations

import csv
import io
import json
import random
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.platforms.exports import files
from clout.platforms.exports.file_ids import spelt
from clout.platforms.pull.rows import Batch, PullReport
from hypothesis import given
from hypothesis import strategies as st

DAY = date(2026, 3, 1)
NOON = "2026-03-01T12:00:00Z"
COLUMNS = ("actor", "target", "kind", "occurred_at")


def write(folder: Path, *pairs: tuple[Any, ...], name: str = "i-2026-03-01.csv") -> Path:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *((*pair, "like", NOON) for pair in pairs)])
    (folder / name).write_text(text.getvalue())
    return folder


def read(folder: Path, **options: Any) -> tuple[list[tuple[str | None, str | None]], list[str], list[PullReport]]:
    """Who acted on whom, the reasons of what was refused, and the reports."""
    items = list(files.read(Source("x", "files", folder, options=options), {DAY}))
    batches = [item for item in items if isinstance(item, Batch)]
    rows = [row for batch in batches if batch.table == "interactions" for row in batch.rows.to_pylist()]
    bad = [row["reason"] for batch in batches if batch.table == "quarantine" for row in batch.rows.to_pylist()]
    acted = [(row["actor_key"] and row["actor_key"][2:], row["target_account_key"]) for row in rows]
    return acted, bad, [item for item in items if isinstance(item, PullReport)]


#: Each way in which one id was seen written, and the id.
SPELLINGS = [
    ("88.0", "88"),
    ("88.", "88"),
    ("88.000", "88"),
    ("+88.0", "88"),
    ("007.0", "007"),
    ("007", "007"),
    ("12345678901234567.0", "12345678901234567"),
    ("1234567890123456789.00", "1234567890123456789"),
    ('="1234567890123456789"', "1234567890123456789"),
    ('="ann"', "ann"),
    ("=88", "88"),
    ("'123", "123"),
    ("'123'", "123"),
    ("b'123'", "123"),  # Python's text of bytes
    ("+4917", "4917"),
    ("\u0664\u0662", "42"),
    ('="88.0"', "88"),
    ("1.2345678E7", "12345678"),  # Java's text of 12345678.0
    ("1.0E7", "10000000"),
    ("1.2345678e+07", "12345678"),  # every digit is there
    ("1.234567890123456789E18", "1234567890123456789"),  # more digits than a float has
    ("1,5E+1", "15"),
    ("8.8e1", "88"),
    ("ann\u200b", "ann"),
    ("\ufeffann", "ann"),
    ("\xa0ann\u2003", "ann"),
    ("Ame\u0301lie", "Am\xe9lie"),
    ("did:plc:abc", "did:plc:abc"),
    ("https://a.example/users/ann?x=1&y=%20", "https://a.example/users/ann?x=1&y=%20"),
    ("1503435956.000247", "1503435956.000247"),
    ("12e3", "12e3"),  # may be a hash
    ("7e10", "7e10"),
    ("O'Neil", "O'Neil"),
    ("ann smith", "ann smith"),
]
#: What lost digits, or never was an id.
NO_IDS = [
    "1.2E+17",
    "1.23457E+17",
    "1,2345E+17",
    "1.2345678901234567E18",
    "1.2345678901234567e18",
    "1.2345678901234567E16",
    "12.3e+17",
    "12.3E+17",
    "1e+17",
    "1E+06",
    "1e17",
    "1E18",
    "1.5E0",
    "1E-5",
    "1,234,567",
    "12;13",
    "12 13",
    "12|13",
    "a\ufffdb",
    "a\x85b",
    "a\u2028b",
    "=A1+B1",
    '="',
    "[1, 2]",
    "2026-03-01",
    "2026-03-01 12:00:00",
    "x" * 513,
]


@pytest.mark.parametrize(("text", "native_id"), SPELLINGS)
def test_one_id_has_one_form(text: str, native_id: str) -> None:
    assert spelt(text) == native_id
    assert spelt(native_id) == native_id


@pytest.mark.parametrize("text", NO_IDS)
def test_what_can_be_no_id(text: str) -> None:
    assert spelt(text) is None


@given(st.integers(0, 2**53 - 1), st.integers(1, 6))
def test_a_float_that_holds_a_whole_number_is_that_number(number: int, decimals: int) -> None:
    for text in (f"{number}.0", f"{number:.{decimals}f}", repr(float(number)), json.dumps(float(number))):
        assert spelt(text) == str(number)
    for text in (f"{float(number):.5e}", f"{float(number):g}"):
        assert spelt(text) in (str(number), None)


@given(st.integers(2**53, 2**63))
def test_a_float_that_cannot_hold_a_number_is_nobody(number: int) -> None:
    for text in (repr(float(number)), f"{float(number):.15e}", f"{float(number):g}".upper(), f"{number:.5E}"):
        if "e" in text.lower():
            assert spelt(text) in (None, str(number))


@pytest.mark.parametrize("column", ["actor", "target", "post", "author", "account", "same_as"])
def test_every_column_of_keys_has_the_same_form(tmp_path: Path, column: str) -> None:
    forms = ["88", "88.0", '="88"', "'88", "8.8E1", "88\u200b"]
    table = {"author": "posts", "account": "accounts", "same_as": "accounts"}.get(column, "i")
    names = {
        "i": ("actor", "target", "post", "kind", "occurred_at"),
        "posts": ("post", "author", "occurred_at"),
        "accounts": ("account", "same_as"),
    }[table]
    text = io.StringIO()
    rows = [
        [
            ("x:" if name == "same_as" else "") + form
            if name == column
            else {"kind": "like", "occurred_at": NOON}.get(name, f"o{number}")
            for name in names
        ]
        for number, form in enumerate(forms)
    ]
    csv.writer(text, lineterminator="\n").writerows([names, *rows])
    (tmp_path / f"{table}-2026-03-01.csv").write_text(text.getvalue())
    batches = [item for item in files.read(Source("x", "files", tmp_path), {DAY}) if isinstance(item, Batch)]
    theirs = {
        "actor": "actor_key",
        "target": "target_account_key",
        "post": "target_post_key",
        "author": "author_key",
        "account": "account_key",
        "same_as": "account_b",
    }[column]
    found = [row[theirs] for batch in batches for row in batch.rows.to_pylist() if theirs in row]
    assert found == ["x:88"] * len(forms)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([88, 89]),
        pa.array([88, 89], pa.uint8()),
        pa.array([88.0, 89.0]),
        pa.array([88.0, 89.0], pa.float32()),
        pa.array([Decimal(88), Decimal(89)], pa.decimal128(20, 0)),
        pa.array([Decimal("88.00"), Decimal("89.00")], pa.decimal128(20, 2)),
        pa.array([Decimal(88), Decimal(89)], pa.decimal256(60, 10)),
        pa.array(["88", "89.0"]),
        pa.array([b"88", b"89"]),
        pa.array([b"88", b"89"], pa.binary(2)),
        pa.array(["88", "89"]).dictionary_encode(),
    ],
    ids=lambda values: str(values.type),
)
def test_parquet_of_any_type_names_the_same_people(tmp_path: Path, values: pa.Array) -> None:
    rest = {"target": ["b", "b"], "kind": ["like"] * 2, "occurred_at": [NOON] * 2}
    pq.write_table(pa.table({"actor": values, **rest}), tmp_path / "i-2026-03-01.parquet")
    acted, bad, _ = read(tmp_path)
    assert ([actor for actor, _ in acted], bad) == (["88", "89"], [])


@pytest.mark.parametrize(("width", "last"), [(pa.float16(), 2**11), (pa.float32(), 2**24), (pa.float64(), 2**53)])
def test_a_float_of_parquet_is_an_id_as_far_as_it_holds_whole_numbers(
    tmp_path: Path, width: pa.DataType, last: int
) -> None:
    values = pa.array([last - 1.0, float(last), last * 4.0, None]).cast(width)
    rest = {"target": ["b"] * 4, "kind": ["like"] * 4, "occurred_at": [NOON] * 4}
    pq.write_table(pa.table({"actor": values, **rest}), tmp_path / "i-2026-03-01.parquet")
    acted, bad, [report] = read(tmp_path)
    assert [actor for actor, _ in acted] == [str(last - 1), None]
    assert len(bad) == 2
    assert "lost digits, export the column as text" in str(report.reason)


def test_json_numbers_keep_their_digits(tmp_path: Path) -> None:
    (tmp_path / "i-2026-03-01.jsonl").write_text(
        "".join(
            f'{{"actor": {number}, "target": 1, "kind": "like", "occurred_at": "{NOON}"}}\n'
            for number in ("12345678901234567.0", "1.2345678E7", "88", "1.2345678901234567e18")
        )
    )
    acted, bad, _ = read(tmp_path)
    assert [actor for actor, _ in acted] == ["12345678901234567", "12345678", "88"]
    assert bad == ["actor: '1.2345678901234567e18' is not an id"]


# Words for nobody --------------------------------------------------------------------------------------------------

MISSING = [
    "nan", "NaN", "None", "null", "NULL", r"\N", "N/A", "#N/A", "<NA>", "undefined", "-", "NA", "nil", "NaT", "#REF!", " ",
    "n.a.", "n/d", "-1", "''", "[]", "(none)", "[deleted]", "Not Available", "1.#QNAN", "unknown", "deleted",
    "00000000-0000-0000-0000-000000000000",
]  # fmt: skip


@pytest.mark.parametrize("word", MISSING)
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_word_for_a_missing_value_is_nobody(tmp_path: Path, word: str, form: str) -> None:
    pairs = [("a1", word), ("a2", word), (word, "b"), ("a3", "b")]
    if form == "csv":
        write(tmp_path, *pairs)
    rows = [dict(zip(COLUMNS, (*pair, "like", NOON), strict=True)) for pair in pairs]
    if form == "jsonl":
        (tmp_path / "i-2026-03-01.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "i-2026-03-01.parquet")
    acted, bad, [report] = read(tmp_path)
    assert acted == [("a1", None), ("a2", None), (None, "x:b"), ("a3", "x:b")]
    assert bad == []
    if word.strip():
        assert f"target: {word!r} 2 times taken as missing" in str(report.reason)


def test_many_zeros_are_told_and_nobody_where_the_source_says_so(tmp_path: Path) -> None:
    write(tmp_path, *(("0" if number % 3 else f"a{number}", "b") for number in range(30)))
    acted, _, [report] = read(tmp_path)
    assert ("0", "x:b") in acted
    assert 'actor: 0 in 20 of 30 rows; where that is nobody, write missing = ["0"]' in str(report.reason)
    acted, _, [report] = read(tmp_path, missing=["0"])
    assert (acted.count((None, "x:b")), "0 in" in str(report.reason)) == (20, False)


def test_somebody_may_be_called_null(tmp_path: Path) -> None:
    write(tmp_path, ("null", "b"), ("NULL", "b"))
    assert read(tmp_path)[0] == [(None, "x:b")] * 2
    assert read(tmp_path, people_named=["null"])[0] == [("null", "x:b"), (None, "x:b")]
    (tmp_path / "accounts.csv").write_text("account,handle\nnull,Mr Null\n")
    assert read(tmp_path)[0] == [("null", "x:b"), (None, "x:b")]


def test_an_accounts_row_of_nobody_stops_the_pull(tmp_path: Path) -> None:
    # What pandas writes of an account that is not there: its "no" would be somebody's.
    (tmp_path / "accounts.csv").write_text("account,handle,opt_out\nann,Ann,\nnan,nan,1.0\n".replace("1.0", "nan"))
    with pytest.raises(InvalidInput, match=r"accounts\.csv: row 3: account: is empty"):
        read(write(tmp_path, ("a", "b")))


@pytest.mark.parametrize("word", ["nan", "None", "undefined", "true"])
def test_a_column_full_of_a_word_stops_with_the_cure(tmp_path: Path, word: str) -> None:
    pairs = [(f"a{i}", word if i % 2 else f"b{i}") for i in range(40)]
    write(tmp_path, *pairs)
    with pytest.raises(InvalidInput, match=rf'target: 20 of 40 rows hold \'{word}\'.*missing = \["{word}"\]'):
        read(tmp_path)
    acted, _, [report] = read(tmp_path, missing=[word])
    assert sum(target is None for _, target in acted) == 20
    assert "20 times taken as missing" in str(report.reason)
    assert ("a1", f"x:{word}") in read(tmp_path, people_named=[word])[0]


def test_mysqls_null_is_never_a_name(tmp_path: Path) -> None:
    write(tmp_path, *((f"a{i}", r"\N") for i in range(40)))
    assert {target for _, target in read(tmp_path)[0]} == {None}


# Ids that lost digits --------------------------------------------------------------------------------------------


def snowflakes(number: int, per_step: int = 1) -> list[int]:
    """Ids as X makes them: a time, a machine, and a counter that is mostly zero."""
    return [(1_200_000_000_000 + i * 7919) << 22 | (i * 37 % 1024) << 12 | (i % per_step) for i in range(number)]


@pytest.mark.parametrize(
    "lose",
    [lambda it: f"{it:.14e}", lambda it: f"{float(it):.16e}", lambda it: str(int(float(it)))],
    ids=["spreadsheet", "shortest", "binary"],
)
def test_a_column_of_rounded_ids_stops(tmp_path: Path, lose: Any) -> None:
    def rounded(number: int) -> str:
        text = lose(number)
        return str(int(Decimal(text))) if "e" in text else text

    rolls = random.Random(1)
    ids = [rounded(rolls.randrange(2**61, 2**62)) for _ in range(60)]
    write(tmp_path, *((native_id, "b") for native_id in ids))
    with pytest.raises(InvalidInput, match=r"i-2026-03-01\.csv: actor: its long ids end as .* rounded_ids = true"):
        read(tmp_path)
    assert len(read(tmp_path, rounded_ids=True)[0]) == 60


@pytest.mark.parametrize("per_step", [1, 3])
def test_ids_made_of_a_time_and_a_counter_are_whole(tmp_path: Path, per_step: int) -> None:
    write(tmp_path, *((native_id, "b") for native_id in snowflakes(2000, per_step)))
    assert len(read(tmp_path)[0]) == 2000


def test_handles_have_neither_case_nor_a_sign_where_the_source_says_so(tmp_path: Path) -> None:
    write(tmp_path, ("@Ann", "BO"), ("ann", "bo"))
    assert read(tmp_path)[0] == [("@Ann", "x:BO"), ("ann", "x:bo")]
    assert read(tmp_path, handles=True)[0] == [("ann", "x:bo")] * 2
