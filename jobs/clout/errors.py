"""The two ways in which a step fails: retrying cannot help (exit status 65), or it may (any other)."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable

from clout.terminal import guard, printable

#: Exit status of a job whose input is wrong (EX_DATAERR of sysexits.h). The DAG does not retry it.
POISON = 65

#: Exit status of a job that may do better later: Airflow tries it again, as it does after any other than POISON.
LATER = 1

#: What an operating system says of a disk, a quota or a limit that is reached.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class PoisonInput(Exception):
    """The input is wrong and stays wrong: say which file, row or field, and what would cure it."""


class TryLater(Exception):
    """Nothing is wrong with the input, and trying again may help: say what stands in the way, and who can move it."""


def run_main(main: Callable[[list[str]], None]) -> None:
    """Run a job's `main` on the command line's arguments.

    A PoisonInput is printed as one message, exit status 65; a TryLater and a full disk likewise, exit status 1. Whatever
    the job prints, and a traceback too, holds no sign that a terminal would obey.
    """
    guard()
    try:
        main(sys.argv[1:])
    except PoisonInput as poison:
        print(f"clout: {printable(str(poison), lines=True)}", file=sys.stderr, flush=True)
        sys.exit(POISON)
    except TryLater as passing:
        print(f"clout: {passing}", file=sys.stderr, flush=True)
        sys.exit(LATER)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        print(f"clout: {error}; make room, and run it again", file=sys.stderr, flush=True)
        sys.exit(LATER)
