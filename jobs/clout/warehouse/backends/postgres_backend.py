"""The warehouse on a PostgreSQL server.

    clout.*, meta.*          what analysts see: tables partitioned by ds, and views
    history.<table>_v<N>     the content that version N brought: attached to its table while the day shows it
    history.<table>(N)       a function: the table as it was when version N was the newest
    staging                  where content is loaded; analysts cannot look into it

A publication is one transaction under a lock that analysts cannot see: it loads, detaches and attaches the day's
partitions, and writes the log. A crash rolls it back whole. Readers wait for the moment of the exchange only, and it waits
for them for a minute at most.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from psycopg import sql

from clout.errors import InvalidInput, TryLater
from clout.lake.schemas import small_arrow
from clout.lake.staging import Staged
from clout.warehouse import catalog, content_files
from clout.warehouse.backends import postgres_locks
from clout.warehouse.backends.postgres_schema import columns_of, prepare, refuse_foreign_schemas
from clout.warehouse.catalog import Days
from clout.warehouse.contract import Warehouse, Writer
from clout.warehouse.failpoints import step
from clout.warehouse.versions import DataFile, LogEntry, Release, check_state, visible_versions


class PostgresWarehouse(Warehouse):
    """The warehouse at a postgresql:// address. A password comes from libpq's own places, or from the address."""

    def __init__(self, address: str) -> None:
        self.address = address
        try:
            parameters = psycopg.conninfo.conninfo_to_dict(address)
        except psycopg.ProgrammingError:  # whose words may hold a password
            raise InvalidInput(
                "the warehouse's postgresql:// address is none; %-encode what is special in it"
            ) from None
        parameters.pop("password", None)
        self.location = "postgresql: " + psycopg.conninfo.make_conninfo("", **parameters)

    def log(self) -> list[LogEntry]:
        """The log in order of version; empty where nothing is published."""
        with self.connection() as connection:
            return _meta(connection)[0]

    def batches(self, name: str, version: int | None = None, day: Days = None) -> Iterator[pa.RecordBatch]:
        """The rows of a table or view as it is shown, or of a table as it was when `version` was the newest."""
        relation = catalog.named(name)
        if version is not None and not catalog.is_content(relation):
            raise InvalidInput(f"{name}: PostgreSQL keeps no earlier states of it, of tables of days only")
        with self.connection() as connection:
            log, parts = _meta(connection)
            if version is not None:
                check_state(log, parts, version)
            elif not log:
                raise InvalidInput(f"{self.location}: nothing is published")
            rows = sql.Identifier(relation.schema, relation.name).as_string()
            if version is not None:
                rows = f"{sql.Identifier('history', relation.name).as_string()}({version})"
            arrow = relation.arrow_schema
            # By a cursor of the server's: libpq would take all rows before it gave the first.
            with connection.transaction(), connection.cursor("batches") as cursor:
                cursor.execute(f"SELECT {columns_of(relation)} FROM {rows}{catalog.where(day)}")
                while found := cursor.fetchmany(catalog.BATCH):
                    yield from small_arrow(arrow, found).to_batches()

    @contextlib.contextmanager
    def writing(self) -> Iterator[PostgresWriter]:
        """Wait for the lock, within one transaction that ends with the writing."""
        try:
            with self.connection() as connection:
                refuse_foreign_schemas(connection)
                postgres_locks.make(connection)
                with connection.transaction():
                    postgres_locks.take(connection)
                    step("the lock is held")
                    prepare(connection)
                    writer = PostgresWriter(connection, self.connection)
                    yield writer
                    step("all is done but the commit")
        except psycopg.errors.InsufficientPrivilege as error:
            raise InvalidInput(
                f"{self.location}: {error.diag.message_primary}: the publisher must own clout, meta, history and staging, and"
                " what is in them; run sql/warehouse/postgres/roles.sql, and publish as clout_publisher"
            ) from error
        except (psycopg.errors.DiskFull, psycopg.errors.OutOfMemory) as error:
            raise TryLater(f"{self.location}: {error.diag.message_primary or error}; nothing was done") from error
        step("it is committed")
        if writer.erased:
            with self.connection() as connection:
                # Analysed, too: the planner's notes hold values, which readers may see.
                connection.execute(f"VACUUM (ANALYZE) {', '.join(writer.erased)}")
                connection.execute(f"ANALYZE {', '.join(relation.full_name for relation in catalog.tables())}")

    @contextlib.contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        """A connection of its own, in UTC; transactions are begun by name."""
        try:
            connection = psycopg.connect(
                self.address, autocommit=True, application_name="clout", client_encoding="UTF8", connect_timeout=30
            )
        except psycopg.OperationalError as error:  # whose words name no password
            raise TryLater(f"{self.location}: no connection: {str(error).strip()}") from None
        with connection:
            if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
                raise InvalidInput(
                    f"{self.location}: the database speaks {encoding}, in which not every name can be written; make one with"
                    " createdb -E UTF8 -T template0, and run sql/warehouse/postgres/roles.sql there"
                )
            connection.execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET extra_float_digits = 1")
            yield connection

    def harm(self) -> list[str]:
        """Whatever is not as it was published: content whose rows are others, or cannot be read."""
        with self.connection() as connection:
            return [content_files.described(*each) for each in _harmed(connection, _meta(connection)[1])]


Connect = Callable[[], contextlib.AbstractContextManager[psycopg.Connection]]


class PostgresWriter(Writer):
    """Writes within the transaction that holds the lock. `connect` gives a connection beside it."""

    def __init__(self, connection: psycopg.Connection, connect: Connect) -> None:
        self.connection, self.connect = connection, connect
        #: The tables that rows were erased from: their bytes are overwritten once it is committed.
        self.erased: list[str] = []

    def meta(self) -> tuple[list[LogEntry], list[DataFile]]:
        """The log in order of version, and the parts that are kept."""
        return _meta(self.connection)

    def load(self, release: Release, staged: Staged, version: int) -> list[DataFile]:
        """Load each table's files into a table of its own in the schema staging."""
        parts = []
        for table, files in release.tables.items():
            relation, place = catalog.relations()[table], f"{table}_v{version}"
            self.connection.execute(
                f'CREATE TABLE staging."{place}" (LIKE {relation.full_name}, '
                # So that attaching it need not read it.
                f"CHECK (ds IS NOT NULL AND ds = {catalog.quoted(release.day)}))"
            )
            for file in files:
                self._load_file(file["path"], _audited(staged, file), relation, f"staging.{place}")
            _sign(self.connection, f"staging.{place}")
            parts.append(
                DataFile(
                    version,
                    release.day,
                    table,
                    f"history.{place}",
                    sum(file["rows"] for file in files),
                    "+".join(sorted(file["sha256"] for file in files)),
                )
            )
            step("a table is loaded")
        return parts

    def show(self, log: list[LogEntry], parts: list[DataFile]) -> None:
        """Exchange the day's partitions and write the log, all in the one transaction."""
        entry, before = log[-1], visible_versions(log[:-1])
        new = [part for part in parts if part.version == entry.version]
        for part in new:
            place = part.file.partition(".")[2]
            self.connection.execute(f'ALTER TABLE staging."{place}" SET SCHEMA history')
            self.connection.execute(f'GRANT SELECT ON history."{place}" TO clout_analyst')
        old = [part for part in parts if part.version == before.get(entry.ds)]
        next_ones = [part for part in parts if part.version == entry.content_version]
        self._lock_out_readers([*old, *next_ones])
        for part in old:
            self.connection.execute(f"ALTER TABLE {_table(part)} DETACH PARTITION {_place(part)}")
            step("a partition is detached")
        for part in next_ones:
            self.connection.execute(
                f"ALTER TABLE {_table(part)} ATTACH PARTITION {_place(part)} FOR VALUES IN ({catalog.quoted(entry.ds)})"
            )
            step("a partition is attached")
        _insert(self.connection, "publish_log", [entry])
        _insert(self.connection, "published_files", new)
        step("the log is written")

    def forget(self, log: list[LogEntry], parts: list[DataFile], states: list[int]) -> int:
        """Drop the tables of all other parts, and what lies in history or staging for no reason."""
        known = {part.file for part in parts}
        found = self.connection.execute(
            "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('history', 'staging') ORDER BY 1"
        ).fetchall()
        gone = [name for (name,) in found if name not in known]
        for name in gone:
            self.connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(*name.split(".", 1))))
            step("a forgotten table is dropped")
        self.connection.execute(
            "DELETE FROM meta.published_files WHERE NOT version = ANY(%s)", [[p.version for p in parts]]
        )
        return len(gone)

    def harmed(self, parts: Sequence[DataFile]) -> list[tuple[DataFile, str]]:
        """Those of the parts whose table does not hold the rows that were published."""
        return _harmed(self.connection, parts)

    def content(self, part: DataFile) -> bytes | None:
        """No file: rows lie in the server's own form."""
        return None

    def restore(self, part: DataFile, files: Sequence[bytes]) -> None:
        """Load a part's table again, in its place."""
        relation, place = catalog.relations()[part.table_name], part.file.partition(".")[2]
        self._lock_out_readers([])
        self.connection.execute(f"DROP TABLE IF EXISTS {_place(part)}")
        self.connection.execute(
            f'CREATE TABLE history."{place}" (LIKE {relation.full_name}, '
            f"CHECK (ds IS NOT NULL AND ds = {catalog.quoted(part.ds)}))"
        )
        for content in files:
            self._load_file(part.file, content, relation, part.file)
        _sign(self.connection, part.file)
        self.connection.execute(f"GRANT SELECT ON {_place(part)} TO clout_analyst")
        log, _ = self.meta()
        if visible_versions(log).get(part.ds) == part.version:
            self.connection.execute(
                f"ALTER TABLE {_table(part)} ATTACH PARTITION {_place(part)} FOR VALUES IN ({catalog.quoted(part.ds)})"
            )
        step("a table is put back")

    def mend(self) -> None:
        """Nothing but content lies on the server that the log would determine; the schemas are made at every writing."""

    def erase(self, keys: frozenset[str], log: list[LogEntry], parts: list[DataFile]) -> int:
        """Delete the rows from every part's table."""
        total = 0
        for part in parts:
            texts = [c.name for c in catalog.relations()[part.table_name].columns if c.type == "VARCHAR"]
            named = " OR ".join(f"regexp_split_to_array(btrim(\"{name}\"), '\\s*,\\s*') && %(keys)s" for name in texts)
            if harmed := self.harmed([part]):
                raise InvalidInput(
                    f"{content_files.described(*harmed[0])}; run jobs/warehouse.py heal first: nothing was erased"
                )
            done = self.connection.execute(f"DELETE FROM {_place(part)} WHERE {named}", {"keys": sorted(keys)})
            if done.rowcount:
                self.connection.execute(
                    "UPDATE meta.published_files SET rows = rows - %s WHERE file = %s", [done.rowcount, part.file]
                )
                total += done.rowcount
                self.erased.append(_place(part))
                _sign(self.connection, part.file)
            step("a table is without the erased")
        return total

    # Inside -----------------------------------------------------------------------------------------------------

    def _load_file(self, path: str, content: bytes, relation: catalog.Relation, place: str) -> None:
        """COPY one audited file into a table."""
        names = [column.name for column in relation.columns]
        target = sql.Identifier(*place.split(".", 1)).as_string()
        with (
            self.connection.cursor() as cursor,
            cursor.copy(f"COPY {target} ({columns_of(relation)}) FROM STDIN (FORMAT csv)") as copy,
        ):
            for batch in pq.ParquetFile(io.BytesIO(content)).iter_batches(columns=names):
                _refuse_zero_signs(path, relation, batch)
                text = io.BytesIO()
                # Strings are quoted and NULL is not, so that an empty text stays one.
                options = pa.csv.WriteOptions(include_header=False, quoting_style="needed")
                pa.csv.write_csv(batch.select(names), text, options)
                copy.write(text.getvalue())

    def _lock_out_readers(self, parts: Sequence[DataFile]) -> None:
        tables = [relation.full_name for relation in catalog.tables()] + [_place(part) for part in parts]
        postgres_locks.lock_out_readers(self.connection, tables, self.connect)


def _audited(staged: Staged, file: dict) -> bytes:
    """A staged file, if it still is what was audited."""
    with staged.root.fs.open_input_stream(file["path"]) as stream:
        content = stream.read()
    if hashlib.sha256(content).hexdigest() != file["sha256"]:
        raise InvalidInput(f"{file['path']} changed while it was published; audit again")
    return content


def _refuse_zero_signs(path: str, relation: catalog.Relation, batch: pa.RecordBatch) -> None:
    """Raise InvalidInput for a text with U+0000, which PostgreSQL cannot hold."""
    for name in batch.schema.names:
        if pa.types.is_string(batch[name].type) or pa.types.is_large_string(batch[name].type):
            found = pc.match_substring(batch[name].cast(pa.string()), "\0")
            if pc.any(found).as_py():
                row = {column: str(value) for column, value in batch.filter(found).slice(0, 1).to_pylist()[0].items()}
                key = next((row[key] for key in ("account_key", "person_id", "platform") if key in row), "")
                raise InvalidInput(
                    f"{path}: {relation.full_name}.{name} of {key!r} holds the sign U+0000, which PostgreSQL cannot: mend it"
                    " in the export, or pull its day again (jobs/night.py --refresh), since readers leave it out"
                )


def _sign(connection: psycopg.Connection, place: str) -> None:
    """Note the checksum of a table's rows on the table."""
    columns = connection.execute(_COLUMNS, [place]).fetchall()
    [(rows, checksum)] = connection.execute(_checksum(place, [name for (name,) in columns])).fetchall()
    note = catalog.quoted(f"rows={rows} checksum={checksum} columns={len(columns)}")
    connection.execute(f"COMMENT ON TABLE {sql.Identifier(*place.split('.', 1)).as_string()} IS {note}")


def _harmed(connection: psycopg.Connection, parts: Sequence[DataFile]) -> list[tuple[DataFile, str]]:
    """Those of the parts whose table is missing, cannot be read, or holds other rows than were published."""
    found = []
    for part in parts:
        try:
            with connection.transaction():
                note = connection.execute(
                    "SELECT obj_description(to_regclass(%s), 'pg_class'), to_regclass(%s) IS NULL",
                    [part.file, part.file],
                ).fetchone()
                assert note
                if note[1]:
                    found.append((part, "is missing"))
                    continue
                known = dict(word.split("=") for word in (note[0] or "").split())
                names = [name for (name,) in connection.execute(_COLUMNS, [part.file]).fetchall()]
                names = names[: int(known.get("columns", 0)) or None]
                [(rows, checksum)] = connection.execute(_checksum(part.file, names)).fetchall()
        except (psycopg.DatabaseError, ValueError) as error:
            if isinstance(error, psycopg.OperationalError) and connection.closed:
                raise
            found.append((part, f"cannot be read ({str(error).splitlines()[0]})"))
            continue
        if rows != part.rows or known.get("checksum", checksum) != checksum:
            found.append((part, "is empty" if part.rows and not rows else "holds other rows than were published"))
    return found


_COLUMNS = (
    "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
)


def _checksum(place: str, columns: Sequence[str]) -> str:
    """A query of the number of rows, and of a sum over them that does not depend on their order. Takes no lock for long."""
    row = ", ".join(sql.Identifier(name).as_string() for name in columns)
    table = sql.Identifier(*place.split(".", 1)).as_string()
    return f"SELECT count(*), coalesce(sum(hashtextextended(ROW({row})::text, 0)), 0)::text FROM ONLY {table}"


def _meta(connection: psycopg.Connection) -> tuple[list[LogEntry], list[DataFile]]:
    """The log in order of version, and the parts that are kept; nothing where the schemas are not made yet."""
    if connection.execute("SELECT to_regclass('meta.publish_log')").fetchone() == (None,):
        return [], []
    log, parts = (
        connection.execute(
            f"SELECT {columns_of(catalog.relations()[name])} FROM meta.{name} ORDER BY version, {order}"
        ).fetchall()
        for name, order in (("publish_log", "ds"), ("published_files", "table_name, file"))
    )
    return [LogEntry(*row) for row in log], [DataFile(*row) for row in parts]


def _insert(connection: psycopg.Connection, table: str, rows: list[LogEntry] | list[DataFile]) -> None:
    if rows:
        names = [column.name for column in catalog.relations()[table].columns]
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO meta.{table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})",
                [[vars(row)[name] for name in names] for row in rows],
            )


def _place(part: DataFile) -> str:
    return sql.Identifier(*part.file.split(".", 1)).as_string()


def _table(part: DataFile) -> str:
    return catalog.relations()[part.table_name].full_name
