"""Where the project's own folders are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SQL = ROOT / "sql"
EXPECTATIONS = ROOT / "expectations"
#: Queries that read exports of known tools.
PRESETS = ROOT / "jobs" / "clout" / "platforms" / "exports" / "presets"
