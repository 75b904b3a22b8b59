"""Runs SELECTs in a process of its own, which has no environment, no network and no folder but one, within bounds.

The bounds are of memory, spilled data, threads and time. A query that takes longer is ended with its process. What the
process says comes back batch by batch: it waits until a batch is read before it makes many more.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

OUT_OF_MEMORY = ("OutOfMemoryException", "MemoryError")


@dataclass(frozen=True)
class Bounds:
    """What a source's queries may take."""

    memory_mb: int = 1024
    seconds: float = 3600
    threads: int = 2
    spill_mb: int = 20_000
    #: Address space that the process has mapped beside DuckDB's memory: code, Arrow's buffers, threads' stacks.
    surplus_mb: int = 2048


class QueryError(Exception):
    """Why a SELECT failed: DuckDB's kind of error, "Slow" or "Died", and its message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Runner:
    """A process that answers SELECTs about one folder. Use it in a with statement."""

    def __init__(self, folder: Path, bounds: Bounds) -> None:
        self.folder, self.bounds = folder, bounds
        self._left = bounds.seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._things = contextlib.ExitStack()

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def answers(self, sql: str, parameters: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """What a SELECT yields: ("T", columns with types), ("B", batch) …, ("R", rows that read_csv rejected). Raises
        QueryError. Read it to its end before the next.
        """
        process = self._started()
        try:
            request = json.dumps({"sql": sql, "parameters": parameters}).encode() + b"\n"
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # its end is told when it is read from
                process.stdin.write(request)
                process.stdin.flush()
            while (frame := self._frame())[0] != "D":
                letter, content = frame
                if letter == "E":
                    said = json.loads(content)
                    if said["kind"] in OUT_OF_MEMORY:  # what it took it may not give back
                        self._end()
                    raise QueryError(said["kind"], said["message"])
                yield letter, pa.ipc.open_stream(content).read_next_batch() if letter == "B" else json.loads(content)
        except QueryError:
            raise
        except BaseException:  # also where nobody reads on: what the process would still say is of no use
            self._end()
            raise

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        aside = Path(self._things.enter_context(tempfile.TemporaryDirectory(prefix="clout-query-")))
        self._said = self._things.enter_context((aside / "stderr").open("w+b"))
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", str(Path(__file__).with_name("query_process.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            cwd="/",
            env={},
        )
        bounds = {
            "folder": str(self.folder),
            "spill": str(aside / "spill"),
            "cpu_seconds": int(self.bounds.seconds * self.bounds.threads) + 60,
            **{name: getattr(self.bounds, name) for name in ("memory_mb", "threads", "spill_mb", "surplus_mb")},
        }
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(bounds).encode() + b"\n")
            self._process.stdin.flush()
        self._frame()
        return self._process

    def _frame(self) -> tuple[str, bytes]:
        head = self._bytes(9)
        return chr(head[0]), self._bytes(int.from_bytes(head[1:], "big"))

    def _bytes(self, number: int) -> bytes:
        """So many bytes of what the process says. Only waiting for it counts as its time."""
        assert self._process is not None
        assert self._process.stdout is not None
        descriptor, parts, missing = self._process.stdout.fileno(), [], number
        while missing:
            began = time.monotonic()
            ready, _, _ = select.select([descriptor], [], [], max(self._left, 0))
            self._left -= time.monotonic() - began
            if not ready:
                self._end()
                raise QueryError("Slow", f"took longer than {self.bounds.seconds:g} seconds")
            part = os.read(descriptor, min(missing, 1 << 20))
            if not part:
                raise QueryError("Died", self._last_words())
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _last_words(self) -> str:
        assert self._process is not None
        status = self._process.wait()
        self._said.seek(0)
        words = self._said.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
        self._end()
        error = next((line for line in words if "Error" in line), words[-1] if words else "")
        return f"the process ended with status {status}{': ' * bool(error)}{error}"

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                assert stream is not None
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self._things.close()
