"""What a disk, a copy that was cut short, or a hand may do to one file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path


def files(root: Path) -> Iterator[Path]:
    """The files below a folder, without locks."""
    return (file for file in root.rglob("*") if file.is_file() and ".locks" not in file.parts)


def flip(file: Path) -> None:
    """One bit in the middle is another."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)


def into_a_folder(file: Path) -> None:
    """A folder stands in its place: nothing can be read of it."""
    file.unlink()
    file.mkdir()


DAMAGE: dict[str, Callable[[Path], None]] = {
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-5]),
    "flipped": flip,
    "deleted": Path.unlink,
    "emptied": lambda file: file.write_bytes(b""),
    "unreadable": into_a_folder,
}
