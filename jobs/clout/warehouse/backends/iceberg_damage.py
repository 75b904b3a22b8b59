"""Damage of an Iceberg warehouse in a local folder: a copy of its log, checksums of its metadata, and building both again.

    <root>/commit.json      a copy of the log and the parts, for when the catalogue or their tables are lost
    <root>/metadata.json    the sha256 of every metadata file and of the catalogue, which Iceberg itself does not keep

Both are written when a writing is committed. What they say is made again from the parts: metadata never hold more than that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from clout.errors import InvalidInput
from clout.warehouse import commit_log, content_files
from clout.warehouse.commit_log import Commit
from clout.warehouse.versions import DataFile, LogEntry

NOTE = "metadata.json"

CATALOGUE = "catalog.sqlite"
#: In the note: the sha256 of the rest of it.
_OWN = "sha256"

#: Where Iceberg's metadata lie.
FOLDERS = ("tables", "views")


def keep(root: Path, log: list[LogEntry], parts: list[DataFile], states: Sequence[int]) -> None:
    """Keep the copy of the log, and the checksums of metadata files; those known already are not read again."""
    if not log:
        return
    commit_log.write_aside(root, Commit(log, parts, dict.fromkeys(states, "")))
    commit_log.put_in_place(root)
    known = noted(root) or {}
    found = _found(root)
    note = {name: known.get(name) or _digest(root / name) for name in found}
    if (root / CATALOGUE).exists():  # each commit writes into it
        note[CATALOGUE] = _digest(root / CATALOGUE)
    _write(root, note)


def forget(root: Path, folder: str) -> None:
    """Drop the checksums of a folder's files, which were written anew: those that were kept may be another warehouse's."""
    if note := noted(root):
        _write(root, {name: digest for name, digest in note.items() if not name.startswith(folder)})


def _write(root: Path, note: Mapping[str, str]) -> None:
    aside = root / f".tmp-{NOTE}"
    aside.write_text(json.dumps({_OWN: _hash_of(note), **note}, indent=0, sort_keys=True), encoding="utf-8")
    content_files.sync_path(aside)
    content_files.replace(aside, root / NOTE)


def noted(root: Path) -> dict[str, str] | None:
    """The checksums that were kept; None where they are lost, or are not those that were written."""
    try:
        note = dict(json.loads((root / NOTE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    own = note.pop(_OWN, None)
    # From before they had a checksum of their own they name the catalogue at least.
    return note if own == _hash_of(note) or (own is None and CATALOGUE in note) else None


def harmed(root: Path) -> list[tuple[str, str]]:
    """The metadata files that are not as they were written, and how; nothing where nothing was ever kept."""
    found = []
    note = noted(root)
    if note is None and ((root / NOTE).exists() or (root / commit_log.NAME).exists()):
        found.append((NOTE, "is missing or damaged, which says what the metadata must be"))
    for name, digest in (note or {}).items():
        if not (root / name).exists():
            found.append((name, "is missing"))
        elif _digest(root / name) != digest:
            found.append((name, "differs from what was written"))
    return found


def harm_of_copy(root: Path, log: list[LogEntry], parts: list[DataFile]) -> list[tuple[str, str]]:
    """What is wrong with the copy of the log; nothing where nothing was ever kept."""
    try:
        kept = commit_log.read(root)
    except InvalidInput:
        return [(commit_log.NAME, "is damaged, from which the log is made again")]
    if kept is None:
        return [(commit_log.NAME, "is missing, from which the log is made again")] if (root / NOTE).exists() else []
    same = kept.log == log and set(kept.parts) == set(parts)
    return [] if same else [(commit_log.NAME, "holds another log than the tables")]


def _hash_of(note: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(note, sort_keys=True).encode()).hexdigest()


def _found(root: Path) -> list[str]:
    return sorted(
        str(file.relative_to(root)) for folder in FOLDERS for file in (root / folder).rglob("*") if file.is_file()
    )


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""
