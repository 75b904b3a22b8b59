"""One published day as a folder of files: the rows that the warehouse shows, in three forms, and nothing replaced."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import export_day
import pyarrow.parquet as pq
import pytest
from clout.errors import InvalidInput
from staged_run import DAY, NEXT
from warehouses import Place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A warehouse of two days."""
    place = Place("duckdb", tmp_path_factory.mktemp("export"))
    place.publish(DAY, "r1", "one")
    place.publish(NEXT, "r2", "=two")
    return place


def run(place: Place, out: Path, *words: str) -> None:
    export_day.main(["--warehouse", str(place.root), "--out", str(out), *words])


def read(out: Path, table: str, form: str) -> list[dict]:
    """The rows of a file, of which all values are text."""
    file = out / f"{table}.{form}"
    if form == "parquet":
        rows = pq.read_table(file).to_pylist()
    elif form == "json":
        rows = [json.loads(line) for line in file.read_text().splitlines()]
    else:
        rows = list(csv.DictReader(file.open()))
    return [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]


@pytest.mark.parametrize("form", export_day.FORMATS)
def test_the_folder_holds_what_is_shown(place: Place, tmp_path: Path, form: str) -> None:
    run(place, tmp_path / "out", "--format", form, "--day", str(DAY))
    shown = place.open().read("clout.scores", day=DAY).to_pylist()
    found = read(tmp_path / "out", "scores", form)
    assert [row["person_id"] for row in found] == [row["person_id"] for row in shown]
    assert {row["ds"] for row in found} == {str(DAY)}
    about = json.loads((tmp_path / "out" / "about.json").read_text())
    assert (about["day"], about["version"]) == (str(DAY), 1)
    assert "hiring" in about["use"]
    assert about["columns"]["scores"].keys() == found[0].keys()


def test_without_a_day_it_is_the_newest_and_no_cell_is_a_formula(place: Place, tmp_path: Path) -> None:
    run(place, tmp_path / "out")
    rows = read(tmp_path / "out", "scores", "csv")
    assert {row["ds"] for row in rows} == {str(NEXT)}
    assert {row["model_version"] for row in rows} == {"'=two"}


def test_nothing_is_replaced(place: Place, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="is there and not empty"):
        run(place, tmp_path / "mine")
    assert [file.name for file in tmp_path.rglob("*")] == ["mine", "notes.txt"]
    with pytest.raises(InvalidInput, match="2030-01-01 is not published; the newest day is"):
        run(place, tmp_path / "out", "--day", "2030-01-01")
