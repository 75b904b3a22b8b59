"""Wikipedia's page views as an outside signal: how often the articles were read that the operator names for accounts.

`titles` in the source's configuration says which article is about whose account; nobody is looked for by name. Days are
published about a day late, and days without views are left out: between the first and the last day of an answer a missing
day is 0, outside it nothing is known. Each snapshot holds all days of its answer, so later ones fill what was too early.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from clout.platforms.http.rate_policies import WikipediaPolicy
from clout.platforms.pull.pages import Endpoint, Known, Page, Platform, Rows, count

SIGNAL, UNIT = "wikipedia_pageviews", "views"
_DAY = timedelta(days=1)


def last_day(moment: datetime) -> str:
    """The last day that was over by a moment, as the path has it: both its ends are included."""
    return (moment - _DAY).strftime("%Y%m%d")


ENDPOINTS = (
    Endpoint(
        name="pageviews",
        path="/all-access/user/{subject}/daily/{since}/{until}",
        table="external_signals",
        select="items",
        reaches_back=True,
        backfillable=True,
    ),
)


def normalise(page: Page, known: Known) -> Rows:
    """The rows of one answer: one a day; none about an account that may not be shown."""
    rows = Rows(page)
    if page.endpoint != "pageviews":
        raise ValueError(f"wikipedia: no endpoint is named {page.endpoint}")
    account = known.accounts.get(page.subject)
    if account is None:  # asked for once, and no longer named
        rows.notes["not_named"] += 1
        return rows
    views: dict[datetime, int] = {}

    def item(view: Any) -> None:
        day = datetime.strptime(view["timestamp"], "%Y%m%d00").replace(tzinfo=UTC)
        number = count(view["views"], "views")
        if view["article"] != page.subject or number is None or day in views:
            raise ValueError("is not one day of this article")
        views[day] = number

    rows.each("external_signals", page.body.get("items") if isinstance(page.body, dict) else None, item)
    for day in _days(views):
        rows.signal(
            {
                "account_key": account,
                "signal": SIGNAL,
                "period_start": day,
                "period_end": day + _DAY,
                "value": float(views.get(day, 0)),
                "unit": UNIT,
            }
        )
    return rows.without(known.flags)


def _days(views: dict[datetime, int]) -> Iterator[datetime]:
    """All days from the first to the last."""
    day, last = min(views, default=None), max(views, default=None)
    while day is not None and last is not None and day <= last:
        yield day
        day += _DAY


PLATFORM = Platform(ENDPOINTS, WikipediaPolicy, normalise, write_time=last_day)
