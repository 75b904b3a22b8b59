"""Shows that no text of somebody else moves a cursor, turns a line, or becomes a formula."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import night
import pyarrow as pa
import pyarrow.csv
import pytest
from clout import terminal
from clout.terminal import printable, without_formulas

JOBS = Path(__file__).resolve().parents[3] / "jobs"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("Zoë 李 नमस्ते 🦊", "Zoë 李 नमस्ते 🦊"),
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("\x1b]0;pwned\x07", "\\x1b]0;pwned\\x07"),
        ("a\nb\r\tc\x00", "a\\x0ab\\x0d\\x09c\\x00"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202edcba\u2066", "abc\\u202edcba\\u2066"),
        ("\u200f\ufeff\u200b", "\\u200f\\ufeff\\u200b"),
        ("a\u2028b\u2029", "a\\u2028b\\u2029"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_lines_and_width() -> None:
    assert printable("a\nb\x1b", lines=True) == "a\nb\\x1b"
    assert printable("x" * 100_000, 60) == "x" * 59 + "…"


def test_a_row_of_the_leaderboard_is_one_line() -> None:
    shown = night._table(["place", "name"], [(1, "two\nlines \x1b[2J\u202e" + "x" * 1000), (2, "Ada")])
    assert len(shown.splitlines()) == 4
    assert not {"\x1b", "\u202e"} & set(shown)
    assert max(map(len, shown.splitlines())) < 80


def test_a_job_prints_no_control_signs_in_whatever_it_says_or_ends() -> None:
    program = (
        "from clout.errors import InvalidInput, run_main\nimport sys\n"
        "def main(argv):\n"
        " print('out \\x1b[31m\\u202e\\tend'); sys.stdout.flush()\n"
        " print('err \\x07', file=sys.stderr)\n"
        " raise {}('bad \\x1b]0;x\\x07\\nsecond line')\n"
        "run_main(main)"
    )
    for error, status in (("InvalidInput", 65), ("ValueError", 1)):
        done = subprocess.run(
            [sys.executable, "-c", program.format(error)],
            env={"PYTHONPATH": str(JOBS), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status
        assert done.stdout == b"out \\x1b[31m\\u202e\tend\n"
        assert b"err \\x07\n" in done.stderr
        assert b"bad \\x1b]0;x\\x07\nsecond line" in done.stderr
        assert not {0x1B, 0x07} & set(done.stdout + done.stderr)


def test_formulas_become_texts_and_numbers_stay() -> None:
    texts = [
        "=cmd|' /C calc'!A0",
        "+1+1",
        "@SUM(A1)",
        "-2+3",
        "\t=1",
        "\r=1",
        " =1",
        "＝1",
        "-3",
        "+4.5",
        "-1e-3",
        "Ada",
        "",
        None,
    ]
    rows = without_formulas(pa.table({"text": texts, "number": pa.array([-1.5] * len(texts)), "n": [-1] * len(texts)}))
    shown = rows["text"].to_pylist()
    assert shown[:8] == [f"'{text}" for text in texts[:8]]
    assert shown[8:] == texts[8:]
    buffer = io.BytesIO()
    pa.csv.write_csv(rows.slice(0, 1), buffer)
    assert buffer.getvalue().splitlines()[1] == b"\"'=cmd|' /C calc'!A0\",-1.5,-1"


def test_the_guard_is_put_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    terminal.guard()
    first = sys.stdout
    terminal.guard()
    assert sys.stdout is first
    sys.stdout.writelines(["a\x1b", "b\n"])
    assert first.getvalue() == "a\\x1bb\n"  # type: ignore[attr-defined]
