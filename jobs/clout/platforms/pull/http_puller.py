"""The HTTP puller: one declarative puller for all platforms. Raw pages first, then rows, so that nothing is asked twice.

It walks a platform's endpoints (walk.py), obeys the platform's rate policy, stores each answer as a raw page and
looks at it for what to ask next; when all is stored it makes rows of the stored pages (landing.py). A killed pull resumes
from the pages that are there. Most of a snapshot exists only "now": a day that ended long ago makes no request to an endpoint
that cannot be re-taken, but its stored pages are normalised again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from urllib.parse import urlsplit

from clout.config.options import LOOPBACK
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.platforms.http.budget import Budget
from clout.platforms.http.client import Client, Clock, Limits, closed_days
from clout.platforms.http.raw_pages import RawPages, look_through
from clout.platforms.pull.landing import Landing
from clout.platforms.pull.pages import Platform
from clout.platforms.pull.rows import Batch, PullReport
from clout.platforms.pull.walk import FRESH, Walk
from clout.privacy.suppression import NOBODY, SuppressionList

#: What happens at midnight is asked about a little later: some platforms refuse a window that ends just now.
_SETTLED = timedelta(seconds=15)


def read(
    lake: Lake,
    source: Source,
    days: set[date],
    platform: Platform,
    clock: Clock,
    say: Callable[[str], None],
    hidden: SuppressionList = NOBODY,
    again: bool = False,
) -> Iterator[Batch | PullReport]:
    """Everything that the platform shows, or that is stored of it, for `days`; and a report per endpoint and subject.

    Without the people whom it shows to have asked for it, and without `hidden`. again: also where pages of a day that was
    pulled went.

    The newest day comes first: its state is the one that passes. A day that is not over is left for later.

    Money: endpoints are asked in their order, which is that of importance, and a page is asked smaller where a whole one
    might cost more than is left. Within an endpoint no subject starves the others: each may spend an equal share of what
    is left for those still to come (but always the smallest page that the platform gives, while there is money for one),
    what it leaves goes to the next ones, and every day another subject comes first.
    """
    _check(source, platform)
    limits = Limits.of(source.options)
    budget = Budget(lake, source.name, clock.now().date(), source.options.get("ceiling_usd", platform.ceiling_usd))
    with closing(Client(source, platform, limits, budget, clock, say)) as client:
        if client.lacks:
            say(f"pull {source.name}: {client.lacks}")
        for day, began, age in closed_days(source, days, clock, say):
            raw = RawPages(lake, source.name, day, hidden)
            look_through(raw, age <= FRESH, say)
            # What was taken while it could be is worth more than what is left of it now.
            is_late = lake.is_pulled(source.name, day) or age > timedelta(days=limits.backfill_days)
            if age > FRESH and is_late and not again and not raw.any():
                continue
            if client.lacks and not raw.any():
                if day == max(days) and not lake.is_pulled(source.name, day):
                    what = PullReport("*", "interactions", source.reader, "skipped", client.lacks, per_day={day: 0})
                    yield what
                continue
            client.not_before = max(client.not_before, began + timedelta(days=1) + _SETTLED)
            walk = Walk(source, platform, limits, client, raw, day, is_live=age <= FRESH)
            walk.walk()
            if any(unit.pages for unit in walk.units.values()) or not lake.is_pulled(source.name, day):
                yield from Landing(walk).rows()


def _check(source: Source, platform: Platform) -> None:
    """Raise InvalidInput where a subject is of no form that the endpoints take, or a token would be sent in the clear."""
    there = urlsplit(source.options["base_url"])
    if platform.token is not None and there.scheme != "https" and there.hostname not in LOOPBACK:
        raise InvalidInput(f"source {source.name}: base_url must begin with https://, since a token is sent there")
    shapes = [shape for one in platform.endpoints for shape in (one.subjects if not one.parents else one.fallback,)]
    for subject in source.options["subjects"]:
        if not any(re.fullmatch(shape, subject) for shape in shapes if shape):
            raise InvalidInput(f"source {source.name}: subjects: {subject!r} is of no form that {source.reader} knows")
