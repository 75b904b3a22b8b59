"""Pages with one or several values wrong or missing, and what must hold of every page, however wrong."""

from __future__ import annotations

import copy
import pickle
import random
from collections.abc import Iterator
from typing import Any

from clout.lake.schemas import SNAPSHOTS
from clout.platforms.pull.pages import Rows
from clout.platforms.pull.rows import quarantine_table, rows_table

#: What may stand where something else should. KeyError: nothing does.
WRONG: list[Any] = [
    None,
    0,
    -1,
    2**63,
    1e308,
    "",
    [],
    {},
    True,
    "\ud800",
    "\x00",
    "9999-12-31T23:59:59-14:00",
    [None],
    [[]],
    KeyError,
]


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body, as the names and numbers that lead to it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way] * bool(way) + [place for name, one in inner for place in places(one, (*way, name))]


def put(body: Any, place: tuple[Any, ...], wrong: Any) -> None:
    """Put a wrong value at a place; does nothing where the way to it is gone."""
    for name in place[:-1]:
        try:
            body = body[name]
        except (LookupError, TypeError):
            return
    try:
        if wrong is KeyError:
            del body[place[-1]]
        else:
            body[place[-1]] = copy.deepcopy(wrong)
    except (LookupError, TypeError):
        return


def mutations(body: Any, several: int = 0, seed: int = 7) -> Iterator[Any]:
    """The body with each wrong value at each place, and `several` bodies with two to five wrong values at once."""
    everywhere, copied = places(body), pickle.dumps(body)
    for place in everywhere:
        for wrong in WRONG:
            mutated = pickle.loads(copied)
            put(mutated, place, wrong)
            yield mutated
    draw = random.Random(seed)
    for _ in range(several):
        mutated = pickle.loads(copied)
        for _ in range(draw.randint(2, 5)):
            put(mutated, draw.choice(everywhere), draw.choice(WRONG))
        yield mutated


def fits(*pages: Rows) -> None:
    """Fail unless every row fits the canonical schema, and what was put aside says why and can be stored."""
    for table in SNAPSHOTS.keys() - {"manifest", "quarantine"}:
        found = [row for page in pages for row in page.tables.get(table, [])]
        if found:
            rows_table(table, found).validate(full=True)
    bad = [one for page in pages for one in page.bad]
    assert all(reason for _, reason, *_ in bad)
    quarantine_table("any", [(reason, ref, row, raw) for _, reason, ref, row, raw in bad])


#: Of each platform the fields that may stop an item: ids, consent, time, and what tells which object it is. And those that say
#: to whom or to what a post refers: without them it is another act, or none, but the post stands.
NEEDED = {
    "bluesky": {"did", "uri", "labels", "$type"},
    "x": {"id", "author_id", "protected"},
    "mastodon": {
        "id",
        "uri",
        "url",
        "acct",
        "visibility",
        "noindex",
        "discoverable",
        "indexable",
        "locked",
        "suspended",
        "reblog",
    },
    "facebook": {"id", "from", "created_time", "name", "value", "values"},
    "youtube": {"id", "channelId", "videoId", "publishedAt", "topLevelComment", "authorChannelId", "value", "uploads"},
    "linkedin": {
        "id",
        "lifecycleState",
        "visibility",
        "author",
        "commentUrn",
        "actor",
        "created",
        "time",
        "publishedAt",
        "firstDegreeSize",
        "results",
    },
}
REFERS = {
    "bluesky": {"reply", "embed", "facets", "record"},
    "x": {"referenced_tweets", "in_reply_to_user_id", "entities", "note_tweet", "edit_history_tweet_ids"},
    "mastodon": {"mentions", "in_reply_to_id", "in_reply_to_account_id", "quote"},
    "facebook": {"message_tags", "parent"},
    "youtube": {"replies"},
    "linkedin": {"reshareContext", "commentary", "parentComment"},
}
CORRUPT: list[Any] = [KeyError, -1, "a\x00\ud800", [], {}, [7], 1e308]


def holds(value: Any, names: set[str]) -> bool:
    """Whether a value holds one of the fields, however deep."""
    if isinstance(value, dict):
        return not names.isdisjoint(value) or any(holds(one, names) for one in value.values())
    return isinstance(value, list) and any(holds(one, names) for one in value)


def without_an_optional_field(platform: str, item: Any) -> Iterator[tuple[Any, bool, Any]]:
    """An item with each wrong value in the place of each field that may be missing; where, and whether that field refers."""
    copied = pickle.dumps(item)
    for place in places(item):
        refers = not REFERS[platform].isdisjoint(place)
        value = item
        for name in place:
            value = value[name]
        last = next((name for name in reversed(place) if isinstance(name, str)), "")
        # What a URN leads to is an item by itself.
        is_needed = last in NEEDED[platform] or last.startswith("urn:") or holds(value, NEEDED[platform])
        if not refers and is_needed:
            continue
        for wrong in CORRUPT:
            mutated = pickle.loads(copied)
            put(mutated, place, wrong)
            yield (place, wrong), refers, mutated
