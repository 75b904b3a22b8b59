"""Attack: injects bought and faked engagement, and shows how far up it leads without defences, with each alone, with all.

attack.py --source FOLDER [--cut DAY]    exports; scored on the evening before DAY, by default the last day that they hold
attack.py --lake LAKE --source TOML      a lake that is already conformed
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from clout import arguments
from clout.errors import PoisonInput, run_main
from clout.influence import attacks, evaluation, material
from clout.influence.model import Model, read_model
from clout.lake import Lake, days_between, window
from clout.platforms.puller import INVENTORIES, pull
from clout.scratch import Scratch
from clout.sources import Sources, read_sources

#: Exports of other years are not looked for.
EVER = days_between(date(2005, 1, 1), date(2035, 12, 31))


def arg_parser() -> argparse.ArgumentParser:
    """The job's command line."""
    parser = argparse.ArgumentParser(
        prog="attack.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--source", type=Path, required=True, help="a folder of exports, or a sources file (TOML)")
    parser.add_argument("--lake", type=Path, help="the lake of these sources, where their days are conformed")
    parser.add_argument("--cut", type=arguments.day, help="the first day of the future, YYYY-MM-DD")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    arguments.add(parser, "model")
    return parser


def main(argv: list[str]) -> None:
    """Attack, and show the table."""
    args = arg_parser().parse_args(argv)
    sources, model = read_sources(args.source), read_model(args.model)
    if args.lake:
        figures = attack(Lake(args.lake), sources, model, args.cut)
    else:
        asked = [source.name for source in sources.sources if source.reader not in INVENTORIES]
        if asked:
            raise PoisonInput(
                f"{', '.join(asked)}: attack reads folders of exports; give --lake for what was pulled over HTTP"
            )
        with Scratch("attack") as folder:
            for source in sources.sources:
                pull(Lake(folder), source, EVER, say=lambda message: None)
            figures = attack(Lake(folder), sources, model, args.cut)
    show(figures)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def attack(lake: Lake, sources: Sources, model: Model, cut: date | None) -> dict[str, Any]:
    """The figures of all attacks at once: place and percentile of each profiteer, and what the defences cost the honest."""
    cut = cut or _last_day(lake, sources)
    day = cut - timedelta(days=1)
    clean = material.read(lake, sources, model, window(day, model.window_days))
    candidates = sorted(set(clean.activity["target"].to_pylist()))
    if not candidates:
        raise PoisonInput(f"nobody acted on anybody in the {model.window_days} days before {cut}; choose another --cut")
    later = material.read(lake, sources, model, days_between(cut, cut + timedelta(days=model.window_days - 1)))
    sharers = dict(evaluation.query(later.activity, evaluation.DISTINCT_RESHARERS))
    gain = np.array([sharers.get(person, 0) for person in candidates], dtype=float)
    suite = attacks.suite(clean, attacks.bribable(clean, model, day))
    attacked = attacks.inject(clean, suite, day)
    found: dict[str, dict[str, Any]] = {each.name: {} for each in suite}
    honest: dict[str, float | None] = {}
    for name, overlaid in attacks.configurations(model).items():
        for each, rank in attacks.ranks(suite, attacked, candidates, overlaid, day).items():
            found[each][name] = {"rank": rank, "percentile": round(100 * rank / (len(candidates) + 1), 2)}
        scores = material.scores(clean, overlaid, day, candidates)
        honest[name] = round(evaluation.ndcg(scores, gain), 6) if gain.any() else None
    return {
        "sources": list(sources.platforms),
        "score_date": day.isoformat(),
        "candidates": len(candidates),
        "attacks": found,
        "clean_ndcg100": honest,
    }


def _last_day(lake: Lake, sources: Sources) -> date:
    days = [
        day
        for day in EVER
        if lake.exists(lake.conformed("activity", day))
        or any(lake.exists(lake.snapshot("interactions", platform, day)) for platform in sources.platforms)
    ]
    if not days:
        raise PoisonInput(f"{', '.join(sources.platforms)}: no interactions between {EVER[0]} and {EVER[-1]}")
    return days[-1]


def show(figures: Mapping[str, Any]) -> None:
    """The table: where in the ranking of real people each attack ends, in percent from the top."""
    print(
        f"Attacks on {', '.join(figures['sources'])}, scored on {figures['score_date']}: {figures['candidates']} people.\n"
        f"Place of the profiteer, and in percent from the top; * is within the top {attacks.TOP:.0%}."
    )
    columns = list(figures["clean_ndcg100"])
    print(f"  {'':28}" + "".join(f"{name:>16}" for name in columns))
    for name, found in figures["attacks"].items():
        line = f"  {name:28}"
        for column in columns:
            percentile = found[column]["percentile"]
            mark = "*" if percentile <= 100 * attacks.TOP else " "
            line += f"{found[column]['rank']:>8}{percentile:>6.1f}%{mark}"
        print(line)
    if figures["clean_ndcg100"]["all"] is not None:
        print(
            f"  {'NDCG@100 without attacks':28}"
            + "".join(f"{figures['clean_ndcg100'][name]:>15.3f} " for name in columns)
        )


if __name__ == "__main__":
    run_main(main)
