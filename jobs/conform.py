"""Conform: turn snapshots into activity, for every day of the window that ends with --day and is not yet conformed.

Then say who is who on the score date: the state of every account, whose accounts belong together, and who is left out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from clout import logs
from clout.config import arguments
from clout.config.sources import Sources, read_sources
from clout.errors import InvalidInput, run_main
from clout.lake import arrow
from clout.lake.check import damage
from clout.lake.columns import CONFORMED_FROM
from clout.lake.damaged import Damaged
from clout.lake.partitions import Lake, window
from clout.lake.schemas import CONFORMED, MATCHED, small_arrow
from clout.privacy import retention
from clout.quality import first_night
from clout.terminal import printable

if TYPE_CHECKING:
    from clout.config.ontology import Ontology
    from clout.score.model import Model

LOG = logs.logger(__name__)


def arg_parser() -> argparse.ArgumentParser:
    return arguments.parser("conform", __doc__, "day", "lake", "sources", "model")


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
    from clout.engine.conforming import Conforming
    from clout.score import evidence, identity, steps, topic_posts
    from clout.score.plan import Plan

    missing = [platform for platform in sources.platforms if lake.manifest(platform, days[-1]) is None]
    if missing and not of_the_past:
        raise InvalidInput(
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
        raise InvalidInput(
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
    engine = Conforming()
    ontology, seen = sources.topics.ontology(), window(days[-1], len(days) + topic_posts.KEPT_DAYS)
    read = {"interactions": looked_at, "posts": looked_at, "accounts": owed, "manifest": owed, "quarantine": owed}
    given = {
        table: engine.snapshots(lake, table, sources.platforms, days, CONFORMED_FROM[table])
        for table, days in read.items()
    }
    # Of each day, the accounts excluded are those that the same day's snapshot flags, and the operator's. Which accounts are
    # one person is a question of the score date: what a person's other accounts lead to is excluded there.
    given["account_flags"] = given.pop("accounts")
    given |= {
        "persons": identity.PERSONS.empty_table(),
        "days": small_arrow(steps.DAYS, [(day,) for day in owed]),
        "operator_list": evidence.operator_list(sources),
        "sources": steps.sources_table(sources.platforms.values()),
    }
    plan = Plan(engine, given, parameters={"repeat_days": repeats, "topic_days": topic_posts.KEPT_DAYS})
    _match(lake, sources, ontology, owed, plan.arrow("excluded"))
    plan.tables["post_topics"] = engine.conformed(lake, "post_topics", seen)
    # Activity last: it carries the fingerprint that says all are in place.
    for table in sorted(set(CONFORMED) - set(MATCHED), key=lambda table: table == "activity"):
        engine.write_conformed(lake, table, plan.resolve(table), owed, lambda day: {"fingerprint": prints[day]})
    for row in lake.read(lake.conformed("conservation", days[-1])).sort_by("platform").to_pylist():
        LOG.info(f"conform {days[-1]}: " + ", ".join(f"{name} {value}" for name, value in row.items()))
    LOG.info(f"conform: {len(owed)} days written")
    return owed


def _match(lake: Lake, sources: Sources, ontology: Ontology, days: list[date], excluded: pa.Table) -> None:
    """Say of each day's posts what they are about, and how replies sound, where posts, ontology, who is left out or what judges
    are not as they were then."""
    from clout.score import fingerprints, topic_posts, valence
    from clout.score.topic_matcher import Matcher

    code, hidden = fingerprints.of_modules((*topic_posts.CODE, *valence.CODE)), sources.topics.hidden_ids(ontology)
    repositories = {source.platform for source in sources.sources if source.reader == "gharchive"}
    brands = sources.brands
    matcher: Matcher | None = None
    for day in days:
        of_day = excluded.filter(pc.equal(excluded["ds"], pa.scalar(day)))["account_key"].to_pylist()
        manifests = [_timeless(lake.manifest(platform, day) or []) for platform in sources.platforms]
        matched = _hash(
            [code, ontology.version, sources.platforms, sorted(of_day), hidden, brands, manifests, valence.judge()]
        )
        path = lake.conformed("post_topics", day)
        if lake.exists(path) and (lake.metadata(path) or {}).get("matched") == matched:
            continue
        matcher = matcher or Matcher(ontology, topic_posts.MOST)
        posts = arrow.read_snapshots(lake, "posts", sources.platforms, [day], topic_posts.COLUMNS | valence.COLUMNS)
        aside = arrow.read_snapshots(lake, "quarantine", sources.platforms, [day], CONFORMED_FROM["quarantine"])
        dropped = topic_posts.dropped_of(aside)
        made = (
            *topic_posts.of_day(posts, day, matcher, frozenset(of_day), repositories, hidden, brands, dropped),
            valence.of_day(posts, day, frozenset(of_day)),
        )
        for table, rows in zip(MATCHED, made, strict=True):
            arrow.write_conformed(lake, table, rows, [day], lambda day: {"matched": matched})  # noqa: B023


def _timeless(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A manifest without when it was made: that decides nothing."""
    return [{**row, "started_at": None, "ended_at": None} for row in rows]


def _fingerprints(lake: Lake, sources: Sources, days: list[date], repeats: int) -> dict[date, str | None]:
    """What each conformed day depends on, as one hash; None where no source was pulled for it."""
    from clout.score import fingerprints, topic_posts, valence

    def pulled(day: date) -> str | None:
        manifests = [lake.manifest(platform, day) for platform in sources.platforms]
        if all(rows is None for rows in manifests):
            return None
        return _hash([row for rows in manifests for row in _timeless(rows or [])])

    def posted(day: date) -> str:
        manifests = [lake.manifest(platform, day) or [] for platform in sources.platforms]
        return _hash([row for rows in manifests for row in _timeless(rows) if row["table"] == "posts"])

    looked_at = {day: pulled(day) for day in window(days[-1], len(days) + repeats)}
    kept = topic_posts.KEPT_DAYS
    posts = {day: posted(day) for day in window(days[-1], len(days) + kept)}
    code = fingerprints.of_tables(
        CONFORMED, modules=("clout.lake.columns", "clout.lake.schemas", *topic_posts.CODE, *valence.CODE)
    )
    topics = [sources.topics.ontology().version, sorted(sources.topics.hidden), sources.brands]
    rules = [sources.platforms, sorted(sources.excluded), code, valence.judge(), *topics]

    def of_day(day: date) -> list[list[str | None]]:
        return [[looked_at[each] for each in window(day, repeats + 1)], [posts[each] for each in window(day, kept + 1)]]

    return {day: None if looked_at[day] is None else _hash([rules, of_day(day)]) for day in days}


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _conformed_as(lake: Lake, day: date) -> str | None:
    path = lake.conformed("activity", day)
    return (lake.metadata(path) or {}).get("fingerprint") if lake.exists(path) else None


if __name__ == "__main__":
    run_main(main)
