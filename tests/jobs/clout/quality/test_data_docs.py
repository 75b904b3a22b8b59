"""Data Docs say what was checked and what failed, and show nobody's row."""

from __future__ import annotations

import re
from pathlib import Path

import audit
import pytest
from clout.quality import suites
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
    assert {file.name for file in place.iterdir()} == {"index.html", "scores.html", "pulls.html"}
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
