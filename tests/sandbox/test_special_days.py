"""The summary of the special days over several worlds, by hand. What one world is like, tests/test_acceptance.py asks."""

from __future__ import annotations

from sandbox.special_days import summary

CALM = {"victim": 20.0, "leader": 50.0, "victim_unbound": 51.0, "leader_unbound": 50.0, "above_joker": 0.9}
KEPT = {"now_kept": 0.96, "standing_kept": 0.99, "momentum_kept": 0.3}


def test_counts_who_stands_above_and_gives_the_range_of_the_rest() -> None:
    worlds = [
        CALM | KEPT,
        CALM | KEPT | {"victim": 50.5, "victim_unbound": 49.0, "above_joker": 0.4, "standing_kept": 1.01},
    ]
    assert summary(worlds) == {
        "worlds": 2,
        "victim_above_leader": 1,
        "victim_above_leader_unbound": 1,
        "above_joker": [0.4, 0.9],
        "now_kept": [0.96, 0.96],
        "standing_kept": [0.99, 1.01],
        "momentum_kept": [0.3, 0.3],
    }
