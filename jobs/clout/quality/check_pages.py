"""Checks in words: what Data Docs say first of each, beside the night before, and the first page, which lists the nights.

A night's checks stand in `checks.json` beside its pages: names, numbers and reasons, never a row.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from clout.quality.suites import Check, Suite, Verdict

#: The file of a night's checks, and its pages.
CHECKS, INDEX, NIGHT = "checks.json", "index.html", "night.html"
#: Of so many days the first page lists the runs.
LISTED = 400

STYLE = (
    "<style>body{font-family:sans-serif;margin:2em;max-width:75em}td,th{padding:.3em .8em;text-align:left;vertical-align:top}"
    "td{border-top:1px solid #ccc}.failed{color:#b00}.number{white-space:nowrap}</style>"
)


def numbers(kind: str, observed: str) -> str:
    """What a check saw, in words. kind: the expectation's type; observed: JSON as the check keeps it."""
    try:
        found = json.loads(observed)
    except ValueError:  # cut short, or no JSON: a crash
        return observed
    if not isinstance(found, dict):
        return str(found)
    if "unexpected_count" in found:
        judged = (found.get("element_count") or 0) - (found.get("missing_count") or 0)
        empty = f"; {found['missing_count']:,} are empty" if found.get("missing_count") else ""
        return f"{found['unexpected_count']:,} of {judged:,} rows break it{empty}"
    value = found.get("observed_value")
    if isinstance(value, list):
        return f"{len(value)} columns: {', '.join(map(str, value))}"
    if not isinstance(value, int | float):
        return str(value)
    said = f"{value:,.4g}" if isinstance(value, float) else f"{value:,}"
    if kind == "unexpected_rows_expectation":
        return f"{said} rows break it"
    return f"{said} rows" if "row_count" in kind else said


def name(id: str) -> str:
    """A check's id as words."""
    return id.replace("_", " ")


def kinds(suites: Iterable[Suite]) -> dict[tuple[str, str], str]:
    """The type of each declared check, by table and id."""
    return {(suite.table, each["meta"]["id"]): each["type"] for suite in suites for each in suite.expectations}


def keep(place: Path, verdict: Verdict, kind_of: Mapping[tuple[str, str], str]) -> None:
    """Write a night's checks beside its pages."""
    checks = {
        f"{check.table}.{check.id}": {
            "passed": check.passed,
            "severity": check.severity,
            "saw": numbers(kind_of.get((check.table, check.id), ""), check.observed),
        }
        for check in verdict.checks
    }
    said = {"day": str(verdict.day), "run": verdict.run, "passed": verdict.passed, "checks": checks}
    (place / CHECKS).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def before(folder: Path, day: date) -> tuple[date | None, dict[str, dict[str, Any]]]:
    """The nearest earlier day of which checks are kept, and those of its last run; None and nothing where there is none."""
    for earlier in sorted(_days(folder), reverse=True):
        if earlier >= day:
            continue
        files = sorted((folder / str(earlier)).glob(f"*/{CHECKS}"), key=lambda file: file.stat().st_mtime)
        if files:
            return earlier, json.loads(files[-1].read_text(encoding="utf-8"))["checks"]
    return None, {}


def table(
    verdict: Verdict,
    of: str,
    kind_of: Mapping[tuple[str, str], str],
    earlier: date | None,
    past: Mapping[str, Mapping[str, Any]],
) -> str:
    """A table's checks as HTML: name, meaning, what was seen, and what the night before saw; failed ones first."""
    declared = [id for table, id in kind_of if table == of]
    ran = {check.id: check for check in verdict.checks if check.table == of}
    rows = []
    for id in sorted(declared, key=lambda id: (id in ran and ran[id].passed, declared.index(id))):
        then = past.get(f"{of}.{id}")
        rows.append(row(of, id, ran.get(id), kind_of[of, id], then))
    head = ["check", "outcome", "what it means", "seen", f"on {earlier}" if earlier else "the night before"]
    cells = "".join(f'<th scope="col">{html.escape(each)}</th>' for each in head)
    return f"<h2>Checks of {html.escape(of)}</h2><table><tr>{cells}</tr>{''.join(rows)}</table>"


def row(of: str, id: str, check: Check | None, kind: str, then: Mapping[str, Any] | None) -> str:
    """A check as a row of HTML."""
    outcome = "did not run" if check is None else "crashed" if check.crashed else "passed" if check.passed else "failed"
    severity = f" ({check.severity})" if check and not check.passed else ""
    seen = numbers(kind, check.observed) if check else ""
    past = "new" if then is None else then["saw"] + ("" if then["passed"] else ", failed")
    cells = [
        f"<b>{html.escape(name(id))}</b><br><small>{html.escape(f'{of}.{id}')}</small>",
        f'<span class="{"" if outcome == "passed" else "failed"}">{outcome}{severity}</span>',
        html.escape(check.why if check else ""),
        html.escape(seen),
        html.escape(past),
    ]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def write_list(folder: Path) -> Path:
    """Write folder/index.html: the days that were judged, newest first, with each run's outcome and pages."""
    rows = []
    for day in sorted(_days(folder), reverse=True)[:LISTED]:
        files = sorted((folder / str(day)).glob(f"*/{CHECKS}"), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in files:
            said = json.loads(file.read_text(encoding="utf-8"))
            failed = [each for each in said["checks"].values() if not each["passed"]]
            outcome = "passed" if said["passed"] else '<span class="failed">did not pass: nothing was published</span>'
            where = html.escape(f"{day}/{file.parent.name}")
            pages = f'<a href="{where}/{INDEX}">audit</a>'
            if (file.parent / NIGHT).exists():
                pages += f', <a href="{where}/{NIGHT}">the night\'s page</a>'
            cells = [day, html.escape(said["run"]), outcome, f"{len(said['checks'])}, {len(failed)} failed", pages]
            rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = "".join(f'<th scope="col">{each}</th>' for each in ("day", "run", "audit", "checks", "pages"))
    page = (
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Nights of Clout</title>{STYLE}<h1>Nights</h1>'
        f"<p>Each night as it was judged, newest day first.</p><table><tr>{head}</tr>{''.join(rows)}</table></html>\n"
    )
    index = folder / INDEX
    aside = folder / f".{INDEX}.tmp"
    aside.write_text(page, encoding="utf-8")
    aside.replace(index)
    return index


def _days(folder: Path) -> list[date]:
    return [
        date.fromisoformat(each.name)
        for each in folder.iterdir()
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", each.name) and each.is_dir()
    ]
