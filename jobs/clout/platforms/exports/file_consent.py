"""The accounts that a day's snapshot of exports must leave out, by the accounts files that hold on that day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from clout.config.native_ids import look_alike, look_alike_key, look_alike_keys
from clout.config.sources import Source
from clout.lake.column_roles import people_of
from clout.lake.schemas import ACCOUNT_LINKS, ACCOUNTS
from clout.platforms.exports.file_fields import same
from clout.platforms.exports.file_ids import IdColumns, is_word
from clout.platforms.exports.file_inventory import holding
from clout.platforms.exports.file_meeting import Meeting
from clout.platforms.exports.file_rows import accounts_of, as_table
from clout.platforms.exports.tabular import BadRow, RowBatch
from clout.platforms.pull.rows import PullReport, quarantine_table
from clout.privacy.addresses import hashed
from clout.privacy.consent_ledger import FLAGS, Hearing, contradicted_by, said_by
from clout.privacy.suppression import UNSHOWN, SuppressionList

#: Columns that hold a key of somebody.
WHO = (*people_of("accounts"), *people_of("posts"), *people_of("interactions"))
_FLAGS = ("is_protected", "is_minor", "opt_out")
#: Fewer keys are looked up one by one: Arrow takes the whole list of those who may not be shown into its hand each time.
_FEW = 5_000


class Consent:
    """Whom a day's snapshot may not show, by the accounts files that hold on the day and by `hidden`."""

    def __init__(
        self,
        source: Source,
        accounts: list[tuple[Path, date | None]],
        days: set[date],
        hidden: SuppressionList,
        batches: Callable[[Path, str], Iterator[RowBatch]],
    ) -> None:
        self.hidden = hidden
        self._batches = batches
        #: Who is named by a word that elsewhere means a missing value.
        self.words: set[str] = set()
        self.meeting = Meeting(source)
        self._holding = {day: tuple(holding(accounts, day)) for day in days}
        files = {file for holding in self._holding.values() for file in holding}
        last = {file: max(day for day, holding in self._holding.items() if file in holding) for file in files}
        self._seen: dict[Path, list[pa.Array]] = {}
        said = {file: dict(self._said(source, file, last[file])) for file in files}
        if hidden.hearing:
            hidden.hearing.is_whole = max(days) >= hidden.hearing.newest
        #: Everybody who may not be shown, by the files that hold.
        self._unshown = {
            holding: _Unshown.of([said[file] for file in holding], [self._seen[file] for file in holding], hidden)
            for holding in set(self._holding.values())
        }

    def _said(self, source: Source, file: Path, day: date) -> Iterator[tuple[str, str]]:
        """Key and reason of whom a file shows not to be shown. The ledger hears it, as of the last day on which it holds."""
        meant = {form: key for key in sorted(self.hidden.listed) for form in _forms(key)}
        listed = pa.array(list(meant), pa.string())
        self._seen[file] = []
        ids = IdColumns(source)
        for batch in self._batches(file, "accounts"):
            rows = accounts_of(source, file, batch, [], ids)
            self.words |= set(filter(is_word, rows["native_id"].to_pylist()))
            keys = rows["account_key"].combine_chunks()
            self._seen[file].append(keys)
            why = _why_not(rows)
            self.meeting.describe(rows, keys.filter(pc.is_valid(why)))
            if self.hidden.hearing:
                _tell(self.hidden.hearing, rows, batch, why, file.name, day)
            yield from zip(keys.filter(pc.is_valid(why)).to_pylist(), why.drop_null().to_pylist(), strict=True)
            if len(listed):  # the list may name people by their handle
                handles = pc.fill_null(pc.utf8_lower(rows["handle"]).combine_chunks(), "")
                handles = look_alike_keys(pc.binary_join_element_wise(source.platform, handles, ":"))
                named = pc.is_in(handles, listed)
                for key, handle in zip(keys.filter(named).to_pylist(), handles.filter(named).to_pylist(), strict=True):
                    self._other_spelling(key, "operator", day)
                    if self.hidden.hearing:
                        self.hidden.hearing.met.add(meant[handle])
                    yield key, "operator"
        ids.notes(file)

    def _other_spelling(self, key: str, reason: str, day: date) -> None:
        if self.hidden.hearing:
            self.hidden.hearing.other_spelling(key, reason, day)

    def reason(self, key: str | None, day: date) -> str | None:
        """Why an account may not be shown on a day; None where it may."""
        if key is None:
            return None
        unshown = self._unshown[self._holding[day]]
        # What a file says of a person is no other's word: a list in another spelling, or the ledger.
        exact = "operator" if key in self.hidden.listed else "erased" if self.hidden.erased.holds(key) else None
        found = exact or unshown.reasons.get(key) or unshown.spelt.get(key)
        return found or (self.hidden.hearing.reason(key) if self.hidden.hearing else None)

    def shown(self, rows: pa.Table, day: date, report: PullReport) -> pa.Table:
        """The rows that may be shown on a day; the report counts the others."""
        if not rows.num_rows:  # a file without a row: its columns have no type
            return rows
        columns = [name for name in WHO if name in rows.column_names]
        unshown = self._unshown[self._holding[day]]
        erased, hearing = self.hidden.erased, self.hidden.hearing
        if not len(unshown.keys) and not erased.keys and not (hearing and hearing.holds_any()):
            return rows
        chunks = [chunk for name in columns for chunk in rows[name].chunks]
        there = pc.unique(pa.chunked_array(chunks, pa.string())).drop_null()
        met = unshown.among(there)
        for key in unshown.alike_among(there):
            if key not in unshown.spelt and (why := unshown.looks_like(key)):
                unshown.spelt[key] = why
                self._other_spelling(key, why, day)
        keys = [met, pa.array([key for key in there.to_pylist() if key in unshown.spelt], pa.string())]
        if erased.keys:
            keys.append(pa.array([key for key in there.to_pylist() if erased.holds(key)], pa.string()))
        if hearing:
            keys.append(pa.array(list(hearing.among(there)), pa.string()))
            hearing.meet(met)
        gone = pa.concat_arrays(keys)
        if not len(gone):
            return rows
        left_out = reduce(pc.or_, (pc.is_in(rows[name], gone) for name in columns))
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
            why and not self.hidden.without_ledger(key)
            for key, why in zip(rows["account_key"].to_pylist(), why_not, strict=True)
        ]
        flagged = rows.filter(pa.array(mine, pa.bool_()))
        kept = ("account_key", "native_id", "status", "fetched_at", "source_endpoint", *_FLAGS)
        bare = {"account_type": same("unknown", flagged.num_rows), "state_complete": same(False, flagged.num_rows)}
        return as_table(ACCOUNTS, {name: flagged[name] for name in kept} | bare)

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
        ids = self._unshown[self._holding[day]].ids
        # The rows of a query over several files say themselves in which they stand.
        return quarantine_table(
            table,
            [
                (reason, getattr(row, "file", subject), row, UNSHOWN if self.hidden.names_any(raw, ids) else raw)
                for reason, row, raw in bad
            ],
        )


@dataclass
class _Unshown:
    """Who may not be shown on some days: reasons by key, by what the keys look like, and the spellings that were met so far.

    own: keys that look like one of them and have a row of their own in the accounts files: other people.
    """

    reasons: dict[str, str]
    looks: dict[str, str]
    own: frozenset[str]
    keys: pa.Array
    alike: pa.Array
    spelt: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, said: list[dict[str, str]], seen: list[list[pa.Array]], hidden: SuppressionList) -> _Unshown:
        """From what accounts files say, each with the keys that have a row in it, and from the operator's list."""
        reasons = {key: why for each in (*said, dict.fromkeys(hidden.listed, "operator")) for key, why in each.items()}
        looks = {look_alike_key(key): why for key, why in reasons.items()}
        alike = pa.array(list(looks), pa.string())
        rows = [keys.filter(pc.is_in(look_alike_keys(keys), alike)) for each in seen for keys in each]
        there = {key for keys in rows for key in keys.to_pylist()}
        # A person of the list who has no row may be the one whose row is spelt otherwise.
        lost = {look_alike_key(key) for key in hidden.listed - there}
        own = frozenset(key for key in there - reasons.keys() if look_alike_key(key) not in lost)
        return cls(reasons, looks, own, pa.array(list(reasons), pa.string()), alike)

    @cached_property
    def ids(self) -> set[str]:
        """The ids of whom a reason is known."""
        return {key.partition(":")[2] for key in self.reasons}

    def among(self, keys: pa.Array) -> pa.Array:
        """Those of some keys of whom a reason is known."""
        if len(keys) < _FEW:
            return pa.array([key for key in keys.to_pylist() if key in self.reasons], pa.string())
        return keys.filter(pc.is_in(keys, self.keys))

    def alike_among(self, keys: pa.Array) -> list[str]:
        """Those of some keys that look like one of whom a reason is known."""
        if not self.looks:
            return []
        looks = look_alike_keys(keys)
        if len(keys) < _FEW:
            pairs = zip(keys.to_pylist(), looks.to_pylist(), strict=True)
            return [key for key, look in pairs if look in self.looks]
        return keys.filter(pc.is_in(looks, self.alike)).to_pylist()

    def looks_like(self, key: str) -> str | None:
        """The reason of whom a key looks like, without being somebody else's."""
        return None if key in self.reasons or key in self.own else self.looks.get(look_alike_key(key))


def _forms(key: str) -> set[str]:
    """What an entry of a list may mean, as look-alikes: an id, a handle, or the last part of a profile's address."""
    platform, _, name = key.partition(":")
    return {f"{platform}:{look_alike(part)}" for part in (name, name.rstrip("/").rpartition("/")[2]) if part}


def _tell(hearing: Hearing, rows: pa.Table, batch: RowBatch, why: pa.Array, by: str, day: date) -> None:
    """Let the ledger hear what account rows say: every no, and of those whom it holds back what contradicts it."""
    held = hearing.among(rows["account_key"].combine_chunks())
    told = pc.or_(pc.is_valid(why), pc.is_in(rows["account_key"], pa.array(list(held), pa.string())))
    # A status that the file does not state is no statement.
    status = pc.if_else(pc.is_valid(batch.columns["status"]), rows["status"], pa.scalar(None, pa.string()))
    columns = {name: rows[name] for name in ("account_key", *FLAGS)}
    for row in pa.table({**columns, "status": status}).filter(told).to_pylist():
        for reason in said_by(row):
            hearing.no(row["account_key"], reason, day, by)
        for reason in contradicted_by(row):
            hearing.yes(row["account_key"], reason, day)


def _why_not(accounts: pa.Table) -> pa.Array:
    """Why an account may not be shown, NULL where it may: as in sql/excluded.sql."""
    nobody = pa.scalar(None, pa.string())
    gone = pc.is_in(accounts["status"], pa.array(["suspended", "deleted", "unavailable"]))
    why = pc.if_else(gone, accounts["status"], nobody)
    for name, reason in (("is_protected", "protected"), ("opt_out", "opt_out"), ("is_minor", "minor")):
        why = pc.if_else(pc.fill_null(accounts[name], False), reason, why)
    return why
