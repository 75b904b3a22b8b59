"""X, API v2: its endpoints as data, and its pages as canonical rows. Accounts and posts are keyed by their ids, as text.

X has two dialects: what was called tweet and retweet is called post and repost in answers of the newer one. Both are read;
`dialect` in the source's configuration says in which one to ask. Money: a post costs 5 mills and a person 10, whether they
are asked for or come along (`includes`), so only those are asked to come along without whom an edge would lack an end.

X does not show to an app who likes (100 a post to a logged-in user, without times: `likes = true` with such a user's
token), when somebody began to follow, or posts of protected accounts. Lists of followers, a cent a person, are not asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from clout.platforms.pages import Endpoint, Known, Page, Platform, Reader, Rows, at, count, flag, instant, optional
from clout.platforms.rate_policies import XPolicy
from clout.platforms.rows import short_hash

_POST, _USER = 5, 10  # mills
_ID = re.compile(r"[0-9]{1,19}")
_KINDS = {"retweeted": "share", "reposted": "share", "replied_to": "reply", "quoted": "quote"}
_COUNTERS = {
    "like_count": ("like_count",),
    "reply_count": ("reply_count",),
    "share_count": ("retweet_count", "repost_count"),
    "quote_count": ("quote_count",),
    "view_count": ("impression_count",),
    "bookmark_count": ("bookmark_count",),
}


def post_time(item: Any) -> datetime | None:
    """The time by which lists of posts are sorted."""
    return instant(item.get("created_at"))


_PRICES = {"data": _POST, "includes.tweets": _POST, "includes.posts": _POST, "includes.users": _USER}
_PERSON = {"user.fields": "created_at,description,entities,protected,public_metrics,verified"}
_FIELDS = (
    "author_id,conversation_id,created_at,entities,in_reply_to_user_id,lang,note_tweet,public_metrics,referenced_tweets"
)
_PAGED: dict[str, Any] = {
    "paginator": "cursor_in_body",
    "cursor_path": "meta.next_token",
    "cursor_param": "pagination_token",
    "size_param": "max_results",
    "page_size": 100,
    "select": "data",
}


def _users(name: str, path: str, param: str, subjects: str) -> Endpoint:
    return Endpoint(
        name=name,
        path=f"/2/users{path}",
        table="accounts",
        params=_PERSON,
        select="data",
        subject_param=param,
        subjects=subjects,
        batch=100,
        batch_form="comma",
        price=_USER,
        prices={"data": _USER},
    )


def _posts(
    name: str, path: str, least: int, table: str = "interactions", brings: str = "author_id", **more: Any
) -> Endpoint:
    """A list of posts, each with its author or with the posts that it refers to, which are two at most."""
    params = {"tweet.fields": _FIELDS, "expansions": brings, **more.pop("params", {})}
    return Endpoint(
        name=name,
        path=path,
        table=table,
        params=params if brings != "author_id" else params | _PERSON,
        least_page=least,
        price=_POST + (_USER if brings == "author_id" else 2 * _POST),
        prices=_PRICES,
        backfillable=True,
        **_PAGED,
        **more,
    )


_ACCOUNTS = ("accounts", "usernames")
_WINDOW = {"start_time": "{since}", "end_time": "{until}"}

ENDPOINTS = (
    _users("accounts", "", "ids", r"\d{1,19}"),
    _users("usernames", "/by", "usernames", r"(?!\d+$)[A-Za-z0-9_]{1,15}"),
    _posts(
        "posts",
        "/2/users/{subject}/tweets",
        5,
        table="posts",
        brings="referenced_tweets.id",
        params=_WINDOW,
        parents=_ACCOUNTS,
        fallback=r"\d{1,19}",
        reaches_back=True,
    ),
    Endpoint(
        name="earlier_posts",
        path="/2/tweets",
        table="posts",
        params={"tweet.fields": _FIELDS},
        select="data",
        subject_param="ids",
        batch=100,
        batch_form="comma",
        parents=("posts",),
        earlier=True,
        price=_POST,
        prices=_PRICES,
    ),
    _posts("mentions", "/2/users/{subject}/mentions", 5, params=_WINDOW, parents=_ACCOUNTS, fallback=r"\d{1,19}"),
    _posts(
        "reposts", "/2/tweets/{subject}/retweets", 1, parents=("posts",), when="share_count", newest_first=post_time
    ),
    _posts(
        "quotes", "/2/tweets/{subject}/quote_tweets", 10, parents=("posts",), when="quote_count", newest_first=post_time
    ),
    _posts(
        "replies",
        "/2/tweets/search/recent",
        10,
        params={"query": "conversation_id:{subject}", **_WINDOW},
        parents=("posts",),
        when="reply_count",
    ),
    Endpoint(
        name="likes",
        path="/2/tweets/{subject}/liking_users",
        table="interactions",
        params=_PERSON,
        parents=("posts",),
        when="like_count",
        price=_USER,
        prices={"data": _USER},
        **_PAGED,
    ),
)


def configured(endpoints: tuple[Endpoint, ...], options: Mapping[str, Any]) -> tuple[Endpoint, ...]:
    """The endpoints that a source's configuration asks for, in its dialect."""
    chosen = [one for one in endpoints if one.name != "likes" or options.get("likes")]
    if options.get("dialect") == "posts":
        chosen = [_renamed(one) for one in chosen]
    return tuple(chosen)


def _renamed(endpoint: Endpoint) -> Endpoint:
    """An endpoint in the newer dialect, where who wrote a post and what it refers to come only by expansion."""
    if "tweet.fields" not in endpoint.params:
        return endpoint
    params = {name: value for name, value in endpoint.params.items() if name != "tweet.fields"}
    params |= {
        "post.fields": "conversation_id,created_at,entities,lang,note_post,public_metrics",
        "expansions": "author_id,in_reply_to_user_id,referenced_posts",
    }
    return replace(endpoint, params=params | _PERSON, price=3 * _POST + 2 * _USER)


def normalise(page: Page, known: Known) -> Rows:
    """The rows of one page, without those of people whom this page or `known` shows to be protected or suspended."""
    rows = Rows(page)
    body = page.body if isinstance(page.body, dict) else {}
    reader = _Reader(page, rows, known)
    handles: dict[str, tuple[str, Callable[[Any], None]]] = {
        "accounts": ("accounts", reader.subject),
        "usernames": ("accounts", reader.subject),
        "posts": ("posts", reader.listed),
        "earlier_posts": ("posts", reader.mentioned_post),
        "likes": ("interactions", reader.liker),
    }
    table, handle = handles.get(page.endpoint, ("interactions", reader.listed))
    errors = body.get("errors")
    rows.each("accounts", at(body, "includes.users") or [], reader.person)
    rows.each("posts", at(body, "includes.tweets") or at(body, "includes.posts") or [], reader.mentioned_post)
    if errors is not None:
        rows.each(table, errors, reader.error)
    # X leaves `data` out where there is nothing to show; an answer without any of these is something else.
    if "data" in body or not (errors or at(body, "meta.result_count") == 0):
        rows.each(table, body.get("data"), handle)
    return rows.without({**known.flags, **rows.known.flags})


class _Reader(Reader):
    """Reads the objects of one page into its rows."""

    # Accounts

    def account(self, view: Any) -> str:
        """Add an account; gives its key. Counters are the day's only where they were seen on it."""
        native = _id(view["id"], "id")
        key = self.key(native)
        protected = view.get("protected")
        # A wish that cannot be read counts as said; one that is missing does not.
        self.rows.flag(key, {"is_protected": True} if protected not in (None, False) else {})
        metrics = view.get("public_metrics")
        counted = isinstance(metrics, dict) and not self.page.stale
        handle = optional(view.get("username"))

        def counter(*names: str) -> int | None:
            return _counter(metrics, names) if counted else None

        row: dict[str, Any] = {
            "account_key": key,
            "native_id": native,
            "handle": handle.lower() if handle else None,
            "display_name": optional(view.get("name")),
            "account_type": "unknown",
            "bio": optional(view.get("description")),
            "url": f"https://x.com/{handle}" if handle else None,
            "created_at": instant(view.get("created_at")),
            "followers_count": counter("followers_count"),
            "following_count": counter("following_count"),
            "posts_count": counter("tweet_count", "post_count"),
            "listed_count": counter("listed_count"),
            "likes_given_count": counter("like_count"),
            "verified": flag(view.get("verified")),
            "is_protected": flag(protected),
            "status": "active",
            "state_complete": counted,
        }
        self.rows.account(row)
        # A profile's website and the links in its description are claims of identity.
        entities = view.get("entities")
        declared = _texts([at(entities, "url"), at(entities, "description")], "urls", "expanded_url")
        for address in declared:
            self.rows.claim(key, address)
        if declared:
            self.rows.claim(key, row["url"], "address")
        return key

    def person(self, view: Any) -> None:
        """Somebody who came along with their posts."""
        self.account(view)

    def subject(self, view: Any) -> None:
        self.account(view)
        self.rows.parents.append(self.rows.tables["accounts"][-1])

    def liker(self, view: Any) -> None:
        """An entry of a list without times: what is known is the day on which it was seen."""
        post = self.key(self.page.subject)
        self.edge("like", self.account(view), self._author(self.page.subject), post, None, "engagement_list")

    def error(self, problem: Any) -> None:
        """Something that could not be shown, inside an answer that is otherwise good."""
        kind = str(problem.get("type")).rsplit("/", 1)[-1].replace("-", "_")
        self.rows.notes[kind if re.fullmatch(r"[a-z_]{1,40}", kind) else "unknown_error"] += 1
        native = problem.get("resource_id") or problem.get("value")
        if problem.get("parameter") != "ids" or not isinstance(native, str) or not _ID.fullmatch(native):
            return
        gone = kind == "resource_not_found"
        if self.page.endpoint == "accounts":
            suspended = "suspended" in str(problem.get("detail"))
            if suspended or gone:
                self.rows.flag(self.key(native), {"status": "suspended" if suspended else "deleted"})
        elif self.page.endpoint == "earlier_posts" and gone:
            row = {"post_key": self.key(native), "native_id": native, "author_key": self._author(native)}
            self.rows.post({**row, "post_type": "original", "is_deleted": True})

    # Posts

    def mentioned_post(self, view: Any) -> None:
        """A post that another refers to, or of an earlier day: what its author did by it was another page's to say."""
        self.post(view)

    def post(self, view: Any) -> tuple[dict[str, Any], dict[str, int | None]]:
        """Add a post; gives its row, and its counters, which are in the row only if they are the day's."""
        native = _id(view["id"], "id")
        is_own = self.page.endpoint == "posts" and "author_id" not in view
        author = self.key(_id(self.page.subject if is_own else view["author_id"], "author_id"))
        when = instant(view.get("created_at"))
        refers = _references(view)
        kind = next((kind for kind in ("share", "reply", "quote") if kind in refers), "original")
        note = _either(view, "note_tweet", "note_post")
        entities = [view.get("entities"), at(note, "entities")]
        answered = view.get("in_reply_to_user_id")
        conversation = view.get("conversation_id")
        row = {
            "post_key": self.key(native),
            "native_id": native,
            "author_key": author,
            "post_type": kind,
            "created_at": when,
            "event_at": when,
            "text": None if kind == "share" else optional(at(note, "text")) or optional(view.get("text")),
            "lang": optional(view.get("lang")),
            "visibility": "public",
            "in_reply_to_post_key": self._key_of(refers.get("reply")),
            "in_reply_to_account_key": self.key(_id(answered, "in_reply_to_user_id")) if answered is not None else None,
            "shared_post_key": self._key_of(refers.get("share")),
            "quoted_post_key": self._key_of(refers.get("quote")),
            "conversation_key": self.key(_id(conversation, "conversation_id")) if conversation is not None else None,
            "mentions": [] if kind == "share" else self._mentions(entities),
            "hashtags": _texts(entities, "hashtags", "tag"),
            "links": _texts(entities, "urls", "expanded_url"),
            "is_deleted": False,
        }
        metrics = view.get("public_metrics")
        counters = {ours: _counter(metrics, theirs) for ours, theirs in _COUNTERS.items()}
        # Whose a post is matters to those who refer to it; nobody is asked about what others wrote.
        local_id = native if self.page.endpoint in ("posts", "earlier_posts") else None
        self.rows.post(row if self.page.stale else {**row, **counters}, local_id)
        return row, counters

    def listed(self, view: Any) -> None:
        """A post that the endpoint lists, with what its author did by it."""
        row, counters = self.post(view)
        via = {"posts": "author_feed", "mentions": "mention_search", "replies": "thread"}.get(
            self.page.endpoint, "engagement_list"
        )
        actor, when, source = row["author_key"], row["event_at"], row["post_key"]
        shared, answered, quoted = (row[f"{name}_post_key"] for name in ("shared", "in_reply_to", "quoted"))
        if shared:
            self.edge("share", actor, self._author_of(shared), shared, when, via, source)
        elif answered:
            self.edge(
                "reply", actor, row["in_reply_to_account_key"] or self._author_of(answered), answered, when, via, source
            )
        if quoted and not shared:
            self.edge("quote", actor, self._author_of(quoted), quoted, when, via, source)
        for mentioned in row["mentions"]:
            self.edge("mention", actor, mentioned, None, when, via, source)
        if self.page.endpoint == "posts" and not shared and actor == self.key(self.page.subject):
            self.rows.parents.append({**row, **counters})

    def _mentions(self, entities: list[Any]) -> list[str]:
        named = _all(entities, "mentions")
        found = {self.key(_id(one["id"], "mention")) for one in named if one.get("id") is not None}
        unresolved = sum(one.get("id") is None for one in named)
        if unresolved:  # a name whose account is gone, or was taken by somebody else since
            self.rows.notes["unresolved_mention"] += unresolved
        return sorted(found)

    def _key_of(self, native: str | None) -> str | None:
        return self.key(native) if native else None

    def _author(self, native: str) -> str | None:
        return (self.rows.known.posts.get(native) or self.before.posts.get(native) or (None, None))[1]

    def _author_of(self, post_key: str) -> str | None:
        return self._author(post_key.partition(":")[2])

    # Edges

    def edge(
        self,
        kind: str,
        actor: str,
        target: str | None,
        post_key: str | None,
        when: datetime | None,
        via: str,
        source: str | None = None,
    ) -> None:
        # One share of one post by one person is one edge, whichever list shows it. Whose the post is a list may not say.
        identity = (post_key or target, None if kind in ("share", "like") else source)
        timeless = when is None and via == "engagement_list"
        self.rows.interaction(
            {
                "interaction_key": short_hash(self.page.platform, kind, actor, *identity),
                "kind": kind,
                "actor_key": actor,
                "target_account_key": target,
                "target_post_key": post_key,
                "source_post_key": source,
                "occurred_at": when,
                "occurred_precision": "observed_day" if timeless else "exact" if when else "unknown",
                "observed_via": via,
            }
        )


def _id(value: Any, name: str) -> str:
    """An id: digits, and text, since no number of JSON's readers holds all of them."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError(f"{name}: {str(value)[:40]!r} is no id")
    return value


def _either(view: Any, old: str, new: str) -> Any:
    """What the older dialect calls `old` and the newer one `new`."""
    return view.get(old) if view.get(old) is not None else view.get(new)


def _references(view: Any) -> dict[str, str]:
    """The posts that a post refers to, by what it does to them."""
    found: dict[str, str] = {}
    for one in _either(view, "referenced_tweets", "referenced_posts") or []:
        kind = _KINDS.get(one["type"])
        if kind is not None:
            found[kind] = _id(one["id"], "referenced post")
    return found


def _counter(metrics: Any, names: tuple[str, ...]) -> int | None:
    for name in names if metrics is not None else ():
        found = count(metrics.get(name), name)
        if found is not None:
            return found
    return None


def _all(entities: list[Any], name: str) -> list[dict[str, Any]]:
    """The entities of one sort, of the text and of the longer note."""
    lists = [one.get(name) for one in entities if isinstance(one, dict)]
    return [one for some in lists if isinstance(some, list) for one in some if isinstance(one, dict)]


def _texts(entities: list[Any], name: str, field: str) -> list[str]:
    return list(dict.fromkeys(text for one in _all(entities, name) if (text := optional(one.get(field)))))


PLATFORM = Platform(ENDPOINTS, XPolicy, normalise, needs_token=True, ceiling_usd=5.0, configured=configured)
