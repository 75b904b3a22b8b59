"""Finds the topics of a post by its own tags, words, links and platform. Strict: what may be a joke is none.

A topic is found by, in this order of strength:

    tag         one of the post's hashtags is its name; where it stands inside a sentence, beside a word of its field
    platform    the platform says so, or the post is a repository's, and the operator's overlay says which topic that is
    link        the post links to a place that the overlay says is about it
    name        the text spells a name that nobody writes by chance, such as PostgreSQL
    phrase      the text holds a name of two words or more
    word        the text holds a name of one word, and a near topic was found in the same post by one of the above

A phrase that the text denies ("nothing to do with machine learning") is passed over; one that may be a figure of speech, in
quotation marks or behind "is a", counts as a word. A phrase of two everyday words, such as heavy metal, may be a pun: it
needs two words of its field, or one that hardly stands elsewhere (fields.csv), or a near topic, in the same post. So does,
in English, a hashtag that stands behind jokes ("Forgot my keys #leadership": all but technology's), where the post is judged
alone; beside #fail and the like no hashtag counts alone. Phrases that mean something else (`idioms` of the ontology) are
passed over, and so are English names in languages in which they are another word (other_words.csv). A topic whose name alone
may mean something else is found only beside a near one, by two of its names, or with a word of its own field. Near are
parents, children and siblings, see `_near`. English names are looked for in texts of which no language is told; in other
languages that language's names, and English ones of two words or more.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from clout.config.ontology import Ontology
from clout.config.topic_files import Topic, plain
from clout.score.post_words import (
    BREAK,
    differ,
    holds,
    in_words,
    is_denied,
    is_figure,
    is_unspaced,
    language_of,
    numbers_of,
    puns_in,
    tags_inside,
    tokens_of,
    word_of,
    words_of,
)

#: How a topic was found.
TAG, PLATFORM, REPOSITORY, LINK, NAME, PHRASE, WORD = "tag", "platform", "repository", "link", "name", "phrase", "word"
#: How talk about a brand was found, besides: by whom the post mentions.
MENTION = "mention"

_OWN_SPELLING = re.compile(r"[a-z].*[A-Z]|[A-Z].*[a-z].*[A-Z]|[A-Za-z]\+\+|[A-Za-z]{2,}\d|\d[A-Za-z]{3,}")
_SIGNS = re.compile(r"[+#]")
#: So many different words of a text say what it is about; fewer, beside a picture, leave that to its hashtags.
_A_SENTENCE = 2
#: What a text must say of a field, by `_weight`, before a name of everyday words, or a hashtag of every day, counts.
_ENOUGH = 2
#: A topic above so many others, such as music, says no more of a phrase than what is above all.
_A_FIELD_OF_ITS_OWN = 10
#: Hashtags that take back what the others say.
_IRONY = frozenset(
    (
        "sarcasm",
        "irony",
        "ironic",
        "not",
        "fail",
        "epicfail",
        "fml",
        "blessed",
        "soblessed",
        "winning",
        "adulting",
        "joke",
        "jokes",
        "dadjoke",
        "dadjokes",
        "pun",
        "puns",
        "punny",
        "nailedit",
        "livingthedream",
        "livingmybestlife",
        "firstworldproblems",
        "sorrynotsorry",
        "mondaymood",
        "mondays",
        "lol",
        "jk",
        "justkidding",
        "satire",
        "humor",
        "humour",
        "funny",
        "notreally",
        "sigh",
        "goals",
        "lifegoals",
        "thuglife",
        "yolo",
        "facepalm",
        "smh",
        "lifehack",
        "lifehacks",
    )
)


@dataclass(frozen=True)
class Post:
    """What the matcher looks at. NULL and none of something are the same here."""

    text: str | None = None
    lang: str | None = None
    hashtags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    platform_topics: tuple[str, ...] = ()
    platform: str = ""
    is_repository: bool = False


class Matcher:
    """The names of an ontology, in the form in which they are looked up. A post with more than `most` topics is about none."""

    def __init__(self, ontology: Ontology, most: int = 5) -> None:
        self.ontology, self.most = ontology, most
        self._ambiguous = frozenset(t.topic_id for t in ontology.topics.values() if t.is_ambiguous)
        self._named = frozenset(key for key in ontology.topics if ontology.may_be_named(key))
        self._tags = _tags(ontology)
        self._technical = frozenset(key for key in ontology.topics if _is_technical(ontology, key))
        self._near, self._beside = _near(ontology)
        self._phrases = _phrases(ontology, self._near)
        self._fields = {key: _field((topic,)) for key, topic in ontology.topics.items()}
        self._context = {
            t.topic_id: frozenset(words for word in t.context if (words := words_of(word)))
            for t in ontology.topics.values()
            if t.context
        }

    def knows(self, lang: str | None) -> bool:
        """Whether the ontology has names in a post's language."""
        return language_of(lang) in self._phrases

    def topics(self, post: Post, is_one_of_many: bool = False) -> dict[str, str]:
        """topic_id -> how it was found, of at most `most` topics; none where there are more. No sensitive or hidden topic.

        is_one_of_many: the post counts beside its author's others alone, as in the lake, where nobody is known for fewer than
        five in four weeks: hashtags of every day are taken at their word.
        """
        language = language_of(post.lang)
        sure: dict[str, str] = {}
        unsure: dict[str, str] = {}
        by: dict[str, str] = {}  # of the unsure: the first of its names that was found

        def found(topic_ids: Iterable[str], how: str, name: str, is_sure: bool = True) -> None:
            for topic_id in topic_ids:
                if is_sure and (topic_id not in self._ambiguous or (how == REPOSITORY and topic_id in self._technical)):
                    sure.setdefault(topic_id, how)
                elif differ(by.setdefault(topic_id, name), name) and topic_id in unsure:
                    sure.setdefault(topic_id, unsure[topic_id] if unsure[topic_id] != WORD else how)
                else:
                    unsure.setdefault(topic_id, how)

        tags = self._tags.get(language)
        puns, inside = puns_in(post.text), tags_inside(post.text)
        said = in_words(post.text)[1] if post.hashtags and post.text else ()
        is_told = language == "en" and len({word for word in said if word != BREAK}) >= _A_SENTENCE
        is_ironic = any(plain(tag) in _IRONY for tag in post.hashtags)
        for tag in post.hashtags:
            name = plain(tag)
            if name in puns:
                continue
            how = REPOSITORY if post.is_repository else TAG
            if (language, name) in self.ontology.other_words:
                continue  # even where somebody lists it as its name there
            topics = tags[name] if tags and name in tags else self._tags["en"].get(name, ())
            for topic_id in topics:
                tagged = self.ontology.topics[topic_id]
                is_doubtful = name in inside or (is_told and tagged.is_everyday and not is_one_of_many)
                needed = _ENOUGH if tagged.is_everyday and not is_one_of_many else 1
                is_sure = not is_doubtful or not tagged.vocabulary or _weight(said, self._fields[topic_id]) >= needed
                found((topic_id,), how, name, is_sure and not is_ironic)
        if len(sure) + len(unsure) > self.most:
            return {}  # a row of hashtags for whoever may look for one of them
        if self.ontology.platform_topics:
            for topic in post.platform_topics:
                if (told := self.ontology.platform_topics.get(f"{post.platform}:{topic}".casefold())) is not None:
                    sure.setdefault(told, PLATFORM)
        if self.ontology.links:
            for link in post.links:
                if (told := self._of_link(link)) is not None:
                    sure.setdefault(told, LINK)
        if post.text:
            tokens = tokens_of(post.text)
            words = [word_of(token) for token in tokens]
            at_words: dict[str, tuple[int, int]] = {}
            for topic_ids, how, name, is_sure, start, end in self._in_words(tokens, words, language):
                found(topic_ids, how, name, is_sure)
                for topic_id in topic_ids:
                    at_words.setdefault(topic_id, (start, end))
            for topic_id in [key for key in unsure if key in self._context]:
                rest = (
                    words
                    if topic_id not in at_words
                    else [*words[: at_words[topic_id][0]], BREAK, *words[at_words[topic_id][1] :]]
                )
                near_words = sum(holds(rest, each) for each in self._context[topic_id])
                if near_words > (unsure[topic_id] == WORD):
                    sure.setdefault(topic_id, unsure[topic_id])
        if not sure:
            return {}
        # What a near topic confirms confirms others: python by django, then pandas by python.
        waiting = True
        while waiting and unsure:
            confirmed = [
                key
                for key, how in unsure.items()
                if key in sure or not (self._beside if how == WORD else self._near)[key].isdisjoint(sure)
            ]
            sure = {key: unsure.pop(key) for key in confirmed} | sure
            waiting = bool(confirmed)
        if len(sure) > self.most:
            return {}
        return {key: how for key, how in sure.items() if key in self._named}

    def _of_link(self, link: str) -> str | None:
        try:
            parts = urlsplit(link if "//" in link else f"//{link}")
            place = f"{(parts.hostname or '').removeprefix('www.')}{parts.path}".rstrip("/").lower()
        except ValueError:
            return None
        while place:
            if place in self.ontology.links:
                return self.ontology.links[place]
            head, slash, _ = place.rpartition("/")
            if not slash:
                _, _, place = place.partition(".")
                continue
            place = head
        return None

    def _in_words(
        self, tokens: list[str], words: list[str], language: str
    ) -> list[tuple[tuple[str, ...], str, str, bool, int, int]]:
        """Topics, how, by which name, and whether that is enough, of a text, from left to right; the longest name wins."""
        index = self._phrases.get(language) or self._phrases[""]
        found: list[tuple[tuple[str, ...], str, str, bool, int, int]] = []
        at, end = 0, len(words)
        while at < end:
            entries = index.get(words[at])
            step = 1
            if entries:
                for rest, size, topic_ids, how, spelling, is_proper, field in entries:
                    if size > 1 and tuple(words[at + 1 : at + size]) != rest:
                        continue
                    if is_proper and not (tokens[at][0].isupper() and tokens[at + size - 1][0].isupper()):
                        continue
                    if spelling is not None and tokens[at] != spelling:
                        continue
                    if topic_ids and not is_denied(words, at):
                        if how == PHRASE and is_figure(tokens, words, at, at + size):
                            how = WORD
                        is_sure = how != WORD
                        if is_sure and field is not None:
                            is_sure = _weight((*words[:at], BREAK, *words[at + size :]), field) >= _ENOUGH
                        found.append((topic_ids, how, "".join(words[at : at + size]), is_sure, at, at + size))
                    step = size
                    break
            at += step
        return found


#: Of a first word: the other words, how many words, the topics, how, the exact spelling where that is asked for, and
#: whether it is a proper name of ordinary words, which a text writes with capital letters: Whole Foods, Green Day. Last, the
#: words of its field, one of which must stand in the same text; None where the name is enough.
_Entry = tuple[tuple[str, ...], int, tuple[str, ...], str, str | None, bool, "_Field | None"]


def _phrases(ontology: Ontology, near: Mapping[str, frozenset[str]]) -> dict[str, dict[str, list[_Entry]]]:
    """language -> first word -> entries, longest first. "" is for languages of which there are no names."""
    spelt: dict[tuple[str, ...], set[str]] = defaultdict(set)
    spellings: dict[tuple[str, ...], str] = {}
    own: dict[str, dict[tuple[str, ...], set[str]]] = defaultdict(lambda: defaultdict(set))
    for topic in ontology.topics.values():
        for language, names in topic.names.items():
            for name in names:
                words = words_of(name)
                if not words:
                    continue
                if len(words) == 1 and _OWN_SPELLING.search(name):
                    spelt[words].add(topic.topic_id)
                    spellings[words] = name
                own[language][words].add(topic.topic_id)
                if language == "en":
                    for other in numbers_of(words):
                        own[language][other].add(topic.topic_id)
    proper, common = _proper(ontology)
    proper -= common
    idioms = {words for idiom in ontology.idioms if (words := words_of(idiom))}
    long_english = {words: ids for words, ids in own["en"].items() if len(words) > 1}
    fields = _fields(ontology, own["en"], near)
    made: dict[str, dict[str, list[_Entry]]] = {}
    for language in {*own, ""}:
        sought = (long_english if language != "en" else {}) | own.get(language, {})
        index: dict[str, list[_Entry]] = defaultdict(list)
        for words, ids in sought.items():
            if words in idioms:
                continue
            is_phrase = len(words) > (2 if is_unspaced(words[0]) else 1)
            how, is_proper = PHRASE if is_phrase else WORD, words in proper
            is_title = is_proper and all(ontology.topics[key].topic_type == "entity" for key in ids)
            field = fields(words, ids) if language == "en" and is_phrase and (is_title or not is_proper) else None
            index[words[0]].append((words[1:], len(words), tuple(sorted(ids)), how, None, is_proper, field))
        for words, ids in spelt.items():
            index[words[0]].append(((), 1, tuple(sorted(ids)), NAME, spellings[words], False, None))
        for words in idioms:
            index[words[0]].append((words[1:], len(words), (), "", None, False, None))
        made[language] = {
            word: sorted(entries, key=lambda entry: (-entry[1], entry[4] is None)) for word, entries in index.items()
        }
    return made


def _fields(
    ontology: Ontology, english: Mapping[tuple[str, ...], set[str]], near: Mapping[str, frozenset[str]]
) -> Callable[[tuple[str, ...], set[str]], _Field | None]:
    """Of a name and its topics: words of which one must stand beside it, where it has two words and neither names the field.

    Yoga teacher and pizza oven hold a name of their field; heavy metal and supply chain are words of every day.
    """
    below = Counter(parent for topic in ontology.topics.values() for parent in topic.parents)
    broad = {
        key
        for key, topic in ontology.topics.items()
        if topic.topic_type == "super" or below[key] >= _A_FIELD_OF_ITS_OWN
    }
    of_word = {words[0]: ids for words, ids in english.items() if len(words) == 1}

    def of(words: tuple[str, ...], ids: set[str]) -> _Field | None:
        topics = [ontology.topics[key] for key in ids]
        is_title = all(topic.topic_type == "entity" for topic in topics)
        if not all(topic.vocabulary for topic in topics) or not (len(words) == 2 or is_title):
            return None
        near_by = ids.union(*(near[key] for key in ids))
        named = {
            key
            for word in words
            for key in of_word.get(word, ())
            if key not in broad and not (ontology.topics[key].is_ambiguous or ontology.topics[key].is_everyday)
        }
        field = _field(topics)
        return None if named & near_by or not field[1].isdisjoint(words) else field

    return of


#: Words that may stand elsewhere, too, and words, or two and three of them, that hardly do.
_Field = tuple[frozenset[str], frozenset[str]]


def _field(topics: Iterable[Topic]) -> _Field:
    topics = tuple(topics)
    jargon = frozenset(word for topic in topics for word in topic.jargon)
    return frozenset(word for topic in topics for word in topic.vocabulary) - jargon, jargon


def _weight(words: Sequence[str], field: _Field) -> int:
    """How much a text says that it is about a field: one for each of its words, two for each that hardly stands elsewhere."""
    alone, jargon = field
    pairs = {" ".join(words[at : at + size]) for size in (2, 3) for at in range(len(words) - size + 1)}
    said = frozenset(words)
    return len(said & alone) + 2 * (len(said & jargon) + len(pairs & jargon))


def _proper(ontology: Ontology) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """The names of two words or more that entities have, and capital names of ambiguous topics; and those of other topics."""
    proper: set[tuple[str, ...]] = set()
    common: set[tuple[str, ...]] = set()
    for topic in ontology.topics.values():
        for name in topic.names.get("en", ()):
            words = words_of(name)
            is_capital = len(words) > 1 and name[0].isupper() and name.split()[-1][0].isupper()
            if is_capital and (topic.topic_type == "entity" or (topic.is_ambiguous and name != topic.name)):
                proper.add(words)
            elif topic.topic_type != "entity":
                common.add(words)
    return proper, common


def _tags(ontology: Ontology) -> dict[str, dict[str, tuple[str, ...]]]:
    """language -> a hashtag's plain form -> topics. English ones hold in every language, unless that language has its own."""
    made: dict[str, dict[str, set[str]]] = {"en": defaultdict(set)}
    for topic in ontology.topics.values():
        for language, names in topic.names.items():
            into = made.setdefault(language, defaultdict(set))
            for name in names:
                if _SIGNS.search(name):
                    continue  # a hashtag ends before these: #c is not C++
                into[plain(name)].add(topic.topic_id)
                if language == "en":
                    for words in numbers_of(words_of(name)):
                        into["".join(words)].add(topic.topic_id)
        made["en"][plain(topic.slug.removesuffix("-super"))].add(topic.topic_id)
    return {
        language: {name: tuple(sorted(ids)) for name, ids in tags.items() if len(ids) < 3}
        for language, tags in made.items()
    }


def _is_technical(ontology: Ontology, key: str) -> bool:
    """Whether a topic lies below technology: of a repository it is no island, snake or bird."""
    parents = [key]
    while parents:
        topic = ontology.topics[parents.pop()]
        if topic.slug.removesuffix("-super") == "technology":
            return True
        parents += topic.parents
    return False


def _near(ontology: Ontology) -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]]:
    """topic_id -> the topics that confirm a tag, and those that confirm a word of the text, which may be there by chance.

    A tag: its parents, its children, and whatever shares a parent with it. A word: its parents, and whatever shares one that
    is itself below another one.
    """
    children: dict[str, set[str]] = defaultdict(set)
    for topic in ontology.topics.values():
        for parent in topic.parents:
            children[parent].add(topic.topic_id)
    near: dict[str, frozenset[str]] = {}
    beside: dict[str, frozenset[str]] = {}
    for key, topic in ontology.topics.items():
        siblings = {parent: children[parent] for parent in topic.parents}
        narrow = (each for parent, each in siblings.items() if ontology.topics[parent].parents)
        near[key] = frozenset({*topic.parents, *children[key]}.union(*siblings.values()) - {key})
        beside[key] = frozenset({*topic.parents}.union(*narrow) - {key})
    return near, beside
