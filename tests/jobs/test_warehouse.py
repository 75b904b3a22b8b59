"""The command that looks after the warehouse: what it prints, what it changes, and its exit statuses."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import warehouse
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.warehouse.backends.duckdb_backend import DuckDBWarehouse
from staged_run import DAY, NEXT, agree
from warehouses import Place

END_OF_NEXT = datetime(NEXT.year, NEXT.month, NEXT.day, tzinfo=UTC) + timedelta(days=1)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Two days, one of them corrected: versions 1, 2 and 3."""
    place = Place("duckdb", tmp_path)
    for day, run, label in ((DAY, "r1", "one"), (NEXT, "r2", "two"), (DAY, "r3", "newer")):
        place.publish(day, run, label)
    agree(Lake(tmp_path), "care", "named", "perks", "regions")
    return place


def command(place: Place, *words: str) -> None:
    """Run the command on the warehouse."""
    where = ["--lake", str(place.folder), "--sources", str(place.folder / "none")] if words[0] == "rollback" else []
    warehouse.main([words[0], "--warehouse", place.address, *words[1:], *where])


def test_a_rollback_is_a_version_and_shows_in_the_list(place: Place, capsys: pytest.CaptureFixture) -> None:
    command(place, "rollback", "--day", str(DAY), "--reason", "r3 used a wrong export")
    assert capsys.readouterr().out.endswith(f"\n{DAY}: version 4 shows run r1\n")
    assert place.shown() == {DAY: "one", NEXT: "two"}
    command(place, "versions", "--day", str(DAY))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "3", "*"]
    assert lines[-1].endswith("r1  = version 1  r3 used a wrong export")
    for again in ([], ["--to", "1"]):  # a retry changes nothing
        command(place, "rollback", "--day", str(DAY), *again, "--reason", "again")
        assert capsys.readouterr().out.endswith(f"\n{DAY}: version 4 shows run r1 already\n")


def test_a_night_run_again_after_a_rollback_does_not_undo_it(place: Place) -> None:
    """A retry brings what it has brought before; only new content is a new version."""
    command(place, "rollback", "--day", str(DAY), "--reason", "bad")
    assert not place.publish(DAY, "r3", "newer").is_new
    assert place.shown()[DAY] == "one"
    assert place.publish(DAY, "r5", "five").is_new
    assert place.shown()[DAY] == "five"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rollback", "--day", "2020-01-01", "--reason", "x"], "is not published"),
        (
            ["rollback", "--day", str(DAY), "--to", "2", "--reason", "x"],
            "not a version of 2026-03-14; its versions: 1, 3",
        ),
        (["rollback", "--day", str(NEXT), "--reason", "x"], "one content only"),
        (["rollback", "--day", str(DAY), "--reason", " "], "needs a reason"),
        (["read", "clout.scores", "--as-of", "8"], "there is no version 8"),
    ],
)
def test_refusals(place: Place, words: list[str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        command(place, *words)
    assert place.shown() == {DAY: "newer", NEXT: "two"}


def test_gc_forgets_old_states_and_nothing_that_is_shown(place: Place, capsys: pytest.CaptureFixture) -> None:
    command(place, "gc", "--keep-days", "1")
    assert capsys.readouterr().out.startswith("forgot the content of 0 versions, removed 0 files")
    command(place, "gc", "--keep-days", "0")
    assert capsys.readouterr().out.startswith("forgot the content of 1 versions")
    assert place.shown() == {DAY: "newer", NEXT: "two"}
    assert place.orphans() == []
    with pytest.raises(InvalidInput, match="gc has forgotten the content of version 1"):
        command(place, "rollback", "--day", str(DAY), "--to", "1", "--reason", "x")
    with pytest.raises(InvalidInput, match="gc has forgotten the state of version 1"):
        command(place, "read", "clout.scores", "--as-of", "1")
    assert len(place.open().log()) == 3  # the log is never forgotten


def test_read_writes_csv_of_an_earlier_state(place: Place, capfdbinary: pytest.CaptureFixture) -> None:
    command(place, "read", "clout.scores", "--day", str(DAY), "--as-of", "2")
    rows = list(csv.DictReader(io.StringIO(capfdbinary.readouterr().out.decode())))
    assert [(row["ds"], row["person_id"], row["model_version"]) for row in rows] == [
        (str(DAY), "chirp:ada", "one"),
        (str(DAY), "chirp:bo", "one"),
    ]


def test_a_moved_warehouse_reads_after_relocate(place: Place) -> None:
    place.root.rename(place.folder / "elsewhere")
    place.root = place.folder / "elsewhere"
    with pytest.raises(Exception, match="No files found"):
        place.shown()
    command(place, "relocate")
    assert place.shown() == {DAY: "newer", NEXT: "two"}
    rows = place.open().read("clout.scores", 1).to_pylist()
    assert {row["model_version"] for row in rows} == {"one"}
    assert place.orphans() == []


def test_erasure_takes_a_person_out_of_every_version(place: Place) -> None:
    command(place, "rollback", "--day", str(DAY), "--reason", "so that old content is shown")
    before = {file for file in place.root.rglob("*.parquet") if b"chirp:bo" in file.read_bytes()}
    assert before
    now = datetime.now(UTC)
    gone = place.open().erase(frozenset(["chirp:bo", "chirp:nobody"]), now)
    assert gone == 27  # a row of nine tables, three versions
    assert place.open().erase(frozenset(["chirp:bo"]), now) == 0
    assert place.shown() == {DAY: "one erased", NEXT: "two erased"}
    for version in (1, 2, 3, 4):
        people = place.open().read("clout.scores", version).column("person_id").to_pylist()
        assert set(people) == {"chirp:ada"}
    assert not {file for file in place.root.rglob("*") if file.is_file() and b"chirp:bo" in file.read_bytes()}
    assert place.orphans() == []
    assert not place.publish(DAY, "r3", "newer").is_new  # the same staged run brings nobody back


@pytest.mark.parametrize(("hours", "status"), [(29, 0), (31, 1)])
def test_fresh_says_by_its_status_whether_a_night_is_missing(
    place: Place, hours: int, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return END_OF_NEXT + timedelta(hours=hours)

    monkeypatch.setattr(warehouse, "datetime", Clock)
    if not status:
        command(place, "fresh")
        assert capsys.readouterr().err == ""
        return
    with pytest.raises(SystemExit) as ended:
        command(place, "fresh")
    assert ended.value.code == status
    assert f"the newest published day is {NEXT}, which ended 31 hours ago" in capsys.readouterr().err


def test_nothing_published_is_not_fresh(tmp_path: Path) -> None:
    assert "nothing is published" in str(
        warehouse.staleness(DuckDBWarehouse(tmp_path), END_OF_NEXT, timedelta(hours=30))
    )


def test_fresh_names_a_night_that_is_missing_between_others(place: Place) -> None:
    place.publish(NEXT + timedelta(days=2), "r9", "nine")
    said = warehouse.staleness(place.open(), END_OF_NEXT + timedelta(days=2), timedelta(hours=30))
    assert said
    assert f"not published, between days that are: {NEXT + timedelta(days=1)}; run jobs/night.py --days" in said
    place.publish(NEXT + timedelta(days=1), "r10", "ten")
    assert warehouse.staleness(place.open(), END_OF_NEXT + timedelta(days=2), timedelta(hours=30)) is None
