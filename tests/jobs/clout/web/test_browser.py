"""Shows the pages to a real browser: nothing is asked of other hosts, nothing is complained of, and the keyboard is enough.

Needs Chromium, and npm for axe-core; skips without. CLOUT_BROWSER=all opens all pages, wide and narrow, light and dark.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import tarfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from published_world import NAMED

websockets = pytest.importorskip("websockets")

FEW = ("/", f"/person/{NAMED}")
ALL = (
    *("/", "/movers", "/search?q=bo", f"/compare?p1={NAMED}&p2=murmur:p15", "/topic", "/night", "/model", "/glossary"),
    *(f"/me?account={NAMED}", "/sql/counted", "/docs", f"/person/{NAMED}", f"/audience/{NAMED}", f"/raise/{NAMED}"),
    *("/figure/leaderboard", "/nowhere"),
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
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    folder = tmp_path_factory.mktemp("chromium")
    quiet = ("background-networking", "component-update", "sync", "gpu")
    flags = ["--headless", "--no-sandbox", "--no-first-run", *(f"--disable-{each}" for each in quiet)]
    browser = subprocess.Popen(
        [program, *flags, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        said = folder / "DevToolsActivePort"
        for _ in range(600):
            if said.exists() and said.read_text().count("\n"):
                break
            time.sleep(0.1)
        else:
            pytest.skip("Chromium did not start")
        port = said.read_text().split("\n")[0]
        tabs = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
        yield next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
    finally:
        browser.terminate()
        browser.wait()


class Tab:
    """A tab of the browser, told what to do over its own protocol."""

    def __init__(self, socket: Any) -> None:
        self.socket, self.number = socket, 0
        self.events: list[dict[str, Any]] = []

    async def tell(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Tell the tab something; gives its answer."""
        self.number += 1
        await self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            said = json.loads(await asyncio.wait_for(self.socket.recv(), 120))
            if said.get("id") == self.number:
                return said.get("result", {})
            self.events.append(said)

    async def loaded(self) -> None:
        """Wait for the page that is being opened."""
        while not any(each["method"] == "Page.loadEventFired" for each in self.events):
            self.events.append(json.loads(await asyncio.wait_for(self.socket.recv(), 120)))

    async def open(self, address: str) -> None:
        """Open a page."""
        self.events.clear()
        await self.tell("Page.navigate", url=address)
        await self.loaded()

    async def value(self, script: str) -> Any:
        """What a script of ours gives."""
        said = await self.tell("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        return said["result"].get("value")

    async def press(self, key: str) -> None:
        """Press a key."""
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            await self.tell("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    async def follow(self, part: str) -> str:
        """Go by Tab to the link that holds a part of an address, and follow it by Enter. Gives where that led."""
        for _ in range(200):
            await self.press("Tab")
            if part in (await self.value("document.activeElement.href || ''")):
                self.events.clear()
                await self.press("Enter")
                await self.loaded()
                return await self.value("location.pathname")
        raise AssertionError(f"no Tab leads to {part}")

    def asked(self) -> list[str]:
        """The addresses that the page has asked for."""
        return [
            each["params"]["request"]["url"] for each in self.events if each["method"] == "Network.requestWillBeSent"
        ]

    def complaints(self) -> list[str]:
        """What the browser's console says."""
        kinds = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
        return [str(each["params"]) for each in self.events if each["method"] in kinds]


def in_browser(address: str, work: Callable[[Tab], Awaitable[None]]) -> None:
    """Do something in the browser's tab."""

    async def run() -> None:
        async with websockets.connect(address, max_size=None) as socket:
            tab = Tab(socket)
            for domain in ("Page", "Network", "Runtime", "Log"):
                await tab.tell(f"{domain}.enable")
            await work(tab)

    asyncio.run(run())


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
                await tab.tell(
                    "Emulation.setDeviceMetricsOverride",
                    width=width,
                    height=900,
                    deviceScaleFactor=1,
                    mobile=width < 500,
                )
                features = [{"name": "prefers-color-scheme", "value": scheme}]
                await tab.tell("Emulation.setEmulatedMedia", features=features)
                await tab.open(base + path)
                assert [each for each in tab.asked() if not each.startswith((base, "data:"))] == [], where
                assert [each for each in tab.complaints() if path != "/nowhere"] == [], where
                assert await tab.value("document.documentElement.scrollWidth <= innerWidth"), where
                assert await tab.value("[...document.images].every(each => each.naturalWidth)"), where
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
