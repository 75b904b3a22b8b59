"""The puller: takes the days that a source still owes the lake, writes their snapshots, then the manifest, last.

A reader of exports (rows.Exports) knows one form of input and no lake; the puller knows the lake and no form of input. What
is asked over HTTP (pages.Platform) is read by http_puller, files that are fetched over HTTP by hour_files.
A day whose manifest says "complete" is immutable and is not read again, with two exceptions for files, which can be read
again and may hold a new opt-out: the asked day, where a file of it changed, and every day, where the source's configuration
did. A source that has nothing for the asked day leaves a manifest row "skipped", so that *quiet* differs from *blind*.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from clout import logs
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.lake.schemas import MANIFEST, QUARANTINE, SNAPSHOTS
from clout.platforms.http.client import Clock
from clout.platforms.http.heartbeat import Heartbeat
from clout.platforms.pull import hour_files, http_puller, pull_consent
from clout.platforms.pull.pages import Platform
from clout.platforms.pull.rows import BATCH_ROWS, Batch, Exports, Formers, PullReport, Stored, short_hash
from clout.privacy.suppression import ErasedKeys, SuppressionList, read_erased, salted

LOG = logs.logger(__name__)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        time.sleep(seconds)


@dataclass
class Pulled:
    """What a pull did: the days it wrote, those it found complete, and how many rows landed or were quarantined."""

    written: list[date]
    reused: list[date]
    rows: int = 0
    quarantined: int = 0
    #: Why nothing was asked, such as a token that is not there.
    skipped: str | None = None


def pull(
    lake: Lake,
    source: Source,
    days: list[date],
    say: Callable[[str], None] = LOG.info,
    refresh: bool = False,
    clock: Clock | None = None,
) -> Pulled:
    """Pull `days` of `source` into the lake.

    Days already complete are left alone unless `refresh`. Of the others, days for which the source has nothing get no
    partition, except the last of `days`, whose manifest then says "skipped". Raises InvalidInput, having written nothing,
    where a file cannot be read. A complete day of which the source holds nothing any more stays as it is. `clock` decides
    what a platform may still be asked; a simulated platform brings its own.
    """
    with _alone(lake, source):
        return _pull(lake, source, days, say, refresh, clock or SystemClock())


def ask_again(lake: Lake, source: Source, day: date, say: Callable[[str], None] = LOG.info) -> None:
    """Ask for what a day's raw pages lack, as far as the platform still shows it. The day's snapshots stay as they are."""
    with _alone(lake, source):
        hidden = SuppressionList(source.platform, source.excluded, _erased(lake, source))
        for _ in _items(lake, source, {day}, say, SystemClock(), hidden, again=True):
            pass


@contextlib.contextmanager
def _alone(lake: Lake, source: Source) -> Iterator[None]:
    """Two runs of overlapping windows owe the same days: the second waits, and finds them complete.

    Two sources of one host share its limits: they take turns, too.
    """
    host = urlsplit(source.options["base_url"]).netloc if "base_url" in source.options else source.name
    with lake.lock(f"pull-{source.name}"), lake.lock(f"host-{re.sub('[^a-z0-9.]', '_', host.lower())}"):
        yield


def _pull(
    lake: Lake, source: Source, days: list[date], say: Callable[[str], None], refresh: bool, clock: Clock
) -> Pulled:
    started = datetime.now(UTC)
    reader, is_here = source.read_by, "base_url" not in source.options
    exports = reader if isinstance(reader, Exports) and is_here else None
    if exports:
        _check_over(source, days, clock)
    names = partial(pull_consent.names_of, lake, source, exports.read if exports else None, days)
    hearing = pull_consent.hearing(lake, source, days[-1], names, say)
    hidden = SuppressionList(source.platform, source.excluded, _erased(lake, source), hearing)
    configuration = short_hash(_configuration(source), hidden.digest())
    owed = [day for day in days if refresh or not lake.is_pulled(source.name, day)]
    if exports:
        pulled = [day for day in days if day not in owed]
        owed = sorted({*owed, *_changed(lake, source, exports, configuration, pulled, days[-1], say)})
    result = Pulled(written=[], reused=[day for day in days if day not in owed])
    if not owed:
        pull_consent.remember(lake, source, hearing, names, say, reader.ids)
        say(f"pull {source.name}: nothing to do, {len(days)} days are complete")
        return result

    with contextlib.ExitStack() as stack:
        opened = _OpenPartitions(lake, source.name)
        stack.callback(opened.discard)
        reports: list[PullReport] = []
        heart = stack.enter_context(Heartbeat(f"pull {source.name}", say))
        for item in _items(lake, source, set(owed), say, clock, hidden):
            if isinstance(item, PullReport):
                reports.append(item)
                if item.subject == "*" and item.status == "skipped":
                    result.skipped = item.reason
                if reader.is_asked:  # one line a subject would be thousands; http_puller sums them up
                    continue
                say(
                    f"pull {source.name}: {item.subject}: {item.rows} rows, {item.rows_quarantined} quarantined,"
                    f" {item.status}{f' ({item.reason})' if item.reason else ''}"
                )
            else:
                opened.append(item)
                result.rows += item.rows.num_rows if item.table != "quarantine" else 0
                result.quarantined += item.rows.num_rows if item.table == "quarantine" else 0
                heart.beat(result.rows + result.quarantined, item.rows)
        pull_consent.remember(lake, source, hearing, names, say, reader.ids)
        result.written = opened.place(owed, reports, started, configuration, say)
    for raw in (f"raw/{source.name}/{day.isoformat()}" for day in result.written):
        if lake.found(raw) is not None and lake.checksums.state(raw) == "not checksummed":
            lake.checksums.adopt(raw)

    gone = [day for day in owed if day not in result.written and lake.is_pulled(source.name, day)]
    for day in gone:
        say(f"pull {source.name}: holds nothing for {day} any more; the snapshot taken before stays")
    if days[-1] in owed and days[-1] not in [*result.written, *gone]:
        _write_skipped(lake, source, days[-1], started)
        say(f"pull {source.name}: nothing for {days[-1]}; the manifest says so")
    say(
        f"pull {source.name}: {len(result.written)} days written, {len(result.reused)} complete before,"
        f" {result.rows} rows, {result.quarantined} quarantined"
    )
    return result


def over(days: Iterable[date], clock: Clock | None = None) -> list[date]:
    """Those of the days that are over, UTC: of any other a pull refuses exports."""
    today = (clock or SystemClock()).now().astimezone(UTC).date()
    return [day for day in days if day < today]


def _check_over(source: Source, days: list[date], clock: Clock) -> None:
    """Raises InvalidInput where a day is not over: what its files lack yet would be missing for good."""
    unfinished = sorted(set(days) - set(over(days, clock)))
    if unfinished:
        raise InvalidInput(
            f"source {source.name}: {unfinished[0]} is not over, it is {clock.now():%Y-%m-%d %H:%M} UTC, and its exports cannot"
            " be whole: run the day after midnight UTC"
        )


def _erased(lake: Lake, source: Source) -> ErasedKeys:
    """The lake's list of the erased; with a salt where people get pseudonyms by it, or buyers are hashed."""
    if source.reader == "files" and next(source.path.rglob("[oO]utcomes*"), None):
        return salted(lake)
    return salted(lake) if source.read_by.members else read_erased(lake)


class _OpenPartitions:
    """The partitions being written: one Parquet writer per (table, day), so that memory is bounded by a batch.

    Rows wait for others until they are a row group: thousands of small files would else make as many.
    """

    #: So much may wait, over all partitions; and so many batches of one partition before they are copied into one.
    WAITING_BYTES = 64 << 20
    WAITING_BATCHES = 200

    def __init__(self, lake: Lake, platform: str) -> None:
        self.lake = lake
        self.platform = platform
        self.writers: dict[tuple[str, date], tuple[str, pq.ParquetWriter]] = {}
        self._waiting: dict[tuple[str, date], list[pa.Table]] = {}
        self._rows: Counter[tuple[str, date]] = Counter()
        self._bytes = 0

    def append(self, batch: Batch) -> None:
        key = (batch.table, batch.day)
        if key not in self.writers:
            place = self.lake.snapshot(batch.table, self.platform, batch.day)
            parent, name = place.rsplit("/", 1)
            aside = f"{parent}/.tmp-{name}"
            with contextlib.suppress(FileNotFoundError):
                self.lake.fs.delete_dir(f"{self.lake.root}/{aside}")
            self.lake.fs.create_dir(f"{self.lake.root}/{aside}", recursive=True)
            schema = QUARANTINE if batch.table == "quarantine" else SNAPSHOTS[batch.table]
            self.writers[key] = (aside, self.lake.parquet_writer(f"{aside}/part-0.parquet", schema))
        self._waiting.setdefault(key, []).append(batch.rows)
        self._rows[key] += batch.rows.num_rows
        self._bytes += batch.rows.nbytes
        if self._rows[key] >= BATCH_ROWS:
            self._write(key)
        elif self._bytes >= self.WAITING_BYTES:
            self._write_all()
        elif len(self._waiting[key]) >= self.WAITING_BATCHES:
            self._waiting[key] = [pa.concat_tables(self._waiting[key]).combine_chunks()]

    def _write_all(self) -> None:
        for key in list(self._waiting):
            self._write(key)

    def _write(self, key: tuple[str, date]) -> None:
        rows = pa.concat_tables(self._waiting.pop(key))
        self._bytes -= rows.nbytes
        del self._rows[key]
        self.writers[key][1].write_table(rows)

    def place(
        self, owed: list[date], reports: list[PullReport], started: datetime, source: str, say: Callable[[str], None]
    ) -> list[date]:
        """Close and rename everything, the manifest last. Gives the days that got a manifest. Says which columns changed."""
        self._write_all()
        for _, writer in self.writers.values():
            writer.close()
        observed = {day for table, day in self.writers if table != "quarantine"}
        observed |= {day for report in reports for day in report.per_day}
        days = sorted(day for day in owed if day in observed)
        for day in days:
            # A crash between the renames must not leave a manifest that calls a mixture complete.
            self.lake.remove(self.lake.snapshot("manifest", self.platform, day))
            for table in SNAPSHOTS:
                if table == "manifest":
                    continue
                place = self.lake.snapshot(table, self.platform, day)
                if (table, day) in self.writers:
                    self.lake.move_into_place(self.writers[table, day][0], place)
                else:
                    self.lake.remove(place)  # a refresh must not leave the former pull's rows
            mine = [report for report in reports if day in report.per_day]
            told = any(report.columns for report in mine)
            before = Formers(self.lake.manifest_before(self.platform, day) if told else [])
            rows = [report.manifest_row(self.platform, day, started, source, before) for report in mine]
            for row in rows:
                if row["drift"]:
                    say(f"pull {self.platform}: {row['subject']}: other columns than before {day}: {row['drift']}")
            self.lake.write(self.lake.snapshot("manifest", self.platform, day), pa.Table.from_pylist(rows, MANIFEST))
        return days

    def discard(self) -> None:
        """Remove what was not renamed."""
        for aside, writer in self.writers.values():
            with contextlib.suppress(OSError, pa.ArrowException):  # as a full disk, which is what stopped the pull
                writer.close()
            with contextlib.suppress(FileNotFoundError):
                self.lake.fs.delete_dir(f"{self.lake.root}/{aside}")


def _configuration(source: Source) -> str:
    """A hash of what, besides the files, decides how a source's rows are read."""
    # What a snapshot holds is part of it: days that were read before posts said whose feed they were in are read again.
    parts = ["from_feed", source.reader, str(source.path), sorted(source.columns.items()), sorted(source.kinds.items())]
    released = [sorted(source.released.items())] if source.released else []
    return short_hash(repr([*parts, sorted(source.options.items()), *released]))


def _changed(
    lake: Lake,
    source: Source,
    exports: Exports,
    configuration: str,
    pulled: list[date],
    asked: date,
    say: Callable[[str], None],
) -> list[date]:
    """The pulled days to read again: all, where the configuration is another; the asked one, where its files are.

    Who may not be shown is part of the configuration: earlier days forget them, and remember whom the list lets go.
    """
    changed, same = [], {}
    for day in pulled:
        rows = lake.manifest(source.name, day) or []
        if any(row.get("source") != configuration for row in rows):
            changed.append(day)
        else:
            same[day] = {row["subject"]: (row["bytes"], row["modified_at"]) for row in rows}
    found = exports.inventory(source, same) if same else {}
    stale = [
        day
        for day, known in same.items()
        if any(subject in known or it.is_sure for subject, it in found[day].items() if known.get(subject) != it[:2])
    ]
    if changed:
        say(f"pull {source.name}: its configuration is not that of {len(changed)} pulled days: they are read again")
    if asked in stale:
        say(f"pull {source.name}: files of {asked} changed since it was pulled: it is read again")
    if len(stale) > (asked in stale):
        others = len(stale) - (asked in stale)
        say(
            f"pull {source.name}: files of {others} earlier days changed since they were pulled; --refresh takes them anew"
        )
    return [*changed, *(day for day in stale if day == asked)]


def _items(
    lake: Lake,
    source: Source,
    days: set[date],
    say: Callable[[str], None],
    clock: Clock,
    hidden: SuppressionList,
    again: bool = False,
) -> Iterator[Batch | PullReport]:
    reader = source.read_by
    if isinstance(reader, Platform):
        return http_puller.read(lake, source, days, reader, clock, say, hidden, again)
    if "base_url" in source.options:
        return hour_files.read(lake, source, days, clock, say, hidden)
    assert isinstance(reader, Exports)
    return reader.read(source, days, hidden)


def inventory(source: Source, day: date) -> dict[str, Stored] | None:
    """The files that a source's exports hold of a day; None where what it shows is fetched over HTTP."""
    reader = source.read_by
    is_here = isinstance(reader, Exports) and "base_url" not in source.options
    return reader.inventory(source, [day]).get(day, {}) if isinstance(reader, Exports) and is_here else None


def _write_skipped(lake: Lake, source: Source, day: date, started: datetime) -> None:
    report = PullReport(
        subject="*",
        table="interactions",
        endpoint=source.reader,
        status="skipped",
        reason="no_data",
        per_day={day: 0},
    )
    row = report.manifest_row(source.name, day, started)
    for table in SNAPSHOTS:  # a pull that was killed before its manifest may have left some
        lake.remove(lake.snapshot(table, source.name, day))
    lake.write(lake.snapshot("manifest", source.name, day), pa.Table.from_pylist([row], MANIFEST))
