"""The sandbox's X against X's own specification, with closed objects, in both dialects; and against clients of others."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator, FormatChecker

from sandbox import x
from sandbox.history import LIKE, MENTION, QUOTE, REPLY, SHARE
from sandbox.server import Sandbox

NOW = "2026-03-07T12:00:00Z"
FIELDS = {
    "tweet.fields": ",".join(sorted(x.POST_FIELDS)),
    "user.fields": ",".join(sorted(x.USER_FIELDS)),
    "expansions": "author_id,in_reply_to_user_id,referenced_tweets.id",
}


class Reader:
    """A plain reader of the sandbox's X."""

    def __init__(self, box: Sandbox) -> None:
        self.box, self.http = box, requests.Session()
        self.http.headers["Authorization"] = "Bearer user-of-tests"
        marks = {i: set(box.people(i, 1)[0]["marks"]) for i in range(box.world.people)}
        away = {"suspended", "closed", "protected"}
        self.open = [i for i, some in marks.items() if box.world.present["x"][i] and not some & away]

    def get(self, path: str, **params: Any) -> requests.Response:
        """One request."""
        return self.http.get(f"{self.box.urls['x']}{path}", params=params, timeout=10)

    def all(self, path: str, **params: Any) -> list[Any]:
        """All items of a list, over all pages."""
        items: list[Any] = []
        for _ in range(1000):
            body = self.get(path, **{"max_results": 100} | params).json()
            items += body.get("data", [])
            if "next_token" not in body["meta"]:
                return items
            params["pagination_token"] = body["meta"]["next_token"]
        raise AssertionError("endless")

    def id(self, person: int) -> str:
        """The id of somebody's account."""
        return x.id_of(person)

    def busiest(self) -> int:
        """Somebody whose posts move many."""
        acted_on = Counter(self.box.view("x").table.target.tolist())
        world = self.box.world  # members of a pod act on each other all the time, and nobody else on them
        return max((i for i in self.open if world.pod[i] < 0), key=lambda person: acted_on[person])

    def loved(self) -> Any:
        """The busiest's post that most answered."""
        posts = self.all(f"/2/users/{self.id(self.busiest())}/tweets", **FIELDS)
        own = [one for one in posts if "referenced_tweets" not in one]
        return max(own, key=lambda one: one["public_metrics"]["reply_count"])


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A short world without limits."""
    with Sandbox(NOW, since=date(2026, 3, 1), limits={"x": 10**9}) as made:
        yield made


@pytest.fixture
def reader(box: Sandbox) -> Reader:
    """A reader of it, which behaves and stands at NOW."""
    box.change({"now": NOW, "misbehave": [], "limits": {"x": 10**9}, "clear_log": True})
    return Reader(box)


# -- the specification


class Spec:
    """X's OpenAPI 2.159 with all objects closed; in the newer dialect, its names are changed."""

    def __init__(self, file: Path, new: bool) -> None:
        text = gzip.decompress(file.read_bytes()).decode()
        if new:
            for old, name in x.RENAMED.items():
                text = text.replace(f'"{old}"', f'"{name}"')
        spec = json.loads(text)
        self.paths, self.components = spec["paths"], spec["components"]
        entities = self.components["schemas"]
        self._parts = {id(part) for part in self._in_all_of(entities)}
        self._close(entities)

    def _in_all_of(self, value: Any) -> Iterator[Any]:
        """The parts of unions: each closed alone would refuse the other's fields."""
        for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from self._in_all_of(one)
        for part in value.get("allOf", []) if isinstance(value, dict) else ():
            yield self.components["schemas"][part["$ref"].rsplit("/", 1)[-1]] if "$ref" in part else part

    def _close(self, value: Any) -> None:
        for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            self._close(one)
        if isinstance(value, dict) and "allOf" in value:
            value["unevaluatedProperties"] = False
        elif isinstance(value, dict) and isinstance(value.get("properties"), dict) and id(value) not in self._parts:
            value.setdefault("additionalProperties", False)

    def check(self, path: str, body: Any) -> None:
        """Fail unless a body is what a path may answer; each error in it is judged as the problem that it says it is."""
        schema = self.paths[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        self._check(
            path, {**body, "errors": [{"title": "t", "type": "about:blank"}]} if "errors" in body else body, schema
        )
        kinds = self.components["schemas"]["Problem"]["discriminator"]["mapping"]
        for error in body.get("errors", []):
            self._check(f"{path} errors", error, {"$ref": kinds[error["type"]]})

    def problem(self, body: Any) -> None:
        """Fail unless a body is the problem that it says it is."""
        kinds = self.components["schemas"]["Problem"]["discriminator"]["mapping"]
        self._check("problem", body, {"$ref": kinds.get(body["type"], "#/components/schemas/GenericProblem")})

    def _check(self, what: str, body: Any, schema: dict[str, Any]) -> None:
        whole = schema | {"components": self.components}
        for error in Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(body):
            raise AssertionError(f"{what} at {error.json_path}: {error.message[:500]}")


@pytest.fixture(scope="module", params=["tweets", "posts"])
def spec(request: pytest.FixtureRequest, shared_specs: Path) -> Spec:
    """X's shapes in each dialect."""
    return Spec(shared_specs / "x-openapi-2.159.json.gz", request.param == "posts")


def ask_all(reader: Reader) -> Iterator[tuple[str, requests.Response]]:
    """Every endpoint for some people and posts: the path as the specification writes it, and the answer."""
    some = [*reader.open[:2], reader.busiest(), *(i for i in range(400) if i not in reader.open)][:7]
    ids = [reader.id(i) for i in some]
    yield "/2/users", reader.get("/2/users", ids=",".join([*ids, "12"]), **{"user.fields": FIELDS["user.fields"]})
    names = ",".join([x.name_of(reader.box.world, i) for i in some] + ["nobody_1"])
    yield "/2/users/by", reader.get("/2/users/by", usernames=names)
    posts: list[str] = ["12"]
    for person in ids:
        for name in ("tweets", "mentions"):
            answer = reader.get(f"/2/users/{person}/{name}", max_results=20, **FIELDS)
            yield f"/2/users/{{id}}/{name}", answer
            posts += [one["id"] for one in answer.json().get("data", [])]
    yield "/2/tweets", reader.get("/2/tweets", ids=",".join(posts[:100]), **FIELDS)
    for post in posts[:10]:
        for name in ("retweets", "quote_tweets"):
            yield f"/2/tweets/{{id}}/{name}", reader.get(f"/2/tweets/{post}/{name}", max_results=10, **FIELDS)
        yield "/2/tweets/{id}/liking_users", reader.get(f"/2/tweets/{post}/liking_users", max_results=5)
        query = {"query": f"conversation_id:{post}"}
        yield "/2/tweets/search/recent", reader.get("/2/tweets/search/recent", **query, **FIELDS)


def test_answers_are_what_the_specification_says(reader: Reader, spec: Spec, request: pytest.FixtureRequest) -> None:
    new = request.node.callspec.params["spec"] == "posts"
    reader.box.change({"misbehave": ["new_dialect"] if new else []})
    seen: Counter[str] = Counter()
    for path, answer in ask_all(reader):
        assert answer.status_code == 200, answer.text
        spec.check(path, answer.json())
        seen[path] += 1
        seen.update(f"{path} {name}" for name in answer.json())
        seen.update(list(answer.json().get("includes", {})))
    assert len([name for name in seen if name.startswith("/2/") and " " not in name]) == 9
    assert seen["users"] > 2
    assert seen["posts" if new else "tweets"] > 2
    assert seen["/2/users errors"] == seen["/2/tweets errors"] == 1


def test_misbehaviour_keeps_the_shapes(reader: Reader, spec: Spec, request: pytest.FixtureRequest) -> None:
    new = request.node.callspec.params["spec"] == "posts"
    reader.box.change({"misbehave": ["errors_in_200", "moving_item", "short_pages", *(["new_dialect"] if new else [])]})
    for path, answer in ask_all(reader):
        spec.check(path, answer.json())


def test_the_specification_is_strict_enough_to_find_a_slip(reader: Reader, spec: Spec) -> None:
    new = "referenced_posts" in spec.components["schemas"]["Tweet"]["properties"]
    reader.box.change({"misbehave": ["new_dialect"] if new else []})
    path = "/2/users/{id}/tweets"
    body = reader.get(f"/2/users/{reader.id(reader.busiest())}/tweets", **FIELDS).json()
    spec.check(path, body)
    for spoil in (
        lambda one: one["data"][0].update(likes=1),
        lambda one: one["data"][0].update(id=5),
        lambda one: one["data"][0]["public_metrics"].pop("like_count"),
        lambda one: one["data"][0]["entities"]["hashtags"][0].update(name="x"),
        lambda one: one["meta"].update(count=1),
        lambda one: one.update(data=[]),
        lambda one: one["includes"].update(posts=[], tweets=[]),
    ):
        wrong = json.loads(json.dumps(body))
        spoil(wrong)
        with pytest.raises(AssertionError):
            spec.check(path, wrong)


def test_refusals_have_the_platforms_forms(reader: Reader, spec: Spec) -> None:
    me = reader.id(reader.open[0])
    asks: list[tuple[int, str, dict[str, Any]]] = [
        (400, "/2/users", {}),
        (400, "/2/users", {"ids": ",".join(["1"] * 101)}),
        (400, "/2/users", {"ids": "ann"}),
        (400, "/2/users", {"ids": "1", "user.fields": "shoe_size"}),
        (400, "/2/users", {"ids": "1", "colour": "red"}),
        (400, f"/2/users/{me}/tweets", {"max_results": 4}),
        (400, f"/2/users/{me}/tweets", {"post.fields": "text"}),
        (400, f"/2/users/{me}/tweets", {"end_time": NOW}),
        (400, f"/2/users/{me}/tweets", {"pagination_token": "!"}),
        (400, "/2/tweets/search/recent", {"query": "from:ann"}),
        (404, "/2/weather", {}),
    ]
    for status, path, params in asks:
        answer = reader.get(path, **params)
        assert answer.status_code == status, (path, params, answer.text)
        spec.problem(answer.json())
    reader.http.headers["Authorization"] = "Bearer an-app"
    kind = reader.get(f"/2/tweets/{reader.loved()['id']}/liking_users")
    assert (kind.status_code, kind.json()["type"].rsplit("/", 1)[1]) == (403, "unsupported-authentication")
    spec.problem(kind.json())
    del reader.http.headers["Authorization"]
    assert reader.get("/2/users", ids="1").status_code == 401


# -- clients that others wrote


def test_xdk_reads_it_in_the_newer_dialect(reader: Reader) -> None:
    xdk = pytest.importorskip("xdk")
    reader.box.change({"misbehave": ["new_dialect"]})
    client = xdk.Client(base_url=reader.box.urls["x"], bearer_token="sandbox-of-tests")
    person = reader.busiest()
    found = client.users.get_by_usernames(
        [x.name_of(reader.box.world, person)], user_fields=["public_metrics", "protected"]
    )
    [one] = found.data
    assert (one.id, one.protected) == (reader.id(person), False)
    assert one.public_metrics.post_count > 0
    seen = []
    for part in client.users.get_posts(one.id, max_results=5, post_fields=["created_at", "public_metrics"]):
        seen += part.data or []
    assert len({post.id for post in seen}) == len(seen) > 5
    assert all(int(post.id) > 2**53 and post.public_metrics.repost_count >= 0 for post in seen)
    quoted = [i for i in reader.all(f"/2/users/{one.id}/tweets", **FIELDS) if i["public_metrics"]["quote_count"]]
    pages = client.posts.get_quoted(quoted[0]["id"], expansions=["author_id", "referenced_posts"], max_results=10)
    quotes = [page for page in pages if page.data]
    assert quotes[0].includes.posts[0].id == quoted[0]["id"]
    [reference] = quotes[0].data[0].referenced_posts
    assert (reference.type, reference.id) == ("quoted", quoted[0]["id"])


def test_tweepy_reads_it_in_the_older_dialect(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    tweepy = pytest.importorskip("tweepy")
    client = tweepy.Client("sandbox-of-tests")
    send = client.session.request
    there = reader.box.urls["x"]
    monkeypatch.setattr(  # its host is written into it
        client.session,
        "request",
        lambda method, url, **rest: send(method, url.replace("https://api.twitter.com", there), **rest),
    )
    person = reader.busiest()
    [user] = client.get_users(ids=[reader.id(person)], user_fields=["public_metrics"]).data
    assert user.username == x.name_of(reader.box.world, person)
    pages = tweepy.Paginator(client.get_users_tweets, user.id, max_results=5, tweet_fields=["public_metrics"])
    seen = [tweet.id for page in pages for tweet in page.data or []]
    assert len(set(seen)) == len(seen) == len(reader.all(f"/2/users/{user.id}/tweets"))
    loved = reader.loved()
    found = client.search_recent_tweets(f"conversation_id:{loved['id']}", expansions=["author_id"], max_results=100)
    assert len(found.data) == len(reader.all("/2/tweets/search/recent", query=f"conversation_id:{loved['id']}")) > 0
    assert {user.id for user in found.includes["users"]} >= {tweet.author_id for tweet in found.data}
    nobody = client.get_users(ids=[12])
    assert nobody.data is None
    assert nobody.errors[0]["resource_id"] == "12"
    reader.box.change({"misbehave": ["too_many_requests"]})
    with pytest.raises(tweepy.TooManyRequests):
        client.get_users(ids=[user.id])


# -- the world's own log


def test_x_shows_the_worlds_log(reader: Reader) -> None:
    """Timelines and lists of one person's posts show what the world's table says, but for what protected people wrote."""
    view, person = reader.box.view("x"), reader.busiest()
    table, hidden = view.table, reader.box.world.protected
    for post in reader.all(f"/2/users/{reader.id(person)}/tweets", **FIELDS):
        number = x.X(view, frozenset(), "t", 0.0)._event(post["id"])
        if "referenced_tweets" in post or not any(post["public_metrics"].values()):
            continue
        acts = [i for i in range(table.at.size) if table.about[i] == number and view.whole[i]]
        seen = {
            kind: [i for i in acts if table.kind[i] == kind and table.actor[i] not in hidden]
            for kind in (SHARE, REPLY, QUOTE)
        }
        lists = {SHARE: "retweets", QUOTE: "quote_tweets"}
        for kind, name in lists.items():
            found = {one["id"] for one in reader.all(f"/2/tweets/{post['id']}/{name}")}
            assert found == {x.X(view, frozenset(), "t", 0.0).id(i) for i in seen[kind]}
        query = {"query": f"conversation_id:{post['id']}"}
        assert len(reader.all("/2/tweets/search/recent", **query)) == len(seen[REPLY])
        assert len(reader.all(f"/2/tweets/{post['id']}/liking_users")) == sum(table.kind[i] == LIKE for i in acts)
    named = [i for i in range(table.at.size) if table.target[i] == person and table.kind[i] in (MENTION, REPLY)]
    named = [i for i in named if view.whole[i] and table.actor[i] not in hidden]
    assert len(reader.all(f"/2/users/{reader.id(person)}/mentions")) == len(named) > 2


# -- misbehaviour


def test_limits_are_counted_for_each_endpoint_in_windows_of_fifteen_minutes(reader: Reader) -> None:
    reader.box.change({"limits": {"x": 2}})
    some = [reader.id(person) for person in reader.open[:3]]
    answers = [reader.get(f"/2/users/{one}/tweets") for one in some]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert reader.get(f"/2/users/{some[0]}/mentions").ok
    told = answers[-1].headers
    assert (told["x-rate-limit-limit"], told["x-rate-limit-remaining"]) == ("2", "0")
    assert "Retry-After" not in told
    reader.box.change({"advance": 899})
    assert reader.get(f"/2/users/{some[0]}/tweets").status_code == 429
    reader.box.change({"advance": 1})
    assert reader.get(f"/2/users/{some[0]}/tweets").ok


def test_traps(reader: Reader) -> None:
    there = f"/2/users/{reader.id(reader.busiest())}/tweets"
    honest = reader.all(there)
    quiet = reader.get(there, start_time="2026-03-01T00:00:00Z", end_time="2026-03-01T00:00:01Z").json()
    assert quiet == {"meta": {"result_count": 0}}
    reader.box.change({"misbehave": ["errors_in_200"]})
    body = reader.get(there, max_results=100).json()
    assert body["data"]
    assert body["errors"]
    assert len(body["data"]) + len(body["errors"]) == len(honest)
    for name, status, kind in (
        ("usage_capped", 429, "usage-capped"),
        ("credits_depleted", 402, "credits"),
        ("wrong_token_kind", 403, "unsupported-authentication"),
    ):
        reader.box.change({"misbehave": [name], "limits": {"x": 300}})
        answer = reader.get(there)
        assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (status, kind)
        assert int(answer.headers["x-rate-limit-remaining"]) > 0
