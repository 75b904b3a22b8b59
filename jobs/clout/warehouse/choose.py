"""Which warehouse: one text names the backend and where it is.

/srv/clout/warehouse                       duckdb, at a folder
postgresql://publisher@db.example/clout    postgres; the password comes from PGPASSWORD or ~/.pgpass
iceberg:/srv/clout/lakehouse               iceberg, with a catalogue in SQLite, at a folder
/srv/clout/catalogue.toml                  iceberg, with any SQL catalogue: PyIceberg's properties, uri and warehouse
"""

from __future__ import annotations

from pathlib import Path

from clout.warehouse.contract import Warehouse


def open_warehouse(text: str) -> Warehouse:
    """The warehouse that `text` names. Raises PoisonInput where the text cannot be one."""
    # Imported where chosen: the drivers of the two others are optional extras.
    if text.startswith(("postgresql://", "postgres://")):
        from clout.warehouse.postgres_backend import PostgresWarehouse

        return PostgresWarehouse(text)
    from clout.warehouse.duckdb_backend import DuckDBWarehouse

    return DuckDBWarehouse(Path(text))
