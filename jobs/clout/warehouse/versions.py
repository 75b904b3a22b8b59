"""What a warehouse remembers of itself: versions, the log of what was published, and the files that hold its content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clout.errors import InvalidInput


class Conflict(InvalidInput):
    """Somebody else published the day in the meantime. Whoever wants to publish must look at it first."""


@dataclass(frozen=True)
class Version:
    """A published version of a day. `is_new` is false where the content was there already; `healed`: files put back;
    `left_out`: people of the content that a rollback shows who may not be shown any more.
    """

    version: int
    day: date
    run: str
    content_hash: str
    is_new: bool
    healed: tuple[str, ...] = ()
    left_out: int = 0


@dataclass(frozen=True)
class Release:
    """What a backend is asked to publish: audited files, and what is known of them."""

    day: date
    run: str
    content_hash: str
    tables: dict[str, list[dict[str, Any]]]
    staged_at: datetime
    model_version: str
    code_version: str
    warnings: int
    reason: str | None


@dataclass(frozen=True)
class LogEntry:
    """A row of meta.publish_log; the fields are its columns."""

    version: int
    ds: date
    run_id: str
    content_version: int
    published_at: datetime
    staged_at: datetime
    content_hash: str
    model_version: str
    code_version: str
    people: int
    warnings: int
    reason: str | None


@dataclass(frozen=True)
class DataFile:
    """A row of meta.published_files; the fields are its columns."""

    version: int
    ds: date
    table_name: str
    file: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Collected:
    """What gc forgot: the versions whose content is gone, and how many files or partitions went with orphans."""

    versions: list[int]
    files: int


def visible_versions(log: Sequence[LogEntry], version: int | None = None) -> dict[date, int]:
    """The content version of every day, as the log stood when `version` was the newest."""
    return {entry.ds: entry.content_version for entry in log if version is None or entry.version <= version}


def check_state(log: Sequence[LogEntry], parts: Sequence[DataFile], version: int) -> None:
    """Raise InvalidInput unless the state of `version` can be read."""
    if version not in {entry.version for entry in log}:
        raise InvalidInput(f"there is no version {version}; the newest is {log[-1].version if log else 'none'}")
    if not set(visible_versions(log, version).values()) <= {part.version for part in parts}:
        raise InvalidInput(f"gc has forgotten the state of version {version}")
