"""Shows that a partition is replaced whole or not at all, whatever breaks on the way, and nothing else is touched."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from clout.errors import InvalidInput
from clout.lake.checksums import SEAL
from clout.lake.partitions import Lake, days_between, required, window
from pyarrow import fs as pafs

DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)
SCHEMA = pa.schema([pa.field("n", pa.int64(), nullable=False)])


def table(*numbers: int) -> pa.Table:
    return pa.table({"n": list(numbers)}, SCHEMA)


@pytest.fixture(params=["path", "uri", "path with spaces"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Lake, Path]:
    """A lake and its folder, given in each way in which one can be given."""
    folder = tmp_path / ("a lake" if "spaces" in request.param else "lake")
    return Lake(folder.as_uri() if request.param == "uri" else folder), folder


def listing(folder: Path) -> list[str]:
    """Every file and every empty folder, but for locks and checksums."""
    found = (f for f in folder.rglob("*") if f.is_file() or not any(f.iterdir()))
    names = sorted(str(file.relative_to(folder)) for file in found)
    return [name for name in names if not name.startswith((".locks", "checksums/")) and not name.endswith(SEAL)]


def numbers(lake: Lake, path: str) -> list[int]:
    return lake.read(path)["n"].to_pylist()


def break_rename(lake: Lake, monkeypatch: pytest.MonkeyPatch, allowed: int) -> None:
    """Let `allowed` renames succeed, then die as a killed process would: without any chance to clean up."""

    class Breaking(pafs.LocalFileSystem):
        left = allowed

        def move(self, source: str, target: str) -> None:
            if self.left == 0:
                self.left = -1
                raise KeyboardInterrupt
            self.left -= 1
            super().move(source, target)

        def delete_dir(self, path: str) -> None:
            if self.left >= 0:
                super().delete_dir(path)

    monkeypatch.setattr(lake, "fs", Breaking())


def test_days() -> None:
    assert window(DAY, 3) == [date(2026, 2, 27), date(2026, 2, 28), DAY]
    assert days_between(DAY, DAY) == [DAY]
    assert days_between(NEXT, DAY) == []


def test_a_partition_is_replaced_whole_and_alone(place: tuple[Lake, Path]) -> None:
    lake, folder = place
    one, two = lake.conformed("activity", DAY), lake.conformed("activity", NEXT)
    lake.write(one, table(1, 2), {"made": "first"})
    lake.write(two, table(3))
    with lake.replacing(one) as aside:  # two files take the place of one
        for name, value in (("a", 4), ("b", 5)):
            with lake.parquet_writer(f"{aside}/{name}.parquet", SCHEMA) as writer:
                writer.write_table(table(value))
        assert numbers(lake, one) == [1, 2]  # until then, readers see the old one
    assert sorted(numbers(lake, one)) == [4, 5]
    assert lake.metadata(one) is None  # the former partition's metadata are gone with it
    assert numbers(lake, two) == [3]
    assert listing(folder) == [
        "activity/ds=2026-03-01/a.parquet",
        "activity/ds=2026-03-01/b.parquet",
        "activity/ds=2026-03-02/part-0.parquet",
    ]


def test_an_empty_table_leaves_an_empty_partition(place: tuple[Lake, Path]) -> None:
    lake, _ = place
    path = lake.features("reach", DAY)
    lake.write(path, table(1))
    lake.write(path, table())
    assert lake.exists(path)
    assert lake.read(path).num_rows == 0
    assert lake.read(path).schema.names == ["n"]


def test_metadata(place: tuple[Lake, Path]) -> None:
    lake, _ = place
    path = lake.conformed("activity", DAY)
    assert lake.metadata(path) is None
    lake.write(path, table(1), {"day": DAY, "rows": 1})
    assert lake.metadata(path) == {"day": "2026-03-01", "rows": 1}
    assert numbers(lake, path) == [1]  # the sidecar is no data


def test_an_exception_leaves_the_old_partition_and_nothing_else(place: tuple[Lake, Path]) -> None:
    lake, folder = place
    path = lake.conformed("activity", DAY)
    lake.write(path, table(1))
    before = listing(folder)
    with pytest.raises(ZeroDivisionError), lake.replacing(path) as aside:  # noqa: PT012
        with lake.parquet_writer(f"{aside}/part-0.parquet", SCHEMA) as writer:
            writer.write_table(table(2))
        raise ZeroDivisionError
    assert numbers(lake, path) == [1]
    assert listing(folder) == before


@pytest.mark.parametrize("renames", [0, 1])
def test_a_kill_between_the_renames_is_repaired(
    place: tuple[Lake, Path], monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    lake, folder = place
    path = lake.conformed("activity", DAY)
    lake.write(path, table(1))
    break_rename(lake, monkeypatch, renames)
    with pytest.raises(KeyboardInterrupt):
        lake.write(path, table(2))
    again = Lake(lake.uri)
    assert (folder / path).is_dir() == (renames == 0)
    assert again.exists(path)
    assert numbers(again, path) == [1]
    again.write(path, table(3))
    assert numbers(again, path) == [3]
    assert [name for name in listing(folder) if ".old-" in name] == []
    left = [name for name in listing(folder) if ".tmp-" in name]
    assert len(left) == 1  # a killed writer cannot clean up, and its leftover is no partition


def test_the_repair_takes_only_its_own_partition(lake: Lake) -> None:
    parent = Path(lake.root) / "activity"
    (parent / ".old-abc-ds=2026-03-02").mkdir(parents=True)
    assert not lake.exists(lake.conformed("activity", DAY))
    assert lake.exists(lake.conformed("activity", NEXT))


def test_remove(place: tuple[Lake, Path]) -> None:
    lake, folder = place
    one, two = lake.conformed("activity", DAY), lake.conformed("activity", NEXT)
    lake.remove(one)  # what is not there is no error
    lake.write(one, table(1))
    lake.write(two, table(2))
    # Killed after the second rename: the former partition lies beside the new one. It must not come back.
    (folder / "activity" / ".old-abc-ds=2026-03-01").mkdir()
    lake.remove(one)
    assert not lake.exists(one)
    assert numbers(lake, two) == [2]
    assert listing(folder) == ["activity/ds=2026-03-02/part-0.parquet"]


def test_a_removal_cut_short_leaves_all_or_nothing(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    path = lake.conformed("activity", DAY)
    lake.write(path, table(1))
    break_rename(lake, monkeypatch, 0)
    with pytest.raises(KeyboardInterrupt):
        lake.remove(path)
    assert numbers(Lake(lake.uri), path) == [1]


def test_where_tables_lie(lake: Lake) -> None:
    assert lake.snapshot("posts", "x", DAY) == "snapshots/posts/platform=x/snapshot_date=2026-03-01"
    assert lake.snapshot("quarantine", "x", DAY) == "quarantine/platform=x/snapshot_date=2026-03-01"
    assert lake.conformed("activity", DAY) == "activity/ds=2026-03-01"
    assert lake.features("reach", DAY) == "features/reach/ds=2026-03-01"
    assert lake.location("activity") == f"{lake.uri}/activity"


def test_required_names_the_partition_and_the_cure(lake: Lake) -> None:
    path = lake.conformed("activity", DAY)
    with pytest.raises(InvalidInput, match=r"lake/activity/ds=2026-03-01 is missing; run conform first"):
        required(lake, path, "run conform first")
    lake.write(path, table())
    assert required(lake, path, "") == path


def test_nothing_pulled_has_no_manifest(lake: Lake) -> None:
    assert lake.manifest("x", DAY) is None
    assert not lake.is_pulled("x", DAY)


def test_a_manifest_is_read_once_and_again_when_it_changes(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    path, read, asked = lake.snapshot("manifest", "x", DAY), Lake.read, []
    monkeypatch.setattr(Lake, "read", lambda *given: asked.append(given) or read(*given))
    lake.write(path, table(1))
    first = lake.manifest("x", DAY) or []
    first[0]["n"] = 7  # what somebody does with the answer is theirs
    assert lake.manifest("x", DAY) == [{"n": 1}]
    assert len(asked) == 1
    lake.write(path, table(1, 2))
    assert Lake(lake.uri).manifest("x", DAY) == [{"n": 1}, {"n": 2}]
    lake.remove(path)
    assert lake.manifest("x", DAY) is None
