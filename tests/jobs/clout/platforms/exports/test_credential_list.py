"""The list of credentials: numbers of registries by their check digits, and what is refused by which words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from clout.config.sources import Source
from clout.lake.schemas import SNAPSHOTS
from clout.platforms.exports import files
from clout.platforms.exports.credential_list import is_isbn, is_orcid
from clout.platforms.pull.rows import Batch

DAY = date(2026, 3, 14)
HEADER = (
    "account,kind,title,year,evidence_url,registry,registry_id,reviewed_by,reviewed_on,decision,note\n"
    "chirp:good,talk,A Talk,2020,https://a.example/talk,,,rae,2026-01-01,accepted,\n"
)


def pulled(folder: Path, *rows: str) -> tuple[list[dict], list[str]]:
    """The rows that land besides the good one, and why the others do not."""
    (folder / "credentials.csv").write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    found, said = [], []
    for item in files.read(Source("chirp", "files", folder), {DAY}):
        if isinstance(item, Batch) and item.table == "credentials":
            item.rows.validate(full=True)
            assert item.rows.schema == SNAPSHOTS["credentials"]
            found += item.rows.to_pylist()
        elif isinstance(item, Batch) and item.table == "quarantine":
            said += [f"{row['file']}:{row['row']}: {row['reason']}" for row in item.rows.to_pylist()]
    assert found[0]["account_key"] == "chirp:good"
    return found[1:], said


def row(**other: str) -> str:
    said = {
        **{"account": "chirp:ada", "kind": "book", "title": "A Book", "year": "2020"},
        **{"evidence_url": "https://a.example/book", "registry": "isbn", "registry_id": "978-0-306-40615-7"},
        **{"reviewed_by": "rae", "reviewed_on": "2026-01-01", "decision": "accepted", "note": ""},
    }
    return ",".join((said | other).values())


@pytest.mark.parametrize("text", ["978-0-306-40615-7", "9780306406157", "0-306-40615-2", "080442957X", "0 8044 2957 x"])
def test_isbn(text: str) -> None:
    assert is_isbn(text)
    wrong = text[:-2] + ("1" if text[-2] != "1" else "2") + text[-1]
    assert not is_isbn(wrong)


@pytest.mark.parametrize(
    "text", ["0000-0002-1825-0097", "0000-0001-5109-3700", "https://orcid.org/0000-0002-1694-233X"]
)
def test_orcid(text: str) -> None:
    assert is_orcid(text)
    assert not is_orcid(text.replace("000-000", "000-010"))


def test_a_number_lands_in_one_form(tmp_path: Path) -> None:
    [found], said = pulled(tmp_path, row())
    assert said == []
    assert (found["registry"], found["registry_id"], found["year"]) == ("isbn", "9780306406157", 2020)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"account": "ada"}, "account: 'ada' is not of the form"),
        ({"kind": "song"}, "kind: 'song' is not one of book"),
        ({"title": ""}, "title: is empty"),
        ({"year": "1899"}, "year: '1899' is not a year from 1900"),
        ({"year": "2999"}, "year: '2999' is not a year from 1900"),
        ({"year": "20x0"}, "year: '20x0' is not a year"),
        (
            {"evidence_url": "http://a.example"},
            "evidence_url: 'http://a.example' is not an address that begins with https",
        ),
        ({"evidence_url": "https://user:pw@a.example"}, "evidence_url: "),
        ({"evidence_url": ""}, "evidence_url: '' is not an address"),
        ({"registry": "amazon"}, "registry: 'amazon' is not one of isbn"),
        ({"registry_id": "978-0-306-40615-8"}, "registry_id: '978-0-306-40615-8' is not an ISBN whose check digit"),
        (
            {"registry": "orcid", "registry_id": "0000-0002-1825-0098"},
            "registry_id: '0000-0002-1825-0098' is not an ORCID",
        ),
        ({"registry": "doi", "registry_id": "11.1/x"}, "registry_id: '11.1/x' is not a DOI"),
        ({"registry": "wikidata", "registry_id": "42"}, "registry_id: '42' is not an item of Wikidata"),
        ({"registry": "openalex", "registry_id": "1"}, "registry_id: '1' is not an id of OpenAlex"),
        ({"reviewed_by": ""}, "reviewed_by: is empty"),
        ({"reviewed_by": "@Ada"}, "reviewed_by: '@Ada' reviewed their own"),
        ({"reviewed_on": "soon"}, "reviewed_on: 'soon' is not a day"),
        ({"decision": "perhaps"}, "decision: 'perhaps' is not one of accepted, refused"),
    ],
)
def test_what_cannot_be_is_refused_by_name(tmp_path: Path, other: dict[str, str], reason: str) -> None:
    found, said = pulled(tmp_path, row(**other))
    assert found == []
    assert [one.startswith(f"credentials.csv:3: {reason}") for one in said] == [True], said


def test_the_same_number_counts_once_a_person(tmp_path: Path) -> None:
    found, said = pulled(tmp_path, row(), row(registry_id="0-306-40615-2"), row(title="Again"), row(account="chirp:bo"))
    assert [(one["account_key"], one["title"]) for one in found] == [
        *(
            ("chirp:ada", "A Book"),
            ("chirp:ada", "A Book"),
            ("chirp:bo", "A Book"),
        ),  # of ten digits it is another number
    ]
    assert said == ["credentials.csv:5: registry_id: '9780306406157' stands in the list twice; remove one of the rows"]


def test_a_thousand_bad_rows_are_refused_one_by_one(tmp_path: Path) -> None:
    found, said = pulled(tmp_path, *(row(year=str(3000 + n)) for n in range(1000)))
    assert found == []
    assert len({one.partition(": ")[0] for one in said}) == 1000
