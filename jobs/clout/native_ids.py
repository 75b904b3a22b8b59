"""The one normal form of a platform's ids, and what tells two spellings of one id.

Every column that holds a key is written in the normal form, and every list of people (exclusions, opt-outs, links, seeds,
requests for erasure) is read in it, so that a "no" finds whom it is about however it was spelt.
"""

from __future__ import annotations

import re
import unicodedata

#: Signs that nobody sees: format characters (zero width, direction marks, byte order mark) and soft hyphens.
_UNSEEN = {"Cf"}


def normal_id(text: str) -> str:
    """An id as it is stored: composed (NFC), without unseen signs, without white space around it. Case is kept."""
    if text.isascii():
        return text.strip()
    seen = "".join(sign for sign in unicodedata.normalize("NFC", text) if unicodedata.category(sign) not in _UNSEEN)
    return unicodedata.normalize("NFC", seen).strip()


def look_alike(text: str) -> str:
    """What all spellings of an id share that a person would take for one: without case, full width, a leading @.

    Two ids with one look-alike need not be one account (YouTube and Bluesky tell case apart): whoever finds a name on a
    list of people only by this form asks, or errs towards leaving the person out; never towards showing them.
    """
    folded = unicodedata.normalize("NFKC", normal_id(unicodedata.normalize("NFKC", text))).casefold()
    return normal_id(re.sub(r"\s+", "", folded)).removeprefix("@")


def normal_key(key: str) -> str:
    """`platform:id` with the id in its normal form; a text without a colon is taken for an id alone."""
    platform, colon, native_id = key.partition(":")
    return f"{platform.strip()}:{normal_id(native_id)}" if colon else normal_id(key)
