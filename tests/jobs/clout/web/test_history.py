"""Shows that everybody's scores of all days are found again, and are gone once no version shows them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from clout.web import copies, history

FIRST, SECOND = date(2026, 3, 13), date(2026, 3, 14)


class Published:
    """What is published of two days: somebody leaves, somebody comes, somebody has no score."""

    days: ClassVar = {
        FIRST: [("m:a", 1.0, 1.0, 2.25), ("m:b", 50.126, 40.0, 60.0), ("m:gone", 99.99, 99.0, 100.0)],
        SECOND: [("m:b", None, None, None), ("m:new", 7.0, 6.0, 8.0), ("m:a", 2.5, 1.5, 3.5)],
    }

    def batches(self, name: str, version: int, day: date) -> Iterator[pa.RecordBatch]:
        """The rows of a day, two at a time."""
        columns = ("person_id", "score", "score_low", "score_high")
        rows = pa.table(dict(zip(columns, map(list, zip(*self.days[day], strict=True)), strict=True)))
        return iter(rows.to_batches(max_chunksize=2))


def scores(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The rows without their names."""
    return [tuple(row.values()) for row in found]


def test_scores_are_found_by_person_and_day(tmp_path: Path) -> None:
    shown = {FIRST: 1, SECOND: 2}
    read = history.History(tmp_path)
    assert read.of("m:a", shown) == []
    history.add(tmp_path, Published(), 1, {FIRST: 1})  # type: ignore[arg-type] it only reads
    read.look()
    assert read.lacks(shown) == {SECOND: 2}
    history.add(tmp_path, Published(), 2, read.lacks(shown))  # type: ignore[arg-type] it only reads
    # Whoever has not looked again reads what was there.
    assert scores(read.of("m:a", shown)) == [(FIRST, 1.0, 1.0, 2.25)]
    read.look()
    assert scores(read.of("m:a", shown)) == [(FIRST, 1.0, 1.0, 2.25), (SECOND, 2.5, 1.5, 3.5)]
    assert scores(read.of("m:b", shown)) == [(FIRST, 50.13, 40.0, 60.0)]
    assert scores(read.of("m:new", shown)) == [(SECOND, 7.0, 6.0, 8.0)]
    assert read.of("m:unknown", shown) == []
    assert scores(read.of("m:a", {SECOND: 2})) == [(SECOND, 2.5, 1.5, 3.5)]


def test_day_that_no_version_shows_is_overwritten(tmp_path: Path) -> None:
    history.add(tmp_path, Published(), 1, {FIRST: 1, SECOND: 2})  # type: ignore[arg-type] it only reads
    read = history.History(tmp_path)
    read.look()
    gone = b"\x0f\x27"  # 99.99, of whoever left
    assert gone in (tmp_path / "history.bin").read_bytes()
    read.forget({SECOND: 2})
    assert gone not in (tmp_path / "history.bin").read_bytes()
    assert read.of("m:gone", {FIRST: 1}) == []
    assert scores(read.of("m:a", {FIRST: 1, SECOND: 2})) == [(SECOND, 2.5, 1.5, 3.5)]


def test_work_is_done_apart_and_its_failure_is_noticed(tmp_path: Path) -> None:
    copies.apart(os.mkdir, str(tmp_path / "made"))
    assert (tmp_path / "made").is_dir()
    with pytest.raises(OSError, match="ended with"):
        copies.apart(os.mkdir, str(tmp_path / "made"))
