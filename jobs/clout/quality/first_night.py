"""Judges a night before which nothing is published: by the lake's own memory, and by what its files say of one another.

    lake/first_seen/ds=<day>/   how the day's interactions were divided when the day was first conformed, see sql/first_seen.sql

Conform remembers a day once. On a first night sql/first_night.sql holds what the lake holds now against it: a window that was
read again otherwise, a platform that went, half of the rows that are not there any more. Later nights have published scores for
that. Nobody's key is in the memory: drawers hold many pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from clout.engine import queries
from clout.lake.arrow import files_by_day
from clout.lake.partitions import Lake, window
from clout.lake.schemas import ACTIVITY, small_arrow

FOLDER = "first_seen"
#: Exports: whose days, accounts and choices are all there is, rather than what a platform answered.
_FILES = "files"
#: As many days as evidence may be old.
_LOOKED_BACK = 90
#: sql/first_night.sql says what it is.
PARAMETERS = {"least": 50}
SEEN = pa.schema([("platform", pa.string()), ("side", pa.string()), ("drawer", pa.string()), ("acts", pa.int64())])
_LISTED = pa.schema(
    [
        *((name, pa.string()) for name in ("platform", "account_key")),
        ("followers_count", pa.int64()),
        ("created_on", pa.date32()),
        ("is_bot", pa.bool_()),
    ]
)
_TOLD = pa.schema([("platform", pa.string()), ("accounts", pa.int64()), ("choices", pa.int64())])
_DELIVERED = pa.schema(
    [("ds", pa.date32()), ("platform", pa.string()), ("interactions", pa.int64()), ("posts", pa.int64())]
)
_CAME = pa.schema([("platform", pa.string()), ("files", pa.int64())])
#: Whose files say what happened on a day.
_ACTED = ("interactions", "posts")
_STATES = ("platform", "account_key", "followers_count", "created_at", "is_bot", "complete_on", "status")


def remember(lake: Lake, days: Iterable[date]) -> None:
    """Note of each conformed day that is not yet remembered how its interactions are divided."""
    owed = [
        day
        for day in days
        if lake.exists(lake.conformed("activity", day)) and not lake.exists(lake.conformed(FOLDER, day))
    ]
    if not owed:
        return
    with queries.connect() as connection:
        for day in owed:
            found = queries.run_duckdb(connection, "first_seen", {}, activity=_partitions(lake, "activity", [day]))
            order = [(name, "ascending") for name in SEEN.names[:3]]
            lake.write(lake.conformed(FOLDER, day), found.select(SEEN.names).cast(SEEN).sort_by(order))


def metrics(
    connection: duckdb.DuckDBPyConnection, lake: Lake, day: date, platforms: Mapping[str, str], is_released: bool = True
) -> pa.Table:
    """sql/first_night.sql of a conformed day. platforms: the sources' names, each with the platform that it shows.

    is_released: whether the model is one of sql/models.
    """
    days = window(day, _LOOKED_BACK)
    delivered = _delivered(lake, days)
    listed, told = _accounts(lake, day, set(pc.unique(delivered["platform"]).to_pylist()) & set(platforms.values()))
    given = {
        "activity": _partitions(lake, "activity", days),
        "first_seen": _partitions(lake, FOLDER, days),
        "listed": listed,
        "told": told,
        "delivered": delivered,
        "came": _came(lake, day),
    }
    return queries.run_duckdb(
        connection, "first_night", {"day": day, "released": int(is_released), **PARAMETERS}, **given
    )


def _partitions(lake: Lake, table: str, days: Iterable[date]) -> pads.Dataset:
    schema = ACTIVITY if table == "activity" else pa.schema([("ds", pa.date32()), *SEEN])
    files = lake.files([lake.conformed(table, each) for each in days])
    return files_by_day(lake, files, schema)


def _delivered(lake: Lake, days: Iterable[date]) -> pa.Table:
    """The rows of interactions and of posts that came in files, by day and platform."""
    found: dict[tuple[date, str], dict[str, int]] = {}
    for day in days:
        path = lake.conformed("pulls", day)
        if lake.exists(path):
            for row in lake.read(path, columns=["platform", "endpoint", "snapshot", "rows"]).to_pylist():
                if row["endpoint"] == _FILES and row["snapshot"] in _ACTED:
                    of_day = found.setdefault((day, row["platform"]), dict.fromkeys(_ACTED, 0))
                    of_day[row["snapshot"]] += row["rows"]
    rows = [{"ds": day, "platform": platform, **counts} for (day, platform), counts in found.items()]
    return pa.Table.from_pylist(rows, _DELIVERED)


def _came(lake: Lake, day: date) -> pa.Table:
    """Of each platform that is read from files, and tells more than consents, how many files of acts came for a day."""
    found: dict[str, int] = {}
    path = lake.conformed("pulls", day)
    if lake.exists(path):
        columns = ["platform", "endpoint", "snapshot", "complete", "truncated"]
        for row in lake.read(path, columns=columns).to_pylist():
            if row["endpoint"] == _FILES and row["snapshot"] in (*_ACTED, "accounts"):
                files = row["complete"] + row["truncated"] if row["snapshot"] in _ACTED else 0
                found[row["platform"]] = found.get(row["platform"], 0) + files
    return small_arrow(_CAME, sorted(found.items()))


def _accounts(lake: Lake, day: date, platforms: set[str]) -> tuple[pa.Table, pa.Table]:
    """The accounts that files list whole: those that may be shown, and how many say anything of opting out."""
    path = lake.features("account_states", day)
    if not lake.exists(path):
        return _LISTED.empty_table(), _TOLD.empty_table()
    flags = ["opt_out", "is_minor", "is_protected"]
    states = lake.read(path, columns=[*_STATES, *flags])
    is_there = pc.and_(pc.is_valid(states["complete_on"]), pc.is_in(states["platform"], pa.array(sorted(platforms))))
    states = states.filter(is_there)
    told = states.group_by("platform").aggregate([("account_key", "count"), ("opt_out", "count")])
    hidden = pc.not_equal(pc.fill_null(states["status"], "active"), "active")
    for flag in flags:
        hidden = pc.or_(hidden, pc.fill_null(states[flag], False))
    left_out = lake.read(lake.features("left_out", day), columns=["account_key"])["account_key"]
    hidden = pc.or_(hidden, pc.is_in(states["account_key"], pc.unique(left_out)))
    states = states.append_column("created_on", pc.cast(states["created_at"], pa.date32(), safe=False))
    listed = states.filter(pc.invert(hidden)).select(_LISTED.names).cast(_LISTED)
    return listed, pa.table([told["platform"], told["account_key_count"], told["opt_out_count"]], names=_TOLD.names)
