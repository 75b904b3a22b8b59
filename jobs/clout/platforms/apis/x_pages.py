"""X's pages as canonical rows, in either of its dialects. Accounts and posts are keyed by their ids, as text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from clout.platforms.pull.page_reader import PageReader
from clout.platforms.pull.pages import Page, PageContext, Rows, at
from clout.platforms.pull.said import links, tags
from clout.platforms.pull.views import View

ID = re.compile(r"[0-9]{1,19}")
#: The endpoints that are asked about people.
ACCOUNTS = ("accounts", "usernames")
_NAME = re.compile(r"[A-Za-z0-9_]{1,15}")
#: Parameters by which an error is about a person, where it does not say so.
_OF_PEOPLE = ("usernames", "author_id", "in_reply_to_user_id", "entities.mentions.username")
_NOT_FOUND = "resource_not_found"
_KINDS = {"retweeted": "share", "reposted": "share", "replied_to": "reply", "quoted": "quote"}
_COUNTERS = {
    "like_count": ("like_count",),
    "reply_count": ("reply_count",),
    "share_count": ("retweet_count", "repost_count"),
    "quote_count": ("quote_count",),
    "view_count": ("impression_count",),
    "bookmark_count": ("bookmark_count",),
}


def normalise(page: Page, known: PageContext) -> Rows:
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
    rows.each("accounts", at(body, "includes.users") or [], reader.account)
    rows.each("posts", at(body, "includes.tweets") or at(body, "includes.posts") or [], reader.mentioned_post)
    if errors is not None:
        rows.each(table, errors, reader.error)
    # X leaves `data` out where there is nothing to show; an answer without any of these is something else.
    if "data" in body or not (errors or at(body, "meta.result_count") == 0):
        rows.each(table, body.get("data"), handle)
    _join_versions(rows)
    return rows.without({**known.flags, **rows.known.flags})


def _join_versions(rows: Rows) -> None:
    """Leave of several versions of a post on one page the newest: its counters are the post's."""
    newest: dict[str, dict[str, Any]] = {}
    for row in rows.tables["posts"]:
        former = newest.setdefault(row["post_key"], row)
        if (row["from_feed"], int(row["native_id"])) > (former["from_feed"], int(former["native_id"])):
            newest[row["post_key"]] = row
    kept = [row for row in rows.tables["posts"] if row["native_id"] == newest[row["post_key"]]["native_id"]]
    rows.notes += Counter(older_version=len(rows.tables["posts"]) - len(kept))
    rows.tables["posts"] = kept


class _Reader(PageReader):
    """Reads the objects of one page into its rows."""

    undated = ("likes", "reposts", "quotes")

    # Accounts

    def account(self, view: Any) -> str:
        """Add an account; gives its key. Counters are the day's only where they were seen on it."""
        of = View(self.rows, "accounts", view)
        native = of.id("id", ID)
        key = self.key(native)
        # A wish that cannot be read counts as said; one that is missing does not.
        self.rows.flag(key, {"is_protected": True} if of.get("protected") not in (None, False) else {})
        metrics = of.of("public_metrics")
        counted = bool(metrics.item) and not self.page.stale
        handle = of.text("username")

        def counter(*names: str) -> int | None:
            return metrics.count(*names) if counted else None

        row: dict[str, Any] = {
            "account_key": key,
            "native_id": native,
            "handle": handle.lower() if handle else None,
            "display_name": of.text("name"),
            "account_type": "unknown",
            "bio": of.text("description"),
            "location": of.text("location"),
            "url": f"https://x.com/{handle}" if handle else None,
            "created_at": of.time("created_at"),
            "followers_count": counter("followers_count"),
            "following_count": counter("following_count"),
            "posts_count": counter("tweet_count", "post_count"),
            "listed_count": counter("listed_count"),
            "likes_given_count": counter("like_count"),
            "verified": of.flag("verified"),
            "is_protected": of.flag("protected"),
            "status": "active",
            "state_complete": counted,
        }
        self.rows.account(row, row["handle"])
        # A profile's website and the links in its description are claims of identity.
        entities = of.of("entities")
        declared = _texts([entities.of("url"), entities.of("description")], "urls", "expanded_url")
        for address in declared:
            self.rows.claim(key, address)
        if declared:
            self.rows.claim(key, row["url"], "address")
        return key

    def subject(self, view: Any) -> None:
        self.account(view)
        self.rows.parents.append(self.rows.tables["accounts"][-1])

    def liker(self, view: Any) -> None:
        """An entry of a list without times: what is known is the day on which it was seen."""
        post = self._key_of(self.page.subject)
        self.edge("like", self.account(view), self._author(self.page.subject), post, None, "engagement_list")

    def error(self, problem: Any) -> None:
        """Something that could not be shown, inside an answer that is otherwise good."""
        kind = str(problem.get("type")).rsplit("/", 1)[-1].replace("-", "_")
        self.rows.notes[kind if re.fullmatch(r"[a-z_]{1,40}", kind) else "unknown_error"] += 1
        named, parameter = problem.get("resource_id") or problem.get("value"), str(problem.get("parameter"))
        if not isinstance(named, str):
            return
        asked_people = self.page.endpoint in ACCOUNTS
        about = problem.get("resource_type") or ("user" if asked_people or parameter in _OF_PEOPLE else None)
        if about == "user":
            self._missing(kind, named, "username" in parameter, f"{problem.get('title')} {problem.get('detail')}")
        elif self.page.endpoint == "earlier_posts" and (parameter, kind) == ("ids", _NOT_FOUND) and ID.fullmatch(named):
            row = {"post_key": self._key_of(named), "native_id": named, "author_key": self._author(named)}
            self.rows.post({**row, "post_type": "original", "is_deleted": True}, from_feed=True)

    def _missing(self, kind: str, named: str, by_name: bool, told: str) -> None:
        """A person whom X does not show, whether asked about or referred to."""
        if not (_NAME if by_name else ID).fullmatch(named):
            return
        if kind == "not_authorized_for_field":
            return  # X shows the person, and keeps something about them to itself
        if by_name and any(named.lower() in known.accounts for known in (self.before, self.rows.known)):
            return  # whoever has the name now is shown
        key = self.key(named.lower())
        if "suspended" in told.lower():
            self.rows.gone(key, "suspended", by_name)
            # A post that names them has their id, too. Of a name that is merely not found nobody knows whose it became.
            for native in self._ids_named(named) if by_name else ():
                self.rows.gone(self.key(native), "suspended")
        elif kind == _NOT_FOUND and not by_name:
            self.rows.gone(key, "deleted")
        elif kind == "not_authorized_for_resource" and not by_name:
            self.rows.flag(key, {"is_protected": True})
        else:  # deleted, or under another name
            self.rows.gone(key, "unavailable", by_name)

    def _ids_named(self, name: str) -> set[str]:
        """The ids of those whom the page's posts call by a name."""
        found: set[str] = set()
        for path in ("data", "includes.tweets", "includes.posts"):
            posts = at(self.page.body, path)
            for post in posts if isinstance(posts, list) else ():
                mentions = at(post, "entities.mentions")
                for one in mentions if isinstance(mentions, list) else ():
                    who, native = at(one, "username"), at(one, "id")
                    if isinstance(who, str) and who.lower() == name.lower() and ID.fullmatch(str(native)):
                        found.add(str(native))
        return found

    # Posts

    def mentioned_post(self, view: Any) -> None:
        """A post that another refers to, or of an earlier day: what its author did by it was another page's to say."""
        of = View(self.rows, "posts", view)
        self.post(of, of.some_id("author_id", ID))

    def post(self, of: View, author_id: str | None) -> tuple[dict[str, Any], dict[str, int | None]]:
        """Add a post; gives its row, and its counters, which are in the row only if they are the day's."""
        native, versions = of.id("id", ID), self._versions(of)
        first = versions[0] if native in versions else native
        # That a post comes without its author says nothing about whose it is.
        author = self.key(author_id) if author_id else self._author(native)
        when = of.time("created_at")
        refers = _references(of)
        answered = of.some_id("in_reply_to_user_id", ID)
        kind = next(
            (kind for kind in ("share", "reply", "quote") if kind in refers), "reply" if answered else "original"
        )
        note = of.of(_either(of, "note_tweet", "note_post"))
        entities = [of.of("entities"), note.of("entities")]
        conversation = of.some_id("conversation_id", ID)
        row: dict[str, Any] = {
            "post_key": self.key(first),
            "native_id": native,
            "author_key": author,
            "post_type": kind,
            "created_at": when,
            "event_at": when,
            "edited_at": when if native != first else None,
            "text": None if kind == "share" else note.text("text") or of.text("text"),
            "lang": of.text("lang"),
            "visibility": "public",
            "in_reply_to_post_key": self._key_of(refers.get("reply")),
            "in_reply_to_account_key": self.key(answered) if answered else None,
            "shared_post_key": self._key_of(refers.get("share")),
            "quoted_post_key": self._key_of(refers.get("quote")),
            "conversation_key": self._key_of(conversation),
            "mentions": [] if kind == "share" else self._mentions(entities),
            "hashtags": tags(_texts(entities, "hashtags", "tag"), of.noting("hashtags")),
            "links": links(_texts(entities, "urls", "expanded_url"), of.noting("links")),
            "platform_topics": [*dict.fromkeys(self._topics(of))] if "context_annotations" in of else None,
            "is_deleted": False,
        }
        counters: dict[str, int | None] = {}
        if kind != "share":  # a repost shows the counters of what it passes on
            metrics = of.of("public_metrics")
            counters = {ours: metrics.count(*theirs) for ours, theirs in _COUNTERS.items()}
        for version in {native, *(versions if native in versions else ())}:
            self.rows.known.posts[version] = row["post_key"], author
        is_own = self.page.endpoint == "earlier_posts" or (
            self.page.endpoint == "posts" and author == self.key(self.page.subject)
        )
        self.rows.post(row if self.page.stale else {**row, **counters}, from_feed=is_own)
        return row, counters

    def listed(self, view: Any) -> None:
        """A post that the endpoint lists, with what its author did by it."""
        of = View(self.rows, "posts", view)
        is_own = self.page.endpoint == "posts" and "author_id" not in view
        row, counters = self.post(of, self.page.subject if is_own else of.id("author_id", ID))
        via = {"posts": "author_feed", "mentions": "mention_search", "replies": "thread"}.get(
            self.page.endpoint, "engagement_list"
        )
        actor, when, source = row["author_key"], row["event_at"], row["post_key"]
        shared, answered, quoted = (row[f"{name}_post_key"] for name in ("shared", "in_reply_to", "quoted"))
        whose = row["in_reply_to_account_key"] or self._author_of(answered)
        if row["post_type"] == "share":
            self.edge("share", actor, self._author_of(shared), shared, when, via, source)
        elif row["post_type"] == "reply":
            self.edge("reply", actor, whose, answered, when, via, source)
        if quoted and not shared:
            self.edge("quote", actor, self._author_of(quoted), quoted, when, via, source)
        for mentioned in row["mentions"]:
            # X puts whom a post answers among those whom it names: it is one act all the same.
            if row["post_type"] != "reply" or mentioned != whose:
                self.edge("mention", actor, mentioned, None, when, via, source)
        if self.page.endpoint == "posts" and row["post_type"] != "share" and actor == self.key(self.page.subject):
            self.rows.parents.append({**row, **counters})

    def _versions(self, of: View) -> list[str]:
        """The ids of all versions of a post, the first of them first: to edit a post is to give it one more id."""
        name = _either(of, "edit_history_tweet_ids", "edit_history_post_ids")
        found = [one for one in of.texts(name) if ID.fullmatch(one)]
        return sorted(found, key=int)

    def _topics(self, of: View) -> Iterator[str]:
        """What the platform calls the topics of a post: ids of a domain and of what is meant in it."""
        for one in of.each("context_annotations"):
            domain, entity = (one.of(name).some_id("id", ID) for name in ("domain", "entity"))
            if domain is not None and entity is not None:
                yield f"{domain}/{entity}"

    def _mentions(self, entities: list[View]) -> list[str]:
        found, unresolved = set(), 0
        for one in _all(entities, "mentions"):
            native = one.some_id("id", ID)
            name = one.get("username")
            if native is not None:
                found.add(self.key(native))
            elif isinstance(name, str) and self._is_subject(name):
                found.add(self.key(self.page.subject))
            else:
                unresolved += 1
        if unresolved:  # a name whose account is gone, or was taken by somebody else since
            self.rows.notes["unresolved_mention"] += unresolved
        return sorted(found)

    def _is_subject(self, name: str) -> bool:
        """Whether a name is that of the person whose mentions the page lists."""
        subject = self.key(self.page.subject) if self.page.endpoint == "mentions" else None
        known = (self.before, self.rows.known)
        return subject is not None and any(one.accounts.get(name.lower()) == subject for one in known)

    def _key_of(self, native: str | None) -> str | None:
        """The key of a post by the id of any of its versions."""
        return self.known_post(native)[0] or (self.key(native) if native else None)

    def _author(self, native: str) -> str | None:
        found = (known.posts.get(native) for known in (self.rows.known, self.before))
        return next((one[1] for one in found if one is not None and one[1] is not None), None)

    def _author_of(self, post_key: str | None) -> str | None:
        return self._author(post_key.partition(":")[2]) if post_key else None

    # Edges

    def told_apart(self, row: dict[str, Any]) -> tuple[str | None, ...]:
        # One share of one post by one person is one edge, whichever list shows it. Whose the post is a list may not say.
        post_key = row["target_post_key"]
        is_once = row["kind"] in ("share", "like") and post_key
        return post_key or row["target_account_key"], None if is_once else row["source_post_key"]


def _either(of: View, old: str, new: str) -> str:
    """The name under which a field is there: the older dialect's or the newer one's."""
    return old if old in of else new


def _references(of: View) -> dict[str, str | None]:
    """The posts that a post refers to, by what it does to them; NULL where it cannot be read which one."""
    found: dict[str, str | None] = {}
    for one in of.each(_either(of, "referenced_tweets", "referenced_posts")):
        kind = _KINDS.get(str(one.get("type")))
        if kind is not None:
            found[kind] = one.some_id("id", ID)
    return found


def _all(entities: list[View], name: str) -> list[View]:
    """The entities of one sort, of the text and of the longer note."""
    return [one for each in entities for one in each.each(name)]


def _texts(entities: list[View], name: str, field: str) -> list[str]:
    return list(dict.fromkeys(text for one in _all(entities, name) if (text := one.text(field))))
