"""Reads lists that an operator keeps beside exports: who consented to what. Each row is taken whole, or refused by name.

A list is a file of a source `files` whose name begins with the list's. Its rows hold for every day, or, where a day stands in
its name, from that day on until the next such file. A row that cannot be read lies in the quarantine with file, row, field and
cure, and does nothing; the other rows hold.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from clout.config.native_ids import look_alike
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.lake.schemas import SNAPSHOTS
from clout.platforms.exports.file_consent import Consent
from clout.platforms.exports.file_ids import excerpt, spelt
from clout.platforms.exports.file_inventory import holding
from clout.platforms.exports.tabular import BadRow, RowBatch, plain, read_batches
from clout.platforms.pull.rows import Batch, PullReport, Stored, modified_at

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_KEY = re.compile(r"([a-z][a-z0-9_]{0,30}):(?!//)(\S.*)", re.DOTALL)
#: Words that programs write where there is nothing.
_NOTHING = ("", "\\n", "n/a", "na", "null", "none", "nan")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]")
_TRUE, _FALSE = ("1", "true", "t", "yes", "y"), ("0", "false", "f", "no", "n")
_FIRST, _LAST = date(1990, 1, 1), date(2100, 1, 1)


class Refused(Exception):
    """A row that is not taken. Says field, value and cure."""


class Cells:
    """One row of a list, field by field. Each method raises Refused where the field holds something else."""

    def __init__(self, source: Source, values: dict[str, str | None]) -> None:
        self._source, self._values = source, values

    def given(self, name: str) -> str | None:
        """The text of a field without space around it; None where nothing stands there."""
        text = (self._values.get(name) or "").strip()
        return None if text.lower() in _NOTHING else text

    def needed(self, name: str) -> str:
        """The same of a field that must hold something."""
        text = self.given(name)
        if text is None:
            raise Refused(f"{name}: is empty")
        return text

    def text(self, name: str, longest: int = 200) -> str | None:
        """A text of one line."""
        text = self.given(name)
        if text is not None and (_CONTROL.search(text) or len(text) > longest):
            raise Refused(f"{name}: {excerpt(text)} is no line of at most {longest} signs; shorten it")
        return text

    def day(self, name: str) -> date | None:
        """A day."""
        text = self.given(name)
        if text is None:
            return None
        try:
            day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
        except ValueError:
            day = None
        if day is None or not _FIRST <= day < _LAST:
            raise Refused(f"{name}: {excerpt(text)} is not a day; write it like 2026-03-01")
        return day

    def day_needed(self, name: str) -> date:
        """A day that must be there."""
        self.needed(name)
        day = self.day(name)
        assert day is not None
        return day

    def one_of(self, name: str, words: tuple[str, ...]) -> str:
        """One of some words, in whatever case."""
        text = self.needed(name).lower()
        if text not in words:
            raise Refused(f"{name}: {excerpt(text)} is not one of {', '.join(words)}")
        return text

    def key(self, name: str) -> str:
        """The key of an account on one of the sources' platforms."""
        text = self.needed(name)
        parts = _KEY.fullmatch(text)
        native_id = parts and spelt(parts[2])
        if not parts or not native_id:
            raise Refused(f"{name}: {excerpt(text)} is not of the form platform:id, as in {self._source.platform}:88")
        platforms = self._source.known_platforms
        if platforms and parts[1] not in platforms:
            raise Refused(
                f"{name}: {excerpt(text)} is on no platform of the sources; these are {', '.join(sorted(platforms))}"
            )
        return f"{parts[1]}:{look_alike(native_id) if platforms.get(parts[1]) else native_id}"

    def number(self, name: str) -> float | None:
        """A number of at least 0."""
        text = self.given(name)
        if text is None:
            return None
        if not re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text):
            raise Refused(f"{name}: {excerpt(text)} is not a number of at least 0; write it like 12.50")
        return float(text)

    def flag(self, name: str) -> bool | None:
        """True or false."""
        text = self.given(name)
        if text is None:
            return None
        if text.lower() not in (*_TRUE, *_FALSE):
            raise Refused(f"{name}: {excerpt(text)} is neither true nor false")
        return text.lower() in _TRUE

    @property
    def values(self) -> dict[str, str | None]:
        """The row as it was read."""
        return self._values


@dataclass(frozen=True)
class Kind:
    """One kind of list: its columns, which of them it must have, and how a row is read.

    row: the row's values as the snapshot holds them, None of a row that is of no interest; may raise Refused.
    closing: what a refused row leaves all the same (None of a row that could not be split into fields), so that an unreadable
    no is no yes.
    across: makes what raises Refused for a row that does not go with earlier rows of its file.
    never: words that no column may have for a name, with the cure. secret: columns of which nothing is repeated anywhere.
    is_renamed: whether [source.columns] says how its columns are named; named: ours = theirs, where it says nothing.
    anonymous: the column of keys that is emptied where somebody may not be shown, of rows that count all the same.
    """

    columns: tuple[str, ...]
    needed: tuple[tuple[str, ...], ...]
    row: Callable[[Cells], dict[str, Any] | None]
    closing: Callable[[Cells | None], dict[str, Any] | None] = lambda _: None
    across: Callable[[], Callable[[dict[str, Any]], None]] = lambda: lambda _: None
    never: dict[str, str] = field(default_factory=dict)
    secret: tuple[str, ...] = ()
    is_renamed: bool = False
    named: dict[str, str] = field(default_factory=dict)
    anonymous: str | None = None


class Exports(Protocol):
    """The files of a source, see files.py."""

    def subject(self, file: Path) -> str:
        """What the manifest calls a file."""

    def stored(self, file: Path) -> Stored:
        """Size and time of a file."""


def read(
    source: Source,
    exports: Exports,
    table: str,
    kind: Kind,
    files: list[tuple[Path, date | None]],
    days: set[date],
    consent: Consent,
) -> Iterator[Batch | PullReport]:
    """The rows of the files of one list for `days`, then a report per file. Raises InvalidInput on an unreadable file."""
    uses: dict[Path, list[date]] = {file: [] for file, _ in files}
    for day in sorted(days):
        for file in holding(files, day):
            uses[file].append(day)
    for file, its_days in uses.items():
        report = report_of(exports, file, table)
        for day in its_days:
            report.count(day, 0)
        reasons: list[str] = []
        across = kind.across()
        for batch in _batches(source, file, kind, report):
            check_columns(file, kind, report.columns)
            rows, bad = rows_of(source, file, table, kind, batch, across)
            reasons += [reason for reason, _, _ in bad]
            report.rows_quarantined += len(bad)
            for day in its_days:
                shown = (
                    _nameless(rows, kind.anonymous, consent, day)
                    if kind.anonymous
                    else consent.shown(rows, day, report)
                )
                report.count(day, shown.num_rows)
                if shown.num_rows:
                    yield Batch(table, day, shown)
                if bad:
                    report.quarantined_per_day[day] = report.quarantined_per_day.get(day, 0) + len(bad)
                    yield Batch("quarantine", day, consent.refused(table, report.subject, bad, day))
        report.reason = _told(reasons)
        if report.per_day:
            yield report


def read_dated(
    source: Source, exports: Exports, table: str, kind: Kind, files: list[Path], days: set[date], consent: Consent
) -> Iterator[Batch | PullReport]:
    """The rows of the files of what happened on a day, each on its day, then a report per file."""
    for file in files:
        report = report_of(exports, file, table)
        refused: list[BadRow] = []
        across = kind.across()
        for batch in _batches(source, file, kind, report):
            check_columns(file, kind, report.columns)
            rows, bad = rows_of(source, file, table, kind, batch, across)
            refused += bad
            for day in sorted(set(rows["happened_on"].to_pylist()) & days):
                of_day = rows.filter(pc.equal(rows["happened_on"], pa.scalar(day)))
                report.count(day, of_day.num_rows)
                yield Batch(table, day, of_day)
        for day in days if refused else ():  # a bad row might belong to any day: each of them keeps it
            report.count(day, 0)
            report.quarantined_per_day[day] = len(refused)
            yield Batch("quarantine", day, consent.refused(table, report.subject, refused, day))
        report.rows_quarantined, report.reason = len(refused), _told(reason for reason, _, _ in refused)
        if report.per_day:
            yield report


def report_of(exports: Exports, file: Path, table: str) -> PullReport:
    """The report of a file of which nothing is read yet."""
    there = exports.stored(file)
    return PullReport(exports.subject(file), table, endpoint="files", bytes=there.size, modified=there.modified)


def _told(reasons: Iterable[str]) -> str | None:
    """Of refused rows the fields that were wrong, and how often."""
    told = Counter(reason.partition(":")[0] for reason in reasons).most_common(5)
    return f"rows refused: {', '.join(f'{name} {number:,} times' for name, number in told)}" if told else None


def _batches(source: Source, file: Path, kind: Kind, report: PullReport) -> Iterator[RowBatch]:
    said = source.columns if kind.is_renamed else {}
    wanted = {name: said.get(name, kind.named.get(name, name)) for name in kind.columns}
    return read_batches(file, wanted, [*kind.needed], described=report.columns)


def _nameless(rows: pa.Table, column: str, consent: Consent, day: date) -> pa.Table:
    """The rows without the keys of those who may not be shown on a day."""
    keys = [None if consent.reason(key, day) else key for key in rows[column].to_pylist()]
    return rows.set_column(rows.schema.get_field_index(column), rows.schema.field(column), pa.array(keys, pa.string()))


def check_columns(file: Path, kind: Kind, columns: dict[str, str]) -> None:
    """Raise InvalidInput where a file has a column that it may not have."""
    for name in columns:
        cure = kind.never.get(plain(name))
        if cure:
            raise InvalidInput(f"{file}: row 1: column {name!r} may not be here: {cure}")


def rows_of(
    source: Source,
    file: Path,
    table: str,
    kind: Kind,
    batch: RowBatch,
    across: Callable[[dict[str, Any]], None] = lambda _: None,
) -> tuple[pa.Table, list[BadRow]]:
    """The rows of a batch, and those that are refused, without what is secret in them."""
    good: list[dict[str, Any]] = []
    bad: list[BadRow] = []
    origin = {
        "fetched_at": batch.modified or modified_at(file).astimezone(UTC),
        "source_endpoint": "files",
    }

    def take(row: dict[str, Any] | None, number: int) -> None:
        if row is not None:
            good.append({**row, **origin, "raw_ref": f"{file.relative_to(source.path)}:{number}"})

    columns = {name: column.cast(pa.string()).to_pylist() for name, column in batch.columns.items()}
    for index, number in enumerate(batch.numbers):
        cells = Cells(source, {name: values[index] for name, values in columns.items()})
        try:
            row = kind.row(cells)
            if row is not None:
                across(row)
            take(row, number)
        except Refused as refused:
            text = ",".join(
                f"{name}={'(not shown)' if name in kind.secret else value}"
                for name, value in cells.values.items()
                if value is not None
            )
            bad.append((str(refused), number, text))
            take(kind.closing(cells), number)
    for reason, number, raw in batch.bad:
        bad.append((reason, number, "" if kind.secret else raw))
        take(kind.closing(None), number)
    return pa.Table.from_pylist(good, SNAPSHOTS[table]), bad


def moment(text: str) -> datetime | None:
    """A time in ISO 8601, UTC where it names no zone; None where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
