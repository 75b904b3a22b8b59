"""The publish contract: what every backend promises, and everything about it that does not depend on the backend.

1. A reader sees every table of a published day from the same run, or none of that run.
2. Publishing the same run of the same day again gives the first result.
3. Nothing is published without a passing verdict on exactly the staged files, by exactly the suites on disk.
4. Of two publishers of one day one wins and the other gets a Conflict; publishers of different days both succeed.
5. A crash at any step leaves the previous version readable; the next publisher or gc removes what was left.
6. Unchanged content publishes no new version.
7. A rollback is a new version that points at old content, or, where that shows people who may not be shown any more, at a
   copy without them. Earlier states can be read until gc forgets them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clout.errors import InvalidInput
from clout.lake.scratch import Scratch
from clout.lake.staging import AUDITED, RECORDED, Staged, content_hash
from clout.privacy.hidden_today import HiddenToday
from clout.quality import suites
from clout.warehouse import catalog, without_hidden
from clout.warehouse.catalog import Days
from clout.warehouse.versions import Collected, Conflict, DataFile, LogEntry, Release, Version, visible_versions
from clout.warehouse.without_hidden import Cut


class Writer(ABC):
    """The only writer of a warehouse, for as long as Warehouse.writing() lasts."""

    @abstractmethod
    def meta(self) -> tuple[list[LogEntry], list[DataFile]]:
        """The log in order of version, and the parts that are kept."""

    @abstractmethod
    def load(self, release: Release, staged: Staged, version: int) -> list[DataFile]:
        """Write the release's content where no reader looks. Raises InvalidInput where a file is not the audited one."""

    @abstractmethod
    def show(self, log: list[LogEntry], parts: list[DataFile]) -> None:
        """Make the last entry of the log visible, with its content, in one atomic step, or nothing."""

    @abstractmethod
    def forget(self, log: list[LogEntry], parts: list[DataFile], states: list[int]) -> int:
        """Keep only these parts, and time travel to these states; remove all else, orphans too. Gives their number."""

    @abstractmethod
    def erase(self, keys: frozenset[str], log: list[LogEntry], parts: list[DataFile]) -> int:
        """Remove every row that names one of the keys from all parts, for good. Gives the number of rows."""

    @abstractmethod
    def harmed(self, parts: Sequence[DataFile]) -> list[tuple[DataFile, str]]:
        """Those of the parts whose content is not what was published, and how it is harmed."""

    @abstractmethod
    def content(self, part: DataFile) -> bytes | None:
        """The file of a part, byte for byte; None where it cannot be read, or is no file."""

    @abstractmethod
    def restore(self, part: DataFile, files: Sequence[bytes]) -> None:
        """Put a part's content back, from the Parquet files that it was published from."""

    @abstractmethod
    def mend(self) -> None:
        """Make again what the log and the parts determine and is not as it was: files of views, metadata."""


class Warehouse(ABC):
    """A backend. `location` says where it is, without a password."""

    location: str

    @abstractmethod
    def log(self) -> list[LogEntry]:
        """The log in order of version, as readers see it; empty where nothing is published."""

    @abstractmethod
    def batches(self, name: str, version: int | None = None, day: Days = None) -> Iterator[pa.RecordBatch]:
        """The rows that read gives, some thousands at a time: a large table need not be in memory as a whole.

        Raises InvalidInput as read does; where content is damaged, maybe after some batches.
        """

    def read(self, name: str, version: int | None = None, day: Days = None) -> pa.Table:
        """A table such as clout.scores: as it is shown, or as it was when `version` was the newest; one day, a span or all.

        Raises InvalidInput where there was no such version, or gc has forgotten it.
        """
        return pa.Table.from_batches(self.batches(name, version, day), catalog.named(name).arrow_schema)

    @abstractmethod
    def writing(self) -> AbstractContextManager[Writer]:
        """Wait until nobody else writes, remove what a crash left, and give the means to write."""

    @abstractmethod
    def harm(self) -> list[str]:
        """Whatever is not as it was published, in words; reads everything and changes nothing."""

    def heal_log(self) -> list[str]:
        """Make the log again where it is lost or damaged, from what else holds it. Gives what was healed, in words."""
        return []

    def head(self, day: date) -> int:
        """The version that the day shows, 0 where it shows none: what a publisher has seen before it began."""
        return max((entry.version for entry in self.log() if entry.ds == day), default=0)

    def publish(self, release: Release, staged: Staged, now: datetime, head: int | None = None) -> Version:
        """Make the release visible in one atomic step, or nothing.

        `head` is what `head(day)` gave when the publisher began; Conflict where somebody published the day since.
        Refuses with InvalidInput what was staged before a run that was published for the day, unless a reason is given.
        """
        with self.writing() as writer:
            log, parts = writer.meta()
            of_day = [entry for entry in log if entry.ds == release.day]
            of_run = [entry for entry in of_day if entry.run_id == release.run]
            # A replay of what the run last published, or the content that the day shows already.
            reason = release.reason
            for entry in (*of_run[-1:], *of_day[-1:]):
                if entry.content_hash == release.content_hash:
                    harmed, left = _restored(writer, parts, entry, release, staged)
                    if not left:
                        return replace(_version(entry, is_new=False), healed=harmed)
                    # The audit's own tables differ from run to run: the day comes back whole, as a new version.
                    reason = "; ".join(filter(None, [reason, f"heals version {entry.content_version}"]))
                    break
            else:
                _refuse_to_overwrite(of_day, release, head)
            version = log[-1].version + 1 if log else 1
            entry = LogEntry(
                version=version,
                ds=release.day,
                run_id=release.run,
                content_version=version,
                published_at=now,
                staged_at=release.staged_at,
                content_hash=release.content_hash,
                model_version=release.model_version,
                code_version=release.code_version,
                people=sum(file["rows"] for file in release.tables["scores"]),
                warnings=release.warnings,
                reason=reason,
            )
            writer.show([*log, entry], [*parts, *writer.load(release, staged, version)])
            return _version(entry, is_new=True)

    def rollback(
        self, day: date, to: int | None, reason: str, now: datetime, hidden: HiddenToday | None = None
    ) -> Version:
        """Show a day as version `to` brought it, or as it was before its last publication, without whoever is `hidden`.

        A new version, of old content. Doing it again changes nothing, so that it may be retried.
        """
        with self.writing() as writer:
            log, parts = writer.meta()
            of_day = [entry for entry in log if entry.ds == day]
            known = ", ".join(str(entry.version) for entry in of_day) or "none"
            if not of_day:
                raise InvalidInput(f"{day} is not published; there is nothing to roll back")
            if to is None:
                last = max(_origin(entry, of_day) for entry in of_day)
                earlier = [entry for entry in of_day if entry.version < last]
                if not earlier:
                    raise InvalidInput(f"{day} has shown one content only (versions {known}); nothing to roll back to")
                to = earlier[-1].version
            target = next((entry for entry in of_day if entry.version == to), None)
            if target is None:
                raise InvalidInput(f"version {to} is not a version of {day}; its versions: {known}")
            if not any(part.version == target.content_version for part in parts):
                raise InvalidInput(
                    f"gc has forgotten the content of version {to}; keep more days, or score {day} again"
                )
            with Scratch("rollback") as folder:
                if hidden and (
                    cut := without_hidden.cut(self.read, log, parts, target, hidden, now.date(), Path(folder))
                ):
                    return self._show_cut(writer, cut, target, reason, now)
            if target.content_version == of_day[-1].content_version:
                return _version(of_day[-1], is_new=False)
            entry = replace(target, version=log[-1].version + 1, published_at=now, reason=reason)
            writer.show([*log, entry], parts)
            return _version(entry, is_new=True)

    def _show_cut(self, writer: Writer, cut: Cut, target: LogEntry, reason: str, now: datetime) -> Version:
        """Show a version's content without the people who may not be shown now: new content, of the same run."""
        log, parts = writer.meta()
        head = [entry for entry in log if entry.ds == target.ds][-1]
        if head.content_hash == cut.release.content_hash:
            return replace(_version(head, is_new=False), left_out=cut.people)
        version = log[-1].version + 1
        said = (
            f"{reason}; version {target.content_version} without {cut.people} of its people, or without what they hide"
        )
        entry = replace(
            target,
            version=version,
            content_version=version,
            published_at=now,
            content_hash=cut.release.content_hash,
            people=sum(file["rows"] for file in cut.release.tables["scores"]),
            reason=said,
        )
        writer.show([*log, entry], [*parts, *writer.load(cut.release, cut.staged, version)])
        return replace(_version(entry, is_new=True), left_out=cut.people)

    def gc(self, keep_days: int, now: datetime) -> Collected:
        """Forget states that were replaced more than `keep_days` days ago, and remove what belongs to no version.

        What is shown is never forgotten, nor is the log. A reader that opened a state before it was replaced may be
        reading it: keep at least as many days as the longest session lasts.
        """
        with self.writing() as writer:
            log, parts = writer.meta()
            cutoff = now - timedelta(days=keep_days)
            replaced_at = [entry.published_at for entry in log[1:]]
            states = [
                entry.version for entry, at in zip(log, [*replaced_at, None], strict=True) if at is None or at >= cutoff
            ]
            needed = {content for state in states for content in visible_versions(log, state).values()}
            kept = [part for part in parts if part.version in needed]
            gone = sorted({part.version for part in parts} - needed)
            return Collected(gone, writer.forget(log, kept, states))

    def erase(self, keys: frozenset[str], now: datetime) -> int:
        """Remove every row that names one of the keys, from every table and every version, for good.

        A row names a key where a text column equals it, or holds it between commas. Gives the number of rows removed.
        The log keeps each run's content hash: publishing the same staged files again brings nobody back.
        """
        with self.writing() as writer:
            log, parts = writer.meta()
            return writer.erase(keys, log, parts) if keys else 0


def waiting(staged: Staged) -> list[str]:
    """The failed checks of an audited run on which a person must decide, in words."""
    return list(_verdict(staged).get("waits_for") or [])


def release(staged: Staged, reason: str | None = None, approved_by: str | None = None) -> Release:
    """The staged run as a release. Raises InvalidInput unless a passing verdict speaks of exactly these files.

    `approved_by` names the person who said yes where the verdict waits for one; the log's reason keeps the name.
    """
    verdict, where = _verdict(staged), staged.location
    if verdict.get("day") != staged.day.isoformat() or verdict.get("run") != staged.run:
        raise InvalidInput(f"{where}: its verdict is of run {verdict.get('run')} for {verdict.get('day')}; audit again")
    content = staged.content()
    recorded = staged.content(RECORDED)
    if any(not files for files in (content | recorded).values()):
        raise InvalidInput(f"{where}: a staged table has no file; score and audit again")
    judged = {table: (verdict.get("tables") or {}).get(table, []) for table in RECORDED}
    if content_hash(content) != verdict.get("content_hash") or content_hash(recorded) != content_hash(judged):
        raise InvalidInput(f"{where}: the staged files are not those that were audited; audit again")
    if verdict.get("suites") != suites.suite_hashes(AUDITED):
        raise InvalidInput(f"{where}: expectations/ changed since the audit; audit again")
    if verdict.get("passed") is not True:
        raise InvalidInput(f"{where}: the audit did not pass; verdict.json says why")
    if waits := waiting(staged):
        if not approved_by:
            raise InvalidInput(
                f"{where}: waits for a person: {'; '.join(waits)} Look at it, and publish with --approved-by NAME;"
                " in Airflow answer the run's task approve"
            )
        reason = "; ".join(filter(None, [reason, f"approved by {approved_by}"]))
    versions = verdict.get("versions") or {}
    if not versions.get("model_version") or not versions.get("code_version"):
        raise InvalidInput(f"{where}: its verdict does not say which model and code made it; score and audit again")
    try:
        staged_at = datetime.fromisoformat(versions["staged_at"])
    except (KeyError, TypeError, ValueError):
        raise InvalidInput(f"{where}: run.json does not say when it was staged; score and audit again") from None
    _check_columns(staged, content | recorded)
    return Release(
        day=staged.day,
        run=staged.run,
        content_hash=verdict["content_hash"],
        tables=content | recorded,
        staged_at=staged_at,
        model_version=versions["model_version"],
        code_version=versions["code_version"],
        warnings=sum(not check["passed"] and check["severity"] == "warning" for check in verdict["checks"]),
        reason=reason,
    )


def _verdict(staged: Staged) -> dict[str, Any]:
    verdict = staged.read_json("verdict.json")
    if verdict is None:
        raise InvalidInput(
            f"{staged.location}: has no verdict.json; run jobs/audit.py --day {staged.day} --run {staged.run} first"
        )
    return verdict


def _check_columns(staged: Staged, content: dict[str, list[dict[str, Any]]]) -> None:
    """Raise InvalidInput where a file has other columns than sql/warehouse/ promises to analysts."""
    for table, files in content.items():
        relation = catalog.relations().get(table)
        if relation is None:
            raise InvalidInput(
                f"{table} is staged, and there is no sql/warehouse/{table}.sql: declare its columns there"
            )
        declared = {column.name: column.type for column in relation.columns}
        for file in files:
            found = catalog.types_of(pq.read_schema(file["path"], filesystem=staged.root.fs))
            for name in sorted(declared.keys() | found.keys()):
                if declared.get(name) != found.get(name):
                    raise InvalidInput(
                        f"{file['path']}: column {name} is {found.get(name, 'missing')}, and sql/warehouse/{table}.sql"
                        f" declares {declared.get(name, 'no such column')}; change one of them, score and audit again"
                    )


def _refuse_to_overwrite(of_day: list[LogEntry], release: Release, head: int | None) -> None:
    if not of_day:
        return
    last = of_day[-1]
    if head is not None and last.version != head:
        raise Conflict(
            f"{release.day} was published as version {last.version} by run {last.run_id} while run {release.run} was"
            f" about to publish it; look at that version, then publish {release.run} again if it is still wanted"
        )
    newest = max(of_day, key=lambda entry: entry.staged_at)
    if release.staged_at < newest.staged_at and not release.reason:
        raise InvalidInput(
            f"run {release.run} of {release.day} was staged at {release.staged_at:%F %T}, before run {newest.run_id}"
            f" ({newest.staged_at:%F %T}), which is published; give a --reason to publish the older run"
        )


def _restored(
    writer: Writer, parts: list[DataFile], entry: LogEntry, release: Release, staged: Staged
) -> tuple[tuple[str, ...], list[DataFile]]:
    """Put harmed files of a version back from a run with the same content: those, and the parts that it does not hold."""
    harmed = writer.harmed([part for part in parts if part.version == entry.content_version])
    left = []
    for part, _ in harmed:
        files = {file["sha256"]: file["path"] for file in release.tables.get(part.table_name, [])}
        wanted = part.sha256.split("+")
        if not set(wanted) <= files.keys():
            left.append(part)
            continue
        content = []
        for each in wanted:
            with staged.root.fs.open_input_stream(files[each]) as stream:
                content.append(stream.read())
        writer.restore(part, content)
    return tuple(f"{part.file}, which {harm}" for part, harm in harmed if part not in left), left


def _origin(entry: LogEntry, of_day: list[LogEntry]) -> int:
    """The version that first showed an entry's run: a rollback that leaves people out shows the same run in new content."""
    same = (entry.run_id, entry.staged_at)
    return min(each.version for each in of_day if (each.run_id, each.staged_at) == same)


def _version(entry: LogEntry, is_new: bool) -> Version:
    return Version(entry.version, entry.ds, entry.run_id, entry.content_hash, is_new)
