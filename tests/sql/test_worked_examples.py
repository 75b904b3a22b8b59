"""Every metric by worked examples, which are data: tests/sql/<query>/<case>/ holds small tables and what must come of them.

    <input>.csv      one per input table; the header says name:TYPE for every column; an empty cell is NULL. A table of
                     DEFAULTS may be left out; without a column variant, all rows are of the variant `now`
    parameters.toml  the parameters that differ from tests/sql/model.toml (where any does); the day is 2026-03-14
    expected.csv     the columns to compare, by name; every row that must come out, in any order

Cells of numbers may be arithmetic, so that the formula stands beside its value: 4 * 2 ** (-1/30). A line that starts with #
"""

from __future__ import annotations

import ast
import math
import operator
import re
import tomllib
import zlib
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import examples
import pyarrow as pa
import pytest
from clout.engine import queries
from clout.engine.engines import DuckDB
from clout.lake.schemas import TIME
from clout.score import plan, steps, variants
from clout.score.model import read_model
from clout.score.topic_posts import KEPT_DAYS

DAY = date(2026, 3, 14)
MODEL = read_model(Path(__file__).with_name("model.toml"))
MODELS = {"v1": MODEL, "v2": read_model(Path(__file__).with_name("model_v2.toml"))}
CASES = examples.examples()
QUERIES = sorted(file.stem for file in queries.SQL.glob("*.sql")) + sorted(
    f"v2/{file.stem}" for file in (queries.SQL / "v2").glob("*.sql")
)


OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}
FUNCTIONS = {"exp": math.exp, "ln": math.log, "min": min, "max": max, "sqrt": math.sqrt, "round": round}


def number(text: str) -> float:
    """The value of an arithmetic expression. Nothing but numbers, OPERATORS, parentheses and FUNCTIONS is understood."""

    def value(node: ast.AST) -> Any:
        match node:
            case ast.Constant(value=int() | float() as constant) if not isinstance(constant, bool):
                return constant
            case ast.BinOp(left, sign, right) if type(sign) in OPERATORS:
                return OPERATORS[type(sign)](value(left), value(right))
            case ast.UnaryOp(sign, operand) if type(sign) in OPERATORS:
                return OPERATORS[type(sign)](value(operand))
            case ast.Call(ast.Name(name), arguments, []) if name in FUNCTIONS:
                return FUNCTIONS[name](*map(value, arguments))
        raise ValueError(f"not arithmetic: {text}")

    return value(ast.parse(text.strip(), mode="eval").body)


#: TYPE of a header -> how it is stored, and how a cell is read.
TYPES = {
    "STRING": (pa.string(), str),
    "BOOLEAN": (pa.bool_(), {"true": True, "false": False}.__getitem__),
    "DATE": (pa.date32(), date.fromisoformat),
    "TIMESTAMP": (TIME, datetime.fromisoformat),
    "BIGINT": (pa.int64(), int),
    "INT": (pa.int32(), int),
    "DOUBLE": (pa.float64(), lambda cell: float(number(cell))),
}


def empty(**columns: str) -> pa.Table:
    """A table without rows."""
    return pa.table({name: pa.array([], TYPES[kind][0]) for name, kind in columns.items()})


#: Inputs that are the same, or empty, in most examples.
DEFAULTS = {
    "variants": pa.Table.from_pylist(
        [dict(zip(variants.SCHEMA.names, variants.variants(MODEL, DAY)[0], strict=True))], variants.SCHEMA
    ),
    "persons": empty(account_key="STRING", person_id="STRING"),
    "excluded": empty(account_key="STRING"),
    "unnamed": empty(account_key="STRING"),
    "single_acts": steps.SINGLE.empty_table(),
    "absent_people": empty(platform="STRING", person_id="STRING"),
    "credibility": empty(evaluated_on="DATE", platform="STRING", person_id="STRING", credibility="DOUBLE"),
    "named_seeds": empty(platform="STRING", account_key="STRING"),
    "posts": empty(platform="STRING", author_key="STRING"),
    "counters": empty(
        **{"variant": "STRING", "platform": "STRING", "person_id": "STRING"},
        **{"followers_count": "BIGINT", "listed_count": "BIGINT"},
        **dict.fromkeys(("by_followers", "by_listed", "by_others"), "DOUBLE"),
    ),
    "earlier_scores": empty(days_before="INT", person_id="STRING", score="DOUBLE", raw_score="DOUBLE"),
    "gone_posts": empty(platform="STRING", post_key="STRING"),
    "hidden_topics": empty(account_key="STRING", topic_id="STRING"),
    "sampling_variance": empty(
        platform="STRING", person_id="STRING", reach_variance="DOUBLE", network_variance="DOUBLE", covariance="DOUBLE"
    ),
}
#: Inputs that an example may leave out, since a query makes them of its other tables.
DERIVED = (
    "feeds",
    "own_posts",
    "acted_posts",
    "actor_targets",
    "votes",
    "audience_spans",
    "sampled_days",
    "outgoing_weights",
)
#: Inputs with one row, or many, for each variant.
BY_VARIANT = (
    *("tie_strengths", "reverse_strengths", "actor_targets", "ties", "votes", "trust", "weights", "ranks", "seeds"),
    *("capped_audience", "audience", "audience_spans", "distinct_actors", "counters"),
    *("reach", "network", "amplification", "platform_score", "score"),
)


def input_table(case: examples.Example, table: str) -> pa.Table:
    """An input as its header types it."""
    header, rows = case.rows(table)
    columns = {}
    for place, column in enumerate(header):
        name, kind = column.split(":")
        stored, read = TYPES[kind]
        columns[name] = pa.array([read(row[place]) if row[place] else None for row in rows], stored)
    if table in BY_VARIANT and "variant" not in columns:
        columns["variant"] = pa.array(["now"] * len(rows), pa.string())
    return pa.table(columns)


def split(values: dict[str, Any], numeric: set[str]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """A row's key (all that is no number, as text) and its numbers."""
    texts = {name: value for name, value in values.items() if name not in numeric}
    key = tuple("" if t is None else str(t).lower() if isinstance(t, bool) else str(t) for t in texts.values())
    return key, {name: values[name] for name in values if name in numeric}


def close(got: float | None, right: float | None) -> bool:
    """Equal but for the last bits; NULL equals NULL only."""
    return got is right if got is None or right is None else math.isclose(got, right, rel_tol=1e-9)


def part_of(rows: pa.Table, column: str, part: int, parts: int) -> pa.Table:
    """The rows of the people, or days, of a part."""
    mine = [zlib.crc32(str(value).encode()) % parts == part for value in rows[column].to_pylist()]
    return rows.filter(pa.array(mine, pa.bool_()))


def result_of(query: queries.Query, parameters: dict[str, Any], inputs: dict[str, pa.Table], parts: int) -> pa.Table:
    """What a query gives, computed in so many parts as its header says, or at once."""
    if parts == 1:
        return DuckDB().run(query.name, parameters, **inputs)
    assert query.split
    by = query.split.by
    found = []
    for part in range(parts):
        mine = {name: part_of(rows, by[name], part, parts) if name in by else rows for name, rows in inputs.items()}
        found.append(DuckDB().run(query.name, parameters, **mine))
        for column in filter(None, [query.split.rows]):
            assert part_of(found[-1], column, part, parts).num_rows == found[-1].num_rows, f"rows are not by {column}"
    assert {query.split.rows, query.split.then} - {None} <= {*found[0].column_names}
    return pa.concat_tables(found)


@pytest.mark.parametrize("parts", [1, 2, 5])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.query}-{case.name}")
def test_worked_example(case: examples.Example, parts: int) -> None:
    query = queries.load(case.query)
    if parts > 1 and query.split is None:
        return
    formulas = "v2" if query.name.startswith("v2/") else "v1"
    model = MODELS[formulas]
    given = case.inputs
    parameters = plan.numbers(model) | {
        "topic_days": KEPT_DAYS,
        "ontology": "",
        "day": DAY,
        "first_day": DAY - timedelta(89),
        "last_day": DAY,
    }
    parameters |= tomllib.loads(case.parameters)
    used = set()

    def table(name: str) -> pa.Table:
        if name in given:
            used.add(name)
            return input_table(case, name)
        if name in DERIVED:
            made = queries.of_formulas(formulas, name)
            return DuckDB().run(made, parameters, **{each: table(each) for each in queries.load(made).inputs})
        return DEFAULTS[name]

    inputs = {name: table(name) for name in query.inputs}
    assert used == given
    result = result_of(query, parameters, inputs, parts)

    header, rows = case.rows()
    result = result.select(header)
    numeric = {f.name for f in result.schema if pa.types.is_integer(f.type) or pa.types.is_floating(f.type)}
    numeric -= {"days_before"}  # a part of the key
    expected = [
        split(
            {
                name: (number(cell) if cell else None) if name in numeric else cell
                for name, cell in zip(header, row, strict=True)
            },
            numeric,
        )
        for row in rows
    ]
    got = [split(row, numeric) for row in result.to_pylist()]
    assert sorted(key for key, _ in got) == sorted(key for key, _ in expected)
    if not numeric:
        return
    assert len(dict(got)) == len(got), "the columns of what is expected must hold a key"
    for key, numbers in expected:
        wrong = {
            name: (dict(got)[key][name], right)
            for name, right in numbers.items()
            if not close(dict(got)[key][name], right)
        }
        assert not wrong, f"{key}: (got, expected) is {wrong}"


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_has_a_worked_example(query: str) -> None:
    assert query in {case.query for case in CASES}


@pytest.mark.parametrize("query", QUERIES)
def test_header_says_what_a_reader_needs(query: str) -> None:
    content = (queries.SQL / f"{query}.sql").read_text(encoding="utf-8")
    header = content[: content.index("\n", content.index("\n-- Run: ") + 1)]
    assert all(line.startswith("-- ") for line in header.splitlines()), "the header comes first, and whole"
    title = query.removeprefix("v2/").replace("_", " ").capitalize()
    assert re.match(rf"-- ({title}|[A-Z][\w ]+): \S", header), "the first line is `-- Name: what it is.`"
    for word in ("Meaning: +", "Grain: ", "Inputs: ", r"Parameters:(?: none)?$", r"Run: \.venv/bin/python jobs/"):
        assert re.search(rf"^-- (?:.*\. )?{word}", header, re.MULTILINE), f"no line {word}"
    measured = "sum(" in content or "count(" in content or "DOUBLE" in queries.load(query).parameters.values()
    assert not measured or re.search(r"^-- Unit: ", header, re.MULTILINE), "numbers come out: in which unit?"


@pytest.mark.parametrize(
    ("text", "value"),
    [("4 * 2 ** (-1/30)", 4 * 2 ** (-1 / 30)), ("(1 - exp(-1)) * min(1, ln(3))", 1 - math.exp(-1)), ("-2", -2)],
)
def test_arithmetic_of_cells(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    "text", ["__import__('os')", "open(1)", "a", "'1'", "True", "[1][0]", "1 if 1 else 2", "1 < 2"]
)
def test_cells_hold_nothing_but_arithmetic(text: str) -> None:
    with pytest.raises(ValueError, match="not arithmetic"):
        number(text)
