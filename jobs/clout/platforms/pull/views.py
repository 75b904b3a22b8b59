"""Reads one object of an answer field by field. An unreadable field becomes NULL and is counted; the item stays.

Only ids, consent and time stop an item. Everything else that is of another type than it should be, or that no table can hold
(a negative counter, U+0000, half a surrogate pair), becomes NULL or is mended; the quarantine says so beside a row that is
kept, as it does for files, and the manifest counts it. What is missing is NULL without a word: that says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from clout.config.native_ids import normal_id
from clout.platforms.pull.pages import Rows, clean, count, instant, string


def native_id(value: Any, name: str, form: str | re.Pattern[str] = r".+") -> str:
    """An id in its normal form. Raises ValueError where there is none, or none of a form that the platform has."""
    found = normal_id(string(value, name))
    if not found or not re.fullmatch(form, found):
        raise ValueError(f"{name}: {str(value)[:60]!r} is no id")
    return found


class View:
    """One object of a page and the table that its fields go to. `place` is where the object lies, as in "author.labels"."""

    def __init__(self, rows: Rows, table: str, item: Any, place: str = "") -> None:
        if not isinstance(item, dict):
            raise TypeError(f"{place or table}: {type(item).__name__} is no object")
        self.rows, self.table, self.item, self.place = rows, table, item, place

    def __contains__(self, name: str) -> bool:
        """Whether the object says anything at all under a name."""
        return self.item.get(name) is not None

    def get(self, name: str) -> Any:
        """A field as it came; None where it is missing."""
        return self.item.get(name)

    def id(self, name: str, form: str | re.Pattern[str] = r".+") -> str:
        """An id that must be there. Raises ValueError where it cannot be read."""
        return native_id(self.item.get(name), self._named(name), form)

    def some_id(self, name: str, form: str | re.Pattern[str] = r".+") -> str | None:
        """An id without which the item stands all the same, as that of the post which is answered."""
        return self._read(name, lambda value: native_id(value, name, form), "is no id")

    def count(self, *names: str) -> int | None:
        """A counter, by the first of its names that is there; NULL where the platform did not say, which is not 0."""
        name = next((name for name in names if name in self), names[0])
        return self._read(name, lambda value: count(value, name), "is no count")

    def text(self, name: str) -> str | None:
        """A text; NULL where there is none or it is empty. Signs that no table can hold are replaced."""
        return self._text(name, self.item.get(name))

    def time(self, name: str) -> datetime | None:
        """A time in UTC."""
        return self._read(name, _time, "is no time")

    def time_needed(self, name: str) -> datetime:
        """A time without which the item is none. Raises ValueError where it cannot be read."""
        found = instant(self.item.get(name))
        if found is None:
            raise ValueError(f"{self._named(name)}: is no time")
        return found

    def flag(self, name: str) -> bool | None:
        """True, False, or NULL where the platform says neither."""
        return self._read(name, _only(bool), "is neither true nor false")

    def of(self, name: str) -> View:
        """The object in a field; one without fields where there is none."""
        found = self._read(name, _only(dict), "is no object")
        return View(self.rows, self.table, found or {}, self._named(name))

    def each(self, name: str) -> Iterator[View]:
        """The objects of the list in a field; what is none is noted and left out."""
        for item in self.list(name):
            if isinstance(item, dict):
                yield View(self.rows, self.table, item, self._named(name))
            else:
                self.note(name, item, "is no object")

    def texts(self, name: str) -> list[str]:
        """The texts of the list in a field."""
        return [text for item in self.list(name) if (text := self._text(name, item)) is not None]

    def list(self, name: str) -> list[Any]:
        """The list in a field; an empty one where there is none."""
        return self._read(name, _only(list), "is no list") or []

    def note(self, name: str, value: Any, why: str) -> None:
        """Say in the quarantine what became of a field of a row that is kept."""
        self.rows.note_field(self.table, f"{self._named(name)}: {str(value)[:40]!r} {why}", value)

    def noting(self, name: str) -> Callable[[Any, str], None]:
        """What says the same of values of a field, one at a time."""
        return lambda value, why: self.note(name, value, why)

    def _named(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def _text(self, name: str, value: Any) -> str | None:
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            self.note(name, value, "is no text; taken as NULL")
            return None
        mended = clean(value)
        if mended != value:
            self.note(name, value, "holds signs that no table can hold; they were replaced")
        return mended

    def _read(self, name: str, how: Callable[[Any], Any], why: str) -> Any:
        value = self.item.get(name)
        if value is None:
            return None
        try:
            return how(value)
        except (TypeError, ValueError):
            self.note(name, value, f"{why}; taken as NULL")
            return None


def _time(value: Any) -> datetime:
    found = instant(value)
    if found is None:
        raise ValueError
    return found


def _only(kind: type) -> Callable[[Any], Any]:
    """What refuses values of any other type."""

    def read(value: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError
        return value

    return read
