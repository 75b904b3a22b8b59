"""Whole nights in one process: all steps from pull to publish for each day, then the last leaderboard.

The same steps, in the same order, as dags/clout_nightly.py, which runs each as a task of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import re
import shlex
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import audit
import baseline
import conform
import duckdb
import publish
import pyarrow.compute as pc
import score
from clout import logs
from clout.config import arguments
from clout.config.paths import ROOT
from clout.config.sources import Sources, read_sources
from clout.errors import InvalidInput, run_main
from clout.lake.check import damage
from clout.lake.partitions import Lake, days_between, window
from clout.lake.staging import Staged, content_hash
from clout.platforms.http.client import Clock
from clout.platforms.pull.puller import Pulled, SystemClock, pull
from clout.score.model import Model, read_model
from clout.terminal import printable
from clout.warehouse.contract import Warehouse
from clout.warehouse.factory import open_warehouse
from clout.warehouse.versions import Version
from clout.web import night_page

LOG = logs.logger(__name__)

MAKEFILE = ROOT / "Makefile"

#: Signs of a name that are shown.
WIDEST = 40


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("night", __doc__, "lake", "staging", "reports", "warehouse", "sources", "model")
    parser.add_argument("--days", required=True, type=day_range, help="FIRST..LAST or one day")
    parser.add_argument("--refresh", action="store_true", help="pull days again that are already complete")
    parser.add_argument(
        "--run", type=arguments.run_id, default="by-hand", help="the runs' name; staging has (day, run)"
    )
    parser.add_argument("--reason", default=None, help="why this is done; kept in meta.publish_log")
    parser.add_argument(
        "--json", action="store_true", help="end with a line of JSON: the days published and those refused, and why"
    )
    return parser


def day_range(text: str) -> list[date]:
    """The days of `FIRST..LAST`, both included, in that order: oldest first, or newest first where LAST is earlier."""
    parts = re.split(r"\.\.", text)
    if len(parts) > 2 or (len(parts) == 2 and "" in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not FIRST..LAST, like 2026-03-01..2026-03-04")
    first, last = arguments.day(parts[0]), arguments.day(parts[-1])
    if last >= first:
        return days_between(first, last)
    return days_between(last, first)[::-1]


def main(argv: list[str]) -> None:
    """Run the nights and show the leaderboard of the newest day. Raises InvalidInput where a day is not over."""
    args = arg_parser().parse_args(argv)
    now = SystemClock().now()
    if max(args.days) >= now.date():
        raise InvalidInput(
            f"{max(args.days)}: that day is not over, it is {now:%Y-%m-%d %H:%M} UTC; the last day that is over is"
            f" {now.date() - timedelta(days=1)}"
        )
    run(args)


def log_file(args: argparse.Namespace) -> Path:
    """Where the details of these nights are told: in a folder beside that of the reports."""
    first, last = min(args.days), max(args.days)
    return args.reports.parent / "logs" / f"night-{first}{'' if first == last else f'..{last}'}.log"


def run(args: argparse.Namespace, clock_of: Callable[[date], Clock] = lambda day: SystemClock()) -> None:
    """Run a night for each of args.days, then show the leaderboard. `clock_of` gives the clock by which a day is pulled.

    Days do not depend on one another: after one that is refused come the others. Shows a line a source and a line a night,
    and tells all else in a file. Raises InvalidInput that names the refused.
    """
    sources, model, warehouse = read_sources(args.sources), read_model(args.model), open_warehouse(args.warehouse)
    refused: dict[date, InvalidInput] = {}
    file = log_file(args)
    with contextlib.nullcontext() if logs.is_json() else logs.details_in(file):
        for day in args.days:
            began = time.monotonic()
            told = "not published"
            try:
                with Lake(args.lake).together(f"night {day}"):
                    which = {"is_first": day == args.days[0], "is_newest": day == max(args.days)}
                    told = run_night(args, sources, model, warehouse, day, clock_of(day), **which)
            except InvalidInput as invalid:
                refused[day] = invalid
                LOG.info(f"night {day}: {invalid}")
            LOG.log(logs.NOTICE, f"night {day}: {told}; {time.monotonic() - began:.0f} s")
        if not logs.is_json():
            LOG.log(logs.NOTICE, f"Details: {_typed(file)}")
    published = [day for day in args.days if day not in refused]
    if args.json:
        words = {str(day): str(invalid) for day, invalid in refused.items()}
        print(json.dumps({"published": [str(day) for day in published], "refused": words}), flush=True)
        return
    if published:
        show_leaderboard(warehouse, max(published))
        show_next(args, warehouse, max(published))
    if refused:
        raise InvalidInput("\n".join(str(invalid) for invalid in refused.values()))


def run_night(
    args: argparse.Namespace,
    sources: Sources,
    model: Model,
    warehouse: Warehouse,
    day: date,
    clock: Clock,
    is_first: bool = False,
    is_newest: bool = True,
) -> str:
    """Score one day and publish it; gives in a few words what became of it. Raises InvalidInput where it must not be.

    args: its places, run and reason. is_first: of several nights, the one that pulls most; it shows a line a source.
    is_newest: the one whose tasks keep what they make, for each to be run again alone; of others nothing is written between
    tasks, which costs as much as a sixth of a night, and the disk of one each.
    """
    from clout.score import evidence

    lake = Lake(args.lake)
    for source in sources.sources:
        pulled = pull(lake, source, window(day, model.stored_days), refresh=args.refresh, clock=clock)
        LOG.log(logs.NOTICE if is_first else logging.INFO, _progress(source.name, pulled))
    staged = Staged(Lake(args.staging), day, args.run)
    if not args.refresh and (
        shown := _published_before(lake, staged, warehouse, lambda: evidence.asked(lake, sources, model, day))
    ):
        return f"nothing new: all that it is made of is as it was for version {shown.version}"
    conform.conform(lake, sources, model, day)
    loaded = evidence.load(lake, sources, model, day, alone=not is_newest)
    for task in evidence.TASKS if is_newest else ():
        loaded.make(task)
    score.stage(loaded, lake, staged)
    baseline.write_baseline(staged, warehouse)
    verdict = audit.judge(lake, staged)
    audit.report(verdict)
    audit.document(verdict, args.reports)
    audit.refuse_unless_passed(verdict)
    version = publish.publish(staged, warehouse, args.reason)
    publish.document(warehouse, args.reports, day, args.run)
    failed = len(verdict.failed)
    return (
        (
            f"published as version {version.version}"
            if version.is_new
            else f"nothing new: version {version.version} shows the same"
        )
        + f", {len(verdict.checks) - failed} checks passed"
        + (f", {failed} failed (none of them critical)" if failed else "")
    )


def _published_before(lake: Lake, staged: Staged, warehouse: Warehouse, inputs: Callable[[], str]) -> Version | None:
    """The version that shows what this night would publish, where nothing that it is made of changed and nothing is damaged.

    inputs: what evidence.asked gives of it. Publishes the staged run again, which changes nothing, and puts back what is
    harmed of the warehouse.
    """
    try:
        run, of_day = staged.read_json("run.json"), [entry for entry in warehouse.log() if entry.ds == staged.day]
        if not run or not of_day or of_day[-1].run_id != staged.run or run.get("inputs") != inputs():
            return None
        if of_day[-1].content_hash != content_hash(staged.content()):
            return None
        if next(damage(lake, window(staged.day, json.loads(run["days"]))), None):
            return None
        return publish.publish(staged, warehouse)
    except InvalidInput as invalid:
        LOG.info(f"night {staged.day}: computed again, since {invalid}")
        return None


def _progress(name: str, pulled: Pulled) -> str:
    """What a pull did, in a line."""
    if pulled.skipped:
        return f"{name}: skipped: {pulled.skipped}"
    if not pulled.written:
        return f"{name}: nothing to do, {len(pulled.reused)} days are in the lake"
    bad = f", {pulled.quarantined:,} rows in quarantine" if pulled.quarantined else ""
    return f"{name}: {len(pulled.written)} days pulled, {pulled.rows:,} rows{bad}"


def show_leaderboard(warehouse: Warehouse, day: date, places: int = 5) -> None:
    """Print the first places of a published day."""
    scores, leaderboard = (warehouse.read(name, day=day) for name in ("clout.scores", "clout.leaderboard"))
    with duckdb.connect() as connection:
        connection.register("scores", scores)
        connection.register("leaderboard", leaderboard)
        total = connection.execute("SELECT count(*), count(score) FROM scores").fetchone() or (0, 0)
        print(f"Leaderboard of {day}: {total[1]} people scored, {total[0] - total[1]} with too little evidence")
        connection.execute(
            "SELECT place, name, round(score, 1) AS score, round(true_reach, 1) AS reach, round(amplification, 3) AS"
            " amplification, round(network_influence, 1) AS network, person_id"
            " FROM leaderboard WHERE place <= ? ORDER BY place, person_id LIMIT ?",
            [places, places],
        )
        print(_table([column[0] for column in connection.description or []], connection.fetchall()))


def show_next(args: argparse.Namespace, warehouse: Warehouse, day: date) -> None:
    """Print what to type next; each line works as it stands, where `make` does."""
    leaders = warehouse.read("clout.leaderboard", day=day)
    if not leaders.num_rows:
        return
    leader = leaders.filter(pc.equal(leaders["place"], 1))["person_id"][0].as_py()
    where = _not_default(args, warehouse)
    rows = [
        (f"make person ID={shlex.quote(leader)}{where}", "why the first leads"),
        (f'make sql Q="SELECT place, name, score FROM clout.leaderboard LIMIT 5"{where}', "any question, in SQL"),
    ]
    if re.search(r"^explore:", MAKEFILE.read_text(encoding="utf-8"), re.MULTILINE):
        rows.append((f"make explore{where}", "the same in a browser"))
    rows.append(("make ui", "nights in Airflow"))
    rows.append(("make run SOURCE=path/to/exports DAYS=2012-07-01..2012-07-04", "your own data; see jobs/README.md"))
    width = min(max(len(row[0]) for row in rows), 66)
    print("\n".join(f"  {command:{width}}  # {what}" for command, what in rows))
    page = args.reports / str(day) / args.run / night_page.NAME
    if page.exists():
        print(f"The night on a page: {_typed(page)}")


def _not_default(args: argparse.Namespace, warehouse: Warehouse) -> str:
    """The variables that `make` has to be given to find what these nights wrote; none where it finds it by itself."""
    home = args.reports.parent
    if str(args.warehouse) == str(home / "warehouse"):
        # Of the demo's home `make` knows, as long as nothing else is published.
        own = ROOT / ".clout"
        is_found = home.absolute() == own or (home.absolute() == own / "demo" and not (own / "warehouse").exists())
        return "" if is_found else f" CLOUT_HOME={shlex.quote(_typed(home))}"
    return f" CLOUT_WAREHOUSE={shlex.quote(warehouse.location)}"


def _typed(path: Path) -> str:
    """A path as one would type it: from here, where it lies below."""
    path = path.absolute()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _table(names: list[str], rows: list[tuple]) -> str:
    """Rows as aligned text; numbers to the right. A row is one line, whatever somebody calls themselves."""
    cells = [["" if value is None else printable(str(value), WIDEST) for value in row] for row in rows]
    widths = [max(len(line[i]) for line in [names, *cells]) for i in range(len(names))]

    def line(values: list[str], row: tuple | None) -> str:
        return "  ".join(
            value.rjust(width) if row and isinstance(row[i], int | float) else value.ljust(width)
            for i, (value, width) in enumerate(zip(values, widths, strict=True))
        ).rstrip()

    body = [line(cell, row) for cell, row in zip(cells, rows, strict=True)]
    return "\n".join([line(names, None), line(["-" * width for width in widths], None), *body])


if __name__ == "__main__":
    run_main(main)
