"""One page a night: a file that needs no server, with what everybody asks first thing in the morning.

It names people, so an erasure removes the pages that name them (`forget`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from clout.warehouse.contract import Warehouse
from clout.web import figures, words
from clout.web.asked import Asked
from clout.web.rendering import HERE, environment
from clout.web.snapshot import Library

#: The page's name in the folder of a run's reports, and that of the Data Docs beside it.
NAME, DATA_DOCS = "night.html", "index.html"
#: The figures that the page shows.
FIGURES = (
    *("totals", "leaderboard", "movers", "distribution", "drift"),
    *("conservation", "audit", "failed", "pulls"),
)
#: People of the leaderboard's head, and of each direction of movement.
HEAD, MOVED = 15, 8


def write(reports: Path, warehouse: Warehouse, day: date, run: str) -> Path:
    """Write reports/<day>/<run>/night.html about a published day, whole or not at all. Gives its path."""
    queries = [figures.figures()[name].sql for name in FIGURES]
    asked = Asked(Library(warehouse, has_history=False, asked=queries).current(), day, {})
    place = reports / day.isoformat() / run
    page = environment().get_template("night_file.html").render(**_content(asked, (place / DATA_DOCS).exists()))
    place.mkdir(parents=True, exist_ok=True)
    aside = place / f".{NAME}"
    aside.write_text(page, encoding="utf-8")
    return aside.replace(place / NAME)


def forget(reports: Path, names: Callable[[Path], bool]) -> int:
    """Remove every night's page that names somebody, as `names` tells of a file. Gives their number."""
    gone = [file for file in sorted(reports.glob(f"*/*/{NAME}")) if names(file)]
    for file in gone:
        file.unlink()
    return len(gone)


def _content(asked: Asked, has_docs: bool) -> dict[str, Any]:
    drift = asked.rows("drift")
    volume = [row for row in drift if (row["dataset"], row["metric"]) == ("conservation", "kept")]
    distribution = asked.rows("distribution")
    return {
        "title": f"The night of {words.day(asked.day)}",
        "asked": asked,
        "style": (HERE / "static" / "clout.css").read_text(encoding="utf-8"),
        "entry": next(entry for entry in reversed(asked.snapshot.entries) if entry.ds == asked.day),
        "totals": asked.row("totals"),
        "head": asked.rows("leaderboard", most=HEAD),
        "risers": asked.rows("movers", sign=1, most=MOVED),
        "fallers": asked.rows("movers", sign=-1, most=MOVED),
        "distribution": {row["points_from"]: row["people"] for row in distribution},
        "most": max((row["people"] for row in distribution), default=1),
        "volume": [row for row in volume if row["platform"] != "all"],
        "largest": max((max(row["value"], row["expected"] or 0.0) for row in volume), default=0.0) or 1.0,
        "conservation": asked.rows("conservation"),
        "audit": asked.rows("audit"),
        "failed": asked.rows("failed"),
        "pulls": asked.rows("pulls"),
        "has_docs": has_docs,
    }
