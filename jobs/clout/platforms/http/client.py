"""Asks one platform's host: obeys its policy, its budget and the run's limits, keeps its token to itself, says what it does.

A token comes from the environment, is sent to the configured host only, and is taken out of every answer before anybody
else sees it: platforms repeat it in `next` links and in error messages.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import IO, Any, Protocol
from urllib.parse import quote

import requests
import urllib3

from clout.config.options import REFRESH_DAYS
from clout.config.sources import Source
from clout.platforms.http.budget import Budget
from clout.platforms.http.rate_policies import Go, Response, StopEndpoint, StopPlatform, StopUnit, Wait
from clout.platforms.http.tokens import NAMED_SECRET, any_form, lacks_token, token_of, without_secrets
from clout.platforms.http.transport import HeaderDeadlineAdapter
from clout.platforms.http.urls import filled, joined, origin, parts_of, query_of
from clout.platforms.pull.pages import Endpoint, Platform
from clout.platforms.unique_json import SaidTwice, unique

#: Nobody waits longer than 15 s for a word: a wait is slept in pieces of ten, and between requests it is said after five,
#: since one request may take as long as its timeouts (seconds for a connection, and between two pieces of an answer).
_PIECE, _SAY_AFTER = timedelta(seconds=10), timedelta(seconds=5)
_TIMEOUTS = (4, 10)
_HEADERS = 30.0  # seconds for all headers of an answer
_CHUNK = 64 * 1024
_GZIP = b"\x1f\x8b"
#: So many levels an answer may be nested: a post may hold what it likes, and must not stop those around it.
_DEEPEST = 200
_HOPS = 3
#: After so many units in a row that failed because the host did, it is left alone.
_GIVE_UP_AFTER = 3
_KEPT_HEADERS = re.compile(r"content-type|date|link|retry-after|(x-)?rate-?limit.*", re.IGNORECASE)


class Clock(Protocol):
    """The time, and a way to let it pass; tests bring their own."""

    def now(self) -> datetime:
        """The time, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        ...


@dataclass(frozen=True)
class Limits:
    """What one pull may take; each may be set in the source's configuration."""

    max_pages: int = 20
    max_requests: int = 50_000
    max_body_mb: int = 10
    deadline_minutes: int = 150
    refresh_days: int = REFRESH_DAYS
    backfill_days: int = 7

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Limits:
        """Those of a source's options, and the usual ones for what it does not set."""
        return cls(**{f.name: options[f.name] for f in fields(cls) if f.name in options})


def closed_days(
    source: Source, days: set[date], clock: Clock, say: Callable[[str], None]
) -> Iterator[tuple[date, datetime, timedelta]]:
    """Those of `days` that are over, newest first: day, when it began, how long ago that is. Says which are not."""
    for day in sorted(days, reverse=True):
        began = datetime.combine(day, time(), UTC)
        age = clock.now() - began
        if age < timedelta(days=1):
            say(f"pull {source.name} {day}: the day is not over; pull it again after midnight UTC")
        else:
            yield day, began, age


class StopError(Exception):
    """A request that leads nowhere: why, and, where that is an answer about the subject, the answer."""

    def __init__(self, why: str, record: dict[str, Any] | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.record = record


class Client:
    """One platform's host: a session, its policy, what was asked of it so far and why it was left alone."""

    def __init__(
        self,
        source: Source,
        platform: Platform,
        limits: Limits,
        budget: Budget,
        clock: Clock,
        say: Callable[[str], None],
    ) -> None:
        self.source, self.limits, self.budget, self.clock, self.say = source, limits, budget, clock, say
        self.base = str(source.options["base_url"]).rstrip("/")
        self.deadline = clock.now() + timedelta(minutes=limits.deadline_minutes)
        self.policy = platform.policy(self.deadline)
        self.session = requests.Session()
        self.patience = _HEADERS  # for so many seconds the headers of an answer are waited for
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HeaderDeadlineAdapter(lambda: self.patience))
        self.session.auth = lambda request: request  # else requests would look for passwords in ~/.netrc
        contact = source.options.get("contact")
        self.session.headers["User-Agent"] = (
            f"clout/0.1 (nightly influence statistics{f'; {contact}' if contact else ''})"
        )
        self.session.headers["Accept"] = "application/json"
        self.requests = self.rows = 0
        self.waited: dict[str, float] = defaultdict(float)
        self.doing = ""
        self.said_at = clock.now()
        self.not_before, self.why_not = clock.now(), "pace"
        self.gap = timedelta(0)
        self.failed_in_a_row = 0
        self._stopped: dict[str, str] = {}
        self._token = None
        self._in_address: dict[str, str] = {}
        if platform.token is not None:
            self._token = token_of(source)
            if self._token is None:
                self._stopped["*"] = self.lacks = lacks_token(source)
            else:
                if platform.token.param is None:
                    self.session.headers[platform.token.header] = platform.token.form.format(self._token)
                else:
                    self._in_address = {platform.token.param: self._token}
                self._secret = any_form(self._token)

    #: Why nothing can be asked at all, if so.
    lacks: str | None = None

    def close(self) -> None:
        """Let go of the host's connections: hosts count them."""
        self.session.close()

    def stopped(self, endpoint: str) -> str | None:
        """Why an endpoint is not to be asked any more, if so."""
        if self.clock.now() >= self.deadline:
            return "deadline"
        return self._stopped.get("*") or self._stopped.get(endpoint)

    def url(self, endpoint: Endpoint, subject: str) -> str:
        """Where an endpoint is asked about a subject."""
        whole, last = (quote(part, safe="") for part in (subject, subject.rpartition(":")[2]))
        return self.base + endpoint.path.replace("{subject}", whole).replace("{id}", last)

    def stop(self, endpoint: Endpoint, why: str) -> None:
        """Ask nothing more of an endpoint."""
        self._stopped.setdefault(endpoint.name, why)

    def get(
        self,
        endpoint: Endpoint,
        subject: str,
        following: Mapping[str, str],
        times: Mapping[str, str],
        allowance: int,
        sink: IO[bytes] | None = None,
    ) -> dict[str, Any]:
        """One page, as it is stored. Raises StopError where there is none to be had.

        `following` are the parameters that lead to a page after the first; `times` are {since} and {until}; `allowance` is
        what may be spent, in mills; `sink` takes the bytes of an endpoint that gives files.
        """
        url = filled(self.url(endpoint, subject), {f"{{{name}}}": value for name, value in times.items()})
        spent = self.budget.spent
        for attempt in range(1, 1000):
            self._wait(self.not_before, self.why_not)
            size = self._size(endpoint, subject, allowance - (self.budget.spent - spent))
            query = query_of(endpoint, subject, following, times, size)
            response, record = self._paid(endpoint, size, f"{url}?{query}" if query else url, attempt, sink)
            verdict = self.policy.after(response, self.clock.now())
            good = 200 <= response.status < 300 and response.broken is None
            if isinstance(verdict, Wait):
                self.gap = timedelta(seconds=1) if verdict.slow_down else self.gap
                self.not_before, self.why_not = verdict.until, verdict.why
                if not good:
                    self._wait(verdict.until, verdict.why)
                    continue
            if good and record is not None:
                self.failed_in_a_row = 0
                if isinstance(verdict, StopEndpoint | StopPlatform):  # good, but the last
                    self._stop(verdict, endpoint)
                if not isinstance(verdict, Wait):
                    self.not_before, self.why_not = self.clock.now() + self.gap, "pace"
                record["request"] = {"path": url.removeprefix(self.base), "params": dict(endpoint.params)}
                return record
            if isinstance(verdict, Go):
                raise StopError(f"refused: HTTP {response.status}")
            self._stop(verdict, endpoint, response, record)
        raise StopError("too many tries")

    def _size(self, endpoint: Endpoint, subject: str, allowance: int) -> int:
        """How many items to ask for: as many as a page holds, or as the money does. Raises StopError where it does not."""
        size = endpoint.page_size or len(parts_of(endpoint, subject))
        if not endpoint.price:
            return size
        most = min(allowance, self.budget.left) // endpoint.price
        if most < (endpoint.least_page if endpoint.page_size else size):
            raise StopError("budget")
        return min(size, most)

    def _paid(
        self, endpoint: Endpoint, size: int, url: str, attempt: int, sink: IO[bytes] | None
    ) -> tuple[Response, dict[str, Any] | None]:
        """One request. Its worst price is noted before it is sent; what did not come whole stays paid."""
        if not endpoint.price:
            return self._once(endpoint, url, attempt, sink)
        worst = endpoint.price * size
        self.budget.reserve(worst)
        response, record = self._once(endpoint, url, attempt, sink)
        if record is not None and response.broken is None:
            record["mills"] = endpoint.cost(response.body) if 200 <= response.status < 300 else 0
            self.budget.give_back(worst - record["mills"])
        return response, record

    def _stop(
        self, verdict: Any, endpoint: Endpoint, response: Response | None = None, record: dict[str, Any] | None = None
    ) -> None:
        """Remember what a verdict ends; of a bad answer, end the unit too."""
        if isinstance(verdict, StopPlatform):
            self._stopped["*"] = verdict.why
        elif isinstance(verdict, StopEndpoint):
            self._stopped[endpoint.name] = verdict.why
        if response is None:
            return
        answered = isinstance(verdict, StopUnit) and 400 <= response.status < 500
        if answered:
            self.failed_in_a_row = 0
            # An answer about the subject, and as good as a page: it need not be asked again.
            stored = {**record, "body": None, "why": verdict.why} if record is not None else None
            raise StopError(verdict.why, record=stored)
        if response.broken or response.status >= 500:
            self.failed_in_a_row += 1
        if self.failed_in_a_row >= _GIVE_UP_AFTER:
            self._stopped.setdefault("*", f"the host fails: {verdict.why}")
        self.say(f"pull {self.source.name}: {endpoint.name}: {verdict.why}")
        raise StopError(verdict.why)

    def _once(
        self, endpoint: Endpoint, url: str, attempt: int, sink: IO[bytes] | None
    ) -> tuple[Response, dict[str, Any] | None]:
        """One request with its redirects; the answer as the policy sees it, and as it is stored."""
        there = url
        for _ in range(_HOPS + 1):
            if self.requests >= self.limits.max_requests:
                self._stopped["*"] = "max_requests"
                raise StopError("max_requests")
            self.requests += 1
            self.report_progress()
            self.patience = min(_HEADERS, (self.deadline - self.clock.now()).total_seconds())
            try:
                with self.session.get(
                    there,
                    params=self._in_address,
                    headers=dict(endpoint.headers),
                    timeout=_TIMEOUTS,
                    allow_redirects=False,
                    stream=True,
                ) as answer:
                    headers = {name.lower(): self._hide(value) for name, value in answer.headers.items()}
                    if answer.is_redirect:
                        there = joined(there, answer.headers["location"])
                        if origin(there) != origin(url):
                            raise StopError("redirect_to_another_host")
                        continue
                    if sink is not None and answer.status_code == 200:
                        return self._file(answer, headers, sink, attempt)
                    data = bytearray()
                    for chunk in self._chunks(answer):
                        data += chunk
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                # Only the kind: the text of the exception holds the whole URL.
                return Response(0, attempt=attempt, broken=f"no whole answer ({type(error).__name__})"), None
            return self._answer(answer.status_code, headers, bytes(data), attempt)
        raise StopError("too many redirects")

    def _chunks(self, answer: requests.Response, decode: bool = True) -> Iterator[bytes]:
        """The body as it comes, as far as it may go."""
        size, began = 0, self.clock.now()
        # read1 gives what there is: to wait for a whole chunk of a body that drips is to wait past the deadline.
        while chunk := answer.raw.read1(_CHUNK, decode_content=decode):
            size += len(chunk)
            self.report_progress()
            if size > self.limits.max_body_mb * 1_000_000:
                raise StopError("body_cap")
            if self.clock.now() > self.deadline:
                seconds = (self.clock.now() - began).total_seconds()
                told = f"cut_by_deadline: {size} bytes came in {seconds:.0f} s, and no end"
                self.say(f"pull {self.source.name}: {self.doing}: {told}")
                raise StopError(told)
            yield chunk

    def _file(
        self, answer: requests.Response, headers: dict[str, str], sink: IO[bytes], attempt: int
    ) -> tuple[Response, dict[str, Any]]:
        """A gzip file into the sink, byte by byte as it is stored there; other things with status 200 are none."""
        sink.seek(0)
        sink.truncate()
        for chunk in self._chunks(answer, decode=False):
            sink.write(chunk)
        size = sink.tell()
        sink.seek(0)
        broken = None if sink.read(2) in (_GZIP, b"") else "HTTP 200 without a gzip file"
        kept = {n: without_secrets(v) for n, v in headers.items() if _KEPT_HEADERS.fullmatch(n)}
        record = {"status": 200, "headers": kept, "bytes": size, "fetched_at": self.clock.now().isoformat()}
        return Response(200, headers, None, attempt, broken), record

    def _answer(
        self, status: int, headers: dict[str, str], data: bytes, attempt: int
    ) -> tuple[Response, dict[str, Any] | None]:
        broken, body, cut = None, None, 0
        try:
            text = data.decode(json.detect_encoding(data), "surrogatepass")
            body = json.loads(self._hide(text), parse_constant=_no_constant, object_pairs_hook=unique)
            cut = _cut(body) if isinstance(body, dict | list) else 0
        except SaidTwice as error:
            if 200 <= status < 300:
                broken = f"HTTP {status} with JSON in which {error}"[:300]
        except (RecursionError, ValueError):
            if 200 <= status < 300:
                broken = f"HTTP {status} without JSON"
        record = {
            "status": status,
            "headers": {n: without_secrets(v) for n, v in headers.items() if _KEPT_HEADERS.fullmatch(n)},
            "body": body,
            "fetched_at": self.clock.now().isoformat(),
            **({"cut": cut} if cut else {}),
        }
        return Response(status, headers, body, attempt, broken), record

    def _hide(self, text: str) -> str:
        """A text that came from the host, without the token."""
        if self._token is None:
            return text
        return NAMED_SECRET.sub(r"\1…", self._secret.sub("…", text))

    def _wait(self, until: datetime, why: str) -> None:
        """Let the time pass, and say why at least every 15 seconds."""
        while (left := until - self.clock.now()) > timedelta(0):
            piece = min(left, _PIECE)
            if piece > timedelta(seconds=1):
                self.say(f"pull {self.source.name} {self.doing}: waits until {until:%H:%M:%S} UTC: {why}")
                self.said_at = self.clock.now()
            self.waited[why.partition(" (")[0]] += piece.total_seconds()
            self.clock.sleep(piece.total_seconds())

    def report_progress(self, at_once: bool = False) -> None:
        """Say how far it is, unless that was just said."""
        now = self.clock.now()
        if not at_once and now - self.said_at < _SAY_AFTER:
            return
        self.said_at = now
        waits = ", ".join(f"{seconds:.0f} s ({why})" for why, seconds in self.waited.items())
        money = f", ${self.budget.spent / 1000:.3f} of ${self.budget.ceiling / 1000:.2f}" if self.budget.spent else ""
        self.say(
            f"pull {self.source.name} {self.doing}: {self.requests} requests, {self.rows} rows{money}"
            f"{f', waited {waits}' if waits else ''}"
        )


def _cut(body: Any) -> int:
    """Empty what lies deeper than any platform's answers go, which no reader of ours could follow; gives how many places."""
    level = [body]
    for _ in range(_DEEPEST):
        level = [
            inner
            for node in level
            for inner in (node.values() if isinstance(node, dict) else node)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return 0
    filled = [node for node in level if node]
    for node in filled:
        node.clear()
    return len(filled)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")
