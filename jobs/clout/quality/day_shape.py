"""Measures the score date's interactions in the lake: sql/day_shape.sql, sql/consent_counts.sql, and their past.

Before the first published day the lake itself is the past: its conformed days say what the platforms usually deliver, so that a
first night is judged, too. A day after it that was not published was refused, and is no past.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from clout.engine import queries
from clout.lake.arrow import files_by_day
from clout.lake.partitions import Lake, window
from clout.lake.schemas import ACTIVITY, SNAPSHOTS, TIME, small_arrow
from clout.privacy import consent_ledger
from clout.quality.tables import METRICS

#: sql/day_shape.sql says what these are; LOOKED_BACK days of activity, TIMED of times, and
#: the posts of POSTED days, are held against the day.
PARAMETERS = {"least": 50, "least_days": 5}
LOOKED_BACK, TIMED, POSTED = 28, 14, 7
#: Of so many days before the day the lake says what they were like, where they were not published.
SHAPED_DAYS, COUNTED_DAYS = 7, 56
#: What is wrong on any day, so that unpublished days, which nobody judged, excuse nothing.
ABSOLUTE = pa.array(["one_moment", "on_author", "after_post"])
_TIMES = pa.schema([("ds", pa.date32()), ("platform", pa.string()), ("occurred_at", TIME)])
_FOUND = pa.schema(
    [*((name, pa.string()) for name in ("dataset", "platform", "metric", "unit")), ("value", pa.float64())]
)
_NAMED = {"kind": "kind", "target_account_key": "target", "target_post_key": "post_key", "occurred_at": "occurred_at"}
_POSTS = {"post_key": "post_key", "author_key": "author_key", "created_at": "posted_at"}
_LISTED = pa.schema([("platform", pa.string()), ("accounts", pa.int64())])


def shape(connection: duckdb.DuckDBPyConnection, lake: Lake, day: date, platforms: Mapping[str, str]) -> pa.Table:
    """sql/day_shape.sql of a conformed day. platforms: the sources' names, each with the platform that it shows."""
    files = lake.files([lake.conformed("activity", each) for each in window(day, LOOKED_BACK + 1)])
    activity = files_by_day(lake, files, ACTIVITY)
    given = {
        "activity": activity,
        "times": _times(lake, window(day, TIMED + 1), platforms),
        "named": _snapshots(lake, "interactions", _NAMED, [day], platforms, pc.field("kind") != "mention"),
        "posts": _snapshots(lake, "posts", _POSTS, window(day, POSTED), platforms),
    }
    return queries.run_duckdb(connection, "day_shape", {"day": day, **PARAMETERS}, **given)


def _snapshots(
    lake: Lake, table: str, columns: Mapping[str, str], days: list[date], platforms: Mapping[str, str], *wanted: Any
) -> pa.Table:
    """Columns of snapshots by the names that the query knows, without rows that name no post."""
    read = pa.schema([SNAPSHOTS[table].field(name) for name in columns])
    parts = []
    for source, platform in platforms.items():
        for path in (lake.snapshot(table, source, each) for each in days):
            if lake.exists(path):
                rows = lake.read(path, schema=read)
                for condition in wanted:
                    rows = rows.filter(condition)
                rows = rows.select([name for name in columns if name != "kind"])
                names = [columns[name] for name in rows.column_names]
                rows = rows.rename_columns(names).filter(pc.is_valid(pc.field("post_key")))
                parts.append(rows.append_column("platform", pa.repeat(pa.scalar(platform), rows.num_rows)))
    if parts:
        return pa.concat_tables(parts)
    none = [pa.field(columns[f.name], f.type) for f in read if f.name != "kind"]
    return pa.schema([*none, ("platform", pa.string())]).empty_table()


def evidence_days(lake: Lake, day: date) -> dict[str, int]:
    """On how many of the 90 days that end with a day each platform has activity, and any ('all')."""
    found: Counter[str] = Counter()
    for each in window(day, 90):
        path = lake.conformed("conservation", each)
        if lake.exists(path):
            rows = lake.read(path, columns=["platform", "kept"])
            kept = [platform for platform, kept in zip(*rows.to_pydict().values(), strict=True) if kept]
            found.update([*kept, "all"] if kept else [])
    return dict(found)


def _times(lake: Lake, days: list[date], platforms: Mapping[str, str]) -> pa.Table:
    """The exact times of the snapshots of these days, of what happened on them."""
    parts = [_TIMES.empty_table()]
    read = pa.schema([("occurred_at", TIME), ("occurred_precision", pa.string())])
    for source, platform in platforms.items():
        for day in days:
            path = lake.snapshot("interactions", source, day)
            if lake.exists(path):
                rows = lake.read(path, schema=read)
                ofday = pc.equal(pc.cast(rows["occurred_at"], pa.date32(), safe=False), day)
                times = rows.filter(pc.and_(pc.equal(rows["occurred_precision"], "exact"), ofday))["occurred_at"]
                placed = [pa.repeat(pa.scalar(value), len(times)) for value in (day, platform)]
                parts.append(pa.table([*placed, times], _TIMES))
    return pa.concat_tables(parts)


def consent(connection: duckdb.DuckDBPyConnection, lake: Lake, day: date, listed: Mapping[str, int]) -> pa.Table | None:
    """sql/consent_counts.sql of a day whose evidence the lake holds, and the noes of its ledger.

    listed: accounts on the operator's list, by platform.
    """
    path = lake.features("account_states", day)
    if not lake.exists(path):
        return None
    states = lake.read(path, columns=["platform", "opt_out", "is_minor", "is_protected"])
    of_list = pa.table([pa.array(each) for each in (list(listed.keys()), list(listed.values()))], names=_LISTED.names)
    counts = queries.run_duckdb(connection, "consent_counts", {}, account_states=states, listed=of_list.cast(_LISTED))
    noes = small_arrow(_FOUND, [("consent", "all", "ledger", "people", float(consent_ledger.read(lake).ever(day)))])
    return pa.concat_tables([counts.select(_FOUND.names).cast(_FOUND), noes])


def prints(lake: Lake, day: date, before: date | None, digests: Mapping[str, str]) -> pa.Table:
    """What a night was made of, as numbers that later nights compare: the dataset window.

    digests: of what the operator decides. until: of the conformed days until the day; before: of those until the newest
    published day as they are now, which until was then, unless the window was read again.
    """
    until = {name: each for name, each in (("until", day), ("before", before)) if each}
    for name, each in until.items():
        metadata = [lake.metadata(lake.conformed("activity", one)) or {} for one in window(each, 90)]
        digests = {
            **digests,
            name: hashlib.sha256(repr([one.get("fingerprint") for one in metadata]).encode()).hexdigest(),
        }
    # As many bits as a double holds.
    return small_arrow(
        _FOUND, [("window", "all", name, "print", float(int(digest[:12], 16))) for name, digest in digests.items()]
    )


def unpublished(
    connection: duckdb.DuckDBPyConnection, lake: Lake, day: date, platforms: Mapping[str, str], published: pa.Table
) -> tuple[pa.Table, list[pa.Table]]:
    """What the lake knows of the days before the first published one, as rows of meta.metrics, by METRICS; and, of days that
    nobody judged, what would be wrong on any day (ABSOLUTE).

    published: the rows that the warehouse had. What the days look like is asked of the nearest only, and only where fewer than
    four published days say it.
    """
    first = pc.min(published["ds"]).as_py() or day
    known = pc.unique(published.filter(pc.equal(published["dataset"], "day"))["ds"])
    shaped = SHAPED_DAYS if len(known) < 4 else 0
    parts, absolute = [METRICS.empty_table()], []
    for ago in range(1, COUNTED_DAYS + 1):
        each = day - timedelta(days=ago)
        if each < first and lake.exists(lake.conformed("activity", each)):
            parts.append(_as_past(_delivered(lake, each), each))
            if ago <= shaped:
                shaped_so = shape(connection, lake, each, platforms)
                is_absolute = pc.is_in(shaped_so["metric"].cast(pa.string()), ABSOLUTE)
                parts.append(_as_past(shaped_so.filter(pc.invert(is_absolute)), each))
                if not len(known):  # where nothing is published yet: who says yes once is not asked again
                    absolute.append(shaped_so.filter(is_absolute))
    return pa.concat_tables(parts), absolute


def worst(found: pa.Table, others: list[pa.Table]) -> pa.Table:
    """A day's metrics, of those that would be wrong on any day (ABSOLUTE) the worst of the day and of `others`."""
    rows = found.to_pylist()
    of_days: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for row in (row for each in others for row in each.to_pylist()):
        of_days.setdefault((row["platform"], row["metric"]), []).append((row["value"], row["n"]))
    for row in rows:
        if (row["platform"], row["metric"]) in of_days:
            all_days = [(row["value"], row["n"]), *of_days[row["platform"], row["metric"]]]
            row["value"], row["n"] = (min if row["unit"] == "kept" else max)(all_days)
    return pa.Table.from_pylist(rows, found.schema)


def _delivered(lake: Lake, day: date) -> pa.Table:
    """Of what sql/metrics.sql says of a day the numbers of rows that came. None may mean: not yet asked."""
    found: Counter[tuple[str, str, str]] = Counter()
    for row in lake.read(lake.conformed("conservation", day), columns=["platform", "rows_in", "kept"]).to_pylist():
        for name in ("rows_in", "kept"):
            found["conservation", row["platform"], name] += row[name]
    for row in lake.read(lake.conformed("pulls", day), columns=["platform", "snapshot", "rows"]).to_pylist():
        found["pulls", row["platform"], f"{row['snapshot']}_rows"] += row["rows"]
    return small_arrow(_FOUND, [(*name, "rows", float(rows)) for name, rows in found.items() if rows])


def _as_past(rows: pa.Table, day: date) -> pa.Table:
    """Rows of metrics as if the day had been published."""
    known = {name: rows[name] for name in ("dataset", "platform", "metric", "unit", "value")}
    said = {"ds": day, "points": 0, "model_version": ""}
    columns = [
        known[field.name].cast(field.type)
        if field.name in known
        else pa.repeat(pa.scalar(said.get(field.name), field.type), rows.num_rows)
        for field in METRICS
    ]
    return pa.table(columns, METRICS)
