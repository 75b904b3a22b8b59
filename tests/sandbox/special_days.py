"""What the invented world's special days do to those they are about, over many worlds: the joke, the pile-on, the holiday.

    python tests/sandbox/special_days.py --seeds 1 2 3 --people 1000 3000

Prints a line per world, and how often and how far each claim holds over all of them, as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # as a script this folder is on the path, but its modules are known as sandbox.*
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    sys.path.insert(1, str(Path(__file__).resolve().parents[2] / "jobs"))

import numpy as np
from clout.config.sources import read_sources
from clout.engine.engines import DuckDB
from clout.lake.partitions import Lake, days_between
from clout.research import dataset
from clout.score import steps
from clout.score.model import Model, read_model

from sandbox.interval_coverage import MODEL
from sandbox.lake_of_world import write_lake, write_sources
from sandbox.world import HOLIDAY, PILE_ON_DAYS, World

#: The evidence begins four weeks before the joke.
FIRST_DAY = date(2026, 2, 10)
BEFORE_HOLIDAY = HOLIDAY[0] - timedelta(days=1)
HALF_LIVES = ("now", "standing", "momentum")
Scores = dict[str, dict[str, float]]


def measure(model: Model, seed: int, people: int) -> dict[str, float]:
    """One world. Scores of the pile-on's victim and of the calm leader on its last day, also without the bound on bursts; the
    share of the scored people who score more than the joker then; what is left of score, standing and momentum of the one on
    holiday, as shares of the day before it."""
    world, keep = World(seed, people), dataset.overlaid(model, {"days_before": []})
    (joker,), (victim,), (leader,), (resting,) = (
        [f"commons:{person}" for person in who]
        for who in (world.jokers, world.victims, world.calm_leaders, world.on_holiday)
    )
    with tempfile.TemporaryDirectory(prefix="clout-days-") as folder:
        lake = Lake(f"{folder}/lake")
        write_lake(lake, world, days_between(FIRST_DAY, HOLIDAY[1]))
        sources = read_sources(write_sources(Path(folder), world, ["commons"]))

        def on(day: date, by: Model = keep) -> Scores:
            past = dataset.read(lake, sources, model, days_between(FIRST_DAY, day))
            rows = steps.in_memory(DuckDB(), by, day, **past.given).resolve("score").to_pylist()
            return {
                name: {row["person_id"]: row["score"] for row in rows if row["variant"] == name and row["score"]}
                for name in HALF_LIVES
            }

        loud, unbound = (
            on(PILE_ON_DAYS[1]),
            on(PILE_ON_DAYS[1], dataset.overlaid(keep, dataset.DEFENCES[keep.formulas]["bursts"])),
        )
        before, after = on(BEFORE_HOLIDAY), on(HOLIDAY[1])
    scores = np.array(list(loud["now"].values()))
    return {
        "victim": loud["now"][victim],
        "leader": loud["now"][leader],
        "victim_unbound": unbound["now"][victim],
        "leader_unbound": unbound["now"][leader],
        "above_joker": float((scores > loud["now"][joker]).mean()),
        **{f"{name}_kept": after[name][resting] / before[name][resting] for name in HALF_LIVES},
    }


def summary(found: Iterable[dict[str, float]]) -> dict[str, Any]:
    """Over all worlds: in how many the victim stands above the leader, and the range of what else is claimed."""
    worlds = list(found)

    def ends(name: str) -> list[float]:
        values = [each[name] for each in worlds]
        return [round(min(values), 3), round(max(values), 3)]

    return {
        "worlds": len(worlds),
        "victim_above_leader": sum(each["victim"] > each["leader"] for each in worlds),
        "victim_above_leader_unbound": sum(each["victim_unbound"] > each["leader_unbound"] for each in worlds),
        **{name: ends(name) for name in ("above_joker", *(f"{each}_kept" for each in HALF_LIVES))},
    }


def main(argv: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="special_days.py", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--people", type=int, nargs="+", default=[1500])
    parser.add_argument("--model", type=Path, default=MODEL)
    args = parser.parse_args(argv)
    model, found = read_model(args.model), []
    for people in args.people:
        for seed in args.seeds:
            found.append(measure(model, seed, people))
            print(f"{people} people, seed {seed}:", json.dumps(found[-1]), file=sys.stderr, flush=True)
    print(json.dumps(summary(found), indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
