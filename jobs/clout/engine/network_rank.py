"""The network rank on the graph of who acted on whom, and who is trusted: one platform's graph as sparse products.

The rank of a person is how many influential people act on them: r = 0 at first, then, so many rounds long,

    r(u) = sum over actors a of weight(a, u) * pct(r(a)) / 100        pct: the percentile on the model's frozen reference

so that somebody counts by how influential those are who act on them. Every round rises with every weight and with every rank
of the round before: one more act, by whomever, on whomever, lowers nobody's rank. A rank that is passed on in shares, such as
PageRank, has no such promise: who acts on one more takes from the others, and these may act on the same person.
A person is trusted who is a seed, or on whom a trusted person acted with credible evidence.
Source: sql/README.md, Method, steps 5 and 9. The first design had PageRank from the seeds.

A graph is in one process: while it is made 30 bytes an edge, then 12, and 40 a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

#: Of how many people at a time the acts are followed, when it is asked whom trust reaches.
_AT_ONCE = 100_000


@dataclass(frozen=True)
class Graph:
    """One platform's graph in one variant: people, seeds as places among them, and who acted on whom.

    acts: a sparse matrix, the weight >= 0 of each pair at (target, actor). Its entries are in one order, whatever order they
    came in: the order in which floats are added decides their last bits.
    """

    people: Any
    seeds: np.ndarray
    acts: Any

    @staticmethod
    def of_names(edges: pa.Table) -> Graph:
        """From rows (actor, target, weight): one per pair, and one with weight NULL per seed, whose actor is the seed.

        A seed that nobody here knows is left out: trust starts where there is somebody.
        """
        is_edge = edges.filter(pc.is_valid(edges["weight"]))
        people = pa.chunked_array([*is_edge["actor"].chunks, *is_edge["target"].chunks], pa.string()).unique().sort()
        seeds = pc.index_in(edges.filter(pc.is_null(edges["weight"]))["actor"], people).drop_null().to_numpy()
        actor, target = (pc.index_in(is_edge[name], people).to_numpy() for name in ("actor", "target"))
        return Graph(people, np.sort(seeds), matrix(actor, target, is_edge["weight"].to_numpy(), len(people)))

    @staticmethod
    def of_numbers(actor: np.ndarray, target: np.ndarray, weight: np.ndarray, seeds: np.ndarray) -> Graph:
        """From people as numbers, of which any may be missing; their order is that of the people."""
        known = np.zeros(1 + max((int(each.max()) for each in (actor, target, seeds) if len(each)), default=-1), bool)
        known[actor] = True
        known[target] = True
        place = np.cumsum(known, dtype=np.int32) - 1
        people = np.flatnonzero(known).astype(actor.dtype)
        actor, target = place[actor], place[target]
        acts = matrix(actor, target, weight, len(people))
        return Graph(people, place[np.sort(seeds[known[seeds]])], acts)

    def ranks(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Columns person_id, rank, pct, rounds, residual of all people.

        rank: influential people; pct: its percentile on the model's reference, 0 to 100; residual: the largest change of
        the last round. parameters: rounds, reference.
        """
        count, rounds = len(self.people), parameters["rounds"]
        rank, residual = rank_graph(self.acts, parameters)
        return {
            "person_id": self.people,
            **published(rank, parameters),
            "rounds": pa.repeat(rounds, count),
            "residual": pa.repeat(residual, count),
        }

    def trust(self) -> dict[str, Any]:
        """Columns person_id, trusted, seed of all people."""
        seed = np.zeros(len(self.people), dtype=bool)
        seed[self.seeds] = True
        return {"person_id": self.people, "trusted": reachable(self.acts, self.seeds), "seed": seed}


def matrix(actor: np.ndarray, target: np.ndarray, weight: np.ndarray, people: int) -> Any:
    """The acts of Graph, from parallel arrays, one entry a pair, with people 0..people-1."""
    from scipy import sparse  # half of what a job without graphs would import

    acts = sparse.csr_matrix((weight, (target, actor)), shape=(people, people), dtype=float)
    acts.sort_indices()
    return acts


def rank_platform(edges: pa.Table, parameters: dict[str, Any]) -> pa.Table:
    """(variant, platform, and the columns of Graph.ranks) of one platform in one variant of the evidence.

    edges: (variant, platform, and the columns of Graph.of_names).
    """
    return placed(edges, Graph.of_names(edges).ranks(parameters))


def trust_platform(edges: pa.Table) -> pa.Table:
    """Who of one platform is trusted, in one variant of the evidence: (variant, platform, and the columns of Graph.trust)."""
    return placed(edges, Graph.of_names(edges).trust())


def published(rank: np.ndarray, parameters: dict[str, Any]) -> dict[str, np.ndarray]:
    """Columns rank and pct, with the digits that are written."""
    return {"rank": np.round(rank, 12), "pct": np.round(percentiles(rank, parameters), 12)}


def placed(edges: pa.Table, columns: dict[str, Any]) -> pa.Table:
    """Columns of one graph's people, with the variant and the platform of its edges."""
    place = {name: pa.repeat(edges[name][0], len(columns["person_id"])) for name in ("variant", "platform")}
    return pa.table({**place, **columns})


def rank_graph(acts: Any, parameters: dict[str, Any]) -> tuple[np.ndarray, float]:
    """Rank and residual of all people. acts: see Graph; weights in [0, 1]."""
    rank, residual = np.zeros(acts.shape[0]), 0.0
    # A fixed number, never "until it is settled": with more evidence more rounds might be needed, and fewer would be less.
    for _ in range(parameters["rounds"]):
        following = acts @ percentiles(rank, parameters) / 100.0
        residual, rank = float(np.abs(following - rank).max(initial=0.0)), following
    return rank, residual


def percentiles(rank: np.ndarray, parameters: dict[str, Any]) -> np.ndarray:
    """The percentiles of ranks, 0 to 100, on the model's reference: even between its knots."""
    even = np.linspace(0.0, 100.0, len(parameters["reference"]))
    return np.asarray(np.interp(rank, parameters["reference"], even))


def reachable(acts: Any, seeds: np.ndarray) -> np.ndarray:
    """Which people are seeds or can be reached from one along acts with a weight above 0. acts: see Graph."""
    found = np.zeros(acts.shape[0], dtype=bool)
    found[seeds] = True
    if not len(seeds):
        return found
    by_actor = acts.T.tocsr()
    start, acted_on, credible = by_actor.indptr, by_actor.indices, by_actor.data > 0
    del by_actor
    waiting = np.asarray(seeds)
    while len(waiting):
        now, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
        many = start[now + 1] - start[now]
        # The places of all acts of `now`: each one's run of them, one after the other.
        place = np.repeat(start[now] - (np.cumsum(many) - many), many) + np.arange(many.sum())
        reached = acted_on[place[credible[place]]]
        new = np.unique(reached[~found[reached]])
        found[new] = True
        waiting = np.concatenate([waiting, new])
    return found
