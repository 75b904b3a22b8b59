"""The DAGs that purge and erase: parsed by Airflow, exact commands, forms; and an erased key that shows nowhere."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.airflow

ROOT = Path(__file__).resolve().parents[2]
KEY = "murmur:88"
RUN = SimpleNamespace(run_after=datetime(2026, 3, 15, 9, tzinfo=UTC))
FORM = {"account_key": None, "reason": None, "check_only": False, "one_account": False, "confirmed": True}


@pytest.fixture(scope="module")
def load(airflow_home: Path):
    """A DAG file as a module."""

    def load_dag(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, ROOT / "dags" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load_dag


class Ran:
    """Stands in for Airflow's hook of subprocesses: remembers the command and its environment, and answers with a status."""

    def __init__(self, status: int = 0) -> None:
        self.status, self.command, self.env = status, [], {}

    def run_command(self, command: list[str], env: dict[str, str]) -> Any:
        """As the hook does."""
        self.command, self.env = command, env
        return SimpleNamespace(exit_code=self.status, output="")

    def parsed(self, job: str) -> Any:
        """The command's arguments as the job's own parser takes them."""
        assert self.command[:2] == [sys.executable, str(ROOT / "jobs" / f"{job}.py")]
        return importlib.import_module(job).arg_parser().parse_args(self.command[2:])


class Variables:
    """Stands in for Airflow's variables."""

    def __init__(self, **values: str) -> None:
        self.values = values

    def get(self, name: str, default: Any = None) -> Any:
        return self.values.get(name, default)

    def delete(self, name: str) -> None:
        del self.values[name]


def test_airflow_parses_all_dags_without_an_error(airflow_home):
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(ROOT / "dags"))
    assert bag.import_errors == {}
    assert {"clout_nightly", "clout_purge", "clout_erase"} <= set(bag.dags)


def purged(module: ModuleType, monkeypatch: Any, kind: str, form: dict[str, Any], switch: str, overdue: int = 0) -> Any:
    """What a run of the purge's DAG does: the arguments of its jobs, and what it tells people."""
    ran: list[Any] = []
    told: list[str] = []

    def run_job(name: str, *words: str, environment: dict[str, str]) -> str:
        ran.append(importlib.import_module(name).arg_parser().parse_args(words))
        return f"purge {ran[-1].day}: {overdue} partitions would change"

    monkeypatch.setattr(module, "run_job", run_job)
    monkeypatch.setattr(module, "alert", told.append)
    monkeypatch.setattr(module, "Variable", Variables(**({"clout_retention": switch} if switch else {})))
    run = SimpleNamespace(run_type=kind, run_after=datetime(2026, 3, 15, tzinfo=UTC), conf={})
    module.dag.get_task("purge").python_callable({"day": None, "dry_run": True} | form, run, "2026-03-14")
    return ran, told


@pytest.mark.parametrize("switch", ["", "off", "ON", "yes"])
def test_unpausing_the_purge_deletes_nothing(load, monkeypatch, switch):
    """Airflow starts the last scheduled run at once when a DAG is unpaused, also by *Unpause on trigger*."""
    module = load("clout_purge")
    assert module.dag.timetable.expression == "30 0 * * *"
    assert not module.dag.catchup
    ran, told = purged(module, monkeypatch, "scheduled", {}, switch)
    assert ran
    assert all(args.dry_run for args in ran)
    assert told == []
    ran, told = purged(module, monkeypatch, "scheduled", {}, switch, overdue=10)
    assert all(args.dry_run for args in ran)
    assert [args.day for args in ran] == [date(2026, 3, 14), date(2026, 3, 12)]
    assert len(told) == 1
    assert "retention is off" in told[0]


def test_purge_runs_daily_where_retention_is_on(load, monkeypatch):
    [args], told = purged(load("clout_purge"), monkeypatch, "scheduled", {}, "on")
    assert (args.day, args.dry_run, told) == (date(2026, 3, 14), False, [])
    assert args.lake == f"{os.environ['CLOUT_HOME']}/lake"


def test_a_purge_by_hand_does_what_the_form_says(load, monkeypatch):
    module = load("clout_purge")
    assert module.dag.params.get_param("dry_run").resolve() is True
    for form, day, dry in (({}, 14, True), ({"dry_run": False}, 14, False), ({"day": "2026-03-01"}, 1, True)):
        [args], _ = purged(module, monkeypatch, "manual", form, "on")
        assert (args.day, args.dry_run) == (date(2026, 3, day), dry)


def test_erase_gets_its_key_by_the_environment_only(load, monkeypatch):
    module = load("clout_erase")
    assert module.dag.schedule is None
    ran, masked = Ran(), []
    variables = Variables(clout_erase_secret=KEY)
    monkeypatch.setattr(sys.modules["clout_tasks"], "SubprocessHook", lambda: ran)
    monkeypatch.setattr(module, "mask_secret", masked.append)
    monkeypatch.setattr(module, "Variable", variables)
    erase = module.dag.get_task("erase").python_callable
    erase(FORM | {"check_only": True}, RUN)
    assert variables.values  # a search leaves the request open
    erase(FORM, RUN)
    assert variables.values == {}
    assert ran.env["CLOUT_ERASE_KEY"] == KEY
    assert KEY not in ran.command
    assert masked == [KEY, KEY]
    args = ran.parsed("erase")
    assert (args.day, args.check_only, args.one_account) == (date(2026, 3, 15), False, False)
    erase(FORM | {"account_key": "murmur:99", "one_account": True}, RUN)
    assert (ran.env["CLOUT_ERASE_KEY"], ran.parsed("erase").one_account) == ("murmur:99", True)


def test_nothing_is_erased_without_a_key_or_a_confirmation(load, monkeypatch):
    from airflow.sdk.exceptions import AirflowFailException

    module = load("clout_erase")
    monkeypatch.setattr(module, "Variable", Variables())
    monkeypatch.setattr(sys.modules["clout_tasks"], "SubprocessHook", None)
    erase = module.dag.get_task("erase").python_callable
    with pytest.raises(AirflowFailException, match="no account key"):
        erase(FORM, RUN)
    with pytest.raises(AirflowFailException, match="not confirmed") as refused:
        erase(FORM | {"account_key": KEY, "confirmed": False}, RUN)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(("status", "error"), [(65, "AirflowFailException"), (1, "AirflowException")])
def test_only_wrong_input_is_not_retried(load, monkeypatch, status, error):
    from airflow.sdk.exceptions import AirflowException

    module = load("clout_erase")
    monkeypatch.setattr(sys.modules["clout_tasks"], "SubprocessHook", lambda: Ran(status))
    with pytest.raises(AirflowException) as failed:
        module.dag.get_task("erase").python_callable(FORM | {"account_key": KEY}, RUN)
    assert type(failed.value).__name__ == error
    assert KEY not in str(failed.value)


def test_the_forms(load):
    fields = {name: load("clout_erase").dag.params.get_param(name).schema for name in FORM}
    assert fields["account_key"]["pattern"] == r"^[a-z][a-z0-9_]{0,30}:\S+$"
    assert {fields[name]["type"] for name in ("check_only", "one_account", "confirmed")} == {"boolean"}
    assert load("clout_erase").dag.params.get_param("check_only").resolve() is True  # it is shown before it is done
    assert load("clout_purge").dag.params.get_param("day").schema["format"] == "date"
    assert not load("clout_erase").dag.params.get_param("confirmed").resolve()


def test_no_template_holds_the_key(load):
    """Airflow stores what it rendered: nothing of the form may be among it."""
    task = load("clout_erase").dag.get_task("erase")
    assert json.dumps([str(getattr(task, field)) for field in task.template_fields]).count("params") == 0
