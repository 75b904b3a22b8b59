"""Shows that the pages read each of the three warehouses through the same interface, as whoever may only read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clout.warehouse import contract
from clout.warehouse.factory import open_warehouse
from clout.web.app import create_app
from published_world import DAY, NAMED, publish, tables
from staged_run import approve, stage
from starlette.testclient import TestClient
from warehouses import BACKENDS, Place, now

PATHS = (
    "/",
    f"/person/{NAMED}",
    "/night",
    "/figure/leaderboard.json?most=1000",
    f"/figure/history.json?person={NAMED}",
)


@pytest.mark.parametrize("kind", [kind for kind in BACKENDS if kind != "duckdb"])
def test_pages_are_those_of_the_embedded_warehouse(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    publish(tmp_path / "embedded")
    client = TestClient(create_app(open_warehouse(str(tmp_path / "embedded" / "warehouse"))))
    cluster: Any = request.getfixturevalue("postgres") if kind == "postgres" else None
    place = Place(kind, tmp_path, cluster)
    staged = approve(stage(tmp_path / "staging", DAY, "r1", "v1", tables()))
    place.open().publish(contract.release(staged), staged, now())
    address = cluster.address(place.database, "ana") if cluster else place.address
    asked = TestClient(create_app(open_warehouse(address)), raise_server_exceptions=False)
    for path in PATHS:
        answer = asked.get(path)
        assert answer.status_code == 200
        if path != "/night":  # which says when it was published
            assert answer.text == client.get(path).text
