"""Damage of a published warehouse is named, and healed byte for byte by the printed command; readers can do none that lasts.

Every kind of file times every kind of fault. By default two faults a file; CLOUT_FAULTS=all tries all of them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import psycopg
import publish
import pytest
import warehouse
from clout.errors import InvalidInput
from clout.warehouse import contract
from staged_run import DAY, NEXT
from warehouses import BACKENDS, Place, now

pytestmark = pytest.mark.filterwarnings("ignore:Delete operation did not match")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Two days, one of them corrected, in a duckdb warehouse: versions 1, 2 and 3."""
    return published(Place("duckdb", tmp_path))


def published(place: Place) -> Place:
    """Versions 1, 2 and 3 of two days."""
    for day, run, label in ((DAY, "r1", "one"), (NEXT, "r2", "two"), (DAY, "r3", "newer")):
        place.publish(day, run, label)
    return place


AS_PUBLISHED = {DAY: "newer", NEXT: "two"}


def command(place: Place, *words: str) -> None:
    """Run jobs/warehouse.py on the warehouse."""
    warehouse.main([words[0], "--warehouse", place.address, *words[1:]])


def named(place: Place, capsys: pytest.CaptureFixture) -> str:
    """What the scrub says; it must find something."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        command(place, "scrub")
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "run jobs/warehouse.py heal --warehouse" in said
    return said


def said_of(place: Place, capsys: pytest.CaptureFixture) -> str:
    """What the scrub says, or the refusal to open what is no warehouse any more."""
    try:
        place.open()
    except InvalidInput as invalid:
        return str(invalid)
    return named(place, capsys)


def heal(place: Place) -> None:
    """Run the printed command; all must then be as it was published."""
    command(place, "heal", "--staging", str(place.staging))
    command(place, "scrub")


# A file times a fault ---------------------------------------------------------------------------------------------------


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 4
    file.write_bytes(content)


def delete(file: Path) -> None:
    file.unlink()


def empty(file: Path) -> None:
    file.write_bytes(b"")


def exchange(file: Path) -> None:
    """Another day's, of the same kind."""
    others = [
        each for each in file.parents[2].rglob(f"*{file.suffix}") if each.name[:4] == file.name[:4] and each != file
    ]
    others = [each for each in others if each.read_bytes() != file.read_bytes()]
    file.write_bytes(others[0].read_bytes() if others else b"{}")


def unreadable(file: Path) -> None:
    """What a server's own file system does to a file: a folder in its place, which not even root can read as a file."""
    file.unlink()
    file.mkdir()


FAULTS = (cut, flip, delete, empty, exchange, unreadable)

FILES = {
    "duckdb": {
        "scores": "data/scores/ds=2026-03-14/run=r3-v3/part-0.parquet",
        "an older version": "data/accounts/ds=2026-03-14/run=r1-v1/part-0.parquet",
        "metrics": "data/metrics/ds=2026-03-15/run=r2-v2/part-0.parquet",
        "the log": "commit.json",
        "the newest state": "history/warehouse-v000003.duckdb",
        "an older state": "history/warehouse-v000001.duckdb",
        "what analysts open": "warehouse.duckdb",
    },
    "iceberg": {
        "scores": "data/scores/ds=2026-03-14/run=r3-v3/part-0.parquet",
        "an older version": "data/accounts/ds=2026-03-14/run=r1-v1/part-0.parquet",
    },
}

#: Iceberg's own files, by a pattern: what is built again holds the same content under other names.
METADATA = {
    "the catalogue": "catalog.sqlite",
    "the checksums of all these": "metadata.json",
    "a view": "views/clout.leaderboard/*.metadata.json",
    "a manifest": "tables/clout.accounts-*/metadata/*-m0.avro",
    "a manifest list": "tables/clout.scores-*/metadata/snap-*.avro",
    "the log's rows": "tables/meta.publish_log-*/data/*.parquet",
    "the log's metadata": "tables/meta.published_files-*/metadata/0000[3-9]*.metadata.json",
    "the copy of the log": "commit.json",
    "a table's metadata": "tables/clout.scores-*/metadata/0000[3-9]*.metadata.json",
}


def digests(root: Path) -> dict[str, str]:
    """Every file below a warehouse."""
    return {
        str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(root.rglob("*"))
        if file.is_file() and file.name != ".lock"
    }


def faults(number: int) -> tuple[Callable[[Path], None], ...]:
    if os.environ.get("CLOUT_FAULTS") == "all":
        return FAULTS
    return FAULTS[number % len(FAULTS)], FAULTS[(number + 3) % len(FAULTS)]


@pytest.mark.parametrize("kind", FILES)
def test_every_fault_of_every_file_is_named_and_healed(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    place = published(Place(kind, tmp_path))
    place.keep()
    before, tried = digests(place.root), 0
    for number, (what, name) in enumerate(FILES[kind].items()):
        for fault in faults(number):
            fault(place.root / name)
            assert Path(name).name in named(place, capsys), (what, fault.__name__)
            heal(place)
            assert digests(place.root) == before, (what, fault.__name__)
            assert place.shown() == AS_PUBLISHED
            tried += 1
    print(f"{kind}: {tried} faults named and healed")


def test_every_fault_of_icebergs_metadata_is_named_and_healed(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    place, tried = published(Place("iceberg", tmp_path)), 0
    place.keep()
    before = [place.open().read("clout.scores", version) for version in (1, 2, 3)]
    for number, (what, pattern) in enumerate(METADATA.items()):
        for fault in faults(number):
            place.put_back()
            fault(sorted(place.root.glob(pattern))[-1])
            assert "heal --warehouse iceberg:" in said_of(place, capsys), (what, fault.__name__)
            heal(place)
            assert [place.open().read("clout.scores", version) for version in (1, 2, 3)] == before, (
                what,
                fault.__name__,
            )
            assert place.shown() == AS_PUBLISHED, (what, fault.__name__)
            assert place.publish(NEXT, f"r{tried}", "x" * (tried + 7)).version == 4
            tried += 1
    print(f"iceberg's metadata: {tried} faults named and healed")


def test_the_checksums_of_another_warehouse_are_named_and_healed(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "other").mkdir()
    place, other = (published(Place("iceberg", folder)) for folder in (tmp_path, tmp_path / "other"))
    shutil.copy(other.root / "metadata.json", place.root / "metadata.json")
    assert "views/clout.leaderboard/" in named(place, capsys)
    heal(place)
    assert place.shown() == AS_PUBLISHED


def test_a_damaged_file_is_a_message_for_whoever_reads_and_hides_no_other_day(place: Place) -> None:
    cut(place.root / FILES["duckdb"]["scores"])
    with pytest.raises(
        InvalidInput, match=r"scores of 2026-03-14, version 3\) differs from what was published; run .* heal"
    ):
        place.open().read("clout.scores")
    assert place.open().read("clout.scores", day=NEXT).num_rows == 2


def test_publishing_the_day_again_heals_it(place: Place, capsys: pytest.CaptureFixture) -> None:
    for name in (FILES["duckdb"]["scores"], FILES["duckdb"]["the newest state"]):
        cut(place.root / name)
    staged = place.stage(NEXT, "r9", "nine")
    with pytest.raises(
        InvalidInput, match=r"run jobs/warehouse\.py heal"
    ):  # of another day: all days' views would break
        publish.publish(staged, place.open())
    staged = place.stage(DAY, "r4", "newer")
    publish.publish(staged, place.open())
    assert f"healed {FILES['duckdb']['scores']}, which differs" in capsys.readouterr().err
    assert place.shown() == AS_PUBLISHED
    command(place, "scrub")


def test_what_no_copy_is_left_of_comes_back_by_scoring_the_day_again(place: Place) -> None:
    shutil.rmtree(place.staging)
    delete(place.root / FILES["duckdb"]["scores"])
    with pytest.raises(
        InvalidInput, match=r"scores of 2026-03-14, version 3\) is missing: no other version and no staged run"
    ):
        command(place, "heal", "--staging", str(place.staging))
    place.publish(DAY, "r5", "newer")
    assert place.shown() == AS_PUBLISHED
    command(place, "scrub")


def test_the_audits_own_tables_come_back_as_a_new_version(place: Place) -> None:
    """They differ from run to run, so that another run cannot put the same bytes back."""
    shutil.rmtree(place.staging)
    delete(place.root / "data/data_quality/ds=2026-03-14/run=r3-v3/part-0.parquet")
    version = place.publish(DAY, "r5", "newer")
    assert version.is_new
    assert place.open().log()[-1].reason == "heals version 3"
    assert place.shown() == AS_PUBLISHED


def test_without_the_log_and_what_analysts_open_no_new_history_begins(place: Place) -> None:
    place.root.joinpath("warehouse.duckdb").unlink()
    place.publish(DAY, "r6", "six")
    assert place.shown() == {DAY: "six", NEXT: "two"}
    for name in ("warehouse.duckdb", "commit.json"):
        place.root.joinpath(name).unlink()
    staged = place.stage(NEXT, "r7", "seven")
    with pytest.raises(InvalidInput, match=r"commit\.json: the warehouse's log is missing; run jobs/warehouse.py heal"):
        place.open().publish(contract.release(staged), staged, now())
    heal(place)
    assert [entry.version for entry in place.open().log()] == [1, 2, 3, 4]
    assert place.open().publish(contract.release(staged), staged, now()).version == 5


def test_a_warehouse_of_before_the_log_had_a_file_goes_on(place: Place) -> None:
    """Then the log was in the file of views alone, and history's newest file was the same file by another name."""
    newest = place.root / "history" / "warehouse-v000003.duckdb"
    newest.unlink()
    newest.hardlink_to(place.root / "warehouse.duckdb")
    place.root.joinpath("commit.json").unlink()
    assert [entry.version for entry in place.open().log()] == [1, 2, 3]
    assert place.publish(NEXT, "r8", "eight").version == 4
    assert place.shown() == {DAY: "newer", NEXT: "eight"}
    assert newest.stat().st_nlink == 1
    command(place, "scrub")


# A server's rows --------------------------------------------------------------------------------------------------------

ROWS = {
    "edited": "UPDATE history.scores_v3 SET score = score + 1",
    "one less": "DELETE FROM history.accounts_v3 WHERE account_key = 'chirp:bo'",
    "emptied": "DELETE FROM history.scores_v3",
    "another day's": "DELETE FROM history.pulls_v3; INSERT INTO history.pulls_v3 SELECT '2026-03-14', p.* FROM"
    " (SELECT * FROM history.pulls_v2) AS x, LATERAL (SELECT x.platform) AS p LIMIT 0",
    "gone": "DROP TABLE history.influences_v3",
    "of an older version": "UPDATE history.accounts_v1 SET display_name = 'x'",
}


def test_rows_of_a_server_are_named_and_healed(postgres, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    place = published(Place("postgres", tmp_path, postgres))
    everything = "SELECT * FROM clout.scores ORDER BY ds, person_id", "SELECT * FROM history.accounts(1) ORDER BY 1, 2"

    def rows() -> list[list[tuple]]:
        with psycopg.connect(place.address) as connection:
            return [connection.execute(each).fetchall() for each in everything]

    before = rows()
    for what, statement in ROWS.items():
        with psycopg.connect(place.address) as connection:
            connection.execute(statement)
        assert "history." in named(place, capsys), what
        heal(place)
        assert rows() == before, what
        assert place.shown() == AS_PUBLISHED, what
    with psycopg.connect(place.address) as connection:
        connection.execute(ROWS["edited"])
    version = place.publish(DAY, "r4", "newer")  # the night of the day heals it, too
    assert not version.is_new
    assert version.healed == ("history.scores_v3, which holds other rows than were published",)
    assert rows() == before


# Readers ----------------------------------------------------------------------------------------------------------------

WRITES = """
import duckdb, sys, os
tool = duckdb.connect(sys.argv[1])
tool.execute("SET checkpoint_threshold = '1GB'")
tool.execute("CREATE VIEW clout.mine AS SELECT 1; DELETE FROM meta.publish_log; DROP VIEW clout.scores")
print("wrote", flush=True)
sys.stdin.readline()
os._exit(1)
"""


def test_a_tool_that_writes_into_the_file_changes_nothing(place: Place, capsys: pytest.CaptureFixture) -> None:
    """It holds the file's lock, has dropped what it found, and leaves its log of changes beside the file when it dies."""
    tool = subprocess.Popen(
        [sys.executable, "-c", WRITES, place.root / "warehouse.duckdb"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert tool.stdin
    assert tool.stdout
    assert tool.stdout.readline() == "wrote\n"
    command(place, "versions")
    command(place, "read", "clout.scores")
    assert len(place.open().log()) == 3
    assert place.publish(NEXT, "r4", "four").version == 4
    assert place.shown() == {DAY: "newer", NEXT: "four"}
    tool.communicate("die\n")
    assert place.publish(NEXT, "r5", "five").version == 5
    assert place.shown() == {DAY: "newer", NEXT: "five"}
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{place.root}/warehouse.duckdb' AS w (READ_ONLY)")
        assert connection.execute("SELECT count(*) FROM duckdb_views() WHERE view_name = 'mine'").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM w.meta.publish_log").fetchone() == (5,)
    command(place, "scrub")


def test_what_a_tool_left_beside_the_file_is_named_and_healed(place: Place, capsys: pytest.CaptureFixture) -> None:
    tool = subprocess.run(
        [sys.executable, "-c", WRITES, place.root / "warehouse.duckdb"], input="die\n", capture_output=True, text=True
    )
    assert tool.stdout == "wrote\n"
    assert "warehouse.duckdb.wal lies beside warehouse.duckdb" in named(place, capsys)
    heal(place)
    assert place.shown() == AS_PUBLISHED


@pytest.mark.parametrize("kind", BACKENDS)
def test_nothing_is_found_where_nothing_is_wrong(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture
) -> None:
    place = Place(kind, tmp_path, request.getfixturevalue("postgres") if kind == "postgres" else None)
    command(place, "scrub")
    published(place)
    place.open().rollback(DAY, None, "a test", now())
    place.open().erase(frozenset(["chirp:bo"]), now())
    place.open().gc(0, now())
    command(place, "scrub")
    assert "all is as it was published" in capsys.readouterr().out
