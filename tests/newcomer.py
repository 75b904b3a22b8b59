"""Plays the newcomer: types every command of every README, in order, in a clean clone and a terminal of 100 columns.

    python tests/newcomer.py FOLDER [--only README.md] [--venv .venv] [--all]

FOLDER gets the clone, or keeps the one that it has, and `transcript.txt`, which is there to be looked at; the last lines
count what worked, what did not, and what was left out with its reason. With --venv that environment is linked instead of
installing one, which takes minutes.
--all also types what takes longer than a few minutes. What a command needs besides (NEEDS) is provided as its README says.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import random
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = 100
#: In the order in which somebody reads them.
READMES = (
    *("README.md", "sql/warehouse/README.md", "jobs/clout/web/README.md", "jobs/README.md", "sql/README.md"),
    *("dags/README.md", "expectations/README.md", "tests/README.md", "tests/judged/README.md"),
)
#: What a command of a server says when it is up, and what ends a prompt.
SERVES = {r"make ui\b": "clout-login?token=", r"make explore\b": "stop with Ctrl-C"}
TYPES = {r"make sql$": "SELECT count(*) AS people FROM clout.scores;\n.exit\n"}
#: Statuses that a command may end with besides 0, as its README says.
MAY_END = {r"warehouse\.py fresh": {1}, r"warehouse\.py rollback": {65}}
#: Not typed here, and why.
LEFT_OUT = {
    r"make test\b": "these are the tests themselves",
    r"^psql ": "wants a server of PostgreSQL with a role: test_readme.py types it there",
    r"s3://|storage\.example": "wants object storage: tests/jobs/clout/test_lake_s3.py",
}
#: Minutes to hours: only with --all.
LONG = (
    r"make (attack|fit|bench)",
    r"make evaluate (SOURCE|BEHAVIOUR)",
    r"interval_coverage|special_days|tests/judged/|bench/exports",
)
#: Seconds that a command may take.
SLOWEST = 1800


@dataclass(frozen=True)
class Command:
    """A line of a README that is typed."""

    readme: str
    line: str
    text: str

    def is_like(self, pattern: str) -> bool:
        """Whether the command has that form."""
        return re.search(pattern, self.text) is not None


def commands(readme: Path, name: str) -> Iterator[Command]:
    """The commands of a README's fenced blocks of kind sh, without their comments."""
    for block in blocks(readme, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            text = re.sub(r"\s+#\s.*$", "", line).strip()
            if text and not text.startswith("#"):
                yield Command(name, line, text)


def blocks(readme: Path, kind: str) -> list[str]:
    """The fenced blocks of a kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", readme.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def left_out(command: Command, clone: Path, is_all: bool) -> str | None:
    """Why a command is not typed; None where it is."""
    for pattern, why in LEFT_OUT.items():
        if command.is_like(pattern):
            return why
    if "../shared/" in command.text and not (clone.parent / "shared").exists():
        return "wants the data of ../shared"
    if not is_all and any(command.is_like(pattern) for pattern in LONG):
        return "takes long: --all types it"
    return None


def provide(clone: Path) -> None:
    """What READMEs speak of as somebody's own: a folder of exports at path/to/exports, four days of 2012.

    400 people look at one another, some more than others, and all agreed to be drawn for campaigns.
    """
    folder, chance = clone / "path" / "to" / "exports", random.Random(5)
    folder.mkdir(parents=True)
    people = range(1, 401)
    accounts = "".join(f"{one},ann{one if one > 1 else ''},Ann Example {one},false\n" for one in people)
    (folder / "accounts.csv").write_text(f"account,handle,display_name,opt_out\n{accounts}")
    agreed = "".join(f"exports:{one},perks,2012-01-01,,a letter\n" for one in people)
    (folder / "consents.csv").write_text(f"account,purpose,given_on,withdrawn_on,evidence\n{agreed}")
    for day in range(1, 5):
        rows = ""
        for actor in people:
            for _ in range(20):
                target = int(len(people) * chance.random() ** 2) + 1
                at = f"2012-07-{day:02}T{chance.randrange(24):02}:{chance.randrange(60):02}:00Z"
                rows += (
                    f"{actor},{target},{chance.choice(('like', 'share', 'reply'))},{at}\n" if target != actor else ""
                )
        (folder / f"acts-2012-07-{day:02}.csv").write_text(f"actor,target,kind,occurred_at\n{rows}")


def typed(command: Command, before: list[str], clone: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Type a command into a terminal, with the exports of the lines before. Gives its status and what was seen."""
    script = "\n".join([*before, command.text])
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    run = subprocess.Popen(
        ["bash", "-c", script],
        cwd=clone,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(theirs)
    for pattern, text in TYPES.items():
        if command.is_like(pattern):
            os.write(ours, text.encode())
    serves = next((sign for pattern, sign in SERVES.items() if command.is_like(pattern)), None)
    seen, ends, is_up = b"", time.monotonic() + SLOWEST, False
    while time.monotonic() < ends:
        if select.select([ours], [], [], 0.5)[0]:
            try:
                got = os.read(ours, 65536)
            except OSError:
                break
            if not got:
                break
            seen += got
            if b"\x1b]11;?" in got:  # a program asks for the colour of the ground, as a terminal knows it
                os.write(ours, b"\x1b]11;rgb:0000/0000/0000\x1b\\")
        elif run.poll() is not None:
            break
        if serves and not is_up and serves.encode() in seen:
            is_up = True
            time.sleep(1)
            os.write(ours, b"\x03")  # as Ctrl-C does
    else:
        os.killpg(run.pid, signal.SIGKILL)
    status = run.wait()
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\\\)", "", seen.decode(errors="replace"))
    text = text.replace("\r\n", "\n")
    return (0 if is_up and status in (0, 2, 130, -2) else status), text


def main(argv: list[str]) -> int:
    """Clone, type, and write what was seen. Gives 1 where a command did not work."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", action="append", help="a README; all where none is said")
    parser.add_argument("--venv", type=Path)
    parser.add_argument("--all", action="store_true")
    args = parser.parse_args(argv)
    clone = args.folder / "clout"
    if not clone.exists():
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        if args.venv:
            (clone / ".venv").symlink_to(args.venv.absolute())
    if (shared := ROOT.parent / "shared").exists() and not (args.folder / "shared").exists():
        (args.folder / "shared").symlink_to(shared)
    if not (clone / "path").exists():
        provide(clone)
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CLOUT", "AIRFLOW", "PYTHON", "MAKE", "VIRTUAL"))
    } | {"TERM": "xterm", "COLUMNS": str(COLUMNS)}
    good, bad, out = [], [], []
    with (args.folder / "transcript.txt").open("a", encoding="utf-8") as transcript:
        for name in args.only or READMES:
            before: list[str] = []
            for command in commands(clone / name, name):
                if why := left_out(command, clone, args.all):
                    out.append(f"{name}: {command.text}: {why}")
                    continue
                transcript.write(f"\n[{name}] $ {command.text}\n")
                began = time.monotonic()
                status, seen = typed(command, before, clone, environment)
                if shlex.split(command.text)[0] in ("export", "unset"):
                    before.append(command.text)
                wide = [line for line in seen.splitlines() if len(line) > COLUMNS]
                note = f", {len(wide)} lines wider than {COLUMNS}" if wide else ""
                transcript.write(f"{seen}[status {status}, {time.monotonic() - began:.0f} s{note}]\n")
                transcript.flush()
                may = next((also for pattern, also in MAY_END.items() if command.is_like(pattern)), set())
                (good if status in {0} | may else bad).append(f"{name}: {command.text}: status {status}")
        said = [f"{len(good)} commands work, {len(bad)} do not, {len(out)} are left out", *bad, *out]
        transcript.write("\n" + "\n".join(said) + "\n")
    print("\n".join(said))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
