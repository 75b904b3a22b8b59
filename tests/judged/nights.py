"""Whole nights for the gate alone: from exports to the verdict, in one process, with the published past in memory.

All steps of jobs/night.py but the publication. Only the suites that look at a night as a whole are run (JUDGED), by DuckDB, in
the words of the suites: test_judged.py holds that Great Expectations says the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

import conform
import pyarrow as pa
import pyarrow.compute as pc
import score
from clout.config.sources import read_sources
from clout.engine import queries
from clout.errors import InvalidInput
from clout.lake.partitions import Lake, window
from clout.lake.staging import Staged
from clout.platforms.pull.puller import pull
from clout.quality import drift, suites
from clout.quality.baseline import ACCOUNTS, PLATFORM_SCORES, SCORES, Past, metrics_before
from clout.quality.tables import METRICS
from clout.score import evidence
from clout.score.model import Model, read_model
from scipy.stats import spearmanr

MODEL = Path(__file__).resolve().parents[2] / "sql" / "models" / "v2.toml"
JUDGED = ("metrics", "conservation", "pulls")


@cache
def short_model(file: Path, folder: Path) -> Model:
    """A model file that compares with yesterday and last week alone: a night in less time."""
    text = file.read_text().replace("days_before = [1, 7, 30]", "days_before = [1, 7]")
    short = folder / file.name
    short.parent.mkdir(parents=True, exist_ok=True)
    short.write_text(text)
    return read_model(short)


@dataclass(frozen=True)
class Published:
    """What a later night sees of a published day."""

    scores: pa.Table
    platform_scores: pa.Table
    accounts: pa.Table
    metrics: pa.Table


@dataclass
class Night:
    """What became of a night: published, waits or stopped; which checks failed and are no mere information; its tables."""

    day: date
    outcome: str
    failed: list[str]
    scores: dict[str, float] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)
    metrics: pa.Table | None = None
    content: Published | None = None


@dataclass
class World:
    """A lake and a staging area in a folder, and what is published by day."""

    home: Path
    model: Model
    published: dict[date, Published] = field(default_factory=dict)

    def night(self, sources_file: Path, day: date) -> Night:
        """Run a night up to its verdict; publishes nothing."""
        return self.nights(sources_file, day, [True])[0]

    def nights(self, sources_file: Path, day: date, with_past: list[bool]) -> list[Night]:
        """The same night judged several times: upon what is published, or as if nothing were."""
        lake, staged = Lake(self.home / "lake"), Staged(Lake(self.home / "staging"), day, "r")
        try:
            sources = read_sources(sources_file)
            for source in sources.sources:
                pull(lake, source, window(day, self.model.stored_days), say=lambda line: None)
            conform.conform(lake, sources, self.model, day)
            loaded = evidence.load(lake, sources, self.model, day)
            for task in evidence.TASKS:
                loaded.make(task)
            score.stage(loaded, lake, staged)
            return [self._judged(staged, lake, self._past(day) if each else Past()) for each in with_past]
        except InvalidInput as stopped:
            return [Night(day, "stopped", [f"before: {str(stopped)[-90:]}"]) for _ in with_past]

    def _judged(self, staged: Staged, lake: Lake, past: Past) -> Night:
        past.write(staged)
        found = drift.measured(staged, staged.read_json("run.json") or {}, lake)
        tables = {name: staged.root.read(staged.table(name)) for name in JUDGED[1:]} | {"metrics": found}
        failed = [each for name in JUDGED for each in judged(name, tables[name])]
        waits = any(gate for _, _, gate in failed)
        critical = any(severity == "critical" for _, severity, _ in failed)
        scores, accounts = (staged.root.read(staged.table(name)) for name in ("scores", "accounts"))
        scored = scores.filter(pc.is_valid(scores["score"]))
        by_platform = staged.root.read(staged.table("platform_scores"))
        return Night(
            day=staged.day,
            outcome="stopped" if critical else "waits" if waits else "published",
            failed=[f"{name} ({severity})" for name, severity, _ in failed if severity != "info"],
            scores=dict(zip(scored["person_id"].to_pylist(), scored["score"].to_pylist(), strict=True)),
            people={*scores["person_id"].to_pylist(), *accounts["account_key"].to_pylist()},
            metrics=found,
            content=Published(
                scores.select(SCORES.names),
                by_platform.select(PLATFORM_SCORES.names),
                accounts.select(ACCOUNTS.names),
                found,
            ),
        )

    def publish(self, night: Night) -> None:
        """Let later nights see it."""
        assert night.content is not None
        self.published[night.day] = night.content

    def _past(self, day: date) -> Past:
        before = max((each for each in self.published if each < day), default=None)
        all_metrics = pa.concat_tables([METRICS.empty_table(), *(each.metrics for each in self.published.values())])
        wanted = {each for each in (before, day) if each in self.published}
        scores = [self.published[each].scores.cast(SCORES) for each in sorted(wanted)]
        past = Past(metrics_before(all_metrics, day), pa.concat_tables([SCORES.empty_table(), *scores]))
        if before is None:
            return past
        of = self.published[before]
        return Past(past.metrics, past.scores, of.platform_scores.cast(PLATFORM_SCORES), of.accounts.cast(ACCOUNTS))


@cache
def _suite(name: str) -> suites.Suite:
    return suites.load_suite(name)


def judged(name: str, rows: pa.Table) -> list[tuple[str, str, bool]]:
    """The failed checks of a suite whose expectations are queries: id, severity, and whether a person must decide."""
    failed = []
    with queries.connect() as connection:
        for expectation in _suite(name).expectations:
            query = expectation["kwargs"].get("unexpected_rows_query")
            if query and len(
                queries.duckdb_relation(connection, query.replace("{batch}", "batch"), {}, {"batch": rows})
            ):
                meta = expectation["meta"]
                failed.append((f"{name}.{meta['id']}", expectation["severity"], meta.get("gate") == "approve"))
    return failed


def distance(night: Night, honest: Night) -> dict[str, float]:
    """How far a night's scores are from those of the honest night: Spearman's, and the shares lost and new."""
    both = sorted(night.scores.keys() & honest.scores.keys())
    alike = 0.0
    if len(both) > 2:
        alike = float(spearmanr([night.scores[each] for each in both], [honest.scores[each] for each in both])[0])
    return {
        "spearman": alike,
        "lost": 1 - len(both) / max(1, len(honest.scores)),
        "new": 1 - len(both) / max(1, len(night.scores)),
    }
