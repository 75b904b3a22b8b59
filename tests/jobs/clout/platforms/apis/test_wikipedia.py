"""Shows what page views become: one value a day, 0 only where an answer spans the day; and how Wikipedia is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clout.config.sources import Source
from clout.lake.partitions import Lake
from clout.platforms.apis import wikipedia
from clout.platforms.pull import puller
from clout.platforms.pull.pages import Page, PageContext, Rows
from clout.privacy.suppression import SuppressionList
from hosts import SandboxClock
from mutations import fits, mutations
from sandbox import wikipedia as speaker
from sandbox.server import Sandbox

NOW, DAY = "2026-03-07T00:30:00Z", date(2026, 3, 6)
FETCHED = datetime(2026, 3, 7, 0, 30, tzinfo=UTC)
ADA = "Ada_Alder"
KNOWN = PageContext(accounts={ADA: "murmur:9"})


def item(day: int, views: Any = 5, article: str = ADA) -> dict[str, Any]:
    return {"article": article, "timestamp": f"202603{day:02d}00", "views": views, "granularity": "daily"}


def read(body: Any, subject: str = ADA) -> Rows:
    found = wikipedia.normalise(Page("w", "pageviews", subject, DAY, FETCHED, body, "raw/x/0.json.gz"), KNOWN)
    fits(found)
    return found


def values(found: Rows) -> dict[int, float]:
    return {row["period_start"].day: row["value"] for row in found.tables["external_signals"]}


def test_days_between_are_zero_and_others_unknown() -> None:
    found = read({"items": [item(2, 7), item(5, 1)]})
    assert values(found) == {2: 7, 3: 0, 4: 0, 5: 1}
    row = found.tables["external_signals"][0]
    assert (row["account_key"], row["signal"], row["unit"]) == ("murmur:9", "wikipedia_pageviews", "views")
    assert (row["period_start"], row["period_end"] - row["period_start"]) == (
        datetime(2026, 3, 2, tzinfo=UTC),
        timedelta(days=1),
    )
    assert values(read({"items": []})) == {}


@pytest.mark.parametrize(
    "wrong",
    [{"views": None}, {"views": "5"}, {"views": -1}, {"article": "Other"}, {"timestamp": "20260302"}, {"timestamp": 5}],
)
def test_a_day_is_kept_or_put_aside(wrong: dict[str, Any]) -> None:
    found = read({"items": [{**item(2), **wrong}, item(4)]})
    assert values(found) == {4: 5}
    assert [(table, row) for table, _, _, row, _ in found.bad] == [("external_signals", 0)]


def test_an_account_that_may_not_be_shown_has_no_views() -> None:
    hidden = SuppressionList(listed=frozenset({"murmur:9"}))
    page = Page("w", "pageviews", ADA, DAY, FETCHED, {"items": [item(2)]}, "raw/x/0.json.gz", hidden=hidden)
    found = wikipedia.normalise(page, KNOWN)
    assert (values(found), found.notes["operator"]) == ({}, 1)


def test_an_article_that_is_no_longer_named_gives_nothing() -> None:
    found = read({"items": [item(2)]}, "Bo_Birk")
    assert (values(found), found.notes["not_named"]) == ({}, 1)


def test_every_value_may_be_wrong_or_missing() -> None:
    """As elsewhere: nothing crashes, every row fits, and each item is a day, or put aside."""
    body = {"items": [item(day) for day in (2, 3, 4, 5)]}
    pages = []
    for mutated in mutations(body, several=10_000):
        found = wikipedia.normalise(Page("w", "pageviews", ADA, DAY, FETCHED, mutated, "raw/x/0.json.gz"), KNOWN)
        items = mutated["items"] if isinstance(mutated.get("items"), list) else []
        aside = {row for *_, row, _ in found.bad}
        kept = {one["timestamp"]: one["views"] for number, one in enumerate(items) if number not in aside}
        told = {f"{row['period_start']:%Y%m%d}00": row["value"] for row in found.tables["external_signals"]}
        assert kept.items() <= told.items()
        assert sum(told.values()) == sum(kept.values())
        pages.append(found)
    assert len(pages) > 10_000
    fits(*pages)


# Pulls -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(NOW, since=date(2026, 3, 6)) as made:
        yield made


@pytest.fixture
def titles(box: Sandbox) -> dict[str, str]:
    box.change({"now": NOW, "misbehave": [], "clear_log": True, "limits": {"wikipedia": 500}})
    named = {one["article"]: f"murmur:{one['person']}" for one in box.people(0, 100) if one["article"]}
    return {**named, "Nobody": "murmur:0"}


def pull(lake: Lake, box: Sandbox, titles: dict[str, str], day: date = DAY, **options: Any) -> SandboxClock:
    given = {"base_url": box.urls["wikipedia"], "titles": titles, "subjects": list(titles), "contact": "ops@x.example"}
    clock = SandboxClock(box)
    source = Source("w", "wikipedia", Path(), options=given | options)
    puller.pull(lake, source, [day], say=lambda _: None, clock=clock)
    return clock


def landed(lake: Lake, day: date = DAY) -> dict[tuple[str, date], float]:
    place = lake.snapshot("external_signals", "w", day)
    rows = lake.read(place).to_pylist() if lake.exists(place) else []
    return {(row["account_key"], row["period_start"].date()): row["value"] for row in rows}


def test_a_day_lands_as_far_as_it_is_published(lake: Lake, box: Sandbox, titles: dict[str, str]) -> None:
    pull(lake, box, titles, refresh_days=5)
    found = landed(lake)
    assert len({key for key, _ in found}) > 3
    # A day is published when it has been over for a day, and the range begins where it was asked to.
    assert {day for _, day in found} <= {date(2026, 3, number) for number in (1, 2, 3, 4, 5)}
    for (key, day), value in found.items():
        assert value == speaker.views(int(key[7:]), datetime(day.year, day.month, day.day, tzinfo=UTC))
    assert 0 in found.values()
    ends = {row["subject"]: (row["status"], row["reason"]) for row in lake.manifest("w", DAY) or []}
    assert ends["Nobody"] == ("skipped", "no_data: HTTP 404: no such article, or nobody read it")
    assert len(box.log) == len(titles)
    pull(lake, box, titles, refresh_days=5)
    assert len(box.log) == len(titles)  # a finished day makes no request


def test_a_past_day_is_asked_for_all_the_same(lake: Lake, box: Sandbox, titles: dict[str, str]) -> None:
    past = date(2026, 3, 3)
    pull(lake, box, titles, past)
    assert {day for _, day in landed(lake, past)} <= {date(2026, 3, number) for number in (1, 2, 3)}
    assert landed(lake, past)


@pytest.mark.parametrize(
    ("trap", "seconds"), [("too_many_requests=1", 300), ("retry_after_date=1", 300), ("unavailable=1", 1)]
)
def test_it_waits_as_long_as_it_is_told(
    lake: Lake, box: Sandbox, titles: dict[str, str], trap: str, seconds: int
) -> None:
    box.change({"now": "2026-03-07T00:35:00Z", "misbehave": [trap]})
    clock = pull(lake, box, titles)
    assert sum(clock.slept) == seconds
    assert len(box.log) == len(titles) + 1
    assert landed(lake)


def test_the_sandbox_wants_to_know_who_asks(lake: Lake, box: Sandbox, titles: dict[str, str]) -> None:
    pull(lake, box, titles, contact="")
    ends = {(row["status"], row["reason"]) for row in lake.manifest("w", DAY) or []}
    assert ends == {("failed", "refused: HTTP 403")}
    pull(Lake(f"{lake.root}-2"), box, titles)
    assert {entry["status"] for entry in box.log} == {200, 403, 404}
