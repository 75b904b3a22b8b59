"""The list of endorsements: who says of whom that they are good on a topic, and when; sql/endorsed.sql decides what counts.

A topic is named by its slug. The list says nothing of how far an endorsement counts, and an endorsement changes no score.
"""

from __future__ import annotations

import re
from typing import Any

from clout.platforms.exports.lists import Cells, Kind, Refused

_SLUG = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def _row(cells: Cells) -> dict[str, Any]:
    giver, receiver, topic = cells.key("giver"), cells.key("receiver"), cells.needed("topic").lower()
    if len(topic) > 100 or not _SLUG.fullmatch(topic):
        raise Refused(f"topic: {topic[:40]!r} is no topic's slug; write it like machine-learning")
    return {
        "actor_key": giver,
        "target_account_key": receiver,
        "topic": topic,
        "given_on": cells.day_needed("given_on"),
        "note": cells.text("note", 500),
    }


ENDORSEMENTS = Kind(
    columns=("giver", "receiver", "topic", "given_on", "note"),
    needed=(("giver",), ("receiver",), ("topic",), ("given_on",)),
    row=_row,
)
