"""Bluesky's public AppView: its endpoints as data, and its pages as canonical rows. Accounts are keyed by DID.

A client writes `createdAt` and may lie: an event's time is min(createdAt, indexedAt). List views (likes, reposts, authors)
carry no counters. The label `!no-unauthenticated` asks not to be shown to people without an account: an opt-out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from clout.config.options import FollowedAreNamed
from clout.platforms.http.rate_policies import RatePolicy, Response, Verdict, Wait, retry_after
from clout.platforms.pull.page_reader import PageReader
from clout.platforms.pull.pages import Endpoint, Page, PageContext, Platform, Rows, earliest, instant
from clout.platforms.pull.said import links, tags
from clout.platforms.pull.views import View
from clout.privacy.addresses import addresses_in

#: The signs that ids may have, by the specifications of DIDs and of record keys.
_DID = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]{1,2000}")
_POST = re.compile(rf"at://({_DID.pattern})/app\.bsky\.feed\.post/[A-Za-z0-9._:~-]{{1,512}}")
_COUNTERS = {
    "like_count": "likeCount",
    "reply_count": "replyCount",
    "share_count": "repostCount",
    "quote_count": "quoteCount",
    "bookmark_count": "bookmarkCount",
}
#: Of more people than this, not all can be gone.
_FEW = 2
_GONE = ("#viewDetached", "#viewBlocked", "#viewNotFound")


def feed_time(item: Any) -> datetime | None:
    """The time by which an author's feed is sorted: of a repost, when it was seen; of a post, its event's time."""
    reason = item.get("reason")
    if isinstance(reason, dict) and "indexedAt" in reason:
        return instant(reason["indexedAt"])
    post = item["post"]
    return earliest([instant(post.get("indexedAt")), instant(post["record"].get("createdAt"))])


def like_time(item: Any) -> datetime | None:
    """The time by which likes are sorted."""
    return earliest([instant(item.get("indexedAt")), instant(item.get("createdAt"))])


def quote_time(item: Any) -> datetime | None:
    """The time by which quotes are sorted."""
    return feed_time({"post": item})


def _xrpc(name: str, nsid: str, table: str, **rest: Any) -> Endpoint:
    return Endpoint(name=name, path=f"/xrpc/app.bsky.{nsid}", table=table, **rest)


def _of_post(name: str, method: str, select: str, counter: str, **rest: Any) -> Endpoint:
    return _xrpc(
        name,
        f"feed.{method}",
        "interactions",
        select=select,
        subject_param="uri",
        parents=("author_feed",),
        when=counter,
        **rest,
    )


_PAGED = {"paginator": "cursor_in_body", "page_size": 100}

ENDPOINTS = (
    _xrpc("profiles", "actor.getProfiles", "accounts", select="profiles", subject_param="actors", batch=25),
    _xrpc(
        "author_feed",
        "feed.getAuthorFeed",
        "posts",
        select="feed",
        subject_param="actor",
        params={"filter": "posts_with_replies", "includePins": "false"},
        parents=("profiles",),
        fallback=r".+",
        newest_first=feed_time,
        reaches_back=True,
        backfillable=True,
        **_PAGED,
    ),
    _of_post("likes", "getLikes", "likes", "like_count", newest_first=like_time, backfillable=True, **_PAGED),
    _of_post("reposted_by", "getRepostedBy", "repostedBy", "share_count", **_PAGED),
    _of_post("quotes", "getQuotes", "posts", "quote_count", newest_first=quote_time, backfillable=True, **_PAGED),
    _of_post(
        "thread", "getPostThread", "", "reply_count", params={"depth": "6", "parentHeight": "0"}, backfillable=True
    ),
)


def normalise(page: Page, known: PageContext) -> Rows:
    """The rows of one page, without those of people whom this page or `known` shows to have opted out."""
    rows = Rows(page)
    body = page.body if isinstance(page.body, dict) else {}
    reader = _Reader(page, rows, known)
    nodes = list(reader.thread_nodes(body.get("thread"))) if page.endpoint == "thread" else []
    reader.read(
        {
            "profiles": ("accounts", body.get("profiles"), reader.profile),
            "author_feed": ("posts", body.get("feed"), reader.feed_item),
            "likes": ("interactions", body.get("likes"), reader.like),
            "reposted_by": ("interactions", body.get("repostedBy"), reader.reposter),
            "quotes": ("posts", body.get("posts"), reader.post),
            "thread": ("posts", nodes, reader.post),
        }
    )
    if page.endpoint == "profiles":
        reader.left_out(body.get("profiles"))
    return rows.without({**known.flags, **rows.known.flags})


class _Reader(PageReader):
    """Reads the views of one page into its rows."""

    undated = ("reposted_by",)

    # Accounts

    def account(self, view: Any, full: bool = False) -> str:
        """Add the account of a profile view; gives its key. Only a full view has counters, and only on its day."""
        of = View(self.rows, "accounts", view)
        did = of.id("did", _DID)
        key = self.key(did)
        self.rows.flag(key, {"opt_out": True} if _opted_out(view) else {})
        handle = of.text("handle")
        handle = None if handle in (None, "handle.invalid") else handle.lower()
        verified = of.of("verification").text("verifiedStatus")
        counted = full and not self.page.stale
        is_labelled = isinstance(of.get("labels"), list)
        is_bot = is_labelled and any(one.get("src") == did for one in _labels(view, "bot"))
        row: dict[str, Any] = {
            "account_key": key,
            "native_id": did,
            "handle": handle,
            "display_name": of.text("displayName"),
            "account_type": "bot" if is_bot else "unknown",
            "bio": of.text("description"),
            "url": f"https://bsky.app/profile/{handle}" if handle else None,
            "created_at": of.time("createdAt"),
            "followers_count": of.count("followersCount") if counted else None,
            "following_count": of.count("followsCount") if counted else None,
            "posts_count": of.count("postsCount") if counted else None,
            "verified": None if verified is None else verified == "valid",
            "is_bot": is_bot if is_labelled else None,
            "opt_out": False if is_labelled else None,
            "status": "active",
            "state_complete": counted,
        }
        self.rows.account(row, handle)
        # A profile's website and description are claims of identity.
        declared = dict.fromkeys([*addresses_in(of.text("website")), *addresses_in(row["bio"])])
        for address in declared:
            self.rows.claim(key, address)
        for own in (did, handle) if declared else ():
            self.rows.claim(key, f"https://bsky.app/profile/{own}" if own else None, "address")
        return key

    def profile(self, view: Any) -> None:
        self.account(view, full=True)
        self.rows.parents.append(self.rows.tables["accounts"][-1])

    def left_out(self, profiles: Any) -> None:
        """Of those who were asked about, who is not there: taken down or deactivated, of which Bluesky says nothing."""
        shown = [one for one in profiles if isinstance(one, dict)] if isinstance(profiles, list) else []
        asked = [one for one in self.page.subject.split(",") if one]
        found = {name: one for one in shown for name in (one.get("did"), one.get("handle")) if isinstance(name, str)}
        found = {name if name.startswith("did:") else name.lower(): one for name, one in found.items()}
        missing = [one for one in asked if (one if one.startswith("did:") else one.lower()) not in found]
        if not missing:
            return
        matched = [
            id(found[name]) for one in asked if (name := one if one.startswith("did:") else one.lower()) in found
        ]
        if not isinstance(profiles, list) or len(set(matched)) < len(profiles):
            return  # what cannot be read, or goes by another name now, may be one of them
        if not shown and len(asked) > _FEW:
            self.rows.notes["nobody_shown"] += 1  # an answer that is empty, rather than so many people gone at once
            return
        for one in missing:
            is_name = not one.startswith("did:")
            self.rows.gone(self.key(one.lower() if is_name else one), "unavailable", is_name)
            self.rows.notes["left_out"] += 1

    # Posts

    def post(self, view: Any) -> dict[str, Any]:
        """Add the post of a post view with its author and its edges; gives the post's row."""
        of = View(self.rows, "posts", view)
        uri = of.id("uri", _POST)
        author = self.account(of.get("author"))
        record, indexed = of.of("record"), of.time("indexedAt")
        created = record.time("createdAt")
        at = earliest([created, indexed])
        reply = record.of("reply")
        parent = _reference(reply.item, "parent")
        quoted = None if _withdrawn(view.get("embed")) else _quoted(record.of("embed").item)
        mentions = sorted({self.key(did) for did in _mentions(record.list("facets"))})
        row: dict[str, Any] = {
            "post_key": self.key(uri),
            "native_id": uri,
            "author_key": author,
            "post_type": "reply" if parent else "quote" if quoted else "original",
            "created_at": created,
            "indexed_at": indexed,
            "event_at": at,
            "text": record.text("text"),
            "lang": next(iter(record.texts("langs")), None),
            "visibility": "public",
            "in_reply_to_post_key": self.key(parent) if parent else None,
            "in_reply_to_account_key": self._author(parent),
            "quoted_post_key": self.key(quoted) if quoted else None,
            "conversation_key": self.key(_reference(reply.item, "root") or uri),
            "mentions": mentions,
            "hashtags": tags(
                [*_features(record.list("facets"), "tag", "tag"), *record.list("tags")], of.noting("tags")
            ),
            "links": links(self._links(record), of.noting("links")),
            "is_deleted": False,
        }
        counters = {ours: of.count(theirs) for ours, theirs in _COUNTERS.items()}
        self.rows.post(row if self.page.stale else {**row, **counters}, from_feed=self._is_own(view["author"]))
        via = {"author_feed": "author_feed", "quotes": "engagement_list"}.get(self.page.endpoint, "thread")
        for kind, target_post in (("reply", parent), ("quote", quoted)):
            if target_post:
                self.edge(kind, author, self._author(target_post), self.key(target_post), at, via, row["post_key"])
        for mentioned in mentions:
            self.edge("mention", author, mentioned, None, at, via, row["post_key"])
        return {**row, **counters}  # today's counters are good enough to plan by

    def _links(self, record: View) -> list[Any]:
        """Where a record leads: the links of its text, and the card below it."""
        embed: Any = record.of("embed").item
        if embed.get("$type") == "app.bsky.embed.recordWithMedia":
            embed = embed.get("media")
        card = embed.get("external") if _type(embed) == "app.bsky.embed.external" else None
        cards = [card["uri"]] if isinstance(card, dict) and "uri" in card else []
        return [*_features(record.list("facets"), "link", "uri"), *cards]

    def feed_item(self, item: Any) -> None:
        """An item of an author's feed: the author's own post, or one that the author passed on."""
        row = self.post(item["post"])
        of = View(self.rows, "posts", item)
        for name in ("root", "parent"):
            # The post that was answered shows its author, and with it a wish not to be shown.
            author = of.of("reply").of(name).of("author")
            if "handle" in author:
                self.rows.part("accounts", author.item, self.account)
        if _type(of.get("reason")).endswith("#reasonRepost"):
            self.rows.part("interactions", of.get("reason"), lambda reason: self.repost(reason, row))
        elif "reason" in of and not _type(of.get("reason")).endswith("#reasonPin"):
            self.rows.notes["unknown_type"] += 1
        if self._is_own(item["post"]["author"]):
            self.rows.parents.append(row)

    def repost(self, reason: Any, row: dict[str, Any]) -> None:
        """That the author of the feed passed a post on."""
        of = View(self.rows, "interactions", reason, "reason")
        by = self.account(of.get("by"))
        self.edge("share", by, row["author_key"], row["post_key"], of.time("indexedAt"), "author_feed")

    def _is_own(self, author: Any) -> bool:
        """Whether the page is the feed of somebody: of the author of a post."""
        return self.page.endpoint == "author_feed" and self.page.subject in (author["did"], author.get("handle"))

    def thread_nodes(self, root: Any) -> Iterator[Any]:
        """The visible posts of a thread, without recursion: a thread may be a thousand levels deep."""
        left = [root]
        while left:
            node = left.pop()
            kind = _type(node)
            if kind.endswith("#threadViewPost"):
                yield node.get("post")
                left += reversed(_list(node.get("replies")))
            elif kind.endswith(("#notFoundPost", "#blockedPost")):
                self.rows.notes["not_found" if "notFound" in kind else "blocked"] += 1
            else:
                self.rows.notes["unknown_type"] += 1

    # Edges

    def like(self, item: Any) -> None:
        of = View(self.rows, "interactions", item)
        actor = self.account(of.get("actor"))
        at = earliest([of.time("indexedAt"), of.time("createdAt")])
        self.edge("like", actor, self._author(self.page.subject), self.key(self.page.subject), at, "engagement_list")

    def reposter(self, view: Any) -> None:
        author, post_key = self._author(self.page.subject), self.key(self.page.subject)
        self.edge("share", self.account(view), author, post_key, None, "engagement_list")

    def _author(self, uri: str | None) -> str | None:
        found = _POST.fullmatch(uri or "")
        return self.key(found[1]) if found else None


def _type(value: Any) -> str:
    """The `$type` of a value, or nothing where it has none."""
    kind = value.get("$type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else ""


def _labels(view: Any, name: str) -> list[dict[str, Any]]:
    """The labels of a name that stand on a profile."""
    labels = [one for one in _list(view.get("labels")) if isinstance(one, dict)]
    return [one for one in labels if one.get("val") == name and one.get("neg") is not True]


def _opted_out(view: Any) -> bool:
    if not isinstance(view.get("labels"), list):
        return view.get("labels") is not None  # a wish that cannot be read counts as said
    return bool(_labels(view, "!no-unauthenticated"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _reference(reply: Any, name: str) -> str | None:
    """The at-uri of the post that a reply answers, or of its thread's first."""
    target = reply.get(name) if isinstance(reply, dict) else None
    uri = target.get("uri") if isinstance(target, dict) else None
    return uri if isinstance(uri, str) and _POST.fullmatch(uri) else None


def _quoted(embed: Any) -> str | None:
    """The at-uri of the post that an embed quotes; feeds, lists and starter packs are no posts."""
    if not isinstance(embed, dict):
        return None
    record = embed.get("record")
    if embed.get("$type") == "app.bsky.embed.recordWithMedia" and isinstance(record, dict):
        record = record.get("record")
    elif embed.get("$type") != "app.bsky.embed.record":
        return None
    return _reference({"quoted": record}, "quoted")


def _withdrawn(view: Any) -> bool:
    """Whether the quoted post was deleted, blocked, or detached by its author: then the quote reaches nobody."""
    record = view.get("record") if isinstance(view, dict) else None
    inner = record.get("record") if isinstance(record, dict) else None
    return any(_type(one).endswith(_GONE) for one in (record, inner))


def _features(facets: Any, kind: str, name: str) -> Iterator[Any]:
    """A field of the features of one kind, of all facets."""
    for facet in _list(facets):
        for feature in _list(facet.get("features")) if isinstance(facet, dict) else []:
            if isinstance(feature, dict) and feature.get("$type") == f"app.bsky.richtext.facet#{kind}":
                yield feature.get(name)


def _mentions(facets: Any) -> Iterator[str]:
    for did in _features(facets, "mention", "did"):
        if isinstance(did, str) and _DID.fullmatch(did):
            yield did


class BlueskyPolicy(RatePolicy):
    """Bluesky: Retry-After in seconds, else RateLimit-Reset in epoch seconds, else backoff (a CDN may strip both)."""

    quota = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        if response.status != 429 or retry_after(response, now) is not None:
            return None
        reset = self._reset(response, now)
        return None if reset is None else Wait(reset, "HTTP 429, RateLimit-Reset")


PLATFORM = Platform(ENDPOINTS, BlueskyPolicy, normalise, name="bluesky", options=FollowedAreNamed, ids=_DID)
