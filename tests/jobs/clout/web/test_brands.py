"""Brands on pages: who speaks of one, by name and not by rank, marked where they are paid; nobody who may not be named."""

from __future__ import annotations

import json
from datetime import timedelta

import pyarrow as pa
import pytest
from clout.warehouse import contract
from clout.warehouse.factory import open_warehouse
from clout.web.app import create_app
from published_world import PSEUDONYM
from staged_run import DAY, SCHEMAS, approve, good, stage
from starlette.testclient import TestClient
from warehouses import now

#: brand, name, person, paid. Of chirp:nobody there is no score.
LISTED = [
    ("acme", "<i>Acme</i>", "chirp:bo", False),
    ("acme", "<i>Acme</i>", "chirp:ada", True),
    ("acme", "<i>Acme</i>", PSEUDONYM, False),
    ("acme", "<i>Acme</i>", "chirp:nobody", False),
    ("quiet", "Quiet", "chirp:nobody", False),
]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """Two people with a score, listed for a brand."""
    folder = tmp_path_factory.mktemp("brands")
    said = {"days": 9, "weeks": 4, "posts": 1, "mentions": 6, "people": 12, "back": 5, "reach": 7.4, "share": 0.25}
    made = [
        {
            **said,
            **{"ds": DAY, "brand": brand, "brand_name": name, "person_id": person, "paid": paid},
            **{"last_spoken_on": DAY - timedelta(2), "model_version": "v1"},
        }
        for brand, name, person, paid in LISTED
    ]
    schema = SCHEMAS["advocates"]
    rows = pa.Table.from_pylist([{field.name: row.get(field.name) for field in schema} for row in made], schema)
    tables = good(DAY, "v1")
    scores = tables["scores"].to_pylist()
    scored = next(row for row in scores if row["score"] is not None)
    scores = [{**scored, "person_id": row["person_id"]} for row in scores]
    tables |= {"advocates": rows, "scores": pa.Table.from_pylist(scores, SCHEMAS["scores"])}
    staged = approve(stage(folder / "staging", DAY, "r1", "v1", tables))
    warehouse = open_warehouse(str(folder / "warehouse"))
    warehouse.publish(contract.release(staged), staged, now())
    return TestClient(create_app(warehouse), raise_server_exceptions=False)


def test_brands_of_a_day(asked: TestClient) -> None:
    assert 'href="/brand"' in asked.get("/topic").text
    page = asked.get("/brand").text
    assert "&lt;i&gt;Acme&lt;/i&gt;" in page
    assert "Quiet" not in page  # of whom nobody can be shown
    assert ", 1 paid" in page


def test_who_speaks_of_one(asked: TestClient) -> None:
    page = asked.get("/brand?brand=acme").text
    assert page.index("/person/chirp:ada") < page.index("/person/chirp:bo")  # by name
    assert page.count('<span class="tag">paid</span>') == 1
    assert "in 4 weeks" in page
    assert "moves 7 people" in page
    assert PSEUDONYM not in page
    assert "chirp:nobody" not in page
    for nobody in ("quiet", "nothing", "<script>", "'"):
        assert asked.get("/brand", params={"brand": nobody}).status_code == 404, nobody
    found = json.loads(asked.get("/figure/advocates.json?brand=acme").text)
    assert [row["person_id"] for row in found["rows"]] == ["chirp:ada", "chirp:bo"]
    assert asked.get("/figure/advocates.json").status_code == 404


def test_person_says_of_which_brands(asked: TestClient) -> None:
    page = asked.get("/person/chirp:ada").text
    assert "Brands this person speaks of" in page
    assert 'href="/brand?brand=acme"' in page
    assert "1 post and 6 mentions in 4 weeks" in page
