"""A browser without a window, told over its own protocol (DevTools) what to open, press and type: Chromium and websockets."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import websockets

#: Seconds that an answer of the browser may take on a busy machine.
SLOWEST = 120


def program() -> str | None:
    """The browser that is here, if any."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextlib.contextmanager
def started(folder: Path) -> Iterator[str]:
    """A browser with a profile of its own; gives the address by which its one tab is told what to do.

    Raises RuntimeError where there is none, or it does not start.
    """
    found = program()
    if found is None:
        raise RuntimeError("no Chromium here: apt-get install chromium")
    quiet = ("background-networking", "component-update", "sync", "gpu")
    flags = ["--headless", "--no-sandbox", "--no-first-run", *(f"--disable-{each}" for each in quiet)]
    browser = subprocess.Popen(
        [found, *flags, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"],
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
            raise RuntimeError("Chromium did not start")
        port = said.read_text().split("\n")[0]
        tabs = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
        yield next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
    finally:
        browser.terminate()
        browser.wait()


class Tab:
    """A tab of the browser."""

    def __init__(self, socket: Any) -> None:
        self.socket, self.number = socket, 0
        self.events: list[dict[str, Any]] = []

    async def tell(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Tell the tab something; gives its answer."""
        self.number += 1
        await self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            said = json.loads(await asyncio.wait_for(self.socket.recv(), SLOWEST))
            if said.get("id") == self.number:
                return said.get("result", {})
            self.events.append(said)

    async def loaded(self) -> None:
        """Wait for the page that is being opened."""
        while not any(each["method"] == "Page.loadEventFired" for each in self.events):
            self.events.append(json.loads(await asyncio.wait_for(self.socket.recv(), SLOWEST)))

    async def open(self, address: str) -> None:
        """Open a page."""
        self.events.clear()
        await self.tell("Page.navigate", url=address)
        await self.loaded()

    async def sized(self, width: int, height: int = 900) -> None:
        """Make the window as wide and high as that; a narrow one is a phone's."""
        await self.tell(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )

    async def value(self, script: str) -> Any:
        """What a script of ours gives."""
        said = await self.tell("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        return said.get("result", {}).get("value")

    async def until(self, script: str, seconds: float = SLOWEST) -> Any:
        """What a script gives once that is neither false nor empty. Raises AssertionError with what the page shows."""
        ends = time.monotonic() + seconds
        asked = f"(() => {{const v = {script}; return v instanceof Node ? true : v}})()"
        while not (found := await self.value(asked)):
            if time.monotonic() > ends:
                raise AssertionError(f"never: {script}\n{await self.value('document.body.innerText')}")
            await asyncio.sleep(0.3)
        return found

    async def press(self, key: str) -> None:
        """Press a key."""
        code = {"Tab": 9, "Enter": 13, "Escape": 27, "Backspace": 8}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            await self.tell("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    async def click(self, script: str) -> None:
        """Click, as a mouse does, in the middle of the element that a script gives, once it is there."""
        place = (
            f"(() => {{const e = {script}; if (!e || e.disabled) return null; e.scrollIntoView({{block: 'center'}});"
            " const r = e.getBoundingClientRect(); return r.width ? [r.x + r.width / 2, r.y + r.height / 2] : null})()"
        )
        x, y = await self.until(place)
        for kind in ("mousePressed", "mouseReleased"):
            await self.tell("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def write(self, script: str, text: str) -> None:
        """Type into the field that a script gives, over what stands there."""
        focus = "if (!e) return false; e.focus(); e.select && e.select(); return true"
        await self.until(f"(() => {{const e = {script}; {focus}}})()")
        await self.tell("Input.insertText", text=text)

    async def shot(self, file: Path, whole: bool = False) -> None:
        """Save what the tab shows as a PNG file; the whole page, or what fits into the window."""
        said = await self.tell("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(said["data"]))

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
