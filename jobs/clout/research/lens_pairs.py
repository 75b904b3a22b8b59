"""Measures how well the lenses of sql/lenses.sql agree with human judgements of pairs, as far as the counters of pairs tell.

Pairs know no acts, so each axis takes the counter that stands for it: mentions and retweets received for people moved, retweets
received for people who shared, mentions sent for people talked to. Nothing is fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clout.research.evaluation import auc
from clout.research.labelled_pairs import COUNTERS, LabelledPairs

#: The axes that pairs can tell; peerindex's authority needs the people behind the counters, for which three features of its own
#: network stand, and TweetLevel's influence is the score: here the index of counters.
AXES = {
    "peerindex": ("authority", "audience", "activity", "peerindex_like"),
    "tweetlevel": ("popularity", "engagement", "influence", "trust"),
}


def axes(counters: np.ndarray, numbers: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Each axis of people with counters (people x COUNTERS), 0 to 100; NaN where a counter of it is not given."""
    of = {name: counters[:, at] for at, name in enumerate(COUNTERS)}
    moved = of["mentions_received"] + of["retweets_received"]
    doings = of["posts"] + of["mentions_sent"] + of["retweets_sent"]
    network = of["network_feature_1"] + of["network_feature_2"] + of["network_feature_3"]
    with np.errstate(invalid="ignore", divide="ignore"):
        talk = np.where(doings > 0, of["mentions_sent"] / doings, 0.0)
        shared = np.where(moved > 0, of["retweets_received"] / moved, 0.0)
        too_much = np.where(doings > 0, np.minimum(1.0, numbers["lens_most_a_day"] / doings), 1.0)
    found = {
        "authority": _share(network, numbers["lens_ref_network"]),
        "audience": _share(moved, numbers["lens_ref_reach"]),
        "activity": _share(doings, 3.0) * too_much,
        "popularity": _share(of["follower_count"], numbers["lens_ref_followers"]),
        "engagement": _share(of["mentions_sent"], numbers["lens_ref_people"]) * (1 + talk) / 2,
        "influence": np.nan_to_num(np.log1p(counters)) @ np.array([numbers[f"counter_{name}"] for name in COUNTERS]),
        "trust": shared * _share(of["retweets_received"], numbers["lens_ref_reach"]),
    }
    return found | {"peerindex_like": (found["authority"] + found["audience"] + found["activity"]) / 3}


def judged(pairs: LabelledPairs, numbers: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """lens -> axis -> AUC. Where an axis is not known of both, the pair is a tie."""
    first, second = axes(pairs.a, numbers), axes(pairs.b, numbers)
    return {
        lens: {axis: round(auc(np.nan_to_num(first[axis] - second[axis]), pairs.first_wins), 6) for axis in names}
        for lens, names in AXES.items()
    }


def show(figures: Mapping[str, Mapping[str, float]]) -> None:
    """Print the figures."""
    for lens, of in figures.items():
        told = ", ".join(f"{axis.replace('_', ' ')} {value:.4f}" for axis, value in of.items())
        print(f"  as {lens} looked at it, AUC: {told}")


def _share(value: np.ndarray, full: float) -> np.ndarray:
    return 100.0 * np.minimum(1.0, np.log1p(value) / np.log1p(full))
