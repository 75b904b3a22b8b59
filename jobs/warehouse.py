"""Look after the warehouse: versions, rollback, forgetting, reading earlier states, damage and its healing, freshness.

    warehouse.py versions [--day DAY]
    warehouse.py rollback --day DAY [--to VERSION] --reason TEXT
    warehouse.py gc --keep-days DAYS
    warehouse.py read clout.scores [--day DAY] [--as-of VERSION] > scores.csv
    warehouse.py relocate
    warehouse.py scrub
    warehouse.py heal [--staging STAGING]
    warehouse.py fresh [--hours HOURS]

`rollback` leaves out whoever may not be shown any more: the lake's ledger of consent, its list of the erased, and the
operator's list say whom.
`scrub` reads everything, changes nothing, and names what is not as it was published: exit status 1 where it finds something.
`heal` puts it back byte for byte: content from another version or from the staged runs that are kept, all else from the log.
`fresh` asks the warehouse alone, so that cron can run it where Airflow is dead: exit status 1 says that a night is missing.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.csv
from clout.config import arguments
from clout.config.sources import read_sources
from clout.config.topic_settings import TopicSettings
from clout.errors import InvalidInput, run_main
from clout.lake.partitions import Lake, days_between
from clout.privacy.hidden_today import HiddenToday, lake_that_knows
from clout.privacy.hidden_topics import Unsaid
from clout.terminal import printable, without_formulas
from clout.warehouse import damage, factory
from clout.warehouse.contract import Warehouse
from clout.warehouse.factory import open_warehouse

_VERSION = arguments.number(int, "a version's number", 1, 2**31 - 1)
_DAYS = arguments.number(int, "a number of days", 0, 36_500)
_HOURS = arguments.number(float, "a number of hours", 0, 876_000)


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("warehouse", __doc__, raw=True)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help)
        arguments.add(added, "warehouse")
        return added

    day: dict[str, Any] = {"type": arguments.day, "default": None, "help": "one score date; without it, all"}
    command("versions", "list what was published when").add_argument("--day", **day)
    rollback = command("rollback", "show a day as it was; a new version of old content")
    rollback.add_argument("--day", **{**day, "required": True, "help": "the score date"})
    rollback.add_argument(
        "--to",
        type=_VERSION,
        default=None,
        help="a version of that day; without it, the one before its last publication",
    )
    rollback.add_argument("--reason", required=True, help="kept in meta.publish_log")
    arguments.add(rollback, "lake", "sources")
    gc = command("gc", "forget states that were replaced long ago, and remove orphans")
    gc.add_argument(
        "--keep-days",
        type=_DAYS,
        required=True,
        help="for how many days a replaced state stays readable",
    )
    read = command("read", "write a table as CSV, as it is shown or as it was")
    read.add_argument("table", help="such as clout.scores")
    read.add_argument("--day", **day)
    read.add_argument(
        "--as-of", type=_VERSION, default=None, metavar="VERSION", help="as it was when this was the newest"
    )
    command("relocate", "after the folder of a duckdb warehouse was moved: make it readable again")
    command("scrub", "name whatever is not as it was published; exit status 1 where there is something")
    arguments.add(command("heal", "put back what is not as it was published"), "staging")
    fresh = command("fresh", "exit status 1 unless the newest published day is recent and none before it is missing")
    fresh.add_argument(
        "--hours",
        type=_HOURS,
        default=30.0,
        help="allowed since that day's end; 30 is a night at 06:00",
    )
    return parser


def main(argv: list[str]) -> None:
    """Do what the command line says."""
    args = arg_parser().parse_args(argv)
    if args.command == "heal":
        factory.set_aside_a_broken_catalogue(args.warehouse)
    warehouse, now = open_warehouse(args.warehouse), datetime.now(UTC)
    if args.command == "versions":
        for line in versions(warehouse, args.day):
            print(printable(line))
    elif args.command == "rollback":
        if not args.reason.strip():
            raise InvalidInput("a rollback needs a reason: it is kept in meta.publish_log")
        lake = lake_that_knows(args.lake)
        with lake.together("rollback"):
            hidden = HiddenToday.of(lake, listed(args.sources), unsaid(args.sources))
            done = warehouse.rollback(args.day, args.to, args.reason, now, hidden)
        without = f", without {done.left_out} of its people, or without what they hide" if done.left_out else ""
        print(
            f"{args.day}: version {done.version} shows run {done.run}" + ("" if done.is_new else " already") + without
        )
    elif args.command == "gc":
        gone = warehouse.gc(args.keep_days, now)
        print(f"forgot the content of {len(gone.versions)} versions, removed {gone.files} files or partitions")
    elif args.command == "read":
        # By DuckDB's and PostgreSQL's own clients a text comes as it is; this file is for a spreadsheet.
        pa.csv.write_csv(without_formulas(warehouse.read(args.table, args.as_of, args.day)), sys.stdout.buffer)
    elif args.command == "relocate":
        relocate(warehouse)
    elif args.command == "scrub":
        scrub(warehouse, args.warehouse)
    elif args.command == "heal":
        heal(warehouse, Lake(args.staging))
    elif stale := staleness(warehouse, now, timedelta(hours=args.hours)):
        print(f"clout: {stale}", file=sys.stderr)
        sys.exit(1)


def listed(sources: Path) -> frozenset[str]:
    """The operator's list of people who may not be shown; nobody where there is no sources file here."""
    if not sources.exists():
        print(f"{sources}: is not there; of the exclusion list only what the last pull saw holds", flush=True)
        return frozenset()
    return frozenset(key for source in read_sources(sources).sources for key in source.excluded)


def unsaid(sources: Path) -> frozenset[Unsaid]:
    """Which account hides which topic, by its id and by its slug; what the newest night knew holds besides."""
    topics = read_sources(sources).topics if sources.exists() else TopicSettings()
    return frozenset(topics.hidden).union(topics.hidden_ids(topics.ontology()) if topics.hidden else ())


def versions(warehouse: Warehouse, day: Any = None) -> list[str]:
    """The log as lines of text, the newest last; * marks what is shown."""
    log = warehouse.log()
    heads = {entry.ds: entry.version for entry in log}
    return [
        f"{'*' if heads[entry.ds] == entry.version else ' '} {entry.version:>6}  {entry.ds}  {entry.published_at:%F %T}"
        f"  {entry.people:>9} people  {entry.run_id}"
        + (f"  = version {entry.content_version}" if entry.content_version != entry.version else "")
        + (f"  {entry.reason}" if entry.reason else "")
        for entry in log
        if day in (None, entry.ds)
    ]


def relocate(warehouse: Warehouse) -> None:
    """Make a moved duckdb warehouse readable where it now lies."""
    from clout.warehouse.backends.duckdb_backend import DuckDBWarehouse

    if not isinstance(warehouse, DuckDBWarehouse):
        raise InvalidInput(f"{warehouse.location}: only a duckdb warehouse names files by their full path")
    warehouse.relocate()


def scrub(warehouse: Warehouse, address: str) -> None:
    """Name what is not as it was published, with the command that heals it; ends with exit status 1 where there is any."""
    found = warehouse.harm()
    for harm in found:
        print(harm, file=sys.stderr)
    if found:
        has_password = urlsplit(address).password is not None  # and is not printed then
        where = "with the same --warehouse" if has_password else f"--warehouse {shlex.quote(address)}"
        print(f"clout: {len(found)} findings; run jobs/warehouse.py heal {where}", file=sys.stderr, flush=True)
        sys.exit(1)
    print(f"{warehouse.location}: all is as it was published", flush=True)


def heal(warehouse: Warehouse, staging: Lake) -> None:
    """Put back what is harmed. Raises InvalidInput that names what could not be."""
    healed, left = damage.heal(warehouse, staging)
    for each in healed:
        print(f"healed: {each}", flush=True)
    if left:
        raise damage.refusal(warehouse, left)
    print(f"{warehouse.location}: all is as it was published", flush=True)


def staleness(warehouse: Warehouse, now: datetime, allowed: timedelta) -> str | None:
    """What is wrong where the newest published day ended longer ago than allowed, or a day before it is not published."""
    log = warehouse.log()
    if not log:
        return f"{warehouse.location}: nothing is published"
    newest = max(entry.ds for entry in log)
    since = now - datetime.combine(newest + timedelta(days=1), time(), UTC)
    published = {entry.ds for entry in log}
    missing = [day for day in days_between(min(published), newest) if day not in published]
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        return (
            f"{warehouse.location}: not published, between days that are: {', '.join(map(str, missing[:5]))}{more}; run"
            f" jobs/night.py --days {missing[0]} and so on, or the DAG clout_backfill"
        )
    if since <= allowed:
        return None
    return f"{warehouse.location}: the newest published day is {newest}, which ended {since / timedelta(hours=1):.0f} hours ago"


if __name__ == "__main__":
    run_main(main)
