"""One person's page from the published tables: score, measures, reasons, what changed and why, and what would raise it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow.compute as pc
from clout.config import arguments
from clout.errors import InvalidInput, run_main
from clout.score import what_if
from clout.score.model import Model, read_model
from clout.terminal import printable
from clout.warehouse.contract import Warehouse
from clout.warehouse.factory import open_published
from clout.web import person_style, person_topics, words

UNITS = {
    "reach": "people really moved",
    "amplification": "of the posts passed on or answered",
    "network": "influential people",
    "followers": "followers",
    "listed": "lists",
    "counters": "other counters",
}
LISTED = 5
#: How many people of one name are listed.
LISTED_HITS = 20
#: Signs of a line.
WIDEST = 200

#: What a page is made of.
TABLES = (
    "accounts",
    "scores",
    "platform_scores",
    "score_explanations",
    "score_changes",
    "influences",
    *("pile_ons", "sentiment", "advocates"),
    "perk_selections",
    *("topics", "person_topics", "topic_evidence", "styles", "lenses"),
)


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("person", __doc__, "warehouse", "model")
    parser.add_argument(
        "--person", required=True, help="the person: platform:id, such as murmur:99; or a handle, or a name"
    )
    parser.add_argument(
        "--day", type=arguments.day, help="the score date; else the newest on which the person is known"
    )
    return parser


def main(argv: list[str]) -> None:
    """Print the page."""
    args = arg_parser().parse_args(argv)
    with duckdb.connect() as published:
        fetch(open_published(args.warehouse), published, args.person, args.day)
        known = find(published, args.person)
        if len(known) > 1:
            print(f"{printable(args.person, 60)}: {len(known)} people; take one of these")
            for person, name, score in known[:LISTED_HITS]:
                shown = "no score" if score is None else f"{score:.1f}"
                print(f"  {printable(person, 80)}  {printable(name or '', 40)}  {shown}")
            if len(known) > LISTED_HITS:
                print(f"  and {len(known) - LISTED_HITS} more; say more of the name")
            return
        person = known[0][0] if known else args.person
        for line in page(published, read_model(args.model), person, args.day):
            print(printable(line, WIDEST))


def find(published: duckdb.DuckDBPyConnection, text: str) -> list[tuple[str, str | None, float | None]]:
    """Who is meant by a key, else by a handle or a name, else by a part of one: person_id, name and score, the best first.

    Upper and lower case are one, and so are a handle with and without its @.
    """
    wanted = text.strip().removeprefix("@").lower()
    for condition in (
        "$text IN (a.account_key, a.person_id)",
        "$wanted IN (lower(a.handle), lower(a.display_name))",
        "contains(lower(a.handle), $wanted) OR contains(lower(a.display_name), $wanted)",
    ):
        found = published.execute(
            "SELECT a.person_id, min(coalesce(a.display_name, a.handle)) AS name, max(s.score) AS score"
            " FROM clout.accounts AS a LEFT JOIN clout.scores AS s ON s.ds = a.ds AND s.person_id = a.person_id"
            f" WHERE $wanted <> '' AND $text <> '' AND ({condition})"
            " GROUP BY a.person_id ORDER BY score DESC NULLS LAST, a.person_id",
            {"text": text, "wanted": wanted},
        ).fetchall()
        if found:
            return found
    return []


def fetch(warehouse: Warehouse, into: duckdb.DuckDBPyConnection, person: str, day: date | None) -> None:
    """Read the tables of the day, or else of the newest on which the person is known. Raises InvalidInput where nothing is."""
    days = sorted({entry.ds for entry in warehouse.log()}, reverse=True)
    if not days:
        raise InvalidInput(f"{warehouse.location}: nothing is published; run a night first")
    into.execute("CREATE SCHEMA clout")
    for each in days if day is None else [day]:
        accounts = warehouse.read("clout.accounts", day=each)
        is_known = pc.or_(pc.equal(accounts["account_key"], person), pc.equal(accounts["person_id"], person))
        if pc.any(is_known).as_py() or day:
            break
    else:  # by a handle or a name, on the newest day
        each = days[0]
        accounts = warehouse.read("clout.accounts", day=each)
    for name in TABLES:
        into.register("rows", accounts if name == "accounts" else warehouse.read(f"clout.{name}", day=each))
        into.execute(f"CREATE TABLE clout.{name} AS FROM rows")


def page(warehouse: duckdb.DuckDBPyConnection, model: Model, person: str, day: date | None) -> Iterator[str]:
    """The page's lines. Raises InvalidInput for whoever is not published."""

    def rows(query: str, *values: Any) -> list[dict[str, Any]]:
        found = warehouse.execute(query, list(values))
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    # By any of the person's accounts: who was linked since goes by another key.
    [known] = rows(
        "SELECT max(ds) AS ds, max_by(person_id, ds) AS person_id FROM clout.accounts"
        " WHERE (account_key = ? OR person_id = ?) AND ds = coalesce(?, ds)",
        *(person, person, day),
    )
    if known["ds"] is None:
        raise InvalidInput(
            f"{person} is not published{f' on {day}' if day else ''}; clout.scores lists every person_id"
        )
    day, person = known["ds"], known["person_id"]
    [score] = rows("FROM clout.scores WHERE ds = ? AND person_id = ?", day, person)
    platforms = rows("FROM clout.platform_scores WHERE ds = ? AND person_id = ? ORDER BY platform", day, person)
    names = rows("SELECT DISTINCT display_name FROM clout.accounts WHERE ds = ? AND person_id = ?", day, person)
    name = next((row["display_name"] for row in names if row["display_name"]), person)
    yield f"{printable(name, 60)}  ({printable(person, 80)})   {day:%d %B %Y}, model {score['model_version']}"
    yield ""
    yield from _heading(score, rows, day, model)
    yield from _measures(score)
    yield from _pile_ons(rows, day, person)
    yield from _brands(rows, day, person)
    yield from _sentiment(rows, day, person)
    yield from _draws(rows, day, person)
    if score["score"] is not None:
        yield from _reasons(score, rows, day)
        yield from _changes(rows, day, person)
        yield from _steps(warehouse, model, day, platforms, score)
        yield from _influences(rows, day, person)
    yield from person_topics.lines(rows, day, person)
    yield from person_style.lines(rows, day, person)
    yield ""
    yield "Not a measure of worth, honesty or skill. Not for hiring, credit, insurance or tiers of customer service."


def _heading(score: dict[str, Any], rows: Any, day: date, model: Model) -> Iterator[str]:
    if score["score"] is None:
        seen = score["credible_people"]
        missing = max(0, model.parameters["min_people"] - seen)
        more = f"; {missing} more are needed" if missing else ""
        yield f"No score: {score['no_score_reason']}. {seen} credible people acted{more}."
        return
    [place] = rows(
        "SELECT count(*) FILTER (WHERE score > ?) + 1 AS place, count(score) AS people FROM clout.scores WHERE ds = ?",
        *(score["score"], day),
    )
    yield f"Score {score['score']:.1f}   90 % interval {score['score_low']:.1f} to {score['score_high']:.1f}"
    beside = ", ".join(
        f"{name} {'unknown' if score[name] is None else format(score[name], '.1f')}"
        for name in ("standing", "momentum")
    )
    yield f"      place {place['place']} of {place['people']}; {beside}"


def _draws(rows: Any, day: date, person: str) -> Iterator[str]:
    drawn = "SELECT * FROM clout.perk_selections WHERE ds = ? AND person_id = ? ORDER BY selected_on, campaign"
    for row in rows(drawn, day, person):
        arm = "for the holdout, who get nothing" if row["arm"] == "holdout" else "to be offered something"
        yield ""
        yield f"Drawn for {row['campaign']} on {row['selected_on']:%d %B %Y} {arm}, by lot among {row['eligible']} people:"
        yield f"      {row['rule']}. A withdrawal of the consent (perks) ends it the same night."


def _sentiment(rows: Any, day: date, person: str) -> Iterator[str]:
    for row in rows("FROM clout.sentiment WHERE ds = ? AND person_id = ?", day, person):
        yield ""
        yield words.sounds(row)


def _brands(rows: Any, day: date, person: str) -> Iterator[str]:
    """Of which brands' lists they stand on, and how to leave them: whoever is listed for somebody else may see it."""
    for row in rows("FROM clout.advocates WHERE ds = ? AND person_id = ? ORDER BY brand", day, person):
        yield ""
        yield (
            f"Listed among those who speak of {printable(row['brand_name'], 40)}: {row['posts']} posts and {row['mentions']}"
            f" mentions in {row['weeks']} weeks, {row['people']} people moved{'; paid' if row['paid'] else ''}."
        )
        yield "      A withdrawal of the consent (named) ends it the same night."


def _pile_ons(rows: Any, day: date, person: str) -> Iterator[str]:
    for row in rows(
        "SELECT happened_on, people FROM clout.pile_ons WHERE ds = ? AND person_id = ? ORDER BY happened_on",
        day,
        person,
    ):
        yield ""
        yield f"On {row['happened_on']:%d %B} {row['people']} people, most of them strangers, talked at this person at once."
        yield "      What one loud day adds is bounded; for 30 days the person is no riser, and in no campaign's draw."


def _measures(score: dict[str, Any]) -> Iterator[str]:
    yield ""
    acted = f"people; {score['people']} acted, {score['credible_people']} of them credible"
    cut = (
        f"; {score['reach_cut']:.1f} more are not counted, for want of trust or of other days"
        if score["reach_cut"] >= 0.05
        else ""
    )
    yield f"  True Reach         {score['true_reach']:>8.1f}  {acted}{cut}"
    if score["amplification"] is None:
        yield f"  Amplification      {'unknown':>8}  {score['amplification_missing_reason']}"
    else:
        interval = f"{score['amplification_low']:.0%} to {score['amplification_high']:.0%}"
        yield f"  Amplification      {score['amplification']:>8.0%}  of posts are passed on; 90 % interval {interval}"
    if score["network_influence"] is not None:
        yield f"  Network Influence  {score['network_influence']:>8.1f}  of 100, of the people moved"


def _reasons(score: dict[str, Any], rows: Any, day: date) -> Iterator[str]:
    found = rows(
        "FROM clout.score_explanations WHERE ds = ? AND person_id = ? ORDER BY points DESC, platform, feature",
        *(day, score["person_id"]),
    )
    yield ""
    yield f"Why: {score['score'] - 1:.1f} points above 1, which are"
    for row in found:
        bar = "#" * round(40 * row["points"] / max(score["score"] - 1, 1.0))
        value = "not shown, or no posts" if row["value"] is None else f"{_short(row)} {UNITS[row['feature']]}"
        yield f"  {row['points']:>6.1f}  {row['platform'] + ' ' + row['feature']:<24} {value:<44} {bar}".rstrip()


def _short(row: dict[str, Any]) -> str:
    return f"{row['value']:.0%}" if row["feature"] == "amplification" else f"{row['value']:,.1f}".removesuffix(".0")


def _changes(rows: Any, day: date, person: str) -> Iterator[str]:
    yield ""
    yield "What changed, and why"
    for row in rows("FROM clout.score_changes WHERE ds = ? AND person_id = ? ORDER BY days_before", day, person):
        since = f"since {day - timedelta(days=row['days_before']):%d %B}"
        if row["change"] is None:
            yield f"  {since:<20} there was no score then"
            continue
        parts = [
            f"{row[part]:+.1f} {said}"
            for part, said in (
                ("they_did", "by what they did"),
                ("others_did", "by what others did"),
                ("left_window", "by what grew old or left the window"),
                ("model_change", "by a new model"),
            )
            if abs(row[part]) >= 0.05
        ]
        yield f"  {since:<20} {row['change']:+.1f}{': ' if parts else ''}{', '.join(parts)}"


def _steps(
    warehouse: duckdb.DuckDBPyConnection,
    model: Model,
    day: date,
    platforms: list[dict[str, Any]],
    score: dict[str, Any],
) -> Iterator[str]:
    posts = "SELECT DISTINCT platform FROM clout.platform_scores WHERE ds = ? AND posts > 0"
    with_posts = {row[0] for row in warehouse.execute(posts, [day]).fetchall()}
    what_if.check(model, day, platforms, score["score"], with_posts)
    yield ""
    yield "What would raise it, computed by the model with that evidence added"
    for step in what_if.steps(model, day, platforms, score["credible_people"], with_posts):
        yield f"  {step.points:+6.2f}  on {step.platform}: {step.evidence}"


def _influences(rows: Any, day: date, person: str) -> Iterator[str]:
    found = rows(
        "SELECT i.*, coalesce(a.name, i.other_id) AS name FROM clout.influences AS i LEFT JOIN"
        " (SELECT ds, person_id, max(display_name) AS name FROM clout.accounts GROUP BY ds, person_id) AS a"
        " ON a.ds = i.ds AND a.person_id = i.other_id"
        " WHERE i.ds = ? AND i.person_id = ? AND i.place <= ? ORDER BY i.direction DESC, i.place",
        *(day, person, LISTED),
    )
    for direction, said in (("moves", "Moves most surely"), ("moved_by", "Is moved most surely by")):
        listed = [row for row in found if row["direction"] == direction]
        if listed:
            yield ""
            yield said
            for row in listed:
                yield (
                    f"  {row['strength']:>4.0%}  {printable(row['name'], 60)} ({printable(row['other_id'], 80)}),"
                    f" {row['interactions']} interactions,"
                    f" the last on {row['last_day']:%d %B}"
                )


if __name__ == "__main__":
    run_main(main)
