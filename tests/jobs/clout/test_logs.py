"""Shows what jobs log, and where: human lines, JSON with CLOUT_LOG=json, all in a file while a terminal shows little."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from clout import logs

ROOT = Path(__file__).resolve().parents[3]

#: A job that logs, warns, prints a result and ends as its argument says.
JOB = """
import sys
from clout import logs
from clout.errors import InvalidInput, run_main
LOG = logs.logger(__name__)
def main(argv):
    LOG.info("one × \\x1b[31m")
    LOG.warning("two")
    print("result")
    if argv:
        raise InvalidInput("a.csv: row 3: no actor; name one")
run_main(main)
"""


def job(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """A run of the job above."""
    return subprocess.run(
        [sys.executable, "-c", JOB, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "jobs"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_human_lines_are_apart_from_the_result() -> None:
    done = job("refused", CLOUT_LOG="")
    assert (done.returncode, done.stdout) == (65, "result\n")
    assert done.stderr.splitlines() == ["one × \\x1b[31m", "two", "clout: a.csv: row 3: no actor; name one"]


def test_json_is_one_object_a_line() -> None:
    done = job("refused", CLOUT_LOG="json")
    assert (done.returncode, done.stdout) == (65, "result\n")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["level"], line["message"]) for line in lines] == [
        ("info", "one × \x1b[31m"),
        ("warning", "two"),
        ("error", "a.csv: row 3: no actor; name one"),
    ]
    assert all(line["time"].endswith("Z") and line["logger"].startswith("clout") for line in lines)


def test_another_value_is_refused_by_name() -> None:
    done = job(CLOUT_LOG="jsn")
    assert (done.returncode, done.stderr) == (2, "clout: CLOUT_LOG='jsn' is neither json nor text\n")


def test_details_go_to_a_file_of_its_owner(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, file = logs.logger("test"), tmp_path / "logs" / "a.log"
    with logs.details_in(file):
        log.info("detail")
        log.log(logs.NOTICE, "progress")
    log.info("after")
    assert capsys.readouterr().err == "progress\nafter\n"
    assert [line.split(maxsplit=2)[1:] for line in file.read_text().splitlines()] == [
        ["INFO", "detail"],
        ["NOTICE", "progress"],
    ]
    assert file.stat().st_mode & 0o777 == 0o600
