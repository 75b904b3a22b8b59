"""The schemas, tables, views, functions and grants of a warehouse on a PostgreSQL server, made from the catalogue."""

from __future__ import annotations

import psycopg

from clout.errors import InvalidInput
from clout.warehouse import catalog
from clout.warehouse.failpoints import step


def refuse_foreign_schemas(connection: psycopg.Connection) -> None:
    """Raise InvalidInput where a schema of ours belongs to a role that the publisher is not."""
    foreign = connection.execute(
        "SELECT nspname, pg_get_userbyid(nspowner), current_user FROM pg_namespace WHERE nspname IN"
        " ('clout', 'meta', 'history', 'staging', 'writing') AND NOT pg_has_role(nspowner, 'USAGE')"
    ).fetchall()
    if foreign:
        name, owner, me = foreign[0]
        raise InvalidInput(
            f"the schema {name} on the server belongs to {owner}, and {me} publishes: ALTER SCHEMA {name} OWNER TO {me}, and"
            " likewise what is in it; or publish into another database"
        )


def prepare(connection: psycopg.Connection) -> None:
    """Make what is missing of the schemas, tables, views, functions, comments and grants."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = 'clout_analyst'")
        if cursor.fetchone() == (0,):
            raise InvalidInput("the server has no role clout_analyst: run sql/warehouse/postgres/roles.sql first")
        wanted = _schema_mark()
        cursor.execute("SELECT obj_description(to_regnamespace('meta'), 'pg_namespace')")
        if cursor.fetchone() == (wanted,):
            return
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        for schema in ("clout", "meta", "history", "staging"):
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for relation in catalog.views():
            cursor.execute(f"DROP VIEW IF EXISTS {relation.full_name}")
        for relation in catalog.tables():
            columns = ", ".join(f'"{column.name}" {_type(column)}' for column in relation.columns)
            by_day = " PARTITION BY LIST (ds)" if catalog.is_content(relation) else ""
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {relation.full_name} ({columns}){by_day}")
            _add_columns(connection, relation)
        for relation in catalog.views():
            cursor.execute(f"CREATE VIEW {relation.full_name} AS {relation.select}")
        for relation in catalog.relations().values():
            for comment in catalog.comments(relation):
                cursor.execute(comment)
            if catalog.is_content(relation):
                cursor.execute(_as_of(relation))
        cursor.execute("GRANT USAGE ON SCHEMA clout, meta, history TO clout_analyst")
        cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA clout, meta, history TO clout_analyst")
        _let_care_read(cursor)
        cursor.execute(f"COMMENT ON SCHEMA meta IS {catalog.quoted(wanted)}")
    step("the schemas are made")


def _let_care_read(cursor: psycopg.Cursor) -> None:
    """Let customer care read its view, and nothing else. Its role is there where roles.sql was run since there is one."""
    # No condition of a reader's is tried on rows that the view does not show.
    cursor.execute("ALTER VIEW clout.care_lookup SET (security_barrier = true)")
    cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = 'clout_care'")
    if cursor.fetchone() == (1,):
        cursor.execute("GRANT USAGE ON SCHEMA clout TO clout_care")
        cursor.execute("GRANT SELECT ON clout.care_lookup TO clout_care")


def _schema_mark() -> str:
    """A comment that says what the schemas were made from."""
    return (
        f"What was published when. Made from the catalogue {catalog.mark(repr(_as_of(catalog.relations()['scores'])))}"
    )


def _add_columns(connection: psycopg.Connection, relation: catalog.Relation) -> None:
    """Add the columns that are new to a table and to its detached parts. Refuses a column of another type."""
    named = f"history.{relation.name}_v%" if catalog.is_content(relation) else ""
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
                raise InvalidInput(
                    f"{table}.{column.name} is {kind} on the server, and sql/warehouse/{relation.name}.sql declares"
                    f" {column.type}; a published column cannot change its type: give the new one another name"
                )


def _as_of(relation: catalog.Relation) -> str:
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


def columns_of(relation: catalog.Relation) -> str:
    """The columns of a relation, quoted and joined by commas."""
    return ", ".join(f'"{column.name}"' for column in relation.columns)


def _type(column: catalog.Column) -> str:
    """DuckDB's name of a type as PostgreSQL knows it."""
    return {"DOUBLE": "DOUBLE PRECISION", "VARCHAR": "TEXT"}.get(column.type, column.type)


def _duckdb_type(kind: str) -> str:
    return {"double precision": "DOUBLE", "text": "VARCHAR"}.get(kind, kind.upper())
