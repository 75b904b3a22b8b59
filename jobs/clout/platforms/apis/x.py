"""X, API v2: its endpoints as data, its prices, its limits. What its pages say is read in x_pages.py.

X has two dialects: what was called tweet and retweet is called post and repost in answers of the newer one. Both are read;
`dialect` in the source's configuration says in which one to ask. Money: a post costs 5 mills and a person 10, whether they
are asked for or come along (`includes`), so only those are asked to come along without whom an edge would lack an end.

X does not show to an app who likes (100 a post to a logged-in user, without times: `likes = true` with such a user's
token), when somebody began to follow, or posts of protected accounts. Lists of followers, a cent a person, are not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from clout.config.options import FollowedAreNamed
from clout.config.readers import DELETED, FEATURES, Rule
from clout.platforms.apis.x_pages import ACCOUNTS, ID, normalise
from clout.platforms.http.rate_policies import RatePolicy, Response, StopEndpoint, StopPlatform, Verdict, Wait, text_at
from clout.platforms.pull.pages import Endpoint, Platform, Token, instant

_POST, _USER = 5, 10  # mills


def post_time(item: Any) -> datetime | None:
    """The time by which lists of posts are sorted."""
    return instant(item.get("created_at"))


_PRICES = {"data": _POST, "includes.tweets": _POST, "includes.posts": _POST, "includes.users": _USER}
_PERSON = {"user.fields": "created_at,description,entities,location,protected,public_metrics,verified"}
_FIELDS = ",".join(
    (
        *(
            "author_id",
            "context_annotations",
            "conversation_id",
            "created_at",
            "entities",
            "in_reply_to_user_id",
            "lang",
        ),
        *("note_tweet", "public_metrics", "referenced_tweets"),
    )
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
        parents=ACCOUNTS,
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
    _posts("mentions", "/2/users/{subject}/mentions", 5, params=_WINDOW, parents=ACCOUNTS, fallback=r"\d{1,19}"),
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


class XPolicy(RatePolicy):
    """X: windows per endpoint; the monthly cap and spent credits end everything, though their 429 names a near reset."""

    longest_wait = timedelta(minutes=15, seconds=5)
    scope = StopEndpoint
    quota = ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset")

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        problem = text_at(response.body, "type")
        if response.status == 402 or (response.status == 429 and problem.endswith("usage-capped")):
            return StopPlatform("credits")
        if response.status == 403 and problem.endswith("unsupported-authentication"):
            return StopEndpoint("auth: unsupported-authentication")
        if response.status == 429:
            reset = self._reset(response, now)
            if reset is not None:
                return Wait(reset + timedelta(seconds=self.jitter()), "HTTP 429, x-rate-limit-reset")
        return None


class XOptions(FollowedAreNamed):
    """What a source may say of X: who is named, what it may spend, which dialect it asks in, whether it asks who likes."""

    ceiling_usd: Annotated[int | float, Field(ge=0, le=10_000, description="dollars a day, from 0 to 10000")] = 5
    dialect: Literal["tweets", "posts"] = "tweets"
    likes: Annotated[bool, Field(description="true or false")] = False


PLATFORM = Platform(
    ENDPOINTS,
    XPolicy,
    normalise,
    name="x",
    options=XOptions,
    retention=(Rule("raw", 1, "drop", "X: 24 hours"), Rule("quarantine", 1, "drop", "X: 24 hours"), FEATURES, *DELETED),
    ids=ID,
    token=Token(),
    ceiling_usd=5.0,
    configured=configured,
)
