"""The command line of the jobs between conform and score: each makes what one task of a night keeps."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from clout.config import arguments


def task_job(
    task: str, description: str | None
) -> tuple[Callable[[], argparse.ArgumentParser], Callable[[list[str]], None]]:
    """The parser and the main function of a task's job."""

    def arg_parser() -> argparse.ArgumentParser:
        return arguments.parser(task, description, "day", "lake", "sources", "model")

    def main(argv: list[str]) -> None:
        from clout.score import evidence

        evidence.run_task(task, arg_parser().parse_args(argv))

    return arg_parser, main
