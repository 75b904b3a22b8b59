"""Checks one field of exports at a time: ids, times, kinds, counts, flags. Gives the column, and why which rows are wrong."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from clout.config.sources import Source
from clout.lake.schemas import KINDS, TIME
from clout.platforms.exports.file_ids import MISSING, WORDS
from clout.platforms.exports.tabular import RowBatch

#: Also as databases print it: 2026-03-01 12:00:00+00, 2026-03-01 12:00:00 UTC
_ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?( ?(Z|UTC|[+-]([01]\d|2[0-3])(:?[0-5]\d)?))?)?$"
_ZONE = r"(Z|:\d{2}[+-]\d{2}(:?\d{2})?|\.\d+[+-]\d{2}(:?\d{2})?)$"

POST_TYPES = ("original", "reply", "share", "quote")

#: Words for the five kinds that need no [source.kinds]. Compared without regard to case.
COMMON_KINDS = {
    **{kind: kind for kind in KINDS},
    **dict.fromkeys(("fav", "favorite", "favourite", "star", "reaction"), "like"),
    **dict.fromkeys(("rt", "retweet", "repost", "reblog", "boost", "fork"), "share"),
    **dict.fromkeys(("re", "comment", "answer"), "reply"),
    **dict.fromkeys(("mt", "at"), "mention"),
    **dict.fromkeys(("qt",), "quote"),
}

#: Common words for a post that is nothing else.
_ORIGINAL = ("post", "tweet", "status", "toot", "note", "skeet", "thread")

#: A number whose thousands are parted, which only the source can say: 1.234 may be one and a quarter.
_PARTED = re.compile(r"\d{1,3}([,.' _\u00a0\u202f\u2009]\d{3})+")
_COUNT_CURE = "; if a sign parts its thousands, name it in the source: thousands"
_UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_TRUE = ("1", "1.0", "true", "t", "yes", "y")
_FALSE = ("0", "0.0", "false", "f", "no", "n")


#: Words for a missing value, in columns of anything but ids: there true is a value, and -1 a count that cannot be.
NO_VALUE = {*MISSING, *WORDS} - {*_TRUE, *_FALSE, "-1"}


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
        times, wrong = times_in(source, iso, "occurred_at")
    if unix.null_count < len(unix):
        unix_times, wrong_unix = _unix_times(source, unix)
        given = pc.is_valid(unix)
        times = pc.if_else(given, unix_times, times)
        wrong = {index: reason for index, reason in wrong.items() if not given[index].as_py()} | wrong_unix
    neither = pc.and_(pc.is_null(unix), pc.is_null(iso))
    return times, wrong | dict.fromkeys(pc.indices_nonzero(neither).to_pylist(), "unix_ts, occurred_at: is empty")


def _unix_times(source: Source, unix: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    if pa.types.is_timestamp(unix.type):
        return _range_checked(_utc(unix, source.options.get("time_zone")), "unix_ts", unix)
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


def without_missing(column: pa.Array) -> pa.Array:
    """A column without words for a missing value, as programs write them where there is no number."""
    words = pc.is_in(pc.utf8_lower(column), pa.array([*NO_VALUE]))
    return pc.if_else(pc.fill_null(words, False), pa.scalar(None, pa.string()), column)


def text_of(batch: RowBatch, name: str) -> tuple[pa.Array, dict[int, str]]:
    """A column of texts without U+0000, which no database holds, and the rows that had it."""
    column = batch.columns[name]
    wrong = pc.fill_null(pc.match_substring(column, "\0"), False)
    found = pc.indices_nonzero(wrong).to_pylist()
    if found:
        column = pc.replace_substring(column, "\0", "")
    return column, dict.fromkeys(found, f"{name}: held U+0000, which is taken out")


def list_of(
    batch: RowBatch, name: str, read: Callable[[Iterable[Any], Callable[[Any, str], None]], list[str]]
) -> tuple[pa.Array, dict[int, str]]:
    """A column of lists, as a JSON list or with blanks between, and the rows of which `read` left something out."""
    found: list[list[str] | None] = []
    wrong: dict[int, str] = {}
    for index, cell in enumerate(batch.columns[name].to_pylist()):
        if cell is None:
            found.append(None)
            continue
        dropped: list[Any] = []
        found.append(read(_items(cell), lambda value, why: dropped.append(value)))  # noqa: B023
        if dropped:
            wrong[index] = f"{name}: {str(dropped[0])[:40]!r} cannot be one; left out"
    return pa.array(found, pa.list_(pa.string())), wrong


def _items(cell: str) -> list[Any]:
    if cell.lstrip().startswith("["):
        try:
            listed = json.loads(cell)
        except ValueError:
            listed = None
        if isinstance(listed, list):
            return listed
    return cell.split()


def _failures(values: pa.Array, good: pa.Array) -> Iterator[tuple[int, Any]]:
    """Index and value of every row that is not good."""
    for index in pc.indices_nonzero(pc.invert(good)).to_pylist():
        yield index, values[index].as_py()


def times_in(source: Source, column: pa.Array, name: str) -> tuple[pa.Array, dict[int, str]]:
    """A column of times as microseconds UTC, and the rows that cannot be read: ISO 8601, or in the source's time_format.

    A time that tells no zone is one of the source's time_zone, or of UTC. What the clock shows twice is the earlier.
    """
    zone, pattern = source.options.get("time_zone"), source.options.get("time_format")
    if pa.types.is_timestamp(column.type):
        return _range_checked(_utc(column, zone), name, column)
    return _range_checked(
        _in_format(column, pattern, zone) if pattern else _iso_times(column, zone), name, column, pattern
    )


def _in_format(column: pa.Array, pattern: str, zone: str | None) -> pa.Array:
    quoted = pattern.replace("'", "''")
    parsed = (
        duckdb.from_arrow(pa.table({"t": column})).project(f"try_strptime(t, '{quoted}') AS t").to_arrow_table()["t"]
    )
    return _utc(parsed.combine_chunks(), zone)


def _iso_times(column: pa.Array, zone: str | None) -> pa.Array:
    shaped = pc.fill_null(pc.match_substring_regex(column, _ISO), False)
    text = pc.if_else(shaped, column, pa.scalar(None, pa.string()))
    # Arrow wants a zone in every text or in none; a time without a zone gets one first, and its own later.
    text = pc.replace_substring_regex(text, r" ?UTC$", "Z")
    text = pc.replace_substring_regex(text, r" (Z|[+-][\d:]+)$", r"\1")
    text = pc.replace_substring_regex(text, r"^(\d{4}-\d{2}-\d{2})$", r"\1 00:00")
    has_zone = pc.match_substring_regex(text, _ZONE + "|^$")
    text = pc.if_else(has_zone, text, pc.binary_join_element_wise(text, "Z", ""))
    text = pc.replace_substring_regex(text, r"(\.\d{6})\d+", r"\1")
    try:
        times = text.cast(TIME)
    except pa.ArrowInvalid:  # the right shape and yet no time, as 2026-02-30
        times = pa.array([_iso_or_none(value) for value in text.to_pylist()], TIME)
    return times if zone is None else pc.if_else(has_zone, times, _utc(times.cast(pa.timestamp("us")), zone))


def _iso_or_none(value: str | None) -> datetime | None:
    try:
        return None if value is None else datetime.fromisoformat(value)
    except ValueError:
        return None


def _utc(column: pa.Array, zone: str | None) -> pa.Array:
    if column.type.tz is not None:
        return column.cast(TIME, safe=False)
    times = column.cast(pa.timestamp("us"), safe=False)
    if zone is None:
        return times.cast(TIME)
    # DuckDB brings the zones with it; Arrow looks for them on the machine.
    local = duckdb.from_arrow(pa.table({"t": times})).project(f"t AT TIME ZONE '{zone}' AS t").to_arrow_table()["t"]
    return local.combine_chunks().cast(TIME, safe=False)


def _range_checked(
    times: pa.Array, name: str, given: pa.Array, pattern: str | None = None
) -> tuple[pa.Array, dict[int, str]]:
    within = pc.and_(pc.greater_equal(times, pa.scalar(_EARLIEST, TIME)), pc.less(times, pa.scalar(_LATEST, TIME)))
    good = pc.or_(pc.fill_null(within, False), pc.is_null(given))
    like = f"in the source's time_format {pattern}" if pattern else "like 2026-03-01T12:00:00Z"
    wrong = {
        index: f"{name}: {str(value)!r} is not a time between 1990 and 2100, {like}"
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


def post_types_of(source: Source, batch: RowBatch) -> tuple[pa.Array, dict[int, str]]:
    """The type of each post: an unknown word is an original, as a post without one is. The words for kinds name types, too."""
    known = {**COMMON_KINDS, **{theirs.lower(): ours for theirs, ours in source.kinds.items()}}
    common = {**dict.fromkeys(_ORIGINAL, "original"), **{word: it for word, it in known.items() if it in POST_TYPES}}
    return one_of(batch, "post_type", POST_TYPES, empty="original", unreadable="original", common=common)


def one_of(
    batch: RowBatch,
    name: str,
    words: tuple[str, ...],
    empty: str,
    unreadable: str,
    common: Mapping[str, str] = MappingProxyType({}),
) -> tuple[pa.Array, dict[int, str]]:
    """A column that holds one of some words, or a common one for it; what is another word is taken as `unreadable`."""
    column = pc.utf8_lower(batch.columns[name])
    if common:
        places = pc.index_in(column, pa.array([*common], pa.string()))
        column = pc.coalesce(pa.array([*common.values()], pa.string()).take(places), column)
    if unreadable == empty:  # an unreadable status is no missing one
        column = without_missing(column)
    column = pc.fill_null(column, empty)
    known = pc.is_in(column, pa.array(words))
    wrong = {
        index: f"{name}: {value!r} is not one of {', '.join(words)}; taken as {unreadable}"
        for index, value in _failures(column, known)
    }
    return pc.if_else(known, column, unreadable), wrong


def count_of(batch: RowBatch, name: str, thousands: str | None = None) -> tuple[pa.Array, dict[int, str]]:
    """A column of whole numbers, and the rows that hold something else. `thousands`: the sign that may part thousands."""
    given = column = without_missing(batch.columns[name])
    if thousands:
        # Where the sign is a space, what keeps a number on one line is one too.
        sign = "[ \u00a0\u202f\u2009]" if thousands == " " else re.escape(thousands)
        parted = pc.fill_null(pc.match_substring_regex(column, rf"^\d{{1,3}}({sign}\d{{3}})+(\D0*)?$"), False)
        column = pc.if_else(parted, pc.replace_substring_regex(column, sign, ""), column)
    whole = pc.match_substring_regex(column, r"^\d{1,18}(\.0*)?$")
    wrong = {
        index: f"{name}: {value!r} is not a whole number{_COUNT_CURE if _PARTED.fullmatch(value) else ''}"
        for index, value in _failures(given, pc.fill_null(whole, True))
    }
    digits = pc.replace_substring_regex(column, r"\..*$", "")
    return pc.if_else(pc.fill_null(whole, False), digits, pa.scalar(None, pa.string())).cast(pa.int64()), wrong


def number_of(
    batch: RowBatch, name: str, least: float = 0.0, most: float = math.inf
) -> tuple[pa.Array, dict[int, str]]:
    """A finite number within bounds, whole or not, such as a rate; NULL where there is none."""
    what = "of at least 0" if most == math.inf else f"from {least:g} to {most:g}"
    found: list[float | None] = []
    wrong: dict[int, str] = {}
    for index, text in enumerate(without_missing(batch.columns[name]).to_pylist()):
        try:
            number = math.nan if text is None else float(text)
        except ValueError:
            number = math.nan
        is_within = least <= number <= most and not math.isinf(number)
        found.append(number if is_within else None)
        if text is not None and not is_within:
            wrong[index] = f"{name}: {text!r} is not a number {what} (NULL)"
    return pa.array(found, pa.float64()), wrong


def flag_of(batch: RowBatch, name: str, unreadable: bool | None) -> tuple[pa.Array, dict[int, str]]:
    """A column of true and false, and the rows that hold something else, taken as `unreadable`."""
    column = pc.utf8_lower(batch.columns[name])
    if unreadable is not True:  # of somebody's wish a word like that may be a no
        column = without_missing(column)
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
