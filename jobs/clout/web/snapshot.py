"""The snapshot that a request reads: one version of the warehouse, copied once a day out of any backend and kept.

A published day never changes, so each is copied into a small DuckDB file sorted by person, where a query costs milliseconds,
and the newest into one stored row a person as well, where a page about somebody costs one look-up.
A request holds one Snapshot and with it one version; whatever is published meanwhile makes another one.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from clout.lake.scratch import Scratch
from clout.warehouse import catalog
from clout.warehouse.contract import Warehouse
from clout.warehouse.versions import LogEntry, visible_versions
from clout.web import copies, history
from clout.web.day_files import DayFiles
from clout.web.dossiers import Dossier, Dossiers
from clout.web.history import History

#: Days that stay copied; the newest is one of them.
DAYS_KEPT = 4
#: Scores that are read at once.
_AT_ONCE = 10_000
_SCORES = "SELECT score FROM clout.scores WHERE score IS NOT NULL ORDER BY score"


class NothingPublished(Exception):
    """There is no version to show yet."""


class Day:
    """The tables of one published day, as `clout.*` and `meta.*` in a file of their own, with the views over them."""

    def __init__(self, ds: date, files: DayFiles, file: Path, dossiers: Path | None) -> None:
        """The day of a copy, which goes with its last reader."""
        self.ds = ds
        self._files, self._name = files, files.open(file)
        self._of_all: dict[str, list[dict[str, Any]]] = {}
        self._dossiers = None
        if dossiers:
            self._dossiers = Dossiers(dossiers)
            dossiers.unlink()
        #: All scores, the lowest first.
        self._scores = array("d")
        with files.reading(self._name) as cursor:
            cursor.execute(_SCORES)
            while found := cursor.fetchmany(_AT_ONCE):
                self._scores.extend(score for (score,) in found)

    def __del__(self) -> None:
        if "_name" in vars(self):
            self._files.close(self._name)

    def dossier(self, person: str) -> Dossier | None:
        """The rows of every figure about a person; None where this day has no dossiers."""
        return self._dossiers.of(person) if self._dossiers else None

    def rows(self, sql: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows of a query over this day. `values` are its parameters, and no others."""
        return self._files.rows(self._name, sql, values)

    def rows_of_all(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query that takes the day and nothing else: the same for everybody, so read once."""
        if sql not in self._of_all:
            self._of_all[sql] = self.rows(sql, {"day": self.ds})
        return self._of_all[sql]

    def place_of(self, score: float) -> dict[str, int]:
        """What the figure `place` says of somebody with this score, without reading everybody's again."""
        scored = len(self._scores)
        return {"place": scored - bisect_right(self._scores, score) + 1, "scored": scored}

    def query(self, sql: str, values: Mapping[str, Any]) -> pa.Table:
        """The same as a table. `values` are the parameters; the query may name fewer."""
        with self._files.reading(self._name) as cursor:
            used = {name: value for name, value in values.items() if f"${name}" in sql}
            return cursor.sql(sql, params=used).to_arrow_table()


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
    asked: the queries of all that is asked of a day, where that is little: only what they read is copied.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        has_history: bool = True,
        is_apart: bool = False,
        asked: Iterable[str] | None = None,
    ) -> None:
        self.warehouse = warehouse
        self._only = None if asked is None else catalog.behind([_SCORES, *asked])
        self._has_history, self._is_apart = has_history, is_apart
        self._folder = Scratch("explore")
        self.history = History(Path(self._folder.name))
        self._files = DayFiles(Path(self._folder.name))
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
                self._remember(found)
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
                self._days[content] = self._copied(snapshot, ds)
            shown = {*snapshot.contents.values(), *(self._current.contents.values() if self._current else ())}
            newest = None if self._current is None else self._current.contents[max(self._current.contents)]
            old = [each for each in self._days if each in shown and each not in (newest, content)]
            # What no version shows that anybody asks for goes at once, and of the others the one that came first.
            for gone in [*(self._days.keys() - shown), *old[: -DAYS_KEPT or None]]:
                del self._days[gone]
            return self._days[content]

    def _copied(self, snapshot: Snapshot, ds: date) -> Day:
        """A day's copy; the newest day, of which most is asked, with dossiers."""
        stem = Path(self._folder.name) / f"day-{snapshot.contents[ds]}"
        file, dossiers = stem.with_suffix(".duckdb"), stem.with_suffix(".sqlite")
        file.unlink(missing_ok=True)
        has_dossiers = self._has_history and ds == max(snapshot.contents)
        made = dossiers if has_dossiers else None
        self._do(copies.copy_day, self.warehouse, snapshot.version, ds, file, made, self._only)
        return Day(ds, self._files, file, made)

    def _remember(self, snapshot: Snapshot) -> None:
        """Take the scores of the days that are not in the history yet."""
        if lacking := self.history.lacks(snapshot.contents):
            self._do(history.add, Path(self._folder.name), self.warehouse, snapshot.version, lacking)
            self.history.look()

    def _do(self, work: Callable[..., None], *arguments: Any) -> None:
        if self._is_apart:
            copies.apart(work, *arguments)
        else:
            work(*arguments)
