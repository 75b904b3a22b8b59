"""Shows that what is stored of a person is what the queries say of them, row by row and in the same order."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from clout.warehouse.factory import open_warehouse
from clout.web import dossiers, figures
from clout.web.asked import Asked
from clout.web.snapshot import Library

DAY = date(2026, 3, 14)
PEOPLE = ["m:a", "m:b'\"\\", "m:\u202ec", "m:nobody"]
QUERIES = {
    "rows": "SELECT r.said, r.on_day, r.number FROM r WHERE r.ds = $day AND r.person = $person ORDER BY r.number DESC, r.said",
    "counted": "SELECT count(*) AS n FROM r WHERE ds = $day AND person = $person",
    "all": "SELECT * FROM r WHERE person = $person AND ds = $day ORDER BY number, said",
}


def asked_one_by_one(connection: duckdb.DuckDBPyConnection, sql: str, person: str) -> list[dict[str, object]]:
    """The rows of one query about one person."""
    found = connection.execute(sql, {"day": DAY, "person": person})
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_stored_rows_are_those_of_the_queries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dossiers, "_AT_ONCE", 3)
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE r (ds DATE, person VARCHAR, said VARCHAR, on_day DATE, number DOUBLE, yes BOOLEAN)"
        )
        hostile = (
            "<script>",
            '"=HYPERLINK("x")"',
            "\u202eabc\u2066",
            "x" * 10_000,
            "",
            "null",
            None,
            "back\\slash",
            "\x00\n",
        )
        for person in PEOPLE[:3]:
            for place, said in enumerate(hostile):
                number = (None, 1 / 3, -0.0, 1e-300, 12345678901234.5)[place % 5]
                row = [DAY, person, said, None if place % 3 else DAY, number, None if place % 4 else True]
                connection.execute("INSERT INTO r VALUES (?, ?, ?, ?, ?, ?)", row)
        connection.execute("INSERT INTO r SELECT DATE '2026-03-13', person, 'earlier', ds, 1, true FROM r")
        file = tmp_path / "a folder's.sqlite"
        dossiers.write(file, connection, QUERIES, PEOPLE, DAY)
        made = dossiers.Dossiers(file)
        file.unlink()  # whoever has opened it reads on
        for person in PEOPLE[:3]:
            assert made.of(person) == {name: asked_one_by_one(connection, sql, person) for name, sql in QUERIES.items()}
        assert len(made.of(PEOPLE[0])["all"]) == len(hostile)
        assert made.of("m:nobody")["rows"] == []
        assert made.of("m:unknown") == {"rows": [], "counted": [], "all": []}


def test_page_shows_of_everybody_what_the_queries_say(world: Path) -> None:
    snapshot = Library(open_warehouse(str(world / "warehouse"))).current()
    asked = Asked(snapshot, max(snapshot.contents), {})
    people = [row["person_id"] for row in snapshot.day().rows("SELECT person_id FROM web.klout", {})]
    assert len(people) > 40
    seen = set()
    for name in figures.of_person():
        for person in people:
            found = figures.rows(snapshot, name, asked.day, person=person)
            assert asked.rows(name, person=person) == found, (name, person)
            seen |= {name} if found else set()
    assert seen >= {"accounts", "by_platform", "changes", "influences", "lenses_of", "platform_rows", "points", "score"}


def test_earlier_day_is_shown_without_dossiers(world: Path) -> None:
    snapshot = Library(open_warehouse(str(world / "warehouse")), has_history=False).current()
    assert snapshot.day().dossier("murmur:bo") is None
    assert Asked(snapshot, max(snapshot.contents), {}).rows("score", person="murmur:bo")
