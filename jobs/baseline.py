"""Baseline: write what the days were like that were published before beside a staged run, for the audit to compare with.

The audit itself needs no way into the warehouse, and judges the same again for as long as the run is kept.
"""

from __future__ import annotations

import argparse
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from clout import logs
from clout.config import arguments
from clout.errors import InvalidInput, run_main
from clout.lake.partitions import Lake
from clout.lake.staging import Staged
from clout.quality import baseline
from clout.quality.baseline import ACCOUNTS, PLATFORM_SCORES, SCORES, Past
from clout.warehouse.contract import Warehouse
from clout.warehouse.factory import open_warehouse

LOG = logs.logger(__name__)


def arg_parser() -> argparse.ArgumentParser:
    return arguments.parser("baseline", __doc__, "day", "run", "staging", "warehouse")


def main(argv: list[str]) -> None:
    """Write the baseline beside the run."""
    args = arg_parser().parse_args(argv)
    write_baseline(Staged(Lake(args.staging), args.day, args.run), open_warehouse(args.warehouse))


def write_baseline(staged: Staged, warehouse: Warehouse) -> None:
    """Write what lies beside a staged run, see baseline.py: nothing where nothing was published."""
    published, day = {entry.ds for entry in warehouse.log()}, staged.day
    past = Past()
    if published:
        before = max((each for each in published if each < day), default=None)
        # meta.metrics is not there where every published night is older than it.
        if "metrics" in warehouse.read("meta.published_files")["table_name"].to_pylist():
            # Of these days only: what is damaged of others must not keep a day from being healed.
            weeks = (day - timedelta(weeks=8), day - timedelta(days=1))
            past = Past(baseline.metrics_before(warehouse.read("meta.metrics", day=weeks), day))
        spoken_of = {day - timedelta(days=each) for each in _horizons(staged)} & published
        wanted = sorted({day} & published | {each for each in (before, max(spoken_of, default=None)) if each})
        scores = [_scores(warehouse, each, day) for each in wanted]
        past = Past(past.metrics, pa.concat_tables([past.scores, *scores]))
        if before:
            past = Past(
                past.metrics,
                past.scores,
                _of(warehouse, "clout.platform_scores", before, PLATFORM_SCORES),
                _of(warehouse, "clout.accounts", before, ACCOUNTS),
            )
    past.write(staged)
    newest = past.before(day)
    LOG.info(
        f"baseline {day}: {len(past.metrics['ds'].unique())} published days of the 8 weeks before"
        + (f"; the newest is {newest}" if newest else "")
    )


def _scores(warehouse: Warehouse, day: date, staged: date) -> pa.Table:
    """The published scores of a day; none of the staged day itself where they are harmed, which publishing it again heals."""
    try:
        return _of(warehouse, "clout.scores", day, SCORES)
    except InvalidInput as harmed:
        if day != staged:
            raise
        LOG.warning(f"baseline {day}: what the day showed is left out: {harmed}")
        return SCORES.empty_table()


def _of(warehouse: Warehouse, name: str, day: date, schema: pa.Schema) -> pa.Table:
    return warehouse.read(name, day=day).select(schema.names).cast(schema)


def _horizons(staged: Staged) -> list[int]:
    """How many days before the staged day its score_changes speaks of."""
    if not staged.root.exists(staged.table("score_changes")):
        return []
    rows = staged.root.read(staged.table("score_changes"), columns=["days_before"])
    return pc.unique(rows["days_before"]).to_pylist()


if __name__ == "__main__":
    run_main(main)
