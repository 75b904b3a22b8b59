"""A topic, and the files that topics are read from: CSV, and lists of lines, with file and row in whatever is refused."""

from __future__ import annotations

import csv
import gzip
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from clout.errors import InvalidInput

_LANGUAGE = re.compile(r"[a-z]{2,3}")
#: Signs of a name.
LONGEST = 100


@dataclass(frozen=True)
class Topic:
    """One topic. parents: topic_ids; names: language -> what it is called, the first one its display name in that language.

    is_ambiguous: its name alone, even as a hashtag, may mean something else; context: words of which one beside a hashtag, or
    two beside the word, say that it does not. is_everyday: its hashtag stands behind jokes about anybody's day. vocabulary:
    words of its field, that may stand elsewhere, too; jargon: those that hardly do. They confirm a name of everyday words,
    or such a hashtag. source: who says that it is one.
    """

    topic_id: str
    slug: str
    name: str
    topic_type: str
    parents: tuple[str, ...] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    wikidata_id: str | None = None
    is_sensitive: bool = False
    is_ambiguous: bool = False
    is_hidden: bool = False
    is_everyday: bool = False
    context: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    jargon: tuple[str, ...] = ()
    source: str = "clout"


def plain(text: str) -> str:
    """A name without what differs between a hashtag, a slug and words: letters and digits in lower case."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def with_name(topic: Topic, language: str, name: str) -> Topic:
    """The topic with one more name in a language."""
    names = topic.names.get(language, ())
    return topic if name in names else replace(topic, names={**topic.names, language: (*names, name)})


def name_of(file: Path, row: int, text: str) -> str:
    """A topic's name as a cell holds it. Raises InvalidInput where it is none."""
    name = text.strip()
    if not plain(name) or len(name) > LONGEST or any(unicodedata.category(sign) == "Cc" for sign in name):
        raise InvalidInput(f"{file}, row {row}: {name[:40]!r} is no name: write words of up to {LONGEST} signs")
    return name


def language_of(file: Path, row: int, text: str) -> str:
    """A language's code as a cell holds it. Raises InvalidInput where it is none."""
    if not _LANGUAGE.fullmatch(text):
        raise InvalidInput(
            f"{file}, row {row}: language {text!r} must be a code of two or three letters, such as en or ast"
        )
    return text


def lines_of(file: Path) -> list[str]:
    """The lines of a text file without space around them, but for empty ones."""
    return [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def rows_of(file: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Row number and cells of a CSV that must have some columns. The header is row 1."""
    if not file.is_file():
        raise InvalidInput(f"{file}: no such file; correct its name in the sources file")
    opened: Callable[[bytes], bytes] = gzip.decompress if file.suffix == ".gz" else bytes
    try:
        text = opened(file.read_bytes()).decode("utf-8-sig")
    except (OSError, EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: cannot be read as UTF-8 text: {error}; write it anew") from error
    reader = csv.reader(io.StringIO(text), strict=True)
    header: list[str] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        missing = [name for name in columns if name not in header]
        if missing:
            raise InvalidInput(
                f"{file}, row 1: column {', '.join(missing)} is missing; the header needs {','.join(columns)}"
            )
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header) and not (len(cells) < len(header) and len(cells) >= len(columns)):
                raise InvalidInput(
                    f"{file}, row {reader.line_num}: {len(cells)} cells where the header has {len(header)};"
                    " quote a cell that holds a comma"
                )
            filled = [*cells, *[""] * (len(header) - len(cells))]
            yield reader.line_num, {name: cell.strip() for name, cell in zip(header, filled, strict=True)}
    except csv.Error as error:
        raise InvalidInput(f"{file}, row {reader.line_num}: {error}; close the quotes of that row") from error
