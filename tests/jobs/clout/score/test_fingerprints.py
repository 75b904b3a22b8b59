"""What is recomputed after a change: what depends on the edited query, and nothing for a comment."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clout.engine import queries
from clout.lake.schemas import CONFORMED
from clout.score import evidence, fingerprints, steps

TABLES = ("conformed", "daily_engagement", "ties", "weights", "capped_audience", "reach", "amplification", "network")


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str, str], set[str]]]:
    """The tables whose fingerprints an edit of a file of sql/ changes: (file, old text, new text)."""
    shutil.copytree(queries.SQL, tmp_path / "sql")
    monkeypatch.setattr(queries, "SQL", tmp_path / "sql")

    def prints() -> dict[str, str]:
        queries.load.cache_clear()
        fingerprints.of_query.cache_clear()
        found = {name: fingerprints.of_tables([name], "v1", steps.GIVEN) for name in TABLES[1:]}
        return {"conformed": fingerprints.of_tables(CONFORMED)} | found

    def change(name: str, old: str, new: str) -> set[str]:
        file = tmp_path / "sql" / name
        before, text = prints(), file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        after = prints()
        return {table for table in TABLES if before[table] != after[table]}

    yield change
    monkeypatch.undo()
    queries.load.cache_clear()
    fingerprints.of_query.cache_clear()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("classified.sql", "-- Meaning: kept", "-- Meaning: taken"),
        ("daily_engagement.sql", "WITH pair_days", "-- what a pair did on a day\nWITH   pair_days"),
        ("network.sql", "FROM {capped_audience}", "FROM {capped_audience} -- the audience"),
        ("v2/ties.sql", "1e0", "2e0"),
    ],
)
def test_a_comment_and_other_formulas_recompute_nothing(edited, file: str, old: str, new: str) -> None:
    assert edited(file, old, new) == set()


def test_an_edited_query_recomputes_what_depends_on_it(edited) -> None:
    assert edited("reach.sql", "SELECT", "SELECT DISTINCT") == {"reach"}
    assert edited("amplification.sql", ":alpha0", ":beta0") == {"amplification"}
    assert edited("edges.sql", "0e0", "1e0") == {"weights", "capped_audience", "reach", "network"}
    assert edited("daily_engagement.sql", "'like'", "'share'") == set(TABLES) - {"conformed", "amplification"}
    assert edited("classified.sql", "'kept'", "'held'") == {"conformed"}


def test_a_kernel_is_code_of_the_graph_and_a_docstring_is_none() -> None:
    with_graph = {module for name in ("trust", "ranks") for module in fingerprints.plan.code_of(name)}
    assert {"clout.engine.network_rank", "clout.engine.trust_flow", "clout.score.steps"} <= with_graph
    source = 'def f(x):\n    """Adds."""\n    return x + 1  # one\n'
    assert fingerprints.of_python(source) == fingerprints.of_python("def f(x):\n    return x + 1\n")
    assert fingerprints.of_python(source) != fingerprints.of_python("def f(x):\n    return x + 2\n")
    assert fingerprints.of_text("SELECT '--a' -- b", []) == fingerprints.of_text("SELECT\n  '--a'", [])
    assert fingerprints.of_text("SELECT '--a'", []) != fingerprints.of_text("SELECT '--b'", [])


def test_every_feature_has_a_task() -> None:
    assert {evidence.task_of(name) for name in ("daily_engagement", "ties")} == {"ties"}
    assert evidence.task_of("capped_audience") == "graph"
    assert evidence.task_of("left_out") == "conform"
