"""Evaluate: how good the score is, on human judgements of pairs or on who is passed on after a cut.

    evaluate.py --pairs FILE                 a file with the columns of the PeerIndex pairs: AUC
    evaluate.py --source FOLDER --cut DAY    exports: scored on the evidence before DAY, judged by what came from DAY on
    evaluate.py --behaviour --source FOLDER  ties, silence, changes from day to day, intervals; on the evening before --cut DAY,
                                             by default of the last day; --lake LAKE where the days are conformed
    evaluate.py --topics FILE [--ontology FOLDER]  posts whose topics people said: how often the matcher is right
    evaluate.py --ratings FILE [--cut DAY]   who rated whom, when: whether trust tells those apart who are called frauds later

The model is used as it stands; nothing is fitted to what it is judged by (see fit_model.py).
"""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from clout.config import arguments
from clout.config.ontology import read_ontology
from clout.config.sources import Sources, read_sources
from clout.errors import InvalidInput, run_main
from clout.lake.partitions import Lake, days_between, window
from clout.lake.scratch import Scratch
from clout.platforms.exports import whole_exports
from clout.platforms.pull.puller import over, pull
from clout.research import behaviour, dataset, evaluation, labelled_pairs, lens_pairs, ratings, topic_evaluation
from clout.research.dataset import Dataset
from clout.score.model import Model, read_model


def arg_parser() -> argparse.ArgumentParser:
    parser = arguments.parser("evaluate", __doc__, "model", raw=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--pairs", type=Path, help="labelled pairs, CSV")
    what.add_argument("--source", type=Path, help="a folder of exports, or a sources file (TOML)")
    what.add_argument("--topics", type=Path, help="posts with their topics, one JSON object a line")
    what.add_argument("--ratings", type=Path, help="ratings (rater, rated, rating, unix_ts), CSV or CSV.GZ")
    parser.add_argument(
        "--cut",
        type=arguments.day,
        action="append",
        help="the first day of the future, YYYY-MM-DD; of ratings as many as you like, else five over the file",
    )
    parser.add_argument("--behaviour", action="store_true", help="how scores behave, rather than who will be shared")
    parser.add_argument("--lake", type=Path, help="of --behaviour: the lake of these sources")
    parser.add_argument("--ontology", type=Path, help="of --topics: a folder with our form, or Klout's; else ours")
    parser.add_argument("--json", type=arguments.output_file, help="write the figures there, too")
    return parser


def main(argv: list[str]) -> None:
    """Evaluate and say how good it is."""
    parser = arg_parser()
    args = parser.parse_args(argv)
    model = read_model(args.model)
    if args.pairs:
        figures = evaluate_pairs(args.pairs, model)
    elif args.behaviour and args.source:
        figures = evaluate_behaviour(read_sources(args.source), args.lake, args.cut and args.cut[-1], model)
    elif args.behaviour:
        parser.error("--behaviour needs --source, exports whose scores are looked at")
    elif args.topics:
        figures = topic_evaluation.judged(topic_evaluation.read_posts(args.topics), read_ontology(args.ontology))
        topic_evaluation.show(figures)
    elif args.ratings:
        figures = evaluate_ratings(args.ratings, args.cut, model)
    else:
        if args.cut is None or len(args.cut) > 1:
            parser.error("--source needs --cut, once: the first day of the future, such as --cut 2012-07-04")
        figures = evaluate_activity(read_sources(args.source), args.cut[0], model)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def evaluate_pairs(file: Path, model: Model) -> dict[str, Any]:
    """AUC of the model's counters on labelled pairs, beside followers alone and lists alone."""
    pairs = labelled_pairs.read_pairs(file)
    figures = labelled_pairs.judged(
        pairs,
        {
            "auc": [model.parameters[f"counter_{name}"] for name in labelled_pairs.COUNTERS],
            "auc_published": labelled_pairs.published_weights(model.parameters),
        },
    )
    print(f"Who is more influential? {figures['n']} pairs, judged by people; 0.5 is a coin, 1 agrees with every judge")
    names = {
        "auc": f"all counters, model {model.version}",
        "auc_published": "what is published where a platform shows only counters",
        "auc_followers": "followers alone",
        "auc_listed": "lists alone",
    }
    for key, name in names.items():
        print(f"  {name:56} AUC {figures[key]:.4f}")
    lenses = lens_pairs.judged(pairs, model.parameters)
    lens_pairs.show(lenses)
    return figures | {"lenses": lenses}


def evaluate_ratings(file: Path, cuts: list[date] | None, model: Model) -> dict[str, Any]:
    """AUC of trust from positive ratings against who is called a fraud later, beside counts of raters."""
    rows = ratings.read_ratings(file)
    if not len(rows.at):
        raise InvalidInput(f"{file}: holds no rating of one person by another")
    figures = ratings.judged(rows, cuts or ratings.usual_cuts(rows), model)
    ratings.show(figures, model)
    return figures


def evaluate_behaviour(sources: Sources, lake: Path | None, cut: date | None, model: Model) -> dict[str, Any]:
    """Ties, silence, day-to-day changes and coverage of intervals, of the scores of the evening before the cut."""
    with whole_exports.lake_of(sources, lake, "evaluate") as whole:
        day = cut - timedelta(days=1) if cut else whole_exports.last_day(whole, sources)

        @functools.cache
        def read(on: date) -> Dataset:
            return dataset.read(whole, sources, model, window(on, model.window_days))

        if not len(read(day).activity):
            raise InvalidInput(
                f"nobody acted on anybody in the {model.window_days} days up to {day}; choose another --cut"
            )
        figures = behaviour.behaviour(read, model, day)
    behaviour.show(figures)
    return figures


def evaluate_activity(sources: Sources, cut: date, model: Model) -> dict[str, Any]:
    """The score of those on whom somebody acted before the cut, against how many people share them from then on.

    `foretold` is "act" where nothing is shared: then against how many people do anything to them.
    Scored on the evening before the cut, from a lake that was never given a later day. The future is as long as the window.
    """
    asked = [source.name for source in sources.sources if source.read_by.is_asked]
    if asked:
        raise InvalidInput(
            f"{', '.join(asked)}: evaluate reads folders of exports; what is asked over HTTP has no past to cut"
        )
    with Scratch("evaluate") as folder:
        before = window(cut - timedelta(days=1), model.window_days)
        past = read_days(Lake(f"{folder}/past"), sources, before, model)
        timed = dataset.timed_acts(Lake(f"{folder}/past"), sources, past.activity, before)
        coming = days_between(cut, cut + timedelta(days=model.window_days - 1))
        future = read_days(Lake(f"{folder}/future"), sources, coming, model)
    foretold, sharers = evaluation.came_to_pass(future.activity)
    candidates = sorted(set(past.activity["target"].to_pylist()))
    if not candidates:
        raise InvalidInput(
            f"nobody acted on anybody in the {model.window_days} days before {cut}{_but(future)}; choose a cut among the"
            " days of the exports"
        )
    gain = np.array([sharers.get(person, 0) for person in candidates], dtype=float)
    if not gain.any():
        raise InvalidInput(
            f"of {len(candidates)} people on whom somebody acted before {cut}, nobody was {_DONE[foretold]} in the"
            f" {model.window_days} days from then on{_but(past)}; choose an earlier cut, or exports of more days"
        )
    day = cut - timedelta(days=1)
    rankings = {
        **dataset.rankings(past, model, day, candidates),
        **_undefended(past, model, day, candidates),
        **evaluation.baselines(past.activity, timed, candidates, datetime.combine(cut, datetime.min.time())),
    }
    figures: dict[str, Any] = {
        "candidates": len(candidates),
        "foretold": foretold,
        "shared_later": int((gain > 0).sum()),
        **evaluation.judge(rankings, gain),
        "score_minus_head_count": {
            name: evaluation.difference(rankings["score"], rankings[name], gain) for name in evaluation.HEAD_COUNTS
        },
        "spearman_score_activity": evaluation.spearman(rankings["score"], rankings["activity"]),
        **_followers(past, candidates, rankings["score"], gain),
    }
    _show(figures, cut, past, future)
    return figures


#: What was done to people in the future that is foretold.
_DONE = {"share": "shared", "act": "acted on"}


def _undefended(past: Dataset, model: Model, day: date, candidates: list[str]) -> dict[str, np.ndarray]:
    """score and momentum without any defence, so that what the defences cost either stands beside it."""
    found = dataset.rankings(past, dataset.undefended(model), day, candidates)
    return {f"{name}_undefended": found[name] for name in ("score", "momentum") if name in found}


def read_days(lake: Lake, sources: Sources, days: list[date], model: Model) -> Dataset:
    """The data of some days, pulled into a lake of its own."""
    for source in sources.sources:
        if whole := over(days):
            pull(lake, source, whole, say=lambda line: None)  # they speak of a lake that nobody will see
    return dataset.read(lake, sources, model, days)


def _but(other: Dataset) -> str:
    days = other.activity["ds"].to_pylist()
    return f" (there are acts of {min(days)} to {max(days)})" if days else ""


def _followers(past: Dataset, candidates: list[str], score: np.ndarray, gain: np.ndarray) -> dict[str, Any]:
    """Followers as one more ranking, and how much of the score they explain; nothing where no account shows them."""
    states = past.account_states
    known = dict(zip(states["account_key"].to_pylist(), states["followers_count"].to_pylist(), strict=True))
    shown = np.array([known.get(person) is not None for person in candidates])
    if shown.sum() < 3:
        return {}
    followers = np.array([known.get(person) or 0 for person in candidates], dtype=float)
    share = np.corrcoef(np.log1p(followers[shown]), score[shown])[0, 1] ** 2
    return {**evaluation.judge({"followers": followers}, gain), "r2_score_log_followers": round(float(share), 6)}


def _show(figures: Mapping[str, Any], cut: date, past: Dataset, future: Dataset) -> None:
    days = {name: sorted(set(each.activity["ds"].to_pylist())) for name, each in (("past", past), ("future", future))}
    print(
        f"Who will be {_DONE[figures['foretold']]} by most people from {cut} on? {figures['candidates']} people on whom"
        f" somebody acted before, of whom {figures['shared_later']} were {_DONE[figures['foretold']]}\n"
        f"evidence of {days['past'][0]} to {days['past'][-1]}, future of {days['future'][0]} to {days['future'][-1]}"
    )
    print(f"  {'':26}NDCG@100, gain is people, or ln(1 + people)")
    print(f"  {'ranking by':24} {'people':>9} {'ln':>7} {'without the first':>20} {'Spearman':>9}")
    for name, found in figures.items():
        if isinstance(found, dict) and "spearman" in found:
            rest = [found["ndcg100_without_largest"], found["ndcg100_log_without_largest"]]
            shown = [found["ndcg100"], found["ndcg100_log"], *rest, found["spearman"]]
            texts = ["none" if each is None else f"{each:.3f}" for each in shown]
            print(
                f"  {name.replace('_', ' '):24} {texts[0]:>9} {texts[1]:>7} {texts[2]:>12} {texts[3]:>7} {texts[4]:>9}"
            )
    for name, found in figures["score_minus_head_count"].items():
        line = ", ".join(
            f"{'people' if gain == 'ndcg100' else 'ln'} {each['difference']:+.3f} ({each['low']:+.3f} to {each['high']:+.3f})"
            for gain, each in found.items()
        )
        print(f"score minus {name.replace('_', ' ')}, with the 90 % interval of a bootstrap of people: {line}")
    tie = figures["spearman_score_activity"]
    print(f"correlation of score and own activity (Spearman): {'none' if tie is None else f'{tie:.3f}'}")
    if "r2_score_log_followers" in figures:
        print(f"R2 of score on log(followers): {figures['r2_score_log_followers']:.3f}")


if __name__ == "__main__":
    run_main(main)
