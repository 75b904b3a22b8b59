"""The message about a damaged file of the lake, with the command that mends it."""

from __future__ import annotations

import errno
import hashlib
import json
import re
import shlex
import sys
from typing import TYPE_CHECKING, Any

from pyarrow import fs as pafs

from clout.errors import InvalidInput
from clout.terminal import printable

if TYPE_CHECKING:
    from clout.lake.partitions import Lake


#: Given to the job that found damage, and needed by the one that heals.
_SAME = ("--sources", "--model")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Damaged(InvalidInput):
    """Something of a lake or of staging is not as it was written. `path` is relative to it; the text has the cure."""

    def __init__(self, lake: Lake, path: str, what: str) -> None:
        super().__init__(f"{printable(lake.location(path))}: {what}; heal it: {command('heal', lake, path)}")
        self.path, self.what = path, what


def command(what: str, lake: Lake, path: str) -> str:
    """The command line of jobs/lake.py for what holds `path`, with the places of this process."""
    words = [".venv/bin/python", "jobs/lake.py", what]
    words += ["--staging" if _DAY.match(path) else "--lake", lake.uri]
    if found := _DAY.search(path):
        words += ["--day", found[0]]
    given = sys.argv[1:]
    for option in _SAME:
        for place, word in enumerate(given):
            if word == option and place + 1 < len(given):
                words += [option, given[place + 1]]
            elif word.startswith(f"{option}="):
                words += [option, word.partition("=")[2]]
    return printable(shlex.join(words))


def is_passing(error: OSError, lake: Lake) -> bool:
    """Whether an error of reading may be over when the step is run again: a network's is, a disk's says that it is broken."""
    return not isinstance(lake.fs, pafs.LocalFileSystem) or error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


def sum_of(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
