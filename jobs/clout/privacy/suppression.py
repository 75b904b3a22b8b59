"""The people whom no snapshot may show: those on the operator's list, and those who were erased.

    lake/erased.json   a salt, and with it the hashes of erased people's keys and names

Of an erased person only hashes are kept, so that nobody can read off the list whom it protects, and the next pull knows the
person all the same. Whoever holds both the lake and a guess can test the guess: the list must be guarded like the lake.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from clout.config.native_ids import look_alike, look_alike_key, normal_id
from clout.lake.partitions import Lake
from clout.privacy.addresses import profile_address
from clout.privacy.consent_ledger import Hearing

ERASED = "erased.json"
_ERASED = ("keys", "names", "alike", "others")
#: What a text is cut into in search of a key or a name: by all that no plain id has, and by dots and hyphens, too.
_WORDS = (re.compile(r"[\w.-]+"), re.compile(r"\w+"))
_TOKEN = re.compile(r"[^\s\"'<>()\[\]{},;/]+")


@dataclass(frozen=True)
class ErasedKeys:
    """Salted hashes of erased people's account keys, and of the names under which platforms show them."""

    salt: str = ""
    keys: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    #: Hashes of what the keys look like (native_ids.look_alike), and of the keys that look so and are somebody else's: whom
    #: the lake knew when the person was erased.
    alike: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()

    def hashed(self, text: str) -> str:
        """HMAC-SHA-256 of a key or a name."""
        return hmac.new(bytes.fromhex(self.salt), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def pseudonym(self, key: str) -> str:
        """What stands for an account that may not be named: the same in the whole lake, and of nobody's else."""
        return f"{key.partition(':')[0]}:someone-{self.hashed(key)[:32]}"

    def salted(self) -> ErasedKeys:
        """The list with a salt, which it needs before anything is hashed."""
        return self if self.salt else ErasedKeys(secrets.token_hex(32))

    def and_also(self, keys: Iterable[str], names: Iterable[str], others: Iterable[str] = ()) -> ErasedKeys:
        """The list with more people on it. others: keys that look like one of `keys`, and are not the person's."""
        more, gone = self.salted(), list(keys)
        return ErasedKeys(
            more.salt,
            more.keys | {more.hashed(key) for key in gone},
            more.names | {more.hashed(name) for name in names},
            more.alike | {more.hashed(look_alike_key(key)) for key in gone},
            more.others | {more.hashed(key) for key in others},
        )

    def holds(self, key: str) -> bool:
        """Whether a key is an erased person's, also in another spelling that nobody had when the person was erased."""
        if not self.keys:
            return False
        hashed = self.hashed(key)
        return hashed in self.keys or (hashed not in self.others and self.hashed(look_alike_key(key)) in self.alike)


def read_erased(lake: Lake) -> ErasedKeys:
    """The list of a lake. Nobody, where there is none."""
    stored = lake.checksums.read_note(ERASED)
    if stored is None:
        return ErasedKeys()
    return ErasedKeys(stored["salt"], *(frozenset(stored.get(name, ())) for name in _ERASED))


def write_erased(lake: Lake, erased: ErasedKeys) -> None:
    """Replace the list in one step. Only its owner may read it, and it is kept twice: nobody could make it again."""
    content = {"salt": erased.salt, **{name: sorted(getattr(erased, name)) for name in _ERASED}}
    lake.checksums.write_note(ERASED, content, private=True, twice=True)


def salted(lake: Lake) -> ErasedKeys:
    """The list of a lake with a salt, which stays the lake's, where people get pseudonyms by it."""
    with lake.lock("erased"):
        erased = read_erased(lake)
        if not erased.salt:
            erased = erased.salted()
            write_erased(lake, erased)
    return erased


@dataclass(frozen=True)
class SuppressionList:
    """Whom the operator's list, the list of the erased and the ledger of consent hide on one platform."""

    platform: str = ""
    listed: frozenset[str] = frozenset()
    erased: ErasedKeys = field(default_factory=ErasedKeys)
    #: What the pull hears about consent, and what the ledger held before. None where nothing is pulled.
    hearing: Hearing | None = None
    _known: dict[str, str | None] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def listed_alike(self) -> frozenset[str]:
        """What the keys of the operator's list look like."""
        return frozenset(map(look_alike_key, self.listed))

    @cached_property
    def _listed_names(self) -> dict[str, str]:
        """What an entry of the operator's list may be beside an account's key, a handle or an address: each with the entry."""
        found: dict[str, str] = {}
        for key in sorted(self.listed):
            name = key.partition(":")[2]
            found |= {look_alike(name): key, (profile_address(name) or look_alike(name)): key}
        return found

    def see(self, key: str, handle: str | None, url: str | None) -> None:
        """Somebody's handle and profile are seen: where the operator's list names the person by one of them, it means the key.

        url: as addresses.profile_address has it.
        """
        if not self.listed or key in self.listed:
            return
        name = look_alike(handle or "")
        host = (url or "").removeprefix("https://").partition("/")[0]
        entry = next(
            (self._listed_names[one] for one in (name, f"{name}@{host}", url) if one in self._listed_names), None
        )
        if entry is not None and self._known.get(key) != "operator":
            self._known[key] = "operator"
            if self.hearing:
                self.hearing.met.add(entry)
                self.hearing.other_spelling(key, "operator", self.hearing.newest)

    def reason(self, key: str | None) -> str | None:
        """Why an account may not be shown: operator, erased, or what the ledger says; None where it may be."""
        if key is None:
            return None
        return self.without_ledger(key) or (self.hearing.reason(key) if self.hearing else None)

    def without_ledger(self, key: str) -> str | None:
        """The reason of the two lists alone. Who is on the operator's list in another spelling is left out, too."""
        if key not in self._known:
            listed = bool(self.listed) and (key in self.listed or look_alike_key(key) in self.listed_alike)
            if listed and self.hearing:
                self.hearing.met.add(key)
                if key not in self.listed:
                    self.hearing.other_spelling(key, "operator", self.hearing.newest)
            self._known[key] = "operator" if listed else "erased" if self.erased.holds(key) else None
        return self._known[key]

    def names_any(self, text: str, ids: Collection[str] = ()) -> bool:
        """Whether a text holds, as a word of its own and in whatever spelling, an id of `ids` or of whom this hides."""
        if names_any(text, {*ids, *(key.partition(":")[2] for key in self.listed)}):
            return True
        return any(self.reason(f"{self.platform}:{word}") for word in words_of(text)) if self.erased.keys else False

    def is_erased_name(self, text: str) -> bool:
        """Whether a handle or a profile's address is an erased person's."""
        return bool(self.erased.names) and self.erased.hashed(text.lower()) in self.erased.names

    def digest(self) -> str:
        """One hash over both lists."""
        return hashlib.sha256(repr([sorted(self.listed), sorted(self.erased.keys)]).encode()).hexdigest()

    def without_erased(self, body: Any) -> Any:
        """A platform's answer without the items that name an erased person; None where it is about nobody else."""
        if not self.erased.keys:
            return body

        def is_named(text: str) -> bool:
            if self.reason(f"{self.platform}:{text}") == "erased":
                return True
            words = {word.rstrip(".:!?") for word in (text, *_TOKEN.findall(text[:20_000]))}
            words |= {word.removeprefix("@") for word in words}
            return any(map(self.is_erased_name, words))

        return without_items(body, is_named)


NOBODY = SuppressionList()

#: Stands for the text of a quarantined row that names somebody who may not be shown.
UNSHOWN = "(names somebody who may not be shown)"


def words_of(text: str) -> set[str]:
    """The words of a text that may be an id, as they stand, and as native_ids.look_alike has them."""
    seen = normal_id(unicodedata.normalize("NFKC", text))
    found = {word for pattern in _WORDS for word in pattern.findall(seen)}
    found |= {word.strip(".-") for word in found}
    return {form for word in found if word for form in (word, look_alike(word))}


def names_any(text: str, ids: Collection[str]) -> bool:
    """Whether a text holds one of the ids as a word of its own, in whatever spelling and between whatever signs."""
    if not ids:
        return False
    sought = {look_alike(one) for one in ids} - {""}
    if not words_of(text).isdisjoint(sought):
        return True
    # An id that is more than a word, as an address, is sought as a part of the text.
    longer = [one for one in sought if not _WORDS[0].fullmatch(one)]
    flat = look_alike(text) if longer else ""
    return any(one in flat for one in longer)


def without_items(node: Any, is_named: Callable[[str], bool]) -> Any:
    """JSON without what names somebody: of a list the items that do, in whatever depth short of a list of their own.

    Without recursion: an answer may be as deeply nested as its reader allows.
    """
    if _names(node, is_named):
        return None
    whole = _empty(node)
    left = [(node, whole)]
    while left:
        old, new = left.pop()
        if isinstance(old, dict):
            # None of its values names anybody, or the whole would.
            for key, value in old.items():
                new[key] = _empty(value)
                left.append((value, new[key]))
        elif isinstance(old, list):
            for value in old:
                if not _names(value, is_named):
                    new.append(_empty(value))
                    left.append((value, new[-1]))
    return whole


def _empty(node: Any) -> Any:
    return {} if isinstance(node, dict) else [] if isinstance(node, list) else node


def _names(node: Any, is_named: Callable[[str], bool]) -> bool:
    left = [node]
    while left:
        one = left.pop()
        if isinstance(one, str):
            if is_named(one):
                return True
        elif isinstance(one, dict):
            left += one.values()
    return False
