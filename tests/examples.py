"""Worked examples of queries, which are data: small tables, and what must come of them.

An example of a query is a folder tests/sql/<query>/<case>/ with one CSV file a table, or one file tests/sql/<query>/<case>.txt
in which each table stands under its name in brackets:

    [scores]
    person_id:STRING, score:DOUBLE
    ada, 61.5

    [expected]
    person_id, score
    ada, 61.5
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "sql"
EXPECTED, PARAMETERS = "expected", "parameters"


@dataclass(frozen=True)
class Example:
    """One example of a query: a folder, or a file."""

    place: Path

    @property
    def query(self) -> str:
        """The query, such as `ties` or `v2/ties`."""
        return self.place.parent.relative_to(FOLDER).as_posix()

    @property
    def name(self) -> str:
        """What the case is called."""
        return self.place.stem

    @cached_property
    def _texts(self) -> dict[str, str]:
        if self.place.is_dir():
            return {file.stem: file.read_text(encoding="utf-8") for file in sorted(self.place.iterdir())}
        _, *parts = re.split(r"^\[(\w+)\]\n", self.place.read_text(encoding="utf-8"), flags=re.MULTILINE)
        return dict(zip(parts[::2], parts[1::2], strict=True))

    @property
    def inputs(self) -> set[str]:
        """The tables that go in."""
        return self._texts.keys() - {EXPECTED, PARAMETERS}

    @property
    def parameters(self) -> str:
        """The parameters that differ, as TOML; nothing where none does."""
        return self._texts.get(PARAMETERS, "")

    def rows(self, table: str = EXPECTED) -> tuple[list[str], list[list[str]]]:
        """Header and rows of a table, without the comments."""
        lines = [line for line in self._texts[table].splitlines() if line.strip() and not line.startswith("#")]
        header, *rows = [[cell.strip() for cell in row] for row in csv.reader(lines, skipinitialspace=True)]
        for row in rows:
            assert len(row) == len(header), f"{self.place}, {table}: {row} has {len(row)} cells, not {len(header)}"
        return header, rows


def examples() -> list[Example]:
    """Every example, in order of queries and cases."""
    found = [file.parent for file in FOLDER.rglob(f"{EXPECTED}.csv")] + list(FOLDER.rglob("*/*.txt"))
    return [Example(place) for place in sorted(found)]
