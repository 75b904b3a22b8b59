"""Erasure: who is meant by a request, how the person's rows leave a partition, and the search that proves it.

A person is found by account keys, and by the names that nobody else in the lake has: handles, display names, addresses of
profiles. A name that two people share, or that is short, identifies nobody and is not searched for: it goes with the rows
that the keys find. A name of one word is searched for behind an @.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property, reduce
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import fs as pafs

from clout.forgetting import Edit, partitions
from clout.lake import Lake
from clout.lake_schemas import CONFORMED, KINDS, SNAPSHOTS

#: Holds the request while it is carried out, so that a crash in the middle forgets nobody's names.
PENDING = ".erasing.json"
SHORTEST_NAME, LONG_NUMBER = 5, 14
#: The columns by which a row is the person's, of tables where it may also only speak of the person.
_OWN = {
    "accounts": ("account_key",),
    "posts": ("post_key", "author_key"),
    "interactions": ("actor_key", "target_account_key", "target_post_key", "source_post_key"),
    "account_links": ("account_a", "account_b"),
    "manifest": (),
}
_WORDS = {*KINDS, *SNAPSHOTS, *CONFORMED, *(name for schema in SNAPSHOTS.values() for name in schema.names)}
_ERASED = "(erased)"


@dataclass(frozen=True)
class Request:
    """Whom to erase: account keys; names that identify; keys of posts; platform:id of all that raw pages know by its id."""

    keys: frozenset[str]
    names: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()

    def __or__(self, other: Request) -> Request:
        return Request(
            *(mine | getattr(other, name) for name, mine in vars(self).items() if isinstance(mine, frozenset))
        )

    @cached_property
    def telling_ids(self) -> frozenset[str]:
        """The accounts' ids that identify without their platform: a number of few digits may be any number."""
        ids = {key.partition(":")[2] for key in self.keys}
        return frozenset(one for one in ids if len(one) > (LONG_NUMBER if one.isdigit() else SHORTEST_NAME))

    def ids_on(self, platform: str) -> frozenset[str]:
        """The ids of the person's accounts and posts on a platform."""
        split = (one.partition(":") for one in self.subjects | self.keys | self.posts)
        return frozenset(native_id for on, _, native_id in split if on == platform)

    @cached_property
    def searched(self) -> list[str]:
        """All texts that must be found nowhere, longest first."""
        plain = self.keys | self.names | self.telling_ids
        # Also as addresses and as JSON write them.
        written = {form for text in plain for form in (text, quote(text, safe=""), quote(text), json.dumps(text)[1:-1])}
        return sorted(written, key=lambda text: (-len(text), text))

    @cached_property
    def arrow_pattern(self) -> str:
        """The texts as words of their own, for Arrow's regular expressions."""
        return rf"(?i)(?:^|[^A-Za-z0-9_])(?:{'|'.join(map(re.escape, self.searched))})(?:$|[^A-Za-z0-9_])"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The same for texts."""
        return re.compile(self.arrow_pattern)

    @cached_property
    def bytes_pattern(self) -> re.Pattern[bytes]:
        """The same for bytes."""
        words = b"|".join(re.escape(text).encode() for text in self.searched)
        return re.compile(b"(?i)(?<![A-Za-z0-9_])(?:" + words + b")(?![A-Za-z0-9_])")

    def is_named_in(self, text: str) -> bool:
        """Whether a text names the person."""
        return self.pattern.search(text) is not None


def find(lake: Lake, keys: Iterable[str], names: Iterable[str] = ()) -> Request:
    """The request for some account keys: with all that the lake's snapshots know them by, and with `names`."""
    wanted = frozenset(keys)
    said: set[str] = set()
    subjects: set[str] = set()
    for table in _tables(lake, "accounts", ["account_key", "native_id", "handle", "display_name", "url"]):
        mine = table.filter(pc.is_in(table["account_key"], pa.array(sorted(wanted))))
        subjects.update(map(_on_platform, mine["account_key"].to_pylist(), mine["native_id"].to_pylist()))
        for column in ("handle", "display_name", "url"):
            said.update(text.lower() for text in mine[column].drop_null().to_pylist())
    words = {text for text in said if text.isalpha()}
    for table in _tables(lake, "accounts", ["account_key", "handle", "display_name", "url"]):
        others = table.filter(pc.invert(pc.is_in(table["account_key"], pa.array(sorted(wanted)))))
        for column in ("handle", "display_name", "url"):
            said.difference_update(pc.utf8_lower(pc.unique(others[column])).to_pylist())
    posts: set[str] = set()
    for table in _tables(lake, "posts", ["post_key", "native_id", "author_key"]):
        mine = table.filter(pc.fill_null(pc.is_in(table["author_key"], pa.array(sorted(wanted))), False))
        posts.update(mine["post_key"].to_pylist())
        subjects.update(map(_on_platform, mine["post_key"].to_pylist(), mine["native_id"].to_pylist()))
    # One word may be anybody's: it names the person only where it is said to be a name.
    identifying = {
        f"@{name}" if name in words else name for name in said if len(name) >= SHORTEST_NAME and name not in _WORDS
    }
    return Request(
        wanted, frozenset({*identifying, *(name.lower() for name in names)}), frozenset(posts), frozenset(subjects)
    )


def _on_platform(key: str, native_id: str) -> str:
    return f"{key.partition(':')[0]}:{native_id}"


def linked(lake: Lake, key: str) -> frozenset[str]:
    """All accounts of the person whom the newest score date that knows the account takes it for."""
    for _, path in reversed(partitions(lake, "features/persons")):
        person_of = dict(zip(*lake.read(path).to_pydict().values(), strict=True))
        if key in person_of:
            return frozenset(each for each, person in person_of.items() if person == person_of[key])
    return frozenset({key})


def _tables(lake: Lake, table: str, columns: list[str]) -> Iterator[pa.Table]:
    found = lake.fs.get_file_info(pafs.FileSelector(f"{lake.root}/snapshots/{table}", allow_not_found=True))
    for info in found:
        for _, path in partitions(lake, f"snapshots/{table}/{info.base_name}"):
            yield lake.read(path, columns=columns)


# The pending request ---------------------------------------------------------------------------------------------


def pending(lake: Lake) -> Request | None:
    """The request that was begun and not brought to its end, if there is one."""
    try:
        with lake.fs.open_input_stream(f"{lake.root}/{PENDING}") as stream:
            return Request(**{name: frozenset(texts) for name, texts in json.loads(stream.read()).items()})
    except FileNotFoundError:
        return None


def begin(lake: Lake, request: Request) -> None:
    """Note the request until it is done."""
    with lake.fs.open_output_stream(f"{lake.root}/{PENDING}.new") as stream:
        stream.write(json.dumps({name: sorted(texts) for name, texts in asdict(request).items()}).encode())
    lake.fs.move(f"{lake.root}/{PENDING}.new", f"{lake.root}/{PENDING}")


def done(lake: Lake) -> None:
    """Forget the request itself."""
    lake.fs.delete_file(f"{lake.root}/{PENDING}")


# Partitions ------------------------------------------------------------------------------------------------------


def folders(lake: Lake) -> list[str]:
    """Every folder of the lake that holds Parquet files, what a crash left included, relative to the lake."""
    found = lake.fs.get_file_info(pafs.FileSelector(lake.root, recursive=True, allow_not_found=True))
    parents = {info.path.rsplit("/", 1)[0] for info in found if info.base_name.endswith(".parquet")}
    return sorted(parent.removeprefix(f"{lake.root}/") for parent in parents)


def edit_of(folder: str, request: Request) -> Edit:
    """How the person leaves the partitions of a table: rows of theirs go; where others' rows name them, the cell is emptied."""
    parts = folder.split("/")
    table = parts[1] if parts[0] == "snapshots" else parts[0]
    own = _OWN.get(table)

    def edit(rows: pa.Table) -> tuple[pa.Table, int]:
        named = {name: _named(rows[name], request) for name in rows.column_names}
        theirs = [found for name, found in named.items() if found is not None and (own is None or name in own)]
        if table == "post_actions":
            theirs.append(pc.is_in(rows["post_key"], pa.array(sorted(request.posts), pa.string())))
        gone = reduce(pc.or_, theirs, pa.chunked_array([pa.repeat(False, rows.num_rows)]))
        speaking = reduce(pc.or_, [found for found in named.values() if found is not None], gone)
        for place, field in enumerate(rows.schema):
            found = named[field.name]
            if found is not None and pc.any(found).as_py():
                rows = rows.set_column(place, field, _emptied(rows[field.name], found, field, request))
        return rows.filter(pc.invert(gone)), pc.sum(speaking).as_py() or 0

    return edit


def _named(column: pa.ChunkedArray, request: Request) -> pa.ChunkedArray | None:
    """Which cells of a column of texts or lists of texts name the person; None for other columns."""
    if pa.types.is_string(column.type):
        return pc.fill_null(pc.match_substring_regex(column, request.arrow_pattern), False)
    if pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type):
        return pa.chunked_array(
            [[any(map(request.is_named_in, cell or ())) for cell in column.to_pylist()]], pa.bool_()
        )
    return None


def _emptied(column: pa.ChunkedArray, named: pa.ChunkedArray, field: pa.Field, request: Request) -> Any:
    if pa.types.is_list(column.type):
        cells = [cell and [one for one in cell if not request.is_named_in(one)] for cell in column.to_pylist()]
        return pa.array(cells, column.type)
    return pc.if_else(named, pa.scalar(None if field.nullable else _ERASED, pa.string()), column)


# The search ------------------------------------------------------------------------------------------------------


def found_in(root: Path, request: Request) -> Iterator[Path]:
    """Every file under a folder that names the person: in its name, its bytes, or what these hold compressed."""
    for file in sorted(root.rglob("*")):
        if file.is_file() and file.name != PENDING and names_person(file, root, request):
            yield file


def names_person(file: Path, root: Path, request: Request) -> bool:
    """Whether a file names the person."""
    if request.is_named_in(str(file.relative_to(root))):
        return True
    return any(request.bytes_pattern.search(piece) for piece in _pieces(file))


_CHUNK, _OVERLAP = 1 << 24, 1 << 12


def _pieces(file: Path) -> Iterator[bytes]:
    """A file's bytes, and what they hold: gzip, the texts of Parquet and of DuckDB's tables."""
    with file.open("rb") as stream:
        before = b""
        while chunk := stream.read(_CHUNK):
            yield before + chunk
            before = chunk[-_OVERLAP:]
    if file.suffix == ".gz":
        try:
            with gzip.open(file) as stream:
                before = b""
                while chunk := stream.read(_CHUNK):
                    yield before + chunk
                    before = chunk[-_OVERLAP:]
        except (OSError, EOFError, zlib.error):
            return
    if file.suffix == ".parquet":
        with pq.ParquetFile(file) as parquet:
            for batch in parquet.iter_batches():
                yield _texts(pa.Table.from_batches([batch]))
    if file.suffix == ".duckdb":
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{str(file).replace(chr(39), chr(39) * 2)}' AS searched (READ_ONLY)")
            tables = connection.sql(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'searched'"
            ).fetchall()
            for schema, table in tables:
                yield _texts(connection.sql(f'FROM searched."{schema}"."{table}"').to_arrow_table())


def is_in_table(rows: pa.Table, request: Request) -> bool:
    """Whether a table's texts name the person."""
    return request.bytes_pattern.search(_texts(rows)) is not None


def _texts(rows: pa.Table) -> bytes:
    """All texts of a table, one a line."""
    cells = []
    for column in rows.columns:
        while pa.types.is_list(column.type):
            column = pc.list_flatten(column)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            cells += pc.unique(column).drop_null().to_pylist()
    return "\n".join(cells).encode("utf-8", "surrogatepass")
