"""How somebody behaves, and how two older systems would have looked at the same evidence: for the page in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from clout.web import words

#: Answers a query with rows, each a dictionary.
Rows = Callable[..., list[dict[str, Any]]]


def lines(rows: Rows, day: date, person: str) -> Iterator[str]:
    """The style with what it is made of, outreach, and the axes of the lenses that are known."""
    for row in rows("FROM clout.styles WHERE ds = ? AND person_id = ?", day, person):
        yield ""
        yield f"How they behave, which is no part of the score: {words.style(row)}"
        yield (
            f"  {row['originals']} own posts, {row['shares_given']} shares, {row['talk_given']} replies and mentions on"
            f" {row['active_days']} days"
        )
        if row["outreach_points"]:
            answered = "" if row["answered_share"] is None else f", {row['answered_share']:.0%} of whom answered"
            yield (
                f"  outreach level {row['outreach_level']}: {row['outreach_points']} points,"
                f" {row['outreach_people']} people{answered}"
            )
    found = rows(
        "FROM clout.lenses WHERE ds = ? AND person_id = ? AND value IS NOT NULL ORDER BY lens, axis", day, person
    )
    for lens in dict.fromkeys(row["lens"] for row in found):
        told = (f"{words.axis(row['axis'])} {row['value']:.0f}" for row in found if row["lens"] == lens)
        yield f"  as {words.LENSES.get(lens, lens)} looked at it: {', '.join(told)}"
