"""What an analyst's role may do to a PostgreSQL warehouse, by attempts: not write, not see staging, not delay a publication."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest
from clout.errors import InvalidInput, TryLater
from clout.warehouse import contract
from clout.warehouse.backends import postgres_locks
from clout.warehouse.factory import open_warehouse
from postgres_cluster import ROLES, Cluster
from staged_run import DAY, NEXT, approve, good, stage
from warehouses import Place, now

#: Attempts that are refused, whatever the session says of itself.
REFUSED = [
    # Writing what is published.
    "INSERT INTO clout.scores (ds, person_id) VALUES ('2026-03-14', 'x')",
    "UPDATE clout.scores SET score = 100",
    "DELETE FROM clout.accounts",
    "TRUNCATE clout.scores",
    "MERGE INTO clout.scores AS s USING (SELECT 1) AS x ON true WHEN MATCHED THEN DELETE",
    "DELETE FROM meta.publish_log",
    "INSERT INTO meta.published_files (version) VALUES (9)",
    "UPDATE history.scores_v1 SET score = 100",
    "COPY clout.scores FROM STDIN",
    "SELECT * FROM clout.scores FOR UPDATE",
    # Changing what it is made of.
    "DROP TABLE clout.scores",
    "DROP VIEW clout.leaderboard",
    "DROP SCHEMA clout CASCADE",
    "ALTER TABLE clout.scores ADD COLUMN mine int",
    "ALTER TABLE clout.scores DETACH PARTITION history.scores_v3",
    "ALTER TABLE clout.scores OWNER TO ana",
    "ALTER VIEW clout.leaderboard RENAME TO mine",
    "CREATE INDEX ON clout.scores (score)",
    "CREATE TRIGGER t BEFORE INSERT ON clout.scores FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE r AS ON INSERT TO clout.scores DO INSTEAD NOTHING",
    "CREATE OR REPLACE FUNCTION history.scores(as_of integer) RETURNS SETOF clout.scores LANGUAGE sql AS 'SELECT 1'",
    "COMMENT ON TABLE clout.scores IS 'mine'",
    "ALTER TABLE clout.scores SET SCHEMA public",
    # Making something of their own.
    "CREATE TABLE clout.mine (x int)",
    "CREATE TABLE public.mine (x int)",
    "CREATE TABLE history.mine (x int)",
    "CREATE TEMPORARY TABLE mine (x int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "SELECT lo_create(0)",
    "SELECT lo_creat(-1)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_open(1, 131072)",
    "CREATE FOREIGN DATA WRAPPER mine",
    "CREATE DATABASE mine",
    "CREATE ROLE mine",
    # Seeing what is not published, and what lies on the server.
    "SELECT * FROM staging.left_over",
    "CREATE TABLE staging.mine (x int)",
    "COPY staging.left_over TO STDOUT",
    "SELECT * FROM writing.publication",
    "SELECT * FROM writing.sessions(ARRAY[1])",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "COPY clout.scores TO '/tmp/x'",
    "COPY clout.scores TO PROGRAM 'cat'",
    "SELECT * FROM pg_authid",
    # Standing in the way of whoever publishes.
    "LOCK TABLE writing.publication IN ACCESS EXCLUSIVE MODE",
    "LOCK TABLE clout.scores IN ACCESS EXCLUSIVE MODE",
    "LOCK TABLE clout.scores IN ROW EXCLUSIVE MODE",
    "SELECT pg_advisory_lock(427021006196)",
    "SELECT pg_advisory_xact_lock(427021006196)",
    "SELECT pg_try_advisory_lock_shared(1, 2)",
    "SELECT writing.end_readers()",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'clout_publisher'",
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'clout_publisher'",
    "CALL writing.make_analyst('mine')",
    # Becoming somebody else, or changing what all share.
    "SET ROLE clout_publisher",
    "SET SESSION AUTHORIZATION clout_publisher",
    "ALTER ROLE clout_analyst SET statement_timeout = 0",
    "ALTER ROLE clout_analyst RESET default_transaction_read_only",
    "ALTER ROLE clout_analyst PASSWORD 'locked-out'",
    "ALTER ROLE clout_analyst LOGIN",
    "ALTER ROLE clout_publisher PASSWORD 'mine'",
    "ALTER ROLE ana CONNECTION LIMIT -1",
    "ALTER ROLE ana SUPERUSER",
    "GRANT clout_publisher TO ana",
    "ALTER DATABASE {database} SET default_transaction_read_only = on",
    "SET temp_file_limit = -1",
    "ALTER SYSTEM SET max_connections = 1",
]

REFUSALS = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.UndefinedTable,  # what cannot be seen is not there
)


@pytest.fixture(scope="module")
def served(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A published warehouse, in whose staging something was left, and a publisher that is at work."""
    place = Place("postgres", tmp_path_factory.mktemp("served"), postgres)
    for day, run, label in ((DAY, "r1", "one"), (DAY, "r3", "newer")):
        place.publish(day, run, label)
    with psycopg.connect(place.address) as connection:
        connection.execute("CREATE TABLE staging.left_over AS SELECT * FROM clout.scores")
    return place


@pytest.fixture(scope="module")
def publisher(served: Place) -> Iterator[psycopg.Connection]:
    """A session of the publisher's that analysts may try to end."""
    with psycopg.connect(served.address, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def analyst(served: Place) -> Iterator[psycopg.Connection]:
    """An analyst who has taken away all limits that a session can take away."""
    assert served.cluster
    with psycopg.connect(served.cluster.address(served.database, "ana"), autocommit=True) as connection:
        for setting in ("default_transaction_read_only = off", "statement_timeout = 0", "lock_timeout = 0"):
            connection.execute(f"SET {setting}")
        connection.execute("SET idle_in_transaction_session_timeout = 0")
        yield connection


@pytest.mark.parametrize("attempt", REFUSED)
def test_an_attempt_is_refused(
    served: Place, publisher: psycopg.Connection, analyst: psycopg.Connection, attempt: str
) -> None:
    with pytest.raises(REFUSALS), analyst.transaction() if attempt.startswith("LOCK") else contextlib.nullcontext():
        analyst.execute(attempt.format(database=served.database))
    assert publisher.execute("SELECT 1").fetchone() == (1,)


def test_what_no_session_can_take_away(served: Place) -> None:
    assert served.cluster
    address = served.cluster.address(served.database, "ana")
    with psycopg.connect(address) as connection:
        assert connection.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("10min",)
        assert connection.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("1min",)
        assert connection.execute("SHOW temp_file_limit").fetchone() == ("1GB",)
        tables = connection.execute("SELECT DISTINCT table_schema FROM information_schema.tables").fetchall()
        assert {name for (name,) in tables} == {"clout", "meta", "history", "pg_catalog", "information_schema"}
        seen = connection.execute(
            "SELECT query FROM pg_stat_activity WHERE usename <> 'ana' AND query <> ''"
        ).fetchall()
        assert {query for (query,) in seen} <= {"<insufficient privilege>"}
    for database in ("postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(served.cluster.address(database, "ana"))
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        psycopg.connect(served.cluster.address(served.database, "clout_analyst"))
    held: list[psycopg.Connection] = []
    try:
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            held.extend(psycopg.connect(address) for _ in range(6))
    finally:
        for connection in held:
            connection.close()


def reading(served: Place, statement: str) -> psycopg.Connection:
    """An analyst's session that holds what a publication needs, and would for ever."""
    assert served.cluster
    connection = psycopg.connect(served.cluster.address(served.database, "ana"), application_name="a notebook")
    connection.execute("SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0")
    connection.execute(statement)
    return connection


def test_a_reader_is_waited_for_then_named_and_ended(
    served: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(postgres_locks, "FIRST_WAIT_MS", 300)
    monkeypatch.setattr(postgres_locks, "GRACE_S", 1.0)
    staged = served.stage(NEXT, "r2", "two")
    reader = reading(served, "SELECT count(*) FROM clout.accounts")
    again = reading(served, "LOCK TABLE clout.scores IN ACCESS SHARE MODE")
    began = time.monotonic()
    served.open().publish(contract.release(staged), staged, now())
    assert time.monotonic() - began > 1
    said = capsys.readouterr().err
    assert "waiting for who reads the published tables: role ana, pid" in said
    assert f"ended role ana, pid {reader.info.backend_pid}, application 'a notebook', since 20" in said
    for session in (reader, again):
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    assert served.shown() == {DAY: "newer", NEXT: "two"}


def test_a_crowd_of_readers_cannot_starve_a_publication(served: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each holds the tables for a moment only, and there is always one."""
    monkeypatch.setattr(postgres_locks, "FIRST_WAIT_MS", 200)
    monkeypatch.setattr(postgres_locks, "GRACE_S", 1.0)
    staged = served.stage(NEXT, "r4", "four")
    done = threading.Event()

    def read() -> None:
        assert served.cluster
        while not done.is_set():
            try:
                with psycopg.connect(served.cluster.address(served.database, "ana")) as connection:
                    connection.execute("SELECT count(*) FROM clout.scores, pg_sleep(0.4)")
            except psycopg.Error:
                continue

    readers = [threading.Thread(target=read) for _ in range(4)]
    for each in readers:
        each.start()
    try:
        time.sleep(0.5)
        served.open().publish(contract.release(staged), staged, now())  # while they are still at it
    finally:
        done.set()
        for each in readers:
            each.join()
    assert served.shown()[NEXT] == "four"


def test_who_is_no_analyst_is_named_and_left_alone(served: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_locks, "FIRST_WAIT_MS", 100)
    monkeypatch.setattr(postgres_locks, "GRACE_S", 0.2)
    monkeypatch.setattr(postgres_locks, "ENDING_S", 0.5)
    staged = served.stage(NEXT, "r5", "five")
    with psycopg.connect(served.address, application_name="a backup") as other:
        other.execute("SELECT count(*) FROM clout.scores")
        with pytest.raises(
            TryLater, match=r"gave up; nothing was published: role clout_publisher, pid \d+, application"
        ):
            served.open().publish(contract.release(staged), staged, now())
    assert served.shown()[NEXT] != "five"


def test_another_writer_is_waited_for_and_named(served: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_locks, "PUBLISHER_WAIT_S", 0.0)
    with psycopg.connect(served.address, application_name="the other night") as other:
        other.execute("LOCK TABLE writing.publication IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(TryLater, match=r"another writer has been at work.*'the other night'"):
            served.open().gc(1000, now())


# What a database must be ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_does_not_speak_utf8_is_refused(postgres: Cluster, tmp_path: Path, encoding: str) -> None:
    name = f"in_{encoding.lower()}"
    with psycopg.connect(postgres.address("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
        connection.execute(f"GRANT ALL ON DATABASE {name} TO clout_publisher")
    with (
        psycopg.connect(postgres.address(name, "postgres"), autocommit=True) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="not UTF8"),
    ):
        connection.execute(ROLES.read_text())
    with pytest.raises(InvalidInput, match=f"speaks {encoding}.*createdb -E UTF8"):
        open_warehouse(postgres.address(name)).log()


def test_a_client_of_another_encoding_publishes_in_utf8(
    postgres: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    place = Place("postgres", tmp_path, postgres)
    place.publish(DAY, "r1", "ō→")
    assert {name[4:] for name in place.open().read("clout.accounts").column("display_name").to_pylist()} >= {"ō→"}


def test_a_sign_that_postgres_cannot_hold_is_named_with_its_row(postgres: Cluster, tmp_path: Path) -> None:
    place = Place("postgres", tmp_path, postgres)
    tables = good(DAY, "one")
    rows = tables["accounts"]
    at = rows.schema.get_field_index("display_name")
    tables["accounts"] = rows.set_column(at, rows.schema.field(at), pa.array(["Ann", "A\0nn"]))
    key = rows["account_key"][1].as_py()
    staged = approve(stage(place.staging, DAY, "r1", "one", tables))
    with pytest.raises(InvalidInput, match=rf"clout\.accounts\.display_name of '{key}' holds the sign U\+0000"):
        place.open().publish(contract.release(staged), staged, now())
    assert place.open().log() == []


def test_a_schema_of_another_owner_is_named(postgres: Cluster, tmp_path: Path) -> None:
    place = Place("postgres", tmp_path, postgres)
    with psycopg.connect(postgres.address(place.database, "postgres"), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA clout")
    staged = place.stage(DAY + timedelta(days=5), "r1", "one")
    with pytest.raises(InvalidInput, match="the schema clout on the server belongs to postgres, and clout_publisher"):
        place.open().publish(contract.release(staged), staged, now())
