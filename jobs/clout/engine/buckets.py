"""The engine of nights too large for one process: DuckDB on buckets of people, in tasks that a scheduler hands out.

People are numbers in the order of their keys (duckdb_engine.py), and somebody's bucket is their number modulo the number of
buckets. That needs no hash and knows no collisions, and leaves the order of adding as it is in one process: the bytes depend
neither on how many buckets there are, nor on who does the tasks. A query whose header says `Split` is a task a bucket, which
reads files of its bucket and writes one. Rows lie in the file of the bucket that made them, in the order of the bucket that
wants them next, so that each task reads its part of all files. All other queries, and the graphs, are computed here, over
these files.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from functools import cached_property
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
from pyarrow import fs as pafs

from clout.engine import queries
from clout.engine.duckdb_engine import ACTS_AT_ONCE, BUCKET, PEOPLE, DiskDuckDB, Files, Rows, with_word
from clout.engine.frames import Frame, to_arrow
from clout.engine.parts import Given, Task, local_relation
from clout.engine.scheduler import Scheduler, Spark
from clout.lake.partitions import PARTS, Lake

#: What files of features say of themselves, besides PEOPLE: how many they and the buckets are, and by whom their rows are, see
#: queries.Split.
_FILES, _BUCKETS, _BY, _THEN = "files", "buckets", "rows_by", "rows_then"
#: Posts have keys and no numbers: their bucket is a hash of the key, which this process alone computes.
POST = "post_key"


class Days:
    """The activity of some days as it lies in the lake, with keys: a list of files a part, which has some of the days.

    batches: conditions for each part, of those days of it whose acts are computed at once.
    """

    def __init__(self, whole: Frame, files: list[list[str]], batches: list[list[str]]) -> None:
        self.whole, self.files, self.batches = whole, files, batches
        #: What a FROM names it by, once it is asked for.
        self.relation = ""

    def toArrow(self) -> pa.Table:
        """See Rows."""
        return to_arrow(self.whole)


class Spread:
    """Rows in files, with people as numbers. files: a list a bucket; by: the column whose buckets these are, if any is.

    then: the column by whose buckets the rows of each file are sorted; batches: see Days, of rows by day. Files that are the
    engine's go with this object.
    """

    def __init__(
        self,
        engine: Buckets,
        files: list[list[str]],
        by: str | None,
        then: str | None,
        folder: str = "",
        of: tuple[Spread, ...] = (),
    ) -> None:
        self.engine, self.files, self.by, self.then, self.of = engine, files, by, then, of
        self.batches = [[""]] * len(files)
        if folder:
            weakref.finalize(self, _remove, engine.store, folder).atexit = False

    @property
    def all_files(self) -> list[str]:
        """The files of all buckets."""
        return [file for files in self.files for file in files]

    @cached_property
    def columns(self) -> list[str]:
        """The names of the columns."""
        schema = pq.read_schema(self.all_files[0], filesystem=self.engine.store)
        return [name for name in schema.names if name != BUCKET]

    def toArrow(self) -> pa.Table:
        """See Rows."""
        return self.engine.whole(self).toArrow()


class Buckets(DiskDuckDB):
    """DuckDB in tasks. Takes what DiskDuckDB takes, and Spread; gives Spread, or Rows. See engines.NightEngine."""

    def __init__(self, lake: Lake, number: int, scheduler: Scheduler) -> None:
        super().__init__(scheduler.memory)
        self.number, self._scheduler, self.store = number, scheduler, lake.fs
        self._uri, self._made_files = lake.uri, 0
        #: Where tasks leave their files: beside the lake where others than this machine must reach it.
        self._shared = isinstance(scheduler, Spark) or not isinstance(lake.fs, pafs.LocalFileSystem)
        self._place = f"{lake.root}/{PARTS}/{uuid4().hex}" if self._shared else self.folder.name
        if self._shared:
            lake.fs.create_dir(self._place, recursive=True)
            weakref.finalize(self, _remove, lake.fs, self._place)
        #: Tables of this process that tasks read, as files.
        self._exported: weakref.WeakKeyDictionary[Rows, Spread] = weakref.WeakKeyDictionary()
        #: The last frame that was read whole, and the view of it: trust and rank ask for the same edges.
        self._seen: tuple[Spread, Rows] | None = None

    # What comes in ---------------------------------------------------------------------------------------------------

    def conformed(self, lake: Lake, table: str, days: list[date]) -> Frame:
        """See NightEngine."""
        found = super().conformed(lake, table, days)
        if table != "activity" or isinstance(found, pa.Table):
            return found
        there = [day for day in sorted(days) if lake.exists(lake.conformed(table, day))]
        rows = sum(lake.count(lake.conformed(table, day)) for day in there)
        number = min(self.number, len(there))
        at_once = max(1, len(there) * ACTS_AT_ONCE // max(1, rows))
        parts = [there[len(there) * n // number : len(there) * (n + 1) // number] for n in range(number)]
        batches = [[part[n : n + at_once] for n in range(0, len(part), at_once)] for part in parts]
        return Days(
            found,
            [lake.files([lake.conformed(table, day) for day in part]) for part in parts],
            [[f" WHERE ds BETWEEN DATE '{days[0]}' AND DATE '{days[-1]}'" for days in of_part] for of_part in batches],
        )

    # What is computed ------------------------------------------------------------------------------------------------

    def run(self, query: str, parameters: Mapping[str, Any], **inputs: Frame) -> Frame:
        """See Engine. One task a bucket where the query's header says how, and where its input is large."""
        split = queries.load(query).split
        if split is None or not (
            POST in split.by.values() or any(isinstance(inputs[name], Spread | Days) for name in split.by)
        ):
            return super().run(query, parameters, **inputs)
        text, bound = queries.for_duckdb(query, parameters, {name: name for name in inputs})
        often = {name for name in inputs if text.count(f'"{name}"') > 1}
        whole = {
            name: self._table(self._spread(rows), held=name in often)
            for name, rows in inputs.items()
            if name not in split.by
        }
        days = [rows for rows in inputs.values() if isinstance(rows, Days)]
        if days:
            whole = {"keys": self._table(self._keys_file)} | whole
        given = [
            whole
            | {name: self._part(inputs[name], column, *part, held=name in often) for name, column in split.by.items()}
            for part in self._parts(split.by, inputs)
        ]
        made = self._spread_out(text, bound, given, split.rows, split.then)
        if days and split.rows == "ds":
            made.batches = days[0].batches
        return made

    def union_all(self, frames: list[Frame]) -> Frame:
        """See Engine."""
        spread = [frame for frame in frames if isinstance(frame, Spread)]
        if len(spread) < len(frames) or len({(each.by, each.then, len(each.files)) for each in spread}) > 1:
            return super().union_all(frames)
        files = [
            [file for files in of_bucket for file in files]
            for of_bucket in zip(*(s.files for s in spread), strict=True)
        ]
        return Spread(self, files, spread[0].by, spread[0].then, of=tuple(spread))

    def day_batches(self, activity: Frame, days: list[date]) -> list[tuple[date, date]]:
        """See Engine. A bucket has few rows: all days at once."""
        return [(days[0], days[-1])] if isinstance(activity, Days) else super().day_batches(activity, days)

    def target_batches(self, rows: Frame) -> list[Frame]:
        """See Engine. A bucket is a batch."""
        return [rows] if isinstance(rows, Spread) else super().target_batches(rows)

    # What goes out ---------------------------------------------------------------------------------------------------

    def save_features(self, lake: Lake, name: str, day: date, rows: Frame, metadata: dict[str, Any]) -> Frame:
        """See NightEngine. A file a bucket, in which people stay numbers."""
        if not isinstance(rows, Spread):
            return super().save_features(lake, name, day, rows, metadata)
        counts = {_FILES: str(len(rows.files)), _BUCKETS: str(self.number)}
        noted = {PEOPLE: self._people, **counts, _BY: rows.by or "", _THEN: rows.then or ""}
        order = f'"{BUCKET}"' if rows.then else ""
        with lake.replacing(lake.features(name, day)) as aside:
            given = [self._table(rows, files, bucket=True) for files in rows.files if files]
            self._hand_out('FROM "rows"', {}, [{"rows": each} for each in given], f"{lake.root}/{aside}", order, noted)
            lake.write_metadata(aside, metadata)
        return rows

    def _of_numbers(self, rows: Frame, files: list[str], noted: dict[str, str]) -> Frame:
        if noted.get(_BUCKETS) != str(self.number) or noted.get(_FILES) != str(len(files)):
            return super()._of_numbers(rows, files, noted)
        return Spread(self, [[file] for file in sorted(files)], noted[_BY] or None, noted[_THEN] or None)

    def whole(self, frame: Spread) -> Rows:
        """All rows of a frame, for a query that is not split."""
        if self._seen is None or self._seen[0] is not frame:
            relation = self._files_relation(frame.all_files)
            text = f"SELECT {', '.join(map(with_word, frame.columns))} FROM {relation}"
            self._seen = frame, self._view(text, frame)
        return self._seen[1]

    # Inside ----------------------------------------------------------------------------------------------------------

    def _relation(self, frame: Frame) -> str:
        if not isinstance(frame, Days):
            return super()._relation(frame)
        if not frame.relation:  # views read it, as long as the night takes
            frame.relation = (
                super()._relation(frame.whole) if isinstance(frame.whole, Files) else self._stored(frame.whole)
            )
        return frame.relation

    def _with_numbers(self, frame: Frame) -> Rows:
        if isinstance(frame, Spread):
            return self.whole(frame)
        return super()._with_numbers(frame)

    def _numbered_rows(self, frame: Frame) -> Rows:
        if isinstance(frame, Days):  # as a view: to number a night's activity as a whole would take the memory of it
            return self._view(self.numbering(self._relation(frame)), frame)
        return super()._numbered_rows(frame)

    def _files_relation(self, files: list[str]) -> str:
        if isinstance(self.store, pafs.LocalFileSystem):
            return local_relation(files)
        return self._stored(pads.dataset(files, filesystem=self.store, format="parquet"))

    def _stored(self, rows: pads.Dataset) -> str:
        self._made += 1
        self.connection.register(f"stored_{self._made}", rows)
        return f"stored_{self._made}"

    @cached_property
    def _keys_file(self) -> Spread:
        return self._export("FROM keys")

    @cached_property
    def _setup(self) -> tuple[str, ...]:
        """What a task's DuckDB must know. After all words are registered."""
        said = self.connection.execute(
            "SELECT type_name, labels FROM duckdb_types() WHERE logical_type = 'ENUM' AND NOT internal"
        ).fetchall()
        return (*queries.DUCKDB, *(queries.enumerated(name, words) for name, words in said))

    def _spread(self, frame: Frame, by_post: bool = False) -> Spread:
        """A frame as files, which tasks read."""
        if isinstance(frame, Spread):
            return frame
        rows = self._with_numbers(frame)
        if rows not in self._exported:
            text = f"FROM {rows.name}"
            if by_post:
                text = (
                    f'SELECT *, CAST(hash({POST}) % {self.number} AS SMALLINT) AS "{BUCKET}" {text} ORDER BY "{BUCKET}"'
                )
            self._exported[rows] = self._export(text, POST if by_post else None)
        return self._exported[rows]

    def _export(self, text: str, then: str | None = None) -> Spread:
        folder = self._new_folder()
        reader = self.connection.sql(text).to_arrow_reader(1_000_000)
        with pq.ParquetWriter(
            f"{folder}/part-0.parquet", _plain(reader.schema), filesystem=self.store, compression="snappy"
        ) as writer:
            for batch in reader:
                writer.write_table(pa.Table.from_batches([batch]).cast(writer.schema))
        return Spread(self, [[f"{folder}/part-0.parquet"]], None, then, folder)

    def _table(
        self, rows: Spread, files: list[str] | None = None, where: str = "", held: bool = True, bucket: bool = False
    ) -> Given:
        columns = [*map(with_word, rows.columns), *([BUCKET] if bucket and rows.then else [])]
        return Given(
            f"SELECT {', '.join(columns)} FROM {{files}}{where}",
            tuple(rows.all_files if files is None else files),
            often=held,
        )

    def _parts(self, by: Mapping[str, str], inputs: Mapping[str, Frame]) -> list[tuple[int, str]]:
        """The parts of a query: a bucket each; or some days each, by the place of their files and a condition."""
        for rows in (inputs[name] for name, column in by.items() if column == "ds"):
            if isinstance(rows, Days):
                return [(part, "") for part in range(len(rows.files))]
            if isinstance(rows, Spread) and rows.by == "ds":
                return [(part, days) for part, batches in enumerate(rows.batches) for days in batches]
        return [(part, "") for part in range(self.number)]

    def _part(self, frame: Frame, column: str, part: int, days: str, held: bool) -> Given:
        """The rows of a bucket of a column, or of some days."""
        if isinstance(frame, Days):
            numbered = self.numbering(self._relation(frame), "{files}")
            return Given(numbered, tuple(frame.files[part]), dated=True, often=held)
        rows = self._spread(frame, by_post=column == POST)
        if rows.by == column:
            return self._table(rows, rows.files[part], days, held)
        of_bucket = BUCKET if rows.then == column else f"{column} % {self.number}"
        return self._table(rows, where=f" WHERE {of_bucket} = {part}", held=held)

    def _spread_out(
        self, text: str, bound: dict[str, Any], given: list[dict[str, Given]], by: str | None, then: str | None
    ) -> Spread:
        folder, order = self._new_folder(), ""
        if then:
            text = f'SELECT *, CAST({then} % {self.number} AS SMALLINT) AS "{BUCKET}" FROM ({text}) AS made'
            order = f'"{BUCKET}"'
        files = self._hand_out(text, bound, given, folder, order)
        return Spread(self, [[file] for file in files], by, then, folder)

    def _hand_out(
        self,
        text: str,
        bound: dict[str, Any],
        given: list[dict[str, Given]],
        folder: str,
        order: str = "",
        noted: Mapping[str, str] | None = None,
    ) -> list[str]:
        """Have tasks done, one for each of `given`. Gives their files."""
        files = [f"{folder}/part-{number:05}.parquet" for number in range(len(given))]
        self._scheduler.do(
            [
                Task(self._uri, text, each, file, self._setup, self._scheduler.memory, bound, order, noted or {})
                for each, file in zip(given, files, strict=True)
            ]
        )
        return files

    def _new_folder(self) -> str:
        self._made_files += 1
        folder = f"{self._place}/{self._made_files:05}"
        self.store.create_dir(folder)
        return folder


def _remove(store: pafs.FileSystem, folder: str) -> None:
    """Remove a folder, unless what it lay in went before."""
    with suppress(FileNotFoundError):
        store.delete_dir(folder)


def _plain(schema: pa.Schema) -> pa.Schema:
    """Words as text instead of their numbers in a dictionary."""
    return pa.schema([f.with_type(pa.string()) if pa.types.is_dictionary(f.type) else f for f in schema])
