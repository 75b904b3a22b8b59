"""Erasure: who is meant by a request, and how the person's rows leave a partition.

A person is found by account keys, and by the names that nobody else in the lake has: handles, display names, addresses of
profiles. A name that two people share, or that is short, identifies nobody and is not searched for: it goes with the rows
that the keys find. A name of one word is searched for behind an @.

Columns of keys are compared by equality of the keys' normal form, in which upper case is lower case only on platforms that
do not tell them apart (Reader.folds_case). Only other people's texts are searched, for words of their own: dan is not in
dan-smith.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import fs as pafs

from clout.config.native_ids import look_alike, look_alike_key, look_alike_keys, normal_key
from clout.lake.column_roles import OWNERS, ROLES, Role, people_of, role
from clout.lake.partitions import Lake
from clout.lake.schemas import CONFORMED, KINDS, SNAPSHOTS
from clout.privacy.row_deletion import RowFilter, files, partitions
from clout.privacy.suppression import names_any

SHORTEST_NAME, LONG_NUMBER = 5, 14
_WORDS = {*KINDS, *SNAPSHOTS, *CONFORMED, *(name for schema in SNAPSHOTS.values() for name in schema.names)}
_ERASED = "(erased)"
#: Columns of keys and ids of accounts and posts: never searched for words.
KEYS = frozenset(name for name, role in ROLES.items() if role in (Role.ACCOUNT, Role.POST, Role.ID))


@dataclass(frozen=True)
class Request:
    """Whom to erase: account keys; names that identify; keys of posts; platform:id of all that raw pages know by its id."""

    keys: frozenset[str]
    names: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    #: Platforms that take upper case for lower case in ids.
    folding: frozenset[str] = frozenset()
    #: Keys that look like one of `keys`, and are somebody else's.
    others: frozenset[str] = frozenset()
    #: Keys of other accounts that begin with one of `keys` and a slash, as the keys of its posts do: theirs begin so, too.
    below: frozenset[str] = frozenset()

    def form(self, key: str) -> str:
        """What two keys of one account have in common."""
        normal = normal_key(key)
        return normal.casefold() if normal.partition(":")[0] in self.folding else normal

    @cached_property
    def forms(self) -> frozenset[str]:
        """The forms of the person's keys and posts."""
        return frozenset(map(self.form, self.keys | self.posts))

    def is_key(self, cell: str, column: str = "") -> bool:
        """Whether a cell is a key of the person's: an account, a post, or a post's that begins with the account's."""
        form = self.form(cell)
        if form in self.forms:
            return True
        if role(column) is not Role.POST:
            return False
        head, slash, _ = form.partition("/")
        is_theirs = False
        while slash:
            if head in self._below:
                is_theirs = False
            elif head in self._accounts or head.rpartition("/")[2] in self._dids:
                is_theirs = True
            head, slash = _longer(form, head)
        return is_theirs

    @cached_property
    def _accounts(self) -> frozenset[str]:
        return frozenset(map(self.form, self.keys))

    @cached_property
    def _below(self) -> frozenset[str]:
        return frozenset(map(self.form, self.below))

    @cached_property
    def _dids(self) -> frozenset[str]:
        """Ids that are unique without their platform, and stand inside of the addresses of posts."""
        ids = {key.partition(":")[2] for key in self.keys}
        return frozenset(one for one in ids if one.startswith("did:"))

    @cached_property
    def telling_ids(self) -> frozenset[str]:
        """The accounts' ids that identify without their platform: a number of few digits may be any number."""
        ids = {key.partition(":")[2] for key in self.keys}
        return frozenset(one for one in ids if len(one) > (LONG_NUMBER if one.isdigit() else SHORTEST_NAME))

    @cached_property
    def looks(self) -> frozenset[str]:
        """What the ids of the person's accounts look like: words of a row that nobody could read."""
        return frozenset(look_alike(key.partition(":")[2]) for key in self.keys)

    def ids_on(self, platform: str) -> frozenset[str]:
        """The ids of the person's accounts and posts on a platform."""
        split = (one.partition(":") for one in self.subjects | self.keys | self.posts)
        return frozenset(native_id for on, _, native_id in split if on == platform)

    @cached_property
    def searched(self) -> list[str]:
        """All texts that must be found in no text of others, longest first."""
        plain = self.keys | self.names | self.telling_ids
        plain |= {unicodedata.normalize(form, text) for form in ("NFC", "NFD") for text in plain}
        # Also as addresses and as JSON write them.
        written = {form for text in plain for form in (text, quote(text, safe=""), quote(text), json.dumps(text)[1:-1])}
        return sorted(written, key=lambda text: (-len(text), text))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The texts as words of their own. Ids that look like another account's are told from it by their case."""
        alike = {look_alike_key(key) for key in self.others}
        strict = {text for key in self.keys if look_alike_key(key) in alike for text in (key, key.partition(":")[2])}
        words = [re.escape(text) if text in strict else f"(?i:{re.escape(text)})" for text in self.searched]
        return re.compile(rf"(?<![\w-])(?<!\w\.)(?:{'|'.join(words)})(?![\w-]|[.@]\w)")

    @cached_property
    def arrow_pattern(self) -> str:
        """What `pattern` finds is found by this, too, for Arrow's regular expressions."""
        return f"(?i){'|'.join(map(re.escape, self.searched))}"

    def is_named_in(self, text: str) -> bool:
        """Whether a text names the person."""
        return self.pattern.search(text) is not None


def _longer(form: str, head: str) -> tuple[str, str]:
    """The part of a key up to one slash more than `head`, and whether another slash follows."""
    place = form.find("/", len(head) + 1)
    return (form[:place], "/") if place >= 0 else (form, "")


def find(lake: Lake, keys: Iterable[str], names: Iterable[str] = (), folding: Iterable[str] = ()) -> Request:
    """The request for some account keys: with all that the lake's snapshots know them by, and with `names`."""
    asked = Request(frozenset(map(normal_key, keys)), folding=frozenset(folding))
    alike, below = _look_alikes(lake, asked)
    wanted = asked.keys | frozenset(key for key in alike if asked.form(key) in asked.forms)
    mine_keys = pa.array(sorted(wanted), pa.string())
    said: set[str] = set()
    subjects: set[str] = set()
    for table in _tables(lake, "accounts", ["account_key", "native_id", "handle", "display_name", "url"]):
        mine = table.filter(pc.is_in(table["account_key"], mine_keys))
        subjects.update(map(_on_platform, mine["account_key"].to_pylist(), mine["native_id"].to_pylist()))
        for column in ("handle", "display_name", "url"):
            said.update(text.lower() for text in mine[column].drop_null().to_pylist())
    words = {text for text in said if text.isalpha()}
    for table in _tables(lake, "accounts", ["account_key", "handle", "display_name", "url"]):
        others = table.filter(pc.invert(pc.is_in(table["account_key"], mine_keys)))
        for column in ("handle", "display_name", "url"):
            said.difference_update(pc.utf8_lower(pc.unique(others[column])).to_pylist())
    posts: set[str] = set()
    for table in _tables(lake, "posts", ["post_key", "native_id", "author_key"]):
        mine = table.filter(pc.fill_null(pc.is_in(table["author_key"], mine_keys), False))
        posts.update(mine["post_key"].to_pylist())
        subjects.update(map(_on_platform, mine["post_key"].to_pylist(), mine["native_id"].to_pylist()))
    # One word may be anybody's: it names the person only where it is said to be a name.
    identifying = {
        f"@{name}" if name in words else name for name in said if len(name) >= SHORTEST_NAME and name not in _WORDS
    }
    return Request(
        wanted,
        frozenset({*identifying, *(name.lower() for name in names)}),
        frozenset(posts),
        frozenset(subjects),
        asked.folding,
        frozenset(alike - wanted),
        frozenset(below - wanted),
    )


def _look_alikes(lake: Lake, asked: Request) -> tuple[set[str], set[str]]:
    """All keys of accounts in the lake that look like one that is asked for, whatever the case and the signs; and those that
    begin with one and a slash.
    """
    looks = pa.array(sorted(map(look_alike_key, asked.keys)), pa.string())
    begins = f"(?i)^(?:{'|'.join(re.escape(key) for key in sorted(asked.keys))})/"
    found: set[str] = set()
    below: set[str] = set()
    for folder in folders(lake):
        parts = folder.split("/")
        names = people_of(parts[1] if parts[0] == "snapshots" else parts[0])
        if not names or any(part.startswith((".tmp-", ".old-")) for part in parts):
            continue
        for file in files(lake, folder):
            with pq.ParquetFile(lake.fs.open_input_file(f"{lake.root}/{file}")) as opened:
                for batch in opened.iter_batches(columns=[n for n in names if n in opened.schema_arrow.names]):
                    for column in batch.columns:
                        there = pc.unique(column).drop_null()
                        found.update(there.filter(pc.is_in(look_alike_keys(there), looks)).to_pylist())
                        below.update(there.filter(pc.match_substring_regex(there, begins)).to_pylist())
    return found, below


def _on_platform(key: str, native_id: str) -> str:
    return f"{key.partition(':')[0]}:{native_id}"


def linked(lake: Lake, key: str, folding: Iterable[str] = ()) -> frozenset[str]:
    """All accounts of the person whom the newest score date that knows the account takes it for."""
    asked = Request(frozenset({normal_key(key)}), folding=frozenset(folding))
    for _, path in reversed(partitions(lake, "features/persons")):
        person_of = dict(zip(*lake.read(path).to_pydict().values(), strict=True))
        persons = {person for each, person in person_of.items() if asked.form(each) in asked.forms}
        if persons:
            return frozenset(each for each, person in person_of.items() if person in persons)
    return asked.keys


def _tables(lake: Lake, table: str, columns: list[str]) -> Iterator[pa.Table]:
    found = lake.fs.get_file_info(pafs.FileSelector(f"{lake.root}/snapshots/{table}", allow_not_found=True))
    for info in found:
        for _, path in partitions(lake, f"snapshots/{table}/{info.base_name}"):
            yield lake.read(path, columns=columns)


# Partitions ------------------------------------------------------------------------------------------------------


def folders(lake: Lake) -> list[str]:
    """Every folder of the lake that holds Parquet files, what a crash left included, relative to the lake."""
    found = lake.fs.get_file_info(pafs.FileSelector(lake.root, recursive=True, allow_not_found=True))
    parents = {info.path.rsplit("/", 1)[0] for info in found if info.base_name.endswith(".parquet")}
    return sorted(parent.removeprefix(f"{lake.root}/") for parent in parents)


def edit_of(folder: str, request: Request) -> RowFilter:
    """How the person leaves the partitions of a table: rows of theirs go; where others' rows name them, the cell is emptied."""
    parts = folder.split("/")
    table = parts[1] if parts[0] == "snapshots" else parts[0]
    own = OWNERS.get(table)

    def edit(rows: pa.Table) -> tuple[pa.Table, int]:
        named = {name: _named(rows[name], name, request) for name in rows.column_names}
        theirs = [found for name, found in named.items() if found is not None and (own is None or name in own)]
        gone = reduce(pc.or_, theirs, pa.chunked_array([pa.repeat(False, rows.num_rows)]))
        speaking = reduce(pc.or_, [found for found in named.values() if found is not None], gone)
        for place, field in enumerate(rows.schema):
            found = named[field.name]
            if found is not None and pc.any(found).as_py():
                rows = rows.set_column(place, field, _emptied(rows[field.name], found, field, request))
        return rows.filter(pc.invert(gone)), pc.sum(speaking).as_py() or 0

    return edit


def _named(column: pa.ChunkedArray, name: str, request: Request) -> pa.ChunkedArray | None:
    """Which cells of a column of texts or lists of texts name the person; None for other columns."""
    if pa.types.is_string(column.type):
        texts = pc.unique(column).drop_null()
        if role(name) is Role.TEXT and name != "raw":
            may = pc.match_substring_regex(texts, request.arrow_pattern)
            texts = texts.filter(
                pc.or_(may, pc.is_in(texts, pa.array(sorted(request.keys | request.posts), pa.string())))
            )
        theirs = [text for text in texts.to_pylist() if _names(text, name, request)]
        return pc.is_in(column, pa.array(theirs, pa.string()))
    if pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type):
        cells = column.to_pylist()
        return pa.chunked_array([[any(_names(one, name, request) for one in cell or ()) for cell in cells]], pa.bool_())
    return None


def _names(text: str, column: str, request: Request) -> bool:
    """Whether a cell of a column names the person: a key by equality, a free text by a word, a quarantined row by any id."""
    if request.is_key(text, column) or (role(column) is Role.TEXT and request.is_named_in(text)):
        return True
    return column == "raw" and names_any(text, request.looks)


def _emptied(column: pa.ChunkedArray, named: pa.ChunkedArray, field: pa.Field, request: Request) -> Any:
    if pa.types.is_list(column.type):
        cells = [cell and [one for one in cell if not _names(one, field.name, request)] for cell in column.to_pylist()]
        return pa.array(cells, column.type)
    return pc.if_else(named, pa.scalar(None if field.nullable else _ERASED, pa.string()), column)
