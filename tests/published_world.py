"""A small invented world in a warehouse of its own: hostile names, people who are not named, people without a score."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import scored_world
from clout.engine.engines import DuckDB
from clout.lake.staging import Staged
from clout.warehouse import contract
from clout.warehouse.factory import open_warehouse
from staged_run import approve, good, stage
from warehouses import now

DAY = scored_world.DAY
#: Somebody of the world -> what they call themselves.
NAMES = {
    "murmur:p0": "<script>alert(1)</script>",
    "murmur:p1": '=HYPERLINK("http://evil.example","click")',
    "murmur:p2": "\u202eevil \u2066name\u2069",
    "murmur:p3": "x" * 10_000,
    "murmur:p4": "Ada & Bo <b>bold</b> \"quoted\" 'single'",
}
#: Who did not agree to be named, and what stands for them.
UNNAMED, PSEUDONYM = "murmur:p5", f"murmur:someone-{'5a' * 16}"
NAMED = "murmur:bo"
#: Who is scored, and did not agree to be listed for others.
SILENT = "murmur:p8"


@cache
def tables(day: date = DAY, shift: float = 0.0) -> dict[str, pa.Table]:
    """Every audited table of a day. `shift` moves every score by so many points."""
    made = good(day, "v1") | _scored()
    later = day - DAY
    return {name: _moved(_renamed(table), later, shift) if name in _scored() else table for name, table in made.items()}


def publish(folder: Path, day: date = DAY, run: str = "r1", shift: float = 0.0) -> contract.Version:
    """Publish the world of a day in the warehouse of a folder."""
    staged = stage(folder / "staging", day, run, "v1", tables(day, shift))
    return _published(folder, approve(staged))


def _published(folder: Path, staged: Staged) -> contract.Version:
    return open_warehouse(str(folder / "warehouse")).publish(contract.release(staged), staged, now())


@cache
def _scored() -> dict[str, pa.Table]:
    made = {name: table for name, table in scored_world.published(DuckDB()).items() if name in good()}
    agreed = [key for key in made["scores"]["person_id"].to_pylist() if key not in (UNNAMED, SILENT)]
    rows = [{"ds": DAY, "person_id": key, "purpose": "named", "given_on": DAY} for key in agreed]
    return made | {"consented": pa.Table.from_pylist(rows, made["consented"].schema)}


def _renamed(table: pa.Table) -> pa.Table:
    """The pseudonym in the place of who is not named, and the invented names."""
    for place, field in enumerate(table.schema):
        if field.name in ("person_id", "account_key", "other_id"):
            is_theirs = pc.fill_null(pc.equal(table[field.name], UNNAMED), False)
            said = pc.if_else(is_theirs, pa.scalar(PSEUDONYM, field.type), table[field.name])
            table = table.set_column(place, field, said)
    if "display_name" in table.column_names:
        rows: list[dict[str, Any]] = table.to_pylist()
        for row in rows:
            row["display_name"] = NAMES.get(row["account_key"])
            row["handle"] = None if row["account_key"] == PSEUDONYM else row["handle"]
        table = pa.Table.from_pylist(rows, table.schema)
    return table


def _moved(table: pa.Table, by: timedelta, shift: float) -> pa.Table:
    """The same rows some days later, with other scores."""
    for place, field in enumerate(table.schema):
        if pa.types.is_date32(field.type):
            table = table.set_column(place, field, pc.cast(pc.add(table[field.name], pa.scalar(by)), pa.date32()))
        elif field.name in ("score", "score_low", "score_high"):
            table = table.set_column(place, field, pc.add(table[field.name], shift))
    return table
