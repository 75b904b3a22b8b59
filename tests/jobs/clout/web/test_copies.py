"""Shows what a copied day holds where memory is short or a table is damaged, and that files of days are let go."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from clout.errors import InvalidInput
from clout.warehouse.contract import Warehouse
from clout.warehouse.factory import open_warehouse
from clout.web import copies, dossiers, figures
from clout.web.day_files import DayFiles
from clout.web.snapshot import DAYS_KEPT, Library, Snapshot


class Damaged:
    """A warehouse of which one table ends in the middle."""

    def __init__(self, whole: Warehouse, name: str) -> None:
        self.whole, self.name = whole, name

    def batches(self, name: str, version: int, day: date | None) -> Iterator[pa.RecordBatch]:
        """The rows, of the damaged table the first only."""
        if name == self.name:
            yield from self.whole.read(name, version, day).slice(0, 1).to_batches()
            raise InvalidInput(f"{name} is damaged")
        yield from self.whole.batches(name, version, day)


@pytest.fixture(scope="module")
def snapshot(world: Path) -> Snapshot:
    """The newest version of the published world."""
    return Library(open_warehouse(str(world / "warehouse")), has_history=False).current()


def rows(file: Path, name: str) -> int:
    """How many rows a copied table has."""
    with duckdb.connect(file, read_only=True) as connection:
        [(number,)] = connection.execute(f"SELECT count(*) FROM {name}").fetchall()
        return int(number)


def test_table_that_ends_in_the_middle_is_left_out_whole(snapshot: Snapshot, tmp_path: Path) -> None:
    file, day = tmp_path / "day.duckdb", snapshot.days[0]
    whole = snapshot.library.warehouse
    assert whole.read("clout.influences", day=day).num_rows > 1
    damaged: Any = Damaged(whole, "clout.influences")
    copies.copy_day(damaged, snapshot.version, day, file, None)
    assert rows(file, "clout.influences") == 0
    assert rows(file, "clout.scores") == whole.read("clout.scores", day=day).num_rows
    damaged = Damaged(whole, "clout.scores")
    with pytest.raises(InvalidInput, match=r"clout\.scores is damaged"):
        copies.copy_day(damaged, snapshot.version, day, file, None)


def test_day_that_needs_more_memory_gets_it(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "MEMORY", (1, 96))
    file, day = tmp_path / "day.duckdb", snapshot.days[0]
    copies.copy_day(snapshot.library.warehouse, snapshot.version, day, file, tmp_path / "day.sqlite")
    assert rows(file, "clout.scores") == snapshot.library.warehouse.read("clout.scores", day=day).num_rows
    monkeypatch.setattr(copies, "MEMORY", (1,))
    with pytest.raises(duckdb.OutOfMemoryException):
        copies.copy_day(snapshot.library.warehouse, snapshot.version, day, file, None)


def test_dossiers_of_fewer_people_at_once_are_the_same(snapshot: Snapshot, tmp_path: Path) -> None:
    class Small:
        """A connection that cannot put more than two people together."""

        def __init__(self, whole: duckdb.DuckDBPyConnection) -> None:
            self.whole, self.refused = whole, 0

        def sql(self, *given: Any, **named: Any) -> Any:
            """As it is."""
            return self.whole.sql(*given, **named)

        def execute(self, sql: str, values: dict[str, Any]) -> Any:
            """As it is, for two people."""
            if len(values["people"]) > 2:
                self.refused += 1
                raise duckdb.OutOfMemoryException("too many")
            return self.whole.execute(sql, values)

    day, people = snapshot.days[0], [row["person_id"] for row in snapshot.day().rows("FROM web.klout LIMIT 7", {})]
    file = tmp_path / "day.duckdb"
    copies.copy_day(snapshot.library.warehouse, snapshot.version, day, file, None)
    with duckdb.connect(file, read_only=True) as connection:
        small: Any = Small(connection)
        for name, given in (("whole", connection), ("small", small)):
            dossiers.write(tmp_path / name, given, figures.of_person(), people, day)
    assert small.refused
    whole, halves = (dossiers.Dossiers(tmp_path / name) for name in ("whole", "small"))
    assert [whole.of(person) for person in people] == [halves.of(person) for person in people]
    assert whole.of(people[0])["score"]


def test_only_what_is_asked_for_is_copied_and_nothing_else_is_there_to_be_taken_for_empty(snapshot: Snapshot) -> None:
    few = Library(snapshot.library.warehouse, has_history=False, asked=["FROM clout.leaderboard"]).current()
    day, every = few.days[0], "FROM clout.leaderboard ORDER BY ALL"
    assert few.day(day).rows(every, {}) == snapshot.day(day).rows(every, {}) != []
    with pytest.raises(duckdb.CatalogException, match="influences"):
        few.day(day).rows("FROM clout.influences", {})


def test_days_that_no_version_shows_are_let_go(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    library, [day, *_] = snapshot.library, snapshot.days
    monkeypatch.setattr(library, "_copied", lambda shown, ds: (shown.version, ds))
    shown = snapshot
    for version in range(100, 110):  # the same day, published again and again
        shown = dataclasses.replace(snapshot, version=version, contents={day: version})
        library.day(shown, day)
    assert set(library._days) == {snapshot.contents[day], 109}
    contents = {day + timedelta(number): 200 + number for number in range(10)}
    for ds in contents:
        library.day(dataclasses.replace(snapshot, contents=contents), ds)
    assert len(library._days) == DAYS_KEPT + 2


def test_file_is_read_until_its_last_reader_closes_it(tmp_path: Path) -> None:
    files, names = DayFiles(tmp_path), []
    for number in (1, 2):
        file = tmp_path / f"it's {number}.duckdb"
        with duckdb.connect(file) as connection:
            connection.execute(f"CREATE SCHEMA clout; CREATE TABLE clout.t AS SELECT {number} AS n")
            connection.execute("CREATE VIEW clout.v AS SELECT n FROM clout.t")
        names.append(files.open(file))
        assert not file.exists()
    assert [files.rows(name, "FROM clout.v", {}) for name in names] == [[{"n": 1}], [{"n": 2}]]
    files.close(names[0])
    with pytest.raises(duckdb.Error):
        files.rows(names[0], "FROM clout.v", {})
    assert files.rows(names[1], "FROM clout.v WHERE n = $n", {"n": 2}) == [{"n": 2}]
    with pytest.raises(duckdb.PermissionException):
        files.rows(names[1], "FROM read_text('/etc/hostname')", {})
