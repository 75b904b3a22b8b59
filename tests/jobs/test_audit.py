"""Audit writes a verdict on exactly the staged files, and stops the night where they are not fit to publish."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import audit
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from clout.errors import InvalidInput, run_main
from clout.lake.partitions import Lake
from clout.lake.staging import AUDITED, content_hash
from clout.quality import suites
from clout.warehouse.contract import release
from staged_run import DAY, good, stage, write_activity

pytestmark = pytest.mark.quality


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    return tmp_path / "staging"


def test_good_run_gets_a_verdict_that_publish_accepts(lake: Lake, staging: Path) -> None:
    write_activity(lake, good())
    staged = stage(staging)
    verdict = audit.judge(lake, staged)
    assert verdict.passed
    assert [(check.severity, check.id) for check in verdict.failed] == [("info", "past_known")]
    written = staged.read_json("verdict.json")
    assert written == json.loads(verdict.to_json())
    assert written["content_hash"] == content_hash(staged.content())
    assert written["suites"] == suites.suite_hashes(AUDITED)
    assert len(written["checks"]) == sum(len(suites.load_suite(table).ids) for table in AUDITED)
    assert written["conservation"][0]["rows_in"] == 43
    audit.refuse_unless_passed(verdict)
    rows = staged.root.read(staged.table("data_quality")).to_pylist()
    found = {(row["suite"], row["check_id"]): row for row in rows}
    assert len(found) == len(rows) == len(written["checks"])
    assert found["metrics", "past_known"].items() >= {"severity": "info", "verdict": "failed", "scope": "table"}.items()
    unique = found["accounts", "key_unique"]
    assert (unique["verdict"], unique["rows"], unique["scope"]) == ("passed", 2, "ds, account_key")
    assert json.loads(unique["expected"])["type"] == "expect_compound_columns_to_be_unique"
    assert {row["gate"] for row in rows} == {None, "approve"}
    accepted = release(staged, "a reason")
    assert (accepted.model_version, accepted.code_version, accepted.warnings) == ("one", "0.1.0+test", 0)


def test_critical_failure_stops_with_65_and_writes_the_verdict(
    lake: Lake,
    staging: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tables = good()
    write_activity(lake, tables)
    tables["scores"] = tables["scores"].set_column(2, "score", pc.multiply(tables["scores"]["score"], 2.0))
    staged = stage(staging, tables=tables)
    line = ["audit.py", "--day", str(DAY), "--run", "r1", "--lake", lake.uri, "--staging", str(staging)]
    line += ["--reports", str(staging.parent / "reports")]
    monkeypatch.setattr(sys, "argv", line)
    with pytest.raises(SystemExit) as stopped:
        run_main(audit.main)
    assert stopped.value.code == 65
    assert "scores.score_on_the_scale" in capsys.readouterr().err
    written = staged.read_json("verdict.json")
    assert written is not None
    assert written["passed"] is False
    with pytest.raises(InvalidInput, match="did not pass"):
        release(staged)


def test_warnings_are_recorded_and_do_not_stop(lake: Lake, staging: Path) -> None:
    tables = good()
    write_activity(lake, tables)
    row = tables["conservation"].to_pylist()[0]
    changed = row | {"kept": row["kept"] - 10, "quarantined": 10}
    tables["conservation"] = pa.Table.from_pylist([changed], tables["conservation"].schema)
    staged = stage(staging, tables=tables)
    verdict = audit.judge(lake, staged)
    assert [(check.severity, check.id) for check in verdict.failed] == [
        ("warning", "mostly_readable"),
        ("info", "past_known"),
    ]
    audit.refuse_unless_passed(verdict)
    assert release(staged).warnings == 1


def test_missing_column_is_critical(lake: Lake, staging: Path) -> None:
    tables = good()
    write_activity(lake, tables)
    tables["conservation"] = tables["conservation"].drop_columns("quarantined")
    verdict = audit.judge(lake, stage(staging, tables=tables))
    assert not verdict.passed
    assert {"conserved", "mostly_readable"} <= {check.id for check in verdict.failed if check.crashed}


def test_failed_audit_leaves_no_older_verdict(lake: Lake, staging: Path) -> None:
    """The old verdict is gone before anything can go wrong: here, there is no activity."""
    staged = stage(staging)
    Path(staged.location, "verdict.json").write_text(
        "{cut sho"
    )  # as a full disk leaves it; must not stop the next audit
    with pytest.raises(InvalidInput, match=r"conform\.py"):
        audit.judge(lake, staged)
    assert staged.read_json("verdict.json") is None


def test_audit_judges_nothing_whose_past_nobody_looked_up(lake: Lake, staging: Path) -> None:
    write_activity(lake, good())
    staged = stage(staging)
    staged.root.remove(staged.table("past"))
    with pytest.raises(InvalidInput, match=r"baseline\.py --day 2026-03-14 --run r1"):
        audit.judge(lake, staged)


@pytest.mark.parametrize("missing", ["scores", "accounts", "conservation", "run.json"])
def test_incomplete_staging_is_refused(lake: Lake, staging: Path, missing: str) -> None:
    write_activity(lake, good())
    staged = stage(staging)
    if missing == "run.json":
        Path(staged.location, missing).unlink()
    else:
        staged.root.remove(staged.table(missing))
    with pytest.raises(InvalidInput, match=missing if missing == "run.json" else r"score\.py"):
        audit.judge(lake, staged)


def test_missing_suite_is_refused(lake: Lake, staging: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_activity(lake, good())
    monkeypatch.setattr(suites, "EXPECTATIONS", tmp_path)
    with pytest.raises(InvalidInput, match="unaudited"):
        audit.judge(lake, stage(staging))


def test_refusal_without_a_failed_check_is_still_a_refusal() -> None:
    """A check that is missing altogether leaves nothing to name."""
    with pytest.raises(InvalidInput, match="not every declared check"):
        audit.refuse_unless_passed(suites.Verdict(DAY, "r1", False, "", {}, [], {}))


# What is staged ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["part-1.csv", "ds=2026-03-14/part-0.parquet"])
def test_file_that_only_spark_would_read_is_refused(staging: Path, name: str) -> None:
    """Spark audits every file of the folder, folders in it too; publish copies what it lists: these must agree."""
    staged = stage(staging)
    extra = Path(staged.location, "scores", name)
    extra.parent.mkdir(exist_ok=True)
    pq.write_table(good()["scores"], extra)
    with pytest.raises(InvalidInput, match="does not belong"):
        staged.content()


@pytest.mark.parametrize("name", ["_part.parquet", ".part.parquet"])
def test_file_that_spark_does_not_read_is_not_published(staging: Path, name: str) -> None:
    staged = stage(staging)
    pq.write_table(good()["scores"], Path(staged.location, "scores", name))
    assert [file["name"] for file in staged.files("scores")] == ["part-0.parquet"]


def test_hash_counts_content_and_not_names(staging: Path) -> None:
    staged = stage(staging)
    before = content_hash(staged.content())
    with staged.root.replacing(staged.table("scores")) as aside:
        shutil.copy(Path(staged.location, "scores", "part-0.parquet"), Path(staged.root.root, aside, "part-7.parquet"))
    assert [file["name"] for file in staged.files("scores")] == ["part-7.parquet"]
    assert content_hash(staged.content()) == before
    other = content_hash(stage(staging, run="r2", label="two").content())
    assert other != before
