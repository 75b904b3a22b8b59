"""A step that is run alone goes on only from what the run was made of."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import audit
import publish
import pyarrow as pa
import pytest
from clout.errors import InvalidInput
from clout.lake import made_from
from clout.lake.partitions import Lake, window
from clout.lake.schemas import MANIFEST
from clout.lake.staging import Staged
from clout.warehouse.factory import open_warehouse
from staged_run import DAY, HIDDEN, agree, approve, good, stage

AT = datetime(2026, 3, 15, tzinfo=UTC)


def pull(lake: Lake, rows: int, day: date = DAY, accounts: int = 3) -> None:
    """A manifest and a snapshot of a day; what says nothing here is filled with any value of its type."""
    said = {"platform": "chirp", "snapshot_date": day, "rows": rows, "status": "complete"}
    any_of = {pa.string(): "x", pa.int64(): 0}
    row = {
        field.name: said.get(field.name, None if field.nullable else any_of.get(field.type, AT)) for field in MANIFEST
    }
    lake.write(lake.snapshot("manifest", "chirp", day), pa.Table.from_pylist([row], MANIFEST))
    lake.write(lake.snapshot("accounts", "chirp", day), pa.table({"x": list(range(accounts))}))


@pytest.fixture
def run(lake: Lake, tmp_path: Path) -> Staged:
    """An audited run of two days' window."""
    for day in window(DAY, 2):
        pull(lake, 5, day)
    lake.write(lake.conformed("activity", DAY), good(DAY)["activity"])
    lake.write(lake.features("hidden_topics", DAY), HIDDEN)
    agree(lake, "care", "named", "perks")
    staged = stage(tmp_path / "staging")
    metadata = made_from.inputs(lake, ["chirp"], window(DAY, 2))
    staged.write_run({**(staged.read_json("run.json") or {}), **made_from.noted(lake, metadata)})
    return approve(staged)


def steps(lake: Lake, staged: Staged, tmp_path: Path):
    """The audit and the publication, each alone."""
    return (
        lambda: publish.publish(staged, open_warehouse(str(tmp_path / "warehouse"))),
        lambda: audit.judge(lake, staged),
    )


def test_a_run_of_an_unchanged_window_is_published(lake: Lake, run: Staged, tmp_path: Path) -> None:
    pull(lake, 9, DAY + timedelta(days=1))  # another window's
    assert steps(lake, run, tmp_path)[0]().is_new


@pytest.mark.parametrize(
    "change",
    [
        lambda lake: pull(lake, 6),
        lambda lake: pull(lake, 6, DAY - timedelta(days=1)),
        lambda lake: pull(lake, 5, accounts=4),
        lambda lake: lake.remove(lake.snapshot("manifest", "chirp", DAY)),
    ],
    ids=["a manifest", "an earlier manifest", "a snapshot", "no manifest"],
)
def test_a_step_after_the_lake_moved_on_is_refused(lake: Lake, run: Staged, tmp_path: Path, change) -> None:
    change(lake)
    for step in steps(lake, run, tmp_path):
        with pytest.raises(
            InvalidInput, match="was made from other manifests or snapshots of the 2 days that end 2026-03-14"
        ):
            step()
    assert not (tmp_path / "warehouse").exists()


def test_a_lake_that_is_not_to_be_seen_is_not_compared(
    lake: Lake, run: Staged, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    shutil.rmtree(lake.root)
    assert steps(lake, run, tmp_path)[0]().is_new
    assert "is not to be seen from here" in capsys.readouterr().err
