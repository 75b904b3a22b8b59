"""A frame is a table of an engine: an Arrow table, or a table or files of DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa

if TYPE_CHECKING:
    from clout.engine.buckets import Days, Spread
    from clout.engine.duckdb_engine import Files, Rows

#: Only the engine that made a frame looks into it. Every engine also takes Arrow tables.
Frame: TypeAlias = "pa.Table | Rows | Files | Days | Spread"


def to_arrow(frame: Frame) -> pa.Table:
    """All rows of a frame as an Arrow table."""
    return frame if isinstance(frame, pa.Table) else frame.toArrow()
