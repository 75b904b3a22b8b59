"""The DAG of the warehouse, what the DAGs share, and that a password is seen by nobody but the job."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import threading
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import warehouse
from clout.quality import alerts

pytestmark = pytest.mark.airflow


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"action": "versions"}, {"command": "versions", "day": None}),
        ({"action": "versions", "day": "2026-03-14"}, {"command": "versions", "day": date(2026, 3, 14)}),
        ({"action": "gc", "keep_days": 30}, {"command": "gc", "keep_days": 30}),
        (
            {"action": "rollback", "day": "2026-03-14", "reason": "-bad export"},
            {"command": "rollback", "to": None, "reason": "-bad export"},
        ),
        ({"action": "rollback", "day": "2026-03-14", "reason": "bad", "version": 7}, {"command": "rollback", "to": 7}),
    ],
)
def test_the_form_becomes_a_command_that_the_job_accepts(by_hand, form, expected):
    params = {"action": None, "day": None, "version": None, "keep_days": 30, "reason": None} | form
    parsed = vars(warehouse.arg_parser().parse_args(by_hand.command(params)))
    assert parsed.items() >= expected.items()


@pytest.mark.parametrize("missing", [{"day": None}, {"reason": None}, {"reason": "  "}])
def test_a_rollback_needs_a_day_and_a_reason(by_hand, missing):
    from airflow.sdk.exceptions import AirflowFailException

    params = {"action": "rollback", "day": "2026-03-14", "version": None, "reason": "bad"} | missing
    with pytest.raises(AirflowFailException, match="needs a day and a reason"):
        by_hand.command(params)


def test_policy(by_hand):
    dag = by_hand.dag
    assert dag.schedule is None
    [task] = dag.tasks
    assert task.pool == "publish"
    assert task.on_failure_callback
    assert dag.params.get_param("action").schema["enum"] == ["versions", "rollback", "gc"]
    assert dag.params.get_param("action").resolve() == "versions"  # an empty form changes nothing


PASSWORD = "p@ss/word %41"
CONNECTIONS = {
    "none": (None, {}),
    "folder": ({"conn_type": "generic", "host": "/srv/warehouse"}, {"CLOUT_WAREHOUSE": "/srv/warehouse"}),
    "iceberg": ({"conn_type": "generic", "host": "iceberg:/srv/lake"}, {"CLOUT_WAREHOUSE": "iceberg:/srv/lake"}),
    "postgres": (
        {"conn_type": "postgres", "host": "db", "login": "clout@x", "password": PASSWORD, "schema": "clout"},
        {"CLOUT_WAREHOUSE": "postgresql://clout%40x@db:5432/clout", "PGPASSWORD": PASSWORD},
    ),
}


@pytest.mark.parametrize(("connection", "expected"), CONNECTIONS.values(), ids=CONNECTIONS)
def test_the_connection_chooses_the_warehouse(tasks, monkeypatch, connection, expected):
    if connection:
        monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE_DEFAULT", json.dumps(connection))
    else:
        monkeypatch.delenv("AIRFLOW_CONN_WAREHOUSE_DEFAULT", raising=False)
    assert tasks.warehouse() == expected


WRONG = {
    "a server of type generic": (
        {"conn_type": "generic", "host": "127.0.0.1", "login": "me", "schema": "clout"},
        "a login and a schema",
    ),
    "with a port": (
        {"conn_type": "generic", "host": "/srv/warehouse", "port": 5432},
        "a port, which only a server has",
    ),
    "a name": ({"conn_type": "generic", "host": "db"}, "'db': no full path"),
    "a relative folder": ({"conn_type": "fs", "host": "./warehouse"}, "no full path"),
    "a relative lakehouse": ({"conn_type": "generic", "host": "iceberg:lake/house"}, "no full path"),
    "a task's own folder": (
        {"conn_type": "generic", "host": "/tmp/airflowtmpab12/w"},
        "a task's own folder is removed",
    ),
    "nothing": ({"conn_type": "generic"}, "no full path"),
    "a server without a database": ({"conn_type": "postgres", "host": "db"}, "names no host or no database"),
}


@pytest.mark.parametrize(("connection", "said"), WRONG.values(), ids=WRONG)
def test_wrong_wiring_is_refused_with_the_cure(tasks, monkeypatch, connection, said):
    from airflow.sdk.exceptions import AirflowFailException

    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE_DEFAULT", json.dumps(connection))
    with pytest.raises(AirflowFailException) as refused:
        tasks.warehouse()
    assert said in str(refused.value)
    assert """airflow connections add warehouse_default --conn-json '{"conn_type": "postgres",""" in str(refused.value)


def test_a_relative_warehouse_of_the_environment_is_refused(tasks, monkeypatch):
    from airflow.sdk.exceptions import AirflowFailException

    monkeypatch.delenv("AIRFLOW_CONN_WAREHOUSE_DEFAULT", raising=False)
    monkeypatch.setenv("CLOUT_WAREHOUSE", "warehouse")
    with pytest.raises(AirflowFailException, match="CLOUT_WAREHOUSE is 'warehouse': no full path"):
        tasks.warehouse()


def test_the_weekly_look_for_damage(weekly, monkeypatch):
    asked = []
    monkeypatch.setattr(weekly, "run_job", lambda *words: asked.append(words))
    [task] = weekly.dag.tasks
    task.python_callable()
    assert asked == [("warehouse", "scrub")]
    assert weekly.dag.schedule == "0 12 * * 6"
    assert task.on_failure_callback


def test_a_password_is_in_the_jobs_environment_alone(tasks, monkeypatch, capfd, caplog):
    """Not among its words, not in what it prints when the server is not there, not in the exception."""
    from airflow.sdk.exceptions import AirflowException

    connection = CONNECTIONS["postgres"][0] | {"host": "127.0.0.1", "port": 1}
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE_DEFAULT", json.dumps(connection))
    words = []
    run = tasks.SubprocessHook.run_command

    def run_command(self, command, env):
        words.extend(command)
        assert env["PGPASSWORD"] == PASSWORD
        return run(self, command, env)

    monkeypatch.setattr(tasks.SubprocessHook, "run_command", run_command)
    with caplog.at_level("INFO"), pytest.raises(AirflowException, match="Error code is: 1") as failed:
        tasks.run_job("warehouse", "versions")
    shown = capfd.readouterr()
    logged = shown.out + shown.err + caplog.text
    assert "127.0.0.1" in logged
    for text in (logged, str(failed.value), " ".join(words)):
        assert PASSWORD not in text
        assert "p%40ss" not in text


def test_the_deadline_is_importable_where_the_triggerer_is(nightly):
    [deadline] = nightly.dag.deadline if isinstance(nightly.dag.deadline, list) else [nightly.dag.deadline]
    module, _, name = deadline.callback.path.rpartition(".")
    callback = getattr(importlib.import_module(module), name)
    assert asyncio.iscoroutinefunction(callback)


@pytest.fixture
def heard(monkeypatch):
    """What arrives at CLOUT_ALERT_URL."""
    texts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            texts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("CLOUT_ALERT_URL", f"http://127.0.0.1:{server.server_port}/secret-token")
    yield texts
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("kind", "alerts_sent"), [("scheduled", 1), ("backfill", 0), ("manual", 0)])
def test_only_a_scheduled_night_is_late(heard, kind, alerts_sent):
    # As Airflow gives it, seen in its triggerer.
    run = {
        "dag_id": "clout_nightly",
        "dag_run_id": f"{kind}__2026-03-15T00:00:00+00:00",
        "run_type": kind,
        "logical_date": "2026-03-14T00:00:00Z",
    }
    deadline = {"id": "1", "deadline_time": datetime(2026, 3, 15, 6, tzinfo=UTC)}
    asyncio.run(alerts.night_is_late(context={"dag_run": run, "deadline": deadline}))
    said = "clout_nightly: the night of 2026-03-14 (scheduled__2026-03-15T00:00:00+00:00) is not done by 2026-03-15 06:00 UTC"
    assert heard == [said][:alerts_sent]


def test_a_failed_task_is_told(heard, tasks):
    ti = SimpleNamespace(dag_id="clout_nightly", task_id="audit")
    tasks.tell({"ti": ti, "run_id": "manual__1", "exception": ValueError("scores.range failed")})
    [said] = heard
    assert said.startswith(
        "clout_nightly.audit (manual__1) failed: scores.range failed. What was published before is still shown."
    )


def test_an_alert_of_a_night_says_what_to_do(heard, tasks, monkeypatch):
    """The scored day, the check in words, what is still shown, and where to read on; the run's id names another day."""
    line = {"level": "error", "message": "2026-03-14 is not published: scores.mean failed. The mean is far from 37. 91"}
    monkeypatch.setattr(
        tasks.SubprocessHook, "run_command", lambda *_, **__: SimpleNamespace(exit_code=65, output=json.dumps(line))
    )
    with pytest.raises(tasks.AirflowException) as failed:
        tasks.run_job("audit", environment={})
    ti = SimpleNamespace(dag_id="clout_nightly", task_id="audit")
    run = SimpleNamespace(run_type="scheduled", run_after=datetime(2026, 3, 15, tzinfo=UTC))
    context = {"ti": ti, "run_id": "scheduled__2026-03-15T00:00:00+00:00", "dag_run": run, "params": {"day": None}}
    tasks.tell(context | {"ds": "2026-03-14", "exception": failed.value})
    [said] = heard
    assert said.startswith(
        "clout_nightly.audit of 2026-03-14 (scheduled__2026-03-15T00:00:00+00:00) failed: 2026-03-14 is not published:"
        " scores.mean failed. The mean is far from 37. 91"
    )
    assert "still shown" in said
    assert "/2026-03-14/scheduled__2026-03-15T00-00-00-00-00/index.html" in said
    assert said.endswith("dags/README.md#runbook")
    assert tasks.NoRetryOnInvalidInput().evaluate(failed.value, 1, 3).action.value == "fail"


@pytest.mark.parametrize(
    ("line", "said"), [("clout: a.csv: no actor", "a.csv: no actor"), ("", "no word"), ("[1]", "[1]")]
)
def test_the_reason_of_a_job_is_its_last_line(tasks, line, said):
    assert tasks.reason(line) == said


def test_an_alert_that_cannot_be_sent_breaks_nothing_and_tells_no_secret(monkeypatch, capsys):
    monkeypatch.setenv("CLOUT_ALERT_URL", "http://127.0.0.1:1/secret-token")
    assert alerts.send("late") is False
    said = capsys.readouterr().err
    assert "late" in said
    assert "secret-token" not in said
    monkeypatch.delenv("CLOUT_ALERT_URL")
    assert alerts.send("late") is False


def test_every_dag_file_is_parsed_without_an_error(airflow_home):
    from airflow.dag_processing.dagbag import DagBag

    folder = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    bag = DagBag(folder)
    assert bag.import_errors == {}
    assert {f"{dag_id}.py" for dag_id in bag.dag_ids} == {file.name for file in folder.glob("*.py")} - {
        "clout_tasks.py"
    }
