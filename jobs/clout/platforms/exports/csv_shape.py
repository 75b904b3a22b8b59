"""Inspects a CSV file before it is read: its header, whether its quotes close, how far it unpacks."""

from __future__ import annotations

import csv
import gzip
from itertools import chain
from pathlib import Path

import pyarrow as pa

from clout.errors import InvalidInput
from clout.platforms.exports.file_limits import (
    CELL_BYTES,
    HEADER_BYTES,
    LINE_BYTES,
    check_columns,
    check_expansion,
)


def opened(file: Path) -> pa.NativeFile:
    """The unpacked bytes of a file: Arrow itself knows a packed one by small letters alone."""
    return pa.input_stream(file, compression="gzip" if file.name.lower().endswith(".gz") else None)


def csv_header(file: Path, delimiter: str, skip: int) -> tuple[list[str], bool]:
    """The header's names, and whether there is nothing else: a header without a line's end is beyond Arrow."""
    with opened(file) as stream:
        head = stream.read(HEADER_BYTES + 1)
    lines = [line for line in head.splitlines()[skip:] if line.strip()]
    if not lines:
        return [], True
    if len(lines) == 1 and len(head) > HEADER_BYTES:
        raise InvalidInput(
            f"{file}: row 1: the header is longer than {HEADER_BYTES:,} bytes; mend the ends of its lines"
        )
    try:
        first = lines[0].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file}: row 1: not UTF-8: {lines[0][:80]!r}; export the file as UTF-8") from error
    try:
        names = next(csv.reader([first], delimiter=delimiter))
    except csv.Error as error:
        raise InvalidInput(f"{file}: row 1: a column's name cannot be read: {error}; mend the header") from error
    check_columns(file, len(names))
    return names, len(lines) == 1


def check_quotes(file: Path, delimiter: str) -> None:
    """Refuse a file in which a quote is opened and never closed: Arrow takes all that follows as one field. And one that
    unpacks to more than an export does, since this is where it is first read to its end.
    """
    quotes, unpacked = 0, 0
    is_packed = file.name.lower().endswith(".gz")
    with opened(file) as stream:
        for chunk in iter(lambda: stream.read(LINE_BYTES), b""):
            quotes += chunk.count(b'"')
            unpacked += len(chunk)
            if is_packed:
                check_expansion(file, unpacked)
    if quotes % 2 == 0:
        return
    # A single quote inside a field (5" nails) is harmless. So see whether a mark after the end is a row of its own.
    number, last, mark = 0, [""], "\x00end\x00"
    opener = gzip.open if is_packed else open
    with opener(file, "rt", encoding="utf-8", errors="replace", newline="") as stream:
        rows = csv.reader(chain(iter(lambda: stream.readline(CELL_BYTES), ""), ["\n", mark]), delimiter=delimiter)
        try:
            for row in filter(None, rows):
                number, last = number + 1, row
        except csv.Error:  # the field has grown beyond all measure
            number, last = number + 1, [""]
    if last != [mark]:
        raise InvalidInput(f"{file}: row {number}: a quote is opened and never closed; mend the row and run again")
