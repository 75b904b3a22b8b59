"""What must hold of every platform that is asked over HTTP, shown on the sandbox. A new platform is one more entry here."""

from __future__ import annotations

import gzip
import json
import re
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
import requests
from clout.config.sources import Source, read_sources
from clout.lake.partitions import Lake
from clout.platforms import apis
from clout.platforms.apis.bluesky import BlueskyPolicy
from clout.platforms.http.raw_pages import RawPages
from clout.platforms.pull import puller
from clout.platforms.pull.pages import Endpoint, Page, PageContext, Platform, Rows, at
from clout.platforms.pull.puller import SystemClock
from clout.privacy.suppression import ErasedKeys, write_erased
from hosts import SandboxClock
from mutations import fits, places, without_an_optional_field
from sandbox import facebook, linkedin, youtube
from sandbox.server import LIMITS, Sandbox

NOW, DAY = "2026-03-07T00:30:00Z", date(2026, 3, 6)
UNLIMITED = dict.fromkeys(LIMITS, 10**9)


@dataclass(frozen=True)
class Asked:
    """How a platform is asked: which of a person's names in `box.people()` is a subject, where, and with which token."""

    reader: str
    subject: str
    url: Callable[[dict[str, Any]], str]
    token: str | None = None
    only: Callable[[dict[str, Any]], bool] = lambda person: True
    people: int = 2  # so many that a pull has a few pages of each sort


PLATFORMS = [
    Asked("bluesky", "did", lambda urls: urls["bluesky"], people=5),
    Asked(
        "mastodon",
        "acct",
        lambda urls: urls["mastodon"]["alder.example"],
        only=lambda p: p["instance"] == "alder.example",
    ),
    Asked("x", "x", lambda urls: urls["x"], "sandbox-token", lambda p: "x" in p["platforms"], people=4),
    Asked("facebook", "page", lambda urls: urls["facebook"], facebook.TOKEN),
    Asked("linkedin", "organisation", lambda urls: urls["linkedin"], linkedin.TOKEN),
    Asked("youtube", "channel", lambda urls: urls["youtube"], youtube.KEY, people=8),
]
SALT = "5a" * 32
WITH_TOKEN = [one for one in PLATFORMS if one.token]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(NOW, since=date(2026, 3, 1), limits=UNLIMITED) as made:
        yield made


class Pull:
    """Pulls of one platform on the sandbox's clock, about a few people."""

    def __init__(self, box: Sandbox, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
        self.box, self.asked = box, asked
        box.change({"now": NOW, "misbehave": [], "limits": UNLIMITED, "clear_log": True})
        left = {"suspended", "closed", "protected", "opted_out", "moved"}
        people = [p for p in box.people(0, 400) if p[asked.subject] and not left & {*p["marks"]} and asked.only(p)]
        self.many = [p[asked.subject] for p in people[:20]]
        self.subjects = self.many[: asked.people]
        self.said: list[str] = []
        if asked.token:
            monkeypatch.setenv("CLOUT_TOKEN_PL", asked.token)

    def __call__(self, lake: Lake, clock: Any = None, day: date = DAY, **options: Any) -> int:
        """Pull, and give the number of requests that the sandbox got."""
        given = {"base_url": self.asked.url(self.box.urls), "subjects": self.subjects, "refresh_days": 1, **options}
        before = self.box.asked
        write_erased(lake, ErasedKeys(SALT))  # one for all lakes, which are compared
        source = Source("pl", self.asked.reader, Path(), options=given)
        puller.pull(lake, source, [day], say=self.said.append, clock=clock or SandboxClock(self.box))
        return self.box.asked - before


@pytest.fixture(params=PLATFORMS, ids=lambda asked: asked.reader)
def pull(request: pytest.FixtureRequest, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Pull:
    return Pull(box, request.param, monkeypatch)


def snapshot(lake: Lake) -> dict[str, list[dict[str, Any]]]:
    """All rows of the day, in order."""
    places = {
        t: lake.snapshot(t, "pl", DAY) for t in ("accounts", "posts", "interactions", "account_links", "quarantine")
    }
    return {table: lake.read(place).to_pylist() for table, place in places.items() if lake.exists(place)}


def reasons(lake: Lake) -> Counter[str]:
    return Counter(row["reason"] or row["status"] for row in lake.manifest("pl", DAY) or [])


# Killed, and past -------------------------------------------------------------------------------------------------


class Killed(SandboxClock):
    """Kills the pull when the sandbox has had so many requests: with an answer under way that nobody has looked at."""

    def __init__(self, box: Sandbox, survived: int) -> None:
        super().__init__(box)
        self.last = box.asked + survived

    def now(self) -> datetime:
        if self.sandbox.asked > self.last:
            raise KeyboardInterrupt
        return super().now()


def test_killed_at_any_request_and_run_again_it_is_as_if_it_had_not_been(pull: Pull, tmp_path: Path) -> None:
    whole = Lake(tmp_path / "whole")
    total = pull(whole)
    assert 5 <= total < 80
    expected = snapshot(whole)
    assert expected["posts"]
    for survived in range(total):
        lake = Lake(tmp_path / str(survived))
        before = pull.box.asked
        with pytest.raises(KeyboardInterrupt):
            pull(lake, Killed(pull.box, survived))
        assert not lake.is_pulled("pl", DAY)
        pull(lake)
        assert snapshot(lake) == expected, survived
        assert pull.box.asked - before == total + 1  # only the request under way was made twice


def test_a_finished_day_makes_no_request(pull: Pull, lake: Lake) -> None:
    assert pull(lake) > 0
    landed = snapshot(lake)
    assert pull(lake) == 0
    lake.remove(lake.snapshot("manifest", "pl", DAY))
    assert pull(lake) == 0  # the raw pages are enough
    assert snapshot(lake) == landed


def test_a_past_day_asks_nothing_that_cannot_be_retaken(pull: Pull, lake: Lake) -> None:
    clock = SandboxClock(pull.box)
    clock.time += timedelta(days=3)
    pull.box.change({"now": clock.time.isoformat()})
    asked = pull(lake, clock)
    platform = apis.READERS[pull.asked.reader]
    once = {endpoint.name for endpoint in platform.endpoints if not endpoint.backfillable}
    listed = lake.manifest("pl", DAY) or []
    # Of YouTube all can be had later; its counters are not the day's any more then.
    assert bool(once) == bool(once & {row["endpoint"] for row in listed if row["reason"] == "not_backfillable"})
    assert once or pull.asked.reader == "youtube"
    assert sum(row["requests"] for row in listed if row["endpoint"] in once) == 0
    assert sum(row["requests"] for row in listed) == asked
    counters = [row[name] for row in snapshot(lake).get("posts", []) for name in ("like_count", "share_count")]
    assert set(counters) <= {None}


def test_what_was_landed_on_its_day_is_not_landed_again(pull: Pull, tmp_path: Path) -> None:
    def acts(lake: Lake, day: date) -> dict[str, datetime | None]:
        place = lake.snapshot("interactions", "pl", day)
        rows = lake.read(place).to_pylist() if lake.exists(place) else []
        return {row["interaction_key"]: row["occurred_at"] for row in rows}

    early, both, alone = DAY - timedelta(days=1), Lake(tmp_path / "both"), Lake(tmp_path / "alone")
    pull.subjects = pull.many[: 2 * pull.asked.people]
    pull.box.change({"now": f"{DAY}T00:30:00Z"})
    pull(both, day=early, refresh_days=3)
    pull.box.change({"now": NOW})
    pull(both, refresh_days=3)
    pull(alone, refresh_days=3)
    before, after, whole = acts(both, early), acts(both, DAY), acts(alone, DAY)
    again = {key for key, at in whole.items() if key in before and at is not None and at.date() == early}
    assert len(again) > 0
    assert after == {key: at for key, at in whole.items() if key not in again}
    said = " ".join(row["reason"] or "" for row in both.manifest("pl", DAY) or [])
    assert sum(map(int, re.findall(r"taken_before (\d+)", said))) >= len(again)


# What a host may try ----------------------------------------------------------------------------------------------


def test_a_redirect_to_another_host_is_not_followed(pull: Pull, lake: Lake) -> None:
    pull.box.change({"misbehave": ["redirect_away"]})
    pull(lake)
    assert {entry["asked_host"].partition(":")[0] for entry in pull.box.log} == {"127.0.0.1"}
    assert reasons(lake).keys() == {"redirect_to_another_host"}


@pytest.mark.parametrize(("trap", "reason"), [("endless_pages", "page_cap"), ("repeated_cursor", "repeated_cursor")])
def test_pages_that_never_end_are_left(
    pull: Pull, lake: Lake, trap: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = apis.READERS[pull.asked.reader]
    small = tuple(replace(one, page_size=one.page_size and max(1, one.least_page)) for one in platform.endpoints)
    monkeypatch.setitem(apis.READERS, pull.asked.reader, replace(platform, endpoints=small))
    pull.box.change({"misbehave": [trap]})
    pull.subjects = pull.many
    pull(lake, max_pages=6)
    listed = lake.manifest("pl", DAY) or []
    assert max(row["pages"] for row in listed if row["pages"]) <= 6
    # LinkedIn counts on from where it is: a page that comes again is a page like any other.
    assert reason in reasons(lake) or (pull.asked.reader, trap) == ("linkedin", "repeated_cursor")


def test_a_body_is_capped(pull: Pull, lake: Lake) -> None:
    pull(lake, max_body_mb=0.0001)
    assert reasons(lake).keys() == {"body_cap"}


@pytest.mark.parametrize("headers", ["whole", "dripping"])
def test_a_server_that_drips_does_not_outlast_the_deadline(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, headers: str
) -> None:
    dripped_to_the_end: list[str] = []

    class Drip(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if headers == "whole":
                self.send_response(200)
                self.send_header("Content-Length", "100000")
                self.end_headers()
            else:
                self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: ")
            try:
                for _ in range(300):
                    self.wfile.write(b" ")
                    time.sleep(0.1)
                dripped_to_the_end.append(self.path)
            except OSError:
                pass  # the client has gone

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Drip)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made = Platform(
        (Endpoint("list", "/", "accounts", backfillable=True),), BlueskyPolicy, lambda page, known: Rows(page)
    )
    monkeypatch.setitem(apis.READERS, "made", made)
    options = {"base_url": f"http://127.0.0.1:{server.server_port}", "subjects": ["a"], "deadline_minutes": 0.02}
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    said: list[str] = []
    puller.pull(lake, Source("pl", "made", Path(), options=options), [yesterday], say=said.append, clock=SystemClock())
    server.shutdown()
    server.server_close()
    if datetime.now(UTC) - datetime.combine(yesterday, datetime.min.time(), UTC) < timedelta(days=1, seconds=30):
        pytest.skip("nothing is asked in the first seconds of a day")
    assert not dripped_to_the_end  # which would take 30 seconds
    [row] = lake.manifest("pl", yesterday) or []
    # A body that drips is an answer that failed; without headers there was none, and the deadline forbids to ask again.
    whole = headers == "whole"
    assert (row["status"], row["requests"] > 0) == ("failed" if whole else "skipped", True)
    assert row["reason"].partition(":")[0] == ("cut_by_deadline" if whole else "deadline")
    if whole:
        assert re.search(r"1: cut_by_deadline: \d+ bytes came in \d+ s, and no end", "\n".join(said))


# Secrets ----------------------------------------------------------------------------------------------------------

NEEDLE = "pl4ntedT0ken"
PLANTED = f"EAA/{NEEDLE}+of%7E=tests"


class Babbler:
    """Stands between the puller and the sandbox, and repeats the token wherever it can: in texts and addresses of answers,
    percent-encoded and escaped, in headers, in refusals, in broken answers and in redirects."""

    def __init__(self, url: str, token: str) -> None:
        babbler, self.heard, count = self, [], Counter[str]()
        there = re.match(r"https?://[^/]+", url)[0]  # type: ignore[index]

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                babbler.heard.append(self.headers.get("Authorization", self.headers.get("X-Goog-Api-Key", "")))
                count["requests"] += 1
                headers = {
                    "X-RateLimit-Note": PLANTED,
                    "Link": f'<{babbler.url}/x?access_token={quote(PLANTED, safe="")}>; rel="prev"',
                    "Retry-After": PLANTED,
                }
                if count["requests"] % 6 == 0:
                    return self.answer(400, json.dumps({"error": {"message": f"bad {PLANTED}", "code": 100}}), headers)
                if count["requests"] % 6 == 2:
                    return self.answer(500, f"<p>{PLANTED}</p>", headers)
                if count["requests"] % 17 == 0:
                    return self.answer(302, "", {"Location": f"http://localhost:9/?access_token={PLANTED}"})
                own = dict(self.headers.items()) | {"Authorization": f"Bearer {token}", "X-Goog-Api-Key": token}
                told = requests.get(f"{there}{self.path}", headers=own, timeout=10)
                text = json.dumps(self.spoilt(told.json()))
                escaped = "".join(f"\\u{ord(sign):04X}" for sign in PLANTED)
                text = text.replace("ESCAPED", escaped).replace("SLASHED", PLANTED.replace("/", "\\/"))
                return self.answer(told.status_code, text, headers)

            def spoilt(self, value: Any) -> Any:
                if isinstance(value, list):
                    return [self.spoilt(one) for one in value]
                if not isinstance(value, dict):
                    return value
                forms = [PLANTED, quote(PLANTED, safe=""), quote(PLANTED, safe="").lower(), "ESCAPED", "SLASHED"]
                made = {}
                for name, one in value.items():
                    told = name in ("text", "message", "commentary", "name", "about", "localizedName", "description")
                    made[name] = f"{one} {' '.join(forms)}" if told and isinstance(one, str) else self.spoilt(one)
                return {**made, "debug": {"url": f"https://a.example/?x=1&access_token={quote(PLANTED)}", PLANTED: 1}}

            def answer(self, status: int, text: str, headers: dict[str, str]) -> None:
                self.send_response_only(status)
                for name, one in {"Content-Length": str(len(text.encode())), **headers}.items():
                    self.send_header(name, one)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


def written(lake: Lake) -> str:
    """Everything that lies in the lake, unpacked, and the names of the files."""
    texts = []
    for file in sorted(Path(lake.root).rglob("*")):
        texts.append(str(file))
        if file.suffix == ".gz":
            texts.append(gzip.decompress(file.read_bytes()).decode())
        elif file.suffix == ".parquet":
            texts.append(str(pq.read_table(file, partitioning=None).to_pylist()))
        elif file.is_file():
            texts.append(file.read_bytes().decode("latin-1"))
    return "\n".join(texts)


@pytest.mark.parametrize("asked", WITH_TOKEN, ids=lambda asked: asked.reader)
def test_a_token_is_in_no_byte_that_is_written_or_said(
    asked: Asked, box: Sandbox, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull = Pull(box, asked, monkeypatch)
    url = asked.url(box.urls)
    babbler = Babbler(url, str(asked.token))
    monkeypatch.setenv("CLOUT_TOKEN_PL", PLANTED)
    there = url.replace(re.match(r"https?://[^/]+", url)[0], babbler.url)  # type: ignore[index]
    pull.subjects = pull.many
    pull(lake, base_url=there)
    babbler.server.shutdown()
    babbler.server.server_close()
    wanted = apis.READERS[pull.asked.reader].token
    assert wanted is not None
    assert set(babbler.heard) == {wanted.form.format(PLANTED)}
    found = snapshot(lake)
    assert found["posts"]
    whole = written(lake)
    assert (
        "access_token=…" in whole or "access_token=\\u2026" in whole
    )  # what was repeated was there, and was taken out
    assert NEEDLE not in whole
    assert NEEDLE.lower() not in (whole + "\n".join(pull.said)).lower()


@pytest.mark.parametrize("asked", WITH_TOKEN, ids=lambda asked: asked.reader)
def test_a_token_is_in_no_exception(asked: Asked, box: Sandbox, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even in one that nobody foresaw and that shows the whole answer."""
    pull = Pull(box, asked, monkeypatch)
    url = asked.url(box.urls)
    babbler = Babbler(url, str(asked.token))
    monkeypatch.setenv("CLOUT_TOKEN_PL", PLANTED)

    def unforeseen(page: Any, known: Any) -> Rows:
        raise RuntimeError(f"cannot read {page}")

    platform = replace(apis.READERS[asked.reader], normalise=unforeseen)
    monkeypatch.setitem(apis.READERS, asked.reader, platform)
    there = url.replace(re.match(r"https?://[^/]+", url)[0], babbler.url)  # type: ignore[index]
    with pytest.raises(RuntimeError, match="debug") as raised:
        pull(lake, base_url=there)
    babbler.server.shutdown()
    babbler.server.server_close()
    assert NEEDLE not in "".join(traceback.format_exception(raised.value))
    assert NEEDLE not in written(lake)


@pytest.mark.parametrize(
    "line",
    [
        f'base_url = "https://me:{PLANTED}@api.example"',
        f'base_url = "https://api.example/?access_token={PLANTED}"',
        f'base_url = "https://api.example"\ntoken = "{PLANTED}"',
        f'base_url = "https://api.example"\ncontact = "ops {PLANTED}"',
        f'base_url = "https://api.example\naccess = "{PLANTED}"',
    ],
)
def test_a_token_in_the_configuration_is_refused_and_not_shown(tmp_path: Path, line: str) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(f'[[source]]\nname = "pl"\nreader = "x"\nsubjects = ["ann"]\n{line}\n')
    with pytest.raises(Exception) as raised:  # noqa: PT011 - of whatever kind
        read_sources(file)
    assert NEEDLE not in "".join(traceback.format_exception(raised.value))


# What an answer may lack --------------------------------------------------------------------------------------------


def test_no_optional_field_costs_an_account_a_post_or_an_act(pull: Pull, lake: Lake) -> None:
    """Each field of each sort of answer, dropped and corrupted, one at a time: but for ids, consent and time nothing stops."""
    pull.subjects = pull.many[: 3 * pull.asked.people]
    pull(lake, ceiling_usd=100.0)
    raw, reader = RawPages(lake, "pl", DAY), apis.READERS[pull.asked.reader]
    pages = [
        Page("pl", endpoint.name, subject, DAY, datetime(2026, 3, 7, tzinfo=UTC), stored["body"], "raw")
        for endpoint in reader.endpoints
        for subject in raw.subjects(endpoint.name)
        if (stored := raw.load(endpoint.name, subject, 0)) is not None and stored["status"] == 200
    ]
    known = PageContext()
    for one in pages:
        told = reader.normalise(one, known).known
        for mine, more in ((known.flags, told.flags), (known.accounts, told.accounts), (known.posts, told.posts)):
            mine.update(more)

    def keys(rows: Rows, *tables: str) -> set[str]:
        names = {"accounts": "account_key", "posts": "post_key", "interactions": "interaction_key"}
        return {row[names[table]] for table in tables for row in rows.tables[table]}

    tried: Counter[str] = Counter()
    for endpoint in reader.endpoints:
        # The page whose first item has most fields stands for its sort.
        of = [
            (len(places(item)), page, item)
            for page in pages
            if page.endpoint == endpoint.name
            for item in first(at(page.body, endpoint.select))
        ]
        for _, page, item in sorted(of, key=lambda one: -one[0])[:1]:
            whole = reader.normalise(replace(page, body=with_only(page.body, endpoint.select, item)), known)
            for where, refers, mutated in without_an_optional_field(pull.asked.reader, item):
                body = with_only(page.body, endpoint.select, mutated)
                found = reader.normalise(replace(page, body=body), known)
                assert refers or found.bad == [], (endpoint.name, where)
                tables = ("posts",) if refers else ("accounts", "posts", "interactions")
                assert keys(found, *tables) >= keys(whole, *tables), (endpoint.name, where)
                fits(found)
                tried[endpoint.name] += 1
    assert len(tried) >= min(3, len(reader.endpoints)), tried
    assert tried.total() > (100 if len(reader.endpoints) > 2 else 30), tried


def first(items: Any) -> list[Any]:
    """The first few items of an answer, or the answer where it is one."""
    return items[:20] if isinstance(items, list) else [items] if isinstance(items, dict) else []


def with_only(body: Any, select: str, item: Any) -> Any:
    """An answer with one item in the place of all."""
    if not select:
        return [item] if isinstance(body, list) else item
    name, _, rest = select.partition(".")
    return {**body, name: with_only(body[name], rest, item) if rest else [item]}
