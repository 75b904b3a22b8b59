"""Files that only their owner may read: salts, hashes of people, requests for erasure."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from pyarrow import fs as pafs

from clout.lake.partitions import Lake


def write_private(lake: Lake, path: str, content: bytes) -> None:
    """Replace a file of a lake in one step. On a file system it is readable by its owner only, from the first byte on."""
    place = f"{lake.root}/{path}"
    parent, name = place.rsplit("/", 1)
    lake.fs.create_dir(parent, recursive=True)
    aside = f"{parent}/.tmp-{uuid.uuid4().hex[:12]}-{name}"
    if isinstance(lake.fs, pafs.LocalFileSystem):
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(aside).replace(place)
        return
    with lake.fs.open_output_stream(aside) as stream:
        stream.write(content)
    lake.fs.move(aside, place)
