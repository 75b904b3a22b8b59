"""### Clout, many days at once

Scores and publishes every day from *first* to *last*, in that order, in one process: what the days share is started, pulled and
conformed once. A month so takes a fraction of thirty nights of *clout_nightly*, whose backfill (*Trigger*, *Backfill*) does the
same day by day, with a run, a log and a form for each.

**Refused days** stop none of the others. `refused` is red when there are any, and names them: those whose audit failed, and
those that wait for a person; trigger *clout_nightly* for such a day and answer its form. Run again, days that are published
publish nothing new.

**Needs** what *clout_nightly* needs. It computes on the machine of its task, also where `spark_default` is a cluster: backfill
days that are too large for that by *clout_nightly*.
"""

from __future__ import annotations

import json
from datetime import date

from airflow.sdk import DAG, Param, task
from airflow.sdk.exceptions import AirflowFailException
from clout_tasks import (
    LAKE,
    MODEL,
    REPORTS,
    SCORES,
    SOURCES,
    STAGING,
    reason_field,
    refuse_unknown_keys,
    refuse_unless_over,
    run_job,
    settings,
    sources_by_host,
    token_of,
    warehouse,
)

with DAG(
    dag_id="clout_backfill",
    doc_md=__doc__,
    schedule=None,
    **settings(hours=24),
    params={
        "first": Param(type="string", format="date", title="First day to score"),
        "last": Param(type="string", format="date", title="Last day to score"),
        "reason": reason_field("Why this is done; kept in meta.publish_log."),
    },
) as dag:
    # No pool: a month may take hours, and the night that falls into them must not wait for it. Locks keep the two apart.
    @task(outlets=[SCORES])
    def nights(params: dict, run_id: str, outlet_events, dag_run) -> dict[str, str]:
        """Score and publish the days; gives those that were refused, each with the reason."""
        if date.fromisoformat(params["last"]) < date.fromisoformat(params["first"]):
            raise AirflowFailException(f"{params['last']} is before {params['first']}")
        refuse_unknown_keys(dag_run, params)
        refuse_unless_over(params["last"])
        tokens = {
            name: token for host in sources_by_host() for source in host for name, token in token_of(source).items()
        }
        places = ["--lake", LAKE, "--staging", STAGING, "--reports", REPORTS, "--sources", SOURCES, "--model", MODEL]
        said = run_job(
            "night",
            *("--days", f"{params['first']}..{params['last']}", "--run", run_id, "--json"),
            *(f"--reason={params['reason'] or ''}", *places),
            environment=warehouse() | tokens,
        )
        done = json.loads(said)
        outlet_events[SCORES].add_partitions(done["published"])
        return done["refused"]

    @task(retries=0)
    def refused(days: dict[str, str]) -> None:
        """Fail where days were refused, naming them."""
        if days:
            raise AirflowFailException("not published: " + "; ".join(days.values()))

    refused(nights())
