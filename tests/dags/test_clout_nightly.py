"""The nightly DAG: its policy, its day, and the exact command line of every task, which the jobs' own parsers accept.

After a deliberate change of a command, record it anew: REBUILD=1 make test ARGS=tests/dags
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.airflow

ROOT = Path(__file__).resolve().parents[2]
RECORDED = Path(__file__).with_name("commands.json")
CHAIN = [
    "sources",
    "pull",
    "conform",
    "ties",
    "graph",
    "reach",
    "amplification",
    "network",
    "score",
    "baseline",
    "audit",
    "pending_approvals",
    "approve",
    "publish",
]
SPARK_JOBS = ["conform", "ties", "graph", "reach", "amplification", "network", "score", "audit"]
RUN_ID = "backfill__2026-03-14T00:00:00+00:00"
#: When the runs of these tests were asked for: the day after is not over yet.
ASKED = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
MANUAL = SimpleNamespace(run_type="manual", run_after=ASKED, conf={})
CONTEXT = {
    "ds": "2026-03-14",
    "run_id": RUN_ID,
    "params": {"day": None, "reason": None},
    "dag_run": SimpleNamespace(run_type="backfill", run_after=ASKED, conf={}),
}


def pulled(
    nightly: ModuleType, sources: list[str], day: str = "2026-03-14", codes: tuple[int, ...] = (), **tokens: str
) -> list[tuple[list[str], dict[str, str]]]:
    """What the pull task runs, in which environment, where connections hold these tokens and jobs end with these codes."""
    tasks = importlib.import_module("clout_tasks")
    ran: list[tuple[list[str], dict[str, str]]] = []

    def run_command(self: object, command: list[str], env: dict[str, str]) -> SimpleNamespace:
        ran.append((command, env))
        return SimpleNamespace(exit_code=codes[len(ran) - 1] if codes else 0)

    def get(name: str) -> SimpleNamespace:
        if name not in tokens:
            raise tasks.AirflowNotFoundException(name)
        return SimpleNamespace(password=tokens[name])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks.SubprocessHook, "run_command", run_command)
        patch.setattr(tasks.Connection, "get", get)
        try:
            nightly.pull.function(sources, day)
        finally:
            pulled.ran = ran
    return ran


def commanded(nightly: ModuleType, work: Callable[[], Any]) -> list[str]:
    """The command that a task would run."""
    commands: list[list[str]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            nightly, "run_job", lambda name, *words: commands.append([str(ROOT / "jobs" / f"{name}.py"), *words])
        )
        work()
    [command] = commands
    return command


def published(nightly: ModuleType, context: dict, told: str = "off") -> tuple[list[str], Any, list[str]]:
    """The command that publish would run, what it says of the asset, and the alerts that it sends."""
    from airflow.sdk.execution_time.context import OutletEventAccessors

    events, alerts = OutletEventAccessors(), []
    publish = nightly.publish.function
    unasked = SimpleNamespace(xcom_pull=lambda task_ids: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nightly.Variable, "get", lambda name, default: told)
        patch.setattr(nightly, "alert", alerts.append)
        command = commanded(
            nightly,
            lambda: publish(
                context["params"], context["run_id"], events, unasked, context["dag_run"], context.get("ds")
            ),
        )
    return command, events[nightly.SCORES], alerts


def argv(nightly: ModuleType, name: str, context: dict) -> list[str]:
    """What the task would run, word by word, after templates and the shell."""
    task = nightly.dag.get_task(name)
    if name in SPARK_JOBS:
        task = task.prepare_for_execution()
        task.render_template_fields(dict(context))
        return task._get_hook()._build_spark_submit_command(task.application)
    if name == "publish":
        return published(nightly, context)[0]
    template = (task.op_kwargs if name == "baseline" else task.partial_kwargs["op_kwargs"])["day"]
    day = nightly.dag.get_template_env().from_string(template).render(context)
    if name == "baseline":
        return commanded(nightly, lambda: nightly.baseline.function(context["run_id"], day))
    [(command, _)] = pulled(nightly, ["murmur"], day)
    return command


def test_the_chain_is_whole_and_in_order(nightly):
    dag = nightly.dag
    assert sorted(dag.task_ids) == sorted(CHAIN)
    edges = {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks}
    assert edges == {
        "sources": ["pull"],
        "pull": ["conform"],
        "conform": ["ties"],
        "ties": ["graph"],
        "graph": ["amplification", "network", "reach"],
        "reach": ["score"],
        "amplification": ["score"],
        "network": ["score"],
        "score": ["baseline"],
        "baseline": ["audit"],
        "audit": ["pending_approvals"],
        "pending_approvals": ["approve", "publish"],
        "approve": ["publish"],
        "publish": [],
    }


def test_policy(nightly):
    dag = nightly.dag
    assert type(dag.timetable).__name__ == "CronDataIntervalTimetable"
    assert dag.timetable.expression == "0 0 * * *"
    assert not dag.catchup
    assert dag.max_active_runs == 3  # a run by hand does not wait behind one that nobody asked for
    assert dag.doc_md
    assert dag.params.get_param("day").schema["format"] == "date"
    for task in dag.tasks:
        assert task.owner == "clout"
        assert task.retries >= 1 or task.task_id == "approve"  # nobody is asked twice
        assert task.execution_timeout
        assert task.on_failure_callback
        assert not task.depends_on_past
        own = task.task_id if task.task_id in ("pull", "publish") else "default_pool"
        assert task.pool == ("spark" if task.task_id in SPARK_JOBS else own)
    assert [asset.name for asset in dag.get_task("publish").outlets] == ["clout.scores"]
    assert not any(dag.get_task(name).outlets for name in CHAIN if name not in ("publish", "pull"))


@pytest.mark.parametrize("name", ["pull", *SPARK_JOBS, "baseline", "publish"])
def test_command_line_is_the_recorded_one_and_parses(nightly, name):
    home = os.environ["CLOUT_HOME"]
    found = argv(nightly, name, CONTEXT)
    portable = [
        word.replace(home, "$CLOUT_HOME").replace(sys.executable, "$PYTHON").replace(str(ROOT), "$ROOT")
        for word in found
    ]
    recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    if os.environ.get("REBUILD"):
        RECORDED.write_text(json.dumps({**recorded, name: portable}, indent=1, sort_keys=True) + "\n")
        recorded[name] = portable
    assert portable == recorded[name]
    job = ROOT / "jobs" / f"{name}.py"
    parsed = importlib.import_module(name).arg_parser().parse_args(found[found.index(str(job)) + 1 :])
    assert parsed.day == date(2026, 3, 14)
    if "run" in parsed:
        assert parsed.run == "backfill__2026-03-14T00-00-00-00-00"


@pytest.mark.parametrize("name", ["pull", "conform", "baseline", "publish"])
def test_the_forms_day_wins_over_the_logical_date(nightly, name):
    found = argv(nightly, name, {**CONTEXT, "params": {"day": "2012-07-04", "reason": None}})
    assert found[found.index("--day") + 1] == "2012-07-04"


def test_what_people_type_never_becomes_shell(nightly):
    reason = """-it's $(touch /tmp/x) "quoted" `id` ; rm"""
    found = argv(nightly, "publish", {**CONTEXT, "params": {"day": None, "reason": reason}})
    assert importlib.import_module("publish").arg_parser().parse_args(found[1:]).reason == reason


@pytest.mark.parametrize("name", ["pull", "conform", "baseline", "publish"])
@pytest.mark.parametrize("date_of_the_form", [{}, {"ds": None}, {"ds": "2026-03-16"}, {"ds": "2026-12-31"}])
def test_an_empty_form_scores_the_last_day_that_is_over(nightly, name, date_of_the_form):
    """Airflow fills in now as the logical date, or none: neither is a day that is over."""
    context = {name: value for name, value in CONTEXT.items() if name != "ds"}
    found = argv(nightly, name, context | {"dag_run": MANUAL} | date_of_the_form)
    assert found[found.index("--day") + 1] == "2026-03-15"


def test_a_day_that_is_not_over_is_refused_at_the_first_task(nightly):
    from airflow.sdk.exceptions import AirflowFailException

    today = datetime.now(UTC).date()
    for day in (today, today + timedelta(days=1), today + timedelta(days=400)):
        with pytest.raises(AirflowFailException, match=f"{day}: that day is not over"):
            nightly.list_sources.function({"day": str(day)}, MANUAL)
    later = SimpleNamespace(run_type="backfill", run_after=ASKED, conf={})
    with pytest.raises(AirflowFailException, match="that day is not over"):
        nightly.list_sources.function({"day": None}, later, str(today))


@pytest.mark.parametrize(
    ("key", "said"),
    [("Day", "did you mean 'day'"), ("resaon", "did you mean 'reason'"), ("x", "there are day, reason")],
)
def test_an_unknown_key_of_a_runs_configuration_is_refused(nightly, key, said):
    from airflow.sdk.exceptions import AirflowFailException

    run = SimpleNamespace(run_type="manual", run_after=ASKED, conf={key: "2026-03-14", "day": "2026-03-14"})
    with pytest.raises(AirflowFailException, match=f"{key!r}, which nothing reads; {said}"):
        nightly.list_sources.function({"day": "2026-03-14", "reason": None}, run)


def test_wrong_sources_fail_a_run_at_its_first_task(nightly, tasks, tmp_path, monkeypatch):
    from airflow.sdk.exceptions import AirflowFailException

    monkeypatch.setattr(tasks, "SOURCES", str(tmp_path / "none.toml"))
    with pytest.raises(AirflowFailException, match=r"none\.toml: not a sources file"):
        nightly.list_sources.function({"day": "2026-03-14"}, MANUAL)
    (tmp_path / "sources.toml").write_text('[[source]]\nname = "murmur"\n[[source]]\nname = "plaza"\n')
    monkeypatch.setattr(tasks, "SOURCES", str(tmp_path))
    assert nightly.list_sources.function({"day": None}, MANUAL, "2026-03-14") == [["murmur"], ["plaza"]]


def test_sources_of_one_host_are_pulled_one_after_the_other(nightly, tasks, tmp_path, monkeypatch):
    text = '[[source]]\nname = "files"\n'
    for name, url in (("a", "https://m.example"), ("b", "https://n.example"), ("c", "https://m.example/other")):
        text += f'[[source]]\nname = "{name}"\nbase_url = "{url}"\n'
    (tmp_path / "sources.toml").write_text(text)
    monkeypatch.setattr(tasks, "SOURCES", str(tmp_path))
    groups = nightly.list_sources.function({"day": "2026-03-14"}, MANUAL)
    assert groups == [["files"], ["a", "c"], ["b"]]
    commands = [command for command, _ in pulled(nightly, ["a", "c"])]
    assert [command[command.index("--source") + 1] for command in commands] == ["a", "c"]


def test_a_token_is_in_the_environment_of_its_own_job_alone(nightly):
    (first, one), (second, other) = pulled(nightly, ["birds", "plaza"], clout_birds="planted-secret")
    assert one["CLOUT_TOKEN_BIRDS"] == "planted-secret"
    assert "planted-secret" not in "".join([*first, *second, *other.values(), *os.environ.values()])


def test_one_source_that_fails_does_not_stop_the_next(nightly):
    with pytest.raises(nightly.AirflowException, match=r"^pull of b: exit code 1$"):
        pulled(nightly, ["a", "b", "c"], codes=(65, 1, 0))  # a is invalid; b may succeed when tried again
    assert len(pulled.ran) == 3
    with pytest.raises(nightly.AirflowException, match=r"^pull of a: exit code 65$") as raised:
        pulled(nightly, ["a", "b"], codes=(65, 0))
    assert nightly.dag.default_args["retry_policy"].evaluate(raised.value, 1, 3).action.value == "fail"


@pytest.mark.parametrize("sent", ["SIGTERM", "SIGALRM"])
def test_a_task_that_is_stopped_stops_its_job(tasks, tmp_path, monkeypatch, sent):
    """SIGTERM is how Airflow tells a task that somebody stopped it, and an alarm that raises is its timeout."""

    def time_is_up(*_: object) -> None:
        raise TimeoutError

    job, pid = tmp_path / "sleeper.py", tmp_path / "pid"
    job.write_text(
        "import os, pathlib, signal, time\n"
        f"pathlib.Path({str(pid)!r}).write_text(str(os.getpid()))\n"
        f"os.kill(os.getppid(), signal.{sent})\n"
        "time.sleep(600)\n"
    )
    monkeypatch.setattr(tasks, "JOBS", tmp_path)
    before = signal.signal(signal.SIGALRM, time_is_up)
    try:
        with pytest.raises((tasks.AirflowException, TimeoutError)):
            tasks.run("sleeper", environment={})
    finally:
        signal.signal(signal.SIGALRM, before)
    assert os.waitstatus_to_exitcode(os.waitpid(int(pid.read_text()), 0)[1]) == -signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is not tasks._stop


def test_a_spark_job_is_submitted_to_a_cluster_and_run_here_where_spark_is(nightly, monkeypatch):
    task = nightly.dag.get_task("reach").prepare_for_execution()
    task.render_template_fields(dict(CONTEXT))
    ran, submitted = [], []
    monkeypatch.setattr(nightly, "run_job", lambda *words, environment: ran.append((words, environment)))
    monkeypatch.setattr(nightly.SparkSubmitOperator, "execute", lambda self, context: submitted.append(self.task_id))
    task.execute({})
    [((name, *words), environment)] = ran
    assert (name, environment, submitted) == ("reach", {"CLOUT_SPARK_MASTER": "local[2]"}, [])
    assert importlib.import_module("reach").arg_parser().parse_args(words).day == date(2026, 3, 14)
    monkeypatch.setenv("AIRFLOW_CONN_SPARK_DEFAULT", '{"conn_type": "spark", "host": "spark://master", "port": 7077}')
    cluster = nightly.dag.get_task("reach").prepare_for_execution()
    cluster.execute({})
    assert (len(ran), submitted) == (1, ["reach"])


@pytest.mark.parametrize(
    ("connection", "first", "last"),
    [
        ({"host": "spark://master", "port": 7077}, ["--master", "spark://master:7077"], []),
        (
            {"host": "spark://one:7077,two:7077"},
            ["--master", "spark://one:7077,two:7077"],
            [],
        ),
        (
            {"host": "yarn", "extra": {"deploy-mode": "client", "queue": "nights"}},
            ["--master", "yarn"],
            ["--queue", "nights", "--deploy-mode", "client"],
        ),
        (
            {"host": "k8s://https://kubernetes.example", "port": 6443, "extra": {"namespace": "clout"}},
            ["--master", "k8s://https://kubernetes.example:6443"],
            [],
        ),
    ],
    ids=["standalone", "standalone with a standby master", "yarn", "kubernetes"],
)
def test_the_command_for_a_cluster_differs_by_its_connection_alone(nightly, monkeypatch, connection, first, last):
    here = argv(nightly, "score", CONTEXT)
    kept = {"PYSPARK_PYTHON": sys.executable, "CLOUT_LOG": "json"}
    monkeypatch.setenv("AIRFLOW_CONN_SPARK_DEFAULT", json.dumps({"conn_type": "spark", **connection}))
    # Comes with Airflow's provider for Kubernetes, without which the one for Spark stumbles over such a connection.
    hook = "airflow.providers.apache.spark.hooks.spark_submit"
    monkeypatch.setattr(f"{hook}.kube_client", object(), raising=False)
    there = argv(nightly, "score", CONTEXT)
    master = here.index("--master")
    assert there[: master + 2] == [*here[:master], *first]
    rest, name = there[master + 2 :], here.index("--name")
    settings = {word for flag, word in pairwise(rest) if flag == "--conf"}
    own = {word for flag, word in pairwise(here) if flag == "--conf"}
    added = {
        "yarn": {f"spark.yarn.appMasterEnv.{name}={value}" for name, value in kept.items()},
        "k8s:": {f"spark.kubernetes.driverEnv.{name}={value}" for name, value in kept.items()}
        | {"spark.kubernetes.namespace=clout"},
    }
    assert settings == own | added.get(first[1][:4], set())
    job = here.index(str(ROOT / "jobs" / "score.py"))
    assert rest[rest.index("--name") :] == [*here[name:job], *last, *here[job:]]


def test_a_job_asks_spark_connect_where_the_connection_is_one_and_nobody_sees_its_token(nightly, monkeypatch):
    ran: list = []
    monkeypatch.setattr(nightly, "run_job", lambda *words, environment: ran.append((words, environment)))
    connection = {"conn_type": "spark_connect", "host": "connect.example", "port": 15002, "password": "planted-secret"}
    monkeypatch.setenv("AIRFLOW_CONN_SPARK_DEFAULT", json.dumps(connection))
    task = nightly.dag.get_task("reach").prepare_for_execution()
    task.render_template_fields(dict(CONTEXT))
    task.execute({})
    [((name, *words), environment)] = ran
    assert (name, environment) == ("reach", {"SPARK_REMOTE": "sc://connect.example:15002/;token=planted-secret"})
    rendered = [str(getattr(task, field)) for field in task.template_fields]
    assert "planted-secret" not in "".join([*words, *rendered])


def test_a_backfill_scores_its_own_days(nightly):
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="leave it empty"):
        nightly.list_sources.function({"day": "2026-03-14"}, CONTEXT["dag_run"], "2026-03-12")


def test_the_day_that_is_noted_on_a_run_of_a_backfill_is_its_own(nightly, tasks, tmp_path, monkeypatch):
    (tmp_path / "sources.toml").write_text('[[source]]\nname = "murmur"\n')
    monkeypatch.setattr(tasks, "SOURCES", str(tmp_path))
    assert nightly.list_sources.function({"day": "2026-03-12"}, CONTEXT["dag_run"], "2026-03-12") == [["murmur"]]


def test_publish_names_the_day_as_the_assets_partition(nightly):
    _, event, alerts = published(nightly, CONTEXT)
    assert event.partition_keys == {"2026-03-14"}
    assert event.extra["night"].endswith("/2026-03-14/backfill__2026-03-14T00-00-00-00-00/night.html")
    assert alerts == []


def test_a_published_night_is_told_where_an_operator_wants_it(nightly):
    _, event, [alert] = published(nightly, CONTEXT, told="on")
    assert alert == f"2026-03-14 is published: {event.extra['night']}"


@pytest.mark.parametrize(
    ("run_type", "typed", "who", "reason"),
    [
        ("backfill", "a late export", "ann", "a late export"),
        ("backfill", None, "ann", "backfill by ann"),
        ("backfill", None, None, "backfill"),
        ("manual", None, "ann", ""),
        ("scheduled", None, None, ""),
    ],
)
def test_the_reason_of_a_publication(nightly, run_type, typed, who, reason):
    run = SimpleNamespace(run_type=run_type, run_after=ASKED, conf={}, triggering_user_name=who)
    command, _, _ = published(nightly, {**CONTEXT, "dag_run": run, "params": {"day": None, "reason": typed}})
    assert f"--reason={reason}" in command


@pytest.mark.parametrize(
    ("message", "action"),
    [
        ("Bash command failed. The command returned a non-zero exit code 65.", "fail"),
        ("Cannot execute: spark-submit jobs/audit.py. Error code is: 65.", "fail"),
        ("Cannot execute: spark-submit jobs/audit.py. Error code is: 2.", "fail"),
        ("Cannot execute: spark-submit jobs/audit.py. Error code is: 1.", "default"),
        ("Bash command failed. The command returned a non-zero exit code 137.", "default"),
        ("Cannot execute: spark-submit. Error code is: 650.", "default"),
        ("connection reset", "default"),
    ],
)
def test_poison_is_not_retried(nightly, message, action):
    assert nightly.dag.default_args["retry_policy"].evaluate(RuntimeError(message), 1, 3).action.value == action


def test_parsing_needs_nothing_heavy():
    """Measured: the file adds a tenth of a second to Airflow's own import. Here: it may not pull in anything slow."""
    code = (
        "import sys; sys.path.insert(0, 'dags'); import clout_nightly;"
        " heavy = {'pyspark', 'great_expectations', 'pandas', 'pyarrow', 'duckdb', 'psycopg', 'pyiceberg'};"
        " print(sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
