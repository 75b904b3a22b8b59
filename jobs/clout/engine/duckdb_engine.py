"""The engine of nights up to engines.ONE_BUCKET_ROWS: DuckDB, with tables that spill to disk where memory is short.

People are numbers in it, in the order of their keys: joining and grouping numbers of 4 bytes costs about half of what
strings cost. Platforms, variants and kinds are enumerated for the same reason. The queries of sql/ never look into a key but
for those of _NAMED. What is written has the keys and words again.
"""

from __future__ import annotations

import math
import os
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
from pyarrow import fs as pafs

from clout.engine import queries, trust_flow
from clout.engine.frames import Frame
from clout.engine.network_rank import Graph
from clout.engine.parts import local_relation
from clout.errors import InvalidInput
from clout.lake.arrow import features_path, in_groups
from clout.lake.columns import POSTS
from clout.lake.partitions import Lake
from clout.lake.schemas import CONFORMED, KINDS, SNAPSHOTS
from clout.lake.scratch import Scratch

#: The columns that hold somebody's key.
_KEYS = ("actor", "target", "account_key", "person_id", "author_key", "other_id")
#: Queries that look into a key, and are given the keys themselves. Their tables have a row per account at most.
_NAMED = (
    "scored_accounts",
    "remembered",
    "agreed",
    "consented",
    "locations",
    "person_regions",
    "attributed",
    "campaign_outcomes",
    "perk_selections",
    "person_credentials",
)
#: Queries that are cheap: computed whenever they are read, so that their rows are stored nowhere.
_VIEWS = ("persons_activity", "outgoing_weights")
#: The columns that hold one of few words, each with the type that enumerates them.
_WORDS = {
    "platform": "platforms",
    "variant": "variants",
    "strengths_from": "variants",
    "reverse_from": "variants",
    "kind": "kinds",
}
#: What a file of features says of itself where people are numbers in it: whose; and the column of buckets, see buckets.py.
PEOPLE, BUCKET = "people", "b"
_NOTHING = "SELECT NULL::VARCHAR"
_UNKNOWN = "a key that was not registered: "
_GRAPH = {"variant": pa.string(), "platform": pa.string(), "person_id": pa.int32()}


#: Rows of activity whose acts are computed at once, some days together, and ties that are counted at once, some targets
#: together: no day needs another, no target another, and a hash table of few million rows takes half the time of one of
#: all, and less memory.
ACTS_AT_ONCE, TIES_AT_ONCE = 1_500_000, 3_000_000


def memory_limit(physical: int) -> int:
    """Bytes that DuckDB may hold, of so many in the machine: a third, at most 6 GiB. Beyond that it works on disk."""
    return min(physical // 3, 6 << 30)


@dataclass(frozen=True)
class Files:
    """Parquet files with keys, as what a FROM can name."""

    relation: str

    def toArrow(self) -> pa.Table:
        """See Rows."""
        return queries.connect().sql(f"FROM {self.relation}").to_arrow_table()


class Rows:
    """A table of the engine, or a view of others, dropped when nobody holds it any more. numbered: people are numbers in it."""

    def __init__(self, engine: DiskDuckDB, name: str, numbered: bool = True, of: tuple[Any, ...] = ()) -> None:
        self.engine, self.name, self.numbered, self.of = engine, name, numbered, of
        weakref.finalize(self, engine.connection.execute, f"DROP {'VIEW' if of else 'TABLE'} {name}").atexit = False

    def toArrow(self) -> pa.Table:
        """The rows, with keys. Named as a DataFrame's."""
        return self.engine.named(self).to_arrow_table()


class DiskDuckDB:
    """DuckDB that may go to disk. Takes Arrow tables, datasets and files; gives Rows. See engines.Engine."""

    one_variant_at_a_time = True

    def __init__(self, memory: int | None = None) -> None:
        """memory: bytes that DuckDB may hold, instead of what the machine's size says."""
        self.folder = Scratch()
        self.connection = queries.connect()
        limit = memory or memory_limit(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
        for statement in (
            f"SET memory_limit = '{limit >> 20} MiB'",
            f"SET temp_directory = '{self.folder.name}'",
            "SET preserve_insertion_order = false",
            "CREATE TABLE keys (key VARCHAR, id INTEGER)",
            queries.enumerated("kinds", KINDS),
        ):
            self.connection.execute(statement)
        queries.register_beta_quantile(self.connection)
        self._registered = False
        self._made = 0
        #: Frames that are registered until the next table is made.
        self._given: list[str] = []
        #: Frames that came with keys, by id, and their tables with numbers. The frame is held so that its id stays its own.
        self._numbered: dict[int, tuple[Frame, Rows]] = {}
        #: The graph that trust was asked of last, for the rank to be asked of it next.
        self._graph: tuple[tuple[str, str, str], Graph] | None = None

    # What comes in ---------------------------------------------------------------------------------------------------

    def conformed(self, lake: Lake, table: str, days: list[date]) -> Frame:
        """See NightEngine."""
        return _parquet(lake, [lake.conformed(table, day) for day in days], CONFORMED[table])

    def posts(self, lake: Lake, platforms: Mapping[str, str], days: list[date]) -> Rows:
        """See NightEngine."""
        schema = pa.schema([SNAPSHOTS["posts"].field(name) for name in POSTS if name != "platform"])
        parts = []
        for source, platform in platforms.items():
            part = _parquet(lake, [lake.snapshot("posts", source, day) for day in days], schema, _LATE)
            parts.append(f"SELECT '{platform}' AS platform, * FROM {self._relation(part)}")
        return self._make(" UNION ALL ".join(parts), numbered=False)

    def register_keys(self, *frames: Frame) -> None:
        """See Engine. Raises ValueError where others are named later: their numbers would not be in the order of the keys."""
        for of in ("keys", "platforms", "variants"):
            columns = _KEYS if of == "keys" else tuple(name for name, kind in _WORDS.items() if kind == of)
            named = " UNION ".join(
                f"SELECT DISTINCT {name} FROM {relation}"
                for relation in map(self._relation, frames)
                for name in self._columns(relation)
                if name in columns
            )
            new = f"FROM ({named or _NOTHING}) AS named (key) WHERE key IS NOT NULL"
            known = (
                "SELECT key FROM keys" if of == "keys" else f"SELECT CAST(unnest(enum_range(NULL::{of})) AS VARCHAR)"
            )
            if self._registered:
                for [late] in self.connection.execute(f"SELECT key {new} AND key NOT IN ({known})").fetchall():
                    raise ValueError(_UNKNOWN + late)
            elif of == "keys":
                self.connection.execute(
                    f"INSERT INTO keys SELECT key, CAST(row_number() OVER (ORDER BY key) AS INTEGER) {new}"
                )
            else:
                words = self.connection.execute(f"SELECT key {new} ORDER BY key").fetchall()
                # '' is the platform of edges over all platforms, see sql/v2/edges.sql.
                over_all = {""} if of == "platforms" else set()
                self.connection.execute(queries.enumerated(of, over_all | {word for [word] in words}))
        self._registered = True

    def people(self, *frames: Frame) -> Rows:
        """See NightEngine. They are the keys that have a number."""
        return self._make("SELECT key AS account_key FROM keys", numbered=False)

    # What is computed ------------------------------------------------------------------------------------------------

    def run(self, query: str, parameters: Mapping[str, Any], **inputs: Frame) -> Frame:
        """See Engine."""
        if query in _NAMED:
            tables = {name: self._make_named(rows) for name, rows in inputs.items()}
        elif query in _VIEWS:  # a view holds what it reads: no longer than the view is needed, since activity is large
            tables = {name: self._numbered_rows(rows) for name, rows in inputs.items()}
        else:
            tables = {name: self._with_numbers(rows) for name, rows in inputs.items()}
        names = {name: rows.name for name, rows in tables.items()}
        text, bound = queries.for_duckdb(query, parameters, names)
        if query in _VIEWS:
            return self._view(text, *tables.values())
        return self._make(text, bound, numbered=query not in _NAMED)

    def union_all(self, frames: list[Frame]) -> Frame:
        """See Engine."""
        parts = [self._with_numbers(frame) for frame in frames]
        return self._view(" UNION ALL BY NAME ".join(f"FROM {part.name}" for part in parts), *parts)

    def day_batches(self, activity: Frame, days: list[date]) -> list[tuple[date, date]]:
        """See Engine."""
        many = max(1, len(days) * ACTS_AT_ONCE // max(1, self._count(self._relation(activity))))
        batches = [days[start : start + many] for start in range(0, len(days), many)]
        return [(batch[0], batch[-1]) for batch in batches]

    def target_batches(self, rows: Frame) -> list[Frame]:
        """See Engine."""
        numbered = self._with_numbers(rows)
        number = math.ceil(self._count(numbered.name) / TIES_AT_ONCE)
        if number <= 1:
            return [rows]
        return [
            self._view(f"FROM {numbered.name} WHERE target % {number} = {part}", numbered) for part in range(number)
        ]

    def trust(self, edges: Frame, parameters: dict[str, Any]) -> Rows:
        """See Engine."""
        if trust_flow.is_asked(parameters):
            columns = {**_GRAPH, "trust": pa.float64(), "gives": pa.float64(), "seed": pa.bool_()}
            return self._of_graphs(edges, columns, lambda graph: trust_flow.flow(graph, parameters))
        return self._of_graphs(edges, {**_GRAPH, "trusted": pa.bool_(), "seed": pa.bool_()}, Graph.trust)

    def rank(self, edges: Frame, parameters: dict[str, Any]) -> Rows:
        """See Engine."""
        numbers = {"rank": pa.float64(), "pct": pa.float64(), "rounds": pa.int64(), "residual": pa.float64()}
        ranked = self._of_graphs(edges, {**_GRAPH, **numbers}, lambda graph: graph.ranks(parameters))
        self._graph = None
        return ranked

    # What goes out ---------------------------------------------------------------------------------------------------

    def save_features(self, lake: Lake, name: str, day: date, rows: Frame, metadata: dict[str, Any]) -> Frame:
        """See NightEngine. People stay numbers in ties, the largest of a night's files; the file says of which keys."""
        found = self._rows(rows)
        if name == "ties":
            ordered = self.connection.sql(f"FROM {found.name}").order("variant, platform, target, actor")
            self._write(lake, lake.features(name, day), ordered, metadata, {PEOPLE: self._people})
            return found
        named = self.named(found)
        # The same rows give the same bytes. By all columns: which of them are the key is not known here.
        ordered = named.order(", ".join(f'"{each}"' for each in named.columns))
        self._write(lake, lake.features(name, day), ordered, metadata)
        return found

    def load_features(self, lake: Lake, name: str, day: date, metadata: dict[str, Any], made_by: str) -> Frame:
        """See NightEngine. Refuses numbers that are other people's: somebody was erased, or other days were read."""
        path = features_path(lake, name, day, metadata, made_by)
        found, files = _parquet(lake, [path]), lake.files([path])
        noted = pq.read_metadata(files[0], filesystem=lake.fs).metadata or {}
        if PEOPLE.encode() not in noted:
            return found
        if noted[PEOPLE.encode()].decode() != self._people:
            raise InvalidInput(f"the {name} of {day} are of other people; run jobs/{made_by}.py --day {day} first")
        return self._of_numbers(found, files, {key.decode(): value.decode() for key, value in noted.items()})

    def _of_numbers(self, rows: Frame, files: list[str], noted: dict[str, str]) -> Frame:
        """A frame of features in which people are numbers. noted: what their files say of themselves."""
        relation = self._relation(rows)
        columns = [each for each in self._columns(relation) if each != BUCKET]
        return self._make(f"SELECT {', '.join(map(with_word, columns))} FROM {relation}")

    @cached_property
    def _people(self) -> str:
        """Says whose the numbers are: differs where any key, or its number, does. After the keys are registered."""
        text = "SELECT CAST(bit_xor(md5_number(id || ' ' || key)) AS VARCHAR) FROM keys"
        [[digest]] = self.connection.execute(text).fetchall()
        return str(digest)

    def stage(self, folder: Lake, path: str, rows: Frame, *keys: str) -> None:
        """See NightEngine."""
        self._write(folder, path, self.named(self._rows(rows)).order(", ".join(keys)))

    def named(self, rows: Rows) -> duckdb.DuckDBPyRelation:
        """The rows with keys instead of numbers."""
        keys = self._keys(rows.name) if rows.numbered else []
        columns = [
            f"{name}.key AS {name}"
            if name in keys
            else (f"CAST(s.{name} AS VARCHAR) AS {name}" if name in _WORDS else f"s.{name}")
            for name in self._columns(rows.name)
        ]
        joins = [f"LEFT JOIN keys AS {name} ON {name}.id = s.{name}" for name in keys]
        return self.connection.sql(f"SELECT {', '.join(columns)} FROM {rows.name} AS s {' '.join(joins)}")

    # Inside ----------------------------------------------------------------------------------------------------------

    def _make(self, text: str, bound: Mapping[str, Any] | None = None, numbered: bool = True) -> Rows:
        self._made += 1
        self.connection.execute(f"CREATE TABLE made_{self._made} AS {text}", bound)
        while self._given:
            self.connection.unregister(self._given.pop())
        return Rows(self, f"made_{self._made}", numbered)

    def _view(self, text: str, *of: Any) -> Rows:
        self._made += 1
        self.connection.execute(f"CREATE VIEW made_{self._made} AS {text}")
        return Rows(self, f"made_{self._made}", of=of)

    def _count(self, relation: str) -> int:
        [[rows]] = self.connection.execute(f"SELECT count(*) FROM {relation}").fetchall()  # leaves no result open
        return int(rows)

    def _register(self, rows: Frame) -> str:
        self._made += 1
        self._given.append(f"given_{self._made}")
        self.connection.register(self._given[-1], rows)
        return self._given[-1]

    def _relation(self, frame: Frame) -> str:
        """The name under which a frame that came with keys can be read."""
        if isinstance(frame, Files):
            return frame.relation
        return frame.name if isinstance(frame, Rows) else self._register(frame)

    def _columns(self, relation: str) -> list[str]:
        return self.connection.sql(f"FROM {relation}").columns

    def _keys(self, relation: str) -> list[str]:
        return [name for name in self._columns(relation) if name in _KEYS]

    def _rows(self, frame: Frame) -> Rows:
        return frame if isinstance(frame, Rows) else self._with_numbers(frame)

    def _with_numbers(self, frame: Frame) -> Rows:
        """The rows with numbers instead of keys, made once for each frame."""
        if id(frame) not in self._numbered:
            numbered = self._numbered_rows(frame)
            if numbered is frame:
                return numbered
            self._numbered[id(frame)] = frame, numbered
        return self._numbered[id(frame)][1]

    def _numbered_rows(self, frame: Frame) -> Rows:
        if isinstance(frame, Rows) and frame.numbered:
            return frame
        return self._make(self.numbering(self._relation(frame)))

    def numbering(self, relation: str, instead: str = "") -> str:
        """A SELECT of a table's rows with numbers instead of keys. instead: the name to read in the table's place."""
        keys = self._keys(relation)
        columns = [
            f"CASE WHEN s.{name} IS NOT NULL AND {name}.id IS NULL THEN error('{_UNKNOWN}' || s.{name})"
            f" ELSE {name}.id END AS {name}"
            if name in keys
            else (f"as_{_WORDS[name]}(s.{name}) AS {name}" if name in _WORDS else f"s.{name}")
            for name in self._columns(relation)
        ]
        joins = [f"LEFT JOIN keys AS {name} ON {name}.key = s.{name}" for name in keys]
        return f"SELECT {', '.join(columns)} FROM {instead or relation} AS s {' '.join(joins)}"

    def _make_named(self, frame: Frame) -> Rows:
        if isinstance(frame, Rows):
            return self._make(f"SELECT * FROM ({self.named(frame).sql_query()}) AS s", numbered=False)
        return self._make(f"SELECT * FROM {self._relation(frame)}", numbered=False)

    def _of_graphs(
        self, edges: Frame, columns: dict[str, pa.DataType], kernel: Callable[[Graph], dict[str, Any]]
    ) -> Rows:
        """The kernel's answer for each variant and platform, one below the other."""
        rows_of_edges = self._with_numbers(edges).name
        schema = pa.schema(list(columns.items()))
        made = self._make(f"SELECT * FROM {self._register(schema.empty_table())}")
        groups = self.connection.execute(f"SELECT DISTINCT variant, platform FROM {rows_of_edges}").fetchall()
        for variant, platform in sorted(groups):
            graph = self._graph_of(rows_of_edges, variant, platform)
            answer = kernel(graph)
            count = len(graph.people)
            rows = pa.table({"variant": pa.repeat(variant, count), "platform": pa.repeat(platform, count), **answer})
            self.connection.execute(f"INSERT INTO {made.name} SELECT * FROM {self._register(rows.cast(schema))}")
        return made

    def _graph_of(self, edges: str, variant: str, platform: str) -> Graph:
        if self._graph is None or self._graph[0] != (edges, variant, platform):
            self._graph = None
            place = f"FROM {edges} WHERE variant = ? AND platform = ?"
            edge = self.connection.execute(
                f"SELECT actor, target, weight {place} AND weight IS NOT NULL", [variant, platform]
            ).fetchnumpy()
            seed = self.connection.execute(f"SELECT actor {place} AND weight IS NULL", [variant, platform]).fetchnumpy()
            graph = Graph.of_numbers(  # which alone holds what it is given, and lets go of it early
                np.asarray(edge.pop("actor")),
                np.asarray(edge.pop("target")),
                np.asarray(edge.pop("weight")),
                np.asarray(seed["actor"]),
            )
            self._graph = (edges, variant, platform), graph
        return self._graph[1]

    def _write(
        self,
        lake: Lake,
        path: str,
        rows: duckdb.DuckDBPyRelation,
        metadata: dict[str, Any] | None = None,
        noted: dict[str, str] | None = None,
        schema: pa.Schema | None = None,
    ) -> None:
        """Replace a folder by one file. metadata: noted beside it; noted: in the file itself; schema: if not the rows' own."""
        reader = rows.to_arrow_reader(1_000_000)
        schema = (schema or reader.schema).with_metadata(noted)
        with lake.replacing(path) as aside:
            with lake.parquet_writer(f"{aside}/part-0.parquet", schema) as writer:
                for group in in_groups(reader, 1_000_000):
                    writer.write_table(group.cast(schema))
            if metadata is not None:
                lake.write_metadata(aside, metadata)


def with_word(column: str) -> str:
    """A column of a file of numbers, in which words are text, as the engine holds it."""
    return f"as_{_WORDS[column]}({column}) AS {column}" if column in _WORDS else column


#: Columns that snapshots of an earlier version lack.
_LATE = {"from_feed": "BOOLEAN"}


def _parquet(
    lake: Lake, paths: list[str], schema: pa.Schema | None = None, late: Mapping[str, str] = MappingProxyType({})
) -> Frame:
    """The rows of partitions, of those that are there. A column `ds` that the files lack comes from their path.

    late: columns with their types that are NULL where files are older than they.
    """
    files = lake.files(paths)
    if not files and schema:
        return schema.empty_table()
    by_day = schema is not None and "ds" in schema.names
    if isinstance(lake.fs, pafs.LocalFileSystem):  # DuckDB's own reader takes half the time
        columns = ", ".join(schema.names) if schema else "*"
        rows = local_relation(files, "ds" if by_day else "", uneven=bool(late))
        if late:
            nulls = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in late.items())
            rows = f"(FROM {rows} UNION ALL BY NAME SELECT {nulls} WHERE false)"
        return Files(f"(SELECT {columns} FROM {rows})")
    place = pads.partitioning(pa.schema([("ds", pa.date32())]), flavor="hive") if by_day else None
    return pads.dataset(files, schema=schema, filesystem=lake.fs, format="parquet", partitioning=place)
