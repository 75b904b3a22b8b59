"""What every reader gives to the puller: batches of canonical rows, and a report per file."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from clout.lake_schemas import QUARANTINE, SNAPSHOTS

#: Rows of a file are read, checked and written this many at a time.
BATCH_ROWS = 100_000


@dataclass
class Batch:
    """Rows of one table that belong to one day's snapshot."""

    table: str
    day: date
    rows: pa.Table


@dataclass
class FileReport:
    """What became of one file, or of one endpoint of one subject.

    `per_day` counts the rows that landed in each day's snapshot.
    """

    subject: str
    table: str
    endpoint: str
    status: str = "complete"
    reason: str | None = None
    bytes: int = 0
    modified: datetime | None = None
    requests: int = 0
    pages: int = 0
    cost_units: float = 0.0  # dollars
    rows_quarantined: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    #: Of files: their columns with the types, as `tabular.read_batches` describes them.
    columns: dict[str, str] = field(default_factory=dict)
    per_day: dict[date, int] = field(default_factory=dict)
    quarantined_per_day: dict[date, int] = field(default_factory=dict)
    #: Interactions and other rows of people who may not be shown: they did not land. And why, where it differs by day.
    excluded_per_day: dict[date, int] = field(default_factory=dict)
    left_out: dict[date, Counter[str]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows that landed, over all days."""
        return sum(self.per_day.values())

    def count(self, day: date, rows: int) -> None:
        """Add landed rows to a day."""
        self.per_day[day] = self.per_day.get(day, 0) + rows

    def exclude(self, day: date, reasons: Counter[str]) -> None:
        """Add rows of a day that may not be shown, by reason."""
        self.excluded_per_day[day] = self.excluded_per_day.get(day, 0) + reasons.total()
        self.left_out.setdefault(day, Counter()).update(reasons)

    def drift(self, before: list[dict[str, Any]]) -> str | None:
        """How the columns differ from those of the files of the same table in an earlier manifest; None where they do not.

        Added is what no earlier file has, dropped what all of them have, retyped what all have with another type.
        """
        known = [json.loads(row["columns"]) for row in before if row["table"] == self.table and row.get("columns")]
        if not known or not self.columns:
            return None
        types = {name: {columns.get(name) for columns in known} for columns in known for name in columns}
        found = {
            "added": [name for name in self.columns if name not in types],
            "dropped": [name for name, kinds in types.items() if name not in self.columns and None not in kinds],
            "retyped": [
                f"{name} from {' or '.join(sorted(filter(None, types[name])))} to {kind}"
                for name, kind in self.columns.items()
                if name in types and kind not in types[name]
            ],
        }
        return "; ".join(f"{word} {', '.join(sorted(names))}" for word, names in found.items() if names) or None

    def manifest_row(
        self,
        platform: str,
        day: date,
        started: datetime,
        source: str | None = None,
        before: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """The report as the manifest row of one day. `source` is the hash of the source's configuration, `before` the
        manifest of the last day that was pulled before it.
        """
        left_out = ", ".join(f"{reason} {number}" for reason, number in sorted(self.left_out.get(day, {}).items()))
        return {
            "platform": platform,
            "snapshot_date": day,
            "endpoint": self.endpoint,
            "subject": self.subject,
            "table": self.table,
            "source": source,
            "modified_at": self.modified,
            "requests": self.requests,
            "pages": self.pages,
            "rows": self.per_day.get(day, 0),
            "rows_quarantined": self.quarantined_per_day.get(day, 0),
            "rows_excluded": self.excluded_per_day.get(day, 0),
            "bytes": self.bytes,
            "cost_units": self.cost_units,
            "status": self.status,
            "reason": "; ".join(text for text in (self.reason, left_out) if text) or None,
            "columns": json.dumps(self.columns, sort_keys=True) if self.columns else None,
            "drift": self.drift(before or []),
            "oldest_seen": self.oldest,
            "newest_seen": self.newest,
            "started_at": started,
            "ended_at": datetime.now(UTC),
        }


class Stored(NamedTuple):
    """Size and time of writing of a file, and whether it surely belongs to the day that was asked about."""

    size: int
    modified: datetime
    is_sure: bool


def stored(file: Path, is_sure: bool = True) -> Stored:
    """A file as it lies there."""
    return Stored(file.stat().st_size, modified_at(file), is_sure)


def modified_at(file: Path) -> datetime:
    """When an export was last written: the best that is known of when its state was observed."""
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def short_hash(*parts: str | None) -> str:
    """32 hex digits over the parts; NULL and the empty string differ."""
    text = "\x1f".join("\x00" if part is None else part for part in parts)
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def rows_table(table: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows of a canonical table; columns that a row lacks are NULL."""
    return pa.Table.from_pylist(rows, schema=SNAPSHOTS[table])


def quarantine_table(table: str, bad: list[tuple[str, str, int, str]]) -> pa.Table:
    """Quarantine rows from (reason, file, row, raw)."""
    return pa.Table.from_pylist(
        [
            {"table": table, "reason": reason, "file": file, "row": row, "raw": raw[:1000]}
            for reason, file, row, raw in bad
        ],
        schema=QUARANTINE,
    )
