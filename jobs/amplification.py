"""Amplification Probability of one score date: sql/amplification.sql over the window, into lake/features/amplification."""

from __future__ import annotations

from clout.errors import run_main
from clout.score.task_job import task_job

arg_parser, main = task_job("amplification", __doc__)


if __name__ == "__main__":
    run_main(main)
