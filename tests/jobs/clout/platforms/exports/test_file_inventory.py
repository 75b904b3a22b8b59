"""Whatever lies in a folder of exports is read, or named; what would leave a gap in a day or hide an opt-out stops the pull."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from clout.config.sources import Source, read_sources
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.platforms.exports import file_inventory, files
from clout.platforms.pull import puller
from clout.platforms.pull.rows import PullReport

DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)
CSV = "actor,target,kind,occurred_at\nann,bo,like,2026-03-01T12:00:00Z\n"


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A folder with an export of each of two days."""
    folder = tmp_path / "in"
    folder.mkdir()
    for day in (DAY, NEXT):
        (folder / f"i-{day}.csv").write_text(CSV.replace(str(DAY), str(day)))
    return Source("x", "files", folder)


def skipped(source: Source, *days: date) -> dict[str, str]:
    """What was not read, and why."""
    reports = [item for item in files.read(source, set(days or (DAY, NEXT))) if isinstance(item, PullReport)]
    assert sum(report.rows for report in reports) == len(days or (DAY, NEXT))
    return {report.subject: str(report.reason) for report in reports if report.status == "skipped"}


UNREAD = {
    "i.xlsx": "a spreadsheet",
    "all.csv.zip": "packed",
    "all.csv.bz2": "packed",
    "all.csv.zst": "packed",
    "all.tar.gz": "packed",
    "x.gz": "packed",
    "all.json": "JSON that is not one object a line",
    "part-00000": "without an ending",
    "export": "without an ending",
    "all.orc": "in a form that is not read",
    "all.csv.part": "still being written",
    "README.txt": "a note",
    "license.txt": "a note",
    "about-this.txt": "a note",
    "README.md": "no export",
    "i-2026-03-01.csv.sha256": "no export",
    "2026-03-01/manifest.json": "no export",
    "2026-03-01/schema-v2.json": "no export",
    "i-2026-03-01.csv.zip": "the same as i-2026-03-01.csv",
    "i-2026-03-01.xlsx": "the same as i-2026-03-01.csv",
    "i-2026-03-01.csv.gz.tmp": None,
}


@pytest.mark.parametrize("name", [name for name, why in UNREAD.items() if why])
def test_what_is_not_read_is_named(source: Source, name: str) -> None:
    (source.path / name).parent.mkdir(exist_ok=True)
    (source.path / name).write_text("Dear reader,\nthis is an export of what people did, made by hand.\nThe end\n")
    found = skipped(source)
    assert list(found) == [name]
    assert found[name].startswith(UNREAD[name])


def test_the_manifest_and_the_screen_name_it(source: Source, lake: Lake) -> None:
    (source.path / "all.zip").write_bytes(b"x" * 7)
    (source.path / "_trash").mkdir()
    (source.path / "_trash/old.csv").write_text(CSV)
    (source.path / "_SUCCESS").touch()
    said: list[str] = []
    puller.pull(lake, source, [DAY, NEXT], said.append)
    rows = [(row["subject"], row["status"], row["bytes"]) for row in lake.manifest("x", DAY) or []]
    assert ("all.zip", "skipped", 7) in rows
    assert any(line.startswith("pull x: all.zip: 0 rows, 0 quarantined, skipped (packed") for line in said)
    assert any("1 files left alone: _trash/old.csv" in line for line in said)


def test_a_thousand_other_files_are_counted(source: Source) -> None:
    for i in range(1000):
        (source.path / f"picture-{i}.png").touch()
    found = skipped(source)
    assert len(found) == 20
    assert found["*"] == "981 more files that are not read"


@pytest.mark.parametrize(
    "name",
    [
        "i-2026-03-02-b.csv.zip",
        "i-2026-03-02-b.csv.zst",
        "i-2026-03-02-b.xlsx",
        "2026-03-02/part-00000",
        "2026-03-02/more.json",
        "snapshot_date=2026-03-02/data.avro",
        "i-2026-03-02-b",
        "posts-2026-03-02.csv.7z",
        "i-2026-03-02-b.csv.crdownload",
        "i-2026-03-02-b.csv.gpg",
        "i-2026-03-02-b.parquet.enc",
        "i-2026-03-02-b.csv ",
    ],
)
def test_a_part_of_a_day_that_is_not_read_stops_that_day_alone(source: Source, name: str) -> None:
    (source.path / name).parent.mkdir(exist_ok=True)
    (source.path / name).write_bytes(b"x")
    with pytest.raises(
        InvalidInput, match=rf"{name}: is of 2026-03-02 by its path, and the day would lack it.*: .*or move"
    ):
        skipped(source)
    assert skipped(source, DAY) == {}


@pytest.mark.parametrize("name", ["accounts.csv.gpg", "Accounts.jsonl.enc", "accounts-2026-03-01.parquet.aes"])
def test_accounts_in_an_unknown_wrapping_may_hold_a_no(source: Source, name: str) -> None:
    (source.path / name).write_bytes(b"x")
    with pytest.raises(InvalidInput, match=rf"{name}: accounts in a form that is not read.*opt-out"):
        skipped(source, DAY)


def test_a_packed_file_is_one_in_capitals_too(source: Source) -> None:
    (source.path / f"i-{DAY}.csv").unlink()
    (source.path / f"I-{DAY}.CSV.GZ").write_bytes(gzip.compress(CSV.encode()))
    assert skipped(source) == {}


def test_what_came_for_a_pulled_day_in_another_form_is_seen(source: Source, lake: Lake) -> None:
    puller.pull(lake, source, [DAY, NEXT], lambda _: None)
    (source.path / "i-2026-03-02-late.csv.zip").write_bytes(b"x")
    with pytest.raises(InvalidInput, match=r"late\.csv\.zip"):
        puller.pull(lake, source, [DAY, NEXT], lambda _: None)


def test_a_folder_of_nothing_that_is_read_says_what_lies_there(tmp_path: Path) -> None:
    (tmp_path / "export.zip").write_bytes(b"x")
    with pytest.raises(InvalidInput, match=r"holds no \.csv.*export\.zip is packed.*unpack it"):
        skipped(Source("x", "files", tmp_path))


@pytest.mark.parametrize(
    "content",
    ["u1 u2 1 like\nu3 u4 2 like\nu5 u6 3 like\n", "a;b;c\n1;2;3\n", "who,whom\n1,2\n3,4\n", "actor\tb\n1\t2\n"],
)
def test_a_text_that_is_a_table_is_no_note(source: Source, content: str) -> None:
    (source.path / "more.txt").write_text(content)
    with pytest.raises(InvalidInput, match=r"more\.txt: row 1: no column"):
        skipped(source)


@pytest.mark.parametrize(
    ("log", "named"), [("_delta_log", "Delta Lake"), (".hoodie", "Hudi"), ("metadata/v1.metadata.json", "Iceberg")]
)
@pytest.mark.parametrize("below", [".", "tables/t"])
def test_a_table_format_is_refused_by_name(source: Source, log: str, named: str, below: str) -> None:
    place = source.path / below / log
    (place.parent if "." in place.name[1:] else place).mkdir(parents=True)
    if not place.exists():
        place.write_text("{}")
    with pytest.raises(InvalidInput, match=rf"a table of {named}.* deleted rows .*Export"):
        skipped(source)


def test_a_folder_that_is_merely_called_metadata_is_none(source: Source) -> None:
    (source.path / "metadata").mkdir()
    (source.path / "metadata/notes.md").touch()
    assert list(skipped(source)) == ["metadata/notes.md"]


# Links, names, rights ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["i-2026-03-01-b.csv", "more.zip", "accounts.csv", "any"])
@pytest.mark.parametrize("is_folder", [False, True], ids=["file", "folder"])
def test_a_link_out_of_the_folder_is_refused(source: Source, tmp_path: Path, name: str, is_folder: bool) -> None:
    outside = tmp_path / "outside"
    outside.mkdir() if is_folder else outside.write_text(CSV)
    (source.path / name).symlink_to(outside)
    with pytest.raises(InvalidInput, match=rf"{name}: a link that leads out of .*copy"):
        skipped(source)


def test_links_within_the_folder_are_fine_and_a_broken_one_is_told(source: Source, tmp_path: Path) -> None:
    (source.path / "data").mkdir()
    (source.path / f"i-{DAY}.csv").rename(source.path / "data/first")
    (source.path / f"i-{DAY}.csv").symlink_to(source.path / "data/first")
    (source.path / "again").symlink_to(source.path / "data")
    found = skipped(source)
    assert found["again"].startswith("a link to a folder of this source")
    (source.path / f"i-{DAY}.csv").unlink()
    (source.path / f"i-{DAY}.csv").symlink_to(source.path / "gone")
    with pytest.raises(InvalidInput, match="a link to what is not there"):
        skipped(source)
    linked = tmp_path / "linked"
    (source.path / f"i-{DAY}.csv").unlink()
    (source.path / "data/first").rename(source.path / f"i-{DAY}.csv")
    linked.symlink_to(source.path)  # the source's own path may be one
    assert skipped(Source("x", "files", linked))


def test_what_is_no_file_is_named(source: Source) -> None:
    os.mkfifo(source.path / "i-2026-03-01-b.csv")
    assert skipped(source) == {"i-2026-03-01-b.csv": "neither a file nor a folder"}


@pytest.mark.parametrize("name", [b"i-\xff.csv", b"i-\x1b]0;x\x07.csv", b"a\nb.csv"])
def test_a_name_that_cannot_be_shown_is_refused(source: Source, name: bytes) -> None:
    (source.path / os.fsdecode(name)).write_text(CSV)
    with pytest.raises(InvalidInput, match="rename it") as refused:
        skipped(source)
    assert str(refused.value).isprintable()


def test_a_folder_that_cannot_be_opened_is_no_empty_one(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    (source.path / "sub").mkdir()
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InvalidInput, match="sub: cannot be opened: Permission denied; mend"):
        skipped(source)


def test_a_folder_of_very_many_files_is_no_folder_of_exports(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_inventory, "MOST_FILES", 1)
    with pytest.raises(InvalidInput, match="holds more than 1 files; name a folder that holds exports alone"):
        skipped(source)


@pytest.mark.parametrize(("path", "message"), [("/", "is the whole machine"), ("/etc/hostname", "is not a folder")])
def test_a_path_that_can_be_no_folder_of_exports(tmp_path: Path, path: str, message: str) -> None:
    (tmp_path / "sources.toml").write_text(f'[[source]]\nname = "x"\npath = "{path}"\n')
    with pytest.raises(InvalidInput, match=message):
        read_sources(tmp_path / "sources.toml")


def test_a_number_beyond_all_measure_is_no_sources_file(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(f"n = {'9' * 5000}\n")
    with pytest.raises(InvalidInput, match=r"sources\.toml: not a TOML file"):
        read_sources(tmp_path / "sources.toml")


# Unfinished days ---------------------------------------------------------------------------------------------------


class Clock:
    """A clock that stands still."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        raise AssertionError


@pytest.mark.parametrize("reader", ["files", "gharchive"])
@pytest.mark.parametrize(("hour", "is_over"), [(0, True), (23, False)])
def test_a_day_that_is_not_over_is_refused(lake: Lake, source: Source, reader: str, hour: int, is_over: bool) -> None:
    now = datetime(2026, 3, 3 if is_over else 2, hour, tzinfo=UTC)
    asked = Source("x", reader, source.path)
    if reader == "gharchive":
        for day in (DAY, NEXT):
            (source.path / f"{day}-0.json.gz").write_bytes(b"")
    if is_over and reader == "files":
        assert puller.pull(lake, asked, [DAY, NEXT], lambda _: None, clock=Clock(now)).written == [DAY, NEXT]
    if not is_over:
        with pytest.raises(
            InvalidInput, match=r"2026-03-02 is not over, it is 2026-03-02 23:00 UTC.*after midnight UTC"
        ):
            puller.pull(lake, asked, [DAY, NEXT], lambda _: None, clock=Clock(now))
        assert lake.manifest("x", DAY) is None
