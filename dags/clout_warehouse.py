"""### Clout, the warehouse by hand

*Trigger*, choose what to do, fill in the form. None of it is ever scheduled.

**versions**, the default, lists what was published and rolled back when, of the day or of all, and changes nothing.

**rollback** shows a day as it was: a new version with old content. Leave *Version* empty for the state before the day's last
publication. The next night's run of that day publishes its own content again.

**gc** forgets states that were replaced more than *Keep days* ago, and removes what a crash left. What is shown is never
forgotten. Afterwards nobody can roll back to what it forgot.
"""

from __future__ import annotations

from airflow.sdk import DAG, Param, task
from airflow.sdk.exceptions import AirflowFailException
from clout_tasks import day_field, reason_field, refuse_unknown_keys, run_job, settings


def command(params: dict) -> list[str]:
    """The arguments of jobs/warehouse.py that the form asks for. Stops where the form lacks one."""
    if params["action"] == "versions":
        return ["versions", *(["--day", params["day"]] if params["day"] else [])]
    if params["action"] == "gc":
        return ["gc", "--keep-days", str(params["keep_days"])]
    if not params["day"] or not (params["reason"] or "").strip():
        raise AirflowFailException("a rollback needs a day and a reason: fill in both")
    to = ["--to", str(params["version"])] if params["version"] else []
    return ["rollback", "--day", params["day"], f"--reason={params['reason']}", *to]


with DAG(
    dag_id="clout_warehouse",
    doc_md=__doc__,
    schedule=None,
    **settings(hours=1, retries=1, wait_minutes=1),
    params={
        "action": Param("versions", enum=["versions", "rollback", "gc"], title="What to do"),
        "day": day_field("Day to list or roll back"),
        "version": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            title="Version",
            description="Of that day, from meta.publish_log. Empty: the state before its last publication.",
        ),
        "keep_days": Param(30, type="integer", minimum=0, title="Keep days", description="For gc."),
        "reason": reason_field("Kept in meta.publish_log."),
    },
) as dag:

    @task(pool="publish")
    def warehouse(params: dict, dag_run) -> None:
        """List versions, roll a day back, or collect garbage."""
        refuse_unknown_keys(dag_run, params)
        run_job("warehouse", *command(params))

    warehouse()
