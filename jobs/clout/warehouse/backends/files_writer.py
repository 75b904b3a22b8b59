"""A writer whose content lies in the audited Parquet files themselves, below the warehouse's folder."""

from __future__ import annotations

from collections.abc import Sequence

from clout.lake.partitions import Lake
from clout.warehouse import content_files
from clout.warehouse.contract import Writer
from clout.warehouse.versions import DataFile


class FilesWriter(Writer):
    """What writers of files share: `root` is the folder below which they lie."""

    root: Lake

    def harmed(self, parts: Sequence[DataFile]) -> list[tuple[DataFile, str]]:
        """Those of the parts whose file is not as it was published."""
        return content_files.harmed(self.root, parts)

    def content(self, part: DataFile) -> bytes | None:
        """The file of a part."""
        return content_files.content(self.root, part)

    def restore(self, part: DataFile, files: Sequence[bytes]) -> None:
        """Put the file of a part back; what shows it names it already."""
        content_files.restore(self.root, part, files)
