"""One night through the real Airflow: every task in order, each Spark step by a real spark-submit, to a published day."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
from sandbox.world import write

pytestmark = [pytest.mark.airflow, pytest.mark.quality]

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 3, 3)


def airflow(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Airflow's own command line, in the environment that the fixtures set."""
    return subprocess.run([sys.executable, "-m", "airflow", *arguments], capture_output=True, text=True, timeout=900)


def test_a_night_through_airflow_is_published(airflow_home):
    home = Path(os.environ["CLOUT_HOME"])
    write(home / "world", [DAY])
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
