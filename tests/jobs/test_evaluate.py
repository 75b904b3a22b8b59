"""The command `evaluate` on folders that it has never seen: its figures, what it refuses, and that it cannot look ahead."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import evaluate
import numpy as np
import pytest
from clout.config.sources import read_sources
from clout.errors import InvalidInput
from clout.score.model import read_model

ROOT = Path(__file__).resolve().parents[2]
MODEL = read_model(ROOT / "sql" / "models" / "v1.toml")
CUT = date(2026, 3, 5)
RANKINGS = (
    *("score", "standing", "momentum", "true_reach", "score_undefended", "momentum_undefended"),
    *("reshares", "pagerank", "hits", "activity"),
    *(f"distinct_{who}{life}" for who in ("actors", "resharers") for life in ("", "_6h", "_12h", "_1d", "_7d")),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight days among 60 people; whoever has a smaller number is shared more. Each day is a file."""
    draw = np.random.default_rng(3)
    place = tmp_path / "exports"
    place.mkdir()
    for day in range(1, 9):
        actor, target = draw.integers(0, 60, 300), np.minimum(draw.geometric(0.1, 300), 59)
        kinds = np.where(actor % 2, "share", "like")
        rows = [f"{a},{u},2026-03-{day:02}T12:00:00Z,{k}" for a, u, k in zip(actor, target, kinds, strict=True)]
        (place / f"2026-03-{day:02}.csv").write_text("\n".join(["actor,target,occurred_at,kind", *rows]) + "\n")
    return place


def test_gives_every_ranking_its_figures(folder, capsys, tmp_path):
    evaluate.main(["--source", str(folder), "--cut", "2026-03-05", "--json", str(tmp_path / "found.json")])
    figures = json.loads((tmp_path / "found.json").read_text())
    assert figures["candidates"] > 20
    for name in RANKINGS:
        assert 0 <= figures[name]["ndcg100"] <= 1
        assert 0 <= figures[name]["ndcg100_log"] <= 1
        assert -1 <= figures[name]["spearman"] <= 1
    assert figures["score"]["spearman"] > 0.5 > abs(figures["activity"]["spearman"])
    shown = capsys.readouterr().out
    assert "evidence of 2026-03-01 to 2026-03-04, future of 2026-03-05 to 2026-03-08" in shown


def test_a_poisoned_future_changes_no_score_by_a_bit(folder, monkeypatch):
    kept: list[bytes] = []
    rankings = evaluate.dataset.rankings

    def remember(*args: object) -> dict[str, np.ndarray]:
        found = rankings(*args)
        kept.append(found["score"].tobytes())
        return found

    monkeypatch.setattr(evaluate.dataset, "rankings", remember)
    honest = evaluate.evaluate_activity(read_sources(folder), CUT, MODEL)
    for file in folder.glob("2026-03-0[5-8].csv"):
        day = file.stem
        rows = [f"{a},59,{day}T12:00:00Z,share" for a in range(58)]
        file.write_text("\n".join(["actor,target,occurred_at,kind", *rows]) + "\n")
    poisoned = evaluate.evaluate_activity(read_sources(folder), CUT, MODEL)
    assert len(kept) == 4
    assert kept[:2] == kept[2:]
    assert honest["score"] != poisoned["score"]


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        (date(2026, 3, 1), "nobody acted on anybody in the 90 days before 2026-03-01"),
        (date(2026, 3, 9), "nobody was shared in the 90 days from then on"),
        (date(2020, 1, 1), "nobody acted on anybody"),
    ],
)
def test_says_when_there_is_no_past_or_no_future(folder, cut, said):
    with pytest.raises(InvalidInput, match=said):
        evaluate.evaluate_activity(read_sources(folder), cut, MODEL)


def test_where_nothing_is_shared_it_foretells_who_is_acted_on(folder, capsys):
    shared = evaluate.evaluate_activity(read_sources(folder), CUT, MODEL)
    for file in folder.glob("*.csv"):
        file.write_text(file.read_text().replace("share", "reply"))
    found = evaluate.evaluate_activity(read_sources(folder), CUT, MODEL)
    assert (shared["foretold"], found["foretold"]) == ("share", "act")
    assert found["distinct_actors"]["spearman"] > 0.5
    assert found["distinct_resharers"]["spearman"] is None
    assert found["momentum_undefended"].keys() == found["momentum"].keys()
    assert "Who will be acted on by most people" in capsys.readouterr().out


def test_a_future_that_is_not_over_is_read_as_far_as_it_is(tmp_path):
    today = datetime.now(UTC).date()
    for age in range(1, 5):
        day = today - timedelta(age)
        rows = [f"{a},{a * 7 % 5},{day}T12:00:00Z,share" for a in range(5, 25)]
        (tmp_path / f"{day}.csv").write_text("\n".join(["actor,target,occurred_at,kind", *rows]) + "\n")
    figures = evaluate.evaluate_activity(read_sources(tmp_path), today - timedelta(2), MODEL)
    assert figures["shared_later"] == 5
    with pytest.raises(
        InvalidInput, match=f"nobody was shared in the 90 days.*there are acts of {today - timedelta(4)}"
    ):
        evaluate.evaluate_activity(read_sources(tmp_path), today, MODEL)


def test_refuses_what_has_no_past_to_cut(tmp_path):
    text = '[[source]]\nname = "bluesky"\nreader = "bluesky"\nbase_url = "http://127.0.0.1:9"\nsubjects = ["ann.example"]\n'
    (tmp_path / "sources.toml").write_text(text)
    with pytest.raises(InvalidInput, match="reads folders of exports"):
        evaluate.evaluate_activity(read_sources(tmp_path), CUT, MODEL)


def test_wants_a_cut(folder, capsys):
    with pytest.raises(SystemExit):
        evaluate.main(["--source", str(folder)])
    assert "needs --cut" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--cut", "0001-01-01"], "is not a day like"),
        (["--cut", "9999-12-31"], "is not a day like"),
        (["--cut", "2026-03-05", "--json", "no/such/folder.json"], "cannot be written"),
        (["--cut", "2026-03-05", "--json", "."], "cannot be written"),
        (["--cut", "2026-03-05", "--json", ""], "cannot be written"),
    ],
)
def test_asks_first_whether_there_is_room_for_the_days_and_the_figures(folder, capsys, more, said):
    with pytest.raises(SystemExit) as ended:
        evaluate.main(["--source", str(folder), *more])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("cut", [date(2012, 7, 3), date(2012, 7, 4)])
def test_the_real_week(shared_data, cut):
    """Issue C: undefended above distinct resharers; with defences at most 0.02 below. Ours is above."""
    figures = evaluate.evaluate_activity(read_sources(shared_data / "higgs"), cut, MODEL)
    known = {date(2012, 7, 3): (3046, 0.400, 0.709, 0.685), date(2012, 7, 4): (6853, 0.793, 0.745, 0.790)}[cut]
    assert figures["distinct_actors"]["ndcg100_log"] == pytest.approx(known[2], abs=0.003)
    assert figures["distinct_resharers_12h"]["ndcg100_log"] == pytest.approx(known[3], abs=0.003)
    assert figures["candidates"] == known[0]
    assert figures["distinct_resharers"]["ndcg100"] == pytest.approx(known[1], abs=0.003)
    assert figures["score_undefended"]["ndcg100"] > figures["distinct_resharers"]["ndcg100"]
    assert figures["score"]["ndcg100"] > figures["distinct_resharers"]["ndcg100"]
    assert figures["score"]["ndcg100"] > figures["score_undefended"]["ndcg100"] - 0.04
    assert abs(figures["spearman_score_activity"]) < 0.1


def test_labelled_pairs_it_has_never_seen(shared_data, tmp_path, capsys):
    lines = (shared_data / "peerindex" / "pairs_open.csv").read_text().splitlines()
    (tmp_path / "half.csv").write_text("\n".join([lines[0], *lines[1::2]]) + "\n")
    evaluate.main(["--pairs", str(tmp_path / "half.csv"), "--json", str(tmp_path / "found.json")])
    figures = json.loads((tmp_path / "found.json").read_text())
    assert figures["n"] == 622
    assert figures["auc"] > max(figures["auc_followers"], figures["auc_listed"])
    assert "followers alone" in capsys.readouterr().out
