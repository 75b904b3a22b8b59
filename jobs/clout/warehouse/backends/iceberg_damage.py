"""Damage of an Iceberg warehouse in a local folder: a copy of its log, checksums of its metadata, and building both again.

    <root>/commit.json      a copy of the log and the parts, for when the catalogue or their tables are lost
    <root>/metadata.json    the sha256 of every metadata file and of the catalogue, which Iceberg itself does not keep

Both are written when a writing is committed. What they say is made again from the parts: metadata never hold more than that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from clout.warehouse import commit_log, content_files
from clout.warehouse.commit_log import Commit
from clout.warehouse.versions import DataFile, LogEntry

NOTE = "metadata.json"

CATALOGUE = "catalog.sqlite"

#: Where Iceberg's metadata lie.
FOLDERS = ("tables", "views")


def keep(root: Path, log: list[LogEntry], parts: list[DataFile], states: Sequence[int]) -> None:
    """Keep the copy of the log, and the checksums of metadata files; those known already are not read again."""
    if not log:
        return
    commit_log.write_aside(root, Commit(log, parts, dict.fromkeys(states, "")))
    commit_log.put_in_place(root)
    known = noted(root)
    found = _found(root)
    note = {name: known.get(name) or _digest(root / name) for name in found}
    if (root / CATALOGUE).exists():  # each commit writes into it
        note[CATALOGUE] = _digest(root / CATALOGUE)
    aside = root / f".tmp-{NOTE}"
    aside.write_text(json.dumps(note, indent=0, sort_keys=True), encoding="utf-8")
    content_files.sync_path(aside)
    content_files.replace(aside, root / NOTE)


def noted(root: Path) -> dict[str, str]:
    """The checksums that were kept; none where they are lost."""
    try:
        return dict(json.loads((root / NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def harmed(root: Path) -> list[tuple[str, str]]:
    """The metadata files that are not as they were written, and how; nothing where no checksums are kept."""
    found = []
    for name, digest in noted(root).items():
        if not (root / name).exists():
            found.append((name, "is missing"))
        elif _digest(root / name) != digest:
            found.append((name, "differs from what was written"))
    return found


def _found(root: Path) -> list[str]:
    return sorted(
        str(file.relative_to(root)) for folder in FOLDERS for file in (root / folder).rglob("*") if file.is_file()
    )


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""
