"""The text of pieces of HTML, such as posts and fields of profiles."""

from __future__ import annotations

import contextlib
import re
from html.parser import HTMLParser

from clout.platforms.pull.pages import optional


class _Text(HTMLParser):
    """Collects the text of HTML, a new line for each paragraph and break."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "p"):
            self.parts.append("\n")


def link(html: str | None) -> str | None:
    """Where a profile's field leads, or its text where it is no link."""
    found = re.search(r"""href=["']([^"'<>\s]+)""", html) if html else None
    return found[1] if found else plain(html)


class _Links(HTMLParser):
    """Collects the addresses of links that are neither mentions nor hashtags."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if (
            tag == "a"
            and (address := said.get("href"))
            and not {"mention", "hashtag"} & {*(said.get("class") or "").split()}
        ):
            self.found.append(address)


def addresses(html: str | None) -> list[str]:
    """Where a piece of HTML leads, but for mentions and hashtags."""
    parser = _Links()
    with contextlib.suppress(AssertionError):  # a marked section of a name that the parser does not know
        parser.feed(html or "")
        parser.close()
    return parser.found


def plain(text: str | None) -> str | None:
    """HTML as plain text; NULL where there is none."""
    if text is None:
        return None
    parser = _Text()
    try:
        parser.feed(text)
        parser.close()
    except AssertionError:  # a marked section of a name that the parser does not know
        return optional(re.sub(r"<[^>]*>?", "", text).strip())
    return optional(re.sub(r"\n{2,}", "\n", "".join(parser.parts)).strip())
