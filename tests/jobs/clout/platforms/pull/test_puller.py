"""Shows that a pull writes whole days or nothing, the manifest last, and never takes a complete day again."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.platforms import exports
from clout.platforms.exports import files
from clout.platforms.pull import puller
from clout.platforms.pull.puller import Pulled
from clout.platforms.pull.rows import Batch, PullReport
from clout.privacy.suppression import SuppressionList

DAYS = [date(2026, 3, day) for day in (1, 2, 3)]
NOON = 1772366400
HEADER = "actor,target,unix_ts,kind\n"
ROW = f"ann,bo,{NOON},like\n"


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A source of two days; of the third it has nothing."""
    folder = tmp_path / "in"
    folder.mkdir()
    for day in DAYS[:2]:
        (folder / f"i-{day}.csv").write_text(HEADER + ROW * 2 + "ann,bo,?,like\n")
    (folder / f"posts-{DAYS[0]}.csv").write_text(f"post,author,unix_ts\np,bo,{NOON}\n")
    return Source("x", "files", folder)


def pull(lake: Lake, source: Source, days: list[date] = DAYS, refresh: bool = False) -> Pulled:
    return puller.pull(lake, source, days, say=lambda text: None, refresh=refresh)


def state(lake: Lake) -> dict[str, int]:
    """Rows of every partition, hidden ones too, by 'table day'."""
    files = sorted(Path(lake.root).rglob("snapshot_date=*/*.parquet")) + sorted(Path(lake.root).rglob(".tmp-*/*"))
    found = {}
    for file in files:
        path = str(file.parent.relative_to(lake.root))
        table = path.split("/platform=")[0].removeprefix("snapshots/")
        found[f"{table} {file.parent.name[-2:]}"] = lake.read(path).num_rows if ".tmp-" not in path else -1
    return found


WHOLE = {
    "interactions 01": 2,
    "interactions 02": 2,
    "manifest 01": 2,
    "manifest 02": 1,
    "manifest 03": 1,
    "posts 01": 1,
    "quarantine 01": 1,
    "quarantine 02": 1,
}


def statuses(lake: Lake, day: date) -> list[tuple[str, str | None, int, int]]:
    return [(r["status"], r["reason"], r["rows"], r["rows_quarantined"]) for r in lake.manifest("x", day) or []]


def test_a_pull_writes_each_day_and_says_where_the_last_is_empty(lake: Lake, source: Source) -> None:
    pulled = pull(lake, source)
    assert (pulled.written, pulled.reused, pulled.rows, pulled.quarantined) == (DAYS[:2], [], 5, 2)
    assert state(lake) == WHOLE
    assert statuses(lake, DAYS[0]) == [("complete", None, 2, 1), ("complete", None, 1, 0)]
    assert statuses(lake, DAYS[2]) == [("skipped", "no_data", 0, 0)]
    assert not lake.is_pulled("x", DAYS[2])  # it will be asked again


def test_only_the_last_day_may_be_skipped(lake: Lake, source: Source) -> None:
    early = [date(2026, 2, 27), date(2026, 2, 28)]
    pull(lake, source, [*early, *DAYS[:2]])
    assert [day for day in (*early, *DAYS) if lake.manifest("x", day)] == DAYS[:2]


def test_a_skipped_day_is_taken_when_its_file_has_come(lake: Lake, source: Source) -> None:
    pull(lake, source)
    (source.path / f"i-{DAYS[2]}.csv").write_text(HEADER + ROW)
    assert pull(lake, source).written == [DAYS[2]]
    assert statuses(lake, DAYS[2]) == [("complete", None, 1, 0)]


def test_a_complete_day_is_not_read_again(lake: Lake, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[set[date]] = []

    def read(source: Source, days: set[date], hidden: SuppressionList) -> Iterator[Batch | PullReport]:
        asked.append(days)
        yield from ()

    pull(lake, source)
    monkeypatch.setitem(exports.READERS, "files", replace(files.READER, read=read))
    pulled = pull(lake, source)
    assert asked == [{DAYS[2]}]
    assert pulled.reused == DAYS[:2]
    pull(lake, source, DAYS[:2])
    assert len(asked) == 1
    assert state(lake) == WHOLE


def test_refresh_replaces_a_day_and_what_vanished_from_it(lake: Lake, source: Source) -> None:
    pull(lake, source)
    (source.path / f"posts-{DAYS[0]}.csv").unlink()
    (source.path / f"i-{DAYS[0]}.csv").write_text(HEADER + ROW * 7)  # nothing to refuse any more
    pulled = pull(lake, source, DAYS[:1], refresh=True)
    assert pulled.written == DAYS[:1]
    gone = {"posts 01", "quarantine 01"}
    assert state(lake) == {k: v for k, v in WHOLE.items() if k not in gone} | {"interactions 01": 7, "manifest 01": 1}


@pytest.mark.parametrize("days", [DAYS[:1], DAYS[:2]], ids=["asked last", "asked among others"])
def test_a_refresh_keeps_what_cannot_be_taken_again(lake: Lake, source: Source, days: list[date]) -> None:
    # Exports are rotated away: a refresh must neither lose the snapshot nor leave its rows under a manifest "skipped".
    pull(lake, source)
    (source.path / f"posts-{DAYS[0]}.csv").unlink()
    (source.path / f"i-{DAYS[0]}.csv").unlink()
    pull(lake, source, days, refresh=True)
    assert state(lake) == WHOLE
    assert lake.is_pulled("x", DAYS[0])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("i-2026-03-02.csv", ""),
        ("i-2026-03-02.csv", HEADER + "ann,bo,?,like\n"),
        ("i-2026-03-02.csv.gz", "not gzip"),
        ("i-2026-03-02.parquet", "not parquet"),
        ("i-2026-03-02.jsonl", "no json\n"),
        ("accounts-2026-03-02.csv", "account,opt_out\nann,1\n,1\n"),
        ("accounts-2026-03-02.csv", "name\nann\n"),
        ("accounts.json", "[]"),
    ],
)
@pytest.mark.parametrize("refresh", [False, True])
def test_poison_writes_nothing(lake: Lake, source: Source, name: str, content: str, refresh: bool) -> None:
    if refresh:
        pull(lake, source)
    (source.path / name).write_text(content)
    with pytest.raises(InvalidInput, match=name):
        pull(lake, source, refresh=refresh)
    assert state(lake) == (WHOLE if refresh else {})
    assert not list(Path(lake.root).rglob(".tmp-*"))


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, InvalidInput])
def test_a_reader_that_dies_leaves_nothing(
    lake: Lake, source: Source, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    real = files.READER.read

    def read(source: Source, days: set[date], hidden: SuppressionList) -> Iterator[Batch | PullReport]:
        yield from list(real(source, days, hidden))[:4]
        raise error("half-way")

    monkeypatch.setitem(exports.READERS, "files", replace(files.READER, read=read))
    with pytest.raises(error, match="half-way"):
        pull(lake, source)
    assert state(lake) == {}
    assert not list(Path(lake.root).rglob(".tmp-*"))


def test_a_disk_that_is_full_still_leaves_nothing(lake: Lake, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    real = lake.parquet_writer

    class Full:
        def __init__(self, *args: object) -> None:
            self.real = real(*args)

        def write_table(self, table: object) -> None:
            pass

        def close(self) -> None:
            self.real.close()
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(lake, "parquet_writer", Full)
    with pytest.raises(OSError, match="No space left"):
        pull(lake, source)
    assert state(lake) == {}
    assert not list(Path(lake.root).rglob(".tmp-*"))


@pytest.mark.parametrize("refresh", [False, True])
def test_the_manifest_comes_last(lake: Lake, source: Source, monkeypatch: pytest.MonkeyPatch, refresh: bool) -> None:
    if refresh:
        pull(lake, source)
    placed: list[str] = []
    real = Lake.move_into_place

    def move(self: Lake, aside: str, path: str) -> None:
        # While any table of the day is not in place, no manifest may call the day complete.
        day = date.fromisoformat(path[-10:])
        assert not self.is_pulled("x", day)
        placed.append(path)
        real(self, aside, path)

    monkeypatch.setattr(Lake, "move_into_place", move)
    pull(lake, source, DAYS[:1], refresh=refresh)
    tables = [path.split("/platform=")[0] for path in placed]
    assert tables == ["snapshots/posts", "snapshots/interactions", "quarantine", "snapshots/manifest"]


@pytest.mark.parametrize("survived", [0, 1, 2, 3])
@pytest.mark.parametrize("refresh", [False, True])
def test_a_kill_between_the_tables_is_cured_by_the_next_pull(
    lake: Lake, source: Source, monkeypatch: pytest.MonkeyPatch, survived: int, refresh: bool
) -> None:
    if refresh:
        pull(lake, source)
    real = Lake.move_into_place
    left = [survived]

    def move(self: Lake, aside: str, path: str) -> None:
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        real(self, aside, path)

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "move_into_place", move)
        with pytest.raises(KeyboardInterrupt):
            pull(lake, source, refresh=refresh)
    assert not lake.is_pulled("x", DAYS[0])
    pull(lake, source)
    assert state(lake) == WHOLE


def test_leftovers_of_a_killed_pull_do_no_harm(lake: Lake, source: Source) -> None:
    for table in ("interactions", "accounts"):
        left = Path(lake.root) / lake.snapshot(table, "x", DAYS[0])
        left = left.with_name(f".tmp-{left.name}")
        left.mkdir(parents=True)
        (left / "part-0.parquet").write_bytes(b"PAR1 and no more")
    pull(lake, source)
    assert {k: v for k, v in state(lake).items() if v != -1} == WHOLE
    assert [str(p.relative_to(lake.root)) for p in Path(lake.root).rglob(".tmp-*")] == [
        "snapshots/accounts/platform=x/.tmp-snapshot_date=2026-03-01"
    ]


def test_tables_without_a_manifest_do_not_outlive_a_skipped_day(lake: Lake, source: Source) -> None:
    # A pull was killed before its manifest, and then the file was taken back.
    pull(lake, source)
    lake.remove(lake.snapshot("manifest", "x", DAYS[1]))
    (source.path / f"i-{DAYS[1]}.csv").unlink()
    pull(lake, source, DAYS[:2])
    assert statuses(lake, DAYS[1]) == [("skipped", "no_data", 0, 0)]
    assert "interactions 02" not in state(lake)


def test_platforms_do_not_touch_each_other(lake: Lake, source: Source) -> None:
    pull(lake, source)
    puller.pull(lake, Source("y", "files", source.path), DAYS[:1], say=lambda text: None, refresh=True)
    assert lake.read(lake.snapshot("interactions", "y", DAYS[0]))["actor_key"].to_pylist() == ["y:ann"] * 2
    assert lake.read(lake.snapshot("interactions", "x", DAYS[0]))["actor_key"].to_pylist() == ["x:ann"] * 2


def test_two_pulls_of_the_same_files_are_equal(lake: Lake, source: Source, tmp_path: Path) -> None:
    pull(lake, source)
    other = Lake((tmp_path / "other").as_uri())
    pull(other, source, DAYS[:2])
    for table in ("interactions", "quarantine"):
        path = lake.snapshot(table, "x", DAYS[0])
        assert lake.read(path).equals(other.read(path))


def test_the_asked_day_is_read_again_where_its_files_changed(lake: Lake, source: Source) -> None:
    """An opt-out that is written into the accounts file must not wait for somebody to think of --refresh."""
    accounts = source.path / "accounts.csv"
    accounts.write_text("account,opt_out\nann,\n")
    puller.pull(lake, source, DAYS[:2], say=lambda text: None)
    accounts.write_text("account,opt_out\nann,true\n")
    said: list[str] = []
    assert puller.pull(lake, source, DAYS[:2], say=said.append).written == [DAYS[1]]
    assert lake.read(lake.snapshot("accounts", "x", DAYS[1]))["opt_out"].to_pylist() == [True]
    assert lake.read(lake.snapshot("accounts", "x", DAYS[0]))["opt_out"].to_pylist() == [None]
    assert any("files of 1 earlier days changed" in text and "--refresh" in text for text in said)
    assert puller.pull(lake, source, DAYS[:2], say=said.append).written == []


def test_a_new_accounts_file_beside_a_pulled_day_is_noticed(lake: Lake, source: Source) -> None:
    puller.pull(lake, source, DAYS[:2], say=lambda text: None)
    (source.path / f"accounts-{DAYS[0]}.csv").write_text("account,opt_out\nann,true\n")
    (source.path / "more.csv").write_text(HEADER)  # whether it holds anything of the day nobody knows
    assert puller.pull(lake, source, DAYS[:2], say=lambda text: None).written == [DAYS[1]]
    assert "interactions 02" not in state(lake)
    (source.path / f"i-{DAYS[1]}-late.csv").write_text(HEADER + ROW)
    assert puller.pull(lake, source, DAYS[:2], say=lambda text: None).written == [DAYS[1]]
    assert puller.pull(lake, source, DAYS[:2], say=lambda text: None).written == []


def test_all_days_forget_whom_the_exclusion_list_names_and_remember_whom_it_lets_go(lake: Lake, source: Source) -> None:
    def rows() -> list[int]:
        return [state(lake).get(f"interactions {day:%d}", 0) for day in DAYS[:2]]

    listed = replace(source, excluded=frozenset({"x:ann"}))
    let_go = replace(source, released={"x:ann": DAYS[1]})
    for one, expected in ((source, [2, 2]), (listed, [0, 0]), (let_go, [2, 2])):
        assert puller.pull(lake, one, DAYS[:2], say=lambda text: None).written == DAYS[:2]
        assert rows() == expected
    assert [row["rows_excluded"] for row in lake.manifest("x", DAYS[1]) or []] == [0]


def test_all_days_are_read_again_where_the_configuration_changed(lake: Lake, source: Source) -> None:
    puller.pull(lake, source, DAYS[:2], say=lambda text: None)
    other = replace(source, kinds={"zap": "share"})
    assert puller.pull(lake, other, DAYS[:2], say=lambda text: None).written == DAYS[:2]
    assert puller.pull(lake, other, DAYS[:2], say=lambda text: None).written == []


def test_two_pulls_at_once_wait_for_each_other(lake: Lake, source: Source) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(puller.pull, lake, source, DAYS[:2], lambda text: None) for _ in range(2)]
        written = [each.result(timeout=30).written for each in done]
    assert sorted(written) == [[], DAYS[:2]]


# Many files ------------------------------------------------------------------------------------------------------


def test_many_small_files_make_few_row_groups(lake: Lake, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(puller._OpenPartitions, "WAITING_BATCHES", 7)
    for i in range(40):
        (source.path / f"i-{DAYS[0]}-{i}.csv").write_text(HEADER + f"a{i},bo,{NOON},like\n")
    pull(lake, source)
    path = lake.snapshot("interactions", "x", DAYS[0])
    [file] = lake.files([path])
    assert pq.ParquetFile(file).num_row_groups == 1
    assert lake.read(path).column("actor_key").to_pylist() == [
        *(f"x:a{i}" for i in sorted(range(40), key="{}.".format)),
        "x:ann",
        "x:ann",
    ]


def test_rows_that_wait_are_written_before_they_fill_the_memory(
    lake: Lake, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(puller._OpenPartitions, "WAITING_BYTES", 1)
    (source.path / f"j-{DAYS[0]}.csv").write_text(HEADER + ROW)
    pull(lake, source)
    [file] = lake.files([lake.snapshot("interactions", "x", DAYS[0])])
    assert pq.ParquetFile(file).num_row_groups == 2
