"""The sessions that sql/warehouse/README.md shows, run exactly as they are printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import psycopg
import pyarrow.feather as feather
import pytest
import query
from clout.errors import InvalidInput
from clout.warehouse import catalog
from clout.warehouse.backends.iceberg_backend import IcebergWarehouse
from staged_run import DAY, NEXT
from warehouses import Place

ROOT = Path(__file__).resolve().parents[4]
README = (ROOT / "sql" / "warehouse" / "README.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.filterwarnings("ignore:Delete operation did not match")


def printed(kind: str, word: str) -> str:
    """The one block of code of a kind that holds a word."""
    blocks = re.findall(rf"^```{kind}\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
    [block] = [block for block in blocks if word in block]
    return block


def publish(place: Place) -> None:
    """Three versions: the sessions look at the newest day, and at version 1."""
    for day, run, label in ((DAY, "r1", "one"), (NEXT, "r2", "newer"), (DAY, "r3", "newer")):
        place.publish(day, run, label)


def run(folder: Path, command: list[str], **environment: str) -> str:
    """What a session prints in a folder; the environment's own programs come first."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PATH": path} | environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode and re.search(
        r"unresolved dependency|Server access error|UNRESOLVED DEPENDENCIES", done.stdout + done.stderr
    ):
        pytest.skip("the Iceberg runtime for Spark cannot be had: Maven Central is not reachable")
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout


def assert_shows(out: str) -> None:
    """The two answers: who leads on the newest day, and what version 1 held."""
    assert "Ada newer" in out
    assert re.search(rf"{DAY}\D+2\b", out), out


def test_duckdb(tmp_path: Path) -> None:
    place = Place("duckdb", tmp_path)
    place.root = tmp_path / ".clout" / "demo" / "warehouse"
    publish(place)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    assert_shows(run(tmp_path, ["bash", "-ec", printed("sh", "duckdb -readonly")]))


def statements() -> list[str]:
    """The questions that the page prints."""
    blocks = re.findall(r"^```sql(?: of lists)?\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
    return [each.strip() for block in blocks for each in block.split(";\n") if each.strip()]


def test_every_table_of_people_has_its_question() -> None:
    asked = {word for each in statements() for word in re.findall(r"\bclout\.\w+", each)}
    tables = {
        relation.full_name for relation in catalog.relations().values() if relation.full_name.startswith("clout.")
    }
    assert tables - asked == set()


def test_the_questions_run_on_a_server(postgres, tmp_path: Path) -> None:
    """Their rows are those of the invented world, see tests/test_pipeline.py; here it is their words."""
    place = Place("postgres", tmp_path, postgres)
    publish(place)
    assert len(statements()) >= 30
    with psycopg.connect(postgres.address(place.database), autocommit=True) as connection:
        for each in statements():
            assert connection.execute(each).description, each


def test_the_questions_run_on_a_lakehouse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = Place("iceberg", tmp_path)
    publish(place)
    warehouse = place.open()
    query.copy(warehouse, tmp_path / "all.duckdb")
    with duckdb.connect(str(tmp_path / "all.duckdb"), read_only=True) as copied:
        for each in statements():
            assert copied.execute(each).description, each
    query.main(["--warehouse", place.address, "--sql", "SELECT name FROM clout.leaderboard ORDER BY place"])
    assert "Ada newer" in capsys.readouterr().out
    with pytest.raises(InvalidInput, match="nothing"):
        query.main(["--warehouse", place.address, "--sql", "SELECT * FROM clout.nothing"])


def test_psql(postgres, tmp_path: Path) -> None:
    place = Place("postgres", tmp_path, postgres)
    publish(place)
    # The printed address names neither a port nor our database: libpq takes the port from the environment.
    with psycopg.connect(postgres.address("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {place.database} RENAME TO clout")
    assert_shows(run(tmp_path, ["bash", "-ec", printed("sh", 'psql "')], PGPORT=str(postgres.port)))


#: Goes on in the printed session: writes down what Spark reads by each query.
READ_ALL = """
import pyarrow.feather
for file, query in QUERIES.items():
    pyarrow.feather.write_feather(spark.sql(query).toArrow(), file, compression="uncompressed")
"""


def test_pyspark(tmp_path: Path) -> None:
    """An engine that we did not write reads the Iceberg tables, their views and snapshots: the rows that PyIceberg reads."""
    place = Place("iceberg", tmp_path)
    place.root = tmp_path / ".clout" / "lakehouse"
    publish(place)
    warehouse = place.open()
    assert isinstance(warehouse, IcebergWarehouse)
    ours, queries = {}, {}
    for relation in catalog.relations().values():
        name = relation.full_name
        ours[name], queries[name] = warehouse.read(name), f"SELECT * FROM {name}"
        if relation.select is None:
            [first] = [ref for tag, ref in warehouse.catalog.load_table(name).refs().items() if tag == "v1"]
            ours[f"{name}@v1"] = warehouse.read(name, 1)
            queries[f"{name}@v1"] = f"SELECT * FROM {name} VERSION AS OF {first.snapshot_id}"
    # The session stays as it is printed; Spark's own defaults keep it from compiling each query for two rows.
    (tmp_path / "spark-defaults.conf").write_text(
        "spark.ui.enabled false\nspark.sql.shuffle.partitions 1\nspark.sql.codegen.wholeStage false\n"
        "spark.sql.codegen.factoryMode NO_CODEGEN\nspark.driver.extraJavaOptions -XX:TieredStopAtLevel=1\n"
        "spark.sql.session.timeZone UTC\n"
    )
    session = printed("python", "iceberg-spark-runtime")
    script = f"{session}\nQUERIES = {queries}\n{READ_ALL}"
    assert_shows(run(tmp_path, [sys.executable, "-c", script], SPARK_CONF_DIR=str(tmp_path)))
    for each, rows in ours.items():
        theirs = feather.read_table(tmp_path / each).cast(rows.schema)
        assert sorted(map(repr, theirs.to_pylist())) == sorted(map(repr, rows.to_pylist())), each
        assert rows.num_rows or each == "clout.movers", each
