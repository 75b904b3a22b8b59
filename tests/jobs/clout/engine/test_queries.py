"""Query files: header and body must agree, and whoever runs one must give what it declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from clout.engine import queries
from clout.errors import InvalidInput

#: A value for each parameter of `good`.
RIGHT = {"day": date(2026, 3, 14), "gamma": 0.5, "seeds": 3, "version": "v1", "knots": [0, 0.5, 1]}
HEADER = """-- Good: an example.
-- Inputs: {pairs}
-- Parameters:
--   day DATE             the score date
--   gamma DOUBLE         selectivity
--   seeds INT            how many
--   version STRING       of the model
--   knots ARRAY<DOUBLE>  of the map
-- Run: never
"""
BODY = "SELECT :day, :gamma, :seeds, :version, :knots, x::INT FROM {pairs};\n"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Writes good.sql into a folder that stands for sql/."""
    monkeypatch.setattr(queries, "SQL", tmp_path)

    def written(content: str) -> None:
        queries.load.cache_clear()
        (tmp_path / "good.sql").write_text(content, encoding="utf-8")

    yield written
    queries.load.cache_clear()


def test_load_reads_header_and_body(write: Callable[[str], None]) -> None:
    write(HEADER + "-- A comment may say :anything and {anything}.\n" + BODY)
    query = queries.load("good")
    assert query.parameters == {
        "day": "DATE",
        "gamma": "DOUBLE",
        "seeds": "INT",
        "version": "STRING",
        "knots": "ARRAY<DOUBLE>",
    }
    assert query.inputs == {"pairs"}
    assert query.text == BODY.strip().rstrip(";")


def test_run_binds_only_what_is_declared(write: Callable[[str], None]) -> None:
    write(HEADER + BODY)
    text, bound = queries.for_duckdb("good", {**RIGHT, "rho": 0.5}, {"pairs": "a table"})
    assert bound == {**RIGHT, "knots": [0.0, 0.5, 1.0]}
    assert all(type(each) is float for each in bound["knots"])
    assert '"a table"' in text


@pytest.mark.parametrize(
    "split",
    ["pairs by target", "{pairs} by target, seeds", "{others} by target", "{pairs}; rows by target", "{pairs} by"],
)
def test_refuses_a_split_that_says_something_else(write: Callable[[str], None], split: str) -> None:
    write(HEADER.replace("-- Parameters:", f"-- Split: {split}\n-- Parameters:", 1) + BODY)
    with pytest.raises(InvalidInput, match=r"good\.sql: .* is not `-- Split: \{input\} by column"):
        queries.load("good")


def test_reads_a_split(write: Callable[[str], None]) -> None:
    write(
        HEADER.replace("-- Parameters:", "-- Split: {pairs} by target; rows by target then actor\n-- Parameters:", 1)
        + BODY
    )
    assert queries.load("good").split == queries.Split({"pairs": "target"}, "target", "actor")


def test_refuses_a_parameter_that_the_header_does_not_explain(write: Callable[[str], None]) -> None:
    write(HEADER.replace("--   seeds INT            how many\n", "") + BODY)
    with pytest.raises(InvalidInput, match=r"good\.sql: header and query differ in the parameters seeds$"):
        queries.load("good")


def test_refuses_a_parameter_that_the_query_does_not_use(write: Callable[[str], None]) -> None:
    write(HEADER + BODY.replace(":gamma, ", "").replace(":day, ", ""))
    with pytest.raises(InvalidInput, match=r"header and query differ in the parameters day, gamma$"):
        queries.load("good")


def test_refuses_a_type_that_cannot_be_bound(write: Callable[[str], None]) -> None:
    write(HEADER.replace("seeds INT ", "seeds LONG") + BODY)
    with pytest.raises(InvalidInput, match="parameter seeds has type LONG; known are DATE, INT, DOUBLE"):
        queries.load("good")


@pytest.mark.parametrize(
    ("name", "value", "declared"),
    [
        ("day", "2026-03-14", "DATE"),
        ("gamma", 1, "DOUBLE"),
        ("gamma", "0.5", "DOUBLE"),
        ("seeds", 3.0, "INT"),
        ("seeds", True, "INT"),
        ("version", 1, "STRING"),
        ("knots", 0.5, "ARRAY<DOUBLE>"),
        ("gamma", None, "DOUBLE"),
    ],
)
def test_refuses_a_value_of_another_type(name: str, value: object, declared: str, write: Callable[[str], None]) -> None:
    write(HEADER + BODY)
    with pytest.raises(InvalidInput) as refusal:
        queries.for_duckdb("good", {**RIGHT, name: value}, {"pairs": "a table"})
    assert str(refusal.value) == f"sql/good.sql: {name} is {declared}, given {value!r}"


def test_refuses_to_run_without_a_parameter(write: Callable[[str], None]) -> None:
    write(HEADER + BODY)
    given = {name: value for name, value in RIGHT.items() if name != "gamma"}
    with pytest.raises(InvalidInput, match=r"sql/good\.sql needs the parameter gamma, which nobody gave"):
        queries.for_duckdb("good", given, {"pairs": "a table"})


@pytest.mark.parametrize("inputs", [{}, {"reach": "a table"}, {"pairs": "a table", "reach": "a table"}])
def test_refuses_other_tables_than_the_query_reads(inputs: dict[str, str], write: Callable[[str], None]) -> None:
    write(HEADER + BODY)
    with pytest.raises(TypeError, match=r"sql/good\.sql reads \['pairs'\], given"):
        queries.for_duckdb("good", RIGHT, inputs)


@pytest.mark.parametrize("file", sorted(queries.SQL.glob("*.sql")), ids=lambda file: file.stem)
def test_every_query_of_the_project_loads(file: Path) -> None:
    assert queries.load(file.stem).inputs
