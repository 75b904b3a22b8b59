"""The two ways in which a step fails: retrying cannot help (exit status 65), or it may (any other)."""

from __future__ import annotations

import argparse
import errno
import os
import re
import sys
from collections.abc import Callable
from typing import NoReturn

from clout import arrow_alone, logs  # noqa: F401
from clout.terminal import guard, printable

#: Exit status of a job whose input is wrong (EX_DATAERR of sysexits.h). The DAG does not retry it.
INVALID = 65

#: Exit status of a job that may do better later: Airflow tries it again, as it does after any other than INVALID.
LATER = 1

#: Exit status of a job whose command line is wrong, as argparse has it. The DAG does not retry it.
MISTYPED = 2

#: Exit status of a job that Ctrl-C stopped, as shells have it.
STOPPED = 130

#: Exit status of a job whose reader went away, as shells have it.
UNREAD = 141

#: What an operating system says of a disk, a quota or a limit that is reached.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class InvalidInput(Exception):
    """The input is wrong and stays wrong: say which file, row or field, and what would cure it."""


class TryLater(Exception):
    """Nothing is wrong with the input, and trying again may help: say what stands in the way, and who can move it."""


def run_main(main: Callable[[list[str]], None]) -> None:
    """Run a job's `main` on the command line's arguments.

    An InvalidInput is printed as one message, exit status 65; a TryLater and a full disk likewise, exit status 1; a wrong
    command line, 2; Ctrl-C, 130.
    Whatever the job prints, and a traceback too, holds no sign that a terminal would obey.
    """
    guard()
    try:
        logs.set_up()
    except ValueError as wrong:
        print(f"clout: {printable(str(wrong))}", file=sys.stderr, flush=True)
        sys.exit(MISTYPED)
    # Whoever came by `make` typed none of the options that argparse would list first.
    argparse.ArgumentParser.error = _mistyped  # type: ignore[method-assign, assignment]
    try:
        main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(UNREAD)
    except InvalidInput as invalid:
        _tell(str(invalid))
        sys.exit(INVALID)
    except TryLater as passing:
        _tell(str(passing))
        sys.exit(LATER)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        _tell(f"{error}; make room, and run it again")
        sys.exit(LATER)
    except KeyboardInterrupt:
        _tell("stopped; run it again: what was written is whole, what was not is made again")
        sys.exit(STOPPED)


def _mistyped(parser: argparse.ArgumentParser, message: str) -> NoReturn:
    """Say in a line what is wrong with a command line, and end."""
    job = os.path.relpath(sys.argv[0]) if sys.argv[0] else parser.prog
    command = " ".join([job, *parser.prog.split()[1:]])  # of a job with several commands, that one
    _tell(f"{re.sub('^argument ', '', message)}; {command} --help lists what there is")
    sys.exit(MISTYPED)


def _tell(text: str) -> None:
    """One message on standard error; a line of the log where lines are JSON."""
    if logs.is_json():
        logs.ROOT.error(text)
    else:
        print(f"clout: {printable(text, lines=True)}", file=sys.stderr, flush=True)
