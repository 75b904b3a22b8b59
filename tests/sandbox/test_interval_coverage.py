"""The 90 % interval of the committed model holds about as often as it says, in a world small enough for a test."""

from __future__ import annotations

from clout.score.model import read_model

from sandbox import interval_coverage
from sandbox.world import days_of


def test_the_interval_holds_in_85_to_95_percent() -> None:
    found = interval_coverage.measure(read_model(interval_coverage.MODEL), 400, 4, days_of("2026-03-22..2026-05-10"))
    assert found["all"]["n"] > 250
    assert 0.85 <= found["all"]["coverage"] <= 0.95
