"""Copies out of the warehouse, made once for many readers, by a process that ends: what it takes for a while goes with it."""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from clout.errors import InvalidInput
from clout.warehouse import catalog
from clout.warehouse.contract import Warehouse
from clout.web import dossiers, figures

log = logging.getLogger("clout.web")

#: What DuckDB may take for copying a day, in MB: as little as suffices.
MEMORY = (48, 96, 192, 384, 768)
#: Arrow gives back what it no longer needs, and the threads of a process share what they keep.
_SPARING = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1"}
#: What a key looks like that stands for somebody who did not agree to be named.
PSEUDONYM = "^[^:]*:someone-[0-9a-f]{32}$"
#: Whoever is shown, in the order in which they are looked for: by the id that Klout's clients know, and by handle.
_FOUND_BY = (
    "CREATE SCHEMA web",
    f"""
    CREATE TABLE web.klout AS
    SELECT CAST('0x' || left(sha256(person_id), 15) AS BIGINT) AS klout_id, person_id
    FROM clout.scores WHERE score IS NOT NULL AND NOT regexp_matches(person_id, '{PSEUDONYM}') ORDER BY klout_id
    """,
    f"""
    CREATE TABLE web.handles AS
    SELECT lower(handle) AS handle, platform, account_key, person_id
    FROM clout.accounts SEMI JOIN web.klout USING (person_id)
    WHERE handle IS NOT NULL AND NOT regexp_matches(account_key, '{PSEUDONYM}') ORDER BY ALL
    """,
)


def copy_day(
    warehouse: Warehouse,
    version: int,
    ds: date,
    file: Path,
    dossiers_file: Path | None,
    only: frozenset[str] | None = None,
) -> None:
    """Copy a day's tables into a DuckDB file, in the order in which pages look for their rows; then make the dossiers.

    only: the tables and views that are there, where not all are asked for.
    With little memory first, and where a day needs more, with twice as much.
    """
    for memory in MEMORY:
        file.unlink(missing_ok=True)
        try:
            _copy_within(memory, warehouse, version, ds, file, dossiers_file, only)
            return
        except duckdb.OutOfMemoryException:
            if memory == MEMORY[-1]:
                raise


def _copy_within(
    memory: int,
    warehouse: Warehouse,
    version: int,
    ds: date,
    file: Path,
    dossiers_file: Path | None,
    only: frozenset[str] | None,
) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{memory}MB'; SET threads = 1; SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false; SET allocator_flush_threshold = '1MB'")
        connection.execute("SET allocator_bulk_deallocation_flush_threshold = '1MB'")
        connection.execute(f"SET temp_directory = {catalog.quoted(file.parent)}")
        connection.execute(f"ATTACH {catalog.quoted(file)} AS d (ROW_GROUP_SIZE 4096); USE d")
        connection.execute("CREATE SCHEMA clout; CREATE SCHEMA meta")
        for relation in catalog.tables():
            if only is None or relation.full_name in only:
                _copy_table(connection, relation, warehouse, version, ds)
        for relation in catalog.views():
            if only is None or relation.full_name in only:
                connection.execute(f"CREATE VIEW {relation.full_name} AS {relation.select}")
        for made in _FOUND_BY if only is None else ():
            connection.execute(made)
        if dossiers_file:
            dossiers.write(dossiers_file, connection, figures.of_person(), _shown(connection), ds)
        connection.execute("USE memory; DETACH d")


def _copy_table(
    connection: duckdb.DuckDBPyConnection, relation: catalog.Relation, warehouse: Warehouse, version: int, ds: date
) -> None:
    """Copy a table's rows of a day; none where the warehouse is older than the table, or they are damaged."""
    is_of_days = any(column.name == "ds" for column in relation.columns)
    refused: list[InvalidInput] = []

    def rows() -> Iterator[pa.RecordBatch]:
        try:
            yield from warehouse.batches(relation.full_name, version=version, day=ds if is_of_days else None)
        except InvalidInput as error:  # which DuckDB would tell as an error of its own
            refused.append(error)
            raise

    def create(batches: Iterable[pa.RecordBatch]) -> None:
        # Batch by batch: a table may be larger than all that this process may take.
        connection.register("published", pa.RecordBatchReader.from_batches(relation.arrow_schema, batches))
        connection.execute(f"CREATE TABLE {relation.full_name} AS FROM published {_order(relation)}")
        connection.unregister("published")

    try:
        create(rows())
    except Exception:
        if not refused:
            raise
        if relation.name == "scores" or not is_of_days:
            raise refused[0] from None
        log.warning("%s cannot be read for %s: pages go without it", relation.full_name, ds)
        create([])


def _shown(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Whoever has a dossier, in the order of the keys."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT person_id FROM d.web.klout ORDER BY person_id")
        while found := cursor.fetchmany(catalog.BATCH):
            yield from (person for (person,) in found)


def apart(work: Callable[..., None], *arguments: Any) -> None:
    """Do something in a process of its own. Raises OSError where it does not end well."""
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", f"from {__name__} import _work; _work()"],
        input=pickle.dumps((work, arguments)),
        env={**os.environ, **_SPARING, "PYTHONPATH": paths},
        stdout=subprocess.DEVNULL,  # an engine may show there how far it is
        check=False,
    )
    if done.returncode:
        raise OSError(f"copying a day ended with {done.returncode}")


def _work() -> None:
    work, arguments = pickle.load(sys.stdin.buffer)
    work(*arguments)


def _order(relation: catalog.Relation) -> str:
    names = [name for name in ("person_id", "platform") if any(column.name == name for column in relation.columns)]
    return f"ORDER BY {', '.join(names)}" if names else ""
