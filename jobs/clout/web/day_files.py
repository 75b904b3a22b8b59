"""The DuckDB files of days, opened together and read only: however many days are asked for, they share one bounded memory."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from clout.warehouse import catalog

#: What DuckDB may take for the pages of all days.
MEMORY = "64MB"
#: Queries at once: what they take together must fit into that.
_AT_ONCE = 2
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": MEMORY,
    # What a query took goes back to the system after it.
    "allocator_flush_threshold": "1MB",
    "allocator_bulk_deallocation_flush_threshold": "1MB",
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class DayFiles:
    """Opens the files of one folder, and nothing else. May be used by several threads."""

    def __init__(self, folder: Path) -> None:
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._numbers = itertools.count()
        self._connection = duckdb.connect(config=dict(_SETTINGS))
        self._connection.execute(f"SET TimeZone = 'UTC'; SET allowed_directories = [{catalog.quoted(folder)}]")
        self._connection.execute("SET enable_external_access = false; SET lock_configuration = true")

    def open(self, file: Path) -> str:
        """Open a file and remove it from its folder: it goes with its last reader. Gives the name by which to ask for it."""
        name = f"day_{next(self._numbers)}"
        with self._connection.cursor() as cursor:
            cursor.execute(f"ATTACH {catalog.quoted(file)} AS {name} (READ_ONLY)")
        file.unlink()
        return name

    def close(self, name: str) -> None:
        """Close a file that nobody asks for any more."""
        with self._connection.cursor() as cursor:
            cursor.execute(f"DETACH {name}")

    @contextmanager
    def reading(self, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of its own to a file, for one query, in turn."""
        with self._turns, self._connection.cursor() as cursor:
            cursor.execute(f"USE {name}")
            yield cursor

    def rows(self, name: str, sql: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows of a query over a file: the quickest way to a few. `values` are its parameters, and no others."""
        with self.reading(name) as cursor:
            found = cursor.execute(sql, dict(values)).fetchall()
            names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in found]
