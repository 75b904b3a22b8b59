"""Records what a night was made from: the manifests and snapshots of its window, noted with it, so that a later step can tell
whether the lake has moved on since.

A step that is run alone, such as the audit or the publication of a run that waited, goes on only from what the run was made of.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.dataset as pads
from pyarrow import fs as pafs

from clout import logs
from clout.errors import InvalidInput
from clout.lake.partitions import Lake, window
from clout.lake.schemas import SNAPSHOTS
from clout.lake.staging import Staged

LOG = logs.logger(__name__)


def inputs(lake: Lake, sources: Sequence[str], days: Sequence[date]) -> dict[str, Any]:
    """What was pulled from the sources for the days, as metadata: their names, how many days, and one hash."""
    return {"sources": sorted(sources), "days": len(days), "pulled": _pulled(lake, sources, days)}


def noted(lake: Lake, metadata: Mapping[str, Any]) -> dict[str, str]:
    """The same metadata for run.json, with where the lake is."""
    return {"lake": lake.uri, **{name: json.dumps(metadata[name]) for name in ("sources", "days", "pulled")}}


def lake_of(run: Mapping[str, Any]) -> Lake | None:
    """The lake that a run was made from, where it can be seen from here. `run` is what run.json says."""
    lake = Lake(run["lake"]) if "lake" in run else None
    return None if lake and isinstance(lake.fs, pafs.LocalFileSystem) and not Path(lake.root).is_dir() else lake


def refuse_unless_unchanged(staged: Staged, run: Mapping[str, Any], lake: Lake | None = None) -> None:
    """Raise InvalidInput where the window of a staged run was pulled anew since. `run` is what run.json says.

    lake: where the window lies, else where run.json says; nothing is held against a lake that is not to be seen from here.
    """
    if "pulled" not in run:
        return
    lake = lake or Lake(run["lake"])
    if isinstance(lake.fs, pafs.LocalFileSystem) and not Path(lake.root).is_dir():
        LOG.info(f"{staged.location}: {lake.uri} is not to be seen from here; what it holds is not compared")
        return
    sources, days = json.loads(run["sources"]), window(staged.day, json.loads(run["days"]))
    if _pulled(lake, sources, days) != json.loads(run["pulled"]):
        raise InvalidInput(
            f"{staged.location}: run {staged.run} was made from other manifests or snapshots of the {len(days)} days that end"
            f" {staged.day} than {lake.uri} holds now; run jobs/conform.py --day {staged.day} and the steps after it again, or"
            " the night"
        )


def _pulled(lake: Lake, sources: Sequence[str], days: Sequence[date]) -> str:
    """One hash over every manifest, and over the checksums of every snapshot beside it.

    When a day was pulled decides nothing: one that is pulled again, and is the same, is the same.
    """
    named = [(name, day) for name in sorted(sources) for day in days]
    manifests = lake.files([lake.snapshot("manifest", name, day) for name, day in named])
    tables = [table for table in SNAPSHOTS if table != "manifest"]
    expected = [
        [name, str(day), [lake.checksums.expected(lake.snapshot(table, name, day)) for table in tables]]
        for name, day in named
    ]
    content = [_said(lake, manifests), expected]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _said(lake: Lake, manifests: list[str]) -> str:
    """One hash over the rows of some manifests, whatever their order, without when they were pulled.

    By DuckDB, all at once: each of a night's jobs asks, and to read them one by one took a tenth of a small night.
    """
    if not manifests:
        return ""
    with duckdb.connect() as connection:
        if isinstance(lake.fs, pafs.LocalFileSystem):
            rows = connection.read_parquet(manifests, union_by_name=True, hive_partitioning=False)
        else:
            rows = connection.from_arrow(
                pads.dataset(manifests, SNAPSHOTS["manifest"], "parquet", lake.fs, partitioning=None)
            )
        connection.execute("SET TimeZone = 'UTC'")
        said = (f'"{name}"' for name in sorted(rows.columns) if name not in ("started_at", "ended_at"))
        hashes = rows.project(f"sha256(CAST(to_json(row({', '.join(said)})) AS VARCHAR)) AS one")
        [[found]] = hashes.aggregate("sha256(string_agg(one, '' ORDER BY one))").fetchall()
        return str(found)
