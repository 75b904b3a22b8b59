"""A standalone Spark cluster on this machine: a master and workers, each a process of its own, and jobs submitted to it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyspark

ROOT = Path(__file__).resolve().parents[1]
SPARK = Path(pyspark.__file__).parent
_DAEMONS = "org.apache.spark.deploy"
ENVIRONMENT = {
    "SPARK_HOME": str(SPARK),
    "SPARK_LOCAL_IP": "127.0.0.1",
    "SPARK_DAEMON_MEMORY": "192m",
    "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "PYSPARK_PYTHON": sys.executable,
    "JAVA_TOOL_OPTIONS": "",  # another test's choice of a garbage collector, beside ours, lets no JVM start
}
#: What its user would have in spark-defaults.conf, for a small machine.
SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.executor.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseParallelGC",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseParallelGC",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # Executors say which tasks they run: by that tests see where a job is.
    "spark.log.level": "INFO",
}


class Cluster:
    """A master and its workers. Give jobs to `submit`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.master = ""
        self.workers: list[Worker] = []
        self.daemons: list[subprocess.Popen] = []

    def start(self, workers: int) -> None:
        """Start the master and so many workers, and wait until all know each other."""
        self._daemon("master", "master.Master", "--port", "0", "--webui-port", "0")
        self.master = _said(self.folder / "master.log", r"Starting Spark master at (spark://\S+)")
        for _ in range(workers):
            self.add_worker()

    def add_worker(self) -> Worker:
        """One more worker, of one core."""
        name = f"worker-{len(self.daemons)}"
        work = self.folder / name
        size = ["--cores", "1", "--memory", "1200m", "--webui-port", "0", "--work-dir", str(work)]
        worker = Worker(self._daemon(name, "worker.Worker", *size, self.master), work)
        _said(self.folder / f"{name}.log", "(Successfully registered) with master")
        self.workers.append(worker)
        return worker

    def submit(
        self, job: Sequence[str | Path], while_it_runs: Callable[[], None] = lambda: None, **settings: str
    ) -> str:
        """Run a program on the cluster; gives what it and its driver said. `while_it_runs` is called once it does."""
        command: list[str] = [str(SPARK / "bin" / "spark-submit"), "--master", self.master]
        for name, value in {**SETTINGS, **settings}.items():
            command += ["--conf", f"{name}={value}"]
        script, *arguments = map(str, job)
        log = self.folder / "driver.log"
        with log.open("w") as output:
            running = subprocess.Popen(
                [*command, script, *arguments],
                env={**os.environ, **ENVIRONMENT},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            try:
                while_it_runs()
                running.wait(timeout=1800)
            finally:
                running.kill()
                running.wait()
        said = log.read_text()
        assert running.returncode == 0, said[-5000:]
        return said

    def stop(self) -> None:
        """End what was started."""
        for daemon in reversed(self.daemons):
            daemon.kill()
            daemon.wait()

    def _daemon(self, name: str, kind: str, *arguments: str) -> subprocess.Popen:
        command = [str(SPARK / "bin" / "spark-class"), f"{_DAEMONS}.{kind}", "--host", "127.0.0.1", *arguments]
        with (self.folder / f"{name}.log").open("w") as output:
            daemon = subprocess.Popen(command, env={**os.environ, **ENVIRONMENT}, stdout=output, stderr=output)
        self.daemons.append(daemon)
        return daemon


class Worker:
    """A worker: its process, and the folder in which its executors work and say what they do."""

    def __init__(self, process: subprocess.Popen, folder: Path) -> None:
        self.process = process
        self.folder = folder

    def tasks(self) -> int:
        """How many tasks its executors have begun."""
        logs = [file.read_text(errors="replace") for file in self.folder.glob("app-*/*/stderr")]
        return sum(len(re.findall(r"Running task \S+ in stage", log)) for log in logs)

    def kill(self) -> None:
        """End it as by power. Its executors die with it."""
        self.process.kill()
        self.process.wait()


@contextmanager
def connect_server(folder: Path) -> Iterator[str]:
    """A running Spark Connect server that computes with two cores. Gives the address for SPARK_REMOTE."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {**SETTINGS, "spark.connect.grpc.binding.address": "127.0.0.1", "spark.connect.grpc.binding.port": port}
    command: list[str] = [str(SPARK / "bin" / "spark-submit"), "--master", "local[2]"]
    for name, value in settings.items():
        command += ["--conf", f"{name}={value}"]
    command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]
    log = folder / "connect.log"
    with log.open("w") as output:
        # It is started as a daemon and has the options of a driver, too: both would choose a garbage collector.
        environment = {**os.environ, **ENVIRONMENT, "SPARK_DAEMON_JAVA_OPTS": "", "SPARK_DAEMON_MEMORY": "1g"}
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        _said(log, "(Spark Connect server started)")
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A running cluster, gone afterwards."""
    made = Cluster(folder)
    try:
        made.start(workers)
        yield made
    finally:
        made.stop()


def _said(log: Path, pattern: str, seconds: float = 120) -> str:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := re.search(pattern, log.read_text()):
            return found[1]
        time.sleep(0.1)
    raise TimeoutError(f"{log}: {log.read_text()[-2000:]}")
