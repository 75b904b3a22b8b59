"""Staging: staging/<day>/<run>/ holds the exact files that will be published, what made them, and the verdict on them.

<table>/part-*.parquet    written by score; metrics and data_quality by audit
run.json                  model and code versions and when it was staged, written by score
past/part-0.parquet       the metrics of the days that were published before, written by baseline
verdict.json              written by audit; no publication without it
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import fs as pafs

from clout.errors import InvalidInput
from clout.lake import declared
from clout.lake.partitions import Lake
from clout.lake.schemas import CONFORMED

_DECLARED = declared.tables()

#: Conformed tables that are published as they are, and the order of their rows within a day.
PULLED = {name: table.order for name, table in _DECLARED.items() if name in CONFORMED}

#: What the audit itself says of a run. It is published with the run, and is no part of its content: the same content
#: audited again, upon another past or by another run, is nothing new.
RECORDED = tuple(name for name, table in _DECLARED.items() if table.is_recorded)

#: The tables of people, and the order of their rows within a day.
SCORED = {name: table.order for name, table in _DECLARED.items() if name not in (*PULLED, *RECORDED)}

#: The staged tables. Each is declared in sql/warehouse/ and has a suite in expectations/.
TABLES = (*SCORED, *PULLED)

#: The tables whose suites a verdict needs: the staged ones, the evidence behind them, and what they are like.
AUDITED = ("activity", *TABLES, "metrics")


class Staged:
    """One run's staged folder. `root` is the staging area, at any place a lake can be."""

    def __init__(self, root: Lake, day: date, run: str) -> None:
        self.root = root
        self.day = day
        self.run = run
        self.folder = f"{day.isoformat()}/{run}"

    @property
    def location(self) -> str:
        """The folder as people and engines open it."""
        return self.root.location(self.folder)

    def table(self, table: str) -> str:
        """A table's folder, relative to the staging area."""
        return f"{self.folder}/{table}"

    def write_run(self, versions: dict[str, Any]) -> None:
        """Write run.json: what made the files, and that they were written now. The last thing that is staged."""
        metadata = {**versions, "staged_at": datetime.now(UTC).isoformat()}
        self.write_json("run.json", json.dumps(metadata, indent=1, sort_keys=True))

    def write_json(self, name: str, text: str) -> None:
        """Write run.json or verdict.json, with a checksum."""
        self.root.checksums.write_note(f"{self.folder}/{name}", json.loads(text))

    def read_json(self, name: str) -> dict[str, Any] | None:
        """run.json or verdict.json, or None where it is not there. Raises Damaged where it is not as it was written."""
        return self.root.checksums.read_note(f"{self.folder}/{name}")

    def remove_verdict(self) -> None:
        """Forget an earlier verdict, so that a crash in the middle of an audit leaves none."""
        self.root.checksums.remove_note(f"{self.folder}/verdict.json")

    def files(self, table: str) -> list[dict[str, Any]]:
        """name, path, sha256 and rows of every Parquet file of a table, in order of name.

        Skips the names that Spark skips, and refuses what Spark would read and publish would not: all that is judged is
        published, and nothing else. Raises Damaged where a file is not as it was written.
        """
        found = []
        if not self.root.exists(self.table(table)):
            return []
        selector = pafs.FileSelector(f"{self.root.root}/{self.root.current(self.table(table))}")
        for info in sorted(self.root.fs.get_file_info(selector), key=lambda info: info.base_name):
            if info.base_name.startswith(("_", ".")):
                continue
            if info.type != pafs.FileType.File or not info.base_name.endswith(".parquet"):
                raise InvalidInput(f"{info.path} does not belong to a staged table; score again")
            with self.root.fs.open_input_stream(info.path) as stream:
                digest = hashlib.sha256()
                while chunk := stream.read(1 << 20):
                    digest.update(chunk)
            try:
                rows = pq.read_metadata(info.path, filesystem=self.root.fs).num_rows
            except (pa.ArrowInvalid, OSError) as error:
                raise InvalidInput(f"{info.path} is not a whole Parquet file: {error}; score again") from error
            found.append({"name": info.base_name, "path": info.path, "sha256": digest.hexdigest(), "rows": rows})
        return found

    def ranges(self, tables: Iterable[str]) -> list[tuple[str, int, int, str | None, str | None]]:
        """table, rows, bytes, and the smallest and the largest key of every Parquet file of some tables.

        Of the key, the first column after ds, as text.
        """
        found = []
        for table in tables:
            column = declared.tables()[table].key[1]
            for path in self.root.files([self.table(table)]):
                keys = pq.read_table(path, columns=[column], filesystem=self.root.fs, partitioning=None)[column]
                ends = pc.min_max(keys.cast(pa.string()))
                size = self.root.fs.get_file_info(path).size
                found.append((table, len(keys), size, ends["min"].as_py(), ends["max"].as_py()))
        return found

    def content(self, tables: Sequence[str] = TABLES) -> dict[str, list[dict[str, Any]]]:
        """The files of every staged table."""
        return {table: self.files(table) for table in tables}


def content_hash(content: dict[str, list[dict[str, Any]]]) -> str:
    """One hash over the staged files: what an audit judged is what may be published. File names do not count."""
    hashes = {table: sorted(file["sha256"] for file in files) for table, files in content.items()}
    return hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()
