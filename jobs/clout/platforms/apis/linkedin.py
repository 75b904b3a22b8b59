"""LinkedIn organisations: their endpoints as data, and their answers as canonical rows. Accounts and posts are keyed by URN.

An organisation, its followers, its posts and their counters come from four answers; the rows are put together from all of
them. Of members who commented or reacted nothing lands but what they did to the organisation, with its time: no name, no
words, not what they say to each other, and a pseudonym in the place of their key. A comment names its actor itself, a
reaction in `created`. An organisation is one, whether it is called urn:li:organization:1 or urn:li:company:1. Who follows,
and who shared, cannot be had. Only what was published for everybody lands. `commentary` is "little text": @[Name](urn) for
a mention, {hashtag|\\#|word} for a hashtag, backslashes before signs.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from clout.config.readers import Rule
from clout.platforms.http.rate_policies import RatePolicy, Response, StopEndpoint, StopPlatform, Verdict
from clout.platforms.pull.page_reader import PageReader
from clout.platforms.pull.pages import (
    Endpoint,
    Page,
    PageContext,
    Platform,
    Rows,
    Token,
    clean,
    count,
    optional,
    string,
)
from clout.platforms.pull.said import links_of, tags
from clout.platforms.pull.views import View

#: How a member's native id begins, in whose place a pseudonym is kept; an organisation's begins otherwise.
MEMBER = "urn:li:person:"
#: Each version is answered for at least a year.
VERSION = "202606"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_POST = re.compile(r"urn:li:(share|ugcPost|activity):\d+")
_ORGANISATION = re.compile(r"urn:li:organization:\d+")
#: The same organisations, as older parts of the platform call them.
_COMPANY = re.compile(r"urn:li:company:(\d+)")
#: Whoever acts: an organisation or a member.
_ACTOR = re.compile(r"urn:li:\w+:[\w.~-]+", re.ASCII)
_REACTION = re.compile(r"urn:li:reaction:\((urn:li:\w+:[^\s(),]+),")
_SIGN = r"\\([\\|{}@\[\]()<>#*_~])"
_MENTION = re.compile(r"@\[((?:\\.|[^\]\\])*)\]\((urn:li:[^()\s]+)\)")
_HASHTAG = re.compile(r"\{hashtag\|(?:\\?#)\|((?:\\.|[^}\\])+)\}")


def modified_time(item: Any) -> datetime | None:
    """The time by which an organisation's posts are sorted."""
    return instant(item.get("lastModifiedAt"))


def _endpoint(name: str, path: str, table: str, method: str = "GET", **rest: Any) -> Endpoint:
    headers = {"LinkedIn-Version": VERSION, "X-Restli-Protocol-Version": "2.0.0", "X-RestLi-Method": method}
    return Endpoint(name=name, path=path, table=table, headers=headers, **rest)


_PAGED: dict[str, Any] = {"select": "elements", "paginator": "offset", "size_param": "count", "page_size": 100}

ENDPOINTS = (
    _endpoint("organization", "/organizations/{id}", "accounts", subjects=_ORGANISATION.pattern, named_by="native_id"),
    _endpoint(
        "followers",
        "/networkSizes/{subject}",
        "accounts",
        params={"edgeType": "COMPANY_FOLLOWED_BY_MEMBER"},
        parents=("organization",),
    ),
    _endpoint(
        "posts",
        "/posts",
        "posts",
        "FINDER",
        params={"q": "author", "sortBy": "LAST_MODIFIED"},
        subject_param="author",
        parents=("organization",),
        fallback=_ORGANISATION.pattern,
        newest_first=modified_time,
        reaches_back=True,
        backfillable=True,
        **_PAGED,
    ),
    _endpoint(
        "social_metadata",
        "/socialMetadata",
        "posts",
        "BATCH_GET",
        subject_param="ids",
        batch=20,
        batch_form="restli",
        parents=("posts",),
    ),
    _endpoint(
        "comments",
        "/socialActions/{subject}/comments",
        "interactions",
        parents=("posts",),
        when="reply_count",
        backfillable=True,
        **_PAGED,
    ),
    _endpoint(
        "reactions",
        "/reactions/(entity:{subject})",
        "interactions",
        "FINDER",
        params={"q": "entity"},
        parents=("posts",),
        when="like_count",
        backfillable=True,
        **_PAGED,
    ),
)


def normalise(page: Page, known: PageContext) -> Rows:
    """The rows of one page of answers, without those of people who may not be shown."""
    rows = Rows(page)
    reader = _Reader(page, rows, known)
    body = page.body if isinstance(page.body, dict) else {}
    elements, results, errors = (body.get(name) for name in ("elements", "results", "errors"))
    reader.read(
        {
            "organization": ("accounts", [page.body], reader.organisation),
            "followers": ("accounts", [page.body], reader.followers),
            "posts": ("posts", elements, reader.post),
            "social_metadata": (
                "posts",
                list(results.items()) if isinstance(results, dict) else None,
                reader.metadata,
            ),
            "comments": ("interactions", elements, reader.comment),
            "reactions": ("interactions", elements, reader.reaction),
        }
    )
    if page.endpoint == "social_metadata":
        rows.notes["gone"] += len(errors) if isinstance(errors, dict) else 0
    return _with_pseudonyms(rows.without(known.flags))


def _with_pseudonyms(rows: Rows) -> Rows:
    """The rows with a pseudonym for each member, and keys of interactions by which no guess at a member can be tried.

    Whose activity it is may be kept for 48 hours (LinkedIn's terms), and tables that are published stay: so nobody's
    key gets that far. A pseudonym is an HMAC by the lake's own salt. One salt for all days: a person who comes back is one
    person in the whole window, as True Reach must count, and an erasure finds them by their key. By it no member is linked to
    accounts elsewhere; the operator's list and the erased are looked up before, by the key itself.
    """
    secret, begins = rows.page.hidden.erased, f"{rows.page.platform}:"

    def is_named(key: str | None) -> bool:
        return key is not None and not _ORGANISATION.fullmatch(key.removeprefix(begins))

    def new(row: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in ("actor_key", "target_account_key") if is_named(row[name])]
        if not named:
            return row
        hidden = {name: secret.pseudonym(row[name]) for name in named}
        return {**row, **hidden, "interaction_key": secret.hashed(row["interaction_key"])[:32]}

    rows.tables["interactions"] = [new(row) for row in rows.tables["interactions"]]
    return rows


class _Reader(PageReader):
    """Reads the elements of one page of answers into its rows."""

    # Organisations

    def organisation(self, view: Any) -> None:
        """An organisation; its followers are another answer, without which the view is not full."""
        of = View(self.rows, "accounts", view)
        urn = f"urn:li:organization:{view['id']}"
        if not _ORGANISATION.fullmatch(urn):
            raise ValueError(f"id: {str(view['id'])[:40]!r} is no organisation's")
        vanity = of.text("vanityName")
        counters = self.before.counters.get(self.key(urn), {})
        row = {
            "account_key": self.key(urn),
            "native_id": urn,
            "handle": vanity.lower() if vanity else None,
            "display_name": of.text("localizedName"),
            "account_type": "organization",
            "url": f"https://www.linkedin.com/company/{vanity}" if vanity else None,
            "created_at": _time(of.of("created"), "time"),
            "status": "active",
            "state_complete": counters.get("followers_count") is not None,
            **counters,
        }
        self.rows.account(row)
        self.rows.claim(row["account_key"], of.text("localizedWebsite"))
        self.rows.parents.append(row)

    def followers(self, view: Any) -> None:
        followers = count(view["firstDegreeSize"], "firstDegreeSize")
        self.rows.counters(self.key(self.page.subject), {"followers_count": followers})

    # Posts

    def post(self, view: Any) -> None:
        """A post of the organisation: its own words, or what it passed on, with words of its own (a quote) or without."""
        of = View(self.rows, "posts", view)
        if view["lifecycleState"] != "PUBLISHED" or view["visibility"] != "PUBLIC":
            self.rows.notes["not_public"] += 1
            return
        urn, author = _urn(view["id"], _POST), self.key(_urn(organisation_of(view["author"]), _ORGANISATION))
        at = _time(of, "publishedAt") or _time(of, "createdAt")
        if at is None:
            raise ValueError("publishedAt: is no time")
        text, mentions, hashtags = little_text(of.text("commentary"))
        row: dict[str, Any] = {
            "post_key": self.key(urn),
            "native_id": urn,
            "author_key": author,
            "post_type": "original",
            "created_at": at,
            "event_at": at,
            "text": text,
            "visibility": "public",
            "mentions": sorted({self.key(one) for one in mentions}),
            "hashtags": tags(hashtags, of.noting("commentary")),
            "links": links_of(text),
            "is_deleted": False,
        }
        if "reshareContext" in of:
            row["post_type"] = kind = "quote" if text else "share"
            # Of what it passes on it may not be said what that is: it is no original all the same.
            told = of.of("reshareContext").some_id("parent", _POST)
            if told is not None:
                row["quoted_post_key" if text else "shared_post_key"] = parent = self.key(told)
                self.edge(kind, author, self.known_author(told), parent, at, "author_feed", row["post_key"])
        for mentioned in row["mentions"]:
            self.edge("mention", author, mentioned, None, at, "author_feed", row["post_key"])
        self.rows.post({**row, **self.before.counters.get(row["post_key"], {})}, urn, from_feed=True)
        self.rows.parents.append(row)

    def metadata(self, item: Any) -> None:
        """What is counted of one post, by its URN."""
        urn, of = item[0], View(self.rows, "posts", item[1])
        counters: dict[str, Any] = {}
        if "reactionSummaries" in of:
            kinds = of.of("reactionSummaries")
            numbers = {clean(kind): kinds.of(kind).count("count") for kind in kinds.item}
            known = {kind: number for kind, number in numbers.items() if number is not None}
            whole = len(known) == len(numbers) and isinstance(of.get("reactionSummaries"), dict)
            total = sum(known.values())
            counters |= {"reaction_counts": known, "like_count": total if whole and total < 2**63 else None}
        if "commentSummary" in of:
            counters["reply_count"] = of.of("commentSummary").count("count")
        self.rows.counters(self.key(_urn(urn, _POST)), counters)

    # Edges

    def comment(self, item: Any) -> None:
        """A comment is a reply to the organisation's post; an answer to one counts where that is the organisation's."""
        of = View(self.rows, "interactions", item)
        urn, actor = of.id("commentUrn"), self.whose(item)
        post_key, author = self.key(self.page.subject), self.known_author(self.page.subject)
        self.rows.known.posts[urn] = self.key(urn), actor
        if "parentComment" in of:
            answered = of.some_id("parentComment")
            whose = self.known_author(answered) if answered else None
            post_key = self.key(answered) if answered else post_key
            if whose is None or whose != author:
                self.rows.notes["between_members"] += 1
                return
        self.edge("reply", actor, author, post_key, _created(of), "thread", self.key(urn))

    def reaction(self, item: Any) -> None:
        """A reaction is a like, whichever it is; its own name is kept."""
        of = View(self.rows, "interactions", item)
        target, post_key = self.known_author(self.page.subject), self.key(self.page.subject)
        kind = of.text("reactionType")
        self.edge("like", self.whose(item), target, post_key, _created(of), "engagement_list", subkind=kind)

    def told_apart(self, row: dict[str, Any]) -> tuple[str | None, ...]:
        # Of those whose name is hidden each is somebody else; a member who is named reacts to a post once.
        at = row["occurred_at"].isoformat() if row["actor_key"] is None else None
        return row["target_account_key"], row["target_post_key"], row["source_post_key"] or at

    def whose(self, item: Any) -> str | None:
        """The key of who acted; NULL where the platform hides it, or names them in no way that can be read."""
        stamps = [item.get(name) for name in ("created", "lastModified")]
        told = [item.get("actor"), *(stamp.get("actor") for stamp in stamps if isinstance(stamp, dict))]
        inside = _REACTION.match(optional(item.get("id")) or "")
        urns = (*told, inside[1] if inside else None)
        found = next((urn for urn in urns if isinstance(urn, str) and _ACTOR.fullmatch(urn)), None)
        return None if found is None else self.key(organisation_of(found))

    def known_author(self, urn: str) -> str | None:
        """The author of a post or comment that a page has shown; NULL where none has."""
        return self.known_post(urn)[1]


def organisation_of(urn: Any) -> Any:
    """The URN of an organisation as its key has it; any other value as it is."""
    found = _COMPANY.fullmatch(urn) if isinstance(urn, str) else None
    return f"urn:li:organization:{found[1]}" if found else urn


def little_text(commentary: str | None) -> tuple[str | None, list[str], list[str]]:
    """Plain text, the organisations that are mentioned, and the hashtags, in their order. Members are not listed."""
    if commentary is None:
        return None, [], []
    named = [organisation_of(urn) for _, urn in _MENTION.findall(commentary)]
    mentions = [urn for urn in named if _ORGANISATION.fullmatch(urn)]
    hashtags = [_unescaped(word) for word in _HASHTAG.findall(commentary)]
    plain = _HASHTAG.sub(r"#\1", _MENTION.sub(r"\1", commentary))
    return optional(_unescaped(plain)), mentions, hashtags


def _unescaped(text: str) -> str:
    return re.sub(_SIGN, r"\1", text)


def instant(value: Any) -> datetime | None:
    """A time of epoch milliseconds; NULL where there is none or it cannot be one."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**47:
        return None
    return _EPOCH + timedelta(milliseconds=value)


def _time(of: View, name: str) -> datetime | None:
    """A time of epoch milliseconds in a field; NULL, and said, where it cannot be read."""
    at = instant(of.get(name))
    if at is None and name in of:
        of.note(name, of.get(name), "is no time; taken as NULL")
    return at


def _created(of: View) -> datetime:
    at = _time(of.of("created"), "time") or _time(of.of("lastModified"), "time")
    if at is None:
        raise ValueError("created.time: is no time")
    return at


def _urn(value: Any, form: re.Pattern[str]) -> str:
    urn = string(value, "urn")
    if not form.fullmatch(urn):
        raise ValueError(f"{urn[:60]!r} is no {form.pattern}")
    return urn


class LinkedInPolicy(RatePolicy):
    """LinkedIn: a 429 (code 101) says no time at all; the quota is the day's, until 00:00 UTC."""

    scope = StopEndpoint

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        code = response.body.get("serviceErrorCode") if isinstance(response.body, dict) else None
        if response.status == 429 or (response.status >= 400 and code == 101):
            return StopEndpoint("daily_quota: until 00:00 UTC")
        if response.status == 401:  # the token is all that there is
            return StopPlatform("auth: HTTP 401")
        if response.status == 426:
            return StopPlatform("refused: HTTP 426, this version of the API is no longer answered")
        return None


_DAY, _TWO_DAYS = "LinkedIn: profile data of members 24 hours", "LinkedIn: activity of members 48 hours"
_SIX_WEEKS = "LinkedIn: activity of organisations 6 weeks"
#: What is known of what posts are about.
_TOPICS = ("post_topics", "topic_activity", "reactions")

PLATFORM = Platform(
    ENDPOINTS,
    LinkedInPolicy,
    normalise,
    name="linkedin",
    ids=_ACTOR,
    token=Token(),
    members=MEMBER,
    retention=(
        Rule("raw", 1, "drop", _DAY),
        Rule("quarantine", 1, "drop", _DAY),
        Rule("accounts", 1, "forget_members", _DAY),
        *(
            Rule(table, 2, "pseudonymise", _TWO_DAYS)
            for table in ("interactions", "posts", "account_links", "activity", "post_actions", *_TOPICS)
        ),
        Rule("features", 2, "drop", _TWO_DAYS),
        Rule("interactions", 42, "drop", _SIX_WEEKS),
        Rule("posts", 42, "drop", _SIX_WEEKS),
        *(Rule(table, 42, "forget_platform", _SIX_WEEKS) for table in _TOPICS),
        Rule("accounts", 365, "drop", "LinkedIn: page reporting 1 year"),
    ),
)
