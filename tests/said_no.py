"""Everything that a night leaves for others to see, as text: for tests that search it for people who may not be in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import export
import export_day
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from clout.warehouse.factory import open_warehouse
from clout.web.app import Settings, create_app
from sandbox.world import EXPORTED, World, account_rows
from starlette.testclient import TestClient

#: What lists people for somebody else, and the column of their keys.
LISTING = {
    "consented": "person_id",
    "campaign_outcomes": "person_id",
    "advocates": "person_id",
    "credentials": "person_id",
    "person_topics": "person_id",
    "person_regions": "person_id",
    "perk_selections": "person_id",
    "care_lookup": "account_key",
}
#: Of these, what five days of a world without topics, places and draws leave empty.
EMPTY = ("advocates", "person_topics", "person_regions", "perk_selections")
#: Folders of a home that others than its operator see.
_SEEN = ("warehouse", "staging", "reports")
_LINK = re.compile(r'(?:href|src)="([^"#]+)"')


def outputs(home: Path, people: Collection[str], pages: int = 200) -> Iterator[tuple[str, str]]:
    """What it is and its text: files, tables, logs, an exported day, Klout's shapes, and what the service answers.

    home: with what the nights said in shown.txt; people: account keys to ask the service for; pages: how many pages are
    followed from the first one at most.
    """
    for line in (home / "shown.txt").read_text().splitlines():
        if line.startswith("Details: "):
            yield "night.log", Path(line.removeprefix("Details: ")).read_text()
    for folder in _SEEN:
        for file in sorted((home / folder).rglob("*")):
            if file.is_file():
                yield str(file.relative_to(home)), _text(file)
    address = str(home / "warehouse")
    for form in ("csv", "json"):
        export_day.main(["--warehouse", address, "--format", form, "--out", str(home / "out" / form)])
    export.main(["--warehouse", address, "--shapes", "klout-v2", "--out", str(home / "out" / "klout")])
    for file in sorted((home / "out").rglob("*")):
        if file.is_file():
            yield str(file.relative_to(home)), _text(file)
    yield from _answers(address, people, pages)


def hidden(world: World) -> set[int]:
    """Whoever may not be scored at all."""
    return {*world.minors, *world.opted_out, *world.protected, world.excluded_by_operator}


def without_consent(world: World, day: date) -> set[int]:
    """Whoever agreed to nothing, or took it back by a day, by the lists of write_lists."""
    return {i for i in range(world.people) if _consent(i, day)[1] is not None}


def keys(people: Collection[int]) -> set[str]:
    """By which keys these are known."""
    return {f"{platform.name}:{i}" for platform in EXPORTED for i in people}


def handles(world: World, people: Collection[int]) -> set[str]:
    """By which handles these are known."""
    rows = [row for platform in EXPORTED for row in account_rows(world, platform)]
    return {str(row["handle"]) for row in rows if row["account"] in people}


def write_lists(folder: Path, world: World, day: date) -> None:
    """Lists that speak of everybody beside the world's exports: consents, of which two thirds hold; campaigns; credentials."""
    reviewed = ("none", "rae", day - timedelta(days=9), "accepted")
    for platform in EXPORTED:
        agreed, campaigns, books = [], [], []
        for i in np.flatnonzero(world.present[platform.name]).tolist():
            given, withdrawn = _consent(i, day)
            key = f"{platform.name}:{i}"
            if i % 3 != 1:
                agreed += [(key, purpose, given, withdrawn or "") for purpose in ("named", "perks", "care", "regions")]
            campaigns.append(("spring", f"code-{platform.name}-{i}", key, "person", day - timedelta(days=2)))
            books.append((key, "book", f"Book {i}", 2020, f"https://books.example/{i}", *reviewed))
        for name, header, rows in (
            ("consents", "account,purpose,given_on,withdrawn_on", agreed),
            ("campaigns", "campaign,code,account,arm,starts_on", campaigns),
            ("credentials", "account,kind,title,year,evidence_url,registry,reviewed_by,reviewed_on,decision", books),
        ):
            lines = [header, *(",".join(map(str, row)) for row in rows)]
            (folder / platform.name / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _consent(i: int, day: date) -> tuple[date, date | None]:
    """When somebody agreed, and since when that holds no more: a third agreed, a third took it back, a third never did."""
    given = day - timedelta(days=30)
    return given, (None, given, day - timedelta(days=1))[i % 3]


def found(texts: Iterator[tuple[str, str]], markers: Collection[str]) -> dict[str, list[str]]:
    """Where which of the markers stands, as a word of its own."""
    any_of = re.compile(r"(?<![\w.-])(?:" + "|".join(map(re.escape, sorted(markers))) + r")(?![\w-])")
    hits = ((where, sorted(set(any_of.findall(text)))) for where, text in texts)
    return {where: names for where, names in hits if names}


def _text(file: Path) -> str:
    if file.suffix == ".parquet":
        return " ".join(_cells(pq.read_table(file)))
    return file.read_bytes().decode("utf-8", "replace")


def _cells(table: pa.Table) -> Iterator[str]:
    for column in table.columns:
        if pa.types.is_string(column.type):
            yield from {cell for cell in column.to_pylist() if cell}


def _answers(address: str, people: Collection[str], pages: int) -> Iterator[tuple[str, str]]:
    """The pages that lead on from the first one, and what is asked for by name. What was asked for is not in the text."""
    client = TestClient(
        create_app(open_warehouse(address), Settings(also=frozenset(("v1", "kred")))), raise_server_exceptions=False
    )
    seen, queue = set[str](), ["/", "/tables", "/topics", "/night", "/model", "/docs", "/openapi.json"]
    while queue and len(seen) < pages:
        path = queue.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        if "text" in answer.headers.get("content-type", "") or "json" in answer.headers.get("content-type", ""):
            yield path, answer.text
            links = (urljoin(path, unescape(link)) for link in _LINK.findall(answer.text))
            queue += [link for link in links if not urlsplit(link).netloc]
    for key in sorted(people):
        platform, _, native = key.partition(":")
        asked = [f"/{page}/{key}" for page in ("person", "audience", "raise")] + [
            f"/me?key={key}",
            f"/search?q={native}",
        ]
        for path in (*asked, f"/v2/identity.json/{platform}/{native}", f"/1/klout.json?users={native}"):
            answer = client.get(path)
            yield path, answer.text.replace(key, "")
