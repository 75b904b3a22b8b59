"""Shows that a night's page stands alone, names only whom it may, and goes when somebody whom it names is erased."""

from __future__ import annotations

import re
from pathlib import Path

import erase
import publish
import pytest
from clout.privacy.erasure import Request
from clout.warehouse.factory import open_warehouse
from clout.web import night_page
from published_world import DAY, PSEUDONYM


@pytest.fixture(scope="module")
def reports(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of reports with the world's page."""
    folder = tmp_path_factory.mktemp("reports")
    assert publish.document(open_warehouse(str(world / "warehouse")), folder, DAY, "r1")
    return folder


def test_page_stands_alone(reports: Path) -> None:
    place = reports / str(DAY) / "r1"
    assert [file.name for file in place.iterdir()] == ["night.html"]
    page = (place / "night.html").read_text()
    assert "default-src 'none'" in page
    assert not re.search(r'(?:src|href)="(?!index\.html)', page)
    assert not re.search(r"<script|url\(|@import", page)
    assert PSEUDONYM not in page
    assert "did not agree to be named" in page


def test_page_has_what_is_asked_in_the_morning(reports: Path) -> None:
    page = (reports / str(DAY) / "r1" / "night.html").read_text()
    for said in (
        "Who moves people",
        "Rose since",
        "Fell since",
        "frozen scale",
        "Rows kept",
        "Where every row went",
        "Cost:",
    ):
        assert said in page
    assert "14 March 2026" in page
    assert "Not for hiring" in page


def test_page_that_cannot_be_written_stops_no_night(world: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / str(DAY)).write_text("in the way")
    assert publish.document(open_warehouse(str(world / "warehouse")), tmp_path, DAY, "r1") is None
    assert "no page of the night: " in capsys.readouterr().err


def test_erasure_takes_the_pages_that_name_somebody(world: Path, tmp_path: Path) -> None:
    warehouse = open_warehouse(str(world / "warehouse"))
    page = night_page.write(tmp_path, warehouse, DAY, "r1")
    listed = re.search(r'<small class="soft">(murmur:p\d+)</small>', page.read_text())
    assert listed
    nobody = Request(frozenset({"murmur:nobody-at-all"}), frozenset(), frozenset())
    assert erase._pages(tmp_path, nobody) == 0
    assert page.exists()
    somebody = Request(frozenset({listed.group(1)}), frozenset(), frozenset())
    assert erase._pages(tmp_path, somebody) == 1
    assert not page.exists()
