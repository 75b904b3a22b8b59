"""The list of credentials: what people did beside the platforms, as an operator reviewed it.

What can be checked without asking anybody is checked: the check digits of ISBN and ORCID, the form of other numbers, the
address, the year, and that nobody reviewed their own. That the page says so the reviewer vouches for, by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from clout.config.native_ids import look_alike
from clout.platforms.exports.lists import Cells, Kind, Refused

KINDS = ("book", "article", "talk", "course", "award", "patent", "press", "office")
_DECISIONS = ("accepted", "refused")


def is_isbn(text: str) -> bool:
    """Whether a text is an ISBN of 13 digits or of 10, by its check digit."""
    digits = re.sub(r"[- ]", "", text).upper()
    if re.fullmatch(r"97[89]\d{10}", digits):
        return sum(int(d) * (1 + 2 * (i % 2)) for i, d in enumerate(digits)) % 10 == 0
    if re.fullmatch(r"\d{9}[\dX]", digits):
        return sum((10 if d == "X" else int(d)) * (10 - i) for i, d in enumerate(digits)) % 11 == 0
    return False


def is_orcid(text: str) -> bool:
    """Whether a text is an ORCID, by its check digit (ISO 7064, mod 11-2)."""
    found = re.fullmatch(r"(?:https://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])", text.strip(), re.IGNORECASE)
    if not found:
        return False
    *digits, check = list(found[1].upper().replace("-", ""))
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11] == check


def _is(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text.strip(), re.IGNORECASE) is not None


#: Each registry with what says whether a number may be one of it, and what such a number is like.
REGISTRIES: dict[str, tuple[Callable[[str], bool], str]] = {
    "isbn": (is_isbn, "an ISBN whose check digit is right, like 978-0-306-40615-7"),
    "doi": (_is(r"(https://doi\.org/)?10\.\d{4,9}/[!-~]{1,200}"), "a DOI, like 10.1000/182"),
    "orcid": (is_orcid, "an ORCID whose check digit is right, like 0000-0002-1825-0097"),
    "openalex": (_is(r"(https://openalex\.org/)?[WAISC]\d{4,12}"), "an id of OpenAlex, like W2741809807"),
    "wikidata": (_is(r"(https://www\.wikidata\.org/wiki/)?Q\d{1,12}"), "an item of Wikidata, like Q42"),
}


def _row(cells: Cells) -> dict[str, Any]:
    account, kind = cells.key("account"), cells.one_of("kind", KINDS)
    title = cells.text("title", 300)
    if title is None:
        raise Refused("title: is empty")
    year_text, reviewed = cells.needed("year"), cells.day_needed("reviewed_on")
    if not re.fullmatch(r"\d{4}", year_text) or not 1900 <= int(year_text) <= reviewed.year:
        raise Refused(f"year: {year_text[:20]!r} is not a year from 1900 to {reviewed.year}, that of the review")
    url = cells.text("evidence_url", 500)
    if url is None or not _is_https(url):
        raise Refused(f"evidence_url: {(url or '')[:80]!r} is not an address that begins with https://")
    registry = cells.one_of("registry", (*REGISTRIES, "none")) if cells.given("registry") else "none"
    registry_id = cells.text("registry_id", 250)
    if registry == "none":
        registry_id = None
    elif registry_id is None or not REGISTRIES[registry][0](registry_id):
        raise Refused(f"registry_id: {(registry_id or '')[:80]!r} is not {REGISTRIES[registry][1]}")
    reviewer = cells.text("reviewed_by", 100)
    if reviewer is None:
        raise Refused("reviewed_by: is empty; name who looked at the evidence")
    if look_alike(reviewer.lstrip("@")) in {look_alike(account), look_alike(account.partition(":")[2])}:
        raise Refused(f"reviewed_by: {reviewer[:80]!r} reviewed their own; let somebody else look")
    return {
        "account_key": account,
        "kind": kind,
        "title": title,
        "year": int(year_text),
        "evidence_url": url,
        "registry": registry,
        "registry_id": registry_id and _plain_id(registry, registry_id),
        "reviewed_by": reviewer,
        "reviewed_on": reviewed,
        "decision": cells.one_of("decision", _DECISIONS),
        "note": cells.text("note", 500),
    }


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "." in (parts.hostname or "") and not parts.username


def _plain_id(registry: str, text: str) -> str:
    """A number in the one form by which two rows of it are told to be the same."""
    plain = text.strip().rpartition("/")[2] if registry in ("orcid", "openalex", "wikidata") else text.strip()
    if registry == "isbn":
        return re.sub(r"[- ]", "", plain).upper()
    return plain.removeprefix("https://doi.org/").lower() if registry == "doi" else plain.upper()


def _across() -> Callable[[dict[str, Any]], None]:
    seen: set[tuple[str, str, str]] = set()

    def check(row: dict[str, Any]) -> None:
        if row["registry"] in ("none", "orcid"):  # an ORCID is a person's, and may stand behind many rows
            return
        same = (row["account_key"], row["registry"], row["registry_id"])
        if same in seen:
            raise Refused(f"registry_id: {row['registry_id'][:80]!r} stands in the list twice; remove one of the rows")
        seen.add(same)

    return check


CREDENTIALS = Kind(
    columns=(
        *("account", "kind", "title", "year", "evidence_url", "registry", "registry_id", "reviewed_by", "reviewed_on"),
        *("decision", "note"),
    ),
    needed=(
        *(("account",), ("kind",), ("title",), ("year",), ("evidence_url",), ("reviewed_by",), ("reviewed_on",)),
        ("decision",),
    ),
    row=_row,
    across=_across,
)
