"""Publishing: nothing unaudited, all of a run or nothing, the same content once, and a kill at any step harms nobody."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import publish
import pyarrow.parquet as pq
import pytest
from clout.errors import InvalidInput
from clout.lake.staging import AUDITED, TABLES, Staged
from clout.quality import bounds, suites
from clout.warehouse import catalog, contract
from clout.warehouse.backends.duckdb_backend import DuckDBWarehouse
from staged_run import DAY, NEXT, approve, good, stage

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / ".venv" / "bin" / "duckdb"


class World:
    """A staging area and a warehouse, and what a reader sees."""

    def __init__(self, folder: Path) -> None:
        self.staging = folder / "staging"
        self.root = folder / "warehouse"
        self.file = self.root / "warehouse.duckdb"
        self.warehouse = DuckDBWarehouse(self.root)

    def staged(self, day: Any = DAY, run: str = "r1", label: str = "one") -> Staged:
        return approve(stage(self.staging, day, run, label))

    def publish(self, *arguments: Any, **named: Any) -> contract.Version:
        return publish.publish(self.staged(*arguments, **named), DuckDBWarehouse(self.root))

    def query(self, sql: str, file: Path | None = None) -> list[tuple]:
        # Attached, since connections of one process to one path share what the first of them opened.
        with duckdb.connect() as connection:
            path = str(file or self.file).replace("'", "''")
            connection.execute(f"ATTACH '{path}' AS published (READ_ONLY)")
            connection.execute("USE published")
            return connection.sql(sql).fetchall()

    def shown(self, file: Path | None = None) -> dict[Any, str]:
        """The run that each day shows, by the label that every table bears. Fails on a day of two runs."""
        rows = self.query(
            """
            SELECT s.ds, min(s.model_version), max(s.model_version), min(split_part(a.display_name, ' ', 2)),
              max(split_part(a.display_name, ' ', 2)), max(c.duplicate), count(*)
            FROM clout.scores AS s
            INNER JOIN clout.accounts AS a USING (ds, person_id)
            INNER JOIN meta.conservation AS c USING (ds)
            GROUP BY s.ds ORDER BY s.ds
            """,
            file,
        )
        for _, *labels, duplicates, count in rows:
            assert len(set(labels)) == 1
            assert (duplicates, count) == (len(labels[0]), 2)
        return {row[0]: row[1] for row in rows}

    def versions(self) -> list[tuple]:
        return self.query("SELECT version, ds, run_id FROM meta.publish_log ORDER BY version")

    def orphans(self) -> list[str]:
        """What lies in the warehouse without being in its log."""
        known = {self.root / file for (file,) in self.query("SELECT file FROM meta.published_files")}
        known |= {self.root / "history" / f"warehouse-v{version:06d}.duckdb" for version, _, _ in self.versions()}
        known |= {self.file, self.root / ".lock", self.root / "commit.json"}
        return sorted(str(file) for file in self.root.rglob("*") if file.is_file() and file not in known)


def command(world: World, day: Any, run: str) -> subprocess.CompletedProcess:
    """Publish as the DAG does, by the command line."""
    return subprocess.run(
        [
            *(sys.executable, ROOT / "jobs" / "publish.py", "--day", str(day), "--run", run),
            *("--staging", world.staging, "--warehouse", world.root),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


# Refusals ---------------------------------------------------------------------------------------------------------


def no_verdict(staged: Staged) -> None:
    staged.remove_verdict()


def cut_verdict(staged: Staged) -> None:
    Path(staged.location, "verdict.json").write_text('{"passed": true, ')


def list_verdict(staged: Staged) -> None:
    Path(staged.location, "verdict.json").write_text("[]")


def verdict(**changes: Any) -> Callable[[Staged], None]:
    def change(staged: Staged) -> None:
        approve(staged, **changes)

    return change


def scores_file(staged: Staged) -> Path:
    return Path(staged.location, "scores", "part-0.parquet")


def flipped_byte(at: int) -> Callable[[Staged], None]:
    def change(staged: Staged) -> None:
        content = bytearray(scores_file(staged).read_bytes())
        content[at] ^= 1
        scores_file(staged).write_bytes(content)

    return change


def changed_row(staged: Staged) -> None:
    rows = pq.read_table(scores_file(staged))
    pq.write_table(rows.slice(0, 1), scores_file(staged))


def added_file(staged: Staged) -> None:
    shutil.copy(scores_file(staged), scores_file(staged).with_name("part-1.parquet"))


def removed_file(staged: Staged) -> None:
    scores_file(staged).unlink()


def removed_table(staged: Staged) -> None:
    shutil.rmtree(Path(staged.location, "conservation"))


def other_rows(staged: Staged) -> None:
    staged.root.write(staged.table("scores"), staged.root.read(staged.table("scores")).slice(0, 1))


REFUSALS = {
    "no verdict": (no_verdict, "no verdict"),
    "verdict cut short": (cut_verdict, "not JSON"),
    "verdict is a list": (list_verdict, "no JSON object; heal it"),
    "failed verdict": (verdict(passed=False), "did not pass"),
    "verdict not true": (verdict(passed="yes"), "did not pass"),
    "verdict of another run": (verdict(run="r9"), "of run r9"),
    "verdict of another day": (verdict(day="2026-03-16"), "for 2026-03-16"),
    "verdict of other content": (verdict(content_hash="0" * 64), "not those that were audited"),
    "verdict without suites": (verdict(suites={}), "expectations/ changed"),
    "verdict without a table's suite": (
        verdict(suites=suites.suite_hashes(["activity", "scores", "accounts"])),
        "expectations/ changed",
    ),
    "verdict by other bounds": (
        verdict(suites=suites.suite_hashes(AUDITED) | {bounds.FILE: "0" * 64}),
        "expectations/ changed",
    ),
    "verdict without versions": (verdict(versions={}), "which model and code"),
    "a byte of the data": (flipped_byte(6), "its SHA-256 is another; heal it: .* heal --staging"),
    "a byte of the footer": (flipped_byte(-5), "its SHA-256 is another; heal it"),
    "a row less": (changed_row, "bytes where .* were written; heal it"),
    "a file more": (added_file, "does not belong there.*; heal it"),
    "a file less": (removed_file, "is missing; heal it"),
    "a table less": (removed_table, "is missing.*; heal it"),
    "other rows, written as Clout writes": (other_rows, "not those that were audited"),
}


@pytest.mark.parametrize(("spoil", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refuses_and_leaves_the_warehouse_alone(world: World, spoil: Callable[[Staged], None], message: str) -> None:
    world.publish(DAY, "r1", "one")
    before = world.file.read_bytes()
    staged = world.staged(NEXT, "r2", "two")
    spoil(staged)
    with pytest.raises(InvalidInput, match=message):
        publish.publish(staged, world.warehouse)
    assert world.file.read_bytes() == before
    assert world.shown() == {DAY: "one"}
    assert world.orphans() == []


@pytest.mark.parametrize("table", ["activity", "scores", "accounts", "conservation"])
@pytest.mark.parametrize("change", [lambda file: file.write_text(file.read_text() + " "), Path.unlink])
def test_refuses_after_a_suite_changed(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, change: Callable[[Path], Any]
) -> None:
    folder = tmp_path / "expectations"
    shutil.copytree(suites.EXPECTATIONS, folder)
    monkeypatch.setattr(suites, "EXPECTATIONS", folder)
    world.publish(DAY, "r1", "one")
    before = world.file.read_bytes()
    staged = world.staged(NEXT, "r2", "two")
    change(folder / f"{table}.json")
    with pytest.raises(InvalidInput, match="expectations/ changed"):
        publish.publish(staged, world.warehouse)
    assert world.file.read_bytes() == before
    assert world.shown() == {DAY: "one"}


def test_refuses_a_file_that_changes_while_it_is_copied(world: World) -> None:
    world.publish(DAY, "r1", "one")
    before = world.file.read_bytes()
    staged = world.staged(NEXT, "r2", "two")
    released = contract.release(staged)
    changed_row(staged)
    with pytest.raises(InvalidInput, match="changed while it was published"):
        DuckDBWarehouse(world.root).publish(released, staged, publish.datetime.now(publish.UTC))
    assert world.file.read_bytes() == before
    assert world.orphans() == []


def test_exit_status_of_a_refusal_is_65(world: World) -> None:
    stage(world.staging)
    done = command(world, DAY, "r1")
    assert done.returncode == 65
    assert "run jobs/audit.py --day 2026-03-14 --run r1 first" in done.stderr
    assert not world.root.exists()


# Versions ---------------------------------------------------------------------------------------------------------


def test_publishes_every_table_as_it_was_staged(world: World) -> None:
    staged = world.staged()
    version = publish.publish(staged, world.warehouse, "the first")
    assert (version.version, version.day, version.run, version.is_new) == (1, DAY, "r1", True)
    for table in TABLES:
        rows = [tuple(row.values()) for row in good()[table].to_pylist()]
        assert world.query(f"FROM {catalog.relations()[table].full_name} ORDER BY ALL") == sorted(
            rows, key=lambda row: row[:4]
        )
    assert world.query("SELECT people, warnings, model_version, code_version, reason FROM meta.publish_log") == [
        (2, 0, "one", "0.1.0+test", "the first")
    ]
    assert world.query("SELECT table_name, last_ds, version, days, rows FROM meta.freshness ORDER BY table_name") == [
        (table, DAY, 1, 1, good()[table].num_rows if table in TABLES else counted)
        for table, counted in sorted(
            {**dict.fromkeys(TABLES, 0), "metrics": staged.files("metrics")[0]["rows"], "data_quality": 1}.items()
        )
    ]
    assert world.query("SELECT DISTINCT run_id, verdict FROM meta.data_quality") == [("r1", "passed")]


def test_same_run_again_publishes_nothing(world: World) -> None:
    staged = world.staged()
    first = publish.publish(staged, world.warehouse)
    before = world.file.read_bytes()
    again = publish.publish(staged, world.warehouse)
    assert (again.version, again.run, again.is_new) == (first.version, "r1", False)
    assert world.file.read_bytes() == before


def test_same_content_of_another_run_publishes_nothing(world: World) -> None:
    world.publish(DAY, "r1", "one")
    before = world.file.read_bytes()
    again = world.publish(DAY, "r2", "one")
    assert (again.version, again.run, again.is_new) == (1, "r1", False)
    assert world.file.read_bytes() == before


def test_new_content_replaces_the_day_and_history_keeps_it(world: World) -> None:
    world.publish(DAY, "r1", "one")
    assert world.publish(DAY, "r2", "newer").version == 2
    assert world.shown() == {DAY: "newer"}
    assert world.versions() == [(1, DAY, "r1"), (2, DAY, "r2")]
    assert world.shown(world.root / "history" / "warehouse-v000001.duckdb") == {DAY: "one"}
    assert world.shown(world.root / "history" / "warehouse-v000002.duckdb") == {DAY: "newer"}
    assert world.query("SELECT version, days, rows FROM meta.freshness WHERE table_name = 'scores'") == [(2, 1, 2)]


def test_same_run_with_new_content_is_a_new_version(world: World) -> None:
    world.publish(DAY, "r1", "one")
    assert world.publish(DAY, "r1", "newer").version == 2
    assert world.shown() == {DAY: "newer"}
    assert world.shown(world.root / "history" / "warehouse-v000001.duckdb") == {DAY: "one"}


def test_a_run_corrected_back_is_a_new_version(world: World) -> None:
    """A cleared run may bring A, then B, then A again: what it last staged is what must be shown."""
    for text, version in (("one", 1), ("two", 2), ("one", 3)):
        assert world.publish(DAY, "r1", text).version == version
        assert world.shown() == {DAY: text}
    assert world.shown(world.root / "history" / "warehouse-v000001.duckdb") == {DAY: "one"}


def test_replay_of_a_replaced_run_does_not_bring_it_back(world: World) -> None:
    old = world.staged(DAY, "r1", "one")
    publish.publish(old, world.warehouse)
    world.publish(DAY, "r2", "newer")
    before = world.file.read_bytes()
    again = publish.publish(old, world.warehouse)
    assert (again.version, again.is_new) == (1, False)
    assert world.file.read_bytes() == before


def test_old_content_of_a_new_run_is_a_new_version(world: World) -> None:
    """So that a correction can be taken back."""
    for run, label in (("r1", "one"), ("r2", "newer"), ("r3", "one")):
        world.publish(DAY, run, label)
    assert world.shown() == {DAY: "one"}
    assert [run for _, _, run in world.versions()] == ["r1", "r2", "r3"]


def test_days_stand_beside_one_another_in_any_order(world: World) -> None:
    world.publish(NEXT, "r2", "two")
    world.publish(DAY, "r1", "one")
    assert world.shown() == {DAY: "one", NEXT: "two"}
    assert world.query("SELECT last_ds, version, days FROM meta.freshness WHERE table_name = 'scores'") == [
        (NEXT, 1, 2)
    ]


def test_several_files_of_a_table_are_all_published(world: World) -> None:
    staged = stage(world.staging)
    rows = pq.read_table(scores_file(staged))
    with staged.root.replacing(staged.table("scores")) as aside:
        for number in (0, 1):
            pq.write_table(rows.slice(number, 1), f"{staged.root.root}/{aside}/part-{number}.parquet")
    publish.publish(approve(staged), world.warehouse)
    assert world.shown() == {DAY: "one"}


def test_reader_keeps_its_version_while_it_is_connected(world: World) -> None:
    world.publish(DAY, "r1", "one")
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, world.file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert reader.stdin is not None
    assert reader.stdout is not None
    assert reader.stdout.readline() == "one\n"
    world.publish(DAY, "r2", "newer")
    assert reader.communicate("go\n")[0] == "one\n"
    assert world.shown() == {DAY: "newer"}


def test_publisher_that_is_a_reader_too_loses_nothing(world: World) -> None:
    """Its own open connection shows an old version; the log that it adds to must be the newest."""
    world.publish(DAY, "r1", "one")
    world.staged(NEXT, "r2", "two")
    with duckdb.connect(str(world.file), read_only=True) as connection:
        assert connection.sql("SELECT count(*) FROM meta.publish_log").fetchall() == [(1,)]
        assert command(world, NEXT, "r2").returncode == 0
        world.publish(DAY, "r3", "newer")
    assert world.shown() == {DAY: "newer", NEXT: "two"}
    assert world.versions() == [(1, DAY, "r1"), (2, NEXT, "r2"), (3, DAY, "r3")]


READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for _ in range(2):
    print(connection.sql("SELECT min(model_version) FROM clout.scores").fetchall()[0][0], flush=True)
    sys.stdin.readline()
"""


# What analysts open -------------------------------------------------------------------------------------------------


def ask(file: Path, sql: str) -> list[dict[str, Any]]:
    """Ask by the oldest client that must work."""
    done = subprocess.run(
        [CLIENT, "-readonly", "-json", file, "-c", sql], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout or "[]")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("published"))
    world.publish(DAY, "r1", "one")
    world.publish(NEXT, "r2", "two")
    return world


@pytest.mark.skipif(not CLIENT.exists(), reason="the DuckDB 1.x command line is not installed")
def test_older_client_reads_every_table_and_view(published: World) -> None:
    assert ask(published.file, "SELECT version() AS v")[0]["v"].startswith("v1.")
    names = ask(
        published.file,
        "SELECT schema_name || '.' || view_name AS name FROM duckdb_views() WHERE NOT internal UNION ALL"
        " SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE NOT internal ORDER BY 1",
    )
    assert [row["name"] for row in names] == sorted(each.full_name for each in catalog.relations().values())
    for row in names:
        # Nobody moved: the two days are of two models.
        assert bool(ask(published.file, f"FROM {row['name']}")) == (row["name"] != "clout.movers"), row["name"]
    # What the older client shows is what the newer one shows.
    assert ask(published.file, "SELECT ds, person_id FROM clout.scores ORDER BY ALL") == [
        {"ds": str(ds), "person_id": person}
        for ds, person in published.query("SELECT ds, person_id FROM clout.scores ORDER BY ALL")
    ]


def test_every_table_and_column_has_a_comment(published: World) -> None:
    silent = published.query(
        """
        SELECT schema_name, view_name, NULL FROM duckdb_views() WHERE NOT internal AND coalesce(comment, '') = ''
        UNION ALL
        SELECT schema_name, table_name, NULL FROM duckdb_tables() WHERE NOT internal AND coalesce(comment, '') = ''
        UNION ALL
        SELECT schema_name, table_name, column_name FROM duckdb_columns()
        WHERE NOT internal AND coalesce(comment, '') = ''
        """
    )
    assert silent == []


def test_names_and_types_that_analysts_rely_on(published: World) -> None:
    columns: dict[str, dict[str, str]] = {}
    for schema, table, column, kind in published.query(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
        " ORDER BY schema_name, table_name, column_index"
    ):
        columns.setdefault(f"{schema}.{table}", {})[column] = kind
    assert {kind for table in columns.values() for name, kind in table.items() if name == "ds"} == {"DATE"}
    assert {
        name: columns["clout.scores"][name]
        for name in ["ds", "person_id", "score", "true_reach", "amplification", "network_influence", "model_version"]
    } == {
        "ds": "DATE",
        "person_id": "VARCHAR",
        "score": "DOUBLE",
        "true_reach": "DOUBLE",
        "amplification": "DOUBLE",
        "network_influence": "DOUBLE",
        "model_version": "VARCHAR",
    }
    assert list(columns["clout.accounts"])[:6] == [
        "ds",
        "account_key",
        "person_id",
        "platform",
        "handle",
        "display_name",
    ]
    assert {"version", "ds", "run_id", "published_at"} <= set(columns["meta.publish_log"])
    assert {"table_name", "last_ds", "published_at"} <= set(columns["meta.freshness"])


def test_leaderboard_puts_equal_scores_on_one_place(published: World) -> None:
    assert published.query("SELECT ds, place, person_id, name FROM clout.leaderboard ORDER BY ds") == [
        (DAY, 1, "chirp:ada", "Ada one"),
        (NEXT, 1, "chirp:ada", "Ada two"),
    ]


@pytest.mark.parametrize("name", ["with space", "O'Hara's \"own\"", "a%20b#c", "ünï", "what [a-z]*", "{files}"])
def test_folders_with_odd_names_work(tmp_path: Path, name: str) -> None:
    """Above all those that read_parquet could take for patterns: a neighbour that matches is not read."""
    world, neighbour = World(tmp_path / name), World(tmp_path / "what mine")
    for each in (neighbour, world):
        each.publish(DAY, "r1", "one")
    world.publish(NEXT, "r2", "two")
    assert world.shown() == {DAY: "one", NEXT: "two"}
    assert ask(world.file, "SELECT count(*) AS n FROM clout.scores") == [{"n": 4}]
