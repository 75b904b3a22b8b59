"""Says on every run which day it scores: Airflow's own names of runs speak of the midnight at which a day's run begins.

When a run starts, its configuration (a column of the list of runs) gets the day, and so does its note (the run's page, and a
mark in the grid). A link to the explorer stands in the menu, where `make ui` started one.

Elsewhere than in `make ui`: put this file into Airflow's folder of plugins. Without it all works; the day stands in the log
of a run's first task alone.
"""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from typing import Any, ClassVar

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

LOG = logging.getLogger(__name__)

#: The DAGs whose runs are about one day, which the form may name.
OF_A_DAY = ("clout_nightly", "clout_purge")


def day_of(run_type: str, conf: dict[str, Any], logical_date: Any, run_after: Any) -> str:
    """The day that a run is about, as dags/clout_tasks.py has it: the form's, else its logical date if that is over."""
    if conf.get("day"):
        return str(conf["day"])
    last = (run_after - timedelta(days=1)).date().isoformat()
    of_run = logical_date.date().isoformat() if logical_date else last
    return last if run_type == "manual" and of_run > last else of_run


class Listener:
    """What Airflow's scheduler tells of runs."""

    @hookimpl
    def on_dag_run_running(self, dag_run: Any, msg: str) -> None:
        """Note the day on a run that starts. Never stops a run."""
        if dag_run.dag_id not in OF_A_DAY:
            return
        try:
            conf = dict(dag_run.conf or {})
            run_type = str(getattr(dag_run.run_type, "value", dag_run.run_type))
            day = day_of(run_type, conf, dag_run.logical_date, dag_run.run_after)
            dag_run.conf = {**conf, "day": day}
            said = f"Scores {day}" if dag_run.dag_id == "clout_nightly" else f"Retention as of {day}"
            if said not in (dag_run.note or ""):
                dag_run.note = f"{said}. {dag_run.note}" if dag_run.note else said
        except Exception:
            LOG.exception("clout: the day of a run could not be noted")


def menu() -> list[dict[str, str]]:
    """The explorer's place in Airflow's menu; nothing where none was started."""
    address = os.environ.get("CLOUT_EXPLORE_URL")
    return [{"name": "Clout", "href": address, "destination": "nav"}] if address else []


class CloutDays(AirflowPlugin):
    """Notes days on runs, and links the explorer."""

    name = "clout_days"
    listeners: ClassVar[list[Any]] = [Listener()]
    external_views: ClassVar[list[dict[str, str]]] = menu()
