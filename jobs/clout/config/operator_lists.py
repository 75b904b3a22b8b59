"""Reads the operator's own lists, CSV files that the sources' configuration names: exclusions, links, the released."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from clout.errors import InvalidInput

#: The operator's own files: option -> what it is called.
LISTS = {"exclude": "exclusion list", "links": "list of links", "released": "list of the released"}


@dataclass(frozen=True)
class Link:
    """The operator's word that two accounts are one person's, on the days from valid_from to valid_to, both included."""

    account_a: str
    account_b: str
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def accounts(self) -> tuple[str, str]:
        """The keys of both."""
        return self.account_a, self.account_b

    def holds_on(self, day: date) -> bool:
        """Whether the link is valid on a day."""
        return (self.valid_from or day) <= day <= (self.valid_to or day)


def exclusions(location: Path, name: object) -> dict[str, str]:
    """The accounts that are never scored, each with the reason."""
    excluded: dict[str, str] = {}
    for where, row in _rows(location, "exclude", name, ("account_key",)):
        # Scoring people who asked not to be scored is worse than not scoring at all.
        excluded[_account_key(where, row, "account_key")] = (row.get("reason") or "").strip() or "operator"
    return excluded


def released(location: Path, name: object) -> dict[str, date]:
    """The accounts whose no is over, each with the last day whose no it is."""
    found: dict[str, date] = {}
    for where, row in _rows(location, "released", name, ("account_key", "released_on")):
        key, on = _account_key(where, row, "account_key"), _day(where, row, "released_on")
        if on is None:
            raise InvalidInput(f"{where}: released_on '' is not a day like 2026-03-01")
        found[key] = max(on, found.get(key, on))
    return found


def links(location: Path, name: object) -> list[Link]:
    """The accounts of one person."""
    found = []
    for where, row in _rows(location, "links", name, ("account_a", "account_b")):
        one, other = (_account_key(where, row, column) for column in ("account_a", "account_b"))
        found.append(Link(one, other, _day(where, row, "valid_from"), _day(where, row, "valid_to")))
    return found


def _rows(location: Path, option: str, name: object, needed: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """Where and what of each row of a CSV file that the configuration names; none where it names no file."""
    if name is None:
        return
    if not isinstance(name, str):
        raise InvalidInput(f"{location}: {option} = {name!r} is not the name of a file")
    file = (location.parent / name).resolve()
    if not file.is_file():
        raise InvalidInput(f"{file}: the {LISTS[option]} that {location} names is missing; nobody is scored without it")
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream, strict=True)
        try:
            missing = [column for column in needed if column not in (rows.fieldnames or [])]
            if missing:
                raise InvalidInput(f"{file}: row 1: needs a column {' and a column '.join(missing)}")
            for row in rows:
                yield f"{file}: row {rows.line_num}", row
        except (csv.Error, UnicodeDecodeError) as error:
            raise InvalidInput(f"{file}: cannot be read as UTF-8 CSV after row {rows.line_num}: {error}") from error


def _account_key(where: str, row: dict[str, str], column: str) -> str:
    platform, colon, native_id = (row[column] or "").partition(":")
    key = f"{platform.strip()}{colon}{native_id.strip()}"
    if not re.fullmatch(r"[^:\s]+:.+", key):
        raise InvalidInput(f"{where}: {column} {key!r} is not of the form platform:id")
    return key


def _day(where: str, row: dict[str, str], column: str) -> date | None:
    """A day of a row; None where its cell is empty or there is none."""
    text = (row.get(column) or "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidInput(f"{where}: {column} {text!r} is not a day like 2026-03-01") from error
