"""The operator's brands, from the file that `brands` of a sources file names: what counts as talk about each.

    [[brand]]
    slug = "acme"
    name = "Acme"
    accounts = ["murmur:12"]        # the brand's own: who mentions one speaks about it
    hashtags = ["acme", "acmetools"]
    phrases = ["acme trowel"]       # two words or more: a word of its own may mean anything

At least one of accounts, hashtags and phrases says something, and none of them belongs to two brands. A file that is named and
is not there stops the night.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clout.config.ontology import Ontology
from clout.config.topic_files import plain
from clout.errors import InvalidInput

#: What the topic of a brand is called among topics of posts.
PREFIX = "brand:"
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_KEYS = ("slug", "name", "accounts", "hashtags", "phrases")
_LONGEST = 100


@dataclass(frozen=True)
class Brand:
    """One brand, and what is talk about it: its accounts (keys), hashtags without their sign, and phrases."""

    slug: str
    name: str
    accounts: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


def read_brands(
    location: Path, named: Any, ontology: Ontology, platforms: Collection[str], key_of: Callable[[str], str] = str
) -> tuple[Brand, ...]:
    """The brands of the file that a sources file names. Raises InvalidInput with file, brand and field.

    ontology: what is sensitive in it is no brand's word. platforms: of the sources. key_of: see read_settings.
    """
    if named is None:
        return ()
    if not isinstance(named, str) or not named:
        raise InvalidInput(f"{location}: brands = {named!r} is not the name of a file beside this one")
    file = (location.parent / named).resolve()
    if not file.is_file():
        raise InvalidInput(f"{file}: no such file; write it, or correct its name in {location.name}")
    try:
        text = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(f"{file}: not a TOML file: {error}; write it anew") from error
    if unknown := sorted(set(text) - {"brand"}):
        raise InvalidInput(f"{file}: top: unknown {', '.join(unknown)}; begin each brand with [[brand]]")
    entries = text.get("brand")
    if not isinstance(entries, list) or not entries:
        raise InvalidInput(f"{file}: lists no brand; begin one with [[brand]], or remove brands from {location.name}")
    refused = {
        plain(name)
        for topic in ontology.topics.values()
        if topic.is_sensitive
        for names in topic.names.values()
        for name in (topic.slug, *names)
    }
    brands = tuple(_brand(file, number, entry, refused, key_of) for number, entry in enumerate(entries, 1))
    for brand in brands:
        if strangers := sorted({key.partition(":")[0] for key in brand.accounts} - set(platforms)):
            raise InvalidInput(
                f"{file}: brand {brand.slug}: accounts: {strangers[0]} is no source here; a key begins with a source's name"
            )
    _refuse_shared(file, brands)
    return brands


def _brand(file: Path, number: int, entry: Any, refused: set[str], key_of: Callable[[str], str]) -> Brand:
    where = f"{file}: brand {number}"
    if not isinstance(entry, dict):
        raise InvalidInput(f"{where}: is no table; begin each brand with [[brand]]")
    slug = entry.get("slug")
    if not isinstance(slug, str) or not _SLUG.fullmatch(slug) or len(slug) > _LONGEST:
        raise InvalidInput(
            f"{where}: slug: {slug!r:.60} must be words in small letters with hyphens, such as acme-tools"
        )
    where = f"{file}: brand {number} ({slug})"
    if unknown := sorted(map(str, set(entry) - set(_KEYS))):
        raise InvalidInput(f"{where}: unknown {', '.join(unknown)}; known are {', '.join(_KEYS)}")
    name = entry.get("name", slug)
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST or not name.isprintable():
        raise InvalidInput(f"{where}: name: {name!r:.60} is no name: write words of up to {_LONGEST} signs")
    accounts = [key_of(_account(where, said)) for said in _list(where, entry, "accounts")]
    hashtags = [_hashtag(where, said, refused) for said in _list(where, entry, "hashtags")]
    phrases = [_phrase(where, said, refused) for said in _list(where, entry, "phrases")]
    if not (accounts or hashtags or phrases):
        raise InvalidInput(f"{where}: says nothing by which talk about it is known: add accounts, hashtags or phrases")
    return Brand(slug, name.strip(), *(tuple(dict.fromkeys(each)) for each in (accounts, hashtags, phrases)))


def _list(where: str, entry: dict[str, Any], field: str) -> list[str]:
    said = entry.get(field, [])
    if not isinstance(said, list):
        raise InvalidInput(f"{where}: {field}: {said!r:.60} must be a list of texts; write [] where there are none")
    for each in said:
        if not isinstance(each, str) or len(each) > _LONGEST or not each.isprintable():
            raise InvalidInput(f"{where}: {field}: {each!r:.60} must be a text of up to {_LONGEST} signs; correct it")
    return said


def _account(where: str, said: str) -> str:
    if not re.fullmatch(r"[^:\s]+:\S+", said):
        raise InvalidInput(f"{where}: accounts: {said!r:.60} is not of the form platform:id, such as murmur:12")
    return said


def _hashtag(where: str, said: str, refused: set[str]) -> str:
    tag = said.strip().removeprefix("#")
    if not plain(tag) or re.search(r"[\s#]", tag):
        raise InvalidInput(
            f"{where}: hashtags: {said!r:.60} is not one word; write one hashtag each, with or without its #"
        )
    return _allowed(where, "hashtags", tag, refused)


def _phrase(where: str, said: str, refused: set[str]) -> str:
    if sum(bool(plain(word)) for word in said.split()) < 2:
        raise InvalidInput(
            f"{where}: phrases: {said!r:.60} must have two words or more; one word may mean anything: make it a hashtag"
        )
    return _allowed(where, "phrases", said.strip(), refused)


def _allowed(where: str, field: str, said: str, refused: set[str]) -> str:
    if plain(said) in refused:
        raise InvalidInput(
            f"{where}: {field}: {said!r:.60} is the name of a sensitive topic, of which nobody is listed; remove it"
        )
    return said


def _refuse_shared(file: Path, brands: tuple[Brand, ...]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for brand in brands:
        said = [("slug", brand.slug), *(("accounts", key) for key in brand.accounts)]
        said += [("hashtags", plain(tag)) for tag in brand.hashtags] + [
            ("phrases", plain(each)) for each in brand.phrases
        ]
        for field, word in dict.fromkeys(said):
            other = seen.setdefault((field, word), brand.slug)
            if other != brand.slug or (field == "slug" and sum(each.slug == word for each in brands) > 1):
                raise InvalidInput(
                    f"{file}: brand {brand.slug}: {field}: {word!r:.60} is said of brand {other}, too; remove one of the two"
                )
