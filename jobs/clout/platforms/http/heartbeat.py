"""Logs the progress of a pull every half minute, so that a long pull does not look like one that hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

import pyarrow as pa


class Heartbeat:
    """Says, from a thread of its own, how many rows were read and where the last of them stands."""

    #: Seconds between two lines.
    EVERY = 30.0

    def __init__(self, what: str, say: Callable[[str], None]) -> None:
        self._what, self._say = what, say
        self._rows, self._at = 0, ""
        self._last = self._began = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def beat(self, rows: int, batch: pa.Table) -> None:
        """Take note that so many rows were read, of which a batch is the last."""
        self._rows, self._last = rows, time.monotonic()
        if batch.num_rows and "raw_ref" in batch.column_names:
            self._at = batch["raw_ref"][batch.num_rows - 1].as_py() or ""

    def _run(self) -> None:
        while not self._over.wait(self.EVERY):
            now = time.monotonic()
            self._say(
                f"{self._what}: {self._rows:,} rows after {now - self._began:.0f} s"
                + (f", the last of them {self._at}" if self._at else "")
                + (f"; none for {now - self._last:.0f} s" if now - self._last > self.EVERY else "")
            )
