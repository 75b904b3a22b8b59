"""Reads columns of ids of exports in their one normal form, whatever a spreadsheet or a serialiser made of them.

What can be recovered exactly is: 88.0 and ="88" are 88. What lost digits (1.2E+17) is refused, since many people would become
one. Words for a missing value (nan, NULL, \\N) are missing values, unless an accounts file, or the source, knows somebody of
that name. A column whose long ids all end as rounded numbers do, and one that is full of a word, stop the source.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from clout.config.native_ids import look_alike, normal_id
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.platforms.exports.tabular import RowBatch

#: No id is longer, in characters: the longest that platforms give, addresses of posts, have some 200.
LONGEST = 512
#: Words for a missing value that no platform lets anybody have for a name. Compared in lower case.
MISSING = (
    "\\n", "n/a", "#n/a", "#n/a n/a", "#na", "<na>", "<null>", "<none>", "<nil>", "(null)", "[null]", "#null!", "#ref!",
    "#value!", "#name?", "#div/0!", "#num!", "#n/d", "n/d", "n.a.", "n.a", "-nan", "1.#qnan", "1.#ind", "-1.#ind", "-inf",
    "+inf", "-1", "-", "--", "---", "?", ".", "''", '""', "[]", "{}", "(none)", "(nil)", "(empty)", "(blank)", "(deleted)",
    "[deleted]", "[removed]", "<unknown>", "<missing>", "__null__", "not available", "not applicable",
    "00000000-0000-0000-0000-000000000000",
)  # fmt: skip
#: Words for a missing value, or for what a column of no ids holds, that may be somebody's login all the same.
WORDS = (
    *("nan", "none", "null", "nil", "undefined", "nat", "na", "true", "false"),
    *("unknown", "missing", "deleted", "inf", "infinity"),
)
#: So many rows of a file, and this share of them, with such a word in one column: too many to guess what it means.
_MANY_ROWS, _MANY = 10, 0.1

#: What needs a closer look: all but the forms in which ids mostly come.
_ODD = (
    r"[^0-9A-Za-z_:./#@~?=&%+-]|^[^0-9A-Za-z_@/~:]|^[+-]?\d+\.\d*$|^[+-]?\d+(\.\d*)?[eE][+-]?\d+$|^\d{4}-\d{2}-\d{2}"
    rf"|^(?i:{'|'.join(re.escape(word) for word in (*MISSING, *WORDS))})$"
)
_FOLDED = r"[A-Z@]"
_LONG = r"^\d{17,}$"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]")
_QUOTED = re.compile(r"""="([^"]+)"|'([^']+)'?|=(\d+)|[bB]'([^']+)'|[bB]"([^"]+)\"""")
#: A telephone's number, or what a spreadsheet or printf makes of a number: with and without the sign it is one.
_SIGNED = re.compile(r"\+(\d+)")
_DECIMAL = re.compile(r"([+-]?\d+)\.0*")
_EXPONENT = re.compile(r"([+-]?)(\d+)(?:([.,])(\d*))?([eE])([+-]?)(\d{1,4})")
#: 1,234,567 with its thousands parted, or several ids in one cell: either way nobody's id.
_PARTED = re.compile(r"\d+(?:[,;|\s]\s*\d+)+")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?")
#: Below this a float tells every whole number from every other.
_EXACT = 2**53


def spelt(text: str, is_person: bool = True) -> str | None:
    """An id in its normal form; None where the text can be none, or lost digits."""
    text = normal_id(text)
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        text = normal_id(next(inner for inner in quoted.groups() if inner))
    if not text.isascii() and text.isdecimal():  # in the digits of another script
        text = "".join(str(unicodedata.decimal(sign)) for sign in text)
    decimal = _DECIMAL.fullmatch(text) or _SIGNED.fullmatch(text)
    if decimal:
        return decimal[1].removeprefix("+")
    exponent = _EXPONENT.fullmatch(text)
    if exponent:
        return _whole(*exponent.groups()) if _is_number(exponent) else text
    if not text or len(text) > LONGEST or text[0] in '"{[=' or _CONTROL.search(text) or _PARTED.fullmatch(text):
        return None
    if is_person and _MOMENT.fullmatch(text):
        return None
    return text


def _is_number(exponent: re.Match[str]) -> bool:
    """Whether a text is a number with an exponent; 12e3 may be the beginning of a hash, and no program writes a number so."""
    _, digits, point, _, _, plus, power = exponent.groups()
    return bool(point or plus) or (len(digits) == 1 and int(power) >= 16)


def _whole(sign: str, digits: str, point: str | None, more: str | None, _: str, plus: str, power: str) -> str | None:
    """The whole number that a number with an exponent says, where it says every digit of it.

    Java writes every digit of a float below 2**53, and no plus sign; spreadsheets and C write six digits of whatever it is.
    A float has no more than 17 digits: what has more is no float.
    """
    places = -int(power) if plus == "-" else int(power)
    written, after = (digits + (more or "")).lstrip("0"), more or ""
    if places > 40 or places < -40:
        return None
    zeros = places - len(after)
    if zeros < 0:
        if written[zeros:].strip("0") or len(written) <= -zeros:
            return None
        whole = written[:zeros]
    else:
        whole = written + "0" * zeros
    if not whole or len(whole) > 40:
        return None
    is_small = int(whole) < _EXACT
    is_written = zeros <= 0 and (is_small or len(whole) > 17)
    return sign.replace("+", "") + whole if is_written or (is_small and not plus and point == ".") else None


def is_missing(text: str) -> bool:
    """Whether a text is a word for a missing value, and may be nobody's name."""
    return text.lower() in MISSING


def is_word(text: str) -> bool:
    """Whether a text is a word for a missing value that may be somebody's name. NA is one in capitals only."""
    return text.lower() in WORDS and (text.lower() != "na" or text == "NA")


@dataclass
class _Column:
    """What a file's column showed so far."""

    rows: int = 0
    zeros: int = 0
    words: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    long: set[str] = field(default_factory=set)


class IdColumns:
    """The columns of ids of one file. `known`: those who are named by a word in the accounts files."""

    #: So many long ids of a column are looked at for rounding.
    SAMPLED = 1000

    def __init__(self, source: Source, known: Collection[str] = ()) -> None:
        self.source = source
        self.named = {*known, *source.options.get("people_named", ())}
        self.missing = {word.lower() for word in source.options.get("missing", ())}
        self.columns: dict[str, _Column] = {}

    def read(
        self, batch: RowBatch, name: str, required: bool = False, keeps_words: bool = False
    ) -> tuple[pa.Array, dict[int, str]]:
        """A column of ids in their normal form, and the rows in which there can be none.

        `keeps_words`: of an accounts file, whose rows say themselves that somebody has such a name, if they say anything else.
        """
        column = batch.columns[name]
        state = self.columns.setdefault(name, _Column())
        state.rows += len(column)
        is_person = name != "post"
        folds = is_person and bool(self.source.options.get("handles"))
        odd = pc.or_(
            pc.match_substring_regex(column, _ODD + (f"|{_FOLDED}" if folds else "")),
            pc.greater(pc.binary_length(column), LONGEST),
        )
        if self.missing:
            odd = pc.or_(odd, pc.is_in(pc.utf8_lower(column), pa.array(sorted(self.missing), pa.string())))
        odd = pc.fill_null(odd, False)
        wrong: dict[int, str] = {}
        if pc.any(odd).as_py():
            counted = {one["values"]: one["counts"] for one in pc.value_counts(column.filter(odd)).to_pylist()}
            forms: list[str | None] = []
            refused: list[bool] = []
            for text, number in counted.items():
                form, is_refused = self._form(text, number, state, is_person, folds, keeps_words)
                forms.append(form)
                refused.append(is_refused)
            places = pc.index_in(column, pa.array(list(counted), pa.string()))
            is_wrong = pc.and_(odd, pc.fill_null(pa.array(refused).take(places), False))
            for index in pc.indices_nonzero(is_wrong).to_pylist():
                wrong[index] = f"{name}: {excerpt(column[index].as_py())} is not an id"
            column = pc.if_else(odd, pa.array(forms, pa.string()).take(places), column)
        if keeps_words:
            column = _nameless_words_out(batch, column, self.named)
        if required:
            empty = {index: f"{name}: is empty" for index in pc.indices_nonzero(pc.is_null(column)).to_pylist()}
            wrong = empty | wrong
        if "0" not in self.missing:
            state.zeros += pc.sum(pc.equal(column, "0")).as_py() or 0
        self._remember_long(column, state)
        return column, wrong

    def _form(
        self, text: str, number: int, state: _Column, is_person: bool, folds: bool, keeps_words: bool
    ) -> tuple[str | None, bool]:
        """The normal form of a text that `number` rows hold, and whether they are refused."""
        trimmed = normal_id(text)
        if trimmed not in self.named:
            if not trimmed or is_missing(trimmed) or trimmed.lower() in self.missing:
                state.missing[trimmed] += number
                return None, False
            if is_word(trimmed) and not keeps_words:
                state.words[trimmed] += number
                return None, False
        form = spelt(text, is_person)
        if form is None and _EXPONENT.fullmatch(trimmed):
            state.lost[text] += number
        if form is not None and folds:
            form = look_alike(form)
        return form, form is None

    def _remember_long(self, column: pa.Array, state: _Column) -> None:
        if len(state.long) < self.SAMPLED and not self.source.options.get("rounded_ids"):
            long = pc.fill_null(pc.match_substring_regex(column, _LONG), False)
            if pc.any(long).as_py():
                state.long.update(pc.unique(column.filter(long)).to_pylist()[: self.SAMPLED])

    def notes(self, file: Path) -> list[str]:
        """What is to be said of the file's columns of ids. Raises InvalidInput where a column cannot be trusted."""
        said = []
        for name, state in self.columns.items():
            word, number = max(state.words.items(), key=lambda it: it[1], default=("", 0))
            if number >= _MANY_ROWS and number >= _MANY * state.rows:
                raise InvalidInput(
                    f"{file}: {name}: {number} of {state.rows} rows hold {word!r}, which may be a missing value or somebody's"
                    f' name: write missing = ["{word}"] or people_named = ["{word}"] into the source'
                )
            if _are_rounded(state.long):
                some = ", ".join(sorted(state.long)[:3])
                raise InvalidInput(
                    f"{file}: {name}: its long ids end as numbers do that lost their last digits ({some}), as in spreadsheets"
                    " and floats, and people would become one: export the column as text. If these are the ids, write"
                    " rounded_ids = true into the source"
                )
            if state.zeros >= _MANY_ROWS and state.zeros >= _MANY * state.rows:
                said.append(
                    f'{name}: 0 in {state.zeros:,} of {state.rows:,} rows; where that is nobody, write missing = ["0"]'
                )
            taken = state.missing + state.words
            if taken:
                said.append(f"{name}: {_counted(taken)} taken as missing")
            if state.lost:
                said.append(f"{name}: {_counted(state.lost)} lost digits, export the column as text")
        return said


def _nameless_words_out(batch: RowBatch, column: pa.Array, named: Collection[str]) -> pa.Array:
    """An accounts file's ids without the words of whom nothing else is said: rows that a program wrote of nobody."""
    words = [value for value in pc.unique(column).to_pylist() if value and is_word(value) and value not in named]
    if not words:
        return column
    values = column.to_pylist()
    for index in pc.indices_nonzero(pc.is_in(column, pa.array(words, pa.string()))).to_pylist():
        others = (str(cells[index].as_py() or "") for name, cells in batch.columns.items() if name != "account")
        if not any(it and not is_missing(it) and not is_word(it) for it in others):
            values[index] = None
    return pa.array(values, pa.string())


def _are_rounded(long: set[str]) -> bool:
    """Whether long ids are numbers that lost digits: in decimal places, as a spreadsheet or a float's text leaves them, or in
    binary ones, as a float leaves them. Ids that are made of a time and a counter of 12 bits end in zero bits by themselves.
    """
    if len(long) < _MANY_ROWS:
        return False
    digits = [len(text.rstrip("0")) for text in long]
    if sum(number <= 15 for number in digits) >= 0.9 * len(long):
        return True
    longer = [number for text, number in zip(long, digits, strict=True) if len(text) >= 18]
    if len(longer) >= _MANY_ROWS and sum(number <= 17 for number in longer) >= 0.9 * len(longer):
        return True
    numbers = [int(text) for text in long if len(text) <= 40]
    chances = sum(math.log2(max(number >> 53, 1)) for number in numbers)
    is_float = sum(int(float(number)) == number for number in numbers) >= 0.99 * len(numbers)
    return is_float and chances >= 60 and sum(number % 4096 == 0 for number in numbers) < 0.5 * len(numbers)


def _counted(texts: Counter[str]) -> str:
    shown = [f"{excerpt(text)} {number:,} times" for text, number in texts.most_common(3)]
    return ", ".join([*shown, "…"] if len(texts) > 3 else shown)


def excerpt(text: str) -> str:
    """A value as messages show it, cut where it is long."""
    return repr(text if len(text) <= 80 else f"{text[:40]}… ({len(text)} characters)")
