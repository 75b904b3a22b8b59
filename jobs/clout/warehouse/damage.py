"""Damage of a published warehouse: what differs from what was published, and putting it back byte for byte.

Content comes back from another version that holds the same file, or from the staged run that it was published from. Where
neither is left, the day is scored and published again, which heals it as well. All else is made again from the log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import pyarrow as pa
from pyarrow import fs as pafs

from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.warehouse.contract import Warehouse, Writer
from clout.warehouse.versions import DataFile


def heal(warehouse: Warehouse, staging: Lake) -> tuple[list[str], list[str]]:
    """Put back whatever is harmed. Gives what was healed and what could not be, in words."""
    healed = warehouse.heal_log()
    before = warehouse.harm()
    with warehouse.writing() as writer:
        parts = writer.meta()[1]
        for part, harm in writer.harmed(parts):
            if content := copies(part, [*in_warehouse(writer, parts, part), *in_staging(staging, part)]):
                writer.restore(part, content)
                healed.append(f"{part.file}, which {harm}")
        writer.mend()
    left = warehouse.harm()
    return list(dict.fromkeys([*healed, *(harm for harm in before if harm not in left)])), left


def copies(part: DataFile, found: Iterable[bytes]) -> list[bytes]:
    """The files of a part, in order, among contents; empty unless all are there."""
    wanted = part.sha256.split("+")
    known: dict[str, bytes] = {}
    for content in found:
        digest = hashlib.sha256(content).hexdigest()
        if digest in wanted:
            known[digest] = content
        if len(known) == len(set(wanted)):
            return [known[each] for each in wanted]
    return []


def in_warehouse(writer: Writer, parts: Iterable[DataFile], part: DataFile) -> Iterable[bytes]:
    """The content of other parts that were published with the same bytes."""
    for other in parts:
        if other.sha256 == part.sha256 and other.file != part.file and (content := writer.content(other)) is not None:
            yield content


def in_staging(staging: Lake, part: DataFile) -> Iterable[bytes]:
    """The files of the part's table in every staged run of its day."""
    selector = pafs.FileSelector(f"{staging.root}/{part.ds}", allow_not_found=True, recursive=True)
    for info in staging.fs.get_file_info(selector):
        if info.type == pafs.FileType.File and f"/{part.table_name}/" in info.path and info.path.endswith(".parquet"):
            try:
                yield _bytes(staging.fs, info.path)
            except (OSError, pa.ArrowInvalid):
                continue


def refusal(warehouse: Warehouse, left: list[str]) -> InvalidInput:
    """What is said of damage that could not be healed from what is kept."""
    return InvalidInput(
        f"{warehouse.location}: {'; '.join(left)}: no other version and no staged run holds the same content; score and"
        " publish those days again (jobs/night.py --days DAY), oldest first, which heals them"
    )


def _bytes(fs: pafs.FileSystem, path: str) -> bytes:
    with fs.open_input_stream(path) as stream:
        return stream.read()
