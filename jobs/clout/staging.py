"""Staging: staging/<day>/<run>/ holds the exact files that will be published, what made them, and the verdict on them.

    <table>/part-*.parquet    written by score
    run.json                  model and code versions, written by score
    verdict.json              written by audit; no publication without it
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import pyarrow.parquet as pq
from pyarrow import fs as pafs

from clout.lake import Lake

#: The staged tables. Each has a suite in expectations/ and a view in sql/warehouse/.
TABLES = ("scores", "accounts", "conservation")


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

    def write_json(self, name: str, text: str) -> None:
        """Write run.json or verdict.json."""
        with self.root.fs.open_output_stream(f"{self.root.root}/{self.folder}/{name}") as stream:
            stream.write(text.encode())

    def read_json(self, name: str) -> dict[str, Any] | None:
        """run.json or verdict.json, or None where it is not there."""
        try:
            with self.root.fs.open_input_stream(f"{self.root.root}/{self.folder}/{name}") as stream:
                return json.loads(stream.read())
        except FileNotFoundError:
            return None

    def remove_verdict(self) -> None:
        """Forget an earlier verdict, so that a crash in the middle of an audit leaves none."""
        if self.read_json("verdict.json") is not None:
            self.root.fs.delete_file(f"{self.root.root}/{self.folder}/verdict.json")

    def files(self, table: str) -> list[dict[str, Any]]:
        """name, path, sha256 and rows of every Parquet file of a table, in order of name."""
        found = []
        selector = pafs.FileSelector(f"{self.root.root}/{self.table(table)}", allow_not_found=True)
        for info in sorted(self.root.fs.get_file_info(selector), key=lambda info: info.base_name):
            if info.base_name.endswith(".parquet"):
                with self.root.fs.open_input_stream(info.path) as stream:
                    digest = hashlib.sha256()
                    while chunk := stream.read(1 << 20):
                        digest.update(chunk)
                rows = pq.read_metadata(info.path, filesystem=self.root.fs).num_rows
                found.append(
                    {"name": info.base_name, "path": info.path, "sha256": digest.hexdigest(), "rows": rows}
                )
        return found

    def content(self) -> dict[str, list[dict[str, Any]]]:
        """The files of every staged table."""
        return {table: self.files(table) for table in TABLES}


def content_hash(content: dict[str, list[dict[str, Any]]]) -> str:
    """One hash over the staged files: what an audit judged is what may be published. File names do not count."""
    hashes = {table: sorted(file["sha256"] for file in files) for table, files in content.items()}
    return hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()
