"""Shows that no answer of any platform crashes a reader, and that no item is lost: each is kept, put aside, or counted.

The sandbox's own answers are taken, and one item of each gets up to three fields dropped, retyped, emptied, nulled, reordered,
repeated, nested, made huge, negative or unreadable. 300 of them here; as many as CLOUT_MUTATIONS says where it is set:

    CLOUT_MUTATIONS=20000 .venv/bin/python -m pytest -q -s tests/jobs/clout/platforms/test_mutated_answers.py
"""

from __future__ import annotations

import copy
import gzip
import json
import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from clout.config.sources import Source
from clout.lake.partitions import Lake
from clout.platforms import apis
from clout.platforms.apis import github_events
from clout.platforms.pull import puller
from clout.platforms.pull.pages import Page, PageContext, Rows, at
from mutations import fits, places
from sandbox import facebook, linkedin, youtube
from sandbox.nights import clock_after
from sandbox.server import LIMITS, Sandbox

DAY = date(2026, 3, 6)
FETCHED = datetime(2026, 3, 7, 0, 30, tzinfo=UTC)
MANY = int(os.environ.get("CLOUT_MUTATIONS") or 300)
READERS = ("bluesky", "facebook", "gharchive", "linkedin", "mastodon", "wikipedia", "x", "youtube")
#: So many items of an answer are kept, and so many answers of an endpoint.
ITEMS, ANSWERS = 3, 12
#: Fields without which nothing is known of whom or of what an item is, or whether it may be shown. All others may be wrong.
NEEDED: dict[str, set[str]] = {
    "bluesky": {
        *("did", "handle", "uri", "author", "actor", "record", "post", "by", "reason", "labels", "val", "cts", "src"),
        *("$type", "thread", "replies"),
    },
    "facebook": {"id", "created_time", "name", "values", "value"},
    "linkedin": {
        "id",
        "author",
        "visibility",
        "lifecycleState",
        "publishedAt",
        "commentUrn",
        "created",
        "time",
        "firstDegreeSize",
    },
    "mastodon": {"uri", "url", "visibility", "account", "noindex", "suspended", "reblog"},
    "wikipedia": {"timestamp", "views", "article"},
    "x": {"id", "author_id", "protected"},
    "youtube": {"id", "snippet", "publishedAt", "channelId", "contentDetails", "videoId", "topLevelComment"},
    "gharchive": {"type", "actor", "login", "repo", "name", "created_at", "payload", "action"},
}
Way = tuple[Any, ...]


@dataclass
class Recorded:
    """What one platform answers: pages with at least one item, and what they tell about one another."""

    reader: str
    pages: list[Page] = field(default_factory=list)
    known: PageContext = field(default_factory=PageContext)


def select_of(page: Page) -> str:
    """Where the items of a page stand."""
    endpoint = next(one for one in apis.READERS[page.platform].endpoints if one.name == page.endpoint)
    return endpoint.select or {"context": "descendants", "social_metadata": "results"}.get(page.endpoint, "")


def items_of(page: Page) -> Any:
    """The list, or table, of a page's items; the page's body itself where it is one item."""
    found = at(page.body, select_of(page))
    if page.platform == "facebook" and page.endpoint != "page" and isinstance(page.body, dict):
        found = page.body.get("data")
    return found


def with_items(page: Page, items: Any) -> Page:
    """The page with other items."""
    body = copy.deepcopy(page.body)
    *way, last = (select_of(page) or ("data" if page.platform == "facebook" and page.endpoint != "page" else "")).split(
        "."
    )
    if not last:
        body = items
    else:
        holder = at(body, ".".join(way)) if way else body
        holder[last] = items
    return Page(page.platform, page.endpoint, page.subject, DAY, FETCHED, body, page.ref, options=page.options)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recorded]:
    """The answers of a small sandbox to a night's pull of a few people."""
    lake = Lake(tmp_path_factory.mktemp("recorded"))
    tokens = {
        "x": "an-app-of-the-sandbox",
        "facebook": facebook.TOKEN,
        "linkedin": linkedin.TOKEN,
        "youtube": youtube.KEY,
    }
    found: dict[str, Recorded] = {}
    with (
        pytest.MonkeyPatch.context() as patch,
        Sandbox(f"{DAY}T00:00:00Z", people=100, since=date(2026, 3, 4), limits=dict.fromkeys(LIMITS, 10**9)) as box,
    ):
        for name, token in tokens.items():
            patch.setenv(f"CLOUT_TOKEN_{name.upper()}", token)
        clock = clock_after(box, DAY)
        people = box.people(0, 100)
        names = {"bluesky": "did", "mastodon": "acct", "x": "x", "facebook": "page", "linkedin": "organisation"}
        names["youtube"] = "channel"
        subjects = {
            reader: [p[key] for p in people if p[key] and (reader not in ("bluesky", "x") or reader in p["platforms"])]
            for reader, key in names.items()
        }
        subjects["mastodon"] = [
            p["acct"] for p in people if p["instance"] == "alder.example" and "mastodon" in p["platforms"]
        ]
        titles = {p["article"]: f"x:{p['x']}" for p in people if p["article"]}
        for reader in (*names, "wikipedia"):
            url = box.urls[reader]
            options = {
                "base_url": url["alder.example"] if isinstance(url, dict) else url,
                "ceiling_usd": 9.0,
                "contact": "ops@x.example",
            }
            options |= {"subjects": subjects.get(reader, list(titles))[:8]} | (
                {"titles": titles} if reader == "wikipedia" else {}
            )
            source = Source(reader, reader, Path(), options=options)
            puller.pull(lake, source, [DAY], say=lambda text: None, clock=clock)
            found[reader] = Recorded(reader, known=PageContext(accounts=dict(options.get("titles", {}))))
        lines = [json.loads(line) for hour in range(8, 12) for line in _hour(box, hour)]
    for one in found.values():
        _collect(lake, one)
    found["gharchive"] = Recorded(
        "gharchive", [Page("gharchive", "hour", "", DAY, FETCHED, line, "") for line in lines]
    )
    assert all(one.pages for one in found.values()), {reader: len(one.pages) for reader, one in found.items()}
    return found


def _hour(box: Sandbox, hour: int) -> list[bytes]:
    import requests

    return gzip.decompress(
        requests.get(f"{box.urls['gharchive']}/{DAY}-{hour}.json.gz", timeout=30).content
    ).splitlines()


def _collect(lake: Lake, one: Recorded) -> None:
    """The stored pages of a platform, short ones, a few of each endpoint."""
    normalise = apis.READERS[one.reader].normalise
    counted: Counter[str] = Counter()
    pages = []
    for file in sorted(Path(lake.root, "raw", one.reader).rglob("*.json.gz")):
        record = json.loads(gzip.decompress(file.read_bytes()))
        if 200 <= record["status"] < 300:
            endpoint = file.parts[-3]
            pages.append(
                Page(one.reader, endpoint, record["subject"], DAY, FETCHED, record["body"], f"raw/{len(pages)}")
            )
    for page in pages:
        told = normalise(page, one.known).known
        one.known.accounts.update(told.accounts)
        one.known.posts.update(told.posts)
        for key, columns in told.counters.items():
            one.known.counters.setdefault(key, {}).update(columns)
    for page in pages:
        items = items_of(page)
        if not items or counted[page.endpoint] >= ANSWERS:
            continue
        if isinstance(items, list):
            page = with_items(page, items[:ITEMS])
        counted[page.endpoint] += 1
        one.pages.append(page)


def wrong(draw: random.Random, value: Any) -> Any:
    """What may stand where a value should."""
    return draw.choice(
        [
            *(
                None,
                0,
                -1,
                -(2**40),
                2**63,
                10**40,
                1.5,
                1e308,
                True,
                False,
                "",
                " ",
                "text",
                "0",
                "-1",
                "\ud800",
                "\x00",
                "x\x00y",
            ),
            *(
                "<![foo[",
                "2026-02-30T00:00:00Z",
                "9999-12-31T23:59:59-14:00",
                "a" * 5_000,
                "\u202eabc",
                [],
                {},
                [None],
                [[]],
                {"a": {}},
            ),
            *([value], {"value": value}, [value, value], str(value), copy.deepcopy(value)),
        ]
    )


def mutate(draw: random.Random, item: Any) -> tuple[Any, list[Way]]:
    """An item with one to three places changed, and which."""
    mutated, changed = copy.deepcopy(item), []
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        every = places(mutated)
        if not every:
            break
        place = draw.choice(every)
        holder = mutated
        for name in place[:-1]:
            holder = holder[name]
        value, how = holder[place[-1]], draw.random()
        if how < 0.2:
            del holder[place[-1]]
        elif how < 0.3 and isinstance(value, list):
            holder[place[-1]] = [*value, *value] if draw.random() < 0.5 else value[::-1]
        elif how < 0.35 and isinstance(value, dict):
            holder[place[-1]] = dict(reversed(value.items()))
        else:
            holder[place[-1]] = wrong(draw, value)
        changed.append(place)
    return mutated, changed


def index_of(row: dict[str, Any]) -> int:
    return int(row["raw_ref"].rpartition(":")[2])


def disposition(found: Rows) -> str:
    """What became of the one item of a page."""
    if any(found.tables.values()):
        return "kept"
    if found.parents:
        return "leads on"  # a place in a list of uploads, to the video that it names
    if found.bad:
        return "quarantined"
    if found.excluded or found.known.flags:
        return "excluded"
    return "counted" if found.notes.total() or found.known.counters else "lost"


def is_optional(reader: str, ways: list[Way]) -> bool:
    return not any(name in NEEDED[reader] for way in ways for name in way)


def judge_answer(one: Recorded, page: Page, draw: random.Random) -> str:
    """Mutate one item of an answer; gives its disposition. Fails where a rule is broken."""
    normalise: Callable[[Page, PageContext], Rows] = apis.READERS[one.reader].normalise
    items = items_of(page)
    chosen = (
        draw.choice(
            list(items) if isinstance(items, dict) and page.endpoint == "social_metadata" else range(len(items))
        )
        if isinstance(items, list) or page.endpoint == "social_metadata"
        else None
    )
    mutated, ways = mutate(draw, items if chosen is None else items[chosen])
    if chosen is None:
        alone = whole = with_items(page, mutated)
        before = normalise(page, one.known)
    elif isinstance(items, dict):
        alone, whole = with_items(page, {chosen: mutated}), with_items(page, {**items, chosen: mutated})
        before = normalise(with_items(page, {chosen: items[chosen]}), one.known)
    else:
        alone = with_items(page, [mutated])
        whole = with_items(page, [*items[:chosen], mutated, *items[chosen + 1 :]])
        before = normalise(with_items(page, [items[chosen]]), one.known)
    after, together = normalise(alone, one.known), normalise(whole, one.known)
    fits(after, together)
    end, where = disposition(after), (one.reader, page.endpoint, ways)
    assert end != "lost", where
    assert len({(bad[0], bad[3], bad[1]) for bad in after.bad}) == len(after.bad), where  # put aside once
    if is_optional(one.reader, ways):
        assert disposition(before) == end, (where, after.bad)
        for table, key in (("accounts", "account_key"), ("posts", "post_key")):
            lost = {row[key] for row in before.tables[table]} - {row[key] for row in after.tables[table]}
            main = {row[key] for row in before.tables[table][:1]}
            assert not lost & main, (where, after.bad)
    # Whoever stands beside it is not touched. (Days of page views are rows of the whole answer.)
    if isinstance(items, list) and not after.known.flags and one.reader != "wikipedia":
        others = [index for index in range(len(items)) if index != chosen]
        seen = {index_of(row) for rows in together.tables.values() for row in rows} | {bad[3] for bad in together.bad}
        for index in others:
            was = normalise(with_items(page, [items[index]]), one.known)
            assert index in seen or disposition(was) not in ("kept", "quarantined"), where
    return end


def judge_event(event: dict[str, Any], draw: random.Random) -> str:
    """The same for a line of an hour file."""
    mutated, ways = mutate(draw, event)
    line = json.dumps(mutated).encode()
    line = draw.choice((line, line, line, line, line, line[: draw.randrange(len(line))], line + line))
    is_whole = line == json.dumps(mutated).encode()
    try:
        read = github_events.parsed(line)
        kind, rows = github_events.type_of(read), github_events.interactions("gharchive", read)
    except github_events.UnreadableError as error:
        if is_whole and is_optional("gharchive", ways):
            raise AssertionError(f"{ways}: {error}") from error
        return "quarantined"
    page = Page("gharchive", "hour", "", DAY, FETCHED, None, "raw")
    found = Rows(page)
    for row in rows:
        found.interaction(row)
    fits(found)
    if is_optional("gharchive", ways):
        before = github_events.interactions("gharchive", event)
        assert {row["kind"] for row in before} - {"mention"} <= {row["kind"] for row in rows}, ways
    return "kept" if rows else "counted" if kind not in github_events.KNOWN_TYPES else "no act"


def test_no_item_of_a_mutated_answer_is_lost(recorded: dict[str, Recorded]) -> None:
    ends: Counter[tuple[str, str]] = Counter()
    failures: dict[str, str] = {}
    for number in range(MANY):
        draw = random.Random(number)
        one = recorded[READERS[number % len(READERS)]]
        page = draw.choice(one.pages)
        try:
            end = judge_event(page.body, draw) if one.reader == "gharchive" else judge_answer(one, page, draw)
        except Exception as error:
            end = "broken"
            failures.setdefault(
                f"{one.reader} {page.endpoint}: {type(error).__name__}: {str(error)[:400]}", f"seed {number}"
            )
        ends[one.reader, end] += 1
    table = {reader: {end: n for (of, end), n in sorted(ends.items()) if of == reader} for reader in READERS}
    print(f"\n{MANY} mutated answers:", json.dumps(table))
    assert not failures, json.dumps(failures, indent=1)
    assert sum(ends.values()) == MANY
    assert all(len(table[reader]) > 1 for reader in READERS)
