"""Shows that a page's rows show nobody who is flagged, in whatever column a row speaks of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from clout.lake.column_roles import Role, columns, people_of, spoken_of
from clout.lake.schemas import SNAPSHOTS
from clout.platforms.pull.pages import Page, Rows

PAGE = Page("m", "list", "ann", date(2026, 3, 1), datetime(2026, 3, 2, tzinfo=UTC), {}, "raw/x/0.json.gz")
TABLES = ("accounts", "posts", "interactions", "external_signals")


def row_of(table: str, **cells: Any) -> dict[str, Any]:
    return dict.fromkeys(SNAPSHOTS[table].names) | dict.fromkeys(people_of(table), "m:ann") | cells


def test_a_flagged_person_stands_in_no_column_of_any_row() -> None:
    flags = {"m:no": {"opt_out": True}}
    for table in TABLES:
        for name in columns(table, Role.ACCOUNT):
            rows = Rows(PAGE)
            named = ["m:no", "m:bo"] if name == "mentions" else "m:no"
            rows.tables[table].append(row_of(table, **{name: named}))
            kept = rows.without(flags).tables[table]
            if name in people_of(table):
                assert kept == [], f"{table}.{name}"
            else:
                assert [row[name] for row in kept] == [["m:bo"] if name == "mentions" else None], f"{table}.{name}"


def test_a_post_of_a_flagged_person_is_spoken_of_nowhere() -> None:
    rows = Rows(PAGE)
    rows.tables["interactions"].append(
        row_of("interactions", kind="reply", target_account_key="m:no", target_post_key="m:1")
    )
    asked = spoken_of("posts", Role.POST)
    rows.tables["posts"].append(row_of("posts", post_key="m:2", **dict.fromkeys(asked, "m:1")))
    [post] = rows.without({"m:no": {"opt_out": True}}).tables["posts"]
    assert {post[name] for name in asked} == {None}
