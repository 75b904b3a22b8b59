"""How fast the pages are: invented people on many days, readers at once, nights published meanwhile, and the service's memory.

    python tests/bench/explore.py FOLDER [--people 100000] [--days 90] [--readers 8] [--reads 10000] [--publications 20]

Of all days but the newest only clout.scores is whole: no page reads more of them. Readers ask for leaderboards and people,
and now and then for a chart, until so many pages are read and so many nights are published, each by a process of its own
once the one before is shown. Every row of a night bears its name, and a page that shows another night's name than its
version's is torn. Prints each figure beside what is asked of it; the machine's other work counts, too.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import random
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
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
#: Every so many people of a reader a chart of theirs is asked for.
CHARTS = 50
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


@dataclass
class Progress:
    """What the readers and the publisher tell each other."""

    published: int = 0
    is_done: bool = False


class Reader(threading.Thread):
    """Reads pages one after the other, and notes how long each took and whether it was torn."""

    def __init__(self, port: int, people: int, reads: int, seed: int, progress: Progress) -> None:
        super().__init__(daemon=True)
        self.port, self.people, self.reads, self.chance = port, people, reads, random.Random(seed)
        self.progress = progress
        self.took: dict[str, list[float]] = {"leaderboard": [], "person": []}
        self.wrong: list[str] = []
        self.versions: set[tuple[str, str]] = set()

    def run(self) -> None:
        """Read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        done = 0
        while done < self.reads or not self.progress.is_done:
            done += 1
            kind = self.chance.choice(("leaderboard", "person"))
            path = "/" if kind == "leaderboard" else f"/person/murmur:p{self.chance.randrange(self.people)}"
            if kind == "leaderboard" and self.chance.random() < 0.3:
                path = f"/?skip={50 * self.chance.randrange(20)}"
            began = time.perf_counter()
            status, version, body = answered(connection, path)
            self.took[kind].append(1000 * (time.perf_counter() - began))
            if status != 200:
                self.wrong.append(f"{path}: {status}")
            elif kind == "person":
                [label] = re.findall(r"· model ([\w-]+)", body)
                self.versions.add((version, label))
                if done % CHARTS == 0:
                    answered(connection, f"/chart/points.svg?person={path.removeprefix('/person/')}")


def answered(connection: http.client.HTTPConnection, path: str) -> tuple[int, str, str]:
    """Status, version and text of an answer."""
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.headers.get("x-clout-version", ""), answer.read().decode()


class Memory(threading.Thread):
    """The most MiB that the service holds, and holds together with the process that copies for it.

    `summed` counts the files that both have mapped, such as libraries, twice; `together` counts those of the larger alone.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.alone, self.summed, self.together = pid, 0.0, 0.0, 0.0

    def run(self) -> None:
        """Look ten times a second."""
        while (service := resident(self.pid)) is not None:
            held = [service, *filter(None, map(resident, children(self.pid)))]
            self.alone = max(self.alone, service.own + service.files)
            self.summed = max(self.summed, sum(each.own + each.files for each in held))
            self.together = max(self.together, sum(each.own for each in held) + max(each.files for each in held))
            time.sleep(0.1)


@dataclass
class Resident:
    """The MiB that a process holds: of its own, and of files that others may have mapped, too."""

    own: float
    files: float


def resident(pid: int) -> Resident | None:
    """What a process holds; None where it has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    found = {name: int(size) / 1024 for name, size in re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE)}
    if "RssAnon" not in found:
        return None
    return Resident(found["RssAnon"] + found["RssShmem"], found["RssFile"])


def children(pid: int) -> list[int]:
    """The processes that a process has started; not one that still shares the memory of its parent, for the moment between."""
    found, program = [], named(pid)
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(each) for each in task.read_text().split()]
    return [each for each in found if named(each) != program]


def named(pid: int) -> str:
    """The command of a process; empty where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def processor(pid: int) -> float:
    """Milliseconds of processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cost(port: int, pid: int, paths: list[str]) -> float:
    """Milliseconds of the service's processor time a page, one page after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    answered(connection, paths[0])
    before = processor(pid)
    for path in paths[1:]:
        answered(connection, path)
    return round((processor(pid) - before) / (len(paths) - 1), 1)


def told(what: str, measured: object, asked: str = "") -> None:
    """One line of the result."""
    print(f"{what:<58} {measured!s:>12}{f'   asked: {asked}' if asked else ''}", flush=True)


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
        measure(args, server.pid, days[-1], began)
    finally:
        server.terminate()
        server.wait()


def measure(args: argparse.Namespace, pid: int, newest: date, began: float) -> None:
    """Wait for the service, read while nights are published, and print what that took."""
    memory = Memory(pid)
    memory.start()
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", args.port, timeout=600)
            answered(connection, "/")
            break
        except OSError:
            time.sleep(0.2)
    told("seconds until the first page", round(time.perf_counter() - began, 1))
    if held := resident(pid):
        told("MiB of the service then", round(held.own + held.files))
    somebody = [f"/person/murmur:p{number}" for number in range(0, args.people, max(1, args.people // 200))]
    told("processor time of a person's page, ms", cost(args.port, pid, somebody))
    slices = [f"/?skip={50 * number}" for number in range(20, 41)]
    told("processor time of a slice of the leaderboard, ms", cost(args.port, pid, slices))
    progress = Progress()
    readers = [
        Reader(args.port, args.people, args.reads // args.readers, seed, progress) for seed in range(args.readers)
    ]
    for reader in readers:
        reader.start()
    for number in range(args.publications):
        run = f"again-{number}-{time.time_ns()}"
        night = f"{newest}/{run}/{args.people}"
        subprocess.run([sys.executable, __file__, str(args.folder), "--publish", night], check=True)
        wanted = len(open_warehouse(str(args.folder / "warehouse")).log())
        while int(answered(http.client.HTTPConnection("127.0.0.1", args.port), "/glossary")[1]) < wanted:
            time.sleep(0.5)
    progress.is_done = True
    for reader in readers:
        reader.join()
    reads = 0
    for kind in ("leaderboard", "person"):
        took = sorted(each for reader in readers for each in reader.took[kind])
        reads += len(took)
        for percentile, asked in ((50, "100"), (99, "300")):
            at = took[min(len(took) - 1, len(took) * percentile // 100)]
            told(f"{kind}, {percentile}th percentile of {len(took)}, ms", round(at, 1), asked)
    pairs = {pair for reader in readers for pair in reader.versions}
    log = open_warehouse(str(args.folder / "warehouse")).log()
    torn = [pair for pair in pairs if log[int(pair[0]) - 1].run_id != pair[1]]
    wrong = [each for reader in readers for each in reader.wrong]
    told("pages read", reads, f"{args.reads}")
    told("publications meanwhile", args.publications, "20")
    told("versions that readers saw", len(pairs))
    told("torn pages", len(torn), "0")
    told("answers that are no page", len(wrong), "0")
    for each in wrong[:5]:
        print(each)
    told("most MiB of the service", round(memory.alone), "500")
    told("the same with the process that copies for it", round(memory.together), "500")
    told("the same, with files that both map counted twice", round(memory.summed))


if __name__ == "__main__":
    if "--publish" in sys.argv:  # by a process of its own, as a night is
        when, label, number = sys.argv[-1].split("/")
        publish(Path(sys.argv[1]), date.fromisoformat(when), label, int(number))
    else:
        main()
