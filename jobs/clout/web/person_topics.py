"""What people react to of what a person says, in words: for the page of a person in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from clout.terminal import printable

#: Answers a query with rows, each a dictionary.
Rows = Callable[..., list[dict[str, Any]]]

_WHY = {
    "too few posts": "{posts} posts with different words in the window",
    "too few weeks": "posted in {weeks} weeks",
    "too few people": "{people} credible people acted",
    "too few came back": "{back} of {people} people came back on another day",
    "a small part of what people react to": "{share:.0%} of all that is done to them",
}


def lines(rows: Rows, day: date, person: str) -> Iterator[str]:
    """The topics for which a person is named, with the evidence, and the strongest others, with what is missing."""
    found = rows(
        "SELECT t.*, coalesce(k.name, t.slug) AS name FROM clout.person_topics AS t"
        " LEFT JOIN clout.topics AS k ON k.ds = t.ds AND k.topic_id = t.topic_id"
        " WHERE t.ds = ? AND t.person_id = ? ORDER BY t.not_named IS NOT NULL, t.topic_score DESC, t.topic_reach DESC, t.slug",
        *(day, person),
    )
    if not found:
        return
    yield ""
    named = [row for row in found if row["not_named"] is None]
    if named:
        yield "People react to what they say about"
    for row in named:
        yield (
            f"  {row['topic_score']:>6.1f}  {printable(row['name'], 40)}, place {row['place']} of {row['of']}:"
            f" {row['people']} people, {row['back']} came back; {row['posts']} posts in {row['weeks']} weeks;"
            f" {row['share']:.0%} of all that is done to them"
        )
        posts = rows(
            "FROM clout.topic_evidence WHERE ds = ? AND person_id = ? AND topic_id = ? ORDER BY people DESC, post_key",
            *(day, person, row["topic_id"]),
        )
        for post in posts:
            yield f"          {post['posted_on']:%d %B}, by its {post['evidence']}, {post['people']} people: {post['post_key']}"
    others = [row for row in found if row["not_named"] is not None]
    if others:
        yield "Too little is known of"
    for row in others:
        yield f"          {printable(row['name'], 40)}: {row['not_named']} ({_WHY[row['not_named']].format(**row)})"
