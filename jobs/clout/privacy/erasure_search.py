"""The search that proves an erasure: it shares neither reader nor comparison with what removed the rows.

Rows are removed by pyarrow, column by column; here every byte of every file is looked at: as it lies there, unpacked, and the
texts of Parquet and of tables as DuckDB reads them, each in UTF-8, UTF-16 and Latin-1, composed and decomposed, as addresses
and JSON write them, in any case. An id that is short, or a number, is found with its platform before it, as a word between
others in a quarantined row, and by equality in the columns of ids of its platform.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import duckdb
import pyarrow as pa

from clout.config.native_ids import look_alike
from clout.privacy.erasure import KEYS, Request

_CHUNK, _OVERLAP = 1 << 24, 1 << 12
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "latin-1")
_WORD = re.compile(r"[\w.-]+")


class Search:
    """What must be found nowhere any more."""

    def __init__(self, request: Request) -> None:
        self.request = request
        #: Keys that are told from another account's by their case only.
        self._strict = {look_alike(key) for key in request.others}

    @cached_property
    def _sought(self) -> dict[bytes, tuple[str, bool]]:
        """Bytes that are sought, each with its encoding and whether case counts; where it does not, in lower case."""
        found: dict[bytes, tuple[str, bool]] = {}
        for text in self.request.keys | self.request.names | self.request.telling_ids:
            is_strict = look_alike(text) in self._strict or any(
                look_alike(f"{key.partition(':')[0]}:{text}") in self._strict for key in self.request.keys
            )
            for form in _written(text, is_strict):
                for encoding in _ENCODINGS:
                    with contextlib.suppress(UnicodeEncodeError):
                        data = form.encode(encoding)
                        found.setdefault(data if is_strict else data.lower(), (encoding, is_strict))
        return found

    def is_in(self, data: bytes, is_path: bool = False) -> bool:
        """Whether bytes name the person. In a path hyphens and dots are what words are joined by, elsewhere parts of ids."""
        joined = (r"\w$", r"\w") if is_path else (r"[\w-]$|\w\.$", r"[\w-]|[.@]\w")
        lower = data.lower()  # of ASCII's letters; the others are sought in both cases
        for sought, (encoding, is_strict) in self._sought.items():
            text, wide = data if is_strict else lower, 2 if encoding.startswith("utf-16") else 1
            start = text.find(sought)
            while start >= 0:
                end = start + len(sought)
                before = text[max(0, start - 4 * wide) : start].decode(encoding, "ignore")[-2:]
                after = text[end : end + 4 * wide].decode(encoding, "ignore")[:2]
                if not re.search(joined[0], before) and not re.match(joined[1], after):
                    return True
                start = text.find(sought, start + 1)
        return False

    def found_in(self, root: Path) -> Iterator[Path]:
        """Every file under a folder that names the person: in its name, its bytes, or what these hold compressed."""
        for file in sorted(root.rglob("*")):
            if file.is_file() and self.is_in_file(file, root):
                yield file

    def is_in_file(self, file: Path, root: Path) -> bool:
        """Whether a file names the person."""
        place = str(file.relative_to(root))
        if self.is_in(place.encode("utf-8", "surrogateescape"), is_path=True):
            return True
        # Parquet's pages are packed, and what its footer holds besides are the least and the greatest of its cells.
        if file.suffix != ".parquet" and any(map(self.is_in, _pieces(file))):
            return True
        return any(self.is_in_table(rows, place) for rows in self._rows(file))

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        """One for all files: to open one takes longer than to read most of them."""
        return duckdb.connect(config={"threads": 1})

    def _rows(self, file: Path) -> Iterator[pa.Table]:
        """The tables in a file of Parquet or of DuckDB."""
        name = str(file).replace("'", "''")
        if file.suffix == ".parquet":
            relation = self._connection.sql(f"FROM read_parquet('{name}', hive_partitioning = false)")
            for batch in relation.to_arrow_reader(100_000):
                yield pa.Table.from_batches([batch])
            footer = self._connection.sql(
                "SELECT list_first(string_split(path_in_schema, ', ')) AS name, stats_min_value AS least,"
                f" stats_max_value AS greatest FROM parquet_metadata('{name}')"
            )
            for column, least, greatest in footer.fetchall():
                yield pa.table({column: pa.array([least, greatest], pa.string())})
            yield self._connection.sql(
                f"SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata('{name}')"
                " WHERE key <> 'ARROW:schema'::BLOB"
            ).to_arrow_table()
        elif file.suffix == ".duckdb":
            with duckdb.connect() as connection:
                connection.execute(f"ATTACH '{name}' AS searched (READ_ONLY)")
                tables = connection.sql(
                    "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'searched'"
                ).fetchall()
                for schema, table in tables:
                    yield connection.sql(f'FROM searched."{schema}"."{table}"').to_arrow_table()

    def is_in_table(self, rows: pa.Table, place: str = "") -> bool:
        """Whether a table names the person. place: where it lies, relative to its root."""
        named = re.search(r"platform=([^/]+)", place)
        # A post's own number may be anybody's.
        keys = self.request.posts if "snapshots/posts/" in place else self.request.keys
        own = {key.partition(":")[2] for key in keys if named and key.startswith(f"{named[1]}:")}
        for name in rows.column_names:
            cells = {text for text in _texts(rows[name]) if text}
            if name not in KEYS and self.is_in("\n".join(cells).encode("utf-8", "surrogatepass")):
                return True
            if any(self.request.is_key(part, name) for cell in cells for part in (cell, *cell.split(","))):
                return True
            if name == "raw" and any(
                not self.request.looks.isdisjoint(map(look_alike, _WORD.findall(t))) for t in cells
            ):
                return True
            if name == "native_id" and own & cells:
                return True
        return False


def _written(text: str, is_strict: bool) -> set[str]:
    """A text in all the forms in which it may stand somewhere."""
    cased = {text} if is_strict else {text, text.lower(), text.upper(), text.title(), text.casefold()}
    forms = {unicodedata.normalize(form, one) for one in cased for form in ("NFC", "NFD")} | cased
    return {
        written
        for one in forms
        for written in (one, quote(one, safe="", errors="replace"), quote(one, errors="replace"), json.dumps(one)[1:-1])
    }


def _pieces(file: Path) -> Iterator[bytes]:
    """A file's bytes, and those that it holds compressed."""
    with file.open("rb") as stream:
        yield from _chunks(stream)
    if file.suffix == ".gz":
        try:
            with gzip.open(file) as stream:
                yield from _chunks(stream)
        except (OSError, EOFError, zlib.error):
            return


def _chunks(stream: Iterable[bytes]) -> Iterator[bytes]:
    before = b""
    while chunk := stream.read(_CHUNK):  # type: ignore[attr-defined]
        yield before + chunk
        before = chunk[-_OVERLAP:]


def _texts(column: pa.ChunkedArray) -> Iterator[str]:
    """All texts of a column, those in lists and maps too."""
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        yield from column.unique().drop_null().to_pylist()
    elif pa.types.is_nested(kind):
        yield from _inside(column.to_pylist())


def _inside(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _inside(list(value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _inside(one)
