"""Plays the operator in a browser: nights, a backfill, a purge, an alert, a yes and a no, and a second `make ui`.

CLOUT_UI=1 runs it, and CLOUT_SHOTS=FOLDER keeps pictures of what was seen: it starts `make ui` and ten nights, a quarter of
an hour. Needs Chromium.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import browser
import duckdb
import psutil
import pytest
from sandbox.world import write

ROOT = Path(__file__).resolve().parents[2]
BUTTON = "[...document.querySelectorAll('button')].find(b => b.innerText.trim() === {!r})"
#: Seconds that a night may take here, beside other work.
NIGHT = 900

pytestmark = [
    pytest.mark.skipif("CLOUT_UI" not in os.environ, reason="set CLOUT_UI=1: it takes a quarter of an hour"),
    pytest.mark.skipif(browser.program() is None, reason="no Chromium here"),
]


def flood(file: Path) -> None:
    """Have everybody whom somebody acted on act back three times: far more than on other days."""
    with gzip.open(file, "rt") as given:
        head, *rows = csv.reader(given)
    actor, target, kind = (head.index(name) for name in ("actor", "target", "kind"))
    out = [head]
    for row in rows:
        out.append(row)
        for word in ("like", "share", "reply"):
            back = list(row)
            back[actor], back[target], back[kind] = row[target], row[actor], word
            out.append(back)
    with gzip.open(file, "wt") as made:
        csv.writer(made).writerows(out)


class Ui:
    """A running `make ui`."""

    def __init__(self, home: Path, port: int, **more: str) -> None:
        self.home, self.port = home, port
        environment = {**os.environ, "CLOUT_HOME": str(home), "PORT": str(port), **more}
        environment.pop("PYTHONPATH", None)
        command = ["bash", str(ROOT / ".ci" / "ui")]
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if "clout-login?token=" in line:
                break
        self.address = self.said[-1].split()[-1]

    def listening(self) -> list[tuple[str, int]]:
        """Where it and all that it started listen: addresses and ports."""
        group = [each for each in psutil.process_iter() if os.getpgid(each.pid) == self.process.pid]
        found = []
        for each in {*group, *psutil.Process(self.process.pid).children(recursive=True)}:
            with_ports = each.net_connections(kind="inet")
            found += [tuple(one.laddr) for one in with_ports if one.status == psutil.CONN_LISTEN or not one.raddr]
        return sorted(set(found))

    def stop(self) -> None:
        """End it as Ctrl-C does, with all that it started: nothing of it is left."""
        parts = psutil.Process(self.process.pid).children(recursive=True)
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(120)
        assert not [part for part in parts if part.is_running() and part.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(scope="module")
def alerts() -> Iterator[tuple[str, list[str]]]:
    """An address that takes alerts, and the texts that came."""
    texts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            texts.append(json.loads(self.rfile.read(int(self.headers["content-length"])))["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *given: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", texts
    server.shutdown()


@pytest.fixture(scope="module")
def days() -> list[date]:
    """Eight days, of which the last is yesterday."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    return [yesterday - timedelta(days=age) for age in range(7, -1, -1)]


@pytest.fixture(scope="module")
def sources(days: list[date], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources file of a small world; of one of its days nothing is there."""
    file = write(tmp_path_factory.mktemp("world"), days, people=200)
    for each in file.parent.glob(f"*/*{days[5]}*"):
        each.unlink()
    return file


@pytest.fixture(scope="module")
def ui(sources: Path, alerts: tuple[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """`make ui` over the small world."""
    running = Ui(tmp_path_factory.mktemp("home"), 18380, CLOUT_SOURCES=str(sources), CLOUT_ALERT_URL=alerts[0])
    try:
        yield running
    finally:
        running.stop()


class Operator:
    """Somebody who sits before Airflow's pages."""

    def __init__(self, tab: browser.Tab, ui: Ui) -> None:
        self.tab, self.ui = tab, ui
        self.base = f"http://127.0.0.1:{ui.port}"
        self.number = 0

    async def look(self, what: str) -> None:
        """Keep a picture, where pictures are wanted."""
        if folder := os.environ.get("CLOUT_SHOTS"):
            self.number += 1
            await self.tab.shot(Path(folder) / f"operator-{self.number:02}-{what}.png")

    async def api(self, path: str) -> Any:
        """What Airflow's API says, to somebody who is in."""
        return await self.tab.value(f"fetch({'/api/v2' + path!r}).then(answer => answer.json())")

    async def form(self, dag: str) -> None:
        """Open a DAG's form."""
        await self.tab.open(f"{self.base}/dags/{dag}")
        await self.tab.click(BUTTON.format("Trigger"))
        await self.tab.until(
            "document.querySelector('[role=dialog] input[type=radio], [data-testid=trigger-dag-submit]')"
        )

    async def fill(self, name: str, value: str) -> None:
        """Fill a field of the form."""
        await self.tab.until(f"document.querySelector('#element_{name}')")
        await self.tab.value(
            f"(() => {{const e = document.querySelector('#element_{name}');"
            f"Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(e, {value!r});"
            "e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('blur', {bubbles: true}))})()"
        )

    async def trigger(self, dag: str, **fields: str) -> str:
        """Trigger a run by the form. Gives the run's id."""
        before = {run["dag_run_id"] for run in (await self.runs(dag))}
        await self.form(dag)
        for name, value in fields.items():
            await self.fill(name, value)
        await self.look(f"form-{dag}")
        await self.tab.click("document.querySelector('[data-testid=trigger-dag-submit]')")
        for _ in range(200):
            mine = [
                run for run in await self.runs(dag) if run["run_type"] == "manual" and run["dag_run_id"] not in before
            ]
            if mine:
                return mine[0]["dag_run_id"]
            await asyncio.sleep(0.5)
        raise AssertionError(await self.tab.value("document.body.innerText"))

    async def runs(self, dag: str) -> list[dict[str, Any]]:
        """All runs of a DAG."""
        return (await self.api(f"/dags/{dag}/dagRuns?limit=100"))["dag_runs"]

    async def ended(self, dag: str, run: str) -> dict[str, Any]:
        """A run when it has ended."""
        ends = time.monotonic() + NIGHT
        while time.monotonic() < ends:
            [found] = [each for each in await self.runs(dag) if each["dag_run_id"] == run]
            if found["state"] in ("success", "failed"):
                return found
            await asyncio.sleep(2)
        raise AssertionError(f"{run} has not ended")

    async def log(self, dag: str, run: str, task: str) -> str:
        """The text of a task's last log."""
        found = await self.api(f"/dags/{dag}/dagRuns/{run}/taskInstances/{task}")
        said = await self.api(
            f"/dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{found['try_number']}?full_content=true"
        )
        return json.dumps(said["content"])

    async def answer(self, day: date, choice: str) -> None:
        """Answer a waiting approval on its page."""
        await self.tab.open(f"{self.base}/required_actions")
        await self.tab.click(f"[...document.querySelectorAll('a')].find(a => a.innerText.includes('Publish {day}'))")
        await self.tab.until(BUTTON.format(choice))
        await self.look(f"asked-{choice}")
        await self.tab.click(BUTTON.format(choice))

    async def waiting(self, day: date) -> None:
        """Wait until the approval of a day is asked for."""
        for _ in range(NIGHT):
            asked = (await self.api("/dags/~/dagRuns/~/hitlDetails"))["hitl_details"]
            if any(str(day) in each["subject"] and not each["response_received"] for each in asked):
                return
            await asyncio.sleep(1)
        raise AssertionError(f"nobody is asked about {day}")


def shown(ui: Ui) -> dict[str, str | None]:
    """The published days, each with the reason of its last publication."""
    with duckdb.connect(str(ui.home / "warehouse" / "warehouse.duckdb"), read_only=True) as warehouse:
        return dict(warehouse.sql("SELECT ds::VARCHAR, reason FROM meta.publish_log ORDER BY version").fetchall())


def test_operator(ui: Ui, alerts: tuple[str, list[str]], sources: Path, days: list[date], tmp_path: Path) -> None:
    async def work(tab: browser.Tab) -> None:
        await tab.sized(1400, 1000)
        await tab.open(ui.address)
        here = Operator(tab, ui)
        await nothing_is_deleted(here)
        await nights(here, days)
        await a_future_day(here)
        await a_red_audit(here, alerts[1], days[5])
        for day, choice in ((days[6], "Approve"), (days[4], "Reject")):
            flood(sources.parent / "murmur" / f"interactions-{day}.csv.gz")
            run = await here.trigger("clout_nightly", day=str(day))
            await here.waiting(day)
            await here.answer(day, choice)
            assert (await here.ended("clout_nightly", run))["state"] == ("success" if choice == "Approve" else "failed")
            assert (str(day) in shown(ui)) is (choice == "Approve")
        await tab.open(f"{here.base}/dags/clout_nightly/runs")
        await tab.until("document.body.innerText.includes('backfill')")
        await here.look("runs")

    with browser.started(tmp_path / "profile") as address:
        browser.in_browser(address, work)


async def nothing_is_deleted(here: Operator) -> None:
    """A purge on a fresh install, unpaused by the form, is a dry run, and so is the scheduled one that unpausing starts."""
    kept = here.ui.home / "lake" / "raw" / "x" / "2020-01-01" / "page.jsonl"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}\n")
    run = await here.trigger("clout_purge")
    assert (await here.ended("clout_purge", run))["state"] == "success"
    for each in await here.runs("clout_purge"):
        assert (await here.ended("clout_purge", each["dag_run_id"]))["state"] == "success"
    assert kept.read_text() == "{}\n"
    said = await here.log("clout_purge", run, "purge")
    assert "dry run" in said or "would" in said, said


async def nights(here: Operator, days: list[date]) -> None:
    """An empty form scores yesterday, a day that day, a backfill its days, with its reason."""
    empty = await here.trigger("clout_nightly")
    done = await here.ended("clout_nightly", empty)
    assert (done["state"], done["conf"]["day"]) == ("success", str(days[-1]))
    assert f"Scores {days[-1]}" in done["note"]
    assert list(shown(here.ui)) == [str(days[-1])]
    day = await here.trigger("clout_nightly", day=str(days[3]), reason="one day")
    assert (await here.ended("clout_nightly", day))["state"] == "success"
    assert shown(here.ui)[str(days[3])] == "one day"
    await here.form("clout_nightly")
    await here.tab.click("document.querySelector('input[type=radio][value=backfill]').closest('label')")
    for place in (0, 1):
        await here.tab.click(f"document.querySelectorAll('[role=dialog] [data-testid=datetime-input]')[{place}]")
        field = "[...document.querySelectorAll('input[placeholder=\"YYYY/MM/DD\"]')].filter(e => e.offsetParent).at(-1)"
        await here.tab.write(field, f"{days[2]:%Y/%m/%d}")
        await here.tab.press("Enter")
        await here.tab.press("Escape")
    await here.fill("reason", "a late export")
    box = (
        "[...document.querySelectorAll('[role=dialog] label')].find(e => e.innerText.startsWith('Override parameters'))"
    )
    await here.tab.click(box)
    await here.look("backfill")
    await here.tab.click(BUTTON.format("Run Backfill"))
    for _ in range(200):
        if mine := [each for each in await here.runs("clout_nightly") if each["run_type"] == "backfill"]:
            break
        await asyncio.sleep(0.5)
    [run] = mine
    done = await here.ended("clout_nightly", run["dag_run_id"])
    assert (done["state"], done["conf"]["day"]) == ("success", str(days[2]))
    assert shown(here.ui)[str(days[2])] == "a late export"
    await here.tab.open(f"{here.base}/dags/clout_nightly/runs")
    await here.tab.until(f"document.body.innerText.includes({str(days[2])!r})")


async def a_future_day(here: Operator) -> None:
    """A day that is not over fails at the first task, which says so."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    run = await here.trigger("clout_nightly", day=str(tomorrow))
    assert (await here.ended("clout_nightly", run))["state"] == "failed"
    assert f"{tomorrow}: that day is not over" in await here.log("clout_nightly", run, "sources")


async def a_red_audit(here: Operator, alerts: list[str], day: date) -> None:
    """A night of which nothing is there is red; the alert says of which day, what still stands, and where to look."""
    run = await here.trigger("clout_nightly", day=str(day))
    assert (await here.ended("clout_nightly", run))["state"] == "failed"
    assert str(day) not in shown(here.ui)
    [text] = [each for each in alerts if "clout_nightly.audit" in each]
    assert f"of {day}" in text
    assert "is still shown" in text
    assert f"http://127.0.0.1:{here.ui.port + 1}/{day}/" in text
    assert "#runbook" in text
    await here.tab.open(re.findall(r"http://\S+index\.html", text)[0])
    await here.tab.until("document.body.innerText.includes('did not pass')")
    await here.look("data-docs")
    await here.tab.open(f"{here.base}/")


def test_nothing_listens_beyond_loopback_and_two_on_one_machine_work(ui: Ui, tmp_path: Path) -> None:
    assert {address for address, _ in ui.listening()} == {"127.0.0.1"}
    assert not {8793, 8794} & {port for _, port in ui.listening()}
    same = subprocess.run(
        ["bash", str(ROOT / ".ci" / "ui")],
        env={**os.environ, "CLOUT_HOME": str(tmp_path / "same"), "PORT": str(ui.port)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (same.returncode, same.stderr.count("\n")) == (2, 1)
    second = Ui(tmp_path / "second", ui.port + 10, CLOUT_SOURCES=os.devnull)
    try:
        assert second.address.startswith(f"http://127.0.0.1:{ui.port + 10}/")
        assert {address for address, _ in second.listening()} == {"127.0.0.1"}
    finally:
        second.stop()
