"""GitHub over the invented world: the hour files of GH Archive, and a little of the REST API (users, events, rate limit).

A post is a new repository; a like is a star on it, a share a fork, a reply a comment on its issue. GitHub has no quotes: they
are pull requests, which are replies too. A mention stands in a comment on the actor's own repository. What happened stays in
the files, whoever left since. An hour's file is there when the hour is over. Ids fall, as they have since 2025.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sandbox.history import LIKE, MENTION, POST, QUOTE, REPLY, SHARE, View, addresses, iso, login, numbered
from sandbox.world import World

ARCHIVE, API = "archive.events.test", "api.events.test"
LATEST = 4_000_000_000  # a second from which ids fall
TYPES = {
    POST: "CreateEvent",
    LIKE: "WatchEvent",
    SHARE: "ForkEvent",
    REPLY: "IssueCommentEvent",
    QUOTE: "PullRequestEvent",
    MENTION: "IssueCommentEvent",
}
FIRST_ID = 9_000
Json = dict[str, Any]
Params = dict[str, list[str]]


class Refused(Exception):
    """An error in GitHub's form."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.body = status, {"message": message, "documentation_url": "https://docs.github.com/rest"}


def name_of(world: World, person: int) -> str:
    """A person's login; a bot's says so."""
    return login(world, person) + ("[bot]" if person in world.bots else "")


def before_2015(event: Json) -> Json:
    """An event as the archive wrote it from 2012 to 2014: no id, a login for an actor, of comments numbers only."""
    owner, _, name = event["repo"]["name"].partition("/")
    payload, place = event["payload"] or {}, f"https://github.com/{owner}/{name}"
    if "issue" in payload:
        place += f"/issues/{payload['issue']['number']}#issuecomment-1"
        payload = {"issue_id": event["repo"]["id"], "comment_id": int(event["id"])}
    login = event["actor"]["login"]
    attributes = {"login": login, "type": "User", "gravatar_id": "", "email": f"{login}@example.org"}
    return {
        "created_at": event["created_at"].replace("Z", "-00:00"),
        "payload": payload,
        "public": True,
        "type": event["type"],
        "url": place,
        "actor": login,
        "actor_attributes": attributes,
        "repository": {
            "id": event["repo"]["id"],
            "name": name,
            "owner": owner,
            "url": f"https://github.com/{owner}/{name}",
        },
    }


class GitHub:
    """What one request may ask, of one view; `struck` are the misbehaviours that strike this request."""

    def __init__(self, view: View, base: str, struck: frozenset[str]) -> None:
        self.view, self.base, self.struck = view, base, struck
        self.table, self.world = view.table, view.world

    # -- the archive

    def hour_file(self, path: str) -> bytes:
        """One hour: `/2026-03-01-7.json.gz`, the hour not padded."""
        try:
            stem, _, rest = path.removeprefix("/").partition(".")
            day, _, hour = stem.rpartition("-")
            began = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=int(hour))
        except ValueError as wrong:
            raise Refused(404, "NoSuchKey") from wrong
        is_named_so = path == f"/{began:%Y-%m-%d}-{began.hour}.json.gz"
        ends = int(began.timestamp()) + 3600
        if rest != "json.gz" or not is_named_so or ends > self.view.now or "missing_hour" in self.struck:
            raise Refused(404, "NoSuchKey")
        rows = range(*self.table.at.searchsorted((ends - 3600, ends)).tolist())
        lines = [json.dumps(self.event(row)).encode() for row in rows]
        if "null_payloads" in self.struck:
            lines = [json.dumps(json.loads(line) | {"payload": None}).encode() for line in lines]
        if "duplicate_events" in self.struck:
            lines += lines
        if "new_types" in self.struck:
            lines += [json.dumps(json.loads(line) | {"type": "HologramEvent"}).encode() for line in lines[:3]]
        if "old_events" in self.struck:
            lines = [json.dumps(before_2015(json.loads(line))).encode() for line in lines]
        if "bad_lines" in self.struck:
            lines[1:1] = [b'{"id": "7", "type": "WatchEvent"', b"<html>", b"[]", lines[0] + lines[0]]
        if "one_line" in self.struck:
            del lines[1:]
        data = gzip.compress(b"".join(line + b"\n" for line in lines), mtime=0)
        return data[: len(data) // 2] if "cut_file" in self.struck else data

    def event(self, row: int) -> Json:
        """One event, as the archive has it."""
        at, kind, actor = int(self.table.at[row]), int(self.table.kind[row]), int(self.table.actor[row])
        post = row if kind == POST else int(self.table.about[row])
        owner = int(self.table.actor[post])
        repository = self._repository(owner, int(self.table.at[post]), int(self.table.rank[post]))
        payload: Json = {}
        if kind == POST:
            payload = {"ref": None, "ref_type": "repository", "master_branch": "main", "description": None}
            payload |= {"full_ref": "", "pusher_type": "user"}
        elif kind == LIKE:
            payload = {"action": "started"}
        elif kind == SHARE:
            payload = {
                "action": "forked",
                "forkee": {"full_name": f"{name_of(self.world, actor)}/{repository['name']}"},
            }
        elif kind == REPLY:
            payload = {"action": "created", "issue": {"number": 1}, "comment": {"body": "It works here."}}
        elif kind == QUOTE:
            payload = {"action": "opened", "number": 2, "pull_request": {"number": 2}}
        elif kind == MENTION:
            repository = self._repository(actor, None)
            said = f"As @{name_of(self.world, int(self.table.target[row]))} says: yes."
            payload = {"action": "created", "issue": {"number": 3}, "comment": {"body": said}}
        return {
            "id": str((LATEST - at) * 1000 + 999 - int(self.table.rank[row])),
            "type": TYPES[kind],
            "actor": self._actor(actor),
            "repo": repository,
            "payload": payload,
            "public": True,
            "created_at": iso(at)[:-5] + "Z",
        }

    def _actor(self, person: int) -> Json:
        name, number = name_of(self.world, person), FIRST_ID + person
        picture = f"https://avatars.events.test/u/{number}?"
        url = f"https://{API}/users/{name}"
        return {
            "id": number,
            "login": name,
            "display_login": name,
            "gravatar_id": "",
            "url": url,
            "avatar_url": picture,
        }

    def _repository(self, owner: int, at: int | None, rank: int = 0) -> Json:
        """The repository that a post was, or the one that everybody has."""
        name = f"{name_of(self.world, owner)}/{'talk' if at is None else f'Made-{at}-{rank}'}"
        number = owner if at is None else at * 1000 + rank
        return {"id": FIRST_ID + number, "name": name, "url": f"https://{API}/repos/{name}"}

    # -- REST

    def answer(self, path: str, params: Params, rate: tuple[int, int, int]) -> tuple[Any, dict[str, str]]:
        """Body and headers for one path of the REST API."""
        if path == "/rate_limit":
            limit, remaining, reset = rate
            told = {"limit": limit, "remaining": max(0, remaining), "reset": reset, "used": limit - max(0, remaining)}
            return {"resources": {"core": told, "search": told}, "rate": told}, {}
        _, what, name, *part = path.split("/")
        person = self._person(name)
        if what != "users" or person is None:
            raise Refused(404, "Not Found")
        if not part:
            return self.user(person), {}
        if part in (["followers"], ["following"]):
            edges = self.view.followers(person) if part == ["followers"] else self.view.follows(person)
            return self._page(path, params, edges.other.tolist(), self.simple)
        if part in (["events"], ["events", "public"]):
            rows = self.view.of_actor(person, tuple(TYPES))[:300]
            body, headers = self._page(path, params, rows.tolist(), self.event)
            return body, headers | {"X-Poll-Interval": "60"}
        raise Refused(404, "Not Found")

    def simple(self, person: int) -> Json:
        """Simple user."""
        url = f"{self.base}/users/{name_of(self.world, person)}"
        lists = ("followers", "subscriptions", "repos", "received_events", "organizations")
        names = {"organizations": "orgs"}
        parts = {f"{name}_url": f"{url}/{names.get(name, name)}" for name in lists}
        parts |= {f"{name}_url": f"{url}/{name}{{/more}}" for name in ("following", "gists", "starred", "events")}
        page = f"https://github.com/{name_of(self.world, person)}"
        return parts | {
            "login": name_of(self.world, person),
            "id": FIRST_ID + person,
            "node_id": f"U_{person}",
            "avatar_url": f"https://avatars.events.test/u/{FIRST_ID + person}",
            "gravatar_id": "",
            "url": url,
            "html_url": page,
            "type": "Bot" if person in self.world.bots else "User",
            "user_view_type": "public",
            "site_admin": False,
        }

    def user(self, person: int) -> Json:
        """Public user; of several pages elsewhere, GitHub has room for one."""
        view, world = self.view, self.world
        elsewhere = addresses(world, "github", person, view.now)
        made = f"{world.created(person).isoformat()}T00:00:00Z"
        return self.simple(person) | {
            "name": world.name(person),
            "company": None,
            "blog": elsewhere[0] if elsewhere else "",
            "location": None,
            "email": None,
            "hireable": None,
            "bio": " ".join(elsewhere[1:]) or None,
            "twitter_username": None,
            "public_repos": int(view.of_actor(person, (POST,)).size),
            "public_gists": 0,
            "followers": view.followers(person).size,
            "following": view.follows(person).size,
            "created_at": made,
            "updated_at": made,
        }

    def _person(self, name: str) -> int | None:
        person = numbered(name.removesuffix("[bot]"), "-")
        known = 0 <= person < self.view.people and name_of(self.world, person).lower() == name.lower()
        return person if known and self.view.here[person] else None

    def _page(
        self, path: str, params: Params, rows: list[int], item: Callable[[int], Json]
    ) -> tuple[list[Json], dict[str, str]]:
        size = min(100, int(params.get("per_page", ["30"])[0]))
        number = int(params.get("page", ["1"])[0])
        items = [item(row) for row in rows[(number - 1) * size : number * size]]
        if number * size >= len(rows):
            return items, {}
        following = urlencode({"per_page": size, "page": number + 1})
        return items, {"Link": f'<{self.base}{path}?{following}>; rel="next"'}
