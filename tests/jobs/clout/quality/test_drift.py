"""What a night is like, held against its past."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from clout.errors import InvalidInput
from clout.quality import bounds, day_shape, drift
from clout.quality.baseline import Past
from clout.quality.tables import DATA_QUALITY, METRICS
from clout.warehouse import catalog
from staged_run import DAY, rows_of, stage


def test_a_collapse_is_six_spreads_from_the_median(tmp_path: Path) -> None:
    staged = stage(tmp_path)
    ago = [timedelta(days=7 * week) for week in range(1, 5)]
    before = [(DAY - each, "conservation", "chirp", "kept", "rows", 4000.0, 0, *[None] * 3, "one") for each in ago]
    Past(rows_of("metrics", before).cast(METRICS)).write(staged)
    found = {
        (row["dataset"], row["metric"]): row
        for row in drift.measured(staged, {"model_version": "one"}, staged.root).to_pylist()
    }
    kept = found["conservation", "kept"]
    assert (kept["value"], kept["points"], kept["expected"], kept["spread"]) == (40, 4, 4000, 400)
    assert kept["deviation"] == -9.9
    assert found["scores", "scored"]["value"] == 1
    assert found["scores", "bin_6"]["value"] == 1


def test_what_cannot_be_measured_is_named(tmp_path: Path) -> None:
    staged = stage(tmp_path)
    scores = staged.root.read(staged.table("scores")).drop_columns("amplification")
    staged.root.write(staged.table("scores"), scores)
    with pytest.raises(InvalidInput, match=r"cannot be measured: .*amplification"):
        drift.measured(staged, {"model_version": "one"}, staged.root)


def test_of_a_week_that_nobody_judged_the_worst_day_counts() -> None:
    """Ten days of random targets are no better on a first night for the last day being right."""

    def day(**values: tuple[float, int]) -> pa.Table:
        rows = [
            {"dataset": "day", "platform": "chirp", "metric": name, "unit": "moved" if name == "one_moment" else "kept"}
            | {"value": value, "n": n}
            for name, (value, n) in values.items()
        ]
        return pa.Table.from_pylist(rows)

    tonight = day(on_author=(1.0, 90), one_moment=(0.1, 80), pairs_seen=(0.5, 70))
    others = [day(on_author=(0.2, 40), one_moment=(0.05, 30)), day(on_author=(0.9, 60), one_moment=(0.7, 50))]
    found = {row["metric"]: (row["value"], row["n"]) for row in day_shape.worst(tonight, others).to_pylist()}
    assert found == {"on_author": (0.2, 40), "one_moment": (0.7, 50), "pairs_seen": (0.5, 70)}
    assert day_shape.worst(tonight, []).equals(tonight)


BOUND = (
    "[why]\na = 'it moved'\n[movement]\n"
    "a = {{ ideal = 1.0, usual = 0.0, step = {step}, chance = {chance}, wrong = '{wrong}', check = '{check}' }}"
)


@pytest.mark.parametrize(
    "text",
    [
        "not TOML",
        "movement = 1",
        "[why]\na = 'it moved'\n[movement]\na = { ideal = 1.0, usual = 0.0, step = 0.1, wrong = 'below', check = 'a' }",
        BOUND.format(step="0.1", chance="true", wrong="below", check="a"),
        BOUND.format(step="inf", chance="0.0", wrong="below", check="a"),
        BOUND.format(step="0.0", chance="0.0", wrong="below", check="a"),
        BOUND.format(step="-0.1", chance="1.0", wrong="below", check="a"),
        BOUND.format(step="0.1", chance="1.0, few = -1", wrong="below", check="a"),
        BOUND.format(step="0.1", chance="1.0, few = true", wrong="below", check="a"),
        BOUND.format(step="0.1", chance="1.0", wrong="beneath", check="a"),
        BOUND.format(step="0.1", chance="1.0", wrong="below", check="b"),
        BOUND.format(step="0.1", chance="1.0", wrong="below", check="a").replace("[why]", "[why]\nb = 'unused'"),
    ],
)
def test_bounds_that_bound_nothing_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "bounds.toml").write_text(text)
    with pytest.raises(InvalidInput, match=r"bounds.toml: "):
        bounds.table(tmp_path)
    with pytest.raises(InvalidInput, match=r"bounds.toml: "):
        bounds.checks(tmp_path)


def test_a_bound_becomes_a_row_and_a_check(tmp_path: Path) -> None:
    (tmp_path / "bounds.toml").write_text(BOUND.format(step="0.1", chance="1.0", wrong="below", check="a"))
    assert bounds.table(tmp_path).to_pylist() == [
        {"dataset": "movement", "metric": "a", "ideal": 1.0, "usual": 0.0, "step": 0.1, "chance": 1.0, "few": 0.0}
    ]
    [check] = bounds.checks(tmp_path)
    assert check["meta"] == {"id": "a", "why": "it moved", "gate": "approve"}
    assert check["kwargs"]["unexpected_rows_query"].endswith(
        "dataset = 'movement' AND metric IN ('a') AND deviation < -3"
    )


def test_the_lakes_and_the_analysts_columns_are_the_same() -> None:
    for table, schema in (("metrics", METRICS), ("data_quality", DATA_QUALITY)):
        assert catalog.types_of(schema) == {c.name: c.type for c in catalog.relations()[table].columns}
