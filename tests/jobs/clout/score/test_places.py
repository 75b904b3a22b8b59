"""Stated places: what people write, and the place that is read of it. The lines are data, see places.csv."""

from __future__ import annotations

import csv
from pathlib import Path

from clout.score.places import Place, read


def _lines() -> list[dict[str, str]]:
    text = Path(__file__).with_name("places.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in text if not line.startswith("# ")))


def test_two_hundred_lines_are_read_right_and_none_confidently_wrong() -> None:
    lines, wrong, missed = _lines(), [], []
    for row in lines:
        found = read(row["line"])
        said = (found.country, found.admin1 or "", found.city or "") if isinstance(found, Place) else ("", "", "")
        meant = (row["country"], row["admin1"], row["city"])
        if said != meant:
            (wrong if said[0] else missed).append(f"{row['line']!r}: read as {found}, and is {meant}")
    assert len(lines) >= 200
    assert sum(not row["country"] for row in lines) >= 100
    assert not wrong, "\n".join(wrong)
    assert len(missed) <= 0.02 * len(lines), "\n".join(missed)


def test_nothing_is_read_of_nothing() -> None:
    assert read(None) is None
    assert read("  ") is None
    assert isinstance(read("x" * 5000), str)
