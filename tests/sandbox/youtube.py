"""YouTube's Data API, over the invented world: whoever owns a Page has a channel, and the posts of the Page are its videos.

Counters are texts of digits. Some owners hide likes, some the number of subscribers, some turn comments off: the counter is
not there, and the list of comments is HTTP 403. A list of channels of which none is there has no `items`. A thread shows its
last five answers. The key is in a header, or in the address. What is refused says why in a `reason`; no header tells of limits.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np

from sandbox.facebook import owns_page
from sandbox.history import LIKE, POST, REPLY, View, page, username, words

HOST = "videos.test"
BASE = "/youtube/v3"
KEY = "AIza-invented-key-of-the-sandbox"
Json = dict[str, Any]
Params = dict[str, list[str]]


class Refused(Exception):
    """An error in the form of Google's APIs, with the reason in both places where it may stand."""

    def __init__(self, status: int, reason: str, message: str, detail: str | None = None) -> None:
        self.status = status
        error: Json = {"code": status, "message": message}
        error["errors"] = [{"message": message, "domain": "youtube.common", "reason": reason}]
        if detail:
            error["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": detail}]
        self.body: Json = {"error": error}


def limited() -> Refused:
    """How it says that the day's units are spent: without a time."""
    return Refused(403, "quotaExceeded", "The request cannot be completed because you have exceeded your quota.")


def channel_id(person: int) -> str:
    """The id of somebody's channel."""
    return "UC" + _text(person.to_bytes(8, "big") + b"channels")


def hides(person: int) -> set[str]:
    """What an owner does not show: subscribers, likes, comments."""
    marks = {"subscribers": person % 24 == 5, "likes": person % 40 == 13, "comments": person % 32 == 21}
    return {name for name, is_hidden in marks.items() if is_hidden}


class YouTube:
    """What one request may ask, of one view; `struck` are the misbehaviours that strike this request."""

    def __init__(self, view: View, struck: frozenset[str]) -> None:
        self.view, self.struck = view, struck
        self.table, self.world = view.table, view.world

    def answer(self, path: str, params: Params, key: str) -> Json:
        """The body for one path."""
        if not (key or "key" in params):
            raise Refused(403, "forbidden", "Method doesn't allow unregistered callers.")
        if (key or params["key"][0]) != KEY or "wrong_key" in self.struck:
            raise Refused(400, "badRequest", "API key not valid. Please pass a valid API key.", "API_KEY_INVALID")
        if "quota_exceeded" in self.struck:
            raise limited()
        lists: dict[str, Callable[[Params, set[str]], Json]] = {
            "channels": self.channels,
            "playlistItems": self.uploads,
            "videos": self.videos,
            "commentThreads": self.threads,
        }
        name = path.removeprefix(f"{BASE}/")
        if path == name or name not in lists:
            raise Refused(404, "notFound", "Not found")
        parts = set(params.get("part", [""])[0].split(",")) - {""}
        if not parts:
            raise Refused(400, "missingRequiredParameter", "No filter selected: part")
        return lists[name](params, parts)

    # -- lists

    def channels(self, params: Params, parts: set[str]) -> Json:
        """By id, fifty at most, or one by its handle."""
        if "forHandle" in params:
            number = params["forHandle"][0].removeprefix("@").rpartition("-")[2]
            asked = [int(number)] if number.isdecimal() and len(number) < 9 else []
            found = [
                one for one in asked if self._is_here(one) and f"@{self.handle(one)}" == params["forHandle"][0].lower()
            ]
        else:
            ids = self._ids(params)
            found = [one for each in ids if (one := self._person(each)) is not None and self._is_here(one)]
        body: Json = {
            "kind": "youtube#channelListResponse",
            "pageInfo": {"totalResults": len(found), "resultsPerPage": 50},
        }
        shown = [self._parts(self.channel(one), parts) for one in dict.fromkeys(found)]
        return body | ({"items": shown} if shown else {})

    def uploads(self, params: Params, parts: set[str]) -> Json:
        """The videos of a channel, newest first."""
        owner = self._person("UC" + params.get("playlistId", [""])[0].removeprefix("UU"))
        if owner is None or not self._is_here(owner):
            raise Refused(404, "playlistNotFound", "The playlist cannot be found.")

        def shown(event: int) -> Json:
            video, at = self.video_id(event), _time(int(self.table.at[event]))
            item: Json = {"kind": "youtube#playlistItem", "id": _text(video.encode())}
            item["snippet"] = {
                "publishedAt": at,
                "channelId": channel_id(owner),
                "playlistId": "UU" + channel_id(owner)[2:],
            }
            item["snippet"]["resourceId"] = {"kind": "youtube#video", "videoId": video}
            item["contentDetails"] = {"videoId": video, "videoPublishedAt": at}
            return self._parts(item, parts)

        return self._list("playlistItem", params, 50, self.view.of_actor(owner, (POST,)), shown)

    def videos(self, params: Params, parts: set[str]) -> Json:
        """By id, fifty at most; one that is gone is left out without a word."""
        events = [event for each in self._ids(params) if (event := self._event(each)) is not None]
        shown = [self._parts(self.video(event), parts) for event in dict.fromkeys(events)]
        info = {"totalResults": len(shown), "resultsPerPage": len(shown)}
        return {"kind": "youtube#videoListResponse", "items": shown, "pageInfo": info}

    def threads(self, params: Params, parts: set[str]) -> Json:
        """The threads under a video, newest first."""
        event = self._event(params.get("videoId", [""])[0])
        if event is None:
            raise Refused(404, "videoNotFound", "The video identified by the videoId parameter could not be found.")
        if "comments" in hides(int(self.table.actor[event])) or "comments_disabled" in self.struck:
            raise Refused(403, "commentsDisabled", "The video has disabled comments.")
        threads = self._threads(event)
        keys = np.array(sorted(threads, reverse=True), np.int64)
        return self._list(
            "commentThread", params, 100, keys, lambda key: self._parts(self.thread(event, key, threads[key]), parts)
        )

    # -- items

    def channel(self, owner: int) -> Json:
        """A channel with all its parts."""
        native, hidden = channel_id(owner), hides(owner)
        numbers: Json = {"viewCount": str(self._views(owner)), "hiddenSubscriberCount": "subscribers" in hidden}
        numbers["videoCount"] = str(self.view.of_actor(owner, (POST,)).size)
        if "subscribers" not in hidden and "hidden_counts" not in self.struck:
            numbers["subscriberCount"] = str(_rounded(int(self.view.followers(owner).size)))
        return {
            "kind": "youtube#channel",
            "id": native,
            "snippet": {
                "title": f"{self.world.name(owner)} films",
                "description": f"What {self.world.name(owner)} saw.",
                "customUrl": f"@{self.handle(owner)}",
                "publishedAt": f"{self.world.created(owner).isoformat()}T08:00:00.5Z",
                "thumbnails": {},
                "localized": {"title": f"{self.world.name(owner)} films", "description": ""},
            },
            "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": "UU" + native[2:]}},
            "statistics": numbers,
        }

    def video(self, event: int) -> Json:
        """A video with all its parts."""
        at, owner = int(self.table.at[event]), int(self.table.actor[event])
        text, tag = words(at, owner)
        counts, hidden = self.view.counts(event), hides(owner)
        numbers = {"viewCount": str(40 + 25 * sum(counts)), "favoriteCount": "0"}
        if "hidden_counts" not in self.struck:
            numbers |= {"likeCount": str(counts[LIKE])} if "likes" not in hidden else {}
            numbers |= {"commentCount": str(counts[REPLY])} if "comments" not in hidden else {}
        snippet: Json = {
            "publishedAt": _time(at),
            "channelId": channel_id(owner),
            "title": text,
            "description": f"More at https://films.example/{owner} #{tag}",
            "channelTitle": f"{self.world.name(owner)} films",
            "categoryId": "22",
            "liveBroadcastContent": "none",
        }
        snippet |= {"defaultAudioLanguage": "en"} if owner % 3 else {}
        shown = {"kind": "youtube#video", "id": self.video_id(event), "snippet": snippet, "statistics": numbers}
        topics = {"topicCategories": ["https://en.wikipedia.org/wiki/Lifestyle_(sociology)"]}
        return shown | ({"topicDetails": topics} if at % 2 else {})

    def thread(self, event: int, first: int, answers: list[int]) -> Json:
        """A comment with the last five answers to it."""
        top = self.comment(event, first)
        snippet: Json = {
            "channelId": channel_id(int(self.table.actor[event])),
            "videoId": self.video_id(event),
            "topLevelComment": top,
            "canReply": True,
            "totalReplyCount": len(answers),
            "isPublic": True,
        }
        shown: Json = {"kind": "youtube#commentThread", "id": top["id"], "snippet": snippet}
        if answers:
            shown["replies"] = {"comments": [self.comment(event, each, top["id"]) for each in answers[::-1][:5]]}
        return shown

    def comment(self, event: int, act: int, parent: str | None = None) -> Json:
        """A comment; without the channel of whoever closed theirs."""
        at, actor = int(self.table.at[act]), int(self.table.actor[act])
        native = f"Ug{_text(self._number(act).to_bytes(8, 'big'))}4AaABAg"
        said: Json = {
            "channelId": channel_id(int(self.table.actor[event])),
            "videoId": self.video_id(event),
            "textDisplay": words(at, actor)[0],
            "textOriginal": words(at, actor)[0],
            "authorDisplayName": f"@{self.handle(actor)}",
            "authorChannelUrl": f"http://www.youtube.com/@{self.handle(actor)}",
            "canRate": True,
            "viewerRating": "none",
            "likeCount": 0,
            "publishedAt": _time(at),
            "updatedAt": _time(at),
        }
        if "hidden_authors" not in self.struck:
            said["authorChannelId"] = {"value": channel_id(actor)}
        return {
            "kind": "youtube#comment",
            "id": f"{parent}.{native[2:]}" if parent else native,
            "snippet": said | ({"parentId": parent} if parent else {}),
        }

    # -- ids

    def handle(self, person: int) -> str:
        """The name behind the @."""
        return username(self.world, person).replace("_", "-")

    def video_id(self, event: int) -> str:
        """Eleven signs, made from the second and the rank within it."""
        return _text(self._number(event).to_bytes(8, "big"))

    def _number(self, event: int) -> int:
        return int(self.table.at[event]) << 23 | int(self.table.rank[event])

    def _event(self, video: str) -> int | None:
        raw = _bytes(video)
        number = int.from_bytes(raw, "big") if len(raw) == 8 else 0
        event = self.view.find(number >> 23, number & 0x7FFFFF)
        known = event is not None and self.view.whole[event] and self.table.kind[event] == POST
        return event if known and event is not None and self._is_here(int(self.table.actor[event])) else None

    def _person(self, channel: str) -> int | None:
        raw = _bytes(channel.removeprefix("UC"))
        person = int.from_bytes(raw[:8], "big") if raw[8:] == b"channels" and len(raw) == 16 else -1
        return person if 0 <= person < self.view.people else None

    def _is_here(self, person: int) -> bool:
        return 0 <= person < self.view.people and owns_page(person) and bool(self.view.here[person])

    def _ids(self, params: Params) -> list[str]:
        ids = [each for text in params.get("id", []) for each in text.split(",")]
        if not 0 < len(ids) <= 50:
            raise Refused(400, "invalidFilters" if ids else "missingRequiredParameter", "id: one to fifty of them")
        return ids

    # -- parts

    def _threads(self, event: int) -> dict[int, list[int]]:
        """Comments with the answers to each, oldest first: every fourth comment answers the one before it."""
        threads: dict[int, list[int]] = {}
        first = -1
        for place, act in enumerate(self.view.about(event, (REPLY,))[::-1].tolist()):
            if place % 4 == 3:
                threads[first].append(act)
            else:
                first = act
                threads[act] = []
        return threads

    def _views(self, owner: int) -> int:
        return 40 * int(self.view.of_actor(owner, (POST,)).size)

    def _parts(self, item: Json, parts: set[str]) -> Json:
        return {name: value for name, value in item.items() if name in parts | {"kind", "id"}}

    def _list(self, kind: str, params: Params, most: int, keys: Any, shown: Callable[[int], Json]) -> Json:
        text = params.get("maxResults", ["5" if most == 50 else "20"])[0]
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise Refused(400, "invalidParameter", f"maxResults: 1 to {most}")
        after = _key_of(params["pageToken"][0]) if "pageToken" in params else None
        rows, following = page(keys, int(text), after, self.struck)
        info = {"totalResults": len(keys), "resultsPerPage": int(text)}
        body: Json = {
            "kind": f"youtube#{kind}ListResponse",
            "pageInfo": info,
            "items": [shown(int(row)) for row in rows],
        }
        return body | ({"nextPageToken": _text(f"after {following}".encode())} if following is not None else {})


def _rounded(number: int) -> int:
    """Three significant digits, rounded down, as it shows subscribers."""
    unit = 10 ** max(0, len(str(number)) - 3)
    return number // unit * unit


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    if not re.fullmatch(r"[\w-]{1,64}", text, re.ASCII):
        return b""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _key_of(token: str) -> int:
    found = re.fullmatch(rb"after (-?\d{1,19})", _bytes(token))
    if not found:
        raise Refused(400, "invalidPageToken", "The request specifies an invalid page token.")
    return int(found[1])
