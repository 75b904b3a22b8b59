"""A PostgreSQL cluster for tests: in a folder of its own, on a free port of loopback, gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

ROLES = Path(__file__).resolve().parents[1] / "sql" / "warehouse" / "postgres" / "roles.sql"


def binaries() -> Path | None:
    """The newest PostgreSQL's programs, where Debian or PATH has them; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found and (on_path := shutil.which("initdb")):
        found = [Path(on_path)]
    return found[-1].parent if found else None


class Cluster:
    """A running server. Each database is made with the roles of the project."""

    def __init__(self, port: int, start: Callable[[], None]) -> None:
        self.port, self.made, self.start = port, 0, start

    def address(self, database: str, role: str = "clout_publisher") -> str:
        """The postgresql:// address of a database for a role."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        """A new database with the roles set up; gives its name."""
        self.made += 1
        name = f"clout{self.made}"
        with psycopg.connect(self.address("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        with psycopg.connect(self.address(name, "postgres"), autocommit=True) as connection:
            connection.execute(ROLES.read_text())
            connection.execute("CALL writing.make_analyst('ana')")
            connection.execute("CALL writing.make_care('cleo')")
        return name


@contextmanager
def running(
    folder: Path, at: Path | None = None, settings: Mapping[str, object] | None = None, options: Sequence[str] = ()
) -> Iterator[Cluster]:
    """Start a server and stop it. PostgreSQL refuses to run as root; there it runs as another user.

    at: where its files are to be, else in `folder` or, for root, in /tmp. options: of initdb.
    """
    programs = binaries()
    assert programs is not None
    user: list[str] = []
    if os.geteuid() == 0:
        name = "postgres" if subprocess.run(["id", "postgres"], capture_output=True).returncode == 0 else "nobody"
        user = ["runuser", "-u", name, "--"]
        # pytest's folders are open to their owner only.
        folder = at or Path("/tmp") / f"clout-postgres-{os.getpid()}"
        folder.mkdir(mode=0o700)
        shutil.chown(folder, name)
    data, port = folder / "data", _free_port()
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": folder,
        # It lives as long as the tests: nothing needs to survive a power cut.
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        **(settings or {}),
    }
    words = " ".join(f"-c {key}={value}" for key, value in settings.items())

    def start() -> None:
        _run([*user, programs / "pg_ctl", "-D", data, "-o", words, "-l", folder / "log", "-w", "start"], folder)

    try:
        _run(
            [*user, programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", *options],
            folder,
        )
        start()
        try:
            yield Cluster(port, start)
        finally:
            _run([*user, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[object], folder: Path) -> None:
    done = (
        subprocess.run(
            [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder, timeout=120
        )
        if "start" not in command
        else subprocess.run(
            [str(word) for word in command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            timeout=120,
        )
    )
    assert done.returncode == 0, done.stdout


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
