"""The public Bluesky AppView, and the record lists of a PDS, as the lexicons describe them, over the invented world.

Ids have their real shapes: `did:plc:` and 24 letters, TID record keys that hold the microsecond, CIDv1 (of the uri: nobody
can recompute them from the record). A method takes the query's parameters and gives a body; `Refused` is an XRPC error.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from sandbox.history import (
    LIKE,
    MENTION,
    NEVER,
    POST,
    QUOTE,
    REPLY,
    SHARE,
    WRITTEN,
    Edges,
    View,
    addresses,
    handle,
    iso,
    numbered,
    page,
    words,
)
from sandbox.world import World

HOST = "public.api.murmur.test"
TID = "234567abcdefghijklmnopqrstuvwxyz"
COLLECTIONS = {
    "app.bsky.feed.post": WRITTEN,
    "app.bsky.feed.like": (LIKE,),
    "app.bsky.feed.repost": (SHARE,),
    "app.bsky.graph.follow": (),
}
COUNTS = ("followersCount", "followsCount", "postsCount")
Json = dict[str, Any]
Params = dict[str, list[str]]


class Refused(Exception):
    """An XRPC error: status, name, message."""

    def __init__(self, name: str, message: str, status: int = 400) -> None:
        self.status, self.body = status, {"error": name, "message": message}


def tid(micros: int) -> str:
    """A record key: 53 bits of microseconds and 10 of a clock's id, in base 32."""
    number = micros << 10
    return "".join(TID[number >> shift & 31] for shift in range(60, -1, -5))


def micros_of(key: str) -> int:
    """The microseconds in a record key; -1 for what is none."""
    number = 0
    for letter in key:
        if letter not in TID:
            return -1
        number = number << 5 | TID.index(letter)
    return number >> 10 if len(key) == 13 else -1


@lru_cache(100_000)
def cid(uri: str) -> str:
    """A CIDv1 (dag-cbor, sha2-256) made from a uri."""
    digest = b"\x01\x71\x12\x20" + hashlib.sha256(uri.encode()).digest()
    return "b" + base64.b32encode(digest).decode().lower().rstrip("=")


def cursor_of(key: int) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(f"k:{key}".encode()).decode().rstrip("=")


def key_of(cursor: str) -> int:
    """The key in an opaque cursor."""
    try:
        key = int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().removeprefix("k:"))
        return max(-NEVER, min(NEVER, key))
    except ValueError as wrong:
        raise Refused("InvalidRequest", "Malformed cursor") from wrong


class Names:
    """DIDs and handles of everybody. They are made when asked; what leads back from a DID is 16 bytes for each."""

    def __init__(self, world: World) -> None:
        self.world = world

    def did(self, person: int) -> str:
        """Somebody's DID."""
        return "did:plc:" + base64.b32encode(self._digest(person)).decode().lower()[:24]

    def handle(self, person: int) -> str:
        """Somebody's handle."""
        return handle(self.world, person)

    def person(self, name: str) -> int | None:
        """Who has a DID or a handle."""
        if name.startswith("did:plc:"):
            heads, people = self._by_did
            with suppress(ValueError):
                head = base64.b32decode(name.removeprefix("did:plc:").upper())[:8]
                place = int(heads.searchsorted(int.from_bytes(head)))
                person = int(people[min(place, people.size - 1)])
                return person if self.did(person) == name else None
            return None
        person = numbered(name.removesuffix(".murmur.test"), "-")
        return person if 0 <= person < self.world.people and self.handle(person) == name else None

    def _digest(self, person: int) -> bytes:
        return hashlib.sha256(f"{self.world.seed}:{person}".encode()).digest()

    @cached_property
    def _by_did(self) -> tuple[np.ndarray, np.ndarray]:
        """The first 64 bits of everybody's DID in their order, and whose they are."""
        made = b"".join(self._digest(i)[:8] for i in range(self.world.people))
        heads = np.frombuffer(made, dtype=">u8").astype(np.uint64)
        order = np.argsort(heads)
        return heads[order], order


class Bluesky:
    """What one request may ask, of one view; `struck` are the misbehaviours that strike this request."""

    def __init__(self, view: View, names: Names, struck: frozenset[str]) -> None:
        self.view, self.names, self.struck = view, names, struck
        self.table, self.world = view.table, view.world

    def answer(self, method: str, params: Params) -> Json:
        """The body for one method."""
        known: dict[str, Callable[[Params], Json]] = {
            "app.bsky.actor.getProfile": self.get_profile,
            "app.bsky.actor.getProfiles": self.get_profiles,
            "app.bsky.feed.getAuthorFeed": self.get_author_feed,
            "app.bsky.feed.getPosts": self.get_posts,
            "app.bsky.feed.getLikes": self.get_likes,
            "app.bsky.feed.getRepostedBy": self.get_reposted_by,
            "app.bsky.feed.getQuotes": self.get_quotes,
            "app.bsky.feed.getPostThread": self.get_post_thread,
            "app.bsky.graph.getFollowers": self.get_followers,
            "app.bsky.graph.getFollows": self.get_follows,
            "com.atproto.repo.listRecords": self.list_records,
        }
        if method not in known:
            raise Refused("MethodNotImplemented", "Method Not Implemented", 501)
        return known[method](params)

    # -- methods

    def get_profile(self, params: Params) -> Json:
        """One actor; says why there is none."""
        return self.detailed(self._actor(params, "actor"))

    def get_profiles(self, params: Params) -> Json:
        """Up to 25 actors; those who are not here are left out."""
        found = [self.names.person(self._old(actor)) for actor in self._many(params, "actors")]
        return {"profiles": [self.detailed(i) for i in found if i is not None and self.view.here[i]]}

    def get_author_feed(self, params: Params) -> Json:
        """Posts and reposts, newest first; the pinned post before them where it is asked for."""
        person = self._actor(params, "actor")
        wanted = params.get("filter", ["posts_with_replies"])[0]
        kinds = (*WRITTEN, SHARE)
        if wanted == "posts_no_replies":
            kinds = (POST, MENTION, QUOTE, SHARE)
        elif wanted in ("posts_with_media", "posts_with_video"):
            kinds = ()
        shown, following = self._page(params, self.view.of_actor(person, kinds))
        feed = [self._feed_item(int(i)) for i in shown]
        pins = params.get("includePins", ["false"])[0] == "true" or "reason_pin" in self.struck
        own = self.view.of_actor(person, (POST,))
        if pins and "cursor" not in params and own.size:
            feed.insert(0, {"post": self.post(int(own[-1])), "reason": {"$type": "app.bsky.feed.defs#reasonPin"}})
        return {"feed": feed} | following

    def get_posts(self, params: Params) -> Json:
        """Up to 25 posts; those that are gone are left out."""
        found = [self._event(uri) for uri in self._many(params, "uris")]
        return {"posts": [self.post(i) for i in found if i is not None]}

    def get_likes(self, params: Params) -> Json:
        """Who liked a post, and when: newest first."""
        uri, rows = self._about(params, LIKE)
        shown, following = self._page(params, rows)
        likes = [
            {"actor": self.profile(int(self.table.actor[i])), "createdAt": self._claimed(i), "indexedAt": self._seen(i)}
            for i in map(int, shown)
        ]
        return {"uri": uri, "likes": likes} | following

    def get_reposted_by(self, params: Params) -> Json:
        """Who reposted a post, without times."""
        uri, rows = self._about(params, SHARE)
        shown, following = self._page(params, rows)
        return {"uri": uri, "repostedBy": [self.profile(int(self.table.actor[i])) for i in shown]} | following

    def get_quotes(self, params: Params) -> Json:
        """Posts that quote a post."""
        uri, rows = self._about(params, QUOTE)
        shown, following = self._page(params, rows)
        return {"uri": uri, "posts": [self.post(int(i)) for i in shown]} | following

    def get_post_thread(self, params: Params) -> Json:
        """A post, what it answers, and the answers to it."""
        uri = params.get("uri", [""])[0]
        number = self._event(uri)
        if number is None:
            raise Refused("NotFound", f"Post not found: {uri}")
        depth, height = self._number(params, "depth", 0, 1000, 6), self._number(params, "parentHeight", 0, 1000, 80)
        node = self._node(number)
        if depth:
            replies = [int(i) for i in self.view.about(number, (REPLY,))]
            node["replies"] = [self._reply_node(i, place) for place, i in enumerate(replies)]
        parent = int(self.table.about[number])
        if height and self.table.kind[number] == REPLY:
            node["parent"] = self._node(parent) if self.view.visible[parent] else self._not_found(parent)
        return {"thread": node}

    def get_followers(self, params: Params) -> Json:
        """Who follows an actor, without times: newest first."""
        return self._people(params, "followers")

    def get_follows(self, params: Params) -> Json:
        """Whom an actor follows, without times: newest first."""
        return self._people(params, "follows")

    def list_records(self, params: Params) -> Json:
        """One collection of an actor's own repository; also likes of posts that are gone."""
        person = self._actor(params, "repo")
        collection = params.get("collection", [""])[0]
        if not collection:
            raise Refused("InvalidRequest", 'Error: Params must have the property "collection"')
        edges = self.view.follows(person) if collection == "app.bsky.graph.follow" else None
        kinds = COLLECTIONS.get(collection, ())
        rows = self.view.of_actor(person, kinds, whole=False) if edges is None else edges.place
        turned = params.get("reverse", ["false"])[0] == "true"
        keys = -rows[::-1] if turned else rows
        shown, following = self._page(params, keys)
        records = []
        for i in (abs(int(key)) for key in shown):
            uri, value = (self.uri(i), self._record(i)) if edges is None else self._follow_record(edges, i, person)
            records.append({"uri": uri, "cid": cid(uri), "value": value})
        return {"records": records} | following

    # -- people

    def basic(self, person: int) -> Json:
        """profileViewBasic."""
        key = ("basic", person, "changed_handle" in self.struck)
        if key not in self.view.memo:
            world, did = self.world, self.names.did(person)
            made = f"{world.created(person).isoformat()}T00:00:00.000Z"
            marks = [("!no-unauthenticated", world.opted_out), ("bot", world.bots)]
            self.view.memo[key] = {
                "did": did,
                "handle": self._handle(person),
                "displayName": world.name(person),
                "labels": [
                    {"src": did, "uri": f"at://{did}/app.bsky.actor.profile/self", "val": mark, "cts": made}
                    for mark, people in marks
                    if person in people
                ],
                "createdAt": made,
            }
        return self.view.memo[key]

    def profile(self, person: int) -> Json:
        """profileView: no counts."""
        basic = self.basic(person)
        about = f"{basic['displayName']} writes here."
        for elsewhere in addresses(self.world, "bluesky", person, self.view.now):
            about += f" Also {elsewhere}"
        return basic | {"description": about, "indexedAt": basic["createdAt"]}

    def detailed(self, person: int) -> Json:
        """profileViewDetailed: with counts."""
        view = self.view
        counts = (view.followers(person).size, view.follows(person).size, int(view.written_by[person]))
        told = {} if "absent_counts" in self.struck else dict(zip(COUNTS, counts, strict=True))
        if told and "negative_counts" in self.struck and person % 3 == 0:
            told[COUNTS[0]] = -1
        return self.profile(person) | told

    def _people(self, params: Params, name: str) -> Json:
        person = self._actor(params, "actor")
        edges = getattr(self.view, name)(person)
        shown, following = self._page(params, edges.place)
        others = edges.placed(shown).other.tolist()
        return {"subject": self.profile(person), name: [self.profile(one) for one in others]} | following

    # -- posts

    def uri(self, number: int) -> str:
        """The at-uri of an event's record."""
        kind, micros = int(self.table.kind[number]), self._micros(number)
        name = {LIKE: "like", SHARE: "repost"}.get(kind, "post")
        return f"at://{self.names.did(int(self.table.actor[number]))}/app.bsky.feed.{name}/{tid(micros)}"

    def post(self, number: int) -> Json:
        """postView."""
        uri, record = self.uri(number), self._record(number)
        shown: Json = {"uri": uri, "cid": cid(uri), "author": self.basic(int(self.table.actor[number]))}
        shown |= {"record": record, "indexedAt": self._seen(number), "labels": []}
        if "embed" in record:
            shown["embed"] = self._embed(number)
        if "absent_counts" not in self.struck:
            counts = self.view.counts(number)
            shown |= {"replyCount": counts[REPLY], "repostCount": counts[SHARE], "likeCount": counts[LIKE]}
            shown |= {"quoteCount": counts[QUOTE], "bookmarkCount": 0}
            if "negative_counts" in self.struck and number % 3 == 0:
                shown["bookmarkCount"] = -1
        return shown

    def _feed_item(self, number: int) -> Json:
        if self.table.kind[number] == SHARE:
            uri = self.uri(number)
            by, seen = self.basic(int(self.table.actor[number])), self._seen(number)
            reason = {"$type": "app.bsky.feed.defs#reasonRepost", "by": by, "uri": uri, "cid": cid(uri)}
            return {"post": self.post(int(self.table.about[number])), "reason": reason | {"indexedAt": seen}}
        item: Json = {"post": self.post(number)}
        if self.table.kind[number] == REPLY:
            parent = int(self.table.about[number])
            if "blocked_posts" in self.struck and number % 2:
                shown = self._blocked(parent)
            elif self.view.visible[parent]:
                shown = {"$type": "app.bsky.feed.defs#postView"} | self.post(parent)
            else:
                shown = self._not_found(parent)
            item["reply"] = {"root": shown, "parent": shown}
        return item

    def _record(self, number: int) -> Json:
        kind, about = int(self.table.kind[number]), int(self.table.about[number])
        claimed = self._claimed(number)
        subject = {"uri": self.uri(about), "cid": cid(self.uri(about))} if about >= 0 else {}
        if kind in (LIKE, SHARE):
            name = "like" if kind == LIKE else "repost"
            return {"$type": f"app.bsky.feed.{name}", "subject": subject, "createdAt": claimed}
        text, tag = words(int(self.table.at[number]), int(self.table.actor[number]))
        facets = []
        if kind == MENTION:
            whom = int(self.table.target[number])
            name = f"@{self.names.handle(whom)}"
            facets.append(_facet(0, name, "mention", did=self.names.did(whom)))
            text = f"{name} {text}"
        facets.append(_facet(len(text.encode()) + 1, f"#{tag}", "tag", tag=tag))
        record: Json = {"$type": "app.bsky.feed.post", "text": f"{text} #{tag}", "facets": facets, "langs": ["en"]}
        record["createdAt"] = claimed
        if kind == REPLY:
            record["reply"] = {"root": subject, "parent": subject}
        elif kind == QUOTE:
            record["embed"] = {"$type": "app.bsky.embed.record", "record": subject}
        elif "unknown_embed" in self.struck:
            record["embed"] = {"$type": "app.bsky.embed.hologram", "depth": 3}
        return record

    def _embed(self, number: int) -> Json:
        if self.table.kind[number] != QUOTE:
            return {"$type": "app.bsky.embed.hologram#view", "depth": 3}
        about = int(self.table.about[number])
        uri = self.uri(about)
        if self.view.visible[about]:
            shown = {"$type": "app.bsky.embed.record#viewRecord", "uri": uri, "cid": cid(uri)}
            shown |= {"author": self.basic(int(self.table.actor[about])), "value": self._record(about), "labels": []}
            shown |= {"embeds": [], "indexedAt": self._seen(about)}
        else:
            shown = {"$type": "app.bsky.embed.record#viewNotFound", "uri": uri, "notFound": True}
        return {"$type": "app.bsky.embed.record#view", "record": shown}

    def _node(self, number: int) -> Json:
        return {"$type": "app.bsky.feed.defs#threadViewPost", "post": self.post(number)}

    def _reply_node(self, number: int, place: int) -> Json:
        if "blocked_posts" in self.struck and place % 3 < 2:
            return self._not_found(number) if place % 3 else self._blocked(number)
        return self._node(number) | {"replies": []}

    def _not_found(self, number: int) -> Json:
        return {"$type": "app.bsky.feed.defs#notFoundPost", "uri": self.uri(number), "notFound": True}

    def _blocked(self, number: int) -> Json:
        author = {"did": self.names.did(int(self.table.actor[number]))}
        return {"$type": "app.bsky.feed.defs#blockedPost", "uri": self.uri(number), "blocked": True, "author": author}

    def _follow_record(self, edges: Edges, place: int, person: int) -> tuple[str, Json]:
        edge = edges.placed(np.array([place]))
        at, other = int(edge.at[0]), self.names.did(int(edge.other[0]))
        uri = f"at://{self.names.did(person)}/app.bsky.graph.follow/{tid(at * 1_000_000 + place)}"
        return uri, {"$type": "app.bsky.graph.follow", "subject": other, "createdAt": iso(at)}

    # -- times and ids

    def _micros(self, number: int) -> int:
        return int(self.table.at[number]) * 1_000_000 + int(self.table.rank[number])

    def _seen(self, number: int) -> str:
        return iso(int(self.table.at[number]) + min(990, 50 + int(self.table.rank[number])) / 1000)

    def _claimed(self, number: int) -> str:
        """What the client wrote as createdAt."""
        if "lying_times" in self.struck and number % 3 < 2:
            return "2099-01-01T00:00:00.000Z" if number % 3 else "1970-01-01T00:00:00.000Z"
        return iso(int(self.table.at[number]))

    def _event(self, uri: str) -> int | None:
        """The standing post of an at-uri, or None."""
        parts = uri.removeprefix("at://").split("/")
        if not uri.startswith("at://") or len(parts) != 3:
            raise Refused("InvalidRequest", "Error: uri must be a valid at-uri")
        micros = micros_of(parts[2])
        number = self.view.find(micros // 1_000_000, micros % 1_000_000) if micros >= 0 else None
        if number is None or not self.view.visible[number] or self.table.kind[number] not in WRITTEN:
            return None
        same = self.names.person(parts[0]) == self.table.actor[number] and parts[1] == "app.bsky.feed.post"
        return number if same else None

    def _about(self, params: Params, kind: int) -> tuple[str, Any]:
        uri = params.get("uri", [""])[0]
        number = self._event(uri)
        return uri, self.table.at[:0] if number is None else self.view.about(number, (kind,))

    # -- parameters

    def _handle(self, person: int) -> str:
        changed = "changed_handle" in self.struck and person % 5 == 0
        return ("now-" if changed else "") + self.names.handle(person)

    def _old(self, actor: str) -> str:
        """With changed handles the new one leads to the person, and the old one to nobody."""
        if "changed_handle" not in self.struck or actor.startswith("did:"):
            return actor
        old = actor.removeprefix("now-")
        person = self.names.person(old)
        return old if person is not None and self._handle(person) == actor else ""

    def _actor(self, params: Params, name: str) -> int:
        asked = params.get(name, [""])[0]
        if not asked:
            raise Refused("InvalidRequest", f'Error: Params must have the property "{name}"')
        person = self.names.person(self._old(asked))
        if person is None or not self.world.present["bluesky"][person]:
            raise Refused("InvalidRequest", "Profile not found")
        if not self.view.here[person]:
            if person in self.world.suspended:
                raise Refused("AccountTakedown", "Account has been suspended")
            raise Refused("AccountDeactivated", "Account is deactivated")
        return person

    def _many(self, params: Params, name: str) -> list[str]:
        asked = params.get(name, [])
        if not asked or len(asked) > 25:
            raise Refused("InvalidRequest", f"Error: {name} must have 1 to 25 elements")
        return asked

    def _number(self, params: Params, name: str, least: int, most: int, usual: int) -> int:
        text = params.get(name, [str(usual)])[0]
        if not text.isdecimal() or not least <= int(text) <= most:
            raise Refused("InvalidRequest", f"Error: {name} must be an integer from {least} to {most}")
        return int(text)

    def _page(self, params: Params, keys: Any) -> tuple[Any, Json]:
        limit = self._number(params, "limit", 1, 100, 50)
        after = key_of(params["cursor"][0]) if "cursor" in params else None
        shown, following = page(keys, limit, after, self.struck)
        return shown, {} if following is None else {"cursor": cursor_of(following)}


def _facet(start: int, text: str, kind: str, **more: str) -> Json:
    return {
        "index": {"byteStart": start, "byteEnd": start + len(text.encode())},
        "features": [{"$type": f"app.bsky.richtext.facet#{kind}"} | more],
    }
