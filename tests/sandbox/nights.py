"""Whole nights on the sandbox: pulls its platforms over HTTP, day after day, as if each night came right after its day.

    python tests/sandbox/nights.py FOLDER --days 2026-03-12..2026-03-14 [--people 120] [what else jobs/night.py takes]

Writes FOLDER/sources.toml, which an operator would have written by hand, and then does what jobs/night.py does. The time
that the platforms ask to wait passes at once: the sandbox's clock is moved instead.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

if __name__ == "__main__":  # as a script this folder is on the path; jobs/ and tests/ are wanted instead
    sys.path[0:1] = [str(Path(__file__).resolve().parents[2] / "jobs"), str(Path(__file__).resolve().parents[1])]

import night
import numpy as np
from clout import logs
from clout.errors import run_main
from clout.research import evaluation
from clout.warehouse.contract import Warehouse
from clout.warehouse.factory import open_warehouse

from sandbox import facebook, linkedin
from sandbox.history import INSTANCES
from sandbox.server import Sandbox
from sandbox.world import EXPORTED, World, write

#: How many days the exports reach back: old enough to be scored.
PAST_DAYS = 60
#: What the sandbox's hosts take as credentials, by the source's name; and what a night on its X may cost.
TOKENS = {"x": "an-app-of-the-sandbox", "facebook": facebook.TOKEN, "linkedin": linkedin.TOKEN}
CEILING_USD = 60
#: The first of the ports at which the demo's hosts listen, on loopback.
PORT = 18400


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
    """Let the sandbox show the world as it is when `day` ends, and give its clock, half an hour later."""
    midnight = datetime.combine(day, time(), UTC) + timedelta(days=1)
    sandbox.change({"now": midnight.isoformat(), "advance": 1800})
    return SandboxClock(sandbox)


def write_sources(folder: Path, sandbox: Sandbox) -> Path:
    """Write a sources file that asks every host of the sandbox about everybody whom it shows. Gives its path."""
    people, urls = sandbox.people(0, sandbox.world.people), sandbox.state()["urls"]
    parts: list[str] = []

    def source(name: str, url: str, reader: str = "", **more: object) -> None:
        asked = {"name": name, "reader": reader or name, "base_url": url} | more
        parts.append("\n".join(["[[source]]", *(f"{key} = {json.dumps(value)}" for key, value in asked.items())]))

    def there(platform: str, field: str) -> list[str]:
        return [person[field] for person in people if platform in person["platforms"] and person[field]]

    source("bluesky", urls["bluesky"], subjects=there("bluesky", "did"))
    for instance in INSTANCES:
        here = [one["acct"] for one in people if "mastodon" in one["platforms"] and one["instance"] == instance]
        name = f"mastodon_{instance.partition('.')[0]}"
        source(name, urls["mastodon"][instance], "mastodon", platform="mastodon", subjects=here)
    source("github", urls["gharchive"], "gharchive")
    source("x", urls["x"], subjects=there("x", "x"), ceiling_usd=CEILING_USD)
    source("facebook", urls["facebook"], subjects=there("facebook", "page"))
    source("linkedin", urls["linkedin"], subjects=there("linkedin", "organisation"))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "sources.toml"
    file.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return file


def add_exports(file: Path, last: date, people: int) -> World:
    """Add to the sources two networks whose exports one has, PAST_DAYS of them up to `last`. Gives the world they are of."""
    days = [last - timedelta(days=age) for age in range(PAST_DAYS)]
    exports = write(file.parent / "exports", sorted(days), people=people, joined=True).read_text(encoding="utf-8")
    # Paths are from where the sources file lies.
    exports = exports.replace('"exclusions.csv"', '"exports/exclusions.csv"').replace('path = "', 'path = "exports/')
    file.write_text(f"{exports}\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
    return World(people=people)


def truth(world: World, warehouse: Warehouse, day: date) -> str:
    """How well the scores order the invented people by their true pull, beside a count of who acted on them, in words."""
    exported = [platform.name for platform in EXPORTED]
    rows = [
        (world.pull[int(row["person_id"].partition(":")[2])], row["score"], row["people"])
        for row in warehouse.read("clout.scores", day=day).to_pylist()
        if row["score"] is not None and row["person_id"].partition(":")[0] in exported
    ]
    pull, score, people = np.array(rows, dtype=float).reshape(-1, 3).T
    by = [evaluation.spearman(each, pull) or 0.0 for each in (score, people)]
    return (
        f"The truth is known of {len(rows)} of them, with whom this world was made. In that order (Spearman):\n"
        f"  the score {by[0]:.2f}, a count of who acted on them {by[1]:.2f}; 1 is perfect"
    )


def sandbox_of(day: date, people: int) -> Sandbox:
    """The sandbox as it is when `day` begins: at the same addresses every time, where they are free.

    Other addresses are other sources, of which all is made again.
    """
    now = f"{day}T00:00:00Z"
    try:
        return Sandbox(now=now, people=people, port=PORT)
    except OSError:
        return Sandbox(now=now, people=people)


def main(argv: list[str]) -> None:
    """Start the sandbox and run the nights on it."""
    parser = night.arg_parser()
    parser.description = __doc__
    parser.add_argument("folder", type=Path, help="where the sources file is written")
    parser.add_argument("--people", type=int, default=120, help="how many live where HTTP is asked")
    parser.add_argument(
        "--exported", type=int, default=1000, help="how many live on the networks whose exports one has"
    )
    args = parser.parse_args(argv)
    os.environ.update({f"CLOUT_TOKEN_{name.upper()}": token for name, token in TOKENS.items()})
    with sandbox_of(min(args.days), args.people) as box:
        args.sources = write_sources(args.folder, box)
        world = add_exports(args.sources, max(args.days), args.exported)
        names = ", ".join(night.read_sources(args.sources).platforms)
        logs.ROOT.log(logs.NOTICE, f"sandbox: {args.exported + args.people:,} invented people on {names}")
        night.run(args, lambda day: clock_after(box, day))
        print(truth(world, open_warehouse(args.warehouse), max(args.days)))


if __name__ == "__main__":
    run_main(main)
