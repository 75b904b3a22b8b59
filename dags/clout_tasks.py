"""What the DAGs share: where things are, how a job is run, which warehouse it works on, and who hears of a failure."""

from __future__ import annotations

import difflib
import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from airflow.providers.standard.hooks.subprocess import SubprocessHook, SubprocessResult
from airflow.sdk import Asset, Connection, Param, RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

ROOT = Path(os.environ.get("CLOUT_ROOT") or Path(__file__).resolve().parents[1])
JOBS = ROOT / "jobs"
PYTHON = os.environ.get("CLOUT_PYTHON") or sys.executable
HOME = Path(os.environ.get("CLOUT_HOME") or ROOT / ".clout")
SOURCES = os.environ.get("CLOUT_SOURCES") or str(HOME / "world" / "sources.toml")
LAKE = os.environ.get("CLOUT_LAKE") or str(HOME / "lake")
STAGING = os.environ.get("CLOUT_STAGING") or str(HOME / "staging")
MODEL = os.environ.get("CLOUT_MODEL") or str(ROOT / "sql" / "models" / "v2.toml")
REPORTS = os.environ.get("CLOUT_REPORTS") or str(HOME / "reports")

#: Where browsers find the Data Docs.
REPORTS_URL = os.environ.get("CLOUT_REPORTS_URL") or Path(REPORTS).absolute().as_uri()
#: Where it is written what to do.
RUNBOOK = f"{ROOT / 'dags' / 'README.md'}#runbook"

#: Jobs log one JSON object a line here, unless Airflow's own environment says otherwise.
LOG_LINES = {"CLOUT_LOG": "json"}

#: Airflow's form for backfills sends what is typed into a DAG's fields only where that box is ticked.
ARRIVES = "In a backfill it arrives only with 'Override parameters on existing runs' ticked."

#: Partitioned by day: consumers run once per published day, backfilled days included.
SCORES = Asset("clout.scores")


class NoRetryOnInvalidInput(RetryPolicy):
    """Do not retry what retrying cannot cure: exit status 65 (the input is wrong) or 2 (the command line is)."""

    def evaluate(self, exception, try_number, max_tries, context=None):
        """Fail at once on the jobs' own words for it, else retry as configured."""
        if re.search(r"(?:exit code|Error code is:) (?:65|2)\b", str(exception)):
            return RetryDecision.fail("the input is wrong; retrying cannot help")
        return RetryDecision.default()


def settings(*, hours: int, retries: int = 2, wait_minutes: int = 5, runs: int = 1) -> dict[str, Any]:
    """The arguments that all of Clout's DAGs share: no retry that cannot help, word of a failure for good.

    hours: what a task may take. wait_minutes: between a task's retries. runs: at a time.
    """
    return {
        # Early enough to backfill any archive of social media.
        "start_date": datetime(2006, 1, 1, tzinfo=UTC),
        "catchup": False,
        "max_active_runs": runs,
        "default_args": {
            "owner": "clout",
            "retries": retries,
            "retry_delay": timedelta(minutes=wait_minutes),
            "retry_policy": NoRetryOnInvalidInput(),
            "execution_timeout": timedelta(hours=hours),
            "on_failure_callback": tell,
        },
        "tags": ["clout"],
    }


def day_field(title: str, description: str = "") -> Param:
    """A day in a DAG's form, which may be left empty."""
    return Param(None, type=["null", "string"], format="date", title=title, description=description)


def reason_field(description: str) -> Param:
    """The reason in a DAG's form, which may be left empty."""
    return Param(None, type=["null", "string"], maxLength=500, title="Reason", description=description)


def score_day(params: Mapping[str, Any], dag_run: Any, ds: str | None) -> str:
    """The day that a run is about: the form's, else its logical date; of a run by hand never a day that is not over.

    Whoever triggers a run with an empty form, or with the date that Airflow fills in, means the last day that is over.
    """
    if params.get("day"):
        return params["day"]
    last = (dag_run.run_after - timedelta(days=1)).date().isoformat()
    if not ds or (dag_run.run_type == "manual" and ds > last):
        return last
    return ds


def why(params: Mapping[str, Any], dag_run: Any) -> str:
    """Why a run is made: what the form says, else of a backfill that it is one, and whose; empty where nobody said."""
    if params.get("reason"):
        return params["reason"]
    if dag_run.run_type != "backfill":
        return ""
    who = getattr(dag_run, "triggering_user_name", None)
    return f"backfill by {who}" if who else "backfill"


def refuse_unknown_keys(dag_run: Any, known: Iterable[str]) -> None:
    """Fail where a run's configuration holds a key that no field of the form has: it would change nothing, and say nothing."""
    names = sorted(known)
    for key in dag_run.conf or {}:
        if key not in names:
            close = difflib.get_close_matches(str(key).lower(), names, 1)
            meant = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)}"
            raise AirflowFailException(f"the run's configuration has {key!r}, which nothing reads; {meant}")


def refuse_unless_over(day: str) -> None:
    """Fail where a day is not over, in UTC: what happens until midnight would be missing for good."""
    now = datetime.now(UTC)
    if date.fromisoformat(day) >= now.date():
        raise AirflowFailException(
            f"{day}: that day is not over, it is {now:%Y-%m-%d %H:%M} UTC; the last day that is over is"
            f" {now.date() - timedelta(days=1)}"
        )


def sources_by_host() -> list[list[str]]:
    """The names of all configured sources, those of one host together, since they share its limits."""
    file = Path(SOURCES)
    if file.is_dir():
        file = file / "sources.toml"
    try:
        hosts: dict[str, list[str]] = {}
        for source in tomllib.loads(file.read_text(encoding="utf-8"))["source"]:
            if not re.fullmatch(r"[a-z][a-z0-9_]*", source["name"]):
                raise ValueError(f"{source['name']!r} cannot name a source")
            host = urlsplit(source.get("base_url") or "").netloc or source["name"]
            hosts.setdefault(host, []).append(source["name"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AirflowFailException(f"{file}: not a sources file ({error!r}); set CLOUT_SOURCES") from error
    return list(hosts.values())


def token_of(source: str) -> dict[str, str]:
    """The environment in which a source's job finds its token: the password of the connection clout_<source>."""
    try:
        token = Connection.get(f"clout_{source}").password
    except AirflowNotFoundException:
        token = None
    return {f"CLOUT_TOKEN_{source.upper()}": token} if token else {}


def warehouse() -> dict[str, str]:
    """The environment that names the warehouse of the connection warehouse_default; empty where there is none.

    A connection of type postgres is a server; of any other type, its host says what CLOUT_WAREHOUSE would. The password
    goes to the job in its environment, where neither a log, a command line nor the UI shows it.

    Fails where that can be no place that outlives the task: a job runs in a folder that is removed after it.
    """
    try:
        connection = Connection.get("warehouse_default")
    except AirflowNotFoundException:
        _refuse_no_place(os.environ.get("CLOUT_WAREHOUSE") or str(HOME / "warehouse"), "CLOUT_WAREHOUSE")
        return {}
    if connection.conn_type not in ("postgres", "postgresql"):
        _refuse_server(connection)
        _refuse_no_place(connection.host or "", "the host of the connection warehouse_default")
        return {"CLOUT_WAREHOUSE": connection.host or ""}
    if not connection.host or not connection.schema:
        raise AirflowFailException(f"warehouse_default of type postgres names no host or no database; {_STORE_SERVER}")
    user = f"{quote(connection.login, safe='')}@" if connection.login else ""
    address = (
        f"postgresql://{user}{connection.host}:{connection.port or 5432}/{quote(connection.schema or '', safe='')}"
    )
    return {"CLOUT_WAREHOUSE": address, "PGPASSWORD": connection.password or ""}


#: A type that no provider brings is stored by --conn-type as generic, with a warning only; by JSON it is kept.
_STORE_SERVER = (
    "airflow connections add warehouse_default --conn-json"
    """ '{"conn_type": "postgres", "host": "db.example", "login": "clout_publisher", "password": "...", "schema": "clout"}'"""
)


def _refuse_server(connection: Connection) -> None:
    """Fail where a connection of another type than postgres has what only a server has."""
    server = {"login": connection.login, "port": connection.port, "schema": connection.schema}
    if given := [name for name, value in server.items() if value]:
        raise AirflowFailException(
            f"warehouse_default is of type {connection.conn_type or 'none'} and has a {' and a '.join(given)}, which only a"
            " server has. Known are: type postgres for a server, and generic with a folder or iceberg:... as its host, and"
            " nothing else. `airflow connections add --conn-type postgres` stores generic where the postgres provider is not"
            f" installed, which Clout does not need: delete the connection, and {_STORE_SERVER}"
        )


def _refuse_no_place(text: str, where: str) -> None:
    """Fail where a warehouse's text names a place relative to a job's temporary folder, or in such a folder."""
    kind, _, rest = text.partition(":")
    if kind in ("postgres", "postgresql") and rest.startswith("//"):
        return
    folder = rest if kind == "iceberg" else text
    if kind == "iceberg" and folder and "/" not in folder:
        return  # the name of a catalogue
    if not folder.startswith("/") or any(part.startswith("airflowtmp") for part in Path(folder).parts):
        raise AirflowFailException(
            f"{where} is {text!r}: no full path, and a task's own folder is removed after it. Give a folder as"
            " /srv/clout/warehouse, iceberg:/srv/clout/lakehouse, the name of a catalogue as iceberg:prod, or for a server:"
            f" {_STORE_SERVER}"
        )


def run(name: str, *arguments: str, environment: Mapping[str, str]) -> SubprocessResult:
    """Run jobs/<name>.py; its lines go to the task's log. It ends when the task does, at its time's end or stopped.

    environment: what the job finds there besides what the task does.
    """
    hook = SubprocessHook()
    # Airflow's own handler only tells the operator, and a function's operator does nothing: the job would outlive the task.
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        return hook.run_command(
            [PYTHON, str(JOBS / f"{name}.py"), *arguments], env={**LOG_LINES, **os.environ, **environment}
        )
    except BaseException:
        hook.send_sigterm()
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(*_: object) -> None:
    raise AirflowException("stopped from outside")


def run_job(name: str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run jobs/<name>.py, by default on the warehouse, and raise AirflowException with its exit status. Gives the last line."""
    done = run(name, *arguments, environment=warehouse() if environment is None else environment)
    if done.exit_code:
        raise AirflowException(f"{reason(done.output)} (jobs/{name}.py failed. Error code is: {done.exit_code}.)")
    return done.output


def reason(line: str | None) -> str:
    """What a job's last line says went wrong: its message, where it is a log line in JSON."""
    try:
        return str(json.loads(line or "")["message"])
    except (ValueError, KeyError, TypeError):
        return (line or "no word").removeprefix("clout: ")


def report_of(day: str, run: str, page: str) -> str:
    """Where a page of a run's reports is: --day and --run, as jobs/clout/config/arguments.py makes a folder's name of a run."""
    return f"{REPORTS_URL}/{day}/{re.sub(r'[^A-Za-z0-9_.-]+', '-', run).strip('-.')}/{page}"


def alert(text: str) -> None:
    """Tell people, by jobs/alert.py."""
    subprocess.run([PYTHON, str(JOBS / "alert.py"), "--text", text[:1000]], timeout=60, check=False)


def tell(context) -> None:
    """Airflow's callback for a task that failed for good: say which, of which day and run, why, and what to do.

    What is published is left as it was by whatever fails; the reason names the check, its table and what it saw.
    """
    ti = context["ti"]
    run = context.get("dag_run")
    day = f" of {score_day(context['params'], run, context.get('ds'))}" if run and "day" in context["params"] else ""
    text = (
        f"{ti.dag_id}.{ti.task_id}{day} ({context['run_id']}) failed: {str(context.get('exception'))[:700]}. What was published"
        " before is still shown."
    )
    if ti.task_id == "audit" and day:
        text += f" Data Docs: {report_of(day.removeprefix(' of '), context['run_id'], 'index.html')}"
    text += f" What to do: {RUNBOOK}"
    alert(text)
