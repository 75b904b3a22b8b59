"""The newest lists of consents in a lake: what people agree to now, for days that are shown, or computed, again after them."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
from pyarrow import fs as pafs

from clout.lake.partitions import Lake
from clout.lake.schemas import CONSENTS
from clout.privacy.row_deletion import partitions

_FOLDER = "snapshots/consents"


def newest(lake: Lake) -> tuple[pa.Table, date | None]:
    """The rows of the newest list of each source, and the day of the newest of all; None where there never was a list."""
    selector = pafs.FileSelector(f"{lake.root}/{_FOLDER}", allow_not_found=True)
    sources = sorted(info.base_name for info in lake.fs.get_file_info(selector))
    last = [lists[-1] for name in sources if (lists := partitions(lake, f"{_FOLDER}/{name}"))]
    rows = [lake.read(path, schema=CONSENTS) for _, path in last]
    return pa.concat_tables([CONSENTS.empty_table(), *rows]), max((day for day, _ in last), default=None)
