"""Reads the place that an account states, such as "Paris, Texas". An ambiguous text gives no place.

Only what people wrote into the field for their place is read: never a language, a time zone, followers or an address. The
rules, by which a joke, two places, or a name that many places bear give nothing:

1. a city beside its state or country counts by all names that it bears; where several readings of the second part hold a city
   of the name, none counts ("Salem, IN" lies in Indiana and in India);
2. a name alone counts where its place has 300,000 people and ten times as many as the next of that name; other names than the
   place's own count for a few cities only;
3. two letters alone say nothing, and three only as UAE and USA: EST is a time;
4. a city that nobody knows beside a state says the state; beside letters that also are a country's only where the name is one
   slip away from a city there.

The places are those of sql/places/: see the README there for whose data it is.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from clout.config.paths import SQL

FOLDER = SQL / "places"
#: So many people live where a name alone is enough, and so many times as many as in the next place of that name.
LARGE, TIMES = 300_000, 10
#: No stated place is longer, in characters.
LONGEST = 80

#: Words of everyday language, and people's names, that are large cities too: alone they are no place.
_WORDS = frozenset(
    (
        *("armenia", "batman", "bello", "bimbo", "brent", "cali", "carrefour", "chad", "florence", "franca"),
        *("jersey", "kennedy", "konak", "surrey"),
        *("kota", "man", "minna", "natal", "nice", "oral", "perm", "pest", "reading", "rosetta", "salvador"),
        *("samba", "serra", "soledad", "surat", "teresina", "toyota", "van", "vladimir", "warder"),
    )
)
#: Names of large cities that are not the first name in the data, which people write alone.
_ALONE = {
    "nyc": 5128581, "new york city": 5128581, "washington dc": 4140963, "munchen": 2867714, "koln": 2886242,
    "cologne": 2886242, "wien": 2761369, "praha": 3067696, "roma": 3169070, "milano": 3173435, "torino": 3165524,
    "napoli": 3172394, "lisboa": 2267057, "warszawa": 756135, "kobenhavn": 2618425, "bombay": 1275339, "calcutta": 1275004,
    "madras": 1264527, "bangalore": 1277333, "kiev": 703448, "saigon": 1566083, "nurnberg": 2861650, "bruxelles": 2800866,
    "cdmx": 3530597, "mexico city": 3530597, "ciudad de mexico": 3530597, "seville": 2510911, "den haag": 2747373,
    "moskva": 524901, "beograd": 792680, "bucuresti": 683506, "athina": 264371,
}  # fmt: skip
_PRONOUNS = re.compile(
    r"\(?\b(she|he|they|it|ze|xe|any|elle|iel|sie|er|ella|el)( ?[/|,] ?(her|hers|him|his|he|she|they|them|theirs|zir|xem|any"
    r"|all|ihr|ihm|ella|elle|el))+\b\)?",
    re.IGNORECASE,
)
#: Signs that part two places, or a place and something else.
_SEVERAL = re.compile(
    r"[/|&+;•·→←↔⇄➡✈~<>=:*_#@?!\"\\\n]|->|<-|\s[-–—]+\s|\b(and|or|und|et|y|to|via|from|formerly|ex)\b"
)
_CODE = re.compile(r"[A-Z]{2,3}")
#: What people write before their place, and which says no more than that it is.
_BEFORE = re.compile(
    r"(?:(?:currently |now )?(?:based|living|located|residing|resident)(?: in)?|i live in|(?:currently |now )?in)[\s:]+(?=\S)",
    re.IGNORECASE,
)
#: Countries that people call by three letters.
_SPOKEN = frozenset(("uae", "usa"))
#: Where nobody lives, whatever country stands beside it.
_NOWHERE = frozenset(
    (
        *("hogwarts", "narnia", "gotham", "wakanda", "mordor", "hell", "heaven", "nowhere", "somewhere", "anywhere"),
        *("wonderland", "neverland", "home", "bed", "internet", "cyberspace", "limbo", "atlantis", "utopia", "oz"),
        *("westeros", "rivendell", "asgard"),
        *("middle earth", "middle of nowhere", "the internet", "my bed", "the couch", "gotham city", "the shire"),
    )
)
#: Where everybody lives: said of no place in particular.
_BEYOND = frozenset(
    ("earth", "planet earth", "world", "europe", "eu", "asia", "africa", "north america", "south america")
)


@dataclass(frozen=True)
class Place:
    """A place that somebody stated: a country, perhaps a state, perhaps a city. basis: stated, large_city, region, country."""

    country: str
    admin1: str | None
    city_id: int | None
    city: str | None
    basis: str


@dataclass(frozen=True)
class _City:
    id: int
    name: str
    country: str
    admin1: str
    population: int


@dataclass(frozen=True)
class _Region:
    country: str
    admin1: str | None
    population: int
    is_code: bool


def read(text: str | None) -> Place | str | None:
    """The place that a text states; why it states none (a word); None where nothing is given."""
    if text is None or not text.strip():
        return None
    if len(text) > LONGEST or "http" in text.lower() or re.search(r"\d", text):
        return "no place"
    bare = _without_pictures(_PRONOUNS.sub(" ", text)).strip(" ,.-–—|()[]/•·")
    if before := _BEFORE.match(bare):
        bare = bare[before.end() :]
    if not folded(bare):
        return "no place"
    lowered = bare if not _SEVERAL.search(bare) else None
    if lowered is None:
        return "ambiguous"
    parts = [part.strip() for part in re.split(r"[,(、，]", bare.rstrip(")")) if part.strip()]
    while len(parts) > 1 and folded(parts[-1]) in _BEYOND:
        parts.pop()
    if len(parts) == 1:
        return _one(parts[0])
    if len(parts) > 3:
        return "ambiguous"
    return _beside(parts[0], parts[1:], is_parted=True)


def folded(name: str) -> str:
    """A name as names are compared: without case, accents and signs; sql/places/make.py compares so, too."""
    for sign, letters in (
        ("ß", "ss"),
        ("ø", "o"),
        ("Ø", "o"),
        ("đ", "d"),
        ("ł", "l"),
        ("Ł", "l"),
        ("æ", "ae"),
        ("’", "'"),
    ):
        name = name.replace(sign, letters)
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w]+", " ", bare.casefold().replace("'", "").replace(".", "")).split())


def _without_pictures(text: str) -> str:
    """A text without emoji, flags among them."""
    return "".join(
        " " if unicodedata.category(c) in ("So", "Sk", "Cs", "Cf", "Mn") and ord(c) > 0x2000 else c for c in text
    )


def _one(text: str) -> Place | str:
    """The place of a text without a comma: a name alone, or a city with its state or country behind it."""
    name = folded(text)
    if len(name) <= 2 and name.isascii():
        return "two letters"
    alone = _alone(name)
    if alone is not None:
        return alone
    words = text.split()
    for cut in range(1, min(4, len(words))):
        qualifier = " ".join(words[-cut:])
        is_code = len(folded(qualifier)) <= 2
        if is_code and not _CODE.fullmatch(qualifier.replace(".", "")):
            continue
        found = _beside(" ".join(words[:-cut]), [qualifier], is_parted=False)
        if isinstance(found, Place):
            return found
    return "unknown"


def _alone(name: str) -> Place | str | None:
    """The place that a name alone says; None where no place is called so."""
    if name in _ALONE:
        return _city_place(_by_id()[_ALONE[name]], "large_city")
    if name in _WORDS:
        return "ambiguous"
    is_short = len(name) <= 3 and name not in _SPOKEN
    regions = [region for region in _regions().get(name, ()) if not is_short]
    cities = sorted(_cities().get(name, ()), key=lambda city: -city.population)
    if not regions and not cities:
        return None
    places = [_region_place(region) for region in regions]
    if len({(place.country, place.admin1) for place in places}) > 1:
        return "ambiguous"
    if places:
        inside = [c for c in cities if _lies_in(c, places[0])]
        others = [c for c in cities if c not in inside and TIMES * c.population >= max(regions[0].population, LARGE)]
        return "ambiguous" if others else places[0]
    first, following = cities[0], cities[1].population if len(cities) > 1 else 0
    if first.population >= LARGE and first.population >= TIMES * following:
        return _city_place(first, "large_city")
    return "ambiguous"


def _beside(name: str, qualifiers: list[str], is_parted: bool) -> Place | str:
    """The place of a city's name with its state or country, and perhaps a country behind that.

    is_parted: by commas; where not, a city that nobody knows says nothing.
    """
    outer = _readings(qualifiers[-1])
    if len(qualifiers) == 2:
        within = _readings(qualifiers[0])
        between = [r for r in within if any(r.country == o.country and o.admin1 in (None, r.admin1) for o in outer)]
        if not within and all(isinstance(_held(folded(name), o), _City) for o in outer):
            between = outer  # a state that is not known here, of a country where one city stands out
        outer = between
    if not outer:
        return "ambiguous" if folded(name) in _cities() else "unknown"
    city = folded(name)
    if not city or city in _BEYOND:
        return "unknown"
    found = [(region, held) for region in outer if (held := _held(city, region))]
    if len(found) == 1 or len({held for _, held in found}) == 1:
        region, held = found[0]
        return _city_place(held, "stated") if isinstance(held, _City) else _region_place(region)
    if found:
        return "ambiguous"
    if not is_parted:
        return "unknown"
    if (inner := [r for r in _readings(name) if r.admin1 and any(r.country == o.country for o in outer)]) and len(
        name
    ) > 2:  # "Ontario, Canada"
        return _region_place(inner[0]) if len(inner) == 1 else "ambiguous"
    if len(outer) > 1:
        near = [region for region in outer if _is_near(city, region)]
        return _region_place(near[0]) if len(near) == 1 and len(city) > 4 else "ambiguous"
    if city in _NOWHERE and outer[0].admin1 is None:
        return "no place"
    if folded(qualifiers[-1]) in _cities() and len(folded(qualifiers[-1])) > 3 and city in _cities():
        return "ambiguous"  # two cities
    code = _CODE.fullmatch(qualifiers[-1].replace(".", ""))
    return _region_place(outer[0]) if code or not outer[0].is_code else "unknown"


def _readings(qualifier: str) -> list[_Region]:
    """The states and countries that a text may mean."""
    return _regions().get(folded(qualifier), [])


def _held(name: str, region: _Region) -> _City | str | None:
    """The city of a name in a state or country; "several" where none of several stands out; None where there is none."""
    cities = sorted(
        (c for c in [*_cities().get(name, ()), *_other_names().get(name, ())] if _lies_in(c, _region_place(region))),
        key=lambda city: -city.population,
    )
    own = [c for c in cities if folded(c.name) == name]
    if not cities:
        return None
    best = (own or cities)[0]
    rest = [c for c in (own or cities)[1:] if c.id != best.id]
    return best if not rest or best.population >= TIMES * rest[0].population else "several"


def _lies_in(city: _City, place: Place) -> bool:
    return city.country == place.country and place.admin1 in (None, city.admin1)


def _is_near(name: str, region: _Region) -> bool:
    """Whether a name is one slip away from a city of a state or country."""
    close = difflib.get_close_matches(name, _names_in(region.country, region.admin1), 1, 0.88)
    return bool(close)


@cache
def _names_in(country: str, admin1: str | None) -> list[str]:
    return sorted({folded(c.name) for c in _by_id().values() if c.country == country and admin1 in (None, c.admin1)})


def _city_place(city: _City, basis: str) -> Place:
    return Place(city.country, city.admin1 or None, city.id, city.name, basis)


def _region_place(region: _Region) -> Place:
    return Place(region.country, region.admin1, None, None, "region" if region.admin1 else "country")


def _rows() -> Iterator[dict[str, str]]:
    with gzip.open(FOLDER / "cities.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


@cache
def _tables() -> tuple[dict[str, list[_City]], dict[str, list[_City]], dict[int, _City]]:
    own: dict[str, list[_City]] = defaultdict(list)
    other: dict[str, list[_City]] = defaultdict(list)
    by_id = {}
    for row in _rows():
        city = _City(int(row["geoname_id"]), row["name"], row["country"], row["admin1"], int(row["population"]))
        by_id[city.id] = city
        own[folded(city.name)].append(city)
        for name in filter(None, row["other_names"].split("|")):
            other[name].append(city)
    return own, other, by_id


def _cities() -> dict[str, list[_City]]:
    return _tables()[0]


def _other_names() -> dict[str, list[_City]]:
    return _tables()[1]


def _by_id() -> dict[int, _City]:
    return _tables()[2]


@cache
def _regions() -> dict[str, list[_Region]]:
    """States and countries by every word for them, ISO's two letters among these."""
    found: dict[str, list[_Region]] = defaultdict(list)
    with (FOLDER / "regions.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            names = row["names"].split("|")
            words = {folded(name): folded(name) == row["admin1"].casefold() for name in names}
            if not row["admin1"]:
                words |= {row["country"].casefold(): True}
            for word, is_code in words.items():
                found[word].append(_Region(row["country"], row["admin1"] or None, int(row["population"] or 0), is_code))
    return found
