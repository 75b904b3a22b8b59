"""Everybody's scores of all days, six bytes each in one file: what no copy of one day holds.

`history.sqlite` says at which place somebody stands, and where each day begins; `history.bin` has for each day and place the
score and its interval, as whole hundredths. Another process writes both, and readers take a few bytes out of them.
"""

from __future__ import annotations

import os
import sqlite3
import struct
import threading
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clout.warehouse.contract import Warehouse

#: The columns of a score, and what stands for none.
COLUMNS = ("score", "score_low", "score_high")
_NONE = 65_535
_ROW = struct.Struct("<3H")
#: People that are overwritten at once.
_AT_ONCE = 10_000


def add(folder: Path, warehouse: Warehouse, version: int, days: Mapping[date, int]) -> None:
    """Add the scores of days, each with the number of its content, to the files of a folder."""
    with closing(_opened(folder)) as index, index, (folder / "history.bin").open("ab") as file:
        index.execute("CREATE TABLE IF NOT EXISTS people (person TEXT PRIMARY KEY, place INTEGER) WITHOUT ROWID")
        index.execute("CREATE TABLE IF NOT EXISTS days (content INTEGER PRIMARY KEY, begins INTEGER, people INTEGER)")
        places = dict(index.execute("SELECT person, place FROM people"))
        known = len(places)
        for ds, content in days.items():
            block = np.full((len(places), len(COLUMNS)), _NONE, dtype="<u2")
            for rows in warehouse.batches("clout.scores", version=version, day=ds):
                standing = [places.setdefault(person, len(places)) for person in rows["person_id"].to_pylist()]
                if (more := len(places) - len(block)) > 0:
                    block = np.concatenate([block, np.full((more, len(COLUMNS)), _NONE, dtype="<u2")])
                block[standing] = np.column_stack([_hundredths(rows[name]) for name in COLUMNS])
            index.execute("INSERT INTO days VALUES (?, ?, ?)", (content, file.tell(), len(block)))
            file.write(block.tobytes())
        new = [(person, place) for person, place in places.items() if place >= known]
        index.executemany("INSERT INTO people VALUES (?, ?)", new)


def _opened(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / "history.sqlite", check_same_thread=False)


def _hundredths(column: pa.Array) -> np.ndarray:
    whole = pc.cast(pc.round(pc.multiply(column, 100.0)), pa.uint16())
    # Not by to_numpy, which imports pandas.
    return np.from_dlpack(pc.fill_null(whole, pa.scalar(_NONE, pa.uint16())))


class History:
    """Reads the files of a folder. May be used by several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index: sqlite3.Connection | None = None
        self._file = -1
        #: Of each content, where it begins and how many places it has.
        self._days: dict[int, tuple[int, int]] = {}
        self._opening = threading.Lock()

    def lacks(self, contents: Mapping[date, int]) -> dict[date, int]:
        """The days that are not there yet."""
        return {ds: content for ds, content in contents.items() if content not in self._days}

    def look(self) -> None:
        """Take note of what was added."""
        with self._opening:
            if self._index is None:
                self._index = _opened(self._folder)
                self._file = os.open(self._folder / "history.bin", os.O_RDWR)
            self._days = {
                content: (begins, people) for content, begins, people in self._index.execute("SELECT * FROM days")
            }

    def forget(self, *kept: Mapping[date, int]) -> None:
        """Overwrite the days that none of these versions shows."""
        gone = self._days.keys() - {content for contents in kept for content in contents.values()}
        for content in gone:
            begins, people = self._days.pop(content)
            for place in range(0, people, _AT_ONCE):
                nobody = b"\xff" * _ROW.size * min(_AT_ONCE, people - place)
                os.pwrite(self._file, nobody, begins + _ROW.size * place)

    def of(self, person: str, contents: Mapping[date, int]) -> list[dict[str, Any]]:
        """Day, score and interval of a person, on every day with a score; the oldest first."""
        if self._index is None:
            return []
        known = self._index.execute("SELECT place FROM people WHERE person = ?", (person,)).fetchone()
        if known is None:
            return []
        [place], found = known, []
        for ds, content in sorted(contents.items()):
            begins, people = self._days.get(content, (0, 0))
            if place < people:
                hundredths = _ROW.unpack(os.pread(self._file, _ROW.size, begins + _ROW.size * place))
                if hundredths[0] != _NONE:
                    values = {name: each / 100 for name, each in zip(COLUMNS, hundredths, strict=True)}
                    found.append({"ds": ds, **values})
        return found

    def __del__(self) -> None:
        if self._file >= 0:
            os.close(self._file)
