"""Two Mastodon instances that federate, over the invented world.

A person's home is one of them; the other holds a copy under another local id, with the same `uri` and with counters of
what its own people did only. Those who move have an account on both, the old one with `moved`. Lists of people are paged
by internal ids that stand in the `Link` header only. Local ids are snowflakes, beyond 2^53.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import numpy as np

from sandbox.history import (
    INSTANCES,
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
    home,
    iso,
    numbered,
    page,
    username,
    words,
)

FIRST_ACCOUNT, ACCOUNT_STEP = 109_000_000_000_000_000, 1_000_003
UNACCEPTED = ("pending", "rejected", "revoked", "deleted", "unauthorized")
CONTEXT_LIMIT = 60  # descendants shown to the anonymous
Json = dict[str, Any]
Params = dict[str, list[str]]


def asks_to_be_featured(person: int) -> bool | None:
    """Whether somebody agreed to be shown to others; None where they were never asked."""
    return {3: None, 4: False, 8: False}.get(person % 10, True)


class Refused(Exception):
    """An error in Mastodon's form."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.body = status, {"error": message}


class Mastodon:
    """What one request may ask of one instance; `struck` are the misbehaviours that strike this request."""

    def __init__(self, view: View, instance: str, base: str, struck: frozenset[str]) -> None:
        self.view, self.instance, self.base, self.struck = view, instance, base, struck
        self.table, self.world = view.table, view.world
        self.place = INSTANCES.index(instance)
        self.other = INSTANCES[1 - self.place]

    def answer(self, path: str, params: Params) -> tuple[Any, str | None]:
        """The body, and the Link header where there is one."""
        if "closed_instance" in self.struck:
            raise Refused(401, "This API requires an authenticated user")
        if path == "/api/v1/accounts/lookup":
            return self.lookup(params), None
        if path == "/api/v1/accounts":
            return self.several(params), None
        match = re.fullmatch(r"/api/v1/(accounts|statuses)/(\d{1,19})(?:/([a-z_]+))?", path)
        if match is None:
            raise Refused(404, "The page you were looking for doesn't exist.")
        what, number, part = match[1], int(match[2]), match[3]
        if what == "accounts":
            person, where = self._account_of(number)
            if part is None:
                return self.account(person, where), None
            if part == "statuses":
                return self.statuses(path, params, person, where)
            if part in ("followers", "following"):
                return self.followers(path, params, person, where, part)
        else:
            event = self._status_of(number)
            if part is None:
                return self.status(event), None
            if part == "context":
                return self.context(event), None
            if part in ("favourited_by", "reblogged_by"):
                return self.acted(path, params, event, LIKE if part == "favourited_by" else SHARE)
        raise Refused(404, "The page you were looking for doesn't exist.")

    # -- requests

    def lookup(self, params: Params) -> Json:
        """An account by its name, local or with its domain."""
        name, _, domain = params.get("acct", [""])[0].removeprefix("@").partition("@")
        where = domain or self.instance
        person = numbered(name, "_")
        if not 0 <= person < self.view.people or username(self.world, person) != name or where not in INSTANCES:
            raise Refused(404, "Record not found")
        self._check(person, where)
        return self.account(person, where)

    def several(self, params: Params) -> list[Json]:
        """Up to 40 accounts by their ids; those that are not here are left out."""
        found = []
        for number in params.get("id[]", [])[:40]:
            with suppress(Refused, ValueError):
                found.append(self.account(*self._account_of(int(number))))
        return found

    def statuses(self, path: str, params: Params, person: int, where: str) -> tuple[list[Json], str | None]:
        """What an account wrote and boosted there, newest first."""
        limit = self._limit(params, 20, 40)
        rows = self._written_at(person, where)
        if params.get("exclude_reblogs", ["false"])[0] in ("true", "1"):
            rows = rows[self.table.kind[rows] != SHARE]
        if params.get("exclude_replies", ["false"])[0] in ("true", "1"):
            rows = rows[self.table.kind[rows] != REPLY]
        if params.get("pinned", ["false"])[0] in ("true", "1"):
            rows = rows[:0]
        shown, link = self._page(path, params, rows, limit, self._key_of_status, lambda key: self.status_id(key))
        return [self.status(int(i)) for i in shown], link

    def followers(self, path: str, params: Params, person: int, where: str, part: str) -> tuple[list[Json], str | None]:
        """Who follows an account, or whom it follows; nobody where it hides that, or has moved away."""
        edges = self._edges(person, where, part)
        if self._hides(person):
            edges = edges[:0]
        limit = self._limit(params, 40, 80)
        shown, link = self._page(
            path, params, edges.place, limit, lambda i: i - 40_000_000, lambda key: key + 40_000_000
        )
        now = self.view.now
        return [self.account(p, home(self.world, p, now)) for p in edges.placed(shown).other.tolist()], link

    def acted(self, path: str, params: Params, event: int, kind: int) -> tuple[list[Json], str | None]:
        """Who favourited or boosted a status, without times."""
        rows = self.view.about(event, (kind,))
        if self._home_of(event) != self.instance:
            rows = rows[[self._home_of(i) == self.instance for i in rows.tolist()]]
        limit = self._limit(params, 40, 80)
        if kind == SHARE:
            shown, link = self._page(path, params, rows, limit, self._key_of_status, lambda key: self.status_id(key))
        else:
            shown, link = self._page(path, params, rows, limit, lambda i: i // 2 - 90_000, lambda k: 2 * (k + 90_000))
        return [self.account(int(self.table.actor[i]), self._home_of(int(i))) for i in shown], link

    def context(self, event: int) -> Json:
        """What a status answers, and the answers to it, oldest first."""
        parent = int(self.table.about[event])
        above = [parent] if self.table.kind[event] == REPLY and self.view.visible[parent] else []
        below = [int(i) for i in self.view.about(event, (REPLY,))][::-1][:CONTEXT_LIMIT]
        return {"ancestors": [self.status(i) for i in above], "descendants": [self.status(i) for i in below]}

    # -- entities

    def account(self, person: int, where: str) -> Json:
        """The account of a person at an instance, as seen from this one."""
        key = (self.instance, person, where, *sorted(self.struck & {"no_uri", "negative_counts"}))
        if key not in self.view.memo:
            self.view.memo[key] = self._account(person, where)
        return self.view.memo[key]

    def _account(self, person: int, where: str) -> Json:
        world, name = self.world, username(self.world, person)
        gone = not self.view.here[person]
        own = self._written_at(person, where)
        url = f"https://{where}/@{name}"
        picture = f"https://{where}/avatars/original/missing.png"
        shown: Json = {
            "id": self.account_id(person, where),
            "username": name,
            "acct": name if where == self.instance else f"{name}@{where}",
            "uri": f"https://{where}/users/{name}",
            "url": url,
            "display_name": "" if gone else world.name(person),
            "note": "" if gone else f"<p>{world.name(person)} writes here.</p>",
            "locked": person in world.protected or person % 6 == 2,  # who looks at followers first may like to be read
            "bot": person in world.bots,
            "group": False,
            # One way to say no. The others are what the server sets, or a form that was saved: most people never looked.
            "discoverable": asks_to_be_featured(person),
            "indexable": person % 4 == 0,
            "noindex": person in world.opted_out or person in world.protected,
            "hide_collections": self._hides(person),
            "created_at": f"{world.created(person).isoformat()}T00:00:00.000Z",
            "last_status_at": iso(int(self.table.at[own[0]]))[:10] if own.size else None,
            "statuses_count": int(own.size),
            "followers_count": 0 if gone else self._edges(person, where, "followers").size,
            "following_count": 0 if gone else self._edges(person, where, "following").size,
            "avatar": picture,
            "avatar_static": picture,
            "header": picture,
            "header_static": picture,
            "emojis": [],
            "fields": [],
        }
        for elsewhere in () if gone else addresses(world, "mastodon", person, self.view.now)[:4]:
            value = f'<a href="{elsewhere}" target="_blank" rel="nofollow noopener me">{elsewhere}</a>'
            shown["fields"].append({"name": "Elsewhere", "value": value, "verified_at": None})
        if gone:
            shown["suspended"] = True
        if "negative_counts" in self.struck and person % 3 == 0:
            shown |= {"followers_count": -1, "following_count": -1}
        if "no_uri" in self.struck:
            del shown["uri"]
        now_at = home(world, person, self.view.now)
        if now_at != where:
            shown["moved"] = self.account(person, now_at)
        return shown

    def status(self, event: int) -> Json:
        """A status, as seen from this instance."""
        person, kind = int(self.table.actor[event]), int(self.table.kind[event])
        about, target = int(self.table.about[event]), int(self.table.target[event])
        where, name = self._home_of(event), username(self.world, person)
        number = self.status_id(event, INSTANCES.index(where))
        uri = f"https://{where}/users/{name}/statuses/{number}"
        counts = self.view.counts(event, None if where == self.instance else self._locals)
        text, tag = words(int(self.table.at[event]), person)
        shown: Json = {
            "id": self.status_id(event),
            "uri": uri,
            "url": f"https://{where}/@{name}/{number}",
            "created_at": iso(int(self.table.at[event])),
            "edited_at": None,
            "account": self.account(person, where),
            "in_reply_to_id": None,
            "in_reply_to_account_id": None,
            "reblog": None,
            "quote": None,
            "visibility": self._visibility(event),
            "language": "en",
            "sensitive": False,
            "spoiler_text": "",
            "content": f'<p>{text} <a href="https://{where}/tags/{tag}" class="mention hashtag" rel="tag">#{tag}</a></p>',
            "mentions": [],
            "tags": [{"name": tag, "url": f"https://{self.instance}/tags/{tag}"}],
            "media_attachments": [],
            "emojis": [],
            "card": None,
            "poll": None,
            "replies_count": counts[REPLY],
            "reblogs_count": counts[SHARE],
            "favourites_count": counts[LIKE],
            "quotes_count": counts[QUOTE],
        }
        if kind == SHARE:
            boosted = None if "boost_of_deleted" in self.struck else self.status(about)
            shown |= {"uri": f"{uri}/activity", "url": f"{uri}/activity", "reblog": boosted, "tags": []}
            shown["content"] = boosted["content"] if boosted else ""
        elif kind in (REPLY, MENTION):
            there = home(self.world, target, int(self.table.at[event]))
            page = f"https://{there}/@{username(self.world, target)}"
            acct = username(self.world, target) + ("" if there == self.instance else f"@{there}")
            told = {"username": username(self.world, target), "url": page, "acct": acct}
            shown["mentions"] = [{"id": self.account_id(target, there)} | told]
            handle = f'<span class="h-card"><a href="{page}" class="u-url mention">@<span>{told["username"]}</span></a>'
            shown["content"] = shown["content"].replace("<p>", f"<p>{handle}</span> ", 1)
            if kind == REPLY:
                shown["in_reply_to_id"] = self.status_id(about) if self.view.visible[about] else None
                shown["in_reply_to_account_id"] = self.account_id(target, self._home_of(about))
        elif kind == QUOTE:
            state = "accepted" if self.view.visible[about] else "deleted"
            if "quote_not_accepted" in self.struck:
                state = UNACCEPTED[event % len(UNACCEPTED)]
            shown["quote"] = {"state": state, "quoted_status": self.status(about) if state == "accepted" else None}
        if "no_uri" in self.struck:
            del shown["uri"]
        return shown

    # -- ids

    def account_id(self, person: int, where: str) -> str:
        """The local id of an account."""
        number = (person * 2 + INSTANCES.index(where)) * ACCOUNT_STEP
        return str(FIRST_ACCOUNT + number + self.place * 17)

    def status_id(self, event: int, place: int | None = None) -> str:
        """The local id of a status: milliseconds, and 16 bits for its rank in its second."""
        millis = int(self.table.at[event]) * 1000 + (self.place if place is None else place) * 7
        return str(millis << 16 | int(self.table.rank[event]))

    def _key_of_status(self, number: int) -> int:
        """The place of a status id among the events, also of an id that no status has."""
        return int(np.searchsorted(self.table.at, (number >> 16) // 1000)) + (number & 0xFFFF)

    def _status_of(self, number: int) -> int:
        millis, rank = number >> 16, number & 0xFFFF
        event = self.view.find(millis // 1000, rank) if millis % 1000 == self.place * 7 else None
        if event is None or not self.view.whole[event] or self.table.kind[event] == LIKE:
            raise Refused(404, "Record not found")
        return event

    def _account_of(self, number: int) -> tuple[int, str]:
        key, rest = divmod(number - FIRST_ACCOUNT - self.place * 17, ACCOUNT_STEP)
        person, where = key // 2, INSTANCES[key % 2]
        if rest or not 0 <= person < self.view.people:
            raise Refused(404, "Record not found")
        self._check(person, where)
        return person, where

    def _check(self, person: int, where: str) -> None:
        """An account is where its person has been so far; who has closed it is gone."""
        if person % 3 == 0 and "accounts_not_found" in self.struck:
            raise Refused(404, "Record not found")
        if person % 3 == 0 and "accounts_gone" in self.struck:
            raise Refused(410, "Gone")
        if not self.world.present["mastodon"][person] or where not in (
            home(self.world, person, 0),
            home(self.world, person, self.view.now),
        ):
            raise Refused(404, "Record not found")
        if person in self.world.closed and not self.view.here[person]:
            raise Refused(410, "Gone")

    # -- parts

    def _home_of(self, event: int) -> str:
        return home(self.world, int(self.table.actor[event]), int(self.table.at[event]))

    @cached_property
    def _locals(self) -> np.ndarray:
        """For each person whether this is their home now."""
        here = np.arange(self.view.people) % 2 == self.place
        for person in self.world.moved:
            here[person] = home(self.world, person, self.view.now) == self.instance
        return here

    def _written_at(self, person: int, where: str) -> np.ndarray:
        rows = self.view.of_actor(person, (*WRITTEN, SHARE))
        since = self.world.moved.get(person, NEVER)
        there = home(self.world, person, 0) == where
        return rows[(self.table.at[rows] < since) == there]

    def _edges(self, person: int, where: str, part: str) -> Edges:
        """Followers move with the person; an instance knows only its own people's follows of somebody elsewhere."""
        edges = self.view.followers(person) if part == "followers" else self.view.follows(person)
        if home(self.world, person, self.view.now) != where:
            return edges[:0]
        return edges if where == self.instance else edges[self._locals[edges.other]]

    def _hides(self, person: int) -> bool:
        return person % 9 == 4

    def _visibility(self, event: int) -> str:
        if "private_statuses" in self.struck and event % 2:
            return ("private", "direct")[event // 2 % 2]
        return "unlisted" if self.table.kind[event] == POST and event % 11 == 5 else "public"

    def _limit(self, params: Params, usual: int, most: int) -> int:
        """As on the real hosts, a limit that is too large is silently cut."""
        text = params.get("limit", [""])[0]
        return max(1, min(most, int(text))) if text.isdecimal() and len(text) < 10 else usual

    def _page(
        self, path: str, params: Params, rows: Any, limit: int, key_of: Any, id_of: Any
    ) -> tuple[Any, str | None]:
        given = {}
        for name in ("max_id", "since_id", "min_id"):
            text = params.get(name, [""])[0]
            if text.isdecimal() and len(text) < 20:
                given[name] = max(-NEVER, min(NEVER, key_of(int(text))))
        for name in ("since_id", "min_id"):
            rows = rows[rows > given[name]] if name in given else rows
        if "min_id" in given and "max_id" not in given:
            rows = rows[-limit:]  # those next after min_id, still newest first
        shown, following = page(rows, limit, given.get("max_id"), self.struck)
        links = []
        base = self.base.replace("127.0.0.1", "other-host.example") if "link_elsewhere" in self.struck else self.base
        kept = {name: values[0] for name, values in params.items() if name not in ("max_id", "since_id", "min_id")}
        if following is not None:
            target = urlencode(kept | {"max_id": self._id(following, id_of)})
            links.append(f'<{base}{path}?{target}>; rel="next"')
        if len(shown) and not (following is None and "no_link_on_last_page" in self.struck):
            target = urlencode(kept | {"min_id": self._id(int(shown[0]), id_of)})
            links.append(f'<{base}{path}?{target}>; rel="prev"')
        return shown, ", ".join(links) or None

    def _id(self, key: int, id_of: Any) -> str:
        """An id for a key that may be nobody's (an empty page has to name something)."""
        try:
            return str(id_of(key))
        except IndexError:
            return str(9 * 10**18)
