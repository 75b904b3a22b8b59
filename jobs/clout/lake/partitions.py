"""The lake's layout and its atomic partition writes. The only module that knows where a table's partition lies.

    lake/snapshots/<table>/platform=<p>/snapshot_date=<day>/   what a platform showed that day; immutable once complete
    lake/quarantine/platform=<p>/snapshot_date=<day>/          rows that broke a rule, with file and row
    lake/<activity|post_actions|conservation|pulls|coverage|quarantined>/ds=<day>/   conformed
    lake/features/<measure>/ds=<day>/                          measures of one score date

A partition is written beside its place and renamed into it, never by "overwrite the table": Spark's static overwrite
deletes the other dates, its dynamic overwrite leaves a stale partition when the result is empty.

Object storage cannot rename a folder. There each writing of a partition is a folder of its own, its version, and one object,
put last, names the version that holds:

    lake/activity/ds=<day>/v-<id>/part-0.parquet, _facts.json
    lake/activity/ds=<day>/_current                            the text v-<id>

Every partition has checksums, see checksums.py. Whoever asks for a partition's folder has them compared: nothing is read
that is not as it was written.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs as pafs

from clout import logs
from clout.errors import InvalidInput
from clout.lake.checksums import Checksums
from clout.lake.damaged import Damaged
from clout.lake.schemas import CONFORMED, SNAPSHOTS

LOG = logs.logger(__name__)

#: A sidecar in a partition's folder. Readers of Parquet skip names that begin with an underscore.
METADATA = "_facts.json"

#: pyarrow's names of file systems that cannot rename a folder.
_OBJECT_STORES = ("s3", "gcs", "abfs")
#: There, the object in a partition's folder that names its version.
_CURRENT = "_current"
#: How much older than a partition's new version must what no pointer names be, before it is taken for a killed writer's.
_LEFT_BEHIND = timedelta(days=1)

#: What cannot be made again.
_KEPT_TWICE = ("snapshots/manifest/", "erasure_log/", "purge_log/")

#: The manifests that this process has read, by the files that they were in. A night asks for each of its window a dozen
#: times, and to see that a file is the same costs a twentieth of reading it.
_MANIFESTS: dict[tuple[Any, ...], pa.Table] = {}


def days_between(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`, both included."""
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def window(day: date, length: int) -> list[date]:
    """The `length` days that end with `day`, oldest first."""
    return days_between(day - timedelta(days=length - 1), day)


#: Where the tasks of a night leave their files while it runs, if workers elsewhere are to reach them.
PARTS = "_parts"


class Lake:
    """A lake at a local path or at any URI that pyarrow and Spark both open."""

    def __init__(self, location: str | Path) -> None:
        text = str(location)
        if "://" in text and not text.startswith("file:") and re.search("[@?]", text):
            raise InvalidInput(
                f"{text.partition('://')[0]}://...: the address of a lake is for everybody to see, so it holds neither"
                " credentials nor options: set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL in the environment"
            )
        self.uri = re.sub("^s3a://", "s3://", text.rstrip("/")) if "://" in text else str(Path(text).resolve())
        self.fs, self.root = pafs.FileSystem.from_uri(self.uri)
        self.renames = self.fs.type_name not in _OBJECT_STORES
        self.checksums = Checksums(self)

    # Layout -----------------------------------------------------------------------------------------------------

    def snapshot(self, table: str, platform: str, day: date) -> str:
        """Path of a snapshot's partition, relative to the lake."""
        folder = "quarantine" if table == "quarantine" else f"snapshots/{table}"
        return f"{folder}/platform={platform}/snapshot_date={day.isoformat()}"

    def conformed(self, table: str, day: date) -> str:
        """Path of a conformed partition, relative to the lake."""
        return f"{table}/ds={day.isoformat()}"

    def features(self, measure: str, day: date) -> str:
        """Path of a measure's partition, relative to the lake."""
        return f"features/{measure}/ds={day.isoformat()}"

    def location(self, path: str) -> str:
        """The path as Spark opens it, whose connector to S3 calls itself s3a."""
        return re.sub("^s3://", "s3a://", f"{self.uri}/{path}")

    def current(self, path: str) -> str:
        """Path of the folder with a partition's files, relative to the lake. Raises FileNotFoundError where there is none.

        Raises Damaged where its files are not as they were written.
        """
        self.checksums.compare(path)
        folder = self.found(path)
        if folder is None:
            raise FileNotFoundError(f"{self.location(path)} is not there")
        return folder

    def found(self, path: str) -> str | None:
        """The same, whatever its files hold; None where there is none."""
        if self.renames or path.startswith("raw/"):  # raw pages come one by one, and are never replaced as a whole
            return path if self.is_folder(path) else None
        version = self._version(path)
        return f"{path}/{version}" if version else None

    # Reading ----------------------------------------------------------------------------------------------------

    def exists(self, path: str) -> bool:
        """Whether a partition is there. Repairs the one state a crash may leave: moved away, not yet replaced.

        Raises Damaged where it must be there and is not.
        """
        if self.found(path) is not None:
            return True
        if self.renames and self._siblings(path, ".old-"):
            with self.checksums.writing():
                return self._is_there(path)
        self.checksums.compare(path)
        return False

    def read(self, path: str, columns: list[str] | None = None, schema: pa.Schema | None = None) -> pa.Table:
        """A partition as one Arrow table. With a schema just those columns, NULL where its files lack one."""
        import pyarrow.dataset as pads  # takes 40 MiB, of pandas, for whoever reads no lake

        where = f"{self.root}/{self.current(path)}"
        try:
            files = pads.dataset(where, schema=schema, filesystem=self.fs, format="parquet", partitioning=None)
            return files.to_table(columns=columns)
        except pa.ArrowInvalid as error:  # of a partition without checksums
            raise Damaged(self, path, f"cannot be read as Parquet: {error}") from error

    def files(self, paths: list[str]) -> list[str]:
        """The Parquet files of partitions, as `self.fs` opens them. Those of partitions that are there."""
        there = [pafs.FileSelector(f"{self.root}/{self.current(path)}") for path in paths if self.exists(path)]
        return [info.path for each in there for info in self.fs.get_file_info(each) if _is_parquet(info)]

    def count(self, path: str) -> int:
        """How many rows a partition has."""
        import pyarrow.dataset as pads

        where = f"{self.root}/{self.current(path)}"
        try:
            found: int = pads.dataset(where, filesystem=self.fs, format="parquet", partitioning=None).count_rows()
            return found
        except pa.ArrowInvalid as error:
            raise Damaged(self, path, f"cannot be read as Parquet: {error}") from error

    def metadata(self, path: str) -> dict[str, Any] | None:
        """What the writer noted beside a partition, or None where there is no such partition."""
        try:
            with self.fs.open_input_stream(f"{self.root}/{self.current(path)}/{METADATA}") as stream:
                found: dict[str, Any] | None = json.loads(stream.read())
                return found
        except FileNotFoundError:
            return None

    def manifest(self, platform: str, day: date) -> list[dict[str, Any]] | None:
        """The manifest rows of one platform's pull of one day, or None where nothing was pulled."""
        path = self.snapshot("manifest", platform, day)
        if not self.exists(path):
            return None
        found = self.fs.get_file_info(pafs.FileSelector(f"{self.root}/{self.current(path)}"))
        seen = tuple((self.uri, info.path, info.mtime_ns, info.size) for info in found)
        if seen not in _MANIFESTS:
            _MANIFESTS[seen] = self.read(path)
        rows: list[dict[str, Any]] = _MANIFESTS[seen].to_pylist()
        return rows

    def manifest_before(self, platform: str, day: date) -> list[dict[str, Any]]:
        """The manifest rows of the last day before `day` that was pulled; none where there is no such day."""
        parent = self.snapshot("manifest", platform, day).rsplit("/", 1)[0]
        selector = pafs.FileSelector(f"{self.root}/{parent}", allow_not_found=True)
        names = sorted(info.base_name for info in self.fs.get_file_info(selector))
        for name in reversed(names):
            if name.startswith("snapshot_date=") and name < f"snapshot_date={day.isoformat()}":
                return self.manifest(platform, date.fromisoformat(name.removeprefix("snapshot_date="))) or []
        return []

    def is_pulled(self, platform: str, day: date) -> bool:
        """Whether a pull of that day is complete, and hence immutable."""
        rows = self.manifest(platform, day)
        return rows is not None and any(row["status"] in ("complete", "truncated") for row in rows)

    # Writing ----------------------------------------------------------------------------------------------------

    @contextmanager
    def replacing(self, path: str) -> Iterator[str]:
        """Give a folder beside `path` to write into; on success it takes the place of `path`, on failure it vanishes.

        The folder is given relative to the lake. Readers see the old partition or the new one, whole.
        """
        parent, name = path.rsplit("/", 1)
        aside = f"{parent}/.tmp-{uuid.uuid4().hex[:12]}-{name}" if self.renames else self._new_version(path)
        self.fs.create_dir(f"{self.root}/{aside}", recursive=True)
        placed = False
        try:
            yield aside
            self.move_into_place(aside, path)
            placed = not self.renames
        finally:
            if not placed and self.is_folder(aside):
                self.fs.delete_dir(f"{self.root}/{aside}")

    def move_into_place(self, aside: str, path: str) -> None:
        """Put a finished folder in the place of a partition: rename it, or where that cannot be, point at it."""
        digest = self.checksums.seal(aside, path)
        copy = self.checksums.copy_of(aside) if path.startswith(_KEPT_TWICE) else None
        with self.checksums.changing(path, digest, copy):
            if not self.renames:
                if aside.rpartition("/")[0] != path:
                    aside = self._copied(aside, self._new_version(path))
                self._point(path, aside.rpartition("/")[2])
                return
            parent, name = path.rsplit("/", 1)
            self.fs.create_dir(f"{self.root}/{parent}", recursive=True)
            old = f"{self.root}/{parent}/.old-{uuid.uuid4().hex[:12]}-{name}"
            if self._is_there(path):
                self.fs.move(f"{self.root}/{path}", old)
            elif self.fs.get_file_info(f"{self.root}/{path}").type == pafs.FileType.File:
                self.fs.delete_file(f"{self.root}/{path}")  # somebody's, where a folder belongs
            self.fs.move(f"{self.root}/{aside}", f"{self.root}/{path}")
            for left in self._siblings(path, ".old-"):
                self.fs.delete_dir(left)

    def write(self, path: str, table: pa.Table, metadata: dict[str, Any] | None = None) -> None:
        """Replace one partition by an Arrow table, which may have no rows: then the partition is there and empty."""
        with self.replacing(path) as aside:
            with self.parquet_writer(f"{aside}/part-0.parquet", table.schema) as writer:
                writer.write_table(table)
            if metadata is not None:
                self.write_metadata(aside, metadata)

    def write_metadata(self, path: str, metadata: dict[str, Any]) -> None:
        """Note `metadata` beside the rows of a folder that is not yet in place."""
        with self.fs.open_output_stream(f"{self.root}/{path}/{METADATA}") as stream:
            stream.write(json.dumps(metadata, indent=1, sort_keys=True, default=str).encode())

    def parquet_writer(self, file: str, schema: pa.Schema) -> pq.ParquetWriter:
        """A writer of one Parquet file, path relative to the lake: zstd, microsecond times."""
        return pq.ParquetWriter(
            f"{self.root}/{file}", schema, filesystem=self.fs, compression="zstd", coerce_timestamps="us"
        )

    def remove(self, path: str) -> None:
        """Remove a partition if it is there, and what a crash left of it, which exists() would bring back."""
        with self.checksums.changing(path, None):
            self._remove(path)

    def _remove(self, path: str) -> None:
        if not self.renames:
            if self._version(path) is not None:
                self.fs.delete_file(f"{self.root}/{path}/{_CURRENT}")  # readers see all of it or nothing
            # From within: some servers refuse to remove a folder's mark before what is in it.
            found = self.fs.get_file_info(
                pafs.FileSelector(f"{self.root}/{path}", allow_not_found=True, recursive=True)
            )
            inside = [info.path for info in found if info.type == pafs.FileType.Directory]
            for folder in [*sorted(inside, key=len, reverse=True), f"{self.root}/{path}"]:
                with contextlib.suppress(FileNotFoundError):
                    self.fs.delete_dir(folder)
        elif self._is_there(path):
            for left in self._siblings(path, ".old-"):
                self.fs.delete_dir(left)
            parent, name = path.rsplit("/", 1)
            aside = f"{self.root}/{parent}/.tmp-{uuid.uuid4().hex[:12]}-{name}"
            self.fs.move(f"{self.root}/{path}", aside)  # readers see all of it or nothing
            self.fs.delete_dir(aside)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Let one process at a time do what `name` names. Only on a local lake: elsewhere Airflow's pools must do."""
        if not isinstance(self.fs, pafs.LocalFileSystem):
            yield
            return
        self.fs.create_dir(f"{self.root}/.locks", recursive=True)
        with Path(self.root, ".locks", name).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def together(self, what: str) -> Iterator[None]:
        """Do `what` beside other steps of nights, while nobody erases or purges. Says so where it has to wait. See lock()."""
        with self._everybody(fcntl.LOCK_SH, what, "an erasure or a purge"):
            yield

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """Do `what` while no step of a night, no erasure and no purge works in the lake. Says so where it has to wait."""
        with self._everybody(fcntl.LOCK_EX, what, "what else works in the lake"):
            if isinstance(self.fs, pafs.LocalFileSystem) and self.is_folder(PARTS):
                self.fs.delete_dir(f"{self.root}/{PARTS}")  # a night that was killed left it, with people's keys in it
            yield

    @contextmanager
    def _everybody(self, kind: int, what: str, whom: str) -> Iterator[None]:
        """A lock that the system itself gives back when its holder ends, however it ends."""
        if not isinstance(self.fs, pafs.LocalFileSystem):
            yield
            return
        self.fs.create_dir(f"{self.root}/.locks", recursive=True)
        with Path(self.root, ".locks", "everybody").open("a") as file:
            try:
                fcntl.flock(file, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                LOG.log(logs.NOTICE, f"{what}: waits until {whom} is done ({self.uri})")
                fcntl.flock(file, kind)
            yield

    # Inside -----------------------------------------------------------------------------------------------------

    def _is_there(self, path: str) -> bool:
        if not self.renames:
            return self._version(path) is not None
        if self.is_folder(path):
            return True
        for left in self._siblings(path, ".old-"):
            self.fs.move(left, f"{self.root}/{path}")
            return True
        return False

    def is_folder(self, path: str) -> bool:
        found: bool = self.fs.get_file_info(f"{self.root}/{path}").type == pafs.FileType.Directory
        return found

    # On object storage ---------------------------------------------------------------------------------------------

    def _new_version(self, path: str) -> str:
        return f"{path}/v-{uuid.uuid4().hex[:12]}"

    def _version(self, path: str) -> str | None:
        """The version that a partition's pointer names, or None where there is no partition."""
        try:
            with self.fs.open_input_stream(f"{self.root}/{path}/{_CURRENT}") as stream:
                found: str | None = stream.read().decode()
                return found
        except FileNotFoundError:
            return None

    def _point(self, path: str, version: str) -> None:
        """Let a partition be one of its versions. The others go: the one before, and what a writer left that was killed.

        Not all others: one may be another writer's, who is not done.
        """
        before, pointer = self._version(path), f"{self.root}/{path}/{_CURRENT}"
        with self.fs.open_output_stream(pointer) as stream:
            stream.write(version.encode())
        found = self.fs.get_file_info(pafs.FileSelector(f"{self.root}/{path}", recursive=True))
        now = self.fs.get_file_info(pointer).mtime
        newest: dict[str, Any] = {}
        for info in found:
            name = info.path.removeprefix(f"{self.root}/{path}/").partition("/")[0]
            if info.type == pafs.FileType.File and name not in (_CURRENT, version):
                newest[name] = max(info.mtime, newest.get(name, info.mtime))
        for name, written in newest.items():
            if name == before or now - written > _LEFT_BEHIND:
                self.fs.delete_dir(f"{self.root}/{path}/{name}")

    def _copied(self, aside: str, target: str) -> str:
        for info in self.fs.get_file_info(pafs.FileSelector(f"{self.root}/{aside}", recursive=True)):
            if info.type == pafs.FileType.File:
                self.fs.copy_file(info.path, f"{self.root}/{target}{info.path.removeprefix(f'{self.root}/{aside}')}")
        self.fs.delete_dir(f"{self.root}/{aside}")
        return target

    def _siblings(self, path: str, prefix: str) -> Iterable[str]:
        parent, name = path.rsplit("/", 1)
        selector = pafs.FileSelector(f"{self.root}/{parent}", allow_not_found=True)
        return [
            info.path
            for info in self.fs.get_file_info(selector)
            if info.base_name.startswith(prefix) and info.base_name.endswith(f"-{name}")
        ]


def _is_parquet(info: pafs.FileInfo) -> bool:
    return info.base_name.endswith(".parquet") and info.base_name[0] not in "._"


def required(lake: Lake, path: str, cure: str) -> str:
    """`path` if it is in the lake, else a message that names it and says what makes it."""
    if not lake.exists(path):
        raise InvalidInput(f"{lake.location(path)} is missing; {cure}")
    return path


__all__ = ["CONFORMED", "METADATA", "SNAPSHOTS", "Lake", "days_between", "required", "window"]
