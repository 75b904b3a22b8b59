"""### Clout, purge

Removes every day what platforms showed and may be kept no longer, by each platform's rule (`jobs/clout/retention.py`). What was
done lies in `lake/purge_log`: counts, never people.

**Which day?** The form's *day*, else the run's logical date: the rules are applied as they stand at the end of that day. A run
that was missed is made up for by the next. **Dry run** says what would be removed, and removes nothing.
"""

from __future__ import annotations

import subprocess
from datetime import timedelta

import pendulum
from airflow.sdk import DAG, CronDataIntervalTimetable, Param, task
from airflow.sdk.exceptions import AirflowFailException
from clout_tasks import JOBS, LAKE, PYTHON, SOURCES, tell

with DAG(
    dag_id="clout_purge",
    doc_md=__doc__,
    # After the night that starts at midnight; a purge of the day before leaves that night's own snapshots alone.
    schedule=CronDataIntervalTimetable("30 0 * * *", timezone="UTC"),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "clout",
        "retries": 2,
        "retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(hours=3),
        "on_failure_callback": tell,
    },
    params={
        "day": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Day",
            description="The rules are applied as they stand at the end of this day. Empty: the run's logical date.",
        ),
        "dry_run": Param(
            False, type="boolean", title="Dry run", description="Say what would be removed, and remove nothing."
        ),
    },
    tags=["clout"],
) as dag:

    @task
    def purge(params: dict, ds: str | None = None) -> None:
        """Run jobs/purge.py; its output is the task's log."""
        day = params["day"] or ds
        if not day:
            raise AirflowFailException("no day: trigger with a logical date, or fill in the form's day")
        command = [PYTHON, str(JOBS / "purge.py"), "--day", day, "--lake", LAKE, "--sources", SOURCES]
        done = subprocess.run([*command, "--dry-run"] if params["dry_run"] else command)
        if done.returncode in (2, 65):
            raise AirflowFailException("the input is wrong; retrying cannot help")
        done.check_returncode()

    purge()
