"""pyarrow is used without pandas, and gives tables of pandas all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def said(text: str) -> str:
    """What a process of its own prints, which imports Clout's jobs."""
    path = f"import sys; sys.path.insert(0, {str(ROOT / 'jobs')!r})\n"
    return subprocess.run([sys.executable, "-c", path + text], capture_output=True, text=True, check=True).stdout


def test_a_task_of_a_night_imports_no_pandas() -> None:
    text = "import ties\nfrom clout.score import evidence\nprint(*sorted({'pandas', 'pyarrow.dataset'} & set(sys.modules)))"
    assert said(text) == "pyarrow.dataset\n"


def test_pandas_is_there_for_whoever_wants_it() -> None:
    text = (
        "import ties\nimport pyarrow as pa\nframe = pa.table({'a': [1.5, None]}).to_pandas()\n"
        "print(type(frame).__name__, pa.array(frame['a']).null_count)"
    )
    assert said(text) == "DataFrame 1\n"
