"""Counts why rows of exports are refused, in words that name the cure, and stops a source of which too much is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.platforms.exports.tabular import CONSENT, BadRow

#: Fewer refused rows stop nothing, unless they are all that a file has.
LEAST = 50
#: The share of a source's rows that may be refused, where it does not say.
MOST_UNREADABLE = 0.5
_VALUE = re.compile(r"'(?:[^'\\]|\\.)*'|\"[^\"]*\"")


class Refusals:
    """What was read and what was refused of a file, or of all files of a source."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.rows = 0
        self.refused = 0
        self.reasons: Counter[str] = Counter()

    def add(self, rows: int, bad: Sequence[BadRow]) -> None:
        """Count good and refused rows."""
        self.rows += rows
        self.refused += len(bad)
        self.reasons.update(_words(reason) for reason, _, _ in bad)
        if len(self.reasons) > 1000:
            self.reasons = Counter(dict(self.reasons.most_common(500)))

    def join(self, other: Refusals) -> None:
        """Add what another counted."""
        self.rows += other.rows
        self.refused += other.refused
        self.reasons.update(other.reasons)

    @property
    def is_mostly(self) -> bool:
        """Whether more rows were refused than read."""
        return self.refused > self.rows

    def told(self) -> str:
        """The reasons with their numbers, the most common first."""
        most = [f"{reason} ({number:,} times)" for reason, number in self.reasons.most_common(3)]
        return ", ".join([*most, "…"] if len(self.reasons) > 3 else most)

    def check(self, where: object) -> None:
        """Raises InvalidInput where a larger share was refused than the source allows."""
        most = self.source.options.get("most_unreadable", MOST_UNREADABLE)
        total = self.rows + self.refused
        if self.refused >= LEAST and self.refused > most * total:
            raise InvalidInput(
                f"{where}: {self.refused:,} of {total:,} rows were refused, more than most_unreadable = {most}: {self.told()};"
                " mend the files or how the source says they are read, or raise most_unreadable"
            )


def _words(reason: str) -> str:
    """A reason as it is counted: of kinds by the word, of others without the value, which is another in every row."""
    if reason.startswith("kind: "):
        return reason if len(reason) < 200 else reason[:200]
    return _VALUE.sub("…", reason, count=1)[:200]


class Unreadable:
    """Counts fields that could not be read, of which the row was kept."""

    #: So many of a file are told row by row; all are counted.
    TOLD = 100_000

    def __init__(self, source: Source) -> None:
        self.source = source
        self.rows = 0
        self.fields: Counter[str] = Counter()
        self.first: dict[str, str] = {}

    def add(self, rows: int, notes: Sequence[BadRow]) -> int:
        """Count rows and notes. Gives how many of these notes are to be told row by row."""
        self.rows += rows
        left = max(0, self.TOLD - self.fields.total())
        for reason, _, _ in notes:
            name = reason.partition(":")[0]
            self.fields[name] += 1
            self.first.setdefault(name, reason.removesuffix(" (row kept)")[:200])
        return min(left, len(notes))

    def told(self) -> list[str]:
        """What is to be said of fields that could not be read, with one that could not."""
        return [
            f"{name}: unreadable in {number:,} of {self.rows:,} rows ({self.first[name]})"
            for name, number in self.fields.most_common()
        ]

    def check(self, where: object) -> None:
        """Raises InvalidInput where consent is unreadable in most rows: nearly everybody would be left out."""
        most = self.source.options.get("most_unreadable", MOST_UNREADABLE)
        for name in CONSENT:
            number = self.fields[name]
            if number >= LEAST and number > most * self.rows:
                raise InvalidInput(
                    f"{where}: {name}: unreadable in {number:,} of {self.rows:,} rows, and all of these people would be left"
                    f" out: {self.first[name]}"
                )
