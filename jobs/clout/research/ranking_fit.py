"""Fits the numbers of a v2 model that say who is moved how far: by how well they foretell events, judged by other events.

An event is a past and what came after it: exports cut at a day, or a world with a known truth. Each term of TERMS is tried at a
few values, one term after the other, the rest as fitted so far. What foretells the events for tuning best is taken, if it also
pays on the events for judging, which choose nothing: elsewhere the simpler value stays, the first of its list. Ranked by True
Reach without defences, since a defence is paid for by what it prevents, not by what it foretells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from clout.research import dataset, evaluation
from clout.research.dataset import Dataset
from clout.score.model import Model

#: Each term, by section and name, with its values: the first does without the term, or is the plainest.
TERMS: dict[tuple[str, str], tuple[float, ...]] = {
    ("evidence", "kappa"): (0.001, 0.3, 1.0, 3.0),
    ("evidence", "gamma"): (0.0, 0.1, 0.3),
    ("evidence", "rho"): (0.0, 0.5, 0.7, 0.9),
    ("evidence", "half_life_days"): (365.0, 90.0, 47.0, 30.0),
    ("base", "mention"): (4.0, 2.0, 1.0),
    ("base", "like"): (4.0, 1.0),
}
#: Terms that a promise decides, whatever they foretell: pods are met by rho, and a score falls when somebody stops. Reported.
PROMISED = ("rho", "half_life_days")
#: A term pays if it foretells better by more than this, of a loss from 0 to 1: less is noise of the grid.
PAYS = 0.001


@dataclass(frozen=True)
class Event:
    """name; past: the data before it, up to `day`; people and gain: who was acted on, and how many were moved later."""

    name: str
    past: Dataset
    day: date
    people: list[str]
    gain: np.ndarray

    def loss(self, model: Model) -> float:
        """1 - the mean of NDCG@100 by both gains and of Spearman's correlation, of the order by True Reach."""
        reach = dataset.rankings(self.past, _reach_alone(model), self.day, self.people)["true_reach"]
        figures = [evaluation.ndcg(reach, self.gain), evaluation.ndcg(reach, np.log1p(self.gain))]
        return 1.0 - float(np.mean([*figures, evaluation.spearman(reach, self.gain) or 0.0]))


def parameter(term: tuple[str, str]) -> str:
    """The name by which the queries know a term."""
    return f"base_{term[1]}" if term[0] == "base" else term[1]


def _reach_alone(model: Model) -> Model:
    """The model without defences that are not themselves fitted, and without standing and momentum."""
    kept = {key: model.parameters[key] for key in map(parameter, TERMS)}
    free = dataset.overlaid(dataset.undefended(model), kept)
    beside = ("standing_half_life_days", "momentum_half_life_days")
    numbers = {name: value for name, value in free.parameters.items() if name not in beside}
    return Model(free.version, numbers, free.sha256, formulas=free.formulas)


def fitted(
    tuning: Sequence[Event], judging: Sequence[Event], model: Model
) -> tuple[dict[str, dict[str, float]], dict[str, Any]]:
    """The value of each term that data decides, by section, and the report: the loss of every value on every event.

    pays: how much better the best value is than the plainest; interval: the range of that, of both kinds together, when single
    events are left out. taken: what the model file gets.
    """
    numbers: dict[str, float] = {}
    found: dict[str, dict[str, float]] = {}
    report: dict[str, Any] = {}
    for term, values in TERMS.items():
        tried = {
            value: {
                event.name: event.loss(dataset.overlaid(model, {**numbers, parameter(term): value}))
                for event in (*tuning, *judging)
            }
            for value in values
        }
        mean = {
            kind: {value: float(np.mean([losses[event.name] for event in events])) for value, losses in tried.items()}
            for kind, events in (("tuning", tuning), ("judging", judging))
        }
        plain, best = values[0], min(values, key=lambda value: mean["tuning"][value])
        pays = {kind: losses[plain] - losses[best] for kind, losses in mean.items()}
        taken = best if all(gain > PAYS for gain in pays.values()) else plain
        if term[1] in PROMISED:
            taken = model.parameters[parameter(term)]
        else:
            found.setdefault(term[0], {})[term[1]] = taken
        numbers[parameter(term)] = taken
        gains = np.array([tried[plain][name] - tried[best][name] for name in tried[plain]])
        without_one = [float(np.delete(gains, i).mean()) for i in range(len(gains))]
        report[parameter(term)] = {
            "loss": {
                f"{value:g}": {name: round(loss, 4) for name, loss in each.items()} for value, each in tried.items()
            },
            "best": best,
            "pays": {kind: round(gain, 4) for kind, gain in pays.items()},
            "interval": [round(min(without_one), 4), round(max(without_one), 4)],
            "taken": taken,
        }
    return found, report
