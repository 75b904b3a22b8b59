"""Facebook Pages: their endpoints as data, and their answers as canonical rows. Accounts are keyed by the Page's id.

Who liked or shared cannot be had: reactions and shares are counters of the post. Who commented, or tagged the Page, is named
only with the Page's own token, by an id that holds for that Page alone; without a name the row stays, its actor NULL. Of
these people nothing else lands, no name and no words: only what they did to the Page, and not what they say to each other.
A story that a Page passes on from another (`parent_id`) is a share.
`shares` is absent where nobody shared, but also where it may not be seen: it stays NULL, since nobody said 0.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from clout.platforms.http.rate_policies import (
    Go,
    RatePolicy,
    Response,
    StopEndpoint,
    StopPlatform,
    StopUnit,
    Verdict,
    Wait,
)
from clout.platforms.pull.page_reader import PageReader
from clout.platforms.pull.pages import (
    Endpoint,
    Page,
    PageContext,
    Platform,
    Rows,
    Token,
    count,
    epoch,
    instant,
)
from clout.platforms.pull.said import links_of, tags_of
from clout.platforms.pull.views import View

#: Native names of the reactions, as `reaction_counts` has them.
REACTIONS = ("LIKE", "LOVE", "CARE", "HAHA", "WOW", "SAD", "ANGRY")
#: Metrics of a post, and the column that each fills. Metrics are withdrawn now and then, and one that is unknown fails the
#: whole call: each is asked for alone, and not again in a run in which it was refused.
METRICS = {"post_media_view": "view_count", "post_clicks": "click_count"}

_ACCOUNT_FIELDS = "id,name,username,about,link,website,followers_count,talking_about_count,verification_status"
_POST_FIELDS = ",".join(
    [
        "id,created_time,updated_time,message,permalink_url,from,message_tags,shares,parent_id",
        "comments.summary(true).limit(0),reactions.summary(total_count).limit(0)",
        *(f"reactions.type({name}).limit(0).summary(total_count).as({name.lower()})" for name in REACTIONS),
    ]
)
#: A post of a Page that says whose it is.
_POST_ID = r"\d+_\d+"
_VERIFIED = {"blue_verified": True, "gray_verified": True, "not_verified": False}


def post_time(item: Any) -> datetime | None:
    """The time by which a Page's posts, and the posts that tag it, are sorted."""
    return instant(item.get("created_time"))


def _edge(name: str, table: str, fields: str, size: int = 100, **rest: Any) -> Endpoint:
    return Endpoint(
        name=name,
        path=f"/{{subject}}/{name}",
        table=table,
        params={"fields": fields, **rest.pop("params", {})},
        select="data",
        paginator="cursor_in_body",
        cursor_path="paging.cursors.after",
        cursor_param="after",
        next_path="paging.next",  # the last page has cursors, too
        page_size=size,
        backfillable=True,
        **rest,
    )


_TIMES = {"since": "{since}", "until": "{until}"}

ENDPOINTS = (
    Endpoint(
        name="page",
        path="/{subject}",
        table="accounts",
        params={"fields": _ACCOUNT_FIELDS},
        subjects=r"[a-z0-9][a-z0-9._-]*",
    ),
    _edge(
        "published_posts",
        "posts",
        _POST_FIELDS,
        size=25,  # each with ten summaries: of more the platform says that it is too much data
        params=_TIMES,
        parents=("page",),
        fallback=r"\d+",
        newest_first=post_time,
        reaches_back=True,
    ),
    _edge(
        "comments",
        "interactions",
        "id,from,created_time,parent",
        params={"filter": "stream"},
        parents=("published_posts",),
        when="reply_count",
    ),
    _edge(
        "tagged",
        "interactions",
        "id,from,created_time",
        params=_TIMES,
        parents=("page",),
        fallback=r"\d+",
        newest_first=post_time,
    ),
    *(
        Endpoint(
            name=metric,
            path="/{subject}/insights",
            table="posts",
            params={"metric": metric},
            parents=("published_posts",),
            probe=True,
        )
        for metric in METRICS
    ),
)


def normalise(page: Page, known: PageContext) -> Rows:
    """The rows of one page of answers, without those of people who may not be shown."""
    rows = Rows(page)
    reader = _Reader(page, rows, known)
    data = page.body.get("data") if isinstance(page.body, dict) else None
    reader.read(
        {
            "page": ("accounts", [page.body], reader.page_itself),
            "published_posts": ("posts", data, reader.post),
            "comments": ("interactions", data, reader.comment),
            "tagged": ("interactions", data, reader.tagging),
            **{metric: ("posts", data, reader.metric) for metric in METRICS},
        }
    )
    return rows.without(known.flags)


class _Reader(PageReader):
    """Reads the nodes of one page of answers into its rows."""

    def page_itself(self, node: Any) -> None:
        """A Page. Its counters are of the moment of asking."""
        of = View(self.rows, "accounts", node)
        native, handle = of.id("id"), of.text("username")
        counters = {
            "followers_count": of.count("followers_count"),
            "engaged_count": of.count("talking_about_count"),
        }
        row: dict[str, Any] = {
            "account_key": self.key(native),
            "native_id": native,
            "handle": handle.lower() if handle else None,
            "display_name": of.text("name"),
            "account_type": "page",
            "bio": of.text("about"),
            "url": of.text("link"),
            "verified": _VERIFIED.get(of.text("verification_status") or ""),
            "status": "active",
            "state_complete": not self.page.stale,
            **({} if self.page.stale else counters),
        }
        self.rows.account(row)
        self.rows.claim(row["account_key"], of.text("website"))
        self.rows.parents.append(row)

    def post(self, node: Any) -> None:
        """A post of the Page, with what it passes on and the other Pages that it mentions."""
        of = View(self.rows, "posts", node)
        native, at = of.id("id"), of.time_needed("created_time")
        author = self.whose(of) or self.key(self.page.subject)
        pages = [tag.some_id("id") for tag in of.each("message_tags") if tag.get("type") == "page"]
        row: dict[str, Any] = {
            "post_key": self.key(native),
            "native_id": native,
            "author_key": author,
            "post_type": "original",
            "created_at": at,
            "event_at": at,
            "text": of.text("message"),
            "hashtags": tags_of(of.text("message")),
            "links": links_of(of.text("message")),
            "url": of.text("permalink_url"),
            "visibility": "public",
            "mentions": sorted({self.key(one) for one in pages if one is not None}),
            "is_deleted": False,
        }
        kinds = {name: _total(of, name.lower()) for name in REACTIONS}
        counters: dict[str, Any] = {
            "like_count": _total(of, "reactions"),
            "reply_count": _total(of, "comments"),
            "share_count": of.of("shares").count("count"),
            "reaction_counts": {name: number for name, number in kinds.items() if number is not None} or None,
            **self.before.counters.get(row["post_key"], {}),
        }
        shared = of.some_id("parent_id", _POST_ID)
        if shared is not None:
            whose, shared_key = self.key(shared.partition("_")[0]), self.key(shared)
            row |= {"post_type": "share", "shared_post_key": shared_key}
            self.edge("share", author, whose, shared_key, at, "author_feed", row["post_key"])
        self.rows.post(row if self.page.stale else {**row, **counters}, native, from_feed=True)
        self.rows.parents.append({**row, **counters})  # today's counters are good enough to plan by
        for mentioned in row["mentions"]:
            self.edge("mention", author, mentioned, None, at, "author_feed", row["post_key"])

    def comment(self, node: Any) -> None:
        """A comment is a reply to the Page's post; an answer to a comment counts where that comment is the Page's."""
        of = View(self.rows, "interactions", node)
        native, at, actor = of.id("id"), of.time_needed("created_time"), self.whose(of)
        page_id = self.page.subject.partition("_")[0]
        post_key, author = self.known_post(self.page.subject)
        post_key, author = post_key or self.key(self.page.subject), author or self.key(page_id)
        self.rows.known.posts[native] = self.key(native), actor
        if "parent" in of:
            answered = of.of("parent").some_id("id")
            known, whose = self.known_post(answered)
            post_key = known or (self.key(answered) if answered else post_key)
            if whose != author:
                self.rows.notes["between_members"] += 1
                return
        self.edge("reply", actor, author, post_key, at, "thread", self.key(native))

    def tagging(self, node: Any) -> None:
        """A post of somebody else that tags the Page."""
        of = View(self.rows, "interactions", node)
        native, at = self.key(of.id("id")), of.time_needed("created_time")
        self.edge("mention", self.whose(of), self.key(self.page.subject), None, at, "mention_search", native)

    def metric(self, item: Any) -> None:
        """One metric of a post, over its whole life."""
        name = self.page.endpoint
        if item["name"] != name:
            raise ValueError(f"{str(item['name'])[:40]!r} was not asked for")
        value = count(item["values"][-1]["value"], name)
        self.rows.counters(self.key(self.page.subject), {METRICS[name]: value})

    def whose(self, of: View) -> str | None:
        """The key of whoever wrote a node; NULL where the platform hides it."""
        native = of.of("from").some_id("id")
        return None if native is None else self.key(native)


def _total(of: View, name: str) -> int | None:
    """The total of an edge that was asked for its summary only; NULL where it is not there."""
    return of.of(name).of("summary").count("total_count")


class FacebookPolicy(RatePolicy):
    """Facebook: HTTP 400 or 403 with a code in the body, and minutes in a header that holds JSON.

    Two headers tell how many percent of a quota are used. From 75 on each answer is followed by a pause, which grows from
    nothing to a minute at 100: the quotas are rolling, so a pause is what gives them back.
    """

    longest_wait = timedelta(hours=1)
    _LIMITS = (4, 17, 32, 613, *range(80001, 80015))
    _TRANSIENT = (1, 2)
    _SLOW, _PAUSE = 75, timedelta(minutes=1)

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        error = response.body.get("error") if isinstance(response.body, dict) else None
        error = error if isinstance(error, dict) else {}
        code = error.get("code")
        if not 400 <= response.status < 500 or not isinstance(code, int):
            return None
        if code in self._LIMITS:
            return Wait(now + self._regain(response, self.longest_wait), f"code {code}")
        if code in self._TRANSIENT:
            why = f"code {code}"
            return self._backoff(response, now, why) if response.attempt < self.tries else StopUnit(f"refused: {why}")
        if code == 190:
            return StopPlatform("auth: code 190")
        if code in (10, 200):
            return StopEndpoint(f"auth: code {code}")
        if (
            code == 100 and error.get("error_subcode") == 33
        ):  # deleted, not published, or not for us: it is not said which
            return StopUnit("gone: code 100")
        return StopUnit(f"refused: code {code}")

    def _pace(self, response: Response, now: datetime) -> Verdict:
        used = max(self._usage(response, "call_count", "total_time", "total_cputime"), default=0.0)
        regain = self._regain(response, timedelta(0))
        if used < self._SLOW and not regain:
            return Go()
        share = min(1.0, max(0.0, (used - self._SLOW) / (100 - self._SLOW)))
        return Wait(now + max(regain, share * self._PAUSE), f"quota nearly spent ({used:.0f} % used)", slow_down=True)

    def _regain(self, response: Response, unknown: timedelta) -> timedelta:
        """How long the platform says that it takes until it answers again; the longest where it names several."""
        minutes = max(self._usage(response, "estimated_time_to_regain_access"), default=None)
        return unknown if minutes is None else timedelta(minutes=minutes)

    def _usage(self, response: Response, *names: str) -> list[float]:
        """Numbers of that name in the usage headers: one object, or lists of objects by the id of who is counted."""
        found: list[float] = []
        for header in ("X-App-Usage", "X-Business-Use-Case-Usage"):
            try:
                usage = json.loads(response.header(header) or "{}", parse_constant=lambda name: None)
            except (RecursionError, ValueError):
                continue
            lists = [usage, *(usage.values() if isinstance(usage, dict) else ())]
            each = [one for some in lists for one in (some if isinstance(some, list) else [some])]
            numbers = [one.get(name) for one in each if isinstance(one, dict) for name in names]
            found += [float(n) for n in numbers if isinstance(n, int | float) and 0 <= n < 1e6]
        return found


PLATFORM = Platform(
    ENDPOINTS,
    FacebookPolicy,
    normalise,
    name="facebook",
    ids=re.compile(r"\d+"),
    token=Token(),
    write_time=epoch,
)
