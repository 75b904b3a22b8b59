"""Tasks: a part of a query each, computed by DuckDB from files to a file. Whoever hands a task out, it does the same.

A task that is done again, or twice at once, writes the same rows to the same name: the file is written beside and put in place
whole.
This module knows DuckDB and pyarrow only, and so travels to the workers of a cluster by value (scheduler.py).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
from pyarrow import fs as pafs

#: What folders are named to which tasks spill, and seconds after which one is taken for left: no task takes so long.
_SPILLED, _OLD = "clout-part-", 86_400


@dataclass(frozen=True)
class Given:
    """A table that a task reads: a SELECT over {files}, which are Parquet. Where a task has no files, the text alone says it.

    dated: the files have no column ds, their paths say it. often: the query reads it more than once, so that it is held.
    """

    text: str
    files: tuple[str, ...] = ()
    dated: bool = False
    often: bool = True


@dataclass(frozen=True)
class Task:
    """text: a SELECT over the tables of `given`, made in their order. out: the file of its rows, in the order `order`.

    store: a URI of the file system of all files; setup: statements before all else. noted: what the file says of itself.
    memory: bytes that DuckDB may hold.
    """

    store: str
    text: str
    given: Mapping[str, Given]
    out: str
    setup: tuple[str, ...]
    memory: int
    bound: Mapping[str, Any] = field(default_factory=dict)
    order: str = ""
    noted: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=1)
def _database(
    setup: tuple[str, ...], memory: int
) -> tuple[duckdb.DuckDBPyConnection, tempfile.TemporaryDirectory[str]]:
    """The database of this process's tasks, kept since opening one costs as much as a small task; and where it spills."""
    spilled = tempfile.TemporaryDirectory(prefix=_SPILLED)
    now = Path(spilled.name).stat().st_mtime
    for left in Path(tempfile.gettempdir()).glob(
        f"{_SPILLED}*"
    ):  # of killed tasks, on a worker that no job ever sweeps
        with suppress(OSError):
            if now - left.stat().st_mtime > _OLD and left.stat().st_uid == os.getuid():
                shutil.rmtree(left)
    database = duckdb.connect(":memory:")
    database.execute(f"SET threads = 1; SET memory_limit = '{memory >> 20} MiB'; SET temp_directory = '{spilled.name}'")
    database.execute("SET preserve_insertion_order = false")
    for statement in setup:
        database.execute(statement)
    return database, spilled


def do(task: Task) -> int:
    """Do a task. Gives how many rows it wrote."""
    store, _ = pafs.FileSystem.from_uri(task.store)
    is_local = isinstance(store, pafs.LocalFileSystem)
    with _database(task.setup, task.memory)[0].cursor() as con:  # its tables are its own, and go with it
        for name, table in task.given.items():
            source = local_relation(table.files, "ds" if table.dated else "") if is_local else f"{name}_files"
            if not is_local:
                place = pads.partitioning(pa.schema([("ds", pa.date32())]), flavor="hive") if table.dated else None
                con.register(
                    source, pads.dataset([*table.files], filesystem=store, format="parquet", partitioning=place)
                )
            kind = "TEMP TABLE" if table.often else "TEMP VIEW"
            con.execute(f'CREATE {kind} "{name}" AS {table.text.replace("{files}", source)}')
        ordered = f" ORDER BY {task.order}" if task.order else ""
        rows = f"FROM ({task.text}) AS rows{ordered}"
        if is_local:
            return _copied(con, rows, task)
        reader: Any = con.execute(rows, dict(task.bound) or None).to_arrow_reader(1_000_000)
        schema = reader.schema.with_metadata({**task.noted}) if task.noted else reader.schema
        written = 0
        # Object storage shows a file once it is whole.
        with pq.ParquetWriter(task.out, schema, filesystem=store, compression="snappy") as writer:
            for batch in reader:
                writer.write_batch(batch)
                written += batch.num_rows
        return written


def local_relation(files: Iterable[str], day: str = "", uneven: bool = False) -> str:
    """What a FROM names Parquet files of this machine by. day: a column that they lack, since their paths say it.

    uneven: some have columns that others lack.
    """
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    dated = f"hive_partitioning = true, hive_types = {{'{day}': DATE}}" if day else "hive_partitioning = false"
    return f"read_parquet([{listed}], {dated}{', union_by_name = true' if uneven else ''})"


def _copied(con: duckdb.DuckDBPyConnection, rows: str, task: Task) -> int:
    out = Path(task.out)
    aside = out.with_name(f".{out.name}-{uuid.uuid4().hex[:8]}")
    notes = ", ".join(f"{name}: '{value}'" for name, value in task.noted.items())
    options = f"FORMAT parquet, COMPRESSION snappy{f', KV_METADATA {{{notes}}}' if notes else ''}"
    [[written]] = con.execute(f"COPY ({rows}) TO '{aside}' ({options})", dict(task.bound) or None).fetchall()
    aside.replace(out)
    return int(written)
