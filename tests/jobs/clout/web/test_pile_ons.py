"""Who was piled on: told kindly on their own page, and not among the risers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from clout.web import figures, words

DAY = date(2026, 3, 14)
QUERIES = Path(figures.__file__).parent / "queries"


@pytest.fixture
def published() -> duckdb.DuckDBPyConnection:
    """Two people who rose alike and one who fell; one of each was piled on."""
    made = duckdb.connect()
    made.execute("CREATE SCHEMA clout")
    made.execute(
        "CREATE TABLE clout.score_changes AS SELECT DATE '2026-03-14' AS ds, person_id, 1 AS days_before, 10.0 AS score_before,"
        " 10.0 + change AS score, change, change AS they_did, 0.0 AS others_did, 0.0 AS left_window, 0.0 AS model_change"
        " FROM (VALUES ('chirp:calm', 5.0), ('chirp:victim', 6.0), ('chirp:fallen', -5.0)) AS t (person_id, change)"
    )
    made.execute(
        "CREATE TABLE clout.scores AS SELECT ds, person_id, 1.0 AS score_low, 99.0 AS score_high, 'chirp' AS platforms"
        " FROM clout.score_changes"
    )
    made.execute(
        "CREATE TABLE clout.accounts AS SELECT ds, person_id, '' AS display_name, '' AS handle FROM clout.scores"
    )
    made.execute(
        "CREATE TABLE clout.pile_ons AS SELECT DATE '2026-03-14' AS ds, person_id, DATE '2026-03-10' AS happened_on,"
        " 20 AS people, 18 AS newcomers FROM (VALUES ('chirp:victim'), ('chirp:fallen')) AS t (person_id)"
    )
    return made


@pytest.mark.parametrize(("sign", "expected"), [(1, ["chirp:calm"]), (-1, ["chirp:fallen"])])
def test_the_piled_on_are_no_risers(published: duckdb.DuckDBPyConnection, sign: int, expected: list[str]) -> None:
    text = (QUERIES / "movers.sql").read_text(encoding="utf-8")
    values = {"day": DAY, "before": 1, "sign": sign, "platform": None, "most": 20, "skip": 0}
    assert [row[0] for row in published.execute(text, values).fetchall()] == expected


def test_their_page_says_which_days(published: duckdb.DuckDBPyConnection) -> None:
    text = (QUERIES / "pile_ons.sql").read_text(encoding="utf-8")
    found = published.execute(text, {"day": DAY, "person": "chirp:victim"}).fetchall()
    assert found == [(date(2026, 3, 10), 20, 18)]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            {"approval": 0.4, "approval_low": 0.3, "approval_high": 0.5, "reason": None},
            "25 people sound friendly on the whole",
        ),
        (
            {"approval": -0.4, "approval_low": -0.5, "approval_high": -0.3, "reason": None},
            "sound unfriendly on the whole",
        ),
        (
            {"approval": 0.1, "approval_low": -0.2, "approval_high": 0.4, "reason": None},
            "sound mixed on the whole (+10, nine times in ten between −20 and +40",
        ),
        (
            {"approval": None, "approval_low": None, "approval_high": None, "reason": "language"},
            "is not told: most are in a",
        ),
    ],
)
def test_how_a_crowd_sounds_is_said_kindly(row: dict[str, object], told: str) -> None:
    assert told in words.sounds({"people": 25, **row})


def test_the_page_asks_for_crowds_alone(published: duckdb.DuckDBPyConnection) -> None:
    published.execute(
        "CREATE TABLE clout.sentiment AS SELECT DATE '2026-03-14' AS ds, 'chirp:calm' AS person_id, 25 AS people,"
        " 40 AS reactions, 0.5 AS approval, 0.4 AS approval_low, 0.6 AS approval_high, 0.1 AS negative_people_share,"
        " NULL::VARCHAR AS reason"
    )
    text = (QUERIES / "sentiment_of.sql").read_text(encoding="utf-8")
    assert len(published.execute(text, {"day": DAY, "person": "chirp:calm"}).fetchall()) == 1
    assert published.execute(text, {"day": DAY, "person": "chirp:victim"}).fetchall() == []
