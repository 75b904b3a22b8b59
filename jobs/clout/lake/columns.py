"""The columns of snapshots that are read, with the names by which the queries of sql/ know them."""

from __future__ import annotations

from clout.lake.schemas import OTHER_COUNTERS


def as_named(*columns: str) -> dict[str, str]:
    """Columns that keep their names."""
    return dict(zip(columns, columns, strict=True))


_PLACED = ("platform", "snapshot_date")
#: What a day is conformed from.
CONFORMED_FROM = {
    "interactions": as_named(
        *("interaction_key", "kind", "actor_key", "target_account_key", "target_post_key", "occurred_at"),
        *("occurred_precision", "is_removed", "raw_ref", *_PLACED),
    ),
    "accounts": as_named("account_key", "is_minor", "opt_out", "is_protected", "status", "platform")
    | {"snapshot_date": "ds"},
    "posts": as_named(
        "post_key", "event_at", "like_count", "reply_count", "share_count", "quote_count", "lists_asked", *_PLACED
    ),
    "manifest": as_named(
        *("endpoint", "table", "status", "rows", "rows_quarantined", "rows_excluded", "requests", "cost_units"),
        *("reason", "drift", *_PLACED),
    ),
    "quarantine": as_named("table", "reason", *_PLACED),
}
#: What the states of accounts, and who is who, are made from.
STATES_FROM = {
    "accounts": as_named(
        *(
            "account_key",
            "platform",
            "handle",
            "display_name",
            "account_type",
            "url",
            "created_at",
            "followers_count",
            "location",
        ),
        *("following_count", "listed_count", *OTHER_COUNTERS),
        *("is_bot", "is_minor", "opt_out", "is_protected", "may_be_named", "status", "state_complete"),
        *("snapshot_date", "fetched_at", "raw_ref"),
    ),
    "account_links": as_named("account_a", "account_b", "basis", "valid_from", "valid_to", "snapshot_date"),
}
#: What the evidence reads of a post: texts would fill the memory.
POSTS = ("platform", "author_key", "post_key", "post_type", "is_deleted", "event_at", "from_feed")
