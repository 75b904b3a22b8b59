"""Audit: run the suites of expectations/ on the staged files and on the day's activity; write verdict.json beside them.

Exit status 65 when a check of severity critical failed, crashed or went missing: the run must not be published.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.dataset as pads
from clout import logs
from clout.config import arguments
from clout.errors import InvalidInput, run_main
from clout.lake.arrow import files_by_day
from clout.lake.partitions import Lake, required
from clout.lake.schemas import CONFORMED
from clout.lake.staging import AUDITED, RECORDED, TABLES, Staged, content_hash
from clout.quality.tables import DATA_QUALITY

if TYPE_CHECKING:
    from clout.quality.suites import Check, Suite, Verdict

LOG = logs.logger(__name__)


def arg_parser() -> argparse.ArgumentParser:
    return arguments.parser("audit", __doc__, "day", "run", "lake", "staging", "reports")


def main(argv: list[str]) -> None:
    """Judge the staged run; refuse with the failed checks where it must not be published."""
    args = arg_parser().parse_args(argv)
    lake = Lake(args.lake)
    with lake.together("audit"):
        verdict = judge(lake, Staged(Lake(args.staging), args.day, args.run))
    report(verdict)
    document(verdict, args.reports)
    refuse_unless_passed(verdict)


def document(verdict: Verdict, reports: Path) -> None:
    """Write the verdict's Data Docs. Whatever goes wrong with them is said, and stops nothing."""
    from clout.quality import bounds, data_docs, suites

    try:
        index = data_docs.write(
            reports, verdict, [suites.load_suite(table) for table in verdict.suites if table != bounds.FILE]
        )
        LOG.info(f"audit {verdict.day}: Data Docs: {index}")
    except Exception as error:
        LOG.warning(f"audit {verdict.day}: no Data Docs: {type(error).__name__}: {error}")


def report(verdict: Verdict) -> None:
    """Print every check that failed, and how many there were."""
    for check in verdict.failed:
        LOG.info(f"audit {verdict.day}: {check.severity}: {check.table}.{check.id}: {check.why} {check.observed}")
    LOG.info(f"audit {verdict.day}: {len(verdict.checks)} checks, {len(verdict.failed)} failed")
    for text in verdict.waits_for:
        LOG.info(f"audit {verdict.day}: waits for a person: {text}")


def refuse_unless_passed(verdict: Verdict) -> None:
    """Raise InvalidInput, naming the worst failed check, unless the verdict is a pass."""
    if not verdict.passed and not verdict.failed:
        raise InvalidInput(f"{verdict.day} is not published: not every declared check was evaluated")
    if not verdict.passed:
        worst = verdict.failed[0]
        raise InvalidInput(
            f"{verdict.day} is not published: {worst.table}.{worst.id} failed. {worst.why} {worst.observed}"
            f" ({len(verdict.failed)} checks failed; see verdict.json of run {verdict.run})"
        )


def judge(lake: Lake, staged: Staged) -> Verdict:
    """Run every suite and write the verdict beside the staged files, whatever it is."""
    from clout.lake import made_from
    from clout.quality import drift, gx_duckdb, suites

    day = staged.day
    staged.remove_verdict()
    for table in TABLES:
        required(staged.root, staged.table(table), f"run jobs/score.py --day {day} --run {staged.run} first")
    required(lake, lake.conformed("activity", day), f"run jobs/conform.py --day {day} first")
    required(lake, lake.features("hidden_topics", day), f"run jobs/conform.py --day {day} again")
    versions = staged.read_json("run.json")
    if versions is None:
        raise InvalidInput(f"{staged.location}/run.json is missing; score again")
    made_from.refuse_unless_unchanged(staged, versions, lake)
    # Before they are read: what is edited from here on is not what judged, and publish says so.
    judged_by = suites.suite_hashes(AUDITED)
    measured = drift.measured(staged, versions, lake)
    if changed := drift.changed(measured):
        LOG.info(f"audit {day}: since the newest published day before: {', '.join(changed)}")
    staged.root.write(staged.table("metrics"), measured)
    loaded = [suites.load_suite(table) for table in AUDITED]
    content = staged.content()
    counts = {table: sum(file["rows"] for file in files) for table, files in content.items()}
    counts["activity"] = lake.count(lake.conformed("activity", day))
    # Read again from the files, by their own schema: what is judged is what was written.
    read = {table: _rows(lake, staged, table) for table in (*AUDITED, "hidden_topics")}
    beside = {
        name: read[name] for name in ("scores", "topics", "person_topics", "consented", "pile_ons", "hidden_topics")
    }
    scored, people = (gx_duckdb.count_present(read["scores"], name) for name in ("score", "person_id"))
    parameters = {
        "days": [day],
        "persons": counts["scores"],
        "scored": scored,
        "listed": 40 * scored,  # twenty each way
        "thirty_each": 30 * counts["scores"],  # the days of a month
        # Ten topics with a tenth of all acts each, and five others; three posts of each of the ten.
        "topics_listed": 15 * people,
        "topic_posts": 30 * people,
        "lens_values": 8 * people,
    }
    checks = []
    for suite in loaded:
        checks += suites.check(suite, read[suite.table], parameters, beside)
    looked_at = counts | {"metrics": staged.files("metrics")[0]["rows"]}
    staged.root.write(staged.table("data_quality"), recorded(staged, loaded, checks, looked_at))
    verdict = suites.Verdict(
        day=day,
        run=staged.run,
        passed=suites.is_pass(loaded, checks),
        content_hash=content_hash(content),
        tables=content | staged.content(RECORDED),
        checks=checks,
        suites=judged_by | {suite.table: suite.sha256 for suite in loaded},
        conservation=staged.root.read(staged.table("conservation")).sort_by("platform").to_pylist(),
        versions=versions,
        waits_for=suites.waiting(loaded, checks),
    )
    staged.write_json("verdict.json", verdict.to_json())
    return verdict


def _rows(lake: Lake, staged: Staged, table: str) -> pads.Dataset:
    if table == "activity":
        return files_by_day(lake, lake.files([lake.conformed(table, staged.day)]), CONFORMED[table])
    folder, path = (
        (lake, lake.features(table, staged.day)) if table == "hidden_topics" else (staged.root, staged.table(table))
    )
    return pads.dataset(folder.files([path]), filesystem=folder.fs, format="parquet", partitioning=None)


def recorded(staged: Staged, suites: list[Suite], checks: list[Check], looked_at: dict[str, int]) -> pa.Table:
    """The checks as rows of meta.data_quality. `looked_at`: how many rows each suite judged."""
    declared = {
        (suite.table, expectation["meta"]["id"]): expectation for suite in suites for expectation in suite.expectations
    }
    rows = []
    for check in checks:
        expectation = declared[check.table, check.id]
        kwargs = expectation["kwargs"]
        rows.append(
            {
                "ds": staged.day,
                "run_id": staged.run,
                "suite": check.table,
                "check_id": check.id,
                "severity": check.severity,
                "verdict": "passed" if check.passed else "crashed" if check.crashed else "failed",
                "observed": check.observed,
                "expected": json.dumps({"type": expectation["type"], **kwargs}, sort_keys=True),
                "rows": looked_at[check.table],
                "scope": ", ".join(kwargs.get("column_list") or [kwargs.get("column", "table")]),
                "gate": expectation["meta"].get("gate"),
                "why": check.why,
            }
        )
    return pa.Table.from_pylist(rows, DATA_QUALITY)


if __name__ == "__main__":
    run_main(main)
