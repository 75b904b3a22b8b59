"""The output of every reader: batches of canonical rows, and a report per file."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from clout.config.readers import Reader
from clout.config.sources import Source
from clout.lake.schemas import QUARANTINE, SNAPSHOTS
from clout.privacy.suppression import SuppressionList

#: Rows of a file are read, checked and written this many at a time.
BATCH_ROWS = 100_000


@dataclass
class Batch:
    """Rows of one table that belong to one day's snapshot."""

    table: str
    day: date
    rows: pa.Table


@dataclass
class PullReport:
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
    events: int = 0  # what could be read, whether or not it became rows; of hour files alone
    oldest: datetime | None = None
    newest: datetime | None = None
    #: Of files: their columns with the types, as `tabular.read_batches` describes them. Of answers: see Fields.columns.
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

    def drift(self, before: list[dict[str, Any]] | Formers) -> str | None:
        """How the columns differ from those told by the same endpoint for the same table in an earlier manifest.

        Added is what all have and none had before, dropped what all had and none has, retyped what has no type that it had.
        None where nothing is.
        """
        formers = before if isinstance(before, Formers) else Formers(before)
        had = formers.of(self.table, self.endpoint)
        if not had or not self.columns:
            return None
        found = {
            "added": [name for name, kind in self.columns.items() if name not in had and not kind.endswith(SOME)],
            "dropped": [
                name for name, kinds in had.items() if name not in self.columns and not any(map(_is_in_some, kinds))
            ],
            "retyped": [
                f"{name} from {' or '.join(sorted(types))} to {_type(kind)}"
                for name, kind in self.columns.items()
                if (types := {_type(former) for former in had.get(name, ())} - {""})
                and not any(_share_a_type(_type(kind), former) for former in types)
            ],
        }
        return "; ".join(f"{word} {', '.join(sorted(names))}" for word, names in found.items() if names) or None

    def manifest_row(
        self,
        platform: str,
        day: date,
        started: datetime,
        source: str | None = None,
        before: list[dict[str, Any]] | Formers | None = None,
    ) -> dict[str, Any]:
        """The report as the manifest row of one day. `source` is the hash of the source's configuration, `before` the
        manifest of the last day that was pulled before it, or what it tells of columns.
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


class Formers:
    """The columns that an earlier manifest tells, looked at once however many files are compared with them."""

    def __init__(self, manifest: list[dict[str, Any]]) -> None:
        texts: dict[tuple[str, str], set[str]] = {}
        for row in manifest:
            if row.get("columns"):
                texts.setdefault((row["table"], row["endpoint"]), set()).add(row["columns"])
        self._had: dict[tuple[str, str], dict[str, set[str]]] = {}
        for key, its_texts in texts.items():
            known = [json.loads(text) for text in its_texts]
            had = self._had.setdefault(key, {})
            for columns in known:
                for name, kind in columns.items():
                    had.setdefault(name, set()).add(kind)
            for name, number in Counter(name for columns in known for name in columns).items():
                if number < len(known):
                    had[name].add(SOME)

    def of(self, table: str, endpoint: str) -> dict[str, set[str]]:
        """The types that each column had there; with SOME among them where a file lacked it."""
        return self._had.get((table, endpoint), {})


#: Ends the type of what only some have; that of a column which a file lacks is nothing else.
SOME = "?"


def _type(kind: str) -> str:
    return kind.removesuffix(SOME)


def _is_in_some(kind: str) -> bool:
    return kind.endswith(SOME)


def _share_a_type(one: str, other: str) -> bool:
    """Whether two columns may be of one type. What was always null may be of any."""
    return not one or bool(set(one.split("|")) & set(other.split("|")))


class Fields:
    """Which fields the items of a platform's answers have, and of which types: for an API what columns are for a file.

    Of nested objects, too, by dotted names, but not of lists. Names and types only, never a value.
    """

    #: Fewer items say nothing about what all have.
    LEAST = 10
    #: What fewer than one in so many have is not told: it may be a map by people's ids.
    RARE = 20
    DEPTH = 3

    def __init__(self) -> None:
        self.items = 0
        self.there: Counter[str] = Counter()
        self.types: dict[str, set[str]] = {}

    def add(self, items: Any) -> None:
        """Look at a list of items, or at one that is an answer by itself."""
        for item in items if isinstance(items, list) else [items]:
            if isinstance(item, dict):
                self.items += 1
                self._look(item, "", self.DEPTH)

    def columns(self) -> dict[str, str]:
        """The fields with their types, such as "text" or "number|text"; with a ? behind where only some items have it."""
        if self.items < self.LEAST:
            return {}
        return {
            name: "|".join(sorted(self.types[name])) + (SOME if number < self.items else "")
            for name, number in self.there.items()
            if number * self.RARE >= self.items
        }

    def _look(self, item: dict[str, Any], prefix: str, depth: int) -> None:
        for key, value in item.items():
            name = f"{prefix}{key}"
            self.there[name] += 1
            types = self.types.setdefault(name, set())
            if isinstance(value, dict):
                types.add("object")
                if depth > 1:
                    self._look(value, f"{name}.", depth - 1)
            elif value is not None:
                types.add(JSON_TYPES.get(type(value), "list"))


JSON_TYPES = {str: "text", int: "number", float: "number", bool: "boolean"}


class Stored(NamedTuple):
    """Size and time of writing of a file, and whether it surely belongs to the day that was asked about."""

    size: int
    modified: datetime
    is_sure: bool


@dataclass(frozen=True)
class Exports(Reader):
    """A form of files. `read`: their rows of some days, then a report a file; `inventory`: the files of each day."""

    read: Callable[[Source, set[date], SuppressionList], Iterator[Batch | PullReport]]
    inventory: Callable[[Source, Iterable[date]], dict[date, dict[str, Stored]]]


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
            {"table": table, "reason": reason, "file": file, "row": row, "raw": raw[:1000].replace("\0", "\\0")}
            for reason, file, row, raw in bad
        ],
        schema=QUARANTINE,
    )
