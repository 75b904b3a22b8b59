"""Cells of exports as texts: numbers without losing digits, bytes that are no UTF-8, what is too long, values of JSON."""

from __future__ import annotations

import json
import math

import pyarrow as pa
import pyarrow.compute as pc

from clout.platforms.exports.file_limits import (
    CELL_BYTES,
    RAW,
    too_long,
)
from clout.platforms.unique_json import marked


class NumberAsWritten(str):
    """A number of JSON as it is written: a float would lose digits of a long id."""

    __slots__ = ()


DECODER = json.JSONDecoder(
    parse_float=NumberAsWritten,
    parse_constant=lambda name: NumberAsWritten("NaN" if name == "NaN" else "1e+999"),
    object_pairs_hook=marked,
)


def json_text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        # A lone surrogate is legal JSON and illegal UTF-8. What stands for it is no sign of any id.
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return json.dumps(value)


#: Below this a float of so many bits tells every whole number from every other.
_EXACT = {16: 2**11, 32: 2**24, 64: 2**53}


def whole_numbers(column: pa.Array, is_id: bool = False) -> pa.Array:
    """Floats as text: 1e15 as 1000000000000000, which is how pandas leaves whole numbers beside a missing one.

    Of ids only as far as the float holds them whole; a larger one keeps an exponent, and NaN is nobody.
    """
    bits = column.type.bit_width if is_id else 64
    column = column.cast(pa.float64())
    if is_id:
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, pa.float64()), column)
    whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), float(_EXACT[bits])))
    digits = pc.if_else(whole, column, pa.scalar(None, pa.float64())).cast(pa.int64()).cast(pa.string())
    return pc.if_else(
        whole, digits, _with_exponents(column, 0 if bits == 16 else 5) if is_id else column.cast(pa.string())
    )


def _with_exponents(column: pa.Array, digits: int) -> pa.Array:
    """Floats as text, whole ones always with an exponent, as in 1.2e+17: digits that may not be theirs are not shown."""
    values = column.to_pylist()
    return pa.array([None if v is None else _with_exponent(v, digits) for v in values], pa.string())


def _with_exponent(value: float, digits: int) -> str:
    if math.isinf(value):
        return "1e+999"
    mantissa, _, power = f"{value:.{digits}e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{power}" if value.is_integer() else repr(value)


def without_long(name: str, column: pa.Array) -> tuple[pa.Array, dict[int, tuple[str, str]]]:
    """The column without cells beyond measure, and where they stood."""
    long = pc.fill_null(pc.greater(pc.binary_length(column), CELL_BYTES), False)
    failed = {i: (too_long(name), column[i].as_py()[:RAW]) for i in pc.indices_nonzero(long).to_pylist()}
    return pc.if_else(long, pa.scalar(None, pa.string()), column), failed


def decode(name: str, column: pa.Array) -> tuple[pa.Array, dict[int, tuple[str, str]]]:
    """The column as text without what is no UTF-8, and where that stood."""
    try:
        return column.cast(pa.string()), {}
    except pa.ArrowInvalid:
        values: list[str | None] = []
        failed: dict[int, tuple[str, str]] = {}
        for index, value in enumerate(column.to_pylist()):
            try:
                values.append(None if value is None else value.decode("utf-8"))
            except UnicodeDecodeError:
                values.append(None)
                failed[index] = f"{name}: not UTF-8", value.decode("utf-8", "replace")[:RAW]
        return pa.array(values, pa.string()), failed
