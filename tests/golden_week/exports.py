"""The exports of the golden week: three sources in three forms, the same acts of forty people on each day, and the defects.

chirp delivers CSV, toot gzipped JSON lines, board Parquet: one file a day, from the week before on. `plant` puts a
defect into a day's delivery, `mend` delivers the day again as it should have been.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

MONDAY = date(2026, 3, 2)
DAYS = [MONDAY + timedelta(days=i) for i in range(-8, 7)]
PEOPLE, ACTS = 40, 240
SOURCES = ("chirp", "toot", "board")
Rows = list[dict[str, Any]]


def rows(day: date) -> Rows:
    """The acts of a day: always the same people, on each day at other times and on other posts."""
    made = []
    for number in range(ACTS):
        at = datetime(day.year, day.month, day.day, 6, tzinfo=UTC) + timedelta(minutes=4 * number)
        actor = number % PEOPLE
        made.append(
            {
                "actor": f"p{actor}",
                "target": f"p{(actor * 3 + 1 + number // PEOPLE * 7) % PEOPLE}",
                "kind": ("like", "share", "reply")[number // PEOPLE % 3],
                "occurred_at": at.isoformat(),
                "post": str(day.toordinal() * 1000 + number % 20),
            }
        )
    return [row for row in made if row["actor"] != row["target"]]


def content(source: str, acts: Rows) -> bytes:
    """A delivery in the source's own form."""
    if source == "chirp":
        text = io.StringIO()
        names = list(acts[0]) if acts else list(rows(MONDAY)[0])
        writer = csv.DictWriter(text, names)
        writer.writeheader()
        writer.writerows(acts)
        return text.getvalue().encode()
    if source == "toot":
        return gzip.compress("".join(json.dumps(row) + "\n" for row in acts).encode(), mtime=0)
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(acts), stream)
    return stream.getvalue()


def place(folder: Path, source: str, day: date, suffix: str = "") -> Path:
    """Where a delivery lies."""
    ending = {"chirp": "csv", "toot": "jsonl.gz", "board": "parquet"}[source]
    return folder / source / f"{day}{suffix}.{ending}"


def write(folder: Path) -> Path:
    """Deliver all days as they should be. Gives the sources file."""
    text = ""
    for source in SOURCES:
        (folder / source).mkdir(parents=True)
        text += f'[[source]]\nname = "{source}"\nreader = "files"\npath = "{source}"\nseeds = ["p0", "p1", "p2"]\n'
        for day in DAYS:
            mend(folder, source, day)
    file = folder / "sources.toml"
    file.write_text(text)
    return file


def mend(folder: Path, source: str, day: date) -> None:
    """Deliver a day as it should be."""
    place(folder, source, day).write_bytes(content(source, rows(day)))


def plant(folder: Path, source: str, day: date, defect: str) -> None:
    """Deliver a day with a defect, by its name in DEFECTS."""
    if defect == "duplicate file":
        place(folder, source, day, "-again").write_bytes(content(source, rows(day)))
    elif defect.startswith("cut "):
        whole = content(source, rows(day))
        place(folder, source, day).write_bytes(whole[: len(whole) // 2])
    elif defect == "bad UTF-8":
        lines = content(source, rows(day)).split(b"\n")
        spoilt = [line.replace(b",p", b",\xff\xfep", 1) if 1 <= n <= 36 else line for n, line in enumerate(lines)]
        place(folder, source, day).write_bytes(b"\n".join(spoilt))
    else:
        place(folder, source, day).write_bytes(content(source, DEFECTS[defect](rows(day), day)))


def _without(acts: Rows, name: str) -> Rows:
    return [{key: value for key, value in row.items() if key != name} for row in acts]


#: What each defect makes of a day's acts; of the bytes, where there is None.
DEFECTS: dict[str, Callable[[Rows, date], Rows]] = {
    "empty day": lambda acts, day: [],
    "duplicate file": lambda acts, day: acts,
    "late rows": lambda acts, day: rows(day - timedelta(days=1))[:60] + acts[60:],
    "schema added": lambda acts, day: [row | {"via": "web"} for row in acts],
    "schema dropped": lambda acts, day: _without(acts, "post"),
    "schema retyped": lambda acts, day: [row | {"post": int(row["post"])} for row in acts],
    "needed column dropped": lambda acts, day: _without(acts, "target"),
    "bad UTF-8": lambda acts, day: acts,
    "cut gzip": lambda acts, day: acts,
    "cut Parquet": lambda acts, day: acts,
    "volume drop": lambda acts, day: acts[:8],
    "NULL flood": lambda acts, day: [row | {"actor": ""} if n % 4 else row for n, row in enumerate(acts)],
    "stale source": lambda acts, day: rows(day - timedelta(days=1)),
}
