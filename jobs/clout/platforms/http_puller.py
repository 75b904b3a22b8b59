"""The HTTP puller: one declarative puller for all platforms. Raw pages first, then rows, so that nothing is asked twice.

It walks a platform's endpoints (pages.Endpoint), obeys the platform's rate policy, stores each answer as a raw page and
looks at it for what to ask next; when all is stored it makes rows of the stored pages. A killed pull resumes from the
pages that are there. Most of a snapshot exists only "now": a day that ended long ago makes no request to an endpoint
that cannot be re-taken, but its stored pages are normalised again.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

import requests

from clout.errors import PoisonInput
from clout.lake import Lake
from clout.platforms.pages import SHAPE_ERRORS, Endpoint, Known, Page, Platform, Rows, flag_name
from clout.platforms.rate_policies import Go, Response, StopEndpoint, StopPlatform, StopUnit, Wait
from clout.platforms.raw_pages import RawPages
from clout.platforms.rows import Batch, FileReport, quarantine_table, rows_table
from clout.sources import REFRESH_DAYS, Source

#: What counts as "now": a state seen later than this after its day began is not the day's.
FRESH = timedelta(hours=36)
#: Nobody waits longer than 15 s for a word: a wait is slept in pieces of ten, and between requests it is said after five,
#: since one request may take as long as its timeouts (seconds for a connection, and between two pieces of an answer).
_PIECE, _SAY_AFTER = timedelta(seconds=10), timedelta(seconds=5)
_TIMEOUTS = (4, 10)
_CHUNK = 64 * 1024
_HOPS = 3
_FLUSH_ROWS = 5_000
#: After so many units in a row that failed because the host did, it is left alone.
_GIVE_UP_AFTER = 3
_KEPT_HEADERS = re.compile(r"content-type|date|link|retry-after|(x-)?rate-?limit.*", re.IGNORECASE)
_NOT_SECRET = re.compile(r"max_id|min_id|since_id|limit|offset|page|cursor")


class Clock(Protocol):
    """The time, and a way to let it pass; tests bring their own."""

    def now(self) -> datetime:
        """The time, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        ...


@dataclass(frozen=True)
class Limits:
    """What one pull may take; each may be set in the source's configuration."""

    max_pages: int = 20
    max_requests: int = 50_000
    max_body_mb: int = 10
    deadline_minutes: int = 150
    refresh_days: int = REFRESH_DAYS
    backfill_days: int = 7


@dataclass
class _Unit:
    """One endpoint of one subject: what was asked of it, and what became of it."""

    endpoint: Endpoint
    subject: str
    status: str = "complete"
    reason: str | None = None
    pages: int = 0
    requests: int = 0
    bytes: int = 0


class _StopError(Exception):
    """A request that leads nowhere: why, and whether others would fare the same."""

    def __init__(self, why: str, record: dict[str, Any] | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.record = record


def read(
    lake: Lake, source: Source, days: set[date], platform: Platform, clock: Clock, say: Callable[[str], None]
) -> Iterator[Batch | FileReport]:
    """Everything that the platform shows, or that is stored of it, for `days`; and a report per endpoint and subject.

    The newest day comes first: its state is the one that passes. A day that is not over is left for later.
    """
    limits = Limits(**{f.name: source.options[f.name] for f in fields(Limits) if f.name in source.options})
    client = _Client(source, platform, limits, clock, say)
    for day in sorted(days, reverse=True):
        began = datetime.combine(day, time(), UTC)
        age = clock.now() - began
        if age < timedelta(days=1):
            say(f"pull {source.name} {day}: the day is not over; pull it again after midnight UTC")
            continue
        raw = RawPages(lake, source.name, day)
        # What was taken while it could be is worth more than what is left of it now.
        is_late = lake.is_pulled(source.name, day) or age > timedelta(days=limits.backfill_days)
        if age > FRESH and is_late and not raw.any():
            continue
        walk = _Walk(source, platform, limits, client, raw, day, is_live=age <= FRESH)
        walk.walk()
        if any(unit.pages for unit in walk.units.values()) or not lake.is_pulled(source.name, day):
            yield from walk.emit()


class _Walk:
    """One day of one platform: first the walk over its endpoints, then the rows of what is stored."""

    def __init__(
        self,
        source: Source,
        platform: Platform,
        limits: Limits,
        client: _Client,
        raw: RawPages,
        day: date,
        is_live: bool,
    ) -> None:
        self.source, self.platform, self.limits, self.client = source, platform, limits, client
        self.raw, self.day, self.is_live = raw, day, is_live
        began = datetime.combine(day, time(), UTC)
        self.ended = began + timedelta(days=1)
        self.may_backfill = client.clock.now() - began <= timedelta(days=limits.backfill_days)
        self.since = {False: began, True: began - timedelta(days=limits.refresh_days - 1)}
        self.units: dict[tuple[str, str], _Unit] = {}
        self.known = Known()
        self.full: set[str] = set()
        self.dated: set[str] = set()
        self.parents: dict[str, list[dict[str, Any]]] = defaultdict(list)

    # Walking

    def walk(self) -> None:
        """Ask, or find stored, every page of every endpoint."""
        for endpoint in self.platform.endpoints:
            subjects = self._subjects(endpoint)
            for number, subject in enumerate(subjects, start=1):
                unit = self.units[endpoint.name, subject] = _Unit(endpoint, subject)
                self.client.doing = f"{self.day}: {endpoint.name} {number} of {len(subjects)}"
                self._take(unit)
        self.client.report_progress(at_once=True)

    def _subjects(self, endpoint: Endpoint) -> list[str]:
        """Whom to ask an endpoint about: the parents' rows, or the configured; and everyone of whom pages are stored."""
        wanted: list[str] = []
        parents = [row for name in endpoint.parents for row in self.parents[name]]
        for row in parents:
            if row.get("author_key", row.get("account_key")) in self.known.flags:
                continue
            if not (endpoint.when and row.get(endpoint.when) == 0) and self._is_recent(row):
                wanted.append(row[endpoint.parent_field])
        is_root = not endpoint.parents
        if endpoint.fallback and not parents and not self.is_live:
            is_root = True
        if is_root:
            shape = endpoint.fallback if endpoint.parents else endpoint.subjects
            chosen = [subject for subject in self.source.options["subjects"] if re.fullmatch(shape or "", subject)]
            wanted += [",".join(chosen[i : i + endpoint.batch]) for i in range(0, len(chosen), endpoint.batch)]
        return list(dict.fromkeys([*wanted, *self.raw.subjects(endpoint.name)]))

    def _is_recent(self, row: dict[str, Any]) -> bool:
        """Whether a post is of the days that are refreshed. An account always is."""
        at = row.get("event_at")
        return at is None or self.since[True] <= at < self.ended

    def _take(self, unit: _Unit) -> None:
        """Bring one unit as far as it goes: stored pages first, then requests."""
        query: dict[str, str] = {}
        seen: set[str] = set()
        for number in range(self.limits.max_pages):
            record = self.raw.load(unit.endpoint.name, unit.subject, number)
            if record is None:
                record = self._ask(unit, query, number)
                if record is None:
                    return
            unit.pages += 1
            if not 200 <= record["status"] < 300:
                self._end(unit, f"{'gone' if record['status'] in (404, 410) else 'refused'}: HTTP {record['status']}")
                return
            rows = self._learn(unit, record, number)
            self.client.rows += sum(len(table) for table in rows.tables.values())
            self.client.report_progress()
            if self._is_past(unit.endpoint, record["body"]):
                return
            following = self._next(unit, record)
            if following is None:
                return
            if following in seen:
                self._end(unit, "repeated_cursor")
                return
            seen.add(following)
            query = dict(json.loads(following))
        self._end(unit, "page_cap")

    def _end(self, unit: _Unit, why: str, skipped: bool = False) -> None:
        good = unit.pages > 1 or (unit.pages and not why.startswith(("gone", "refused")))
        unit.status = "truncated" if good else "skipped" if skipped else "failed"
        unit.reason = why

    def _ask(self, unit: _Unit, query: dict[str, str], number: int) -> dict[str, Any] | None:
        """One page from the platform, stored; None where it may not be asked or gave nothing."""
        endpoint = unit.endpoint
        if not self.is_live and not (endpoint.backfillable and self.may_backfill):
            self._end(unit, "not_backfillable" if not endpoint.backfillable else "too_old", skipped=True)
            return None
        stopped = self.client.stopped(endpoint.name)
        if stopped is not None:
            self._end(unit, stopped, skipped=True)
            return None
        before = self.client.requests
        try:
            record = self.client.get(endpoint, unit.subject, query)
        except _StopError as stop:
            unit.requests += self.client.requests - before
            if stop.record is None:
                self._end(unit, stop.why, skipped=stop.why.startswith(("deadline", "max_requests")))
                return None
            record = stop.record
        else:
            unit.requests += self.client.requests - before
        unit.bytes += self.raw.store(endpoint.name, unit.subject, number, record)
        return record

    def _next(self, unit: _Unit, record: dict[str, Any]) -> str | None:
        """The query of the following page as one text, or None at the end."""
        endpoint = unit.endpoint
        if endpoint.paginator == "cursor_in_body":
            cursor = record["body"].get("cursor") if isinstance(record["body"], dict) else None
            return json.dumps([["cursor", cursor]]) if isinstance(cursor, str) and cursor else None
        if endpoint.paginator == "link_header":
            target = _next_link(record["headers"].get("link", ""))
            if target is None:
                return None
            here = self.client.url(endpoint, unit.subject)
            there = _joined(here, target)
            if _origin(there) != _origin(here) or urlsplit(there).path != urlsplit(here).path:
                # A link is text that somebody else wrote; it does not choose whom we ask.
                self._end(unit, "next_link_to_another_place")
                return None
            query = parse_qsl(urlsplit(there).query)
            return json.dumps(sorted(pair for pair in query if _NOT_SECRET.fullmatch(pair[0])))
        return None

    def _is_past(self, endpoint: Endpoint, body: Any) -> bool:
        """Whether the last item of a newest-first list is older than what is wanted."""
        items = body.get(endpoint.select) if endpoint.select and isinstance(body, dict) else body
        if endpoint.newest_first is None or not isinstance(items, list) or not items:
            return False
        try:
            at = endpoint.newest_first(items[-1])
        except SHAPE_ERRORS:
            return False
        return at is not None and at < self.since[endpoint.reaches_back]

    def _page(self, unit: _Unit, record: dict[str, Any], number: int) -> Page:
        fetched = datetime.fromisoformat(record["fetched_at"])
        return Page(
            platform=self.source.name,
            endpoint=unit.endpoint.name,
            subject=unit.subject,
            day=self.day,
            fetched_at=fetched,
            body=record["body"],
            ref=self.raw.ref(unit.endpoint.name, unit.subject, number),
            stale=fetched - self.since[False] > FRESH,
        )

    def _learn(self, unit: _Unit, record: dict[str, Any], number: int) -> Rows:
        """Read a page for what it tells about other pages: whom to ask next, and who is not to be shown."""
        rows = self.platform.normalise(self._page(unit, record, number), self.known)
        self.known.flags.update(rows.known.flags)
        self.known.accounts.update(rows.known.accounts)
        self.known.posts.update(rows.known.posts)
        self.parents[unit.endpoint.name] += rows.parents
        self.full.update(row["account_key"] for row in rows.tables["accounts"] if row["state_complete"])
        self.dated.update(
            row["interaction_key"]
            for row in rows.tables["interactions"]
            if row["kind"] == "share" and row["occurred_at"] is not None
        )
        return rows

    # Rows

    def emit(self) -> Iterator[Batch | FileReport]:
        """The rows of all stored pages, in the order of the walk; then the reports, which count exactly those."""
        waiting: dict[str, list[Any]] = {"accounts": [], "posts": [], "interactions": [], "quarantine": []}
        shown: dict[str, set[str]] = {"accounts": set(), "posts": set()}

        def flush(least: int) -> Iterator[Batch]:
            for table, rows in waiting.items():
                if len(rows) < max(1, least):
                    continue
                if table == "quarantine":
                    for of in sorted({row[0] for row in rows}):
                        chosen = [row[1:] for row in rows if row[0] == of]
                        yield Batch(table, self.day, quarantine_table(of, chosen))
                else:
                    yield Batch(table, self.day, rows_table(table, rows))
                rows.clear()

        totals: Counter[str] = Counter()
        for unit in self.units.values():
            landed: Counter[str] = Counter()
            bad: Counter[str] = Counter()
            notes: Counter[str] = Counter()
            times: list[datetime] = []
            for number in range(unit.pages):
                record = self.raw.load(unit.endpoint.name, unit.subject, number)
                if record is None or not 200 <= record["status"] < 300:
                    continue
                rows = self.platform.normalise(self._page(unit, record, number), self.known)
                notes += rows.notes
                for table, found in rows.tables.items():
                    kept = list(self._chosen(table, found, shown, notes))
                    landed[table] += len(kept)
                    waiting[table] += kept
                for row in rows.tables["interactions"]:
                    if row["occurred_at"] is not None:
                        times += [row["occurred_at"]]
                times = [min(times), max(times)] if times else []
                waiting["quarantine"] += rows.bad
                bad.update(table for table, *_ in rows.bad)
                self.client.report_progress()
                yield from flush(_FLUSH_ROWS)
            totals.update(notes)
            yield from self._reports(unit, landed, bad, notes, times)
        flags = self._flag_rows()
        if flags:
            yield Batch("accounts", self.day, rows_table("accounts", flags))
            reasons = Counter(flag_name(self.known.flags[row["account_key"]]) for row in flags)
            yield self._report("consent", "*", "accounts", len(flags), 0, "complete", f"people: {_counts(reasons)}")
        yield from flush(1)
        self._say_summary(totals)

    def _chosen(
        self, table: str, rows: list[dict[str, Any]], shown: dict[str, set[str]], notes: Counter[str]
    ) -> Iterator[dict[str, Any]]:
        """The rows that land: a full view of an account rather than a partial one, a dated share rather than an undated."""
        for row in rows:
            if table == "interactions":
                if row["occurred_at"] is None and row["interaction_key"] in self.dated:
                    notes["merged"] += 1
                    continue
            else:
                key = row["account_key" if table == "accounts" else "post_key"]
                if key in shown[table] or (table == "accounts" and not row["state_complete"] and key in self.full):
                    continue
                shown[table].add(key)
            yield row

    def _flag_rows(self) -> list[dict[str, Any]]:
        """One bare row for each person who is not to be shown: key and flag, so that earlier days forget them too."""
        rows = []
        for key, flags in sorted(self.known.flags.items()):
            rows.append(
                {
                    "account_key": key,
                    "native_id": key.partition(":")[2],
                    "account_type": "unknown",
                    "status": "active",
                    "state_complete": False,
                    "fetched_at": self.ended,
                    "source_endpoint": "consent",
                    **flags,
                }
            )
        return rows

    def _reports(
        self,
        unit: _Unit,
        landed: Counter[str],
        bad: Counter[str],
        notes: Counter[str],
        times: list[datetime],
    ) -> Iterator[FileReport]:
        main = unit.endpoint.table
        reason = "; ".join(one for one in (unit.reason, _counts(notes)) if one) or None
        for table in sorted({main, *landed, *bad}, key=lambda table: (table != main, table)):
            if table != main and not landed[table] and not bad[table]:
                continue
            report = self._report(
                unit.endpoint.name, unit.subject, table, landed[table], bad[table], unit.status, reason
            )
            if table == main:
                report.requests, report.pages, report.bytes = unit.requests, unit.pages, unit.bytes
            if table == "interactions" and times:
                report.oldest, report.newest = times
            yield report

    def _report(
        self, endpoint: str, subject: str, table: str, rows: int, bad: int, status: str, reason: str | None
    ) -> FileReport:
        report = FileReport(subject, table, endpoint, status, reason, rows_quarantined=bad, per_day={self.day: rows})
        report.quarantined_per_day[self.day] = bad
        return report

    def _say_summary(self, totals: Counter[str]) -> None:
        ends = Counter(
            f"{unit.endpoint.name} {unit.status}{f' ({unit.reason})' if unit.reason else ''}"
            for unit in self.units.values()
        )
        for text, number in sorted(ends.items()):
            self.client.say(f"pull {self.source.name} {self.day}: {number} × {text}")
        if totals:
            self.client.say(f"pull {self.source.name} {self.day}: rows left out: {_counts(totals)}")


class _Client:
    """One platform's host: a session, its policy, what was asked of it so far and why it was left alone."""

    def __init__(
        self, source: Source, platform: Platform, limits: Limits, clock: Clock, say: Callable[[str], None]
    ) -> None:
        self.source, self.limits, self.clock, self.say = source, limits, clock, say
        self.base = str(source.options["base_url"]).rstrip("/")
        self.deadline = clock.now() + timedelta(minutes=limits.deadline_minutes)
        self.policy = platform.policy(self.deadline)
        self.session = requests.Session()
        self.session.auth = lambda request: request  # else requests would look for passwords in ~/.netrc
        contact = source.options.get("contact")
        self.session.headers["User-Agent"] = (
            f"clout/0.1 (nightly influence statistics{f'; {contact}' if contact else ''})"
        )
        self.session.headers["Accept"] = "application/json"
        self.requests = self.rows = 0
        self.waited: dict[str, float] = defaultdict(float)
        self.doing = ""
        self.said_at = clock.now()
        self.not_before, self.why_not = clock.now(), "pace"
        self.gap = timedelta(0)
        self.failed_in_a_row = 0
        self._stopped: dict[str, str] = {}

    def stopped(self, endpoint: str) -> str | None:
        """Why an endpoint is not to be asked any more, if so."""
        if self.clock.now() >= self.deadline:
            return "deadline"
        return self._stopped.get("*") or self._stopped.get(endpoint)

    def url(self, endpoint: Endpoint, subject: str) -> str:
        """Where an endpoint is asked about a subject."""
        return self.base + endpoint.path.replace("{subject}", quote(subject, safe=""))

    def get(self, endpoint: Endpoint, subject: str, query: dict[str, str]) -> dict[str, Any]:
        """One page, as it is stored. Raises _StopError where there is none to be had."""
        params = list(endpoint.params.items())
        if endpoint.page_size is not None:
            params.append(("limit", str(endpoint.page_size)))
        if endpoint.subject_param is not None:
            parts = subject.split(",") if endpoint.batch > 1 else [subject]
            params += [(endpoint.subject_param, part) for part in parts]
        params = [(name, value) for name, value in params if name not in query] + list(query.items())
        url = self.url(endpoint, subject)
        for attempt in range(1, 1000):
            self._wait(self.not_before, self.why_not)
            response, record = self._once(url, params, attempt)
            verdict = self.policy.after(response, self.clock.now())
            good = 200 <= response.status < 300 and response.broken is None
            if isinstance(verdict, Wait):
                self.gap = timedelta(seconds=1) if verdict.slow_down else self.gap
                self.not_before, self.why_not = verdict.until, verdict.why
                if not good:
                    self._wait(verdict.until, verdict.why)
                    continue
            if good and record is not None:
                self.failed_in_a_row = 0
                if isinstance(verdict, StopEndpoint | StopPlatform):  # good, but the last
                    self._stop(verdict, endpoint)
                if not isinstance(verdict, Wait):
                    self.not_before, self.why_not = self.clock.now() + self.gap, "pace"
                record["request"] = {"path": url.removeprefix(self.base), "params": dict(endpoint.params)}
                return record
            if isinstance(verdict, Go):
                raise _StopError(f"refused: HTTP {response.status}")
            self._stop(verdict, endpoint, response, record)
        raise _StopError("too many tries")

    def _stop(
        self, verdict: Any, endpoint: Endpoint, response: Response | None = None, record: dict[str, Any] | None = None
    ) -> None:
        """Remember what a verdict ends; of a bad answer, end the unit too."""
        if isinstance(verdict, StopPlatform):
            self._stopped["*"] = verdict.why
        elif isinstance(verdict, StopEndpoint):
            self._stopped[endpoint.name] = verdict.why
        if response is None:
            return
        answered = isinstance(verdict, StopUnit) and 400 <= response.status < 500
        if answered:
            self.failed_in_a_row = 0
            # An answer about the subject, and as good as a page: it need not be asked again.
            stored = {**record, "body": None} if record is not None else None
            raise _StopError(verdict.why, record=stored)
        if response.broken or response.status >= 500:
            self.failed_in_a_row += 1
        if self.failed_in_a_row >= _GIVE_UP_AFTER:
            self._stopped.setdefault("*", f"the host fails: {verdict.why}")
        self.say(f"pull {self.source.name}: {endpoint.name}: {verdict.why}")
        raise _StopError(verdict.why)

    def _once(self, url: str, params: list[tuple[str, str]], attempt: int) -> tuple[Response, dict[str, Any] | None]:
        """One request with its redirects; the answer as the policy sees it, and as it is stored."""
        there, query = url, params
        for _ in range(_HOPS + 1):
            if self.requests >= self.limits.max_requests:
                self._stopped["*"] = "max_requests"
                raise _StopError("max_requests")
            self.requests += 1
            self.report_progress()
            try:
                with self.session.get(
                    there, params=query, timeout=_TIMEOUTS, allow_redirects=False, stream=True
                ) as answer:
                    headers = {name.lower(): value for name, value in answer.headers.items()}
                    if answer.is_redirect:
                        there, query = _joined(there, headers["location"]), []
                        if _origin(there) != _origin(url):
                            raise _StopError("redirect_to_another_host")
                        continue
                    data = self._body(answer)
            except requests.RequestException as error:
                # Only the kind: the text of the exception holds the whole URL.
                return Response(0, attempt=attempt, broken=f"no whole answer ({type(error).__name__})"), None
            return self._answer(answer.status_code, headers, data, attempt)
        raise _StopError("too many redirects")

    def _body(self, answer: requests.Response) -> bytes:
        data = bytearray()
        for chunk in answer.iter_content(_CHUNK):
            data += chunk
            self.report_progress()
            if len(data) > self.limits.max_body_mb * 1_000_000:
                raise _StopError("body_cap")
            if self.clock.now() > self.deadline:
                raise _StopError("deadline")
        return bytes(data)

    def _answer(
        self, status: int, headers: dict[str, str], data: bytes, attempt: int
    ) -> tuple[Response, dict[str, Any] | None]:
        broken, body = None, None
        try:
            body = json.loads(data, parse_constant=_no_constant)
        except (RecursionError, ValueError):
            if 200 <= status < 300:
                broken = f"HTTP {status} without JSON"
        record = {
            "status": status,
            "headers": {n: _without_secrets(v) for n, v in headers.items() if _KEPT_HEADERS.fullmatch(n)},
            "body": body,
            "fetched_at": self.clock.now().isoformat(),
        }
        return Response(status, headers, body, attempt, broken), record

    def _wait(self, until: datetime, why: str) -> None:
        """Let the time pass, and say why at least every 15 seconds."""
        while (left := until - self.clock.now()) > timedelta(0):
            piece = min(left, _PIECE)
            if piece > timedelta(seconds=1):
                self.say(f"pull {self.source.name} {self.doing}: waits until {until:%H:%M:%S} UTC: {why}")
                self.said_at = self.clock.now()
            self.waited[why.partition(" (")[0]] += piece.total_seconds()
            self.clock.sleep(piece.total_seconds())

    def report_progress(self, at_once: bool = False) -> None:
        """Say how far it is, unless that was just said."""
        now = self.clock.now()
        if not at_once and now - self.said_at < _SAY_AFTER:
            return
        self.said_at = now
        waits = ", ".join(f"{seconds:.0f} s ({why})" for why, seconds in self.waited.items())
        self.say(
            f"pull {self.source.name} {self.doing}: {self.requests} requests, {self.rows} rows"
            f"{f', waited {waits}' if waits else ''}"
        )


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counter.items()))


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", None, None


def _joined(base: str, target: str) -> str:
    try:
        return urljoin(base, target)
    except ValueError:  # as http://[::1, which no parser takes
        return ""


def _next_link(header: str) -> str | None:
    """The target of rel="next" in a Link header."""
    for target, rest in re.findall(r"<([^<>]*)>([^<]*)", header[:10_000]):
        if re.search(r'rel="?next\b', rest):
            return target
    return None


def _without_secrets(value: str) -> str:
    """A header without the values of parameters other than those that page."""

    def masked(found: re.Match[str]) -> str:
        return found[0] if _NOT_SECRET.fullmatch(found[2]) else f"{found[1]}{found[2]}=…"

    return re.sub(r"([?&])([^=&<>\s]+)=([^&<>\s]*)", masked, value)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def check(source: Source, platform: Platform) -> None:
    """Raise PoisonInput where no configured subject is of a form that the platform's endpoints take."""
    shapes = [endpoint.subjects for endpoint in platform.endpoints if not endpoint.parents]
    for subject in source.options["subjects"]:
        if not any(re.fullmatch(shape, subject) for shape in shapes):
            raise PoisonInput(f"source {source.name}: subjects: {subject!r} is of no form that {source.reader} knows")
