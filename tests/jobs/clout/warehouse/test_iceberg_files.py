"""Shows what is read of a file of the Iceberg warehouse that is older than a column, or holds other days."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
from clout.warehouse.backends.iceberg_backend import _shown

DAY = date(2026, 3, 14)
ARROW = pa.schema([("ds", pa.date32()), ("person_id", pa.string()), ("new", pa.float64()), ("places", pa.int64())])


def test_rows_are_as_their_table_is_now() -> None:
    days = [DAY - timedelta(1), DAY, DAY + timedelta(1)]
    file = pa.record_batch(
        {
            "places": pa.array([1, 2, 3], pa.int32()),
            "gone": ["x", "y", "z"],
            "person_id": pa.array(["a", "b", None], pa.large_string()),
            "ds": pa.array(days, pa.date32()),
        }
    )
    whole = _shown(file, ARROW, None)
    assert whole.schema == ARROW
    assert whole.to_pylist()[0] == {"ds": days[0], "person_id": "a", "new": None, "places": 1}
    assert _shown(file, ARROW, DAY).column("person_id").to_pylist() == ["b"]
    assert _shown(file, ARROW, (DAY, days[2])).column("places").to_pylist() == [2, 3]
