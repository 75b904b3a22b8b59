"""The invented world, published once, and a browser without a network for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import published_world
import pytest
import uvicorn
from clout.warehouse.factory import open_warehouse
from clout.web.app import create_app
from starlette.testclient import TestClient


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the published world. Read only: tests that publish make their own."""
    folder = tmp_path_factory.mktemp("world")
    published_world.publish(folder)
    return folder


@pytest.fixture(scope="session")
def client(world: Path) -> TestClient:
    """Asks the service over the world."""
    return TestClient(create_app(open_warehouse(str(world / "warehouse"))), raise_server_exceptions=False)


@pytest.fixture(scope="module")
def port(world: Path) -> Iterator[int]:
    """The service on a port of this machine, behind nothing."""
    app = create_app(open_warehouse(str(world / "warehouse")))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()
