"""### Clout, the weekly look for damage

Reads every published file or row of the warehouse and holds it against the checksums that it was published with. It changes
nothing. Where something is missing, cut, edited or exchanged, the task fails, its log names each finding, and its last line is
the command that heals it.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, task
from clout_tasks import run_job, tell

with DAG(
    dag_id="clout_scrub",
    doc_md=__doc__,
    schedule="0 12 * * 6",
    start_date=pendulum.datetime(2006, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "clout",
        "retries": 0,
        "execution_timeout": timedelta(hours=12),
        "on_failure_callback": tell,
    },
    tags=["clout"],
) as dag:

    @task
    def scrub() -> None:
        """Name what is not as it was published."""
        run_job("warehouse", "scrub")

    scrub()
