"""Shows that the door lets in reading only, by who may, and that no address makes the service stumble or repeat markup."""

from __future__ import annotations

import logging
import os
import random
import string
from pathlib import Path

import httpx
import pytest
import serve
from clout.errors import InvalidInput
from clout.warehouse.factory import open_warehouse
from clout.web import pages
from clout.web.app import Settings, create_app
from clout.web.guard import Guard, Keys, Policy, Rate
from clout.web.snapshot import Library
from published_world import NAMED
from starlette.testclient import TestClient

#: How many addresses are tried: 10,000 when asked.
ADDRESSES = 10_000 if os.environ.get("CLOUT_FUZZ") == "all" else 300
MARKUP = ("<script", "<img src=x", "<b>")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A file with one key, which is `right`."""
    file = tmp_path / "keys"
    file.write_text(f"# who may ask\n{serve.line_of('ana', 'right')}\n")
    return file


def behind(world: Path, policy: Policy) -> TestClient:
    """Asks a service with this policy."""
    app = create_app(open_warehouse(str(world / "warehouse")), Settings(policy=policy))
    return TestClient(app, raise_server_exceptions=False)


def test_who_has_no_key_gets_nothing_and_learns_nothing(world: Path, keys: Path) -> None:
    client = behind(world, Policy(keys=Keys(keys)))
    for path in ("/v2/user.json/1", "/v2/nothing", "/1/klout.json"):
        for query in ("", "?key=", "?key=wrong", "?key=right%00", "?key=" + "x" * 1000):
            answer = client.get(path + query)
            assert (answer.status_code, answer.json()["error"]) == (403, 403)
            assert answer.json()["description"] == "Invalid or unprovided API key. All calls must have a key."
    for path in ("/", f"/person/{NAMED}", "/person/nobody", "/static/clout.css", "/openapi.json"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
        assert "x-clout-version" not in answer.headers


def test_key_is_taken_from_wherever_clients_put_it(world: Path, keys: Path) -> None:
    client = behind(world, Policy(keys=Keys(keys)))
    assert client.get("/?key=right").status_code == 200
    assert client.get("/", headers={"authorization": "Bearer right"}).status_code == 200
    assert client.get("/", auth=("ana", "right")).status_code == 200
    assert client.get("/", auth=("right", "wrong")).status_code == 401
    assert client.get("/", headers={"authorization": "Basic %%%"}).status_code == 401


def test_no_log_line_holds_a_key(world: Path, keys: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "clout.web")
    client = behind(world, Policy(keys=Keys(keys), slowest=0.0))
    for path in ("/?key=right", "/person/x?key=right", "/?key=wrong"):
        client.get(path)
    assert "right" not in caplog.text
    assert "wrong" not in caplog.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no key"),
        ("ana:right\n", "line 1 is not name:sha256"),
        ("# x\nana:" + "g" * 64, "line 2"),
        (None, "cannot be read"),
    ],
)
def test_file_of_keys_says_what_is_wrong_with_it(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "keys"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InvalidInput, match=said):
        Keys(file)


def test_others_than_this_machine_need_keys(keys: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "clout.example", ""):
        with pytest.raises(InvalidInput, match="CLOUT_API_KEYS"):
            serve.policy(host, "")
        assert serve.policy(host, str(keys)).rate is not None
    assert serve.policy("127.0.0.1", "").hosts


def test_page_elsewhere_cannot_pretend_to_be_this_machine(world: Path) -> None:
    client = behind(world, serve.policy("127.0.0.1", ""))
    for host in ("127.0.0.1", "localhost:8085", "LOCALHOST", "[::1]:8085"):
        assert client.get("/", headers={"host": host}).status_code == 200
    for host in ("evil.example", "evil.example:8085", "127.0.0.1.evil.example", ""):
        assert client.get("/", headers={"host": host}).status_code == 421


def test_caller_who_asks_too_often_waits_and_others_do_not() -> None:
    now = [0.0]
    rate = Rate(2.0, lambda: now[0])
    assert [rate.allows("a") for _ in range(21)] == [True] * 20 + [False]
    assert rate.allows("b")
    now[0] = 0.5
    assert [rate.allows("a") for _ in range(2)] == [True, False]
    now[0] = 1000.0
    assert [rate.allows("a") for _ in range(21)] == [True] * 20 + [False]


def test_rate_limit_is_said_as_each_client_knows_it(world: Path) -> None:
    client = behind(world, Policy(rate=Rate(0.1, lambda: 0.0)))
    assert client.get("/glossary").status_code == 200
    assert client.get("/").status_code == 429
    assert client.get("/v2/user.json/1").status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_but_reading(client: TestClient, method: str) -> None:
    for path in ("/", "/v2/user.json/1", "/person/x"):
        answer = client.request(method, path)
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD"


def test_request_is_bounded(client: TestClient) -> None:
    assert client.get("/search?q=" + "x" * 3000).status_code == 414
    assert client.request("GET", "/", content=b"x").status_code == 413
    assert client.head("/").content == b""
    assert client.head("/").status_code == 200


def test_answer_that_takes_too_long_is_given_up(world: Path) -> None:
    assert behind(world, Policy(slowest=0.0)).get("/").status_code == 503


def test_fault_shows_no_trace(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> dict:
        raise RuntimeError("a secret")

    monkeypatch.setattr(pages, "glossary", broken)
    answer = behind(world, Policy()).get("/glossary")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_warehouse_that_cannot_be_read_is_no_fault_of_the_reader(tmp_path: Path) -> None:
    (tmp_path / "commit.json").write_text("{")
    client = TestClient(create_app(open_warehouse(str(tmp_path))), raise_server_exceptions=False)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "Traceback" not in answer.text


def addresses(chance: random.Random) -> tuple[str, dict[str, str]]:
    """An address of the service, more or less, with values that nobody means well by."""
    values = [
        *(
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "javascript:alert(1)",
            "{{7*7}}",
            "%s%n",
            "${x}",
        ),
        *(
            "' OR 1=1 --",
            "'; DROP TABLE clout.scores; --",
            "../../etc/passwd",
            "..%2f..%2f",
            "\u202e",
            "\ud7ff",
            "٣",
            "-1",
        ),
        *(
            "0",
            "1e9",
            "9" * 30,
            "NaN",
            "",
            " ",
            "\x00",
            "\n",
            "murmur:bo",
            "murmur:p0",
            "bo",
            "plaza",
            "2026-03-14",
            "2026-02-30",
        ),
        "".join(chance.choices(string.printable, k=chance.randrange(1, 60))),
        "".join(chr(chance.randrange(1, 0xD7FF)) for _ in range(chance.randrange(1, 30))),
    ]
    names = (
        "day",
        "platform",
        "skip",
        "before",
        "q",
        "p1",
        "p2",
        "p5",
        "account",
        "rank",
        "person",
        "most",
        "sign",
        "wanted",
        "topic",
        "region",
    )
    figures = (
        "leaderboard",
        "movers",
        "search",
        "score",
        "history",
        "person_of",
        "advocates",
        "topic_people",
        "nothing",
        *(chance.choices(values, k=1)),
    )
    value = lambda: chance.choice(values)  # noqa: E731
    paths = [
        *(
            "/",
            "/movers",
            "/search",
            "/compare",
            "/topic",
            "/brand",
            "/tables",
            "/night",
            "/model",
            "/me",
            "/glossary",
            "/docs",
            "/openapi.json",
        ),
        *(f"/{page}/{value()}" for page in ("person", "audience", "sql", "static", "chart", "figure", value())),
        *(f"/figure/{name}{kind}" for name in figures for kind in ("", ".csv", ".json", ".exe")),
        *(f"/chart/{name}.svg" for name in ("history", "points", "audience", "distribution", "volume")),
        *(f"/v2/user.json/{value()}{rest}" for rest in ("", "/score", "/topics", "/influence", f"/{value()}")),
        *(f"/v2/identity.json/{where}" for where in ("twitter", f"tw/{value()}", f"klout/{value()}/tw", value())),
        *("/1/klout.json", "/1/users/show.json", "/1/users/topics.json", "/1/soi/influencer_of.json", "/kredscore"),
    ]
    query = {chance.choice((*names, "screenName", "users", "term", "key")): value() for _ in range(chance.randrange(4))}
    return chance.choice(paths), query


def test_no_address_makes_it_stumble_or_repeat_markup(world: Path) -> None:
    settings = Settings(also=frozenset({"v1", "kred"}))
    app = create_app(open_warehouse(str(world / "warehouse")), settings)
    client = TestClient(app, raise_server_exceptions=False)
    chance = random.Random(7)
    for _ in range(ADDRESSES):
        path, query = addresses(chance)
        headers = {
            "if-none-match": chance.choice(("*", '"', "W/", "x" * 200)),
            "host": chance.choice(("", "a b", "<b>")),
        }
        headers |= {"accept": chance.choice(("*/*", "<script>")), "range": "bytes=0-"}
        try:
            answer = client.get(
                path, params=query, headers=headers if chance.random() < 0.3 else {}, follow_redirects=False
            )
        except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError):  # the client itself refuses it
            continue
        assert answer.status_code < 500, (path, query)
        assert "Traceback" not in answer.text, (path, query)
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert not any(each in answer.text.lower() for each in MARKUP), (path, query)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_answers_are_kept_within_bounds(world: Path) -> None:
    library = Library(open_warehouse(str(world / "warehouse")))
    guard = Guard(None, library, Policy(), "tag")  # type: ignore[arg-type] it is not asked
    from clout.web.guard import KEPT, KEPT_BYTES, Answer

    for number in range(KEPT + 10):
        guard._keep(1, (str(number).encode(), b""), Answer(200, [], b"x" * (KEPT_BYTES // 100)))
    assert guard._kept_bytes == sum(len(each.body) for each in guard._kept.values()) <= KEPT_BYTES
    guard._keep(2, (b"new", b""), Answer(200, [], b"y"))
    assert list(guard._kept) == [(b"new", b"")]
    guard._keep(1, (b"old", b""), Answer(200, [], b"z"))
    assert list(guard._kept) == [(b"new", b"")]
