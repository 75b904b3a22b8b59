"""How each platform says "not now" and "no more": one small class a platform, and nothing else knows these signals.

`after(response, now)` is pure: it gets the time and gives a verdict. No verdict waits beyond the run's deadline, no wait
is longer than the platform's longest window, and a server that says "0 seconds" is given one.
"""

from __future__ import annotations

import json
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
            after = _retry_after(response, now)
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
        return _on_our_clock(_epoch(response.header(self.quota[2])), response, now)

    def _backoff(self, response: Response, now: datetime, why: str) -> Wait:
        return Wait(now + timedelta(seconds=min(60, 2 ** (response.attempt - 1))), why)

    def _pace(self, response: Response, now: datetime) -> Verdict:
        """Below 5 % of the window's quota, spread what is left over what is left of the window."""
        if self.quota is None:
            return Go()
        limit, remaining = (_leading_int(response.header(name)) for name in self.quota[:2])
        reset = self._reset(response, now)
        if limit is None or remaining is None or reset is None or remaining >= 0.05 * limit or reset <= now:
            return Go()
        return Wait(now + (reset - now) / (remaining + 1), f"quota nearly spent ({remaining} of {limit} left)")


class XPolicy(RatePolicy):
    """X: windows per endpoint; the monthly cap and spent credits end everything, though their 429 names a near reset."""

    longest_wait = timedelta(minutes=15, seconds=5)
    scope = StopEndpoint
    quota = ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset")

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        problem = _text(response.body, "type")
        if response.status == 402 or (response.status == 429 and problem.endswith("usage-capped")):
            return StopPlatform("credits")
        if response.status == 403 and problem.endswith("unsupported-authentication"):
            return StopEndpoint("auth: unsupported-authentication")
        if response.status == 429:
            reset = self._reset(response, now)
            if reset is not None:
                return Wait(reset + timedelta(seconds=self.jitter()), "HTTP 429, x-rate-limit-reset")
        return None


class FacebookPolicy(RatePolicy):
    """Facebook: HTTP 400 or 403 with a code in the body, and minutes in a header that holds JSON.

    Two headers tell how many percent of a quota are used. From 75 on each answer is followed by a pause, which grows from
    nothing to a minute at 100: the quotas are rolling, so a pause is what gives them back.
    """

    longest_wait = timedelta(hours=1)
    _LIMITS = (4, 17, 32, 613, *range(80001, 80015))
    _TRANSIENT = (1, 2)
    _SLOW, _PAUSE = 75, timedelta(minutes=1)

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        error = response.body.get("error") if isinstance(response.body, dict) else None
        error = error if isinstance(error, dict) else {}
        code = error.get("code")
        if not 400 <= response.status < 500 or not isinstance(code, int):
            return None
        if code in self._LIMITS:
            return Wait(now + self._regain(response, self.longest_wait), f"code {code}")
        if code in self._TRANSIENT:
            why = f"code {code}"
            return self._backoff(response, now, why) if response.attempt < self.tries else StopUnit(f"refused: {why}")
        if code == 190:
            return StopPlatform("auth: code 190")
        if code in (10, 200):
            return StopEndpoint(f"auth: code {code}")
        if (
            code == 100 and error.get("error_subcode") == 33
        ):  # deleted, not published, or not for us: it is not said which
            return StopUnit("gone: code 100")
        return StopUnit(f"refused: code {code}")

    def _pace(self, response: Response, now: datetime) -> Verdict:
        used = max(self._usage(response, "call_count", "total_time", "total_cputime"), default=0.0)
        regain = self._regain(response, timedelta(0))
        if used < self._SLOW and not regain:
            return Go()
        share = min(1.0, max(0.0, (used - self._SLOW) / (100 - self._SLOW)))
        return Wait(now + max(regain, share * self._PAUSE), f"quota nearly spent ({used:.0f} % used)", slow_down=True)

    def _regain(self, response: Response, unknown: timedelta) -> timedelta:
        """How long the platform says that it takes until it answers again; the longest where it names several."""
        minutes = max(self._usage(response, "estimated_time_to_regain_access"), default=None)
        return unknown if minutes is None else timedelta(minutes=minutes)

    def _usage(self, response: Response, *names: str) -> list[float]:
        """Numbers of that name in the usage headers: one object, or lists of objects by the id of who is counted."""
        found: list[float] = []
        for header in ("X-App-Usage", "X-Business-Use-Case-Usage"):
            try:
                usage = json.loads(response.header(header) or "{}", parse_constant=lambda name: None)
            except (RecursionError, ValueError):
                continue
            lists = [usage, *(usage.values() if isinstance(usage, dict) else ())]
            each = [one for some in lists for one in (some if isinstance(some, list) else [some])]
            numbers = [one.get(name) for one in each if isinstance(one, dict) for name in names]
            found += [float(n) for n in numbers if isinstance(n, int | float) and 0 <= n < 1e6]
        return found


class LinkedInPolicy(RatePolicy):
    """LinkedIn: a 429 (code 101) says no time at all; the quota is the day's, until 00:00 UTC."""

    scope = StopEndpoint

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        code = response.body.get("serviceErrorCode") if isinstance(response.body, dict) else None
        if response.status == 429 or (response.status >= 400 and code == 101):
            return StopEndpoint("daily_quota: until 00:00 UTC")
        if response.status == 401:  # the token is all that there is
            return StopPlatform("auth: HTTP 401")
        if response.status == 426:
            return StopPlatform("refused: HTTP 426, this version of the API is no longer answered")
        return None


class BlueskyPolicy(RatePolicy):
    """Bluesky: Retry-After in seconds, else RateLimit-Reset in epoch seconds, else backoff (a CDN may strip both)."""

    quota = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        if response.status != 429 or _retry_after(response, now) is not None:
            return None
        reset = self._reset(response, now)
        return None if reset is None else Wait(reset, "HTTP 429, RateLimit-Reset")


class MastodonPolicy(RatePolicy):
    """Mastodon: the reset is an ISO-8601 time; windows are five minutes long and each instance's own."""

    longest_wait = timedelta(minutes=5)
    quota = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        reset = self._reset(response, now) if response.status == 429 else None
        return None if reset is None else Wait(reset, "HTTP 429, X-RateLimit-Reset")

    def _reset(self, response: Response, now: datetime) -> datetime | None:
        try:
            reset = datetime.fromisoformat(response.header("X-RateLimit-Reset") or "")
        except ValueError:
            return None
        reset = reset.replace(tzinfo=UTC) if reset.tzinfo is None else reset
        return _on_our_clock(reset, response, now)


class GitHubPolicy(RatePolicy):
    """GitHub: 403 or 429; retry-after (then slow down), else nothing remaining until x-ratelimit-reset."""

    longest_wait = timedelta(hours=1)
    quota = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        if response.status not in (403, 429):
            return None
        after = _retry_after(response, now)
        if after is not None:
            return Wait(after, f"HTTP {response.status}, Retry-After", slow_down=True)
        reset = self._reset(response, now)
        if _leading_int(response.header("x-ratelimit-remaining")) == 0 and reset is not None:
            return Wait(reset, f"HTTP {response.status}, x-ratelimit-reset")
        return None


class YouTubePolicy(RatePolicy):
    """YouTube: the day's quota is spent until midnight Pacific, whatever is asked."""

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        error = response.body.get("error") if isinstance(response.body, dict) else None
        errors = error.get("errors") if isinstance(error, dict) else None
        reasons = {_text(one, "reason") for one in errors} if isinstance(errors, list) else set()
        if response.status == 403 and "quotaExceeded" in reasons:
            return StopPlatform("daily_quota: until midnight Pacific")
        return None


class WikipediaPolicy(RatePolicy):
    """Wikipedia: 429 or 503 with Retry-After, in seconds or as an HTTP date; 404 where it has no numbers at all."""

    longest_wait = timedelta(hours=1)

    def _special(self, response: Response, now: datetime) -> Verdict | None:
        return StopUnit("no_data: HTTP 404: no such article, or nobody read it") if response.status == 404 else None


def _text(body: Any, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""


def _leading_int(text: str | None) -> int | None:
    found = re.match(r"\s*(\d{1,15})", text or "")
    return int(found[1]) if found else None


def _epoch(text: str | None) -> datetime | None:
    seconds = _leading_int(text)
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


def _retry_after(response: Response, now: datetime) -> datetime | None:
    """Retry-After, in seconds or as an HTTP date. 0 counts as 1 s: to ask again at once is what the server refused."""
    text = response.header("Retry-After")
    if text is not None and re.fullmatch(r"\s*\d{1,9}\s*", text):
        return now + max(_SECOND, timedelta(seconds=int(text)))
    return _on_our_clock(_http_date(text), response, now)


def _on_our_clock(at: datetime | None, response: Response, now: datetime) -> datetime | None:
    """A time that the server named, moved by as much as its clock is far from ours."""
    said = _http_date(response.header("Date"))
    if at is None or said is None or abs(said - now) <= _FAR:
        return at
    try:
        return now + (at - said)
    except OverflowError:
        return None
