"""Audience: draw people for a campaign from those who agreed, by lot, and log who was drawn and by which rule.

    audience.py --campaign spring --starts-on 2026-03-20 --floor 20 --take 50 --seed 7 --out campaigns.csv

Eligible is who agreed (purpose `perks`), whose score surely lies above the floor, and whose stated region and topic are what is
asked for. Among these a seeded lot decides, never a rank; a part is the holdout, who get nothing and are compared with. What is
written is a list of campaigns, to be put beside the outcomes. The next night shows everybody drawn by which rule they were.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from clout.config import arguments
from clout.config.paths import SQL
from clout.engine import queries
from clout.errors import InvalidInput, run_main
from clout.lake.partitions import Lake
from clout.lake.records import SELECTIONS
from clout.privacy.row_deletion import partitions
from clout.warehouse.contract import Warehouse
from clout.warehouse.factory import open_warehouse
from pyarrow import fs as pafs

#: Fewer are no crowd to draw from: whoever is asked for would be known by the asking.
LEAST = 20
_NAME = re.compile(r"\w[\w .-]{0,79}")
_REGION = re.compile(r"([A-Z]{2})(?:-([A-Z0-9]{1,6}))?(?:/(.+))?")
#: For so many days posts say in which language somebody speaks.
LOOKED_BACK = 28
#: A group that is drawn at less than this share of the rate of the one drawn most is warned of.
FAIR = 0.8
DISCLOSE = (
    "Whoever gets something must say so where they speak of it (in the United States 16 CFR 255, in the EU 2005/29/EC)."
)


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("audience", __doc__, "warehouse", "lake", raw=True)
    parser.add_argument("--campaign", required=True, help="its name, which no draw had before")
    parser.add_argument("--starts-on", required=True, type=arguments.day, help="the first day of the campaign")
    parser.add_argument("--ends-on", type=arguments.day, help="the last day; without it no end")
    parser.add_argument("--floor", type=float, default=1.0, help="the lowest lower bound of a score, 1 to 100")
    parser.add_argument("--topic", default="", help="the slug of a topic that people are known for")
    parser.add_argument("--region", default="", help="where people live: US, US-PA or US-PA/Philadelphia")
    parser.add_argument("--take", required=True, type=int, help="how many to draw, the holdout among them")
    parser.add_argument("--holdout", type=float, default=0.1, help="the share of these who get nothing, 0 to 0.5")
    parser.add_argument("--seed", required=True, help="of the lot: the same seed draws the same people")
    parser.add_argument("--by", choices=["lot", "score"], default="lot", help="lot; by score nobody is drawn")
    parser.add_argument(
        "--out", type=Path, default=Path("campaigns.csv"), help="the list to write, which must not exist"
    )
    return parser


def main(argv: list[str]) -> None:
    """Draw, write and log."""
    args = arg_parser().parse_args(argv)
    lake = Lake(args.lake)
    with lake.together("audience"), lake.lock("selections"):
        for line in draw(args, open_warehouse(args.warehouse), lake):
            print(line)


def draw(args: argparse.Namespace, warehouse: Warehouse, lake: Lake) -> Iterator[str]:
    """Draw the people, write the list and the log, and say who was drawn by group. Raises InvalidInput where none may be."""
    _check(args)
    day = max((entry.ds for entry in warehouse.log()), default=None)
    if day is None:
        raise InvalidInput(f"{warehouse.location}: nothing is published; run a night first")
    log = _log(lake)
    if args.campaign in log["campaign"].to_pylist():
        raise InvalidInput(f"--campaign {args.campaign!r} was drawn for before; a second draw is another campaign")
    eligible = _eligible(args, warehouse, day, log)
    if len(eligible) < LEAST:
        raise InvalidInput(
            f"{len(eligible)} people are eligible on {day}, and fewer than {LEAST} are no crowd to draw from: lower --floor,"
            " widen --region, or ask more people for their consent (purpose perks)"
        )
    drawn = sorted(eligible, key=lambda row: row["lot"])[: args.take]
    held = round(args.holdout * len(drawn))
    rule = f"floor {args.floor:g}, topic {args.topic or 'any'}, region {args.region or 'any'}, by lot"
    made_by = hashlib.sha256((SQL / "eligible.sql").read_bytes()).hexdigest()[:16]
    rows = []
    for place, row in enumerate(drawn):
        arm = "holdout" if place >= len(drawn) - held else "person"
        rows.append(
            (args.campaign, day, row["person_id"], row["account_key"], arm, len(eligible), args.seed, rule, made_by)
        )
    _write_list(args, rows)
    before = log.filter(pc.equal(log["selected_on"], pa.scalar(day)))
    new = pa.table(list(map(list, zip(*rows, strict=True))), SELECTIONS)
    lake.write(lake.conformed("selections", day), pa.concat_tables([before, new]))
    yield f"{args.campaign}: {len(drawn) - held} people and a holdout of {held}, by lot from {len(eligible)} eligible on {day}"
    yield f"Rule: {rule}; seed {args.seed}. Written: {args.out}; the next night shows each person the rule."
    yield DISCLOSE
    spoken = languages(lake, day, warehouse.read("clout.accounts", day=day), {row["person_id"] for row in eligible})
    for row in eligible:
        row["language"] = spoken.get(row["person_id"])
    yield from fairness(eligible, drawn)


def languages(lake: Lake, day: date, accounts: pa.Table, people: Collection[str]) -> dict[str, str]:
    """The language in which each of some people posted most in the last four weeks, as platforms say it; who did not has none.

    It decides nothing: the report alone reads it. accounts: account_key and person_id of the published day.
    """
    persons = {
        row["account_key"]: row["person_id"] for row in accounts.select(["account_key", "person_id"]).to_pylist()
    }
    mine = pa.array([key for key, person in persons.items() if person in people], pa.string())
    spoken: Counter[tuple[str, str]] = Counter()
    shown = pafs.FileSelector(f"{lake.root}/snapshots/posts", allow_not_found=True)
    for platform in sorted(info.base_name for info in lake.fs.get_file_info(shown)):
        for seen_on, path in partitions(lake, f"snapshots/posts/{platform}"):
            if not 0 <= (day - seen_on).days < LOOKED_BACK:
                continue
            posts = lake.read(path, ["author_key", "lang"])
            posts = posts.filter(pc.and_(pc.is_in(posts["author_key"], mine), pc.is_valid(posts["lang"])))
            spoken.update(
                (persons[author], lang.lower().partition("-")[0])
                for author, lang in zip(posts["author_key"].to_pylist(), posts["lang"].to_pylist(), strict=True)
            )
    found: dict[str, tuple[int, str]] = {}
    for (person, language), posted in sorted(spoken.items()):
        if posted > found.get(person, (0, ""))[0]:
            found[person] = posted, language
    return {person: language for person, (_, language) in found.items()}


def fairness(eligible: list[dict[str, Any]], drawn: list[dict[str, Any]]) -> Iterator[str]:
    """Who was drawn of whom, by platform, language, region and tenth of the scores; a group drawn much less often is warned of.

    Much less: below FAIR of the rate of the group drawn most, and so few that a lot gives it once in two hundred draws.
    """
    all_of_them, share = len(eligible), len(drawn) / len(eligible)
    for name in ("platforms", "language", "region", "decile"):
        could = Counter(str(row.get(name) or "not told") for row in eligible)
        were = Counter(str(row.get(name) or "not told") for row in drawn)
        most = max(were[group] / number for group, number in could.items())
        for group, number in sorted(could.items()):
            rate = were[group] / number
            # Of the rate of a part in a draw without replacement.
            deviation = math.sqrt(share * (1 - share) / number * (all_of_them - number) / max(1, all_of_them - 1))
            is_few = number >= LEAST and rate < FAIR * most and rate < share - 2.6 * deviation
            yield f"  {name} {group}: {were[group]} of {number}" + (
                "   WARNING: drawn much less often" if is_few else ""
            )


def _check(args: argparse.Namespace) -> None:
    if args.by == "score":
        raise InvalidInput("--by score: nobody is drawn by rank, which rewards the loudest again; leave --by out")
    if not _NAME.fullmatch(args.campaign):
        raise InvalidInput(f"--campaign {args.campaign!r} is no name of letters, digits, spaces, dots and hyphens")
    if not 1 <= args.take <= 1_000_000:
        raise InvalidInput(f"--take {args.take} is not a number of people; give 1 or more")
    if not 0 <= args.holdout <= 0.5:
        raise InvalidInput(f"--holdout {args.holdout:g} is not a share from 0 to 0.5")
    if not 1 <= args.floor <= 100:
        raise InvalidInput(f"--floor {args.floor:g} is not on the scale, from 1 to 100")
    if args.ends_on and args.ends_on < args.starts_on:
        raise InvalidInput(f"--ends-on {args.ends_on} is before --starts-on {args.starts_on}")
    if args.out.exists():
        raise InvalidInput(f"--out {args.out} is there; name a file that is not")


def _log(lake: Lake) -> pa.Table:
    """All draws so far."""
    found = [lake.read(path, schema=SELECTIONS) for _, path in partitions(lake, "selections")]
    return pa.concat_tables([SELECTIONS.empty_table(), *found])


def _eligible(args: argparse.Namespace, warehouse: Warehouse, day: date, log: pa.Table) -> list[dict[str, Any]]:
    names = ("scores", "accounts", "consented", "person_regions", "pile_ons")
    tables = {name: warehouse.read(f"clout.{name}", day=day) for name in names}
    country, admin1, city = _region(args.region, tables["person_regions"])
    topics = pa.table({"person_id": pa.array([], pa.string()), "slug": pa.array([], pa.string())})
    if args.topic:
        topics = _topics(args.topic, warehouse, day)
    parameters = {
        **{"day": day, "floor": args.floor, "topic": args.topic, "seed": args.seed},
        **{"country": country, "admin1": admin1, "city": city},
    }
    inputs = {**tables, "topics_named": topics, "perk_selections": log.select(["person_id", "selected_on"])}
    return queries.run_duckdb(queries.connect(), "eligible", parameters, **inputs).to_pylist()


def _topics(slug: str, warehouse: Warehouse, day: date) -> pa.Table:
    """Who is named for which topic. Refuses a topic that is not published, and one that is sensitive."""
    known = warehouse.read("clout.topics", day=day)
    rows = known.filter(pc.equal(known["slug"], slug))
    if not rows.num_rows:
        raise InvalidInput(f"--topic {slug}: no topic is called so on {day}; clout.topics lists all by their slugs")
    if pc.any(pc.fill_null(rows["is_sensitive"], True)).as_py():
        raise InvalidInput(f"--topic {slug} is sensitive: nobody is drawn by health, belief, politics or the like")
    people = warehouse.read("clout.person_topics", day=day)
    return people.filter(pc.is_null(people["not_named"])).select(["person_id", "slug"])


def _region(text: str, regions: pa.Table) -> tuple[str, str, str]:
    """Country, state and the id of the city, as texts; empty for any."""
    if not text:
        return "", "", ""
    said = _REGION.fullmatch(text)
    if not said:
        raise InvalidInput(f"--region {text!r} is not like US, US-PA or US-PA/Philadelphia")
    country, admin1, city = said[1], said[2] or "", said[3]
    if city is None:
        return country, admin1, ""
    found = {
        row["city_id"]
        for row in regions.to_pylist()
        if row["country"] == country and admin1 in ("", row["admin1"]) and (row["city"] or "").lower() == city.lower()
    }
    if len(found) != 1:
        raise InvalidInput(
            f"--region {text}: {len(found)} cities are told by that name; clout.person_regions lists those that are"
        )
    return country, admin1, str(found.pop())


def _write_list(args: argparse.Namespace, rows: list[tuple[Any, ...]]) -> None:
    with args.out.open("x", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(("campaign", "code", "account", "arm", "starts_on", "ends_on"))
        for campaign, _, person, account, arm, *_ in rows:
            code = hashlib.sha256(f"{args.seed} {campaign} {person}".encode()).hexdigest()[:12]
            out.writerow((campaign, code, account, arm, args.starts_on, args.ends_on))


if __name__ == "__main__":
    run_main(main)
