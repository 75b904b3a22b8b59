"""Which files a folder of exports holds, of which table, and of which day."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from clout.errors import PoisonInput
from clout.platforms.rows import Stored, stored
from clout.platforms.tabular import is_tabular
from clout.sources import Source

_DAY = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")
#: Endings of data that is not read. Anything else beside the exports (a checksum, a note) may lie there.
_OTHER_DATA = re.compile(r"(^accounts|\.(json|xlsx?|ods|zip|gz|bz2|xz|zst|7z|avro|orc|part|tmp))$")


def files_of(source: Source) -> list[Path]:
    """The files of a source that are read, in order. Raises PoisonInput where accounts lie there in another form."""
    found = [file for file in sorted(source.path.rglob("*")) if file.is_file()]
    shown = [file for file in found if not any(p.startswith((".", "_")) for p in file.relative_to(source.path).parts)]
    for file in shown:
        if table_of(file) == "accounts" and not is_tabular(file) and _OTHER_DATA.search(file.name.lower()):
            raise PoisonInput(
                f"{file}: accounts in a form that is not read, and one may hold somebody's opt-out:"
                " export it as CSV, JSON lines or Parquet, or move it away"
            )
    return [file for file in shown if is_tabular(file)]


def inventory(source: Source, days: Iterable[date]) -> dict[date, dict[str, Stored]]:
    """Every file that each day's snapshot would be read from now, by its subject. Of a file without a day only reading it
    would show whether it holds rows of the day; but accounts hold for every day.
    """
    files = [(file, table_of(file), day_of(source, file)) for file in files_of(source)]
    subjects = {file: str(file.relative_to(source.path)) for file, _, _ in files}
    return by_day(files, subjects, {file: stored(file) for file, _, _ in files}, days)


def by_day(
    files: list[tuple[Path, str, date | None]],
    subjects: dict[Path, str],
    lying: dict[Path, Stored],
    days: Iterable[date],
) -> dict[date, dict[str, Stored]]:
    """What each day's snapshot would be read from, of files with their table and their day."""
    accounts = [(file, its_day) for file, table, its_day in files if table == "accounts"]
    undated = {
        subjects[file]: lying[file]._replace(is_sure=False)
        for file, table, its_day in files
        if table != "accounts" and its_day is None
    }
    dated: dict[date, dict[str, Stored]] = {}
    for file, table, its_day in files:
        if table != "accounts" and its_day is not None:
            dated.setdefault(its_day, {})[subjects[file]] = lying[file]
    return {
        day: undated | dated.get(day, {}) | {subjects[file]: lying[file] for file in holding(accounts, day)}
        for day in days
    }


def holding(accounts: list[tuple[Path, date | None]], day: date) -> list[Path]:
    """The accounts files that hold on a day: the undated, and the newest dated ones that are not after it."""
    newest = max((its_day for _, its_day in accounts if its_day is not None and its_day <= day), default=None)
    return [file for file, its_day in accounts if its_day is None or its_day == newest]


def table_of(file: Path) -> str:
    """The table that a file's name says it holds: interactions, posts or accounts."""
    name = file.name.lower()
    return next((table for table in ("accounts", "posts") if name.startswith(table)), "interactions")


def day_of(source: Source, file: Path) -> date | None:
    """The day that a file's path names, None where it names none."""
    named = _DAY.findall(str(file.relative_to(source.path)))
    if not named:
        return None
    if len(set(_DAY.findall(file.name))) > 1:
        raise PoisonInput(
            f"{file}: its name holds several days; name it after the one day whose snapshot it is,"
            " or after none, to have its rows go to the days on which they happened"
        )
    try:
        return date.fromisoformat(named[-1])
    except ValueError as error:
        raise PoisonInput(f"{file}: {named[-1]} in its path is not a day; rename it") from error
