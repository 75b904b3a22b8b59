"""The measures of a ranking, by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import log2

import numpy as np
import pyarrow as pa
import pytest
from clout.research import evaluation


def test_auc_counts_pairs_in_the_right_order_and_ties_half():
    # A won pairs 1 and 2, B the others. Differences: 2 beats both; 0 beats -1 and ties with 0. (2 + 1.5) / 4
    assert evaluation.auc(np.array([2.0, 0.0, 0.0, -1.0]), np.array([True, True, False, False])) == 3.5 / 4


def test_ndcg_discounts_by_place():
    gain = np.array([1.0, 3.0, 0.0])
    assert evaluation.ndcg(np.array([1.0, 2.0, 3.0]), gain) == pytest.approx(
        (3 / log2(3) + 1 / log2(4)) / (3 / log2(2) + 1 / log2(3))
    )
    assert evaluation.ndcg(gain, gain) == 1.0


def test_ndcg_looks_at_the_first_places_only():
    gain = np.array([0.0, 5.0])
    assert evaluation.ndcg(np.array([2.0, 1.0]), gain, places=1) == 0.0


def test_ndcg_gives_people_of_one_score_the_mean_of_their_places():
    shared = (1 + 1 / log2(3)) / 2
    assert evaluation.ndcg(np.array([1.0, 1.0]), np.array([4.0, 0.0])) == pytest.approx(shared)
    assert evaluation.ndcg(np.array([1.0, 1.0]), np.array([0.0, 4.0])) == pytest.approx(shared)


def test_spearman_is_of_ranks_and_none_where_all_are_alike():
    assert evaluation.spearman(np.array([1.0, 2.0, 50.0]), np.array([10.0, 11.0, 12.0])) == pytest.approx(1.0)
    assert evaluation.spearman(np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0])) == pytest.approx(-1.0)
    assert evaluation.spearman(np.array([1.0, 1.0]), np.array([1.0, 2.0])) is None


def test_baselines_count_people_shares_and_acts():
    rows = [("a", "u", "share", 3), ("b", "u", "share", 1), ("a", "v", "share", 9), ("u", "v", "like", 2)]
    activity = pa.table(
        {
            "ds": [date(2026, 3, 1)] * 4,
            **{name: [row[i] for row in rows] for i, name in enumerate(("actor", "target", "kind", "n"))},
        }
    )
    hour = datetime(2026, 3, 1, 12)  # noqa: DTZ001 (DuckDB's TIMESTAMP has no zone)
    timed = pa.table(
        {
            **{name: [row[i] for row in rows] for i, name in enumerate(("actor", "target", "kind"))},
            "acted_at": [hour, hour - timedelta(hours=6), hour - timedelta(hours=12), hour],
        }
    )
    found = evaluation.baselines(activity, timed, ["u", "v"], hour)
    assert found["distinct_resharers"].tolist() == [2, 1]
    assert found["distinct_actors"].tolist() == [2, 2]
    assert found["reshares"].tolist() == [4, 9]
    assert found["activity"].tolist() == [2, 0]
    # v takes half of a's rank and all of u's, who has all of b's and half of a's
    assert found["pagerank"][1] > found["pagerank"][0] > 0
    # Now and six hours ago; v was shared twelve hours ago, and liked now.
    assert found["distinct_resharers_6h"].tolist() == [1.5, 0.25]
    assert found["distinct_actors_12h"].tolist() == pytest.approx([1 + 0.5**0.5, 1.5])


def test_hits_is_the_eigenvector_of_who_is_acted_on_together():
    edges = [("a", "u"), ("a", "v"), ("b", "u"), ("c", "w")]
    found = dict(evaluation._hits(edges))
    matrix = np.array([[2.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])  # of u, v, w: by how many people both
    vector = np.abs(np.linalg.eigh(matrix)[1][:, -1])
    assert [found[name] / found["u"] for name in "uvw"] == pytest.approx(vector / vector[0], abs=1e-4)


def test_judges_both_gains_and_once_without_the_largest_person():
    future = np.array([100.0, 1.0, 0.0])
    found = evaluation.judge({"right": future, "wrong": -future}, future)
    assert (
        found["right"]["ndcg100"] == found["right"]["ndcg100_log"] == found["right"]["ndcg100_without_largest"] == 1.0
    )
    assert found["wrong"]["ndcg100"] < found["wrong"]["ndcg100_log"] < 1
    # Of the rest the wrong order has the one with a gain second.
    assert found["wrong"]["ndcg100_without_largest"] == pytest.approx(1 / log2(3), abs=1e-6)


def test_the_difference_of_two_rankings_comes_with_its_interval():
    future = np.arange(50.0)
    same = evaluation.difference(future, future * 2, future)
    assert same["ndcg100"] == {"difference": 0.0, "low": 0.0, "high": 0.0}
    better = evaluation.difference(future, -future, future)
    assert 0 < better["ndcg100_log"]["low"] < better["ndcg100_log"]["difference"] < better["ndcg100_log"]["high"]


def test_coverage_asks_of_each_interval_for_the_mean_of_the_other_replicas():
    # Two people, three courses of the days. Means of the others: 20, 15, 15 for the first, 2 for the second.
    score = np.array([[10.0, 2.0], [20.0, 2.0], [20.0, 2.0]])
    low = np.array([[5.0, 1.0], [16.0, 2.5], [15.5, np.nan]])
    high = np.array([[15.0, 2.0], [25.0, 4.0], [25.0, np.nan]])
    # Widened by sqrt(3/2) = 1.225: 20 is above 3.9..16.1; 15 below 15.1..26.1; 15 in 14.5..26.1; 2 in 0.8..2, and
    # below 2.6..4.4, as an interval need not hold its own score; the last has no interval.
    assert evaluation.interval_coverage(score, low, high) == {
        "n": 5,
        "coverage": 0.4,
        "above": 0.4,
        "below": 0.2,
        "width": 6.2,
    }
    assert evaluation.interval_coverage(score, low * np.nan, high) == {"n": 0}
