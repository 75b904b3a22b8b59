"""A frame is a table of an engine: an Arrow table, a table of DuckDB, or a DataFrame of Spark."""

from __future__ import annotations

from datetime import date
from typing import Any

Frame = Any


class AtOnce:
    """What an engine answers that computes all at once."""

    one_by_one = False

    def spans(self, activity: Frame, days: list[date]) -> list[tuple[date, date]]:
        """See Engine. All at once."""
        return [(days[0], days[-1])]

    def parts(self, rows: Frame) -> list[Frame]:
        """See Engine. All in one."""
        return [rows]
