"""Shows that what a killed job left in the temporary folder goes with the next job, and what a living one holds stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from clout.lake import scratch

JOBS = Path(__file__).resolve().parents[4] / "jobs"
HOLD = "import time; from clout.lake.scratch import Scratch as S; held = S('fit'); print(held.name, flush=True); time.sleep(60)"


def test_a_killed_jobs_folder_goes_and_a_living_ones_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(JOBS)}
    with (
        scratch.Scratch() as mine,
        subprocess.Popen([sys.executable, "-c", HOLD], env=environment, stdout=subprocess.PIPE, text=True) as job,
    ):
        assert job.stdout is not None
        its = Path(job.stdout.readline().strip())
        (its / "spilt.tmp").write_text("somebody's rows")
        assert its.stat().st_mode & 0o777 == Path(mine).stat().st_mode & 0o777 == 0o700
        (tmp_path / "clout-without-owner").mkdir()
        (tmp_path / "clout-old").mkdir()
        os.utime(tmp_path / "clout-old", (1, 1))
        assert scratch.sweep() == [tmp_path / "clout-old"]
        job.send_signal(signal.SIGKILL)
        job.wait()
        assert scratch.sweep() == [its]
        assert Path(mine).is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["clout-without-owner"]


def test_what_is_no_folder_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "else").mkdir()
    (tmp_path / "clout-link").symlink_to(tmp_path / "else")
    (tmp_path / "clout-file").write_text("")
    assert scratch.sweep() == []
    assert len(list(tmp_path.iterdir())) == 3
