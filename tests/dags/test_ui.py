"""Shows that the servers of `make ui` answer nobody but who calls them by their own address, and came with the token.

CLOUT_UI=1 starts `make ui` itself, which takes a minute, and asks it over HTTP.
"""

from __future__ import annotations

import asyncio
import http.client
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "the-token-of-this-start"


def free_ports() -> int:
    """The first of two ports that nobody has."""
    for _ in range(50):
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise RuntimeError("no two ports in a row are free")


def from_plugins(name: str) -> ModuleType:
    """A file of .ci/plugins as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / "plugins" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def plugin(airflow_home: Path) -> ModuleType:
    """.ci/plugins/clout_guard.py as a module."""
    return from_plugins("clout_guard")


@pytest.fixture
def ask(plugin: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Asks the guard, with hosts, for a path; gives the status of the answer, 200 where Airflow answers."""
    (tmp_path / "ui-token").write_text(f"{TOKEN}\n")
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.setenv("AIRFLOW__API__PORT", "18080")

    async def airflow(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    def status(path: str, *hosts: str, query: str = "", kind: str = "http") -> int:
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": kind,
            "path": path,
            "query_string": query.encode(),
            "headers": [(b"host", host.encode()) for host in hosts],
            "method": "GET",
        }
        asyncio.run(plugin.Guard(airflow)(scope, None, send))
        return sent[0].get("status", sent[0].get("code"))

    return status


@pytest.mark.parametrize(
    "hosts",
    [
        ("evil.example",),
        ("evil.example:18080",),
        ("127.0.0.1",),
        ("127.0.0.1:18081",),
        ("127.0.0.1.evil.example:18080",),
        ("127.0.0.1:18080", "evil.example"),
        (),
    ],
)
def test_a_foreign_host_is_refused(ask: Any, hosts: tuple[str, ...]) -> None:
    assert ask("/api/v2/connections", *hosts) == 421
    assert ask("/clout-login", *hosts, query=f"token={TOKEN}") == 421
    assert ask("/ws", *hosts, kind="websocket") == 1008


def test_its_own_address_is_answered(ask: Any) -> None:
    assert ask("/api/v2/connections", "127.0.0.1:18080") == 200
    assert ask("/", "LOCALHOST:18080") == 200


def test_another_token_is_refused(ask: Any) -> None:
    for query in ("", "token=", "token=wrong", f"token={TOKEN}x", f"other={TOKEN}", "token=%ff%00"):
        assert ask("/clout-login", "127.0.0.1:18080", query=query) == 403


def test_the_plugin_is_one_of_airflows(plugin: ModuleType) -> None:
    [middleware] = plugin.CloutGuard.fastapi_root_middlewares
    assert middleware["middleware"] is plugin.Guard


@pytest.fixture(scope="module")
def days(airflow_home: Path) -> ModuleType:
    """.ci/plugins/clout_days.py as a module."""
    return from_plugins("clout_days")


@pytest.mark.parametrize(
    ("dag", "run_type", "conf", "logical", "day", "note"),
    [
        ("clout_nightly", "manual", {"day": None, "reason": "x"}, "2026-03-16", "2026-03-15", "Scores 2026-03-15"),
        ("clout_nightly", "manual", {"day": "2026-03-01"}, "2026-03-16", "2026-03-01", "Scores 2026-03-01"),
        ("clout_nightly", "manual", {}, None, "2026-03-15", "Scores 2026-03-15"),
        ("clout_nightly", "backfill", None, "2026-03-12", "2026-03-12", "Scores 2026-03-12"),
        ("clout_nightly", "scheduled", {}, "2026-03-15", "2026-03-15", "Scores 2026-03-15"),
        ("clout_purge", "scheduled", {}, "2026-03-15", "2026-03-15", "Retention as of 2026-03-15"),
    ],
)
def test_a_run_says_which_day_it_scores(days, tasks, dag, run_type, conf, logical, day, note) -> None:
    """As the DAG's own tasks take it; noted once, also where a run is started again."""
    at = datetime.fromisoformat(f"{logical}T00:00:00+00:00") if logical else None
    after = datetime(2026, 3, 16, 9, tzinfo=UTC)
    run = SimpleNamespace(
        dag_id=dag, run_type=run_type, conf=conf, logical_date=at, run_after=after, note="Somebody's own."
    )
    assert tasks.score_day(conf or {}, run, logical) == day
    for _ in range(2):
        days.Listener().on_dag_run_running(run, "started")
    assert run.conf == {**(conf or {}), "day": day}
    assert run.note == f"{note}. Somebody's own."


def test_a_run_of_another_dag_is_left_as_it_is(days) -> None:
    run = SimpleNamespace(dag_id="clout_erase", conf={"reason": "7"}, note=None)
    days.Listener().on_dag_run_running(run, "started")
    assert (run.conf, run.note) == ({"reason": "7"}, None)


def test_the_menu_leads_to_the_explorer_that_was_started(days, monkeypatch) -> None:
    monkeypatch.setenv("CLOUT_EXPLORE_URL", "http://127.0.0.1:8082/")
    assert [each["href"] for each in days.menu()] == ["http://127.0.0.1:8082/"]
    monkeypatch.delenv("CLOUT_EXPLORE_URL")
    assert days.menu() == []


@pytest.fixture
def reports(tmp_path: Path) -> Iterator[int]:
    """The port of a running server of reports."""
    (tmp_path / "index.html").write_text("docs")
    (tmp_path / "2026-03-14" / "r1").mkdir(parents=True)
    port = free_ports()
    command = [sys.executable, ROOT / ".ci" / "reports_server.py", str(port), str(tmp_path)]
    with subprocess.Popen(command) as server:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
        server.terminate()


def test_reports_are_shown_by_their_own_address_only(reports: int) -> None:
    def status(*hosts: str) -> int:
        asked = http.client.HTTPConnection("127.0.0.1", reports, timeout=10)
        asked.putrequest("GET", "/index.html", skip_host=True)
        for host in hosts:
            asked.putheader("Host", host)
        asked.endheaders()
        return asked.getresponse().status

    assert status(f"127.0.0.1:{reports}") == status(f"localhost:{reports}") == 200
    asked = http.client.HTTPConnection("127.0.0.1", reports, timeout=10)
    asked.request("GET", "/2026-03-14/")  # a folder without a page of its own
    answer = asked.getresponse()
    assert answer.status == 404
    assert b"r1" not in answer.read()
    for hosts in (
        ("evil.example",),
        (f"evil.example:{reports}",),
        ("127.0.0.1",),
        (),
        (f"localhost:{reports}", "evil"),
    ):
        assert status(*hosts) == 421


def test_a_taken_port_stops_make_ui_with_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            ["bash", ROOT / ".ci" / "ui"],
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CLOUT_HOME": str(tmp_path), "PORT": port},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert (
        done.stderr
        == f"clout: port {port} is taken (or not to be had); make ui PORT=... takes another, and the two after it\n"
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif("CLOUT_UI" not in os.environ, reason="set CLOUT_UI=1: it takes a minute and a half")
def test_make_ui_as_a_whole(tmp_path: Path) -> None:
    port = free_ports()
    sources = tmp_path / "sources.toml"
    sources.write_text(f'[[source]]\nname = "a"\nreader = "files"\npath = "{tmp_path}"\n')
    environment = {**os.environ, "CLOUT_HOME": str(tmp_path / "home"), "PORT": str(port), "CLOUT_SOURCES": str(sources)}
    command = ["bash", str(ROOT / ".ci" / "ui")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True) as ui:
        assert ui.stdout is not None
        try:
            for line in ui.stdout:
                if "clout-login?token=" in line:
                    break
            address = line.split()[-1]

            def status(path: str, cookie: str = "", host: str = "") -> tuple[int, str]:
                asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                asked.request("GET", path, headers={"Host": host or f"127.0.0.1:{port}", "Cookie": cookie})
                answer = asked.getresponse()
                return answer.status, (answer.getheader("Set-Cookie") or "").partition(";")[0]

            assert status("/api/v2/connections")[0] == 401
            assert status("/auth/token")[0] == 403
            entered, cookie = status(address.partition(str(port))[2])
            assert entered == 303
            assert status("/api/v2/connections", cookie)[0] == 200
            assert status("/api/v2/connections", cookie, "evil.example")[0] == 421
        finally:
            os.killpg(ui.pid, signal.SIGINT)
            rest = ui.stdout.read()
        assert rest == ""  # the address is the last line
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
