"""What people do wrong at the command line: a message that names it and its cure, a status, no traceback, and no damage.

Each case is a command as it is typed, the status that it ends with, and what the message holds. Commands of one program share a
process, since importing costs more than all cases; they find one published night, whose files are the same afterwards.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from staged_run import DAY
from warehouses import Place

ROOT = Path(__file__).resolve().parents[1]

#: Runs jobs one after the other as if each were typed, and says how each ended.
RUN = """
import contextlib, io, json, os, runpy, sys
for line in sys.stdin:
    job, arguments, environment = json.loads(line)
    before, said, status = dict(os.environ), io.StringIO(), 0
    os.environ.update(environment)
    for name in [name for name in sys.modules if name == "clout.config.arguments"]:
        del sys.modules[name]
    sys.argv = [job, *arguments]
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            runpy.run_path(job, run_name="__main__")
        except SystemExit as end:
            status = end.code or 0
        except BaseException as error:
            status, said = repr(error), io.StringIO(f"Traceback: {error!r}")
    os.environ.clear(); os.environ.update(before)
    print(json.dumps([status, said.getvalue()]), flush=True)
"""

#: (job, its words, status, what the message holds)
CASES = [
    ("night", "--sources none --days 2026-03-01", 65, "none: no such sources file or folder of exports"),
    ("night", "--sources exports --days 2026-13-01", 2, "'2026-13-01' is not a day like 2026-03-01"),
    ("night", "--sources exports --days 2026-03-01..", 2, "is not FIRST..LAST"),
    ("night", "--sources exports --days 2099-01-01", 65, "that day is not over"),
    ("night", "--sources exports/acts.csv --days 2026-03-01", 65, "not a TOML file"),
    ("night", "--sources exports --days 2026-03-01 --model none.toml", 65, "no such model file"),
    ("night", "--sources exports --days 2026-03-01 --warehouse s3://x/y", 65, "give a folder, postgresql://"),
    ("night", "--sources exports --days 2026-03-01 --oops", 2, "unrecognized arguments: --oops"),
    ("night", "--sources empty --days 2026-03-01", 65, "holds no .csv"),
    ("night", "--sources misspelt.toml --days 2026-03-01", 65, "misspelt.toml"),
    ("person", "--person murmur:nobody", 65, "murmur:nobody"),
    ("person", "--person murmur:nobody --warehouse iceberg:nowhere/at/all", 65, "nothing is published"),
    ("person", "--person murmur:nobody --day 2020-01-01", 65, "2020-01-01"),
    ("export_day", "--out exports", 65, "exports"),
    ("export_day", "--out new --format xml", 2, "invalid choice: 'xml'"),
    ("export_day", "--out new --day 2020-01-01", 65, "2020-01-01"),
    ("query", "--sql SELECT --warehouse iceberg:nowhere/at/all", 65, "nothing is published"),
    ("export", "--shapes klout-v9 --out new", 2, "choose from 'klout-v2'"),
    ("serve", "--port 99999", 2, "is not a port, 1 to 65535"),
    ("serve", "--host 0.0.0.0", 65, "set CLOUT_API_KEYS"),
    ("serve", "--also v9", 2, "knows kred and v1"),
    ("warehouse", "rollback --day 2020-01-01 --reason x", 65, "nothing to roll back"),
    ("warehouse", "rollback --day 2026-03-14", 2, "--reason"),
    ("warehouse", "gc --keep-days -1", 2, "is not a number of days"),
    ("warehouse", "fresh --hours soon", 2, "'soon' is not a number of hours"),
    ("warehouse", "fresh --hours 1e300", 2, "'1e300' is not a number of hours"),
    ("warehouse", "fresh --hours nan", 2, "'nan' is not a number of hours"),
    ("warehouse", "gc --keep-days 99999999999", 2, "is not a number of days"),
    ("warehouse", "read clout.scores --as-of 99999999999", 2, "is not a version's number"),
    ("warehouse", "read clout.nothing", 65, "clout.nothing"),
    ("warehouse", "restore", 2, "invalid choice: 'restore'"),
    ("conform", "--sources exports", 2, "--day"),
    ("score", "--day 2026-03-01 --run x --sources exports", 65, "jobs/conform.py --day 2026-03-01 first"),
    ("audit", "--day 2026-03-01 --run x", 65, "run jobs/score.py --day 2026-03-01 --run x first"),
    ("publish", "--day 2026-03-01 --run ../../x", 65, "run jobs/audit.py --day 2026-03-01 --run x first"),
    ("publish", "--day 2026-03-01 --run ..", 2, "cannot name a run"),
    ("pull", "--source nope --day 2026-03-01 --sources exports", 65, "the configuration has: exports"),
    ("evaluate", "--pairs none.csv", 65, "no such file of labelled pairs"),
    ("attack", "--source none", 65, "none"),
    (
        "fit_model",
        "--pairs none.csv --source none --cut 2026-01-01 --lake l --world w --day 2026-03-01 --out o",
        65,
        "none",
    ),
    ("erase", "--day 2026-03-01 --sources exports", 65, "CLOUT_ERASE_KEY"),
    ("../tests/bench/speed", "--interactions many", 2, "bench/speed.py --help lists"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a published night, exports, and what is none."""
    folder = tmp_path_factory.mktemp("misuse")
    found = Place("duckdb", folder)
    found.root = folder / "home" / "warehouse"
    found.publish(DAY, "r1", "one")
    (folder / "exports").mkdir()
    (folder / "exports" / "acts.csv").write_text("actor,target,kind,occurred_at\na,b,like,2026-03-01T10:00:00Z\n")
    (folder / "empty").mkdir()
    (folder / "misspelt.toml").write_text('[[source]]\nname = "a"\nreder = "files"\npath = "exports"\n')
    return folder


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder with a hash of what it holds, but for locks and logs."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not re.search(r"\.lock$|/\.locks/|/logs/", str(file))
    }


@pytest.fixture(scope="module")
def outcomes(place: Path) -> tuple[list[tuple[int, str]], dict[str, str], dict[str, str]]:
    """How each case ended; and the files before and after all of them."""
    before = contents(place)
    given = "".join(
        json.dumps([str(ROOT / "jobs" / f"{job}.py"), words.split(), {}]) + "\n" for job, words, *_ in CASES
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLOUT")}
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        input=given,
        cwd=place,
        env={**environment, "CLOUT_HOME": str(place / "home"), "PYTHONPATH": f"{ROOT / 'jobs'}"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    ended = [tuple(json.loads(line)) for line in done.stdout.splitlines()]
    assert len(ended) == len(CASES), done.stderr[-3000:]
    return ended, before, contents(place)


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: " ".join(CASES[number][:2])[:90])
def test_a_mistake_is_named(outcomes, number: int) -> None:
    status, said = outcomes[0][number]
    _, _, expected, holds = CASES[number]
    assert "Traceback" not in said, said
    assert (status, holds in said) == (expected, True), (status, said)
    assert "usage:" not in said
    if expected != 65 or "night" not in CASES[number][0]:
        assert said.count(holds) == 1, said


def test_no_mistake_does_damage(outcomes) -> None:
    """What was published is there, byte for byte; nothing is left in places that were only named."""
    _, before, after = outcomes
    assert {name: digest for name, digest in after.items() if name in before} == before
    left = {name for name in after.keys() - before.keys() if not name.startswith("home/lake/")}
    assert left == set(), left


def test_a_reader_that_goes_away_is_no_fault(place: Path) -> None:
    job = [
        sys.executable,
        str(ROOT / "jobs" / "warehouse.py"),
        "versions",
        "--warehouse",
        str(place / "home" / "warehouse"),
    ]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        job,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'jobs'}"},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")
