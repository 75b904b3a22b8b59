"""Facebook and LinkedIn in the sandbox: their shapes, their traps, and the world's own log.

Nobody publishes a specification of these two that a machine can read. The schemas below were written down by hand from a
description of the interfaces, apart from the sandbox and from the readers, and closed; what the description leaves open
(insights, Rest.li's batches and links) is from memory. They find a slip, but they are not a second witness as
Bluesky's and Mastodon's specifications are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from jsonschema import Draft202012Validator

from sandbox import facebook, linkedin
from sandbox.history import LIKE, MENTION, POST, QUOTE, REPLY, SHARE
from sandbox.server import Sandbox

NOW = "2026-03-07T12:00:00Z"
SINCE = date(2026, 3, 1)
UNLIMITED = {"facebook": 10**9, "linkedin": 10**9}
FIELDS = "id,created_time,updated_time,message,permalink_url,status_type,from,message_tags,shares"
FIELDS += ",reactions.summary(total_count).limit(0),comments.summary(true).limit(0)"
FIELDS += ",reactions.type(LOVE).limit(0).summary(total_count).as(love)"
PAGE = "id,name,username,about,category,link,website,fan_count,followers_count,talking_about_count,verification_status"
COMMENT = "id,from,message,created_time,like_count,comment_count,parent"


def closed(required: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required.split(),
        "properties": fields,
        "additionalProperties": False,
    }


def listed(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


TEXT, NUMBER = {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 0}
DIGITS = {"type": "string", "pattern": r"^\d+$"}
GRAPH_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$"}
SOMEBODY = closed("id", id=DIGITS, name=TEXT)
TOTAL = closed("data summary", data={"const": []}, summary=closed("total_count", total_count=NUMBER))
GRAPH_PAGING = closed("cursors", cursors=closed("before after", before=TEXT, after=TEXT), next=TEXT, previous=TEXT)
GRAPH_POST = closed(
    "id",
    id={"type": "string", "pattern": r"^\d+_\d+$"},
    created_time=GRAPH_TIME,
    updated_time=GRAPH_TIME,
    message=TEXT,
    permalink_url=TEXT,
    status_type=TEXT,
    parent_id={"type": "string", "pattern": r"^\d+_\d+$"},
    message_tags={"type": "array"},
    shares=closed("count", count={"type": "integer", "minimum": 1}),
    reactions=TOTAL,
    comments=TOTAL,
    love=TOTAL,
    **{"from": SOMEBODY},
)
GRAPH_COMMENT = closed(
    "id",
    id={"type": "string", "pattern": r"^\d+_\d+$"},
    created_time=GRAPH_TIME,
    message=TEXT,
    like_count=NUMBER,
    comment_count=NUMBER,
    parent=closed("id", id=TEXT),
    **{"from": SOMEBODY},
)
METRIC = closed(
    "name period values id",
    name=TEXT,
    period={"enum": ["day", "lifetime"]},
    values=listed(closed("value", value=NUMBER, end_time=GRAPH_TIME)),
    title=TEXT,
    description=TEXT,
    id=TEXT,
)
GRAPH_ERROR = closed(
    "error",
    error=closed(
        "message type code fbtrace_id",
        message=TEXT,
        type=TEXT,
        code={"type": "integer"},
        error_subcode={"type": "integer"},
        is_transient={"type": "boolean"},
        fbtrace_id=TEXT,
    ),
)
GRAPH: dict[str, Any] = {
    "page": closed(
        "id",
        **dict.fromkeys(PAGE.split(",")[1:7], TEXT),
        id=DIGITS,
        **dict.fromkeys(("fan_count", "followers_count", "talking_about_count"), NUMBER),
        verification_status={"enum": ["not_verified", "blue_verified", "gray_verified"]},
    ),
    "published_posts": closed("data", data=listed(GRAPH_POST), paging=GRAPH_PAGING),
    "tagged": closed("data", data=listed(GRAPH_POST), paging=GRAPH_PAGING),
    "comments": closed("data", data=listed(GRAPH_COMMENT), paging=GRAPH_PAGING),
    "insights": closed("data", data=listed(METRIC), paging=GRAPH_PAGING),
}

MILLIS = {"type": "integer", "minimum": 10**12, "maximum": 10**13}
POST_URN = {"type": "string", "pattern": r"^urn:li:(share|ugcPost):\d{15,19}$"}
ORGANISATION = {"type": "string", "pattern": r"^urn:li:organization:\d+$"}
ACTOR = {"type": "string", "pattern": r"^urn:li:(company:\d+|person:[A-Za-z0-9_-]+)$"}
SUMMARY = closed("count", count=NUMBER, topLevelCount=NUMBER)
KINDS = ("LIKE", "PRAISE", "EMPATHY", "INTEREST", "APPRECIATION", "ENTERTAINMENT")
METADATA = closed(
    "reactionSummaries commentSummary",
    reactionSummaries={"type": "object", "propertyNames": {"enum": KINDS}, "additionalProperties": SUMMARY},
    commentSummary=SUMMARY,
)
RESTLI_PAGING = closed(
    "start count links",
    start=NUMBER,
    count=NUMBER,
    total=NUMBER,
    links=listed(closed("rel href", rel={"enum": ["next", "prev"]}, href=TEXT, type=TEXT)),
)


def elements(item: Any) -> dict[str, Any]:
    return closed("elements paging", elements=listed(item), paging=RESTLI_PAGING)


RESTLI_ERROR = closed("status message", status=NUMBER, serviceErrorCode=NUMBER, code=TEXT, message=TEXT)
RESTLI: dict[str, Any] = {
    "organizations": closed(
        "id localizedName",
        id={"type": "integer"},
        localizedName=TEXT,
        vanityName=TEXT,
        localizedWebsite=TEXT,
        created=closed("time", time=MILLIS),
    ),
    "networkSizes": closed("firstDegreeSize", firstDegreeSize=NUMBER),
    "posts": elements(
        closed(
            "id author createdAt lastModifiedAt visibility lifecycleState",
            id=POST_URN,
            author=ORGANISATION,
            commentary={"type": "string"},
            createdAt=MILLIS,
            publishedAt=MILLIS,
            lastModifiedAt=MILLIS,
            visibility={"enum": ["PUBLIC", "CONNECTIONS", "LOGGED_IN", "CONTAINER"]},
            lifecycleState={"enum": ["PUBLISHED", "DRAFT", "PUBLISH_REQUESTED", "PUBLISH_FAILED"]},
            content={"type": "object"},
            reshareContext=closed("parent", parent=POST_URN, root=POST_URN),
        )
    ),
    "socialMetadata": closed(
        "results",
        results={"type": "object", "additionalProperties": METADATA},
        statuses={"type": "object", "additionalProperties": NUMBER},
        errors={"type": "object", "additionalProperties": RESTLI_ERROR},
    ),
    "socialActions": elements(
        closed(
            "commentUrn actor object created message",
            commentUrn={"type": "string", "pattern": r"^urn:li:comment:\(urn:li:[a-zA-Z]+:\d+,\d+\)$"},
            actor=ACTOR,
            object=POST_URN,
            created=closed("time", time=MILLIS),
            message=closed("text", text=TEXT),
            parentComment=TEXT,
            likesSummary=closed("totalLikes", totalLikes=NUMBER),
        )
    ),
    "reactions": elements(
        closed(
            "id reactionType created lastModified root",
            id={"type": "string", "pattern": r"^urn:li:reaction:\(urn:li:[a-z]+:[\w-]+,urn:li:[a-zA-Z]+:\d+\)$"},
            reactionType={"enum": KINDS},
            created=closed("actor time", actor=ACTOR, time=MILLIS),
            lastModified=closed("actor time", actor=ACTOR, time=MILLIS),
            root=POST_URN,
        )
    ),
}


VALIDATORS: dict[int, Draft202012Validator] = {}


def check(schema: dict[str, Any], body: Any) -> None:
    validator = VALIDATORS.setdefault(id(schema), Draft202012Validator(schema))
    for error in validator.iter_errors(body):
        raise AssertionError(f"{error.json_path}: {error.message[:500]}")


class Client:
    """A plain reader of both, which checks every answer's shape."""

    def __init__(self, box: Sandbox) -> None:
        self.box, self.http, self.looked = box, requests.Session(), 0
        self.people = box.people(0, 10_000)
        living = [one for one in self.people if not {"suspended", "closed"} & {*one["marks"]}]
        self.pages = [one["page"] for one in living if one["page"]]
        self.organisations = [one["organisation"] for one in living if one["organisation"]]

    def graph(self, path: str, token: str = facebook.TOKEN, **params: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.http.get(f"{self.box.urls['facebook']}/{path}", params=params, headers=headers, timeout=10)
        edge = path.partition("/")[2] or "page"
        check(GRAPH[edge] if answer.ok else GRAPH_ERROR, answer.json())
        self.looked += 1
        return answer

    def graph_all(self, path: str, **params: Any) -> list[Any]:
        body, items = self.graph(path, **params).json(), []
        for _ in range(1000):
            items += body["data"]
            if "next" not in body.get("paging", {}):
                return items
            body = self.graph(path, **{**params, "after": body["paging"]["cursors"]["after"]}).json()
        raise AssertionError("endless")

    def rest(self, path: str, query: str = "", **headers: Any) -> requests.Response:
        given = {"LinkedIn-Version": "202606", "X-Restli-Protocol-Version": "2.0.0"} | headers
        given |= {"Authorization": f"Bearer {linkedin.TOKEN}"}
        url = f"{self.box.urls['linkedin']}/{path}{f'?{query}' if query else ''}"
        answer = self.http.get(url, headers={name: value for name, value in given.items() if value}, timeout=10)
        check(RESTLI[path.partition("/")[0]] if answer.ok else RESTLI_ERROR, answer.json())
        self.looked += 1
        return answer

    def rest_all(self, path: str, query: str = "", count: int = 100) -> list[Any]:
        start, items = 0, []
        for _ in range(1000):
            body = self.rest(path, f"{query}{'&' if query else ''}start={start}&count={count}").json()
            items += body["elements"]
            following = [link["href"] for link in body["paging"]["links"] if link["rel"] == "next"]
            if not following:
                return items
            start = int(parse_qs(urlsplit(following[0]).query)["start"][0])
        raise AssertionError("endless")

    def posts(self, organisation: str, count: int = 100) -> list[Any]:
        return self.rest_all("posts", f"q=author&author={escaped(organisation)}&sortBy=LAST_MODIFIED", count)


def escaped(urn: str) -> str:
    return quote(urn, safe="")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(NOW, since=SINCE, limits=UNLIMITED) as made:
        yield made


@pytest.fixture
def client(box: Sandbox) -> Client:
    box.change({"now": NOW, "misbehave": [], "limits": UNLIMITED, "clear_log": True})
    return Client(box)


def acts(box: Sandbox, platform: str, owners: set[int], *kinds: int) -> list[tuple[int, int, int]]:
    """Who did one of these kinds to which of the owners and when, as the world's view has it."""
    view = box.view(platform)
    table = view.table
    rows = zip(*(c.tolist() for c in (view.whole, table.kind, table.actor, table.target, table.at)), strict=True)
    return sorted((who, whom, at) for seen, kind, who, whom, at in rows if seen and kind in kinds and whom in owners)


# -- shapes and the world's log


def test_pages_show_the_worlds_log(client, box):
    """Posts, comments and tags are the world's; shares and reactions are its numbers; those who hide have no name."""
    comments, tags, liked, shared, posted = [], [], 0, 0, 0
    hidden = box.world.opted_out | box.world.protected | box.world.minors
    owners = {one["page"]: one["person"] for one in client.people if one["page"]}
    for page in client.pages[:20]:
        owner = owners[page]
        assert client.graph(page, fields=PAGE).json()["id"] == page
        for post in client.graph_all(f"{page}/published_posts", fields=FIELDS, limit=5):
            posted += 1
            liked += post["reactions"]["summary"]["total_count"]
            assert post["love"]["summary"]["total_count"] <= post["reactions"]["summary"]["total_count"]
            shared += post.get("shares", {"count": 0})["count"]
            said = client.graph_all(f"{post['id']}/comments", fields=COMMENT, filter="stream", limit=2)
            assert len(said) == post["comments"]["summary"]["total_count"]
            comments += [(one.get("from", {}).get("id"), owner, one["created_time"]) for one in said]
        for tag in client.graph_all(f"{page}/tagged", fields="id,from,created_time"):
            tags.append((tag.get("from", {}).get("id"), owner, tag["created_time"]))

    def named(who: int, whom: int, at: int) -> tuple[str | None, int, str]:
        return None if who in hidden else facebook.person_id(whom, who), whom, facebook.time(at)

    own = "facebook", {owners[page] for page in client.pages[:20]}
    assert sorted(comments, key=str) == sorted((named(*act) for act in acts(box, *own, REPLY)), key=str)
    assert sorted(tags, key=str) == sorted((named(*a) for a in acts(box, *own, MENTION) if a[0] != a[1]), key=str)
    assert liked == len(acts(box, *own, LIKE)) > 20
    assert shared == len(acts(box, *own, SHARE, QUOTE)) > 2
    assert posted > 20
    assert client.looked > 50


def test_organisations_show_the_worlds_log(client, box):
    reactions, comments, counted = [], [], 0
    owners = {one["organisation"]: one["person"] for one in client.people if one["organisation"]}
    for urn in client.organisations[:15]:
        owner = owners[urn]
        client.rest(f"organizations/{urn.rpartition(':')[2]}")
        client.rest(f"networkSizes/{escaped(urn)}", "edgeType=COMPANY_FOLLOWED_BY_MEMBER")
        posts = [post for post in client.posts(urn, count=3) if "reshareContext" not in post]
        told = {}
        if posts:
            ids = ",".join(escaped(post["id"]) for post in posts)
            told = client.rest("socialMetadata", f"ids=List({ids})").json()["results"]
        for post in posts:
            found = client.rest_all(f"reactions/(entity:{escaped(post['id'])})", "q=entity", count=5)
            assert sum(kind["count"] for kind in told[post["id"]]["reactionSummaries"].values()) == len(found)
            reactions += [(r["created"]["actor"], owner, r["created"]["time"] // 1000) for r in found]
            said = client.rest_all(f"socialActions/{escaped(post['id'])}/comments", count=5)
            counted += told[post["id"]]["commentSummary"]["count"]
            comments += [(c["actor"], owner, c["created"]["time"] // 1000) for c in said]
    run = "linkedin", {owners[urn] for urn in client.organisations[:15]}
    assert sorted(reactions) == sorted((linkedin.actor_urn(w, o), o, at) for w, o, at in acts(box, *run, LIKE))
    assert sorted(comments) == sorted((linkedin.actor_urn(w, o), o, at) for w, o, at in acts(box, *run, REPLY))
    assert counted == len(comments) > 5
    assert len(reactions) > 50


def test_an_organisation_passes_on_what_another_said(client, box):
    reshared = [post for urn in client.organisations for post in client.posts(urn) if "reshareContext" in post]
    view, runs = box.view("linkedin"), linkedin.runs_organisation
    table = view.table
    between = [
        row
        for row in view.whole.nonzero()[0].tolist()
        if table.kind[row] in (SHARE, QUOTE) and runs(int(table.actor[row])) and runs(int(table.target[row]))
    ]
    assert len(reshared) == len(between) > 0
    assert {bool(post["commentary"]) for post in reshared} <= {True, False}


def test_posts_come_last_modified_first_and_some_are_corrected(client):
    posts = [client.posts(urn) for urn in client.organisations]
    assert all(
        [p["lastModifiedAt"] for p in of] == sorted((p["lastModifiedAt"] for p in of), reverse=True) for of in posts
    )
    assert any(post["lastModifiedAt"] > post["publishedAt"] for of in posts for post in of)
    assert all((int(p["id"].rpartition(":")[2]) >> 22) == p["publishedAt"] for of in posts for p in of)


# -- what each asks for


def test_a_token_is_needed(client):
    page = client.pages[0]
    for token in ("", "other"):
        answer = client.graph(page, token=token, fields="id")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, 190)
    url = f"{client.box.urls['linkedin']}/organizations/1"
    assert requests.get(url, timeout=10).status_code == 401


def test_a_field_or_metric_that_is_unknown_fails_the_whole_call(client):
    page = client.pages[0]
    assert client.graph(page, fields="id,sponsor").json()["error"]["code"] == 100
    [post, *_] = client.graph(f"{page}/published_posts", fields="id").json()["data"]
    assert post.keys() == {"id"}
    assert client.graph(f"{post['id']}/insights", metric="post_media_view,post_clicks").ok
    for metric in ("post_impressions", "post_media_view,post_impressions"):
        assert client.graph(f"{post['id']}/insights", metric=metric).json()["error"]["code"] == 100


def test_urns_must_be_escaped_and_versions_said(client):
    urn = client.organisations[0]
    asked = f"q=author&author={escaped(urn)}"
    assert client.rest("posts", asked).ok
    assert client.rest(f"networkSizes/{urn}", "edgeType=COMPANY_FOLLOWED_BY_MEMBER").status_code == 400
    assert client.rest("socialMetadata", "ids=List(urn:li:share:1)").status_code == 400
    assert client.rest("posts", asked, **{"LinkedIn-Version": None}).status_code == 400
    assert client.rest("posts", asked, **{"LinkedIn-Version": "202507"}).status_code == 426
    assert client.rest("posts", asked, **{"X-Restli-Protocol-Version": "1.0.0"}).status_code == 400


def test_those_who_left_are_gone(client):
    gone = [one for one in client.people if {"suspended", "closed"} & {*one["marks"]}]
    client.box.change({"now": "2026-03-08T12:00:00Z"})
    for one in gone:
        if one["page"]:
            error = client.graph(one["page"], fields="id").json()["error"]
            assert (error["code"], error["error_subcode"]) == (100, 33)
        if one["organisation"]:
            assert client.rest(f"organizations/{one['organisation'].rpartition(':')[2]}").status_code == 404
    assert any(one["page"] or one["organisation"] for one in gone)
    assert client.graph("nobody.at.all", fields="id").status_code == 404


def test_since_and_until(client, box):
    page = client.pages[0]
    posts = client.graph_all(f"{page}/published_posts", fields="id,created_time")
    view = box.view("facebook")
    at = int(view.table.at[view.of_actor(client.people[5]["person"], (POST,))][0])
    assert posts[0]["created_time"] == facebook.time(at)
    later = client.graph_all(f"{page}/published_posts", fields="id", since=at)
    earlier = client.graph_all(f"{page}/published_posts", fields="id", until=at)
    assert [post["id"] for post in posts] == [post["id"] for post in later + earlier]
    assert len(later) == 1


# -- the traps


def turn(client: Client, *names: str, **limits: int) -> None:
    client.box.change({"misbehave": list(names), "limits": UNLIMITED | limits, "clear_log": True})


def busy(client: Client) -> tuple[str, list[Any]]:
    """The path of the comments of the post with the most, and these."""
    posts = [p for page in client.pages for p in client.graph_all(f"{page}/published_posts", fields=FIELDS)]
    path = max(posts, key=lambda post: post["comments"]["summary"]["total_count"])["id"] + "/comments"
    return path, client.graph_all(path, fields=COMMENT)


def test_next_repeats_the_token_and_the_last_page_has_none(client):
    path, _ = busy(client)
    first = client.graph(path, fields=COMMENT, limit=1).json()["paging"]
    assert parse_qs(urlsplit(first["next"]).query)["access_token"] == [facebook.TOKEN]
    last = client.graph(path, fields=COMMENT, limit=100).json()["paging"]
    assert last.keys() == {"cursors"}
    turn(client, "next_elsewhere")
    assert "other-host.example" in client.graph(path, fields=COMMENT, limit=1).json()["paging"]["next"]


def test_graph_pages_may_be_empty_short_or_repeat(client):
    path, whole = busy(client)
    asked = {"fields": COMMENT, "limit": 3}
    assert len(whole) > 3
    assert client.graph_all(path, **asked) == whole
    turn(client, "empty_page")
    first = client.graph(path, **asked).json()
    assert first["data"] == []
    assert "next" in first["paging"]
    assert client.graph_all(path, **asked) == whole
    turn(client, "short_pages")
    assert client.graph_all(path, **asked) == whole
    turn(client, "moving_item")
    moved = client.graph_all(path, **asked)
    assert len(moved) > len(whole)
    turn(client, "repeated_cursor")
    second = client.graph(path, **asked, after=first["paging"]["cursors"]["after"]).json()["paging"]["cursors"]["after"]
    assert client.graph(path, **asked, after=second).json()["paging"]["cursors"]["after"] == second
    turn(client, "hidden_authors")
    assert not any("from" in comment for comment in client.graph_all(path, **asked))


def test_restli_pages_may_be_empty_short_or_repeat(client):
    posts = [post["id"] for urn in client.organisations for post in client.posts(urn)]
    paths = [f"reactions/(entity:{escaped(urn)})" for urn in posts]
    path, whole = max(((path, client.rest_all(path, "q=entity")) for path in paths), key=lambda found: len(found[1]))
    assert len(whole) > 6
    for name in ("empty_page", "short_pages", "no_total"):
        turn(client, name)
        assert client.rest_all(path, "q=entity", count=3) == whole
    assert "total" not in client.rest(path, "q=entity").json()["paging"]
    turn(client, "empty_page")
    assert client.rest(path, "q=entity").json()["elements"] == []
    turn(client, "moving_item")
    assert len(client.rest_all(path, "q=entity", count=3)) > len(whole)
    turn(client, "repeated_cursor")
    links = client.rest(path, "q=entity&start=3&count=3").json()["paging"]["links"]
    assert parse_qs(urlsplit(links[0]["href"]).query)["start"] == ["3"]
    turn(client, "endless_pages")
    assert client.rest(path, "q=entity&start=3000&count=3").json()["paging"]["links"]


def test_facebook_says_stop_with_400_and_minutes(client):
    turn(client, facebook=4)
    page = client.pages[0]
    answers = [client.graph(page, fields="id") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 400]
    assert [answer.headers["X-App-Usage"][:16] for answer in answers[:3]] == [
        '{"call_count":25',
        '{"call_count":50',
        '{"call_count":75',
    ]
    assert answers[-1].json()["error"]["code"] == 32
    assert '"estimated_time_to_regain_access":60' in answers[-1].headers["X-Business-Use-Case-Usage"]
    assert "Retry-After" not in answers[-1].headers
    turn(client, "code_80001=1")
    answer = client.graph(page, fields="id")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, 80001)
    assert client.graph(page, fields="id").ok


def test_linkedin_says_stop_without_a_time_and_each_endpoint_by_itself(client):
    turn(client, linkedin=2)
    urn = client.organisations[0]
    asked = f"q=author&author={escaped(urn)}"
    assert [client.rest("posts", asked).status_code for _ in range(3)] == [200, 200, 429]
    answer = client.rest("posts", asked)
    assert answer.json()["serviceErrorCode"] == 101
    assert not {name for name in answer.headers if "retry" in name.lower() or "limit" in name.lower()}
    assert client.rest(f"networkSizes/{escaped(urn)}", "edgeType=COMPANY_FOLLOWED_BY_MEMBER").ok
    client.box.change({"advance": 12 * 3600 - 1})
    assert client.rest("posts", asked).status_code == 429
    client.box.change({"advance": 1})  # 00:00 UTC
    assert client.rest("posts", asked).ok
    turn(client, "old_version")
    assert client.rest("posts", asked).status_code == 426


def test_the_schemas_find_a_slip(client):
    page = client.graph(client.pages[0], fields=PAGE).json()
    posts = client.graph(f"{client.pages[0]}/published_posts", fields=FIELDS).json()
    for schema, body in ((GRAPH["page"], {**page, "likes": 1}), (GRAPH["page"], {**page, "id": 5})):
        with pytest.raises(AssertionError):
            check(schema, body)
    for wrong in ({"created_time": "2026-03-01T00:00:00Z"}, {"shares": {"count": 0}}, {"form": 1}):
        with pytest.raises(AssertionError):
            check(GRAPH["published_posts"], {"data": [{**posts["data"][0], **wrong}]})
    told = {"firstDegreeSize": "5"}
    with pytest.raises(AssertionError):
        check(RESTLI["networkSizes"], told)
