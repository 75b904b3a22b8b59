"""What sql/warehouse/dashboards.md prints runs, with what Grafana and Metabase put in the place of their own words."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import psycopg
from newcomer import blocks
from staged_run import DAY, NEXT
from warehouses import Place

PAGE = Path(__file__).resolve().parents[4] / "sql/warehouse/dashboards.md"


def filled(statement: str, person: str, day: str | None = None) -> str:
    """A statement as the programs send it. person, day: what is chosen in Grafana, and in Metabase, if anything."""
    span = rf"\1 BETWEEN '{DAY - timedelta(days=30)}T00:00:00Z' AND '{NEXT}T23:59:59Z'"
    said = re.sub(r"\$__timeFilter\(((?:[^()]|\([^()]*\))*)\)", span, statement).replace("'$person'", f"'{person}'")
    chosen = (lambda found: found[1].replace("{{day}}", f"date '{day}'")) if day else ""
    return re.sub(r"\[\[(.*?)\]\]", chosen, said)


def test_the_dashboards_show_rows_to_an_analyst(postgres, tmp_path: Path) -> None:
    place = Place("postgres", tmp_path, postgres)
    place.publish(DAY, "r1", "one")
    place.publish(NEXT, "r2", "newer")
    statements = blocks(PAGE, "sql")
    assert len(statements) == 6
    with psycopg.connect(postgres.address(place.database, "ana"), autocommit=True) as connection:
        [(person,)] = connection.execute("SELECT person_id FROM clout.leaderboard LIMIT 1").fetchall()
        for statement in statements:
            for day in (None, str(DAY)):
                rows = connection.execute(filled(statement, person, day)).fetchall()  # type: ignore[call-overload] built here
                assert rows, filled(statement, person, day)


def test_pandas_reads_it_as_printed(tmp_path: Path, monkeypatch, capsys) -> None:
    place = Place("duckdb", tmp_path)
    place.root = tmp_path / ".clout" / "demo" / "warehouse"
    place.publish(DAY, "r1", "one")
    monkeypatch.chdir(tmp_path)
    [session] = blocks(PAGE, "python")
    exec(compile(session, str(PAGE), "exec"), {})
    assert "score_low" in capsys.readouterr().out
