"""The ontology: which topics there are, what they are called, which lie near, and which are never named. Read, checked, hashed.

Three forms are read. Ours: `ontology.csv` in a folder, with idioms and words of other languages beside it. Klout's files as
they were published: topic_ontology, topic_edges and topic_names, CSV or gzipped. And an operator's overlay, a CSV of

    action,topic,value,lang

with add, rename, alias, parent, hide, sensitive, ambiguous, link, platform or idiom as the action. Whatever is wrong in a file
is refused with its file, its row and the cure. Ids are texts: those of Klout go beyond 64 bits.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from clout.config.paths import SQL
from clout.errors import InvalidInput

OWN = SQL / "topics"
#: Names of sensitive topics of whatever ontology; what lies below them is sensitive, too.
SENSITIVE = "sensitive.txt"
ACTIONS = ("add", "rename", "alias", "parent", "hide", "sensitive", "ambiguous", "link", "platform", "idiom")
_OWN_COLUMNS = ("slug", "name", "type", "parents", "aliases", "flags")
_FIELDS = ("topics", "words", "own")
_TYPES = ("super", "sub", "entity")
_FLAGS = ("sensitive", "ambiguous")
_SLUG = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[^\s?#]*)?")
_LONGEST = 100


@dataclass(frozen=True)
class Topic:
    """One topic. parents: topic_ids; names: language -> what it is called, the first one its display name in that language.

    is_ambiguous: its name alone, even as a hashtag, may mean something else; context: words of which one beside a hashtag, or
    two beside the word, say that it does not. is_everyday: its hashtag stands behind jokes about anybody's day. vocabulary:
    words of its field, that may stand elsewhere, too; jargon: those that hardly do. They confirm a name of everyday words,
    or such a hashtag. source: who says that it is one.
    """

    topic_id: str
    slug: str
    name: str
    topic_type: str
    parents: tuple[str, ...] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    wikidata_id: str | None = None
    is_sensitive: bool = False
    is_ambiguous: bool = False
    is_hidden: bool = False
    is_everyday: bool = False
    context: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    jargon: tuple[str, ...] = ()
    source: str = "clout"


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
    edited = _Edited(topics, _lines(OWN / "idioms.txt"))
    if overlay is not None:
        edited.read(overlay)
    found = _with_vocabulary(_sensitive(edited.topics))
    other = frozenset(
        (cells["lang"], plain(cells["name"])) for _, cells in _rows(OWN / "other_words.csv", ("lang", "name"))
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
    for row, cells in _rows(file, _OWN_COLUMNS):
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
        names = (_name(file, row, cells["name"]), *(n.strip() for n in cells["aliases"].split("|") if n.strip()))
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
    _refuse_cycles(topics, f"{file}")
    others = folder / "names.csv"
    if others.is_file():
        for row, cells in _rows(others, ("slug", "lang", "name")):
            if cells["slug"] not in topics:
                raise InvalidInput(f"{others}, row {row}: slug {cells['slug']!r} is not in {file.name}")
            topics[cells["slug"]] = _named(
                topics[cells["slug"]], _language(others, row, cells["lang"]), _name(others, row, cells["name"])
            )
    return topics, {}


# Klout's ---------------------------------------------------------------------------------------------------------------


def _klouts(folder: Path) -> tuple[dict[str, Topic], dict[str, int]]:
    """Klout's files as they are: a header spelt parrentTopicSlug, a root that is its own parent, edges to nothing."""
    file = _published(folder, "topic_ontology")
    skipped = {"self_edges": 0, "dangling_edges": 0, "names_of_no_topic": 0}
    topics: dict[str, Topic] = {}
    slugs: dict[str, str] = {}
    for row, cells in _rows(file, ("topicId", "topicSlug", "topicDisplayName")):
        topic_id, slug = cells["topicId"], cells["topicSlug"]
        if not topic_id.isdigit():
            raise InvalidInput(f"{file}, row {row}: topicId {topic_id!r} is no number; ids are digits, of any length")
        if topic_id in topics:
            raise InvalidInput(f"{file}, row {row}: topicId {topic_id} is there twice; remove one of the two rows")
        if not slug or slug in slugs:
            raise InvalidInput(f"{file}, row {row}: topicSlug {slug!r} is empty, or there twice; correct one of them")
        slugs[slug] = topic_id
        name = _name(file, row, cells["topicDisplayName"])
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
    for _, cells in _rows(edges, ("parentTopicId", "childTopicId")):
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
    _refuse_cycles(topics, f"{edges}")
    names = _published(folder, "topic_names", optional=True)
    said: dict[str, dict[str, tuple[str, ...]]] = {key: dict(topic.names) for key, topic in topics.items()}
    if names:
        for row, cells in _rows(names, ("topicId", "language", "topicDisplayName")):
            if cells["topicId"] not in topics:
                skipped["names_of_no_topic"] += 1
                continue
            language, of_topic = _language(names, row, cells["language"]), said[cells["topicId"]]
            name = cells["topicDisplayName"][:_LONGEST]
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
    """Another's topics with the aliases that ours of the same name has, but for those that name another topic of theirs."""
    taken = {plain(name) for topic in topics.values() for name in (topic.slug, *topic.names["en"])}
    ours, _ = _own(OWN)
    aliases = {plain(topic.name): topic.names["en"][1:] for topic in ours.values()}
    found = {}
    for key, topic in topics.items():
        others = aliases.get(plain(topic.name)) or aliases.get(plain(topic.slug)) or ()
        new = tuple(name for name in others if plain(name) not in taken)
        found[key] = replace(topic, names={**topic.names, "en": (*topic.names["en"], *new)}) if new else topic
    return found


def _with_context(topics: dict[str, Topic]) -> dict[str, Topic]:
    """The topics with those marked whose name may mean something else, in whatever ontology."""
    file = OWN / "ambiguous.csv"
    known = {plain(cells["name"]): cells["context"].split("|") for _, cells in _rows(file, ("name", "context"))}
    found = {}
    for key, topic in topics.items():
        context = known.get(plain(topic.name))
        if context is not None:
            topic = replace(topic, is_ambiguous=True, context=tuple(word for word in context if word))
        found[key] = topic
    return found


def _with_everyday(topics: dict[str, Topic]) -> dict[str, Topic]:
    """The topics with those marked whose hashtag stands behind jokes: by name, and of others' ontologies, which name brands,
    shows and places by words of every day, whatever has a name of one word and nothing below it.
    """
    known = {plain(name) for name in _lines(OWN / "everyday.txt")}

    def is_everyday(topic: Topic) -> bool:
        if topic.source == "klout" and topic.topic_type == "entity" and len(topic.name.split()) == 1:
            return True
        return plain(topic.name) in known or plain(topic.slug.removesuffix("-super")) in known

    return {key: replace(topic, is_everyday=True) if is_everyday(topic) else topic for key, topic in topics.items()}


def _with_vocabulary(topics: dict[str, Topic]) -> dict[str, Topic]:
    """The topics with the words of their field: those of the rows of fields.csv that name them, or else what they are below.

    A topic of another's ontology has the words of ours that has its name, too.
    """
    of_root: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for _, cells in _rows(OWN / "fields.csv", _FIELDS):
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


# The operator's overlay ------------------------------------------------------------------------------------------------


class _Edited:
    """Topics, and what an overlay makes of them."""

    def __init__(self, topics: dict[str, Topic], idioms: list[str]) -> None:
        self.topics, self.idioms = topics, idioms
        self.links: dict[str, str] = {}
        self.platform_topics: dict[str, str] = {}
        self._ids = {topic.slug: topic.topic_id for topic in topics.values()}

    def read(self, file: Path) -> None:
        """Apply a file, row by row. Raises InvalidInput with file and row."""
        rows = list(_rows(file, ("action", "topic", "value")))
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
                self.idioms.append(_name(file, row, value))
                continue
            if slug not in self._ids:
                raise InvalidInput(
                    f"{file}, row {row}: topic {slug!r} is no slug of the ontology; add it, or correct it"
                )
            self._edit(file, row, action, self._ids[slug], value, cells.get("lang") or "en")
        _refuse_cycles(self.topics, f"{file}")

    def _add(self, file: Path, row: int, slug: str, name: str) -> None:
        if not _SLUG.fullmatch(slug):
            raise InvalidInput(f"{file}, row {row}: topic {slug!r} must be words with hyphens, such as street-food")
        if slug in self._ids:
            raise InvalidInput(
                f"{file}, row {row}: topic {slug} is in the ontology already; rename it, or add an alias"
            )
        topic_id = f"operator:{slug}"
        self._ids[slug] = topic_id
        named = _name(file, row, name)
        self.topics[topic_id] = Topic(topic_id, slug, named, "sub", names={"en": (named,)}, source="operator")

    def _edit(self, file: Path, row: int, action: str, topic_id: str, value: str, language: str) -> None:
        topic = self.topics[topic_id]
        if action == "rename":
            name = _name(file, row, value)
            others = topic.names.get("en", ())[1:]
            self.topics[topic_id] = replace(topic, name=name, names={**topic.names, "en": (name, *others)})
        elif action == "alias":
            self.topics[topic_id] = _named(topic, _language(file, row, language), _name(file, row, value))
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


# Both ------------------------------------------------------------------------------------------------------------------


def _sensitive(topics: dict[str, Topic]) -> dict[str, Topic]:
    """The topics with all marked that are sensitive, or lie below one that is."""
    roots = {plain(line) for line in _lines(OWN / SENSITIVE)}
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


def plain(text: str) -> str:
    """A name without what differs between a hashtag, a slug and words: letters and digits in lower case."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def _refuse_cycles(topics: Mapping[str, Topic], told: str) -> None:
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


def _named(topic: Topic, language: str, name: str) -> Topic:
    names = topic.names.get(language, ())
    return topic if name in names else replace(topic, names={**topic.names, language: (*names, name)})


def _name(file: Path, row: int, text: str) -> str:
    name = text.strip()
    if not plain(name) or len(name) > _LONGEST or any(unicodedata.category(sign) == "Cc" for sign in name):
        raise InvalidInput(f"{file}, row {row}: {name[:40]!r} is no name: write words of up to {_LONGEST} signs")
    return name


def _language(file: Path, row: int, text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise InvalidInput(
            f"{file}, row {row}: language {text!r} must be a code of two or three letters, such as en or ast"
        )
    return text


def _lines(file: Path) -> list[str]:
    return [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def _rows(file: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Row number and cells of a CSV that must have some columns. The header is row 1."""
    if not file.is_file():
        raise InvalidInput(f"{file}: no such file; correct its name in the sources file")
    opened: Callable[[bytes], bytes] = gzip.decompress if file.suffix == ".gz" else bytes
    try:
        text = opened(file.read_bytes()).decode("utf-8-sig")
    except (OSError, EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: cannot be read as UTF-8 text: {error}; write it anew") from error
    reader = csv.reader(io.StringIO(text), strict=True)
    header: list[str] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        missing = [name for name in columns if name not in header]
        if missing:
            raise InvalidInput(
                f"{file}, row 1: column {', '.join(missing)} is missing; the header needs {','.join(columns)}"
            )
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header) and not (len(cells) < len(header) and len(cells) >= len(columns)):
                raise InvalidInput(
                    f"{file}, row {reader.line_num}: {len(cells)} cells where the header has {len(header)};"
                    " quote a cell that holds a comma"
                )
            filled = [*cells, *[""] * (len(header) - len(cells))]
            yield reader.line_num, {name: cell.strip() for name, cell in zip(header, filled, strict=True)}
    except csv.Error as error:
        raise InvalidInput(f"{file}, row {reader.line_num}: {error}; close the quotes of that row") from error
