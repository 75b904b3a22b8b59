"""What analysts see is the same everywhere: names, types, comments, views, time travel; and they can only look."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pytest
from clout.engine.queries import SQL
from clout.errors import InvalidInput
from clout.warehouse import catalog, contract
from clout.warehouse.factory import open_warehouse
from clout.warehouse.versions import Conflict
from pyiceberg.catalog import load_catalog
from pyiceberg.table import StaticTable
from staged_run import DAY, NEXT
from warehouses import BACKENDS, Place, now

pytestmark = pytest.mark.filterwarnings("ignore:Delete operation did not match")


@pytest.fixture(scope="module", params=BACKENDS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two days, one of them corrected: versions 1, 2 and 3. Tests may read it only."""
    cluster = request.getfixturevalue("postgres") if request.param == "postgres" else None
    place = Place(request.param, tmp_path_factory.mktemp(request.param), cluster)
    for day, run, label in ((DAY, "r1", "one"), (NEXT, "r2", "newer"), (DAY, "r3", "newer")):
        place.publish(day, run, label)
    return place


Described = dict[str, tuple[str, dict[str, tuple[str, str]]]]

#: Every relation with its comment, and its columns with type and comment.
DECLARED: Described = {
    relation.full_name: (relation.comment, {c.name: (c.type, c.comment) for c in relation.columns})
    for relation in catalog.relations().values()
}


def described_by_duckdb(place: Place) -> Described:
    """What DuckDB's own catalogue says."""
    with duckdb.connect(str(place.root / "warehouse.duckdb"), read_only=True) as connection:
        relations = connection.sql(
            "SELECT schema_name || '.' || view_name, comment FROM duckdb_views() WHERE NOT internal"
            " UNION ALL SELECT schema_name || '.' || table_name, comment FROM duckdb_tables()"
        ).fetchall()
        columns = connection.sql(
            "SELECT schema_name || '.' || table_name, column_name, data_type, comment FROM duckdb_columns()"
            " WHERE NOT internal ORDER BY column_index"
        ).fetchall()
    return {
        name: (comment, {column: (kind, said) for of, column, kind, said in columns if of == name})
        for name, comment in relations
    }


def described_by_postgres(place: Place) -> Described:
    """What PostgreSQL's own catalogue says to the analyst."""
    kinds = {"double precision": "DOUBLE", "text": "VARCHAR"}
    assert place.cluster
    with psycopg.connect(place.cluster.address(place.database, "ana")) as connection:
        rows = connection.execute(
            "SELECT c.oid::regclass::text, obj_description(c.oid), attname, format_type(atttypid, NULL),"
            " col_description(c.oid, attnum) FROM pg_class AS c INNER JOIN pg_attribute ON attrelid = c.oid"
            " WHERE relnamespace IN ('clout'::regnamespace, 'meta'::regnamespace) AND relkind IN ('r', 'p', 'v')"
            " AND attnum > 0 AND NOT attisdropped ORDER BY c.oid, attnum"
        ).fetchall()
    found: Described = {}
    for name, comment, column, kind, said in rows:
        found.setdefault(name, (comment, {}))[1][column] = (kinds.get(kind, kind.upper()), said)
    return found


def described_by_iceberg(place: Place) -> Described:
    """What the metadata of Iceberg's tables and views says."""
    kinds = {"double": "DOUBLE", "string": "VARCHAR", "long": "BIGINT", "int": "INTEGER", "date": "DATE"}
    kinds |= {"boolean": "BOOLEAN", "timestamptz": "TIMESTAMP WITH TIME ZONE"}
    with sqlite3.connect(place.root / "catalog.sqlite") as catalog:
        rows = catalog.execute(
            "SELECT table_namespace || '.' || table_name, metadata_location, iceberg_type FROM iceberg_tables"
        ).fetchall()
    catalog.close()
    found: Described = {}
    for name, location, kind in rows:
        metadata = json.loads(Path(location.removeprefix("file://")).read_text())
        if kind == "TABLE":
            schema = StaticTable.from_metadata(location).schema()
            fields = [(field.name, str(field.field_type), field.doc) for field in schema.fields]
        else:
            fields = [(field["name"], field["type"], field["doc"]) for field in metadata["schemas"][0]["fields"]]
        columns = {column: (kinds[type_], said or "") for column, type_, said in fields}
        found[name] = (metadata["properties"]["comment"], columns)
    return found


def test_names_types_and_comments_are_the_declared_ones(place: Place) -> None:
    found = globals()[f"described_by_{place.kind}"](place)
    assert found == DECLARED
    assert all(comment and all(said for _, said in columns.values()) for comment, columns in found.values())


def test_every_table_and_view_reads_the_same(place: Place, tmp_path: Path) -> None:
    """As the duckdb backend shows it, which tests/jobs/test_publish.py holds against the staged rows."""
    reference = Place("duckdb", tmp_path)
    for day, run, label in ((DAY, "r1", "one"), (NEXT, "r2", "newer"), (DAY, "r3", "newer")):
        reference.publish(day, run, label)
    for relation in catalog.relations().values():
        if relation.name in ("publish_log", "published_files", "freshness"):  # hold times and places
            continue
        name, order = relation.full_name, [(column.name, "ascending") for column in relation.columns]
        found, expected = (each.open().read(name).sort_by(order) for each in (place, reference))
        assert found.schema.equals(relation.arrow_schema), name
        assert found.to_pylist() == expected.to_pylist(), name
        assert found.num_rows, name
    fresh = place.open().read("meta.freshness").to_pylist()
    assert {(row["last_ds"], row["version"], row["days"]) for row in fresh} == {(NEXT, 2, 2)}
    assert {(row["first_ds"], row["missing_days"]) for row in fresh} == {(DAY, 0)}
    assert {row["table_name"]: row["worst_check"] for row in fresh if row["worst_check"]} == {"scores": "passed"}
    assert place.open().read("clout.movers").to_pylist()[0]["previous_ds"] == DAY


def test_earlier_states_stay_readable(place: Place) -> None:
    def labels(version: int | None) -> dict[date, str]:
        rows = place.open().read("clout.scores", version).to_pylist()
        return {row["ds"]: row["model_version"] for row in rows}

    assert labels(1) == {DAY: "one"}
    assert labels(2) == {DAY: "one", NEXT: "newer"}
    assert labels(3) == labels(None) == {DAY: "newer", NEXT: "newer"}
    with pytest.raises(InvalidInput, match="there is no version 9"):
        place.open().read("clout.scores", 9)
    [day] = {row["ds"] for row in place.open().read("clout.leaderboard", day=NEXT).to_pylist()}
    assert day == NEXT


def test_analysts_travel_in_time_with_their_own_client(place: Place) -> None:
    if place.kind == "postgres":
        assert place.cluster
        with psycopg.connect(place.cluster.address(place.database, "ana")) as connection:
            found = connection.execute("SELECT DISTINCT ds, model_version FROM history.scores(1)").fetchall()
    elif place.kind == "duckdb":
        with duckdb.connect(str(place.root / "history" / "warehouse-v000001.duckdb"), read_only=True) as connection:
            found = connection.sql("SELECT DISTINCT ds, model_version FROM clout.scores").fetchall()
    else:
        catalog = load_catalog("lakehouse", type="sql", uri=f"sqlite:///{place.root}/catalog.sqlite")
        table = catalog.load_table("clout.scores")
        rows = table.scan(snapshot_id=table.snapshot_by_name("v1").snapshot_id).to_arrow()
        found = [(ds, label) for ds, label in {(r["ds"], r["model_version"]) for r in rows.to_pylist()}]
    assert found == [(DAY, "one")]


def test_a_snapshot_says_which_run_made_it(place: Place) -> None:
    if place.kind != "iceberg":
        pytest.skip("only Iceberg has snapshots")
    catalog = load_catalog("lakehouse", type="sql", uri=f"sqlite:///{place.root}/catalog.sqlite")
    for name in ("clout.scores", "meta.pulls", "meta.publish_log"):
        summary = catalog.load_table(name).current_snapshot().summary
        assert (summary["clout.version"], summary["clout.run"], summary["clout.day"]) == ("3", "r3", str(DAY))


# A server's tables outlive the code ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(postgres, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A published PostgreSQL warehouse."""
    place = Place("postgres", tmp_path_factory.mktemp("served"), postgres)
    for day, run, label in ((DAY, "r1", "one"), (DAY, "r3", "newer"), (NEXT, "r2", "two")):
        place.publish(day, run, label)
    return place


def test_a_column_may_come_and_none_may_change(served: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the server, where tables outlive the code: old days show NULL, and a changed type is refused."""
    relation = catalog.relations()["coverage"]
    changed = catalog.Relation(
        relation.schema,
        relation.name,
        relation.comment,
        (*relation.columns[:-1], catalog.Column("coverage", "VARCHAR", "a type changed")),
        None,
    )
    monkeypatch.setattr(catalog, "relations", lambda: {**real, "coverage": changed})
    with pytest.raises(InvalidInput, match="cannot change its type"):
        served.open().gc(1000, now())
    wider = catalog.Relation(
        relation.schema,
        relation.name,
        relation.comment,
        (*relation.columns[:2], catalog.Column("extra", "DOUBLE", "a new column"), *relation.columns[2:]),
        None,
    )
    monkeypatch.setattr(catalog, "relations", lambda: {**real, "coverage": wider})
    served.open().gc(1000, now())
    assert served.open().read("meta.coverage").column("extra").null_count == 4
    assert served.open().read("meta.coverage", 1).column_names == [column.name for column in wider.columns]


real = catalog.relations()


# Iceberg's heads --------------------------------------------------------------------------------------------------------


def test_what_somebody_else_committed_is_not_thrown_away(tmp_path: Path) -> None:
    place = Place("iceberg", tmp_path)
    place.publish(DAY, "r1", "one")
    catalog = load_catalog("lakehouse", type="sql", uri=f"sqlite:///{place.root}/catalog.sqlite")
    table = catalog.load_table("clout.accounts")
    table.append(table.scan().to_arrow())
    staged = place.stage(DAY, "r2", "newer")
    with pytest.raises(Conflict, match=r"clout\.accounts: somebody else committed to it after version 1"):
        place.open().publish(contract.release(staged), staged, now())
    assert catalog.load_table("clout.accounts").scan().to_arrow().num_rows == 4
    ours = table.snapshot_by_name("v1").snapshot_id
    catalog.load_table("clout.accounts").manage_snapshots().set_current_snapshot(snapshot_id=ours).commit()
    place.open().publish(contract.release(staged), staged, now())
    assert place.shown() == {DAY: "newer"}


def test_an_empty_table_of_a_day_is_published_as_empty(tmp_path: Path) -> None:
    """Iceberg reads a file's partition from its rows: one without rows must not stop the night."""
    from clout.warehouse import content_files
    from staged_run import approve, good, rows_of, stage

    for kind in ("duckdb", "iceberg"):
        place = Place(kind, tmp_path / kind)
        place.publish(DAY, "r1", "one")
        staged = approve(
            stage(place.staging, DAY, "r2", "two", good(DAY, "two") | {"coverage": rows_of("coverage", [])})
        )
        place.open().publish(contract.release(staged), staged, now())
        assert place.open().read("meta.coverage").num_rows == 0
        assert place.open().read("meta.coverage", 1).num_rows == 2
        assert place.shown() == {DAY: "two"}
    assert content_files.names_one_of(pa.table({"a": ["x", "y, z", None]}), frozenset("z")).to_pylist() == [
        False,
        True,
        False,
    ]


# Choosing ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["mysql://x/y", "s3://bucket/warehouse", "iceberg:"])
def test_what_is_no_warehouse_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is no warehouse"):
        open_warehouse(text)


def test_only_a_sql_catalogue_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from clout.warehouse.backends import iceberg_backend

    monkeypatch.setattr(iceberg_backend, "load_catalog", lambda *_, **__: object())
    with pytest.raises(InvalidInput, match="only in a SQL catalogue"):
        open_warehouse("iceberg:prod")


def test_a_location_tells_no_password() -> None:
    assert "s3cret" not in open_warehouse("postgresql://me:s3cret@db/clout").location
    with pytest.raises(InvalidInput) as refused:
        open_warehouse("postgresql://me:s3cret%zz@db/clout")
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("first", [date(2026, 2, 27), date(2023, 12, 30), date(2024, 2, 28), date(1999, 12, 31)])
def test_freshness_counts_the_days_that_are_missing(first: date) -> None:
    """Across ends of months and years and leap days; published twice is published."""
    ages = [0, 1, 4, 5, 9, 400]
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA clout; CREATE SCHEMA meta")
        for name in ("publish_log", "published_files", "data_quality", "freshness"):
            connection.execute((SQL / "warehouse" / f"{name}.sql").read_text(encoding="utf-8"))
        for version, age in enumerate([*ages, 4], 1):
            day = first + timedelta(days=age)
            connection.execute(
                "INSERT INTO meta.publish_log (version, content_version, ds) VALUES ($1, $1, $2)", [version, day]
            )
            connection.execute(
                "INSERT INTO meta.published_files (version, table_name, ds, rows) VALUES (?, 'scores', ?, 1)",
                [version, day],
            )
        found = connection.sql("SELECT first_ds, days, missing_days FROM meta.freshness").fetchall()
    assert found == [(first, 6, 401 - 6)]


@pytest.mark.parametrize(
    ("failed", "worst"),
    [([], "passed"), (["info"], "info"), (["info", "warning"], "warning"), (["critical"], "critical")],
)
def test_freshness_tells_the_worst_check_that_failed_on_the_newest_day(failed: list[str], worst: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA clout; CREATE SCHEMA meta")
        for name in ("publish_log", "published_files", "data_quality", "freshness"):
            connection.execute((SQL / "warehouse" / f"{name}.sql").read_text(encoding="utf-8"))
        for version, day in enumerate((DAY, NEXT), 1):
            connection.execute(
                "INSERT INTO meta.publish_log (version, content_version, ds) VALUES ($1, $1, $2)", [version, day]
            )
            for table in ("scores", "published"):
                connection.execute(
                    "INSERT INTO meta.published_files (version, table_name, ds, rows) VALUES (?, ?, ?, 1)",
                    [version, table, day],
                )
        checks = [
            (DAY, "critical", "failed"),
            (NEXT, "critical", "passed"),
            *((NEXT, each, "failed") for each in failed),
        ]
        connection.executemany(
            "INSERT INTO meta.data_quality (ds, suite, severity, verdict) VALUES (?, 'scores', ?, ?)", checks
        )
        found = connection.sql("SELECT table_name, worst_check, rows FROM meta.freshness").fetchall()
    assert sorted(found) == [("published", None, 2), ("scores", worst, 2)]
