"""Source `files`: a folder of exports. How anyone brings an archive or an export of their own.

| file's name begins with | columns (rename with [source.columns])                                                   |
| anything else           | actor, target, kind, unix_ts or occurred_at; optionally post                              |
| accounts                | account; optionally handle, display_name, created_at, *_count, is_bot, opt_out, same_as … |
| posts                   | post, author, unix_ts or occurred_at; optionally post_type, lang, *_count                 |

A day (YYYY-MM-DD) in a file's path says whose snapshot it is: all its rows go there, and conform drops and counts those
that happened on another day. Rows of a file without a day go to the day on which they happened. Of accounts files, the
undated ones hold for every day, and the newest dated one that is not after the day.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import reduce
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from clout.addresses import hashed, profile_address
from clout.consent import NOBODY, UNSHOWN, Hidden, names_any
from clout.errors import PoisonInput
from clout.lake_schemas import ACCOUNT_LINKS, ACCOUNTS, INTERACTIONS, KINDS, POSTS, TIME
from clout.platforms.rows import Batch, FileReport, Stored, modified_at, quarantine_table, stored
from clout.platforms.tabular import BadRow, RowBatch, is_tabular, plain, read_batches
from clout.sources import Source

_DAY = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")
#: Also as databases print it: 2026-03-01 12:00:00+00, 2026-03-01 12:00:00 UTC
_ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?( ?(Z|UTC|[+-]([01]\d|2[0-3])(:?[0-5]\d)?))?)?$"
_ZONE = r"(Z|:\d{2}[+-]\d{2}(:?\d{2})?|\.\d+[+-]\d{2}(:?\d{2})?)$"
#: No id begins so or holds such: a nested JSON value, a quote after a space, a line break that a stray quote swallowed.
#: 1.23457E+17 is what a spreadsheet or a float leaves of a long id: many people would become one.
_NO_ID = r'^["{\[]|[\x00-\x1f\x7f]|^\d(\.\d+)?[eE]\+\d+$'
#: Endings of data that is not read. Anything else beside the exports (a checksum, a note) may lie there.
_OTHER_DATA = re.compile(r"(^accounts|\.(json|xlsx?|ods|zip|gz|bz2|xz|zst|7z|avro|orc|part|tmp))$")

#: Words for the five kinds that need no [source.kinds]. Compared without regard to case.
COMMON_KINDS = {
    **{kind: kind for kind in KINDS},
    **dict.fromkeys(("fav", "favorite", "favourite", "star", "reaction"), "like"),
    **dict.fromkeys(("rt", "retweet", "repost", "reblog", "boost", "fork"), "share"),
    **dict.fromkeys(("re", "comment", "answer"), "reply"),
    **dict.fromkeys(("mt", "at"), "mention"),
    **dict.fromkeys(("qt",), "quote"),
}

_UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_COLUMNS = {
    "interactions": ["actor", "target", "unix_ts", "occurred_at", "kind", "post"],
    "posts": [
        "post",
        "author",
        "unix_ts",
        "occurred_at",
        "post_type",
        "lang",
        "like_count",
        "reply_count",
        "share_count",
        "quote_count",
    ],
    "accounts": [
        "account",
        "handle",
        "display_name",
        "account_type",
        "created_at",
        "followers_count",
        "following_count",
        "posts_count",
        "listed_count",
        "verified",
        "is_protected",
        "is_bot",
        "is_minor",
        "opt_out",
        "status",
        "same_as",
    ],
}
_NEEDED: dict[str, list[tuple[str, ...]]] = {
    "interactions": [("actor",), ("target",), ("unix_ts", "occurred_at")],
    "posts": [("post",), ("author",), ("unix_ts", "occurred_at")],
    "accounts": [("account",)],
}
_POST_TYPES = ("original", "reply", "share", "quote")
_STATUSES = ("active", "moved", "suspended", "deleted", "unavailable")
_ACCOUNT_TYPES = ("person", "organization", "page", "group", "bot", "unknown")
_CONSENT = ("is_protected", "is_minor", "opt_out", "status")
_TRUE = ("1", "1.0", "true", "t", "yes", "y")
_FALSE = ("0", "0.0", "false", "f", "no", "n")


def read(source: Source, days: set[date], hidden: Hidden = NOBODY) -> Iterator[Batch | FileReport]:
    """Everything that the folder holds for `days`, then a report per file. Raises PoisonInput on an unreadable file.

    Without `hidden`, and without whom the accounts files that hold on a day declare to be a minor, opted out, protected,
    suspended or deleted: of these nothing lands but key and flag, so that earlier days forget them too.
    """
    ours = {name for columns in _COLUMNS.values() for name in columns}
    for name in source.columns:
        if name not in ours:
            raise PoisonInput(
                f"source {source.name}: columns.{name}: no column of ours; ours are {', '.join(sorted(ours))}"
            )
    files = [(file, _table_of(file), _day_of(source, file)) for file in _files(source)]
    if not files:
        raise PoisonInput(f"{source.path}: holds no .csv, .csv.gz, .jsonl or .parquet file")
    observed: set[date] = set()
    accounts = [(file, day) for file, table, day in files if table == "accounts"]
    consent = _Consent(source, accounts, days, hidden)
    for table in ("interactions", "posts"):
        for file, its_table, day in files:
            if its_table == table and (day is None or day in days):
                for item in _read_events(source, file, table, day, days, consent):
                    if isinstance(item, FileReport):
                        observed |= set(item.per_day)
                    yield item
    observed |= {day for _, day in accounts if day in days}
    yield from _read_accounts(source, accounts, observed, consent)


def _files(source: Source) -> list[Path]:
    found = [file for file in sorted(source.path.rglob("*")) if file.is_file()]
    shown = [file for file in found if not any(p.startswith((".", "_")) for p in file.relative_to(source.path).parts)]
    for file in shown:
        if _table_of(file) == "accounts" and not is_tabular(file) and _OTHER_DATA.search(file.name.lower()):
            raise PoisonInput(
                f"{file}: accounts in a form that is not read, and one may hold somebody's opt-out:"
                " export it as CSV, JSON lines or Parquet, or move it away"
            )
    return [file for file in shown if is_tabular(file)]


def inventory(source: Source, day: date) -> dict[str, Stored]:
    """Every file that the day's snapshot would be read from now, by its subject. Of a file without a day only reading it
    would show whether it holds rows of the day; but accounts hold for every day.
    """
    days = {file: _day_of(source, file) for file in _files(source)}
    accounts = _holding([(file, its_day) for file, its_day in days.items() if _table_of(file) == "accounts"], day)
    mine = [file for file, its_day in days.items() if _table_of(file) != "accounts" and its_day in (None, day)]
    found = {file: stored(file, is_sure=days[file] == day) for file in mine} | {file: stored(file) for file in accounts}
    return {str(file.relative_to(source.path)): it for file, it in found.items()}


def _holding(accounts: list[tuple[Path, date | None]], day: date) -> list[Path]:
    """The accounts files that hold on a day: the undated, and the newest dated ones that are not after it."""
    newest = max((its_day for _, its_day in accounts if its_day is not None and its_day <= day), default=None)
    return [file for file, its_day in accounts if its_day is None or its_day == newest]


def _table_of(file: Path) -> str:
    name = file.name.lower()
    return next((table for table in ("accounts", "posts") if name.startswith(table)), "interactions")


def _day_of(source: Source, file: Path) -> date | None:
    named = _DAY.findall(str(file.relative_to(source.path)))
    if not named:
        return None
    if len(set(_DAY.findall(file.name))) > 1:
        raise PoisonInput(
            f"{file}: its name holds several days; name it after the one day whose snapshot it is,"
            " or after none, to have its rows go to the days on which they happened"
        )
    try:
        return date.fromisoformat(named[-1])
    except ValueError as error:
        raise PoisonInput(f"{file}: {named[-1]} in its path is not a day; rename it") from error


def _batches(source: Source, file: Path, table: str, described: dict[str, str] | None = None) -> Iterator[RowBatch]:
    wanted = {ours: source.columns.get(ours, ours) for ours in _COLUMNS[table]}
    needed = list(_NEEDED[table])
    if table == "interactions" and "kind" not in source.options:
        needed.append(("kind",))
    if table == "accounts":
        # A consent column that was named and is not there would score whoever it protects.
        needed += [(name,) for name in _CONSENT if name in source.columns]
    names = source.options.get("column_names")
    consent = {word: ours for ours in _CONSENT for word in (plain(ours), *_ALSO.get(ours, ()))}
    guarded = {} if table != "accounts" else consent
    return read_batches(file, wanted, needed, source.options.get("delimiter"), names, guarded, described)


#: Other words for a consent column. A header that is nearly one of ours may hold somebody's "no".
_ALSO = {
    "is_protected": ("protected", "private", "isprivate"),
    "is_minor": ("minor",),
    "opt_out": ("optedout", "noindex"),
}


# Interactions and posts ------------------------------------------------------------------------------------------


def _read_events(
    source: Source, file: Path, table: str, file_day: date | None, days: set[date], consent: _Consent
) -> Iterator[Batch | FileReport]:
    """Rows of an interactions or posts file, split by the day they belong to; last, the file's report."""
    subject = str(file.relative_to(source.path))
    report = FileReport(
        subject=subject, table=table, endpoint="files", bytes=file.stat().st_size, modified=modified_at(file)
    )
    undatable: list[BadRow] = []
    good_rows = 0
    if file_day is not None:
        report.count(file_day, 0)  # a file without rows says that the day was quiet
    for batch in _batches(source, file, table, report.columns):
        bad = list(batch.bad)
        rows = (_interactions if table == "interactions" else _posts)(source, file, batch, bad)
        good_rows += rows.num_rows
        times = rows["occurred_at" if table == "interactions" else "event_at"]
        if rows.num_rows:
            first = pc.min(times).as_py()
            last = pc.max(times).as_py()
            report.oldest = min(report.oldest or first, first)
            report.newest = max(report.newest or last, last)
        undatable += bad
        if file_day is not None:
            rows = consent.shown(rows, file_day, report)
            report.count(file_day, rows.num_rows)
            if rows.num_rows:
                yield Batch(table, file_day, rows)
            continue
        row_days = times.cast(pa.timestamp("us")).cast(pa.date32(), safe=False)
        for day in sorted(set(row_days.unique().to_pylist())):
            if day in days:
                chosen = rows.filter(pc.equal(row_days, pa.scalar(day, pa.date32())))
                chosen = consent.shown(chosen, day, report)
                report.count(day, chosen.num_rows)
                yield Batch(table, day, chosen)
    if undatable and not good_rows:
        reason, row, _ = undatable[0]
        raise PoisonInput(f"{file}: every one of its {len(undatable)} rows was refused; the first, row {row}: {reason}")
    # A bad row of a file without a day might belong to any of its days: each of them keeps it, whichever are asked for.
    report.rows_quarantined = len(undatable)
    for day in sorted(report.per_day) if undatable else ():
        report.quarantined_per_day[day] = len(undatable)
        yield Batch("quarantine", day, consent.refused(table, subject, undatable, day))
    if report.per_day:
        yield report


class _Checked:
    """Collects what each field's check refused: row index -> the first reason."""

    def __init__(self) -> None:
        self.wrong: dict[int, str] = {}

    def __call__(self, checked: tuple[pa.Array, dict[int, str]]) -> pa.Array:
        values, wrong = checked
        for index, reason in wrong.items():
            self.wrong.setdefault(index, reason)
        return values


def _interactions(source: Source, file: Path, batch: RowBatch, bad: list[BadRow]) -> pa.Table:
    check = _Checked()
    table = pa.table(
        {
            "kind": check(_kinds(source, batch)),
            "actor_key": _keys(source, check(_ids(batch, "actor"))),
            "target_account_key": _keys(source, check(_ids(batch, "target"))),
            "target_post_key": _keys(source, check(_ids(batch, "post"))),
            "occurred_at": check(_times(source, batch)),
            "raw_ref": _raw_refs(source, file, batch),
        }
    )
    table = _without(table, batch, check.wrong, bad)
    rows = table.num_rows
    # DuckDB hashes a column at a time; a Python loop over a big archive would cost more than reading it.
    identity = (
        "md5(concat_ws('|', kind, coalesce(actor_key, '?'), coalesce(target_account_key, '?'),"
        " coalesce(target_post_key, ''), epoch_us(occurred_at))) AS k"
    )
    keys = duckdb.from_arrow(table).project(identity).to_arrow_table()["k"]
    columns = {
        **{name: table[name] for name in table.column_names},
        "interaction_key": keys,
        "occurred_precision": _same("exact", rows),
        "observed_via": _same("event_archive", rows),
        "is_removed": _same(False, rows),
        **_provenance(file, rows),
    }
    return _as(INTERACTIONS, columns)


def _posts(source: Source, file: Path, batch: RowBatch, bad: list[BadRow]) -> pa.Table:
    check = _Checked()
    native_ids = check(_ids(batch, "post", required=True))
    times = check(_times(source, batch))
    columns: dict[str, Any] = {
        "post_key": _keys(source, native_ids),
        "native_id": native_ids,
        "author_key": _keys(source, check(_ids(batch, "author"))),
        "post_type": check(_one_of(batch, "post_type", _POST_TYPES, empty="original", unreadable="original")),
        "created_at": times,
        "event_at": times,
        "lang": batch.columns["lang"],
        "raw_ref": _raw_refs(source, file, batch),
    }
    for name in ("like_count", "reply_count", "share_count", "quote_count"):
        columns[name] = check(_count(batch, name))
    table = _without(pa.table(columns), batch, check.wrong, bad)
    rows = table.num_rows
    columns = {name: table[name] for name in table.column_names}
    return _as(POSTS, {**columns, "is_deleted": _same(False, rows), **_provenance(file, rows)})


# Accounts --------------------------------------------------------------------------------------------------------


class _Consent:
    """Whom a day's snapshot may not show, by the accounts files that hold on the day and by `hidden`."""

    def __init__(
        self, source: Source, accounts: list[tuple[Path, date | None]], days: set[date], hidden: Hidden
    ) -> None:
        self.hidden = hidden
        self._holding = {day: tuple(_holding(accounts, day)) for day in days}
        files = {file for holding in self._holding.values() for file in holding}
        said = {file: dict(self._said(source, file)) for file in files}
        listed = dict.fromkeys(hidden.listed, "operator")
        #: Key and reason of everybody who may not be shown, by the files that hold.
        self._reasons = {
            holding: {key: why for each in (*(said[file] for file in holding), listed) for key, why in each.items()}
            for holding in set(self._holding.values())
        }
        self._keys = {holding: pa.array(list(reasons), pa.string()) for holding, reasons in self._reasons.items()}

    @staticmethod
    def _said(source: Source, file: Path) -> Iterator[tuple[str, str]]:
        for batch in _batches(source, file, "accounts"):
            rows = _accounts(source, file, batch, [])
            why = _why_not(rows)
            yield from zip(
                rows["account_key"].filter(pc.is_valid(why)).to_pylist(), why.drop_null().to_pylist(), strict=True
            )

    def reason(self, key: str | None, day: date) -> str | None:
        """Why an account may not be shown on a day; None where it may."""
        return self.hidden.reason(key) or self._reasons[self._holding[day]].get(key or "")

    def shown(self, rows: pa.Table, day: date, report: FileReport) -> pa.Table:
        """The rows that may be shown on a day; the report counts the others."""
        columns = [name for name in _WHO if name in rows.column_names]
        keys = self._keys[self._holding[day]]
        if self.hidden.erased.keys:
            there = {key for name in columns for key in pc.unique(rows[name]).to_pylist()}
            keys = pa.array([key for key in there if key is not None and self.reason(key, day)], pa.string())
        left_out = reduce(pc.or_, (pc.is_in(rows[name], keys) for name in columns))
        if not pc.any(left_out).as_py():
            return rows
        for row in rows.filter(left_out).select(columns).to_pylist():
            report.exclude(day, Counter([next(why for key in row.values() if (why := self.reason(key, day)))]))
        return rows.filter(pc.invert(left_out))

    def flag_rows(self, rows: pa.Table) -> pa.Table:
        """Of those whom an accounts file declares not to be shown nothing but key and flag, so that earlier days forget
        them too. Those whom `hidden` names need no flag.
        """
        why_not = _why_not(rows).to_pylist()
        mine = [
            why and not self.hidden.reason(key)
            for key, why in zip(rows["account_key"].to_pylist(), why_not, strict=True)
        ]
        flagged = rows.filter(pa.array(mine, pa.bool_()))
        kept = ("account_key", "native_id", "status", "fetched_at", "source_endpoint", *_FLAGS)
        bare = {"account_type": _same("unknown", flagged.num_rows), "state_complete": _same(False, flagged.num_rows)}
        return _as(ACCOUNTS, {name: flagged[name] for name in kept} | bare)

    def links(self, rows: pa.Table, day: date) -> pa.Table:
        """The links of a day: of those who may not be shown as hashes, of the erased none."""
        kept = []
        for row in rows.to_pylist():
            whys = [self.reason(row[name], day) for name in ("account_a", "account_b")]
            if "erased" not in whys and not self.hidden.is_erased_name(row["account_b"]):
                kept.append({**row, "account_b": hashed(row["account_b"])} if any(whys) else row)
        return pa.Table.from_pylist(kept, ACCOUNT_LINKS)

    def refused(self, table: str, subject: str, bad: list[BadRow], day: date) -> pa.Table:
        """Quarantine rows of a day, without the text of those that name somebody who may not be shown."""
        ids = {key.partition(":")[2] for key in self._reasons[self._holding[day]]}
        return quarantine_table(
            table, [(reason, subject, row, UNSHOWN if names_any(raw, ids) else raw) for reason, row, raw in bad]
        )


_WHO = ("account_key", "author_key", "actor_key", "target_account_key")
_FLAGS = ("is_protected", "is_minor", "opt_out")


def _why_not(accounts: pa.Table) -> pa.Array:
    """Why an account may not be shown, NULL where it may: as in sql/excluded.sql."""
    nobody = pa.scalar(None, pa.string())
    gone = pc.is_in(accounts["status"], pa.array(["suspended", "deleted"]))
    why = pc.if_else(gone, accounts["status"], nobody)
    for name, reason in (("is_protected", "protected"), ("opt_out", "opt_out"), ("is_minor", "minor")):
        why = pc.if_else(pc.fill_null(accounts[name], False), reason, why)
    return why


def _links(source: Source, accounts: pa.Table, batch: RowBatch, notes: list[BadRow]) -> pa.Table:
    """What the accounts declare in same_as: keys or profile addresses, with spaces between them."""
    rows = []
    for index, text in enumerate(batch.columns["same_as"].to_pylist()):
        for word in (text or "").split():
            is_key = re.fullmatch(r"[a-z][a-z0-9_]{0,30}:(?!//).+", word)
            declared = word if is_key else profile_address(word)
            if declared is None:
                reason = f"same_as: {word!r} is neither platform:id nor a profile's address (row kept)"
                notes.append((reason, batch.numbers[index], ""))
                continue
            origin = {name: accounts[name][index].as_py() for name in ("fetched_at", "source_endpoint", "raw_ref")}
            key = accounts["account_key"][index].as_py()
            rows.append({"account_a": key, "account_b": declared, "basis": "self_declared", **origin})
    return pa.Table.from_pylist(rows, ACCOUNT_LINKS)


def _read_accounts(
    source: Source, accounts: list[tuple[Path, date | None]], days: set[date], consent: _Consent
) -> Iterator[Batch | FileReport]:
    uses: dict[Path, list[date]] = {file: [] for file, _ in accounts}
    for day in sorted(days):
        for file in _holding(accounts, day):
            uses[file].append(day)
    for file, its_days in uses.items():
        subject = str(file.relative_to(source.path))
        report = FileReport(
            subject=subject, table="accounts", endpoint="files", bytes=file.stat().st_size, modified=modified_at(file)
        )
        for batch in _batches(source, file, "accounts", report.columns):
            notes: list[BadRow] = []
            rows = _accounts(source, file, batch, notes)
            links = _links(source, rows, batch, notes)
            flag_rows = consent.flag_rows(rows)
            for day in its_days:
                landed = pa.concat_tables([consent.shown(rows, day, report), flag_rows])
                report.count(day, landed.num_rows)
                if landed.num_rows:
                    yield Batch("accounts", day, landed)
                if links.num_rows:
                    yield Batch("account_links", day, consent.links(links, day))
                if notes:
                    yield Batch("quarantine", day, consent.refused("accounts", subject, notes, day))
        if report.per_day:
            yield report


def _accounts(source: Source, file: Path, batch: RowBatch, notes: list[BadRow]) -> pa.Table:
    """Account rows. Consent fails closed: a row that cannot be read stops the pull, since it may be somebody's "no";
    an unreadable consent flag counts as set. Any other unreadable field becomes NULL. `notes` gets what was changed.
    """
    identified = _Checked()
    native_ids = identified(_ids(batch, "account", required=True))
    unreadable = [
        *batch.bad,
        *((reason, batch.numbers[index], "") for index, reason in identified.wrong.items()),
    ]
    if unreadable:
        reason, row, _ = min(unreadable, key=lambda bad: bad[1])
        raise PoisonInput(
            f"{file}: row {row}: {reason}. An account row may hold somebody's opt-out, so none is skipped: mend the row"
        )
    check = _Checked()
    columns: dict[str, Any] = {
        "account_key": _keys(source, native_ids),
        "native_id": native_ids,
        "handle": batch.columns["handle"],
        "display_name": batch.columns["display_name"],
        "account_type": check(_one_of(batch, "account_type", _ACCOUNT_TYPES, empty="unknown", unreadable="unknown")),
        "created_at": check(_iso_times(batch.columns["created_at"], "created_at")),
        "status": check(_one_of(batch, "status", _STATUSES, empty="active", unreadable="suspended")),
        "state_complete": _same(True, len(batch.numbers)),
        "raw_ref": _raw_refs(source, file, batch),
        **_provenance(file, len(batch.numbers)),
    }
    for name in ("followers_count", "following_count", "posts_count", "listed_count"):
        columns[name] = check(_count(batch, name))
    for name in ("verified", "is_bot"):
        columns[name] = check(_flag(batch, name, unreadable=None))
    for name in ("is_protected", "is_minor", "opt_out"):
        columns[name] = check(_flag(batch, name, unreadable=True))
    for index, reason in sorted(check.wrong.items()):
        notes.append((f"{reason} (row kept)", batch.numbers[index], _raw(batch, index)))
    return _as(ACCOUNTS, columns)


# Fields ----------------------------------------------------------------------------------------------------------


def _keys(source: Source, ids: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(source.name, ids, ":", null_handling="emit_null")


def _ids(batch: RowBatch, name: str, required: bool = False) -> tuple[pa.Array, dict[int, str]]:
    """A column of ids, and the rows in which there can be none."""
    column = batch.columns[name]
    wrong = {
        index: f"{name}: {value!r} is not an id"
        for index, value in _failures(column, pc.invert(pc.fill_null(pc.match_substring_regex(column, _NO_ID), False)))
    }
    if required:
        wrong |= {index: f"{name}: is empty" for index in pc.indices_nonzero(pc.is_null(column)).to_pylist()}
    # pandas writes 88 as 88.0 in a column where another row is empty; it is the same person.
    return pc.replace_substring_regex(column, r"^(\d{1,15})\.0$", r"\1"), wrong


def _raw_refs(source: Source, file: Path, batch: RowBatch) -> pa.Array:
    numbers = pa.array(batch.numbers, pa.int64()).cast(pa.string())
    return pc.binary_join_element_wise(str(file.relative_to(source.path)), numbers, ":")


def _times(source: Source, batch: RowBatch) -> tuple[pa.Array, dict[int, str]]:
    """Microseconds UTC from unix_ts, else from occurred_at; and the rows whose time cannot be read."""
    unix, iso = batch.columns["unix_ts"], batch.columns["occurred_at"]
    times: pa.Array = pa.nulls(len(unix), TIME)
    wrong: dict[int, str] = {}
    if iso.null_count < len(iso):
        times, wrong = _iso_times(iso, "occurred_at")
    if unix.null_count < len(unix):
        unix_times, wrong_unix = _unix_times(source, unix)
        given = pc.is_valid(unix)
        times = pc.if_else(given, unix_times, times)
        wrong = {index: reason for index, reason in wrong.items() if not given[index].as_py()} | wrong_unix
    neither = pc.and_(pc.is_null(unix), pc.is_null(iso))
    return times, wrong | dict.fromkeys(pc.indices_nonzero(neither).to_pylist(), "unix_ts, occurred_at: is empty")


def _unix_times(source: Source, unix: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    if pa.types.is_timestamp(unix.type):
        return _range_checked(_utc(unix), "unix_ts", unix)
    multiplier = _UNITS[source.options.get("unix_unit", "s")]
    is_number = pc.fill_null(pc.match_substring_regex(unix, r"^-?\d{1,16}(\.\d*)?$"), False)
    text = pc.if_else(is_number, unix, pa.scalar(None, pa.string()))
    seconds = pc.multiply(text.cast(pa.float64()), float(multiplier))
    within = pc.and_(
        pc.greater_equal(seconds, _EARLIEST.timestamp() * 1e6), pc.less(seconds, _LATEST.timestamp() * 1e6)
    )
    within = pc.fill_null(within, False)
    micros = pc.round(pc.if_else(within, seconds, pa.scalar(None, pa.float64()))).cast(pa.int64())
    wrong = {
        index: f"unix_ts: {value!r} is not a time between 1990 and 2100 in {source.options.get('unix_unit', 's')}"
        for index, value in _failures(unix, pc.or_(within, pc.is_null(unix)))
    }
    return micros.cast(TIME), wrong


def _failures(values: pa.Array, good: pa.Array) -> Iterator[tuple[int, Any]]:
    """Index and value of every row that is not good."""
    for index in pc.indices_nonzero(pc.invert(good)).to_pylist():
        yield index, values[index].as_py()


def _iso_times(column: pa.Array, name: str) -> tuple[pa.Array, dict[int, str]]:
    if pa.types.is_timestamp(column.type):
        return _range_checked(_utc(column), name, column)
    shaped = pc.fill_null(pc.match_substring_regex(column, _ISO), False)
    text = pc.if_else(shaped, column, pa.scalar(None, pa.string()))
    # Arrow wants a zone in every text or in none; a time without a zone is taken as UTC.
    text = pc.replace_substring_regex(text, r" ?UTC$", "Z")
    text = pc.replace_substring_regex(text, r" (Z|[+-][\d:]+)$", r"\1")
    text = pc.replace_substring_regex(text, r"^(\d{4}-\d{2}-\d{2})$", r"\1 00:00")
    text = pc.if_else(pc.match_substring_regex(text, _ZONE + "|^$"), text, pc.binary_join_element_wise(text, "Z", ""))
    text = pc.replace_substring_regex(text, r"(\.\d{6})\d+", r"\1")
    try:
        times = text.cast(TIME)
    except pa.ArrowInvalid:  # the right shape and yet no time, as 2026-02-30
        times = pa.array([_iso_or_none(value) for value in text.to_pylist()], TIME)
    return _range_checked(times, name, column)


def _iso_or_none(value: str | None) -> datetime | None:
    try:
        return None if value is None else datetime.fromisoformat(value)
    except ValueError:
        return None


def _utc(column: pa.Array) -> pa.Array:
    if column.type.tz is None:
        return column.cast(pa.timestamp("us"), safe=False).cast(TIME)
    return column.cast(TIME, safe=False)


def _range_checked(times: pa.Array, name: str, given: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    within = pc.and_(pc.greater_equal(times, pa.scalar(_EARLIEST, TIME)), pc.less(times, pa.scalar(_LATEST, TIME)))
    good = pc.or_(pc.fill_null(within, False), pc.is_null(given))
    wrong = {
        index: f"{name}: {str(value)!r} is not a time between 1990 and 2100, like 2026-03-01T12:00:00Z"
        for index, value in _failures(given, good)
    }
    return pc.if_else(within, times, pa.scalar(None, TIME)), wrong


def _kinds(source: Source, batch: RowBatch) -> tuple[pa.Array, dict[int, str]]:
    if "kind" in source.options:
        return _same(source.options["kind"], len(batch.numbers)), {}
    words = {**COMMON_KINDS, **{theirs.lower(): ours for theirs, ours in source.kinds.items()}}
    column = batch.columns["kind"]
    places = pc.index_in(pc.utf8_lower(column), pa.array(list(words)))
    kinds = pa.array(list(words.values())).take(places)
    wrong = {
        index: f"kind: {value!r} is not known; map it under [source.kinds]" if value else "kind: is empty"
        for index, value in _failures(column, pc.is_valid(kinds))
    }
    return kinds, wrong


def _one_of(
    batch: RowBatch, name: str, words: tuple[str, ...], empty: str, unreadable: str
) -> tuple[pa.Array, dict[int, str]]:
    column = pc.fill_null(pc.utf8_lower(batch.columns[name]), empty)
    known = pc.is_in(column, pa.array(words))
    wrong = {
        index: f"{name}: {value!r} is not one of {', '.join(words)}; taken as {unreadable}"
        for index, value in _failures(column, known)
    }
    return pc.if_else(known, column, unreadable), wrong


def _count(batch: RowBatch, name: str) -> tuple[pa.Array, dict[int, str]]:
    column = batch.columns[name]
    whole = pc.match_substring_regex(column, r"^\d{1,18}(\.0*)?$")
    wrong = {
        index: f"{name}: {value!r} is not a whole number"
        for index, value in _failures(column, pc.fill_null(whole, True))
    }
    digits = pc.replace_substring_regex(column, r"\..*$", "")
    return pc.if_else(pc.fill_null(whole, False), digits, pa.scalar(None, pa.string())).cast(pa.int64()), wrong


def _flag(batch: RowBatch, name: str, unreadable: bool | None) -> tuple[pa.Array, dict[int, str]]:
    column = pc.utf8_lower(batch.columns[name])
    known = pc.or_(pc.is_in(column, pa.array([*_TRUE, *_FALSE])), pc.is_null(column))
    wrong = {
        index: f"{name}: {value!r} is neither true nor false; taken as {unreadable}"
        for index, value in _failures(column, known)
    }
    said = pc.if_else(pc.is_null(column), pa.scalar(None, pa.bool_()), pc.is_in(column, pa.array(_TRUE)))
    return pc.if_else(known, said, pa.scalar(unreadable, pa.bool_())), wrong


# Tables ----------------------------------------------------------------------------------------------------------


def _same(value: object, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value), rows)


def _provenance(file: Path, rows: int) -> dict[str, pa.Array]:
    return {
        "fetched_at": pa.repeat(pa.scalar(modified_at(file), TIME), rows),
        "source_endpoint": _same("files", rows),
    }


def _raw(batch: RowBatch, index: int) -> str:
    """The row as text, for the quarantine."""
    fields = ((name, column[index]) for name, column in batch.columns.items())
    return ",".join(f"{name}={value.as_py()}" for name, value in fields if value.is_valid)


def _without(table: pa.Table, batch: RowBatch, wrong: dict[int, str], bad: list[BadRow]) -> pa.Table:
    """The table without its wrong rows, which go to `bad` with their number and their text."""
    if not wrong:
        return table
    bad += [(reason, batch.numbers[index], _raw(batch, index)) for index, reason in sorted(wrong.items())]
    keep = [index for index in range(table.num_rows) if index not in wrong]
    return table.take(pa.array(keep, pa.int64()))


def _as(schema: pa.Schema, columns: dict[str, Any]) -> pa.Table:
    """The columns in the schema's order; those not given are NULL."""
    rows = len(next(iter(columns.values())))
    return pa.table(
        [columns[field.name] if field.name in columns else pa.nulls(rows, field.type) for field in schema],
        schema=schema,
    )
