"""Ratings "who trusts whom, from -10 to 10, and when": whether trust from the positive ones tells frauds from others.

Trust is what nights compute of acts: a positive rating is an act of the rater on the rated. Negative ratings only say who was
called a fraud. Source of the file's form: the web of trust of Bitcoin OTC, with the people who were found to be frauds later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clout.engine import trust_flow
from clout.engine.network_rank import Graph
from clout.errors import InvalidInput
from clout.research.evaluation import auc
from clout.score.model import Model

COLUMNS = ("rater", "rated", "rating", "unix_ts")
#: How many people are seeds.
SEEDS = 50
#: How trust is tried: whose word is taken first, and which ratings are acts, of which weight.
SEED_CHOICES = ("most_rated", "earliest")
GRAPHS = ("plain", "one_sided", "by_rating")


@dataclass(frozen=True)
class Ratings:
    """Who rated whom how, and when: people as places 0..people-1; at: seconds since 1970, UTC. One entry a rating."""

    people: int
    rater: np.ndarray
    rated: np.ndarray
    rating: np.ndarray
    at: np.ndarray


def read_ratings(file: Path) -> Ratings:
    """Read a CSV file, or one compressed by gzip, with the columns rater, rated, rating (-10 to 10, not 0), unix_ts.

    Raises InvalidInput where columns are missing, or a value is not of its kind.
    """
    if not file.is_file():
        raise InvalidInput(f"{file}: no such file of ratings")
    try:
        rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError, EOFError) as error:
        raise InvalidInput(f"{file}: cannot be read as CSV: {error}") from error
    missing = [name for name in COLUMNS if name not in rows.columns]
    if missing:
        raise InvalidInput(f"{file}: lacks the columns {', '.join(missing)}; it needs {', '.join(COLUMNS)}")
    numbers = {name: pd.to_numeric(rows[name], errors="coerce").to_numpy(float) for name in ("rating", "unix_ts")}
    wrong = {
        "rating": ~(np.abs(numbers["rating"]) <= 10) | (numbers["rating"] == 0),
        "unix_ts": ~np.isfinite(numbers["unix_ts"]),
        **{name: (rows[name] == "").to_numpy() for name in ("rater", "rated")},
    }
    for name, bad in wrong.items():
        if bad.any():
            row = int(bad.argmax())
            asked = {"rating": "a number from -10 to 10, not 0", "unix_ts": "seconds since 1970"}.get(name, "a name")
            raise InvalidInput(f"{file}: row {row + 2}: {name} is {rows[name].iloc[row]!r}, not {asked}")
    other = (rows["rater"] != rows["rated"]).to_numpy()
    people, places = np.unique(np.concatenate([rows["rater"], rows["rated"]]).astype(str), return_inverse=True)
    rater, rated = np.split(places.ravel(), 2)
    return Ratings(
        len(people), rater[other], rated[other], numbers["rating"][other], numbers["unix_ts"][other].astype(np.int64)
    )


def measures(ratings: Ratings, taken: np.ndarray, model: Model) -> dict[str, np.ndarray]:
    """What each person is worth by the positive ratings among those that are `taken`, one value a person.

    raters: how many people gave one; sum: of these ratings. trust: by the model, from the most rated as the operator's seeds;
    trust_<seeds>_<graph>: otherwise. Seeds: the most rated, or the earliest. Graphs: plain, each rating an act; one_sided,
    without those that were returned; by_rating, each of rating / 10 of an act. trust_per_rater: how far a rater is trusted, on
    average.
    """
    kept = taken & (ratings.rating > 0)
    rater, rated, rating, at = (each[kept] for each in (ratings.rater, ratings.rated, ratings.rating, ratings.at))
    pair, first = np.unique(rater * ratings.people + rated, return_index=True)
    rater, rated, rating, at = (each[first] for each in (rater, rated, rating, at))
    returned = np.isin(rated * ratings.people + rater, pair)
    raters = np.bincount(rated, minlength=ratings.people)
    came = np.full(ratings.people, np.iinfo(np.int64).max)
    np.minimum.at(came, np.concatenate([rater, rated]), np.concatenate([at, at]))
    most = np.argsort(-raters, kind="stable")[:SEEDS]
    seeds = {"most_rated": most, "earliest": np.argsort(came, kind="stable")[:SEEDS]}
    graphs = {
        "plain": (np.ones(len(rater), dtype=bool), np.ones(len(rater))),
        "one_sided": (~returned, np.ones(len(rater))),
        "by_rating": (np.ones(len(rater), dtype=bool), rating / 10.0),
    }
    found = {"raters": raters.astype(float), "sum": np.bincount(rated, rating, ratings.people)}
    for who in SEED_CHOICES:
        for graph in GRAPHS:
            edges, weight = graphs[graph]
            asked = Graph.of_numbers(rater[edges], rated[edges], weight[edges], seeds[who])
            found[f"trust_{who}_{graph}"] = trust_of(asked, ratings.people, model)
    found["trust"] = found["trust_most_rated_plain"]
    spoken = np.bincount(rated, np.minimum(1.0, found["trust"][rater]), ratings.people)
    found["trust_per_rater"] = spoken / np.maximum(raters, 1)
    return found


def trust_of(graph: Graph, people: int, model: Model) -> np.ndarray:
    """Trust of the people 0..people-1 as the model's nights compute it: an amount, or whether somebody is trusted."""
    if trust_flow.is_asked(model.parameters):
        columns, name = trust_flow.flow(graph, model.parameters), "trust"
    else:
        columns, name = graph.trust(), "trusted"
    found = np.zeros(people)
    found[np.asarray(columns["person_id"])] = columns[name]
    return found


def usual_cuts(ratings: Ratings) -> list[date]:
    """Days that cut the ratings at a fifth, a third, a half, two thirds and four fifths of them."""
    at = np.quantile(ratings.at, (0.2, 1 / 3, 0.5, 2 / 3, 0.8), method="lower")
    return sorted({datetime.fromtimestamp(int(each), UTC).date() for each in at})


def judged(ratings: Ratings, cuts: Iterable[date], model: Model) -> dict[str, Any]:
    """AUC of each of `measures`: the chance that somebody who was called no fraud is worth more than somebody who was.

    cuts: date -> worth by the ratings before it, of the people of before who were rated from then on; frauds are those whose
    later ratings sum below 0. own_date: worth by the ratings that people got before their first negative one, and whole: by
    all; of everybody who was ever rated; frauds are those whose ratings, over all time, sum below 0. These two know the
    end: they say how frauds look, not who will be one.
    """
    seconds = {cut: int(datetime(cut.year, cut.month, cut.day, tzinfo=UTC).timestamp()) for cut in cuts}
    by_cut = {}
    for cut, at in seconds.items():
        before = ratings.at < at
        if not before.any() or before.all():
            raise InvalidInput(
                f"no ratings {'from' if before.all() else 'before'} {cut}; choose a cut among the file's days"
            )
        known = np.zeros(ratings.people, dtype=bool)
        known[ratings.rater[before]] = known[ratings.rated[before]] = True
        by_cut[cut.isoformat()] = _figures(ratings, before, ~before, known, model)
    always = np.ones(len(ratings.at), dtype=bool)
    called = np.full(ratings.people, np.iinfo(np.int64).max)
    negative = ratings.rating < 0
    np.minimum.at(called, ratings.rated[negative], ratings.at[negative])
    everybody = np.ones(ratings.people, dtype=bool)
    return {
        "ratings": len(ratings.at),
        "people": ratings.people,
        "cuts": by_cut,
        "own_date": _figures(ratings, ratings.at < called[ratings.rated], always, everybody, model),
        "whole": _figures(ratings, always, always, everybody, model),
    }


def _figures(
    ratings: Ratings, taken: np.ndarray, said: np.ndarray, among: np.ndarray, model: Model
) -> dict[str, float | int | None]:
    """AUC by the ratings `taken`, of who of `among` got one of those `said`, which say who is a fraud."""
    rated = np.bincount(ratings.rated[said], minlength=ratings.people) > 0
    fraud = np.bincount(ratings.rated[said], ratings.rating[said], ratings.people) < 0
    who = np.flatnonzero(rated & among)
    honest = ~fraud[who]
    figures: dict[str, float | int | None] = {"n": len(who), "frauds": int((~honest).sum())}
    for name, worth in measures(ratings, taken, model).items():
        known = bool(honest.any() and not honest.all())
        figures[f"auc_{name}"] = round(auc(worth[who], honest), 4) if known else None
    return figures


def show(figures: dict[str, Any], model: Model) -> None:
    """The figures as a table, and which way of trying trust is best."""
    print(
        f"Who will be called a fraud? {figures['ratings']} ratings of {figures['people']} people; AUC, 0.5 is a coin;"
        f" trust by model {model.version}\n  {'':22}{'people':>8}{'frauds':>8}{'trust':>8}{'raters':>8}{'sum':>8}"
        f"{'a rater':>9}  best of all ways of trust"
    )
    rows = {f"before {cut}": found for cut, found in figures["cuts"].items()}
    rows |= {"before the first no": figures["own_date"], "all ratings": figures["whole"]}
    for name, found in rows.items():
        if found["auc_trust"] is None:
            print(f"  {name:22}{found['n']:>8}{found['frauds']:>8}  nobody to compare")
            continue
        ways = {way.removeprefix("auc_trust_"): value for way, value in found.items() if way.startswith("auc_trust_")}
        best = max(ways, key=lambda way: ways[way])
        shown = "".join(f"{found[f'auc_{each}']:>8.3f}" for each in ("trust", "raters", "sum"))
        shown += f"{found['auc_trust_per_rater']:>9.3f}"
        print(f"  {name:22}{found['n']:>8}{found['frauds']:>8}{shown}  {ways[best]:.3f} {best}")
    values = rows.values()
    won = sum(found["auc_trust"] > max(found["auc_raters"], found["auc_sum"]) for found in values if found["auc_trust"])
    print(f"trust is better than both counts in {won} of {len(rows)} rows")
