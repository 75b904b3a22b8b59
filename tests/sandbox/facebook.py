"""The Graph API as Pages see it, over the invented world: some of the people own a Page, others comment on it and tag it.

Ids of people hold for one Page only. Who opted out, is protected or a minor hides from apps: their comments have no `from`.
Every list's `next` and `previous` repeat the token, `shares` is absent where nobody shared, times end in +0000. Only what
`fields` asks for is shown, and what is asked for wrongly fails the whole call. `Refused` is an error in the platform's form.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import numpy as np

from sandbox.history import LIKE, MENTION, NEVER, POST, QUOTE, REPLY, SHARE, View, numbered, page, username, words

HOST = "graph.pages.test"
TOKEN = "EAAinvented|page-token"  # with a sign that is escaped in addresses, as app tokens have
FIRST_PAGE, FIRST_PERSON = 100_000_000_000_000, 24_000_000_000_000_000
REACTIONS = ("LIKE", "LIKE", "LIKE", "LIKE", "LOVE", "LOVE", "CARE", "HAHA", "WOW", "SAD", "ANGRY")
METRICS = ("post_media_view", "post_total_media_view_unique", "post_clicks")
PAGE_FIELDS = "id,name,username,about,category,link,website,fan_count,followers_count,talking_about_count"
PAGE_FIELDS += ",verification_status"
POST_FIELDS = "id,created_time,updated_time,message,permalink_url,status_type,parent_id,from,message_tags,shares"
POST_FIELDS += ",reactions,comments"
COMMENT_FIELDS = "id,from,message,created_time,like_count,comment_count,parent"
#: Limit codes, and what else a rule may say on command.
CODES = {"code_4": 4, "code_17": 17, "code_32": 32, "code_613": 613, "code_80001": 80001}
Json = dict[str, Any]
Params = dict[str, list[str]]


class Refused(Exception):
    """An error in the Graph API's form. HTTP 400, mostly, whatever it is."""

    def __init__(self, code: int, message: str, status: int = 400, subcode: int | None = None) -> None:
        error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Ainvented"}
        self.status = status
        self.body: Json = {"error": error | ({"error_subcode": subcode} if subcode else {})}


def owns_page(person: int) -> bool:
    """Whether somebody has a Page."""
    return person % 8 == 5


def page_id(person: int) -> str:
    """The id of somebody's Page."""
    return str(FIRST_PAGE + person * 7_919)


def person_id(owner: int, person: int) -> str:
    """Who somebody is on one Page; on another it is another number. Beyond 2^53."""
    return str(FIRST_PERSON + owner * 10_000_019 + person)


def limited(clock: float, ends: int) -> tuple[int, Json, dict[str, str]]:
    """How it says that the limit is reached: HTTP 400, and minutes in a header."""
    minutes = max(1, -(-int(ends - clock) // 60))
    usage = f'{{"1":[{{"type":"pages","call_count":100,"estimated_time_to_regain_access":{minutes}}}]}}'
    refused = Refused(32, "(#32) Page request limit reached")
    refused.body["error"]["is_transient"] = True
    return refused.status, refused.body, {"X-Business-Use-Case-Usage": usage}


def usage(limit: int, remaining: int) -> dict[str, str]:
    """How it tells of its limit: in percent, and only of what is used."""
    used = (limit - max(0, remaining)) * 100 // limit
    return {"X-App-Usage": f'{{"call_count":{used},"total_time":{used // 2},"total_cputime":0}}'}


class Facebook:
    """What one request may ask, of one view; `struck` are the misbehaviours that strike this request."""

    def __init__(self, view: View, base: str, struck: frozenset[str]) -> None:
        self.view, self.base, self.struck = view, base, struck
        self.table, self.world = view.table, view.world

    def answer(self, path: str, params: Params, authorization: str) -> Json:
        """The body for one path."""
        token = params.get("access_token", [authorization.removeprefix("Bearer ")])[0]
        if token != TOKEN or "token_expired" in self.struck:
            raise Refused(190, "Error validating access token: the session has expired", subcode=463)
        if "no_permission" in self.struck:
            raise Refused(10, "(#10) This endpoint requires the 'pages_read_engagement' permission", 403)
        for name in self.struck & CODES.keys():
            raise Refused(CODES[name], f"(#{CODES[name]}) Request limit reached", 403)
        match = re.fullmatch(r"/v25\.0/([A-Za-z0-9._]+)(?:/([a-z_]+))?", path)
        if match is None:
            raise Refused(2500, "Unknown path components")
        name, edge = match.groups()
        if "_" in name and name.replace("_", "").isdecimal():
            return self._of_post(path, name, edge, params)
        owner = self._owner(name)
        if edge is None:
            return self._chosen(self.page(owner), params, PAGE_FIELDS)
        if edge == "published_posts":
            rows = self.view.of_actor(owner, (POST, SHARE))
            rows = rows[[self._is_shown(int(row)) for row in rows]]
            return self._list(path, params, self._in_time(rows, params), lambda row: self.post(row, params))
        if edge == "tagged":
            mine = self.view.whole & (self.table.kind == MENTION) & (self.table.target == owner)
            rows = np.flatnonzero(mine & (self.table.actor != owner))[::-1]
            return self._list(path, params, self._in_time(rows, params), lambda row: self.tagging(row, owner, params))
        raise Refused(2500, f"Unknown path components: /{edge}")

    def _of_post(self, path: str, name: str, edge: str | None, params: Params) -> Json:
        event = self._event(name)
        if edge is None:
            return self.post(event, params)
        if edge == "comments":
            rows = self.view.about(event, (REPLY,))[::-1]
            # Oldest first: the pages' keys fall, so those of the rows are turned around.
            return self._list(path, params, -rows, lambda key: self.comment(-key, params))
        if edge == "insights":
            return self.insights(event, name, params)
        raise Refused(2500, f"Unknown path components: /{edge}")

    # -- nodes

    def page(self, owner: int) -> Json:
        """A Page with all its fields."""
        name, view = username(self.world, owner), self.view
        followers = int(view.followers(owner).size)
        week = view.whole & (self.table.target == owner) & (self.table.at > view.now - 7 * 86_400)
        return {
            "id": page_id(owner),
            "name": f"{self.world.name(owner)}'s Page",
            "username": name.title(),
            "about": f"What {self.world.name(owner)} makes.",
            "category": "Community",
            "link": f"https://www.facebook.com/{page_id(owner)}",
            "website": f"https://{name.replace('_', '-')}.example/",
            "fan_count": followers * 9 // 10,
            "followers_count": followers,
            "talking_about_count": int(np.unique(self.table.actor[week]).size),
            "verification_status": ("not_verified", "blue_verified")[owner % 3 == 0],
        }

    def post(self, event: int, params: Params) -> Json:
        """A post, with the fields that were asked for."""
        at, owner = int(self.table.at[event]), int(self.table.actor[event])
        text, tag = words(at, owner)
        counts = self.view.counts(event)
        liked = self.view.about(event, (LIKE,)).tolist()
        shown: Json = {
            "id": self.post_id(event),
            "created_time": time(at),
            "updated_time": time(at + 60 * (event % 3)),
            "message": f"{text} #{tag}",
            "permalink_url": f"https://www.facebook.com/{page_id(owner)}/posts/{self.number(event)}",
            "status_type": "mobile_status_update",
            "from": {"id": page_id(owner), "name": f"{self.world.name(owner)}'s Page"},
        }
        if self.table.kind[event] == SHARE:  # without words of its own
            del shown["message"]
            shown |= {"status_type": "shared_story", "parent_id": self.post_id(int(self.table.about[event]))}
        shares = counts[SHARE] + counts[QUOTE]
        shown |= {"shares": {"count": shares}} if shares else {}
        edges = {"comments": [None] * counts[REPLY], "reactions": [REACTIONS[i % len(REACTIONS)] for i in liked]}
        return self._chosen(shown, params, POST_FIELDS, edges)

    def comment(self, event: int, params: Params) -> Json:
        """A comment, without its author where that is hidden."""
        at, actor, owner = (int(c[event]) for c in (self.table.at, self.table.actor, self.table.target))
        post = self.post_id(int(self.table.about[event])).partition("_")[2]
        shown: Json = {
            "id": f"{post}_{self.number(event)}",
            "message": words(at, actor)[0],
            "created_time": time(at),
            "like_count": 0,
            "comment_count": 0,
        }
        return self._chosen(shown | self._from(actor, owner), params, COMMENT_FIELDS)

    def tagging(self, event: int, owner: int, params: Params) -> Json:
        """A post of somebody else that tags the Page."""
        at, actor = int(self.table.at[event]), int(self.table.actor[event])
        shown: Json = {"id": f"{person_id(owner, actor)}_{self.number(event)}", "created_time": time(at)}
        shown |= {"message": words(at, actor)[0]} | self._from(actor, owner)
        return self._chosen(shown, params, POST_FIELDS)

    def insights(self, event: int, name: str, params: Params) -> Json:
        """Metrics of a post over its life; one that is not known fails them all."""
        wanted = params.get("metric", [""])[0].split(",")
        if not set(wanted) <= set(METRICS) - ({"post_media_view"} if "metric_withdrawn" in self.struck else set()):
            raise Refused(100, "(#100) The value must be a valid insights metric")
        acts = sum(self.view.counts(event))
        values = {
            "post_media_view": 40 + 25 * acts,
            "post_total_media_view_unique": 30 + 20 * acts,
            "post_clicks": acts,
        }
        data = [
            {
                "name": metric,
                "period": "lifetime",
                "values": [{"value": values[metric]}],
                "title": metric.replace("_", " ").capitalize(),
                "description": "Invented",
                "id": f"{name}/insights/{metric}/lifetime",
            }
            for metric in wanted
        ]
        return {"data": data}

    # -- ids

    def number(self, event: int) -> int:
        """What identifies an event: its second, and its rank within it. Beyond 2^53."""
        return int(self.table.at[event]) << 23 | int(self.table.rank[event])

    def post_id(self, event: int) -> str:
        """`pageid_postid`."""
        return f"{page_id(int(self.table.actor[event]))}_{self.number(event)}"

    def _event(self, name: str) -> int:
        number = int(name.partition("_")[2])
        event = self.view.find(number >> 23, number & 0x7FFFFF)
        if event is None or not self.view.whole[event] or not self._is_shown(event) or self.post_id(event) != name:
            raise self._missing(name)
        return event

    def _is_shown(self, event: int) -> bool:
        """Whether an event is a post of a Page: its own, or a story of another Page that it shares."""
        kind, target = int(self.table.kind[event]), int(self.table.target[event])
        return kind == POST or (kind == SHARE and owns_page(target) and target != int(self.table.actor[event]))

    def _owner(self, name: str) -> int:
        """Whose Page it is: by its id, or by its name."""
        if name.isdecimal():
            person, rest = divmod(int(name) - FIRST_PAGE, 7_919)
            known = rest == 0 and 0 <= person < self.view.people
        else:
            person = numbered(name, "_")
            known = 0 <= person < self.view.people and username(self.world, person) == name.lower()
        if known and owns_page(person) and self.view.here[person]:
            return person
        if name.isdecimal() or known:
            raise self._missing(name)
        raise Refused(803, f"(#803) Some of the aliases you requested do not exist: {name}", 404)

    def _missing(self, name: str) -> Refused:
        """Deleted, not published and forbidden look the same."""
        text = f"Unsupported get request. Object with ID '{name}' does not exist, cannot be loaded due to missing"
        return Refused(100, f"{text} permissions, or does not support this operation", subcode=33)

    # -- parts

    def _from(self, actor: int, owner: int) -> Json:
        world = self.world
        hidden = actor in world.opted_out or actor in world.protected or actor in world.minors
        if hidden or "hidden_authors" in self.struck:
            return {}
        return {"from": {"id": person_id(owner, actor), "name": world.name(actor)}}

    def _in_time(self, rows: Any, params: Params) -> Any:
        for name in ("since", "until"):
            text = params.get(name, [""])[0]
            if text.isdecimal() and len(text) < 12:
                at = self.table.at[rows]
                rows = rows[at >= int(text) if name == "since" else at < int(text)]
        return rows

    def _chosen(self, node: Json, params: Params, known: str, edges: dict[str, list[Any]] | None = None) -> Json:
        """The fields of a node that were asked for; edges by their summary."""
        shown = {"id": node["id"]}
        for text in re.findall(r"(?:[^,({]|\([^)]*\)|\{[^}]*\})+", params.get("fields", ["id"])[0]):
            name = re.split(r"[.({]", text, maxsplit=1)[0]
            if name not in known.split(","):
                raise Refused(100, f"(#100) Tried accessing nonexisting field ({name}) on node type (Node)")
            if edges is not None and name in edges:
                kind = re.search(r"\.type\(([A-Z]+)\)", text)
                items = [one for one in edges[name] if kind is None or one == kind[1]]
                alias = re.search(r"\.as\(([a-z_]+)\)", text)
                summary = {} if "no_summaries" in self.struck else {"summary": {"total_count": len(items)}}
                shown[alias[1] if alias else name] = {"data": [], **summary}
            elif name in node:
                shown[name] = node[name]
        return shown

    def _list(self, path: str, params: Params, keys: Any, node: Any) -> Json:
        text = params.get("limit", ["25"])[0]
        limit = max(1, min(100, int(text))) if text.isdecimal() and len(text) < 5 else 25
        after = _key_of(params["after"][0]) if "after" in params else None
        shown, following = page(keys, limit, after, self.struck)
        body: Json = {"data": [node(int(key)) for key in shown]}
        if not shown.size and following is None:
            return body
        first, last = (int(shown[0]), int(shown[-1])) if shown.size else (NEVER, NEVER)
        last = last if following is None else following
        body["paging"] = {"cursors": {"before": _cursor_of(first), "after": _cursor_of(last)}}
        kept = {name: values[0] for name, values in params.items() if name not in ("after", "before", "access_token")}
        target = f"{self.base}{path}?{urlencode({'access_token': TOKEN} | kept)}"
        if "next_elsewhere" in self.struck:
            target = target.replace("127.0.0.1", "other-host.example")
        if following is not None:
            body["paging"]["next"] = f"{target}&after={_cursor_of(following)}"
        if after is not None:
            body["paging"]["previous"] = f"{target}&before={_cursor_of(first)}"
        return body


def time(at: int) -> str:
    """Seconds as the Graph API writes them: no colon in the offset."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _cursor_of(key: int) -> str:
    return base64.urlsafe_b64encode(f"QVFI{key}".encode()).decode().rstrip("=")


def _key_of(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        return max(-NEVER, min(NEVER, int(text.removeprefix("QVFI"))))
    except ValueError as wrong:
        raise Refused(100, "(#100) Invalid cursors values") from wrong
