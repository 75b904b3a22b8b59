"""The list of consents: what is taken, what is refused and by which words, and what an unreadable row takes away."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.lake.schemas import SNAPSHOTS
from clout.platforms.exports import files
from clout.platforms.pull.rows import Batch, PullReport
from clout.privacy.suppression import SuppressionList

DAY = date(2026, 3, 14)
HEADER = "account,purpose,given_on,withdrawn_on,evidence\n"
PLATFORMS = {"chirp": False, "loud": True}


def pulled(
    folder: Path, days: set[date] | None = None, hidden: SuppressionList | None = None
) -> tuple[dict[date, list[dict]], list[str], list[PullReport]]:
    """Rows by day, what the quarantine says, and the reports."""
    source = Source("chirp", "files", folder, known_platforms=PLATFORMS)
    rows: dict[date, list[dict]] = {}
    said, reports = [], []
    for item in files.read(source, days or {DAY}, hidden or SuppressionList()):
        if isinstance(item, PullReport):
            reports.append(item)
        elif isinstance(item, Batch) and item.table == "consents":
            item.rows.validate(full=True)
            assert item.rows.schema == SNAPSHOTS["consents"]
            rows.setdefault(item.day, []).extend(item.rows.to_pylist())
        elif isinstance(item, Batch) and item.table == "quarantine":
            said += [f"{row['file']}:{row['row']}: {row['reason']}" for row in item.rows.to_pylist()]
    return rows, said, reports


def write(folder: Path, *rows: str, name: str = "consents.csv", header: str = HEADER) -> Path:
    (folder / name).write_text(header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return folder


def test_rows_land_whole_for_every_day(tmp_path: Path) -> None:
    write(tmp_path, "chirp:Ada,named,2026-01-01,,a letter", "loud:Ada,PERKS,2026-01-02,2026-02-01,")
    rows, said, reports = pulled(tmp_path, {date(2026, 3, 13), DAY})
    assert sorted(rows) == [date(2026, 3, 13), DAY]
    found = [(r["account_key"], r["purpose"], r["given_on"], r["withdrawn_on"], r["is_unreadable"]) for r in rows[DAY]]
    assert found == [
        ("chirp:Ada", "named", date(2026, 1, 1), None, False),
        ("loud:ada", "perks", date(2026, 1, 2), date(2026, 2, 1), False),
    ]
    assert [row["raw_ref"] for row in rows[DAY]] == ["consents.csv:2", "consents.csv:3"]
    assert said == []
    assert [(report.table, report.rows, report.status) for report in reports] == [("consents", 4, "complete")]


def test_the_newest_dated_list_holds(tmp_path: Path) -> None:
    write(tmp_path, "chirp:ada,named,2026-01-01,,", name="consents-2026-03-01.csv")
    write(tmp_path, "chirp:bo,named,2026-01-01,,", name="consents-2026-03-14.csv")
    rows, _, _ = pulled(tmp_path, {date(2026, 3, 13), DAY})
    assert [row["account_key"] for row in rows[date(2026, 3, 13)]] == ["chirp:ada"]
    assert [row["account_key"] for row in rows[DAY]] == ["chirp:bo"]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (",named,2026-01-01,,", "account: is empty"),
        ("ada,named,2026-01-01,,", "account: 'ada' is not of the form platform:id"),
        ("moon:ada,named,2026-01-01,,", "account: 'moon:ada' is on no platform of the sources"),
        ("chirp:1.2E+17,named,2026-01-01,,", "account: 'chirp:1.2E+17' is not of the form"),
        ("chirp:ada,,2026-01-01,,", "purpose: is empty"),
        ("chirp:ada,fame,2026-01-01,,", "purpose: 'fame' is not one of named, perks, care, regions"),
        ("chirp:ada,named,,,", "given_on: is empty"),
        ("chirp:ada,named,01.02.2026,,", "given_on: '01.02.2026' is not a day; write it like 2026-03-01"),
        ("chirp:ada,named,2026-02-30,,", "given_on: '2026-02-30' is not a day"),
        ("chirp:ada,named,1026-02-03,,", "given_on: '1026-02-03' is not a day"),
        (f"chirp:ada,named,2026-01-01,,{'x' * 501}", "evidence: 'xxxxx"),
    ],
)
def test_a_row_that_gives_nothing_is_refused_by_name(tmp_path: Path, row: str, field: str) -> None:
    write(tmp_path, row, "chirp:bo,named,2026-01-01,,")
    rows, said, [report] = pulled(tmp_path)
    assert [one["account_key"] for one in rows[DAY]] == ["chirp:bo"]
    [reason] = said
    assert reason.startswith(f"consents.csv:2: {field}")
    assert (report.rows_quarantined, report.reason) == (1, f"rows refused: {field.partition(':')[0]} 1 times")


@pytest.mark.parametrize(
    ("row", "closes"),
    [
        ("chirp:ada,named,2026-02-02,2026-02-01,", ("chirp:ada", "named")),
        ("chirp:ada,named,2026-01-01,soon,", ("chirp:ada", "named")),
        ("chirp:ada,named,when?,2026-02-01,", ("chirp:ada", "named")),
        ("chirp:ada,fame,2026-01-01,2026-02-01,", ("chirp:ada", "*")),
        ("ada,named,2026-01-01,2026-02-01,", ("*", "*")),
        ("chirp:ada,named,2026-01-01,2026-02-01,a,letter,too,many", ("*", "*")),
    ],
)
def test_what_may_be_a_withdrawal_is_one(tmp_path: Path, row: str, closes: tuple[str, str]) -> None:
    write(tmp_path, "chirp:ada,named,2026-01-01,,", row)
    rows, said, _ = pulled(tmp_path)
    assert len(said) == 1
    assert [(r["account_key"], r["purpose"]) for r in rows[DAY] if r["is_unreadable"]] == [closes]


@pytest.mark.parametrize(
    ("header", "name"),
    [("account,purpose,given_on\n", "consents.csv"), ("who,purpose,given_on,withdrawn_on\n", "consents.csv")],
)
def test_a_list_without_a_column_stops_the_pull(tmp_path: Path, header: str, name: str) -> None:
    write(tmp_path, header=header, name=name)
    with pytest.raises(InvalidInput, match=r"consents\.csv.*column"):
        pulled(tmp_path)


def test_a_list_in_a_form_that_is_not_read_stops_the_pull(tmp_path: Path) -> None:
    write(tmp_path, "chirp:ada,named,2026-01-01,,")
    (tmp_path / "consents.xlsx").write_bytes(b"PK")
    with pytest.raises(InvalidInput, match="consents in a form that is not read"):
        pulled(tmp_path)


def test_who_may_not_be_shown_has_no_consent(tmp_path: Path) -> None:
    write(tmp_path, "chirp:ada,named,2026-01-01,,", "chirp:bo,named,2026-01-01,,", "chirp:kid,named,2026-01-01,,")
    write(tmp_path, "kid,true", name="accounts.csv", header="account,is_minor\n")
    rows, _, _ = pulled(tmp_path, hidden=SuppressionList("chirp", frozenset({"chirp:bo"})))
    assert [row["account_key"] for row in rows[DAY]] == ["chirp:ada"]


def test_a_thousand_bad_rows_are_refused_one_by_one(tmp_path: Path) -> None:
    bad = [f"chirp:a{n},fame{n},2026-01-01,," for n in range(1000)]
    write(tmp_path, *bad, "chirp:ada,named,2026-01-01,,")
    rows, said, [report] = pulled(tmp_path)
    assert [row["account_key"] for row in rows[DAY]] == ["chirp:ada"]
    assert len({line.rpartition(" is not")[0] for line in said}) == 1000
    assert report.quarantined_per_day == {DAY: 1000}


def test_the_folder_may_hold_interactions_too(tmp_path: Path) -> None:
    write(tmp_path, "chirp:ada,named,2026-01-01,,")
    write(tmp_path, f"bo,ada,like,{DAY}T10:00:00Z", name="acts.csv", header="actor,target,kind,occurred_at\n")
    rows, said, reports = pulled(tmp_path)
    assert len(rows[DAY]) == 1
    assert said == []
    assert sorted(report.table for report in reports) == ["consents", "interactions"]
