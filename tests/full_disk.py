"""Publishing on a disk that is nearly full: run by test_full_disk.py in a mount namespace of its own, as

    unshare -m python tests/full_disk.py KIND FOLDER FREE_KB,FREE_KB,...

KIND is a warehouse's, `lake`, or `unreserved`: duckdb without the room that it takes before. Mounts a small file system at
FOLDER/disk, and prints for each try a line of JSON: what was free in kB, whether the publication failed, and what was
then wrong; an empty text where nothing was lost.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from clout.lake.partitions import Lake
from clout.warehouse import contract
from clout.warehouse.backends.duckdb_backend import DuckDBWriter
from postgres_cluster import Cluster, running
from staged_run import DAY, NEXT
from warehouses import Place, now

#: In MB. PostgreSQL's own files take most of it.
DISK = {"duckdb": 16, "unreserved": 16, "iceberg": 16, "lake": 16, "postgres": 160}


@contextlib.contextmanager
def nearly_full(disk: Path, free_kb: int) -> Iterator[None]:
    """Fill the file system up to so many kB."""
    ballast = disk / "ballast"
    room = shutil.disk_usage(disk).free - (free_kb << 10)
    with ballast.open("wb") as stream:
        if room > 0:
            os.posix_fallocate(stream.fileno(), 0, room)
    try:
        yield
    finally:
        ballast.unlink()


class WarehouseOnDisk:
    """A warehouse with one published day, and a second one that is staged elsewhere."""

    def __init__(self, kind: str, folder: Path, disk: Path, cluster: Cluster | None) -> None:
        self.place = Place(kind, folder, cluster)
        self.place.root = disk / "warehouse"
        self.place.publish(DAY, "r1", "one")
        self.place.keep()
        self.staged = self.place.stage(NEXT, "r2", "two")

    def prepare(self) -> None:
        """As it was with its one day."""
        self.place.put_back()

    def work(self) -> None:
        """Publish the second day, as publish.py does."""
        warehouse = self.place.open()
        head = warehouse.head(NEXT)
        warehouse.publish(contract.release(self.staged), self.staged, now(), head)

    def wrong(self, is_done: bool) -> str:
        """What is lost."""
        shown, one = self.place.shown(), {DAY: "one"}
        if shown not in ([one | {NEXT: "two"}] if is_done else [one, one | {NEXT: "two"}]):
            return f"shows {shown}"
        log = [entry.version for entry in self.place.open().log()]
        if log not in ([[1, 2]] if is_done else [[1], [1, 2]]):
            return f"its log is {log}"
        if is_done:
            self.place.open().gc(1000, now())
        return f"orphans: {self.place.orphans()}" if is_done and self.place.orphans() else ""


class LakeOnDisk:
    """A partition of a lake that is written again with more rows."""

    def __init__(self, disk: Path) -> None:
        self.lake = Lake(disk / "lake")
        draw = np.random.default_rng(5)
        self.rows = [pa.table({"x": draw.random(count)}) for count in (10_000, 120_000)]

    def prepare(self) -> None:
        """As it was first written."""
        self.lake.write("features/x/ds=2026-03-14", self.rows[0])

    def work(self) -> None:
        """Write it again."""
        self.lake.write("features/x/ds=2026-03-14", self.rows[1])

    def wrong(self, is_done: bool) -> str:
        """What is lost."""
        found = self.lake.read("features/x/ds=2026-03-14")
        return "" if any(found.equals(rows) for rows in self.rows[is_done:]) else "the partition is another"


@contextlib.contextmanager
def at_work(kind: str, folder: Path, disk: Path) -> Iterator[Any]:
    """What is tried, and how its server is brought up again."""
    if kind == "unreserved":
        DuckDBWriter._reserve = lambda self, content: None  # type: ignore[method-assign]
        kind = "duckdb"
    if kind == "lake":
        yield LakeOnDisk(disk), lambda: None
    elif kind == "postgres":
        small = {"min_wal_size": "2MB", "max_wal_size": "8MB", "fsync": "on"}
        with running(folder, at=disk / "server", settings=small, options=["--wal-segsize=1"]) as cluster:
            yield WarehouseOnDisk(kind, folder, disk, cluster), lambda: revive(cluster)
    else:
        yield WarehouseOnDisk(kind, folder, disk, None), lambda: None


def revive(cluster: Cluster) -> None:
    """Wait for a server that fell for want of room; start it where it stays down."""
    for attempt in range(100):
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(cluster.address("postgres", "postgres")).close()
            return
        if attempt % 25 == 10:
            cluster.start()
        time.sleep(0.2)


def main(kind: str, folder: Path, sizes: list[int]) -> None:
    """Try every size."""
    warnings.simplefilter("ignore")
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK[kind]}m", "tmpfs", disk], check=True)
    if kind == "postgres":
        disk.chmod(0o755)
        for above in (folder, *folder.parents):
            above.chmod(above.stat().st_mode | 0o011)
    with at_work(kind, folder, disk) as (tried, up_again):
        for free in sizes:
            tried.prepare()
            failed, wrong = "", ""
            with nearly_full(disk, free):
                try:
                    tried.work()
                except Exception as error:
                    failed = f"{type(error).__name__}: {str(error)[:200]}"
                if kind != "postgres":  # whose server may be down until there is room
                    wrong = tried.wrong(is_done=False)
            up_again()
            try:
                wrong = wrong or tried.wrong(is_done=False)
                tried.work()
                wrong = wrong or tried.wrong(is_done=True)
            except Exception as error:
                wrong = wrong or f"afterwards: {type(error).__name__}: {str(error)[:300]}"
            print(json.dumps({"free": free, "failed": failed, "wrong": wrong}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), [int(each) for each in sys.argv[3].split(",")])
