"""The gate: loads suites strictly, runs them with Great Expectations, and gives a verdict that cannot fail open.

Great Expectations passes empty batches, empty suites and misspelt expectations, ignores severity in its `success`, and
reports a crashed check at its declared severity. Here: every suite begins with row count and key; what was evaluated
must equal what was declared; a crashed or missing check is critical; only severity decides.
The rows are an Arrow table, judged in this process, or a DataFrame of Spark, for which a check costs two jobs of it.
Great Expectations is imported inside functions: its import takes up to 20 seconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from clout.config.paths import EXPECTATIONS
from clout.errors import InvalidInput
from clout.lake import declared
from clout.quality import bounds

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.data_context import AbstractDataContext
    from pyspark.sql import DataFrame

#: A table in memory, or one of Spark's.
Rows: TypeAlias = "pa.Table | DataFrame"


SEVERITIES = ("info", "warning", "critical")


@dataclass(frozen=True)
class Suite:
    """One file of expectations/: its table, its expectations as written, and the hash of what it was read from."""

    table: str
    expectations: list[dict[str, Any]]
    sha256: str

    @property
    def ids(self) -> list[str]:
        """The declared ids, in order."""
        return [expectation["meta"]["id"] for expectation in self.expectations]


@dataclass
class Check:
    """What became of one expectation."""

    table: str
    id: str
    severity: str
    passed: bool
    crashed: bool
    why: str
    observed: str


@dataclass
class Verdict:
    """The outcome of an audit. `passed` is true when no check of severity critical failed, crashed or went missing."""

    day: date
    run: str
    passed: bool
    content_hash: str
    tables: dict[str, list[dict[str, Any]]]
    checks: list[Check]
    suites: dict[str, str]
    conservation: list[dict[str, Any]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    #: The failed checks on which a person must decide, in words.
    waits_for: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """The verdict as written beside the staged files."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, default=str)

    @property
    def failed(self) -> list[Check]:
        """The checks that failed, worst first."""
        return sorted(
            (check for check in self.checks if not check.passed),
            key=lambda check: -SEVERITIES.index(check.severity),
        )


def load_suite(table: str, folder: Path | None = None) -> Suite:
    """Read `expectations/<table>.json` and refuse whatever Great Expectations would swallow.

    Raises InvalidInput where the file is missing or broken, where an expectation has a type that does not exist, lacks
    an id, a severity or a reason, where the declared ids and the present ones differ, or where the suite does not begin
    with the row count and the key. Of a published table these, its columns, their types and the day follow from its
    declaration in sql/warehouse/, and the file holds what else is judged; its meta.rows says how many rows there may be.
    More checks of metrics follow from their bounds, see bounds.py. An expectation may be written short, see _whole.
    """
    file = (folder or EXPECTATIONS) / f"{table}.json"
    if not file.is_file():
        raise InvalidInput(f"{file}: the suite is missing; nothing is published unaudited")
    content = file.read_bytes()
    try:
        suite = json.loads(content)
    except ValueError as error:
        raise InvalidInput(f"{file}: not JSON: {error}") from error
    if not isinstance(suite, dict) or suite.get("name") != table:
        raise InvalidInput(f"{file}: must be a JSON object whose name is {table!r}")
    expectations = [_whole(file, each) for each in suite.get("expectations") or []]
    judged = suite.get("meta") or {}
    for number, expectation in enumerate(expectations, start=1):
        _check_declaration(file, number, expectation)
    ids = [expectation["meta"]["id"] for expectation in expectations]
    if not ids or ids != judged.get("ids"):
        raise InvalidInput(
            f"{file}: meta.ids declares {judged.get('ids')}, the expectations are {ids}; they must be equal and not empty, so"
            " that none can be lost unseen"
        )
    if table in declared.tables():
        expectations = declared.checks(table, judged.get("rows") or {}) + expectations
    if table == "metrics":
        expectations = expectations + bounds.checks(file.parent)
    ids = [expectation["meta"]["id"] for expectation in expectations]
    if len(set(ids)) < len(ids):  # the outcome of one would hide that of the other
        raise InvalidInput(f"{file}: an id occurs twice in {ids}")
    may_be_empty = bool(judged.get("may_be_empty"))
    if ids[:2] != ["row_count", "key_unique"] or not _begins_well(expectations[0], expectations[1], may_be_empty):
        raise InvalidInput(
            f"{file}: a suite begins with row_count (at least one row, unless meta.may_be_empty says why not) and"
            f" key_unique, both critical; this one begins with {ids[:2]}"
        )
    return Suite(table, expectations, _hash(table, content))


def _whole(file: Path, said: Any) -> Any:
    """An expectation as Great Expectations has it. In short, `refuses` is a condition that no row of the table may meet, and
    `query` a query that must find none; id, why and whatever else belongs to meta stand beside it.
    """
    if not isinstance(said, dict) or not {"refuses", "query"} & said.keys():
        return said
    unknown = said.keys() - {"id", "refuses", "query", "severity", "why", "gate", "broken_by"}
    if unknown or {"refuses", "query"} <= said.keys():
        raise InvalidInput(
            f"{file}: {said.get('id')}: judges by refuses or by query, not by both, and has no {', '.join(sorted(unknown))};"
            " take out what is too much"
        )
    query = said["query"] if "query" in said else f"SELECT * FROM {{batch}} WHERE {said['refuses']}"
    return {
        "type": "unexpected_rows_expectation",
        "kwargs": {"unexpected_rows_query": query},
        "severity": said.get("severity"),
        "meta": {name: value for name, value in said.items() if name not in ("refuses", "query", "severity")},
    }


def _begins_well(count: dict[str, Any], key: dict[str, Any], may_be_empty: bool) -> bool:
    least = count["kwargs"].get("min_value")
    return (
        count["type"] == "expect_table_row_count_to_be_between"
        # A parameter is a number counted in another table.
        and (
            least in ({"$PARAMETER": "persons"}, {"$PARAMETER": "scored"}) or _at_least(least, 0 if may_be_empty else 1)
        )
        and key["type"] == "expect_compound_columns_to_be_unique"
        and count["severity"] == key["severity"] == "critical"
    )


def _at_least(value: Any, least: int) -> bool:
    return isinstance(value, int) and value >= least


def _check_declaration(file: Path, number: int, expectation: Any) -> None:
    from great_expectations.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.registry import get_expectation_impl

    if not isinstance(expectation, dict) or not isinstance(expectation.get("kwargs"), dict):
        raise InvalidInput(f"{file}: expectation {number}: needs type, kwargs, severity and meta")
    meta = expectation.get("meta") or {}
    where = f"{file}: expectation {number} ({meta.get('id')})"
    try:
        get_expectation_impl(expectation.get("type", ""))
    except ExpectationNotFoundError:
        raise InvalidInput(f"{where}: type {expectation.get('type')!r} does not exist; is it misspelt?") from None
    if not meta.get("id") or not meta.get("why"):
        raise InvalidInput(f"{where}: needs meta.id and meta.why")
    if expectation.get("severity") not in SEVERITIES:
        raise InvalidInput(f"{where}: severity {expectation.get('severity')!r} is not one of {', '.join(SEVERITIES)}")
    if (meta.get("gate"), expectation["severity"]) not in ((None, expectation["severity"]), ("approve", "warning")):
        raise InvalidInput(f"{where}: meta.gate may say approve, of a warning; anything else decides itself")
    if "{batch}" not in expectation["kwargs"].get("unexpected_rows_query", "{batch}"):
        raise InvalidInput(f"{where}: a query that does not read {{batch}} judges other rows than those staged")


def check(
    suite: Suite, rows: Rows, parameters: dict[str, Any], beside: Mapping[str, Rows] | None = None
) -> list[Check]:
    """Run a suite over rows. Gives one Check per declared expectation; one that did not run is a failed one.

    parameters: values for the suite's {"$PARAMETER": name}. beside: other tables that its queries may read as
    staged_<table>, of the same sort as rows.
    """
    import great_expectations as gx

    from clout.quality import gx_duckdb

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    tables = {f"staged_{name}": each for name, each in (beside or {}).items()}
    batch, batch_rows = _batch(context, suite.table, rows, tables)
    try:
        expectations = gx.ExpectationSuite(name=suite.table, expectations=[dict(e) for e in suite.expectations])
    except (TypeError, ValueError) as error:  # a misspelt or missing argument
        raise InvalidInput(f"suite {suite.table}: Great Expectations refuses it: {error}") from error
    if len(expectations.expectations) != len(suite.expectations):
        raise InvalidInput(f"suite {suite.table}: Great Expectations dropped an expectation while loading")
    text = json.dumps(suite.expectations)
    asked = {name: value for name, value in parameters.items() if json.dumps({"$PARAMETER": name}) in text}
    definition = gx.ValidationDefinition(name=suite.table, data=batch, suite=context.suites.add(expectations))
    try:
        with gx_duckdb.beside(tables):
            results = definition.run(
                batch_parameters={"dataframe": batch_rows},
                expectation_parameters=asked,  # any other it would refuse
                result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
            ).results
    except Exception as error:
        return [_crashed(suite, expectation, f"the whole suite crashed: {error}") for expectation in suite.expectations]
    outcomes = {
        ((result.expectation_config and result.expectation_config.meta) or {}).get("id"): result for result in results
    }
    return [_outcome(suite, expectation, outcomes.get(expectation["meta"]["id"])) for expectation in suite.expectations]


def count_present(rows: Rows, column: str) -> int:
    """How many rows have a value in a column; none where there is no such column, which is for its suite to say."""
    if isinstance(rows, pa.Table):
        return rows.num_rows - rows[column].null_count if column in rows.column_names else 0
    return rows.where(f"{column} IS NOT NULL").count() if column in rows.columns else 0


def _batch(
    context: AbstractDataContext, name: str, rows: Rows, beside: Mapping[str, Rows]
) -> tuple[BatchDefinition, pd.DataFrame | DataFrame]:
    """Rows as Great Expectations takes them: what is asked, and the frame to ask. Spark's queries may read `beside`."""
    if isinstance(rows, pa.Table):
        import pandas as pd  # takes 25 MiB, for whoever only asks for the hashes of suites

        source: Any = context.data_sources.add_pandas("staged")
        frame: Any = rows.to_pandas(types_mapper=pd.ArrowDtype)  # whose types and NULLs are Arrow's
    else:
        for table, other in beside.items():
            other.createOrReplaceTempView(table)
        source, frame = context.data_sources.add_spark("staged", persist=False), rows
    return source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("all"), frame


def _outcome(suite: Suite, expectation: dict[str, Any], result: Any) -> Check:
    if result is None:
        return _crashed(suite, expectation, "did not run")
    information = result.exception_info or {}
    # Two shapes: flat, or one entry per metric.
    entries = [information] if "raised_exception" in information else list(information.values())
    if any(entry.get("raised_exception", True) for entry in entries):
        message = "; ".join(str(entry.get("exception_message", "crashed")) for entry in entries)
        return _crashed(suite, expectation, message[:500])
    found = {
        key: value
        for key, value in (result.result or {}).items()
        if key in ("observed_value", "unexpected_count", "element_count", "missing_count")
    }
    return Check(
        table=suite.table,
        id=expectation["meta"]["id"],
        severity=expectation["severity"],
        passed=bool(result.success),
        crashed=False,
        why=expectation["meta"]["why"],
        observed=json.dumps(found, default=str, sort_keys=True)[:500],
    )


def _crashed(suite: Suite, expectation: dict[str, Any], message: str) -> Check:
    meta = expectation["meta"]
    return Check(suite.table, meta["id"], "critical", False, True, meta["why"], f"crashed: {message}"[:500])


def is_pass(suites: list[Suite], checks: list[Check]) -> bool:
    """Whether every declared expectation was evaluated, every suite has one, and none of severity critical failed."""
    declared = sorted((suite.table, each) for suite in suites for each in suite.ids)
    evaluated = sorted((each.table, each.id) for each in checks)
    return (
        bool(suites)
        and all(suite.ids for suite in suites)
        and declared == evaluated
        and all(check.passed or check.severity in ("info", "warning") for check in checks)
    )


def waiting(suites: list[Suite], checks: list[Check]) -> list[str]:
    """The failed checks on which a person must decide, each as `<suite>.<id>: <why>`."""
    gated = {
        (suite.table, expectation["meta"]["id"])
        for suite in suites
        for expectation in suite.expectations
        if expectation["meta"].get("gate") == "approve"
    }
    return [f"{c.table}.{c.id}: {c.why}" for c in checks if not c.passed and (c.table, c.id) in gated]


def suite_hashes(tables: Iterable[str], folder: Path | None = None) -> dict[str, str]:
    """The hashes of the suites, and of the bounds that metrics are held to, as they lie on disk, '' where one is missing;
    without importing Great Expectations.
    """
    files = {table: (folder or EXPECTATIONS) / f"{table}.json" for table in tables}
    files[bounds.FILE] = (folder or EXPECTATIONS) / bounds.FILE
    return {name: _hash(name, file.read_bytes()) if file.is_file() else "" for name, file in files.items()}


def _hash(table: str, content: bytes) -> str:
    """The hash of a suite's bytes, and of the declaration of its table, from which a part of it follows."""
    return hashlib.sha256(content + declared.text(table)).hexdigest()
