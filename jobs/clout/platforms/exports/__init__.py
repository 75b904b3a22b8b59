"""Readers of exports: files of any form."""

from clout.config.readers import Reader
from clout.platforms.exports import files

READERS: dict[str, Reader] = {"files": files.READER}
