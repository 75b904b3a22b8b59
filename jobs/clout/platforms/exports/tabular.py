"""Reads CSV, gzipped CSV, JSON lines and Parquet into batches of text columns, and gives back every row it must refuse.

Nothing is inferred: each wanted column arrives as text, or as it lies in Parquet, and is checked by whoever asked.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from clout.errors import InvalidInput
from clout.platforms.exports.cells import DECODER, NumberAsWritten, decode, json_text, whole_numbers, without_long
from clout.platforms.exports.csv_shape import check_quotes, csv_header, opened
from clout.platforms.exports.file_hints import hint
from clout.platforms.exports.file_limits import (
    BATCH_BYTES,
    CELL_BYTES,
    COLUMNS,
    LINE_BYTES,
    RAW,
    REFUSED,
    check_columns,
    check_expansion,
    glued,
    is_too_deep,
)
from clout.platforms.exports.parquet_parts import parts
from clout.platforms.pull.rows import BATCH_ROWS, JSON_TYPES
from clout.platforms.unique_json import Twofold

#: Columns of ours that may come as a time. Any other column's times become text.
TIMES = ("unix_ts", "occurred_at", "created_at")
#: Columns of ours that say whether somebody may be shown.
CONSENT = ("is_protected", "is_minor", "opt_out", "status")
#: Columns of ours that hold ids, of which no digit may be lost.
IDS = ("actor", "target", "post", "author", "account", "reply_to")
#: (reason, row number, the row as it was read)
BadRow = tuple[str, int, str]

_CSV = re.compile(r"\.(csv|tsv|txt)(\.gz)?$")
_JSON = re.compile(r"\.(jsonl|ndjson)(\.gz)?$")
#: One field or line may be this long; a longer one is refused rather than read into memory without bound.
_LONGEST = LINE_BYTES


@dataclass
class RowBatch:
    """Rows `numbers` of a file, one text column per wanted column, and the rows refused.

    The header is row 1. Blank lines of a CSV file are not counted, those of a JSON lines file are.
    """

    numbers: Sequence[int]
    columns: dict[str, pa.Array]
    bad: list[BadRow] = field(default_factory=list)
    #: Optional fields of rows that were read without them: (place in the batch, why).
    unread: list[tuple[int, str]] = field(default_factory=list)
    #: Of a query over several files: where each row stands, and when the newest of the files was written.
    refs: pa.Array | None = None
    modified: datetime | None = None

    def filter(self, keep: pa.Array) -> RowBatch:
        """The batch with those rows alone of which `keep` is true."""
        kept = pc.indices_nonzero(keep).to_pylist()
        places = {old: new for new, old in enumerate(kept)} if self.unread else {}
        return replace(
            self,
            numbers=[self.numbers[index] for index in kept],
            columns={ours: column.filter(keep) for ours, column in self.columns.items()},
            unread=[(places[index], why) for index, why in self.unread if index in places],
            refs=None if self.refs is None else self.refs.filter(keep),
        )


def is_tabular(file: Path) -> bool:
    """Whether the file's ending is one that `read_batches` reads."""
    name = file.name.lower()
    return bool(_CSV.search(name) or _JSON.search(name) or name.endswith(".parquet"))


def is_prose(file: Path) -> bool:
    """Whether a text file holds no table: no delimiter parts its first lines into the same number of fields."""
    try:
        with opened(file) as stream:
            head = stream.read(1 << 16)
    except (pa.ArrowException, OSError):
        return False
    whole = head.decode("utf-8", "replace").splitlines()[: -1 if len(head) == 1 << 16 else None]
    lines = [line.strip() for line in whole if line.strip()][:5]
    if len(lines) < 2:
        return bool(lines) and not re.search(r"[,;\t|]", lines[0])
    least = {" ": 3, ",": 2, ";": 2, "\t": 2, "|": 2}
    counts = {sign: [line.count(sign) + 1 for line in lines] for sign in least}
    return not any(min(found) == max(found) >= least[sign] for sign, found in counts.items())


def read_batches(
    file: Path,
    wanted: dict[str, str],
    needed: list[tuple[str, ...]],
    delimiter: str | None = None,
    column_names: list[str] | None = None,
    guarded: Mapping[str, str] = MappingProxyType({}),
    described: dict[str, str] | None = None,
    skip: int = 0,
) -> Iterator[RowBatch]:
    """The file's rows in order.

    `wanted` maps our column name to the file's. Each tuple in `needed` names columns of ours of which the file must
    have at least one. `guarded`: words (see `plain`) that no column but a wanted one may have for a name, and the column of
    ours that each is nearly. A wanted column that the file lacks comes as NULL. `described` gets the file's
    columns with their types: Parquet's own, of CSV "text"; of JSON lines the keys that every object has. `skip`: so many
    lines stand above the header of a CSV file; they count as rows. Raises InvalidInput
    where the file cannot be read to its end or lacks a needed column.
    """
    name = file.name.lower()
    asked = _Asked(file, wanted, needed, guarded, {} if described is None else described)
    try:
        if name.endswith(".parquet"):
            yield from _read_parquet(asked)
        elif _JSON.search(name):
            yield from _read_json_lines(asked)
        else:
            default = "\t" if ".tsv" in name else ","
            yield from _read_csv(asked, delimiter or default, column_names, skip)
    except (pa.ArrowException, OSError, EOFError, zlib.error) as error:
        if "straddling" in str(error):
            raise InvalidInput(f"{file}: a row is longer than {_LONGEST:,} bytes; mend or remove it") from error
        raise InvalidInput(f"{file}: cannot be read to its end: {error}; replace the file and run again") from error


def optional_of(wanted: Collection[str], needed: Sequence[tuple[str, ...]]) -> set[str]:
    """The columns of ours without which a row is still one: not needed, no wish, and no name by which a list may hold one."""
    return {*wanted} - {name for names in needed for name in names} - {*CONSENT, *TIMES[:2], "handle"}


def plain(name: str) -> str:
    """A column's name without its case and its signs: Opt_Out, opt-out and optout are one word."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@dataclass
class _Asked:
    """What is wanted of a file, see read_batches."""

    file: Path
    wanted: dict[str, str]
    needed: list[tuple[str, ...]]
    guarded: Mapping[str, str]
    described: dict[str, str]

    @cached_property
    def optional(self) -> set[str]:
        """See optional_of."""
        return optional_of(self.wanted, self.needed)

    def batch(self, numbers: Sequence[int], columns: dict[str, pa.Array], bad: list[BadRow]) -> RowBatch:
        """The batch of some rows, and of the bad ones, which are taken out of their list."""
        taken = list(bad)
        bad.clear()
        return as_text(numbers, columns, self.wanted, taken, self.optional)

    def check(self, names: list[str]) -> None:
        """Raise InvalidInput where a file of columns of these names is not one of the table."""
        for name in names:
            if plain(name) in self.guarded and name not in self.wanted.values():
                ours = self.guarded[plain(name)]
                raise InvalidInput(
                    f"{self.file}: row 1: column {name} is nearly {ours} and may hold somebody's wish: rename it to {ours}, map"
                    f" it under [source.columns], or take it out"
                )
        for theirs in self.wanted.values():
            if names.count(theirs) > 1:
                raise InvalidInput(
                    f"{self.file}: row 1: {names.count(theirs)} columns are named {theirs}; rename all but one"
                )
        for alternatives in self.needed:
            if not any(self.wanted[ours] in names for ours in alternatives):
                theirs = " or ".join(self.wanted[ours] for ours in alternatives)
                raise InvalidInput(
                    f"{self.file}: row 1: no column {theirs}; found {_some(names)}."
                    f" Name the export's own columns under [source.columns].{hint(names, self.needed)}"
                )


def _some(names: list[str]) -> str:
    shown = ", ".join(name if len(name) <= 100 else f"{name[:100]}…" for name in names[:30])
    return (shown + (f" and {len(names) - 30} more" if len(names) > 30 else "")) or "nothing"


def _read_csv(asked: _Asked, delimiter: str, column_names: list[str] | None, skip: int) -> Iterator[RowBatch]:
    file = asked.file
    bad: list[BadRow] = []
    skipped: set[int] = set()
    good, refused = 0, 0

    def is_too_much() -> bool:
        return refused > max(REFUSED, good) or len(bad) > 2 * REFUSED

    def refuse(row: pacsv.InvalidRow) -> str:
        nonlocal refused
        number = -1 if row.number is None else row.number
        skipped.add(number)
        there, expected = row.actual_columns, row.expected_columns
        # The end of a line was lost, and the last field of one row is the first of the next.
        rows, rest = divmod(there - 1, expected - 1) if expected > 1 else (1, 1)
        is_glued = rows > 1 and rest == 0
        reason = f"{there} fields where {expected} are expected" + (f": {rows} rows in one line" if is_glued else "")
        bad.extend([(reason, number, (row.text or "")[:RAW])] * (rows if is_glued else 1))
        refused += 1
        return "error" if is_too_much() else "skip"

    names, is_all = (column_names, False) if column_names else csv_header(file, delimiter, skip)
    asked.check([name.strip() for name in names])
    asked.described |= dict.fromkeys((name.strip() for name in names), "text")
    if is_all:
        yield asked.batch([], {}, [])
        return
    check_quotes(file, delimiter)
    as_written = {name.strip(): name for name in names}
    present = {ours: as_written[theirs] for ours, theirs in asked.wanted.items() if theirs in as_written}
    read = pacsv.ReadOptions(skip_rows=skip, column_names=column_names, block_size=_LONGEST, use_threads=False)
    convert = pacsv.ConvertOptions(
        column_types={theirs: pa.binary() for theirs in present.values()},
        include_columns=list(dict.fromkeys(present.values())),
        strings_can_be_null=False,
    )
    parse = pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=refuse)
    next_row = skip + (1 if column_names else 2)
    try:
        with opened(file) as stream, pacsv.open_csv(stream, read, parse, convert) as reader:
            for block in reader:
                for start in range(0, block.num_rows, BATCH_ROWS):
                    batch = block.slice(start, BATCH_ROWS)
                    numbers: list[int] = []
                    while len(numbers) < batch.num_rows:
                        if next_row not in skipped:
                            numbers.append(next_row)
                        next_row += 1
                    skipped = {number for number in skipped if number >= next_row}
                    good += batch.num_rows
                    columns = {ours: batch.column(theirs) for ours, theirs in present.items()}
                    yield asked.batch(numbers, columns, bad)
    except pa.ArrowInvalid as error:
        if is_too_much():
            reason, number, _ = bad[-1]
            raise InvalidInput(
                f"{file}: row {number}: {reason}, as of more than {REFUSED:,} rows: is the delimiter {delimiter!r}?"
            ) from error
        raise
    if bad:
        yield asked.batch([], {}, bad)


def _read_json_lines(asked: _Asked) -> Iterator[RowBatch]:
    file, wanted, described = asked.file, asked.wanted, asked.described
    opener = gzip.open if file.name.lower().endswith(".gz") else open
    numbers: list[int] = []
    rows: list[dict[str, str | None]] = []
    bad: list[BadRow] = []
    seen: set[str] = set()
    common: set[str] | None = None
    is_packed = file.name.lower().endswith(".gz")
    unpacked, held, good = 0, 0, 0

    def batch() -> RowBatch:
        return asked.batch(numbers, {ours: pa.array([row[ours] for row in rows], pa.string()) for ours in wanted}, bad)

    with opener(file, "rb") as stream:
        for number, line in enumerate(iter(lambda: stream.readline(_LONGEST), b""), start=1):
            unpacked += len(line)
            if is_packed:
                check_expansion(file, unpacked, number)
            if len(bad) > max(REFUSED, good + len(rows)):
                raise InvalidInput(
                    f"{file}: row {number}: {bad[-1][0]}, as of more than {REFUSED:,} rows; is it JSON lines?"
                )
            if not line.strip():
                continue
            if len(line) == _LONGEST and not line.endswith(b"\n"):
                bad.append((f"longer than {_LONGEST} bytes", number, line[:RAW].decode("utf-8", "replace")))
                while line and not line.endswith(b"\n"):
                    line = stream.readline(_LONGEST)
                    unpacked += len(line)
                    if is_packed:
                        check_expansion(file, unpacked, number)
                continue
            try:
                # Left to itself, json takes bytes for UTF-16 or UTF-32 where some of them are zero.
                text = line.decode("utf-8-sig")
                if is_too_deep(text):
                    bad.append(("not JSON: nested too deep", number, text[:RAW]))
                    continue
                record = DECODER.decode(text)
            except UnicodeDecodeError:
                bad.append(("not UTF-8", number, line[:RAW].decode("utf-8", "replace")))
                continue
            except (ValueError, RecursionError) as error:
                several = glued(text.strip(), DECODER)
                reason = f"not JSON: {len(several)} objects in one line" if several else f"not JSON: {error}"
                bad += [(reason, number, one[:RAW]) for one in several or [text]]
                continue
            if not isinstance(record, dict):
                what = "not a JSON object"
                if isinstance(record, list) and record and isinstance(record[0], dict):
                    what += f" but {len(record):,} of them in one list; write one object a line"
                bad.append((what, number, text[:RAW]))
                continue
            twice = sorted({*record.names}.intersection(wanted.values())) if isinstance(record, Twofold) else []
            if twice and asked.guarded:  # whoever said no here would be shown if the row were left out
                raise InvalidInput(
                    f"{file}: row {number}: {', '.join(twice)} stands twice in one object, and says two things: mend the row"
                    " and run again"
                )
            if twice:
                told = f"{', '.join(twice)} stands twice in one object, and says two things"
                bad.append((told, number, text[:RAW]))
                continue
            seen.update(record)
            if len(seen) > COLUMNS:
                check_columns(file, len(seen))
            common = set(record) if common is None else common & record.keys()
            if number <= 1000:
                described |= {
                    key: "number" if type(value) is NumberAsWritten else JSON_TYPES.get(type(value), "nested")
                    for key, value in record.items()
                    if value is not None
                }
            numbers.append(number)
            rows.append({ours: json_text(record.get(theirs)) for ours, theirs in wanted.items()})
            held += len(line)
            if len(rows) == BATCH_ROWS or held >= BATCH_BYTES:
                good += len(rows)
                yield batch()
                numbers, rows, held = [], [], 0
    if rows or not bad:
        asked.check(sorted(seen))
    for key in described.keys() - (common or set()):
        del described[key]
    yield batch()


def _read_parquet(asked: _Asked) -> Iterator[RowBatch]:
    file = asked.file
    with pq.ParquetFile(file) as parquet:
        names = parquet.schema_arrow.names
        check_columns(file, len(names))
        asked.check(names)
        asked.described |= {field.name: str(field.type) for field in parquet.schema_arrow}
        present = {ours: theirs for ours, theirs in asked.wanted.items() if theirs in names}
        for ours, theirs in present.items():
            kind = parquet.schema_arrow.field(theirs).type
            if pa.types.is_nested(kind) and ours not in asked.optional:
                raise InvalidInput(f"{file}: column {theirs} holds {kind}; it must hold text, numbers or times")
    first = 1
    for batch in parts(file, list(dict.fromkeys(present.values()))):
        numbers = list(range(first, first + batch.num_rows))
        first += batch.num_rows
        yield asked.batch(numbers, {ours: batch.column(t) for ours, t in present.items()}, [])


def as_text(
    numbers: Sequence[int],
    columns: dict[str, pa.Array],
    wanted: dict[str, str],
    bad: list[BadRow],
    optional: Collection[str] = (),
    refs: pa.Array | None = None,
) -> RowBatch:
    """Bring every column to trimmed text (times of Parquet stay times), empty text to NULL.

    What is no UTF-8, is beyond measure or is nested refuses the row; in an optional column it becomes NULL and is told.
    """
    wrong: dict[int, BadRow] = {}
    unread: list[tuple[int, str]] = []
    text: dict[str, pa.Array] = {}
    for ours in wanted:
        column = columns.get(ours)
        if column is None:
            text[ours] = pa.nulls(len(numbers), pa.string())
            continue
        failed: dict[int, tuple[str, str]] = {}
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            column, failed = decode(ours, column)
        if pa.types.is_nested(column.type):
            what = f"{ours}: holds {column.type}, neither text nor a number"
            failed = dict.fromkeys(pc.indices_nonzero(pc.is_valid(column)).to_pylist(), (what, ""))
            column = pa.nulls(len(column), pa.string())
        if pa.types.is_timestamp(column.type) and ours in TIMES:
            text[ours] = column
            continue
        if pa.types.is_floating(column.type):
            column = whole_numbers(column, ours in IDS)
        column = column.cast(pa.string())
        if len(column) and (pc.max(pc.binary_length(column)).as_py() or 0) > CELL_BYTES:
            column, long = without_long(ours, column)
            failed |= long
        column = pc.utf8_trim_whitespace(column)
        text[ours] = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
        if ours in optional:
            unread += [(index, why) for index, (why, _) in failed.items()]
        else:
            for index, (why, shown) in failed.items():
                wrong.setdefault(index, (why, numbers[index], shown))
    batch = RowBatch(numbers, text, bad, unread, refs)
    if not wrong:
        return batch
    bad += [wrong[index] for index in sorted(wrong)]
    return batch.filter(pa.array([index not in wrong for index in range(len(numbers))]))
