"""What customer care may read of a PostgreSQL warehouse, by attempts: the look-up of those who agreed, and no score."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from clout.warehouse import catalog, contract
from clout.warehouse.factory import open_warehouse
from postgres_cluster import Cluster
from staged_run import DAY, approve, good, rows_of, stage
from warehouses import now

#: Nothing by which one could be served before another.
COLUMNS = [
    *("ds", "platform", "handle", "account_key", "person_id", "display_name", "account_since", "country", "admin1"),
    *("city", "piled_on_on"),
]
#: Other ways to a score than to ask a table for it.
WAYS = [
    "SELECT * FROM history.scores(1)",
    "SELECT * FROM history.scores_v1",
    "SELECT * FROM staging.scores_v1",
    "SELECT (SELECT max(score) FROM clout.scores) FROM clout.care_lookup",
    "SELECT * FROM clout.care_lookup AS c JOIN clout.scores AS s USING (person_id)",
    "SELECT query_to_xml('SELECT * FROM clout.scores', true, false, '')",
    "SELECT table_to_xml('clout.scores', true, false, '')",
    "SELECT schema_to_xml('history', true, false, '')",
    "SELECT cursor_to_xml('c', 1, true, false, '')",
    "SELECT ts_stat('SELECT to_tsvector(score::text) FROM clout.scores')",
    "EXPLAIN SELECT * FROM clout.scores WHERE score > 50",
    "SELECT currval('clout.scores')",
    "SELECT * FROM pg_statistic",
    "SELECT pg_relation_filepath('clout.scores'), pg_read_file('base')",
    "COPY clout.scores TO STDOUT",
    "COPY (SELECT score FROM clout.scores) TO STDOUT",
    "DECLARE c CURSOR FOR SELECT * FROM clout.scores",
    "PREPARE p AS SELECT * FROM clout.scores",
    "SET ROLE clout_analyst",
    "SET SESSION AUTHORIZATION clout_publisher",
    "CREATE TEMPORARY VIEW mine AS SELECT * FROM clout.scores",
    "CREATE FUNCTION clout.mine() RETURNS bigint LANGUAGE sql AS 'SELECT 1'",
    "DO $$ BEGIN PERFORM score FROM clout.scores; END $$",
    "ALTER VIEW clout.care_lookup SET (security_barrier = false)",
    "CREATE OR REPLACE VIEW clout.care_lookup AS SELECT * FROM clout.scores",
    "CALL writing.make_analyst('cleo')",
    "GRANT clout_analyst TO cleo",
]


def test_the_look_up_says_nothing_of_rank() -> None:
    assert [column.name for column in catalog.relations()["care_lookup"].columns] == COLUMNS


@pytest.fixture(scope="module")
def database(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A published warehouse: ada agreed to be found by care, bo did not."""
    name = postgres.database()
    tables = dict(good())
    agreed = [(DAY, "chirp:ada", "care", DAY), (DAY, "chirp:bo", "named", DAY)]
    tables["consented"] = rows_of("consented", agreed)
    tables["pile_ons"] = rows_of("pile_ons", [(DAY, "chirp:ada", DAY - timedelta(days=2), 20, 18, 2.5, 21, 6)])
    staged = approve(stage(tmp_path_factory.mktemp("care"), tables=tables))
    open_warehouse(postgres.address(name)).publish(contract.release(staged), staged, now())
    return name


@pytest.fixture
def cleo(postgres: Cluster, database: str) -> Iterator[psycopg.Connection]:
    """Somebody of customer care."""
    with psycopg.connect(postgres.address(database, "cleo"), autocommit=True) as connection:
        yield connection


def test_care_finds_who_agreed_and_nobody_else(cleo: psycopg.Connection) -> None:
    rows = cleo.execute("SELECT person_id, handle, country, city, piled_on_on FROM clout.care_lookup").fetchall()
    assert rows == [("chirp:ada", "ada", "US", "Philadelphia", DAY - timedelta(days=2))]


@pytest.mark.parametrize(
    "relation", sorted(each.full_name for each in catalog.relations().values() if each.name != "care_lookup")
)
def test_care_reads_no_other_table(cleo: psycopg.Connection, relation: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        cleo.execute(f"SELECT * FROM {relation} LIMIT 1")


@pytest.mark.parametrize("statement", WAYS)
def test_no_other_way_leads_to_a_score(cleo: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.Error):
        cleo.execute(statement).fetchall()


def test_the_catalogue_shows_no_values(cleo: psycopg.Connection) -> None:
    for view in ("pg_stats", "pg_stats_ext", "pg_stats_ext_exprs"):
        seen = cleo.execute(f"SELECT * FROM {view} WHERE schemaname IN ('clout', 'history', 'meta')").fetchall()
        assert seen == [], view
    seen = cleo.execute(
        "SELECT table_name FROM information_schema.columns WHERE table_schema IN ('clout', 'history', 'meta')"
    ).fetchall()
    assert {name for (name,) in seen} == {"care_lookup"}


def test_no_condition_is_tried_on_a_row_that_is_not_shown(cleo: psycopg.Connection) -> None:
    """A condition that fails on bo's row alone does not fail: neither an error nor its time tells that there is one."""
    failing = "CASE WHEN handle IS NULL THEN 1 / (length(person_id) - length(person_id)) ELSE 1 END = 1"
    assert len(cleo.execute(f"SELECT * FROM clout.care_lookup WHERE {failing}").fetchall()) == 1


def test_who_reads_scores_is_no_care(postgres: Cluster, database: str) -> None:
    with (
        psycopg.connect(postgres.address(database, "postgres"), autocommit=True) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="reads scores"),
    ):
        connection.execute("CALL writing.make_care('ana')")
