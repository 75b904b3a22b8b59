"""What is shown anew obeys today's word: a rollback, and a run that was scored before somebody said no."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import publish
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import warehouse
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.lake.schemas import CONSENTS
from clout.privacy import consent_ledger
from clout.privacy.consent_ledger import Word
from clout.privacy.newest_consents import newest
from clout.privacy.suppression import ErasedKeys, write_erased
from clout.warehouse import catalog
from clout.warehouse.without_hidden import taken_back
from staged_run import DAY, NEXT, agree, approve, stage
from warehouses import BACKENDS, Place


@pytest.fixture(params=BACKENDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Two versions of a day, and a lake that knows of nobody."""
    cluster = request.getfixturevalue("postgres") if request.param == "postgres" else None
    place = Place(request.param, tmp_path, cluster)
    agree(Lake(tmp_path / "lake"), "care", "named", "perks", "regions")
    for run, label in (("r1", "one"), ("r2", "newer")):
        place.publish(DAY, run, label)
    yield place
    place.open().gc(0, datetime.now(UTC))


def say_no(lake: Lake, key: str) -> None:
    """Somebody opts out."""
    ledger = consent_ledger.read(lake)
    ledger.salts = ledger.salts or ["salt"]
    word = Word(ledger.hashed(key)[0], "opt_out", "no", "chirp", "chirp", "accounts.csv", date(2026, 3, 20))
    consent_ledger.append(lake, ledger, "chirp", [word])


def roll_back(place: Place, lake: Path, *more: str, sources: str = "none") -> None:
    """Show the day as it was before."""
    where = ["--warehouse", place.address, "--lake", str(lake), "--sources", str(place.folder / sources)]
    warehouse.main(["rollback", "--day", str(DAY), "--reason", "r2 was wrong", *where, *more])


def named(place: Place) -> set[str]:
    """Everybody whom any table of the day names, in any text."""
    found: set[str] = set()
    for relation in catalog.tables():
        rows = place.open().read(relation.full_name)
        for column in rows.columns:
            if str(column.type) == "string":
                found |= {key for key in ("chirp:bo", "chirp:ada", "chirp:cy") if pc.any(pc.equal(column, key)).as_py()}
    return found


def test_a_rollback_leaves_out_who_said_no_since(place: Place, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    say_no(Lake(tmp_path / "lake"), "chirp:bo")
    assert named(place) == {"chirp:bo", "chirp:ada", "chirp:cy"}
    roll_back(place, tmp_path / "lake")
    assert "version 3 shows run r1, without 1 of its people" in capsys.readouterr().out
    assert named(place) == {"chirp:ada", "chirp:cy"}
    assert place.shown() == {DAY: "one erased"}
    roll_back(place, tmp_path / "lake")  # a retry changes nothing
    assert "version 3 shows run r1 already" in capsys.readouterr().out
    say_no(Lake(tmp_path / "lake"), "chirp:cy")  # whom only another's row names
    roll_back(place, tmp_path / "lake", "--to", "1")
    assert named(place) == {"chirp:ada"}
    assert not place.orphans()
    assert place.open().harm() == []


def test_a_rollback_leaves_out_the_erased_and_the_listed(place: Place, tmp_path: Path) -> None:
    write_erased(Lake(tmp_path / "lake"), ErasedKeys().and_also(["chirp:cy"], []))
    (tmp_path / "out.csv").write_text("account_key,reason\nchirp:@ADA,asked us\n")
    (tmp_path / "exports").mkdir()
    (tmp_path / "sources.toml").write_text('exclude = "out.csv"\n[[source]]\nname = "chirp"\npath = "exports"\n')
    roll_back(place, tmp_path / "lake", sources="sources.toml")
    assert named(place) == {"chirp:bo"}


def test_a_rollback_says_nothing_that_somebody_hides_since(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    def topics() -> set[tuple[str, str]]:
        found = [place.open().read(f"clout.{table}") for table in ("person_topics", "topic_evidence")]
        return {(row["person_id"], row["topic_id"]) for rows in found for row in rows.to_pylist()}

    def hide(*rows: str) -> None:
        (tmp_path / "hidden.csv").write_text("\n".join(["account_key,topic", *rows]) + "\n")

    (tmp_path / "exports").mkdir()
    (tmp_path / "sources.toml").write_text(
        '[topics]\nhidden = "hidden.csv"\n[[source]]\nname = "chirp"\npath = "exports"\n'
    )
    hide("chirp:ada,gardening")
    assert topics() == {("chirp:ada", "gardening"), ("chirp:ada", "chess")}
    roll_back(place, tmp_path / "lake", sources="sources.toml")
    assert "shows run r1, without 1 of its people, or without what they hide" in capsys.readouterr().out
    assert topics() == {("chirp:ada", "chess")}
    assert place.open().read("clout.advocates").num_rows
    hide("chirp:ada,*")
    roll_back(place, tmp_path / "lake", "--to", "2", sources="sources.toml")
    assert topics() == set()
    assert place.open().read("clout.advocates").num_rows == 0
    # Without the file what the newest night knew holds.
    lake = Lake(tmp_path / "lake")
    unsaid = pa.table({"person_id": ["chirp:ada"], "topic_id": ["chess"]})
    lake.write(lake.features("hidden_topics", NEXT), unsaid)
    roll_back(place, tmp_path / "lake", "--to", "1")
    assert topics() == {("chirp:ada", "gardening")}
    assert named(place) == {"chirp:bo", "chirp:ada", "chirp:cy"}
    assert place.open().harm() == []
    hide("chirp:ada,knitting", "chirp:nobody,chess")  # of what it does not hold nothing is left out
    roll_back(place, tmp_path / "lake", "--to", "2", sources="sources.toml")


def test_a_rollback_lists_nobody_who_took_their_consent_back_since(tmp_path: Path) -> None:
    place = Place("duckdb", tmp_path)
    for run, label in (("r1", "one"), ("r2", "newer")):
        place.publish(DAY, run, label)
    agree(Lake(tmp_path / "lake"), "care", "named", day=NEXT)
    roll_back(place, tmp_path / "lake")
    read = place.open().read
    assert read("clout.consented")["purpose"].to_pylist() == ["care", "named"]
    for table in ("person_regions", "perk_selections"):
        assert read(f"clout.{table}").num_rows == 0, table
    assert set(read("clout.campaign_outcomes")["person_id"].to_pylist()) <= {None}
    assert named(place) == {"chirp:bo", "chirp:ada", "chirp:cy"}  # a score needs no consent
    assert place.open().harm() == []


def test_whoever_is_not_to_be_named_any_more_is_left_out_of_a_rollback(tmp_path: Path) -> None:
    consented = pa.table({"person_id": ["chirp:ada", "chirp:bo"], "purpose": ["named", "care"]})
    accounts = pa.table({"account_key": ["chirp:ada", "plaza:ada"], "person_id": ["chirp:ada", "chirp:ada"]})
    lake = Lake(tmp_path)
    agree(lake, "named")
    agreed, _ = newest(lake)
    assert taken_back(consented, accounts, agreed, DAY) == {("chirp:bo", "care")}
    row = agreed.to_pylist()[0] | {"account_key": "plaza:ada", "withdrawn_on": DAY}
    lake.write(lake.snapshot("consents", "plaza", DAY), pa.Table.from_pylist([row], CONSENTS))
    both, heard = newest(lake)
    assert heard == DAY
    assert taken_back(consented, accounts, both, DAY) == {("chirp:bo", "care"), ("chirp:ada", "named")}


def test_a_rollback_without_a_lake_is_refused(tmp_path: Path) -> None:
    place = Place("duckdb", tmp_path)
    with pytest.raises(InvalidInput, match="no lake lies there"):
        roll_back(place, tmp_path / "nowhere")


def test_a_run_scored_before_a_no_is_not_published_after_it(tmp_path: Path) -> None:
    place, lake = Place("duckdb", tmp_path), Lake(tmp_path / "lake")
    agree(lake, "care", "named", "perks")
    staged = stage(place.staging)
    staged.write_run({**(staged.read_json("run.json") or {}), "lake": lake.uri})
    approve(staged)
    say_no(lake, "chirp:nobody")
    assert publish.publish(staged, place.open()).is_new
    agree(lake, "care", "named", day=NEXT)
    with pytest.raises(InvalidInput, match=r"1 of the people of run r1 took back .*\(perks\): run jobs/night"):
        publish.publish(staged, place.open())
    agree(lake, "care", "named", "perks", day=NEXT)
    say_no(lake, "chirp:cy")  # whom only another's row names
    with pytest.raises(InvalidInput, match=r"1 of the accounts of run r1 have said no.*night.py --days 2026-03-14"):
        publish.publish(staged, place.open())


def test_a_run_is_not_published_after_somebody_hid_what_it_says(tmp_path: Path) -> None:
    place, lake = Place("duckdb", tmp_path), Lake(tmp_path / "lake")
    agree(lake, "care", "named", "perks")
    staged = stage(place.staging)
    staged.write_run({**(staged.read_json("run.json") or {}), "lake": lake.uri})
    approve(staged)
    hidden = {"person_id": ["chirp:ada", "chirp:bo"], "topic_id": ["gardening", "chess"]}
    lake.write(lake.features("hidden_topics", NEXT), pa.table(hidden))
    with pytest.raises(InvalidInput, match=r"1 of the people of run r1 hide since what it says.*night.py --days 2026"):
        publish.publish(staged, place.open())
    lake.write(lake.features("hidden_topics", NEXT), pa.table({name: keys[1:] for name, keys in hidden.items()}))
    assert publish.publish(staged, place.open()).is_new
