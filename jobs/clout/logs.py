"""Logging of jobs: human lines on a terminal, one JSON object a line under Airflow or with CLOUT_LOG=json.

Log lines go to standard error. Standard output holds a command's result alone, so that it can be piped.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from clout.terminal import printable

#: Between INFO and WARNING: what a terminal shows of a command whose other lines go to a file.
NOTICE = 25
logging.addLevelName(NOTICE, "NOTICE")

#: The logger above all of Clout's: other packages' lines are theirs to show.
ROOT = logging.getLogger("clout")


def logger(name: str) -> logging.Logger:
    """The logger of a module of clout, or of a job, also where the job is the program that runs."""
    if name == "__main__":
        name = Path(sys.argv[0]).stem
    return logging.getLogger(name if name.partition(".")[0] == "clout" else f"clout.jobs.{name}")


def is_json() -> bool:
    """Whether lines are JSON objects. Raises ValueError where CLOUT_LOG is neither json nor text."""
    said = os.environ.get("CLOUT_LOG") or "text"
    if said not in ("json", "text"):
        raise ValueError(f"CLOUT_LOG={said!r} is neither json nor text")
    return said == "json"


class _Console(logging.Handler):
    """Writes to what standard error is at the moment, and flushes: a task's log is a file that somebody reads meanwhile."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            print(self.format(record), file=sys.stderr, flush=True)
        except Exception:
            self.handleError(record)


class _Text(logging.Formatter):
    """The message alone, without signs that a terminal would obey; `dated` puts time and level before it."""

    def __init__(self, dated: bool = False) -> None:
        super().__init__()
        self.dated = dated

    def format(self, record: logging.LogRecord) -> str:
        text = printable(record.getMessage(), lines=True)
        if record.exc_info:
            text += f"\n{self.formatException(record.exc_info)}"
        return f"{_time(record)} {record.levelname:7} {text}" if self.dated else text


class _Json(logging.Formatter):
    """One JSON object: time (UTC), level, logger, message, and the exception where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_CONSOLE = _Console()


def set_up() -> None:
    """Show this process's log lines of level INFO and above. Called again, it takes CLOUT_LOG as it is now."""
    _CONSOLE.setFormatter(_Json() if is_json() else _Text())
    _CONSOLE.setLevel(logging.INFO)
    ROOT.setLevel(logging.INFO)
    if _CONSOLE not in ROOT.handlers:
        ROOT.addHandler(_CONSOLE)


@contextlib.contextmanager
def details_in(file: Path) -> Iterator[None]:
    """While it lasts, append every line to `file`, dated, and show those from NOTICE on. The file is its owner's alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    stream = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Text(dated=True))
    before = _CONSOLE.level
    _CONSOLE.setLevel(NOTICE)
    ROOT.addHandler(handler)
    try:
        yield
    finally:
        ROOT.removeHandler(handler)
        _CONSOLE.setLevel(before)
        stream.close()
