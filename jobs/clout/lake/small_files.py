"""Small files of a lake, each replaced in one step."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from pyarrow import fs as pafs

if TYPE_CHECKING:
    from clout.lake.partitions import Lake


def put(lake: Lake, path: str, text: bytes, private: bool = False) -> None:
    """Replace a file in one step."""
    place = f"{lake.root}/{path}"
    if not isinstance(lake.fs, pafs.LocalFileSystem):
        if lake.renames:
            lake.fs.create_dir(place.rpartition("/")[0], recursive=True)
        with lake.fs.open_output_stream(place) as stream:
            stream.write(text)
        return
    file = Path(place)
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".tmp-{uuid.uuid4().hex[:12]}-{file.name}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666), "wb") as out:
            out.write(text)
        if file.is_dir():  # somebody's, where a file belongs
            shutil.rmtree(file)
        aside.replace(file)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
