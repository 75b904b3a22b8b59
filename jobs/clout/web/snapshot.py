"""What a request reads: one version of the warehouse, copied out of any backend once for each day and kept for its readers.

A published day never changes, so each is copied into a small DuckDB file sorted by person, where a page costs milliseconds.
A request holds one Snapshot and with it one version; whatever is published meanwhile makes another one.
"""

from __future__ import annotations

import bisect
import logging
import multiprocessing
import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from clout.errors import InvalidInput
from clout.lake.scratch import Scratch
from clout.warehouse import catalog
from clout.warehouse.contract import Warehouse
from clout.warehouse.versions import LogEntry, visible_versions

log = logging.getLogger("clout.web")

#: Days that stay copied; the newest is one of them.
DAYS_KEPT = 4
#: What DuckDB may take for pages, and for copying a day.
MEMORY = "128MB"
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": MEMORY,
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
#: What a key looks like that stands for somebody who did not agree to be named.
PSEUDONYM = "^[^:]*:someone-[0-9a-f]{32}$"
#: A score as a whole number of hundredths; this one stands for none.
_NONE = 65_535


#: Whoever is shown, in the order in which they are looked for: by the id that Klout's clients know, and by handle.
_FOUND_BY = (
    "CREATE SCHEMA web",
    f"""
    CREATE TABLE web.klout AS
    SELECT CAST('0x' || left(sha256(person_id), 15) AS BIGINT) AS klout_id, person_id
    FROM clout.scores WHERE score IS NOT NULL AND NOT regexp_matches(person_id, '{PSEUDONYM}') ORDER BY klout_id
    """,
    f"""
    CREATE TABLE web.handles AS
    SELECT lower(handle) AS handle, platform, account_key, person_id
    FROM clout.accounts SEMI JOIN web.klout USING (person_id)
    WHERE handle IS NOT NULL AND NOT regexp_matches(account_key, '{PSEUDONYM}') ORDER BY ALL
    """,
)


_NAMES = """
SELECT person_id, coalesce(min(display_name), min(handle)) AS name
FROM clout.accounts WHERE display_name IS NOT NULL OR handle IS NOT NULL GROUP BY person_id ORDER BY person_id
"""

_SCORES = "SELECT score FROM clout.scores WHERE score IS NOT NULL ORDER BY score"


class NothingPublished(Exception):
    """There is no version to show yet."""


class Day:
    """The tables of one published day, as `clout.*` and `meta.*` in a file of their own, with the views over them."""

    def __init__(self, warehouse: Warehouse, version: int, entry: LogEntry, folder: Path, is_apart: bool) -> None:
        self.ds, self.entry = entry.ds, entry
        self._of_all: dict[str, list[dict[str, Any]]] = {}
        self._file = folder / f"day-{entry.content_version}.duckdb"
        self._file.unlink(missing_ok=True)
        if is_apart:
            _apart(copy_day, warehouse, version, entry.ds, self._file)
        else:
            copy_day(warehouse, version, entry.ds, self._file)
        self._connection = duckdb.connect(self._file, read_only=True, config=dict(_SETTINGS))
        self._connection.execute("SET TimeZone = 'UTC'; SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")
        self._file.unlink()  # its space goes with the last reader
        #: Everybody's name, in order of the keys: to join all accounts for twenty names takes longer than the rest of a page.
        names = self.query(_NAMES, {})
        self._keys, self._names = names["person_id"].combine_chunks(), names["name"].combine_chunks()
        #: All scores, the lowest first.
        self._scores = array("d", [row[0] for row in self._connection.execute(_SCORES).fetchall()])

    def rows(self, sql: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows of a query over this day: the quickest way to a few. `values` are its parameters, and no others."""
        with self._connection.cursor() as cursor:
            found = cursor.execute(sql, dict(values)).fetchall()
            names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in found]

    def rows_of_all(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query that takes the day and nothing else: the same for everybody, so read once."""
        if sql not in self._of_all:
            self._of_all[sql] = self.rows(sql, {"day": self.ds})
        return self._of_all[sql]

    def name_of(self, person: str) -> str | None:
        """What a person is called; None where only the key is known."""
        place = bisect.bisect_left(self._keys, person, key=lambda key: key.as_py())
        return self._names[place].as_py() if place < len(self._keys) and self._keys[place].as_py() == person else None

    def place_of(self, score: float) -> dict[str, int]:
        """What the figure `place` says of somebody with this score, without reading everybody's again."""
        scored = len(self._scores)
        return {"place": scored - bisect.bisect_right(self._scores, score) + 1, "scored": scored}

    def query(self, sql: str, values: Mapping[str, Any]) -> pa.Table:
        """The same as a table. `values` are the parameters; the query may name fewer."""
        with self._connection.cursor() as cursor:
            used = {name: value for name, value in values.items() if f"${name}" in sql}
            return cursor.sql(sql, params=used).to_arrow_table()


class History:
    """Everybody's scores of all days, in a few bytes each: what no page of one day holds."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._days: dict[int, tuple[array[int], ...]] = {}

    def take(self, warehouse: Warehouse, version: int, contents: Mapping[date, int]) -> None:
        """Read the days that are not there yet, which costs as much as reading them."""
        for ds, content in contents.items():
            if content not in self._days:
                rows = warehouse.read("clout.scores", version=version, day=ds)
                self._days[content] = self._columns(rows.select(["person_id", "score", "score_low", "score_high"]))

    def forget(self, *kept: Mapping[date, int]) -> None:
        """Forget the days that none of these versions shows."""
        for gone in self._days.keys() - {content for contents in kept for content in contents.values()}:
            del self._days[gone]

    def of(self, person: str, contents: Mapping[date, int]) -> list[dict[str, Any]]:
        """Day, score and interval of a person, on every day with a score; the oldest first."""
        place = self._places.get(person)
        found = []
        for ds, content in sorted(contents.items()):
            columns = self._days.get(content)
            if place is not None and columns and place < len(columns[0]) and columns[0][place] != _NONE:
                score, low, high = (column[place] / 100 for column in columns)
                found.append({"ds": ds, "score": score, "score_low": low, "score_high": high})
        return found

    def _columns(self, rows: pa.Table) -> tuple[array[int], ...]:
        places = [self._places.setdefault(person, len(self._places)) for person in rows["person_id"].to_pylist()]
        columns = []
        for name in ("score", "score_low", "score_high"):
            column = array("H", [_NONE]) * len(self._places)
            hundredths = pc.fill_null(pc.cast(pc.round(pc.multiply(rows[name], 100.0)), pa.int32()), _NONE)
            for place, value in zip(places, hundredths.to_pylist(), strict=True):
                column[place] = value
            columns.append(column)
        return tuple(columns)


@dataclass(frozen=True)
class Snapshot:
    """One version of the warehouse."""

    version: int
    entries: list[LogEntry]
    contents: Mapping[date, int]
    library: Library = field(repr=False)

    @property
    def days(self) -> list[date]:
        """The published days, the newest first."""
        return sorted(self.contents, reverse=True)

    def day(self, ds: date | None = None) -> Day:
        """A published day, without `ds` the newest. Raises KeyError for one that is not published."""
        return self.library.day(self, max(self.contents) if ds is None else ds)

    def history(self, person: str) -> list[dict[str, Any]]:
        """The person's scores of all days."""
        return self.library.history.of(person, self.contents)


class Library:
    """Keeps the newest snapshot, and the days that were asked for last; without a history where one day is enough.

    is_apart: days are copied by a process of their own, since a large one takes hundreds of megabytes for a moment.
    """

    def __init__(self, warehouse: Warehouse, has_history: bool = True, is_apart: bool = False) -> None:
        self.warehouse, self.history = warehouse, History()
        self._has_history, self._is_apart = has_history, is_apart
        self._folder = Scratch("explore")
        self._days: OrderedDict[int, Day] = OrderedDict()
        self._copying, self._refreshing = threading.Lock(), threading.Lock()
        self._current: Snapshot | None = None

    @property
    def ready(self) -> Snapshot | None:
        """The newest snapshot that is ready; None before the first."""
        return self._current

    def current(self) -> Snapshot:
        """The newest snapshot that is ready. Raises NothingPublished where there is none."""
        if self._current is None:
            self.refresh()
        if self._current is None:
            raise NothingPublished
        return self._current

    def refresh(self) -> None:
        """Look whether something new is published, and make it ready; readers go on with what they have meanwhile."""
        with self._refreshing:
            entries = self.warehouse.log()
            if not entries or (self._current is not None and entries == self._current.entries):
                return
            found = Snapshot(entries[-1].version, entries, visible_versions(entries), self)
            if self._has_history:
                self.history.take(self.warehouse, found.version, found.contents)
                found.day()
            before, self._current = self._current, found
            # Whoever still reads the version before finds its days.
            self.history.forget(found.contents, before.contents if before else {})

    def day(self, snapshot: Snapshot, ds: date) -> Day:
        """A day as the snapshot shows it, copied where it is not there yet."""
        content = snapshot.contents[ds]
        if (there := self._days.get(content)) is not None:
            return there
        with self._copying:
            if content not in self._days:
                entry = next(entry for entry in reversed(snapshot.entries) if entry.ds == ds)
                where = Path(self._folder.name)
                self._days[content] = Day(self.warehouse, snapshot.version, entry, where, self._is_apart)
            newest = None if self._current is None else self._current.contents[max(self._current.contents)]
            for old in [each for each in self._days if each not in (newest, content)][: -DAYS_KEPT or None]:
                del self._days[old]
            return self._days[content]


def copy_day(warehouse: Warehouse, version: int, ds: date, file: Path) -> None:
    """Copy a day's tables into a DuckDB file, in the order in which pages look for their rows."""
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'; SET threads = 1; SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET temp_directory = {catalog.quoted(file.parent)}")
        connection.execute(f"ATTACH {catalog.quoted(file)} AS d (ROW_GROUP_SIZE 4096); USE d")
        connection.execute("CREATE SCHEMA clout; CREATE SCHEMA meta")
        for relation in catalog.tables():
            connection.register("published", _of_day(warehouse, relation, version, ds))
            connection.execute(f"CREATE TABLE {relation.full_name} AS FROM published {_order(relation)}")
            connection.unregister("published")
        for relation in catalog.views():
            connection.execute(f"CREATE VIEW {relation.full_name} AS {relation.select}")
        for made in _FOUND_BY:
            connection.execute(made)
        connection.execute("USE memory; DETACH d")


def _apart(work: Callable[..., None], *arguments: Any) -> None:
    """Do something in a process of its own, so that what it takes for the time being is not this one's for good."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments, daemon=True)
    process.start()
    process.join()
    if process.exitcode:
        raise OSError(f"copying a day ended with {process.exitcode}")


def _of_day(warehouse: Warehouse, relation: catalog.Relation, version: int, ds: date) -> pa.Table:
    """A table's rows of a day; none where the warehouse is older than the table."""
    if not any(column.name == "ds" for column in relation.columns):
        return warehouse.read(relation.full_name, version=version)
    try:
        return warehouse.read(relation.full_name, version=version, day=ds)
    except InvalidInput:
        if relation.name == "scores":
            raise
        log.warning("%s cannot be read for %s: pages go without it", relation.full_name, ds)
        return relation.arrow_schema.empty_table()


def _order(relation: catalog.Relation) -> str:
    names = [name for name in ("person_id", "platform") if any(column.name == name for column in relation.columns)]
    return f"ORDER BY {', '.join(names)}" if names else ""
