"""Reads the hashtags and links of a post. An invalid one is dropped and counted; the post stays.

NULL means that nobody said, an empty list that there is none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from clout.config.hashtags import HASHTAG

LONGEST_TAG, LONGEST_LINK = 140, 2000
#: Hears of a value that is left out, and why.
Drop = Callable[[Any, str], None]
_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)


def tags(values: Iterable[Any], drop: Drop) -> list[str]:
    """The hashtags among some values, each once, without the sign before them."""
    found: dict[str, None] = {}
    for value in values:
        tag = value.strip().removeprefix("#") if isinstance(value, str) else ""
        if (
            not tag
            or len(tag) > LONGEST_TAG
            or any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in tag)
        ):
            drop(value, "is no hashtag; left out")
        else:
            found[tag] = None
    return list(found)


def links(values: Iterable[Any], drop: Drop) -> list[str]:
    """The web addresses among some values, each once."""
    found: dict[str, None] = {}
    for value in values:
        if _is_address(value):
            found[value] = None
        else:
            drop(value, "is no web address; left out")
    return list(found)


def tags_of(text: str | None) -> list[str] | None:
    """The words behind a # in a text, as people write hashtags; numbers alone are none. NULL where there is no text."""
    if text is None:
        return None
    return list(dict.fromkeys(tag for tag in HASHTAG.findall(text) if not tag.isdigit() and len(tag) <= LONGEST_TAG))


def links_of(text: str | None) -> list[str] | None:
    """The web addresses in a text, without the signs that end a sentence. NULL where there is no text."""
    if text is None:
        return None
    found = (link.rstrip(".,;:!?)]}…") for link in _LINK.findall(text))
    return list(dict.fromkeys(link for link in found if _is_address(link)))


def _is_address(value: Any) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_LINK or re.search(r"[\s\x00-\x1f\x7f]", value):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    # A password in an address is nobody's topic.
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.username or parts.password)
