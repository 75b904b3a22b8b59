"""Reads the exports of a folder through a query: SELECTs of the operator's, or of a preset, that yield our columns.

A SELECT below `-- each: PATTERN` is run once for each such file, whose rows and day are then those of the file, as without
a query. Any other SELECT is run once over the folder; its rows go to the days on which they happened, or to the day in
`filename`, where it yields that. Files named accounts* that no SELECT reads are read as without a query: there may lie
opt-outs. All further checks are those of the reader `files`.
"""

from __future__ import annotations

import contextlib
import csv
import difflib
import gzip
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, overload

import pyarrow as pa
import pyarrow.compute as pc

from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.platforms.exports import file_rows
from clout.platforms.exports.file_inventory import STANDING, Passed, by_day, day_of, look, table_of
from clout.platforms.exports.query_runner import OUT_OF_MEMORY, Bounds, QueryError, Runner
from clout.platforms.exports.query_text import Select, parted
from clout.platforms.exports.tabular import BadRow, RowBatch, as_text, optional_of
from clout.platforms.exports.torn_json import where_torn
from clout.platforms.pull.rows import Stored, modified_at, stored

#: What a SELECT may yield beside our columns: where a row stands, and why it is refused.
PLACES = ("file", "filename", "row")
REFUSED = "refused"
_IDS = ("actor", "target", "post", "author", "account", "reply_to")
_TIMES = ("occurred_at", "created_at")
_WHOLE = r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|U?INTEGER|BIGNUM"
_TEXT = r"VARCHAR|\"?NULL\"?|ENUM\(.*\)|UUID"
_NUMBER = rf"{_WHOLE}|DECIMAL\(.*\)|FLOAT|DOUBLE"
_TIME = r"DATE|TIMESTAMP.*"
_MOST_REJECTED = 10_000
_NEAR_THE_TOP = 60
_TORN = re.compile(r"Malformed JSON|JSON transform|json", re.IGNORECASE)
_EXCERPT = re.compile(r"\s*LINE (\d+):.*", re.DOTALL)
_CSV_ERROR = re.compile(
    r"CSV Error on Line: (\d+)\n(?:Original Line:[^\n]*\n)?(.*?)\n\s*(?:Possible|file = )", re.DOTALL
)


class Queries:
    """The SELECTs of a source, and the files that they read. Close it, or use it in a with statement."""

    def __init__(self, source: Source, bounds: Bounds | None = None) -> None:
        self.source = source
        self.selects = parted(source.options["query"], source.options["query_text"])
        options = source.options
        given = bounds or Bounds(
            memory_mb=options.get("memory_mb", Bounds.memory_mb),
            seconds=60 * options.get("deadline_minutes", Bounds.seconds // 60),
        )
        self.there = _files_in(source)
        self._folder = look(source)
        self._runner = Runner(source.path.resolve(), given)
        self._rows = 0
        self._by_place: dict[tuple[Path, str], Select] = {}
        for select in self.selects:
            for file in self._files(select):
                self._by_place[file, select.table] = select

    def __enter__(self) -> Queries:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.__exit__(None, None, None)

    def files(self) -> list[tuple[Path, str, date | None]]:
        """Each file, or the folder, with the table that it yields and the day in its path, in the order of reading."""
        asked = [
            (place, table, None if place == self.source.path else day_of(self.source, place))
            for place, table in self._by_place
        ]
        plain = [
            (file, table, day_of(self.source, file))
            for file in self._folder.read
            if (table := table_of(file)) in STANDING
            and (file, table) not in self._by_place
            and not self._is_named(file)
        ]
        return [*asked, *plain]

    def _is_named(self, file: Path) -> bool:
        """Whether a SELECT over the folder reads an accounts file itself: it names it. One that it may miss is read as ours."""
        return any(not each.each and each.table == "accounts" and file.name in each.sql for each in self.selects)

    @property
    def passed(self) -> list[Passed]:
        """Files that are not read. Which ones a SELECT over the whole folder reads only the SELECT knows."""
        if not all(select.each for select in self.selects):
            return []
        read = {file for file, _ in self._by_place}
        unread = [file for file in self._folder.read if file not in read and table_of(file) not in STANDING]
        others = [replace(each, is_data=False) for each in self._folder.passed if each.file not in read]
        return [*(Passed(file, f"read by no SELECT of {self.source.options['query']}") for file in unread), *others]

    def stored(self, file: Path) -> Stored:
        """Size and time of a file; of the folder the sum and the newest."""
        if file != self.source.path:
            return stored(file)
        newest = max((modified_at(each) for each in self.there), default=modified_at(file))
        return Stored(sum(each.stat().st_size for each in self.there), newest, False)

    def subject(self, file: Path) -> str:
        """What the manifest calls a file; of the folder it is the query's name."""
        return self.source.options["query"] if file == self.source.path else str(file.relative_to(self.source.path))

    def is_asked(self, file: Path, table: str) -> bool:
        """Whether a SELECT yields that table from that file."""
        return (file, table) in self._by_place

    def _files(self, select: Select) -> list[Path]:
        if select.each is None:
            return [self.source.path]
        name = PurePosixPath(select.each).name.lower()
        found = [
            file
            for file in sorted(self.source.path.glob(select.each))
            if file in self.there and (table_of(file) != "accounts" or name.startswith("accounts"))
        ]
        if not found:
            raise InvalidInput(
                f"{select.where}: no file {select.each} lies in {self.source.path}; mend the line -- each"
            )
        return found

    def batches(self, file: Path, table: str, described: dict[str, str] | None = None) -> Iterator[RowBatch]:
        """The rows that the SELECT for a table yields from a file, as texts under our names."""
        select = self._by_place.get((file, table))
        if select is None:
            yield from file_rows.batches(self.source, file, table, described)
            return
        ours = file_rows.COLUMNS[table]
        parameters: dict[str, Any] = {}
        if "file" in select.parameters:
            parameters["file"] = str(file.relative_to(self.source.path))
        if "skip" in select.parameters:
            parameters["skip"] = self.source.options.get("skip_rows", lines_above_header(file))
        where = select.where if select.each is None else f"{file}: {select.where}"
        types: dict[str, str] = {}
        seen = 0
        modified = self.stored(file).modified
        try:
            for letter, content in self._runner.answers(select.sql, parameters):
                if letter == "T":
                    types = _checked(where, content, ours, file_rows.needed(self.source, table))
                    if described is not None:
                        described |= {name: kind.lower() for name, kind in types.items() if name in ours}
                elif letter == "B":
                    batch = content.rename_columns(list(types))
                    yield self._batch(select, batch, ours, seen, modified)
                    seen += content.num_rows
                else:
                    bad = _rejected(where, content)
                    yield replace(as_text([], {}, dict.fromkeys(ours, ""), bad), modified=modified)
        except QueryError as error:
            torn = where_torn(file) if select.each and _TORN.search(str(error)) else None
            if torn:
                raise InvalidInput(
                    f"{file}: {torn}, so that it is no JSON ({select.where}); mend the record, or take the export again"
                ) from error
            raise InvalidInput(_explained(where, error)) from error
        self._rows += seen

    def check_some(self) -> None:
        """Raise InvalidInput where all that was asked yielded no row at all."""
        if not self._rows:
            name = self.source.options["query"]
            raise InvalidInput(f"{name}: yields no row; look whether its WHERE and its files are as they should be")

    def _batch(
        self, select: Select, batch: pa.RecordBatch, ours: list[str], before: int, modified: datetime
    ) -> RowBatch:
        columns = {name: batch.column(name) for name in batch.schema.names}
        counted = pa.array(range(before + 1, before + 1 + batch.num_rows), pa.int64())
        rows = pc.coalesce(columns["row"].cast(pa.int64()), counted) if "row" in columns else counted
        numbers: Sequence[int] = rows.to_pylist() if select.each else ()
        refs = None
        if not select.each:
            files = columns.get("filename", columns.get("file"))
            names = pa.repeat(select.query, batch.num_rows) if files is None else self._names(files)
            if files is not None and select.table == "accounts" and (named := self._first_day(names)):
                raise InvalidInput(
                    f"{select.where}: accounts of {named} hold from the day in its path on, which only a SELECT that is run"
                    f" once a file can tell: -- each: **/*{PurePosixPath(named).suffix} above it, and $file in it"
                )
            numbers = Places(rows, names)
            refs = pc.binary_join_element_wise(names, rows.cast(pa.string()), ":")
        optional = optional_of(ours, file_rows.needed(self.source, select.table))
        texts = [*ours, REFUSED]
        given = {name: columns[name] for name in texts if name in columns}
        made = as_text(numbers, given, dict.fromkeys(texts, ""), [], {*optional, REFUSED}, refs)
        reasons = made.columns.pop(REFUSED)
        made = replace(made, modified=modified)
        return _without_refused(made, reasons)

    def _names(self, files: pa.Array) -> pa.Array:
        """Files' names as the manifest writes them: relative to the folder. Rows without a name are the query's."""
        encoded = files.cast(pa.string()).dictionary_encode()
        folder = self.source.path.resolve()
        names = [os.path.relpath(folder / name, folder) for name in encoded.dictionary.to_pylist()]
        return pc.fill_null(pa.array(names, pa.string()).take(encoded.indices), self.source.options["query"])

    def _first_day(self, names: pa.Array) -> str | None:
        return next(
            (name for name in pc.unique(names).to_pylist() if day_of(self.source, self.source.path / name)), None
        )

    def days(self, refs: pa.Array, times: pa.Array) -> pa.Array:
        """The day of each row: that in its file's path, else that on which it happened."""
        days = times.cast(pa.timestamp("us")).cast(pa.date32(), safe=False)
        files = pc.replace_substring_regex(refs, r":-?\d+$", "")
        encoded = (files.combine_chunks() if isinstance(files, pa.ChunkedArray) else files).dictionary_encode()
        named = [day_of(self.source, self.source.path / name) for name in encoded.dictionary.to_pylist()]
        return pc.coalesce(pa.array(named, pa.date32()).take(encoded.indices), days) if any(named) else days


class Place(int):
    """A row's number, and the file in which it stands."""

    file: str


class Places(Sequence[int]):
    """The numbers of a batch's rows, each with its file."""

    def __init__(self, rows: pa.Array, files: pa.Array) -> None:
        self.rows, self.files = rows, files

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        place = Place(self.rows[index].as_py())
        place.file = self.files[index].as_py()
        return place


def is_query(source: Source) -> bool:
    """Whether the source's exports are read through a query or a preset."""
    return "query" in source.options


def inventory(source: Source, days: Iterable[date]) -> dict[date, dict[str, Stored]]:
    """Every file that each day's snapshot would be read from now, by its subject, as file_inventory tells without a query.

    Of a SELECT over the whole folder that is the folder: any file of it may matter to any day.
    """
    with Queries(source) as queries:
        files = queries.files()
        names = {file: queries.subject(file) for file, _, _ in files}
        return by_day(files, names, {file: queries.stored(file) for file in names}, days)


def _files_in(source: Source) -> set[Path]:
    """The files of the folder. Raises InvalidInput where a link leads out of it, or something is no file."""
    folder = source.path.resolve()
    found = set()
    for place, folders, files in os.walk(source.path):
        for name in (*folders, *files):
            path = Path(place) / name
            relative = path.relative_to(source.path)
            if path.is_symlink() and not path.resolve().is_relative_to(folder):
                raise InvalidInput(
                    f"{path}: a link that leads out of {folder}, where a query may not read; copy the file"
                )
            kind = path.stat().st_mode if path.exists() else stat.S_IFREG
            if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
                raise InvalidInput(f"{path}: neither a file nor a folder, and a query would wait for it; move it away")
            if stat.S_ISREG(kind) and not any(part.startswith((".", "_")) for part in relative.parts):
                found.add(path)
    return found


def lines_above_header(file: Path) -> int:
    """How many lines stand above the header of a CSV file: it is the first of the rows of one length that hold most fields."""
    opener = gzip.open if file.name.lower().endswith(".gz") else open
    with opener(file, "rt", encoding="utf-8-sig", errors="replace", newline="") as stream:
        rows = csv.reader(line.replace("\0", "") for line in islice(stream, _NEAR_THE_TOP))
        ends: list[tuple[int, int]] = []
        before = 0
        with contextlib.suppress(csv.Error):  # a quote that is closed below what is looked at
            for row in rows:
                ends.append((before, len(row)))
                before = rows.line_num
    rows_of = Counter(fields for _, fields in ends)
    usual = max(rows_of, key=lambda fields: (fields * rows_of[fields], fields), default=0)
    return next((above for above, fields in ends if fields == usual), 0)


def _checked(where: str, columns: list[list[str]], ours: list[str], needed: list[tuple[str, ...]]) -> dict[str, str]:
    """The columns of a SELECT with their types, in order. Raises InvalidInput where they are not what a table needs."""
    known = [*ours, *PLACES, REFUSED]
    types: dict[str, str] = {}
    for name, kind in columns:
        low = name.lower()
        if low in types:
            raise InvalidInput(f"{where}: two columns are named {low}; take one out")
        if low not in known:
            near = difflib.get_close_matches(low, known, 1)
            cure = f"name it AS {near[0]}, or take it out" if near else "take it out"
            raise InvalidInput(f"{where}: column {name} is none of ours, which are {', '.join(ours)}; {cure}")
        types[low] = kind
    for alternatives in needed:
        if not any(name in types for name in alternatives):
            missing = " or ".join(alternatives)
            raise InvalidInput(
                f"{where}: yields no column {missing}; found {', '.join(types)}. Name it in the SELECT: … AS {alternatives[0]}"
            )
    for name, kind in types.items():
        if advice := _type_cure(name, kind):
            raise InvalidInput(f"{where}: column {name} is {kind}; {advice}")
    return types


def _type_cure(name: str, kind: str) -> str | None:
    """What to do about a column of a type that it cannot have; None where it can."""
    if kind == "JSON":
        return "take the text out of it: ->> in the place of ->"
    if kind == "BLOB":
        return f"make text of it: decode({name})"
    if not re.fullmatch(f"{_TEXT}|{_NUMBER}|{_TIME}|BOOLEAN", kind):
        return "it must hold text, numbers or times, one a row"
    if name in _IDS and kind in ("FLOAT", "DOUBLE"):
        return "which rounds long ids, so that people become one: read it as text, with all_varchar = true"
    if name in _TIMES and re.fullmatch(f"{_NUMBER}|BOOLEAN", kind):
        return "a number is no time: name seconds AS unix_ts, or make a time of it: make_timestamptz(microseconds)"
    if name == "unix_ts" and kind in ("DATE", "BOOLEAN"):
        return "name a time AS occurred_at"
    if name == "row" and not re.fullmatch(_WHOLE, kind):
        return "a row's number is whole: CAST(… AS BIGINT)"
    return None


def _rejected(where: str, rows: list[list[Any]]) -> list[BadRow]:
    """What read_csv rejected (store_rejects = true), as rows to be refused by file and line."""
    bad: list[BadRow] = []
    for name, line, column, reason, text in rows:
        place = Place(line)
        place.file = name
        bad.append((f"line {line}: {column or 'all columns'}: {' '.join(reason.split())}", place, text or ""))
    if len(bad) > _MOST_REJECTED:
        reason, line, _ = bad[0]
        raise InvalidInput(
            f"{where}: more than {_MOST_REJECTED} lines cannot be read; the first, {rows[0][0]} line {line}: {reason};"
            f" look whether delimiter, quotes and header are those of the export"
        )
    return bad


def _without_refused(batch: RowBatch, reasons: pa.Array) -> RowBatch:
    """The batch without the rows for which the SELECT gives a reason to refuse them; they are told as bad."""
    if reasons.null_count == len(reasons):
        return batch
    for index in pc.indices_nonzero(pc.is_valid(reasons)).to_pylist():
        batch.bad.append((reasons[index].as_py(), batch.numbers[index], file_rows.raw(batch, index)))
    return batch.filter(pc.is_null(reasons))


def _explained(where: str, error: QueryError) -> str:
    """What to say of a failed SELECT: where, why, and the cure. Of DuckDB's words not the rows that it quotes."""
    text = str(error)
    if error.kind == "Slow":
        return f"{where}: {text}; narrow the SELECT, or raise deadline_minutes of the source"
    if error.kind in OUT_OF_MEMORY or "bad allocation" in text or "bad_alloc" in text:
        return f"{where}: needs more memory than it may take; raise memory_mb of the source, or narrow the SELECT"
    if error.kind == "Died":
        return f"{where}: {text}; raise memory_mb of the source, or narrow the SELECT"
    at = _EXCERPT.search(text)
    where = re.sub(r"\d+$", at[1], where) if at else where  # the line of the SELECT, or the very one
    said = " ".join(_EXCERPT.sub("", text).split("\n\n")[0].split())
    if sniffed := re.search(r"Error when sniffing file \"(.*?)\"", text):
        return (
            f"{where}: {sniffed[1]}: its lines have no delimiter, quotes and number of columns in common; mend them, or tell"
            " read_csv header, delim and quote, and store_rejects = true to refuse only those that differ"
        )
    if csv := _CSV_ERROR.search(text):
        file = re.search(r"^\s*file = (.*)$", text, re.MULTILINE)
        reason = " ".join(csv[2].split())
        return f"{where}: {file[1] if file else 'a file'} line {csv[1]}: {reason}; mend the line or the options of read_csv"
    said = re.sub(r"\s*Input: .*", "", said)  # it would be the whole file
    if "file system operations are disabled" in text:
        return f"{where}: {said}: a query reads files of its source's folder alone; copy the file into it"
    cure = {
        "BinderException": "an export without that column is another than the query is written for: mend the one or the other",
        "CatalogException": "mend the SQL; nothing but DuckDB's own functions and the folder's files are there",
        "IOException": "look whether the file lies in the source's folder",
        "ParserException": "mend the SQL",
    }.get(error.kind, "mend the row or the SQL")
    return f"{where}: {said[:600]}; {cure}"
