"""The sandbox: one process on loopback that speaks Bluesky, Mastodon, X, Facebook, LinkedIn, GitHub, YouTube and page views.

Each host has a port of its own: the AppView (and PDS), two Mastodon instances, X, the Graph API, LinkedIn's, Wikimedia's. X
wants a Bearer token; the next two want one that is a constant of their modules. What is shown is the world as of `now`, which
stands still until it is set; headers, and the windows of rate limits, follow a `clock` that begins there and stands
still too (so that the same requests give the same bytes) unless it is told to run.

    python tests/sandbox/server.py --port 0 --now 2026-03-14T12:00:00Z

prints one line of JSON with the base URLs, and ends with its standard input or on SIGTERM. Under `/_sandbox` on any port:
`GET state`, `people?offset=&limit=`, `log?after=`, `misbehaviours`, and `POST state` with any of `{"now": time, "advance":
seconds of the clock, "misbehave": [...], "limits": {"bluesky": n or null, "mastodon": ...}, "clear_log": true}`.

A world may have a million people: nothing of one of them, and no platform's days, are made before somebody asks for them.
With `--since 2026-03-13 --now 2026-03-14` such a one needs a minute or so until it is up, some ten seconds more at each
platform's first request, and 3 GB for all of them; each further day takes up to 300 MB more a platform.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import sys
import threading
import time
from collections import deque
from datetime import UTC, date, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

if __name__ == "__main__":  # as a script this folder is on the path, but its modules are known as sandbox.*
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from sandbox import bluesky, facebook, github, linkedin, mastodon, wikipedia, x, youtube
from sandbox.history import FIRST_DAY, INSTANCES, History, View, home, iso, last_day, username
from sandbox.misbehaviour import MISBEHAVIOURS, WINDOW, WINDOWS, Limiter, Rule, Rules
from sandbox.world import World

LOOPBACK = "127.0.0.1"
LIMITS = {
    "bluesky": 3000,
    "mastodon": 300,
    "x": 300,
    "facebook": 5000,
    "linkedin": 5000,
    "wikipedia": 500,
    "github": 5000,
    "youtube": 10_000,
}
PLATFORM_OF = {
    bluesky.HOST: "bluesky",
    x.HOST: "x",
    facebook.HOST: "facebook",
    linkedin.HOST: "linkedin",
    wikipedia.HOST: "wikipedia",
    github.ARCHIVE: "github",
    github.API: "github",
    youtube.HOST: "youtube",
}
#: What is shown of a platform that has no people of its own: articles are read by people of all platforms, and what they need
#: of a view is the moment; who has a Page has a channel, and does there what they do here.
SHOWN_BY = {"wikipedia": "bluesky", "youtube": "facebook"}  # of other hosts: mastodon
CONNECTIONS, LOGGED, LONGEST_BODY = 64, 100_000, 65_536
SKEW = 3 * 3600
HTML = b"<!doctype html><title>One moment</title><p>Checking your browser before you go on."


def seconds(text: str) -> int:
    """Unix seconds of an ISO-8601 time; UTC where it says nothing."""
    at = datetime.fromisoformat(text)
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


class Sandbox:
    """The state that all hosts share, and the hosts."""

    def __init__(
        self,
        now: str = "2026-03-14T12:00:00Z",
        people: int = 400,
        since: date = FIRST_DAY,
        misbehave: tuple[str, ...] = (),
        limits: dict[str, int | None] | None = None,
        running: bool = False,
        port: int = 0,
    ) -> None:
        self.lock = threading.Lock()
        self.world = World(people=people)
        self.since = since
        self._histories: dict[str, History] = {}
        self.names = bluesky.Names(self.world)
        self.limiter = Limiter(LIMITS | (limits or {}))
        self.rules = Rules([Rule.of(text) for text in misbehave])
        self.running, self.log, self.asked = running, deque[dict[str, Any]](maxlen=LOGGED), 0
        self.set_now(now)
        self.slots = threading.BoundedSemaphore(CONNECTIONS)
        hosts = (bluesky.HOST, *INSTANCES, x.HOST, facebook.HOST, linkedin.HOST, wikipedia.HOST)
        hosts += (github.ARCHIVE, github.API, youtube.HOST)
        self.servers = [Server(self, host, port + i if port else 0) for i, host in enumerate(hosts)]
        first, *others, bird, graph, rest, views, archive, api, videos = [
            f"http://{LOOPBACK}:{server.server_port}" for server in self.servers
        ]
        self.urls: dict[str, Any] = {
            "bluesky": first,
            "mastodon": dict(zip(INSTANCES, others, strict=True)),
            "x": bird,
            "facebook": f"{graph}/v25.0",
            "linkedin": f"{rest}/rest",
            "wikipedia": f"{views}{wikipedia.BASE}",
            "gharchive": archive,
            "github": api,
            "youtube": f"{videos}{youtube.BASE}",
            "control": f"{first}/_sandbox",
        }

    def __enter__(self) -> Sandbox:
        for server in self.servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def set_now(self, now: str) -> None:
        """Show the world as of another moment; the clock goes there too."""
        at = seconds(now)
        last_day(at, self.since)
        self.now = at
        self._views: dict[str, View] = {}
        self._clock, self._since = float(at), time.monotonic()

    def view(self, platform: str) -> View:
        """What a platform shows now. Made when it is first asked for: a large world's takes a while."""
        platform = SHOWN_BY.get(platform, platform)
        if platform not in self._views:
            if platform not in self._histories:
                self._histories[platform] = History(since=self.since, platform=platform, world=self.world)
            self._views[platform] = View(self._histories[platform], self.now)
        return self._views[platform]

    @property
    def clock(self) -> float:
        """What the headers say it is."""
        return self._clock + (time.monotonic() - self._since if self.running else 0)

    def state(self) -> dict[str, Any]:
        """What is set."""
        rules = [{"name": r.name, "times": r.times, "where": r.where.pattern} for r in self.rules.rules]
        told = {"now": iso(self.now), "clock": iso(self.clock), "people": self.world.people, "urls": self.urls}
        return told | {"misbehave": rules, "limits": self.limiter.limits, "requests": self.asked}

    def change(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Set what is given; gives the state after."""
        unknown = wanted.keys() - {"now", "advance", "misbehave", "limits", "clear_log"}
        if unknown or not wanted.get("limits", {}).keys() <= LIMITS.keys():
            raise ValueError(f"unknown: {sorted(unknown) or wanted['limits']}")
        if not all(limit is None or isinstance(limit, int) for limit in wanted.get("limits", {}).values()):
            raise ValueError("a limit is a number, or null for none")
        rules = Rules([Rule.of(text) for text in wanted["misbehave"]]) if "misbehave" in wanted else self.rules
        with self.lock:
            if "now" in wanted:
                self.set_now(wanted["now"])
            self._clock += float(wanted.get("advance", 0))
            self.rules = rules
            if "limits" in wanted:
                self.limiter = Limiter(self.limiter.limits | wanted["limits"])  # counting begins anew
            if wanted.get("clear_log"):
                self.log.clear()
            return self.state()

    def people(self, offset: int, limit: int) -> list[dict[str, Any]]:
        """Who everybody is on each platform: what an operator's list of subjects would hold, and what only the world knows."""
        world, now = self.world, self.now
        marks = ("bots", "minors", "opted_out", "protected", "moved", "suspended", "closed")
        return [
            {
                "person": i,
                "did": self.names.did(i),
                "handle": self.names.handle(i),
                "x": x.id_of(i),
                "username": x.name_of(world, i),
                "instance": home(world, i, now),
                "acct": username(world, i),
                "uri": f"https://{home(world, i, now)}/users/{username(world, i)}",
                "page": facebook.page_id(i) if facebook.owns_page(i) else None,
                "channel": youtube.channel_id(i) if facebook.owns_page(i) else None,
                "login": github.name_of(world, i),
                "article": wikipedia.title(world, i) if wikipedia.has_article(i) else None,
                "organisation": linkedin.organisation_urn(i) if linkedin.runs_organisation(i) else None,
                "marks": [mark for mark in marks if i in getattr(world, mark)],
                "platforms": [name for name, here in world.present.items() if here[i]],
                "pull": round(float(world.pull[i]), 6),
            }
            for i in range(max(0, offset), min(offset + limit, world.people))
        ]


class Server(ThreadingHTTPServer):
    """One host of the sandbox."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, sandbox: Sandbox, host: str, port: int) -> None:
        self.sandbox, self.host = sandbox, host
        super().__init__((LOOPBACK, port), Handler)

    def server_bind(self) -> None:
        """Bind without asking a name server who we are."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Never more than so many connections; others wait in the queue of the socket."""
        self.sandbox.slots.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Give the place back whatever happens."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.sandbox.slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nobody's fault."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 20
    server: Server

    def log_message(self, *_: object) -> None:
        """The request log is asked for, not printed."""

    def do_GET(self) -> None:
        """A platform's answer, or the control's."""
        url = urlsplit(self.path)
        params = parse_qs(url.query, keep_blank_values=True, max_num_fields=200)
        if self.headers.get("Host", "").rpartition(":")[0] not in (LOOPBACK, "localhost"):
            return self._send(403, {"error": "Loopback only"})
        if url.path.startswith("/_sandbox/"):
            try:
                return self._control(url.path.removeprefix("/_sandbox/"), params)
            except ValueError as wrong:
                return self._send(400, {"error": str(wrong)})
        return self._platform(url.path, url.query, params)

    def do_POST(self) -> None:
        """Only the control is written to."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            self.close_connection = True
            return self._send(413, {"error": "Length of the body missing or too large"})
        body = self.rfile.read(int(length))
        if self.path != "/_sandbox/state" or self.headers.get("Host", "").rpartition(":")[0] != LOOPBACK:
            return self._send(405, {"error": "Method Not Allowed"})
        try:
            return self._send(200, self.server.sandbox.change(json.loads(body)))
        except (ValueError, TypeError, AttributeError) as wrong:
            return self._send(400, {"error": str(wrong)})

    def _control(self, name: str, params: dict[str, list[str]]) -> None:
        box = self.server.sandbox
        if name == "state":
            return self._send(200, box.state())
        if name == "log":
            with box.lock:
                after = int(params.get("after", ["0"])[0])
                return self._send(200, [entry for entry in box.log if entry["n"] > after])
        if name == "misbehaviours":
            return self._send(200, {name: what for name, (_, what) in MISBEHAVIOURS.items()})
        if name == "people":
            offset, limit = (int(params.get(word, [usual])[0]) for word, usual in (("offset", "0"), ("limit", "1000")))
            return self._send(200, box.people(offset, limit))
        return self._send(404, {"error": "There is no such thing"})

    def _platform(self, path: str, query: str, params: dict[str, list[str]]) -> None:
        box, host = self.server.sandbox, self.server.host
        platform = PLATFORM_OF.get(host, "mastodon")
        # Everybody on loopback has one address: the name that a client gives itself stands for it.
        client = f"{self.client_address[0]} {self.headers.get('User-Agent', '')[:200]}"
        asked_host = self.headers["Host"]
        with box.lock:
            view, clock = box.view(platform), box.clock
            struck = box.rules.strike(host + path)
            part = f"{host} {linkedin.endpoint_of(path)}" if platform == "linkedin" else host
            part += re.sub(r"/\d+", "", path) if platform == "x" else ""
            counted = box.limiter.count(platform, part, client, clock)
            box.asked += 1
            entry = {"n": box.asked, "clock": iso(clock), "host": host, "asked_host": asked_host, "client": client}
            entry |= {"path": path, "query": query, "authorization": "Authorization" in self.headers}
            entry |= {"struck": sorted(struck), "remaining": None if counted is None else counted[1], "status": None}
            box.log.append(entry)
        if "skewed_clock" in struck:
            clock += SKEW
            counted = counted and (counted[0], counted[1], counted[2] + SKEW)
        if struck & {"too_many_requests", "too_many_requests_bare", "retry_after_zero", "retry_after_date"}:
            window = WINDOWS.get(platform, WINDOW)
            counted = (LIMITS[platform], -1, int(clock) // window * window + window)
        headers = {"Date": formatdate(clock, usegmt=True)} | self._limit_headers(platform, counted, clock)
        if "retry_after_zero" in struck:
            headers["Retry-After"] = "0"
        if "too_many_requests_bare" in struck:
            headers = {"Date": headers["Date"]}
        status, body, more = self._answer(platform, path, query, params, view, struck, counted, clock)
        more = {} if "too_many_requests_bare" in struck else more
        entry["status"] = status
        if "slow" in struck:
            time.sleep(2)
        self._send(status, body, headers | more, cut="cut" in struck)

    def _answer(
        self,
        platform: str,
        path: str,
        query: str,
        params: dict[str, list[str]],
        view: View,
        struck: frozenset[str],
        counted: tuple[int, int, int] | None,
        clock: float,
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, body and further headers."""
        box, bsky = self.server.sandbox, platform == "bluesky"
        if "usage_capped" in struck:
            capped = x.Refused(429, "UsageCapExceeded", f"{x.PROBLEM}usage-capped", period="Monthly", scope="Product")
            return 429, capped.body, {}
        if counted is not None and counted[1] < 0:
            if platform == "facebook":
                return facebook.limited(clock, counted[2])
            if platform == "linkedin":
                return linkedin.limited()
            if platform == "youtube":
                return 403, youtube.limited().body, {}
            if platform == "x":
                return 429, x.Refused(429, "Too Many Requests").body, {}
            if platform == "wikipedia":
                return wikipedia.limited(clock, counted[2], as_date="retry_after_date" in struck)
            if platform == "github":
                return 403, github.Refused(403, "API rate limit exceeded").body, {}
            limited = {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
            return 429, limited if bsky else {"error": "Too many requests"}, {}
        if "redirect_away" in struck and not self.headers["Host"].startswith("localhost"):
            return 302, {}, {"Location": f"http://localhost:{self.server.server_port}{self.path}"}
        if "unavailable" in struck or "broken" in struck:
            status = 503 if "unavailable" in struck else 500
            return status, {"error": "InternalServerError", "message": "Internal Server Error"}, {}
        if "html" in struck:
            return 200, HTML, {}
        if "secondary_limit" in struck:
            refused = github.Refused(403, "You have exceeded a secondary rate limit")
            return 403, refused.body, {"Retry-After": "60"}
        try:
            if bsky:
                if not path.startswith("/xrpc/"):
                    raise bluesky.Refused("NotFound", "Not Found", 404)
                return 200, bluesky.Bluesky(view, box.names, struck).answer(path.removeprefix("/xrpc/"), params), {}
            if platform == "x":
                token = self.headers.get("Authorization", "").removeprefix("Bearer ").strip()
                return 200, x.X(view, struck, token, clock).answer(path, params), {}
            base = f"http://{LOOPBACK}:{self.server.server_port}"
            if platform == "facebook":
                authorization = self.headers.get("Authorization", "")
                return 200, facebook.Facebook(view, base, struck).answer(path, params, authorization), {}
            if platform == "linkedin":
                return 200, linkedin.LinkedIn(view, struck).answer(path, query, params, self.headers), {}
            if platform == "youtube":
                return (
                    200,
                    youtube.YouTube(view, struck).answer(path, params, self.headers.get("X-Goog-Api-Key", "")),
                    {},
                )
            if platform == "wikipedia":
                return 200, wikipedia.answer(view, path, self.headers.get("User-Agent", "")), {}
            if platform == "github":
                speaker = github.GitHub(view, base, struck)
                if self.server.host == github.ARCHIVE:
                    return 200, speaker.hour_file(path), {"Content-Type": "application/gzip"}
                return 200, *speaker.answer(path, params, counted or (5000, 5000, int(clock) + 3600))
            body, link = mastodon.Mastodon(view, self.server.host, base, struck).answer(path, params)
            return 200, body, {"Link": link} if link else {}
        except (
            bluesky.Refused,
            mastodon.Refused,
            x.Refused,
            facebook.Refused,
            linkedin.Refused,
            wikipedia.Refused,
            github.Refused,
            youtube.Refused,
        ) as refused:
            return refused.status, refused.body, {}

    def _limit_headers(self, platform: str, counted: tuple[int, int, int] | None, clock: float) -> dict[str, str]:
        """What each platform tells of its limit: epoch seconds here, ISO-8601 there."""
        if counted is None:
            return {}
        limit, remaining, ends = counted
        if platform == "facebook":
            return facebook.usage(limit, remaining)
        if platform in ("linkedin", "wikipedia", "youtube"):
            return {}
        names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
        if platform == "mastodon":
            return dict(zip(names, (str(limit), str(max(0, remaining)), iso(ends, 6)), strict=True))
        if platform == "github":
            return dict(zip(names, (str(limit), str(max(0, remaining)), str(ends)), strict=True))
        if platform == "x":
            values = (str(limit), str(max(0, remaining)), str(ends))
            return dict(
                zip(("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"), values, strict=True)
            )
        told = {"RateLimit-Limit": str(limit), "RateLimit-Remaining": str(max(0, remaining))}
        told |= {"RateLimit-Reset": str(ends), "RateLimit-Policy": f"{limit};w={WINDOW}"}
        return told | ({"Retry-After": str(max(1, int(ends - clock)))} if remaining < 0 else {})

    def _send(self, status: int, body: Any, headers: dict[str, str] | None = None, cut: bool = False) -> None:
        html = isinstance(body, bytes)
        content = body if html else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        kind = "text/html" if html else "application/json"
        told = {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(content))} | (headers or {})
        self.send_response_only(status)
        for name, value in told.items():
            self.send_header(name, value)
        if cut:
            content = content[: len(content) // 2]
            self.close_connection = True
        # One write: two would wait for each other's acknowledgement.
        head = b"".join(self._headers_buffer) + b"\r\n"
        self._headers_buffer = []
        self.wfile.write(head + content)


def await_end_of_input(ended: threading.Event) -> None:
    """Not by sys.stdin, whose lock this thread would still hold when the process ends on a signal."""
    while os.read(0, 4096):
        pass
    ended.set()


def main(argv: list[str]) -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(
        prog="server.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--port", type=int, default=0, help="of the first host; the others follow. 0: free ones")
    parser.add_argument("--now", default="2026-03-14T12:00:00Z", help="what has happened by then is shown")
    parser.add_argument("--people", type=int, default=400, help="100 to 1000000; 400 gives the world of world.py")
    parser.add_argument("--since", type=date.fromisoformat, default=FIRST_DAY, help="the first day of the world")
    parser.add_argument(
        "--misbehave", action="append", default=[], metavar="NAME[=TIMES][@WORD]", help="may be repeated"
    )
    parser.add_argument("--no-limits", action="store_true", help="never a 429 unless told to misbehave")
    parser.add_argument("--running-clock", action="store_true", help="Date and resets go on with the real time")
    parser.add_argument("--stay", action="store_true", help="do not end with the standard input")
    args = parser.parse_args(argv)
    if not 100 <= args.people <= 1_000_000:
        parser.error("--people must be from 100 to 1000000")
    limits = dict.fromkeys(LIMITS, 10**9) if args.no_limits else None
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    with Sandbox(
        args.now, args.people, args.since, tuple(args.misbehave), limits, args.running_clock, args.port
    ) as box:
        print(json.dumps(box.urls), flush=True)
        if not args.stay:
            threading.Thread(target=await_end_of_input, args=(ended,), daemon=True).start()
        ended.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
