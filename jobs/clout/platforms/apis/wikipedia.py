"""Wikipedia's page views as an outside signal: how often the articles were read that the operator names for accounts.

`titles` in the source's configuration says which article is about whose account; nobody is looked for by name. Days are
published about a day late, and days without views are left out: between the first and the last day of an answer a missing
day is 0, outside it nothing is known. Each snapshot holds all days of its answer, so later ones fill what was too early.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field
from pydantic.functional_validators import model_validator

from clout.config.options import Asked, Mistake, check
from clout.config.readers import SHORT
from clout.platforms.http.rate_policies import RatePolicy, Response, StopUnit, Verdict
from clout.platforms.pull.pages import Endpoint, Page, PageContext, Platform, Rows, count

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


def normalise(page: Page, known: PageContext) -> Rows:
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


class WikipediaPolicy(RatePolicy):
    """Wikipedia: 429 or 503 with Retry-After, in seconds or as an HTTP date; 404 where it has no numbers at all."""

    longest_wait = timedelta(hours=1)

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        return StopUnit("no_data: HTTP 404: no such article, or nobody read it") if response.status == 404 else None


class WikipediaOptions(Asked):
    """What a source may say of a Wikipedia: whose article is whose. Nobody acts there, so that it has no seeds."""

    titles: Annotated[
        dict[str, str],
        check(lambda titles: titles and all(re.fullmatch(r"[^:\s]+:.+", k) and t.strip() for k, t in titles.items())),
        Field(description='a table of texts, like "birdsite:88" = "Ada Lovelace"'),
    ]

    @property
    def account_of(self) -> dict[str, str]:
        """The account's key of each article, as addresses write its title."""
        return {title.strip().replace(" ", "_"): key for key, title in self.titles.items()}

    @model_validator(mode="after")
    def _name_each_once(self) -> WikipediaOptions:
        if len(self.account_of) < len(self.titles):
            raise Mistake("titles: an article is named for two accounts; name it for one, and link them")
        return self

    def said(self, folder: Path) -> dict[str, Any]:
        """The options, with the articles as subjects."""
        return super().said(folder) | {"titles": self.account_of, "subjects": list(self.account_of)}


PLATFORM = Platform(
    ENDPOINTS,
    WikipediaPolicy,
    normalise,
    name="wikipedia",
    options=WikipediaOptions,
    retention=SHORT,
    write_time=last_day,
)
