"""Waiting on a PostgreSQL server: for another publisher, and for analysts who are reading what is about to be exchanged.

No analyst can hold what a publisher waits for first: a table in a schema that they cannot see. Readers of the published
tables are waited for, then told by name, and after GRACE_S ended by a function that roles.sql made: a publication is never
delayed by more than a minute, whatever a session's own settings are.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import psycopg

from clout import logs
from clout.errors import InvalidInput, TryLater
from clout.warehouse.failpoints import step

LOG = logs.logger(__name__)

#: The exchange waits this long for the first table that analysts read; it tries again until GRACE_S have passed.
FIRST_WAIT_MS, GRACE_S = 3000, 40.0

#: ... and this long for all other tables together. Less than PostgreSQL's deadlock_timeout (1 s): a query that waits for
#: one table while it holds another is set free before PostgreSQL would cancel it as a deadlock.
OTHER_WAITS_MS = 700

#: For so long the exchange goes on when readers are ended; then it gives up.
ENDING_S = 15.0

#: For so long a publisher waits for another one.
PUBLISHER_WAIT_S = 600.0

#: The table whose lock makes a writer the only one.
LOCK = "writing.publication"


def take(connection: psycopg.Connection) -> None:
    """Be the only writer until the transaction ends. Raises TryLater, naming who is at work, after PUBLISHER_WAIT_S."""
    until = time.monotonic() + PUBLISHER_WAIT_S
    while True:
        try:
            with connection.transaction():  # a savepoint
                connection.execute("SET LOCAL lock_timeout = '5s'")
                connection.execute(f"LOCK TABLE {LOCK} IN ACCESS EXCLUSIVE MODE")
            return
        except psycopg.errors.LockNotAvailable:
            holders = "; ".join(_holders(connection, [LOCK])) or "somebody who has just ended"
            if time.monotonic() > until:
                raise TryLater(
                    f"another writer has been at work on the warehouse for {PUBLISHER_WAIT_S / 60:.0f} minutes: {holders};"
                    " nothing was done. Run it again when that is over, or end it by pg_terminate_backend"
                ) from None
            LOG.log(logs.NOTICE, f"waiting for another writer of the warehouse: {holders}")


def make(connection: psycopg.Connection) -> None:
    """Make the table whose lock is taken, where roles.sql is older than it."""
    if connection.execute(f"SELECT to_regclass('{LOCK}')").fetchone() == (None,):
        taken = (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateTable, psycopg.errors.DuplicateSchema)
        with contextlib.suppress(*taken):  # by another publisher, at this moment
            connection.execute("CREATE SCHEMA IF NOT EXISTS writing")
            connection.execute(f"CREATE TABLE IF NOT EXISTS {LOCK} ()")


def lock_out_readers(
    connection: psycopg.Connection, tables: Sequence[str], connect: Callable[[], contextlib.AbstractContextManager]
) -> None:
    """Lock every table that analysts read: politely, then by ending who still reads. Never in a way that others' queries fail.

    Raises TryLater, naming who reads, where the server has no function to end them, or they are no analysts.
    """
    began = time.monotonic()
    told: list[str] = []
    attempt = 0
    while True:
        is_ending = time.monotonic() - began > GRACE_S
        try:
            with ending(connect) if is_ending else contextlib.nullcontext(), connection.transaction():  # a savepoint
                for number, table in enumerate(tables):
                    wait = FIRST_WAIT_MS if number == 0 or is_ending else OTHER_WAITS_MS // max(1, len(tables) - 1)
                    connection.execute(f"SET LOCAL lock_timeout = {wait}")
                    connection.execute(f"LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE")
            step("readers wait")
            return
        except psycopg.errors.LockNotAvailable:
            found = _holders(connection, tables)
            if found and found != told:
                LOG.log(logs.NOTICE, f"waiting for who reads the published tables: {'; '.join(found)}")
                told = found
            if time.monotonic() - began > GRACE_S + ENDING_S:
                raise TryLater(
                    "somebody has been reading the published tables for so long that the exchange gave up; nothing was"
                    f" published: {'; '.join(told) or 'nobody any more'}. Publish again, or end them by"
                    " pg_terminate_backend; where they are analysts, run sql/warehouse/postgres/roles.sql again, so that a"
                    " publication may end them itself"
                ) from None
            attempt += 1
            time.sleep(random.uniform(0.05, 0.3) * min(attempt, 5))


@contextlib.contextmanager
def ending(connect: Callable[[], contextlib.AbstractContextManager]) -> Iterator[None]:
    """While it lasts, end the sessions of analysts that hold a lock on what is published, from a connection of its own."""
    done = threading.Event()

    def end() -> None:
        # Without the function the exchange says whom it waits for, and gives up.
        with contextlib.suppress(psycopg.Error, InvalidInput, TryLater), connect() as connection:
            is_over = False
            while not is_over:  # at least once, also when the wait for a lock was over before this connection stood
                for pid, role, application, since in connection.execute(
                    "SELECT * FROM writing.end_readers()"
                ).fetchall():
                    LOG.info(f"ended {_named(pid, role, application, since)}, who kept the publication waiting")
                is_over = done.wait(0.3)

    thread = threading.Thread(target=end, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(5)


def _holders(connection: psycopg.Connection, tables: Sequence[str]) -> list[str]:
    """Who holds a lock on one of the tables, in words."""
    held = (
        "SELECT DISTINCT l.pid FROM pg_locks AS l WHERE l.granted AND l.pid <> pg_backend_pid()"
        " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND l.relation = ANY(%s::text[]::regclass[]::oid[])"
    )
    can_see = connection.execute("SELECT to_regprocedure('writing.sessions(integer[])') IS NOT NULL").fetchone() == (
        True,
    )
    sessions = (
        "writing.sessions(ARRAY(SELECT pid FROM held))"
        if can_see
        else (
            "(SELECT pid, usename::text, application_name, xact_start FROM pg_stat_activity"
            " WHERE pid IN (SELECT pid FROM held)) AS s (pid, role, application, since)"
        )
    )
    rows = connection.execute(
        f"WITH held AS ({held}) SELECT * FROM {sessions} ORDER BY since", [list(tables)]
    ).fetchall()
    return [_named(*row) for row in rows]


def _named(pid: int, role: str | None, application: str | None, since: object) -> str:
    parts = [f"role {role}", f"pid {pid}"]
    parts += [f"application {application!r}"] if application else []
    parts += [f"since {since:%F %T} UTC"] if since else []  # type: ignore[str-format]
    return ", ".join(parts)
