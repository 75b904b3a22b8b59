"""The embedded warehouse: immutable Parquet run folders, and a small DuckDB file of views over explicit file lists.

    <root>/data/<table>/ds=<day>/run=<run>-v<version>/part-0.parquet   never changed once written
    <root>/commit.json                        the log; the commit point, put in place by one rename
    <root>/warehouse.duckdb                   what analysts open: views and a copy of the log, put in place by one rename
    <root>/history/warehouse-v000001.duckdb   the same file of every version: open it to see that day's state
    <root>/.lock                              publishers wait here, readers never

A reader that has the file open keeps its version until it connects again. The views name the files by their full path,
since DuckDB resolves others against the reader's folder: after a move, `relocate` builds the files of views again.

Nothing is read back from what analysts open: a tool that locks warehouse.duckdb, writes into it or leaves a write-ahead log
beside it stops nobody, and the next writer puts the file back as it was published.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.lake.staging import Staged
from clout.warehouse import catalog, commit_log, content_files, views_file
from clout.warehouse.backends.files_writer import FilesWriter
from clout.warehouse.catalog import Days
from clout.warehouse.commit_log import Commit
from clout.warehouse.contract import Warehouse
from clout.warehouse.failpoints import step
from clout.warehouse.versions import DataFile, LogEntry, Release, check_state

#: Says which files a writer is about to make or to remove. There only while one is at work, or after one was killed.
NOTE = ".tmp-note.json"

#: The next file of views, and the copy of it that analysts will open, before they take their places.
ASIDE, SHOWN_ASIDE = ".tmp-warehouse.duckdb", ".tmp-shown.duckdb"

#: Keeps room for the files of views while content is copied.
BALLAST = ".tmp-room"

#: What the smallest file of views takes, in bytes.
SMALLEST_VIEWS = 1 << 20


class DuckDBWarehouse(Warehouse):
    """The embedded warehouse at a local folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.file = self.root / "warehouse.duckdb"
        self.location = str(self.file)

    def log(self) -> list[LogEntry]:
        """The log in order of version; empty where nothing is published."""
        return self.commit().log

    def commit(self) -> Commit:
        """The newest commit. Raises InvalidInput where it is lost or damaged."""
        found = commit_log.read(self.root)
        return self._commit_in_views() if found is None else found

    def batches(self, name: str, version: int | None = None, day: Days = None) -> Iterator[pa.RecordBatch]:
        """The rows of a table or view, as it is shown, or as it was when `version` was the newest."""
        relation, commit = catalog.named(name), self.commit()
        if not commit.log:
            raise InvalidInput(f"{self.root}: nothing is published")
        if version is not None:
            check_state(commit.log, commit.parts, version)
            if version not in commit.states:
                raise InvalidInput(f"gc has forgotten the state of version {version}")
        log = commit.log[:version]
        parts = [part for part in commit.parts if part.version <= log[-1].version]
        if relation.select is None and relation.name not in views_file.ORDER:
            # Only what is asked for is opened: one day's damage hides no other day.
            first, last = catalog.bounds(day)
            parts = [part for part in parts if part.table_name == relation.name and first <= part.ds <= last]
        try:
            yield from views_file.batches(self.root, relation, log, parts, catalog.where(day))
        except (duckdb.Error, pa.ArrowException) as error:
            raise content_files.broken(Lake(self.root), parts, str(self.root), error) from error

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

    def harm(self) -> list[str]:
        """Whatever is not as it was published: the log, content, files of views, what analysts open."""
        try:
            commit = self.commit()
        except InvalidInput as poison:
            return [str(poison)]
        if commit.log and not self.root.joinpath(commit_log.NAME).exists():
            return [str(commit_log.damaged(self.root, "is missing"))]
        found = [content_files.described(*each) for each in content_files.harmed(Lake(self.root), commit.parts)]
        for version, digest in commit.states.items():
            found += views_file.harm(self.history(version), digest)
        if commit.log:
            found += views_file.harm(self.file, commit.states[commit.log[-1].version])
        return found

    def heal_log(self) -> list[str]:
        """Make commit.json again from the newest file of views that holds every version of which there is a trace."""
        with contextlib.suppress(InvalidInput):
            self.commit()
            return []
        with (self.root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept, newest = self._traces()
            for file in (*(kept[version] for version in sorted(kept, reverse=True)), self.file):
                found = views_file.log_of(file)
                if found and len(found[0]) >= newest:
                    # Whatever else is wrong, is made again from it.
                    commit_log.write_aside(self.root, Commit(*found, dict.fromkeys([*kept, len(found[0])], "")))
                    commit_log.put_in_place(self.root)
                    return [f"{self.root / commit_log.NAME}, from {file.name}"]
        raise InvalidInput(
            f"{self.root}: neither commit.json nor any file of views holds the log up to version {newest}: restore them from a"
            " backup, or begin a new warehouse in another folder"
        )

    def relocate(self) -> None:
        """Build all files of views again, for the folder where the warehouse now lies."""
        with self.writing() as writer:
            if writer.meta()[0]:
                writer.rebuild()

    def history(self, version: int) -> Path:
        """The file of views as it was when `version` was the newest."""
        return self.root / "history" / f"warehouse-v{version:06d}.duckdb"

    def _traces(self) -> tuple[dict[int, Path], int]:
        """The files of views in history by version, and the newest version that one was written for to its end."""
        kept = {int(file.stem[-6:]): file for file in (self.root / "history").glob("warehouse-v??????.duckdb")}
        begun = _begun(self.root)["files"]
        return kept, max((version for version, file in kept.items() if f"history/{file.name}" not in begun), default=0)

    def _commit_in_views(self) -> Commit:
        """The commit of a warehouse without commit.json: from the file of views, which once was the commit point.

        Raises InvalidInput where that is not the newest version of which there is a trace.
        """
        kept, newest = self._traces()
        if not newest and not self.file.exists():
            return Commit()
        found = views_file.log_of(self.file)
        if found is None or len(found[0]) < newest:
            raise commit_log.damaged(self.root, "is missing")
        digests = {version: views_file.digest(file) or "" for version, file in kept.items()}
        # Once the newest state shared its bytes with what analysts open: it is built again.
        digests[len(found[0])] = ""
        return Commit(*found, {version: digests[version] for version in digests if version <= len(found[0])})


class DuckDBWriter(FilesWriter):
    """Writes the embedded warehouse, under its lock."""

    def __init__(self, warehouse: DuckDBWarehouse) -> None:
        self.warehouse = warehouse
        self.folder = warehouse.root
        self.root = Lake(warehouse.root)
        self.noted: list[str] = []

    def meta(self) -> tuple[list[LogEntry], list[DataFile]]:
        """The log in order of version, and the parts that are kept."""
        commit = self.warehouse.commit()
        return commit.log, commit.parts

    def load(self, release: Release, staged: Staged, version: int) -> list[DataFile]:
        """Copy the release's files to their immutable places, where there is room for them and for what comes after."""
        targets = [file for files in content_files.places(release, version).values() for file in files]
        self._note(targets)
        self._reserve(sum(content_files.sizes(release, staged)))
        return content_files.copy(release, staged, self.root, version)

    def show(self, log: list[LogEntry], parts: list[DataFile]) -> None:
        """Build the next file of views and its copy, then commit: from there on nothing needs room."""
        version, states = log[-1].version, self.warehouse.commit().states
        self._note([self._history_name(version)])
        (self.folder / BALLAST).unlink(missing_ok=True)
        digest = self._build_state(log, parts)
        self._commit(Commit(log, views_file.in_order(parts), {**states, version: digest}))
        self._mend_shown()

    def forget(self, log: list[LogEntry], parts: list[DataFile], states: list[int]) -> int:
        """Take the forgotten parts and states out of the log, then remove every file that it does not know."""
        if not log:
            return content_files.remove(self.root, self._found())
        commit = self.warehouse.commit()
        kept = {version: digest for version, digest in commit.states.items() if version in states}
        known = {part.file for part in parts} | {self._history_name(state) for state in kept}
        gone = [file for file in self._found() if file not in known]
        if set(parts) != set(commit.parts) or kept != commit.states:
            self._note(gone)
            if set(parts) != set(commit.parts):
                kept[log[-1].version] = self._build_state(log, parts)
            self._commit(Commit(log, views_file.in_order(parts), kept))
            self._mend_shown()
        removed = content_files.remove(self.root, gone)
        step("the forgotten is removed")
        return removed

    def erase(self, keys: frozenset[str], log: list[LogEntry], parts: list[DataFile]) -> int:
        """Write the parts that name a key again, switch all files of views over to them, and remove the old ones."""
        new = [content_files.erased_place(part, keys) for part in parts]
        self._note([*new, *(part.file for part in parts)], is_erasure=True)
        cleaned = [content_files.without(self.root, part, keys) for part in parts]
        total = sum(gone for _, gone in cleaned)
        if total:
            commit = self.warehouse.commit()
            self._commit(Commit(log, views_file.in_order([part for part, _ in cleaned]), commit.states))
            self.recover()  # builds all files of views anew and removes the old files
        else:
            (self.folder / NOTE).unlink()
        return total

    # Inside -----------------------------------------------------------------------------------------------------

    def recover(self) -> None:
        """Bring to its end what a killed or failed writer began: forward if the log knows it, else back.

        Then put back what analysts open, if it is not as it was published.
        """
        note, begun = self.folder / NOTE, _begun(self.folder)
        if not self.folder.joinpath(commit_log.NAME).exists() and (old := self.warehouse.commit()).log:
            self._commit(old)
        log, parts = self.meta()
        if begun["is_erasure"] and log:
            self.rebuild()
        if begun["files"]:
            known = {part.file for part in parts} | {self._history_name(entry.version) for entry in log}
            content_files.remove(self.root, [file for file in begun["files"] if file not in known])
            step("leftovers are removed")
        if log:
            with contextlib.suppress(InvalidInput):  # content is harmed: the writing itself says so, or heals it
                self._mend_state()
                self._mend_shown()
        for left in self.folder.glob(".tmp-*"):
            if left != note:
                left.unlink()
        note.unlink(missing_ok=True)  # last: until here a kill loses nothing

    def mend(self) -> None:
        """Build again the files of views that are not as they were."""
        commit = self.warehouse.commit()
        states = commit.states
        if any(views_file.harm(self.warehouse.history(version), digest) for version, digest in states.items()):
            with contextlib.suppress(InvalidInput):  # what could not be put back is told by whoever looks next
                self.rebuild()

    def rebuild(self) -> None:
        """Build the file of every state that is kept again, and what is shown."""
        commit = self.warehouse.commit()
        states = {}
        for version in sorted(commit.states):
            state = commit.log[:version]
            states[version] = self._build_state(state, [part for part in commit.parts if part.version <= version])
            step("a state of history is rebuilt")
        self._commit(Commit(commit.log, commit.parts, states))
        self._mend_shown()

    def _build_state(self, log: list[LogEntry], parts: list[DataFile]) -> str:
        """Build the file of views of a state and put it into history. Gives its sha256."""
        aside, kept = self.folder / ASIDE, self.warehouse.history(log[-1].version)
        try:
            views_file.build(self.folder, aside, log, views_file.in_order(parts))
        except duckdb.Error as error:
            raise content_files.broken(self.root, parts, str(self.folder), error) from error
        step("the next file of views is built")
        kept.parent.mkdir(exist_ok=True)
        digest = views_file.digest(aside)
        views_file.put_in_place(aside, kept)
        step("history has the file of views")
        assert digest
        return digest

    def _commit(self, commit: Commit) -> None:
        """Make the commit the newest, once all that will be shown lies ready on the disk."""
        version = commit.log[-1].version
        commit_log.write_aside(self.folder, commit)
        if version in commit.states and views_file.digest(self.warehouse.history(version)) == commit.states[version]:
            views_file.copy(self.warehouse.history(version), self.folder / SHOWN_ASIDE)
        step("all lies ready")
        commit_log.put_in_place(self.folder)
        step("it is committed")

    def _mend_state(self) -> None:
        """Build the newest state's file of views again where it is not as it was published."""
        commit = self.warehouse.commit()
        version = commit.log[-1].version
        if views_file.digest(self.warehouse.history(version)) != commit.states.get(version, ""):
            digest = self._build_state(commit.log, commit.parts)
            if digest != commit.states.get(version):
                self._commit(Commit(commit.log, commit.parts, {**commit.states, version: digest}))

    def _mend_shown(self) -> None:
        """Let analysts open the newest state's file of views, where they do not yet."""
        commit, shown, aside = self.warehouse.commit(), self.warehouse.file, self.folder / SHOWN_ASIDE
        version = commit.log[-1].version
        left = [file for file in views_file.side_files(shown) if file.exists()]
        if views_file.digest(shown) == commit.states[version] and not left:
            return
        if views_file.digest(aside) != commit.states[version]:
            views_file.copy(self.warehouse.history(version), aside)
        views_file.put_in_place(aside, shown)
        step("the file of views is in place")

    def _reserve(self, content: int) -> None:
        """Take the room that the files of views will need, before content fills the disk. Raises OSError for want of it."""
        shown = self.warehouse.file
        views = max(SMALLEST_VIEWS, shown.stat().st_size if shown.exists() else 0)
        log = self.folder / commit_log.NAME
        # The file in history, what is shown, and DuckDB's log of changes; the commit log with a day more.
        needed = 3 * views + 2 * (log.stat().st_size if log.exists() else 0) + (64 << 10)
        with (self.folder / BALLAST).open("wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, needed)
        if shutil.disk_usage(self.folder).free < content:
            raise OSError(errno.ENOSPC, f"no room left: the day needs {content + needed} bytes", str(self.folder))
        step("room is reserved")

    def _note(self, files: Iterable[str], is_erasure: bool = False) -> None:
        """Note which files are about to be made or removed, so that whoever comes after a crash can end it."""
        self.noted += files
        begun = {"files": self.noted, "is_erasure": is_erasure}
        aside = self.folder / f"{NOTE}.next"
        aside.write_text(json.dumps(begun), encoding="utf-8")
        aside.replace(self.folder / NOTE)  # a full disk must not take the note that was there
        step("it is noted")

    def _history_name(self, version: int) -> str:
        return str(self.warehouse.history(version).relative_to(self.folder))

    def _found(self) -> list[str]:
        return [file for folder in ("data", "history") for file in content_files.files_below(self.root, folder)]


def _begun(root: Path) -> dict[str, Any]:
    """What a writer noted that it began; nothing where it was killed while writing the note itself."""
    try:
        begun = json.loads(root.joinpath(NOTE).read_text(encoding="utf-8"))
        return {"files": list(begun["files"]), "is_erasure": bool(begun["is_erasure"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"files": [], "is_erasure": False}
