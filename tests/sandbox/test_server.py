"""The sandbox against what it did not make itself: the platforms' specifications, other people's clients, the world's log."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import numpy as np
import pytest
import requests
from jsonschema import Draft202012Validator, FormatChecker

from sandbox import facebook, linkedin
from sandbox.history import NAMES, delayed
from sandbox.misbehaviour import MISBEHAVIOURS, WINDOW
from sandbox.server import LIMITS, Sandbox, seconds

NOW = "2026-03-07T12:00:00Z"
SINCE = date(2026, 3, 6)  # a short world, in which people leave and move all the time
UNLIMITED = {"bluesky": 10**9, "mastodon": 10**9}
BSKY_LISTS = {
    "app.bsky.feed.getAuthorFeed": ("actor", "feed"),
    "app.bsky.feed.getLikes": ("uri", "likes"),
    "app.bsky.feed.getRepostedBy": ("uri", "repostedBy"),
    "app.bsky.feed.getQuotes": ("uri", "posts"),
    "app.bsky.graph.getFollowers": ("actor", "followers"),
    "app.bsky.graph.getFollows": ("actor", "follows"),
}
COUNTED = {
    "app.bsky.feed.getLikes": "likeCount",
    "app.bsky.feed.getRepostedBy": "repostCount",
    "app.bsky.feed.getQuotes": "quoteCount",
}
COLLECTIONS = ("app.bsky.feed.post", "app.bsky.feed.like", "app.bsky.feed.repost", "app.bsky.graph.follow")


class Client:
    """A plain reader of one sandbox, with all misbehaviour off at first."""

    def __init__(self, box: Sandbox, name: str = "tests (nobody@example.org)") -> None:
        self.box, self.http = box, requests.Session()
        self.http.headers["User-Agent"] = name
        self.people = self.http.get(f"{box.urls['control']}/people").json()
        self.living = [person for person in self.on("bluesky") if "mastodon" in person["platforms"]]

    def on(self, platform: str) -> list[dict[str, Any]]:
        """Who is on a platform and has not been suspended or closed down in the end."""
        gone = {"suspended", "closed"}
        return [p for p in self.people if platform in p["platforms"] and not gone & {*p["marks"]}]

    def set(self, **state: Any) -> dict[str, Any]:
        """Change the sandbox's state."""
        answer = self.http.post(f"{self.box.urls['control']}/state", json=state)
        assert answer.ok, answer.text
        return answer.json()

    def log(self) -> list[dict[str, Any]]:
        """The requests so far."""
        return self.http.get(f"{self.box.urls['control']}/log").json()

    def bsky(self, method: str, **params: Any) -> requests.Response:
        """One XRPC request."""
        return self.http.get(f"{self.box.urls['bluesky']}/xrpc/{method}", params=params, timeout=10)

    def mastodon(self, instance: str, path: str, **params: Any) -> requests.Response:
        """One request to an instance."""
        return self.http.get(f"{self.box.urls['mastodon'][instance]}/api/v1/{path}", params=params, timeout=10)

    def bsky_all(self, method: str, name: str, **params: Any) -> list[Any]:
        """All items of a list, over all pages."""
        items: list[Any] = []
        for _ in range(1000):
            body = self.bsky(method, **{"limit": 100} | params).json()
            items += body[name]
            if "cursor" not in body:
                return items
            params["cursor"] = body["cursor"]
        raise AssertionError("endless")

    def mastodon_all(self, instance: str, path: str, **params: Any) -> list[Any]:
        """All items of a list, by its Link headers."""
        answer, items = self.mastodon(instance, path, **params), []
        for _ in range(1000):
            items += answer.json()
            if "next" not in answer.links:
                return items
            answer = self.http.get(answer.links["next"]["url"], timeout=10)
        raise AssertionError("endless")

    def account_id(self, person: dict[str, Any], instance: str | None = None) -> str:
        """The local id of a person's present account."""
        there = instance or person["instance"]
        acct = person["acct"] if there == person["instance"] else f"{person['acct']}@{person['instance']}"
        return self.mastodon(there, "accounts/lookup", acct=acct).json()["id"]

    def busiest(self) -> dict[str, Any]:
        """Somebody whose posts move many on both platforms, and who is alive and hides nothing."""
        return self.busy()[0]

    def busy(self) -> list[dict[str, Any]]:
        """Those who hide nothing, the busiest first."""
        acted_on = [Counter(self.box.view(name).table.target.tolist()) for name in ("bluesky", "mastodon")]
        open_ones = [person for person in self.living if person["person"] % 9 != 4]
        return sorted(open_ones, key=lambda p: min(counted[p["person"]] for counted in acted_on), reverse=True)

    def loved(self, by: str = "likeCount") -> Any:
        """The post of the busiest with the most likes, or with the most of something else."""
        feeds = [self.bsky_all("app.bsky.feed.getAuthorFeed", "feed", actor=p["did"]) for p in self.busy()[:10]]
        if by == "likeCount":
            del feeds[1:]
        return max((item["post"] for feed in feeds for item in feed if "reason" not in item), key=lambda post: post[by])

    def loved_status(self) -> tuple[str, Any]:
        """The status with the most favourites of the busiest, and its home."""
        person = self.busiest()
        statuses = self.mastodon_all(person["instance"], f"accounts/{self.account_id(person)}/statuses")
        return person["instance"], max(statuses, key=lambda status: status["favourites_count"])


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A short world that counts requests without ever refusing one."""
    with Sandbox(NOW, since=SINCE, limits=UNLIMITED) as made:
        yield made


@pytest.fixture
def client(box: Sandbox) -> Client:
    """A reader of the short world, which behaves and stands at NOW."""
    made = Client(box)
    made.set(now=NOW, misbehave=[], limits=UNLIMITED, clear_log=True)
    return made


# -- the specifications


class Lexicons:
    """Bluesky's lexicons as JSON Schema: objects closed, so that a misspelt field is found; open unions stay open."""

    FORMATS: ClassVar = {
        "did": r"^did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]$",
        "handle": r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$",
        "at-uri": r"^at://did:[a-z0-9:]+/[a-zA-Z.]+/[A-Za-z0-9._~:-]+$",
        "cid": r"^baf[a-z2-7]{56}$",
        "datetime": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
        "uri": r"^[a-z]+:[^\s]+$",
        "language": r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$",
        "nsid": r"^[a-zA-Z0-9.-]+$",
        "tid": r"^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$",
    }
    RECORDS = ("app.bsky.feed.post", "app.bsky.feed.like", "app.bsky.feed.repost", "app.bsky.graph.follow")

    def __init__(self, folder: Path) -> None:
        lexicons = [json.loads(file.read_text()) for file in folder.rglob("*.json")]
        self.ids = {lexicon["id"] for lexicon in lexicons}
        self.defs: dict[str, Any] = {}
        for lexicon in lexicons:
            for name, body in lexicon["defs"].items():
                self.defs[lexicon["id"] + ("" if name == "main" else f"#{name}")] = self.schema(body, lexicon["id"])
        self.known: dict[str, Draft202012Validator] = {}

    def check(self, method: str, body: Any) -> None:
        """Fail unless a body is what a method may answer."""
        if method not in self.known:
            assert method in self.defs, method
            self.known[method] = Draft202012Validator({"$ref": f"#/$defs/{method}", "$defs": self.defs})
        for error in self.known[method].iter_errors(body):
            raise AssertionError(f"{method} at {error.json_path}: {error.message[:500]}")

    def ref(self, ref: str, home: str) -> dict[str, Any]:
        """A reference, which may be local; nothing is known of what the folder does not hold."""
        full = home + ref if ref.startswith("#") else ref.removesuffix("#main")
        return {"$ref": f"#/$defs/{full}"} if full.partition("#")[0] in self.ids else {}

    def schema(self, body: dict[str, Any], home: str) -> dict[str, Any]:
        """One definition as JSON Schema."""
        kind = body["type"]
        if kind == "query":
            return self.schema(body["output"]["schema"], home)
        if kind == "record":
            return self.schema(body["record"], home)
        if kind == "ref":
            return self.ref(body["ref"], home)
        if kind == "union":
            cases = [self._case(ref if ref[0] != "#" else home + ref, self.ref(ref, home)) for ref in body["refs"]]
            return {
                "type": "object",
                "required": ["$type"],
                "properties": {"$type": {"type": "string"}},
                "allOf": cases,
            }
        if kind == "unknown":
            return {"type": "object", "allOf": [self._case(name, {"$ref": f"#/$defs/{name}"}) for name in self.RECORDS]}
        if kind == "array":
            return {"type": "array", "items": self.schema(body["items"], home)} | self._some(
                body, "maxLength", "maxItems"
            )
        if kind == "object":
            fields = {name: self.schema(field, home) for name, field in body.get("properties", {}).items()}
            closed = {"properties": fields | {"$type": {"type": "string"}}, "additionalProperties": False}
            return {"type": "object", "required": body.get("required", [])} | closed
        if kind in ("string", "integer", "boolean"):
            made = {"type": kind} | self._some(body, "minimum", "minimum") | self._some(body, "maximum", "maximum")
            made |= self._some(body, "const", "const") | self._some(body, "enum", "enum")
            return made | ({"pattern": self.FORMATS[body["format"]]} if body.get("format") in self.FORMATS else {})
        return {}  # procedures, tokens, bytes, blobs: nothing here sends them

    def _case(self, name: str, then: dict[str, Any]) -> dict[str, Any]:
        return {"if": {"properties": {"$type": {"const": name}}, "required": ["$type"]}, "then": then}

    def _some(self, body: dict[str, Any], name: str, as_name: str) -> dict[str, Any]:
        return {as_name: body[name]} if name in body else {}


class OpenApi:
    """Mastodon's specification, its main entities closed, and one defect of it mended."""

    CLOSED = ("Account", "Status", "Context", "StatusMention", "StatusTag", "Field", "Error")

    def __init__(self, file: Path) -> None:
        spec = json.loads(gzip.decompress(file.read_bytes()))
        self.paths, self.components = spec["paths"], spec["components"]
        entities = self.components["schemas"]
        quote = entities["Status"]["properties"]["quote"]
        quote["anyOf"] = quote.pop("oneOf")  # a Quote without a status is a ShallowQuote as well
        for name in self.CLOSED:
            entities[name]["additionalProperties"] = False

    def check(self, path: str, answer: requests.Response) -> None:
        """Fail unless an answer is what a path may answer."""
        told = self.paths[f"/api/v1/{path}"]["get"]["responses"][str(answer.status_code)]
        if "content" not in told:
            return
        schema = told["content"]["application/json"]["schema"] | {"components": self.components}
        for error in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(answer.json()):
            raise AssertionError(f"{path} at {error.json_path}: {error.message[:500]}")
        if answer.ok:
            for name in told["headers"]:
                assert name.startswith(("Link", "Mastodon")) or name in answer.headers, name


@pytest.fixture(scope="module")
def lexicons(shared_specs: Path) -> Lexicons:
    """Bluesky's shapes."""
    return Lexicons(shared_specs / "bluesky-lexicons")


@pytest.fixture(scope="module")
def openapi(shared_specs: Path) -> OpenApi:
    """Mastodon's shapes."""
    return OpenApi(shared_specs / "mastodon-openapi-4.7.json.gz")


def check_bluesky(client: Client, lexicons: Lexicons, people: list[dict[str, Any]]) -> int:
    """Every method for some people, and for the posts they wrote and boosted; gives how many answers were looked at."""
    looked = 0

    def ask(method: str, **params: Any) -> Any:
        nonlocal looked
        answer = client.bsky(method, **params)
        assert answer.ok, answer.text
        lexicons.check(method, answer.json())
        looked += 1
        return answer.json()

    ask("app.bsky.actor.getProfiles", actors=[person["did"] for person in people])
    for person in people:
        ask("app.bsky.actor.getProfile", actor=person["did"])
        feed = ask("app.bsky.feed.getAuthorFeed", actor=person["did"], limit=30, includePins="true")["feed"]
        uris = [item["post"]["uri"] for item in feed][:5]
        if uris:
            ask("app.bsky.feed.getPosts", uris=uris)
        for uri in uris[:3]:
            ask("app.bsky.feed.getPostThread", uri=uri)
            for method in ("getLikes", "getRepostedBy", "getQuotes"):
                ask(f"app.bsky.feed.{method}", uri=uri, limit=10)
        for method in ("getFollowers", "getFollows"):
            ask(f"app.bsky.graph.{method}", actor=person["did"], limit=10)
        for collection in COLLECTIONS:
            ask("com.atproto.repo.listRecords", repo=person["did"], collection=collection, limit=20)
    return looked


def check_mastodon(client: Client, openapi: OpenApi, people: list[dict[str, Any]]) -> int:
    """Every path for some people on both instances, and for what they wrote and boosted."""
    looked = 0

    def ask(instance: str, path: str, number: str = "", **params: Any) -> requests.Response:
        nonlocal looked
        answer = client.mastodon(instance, path.replace("{id}", number), **params)
        openapi.check(path, answer)
        looked += 1
        return answer

    for person in people:
        for instance in client.box.urls["mastodon"]:
            found = ask(instance, "accounts/lookup", acct=f"{person['acct']}@{person['instance']}")
            if not found.ok:
                continue
            number = found.json()["id"]
            ask(instance, "accounts/{id}", number)
            assert len(ask(instance, "accounts", **{"id[]": [number, "1"]}).json()) == 1
            for part in ("followers", "following"):
                ask(instance, f"accounts/{{id}}/{part}", number, limit=5)
            for status in ask(instance, "accounts/{id}/statuses", number, limit=6).json():
                shown = (status.get("reblog") or status)["id"]
                for path in ("statuses/{id}", "statuses/{id}/context"):
                    ask(instance, path, shown)
                for part in ("favourited_by", "reblogged_by"):
                    ask(instance, f"statuses/{{id}}/{part}", shown, limit=3)
    return looked


def chosen(client: Client) -> list[dict[str, Any]]:
    """The busiest, and one with each mark who is still here."""
    people = [client.busiest()]
    for mark in ("bots", "opted_out", "protected", "moved", "minors"):
        people += [person for person in client.living if mark in person["marks"]][:1]
    return people


def test_bluesky_answers_are_what_the_lexicons_say(client, lexicons):
    assert check_bluesky(client, lexicons, chosen(client)) > 80


def test_mastodon_answers_are_what_the_specification_says(client, openapi):
    leaving = [person for person in client.people if {"suspended", "closed"} & {*person["marks"]}]
    leaving = [person for person in leaving if "mastodon" in person["platforms"]]
    assert check_mastodon(client, openapi, chosen(client) + leaving) > 150


def test_misbehaviour_keeps_the_shapes_where_it_says_nothing_else(client, lexicons, openapi):
    """All that spoils content rather than form, at once."""
    content = ["absent_counts", "lying_times", "blocked_posts", "changed_handle", "unknown_embed", "reason_pin"]
    content += ["short_pages", "moving_item", "private_statuses", "quote_not_accepted", "boost_of_deleted"]
    client.set(misbehave=content)
    few = chosen(client)[:2]
    assert check_bluesky(client, lexicons, few) + check_mastodon(client, openapi, few) > 40


def test_the_specifications_are_strict_enough_to_find_a_slip(client, lexicons, openapi):
    person = client.busiest()
    feed = client.bsky("app.bsky.feed.getAuthorFeed", actor=person["did"]).json()
    spoilt: list[Any] = [json.loads(json.dumps(feed)) for _ in range(5)]
    posts = [body["feed"][0]["post"] for body in spoilt]
    posts[0]["likesCount"] = 1
    del posts[1]["author"]["did"]
    posts[2]["indexedAt"] = "yesterday"
    posts[3]["record"]["reply"] = {"root": {"uri": "at://x"}}
    posts[4]["likeCount"] = "3"
    for body in spoilt:
        with pytest.raises(AssertionError):
            lexicons.check("app.bsky.feed.getAuthorFeed", body)
    answer = client.mastodon(person["instance"], "accounts/lookup", acct=person["acct"])
    for change in ({"locked": None}, {"likes": 1}, {"id": 5}):
        answer._content = json.dumps(json.loads(answer.content) | change).encode()
        with pytest.raises(AssertionError):
            openapi.check("accounts/lookup", answer)


def test_refusals_have_the_platforms_forms(client, openapi):
    both = [person for person in client.people if {"bluesky", "mastodon"} <= {*person["platforms"]}]
    by_mark = {mark: person for person in both for mark in person["marks"]}
    refused = client.bsky("app.bsky.actor.getProfile", actor=by_mark["suspended"]["did"])
    assert (refused.status_code, refused.json()["error"]) == (400, "AccountTakedown")
    refused = client.bsky("com.atproto.repo.listRecords", repo=by_mark["closed"]["did"], collection=COLLECTIONS[0])
    assert refused.json()["error"] == "AccountDeactivated"
    for params in ({"limit": 101}, {"limit": 0}, {"limit": "many"}, {"cursor": "?"}):
        answer = client.bsky("app.bsky.feed.getAuthorFeed", actor=client.busiest()["did"], **params)
        assert (answer.status_code, answer.json()["error"]) == (400, "InvalidRequest"), params
    assert client.bsky("app.bsky.actor.getProfiles", actors=["did:plc:a"] * 26).status_code == 400
    assert client.bsky("app.bsky.feed.searchPosts").status_code == 501
    gone = client.bsky("app.bsky.feed.getPostThread", uri=client.loved()["uri"][:-3] + "zzz")
    assert gone.json()["error"] == "NotFound"
    closed, suspended = by_mark["closed"], by_mark["suspended"]
    assert client.mastodon(closed["instance"], "accounts/lookup", acct=closed["acct"]).status_code == 410
    account = client.mastodon(suspended["instance"], "accounts/lookup", acct=suspended["acct"]).json()
    assert account["suspended"]
    assert account["display_name"] == ""
    unknown = client.mastodon("alder.example", "statuses/1")
    assert unknown.status_code == 404
    openapi.check("statuses/{id}", unknown)
    assert client.http.get(f"{client.box.urls['bluesky']}/xrpc/x", headers={"Host": "evil.example"}).status_code == 403


# -- clients that others wrote


def test_the_atproto_client_reads_it(client):
    atproto = pytest.importorskip("atproto")
    exceptions = pytest.importorskip("atproto_client.exceptions")
    reader = atproto.Client(base_url=client.box.urls["bluesky"])
    person = client.busiest()
    profiles = reader.app.bsky.actor.get_profiles({"actors": [p["did"] for p in client.living[:25]]}).profiles
    assert [profile.handle for profile in profiles] == [p["handle"] for p in client.living[:25]]
    seen, cursor = [], None
    while True:
        page = reader.get_author_feed(person["did"], cursor=cursor, limit=2)
        seen += [item.post.uri for item in page.feed]
        cursor = page.cursor
        if not cursor:
            break
    assert len(seen) == len(set(seen)) > 3
    loved = client.loved()
    likes = reader.get_likes(loved["uri"], limit=100)
    assert len(likes.likes) == min(100, loved["likeCount"]) > 0
    assert reader.get_reposted_by(loved["uri"]).reposted_by
    thread = reader.get_post_thread(loved["uri"]).thread
    assert thread.post.record.text == loved["record"]["text"]
    assert len(thread.replies) == loved["replyCount"]
    assert reader.get_followers(person["did"]).followers
    found = reader.com.atproto.repo.list_records({"repo": person["did"], "collection": "app.bsky.feed.post"}).records
    assert atproto.AtUri.from_str(found[0].uri).collection == "app.bsky.feed.post"
    assert atproto.CID.decode(found[0].cid).version == 1
    with pytest.raises(exceptions.BadRequestError):
        reader.get_profile("nobody.murmur.test")


def test_mastodon_py_reads_it(client):
    library = pytest.importorskip("mastodon")
    instance, loved = client.loved_status()
    reader = library.Mastodon(
        api_base_url=client.box.urls["mastodon"][instance], version_check_mode="none", ratelimit_method="throw"
    )
    client.set(limits={"mastodon": 300})
    person = client.busiest()
    account = reader.account_lookup(person["acct"])
    assert account.uri == person["uri"]
    first = reader.account_statuses(account.id, limit=2)
    statuses = reader.fetch_remaining(first)
    assert len({status.id for status in statuses}) == len(statuses) == account.statuses_count > 3
    fans = reader.fetch_remaining(reader.status_favourited_by(loved["id"]))
    assert len(fans) == loved["favourites_count"] > 0
    assert len(reader.status_context(loved["id"]).descendants) == min(60, loved["replies_count"])
    followers = reader.fetch_remaining(reader.account_followers(account.id, limit=20))
    assert len({one.uri for one in followers}) == len(followers) == account.followers_count
    assert reader.ratelimit_remaining == 300 - sum(1 for entry in client.log() if "mastodonpy" in entry["client"])
    assert abs(reader.ratelimit_reset - time.time() - WINDOW) < 30  # it goes by the Date header
    client.set(misbehave=["too_many_requests"])
    with pytest.raises(library.MastodonRatelimitError):
        reader.account(account.id)


# -- the world's own log

Act = tuple[str, int, int, int, int]  # kind, who, when, author, when the post was written


def expected(box: Sandbox, platform: str, first: date = SINCE, now: str = NOW) -> set[Act]:
    """What the world says has happened by now, without those who are gone and what was deleted."""
    at = seconds(now)
    world, table = box.world, box.view(platform).table
    deleted = {row[:3] for row in zip(*_columns(table, "actor", "at", "kind", "gone"), strict=True) if row[3] <= at}
    gone = {person for people in (world.suspended, world.closed) for person, when in people.items() if when <= at}
    acts: set[Act] = set()
    for day in (first + timedelta(days=i) for i in range(2)):
        it = delayed(world, platform, day)
        rows = [("post", *row) for row in zip(*_columns(it, "author", "posted", "author", "posted"), strict=True)]
        posted, kinds = it.posted[it.post].tolist(), [NAMES[kind + 1] for kind in it.kind.tolist()]
        rows += list(zip(kinds, *_columns(it, "actor", "acted", "target"), posted, strict=True))
        for kind, who, when, author, posted in rows:
            hidden = {who, author} & gone or (author, posted, 0) in deleted or (who, when, NAMES.index(kind)) in deleted
            if when <= at and not hidden:
                acts.add((kind, who, when, author, posted))
    return acts


def _columns(table: Any, *names: str) -> list[list[int]]:
    return [getattr(table, name).tolist() for name in names]


def test_bluesky_shows_the_worlds_log(client, box):
    """Feeds and like lists give each act once, with its time; only whom a mention answered is not to be seen."""
    people = {person["did"]: person["person"] for person in client.people}
    acts, posts = [], {}
    for person in client.on("bluesky"):
        for item in client.bsky_all("app.bsky.feed.getAuthorFeed", "feed", actor=person["did"]):
            post, record = item["post"], item["post"]["record"]
            author, when = people[post["author"]["did"]], seconds(record["createdAt"])
            if "reason" in item:
                acts.append(("share", person["person"], int(seconds(item["reason"]["indexedAt"])), author, when))
            elif "reply" in record:
                parent = item["reply"]["parent"]
                if "notFound" not in parent:
                    about = people[parent["author"]["did"]], seconds(parent["record"]["createdAt"])
                    acts.append(("reply", author, when, *about))
            elif "embed" in record:
                quoted = post["embed"]["record"]
                if "notFound" not in quoted:
                    about = people[quoted["author"]["did"]], seconds(quoted["value"]["createdAt"])
                    acts.append(("quote", author, when, *about))
            elif any(facet["features"][0]["$type"].endswith("mention") for facet in record["facets"]):
                acts.append(("mention", author, when, people[record["facets"][0]["features"][0]["did"]], 0))
            else:
                posts[post["uri"]] = (author, when, post)
                acts.append(("post", author, when, author, when))
    for uri, (author, when, post) in posts.items():
        likes = client.bsky_all("app.bsky.feed.getLikes", "likes", uri=uri) if post["likeCount"] else []
        assert len(likes) == post["likeCount"]
        acts += [("like", people[x["actor"]["did"]], seconds(x["createdAt"]), author, when) for x in likes]
    assert len(acts) == len(set(acts))
    log = expected(box, "bluesky")
    mentioned = {(k, who, when, author, 0 if k == "mention" else at) for k, who, when, author, at in log}
    told = {act for act in set(acts) if act[0] != "mention"}
    assert told == {act for act in mentioned if act[0] != "mention"}
    # A mention stays where the post that caused it is gone: more are seen than the log without deletions has.
    assert {act for act in mentioned if act[0] == "mention"} <= {act for act in acts if act[0] == "mention"}
    assert len(told) > 300


def test_own_records_hold_likes_of_what_is_gone_too(client, box):
    now = seconds(NOW)
    table, here = box.view("bluesky").table, client.on("bluesky")
    away = {p["person"] for p in client.people} - {p["person"] for p in here}
    rows = zip(*_columns(table, "kind", "actor", "at"), strict=True)
    logged = sorted((who, at) for kind, who, at in rows if kind == 1 and at <= now and who not in away)
    found = []
    for person in here:
        records = client.bsky_all(
            "com.atproto.repo.listRecords", "records", repo=person["did"], collection="app.bsky.feed.like"
        )
        found += [(person["person"], seconds(record["value"]["createdAt"])) for record in records]
    assert sorted(found) == logged


def test_mastodon_shows_the_worlds_log(client, box):
    """Each home tells of its own; favourites have no time, and an answer to what is gone looks like a mention."""
    people = {
        f"https://{host}/users/{p['acct']}": p["person"]
        for p in client.people
        for host in ("alder.example", "birch.example")
    }
    acts, homes = [], []
    for person in client.on("mastodon"):
        homes.append((person["instance"], person))
        if "moved" in person["marks"]:
            homes.append((next(h for h in client.box.urls["mastodon"] if h != person["instance"]), person))
    posts: dict[str, Any] = {}
    boosted = []
    answers = []
    for instance, person in homes:
        account = client.mastodon(instance, "accounts/lookup", acct=person["acct"])
        if account.status_code == 404:
            continue  # not moved yet
        for status in client.mastodon_all(instance, f"accounts/{account.json()['id']}/statuses", limit=40):
            who, when = people[status["account"]["uri"]], seconds(status["created_at"])
            assert status["account"]["uri"] == account.json()["uri"]
            assert status["visibility"] in ("public", "unlisted")
            if status["reblog"]:
                boosted.append(("share", who, when, status["reblog"]))
            elif status["quote"]:
                if status["quote"]["state"] == "accepted":
                    boosted.append(("quote", who, when, status["quote"]["quoted_status"]))
            elif status["in_reply_to_id"]:
                answers.append((who, when, people[_uri(status["mentions"][0]["url"])]))
            elif not status["mentions"]:
                posts[status["uri"]] = (instance, status)
                acts.append(("post", who, when, who, when))
    acts += [(k, who, when, people[s["account"]["uri"]], seconds(s["created_at"])) for k, who, when, s in boosted]
    likes = []
    for instance, status in posts.values():
        path = f"statuses/{status['id']}/favourited_by"
        fans = client.mastodon_all(instance, path, limit=80) if status["favourites_count"] else []
        assert len(fans) == status["favourites_count"]
        author = people[status["account"]["uri"]]
        likes += [(people[fan["uri"]], author, seconds(status["created_at"])) for fan in fans]
    world = expected(box, "mastodon")
    assert len(acts) == len(set(acts))
    assert set(acts) == {act for act in world if act[0] in ("post", "share", "quote")}
    assert sorted(likes) == sorted((who, author, at) for kind, who, _, author, at in world if kind == "like")
    assert sorted(answers) == sorted((who, when, author) for kind, who, when, author, _ in world if kind == "reply")


def _uri(url: str) -> str:
    return url.replace("/@", "/users/")


def test_nothing_later_than_now_is_shown_and_counters_grow(client):
    person, counts = client.busiest(), []
    for now in ("2026-02-10T00:00:00Z", "2026-03-06T18:00:00Z", NOW):
        client.set(now=now)
        feed = client.bsky_all("app.bsky.feed.getAuthorFeed", "feed", actor=person["did"])
        assert all(seconds(item["post"]["record"]["createdAt"]) <= seconds(now) for item in feed)
        followers = client.bsky_all("app.bsky.graph.getFollowers", "followers", actor=person["did"])
        profile = client.bsky("app.bsky.actor.getProfile", actor=person["did"]).json()
        assert len(followers) == profile["followersCount"]
        home = client.mastodon(person["instance"], "accounts/lookup", acct=person["acct"]).json()
        path = f"accounts/{home['id']}/followers"
        assert home["followers_count"] == len(client.mastodon_all(person["instance"], path)) > 0
        counts.append((profile["followersCount"], len(feed)))
    followers, written = zip(*counts, strict=True)
    assert 0 < followers[0] < followers[-1]
    assert 0 == written[0] < written[1] < written[2]


# -- paging


@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize("method", BSKY_LISTS)
def test_bluesky_pages_give_each_item_once(client, method, limit):
    key, name = BSKY_LISTS[method]
    subject = client.loved(COUNTED.get(method, ""))["uri"] if key == "uri" else client.living[0]["did"]
    items = client.bsky_all(method, name, limit=limit, **{key: subject})
    assert items == client.bsky_all(method, name, limit=50, **{key: subject})
    known = [json.dumps(item) for item in items]
    assert len(known) == len(set(known)) > 0


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_records_turn_around(client, collection):
    asked = {"repo": client.living[0]["did"], "collection": collection, "limit": 2}
    there = client.bsky_all("com.atproto.repo.listRecords", "records", **asked)
    back = client.bsky_all("com.atproto.repo.listRecords", "records", reverse="true", **asked)
    assert there == back[::-1]
    assert [record["uri"] for record in there] == sorted({record["uri"] for record in there}, reverse=True)


def test_mastodon_pages_give_each_item_once(client):
    instance, loved = client.loved_status()
    number = client.account_id(client.busiest())
    for path in (f"accounts/{number}/statuses", f"accounts/{number}/followers", f"accounts/{number}/following"):
        if client.mastodon(instance, path).json():
            assert_paged(client, instance, path)
    for part in ("favourited_by", "reblogged_by"):
        assert_paged(client, instance, f"statuses/{loved['id']}/{part}")
    ids = [status["id"] for status in client.mastodon_all(instance, f"accounts/{number}/statuses")]
    middle = ids[len(ids) // 2]
    newer = ids[: ids.index(middle)]
    since = client.mastodon(instance, f"accounts/{number}/statuses", since_id=middle, limit=2).json()
    following = client.mastodon(instance, f"accounts/{number}/statuses", min_id=middle, limit=2).json()
    assert [status["id"] for status in since] == newer[:2]
    assert [status["id"] for status in following] == newer[-2:]


def assert_paged(client: Client, instance: str, path: str) -> None:
    """Small and large pages give the same; the last page has no next link."""
    small, large = (client.mastodon_all(instance, path, limit=limit) for limit in (3, 40))
    assert [item["id"] for item in small] == [item["id"] for item in large]
    assert len({item["id"] for item in small}) == len(small) > 0
    cursors = [entry["query"] for entry in client.log() if "max_id" in entry["query"] and path in entry["path"]]
    if "statuses" not in path:  # people are paged by ids that no page shows
        assert not any(item["id"] in query for query in cursors for item in small)


# -- the traps


def turn(client: Client, *names: str) -> None:
    """Misbehave in these ways only."""
    client.set(misbehave=list(names), clear_log=True)


def test_a_cursor_repeats(client):
    did = client.living[0]["did"]
    turn(client, "repeated_cursor")
    first = client.bsky("app.bsky.graph.getFollows", actor=did, limit=2).json()
    second = client.bsky("app.bsky.graph.getFollows", actor=did, limit=2, cursor=first["cursor"]).json()
    assert second["cursor"] == first["cursor"]
    path = f"accounts/{client.account_id(client.living[0])}/following"
    link = client.mastodon(client.living[0]["instance"], path, limit=2).links["next"]["url"]
    assert client.http.get(link).links["next"]["url"] == link


def test_an_empty_page_has_a_cursor_and_loses_nothing(client):
    did = client.living[0]["did"]
    all_of_them = client.bsky_all("app.bsky.graph.getFollows", "follows", actor=did)
    turn(client, "empty_page")
    first = client.bsky("app.bsky.graph.getFollows", actor=did).json()
    assert first["follows"] == []
    assert first["cursor"]
    assert client.bsky_all("app.bsky.graph.getFollows", "follows", actor=did) == all_of_them


def test_short_pages_lose_nothing(client):
    person = client.living[0]
    path = f"accounts/{client.account_id(person)}/following"
    follows = client.bsky_all("app.bsky.graph.getFollows", "follows", actor=person["did"])
    following = client.mastodon_all(person["instance"], path, limit=80)
    turn(client, "short_pages")
    assert len(client.bsky("app.bsky.graph.getFollows", actor=person["did"], limit=100).json()["follows"]) < len(
        follows
    )
    assert client.bsky_all("app.bsky.graph.getFollows", "follows", actor=person["did"]) == follows
    assert client.mastodon_all(person["instance"], path, limit=80) == following


def test_pages_never_end(client):
    turn(client, "endless_pages")
    cursors, asked = set(), {"actor": client.living[0]["did"]}
    for _ in range(20):
        page = client.bsky("app.bsky.graph.getFollows", **asked).json()
        assert page["follows"] == []
        cursors.add(page["cursor"])
        asked["cursor"] = page["cursor"]
    assert len(cursors) == 20
    answer = client.mastodon(client.living[0]["instance"], f"accounts/{client.account_id(client.living[0])}/followers")
    links = set()
    for _ in range(5):
        links.add(answer.links["next"]["url"])
        answer = client.http.get(answer.links["next"]["url"])
        assert answer.json() == []
    assert len(links) == 5


def test_an_item_moves_to_the_next_page(client):
    person = client.living[0]
    whole = client.bsky_all("app.bsky.graph.getFollows", "follows", actor=person["did"], limit=4)
    turn(client, "moving_item")
    seen = client.bsky_all("app.bsky.graph.getFollows", "follows", actor=person["did"], limit=4)
    assert len(seen) > len(whole)
    assert {one["did"] for one in seen} == {one["did"] for one in whole}


def test_bodies_that_are_not_the_answer(client):
    person = client.living[0]
    asks = [
        lambda: client.bsky("app.bsky.actor.getProfile", actor=person["did"]),
        lambda: client.mastodon(person["instance"], "accounts/lookup", acct=person["acct"]),
    ]
    for ask in asks:
        turn(client, "html=1")
        assert (ask().status_code, ask().headers["Content-Type"]) == (200, "application/json; charset=utf-8")
        turn(client, "html")
        assert ask().headers["Content-Type"] == "text/html; charset=utf-8"
        turn(client, "cut=1")
        with pytest.raises(requests.exceptions.RequestException):
            ask()
        assert ask().ok
        for name, status in (("unavailable", 503), ("broken", 500)):
            turn(client, f"{name}=2")
            assert [ask().status_code for _ in range(3)] == [status, status, 200]
    turn(client, "slow=1@getProfile")
    with pytest.raises(requests.exceptions.Timeout):
        client.http.get(f"{client.box.urls['bluesky']}/xrpc/app.bsky.actor.getProfile", timeout=0.3)


def test_a_redirect_leads_to_another_host(client):
    turn(client, "redirect_away")
    url = f"{client.box.urls['bluesky']}/xrpc/app.bsky.actor.getProfile"
    answer = client.http.get(
        url, params={"actor": client.living[0]["did"]}, headers={"Authorization": "Bearer planted"}, timeout=10
    )
    assert [step.status_code for step in answer.history] == [302]
    assert answer.url.startswith("http://localhost:")
    there = client.log()[-1]
    assert there["asked_host"].startswith("localhost")
    assert not there["authorization"]  # requests drops it for another host; the log is how a test sees that


def test_the_clock_is_ahead(client):
    person = client.living[0]
    honest = client.bsky("app.bsky.actor.getProfile", actor=person["did"]).headers["Date"]
    turn(client, "skewed_clock")
    skewed = client.bsky("app.bsky.actor.getProfile", actor=person["did"]).headers["Date"]
    assert (honest, skewed) == ("Sat, 07 Mar 2026 12:00:00 GMT", "Sat, 07 Mar 2026 15:00:00 GMT")
    reset = client.mastodon(person["instance"], "accounts/lookup", acct=person["acct"]).headers["X-RateLimit-Reset"]
    assert reset == "2026-03-07T15:05:00.000000Z"


def test_bluesky_traps(client):
    person = client.busiest()
    feed = ("app.bsky.feed.getAuthorFeed", "feed")
    honest = client.bsky_all(*feed, actor=person["did"])
    turn(client, "absent_counts")
    profile = client.bsky("app.bsky.actor.getProfile", actor=person["did"]).json()
    assert not {"followersCount", "followsCount", "postsCount"} & profile.keys()
    assert not any("likeCount" in item["post"] for item in client.bsky_all(*feed, actor=person["did"]))
    turn(client, "lying_times")
    posts = [item["post"] for item in client.bsky_all(*feed, actor=person["did"])]
    assert {post["record"]["createdAt"][:4] for post in posts} == {"1970", "2026", "2099"}
    assert {post["indexedAt"][:4] for post in posts} == {"2026"}
    turn(client, "reason_pin")
    pinned = client.bsky_all(*feed, actor=person["did"])
    assert pinned[0]["reason"]["$type"] == "app.bsky.feed.defs#reasonPin"
    assert pinned[1:] == honest
    assert pinned[0]["post"] in [item["post"] for item in honest]
    turn(client, "unknown_embed")
    kinds = {i["post"]["embed"]["$type"] for i in client.bsky_all(*feed, actor=person["did"]) if "embed" in i["post"]}
    assert "app.bsky.embed.hologram#view" in kinds
    turn(client, "blocked_posts")
    replies = client.bsky("app.bsky.feed.getPostThread", uri=client.loved("replyCount")["uri"]).json()["thread"][
        "replies"
    ]
    kinds = {node["$type"].partition("#")[2] for node in replies}
    assert kinds == {"blockedPost", "notFoundPost", "threadViewPost"}


def test_a_handle_changes_and_the_did_stays(client):
    person = next(person for person in client.living if person["person"] % 5 == 0)
    turn(client, "changed_handle")
    profile = client.bsky("app.bsky.actor.getProfile", actor=person["did"]).json()
    assert profile["did"] == person["did"]
    assert profile["handle"] == f"now-{person['handle']}"
    assert client.bsky("app.bsky.actor.getProfile", actor=profile["handle"]).json() == profile
    assert client.bsky("app.bsky.actor.getProfile", actor=person["handle"]).status_code == 400


def test_mastodon_traps(client):
    instance, loved = client.loved_status()
    path = f"accounts/{client.account_id(client.busiest())}/statuses"
    last = client.mastodon(instance, path, limit=40, max_id=client.mastodon_all(instance, path)[-3]["id"])
    assert set(last.links) == {"prev"}
    turn(client, "no_link_on_last_page")
    assert "Link" not in client.http.get(last.url).headers
    turn(client, "link_elsewhere")
    link = client.mastodon(instance, path, limit=2).links["next"]["url"]
    assert link.startswith("http://other-host.example:")
    turn(client, "private_statuses")
    assert {status["visibility"] for status in client.mastodon_all(instance, path)} >= {"public", "private", "direct"}
    turn(client, "quote_not_accepted", "boost_of_deleted")
    statuses = []
    for person in client.living[:160]:
        there = person["instance"]
        statuses += client.mastodon_all(there, f"accounts/{client.account_id(person)}/statuses", limit=40)
    quotes = [status["quote"] for status in statuses if status["quote"]]
    assert len({quote["state"] for quote in quotes}) > 2
    assert all(quote["state"] != "accepted" and quote["quoted_status"] is None for quote in quotes)
    boosts = [status for status in statuses if status["uri"].endswith("/activity")]
    assert boosts
    assert all(status["reblog"] is None for status in boosts)
    turn(client, "closed_instance@birch")
    birch = client.mastodon("birch.example", f"statuses/{loved['id']}")
    assert (birch.status_code, birch.json()["error"]) == (401, "This API requires an authenticated user")
    assert client.mastodon("alder.example", "accounts/lookup", acct=client.living[0]["acct"]).status_code != 401


def test_one_person_through_two_instances(client):
    person = client.busiest()
    home, copy = person["instance"], next(h for h in client.box.urls["mastodon"] if h != person["instance"])
    own, seen = (client.mastodon(h, f"accounts/{client.account_id(person, h)}").json() for h in (home, copy))
    assert own["uri"] == seen["uri"] == person["uri"]
    assert own["id"] != seen["id"]
    assert (own["acct"], seen["acct"]) == (person["acct"], f"{person['acct']}@{home}")
    assert seen["followers_count"] < own["followers_count"]
    statuses = [client.mastodon_all(h, f"accounts/{a['id']}/statuses") for h, a in ((home, own), (copy, seen))]
    assert [s["uri"] for s in statuses[0]] == [s["uri"] for s in statuses[1]]
    assert not {s["id"] for s in statuses[0]} & {s["id"] for s in statuses[1]}
    assert all(int(s["id"]) > 2**53 for s in statuses[0])
    likes = [sum(s["favourites_count"] for s in of) for of in statuses]
    assert 0 < likes[1] < likes[0]


def test_people_have_their_marks_on_both_platforms(client):
    some = [person for person in client.living if person["marks"] or person["person"] < 20]
    accounts = {p["person"]: client.mastodon(p["instance"], "accounts/lookup", acct=p["acct"]).json() for p in some}
    profiles = {p["person"]: client.bsky("app.bsky.actor.getProfile", actor=p["did"]).json() for p in some}
    marks = {p["person"]: p["marks"] for p in some}
    labels = {i: {label["val"] for label in profile["labels"]} for i, profile in profiles.items()}
    for i, account in accounts.items():
        assert account["noindex"] == bool({"opted_out", "protected"} & {*marks[i]})
        assert ("opted_out" in marks[i]) == ("!no-unauthenticated" in labels[i])
        assert account["bot"] == ("bots" in marks[i]) == ("bot" in labels[i])
        assert account["locked"] or "protected" not in marks[i]
    # Most have what the server or the form leaves, and lock their followers' list if they like; none of that is a no.
    says_nothing = [account for account in accounts.values() if not account["noindex"]]
    assert sum(not account["indexable"] for account in says_nothing) > len(says_nothing) / 2
    assert any(account["locked"] for account in says_nothing)
    assert {account["discoverable"] for account in accounts.values()} == {True, False, None}
    hidden = next(p for p in some if accounts[p["person"]]["hide_collections"])
    assert accounts[hidden["person"]]["followers_count"] > 0
    assert client.mastodon(hidden["instance"], f"accounts/{client.account_id(hidden)}/followers").json() == []
    moved = next(p for p in client.living if "moved" in p["marks"])
    old = next(h for h in client.box.urls["mastodon"] if h != moved["instance"])
    left = client.mastodon(old, "accounts/lookup", acct=moved["acct"]).json()
    assert left["moved"]["uri"] == moved["uri"] != left["uri"]


def test_every_misbehaviour_can_be_turned_on_and_others_are_refused(client):
    control = client.box.urls["control"]
    listed = client.http.get(f"{control}/misbehaviours").json()
    assert listed.keys() == MISBEHAVIOURS.keys()
    assert [rule["name"] for rule in client.set(misbehave=list(listed))["misbehave"]] == list(listed)
    for wrong in (
        {"misbehave": ["sulk"]},
        {"now": "soon"},
        {"limits": {"y": 1}},
        {"limits": {"bluesky": "2"}},
        {"now": "2099-01-01"},
        {"nonsense": 1},
        [1],
    ):
        assert client.http.post(f"{control}/state", json=wrong).status_code == 400, wrong


# -- rate limits


def test_bluesky_limit_is_counted_for_each_client_and_obedience_is_seen(client):
    client.set(limits={"bluesky": 3})
    other, did = Client(client.box, "another"), client.living[0]["did"]
    answers = [client.bsky("app.bsky.actor.getProfile", actor=did) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert other.bsky("app.bsky.actor.getProfile", actor=did).ok
    last = answers[-1]
    assert last.json()["error"] == "RateLimitExceeded"
    told = {name: last.headers[name] for name in ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Policy")}
    assert told == {"RateLimit-Limit": "3", "RateLimit-Remaining": "0", "RateLimit-Policy": "3;w=300"}
    assert int(last.headers["RateLimit-Reset"]) - seconds(NOW) == int(last.headers["Retry-After"]) == WINDOW
    client.set(advance=WINDOW - 1)
    assert client.bsky("app.bsky.actor.getProfile", actor=did).headers["Retry-After"] == "1"
    client.set(advance=1)
    assert client.bsky("app.bsky.actor.getProfile", actor=did).ok
    mine = [entry["status"] for entry in client.log() if entry["client"].endswith("tests (nobody@example.org)")]
    assert mine == [200, 200, 200, 429, 429, 429, 200]


def test_the_limit_is_exact_under_many_threads(client):
    client.set(limits={"bluesky": 50})
    url = f"{client.box.urls['bluesky']}/xrpc/app.bsky.actor.getProfile?actor={client.living[0]['did']}"
    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(lambda _: requests.get(url, timeout=10).status_code, range(80)))
    assert statuses == {200: 50, 429: 30}
    assert [entry["n"] for entry in client.log()] == list(range(client.log()[0]["n"], client.log()[0]["n"] + 80))


def test_mastodon_limit_is_per_host_in_windows_of_the_clock(client):
    client.set(now="2026-03-07T12:03:20Z", limits={"mastodon": 2})
    person = client.living[0]
    answers = [client.mastodon("alder.example", "accounts/lookup", acct=person["acct"]) for _ in range(3)]
    assert answers[-1].status_code == 429
    assert answers[-1].json() == {"error": "Too many requests"}
    assert answers[-1].headers["X-RateLimit-Reset"] == "2026-03-07T12:05:00.000000Z"
    assert "Retry-After" not in answers[-1].headers
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert client.mastodon("birch.example", "accounts/lookup", acct=person["acct"]).status_code != 429
    client.set(advance=100)
    assert client.mastodon("alder.example", "accounts/lookup", acct=person["acct"]).status_code != 429


def test_limits_on_command(client):
    did = client.living[0]["did"]
    turn(client, "too_many_requests=1")
    assert client.bsky("app.bsky.actor.getProfile", actor=did).headers["Retry-After"] == "300"
    turn(client, "too_many_requests_bare=1")
    bare = client.bsky("app.bsky.actor.getProfile", actor=did)
    assert bare.status_code == 429
    assert not [name for name in bare.headers if "ratelimit" in name.lower() or name == "Retry-After"]
    turn(client, "retry_after_zero=1")
    zero = client.bsky("app.bsky.actor.getProfile", actor=did)
    assert (zero.status_code, zero.headers["Retry-After"]) == (429, "0")
    assert client.bsky("app.bsky.actor.getProfile", actor=did).ok
    assert [entry["struck"] for entry in client.log()] == [["retry_after_zero"], []]


# -- the process


def test_two_processes_give_the_same_bytes_and_end_when_told():
    command = [sys.executable, "tests/sandbox/server.py", "--port", "0", "--now", NOW, "--people", "100"]
    here = Path(__file__).resolve().parents[2]
    started = [subprocess.Popen(command, cwd=here, stdin=-1, stdout=-1, text=True) for _ in range(2)]
    try:
        urls = [json.loads(process.stdout.readline()) for process in started]
        seen = []
        for url in urls:
            people = requests.get(f"{url['control']}/people").json()
            for person in people[:20]:
                asked = {"actor": person["did"], "limit": 5}
                answer = requests.get(f"{url['bluesky']}/xrpc/app.bsky.feed.getAuthorFeed", params=asked)
                home = url["mastodon"][person["instance"]]
                found = requests.get(f"{home}/api/v1/accounts/lookup", params={"acct": person["acct"]})
                number = found.json().get("id", 0)
                statuses = requests.get(f"{home}/api/v1/accounts/{number}/statuses", params={"limit": 2})
                link = statuses.headers.pop("Link", "").replace(home, "")  # the port is all that may differ
                seen.append([x for a in (answer, found, statuses) for x in (a.content, {**a.headers})] + [link])
        assert seen[:20] == seen[20:]
        started[0].stdin.close()
        started[1].send_signal(signal.SIGTERM)
        assert [process.wait(timeout=10) for process in started] == [0, 0]
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_a_large_world_answers_on_every_platform_and_tells_the_same_from_both_ends():
    """50,000 people: nothing that belongs to one of them is made before it is asked for."""
    people, unlimited = 50_000, dict.fromkeys(LIMITS, 10**9)
    with Sandbox("2026-03-14", people=people, since=date(2026, 3, 13), limits=unlimited) as box:
        client, world, urls = Client(box), box.world, box.urls
        pulled = [i for i in np.argsort(-world.pull).tolist() if all(it[i] for it in world.present.values())]
        [person] = box.people(pulled[0], 1)
        assert client.bsky("app.bsky.actor.getProfile", actor=person["handle"]).json()["did"] == person["did"]
        asked = {"actor": person["did"]}
        followers = client.bsky_all("app.bsky.graph.getFollowers", "followers", **asked)
        counted = client.bsky("app.bsky.actor.getProfile", **asked).json()["followersCount"]
        assert len({one["did"] for one in followers}) == len(followers) == counted > 2_000
        for follower in followers[:: counted // 5]:
            assert follower["did"] == box.names.did(box.names.person(follower["did"]))
            followed = client.bsky_all("app.bsky.graph.getFollows", "follows", actor=follower["did"])
            assert person["did"] in [one["did"] for one in followed]
        loved = client.bsky("app.bsky.feed.getAuthorFeed", **asked).json()["feed"][0]["post"]
        likes = client.bsky_all("app.bsky.feed.getLikes", "likes", uri=loved["uri"])
        assert len({like["actor"]["did"] for like in likes}) == len(likes) == loved["likeCount"]
        account = client.mastodon(person["instance"], "accounts/lookup", acct=person["acct"]).json()
        assert account["followers_count"] > 2_000
        bearer = {"Authorization": "Bearer any"}
        answer = client.http.get(f"{urls['x']}/2/users?ids={person['x']}", headers=bearer).json()
        assert answer["data"][0]["username"] == person["username"]
        answer = client.http.get(f"{urls['x']}/2/users/by?usernames={person['username']}", headers=bearer).json()
        assert answer["data"][0]["id"] == person["x"]
        page = next(i for i in pulled if facebook.owns_page(i))
        bearer = {"Authorization": f"Bearer {facebook.TOKEN}"}
        answer = client.http.get(f"{urls['facebook']}/{facebook.page_id(page)}/published_posts", headers=bearer)
        assert answer.json()["data"]
        owner = next(i for i in pulled if linkedin.runs_organisation(i))
        bearer = {"Authorization": f"Bearer {linkedin.TOKEN}", "LinkedIn-Version": "202605"}
        size = f"{urls['linkedin']}/networkSizes/{quote(linkedin.organisation_urn(owner), safe='')}"
        answer = client.http.get(
            f"{size}?edgeType=COMPANY_FOLLOWED_BY_MEMBER", headers=bearer | {"X-Restli-Protocol-Version": "2.0.0"}
        )
        assert answer.json()["firstDegreeSize"] > 1_000
        hour = client.http.get(f"{urls['gharchive']}/2026-03-13-3.json.gz").content
        assert len(gzip.decompress(hour).splitlines()) > 1_000
        user = client.http.get(f"{urls['github']}/users/{person['login']}").json()
        assert user["followers"] > 1_000
