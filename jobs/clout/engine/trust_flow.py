"""Trust as an amount: how much of a person's worth honest people's acts vouch for an account.

A seed has seed_trust people's worth of trust, everybody else what others' acts give them, so many rounds long, from 0 on:

    g(a) = min(1, trust_share * min(seed_trust, t(a)) / max(acts_divided, people a acted on))     what each act of a passes on
    t(u) = sum of c(a) * g(a) over who acted on u                                c: the actor's credibility

A person passes on at most trust_share of what they have and of seed_trust, however many they act on: with a share of a half and
seeds of two, one person. So of the accounts of a set S, on which people outside did acts that passed on E in all, hence at most
one for each of these people, the trust sums to at most

    (E + seed_trust * (seeds in S)) / (1 - trust_share)

since every round passes on at most trust_share of what S has. Acts of S on others only lose. A colour that spreads along any
act, which v1 has, has no such bound.
Source: person-capped flow; the bound is that of a walk that stops with probability 1 - trust_share at every step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from clout.engine.network_rank import Graph, placed


def is_asked(parameters: dict[str, Any]) -> bool:
    """Whether a model's numbers say how trust flows."""
    return "trust_share" in parameters


def flow(graph: Graph, parameters: dict[str, Any]) -> dict[str, Any]:
    """Columns person_id, trust (people's worth), gives (what each act of theirs passes on), seed of all people.

    parameters: seed_trust, trust_share, acts_divided, trust_rounds.
    """
    count = len(graph.people)
    seed = np.zeros(count, dtype=bool)
    seed[graph.seeds] = True
    divided = np.maximum(np.bincount(graph.acts.indices, minlength=count), parameters["acts_divided"])
    trust = np.where(seed, parameters["seed_trust"], 0.0)
    gives = np.zeros(count)
    for _ in range(parameters["trust_rounds"]):
        gives = np.minimum(1.0, parameters["trust_share"] * np.minimum(trust, parameters["seed_trust"]) / divided)
        trust = np.where(seed, parameters["seed_trust"], graph.acts @ gives)
    return {"person_id": graph.people, "trust": np.round(trust, 12), "gives": np.round(gives, 12), "seed": seed}


def flow_platform(edges: pa.Table, parameters: dict[str, Any]) -> pa.Table:
    """`flow` of one graph in one variant of the evidence: (variant, platform, and its columns)."""
    return placed(edges, flow(Graph.of_names(edges), parameters))
