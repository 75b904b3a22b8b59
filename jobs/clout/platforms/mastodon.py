"""One Mastodon instance: its endpoints as data, and its pages as canonical rows. Accounts and posts are keyed by `uri`.

Ids are the instance's own; replies and mentions name only those, so they are resolved by what other pages told (`Known`).
An instance counts wholly only for its own people: of an account from elsewhere ("@" in acct) the counters are left out.
A profile's fields are claims of identity; verified_at means that the instance saw the page link back.
Only public and unlisted posts land.

Consent: `noindex` is a stored no, and the person is left out. The rest are no wishes: `indexable` is false until somebody asks
to be searched, `discoverable` until somebody asks to be featured, and `locked` is about followers. Who has not asked to be
featured, or whom the instance limits, counts and is named in nothing that is published. A source's `honour` takes any of the
three for a no; with `naming = "everybody"` everybody is named.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from clout.addresses import addresses_in
from clout.platforms.pages import (
    Endpoint,
    Known,
    Page,
    Platform,
    Reader,
    Rows,
    count,
    flag,
    instant,
    optional,
    string,
)
from clout.platforms.rate_policies import MastodonPolicy
from clout.platforms.rows import short_hash

_SHOWN = ("public", "unlisted")
_COUNTERS = {
    "like_count": "favourites_count",
    "reply_count": "replies_count",
    "share_count": "reblogs_count",
    "quote_count": "quotes_count",
}


def status_time(item: Any) -> datetime | None:
    """The time by which an account's statuses are sorted."""
    return instant(item.get("created_at"))


ENDPOINTS = (
    Endpoint(
        name="lookup",
        path="/api/v1/accounts/lookup",
        table="accounts",
        subject_param="acct",
        subjects=r"(?!\d+$).+",
    ),
    Endpoint(name="account", path="/api/v1/accounts/{subject}", table="accounts", subjects=r"\d+"),
    Endpoint(
        name="statuses",
        path="/api/v1/accounts/{subject}/statuses",
        table="posts",
        paginator="link_header",
        page_size=40,
        parents=("lookup", "account"),
        fallback=r"\d+",
        newest_first=status_time,
        reaches_back=True,
        backfillable=True,
    ),
    Endpoint(
        name="context",
        path="/api/v1/statuses/{subject}/context",
        table="posts",
        parents=("statuses",),
        when="reply_count",
        backfillable=True,
    ),
    Endpoint(
        name="favourited_by",
        path="/api/v1/statuses/{subject}/favourited_by",
        table="interactions",
        paginator="link_header",
        page_size=80,
        parents=("statuses",),
        when="like_count",
    ),
    Endpoint(
        name="reblogged_by",
        path="/api/v1/statuses/{subject}/reblogged_by",
        table="interactions",
        paginator="link_header",
        page_size=80,
        parents=("statuses",),
        when="share_count",
    ),
)


def normalise(page: Page, known: Known) -> Rows:
    """The rows of one page, without those of people whom this page or `known` shows to have opted out or be protected."""
    rows = Rows(page)
    reader = _Reader(page, rows, known)
    body = page.body
    if page.endpoint in ("lookup", "account"):
        rows.each("accounts", [body], reader.subject)
    elif page.endpoint == "statuses":
        rows.each("posts", body, reader.own_status)
    elif page.endpoint == "context":
        parts = [body.get(name) for name in ("ancestors", "descendants")] if isinstance(body, dict) else [None]
        whole = (
            None if any(not isinstance(part, list) for part in parts) else [one for part in parts for one in part or []]
        )
        rows.each("posts", whole, reader.listed_status)
    elif page.endpoint in ("favourited_by", "reblogged_by"):
        rows.each("interactions", body, reader.engaged)
    else:
        raise ValueError(f"mastodon: no endpoint is named {page.endpoint}")
    return rows.without({**known.flags, **rows.known.flags})


class _Reader(Reader):
    """Reads the entities of one page into its rows."""

    @property
    def honour(self) -> Collection[str]:
        """What the operator takes for a wish to be left out; see sources.HONOURABLE."""
        return self.page.options.get("honour", ())

    # Accounts

    def account(self, view: Any) -> str:
        """Add an account; gives its key."""
        native, uri = string(view["id"], "id"), string(view["uri"], "uri")
        key = self.key(uri)
        self.rows.known.accounts[native] = key
        self.rows.flag(key, self.flags(view))
        acct = string(view["acct"], "acct")
        # What an instance knows of people from elsewhere is incomplete; what it says now is not of a day long past.
        counted = "@" not in acct and not self.page.stale
        is_bot, is_group = flag(view.get("bot")), flag(view.get("group"))
        moved = view.get("moved")
        moved_to = optional(moved.get("uri")) if isinstance(moved, dict) else None
        row = {
            "account_key": key,
            "native_id": native,
            "handle": acct.lower(),
            "display_name": optional(view.get("display_name")),
            "account_type": "bot" if is_bot else "group" if is_group else "unknown",
            "bio": _plain(view.get("note")),
            "url": optional(view.get("url")),
            "created_at": instant(view.get("created_at")),
            "followers_count": count(view.get("followers_count"), "followers_count") if counted else None,
            "following_count": count(view.get("following_count"), "following_count") if counted else None,
            "posts_count": count(view.get("statuses_count"), "statuses_count") if counted else None,
            "is_protected": flag(view.get("locked")) if "locked" in self.honour else None,
            "is_bot": is_bot,
            "opt_out": flag(view.get("noindex")),
            "may_be_named": self.may_be_named(view),
            "status": "moved" if isinstance(moved, dict) else "active",
            "moved_to_key": self.key(moved_to) if moved_to else None,
            "state_complete": counted,
        }
        self.rows.account(row)
        fields = [(addresses_in(_link(one.get("value"))), one.get("verified_at")) for one in _dicts(view.get("fields"))]
        declared = {address: verified for found, verified in fields for address in found}
        for address, verified in declared.items():
            # Of its own people the instance has looked whether the page links back. Of others it may only have been told so.
            is_checked = instant(verified) is not None and "@" not in acct
            self.rows.claim(key, address, "rel_me" if is_checked else "self_declared")
        for own in (optional(view.get("url")), uri) if declared else ():
            self.rows.claim(key, own, "address")
        return key

    def flags(self, view: Any) -> dict[str, Any]:
        """Why an account is not to be shown. A wish that cannot be read counts as said; one that is missing does not."""
        flags: dict[str, Any] = {}
        asked = [name for name in ("indexable", "discoverable") if name in self.honour]
        if view.get("noindex") not in (None, False) or any(view.get(name) not in (None, True) for name in asked):
            flags["opt_out"] = True
        if "locked" in self.honour and view.get("locked") not in (None, False):
            flags["is_protected"] = True
        if view.get("suspended") not in (None, False):
            flags["status"] = "suspended"
        return flags

    def may_be_named(self, view: Any) -> bool | None:
        """Whether the person asked to be featured; NULL where the operator names everybody."""
        if self.page.options.get("naming") == "everybody":
            return None
        return view.get("discoverable") is True and view.get("limited") in (None, False)

    def subject(self, view: Any) -> None:
        self.account(view)
        self.rows.parents.append(self.rows.tables["accounts"][-1])

    def engaged(self, view: Any) -> None:
        """An entry of a list without times: what is known is the day on which it was seen."""
        actor = self.account(view)
        post_key, author = self.before.posts.get(self.page.subject, (None, None))
        kind = "like" if self.page.endpoint == "favourited_by" else "share"
        self.edge(kind, actor, author, post_key, None, "engagement_list")

    # Posts

    def own_status(self, view: Any) -> None:
        """A status of the account that was asked about: its own post, or one that it boosted."""
        row = self.status(view)
        if row is not None and row["post_type"] != "share":
            self.rows.parents.append(row)

    def listed_status(self, view: Any) -> None:
        """A status of somebody else, of which nothing more is asked."""
        self.status(view)

    def status(self, view: Any, is_outermost: bool = True) -> dict[str, Any] | None:
        """Add a status with its author and its edges; gives its row, or None where it is not for everybody's eyes."""
        visibility = view["visibility"]
        if visibility not in _SHOWN:
            self.rows.notes["not_public"] += 1
            return None
        native, uri = string(view["id"], "id"), string(view["uri"], "uri")
        author = self.account(view["account"])
        at = instant(view["created_at"])
        boosted = view.get("reblog")
        is_own = "@" not in view["account"]["acct"]
        counters = {ours: count(view.get(theirs), theirs) for ours, theirs in _COUNTERS.items()}
        row: dict[str, Any] = {
            "post_key": self.key(uri),
            "native_id": native,
            "author_key": author,
            "post_type": "original",
            "created_at": at,
            "event_at": at,
            "edited_at": instant(view.get("edited_at")),
            "lang": optional(view.get("language")),
            "url": optional(view.get("url")),
            "visibility": visibility,
            "is_deleted": False,
        }
        if boosted is not None:
            return self._boost(row, boosted, native, is_outermost)
        row["text"] = _plain(view.get("content"))
        row["hashtags"] = [name for tag in _dicts(view.get("tags")) if (name := optional(tag.get("name")))]
        mentions = [self._whose(one.get("id")) for one in _dicts(view.get("mentions"))]
        row["mentions"] = sorted({key for key in mentions if key is not None})
        source = row["post_key"]
        via = "author_feed" if self.page.endpoint == "statuses" else "thread"
        # A mention names a local id only; of whom no page showed the account, no wish is known either.
        if None in mentions:
            self.rows.notes["unresolved_mention"] += mentions.count(None)
        edges: list[tuple[str, str | None, str | None]] = [("mention", key, None) for key in row["mentions"]]
        quoted = self._quoted(view.get("quote"), is_outermost)
        if quoted is not None:
            row["post_type"], row["quoted_post_key"] = "quote", quoted[0]
            edges.append(("quote", quoted[1], quoted[0]))
        if view.get("in_reply_to_id") is not None:
            post_key, whose = self._known_post(view["in_reply_to_id"])
            whose = whose or self._whose(view.get("in_reply_to_account_id"))
            row |= {"post_type": "reply", "in_reply_to_post_key": post_key, "in_reply_to_account_key": whose}
            edges.append(("reply", whose, post_key))
        shown = {**row, **counters} if is_own and not self.page.stale else row
        self.rows.post(shown, native, from_feed=self.page.endpoint == "statuses" and is_outermost)
        if is_outermost:
            for kind, target, post_key in edges:
                self.edge(kind, author, target, post_key, at, via, source)
        return {**row, **counters}

    def _boost(self, row: dict[str, Any], boosted: Any, native: str, is_outermost: bool) -> dict[str, Any] | None:
        inner = self.status(boosted, is_outermost=False) if is_outermost else None
        if inner is None:
            return None  # what was boosted is not public: neither is that it was
        row |= {"post_type": "share", "shared_post_key": inner["post_key"]}
        self.rows.post(row, native, from_feed=self.page.endpoint == "statuses")
        target = inner["author_key"], inner["post_key"]
        self.edge("share", row["author_key"], *target, row["created_at"], "author_feed", row["post_key"])
        return row

    def _quoted(self, quote: Any, is_outermost: bool) -> tuple[str, str] | None:
        """Post and author that a status quotes, where the quoted has accepted it and it can be seen."""
        if not isinstance(quote, dict) or quote.get("state") != "accepted":
            return None
        inner = quote.get("quoted_status")
        if not isinstance(inner, dict) or not is_outermost:
            return None
        row = self.status(inner, is_outermost=False)
        return None if row is None else (row["post_key"], row["author_key"])

    def _whose(self, local_id: Any) -> str | None:
        """The key of an account of which only the local id is named; NULL where no page has shown it."""
        return self.rows.known.accounts.get(local_id) or self.before.accounts.get(local_id)

    def _known_post(self, local_id: Any) -> tuple[str | None, str | None]:
        return self.rows.known.posts.get(local_id) or self.before.posts.get(local_id) or (None, None)

    # Edges

    def edge(
        self,
        kind: str,
        actor: str,
        target: str | None,
        post_key: str | None,
        at: datetime | None,
        via: str,
        source: str | None = None,
    ) -> None:
        # One share of one post by one person is one edge, whichever list shows it: with its time, or without.
        identity = None if kind == "share" else source or (None if post_key else self.page.subject)
        timeless = at is None and via == "engagement_list"
        self.rows.interaction(
            {
                "interaction_key": short_hash(self.page.platform, kind, actor, target, post_key, identity),
                "kind": kind,
                "actor_key": actor,
                "target_account_key": target,
                "target_post_key": post_key,
                "source_post_key": source,
                "occurred_at": at,
                "occurred_precision": "observed_day" if timeless else "exact" if at else "unknown",
                "observed_via": via,
            }
        )


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


class _Text(HTMLParser):
    """Collects the text of HTML, a new line for each paragraph and break."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "p"):
            self.parts.append("\n")


def _link(html: Any) -> str | None:
    """Where a profile's field leads, or its text where it is no link."""
    found = re.search(r"""href=["']([^"'<>\s]+)""", html) if isinstance(html, str) else None
    return found[1] if found else _plain(html)


def _plain(html: Any) -> str | None:
    """HTML as plain text; NULL where there is none."""
    text = optional(html)
    if text is None:
        return None
    parser = _Text()
    parser.feed(text)
    parser.close()
    return optional(re.sub(r"\n{2,}", "\n", "".join(parser.parts)).strip())


PLATFORM = Platform(ENDPOINTS, MastodonPolicy, normalise)
