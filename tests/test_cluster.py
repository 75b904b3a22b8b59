"""A night on a real cluster: Spark standalone, a master and two workers; workers are killed, the bytes stay the same.

Only conform runs on the cluster here, with a worker killed in its middle. All stages, a worker killed in each, take many
minutes: CLUSTER=1 make test ARGS=tests/test_cluster.py
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
import time
from datetime import date
from pathlib import Path

import night_in_stages
import pytest
from clout.config.sources import read_sources
from clout.engine.queries import SQL
from clout.lake.partitions import Lake, window
from clout.lake.schemas import CONFORMED
from clout.lake.staging import TABLES
from clout.platforms.pull.puller import pull
from clout.score.model import read_model
from maven import jars
from night_in_stages import STAGES
from s3_server import BUCKET, SECRET, serve
from sandbox.world import write
from spark_cluster import Cluster, cluster

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


def test_conform_on_a_cluster_survives_a_worker_killed_in_its_middle(sources: Path, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    lakes = [pulled(folder, sources) for folder in (here, there)]
    night_in_stages.main([*places(here, sources), "--until=conform"])
    (tmp_path / "cluster").mkdir()
    with cluster(tmp_path / "cluster") as running:
        killer = Killer(running, {"conform": 2}, seconds=240)
        program = [night_in_stages.__file__, *places(there, sources), "--until=conform"]
        said = running.submit(program, killer)
    assert killer.killed.keys() == lost(said) == {"conform"}
    for table in CONFORMED:
        rows = [lake.read(lake.conformed(table, DAY)).to_pylist() for lake in lakes]
        assert sorted(map(str, rows[0])) == sorted(map(str, rows[1])), table


@pytest.mark.skipif("CLUSTER" not in os.environ, reason="takes many minutes; CLUSTER=1 runs it")
def test_a_night_on_a_cluster_gives_the_bytes_of_one_here_though_a_worker_is_killed_in_each_stage(
    sources: Path, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        pulled(folder, sources)
    night_in_stages.main(places(here, sources))
    (tmp_path / "cluster").mkdir()
    with cluster(tmp_path / "cluster") as running:
        # What reach and network read is so small here that each is two or three tasks; the audit asks Spark for none.
        tasks = {
            "conform": 2,
            "people": 4,
            "ties": 20,
            "graph": 30,
            "reach": 1,
            "amplification": 4,
            "network": 1,
            "score": 20,
            "audit": 0,
        }
        killer = Killer(running, tasks, seconds=1800)
        said = running.submit([night_in_stages.__file__, *places(there, sources)], killer)
    print(killer.killed)
    assert killer.killed.keys() == lost(said) == set(STAGES)
    hashes = [
        {table: _sha256(folder / "staging" / str(DAY) / "staged" / table / "part-0.parquet") for table in TABLES}
        for folder in (here, there)
    ]
    assert hashes[0] == hashes[1]


@pytest.mark.skipif("CLUSTER" not in os.environ, reason="fetches 640 MB of jars; CLUSTER=1 runs it")
def test_a_cluster_reads_and_writes_a_lake_on_object_storage(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classes = Path(jars("org.apache.hadoop", "hadoop-aws", "3.4.2", tmp_path / "hadoop-aws", seconds=600)).parent
    lakes = [pulled(tmp_path / "here", sources)]
    night_in_stages.main([*places(tmp_path / "here", sources), "--until=conform"])
    for folder in ("s3", "cluster"):
        (tmp_path / folder).mkdir()
    with serve(tmp_path / "s3", in_memory=True) as environment, cluster(tmp_path / "cluster") as running:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        lakes.append(pulled(f"s3://{BUCKET}", sources))
        settings = {
            "spark.jars": ",".join(str(jar) for jar in sorted(classes.glob("*.jar"))),
            "spark.hadoop.fs.s3a.path.style.access": "true",
        }
        program = [night_in_stages.__file__, *places(f"s3://{BUCKET}", sources), "--until=conform"]
        said = running.submit(program, **settings)
        for table in CONFORMED:
            rows = [lake.read(lake.conformed(table, DAY)).to_pylist() for lake in lakes]
            assert sorted(map(str, rows[0])) == sorted(map(str, rows[1])), table
    logs = [file for file in (tmp_path / "cluster").rglob("*") if file.is_file() and file.suffix != ".jar"]
    assert SECRET not in said
    assert not [file for file in logs if SECRET.encode() in file.read_bytes()]


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
