"""Whole nights in one process: all steps from pull to publish for each day, then the last leaderboard.

The same steps, in the same order, as dags/clout_nightly.py, which runs each as a task of its own.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Callable
from datetime import date

import audit
import baseline
import conform
import duckdb
import publish
import score
from clout import arguments, session
from clout.errors import PoisonInput, run_main
from clout.influence.model import Model, read_model
from clout.lake import Lake, days_between, window
from clout.platforms.http_client import Clock
from clout.platforms.puller import SystemClock, pull
from clout.sources import Sources, read_sources
from clout.staging import Staged
from clout.terminal import printable
from clout.warehouse.choose import open_warehouse
from clout.warehouse.contract import Warehouse
from clout.web import night_page

#: Signs of a name that are shown.
WIDEST = 60


def arg_parser() -> argparse.ArgumentParser:
    """The job's command line."""
    parser = argparse.ArgumentParser(prog="night.py", description=__doc__)
    parser.add_argument("--days", required=True, type=day_range, help="FIRST..LAST or one day")
    parser.add_argument("--refresh", action="store_true", help="pull days again that are already complete")
    parser.add_argument(
        "--run", type=arguments.run_id, default="by-hand", help="the runs' name; staging has (day, run)"
    )
    parser.add_argument("--reason", default=None, help="why this is done; kept in meta.publish_log")
    parser.add_argument(
        "--json", action="store_true", help="end with a line of JSON: the days published and those refused, and why"
    )
    arguments.add(parser, "lake", "staging", "reports", "warehouse", "sources", "model")
    return parser


def day_range(text: str) -> list[date]:
    """The days of `FIRST..LAST`, both included, in that order: oldest first, or newest first where LAST is earlier."""
    parts = re.split(r"\.\.", text)
    if len(parts) > 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not FIRST..LAST, like 2026-03-01..2026-03-04")
    first, last = arguments.day(parts[0]), arguments.day(parts[-1])
    if last >= first:
        return days_between(first, last)
    return days_between(last, first)[::-1]


def main(argv: list[str]) -> None:
    """Run the nights and show the leaderboard of the newest day."""
    run(arg_parser().parse_args(argv))


def run(args: argparse.Namespace, clock_of: Callable[[date], Clock] = lambda day: SystemClock()) -> None:
    """Run a night for each of args.days, then show the leaderboard. `clock_of` gives the clock by which a day is pulled.

    Days do not depend on one another: after one that is refused come the others. Raises PoisonInput that names the refused.
    """
    sources, model, warehouse = read_sources(args.sources), read_model(args.model), open_warehouse(args.warehouse)
    refused: dict[date, PoisonInput] = {}
    for day in args.days:
        began = time.monotonic()
        try:
            with Lake(args.lake).together(f"night {day}"):
                run_night(args, sources, model, warehouse, day, clock_of(day))
        except PoisonInput as poison:
            refused[day] = poison
            print(f"night {day}: {poison}", flush=True)
        finally:
            session.forget()
        print(f"night {day}: {time.monotonic() - began:.1f} s\n", flush=True)
    published = [day for day in args.days if day not in refused]
    if args.json:
        told = {str(day): str(poison) for day, poison in refused.items()}
        print(json.dumps({"published": [str(day) for day in published], "refused": told}), flush=True)
        return
    if published:
        show_leaderboard(warehouse, max(published))
        page = args.reports / str(max(published)) / args.run / night_page.NAME
        print("Look at it: make explore" + (f"    or open {page}" if page.exists() else ""))
    if refused:
        raise PoisonInput("\n".join(str(poison) for poison in refused.values()))


def run_night(
    args: argparse.Namespace, sources: Sources, model: Model, warehouse: Warehouse, day: date, clock: Clock
) -> None:
    """Score one day and publish it. Raises PoisonInput where it must not be published. args: its places, run and reason."""
    from clout.influence import evidence

    lake = Lake(args.lake)
    for source in sources.sources:
        pull(lake, source, window(day, model.stored_days), refresh=args.refresh, clock=clock)
    conform.conform(lake, sources, model, day)
    loaded = evidence.load(lake, sources, model, day)
    for task in evidence.TASKS:
        loaded.make(task)
    staged = Staged(Lake(args.staging), day, args.run)
    score.stage(loaded, lake, staged)
    baseline.write_baseline(staged, warehouse)
    verdict = audit.judge(lake, staged)
    audit.report(verdict)
    audit.document(verdict, args.reports)
    audit.refuse_unless_passed(verdict)
    publish.publish(staged, warehouse, args.reason)
    publish.document(warehouse, args.reports, day, args.run)


def show_leaderboard(warehouse: Warehouse, day: date, places: int = 15) -> None:
    """Print the first places of a published day, and where to query."""
    scores, leaderboard = (warehouse.read(name, day=day) for name in ("clout.scores", "clout.leaderboard"))
    with duckdb.connect() as connection:
        connection.register("scores", scores)
        connection.register("leaderboard", leaderboard)
        total = connection.execute("SELECT count(*), count(score) FROM scores").fetchone() or (0, 0)
        print(f"Leaderboard of {day}: {total[1]} people scored, {total[0] - total[1]} with too little evidence")
        connection.execute(
            "SELECT place, person_id, name, round(score, 1) AS score, round(true_reach, 1) AS true_reach,"
            " round(amplification, 3) AS amplification, round(network_influence, 1) AS network_influence"
            " FROM leaderboard WHERE place <= ? ORDER BY place, person_id LIMIT ?",
            [places, places],
        )
        print(_table([column[0] for column in connection.description or []], connection.fetchall()))
    print(
        f'Query it:  make sql    or    make sql Q="SELECT * FROM clout.scores LIMIT 5"\nIt lies in {warehouse.location}'
    )


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
