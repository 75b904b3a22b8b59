"""The three warehouses for tests: made empty, put back as they were, read by a plain client, and driven by a process that dies.

Staged runs bear a label in every table (staged_run.good), so that a reader can tell which run each table shows.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import signal
import sqlite3
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from clout.lake.staging import Staged
from clout.warehouse import contract, failpoints
from clout.warehouse.factory import open_warehouse
from postgres_cluster import Cluster
from pyiceberg.table import StaticTable
from staged_run import approve, stage

BACKENDS = ("duckdb", "postgres", "iceberg")

#: One statement, so one moment: every table's rows of every day, by the label that they bear.
SEEN = """
SELECT ds, 'scores' AS source, model_version AS label, count(*) AS n FROM clout.scores GROUP BY ds, model_version
UNION ALL
SELECT ds, 'accounts', split_part(display_name, ' ', 2), count(*) FROM clout.accounts
GROUP BY ds, split_part(display_name, ' ', 2)
UNION ALL
SELECT ds, 'pulls', split_part(reason, ' ', 2), count(*) FROM meta.pulls WHERE reason IS NOT NULL
GROUP BY ds, split_part(reason, ' ', 2)
UNION ALL
SELECT ds, 'conservation', CAST(duplicate AS VARCHAR), count(*) FROM meta.conservation GROUP BY ds, duplicate
"""
ROWS = {"scores": 2, "accounts": 2, "pulls": 1, "conservation": 1}
TABLES = ("clout.scores", "clout.accounts", "meta.pulls", "meta.conservation")


class Place:
    """Where a warehouse of one kind is, and what a plain client sees there."""

    def __init__(self, kind: str, folder: Path, cluster: Cluster | None = None) -> None:
        self.kind, self.folder, self.cluster = kind, folder, cluster
        self.root, self.staging = folder / "warehouse", folder / "staging"
        self.database = cluster.database() if cluster else ""
        self.kept = ""

    @property
    def address(self) -> str:
        """What CLOUT_WAREHOUSE would be."""
        if self.cluster:
            return self.cluster.address(self.database)
        return f"iceberg:{self.root}" if self.kind == "iceberg" else str(self.root)

    def open(self) -> contract.Warehouse:
        """The backend."""
        return open_warehouse(self.address)

    def stage(self, day: date, run: str, label: str) -> Staged:
        """An audited run. It is staged later than all before it."""
        return approve(stage(self.staging, day, run, label))

    def publish(self, day: date, run: str, label: str) -> contract.Version:
        """Stage and publish."""
        staged = self.stage(day, run, label)
        return self.open().publish(contract.release(staged), staged, now())

    def keep(self) -> None:
        """Remember the warehouse as it is."""
        if self.cluster:
            self.kept = f"{self.database}_kept"
            self._copy_database(self.database, self.kept)
        else:
            shutil.rmtree(self.folder / "kept", ignore_errors=True)
            shutil.copytree(self.root, self.folder / "kept")

    def put_back(self) -> None:
        """Put the warehouse back as it was remembered."""
        if self.cluster:
            self._copy_database(self.kept, self.database)
        else:
            shutil.rmtree(self.root)
            shutil.copytree(self.folder / "kept", self.root)

    def shown(self) -> dict[date, str]:
        """The run that each day shows, by its label; with " erased" where chirp:bo was taken out of it.

        Fails on a day of two runs, and on lost and doubled rows.
        """
        days: dict[date, dict[str, tuple[str, int]]] = {}
        for day, source, label, count in self._seen():
            assert source not in days.setdefault(day, {}), f"{day}: {source} shows two runs"
            days[day][source] = (label, count)
        shown = {}
        for day, sources in sorted(days.items()):
            label = sources["scores"][0]
            expected = {source: (label, count) for source, count in ROWS.items()}
            expected["conservation"] = (str(len(label)), 1)
            erased = expected | {"scores": (label, 1), "accounts": (label, 1)}
            assert sources in (expected, erased), day
            shown[day] = label if sources == expected else f"{label} erased"
        return shown

    def orphans(self) -> list[str]:
        """Content that no version owns, and what a crash left beside it."""
        warehouse = self.open()
        owned = {row["file"] for row in warehouse.read("meta.published_files").to_pylist()}
        if self.cluster:
            with psycopg.connect(self.address) as connection:
                found = connection.execute(
                    "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('history', 'staging')"
                )
                return sorted({name for (name,) in found} ^ owned)
        files = {str(file.relative_to(self.root)) for file in self.root.rglob("*") if file.is_file()}
        data = {file for file in files if file.startswith("data/")}
        return sorted(data ^ owned | {file for file in files if Path(file).name.startswith(".tmp")})

    def _seen(self) -> list[tuple]:
        if self.cluster:
            with psycopg.connect(self.cluster.address(self.database, "ana")) as connection:
                if connection.execute("SELECT to_regclass('clout.scores')").fetchone() == (None,):
                    return []
                return connection.execute(SEEN).fetchall()
        if self.kind == "duckdb":
            if not (self.root / "warehouse.duckdb").exists():
                return []
            with duckdb.connect() as connection:
                connection.execute(f"ATTACH '{self.root}/warehouse.duckdb' AS published (READ_ONLY); USE published")
                return connection.sql(SEEN).fetchall()
        return self._seen_in_heads()

    def _seen_in_heads(self) -> list[tuple]:
        """All heads of the Iceberg catalogue at one moment, read without the project's code."""
        if not (self.root / "catalog.sqlite").exists():
            return []
        with sqlite3.connect(f"file:{self.root}/catalog.sqlite?mode=ro", uri=True, timeout=60) as catalog:
            made = catalog.execute("SELECT count(*) FROM sqlite_master WHERE name = 'iceberg_tables'").fetchone()
            names = "SELECT table_namespace || '.' || table_name, metadata_location FROM iceberg_tables"
            heads = dict(catalog.execute(names)) if made == (1,) else {}
        catalog.close()
        if "clout.scores" not in heads:
            return []
        with duckdb.connect() as connection:
            connection.execute("CREATE SCHEMA clout; CREATE SCHEMA meta")
            for name in TABLES:
                connection.register("rows", StaticTable.from_metadata(heads[name]).scan().to_arrow())
                connection.execute(f"CREATE TABLE {name} AS FROM rows")
            return connection.sql(SEEN).fetchall()

    def _copy_database(self, source: str, target: str) -> None:
        assert self.cluster
        with psycopg.connect(self.cluster.address("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                [source],
            )
            connection.execute(f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY FILE_COPY")
            connection.execute(f"REVOKE ALL ON DATABASE {target} FROM PUBLIC")
            connection.execute(f"GRANT CONNECT, CREATE ON DATABASE {target} TO clout_publisher")
            connection.execute(f"GRANT CONNECT ON DATABASE {target} TO clout_analyst")


class Watch(threading.Thread):
    """A plain client that looks again and again and notes every distinct state; Place.shown fails on a torn one."""

    def __init__(self, place: Place, forgives: tuple[type[BaseException], ...] = ()) -> None:
        super().__init__()
        self.place, self.forgives = place, forgives
        self.seen: list[dict[date, str]] = []
        self.looks = 0
        self.error: BaseException | None = None
        self.is_done = threading.Event()

    def run(self) -> None:
        """Look until it is done."""
        try:
            while not self.is_done.is_set():
                began = time.monotonic()
                try:
                    shown = self.place.shown()
                except self.forgives:
                    continue
                self.looks += 1
                if shown not in self.seen:
                    self.seen.append(shown)
                time.sleep(max(0.01, time.monotonic() - began))  # leaves the machine to the writer as long as it took
        except BaseException as error:
            self.error = error

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_done.set()
        self.join()
        if self.error:
            raise self.error


class Fault(Exception):
    """What a step raises where a test put an exception on it."""


def now() -> datetime:
    """The clock that the jobs read."""
    return datetime.now(UTC)


def recorded(work: Callable[[], Any]) -> list[str]:
    """The steps that `work` takes, in order."""
    names: list[str] = []
    with at_steps(names.append):
        work()
    return names


@contextmanager
def at_steps(happen: Callable[[str], None]) -> Iterator[None]:
    """Let something happen at every step."""
    before, failpoints.at_step = failpoints.at_step, happen
    try:
        yield
    finally:
        failpoints.at_step = before


def fault_at(index: int, fault: str, on_server: bool) -> Callable[[str], None]:
    """What happens at the step of that number: a kill, an exception, or from then on a disk without space."""
    count = [0]

    def happen(name: str) -> None:
        count[0] += 1
        if count[0] != index + 1:
            return
        if fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if fault == "exception":
            raise Fault(name)
        if on_server:  # whose disk is full says so in its own words
            raise psycopg.errors.DiskFull("No space left on device")
        # No file of this process can grow any more.
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    return happen


def do(address: str, action: str, staging: Path, day: date, run: str) -> contract.Version | contract.Collected | int:
    """One of the things that a writer does, as an operator would start it."""
    warehouse = open_warehouse(address)
    if action == "publish":
        from clout.lake.partitions import Lake

        staged = Staged(Lake(staging), day, run)
        return warehouse.publish(contract.release(staged), staged, now())
    if action == "rollback":
        return warehouse.rollback(day, None, "a test", now())
    if action == "gc":
        return warehouse.gc(0, now())
    assert action == "erase"
    return warehouse.erase(frozenset(["chirp:bo"]), now())


def _die_at(index: int, fault: str, arguments: tuple) -> None:
    """Runs in a process of its own: exits with 3 where the work failed."""
    warnings.simplefilter("ignore")
    failpoints.at_step = fault_at(index, fault, on_server=arguments[0].startswith("postgresql"))
    try:
        do(*arguments)
    except BaseException:
        os._exit(3)
    os._exit(0)


#: Forks from a process that has everything imported and no threads.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["warehouses", "clout.warehouse.backends.duckdb_backend", "clout.warehouse.backends.iceberg_backend"]
)


def started(work: Callable[..., Any], *arguments: Any) -> Any:
    """A process that does the work."""
    # The server imports before it is told where modules are.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        forkserver.ensure_running()
    process = CONTEXT.Process(target=work, args=arguments)
    process.start()
    return process


def dying(index: int, fault: str, *arguments: Any) -> int:
    """Do something in a process of its own with a fault at a step; gives its exit status."""
    process = started(_die_at, index, fault, arguments)
    process.join(timeout=600)  # a busy machine is no fault
    assert process.exitcode is not None
    return process.exitcode
