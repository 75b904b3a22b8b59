"""The golden week: seven nights of three sources, with a defect of every class, each night with the verdict it must get.

expected.csv says for each night what was planted, what became of it and which checks said so. After a deliberate change write
it anew and read the difference: REBUILD=1 make test ARGS=tests/golden_week
"""

from __future__ import annotations

import csv
import os
import re
from datetime import date, timedelta
from pathlib import Path

import audit
import conform
import publish
import pyarrow as pa
import pytest
import score
from clout.config.sources import read_sources
from clout.errors import InvalidInput
from clout.lake.partitions import Lake, window
from clout.lake.staging import Staged
from clout.platforms.pull.puller import pull
from clout.quality import drift
from clout.quality.baseline import Past
from clout.quality.tables import METRICS
from clout.score import evidence
from clout.score.model import read_model
from clout.warehouse.backends.duckdb_backend import DuckDBWarehouse
from golden_week import exports
from golden_week.exports import DEFECTS, MONDAY, SOURCES

pytestmark = pytest.mark.quality

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = Path(__file__).with_name("expected.csv")

#: Night by night: the day of the week, what is planted in which source; `mended`: the night is run again after that.
WEEK: list[tuple[int, dict[str, str]]] = [
    (0, {}),
    (1, {"chirp": "empty day"}),
    (2, {"toot": "duplicate file", "board": "late rows"}),
    (3, {"chirp": "schema added", "toot": "schema dropped", "board": "schema retyped"}),
    (4, {"toot": "cut gzip"}),
    (4, {"toot": "mended", "chirp": "bad UTF-8"}),
    (5, {"board": "cut Parquet"}),
    (5, {"board": "mended", "chirp": "NULL flood"}),
    (6, {"chirp": "needed column dropped"}),
    (6, {"chirp": "volume drop", "toot": "stale source"}),
]


class Nights:
    """A lake, a staging area and a warehouse, and the steps of jobs/night.py."""

    def __init__(self, folder: Path) -> None:
        self.exports = folder / "exports"
        self.sources = read_sources(exports.write(self.exports))
        self.model = read_model(ROOT / "sql" / "models" / "v2.toml")
        self.lake, self.staging = Lake(folder / "lake"), Lake(folder / "staging")
        self.warehouse = DuckDBWarehouse(folder / "warehouse")
        self.usual = METRICS.empty_table()

    def scored(self, day: date, run: str) -> Staged:
        """Everything up to the staged run."""
        for source in self.sources.sources:
            pull(self.lake, source, window(day, self.model.stored_days), say=lambda line: None)
        conform.conform(self.lake, self.sources, self.model, day)
        loaded = evidence.load(self.lake, self.sources, self.model, day)
        for task in evidence.TASKS:
            loaded.make(task)
        staged = Staged(self.staging, day, run)
        score.stage(loaded, self.lake, staged)
        Past(self.past(day)).write(staged)
        return staged

    def past(self, day: date) -> pa.Table:
        """Eight weeks, each day of which was as the day before the golden week."""
        days = [day - timedelta(days=ago) for ago in range(1, 57)]
        as_on = METRICS.field("ds")
        of_days = [self.usual.set_column(0, as_on, pa.repeat(pa.scalar(each), self.usual.num_rows)) for each in days]
        return pa.concat_tables(of_days)

    def night(self, day: date, run: str) -> tuple[str, str]:
        """What becomes of a night, and what says so."""
        try:
            staged = self.scored(day, run)
        except InvalidInput as stopped:
            return "stopped before anything is computed", re.sub(
                r"\S*/exports/|:? (Opening|Expected).*|; .*", "", str(stopped)
            )
        verdict = audit.judge(self.lake, staged)
        said = ", ".join(sorted(f"{c.table}.{c.id} ({c.severity})" for c in verdict.failed if c.severity != "info"))
        try:
            audit.refuse_unless_passed(verdict)
            publish.publish(staged, self.warehouse)
        except InvalidInput:
            return ("waits for a person" if verdict.passed else "not published"), said
        return "published", said


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, str]], Nights]:
    """Every night of the week, as a row of expected.csv."""
    nights = Nights(tmp_path_factory.mktemp("golden"))
    before = nights.scored(MONDAY - timedelta(days=1), "usual")
    nights.usual = drift.measured(before, before.read_json("run.json"), nights.lake)
    found = []
    for number, (ahead, planted) in enumerate(WEEK):
        day = MONDAY + timedelta(days=ahead)
        for source, defect in planted.items():
            (exports.mend if defect == "mended" else exports.plant)(
                *(nights.exports, source, day, *([] if defect == "mended" else [defect]))
            )
        outcome, said = nights.night(day, f"r{number}")
        text = "; ".join(f"{source}: {defect}" for source, defect in planted.items())
        found.append({"night": f"{day:%a %d %b}", "planted": text, "outcome": outcome, "said by": said})
    return found, nights


def test_every_night_gets_its_verdict(week: tuple[list[dict[str, str]], Nights], show_table) -> None:
    found, _ = week
    show_table("the golden week", found)
    if os.environ.get("REBUILD"):
        with EXPECTED.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(found[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(found)
    with EXPECTED.open(newline="") as file:
        assert found == list(csv.DictReader(file))


def test_every_class_of_defect_is_planted() -> None:
    assert {defect for _, planted in WEEK for defect in planted.values()} - {"mended"} == set(DEFECTS)


def test_what_is_published_is_what_passed(week: tuple[list[dict[str, str]], Nights]) -> None:
    found, nights = week
    shown = {entry.ds for entry in nights.warehouse.log()}
    published = {
        MONDAY + timedelta(days=ahead)
        for (ahead, _), row in zip(WEEK, found, strict=True)
        if row["outcome"] == "published"
    }
    assert shown == published
    assert MONDAY in published


def test_nothing_is_lost_on_any_night(week: tuple[list[dict[str, str]], Nights]) -> None:
    """What was delivered is what was kept, dropped or put aside; of the NULLs and the bad bytes each row is counted."""
    _, nights = week
    days = {day: nights.lake.conformed("conservation", day) for day in exports.DAYS}
    rows = {
        (day, row["platform"]): row
        for day, path in days.items()
        if nights.lake.exists(path)
        for row in nights.lake.read(path).to_pylist()
    }
    acts = len(exports.rows(MONDAY))
    friday, saturday = MONDAY + timedelta(days=4), MONDAY + timedelta(days=5)
    assert (
        rows[MONDAY + timedelta(days=2), "toot"].items()
        >= {"rows_in": 2 * acts, "kept": acts, "duplicate": acts}.items()
    )
    assert rows[MONDAY + timedelta(days=2), "board"].items() >= {"kept": acts - 60, "outside_day": 60}.items()
    assert rows[friday, "chirp"].items() >= {"rows_in": acts, "kept": acts - 36, "quarantined": 36}.items()
    assert rows[saturday, "chirp"]["unidentified"] == sum(1 for number in range(acts) if number % 4)
    for row in rows.values():
        counted = [value for name, value in row.items() if name not in ("ds", "platform", "rows_in")]
        assert row["rows_in"] == sum(counted), row
    assert {platform for _, platform in rows} == set(SOURCES)
