"""What each page shows: figures of one version, put together. Nothing is computed here that a query could say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clout.config.paths import SQL
from clout.engine import queries
from clout.web import charts, figures, model_text, words
from clout.web.asked import Asked, NotFound

if TYPE_CHECKING:
    from clout.web.app import Settings

Context = dict[str, Any]

#: How many people are put side by side.
COMPARED = (2, len(figures.COMPARED))
#: Days before that a change is told for.
BEFORE = {1: "yesterday", 7: "a week before", 30: "a month before"}


def leaderboard(asked: Asked, settings: Settings) -> Context:
    """The people of a day, highest first."""
    skip = asked.whole("skip", 0, 10_000_000)
    chosen = {name: asked.text(name) or None for name in ("platform", "topic", "region")}
    values = chosen | {"skip": skip}
    rows = asked.rows("leaderboard", most=figures.PAGE + 1, **values)
    return {
        "title": "Leaderboard",
        **_slice(rows, skip),
        "values": values,
        "platforms": asked.rows("platforms"),
        "topics": asked.rows("topics", most=figures.MOST),
        "regions": asked.rows("regions"),
        "chosen": chosen,
        "totals": asked.row("totals"),
    }


def movers(asked: Asked, settings: Settings) -> Context:
    """Who rose and who fell."""
    before = asked.whole("before", 1, 30)
    before = before if before in BEFORE else 1
    platform = _platform(asked)
    values = {"before": before, "platform": platform}
    return {
        "title": "Risers and fallers",
        "values": values,
        "before": before,
        "choices": BEFORE,
        "platform": platform,
        "platforms": asked.rows("platforms"),
        "risers": asked.rows("movers", sign=1, most=20, **values),
        "fallers": asked.rows("movers", sign=-1, most=20, **values),
    }


def search(asked: Asked, settings: Settings) -> Context:
    """Accounts by handle on any platform."""
    wanted, platform = searched(asked.text("q"))
    values = {"wanted": wanted, "platform": platform}
    rows = asked.rows("search", most=figures.PAGE, **values) if wanted else []
    return {"title": "Search", "wanted": asked.text("q"), "rows": rows, "values": values}


def searched(text: str) -> tuple[str, str | None]:
    """What is searched for: the handle, and the platform where one is said, as in `@ada@murmur`."""
    if text.startswith("@") and "@" in text[1:]:
        handle, _, platform = text[1:].rpartition("@")
        # On the Fediverse the second part is an instance, and a part of the handle.
        return (text[1:], None) if "." in platform else (handle, platform.lower())
    return text.removeprefix("@"), None


def person(asked: Asked, settings: Settings, key: str) -> Context:
    """One person: the score, what it is made of, what changed, and what would raise it."""
    score = asked.person(key)
    values = {"person": score["person_id"]}
    name = asked.name(score["person_id"])
    return {
        "title": words.name(name),
        "name": name,
        "person": score["person_id"],
        "score": score,
        "values": values,
        "place": asked.place(score),
        "accounts": asked.rows("accounts", **values),
        "history": asked.rows("history", **values),
        "points": asked.rows("points", **values),
        "changes": asked.rows("changes", **values),
        "influences": asked.rows("influences", **values),
        "unnamed": {row["direction"]: row["people"] for row in asked.rows("influences_unnamed", **values)},
        "pile_ons": asked.rows("pile_ons", **values),
        "topics": asked.rows("topics_of", **values),
        "brands": asked.rows("advocate_of", **values),
        "evidence": asked.rows("topic_evidence", **values),
        "sentiment": [words.sounds(row) for row in asked.rows("sentiment_of", **values)],
        "styles": asked.rows("style_of", **values),
        "lenses": asked.rows("lenses_of", **values),
        "before": BEFORE,
        "causes": words.CAUSES,
    }


def raising(asked: Asked, settings: Settings, key: str) -> Context:
    """What would raise a person's score, as the model says."""
    score = asked.person(key)
    name = asked.name(score["person_id"])
    return {
        "title": f"What would raise the score of {words.name(name)}",
        "name": name,
        "person": score["person_id"],
        "values": {"person": score["person_id"]},
        "steps": settings.steps(asked, score),
    }


def audience(asked: Asked, settings: Settings, key: str) -> Context:
    """Of everybody who reacted to a person, how many count, and why not the others."""
    score = asked.person(key)
    values = {"person": score["person_id"]}
    return {
        "title": f"Audience of {words.name(asked.name(score['person_id']))}",
        "name": asked.name(score["person_id"]),
        "person": score["person_id"],
        "score": score,
        "values": values,
        "platforms": asked.rows("by_platform", **values),
        "funnel": funnel(score),
    }


def funnel(score: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Seen, credible, moved, counted; each with the words for its number."""
    counted = score["true_reach"] or 0.0
    found = [
        (
            "reacted",
            score["people"],
            "Distinct people who liked, shared, replied, quoted or mentioned in the last 90 days.",
        ),
        ("credible", score["credible_people"], "Those whose accounts are old enough and are not declared bots."),
        (
            "moved",
            counted + (score["reach_cut"] or 0.0),
            "How many people that amounts to: a reaction counts less if it is old, if it is a single one, or if the account"
            " reacts to everybody.",
        ),
        ("counted", counted, "What is left after the defences below: this is True Reach."),
    ]
    return [
        {"what": what, "people": people or 0, "said": words.number(people or 0), "says": says}
        for what, people, says in found
    ]


def compare(asked: Asked, settings: Settings) -> Context:
    """Two to five people side by side."""
    keys = list(dict.fromkeys(filter(None, (asked.text(f"p{place}") for place in range(1, COMPARED[1] + 1)))))
    people: list[Context] = []
    missing = []
    for key in keys:
        try:
            score = asked.person(_one(asked, key))
        except NotFound:
            missing.append(key)
            continue
        if score["person_id"] in (each["score"]["person_id"] for each in people):
            continue
        values = {"person": score["person_id"]}
        people.append(
            {
                "score": score,
                "name": asked.name(score["person_id"]),
                "values": values,
                "place": asked.place(score),
                "points": asked.rows("points", **values),
            }
        )
    return {
        "title": "Compare",
        "keys": [*keys, *[""] * (COMPARED[1] - len(keys))],
        "people": people,
        "values": dict(zip(figures.COMPARED, (each["score"]["person_id"] for each in people), strict=False)),
        "missing": missing,
        "overlaps": _overlaps(people),
    }


def _one(asked: Asked, key: str) -> str:
    """A key, or the only person whose handle is exactly this. Raises NotFound where there are several."""
    wanted, platform = searched(key)
    found = asked.rows("search", wanted=wanted, platform=platform, most=figures.PAGE)
    exact = {
        row["person_id"]
        for row in found
        if wanted.lower() in (str(row["handle"]).lower(), str(row["display_name"]).lower())
    }
    return exact.pop() if len(exact) == 1 else key


def _overlaps(people: list[Context]) -> list[tuple[str, str]]:
    """The pairs of names whose intervals overlap: who cannot be told apart."""
    found = []
    for place, one in enumerate(people):
        for other in people[place + 1 :]:
            a, b = one["score"], other["score"]
            if a["score_low"] <= b["score_high"] and b["score_low"] <= a["score_high"]:
                found.append((one["name"], other["name"]))
    return found


def topic(asked: Asked, settings: Settings) -> Context:
    """The topics of a day, or the people of one. Raises NotFound where nobody is named for the one that is asked for."""
    slug = asked.text("topic")
    if not slug:
        topics, brands = asked.rows("topics", most=figures.MOST), asked.rows("brands")
        return {"title": "Topics", "topics": topics, "has_brands": bool(brands), "values": {}, "chosen": None}
    skip = asked.whole("skip", 0, 10_000_000)
    values = {"topic": slug, "skip": skip}
    rows = asked.rows("topic_people", most=figures.PAGE + 1, **values)
    if not rows:
        raise NotFound
    chosen = next(row for row in asked.rows("topics", most=figures.MOST) if row["slug"] == slug)
    regions = asked.rows("topic_regions", topic=slug)
    return {"title": chosen["name"], "chosen": chosen, "regions": regions, "values": values, **_slice(rows, skip)}


def _slice(rows: list[dict[str, Any]], skip: int) -> Context:
    """The rows of a page, of one more that were asked for, and where the pages before and after it begin."""
    return {
        "rows": rows[: figures.PAGE],
        "earlier": max(0, skip - figures.PAGE) if skip else None,
        "later": skip + figures.PAGE if len(rows) > figures.PAGE else None,
    }


def brand(asked: Asked, settings: Settings) -> Context:
    """The brands of a day, or who speaks of one. Raises NotFound where nobody is listed for the one that is asked for."""
    slug, brands = asked.text("brand"), asked.rows("brands")
    if not slug:
        return {"title": "Brands", "brands": brands, "values": {}, "chosen": None}
    skip = asked.whole("skip", 0, 10_000_000)
    values = {"brand": slug, "skip": skip}
    rows = asked.rows("advocates", most=figures.PAGE + 1, **values)
    if not rows:
        raise NotFound
    chosen = next(row for row in brands if row["brand"] == slug)
    return {"title": f"Who speaks of {chosen['name']}", "chosen": chosen, "values": values, **_slice(rows, skip)}


def night(asked: Asked, settings: Settings) -> Context:
    """How the night went: what came in, where it went, what was judged, what it cost."""
    drift = asked.rows("drift")
    entry = next(entry for entry in reversed(asked.snapshot.entries) if entry.ds == asked.day)
    days = asked.snapshot.days
    return {
        "title": "The night",
        "values": {},
        "entry": entry,
        "later": words.after(asked.day, entry.published_at),
        "missing": (days[0] - days[-1]).days + 1 - len(days),
        "totals": asked.row("totals"),
        "conservation": asked.rows("conservation"),
        "coverage": asked.rows("coverage"),
        "pulls": asked.rows("pulls"),
        "quarantined": asked.rows("quarantined"),
        "audit": asked.rows("audit"),
        "failed": asked.rows("failed"),
        "drift": [row for row in drift if row["deviation"] is not None][:20],
        "versions": asked.rows("versions"),
        "days": asked.snapshot.days,
        "volume": _volume(asked),
    }


def _volume(asked: Asked) -> list[dict[str, Any]]:
    return [
        {"platform": row["platform"], "value": row["value"], "expected": row["expected"]}
        for row in asked.rows("drift")
        if (row["dataset"], row["metric"]) == ("conservation", "kept") and row["platform"] != "all"
    ]


def model_card(asked: Asked, settings: Settings) -> Context:
    """How a score is made, how good it is, and what still works against it."""
    return {
        "title": "Model card",
        "model": settings.model,
        "model_file": settings.model_file,
        "version": asked.row("totals").get("model_version"),
        "steps": STEPS,
        "card": model_text.card(),
    }


#: The formulas in order: the query that holds each, and what it says in a sentence.
STEPS = (
    (
        "daily_engagement",
        "One action of one account on another, weighed by how rarely it acts on others and how long ago it was.",
    ),
    ("credibility", "How far an account can be believed: its age, and whether it is declared a bot."),
    (
        "ties",
        "All that one person did to another, which counts as at most one person, less where they do it for each other.",
    ),
    (
        "capped_audience",
        "How much of everybody's weight counts: the three defences against bought, single-purpose and one-day crowds.",
    ),
    ("reach", "True Reach: the people who are really moved."),
    ("amplification", "Amplification: how many posts are passed on or answered, with a 90 % interval."),
    ("network", "Network Influence: how influential the people are who are moved."),
    ("platform_score", "What the measures are worth on each platform, on a frozen scale."),
    ("score", "The score: platforms together, so that joining one can only help, with its interval."),
    ("score_changes", "What changed since a day, a week, a month before, and by which cause."),
)


def definition(name: str, settings: Settings) -> Context:
    """A file of sql/: the formula itself, as the model has it. Raises NotFound where there is none by that name."""
    found = queries.of_formulas(str(settings.model.get("formulas", "v1")), name)
    if not re.fullmatch(r"\w+", name, re.ASCII) or not queries.exists(found):
        raise NotFound
    return {"title": f"sql/{found}.sql", "text": (SQL / f"{found}.sql").read_text(encoding="utf-8")}


def me(asked: Asked, settings: Settings) -> Context:
    """Somebody's own numbers: no rank unless they ask for it."""
    key = asked.text("account")
    found: Context = {
        "title": "My own numbers",
        "account": key,
        "score": None,
        "ranked": asked.given.get("rank") == "yes",
    }
    if key:
        try:
            score = asked.person(_one(asked, key))
        except NotFound:
            return found
        values = {"person": score["person_id"]}
        found |= {
            "score": score,
            "values": values,
            "name": asked.name(score["person_id"]),
            "place": asked.place(score) if found["ranked"] else {},
            "changes": asked.rows("changes", **values),
            "causes": words.CAUSES,
            "before": BEFORE,
            "topics": asked.rows("topics_of", **values),
        }
    return found


def glossary(asked: Asked, settings: Settings) -> Context:
    """Every measure in plain words."""
    return {"title": "What the words mean"}


def figure(asked: Asked, name: str) -> tuple[figures.Figure, pa.Table, dict[str, Any]]:
    """A figure with its rows and parameters, as a request asks for it. Raises NotFound for whom it may not show."""
    found = figures.figures().get(name)
    if found is None or name == "person_of":
        raise NotFound
    values: dict[str, Any] = {"day": asked.day}
    for each in found.takes:
        if each == "person":
            values[each] = asked.person(asked.text("person"))["person_id"]
        elif each in figures.COMPARED:
            values[each] = asked.person(asked.text(each))["person_id"] if asked.text(each) else None
        elif each == "platform":
            values[each] = _platform(asked)
        elif each == "most":
            values[each] = asked.whole("most", figures.PAGE, figures.MOST) or figures.PAGE
        elif each == "skip":
            values[each] = asked.whole("skip", 0, 10_000_000)
        elif each == "before":
            values[each] = asked.whole("before", 1, 30)
        elif each == "sign":
            values[each] = -1 if asked.given.get("sign") == "-1" else 1
        elif each in ("topic", "brand", "region", "wanted"):
            values[each] = asked.text(each) or None
            if values[each] is None and not found.may_lack(each):
                raise NotFound
    return found, figures.table(asked.snapshot, name, **_named(values)), values


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    return {("ds" if name == "day" else name): value for name, value in values.items()}


def chart(asked: Asked, name: str, width: int) -> str:
    """A chart as SVG. Raises NotFound where there is none by that name."""
    if name == "distribution":
        return charts.distribution(asked.rows("distribution"), width)
    if name == "volume":
        return charts.volume(_volume(asked), width)
    if name not in ("history", "points", "audience"):
        raise NotFound
    score = asked.person(asked.text("person"))
    if name == "audience":
        return charts.audience(funnel(score), width)
    drawn = charts.history if name == "history" else charts.points
    return drawn(asked.rows(name, person=score["person_id"]), width)


def _platform(asked: Asked) -> str | None:
    return asked.text("platform") or None
