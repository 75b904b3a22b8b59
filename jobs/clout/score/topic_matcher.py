"""Which topics a post is about, as far as its own tags, words, links and platform say so. Strict: what may be a joke is none.

A topic is found by, in this order of strength:

    tag         one of the post's hashtags is its name; where it stands inside a sentence, beside a word of its field
    platform    the platform says so, or the post is a repository's, and the operator's overlay says which topic that is
    link        the post links to a place that the overlay says is about it
    name        the text spells a name that nobody writes by chance, such as PostgreSQL
    phrase      the text holds a name of two words or more
    word        the text holds a name of one word, and a near topic was found in the same post by one of the above

A phrase that the text denies ("nothing to do with machine learning") is passed over; one that may be a figure of speech, in
quotation marks or behind "is a", counts as a word. A phrase of two everyday words, such as heavy metal, may be a pun: it
needs a word of its field (fields.csv), or a near topic, in the same post. Phrases that mean something else (`idioms` of the
ontology) are passed over. A topic whose name alone may mean something else is found only beside a near one, by two of its
names, or with a word of its own field. Near are parents, children and siblings, see `_near`. English names are looked for in
texts of which no language is told; in other languages that language's names, and English ones of two words or more.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from clout.config.ontology import Ontology, plain

#: How a topic was found.
TAG, PLATFORM, REPOSITORY, LINK, NAME, PHRASE, WORD = "tag", "platform", "repository", "link", "name", "phrase", "word"
#: How talk about a brand was found, besides: by whom the post mentions.
MENTION = "mention"

#: Signs of scripts that put no blanks between words: each is a word. Then words, with what holds them together.
_UNSPACED = "぀-ヿ㐀-䶿一-鿿豈-﫿฀-๿"
_LETTERS = rf"(?:(?![{_UNSPACED}])[^\W_])+"
_TOKEN = re.compile(rf"[{_UNSPACED}]|{_LETTERS}(?:['’.]{_LETTERS})*(?:\+\+)?|[^\w\s'’&/-]+|[\n&]")
_LOST = re.compile(r"https?://\S+|www\.\S+|(?<!\w)[@#][\w.@-]+", re.IGNORECASE)
_TAG = re.compile(r"(?<![\w/&#])#([^\W_][\w]*)")
#: #wine-not: what a platform cuts off at the hyphen is no word of the author's.
_PUN = re.compile(r"(?<![\w/&#])#(\w+)[-'’]\w")
_ARABIC = re.compile(r"^(?:[وبكف]?ال)(?=..)")
_OWN_SPELLING = re.compile(r"[a-z].*[A-Z]|[A-Z].*[a-z].*[A-Z]|[A-Za-z]\+\+|[A-Za-z]{2,}\d|\d[A-Za-z]{3,}")
_BREAK = "\n"
#: Words that deny what follows them in the same clause, within so many words; but not "can't wait" and the like.
_DENIALS = frozenset(("not", "no", "never", "nothing", "nobody", "without", "neither", "nor", "cannot"))
_DENIAL_REACHES = 5
_NO_DENIAL = frozenset(
    ("wait", "miss", "forget", "stop", "help", "believe", "only", "just", "better", "enough", "more", "matter", "doubt")
)
#: Words with which a question begins: "Any good video games?" asks, "My tax return? Gone" jokes.
_ASKING = frozenset(
    (
        "any",
        "anyone",
        "anybody",
        "who",
        "what",
        "which",
        "how",
        "why",
        "where",
        "when",
        "is",
        "are",
        "do",
        "does",
        "best",
    )
)
_QUOTES = frozenset('"“”„«»‹›「」『』')


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
        self._near, self._beside = _near(ontology)
        self._phrases = _phrases(ontology, self._near)
        self._context = {
            t.topic_id: frozenset(words for word in t.context if (words := _words(word)))
            for t in ontology.topics.values()
            if t.context
        }

    def knows(self, lang: str | None) -> bool:
        """Whether the ontology has names in a post's language."""
        return _language(lang) in self._phrases

    def topics(self, post: Post) -> dict[str, str]:
        """topic_id -> how it was found, of at most `most` topics; none where there are more. No sensitive or hidden topic."""
        language = _language(post.lang)
        sure: dict[str, str] = {}
        unsure: dict[str, str] = {}
        by: dict[str, str] = {}  # of the unsure: the first of its names that was found

        def found(topic_ids: Iterable[str], how: str, name: str, is_sure: bool = True) -> None:
            for topic_id in topic_ids:
                if is_sure and topic_id not in self._ambiguous:
                    sure.setdefault(topic_id, how)
                elif _differ(by.setdefault(topic_id, name), name) and topic_id in unsure:
                    sure.setdefault(topic_id, unsure[topic_id] if unsure[topic_id] != WORD else how)
                else:
                    unsure.setdefault(topic_id, how)

        tags = self._tags.get(language)
        puns, inside = puns_in(post.text), _inside(post.text)
        said = frozenset(in_words(post.text)[1]) if inside and post.text else frozenset()
        for tag in post.hashtags:
            name = plain(tag)
            if name in puns:
                continue
            how = REPOSITORY if post.is_repository else TAG
            topics = tags[name] if tags and name in tags else self._tags["en"].get(name, ())
            for topic_id in topics:
                field = self.ontology.topics[topic_id].vocabulary if name in inside else ()
                found((topic_id,), how, name, not field or not said.isdisjoint(field))
        if self.ontology.platform_topics:
            for topic in post.platform_topics:
                if (told := self.ontology.platform_topics.get(f"{post.platform}:{topic}".casefold())) is not None:
                    sure.setdefault(told, PLATFORM)
        if self.ontology.links:
            for link in post.links:
                if (told := self._of_link(link)) is not None:
                    sure.setdefault(told, LINK)
        if post.text:
            tokens = _tokens(post.text)
            words = [_word(token) for token in tokens]
            for topic_ids, how, name, is_sure in self._in_words(tokens, words, language):
                found(topic_ids, how, name, is_sure)
            for topic_id in [key for key in unsure if key in self._context]:
                near_words = sum(_holds(words, each) for each in self._context[topic_id])
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
    ) -> list[tuple[tuple[str, ...], str, str, bool]]:
        """Topics, how, by which name, and whether that is enough, of a text, from left to right; the longest name wins."""
        index = self._phrases.get(language) or self._phrases[""]
        found: list[tuple[tuple[str, ...], str, str, bool]] = []
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
                        if how == PHRASE and _is_figure(tokens, words, at, at + size):
                            how = WORD
                        is_sure = how != WORD and (
                            field is None or not field.isdisjoint([*words[:at], *words[at + size :]])
                        )
                        found.append((topic_ids, how, "".join(words[at : at + size]), is_sure))
                    step = size
                    break
            at += step
        return found


def puns_in(text: str | None) -> frozenset[str]:
    """Hashtags of a text that a hyphen goes on, such as #wine-not: a platform cuts them off, and nobody means them."""
    return frozenset(map(plain, _PUN.findall(text))) if text and "#" in text else frozenset()


def _inside(text: str | None) -> frozenset[str]:
    """Hashtags that stand inside a sentence alone, as "#history will forget this": there they may be a word like any other."""
    inside: set[str] = set()
    behind: set[str] = set()
    for tag in _TAG.finditer(text) if text and "#" in text else ():
        rest = _LOST.sub("", tag.string[tag.end() :])
        (inside if any(sign.isalnum() for sign in rest) else behind).add(plain(tag[1]))
    return frozenset(inside - behind)


def in_words(text: str) -> tuple[list[str], tuple[str, ...]]:
    """A text's tokens, and the words that are compared: small letters, no possessive; a line break where a clause ends."""
    tokens = _tokens(text)
    return tokens, tuple(map(_word, tokens))


def tags_in(text: str) -> list[str]:
    """The words behind a # in a text, as people write hashtags; numbers alone are none."""
    return [tag for tag in _TAG.findall(text) if not tag.isdigit()]


def text_hash(post_key: str, text: str | None) -> str:
    """What posts of the same words have in common, whatever else: case, numbers, links, and whom they name. Of a text without
    words its hashtags say what it says; of a post without a text its key, since nobody knows.
    """
    words = [word for word in map(_word, _tokens(text or "")) if word.isalnum() and not word.isdigit()]
    said = " ".join(words) or " ".join(map(plain, tags_in(text or "")))
    return hashlib.sha256((said if text is not None else f"\0{post_key}").encode()).hexdigest()[:16]


def _language(lang: str | None) -> str:
    return (lang or "en").replace("_", "-").partition("-")[0].lower()


def _tokens(text: str) -> list[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if "/" in text or "@" in text or "#" in text or "www." in text:
        text = _LOST.sub("\n", text)
    return _TOKEN.findall(text)


def _word(token: str) -> str:
    if token.isalnum() and token.isascii():
        return token.lower()
    if token == "&":
        return "and"
    if not token[0].isalnum():
        return _BREAK
    word = token.casefold().replace("’", "'").removesuffix("'s").removesuffix("'")
    return _ARABIC.sub("", word) if "؀" <= word[0] <= "ۿ" else word


def _words(name: str) -> tuple[str, ...]:
    return tuple(word for word in map(_word, _tokens(name)) if word != _BREAK)


#: Of a first word: the other words, how many words, the topics, how, the exact spelling where that is asked for, and
#: whether it is a proper name of ordinary words, which a text writes with capital letters: Whole Foods, Green Day. Last, the
#: words of its field, one of which must stand in the same text; None where the name is enough.
_Entry = tuple[tuple[str, ...], int, tuple[str, ...], str, str | None, bool, frozenset[str] | None]


def _phrases(ontology: Ontology, near: Mapping[str, frozenset[str]]) -> dict[str, dict[str, list[_Entry]]]:
    """language -> first word -> entries, longest first. "" is for languages of which there are no names."""
    spelt: dict[tuple[str, ...], set[str]] = defaultdict(set)
    spellings: dict[tuple[str, ...], str] = {}
    own: dict[str, dict[tuple[str, ...], set[str]]] = defaultdict(lambda: defaultdict(set))
    for topic in ontology.topics.values():
        for language, names in topic.names.items():
            for name in names:
                words = _words(name)
                if not words:
                    continue
                if len(words) == 1 and _OWN_SPELLING.search(name):
                    spelt[words].add(topic.topic_id)
                    spellings[words] = name
                own[language][words].add(topic.topic_id)
                if language == "en":
                    for other in _numbers(words):
                        own[language][other].add(topic.topic_id)
    proper, common = _proper(ontology)
    proper -= common
    idioms = {words for idiom in ontology.idioms if (words := _words(idiom))}
    long_english = {words: ids for words, ids in own["en"].items() if len(words) > 1}
    fields = _fields(ontology, own["en"], near)
    made: dict[str, dict[str, list[_Entry]]] = {}
    for language in {*own, ""}:
        sought = (long_english if language != "en" else {}) | own.get(language, {})
        index: dict[str, list[_Entry]] = defaultdict(list)
        for words, ids in sought.items():
            if words in idioms:
                continue
            is_phrase = len(words) > (2 if _is_unspaced(words[0]) else 1)
            how, is_proper = PHRASE if is_phrase else WORD, words in proper
            field = fields(words, ids) if language == "en" and is_phrase and not is_proper else None
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
) -> Callable[[tuple[str, ...], set[str]], frozenset[str] | None]:
    """Of a name and its topics: words of which one must stand beside it, where it has two words and neither names the field.

    Yoga teacher and pizza oven hold a name of their field; heavy metal and supply chain are words of every day.
    """
    of_word = {words[0]: ids for words, ids in english.items() if len(words) == 1}

    def of(words: tuple[str, ...], ids: set[str]) -> frozenset[str] | None:
        topics = [ontology.topics[key] for key in ids]
        if len(words) != 2 or not all(topic.vocabulary for topic in topics):
            return None
        field = ids.union(*(near[key] for key in ids))
        named = {
            key
            for word in words
            for key in of_word.get(word, ())
            if not ontology.topics[key].is_ambiguous and ontology.topics[key].topic_type != "super"
        }
        return None if named & field else frozenset(word for topic in topics for word in topic.vocabulary)

    return of


def _proper(ontology: Ontology) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """The names of two words or more that entities have, and capital names of ambiguous topics; and those of other topics."""
    proper: set[tuple[str, ...]] = set()
    common: set[tuple[str, ...]] = set()
    for topic in ontology.topics.values():
        for name in topic.names.get("en", ()):
            words = _words(name)
            is_capital = len(words) > 1 and name[0].isupper() and name.split()[-1][0].isupper()
            if is_capital and (topic.topic_type == "entity" or (topic.is_ambiguous and name != topic.name)):
                proper.add(words)
            elif topic.topic_type != "entity":
                common.add(words)
    return proper, common


def _differ(name: str, other: str) -> bool:
    """Whether two names are more than the singular and the plural of one."""
    short, long = sorted((name, other), key=len)
    return long not in (short, f"{short}s", f"{short}es") and not (short.endswith("y") and long == f"{short[:-1]}ies")


def is_denied(words: Sequence[str], at: int) -> bool:
    """Whether the clause says before a place that it is not about what follows: nothing to do with, no word of, not a."""
    for place in range(at - 1, max(-1, at - 1 - _DENIAL_REACHES), -1):
        word = words[place]
        if word == _BREAK:
            return False
        if word in _DENIALS or word.endswith("n't"):
            return words[place + 1] not in _NO_DENIAL
    return False


def _is_figure(tokens: list[str], words: list[str], start: int, end: int) -> bool:
    """Whether a name may be a figure of speech: in quotation marks, "is a …", "like a …", "… of …", or a joke's "…? …"."""
    before, after = words[max(0, start - 2) : start], words[end : end + 2]
    if (
        start
        and end < len(words)
        and _QUOTES.issuperset(tokens[start - 1][-1:])
        and _QUOTES.issuperset(tokens[end][:1])
    ):
        return True
    if after[:1] == ["of"] or before[-1:] == ["like"]:
        return True
    if len(before) == 2 and before[1] in ("a", "an") and before[0] in ("is", "was", "like", "as", "of", "it's"):
        return True
    is_asked = start <= 2 and end < len(words) - 1 and tokens[end][0] == "?"
    if is_asked and not _ASKING.intersection(words[:start]):
        return True
    if start == 0 and end < len(words):
        return tokens[end][0] in ":?" or (after[0] == "is" and after[1:] in (["when"], ["what"], ["how"], ["where"]))
    return False


def _holds(words: list[str], phrase: tuple[str, ...]) -> bool:
    """Whether words hold a phrase."""
    if len(phrase) == 1:
        return phrase[0] in words
    return any(tuple(words[at : at + len(phrase)]) == phrase for at, word in enumerate(words) if word == phrase[0])


def _is_unspaced(word: str) -> bool:
    return re.match(rf"[{_UNSPACED}]", word) is not None


def _numbers(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The singular and the plural of a name in English, by its last word, where it has three letters and more."""
    *head, last = words
    if len(last) < 3 or not last.isalpha() or not last.isascii():
        return []
    others = {f"{last}s"} if not last.endswith("s") else set()
    if last.endswith(("ch", "sh", "x", "ss")):
        others.add(f"{last}es")
    if last.endswith("y") and last[-2] not in "aeiou":
        others = {f"{last[:-1]}ies"}
    if last.endswith("ies"):
        others.add(f"{last[:-3]}y")
    elif last.endswith(("ches", "shes", "xes", "sses")):
        others.add(last[:-2])
    elif last.endswith("s") and not last.endswith(("ss", "us", "is", "ics")):
        others.add(last[:-1])
    return [(*head, other) for other in others]


def _tags(ontology: Ontology) -> dict[str, dict[str, tuple[str, ...]]]:
    """language -> a hashtag's plain form -> topics. English ones hold in every language, unless that language has its own."""
    made: dict[str, dict[str, set[str]]] = {"en": defaultdict(set)}
    for topic in ontology.topics.values():
        for language, names in topic.names.items():
            into = made.setdefault(language, defaultdict(set))
            for name in names:
                into[plain(name)].add(topic.topic_id)
                if language == "en":
                    for words in _numbers(_words(name)):
                        into["".join(words)].add(topic.topic_id)
        made["en"][plain(topic.slug.removesuffix("-super"))].add(topic.topic_id)
    return {
        language: {name: tuple(sorted(ids)) for name, ids in tags.items() if len(ids) < 3}
        for language, tags in made.items()
    }


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
