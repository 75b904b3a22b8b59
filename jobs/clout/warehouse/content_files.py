"""Content that lies in immutable Parquet files below a warehouse's folder: copying it in, and rewriting it for an erasure.

<root>/data/<table>/ds=<day>/run=<run>-v<version>/part-0.parquet
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import fs as pafs

from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.lake.staging import Staged
from clout.warehouse.failpoints import step
from clout.warehouse.versions import DataFile, Release


def places(release: Release, version: int) -> dict[str, list[str]]:
    """Where each staged file goes, by table, relative to the warehouse."""
    return {
        table: [
            f"data/{table}/ds={release.day}/run={release.run}-v{version}/part-{number}.parquet"
            for number in range(len(files))
        ]
        for table, files in release.tables.items()
    }


def copy(release: Release, staged: Staged, root: Lake, version: int) -> list[DataFile]:
    """Copy the audited files to their places. Raises InvalidInput where one is no longer what was audited."""
    parts = []
    for table, targets in places(release, version).items():
        for file, target in zip(release.tables[table], targets, strict=True):
            root.fs.create_dir(os.path.dirname(f"{root.root}/{target}"), recursive=True)  # noqa: PTH120
            digest = hashlib.sha256()
            with (
                staged.root.fs.open_input_stream(file["path"]) as source,
                root.fs.open_output_stream(f"{root.root}/{target}") as stream,
            ):
                while chunk := source.read(1 << 20):
                    digest.update(chunk)
                    stream.write(chunk)
            if digest.hexdigest() != file["sha256"]:
                raise InvalidInput(f"{file['path']} changed while it was published; audit again")
            sync(root, target)
            parts.append(DataFile(version, release.day, table, target, file["rows"], file["sha256"]))
            step("a file is copied")
    return parts


def sizes(release: Release, staged: Staged) -> list[int]:
    """How large the release's files are, in bytes."""
    files = [file["path"] for files in release.tables.values() for file in files]
    return [info.size or 0 for info in staged.root.fs.get_file_info(files)]


def harm(root: Lake, part: DataFile) -> str | None:
    """What is wrong with the file of a part, or None where it is as it was published."""
    try:
        with root.fs.open_input_stream(f"{root.root}/{part.file}") as stream:
            digest, size = hashlib.sha256(), 0
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
                size += len(chunk)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    if digest.hexdigest() == part.sha256:
        return None
    return "differs from what was published" if size else "is empty"


def harmed(root: Lake, parts: Iterable[DataFile]) -> list[tuple[DataFile, str]]:
    """Those of the parts whose file is not as it was published, and how it is harmed."""
    return [(part, what) for part in parts if (what := harm(root, part))]


def content(root: Lake, part: DataFile) -> bytes | None:
    """The file of a part, or None where it cannot be read."""
    try:
        with root.fs.open_input_stream(f"{root.root}/{part.file}") as stream:
            return stream.read()
    except OSError:
        return None


def restore(root: Lake, part: DataFile, files: Sequence[bytes]) -> None:
    """Put the file of a part back by one rename, where the file system has one."""
    [whole] = files
    path = f"{root.root}/{part.file}"
    folder, name = path.rsplit("/", 1)
    root.fs.create_dir(folder, recursive=True)
    aside = f"{folder}/.tmp-{name}" if root.renames else path
    with root.fs.open_output_stream(aside) as stream:
        stream.write(whole)
    if root.renames:
        if root.fs.get_file_info(path).type == pafs.FileType.Directory:
            root.fs.delete_dir(path)
        root.fs.move(aside, path)
    sync(root, part.file)
    step("a file is put back")


def described(part: DataFile, harm: str) -> str:
    """A harmed file in words."""
    return f"{part.file} ({part.table_name} of {part.ds}, version {part.version}) {harm}"


def broken(root: Lake, parts: Iterable[DataFile], address: str, error: Exception) -> InvalidInput:
    """What is said where files could not be read: which of them are harmed, and the command that heals them."""
    found = [described(*each) for each in harmed(root, parts)]
    if not found:
        return InvalidInput(f"{address}: cannot be read: {error}")
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return InvalidInput(
        f"{address}: {'; '.join(found[:3])}{more}; run jobs/warehouse.py heal --warehouse {address}, or the day again"
    )


def without(root: Lake, part: DataFile, keys: frozenset[str]) -> tuple[DataFile, int]:
    """The part without the rows that name one of the keys, as a new file, and how many rows that were.

    The part itself where it names none; then nothing is written.
    """
    if what := harm(root, part):
        raise InvalidInput(f"{described(part, what)}; run jobs/warehouse.py heal first: nothing of it was erased")
    rows = pq.read_table(f"{root.root}/{part.file}", filesystem=root.fs)
    kept = rows.filter(pc.invert(names_one_of(rows, keys)))
    gone = rows.num_rows - kept.num_rows
    if not gone:
        return part, 0
    target = erased_place(part, keys)
    with root.parquet_writer(target, kept.schema) as writer:
        writer.write_table(kept)
    sync(root, target)
    with root.fs.open_input_file(f"{root.root}/{target}") as stream:
        sha256 = hashlib.sha256(stream.read()).hexdigest()
    step("a file is written without the erased")
    return DataFile(part.version, part.ds, part.table_name, target, kept.num_rows, sha256), gone


def erased_place(part: DataFile, keys: frozenset[str]) -> str:
    """Where a part goes when the keys are erased: a name that differs from the old one and tells nobody's key."""
    token = hashlib.sha256("\n".join([part.sha256, *sorted(keys)]).encode()).hexdigest()[:8]
    return f"{part.file.rsplit('/', 1)[0]}/part-{token}.parquet"


def names_one_of(rows: pa.Table, keys: frozenset[str]) -> pa.ChunkedArray:
    """For each row, whether a text column equals one of the keys or holds one between commas."""
    wanted = pa.array(sorted(keys), pa.string())
    found = pa.chunked_array([pa.repeat(pa.scalar(False), rows.num_rows)])
    for column in rows.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            column = column.cast(pa.string()).combine_chunks()
            elements = pc.split_pattern(column, ",")
            named = pc.is_in(pc.utf8_trim_whitespace(pc.list_flatten(elements)), value_set=wanted)
            hits = pc.unique(pc.list_parent_indices(elements).filter(named))
            found = pc.or_(found, pc.is_in(pa.array(range(rows.num_rows), hits.type), value_set=hits))
    return found


def remove(root: Lake, files: Iterable[str]) -> int:
    """Remove those of the files that are there, and the folders that this leaves empty. Gives the number of files."""
    removed = 0
    for file in files:
        path = f"{root.root}/{file}"
        if root.fs.get_file_info(path).type == pafs.FileType.File:
            root.fs.delete_file(path)
            removed += 1
        folder = file.rsplit("/", 1)[0]
        while folder.count("/") > 1 and not _children(root, folder):
            if root.fs.get_file_info(f"{root.root}/{folder}").type == pafs.FileType.Directory:
                root.fs.delete_dir(f"{root.root}/{folder}")
            folder = folder.rsplit("/", 1)[0]
    return removed


def files_below(root: Lake, folder: str) -> list[str]:
    """All files below a folder of the warehouse, relative to the warehouse."""
    selector = pafs.FileSelector(f"{root.root}/{folder}", allow_not_found=True, recursive=True)
    return [
        info.path.removeprefix(f"{root.root}/")
        for info in root.fs.get_file_info(selector)
        if info.type == pafs.FileType.File
    ]


def sync(root: Lake, file: str) -> None:
    """Make sure that a local file and its way from the warehouse's folder survive a power cut."""
    if isinstance(root.fs, pafs.LocalFileSystem):
        path = Path(root.root, file)
        for each in (path, *path.parents):
            sync_path(each)
            if each == Path(root.root):
                break


def replace(aside: Path, file: Path) -> None:
    """Let a file take another's place by one rename, whatever lies there."""
    if file.is_dir():
        shutil.rmtree(file)
    aside.replace(file)
    sync_path(file.parent)


def sync_path(path: Path) -> None:
    """fsync a local file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _children(root: Lake, folder: str) -> list[pafs.FileInfo]:
    return root.fs.get_file_info(pafs.FileSelector(f"{root.root}/{folder}", allow_not_found=True))
