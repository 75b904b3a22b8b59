"""Makes the rows of a day's stored pages, and the reports that count exactly those."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from clout.lake.partitions import days_between
from clout.lake.schemas import SNAPSHOTS
from clout.platforms.pull.compact_key_set import CompactKeySet
from clout.platforms.pull.pages import at, flag_name
from clout.platforms.pull.people import people_of
from clout.platforms.pull.rows import Batch, Fields, PullReport, quarantine_table, rows_table
from clout.platforms.pull.walk import Unit, Walk

#: Of more subjects than this, not all can be gone since yesterday.
_FEW = 2
#: What makes two rows of a table the same.
_KEYS = {
    "accounts": ("account_key",),
    "posts": ("post_key",),
    "account_links": ("account_a", "account_b", "basis"),
    "external_signals": ("account_key", "signal", "period_start"),
}
_FLUSH_ROWS = 5_000


class Landing:
    """The rows of one walk, without those that earlier snapshots hold and without people who may not be shown."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk

    def rows(self) -> Iterator[Batch | PullReport]:
        """The rows of all stored pages, in the order of the walk; then the reports, which count exactly those."""
        self.taken = self._taken()
        self._note_the_gone()
        self._find_the_gone()
        self.asked = self._asked()
        waiting: dict[str, list[Any]] = {name: [] for name in SNAPSHOTS if name != "manifest"}
        shown = {table: CompactKeySet() for table in _KEYS}

        def flush(least: int) -> Iterator[Batch]:
            for table, rows in waiting.items():
                if len(rows) < max(1, least):
                    continue
                if table == "quarantine":
                    for of in sorted({row[0] for row in rows}):
                        chosen = [row[1:] for row in rows if row[0] == of]
                        yield Batch(table, self.walk.day, quarantine_table(of, chosen))
                else:
                    yield Batch(table, self.walk.day, rows_table(table, rows))
                rows.clear()

        totals: Counter[str] = Counter()
        told: list[PullReport] = []
        actors: dict[str, Counter[bool]] = defaultdict(Counter)
        fields: dict[str, Fields] = defaultdict(Fields)
        last = {name: subject for name, subject in self.walk.units}
        for unit in self.walk.units.values():
            landed: Counter[str] = Counter()
            bad: Counter[str] = Counter()
            notes: Counter[str] = Counter()
            times: list[datetime] = []
            excluded = 0
            for number in range(unit.pages):
                record = self.walk.raw.load(unit.endpoint.name, unit.subject, number)
                if record is None or not 200 <= record["status"] < 300:
                    continue
                fields[unit.endpoint.name].add(at(record["body"], unit.endpoint.select))
                rows = self.walk.platform.normalise(self.walk.page(unit, record, number), self.walk.known)
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
                self.walk.client.report_progress()
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
            yield Batch("accounts", self.walk.day, rows_table("accounts", flags))
            reasons = Counter(flag_name(self.walk.known.flags[row["account_key"]]) for row in flags)
            yield self._report("consent", "*", "accounts", len(flags), 0, "complete", f"people: {_counts(reasons)}")
        yield from flush(1)
        self._say_summary(totals)

    def _taken(self) -> dict[date, CompactKeySet]:
        """Of the refreshed days before this one, the interactions of the day itself that its snapshot holds."""
        taken = {}
        for day in days_between(self.walk.since[True].date(), self.walk.day - timedelta(days=1)):
            path = self.walk.raw.lake.snapshot("interactions", self.walk.source.name, day)
            if self.walk.raw.lake.exists(path):
                taken[day] = CompactKeySet()
                rows = self.walk.raw.lake.read(path, ["interaction_key", "occurred_at"])
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
        for endpoint in {unit.endpoint.name: unit.endpoint for unit in self.walk.units.values()}.values():
            if endpoint.named_by is None:
                continue
            units = [unit for unit in self.walk.units.values() if unit.endpoint.name == endpoint.name]
            ends = [(unit, self.walk.raw.load(endpoint.name, unit.subject, 0) or {}) for unit in units]
            gone = [(unit, end) for unit, end in ends if unit.pages == 1 and end.get("status") in (404, 410)]
            gone = [
                (unit, end) for unit, end in gone if "why" in end
            ]  # not what is kept in the place of an erased person
            if len(gone) == len(units) > _FEW and all(end["status"] == 404 for _, end in gone):
                continue
            names = {unit.subject: self._name_of(unit.subject) for unit, _ in gone}
            keys = people_of(
                self.walk.raw.lake, self.walk.source.name, self.walk.day, set(names.values()), endpoint.named_by
            )
            for unit, end in gone:
                name = names[unit.subject]
                key = (
                    keys.get(name)
                    or self.walk.known.accounts.get(unit.subject)
                    or f"{self.walk.source.platform}:{name}"
                )
                status = "deleted" if end["status"] == 410 else "unavailable"
                self.walk.known.flags[key] = {**self.walk.known.flags.get(key, {}), "status": status}
                unit.status = "complete"

    def _name_of(self, subject: str) -> str:
        """A subject as the platform's own snapshots have it: of a host's own people without the host."""
        name, _, host = subject.lower().partition("@")
        return name if host == urlsplit(self.walk.source.options["base_url"]).hostname else subject.lower()

    def _find_the_gone(self) -> None:
        """Put flags that a platform gave by name alone on the accounts that earlier snapshots show under that name."""
        handles = {name: name.partition(":")[2] for name in self.walk.known.names}
        keys = people_of(self.walk.raw.lake, self.walk.source.name, self.walk.day, set(handles.values()))
        there = set(self.walk.known.accounts.values()) if keys else set()
        for name, handle in handles.items():
            found = keys.get(handle)
            if found is not None and found not in there:
                flags = self.walk.known.flags.pop(name)
                self.walk.known.flags[found] = {**self.walk.known.flags.get(found, {}), **flags}

    def _asked(self) -> dict[str, str]:
        """Of each post about which lists were asked, the kinds of interactions that they show."""
        kinds: dict[str, set[str]] = defaultdict(set)
        for endpoint in self.walk.platform.configured(self.walk.platform.endpoints, self.walk.source.options):
            for row in self.walk.about(endpoint) if endpoint.when else ():
                kinds[row["post_key"]].add(str(endpoint.when).removesuffix("_count"))
        return {key: " ".join(sorted(found)) for key, found in kinds.items()}

    def _is_taken(self, row: dict[str, Any]) -> bool:
        """Whether an interaction of an earlier day was landed on its day: then it need not be landed on this one again."""
        at = row["occurred_at"]
        return at is not None and at.date() in self.taken and row["interaction_key"] in self.taken[at.date()]

    def _chosen(
        self, table: str, rows: list[dict[str, Any]], shown: dict[str, CompactKeySet], notes: Counter[str]
    ) -> Iterator[dict[str, Any]]:
        """The rows that land: a full view of an account rather than a partial one, a post of its author's own feed rather than
        as others show it, a dated share rather than an undated.
        """
        for row in rows:
            if table == "interactions":
                if row["occurred_at"] is None and row["interaction_key"] in self.walk.dated:
                    notes["merged"] += 1
                    continue
                if self._is_taken(row):
                    notes["taken_before"] += 1
                    continue
            else:
                if table == "accounts" and not row["state_complete"] and row["account_key"] in self.walk.full:
                    continue
                if table == "posts":
                    if not row["from_feed"] and row["post_key"] in self.walk.own_posts:
                        continue
                    row["lists_asked"] = self.asked.get(row["post_key"], "none")
                if not shown[table].add(tuple(row[name] for name in _KEYS[table])):
                    continue
            yield row

    def _flag_rows(self) -> list[dict[str, Any]]:
        """One bare row for each person who is not to be shown: key and flag, so that earlier days forget them too."""
        rows = []
        for key, flags in sorted(self.walk.known.flags.items()):
            rows.append(
                {
                    "account_key": key,
                    "native_id": key.partition(":")[2],
                    "account_type": "unknown",
                    "status": "active",
                    "state_complete": False,
                    "fetched_at": self.walk.ended,
                    "source_endpoint": "consent",
                    **flags,
                }
            )
        return rows

    def _reports(
        self,
        unit: Unit,
        landed: Counter[str],
        bad: Counter[str],
        notes: Counter[str],
        times: list[datetime],
        excluded: int,
    ) -> list[PullReport]:
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
            report.excluded_per_day[self.walk.day] = left_out[table]
            if table == "interactions" and times:
                report.oldest, report.newest = times
            reports.append(report)
        return reports

    def _report(
        self, endpoint: str, subject: str, table: str, rows: int, bad: int, status: str, reason: str | None
    ) -> PullReport:
        report = PullReport(
            subject, table, endpoint, status, reason, rows_quarantined=bad, per_day={self.walk.day: rows}
        )
        report.quarantined_per_day[self.walk.day] = bad
        return report

    def _say_summary(self, totals: Counter[str]) -> None:
        ends = Counter(
            f"{unit.endpoint.name} {unit.status}{f' ({unit.reason})' if unit.reason else ''}"
            for unit in self.walk.units.values()
        )
        for text, number in sorted(ends.items()):
            self.walk.client.say(f"pull {self.walk.source.name} {self.walk.day}: {number} × {text}")
        if totals:
            self.walk.client.say(f"pull {self.walk.source.name} {self.walk.day}: rows left out: {_counts(totals)}")


def _with_nameless(reports: list[PullReport], actors: Mapping[str, Counter[bool]]) -> list[PullReport]:
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
