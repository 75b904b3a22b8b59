"""Wikimedia's page views over the invented world: some of the people have an article, which is read when they are lively.

A day is published a day after its end. Days on which nobody read are left out, and an answer without any day is a 404, as
for an article that does not exist.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import Any
from urllib.parse import unquote

from sandbox.history import FIRST_DAY, View, moment
from sandbox.world import World

HOST = "metrics.views.test"
BASE = "/api/rest_v1/metrics/pageviews/per-article/en.wikipedia.org"
Json = dict[str, Any]


class Refused(Exception):
    """A problem in Wikimedia's form."""

    def __init__(self, status: int, kind: str, title: str, detail: str) -> None:
        self.status = status
        self.body: Json = {"type": f"https://mediawiki.example/errors/{kind}", "title": title, "method": "get"}
        self.body |= {"detail": detail, "uri": BASE}


def has_article(person: int) -> bool:
    """Whether there is an article about somebody."""
    return person % 16 == 3


def title(world: World, person: int) -> str:
    """The title of the article about somebody, with a sign that is escaped in addresses."""
    return f"{world.name(person)} ({person}/a)".replace(" ", "_")


def views(person: int, day: datetime) -> int:
    """How often an article was read on a day; on some days not at all."""
    mixed = (day.toordinal() * 2_654_435_761 + person * 40_503) % 2**32
    return mixed % 900 if mixed >> 12 & 3 else 0


def limited(clock: float, ends: int, as_date: bool) -> tuple[int, Json, dict[str, str]]:
    """How it says that the limit is reached: in seconds, or as a date."""
    wait = formatdate(ends, usegmt=True) if as_date else str(max(1, int(ends - clock)))
    refused = Refused(429, "too_many_requests", "Too many requests.", "Slow down")
    return refused.status, refused.body, {"Retry-After": wait}


def answer(view: View, path: str, agent: str) -> Json:
    """The body for one path."""
    if not re.search(r"\(.*[@;].*\)", agent):
        raise Refused(403, "forbidden", "Forbidden", "Say who you are and how to reach you, in User-Agent")
    found = re.fullmatch(re.escape(BASE) + r"/all-access/user/([^/]+)/daily/(\d{8})(?:00)?/(\d{8})(?:00)?", path)
    if found is None:
        raise Refused(404, "not_found", "Not found.", "Invalid route")
    article = unquote(found[1])
    first, last = (datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC) for text in found.groups()[1:])
    number = re.search(r"\((\d{1,9})/a\)$", article)
    person = int(number[1]) if number else -1
    items: list[Json] = []
    if 0 <= person < view.people and has_article(person) and article == title(view.world, person):
        day = max(first, datetime.fromtimestamp(moment(FIRST_DAY), UTC))
        while day <= last and (day + timedelta(days=2)).timestamp() <= view.now:
            if views(person, day):
                items.append(_item(article, day, views(person, day)))
            day += timedelta(days=1)
    if not items:
        raise Refused(404, "not_found", "Not found.", "The dates are valid, but we do not have data for them")
    return {"items": items}


def _item(article: str, day: datetime, number: int) -> Json:
    fixed = {"project": "en.wikipedia", "granularity": "daily", "access": "all-access", "agent": "user"}
    return {"article": article, "timestamp": f"{day:%Y%m%d}00", "views": number} | fixed
