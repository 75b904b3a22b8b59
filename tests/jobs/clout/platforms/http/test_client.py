"""Shows over real HTTP how endpoints become requests, how pages follow, what becomes of a token, and what money does."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.platforms import apis
from clout.platforms.apis.x import XPolicy
from clout.platforms.pull import puller
from clout.platforms.pull.pages import Endpoint, Page, PageContext, Platform, Rows, Token, epoch, rfc3339
from hosts import MORNING, Clock, Host

DAY = date(2026, 3, 1)
TOKEN = "AAAA/planted+token%3Dof=tests"
LIST = {"name": "list", "path": "/list", "table": "accounts", "subject_param": "ids"}


@pytest.fixture
def host() -> Iterator[Host]:
    started = Host()
    yield started
    started.close()


@pytest.fixture
def asked(host: Host, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pull a platform that has the given endpoints; gives its manifest as (endpoint, subject): (status, reason)."""

    def normalise(page: Page, known: PageContext) -> Rows:
        rows = Rows(page)
        rows.parents += [{"native_id": one["id"]} for one in (page.body or {}).get("parents", [])]
        return rows

    def pull(*endpoints: Endpoint, subjects: str = "a", **more: Any) -> dict[tuple[str, str], tuple[str, str | None]]:
        options = {"base_url": host.url, "subjects": subjects.split(), **more.pop("options", {})}
        clock = more.pop("clock", Clock())
        platform = Platform(endpoints, XPolicy, normalise, **more)
        monkeypatch.setitem(apis.READERS, "made", platform)
        puller.pull(lake, Source("made", "made", Path(), options=options), [DAY], clock=clock)
        rows = lake.manifest("made", DAY) or []
        return {(row["endpoint"], row["subject"]): (row["status"], row["reason"]) for row in rows}

    return pull


def queries(host: Host) -> list[str]:
    return [address.partition("?")[2] for address in host.addresses]


def written(lake: Lake) -> bytes:
    """Every byte of the lake, unpacked."""
    files = [file for file in Path(lake.root).rglob("*") if file.is_file()]
    contents = [file.read_bytes() for file in files]
    return b"".join(
        gzip.decompress(c) if f.suffix == ".gz" else c for f, c in zip(files, contents, strict=True)
    ) + b"".join(str(file).encode() for file in files)


# Requests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "query"),
    [
        ("repeated", "ids=urn%3Ali%3A1&ids=urn%3Ali%3A2"),
        ("comma", "ids=urn%3Ali%3A1,urn%3Ali%3A2"),
        ("restli", "ids=List(urn%3Ali%3A1,urn%3Ali%3A2)"),
    ],
)
def test_a_batch_is_written_as_the_platform_reads_it(asked: Any, host: Host, form: str, query: str) -> None:
    asked(Endpoint(**LIST, batch=2, batch_form=form), subjects="urn:li:1 urn:li:2 urn:li:3")
    assert queries(host) == [
        query,
        query.replace("1", "3", 1).replace(",urn%3Ali%3A2", "").replace("&ids=urn%3Ali%3A2", ""),
    ]


def test_times_headers_and_signs(asked: Any, host: Host) -> None:
    params = {"q": "(from:{since},to:{until})", "x": "a b&c"}
    asked(
        Endpoint(**LIST, params=params, safe="(),:", headers={"X-Version": "202610"}, page_size=7, size_param="count")
    )
    assert queries(host) == ["q=(from:2026-03-01T00:00:00Z,to:2026-03-02T00:00:00Z)&x=a%20b%26c&count=7&ids=a"]
    assert host.headers[0]["X-Version"] == "202610"


@pytest.mark.parametrize(("form", "since"), [(epoch, "1772150400"), (rfc3339, quote("2026-02-27T00:00:00Z"))])
def test_times_of_other_platforms_reach_back(asked: Any, host: Host, form: Any, since: str) -> None:
    asked(Endpoint(**LIST, params={"since": "{since}"}, reaches_back=True), write_time=form)
    assert queries(host) == [f"since={since}&ids=a"]  # 2026-02-27


def test_children_are_asked_in_batches_too(asked: Any, host: Host) -> None:
    host.answers["/list"] = {"parents": [{"id": str(n)} for n in range(5)]}
    asked(Endpoint(**LIST), Endpoint("counts", "/counts", "posts", subject_param="ids", batch=2, parents=("list",)))
    assert [q for (path, _), q in zip(host.asked, queries(host), strict=True) if path == "/counts"] == [
        "ids=0&ids=1",
        "ids=2&ids=3",
        "ids=4",
    ]


def test_a_batch_that_is_stored_is_not_asked_again_when_the_subjects_change(asked: Any, host: Host, lake: Lake) -> None:
    host.answers["/list"] = {}
    asked(Endpoint(**LIST, batch=2), subjects="a b c")
    lake.remove(lake.snapshot("manifest", "made", DAY))
    asked(Endpoint(**LIST, batch=2), subjects="a b d c")
    assert queries(host) == ["ids=a&ids=b", "ids=c", "ids=d"]


def test_nothing_is_asked_before_the_day_has_settled(asked: Any, host: Host) -> None:
    clock = Clock(MORNING.replace(minute=0, second=5))
    asked(Endpoint(**LIST), clock=clock)
    assert clock.slept == [10]


# Pages -----------------------------------------------------------------------------------------------------------

PAGED: dict[str, Any] = {**LIST, "paginator": "cursor_in_body", "page_size": 2}
META = Endpoint(**PAGED, cursor_path="meta.next_token", cursor_param="pagination_token")
GRAPH = Endpoint(**PAGED, cursor_path="paging.cursors.after", cursor_param="after", next_path="paging.next")


def test_a_cursor_may_lie_anywhere_and_be_called_anything(asked: Any, host: Host) -> None:
    host.answers["/list"] = [{"meta": {"next_token": "n/1"}}, {"meta": {"result_count": 0}}]
    assert asked(META) == {("list", "a"): ("complete", None)}
    assert queries(host) == ["limit=2&ids=a", "limit=2&ids=a&pagination_token=n%2F1"]


def graph(host: Host, cursor: str | None = None, at: str | None = None) -> dict[str, Any]:
    paging: dict[str, Any] = {"cursors": {"after": "always"}}
    if cursor:
        there = f"{at or host.url}/list?access_token=somebody-elses&after={cursor}"
        paging = {"cursors": {"after": cursor}, "next": there}
    return {"data": [], "paging": paging}


def test_a_next_address_says_that_there_is_more_and_is_not_followed(
    asked: Any, host: Host, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUT_TOKEN_MADE", TOKEN)
    host.answers["/list"] = [graph(host, "c1"), graph(host)]
    assert asked(GRAPH, token=Token()) == {("list", "a"): ("complete", None)}
    assert queries(host) == ["limit=2&ids=a", "limit=2&ids=a&after=c1"]
    assert b"somebody-elses" not in written(lake)
    assert b"after=c1" in written(lake)  # the rest of the address is as it was


@pytest.mark.parametrize("there", ["http://127.0.0.1:9", "https://graph.example", "http://[::1"])
def test_a_next_address_on_another_host_is_refused(asked: Any, host: Host, there: str) -> None:
    host.answers["/list"] = graph(host, "c1", there)
    assert asked(GRAPH) == {("list", "a"): ("truncated", "next_link_to_another_place")}
    assert len(host.asked) == 1


def test_a_next_address_without_a_cursor_is_said(asked: Any, host: Host) -> None:
    host.answers["/list"] = {"data": [], "paging": {"next": f"{host.url}/list?since=5"}}
    assert asked(GRAPH) == {("list", "a"): ("truncated", "next_link_without_cursor")}


NEXT = [{"rel": "prev"}, {"rel": "next"}]


@pytest.mark.parametrize(
    ("pagings", "lengths"),
    [
        ([{}, {}, {}], [2, 2, 1]),  # no total, no links: until a page is short
        ([{"total": 6}] * 3, [2, 2, 2]),
        ([{"links": NEXT}, {"links": NEXT, "total": 3}, {"links": []}], [2, 1, 2]),  # a page may be short, and go on
    ],
)
def test_offsets(asked: Any, host: Host, pagings: list[dict[str, Any]], lengths: list[int]) -> None:
    pages = [{"elements": [{}] * n, "paging": paging} for n, paging in zip(lengths, pagings, strict=True)]
    host.answers["/list"] = [*pages, {"elements": [], "paging": {"fetched": "too much"}}]
    offset = Endpoint(**LIST, paginator="offset", page_size=2, size_param="count", select="elements")
    assert asked(offset) == {("list", "a"): ("complete", None)}
    assert queries(host) == ["count=2&ids=a", "count=2&ids=a&start=2", "count=2&ids=a&start=4"]


# Tokens ----------------------------------------------------------------------------------------------------------


def test_an_answer_that_says_two_things_under_one_name_is_none(asked: Any, host: Host) -> None:
    """Python's json keeps the last of them: an opt-out before an empty list would be lost."""
    host.answers["/list"] = (200, {}, b'{"parents": [{"id": "1", "labels": ["out"], "labels": []}]}')
    [(status, reason)] = asked(Endpoint(**LIST)).values()
    assert status == "failed"
    assert reason is not None
    assert "'labels' stands twice in one object, and says two things" in reason
    host.answers["/list"] = (200, {}, b'{"parents": [{"id": "1", "id": "1"}]}')
    assert [*asked(Endpoint(**LIST), subjects="b").values()] == [("complete", None)]


def test_without_a_token_a_source_is_skipped_and_says_how_to_cure_it(asked: Any, host: Host, lake: Lake) -> None:
    cure = "no credentials: set CLOUT_TOKEN_MADE, or in Airflow the password of the connection clout_made"
    assert asked(Endpoint(**LIST), token=Token()) == {("made", "*"): ("skipped", cure)}
    assert host.asked == []
    assert not lake.is_pulled("made", DAY)  # the token may come tomorrow


def test_a_token_is_sent_and_what_it_brought_outlives_it(
    asked: Any, host: Host, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.answers["/list"] = {"data": []}
    monkeypatch.setenv("CLOUT_TOKEN_MADE", f" {TOKEN}\n")
    asked(Endpoint(**LIST), token=Token())
    assert host.headers[0]["Authorization"] == f"Bearer {TOKEN}"
    monkeypatch.delenv("CLOUT_TOKEN_MADE")
    lake.remove(lake.snapshot("manifest", "made", DAY))
    assert asked(Endpoint(**LIST), token=Token()) == {("list", "a"): ("complete", None)}
    assert len(host.asked) == 1


def test_a_token_goes_where_the_platform_wants_it_and_is_stored_nowhere(
    asked: Any, host: Host, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUT_TOKEN_MADE", TOKEN)
    host.answers["/list"] = {"data": [], "self": f"{host.url}/list?key={TOKEN}"}
    asked(Endpoint(**LIST), token=Token(param="key"))
    assert queries(host) == [f"ids=a&key={quote(TOKEN, safe='')}"]
    assert "Authorization" not in host.headers[0]
    assert TOKEN.encode() not in written(lake)
    lake.remove(lake.snapshot("manifest", "made", DAY))
    asked(Endpoint(**LIST), subjects="b", token=Token(header="X-Api-Key", form="{}"))
    assert host.headers[1]["X-Api-Key"] == TOKEN


@pytest.mark.parametrize("wrong", ["has blanks inside", "new\nline-in-it", "short", "ümlaut-in-it"])
def test_what_is_no_token_is_refused_and_not_shown(asked: Any, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("CLOUT_TOKEN_MADE", wrong)
    with pytest.raises(InvalidInput, match="CLOUT_TOKEN_MADE: is no token") as raised:
        asked(Endpoint(**LIST), token=Token())
    assert wrong not in str(raised.value)


def test_a_token_is_not_sent_in_the_clear(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUT_TOKEN_MADE", TOKEN)
    with pytest.raises(InvalidInput, match="base_url must begin with https"):
        asked(Endpoint(**LIST), token=Token(), options={"base_url": "http://api.example"})


# Money -----------------------------------------------------------------------------------------------------------

#: A post costs 5 mills, and may bring one person, who costs 10.
PRICED = Endpoint(
    name="posts",
    path="/posts/{subject}",
    table="posts",
    paginator="cursor_in_body",
    cursor_path="next",
    page_size=10,
    least_page=2,
    price=15,
    prices={"data": 5, "includes.users": 10},
)


def shop(query: dict[str, list[str]]) -> dict[str, Any]:
    """As many posts as asked for, each of somebody else; there is always more."""
    size = int(query["limit"][0])
    start = int(query.get("cursor", ["0"])[0])
    return {"data": [{}] * size, "includes": {"users": [{}] * size}, "next": str(start + size)}


def spent(host: Host) -> int:
    """What the host would charge for what it sent."""
    return sum(15 * int(query["limit"][0]) for path, query in host.asked if path.startswith("/posts"))


@pytest.mark.parametrize("ceiling", [0.0, 0.029, 0.03, 0.1, 0.149, 0.15, 0.479, 0.48, 1.0])
def test_the_ceiling_is_never_exceeded_and_is_used_to_the_last_page(asked: Any, host: Host, ceiling: float) -> None:
    host.answers["/posts/a"] = shop
    found = asked(PRICED, options={"ceiling_usd": ceiling})
    mills = int(ceiling * 1000 + 0.5)
    assert spent(host) <= mills
    assert mills - spent(host) < 30  # not even the smallest page would fit
    assert found["posts", "a"] == ("truncated" if mills >= 30 else "skipped", "budget")


def test_the_manifest_says_what_was_paid(asked: Any, host: Host, lake: Lake) -> None:
    host.answers["/posts/a"] = [{"data": [{}, {}, {}], "includes": {"users": [{}]}, "next": "1"}, {"data": []}]
    asked(PRICED, ceiling_usd=5.0)
    [row] = lake.manifest("made", DAY) or []
    assert row["cost_units"] == 0.025


def test_no_subject_starves_the_others(asked: Any, host: Host) -> None:
    for name in "abcd":
        host.answers[f"/posts/{name}"] = shop
    asked(PRICED, subjects="a b c d", options={"ceiling_usd": 1.0})
    pages = [path[-1] for path, _ in host.asked]
    assert {name: pages.count(name) for name in "abcd"} == {"a": 2, "b": 2, "c": 2, "d": 2}
    assert 1000 - spent(host) < 30
    host.asked.clear()
    asked(PRICED, subjects="e f g h i j", options={"ceiling_usd": 1.0})
    assert host.asked == []  # the day's money is gone


def test_where_it_is_not_enough_for_all_every_day_another_comes_first(
    host: Host, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = []
    host.answers = {f"/posts/{name}": shop for name in "abcd"}
    monkeypatch.setitem(apis.READERS, "made", Platform((PRICED,), XPolicy, lambda page, known: Rows(page)))
    for days in range(4):
        options = {"base_url": host.url, "subjects": list("abcd"), "ceiling_usd": 0.03}
        clock = Clock(MORNING + timedelta(days=days))
        puller.pull(lake, Source("made", "made", Path(), options=options), [DAY + timedelta(days=days)], clock=clock)
        first.append([path[-1] for path, _ in host.asked])
        host.asked.clear()
    assert sorted(first) == [["a"], ["b"], ["c"], ["d"]]


def test_a_batch_is_asked_smaller_where_money_is_short(asked: Any, host: Host) -> None:
    batch = Endpoint(**LIST, batch=100, batch_form="comma", price=10, prices={"data": 10})
    host.answers["/list"] = lambda query: {"data": [{}] * len(query["ids"][0].split(","))}
    found = asked(batch, subjects=" ".join(f"s{n}" for n in range(150)), options={"ceiling_usd": 0.5})
    assert [len(query["ids"][0].split(",")) for _, query in host.asked] == [50]
    assert sorted(found.values()) == [("complete", None), ("skipped", "budget"), ("skipped", "budget")]


def test_what_failed_is_free_and_what_was_lost_is_not(asked: Any, host: Host, lake: Lake) -> None:
    answer = {"data": [{}], "includes": {"users": [{}]}}
    cut = (200, {"Content-Length": "900"}, b'{"data": [')
    host.answers["/posts/a"] = [(503, {}, {}), cut, (200, {}, b"<html>"), answer]
    asked(PRICED, options={"ceiling_usd": 1.0})
    [row] = lake.manifest("made", DAY) or []
    assert row["requests"] == 4
    assert row["cost_units"] == 0.150 + 0.150 + 0.015


def test_lost_answers_use_the_money_up(asked: Any, host: Host) -> None:
    host.answers["/posts/a"] = (200, {}, b"<html>")
    assert asked(PRICED, options={"ceiling_usd": 0.4}) == {("posts", "a"): ("skipped", "budget")}
    assert [query["limit"][0] for _, query in host.asked] == ["10", "10", "6"]


class Killed(Clock):
    """Kills when the host has had so many requests: with the answer under way, before anybody has looked at it."""

    def __init__(self, host: Host, survived: int) -> None:
        super().__init__()
        self.host, self.survived = host, len(host.asked) + survived

    def now(self) -> Any:
        if len(self.host.asked) > self.survived:
            raise KeyboardInterrupt
        return super().now()


def test_killed_again_and_again_it_never_spends_more(asked: Any, host: Host, lake: Lake) -> None:
    for name in "abc":
        host.answers[f"/posts/{name}"] = shop
    for survived in itertools.cycle([0, 1, 2]):
        try:
            asked(PRICED, subjects="a b c", options={"ceiling_usd": 2.0}, clock=Killed(host, survived))
            break
        except KeyboardInterrupt:
            lake.remove(lake.snapshot("manifest", "made", DAY))
    assert 1500 < spent(host) <= 2000
    assert len(host.asked) > 10
    [note] = (Path(lake.root) / "spent" / "made").iterdir()
    assert spent(host) <= json.loads(note.read_bytes())["mills"] <= 2000


def test_a_note_that_cannot_be_read_stops_the_spending(asked: Any, host: Host, lake: Lake) -> None:
    folder = Path(lake.root) / "spent" / "made"
    folder.mkdir(parents=True)
    (folder / "2026-03-02.json").write_text("{")
    with pytest.raises(InvalidInput, match=r"2026-03-02\.json: is not JSON"):
        asked(PRICED)
    (folder / "2026-03-02.json").write_text('{"mills": "all"}')
    with pytest.raises(InvalidInput, match="does not say what was spent"):
        asked(PRICED)
    assert host.asked == []


# Stops -----------------------------------------------------------------------------------------------------------

CAPPED = {"type": "https://api.x.example/2/problems/usage-capped"}
UNSUPPORTED = {"type": "https://api.x.example/2/problems/unsupported-authentication"}


@pytest.mark.parametrize(
    ("answer", "asks", "first", "others"),
    [
        ((402, {}, {"title": "CreditsDepleted"}), 1, ("skipped", "credits"), ("skipped", "credits")),
        ((429, {"x-rate-limit-remaining": "9"}, CAPPED), 1, ("skipped", "credits"), ("skipped", "credits")),
        (
            (403, {}, UNSUPPORTED),
            2,
            ("failed", "auth: unsupported-authentication"),
            ("skipped", "auth: unsupported-authentication"),
        ),
        ((401, {}, {}), 2, ("failed", "auth: HTTP 401"), ("skipped", "auth: HTTP 401")),
    ],
)
def test_where_it_stops_it_says_so_and_goes_on_or_not(
    asked: Any, host: Host, answer: Any, asks: int, first: Any, others: Any
) -> None:
    host.answers = {"/posts/a": answer, "/posts/b": answer, "/list": {"data": []}}
    found = asked(PRICED, Endpoint(**LIST), subjects="a b", options={"ceiling_usd": 1.0})
    assert [path for path, _ in host.asked][1:] == ["/list", "/list"] * (asks - 1)
    assert sorted([found["posts", "a"], found["posts", "b"]]) == sorted([first, others])
    assert found["list", "a"] == (("complete", None) if asks > 1 else ("skipped", "credits"))


def test_money_that_runs_out_on_the_way_truncates(asked: Any, host: Host) -> None:
    host.answers["/posts/a"] = [{"data": [{}], "next": "1"}, (402, {}, {})]
    assert asked(PRICED, options={"ceiling_usd": 1.0}) == {("posts", "a"): ("truncated", "credits")}
