"""What people want no word of today: applied when content is shown that was made before they said so.

The operator's file says it now; where no sources file is at hand, the lake has what the newest night went by.
"""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from clout.config.topic_settings import EVERY
from clout.lake.partitions import Lake
from clout.privacy.row_deletion import partitions

_FOLDER = "features/hidden_topics"
#: A person, and a topic, EVERY for all.
Unsaid = tuple[str, str]


def newest_unsaid(lake: Lake) -> frozenset[Unsaid]:
    """Person and topic_id of what the newest night in a lake held back; nothing where there never was one."""
    found = partitions(lake, _FOLDER)
    rows = lake.read(found[-1][1], ["person_id", "topic_id"]).to_pylist() if found else []
    return frozenset((row["person_id"], row["topic_id"]) for row in rows)


def unsaid_in(said: Collection[Unsaid], accounts: pa.Table, topics: pa.Table | None) -> frozenset[Unsaid]:
    """person_id and topic_id of what is hidden, in the words of a published day: by its accounts (account_key, person_id) and
    its topics (topic_id, slug). said: an account or a person, and a topic by its id or its slug.
    """
    of: dict[str, set[str]] = {}
    who = pa.array({who for who, _ in said}, pa.string())
    named = pc.or_kleene(*(pc.is_in(accounts[name], who) for name in ("account_key", "person_id")))
    for row in accounts.filter(named).select(["account_key", "person_id"]).to_pylist():
        of.setdefault(row["account_key"], set()).add(row["person_id"])
        of.setdefault(row["person_id"], set()).add(row["person_id"])
    ids: dict[str, set[str]] = {EVERY: {EVERY}}
    for row in topics.select(["topic_id", "slug"]).to_pylist() if topics else ():
        for name in (row["topic_id"], row["slug"]):
            ids.setdefault(name, set()).add(row["topic_id"])
    return frozenset((person, key) for who, topic in said for person in of.get(who, ()) for key in ids.get(topic, ()))


def without_unsaid(rows: pa.Table, column: str, unsaid: Collection[Unsaid]) -> pa.Table:
    """A table's rows without those of what people hide. column: which of its columns names the topic; EVERY where it has none,
    and a row goes where its person hides all.
    """
    persons = rows["person_id"].to_pylist()
    topics = rows[column].to_pylist() if column != EVERY else [EVERY] * len(persons)
    kept = [
        (person, topic) not in unsaid and (person, EVERY) not in unsaid
        for person, topic in zip(persons, topics, strict=True)
    ]
    return rows.filter(pa.array(kept, pa.bool_()))
