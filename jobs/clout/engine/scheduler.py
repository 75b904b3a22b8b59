"""Schedulers hand tasks (parts.py) to processes of this machine, or to Spark. No row of data passes through them.

Spark gets a table of numbers, and gives one row back for each: it places, counts and retries the tasks, on a standalone master,
YARN, Kubernetes or Spark Connect. Tasks read and write files themselves: its workers want DuckDB, pyarrow and the lake's place.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from clout.engine import parts, session
from clout.engine.parts import Task

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: What a process holds besides DuckDB's own memory: Python, Arrow, the file that it writes.
_BESIDE = 400 << 20


class Scheduler(Protocol):
    """Does tasks, some of them at a time."""

    #: Bytes that DuckDB may hold in a task.
    memory: int

    def do(self, tasks: Sequence[Task]) -> list[int]:
        """Do all tasks. Gives how many rows each wrote, in their order. A task may be done more than once."""


class Processes:
    """Processes of this machine, as many as it has cores and memory for. They are kept, since each imports for a second."""

    def __init__(self, memory: int) -> None:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        self.memory = memory
        self.number = max(1, min(len(os.sched_getaffinity(0)), physical // 2 // (memory + _BESIDE)))
        self._pool: ProcessPoolExecutor | None = None

    def do(self, tasks: Sequence[Task]) -> list[int]:
        """See Scheduler."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self.number, mp_context=get_context("spawn"))
            atexit.register(self._pool.shutdown)
        return list(self._pool.map(parts.do, tasks))


class Spark:
    """Spark, classic or Connect."""

    def __init__(self, spark: SparkSession, memory: int) -> None:
        from pyspark import cloudpickle

        self.memory = memory
        self._spark = spark
        cloudpickle.register_pickle_by_value(parts)  # type: ignore[no-untyped-call]  # workers need not have clout

    def do(self, tasks: Sequence[Task]) -> list[int]:
        """See Scheduler."""
        numbers = self._spark.range(0, len(tasks), 1, len(tasks))  # each in a partition of its own
        done = numbers.mapInArrow(_done(list(tasks)), "number BIGINT, written BIGINT").toArrow()
        written = dict(zip(done["number"].to_pylist(), done["written"].to_pylist(), strict=True))
        return [written[number] for number in range(len(tasks))]


def _done(tasks: list[Task]) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What a worker does with numbers: the tasks of these numbers."""
    do = parts.do

    def work(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            numbers = batch.column(0).to_pylist()
            written = [do(tasks[number]) for number in numbers]
            yield pa.RecordBatch.from_arrays(
                [pa.array(numbers, pa.int64()), pa.array(written, pa.int64())], ["number", "written"]
            )

    return work


def scheduler(memory: int) -> Scheduler:
    """Spark where it is elsewhere, see session.elsewhere; else processes of this machine."""
    return Spark(session.get_or_create("clout"), memory) if session.elsewhere() else Processes(memory)
