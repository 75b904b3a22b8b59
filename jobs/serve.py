"""Explorer pages, downloads and Klout-shaped answers over the published tables, read only and on this machine.

serve.py [--warehouse WAREHOUSE] [--port 8085]
serve.py --host 0.0.0.0          needs CLOUT_API_KEYS, a file of hashed keys
serve.py --hash-key NAME         makes a key, shows it once, and prints the line for that file
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import hashlib
import os
import secrets
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from clout.config import arguments
from clout.errors import InvalidInput, run_main
from clout.score.model import read_model
from clout.warehouse.factory import open_warehouse
from clout.web.app import Settings, Steps, create_app
from clout.web.asked import Asked
from clout.web.guard import Keys, Policy, Rate
from clout.web.klout_routes import ALSO

LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: Calls a second that one address may make where the service is not for this machine alone, as Klout's API had it.
RATE = 10.0
#: mallopt's number for how many places there are, M_ARENA_MAX.
_ARENAS = -8


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("serve", __doc__, "warehouse", "model", raw=True)
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; elsewhere than here needs CLOUT_API_KEYS")
    parser.add_argument("--port", type=port, default=8085, help="the port; 8085")
    parser.add_argument(
        "--also", type=also, default=frozenset(), metavar="v1,kred", help="older shapes besides Klout's v2: v1, kred"
    )
    parser.add_argument("--hash-key", metavar="NAME", help="make a key for NAME and end")
    return parser


def port(text: str) -> int:
    """A port's number."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, 1 to 65535")
    return int(text)


def also(text: str) -> frozenset[str]:
    """The shapes that are wanted besides."""
    wanted = frozenset(text.split(","))
    if not wanted <= ALSO:
        raise argparse.ArgumentTypeError(f"{text!r}: knows {' and '.join(sorted(ALSO))}, with commas between")
    return wanted


def main(argv: list[str]) -> None:
    """Serve until interrupted."""
    args = arg_parser().parse_args(argv)
    if args.hash_key:
        key = secrets.token_urlsafe(32)
        print(f"key, shown this once: {key}\nline for the file of CLOUT_API_KEYS: {line_of(args.hash_key, key)}")
        return
    import uvicorn

    share_what_is_freed()
    settings = Settings(
        policy=policy(args.host, os.environ.get("CLOUT_API_KEYS", "")),
        steps=steps(args.model),
        model=tomllib.loads(args.model.read_text(encoding="utf-8")) if args.model.exists() else {},
        model_file=args.model.name,
        also=args.also,
        is_apart=True,
    )
    app = create_app(open_warehouse(args.warehouse), settings)
    print(f"clout: http://{args.host}:{args.port}/ ; stop with Ctrl-C", flush=True)
    # No access log: old clients put their keys into the address.
    config = uvicorn.Config(
        app,
        host=args.host,
        port=args.port,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=10,
        limit_concurrency=200,
        ws="none",
        h11_max_incomplete_event_size=16_384,
    )
    try:
        uvicorn.Server(config).run()
    except SystemExit:
        raise InvalidInput(f"{args.host}:{args.port} cannot be listened on; PORT=... takes another") from None


def share_what_is_freed() -> None:
    """Let all threads take memory from two places instead of one each, where the C library is glibc."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_ARENAS, 2)


def line_of(name: str, key: str) -> str:
    """The line of a key in the file of CLOUT_API_KEYS."""
    return f"{name.replace(':', '-')}:{hashlib.sha256(key.encode()).hexdigest()}"


def policy(host: str, keys: str) -> Policy:
    """Who may come in. Raises InvalidInput where others than this machine could, without keys."""
    given = Keys(Path(keys)) if keys else None
    if host in LOOPBACK:
        return Policy(keys=given, hosts=frozenset({"127.0.0.1", "localhost", "[::1]"}))
    if given is None:
        raise InvalidInput(
            f"--host {host}: others than this machine could read it; set CLOUT_API_KEYS to a file of hashed keys"
            " (jobs/serve.py --hash-key NAME makes one), or leave --host out"
        )
    return Policy(keys=given, rate=Rate(RATE))


def steps(model_file: Path) -> Steps:
    """What would raise a score, by the model of the file; nothing for scores that another model made."""
    model = read_model(model_file)

    def found(asked: Asked, score: dict[str, Any]) -> list[dict[str, Any]] | None:
        # Imported where somebody asks: an engine takes 70 MiB.
        from clout.score import what_if

        if score["model_version"] != model.version or not asked.is_newest:
            return None
        platforms = asked.rows("platform_rows", person=score["person_id"])
        with_posts = {row["platform"] for row in asked.rows("with_posts")}
        day: date = asked.day
        try:
            what_if.check(model, day, platforms, score["score"], with_posts)
            made = what_if.steps(model, day, platforms, score["credible_people"], with_posts)
        except InvalidInput:
            return None
        return [{"platform": each.platform, "evidence": each.evidence, "points": each.points} for each in made]

    return found


if __name__ == "__main__":
    run_main(main)
