"""How fast stored pages become a snapshot, and in how much memory: an invented day, pulled without a single request.

python tests/bench/normalise.py bluesky --interactions 1000000
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "jobs")]

from clout.config.sources import Source  # noqa: E402
from clout.lake.partitions import Lake  # noqa: E402
from clout.platforms import apis  # noqa: E402
from clout.platforms.http.raw_pages import RawPages  # noqa: E402
from clout.platforms.pull import puller  # noqa: E402
from clout.platforms.pull.pages import Known, Page  # noqa: E402

DAY = date(2026, 3, 1)
NIGHT = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
SIZE, PAGES = 100, 20  # items a page, pages a subject
people_who_act = 50_000


class Clock:
    """A night long past: nothing can be asked any more."""

    def now(self) -> datetime:
        """The time, in UTC."""
        return NIGHT + timedelta(days=30)

    def sleep(self, seconds: float) -> None:
        """Nobody waits here."""


def likes(number: int) -> tuple[str, str, Any]:
    """Endpoint, subject and body of one page of likes."""
    did = f"did:plc:{number // PAGES % 997:024d}"

    def like(i: int) -> dict[str, Any]:
        who = (number * SIZE + i) * 7919 % people_who_act
        at = f"2026-03-01T{i % 24:02d}:{i % 60:02d}:00.000Z"
        actor = {
            "did": f"did:plc:{who:024d}",
            "handle": f"p{who}.example",
            "displayName": f"Person {who}",
            "labels": [],
        }
        return {"actor": actor, "createdAt": at, "indexedAt": at}

    body = {"likes": [like(i) for i in range(SIZE)], "cursor": f"c{number}"}
    if number % PAGES == PAGES - 1:
        del body["cursor"]
    return "likes", f"at://{did}/app.bsky.feed.post/{number // PAGES}", body


def mentions(number: int) -> tuple[str, str, Any]:
    """Endpoint, subject and body of one page of mentions."""
    subject = str(10**18 + number // PAGES)
    people: dict[str, Any] = {}

    def post(i: int) -> dict[str, Any]:
        who = str(2 * 10**18 + (number * SIZE + i) * 7919 % people_who_act)
        metrics = {"followers_count": 3, "following_count": 4, "tweet_count": 5, "listed_count": 0}
        people[who] = {
            "id": who,
            "name": "N",
            "username": f"u{who[-6:]}",
            "protected": False,
            "public_metrics": metrics,
        }
        counters = {"retweet_count": 1, "reply_count": 0, "like_count": 2, "quote_count": 0}
        named = {"mentions": [{"start": 0, "end": 3, "username": "s", "id": subject}]}
        one = {"id": str(3 * 10**18 + number * SIZE + i), "text": "@s hello there", "author_id": who, "entities": named}
        return {**one, "created_at": f"2026-03-01T{i % 24:02d}:00:00.000Z", "public_metrics": counters}

    body = {"data": [post(i) for i in range(SIZE)], "meta": {"result_count": SIZE, "next_token": f"t{number}"}}
    if number % PAGES == PAGES - 1:
        del body["meta"]["next_token"]
    return "mentions", subject, {**body, "includes": {"users": list(people.values())}}


WRITERS = {"bluesky": likes, "x": mentions}


def pages(reader: str, interactions: int) -> Iterator[tuple[str, str, int, Any]]:
    """Endpoint, subject, number within the subject, and body of every page."""
    for number in range(interactions // SIZE):
        endpoint, subject, body = WRITERS[reader](number)
        yield endpoint, subject, number % PAGES, body


def peak() -> float:
    """The most memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(argv: list[str]) -> None:
    """Measure, and print a line each."""
    parser = argparse.ArgumentParser(prog="normalise.py", description=__doc__)
    parser.add_argument("reader", choices=sorted(WRITERS))
    parser.add_argument("--interactions", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=50_000, help="how many of them act")
    args = parser.parse_args(argv)
    globals()["people_who_act"] = args.people
    platform = apis.READERS[args.reader]
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(folder)
        raw, rows, normalising = RawPages(lake, "pl", DAY), 0, 0.0
        for endpoint, subject, number, body in pages(args.reader, args.interactions):
            answer = {"status": 200, "headers": {}, "body": body, "fetched_at": NIGHT.isoformat()}
            raw.store(endpoint, subject, number, answer)
            page = Page("pl", endpoint, subject, DAY, NIGHT, body, "raw")
            began = time.process_time()
            made = platform.normalise(page, Known())
            normalising += time.process_time() - began
            rows += sum(len(table) for table in made.tables.values())
        before, began = peak(), time.process_time()
        options = {"base_url": "http://127.0.0.1:9", "subjects": ["a"], "max_pages": PAGES, "ceiling_usd": 0}
        source = Source("pl", args.reader, Path(folder), options=options)
        done = puller.pull(lake, source, [DAY], say=lambda text: None, refresh=True, clock=Clock())
        seconds = time.process_time() - began
    print(f"{args.reader}: {args.interactions} interactions, {rows} rows on {args.interactions // SIZE} pages")
    print(f"normalising alone: {rows / normalising:,.0f} rows a second of one core ({normalising:.1f} s)")
    print(f"the whole pull: {done.rows} rows in {seconds:.1f} s of one core, {done.rows / seconds:,.0f} a second")
    print(f"memory: {before:.0f} MB before, {peak():.0f} MB at most")


if __name__ == "__main__":
    main(sys.argv[1:])
