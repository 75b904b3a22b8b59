"""The one normal form of a platform's ids, and what tells two spellings of one id.

Every column that holds a key is written in the normal form, and every list of people (exclusions, opt-outs, links, seeds,
requests for erasure) is read in it, so that a "no" finds whom it is about however it was spelt.
"""

from __future__ import annotations

import re
import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

#: Signs that nobody sees: format characters (zero width, direction marks, byte order mark) and soft hyphens.
_UNSEEN = {"Cf"}

#: What a number is without: zeros before it, a fraction of zeros.
_ZEROS = re.compile(r"^(?:0+(?=\d+(?:\.0+)?$))?(.*?\d)(?:\.0+)?$")


#: What look_alike changes in a key of ASCII, beside case.
_NOT_PLAIN = r"[\s\x00-\x1f\x7f]|:@|:0+\d|\.0+$"


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
    plain = normal_id(re.sub(r"\s+", "", folded)).removeprefix("@")
    # A spreadsheet takes 007 for 7, and a table with a gap in it 7 for 7.0.
    return _ZEROS.sub(r"\1", plain) if plain[-1:].isdigit() else plain


def normal_key(key: str) -> str:
    """`platform:id` with the id in its normal form; a text without a colon is taken for an id alone."""
    platform, colon, native_id = key.partition(":")
    return f"{platform.strip()}:{normal_id(native_id)}" if colon else normal_id(key)


def look_alike_key(key: str) -> str:
    """`platform:id` with the id as `look_alike` has it."""
    platform, _, native_id = key.partition(":")
    return f"{platform.strip()}:{look_alike(native_id)}"


def look_alike_keys(keys: pa.Array) -> pa.Array:
    """The same of many keys. Those that are plain already, which most are, cost next to nothing."""
    plain = pc.and_(pc.string_is_ascii(keys), pc.invert(pc.match_substring_regex(keys, _NOT_PLAIN)))
    lower = pc.utf8_lower(keys)
    if pc.all(plain).as_py():
        return lower
    others = iter([look_alike_key(key) for key in keys.filter(pc.invert(plain)).to_pylist()])
    return pa.array(
        [text if easy else next(others) for text, easy in zip(lower.to_pylist(), plain.to_pylist(), strict=True)]
    )
