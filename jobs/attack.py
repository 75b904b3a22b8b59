"""Attack: injects bought and faked engagement, and shows what it brings: how far up, and how many people for each honest one.

attack.py --source FOLDER [--cut DAY]    exports; scored on the evening before DAY, by default the last day that they hold
attack.py --lake LAKE --source TOML      a lake that is already conformed

First the known suite, without defences, with each alone, with all. Then families of random attacks, where ages of accounts
are shown or not and where seeds of trust are named or elected. --families tuning is for choosing a model's numbers,
--families judging for saying how good they are: other draws, and families that tuning has not.

attack.py --source FOLDER --cut DAY --frontier FILE.svg    instead: leverage against NDCG, by trust, seeds and bounds
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from clout.config import arguments
from clout.config.sources import Sources, read_sources
from clout.errors import InvalidInput, run_main
from clout.lake.partitions import Lake, days_between, window
from clout.platforms.exports import whole_exports
from clout.research import attack_families, attacks, dataset, environments, evaluation, frontier, leverage
from clout.research.dataset import Dataset
from clout.score.model import Model, read_model


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("attack", __doc__, "model", raw=True)
    parser.add_argument("--source", type=Path, required=True, help="a folder of exports, or a sources file (TOML)")
    parser.add_argument("--lake", type=Path, help="the lake of these sources, where their days are conformed")
    parser.add_argument("--cut", type=arguments.day, help="the first day of the future, YYYY-MM-DD")
    parser.add_argument(
        "--families", choices=sorted(attack_families.SETS), default="judging", help="which random attacks"
    )
    parser.add_argument("--thorough", action="store_true", help="the random attacks of all sizes, 20 to 10,000 socks")
    parser.add_argument(
        "--frontier", type=arguments.output_file, help="plot there, as SVG, what other defences would let in and cost"
    )
    parser.add_argument("--json", type=arguments.output_file, help="write the figures there, too")
    return parser


def main(argv: list[str]) -> None:
    """Attack, and show the table."""
    args = arg_parser().parse_args(argv)
    sources, model = read_sources(args.source), read_model(args.model)
    with whole_exports.lake_of(sources, args.lake, "attack") as lake:
        if args.frontier:
            figures = plot(lake, sources, model, args.cut, args.families, args.frontier)
        else:
            figures = attack(lake, sources, model, args.cut, args.families, args.thorough)
            show(figures)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def attack(
    lake: Lake, sources: Sources, model: Model, cut: date | None, families: str = "judging", thorough: bool = False
) -> dict[str, Any]:
    """The figures of all attacks: place, percentile and leverage of each profiteer, and what the defences cost the honest."""
    cut = cut or whole_exports.last_day(lake, sources)
    day = cut - timedelta(days=1)
    clean, people = before_and_after(lake, sources, model, cut)
    candidates = people.candidates
    suite = attacks.suite(clean, attacks.bribable(clean, model, day))
    found: dict[str, dict[str, Any]] = {each.name: {} for each in suite}
    honest: dict[str, float | None] = {}
    for name, overlaid in attacks.configurations(model).items():
        before = leverage.standing(clean, overlaid, day)
        for each, effect in leverage.effects(suite, clean, before, candidates, overlaid, day)[0].items():
            found[each][name] = effect
        honest[name] = people.ndcg(before)["ndcg100"]
    by_environment = {}
    for environment in environments.ENVIRONMENTS:
        by_environment[environment.name] = environments.attacked(
            clean, environment, people, model, day, families, thorough
        )
    as_it_is = environments.as_it_is(clean)
    for name, effect in by_environment[as_it_is.name]["attacks"].items():
        found[name] = {"all": effect}
    naked = environments.attacked(
        clean, as_it_is, people, dataset.undefended(model), day, families, thorough, chosen_by=model
    )
    for name, effect in naked["attacks"].items():
        found[name]["none"] = effect
    return {
        "sources": list(sources.platforms),
        "model": model.version,
        "score_date": day.isoformat(),
        "candidates": len(candidates),
        "families": families,
        "attacks": found,
        "clean_ndcg100": honest,
        "environments": by_environment,
    }


def before_and_after(lake: Lake, sources: Sources, model: Model, cut: date) -> tuple[Dataset, environments.People]:
    """The window that ends before the cut, and on whom somebody acted in it with what came to pass from the cut on."""
    days = window(cut - timedelta(days=1), model.window_days)
    clean = dataset.read(lake, sources, model, days)
    candidates = sorted(set(clean.activity["target"].to_pylist()))
    if not candidates:
        raise InvalidInput(
            f"nobody acted on anybody in the {model.window_days} days before {cut}; choose another --cut"
        )
    later = dataset.read(lake, sources, model, days_between(cut, cut + timedelta(days=model.window_days - 1)))
    _, sharers = evaluation.came_to_pass(later.activity)
    return clean, environments.People(candidates, np.array([sharers.get(each, 0) for each in candidates], dtype=float))


def plot(lake: Lake, sources: Sources, model: Model, cut: date | None, families: str, file: Path) -> dict[str, Any]:
    """The frontier of the defences, see research/frontier.py: its points, and their plot in a file."""
    cut = cut or whole_exports.last_day(lake, sources)
    clean, people = before_and_after(lake, sources, model, cut)
    if not people.gain.any():
        raise InvalidInput(
            f"nobody on whom somebody acted before {cut} was shared from then on; choose an earlier --cut"
        )
    figures = frontier.figures(clean, people, model, cut - timedelta(days=1), families)
    file.write_text(frontier.drawn(figures), encoding="utf-8")
    frontier.show(figures)
    return figures


def show(figures: Mapping[str, Any]) -> None:
    """The tables: where each attack ends among real people, and how many people it brings for each honest one."""
    print(
        f"Attacks on {', '.join(figures['sources'])}, scored on {figures['score_date']}: {figures['candidates']} people.\n"
        f"Place of the profiteer, and in percent from the top; * is within the top {attacks.TOP:.0%}."
    )
    columns = list(figures["clean_ndcg100"])
    known = {name: found for name, found in figures["attacks"].items() if set(columns) <= set(found)}
    print(f"  {'':30}" + "".join(f"{name:>16}" for name in columns) + f"{'leverage: none':>16}{'all':>8}")
    for name, found in known.items():
        line = f"  {name:30}"
        for column in columns:
            percentile = found[column]["percentile"]
            mark = "*" if percentile <= 100 * attacks.TOP else " "
            line += f"{found[column]['rank']:>8}{percentile:>6.1f}%{mark}"
        print(line + f"{found['none']['leverage']:>16.1f}{found['all']['leverage']:>8.1f}")
    if figures["clean_ndcg100"]["all"] is not None:
        print(
            f"  {'NDCG@100 without attacks':30}"
            + "".join(f"{figures['clean_ndcg100'][name]:>15.3f} " for name in columns)
        )
    environments.show(figures)


if __name__ == "__main__":
    run_main(main)
