"""Columns that come, go or change their type are told in the manifest, or stop the pull, before anything is computed."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clout.config.sources import Source, read_sources
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.platforms.pull.puller import pull
from clout.platforms.pull.rows import Fields, Formers, PullReport

DAY = date(2026, 3, 3)
NEXT = DAY + timedelta(days=1)


def rows(day: date) -> dict[str, list[str | None]]:
    """Two good interactions."""
    return {
        "actor": ["ada", "bo"],
        "target": ["bo", "ada"],
        "kind": ["like", "share"],
        "occurred_at": [f"{day}T10:00:00Z", f"{day}T11:00:00Z"],
        "post": ["1", "2"],
    }


def csv(folder: Path, day: date, columns: dict[str, list[str | None]]) -> None:
    """An export of a day as CSV."""
    lines = [",".join(columns), *(",".join(str(cell) for cell in row) for row in zip(*columns.values(), strict=True))]
    (folder / f"{day}.csv").write_text("\n".join(lines) + "\n")


def json_lines(folder: Path, day: date, columns: dict[str, list]) -> None:
    """The same as JSON lines; a cell of None is a key that is not there."""
    records = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    lines = [json.dumps({key: value for key, value in record.items() if value is not None}) for record in records]
    (folder / f"{day}.jsonl").write_text("\n".join(lines) + "\n")


def parquet(folder: Path, day: date, columns: dict[str, list]) -> None:
    """The same as Parquet."""
    pq.write_table(pa.table(columns), folder / f"{day}.parquet")


def drifts(folder: Path, lake: Lake) -> list[str | None]:
    """What the manifest of the second day says, after both days were pulled, each for itself."""
    source: Source = read_sources(folder).sources[0]
    said: list[str] = []
    for day in (DAY, NEXT):
        pull(lake, source, [day], said.append)
    assert [row["drift"] for row in lake.manifest(source.name, DAY) or []] == [None]
    found = [row["drift"] for row in lake.manifest(source.name, NEXT) or []]
    assert any("other columns than before" in line for line in said) == any(found)
    return found


@pytest.mark.parametrize("write", [csv, json_lines, parquet])
def test_added_and_dropped_columns_are_told(write, tmp_path: Path, lake: Lake) -> None:
    write(tmp_path, DAY, rows(DAY))
    changed = {name: cells for name, cells in rows(NEXT).items() if name != "post"} | {"via": ["app", "web"]}
    write(tmp_path, NEXT, changed)
    assert drifts(tmp_path, lake) == ["added via; dropped post"]


@pytest.mark.parametrize("write", [csv, json_lines, parquet])
def test_the_same_columns_in_another_order_are_none(write, tmp_path: Path, lake: Lake) -> None:
    write(tmp_path, DAY, rows(DAY))
    write(tmp_path, NEXT, dict(reversed(rows(NEXT).items())))
    assert drifts(tmp_path, lake) == [None]


@pytest.mark.parametrize(("write", "was"), [(json_lines, "text to number"), (parquet, "string to int64")])
def test_a_retyped_column_is_told(write, was: str, tmp_path: Path, lake: Lake) -> None:
    write(tmp_path, DAY, rows(DAY))
    write(tmp_path, NEXT, rows(NEXT) | {"post": [1, 2]})
    assert drifts(tmp_path, lake) == [f"retyped post from {was}"]


def test_a_key_that_some_objects_lack_is_no_column(tmp_path: Path, lake: Lake) -> None:
    json_lines(tmp_path, DAY, rows(DAY) | {"via": ["app", None]})
    json_lines(tmp_path, NEXT, rows(NEXT))
    assert drifts(tmp_path, lake) == [None]


@pytest.mark.parametrize("write", [csv, json_lines, parquet])
def test_a_needed_column_that_is_gone_stops_the_pull(write, tmp_path: Path, lake: Lake) -> None:
    write(tmp_path, DAY, rows(DAY))
    write(tmp_path, NEXT, {name: cells for name, cells in rows(NEXT).items() if name != "target"})
    with pytest.raises(InvalidInput, match=r"no column target; found"):
        drifts(tmp_path, lake)


def test_a_needed_column_of_another_type_is_put_aside_row_by_row(tmp_path: Path, lake: Lake) -> None:
    csv(tmp_path, DAY, rows(DAY))
    csv(tmp_path, NEXT, rows(NEXT) | {"occurred_at": ["yesterday", f"{NEXT}T11:00:00Z"]})
    assert drifts(tmp_path, lake) == [None]
    kept = lake.read(lake.snapshot("quarantine", read_sources(tmp_path).sources[0].name, NEXT)).to_pylist()
    assert [row["row"] for row in kept] == [2]


def test_a_needed_column_of_another_type_throughout_stops_the_pull(tmp_path: Path, lake: Lake) -> None:
    csv(tmp_path, DAY, rows(DAY))
    csv(tmp_path, NEXT, rows(NEXT) | {"occurred_at": ["yesterday", "today"]})
    with pytest.raises(InvalidInput, match="every one of its 2 rows was refused"):
        drifts(tmp_path, lake)


# Answers of platforms ---------------------------------------------------------------------------------------------------


def told(days: list[list[dict]]) -> str | None:
    """What the last day's report says of the items' fields, after the days before."""
    reports = []
    for items in days:
        fields = Fields()
        for item in items:
            fields.add(item)
        reports.append(PullReport("*", "posts", "feed", columns=fields.columns()))
    rows = [report.manifest_row("chirp", DAY, datetime.now(UTC)) for report in reports]
    return reports[-1].drift(rows[:-1])


def items(count: int = 10, **changes: object) -> list[dict]:
    """Posts as a platform might answer; a change of ... leaves a field out."""
    item = {"id": "1", "author": {"id": "2", "likes": 3}, "tags": ["a"], "via": None} | changes
    return [{name: value for name, value in item.items() if value is not ...}] * count


@pytest.mark.parametrize(
    ("before", "now", "drift"),
    [
        (items(), items(), None),
        (items(), items(id=...), "dropped id"),
        (items(), items(author={"id": "2"}), "dropped author.likes"),
        (items(), items(lang="en"), "added lang"),
        (items(), items(id=1), "retyped id from text to number"),
        # Some have it and some have not: that is no change, however it falls today.
        (items(5) + items(5, lang="en"), items(lang="en"), None),
        (items(5) + items(5, lang="en"), items(), None),
        (items(), items(5) + items(5, id=...), None),
        (items(), items(5) + items(5, lang="en"), None),
        # null may be of any type.
        (items(), items(via="app"), None),
        (items(), items(id=None), None),
        # Of so few nothing can be said.
        (items(), items(9, id=...), None),
        (items(9), items(id=...), None),
    ],
)
def test_fields_of_answers_that_come_and_go_are_told(before: list, now: list, drift: str | None) -> None:
    assert told([before, now]) == drift


def test_a_name_that_few_items_have_is_not_kept() -> None:
    fields = Fields()
    fields.add([{"reactions": {f"person-{number}": 1}} for number in range(100)])
    assert fields.columns() == {"reactions": "object"}


def test_a_field_that_vanished_from_hour_files_is_told(tmp_path: Path, lake: Lake) -> None:
    event = {"id": "1", "type": "WatchEvent", "public": True, "actor": {"login": "ann"}, "repo": {"name": "bo/x"}}
    event["payload"] = {"action": "started"}
    for day in (DAY, NEXT):
        lines = [json.dumps(event | {"created_at": f"{day}T00:00:{n:02}Z"} | {"id": str(n)}) for n in range(10)]
        with gzip.open(tmp_path / f"{day}-0.json.gz", "wt") as file:
            file.write("\n".join(lines) + "\n")
        event.pop("public", None)
    source = Source("github", "gharchive", tmp_path)
    for day in (DAY, NEXT):
        pull(lake, source, [day], lambda text: None)
    found = {(row["endpoint"], row["drift"]) for row in lake.manifest("github", NEXT) or []}
    assert ("completeness", "dropped public") in found
    assert {drift for endpoint, drift in found if endpoint != "completeness"} == {None}


def test_comparing_many_files_looks_at_each_text_of_yesterday_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # For each file's each column over all former files is cubic: 4,000 files of a day took hours.
    reports = [
        PullReport(
            f"{i}.csv", "interactions", "files", columns={"actor": "text", f"c{i % 3}": "text"}, per_day={DAY: 1}
        )
        for i in range(300)
    ]
    before = [report.manifest_row("chirp", DAY, datetime.now(UTC)) for report in reports]
    parsed: list[str] = []
    loads = json.loads
    monkeypatch.setattr("clout.platforms.pull.rows.json.loads", lambda text: parsed.append(text) or loads(text))
    formers = Formers(before)
    assert {report.drift(formers) for report in reports} == {None}
    assert len(parsed) == 3
    new = PullReport("n.csv", "interactions", "files", columns={"c0": "number", "c9": "text"})
    assert new.drift(formers) == new.drift(before) == "added c9; dropped actor; retyped c0 from text to number"
