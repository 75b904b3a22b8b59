"""Shows that pages can be read without a mouse, without good eyes and without a script: their structure, and their colours."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from clout.web import charts
from clout.web.rendering import HERE
from published_world import NAMED
from starlette.testclient import TestClient

PAGES = (
    *("/", "/movers", "/search?q=bo", "/compare", f"/compare?p1={NAMED}&p2=murmur:p15", "/topic", "/night", "/model"),
    *(f"/me?account={NAMED}", "/glossary", "/sql/capped_audience", "/docs", f"/person/{NAMED}", f"/audience/{NAMED}"),
    *(f"/raise/{NAMED}", "/figure/leaderboard", "/nowhere", "/tables"),
)
EMPTY = ("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source")


class Page(HTMLParser):
    """What of a page's structure somebody depends on who does not see it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.faults: list[str] = []
        self.headings: list[int] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.faults += [f"<{tag}> is not closed" for tag, _ in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, and what is wrong with it."""
        given = dict(attrs)
        self.seen.append((tag, given))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        labelled = "aria-label" in given or any(each == "label" for each, _ in self.open)
        if tag in ("input", "select") and not labelled:
            self.faults.append(f"<{tag} name={given.get('name')}> has no label")
        if tag == "img" and "alt" not in given:
            self.faults.append("an image without a text")
        if tag == "th" and "scope" not in given:
            self.faults.append("a heading of a table that says neither row nor column")
        if tag == "svg" and not given.get("aria-label"):
            self.faults.append("a drawing without a text")
        if tag not in EMPTY and not self.get_starttag_text().endswith("/>"):  # type: ignore[union-attr] it is in a tag
            self.open.append((tag, given))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element that closes itself."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if not self.open or self.open.pop()[0] != tag:
            self.faults.append(f"</{tag}> closes something else")

    def count(self, tag: str) -> int:
        """How many of an element there are."""
        return sum(each == tag for each, _ in self.seen)


@pytest.mark.parametrize("path", PAGES)
def test_page_has_the_structure_that_readers_depend_on(client: TestClient, path: str) -> None:
    page = Page(client.get(path).text)
    assert page.faults == []
    attributes = {tag: given for tag, given in reversed(page.seen)}
    assert attributes["html"]["lang"] == "en"
    assert "width=device-width" in str([given for tag, given in page.seen if tag == "meta"])
    assert [page.count(tag) for tag in ("title", "h1", "main", "nav", "script")] == [1, 1, 1, 1, 0]
    assert page.headings[0] == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(page.headings))
    ids = [given["id"] for _, given in page.seen if "id" in given]
    assert len(ids) == len(set(ids))
    regions = [given.get("aria-label") for _, given in page.seen if given.get("role") == "region"]
    assert len(regions) == len(set(regions))
    # What comes first by keyboard leads past the menu.
    first = next(given for tag, given in page.seen if tag == "a")
    assert first["href"] == "#content"
    assert "content" in ids


def luminance(colour: str) -> float:
    """How bright a colour is, as WCAG 2 reckons it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_enough_by_day_and_by_night() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    css = Path(HERE, "static", "clout.css").read_text()
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in css.split("@media", 2)[:2])
    assert light.keys() == dark.keys()
    for colours in (light, dark):
        for text, ground in itertools.product(("ink", "soft", "accent", "down"), ("paper", "ground", "wash")):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
        assert contrast(colours["accent-ink"], colours["accent"]) >= 4.5
    assert charts.DARK.keys() >= {charts.INK, charts.SOFT, charts.ACCENT, charts.DOWN}
    for colour in (charts.INK, charts.SOFT, charts.ACCENT, charts.DOWN):
        assert contrast(colour, light["paper"]) >= 4.5
        assert contrast(charts.DARK[colour], dark["paper"]) >= 4.5


MEASURES = (
    *(
        "score",
        "interval",
        "true_reach",
        "amplification",
        "network_influence",
        "standing",
        "momentum",
        "credible",
        "trusted",
    ),
    *("reach_cut", "place", "change", "topic_score", "strength", "counters", "pile_on", "region", "coverage", "drift"),
    *("style", "outreach", "lens", "sentiment", "advocate"),
)


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_is_in_the_glossary(client: TestClient, name: str) -> None:
    assert f'id="{name}"' in client.get("/glossary").text
