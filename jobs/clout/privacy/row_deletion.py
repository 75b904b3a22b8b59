"""Deletes rows from partitions in place: the common part of purging and erasing.

A partition is rewritten beside its place and renamed into it. The manifest keeps saying how many rows came in: what was
taken out is counted there as excluded, so that conservation stays exact when the day is conformed again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs as pafs

from clout.lake.partitions import Lake
from clout.lake.schemas import MANIFEST

#: Gives a batch's rows as they are to be, and how many it removed or changed.
RowFilter = Callable[[pa.Table], tuple[pa.Table, int]]

#: In the metadata of a snapshot that was emptied for its age: whose terms demanded it.
PURGED = "purged"

_DAY = re.compile(r"(?:ds=|snapshot_date=)?(\d{4}-\d{2}-\d{2})")
_ROWS = 65_536


def partitions(lake: Lake, parent: str) -> list[tuple[date, str]]:
    """Day and path of every partition of a folder, oldest first."""
    selector = pafs.FileSelector(f"{lake.root}/{parent}", allow_not_found=True)
    named = [(_DAY.fullmatch(info.base_name), info.base_name) for info in lake.fs.get_file_info(selector)]
    placed = sorted((date.fromisoformat(found[1]), f"{parent}/{name}") for found, name in named if found)
    return placed if parent.startswith("raw/") else [(day, path) for day, path in placed if lake.exists(path)]


def files(lake: Lake, path: str) -> list[str]:
    """The Parquet files of a partition, relative to the lake."""
    return sorted(file.removeprefix(f"{lake.root}/") for file in lake.files([path]))


def touched(lake: Lake, path: str, edit: RowFilter) -> int:
    """How many rows of a partition an edit would remove or change."""
    return sum(edit(batch)[1] for file in files(lake, path) for batch in _batches(lake, file))


def rewrite(lake: Lake, path: str, edit: RowFilter) -> int:
    """RowFilter a partition in one step, where there is anything to edit; gives how many rows were removed or changed."""
    count = touched(lake, path, edit)
    if count:
        metadata = lake.metadata(path)
        with lake.replacing(path) as aside:
            for file in files(lake, path):
                with pq.ParquetFile(lake.fs.open_input_file(f"{lake.root}/{file}")) as opened:
                    schema = opened.schema_arrow
                with lake.parquet_writer(f"{aside}/{file.rpartition('/')[2]}", schema) as writer:
                    for batch in _batches(lake, file):
                        writer.write_table(edit(batch)[0].cast(schema))
            if metadata is not None:
                lake.write_metadata(aside, metadata)
    return count


def reconcile_manifest(lake: Lake, platform: str, day: date) -> None:
    """Let a day's manifest count as excluded what it counts as landed and is no longer there.

    It is taken from its rows in order: how many of each subject's went would say too much. Of a day that was purged for its
    age the manifest is left alone: such a day is not conformed again.
    """
    rows = lake.manifest(platform, day)
    if not rows or (lake.metadata(lake.snapshot("interactions", platform, day)) or {}).get(PURGED):
        return
    path = lake.snapshot("interactions", platform, day)
    there = sum(_rows(lake, file) for file in files(lake, path))
    gone = sum(row["rows"] for row in rows if row["table"] == "interactions") - there
    if not gone:
        return
    for row in rows:
        if row["table"] == "interactions":
            taken = min(row["rows"], gone)
            gone -= taken
            row |= {"rows": row["rows"] - taken, "rows_excluded": (row.get("rows_excluded") or 0) + taken}
    lake.write(lake.snapshot("manifest", platform, day), pa.Table.from_pylist(rows, MANIFEST))


def _batches(lake: Lake, file: str) -> Iterator[pa.Table]:
    with pq.ParquetFile(lake.fs.open_input_file(f"{lake.root}/{file}")) as opened:
        for batch in opened.iter_batches(_ROWS):
            yield pa.Table.from_batches([batch])


def _rows(lake: Lake, file: str) -> int:
    return pq.read_metadata(f"{lake.root}/{file}", filesystem=lake.fs).num_rows
