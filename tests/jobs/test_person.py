"""Shows whom a person's page is of, where it is asked for by a key, a handle, a name or a part of one."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import duckdb
import person
import pytest
from staged_run import DAY

#: account_key, person_id, handle, display_name; and of whom there is a score.
ACCOUNTS = [
    ("a:1", "a:1", "ann", "Ann Oak"),
    ("b:9", "a:1", "ann@b.example", None),
    ("a:2", "a:2", "Bo_Ann", "Bo"),
    ("a:3", "a:3", "cleo", "ann"),
    ("a:4", "a:4", None, None),
    ("a:5", "a:5", "100%_sure", "Zoë"),
]
SCORES = [("a:1", 40.0), ("a:2", None), ("a:3", 60.0), ("a:4", 1.0), ("a:5", 2.0)]


@pytest.fixture(scope="module")
def published() -> Iterator[duckdb.DuckDBPyConnection]:
    """A published day."""
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA clout")
        connection.execute(
            "CREATE TABLE clout.accounts (account_key TEXT, person_id TEXT, handle TEXT, display_name TEXT, ds INT)"
        )
        connection.execute("CREATE TABLE clout.scores (person_id TEXT, score DOUBLE, ds INT)")
        connection.executemany("INSERT INTO clout.accounts VALUES (?, ?, ?, ?, 1)", ACCOUNTS)
        connection.executemany("INSERT INTO clout.scores VALUES (?, ?, 1)", SCORES)
        yield connection


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a:1", ["a:1"]),
        ("b:9", ["a:1"]),  # any of the person's accounts
        ("@Ann", ["a:3", "a:1"]),  # a handle of one, the name of another; the best first
        ("Ann Oak", ["a:1"]),
        ("ANN@B.example", ["a:1"]),
        ("nn", ["a:3", "a:1", "a:2"]),  # a part; who has no score comes last
        ("zoë", ["a:5"]),
        ("%", ["a:5"]),  # no pattern
        ("_", ["a:5", "a:2"]),
        ("a:6", []),
        ("", []),
        (" ", []),
        ("@", []),
    ],
)
def test_who_is_meant(published: duckdb.DuckDBPyConnection, text: str, found: list[str]) -> None:
    assert [each[0] for each in person.find(published, text)] == found


def test_what_is_not_known_is_said() -> None:
    """An audience that nobody vouches for is no want of people; standing or momentum may be withheld where the score is not."""
    model = SimpleNamespace(parameters={"min_people": 5})
    withheld = {"score": None, "no_score_reason": "unverified audience", "credible_people": 54}
    [line] = person._heading(withheld, None, DAY, model)
    assert line == "No score: unverified audience. 54 credible people acted."
    [line] = person._heading({**withheld, "credible_people": 3}, None, DAY, model)
    assert line.endswith("3 credible people acted; 2 more are needed.")
    scored = {"score": 24.1, "score_low": 9.0, "score_high": 47.0, "standing": None, "momentum": 5.3}
    *_, line = person._heading(scored, lambda *asked: [{"place": 1, "people": 9}], DAY, model)
    assert line.endswith("place 1 of 9; standing unknown, momentum 5.3")
