"""Lists the files of a folder of exports, each with its table and its day, and names what else lies there.

Nothing is passed over in silence. What is no export is left alone and named in the manifest. What may hold somebody's
opt-out, or a part of a day, in a form that is not read stops the pull; so do folders of table formats, whose files hold
deleted rows too, links that lead out of the folder, and what cannot be opened.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.platforms.exports.tabular import is_prose, is_tabular
from clout.platforms.pull.rows import PullReport, Stored, modified_at, stored

_DAY = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")
_SHEETS = r"xls|xlsx|xlsm|xlsb|ods|numbers"
_PACKED = r"zip|gz|tgz|tar|bz2|xz|zst|zstd|lz4|lzo|snappy|br|7z|rar|z"
_UNFINISHED = r"part|partial|tmp|temp|crdownload|download|filepart|swp"
_OTHERS = (
    r"avro|orc|feather|arrow|ipc|pkl|pickle|npy|npz|h5|hdf5|db|sqlite|sqlite3|duckdb|dump|dta|sav|sas7bdat|rds|rdata|xml|psv"
    r"|dat"
)
#: Endings of data that is not read. Anything else beside the exports (a checksum, a picture) may lie there.
_DATA = re.compile(rf"\.(json|geojson|{_SHEETS}|{_PACKED}|{_UNFINISHED}|{_OTHERS})$")
#: A table with an ending of its own behind: encrypted, or packed in a way that nobody here knows.
_WRAPPED = re.compile(r"\.(csv|tsv|jsonl|ndjson|json|parquet)(\.gz)?[ ._-][^/]*")
#: Unless it is a word about the table beside it, or a copy that somebody put aside.
_BESIDE = re.compile(
    r"[ ._-](md5|sha\d*(sum)?|crc(32)?|checksum|asc|sig|minisig|sign|meta|schema|dvc|lock|license)$"
    r"|[ ._-](bak|backup|old|orig|save|\d+)$|~$"
)
#: Names without an ending under which programs write data.
_BARE = re.compile(
    r"(accounts|consents|campaigns|credentials|endorsements|outcomes|posts|interactions|part-?\d|data|export)[^.]*|[^.]*\d{4}-\d{2}-\d{2}[^.]*"
)
#: Texts that people put beside their data.
_NOTES = re.compile(
    r"(read[-_ ]?me|licen[cs]e|change[-_ ]?log|notice|notes?|copying|citation|codebook|terms|contents)([-_. ].*)?\.txt(\.gz)?"
)
#: JSON that exports bring along about themselves.
_ABOUT = re.compile(
    r"(manifest|schema|meta|metadata|config|summary|stats|checksums?|datapackage|package|index)([-_. ].*)?\.json"
)
_WHY = [
    (_SHEETS, "a spreadsheet: save it as CSV"),
    (_PACKED, "packed in a form that is not read: unpack it, or pack it with gzip"),
    (_UNFINISHED, "still being written, as its name says: wait until it is whole, or remove it"),
    (
        "json|geojson",
        "JSON that is not one object a line: write JSON lines and name it .jsonl, or read it through a query",
    ),
    (_OTHERS, "in a form that is not read: export it as CSV, JSON lines or Parquet"),
]
#: A folder with such a folder in it belongs to a table format, which alone knows which files hold.
_LOGS = {"_delta_log": "Delta Lake", ".hoodie": "Hudi", "metadata": "Iceberg"}
#: Tables whose files say what holds from a day on, rather than what happened on it.
STANDING = ("accounts", "consents", "campaigns", "credentials", "endorsements")
#: More than that in a folder is no folder of exports; it may be a whole machine.
MOST_FILES = 1_000_000
#: So many files that are not read are named one by one in a manifest, the others together.
_NAMED = 20


@dataclass(frozen=True)
class Passed:
    """A file that is not read: why, of which day by its path, and whether it may hold rows."""

    file: Path
    why: str
    day: date | None = None
    is_data: bool = False


@dataclass
class Folder:
    """What lies in a folder of exports: the files that are read, in order, and the others."""

    read: list[Path] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)


def files_of(source: Source) -> list[Path]:
    """The files of a source that are read, in order. See `look`."""
    return look(source).read


def look(source: Source) -> Folder:
    """All that lies in a source's folder. Raises InvalidInput at what must not be passed over on any day."""
    found = Folder()
    hidden: list[str] = []
    for file in sorted(_walk(source)):
        relative = file.relative_to(source.path)
        name = file.name.lower()
        if any(part.startswith((".", "_")) for part in relative.parts):
            if is_tabular(file):
                hidden.append(str(relative))
            continue
        is_data = not _ABOUT.fullmatch(name) and _is_data(name)
        _check_link(source, file, is_data or is_tabular(file))
        if file.is_dir():
            found.passed.append(Passed(file, "a link to a folder of this source, which is read in its own place"))
        elif not file.is_file():
            found.passed.append(Passed(file, "neither a file nor a folder"))
        elif table_of(file) in STANDING and is_data:
            raise InvalidInput(
                f"{file}: {table_of(file)} in a form that is not read, and one may hold somebody's opt-out:"
                " export it as CSV, JSON lines or Parquet, or move it away"
            )
        elif is_tabular(file) and not _is_note(source, file):
            found.read.append(file)
        else:
            found.passed.append(_pass(source, file, is_data))
    if hidden:
        named = ", ".join(hidden[:3]) + (f" and {len(hidden) - 3} more" if len(hidden) > 3 else "")
        found.passed.append(
            Passed(source.path / "names that begin with . or _", f"{len(hidden)} files left alone: {_shown(named)}")
        )
    return found


def _is_data(name: str) -> bool:
    """Whether a file that is not read may hold rows, by its name in small letters."""
    wrapped = _WRAPPED.search(name) and not _BESIDE.search(name)
    return bool(_DATA.search(name) or wrapped or ("." not in name and _BARE.fullmatch(name)))


def _walk(source: Source) -> Iterator[Path]:
    """Every file below the folder, and every link to a folder. Raises InvalidInput where a folder cannot be opened, or
    belongs to a table format.
    """
    number = 0
    try:
        for place, folders, names in os.walk(source.path, onerror=_raise):
            _check_table_format(place, folders)
            # A lake of our own that lies among the exports is none.
            folders[:] = [name for name in folders if not (Path(place) / name / "consent_ledger").is_dir()]
            for name in names:
                yield _named(place, name)
            for name in folders:
                if (Path(place) / name).is_symlink():
                    yield _named(place, name)
            number += len(names)
            if number > MOST_FILES:
                raise InvalidInput(
                    f"{source.path}: holds more than {MOST_FILES:,} files; name a folder that holds exports alone"
                )
    except OSError as error:
        raise InvalidInput(
            f"{error.filename}: cannot be opened: {error.strerror}; mend its rights or move it"
        ) from error


def _raise(error: OSError) -> None:
    raise error


def _named(place: str, name: str) -> Path:
    file = Path(place) / name
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(f"{_shown(str(file))}: its name is not UTF-8; rename it") from error
    if not name.isprintable():
        raise InvalidInput(f"{_shown(str(file))}: its name holds a sign that cannot be seen; rename it")
    return file


def _shown(name: str) -> str:
    """A file's name as it can be printed."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def _check_table_format(place: str, folders: list[str]) -> None:
    for name in sorted(_LOGS.keys() & set(folders)):
        if name == "metadata" and not any((Path(place) / name).glob("*.metadata.json")):
            continue
        raise InvalidInput(
            f"{place}: a table of {_LOGS[name]}, of which only its own log ({name}) knows which files hold: those of deleted"
            " rows lie there too. Export its rows as Parquet or CSV into a folder of their own, and name that"
        )


def _check_link(source: Source, file: Path, may_hold_rows: bool) -> None:
    if not file.is_symlink():
        return
    try:
        end = file.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        if may_hold_rows:
            raise InvalidInput(f"{file}: a link to what is not there; mend or remove it") from error
        return
    if not end.is_relative_to(source.path.resolve()):
        raise InvalidInput(
            f"{file}: a link that leads out of {source.path}; copy what it leads to, or name that folder as a source's path"
        )


def _is_note(source: Source, file: Path) -> bool:
    """Whether a text file is a note beside the exports. One with a day in its path may be a part of that day."""
    name = file.name.lower()
    if "column_names" in source.options or not name.removesuffix(".gz").endswith(".txt"):
        return False
    return bool(_NOTES.fullmatch(name)) or (
        table_of(file) == "interactions" and not _days(source, file) and is_prose(file)
    )


def _pass(source: Source, file: Path, is_data: bool) -> Passed:
    name = file.name.lower()
    if is_tabular(file):
        return Passed(file, "a note, and no table")
    if not is_data:
        return Passed(file, "no export, by its name")
    ending = name.rpartition(".")[2] if "." in name else ""
    unknown = "in a form that is not read, by its ending: decrypt or unpack it, or name it .csv, .jsonl or .parquet"
    why = next((why for endings, why in _WHY if re.fullmatch(endings, ending)), unknown)
    if ending and (beside := file.with_name(file.name[: -len(ending) - 1])).is_file() and is_tabular(beside):
        return Passed(file, f"the same as {beside.name}, by its name, which is read", day_of(source, file))
    plain = file.with_suffix(".csv")
    if ending and re.fullmatch(_SHEETS, ending) and plain.is_file():
        return Passed(file, f"the same as {plain.name}, by its name, which is read", day_of(source, file))
    if not ending:
        why = "without an ending that says how to read it: name it .csv, .jsonl or .parquet"
    return Passed(file, why, day_of(source, file), True)


def check_passed(passed: list[Passed], days: set[date]) -> None:
    """Raises InvalidInput where a day would lack what lies there for it in a form that is not read."""
    for each in passed:
        if each.is_data and each.day in days:
            raise InvalidInput(
                f"{each.file}: is of {each.day} by its path, and the day would lack it, since it is not read: {each.why};"
                " or move it away"
            )


def passed_reports(source: Source, passed: list[Passed], observed: set[date]) -> Iterator[PullReport]:
    """A report for each file that is not read, on the days that the source shows, and whose it may be."""
    for number, each in enumerate(passed[:_NAMED], start=1):
        days = observed if each.day is None else observed & {each.day}
        why, subject = each.why, str(each.file.relative_to(source.path))
        if number == _NAMED and len(passed) > _NAMED:
            days, why, subject = observed, f"{len(passed) - _NAMED + 1} more files that are not read", "*"
        there = each.file.is_file() and subject != "*"
        report = PullReport(
            subject,
            table_of(each.file),
            "files",
            "skipped",
            why,
            bytes=each.file.stat().st_size if there else 0,
            modified=modified_at(each.file) if there else None,
            per_day=dict.fromkeys(days, 0),
        )
        if days:
            yield report


def inventory(source: Source, days: Iterable[date]) -> dict[date, dict[str, Stored]]:
    """Every file that each day's snapshot would be read from now, by its subject. Of a file without a day only reading it
    would show whether it holds rows of the day; but accounts hold for every day.
    """
    found = look(source)
    files = [(file, table_of(file), day_of(source, file)) for file in found.read]
    # What came for a day in a form that is not read must be seen, too.
    files += [(each.file, "interactions", each.day) for each in found.passed if each.day and each.file.is_file()]
    subjects = {file: str(file.relative_to(source.path)) for file, _, _ in files}
    return by_day(files, subjects, {file: stored(file) for file, _, _ in files}, days)


def by_day(
    files: list[tuple[Path, str, date | None]],
    subjects: dict[Path, str],
    lying: dict[Path, Stored],
    days: Iterable[date],
) -> dict[date, dict[str, Stored]]:
    """What each day's snapshot would be read from, of files with their table and their day."""
    standing = [[(file, its_day) for file, table, its_day in files if table == each] for each in STANDING]
    undated = {
        subjects[file]: lying[file]._replace(is_sure=False)
        for file, table, its_day in files
        if table not in STANDING and its_day is None
    }
    dated: dict[date, dict[str, Stored]] = {}
    for file, table, its_day in files:
        if table not in STANDING and its_day is not None:
            dated.setdefault(its_day, {})[subjects[file]] = lying[file]
    return {
        day: undated
        | dated.get(day, {})
        | {subjects[file]: lying[file] for held in standing for file in holding(held, day)}
        for day in days
    }


def holding(accounts: list[tuple[Path, date | None]], day: date) -> list[Path]:
    """The files of accounts, or of a list, that hold on a day: the undated, and the newest dated ones that are not after it."""
    newest = max((its_day for _, its_day in accounts if its_day is not None and its_day <= day), default=None)
    return [file for file, its_day in accounts if its_day is None or its_day == newest]


def table_of(file: Path) -> str:
    """The table that a file's name says it holds: interactions, posts, or one of STANDING."""
    name = file.name.lower()
    return next((table for table in (*STANDING, "posts", "outcomes") if name.startswith(table)), "interactions")


def day_of(source: Source, file: Path) -> date | None:
    """The day that a file's path names, None where it names none, or where its rows say themselves when they happened."""
    named = _days(source, file)
    if not named or table_of(file) == "outcomes":
        return None
    if len(set(_DAY.findall(file.name))) > 1:
        raise InvalidInput(
            f"{file}: its name holds several days; name it after the one day whose snapshot it is,"
            " or after none, to have its rows go to the days on which they happened"
        )
    try:
        return date.fromisoformat(named[-1])
    except ValueError as error:
        raise InvalidInput(f"{file}: {named[-1]} in its path is not a day; rename it") from error


def _days(source: Source, file: Path) -> list[str]:
    return _DAY.findall(str(file.relative_to(source.path)))
