"""Opens a warehouse by its address: one text names the backend and where it is.

- `/srv/clout/warehouse`: duckdb, in a folder
- `postgresql://clout_publisher@db.example/clout`: postgres; libpq finds the password in PGPASSWORD or ~/.pgpass
- `iceberg:/srv/clout/lakehouse`: iceberg, in a folder, with a catalogue in SQLite
- `iceberg:prod`: iceberg, in the SQL catalogue that PyIceberg's own configuration calls prod
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote

from clout.errors import InvalidInput
from clout.warehouse.contract import Warehouse


def open_warehouse(text: str) -> Warehouse:
    """The warehouse that `text` names. Raises InvalidInput where it names none."""
    kind, _, rest = text.partition(":")
    # Imported where chosen: the drivers of the two others are optional extras.
    if kind in ("postgresql", "postgres") and rest.startswith("//"):
        from clout.warehouse.backends.postgres_backend import PostgresWarehouse

        return PostgresWarehouse(text)
    if kind == "iceberg" and rest:
        from clout.warehouse.backends.iceberg_backend import IcebergWarehouse

        return IcebergWarehouse(rest)
    if ":" in text and "/" not in kind:
        raise InvalidInput(f"{kind}: is no warehouse; give a folder, postgresql://..., or iceberg:/folder")
    from clout.warehouse.backends.duckdb_backend import DuckDBWarehouse

    if any(part.startswith("airflowtmp") for part in Path(text).resolve().parts):
        raise InvalidInput(
            f"{text}: lies in a task's own folder, which is removed after it; give the warehouse's full path"
        )
    return DuckDBWarehouse(Path(text))


def open_published(text: str) -> Warehouse:
    """The warehouse that `text` names, for whoever only reads: nothing is made. Raises InvalidInput where nothing is there."""
    kind, _, rest = text.partition(":")
    if kind == "iceberg" and "/" in rest and not (Path(rest) / "catalog.sqlite").is_file():
        raise InvalidInput(f"{text}: nothing is published; run a night first")
    return open_warehouse(text)


def set_aside_a_broken_catalogue(text: str) -> None:
    """Move the SQLite catalogue of an Iceberg folder aside where it is no database any more: heal builds another one."""
    kind, _, rest = text.partition(":")
    file = Path(rest) / "catalog.sqlite"
    if kind != "iceberg" or "/" not in rest or not file.exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as catalogue:
            if catalogue.execute("PRAGMA integrity_check").fetchone() == ("ok",):
                return
    except sqlite3.Error:
        pass
    file.rename(file.with_name(f"catalog.sqlite.broken-{time.time_ns()}"))
