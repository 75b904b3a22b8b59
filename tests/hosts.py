"""A host on loopback whose answers a test writes, and a clock that a test moves."""

from __future__ import annotations

import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.server import Sandbox

MORNING = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.time = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


class SandboxClock(Clock):
    """Sleeps, and the sandbox with it."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(datetime.fromisoformat(sandbox.state()["clock"]))
        self.sandbox = sandbox

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.sandbox.change({"advance": seconds})


class Host:
    """A host on loopback. `answers[path]` is a list of answers, the last one for ever, or a function of the query.

    An answer is a JSON value, or (status, headers, body). `asked` is every request: path and query.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self.addresses: list[str] = []  # as they came
        self.headers: list[dict[str, str]] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = parse_qs(parts.query)
                host.asked.append((parts.path, query))
                host.addresses.append(self.path)
                host.headers.append(dict(self.headers.items()))
                answer = host.answers.get(parts.path, (404, {}, b"{}"))
                if callable(answer):
                    answer = answer(query)
                elif isinstance(answer, list):
                    answer = answer.pop(0) if len(answer) > 1 else answer[0]
                status, headers, body = answer if isinstance(answer, tuple) else (200, {}, answer)
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response_only(status)  # without Date: the clock of these tests is not the machine's
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def counts(self) -> Counter[str]:
        """How often each endpoint was asked, by the last part of its path."""
        return Counter(path.rsplit(".", 1)[-1].rsplit("/", 1)[-1] for path, _ in self.asked)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
