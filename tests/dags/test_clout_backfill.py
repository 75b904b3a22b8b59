"""The DAG of many days: its one command, in whose environment the secrets are, what it tells and what turns red."""

from __future__ import annotations

import importlib
import json
import os
from datetime import date
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from dags.conftest import load

pytestmark = pytest.mark.airflow

FORM = {"first": "2026-03-12", "last": "2026-03-14", "reason": "a late export"}
BY_HAND = SimpleNamespace(conf=FORM)
RUN = "manual__2026-03-15T00:00:00+00:00"


@pytest.fixture(scope="module")
def backfill(airflow_home) -> ModuleType:
    """dags/clout_backfill.py as a module."""
    return load("clout_backfill")


def test_one_command_for_all_days_with_the_secrets_in_its_environment(backfill, tmp_path, monkeypatch):
    from airflow.sdk.execution_time.context import OutletEventAccessors

    tasks = importlib.import_module("clout_tasks")
    (tmp_path / "sources.toml").write_text('[[source]]\nname = "birds"\n[[source]]\nname = "plaza"\n')
    monkeypatch.setattr(tasks, "SOURCES", str(tmp_path))
    monkeypatch.setenv("AIRFLOW_CONN_CLOUT_BIRDS", json.dumps({"conn_type": "http", "password": "planted-token"}))
    place = {"conn_type": "postgres", "host": "db", "login": "p", "password": "planted-word", "schema": "clout"}
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE_DEFAULT", json.dumps(place))
    told = {"published": ["2026-03-12", "2026-03-14"], "refused": {"2026-03-13": "scores.mean failed"}}
    ran: list[Any] = []

    def run_job(name: str, *words: str, environment: dict[str, str]) -> str:
        ran.append((name, words, environment))
        return json.dumps(told)

    monkeypatch.setattr(backfill, "run_job", run_job)
    events = OutletEventAccessors()
    refused = backfill.dag.get_task("nights").python_callable(FORM, RUN, events, BY_HAND)
    [(name, words, environment)] = ran
    args = importlib.import_module(name).arg_parser().parse_args(words)
    assert args.days == [date(2026, 3, day) for day in (12, 13, 14)]
    assert (args.json, args.run, args.reason) == (True, "manual__2026-03-15T00-00-00-00-00", "a late export")
    assert args.lake == f"{os.environ['CLOUT_HOME']}/lake"
    assert environment["CLOUT_TOKEN_BIRDS"] == "planted-token"
    assert environment["PGPASSWORD"] == "planted-word"
    assert "planted" not in "".join(words)
    assert sorted(events[backfill.SCORES].partition_keys) == told["published"]
    assert refused == told["refused"]


def test_refused_days_are_red_and_days_run_forwards(backfill):
    from airflow.sdk.exceptions import AirflowFailException

    refused = backfill.dag.get_task("refused").python_callable
    refused({})
    with pytest.raises(AirflowFailException, match=r"not published: scores\.mean failed"):
        refused({"2026-03-13": "scores.mean failed"})
    with pytest.raises(AirflowFailException, match="2026-03-12 is before 2026-03-14"):
        backfill.dag.get_task("nights").python_callable(
            FORM | {"first": "2026-03-14", "last": "2026-03-12"}, RUN, {}, BY_HAND
        )
    with pytest.raises(AirflowFailException, match="2999-01-01: that day is not over"):
        backfill.dag.get_task("nights").python_callable(FORM | {"last": "2999-01-01"}, RUN, {}, BY_HAND)
    with pytest.raises(AirflowFailException, match="did you mean 'first'"):
        backfill.dag.get_task("nights").python_callable(FORM, RUN, {}, SimpleNamespace(conf={"frist": "2026-03-14"}))
