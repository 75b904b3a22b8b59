"""Trust from ratings: on an invented graph, where frauds are praised by one another alone, and on the real file."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path

import evaluate
import numpy as np
import pytest
from clout.engine import queries
from clout.errors import InvalidInput
from clout.research import ratings
from clout.score.model import read_model

MODELS = {name: read_model(queries.SQL / "models" / f"{name}.toml") for name in ("v1", "v2")}
HONEST, FRAUDS = 120, 60
CUT = date(2020, 2, 1)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Honest people rate honest people, a few most; in January 60 frauds praise one another more, in February all is out."""
    monkeypatch.setattr(ratings, "SEEDS", 5)
    draw = np.random.default_rng(4)
    january, february = 1577836800, 1580515200
    rows = []
    for _ in range(900):
        rater, rated = draw.integers(0, HONEST), min(int(draw.geometric(0.05)), HONEST - 1)
        rows.append((f"h{rater}", f"h{rated}", draw.integers(1, 6), january + draw.integers(2_000_000)))
    for _ in range(900):
        rater, rated = draw.integers(0, FRAUDS, 2)
        rows.append((f"f{rater}", f"f{rated}", draw.integers(5, 11), january + draw.integers(2_000_000)))
    for number in range(FRAUDS):
        rows.append((f"h{number}", f"f{number}", -10, february + number))
    for number in range(HONEST):
        rows.append((f"h{HONEST - 1 - number}", f"h{number}", 1, february + 86400 + number))
    text = "\n".join(["rater,rated,rating,unix_ts", *(",".join(map(str, row)) for row in rows)])
    (tmp_path / "ratings.csv.gz").write_bytes(gzip.compress(text.encode()))
    return tmp_path / "ratings.csv.gz"


@pytest.mark.parametrize("name", MODELS)
def test_trust_tells_frauds_apart_who_praise_one_another(file: Path, tmp_path: Path, capsys, name: str) -> None:
    """Counting raters, or their ratings, is worse than a coin: frauds have more of both."""
    model = str(queries.SQL / "models" / f"{name}.toml")
    evaluate.main(["--ratings", str(file), "--cut", str(CUT), "--model", model, "--json", str(tmp_path / "found.json")])
    found = json.loads((tmp_path / "found.json").read_text())["cuts"]["2020-02-01"]
    assert found["frauds"] == FRAUDS
    assert found["n"] >= FRAUDS + 100
    assert found["auc_raters"] < 0.5
    assert found["auc_sum"] < 0.5
    assert found["auc_trust"] > 0.8
    assert found["auc_trust_per_rater"] > 0.8
    assert found.keys() >= {f"auc_trust_{who}_{graph}" for who in ratings.SEED_CHOICES for graph in ratings.GRAPHS}
    assert "before 2020-02-01" in capsys.readouterr().out


def test_a_rating_after_the_cut_changes_no_worth(file: Path) -> None:
    rows = ratings.read_ratings(file)
    before = rows.at < 1580515200
    worth = ratings.measures(rows, before, MODELS["v2"])
    poisoned = ratings.Ratings(rows.people, rows.rater, rows.rated, np.where(before, rows.rating, 10.0), rows.at)
    for name, values in ratings.measures(poisoned, before, MODELS["v2"]).items():
        assert values.tobytes() == worth[name].tobytes(), name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rater,rated,rating\na,b,1", "lacks the columns unix_ts"),
        ("rater,rated,rating,unix_ts\na,b,11,1", "row 2: rating is '11', not a number from -10 to 10"),
        ("rater,rated,rating,unix_ts\na,b,0,1", "row 2: rating is '0'"),
        ("rater,rated,rating,unix_ts\na,b,1,1\na,,1,1", "row 3: rated is '', not a name"),
        ("rater,rated,rating,unix_ts\na,b,1,noon", "unix_ts is 'noon', not seconds since 1970"),
        ("rater,rated,rating,unix_ts\na,a,1,1", "holds no rating of one person by another"),
        ("", "cannot be read as CSV"),
    ],
)
def test_says_what_is_wrong_with_a_file(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(InvalidInput, match=said):
        evaluate.evaluate_ratings(tmp_path / "x.csv", [CUT], MODELS["v2"])


def test_says_when_a_cut_is_outside_the_file(file: Path) -> None:
    with pytest.raises(InvalidInput, match="no ratings before 2001-01-01"):
        evaluate.evaluate_ratings(file, [date(2001, 1, 1)], MODELS["v2"])


def test_the_real_web_of_trust(shared_data: Path) -> None:
    """With all ratings trust tells frauds apart, and better than counts. Beforehand it is better than counts, and no more."""
    file = shared_data / "bitcoinotc" / "ratings.csv.gz"
    figures = ratings.judged(ratings.read_ratings(file), [date(2013, 7, 1)], MODELS["v2"])
    assert (figures["ratings"], figures["people"]) == (35592, 5881)
    for name in ("whole", "own_date"):
        assert figures[name]["auc_trust"] >= 0.79
        assert figures[name]["auc_trust"] > figures[name]["auc_raters"] + 0.05
    assert figures["cuts"]["2013-07-01"]["auc_trust"] > figures["cuts"]["2013-07-01"]["auc_raters"]
