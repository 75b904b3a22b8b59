"""How often the 90 % interval of a score holds: the same people live through the same days several times, by other luck.

    python tests/sandbox/interval_coverage.py --people 3000 --replicas 20

Prints the coverage of evaluation.interval_coverage, of all and by how many people acted on somebody, as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # as a script this folder is on the path, but its modules are known as sandbox.*
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    sys.path.insert(1, str(Path(__file__).resolve().parents[2] / "jobs"))

import numpy as np
from clout.config.sources import read_sources
from clout.lake.partitions import Lake
from clout.research import dataset, evaluation
from clout.score.model import Model, read_model

from sandbox.lake_of_world import write_lake, write_sources
from sandbox.world import World, days_of

MODEL = Path(__file__).resolve().parents[2] / "sql" / "models" / "v2.toml"
DAYS = "2026-02-10..2026-05-10"
#: People who acted on somebody, from and up to.
AUDIENCES = ((5, 20), (20, 100), (100, 1_000_000))


def measure(model: Model, people: int, replicas: int, days: list[date]) -> dict[str, Any]:
    """Coverage over all scores of all replicas."""
    columns = ("raw_score", "score_low", "score_high", "people")
    found = np.full((len(columns), replicas, people), np.nan)
    found[0] = 1.0  # on whom nobody acted
    for replica in range(replicas):
        with tempfile.TemporaryDirectory(prefix="clout-coverage-") as folder:
            world, lake = World(people=people, luck=replica + 1), Lake(f"{folder}/lake")
            write_lake(lake, world, days)
            sources = read_sources(write_sources(Path(folder), world, ["commons"]))
            table = dataset.scored(dataset.build_evidence(dataset.read(lake, sources, model, days), model, days[-1]))
        person = [int(key.split(":")[1]) for key in table["person_id"].to_pylist()]
        for place, name in enumerate(columns):
            found[place, replica, person] = table[name].to_numpy(zero_copy_only=False)
    score, low, high, moved = found

    def among(first: int, upto: int) -> dict[str, float]:
        here = (moved >= first) & (moved < upto)
        return evaluation.interval_coverage(score, np.where(here, low, np.nan), np.where(here, high, np.nan))

    by_people = {f"{first} to {upto - 1} people": among(first, upto) for first, upto in AUDIENCES}
    return {"all": among(0, 10**9)} | {name: figures for name, figures in by_people.items() if figures["n"]}


def main(argv: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="interval_coverage.py", description=__doc__)
    parser.add_argument("--people", type=int, default=3000)
    parser.add_argument("--replicas", type=int, default=20)
    parser.add_argument("--days", type=days_of, default=days_of(DAYS), help="FIRST..LAST")
    parser.add_argument("--model", type=Path, default=MODEL)
    args = parser.parse_args(argv)
    print(json.dumps(measure(read_model(args.model), args.people, args.replicas, args.days), indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
