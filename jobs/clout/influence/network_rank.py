"""The rank on the graph of who moves whom, and who is trusted: one platform's graph as sparse products.

r = (1 - damping)·t + damping·Wᵀr, where W is the graph of credible evidence with every actor's outgoing weights scaled to
sum to 1, t the teleport (a share on the trusted seeds, the rest evenly on all), and what dangling people hold goes to t.
Stops when the L1 change of a round is under the tolerance, or after the last round; the residual is given either way.
A person is trusted who is a seed, or on whom a trusted person acted with credible evidence.
Source: scoring.md, sections 1 and 2.

One platform's graph is ranked in one task: 24 bytes an edge and 40 a person. Beyond that memory it must be blocked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse
from scipy.sparse import csgraph

#: Spark's DDL of what `rank_platform` gives.
RANKS_DDL = "variant STRING, platform STRING, person_id STRING, rank DOUBLE, pct DOUBLE, rounds BIGINT, residual DOUBLE"
#: And of what `trust_platform` gives.
TRUST_DDL = "variant STRING, platform STRING, person_id STRING, trusted BOOLEAN, seed BOOLEAN"


def rank_platform(edges: pa.Table, parameters: dict[str, Any]) -> pa.Table:
    """Rank every person of one platform, in one variant of the evidence.

    edges: (variant, platform, actor, target, weight >= 0): one row per pair, and one row with weight NULL per seed, whose
    actor is the seed. A seed that nobody here knows is left out: trust starts where there is somebody.
    parameters: damping, seed_share, tolerance, rounds, reference of the model.
    Gives (variant, platform, person_id, rank, pct, rounds, residual); ranks sum to 1; pct is the percentile of
    rank x people on the reference.
    """
    people, seeds, actor, target, weight = _graph(edges)
    rank, rounds, residual = np.zeros(0), 0, 0.0
    if len(people):
        rank, rounds, residual = rank_graph(actor, target, weight, seeds, len(people), parameters)
    grid = np.linspace(0.0, 100.0, len(parameters["reference"]))
    pct = np.interp(rank * len(people), parameters["reference"], grid)
    return pa.table(
        {
            "variant": pa.repeat(edges["variant"][0], len(people)),
            "platform": pa.repeat(edges["platform"][0], len(people)),
            "person_id": people,
            "rank": np.round(rank, 15),
            "pct": np.round(pct, 6),
            "rounds": pa.repeat(rounds, len(people)),
            "residual": pa.repeat(float(residual), len(people)),
        }
    )


def trust_platform(edges: pa.Table) -> pa.Table:
    """Who of one platform is trusted, in one variant of the evidence: (variant, platform, person_id, trusted, seed).

    edges: as for `rank_platform`.
    """
    people, seeds, actor, target, weight = _graph(edges)
    seed = np.zeros(len(people), dtype=bool)
    seed[seeds] = True
    return pa.table(
        {
            "variant": pa.repeat(edges["variant"][0], len(people)),
            "platform": pa.repeat(edges["platform"][0], len(people)),
            "person_id": people,
            "trusted": reachable(actor, target, weight, seeds, len(people)),
            "seed": seed,
        }
    )


def _graph(edges: pa.Table) -> tuple[pa.Array, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """people in order of key; seeds, actor, target as places in it; weight. In one order, whatever order the rows came in:
    the order in which floats are added decides their last bits."""
    is_edge = edges.filter(pc.is_valid(edges["weight"]))
    names = pa.chunked_array([*is_edge["actor"].chunks, *is_edge["target"].chunks], pa.string())
    people = pa.array(sorted(names.unique().to_pylist()), pa.string())
    seeds = pc.index_in(edges.filter(pc.is_null(edges["weight"]))["actor"], people).drop_null().to_numpy()
    actor = pc.index_in(is_edge["actor"], people).to_numpy()
    target = pc.index_in(is_edge["target"], people).to_numpy()
    weight = is_edge["weight"].to_numpy()
    order = np.lexsort((actor, target))
    return people, np.sort(seeds), actor[order], target[order], weight[order]


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


def reachable(actor: np.ndarray, target: np.ndarray, weight: np.ndarray, seeds: np.ndarray, people: int) -> np.ndarray:
    """Which of the people 0..people-1 are seeds or can be reached from one along edges with a weight above 0."""
    if not len(seeds):
        return np.zeros(people, dtype=bool)
    # One more node, from which an edge leads to every seed: what it reaches is what any of them reaches.
    acted = weight > 0
    start = np.concatenate([actor[acted], np.full(len(seeds), people)])
    end = np.concatenate([target[acted], seeds])
    graph = sparse.csr_matrix((np.ones(len(start), dtype=np.int8), (start, end)), shape=(people + 1, people + 1))
    found = np.zeros(people + 1, dtype=bool)
    found[csgraph.breadth_first_order(graph, people, return_predecessors=False)] = True
    return found[:people]
