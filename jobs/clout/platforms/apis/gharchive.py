"""GH Archive hour files (`2015-01-01-0.json.gz`, hour not padded): public GitHub events, one JSON object a line.

What an event says stands in github_events.py. Missing, cut and one-line hours are normal here. What can be read of a cut hour
lands, and the manifest says "truncated"; it says how many events each hour holds, and how many of types that nobody knows yet,
and in one line of its own ("completeness") how many hours of the day there are. A line that is not one event is put aside; a
folder of which no line of a day can be read stops the pull.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.platforms.apis.github_events import (
    KNOWN_TYPES,
    UnreadableError,
    account,
    interactions,
    parsed,
    repository_of,
    repository_post,
    type_of,
)
from clout.platforms.exports.file_options import HourOptions
from clout.platforms.pull.rows import (
    BATCH_ROWS,
    Batch,
    Exports,
    Fields,
    PullReport,
    Stored,
    modified_at,
    quarantine_table,
    rows_table,
    stored,
)
from clout.privacy.suppression import NOBODY, SuppressionList

_HOUR = re.compile(r"(\d{4}-\d{2}-\d{2})-(\d{1,2})\.json\.gz")
#: The longest line that is taken for an event: a small file may unpack into one that fills the memory.
_LONGEST_LINE = 32 * 1024 * 1024
#: So many events of an hour tell which fields there are.
_SAMPLED = 1_000
#: So many unknown types of an hour are named.
_TOLD = 10
#: Anything around an @, also as JSON or a URL escapes it.
_ADDRESS = re.compile(r"[^\s\"'<>]*(?:@|\\u0040|%40)[^\s\"'<>]*", re.IGNORECASE)


@dataclass(frozen=True)
class Hour:
    """One hour's file: its name, how to open its gzipped bytes, its size, when it was written, and where its rows say it is."""

    name: str
    open: Callable[[], IO[bytes]]
    bytes: int
    modified: datetime
    ref: str


def read(source: Source, days: set[date], hidden: SuppressionList = NOBODY) -> Iterator[Batch | PullReport]:
    """Interactions, actors and repositories of the hour files of `days`, without `hidden`; a report per hour, there or not."""
    hours: dict[date, dict[int, Path]] = {}
    for file in sorted(source.path.rglob("*.json.gz")):
        named = _HOUR.fullmatch(file.name)
        if named:
            day, hour = _day(file, named[1]), int(named[2])
            if hour > 23:
                raise InvalidInput(f"{file}: a day has no hour {hour}; rename or remove it")
            former = hours.setdefault(day, {}).setdefault(hour, file)
            if former != file:
                raise InvalidInput(f"{file}: the same hour as {former}; remove one of the two")
    if not hours:
        raise InvalidInput(f"{source.path}: holds no hour file such as 2026-03-01-0.json.gz")
    for day in sorted(days & set(hours)):
        found = [_hour_of(hours[day].get(hour), day, hour) for hour in range(24)]
        yield from _readable(source, day, read_day(source, day, found, hidden))


def _readable(source: Source, day: date, items: Iterator[Batch | PullReport]) -> Iterator[Batch | PullReport]:
    """What was read of a day. Raises InvalidInput where no line of it is an event: to go on would be to see nobody act."""
    good, bad, first = 0, 0, ""
    for item in items:
        if isinstance(item, PullReport):
            good += item.events
            bad += item.rows_quarantined
        elif item.table == "quarantine" and not first:
            row = item.rows.slice(0, 1).to_pylist()[0]
            first = f"{source.path / row['file']}: line {row['row']}: {row['reason']}"
        yield item
    if bad and not good:
        raise InvalidInput(
            f"{source.name} {day}: every one of its {bad} lines was refused; the first, {first};"
            " its hours must hold one event of GH Archive a line, of the form of any year"
        )


def read_day(
    source: Source, day: date, hours: list[Hour | PullReport], hidden: SuppressionList
) -> Iterator[Batch | PullReport]:
    """The rows and reports of a day's hours. An hour that is not there comes as the report that says why."""
    seen: set[str] = set()
    accounts: dict[str, dict[str, Any]] = {}
    posts: dict[str, dict[str, Any]] = {}
    events: dict[str, int] = {}
    fields, bad = Fields(), 0
    for hour in hours:
        if isinstance(hour, PullReport):
            yield hour
        else:
            for item in _read_hour(source, hour, day, seen, accounts, posts, events, fields, hidden):
                bad += item.rows_quarantined if isinstance(item, PullReport) else 0
                yield item
    if accounts:
        yield Batch("accounts", day, rows_table("accounts", list(accounts.values())))
    if posts:
        yield Batch("posts", day, rows_table("posts", list(posts.values())))
    lacking = [hour.subject for hour in hours if isinstance(hour, PullReport)]
    told = f"{sum(events.values())} events in {len(events)} of {len(hours)} hours"
    if events:
        least = min(events, key=lambda name: events[name])
        told += f", fewest {events[least]} in {least}"
    told += f"; not there: {', '.join(lacking)}" if lacking else ""
    status = "skipped" if not events else "truncated" if lacking else "complete"
    if bad and not any(events.values()):
        status, told = "failed", f"every one of {bad} lines was refused: {told}"
    yield PullReport("*", "interactions", "completeness", status, told, per_day={day: 0}, columns=fields.columns())


def missing(day: date, hour: int, reason: str = "missing", status: str = "skipped") -> PullReport:
    """The report of an hour that is not there."""
    return PullReport(hour_name(day, hour), "interactions", "hour_file", status, reason, per_day={day: 0})


def hour_name(day: date, hour: int) -> str:
    """The name of an hour's file: the hour is not padded."""
    return f"{day}-{hour}.json.gz"


def _hour_of(file: Path | None, day: date, hour: int) -> Hour | PullReport:
    if file is None:
        return missing(day, hour)
    return Hour(file.name, lambda: file.open("rb"), file.stat().st_size, modified_at(file), file.name)


def inventory(source: Source, days: Iterable[date]) -> dict[date, dict[str, Stored]]:
    """Size and time of writing of every hour file of each day, by its subject."""
    found: dict[date, dict[str, Stored]] = {day: {} for day in days}
    for file in source.path.rglob("*.json.gz"):
        named = _HOUR.fullmatch(file.name)
        if named and (day := _day(file, named[1])) in found:
            found[day][file.name] = stored(file)
    return found


def _day(file: Path, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{file}: {text} in its name is not a day; rename it") from error


def _read_hour(
    source: Source,
    file: Hour,
    day: date,
    seen: set[str],
    accounts: dict[str, dict[str, Any]],
    posts: dict[str, dict[str, Any]],
    events: dict[str, int],
    fields: Fields,
    hidden: SuppressionList,
) -> Iterator[Batch | PullReport]:
    fetched = file.modified
    report = PullReport(file.name, "interactions", "hour_file", bytes=file.bytes, modified=fetched, per_day={day: 0})
    rows: list[dict[str, Any]] = []
    bad: list[tuple[str, str, int, str]] = []
    unknown: Counter[str] = Counter()

    def flush() -> Iterator[Batch]:
        if rows:
            report.count(day, len(rows))
            yield Batch("interactions", day, rows_table("interactions", rows))
            rows.clear()

    number = 0
    try:
        with file.open() as packed, gzip.open(packed, "rb") as stream:
            for number, line in enumerate(lines(stream), start=1):
                try:
                    event = parsed(line)
                    if number <= _SAMPLED:
                        fields.add(event)
                    if (name := type_of(event)) not in KNOWN_TYPES:
                        unknown[name] += 1
                    found = interactions(source.name, event)
                    repository = repository_of(source.name, event)
                except UnreadableError as error:
                    problem = f"not a GitHub event: {error}"
                    bad.append((problem, file.name, number, _without_emails(line.decode("utf-8", "replace"))))
                    continue
                if repository and not hidden.reason(repository[1]):  # the last word of a day holds
                    ref = {"fetched_at": fetched, "source_endpoint": "hour_file", "raw_ref": f"{file.ref}:{number}"}
                    posts[repository[0]] = repository_post(*repository, ref)
                for row in found:
                    why = hidden.reason(row["actor_key"]) or hidden.reason(row["target_account_key"])
                    if why:
                        report.exclude(day, Counter([why]))
                        continue
                    provenance = {"fetched_at": fetched, "source_endpoint": "hour_file"}
                    rows.append({**row, **provenance, "raw_ref": f"{file.ref}:{number}"})
                    report.oldest = min(report.oldest or row["occurred_at"], row["occurred_at"])
                    report.newest = max(report.newest or row["occurred_at"], row["occurred_at"])
                    actor = row["actor_key"]
                    if actor not in seen:
                        seen.add(actor)
                        accounts[actor] = account(actor, {**provenance, "raw_ref": f"{file.ref}:{number}"})
                if len(rows) >= BATCH_ROWS:
                    yield from flush()
    except (gzip.BadGzipFile, EOFError, zlib.error, LongLineError) as error:
        report.status, report.reason = "truncated", f"cut after line {number}: {error}"
    events[file.name] = report.events = number - len(bad)
    report.reason = report.reason or f"{number - len(bad)} events"
    if unknown:
        told = ", ".join(f"{name} {count}" for name, count in unknown.most_common(_TOLD))
        report.reason += f"; of types that are not known: {told}{', …' if len(unknown) > _TOLD else ''}"
    if report.bytes == 0:  # gzip takes no bytes at all for a whole file
        report.status, report.reason = "truncated", "the file is empty"
    yield from flush()
    if bad:
        report.rows_quarantined = report.quarantined_per_day[day] = len(bad)
        yield Batch("quarantine", day, quarantine_table("interactions", bad))
    yield report


class LongLineError(Exception):
    """A line is too long to be an event."""


def lines(stream: gzip.GzipFile) -> Iterator[bytes]:
    """The lines of an hour. Raises LongLineError rather than to hold one that is none."""
    while line := stream.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise LongLineError(f"the next line is longer than {_LONGEST_LINE} bytes")
        yield line


def _without_emails(text: str) -> str:
    # Cut first: on a long line without spaces the search would take for ever.
    return _ADDRESS.sub("<address>", text[:1000])


PLATFORM = Exports(
    read,
    inventory,
    name="gharchive",
    options=HourOptions,
    ids=re.compile(r"[a-z\d-]+(?:\[bot\])?"),
    names_are_ids=True,
    folds_case=True,
)
