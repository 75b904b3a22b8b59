"""The command-line arguments that jobs share, each with the type that parses it. Defaults lie under CLOUT_HOME."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from clout.config.paths import ROOT

HOME = Path(os.environ.get("CLOUT_HOME") or ROOT / ".clout")


#: Days have windows of days before and after them: there must be room in the calendar.
YEARS = range(1900, 9000)


def day(text: str) -> date:
    """A day as YYYY-MM-DD. Refuses anything else, above all the empty text of a run that names no day."""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) or int(text[:4]) not in YEARS:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a day like 2026-03-01"
            + ("" if text else "; in Airflow, trigger the run with a logical date, or fill in the form's day")
        ) from None


def output_file(text: str) -> Path:
    """A file to write, in a folder that is there: asked before the minutes that its content takes."""
    file = Path(text)
    if not text or file.is_dir() or not os.access(file if file.exists() else file.absolute().parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"{text!r} cannot be written; name a file in a folder that is there")
    return file


def run_id(text: str) -> str:
    """A run's name as part of a path: Airflow's run ids hold signs that paths and URIs do not like."""
    slug = re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.")
    if not slug:
        raise argparse.ArgumentTypeError(f"{text!r} cannot name a run; use letters, digits, - and _")
    return slug


Number = TypeVar("Number", int, float)


def number(kind: type[Number], what: str, least: Number, most: Number) -> Callable[[str], Number]:
    """A type of arguments: numbers of a kind from `least` to `most`, said as `what`, such as `a number of hours`."""

    def found(text: str) -> Number:
        try:
            value = kind(text)
            if least <= value <= most:  # nan is not
                return value
        except (ValueError, OverflowError):
            pass
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}, {least:,} to {most:,}")

    return found


_ARGUMENTS: dict[str, dict[str, Any]] = {
    "day": {"type": day, "required": True, "help": "the score date, YYYY-MM-DD, UTC"},
    "run": {"type": run_id, "required": True, "help": "the run's name; staging is addressed by (day, run)"},
    "lake": {
        "default": os.environ.get("CLOUT_LAKE") or str(HOME / "lake"),
        "help": "path or URI of the lake",
    },
    "staging": {
        "default": os.environ.get("CLOUT_STAGING") or str(HOME / "staging"),
        "help": "path or URI of the staged runs",
    },
    "reports": {
        "type": Path,
        "default": Path(os.environ.get("CLOUT_REPORTS") or HOME / "reports"),
        "help": "folder of Data Docs, one folder a day and run",
    },
    "warehouse": {
        "default": os.environ.get("CLOUT_WAREHOUSE") or str(HOME / "warehouse"),
        "help": "a folder (duckdb), postgresql://..., iceberg:/folder, or a TOML file of a catalogue's properties",
    },
    "sources": {
        "type": Path,
        "default": Path(os.environ.get("CLOUT_SOURCES") or HOME / "world"),
        "help": "the sources file (TOML), or one folder of exports",
    },
    "model": {
        "type": Path,
        "default": Path(os.environ.get("CLOUT_MODEL") or ROOT / "sql" / "models" / "v2.toml"),
        "help": "the model file (TOML)",
    },
}


def add(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add shared arguments to a job's parser."""
    for name in names:
        parser.add_argument(f"--{name}", **_ARGUMENTS[name])


def parser(job: str, description: str | None, *names: str, raw: bool = False) -> argparse.ArgumentParser:
    """The parser of a job with shared arguments. raw: the description is shown line by line, as it is written."""
    form = argparse.RawDescriptionHelpFormatter if raw else argparse.HelpFormatter
    made = argparse.ArgumentParser(prog=f"{job}.py", description=description, formatter_class=form)
    add(made, *names)
    return made
