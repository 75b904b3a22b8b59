"""Shows that nothing that is typed after `make`, or copied there from data, is run: it reaches its program as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not here")

#: Runs a command in a shell, in make, or after the end of a quoted word.
HOSTILE = "a:`touch {0}`$(touch {0})$(shell touch {0}) ' \" ; touch {0} ; ${{IFS}} \\"
#: target -> what it needs besides, and the variables that it takes.
TARGETS = {
    "run": ({"SOURCE": "jobs"}, ("SOURCE", "DAYS")),
    "test": ({}, ("ARGS",)),
    "explore": ({}, ("PORT",)),
    "docs": ({}, ("OUT",)),
    "sql": ({}, ("Q", "CLOUT_WAREHOUSE")),
    "export": ({"OUT": "o"}, ("OUT", "FORMAT", "DAY")),
    "person": ({"ID": "murmur:1"}, ("ID", "DAY")),
    "evaluate": ({"SOURCE": "s", "CUT": "2026-03-01"}, ("SOURCE", "CUT", "PAIRS", "RATINGS", "BEHAVIOUR", "JSON")),
    "attack": ({"SOURCE": "s"}, ("SOURCE", "CUT", "FAMILIES", "JSON")),
    "fit": ({"PAIRS": "p", "SOURCE": "s", "CUTS": "c", "OUT": "o"}, ("PAIRS", "SOURCE", "CUTS", "PEOPLE", "OUT")),
    "bench": ({}, ("INTERACTIONS", "PEOPLE", "WINDOW", "RUNS", "JSON")),
    "clean": ({}, ("CLOUT_HOME",)),
}
#: A value is one word of what is run, but for those that are several words.
WORDS = ("ARGS", "CUTS")


def make(tmp_path: Path, target: str, values: dict[str, str]) -> subprocess.CompletedProcess:
    """A target whose program is replaced by one that prints its words, one a line."""
    echo = tmp_path / "echo"
    echo.write_text('#!/bin/sh\nprintf "<%s>\\n" "$@" "in $CLOUT_HOME, $CLOUT_WAREHOUSE"\n')
    echo.chmod(0o755)
    given = {"CLOUT_HOME": str(tmp_path / "home"), **values}
    return subprocess.run(
        ["make", "-o", "setup", f"PY={echo}", target, *(f"{name}={value}" for name, value in given.items())],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith(("CLOUT", "MAKE"))},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("target", "name"), [(target, name) for target, (_, names) in TARGETS.items() for name in names]
)
def test_a_value_is_not_run(tmp_path: Path, target: str, name: str) -> None:
    value = HOSTILE.format(tmp_path / "pwned")
    done = make(tmp_path, target, TARGETS[target][0] | {name: value})
    assert not (tmp_path / "pwned").exists(), done.stdout + done.stderr
    if name not in WORDS and target not in ("sql", "clean") and (target, name) != ("run", "SOURCE"):
        assert f"{value}>" in done.stdout, done.stdout + done.stderr


def test_a_value_from_the_environment_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ID", f"a`touch {tmp_path}/pwned`$(shell touch {tmp_path}/pwned)")
    done = make(tmp_path, "person", {})
    assert f"<--person={os.environ['ID']}>" in done.stdout
    assert not (tmp_path / "pwned").exists()


def test_plain_values_arrive(tmp_path: Path) -> None:
    values = {"PAIRS": "p.csv", "SOURCE": "my exports", "CUTS": "2026-01-01 2026-02-02", "OUT": "o.toml"}
    words = make(tmp_path, "fit", values).stdout.splitlines()
    for word in ("--pairs=p.csv", "--source=my exports", "--cut=2026-01-01", "--cut=2026-02-02", "--out=o.toml"):
        assert f"<{word}>" in words
    assert "<--day=2026-03-14>" in make(tmp_path, "person", {"ID": "a:b", "DAY": "2026-03-14"}).stdout
    assert "--day" not in make(tmp_path, "person", {"ID": "a:b"}).stdout
    assert "needs ID=" in make(tmp_path, "person", {}).stderr
    assert "no such folder" in make(tmp_path, "run", {"SOURCE": "nowhere", "DAYS": "2026-03-14"}).stderr
    assert "<--days=2026-03-12..2026-03-14>" in make(tmp_path, "run", {}).stdout


def test_the_demo_has_a_home_of_its_own(tmp_path: Path) -> None:
    """It is shown until something of one's own is published, and never where a place is named."""
    home = tmp_path / "home"
    own, demo = (f"<in {each}, {each}/warehouse>" for each in (home, home / "demo"))
    assert demo in make(tmp_path, "run", {}).stdout
    assert own in make(tmp_path, "run", {"SOURCE": "jobs", "DAYS": "2026-03-14"}).stdout
    assert own in make(tmp_path, "person", {"ID": "a:b"}).stdout
    (home / "demo" / "warehouse").mkdir(parents=True)
    assert demo in make(tmp_path, "person", {"ID": "a:b"}).stdout
    elsewhere = {"ID": "a:b", "CLOUT_WAREHOUSE": str(tmp_path / "mine")}
    assert f"<in {home}, {tmp_path}/mine>" in make(tmp_path, "person", elsewhere).stdout
    (home / "warehouse").mkdir()
    assert own in make(tmp_path, "person", {"ID": "a:b"}).stdout
