"""Data Docs of one audit: a page a suite, its checks in words and as Great Expectations renders them, and an index.

They hold what was declared and how many rows broke it, never a row: whoever may see the night's log may see them. They load
nothing from anywhere: Great Expectations' own pages fetch scripts, styles and a logo from nine foreign hosts, and without these
they do not show which check failed.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clout.quality import bounds, check_pages
from clout.quality.suites import SEVERITIES, Check, Suite, Verdict

if TYPE_CHECKING:
    from great_expectations.render import RenderedDocumentContent


#: In the place of what the pages fetch: a mark for each status, lines between rows.
STYLE = """<style>
body{font-family:sans-serif;margin:2em} body>nav,.card,footer{display:none}
h1,h2,h3,h4,h5,h6{font-size:1.1em;margin:1em 0 .3em} td,th{padding:.2em .8em;text-align:left;vertical-align:top}
td{border-top:1px solid #ccc} .row{display:block} pre,code{white-space:pre-wrap}
.fas{white-space:nowrap}
.fa-check-circle::before{content:"\\2713  passed";color:#070;font-style:normal}
.fa-times::before{content:"\\2717  failed";color:#b00;font-style:normal}
.fa-exclamation-triangle::before{content:"! crashed";color:#b00;font-style:normal}
</style>"""


def write(folder: Path, verdict: Verdict, suites: list[Suite]) -> Path:
    """Write folder/<day>/<run>/index.html and a page beside it for each suite. Gives the index."""
    place = folder / verdict.day.isoformat() / verdict.run
    place.mkdir(parents=True, exist_ok=True)
    from great_expectations.render.view import DefaultJinjaPageView

    kind_of = check_pages.kinds(suites)
    earlier, past = check_pages.before(folder, verdict.day)
    check_pages.keep(place, verdict, kind_of)
    view = DefaultJinjaPageView()  # one for all pages: it compiles its templates, which takes longest
    for suite in suites:
        checks = {check.id: check for check in verdict.checks if check.table == suite.table}
        words = check_pages.table(verdict, suite.table, kind_of, earlier, past)
        page = self_contained(view.render(_page(verdict, suite, checks)), words)
        (place / f"{suite.table}.html").write_text(page, encoding="utf-8")
    index = place / "index.html"
    index.write_text(_index(verdict, kind_of, earlier, past), encoding="utf-8")
    check_pages.write_list(folder)
    return index


def self_contained(page: str, words: str = "") -> str:
    """A rendered page without scripts and without anything from another host; with a style of ours, and a way back.

    words: what stands above it, as HTML.
    """
    page = re.sub(
        r"<(script|style)\b.*?</\1>|<link\b[^>]*>|<img\b[^>]*>|<footer\b.*?</footer>", "", page, flags=re.DOTALL
    )
    page = re.sub(r'href="(?!#)[^"]*"', 'href="index.html"', page)
    page = page.replace("</head>", f"{STYLE}</head>", 1)
    first = f'<p><a href="index.html">All suites</a></p>{words}'
    return re.sub(r"<body[^>]*>", lambda found: found[0] + first, page, count=1)


def _page(verdict: Verdict, suite: Suite, checks: dict[str, Check]) -> RenderedDocumentContent:
    import great_expectations as gx
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    results = []
    for expectation in suite.expectations:
        check = checks.get(expectation["meta"]["id"])
        crash = check.observed if check and check.crashed else None if check else "did not run"
        declared = ExpectationConfiguration(
            type=expectation["type"],
            kwargs={**expectation["kwargs"], "batch_id": suite.table},
            meta={**expectation["meta"], "notes": f"{expectation['severity']}: {expectation['meta']['why']}"},
            severity=expectation["severity"],
        )
        results.append(
            ExpectationValidationResult(
                success=bool(check and check.passed),
                expectation_config=declared,
                result={} if crash or not check else _observed(check.observed),
                exception_info={
                    "raised_exception": crash is not None,
                    "exception_message": crash,
                    "exception_traceback": "",
                },
            )
        )
    passed = sum(bool(result.success) for result in results)
    found = ExpectationSuiteValidationResult(
        success=passed == len(results),
        results=results,
        suite_name=suite.table,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(results) - passed,
            "success_percent": 100 * passed / len(results),
        },
        meta={
            "run_id": {"run_name": verdict.run, "run_time": verdict.day.isoformat()},
            "batch_kwargs": {},
            "active_batch_definition": {},
            "great_expectations_version": gx.__version__,
        },
    )
    return ValidationResultsPageRenderer(run_info_at_end=True).render(found)


def _observed(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:  # cut short
        return {"observed_value": text}
    if not isinstance(found, dict):
        return {"observed_value": found}
    if "unexpected_count" in found:  # the page wants the share, which no check records
        found["unexpected_percent"] = 100 * found["unexpected_count"] / max(found.get("element_count") or 0, 1)
    return found


def _index(
    verdict: Verdict,
    kind_of: Mapping[tuple[str, str], str],
    earlier: date | None,
    past: Mapping[str, Mapping[str, Any]],
) -> str:
    def row(*cells: object) -> str:
        return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"

    failed = []
    for check in verdict.failed:
        key = f"{check.table}.{check.id}"
        then = past.get(key)
        failed.append(
            row(
                check.severity,
                f'{html.escape(check_pages.name(check.id))}<br><a href="{check.table}.html">{html.escape(key)}</a>',
                html.escape(check.why),
                html.escape(check_pages.numbers(kind_of.get((check.table, check.id), ""), check.observed)),
                html.escape("new" if then is None else then["saw"] + ("" if then["passed"] else ", failed")),
            )
        )
    lines = []
    for table in (name for name in verdict.suites if name != bounds.FILE):
        of_suite = [check for check in verdict.checks if check.table == table]
        counts = [sum(not check.passed and check.severity == each for check in of_suite) for each in SEVERITIES[::-1]]
        lines.append(row(f'<a href="{table}.html">{table}</a>', len(of_suite), *counts))
    outcome = "passed" if verdict.passed else "did not pass: nothing is published"
    waits = f"<p>Waits for a person: {html.escape(', '.join(verdict.waits_for))}</p>" if verdict.waits_for else ""
    title = html.escape(f"Audit of {verdict.day}, run {verdict.run}")
    beside = f"on {earlier}" if earlier else "the night before"
    return (
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{title}</title>{check_pages.STYLE}'
        f'<p><a href="../../index.html">All nights</a></p><h1>{title}</h1><p>{outcome}; {len(verdict.checks)} checks,'
        f" {len(verdict.failed)} failed.</p>{waits}"
        f"<table><tr><th>severity<th>check<th>what it means<th>seen<th>{beside}</tr>{''.join(failed)}</table>"
        "<h2>Suites</h2><table><tr><th>suite<th>checks<th>critical<th>warnings<th>info</tr>"
        f"{''.join(lines)}</table></html>\n"
    )
