"""One night through the real Airflow: every task in order, each Spark step by a real spark-submit, to a published day.

One source asks X, which shows nothing of a day so long ago: its token must appear nowhere, and the night must go on.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
from clout.lake.partitions import Lake
from sandbox.world import write
from spark_cluster import SETTINGS, cluster
from staged_run import agree
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


@pytest.mark.skipif("CLUSTER" not in os.environ, reason="takes many minutes; CLUSTER=1 runs it")
def test_the_same_dag_on_a_cluster_publishes_the_same_night(airflow_home, tmp_path, monkeypatch):
    """Nothing but the connection is another one, and what the cluster's user has in spark-defaults.conf."""
    sources, folder = write(tmp_path / "world", [DAY]), tmp_path / "cluster"
    folder.mkdir()
    settings = SETTINGS | {"spark.pyspark.python": sys.executable}
    (tmp_path / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    assert airflow("db", "migrate").returncode == 0
    published = {}
    with cluster(folder) as running:
        host, port = running.master.rsplit(":", 1)
        there = {"conn_type": "spark", "host": host, "port": int(port)}
        for name, connection in (("here", os.environ["AIRFLOW_CONN_SPARK_DEFAULT"]), ("there", json.dumps(there))):
            monkeypatch.setenv("AIRFLOW_CONN_SPARK_DEFAULT", connection)
            monkeypatch.setenv("CLOUT_HOME", str(tmp_path / name))
            monkeypatch.setenv("CLOUT_SOURCES", str(sources))
            if name == "there":
                monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
            done = airflow("dags", "test", "clout_nightly", "2026-07-01", "--conf", f'{{"day": "{DAY}"}}')
            file = tmp_path / name / "warehouse" / "warehouse.duckdb"
            assert file.is_file(), (done.stdout + done.stderr)[-6000:]
            with duckdb.connect(str(file), read_only=True) as warehouse:
                published[name] = {
                    table: sorted(map(str, warehouse.sql(f"SELECT * FROM clout.{table}").fetchall()))
                    for table in ("scores", "platform_scores", "score_explanations", "influences", "accounts")
                }
        asked = (folder / "master.log").read_text()
    assert len(published["there"]["scores"]) > 100
    assert published["there"] == published["here"]
    assert len(re.findall("Registered app", asked)) >= 5, asked


def test_a_rollback_through_airflow_on_the_connections_warehouse(airflow_home, tmp_path, monkeypatch):
    """The task asks Airflow for warehouse_default, and the job works there, not where CLOUT_WAREHOUSE says."""
    place = Place("duckdb", tmp_path)
    day = date(2026, 3, 14)
    place.publish(day, "r1", "one")
    place.publish(day, "r2", "newer")
    connection = {"conn_type": "generic", "host": str(place.root)}
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE_DEFAULT", json.dumps(connection))
    monkeypatch.setenv("CLOUT_WAREHOUSE", str(tmp_path / "another"))
    agree(Lake(tmp_path / "lake"), "care", "named", "perks")
    monkeypatch.setenv("CLOUT_LAKE", str(tmp_path / "lake"))
    assert airflow("db", "migrate").returncode == 0
    form = {"action": "rollback", "day": str(day), "reason": "a test"}
    done = airflow("dags", "test", "clout_warehouse", "2026-07-01", "--conf", json.dumps(form))
    assert place.shown() == {day: "one"}, (done.stdout + done.stderr)[-6000:]
    assert [entry.reason for entry in place.open().log()] == [None, None, "a test"]
    assert not (tmp_path / "another").exists()
