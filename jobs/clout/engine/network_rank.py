"""The network rank on the graph of who acted on whom, and who is trusted: one platform's graph as sparse products.

The rank of a person is how many influential people act on them: r = 0 at first, then, so many rounds long,

    r(u) = sum over actors a of weight(a, u) * pct(r(a)) / 100        pct: the percentile on the model's frozen reference

so that somebody counts by how influential those are who act on them. Every round rises with every weight and with every rank
of the round before: one more act, by whomever, on whomever, lowers nobody's rank. A rank that is passed on in shares, such as
PageRank, has no such promise: who acts on one more takes from the others, and these may act on the same person.
A person is trusted who is a seed, or on whom a trusted person acted with credible evidence.
Source: sql/README.md, Method, steps 5 and 9. The first design had PageRank from the seeds.

A graph is ranked in one process: 24 bytes an edge and 40 a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from scipy import sparse


@dataclass(frozen=True)
class Graph:
    """One platform's graph in one variant: people, and seeds, actor and target as places among them; weight >= 0 per edge."""

    people: Any
    seeds: np.ndarray
    actor: np.ndarray
    target: np.ndarray
    weight: np.ndarray

    @staticmethod
    def of_names(edges: pa.Table) -> Graph:
        """From rows (actor, target, weight): one per pair, and one with weight NULL per seed, whose actor is the seed.

        A seed that nobody here knows is left out: trust starts where there is somebody.
        """
        is_edge = edges.filter(pc.is_valid(edges["weight"]))
        people = pa.chunked_array([*is_edge["actor"].chunks, *is_edge["target"].chunks], pa.string()).unique().sort()
        seeds = pc.index_in(edges.filter(pc.is_null(edges["weight"]))["actor"], people).drop_null().to_numpy()
        actor, target = (pc.index_in(is_edge[name], people).to_numpy() for name in ("actor", "target"))
        return Graph(people, np.sort(seeds), actor, target, is_edge["weight"].to_numpy())

    @staticmethod
    def of_numbers(actor: np.ndarray, target: np.ndarray, weight: np.ndarray, seeds: np.ndarray) -> Graph:
        """From people as numbers, of which any may be missing; their order is that of the people."""
        known = np.zeros(1 + max((int(each.max()) for each in (actor, target, seeds) if len(each)), default=-1), bool)
        known[actor] = True
        known[target] = True
        place = np.cumsum(known, dtype=np.int32) - 1
        return Graph(
            np.flatnonzero(known).astype(actor.dtype),
            place[np.sort(seeds[known[seeds]])],
            place[actor],
            place[target],
            weight,
        )

    @cached_property
    def transposed(self) -> sparse.csr_matrix:
        """A row a target, a column an actor: the weights. In one order, whatever order the edges came in.

        The order in which floats are added decides their last bits.
        """
        from scipy import sparse  # half of what a job without graphs would import

        shape = len(self.people), len(self.people)
        found = sparse.csr_matrix((self.weight, (self.target, self.actor)), shape=shape, dtype=float)
        found.sort_indices()
        return found

    def ranks(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Columns person_id, rank, pct, rounds, residual of all people.

        rank: influential people; pct: its percentile on the model's reference, 0 to 100; residual: the largest change of
        the last round. parameters: rounds, reference.
        """
        count, rounds = len(self.people), parameters["rounds"]
        rank, residual = rank_graph(self.transposed, parameters)
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
        trusted = reachable(self.actor, self.target, self.weight, self.seeds, len(self.people))
        return {"person_id": self.people, "trusted": trusted, "seed": seed}


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


def rank_graph(transposed: sparse.csr_matrix, parameters: dict[str, Any]) -> tuple[np.ndarray, float]:
    """Rank and residual of a graph's people, see Graph.transposed. Weights are in [0, 1], one a pair."""
    rank, residual = np.zeros(transposed.shape[0]), 0.0
    # A fixed number, never "until it is settled": with more evidence more rounds might be needed, and fewer would be less.
    for _ in range(parameters["rounds"]):
        following = transposed @ percentiles(rank, parameters) / 100.0
        residual, rank = float(np.abs(following - rank).max(initial=0.0)), following
    return rank, residual


def percentiles(rank: np.ndarray, parameters: dict[str, Any]) -> np.ndarray:
    """The percentiles of ranks, 0 to 100, on the model's reference: even between its knots."""
    even = np.linspace(0.0, 100.0, len(parameters["reference"]))
    return np.asarray(np.interp(rank, parameters["reference"], even))


def reachable(actor: np.ndarray, target: np.ndarray, weight: np.ndarray, seeds: np.ndarray, people: int) -> np.ndarray:
    """Which of the people 0..people-1 are seeds or can be reached from one along edges with a weight above 0."""
    if not len(seeds):
        return np.zeros(people, dtype=bool)
    # One more node, from which an edge leads to every seed: what it reaches is what any of them reaches.
    acted = weight > 0
    start = np.concatenate([actor[acted], np.full(len(seeds), people, actor.dtype)])
    end = np.concatenate([target[acted], seeds.astype(target.dtype, copy=False)])
    # Floats, since the search would make them of whatever else.
    from scipy import sparse
    from scipy.sparse import csgraph

    graph = sparse.csr_matrix((np.ones(len(start)), (start, end)), shape=(people + 1, people + 1))
    found = np.zeros(people + 1, dtype=bool)
    found[csgraph.breadth_first_order(graph, people, return_predecessors=False)] = True
    return found[:people]
