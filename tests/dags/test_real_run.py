"""One night through the real Airflow: every task in order, each Spark step by a real spark-submit, to a published day.

One source asks X, which shows nothing of a day so long ago: its token must appear nowhere, and the night must go on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
from sandbox.world import write
from warehouses import Place

pytestmark = [pytest.mark.airflow, pytest.mark.quality]

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 3, 3)
TOKEN = "planted-token-of-a-test"


def airflow(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Airflow's own command line, in the environment that the fixtures set."""
    return subprocess.run([sys.executable, "-m", "airflow", *arguments], capture_output=True, text=True, timeout=900)


def test_a_night_through_airflow_is_published(airflow_home, monkeypatch):
    home = Path(os.environ["CLOUT_HOME"])
    sources = write(home / "world", [DAY])
    with sources.open("a") as file:
        file.write('[[source]]\nname = "birds"\nreader = "x"\nbase_url = "http://127.0.0.1:9"\nsubjects = ["ann"]\n')
    monkeypatch.setenv("AIRFLOW_CONN_CLOUT_BIRDS", json.dumps({"conn_type": "http", "password": TOKEN}))
    migrated = airflow("db", "migrate")
    assert migrated.returncode == 0, migrated.stderr[-2000:]
    # The logical date is another day: the form's day must win in every task.
    done = airflow("dags", "test", "clout_nightly", "2026-07-01", "--conf", f'{{"day": "{DAY}", "reason": "a test"}}')
    said = (done.stdout + done.stderr)[-6000:]
    file = home / "warehouse" / "warehouse.duckdb"
    assert file.is_file(), said
    with duckdb.connect(str(file), read_only=True) as warehouse:
        log = warehouse.sql("SELECT ds::VARCHAR, run_id, warnings, reason FROM meta.publish_log").fetchall()
        [(people,)] = warehouse.sql("SELECT count(*) FROM clout.scores").fetchall()
    assert [(row[0], row[2], row[3]) for row in log] == [(DAY.isoformat(), 0, "a test")], said
    assert people > 100
    assert "pull birds: nothing for 2026-03-03" in done.stdout + done.stderr
    # Logs, the database with its rendered fields, the lake, the warehouse: every byte that was written or said.
    written = {file: file.read_bytes() for file in Path(airflow_home).rglob("*") if file.is_file()}
    assert any(file.suffix == ".db" and b"clout_nightly" in content for file, content in written.items())
    assert [file for file, content in written.items() if TOKEN.encode() in content] == []
    assert TOKEN not in done.stdout + done.stderr


def test_a_rollback_through_airflow_on_the_connections_warehouse(airflow_home, tmp_path, monkeypatch):
    """The task asks Airflow for warehouse_default, and the job works there, not where CLOUT_WAREHOUSE says."""
    place = Place("duckdb", tmp_path)
    day = date(2026, 3, 14)
    place.publish(day, "r1", "one")
    place.publish(day, "r2", "newer")
    connection = {"conn_type": "generic", "host": str(place.root)}
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE_DEFAULT", json.dumps(connection))
    monkeypatch.setenv("CLOUT_WAREHOUSE", str(tmp_path / "another"))
    assert airflow("db", "migrate").returncode == 0
    form = {"action": "rollback", "day": str(day), "reason": "a test"}
    done = airflow("dags", "test", "clout_warehouse", "2026-07-01", "--conf", json.dumps(form))
    assert place.shown() == {day: "one"}, (done.stdout + done.stderr)[-6000:]
    assert [entry.reason for entry in place.open().log()] == [None, None, "a test"]
    assert not (tmp_path / "another").exists()
