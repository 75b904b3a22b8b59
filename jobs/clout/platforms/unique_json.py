"""Refuses JSON objects that repeat a name: where one of the two values is a refusal of consent, neither can be trusted.

Python's json keeps the last of them, other readers the first. The same thing said twice is said once.
"""

from __future__ import annotations

from typing import Any


class SaidTwice(ValueError):
    """An object has a name twice, with different values. `names` are those names."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        super().__init__(f"{', '.join(map(repr, names))} stands twice in one object, and says two things")


class Twofold(dict[str, Any]):
    """An object with names that stand twice and say two things; `names` are these."""

    names: tuple[str, ...] = ()


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of some names and values: an object_pairs_hook. Raises SaidTwice."""
    found = dict(pairs)
    if len(found) < len(pairs) and (names := _twofold(pairs)):
        raise SaidTwice(names)
    return found


def marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The same, but for that a Twofold tells of such names: for whoever reads only some of them."""
    found = dict(pairs)
    if len(found) < len(pairs) and (names := _twofold(pairs)):
        twofold = Twofold(found)
        twofold.names = tuple(names)
        return twofold
    return found


def _twofold(pairs: list[tuple[str, Any]]) -> list[str]:
    said: dict[str, Any] = {}
    return sorted({name for name, value in pairs if repr(said.setdefault(name, value)) != repr(value)})
