"""The ontology: which topics there are, what they are called, which lie near, and which are never named. Read, checked, hashed.

Three forms are read. Ours: `ontology.csv` in a folder, with idioms and words of other languages beside it. Klout's files as
they were published: topic_ontology, topic_edges and topic_names, CSV or gzipped. And an operator's overlay, a CSV of

    action,topic,value,lang

with add, rename, alias, parent, hide, sensitive, ambiguous, link, platform or idiom as the action. Whatever is wrong in a file
is refused with its file, its row and the cure. Ids are texts: those of Klout go beyond 64 bits.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from clout.config.ontology_overlay import Overlay, refuse_cycles
from clout.config.paths import SQL
from clout.config.topic_files import LONGEST, Topic, language_of, lines_of, name_of, plain, rows_of, with_name
from clout.errors import InvalidInput

OWN = SQL / "topics"
#: Names of sensitive topics of whatever ontology; what lies below them is sensitive, too.
SENSITIVE = "sensitive.txt"
_OWN_COLUMNS = ("slug", "name", "type", "parents", "aliases", "flags")
_TECHNOLOGY = "technology"
_FIELDS = ("topics", "words", "own")
_TYPES = ("super", "sub", "entity")
_FLAGS = ("sensitive", "ambiguous")
_SLUG = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


@dataclass(frozen=True)
class Ontology:
    """All topics by id; which links and which topics of platforms mean one; phrases that mean none; and a hash of all that.

    other_words: (language, name) of English names that are another word there: manga is a sleeve in Portuguese.
    skipped: rows of published files that say nothing, by what is wrong with them.
    """

    topics: Mapping[str, Topic]
    version: str
    links: Mapping[str, str] = field(default_factory=dict)
    platform_topics: Mapping[str, str] = field(default_factory=dict)
    idioms: tuple[str, ...] = ()
    other_words: frozenset[tuple[str, str]] = frozenset()
    skipped: Mapping[str, int] = field(default_factory=dict)

    def may_be_named(self, topic_id: str) -> bool:
        """Whether anybody may ever be said to be known for it."""
        topic = self.topics[topic_id]
        return not (topic.is_sensitive or topic.is_hidden)


def read_ontology(folder: Path | None = None, overlay: Path | None = None) -> Ontology:
    """The ontology of a folder, ours where none is named, with an operator's overlay. Raises InvalidInput with file and row."""
    folder = folder or OWN
    if not folder.is_dir():
        raise InvalidInput(f"{folder}: no such folder; name one with ontology.csv, or with Klout's topic_ontology.csv")
    topics, skipped = (_own if (folder / "ontology.csv").is_file() else _klouts)(folder)
    topics = _with_context(topics)
    topics = _with_everyday(topics)
    edited = Overlay(topics, lines_of(OWN / "idioms.txt"))
    if overlay is not None:
        edited.read(overlay)
    found = _with_vocabulary(_sensitive(edited.topics))
    other = frozenset(
        (cells["lang"], plain(cells["name"])) for _, cells in rows_of(OWN / "other_words.csv", ("lang", "name"))
    )
    content = repr(
        (sorted(map(repr, found.values())), edited.links, edited.platform_topics, edited.idioms, sorted(other))
    )
    return Ontology(
        found,
        hashlib.sha256(content.encode()).hexdigest()[:12],
        edited.links,
        edited.platform_topics,
        tuple(edited.idioms),
        other,
        skipped,
    )


# Ours ------------------------------------------------------------------------------------------------------------------


def _own(folder: Path) -> tuple[dict[str, Topic], dict[str, int]]:
    file = folder / "ontology.csv"
    topics: dict[str, Topic] = {}
    parents: dict[str, tuple[int, list[str]]] = {}
    for row, cells in rows_of(file, _OWN_COLUMNS):
        slug = cells["slug"]
        if not _SLUG.fullmatch(slug):
            raise InvalidInput(f"{file}, row {row}: slug {slug!r} must be words with hyphens, such as street-food")
        if slug in topics:
            raise InvalidInput(f"{file}, row {row}: slug {slug} is there twice; remove one of the two rows")
        if cells["type"] not in _TYPES:
            raise InvalidInput(f"{file}, row {row}: type {cells['type']!r} is not one of {', '.join(_TYPES)}")
        flags = cells["flags"].split()
        if unknown := [flag for flag in flags if flag not in _FLAGS]:
            raise InvalidInput(f"{file}, row {row}: flag {unknown[0]!r} is not one of {', '.join(_FLAGS)}")
        names = (name_of(file, row, cells["name"]), *(n.strip() for n in cells["aliases"].split("|") if n.strip()))
        parents[slug] = row, cells["parents"].split()
        topics[slug] = Topic(
            slug,
            slug,
            names[0],
            cells["type"],
            names={"en": names},
            is_sensitive="sensitive" in flags,
            is_ambiguous="ambiguous" in flags,
        )
    for slug, (row, above) in parents.items():
        for parent in above:
            if parent not in topics:
                raise InvalidInput(
                    f"{file}, row {row}: parent {parent!r} is no slug of this file; add it, or correct it"
                )
        topics[slug] = replace(topics[slug], parents=tuple(above))
    refuse_cycles(topics, f"{file}")
    others = folder / "names.csv"
    if others.is_file():
        for row, cells in rows_of(others, ("slug", "lang", "name")):
            if cells["slug"] not in topics:
                raise InvalidInput(f"{others}, row {row}: slug {cells['slug']!r} is not in {file.name}")
            topics[cells["slug"]] = with_name(
                topics[cells["slug"]], language_of(others, row, cells["lang"]), name_of(others, row, cells["name"])
            )
    return topics, {}


# Klout's ---------------------------------------------------------------------------------------------------------------


def _klouts(folder: Path) -> tuple[dict[str, Topic], dict[str, int]]:
    """Klout's files as they are: a header spelt parrentTopicSlug, a root that is its own parent, edges to nothing."""
    file = _published(folder, "topic_ontology")
    skipped = {"self_edges": 0, "dangling_edges": 0, "names_of_no_topic": 0}
    topics: dict[str, Topic] = {}
    slugs: dict[str, str] = {}
    for row, cells in rows_of(file, ("topicId", "topicSlug", "topicDisplayName")):
        topic_id, slug = cells["topicId"], cells["topicSlug"]
        if not topic_id.isdigit():
            raise InvalidInput(f"{file}, row {row}: topicId {topic_id!r} is no number; ids are digits, of any length")
        if topic_id in topics:
            raise InvalidInput(f"{file}, row {row}: topicId {topic_id} is there twice; remove one of the two rows")
        if not slug or slug in slugs:
            raise InvalidInput(f"{file}, row {row}: topicSlug {slug!r} is empty, or there twice; correct one of them")
        slugs[slug] = topic_id
        name = name_of(file, row, cells["topicDisplayName"])
        topics[topic_id] = Topic(
            topic_id,
            slug,
            name,
            "entity",
            names={"en": (name,)},
            wikidata_id=cells.get("wikiItemId") or None,
            source="klout",
        )
    edges = _published(folder, "topic_edges")
    parents: dict[str, list[str]] = defaultdict(list)
    for _, cells in rows_of(edges, ("parentTopicId", "childTopicId")):
        above, below = cells["parentTopicId"], cells["childTopicId"]
        if above == below:
            skipped["self_edges"] += 1
        elif below not in topics or (above not in topics and above != "0"):
            skipped["dangling_edges"] += 1
        elif above != "0" and above not in parents[below]:
            parents[below].append(above)
    above_others = {parent for each in parents.values() for parent in each}
    for topic_id, topic in topics.items():
        kind = "super" if not parents[topic_id] else ("sub" if topic_id in above_others else "entity")
        topics[topic_id] = replace(topic, parents=tuple(parents[topic_id]), topic_type=kind)
    refuse_cycles(topics, f"{edges}")
    names = _published(folder, "topic_names", optional=True)
    said: dict[str, dict[str, tuple[str, ...]]] = {key: dict(topic.names) for key, topic in topics.items()}
    if names:
        for row, cells in rows_of(names, ("topicId", "language", "topicDisplayName")):
            if cells["topicId"] not in topics:
                skipped["names_of_no_topic"] += 1
                continue
            language, of_topic = language_of(names, row, cells["language"]), said[cells["topicId"]]
            name = cells["topicDisplayName"][:LONGEST]
            if name and name not in of_topic.get(language, ()):
                of_topic[language] = (*of_topic.get(language, ()), name)
    return _with_our_aliases({key: replace(topic, names=said[key]) for key, topic in topics.items()}), skipped


def _published(folder: Path, name: str, optional: bool = False) -> Path:
    for file in (folder / f"{name}.csv", folder / f"{name}.csv.gz"):
        if file.is_file():
            return file
    if optional:
        return None  # type: ignore[return-value]
    raise InvalidInput(
        f"{folder}: holds neither ontology.csv nor {name}.csv(.gz): name a folder with our file, or with Klout's"
        " topic_ontology, topic_edges and topic_names"
    )


def _with_our_aliases(topics: dict[str, Topic]) -> dict[str, Topic]:
    """Another's topics with the names, of any language, that ours of the same name has, but for those of another topic of
    theirs.
    """
    taken: dict[str, set[str]] = defaultdict(set)
    for topic in topics.values():
        taken["en"].add(plain(topic.slug))
        for language, names in topic.names.items():
            taken[language].update(map(plain, names))
    ours = {plain(topic.name): topic for topic in _own(OWN)[0].values()}
    found = {}
    for key, topic in topics.items():
        known = ours.get(plain(topic.name)) or ours.get(plain(topic.slug))
        own = dict(topic.names)
        for language, others in known.names.items() if known else ():
            new = tuple(name for name in others if plain(name) not in taken[language])
            own[language] = (*own.get(language, ()), *new)
        found[key] = replace(topic, names=own)
    return found


def _with_context(topics: dict[str, Topic]) -> dict[str, Topic]:
    """The topics with those marked whose name may mean something else, in whatever ontology."""
    file = OWN / "ambiguous.csv"
    known = {plain(cells["name"]): cells["context"].split("|") for _, cells in rows_of(file, ("name", "context"))}
    found = {}
    for key, topic in topics.items():
        context = known.get(plain(topic.name))
        if context is not None:
            topic = replace(topic, is_ambiguous=True, context=tuple(word for word in context if word))
        found[key] = topic
    return found


def _with_everyday(topics: dict[str, Topic]) -> dict[str, Topic]:
    """The topics with those marked whose hashtag stands behind jokes about anybody's day: all but those of technology, whose
    words few use elsewhere. Of these the ones that everyday.txt names, and of others' ontologies, which name brands by words of
    every day, what has a name of one word, nothing below it, and is no topic of ours.
    """
    ours = {plain(name) for topic in _own(OWN)[0].values() for name in topic.names["en"]}
    known = {plain(name) for name in lines_of(OWN / "everyday.txt")}

    def is_everyday(key: str, topic: Topic) -> bool:
        if _TECHNOLOGY not in (topics[at].slug.removesuffix("-super") for at in (key, *_above(topics, key))):
            return True
        is_a_word = topic.source == "klout" and topic.topic_type == "entity" and len(topic.name.split()) == 1
        return plain(topic.name) in known or (is_a_word and plain(topic.name) not in ours)

    return {key: replace(topic, is_everyday=is_everyday(key, topic)) for key, topic in topics.items()}


def _with_vocabulary(topics: dict[str, Topic]) -> dict[str, Topic]:
    """The topics with the words of their field: those of the rows of fields.csv that name them, or else what they are below.

    A topic of another's ontology has the words of ours that has its name, too.
    """
    of_root: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for _, cells in rows_of(OWN / "fields.csv", _FIELDS):
        for root in cells["topics"].split():
            for words, name in zip(of_root[root], ("words", "own"), strict=True):
                words.update(filter(None, cells[name].split("|")))
    found: dict[str, Topic] = {}
    ours = {} if any(topic.source == "clout" for topic in topics.values()) else _with_vocabulary(_own(OWN)[0])
    by_name = {plain(name): topic for topic in ours.values() for name in (topic.slug, *topic.names["en"])}
    for key, topic in topics.items():
        known = by_name.get(plain(topic.name))
        words, jargon = (set(known.vocabulary), set(known.jargon)) if known else (set(), set())
        level = {key}
        while level and not words:
            for at in level & topics.keys():
                more, other = of_root.get(topics[at].slug.removesuffix("-super"), ((), ()))
                words, jargon = words.union(more), jargon.union(other)
            level = {parent for at in level for parent in topics[at].parents}
        found[key] = replace(topic, vocabulary=tuple(sorted(words - jargon)), jargon=tuple(sorted(jargon)))
    return found


def _above(topics: Mapping[str, Topic], key: str) -> set[str]:
    found: set[str] = set()
    waiting = list(topics[key].parents)
    while waiting:
        if (parent := waiting.pop()) not in found:
            found.add(parent)
            waiting += topics[parent].parents
    return found


def _sensitive(topics: dict[str, Topic]) -> dict[str, Topic]:
    """The topics with all marked that are sensitive, or lie below one that is."""
    roots = {plain(line) for line in lines_of(OWN / SENSITIVE)}
    below: dict[str, list[str]] = defaultdict(list)
    for topic in topics.values():
        for parent in topic.parents:
            below[parent].append(topic.topic_id)
    waiting = [
        topic.topic_id
        for topic in topics.values()
        if topic.is_sensitive or plain(topic.name) in roots or plain(topic.slug.removesuffix("-super")) in roots
    ]
    marked: set[str] = set()
    while waiting:
        topic_id = waiting.pop()
        if topic_id not in marked:
            marked.add(topic_id)
            waiting += below[topic_id]
    return {key: replace(topic, is_sensitive=key in marked) for key, topic in topics.items()}
