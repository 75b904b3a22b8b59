"""Walks over a platform's endpoints for one day: stored pages first, then requests, and what pages tell of what to ask next."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from requests.utils import parse_header_links

from clout.config.sources import Source
from clout.lake.partitions import days_between
from clout.platforms.http.client import Client, Limits, StopError
from clout.platforms.http.raw_pages import RawPages
from clout.platforms.http.urls import PAGING, joined, origin
from clout.platforms.pull.compact_key_set import CompactKeySet
from clout.platforms.pull.pages import SHAPE_ERRORS, Endpoint, Page, PageContext, Platform, Rows, at
from clout.privacy.consent_ledger import said_by

#: What counts as "now": a state seen later than this after its day began is not the day's.
FRESH = timedelta(hours=36)
#: Reasons that leave a unit unasked rather than failed.
_LEFT_OUT = ("deadline", "max_requests", "budget", "credits", "daily_quota", "no_data")


@dataclass
class Unit:
    """One endpoint of one subject: what was asked of it, and what became of it."""

    endpoint: Endpoint
    subject: str
    status: str = "complete"
    reason: str | None = None
    pages: int = 0
    requests: int = 0
    bytes: int = 0
    mills: int = 0


class Walk:
    """One day of one platform: the walk over its endpoints. What it learnt is public, for the rows that are made of it."""

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
        self.units: dict[tuple[str, str], Unit] = {}
        self.known = PageContext(accounts=dict(source.options.get("titles", {})))
        self.full = CompactKeySet()
        self.dated = CompactKeySet()
        self.own_posts = CompactKeySet()
        self.parents: dict[str, list[dict[str, Any]]] = defaultdict(list)

    # Walking

    def walk(self) -> None:
        """Ask, or find stored, every page of every endpoint."""
        for endpoint in self.platform.configured(self.platform.endpoints, self.source.options):
            subjects = self._subjects(endpoint)
            for number, subject in enumerate(subjects, start=1):
                unit = self.units[endpoint.name, subject] = Unit(endpoint, subject)
                self.client.doing = f"{self.day}: {endpoint.name} {number} of {len(subjects)}"
                self._take(unit, self._share(endpoint, len(subjects) - number + 1))
        self.client.report_progress(at_once=True)

    def _subjects(self, endpoint: Endpoint) -> list[str]:
        """Whom to ask an endpoint about: the parents' rows, or the configured; and everyone of whom pages are stored."""
        wanted: list[str] = []
        parents = self._earlier(endpoint.parents[0]) if endpoint.earlier else self._parents(endpoint)
        for row in self.about(endpoint, parents):
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

    def about(self, endpoint: Endpoint, parents: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
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

    def _take(self, unit: Unit, share: int) -> None:
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

    def _end(self, unit: Unit, why: str, skipped: bool = False) -> None:
        good = unit.pages > 1 or (unit.pages and not why.startswith(("gone", "refused", "no_data")))
        unit.status = "truncated" if good else "skipped" if skipped else "failed"
        unit.reason = why

    def _ask(self, unit: Unit, query: dict[str, str], number: int, allowance: int) -> dict[str, Any] | None:
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

    def _next(self, unit: Unit, record: dict[str, Any], number: int) -> str | None:
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
            links = parse_header_links(record["headers"].get("link", "")[:10_000])
            target = next((link["url"] for link in links if "next" in link.get("rel", "").split()), None)
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

    def _next_cursor(self, unit: Unit, body: Any) -> str | None:
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

    def page(self, unit: Unit, record: dict[str, Any], number: int) -> Page:
        """A stored answer as normalisers read it."""
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

    def _learn(self, unit: Unit, record: dict[str, Any], number: int) -> Rows:
        """Read a page for what it tells about other pages: whom to ask next, and who is not to be shown."""
        rows = self.platform.normalise(self.page(unit, record, number), self.known)
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

    def _hear(self, known: PageContext) -> None:
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
