"""Fitting: what is written, what is refused, and that the same input gives the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from clout.errors import InvalidInput
from clout.research import dataset, fitting, labelled_pairs, ranking_fit
from clout.score.model import Model, read_model

FILE = Path(__file__).resolve().parents[4] / "sql" / "models" / "v1.toml"


def test_rewrites_numbers_and_leaves_everything_else(tmp_path):
    text = FILE.read_text()
    map_from = [0.0, 0.1, 0.5, 1.0]
    fitted = {
        "score": {"beta_reach": 0.51, "beta_network": 0.39, "map_from": map_from, "map_to": [0.0, 0.2, 0.7, 1.0]},
        "counters": {"posts": 0.25},
    }
    found = fitting.rewritten(text, fitted)
    (tmp_path / "model.toml").write_text(found)
    before, after = read_model(FILE).parameters, read_model(tmp_path / "model.toml").parameters
    assert after["beta_reach"] == 0.51
    assert after["counter_posts"] == 0.25
    assert after["map_from"] == map_from
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"beta_reach", "beta_network", "map_from", "map_to", "counter_posts"}
    assert found.count("#") == text.count("#")
    assert fitting.rewritten(found, fitted) == found


def test_refuses_a_number_that_the_file_does_not_hold():
    with pytest.raises(InvalidInput, match=r"no line for \[score\] beta_luck"):
        fitting.rewritten(FILE.read_text(), {"score": {"beta_luck": 1.0}})


def test_weights_of_reach_and_network_are_not_negative_and_follow_the_future():
    draw = np.random.default_rng(1)
    reach, network = draw.random((2, 500))
    people = [str(i) for i in range(500)]
    features = pa.table({"person_id": people, "x_reach": reach, "x_network": network})
    shared = np.round(np.expm1(6 * reach + 2 * network)).astype(int)
    found = fitting.betas([features], [dict(zip(people, shared.tolist(), strict=True))])["score"]
    assert found["beta_reach"] + found["beta_network"] == pytest.approx(fitting.MEASURES_WEIGH, abs=2e-4)
    assert found["beta_reach"] / found["beta_network"] == pytest.approx(3, rel=0.1)
    against = np.round(np.expm1(6 * reach + 2 - 2 * network).clip(0)).astype(int)
    found = fitting.betas([features], [dict(zip(people, against.tolist(), strict=True))])["score"]
    assert found["beta_network"] >= 0
    with pytest.raises(InvalidInput, match="nothing to fit"):
        fitting.betas([features], [{}])


def test_the_map_takes_a_crowd_to_the_shape_and_only_who_has_a_score_makes_it():
    draw = np.random.default_rng(2)
    evidence = draw.gamma(2.0, 0.3, 4000)
    score = pa.array(evidence, mask=evidence < 0.1)
    crowd = pa.table({"score": score, "l": evidence})
    fitted = fitting.scale(crowd)["score"]
    model = dataset.overlaid(read_model(FILE), fitted)
    scores = fitting.mapped(crowd, model)
    assert len(scores) == len(evidence) - score.null_count
    for share, points in fitting.SHAPE:
        assert np.quantile(scores, share) == pytest.approx(points, abs=0.5)  # knots have four digits
    assert scores.mean() == pytest.approx(38, abs=2)
    assert scores.std() == pytest.approx(16, abs=2)
    with pytest.raises(InvalidInput, match="900 people have a score"):
        fitting.scale(crowd.filter(score.is_valid()).slice(0, 900))
    with pytest.raises(InvalidInput, match="the same evidence"):
        fitting.scale(pa.table({"score": np.ones(1000), "l": np.ones(1000)}))


def test_the_committed_counters_are_what_the_pairs_tell(shared_data):
    pairs = labelled_pairs.read_pairs(shared_data / "peerindex" / "pairs_open.csv")
    model = read_model(FILE)
    fitted = fitting.counters(pairs, model)
    assert fitted == fitting.counters(pairs, model)
    assert {name: model.parameters[f"counter_{name}"] for name in fitted["counters"]} == fitted["counters"]
    assert {name: model.parameters[name] for name in fitted["score"]} == fitted["score"]


@dataclass(frozen=True)
class Told(ranking_fit.Event):
    """An event whose loss is told by one number of the model."""

    number: str = "kappa"
    best: float = 1.0

    def loss(self, model: Model) -> float:
        return abs(model.parameters[self.number] - self.best) / 100


def told(name: str, number: str, best: float) -> Told:
    return Told(name, None, date(2026, 3, 14), [], np.zeros(0), number, best)  # type: ignore[arg-type]


def test_a_term_is_taken_only_if_it_pays_where_it_was_not_fitted():
    v2 = read_model(FILE.with_name("v2.toml"))
    tuning = [told("a", "kappa", 1.0), told("b", "gamma", 0.3), told("c", "half_life_days", 90.0)]
    found, report = ranking_fit.fitted(tuning, [told("d", "kappa", 1.0), told("e", "gamma", 0.0)], v2)
    assert found["evidence"] == {"kappa": 1.0, "gamma": 0.0}
    assert found["base"] == {"mention": 4.0, "like": 4.0}
    assert (report["gamma"]["best"], report["gamma"]["taken"]) == (0.3, 0.0)
    # What a promise decides is reported, and left as the file has it.
    assert (report["half_life_days"]["best"], report["half_life_days"]["taken"]) == (90.0, 47.0)
    assert report["kappa"]["pays"] == {"tuning": round((0.999 / 100) / 3, 4), "judging": round((0.999 / 100) / 2, 4)}
