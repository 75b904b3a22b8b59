"""Score: join the measures of one score date into scores, and stage the exact files that will be published."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from clout import logs
from clout.config import arguments
from clout.config.sources import read_sources
from clout.config.version import code_version
from clout.errors import run_main
from clout.lake import made_from
from clout.lake.arrow import read_conformed
from clout.lake.partitions import Lake
from clout.lake.staging import PULLED, SCORED, Staged

if TYPE_CHECKING:
    from clout.score.evidence import Evidence

LOG = logs.logger(__name__)


def arg_parser() -> argparse.ArgumentParser:
    return arguments.parser("score", __doc__, "day", "run", "lake", "staging", "sources", "model")


def main(argv: list[str]) -> None:
    """Score the day and stage the run."""
    from clout.score import evidence
    from clout.score.model import read_model

    args = arg_parser().parse_args(argv)
    lake = Lake(args.lake)
    with lake.together("score"):
        loaded = evidence.load(lake, read_sources(args.sources), read_model(args.model), args.day)
        stage(loaded, lake, Staged(Lake(args.staging), args.day, args.run))


def stage(evidence: Evidence, lake: Lake, staged: Staged) -> None:
    """Write the day's tables of people, what its pull was like, and what made all this, to the staged folder."""
    from clout.score import steps
    from clout.score.evidence import inputs

    day, engine = evidence.day, evidence.engine
    for table, rows in steps.published(evidence).items():
        engine.stage(staged.root, staged.table(table), rows, *SCORED[table])
    for table, keys in PULLED.items():
        conformed = read_conformed(lake, table, [day]).sort_by([(key, "ascending") for key in keys])
        staged.root.write(staged.table(table), conformed)
    for table, rows in steps.of_files(evidence, staged.ranges([*steps.PUBLISHED, *PULLED])).items():
        engine.stage(staged.root, staged.table(table), rows, *SCORED[table])
    versions = {
        "model_version": evidence.model.version,
        "model_sha256": evidence.model.sha256,
        "code_version": code_version(),
        "made_of": evidence.made_of,
        "inputs": inputs(evidence),
        **made_from.noted(lake, evidence.metadata),
    }
    staged.write_run(versions)
    LOG.info(f"score {day}: staged {staged.location}")
    shown = staged.root.read(staged.table("platform_scores"), ["platform", "defence"])
    if bare := undefended(shown):
        LOG.warning(
            f"score {day}: {', '.join(bare)}: nobody is a seed of trust, so any bought crowd counts there; name people whom you"
            " vouch for as seeds of a source"
        )


def undefended(platform_scores: pa.Table) -> list[str]:
    """The platforms on which nothing tells a bought crowd from people."""
    return sorted(platform_scores.filter(pc.equal(platform_scores["defence"], "none"))["platform"].unique().to_pylist())


if __name__ == "__main__":
    run_main(main)
