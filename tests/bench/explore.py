"""How fast the pages are: invented people on many days, readers at once, nights published meanwhile, and the service's memory.

    python tests/bench/explore.py FOLDER [--people 100000] [--days 90] [--readers 8] [--reads 10000] [--publications 20]

Of all days but the newest only clout.scores is whole: no page reads more of them. Each publication bears a label in every
row, and a page that shows another label than its version's is torn. Prints milliseconds and MiB; the machine's other work
counts, too.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from datetime import date, timedelta
from pathlib import Path

if __name__ == "__main__":  # as a script this folder is on the path; jobs/ and tests/ are wanted instead
    sys.path[0:1] = [str(Path(__file__).resolve().parents[2] / "jobs"), str(Path(__file__).resolve().parents[1])]

import duckdb
import pyarrow as pa
from clout.warehouse import contract
from clout.warehouse.factory import open_warehouse
from staged_run import SCHEMAS, approve, good, stage
from warehouses import now

ROOT = Path(__file__).resolve().parents[2]
FIRST = date(2026, 1, 1)
PLATFORMS = ("murmur", "plaza")
#: Rows of each table for person number `i`, in DuckDB's words; {n} people, {label} in every model_version.
ROWS = {
    "scores": """
        SELECT DATE '{day}', 'murmur:p' || i, 1 + (i * 7919 + {seed}) % 9000 / 100.0 AS s, s - 0.9, s + 8.0, NULL, s, s,
        i % 500 / 10.0, i % 7 / 10.0, 0.2, 0.1, 0.4, NULL, i % 100, 10, 9, DATE '{day}', 'murmur', false, '{label}'
        FROM range({n}) AS t(i)""",
    "accounts": """
        SELECT DATE '{day}', 'murmur:p' || i, 'murmur:p' || i, 'murmur', 'handle' || i, 'Person ' || i, 'person',
        DATE '2020-01-01', i FROM range({n}) AS t(i)""",
    "platform_scores": """
        SELECT DATE '{day}', 'murmur:p' || i, p, 0.5, 0.2, 0.1, 0.2, 0.0, 0.0, 0.0, i % 500 / 10.0, 0.1, 1.0, 0.2, 0.1, 0.4, 3,
        2.5, 1.5, i % 100, 0.5, NULL, NULL, false, 10, 9, DATE '{day}', 'trust', '{label}'
        FROM range({n}) AS t(i), unnest(['murmur', 'plaza']) AS q(p)""",
    "score_explanations": """
        SELECT DATE '{day}', 'murmur:p' || i, p, f, 1.5, 6.0
        FROM range({n}) AS t(i), unnest(['murmur', 'plaza']) AS q(p), unnest(['reach', 'amplification', 'network']) AS r(f)""",
    "score_changes": """
        SELECT DATE '{day}', 'murmur:p' || i, d, 50.0, 49.0, i % 5 - 2.0, 0.5, 0.5, 0.0, 0.0
        FROM range({n}) AS t(i), unnest([1, 7, 30]) AS q(d)""",
    "influences": """
        SELECT DATE '{day}', 'murmur:p' || i, w, k, 'murmur:p' || (i * 31 + k * 17) % {n}, 0.5, 3, DATE '{day}'
        FROM range({n}) AS t(i), unnest(['moves', 'moved_by']) AS q(w), range(1, 11) AS r(k)""",
}


def tables(day: date, people: int, label: str, is_whole: bool) -> dict[str, pa.Table]:
    """The tables of a day."""
    made = good(day, label)
    with duckdb.connect() as connection:
        for name, sql in ROWS.items():
            some = people if is_whole or name == "scores" else 1
            seed = (day - FIRST).days * 13
            rows = connection.sql(sql.format(day=day, n=some, label=label, seed=seed)).to_arrow_table()
            made[name] = rows.rename_columns(SCHEMAS[name].names).cast(SCHEMAS[name])
    return made


def publish(folder: Path, day: date, run: str, people: int, is_whole: bool = True) -> None:
    """Stage and publish a day whose rows bear the run's name as a label."""
    staged = approve(stage(folder / "staging", day, run, run, tables(day, people, run, is_whole)))
    open_warehouse(str(folder / "warehouse")).publish(contract.release(staged), staged, now())


class Reader(threading.Thread):
    """Reads pages one after the other, and notes how long each took and whether it was torn."""

    def __init__(self, port: int, people: int, reads: int, seed: int) -> None:
        super().__init__()
        self.port, self.people, self.reads, self.chance = port, people, reads, random.Random(seed)
        self.took: dict[str, list[float]] = {"leaderboard": [], "person": []}
        self.wrong: list[str] = []
        self.versions: set[tuple[str, str]] = set()

    def run(self) -> None:
        """Read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        for _ in range(self.reads):
            kind = self.chance.choice(("leaderboard", "person"))
            path = "/" if kind == "leaderboard" else f"/person/murmur:p{self.chance.randrange(self.people)}"
            if kind == "leaderboard" and self.chance.random() < 0.3:
                path = f"/?skip={50 * self.chance.randrange(20)}"
            began = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read().decode()
            self.took[kind].append(1000 * (time.perf_counter() - began))
            if answer.status != 200:
                self.wrong.append(f"{path}: {answer.status}")
            elif kind == "person":
                [label] = re.findall(r"· model ([\w-]+)", body)
                self.versions.add((answer.headers["x-clout-version"], label))


def memory(pid: int) -> float:
    """The most MiB that a process has held so far."""
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def main() -> None:
    """Build what is not there yet, serve, read, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    for name, number in (("people", 100_000), ("days", 90), ("readers", 8), ("reads", 10_000), ("publications", 20)):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--port", type=int, default=18_099)
    args = parser.parse_args()
    there = {entry.ds for entry in open_warehouse(str(args.folder / "warehouse")).log()}
    days = [FIRST + timedelta(number) for number in range(args.days)]
    for day in days:
        if day not in there:
            publish(args.folder, day, "first", args.people, is_whole=day == days[-1])
    command = [sys.executable, str(ROOT / "jobs" / "serve.py"), "--warehouse", str(args.folder / "warehouse")]
    began = time.perf_counter()
    server = subprocess.Popen(
        [*command, "--port", str(args.port)], env={**os.environ, "PYTHONPATH": str(ROOT / "jobs")}
    )
    try:
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", args.port, timeout=600)
                connection.request("GET", "/")
                connection.getresponse().read()
                break
            except OSError:
                time.sleep(0.2)
        print(json.dumps({"ready_seconds": round(time.perf_counter() - began, 1), "mib": round(memory(server.pid))}))
        readers = [Reader(args.port, args.people, args.reads // args.readers, seed) for seed in range(args.readers)]
        for reader in readers:
            reader.start()
        for number in range(args.publications):
            publish(args.folder, days[-1], f"again-{number}-{time.time_ns()}", args.people)
            print(f"published {number + 1}", flush=True)
            if not any(reader.is_alive() for reader in readers):
                break
        for reader in readers:
            reader.join()
        for kind in ("leaderboard", "person"):
            took = sorted(each for reader in readers for each in reader.took[kind])
            percentile = {p: round(took[min(len(took) - 1, len(took) * p // 100)], 1) for p in (50, 90, 99)}
            print(
                json.dumps(
                    {"page": kind, "reads": len(took), "ms": percentile, "mean": round(statistics.mean(took), 1)}
                )
            )
        pairs = {pair for reader in readers for pair in reader.versions}
        log = open_warehouse(str(args.folder / "warehouse")).log()
        torn = [pair for pair in pairs if log[int(pair[0]) - 1].run_id != pair[1]]
        wrong = [each for reader in readers for each in reader.wrong]
        print(json.dumps({"versions": len(pairs), "torn": torn, "wrong": wrong[:5], "mib": round(memory(server.pid))}))
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
