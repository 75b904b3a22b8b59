"""Shows the pages to a real browser: nothing is asked of other hosts, nothing is complained of, and the keyboard is enough.

Needs Chromium, and npm for axe-core; skips without. CLOUT_BROWSER=all opens all pages, wide and narrow, light and dark;
CLOUT_SHOTS=FOLDER keeps a picture of each.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import browser
import pytest
from browser import Tab, in_browser
from published_world import NAMED

FEW = ("/", f"/person/{NAMED}")
ALL = (
    *(
        "/",
        "/movers",
        "/search?q=bo",
        f"/compare?p1={NAMED}&p2=murmur:p15",
        "/topic",
        "/brand",
        "/night",
        "/model",
        "/glossary",
    ),
    *(
        f"/me?account={NAMED}",
        "/sql/capped_audience",
        "/docs",
        f"/person/{NAMED}",
        f"/audience/{NAMED}",
        f"/raise/{NAMED}",
    ),
    *("/figure/leaderboard", "/nowhere", "/tables"),
)
IS_ALL = os.environ.get("CLOUT_BROWSER") == "all"
LOOKS = [(width, scheme) for width in (390, 1280) for scheme in ("light", "dark")] if IS_ALL else [(390, "dark")]


@pytest.fixture(scope="module")
def base(port: int) -> str:
    """Where the service is."""
    return f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address by which a browser without a window is told what to do."""
    if browser.program() is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with browser.started(tmp_path_factory.mktemp("chromium")) as address:
        yield address


def axe(folder: Path) -> str:
    """The text of axe-core; skips where npm cannot fetch it."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not here")
    try:
        done = subprocess.run(
            ["npm", "pack", "--silent", "axe-core@4.14.1"], cwd=folder, capture_output=True, timeout=60, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("the registry of npm does not answer")
    if done.returncode:
        pytest.skip("the registry of npm is not reachable")
    with tarfile.open(next(folder.glob("axe-core-*.tgz"))) as archive:
        archive.extract("package/axe.min.js", folder, filter="data")
    return (folder / "package" / "axe.min.js").read_text()


def test_pages_pass_axe_and_ask_nobody_else(chromium: str, base: str, tmp_path: Path) -> None:
    script = axe(tmp_path)

    async def work(tab: Tab) -> None:
        for path in ALL if IS_ALL else FEW:
            for width, scheme in LOOKS:
                where = (path, width, scheme)
                await tab.sized(width)
                features = [{"name": "prefers-color-scheme", "value": scheme}]
                await tab.tell("Emulation.setEmulatedMedia", features=features)
                await tab.open(base + path)
                assert [each for each in tab.asked() if not each.startswith((base, "data:"))] == [], where
                assert [each for each in tab.complaints() if path != "/nowhere"] == [], where
                assert await tab.value("document.documentElement.scrollWidth <= innerWidth"), where
                assert await tab.value("[...document.images].every(each => each.naturalWidth)"), where
                if folder := os.environ.get("CLOUT_SHOTS"):
                    name = re.sub(r"\W+", "-", path).strip("-") or "leaderboard"
                    await tab.shot(Path(folder) / f"{name}-{width}-{scheme}.png", whole=True)
                await tab.value(f"{script};1")
                found = await tab.value("axe.run().then(r => r.violations.map(v => [v.id, v.nodes[0].html]))")
                assert found == [], where

    in_browser(chromium, work)


def test_keyboard_leads_from_the_board_to_a_person_to_why_and_to_compare(chromium: str, base: str) -> None:
    async def work(tab: Tab) -> None:
        await tab.tell("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
        await tab.open(base)
        assert (await tab.follow("/person/")).startswith("/person/")
        assert (await tab.follow("/figure/points?")).startswith("/figure/points")
        await tab.tell("Page.navigateToHistoryEntry", entryId=(await back(tab)))
        await asyncio.sleep(1)
        assert await tab.follow("/compare?p1=") == "/compare"
        assert "Name one more person" in await tab.value("document.body.innerText")

    async def back(tab: Tab) -> int:
        history = await tab.tell("Page.getNavigationHistory")
        return history["entries"][history["currentIndex"] - 1]["id"]

    in_browser(chromium, work)
