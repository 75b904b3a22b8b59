"""Whom no snapshot may show, whatever a platform says: the operator's list, and people who were erased.

    lake/erased.json   a salt, and with it the hashes of erased people's keys and names

Of an erased person only hashes are kept, so that nobody can read off the list whom it protects, and the next pull knows the
person all the same. Whoever holds both the lake and a guess can test the guess: the list must be guarded like the lake.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from clout.lake import Lake

ERASED = "erased.json"
#: What a text is cut into in search of a key or a name.
_WORD = re.compile(r"[^\s\"'<>()\[\]{},;=]+")
_TOKEN = re.compile(r"[^\s\"'<>()\[\]{},;/]+")


#: The first part of a member's native id on LinkedIn, in whose place a pseudonym is kept; organisations have another.
MEMBER = "urn:li:person:"


@dataclass(frozen=True)
class Erased:
    """Salted hashes of erased people's account keys, and of the names under which platforms show them."""

    salt: str = ""
    keys: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def hashed(self, text: str) -> str:
        """HMAC-SHA-256 of a key or a name."""
        return hmac.new(bytes.fromhex(self.salt), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def pseudonym(self, key: str) -> str:
        """What stands for an account that may not be named: the same in the whole lake, and of nobody's else."""
        return f"{key.partition(':')[0]}:someone-{self.hashed(key)[:32]}"

    def salted(self) -> Erased:
        """The list with a salt, which it needs before anything is hashed."""
        return self if self.salt else Erased(secrets.token_hex(32))

    def and_also(self, keys: Iterable[str], names: Iterable[str]) -> Erased:
        """The list with more people on it."""
        more = self.salted()
        return Erased(
            more.salt,
            more.keys | {more.hashed(key) for key in keys},
            more.names | {more.hashed(name) for name in names},
        )


def read_erased(lake: Lake) -> Erased:
    """The list of a lake. Nobody, where there is none."""
    stored = lake.checksums.read_note(ERASED)
    if stored is None:
        return Erased()
    return Erased(stored["salt"], frozenset(stored["keys"]), frozenset(stored["names"]))


def write_erased(lake: Lake, erased: Erased) -> None:
    """Replace the list in one step. Only its owner may read it, and it is kept twice: nobody could make it again."""
    content = {"salt": erased.salt, "keys": sorted(erased.keys), "names": sorted(erased.names)}
    lake.checksums.write_note(ERASED, content, private=True, twice=True)


def salted(lake: Lake) -> Erased:
    """The list of a lake with a salt, which stays the lake's, where people get pseudonyms by it."""
    with lake.lock("erased"):
        erased = read_erased(lake)
        if not erased.salt:
            erased = erased.salted()
            write_erased(lake, erased)
    return erased


@dataclass(frozen=True)
class Hidden:
    """Whom the operator's list and the list of the erased hide on one platform."""

    platform: str = ""
    listed: frozenset[str] = frozenset()
    erased: Erased = field(default_factory=Erased)

    def reason(self, key: str | None) -> str | None:
        """Why an account may not be shown: operator, erased; None where it may, or where there is no account."""
        if key is None:
            return None
        if key in self.listed:
            return "operator"
        return "erased" if self.erased.keys and self.erased.hashed(key) in self.erased.keys else None

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


NOBODY = Hidden()

#: Stands for the text of a quarantined row that names somebody who may not be shown.
UNSHOWN = "(names somebody who may not be shown)"


def names_any(text: str, ids: Collection[str]) -> bool:
    """Whether a text holds one of the ids as a word of its own."""
    return bool(ids) and not set(_WORD.findall(text)).isdisjoint(ids)


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
