"""The list of endorsements: what lands, what is refused by which words, and that nobody who is hidden is in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from clout.config.sources import Source
from clout.lake.schemas import SNAPSHOTS
from clout.platforms.exports import files
from clout.platforms.pull.rows import Batch

DAY = date(2026, 3, 14)


def pulled(folder: Path, *rows: str, accounts: str = "") -> tuple[list[tuple], list[str]]:
    """The rows that land, and why the others do not."""
    (folder / "endorsements.csv").write_text(
        "giver,receiver,topic,given_on,note\n" + "".join(f"{row}\n" for row in rows)
    )
    if accounts:
        (folder / "accounts.csv").write_text(f"account,opt_out\n{accounts}\n")
    found, said = [], []
    for item in files.read(Source("chirp", "files", folder), {DAY}):
        if isinstance(item, Batch) and item.table == "endorsements":
            item.rows.validate(full=True)
            assert item.rows.schema == SNAPSHOTS["endorsements"]
            names = ("actor_key", "target_account_key", "topic", "given_on", "note")
            found += [tuple(row[name] for name in names) for row in item.rows.to_pylist()]
        elif isinstance(item, Batch) and item.table == "quarantine":
            said += [f"{row['file']}:{row['row']}: {row['reason']}" for row in item.rows.to_pylist()]
    return found, said


def test_endorsements_land(tmp_path: Path) -> None:
    found, said = pulled(
        tmp_path, "chirp:bo,chirp:ada,Machine-Learning,2026-03-01,at a talk", "x:1,chirp:ada,chess,2026-03-02,"
    )
    assert said == []
    assert found == [
        ("chirp:bo", "chirp:ada", "machine-learning", date(2026, 3, 1), "at a talk"),
        ("x:1", "chirp:ada", "chess", date(2026, 3, 2), None),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("bo,chirp:ada,chess,2026-03-01,", "giver: 'bo' is not of the form platform:id"),
        ("chirp:bo,,chess,2026-03-01,", "receiver: is empty"),
        ("chirp:bo,chirp:ada,,2026-03-01,", "topic: is empty"),
        ("chirp:bo,chirp:ada,the game of chess,2026-03-01,", "topic: 'the game of chess' is no topic's slug"),
        ("chirp:bo,chirp:ada,chess,1 March,", "given_on: '1 March' is not a day; write it like 2026-03-01"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_by_name(tmp_path: Path, row: str, reason: str) -> None:
    found, said = pulled(tmp_path, "chirp:bo,chirp:ada,chess,2026-03-01,", row)
    assert len(found) == 1
    assert [one.startswith(f"endorsements.csv:3: {reason}") for one in said] == [True], said


def test_who_said_no_is_neither_giver_nor_receiver(tmp_path: Path) -> None:
    rows = (
        "chirp:bo,chirp:ada,chess,2026-03-01,",
        "chirp:ada,chirp:bo,chess,2026-03-01,",
        "chirp:cy,chirp:ada,go,2026-03-01,",
    )
    found, _ = pulled(tmp_path, *rows, accounts="chirp:bo,true\nbo,true")
    assert [row[:3] for row in found] == [("chirp:cy", "chirp:ada", "go")]


def test_a_thousand_bad_rows_are_refused_one_by_one(tmp_path: Path) -> None:
    """Of five kinds; the two good ones among them land, and none is half-taken."""
    kinds = (
        "b{n},chirp:ada,chess,2026-03-01,",
        "chirp:b{n},ada{n},chess,2026-03-01,",
        "chirp:b{n},chirp:ada,,2026-03-01,",
        "chirp:b{n},chirp:ada,chess,2026-13-{n},",
        "chirp:b{n},,chess,2026-03-01,",
    )
    bad = [kinds[n % len(kinds)].format(n=n) for n in range(1000)]
    good = ["chirp:bo,chirp:ada,chess,2026-03-01,", "chirp:cy,chirp:ada,chess,2026-03-02,"]
    found, said = pulled(tmp_path, good[0], *bad, good[1])
    assert [row[0] for row in found] == ["chirp:bo", "chirp:cy"]
    assert len({one.partition(": ")[0] for one in said}) == 1000
    assert {one.split(": ")[1] for one in said} <= {"giver", "receiver", "topic", "given_on"}
