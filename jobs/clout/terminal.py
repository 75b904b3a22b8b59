"""What may be shown on a terminal, or opened by a spreadsheet: data, without what either would take for an instruction."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.compute as pc

#: Categories of signs that move the cursor, turn the direction of writing, or are not there: controls, formats, halves of a
#: pair, unassigned ones, and the ends of lines and paragraphs.
_UNSHOWN = ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")
#: Joins signs of one emoji or word, and moves nothing.
_JOINERS = "\u200c\u200d"
#: What makes a spreadsheet read a cell as a formula; with blanks before it, too.
_FORMULA = r"^[\s\x00]*[=+\-@\t\r\n＝＋－＠]"


def printable(text: str, width: int | None = None, lines: bool = False) -> str:
    """`text` with every sign that a terminal might obey written as its code, such as \\x1b.

    width: at most so many signs, with an ellipsis in place of the rest. lines: a new line may begin where the text says so.
    """
    if text.isascii() and text.isprintable():
        shown = text
    else:
        shown = "".join(sign if _is_shown(sign, lines) else _code(sign) for sign in text)
    return shown if width is None or len(shown) <= width else shown[: width - 1] + "…"


def _is_shown(sign: str, lines: bool) -> bool:
    return sign in _JOINERS or (lines and sign == "\n") or unicodedata.category(sign) not in _UNSHOWN


def _code(sign: str) -> str:
    number = ord(sign)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


class _Guarded:
    """A stream to which nothing is written that a terminal might obey, but for ends of lines and tabs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write("\t".join(printable(part, lines=True) for part in text.split("\t")))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def guard() -> None:
    """Let this process print nothing that a terminal might obey: the last resort, where a name went through unseen."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, _Guarded):
            setattr(sys, name, _Guarded(stream))


def without_formulas(rows: pa.Table) -> pa.Table:
    """A table whose texts no spreadsheet takes for formulas: an apostrophe stands before what begins like one.

    Numbers are not texts, and keep their signs. A text that is a number, such as -3, does too.
    """
    for place, field in enumerate(rows.schema):
        column = rows[field.name]
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            number = pc.match_substring_regex(column, r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$")
            risky = pc.and_not(pc.match_substring_regex(column, _FORMULA), number)
            marked = pc.binary_join_element_wise(pa.scalar("'", field.type), column, pa.scalar("", field.type))
            rows = rows.set_column(place, field, pc.if_else(pc.fill_null(risky, False), marked, column))
    return rows
