"""Human judgements: what is refused, what is fitted, and that nobody is in training and test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from clout.engine.queries import SQL
from clout.errors import InvalidInput
from clout.research import labelled_pairs, lens_pairs
from clout.research.labelled_pairs import COUNTERS, LabelledPairs
from clout.score.model import read_model

HEADER = ["Choice", *(f"{side}_{name}" for side in "AB" for name in COUNTERS)]


def written(folder: Path, *rows: list[object], header: list[str] = HEADER) -> Path:
    file = folder / "pairs.csv"
    file.write_text("\n".join(",".join(map(str, row)) for row in [header, *rows]) + "\n")
    return file


def row(choice: object, a: object, b: object) -> list[object]:
    """A pair that differs in followers; everything else is 1."""
    return [choice, a, *[1] * 10, b, *[1] * 10]


def drawn(pairs: int, seed: int = 1) -> LabelledPairs:
    """Judges who look at lists only, and err sometimes."""
    draw = np.random.default_rng(seed)
    people = np.exp(draw.normal(5, 2, (pairs // 3, len(COUNTERS))))
    first, second = draw.integers(0, len(people), (2, pairs))
    margin = np.log(people[first, 2] / people[second, 2])
    return LabelledPairs(people[first], people[second], draw.random(pairs) < 1 / (1 + np.exp(-margin)))


def test_reads_a_file_and_takes_an_empty_counter_as_not_given(tmp_path):
    pairs = labelled_pairs.read_pairs(written(tmp_path, row(1, 7, 3), row(0, "", 3)))
    assert pairs.first_wins.tolist() == [True, False]
    assert pairs.differences[0, 0] == pytest.approx(np.log(8 / 4))
    assert pairs.differences[1, 0] == 0.0


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(2, 1, 1), row(0, 1, 1)], "row 2: Choice is '2'"),
        ([row(1, 1, 1), row(0, "many", 1)], "row 3: A_follower_count is 'many'"),
        ([row(1, -1, 1), row(0, 1, 1)], "row 2: A_follower_count is '-1'"),
        ([row(1, 1, 1), row(1, 1, 1)], "2 pairs, but not both answers"),
        ([], "0 pairs, but not both answers"),
    ],
)
def test_says_what_is_wrong_and_where(tmp_path, rows, said):
    with pytest.raises(InvalidInput, match=said):
        labelled_pairs.read_pairs(written(tmp_path, *rows))


def test_says_which_columns_are_missing(tmp_path):
    with pytest.raises(InvalidInput, match="no column Choice, A_listed_count"):
        labelled_pairs.read_pairs(
            written(tmp_path, header=[name for name in HEADER if name not in ("Choice", "A_listed_count")])
        )
    with pytest.raises(InvalidInput, match="no such file"):
        labelled_pairs.read_pairs(tmp_path / "nowhere.csv")


def test_weights_are_not_negative_and_find_what_judges_look_at():
    weights = labelled_pairs.fit(drawn(900))
    assert (weights >= 0).all()
    assert weights.argmax() == COUNTERS.index("listed_count")
    assert weights[2] > 5 * np.delete(weights, 2).max()


def test_nobody_is_in_training_and_test(monkeypatch):
    pairs = drawn(60)
    first, second = pairs.people
    seen = []

    def remember(differences: np.ndarray, sign: np.ndarray) -> np.ndarray:
        seen.append(len(sign))
        return np.ones(len(COUNTERS))

    monkeypatch.setattr(labelled_pairs, "_fit", remember)
    labelled_pairs.cross_validated(pairs)
    met = {tuple(sorted(pair)) for pair in zip(first.tolist(), second.tolist(), strict=True)}
    expected = [int((~(np.isin(first, pair) | np.isin(second, pair))).sum()) for pair in sorted(met)]
    assert seen == expected
    assert max(seen) < 60 - 1


def test_real_judgements(shared_data):
    """The known figures of the open pairs: followers 0.827, lists 0.839, cross-validated at least 0.845."""
    pairs = labelled_pairs.read_pairs(shared_data / "peerindex" / "pairs_open.csv")
    fitted = labelled_pairs.judged(pairs, {"auc": labelled_pairs.fit(pairs).tolist()})
    assert fitted["auc_followers"] == pytest.approx(0.827, abs=0.001)
    assert fitted["auc_listed"] == pytest.approx(0.839, abs=0.001)
    assert fitted["auc"] == pytest.approx(0.852, abs=0.001)
    assert labelled_pairs.cross_validated(pairs) >= 0.845


def test_the_published_score_of_counters_is_followers_and_lists_alone():
    numbers = {"beta_followers": 0.25, "ref_followers": 1e8, "beta_listed": 0.4, "ref_listed": 1e6}
    weights = dict(zip(labelled_pairs.COUNTERS, labelled_pairs.published_weights(numbers), strict=True))
    # One more of ln(1 + followers) is worth its weight's share of the full scale.
    assert weights.pop("follower_count") == pytest.approx(0.25 / np.log(1e8 + 1))
    assert weights.pop("listed_count") == pytest.approx(0.4 / np.log(1e6 + 1))
    assert set(weights.values()) == {0.0}


def test_each_axis_of_a_lens_rises_with_its_evidence():
    numbers = read_model(SQL / "models" / "v2.toml").parameters
    plain = np.full((1, len(labelled_pairs.COUNTERS)), 10.0)
    before = lens_pairs.axes(plain, numbers)
    rises = {
        "follower_count": {"popularity"},
        "retweets_received": {"audience", "trust", "peerindex_like"},
        "network_feature_1": {"authority", "peerindex_like"},
        "mentions_sent": {"engagement"},
    }
    for counter, axes in rises.items():
        more = plain.copy()
        more[0, labelled_pairs.COUNTERS.index(counter)] = 100.0
        after = lens_pairs.axes(more, numbers)
        risen = {axis for axis in before if after[axis][0] > before[axis][0]}
        assert risen - {"influence"} == axes, counter  # the index of counters weighs some of them with 0
    unknown = plain.copy()
    unknown[0, labelled_pairs.COUNTERS.index("follower_count")] = np.nan
    assert np.isnan(lens_pairs.axes(unknown, numbers)["popularity"][0])
