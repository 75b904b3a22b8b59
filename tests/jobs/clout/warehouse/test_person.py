"""A person's page reads any warehouse: the tables of the newest day on which the person is known."""

from __future__ import annotations

from pathlib import Path

import duckdb
import person
import pytest
from clout.config import arguments
from clout.errors import InvalidInput
from clout.score.model import read_model
from staged_run import DAY, NEXT
from warehouses import BACKENDS, Place

pytestmark = pytest.mark.filterwarnings("ignore:Delete operation did not match")


@pytest.mark.parametrize("kind", BACKENDS)
def test_a_page_is_made_from_any_warehouse(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Of the newest day on which the person is known, by any of the person's accounts."""
    place = Place(kind, tmp_path, request.getfixturevalue("postgres") if kind == "postgres" else None)
    place.publish(DAY, "r1", "one")
    place.publish(NEXT, "r2", "two")
    for person_id, day, found in (("chirp:ada", None, NEXT), ("chirp:ada", DAY, DAY), ("chirp:nobody", None, NEXT)):
        with duckdb.connect() as connection:
            person.fetch(place.open(), connection, person_id, day)
            for name in person.TABLES:
                assert connection.execute(f"SELECT DISTINCT ds FROM clout.{name}").fetchall() in ([(found,)], []), name
            assert connection.execute("SELECT count(*) FROM clout.scores").fetchone() == (2,)
    with duckdb.connect() as connection:
        person.fetch(place.open(), connection, "chirp:nobody", None)
        with pytest.raises(InvalidInput, match="chirp:nobody is not published"):
            list(
                person.page(connection, read_model(arguments.ROOT / "sql" / "models" / "v1.toml"), "chirp:nobody", None)
            )
