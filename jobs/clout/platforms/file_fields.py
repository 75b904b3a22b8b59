"""Checks one field of exports at a time: ids, times, kinds, counts, flags. Gives the column, and why which rows are wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clout.lake_schemas import KINDS, TIME
from clout.platforms.tabular import RowBatch
from clout.sources import Source

#: Also as databases print it: 2026-03-01 12:00:00+00, 2026-03-01 12:00:00 UTC
_ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?( ?(Z|UTC|[+-]([01]\d|2[0-3])(:?[0-5]\d)?))?)?$"
_ZONE = r"(Z|:\d{2}[+-]\d{2}(:?\d{2})?|\.\d+[+-]\d{2}(:?\d{2})?)$"

#: Words for the five kinds that need no [source.kinds]. Compared without regard to case.
COMMON_KINDS = {
    **{kind: kind for kind in KINDS},
    **dict.fromkeys(("fav", "favorite", "favourite", "star", "reaction"), "like"),
    **dict.fromkeys(("rt", "retweet", "repost", "reblog", "boost", "fork"), "share"),
    **dict.fromkeys(("re", "comment", "answer"), "reply"),
    **dict.fromkeys(("mt", "at"), "mention"),
    **dict.fromkeys(("qt",), "quote"),
}

_UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_TRUE = ("1", "1.0", "true", "t", "yes", "y")
_FALSE = ("0", "0.0", "false", "f", "no", "n")


class Checked:
    """Collects what each field's check refused: row index -> the first reason."""

    def __init__(self) -> None:
        self.wrong: dict[int, str] = {}

    def __call__(self, checked: tuple[pa.Array, dict[int, str]]) -> pa.Array:
        values, wrong = checked
        for index, reason in wrong.items():
            self.wrong.setdefault(index, reason)
        return values


def keys_of(source: Source, ids: pa.Array) -> pa.Array:
    """Account or post keys: the platform, a colon, the id."""
    return pc.binary_join_element_wise(source.platform, ids, ":", null_handling="emit_null")


def raw_refs(source: Source, file: Path, batch: RowBatch) -> pa.Array:
    """Where each row stands: file:row."""
    if batch.refs is not None:
        return batch.refs
    numbers = pa.array(batch.numbers, pa.int64()).cast(pa.string())
    return pc.binary_join_element_wise(str(file.relative_to(source.path)), numbers, ":")


def times_of(source: Source, batch: RowBatch) -> tuple[pa.Array, dict[int, str]]:
    """Microseconds UTC from unix_ts, else from occurred_at; and the rows whose time cannot be read."""
    unix, iso = batch.columns["unix_ts"], batch.columns["occurred_at"]
    times: pa.Array = pa.nulls(len(unix), TIME)
    wrong: dict[int, str] = {}
    if iso.null_count < len(iso):
        times, wrong = iso_times(iso, "occurred_at")
    if unix.null_count < len(unix):
        unix_times, wrong_unix = _unix_times(source, unix)
        given = pc.is_valid(unix)
        times = pc.if_else(given, unix_times, times)
        wrong = {index: reason for index, reason in wrong.items() if not given[index].as_py()} | wrong_unix
    neither = pc.and_(pc.is_null(unix), pc.is_null(iso))
    return times, wrong | dict.fromkeys(pc.indices_nonzero(neither).to_pylist(), "unix_ts, occurred_at: is empty")


def _unix_times(source: Source, unix: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    if pa.types.is_timestamp(unix.type):
        return _range_checked(_utc(unix), "unix_ts", unix)
    multiplier = _UNITS[source.options.get("unix_unit", "s")]
    is_number = pc.fill_null(pc.match_substring_regex(unix, r"^-?\d{1,16}(\.\d*)?$"), False)
    text = pc.if_else(is_number, unix, pa.scalar(None, pa.string()))
    seconds = pc.multiply(text.cast(pa.float64()), float(multiplier))
    within = pc.and_(
        pc.greater_equal(seconds, _EARLIEST.timestamp() * 1e6), pc.less(seconds, _LATEST.timestamp() * 1e6)
    )
    within = pc.fill_null(within, False)
    micros = pc.round(pc.if_else(within, seconds, pa.scalar(None, pa.float64()))).cast(pa.int64())
    wrong = {
        index: f"unix_ts: {value!r} is not a time between 1990 and 2100 in {source.options.get('unix_unit', 's')}"
        for index, value in _failures(unix, pc.or_(within, pc.is_null(unix)))
    }
    return micros.cast(TIME), wrong


def _failures(values: pa.Array, good: pa.Array) -> Iterator[tuple[int, Any]]:
    """Index and value of every row that is not good."""
    for index in pc.indices_nonzero(pc.invert(good)).to_pylist():
        yield index, values[index].as_py()


def iso_times(column: pa.Array, name: str) -> tuple[pa.Array, dict[int, str]]:
    """A column of ISO 8601 texts (or times of Parquet) as microseconds UTC, and the rows that cannot be read."""
    if pa.types.is_timestamp(column.type):
        return _range_checked(_utc(column), name, column)
    shaped = pc.fill_null(pc.match_substring_regex(column, _ISO), False)
    text = pc.if_else(shaped, column, pa.scalar(None, pa.string()))
    # Arrow wants a zone in every text or in none; a time without a zone is taken as UTC.
    text = pc.replace_substring_regex(text, r" ?UTC$", "Z")
    text = pc.replace_substring_regex(text, r" (Z|[+-][\d:]+)$", r"\1")
    text = pc.replace_substring_regex(text, r"^(\d{4}-\d{2}-\d{2})$", r"\1 00:00")
    text = pc.if_else(pc.match_substring_regex(text, _ZONE + "|^$"), text, pc.binary_join_element_wise(text, "Z", ""))
    text = pc.replace_substring_regex(text, r"(\.\d{6})\d+", r"\1")
    try:
        times = text.cast(TIME)
    except pa.ArrowInvalid:  # the right shape and yet no time, as 2026-02-30
        times = pa.array([_iso_or_none(value) for value in text.to_pylist()], TIME)
    return _range_checked(times, name, column)


def _iso_or_none(value: str | None) -> datetime | None:
    try:
        return None if value is None else datetime.fromisoformat(value)
    except ValueError:
        return None


def _utc(column: pa.Array) -> pa.Array:
    if column.type.tz is None:
        return column.cast(pa.timestamp("us"), safe=False).cast(TIME)
    return column.cast(TIME, safe=False)


def _range_checked(times: pa.Array, name: str, given: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    within = pc.and_(pc.greater_equal(times, pa.scalar(_EARLIEST, TIME)), pc.less(times, pa.scalar(_LATEST, TIME)))
    good = pc.or_(pc.fill_null(within, False), pc.is_null(given))
    wrong = {
        index: f"{name}: {str(value)!r} is not a time between 1990 and 2100, like 2026-03-01T12:00:00Z"
        for index, value in _failures(given, good)
    }
    return pc.if_else(within, times, pa.scalar(None, TIME)), wrong


def kinds_of(source: Source, batch: RowBatch) -> tuple[pa.Array, dict[int, str]]:
    """The kind of each interaction, and the rows whose word for it is not known."""
    if "kind" in source.options:
        return same(source.options["kind"], len(batch.numbers)), {}
    words = {**COMMON_KINDS, **{theirs.lower(): ours for theirs, ours in source.kinds.items()}}
    column = batch.columns["kind"]
    places = pc.index_in(pc.utf8_lower(column), pa.array(list(words)))
    kinds = pa.array(list(words.values())).take(places)
    wrong = {
        index: f"kind: {value!r} is not known; map it under [source.kinds]" if value else "kind: is empty"
        for index, value in _failures(column, pc.is_valid(kinds))
    }
    return kinds, wrong


def one_of(
    batch: RowBatch, name: str, words: tuple[str, ...], empty: str, unreadable: str
) -> tuple[pa.Array, dict[int, str]]:
    """A column that holds one of some words; what is another word is taken as `unreadable`."""
    column = pc.fill_null(pc.utf8_lower(batch.columns[name]), empty)
    known = pc.is_in(column, pa.array(words))
    wrong = {
        index: f"{name}: {value!r} is not one of {', '.join(words)}; taken as {unreadable}"
        for index, value in _failures(column, known)
    }
    return pc.if_else(known, column, unreadable), wrong


def count_of(batch: RowBatch, name: str) -> tuple[pa.Array, dict[int, str]]:
    """A column of whole numbers, and the rows that hold something else."""
    column = batch.columns[name]
    whole = pc.match_substring_regex(column, r"^\d{1,18}(\.0*)?$")
    wrong = {
        index: f"{name}: {value!r} is not a whole number"
        for index, value in _failures(column, pc.fill_null(whole, True))
    }
    digits = pc.replace_substring_regex(column, r"\..*$", "")
    return pc.if_else(pc.fill_null(whole, False), digits, pa.scalar(None, pa.string())).cast(pa.int64()), wrong


def flag_of(batch: RowBatch, name: str, unreadable: bool | None) -> tuple[pa.Array, dict[int, str]]:
    """A column of true and false, and the rows that hold something else, taken as `unreadable`."""
    column = pc.utf8_lower(batch.columns[name])
    known = pc.or_(pc.is_in(column, pa.array([*_TRUE, *_FALSE])), pc.is_null(column))
    wrong = {
        index: f"{name}: {value!r} is neither true nor false; taken as {unreadable}"
        for index, value in _failures(column, known)
    }
    said = pc.if_else(pc.is_null(column), pa.scalar(None, pa.bool_()), pc.is_in(column, pa.array(_TRUE)))
    return pc.if_else(known, said, pa.scalar(unreadable, pa.bool_())), wrong


def same(value: object, rows: int) -> pa.Array:
    """A column that holds one value in every row."""
    return pa.repeat(pa.scalar(value), rows)
