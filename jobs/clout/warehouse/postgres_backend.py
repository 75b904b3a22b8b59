"""The warehouse on a PostgreSQL server.

    clout.*, meta.*          what analysts see: tables partitioned by ds, and views
    history.<table>_v<N>     the content that version N brought: attached to its table while the day shows it
    history.<table>(N)       a function: the table as it was when version N was the newest
    staging                  where content is loaded; analysts cannot look into it

A publication is one transaction under an advisory lock: it loads, detaches and attaches the day's partitions, and writes
the log. A crash rolls it back whole. Readers wait for the moment of the exchange only, and it waits for them only briefly.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import random
import time
from collections.abc import Iterator

import psycopg
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from psycopg import sql

from clout.errors import PoisonInput
from clout.staging import Staged
from clout.warehouse import surface
from clout.warehouse.contract import Entry, Part, Release, Warehouse, Writer, check_state, shown
from clout.warehouse.steps import step
from clout.warehouse.surface import Days

#: The advisory lock of whoever writes: "clout" as a number.
LOCK = int.from_bytes(b"clout")

#: The exchange waits this long for the first table that analysts read, and tries so often before it gives up.
FIRST_WAIT_MS, TRIES = 3000, 20

#: ... and this long for all other tables together. Less than PostgreSQL's deadlock_timeout (1 s): a query that waits for
#: one table while it holds another is set free before PostgreSQL would cancel it as a deadlock.
OTHER_WAITS_MS = 700

#: The log and the list of parts are memory, not content.
MEMORY = ("publish_log", "published_files")


class PostgresWarehouse(Warehouse):
    """The warehouse at a postgresql:// address. A password comes from libpq's own places, or from the address."""

    def __init__(self, address: str) -> None:
        self.address = address
        try:
            parameters = psycopg.conninfo.conninfo_to_dict(address)
        except psycopg.ProgrammingError:  # whose words may hold a password
            raise PoisonInput("the warehouse's postgresql:// address is none; %-encode what is special in it") from None
        parameters.pop("password", None)
        self.location = "postgresql: " + psycopg.conninfo.make_conninfo("", **parameters)

    def log(self) -> list[Entry]:
        """The log in order of version; empty where nothing is published."""
        with self.connection() as connection:
            return _meta(connection)[0]

    def read(self, name: str, version: int | None = None, day: Days = None) -> pa.Table:
        """A table or view as it is shown, or a table as it was when `version` was the newest."""
        relation = surface.named(name)
        if version is not None and not _is_content(relation):
            raise PoisonInput(f"{name}: PostgreSQL keeps no earlier states of it, of tables of days only")
        with self.connection() as connection:
            log, parts = _meta(connection)
            if version is not None:
                check_state(log, parts, version)
            elif not log:
                raise PoisonInput(f"{self.location}: nothing is published")
            rows = sql.Identifier(relation.schema, relation.name).as_string()
            if version is not None:
                rows = f"{sql.Identifier('history', relation.name).as_string()}({version})"
            found = connection.execute(f"SELECT {_names(relation)} FROM {rows}{surface.where(day)}").fetchall()
        arrow = relation.arrow_schema
        columns = zip(*found, strict=True) if found else ([] for _ in arrow)
        return pa.table([pa.array(c, field.type) for c, field in zip(columns, arrow, strict=True)], arrow)

    @contextlib.contextmanager
    def writing(self) -> Iterator[PostgresWriter]:
        """Wait for the advisory lock, within one transaction that ends with the writing."""
        with self.connection() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            step("the advisory lock is held")
            _prepare(connection)
            writer = PostgresWriter(connection)
            yield writer
            step("all is done but the commit")
        step("it is committed")
        if writer.erased:
            with self.connection() as connection:
                connection.execute(f"VACUUM {', '.join(writer.erased)}")

    @contextlib.contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        """A connection of its own, in UTC; transactions are begun by name."""
        with psycopg.connect(self.address, autocommit=True, application_name="clout") as connection:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection


class PostgresWriter(Writer):
    """Writes within the transaction that holds the advisory lock."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        #: The tables that rows were erased from: their bytes are overwritten once it is committed.
        self.erased: list[str] = []

    def meta(self) -> tuple[list[Entry], list[Part]]:
        """The log in order of version, and the parts that are kept."""
        return _meta(self.connection)

    def load(self, release: Release, staged: Staged, version: int) -> list[Part]:
        """Load each table's files into a table of its own in the schema staging."""
        parts = []
        for table, files in release.tables.items():
            relation, place = surface.relations()[table], f"{table}_v{version}"
            self.connection.execute(
                f'CREATE TABLE staging."{place}" (LIKE {relation.full_name}, '
                # So that attaching it need not read it.
                f"CHECK (ds IS NOT NULL AND ds = {surface.quoted(release.day)}))"
            )
            for file in files:
                self._load_file(staged, file, relation, place)
            parts.append(
                Part(
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

    def show(self, log: list[Entry], parts: list[Part]) -> None:
        """Exchange the day's partitions and write the log, all in the one transaction."""
        entry, before = log[-1], shown(log[:-1])
        new = [part for part in parts if part.version == entry.version]
        for part in new:
            place = part.file.partition(".")[2]
            self.connection.execute(f'ALTER TABLE staging."{place}" SET SCHEMA history')
            self.connection.execute(f'GRANT SELECT ON history."{place}" TO clout_analyst')
        old = [part for part in parts if part.version == before.get(entry.ds)]
        next_ones = [part for part in parts if part.version == entry.content_version]
        self._lock_out_readers([_place(part) for part in (*old, *next_ones)])
        for part in old:
            self.connection.execute(f"ALTER TABLE {_table(part)} DETACH PARTITION {_place(part)}")
            step("a partition is detached")
        for part in next_ones:
            self.connection.execute(
                f"ALTER TABLE {_table(part)} ATTACH PARTITION {_place(part)} FOR VALUES IN ({surface.quoted(entry.ds)})"
            )
            step("a partition is attached")
        _insert(self.connection, "publish_log", [entry])
        _insert(self.connection, "published_files", new)
        step("the log is written")

    def forget(self, log: list[Entry], parts: list[Part], states: list[int]) -> int:
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

    def erase(self, keys: frozenset[str], log: list[Entry], parts: list[Part]) -> int:
        """Delete the rows from every part's table."""
        total = 0
        for part in parts:
            texts = [c.name for c in surface.relations()[part.table_name].columns if c.type == "VARCHAR"]
            named = " OR ".join(f"regexp_split_to_array(btrim(\"{name}\"), '\\s*,\\s*') && %(keys)s" for name in texts)
            done = self.connection.execute(f"DELETE FROM {_place(part)} WHERE {named}", {"keys": sorted(keys)})
            if done.rowcount:
                self.connection.execute(
                    "UPDATE meta.published_files SET rows = rows - %s WHERE file = %s", [done.rowcount, part.file]
                )
                total += done.rowcount
                self.erased.append(_place(part))
            step("a table is without the erased")
        return total

    # Inside -----------------------------------------------------------------------------------------------------

    def _load_file(self, staged: Staged, file: dict, relation: surface.Relation, place: str) -> None:
        """COPY one audited file; its bytes are hashed again as they are read."""
        with staged.root.fs.open_input_stream(file["path"]) as stream:
            content = stream.read()
        if hashlib.sha256(content).hexdigest() != file["sha256"]:
            raise PoisonInput(f"{file['path']} changed while it was published; audit again")
        names = [column.name for column in relation.columns]
        with (
            self.connection.cursor() as cursor,
            cursor.copy(f'COPY staging."{place}" ({_names(relation)}) FROM STDIN (FORMAT csv)') as copy,
        ):
            for batch in pq.ParquetFile(io.BytesIO(content)).iter_batches(columns=names):
                text = io.BytesIO()
                # Strings are quoted and NULL is not, so that an empty text stays one.
                options = pa.csv.WriteOptions(include_header=False, quoting_style="needed")
                pa.csv.write_csv(batch.select(names), text, options)
                copy.write(text.getvalue())

    def _lock_out_readers(self, partitions: list[str]) -> None:
        """Lock every table that analysts read, or give up: never wait in a way that makes a query fail."""
        tables = [relation.full_name for relation in surface.tables()] + partitions
        for attempt in range(TRIES):
            try:
                with self.connection.transaction():  # a savepoint
                    for number, table in enumerate(tables):
                        wait = FIRST_WAIT_MS if number == 0 else OTHER_WAITS_MS // (len(tables) - 1)
                        self.connection.execute(f"SET LOCAL lock_timeout = {wait}")
                        self.connection.execute(f"LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE")
                step("readers wait")
                return
            except psycopg.errors.LockNotAvailable:
                time.sleep(random.uniform(0.05, 0.3) * (attempt + 1))
        raise RuntimeError(
            "somebody has been reading the published tables for so long that the exchange gave up; nothing was published."
            " Publish again, or look for the query in pg_stat_activity"
        )


def _prepare(connection: psycopg.Connection) -> None:
    """Make what is missing of the schemas, tables, views, functions, comments and grants."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = 'clout_analyst'")
        if cursor.fetchone() == (0,):
            raise PoisonInput("the server has no role clout_analyst: run sql/warehouse/postgres/roles.sql first")
        wanted = _surface_mark()
        cursor.execute("SELECT obj_description(to_regnamespace('meta'), 'pg_namespace')")
        if cursor.fetchone() == (wanted,):
            return
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        for schema in ("clout", "meta", "history", "staging"):
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for relation in surface.views():
            cursor.execute(f"DROP VIEW IF EXISTS {relation.full_name}")
        for relation in surface.tables():
            columns = ", ".join(f'"{column.name}" {_type(column)}' for column in relation.columns)
            by_day = " PARTITION BY LIST (ds)" if _is_content(relation) else ""
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {relation.full_name} ({columns}){by_day}")
            _add_columns(connection, relation)
        for relation in surface.views():
            cursor.execute(f"CREATE VIEW {relation.full_name} AS {relation.select}")
        for relation in surface.relations().values():
            for comment in surface.comments(relation):
                cursor.execute(comment)
            if _is_content(relation):
                cursor.execute(_as_of(relation))
        cursor.execute("GRANT USAGE ON SCHEMA clout, meta, history TO clout_analyst")
        cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA clout, meta, history TO clout_analyst")
        cursor.execute(f"COMMENT ON SCHEMA meta IS {surface.quoted(wanted)}")
    step("the schemas are made")


def _surface_mark() -> str:
    """A comment that says by which surface the schemas were made."""
    made = repr((list(surface.relations().values()), _as_of(surface.relations()["scores"])))
    return f"What was published when. Made by surface {hashlib.sha256(made.encode()).hexdigest()[:16]}"


def _add_columns(connection: psycopg.Connection, relation: surface.Relation) -> None:
    """Add the columns that are new to a table and to its detached parts. Refuses a column of another type."""
    named = f"history.{relation.name}_v%" if _is_content(relation) else ""
    found = connection.execute(
        "SELECT attrelid::regclass::text, attname, format_type(atttypid, NULL) FROM pg_attribute AS a"
        " INNER JOIN pg_class AS c ON c.oid = a.attrelid WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p')"
        " AND NOT relispartition AND (attrelid = %s::regclass OR attrelid::regclass::text LIKE %s)",
        [relation.full_name, named.replace("_", r"\_")],
    ).fetchall()
    kinds = {(table, column): kind for table, column, kind in found}
    for table in {table for table, _ in kinds}:
        for column in relation.columns:
            kind = kinds.get((table, column.name))
            if kind is None:
                connection.execute(f'ALTER TABLE {table} ADD COLUMN "{column.name}" {_type(column)}')
            elif _duckdb_type(kind) != column.type:
                raise PoisonInput(
                    f"{table}.{column.name} is {kind} on the server, and sql/warehouse/{relation.name}.sql declares"
                    f" {column.type}; a published column cannot change its type: give the new one another name"
                )


def _as_of(relation: surface.Relation) -> str:
    """The function that gives a table as it was when a version was the newest."""
    return f"""
CREATE OR REPLACE FUNCTION history.{relation.name}(as_of integer) RETURNS SETOF {relation.full_name}
LANGUAGE plpgsql STABLE AS $$
DECLARE
  part record;
  columns text := (
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = '{relation.full_name}'::regclass AND attnum > 0 AND NOT attisdropped
  );
BEGIN
  IF NOT EXISTS (SELECT FROM meta.publish_log WHERE version = as_of) THEN
    RAISE EXCEPTION 'there is no version %', as_of;
  END IF;
  FOR part IN
    SELECT l.content_version, f.file
    FROM (SELECT max(version) AS version FROM meta.publish_log WHERE version <= as_of GROUP BY ds) AS newest
    INNER JOIN meta.publish_log AS l ON l.version = newest.version
    LEFT JOIN meta.published_files AS f ON f.version = l.content_version AND f.table_name = '{relation.name}'
    ORDER BY l.ds
  LOOP
    IF part.file IS NOT NULL THEN
      RETURN QUERY EXECUTE 'SELECT ' || columns || ' FROM ' || part.file;
    ELSIF NOT EXISTS (SELECT FROM meta.published_files WHERE version = part.content_version) THEN
      RAISE EXCEPTION 'gc has forgotten the state of version %', as_of;
    END IF;
  END LOOP;
END $$"""


def _meta(connection: psycopg.Connection) -> tuple[list[Entry], list[Part]]:
    """The log in order of version, and the parts that are kept; nothing where the schemas are not made yet."""
    if connection.execute("SELECT to_regclass('meta.publish_log')").fetchone() == (None,):
        return [], []
    log, parts = (
        connection.execute(
            f"SELECT {_names(surface.relations()[name])} FROM meta.{name} ORDER BY version, {order}"
        ).fetchall()
        for name, order in (("publish_log", "ds"), ("published_files", "table_name, file"))
    )
    return [Entry(*row) for row in log], [Part(*row) for row in parts]


def _insert(connection: psycopg.Connection, table: str, rows: list[Entry] | list[Part]) -> None:
    if rows:
        names = [column.name for column in surface.relations()[table].columns]
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO meta.{table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})",
                [[vars(row)[name] for name in names] for row in rows],
            )


def _is_content(relation: surface.Relation) -> bool:
    return relation.select is None and relation.name not in MEMORY


def _names(relation: surface.Relation) -> str:
    return ", ".join(f'"{column.name}"' for column in relation.columns)


def _place(part: Part) -> str:
    return sql.Identifier(*part.file.split(".", 1)).as_string()


def _table(part: Part) -> str:
    return surface.relations()[part.table_name].full_name


def _type(column: surface.Column) -> str:
    """DuckDB's name of a type as PostgreSQL knows it."""
    return {"DOUBLE": "DOUBLE PRECISION", "VARCHAR": "TEXT"}.get(column.type, column.type)


def _duckdb_type(kind: str) -> str:
    return {"double precision": "DOUBLE", "text": "VARCHAR"}.get(kind, kind.upper())
