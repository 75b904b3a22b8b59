"""Which warehouse: one text names the backend and where it is.

- `/srv/clout/warehouse`: duckdb, in a folder
- `postgresql://clout_publisher@db.example/clout`: postgres; libpq finds the password in PGPASSWORD or ~/.pgpass
- `iceberg:/srv/clout/lakehouse`: iceberg, in a folder, with a catalogue in SQLite
- `iceberg:prod`: iceberg, in the SQL catalogue that PyIceberg's own configuration calls prod
"""

from __future__ import annotations

from pathlib import Path

from clout.errors import PoisonInput
from clout.warehouse.contract import Warehouse


def open_warehouse(text: str) -> Warehouse:
    """The warehouse that `text` names. Raises PoisonInput where it names none."""
    kind, _, rest = text.partition(":")
    # Imported where chosen: the drivers of the two others are optional extras.
    if kind in ("postgresql", "postgres") and rest.startswith("//"):
        from clout.warehouse.postgres_backend import PostgresWarehouse

        return PostgresWarehouse(text)
    if kind == "iceberg" and rest:
        from clout.warehouse.iceberg_backend import IcebergWarehouse

        return IcebergWarehouse(rest)
    if ":" in text and "/" not in kind:
        raise PoisonInput(f"{kind}: is no warehouse; give a folder, postgresql://..., or iceberg:/folder")
    from clout.warehouse.duckdb_backend import DuckDBWarehouse

    if any(part.startswith("airflowtmp") for part in Path(text).resolve().parts):
        raise PoisonInput(
            f"{text}: lies in a task's own folder, which is removed after it; give the warehouse's full path"
        )
    return DuckDBWarehouse(Path(text))
