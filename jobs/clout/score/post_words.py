"""The words of a post, as the matcher of topics compares them, and whether a text denies them or only plays with them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

from clout.config.hashtags import HASHTAG, MARKS
from clout.config.topic_files import plain

#: Signs of scripts that put no blanks between words: each is a word. Then words, with what holds them together.
_UNSPACED = "぀-ヿ㐀-䶿一-鿿豈-﫿฀-๿"
_LETTERS = rf"(?:(?![{_UNSPACED}])[^\W_][{MARKS}]*)+"
_TOKEN = re.compile(rf"[{_UNSPACED}]|{_LETTERS}(?:['’.]{_LETTERS})*(?:\+\+)?|[^\w\s'’&/-]+|[\n&]")
_LOST = re.compile(r"https?://\S+|www\.\S+|(?<!\w)[@#][\w.@-]+", re.IGNORECASE)
#: #wine-not: what a platform cuts off at the hyphen is no word of the author's.
_PUN = re.compile(r"(?<![\w/&#])#(\w+)[-'’]\w")
_ARABIC = re.compile(r"^(?:[وبكف]?ال)(?=..)")
BREAK = "\n"
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


def puns_in(text: str | None) -> frozenset[str]:
    """Hashtags of a text that a hyphen goes on, such as #wine-not: a platform cuts them off, and nobody means them."""
    return frozenset(map(plain, _PUN.findall(text))) if text and "#" in text else frozenset()


def tags_inside(text: str | None) -> frozenset[str]:
    """Hashtags that stand inside a sentence alone, as "#history will forget this": there they may be a word like any other."""
    inside: set[str] = set()
    behind: set[str] = set()
    for tag in HASHTAG.finditer(text) if text and "#" in text else ():
        rest = _LOST.sub("", tag.string[tag.end() :])
        (inside if any(sign.isalnum() for sign in rest) else behind).add(plain(tag[1]))
    return frozenset(inside - behind)


def in_words(text: str) -> tuple[list[str], tuple[str, ...]]:
    """A text's tokens, and the words that are compared: small letters, no possessive; a line break where a clause ends."""
    tokens = tokens_of(text)
    return tokens, tuple(map(word_of, tokens))


def tags_in(text: str) -> list[str]:
    """The words behind a # in a text, as people write hashtags; numbers alone are none."""
    return [tag for tag in HASHTAG.findall(text) if not tag.isdigit()]


def text_hash(post_key: str, text: str | None) -> str:
    """What posts of the same words have in common, whatever else: case, numbers, links, and whom they name. Of a text without
    words its hashtags say what it says; of a post without a text its key, since nobody knows.
    """
    words = [word for word in map(word_of, tokens_of(text or "")) if word.isalnum() and not word.isdigit()]
    said = " ".join(words) or " ".join(map(plain, tags_in(text or "")))
    return hashlib.sha256((said if text is not None else f"\0{post_key}").encode()).hexdigest()[:16]


def language_of(lang: str | None) -> str:
    return (lang or "en").replace("_", "-").partition("-")[0].lower()


def tokens_of(text: str) -> list[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if "/" in text or "@" in text or "#" in text or "www." in text:
        text = _LOST.sub("\n", text)
    return _TOKEN.findall(text)


def word_of(token: str) -> str:
    if token.isalnum() and token.isascii():
        return token.lower()
    if token == "&":
        return "and"
    if not token[0].isalnum():
        return BREAK
    word = token.casefold().replace("’", "'").removesuffix("'s").removesuffix("'")
    return _ARABIC.sub("", word) if "؀" <= word[0] <= "ۿ" else word


def words_of(name: str) -> tuple[str, ...]:
    return tuple(word for word in map(word_of, tokens_of(name)) if word != BREAK)


def is_denied(words: Sequence[str], at: int) -> bool:
    """Whether the clause says before a place that it is not about what follows: nothing to do with, no word of, not a."""
    for place in range(at - 1, max(-1, at - 1 - _DENIAL_REACHES), -1):
        word = words[place]
        if word == BREAK:
            return False
        if word in _DENIALS or word.endswith("n't"):
            return words[place + 1] not in _NO_DENIAL
    return False


def is_figure(tokens: list[str], words: list[str], start: int, end: int) -> bool:
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


def holds(words: list[str], phrase: tuple[str, ...]) -> bool:
    """Whether words hold a phrase."""
    if len(phrase) == 1:
        return phrase[0] in words
    return any(tuple(words[at : at + len(phrase)]) == phrase for at, word in enumerate(words) if word == phrase[0])


def is_unspaced(word: str) -> bool:
    return re.match(rf"[{_UNSPACED}]", word) is not None


def differ(name: str, other: str) -> bool:
    """Whether two names are more than the singular and the plural of one, or one and a longer one that holds it: green tea."""
    short, long = sorted((name, other), key=len)
    return short not in long and not (short.endswith("y") and long == f"{short[:-1]}ies")


def numbers_of(words: tuple[str, ...]) -> list[tuple[str, ...]]:
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
