"""Damage planted behind weeks of good history, and before there is any: what becomes of each night, and how far off it is.

    .venv/bin/python tests/judged/planted.py            # all kinds, both ways
    .venv/bin/python tests/judged/planted.py swap_all   # some

An invented world is delivered for 30 days, and the nights after that are published (`Gold`). Each kind of damage gets a copy
of it, spoils the exports of the next day, or what says how they are read, and runs that night: judged upon the published
nights, and as a first one (the lake is there, nothing was published). Beside the outcome stands how far the night's scores are
from the undamaged night's, and how many accounts that must not be shown are in it.
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
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # as a script this folder is on the path; jobs/ and tests/ are wanted instead
    sys.path[0:1] = [str(Path(__file__).resolve().parents[2] / "jobs"), str(Path(__file__).resolve().parents[1])]

from clout.score.model import read_model
from judged.damage import DAMAGES, Damage, Delivery
from judged.exports import Exports, Plan
from judged.nights import MODEL, Night, World, distance, short_model

BEFORE = 30


@dataclass
class Gold:
    """A world with published nights, and the undamaged night after them. `number` is that night's day."""

    folder: Path
    exports: Exports
    world: World
    number: int
    honest: Night

    @classmethod
    def made(cls, folder: Path, nights: int, people: int = 400, seed: int = 900) -> Gold:
        """Deliver, run and publish."""
        joins, out = frozenset(range(BEFORE, BEFORE + nights, 2)), frozenset({BEFORE + 1})
        exports = Exports(folder / "exports", Plan(seed, people, joins=joins, opt_outs=out))
        world = World(folder / "home", short_model(MODEL, folder / "model"))
        for number in range(BEFORE):
            exports.deliver(number)
        with contextlib.redirect_stdout(io.StringIO()):
            for number in range(BEFORE, BEFORE + nights):
                world.publish(world.night(exports.deliver(number), exports.plan.day(number)))
            number = BEFORE + nights
            file = exports.deliver(number)
            gold = cls(folder, exports, world, number, Night(exports.plan.day(number), "", []))
            gold.honest = gold._copy(lambda delivery: None, file.name, [True])[0]
        return gold

    def night(self, damage: Damage) -> tuple[Night, Night]:
        """The damaged night, judged upon the published ones, and as a first night."""
        with contextlib.redirect_stdout(io.StringIO()):
            upon, first = self._copy(damage.spoil, "sources.toml", [True, False])
        return upon, first

    def _copy(self, spoil: Any, sources: str, with_past: list[bool]) -> list[Night]:
        with tempfile.TemporaryDirectory(prefix="judged-") as name:
            folder = Path(name)
            # Files are replaced, never changed in place: the same file may lie in both folders.
            shutil.copytree(self.folder / "exports", folder / "exports", copy_function=os.link)
            shutil.copytree(self.folder / "home", folder / "home", copy_function=os.link)
            model = folder / MODEL.name
            shutil.copy(self.folder / "model" / MODEL.name, model)
            delivery = Delivery(self.exports, folder / "exports", self.number, model)
            spoil(delivery)
            if delivery.lake_lost:
                shutil.rmtree(folder / "home")
            world = replace(self.world, home=folder / "home", model=read_model(delivery.model))
            return world.nights(folder / "exports" / sources, self.exports.plan.day(self.number), with_past)

    def row(self, damage: Damage) -> list[dict[str, Any]]:
        """What becomes of both nights: rows of the table."""
        rows = []
        for history, night in zip(("28 days", "none"), self.night(damage), strict=True):
            far = distance(night, self.honest) if night.scores else {"spearman": 0.0, "lost": 1.0, "new": 0.0}
            harm = far["spearman"] < 0.98 or far["lost"] > 0.02 or far["new"] > 0.02
            hidden = len(night.people & self.exports.hidden(self.number)) if night.outcome == "published" else 0
            rows.append(
                {
                    "planted": damage.name,
                    "published nights": history if history == "none" else str(len(self.world.published)),
                    "outcome": night.outcome,
                    "spearman": round(far["spearman"], 3),
                    "lost": round(far["lost"], 3),
                    "new": round(far["new"], 3),
                    "must not pass": harm or damage.made_up,
                    "hidden shown": hidden,
                    "said by": ", ".join(each.removeprefix("metrics.") for each in night.failed),
                }
            )
        return rows


def summary(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """How many of the nights that must not pass were stopped or wait, and how many hidden accounts were published."""
    must = [row for row in rows if row["must not pass"]]
    held = [row for row in must if row["outcome"] != "published"]
    return {
        "nights": len(list(rows)),
        "must not pass": len(must),
        "stopped or waiting": len(held),
        "share": round(len(held) / max(1, len(must)), 4),
        "hidden accounts published": sum(row["hidden shown"] for row in rows),
    }


def main(argv: list[str]) -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="planted.py", description=__doc__)
    parser.add_argument("names", nargs="*", help="kinds of damage; all of them")
    parser.add_argument("--nights", type=int, default=8, help="published nights before")
    parser.add_argument("--seed", type=int, default=900, help="of the world")
    args = parser.parse_args(argv)
    rows = []
    with tempfile.TemporaryDirectory(prefix="judged-") as folder:
        gold = Gold.made(Path(folder), args.nights, seed=args.seed)
        print("honest:", gold.honest.outcome, gold.honest.failed, flush=True)
        for damage in DAMAGES:
            if not args.names or damage.name in args.names:
                found = gold.row(damage)
                rows += found
                for row in found:
                    print(json.dumps(list(row.values())), flush=True)
    print(json.dumps(summary(rows)))


if __name__ == "__main__":
    main(sys.argv[1:])
