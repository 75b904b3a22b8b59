"""The gate cannot fail open: each trap of Great Expectations is set here, and does not close on us."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest
from clout.errors import InvalidInput
from clout.lake.staging import AUDITED
from clout.quality import suites
from clout.quality.suites import Check, Suite
from staged_run import DAY, good

pytestmark = pytest.mark.quality

ROWS = pa.table({"name": ["ada", "bo"], "points": [1, 2]})


def expectation(id: str, type: str, severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    return {"type": type, "kwargs": kwargs, "severity": severity, "meta": {"id": id, "why": "A reason."}}


COUNT = expectation("row_count", "expect_table_row_count_to_be_between", min_value=1)
KEY = expectation("key_unique", "expect_compound_columns_to_be_unique", column_list=["name", "points"])
FAILS = expectation("few", "expect_column_values_to_be_between", column="points", max_value=1)


def written(folder: Path, *expectations: Any, **changes: Any) -> Path:
    """A suite file named things; gives its folder."""
    ids = [each["meta"].get("id") for each in expectations if isinstance(each, dict)]
    suite = {"name": "things", "meta": {"ids": ids}, "expectations": expectations} | changes
    (folder / "things.json").write_text(json.dumps(suite))
    return folder


def suite(*expectations: dict[str, Any]) -> Suite:
    return Suite("things", [COUNT, KEY, *expectations], "")


@pytest.fixture(params=["memory", "files"])
def check(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., list[Check]]:
    """`suites.check` on a small table, in memory or in a file."""

    def checked(suite: Suite, rows: pa.Table = ROWS) -> list[Check]:
        if request.param == "memory":
            return suites.check(suite, rows, {})
        pq.write_table(rows, tmp_path / "rows.parquet")
        return suites.check(suite, pads.dataset(tmp_path / "rows.parquet", partitioning=None), {})

    return checked


# The five traps ---------------------------------------------------------------------------------------------------


def test_empty_batch_fails(check: Callable[..., list[Check]]) -> None:
    checks = check(suite(FAILS), ROWS.slice(0, 0))
    assert {each.id: each.passed for each in checks} == {"row_count": False, "key_unique": True, "few": True}
    assert not suites.is_pass([suite(FAILS)], checks)


@pytest.mark.parametrize(
    "changes",
    [{"expectations": []}, {"expectations": [], "meta": {"ids": []}}, {"expectations": [COUNT, KEY]}, {"meta": {}}],
    ids=["emptied", "never filled", "one deleted", "nothing declared"],
)
def test_empty_suite_and_deleted_expectation_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    suites.load_suite("things", written(tmp_path, COUNT, KEY, FAILS))
    with pytest.raises(InvalidInput, match="none can be lost unseen"):
        suites.load_suite("things", written(tmp_path, COUNT, KEY, FAILS, **changes))


@pytest.mark.parametrize("type", ["expect_column_values_to_be_betwen", "", None])
def test_misspelt_type_is_refused(tmp_path: Path, type: str | None) -> None:
    with pytest.raises(InvalidInput, match="misspelt"):
        suites.load_suite("things", written(tmp_path, COUNT, KEY, FAILS | {"type": type}))


@pytest.mark.parametrize(("severity", "passes"), [("info", True), ("warning", True), ("critical", False)])
def test_severity_decides(check: Callable[..., list[Check]], severity: str, passes: bool) -> None:
    judged = suite(FAILS | {"severity": severity})
    checks = check(judged)
    assert [(each.id, each.severity, each.crashed) for each in checks if not each.passed] == [("few", severity, False)]
    assert suites.is_pass([judged], checks) is passes


@pytest.mark.parametrize(
    "crashing",
    [
        expectation("crash", "expect_column_values_to_not_be_null", "info", column="absent"),
        expectation(
            "crash",
            "unexpected_rows_expectation",
            "info",
            unexpected_rows_query="SELECT * FROM {batch} WHERE CAST(name AS INT) > 1",
        ),
        expectation("crash", "expect_column_max_to_be_between", "info", column="points", max_value={"$PARAMETER": "x"}),
    ],
    ids=["missing column", "cast error", "missing parameter"],
)
def test_crashed_check_is_critical_whatever_it_declares(
    check: Callable[..., list[Check]], crashing: dict[str, Any]
) -> None:
    checks = check(suite(crashing))
    [crashed] = [each for each in checks if each.id == "crash"]
    assert (crashed.passed, crashed.crashed, crashed.severity) == (False, True, "critical")
    assert not suites.is_pass([suite(crashing)], checks)


# Loading ----------------------------------------------------------------------------------------------------------


def test_missing_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="missing"):
        suites.load_suite("things", tmp_path)


@pytest.mark.parametrize("content", ["{", "", "\xff", "[]", "null", '{"name": "others"}'])
def test_broken_suite_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "things.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(InvalidInput):
        suites.load_suite("things", tmp_path)


@pytest.mark.parametrize(
    "broken",
    [
        FAILS | {"meta": {"id": "few"}},
        FAILS | {"meta": {"id": "few", "why": ""}},
        FAILS | {"meta": {"why": "A reason."}},
        FAILS | {"severity": None},
        FAILS | {"severity": "Critical"},
        {key: value for key, value in FAILS.items() if key != "severity"},
        {key: value for key, value in FAILS.items() if key != "kwargs"},
        "few",
    ],
    ids=["no why", "empty why", "no id", "null severity", "unknown severity", "no severity", "no kwargs", "a text"],
)
def test_incomplete_expectation_is_refused(tmp_path: Path, broken: Any) -> None:
    with pytest.raises(InvalidInput, match="expectation 3"):
        suites.load_suite("things", written(tmp_path, COUNT, KEY, broken))


@pytest.mark.parametrize(
    "opening",
    [
        [KEY, COUNT],
        [COUNT],
        [COUNT, FAILS],
        [COUNT | {"kwargs": {"min_value": 0}}, KEY],
        [COUNT | {"kwargs": {}}, KEY],
        [COUNT | {"severity": "warning"}, KEY],
        [COUNT, KEY | {"severity": "info"}],
        [FAILS | {"meta": COUNT["meta"]}, KEY],
        [COUNT, FAILS | {"meta": KEY["meta"]}],
    ],
    ids=["swapped", "one", "no key", "zero rows", "any rows", "weak", "weak key", "only named so", "key only named so"],
)
def test_suite_must_begin_with_row_count_and_key(tmp_path: Path, opening: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidInput, match="begins with row_count"):
        suites.load_suite("things", written(tmp_path, *opening))


def test_doubled_id_is_refused(tmp_path: Path) -> None:
    """Outcomes are told apart by id: of two with the same one, the passing could speak for the failed."""
    with pytest.raises(InvalidInput, match="twice"):
        suites.load_suite("things", written(tmp_path, COUNT, KEY, FAILS, FAILS))


def test_query_that_does_not_read_the_batch_is_refused(tmp_path: Path) -> None:
    blind = expectation("blind", "unexpected_rows_expectation", unexpected_rows_query="SELECT 1 WHERE false")
    with pytest.raises(InvalidInput, match="batch"):
        suites.load_suite("things", written(tmp_path, COUNT, KEY, blind))


def short(folder: Path, **said: Any) -> Path:
    """A suite whose last expectation is written short."""
    few = {"id": "few", "severity": "warning", "why": "A reason."} | said
    text = {"name": "things", "meta": {"ids": ["row_count", "key_unique", "few"]}, "expectations": [COUNT, KEY, few]}
    (folder / "things.json").write_text(json.dumps(text))
    return folder


def test_a_short_expectation_is_the_whole_one(tmp_path: Path) -> None:
    for said in ({"refuses": "points > 3"}, {"query": "SELECT * FROM {batch} WHERE points > 3"}):
        found = suites.load_suite("things", short(tmp_path, **said)).expectations[-1]
        query = {"unexpected_rows_query": "SELECT * FROM {batch} WHERE points > 3"}
        assert found == expectation("few", "unexpected_rows_expectation", severity="warning", **query)


@pytest.mark.parametrize(
    "said", [{"query": "FROM {batch}"}, {"kwargs": {}}, {"refuse": ""}, {"severity": "warn"}, {"why": ""}]
)
def test_a_short_expectation_says_nothing_too_much_or_too_little(tmp_path: Path, said: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=r"things\.json: .*few"):
        suites.load_suite("things", short(tmp_path, refuses="points > 3", **said))


# Running ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "misspelt", [FAILS | {"kwargs": {"column": "points", "max_valu": 1}}, FAILS | {"comment": "hello"}]
)
def test_misspelt_argument_is_refused(check: Callable[..., list[Check]], misspelt: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="refuses it"):
        check(suite(misspelt))


def test_expectation_dropped_while_loading_is_noticed(
    check: Callable[..., list[Check]], monkeypatch: pytest.MonkeyPatch
) -> None:
    import great_expectations as gx

    real = gx.ExpectationSuite
    monkeypatch.setattr(gx, "ExpectationSuite", lambda name, expectations: real(name, expectations=expectations[:-1]))
    with pytest.raises(InvalidInput, match="dropped"):
        check(suite(FAILS))


def test_expectation_dropped_while_running_is_critical(
    check: Callable[..., list[Check]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from great_expectations.validator.validator import Validator

    real = Validator.graph_validate

    def forgetful(self: Any, *arguments: Any) -> Any:
        return [each for each in real(self, *arguments) if each.expectation_config.meta["id"] != "few"]

    monkeypatch.setattr(Validator, "graph_validate", forgetful)
    judged = suite(FAILS | {"severity": "info"})
    checks = check(judged)
    assert [(each.id, each.severity, each.observed) for each in checks if not each.passed] == [
        ("few", "critical", "crashed: did not run")
    ]
    assert not suites.is_pass([judged], checks)


#: Rows with a NULL, a NaN, a key that is there twice, and one that is not there at all.
ODD = pa.table(
    {
        "name": ["ada", "ada", "bo", None, None, "cy"],
        "points": pa.array([1.5, 1.5, None, None, None, float("nan")]),
        "day": pa.array([DAY] * 5 + [None]),
    }
)


@pytest.mark.parametrize(
    "asked",
    [
        expectation("odd", "expect_table_row_count_to_be_between", min_value=7),
        expectation("odd", "expect_table_columns_to_match_ordered_list", column_list=["name", "day", "points"]),
        expectation("odd", "expect_compound_columns_to_be_unique", column_list=["name", "points"]),
        expectation("odd", "expect_column_unique_value_count_to_be_between", column="name", min_value=4),
        expectation("odd", "expect_column_values_to_be_in_set", column="name", value_set=["ada", "o'bo"]),
        expectation("odd", "expect_column_values_to_be_in_set", column="day", value_set=[DAY]),
        expectation("odd", "expect_column_values_to_not_be_null", column="points", mostly=0.4),
        expectation("odd", "expect_column_values_to_be_between", column="points", min_value=1, max_value=2),
        expectation("odd", "expect_column_values_to_be_between", column="points", min_value=1),
    ],
    ids=lambda asked: asked["type"].removeprefix("expect_"),
)
def test_duckdb_answers_as_pandas_does(
    check: Callable[..., list[Check]], monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    from clout.quality import gx_duckdb

    here = check(suite(asked), ODD)
    monkeypatch.setattr(gx_duckdb, "OF_DUCKDB", {})
    assert here == check(suite(asked), ODD)


def test_what_only_pandas_knows_is_asked_of_pandas(check: Callable[..., list[Check]]) -> None:
    highest = expectation("highest", "expect_column_max_to_be_between", column="points", max_value=1)
    some = FAILS | {"kwargs": FAILS["kwargs"] | {"row_condition": 'name == "ada"', "condition_parser": "pandas"}}
    outcomes = {each.id: each.passed for each in check(suite(highest, some))}
    assert outcomes == {"row_count": True, "key_unique": True, "highest": False, "few": True}


def test_no_suite_of_a_night_is_read_into_memory() -> None:
    from clout.quality import gx_duckdb

    assert all(gx_duckdb.is_of_duckdb(each) for table in AUDITED for each in suites.load_suite(table).expectations)


def test_great_expectations_is_imported_without_what_no_check_needs() -> None:
    said = "import sys; from clout.quality import gx_import; gx_import.load(); print(*sys.modules, sep=chr(10))"
    found = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout.split()
    assert "great_expectations.expectations.core" in found
    assert {"pyspark", "sqlalchemy", "altair", "scipy.stats"}.isdisjoint(found)


def test_check_leaves_the_suite_as_it_was(check: Callable[..., list[Check]]) -> None:
    judged = suite(FAILS)
    before = copy.deepcopy(judged)
    check(judged)
    assert judged == before


# The verdict ------------------------------------------------------------------------------------------------------


def passed(id: str, **changes: Any) -> Check:
    return Check(**{"table": "things", "id": id, "severity": "critical", "passed": True, "crashed": False}
                 | {"why": "", "observed": ""} | changes)  # fmt: skip


ALL = [passed("row_count"), passed("key_unique"), passed("few")]


def test_is_pass_needs_every_declared_check_exactly_once() -> None:
    declared = [suite(FAILS)]
    assert suites.is_pass(declared, ALL)
    assert not suites.is_pass(declared, ALL[:2])  # one is missing
    assert not suites.is_pass(declared, [*ALL[:2], passed("other")])
    assert not suites.is_pass(declared, [*ALL, ALL[0]])
    assert not suites.is_pass(declared, [*ALL[:2], passed("few", table="others")])


def test_is_pass_needs_a_check_of_every_suite() -> None:
    assert not suites.is_pass([], [])
    assert not suites.is_pass([Suite("things", [], "")], [])
    assert not suites.is_pass([suite(FAILS), Suite("others", [], "")], ALL)


@pytest.mark.parametrize(("severity", "passes"), [("info", True), ("warning", True), ("critical", False), ("?", False)])
def test_is_pass_stops_at_failed_checks_unless_they_may_fail(severity: str, passes: bool) -> None:
    assert suites.is_pass([suite(FAILS)], [*ALL[:2], passed("few", passed=False, severity=severity)]) is passes


def test_verdict_lists_failed_checks_worst_first() -> None:
    checks = [passed(s, passed=False, severity=s) for s in ("info", "critical", "warning")] + ALL
    verdict = suites.Verdict(DAY, "r1", False, "", {}, checks, {})
    assert [each.severity for each in verdict.failed] == ["critical", "warning", "info"]
    assert json.loads(verdict.to_json())["day"] == "2026-03-14"


def test_hash_of_a_suite_is_that_of_its_bytes(tmp_path: Path) -> None:
    loaded = suites.load_suite("things", written(tmp_path, COUNT, KEY, FAILS))
    before = suites.suite_hashes(["things", "others"], tmp_path)
    assert before == {"things": loaded.sha256, "others": "", "bounds.toml": ""}
    file = tmp_path / "things.json"
    file.write_text(file.read_text() + "\n")
    assert suites.suite_hashes(["things"], tmp_path)["things"] != loaded.sha256


def test_good_rows_are_of_the_published_tables() -> None:
    """The rows of these tests have the columns that the suites name."""
    for table in ("scores", "accounts"):
        [columns] = [each for each in suites.load_suite(table).expectations if each["meta"]["id"] == "columns"]
        assert good()[table].column_names == columns["kwargs"]["column_list"]
