"""Copies out of the warehouse, made once for many readers, by a process that ends: what it takes for a while goes with it."""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
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

#: What DuckDB may take for copying a day.
MEMORY = "128MB"
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


def copy_day(warehouse: Warehouse, version: int, ds: date, file: Path, dossiers_file: Path | None) -> None:
    """Copy a day's tables into a DuckDB file, in the order in which pages look for their rows; then make the dossiers."""
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'; SET threads = 1; SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET temp_directory = {catalog.quoted(file.parent)}")
        connection.execute(f"ATTACH {catalog.quoted(file)} AS d (ROW_GROUP_SIZE 4096); USE d")
        connection.execute("CREATE SCHEMA clout; CREATE SCHEMA meta")
        for relation in catalog.tables():
            connection.register("published", _of_day(warehouse, relation, version, ds))
            connection.execute(f"CREATE TABLE {relation.full_name} AS FROM published {_order(relation)}")
            connection.unregister("published")
        for relation in catalog.views():
            connection.execute(f"CREATE VIEW {relation.full_name} AS {relation.select}")
        for made in _FOUND_BY:
            connection.execute(made)
        if dossiers_file:
            people = connection.execute("SELECT person_id FROM web.klout ORDER BY person_id").fetchall()
            dossiers.write(dossiers_file, connection, figures.of_person(), [person for (person,) in people], ds)
        connection.execute("USE memory; DETACH d")


def apart(work: Callable[..., None], *arguments: Any) -> None:
    """Do something in a process of its own. Raises OSError where it does not end well."""
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", f"from {__name__} import _work; _work()"],
        input=pickle.dumps((work, arguments)),
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.DEVNULL,  # an engine may show there how far it is
        check=False,
    )
    if done.returncode:
        raise OSError(f"copying a day ended with {done.returncode}")


def _work() -> None:
    work, arguments = pickle.load(sys.stdin.buffer)
    work(*arguments)


def _of_day(warehouse: Warehouse, relation: catalog.Relation, version: int, ds: date) -> pa.Table:
    """A table's rows of a day; none where the warehouse is older than the table."""
    if not any(column.name == "ds" for column in relation.columns):
        return warehouse.read(relation.full_name, version=version)
    try:
        return warehouse.read(relation.full_name, version=version, day=ds)
    except InvalidInput:
        if relation.name == "scores":
            raise
        log.warning("%s cannot be read for %s: pages go without it", relation.full_name, ds)
        return relation.arrow_schema.empty_table()


def _order(relation: catalog.Relation) -> str:
    names = [name for name in ("person_id", "platform") if any(column.name == name for column in relation.columns)]
    return f"ORDER BY {', '.join(names)}" if names else ""
