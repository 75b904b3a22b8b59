"""Finds where a file of JSON is torn: record, line and field, where a parser names the byte alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

#: A larger file is not looked through.
MOST_BYTES = 256 << 20
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]', re.DOTALL)
#: What an archive of X writes before its list, so that a page can load it.
_ASSIGNMENT = re.compile(r"\s*[\w.$]+\s*=\s*")


def where_torn(file: Path) -> str | None:
    """Record, line, field and fault of a file that is no JSON; None where it is some, or cannot be looked through."""
    if file.stat().st_size > MOST_BYTES:
        return None
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"byte {error.start}: not UTF-8"
    begins = found.end() if (found := _ASSIGNMENT.match(text)) else 0
    try:
        json.loads(text[begins:].rstrip().removesuffix(";"), strict=False)
    except json.JSONDecodeError as error:
        record, field = _place(text, begins, begins + error.pos)
        line = text.count("\n", 0, begins + error.pos) + 1
        at = ", ".join(
            filter(None, (f"record {record}" if record else "", f"line {line}", f"in {field}" if field else ""))
        )
        return f"{at}: {error.msg}"
    except RecursionError:
        return "nested without end"
    return None


def _place(text: str, begins: int, ends: int) -> tuple[int, str]:
    """The place in the outermost list that is open at `ends`, from 1 (0: none is), and the last field begun there."""
    #: Of each open container: its sign, how many of its items are past, and its last key.
    opened: list[tuple[str, int, str]] = []
    last = ""
    for token in _TOKEN.finditer(text, begins, ends):
        sign = token[0]
        if sign in "[{":
            opened.append((sign, 0, ""))
        elif sign in "]}":
            if opened:
                opened.pop()
        elif sign == "," and opened:
            kind, past, _ = opened[-1]
            opened[-1] = (kind, past + 1, "")
        elif sign == ":" and opened:
            kind, past, _ = opened[-1]
            opened[-1] = (kind, past, last)
        else:
            last = sign
    record = next((past + 1 for kind, past, _ in opened if kind == "["), 0)
    outermost = next((place for place, (kind, _, _) in enumerate(opened) if kind == "["), -1)
    fields = [key.strip('"')[:80] for _, _, key in opened[outermost + 1 :] if key]
    return record, ".".join(fields)
