"""The same as test_lake_job.py, for what a platform gave, and for notes that nobody could make again.

Raw pages alone are asked for again, where their platform still shows them; else they are lost for good, and that is said: they
are too large to be kept twice.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import lake as lake_job
import pytest
from clout.config.sources import read_sources
from clout.errors import InvalidInput
from clout.lake import checksums
from clout.lake.partitions import Lake
from clout.platforms.http.budget import Budget
from clout.platforms.pull import puller
from clout.privacy import consent_ledger
from clout.privacy.consent_ledger import Word
from clout.privacy.suppression import ErasedKeys, read_erased, write_erased
from file_damage import DAMAGE, files
from hosts import SandboxClock
from sandbox import nights
from sandbox.server import Sandbox

DAY = date(2026, 3, 6)
ALL = os.environ.get("CLOUT_FAULTS") == "all"
KINDS = {
    "external signals": f"snapshots/external_signals/platform=w/snapshot_date={DAY}/part-0.parquet",
    "manifest": f"snapshots/manifest/platform=w/snapshot_date={DAY}/part-0.parquet",
    "raw": f"raw/w/{DAY}/*/*/*.json.gz",
    "ledger": "consent_ledger/*-chirp-*.jsonl",
    "spent": f"spent/w/{DAY}.json",
    "erased": "erased.json",
}
FEW = [
    ("external signals", "flipped"),
    ("ledger", "cut"),
    ("ledger", "deleted"),
    ("spent", "emptied"),
    ("raw", "flipped"),
]
NO = Word("h", "opt_out", "no", "chirp", "chirp", "accounts.csv", DAY)


class Home:
    """A lake with a day of page views, a no, an erased person and spent money, and what every file held."""

    def __init__(self, root: Path, box: Sandbox) -> None:
        self.root, self.lake = root, Lake(root / "lake")
        named = [one["article"] for one in box.people(0, 100) if one["article"]][:3]
        titles = "\n".join(f'"chirp:{number}" = "{title}"' for number, title in enumerate(named))
        (root / "exports").mkdir()
        self.sources = root / "sources.toml"
        self.sources.write_text(
            f'[[source]]\nname = "chirp"\npath = "exports"\n\n[[source]]\nname = "w"\nreader = "wikipedia"\n'
            f'base_url = "{box.urls["wikipedia"]}"\ncontact = "ops@x.example"\n[source.titles]\n{titles}\n'
        )
        source = read_sources(self.sources).named("w")
        puller.pull(self.lake, source, [DAY], say=lambda _: None, clock=SandboxClock(box))
        consent_ledger.append(self.lake, consent_ledger.read(self.lake), "chirp", [NO])
        write_erased(self.lake, ErasedKeys().and_also(["chirp:9"], []))
        Budget(self.lake, "w", DAY, 5.0).reserve(1500)
        self.was = {file: file.read_bytes() for file in files(root / "lake")}

    def job(self, *words: str) -> None:
        checksums._COMPARED.clear()  # as in another process
        lake_job.main(
            [*words, f"--lake={self.root}/lake", f"--staging={self.root}/staging", f"--sources={self.sources}"]
        )

    def restore(self) -> None:
        shutil.rmtree(self.root / "lake")
        for file, content in self.was.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


def test_raw_pages_are_asked_for_again_while_the_platform_shows_them(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox("2026-03-07T00:30:00Z", since=DAY) as box:
        home = Home(tmp_path, box)
        monkeypatch.setattr(puller, "SystemClock", lambda: SandboxClock(box))
        pages = sorted((home.root / "lake").glob(KINDS["raw"]))
        DAMAGE["flipped"](pages[0])
        pages[1].unlink()
        with pytest.raises(InvalidInput, match="damaged"):
            home.job("check")
        home.job("heal")
        told = capsys.readouterr().out
        assert "2 files of pages were damaged or gone, 2 of them are there again" in told
        assert "are lost" not in told
        home.job("check")
    assert sorted((home.root / "lake").glob(KINDS["raw"])) == pages
    again, before = (json.loads(gzip.decompress(content)) for content in (pages[0].read_bytes(), home.was[pages[0]]))
    assert again["body"] == before["body"]
    snapshots = [file for file in home.was if "snapshots" in file.parts]
    assert all(file.read_bytes() == home.was[file] for file in snapshots)


def content(page: Path) -> Any:
    """What a page says, whenever it was asked for; an hour as it is."""
    text = gzip.decompress(page.read_bytes())
    return text if "hour_file" in page.parts else json.loads(text)["body"]


def test_every_platform_is_asked_again_for_a_page_of_every_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, token in nights.TOKENS.items():
        monkeypatch.setenv(f"CLOUT_TOKEN_{name.upper()}", token)
    with Sandbox("2026-03-07T00:30:00Z", since=DAY, people=25) as box:
        sources, lake = nights.write_sources(tmp_path, box), tmp_path / "lake"
        monkeypatch.setattr(puller, "SystemClock", lambda: SandboxClock(box))
        for source in read_sources(sources).sources:
            puller.pull(Lake(lake), source, [DAY], say=lambda _: None, clock=SandboxClock(box))
        pages = sorted(file for file in files(lake / "raw") if file.name.endswith(".json.gz"))
        was = {page: content(page) for page in pages}
        snapshots = {file: file.read_bytes() for file in files(lake / "snapshots")}
        of_kinds = {page.parts[len(lake.parts) + 1 : -2]: page for page in pages}
        assert len({platform for platform, *_ in of_kinds}) == 7
        for number, page in enumerate(of_kinds.values()):
            DAMAGE[list(DAMAGE)[number % len(DAMAGE)]](page)
        checksums._COMPARED.clear()  # as in another process
        lake_job.main(["heal", f"--lake={lake}", f"--staging={tmp_path}/staging", f"--sources={sources}"])
        assert "are lost" not in capsys.readouterr().out
    assert {page: content(page) for page in pages} == was
    assert all(file.read_bytes() == before for file, before in snapshots.items())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("home")
    with Sandbox("2026-03-07T00:30:00Z", since=DAY) as box:
        made = Home(root, box)
    return made  # the platform is gone: nothing can be asked any more


@pytest.mark.parametrize(("kind", "damage"), itertools.product(KINDS, DAMAGE) if ALL else FEW)
def test_what_nobody_could_ask_for_again(home: Home, capsys: pytest.CaptureFixture, kind: str, damage: str) -> None:
    broken = sorted((home.root / "lake").glob(KINDS[kind]))[0]
    DAMAGE[damage](broken)
    capsys.readouterr()
    named: Any = broken.relative_to(home.root / "lake").parts
    try:
        with pytest.raises(InvalidInput, match="damaged"):
            home.job("check")
        told = capsys.readouterr().out
        assert "/".join(named[:3] if kind == "raw" else named[:-1] if "part-" in named[-1] else named) in told, told
        home.job("heal")
        told = capsys.readouterr().out
        assert "NOT healed" not in told
        changed = sorted(str(file) for file in home.was if not file.is_file() or file.read_bytes() != home.was[file])
        if kind == "raw":
            assert "1 files of pages were damaged or gone, 0 of them are there again; 1 are lost, such as " in told
            assert all("/raw/" in file or "/checksums/raw/" in file for file in changed)
        else:
            assert changed == [], told
            assert "byte for byte as before" in told
        home.job("check")
        assert read_erased(home.lake).keys
        assert [word.reason for word in consent_ledger.read(home.lake).standing.values()] == ["opt_out"]
        assert Budget(home.lake, "w", DAY, 5.0).spent == 1500
    finally:
        home.restore()
