"""The commit log of the embedded warehouse: which versions there are, which files they have, which states can be read.

    <root>/commit.json     replaced by one rename: the commit point. Nobody but Clout has a reason to open it

It names the digest of the file of views of every state that is kept, and its own: what was changed by hand is told.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from clout.errors import InvalidInput
from clout.warehouse import content_files
from clout.warehouse.versions import DataFile, LogEntry

NAME = "commit.json"

#: What the next commit is written to before it takes its place.
ASIDE = ".tmp-commit.json"


@dataclass(frozen=True)
class Commit:
    """The log in order of version, the parts that are kept, and the sha256 of the file of views of each kept state."""

    log: list[LogEntry] = field(default_factory=list)
    parts: list[DataFile] = field(default_factory=list)
    states: Mapping[int, str] = field(default_factory=dict)


def read(root: Path) -> Commit | None:
    """The commit of a warehouse, or None where there is no file. Raises InvalidInput where it is damaged."""
    file = root / NAME
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise damaged(root, f"cannot be read ({error.strerror})") from error
    try:
        return _parsed(content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(root, "is damaged") from error


def damaged(root: Path, how: str) -> InvalidInput:
    """What is said of a commit log that cannot be used, with the command that heals it."""
    return InvalidInput(
        f"{root / NAME}: the warehouse's log {how}; run jobs/warehouse.py heal --warehouse {root}, which makes it from the"
        " files in history/"
    )


def write_aside(root: Path, commit: Commit) -> None:
    """Write the next commit, safe from a power cut, where nobody reads it yet."""
    content, aside = _text(commit), root / ASIDE
    with aside.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    if aside.read_bytes() != content:
        raise OSError(f"{aside}: what was written is not what is read")


def put_in_place(root: Path) -> None:
    """Make the commit that lies aside the warehouse's."""
    content_files.replace(root / ASIDE, root / NAME)


def _text(commit: Commit) -> bytes:
    body = {
        "log": [_plain(entry) for entry in commit.log],
        "parts": [_plain(part) for part in commit.parts],
        "states": {str(version): digest for version, digest in sorted(commit.states.items())},
    }
    return json.dumps({"sha256": _digest(body), **body}, indent=0).encode()


def _parsed(content: bytes) -> Commit:
    body = json.loads(content)
    if body.pop("sha256") != _digest(body):
        raise ValueError
    return Commit(
        [LogEntry(**{name: _value(name, value) for name, value in row.items()}) for row in body["log"]],
        [DataFile(**{name: _value(name, value) for name, value in row.items()}) for row in body["parts"]],
        {int(version): digest for version, digest in body["states"].items()},
    )


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _plain(row: LogEntry | DataFile) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value for name, value in vars(row).items()
    }


def _value(name: str, value: Any) -> Any:
    if name == "ds":
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if name.endswith("_at") else value
