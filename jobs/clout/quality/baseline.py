"""The published past beside a staged run: what the audit compares tonight with, copied out of the warehouse before it begins.

past                  meta.metrics of the eight weeks before
past_scores           ds, person_id, score of the day's own published version, of the newest published day before it, and of
                      the newest that tonight's score_changes speaks of
past_platform_scores  person_id, platform, platform_score of the newest published day before
past_accounts         accounts of that day: who they are, what they are called, their followers

They lie in the run's folder, so that whoever is erased, or whatever is removed, goes there as everywhere in staging.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from clout.lake.partitions import required
from clout.lake.staging import Staged
from clout.quality.tables import METRICS

#: sql/drift.sql looks at so many weeks.
WEEKS = 8

SCORES = pa.schema([("ds", pa.date32()), ("person_id", pa.string()), ("score", pa.float64())])
PLATFORM_SCORES = pa.schema([("person_id", pa.string()), ("platform", pa.string()), ("platform_score", pa.float64())])
ACCOUNTS = pa.schema(
    [
        ("account_key", pa.string()),
        ("person_id", pa.string()),
        ("platform", pa.string()),
        ("handle", pa.string()),
        ("account_type", pa.string()),
        ("followers_count", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Past:
    """What lies beside a run. Nothing was published before, where all of it is empty."""

    metrics: pa.Table = field(default_factory=METRICS.empty_table)
    scores: pa.Table = field(default_factory=SCORES.empty_table)
    platform_scores: pa.Table = field(default_factory=PLATFORM_SCORES.empty_table)
    accounts: pa.Table = field(default_factory=ACCOUNTS.empty_table)

    def before(self, day: date) -> date | None:
        """The newest published day before `day` of which scores lie here."""
        return max((each for each in pc.unique(self.scores["ds"]).to_pylist() if each < day), default=None)

    def at(self, days: Iterable[date]) -> date | None:
        """The newest of `days` of which published scores lie here."""
        return max(set(days) & set(pc.unique(self.scores["ds"]).to_pylist()), default=None)

    def write(self, staged: Staged) -> None:
        """Put it beside a run."""
        for name, rows in zip(NAMES, (self.metrics, self.scores, self.platform_scores, self.accounts), strict=True):
            staged.root.write(staged.table(name), rows)


NAMES = ("past", "past_scores", "past_platform_scores", "past_accounts")


def read(staged: Staged) -> Past:
    """What lies beside a run. Raises InvalidInput where nobody laid it there."""
    cure = f"run jobs/baseline.py --day {staged.day} --run {staged.run} first"
    tables = [staged.root.read(required(staged.root, staged.table(name), cure)) for name in NAMES]
    return Past(*tables)


def metrics_before(published: pa.Table, day: date) -> pa.Table:
    """Of meta.metrics what sql/drift.sql may look at for a day: the eight weeks before it, by METRICS."""
    since = day - timedelta(days=WEEKS * 7)
    recent = pc.and_(pc.less(published["ds"], day), pc.greater_equal(published["ds"], since))
    return published.select(METRICS.names).filter(recent).cast(METRICS)
