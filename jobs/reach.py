"""True Reach of one score date: sql/reach.sql over the window, into lake/features/reach."""

from __future__ import annotations

from clout.errors import run_main
from clout.score.task_job import task_job

arg_parser, main = task_job("reach", __doc__)


if __name__ == "__main__":
    run_main(main)
