"""### Clout, erase

Removes one person everywhere: raw pages, snapshots, counts, staged runs and every published version; then searches every file
for the person and fails if one is left. The person does not come back with the next pull. A run that was cut short is completed
by the next one about the same person. It waits for steps of nights that run, and they wait for it.

**Whose account?** Best in the Variable `clout_erase_secret` (Admin, Variables), with *Account key* left empty: Airflow masks
it, encrypts it where a Fernet key is set, and this DAG deletes it when all is done. A key that is written into the form stays
in Airflow's own metadata, where no task may delete it: in the run's configuration, and in the audit log of who triggered what.
Delete the run in the UI afterwards, and have `airflow db clean --tables log` remove the entry.

Neither way does the key become a part of a command line, of rendered templates or of this task's log.

**Afterwards** take the person out of your own exports and lists: those are not touched.
"""

from __future__ import annotations

from airflow.sdk import DAG, Param, Variable, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from airflow.sdk.log import mask_secret
from clout_tasks import LAKE, SOURCES, STAGING, run, settings, warehouse

#: The name says "secret", so that Airflow masks its value wherever it would show it.
VARIABLE = "clout_erase_secret"

with DAG(
    dag_id="clout_erase",
    doc_md=__doc__,
    schedule=None,
    **settings(hours=6, wait_minutes=10),
    params={
        "account_key": Param(
            None,
            type=["null", "string"],
            pattern=r"^[a-z][a-z0-9_]{0,30}:\S+$",
            title="Account key",
            description=f"Such as murmur:88. Better empty, and the key in the Variable {VARIABLE}.",
        ),
        "reason": Param(
            None,
            type=["null", "string"],
            maxLength=200,
            title="Reason",
            description="Such as the number of the request. Name nobody: Airflow keeps it.",
        ),
        "check_only": Param(
            True,
            type="boolean",
            title="Check only",
            description="Search, name where the person is, and change nothing: see it first, then erase.",
        ),
        "one_account": Param(
            False,
            type="boolean",
            title="This account only",
            description="Else all accounts that are linked to one person.",
        ),
        "confirmed": Param(
            False,
            type="boolean",
            title="Confirmed",
            description="The request is the person's own. This cannot be undone.",
        ),
    },
) as dag:

    @task(pool="publish")
    def erase(params: dict, dag_run) -> None:
        """Run jobs/erase.py, with the key in its environment; its output is the task's log."""
        key = params["account_key"] or Variable.get(VARIABLE, default=None)
        if not key:
            raise AirflowFailException(f"no account key: set the Variable {VARIABLE}, or fill in the form")
        mask_secret(key)
        if not params["confirmed"] and not params["check_only"]:
            raise AirflowFailException("not confirmed: this cannot be undone")
        command = ["--day", dag_run.run_after.date().isoformat()]
        command += ["--lake", LAKE, "--staging", STAGING, "--sources", SOURCES]
        command += ["--check-only"] if params["check_only"] else []
        command += ["--one-account"] if params["one_account"] else []
        done = run("erase", *command, environment=warehouse() | {"CLOUT_ERASE_KEY": key})
        if done.exit_code in (2, 65):
            raise AirflowFailException(
                "nobody is meant by the key, the person is still somewhere, or the input is wrong: the log says which. The"
                f" key stays in the Variable {VARIABLE}: correct it and run again, or delete it"
            )
        if done.exit_code:
            raise AirflowException(f"jobs/erase.py failed. Error code is: {done.exit_code}.")
        if not params["account_key"] and not params["check_only"]:
            Variable.delete(VARIABLE)

    erase()
