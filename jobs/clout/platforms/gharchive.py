"""GH Archive hour files (`2015-01-01-0.json.gz`, hour not padded): public GitHub events, one JSON object a line.

star = like, fork = share, comments and opened issues and pull requests = reply, @name in what they say = mention. The
target is the repository's owner. Only opened, created and started actions count: closing or merging is the owner's own
work. Accounts are keyed by login, since events name the owner and the mentioned only so. Texts are read for @names and
thrown away; e-mails are never stored.

Missing, cut and one-line hours are normal here. What can be read of a cut hour lands, and the manifest says "truncated";
it says how many events each hour holds, and in one line of its own ("completeness") how many hours of the day there are.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

from clout.consent import NOBODY, Hidden
from clout.errors import PoisonInput
from clout.platforms.rows import (
    BATCH_ROWS,
    Batch,
    Fields,
    FileReport,
    Stored,
    modified_at,
    quarantine_table,
    rows_table,
    short_hash,
    stored,
)
from clout.sources import Source

_HOUR = re.compile(r"(\d{4}-\d{2}-\d{2})-(\d{1,2})\.json\.gz")
#: event type -> (kind, subkind, actions that count; None where the event has no action)
_EVENTS: dict[str, tuple[str, str, tuple[str, ...] | None]] = {
    "WatchEvent": ("like", "star", ("started",)),
    "ForkEvent": ("share", "fork", None),
    "IssuesEvent": ("reply", "issue", ("opened",)),
    "PullRequestEvent": ("reply", "pull_request", ("opened",)),
    "IssueCommentEvent": ("reply", "issue_comment", ("created",)),
    "PullRequestReviewEvent": ("reply", "review", ("created",)),
    "PullRequestReviewCommentEvent": ("reply", "review_comment", ("created",)),
    "CommitCommentEvent": ("reply", "commit_comment", ("created",)),
}
#: The longest line that is taken for an event: a small file may unpack into one that fills the memory.
_LONGEST_LINE = 32 * 1024 * 1024
#: So many events of an hour tell which fields there are.
_SAMPLED = 1_000
#: A login after an @ that is not inside a word, an e-mail address, a path or another name.
_MENTION = re.compile(r"(?<![\w.@/`-])@([a-z\d](?:[a-z\d]|-(?=[a-z\d])){0,38})(?![\w@/])", re.IGNORECASE)
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


def read(source: Source, days: set[date], hidden: Hidden = NOBODY) -> Iterator[Batch | FileReport]:
    """Interactions and actors of the hour files of `days`, without `hidden`; a report per hour, also for each missing one."""
    hours: dict[date, dict[int, Path]] = {}
    for file in sorted(source.path.rglob("*.json.gz")):
        named = _HOUR.fullmatch(file.name)
        if named:
            day, hour = _day(file, named[1]), int(named[2])
            if hour > 23:
                raise PoisonInput(f"{file}: a day has no hour {hour}; rename or remove it")
            former = hours.setdefault(day, {}).setdefault(hour, file)
            if former != file:
                raise PoisonInput(f"{file}: the same hour as {former}; remove one of the two")
    if not hours:
        raise PoisonInput(f"{source.path}: holds no hour file such as 2026-03-01-0.json.gz")
    for day in sorted(days & set(hours)):
        yield from read_day(source, day, [_hour_of(hours[day].get(hour), day, hour) for hour in range(24)], hidden)


def read_day(source: Source, day: date, hours: list[Hour | FileReport], hidden: Hidden) -> Iterator[Batch | FileReport]:
    """The rows and reports of a day's hours. An hour that is not there comes as the report that says why."""
    seen: set[str] = set()
    accounts: dict[str, dict[str, Any]] = {}
    events: dict[str, int] = {}
    fields = Fields()
    for hour in hours:
        if isinstance(hour, FileReport):
            yield hour
        else:
            yield from _read_hour(source, hour, day, seen, accounts, events, fields, hidden)
    if accounts:
        yield Batch("accounts", day, rows_table("accounts", list(accounts.values())))
    lacking = [hour.subject for hour in hours if isinstance(hour, FileReport)]
    told = f"{sum(events.values())} events in {len(events)} of {len(hours)} hours"
    if events:
        least = min(events, key=lambda name: events[name])
        told += f", fewest {events[least]} in {least}"
    told += f"; not there: {', '.join(lacking)}" if lacking else ""
    status = "skipped" if not events else "truncated" if lacking else "complete"
    yield FileReport("*", "interactions", "completeness", status, told, per_day={day: 0}, columns=fields.columns())


def missing(day: date, hour: int, reason: str = "missing", status: str = "skipped") -> FileReport:
    """The report of an hour that is not there."""
    return FileReport(hour_name(day, hour), "interactions", "hour_file", status, reason, per_day={day: 0})


def hour_name(day: date, hour: int) -> str:
    """The name of an hour's file: the hour is not padded."""
    return f"{day}-{hour}.json.gz"


def _hour_of(file: Path | None, day: date, hour: int) -> Hour | FileReport:
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
        raise PoisonInput(f"{file}: {text} in its name is not a day; rename it") from error


def _read_hour(
    source: Source,
    file: Hour,
    day: date,
    seen: set[str],
    accounts: dict[str, dict[str, Any]],
    events: dict[str, int],
    fields: Fields,
    hidden: Hidden,
) -> Iterator[Batch | FileReport]:
    fetched = file.modified
    report = FileReport(file.name, "interactions", "hour_file", bytes=file.bytes, modified=fetched, per_day={day: 0})
    rows: list[dict[str, Any]] = []
    bad: list[tuple[str, str, int, str]] = []

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
                    event = json.loads(line)
                    if number <= _SAMPLED:
                        fields.add(event)
                    found = _interactions(source.name, event)
                except (
                    ArithmeticError,
                    AttributeError,
                    LookupError,
                    RecursionError,
                    TypeError,
                    ValueError,
                ) as error:
                    problem = _without_emails(f"not a GitHub event: {type(error).__name__}: {error}")
                    bad.append((problem, file.name, number, _without_emails(line.decode("utf-8", "replace"))))
                    continue
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
                        accounts[actor] = _account(actor, {**provenance, "raw_ref": f"{file.ref}:{number}"})
                if len(rows) >= BATCH_ROWS:
                    yield from flush()
    except (gzip.BadGzipFile, EOFError, zlib.error, LongLineError) as error:
        report.status, report.reason = "truncated", f"cut after line {number}: {error}"
    events[file.name] = number - len(bad)
    report.reason = report.reason or f"{number - len(bad)} events"
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


def _interactions(platform: str, event: dict[str, Any]) -> list[dict[str, Any]]:
    """The interactions of one event: at most one with the repository's owner, and one for each person mentioned."""
    rule = _EVENTS.get(event["type"])
    if rule is None:
        return []
    kind, subkind, actions = rule
    payload = event["payload"] or {}
    if actions is not None and payload.get("action", actions[0]) not in actions:
        return []
    actor = _key(platform, event["actor"]["login"])
    repository = str(event["repo"]["name"]).lower()
    owner, slash, _ = repository.partition("/")
    if not owner or not slash or "@" in repository:
        raise ValueError(f"repo: {repository!r} is not of the form owner/name")
    at = datetime.fromisoformat(event["created_at"])
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    thread = payload.get("issue") or payload.get("pull_request") or {}
    if not isinstance(thread.get("number", 0), int):
        raise TypeError(f"number: {type(thread['number']).__name__} is no number")
    post = repository if "number" not in thread else f"{repository}#{thread['number']}"
    post.encode()  # see _key
    # Event ids have not been monotone or unique since 2025: identity is the whole of who, what, where, when.
    identity = [str(event["id"]), event["type"], actor, repository, event["created_at"]]
    base = {
        "actor_key": actor,
        "target_post_key": f"{platform}:{post}",
        "occurred_at": at,
        "occurred_precision": "exact",
        "observed_via": "event_archive",
        "is_removed": False,
    }
    rows = [
        {
            **base,
            "interaction_key": short_hash(*identity, kind),
            "kind": kind,
            "subkind": subkind,
            "target_account_key": _key(platform, owner),
        }
    ]
    said = payload.get("comment") or payload.get("review") or thread
    names = {name.lower() for name in _MENTION.findall(said.get("body") or "")} if kind == "reply" else set()
    for name in sorted(names):
        rows.append(
            {
                **base,
                "interaction_key": short_hash(*identity, "mention", name),
                "kind": "mention",
                "target_account_key": _key(platform, name),
                "target_post_key": None,
                "source_post_key": f"{platform}:{post}",
            }
        )
    return rows


def _key(platform: str, login: str) -> str:
    if not login or "@" in login:
        raise ValueError("login: is empty or an e-mail address")
    login.encode()  # half a surrogate pair is legal JSON, and nothing that Parquet can hold
    return f"{platform}:{login.lower()}"


def _account(key: str, provenance: dict[str, Any]) -> dict[str, Any]:
    """What an event shows of its actor: a name, and whether GitHub itself marks it as an app."""
    login = key.split(":", 1)[1]
    is_bot = login.endswith("[bot]")
    return {
        "account_key": key,
        "native_id": login,
        "handle": login,
        "account_type": "bot" if is_bot else "unknown",
        "is_bot": is_bot or None,
        "status": "active",
        "state_complete": False,
        **provenance,
    }


def _without_emails(text: str) -> str:
    # Cut first: on a long line without spaces the search would take for ever.
    return _ADDRESS.sub("<address>", text[:1000])
