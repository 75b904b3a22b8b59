"""The past that a night is held against: the metrics of the days that were published before it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import baseline
import pytest
from clout.lake.partitions import Lake
from clout.lake.staging import Staged
from clout.quality.tables import METRICS
from staged_run import DAY
from warehouses import BACKENDS, Place

pytestmark = pytest.mark.filterwarnings("ignore:Delete operation did not match")


@pytest.mark.parametrize("kind", BACKENDS)
def test_the_eight_weeks_before_are_laid_beside_the_run(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("postgres") if kind == "postgres" else None
    place = Place(kind, tmp_path, cluster)
    staged = Staged(Lake(place.staging), DAY, "r9")
    baseline.write_baseline(staged, place.open())
    assert staged.root.read(staged.table("past")).num_rows == 0
    days = [DAY - timedelta(days=ago) for ago in (57, 56, 1)] + [DAY, DAY + timedelta(days=1)]
    for day in days:
        place.publish(day, f"r{day}", "one")
    baseline.write_baseline(staged, place.open())
    laid = staged.root.read(staged.table("past"))
    assert laid.schema.equals(METRICS)
    assert sorted(set(laid["ds"].to_pylist())) == days[1:3]
