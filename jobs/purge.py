"""Purge: remove what platforms showed and may be kept no longer, by each platform's rule; record what was done.

--day is the reference date: the rules are applied as they stand at the end of that day. The evidence of topics that was
published of such posts goes, too, from every version.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time

import pyarrow as pa
from clout.config import arguments
from clout.config.sources import Source, read_sources
from clout.errors import run_main
from clout.lake.partitions import Lake
from clout.lake.records import PURGE_LOG
from clout.privacy.retention import Purged, purge, unnameable
from clout.privacy.suppression import read_erased, write_erased
from clout.warehouse import post_evidence
from clout.warehouse.contract import Warehouse
from clout.warehouse.factory import open_warehouse


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("purge", __doc__, "day", "lake", "sources", "warehouse")
    parser.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")
    return parser


def main(argv: list[str]) -> None:
    """Purge every configured source."""
    args = arg_parser().parse_args(argv)
    lake = Lake(args.lake)
    with lake.alone("purge"):
        sources = read_sources(args.sources).sources
        # First: the lake's purge forgets what was deleted with an account.
        published(lake, sources, open_warehouse(args.warehouse), args.day, args.dry_run)
        run(lake, sources, args.day, args.dry_run)


def run(lake: Lake, sources: Sequence[Source], day: date, dry_run: bool = False) -> list[Purged]:
    """Purge the sources' part of a lake and log it. A cut purge is made whole by running it again."""
    salted = read_erased(lake).salted()
    with contextlib.ExitStack() as stack:
        for name in ("conform", *(f"pull-{source.name}" for source in sources)):
            stack.enter_context(lake.lock(name))
        if not dry_run:
            write_erased(lake, salted)
        done = list(purge(lake, sources, day, salted, dry_run))
        if done and not dry_run:
            _log(lake, day, done)
    for each in done:
        rows = "" if each.rows is None else f", {each.rows} rows"
        verb = "would " if dry_run else ""
        print(
            f"purge {day}: {verb}{each.action} {each.table} of {each.source} {each.ds}{rows} ({each.terms})",
            flush=True,
        )
    print(f"purge {day}: {len(done)} partitions{' would change' if dry_run else ''}", flush=True)
    return done


def published(lake: Lake, sources: Sequence[Source], warehouse: Warehouse, day: date, dry_run: bool = False) -> int:
    """Remove the published evidence of posts that may be named no longer. Gives the number of posts, or of rows that went."""
    rules = [unnameable(lake, source, day) for source in sources]
    if dry_run:
        found = len(post_evidence.named(warehouse, rules))
        print(f"purge {day}: would remove the published evidence of {found} posts", flush=True)
        return found
    rows = post_evidence.forget(warehouse, rules, datetime.combine(day, time(), UTC))
    print(f"purge {day}: {rows} rows of published evidence of posts that may be named no longer are gone", flush=True)
    return rows


def _log(lake: Lake, day: date, done: list[Purged]) -> None:
    """Add what was done to the day's log: counts, never people."""
    path = lake.conformed("purge_log", day)
    before = lake.read(path).to_pylist() if lake.exists(path) else []
    lake.write(path, pa.Table.from_pylist([*before, *(vars(each) for each in done)], PURGE_LOG))


if __name__ == "__main__":
    run_main(main)
