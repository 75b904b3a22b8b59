"""LinkedIn's organisation API over the invented world: some of the people run an organisation, others react and comment.

Rest.li all over: versions in headers, URNs escaped in paths and inside List(...), pages by `start` and `count` whose `total`
may be missing, times in epoch milliseconds, ids that are snowflakes. `commentary` is little text. An organisation that
passes on another's post says so in `reshareContext`. `Refused` is an error in the platform's form.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import unquote, urlencode

from sandbox.history import LIKE, POST, QUOTE, REPLY, SHARE, View, username, words

HOST = "api.organisations.test"
TOKEN = "AQinvented-organisation-token"
FIRST, STEP = 2_000_003, 37
OLDEST_VERSION = 202508
REACTIONS = ("LIKE", "LIKE", "LIKE", "PRAISE", "EMPATHY", "INTEREST", "APPRECIATION", "ENTERTAINMENT")
Json = dict[str, Any]
Params = dict[str, list[str]]


class Refused(Exception):
    """An error in Rest.li's form."""

    def __init__(self, status: int, code: str, message: str, service_code: int = 0) -> None:
        self.status = status
        self.body: Json = {"status": status, "serviceErrorCode": service_code, "code": code, "message": message}


def runs_organisation(person: int) -> bool:
    """Whether somebody runs an organisation."""
    return person % 10 == 7


def organisation_urn(person: int) -> str:
    """The URN of somebody's organisation."""
    return f"urn:li:organization:{FIRST + person * STEP}"


def member_urn(person: int) -> str:
    """The URN of a member, as one app sees it."""
    return f"urn:li:person:{hashlib.sha256(f'member {person}'.encode()).hexdigest()[:10]}"


def actor_urn(actor: int, owner: int) -> str:
    """Who acts on an organisation's post: a member, or the organisation itself, by the name that its own pages give it."""
    return organisation_urn(owner).replace("organization", "company") if actor == owner else member_urn(actor)


def limited() -> tuple[int, Json, dict[str, str]]:
    """How it says that the day's quota is spent: without a time."""
    text = "Resource level throttle APPLICATION DAY limit for calls to this resource is reached."
    return 429, {"status": 429, "serviceErrorCode": 101, "message": text}, {}


def endpoint_of(path: str) -> str:
    """What is counted by itself: /rest/socialActions/…/comments is one endpoint."""
    parts = path.split("/")
    return "/".join([*parts[2:3], *parts[4:5]])


class LinkedIn:
    """What one request may ask, of one view; `struck` are the misbehaviours that strike this request."""

    def __init__(self, view: View, struck: frozenset[str]) -> None:
        self.view, self.struck = view, struck
        self.table, self.world = view.table, view.world

    def answer(self, path: str, query: str, params: Params, headers: Any) -> Json:
        """The body for one path, as it was written: with its escapes."""
        self._admit(headers)
        what, _, rest = path.removeprefix("/rest/").partition("/")
        if ":" in rest.replace("(entity:", ""):
            raise Refused(400, "ILLEGAL_ARGUMENT", "Invalid path: a URN's colons must be escaped")
        rest = unquote(rest)
        if what == "organizations" and rest.isdecimal():
            return self.organisation(self._owner(f"urn:li:organization:{rest}"))
        if what == "networkSizes" and params.get("edgeType") == ["COMPANY_FOLLOWED_BY_MEMBER"]:
            return {"firstDegreeSize": self.view.followers(self._owner(rest)).size}
        if what == "posts" and params.get("q") == ["author"]:
            return self.posts(path, params)
        if what == "socialMetadata":
            return self.several(query) if "ids" in params else self.metadata(self._event(rest))
        if what == "socialActions" and rest.endswith("/comments"):
            event = self._event(rest.removesuffix("/comments"))
            return self._list(path, params, self.view.about(event, (REPLY,))[::-1].tolist(), self.comment)
        found = (
            re.fullmatch(r"\(entity:(.+)\)", rest) if what == "reactions" and params.get("q") == ["entity"] else None
        )
        if found:
            event = self._event(found[1])
            return self._list(path, params, self.view.about(event, (LIKE,)).tolist(), self.reaction)
        raise Refused(404, "RESOURCE_NOT_FOUND", f"No virtual resource found for {what}")

    def _admit(self, headers: Any) -> None:
        """Token and versions."""
        if headers.get("Authorization") != f"Bearer {TOKEN}" or "token_expired" in self.struck:
            raise Refused(401, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired", 65_601)
        version = headers.get("LinkedIn-Version", "")
        if not version.isdecimal() or headers.get("X-Restli-Protocol-Version") != "2.0.0":
            raise Refused(400, "VERSION_MISSING", "A version must be present. Please specify a version")
        if int(version) < OLDEST_VERSION or "old_version" in self.struck:
            raise Refused(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")

    # -- entities

    def organisation(self, owner: int) -> Json:
        """An organisation."""
        name = self.world.name(owner)
        return {
            "id": int(organisation_urn(owner).rpartition(":")[2]),
            "localizedName": f"{name} & Co.",
            "vanityName": f"{username(self.world, owner).replace('_', '-')}-Co",
            "localizedWebsite": f"https://{username(self.world, owner).replace('_', '-')}.example/",
            "created": {"time": 1_300_000_000_000 + owner * 86_400_000},
        }

    def posts(self, path: str, params: Params) -> Json:
        """What an organisation published and passed on, last modified first."""
        author = params.get("author", [""])[0]
        rows = self.view.of_actor(self._owner(author), (POST, SHARE, QUOTE)).tolist()
        mine = [row for row in rows if self.table.kind[row] == POST or runs_organisation(int(self.table.target[row]))]
        mine.sort(key=lambda row: (-self._modified(row), row))
        return self._list(path, params, mine, self.post)

    def post(self, event: int) -> Json:
        """A post, or what passes one on."""
        at, owner, kind = (int(column[event]) for column in (self.table.at, self.table.actor, self.table.kind))
        text, tag = words(at, owner)
        friend = owner + 10 if owner + 10 < self.view.people else 7
        told = text.replace("no. ", "\\#") if event % 2 else text  # signs of little text are escaped
        tagged = f" with @[{self.world.name(friend)}]({organisation_urn(friend)})"
        shown: Json = {
            "id": self.urn(event),
            "author": organisation_urn(owner),
            "commentary": "" if kind == SHARE else f"{told} {{hashtag|\\#|{tag}}}{tagged if event % 7 == 3 else ''}",
            "createdAt": at * 1000,
            "publishedAt": at * 1000,
            "lastModifiedAt": self._modified(event) * 1000,
            "visibility": "PUBLIC",
            "lifecycleState": "PUBLISHED",
        }
        if "unpublished" in self.struck and event % 2:
            shown |= [{"lifecycleState": "DRAFT"}, {"visibility": "CONNECTIONS"}][event // 2 % 2]
        if kind in (SHARE, QUOTE):
            parent = self.urn(int(self.table.about[event]))
            shown["reshareContext"] = {"parent": parent, "root": parent}
        return shown

    def several(self, query: str) -> Json:
        """What is counted of several posts."""
        listed = re.search(r"(?:^|&)ids=List\(([^()]*)\)", query)
        if listed is None or ":" in listed[1]:
            raise Refused(400, "ILLEGAL_ARGUMENT", "Invalid query parameters: ids must be List(...) of escaped URNs")
        urns = [unquote(one) for one in listed[1].split(",")]
        results, errors = {}, {}
        for urn in urns:
            try:
                results[urn] = self.metadata(self._event(urn))
            except Refused as refused:
                errors[urn] = refused.body
        return {"results": results, "statuses": {urn: 200 for urn in results}, "errors": errors}

    def metadata(self, event: int) -> Json:
        """What is counted of a post."""
        kinds = [self._reaction(row) for row in self.view.about(event, (LIKE,)).tolist()]
        answers = self.view.counts(event)[REPLY]
        return {
            "reactionSummaries": {kind: {"count": kinds.count(kind)} for kind in sorted(set(kinds))},
            "commentSummary": {"count": answers, "topLevelCount": answers},
        }

    def comment(self, event: int) -> Json:
        """A comment."""
        at, about = (int(column[event]) for column in (self.table.at, self.table.about))
        actor, owner = int(self.table.actor[event]), int(self.table.target[event])
        return {
            "commentUrn": f"urn:li:comment:({self.urn(about)},{self._snowflake(event)})",
            "actor": actor_urn(actor, owner),
            "object": self.urn(about),
            "created": {"time": at * 1000},
            "message": {"text": words(at, actor)[0]},
            "likesSummary": {"totalLikes": 0},
        }

    def reaction(self, event: int) -> Json:
        """A reaction, whose actor only its stamps name."""
        at, who = int(self.table.at[event]), actor_urn(int(self.table.actor[event]), int(self.table.target[event]))
        stamp: Json = {"actor": who, "time": at * 1000}
        root = self.urn(int(self.table.about[event]))
        return {
            "id": f"urn:li:reaction:({who},{root})",
            "reactionType": self._reaction(event),
            "created": stamp,
            "lastModified": stamp,
            "root": root,
        }

    # -- ids

    def _snowflake(self, event: int) -> int:
        return int(self.table.at[event]) * 1000 << 22 | int(self.table.rank[event])

    def urn(self, event: int) -> str:
        """A post's URN: of two kinds, as history has it."""
        return f"urn:li:{('share', 'ugcPost')[event % 2]}:{self._snowflake(event)}"

    def _event(self, urn: str) -> int:
        found = re.fullmatch(r"urn:li:(?:share|ugcPost):(\d{1,19})", urn)
        number = int(found[1]) if found else 0
        event = self.view.find((number >> 22) // 1000, number & 0x3FFFFF)
        if event is None or not self.view.whole[event] or self.urn(event) != urn:
            raise Refused(404, "NOT_FOUND", f"{urn} not found")
        return event

    def _owner(self, urn: str) -> int:
        number = urn.removeprefix("urn:li:organization:")
        person, rest = divmod(int(number) - FIRST, STEP) if number.isdecimal() else (-1, 1)
        if rest or not 0 <= person < self.view.people or not runs_organisation(person) or not self.view.here[person]:
            raise Refused(404, "RESOURCE_NOT_FOUND", f"Could not find organization {number}")
        return person

    # -- parts

    def _reaction(self, event: int) -> str:
        return REACTIONS[event % len(REACTIONS)]

    def _modified(self, event: int) -> int:
        """Some posts are corrected an hour later."""
        at = int(self.table.at[event])
        return at + 3600 if event % 5 == 0 and at + 3600 <= self.view.now else at

    def _list(self, path: str, params: Params, rows: list[int], entity: Any) -> Json:
        start, count = (_number(params, name, usual) for name, usual in (("start", 0), ("count", 10)))
        count = max(1, min(100, count))
        begin, end = start, start + count
        if "empty_page" in self.struck:
            begin, end = start - count, end - count
        if "moving_item" in self.struck and begin > 0:
            begin -= 1
        if "short_pages" in self.struck:
            end = begin + max(1, count // 2)
        shown = [] if begin < 0 or "endless_pages" in self.struck else rows[begin:end]
        following = end if "empty_page" not in self.struck else end + count
        if "repeated_cursor" in self.struck and start:
            following = start
        links: list[Json] = []
        if end < len(rows) or begin < 0 or "endless_pages" in self.struck:
            kept = {n: v[0] for n, v in params.items() if n not in ("start", "count")}
            href = f"{path}?{urlencode({'start': following, 'count': count} | kept)}"
            links = [{"rel": "next", "type": "application/json", "href": href}]
        paging: Json = {"start": start, "count": count, "links": links}
        if "no_total" not in self.struck and path != "/rest/posts":
            paging["total"] = len(rows)
        return {"elements": [entity(row) for row in shown], "paging": paging}


def _number(params: Params, name: str, usual: int) -> int:
    text = params.get(name, [""])[0]
    return int(text) if text.isdecimal() and len(text) < 10 else usual
