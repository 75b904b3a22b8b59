"""The gate: loads suites strictly, runs them with Great Expectations, and gives a verdict that cannot fail open.

Great Expectations passes empty batches, empty suites and misspelt expectations, ignores severity in its `success`, and
reports a crashed check at its declared severity. Here: every suite begins with row count and key; what was evaluated
must equal what was declared; a crashed or missing check is critical; only severity decides.
The rows stay where they are, and DuckDB counts in them what Great Expectations asks (gx_duckdb.py).
Great Expectations is imported inside functions: its import takes seconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clout.config.paths import EXPECTATIONS
from clout.errors import InvalidInput
from clout.lake import declared
from clout.quality import bounds, gx_import

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.execution_engine import ExecutionEngine
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    from clout.quality.gx_duckdb import Rows


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
    gx_import.load()
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
    staged_<table>.
    """
    from clout.quality import gx_duckdb

    gx = gx_import.load()
    try:
        whole = gx.ExpectationSuite(name=suite.table, expectations=[dict(e) for e in suite.expectations])
    except (TypeError, ValueError) as error:  # a misspelt or missing argument
        raise InvalidInput(f"suite {suite.table}: Great Expectations refuses it: {error}") from error
    if len(whole.expectations) != len(suite.expectations):
        raise InvalidInput(f"suite {suite.table}: Great Expectations dropped an expectation while loading")
    asked: dict[bool, list[ExpectationConfiguration]] = {True: [], False: []}
    for written, expectation in zip(suite.expectations, whole.expectations, strict=True):
        asked[gx_duckdb.is_of_duckdb(written)].append(expectation.configuration)
    try:
        with gx_duckdb.asking(rows, {f"staged_{name}": each for name, each in (beside or {}).items()}) as connection:
            results = _answered(gx_duckdb.OfDuckDB(connection), asked[True], parameters)
        if asked[False]:
            results += _answered(gx_duckdb.of_pandas(rows), asked[False], parameters)
    except Exception as error:
        return [_crashed(suite, expectation, f"the whole suite crashed: {error}") for expectation in suite.expectations]
    outcomes = {
        ((result.expectation_config and result.expectation_config.meta) or {}).get("id"): result for result in results
    }
    return [_outcome(suite, expectation, outcomes.get(expectation["meta"]["id"])) for expectation in suite.expectations]


def _answered(
    engine: ExecutionEngine, asked: list[ExpectationConfiguration], parameters: dict[str, Any]
) -> list[ExpectationValidationResult]:
    """What Great Expectations makes of what an engine answers."""
    from great_expectations.validator.validator import Validator

    class Quiet(Validator):
        def _determine_progress_bars(self) -> bool:  # else one a suite
            return False

    validator = Quiet(execution_engine=engine)
    return validator.graph_validate(
        validator.process_expectations_for_validation(asked, parameters),
        {"result_format": {"result_format": "BASIC", "partial_unexpected_count": 0}},
    )


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
