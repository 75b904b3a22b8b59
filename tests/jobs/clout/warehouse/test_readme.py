"""The sessions that README.md shows, run exactly as they are printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from staged_run import DAY, NEXT
from warehouses import Place

ROOT = Path(__file__).resolve().parents[4]
README = (ROOT / "README.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.filterwarnings("ignore:Delete operation did not match")


def printed(kind: str, word: str) -> str:
    """The one block of code of a kind that holds a word."""
    blocks = re.findall(rf"^```{kind}\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
    [block] = [block for block in blocks if word in block]
    return block


def publish(place: Place) -> None:
    """Three versions: the sessions look at the newest day, and at version 1."""
    for day, run, label in ((DAY, "r1", "one"), (NEXT, "r2", "newer"), (DAY, "r3", "newer")):
        place.publish(day, run, label)


def run(folder: Path, command: list[str], **environment: str) -> str:
    """What a session prints in a folder; the environment's own programs come first."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PATH": path} | environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode and re.search(
        r"unresolved dependency|Server access error|UNRESOLVED DEPENDENCIES", done.stdout + done.stderr
    ):
        pytest.skip("the Iceberg runtime for Spark cannot be had: Maven Central is not reachable")
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout


def assert_shows(out: str) -> None:
    """The two answers: who leads on the newest day, and what version 1 held."""
    assert "Ada newer" in out
    assert re.search(rf"{DAY}\D+2\b", out), out


def test_duckdb(tmp_path: Path) -> None:
    place = Place("duckdb", tmp_path)
    place.root = tmp_path / ".clout" / "warehouse"
    publish(place)
    assert_shows(run(tmp_path, ["bash", "-ec", printed("sh", "duckdb -readonly")]))


def test_psql(postgres, tmp_path: Path) -> None:
    place = Place("postgres", tmp_path, postgres)
    publish(place)
    # The printed address names neither a port nor our database: libpq takes the port from the environment.
    with psycopg.connect(postgres.address("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {place.database} RENAME TO clout")
    assert_shows(run(tmp_path, ["bash", "-ec", printed("sh", 'psql "')], PGPORT=str(postgres.port)))
