"""The two ways in which a step fails: retrying cannot help (exit status 65), or it may (any other)."""

from __future__ import annotations

import sys
from collections.abc import Callable

from clout.terminal import printable

#: Exit status of a job whose input is wrong (EX_DATAERR of sysexits.h). The DAG does not retry it.
POISON = 65


class PoisonInput(Exception):
    """The input is wrong and stays wrong: say which file, row or field, and what would cure it."""


def run_main(main: Callable[[list[str]], None]) -> None:
    """Run a job's `main` on the command line's arguments; print a PoisonInput as one message and exit with 65."""
    try:
        main(sys.argv[1:])
    except PoisonInput as poison:
        print(printable(f"clout: {poison}", lines=True), file=sys.stderr, flush=True)
        sys.exit(POISON)
