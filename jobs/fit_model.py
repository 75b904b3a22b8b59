"""Fit: writes a model file whose weights and scale are told by data, and the training report beside it.

    fit_model.py --pairs FILE --source FOLDER --cut DAY [--cut DAY ...] --lake LAKE --world TOML --day DAY --out FILE

pairs      judged by people: weights of counters
source     exports, cut into past and future. Formulas v1: weights of True Reach and Network Influence. Later formulas: what a
           tie is worth, chosen on all cuts but the last; what does not pay on the last one, and in the world, is left out
lake       a large world, conformed, of v1 for the scale, scored on --day; later, of which the last week is foretold
Of all formulas also the reference of styles: how people of the world, and of the exports, behave.
What cannot be told by these stays as it stands in --model. The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from clout.config import arguments
from clout.config.sources import Sources, read_sources
from clout.errors import run_main
from clout.lake.partitions import Lake, days_between, window
from clout.lake.scratch import Scratch
from clout.platforms.pull.puller import over, pull
from clout.research import dataset, evaluation, fitting, labelled_pairs, ranking_fit, style_fitting
from clout.score import beside
from clout.score.model import Model, read_model

#: Writes fitted numbers into the draft of the model file, and reads it.
Took = Callable[[dict[str, dict[str, Any]]], Model]


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("fit_model", __doc__, "model", raw=True)
    parser.add_argument("--pairs", type=Path, required=True, help="labelled pairs, CSV")
    parser.add_argument("--source", type=Path, required=True, help="a folder of exports, or a sources file (TOML)")
    parser.add_argument(
        "--cut", type=arguments.day, required=True, action="append", help="first day of a future; repeatable"
    )
    parser.add_argument("--lake", required=True, help="a conformed lake of a large world")
    parser.add_argument("--world", type=Path, required=True, help="its sources file")
    parser.add_argument("--day", type=arguments.day, required=True, help="the day on which the world is scored")
    parser.add_argument(
        "--out",
        type=arguments.output_file,
        required=True,
        help="the model file to write; its report goes beside it, as .json",
    )
    return parser


def main(argv: list[str]) -> None:
    """Fit, step by step: what a later step scores with is what an earlier one fitted."""
    args = arg_parser().parse_args(argv)
    model, text = read_model(args.model), args.model.read_text(encoding="utf-8")
    report: dict[str, Any] = {"model_version": model.version}
    with Scratch("fit") as folder:
        draft = Path(folder) / "model.toml"

        def took(fitted: dict[str, dict[str, Any]]) -> Model:
            draft.write_text(fitting.rewritten(draft.read_text(encoding="utf-8"), fitted), encoding="utf-8")
            return read_model(draft)

        draft.write_text(text, encoding="utf-8")
        pairs = labelled_pairs.read_pairs(args.pairs)
        model = took(fitting.counters(pairs, model))
        report["pairs"] = _of_pairs(pairs, model)
        fit = _fit_measures if model.formulas == "v1" else _fit_ties
        report |= fit(args, model, Lake(f"{folder}/lake"), took)
        if "[styles]" not in text:  # from here on the model has its own
            draft.write_text(f"{draft.read_text(encoding='utf-8')}\n{beside.section_text('styles')}", encoding="utf-8")
        report["styles"] = _fit_styles(args, read_model(draft), Lake(f"{folder}/lake"), took)
        args.out.write_text(draft.read_text(encoding="utf-8"), encoding="utf-8")
    shown = json.dumps(report, indent=1) + "\n"
    args.out.with_suffix(".json").write_text(shown, encoding="utf-8")
    print(f"fit: wrote {args.out}\n{shown}", end="")


def _fit_measures(args: argparse.Namespace, model: Model, lake: Lake, took: Took) -> dict[str, Any]:
    """Weights of the measures, and the scale, of formulas v1."""
    pasts, futures = _split(lake, read_sources(args.source), args.cut, model)
    days = [cut - timedelta(days=1) for cut in args.cut]
    features = [fitting.measures_of(past, model, day) for past, day in zip(pasts, days, strict=True)]
    model = took(fitting.betas(features, futures))
    activity = {
        cut.isoformat(): _of_activity(past, future, model, day)
        for cut, past, future, day in zip(args.cut, pasts, futures, days, strict=True)
    }
    crowd = dataset.read(Lake(args.lake), read_sources(args.world), model, window(args.day, model.window_days))
    scored = dataset.scored(dataset.build_evidence(crowd, model, args.day))
    model = took(fitting.scale(scored))
    scale = {"people": len(crowd.account_states), **_of_scale(fitting.mapped(scored, model))}
    return {"activity": activity, "scale": scale}


def _fit_ties(args: argparse.Namespace, model: Model, lake: Lake, took: Took) -> dict[str, Any]:
    """What a tie is worth, of later formulas, see ranking_fit."""
    pasts, futures = _split(lake, read_sources(args.source), args.cut, model)
    events = [
        _event(f"cut {cut}", past, cut - timedelta(days=1), future)
        for cut, past, future in zip(args.cut, pasts, futures, strict=True)
    ]
    world, sources, before = Lake(args.lake), read_sources(args.world), args.day - timedelta(days=7)
    past = dataset.read(world, sources, model, window(before, model.window_days))
    coming = dataset.read(world, sources, model, days_between(before + timedelta(days=1), args.day))
    came = "SELECT target, count(DISTINCT actor) FROM activity GROUP BY target"
    events.append(_event("world", past, before, dict(evaluation.query(coming.activity, came))))
    tuning, judging = events[: max(1, len(args.cut) - 1)], events[max(1, len(args.cut) - 1) :]
    found, report = ranking_fit.fitted(tuning, judging, model)
    took(found)
    return {"tuning": [each.name for each in tuning], "judging": [each.name for each in judging], "terms": report}


def _fit_styles(args: argparse.Namespace, model: Model, lake: Lake, took: Took) -> dict[str, Any]:
    """The reference of styles: deciles of the world and of the exports, and how many of the world have each style by them."""
    sources, day = read_sources(args.source), max(args.cut) - timedelta(days=1)
    past = dataset.read(lake, sources, model, window(day, model.window_days))
    world = dataset.read(Lake(args.lake), read_sources(args.world), model, window(args.day, model.window_days))
    found = style_fitting.fitted(world, model, args.day, [past])
    return found["styles"] | {"people": style_fitting.counts(world, took(found), args.day)}


def _event(name: str, past: dataset.Dataset, day: date, future: dict[str, int]) -> ranking_fit.Event:
    people = sorted(set(past.activity["target"].to_pylist()))
    return ranking_fit.Event(name, past, day, people, np.array([future.get(who, 0) for who in people], dtype=float))


def _split(
    lake: Lake, sources: Sources, cuts: list[date], model: Model
) -> tuple[list[dataset.Dataset], list[dict[str, int]]]:
    """For each cut the data before it, and who was shared by how many people from it on."""
    last = max(cuts) + timedelta(days=model.window_days - 1)
    for source in sources.sources:
        whole = over(days_between(min(cuts) - timedelta(days=model.window_days), last))
        pull(lake, source, whole, say=lambda message: None)
    pasts = [dataset.read(lake, sources, model, window(cut - timedelta(days=1), model.window_days)) for cut in cuts]
    coming = [dataset.read(lake, sources, model, days_between(cut, last)) for cut in cuts]
    return pasts, [dict(evaluation.query(each.activity, evaluation.DISTINCT_RESHARERS)) for each in coming]


def _of_pairs(pairs: labelled_pairs.LabelledPairs, model: Model) -> dict[str, Any]:
    weights = [model.parameters[f"counter_{name}"] for name in labelled_pairs.COUNTERS]
    few = {
        "no lists": ("listed_count",),
        "no followers": ("follower_count",),
        "no network features": tuple(name for name in labelled_pairs.COUNTERS if name.startswith("network_feature")),
        "followers and lists only": tuple(set(labelled_pairs.COUNTERS) - {"follower_count", "listed_count"}),
    }
    return {
        **labelled_pairs.judged(pairs, {"auc": weights}),
        "auc_cross_validated": round(labelled_pairs.cross_validated(pairs), fitting.DIGITS),
        "auc_counters_missing": {
            name: labelled_pairs.judged(pairs.without(*counters), {"auc": weights})["auc"]
            for name, counters in few.items()
        },
    }


def _of_activity(past: dataset.Dataset, future: dict[str, int], model: Model, day: date) -> dict[str, Any]:
    candidates = sorted(set(past.activity["target"].to_pylist()))
    gain = np.array([future.get(person, 0) for person in candidates], dtype=float)
    rankings = {
        "score": dataset.scores(past, model, day, candidates),
        "score_undefended": dataset.scores(past, dataset.undefended(model), day, candidates),
        **evaluation.head_counts(past.activity, candidates),
    }
    return {"candidates": len(candidates), **evaluation.judge(rankings, gain)}


def _of_scale(scores: np.ndarray) -> dict[str, Any]:
    return {
        "scored": len(scores),
        "mean": round(float(scores.mean()), 2),
        "standard_deviation": round(float(scores.std()), 2),
        "quantiles": {str(q): round(float(np.quantile(scores, q)), 2) for q in (0.25, 0.5, 0.75, 0.9, 0.99)},
    }


if __name__ == "__main__":
    run_main(main)
