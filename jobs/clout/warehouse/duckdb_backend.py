"""The embedded warehouse: immutable Parquet run folders, and a small DuckDB file of views over explicit file lists.

    <root>/data/<table>/ds=<day>/run=<run>-v<version>/part-0.parquet   never changed once written
    <root>/warehouse.duckdb                   views and the log; the commit point, put in place by one rename
    <root>/history/warehouse-v000001.duckdb   the same file of every version: open it to see that day's state
    <root>/.lock                              publishers wait here, readers never

A reader that has the file open keeps its version until it connects again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from clout.errors import PoisonInput
from clout.queries import SQL
from clout.staging import TABLES, Staged
from clout.warehouse.contract import Release, Version

#: DuckDB 1.x cannot read the default format of 2.0, and BI tools still ship 1.x.
STORAGE_VERSION = "v1.2.0"

#: The files of sql/warehouse/, in the order in which they build the published file.
LOG, VIEWS = "publish_log", (*TABLES, "leaderboard", "freshness")

#: Says which version a publisher is making and where. There only while one is at work, or after one was killed.
NOTE = ".tmp-publishing.json"


class DuckDBWarehouse:
    """The embedded warehouse at a local folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.file = self.root / "warehouse.duckdb"

    def publish(self, release: Release, staged: Staged, now: datetime) -> Version:
        """Copy the release's files beside, build the next file of views, and put it in place in one step."""
        self.root.mkdir(parents=True, exist_ok=True)
        with self._lock():
            self._collect_leftovers()
            try:
                return self._publish(release, staged, now)
            finally:  # a failed publication, say on a full disk, keeps no space
                self._collect_leftovers()

    # Inside -----------------------------------------------------------------------------------------------------

    def _publish(self, release: Release, staged: Staged, now: datetime) -> Version:
        log, files = self._read_meta()
        of_day = [entry for entry in log if entry["ds"] == release.day]
        of_run = [entry for entry in of_day if entry["run_id"] == release.run]
        # A replay of what the run last published, or the content that the day shows already.
        for entry in (*of_run[-1:], *of_day[-1:]):
            if entry["content_hash"] == release.content_hash:
                return Version(entry["version"], release.day, entry["run_id"], release.content_hash, is_new=False)
        version = log[-1]["version"] + 1 if log else 1
        places = {table: self._place(release, table, version) for table in release.tables}
        self._note(version, [*places.values(), self._history(version)])
        files += [
            {"version": version, "ds": release.day, "table_name": table, **file}
            for table, place in places.items()
            for file in self._copy(release.tables[table], staged, place)
        ]
        log.append(
            {
                "version": version,
                "ds": release.day,
                "run_id": release.run,
                "published_at": now,
                "content_hash": release.content_hash,
                "model_version": release.model_version,
                "code_version": release.code_version,
                "people": sum(file["rows"] for file in release.tables["scores"]),
                "warnings": release.warnings,
                "reason": release.reason,
            }
        )
        self._put_in_place(self._build(log, files), version)
        return Version(version, release.day, release.run, release.content_hash, is_new=True)

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        with (self.root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _place(self, release: Release, table: str, version: int) -> Path:
        """The immutable folder of a table's files. A run that is published again after a correction gets another."""
        return self.root / "data" / table / f"ds={release.day}" / f"run={release.run}-v{version}"

    def _history(self, version: int) -> Path:
        return self.root / "history" / f"warehouse-v{version:06d}.duckdb"

    def _note(self, version: int, places: list[Path]) -> None:
        """Note what a publication is about to make, so that whoever comes after a crash can remove it."""
        begun = {"version": version, "places": [str(place.relative_to(self.root)) for place in places]}
        self.root.joinpath(NOTE).write_text(json.dumps(begun), encoding="utf-8")

    def _collect_leftovers(self) -> None:
        """Remove what a killed or failed publisher left. Called under the lock, so nobody else is writing."""
        note = self.root / NOTE
        with contextlib.suppress(FileNotFoundError, ValueError):  # ValueError: killed while writing the note itself
            begun = json.loads(note.read_text(encoding="utf-8"))
            if begun["version"] not in {entry["version"] for entry in self._read_meta()[0]}:
                for place in begun["places"]:
                    _remove(self.root / place)
        for left in self.root.glob(".tmp-*"):
            if left != note:
                _remove(left)
        _remove(note)  # last: until here a kill loses nothing

    def _read_meta(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        if not self.file.exists():
            return [], []
        # Attached, not connected to: a second connection of one process shares the first one's version of the file.
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{_quoted(self.file)}' AS published (READ_ONLY)")
            return (
                _dicts(connection.sql("FROM published.meta.publish_log ORDER BY version")),
                _dicts(connection.sql("FROM published.meta.published_files ORDER BY version, table_name, file")),
            )

    def _copy(self, files: list[dict[str, Any]], staged: Staged, place: Path) -> list[dict[str, Any]]:
        """Copy a table's staged files to their immutable folder; give file, rows and sha256 of each."""
        aside = self.root / ".tmp-copy"
        aside.mkdir()
        copied = []
        for number, file in enumerate(files):
            name = f"part-{number}.parquet"
            with (
                staged.root.fs.open_input_stream(file["path"]) as source,
                (aside / name).open("wb") as target,
            ):
                shutil.copyfileobj(source, target)
                target.flush()
                os.fsync(target.fileno())
            with (aside / name).open("rb") as copy:
                if hashlib.file_digest(copy, "sha256").hexdigest() != file["sha256"]:
                    raise PoisonInput(f"{file['path']} changed while it was published; audit again")
            copied.append({"file": str(place / name), "rows": file["rows"], "sha256": file["sha256"]})
        _remove(place)  # only where its publication is not in the log: a replay never comes here
        place.parent.mkdir(parents=True, exist_ok=True)
        _fsync_folder(aside)
        aside.rename(place)
        for folder in place.parents[:4]:  # ds=, the table's, data, and the warehouse's own
            _fsync_folder(folder)
        return copied

    def _build(self, log: list[dict[str, Any]], files: list[dict[str, Any]]) -> Path:
        """Write the next file of views aside and read every view once."""
        aside = self.root / ".tmp-warehouse.duckdb"
        newest = {entry["ds"]: entry["version"] for entry in log}
        shown: dict[str, list[str]] = {}
        for file in files:
            if newest[file["ds"]] == file["version"]:
                shown.setdefault(file["table_name"], []).append(file["file"])
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{_quoted(aside)}' AS clout_file (STORAGE_VERSION '{STORAGE_VERSION}')")
            connection.execute("USE clout_file")
            connection.execute(_warehouse_sql(LOG))
            for table, rows in (("publish_log", log), ("published_files", files)):
                marks = ", ".join("?" * len(rows[0]))
                names = ", ".join(rows[0])
                connection.executemany(
                    f"INSERT INTO meta.{table} ({names}) VALUES ({marks})",
                    [list(row.values()) for row in rows],
                )
            for view in VIEWS:
                listed = ", ".join(f"'{_quoted(file)}'" for file in shown.get(view, []))
                connection.execute(_warehouse_sql(view).replace("{files}", f"[{listed}]"))
        with duckdb.connect(str(aside), read_only=True) as connection:
            for schema, view in connection.sql(
                "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
            ).fetchall():
                connection.sql(f'SELECT * FROM "{schema}"."{view}" LIMIT 1').fetchall()
        _fsync_file(aside)
        return aside

    def _put_in_place(self, aside: Path, version: int) -> None:
        kept = self._history(version)
        kept.parent.mkdir(exist_ok=True)
        kept.unlink(missing_ok=True)  # of a version that is not in the log
        os.link(aside, kept)
        _fsync_folder(kept.parent)
        aside.replace(self.file)
        _fsync_folder(self.root)


def _warehouse_sql(name: str) -> str:
    return (SQL / "warehouse" / f"{name}.sql").read_text(encoding="utf-8")


def _dicts(relation: duckdb.DuckDBPyRelation) -> list[dict[str, Any]]:
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def _quoted(path: Path | str) -> str:
    return str(path).replace("'", "''")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _fsync_file(file: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
