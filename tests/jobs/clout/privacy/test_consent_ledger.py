"""A no sticks: no missing row, column, file or list lifts it, and nobody who ever said it reaches what is scored."""

from __future__ import annotations

import csv
import stat
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import conform
import consent
import pytest
from clout.config.sources import read_sources
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.platforms.pull import puller
from clout.platforms.pull.pages import Page, Rows
from clout.privacy import consent_ledger
from clout.score import evidence, variants
from clout.score.model import read_model

DAYS = [date(2026, 3, day) for day in (2, 3, 4)]
PEOPLE = [f"p{number:02}" for number in range(24)]
NOES = {"p20": "opt_out", "p05": "opt_out", "p14": "opt_out", "p03": "is_minor", "p22": "is_protected"}
EXCLUDED = "p09"
MODEL = variants.score_alone(read_model(Path(__file__).resolve().parents[4] / "sql" / "models" / "v1.toml"))
Account = dict[str, str]


class World:
    """Exports of some days in which everybody acts on everybody, a lake, and whom it shows."""

    def __init__(self, root: Path) -> None:
        self.root, self.exports, self.lake = root, root / "exports", Lake(root / "lake")
        self.exports.mkdir()
        self.said: list[str] = []
        for day in DAYS:
            at = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
            acts = [f"{a},{b},{at},like" for a in PEOPLE for b in PEOPLE if a != b]
            (self.exports / f"acts-{day}.csv").write_text("\n".join(["actor,target,unix_ts,kind", *acts]) + "\n")
        self.exclude(EXCLUDED)
        self.release()
        (root / "sources.toml").write_text(
            'exclude = "exclusions.csv"\nreleased = "released.csv"\n[[source]]\nname = "chirp"\npath = "exports"\n'
        )
        self.accounts(self.people())

    @staticmethod
    def people() -> list[Account]:
        rows = []
        for name in PEOPLE:
            flags = {flag: str(NOES.get(name) == flag).lower() for flag in ("opt_out", "is_minor", "is_protected")}
            rows.append({"account": name, "status": "active", **flags})
        return rows

    def accounts(self, rows: Iterable[Account], name: str = "accounts.csv") -> None:
        rows = list(rows)
        with (self.exports / name).open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def exclude(self, *names: str) -> None:
        (self.root / "exclusions.csv").write_text("account_key,reason\n" + "".join(f"chirp:{n},asked\n" for n in names))

    def release(self, *lines: str) -> None:
        text = "account_key,released_on\n" + "".join(f"chirp:{line}\n" for line in lines)
        (self.root / "released.csv").write_text(text)

    def pull(self, day: date = DAYS[-1], refresh: bool = False) -> None:
        [source] = read_sources(self.root / "sources.toml").sources
        days = [each for each in DAYS if each <= day]
        puller.pull(self.lake, source, days, say=self.said.append, refresh=refresh)

    def night(self, day: date = DAYS[-1], refresh: bool = False) -> set[str]:
        """Whom the evidence of a night speaks of."""
        self.pull(day, refresh)
        sources = read_sources(self.root / "sources.toml")
        conform.conform(self.lake, sources, MODEL, day)
        evidence.load(self.lake, sources, MODEL, day).make("ties")
        acts = self.lake.read(self.lake.features("daily_engagement", day))
        return {key.removeprefix("chirp:") for name in ("actor", "target") for key in acts[name].to_pylist()}


ALL = set(PEOPLE) - set(NOES) - {EXCLUDED}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def without(rows: list[Account], *columns: str) -> list[Account]:
    return [{name: text for name, text in row.items() if name not in columns} for row in rows]


def sorted_alone(rows: list[Account]) -> list[Account]:
    names = sorted((row["account"] for row in rows), reverse=True)
    return [{**row, "account": name} for row, name in zip(rows, names, strict=True)]


DAMAGES: dict[str, tuple[Callable[[list[Account]], list[Account]], str]] = {
    "no column": (lambda rows: without(rows, "opt_out", "is_minor", "is_protected"), r"5 people said no.*chirp:p05"),
    "cut in half": (lambda rows: rows[:12], r"3 people said no, and no file.*: chirp:p14, chirp:p20, chirp:p22\."),
    "sorted alone": (sorted_alone, r"turn their no into a yes at once: chirp:"),
    "all false": (
        lambda rows: [{**row, **dict.fromkeys(("opt_out", "is_minor", "is_protected"), "false")} for row in rows],
        r"4 people turn their no into a yes at once: chirp:p03, chirp:p05, chirp:p14, chirp:p20",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("lake", ["same", "new with the old ledger"])
def test_a_damaged_accounts_file_stops_the_pull_and_names_whom_it_lost(world: World, damage: str, lake: str) -> None:
    world.pull()
    if lake != "same":
        world.lake = Lake(world.root / "new")
        consent.bring(Lake(world.root / "lake"), world.lake)
    break_it, message = DAMAGES[damage]
    world.accounts(break_it(world.people()))
    with pytest.raises(InvalidInput, match=message):
        world.pull(refresh=True)
    with pytest.raises(InvalidInput, match=message):  # and again
        world.pull(refresh=True)
    before = consent_ledger.read(world.lake).standing
    assert len(before) == len(NOES) + 1
    world.accounts(world.people())  # healed
    world.pull(refresh=True)
    assert consent_ledger.read(world.lake).standing == before


@pytest.mark.parametrize("few", [0, 10**6])  # as people are looked up in large files, and in small ones
def test_whom_a_file_tells_no_more_the_ledger_keeps_out(
    world: World, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consent_ledger, "_FEW", few)
    assert world.night() == ALL
    (world.exports / "accounts.csv").unlink()
    with pytest.raises(InvalidInput, match=r"5 people said no.*consent\.py keep --source chirp"):
        world.pull(refresh=True)
    consent.main(["keep", "--source", "chirp", "--lake", world.lake.root])
    assert world.night(refresh=True) == ALL
    world.accounts([row for row in world.people() if row["account"] not in NOES])
    assert world.night(refresh=True) == ALL


def test_few_that_are_missing_stay_out_without_a_stop_however_often(world: World) -> None:
    assert world.night() == ALL
    for gone in (["p20", "p05"], ["p20", "p05", "p14", "p03"], NOES):
        world.accounts([row for row in world.people() if row["account"] not in gone])
        assert world.night(refresh=True) == ALL


def test_one_who_says_yes_in_a_later_view_is_shown_again(world: World) -> None:
    assert world.night(DAYS[1]) == ALL
    world.accounts([{**row, "opt_out": "false"} if row["account"] == "p05" else row for row in world.people()])
    assert world.night(DAYS[2]) == ALL | {"p05"}
    assert world.night(DAYS[2], refresh=True) == ALL | {"p05"}


def test_a_view_of_an_earlier_day_lifts_nothing(world: World) -> None:
    (world.exports / "accounts.csv").unlink()
    yes = [{**row, "opt_out": "false"} for row in world.people()]
    world.accounts(yes, f"accounts-{DAYS[0]}.csv")
    world.accounts(world.people(), f"accounts-{DAYS[2]}.csv")
    assert world.night(DAYS[2]) == ALL
    # What was said later reaches the earlier day that is run again.
    assert world.night(DAYS[1], refresh=True) == ALL
    assert world.night(DAYS[0], refresh=True) == ALL


def test_a_later_no_reaches_earlier_days_that_were_never_run(world: World) -> None:
    world.accounts(without(world.people(), "opt_out", "is_minor", "is_protected"))
    world.pull(DAYS[0])
    (world.exports / "accounts.csv").unlink()
    world.accounts(world.people(), f"accounts-{DAYS[2]}.csv")
    world.pull(DAYS[2])
    assert world.night(DAYS[1]) == ALL


def test_the_exclusion_list_lets_nobody_go_by_a_missing_row(world: World) -> None:
    assert world.night() == ALL
    for damage in (lambda: world.exclude(), lambda: world.exclude("p01")):
        damage()
        with pytest.raises(InvalidInput, match=r"names 1 people of chirp no more: chirp:p09\. Nobody is let go"):
            world.pull()
    world.exclude()
    world.release(f"{EXCLUDED},{DAYS[1]}")  # the list named them after that day, too
    with pytest.raises(InvalidInput, match="chirp:p09"):
        world.pull()
    world.release(f"{EXCLUDED},{DAYS[2]}")
    assert world.night() == ALL | {EXCLUDED}


def test_a_release_ends_what_was_said_until_its_day_and_nothing_that_is_still_said(world: World) -> None:
    assert world.night(DAYS[1]) == ALL
    world.accounts(without(world.people(), "opt_out", "is_minor"))
    world.release(f"p05,{DAYS[1]}", f"p14,{DAYS[1]}", f"p20,{DAYS[0]}", f"p22,{DAYS[2]}")
    # p20's no is later than the release, p22 is shown as protected tonight.
    assert world.night(DAYS[2]) == ALL | {"p05", "p14"}
    world.accounts(world.people())
    assert world.night(DAYS[2], refresh=True) == ALL


def test_a_lake_that_is_older_than_its_ledger_begins_it_from_its_snapshots(world: World) -> None:
    world.pull()
    for file in consent_ledger.files(world.lake):
        world.lake.checksums.remove_note(file.removeprefix(f"{world.lake.root}/"))
    world.accounts(without(world.people(), "opt_out", "is_minor", "is_protected"))
    with pytest.raises(InvalidInput, match="5 people said no"):
        world.pull(refresh=True)


def test_a_new_lake_says_that_it_has_no_ledger_and_takes_the_old_one(world: World) -> None:
    world.pull()
    assert [line for line in world.said if "has no ledger of consent yet" in line and "bring --from" in line]
    new, noes = Lake(world.root / "new"), consent_ledger.read(world.lake).ever(DAYS[-1])
    assert noes >= len(NOES)
    assert consent_ledger.read(world.lake).ever(DAYS[0] - timedelta(days=90)) == 0
    assert consent_ledger.read(new).ever(DAYS[-1]) == 0  # by which the gate sees that a lake is another one
    assert consent.bring(world.lake, new) == len(consent_ledger.files(world.lake))
    assert consent_ledger.read(new).ever(DAYS[-1]) == noes
    assert consent.bring(world.lake, new) == 0
    Path(consent_ledger.files(new)[0]).unlink()
    with pytest.raises(InvalidInput, match="is missing"):  # what was brought is watched like what was heard
        consent_ledger.read(new)
    assert consent.bring(world.lake, new) == 1
    world.said.clear()
    world.lake = new
    assert world.night() == ALL
    assert not [line for line in world.said if "no ledger" in line]
    with pytest.raises(InvalidInput, match="has no ledger of consent"):
        consent.bring(Lake(world.root / "nowhere"), new)


def test_the_ledger_holds_hashes_that_only_its_owner_may_read(world: World) -> None:
    world.pull()
    files = [Path(file) for file in consent_ledger.files(world.lake)]
    text = "".join(file.read_text() for file in files)
    assert not [name for name in (*NOES, EXCLUDED) if name in text]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    world.pull(refresh=True)
    assert len(consent_ledger.files(world.lake)) == len(files)  # nothing new, nothing written
    files[0].write_text("{")
    with pytest.raises(InvalidInput, match=r"consent_ledger/.*does not hold what was written.*; heal it: "):
        world.pull(refresh=True)


def test_a_platforms_full_view_lifts_what_it_contradicts_and_a_partial_one_nothing() -> None:
    ledger = consent_ledger.Ledger(["00"])
    day = DAYS[0]
    hearing = consent_ledger.Hearing(ledger, "sky", "sky", day)
    hearing.no("sky:ann", "opt_out", day, "bluesky")
    for word in hearing.judge(lambda people: {}):
        ledger.standing[word.hash, word.source, word.reason] = word
    later = consent_ledger.Hearing(ledger, "sky", "sky", DAYS[1])
    assert later.reason("sky:ann") == "opt_out"
    row = {"account_key": "sky:ann", "status": "active", "opt_out": False, "is_protected": None}
    rows = Rows(Page("sky", "profile", "ann", DAYS[1], datetime(2026, 3, 3, tzinfo=UTC), {}, "ref"))
    rows.account({**row, "state_complete": False})
    assert rows.known.contradicted == {}
    rows.account({**row, "state_complete": True})
    for reason in rows.known.contradicted["sky:ann"]:
        later.yes("sky:ann", reason, DAYS[1])
    assert later.reason("sky:ann") is None
    assert [(word.reason, word.said) for word in later.judge(lambda people: {})] == [("opt_out", "yes")]
    # Another source's word is not this one's to lift.
    other = consent_ledger.Hearing(ledger, "sea", "sky", DAYS[1])
    other.yes("sky:ann", "opt_out", DAYS[1])
    assert other.reason("sky:ann") == "opt_out"


SPELT = {
    "another case": ("P09", "p09"),
    "NFC and NFD": ("Jose\u0301", "José"),
    "a sign that nobody sees": ("zw\u200bid", "zwid"),
    "full width": ("\uff50\uff11\uff15x", "p15x"),
    "zeros": ("7", "007"),
    "a fraction of zeros": ("p170.0", "p170"),
    "an at sign": ("@p18x", "p18x"),
}


@pytest.mark.parametrize("how", SPELT)
@pytest.mark.parametrize("where", ["exclusion list", "accounts"])
def test_a_no_in_another_spelling_holds(world: World, how: str, where: str) -> None:
    said, used = SPELT[how]
    at = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp())
    with (world.exports / f"acts-{DAYS[0]}.csv").open("a") as file:
        file.writelines(f"{a},{b},{at},like\n" for a, b in ((used, "p01"), ("p01", used)))
    world.exclude(EXCLUDED, *([said] if where == "exclusion list" else []))
    if where == "accounts":
        row = {"account": said, "status": "active", "opt_out": "true", "is_minor": "false", "is_protected": "false"}
        world.accounts([*world.people(), row])
    world.pull(DAYS[0])
    rows = world.lake.read(world.lake.snapshot("interactions", "chirp", DAYS[0]))
    assert used not in {key.removeprefix("chirp:") for key in rows["actor_key"].to_pylist()}
    assert "p01" in {key.removeprefix("chirp:") for key in rows["actor_key"].to_pylist()}
    # It is in the ledger by the spelling that the acts use, so that days that are there already forget it, too.
    ledger = consent_ledger.read(world.lake)
    assert any(one in ledger.reasons() for one in ledger.hashed(f"chirp:{used}"))
    assert not [line for line in world.said if "no pull has met" in line]


def test_who_has_a_row_of_their_own_is_another_person(world: World) -> None:
    row = {"account": "P05", "status": "active", "opt_out": "false", "is_minor": "false", "is_protected": "false"}
    world.accounts([*world.people(), row])
    at = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp())
    with (world.exports / f"acts-{DAYS[0]}.csv").open("a") as file:
        file.write(f"P05,p01,{at},like\n")
    world.pull(DAYS[0])
    rows = world.lake.read(world.lake.snapshot("interactions", "chirp", DAYS[0]))
    assert "chirp:P05" in rows["actor_key"].to_pylist()
    assert "chirp:p05" not in rows["actor_key"].to_pylist()


def test_the_list_may_name_people_by_their_handle_or_address_and_whom_no_pull_met_is_told(world: World) -> None:
    people = [{**row, "handle": f"{row['account']}.name"} for row in world.people()]
    world.accounts(people)
    world.exclude(EXCLUDED, "@P06.name", "https://chirp.example/@p07.name", "nobody")
    world.pull(DAYS[0])
    rows = world.lake.read(world.lake.snapshot("interactions", "chirp", DAYS[0]))
    assert not {"chirp:p06", "chirp:p07"} & set(rows["actor_key"].to_pylist())
    assert [line.partition(": no ")[2] for line in world.said if "no pull has met" in line] == [
        "pull has met 1 people of the exclusion list yet: chirp:nobody. Is each the account's id, as the source writes it?"
    ]
