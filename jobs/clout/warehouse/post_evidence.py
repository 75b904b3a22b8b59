"""Published evidence of posts that may be named no longer: deleted at their source, or older than its terms allow."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from clout.errors import InvalidInput
from clout.privacy.retention import Unnameable
from clout.warehouse.contract import Warehouse

_COLUMNS = ("post_key", "person_id", "posted_on")


def named(warehouse: Warehouse, unnameable: Iterable[Unnameable]) -> frozenset[str]:
    """The keys of posts that some published version names as evidence of a topic, and that may be named no longer."""
    rules = list(unnameable)
    seen: set[tuple[str, str, date]] = set()
    for entry in warehouse.log():
        try:
            rows = warehouse.read("clout.topic_evidence", entry.version, entry.ds).select(_COLUMNS)
        except (
            InvalidInput
        ):  # a version that gc has forgotten: its content, where it is still shown, is a later one's, too
            continue
        seen.update(zip(*rows.to_pydict().values(), strict=True))
    return frozenset(post for post, person, on in seen if any(rule.names(post, person, on) for rule in rules))


def forget(warehouse: Warehouse, unnameable: Iterable[Unnameable], now: datetime) -> int:
    """Remove the rows that name such posts from every version, for good. Gives their number."""
    keys = named(warehouse, unnameable)
    return warehouse.erase(keys, now) if keys else 0
