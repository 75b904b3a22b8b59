"""The lake on object storage: a partition is replaced whole or not at all, a night gives the same bytes as on disk."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import night
import pyarrow as pa
import pytest
from clout.errors import InvalidInput
from clout.lake import declared
from clout.lake.partitions import Lake
from s3_server import BUCKET, SECRET, serve
from sandbox.world import write

ROOT = Path(__file__).resolve().parents[4]
DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)
SCHEMA = pa.schema([pa.field("n", pa.int64(), nullable=False)])

#: Writes the partition and dies, as by power, before the object store hears of the n-th object.
KILLED = """
import os, signal, sys
sys.path.insert(0, {jobs!r})
import pyarrow as pa, pyarrow.parquet
from clout.lake.partitions import Lake
class Dying:
    type_name = "s3"
    def __init__(self, fs): self.fs, self.left = fs, {objects}
    def __getattr__(self, name): return getattr(self.fs, name)
    def open_output_stream(self, *given, **named):
        self.left -= 1
        if self.left < 0: os.kill(os.getpid(), signal.SIGKILL)
        return self.fs.open_output_stream(*given, **named)
lake = Lake({uri!r})
lake.fs = Dying(lake.fs)
with lake.replacing({path!r}) as aside:
    with lake.fs.open_output_stream(f"{{lake.root}}/{{aside}}/a.parquet") as stream:
        pa.parquet.write_table(pa.table({{"n": [2]}}), stream)
    lake.write_metadata(aside, {{"made": "second"}})
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A server's folder of objects; this process and those that it starts find it by their environment."""
    folder = tmp_path_factory.mktemp("s3")
    with serve(folder) as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield folder / "data" / BUCKET


@pytest.fixture
def stored(server: Path, tmp_path: Path) -> tuple[Lake, Path]:
    """An empty lake on object storage, and the folder of its objects."""
    return Lake(f"s3://{BUCKET}/{tmp_path.name}/lake"), server / tmp_path.name / "lake"


def table(*numbers: int) -> pa.Table:
    return pa.table({"n": list(numbers)}, SCHEMA)


def numbers(lake: Lake, path: str) -> list[int]:
    return lake.read(path)["n"].to_pylist()


def versions(folder: Path, path: str) -> list[str]:
    return sorted({file.relative_to(folder / path).parts[0] for file in (folder / path).rglob("*") if file.is_file()})


def test_a_partition_is_replaced_whole(stored: tuple[Lake, Path]) -> None:
    lake, folder = stored
    one, two = lake.conformed("activity", DAY), lake.conformed("activity", NEXT)
    assert not lake.exists(one)
    assert lake.metadata(one) is None
    lake.write(one, table(1, 2), {"made": "first"})
    lake.write(two, table(3))
    with lake.replacing(one) as aside:
        for name, value in (("a", 4), ("b", 5)):
            with lake.parquet_writer(f"{aside}/{name}.parquet", SCHEMA) as writer:
                writer.write_table(table(value))
        assert numbers(lake, one) == [1, 2]  # until then, readers see the old one
        assert lake.metadata(one) == {"made": "first"}
    assert sorted(numbers(lake, one)) == [4, 5]
    assert lake.count(one) == 2
    assert lake.metadata(one) is None
    assert len(lake.files([one, two])) == 3
    assert len(versions(folder, one)) == 2  # the pointer, and what it names
    lake.write(one, table())
    assert lake.exists(one)
    assert numbers(lake, one) == []
    lake.remove(one)
    lake.remove(one)  # what is not there is no error
    assert not lake.exists(one)
    assert numbers(lake, two) == [3]
    with pytest.raises(FileNotFoundError):
        lake.read(one)


def test_an_exception_leaves_the_old_partition_and_nothing_else(stored: tuple[Lake, Path]) -> None:
    lake, folder = stored
    path = lake.conformed("activity", DAY)
    lake.write(path, table(1))
    before = versions(folder, path)
    with pytest.raises(ZeroDivisionError), lake.replacing(path) as aside:  # noqa: PT012
        with lake.parquet_writer(f"{aside}/part-0.parquet", SCHEMA) as writer:
            writer.write_table(table(2))
        raise ZeroDivisionError
    assert numbers(lake, path) == [1]
    assert versions(folder, path) == before


def test_a_folder_from_elsewhere_takes_a_partitions_place(stored: tuple[Lake, Path]) -> None:
    lake, folder = stored
    path = lake.conformed("activity", DAY)
    lake.write(path, table(1))
    with lake.parquet_writer("activity/.tmp-rows/part-0.parquet", SCHEMA) as writer:
        writer.write_table(table(2))
    lake.write_metadata("activity/.tmp-rows", {"made": "second"})
    lake.move_into_place("activity/.tmp-rows", path)
    assert (numbers(lake, path), lake.metadata(path)) == ([2], {"made": "second"})
    assert not [file for file in (folder / "activity" / ".tmp-rows").rglob("*") if file.is_file()]


@pytest.mark.parametrize(("first", "objects"), [(False, 1), (False, 4), (False, 5), (False, 6), (True, 4)])
def test_a_writer_killed_before_any_object_leaves_the_former_partition_or_none(
    stored: tuple[Lake, Path], first: bool, objects: int
) -> None:
    lake, _ = stored
    path = lake.conformed("activity", DAY)
    if not first:
        lake.write(path, table(1), {"made": "first"})
    program = KILLED.format(jobs=str(ROOT / "jobs"), objects=objects, uri=lake.uri, path=path)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == (0 if objects == 6 else -signal.SIGKILL), done.stderr
    if objects >= 5:  # data, metadata, checksums, what is expected, pointer; then what is expected from now on
        assert (numbers(lake, path), lake.metadata(path)) == ([2], {"made": "second"})
        return
    assert lake.exists(path) is not first
    assert lake.metadata(path) == (None if first else {"made": "first"})
    if not first:
        assert numbers(lake, path) == [1]
    lake.write(path, table(3))
    assert numbers(lake, path) == [3]


def test_what_a_killed_writer_left_goes_a_day_later_and_a_living_writers_stays(
    stored: tuple[Lake, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, folder = stored
    path = lake.conformed("activity", DAY)
    for version in ("v-killed", "v-writing"):
        with lake.parquet_writer(f"{path}/{version}/part-0.parquet", SCHEMA) as writer:
            writer.write_table(table(9))
    [old] = (folder / path / "v-killed").glob("*.parquet")
    long_ago = old.stat().st_mtime - 90_000
    os.utime(old, (long_ago, long_ago))
    lake.write(path, table(1))
    left = versions(folder, path)
    assert "v-killed" not in left
    assert "v-writing" in left
    assert numbers(lake, path) == [1]


@pytest.mark.parametrize(
    "address", ["s3://key:hush-hush@bucket/lake", "s3://key:hu/sh@bucket/lake", "s3://bucket/lake?secret_key=hush-hush"]
)
def test_an_address_with_credentials_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(InvalidInput, match="AWS_SECRET_ACCESS_KEY") as refused:
        Lake(address)
    assert "hu" not in str(refused.value)
    assert "bucket" not in str(refused.value)


def test_spark_gets_the_address_that_its_connector_knows() -> None:
    lake = Lake.__new__(Lake)
    lake.uri = "s3://bucket/lake"
    assert lake.location("activity") == "s3a://bucket/lake/activity"


def test_a_night_on_object_storage_gives_the_bytes_of_a_night_on_disk(
    server: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    sources = write(tmp_path / "world", [DAY])
    hashes = []
    for name, lake, staging in (
        ("disk", str(tmp_path / "lake"), str(tmp_path / "staging")),
        ("stored", f"s3://{BUCKET}/night/lake", f"s3://{BUCKET}/night/staging"),
    ):
        home = tmp_path / name
        places = [f"--lake={lake}", f"--staging={staging}", f"--warehouse={home}", f"--reports={tmp_path}/reports"]
        night.main([f"--days={DAY}", f"--sources={sources}", *places])
        files = sorted((home / "data").rglob("*.parquet"))
        hashes.append({file.relative_to(home / "data").parts[0]: _sha256(file) for file in files})
    assert hashes[0].keys() == set(declared.tables())
    for said_by_the_audit in ("metrics", "data_quality"):  # they name the moment
        assert hashes[0].pop(said_by_the_audit, None)
        assert hashes[1].pop(said_by_the_audit, None)
    assert hashes[0] == hashes[1]
    # The secret stands nowhere but in the environment.
    written = [file for place in (tmp_path, server) for file in place.rglob("*") if file.is_file()]
    assert SECRET not in "".join(capfd.readouterr())
    assert not [file for file in written if SECRET.encode() in file.read_bytes()]


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
