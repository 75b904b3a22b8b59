"""What the audit leaves to a person waits in Airflow: yes publishes and says who said it, no and silence publish nothing.

The real Airflow runs the end of the night, on a run that is staged and judged; the answers go to its own REST API.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from clout.config import arguments
from clout.quality import suites
from staged_run import DAY, NEXT, approve, stage
from warehouses import Place

pytestmark = pytest.mark.airflow

WAITS = ["metrics.volume_not_flooded: More than usual."]

#: Runs gate, approve and publish of the days given, and answers each question that comes up by the REST API.
NIGHTS = """
import json, os, sys, threading, time
import pendulum
import clout_nightly
from airflow.api_fastapi.app import create_app
from fastapi.testclient import TestClient
answers, server = json.loads(sys.argv[1]), create_app(apps="core")

def say(word, value):  # a line of its own in one write: Airflow's log and the other thread write beside it
    os.write(1, f"\\n{word} {json.dumps(value)}\\n".encode())

def ask_and_answer():
    with TestClient(server) as client:
        client.headers["Authorization"] = "Bearer " + client.get("/auth/token").json()["access_token"]
        answered = set()
        while not done.is_set():
            time.sleep(0.5)
            found = client.get("/api/v2/dags/~/dagRuns/~/hitlDetails").json()
            for detail in found.get("hitl_details", []):
                ti = detail["task_instance"]
                if ti["dag_run_id"] in answered or ti["state"] != "awaiting_input":
                    continue
                place = f"/api/v2/dags/{ti['dag_id']}/dagRuns/{ti['dag_run_id']}/taskInstances/{ti['task_id']}/-1/hitlDetails"
                answer = {"chosen_options": [answers[ti["dag_run_id"]]], "params_input": {}}
                say("ASKED", [ti["dag_run_id"], detail["subject"], detail["body"]])
                say("ANSWERED", client.patch(place, json=answer).status_code)
                answered.add(ti["dag_run_id"])

done = threading.Event()
thread = threading.Thread(target=ask_and_answer)
thread.start()
try:
    dag = clout_nightly.dag.partial_subset(["pending_approvals", "approve", "publish"], include_upstream=False)
    dag.deadline = None  # DAG.test() cannot write it down a second time
    for run_id in answers:
        asked = pendulum.parse(run_id.removeprefix("manual__"))
        run = dag.test(run_after=asked, logical_date=asked.subtract(days=1))  # of a day that is over
        tasks = sorted(f"{ti.task_id} {ti.state}" for ti in run.get_task_instances())
        say("ENDED", [run.run_id, str(run.state), *tasks])
finally:
    done.set()
    thread.join()
"""


def waiting_run(place: Place, day: date, label: str, waits: list[str]) -> str:
    """A staged and judged run of the day, by the run id that Airflow will give it."""
    run_id = f"manual__{day + timedelta(days=1)}T00:00:00+00:00"
    approve(stage(place.staging, day, arguments.run_id(run_id), label), waits_for=waits)
    return run_id


def test_yes_publishes_and_no_does_not(airflow_home, tmp_path, monkeypatch):
    place = Place("duckdb", tmp_path)
    place.publish(DAY, "r0", "yesterday")
    third = NEXT + timedelta(days=1)
    runs = {
        waiting_run(place, DAY, "refused", WAITS): "Reject",
        waiting_run(place, NEXT, "approved", WAITS): "Approve",
        waiting_run(place, third, "unasked", []): "Reject",
    }
    for name, value in {"CLOUT_STAGING": str(place.staging), "CLOUT_WAREHOUSE": str(place.root)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "True")
    monkeypatch.setenv("PYTHONPATH", os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    migrated = subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], capture_output=True, timeout=300)
    assert migrated.returncode == 0, migrated.stderr[-2000:]
    done = subprocess.run(
        [sys.executable, "-c", NIGHTS, json.dumps(runs)], capture_output=True, text=True, timeout=300, check=False
    )
    said = done.stdout + done.stderr
    asked = [json.loads(line[6:]) for line in done.stdout.splitlines() if line.startswith("ASKED ")]
    assert [question[0] for question in asked] == list(runs)[:2], said[-6000:]
    assert asked[0][1:] == [f"Publish {DAY} although checks failed?", f"- {WAITS[0]}"], asked
    ended = [json.loads(line[6:]) for line in done.stdout.splitlines() if line.startswith("ENDED ")]
    assert [run[1:] for run in ended] == [
        ["failed", "approve failed", "pending_approvals success", "publish upstream_failed"],
        ["success", "approve success", "pending_approvals success", "publish success"],
        ["success", "approve skipped", "pending_approvals success", "publish success"],
    ], said[-6000:]
    assert place.shown() == {DAY: "yesterday", NEXT: "approved", third: "unasked"}
    reasons = [entry.reason for entry in place.open().log()]
    assert reasons[0] is reasons[2] is None
    assert reasons[1].startswith("approved by ")


def test_silence_means_no(nightly):
    """The scheduler answers for whoever is silent, with the default; Airflow's own words for it end the task."""
    from airflow.providers.standard.exceptions import HITLRejectException

    task = nightly.dag.get_task("approve")
    assert task.response_timeout <= timedelta(hours=6)
    assert (task.defaults, task.retries, task.fail_on_reject) == (["Reject"], 0, True)
    event = {"chosen_options": task.defaults, "params_input": {}, "timedout": True, "responded_at": datetime.now(UTC)}
    with pytest.raises(HITLRejectException):
        task.execute_complete({}, event | {"responded_by_user": None})


def test_the_audit_leads_to_its_data_docs(nightly, tasks, monkeypatch):
    audit = nightly.dag.get_task("audit")
    run_id = "backfill__2026-03-14T00:00:00+00:00"
    task = audit.prepare_for_execution()
    run = SimpleNamespace(run_type="backfill", run_after=datetime(2026, 3, 16, tzinfo=UTC))
    task.render_template_fields({"ds": "2026-03-14", "run_id": run_id, "params": {"day": None}, "dag_run": run})
    [link] = audit.operator_extra_links
    monkeypatch.setattr(tasks, "REPORTS_URL", "http://127.0.0.1:8081")
    slug = arguments.run_id(run_id)
    assert link.get_link(task, ti_key=None) == f"http://127.0.0.1:8081/2026-03-14/{slug}/index.html"
    from airflow.serialization.serialized_objects import DagSerialization

    kept = DagSerialization.from_dict(DagSerialization.to_dict(nightly.dag)).get_task("audit")
    assert [each.name for each in kept.operator_extra_links] == ["Data Docs"]


def test_without_a_yes_nothing_that_waits_is_published(tmp_path):
    from clout.errors import InvalidInput
    from clout.warehouse import contract

    staged = approve(stage(tmp_path), waits_for=WAITS)
    with pytest.raises(InvalidInput, match=r"waits for a person: metrics\.volume_not_flooded.*--approved-by NAME"):
        contract.release(staged)
    assert contract.release(staged, "a fair", "ann").reason == "a fair; approved by ann"
    assert contract.release(approve(stage(tmp_path)), "a fair", "ann").reason == "a fair"


def test_only_a_warning_can_wait(tmp_path):
    from clout.errors import InvalidInput

    (suite,) = (suites.EXPECTATIONS / "metrics.json",)
    text = json.loads(suite.read_text())
    gated = next(each for each in text["expectations"] if each.get("gate"))
    for change in ({"severity": "critical"}, {"gate": "aprove"}):
        changed = [{**each, **change} if each is gated else each for each in text["expectations"]]
        Path(tmp_path, "metrics.json").write_text(json.dumps({**text, "expectations": changed}))
        with pytest.raises(InvalidInput, match=r"meta\.gate may say approve, of a warning"):
            suites.load_suite("metrics", tmp_path)
