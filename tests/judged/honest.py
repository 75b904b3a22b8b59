"""Honest nights of invented worlds: how often does the gate cry wolf?

    .venv/bin/python tests/judged/honest.py --seeds 101 102 103 104 105 --nights 60

Five kinds of worlds (PLANS), with growth of 20 % a week, launches of a platform with and without its past, holidays, joins,
opt-outs and viral days. The bounds in expectations/bounds.toml were chosen on the seeds 5 and 101 to
103: others are a test. Prints a
line for each night that is not published, how far each metric came, and the totals as JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":  # as a script this folder is on the path; jobs/ and tests/ are wanted instead
    sys.path[0:1] = [str(Path(__file__).resolve().parents[2] / "jobs"), str(Path(__file__).resolve().parents[1])]

from judged.exports import Exports, Plan
from judged.nights import MODEL, World, short_model

#: Days of exports before the first night.
BEFORE = 30


def plan(seed: int, nights: int) -> Plan:
    """One of five kinds of worlds, by the seed."""

    def every(days: int, first: int) -> frozenset[int]:
        return frozenset(range(BEFORE + first, BEFORE + nights, days))

    kind = seed % 5
    common = {"seed": seed, "opt_outs": every(17, 5), "joins": every(6, 3)}
    if kind == 0:
        return Plan(**common, people=400, launch=BEFORE + 12, viral={BEFORE + 20: 0.06})
    if kind == 1:
        return Plan(**common, people=1000, there=0.12, growth=0.2)
    if kind == 2:
        holidays = dict.fromkeys((BEFORE + 9, BEFORE + 10, BEFORE + 33), 0.7)
        return Plan(**common, people=500, holidays=holidays, viral={BEFORE + 25: 0.1})
    if kind == 3:
        return Plan(**common, people=300, launch=BEFORE + 15, with_past=True)
    return Plan(**common, people=800, there=0.5, growth=0.05, viral={BEFORE + 7: 0.04}, holidays={BEFORE + 30: 0.6})


def run(folder: Path, seed: int, nights: int, write: Callable[[str], object] = lambda line: None) -> Counter:
    """The nights of one world: how many of each outcome. Says which were not published. write: takes every metric, as JSON."""
    exports = Exports(folder / "exports", plan(seed, nights))
    world = World(folder / "home", short_model(MODEL, folder / "model"))
    for number in range(BEFORE):
        exports.deliver(number)
    outcomes: Counter = Counter()
    for number in range(BEFORE, BEFORE + nights):
        file = exports.deliver(number)
        with contextlib.redirect_stdout(io.StringIO()):
            night = world.night(file, exports.plan.day(number))
        outcomes[night.outcome] += 1
        if night.outcome != "published":
            print(f"seed {seed}, night {number - BEFORE}: {night.outcome}: {', '.join(night.failed)}", flush=True)
        for row in night.metrics.to_pylist() if night.metrics else []:
            if row["deviation"] is not None:
                names = ("dataset", "metric", "deviation", "value", "expected", "spread", "platform")
                write(json.dumps([*(row[name] for name in names), seed, number]) + "\n")
        if night.content:
            world.publish(night)  # somebody said yes
        shutil.rmtree(folder / "home" / "staging", ignore_errors=True)
    return outcomes


def main(argv: list[str]) -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="honest.py", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103, 104, 105])
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument(
        "--metrics", type=Path, default=Path(os.devnull), help="append every metric there, as JSON lines"
    )
    args = parser.parse_args(argv)
    total: Counter = Counter()
    with args.metrics.open("a", buffering=1) as file:
        for seed in args.seeds:
            began = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="judged-") as folder:
                outcomes = run(Path(folder), seed, args.nights, file.write)
            total += outcomes
            print(f"seed {seed}: {dict(outcomes)}, {time.monotonic() - began:.0f} s", flush=True)
    print(json.dumps({"nights": sum(total.values()), **total}))


if __name__ == "__main__":
    main(sys.argv[1:])
