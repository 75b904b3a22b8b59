"""Shows that every kind of file of a lake and of staging, damaged in every way, is named, and made again byte for byte.

CLOUT_FAULTS=all tries every kind of file with every kind of damage, and a night after each.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import threading
from datetime import date
from pathlib import Path

import file_damage
import lake as lake_job
import night
import publish
import pytest
from clout.errors import InvalidInput
from clout.lake import checksums
from clout.lake.check import is_note, paths
from clout.lake.checksums import SEAL
from clout.lake.partitions import Lake
from clout.lake.staging import Staged
from clout.warehouse.factory import open_warehouse
from file_damage import files, flip
from sandbox.world import write

FIRST, DAY = date(2026, 3, 3), date(2026, 3, 4)
ALL = os.environ.get("CLOUT_FAULTS") == "all"


class Home:
    """A lake, a staged run and a warehouse after a night, and what every file held then."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sources = write(root / "world", [date(2026, 3, 2), FIRST, DAY])
        self.places = [f"--lake={root}/lake", f"--staging={root}/staging", f"--warehouse={root}/warehouse"]
        self.places += [f"--sources={self.sources}"]
        self.night(str(DAY))
        self.run = Staged(Lake(root / "staging"), DAY, "by-hand")
        self.was = {file: file.read_bytes() for place in ("lake", "staging") for file in files(root / place)}

    def night(self, days: str) -> None:
        night.main([f"--days={days}", f"--reports={self.root}/reports", *self.places])

    def job(self, *words: str) -> None:
        checksums._COMPARED.clear()  # as in another process
        lake_job.main([*words, *self.places])

    def changed(self) -> list[Path]:
        """The files that are not as they were: gone, other or new."""
        now = {file for place in ("lake", "staging") for file in files(self.root / place)}
        return sorted(
            {file for file in self.was.keys() & now if file.read_bytes() != self.was[file]} | self.was.keys() ^ now
        )

    def restore(self) -> None:
        """Put every file back."""
        for file in self.changed():
            shutil.rmtree(file) if file.is_dir() else file.unlink(missing_ok=True)
            if file in self.was:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(self.was[file])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("home"))


def of_another_day(file: Path) -> None:
    shutil.copy(str(file).replace(str(DAY), str(FIRST)), file)


DAMAGE = {**file_damage.DAMAGE, "of another day": of_another_day}
#: One file of every kind, relative to a home; * is a platform.
LAKE = [
    *(
        f"snapshots/{table}/platform=murmur/snapshot_date={DAY}"
        for table in ("accounts", "posts", "interactions", "manifest")
    ),
    f"quarantine/platform=murmur/snapshot_date={DAY}",
    *(
        f"{table}/ds={DAY}"
        for table in ("activity", "post_actions", "conservation", "pulls", "coverage", "quarantined", "first_seen")
    ),
    *(
        f"features/{measure}/ds={DAY}"
        for measure in ("daily_engagement", "persons", "account_states", "reach", "network")
    ),
]
KINDS = {
    **{f"lake/{path}/part-0.parquet": path.split("/platform")[0].split("/ds")[0] for path in LAKE},
    f"lake/activity/ds={DAY}/_facts.json": "metadata",
    f"lake/features/daily_engagement/ds={DAY}/_facts.json": "metadata of features",
    f"lake/activity/ds={DAY}/{SEAL}": "checksums",
    f"lake/checksums/activity/ds={DAY}.json": "what is expected",
    f"staging/{DAY}/by-hand/scores/part-0.parquet": "staged scores",
    f"staging/{DAY}/by-hand/pulls/part-0.parquet": "staged pulls",
    f"staging/{DAY}/by-hand/past/part-0.parquet": "staged past",
    f"staging/{DAY}/by-hand/metrics/part-0.parquet": "staged metrics",
    f"staging/{DAY}/by-hand/run.json": "run.json",
    f"staging/{DAY}/by-hand/verdict.json": "verdict.json",
    f"staging/{DAY}/by-hand/scores/{SEAL}": "checksums of staged scores",
    f"staging/checksums/{DAY}/by-hand/scores.json": "what is expected of staged scores",
}
#: What names the moment at which it was made: made again, it says another.
TIMED = ("run.json", "verdict.json", "metrics/", "data_quality/", "past")
FEW = [
    (f"lake/snapshots/posts/platform=murmur/snapshot_date={DAY}/part-0.parquet", "flipped"),
    (f"lake/snapshots/manifest/platform=murmur/snapshot_date={DAY}/part-0.parquet", "deleted"),
    (f"lake/activity/ds={DAY}/part-0.parquet", "of another day"),
    (f"lake/activity/ds={DAY}/{SEAL}", "deleted"),
    (f"lake/checksums/activity/ds={DAY}.json", "cut"),
    (f"lake/features/reach/ds={DAY}/part-0.parquet", "emptied"),
    (f"lake/first_seen/ds={DAY}/part-0.parquet", "flipped"),
    (f"staging/{DAY}/by-hand/scores/part-0.parquet", "unreadable"),
]


@pytest.mark.parametrize(("file", "damage"), itertools.product(KINDS, DAMAGE) if ALL else FEW)
def test_damage_is_named_and_healed(home: Home, capsys: pytest.CaptureFixture[str], file: str, damage: str) -> None:
    broken = home.root / file
    if not broken.exists():
        pytest.skip("there is none of it in this world")
    if damage == "of another day" and (f"/{DAY}/" in file or broken.read_bytes() == _other(broken)):
        pytest.skip("the other day's is the same, or there is none")
    DAMAGE[damage](broken)
    capsys.readouterr()
    try:
        with pytest.raises(InvalidInput, match="damaged"):
            home.job("check", "--day", str(DAY))
        told = capsys.readouterr().out
        assert _partition(file) in told, told
        assert told.count("damage: ") == 1, told
        if ALL and damage == list(DAMAGE)[hash_of(file) % len(DAMAGE)]:
            _a_night_names_it(home, file, capsys)
        home.job("heal", "--day", str(DAY))
        told = capsys.readouterr().out
        assert "NOT healed" not in told
        left = [str(each.relative_to(home.root)) for each in home.changed()]
        if not any(timed in file for timed in TIMED) and not file.startswith("staging"):
            assert left == [], told
            assert "byte for byte as before" in told or "checksums/" in file
        assert not [each for each in left if not any(timed in each for timed in TIMED) and "checksums/" not in each]
        home.job("check")
    finally:
        home.restore()


def hash_of(text: str) -> int:
    return sum(text.encode())


def _partition(file: str) -> str:
    """What a message names: the partition or the note that a file belongs to."""
    path = file.partition("/")[2]
    if path.startswith("checksums/"):
        return path.removeprefix("checksums/").removesuffix(".json")
    return str(Path(path).parent) if path.endswith(".parquet") or "/_" in path else path


def _other(file: Path) -> bytes:
    other = Path(str(file).replace(str(DAY), str(FIRST)))
    return other.read_bytes() if other.exists() else file.read_bytes()


def _a_night_names_it(home: Home, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The night, or for a staged run the publication, names the damage; nothing else is published."""
    checksums._COMPARED.clear()
    warehouse = open_warehouse(f"{home.root}/warehouse")
    before = warehouse.read("clout.scores")
    was = {each: each.read_bytes() for each in files(home.root)}
    told = ""
    try:
        if file.startswith("staging"):
            publish.publish(home.run, warehouse)
        else:
            home.night(str(DAY))
    except InvalidInput as invalid:
        told = str(invalid)
    told += "".join(capsys.readouterr())
    if not any(timed in file for timed in ("past/",)):  # that, publication does not read
        assert _partition(file) in told, told
        assert "heal it: .venv/bin/python jobs/lake.py heal" in told
    assert warehouse.read("clout.scores").equals(before)
    for each in set(files(home.root)) - was.keys():
        each.unlink()
    for each, content in was.items():  # an export that is written anew counts as another, whatever it holds
        if not each.is_file() or each.read_bytes() != content:
            shutil.rmtree(each) if each.is_dir() else None
            each.write_bytes(content)


def test_what_cannot_be_made_again_is_said(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    part = f"snapshots/posts/platform=murmur/snapshot_date={DAY}"
    flip(home.root / "lake" / part / "part-0.parquet")
    exports = [file for file in (home.root / "world").rglob(f"*{DAY}*") if "murmur" in str(file)]
    assert exports
    for export in exports:
        export.rename(export.with_name(f"gone-{export.name}.bak"))
    try:
        with pytest.raises(InvalidInput, match="1 parts"):
            home.job("heal", "--day", str(DAY))
        assert "holds nothing of it any more: put its files back" in capsys.readouterr().out
        home.job("check", "--adopt", part)
        home.job("check")
    finally:
        for export in exports:
            export.with_name(f"gone-{export.name}.bak").rename(export)
        home.restore()


def test_one_of_every_kind_that_a_night_leaves_is_healed_at_once(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    of_kinds: dict[str, Path] = {}
    for path in paths(Lake(home.root / "lake")):
        if str(DAY) in path and not is_note(path):
            of_kinds.setdefault(path.partition("/platform=")[0], home.root / "lake" / path / "part-0.parquet")
    for number, file in enumerate(of_kinds.values()):
        list(file_damage.DAMAGE.values())[number % len(file_damage.DAMAGE)](file)
    try:
        home.job("heal", "--day", str(DAY))
        told = capsys.readouterr().out
        assert told.count(": byte for byte as before") == len(of_kinds) >= 30
        assert home.changed() == []
    finally:
        home.restore()


def test_nothing_is_healed_while_somebody_is_erased(home: Home) -> None:
    healed = threading.Event()
    healing = threading.Thread(target=lambda: (home.job("heal"), healed.set()))
    with Lake(home.root / "lake").alone("erase"):
        healing.start()
        assert not healed.wait(2)
    healing.join()
    assert healed.is_set()


def as_before_checksums(place: Path) -> None:
    shutil.rmtree(place / "checksums")
    for seal in list(place.rglob(SEAL)):
        seal.unlink()
    for note in place.rglob("*r*.json"):
        note.write_text(
            json.dumps({name: value for name, value in json.loads(note.read_text()).items() if name != "checksum"})
        )


def test_a_lake_from_before_checksums_is_told_and_adopted(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    for place in ("lake", "staging"):
        as_before_checksums(home.root / place)
    try:
        home.job("check")
        assert "parts are not checksummed" in capsys.readouterr().out
        shutil.rmtree(home.root / "lake" / "snapshots" / "posts" / "platform=murmur" / f"snapshot_date={DAY}")
        with pytest.raises(InvalidInput):
            home.job("check")
        assert "manifest says that" in capsys.readouterr().out
        home.job("heal")
        home.job("check", "--adopt")
        capsys.readouterr()
        home.job("check")
        assert capsys.readouterr().out == "check: no damage\n"
    finally:
        home.restore()


def test_a_deleted_manifest_of_a_lake_without_checksums_is_told(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    as_before_checksums(home.root / "lake")
    for platform in ("murmur", "plaza"):
        shutil.rmtree(home.root / f"lake/snapshots/manifest/platform={platform}/snapshot_date={DAY}")
    try:
        with pytest.raises(InvalidInput):
            home.job("check", "--day", str(DAY))
        assert "no manifest says of what" in capsys.readouterr().out
        home.job("heal", "--day", str(DAY))
        home.job("check")
    finally:
        home.restore()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--day", "2026-03-04", "--from", "2026-03-01"], "one or the other"),
        (["--from", "2026-03-01"], "go together"),
        (["--from", "2026-03-02", "--to", "2026-03-01"], "later"),
        (["--adopt", "activity/ds=2031-01-01"], "no partition"),
    ],
)
def test_wrong_words_are_refused(home: Home, words: list[str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        home.job("check", *words)


def test_days_are_chosen() -> None:
    def days(**given: date | None) -> list[date] | None:
        return lake_job.chosen_days(argparse.Namespace(**{"day": None, "first": None, "last": None, **given}))

    assert days() is None
    assert days(day=DAY) == [DAY]
    assert days(first=FIRST, last=DAY) == [FIRST, DAY]
