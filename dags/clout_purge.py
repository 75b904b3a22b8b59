"""### Clout, purge

Removes what platforms showed and may be kept no longer, by each platform's rule (`jobs/clout/privacy/retention.py`). What was
done lies in `lake/purge_log`: counts, never people.

**On or off.** Every day, once the Variable `clout_retention` is `on` (Admin, Variables). Until then a scheduled run removes
nothing: it says what is overdue, and tells `CLOUT_ALERT_URL` when that has been so for two days. So unpausing this DAG deletes
nothing.

**Which day?** The form's *day*, else the run's logical date: the rules are applied as they stand at the end of that day. A run
that was missed is made up for by the next. **Dry run**, the default of the form, says what would be removed, and removes
nothing.
"""

from __future__ import annotations

import logging
import re
from datetime import date, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable, Param, Variable, task
from clout_tasks import LAKE, SOURCES, alert, day_field, refuse_unknown_keys, run_job, score_day, settings, warehouse

LOG = logging.getLogger(__name__)

#: The Variable by which an operator switches retention on.
VARIABLE = "clout_retention"

with DAG(
    dag_id="clout_purge",
    doc_md=__doc__,
    # After the night that starts at midnight; a purge of the day before leaves that night's own snapshots alone.
    schedule=CronDataIntervalTimetable("30 0 * * *", timezone="UTC"),
    **settings(hours=3, wait_minutes=10),
    params={
        "day": day_field(
            "Day", "The rules are applied as they stand at the end of this day. Empty: the run's logical date."
        ),
        "dry_run": Param(
            True, type="boolean", title="Dry run", description="Say what would be removed, and remove nothing."
        ),
    },
) as dag:

    @task
    def purge(params: dict, dag_run, ds: str | None = None) -> None:
        """Run jobs/purge.py; its output is the task's log. A scheduled run removes only where retention is on."""
        refuse_unknown_keys(dag_run, params)
        day = score_day(params, dag_run, ds)
        command = ["--lake", LAKE, "--sources", SOURCES]
        if dag_run.run_type == "manual":
            run_job(
                "purge", "--day", day, *command, *(["--dry-run"] if params["dry_run"] else []), environment=warehouse()
            )
            return
        if Variable.get(VARIABLE, default="off") == "on":
            run_job("purge", "--day", day, *command, environment=warehouse())
            return
        said = run_job("purge", "--day", day, *command, "--dry-run", environment=warehouse())
        LOG.warning(f"retention is off, nothing was removed: {said}; set the Variable {VARIABLE} to on")
        before = (date.fromisoformat(day) - timedelta(days=2)).isoformat()
        said = run_job("purge", "--day", before, *command, "--dry-run", environment=warehouse())
        if not re.search(r"\b0 partitions", said):
            alert(f"retention is off, and what platforms showed is overdue for two days: {said}; set {VARIABLE} to on")

    purge()
