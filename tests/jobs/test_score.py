"""What the job `score` says in its log of what it staged."""

from __future__ import annotations

import pyarrow as pa
import score


def test_seeds_are_asked_for_where_nothing_tells_a_crowd_from_people() -> None:
    rows = [("b", "none"), ("a", "trust"), ("c", None), ("b", "none"), ("d", "none")]
    platforms, defences = zip(*rows, strict=True)
    shown = pa.table({"platform": pa.array(platforms), "defence": pa.array(defences, pa.string())})
    assert score.undefended(shown) == ["b", "d"]
    assert score.undefended(shown.slice(1, 2)) == []
