"""Shows that whatever becomes of a file of a lake is named before it is read, and that no kill is taken for damage."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from clout.lake import checksums, damaged
from clout.lake.checksums import SEAL
from clout.lake.damaged import Damaged
from clout.lake.partitions import Lake
from pyarrow import fs as pafs

ROOT = Path(__file__).resolve().parents[4]
DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)
ONE, TWO = "activity/ds=2026-03-01", "activity/ds=2026-03-02"


def rows(*numbers: int) -> pa.Table:
    return pa.table({"n": list(numbers)})


@pytest.fixture
def written(lake: Lake) -> Path:
    """The folder of a lake with two partitions and a note."""
    for path, table in ((ONE, rows(1, 2)), (TWO, rows(3, 4))):
        lake.write(path, table, {"fingerprint": path})
    lake.checksums.write_note("spent/x/2026-03-01.json", {"mills": 7})
    return Path(lake.root)


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def into_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def as_of_another_day(file: Path) -> None:
    shutil.copy(str(file).replace("03-01", "03-02"), file)


DAMAGE: dict[str, Callable[[Path], None]] = {
    "cut": cut,
    "flipped": flip,
    "deleted": Path.unlink,
    "emptied": lambda file: file.write_bytes(b""),
    "of another day": as_of_another_day,
    "a folder": into_a_folder,
}
FILES = {
    "rows": f"{ONE}/part-0.parquet",
    "metadata": f"{ONE}/_facts.json",
    "checksums": f"{ONE}/{SEAL}",
    "expected": f"checksums/{ONE}.json",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("name", FILES.values(), ids=FILES)
def test_no_damage_is_read(lake: Lake, written: Path, name: str, damage: Callable[[Path], None]) -> None:
    before = lake.read(ONE)
    damage(written / name)
    checksums._COMPARED.clear()  # as in another process
    again = Lake(written)
    for read in (again.read, again.count, again.metadata, again.current, lambda path: again.files([path])):
        with pytest.raises(
            Damaged, match=rf"{written}.*ds=2026-03-01.*; heal it: .*lake\.py heal --lake .*--day 2026-03-01"
        ):
            read(ONE)
    assert again.read(TWO)["n"].to_pylist() == [3, 4]
    again.write(ONE, before, {"fingerprint": ONE})  # a new writing needs nothing of the old one
    assert again.read(ONE).equals(before)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("name", ["spent/x/2026-03-01.json", "checksums/spent/x/2026-03-01.json.json"])
def test_no_damaged_note_is_read(lake: Lake, written: Path, name: str, damage: Callable[[Path], None]) -> None:
    lake.checksums.write_note("spent/x/2026-03-02.json", {"mills": 8})
    assert lake.checksums.read_note("spent/x/2026-03-01.json") == {"mills": 7}
    damage(written / name)
    with pytest.raises(Damaged, match="2026-03-01"):
        lake.checksums.read_note("spent/x/2026-03-01.json")
    lake.checksums.write_note("spent/x/2026-03-01.json", {"mills": 9})
    assert lake.checksums.read_note("spent/x/2026-03-01.json") == {"mills": 9}
    lake.checksums.remove_note("spent/x/2026-03-01.json")
    assert lake.checksums.read_note("spent/x/2026-03-01.json") is None


def test_a_whole_partition_that_is_gone_or_came_from_elsewhere_is_named(lake: Lake, written: Path) -> None:
    shutil.copytree(written / TWO, written / "activity" / "ds=2026-03-03")
    with pytest.raises(Damaged, match="holds another partition, activity/ds=2026-03-02"):
        lake.read("activity/ds=2026-03-03")
    shutil.rmtree(written / ONE)
    for read in (lake.exists, lake.read, lake.metadata, lambda path: lake.files([path])):
        with pytest.raises(Damaged, match="is missing"):
            read(ONE)
    lake.remove(ONE)  # wanted, that is no damage
    assert not lake.exists(ONE)


def test_the_former_state_of_a_partition_is_not_taken_for_the_present(lake: Lake, written: Path) -> None:
    shutil.copytree(written / ONE, written / "former")
    lake.write(ONE, rows(5))
    shutil.rmtree(written / ONE)
    (written / "former").rename(written / ONE)
    with pytest.raises(Damaged, match="not the one that was written"):
        lake.read(ONE)


def test_a_lake_from_before_checksums_is_read_and_gets_them_as_it_is_written(lake: Lake, written: Path) -> None:
    for seal in written.rglob(SEAL):
        seal.unlink()
    shutil.rmtree(written / "checksums")
    (written / "spent/x/2026-03-01.json").write_text('{"mills": 7}')
    assert lake.read(ONE)["n"].to_pylist() == [1, 2]
    assert lake.checksums.read_note("spent/x/2026-03-01.json") == {"mills": 7}
    assert lake.checksums.state(ONE) == "not checksummed"
    lake.write(ONE, rows(1, 2))
    lake.checksums.adopt(TWO)
    assert {lake.checksums.state(path) for path in (ONE, TWO)} == {"checksummed"}
    flip(written / TWO / "part-0.parquet")
    with pytest.raises(Damaged):
        lake.read(TWO)


def test_what_is_unchanged_is_read_once_in_a_process(
    lake: Lake, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    real = checksums.Checksums._hash
    monkeypatch.setattr(
        checksums.Checksums, "_hash", lambda self, file, path=None: hashed.append(file) or real(self, file, path)
    )
    for _ in range(3):
        lake.read(ONE)
    assert len(hashed) == 2  # rows and metadata
    os.utime(written / ONE / "part-0.parquet", (1, 1))
    lake.read(ONE)
    assert len(hashed) == 4


def test_what_cannot_be_read_is_named(lake: Lake, written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(pafs.LocalFileSystem):
        def open_input_stream(self, path: str, **more: object) -> object:
            if path.endswith("part-0.parquet"):
                raise OSError(5, "Input/output error")
            return super().open_input_stream(path, **more)

    monkeypatch.setattr(lake, "fs", Broken())
    with pytest.raises(Damaged, match=r"part-0\.parquet cannot be read.*Input/output error"):
        lake.read(ONE)


#: Replaces a partition, then a note, then removes both, and dies before the n-th change of a file or folder.
KILLED = """
import os, signal, sys
from pathlib import Path
import pyarrow as pa
from clout.lake.partitions import Lake
from pyarrow import fs as pafs
left = int(sys.argv[2])
def counted(function):
    def count(*given, **named):
        global left
        left -= 1
        if left < 0: os.kill(os.getpid(), signal.SIGKILL)
        return function(*given, **named)
    return count
class Dying(pafs.LocalFileSystem): pass
for name in ("move", "delete_file", "delete_dir", "open_output_stream"):
    setattr(Dying, name, counted(getattr(pafs.LocalFileSystem, name)))
Path.replace = counted(Path.replace)
lake = Lake(sys.argv[1])
lake.fs = Dying()
lake.write({one!r}, pa.table({{"n": [9]}}), {{"fingerprint": "new"}})
lake.checksums.write_note("spent/x/2026-03-01.json", {{"mills": 9}})
lake.remove({one!r})
lake.checksums.remove_note("spent/x/2026-03-01.json")
print("done")
"""


def test_no_kill_is_taken_for_damage(tmp_path: Path) -> None:
    program = KILLED.format(one=ONE)
    seen = set()
    for steps in range(40):
        lake = Lake(tmp_path / str(steps))
        lake.write(ONE, rows(1, 2), {"fingerprint": "old"})
        lake.checksums.write_note("spent/x/2026-03-01.json", {"mills": 7})
        pid = os.fork()
        if pid == 0:  # a process of its own, without the time that imports take
            sys.argv = ["killed", lake.root, str(steps)]
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            try:
                exec(program, {})
            finally:
                os._exit(0)
        ended = os.waitpid(pid, 0)[1]
        found = lake.read(ONE)["n"].to_pylist() if lake.exists(ONE) else None
        note = lake.checksums.read_note("spent/x/2026-03-01.json")
        seen.add((str(found), str(note)))
        assert (lake.metadata(ONE) or {}).get("fingerprint") == {"[1, 2]": "old", "[9]": "new"}.get(str(found))
        lake.write(ONE, rows(3))
        assert lake.read(ONE)["n"].to_pylist() == [3]
        if not os.WIFSIGNALED(ended):
            break
        assert os.WTERMSIG(ended) == signal.SIGKILL
    else:
        pytest.fail("it never came to its end")
    assert {found for found, _ in seen} == {"[1, 2]", "[9]", "None"}
    assert {note for _, note in seen} == {"{'mills': 7}", "{'mills': 9}", "None"}


def test_readers_beside_a_writer_see_no_damage(lake: Lake, written: Path) -> None:
    program = (
        "import sys, pyarrow as pa\nfrom clout.lake.partitions import Lake\nlake = Lake(sys.argv[1])\n"
        f"for number in range(150): lake.write({ONE!r}, pa.table({{'n': [number]}}))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "jobs")}
    writers = [subprocess.Popen([sys.executable, "-c", program, lake.root], env=environment) for _ in range(2)]
    while any(writer.poll() is None for writer in writers):
        Lake(written).checksums.compare(ONE)
    assert [writer.wait() for writer in writers] == [0, 0]
    assert lake.read(ONE).num_rows == 1


def test_the_command_names_the_places_of_the_job_that_found_the_damage(
    lake: Lake, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["night.py", "--sources", "my exports/a.toml", "--model=m.toml", "--days", "x"])
    told = damaged.command("heal", lake, ONE)
    assert told.endswith(f"heal --lake {lake.uri} --day 2026-03-01 --sources 'my exports/a.toml' --model m.toml")
    assert json.loads((written / "checksums" / f"{ONE}.json").read_text())["of"] == ONE


@pytest.mark.parametrize("damage", [cut, flip, Path.unlink, into_a_folder])
def test_a_file_that_nobody_could_make_again_is_kept_twice(
    lake: Lake, written: Path, damage: Callable[[Path], None]
) -> None:
    lake.checksums.write_file("consent_ledger/1-x.jsonl", b'{"salt": "00"}\n{"hash": "11"}\n')
    file = written / "consent_ledger" / "1-x.jsonl"
    assert file.stat().st_mode & 0o777 == 0o600
    damage(file)
    with pytest.raises(Damaged, match="consent_ledger/1-x"):
        lake.checksums.read_file("consent_ledger/1-x.jsonl")
    assert lake.checksums.restore("consent_ledger/1-x.jsonl")
    assert lake.checksums.read_file("consent_ledger/1-x.jsonl") == b'{"salt": "00"}\n{"hash": "11"}\n'
    assert file.stat().st_mode & 0o777 == 0o600
