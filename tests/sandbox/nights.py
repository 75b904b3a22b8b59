"""Whole nights on the sandbox: pulls its platforms over HTTP, day after day, as if each night came right after its day.

    python tests/sandbox/nights.py FOLDER --days 2026-03-12..2026-03-14 [--people 120] [what else jobs/night.py takes]

Writes FOLDER/sources.toml, which an operator would have written by hand, and then does what jobs/night.py does. The time
that the platforms ask to wait passes at once: the sandbox's clock is moved instead.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

if __name__ == "__main__":  # as a script this folder is on the path; jobs/ and tests/ are wanted instead
    sys.path[0:1] = [str(Path(__file__).resolve().parents[2] / "jobs"), str(Path(__file__).resolve().parents[1])]

import night
from clout.errors import run_main
from sandbox.history import INSTANCES
from sandbox.server import Sandbox


class SandboxClock:
    """The sandbox's clock; to sleep moves it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def now(self) -> datetime:
        """What the sandbox's hosts say it is."""
        return datetime.fromtimestamp(self.sandbox.clock, UTC)

    def sleep(self, seconds: float) -> None:
        """Move the clock; what the hosts show stays as it is."""
        self.sandbox.change({"advance": seconds})


def clock_after(sandbox: Sandbox, day: date) -> SandboxClock:
    """Let the sandbox show the world as it is when `day` ends, and give its clock."""
    midnight = datetime.combine(day, time(), UTC) + timedelta(days=1)
    sandbox.change({"now": midnight.isoformat()})
    return SandboxClock(sandbox)


def write_sources(folder: Path, sandbox: Sandbox) -> Path:
    """Write a sources file that asks every host of the sandbox about everybody whom it shows. Gives its path."""
    people = sandbox.people(0, sandbox.world.people)
    urls = sandbox.state()["urls"]

    def source(name: str, reader: str, url: str, subjects: list[str], *more: str) -> str:
        listed = ", ".join(f'"{subject}"' for subject in subjects)
        lines = ["[[source]]", f'name = "{name}"', f'reader = "{reader}"', f'base_url = "{url}"', *more]
        return "\n".join([*lines, f"subjects = [{listed}]"])

    parts = [source("bluesky", "bluesky", urls["bluesky"], [p["did"] for p in people if "bluesky" in p["platforms"]])]
    for instance in INSTANCES:
        name = f"mastodon_{instance.partition('.')[0]}"
        there = [p["acct"] for p in people if "mastodon" in p["platforms"] and p["instance"] == instance]
        parts.append(source(name, "mastodon", urls["mastodon"][instance], there, 'platform = "mastodon"'))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "sources.toml"
    file.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return file


def main(argv: list[str]) -> None:
    """Start the sandbox and run the nights on it."""
    parser = night.arg_parser()
    parser.description = __doc__
    parser.add_argument("folder", type=Path, help="where the sources file is written")
    parser.add_argument("--people", type=int, default=120, help="how many live in the invented world")
    # More people than this on one small machine would be patience, not insight.
    args = parser.parse_args(argv)
    with Sandbox(now=f"{args.days[0]}T00:00:00Z", people=args.people, limits={"bluesky": None, "mastodon": None}) as box:
        args.sources = write_sources(args.folder, box)
        print(f"sandbox: {args.people} invented people on {', '.join(night.read_sources(args.sources).platforms)}")
        night.run(args, lambda day: clock_after(box, day))


if __name__ == "__main__":
    run_main(main)
