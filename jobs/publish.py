"""Publish: make one audited run visible to analysts in one atomic step, or nothing."""

from __future__ import annotations

import argparse
import contextlib
from datetime import UTC, date, datetime
from pathlib import Path

from clout import logs
from clout.config import arguments
from clout.errors import run_main
from clout.lake import made_from
from clout.lake.partitions import Lake
from clout.lake.staging import Staged
from clout.privacy import hidden_today
from clout.quality import check_pages
from clout.warehouse import without_hidden
from clout.warehouse.contract import Warehouse, release
from clout.warehouse.factory import open_warehouse
from clout.warehouse.versions import Version
from clout.web import night_page

LOG = logs.logger(__name__)


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("publish", __doc__, "day", "run", "staging", "warehouse", "reports")
    parser.add_argument("--reason", default=None, help="why this run was made; kept in meta.publish_log")
    parser.add_argument("--approved-by", default=None, help="who said yes to what the audit left to a person")
    return parser


def main(argv: list[str]) -> None:
    """Publish the staged run."""
    args = arg_parser().parse_args(argv)
    staged = Staged(Lake(args.staging), args.day, args.run)
    lake = made_from.lake_of(staged.read_json("run.json") or {})
    with lake.together("publish") if lake else contextlib.nullcontext():
        warehouse = open_warehouse(args.warehouse)
        publish(staged, warehouse, args.reason, args.approved_by)
        document(warehouse, args.reports, args.day, args.run)


def document(warehouse: Warehouse, reports: Path, day: date, run: str) -> Path | None:
    """Write the night's page. Whatever goes wrong with it is said, and stops nothing: the day is published."""
    try:
        page = night_page.write(reports, warehouse, day, run)
        check_pages.write_list(reports)
        LOG.info(f"publish {day}: the night's page: {page}")
        return page
    except Exception as error:
        LOG.warning(f"publish {day}: no page of the night: {type(error).__name__}: {error}")
        return None


def publish(staged: Staged, warehouse: Warehouse, reason: str | None = None, approved_by: str | None = None) -> Version:
    """Publish a staged run, unless the day changes meanwhile. One of the few that read a clock: for the log."""
    run = staged.read_json("run.json") or {}
    made_from.refuse_unless_unchanged(staged, run)
    if lake := made_from.lake_of(run):
        hidden_today.refuse_to_show(staged, lake)
        without_hidden.refuse_what_was_taken_back(staged, lake)
        without_hidden.refuse_what_is_hidden(staged, lake)
    head = warehouse.head(staged.day)
    version = warehouse.publish(release(staged, reason or None, approved_by or None), staged, datetime.now(UTC), head)
    done = (
        f"version {version.version}" if version.is_new else f"nothing new, version {version.version} has this content"
    )
    for each in version.healed:
        LOG.info(f"publish {staged.day}: healed {each}")
    LOG.info(f"publish {staged.day}: {done}; query {warehouse.location}")
    return version


if __name__ == "__main__":
    run_main(main)
