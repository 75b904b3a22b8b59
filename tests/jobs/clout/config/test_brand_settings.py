"""The operator's brands: what is read of a file, and by which words another is refused. 1,000 bad entries: none half-taken."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from clout.config.brand_settings import Brand, read_brands
from clout.config.ontology import Ontology, read_ontology
from clout.config.sources import read_sources
from clout.errors import InvalidInput

SOURCES = 'brands = "brands.toml"\n[[source]]\nname = "murmur"\nreader = "files"\npath = "."\n'
GOOD = """
[[brand]]
slug = "acme"
name = "Acme Tools"
accounts = ["murmur:12", "murmur:12"]
hashtags = ["#AcmeTools", "acme"]
phrases = ["acme trowel"]

[[brand]]
slug = "bolt-co"
hashtags = ["boltco"]
"""


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return read_ontology()


def written(folder: Path, text: str | bytes) -> Path:
    (folder / "sources.toml").write_text(SOURCES)
    (folder / "brands.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / "sources.toml"


def test_brands_are_read(tmp_path: Path) -> None:
    acme, bolt = read_sources(written(tmp_path, GOOD)).brands
    assert acme == Brand("acme", "Acme Tools", ("murmur:12",), ("AcmeTools", "acme"), ("acme trowel",))
    assert (bolt.name, bolt.accounts) == ("bolt-co", ())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[brand]", "not a TOML file"),
        (b"[[brand]]\nslug = '\xff'", "not a TOML file"),
        ("", "lists no brand; begin one with [[brand]]"),
        ("brand = 7", "lists no brand; begin one with [[brand]]"),
        ("brand = [7]", "brand 1: is no table"),
        ("more = 1\n" + GOOD, "top: unknown more"),
        ('[[brand]]\nname = "x"', "brand 1: slug: None must be words in small letters"),
        ('[[brand]]\nslug = "Acme Tools"', "brand 1: slug: 'Acme Tools' must be words in small letters"),
        ('[[brand]]\nslug = "acme"', "brand 1 (acme): says nothing by which talk about it is known"),
        ('[[brand]]\nslug = "acme"\ntags = ["x"]', "brand 1 (acme): unknown tags; known are slug, name"),
        ('[[brand]]\nslug = "acme"\nname = ""\nhashtags = ["x"]', "brand 1 (acme): name: '' is no name"),
        ('[[brand]]\nslug = "acme"\nhashtags = "x"', "brand 1 (acme): hashtags: 'x' must be a list of texts"),
        ('[[brand]]\nslug = "acme"\nhashtags = [1]', "brand 1 (acme): hashtags: 1 must be a text of up to 100 signs"),
        ('[[brand]]\nslug = "acme"\nhashtags = ["a b"]', "hashtags: 'a b' is not one word"),
        ('[[brand]]\nslug = "acme"\nhashtags = ["#"]', "hashtags: '#' is not one word"),
        ('[[brand]]\nslug = "acme"\nphrases = ["acme"]', "phrases: 'acme' must have two words or more"),
        ('[[brand]]\nslug = "acme"\naccounts = ["12"]', "accounts: '12' is not of the form platform:id"),
        ('[[brand]]\nslug = "acme"\naccounts = ["plaza:12"]', "brand acme: accounts: plaza is no source here"),
        ('[[brand]]\nslug = "acme"\nhashtags = ["asthma"]', "hashtags: 'asthma' is the name of a sensitive topic"),
        ('[[brand]]\nslug = "acme"\nphrases = ["mental health"]', "'mental health' is the name of a sensitive topic"),
        (GOOD + '[[brand]]\nslug = "acme"\nhashtags = ["other"]', "slug: 'acme' is said of brand acme, too"),
        (
            GOOD + '[[brand]]\nslug = "new"\nhashtags = ["ACME"]',
            "brand new: hashtags: 'acme' is said of brand acme, too",
        ),
        (
            GOOD + '[[brand]]\nslug = "new"\naccounts = ["murmur:12"]',
            "brand new: accounts: 'murmur:12' is said of brand",
        ),
    ],
)
def test_what_is_wrong_is_said_with_brand_field_and_cure(tmp_path: Path, text: str | bytes, told: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(told)) as caught:
        read_sources(written(tmp_path, text))
    assert "brands.toml" in str(caught.value)


def test_a_file_that_is_not_there_stops_the_night(tmp_path: Path) -> None:
    place = written(tmp_path, GOOD)
    (tmp_path / "brands.toml").unlink()
    with pytest.raises(InvalidInput, match=r"no such file; write it, or correct its name in sources\.toml"):
        read_sources(place)
    place.write_text(SOURCES.replace('"brands.toml"', "3"))
    with pytest.raises(InvalidInput, match="brands = 3 is not the name of a file"):
        read_sources(place)


BAD = {
    "slug": ("Acme", "a b", "", "-x", "x-", "ä", "a/b", 7, None, "x" * 101),
    "name": ("", "  ", 7, "x" * 101, "a\x00b", ["x"]),
    "accounts": ("12", ":12", "murmur:", "plaza:1", 7, "murmur", "mur mur:1", ["x"]),
    "hashtags": ("a b", "#", "", "##x", 7, "x" * 101, "a\tb", "cancer", "elections"),
    "phrases": ("one", "", "   ", "!! ??", 7, "x" * 101, "mental health", "a\nb"),
    "more": ("x",),
}


def test_none_of_a_thousand_bad_brands_is_taken(tmp_path: Path, ontology: Ontology) -> None:
    """Each stands behind a good one: the whole file is refused, by file, brand and field."""
    draw = random.Random(7)
    for number in range(1000):
        field = draw.choice(sorted(BAD))
        value = draw.choice(BAD[field])
        entry = {"slug": f"brand-{number}", "name": "Brand", "hashtags": [f"tag{number}"]}
        entry[field] = [value] if field in ("accounts", "hashtags", "phrases") else value
        lines = [f"{name} = {_toml(each)}" for name, each in entry.items() if each is not None]
        written(tmp_path, GOOD + "[[brand]]\n" + "\n".join(lines) + "\n")
        with pytest.raises(InvalidInput) as caught:
            read_brands(tmp_path / "sources.toml", "brands.toml", ontology, {"murmur"})
        said = str(caught.value)
        assert said.startswith(f"{(tmp_path / 'brands.toml').resolve()}: brand ")
        assert field in said


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in value) + '"'
    return str(value)
