"""Shows that exports of any form give the same rows, that no row is lost unseen, and that consent fails closed."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.platforms.exports import file_consent, file_rows, files
from clout.platforms.pull.rows import Batch, PullReport
from clout.privacy.addresses import hashed
from clout.privacy.suppression import UNSHOWN, ErasedKeys, SuppressionList
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)
NOON = 1772366400  # 2026-03-01T12:00:00Z
COLUMNS = ("actor", "target", "unix_ts", "kind", "post")

#: Two people who do not exist, and a post; then somebody without a post, with an id that a float cannot hold.
ROWS: list[tuple[Any, ...]] = [
    ("ann", "bo", NOON, "like", "p1"),
    ("9007199254740993", "bo", NOON + 1, "share", None),
    ("bo", "9007199254740993", NOON + 2, "reply", "p2"),
]


class Got:
    """What the reader gave, by table."""

    def __init__(self, folder: Path, days: Iterable[date] = (DAY,), **options: Any) -> None:
        fields = {name: options.pop(name) for name in ("columns", "kinds") if name in options}
        source = Source("x", "files", folder, options=options, **fields)
        self.batches, self.reports = [], []
        for item in files.read(source, set(days)):
            (self.reports if isinstance(item, PullReport) else self.batches).append(item)

    def rows(self, table: str, day: date | None = None) -> list[dict[str, Any]]:
        chosen = [b for b in self.batches if b.table == table and day in (None, b.day)]
        return [row for batch in chosen for row in batch.rows.to_pylist()]

    @property
    def interactions(self) -> list[dict[str, Any]]:
        return self.rows("interactions")

    @property
    def refused(self) -> list[tuple[str, int, str]]:
        """(file, row, reason)"""
        return [(row["file"], row["row"], row["reason"]) for row in self.rows("quarantine")]


def as_csv(rows: Iterable[Iterable[Any]], columns: Iterable[str] = COLUMNS) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue().encode()


def as_json(rows: Iterable[Iterable[Any]], columns: Iterable[str] = COLUMNS) -> bytes:
    return b"".join(json.dumps(dict(zip(columns, row, strict=True))).encode() + b"\n" for row in rows)


def as_parquet(rows: list[tuple[Any, ...]], columns: tuple[str, ...] = COLUMNS) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({name: [row[i] for row in rows] for i, name in enumerate(columns)}), stream)
    return stream.getvalue()


FORMS = {
    "i-2026-03-01.csv": as_csv,
    "i-2026-03-01.csv.gz": lambda rows, *more: gzip.compress(as_csv(rows, *more)),
    "i-2026-03-01.jsonl": as_json,
    "i-2026-03-01.jsonl.gz": lambda rows, *more: gzip.compress(as_json(rows, *more)),
    "i-2026-03-01.parquet": as_parquet,
}


def one_csv(
    folder: Path, *rows: tuple[Any, ...], name: str = "i-2026-03-01.csv", columns: Iterable[str] = COLUMNS
) -> Path:
    (folder / name).write_bytes(as_csv(rows, columns))
    return folder


# The same rows in every form -------------------------------------------------------------------------------------


def test_every_form_gives_the_same_interactions(tmp_path: Path) -> None:
    seen = []
    for name, write in FORMS.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / name).write_bytes(write(ROWS))
        got = Got(folder)
        assert got.refused == []
        seen.append([{k: v for k, v in row.items() if k not in ("raw_ref", "fetched_at")} for row in got.interactions])
        first = 1 if ".csv" not in name else 2
        assert [row["raw_ref"] for row in got.interactions] == [f"{name}:{first + i}" for i in range(3)]
        assert [(r.rows, r.rows_quarantined, r.status) for r in got.reports] == [(3, 0, "complete")]
    assert all(rows == seen[0] for rows in seen)
    first, second, _ = seen[0]
    assert first["actor_key"] == "x:ann"
    assert first["target_account_key"] == "x:bo"
    assert first["target_post_key"] == "x:p1"
    assert first["occurred_at"] == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert second["actor_key"] == "x:9007199254740993"
    assert second["target_post_key"] is None
    assert len({row["interaction_key"] for row in seen[0]}) == 3


@pytest.mark.parametrize("differing", range(5), ids=COLUMNS)
def test_the_key_tells_any_two_interactions_apart(tmp_path: Path, differing: int) -> None:
    other = ("cy", "di", NOON + 1, "share", "p9")[differing]
    row = ROWS[0]
    changed = tuple(other if i == differing else value for i, value in enumerate(row))
    keys = [r["interaction_key"] for r in Got(one_csv(tmp_path, row, changed, row)).interactions]
    assert keys[0] == keys[2] != keys[1]


def test_few_rows_get_the_keys_that_many_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [*ROWS, ("", "", NOON + 0.25, "like", ""), ("ää", "b'|o", NOON, "like", "p|1")]
    few = [row["interaction_key"] for row in Got(one_csv(tmp_path, *rows)).interactions]
    monkeypatch.setattr(file_rows, "_FEW", 0)
    assert [row["interaction_key"] for row in Got(tmp_path).interactions] == few
    assert len(set(few)) == len(rows)


def test_ids_survive_as_json_numbers_and_strings(tmp_path: Path) -> None:
    (tmp_path / "i-2026-03-01.jsonl").write_bytes(
        b'{"actor": 9007199254740993, "target": "9007199254740993", "unix_ts": 1772366400, "kind": "like"}\n'
        b'{"actor": 18446744073709551617, "target": "007", "unix_ts": 1772366400, "kind": "like"}\n'
    )
    ids = [(row["actor_key"], row["target_account_key"]) for row in Got(tmp_path).interactions]
    assert ids == [("x:9007199254740993", "x:9007199254740993"), ("x:18446744073709551617", "x:007")]


@pytest.mark.parametrize("name", FORMS)
def test_an_id_beside_a_missing_one_stays_the_same_person(tmp_path: Path, name: str) -> None:
    # pandas turns a column of whole numbers into floats as soon as one is missing: 88 becomes 88.0.
    rows = [(1.0, 88.0, NOON, "like", None), (88.0, None, NOON, "like", None)]
    (tmp_path / name).write_bytes(FORMS[name](rows))
    ids = [(row["actor_key"], row["target_account_key"]) for row in Got(tmp_path).interactions]
    assert ids == [("x:1", "x:88"), ("x:88", None)]


@pytest.mark.parametrize(
    "value",
    ["1.23457E+17", '{"id": 1}', "[1, 2]", "a\x00b", "a\nb", ' "bo"'],
    ids=["spreadsheet", "object", "list", "nul", "newline", "quote-after-space"],
)
@pytest.mark.parametrize("column", ["actor", "target", "post"])
def test_what_cannot_be_an_id_is_refused(tmp_path: Path, value: str, column: str) -> None:
    """Without who did it to whom there is no act; without its post it is one."""
    row = tuple(value if name == column else given for name, given in zip(COLUMNS, ROWS[0], strict=True))
    (tmp_path / "i-2026-03-01.jsonl").write_bytes(as_json([ROWS[0], row]))
    got = Got(tmp_path)
    [(_, number, reason)] = got.refused
    assert number == 2
    assert reason.startswith(f"{column}: ")
    assert reason.endswith("is not an id" + " (row kept)" * (column == "post"))
    assert len(got.interactions) == (2 if column == "post" else 1)


def test_a_float_too_big_to_be_exact_is_no_id(tmp_path: Path) -> None:
    (tmp_path / "i-2026-03-01.parquet").write_bytes(
        as_parquet([(1.0, 2.0, NOON, "like"), (1e17, 2.0, NOON, "like")], COLUMNS[:4])
    )
    assert [(row, reason) for _, row, reason in Got(tmp_path).refused] == [(2, "actor: '1e+17' is not an id")]


# Times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(
    ("unit", "value", "micros"),
    [
        ("s", NOON, 0),
        ("s", NOON + 0.5, 500_000),
        ("s", f"{NOON}.123456", 123_456),
        ("s", float(NOON), 0),
        ("ms", NOON * 1000 + 7, 7_000),
        ("ms", float(NOON * 1000 + 7), 7_000),
        ("us", NOON * 1_000_000 + 7, 7),
        ("us", float(NOON * 1_000_000 + 7), 7),
    ],
)
def test_unix_times(tmp_path: Path, name: str, unit: str, value: object, micros: int) -> None:
    (tmp_path / name).write_bytes(FORMS[name]([("ann", "bo", value, "like", None)]))
    [row] = Got(tmp_path, unix_unit=unit).interactions
    assert row["occurred_at"] == datetime(2026, 3, 1, 12, 0, 0, micros, tzinfo=UTC)


@pytest.mark.parametrize(
    "beside", [[], [("ann", "bo", "2026-02-30T12:00:00Z", "like")]], ids=["fast", "beside-a-wrong-one"]
)
@pytest.mark.parametrize(
    ("text", "hour", "micros"),
    [
        ("2026-03-01T12:00:00Z", 12, 0),
        ("2026-03-01 12:00:00", 12, 0),  # without a zone: UTC
        ("2026-03-01T12:00", 12, 0),
        ("2026-03-01", 0, 0),
        ("2026-03-01T12:00:00.5Z", 12, 500_000),
        ("2026-03-01T12:00:00.123456789Z", 12, 123_456),
        ("2026-03-01T12:00:00.123456", 12, 123_456),
        ("2026-03-01T12:00:00.000Z", 12, 0),
        ("2026-03-01T14:00:00+02:00", 12, 0),
        ("2026-03-01T14:00:00+0200", 12, 0),
        ("2026-03-01T14:00:00 +02:00", 12, 0),
        ("2026-03-01T06:30:00-05:30", 12, 0),
        ("2026-03-01 14:00:00+02", 12, 0),  # as PostgreSQL prints it
        ("2026-03-01 14:00:00.25+02", 12, 250_000),
        ("2026-03-01 12:00:00 UTC", 12, 0),  # as BigQuery prints it
        ("2026-03-01 12:00:00.5 UTC", 12, 500_000),
    ],
)
def test_iso_times(tmp_path: Path, text: str, hour: int, micros: int, beside: list[tuple[str, ...]]) -> None:
    columns = ("actor", "target", "occurred_at", "kind")
    one_csv(tmp_path, ("ann", "bo", text, "like"), *beside, columns=columns)
    got = Got(tmp_path)
    assert [row["occurred_at"] for row in got.interactions] == [datetime(2026, 3, 1, hour, 0, 0, micros, tzinfo=UTC)]
    assert len(got.refused) == len(beside)


@pytest.mark.parametrize("column", ["unix_ts", "occurred_at"])
@pytest.mark.parametrize(("kind", "zone"), [("s", None), ("ns", None), ("us", "UTC"), ("ms", "Europe/Berlin")])
def test_parquet_times(tmp_path: Path, column: str, kind: str, zone: str | None) -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    times = pa.array([moment, None], pa.timestamp("us", "UTC")).cast(pa.timestamp(kind, zone or "UTC"))
    if zone is None:
        times = times.cast(pa.timestamp(kind))
    table = pa.table({"actor": ["ann", "ann"], "target": ["bo", "bo"], column: times, "kind": ["like", "like"]})
    pq.write_table(table, tmp_path / "undated.parquet")
    got = Got(tmp_path)
    assert [row["occurred_at"] for row in got.interactions] == [moment]
    assert got.refused == [("undated.parquet", 2, "unix_ts, occurred_at: is empty")]


def test_each_row_may_have_either_time(tmp_path: Path) -> None:
    # A union of two exports: whether a row is good must not depend on its neighbours.
    columns = ("actor", "target", "unix_ts", "occurred_at", "kind")
    one_csv(
        tmp_path,
        ("ann", "bo", NOON, "", "like"),
        ("ann", "bo", "", "2026-03-01T12:00:00Z", "like"),
        ("ann", "bo", NOON, "garbage that is not asked", "like"),
        ("ann", "bo", "garbage", "2026-03-01T12:00:00Z", "like"),
        ("ann", "bo", "", "", "like"),
        columns=columns,
    )
    got = Got(tmp_path)
    assert {row["occurred_at"] for row in got.interactions} == {datetime(2026, 3, 1, 12, tzinfo=UTC)}
    assert [(row, reason.split(":")[0]) for _, row, reason in got.refused] == [
        (5, "unix_ts"),
        (6, "unix_ts, occurred_at"),
    ]


# Names and kinds -------------------------------------------------------------------------------------------------


def test_columns_and_kinds_are_mapped(tmp_path: Path) -> None:
    rows = [("ann", "bo", NOON, word) for word in ("RT", "mt", "Re", "LIKE", "Applause")]
    one_csv(tmp_path, *rows, columns=("who", "whom", "at", "what"))
    mapped = {"actor": "who", "target": "whom", "unix_ts": "at", "kind": "what"}
    got = Got(tmp_path, columns=mapped, kinds={"applause": "like", "RT": "quote"})
    assert [row["kind"] for row in got.interactions] == ["quote", "mention", "reply", "like", "like"]


@pytest.mark.parametrize("name", FORMS)
def test_one_column_of_theirs_may_be_two_of_ours(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FORMS[name](ROWS))
    first = Got(tmp_path, columns={"target": "actor"}).interactions[0]
    assert first["target_account_key"] == first["actor_key"] == "x:ann"


def test_a_misspelt_column_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"source x: columns\.actr: no column of ours; ours are .*actor"):
        Got(one_csv(tmp_path, *ROWS), columns={"actr": "who"})


def test_a_headerless_file_of_one_kind(tmp_path: Path) -> None:
    (tmp_path / "messages.txt").write_text(f"1 2 {NOON}\n2 1\n2 3 {NOON + 1}\n")
    got = Got(tmp_path, delimiter=" ", column_names=["actor", "target", "unix_ts"], kind="reply")
    ids = [(row["actor_key"], row["target_account_key"], row["kind"]) for row in got.interactions]
    assert ids == [("x:1", "x:2", "reply"), ("x:2", "x:3", "reply")]
    assert got.refused == [("messages.txt", 2, "2 fields where 3 are expected")]


# Days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["i-2026-03-01.csv", "2026-03-01/i.csv", "snapshot_date=2026-03-01/i.csv", "2020-01-01/i_2026-03-01T00.csv"]
)
def test_a_day_in_the_path_takes_all_rows(tmp_path: Path, path: str) -> None:
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_bytes(as_csv([ROWS[0], ("ann", "bo", NOON + 86_400, "like", "")]))
    got = Got(tmp_path, [DAY, NEXT])
    assert [(b.table, b.day, b.rows.num_rows) for b in got.batches] == [("interactions", DAY, 2)]
    assert Got(tmp_path, [NEXT]).batches == []


def test_rows_of_an_undated_file_go_to_their_own_days(tmp_path: Path) -> None:
    midnight = NOON - 43_200
    rows = [("ann", "bo", ts, "like", "") for ts in (midnight, midnight + 86_399.999999, midnight + 86_400)]
    one_csv(tmp_path, *rows, ("ann", "bo", "?", "like", ""), name="all.csv")
    got = Got(tmp_path, [DAY, NEXT])
    assert [len(got.rows("interactions", day)) for day in (DAY, NEXT)] == [2, 1]
    # The bad row might belong to either day: each keeps it, whichever days are asked for.
    assert [len(got.rows("quarantine", day)) for day in (DAY, NEXT)] == [1, 1]
    assert len(Got(tmp_path, [NEXT]).refused) == 1
    assert got.reports[0].per_day == {DAY: 2, NEXT: 1}


@pytest.mark.parametrize("name", ["i-2026-03-01.csv", "i-2026-03-01.parquet"])
def test_a_dated_file_without_rows_says_that_the_day_was_quiet(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FORMS[name]([]))
    [report] = Got(tmp_path).reports
    assert (report.status, report.per_day) == ("complete", {DAY: 0})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("i-2026-02-30.csv", "2026-02-30 in its path is not a day"),
        ("i-2026-03-01_2026-03-31.csv", "its name holds several days.*name it after"),
    ],
)
def test_a_day_that_cannot_be_one(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=rf"{name}: {message}"):
        Got(one_csv(tmp_path, *ROWS, name=name))


def test_what_is_no_export_is_left_alone(tmp_path: Path) -> None:
    one_csv(tmp_path, *ROWS)
    for name in (".hidden.csv", "_SUCCESS", "README.md", "accounts.csv.sha256"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "_trash").mkdir()
    one_csv(tmp_path / "_trash", *ROWS)
    assert len(Got(tmp_path).interactions) == 3


def test_a_folder_without_exports(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"holds no \.csv"):
        Got(tmp_path)


# Rows that are refused -------------------------------------------------------------------------------------------

#: A wrong row for each rule, and how its reason begins.
WRONG: list[tuple[tuple[Any, ...], str]] = [
    (("ann", "bo", "noon", "like", "p"), "unix_ts: 'noon'"),
    (("ann", "bo", "", "like", "p"), "unix_ts, occurred_at: is empty"),
    (("ann", "bo", NOON * 1000, "like", "p"), "unix_ts: "),  # milliseconds
    (("ann", "bo", -NOON, "like", "p"), "unix_ts: "),
    (("ann", "bo", 0, "like", "p"), "unix_ts: '0'"),  # 1970: what a missing time becomes
    (("ann", "bo", "NaN", "like", "p"), "unix_ts: 'NaN'"),
    (("ann", "bo", "1.77E+09", "like", "p"), "unix_ts: '1.77E+09'"),
    (("ann", "bo", NOON, "stare", "p"), r"kind: 'stare' is not known; map it under [source.kinds]"),
    (("ann", "bo", NOON, "", "p"), "kind: is empty"),
]


def test_each_refused_row_has_file_row_and_reason(tmp_path: Path) -> None:
    # A row with too few fields before each wrong one: what is skipped must not shift the numbers.
    lines = as_csv([row for row, _ in WRONG]).splitlines(keepends=True)
    content = lines[0] + b"ann,bo,%d,like,p\n" % NOON + b"".join(b"short\n" + line for line in lines[1:])
    (tmp_path / "i-2026-03-01.csv").write_bytes(content)
    got = Got(tmp_path)
    assert len(got.interactions) == 1
    by_row = {row: reason for file, row, reason in got.refused if file == "i-2026-03-01.csv"}
    assert sorted(by_row) == list(range(3, 3 + 2 * len(WRONG)))
    for i, (_, reason) in enumerate(WRONG):
        assert by_row[3 + 2 * i] == "1 fields where 5 are expected"
        assert by_row[4 + 2 * i].startswith(reason)
    raw = {row["row"]: row["raw"] for row in got.rows("quarantine")}
    assert raw[4] == "actor=ann,target=bo,unix_ts=noon,kind=like,post=p"
    assert got.reports[0].rows_quarantined == 2 * len(WRONG)


GOOD_ROW = st.tuples(
    st.sampled_from(["ann", "bo", 9007199254740993, None]),
    st.sampled_from(["ann", "", "cy"]),
    st.sampled_from([NOON, str(NOON), NOON + 0.25, NOON + 86_400]),
    st.sampled_from(["like", "RT", " Reply "]),
    st.sampled_from(["p1", None, "a, b", 'say "so"']),
)
CSV_LINE = st.one_of(
    GOOD_ROW.map(lambda row: (True, as_csv([row]).split(b"\n", 1)[1])),
    st.sampled_from([row for row, _ in WRONG]).map(lambda row: (False, as_csv([row]).split(b"\n", 1)[1])),
    st.sampled_from([b"short\n", b"a,b,c,d,e,f\n", b"\xff,bo,1772366400,like,p\n", b"\x00\x00\n", b"(2 rows)\n"]).map(
        lambda line: (False, line)
    ),
)
JSON_LINE = st.one_of(
    GOOD_ROW.map(lambda row: (True, as_json([row]))),
    st.sampled_from([row for row, _ in WRONG]).map(lambda row: (False, as_json([row]))),
    st.sampled_from([b"[]\n", b"{\n", b"null\n", b'"\xff"\n', b"\x00\x00\n", b"{}\n", b'{"actor": {"id": 1}}\n']).map(
        lambda line: (False, line)
    ),
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data(), form=st.sampled_from(["csv", "csv.gz", "jsonl", "jsonl.gz"]), dated=st.booleans())
def test_rows_in_the_file_are_landed_or_refused(tmp_path: Path, data: st.DataObject, form: str, dated: bool) -> None:
    is_csv = form.startswith("csv")
    lines = data.draw(st.lists(CSV_LINE if is_csv else JSON_LINE, max_size=30))
    lines.append((True, as_csv([ROWS[0]]).split(b"\n", 1)[1] if is_csv else as_json([ROWS[0]])))
    content = (as_csv([]) if is_csv else b"") + b"".join(line for _, line in lines)
    for old in tmp_path.iterdir():
        old.unlink()
    file = tmp_path / f"{'i-2026-03-01' if dated else 'all'}.{form}"
    file.write_bytes(gzip.compress(content) if form.endswith("gz") else content)
    got = Got(tmp_path, [DAY, NEXT])
    first = 2 if is_csv else 1
    # Refused rows of an undated file are filed under each of its days.
    landed = sorted(int(row["raw_ref"].rsplit(":", 1)[1]) for row in got.interactions)
    assert landed == [number for number, (good, _) in enumerate(lines, first) if good]
    assert sorted({row for _, row, _ in got.refused}) == [n for n, (good, _) in enumerate(lines, first) if not good]
    for day in {DAY, NEXT} & set(got.reports[0].per_day):
        assert len(got.rows("quarantine", day)) == got.reports[0].rows_quarantined
    [report] = got.reports
    assert report.rows + report.rows_quarantined == len(lines)


@pytest.mark.parametrize("name", ["i-2026-03-01.csv", "all.csv", "posts-2026-03-01.csv"])
def test_a_file_with_every_row_refused_stops_the_pull(tmp_path: Path, name: str) -> None:
    # Milliseconds read as seconds: the whole file is wrong in one way, and the cure is one word.
    one_csv(tmp_path, ("ann", "p", NOON * 1000, "like"), name=name, columns=("author", "post", "unix_ts", "kind"))
    with pytest.raises(
        InvalidInput, match=rf"{name}: every one of its 1 rows was refused; the first, row 2: unix_ts.* in s"
    ):
        Got(tmp_path, columns={"actor": "author", "target": "post"} if name.startswith(("i", "a")) else {})


@pytest.mark.parametrize(
    ("table", "columns", "missing"),
    [
        ("i", ("target", "unix_ts", "kind"), "actor"),
        ("i", ("actor", "unix_ts", "kind"), "target"),
        ("i", ("actor", "target", "kind"), "unix_ts or occurred_at"),
        ("i", ("actor", "target", "unix_ts"), "kind"),
        ("posts", ("author", "unix_ts"), "post"),
        ("posts", ("post", "unix_ts"), "author"),
        ("posts", ("post", "author"), "unix_ts or occurred_at"),
        ("accounts", ("handle",), "account"),
    ],
)
def test_a_missing_column_is_named(tmp_path: Path, table: str, columns: tuple[str, ...], missing: str) -> None:
    one_csv(tmp_path, tuple("1" for _ in columns), name=f"{table}-2026-03-01.csv", columns=columns)
    with pytest.raises(InvalidInput, match=rf"{table}-2026-03-01\.csv: row 1: no column {missing}; found"):
        Got(tmp_path)


# Posts -----------------------------------------------------------------------------------------------------------


def test_posts(tmp_path: Path) -> None:
    columns = ("post", "author", "unix_ts", "post_type", "like_count", "share_count", "lang")
    one_csv(
        tmp_path,
        ("p1", "ann", NOON, "", "0", "", "en"),
        ("p2", "ann", NOON, "Retweet", "12.0", "1", ""),
        ("p3", "ann", NOON, "poem", "1", "1", ""),  # an unknown type
        ("p4", "ann", NOON, "", "many", "1", ""),
        ("", "ann", NOON, "", "1", "1", ""),
        name="posts-2026-03-01.csv",
        columns=columns,
    )
    got = Got(tmp_path)
    posts = got.rows("posts")
    assert all(row["from_feed"] for row in posts)  # a file of somebody's posts is their feed
    fields = ("post_key", "post_type", "like_count", "share_count", "reply_count", "lang")
    assert [tuple(row[name] for name in fields) for row in posts] == [
        ("x:p1", "original", 0, None, None, "en"),  # NULL stays NULL, 0 stays 0
        ("x:p2", "share", 12, 1, None, None),
        ("x:p3", "original", 1, 1, None, None),
        ("x:p4", "original", None, 1, None, None),
    ]
    assert [(row, reason.split(":")[0]) for _, row, reason in got.refused] == [
        (4, "post_type"),
        (5, "like_count"),
        (6, "post"),
    ]


# Accounts --------------------------------------------------------------------------------------------------------


def accounts_file(folder: Path, *rows: tuple[Any, ...], columns: tuple[str, ...] = ("account",), day: str = "") -> Path:
    return one_csv(folder, *rows, name=f"accounts{day}.csv", columns=columns)


def test_null_stays_null_and_zero_stays_zero(tmp_path: Path) -> None:
    columns = ("account", "followers_count", "posts_count", "is_bot", "opt_out", "is_minor", "created_at")
    accounts_file(
        tmp_path,
        ("ann", "0", "0.0", "false", "0", "no", "2020-01-01"),
        ("bo", "", "", "", "", "", ""),
        ("9007199254740993", "12", "3", "TRUE", "1", "Yes", "2020-01-01T10:00:00Z"),
        ("cy", "5", "5", "0.0", "1.0", "f", ""),  # flags as pandas writes them beside a missing one
        columns=columns,
        day="-2026-03-01",
    )
    got = Got(tmp_path)
    found = [tuple(row[name] for name in ("account_key", *columns[1:6])) for row in got.rows("accounts")]
    assert found == [
        ("x:ann", 0, 0, False, False, False),
        ("x:bo", None, None, None, None, None),
        # of those who may not be shown nothing but key and flags
        ("x:9007199254740993", None, None, None, True, True),
        ("x:cy", None, None, None, True, False),
    ]
    assert [row["created_at"] and row["created_at"].year for row in got.rows("accounts")] == [2020, None, None, None]
    assert got.refused == []


@pytest.mark.parametrize("flag", ["opt_out", "is_minor", "is_protected"])
@pytest.mark.parametrize("value", ["maybe", "NULL", "2", "-1", "oui", "?"])
def test_an_unreadable_consent_flag_counts_as_set(tmp_path: Path, flag: str, value: str) -> None:
    accounts_file(tmp_path, ("ann", value), ("bo", "false"), columns=("account", flag), day="-2026-03-01")
    got = Got(tmp_path)
    assert {row["native_id"]: row[flag] for row in got.rows("accounts")} == {"ann": True, "bo": False}
    [(_, row, reason)] = got.refused
    assert row == 2
    assert reason == f"{flag}: {value.lower()!r} is neither true nor false; taken as True (row kept)"


@pytest.mark.parametrize(
    ("column", "value", "taken"),
    [
        ("is_bot", "maybe", None),
        ("verified", "maybe", None),
        ("followers_count", "-1", None),
        ("followers_count", "1,234", None),
        ("followers_count", "1.5", None),
        ("created_at", "long ago", None),
        ("created_at", "0001-01-01T00:00:00Z", None),
        ("account_type", "Wizard", "unknown"),
        ("status", "banned", "suspended"),  # fails closed: not scored
    ],
)
def test_another_unreadable_field_becomes_null_and_is_noted(
    tmp_path: Path, column: str, value: str, taken: object
) -> None:
    got = Got(accounts_file(tmp_path, ("ann", value), columns=("account", column), day="-2026-03-01"))
    [(_, row, reason)] = got.refused
    assert (row, reason.split(":")[0], reason.endswith("(row kept)")) == (2, column, True)
    [account] = got.rows("accounts")
    assert account[column] == taken


@pytest.mark.parametrize(
    ("content", "row", "reason"),
    [
        (b"account,opt_out\nann,1\n,1\n", 3, "account: is empty"),
        (b"account,opt_out\nann\nbo,1\n", 2, "1 fields where 2 are expected"),
        (b"account,opt_out\nann,1\nbo,1,x\n", 3, "3 fields where 2 are expected"),
        (b"account,opt_out\nann,1\nb\xff,1\n", 3, "account: not UTF-8"),
        (b"account,handle\nann,\xe4nn\n", 2, "handle: not UTF-8"),
        (b'account,opt_out\nann,1\n"bo\ncy,1",1\n', 3, "account: .* is not an id"),
        (b'account,handle,opt_out\nann,"a,1\nbo,b,1\n', 2, "a quote is opened and never closed"),
    ],
)
def test_an_unreadable_account_row_stops_the_pull(tmp_path: Path, content: bytes, row: int, reason: str) -> None:
    (tmp_path / "accounts-2026-03-01.csv").write_bytes(content)
    with pytest.raises(InvalidInput, match=rf"accounts-2026-03-01\.csv: row {row}: {reason}.*mend the row"):
        Got(tmp_path)


def test_an_unreadable_line_of_accounts_stops_the_pull(tmp_path: Path) -> None:
    (tmp_path / "accounts-2026-03-01.jsonl").write_bytes(b'{"account": "ann"}\n{"account": "bo", "opt_\n')
    with pytest.raises(InvalidInput, match=r"accounts-2026-03-01\.jsonl: row 2: not JSON"):
        Got(tmp_path)


@pytest.mark.parametrize("name", ["accounts.xlsx", "accounts-2026-03-01.json", "Accounts.csv.zip", "accounts"])
def test_accounts_in_a_form_that_is_not_read_are_not_overlooked(tmp_path: Path, name: str) -> None:
    one_csv(tmp_path, *ROWS)
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(InvalidInput, match=rf"{name}: accounts in a form that is not read.*export it as CSV"):
        Got(tmp_path)


def test_dated_accounts_hold_until_the_next_and_never_backwards(tmp_path: Path) -> None:
    days = [date(2026, 3, day) for day in range(1, 6)]
    for day in days:
        one_csv(tmp_path, ("ann", "bo", NOON, "like", ""), name=f"i-{day}.csv")
    accounts_file(tmp_path, ("from-2",), day="-2026-03-02")
    accounts_file(tmp_path, ("from-4",), day="-2026-03-04")
    accounts_file(tmp_path, ("also-from-4",), day="-b-2026-03-04")
    accounts_file(tmp_path, ("from-9",), day="-2026-03-09")  # newer than every day asked for
    accounts_file(tmp_path, ("always",))
    got = Got(tmp_path, days)
    held = {day.day: {row["native_id"] for row in got.rows("accounts", day)} for day in days}
    four = {"always", "from-4", "also-from-4"}
    assert held == {1: {"always"}, 2: {"always", "from-2"}, 3: {"always", "from-2"}, 4: four, 5: four}


def test_undated_accounts_go_to_observed_days_only(tmp_path: Path) -> None:
    one_csv(tmp_path, *ROWS)
    accounts_file(tmp_path, ("ann",))
    got = Got(tmp_path, [DAY, NEXT])
    assert Counter(b.day for b in got.batches if b.table == "accounts") == {DAY: 1}


def test_accounts_alone(tmp_path: Path) -> None:
    accounts_file(tmp_path, ("ann",), day="-2026-03-01")
    accounts_file(tmp_path, ("bo",), day="-2026-03-02")
    got = Got(tmp_path, [DAY, NEXT])
    assert [(b.day, b.rows["native_id"].to_pylist()) for b in got.batches] == [(DAY, ["ann"]), (NEXT, ["bo"])]


# Real data -------------------------------------------------------------------------------------------------------


def test_higgs_lands_whole_from_a_bare_folder(shared_data: Path) -> None:
    from clout.config.sources import read_sources

    [source] = read_sources(shared_data / "higgs").sources
    days = {date(2012, 7, day) for day in range(1, 5)}
    landed: Counter[date] = Counter()
    for item in files.read(source, days):
        if isinstance(item, PullReport):
            assert (item.status, item.rows_quarantined) == ("complete", 0)
        else:
            assert item.table == "interactions"
            landed[item.day] += item.rows.num_rows
    assert [landed[day] for day in sorted(days)] == [4_170, 16_074, 33_502, 356_388]
    assert sum(landed.values()) == 410_134


def test_a_consent_column_that_was_named_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("account,do_not_score\nann,yes\n")
    one_csv(tmp_path, ("ann", "bo", NOON, "like", ""))
    source = Source("x", "files", tmp_path, columns={"opt_out": "do_not_scor"})
    with pytest.raises(InvalidInput, match="no column do_not_scor; found account, do_not_score"):
        list(files.read(source, {DAY}))


# Consent and identity --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("few", [0, 10**6])  # as people are looked up in large files, and in small ones
def test_who_may_not_be_shown_leaves_nothing_but_key_and_flag(
    tmp_path: Path, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_consent, "_FEW", few)
    one_csv(
        tmp_path,
        ("ann", "bo", NOON, "like", "p1"),
        ("min", "bo", NOON, "like", "p1"),
        ("ann", "out", NOON, "like", "p2"),
        ("shy", "min", NOON, "like", "p3"),
        ("ann", "listed", NOON, "like", "p4"),
        ("gone", "ann", NOON, "like", "p4"),
        ("out", "bo", "?", "like", "p5"),
        ("ann", "bo", "??", "like", "p5"),
        ("Out\u200b", "bo", NOON, "like", "p6"),  # looks like one who said no
    )
    (tmp_path / "posts-2026-03-01.csv").write_text(
        f"post,author,unix_ts\np1,bo,{NOON}\np2,out,{NOON}\np4,listed,{NOON}\n"
    )
    columns = ("account", "handle", "is_minor", "opt_out", "is_protected", "status", "same_as")
    accounts_file(
        tmp_path,
        ("ann", "ann", "", "", "", "", "y:1 https://Y.example/@ann"),
        ("min", "Mini", "yes", "", "", "", "y:2"),
        ("out", "Outie", "", "yes", "", "", ""),
        ("shy", "Shy", "", "", "yes", "", ""),
        ("gone", "Gone", "", "", "", "deleted", "nonsense"),
        ("listed", "Listie", "", "yes", "", "", ""),
        columns=columns,
    )
    source = Source("x", "files", tmp_path)
    items = list(files.read(source, {DAY}, SuppressionList("x", frozenset({"x:listed"}))))
    got = Got.__new__(Got)
    got.batches = [item for item in items if isinstance(item, Batch)]
    got.reports = [item for item in items if isinstance(item, PullReport)]
    assert [(row["actor_key"], row["target_account_key"]) for row in got.interactions] == [("x:ann", "x:bo")]
    assert [row["post_key"] for row in got.rows("posts")] == ["x:p1"]
    said = {"x:ann": "ann", "x:min": None, "x:out": None, "x:shy": None, "x:gone": None}
    assert {row["account_key"]: row["handle"] for row in got.rows("accounts")} == said
    assert {row["account_key"] for row in got.rows("accounts") if row["is_minor"]} == {"x:min"}
    links = [(row["account_a"], row["account_b"]) for row in got.rows("account_links")]
    assert links == [("x:ann", "y:1"), ("x:ann", "https://y.example/@ann"), ("x:min", hashed("y:2"))]
    everything = repr([batch.rows.to_pylist() for batch in got.batches])
    assert not [name for name in ("Mini", "Outie", "Shy", "Gone", "x:listed", "Listie") if name in everything]
    rows = {row["table"]: row for report in got.reports for row in [report.manifest_row("x", DAY, datetime.now(UTC))]}
    assert (rows["interactions"]["rows"], rows["interactions"]["rows_excluded"]) == (1, 6)
    assert rows["interactions"]["reason"] == "deleted 1, minor 1, operator 1, opt_out 2, protected 1"
    assert (rows["posts"]["rows"], rows["posts"]["rows_excluded"]) == (1, 2)
    assert UNSHOWN in everything
    assert "actor=ann,target=bo" in everything


def test_an_erased_person_leaves_nothing_at_all(tmp_path: Path) -> None:
    one_csv(tmp_path, ("ann", "bo", NOON, "like", "p1"), ("cy", "bo", NOON, "like", "p1"))
    accounts_file(
        tmp_path, ("ann", "yes", ""), ("bo", "", "x:ann"), ("cy", "", "x:bo"), columns=("account", "opt_out", "same_as")
    )
    hidden = SuppressionList(erased=ErasedKeys().and_also({"x:ann"}, ()))
    items = list(files.read(Source("x", "files", tmp_path), {DAY}, hidden))
    found = repr([item.rows.to_pylist() for item in items if isinstance(item, Batch)])
    assert "x:cy" in found
    assert "ann" not in found
    assert [item.left_out[DAY] for item in items if isinstance(item, PullReport)] == [{"erased": 1}, {"erased": 1}]


def test_flags_hold_from_their_file_on(tmp_path: Path) -> None:
    days = [date(2026, 3, 1), date(2026, 3, 2)]
    for day, noon in zip(days, (NOON, NOON + 86_400), strict=True):
        one_csv(tmp_path, ("ann", "bo", noon, "like", "p"), name=f"i-{day}.csv")
    accounts_file(tmp_path, ("ann", ""), columns=("account", "opt_out"), day="-2026-03-01")
    accounts_file(tmp_path, ("ann", "yes"), columns=("account", "opt_out"), day="-2026-03-02")
    got = Got(tmp_path, days)
    assert [len(got.rows("interactions", day)) for day in days] == [1, 0]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("name", ["Opt_Out", "optout", "opt-out", "OptedOut", "Is_Minor", "protected", "Status "])
def test_a_consent_column_that_is_nearly_named_right_is_refused(tmp_path: Path, form: str, name: str) -> None:
    write = {"csv": as_csv, "jsonl": as_json, "parquet": as_parquet}[form]
    (tmp_path / f"accounts.{form}").write_bytes(write([("ann", "yes")], ("account", name)))
    if name == "Status " and form == "csv":
        name = name.strip()
    with pytest.raises(InvalidInput, match=rf"accounts\.{form}: row 1: column {name} is nearly .* rename it"):
        Got(tmp_path)


def test_a_mapped_consent_column_may_have_any_name(tmp_path: Path) -> None:
    accounts_file(tmp_path, ("ann", "yes"), columns=("account", "OptOut"), day="-2026-03-01")
    assert [row["opt_out"] for row in Got(tmp_path, columns={"opt_out": "OptOut"}).rows("accounts")] == [True]


def test_a_reply_says_to_whom_and_how_it_sounds(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text(
        "post,author,unix_ts,post_type,reply_to,sentiment\n"
        "p1,bo,1773446400,reply,ada,-0.5\np2,bo,1773446400,reply,ada,1\np3,bo,1773446400,reply,,\n"
        "p4,bo,1773446400,reply,ada,1.5\np5,bo,1773446400,reply,ada,bad\np6,bo,1773446400,reply,ada,nan\n"
    )
    rows, reasons = [], []
    for item in files.read(Source("murmur", "files", tmp_path), {date(2026, 3, 14)}):
        if isinstance(item, Batch) and item.table == "posts":
            rows += item.rows.to_pylist()
        elif isinstance(item, Batch) and item.table == "quarantine":
            reasons += item.rows["reason"].to_pylist()
    told = {row["native_id"]: (row["in_reply_to_account_key"], row["valence"]) for row in rows}
    assert told == {
        "p1": ("murmur:ada", -0.5),
        "p2": ("murmur:ada", 1.0),
        "p3": (None, None),
        **dict.fromkeys(("p4", "p5", "p6"), ("murmur:ada", None)),
    }
    assert len(reasons) == 2  # nan is a word for nothing
    assert all("sentiment: " in reason and "is not a number from -1 to 1 (NULL)" in reason for reason in reasons)
