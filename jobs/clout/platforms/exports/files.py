"""Source `files`: a folder of exports. How anyone brings an archive or an export of their own.

| file's name begins with | columns (rename with [source.columns])                                                   |
| anything else           | actor, target, kind, unix_ts or occurred_at; optionally post                              |
| accounts                | account; optionally handle, display_name, created_at, *_count, is_bot, opt_out, same_as … |
| posts                   | post, author, unix_ts or occurred_at; optionally post_type, lang, *_count                 |
| campaigns               | campaign, code, account, starts_on; optionally arm, ends_on, cost … (campaign_lists.py)   |
| outcomes                | code or url, and unix_ts, occurred_at or day; optionally event, value … (campaign_lists.py) |
| credentials             | account, kind, title, year, evidence_url, reviewed_by … (credential_list.py)              |
| endorsements            | giver, receiver, topic, given_on; optionally note (endorsement_list.py)                    |
| consents                | account, purpose, given_on, withdrawn_on; optionally evidence (consent_list.py)           |

A day (YYYY-MM-DD) in a file's path says whose snapshot it is: all its rows go there, and conform drops and counts those
that happened on another day. Rows of a file without a day go to the day on which they happened. Of accounts files, the
undated ones hold for every day, and the newest dated one that is not after the day; so do lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from clout.config.readers import SHORT, Rule
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.platforms.exports import file_inventory, file_query, lists
from clout.platforms.exports.campaign_lists import CAMPAIGNS, outcomes_of
from clout.platforms.exports.consent_list import CONSENTS
from clout.platforms.exports.credential_list import CREDENTIALS
from clout.platforms.exports.endorsement_list import ENDORSEMENTS
from clout.platforms.exports.file_consent import WHO, Consent
from clout.platforms.exports.file_ids import IdColumns
from clout.platforms.exports.file_inventory import check_passed, day_of, holding, look, passed_reports, table_of
from clout.platforms.exports.file_options import FileOptions
from clout.platforms.exports.file_query import Place, Queries, is_query
from clout.platforms.exports.file_refusals import Refusals, Unreadable
from clout.platforms.exports.file_rows import COLUMNS, Note, accounts_of, batches, interactions, links_of, posts
from clout.platforms.exports.tabular import BadRow, RowBatch
from clout.platforms.pull.rows import BATCH_ROWS, Batch, Exports, PullReport, Stored, stored
from clout.privacy.suppression import NOBODY, SuppressionList

#: What an operator keeps beside exports, by the beginning of the files' names.
LISTS = {"consents": CONSENTS, "campaigns": CAMPAIGNS, "credentials": CREDENTIALS, "endorsements": ENDORSEMENTS}


def read(source: Source, days: set[date], hidden: SuppressionList = NOBODY) -> Iterator[Batch | PullReport]:
    """Everything that the folder holds for `days`, then a report per file. Raises InvalidInput on an unreadable file.

    Without `hidden`, and without whom the accounts files that hold on a day declare to be a minor, opted out, protected,
    suspended or deleted: of these nothing lands but key and flag, so that earlier days forget them too.
    """
    ours = {name for columns in COLUMNS.values() for name in columns}
    for name in source.columns:
        if name not in ours:
            raise InvalidInput(
                f"source {source.name}: columns.{name}: no column of ours; ours are {', '.join(sorted(ours))}"
            )
    with Queries(source) if is_query(source) else _Plain(source) as exports:
        files = exports.files()
        check_passed(exports.passed, days)
        if not files:
            also = "".join(f"; {each.file.name} is {each.why}" for each in exports.passed[:3])
            raise InvalidInput(f"{source.path}: holds no .csv, .csv.gz, .jsonl or .parquet file{also}")
        observed: set[date] = set()
        accounts = [(file, day) for file, table, day in files if table == "accounts"]
        consent = Consent(source, accounts, days, hidden, exports.batches)
        refusals = Refusals(source)
        for table in ("interactions", "posts"):
            for file, its_table, day in files:
                if its_table == table and (day is None or day in days):
                    for item in _read_events(source, exports, file, table, day, days, consent, refusals):
                        if isinstance(item, PullReport):
                            observed |= set(item.per_day)
                        yield item
        refusals.check(f"source {source.name}")
        apart = "; ".join(filter(None, (consent.meeting.told(), consent.meeting.otherwise_called())))
        observed |= {day for _, day in accounts if day in days}
        listed = {table: [(file, day) for file, its_table, day in files if its_table == table] for table in LISTS}
        happened = [file for file, table, _ in files if table == "outcomes"]
        # Where nothing ever happens in a folder its lists hold all the same; elsewhere a day without events is not shown.
        if not any(table in ("interactions", "posts") for _, table, _ in files):
            observed |= {day for day in days if happened or any(holding(held, day) for held in listed.values())}
        for table, kind in LISTS.items():
            yield from lists.read(source, exports, table, kind, listed[table], observed, consent)
        if happened:
            outcomes = outcomes_of(source, hidden.erased.salted().hashed)
            yield from lists.read_dated(source, exports, "outcomes", outcomes, happened, observed, consent)
        for report in _read_accounts(source, exports, accounts, observed, consent):
            if apart and isinstance(report, PullReport):
                report.reason = "; ".join(filter(None, (report.reason, apart)))
            yield report
        yield from passed_reports(source, exports.passed, observed)
        if isinstance(exports, Queries):
            exports.check_some()


def inventory(source: Source, days: Iterable[date]) -> dict[date, dict[str, Stored]]:
    """Every file that each day's snapshot would be read from now, by its subject."""
    return (file_query.inventory if is_query(source) else file_inventory.inventory)(source, days)


class _Plain:
    """The files of a folder as they are: each file's name says of which table it is. See also file_query.Queries."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._folder = look(source)
        self.passed = self._folder.passed

    def __enter__(self) -> _Plain:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left open."""

    def files(self) -> list[tuple[Path, str, date | None]]:
        return [(file, table_of(file), day_of(self.source, file)) for file in self._folder.read]

    def subject(self, file: Path) -> str:
        return str(file.relative_to(self.source.path))

    def stored(self, file: Path) -> Stored:
        return stored(file)

    def batches(self, file: Path, table: str, described: dict[str, str] | None = None) -> Iterator[RowBatch]:
        return batches(self.source, file, table, described)

    def days(self, refs: pa.Array, times: pa.Array) -> pa.Array:
        return times.cast(pa.timestamp("us")).cast(pa.date32(), safe=False)


def _read_events(
    source: Source,
    exports: _Plain | Queries,
    file: Path,
    table: str,
    file_day: date | None,
    days: set[date],
    consent: Consent,
    refusals: Refusals,
) -> Iterator[Batch | PullReport]:
    """Rows of an interactions or posts file, split by the day they belong to; last, the file's report."""
    report = lists.report_of(exports, file, table)
    ids = IdColumns(source, consent.words)
    undatable: list[BadRow] = []
    its, unreadable, first_bad = Refusals(source), Unreadable(source), None
    if file_day is not None:
        report.count(file_day, 0)  # a file without rows says that the day was quiet
    for batch in exports.batches(file, table, report.columns):
        bad = list(batch.bad)
        notes: list[Note] = []
        rows = (interactions if table == "interactions" else posts)(source, file, batch, bad, ids, notes)
        its.add(rows.num_rows, bad)
        told = unreadable.add(rows.num_rows, [note for _, note in notes])
        consent.meeting.see(rows[name] for name in WHO if name in rows.column_names)
        times = rows["occurred_at" if table == "interactions" else "event_at"]
        if rows.num_rows:
            first = pc.min(times).as_py()
            last = pc.max(times).as_py()
            report.oldest = min(report.oldest or first, first)
            report.newest = max(report.newest or last, last)
        first_bad = first_bad or next(iter(bad), None)
        # Beyond that the text of a row tells nobody anything new, and would fill the memory.
        undatable += bad if its.refused < BATCH_ROWS else [(reason, row, "") for reason, row, _ in bad]
        if file_day is not None:
            if len(undatable) >= BATCH_ROWS:
                yield Batch("quarantine", file_day, consent.refused(table, report.subject, undatable, file_day))
                undatable.clear()
            if told:
                kept = [note for _, note in notes[:told]]
                yield Batch("quarantine", file_day, consent.refused(table, report.subject, kept, file_day))
            rows = consent.shown(rows, file_day, report)
            report.count(file_day, rows.num_rows)
            if rows.num_rows:
                yield Batch(table, file_day, rows)
            continue
        row_days = exports.days(rows["raw_ref"], times)
        for day, chosen in _by_day(rows, row_days):
            if day in days:
                chosen = consent.shown(chosen, day, report)
                report.count(day, chosen.num_rows)
                yield Batch(table, day, chosen)
                here = [note for place, note in notes[:told] if row_days[place].as_py() == day]
                if here:
                    yield Batch("quarantine", day, consent.refused(table, report.subject, here, day))
    if first_bad and not its.rows:
        reason, row, _ = first_bad
        at = f"{row.file} row {row}" if isinstance(row, Place) else f"row {row}"
        raise InvalidInput(f"{file}: every one of its {its.refused} rows was refused; the first, {at}: {reason}")
    its.check(file)
    refusals.join(its)
    mostly = f"most of its rows were refused: {its.told()}" if its.is_mostly else None
    report.reason = "; ".join(filter(None, (mostly, *ids.notes(file), *unreadable.told()))) or None
    # A bad row of a file without a day might belong to any of its days: each of them keeps it, whichever are asked for.
    report.rows_quarantined = its.refused
    for day in sorted(report.per_day) if its.refused else ():
        report.quarantined_per_day[day] = its.refused
        if undatable:
            yield Batch("quarantine", day, consent.refused(table, report.subject, undatable, day))
    if report.per_day:
        yield report


#: A file of fewer rows is sorted once, and cut; a slice of a larger one would keep all of it in memory.
_FEW = 2_000


def _by_day(rows: pa.Table, row_days: pa.ChunkedArray) -> Iterator[tuple[date, pa.Table]]:
    """The rows of each day, in their order."""
    days = sorted(set(row_days.unique().to_pylist()))
    if len(days) < 2:
        yield from ((day, rows) for day in days)
    elif rows.num_rows > _FEW:
        yield from ((day, rows.filter(pc.equal(row_days, pa.scalar(day, pa.date32())))) for day in days)
    else:
        order = pc.sort_indices(row_days)
        rows, counts = rows.take(order), Counter(row_days.to_pylist())
        start = 0
        for day in days:
            yield day, rows.slice(start, counts[day])
            start += counts[day]


def _read_accounts(
    source: Source,
    exports: _Plain | Queries,
    accounts: list[tuple[Path, date | None]],
    days: set[date],
    consent: Consent,
) -> Iterator[Batch | PullReport]:
    uses: dict[Path, list[date]] = {file: [] for file, _ in accounts}
    for day in sorted(days):
        for file in holding(accounts, day):
            uses[file].append(day)
    for file, its_days in uses.items():
        report = lists.report_of(exports, file, "accounts")
        ids, unreadable = IdColumns(source), Unreadable(source)
        for batch in exports.batches(file, "accounts", report.columns):
            notes: list[BadRow] = []
            rows = accounts_of(source, file, batch, notes, ids)
            links = links_of(source, rows, batch, notes)
            unreadable.add(rows.num_rows, notes)
            flag_rows = consent.flag_rows(rows)
            for day in its_days:
                landed = pa.concat_tables([consent.shown(rows, day, report), flag_rows])
                report.count(day, landed.num_rows)
                if landed.num_rows:
                    yield Batch("accounts", day, landed)
                if links.num_rows:
                    yield Batch("account_links", day, consent.links(links, day))
                if notes:
                    yield Batch("quarantine", day, consent.refused("accounts", report.subject, notes, day))
        unreadable.check(file)
        report.reason = "; ".join([*ids.notes(file), *unreadable.told()]) or None
        if report.per_day:
            yield report


READER = Exports(
    read,
    inventory,
    name="files",
    options=FileOptions,
    retention=(*SHORT[1:], Rule("outcomes", 97, "drop", "ours: what stands for a buyer goes with the window")),
)
