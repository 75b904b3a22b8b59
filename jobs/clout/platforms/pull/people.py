"""Finds the account that earlier snapshots show under a name, where the platform tells nothing of it any more."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from clout.lake.partitions import Lake, window

#: So many days are looked through, which are those of the evidence that a score rests on.
DAYS = 90


def people_of(lake: Lake, source: str, day: date, handles: set[str], column: str = "handle") -> dict[str, str]:
    """The account_key of each handle (lower case) by the newest snapshot before `day` that shows it.

    Not of a handle that its person had given up since: under another one they may still be there. column: "native_id" where
    the names are ids of the platform's own.
    """
    days = window(day - timedelta(days=1), DAYS) if handles else []
    found: dict[str, str] = {}
    for earlier in reversed(days):
        if handles <= found.keys():
            break
        for key, handle in _shown(lake, source, earlier, column, column, handles - found.keys()):
            found.setdefault(handle, key)
    last: dict[str, str] = {}
    for each in days if found else ():
        last.update(_shown(lake, source, each, column, "account_key", set(found.values())))
    return {handle: key for handle, key in found.items() if last[key] == handle}


def _shown(lake: Lake, source: str, day: date, name: str, column: str, wanted: set[str]) -> list[tuple[str, str]]:
    """Key and `name` of the accounts of a day whose `column` is one of those that are wanted."""
    path = lake.snapshot("accounts", source, day)
    if not lake.exists(path):
        return []
    rows = lake.read(path, ["account_key", name])
    rows = rows.set_column(1, name, pc.utf8_lower(rows[name]))
    is_one = pc.and_(pc.is_valid(rows[name]), pc.is_in(rows[column], pa.array(sorted(wanted), pa.string())))
    return [(row["account_key"], row[name]) for row in rows.filter(is_one).to_pylist()]
