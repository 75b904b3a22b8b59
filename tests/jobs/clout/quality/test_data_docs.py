"""Data Docs say what was checked and what failed, in words and beside the night before, and show nobody's row."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import audit
import pytest
from clout.quality import check_pages, suites
from clout.quality.suites import Check, Verdict
from staged_run import DAY

pytestmark = pytest.mark.quality


def verdict() -> Verdict:
    """Of two suites: one check failed, one crashed, one never ran."""
    found = []
    for table in ("scores", "pulls"):
        for each in suites.load_suite(table).expectations:
            id, severity = each["meta"]["id"], each["severity"]
            observed = '{"element_count": 9, "unexpected_count": 7}'
            if "column_" not in each["type"]:
                observed = '{"observed_value": ["ds"]}' if id == "columns" else '{"observed_value": 7}'
            found.append(
                Check(
                    table,
                    id,
                    severity,
                    id not in ("types", "person_present", "key_unique", "ds_is_the_day"),
                    id == "not_blind",
                    f"Why {id}.",
                    observed,
                )
            )
    found = [check for check in found if check.id != "some_are_scored"]
    return Verdict(
        DAY, "r1", False, "", {}, found, {"scores": "", "pulls": "", "bounds.toml": ""}, waits_for=["pulls.<b>: x"]
    )


def test_every_suite_has_a_page_and_the_index_names_what_failed(tmp_path: Path) -> None:
    audit.document(verdict(), tmp_path)
    place = tmp_path / "2026-03-14" / "r1"
    assert {file.name for file in place.iterdir()} == {"index.html", "scores.html", "pulls.html", "checks.json"}
    index = (place / "index.html").read_text()
    assert '<a href="scores.html">scores.types</a>' in index
    assert "Why types." in index
    assert "did not pass" in index
    page = (place / "scores.html").read_text()
    assert "Expectation Validation Result" in page or "Data Docs" in page
    assert "did not run" in page
    assert '<a href="index.html">' in page
    for file in place.iterdir():  # nothing is fetched when somebody looks, neither code nor a picture
        text = file.read_text()
        assert "<script" not in text
        assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//|url\(|@import""", text)


def test_what_goes_wrong_with_them_stops_no_night(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    audit.document(verdict(), tmp_path / "file")
    assert "no Data Docs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "observed", "words"),
    [
        ("unexpected_rows_expectation", '{"observed_value": 0}', "0 rows break it"),
        ("expect_table_row_count_to_be_between", '{"observed_value": 12345}', "12,345 rows"),
        ("expect_column_mean_to_be_between", '{"observed_value": 12.34567}', "12.35"),
        (
            "x",
            '{"element_count": 1305, "missing_count": 720, "unexpected_count": 3}',
            "3 of 585 rows break it; 720 are empty",
        ),
        ("x", '{"observed_value": ["ds", "score"]}', "2 columns: ds, score"),
        ("x", '{"element_count": 9, "unexpec', '{"element_count": 9, "unexpec'),
        ("x", "ZeroDivisionError: <b>", "ZeroDivisionError: <b>"),
        ("x", '{"observed_value": null}', "None"),
    ],
)
def test_numbers_in_words(kind: str, observed: str, words: str) -> None:
    assert check_pages.numbers(kind, observed) == words


def test_a_check_stands_with_its_meaning_beside_the_night_before(tmp_path: Path) -> None:
    audit.document(replace(verdict(), day=DAY - timedelta(days=9), run="too-old"), tmp_path)
    audit.document(replace(verdict(), day=DAY - timedelta(days=1), run="wrong"), tmp_path)
    for check in (yesterday := verdict()).checks:
        check.observed = check.observed.replace("7}", "4}")
    audit.document(replace(yesterday, day=DAY - timedelta(days=1), run="r0", passed=True), tmp_path)
    os.utime(tmp_path / str(DAY - timedelta(days=1)) / "wrong" / check_pages.CHECKS, (0, 0))
    audit.document(replace(verdict(), day=DAY + timedelta(days=1), run="later"), tmp_path)
    audit.document(verdict(), tmp_path)
    page = (tmp_path / str(DAY) / "r1" / "scores.html").read_text()
    assert f"on {DAY - timedelta(days=1)}" in page
    [row] = [row for row in page.split("<tr>") if "scores.person_present" in row]
    for said in (
        "person present",
        "failed (critical)",
        "Why person_present.",
        "7 of 9 rows break it",
        "4 of 9 rows break it",
    ):
        assert said in row, row
    index = (tmp_path / str(DAY) / "r1" / "index.html").read_text()
    assert "person present" in index
    assert "pulls.&lt;b&gt;" in index
    listed = (tmp_path / "index.html").read_text()
    places = [listed.index(f">{DAY + timedelta(days=age)}<") for age in (1, 0, -1, -9)]
    assert places == sorted(places)
    assert f'href="{DAY}/r1/index.html"' in listed
    assert "night.html" not in listed
    (tmp_path / str(DAY) / "r1" / "night.html").write_text("")
    check_pages.write_list(tmp_path)
    assert f'href="{DAY}/r1/night.html"' in (tmp_path / "index.html").read_text()


def test_the_first_night_has_none_before_it(tmp_path: Path) -> None:
    audit.document(verdict(), tmp_path)
    assert "the night before" in (tmp_path / str(DAY) / "r1" / "scores.html").read_text()
    assert check_pages.before(tmp_path, DAY) == (None, {})
