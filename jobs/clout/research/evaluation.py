"""Measures of a ranking: AUC, NDCG@k and Spearman's correlation, and the rankings that a score must beat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa
from scipy import sparse
from scipy.stats import rankdata

#: PageRank as it is usually set.
DAMPING, TOLERANCE, ROUNDS = 0.85, 1e-6, 100
#: How many people shared something of a person's, once each; the future that a score is to foretell, too.
DISTINCT_RESHARERS = "SELECT target, count(DISTINCT actor) FROM activity WHERE kind = 'share' GROUP BY target"
#: How many people did anything to a person: the future of a platform where nothing is shared.
DISTINCT_ACTORS = "SELECT target, count(DISTINCT actor) FROM activity GROUP BY target"


def came_to_pass(future: pa.Table) -> tuple[str, dict[str, float]]:
    """What a ranking is to foretell: "share" and by how many people each was shared, or, of activity in which nobody shares
    anything (messages, comments), "act" and how many people did anything to each.
    """
    shared = dict(query(future, DISTINCT_RESHARERS))
    if shared or not len(future):
        return "share", shared
    return "act", dict(query(future, DISTINCT_ACTORS))


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


#: Half-lives of the decayed head counts, in hours.
HALF_LIVES = {"6h": 6, "12h": 12, "1d": 24, "7d": 168}
#: The head counts that a score must beat, each with the acts that it looks at.
HEAD_COUNTS = {"distinct_actors": "", "distinct_resharers": "WHERE kind = 'share'"}


def head_counts(activity: pa.Table, candidates: list[str]) -> dict[str, np.ndarray]:
    """How many people did anything to each candidate, and how many shared something of theirs."""
    return {
        name: _values(
            query(activity, f"SELECT target, count(DISTINCT actor) FROM activity {only} GROUP BY target"), candidates
        )
        for name, only in HEAD_COUNTS.items()
    }


def baselines(activity: pa.Table, timed: pa.Table, candidates: list[str], until: datetime) -> dict[str, np.ndarray]:
    """What anybody could rank by without a model, one value per candidate.

    activity: conformed; timed: (actor, target, kind, acted_at) of the same acts, UTC; until: when the evidence ends.
    distinct_actors, distinct_resharers: people who did anything to them, or shared something of theirs; with a half-life
    (_6h, _12h, _1d, _7d) each counts 2^-(age of their newest such act / half-life); reshares: how often; pagerank, hits
    (authority): on the graph of who acted on whom; activity: how often they acted on others.
    """
    found: dict[str, list[tuple[str, float]]] = {}
    for name, only in HEAD_COUNTS.items():
        newest = f"SELECT actor, target, max(acted_at) AS acted_at FROM activity {only} GROUP BY actor, target"
        age = f"date_diff('second', acted_at, TIMESTAMP '{until:%Y-%m-%d %H:%M:%S}') / 3600"
        for life, half_life in HALF_LIVES.items():
            worth = f"sum(power(2, -{age} / {half_life}) ORDER BY acted_at, actor)"
            decayed = f"SELECT target, {worth} FROM ({newest}) GROUP BY target"
            found[f"{name}_{life}"] = query(timed, decayed)
    found["reshares"] = query(
        activity, "SELECT target, CAST(sum(n) AS BIGINT) FROM activity WHERE kind = 'share' GROUP BY target"
    )
    edges = query(activity, "SELECT DISTINCT actor, target FROM activity ORDER BY target, actor")
    found |= {"pagerank": _pagerank(edges), "hits": _hits(edges)}
    found["activity"] = query(activity, "SELECT actor, CAST(sum(n) AS BIGINT) FROM activity GROUP BY actor")
    return head_counts(activity, candidates) | {name: _values(each, candidates) for name, each in found.items()}


def _values(rows: Iterable[tuple[str, float]], candidates: list[str]) -> np.ndarray:
    """The value of each candidate; 0 where there is none."""
    found = dict(rows)
    return np.array([found.get(person, 0) for person in candidates], dtype=float)


def query(activity: pa.Table, text: str) -> list[tuple]:
    """The rows of a query over a table that it calls `activity`."""
    with duckdb.connect() as connection:
        return connection.register("activity", activity).execute(text).fetchall()


def _graph(edges: list[tuple[str, str]]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """The people of a graph in order, and who acts and on whom as places among them, an entry an edge."""
    people = sorted({person for edge in edges for person in edge})
    place = {person: i for i, person in enumerate(people)}
    actor, target = (np.array([place[edge[end]] for edge in edges]) for end in (0, 1))
    return people, actor, target


def _pagerank(edges: list[tuple[str, str]]) -> list[tuple[str, float]]:
    """r = (1 - d)/n + d·Wᵀr, every pair of people one edge, what dangling people hold spread over all; ranks sum to 1."""
    people, actor, target = _graph(edges)
    n = len(people)
    out = np.bincount(actor, minlength=n)
    passed_on = sparse.csr_matrix((1.0 / out[actor], (target, actor)), shape=(n, n))
    rank, change, rounds = np.full(n, 1.0 / n), np.inf, 0
    while change >= TOLERANCE and rounds < ROUNDS:
        following = (1.0 - DAMPING) / n + DAMPING * (passed_on @ rank + rank[out == 0].sum() / n)
        change, rank, rounds = float(np.abs(following - rank).sum()), following, rounds + 1
    return list(zip(people, rank.tolist(), strict=True))


def _hits(edges: list[tuple[str, str]]) -> list[tuple[str, float]]:
    """Kleinberg's authorities: a = Eᵀh, h = E a, each of length 1; E has one entry for every pair of people."""
    people, actor, target = _graph(edges)
    acted = sparse.csr_matrix((np.ones(len(edges)), (actor, target)), shape=(len(people), len(people)))
    hub, change, rounds = np.full(len(people), len(people) ** -0.5), np.inf, 0
    while change >= TOLERANCE and rounds < ROUNDS:
        following = acted @ (acted.T @ hub)
        following /= np.linalg.norm(following)
        change, hub, rounds = float(np.abs(following - hub).sum()), following, rounds + 1
    return list(zip(people, (acted.T @ hub).tolist(), strict=True))


def judge(rankings: Mapping[str, np.ndarray], future: np.ndarray) -> dict[str, dict[str, float | None]]:
    """NDCG@100 and Spearman of each ranking against what came to pass.

    ndcg100: gain is how many people; ndcg100_log: its ln(1 + n), in which one person is not half of the ideal; and both once
    more without the person to whom most came to pass.
    """
    rest = np.arange(len(future)) != int(future.argmax())
    gains = {"ndcg100": future, "ndcg100_log": np.log1p(future)}
    return {
        name: {
            **{gain: round(ndcg(values, each), 6) for gain, each in gains.items()},
            **{f"{gain}_without_largest": _ndcg_of(values[rest], each[rest]) for gain, each in gains.items()},
            "spearman": _rounded(spearman(values, future)),
        }
        for name, values in rankings.items()
    }


def difference(
    one: np.ndarray, other: np.ndarray, future: np.ndarray, draws: int = 200, seed: int = 0
) -> dict[str, dict[str, float]]:
    """By how much `one` ranks better than `other`: NDCG@100 of both gains, with the 90 % interval of a bootstrap of people.

    Every draw takes as many people as there are, with replacement, the same for both rankings.
    """
    draw = np.random.default_rng(seed)
    gains = {"ndcg100": future, "ndcg100_log": np.log1p(future)}
    found: dict[str, list[float]] = {name: [] for name in gains}
    for _ in range(draws):
        chosen = draw.integers(0, len(future), len(future))
        if future[chosen].any():
            for name, gain in gains.items():
                found[name].append(ndcg(one[chosen], gain[chosen]) - ndcg(other[chosen], gain[chosen]))
    return {
        name: {
            "difference": round(ndcg(one, gain) - ndcg(other, gain), 6),
            "low": round(float(np.quantile(found[name], 0.05)), 6),
            "high": round(float(np.quantile(found[name], 0.95)), 6),
        }
        for name, gain in gains.items()
    }


def _ndcg_of(values: np.ndarray, gain: np.ndarray) -> float | None:
    return round(ndcg(values, gain), 6) if gain.any() else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
