"""Judges how replies to somebody sound: a valence each, from -1 to 1, and not a word of what was written.

What an operator's own file says of a reply (column `sentiment`) is taken as it is, in whatever language. Else English is
judged by the lexicon of vaderSentiment (extra `sentiment`), where it is installed, and no other language is. A single reply is
judged wrong too often to be told of: sql/sentiment.sql tells of crowds alone. It is no factor of any score.
Source: Hutto and Gilbert, VADER, ICWSM 2014; measured there and on UMSAB's 870 tweets a language, see sql/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date
from functools import cache
from importlib import metadata, util

import pyarrow as pa
import pyarrow.compute as pc

from clout.lake.columns import as_named
from clout.lake.schemas import REACTIONS, small_arrow

#: What is read of a post, of no day but the one that is conformed.
COLUMNS = as_named(
    *("post_key", "author_key", "in_reply_to_account_key", "text", "lang", "valence", "is_deleted"),
    *("platform", "snapshot_date"),
)
#: The modules that decide what is found.
CODE = ("clout.score.valence",)
_PACKAGE, _LANGUAGE = "vaderSentiment", "en"
_NOT_WORDS = re.compile(r"https?://\S+|[@#](?=\w)|@?[\w.-]+@[\w.-]+")


@cache
def judge() -> str:
    """By what replies are judged: the package and its version; empty where it is not installed."""
    return f"{_PACKAGE} {metadata.version(_PACKAGE)}" if util.find_spec(_PACKAGE) else ""


def of_day(posts: pa.Table, day: date, hidden: Collection[str]) -> pa.Table:
    """The rows of `reactions` of one day's posts, which have the columns COLUMNS. hidden: accounts that may not be shown."""
    for name in ("author_key", "in_reply_to_account_key"):
        unseen = pc.is_in(posts[name], pa.array(sorted(hidden), pa.string()))
        posts = posts.filter(pc.and_(pc.is_valid(posts[name]), pc.invert(unseen)))
    posts = posts.filter(
        pc.and_not(pc.not_equal(posts["author_key"], posts["in_reply_to_account_key"]), posts["is_deleted"])
    )
    found = {}
    for post in posts.to_pylist():
        language = (post["lang"] or "").lower().partition("-")[0] or None
        key = post["platform"], post["post_key"]
        said = post["valence"]
        found[key] = (
            *(post["author_key"], post["in_reply_to_account_key"], language),
            _valence(post["text"], language) if said is None else said,
        )
    rows = [(day, *key, *row) for key, row in found.items()]
    return small_arrow(REACTIONS, rows)


def _valence(text: str | None, language: str | None) -> float | None:
    """From -1 to 1; 0 where no word says anything; None where nobody judges the language, or nothing is written."""
    if language != _LANGUAGE or not text or not text.strip() or not judge():
        return None
    return _scale()(_NOT_WORDS.sub(" ", text))


@cache
def _scale() -> Callable[[str], float]:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyser = SentimentIntensityAnalyzer()
    return lambda text: float(analyser.polarity_scores(text)["compound"])
