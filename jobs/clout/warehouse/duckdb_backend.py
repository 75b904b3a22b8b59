"""The embedded warehouse: immutable Parquet run folders, and a small DuckDB file of views over explicit file lists.

    <root>/data/<table>/ds=<day>/run=<run>-v<version>/part-0.parquet   never changed once written
    <root>/warehouse.duckdb                   views and the log; the commit point, put in place by one rename
    <root>/history/warehouse-v000001.duckdb   the same file of every version: open it to see that day's state
    <root>/.lock                              publishers wait here, readers never

A reader that has the file open keeps its version until it connects again. The views name the files by their full path,
since DuckDB resolves others against the reader's folder: after a move, `relocate` builds the files of views again.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from clout.errors import PoisonInput
from clout.lake import Lake
from clout.staging import Staged
from clout.warehouse import content_files, surface
from clout.warehouse.contract import Entry, Part, Release, Warehouse, Writer, check_state, shown
from clout.warehouse.steps import step

#: DuckDB 1.x cannot read the default format of 2.0, and BI tools still ship 1.x.
STORAGE_VERSION = "v1.2.0"

#: Says which files a writer is about to make or to remove. There only while one is at work, or after one was killed.
NOTE = ".tmp-note.json"


class DuckDBWarehouse(Warehouse):
    """The embedded warehouse at a local folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.file = self.root / "warehouse.duckdb"
        self.location = str(self.file)

    def log(self) -> list[Entry]:
        """The log in order of version; empty where nothing is published."""
        return self.meta()[0]

    def meta(self) -> tuple[list[Entry], list[Part]]:
        """The log in order of version, and the parts that are kept."""
        if not self.file.exists():
            return [], []
        with _attached(self.file) as connection:
            log = connection.sql("FROM meta.publish_log ORDER BY version").fetchall()
            parts = connection.sql("FROM meta.published_files ORDER BY version, table_name, file").fetchall()
            return [Entry(*row) for row in log], [Part(*row) for row in parts]

    def read(self, name: str, version: int | None = None, day: date | None = None) -> pa.Table:
        """A table or view, as it is shown, or as it was when `version` was the newest."""
        if version is not None:
            check_state(*self.meta(), version)
            if not self.history(version).exists():
                raise PoisonInput(f"gc has forgotten the state of version {version}")
        elif not self.file.exists():
            raise PoisonInput(f"{self.file}: nothing is published")
        with _attached(self.file if version is None else self.history(version)) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            where = f" WHERE ds = {surface.quoted(day)}" if day else ""
            return connection.sql(f"FROM {name}{where}").to_arrow_table()

    @contextlib.contextmanager
    def writing(self) -> Iterator[DuckDBWriter]:
        """Wait for the lock; remove what a crash left, before and, where the writing fails, after."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            writer = DuckDBWriter(self)
            writer.recover()
            try:
                yield writer
            finally:  # a failed publication, say on a full disk, keeps no space
                writer.recover()

    def relocate(self) -> None:
        """Build all files of views again, for the folder where the warehouse now lies."""
        with self.writing() as writer:
            log, parts = writer.meta()
            if log:
                writer.build(log, parts).replace(self.file)
                writer.rebuild_history()
                content_files.sync_path(self.root)

    def history(self, version: int) -> Path:
        """The file of views as it was when `version` was the newest."""
        return self.root / "history" / f"warehouse-v{version:06d}.duckdb"


class DuckDBWriter(Writer):
    """Writes the embedded warehouse, under its lock."""

    def __init__(self, warehouse: DuckDBWarehouse) -> None:
        self.warehouse = warehouse
        self.root = warehouse.root
        self.place = Lake(warehouse.root)
        self.noted: list[str] = []

    def meta(self) -> tuple[list[Entry], list[Part]]:
        """The log in order of version, and the parts that are kept."""
        return self.warehouse.meta()

    def load(self, release: Release, staged: Staged, version: int) -> list[Part]:
        """Copy the release's files to their immutable places."""
        targets = [file for files in content_files.places(release, version).values() for file in files]
        self._note(targets)
        return content_files.copy(release, staged, self.place, version)

    def show(self, log: list[Entry], parts: list[Part]) -> None:
        """Build the next file of views and put it in place by one rename."""
        version = log[-1].version
        self._note([self._history_name(version)])
        aside = self.build(log, parts)
        kept = self.warehouse.history(version)
        kept.parent.mkdir(exist_ok=True)
        kept.unlink(missing_ok=True)  # of a version that is not in the log
        os.link(aside, kept)
        content_files.sync_path(kept.parent)
        step("history is linked")
        self._put_in_place(aside)

    def forget(self, log: list[Entry], parts: list[Part], states: list[int]) -> int:
        """Take the forgotten parts out of the file of views, then remove every file that it does not know."""
        if not log:
            return content_files.remove(self.place, self._found())
        known = {part.file for part in parts} | {self._history_name(state) for state in states}
        gone = [file for file in self._found() if file not in known]
        if set(parts) != set(self.meta()[1]):
            self._note(gone)
            self._put_in_place(self.build(log, parts))
        removed = content_files.remove(self.place, gone)
        step("the forgotten is removed")
        return removed

    def erase(self, keys: frozenset[str], log: list[Entry], parts: list[Part]) -> int:
        """Write the parts that name a key again, switch all files of views over to them, and remove the old ones."""
        new = [content_files.erased_place(part, keys) for part in parts]
        self._note([*new, *(part.file for part in parts)], is_erasure=True)
        cleaned = [content_files.without(self.place, part, keys) for part in parts]
        total = sum(gone for _, gone in cleaned)
        if total:
            self._put_in_place(self.build(log, [part for part, _ in cleaned]))
            self.recover()  # builds the history anew and removes the old files
        else:
            (self.root / NOTE).unlink()
        return total

    # Inside -----------------------------------------------------------------------------------------------------

    def recover(self) -> None:
        """Bring to its end what a killed or failed writer began: forward if the file of views knows it, else back."""
        note = self.root / NOTE
        with contextlib.suppress(FileNotFoundError, ValueError):  # ValueError: killed while writing the note itself
            begun = json.loads(note.read_text(encoding="utf-8"))
            log, parts = self.meta()
            if begun["is_erasure"]:
                self.rebuild_history()
            known = {part.file for part in parts} | {self._history_name(entry.version) for entry in log}
            content_files.remove(self.place, [file for file in begun["files"] if file not in known])
            step("leftovers are removed")
        for left in self.root.glob(".tmp-*"):
            if left != note:
                left.unlink()
        note.unlink(missing_ok=True)  # last: until here a kill loses nothing

    def build(self, log: list[Entry], parts: list[Part]) -> Path:
        """Write a file of views aside, as of the log's last entry, and read every view once."""
        aside = self.root / ".tmp-warehouse.duckdb"
        aside.unlink(missing_ok=True)
        contents = set(shown(log).values())
        statements = ["USE clout_file", "BEGIN", "CREATE SCHEMA clout", "CREATE SCHEMA meta"]
        memory: dict[str, list[Any]] = {"publish_log": log, "published_files": parts}
        for relation in (*surface.tables(), *surface.views()):
            comments = surface.comments(relation)
            if relation.name in memory:
                names = f"SELECT {surface.empty_columns(relation)} LIMIT 0"
                statements.append(f"CREATE TABLE {relation.full_name} AS {names}")
            else:
                files = [part.file for part in parts if part.table_name == relation.name and part.version in contents]
                statements.append(
                    f"CREATE VIEW {relation.full_name} AS {relation.select or self._select(relation, files)}"
                )
                comments = [comment.replace(" TABLE ", " VIEW ", 1) for comment in comments]
            statements += comments
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH {surface.quoted(aside)} AS clout_file (STORAGE_VERSION '{STORAGE_VERSION}')")
            connection.execute("; ".join(statements))
            for name, rows in memory.items():
                if rows:
                    connection.executemany(
                        f"INSERT INTO meta.{name} VALUES ({', '.join('?' * len(vars(rows[0])))})",
                        [list(vars(row).values()) for row in rows],
                    )
            connection.execute("COMMIT")
        with duckdb.connect(str(aside), read_only=True) as connection:
            for relation in surface.relations().values():
                connection.sql(f"SELECT * FROM {relation.full_name} LIMIT 1").fetchall()
        content_files.sync_path(aside)
        step("the next file of views is built")
        return aside

    def rebuild_history(self) -> None:
        """Build the file of every state that is kept again."""
        log, parts = self.meta()
        for entry in log:
            if self.warehouse.history(entry.version).exists():
                state = [each for each in log if each.version <= entry.version]
                aside = self.build(state, [part for part in parts if part.version <= entry.version])
                aside.replace(self.warehouse.history(entry.version))
                step("a state of history is rebuilt")

    def _put_in_place(self, aside: Path) -> None:
        aside.replace(self.warehouse.file)
        content_files.sync_path(self.root)
        step("the file of views is in place")

    def _note(self, files: Iterable[str], is_erasure: bool = False) -> None:
        """Note which files are about to be made or removed, so that whoever comes after a crash can end it."""
        self.noted += files
        begun = {"files": self.noted, "is_erasure": is_erasure}
        self.root.joinpath(NOTE).write_text(json.dumps(begun), encoding="utf-8")
        step("it is noted")

    def _history_name(self, version: int) -> str:
        return str(self.warehouse.history(version).relative_to(self.root))

    def _found(self) -> list[str]:
        return [file for folder in ("data", "history") for file in content_files.files_below(self.place, folder)]

    def _select(self, relation: surface.Relation, files: list[str]) -> str:
        """A SELECT over Parquet files, which may lack columns that were added later; over no file at all, no rows."""
        names = ", ".join(f'"{column.name}"' for column in relation.columns)
        empty = f"SELECT {surface.empty_columns(relation)} WHERE false"
        if not files:
            return empty
        listed = ", ".join(surface.quoted(self.root / file) for file in files)
        read = f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"
        return f"SELECT {names} FROM ({empty} UNION ALL BY NAME SELECT * FROM {read})"


@contextlib.contextmanager
def _attached(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A published file, attached: a second connection of one process would share the first one's version of it."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH {surface.quoted(file)} AS published (READ_ONLY); USE published")
        yield connection
