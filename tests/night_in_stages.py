"""A night's stages one after the other, in one Spark application. Says which begins, so that tests know where it is."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "jobs"))

import audit
import conform
import score
from clout.config.sources import read_sources
from clout.engine.queries import SQL
from clout.errors import InvalidInput
from clout.lake.partitions import Lake, window
from clout.lake.staging import Staged
from clout.quality.baseline import Past
from clout.score import evidence
from clout.score.model import read_model

STAGES = ("conform", "people", *evidence.TASKS, "score", "audit")


def main(argv: list[str]) -> None:
    """Conform the pulled day, and what follows: from one stage to another, both included."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--day", type=date.fromisoformat, required=True)
    for name in ("sources", "lake", "staging"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--since", choices=STAGES, default=STAGES[0])
    parser.add_argument("--until", choices=STAGES, default=STAGES[-1])
    args = parser.parse_args(argv)
    day, sources, model = args.day, read_sources(Path(args.sources)), read_model(SQL / "models" / "v1.toml")
    lake, staged = Lake(args.lake), Staged(Lake(args.staging), args.day, "staged")
    stages = STAGES[STAGES.index(args.since) : STAGES.index(args.until) + 1]
    loaded = None if {"conform", "people"} & {*stages} else evidence.load(lake, sources, model, day)
    for stage in stages:
        print(f"stage {stage} begins", flush=True)
        if stage == "conform":
            conform.conform_days(lake, sources, window(day, model.stored_days))
        elif stage == "people":
            evidence.gather(lake, sources, model, day)
            loaded = evidence.load(lake, sources, model, day)
        elif stage == "score":
            score.stage(loaded, lake, staged)
        elif stage == "audit":
            Past().write(staged)
            verdict = audit.judge(lake, staged)
            audit.report(verdict)
            if not verdict.passed:
                raise InvalidInput("the audit failed")
        else:
            loaded.make(stage)
    print("stage none begins", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
