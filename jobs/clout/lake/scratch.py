"""Scratch folders of jobs: readable by their owner only, gone with their job, and, where it was killed, with the next one."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from functools import cache
from pathlib import Path
from typing import IO

#: In a scratch folder: a file that its job holds locked as long as it lives. The lock goes with the process, however it ends.
_OWNER = ".owner"
_PREFIX = "clout-"
#: Seconds after which a folder without such a file is taken for one that was left.
_OLD = 86_400


class Scratch(tempfile.TemporaryDirectory[str]):
    """A folder under the system's temporary one, named clout-<what>-..., that lasts as long as this object or its process."""

    def __init__(self, what: str = "") -> None:
        _sweep_once()
        super().__init__(prefix=f"{_PREFIX}{what}{'-' if what else ''}")
        self._owner: IO[str] = Path(self.name, f"{_OWNER}.new").open("w")  # noqa: SIM115 as long as this
        fcntl.flock(self._owner, fcntl.LOCK_EX)
        Path(self.name, f"{_OWNER}.new").rename(Path(self.name, _OWNER))  # nobody finds it before it is locked

    def cleanup(self) -> None:
        """Remove the folder."""
        super().cleanup()
        self._owner.close()


@cache
def _sweep_once() -> None:
    sweep()


def sweep() -> list[Path]:
    """Remove the scratch folders of this user whose jobs are dead, and give them."""
    gone = []
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or _is_held(folder, found):
                continue
            shutil.rmtree(folder)
            gone.append(folder)
        except OSError:  # another job sweeps it
            continue
    return gone


def _is_held(folder: Path, found: os.stat_result) -> bool:
    """Whether a job that lives holds a folder."""
    try:
        with Path(folder, _OWNER).open("r+") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return found.st_mtime > _now() - _OLD


def _now() -> float:
    """The system's time as files have it: that of a file just made."""
    with tempfile.TemporaryFile() as file:
        return os.fstat(file.fileno()).st_mtime


__all__ = ["Scratch", "sweep"]
