"""Whom a day's snapshot of exports may not show, by the accounts files that hold on the day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from clout.addresses import hashed
from clout.consent import UNSHOWN, Hidden, names_any
from clout.lake_schemas import ACCOUNT_LINKS, ACCOUNTS
from clout.platforms.file_fields import same
from clout.platforms.file_ids import IdColumns, is_word
from clout.platforms.file_inventory import holding
from clout.platforms.file_rows import accounts_of, as_table
from clout.platforms.rows import FileReport, quarantine_table
from clout.platforms.tabular import BadRow, RowBatch
from clout.sources import Source

_WHO = ("account_key", "author_key", "actor_key", "target_account_key")
_FLAGS = ("is_protected", "is_minor", "opt_out")


class Consent:
    """Whom a day's snapshot may not show, by the accounts files that hold on the day and by `hidden`."""

    def __init__(
        self,
        source: Source,
        accounts: list[tuple[Path, date | None]],
        days: set[date],
        hidden: Hidden,
        batches: Callable[[Path, str], Iterator[RowBatch]],
    ) -> None:
        self.hidden = hidden
        self._batches = batches
        #: Who is named by a word that elsewhere means a missing value.
        self.words: set[str] = set()
        self._holding = {day: tuple(holding(accounts, day)) for day in days}
        files = {file for holding in self._holding.values() for file in holding}
        said = {file: dict(self._said(source, file)) for file in files}
        listed = dict.fromkeys(hidden.listed, "operator")
        #: Key and reason of everybody who may not be shown, by the files that hold.
        self._reasons = {
            holding: {key: why for each in (*(said[file] for file in holding), listed) for key, why in each.items()}
            for holding in set(self._holding.values())
        }
        self._keys = {holding: pa.array(list(reasons), pa.string()) for holding, reasons in self._reasons.items()}

    def _said(self, source: Source, file: Path) -> Iterator[tuple[str, str]]:
        ids = IdColumns(source)
        for batch in self._batches(file, "accounts"):
            rows = accounts_of(source, file, batch, [], ids)
            self.words |= set(filter(is_word, rows["native_id"].to_pylist()))
            why = _why_not(rows)
            yield from zip(
                rows["account_key"].filter(pc.is_valid(why)).to_pylist(), why.drop_null().to_pylist(), strict=True
            )
        ids.notes(file)

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
        ids = {key.partition(":")[2] for key in self._reasons[self._holding[day]]}
        # The rows of a query over several files say themselves in which they stand.
        return quarantine_table(
            table,
            [
                (reason, getattr(row, "file", subject), row, UNSHOWN if names_any(raw, ids) else raw)
                for reason, row, raw in bad
            ],
        )


def _why_not(accounts: pa.Table) -> pa.Array:
    """Why an account may not be shown, NULL where it may: as in sql/excluded.sql."""
    nobody = pa.scalar(None, pa.string())
    gone = pc.is_in(accounts["status"], pa.array(["suspended", "deleted"]))
    why = pc.if_else(gone, accounts["status"], nobody)
    for name, reason in (("is_protected", "protected"), ("opt_out", "opt_out"), ("is_minor", "minor")):
        why = pc.if_else(pc.fill_null(accounts[name], False), reason, why)
    return why
