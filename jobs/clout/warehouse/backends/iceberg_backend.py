"""The warehouse as Iceberg tables, for any engine that reads Iceberg.

    <root>/data/<table>/ds=<day>/run=<run>-v<version>/part-0.parquet   the audited files themselves, never changed
    <root>/tables/<schema>.<table>/                                    Iceberg's metadata
    <root>/catalog.sqlite                                              the catalogue, unless it is elsewhere

**What a reader sees.** The heads of all tables lie in one SQL catalogue, and a publication moves all of them in one SQL
transaction: at no moment do two tables show different versions. An engine loads one table after the other, though, so a
query over several tables may meet a publication in between. Whoever must not pins the version: every version N leaves the
tag vN on every table, those that it did not change too, and `VERSION AS OF 'vN'` of all tables is one state.

Only SQL catalogues can do this, hence others are refused. The head of each table is compared with the last version's tag
before it is moved: what somebody else committed is never thrown away in silence.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import fs as pafs
from pyiceberg.catalog import load_catalog
from pyiceberg.catalog.sql import IcebergTables, SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.table import Table
from pyiceberg.table.update.snapshot import ManageSnapshots
from pyiceberg.transforms import IdentityTransform
from sqlalchemy import Connection, delete, insert, text
from sqlalchemy.exc import DatabaseError

from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.lake.staging import Staged
from clout.warehouse import catalog, commit_log, content_files
from clout.warehouse.backends import iceberg_damage
from clout.warehouse.backends.files_writer import FilesWriter
from clout.warehouse.backends.iceberg_tables import (
    HeadsTransaction,
    add_columns,
    arrow_of,
    change_days,
    damaged,
    files_of,
    harm_of_metadata,
    meta_of,
    refuse_foreign_head,
    schema_of,
    tag_head,
    tag_of,
)
from clout.warehouse.catalog import Days
from clout.warehouse.commit_log import Commit
from clout.warehouse.contract import Warehouse
from clout.warehouse.failpoints import step
from clout.warehouse.versions import DataFile, LogEntry, Release, check_state, visible_versions

#: The catalogue's name in a folder of ours. Not `clout`: engines would take clout.scores for a table of that catalogue.
NAME = "lakehouse"

#: The advisory lock of whoever writes, where the catalogue is in PostgreSQL.
LOCK = int.from_bytes(b"iceclout")


class IcebergWarehouse(Warehouse):
    """The Iceberg warehouse in a folder, or in a catalogue that PyIceberg's own configuration names."""

    def __init__(self, place: str) -> None:
        self.folder: Path | None = None
        if "/" in place:
            root = self.folder = Path(place).resolve()
            root.mkdir(parents=True, exist_ok=True)
            # A writer waits while another one holds the catalogue.
            properties = {"type": "sql", "uri": f"sqlite:///{root}/catalog.sqlite?timeout=600", "warehouse": str(root)}
            self._load = lambda: load_catalog(NAME, **properties)
        else:
            self._load = lambda: load_catalog(place)
        try:
            catalog = self._load()
        except DatabaseError as error:
            if self.folder is None:
                raise
            raise damaged(self.folder, error) from error
        if not isinstance(catalog, SqlCatalog):
            raise InvalidInput(
                f"iceberg:{place} is a {type(catalog).__name__}; only in a SQL catalogue can all tables of a day become"
                " visible in one step: configure a catalogue of type sql"
            )
        if not (root_location := catalog.properties.get("warehouse")):
            raise InvalidInput(f"iceberg:{place} has no property `warehouse`: name the folder or URI of the data")
        self.catalog = catalog
        self.root = Lake(root_location)
        self.location = f"iceberg: catalogue {catalog.name}, {self.root.uri}"

    def log(self) -> list[LogEntry]:
        """The log in order of version; empty where nothing is published."""
        return self.meta()[0]

    def meta(self) -> tuple[list[LogEntry], list[DataFile]]:
        """The log in order of version, and the parts that are kept. Raises InvalidInput where they are lost."""
        if self.folder is None:
            return meta_of(self.catalog)
        try:
            found = meta_of(self.catalog)
        except Exception as error:  # whatever PyIceberg, Arrow or the catalogue say of damage
            raise damaged(self.folder, error) from error
        if not found[0] and (kept := commit_log.read(self.folder)) and kept.log:
            raise damaged(self.folder, "it is empty, and version 1 was published already")
        return found

    def batches(self, name: str, version: int | None = None, day: Days = None) -> Iterator[pa.RecordBatch]:
        """The rows of a table, or of a view computed here, as it is shown or as it was when `version` was the newest."""
        relation = catalog.named(name)
        log, parts = self.meta()
        if not log:
            raise InvalidInput(f"{self.location}: nothing is published")
        if version is not None:
            check_state(log, parts, version)
        state = log[-1].version if version is None else version
        if relation.select is None:
            yield from self._scan(relation, state, day)
            return
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'; CREATE SCHEMA clout; CREATE SCHEMA meta")
            for table in catalog.tables():
                rows = pa.RecordBatchReader.from_batches(table.arrow_schema, self._scan(table, state))
                connection.register("rows", rows)
                connection.execute(f"CREATE TABLE {table.full_name} AS FROM rows")
            yield from connection.sql(f"FROM ({relation.select}){catalog.where(day)}").to_arrow_reader(catalog.BATCH)

    def harm(self) -> list[str]:
        """Whatever is not as it was published: content, and the metadata of every table."""
        try:
            log, parts = self.meta()
        except InvalidInput as invalid:
            return [str(invalid)]
        found = [content_files.described(*each) for each in content_files.harmed(self.root, parts)]
        if self.folder:
            copy = iceberg_damage.harm_of_copy(self.folder, log, parts)
            found += [f"{name} {what}" for name, what in [*copy, *iceberg_damage.harmed(self.folder)]]
        for relation in catalog.tables() if parts else []:
            if what := harm_of_metadata(self.catalog, relation):
                found.append(what)
        return found

    def heal_log(self) -> list[str]:
        """Build every table again from the copy of the log, where the catalogue or the tables of the log are lost."""
        if self.folder is None:
            return []
        try:
            self.meta()
            if not any("/meta.publish" in f"/{name}" for name, _ in iceberg_damage.harmed(self.folder)):
                return []
        except InvalidInput:
            pass
        kept = commit_log.read(self.folder)
        if kept is None or not kept.log:
            raise InvalidInput(f"{self.folder}: holds no copy of the log; restore the folder from a backup")
        with self.writing(is_healing=True) as writer:
            writer.build_all(kept)
        return [f"the log and the metadata of all tables, from {self.folder / commit_log.NAME}"]

    @contextlib.contextmanager
    def writing(self, is_healing: bool = False) -> Iterator[IcebergWriter]:
        """Wait for the catalogue's lock, and write within one SQL transaction. is_healing: the log need not be there."""
        catalog = self._load()
        assert isinstance(catalog, SqlCatalog)
        engine = catalog.engine
        try:
            with engine.connect() as connection:
                # PyIceberg commits through this connection: all its commits become one.
                catalog.engine = connection  # type: ignore[assignment]
                writer = IcebergWriter(catalog, connection, self.root)
                writer.begin()
                step("the catalogue is locked")
                if not is_healing:
                    self.meta()
                writer.prepare()
                yield writer
                step("all is done but the commit")
                connection.commit()
                step("it is committed")
                if self.folder:
                    log, parts = writer.meta()
                    iceberg_damage.keep(self.folder, log, parts, writer.states(log))
        finally:
            engine.dispose()

    def _scan(self, relation: catalog.Relation, state: int, day: Days = None) -> Iterator[pa.RecordBatch]:
        table = self.catalog.load_table(relation.full_name)
        snapshot = table.snapshot_by_name(tag_of(state))
        if snapshot is None:
            raise InvalidInput(f"gc has forgotten the state of version {state}")
        first, last = catalog.bounds(day)
        where = f"ds >= '{first}' AND ds <= '{last}'" if day else AlwaysTrue()
        arrow = relation.arrow_schema
        scan = table.scan(row_filter=where, snapshot_id=snapshot.snapshot_id)
        tasks = list(scan.plan_files())
        if any(task.delete_files for task in tasks):  # a tool of another made rows invisible
            for batch in scan.to_arrow_batch_reader():
                yield batch.select(arrow.names).cast(arrow)
            return
        for task in tasks:
            # Not by PyIceberg, which takes a whole file before it gives the first rows of it.
            with table.io.new_input(task.file.file_path).open() as stream:
                for batch in pq.ParquetFile(stream).iter_batches(catalog.BATCH):
                    yield _shown(batch, arrow, day)


def _shown(batch: pa.RecordBatch, arrow: pa.Schema, day: Days) -> pa.RecordBatch:
    """Rows of a file as their table is now, with NULL for a column that is newer than the file; those of the days alone."""
    there = set(batch.schema.names)
    columns = [batch[each.name] if each.name in there else pa.nulls(len(batch), each.type) for each in arrow]
    shown = pa.record_batch(columns, names=arrow.names).cast(arrow)
    if day is None:
        return shown
    first, last = catalog.bounds(day)
    return shown.filter(pc.and_(pc.greater_equal(shown["ds"], first), pc.less_equal(shown["ds"], last)))


class IcebergWriter(FilesWriter):
    """Writes within the one SQL transaction that will move all heads."""

    def __init__(self, catalog: SqlCatalog, connection: Connection, root: Lake) -> None:
        self.catalog = catalog
        self.connection = connection
        self.root = root

    def begin(self) -> None:
        """Begin the transaction as the only writer."""
        if self.connection.dialect.name == "sqlite":
            self.connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            self.connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})

    def meta(self) -> tuple[list[LogEntry], list[DataFile]]:
        """The log in order of version, and the parts that are kept."""
        return meta_of(self.catalog)

    def load(self, release: Release, staged: Staged, version: int) -> list[DataFile]:
        """Copy the release's files to their immutable places."""
        return content_files.copy(release, staged, self.root, version)

    def show(self, log: list[LogEntry], parts: list[DataFile]) -> None:
        """Commit the day's files to every table, and the log; the SQL transaction's end makes all of it visible."""
        entry, before = log[-1], log[:-1]
        metadata = {"clout.version": str(entry.version), "clout.run": entry.run_id, "clout.day": str(entry.ds)}
        for relation in catalog.tables():
            table = self.catalog.load_table(relation.full_name)
            refuse_foreign_head(table, before)
            with HeadsTransaction(table) as transaction:
                if relation.name in catalog.MEMORY:
                    rows = log if relation.name == "publish_log" else parts
                    write = transaction.overwrite if before else transaction.append
                    write(arrow_of(relation, rows), snapshot_properties=metadata)
                else:
                    change_days(
                        transaction,
                        relation,
                        visible_versions(before),
                        visible_versions(log),
                        parts,
                        self.root,
                        metadata,
                    )
                tag_head(transaction, entry.version)
            step("a table's head is moved")

    def forget(self, log: list[LogEntry], parts: list[DataFile], states: list[int]) -> int:
        """Take the tags of other states away, expire what no tag holds, and remove all files that nothing names."""
        tags = {tag_of(state) for state in states}
        for relation in catalog.tables():
            if log and relation.name == "published_files" and set(parts) != set(self.meta()[1]):
                table = self.catalog.load_table(relation.full_name)
                with HeadsTransaction(table) as transaction:
                    transaction.overwrite(arrow_of(relation, parts))
                    ManageSnapshots(transaction).remove_tag(tag_of(log[-1].version)).commit()
                    tag_head(transaction, log[-1].version)
            table = self.catalog.load_table(relation.full_name)
            with HeadsTransaction(table) as transaction:
                for name, reference in table.refs().items():
                    if reference.snapshot_ref_type == "tag" and name not in tags:
                        ManageSnapshots(transaction).remove_tag(name).commit()
            table = self.catalog.load_table(relation.full_name)
            held = {reference.snapshot_id for reference in table.refs().values()}
            if gone := [each.snapshot_id for each in table.snapshots() if each.snapshot_id not in held]:
                table.maintenance.expire_snapshots().by_ids(gone).commit()
            step("a table's old snapshots are expired")
        return self._commit_and_sweep()

    def erase(self, keys: frozenset[str], log: list[LogEntry], parts: list[DataFile]) -> int:
        """Write the parts that name a key again, and build the tables anew from them, every state that has a tag."""
        cleaned = [content_files.without(self.root, part, keys) for part in parts]
        new = [part for part, _ in cleaned]
        touched = {part.table_name for part, gone in cleaned if gone}
        for name in sorted(touched):
            relation = catalog.relations()[name]
            old = self.catalog.load_table(relation.full_name)
            refuse_foreign_head(old, log)
            states = sorted(entry.version for entry in log if tag_of(entry.version) in old.refs())
            self.catalog.drop_table(relation.full_name)
            self._fill(self._create(relation), relation, states, log, new)
            step("a table is built without the erased")
        if touched:
            relation = catalog.relations()["published_files"]
            with HeadsTransaction(self.catalog.load_table(relation.full_name)) as transaction:
                transaction.overwrite(arrow_of(relation, new))
                ManageSnapshots(transaction).remove_tag(tag_of(log[-1].version)).commit()
                tag_head(transaction, log[-1].version)
        self._commit_and_sweep()
        return sum(gone for _, gone in cleaned)

    def mend(self) -> None:
        """Build again the tables of content, and the views, whose metadata are harmed."""
        log, parts = self.meta()
        names = [name for name, _ in iceberg_damage.harmed(Path(self.root.root))] if self.is_local else []
        for relation in catalog.tables():
            of_table = [name for name in names if name.startswith(f"tables/{relation.full_name}-")]
            if log and relation.name not in catalog.MEMORY and (of_table or harm_of_metadata(self.catalog, relation)):
                self.catalog.drop_table(relation.full_name)
                self._fill(self._create(relation), relation, self.states(log), log, parts)
        if any(name.startswith("views/") for name in names):
            for relation in catalog.views():
                self._create_view(relation, catalog.mark())
            iceberg_damage.forget(Path(self.root.root), "views/")
        if names:
            self._commit_and_sweep()

    def build_all(self, kept: Commit) -> None:
        """Build every table again from a copy of the log."""
        for relation in catalog.tables():
            with contextlib.suppress(NoSuchTableError):
                self.catalog.drop_table(relation.full_name)
            table = self._create(relation)
            if relation.name not in catalog.MEMORY:
                self._fill(table, relation, sorted(kept.states), kept.log, kept.parts)
                continue
            for version in sorted(kept.states):
                log = kept.log[:version]
                parts = [part for part in kept.parts if part.version <= version]
                with HeadsTransaction(table) as transaction:
                    transaction.overwrite(arrow_of(relation, log if relation.name == "publish_log" else parts))
                    tag_head(transaction, version)
        self._commit_and_sweep()

    def states(self, log: list[LogEntry]) -> list[int]:
        """The versions whose state is kept: those with a tag."""
        refs = self.catalog.load_table("meta.publish_log").refs() if log else {}
        return [entry.version for entry in log if tag_of(entry.version) in refs]

    @property
    def is_local(self) -> bool:
        """Whether the warehouse lies in a local folder."""
        return isinstance(self.root.fs, pafs.LocalFileSystem)

    def prepare(self) -> None:
        """Make the tables and views that are missing, and add columns that are new."""
        mark = catalog.mark()
        for schema in ("clout", "meta"):
            self.catalog.create_namespace_if_not_exists(schema)
        if self.catalog.load_namespace_properties("meta").get("surface") == mark:
            return
        for relation in catalog.tables():
            try:
                add_columns(self.catalog.load_table(relation.full_name), relation)
            except NoSuchTableError:
                table = self._create(relation)
                for entry in self.meta()[0] if relation.name not in catalog.MEMORY else []:
                    with HeadsTransaction(table) as transaction:  # so that every table has the tag of every version
                        tag_head(transaction, entry.version)
        for relation in catalog.views():
            self._create_view(relation, mark)
        self.catalog.update_namespace_properties("meta", updates={"surface": mark})
        step("the tables are made")

    # Inside -----------------------------------------------------------------------------------------------------

    def _create(self, relation: catalog.Relation) -> Table:
        schema = schema_of(relation)
        by_day = PartitionSpec(PartitionField(schema.find_field("ds").field_id, 1000, IdentityTransform(), "ds"))
        table = self.catalog.create_table(
            relation.full_name,
            schema,
            location=f"{self.root.uri}/tables/{relation.full_name}-{uuid.uuid4().hex[:8]}",
            partition_spec=by_day if relation.name not in catalog.MEMORY else PartitionSpec(),
            # A commit that meets another one must fail, not be tried again upon what it has not seen.
            properties={"comment": relation.comment, "commit.retry.num-retries": "0"},
        )
        table.append(relation.arrow_schema.empty_table())  # a first snapshot: a table without one can bear no tag
        return table

    def _fill(
        self, table: Table, relation: catalog.Relation, states: list[int], log: list[LogEntry], parts: list[DataFile]
    ) -> None:
        """Commit every state to a table that was just made, each with its tag."""
        before = dict[date, int]()
        for state in states:
            with HeadsTransaction(table) as transaction:
                after = visible_versions(log, state)
                change_days(transaction, relation, before, after, parts, self.root, {"clout.version": str(state)})
                tag_head(transaction, state)
            before = after

    def _create_view(self, relation: catalog.Relation, mark: str) -> None:
        """A view, for the engines that read Iceberg's views from a SQL catalogue. PyIceberg cannot write them there."""
        location, made = f"{self.root.uri}/views/{relation.full_name}", 0
        version = {
            "version-id": 1,
            "schema-id": 0,
            "timestamp-ms": made,
            "summary": {},
            "representations": [{"type": "sql", "sql": relation.select, "dialect": "spark"}],
            "default-namespace": ["clout"],
        }
        metadata = {
            "view-uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, location)),
            "format-version": 1,
            "location": location,
            "schemas": [json.loads(schema_of(relation).model_dump_json())],
            "current-version-id": 1,
            "versions": [version],
            "version-log": [{"timestamp-ms": made, "version-id": 1}],
            "properties": {"comment": relation.comment},
        }
        file = f"views/{relation.full_name}/{mark}.metadata.json"
        path = f"{self.root.root}/{file}"
        self.root.fs.create_dir(f"{self.root.root}/views/{relation.full_name}", recursive=True)
        if self.root.fs.get_file_info(path).type == pafs.FileType.Directory:  # damage that took the file's place
            self.root.fs.delete_dir(path)
        with self.root.fs.open_output_stream(path) as stream:
            stream.write(json.dumps(metadata).encode())
        names = {"catalog_name": self.catalog.name, "table_namespace": relation.schema, "table_name": relation.name}
        self.connection.execute(delete(IcebergTables).filter_by(**names))
        self.connection.execute(
            insert(IcebergTables).values(**names, metadata_location=f"{self.root.uri}/{file}", iceberg_type="VIEW")
        )

    def _commit_and_sweep(self) -> int:
        """Make the writing visible; then, as the only writer again, remove every file that nothing names."""
        self.connection.commit()
        step("it is committed but for the removals")
        self.begin()
        known = {part.file for part in self.meta()[1]}
        for relation in catalog.tables():
            known |= {self._relative(file) for file in files_of(self.catalog.load_table(relation.full_name))}
        mark = self.catalog.load_namespace_properties("meta")["surface"]
        known |= {f"views/{relation.full_name}/{mark}.metadata.json" for relation in catalog.views()}
        found = [
            file for folder in ("data", "tables", "views") for file in content_files.files_below(self.root, folder)
        ]
        removed = content_files.remove(self.root, [file for file in found if file not in known])
        step("orphans are removed")
        return removed

    def _relative(self, location: str) -> str:
        return location.removeprefix("file://").removeprefix(f"{self.root.uri}/").removeprefix(f"{self.root.root}/")
