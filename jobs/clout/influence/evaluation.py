"""How good a ranking is: AUC, NDCG@k and Spearman's correlation, and the rankings that a score must beat."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import numpy as np
import pyarrow as pa
from scipy import sparse
from scipy.stats import rankdata

#: PageRank as it is usually set.
DAMPING, TOLERANCE, ROUNDS = 0.85, 1e-6, 100
#: How many people shared something of a person's, once each; the future that a score is to foretell, too.
DISTINCT_RESHARERS = "SELECT target, count(DISTINCT actor) FROM activity WHERE kind = 'share' GROUP BY target"


def auc(difference: np.ndarray, first_wins: np.ndarray) -> float:
    """The chance that a pair which A won shows a larger difference (A minus B) than one which B won; ties count half.

    Both are of one length; `first_wins` is boolean and holds both answers.
    """
    wins = int(first_wins.sum())
    losses = len(first_wins) - wins
    ranks = rankdata(difference)
    return float((ranks[first_wins].sum() - wins * (wins + 1) / 2) / (wins * losses))


def ndcg(score: np.ndarray, gain: np.ndarray, places: int = 100) -> float:
    """Normalised discounted cumulative gain of the first places: Σ gain/log2(place + 1), divided by the best possible.

    People of one score share the mean gain of their places, so that no order among them flatters anyone.
    """
    discount = 1.0 / np.log2(np.arange(2, len(score) + 2))
    discount[places:] = 0.0
    order = np.argsort(-score, kind="stable")
    _, group = np.unique(-score[order], return_inverse=True)
    shared = np.bincount(group, discount) / np.bincount(group)
    best = np.sort(gain)[::-1] @ discount
    return float(shared[group] @ gain[order] / best)


def spearman(one: np.ndarray, other: np.ndarray) -> float | None:
    """Spearman's correlation, ties at their mean rank; None where either is the same for all."""
    a, b = rankdata(one), rankdata(other)
    if a.std() == 0 or b.std() == 0:
        return None
    return float(np.corrcoef(a, b)[0, 1])


def interval_coverage(score: np.ndarray, low: np.ndarray, high: np.ndarray) -> dict[str, float]:
    """How often an interval holds what it is to hold: the mean score of a person over other courses of the same days.

    All three are replica x person; NaN in low and high where there was no score, hence no interval. Gives the shares of
    all intervals that hold the mean of the other replicas' scores (coverage), and that lie above and below it, the mean
    width, and the number of intervals (n); of none at all only the number. The mean of the others is uncertain itself:
    of k replicas, each interval is widened by sqrt(k / (k - 1)) before it is asked.
    """
    replicas = len(score)
    others = (score.sum(axis=0) - score) / (replicas - 1)
    shown = np.isfinite(low) & np.isfinite(high)
    if not shown.any():
        return {"n": 0}
    wider = np.sqrt(replicas / (replicas - 1))
    above = (score - wider * (score - low) > others)[shown]
    below = (score + wider * (high - score) < others)[shown]
    return {
        "n": int(shown.sum()),
        "coverage": round(float(1.0 - above.mean() - below.mean()), 4),
        "above": round(float(above.mean()), 4),
        "below": round(float(below.mean()), 4),
        "width": round(float((high - low)[shown].mean()), 2),
    }


def baselines(activity: pa.Table, candidates: list[str]) -> dict[str, np.ndarray]:
    """What anybody could rank by without a model, one value per candidate, from conformed activity.

    distinct_resharers: people who shared something of theirs; reshares: how often; pagerank: on the graph of who acted on
    whom; activity: how often they acted on others.
    """
    counts = {
        "distinct_resharers": DISTINCT_RESHARERS,
        "reshares": "SELECT target, CAST(sum(n) AS BIGINT) FROM activity WHERE kind = 'share' GROUP BY target",
        "activity": "SELECT actor, CAST(sum(n) AS BIGINT) FROM activity GROUP BY actor",
    }
    found = {name: dict(query(activity, text)) for name, text in counts.items()}
    found["pagerank"] = _pagerank(query(activity, "SELECT DISTINCT actor, target FROM activity ORDER BY target, actor"))
    return {
        name: np.array([found[name].get(person, 0) for person in candidates], dtype=float)
        for name in ("distinct_resharers", "reshares", "pagerank", "activity")
    }


def query(activity: pa.Table, text: str) -> list[tuple]:
    """The rows of a query over a table that it calls `activity`."""
    with duckdb.connect() as connection:
        return connection.register("activity", activity).execute(text).fetchall()


def _pagerank(edges: list[tuple[str, str]]) -> dict[str, float]:
    """r = (1 - d)/n + d·Wᵀr, every pair of people one edge, what dangling people hold spread over all; ranks sum to 1."""
    people = sorted({person for edge in edges for person in edge})
    place, n = {person: i for i, person in enumerate(people)}, len(people)
    actor, target = (np.array([place[edge[end]] for edge in edges]) for end in (0, 1))
    out = np.bincount(actor, minlength=n)
    passed_on = sparse.csr_matrix((1.0 / out[actor], (target, actor)), shape=(n, n))
    rank, change, rounds = np.full(n, 1.0 / n), np.inf, 0
    while change >= TOLERANCE and rounds < ROUNDS:
        following = (1.0 - DAMPING) / n + DAMPING * (passed_on @ rank + rank[out == 0].sum() / n)
        change, rank, rounds = float(np.abs(following - rank).sum()), following, rounds + 1
    return dict(zip(people, rank.tolist(), strict=True))


def judge(rankings: Mapping[str, np.ndarray], future: np.ndarray) -> dict[str, dict[str, float | None]]:
    """NDCG@100 and Spearman of each ranking against what came to pass."""
    return {
        name: {"ndcg100": round(ndcg(values, future), 6), "spearman": _rounded(spearman(values, future))}
        for name, values in rankings.items()
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
