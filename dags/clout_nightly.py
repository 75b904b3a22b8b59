"""### Clout, one night

Scores one day: pulls every source's snapshots, conforms them to activity, computes ties, the graph of trust and ranks, and
the three measures, scores, audits, and publishes the day's tables in one step, or nothing.

**Which day?** The form's *day*, else the run's logical date (UTC). An empty form never scores a day that is not over, but the
last one that is; a later day is refused. A scheduled or backfill run scores the day on which its interval starts;
for a backfill leave the form's day empty. Runs do not depend on one another: any day, any order, again and again; the
same content publishes nothing new.

**Waits?** The audit found something on which a person must decide: `approve` shows what (*Required Actions*). Yes publishes,
no publishes nothing, and no answer within four hours means no; what was published before stands.

**Red?** `audit` red: the data is not fit to publish; its log names the check, and yesterday's tables stand. Exit status 65
means that the input is wrong: it is not retried, since it would stay wrong. Any other failure is retried.

**Needs** the connection `spark_default` (where Spark runs), the pools `pull` (hosts asked at once), `spark` and `publish` (one
slot each), and in the environment `CLOUT_SOURCES` (the sources file) and `CLOUT_HOME` (or `CLOUT_LAKE`, `CLOUT_STAGING`).
`make ui` sets up all of it. A source that wants a token finds it in the password of the connection `clout_<source>`; without
one it is skipped, and the night goes on. The night is published where the connection `warehouse_default` says, else where
`CLOUT_WAREHOUSE` does. `CLOUT_ALERT_URL` hears of failures and late nights, and of each published night, with the link to its
page, where the Variable `clout_tell_nights` is `on`.
"""

from __future__ import annotations

import json
import logging
import os
from datetime import timedelta
from pathlib import Path

from airflow.providers.apache.spark.hooks.spark_connect import SparkConnectHook
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import (
    DAG,
    AsyncCallback,
    BaseOperatorLink,
    Connection,
    CronDataIntervalTimetable,
    DeadlineAlert,
    DeadlineReference,
    Variable,
    task,
)
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from clout_tasks import (
    ARRIVES,
    JOBS,
    LAKE,
    LOG_LINES,
    MODEL,
    PYTHON,
    REPORTS,
    SCORES,
    SOURCES,
    STAGING,
    alert,
    day_field,
    reason_field,
    refuse_unknown_keys,
    refuse_unless_over,
    report_of,
    run,
    run_job,
    score_day,
    settings,
    sources_by_host,
    token_of,
    why,
)

LOG = logging.getLogger(__name__)

#: Rendered for each run; the jobs' own parsers refuse anything that is not a day.
DAY = "{{ score_day(params, dag_run, ds | default(none)) }}"
RUN = "{{ run_id }}"

#: The Variable by which an operator has each published night told, too.
TELL_NIGHTS = "clout_tell_nights"


class SparkJob(SparkSubmitOperator):
    """A job where the connection spark_default says: submitted there, or run here where its master is this machine.

    A connection of type spark_connect is a server of Spark Connect: the job runs here, and asks it. The address reaches the
    job in its environment alone, since it holds the token.

    Here there is nothing to submit to: processes of this machine do the tasks, and a JVM that waits for them was half of all
    seconds of a small night.
    """

    def execute(self, context) -> None:
        """Run the job. Raises AirflowException with its exit status."""
        job = (Path(self.application).stem, *self.application_args)
        if Connection.get(self._conn_id).conn_type == SparkConnectHook.conn_type:
            run_job(*job, environment={"SPARK_REMOTE": SparkConnectHook(self._conn_id).get_connection_url()})
            return
        master = self._get_hook()._connection["master"]
        if not master.startswith("local"):
            super().execute(context)
            return
        run_job(*job, environment={"CLOUT_SPARK_MASTER": master})


def spark_job(name: str, *arguments: str) -> SparkJob:
    """One Spark job on the connection spark_default: jobs/<name>.py for the run's day."""
    return SparkJob(
        task_id=name,
        conn_id="spark_default",
        application=str(JOBS / f"{name}.py"),
        application_args=["--day", DAY, *arguments],
        name=f"clout {name} {DAY}",
        env_vars={"PYSPARK_PYTHON": PYTHON, **LOG_LINES},
        # Client mode. A cluster's own settings come with its spark-defaults.
        conf={
            "spark.driver.memory": os.environ.get("CLOUT_DRIVER_MEMORY") or "2g",
            "spark.sql.shuffle.partitions": "8",
            "spark.ui.enabled": "false",
            "spark.log.level": "WARN",
        },
        pool="spark",
    )


class DataDocs(BaseOperatorLink):
    """The button on the audit's task that leads to the run's Data Docs."""

    name = "Data Docs"

    def get_link(self, operator, *, ti_key) -> str:
        """Where the audit wrote them."""
        words = operator.application_args
        day, run = (words[words.index(name) + 1] for name in ("--day", "--run"))
        return report_of(day, run, "index.html")


with DAG(
    dag_id="clout_nightly",
    doc_md=__doc__,
    # Midnight UTC, with an interval: ds is the day to score, and backfill ranges include both ends.
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    dagrun_timeout=timedelta(hours=6),
    # The night of day D ought to be published at 06:00 of D + 1, 30 hours after its logical date. An import path, not a
    # function: the triggerer imports it from the installed package, and could not import it from here.
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
        interval=timedelta(hours=30),
        callback=AsyncCallback("clout.quality.alerts.night_is_late"),
    ),
    # Not one run: one by hand would wait for that which unpausing starts, and a day that is not over be refused late. The pool
    # `spark` lets one task at a time compute.
    **settings(hours=3, runs=3),
    params={
        "day": day_field("Day to score", "Empty: the run's logical date, or the last day that is over."),
        "reason": reason_field(f"Why this run is made; kept in meta.publish_log. {ARRIVES}"),
    },
    user_defined_macros={"score_day": score_day},
) as dag:

    @task(task_id="sources")
    def list_sources(params: dict, dag_run, ds: str | None = None) -> list[list[str]]:
        """The names of all configured sources, those of one host together, since they share its limits.

        Stops a run of a day that is not over, or that names too many, before it does anything.
        """
        refuse_unknown_keys(dag_run, params)
        day = score_day(params, dag_run, ds)
        refuse_unless_over(day)
        if dag_run.run_type == "backfill" and params.get("day") not in (None, ds):
            raise AirflowFailException("every run of a backfill would score the form's day: leave it empty")
        hosts = sources_by_host()
        LOG.info(f"scoring {day} from {', '.join(name for names in hosts for name in names)}")
        return hosts

    # A token reaches the job in its environment alone: rendered fields and command lines are for everybody to see.
    @task(pool="pull", map_index_template="{{ task.op_kwargs['sources'] | join(', ') }}")
    def pull(sources: list[str], day: str) -> None:
        """Land what the sources of one host still owe the lake, one after the other."""
        failed: dict[str, int] = {}
        for source in sources:
            where = ["--lake", LAKE, "--sources", SOURCES, "--model", MODEL]
            pulled = run("pull", "--source", source, "--day", day, *where, environment=token_of(source))
            if pulled.exit_code:
                failed[source] = pulled.exit_code
        if failed:
            # What retrying can cure decides: the other sources of the host fail again, and then for good.
            curable = {source: code for source, code in failed.items() if code not in (2, 65)} or failed
            raise AirflowException("; ".join(f"pull of {source}: exit code {code}" for source, code in curable.items()))

    @task
    def baseline(run_id: str, day: str) -> None:
        """Write what earlier published days were like beside the staged run, for the audit to compare with."""
        run_job("baseline", "--day", day, "--run", run_id, "--staging", STAGING)

    @task.branch
    def pending_approvals(run_id: str, day: str, ti) -> str:
        """Straight to publish, unless the audit found something on which a person must decide."""
        waits = json.loads(run_job("pending_approvals", "--day", day, "--run", run_id, "--staging", STAGING))
        ti.xcom_push(key="waits", value="\n".join(f"- {check}" for check in waits))
        return "approve" if waits else "publish"

    # A no fails the task, so that the night is red: it was not published. It is not asked twice.
    approve = ApprovalOperator(
        task_id="approve",
        subject=f"Publish {DAY} although checks failed?",
        body="{{ ti.xcom_pull(task_ids='pending_approvals', key='waits') }}",
        response_timeout=timedelta(hours=4),
        defaults="Reject",
        fail_on_reject=True,
        retries=0,
    )

    @task(outlets=[SCORES], pool="publish", trigger_rule="none_failed_min_one_success")
    def publish(params: dict, run_id: str, outlet_events, ti, dag_run, ds: str | None = None) -> None:
        """Make the audited run visible; the day becomes the asset's partition when that has succeeded."""
        day = score_day(params, dag_run, ds)
        answer = ti.xcom_pull(task_ids="approve") or {}
        person = (answer.get("responded_by_user") or {}).get("name") if answer else None
        run_job(
            "publish",
            *("--day", day, "--run", run_id, f"--reason={why(params, dag_run)}", "--staging", STAGING),
            *("--reports", REPORTS),
            *([f"--approved-by={person or 'somebody in Airflow'}"] if answer else []),
        )
        page = report_of(day, run_id, "night.html")
        outlet_events[SCORES].add_partitions(day)
        # The asset's page lists its events with this.
        outlet_events[SCORES].extra["night"] = page
        print(f"The night's page: {page}")
        if Variable.get(TELL_NIGHTS, default="off") == "on":
            alert(f"{day} is published: {page}")

    evidence = ["--lake", LAKE, "--sources", SOURCES, "--model", MODEL]
    audit = spark_job("audit", "--run", RUN, "--lake", LAKE, "--staging", STAGING, "--reports", REPORTS)
    audit.operator_extra_links = (DataDocs(),)
    published = publish()
    (
        pull.partial(day=DAY).expand(sources=list_sources())
        >> spark_job("conform", *evidence)
        >> spark_job("ties", *evidence)
        >> spark_job("graph", *evidence)
        >> [spark_job(measure, *evidence) for measure in ("reach", "amplification", "network")]
        >> spark_job("score", "--run", RUN, "--staging", STAGING, *evidence)
        >> baseline(day=DAY)
        >> audit
        >> pending_approvals(day=DAY)
        >> [approve, published]
    )
    approve >> published
