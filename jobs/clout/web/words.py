"""Numbers and measures in plain words: no decimal that an interval does not support, and a sentence for each measure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from clout.terminal import printable

#: Signs of a name that a page shows.
WIDEST = 80
#: Columns in points or in people: what their intervals support has no decimals.
_WHOLE = re.compile(
    r"score|change|points|_did$|^left_window$|standing|momentum|reach|people|^moved$|evidence|network|influence"
)
_AMOUNT = re.compile(r"–|under 1(?: %)?|[+−$]?[\d,]+(?:\.\d\d)?(?: %)?")
_NULL = re.compile(r"\b(?:SQL )?NULL\b")
_SOMEONE = re.compile(r"[^:]*:someone-[0-9a-f]{32}")

#: What must be said wherever a score is shown.
NOT_FOR = "Not for hiring, credit, insurance or tiers of customer service. Not a measure of worth, honesty or skill."

#: What a lens is called.
LENSES = {"peerindex": "PeerIndex", "tweetlevel": "TweetLevel"}

#: Measure -> its name, its unit in words, and what it means. The model card and the glossary show all.
GLOSSARY: dict[str, tuple[str, str, str]] = {
    "score": (
        "Score",
        "points from 1 to 100",
        "How much this person moves others, the three measures taken together on a scale that never shifts. 1 is where"
        " everybody starts; nobody's points depend on how other people do.",
    ),
    "interval": (
        "Interval",
        "from, to",
        "Where the score would lie nine times in ten, given how much evidence there is. Two people whose intervals overlap"
        " cannot be told apart: do not rank them.",
    ),
    "true_reach": (
        "True Reach",
        "people",
        "How many people this person really moves: people who liked, shared, replied, quoted or mentioned, each counted at"
        " most once, less if it is long ago or if they do it to everybody. Followers are not counted.",
    ),
    "amplification": (
        "Amplification",
        "of 100 posts",
        "How many of 100 posts are passed on or answered. Unknown where a platform does not show a person's posts.",
    ),
    "network_influence": (
        "Network Influence",
        "0 to 100",
        "How influential the people are whom this person moves: 50 is ordinary, 90 means mostly very influential people.",
    ),
    "standing": (
        "Standing",
        "points",
        "The score as if evidence faded over a year and not over a month: a holiday does not lower it.",
    ),
    "momentum": (
        "Momentum",
        "points",
        "The score as if evidence faded within a day or two: what is going on just now.",
    ),
    "credible": (
        "Credible",
        "people",
        "People whose account is old enough to mean something and not declared a bot.",
    ),
    "trusted": (
        "Trusted",
        "people",
        "People who can be reached by a path of real attention from people who are known to be real. Bought accounts"
        " act on others, but nobody real acts on them.",
    ),
    "reach_cut": (
        "Cut",
        "people",
        "Reach that was seen and not counted: accounts without a path of trust, accounts that act on nobody else, and crowds"
        " that came on one loud day only.",
    ),
    "place": (
        "Place",
        "1 is highest",
        "How many have a higher score, plus one; equal scores share a place. Neighbours whose intervals overlap may well stand"
        " the other way round.",
    ),
    "change": (
        "Change",
        "points",
        "The score of the day less the one that the same evidence gives for an earlier day, split by cause: what the person"
        " did, what others did, evidence that grew old, a new model.",
    ),
    "topic_score": (
        "Score on a topic",
        "points from 1 to 100",
        "How many people react to this person's posts about the topic. It takes several posts, weeks and people, some of whom"
        " came back; it says neither that the person knows of the topic nor that they like it.",
    ),
    "strength": (
        "Strength",
        "of 100 %",
        "How surely one person moves another: it grows with each reaction, and fades with time. One reaction says little.",
    ),
    "counters": (
        "Counters",
        "followers, lists",
        "What a platform counts without saying who they are. They are used only where nothing better is shown, and nobody can"
        " audit them.",
    ),
    "pile_on": (
        "Pile-on",
        "days",
        "A day on which many strangers talked at one person at once. It is pointed out so that nobody takes it for applause.",
    ),
    "region": (
        "Region",
        "country, state, city",
        "Where people say on their profiles that they live. Nobody's whereabouts are worked out.",
    ),
    "coverage": (
        "Coverage",
        "share",
        "Of the reactions that a platform counts, how many it also shows with names. What is not shown cannot be scored.",
    ),
    "drift": (
        "Drift",
        "steps",
        "How far a number of the night is from what the same weekdays before let expect; one step is an ordinary difference.",
    ),
    "style": (
        "Style",
        "one of sixteen",
        "How somebody behaves, and not how well: how much of what they do is their own, on how many days, how much of it"
        " is talk, and of how many topics. The names are Klout's, the cuts ours.",
    ),
    "outreach": (
        "Outreach",
        "points, level 0 to 12",
        "Ten points for each person shared, answered or mentioned on a day. It falls as days pass, and changes no score.",
    ),
    "sentiment": (
        "How replies sound",
        "−100 to +100",
        "Whether the words in which a crowd replies are friendly or angry, all replies together and never one person’s. It is"
        " told only where enough people reply in a language that can be judged, and it changes no score.",
    ),
    "advocate": (
        "Speaks of a brand",
        "people",
        "Somebody who agreed to be named and speaks of a brand in at least three weeks, with people who react to it. Who is"
        " paid for it is marked. It says nothing of whether they like the brand.",
    ),
    "lens": (
        "Lens",
        "0 to 100",
        "The same evidence as PeerIndex or TweetLevel looked at it, by formulas of our own. It changes no score.",
    ),
}


def style(row: dict[str, Any]) -> str:
    """A row of clout.styles in words."""
    if row["style"] is None:
        return str(row["style_reason"])
    between = f"between {row['style']} and {row['between_style']}" if row["between_style"] else str(row["style"])
    return f"{between} ({row['style_reason']})" if row["style_reason"] else between


def axis(name: str) -> str:
    """An axis of a lens in words."""
    return "all three" if name == "peerindex_like" else name


#: Feature of an explanation -> its words.
FEATURES = {
    "reach": ("people really moved", "people"),
    "amplification": ("posts passed on", "of 100 posts"),
    "network": ("influence of those people", "influential people"),
    "followers": ("followers", "followers"),
    "listed": ("lists", "lists"),
    "counters": ("other counters", ""),
}
CAUSES = {
    "they_did": "what they did",
    "others_did": "what others did",
    "left_window": "evidence that grew old",
    "model_change": "a new model",
}


def region(place: str) -> str:
    """A region as one writes it: `US-PA/Philadelphia` is Philadelphia, PA, US."""
    where, _, city = place.partition("/")
    country, _, state = where.partition("-")
    return ", ".join(filter(None, (city, state, country)))


def is_pseudonym(key: str) -> bool:
    """Whether a key stands for somebody who did not agree to be named."""
    return _SOMEONE.fullmatch(key) is not None


def points(row: dict[str, Any], name: str = "score") -> str:
    """A score: whole points, unless the interval is narrower than one."""
    value, low, high = row.get(name), row.get("score_low"), row.get("score_high")
    if value is None:
        return "–"
    return f"{value:.1f}" if low is not None and high is not None and high - low < 1 else f"{value:.0f}"


def interval(row: dict[str, Any], name: str = "score") -> str:
    """Such as `55 to 66`; nothing where there is none."""
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    if low is None or high is None:
        return ""
    return f"{low:.1f} to {high:.1f}" if high - low < 1 else f"{low:.0f} to {high:.0f}"


def signed(value: float | None) -> str:
    """A change in whole points."""
    if value is None:
        return "–"
    if abs(value) < 0.5:
        return "less than 1"
    return f"{'+' if value > 0 else '−'}{_whole(abs(value))}"


def number(value: float | None) -> str:
    """A number of people or things, whole."""
    if value is None:
        return "–"
    if 0 < value < 0.5:
        return "under 1"
    return f"{_whole(value):,}"


def _whole(value: float) -> int:
    """Rounded as people do: a half goes up, so that nothing of half a point is said to be none."""
    return math.floor(value + 0.5)


def many(count: int, one: str, more: str) -> str:
    """Such as `1 share`, `2 shares`."""
    return f"{number(count)} {one if count == 1 else more}"


def is_amount(value: Any) -> bool:
    """Whether a cell is a number, or says one: such cells stand to the right."""
    return isinstance(value, (int, float)) or (isinstance(value, str) and _AMOUNT.fullmatch(value) is not None)


def hundred(value: float | None) -> str:
    """A probability as so many of 100."""
    return "–" if value is None else "under 1" if 0 < value < 0.005 else f"{100 * value:.0f}"


def share(value: float | None) -> str:
    """A share as a whole per cent."""
    return "–" if value is None else "under 1 %" if 0 < value < 0.005 else f"{100 * value:.0f} %"


def money(value: float | None) -> str:
    """Dollars and cents."""
    return "–" if value is None else f"${value:,.2f}"


def moment(value: datetime) -> str:
    """A time as `14 March 2026, 07:35 UTC`."""
    return f"{value.day} {value:%B %Y, %H:%M} UTC"


def after(day: date, published: datetime) -> str:
    """How long after a day was over something was published."""
    hours = (published - datetime.combine(day + timedelta(1), time(), UTC)).total_seconds() / 3600
    if hours < 48:
        return (
            "within the hour" if hours < 1 else f"{hours:.0f} {'hour' if round(hours) == 1 else 'hours'} after the day"
        )
    return f"{hours / 24:,.0f} days after the day"


def day(value: date | None) -> str:
    """A day as `14 March 2026`."""
    return "–" if value is None else f"{value.day} {value:%B %Y}"


def without_null(comment: str) -> str:
    """A comment of a table or column for readers who do not write SQL: a NULL is an empty value."""
    return _NULL.sub("empty", comment)


def name(value: str | None, otherwise: str = "") -> str:
    """What somebody calls themselves, without a sign that turns the direction of writing, and not too long."""
    return printable(value or otherwise, WIDEST)


def cell(value: Any, column: str = "") -> str:
    """A value of any table, as text for a reader; points and people are whole."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        is_whole = abs(value) >= 100 or _WHOLE.search(column) is not None
        return f"{value:,.0f}" if is_whole else f"{value:.2g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return moment(value)
    return printable(str(value), 300)


def sounds(row: Mapping[str, Any]) -> str:
    """How a crowd's replies sound together, in words, or why that is not told. Of nobody alone."""
    if row["reason"] is not None or row["approval"] is None:
        return (
            f"{row['people']} people replied; how they sound is not told: {_UNTOLD.get(row['reason'], row['reason'])}."
        )
    low, high = row["approval_low"], row["approval_high"]
    told = "friendly" if low > 0.05 else "unfriendly" if high < -0.05 else "mixed"
    return (
        f"The replies of {row['people']} people sound {told} on the whole ({_hundredths(row['approval'])}, nine times in ten"
        f" between {_hundredths(low)} and {_hundredths(high)}, where −100 is all anger and +100 all praise). It is no part of"
        " the score."
    )


def _hundredths(value: float) -> str:
    whole = round(100 * value)
    return f"{'+' if whole > 0 else '−' if whole < 0 else ''}{abs(whole)}"


#: Why nothing is told of how replies sound, see sql/sentiment.sql.
_UNTOLD = {
    "language": "most are in a language that nobody judges here",
    "too few judged": "too few of them could be judged",
    "nobody judges": "nothing is installed that judges",
}
