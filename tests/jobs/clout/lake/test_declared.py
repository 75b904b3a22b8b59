"""What follows from a declaration is what DuckDB makes of it, and a declaration that says too little is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from clout.engine import queries
from clout.errors import InvalidInput
from clout.lake import declared, staging
from clout.lake.schemas import MATCHED
from clout.warehouse import catalog

GOOD = (
    "-- clout.x: what it is. Defined by sql/y.sql.\n-- Key: ds, who\n"
    "CREATE TABLE clout.x (\n  ds DATE,  -- When\n  who VARCHAR  -- Who\n);\n"
)


def test_columns_are_those_that_a_warehouse_makes() -> None:
    kinds = {"DOUBLE PRECISION": "DOUBLE"}
    for name, table in declared.tables().items():
        made = {column.name: column.type for column in catalog.relations()[name].columns}
        assert {column: kinds.get(kind, kind) for column, kind in table.columns.items()} == made, name
        assert catalog.relations()[name].schema == table.schema
        assert queries.exists(table.query) or table.is_recorded or name in MATCHED
    memory = {"publish_log", "published_files"}
    assert {relation.name for relation in catalog.tables()} - memory == {*declared.tables()}
    assert {*staging.TABLES, *staging.RECORDED} == {*declared.tables()}


def test_a_key_an_order_and_a_query_are_read() -> None:
    table = declared._read("x", GOOD)
    assert table is not None
    assert (table.key, table.order, table.query, table.is_recorded) == (("ds", "who"), ("who",), "y", False)
    assert declared._read("x", GOOD.replace("-- Key: ds, who\n", "")) is None
    checks = {check["meta"]["id"]: check["kwargs"] for check in declared.checks("influences", {"max_value": 9})}
    assert checks["row_count"] == {"min_value": 1, "max_value": 9}
    assert checks["key_unique"] == {"column_list": ["ds", "person_id", "direction", "other_id"]}


def test_a_table_of_people_who_agreed_says_to_what() -> None:
    """By it a rollback knows whom to leave out."""
    for name, table in declared.tables().items():
        reads = queries.exists(table.query) and "consented" in queries.load(table.query).inputs
        assert bool(table.consent) == reads, (
            f"{name} reads consented.sql and has no line `-- Consent: PURPOSE`, or the reverse"
        )
        if table.consent:
            assert "person_id" in table.columns
            assert f"'{table.consent}'" in queries.load(table.query).text


def test_what_people_may_hide_is_declared() -> None:
    """Every table that says of a person what a topic is, and whatever asks who hides what, so that a rollback leaves it out."""
    for name, table in declared.tables().items():
        reads = queries.exists(table.query) and "hidden_topics" in queries.load(table.query).inputs
        names_topics = {"person_id", "topic_id"} <= table.columns.keys()
        assert (table.hidden is not None) == (reads or names_topics), (
            f"{name}: the line `-- Hidden:` is missing, or too much"
        )
        assert table.hidden in (None, "topic_id" if names_topics else "*")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ds, who", "who, ds"),
        ("ds, who", "ds"),
        ("ds, who", "ds, whom"),
        ("VARCHAR", "HUGEINT"),
        ("  who ", "  who, "),
        ("  -- Who", ""),
    ],
)
def test_a_declaration_that_nothing_follows_from_is_refused(old: str, new: str) -> None:
    with pytest.raises(InvalidInput, match=r"x\.sql: the key must be ds and another column"):
        declared._read("x", GOOD.replace(old, new))


def test_a_changed_declaration_changes_the_hash_of_its_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from clout.quality import suites

    before = suites.suite_hashes(["scores"])["scores"]
    monkeypatch.setattr(declared, "FOLDER", tmp_path)
    (tmp_path / "scores.sql").write_text("-- another\n")
    assert suites.suite_hashes(["scores"])["scores"] != before
