"""A DuckDB file of views over explicit lists of Parquet files, with a copy of the log: how it is written, held against
what was meant, and read.

DuckDB says nothing where the disk is full when it writes its log of changes into the file on closing. So the file is
checkpointed by name, closed, opened anew without that log, and compared.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from clout.warehouse import catalog, content_files
from clout.warehouse.versions import DataFile, LogEntry, visible_versions

#: DuckDB 1.x cannot read the default format of 2.0, and BI tools still ship 1.x.
STORAGE_VERSION = "v1.2.0"

#: The log and the list of parts: tables of the file itself, in the order in which they are written.
ORDER = {"publish_log": "version", "published_files": "version, table_name, file"}


def build(root: Path, aside: Path, log: list[LogEntry], parts: list[DataFile]) -> None:
    """Write a file of views as of the log's last entry, and hold it against the log. Raises OSError where it is not whole."""
    remove(aside)
    contents = set(visible_versions(log).values())
    try:
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH {catalog.quoted(aside)} AS clout_file (STORAGE_VERSION '{STORAGE_VERSION}')")
            # DuckDB draws samples to choose a compression: the same rows would give other bytes from some seventy files on.
            connection.execute("SET force_compression = 'uncompressed'")
            connection.execute("USE clout_file; BEGIN")
            for statement in statements(root, [part for part in parts if part.version in contents]):
                connection.execute(statement)
            fill(connection, log, parts)
            connection.execute("COMMIT")
            connection.execute("CHECKPOINT clout_file")
        if left := [file for file in side_files(aside) if file.exists()]:
            raise OSError(errno.ENOSPC, "DuckDB could not write all of its changes into the file", str(left[0]))
        content_files.sync_path(aside)
        with attached(aside) as connection:
            if log_in(connection) != (log, in_order(parts)):
                raise OSError(errno.EIO, "the file does not hold the log that was written into it", str(aside))
            for relation in catalog.relations().values():
                connection.sql(f"SELECT * FROM {relation.full_name} LIMIT 1").fetchall()
    except duckdb.Error as error:
        if any(said in str(error) for said in ("No space left", "File too large", "quota", "not all data could be")):
            raise OSError(errno.ENOSPC, "no room left for the file of views", str(aside)) from error
        raise


def statements(root: Path, parts: Sequence[DataFile], only: catalog.Relation | None = None) -> list[str]:
    """What makes the schemas, the tables of the log, and every view over these parts; or only what one table needs."""
    made = ["CREATE SCHEMA clout", "CREATE SCHEMA meta"]
    for relation in (*catalog.tables(), *catalog.views()):
        if only is not None and only.select is None and relation != only:
            continue
        comments = catalog.comments(relation)
        if relation.name in ORDER:
            made.append(f"CREATE TABLE {relation.full_name} AS SELECT {catalog.empty_columns(relation)} LIMIT 0")
        else:
            files = [root / part.file for part in parts if part.table_name == relation.name]
            made.append(f"CREATE VIEW {relation.full_name} AS {relation.select or _select(relation, files)}")
            comments = [comment.replace(" TABLE ", " VIEW ", 1) for comment in comments]
        made += comments if only is None else []
    return made


def fill(connection: duckdb.DuckDBPyConnection, log: list[LogEntry], parts: list[DataFile]) -> None:
    """Write the log and the list of parts into their tables."""
    memory: dict[str, list[LogEntry] | list[DataFile]] = {"publish_log": log, "published_files": parts}
    for name, rows in memory.items():
        if rows:
            connection.executemany(
                f"INSERT INTO meta.{name} VALUES ({', '.join('?' * len(vars(rows[0])))})",
                [list(vars(row).values()) for row in rows],
            )


def in_order(parts: Sequence[DataFile]) -> list[DataFile]:
    """The parts as every backend lists them."""
    return sorted(parts, key=lambda part: (part.version, part.table_name, part.file))


def log_in(connection: duckdb.DuckDBPyConnection) -> tuple[list[LogEntry], list[DataFile]]:
    """The log and the parts that an attached file of views holds."""
    log, parts = (
        connection.sql(f"FROM meta.{name} ORDER BY {order}").to_arrow_table().to_pylist()
        for name, order in ORDER.items()
    )
    return [LogEntry(**row) for row in log], [DataFile(**row) for row in parts]


def log_of(file: Path) -> tuple[list[LogEntry], list[DataFile]] | None:
    """The log and the parts in a file of views, or None where it is not there, damaged, in use or without versions."""
    if not file.exists():
        return None
    try:
        with attached(file) as connection:
            log, parts = log_in(connection)
    except (duckdb.Error, TypeError):
        return None
    return (log, parts) if log and [entry.version for entry in log] == list(range(1, len(log) + 1)) else None


def copy(source: Path, target: Path) -> None:
    """A copy that survives a power cut and shares nothing with its source. Raises OSError where it is not the same."""
    target.write_bytes(source.read_bytes())
    content_files.sync_path(target)
    if digest(target) != digest(source):
        raise OSError(errno.EIO, "the copy differs from what was copied", str(target))


def digest(file: Path) -> str | None:
    """The sha256 of a file, or None where it cannot be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return None


def harm(file: Path, published: str) -> list[str]:
    """What is wrong with a file of views whose sha256 was `published`, in words; nothing where it is as it was."""
    found = [f"{each.name} lies beside {file.name}: a tool wrote into it" for each in side_files(file) if each.exists()]
    if not file.exists():
        return [*found, f"{file.parent.name}/{file.name} is missing"]
    if digest(file) != published:
        return [*found, f"{file.parent.name}/{file.name} differs from what was published"]
    return found


def side_files(file: Path) -> list[Path]:
    """What DuckDB writes beside a file, and would read into whatever file bears that name next."""
    return [file.with_name(f"{file.name}{suffix}") for suffix in (".wal", ".wal.checkpoint", ".wal.recovery")]


def remove(file: Path) -> None:
    """Remove a file of views and what lies beside it."""
    for each in (file, *side_files(file)):
        each.unlink(missing_ok=True)


def put_in_place(aside: Path, file: Path) -> None:
    """Let a whole file of views take its place, where nothing may be left of a log of the one before."""
    for left in side_files(file):
        left.unlink(missing_ok=True)
    content_files.replace(aside, file)


@contextlib.contextmanager
def attached(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A file of views, attached: a second connection of one process would share the first one's version of it."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"ATTACH {catalog.quoted(file)} AS published (READ_ONLY); USE published")
        yield connection


def _select(relation: catalog.Relation, files: Sequence[Path]) -> str:
    """A SELECT over Parquet files, which may lack columns that were added later; over no file at all, no rows."""
    names = ", ".join(f'"{column.name}"' for column in relation.columns)
    empty = f"SELECT {catalog.empty_columns(relation)} WHERE false"
    if not files:
        return empty
    listed = ", ".join(catalog.quoted(file) for file in files)
    read = f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"
    return f"SELECT {names} FROM ({empty} UNION ALL BY NAME SELECT * FROM {read})"


def batches(
    root: Path, relation: catalog.Relation, log: list[LogEntry], parts: list[DataFile], where: str
) -> Iterator[pa.RecordBatch]:
    """The rows of a table or view over these parts, as a file of views of that log would show them."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        contents = set(visible_versions(log).values())
        for statement in statements(root, [part for part in parts if part.version in contents], relation):
            connection.execute(statement)
        whole = relation.select is not None
        fill(
            connection,
            log if whole or relation.name == "publish_log" else [],
            parts if whole or relation.name == "published_files" else [],
        )
        yield from connection.sql(f"FROM {relation.full_name}{where}").to_arrow_reader(catalog.BATCH)
