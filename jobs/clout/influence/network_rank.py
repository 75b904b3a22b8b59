"""The rank on the graph of who moves whom: a seeded PageRank of one platform, as sparse products.

r = (1 - damping)·t + damping·Wᵀr, where W is the graph of credible evidence with every actor's outgoing weights scaled to
sum to 1, t the teleport (a share on the trusted seeds, the rest evenly on all), and what dangling people hold goes to t.
Stops when the L1 change of a round is under the tolerance, or after the last round; the residual is given either way.
Source: scoring.md, section 1.

One platform's graph is ranked in one task: 24 bytes an edge and 40 a person. Beyond that memory it must be blocked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

#: Spark's DDL of what `rank_platform` gives.
RANKS_DDL = "platform STRING, person_id STRING, rank DOUBLE, pct DOUBLE, rounds BIGINT, residual DOUBLE"


def rank_platform(edges: pa.Table, parameters: dict[str, Any]) -> pa.Table:
    """Rank every person of one platform.

    edges: (platform, actor, target, weight >= 0): one row per pair, and one row with weight NULL per seed, whose
    actor is the seed. parameters: damping, seed_share, tolerance, rounds, reference of the model.
    Gives (platform, person_id, rank, pct, rounds, residual); ranks sum to 1; pct is the percentile of rank x people on
    the reference.
    """
    names = pa.chunked_array([*edges["actor"].chunks, *edges["target"].drop_null().chunks], pa.string())
    people = pa.array(sorted(names.unique().to_pylist()), pa.string())
    is_edge = edges.filter(pc.is_valid(edges["weight"]))
    seeds = pc.index_in(edges.filter(pc.is_null(edges["weight"]))["actor"], people).to_numpy()
    actor = pc.index_in(is_edge["actor"], people).to_numpy()
    target = pc.index_in(is_edge["target"], people).to_numpy()
    weight = is_edge["weight"].to_numpy()
    # The order in which floats are added decides their last bits: give it one order, whatever order the rows came in.
    order = np.lexsort((actor, target))
    rank, rounds, residual = rank_graph(
        actor[order], target[order], weight[order], np.sort(seeds), len(people), parameters
    )
    grid = np.linspace(0.0, 100.0, len(parameters["reference"]))
    pct = np.interp(rank * len(people), parameters["reference"], grid)
    return pa.table(
        {
            "platform": pa.repeat(edges["platform"][0], len(people)),
            "person_id": people,
            "rank": np.round(rank, 15),
            "pct": np.round(pct, 6),
            "rounds": pa.repeat(rounds, len(people)),
            "residual": pa.repeat(float(residual), len(people)),
        }
    )


def rank_graph(
    actor: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray,
    seeds: np.ndarray,
    people: int,
    parameters: dict[str, Any],
) -> tuple[np.ndarray, int, float]:
    """Rank, rounds and residual of a graph with people 0..people-1. Edges are parallel arrays; weight >= 0."""
    out = np.bincount(actor, weight, minlength=people)
    scaled = np.divide(weight, out[actor], out=np.zeros_like(weight, dtype=float), where=out[actor] > 0)
    transposed = sparse.csr_matrix((scaled, (target, actor)), shape=(people, people))
    seed_share = parameters["seed_share"] if len(seeds) else 0.0
    teleport = np.full(people, (1.0 - seed_share) / people)
    if len(seeds):
        teleport[seeds] += seed_share / len(seeds)
    dangling = out <= 0
    damping = parameters["damping"]
    rank = teleport.copy()
    residual, rounds = np.inf, 0
    while residual >= parameters["tolerance"] and rounds < parameters["rounds"]:
        following = (1.0 - damping) * teleport + damping * (transposed @ rank + rank[dangling].sum() * teleport)
        residual, rank = float(np.abs(following - rank).sum()), following
        rounds += 1
    return rank, rounds, residual
