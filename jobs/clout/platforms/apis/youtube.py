"""YouTube: its endpoints as data, and its answers as canonical rows. Keys are the ids of channels and of videos.

Who liked, who subscribed and who watched cannot be had: likes and views are counters of the video. Who commented is named by
their channel; of these people nothing else lands, no name and no words, only what they did to the channel that is asked about.
An answer to a comment counts where that comment is the channel's own; with a thread the platform shows its last five answers.
Counters are texts of digits, and are absent where the owner hides them: then nobody said 0. A list costs one of 10,000 units
a day, whatever it brings, so that channels and videos are asked for fifty at a time.
Source: YouTube Data API v3, its public description of 4 November 2026.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from clout.config.options import FollowedAreNamed
from clout.config.readers import DELETED, FEATURES, Rule
from clout.platforms.http.rate_policies import RatePolicy, Response, StopPlatform, StopUnit, Verdict, text_at
from clout.platforms.pull.page_reader import PageReader
from clout.platforms.pull.pages import (
    Endpoint,
    Page,
    PageContext,
    Platform,
    Rows,
    Token,
    at,
    count,
    instant,
)
from clout.platforms.pull.said import links_of, tags, tags_of
from clout.platforms.pull.views import View

CHANNEL, VIDEO = r"UC[\w-]{22}", r"[\w-]{11}"
_TERMS = "YouTube: what was fetched is fetched anew or deleted within 30 days"


def video_time(item: Any) -> datetime | None:
    """The time by which a channel's uploads are sorted: when a video could first be seen."""
    return instant(at(item, "contentDetails.videoPublishedAt"))


def thread_time(item: Any) -> datetime | None:
    """The time by which the threads under a video are sorted: that of the first comment."""
    return instant(at(item, "snippet.topLevelComment.snippet.publishedAt"))


def _list(name: str, path: str, table: str, size: int, **rest: Any) -> Endpoint:
    return Endpoint(
        name=name,
        path=path,
        table=table,
        select="items",
        paginator="cursor_in_body",
        cursor_path="nextPageToken",
        cursor_param="pageToken",
        page_size=size,
        size_param="maxResults",
        backfillable=True,
        **rest,
    )


_OF_CHANNELS = {"part": "snippet,statistics,contentDetails"}

ENDPOINTS = (
    Endpoint(
        name="channels",
        path="/channels",
        table="accounts",
        params=_OF_CHANNELS,
        select="items",
        subject_param="id",
        batch=50,
        batch_form="comma",
        subjects=CHANNEL,
        backfillable=True,
    ),
    Endpoint(
        name="channel_by_handle",
        path="/channels",
        table="accounts",
        params=_OF_CHANNELS,
        select="items",
        subject_param="forHandle",
        subjects=r"@[\w.·-]{3,30}",
        backfillable=True,
    ),
    _list(
        "uploads",
        "/playlistItems",
        "posts",
        50,
        params={"part": "snippet,contentDetails"},
        subject_param="playlistId",
        parents=("channels", "channel_by_handle"),
        parent_field="uploads",
        newest_first=video_time,
        reaches_back=True,
    ),
    Endpoint(
        name="videos",
        path="/videos",
        table="posts",
        params={"part": "snippet,statistics,topicDetails"},
        select="items",
        subject_param="id",
        batch=50,
        batch_form="comma",
        parents=("uploads",),
        reaches_back=True,
        backfillable=True,
    ),
    _list(
        "comment_threads",
        "/commentThreads",
        "interactions",
        100,
        params={"part": "snippet,replies", "order": "time", "textFormat": "plainText"},
        subject_param="videoId",
        parents=("videos",),
        when="reply_count",
        newest_first=thread_time,
    ),
)


def normalise(page: Page, known: PageContext) -> Rows:
    """The rows of one page of answers, without those of people who may not be shown."""
    rows = Rows(page)
    reader = _Reader(page, rows, known)
    body = page.body if isinstance(page.body, dict) else {}
    # A list of channels of which none is there has no items at all.
    items = body.get("items", [] if "pageInfo" in body else None)
    reader.read(
        {
            "channels": ("accounts", items, reader.channel),
            "channel_by_handle": ("accounts", items, reader.channel),
            "uploads": ("posts", items, reader.upload),
            "videos": ("posts", items, reader.video),
            "comment_threads": ("interactions", items, reader.thread),
        }
    )
    if page.endpoint == "channels":
        reader.missing()
    return rows.without(known.flags)


class _Reader(PageReader):
    """Reads the items of one page of answers into its rows."""

    def channel(self, item: Any) -> None:
        """A channel. Its counters are of the moment of asking; that of subscribers is rounded by the platform."""
        of = View(self.rows, "accounts", item)
        native, said, numbers = of.id("id", CHANNEL), of.of("snippet"), of.of("statistics")
        handle = (said.text("customUrl") or "").removeprefix("@").lower()
        counters = {
            "followers_count": None if numbers.flag("hiddenSubscriberCount") else _count(numbers, "subscriberCount"),
            "posts_count": _count(numbers, "videoCount"),
        }
        row: dict[str, Any] = {
            "account_key": self.key(native),
            "native_id": native,
            "handle": handle or None,
            "display_name": said.text("title"),
            "account_type": "unknown",
            "created_at": said.time("publishedAt"),
            "bio": said.text("description"),
            "url": f"https://www.youtube.com/{f'@{handle}' if handle else f'channel/{native}'}",
            "status": "active",
            "state_complete": not self.page.stale,
            **({} if self.page.stale else counters),
        }
        self.rows.account(row, f"@{handle}" if handle else None)
        uploads = of.of("contentDetails").of("relatedPlaylists").text("uploads")
        if uploads:
            self.rows.parents.append({**row, "uploads": uploads})
        else:
            self.rows.notes["no_uploads"] += 1

    def missing(self) -> None:
        """Whoever was asked for beside others and is not there: closed, or terminated; it is not said which."""
        shown = {row["native_id"] for row in self.rows.tables["accounts"]}
        absent = [native for native in self.page.subject.split(",") if native not in shown]
        self.rows.notes["not_there"] += len(absent)
        for native in (
            absent if shown and not self.rows.bad else ()
        ):  # an answer without anybody says nothing of anybody
            self.rows.gone(self.key(native), "unavailable")

    def upload(self, item: Any) -> None:
        """A place in a channel's list of uploads: which video to ask about."""
        whole = View(self.rows, "posts", item)
        of, channel = whole.of("contentDetails"), whole.of("snippet").some_id("channelId", CHANNEL)
        row = {"native_id": of.id("videoId", VIDEO), "event_at": of.time("videoPublishedAt")}
        self.rows.parents.append(row | {"author_key": channel and self.key(channel)})

    def video(self, item: Any) -> None:
        """A video of the channel, with its counters where its owner shows them."""
        of = View(self.rows, "posts", item)
        native, said, numbers = of.id("id", VIDEO), of.of("snippet"), of.of("statistics")
        if said.text("liveBroadcastContent") == "upcoming":
            self.rows.notes["not_yet_shown"] += 1
            return
        shown_at = said.time_needed("publishedAt")
        title, words = said.text("title"), said.text("description")
        counters = {
            "like_count": _count(numbers, "likeCount"),
            "reply_count": _count(numbers, "commentCount"),
            "view_count": _count(numbers, "viewCount"),
        }
        row: dict[str, Any] = {
            "post_key": self.key(native),
            "native_id": native,
            "author_key": self.key(said.id("channelId", CHANNEL)),
            "post_type": "original",
            "created_at": shown_at,
            "event_at": shown_at,
            "text": title,
            "lang": said.text("defaultAudioLanguage") or said.text("defaultLanguage"),
            "hashtags": tags([*(tags_of(title) or ()), *(tags_of(words) or ())], said.noting("description")),
            "links": links_of(words),
            "platform_topics": self.topics(of) if "topicDetails" in of else None,
            "url": f"https://www.youtube.com/watch?v={native}",
            "visibility": "public",
            "is_deleted": False,
        }
        self.rows.post(row if self.page.stale else {**row, **counters}, native, from_feed=True)
        self.rows.parents.append({**row, **counters})  # today's counters are good enough to plan by

    def topics(self, of: View) -> list[str]:
        """The articles of Wikipedia by whose names the platform says what a video is about."""
        return [link.rpartition("/")[2] for link in of.of("topicDetails").texts("topicCategories")]

    def thread(self, item: Any) -> None:
        """A comment on the video is a reply to its channel; so is an answer to a comment of the channel's own."""
        said = View(self.rows, "interactions", item).of("snippet")
        video = self.page.subject
        post_key, owner = self.before.posts.get(video, (self.key(video), None))
        owner = owner or self.key(said.id("channelId", CHANNEL))
        first = said.of("topLevelComment")
        top, writer = first.id("id"), self.comment(first, owner, post_key)
        for answer in View(self.rows, "interactions", item).of("replies").list("comments"):
            if writer == owner:
                self.rows.part(
                    "interactions",
                    answer,
                    lambda one: self.comment(View(self.rows, "interactions", one), owner, self.key(top)),
                )
            else:
                self.rows.notes["between_members"] += 1

    def comment(self, of: View, target: str, post_key: str) -> str | None:
        """Add a comment as a reply; gives the key of whoever wrote it, NULL where their channel is gone."""
        native, said = of.id("id"), of.of("snippet")
        channel = said.of("authorChannelId").some_id("value", CHANNEL)
        actor, source = None if channel is None else self.key(channel), self.key(native)
        self.edge("reply", actor, target, post_key, said.time_needed("publishedAt"), "thread", source)
        return actor


def _count(of: View, name: str) -> int | None:
    """A counter, which comes as a text of digits; NULL where it is hidden."""
    text = of.text(name)
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        of.note(name, text, "is no count; taken as NULL")
        return None
    return count(int(text), name)


class YouTubePolicy(RatePolicy):
    """YouTube: HTTP 403 is many things, told apart by a reason in the body; spent units come back at midnight Pacific."""

    longest_wait = timedelta(minutes=5)
    _SPENT = frozenset(("quotaExceeded", "dailyLimitExceeded"))
    _FAST = frozenset(("rateLimitExceeded", "userRateLimitExceeded", "processingFailure"))
    _KEY = frozenset(("keyInvalid", "keyExpired", "accessNotConfigured", "ipRefererBlocked", "API_KEY_INVALID"))

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        error = response.body.get("error") if isinstance(response.body, dict) else None
        if not 400 <= response.status < 500 or not isinstance(error, dict):
            return None
        listed = [each for name in ("errors", "details") if isinstance(each := error.get(name), list)]
        reasons = {text_at(one, "reason") for each in listed for one in each}
        if reasons & self._SPENT:
            return StopPlatform("daily_quota: until midnight Pacific")
        if reasons & self._KEY:
            return StopPlatform(f"auth: {min(reasons & self._KEY)}")
        if reasons & self._FAST:
            return self._backoff(response, now, min(reasons & self._FAST))
        if response.status == 403 and "commentsDisabled" in reasons:
            return StopUnit("no_data: comments are turned off")
        return None


PLATFORM = Platform(
    ENDPOINTS,
    YouTubePolicy,
    normalise,
    name="youtube",
    options=FollowedAreNamed,
    ids=re.compile(CHANNEL),
    # Not as the parameter `key`: addresses end in logs. https://cloud.google.com/docs/authentication/api-keys-use
    token=Token(header="X-Goog-Api-Key", form="{}"),
    retention=(
        Rule("raw", 30, "drop", _TERMS),
        Rule("quarantine", 30, "drop", _TERMS),
        *(Rule(table, 30, "drop", _TERMS) for table in ("accounts", "posts", "interactions")),
        *(Rule(table, 30, "forget_platform", _TERMS) for table in ("post_topics", "topic_activity", "reactions")),
        FEATURES,
        *DELETED,
    ),
)
