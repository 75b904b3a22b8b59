"""The common part of all platforms' rate policies; each platform's own stands in its module.

`after(response, now)` is pure: it gets the time and gives a verdict. No verdict waits beyond the run's deadline, no wait
is longer than the platform's longest window, and a server that says "0 seconds" is given one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

#: Further from our clock than this, the server's own clock tells how long its times are away.
_FAR = timedelta(seconds=60)
_SECOND = timedelta(seconds=1)
_SERVER_ERRORS = (500, 502, 503, 504)


@dataclass(frozen=True)
class Response:
    """What a policy may know of an answer. `attempt` counts the tries of this one request, from 1.

    status 0: no whole answer came (timeout, cut connection). `broken` names what is wrong with an answer that is no JSON.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    attempt: int = 1
    broken: str | None = None

    def header(self, name: str) -> str | None:
        """A header, whatever its case."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class Go:
    """Carry on at once."""


@dataclass(frozen=True)
class Wait:
    """Ask nothing before `until`. After a good answer: keep it and wait; else: ask the same again.

    slow_down: from then on, leave a second between requests.
    """

    until: datetime
    why: str
    slow_down: bool = False


@dataclass(frozen=True)
class StopUnit:
    """This subject's request is of no use; others are not affected."""

    why: str


@dataclass(frozen=True)
class StopEndpoint:
    """No more from this endpoint in this run."""

    why: str


@dataclass(frozen=True)
class StopPlatform:
    """No more from this platform in this run."""

    why: str


Verdict = Go | Wait | StopUnit | StopEndpoint | StopPlatform


class RatePolicy:
    """What all platforms have in common: backoff 1, 2, 4, … ≤ 60 s for broken answers, 6 tries; then the unit stops."""

    longest_wait = timedelta(minutes=15)
    tries = 6
    #: What stops when waiting does not help or would pass the deadline: a limit holds for the endpoint or for all.
    scope: type[StopEndpoint] | type[StopPlatform] = StopPlatform
    #: Names of the headers limit, remaining and reset, where the platform has them.
    quota: tuple[str, str, str] | None = None

    def __init__(self, deadline: datetime, jitter: Callable[[], float] = lambda: random.uniform(1, 5)) -> None:
        self.deadline = deadline
        self.jitter = jitter

    def after(self, response: Response, now: datetime) -> Verdict:
        """What to do after an answer that came at `now`."""
        verdict = self._judge(response, now)
        if not isinstance(verdict, Wait):
            return verdict
        good = 200 <= response.status < 300 and not response.broken
        if not good and response.attempt >= self.tries:
            is_broken = response.broken or response.status in (0, *_SERVER_ERRORS)
            why = f"{verdict.why}, {self.tries} tries"
            return StopUnit(why) if is_broken else self.scope(why)
        until = min(verdict.until, now + self.longest_wait)
        until = max(until, now + _SECOND) if not good else until
        if until > self.deadline:
            return self.scope(f"deadline: {verdict.why}")
        return Wait(until, verdict.why, verdict.slow_down)

    def _judge(self, response: Response, now: datetime) -> Verdict:
        special = self._special(response, now)
        if special is not None:
            return special
        if response.broken:
            return self._backoff(response, now, response.broken)
        if response.status in (429, 503):
            after = retry_after(response, now)
            if after is not None:
                return Wait(after, f"HTTP {response.status}, Retry-After")
        if response.status in (0, 429, *_SERVER_ERRORS):
            return self._backoff(response, now, f"HTTP {response.status}" if response.status else "no whole answer")
        if 200 <= response.status < 300:
            return self._pace(response, now)
        if response.status == 401:
            return StopEndpoint("auth: HTTP 401")
        if response.status in (404, 410):
            return StopUnit(f"gone: HTTP {response.status}")
        return StopUnit(f"refused: HTTP {response.status}")

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        """The platform's own signals; None where there is none."""
        return None

    def _reset(self, response: Response, now: datetime) -> datetime | None:
        """When the platform's quota header says that the window ends, on our clock."""
        if self.quota is None:
            return None
        return on_our_clock(_epoch(response.header(self.quota[2])), response, now)

    def _backoff(self, response: Response, now: datetime, why: str) -> Wait:
        return Wait(now + timedelta(seconds=min(60, 2 ** (response.attempt - 1))), why)

    def _pace(self, response: Response, now: datetime) -> Verdict:
        """Below 5 % of the window's quota, spread what is left over what is left of the window."""
        if self.quota is None:
            return Go()
        limit, remaining = (leading_int(response.header(name)) for name in self.quota[:2])
        reset = self._reset(response, now)
        if limit is None or remaining is None or reset is None or remaining >= 0.05 * limit or reset <= now:
            return Go()
        return Wait(now + (reset - now) / (remaining + 1), f"quota nearly spent ({remaining} of {limit} left)")


def text_at(body: Any, name: str) -> str:
    """A text that a body holds under a name; "" where it holds none."""
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""


def leading_int(text: str | None) -> int | None:
    """The whole number that a header begins with."""
    found = re.match(r"\s*(\d{1,15})", text or "")
    return int(found[1]) if found else None


def _epoch(text: str | None) -> datetime | None:
    seconds = leading_int(text)
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _http_date(text: str | None) -> datetime | None:
    try:
        at = parsedate_to_datetime(text or "")
    except (TypeError, ValueError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def retry_after(response: Response, now: datetime) -> datetime | None:
    """Retry-After, in seconds or as an HTTP date. 0 counts as 1 s: to ask again at once is what the server refused."""
    text = response.header("Retry-After")
    if text is not None and re.fullmatch(r"\s*\d{1,9}\s*", text):
        return now + max(_SECOND, timedelta(seconds=int(text)))
    return on_our_clock(_http_date(text), response, now)


def on_our_clock(at: datetime | None, response: Response, now: datetime) -> datetime | None:
    """A time that the server named, moved by as much as its clock is far from ours."""
    said = _http_date(response.header("Date"))
    if at is None or said is None or abs(said - now) <= _FAR:
        return at
    try:
        return now + (at - said)
    except OverflowError:
        return None
