"""Conform: turn snapshots into activity, for every day of the window that ends with --day and is not yet conformed.

Then say who is who on the score date: the state of every account, whose accounts belong together, and who is left out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from datetime import date
from typing import TYPE_CHECKING, Any

from clout import logs
from clout.config import arguments
from clout.config.sources import Sources, read_sources
from clout.errors import PoisonInput, run_main
from clout.lake.check import damage
from clout.lake.checksums import Damaged
from clout.lake.columns import CONFORMED_FROM
from clout.lake.partitions import Lake, window
from clout.lake.schemas import CONFORMED
from clout.privacy import retention
from clout.quality import first_night
from clout.terminal import printable

if TYPE_CHECKING:
    from clout.score.model import Model

LOG = logs.logger(__name__)


def arg_parser() -> argparse.ArgumentParser:
    """The job's command line."""
    parser = argparse.ArgumentParser(prog="conform.py", description=__doc__)
    arguments.add(parser, "day", "lake", "sources", "model")
    return parser


def main(argv: list[str]) -> None:
    """Conform the day."""
    from clout.score.model import read_model

    args = arg_parser().parse_args(argv)
    lake, sources, model = Lake(args.lake), read_sources(args.sources), read_model(args.model)
    with lake.together("conform"):
        conform(lake, sources, model, args.day)


def conform(lake: Lake, sources: Sources, model: Model, day: date) -> None:
    """Conform what is owed of the day's window, then say who is who on the day."""
    from clout.score import evidence

    # Two runs of overlapping windows would conform the same days: the second waits, and finds them conformed.
    with lake.lock("conform"):
        for found in damage(lake, window(day, model.stored_days)):
            # What tonight is made of is refused where it is read; the rest is no reason to wait.
            told = f"conform {day}: {Damaged(lake, found.path, found.what)}"
            LOG.warning(printable(told))
        conform_days(lake, sources, window(day, model.stored_days))
        first_night.remember(lake, window(day, model.stored_days))
        evidence.gather(lake, sources, model, day)


def conform_days(lake: Lake, sources: Sources, days: list[date], of_the_past: bool = False) -> list[date]:
    """Conform the days whose snapshots, exclusions or queries changed since they were conformed. Gives those days.

    The last of `days` must have been pulled, unless it is `of_the_past`; of the others, those without a pull are left out.
    """
    from clout.engine.snapshot_io import conforming_engine
    from clout.score import evidence, identity, steps
    from clout.score.plan import Plan

    missing = [platform for platform in sources.platforms if lake.manifest(platform, days[-1]) is None]
    if missing and not of_the_past:
        raise PoisonInput(
            f"{', '.join(missing)} was not pulled for {days[-1]} into {lake.uri}: a night without one of its sources would"
            f" score the others as if it were quiet; run jobs/pull.py --source {missing[0]} --day {days[-1]} first"
        )
    repeats = sources.repeat_days
    prints = _fingerprints(lake, sources, days, repeats)
    owed = [
        day
        for day, fingerprint in prints.items()
        if fingerprint is not None and _conformed_as(lake, day) != fingerprint
    ]
    purged = [day for day in owed if any(retention.is_purged(lake, platform, day) for platform in sources.platforms)]
    if purged:
        # What is left of them are the counts. Who opts out since is left out of the evidence all the same.
        LOG.info(f"conform: {len(purged)} days stay as they are, since their interactions were purged for their age")
        owed = [day for day in owed if day not in purged]
    if days[-1] in purged and not lake.exists(lake.conformed("activity", days[-1])):
        raise PoisonInput(
            f"{days[-1]}: its interactions were purged for their age before the day was conformed; it cannot be scored any more"
        )
    for day in days:
        if prints[day] is None and lake.exists(lake.conformed("activity", day)):
            # Conformed for other sources: what is not configured is not evidence.
            for table in CONFORMED:
                lake.remove(lake.conformed(table, day))
    if not owed:
        LOG.info(f"conform: nothing to do, the window that ends {days[-1]} is conformed")
        return []
    looked_at = sorted({each for day in owed for each in window(day, repeats + 1)})
    engine = conforming_engine(lake, sources.platforms, looked_at, CONFORMED_FROM)

    read = {"interactions": looked_at, "posts": looked_at, "accounts": owed, "manifest": owed, "quarantine": owed}
    given = {
        table: engine.snapshots(lake, table, sources.platforms, days, CONFORMED_FROM[table])
        for table, days in read.items()
    }
    # Of each day, the accounts excluded are those that the same day's snapshot flags, and the operator's. Which accounts are
    # one person is a question of the score date: what a person's other accounts lead to is excluded there.
    given["account_flags"] = given.pop("accounts")
    given |= {
        "persons": engine.table(identity.PERSONS, []),
        "days": engine.table(steps.DAYS, [(day,) for day in owed]),
        "operator_list": engine.table(*evidence.operator_list(sources)),
        "sources": steps.sources_table(engine, sorted(set(sources.platforms.values()))),
    }
    plan = Plan(engine, given, parameters={"repeat_days": repeats})
    # Activity last: it carries the fingerprint that says all are in place.
    for table in sorted(CONFORMED, key=lambda table: table == "activity"):
        engine.write_conformed(lake, table, plan.resolve(table), owed, lambda day: {"fingerprint": prints[day]})
    engine.release(plan.resolve("classified"))
    for row in lake.read(lake.conformed("conservation", days[-1])).sort_by("platform").to_pylist():
        LOG.info(f"conform {days[-1]}: " + ", ".join(f"{name} {value}" for name, value in row.items()))
    LOG.info(f"conform: {len(owed)} days written")
    return owed


def _fingerprints(lake: Lake, sources: Sources, days: list[date], repeats: int) -> dict[date, str | None]:
    """What each conformed day depends on, as one hash; None where no source was pulled for it."""
    from clout.score import fingerprints

    def pulled(day: date) -> str | None:
        manifests = [lake.manifest(platform, day) for platform in sources.platforms]
        if all(rows is None for rows in manifests):
            return None
        # When it was pulled decides nothing: a day that is made again, and is the same, is conformed.
        timeless = [{**row, "started_at": None, "ended_at": None} for rows in manifests for row in rows or []]
        return _hash(timeless)

    looked_at = {day: pulled(day) for day in window(days[-1], len(days) + repeats)}
    code = fingerprints.of_tables(CONFORMED, modules=("clout.lake.columns", "clout.lake.schemas"))
    rules = [sources.platforms, sorted(sources.excluded), code]
    return {
        day: None if looked_at[day] is None else _hash([rules, [looked_at[each] for each in window(day, repeats + 1)]])
        for day in days
    }


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _conformed_as(lake: Lake, day: date) -> str | None:
    path = lake.conformed("activity", day)
    return (lake.facts(path) or {}).get("fingerprint") if lake.exists(path) else None


if __name__ == "__main__":
    run_main(main)
