"""### Clout, the weekly look for damage

Reads every published file or row of the warehouse and holds it against the checksums that it was published with. It changes
nothing. Where something is missing, cut, edited or exchanged, the task fails, its log names each finding, and its last line is
the command that heals it.
"""

from __future__ import annotations

from airflow.sdk import DAG, task
from clout_tasks import run_job, settings

with DAG(
    dag_id="clout_scrub",
    doc_md=__doc__,
    schedule="0 12 * * 6",
    **settings(hours=12, retries=0),
) as dag:

    @task
    def scrub() -> None:
        """Name what is not as it was published."""
        run_job("warehouse", "scrub")

    scrub()
