"""Computes trust, network rank and the capped audience (sql/capped_audience.sql) of one score date."""

from __future__ import annotations

from clout.errors import run_main
from clout.score.task_job import task_job

arg_parser, main = task_job("graph", __doc__)


if __name__ == "__main__":
    run_main(main)
