"""A night on a real cluster: Spark standalone, a master and two workers; workers are killed, the bytes stay the same.

Only the ties are computed on the cluster here, with a worker killed in their middle. All stages, a worker killed in each, take
minutes: CLUSTER=1 make test ARGS=tests/test_cluster.py
"""

from __future__ import annotations

import gc
import hashlib
import os
import re
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import night_in_stages
import pytest
import spark_cluster
from clout.config.sources import read_sources
from clout.engine.queries import SQL
from clout.lake.partitions import Lake, window
from clout.lake.staging import TABLES, Staged
from clout.platforms.pull.puller import pull
from clout.score.evidence import TASKS
from clout.score.model import read_model
from pyarrow.fs import FileSelector
from s3_server import BUCKET, SECRET, serve
from sandbox.world import write
from spark_cluster import Cluster, cluster, connect_server

DAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day of the invented world."""
    return write(tmp_path_factory.mktemp("world"), [DAY])


def pulled(folder: Path | str, sources: Path) -> Lake:
    """A lake into which the day was pulled."""
    lake, model = Lake(f"{folder}/lake"), read_model(SQL / "models" / "v1.toml")
    for source in read_sources(sources).sources:
        pull(lake, source, window(DAY, model.stored_days), say=lambda line: None)
    return lake


def places(folder: Path | str, sources: Path) -> list[str]:
    return [f"--day={DAY}", f"--sources={sources}", f"--lake={folder}/lake", f"--staging={folder}/staging"]


class Killer:
    """Kills a worker in the middle of stages: once any has begun so many tasks of the stage. Then starts another."""

    def __init__(self, running: Cluster, stages: dict[str, int], seconds: float) -> None:
        self.running, self.stages, self.seconds = running, stages, seconds
        self.killed: dict[str, int] = {}

    def __call__(self) -> None:
        """Watch the driver's words until all is done."""
        until = time.monotonic() + self.seconds
        stage, before = "", {worker: 0 for worker in self.running.workers}
        while time.monotonic() < until:
            log = (self.running.folder / "driver.log").read_text(errors="replace")
            begun = re.findall(r"^stage (\w+) begins$", log, re.M)
            now = begun[-1] if begun else ""
            if now == "none" or "ShutdownHookManager" in log:
                return
            if now != stage:
                stage, before = now, {worker: worker.tasks() for worker in self.running.workers}
            elif before and stage in self.stages and stage not in self.killed:
                worker, tasks = max(
                    ((each, each.tasks() - old) for each, old in before.items()), key=lambda both: both[1]
                )
                if tasks >= self.stages[stage]:
                    self.killed[stage] = tasks
                    worker.kill()
                    self.running.workers.remove(worker)
                    # Beside this, since the next stage may be over before it is there.
                    threading.Thread(target=self.running.add_worker).start()
            time.sleep(0.02)


def lost(said: str) -> set[str]:
    """The stages in which the driver lost an executor."""
    found, stage = set(), ""
    for line in said.splitlines():
        if begins := re.match(r"stage (\w+) begins$", line):
            stage = begins[1]
        elif "Lost executor" in line:
            found.add(stage)
    return found


def ties(lake: Lake) -> dict[str, list[str]]:
    """The rows of what the ties keep, in one order."""
    return {name: sorted(map(str, lake.read(lake.features(name, DAY)).to_pylist())) for name in TASKS["ties"]}


def test_ties_on_a_cluster_survive_a_worker_killed_in_their_middle(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUT_BUCKETS", "4")
    here, there = tmp_path / "here", tmp_path / "there"
    lakes = [pulled(folder, sources) for folder in (here, there)]
    night_in_stages.main([*places(here, sources), "--until=ties"])
    (tmp_path / "cluster").mkdir()
    with cluster(tmp_path / "cluster") as running:
        killer = Killer(running, {"ties": 3}, seconds=240)
        said = running.submit([night_in_stages.__file__, *places(there, sources), "--until=ties"], killer)
    assert killer.killed.keys() == lost(said) == {"ties"}
    rows = [ties(lake) for lake in lakes]
    assert min(map(len, rows[0].values())) > 100
    assert rows[0] == rows[1]
    assert not list((there / "lake" / "_parts").iterdir()), "what tasks left is gone"


def test_buckets_of_a_lake_on_object_storage_give_the_ties_of_one_here(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUT_BUCKETS", "2")
    here = pulled(tmp_path, sources)
    night_in_stages.main([*places(tmp_path, sources), "--until=ties"])
    with serve(tmp_path, in_memory=True) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        there = pulled(f"s3://{BUCKET}", sources)
        night_in_stages.main([*places(f"s3://{BUCKET}", sources), "--until=ties"])
        rows = [ties(lake) for lake in (here, there)]
        gc.collect()  # files of tasks go while their storage is there
    assert min(map(len, rows[0].values())) > 100
    assert rows[0] == rows[1]


@pytest.mark.skipif("CLUSTER" not in os.environ, reason="takes many minutes; CLUSTER=1 runs it")
def test_a_night_on_a_cluster_gives_the_bytes_of_one_here_though_a_worker_is_killed_in_each_stage(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        pulled(folder, sources)
    night_in_stages.main(places(here, sources))
    (tmp_path / "cluster").mkdir()
    monkeypatch.setenv("CLOUT_BUCKETS", "4")
    with cluster(tmp_path / "cluster") as running:
        # Days are conformed, amplification computed and the run judged by the process that hands out.
        tasks = {"ties": 3, "graph": 8, "reach": 1, "network": 1, "score": 2}
        killer = Killer(running, tasks, seconds=1800)
        said = running.submit([night_in_stages.__file__, *places(there, sources)], killer)
    print(killer.killed)
    assert killer.killed.keys() == lost(said) == tasks.keys()
    hashes = [
        {table: _sha256(folder / "staging" / str(DAY) / "staged" / table / "part-0.parquet") for table in TABLES}
        for folder in (here, there)
    ]
    assert hashes[0] == hashes[1]


@pytest.mark.skipif("CLUSTER" not in os.environ, reason="installs packages; CLUSTER=1 runs it")
def test_workers_need_nothing_but_the_packed_python(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUT_BUCKETS", "2")
    made = subprocess.run(
        ["make", "-o", "setup", "cluster-package"],
        cwd=Path(__file__).resolve().parents[1],
        env={**os.environ, "CLOUT_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=True,
    )
    settings = dict(line.split(" ", 1) for line in made.stdout.splitlines() if line.startswith("spark."))
    lakes = [pulled(folder, sources) for folder in (tmp_path / "here", tmp_path / "there")]
    night_in_stages.main([*places(tmp_path / "here", sources), "--until=ties"])
    (tmp_path / "cluster").mkdir()
    monkeypatch.setitem(spark_cluster.ENVIRONMENT, "PYSPARK_PYTHON", "")  # the settings say which
    with cluster(tmp_path / "cluster") as running:
        running.submit([night_in_stages.__file__, *places(tmp_path / "there", sources), "--until=ties"], **settings)
    assert list((tmp_path / "cluster").glob("worker-*/app-*/*/environment/bin/python")), "the archive was unpacked"
    assert ties(lakes[0]) == ties(lakes[1])


@pytest.mark.skipif("CLUSTER" not in os.environ, reason="takes minutes; CLUSTER=1 runs it")
def test_a_night_through_spark_connect_gives_the_bytes_of_one_here(sources: Path, tmp_path: Path) -> None:
    for folder in ("here", "there"):
        pulled(tmp_path / folder, sources)
    night_in_stages.main(places(tmp_path / "here", sources))
    with connect_server(tmp_path) as address:
        environment = {**os.environ, "SPARK_REMOTE": address, "CLOUT_BUCKETS": "4"}
        command = [sys.executable, night_in_stages.__file__, *places(tmp_path / "there", sources)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1800, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        assert "Finished task" in (tmp_path / "connect.log").read_text(), "the server did the tasks"
    here, there = (
        [_sha256(tmp_path / folder / "staging" / str(DAY) / "staged" / table / "part-0.parquet") for table in TABLES]
        for folder in ("here", "there")
    )
    assert here == there


@pytest.mark.skipif("CLUSTER" not in os.environ, reason="takes minutes; CLUSTER=1 runs it")
def test_a_cluster_reads_and_writes_a_lake_on_object_storage(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUT_BUCKETS", "4")
    pulled(tmp_path / "here", sources)
    night_in_stages.main(places(tmp_path / "here", sources))
    for folder in ("s3", "cluster"):
        (tmp_path / folder).mkdir()
    with serve(tmp_path / "s3", in_memory=True) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)  # of the workers, too
        with cluster(tmp_path / "cluster") as running:
            lake = pulled(f"s3://{BUCKET}", sources)
            said = running.submit([night_in_stages.__file__, *places(f"s3://{BUCKET}", sources)])
        staging = Lake(f"s3://{BUCKET}/staging")
        staged = Staged(staging, DAY, "staged")
        for table in TABLES:
            file = f"{staging.root}/{staging.current(staged.table(table))}/part-0.parquet"
            with staging.fs.open_input_stream(file) as stream:
                there = hashlib.sha256(stream.read()).hexdigest()
            assert there == _sha256(tmp_path / "here" / "staging" / str(DAY) / "staged" / table / "part-0.parquet"), (
                table
            )
        assert not lake.fs.get_file_info(FileSelector(f"{lake.root}/_parts", recursive=True, allow_not_found=True))
    logs = [file for file in (tmp_path / "cluster").rglob("*") if file.is_file() and file.suffix != ".jar"]
    assert SECRET not in said
    assert not [file for file in logs if SECRET.encode() in file.read_bytes()]


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
