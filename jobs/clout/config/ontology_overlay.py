"""The operator's overlay: a CSV that adds, renames, hides or marks topics of an ontology, and says where they are met."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from clout.config.topic_files import Topic, language_of, name_of, rows_of, with_name
from clout.errors import InvalidInput

ACTIONS = ("add", "rename", "alias", "parent", "hide", "sensitive", "ambiguous", "link", "platform", "idiom")
_SLUG = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[^\s?#]*)?")


class Overlay:
    """Topics, and what an overlay makes of them."""

    def __init__(self, topics: dict[str, Topic], idioms: list[str]) -> None:
        self.topics, self.idioms = topics, idioms
        self.links: dict[str, str] = {}
        self.platform_topics: dict[str, str] = {}
        self._ids = {topic.slug: topic.topic_id for topic in topics.values()}

    def read(self, file: Path) -> None:
        """Apply a file, row by row. Raises InvalidInput with file and row."""
        rows = list(rows_of(file, ("action", "topic", "value")))
        for row, cells in rows:
            if cells["action"] not in ACTIONS:
                raise InvalidInput(f"{file}, row {row}: action {cells['action']!r} is not one of {', '.join(ACTIONS)}")
            if cells["action"] == "add":
                self._add(file, row, cells["topic"], cells["value"])
        for row, cells in rows:
            action, slug, value = cells["action"], cells["topic"], cells["value"]
            if action == "add":
                continue
            if action == "idiom":
                self.idioms.append(name_of(file, row, value))
                continue
            if slug not in self._ids:
                raise InvalidInput(
                    f"{file}, row {row}: topic {slug!r} is no slug of the ontology; add it, or correct it"
                )
            self._edit(file, row, action, self._ids[slug], value, cells.get("lang") or "en")
        refuse_cycles(self.topics, f"{file}")

    def _add(self, file: Path, row: int, slug: str, name: str) -> None:
        if not _SLUG.fullmatch(slug):
            raise InvalidInput(f"{file}, row {row}: topic {slug!r} must be words with hyphens, such as street-food")
        if slug in self._ids:
            raise InvalidInput(
                f"{file}, row {row}: topic {slug} is in the ontology already; rename it, or add an alias"
            )
        topic_id = f"operator:{slug}"
        self._ids[slug] = topic_id
        named = name_of(file, row, name)
        self.topics[topic_id] = Topic(topic_id, slug, named, "sub", names={"en": (named,)}, source="operator")

    def _edit(self, file: Path, row: int, action: str, topic_id: str, value: str, language: str) -> None:
        topic = self.topics[topic_id]
        if action == "rename":
            name = name_of(file, row, value)
            others = topic.names.get("en", ())[1:]
            self.topics[topic_id] = replace(topic, name=name, names={**topic.names, "en": (name, *others)})
        elif action == "alias":
            self.topics[topic_id] = with_name(topic, language_of(file, row, language), name_of(file, row, value))
        elif action == "parent":
            if value not in self._ids:
                raise InvalidInput(
                    f"{file}, row {row}: parent {value!r} is no slug of the ontology; add it, or correct it"
                )
            if self._ids[value] not in topic.parents:
                self.topics[topic_id] = replace(topic, parents=(*topic.parents, self._ids[value]))
        elif action == "link":
            place = value.lower().removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
            if not _HOST.fullmatch(place):
                raise InvalidInput(
                    f"{file}, row {row}: link {value!r} must be a host, or a host and the beginning of a path:"
                    " duckdb.org, example.org/cats"
                )
            _new(self.links, place, topic_id, f"{file}, row {row}: link {place}")
        elif action == "platform":
            if not re.fullmatch(r"[^:\s]+:\S.*", value):
                raise InvalidInput(
                    f"{file}, row {row}: platform {value!r} must be the platform, a colon, and what it calls the topic:"
                    " x:66/850073441055133696, github:rust"
                )
            _new(self.platform_topics, value.casefold(), topic_id, f"{file}, row {row}: platform {value}")
        else:
            flag = {"hide": "is_hidden", "sensitive": "is_sensitive", "ambiguous": "is_ambiguous"}[action]
            self.topics[topic_id] = replace(topic, **{flag: True})  # type: ignore[arg-type]


def _new(mapping: dict[str, str], key: str, topic_id: str, told: str) -> None:
    if mapping.setdefault(key, topic_id) != topic_id:
        raise InvalidInput(f"{told} is another topic's already; remove one of the two rows")


def refuse_cycles(topics: Mapping[str, Topic], told: str) -> None:
    """Raise InvalidInput where a topic is below itself, naming the ring."""
    done: set[str] = set()

    def climb(start: str) -> None:
        path: list[tuple[str, Iterator[str]]] = [(start, iter(topics[start].parents))]
        on_path = {start}
        while path:
            at, above = path[-1]
            for parent in above:
                if parent in on_path:
                    ring = [topics[each].slug for each, _ in path[[each for each, _ in path].index(parent) :]]
                    raise InvalidInput(
                        f"{told}: {' is below '.join([*ring, topics[parent].slug])}: a topic is below itself; remove one"
                        " of these parents"
                    )
                if parent not in done:
                    path.append((parent, iter(topics[parent].parents)))
                    on_path.add(parent)
                    break
            else:
                done.add(at)
                on_path.discard(at)
                path.pop()

    for topic_id in topics:
        if topic_id not in done:
            climb(topic_id)
