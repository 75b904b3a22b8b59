"""What the platforms' readers of one page share: keys, known posts, and how an act is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from clout.config.native_ids import normal_id
from clout.platforms.pull.pages import Page, PageContext, Rows
from clout.platforms.pull.rows import short_hash


class PageReader:
    """What the platforms' readers of one page share: the page, its rows, and what the pages before told."""

    #: Endpoints that list acts without their times: what is known is the day on which they were seen.
    undated: tuple[str, ...] = ()

    def __init__(self, page: Page, rows: Rows, known: PageContext) -> None:
        self.page, self.rows, self.before = page, rows, known

    def key(self, native_id: str) -> str:
        """The key of an account or a post in every table, in its normal form. Raises ValueError where nothing is left of it."""
        found = normal_id(native_id)
        if not found:
            raise ValueError(f"{native_id[:40]!r} is no id")
        return f"{self.page.platform}:{found}"

    def read(self, of: Mapping[str, tuple[str, Any, Callable[[Any], object]]]) -> None:
        """Handle the items of the page as `of` says for its endpoint: for which table, which items, and how."""
        if self.page.endpoint not in of:
            raise ValueError(f"{self.page.platform}: no endpoint is named {self.page.endpoint}")
        self.rows.each(*of[self.page.endpoint])

    def known_post(self, local_id: str | None) -> tuple[str | None, str | None]:
        """Key and author of a post or comment that a page has shown; NULLs where none has."""
        return self.rows.known.posts.get(local_id or "") or self.before.posts.get(local_id or "") or (None, None)

    def edge(
        self,
        kind: str,
        actor: str | None,
        target: str | None,
        post_key: str | None,
        at: datetime | None,
        via: str,
        source: str | None = None,
        subkind: str | None = None,
    ) -> None:
        """Add that somebody acted on somebody. source: the key of the post or comment by which they did."""
        row = {
            "kind": kind,
            "subkind": subkind,
            "actor_key": actor,
            "target_account_key": target,
            "target_post_key": post_key,
            "source_post_key": source,
            "occurred_at": at,
            "occurred_precision": "exact"
            if at
            else "observed_day"
            if self.page.endpoint in self.undated
            else "unknown",
            "observed_via": via,
        }
        key = short_hash(self.page.platform, kind, actor, *self.told_apart(row))
        self.rows.interaction({"interaction_key": key, **row})

    def told_apart(self, row: dict[str, Any]) -> tuple[str | None, ...]:
        """What makes an interaction another than those of the same kind and actor."""
        return row["target_account_key"], row["target_post_key"], row["source_post_key"]
