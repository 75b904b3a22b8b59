"""Score: join the measures of one score date into scores, and stage the exact files that will be published."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from clout import arguments, session
from clout.errors import run_main
from clout.lake import Lake
from clout.sources import read_sources
from clout.staging import Staged
from clout.version import code_version

if TYPE_CHECKING:
    from clout.influence.measures import Evidence


MEASURES = ("reach", "amplification", "network")

#: Conformed tables that are published as they are, and the key of their rows within a day.
PULLED = {
    "conservation": ("platform",),
    "pulls": ("platform", "endpoint", "snapshot"),
    "coverage": ("platform", "kind"),
}


def arg_parser() -> argparse.ArgumentParser:
    """The job's command line."""
    parser = argparse.ArgumentParser(prog="score.py", description=__doc__)
    arguments.add(parser, "day", "run", "lake", "staging", "sources", "model")
    return parser


def main(argv: list[str]) -> None:
    """Score the day and stage the run."""
    from clout.influence import evidence
    from clout.influence.model import read_model

    args = arg_parser().parse_args(argv)
    spark, lake = session.get_or_create("clout score"), Lake(args.lake)
    loaded = evidence.load(spark, lake, read_sources(args.sources), read_model(args.model), args.day)
    stage(loaded, lake, Staged(Lake(args.staging), args.day, args.run))


def stage(evidence: Evidence, lake: Lake, staged: Staged) -> None:
    """Write the day's scores and accounts, what its pull was like, and what made all this, to the staged folder."""
    from clout.influence import measures
    from clout.lake_spark import read_conformed, read_features, write_sorted

    day, spark = evidence.day, evidence.spark
    features = {name: read_features(spark, lake, name, day, evidence.facts, made_by=name) for name in MEASURES}
    scores = measures.score(evidence, **features).cache()
    accounts = measures.scored_accounts(evidence, scores)
    write_sorted(staged.root, staged.table("scores"), scores, "person_id")
    write_sorted(staged.root, staged.table("accounts"), accounts, "account_key")
    for table, keys in PULLED.items():
        write_sorted(staged.root, staged.table(table), read_conformed(spark, lake, table, [day]), *keys)
    scores.unpersist()
    versions = {
        "model_version": evidence.model.version,
        "model_sha256": evidence.model.sha256,
        "code_version": code_version(),
    }
    staged.write_run(versions)
    print(f"score {day}: staged {staged.location}", flush=True)


if __name__ == "__main__":
    run_main(main)
