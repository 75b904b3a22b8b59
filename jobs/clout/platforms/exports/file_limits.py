"""Limits that no honest export comes near: of cells, columns, lines and of what a packed file may unpack to.

Without them a file of a thousand bytes fills eight gigabytes of memory. Whatever meets one is refused by file and row.
"""

from __future__ import annotations

import json
from pathlib import Path

from clout.errors import InvalidInput

#: One cell, in bytes.
CELL_BYTES = 1 << 20
#: One row or line, in bytes. Also so much of a CSV file is parsed at a time.
LINE_BYTES = 16 << 20
#: The header of a CSV file, in bytes.
HEADER_BYTES = 1 << 20
#: Columns of a file, or different keys of its JSON objects.
COLUMNS = 2_000
#: Levels of nested JSON.
DEPTH = 100
#: Bytes that come out of a packed file for each that went in, and how many may come out in any case.
EXPANSION, EXPANDED_BYTES = 200, 64 << 20
#: Rows of a file that are refused, where they are more than those that are read.
REFUSED = 200_000
#: So many bytes of cells are in memory at a time.
BATCH_BYTES = 64 << 20
#: So much of a refused row's text is kept, in characters.
RAW = 1_000


def check_expansion(file: Path, unpacked: int, row: int | None = None) -> None:
    """Raises InvalidInput where a packed file unpacks to more than an export does."""
    packed = file.stat().st_size
    if unpacked > max(EXPANDED_BYTES, EXPANSION * packed):
        at = f"row {row}: " if row is not None else ""
        raise InvalidInput(
            f"{file}: {at}{packed:,} bytes unpack to more than {max(EXPANDED_BYTES, EXPANSION * packed):,}, {EXPANSION} times"
            " as much, as no export does: unpack it yourself if you trust it"
        )


def check_columns(file: Path, number: int) -> None:
    """Raises InvalidInput where a file has more columns than any export."""
    if number > COLUMNS:
        raise InvalidInput(
            f"{file}: row 1: {number:,} columns, more than {COLUMNS:,}: export those alone that are needed, or mend the header"
        )


def too_long(name: str) -> str:
    """Why a row with a cell beyond measure is refused."""
    return f"{name}: longer than {CELL_BYTES:,} bytes"


def is_too_deep(line: str) -> bool:
    """Whether JSON is nested deeper than any export is."""
    if line.count("[") + line.count("{") <= DEPTH:
        return False
    depth, in_text, escaped = 0, False, False
    for sign in line:
        if in_text:
            escaped, in_text = sign == "\\" and not escaped, sign != '"' or escaped
        elif sign == '"':
            in_text = True
        elif sign in "[{":
            depth += 1
            if depth > DEPTH:
                return True
        elif sign in "]}":
            depth -= 1
    return False


def glued(line: str, decoder: json.JSONDecoder) -> list[str]:
    """The texts of the JSON objects of a line that holds several, as where the end of a line was lost; else nothing."""
    found: list[str] = []
    place = 0
    while place < len(line):
        try:
            value, end = decoder.raw_decode(line, place)
        except (ValueError, RecursionError):
            return []
        if not isinstance(value, dict):
            return []
        found.append(line[place:end])
        place = end
        while place < len(line) and line[place] in " \t\r\n,":
            place += 1
    return found if len(found) > 1 else []
