"""Operations on one Iceberg table: its schema and columns, its days and tags, and its damage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.schema import Schema
from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update.snapshot import ManageSnapshots
from pyiceberg.types import (
    BooleanType,
    DateType,
    DoubleType,
    IcebergType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    TimestamptzType,
)

from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.warehouse import catalog
from clout.warehouse.versions import Conflict, DataFile, LogEntry

TYPES: dict[str, IcebergType] = {
    "BOOLEAN": BooleanType(),
    "DATE": DateType(),
    "INTEGER": IntegerType(),
    "BIGINT": LongType(),
    "DOUBLE": DoubleType(),
    "VARCHAR": StringType(),
    "TIMESTAMP WITH TIME ZONE": TimestamptzType(),
}


class HeadsTransaction(Transaction):
    """Copies the table's metadata once an update; PyIceberg's own does whenever it looks at it, two dozen times a commit."""

    _copied: tuple[TableMetadata, tuple, TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        """The metadata with all updates applied."""
        base, updates = self._table.metadata, self._updates
        if self._copied is None or self._copied[0] is not base or self._copied[1] is not updates:
            self._copied = (base, updates, super().table_metadata)
        return self._copied[2]


def meta_of(tables: SqlCatalog) -> tuple[list[LogEntry], list[DataFile]]:
    """The log in order of version, and the parts that are kept, of one version."""
    try:
        log = tables.load_table("meta.publish_log").scan().to_arrow().sort_by("version").to_pylist()
        if not log:
            return [], []
        files = tables.load_table("meta.published_files")
    except NoSuchTableError:
        return [], []
    # A publication in between may have added a version: take the parts of the one that the log ends with.
    snapshot = files.snapshot_by_name(tag_of(log[-1]["version"])) or files.current_snapshot()
    assert snapshot is not None
    parts = files.scan(snapshot_id=snapshot.snapshot_id).to_arrow()
    order = [(name, "ascending") for name in ("version", "table_name", "file")]
    return [LogEntry(**row) for row in log], [DataFile(**row) for row in parts.sort_by(order).to_pylist()]


def change_days(
    transaction: Transaction,
    relation: catalog.Relation,
    before: Mapping[date, int],
    after: Mapping[date, int],
    parts: Sequence[DataFile],
    root: Lake,
    metadata: dict[str, str],
) -> None:
    """Let the table show `after` where it showed `before`: each a day's content version. Moves no data."""
    for day, content in after.items():
        if before.get(day) == content:
            continue
        if day in before:
            transaction.delete(f"ds = '{day}'", snapshot_properties=metadata)
        files = [
            part.file
            for part in parts
            # A file without rows says nothing about its partition, and adds nothing to it.
            if part.table_name == relation.name and part.version == content and part.rows
        ]
        if files:
            # Not checked against every file of the table, which takes longer with every day: the day was emptied above.
            transaction.add_files(
                [f"{root.uri}/{file}" for file in files], snapshot_properties=metadata, check_duplicate_files=False
            )


def tag_head(transaction: Transaction, version: int) -> None:
    """Tag a table's head with a version."""
    snapshot = transaction.table_metadata.current_snapshot()
    assert snapshot is not None
    ManageSnapshots(transaction).create_tag(snapshot.snapshot_id, tag_of(version)).commit()


def tag_of(version: int) -> str:
    """The tag of a version."""
    return f"v{version}"


def refuse_foreign_head(table: Table, log: Sequence[LogEntry]) -> None:
    """Raise Conflict where the head is not what the log's last version left there."""
    if not log:
        return
    head, ours = table.current_snapshot(), table.snapshot_by_name(tag_of(log[-1].version))
    if head is None or ours is None or head.snapshot_id != ours.snapshot_id:
        raise Conflict(
            f"{'.'.join(table.name())}: somebody else committed to it after version {log[-1].version}"
            f" (snapshot {head.snapshot_id if head else None}); set its head back to the tag {tag_of(log[-1].version)}"
        )


def files_of(table: Table) -> set[str]:
    """Every file that a table's metadata names."""
    files = {table.metadata_location, *(entry.metadata_file for entry in table.metadata.metadata_log)}
    manifests: set[str] = set()
    for snapshot in table.snapshots():
        files.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path not in manifests:
                manifests.add(manifest.manifest_path)
                files |= {entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io)}
    return files | manifests


def damaged(folder: Path, why: object) -> InvalidInput:
    """What is said of a catalogue or a log that cannot be used, with the command that heals it."""
    return InvalidInput(
        f"{folder}: the catalogue or the log in it cannot be read ({str(why).splitlines()[0]}); run jobs/warehouse.py heal"
        f" --warehouse iceberg:{folder}, which builds the tables again from commit.json and the data"
    )


def harm_of_metadata(tables: SqlCatalog, relation: catalog.Relation) -> str | None:
    """What is wrong with the metadata of a table, in words, or None where every snapshot can be read."""
    try:
        table = tables.load_table(relation.full_name)
        files_of(table)
        if relation.name in catalog.MEMORY:
            table.scan().to_arrow()
        return None
    except Exception as error:  # whatever PyIceberg, Arrow or the file system say of damage
        return f"the metadata of {relation.full_name} cannot be read: {error}"


def add_columns(table: Table, relation: catalog.Relation) -> None:
    """Add the columns that are new. Refuses a column of another type."""
    found = {field.name: field.field_type for field in table.schema().fields}
    with table.update_schema() as change:
        for column in relation.columns:
            if column.name not in found:
                change.add_column(column.name, TYPES[column.type], doc=column.comment)
            elif found[column.name] != TYPES[column.type]:
                raise InvalidInput(
                    f"{relation.full_name}.{column.name} is {found[column.name]} in the catalogue, and"
                    f" sql/warehouse/{relation.name}.sql declares {column.type}; a published column cannot change its"
                    " type: give the new one another name"
                )


def schema_of(relation: catalog.Relation) -> Schema:
    """A relation's columns as Iceberg has them."""
    fields = (
        NestedField(number, column.name, TYPES[column.type], required=False, doc=column.comment)
        for number, column in enumerate(relation.columns, 1)
    )
    return Schema(*fields, schema_id=0)


def arrow_of(relation: catalog.Relation, rows: Sequence[LogEntry] | Sequence[DataFile]) -> pa.Table:
    """Rows of the log or of the files, as their table holds them."""
    return pa.Table.from_pylist([vars(row) for row in rows], relation.arrow_schema)
