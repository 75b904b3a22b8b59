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
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from clout.config.options import LOOPBACK
from clout.config.sources import Source
from clout.errors import PoisonInput
from clout.lake.partitions import Lake, days_between
from clout.lake.schemas import SNAPSHOTS
from clout.platforms.http.budget import Budget
from clout.platforms.http.client import PAGING, Client, Clock, Limits, StopError, days_over, joined, origin
from clout.platforms.http.raw_pages import RawPages, look_through
from clout.platforms.pull.pages import SHAPE_ERRORS, Endpoint, Known, Page, Platform, Rows, at, flag_name
from clout.platforms.pull.people import people_of
from clout.platforms.pull.rows import Batch, Fields, FileReport, quarantine_table, rows_table
from clout.platforms.pull.seen import Seen
from clout.privacy.consent_ledger import said_by
from clout.privacy.suppression import NOBODY, Hidden

#: What counts as "now": a state seen later than this after its day began is not the day's.
FRESH = timedelta(hours=36)
#: What happens at midnight is asked about a little later: some platforms refuse a window that ends just now.
_SETTLED = timedelta(seconds=15)
_FLUSH_ROWS = 5_000
#: Of more subjects than this, not all can be gone since yesterday.
_FEW = 2
#: What makes two rows of a table the same.
_KEYS = {
    "accounts": ("account_key",),
    "posts": ("post_key",),
    "account_links": ("account_a", "account_b", "basis"),
    "external_signals": ("account_key", "signal", "period_start"),
}
#: Reasons that leave a unit unasked rather than failed.
_LEFT_OUT = ("deadline", "max_requests", "budget", "credits", "daily_quota", "no_data")


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
    mills: int = 0


def read(
    lake: Lake,
    source: Source,
    days: set[date],
    platform: Platform,
    clock: Clock,
    say: Callable[[str], None],
    hidden: Hidden = NOBODY,
) -> Iterator[Batch | FileReport]:
    """Everything that the platform shows, or that is stored of it, for `days`; and a report per endpoint and subject.

    Without the people whom it shows to have asked for it, and without `hidden`.

    The newest day comes first: its state is the one that passes. A day that is not over is left for later.

    Money: endpoints are asked in their order, which is that of importance, and a page is asked smaller where a whole one
    might cost more than is left. Within an endpoint no subject starves the others: each may spend an equal share of what
    is left for those still to come (but always the smallest page that the platform gives, while there is money for one),
    what it leaves goes to the next ones, and every day another subject comes first.
    """
    _check(source, platform)
    limits = Limits.of(source.options)
    budget = Budget(lake, source.name, clock.now().date(), source.options.get("ceiling_usd", platform.ceiling_usd))
    with closing(Client(source, platform, limits, budget, clock, say)) as client:
        if client.lacks:
            say(f"pull {source.name}: {client.lacks}")
        for day, began, age in days_over(source, days, clock, say):
            raw = RawPages(lake, source.name, day, hidden)
            look_through(raw, age <= FRESH, say)
            # What was taken while it could be is worth more than what is left of it now.
            is_late = lake.is_pulled(source.name, day) or age > timedelta(days=limits.backfill_days)
            if age > FRESH and is_late and not raw.any():
                continue
            if client.lacks and not raw.any():
                if day == max(days) and not lake.is_pulled(source.name, day):
                    what = FileReport("*", "interactions", source.reader, "skipped", client.lacks, per_day={day: 0})
                    yield what
                continue
            client.not_before = max(client.not_before, began + timedelta(days=1) + _SETTLED)
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
        client: Client,
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
        self.times = {
            reaches_back: {"since": platform.write_time(since), "until": platform.write_time(self.ended)}
            for reaches_back, since in self.since.items()
        }
        self.units: dict[tuple[str, str], _Unit] = {}
        self.known = Known(accounts=dict(source.options.get("titles", {})))
        self.full = Seen()
        self.dated = Seen()
        self.own_posts = Seen()
        self.parents: dict[str, list[dict[str, Any]]] = defaultdict(list)

    # Walking

    def walk(self) -> None:
        """Ask, or find stored, every page of every endpoint."""
        for endpoint in self.platform.configured(self.platform.endpoints, self.source.options):
            subjects = self._subjects(endpoint)
            for number, subject in enumerate(subjects, start=1):
                unit = self.units[endpoint.name, subject] = _Unit(endpoint, subject)
                self.client.doing = f"{self.day}: {endpoint.name} {number} of {len(subjects)}"
                self._take(unit, self._share(endpoint, len(subjects) - number + 1))
        self.client.report_progress(at_once=True)

    def _subjects(self, endpoint: Endpoint) -> list[str]:
        """Whom to ask an endpoint about: the parents' rows, or the configured; and everyone of whom pages are stored."""
        wanted: list[str] = []
        parents = self._earlier(endpoint.parents[0]) if endpoint.earlier else self._parents(endpoint)
        for row in self._about(endpoint, parents):
            counters = {**row, **self.known.counters.get(row.get("post_key", ""), {})}
            if not (endpoint.when and counters.get(endpoint.when) == 0):
                wanted.append(row[endpoint.parent_field])
        is_root = not endpoint.parents
        if endpoint.fallback and not parents and not self.is_live:
            is_root = True
        if is_root:
            shape = endpoint.fallback if endpoint.parents else endpoint.subjects
            wanted += [subject for subject in self.source.options["subjects"] if re.fullmatch(shape or "", subject)]
        wanted = list(dict.fromkeys(wanted))
        stored = list(self.raw.subjects(endpoint.name))
        if endpoint.batch > 1:
            return self._batches(endpoint, wanted, stored)
        if endpoint.price and wanted:
            first = self.day.toordinal() % len(wanted)
            wanted = wanted[first:] + wanted[:first]
        return list(dict.fromkeys([*wanted, *stored]))

    def _parents(self, endpoint: Endpoint) -> list[dict[str, Any]]:
        return [row for name in endpoint.parents for row in self.parents[name]]

    def _about(self, endpoint: Endpoint, parents: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
        """The parents about whom an endpoint may be asked: who may be shown, and posts that are not too old."""
        return [
            row
            for row in (self._parents(endpoint) if parents is None else parents)
            if row.get("author_key", row.get("account_key")) not in self.known.flags and self._is_recent(row)
        ]

    def _batches(self, endpoint: Endpoint, wanted: list[str], stored: list[str]) -> list[str]:
        """The stored batches, and batches of those who are in none, in the order of the wanted."""
        taken = {one for batch in stored for one in batch.split(",")}
        left = [one for one in wanted if one not in taken]
        size = endpoint.batch
        if endpoint.price:
            size = min(size, self.client.budget.left // endpoint.price) or size
        batches = [",".join(left[i : i + size]) for i in range(0, len(left), size)]
        place = {one: number for number, one in enumerate(wanted)}
        return sorted([*stored, *batches], key=lambda batch: place.get(batch.split(",")[0], len(place)))

    def _share(self, endpoint: Endpoint, to_come: int) -> int:
        """What one unit may spend, in mills: see read()."""
        left = self.client.budget.left
        return left if endpoint.page_size is None else max(endpoint.price * endpoint.least_page, left // to_come)

    def _earlier(self, parent: str) -> list[dict[str, Any]]:
        """Posts of the refreshed days that earlier snapshots hold of an endpoint, and tonight's pages of it do not."""
        shown = {row["post_key"] for row in self.parents[parent]}
        people = {row.get("account_key") for rows in self.parents.values() for row in rows}
        names = ["post_key", "native_id", "author_key", "event_at", "post_type", "source_endpoint"]
        found = {}
        for day in days_between(self.since[True].date(), self.day - timedelta(days=1)):
            path = self.raw.lake.snapshot("posts", self.source.name, day)
            for row in self.raw.lake.read(path, names).to_pylist() if self.raw.lake.exists(path) else []:
                is_own = row["source_endpoint"] == parent and row["author_key"] in people
                if is_own and row["post_type"] != "share" and row["post_key"] not in shown:
                    found[row["post_key"]] = row
        return list(found.values())

    def _is_recent(self, row: dict[str, Any]) -> bool:
        """Whether a post is of the days that are refreshed. An account always is."""
        at = row.get("event_at")
        return at is None or self.since[True] <= at < self.ended

    def _take(self, unit: _Unit, share: int) -> None:
        """Bring one unit as far as it goes: stored pages first, then requests."""
        query: dict[str, str] = {}
        seen: set[str] = set()
        spent = self.client.budget.spent
        for number in range(self.limits.max_pages):
            record = self.raw.load(unit.endpoint.name, unit.subject, number)
            if record is None:
                record = self._ask(unit, query, number, share - (self.client.budget.spent - spent))
                if record is None:
                    return
            else:
                unit.mills += record.get("mills", 0)
            unit.pages += 1
            if not 200 <= record["status"] < 300:
                why = f"{'gone' if record['status'] in (404, 410) else 'refused'}: HTTP {record['status']}"
                why = record.get("why", why)
                self._end(unit, why, skipped=self._is_left_out(why))
                if unit.endpoint.probe and str(unit.reason).startswith("refused"):
                    self.client.stop(unit.endpoint, str(unit.reason))
                return
            rows = self._learn(unit, record, number)
            self.client.rows += sum(len(table) for table in rows.tables.values())
            self.client.report_progress()
            if self._is_past(unit.endpoint, record["body"]):
                return
            following = self._next(unit, record, number)
            if following is None:
                return
            if following in seen:
                self._end(unit, "repeated_cursor")
                return
            seen.add(following)
            query = dict(json.loads(following))
        self._end(unit, "page_cap")

    def _is_left_out(self, why: str) -> bool:
        """Whether a reason leaves units unasked rather than failed.

        So does a token that the platform refuses: the platform is not broken, it is as without credentials. Where no token
        is needed, a platform that wants one has closed its door, and that is a failure.
        """
        return why.startswith(_LEFT_OUT) or (self.platform.token is not None and why.startswith("auth"))

    def _end(self, unit: _Unit, why: str, skipped: bool = False) -> None:
        good = unit.pages > 1 or (unit.pages and not why.startswith(("gone", "refused", "no_data")))
        unit.status = "truncated" if good else "skipped" if skipped else "failed"
        unit.reason = why

    def _ask(self, unit: _Unit, query: dict[str, str], number: int, allowance: int) -> dict[str, Any] | None:
        """One page from the platform, stored; None where it may not be asked or gave nothing."""
        endpoint = unit.endpoint
        if not self.is_live and not (endpoint.backfillable and self.may_backfill):
            self._end(unit, "not_backfillable" if not endpoint.backfillable else "too_old", skipped=True)
            return None
        stopped = self.client.stopped(endpoint.name)
        if stopped is not None:
            self._end(unit, stopped, skipped=True)
            return None
        requests, spent = self.client.requests, self.client.budget.spent
        try:
            record = self.client.get(endpoint, unit.subject, query, self.times[endpoint.reaches_back], allowance)
        except StopError as stop:
            if stop.record is None:
                self._end(unit, stop.why, skipped=self._is_left_out(stop.why))
                return None
            record = stop.record
        finally:
            unit.requests += self.client.requests - requests
            unit.mills += self.client.budget.spent - spent
        unit.bytes += self.raw.store(endpoint.name, unit.subject, number, record)
        return record

    def _next(self, unit: _Unit, record: dict[str, Any], number: int) -> str | None:
        """The query of the following page as one text, or None at the end."""
        endpoint, body = unit.endpoint, record["body"]
        if endpoint.paginator == "cursor_in_body":
            return self._next_cursor(unit, body)
        if endpoint.paginator == "offset":
            following = (number + 1) * (endpoint.page_size or 1)
            links, total, items = at(body, "paging.links"), at(body, "paging.total"), at(body, endpoint.select)
            if isinstance(links, list):
                onward = [link for link in links if isinstance(link, dict) and link.get("rel") == "next"]
                goes_on = bool(onward)
                # Where a page holds fewer than asked for, the link may begin anew right after them.
                start = re.search(r"[?&]start=(\d{1,9})(?:&|$)", str(onward[0].get("href")) if onward else "")
                following = int(start[1]) if start else following
            elif isinstance(total, int):
                goes_on = following < total
            else:
                goes_on = isinstance(items, list) and len(items) >= (endpoint.page_size or 1)
            return json.dumps([["start", str(following)]]) if goes_on else None
        if endpoint.paginator == "link_header":
            target = _next_link(record["headers"].get("link", ""))
            if target is None:
                return None
            here = self.client.url(endpoint, unit.subject)
            there = joined(here, target)
            if origin(there) != origin(here) or urlsplit(there).path != urlsplit(here).path:
                # A link is text that somebody else wrote; it does not choose whom we ask.
                self._end(unit, "next_link_to_another_place")
                return None
            query = parse_qsl(urlsplit(there).query)
            return json.dumps(sorted(pair for pair in query if PAGING.fullmatch(pair[0])))
        return None

    def _next_cursor(self, unit: _Unit, body: Any) -> str | None:
        endpoint = unit.endpoint
        cursor = at(body, endpoint.cursor_path)
        if endpoint.next_path is not None:
            target = at(body, endpoint.next_path)
            if not isinstance(target, str):
                return None
            here = self.client.url(endpoint, unit.subject)
            if origin(joined(here, target)) != origin(here):
                self._end(unit, "next_link_to_another_place")
                return None
            if not isinstance(cursor, str) or not cursor:
                self._end(unit, "next_link_without_cursor")
        return json.dumps([[endpoint.cursor_param, cursor]]) if isinstance(cursor, str) and cursor else None

    def _is_past(self, endpoint: Endpoint, body: Any) -> bool:
        """Whether the last item of a newest-first list is older than what is wanted."""
        items = at(body, endpoint.select)
        if endpoint.newest_first is None or not isinstance(items, list) or not items:
            return False
        try:
            when = endpoint.newest_first(items[-1])
        except SHAPE_ERRORS:
            return False
        return when is not None and when < self.since[endpoint.reaches_back]

    def _page(self, unit: _Unit, record: dict[str, Any], number: int) -> Page:
        fetched = datetime.fromisoformat(record["fetched_at"])
        return Page(
            platform=self.source.platform,
            endpoint=unit.endpoint.name,
            subject=unit.subject,
            day=self.day,
            fetched_at=fetched,
            body=record["body"],
            ref=self.raw.ref(unit.endpoint.name, unit.subject, number),
            hidden=self.raw.hidden,
            stale=fetched - self.since[False] > FRESH,
            options=self.source.options,
        )

    def _learn(self, unit: _Unit, record: dict[str, Any], number: int) -> Rows:
        """Read a page for what it tells about other pages: whom to ask next, and who is not to be shown."""
        rows = self.platform.normalise(self._page(unit, record, number), self.known)
        for key, flags in rows.known.flags.items():
            self.known.flags[key] = {**self.known.flags.get(key, {}), **flags}
        self.known.names |= rows.known.names
        self._hear(rows.known)
        self.known.accounts.update(rows.known.accounts)
        self.known.posts.update(rows.known.posts)
        for key, columns in rows.known.counters.items():
            self.known.counters.setdefault(key, {}).update(columns)
        self.parents[unit.endpoint.name] += rows.parents
        for row in rows.tables["accounts"]:
            if row["state_complete"]:
                self.full.add(row["account_key"])
        for row in rows.tables["posts"]:
            if row["from_feed"]:
                self.own_posts.add(row["post_key"])
        for row in rows.tables["interactions"]:
            if row["kind"] == "share" and row["occurred_at"] is not None:
                self.dated.add(row["interaction_key"])
        return rows

    def _hear(self, known: Known) -> None:
        """Let the ledger of consent hear what a page says about it."""
        hearing = self.raw.hidden.hearing
        if hearing is None:
            return
        for key, flags in known.flags.items():
            for reason in said_by(flags):
                hearing.no(key, reason, self.day, self.source.reader)
        for key, reasons in known.contradicted.items():
            for reason in reasons:
                hearing.yes(key, reason, self.day)

    # Rows

    def emit(self) -> Iterator[Batch | FileReport]:
        """The rows of all stored pages, in the order of the walk; then the reports, which count exactly those."""
        self.taken = self._taken()
        self._note_the_gone()
        self._find_the_gone()
        self.asked = self._asked()
        waiting: dict[str, list[Any]] = {name: [] for name in SNAPSHOTS if name != "manifest"}
        shown = {table: Seen() for table in _KEYS}

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
        told: list[FileReport] = []
        actors: dict[str, Counter[bool]] = defaultdict(Counter)
        fields: dict[str, Fields] = defaultdict(Fields)
        last = {name: subject for name, subject in self.units}
        for unit in self.units.values():
            landed: Counter[str] = Counter()
            bad: Counter[str] = Counter()
            notes: Counter[str] = Counter()
            times: list[datetime] = []
            excluded = 0
            for number in range(unit.pages):
                record = self.raw.load(unit.endpoint.name, unit.subject, number)
                if record is None or not 200 <= record["status"] < 300:
                    continue
                fields[unit.endpoint.name].add(at(record["body"], unit.endpoint.select))
                rows = self.platform.normalise(self._page(unit, record, number), self.known)
                notes += rows.notes
                for table, found in rows.tables.items():
                    kept = list(self._chosen(table, found, shown, notes))
                    landed[table] += len(kept)
                    waiting[table] += kept
                for row in rows.tables["interactions"]:
                    actors[unit.endpoint.name][row["actor_key"] is not None] += 1
                    if row["occurred_at"] is not None:
                        times += [row["occurred_at"]]
                times = [min(times), max(times)] if times else []
                waiting["quarantine"] += rows.bad + rows.mended
                notes += Counter(unreadable_field=len(rows.mended), too_deep=record.get("cut", 0))
                bad.update(table for table, *_ in rows.bad)
                self.client.report_progress()
                excluded += rows.excluded
                yield from flush(_FLUSH_ROWS)
            totals.update(notes)
            reports = self._reports(unit, landed, bad, notes, times, excluded)
            if (
                unit.subject == last[unit.endpoint.name]
            ):  # what all answers of the endpoint looked like stands with the last
                reports[0].columns = fields[unit.endpoint.name].columns()
            told += reports
        yield from _with_nameless(told, actors)
        flags = self._flag_rows()
        if flags:
            yield Batch("accounts", self.day, rows_table("accounts", flags))
            reasons = Counter(flag_name(self.known.flags[row["account_key"]]) for row in flags)
            yield self._report("consent", "*", "accounts", len(flags), 0, "complete", f"people: {_counts(reasons)}")
        yield from flush(1)
        self._say_summary(totals)

    def _taken(self) -> dict[date, Seen]:
        """Of the refreshed days before this one, the interactions of the day itself that its snapshot holds."""
        taken = {}
        for day in days_between(self.since[True].date(), self.day - timedelta(days=1)):
            path = self.raw.lake.snapshot("interactions", self.source.name, day)
            if self.raw.lake.exists(path):
                taken[day] = Seen()
                rows = self.raw.lake.read(path, ["interaction_key", "occurred_at"])
                is_own = pc.equal(pc.cast(rows["occurred_at"], pa.date32()), pa.scalar(day))
                for batch in rows["interaction_key"].filter(is_own).chunks:
                    for key in batch.to_pylist():
                        taken[day].add(key)
        return taken

    def _note_the_gone(self) -> None:
        """Flag the subjects of whom the platform says that they are gone: 410 that they were deleted, 404 no more than that.

        That is an answer, and their units are complete. Where all of several subjects are said not to be found it is rather
        that the platform is asked at the wrong place.
        """
        for endpoint in {unit.endpoint.name: unit.endpoint for unit in self.units.values()}.values():
            if endpoint.named_by is None:
                continue
            units = [unit for unit in self.units.values() if unit.endpoint.name == endpoint.name]
            ends = [(unit, self.raw.load(endpoint.name, unit.subject, 0) or {}) for unit in units]
            gone = [(unit, end) for unit, end in ends if unit.pages == 1 and end.get("status") in (404, 410)]
            gone = [
                (unit, end) for unit, end in gone if "why" in end
            ]  # not what is kept in the place of an erased person
            if len(gone) == len(units) > _FEW and all(end["status"] == 404 for _, end in gone):
                continue
            names = {unit.subject: self._name_of(unit.subject) for unit, _ in gone}
            keys = people_of(self.raw.lake, self.source.name, self.day, set(names.values()), endpoint.named_by)
            for unit, end in gone:
                name = names[unit.subject]
                key = keys.get(name) or self.known.accounts.get(unit.subject) or f"{self.source.platform}:{name}"
                status = "deleted" if end["status"] == 410 else "unavailable"
                self.known.flags[key] = {**self.known.flags.get(key, {}), "status": status}
                unit.status = "complete"

    def _name_of(self, subject: str) -> str:
        """A subject as the platform's own snapshots have it: of a host's own people without the host."""
        name, _, host = subject.lower().partition("@")
        return name if host == urlsplit(self.source.options["base_url"]).hostname else subject.lower()

    def _find_the_gone(self) -> None:
        """Put flags that a platform gave by name alone on the accounts that earlier snapshots show under that name."""
        handles = {name: name.partition(":")[2] for name in self.known.names}
        keys = people_of(self.raw.lake, self.source.name, self.day, set(handles.values()))
        there = set(self.known.accounts.values()) if keys else set()
        for name, handle in handles.items():
            found = keys.get(handle)
            if found is not None and found not in there:
                flags = self.known.flags.pop(name)
                self.known.flags[found] = {**self.known.flags.get(found, {}), **flags}

    def _asked(self) -> dict[str, str]:
        """Of each post about which lists were asked, the kinds of interactions that they show."""
        kinds: dict[str, set[str]] = defaultdict(set)
        for endpoint in self.platform.configured(self.platform.endpoints, self.source.options):
            for row in self._about(endpoint) if endpoint.when else ():
                kinds[row["post_key"]].add(str(endpoint.when).removesuffix("_count"))
        return {key: " ".join(sorted(found)) for key, found in kinds.items()}

    def _is_taken(self, row: dict[str, Any]) -> bool:
        """Whether an interaction of an earlier day was landed on its day: then it need not be landed on this one again."""
        at = row["occurred_at"]
        return at is not None and at.date() in self.taken and row["interaction_key"] in self.taken[at.date()]

    def _chosen(
        self, table: str, rows: list[dict[str, Any]], shown: dict[str, Seen], notes: Counter[str]
    ) -> Iterator[dict[str, Any]]:
        """The rows that land: a full view of an account rather than a partial one, a post of its author's own feed rather than
        as others show it, a dated share rather than an undated.
        """
        for row in rows:
            if table == "interactions":
                if row["occurred_at"] is None and row["interaction_key"] in self.dated:
                    notes["merged"] += 1
                    continue
                if self._is_taken(row):
                    notes["taken_before"] += 1
                    continue
            else:
                if table == "accounts" and not row["state_complete"] and row["account_key"] in self.full:
                    continue
                if table == "posts":
                    if not row["from_feed"] and row["post_key"] in self.own_posts:
                        continue
                    row["lists_asked"] = self.asked.get(row["post_key"], "none")
                if not shown[table].add(tuple(row[name] for name in _KEYS[table])):
                    continue
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
        excluded: int,
    ) -> list[FileReport]:
        """A report for each table that a unit's rows went to, its endpoint's own first."""
        reports = []
        main = unit.endpoint.table
        reason = "; ".join(one for one in (unit.reason, _counts(notes)) if one) or None
        left_out = Counter({"interactions": excluded})
        for table in sorted({main, *landed, *bad, *left_out}, key=lambda table: (table != main, table)):
            if table != main and not landed[table] and not bad[table] and not left_out[table]:
                continue
            report = self._report(
                unit.endpoint.name, unit.subject, table, landed[table], bad[table], unit.status, reason
            )
            if table == main:
                report.requests, report.pages, report.bytes = unit.requests, unit.pages, unit.bytes
                report.cost_units = unit.mills / 1000
            report.excluded_per_day[self.day] = left_out[table]
            if table == "interactions" and times:
                report.oldest, report.newest = times
            reports.append(report)
        return reports

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


def _with_nameless(reports: list[FileReport], actors: Mapping[str, Counter[bool]]) -> list[FileReport]:
    """The reports, those of endpoints of which no row names its actor marked: they answered, and said nothing that counts.

    actors: by endpoint, how many interactions name their actor, and how many do not.
    """
    for report in reports:
        known = actors.get(report.endpoint, Counter())
        if report.table == "interactions" and report.rows and known[False] and not known[True]:
            report.status = "truncated" if report.status == "complete" else report.status
            why = f"nobody_named: none of {known[False]} rows names its actor"
            report.reason = "; ".join(text for text in (why, report.reason) if text)
    return reports


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counter.items()))


def _next_link(header: str) -> str | None:
    """The target of rel="next" in a Link header."""
    for target, rest in re.findall(r"<([^<>]*)>([^<]*)", header[:10_000]):
        if re.search(r'rel="?next\b', rest):
            return target
    return None


def _check(source: Source, platform: Platform) -> None:
    """Raise PoisonInput where a subject is of no form that the endpoints take, or a token would be sent in the clear."""
    there = urlsplit(source.options["base_url"])
    if platform.token is not None and there.scheme != "https" and there.hostname not in LOOPBACK:
        raise PoisonInput(f"source {source.name}: base_url must begin with https://, since a token is sent there")
    shapes = [shape for one in platform.endpoints for shape in (one.subjects if not one.parents else one.fallback,)]
    for subject in source.options["subjects"]:
        if not any(re.fullmatch(shape, subject) for shape in shapes if shape):
            raise PoisonInput(f"source {source.name}: subjects: {subject!r} is of no form that {source.reader} knows")
