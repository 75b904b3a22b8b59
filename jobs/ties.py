"""Computes daily engagement (sql/daily_engagement.sql) and influence probabilities (sql/ties.sql) of one score date."""

from __future__ import annotations

from clout.errors import run_main
from clout.score.task_job import task_job

arg_parser, main = task_job("ties", __doc__)


if __name__ == "__main__":
    run_main(main)
