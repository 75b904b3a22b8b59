"""The door: what every request must pass and every answer carries, whichever page is asked for.

Reading only, by who may, not too often and not too long; from one version of the warehouse; with headers that let a browser
load nothing from elsewhere and run nothing at all. No log line holds a query, since old clients put keys there.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clout.errors import InvalidInput
from clout.web import klout_routes
from clout.web.snapshot import Library, NothingPublished, Snapshot

log = logging.getLogger("clout.web")

#: Bytes of a path with its query, and seconds of an answer.
LONGEST, SLOWEST = 2048, 20.0
#: Bytes and number of the answers that are kept, all of one version.
KEPT_BYTES, KEPT = 8 << 20, 512
#: Seconds between two looks for a new version.
LOOK_EVERY = 2.0
#: Addresses whose calls are counted at once.
COUNTED = 10_000

_CSP = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
#: A chart brings its own two colours for a dark screen.
_CSP_SVG = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "x-clout-permitted-use": "not for hiring, credit, insurance or tiers of customer service",
    "cache-control": "private, no-cache",
}
NO_KEY = "Invalid or unprovided API key. All calls must have a key."


class Keys:
    """Who may ask: a file with one `name:sha256` a line, the SHA-256 in hex of a key that nobody can guess."""

    def __init__(self, file: Path) -> None:
        try:
            lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(
                f"CLOUT_API_KEYS={file}: cannot be read ({type(error).__name__}); give a readable file"
            ) from error
        self._hashes = []
        for place, line in enumerate(lines, 1):
            if not line or line.startswith("#"):
                continue
            _, _, digest = line.rpartition(":")
            if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
                raise InvalidInput(
                    f"CLOUT_API_KEYS={file}: line {place} is not name:sha256, with 64 hex digits;"
                    " make one with: jobs/serve.py --hash-key NAME"
                )
            self._hashes.append(digest)
        if not self._hashes:
            raise InvalidInput(f"CLOUT_API_KEYS={file}: holds no key; make one with: jobs/serve.py --hash-key NAME")

    def holds(self, key: str) -> bool:
        """Whether somebody has this key. Takes as long for a wrong key as for a right one."""
        asked = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
        found = False
        for each in self._hashes:
            found |= hmac.compare_digest(asked, each)
        return found


class Rate:
    """So many calls a second by each caller, with as many at once as ten seconds allow."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._most, self._clock = per_second, 10 * per_second, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, caller: str) -> bool:
        """Whether one more call is allowed now; it is counted."""
        now = self._clock()
        left, last = self._left.pop(caller, (self._most, now))
        left = min(self._most, left + (now - last) * self._per_second)
        self._left[caller] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > COUNTED:
            self._left.popitem(last=False)
        return left >= 1


@dataclass
class Answer:
    """A whole answer, as it is kept and sent."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def take(self, message: Message) -> None:
        """Take what an application sends."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    def header(self, name: bytes) -> bytes:
        """The value of a header; empty where there is none."""
        return next((value for each, value in self.headers if each.lower() == name), b"")


@dataclass(frozen=True)
class Policy:
    """Who may come in. `hosts` are the names under which a browser may ask, any where it is empty."""

    keys: Keys | None = None
    rate: Rate | None = None
    hosts: frozenset[str] = frozenset()
    slowest: float = SLOWEST


class Guard:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, library: Library, policy: Policy, tag: str) -> None:
        self.app, self.library, self.policy, self.tag = app, library, policy, tag
        self._kept: OrderedDict[tuple[bytes, bytes], Answer] = OrderedDict()
        self._kept_of, self._kept_bytes = -1, 0
        self._making: dict[tuple[int, bytes, bytes], asyncio.Future[Answer]] = {}
        self._looked, self._looking = time.monotonic(), threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        answer = self._refused(scope, headers)
        if answer is None:
            answer = await self._answered(scope, headers)
        await _sent(answer, scope["method"] == "HEAD", send)

    def _refused(self, scope: Scope, headers: dict[bytes, bytes]) -> Answer | None:
        path, query = scope.get("raw_path") or b"", scope["query_string"]
        is_api = klout_routes.is_api(scope["path"])
        if scope["method"] not in ("GET", "HEAD"):
            return _said(405, "This service only reads: ask with GET.", allow="GET, HEAD")
        if len(path) + len(query) > LONGEST:
            return _said(414, f"An address has at most {LONGEST} bytes here.")
        if headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers:
            return _said(413, "This service takes no body.")
        host = headers.get(b"host", b"").decode("latin-1").rsplit("@")[-1]
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        if self.policy.hosts and name.lower() not in self.policy.hosts:
            return _said(421, "Nobody by that name is here: ask 127.0.0.1 or localhost.")
        client = (scope.get("client") or ("", 0))[0]
        if self.policy.rate and not self.policy.rate.allows(client):
            return _said(403 if is_api else 429, "Over the rate limit; ask more slowly.", retry_after="10")
        if self.policy.keys and not self.policy.keys.holds(_key(headers, query)):
            if is_api:
                return _said(403, NO_KEY)
            return _said(401, NO_KEY, www_authenticate='Basic realm="Clout: any name, and a key as the password"')
        return None

    async def _answered(self, scope: Scope, headers: dict[bytes, bytes]) -> Answer:
        self._look()
        try:
            ready = self.library.ready
            snapshot = ready if ready is not None else await asyncio.to_thread(self.library.current)
        except NothingPublished:
            return _said(503, "Nothing is published yet. Run a night first: make run", retry_after="60")
        except (InvalidInput, OSError) as error:
            log.error("the warehouse cannot be read: %s", type(error).__name__)
            return _said(503, "The warehouse cannot be read just now.", retry_after="60")
        scope.setdefault("state", {})["snapshot"] = snapshot
        name = (scope.get("raw_path") or b"", scope["query_string"])
        answer = self._kept.get(name) if self._kept_of == snapshot.version else None
        if answer is not None:
            self._kept.move_to_end(name)
        if answer is None:
            return await self._shared(snapshot, name, scope, headers)
        return _unless_had(answer, headers)

    async def _shared(
        self, snapshot: Snapshot, name: tuple[bytes, bytes], scope: Scope, headers: dict[bytes, bytes]
    ) -> Answer:
        """Make an answer, once for all who ask for it at the same time."""
        key = (snapshot.version, *name)
        if key not in self._making:
            self._making[key] = asyncio.ensure_future(self._new(snapshot, name, scope))
        return _unless_had(await asyncio.shield(self._making[key]), headers)

    async def _new(self, snapshot: Snapshot, name: tuple[bytes, bytes], scope: Scope) -> Answer:
        try:
            answer = await self._made(scope)
        finally:
            self._making.pop((snapshot.version, *name), None)
        if answer.status == 200:
            tag = f'"{snapshot.version}-{self.tag}"'
            at = format_datetime(snapshot.entries[-1].published_at, usegmt=False)
            answer.headers += [(b"etag", tag.encode()), (b"last-modified", at.replace("+0000", "GMT").encode())]
            self._keep(snapshot.version, name, answer)
        answer.headers.append((b"x-clout-version", str(snapshot.version).encode()))
        return answer

    async def _made(self, scope: Scope) -> Answer:
        answer = Answer()

        async def nothing() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        try:
            # HEAD is answered as GET, and its body is left out on the way.
            await asyncio.wait_for(self.app({**scope, "method": "GET"}, nothing, answer.take), self.policy.slowest)
        except TimeoutError:
            return _said(503, "That took too long.", retry_after="10")
        except Exception:
            log.exception("an answer failed")
            return _said(500, "That did not work. The log of the service says why.")
        return answer

    def _keep(self, version: int, name: tuple[bytes, bytes], answer: Answer) -> None:
        if version < self._kept_of:
            return
        if version > self._kept_of:
            self._kept.clear()
            self._kept_of, self._kept_bytes = version, 0
        self._kept[name] = answer
        self._kept_bytes += len(answer.body)
        while len(self._kept) > KEPT or self._kept_bytes > KEPT_BYTES:
            _, old = self._kept.popitem(last=False)
            self._kept_bytes -= len(old.body)

    def _look(self) -> None:
        """Look for a new version now and then, beside the requests."""
        if time.monotonic() - self._looked < LOOK_EVERY or not self._looking.acquire(blocking=False):
            return

        def look() -> None:
            try:
                self.library.refresh()
            except Exception as error:  # readers keep what they have; the next look may do better
                log.error("the newest version cannot be read: %s", type(error).__name__)
            finally:
                self._looked = time.monotonic()
                self._looking.release()

        threading.Thread(target=look, name="look", daemon=True).start()


def _unless_had(answer: Answer, headers: dict[bytes, bytes]) -> Answer:
    """The answer, or only that it is still the one that the asker has."""
    asked = {each.strip().removeprefix(b"W/") for each in headers.get(b"if-none-match", b"").split(b",")}
    if answer.status == 200 and answer.header(b"etag") in asked:
        return Answer(
            304, [each for each in answer.headers if each[0].lower() not in (b"content-length", b"content-type")]
        )
    return answer


def _key(headers: dict[bytes, bytes], query: bytes) -> str:
    """The key that a request brings: as Klout's clients do, as a header, or as the password of a browser."""
    kind, _, rest = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode("utf-8", "replace").partition(":")[2]
        except (binascii.Error, ValueError):
            return ""
    given = parse_qs(query.decode("latin-1"), max_num_fields=None)
    return next((given[name][-1] for name in ("key", "app_key") if name in given), "")


def _said(status: int, text: str, **headers: str) -> Answer:
    body = json.dumps({"error": status, "description": text}).encode()
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    length = (b"content-length", str(len(body)).encode())
    return Answer(status, [(b"content-type", b"application/json"), length, *named], body)


async def _sent(answer: Answer, is_head: bool, send: Send) -> None:
    is_svg = answer.header(b"content-type").startswith(b"image/svg")
    fixed = _HEADERS | {"content-security-policy": _CSP_SVG if is_svg else _CSP}
    headers = [*answer.headers, *((name.encode(), value.encode()) for name, value in fixed.items())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else answer.body})
