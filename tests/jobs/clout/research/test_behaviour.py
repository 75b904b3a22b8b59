"""The figures of how scores behave: what is counted as a tie, a loss, a change, a half."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import evaluate
import pyarrow.compute as pc
import pytest
from clout.config.sources import read_sources
from clout.engine import queries
from clout.platforms.exports import whole_exports
from clout.research import behaviour, dataset
from clout.research.dataset import Dataset
from clout.score import variants
from clout.score.model import Model, read_model
from scored_world import DAY, NAMES, Rows, dataset_of, draw, scores_of

MODEL = read_model(queries.SQL / "models" / "v2.toml")
SEEDS = [("murmur", f"murmur:{name}") for name in NAMES[:3]]


def fans(number: int, of: str, age: int = 0) -> Rows:
    when = DAY - timedelta(age)
    return [(when, "murmur", f"murmur:{of}-fan{n}", f"murmur:{of}", "share", 1, None) for n in range(number)]


def test_people_with_the_same_number_are_tied() -> None:
    rows = fans(9, "ann") + fans(9, "ben") + fans(9, "cem") + fans(12, "dan") + fans(3, "eva")
    found = behaviour.ties(dataset_of(rows), MODEL, DAY)
    assert found == {"n": 4, "largest": 3, "share": 0.75}


def test_silence_is_told_by_its_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """A score that falls by a point a day, but by five on the twentieth."""

    def fallen(rows: Dataset, model: Model, day: date, people: list[str]) -> list[float]:
        assert len(rows.activity) == behaviour.FANS
        age = (day - rows.activity["ds"][0].as_py()).days
        return [95.0 - age - (4.0 if age >= 20 else 0.0)]

    monkeypatch.setattr(dataset, "scores", fallen)
    found = behaviour.silence(dataset_of(draw(random.Random(3), "murmur")), MODEL, DAY)
    assert found["first"] == 95
    assert found["lost"] == {"7": 7, "30": 34, "60": 64}
    assert (found["largest_loss"], found["largest_loss_on_day"]) == (5, 20)


def test_silence_is_scored_as_a_night_scores_it() -> None:
    alone = variants.score_alone(MODEL)
    empty = dataset_of(draw(random.Random(3), "murmur"))
    for age in (0, 30):
        rows = fans(behaviour.FANS, "ann", age)
        assert behaviour._after(empty, MODEL, DAY, age) == pytest.approx(
            scores_of(rows, model=alone)["murmur:ann"]["raw_score"]
        )


def test_changes_compare_a_day_with_the_day_before() -> None:
    rows = {DAY: fans(40, "ann") + fans(20, "ben") + fans(7, "cem")}
    rows[DAY + timedelta(1)] = [(DAY + timedelta(1), *row[1:]) for row in rows[DAY]]
    rows[DAY + timedelta(2)] = [(DAY + timedelta(2), *row[1:]) for row in rows[DAY][:-7] + fans(90, "cem")]
    found = behaviour.changes(lambda day: dataset_of(rows[day], day), MODEL, sorted(rows))
    assert found["n"] == 6
    assert found["median"] == 0
    assert found["spearman"] == -0.5
    assert found["p99"] > 10


def test_halves_hold_every_act_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = dataset_of(draw(random.Random(5), "murmur", 500), seeds=SEEDS)
    halves: list[Dataset] = []
    gathered = dataset.build_evidence

    def remembered(half: Dataset, model: Model, day: date):
        halves.append(half)
        return gathered(half, model, day)

    monkeypatch.setattr(dataset, "build_evidence", remembered)
    monkeypatch.setattr(behaviour, "DRAWS", 2)
    found = behaviour.coverage(whole, MODEL, DAY)
    for one, other in (halves[:2], halves[2:4], halves[4:]):
        assert len(one.activity) + len(other.activity) == len(whole.activity)
        assert pc.sum(whole.activity["n"]) == pc.add(pc.sum(one.activity["n"]), pc.sum(other.activity["n"]))
    days = [set(half.activity["ds"].to_pylist()) for half in halves]
    assert not days[0] & days[1]
    assert not days[2] & days[3]
    assert days[0] not in (days[2], days[3])
    assert days[4] & days[5]
    for figures in found.values():
        assert figures["n"] > 20
        assert 0 <= figures["coverage"] <= 1


def test_halvings_count_by_their_intervals() -> None:
    one = {"n": 30, "coverage": 0.9, "above": 0.1, "below": 0.0, "width": 4.0}
    other = {"n": 10, "coverage": 0.5, "above": 0.1, "below": 0.4, "width": 8.0}
    pooled = {"n": 40, "coverage": 0.8, "above": 0.1, "below": 0.1, "width": 5.0}
    assert behaviour._pooled([one, other, {"n": 0}]) == pooled
    assert behaviour._pooled([{"n": 0}]) == {"n": 0}


def test_one_day_has_no_halves_by_days(tmp_path: Path) -> None:
    """As an hour of GH Archive. And exports of other years than ours are found."""
    rows = draw(random.Random(5), "murmur", 200, days=1)
    assert set(behaviour.coverage(dataset_of(rows), MODEL, DAY)) == {"by_acts"}
    lines = [f"{actor},{target},2004-05-01T12:00:00Z,share" for _, _, actor, target, *_ in rows]
    (tmp_path / "acts.csv").write_text("\n".join(["actor,target,occurred_at,kind", *lines]) + "\n")
    sources = read_sources(tmp_path)
    with whole_exports.lake_of(sources, None, "evaluate") as lake:
        assert whole_exports.last_day(lake, sources) == date(2004, 5, 1)


def test_the_command_tells_all_four(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(behaviour, "CHANGES", 1)
    monkeypatch.setattr(behaviour, "_after", lambda empty, model, day, age: 50.0 - age)
    rows = [
        f"{actor},{target},{ds}T12:00:00Z,share" for ds, _, actor, target, *_ in draw(random.Random(1), "m", days=9)
    ]
    (tmp_path / "acts.csv").write_text("\n".join(["actor,target,occurred_at,kind", *rows]) + "\n")
    found = tmp_path / "found.json"
    evaluate.main(["--behaviour", "--source", str(tmp_path), "--json", str(found)])
    assert found.exists()
    shown = capsys.readouterr().out
    for word in ("ties:", "silence:", "from day to day:", "intervals, halves by days:"):
        assert word in shown
    with pytest.raises(SystemExit):
        evaluate.main(["--behaviour", "--ratings", str(tmp_path / "acts.csv")])
