"""Draws for campaigns: by lot among those who agreed, logged, refused where nobody may be drawn, and told of by group."""

from __future__ import annotations

import csv
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import audience
import pyarrow as pa
import pytest
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.lake.records import SELECTIONS
from clout.platforms.exports import files
from clout.platforms.pull.rows import Batch
from clout.warehouse import contract
from clout.warehouse.factory import open_warehouse
from staged_run import DAY, approve, good, rows_of, stage
from warehouses import now

NUMBER = 60
#: Whoever may be in no draw: no consent, piled on, below the floor.
UNASKED, PILED_ON, BELOW = {"chirp:p00", "chirp:p01"}, {"chirp:p02"}, {"chirp:p03", "chirp:p04"}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> contract.Warehouse:
    """Sixty people, of whom most agreed."""
    folder = tmp_path_factory.mktemp("audience")
    tables = dict(good())
    score = tables["scores"].to_pylist()[0]
    people = [f"chirp:p{n:02}" for n in range(NUMBER)]
    low = {person: 5.0 if person in BELOW else 35.0 for person in people}
    tables["scores"] = pa.Table.from_pylist(
        [score | {"person_id": p, "score": 40.0 + n / 2, "score_low": low[p]} for n, p in enumerate(people)],
        tables["scores"].schema,
    )
    account = tables["accounts"].to_pylist()[0]
    tables["accounts"] = pa.Table.from_pylist(
        [account | {"account_key": p, "person_id": p, "handle": p[6:]} for p in people], tables["accounts"].schema
    )
    agreed = [(DAY, p, "named" if p in UNASKED else "perks", DAY) for p in people]
    tables["consented"] = rows_of("consented", agreed)
    piled_on = [(DAY, p, DAY - timedelta(days=3), 20, 18, 0.0, 21, 6) for p in PILED_ON]
    tables["pile_ons"] = rows_of("pile_ons", piled_on)
    told = [(DAY, p, "US", "PA", 4560349, "Philadelphia", "stated", DAY) for p in people[:40]]
    tables["person_regions"] = rows_of("person_regions", told)
    known, unsure = tables["person_topics"].to_pylist()[:2]
    assert (known["slug"], known["not_named"], bool(unsure["not_named"])) == ("gardening", None, True)
    of_topic = [known, unsure | {name: known[name] for name in ("topic_id", "slug")}]
    tables["person_topics"] = pa.Table.from_pylist(
        [of_topic[n >= 30] | {"person_id": person} for n, person in enumerate(people)], tables["person_topics"].schema
    )
    staged = approve(stage(folder / "staging", tables=tables))
    made = open_warehouse(str(folder / "warehouse"))
    made.publish(contract.release(staged), staged, now())
    return made


def drawn(warehouse: contract.Warehouse, folder: Path, campaign: str = "spring", **said: Any) -> list[str]:
    """Draw, and give what is printed."""
    words = {"campaign": campaign, "starts-on": "2026-03-20", "floor": 30, "take": 20, "seed": 7}
    words |= {"out": folder / f"{campaign}.csv", "lake": folder / "lake"} | said
    given = [text for name, value in words.items() for text in (f"--{name.replace('_', '-')}", str(value))]
    args = audience.arg_parser().parse_args(given)
    return list(audience.draw(args, warehouse, Lake(str(folder / "lake"))))


def listed(folder: Path, campaign: str = "spring") -> list[dict[str, str]]:
    with (folder / f"{campaign}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_draw_is_written_logged_and_told(warehouse: contract.Warehouse, tmp_path: Path) -> None:
    said = drawn(warehouse, tmp_path)
    assert said[0] == f"spring: 18 people and a holdout of 2, by lot from {NUMBER - 5} eligible on {DAY}"
    assert any("must say so" in line for line in said)
    rows = listed(tmp_path)
    assert [sum(row["arm"] == arm for row in rows) for arm in ("person", "holdout")] == [18, 2]
    log = Lake(str(tmp_path / "lake")).read(f"selections/ds={DAY}", schema=SELECTIONS).to_pylist()
    assert {row["account_key"] for row in log} == {row["account"] for row in rows}
    assert {(row["rule"], row["eligible"]) for row in log} == {("floor 30, topic any, region any, by lot", NUMBER - 5)}


def test_what_is_written_is_a_list_of_campaigns(warehouse: contract.Warehouse, tmp_path: Path) -> None:
    drawn(warehouse, tmp_path)
    folder = tmp_path / "shop"
    folder.mkdir()
    (tmp_path / "spring.csv").rename(folder / "campaigns.csv")
    items = list(files.read(Source("shop", "files", folder), {DAY}))
    rows = [row for item in items if isinstance(item, Batch) for row in item.rows.to_pylist()]
    assert {item.table for item in items if isinstance(item, Batch)} == {"campaigns"}
    assert len({row["code"] for row in rows}) == 20


def test_nobody_is_drawn_who_may_not_be_and_no_score_decides(warehouse: contract.Warehouse, tmp_path: Path) -> None:
    found: dict[str, int] = {}
    for seed in range(20):
        drawn(warehouse, tmp_path / str(seed), seed=seed, out=_place(tmp_path, seed), holdout=0)
        for row in listed(tmp_path / str(seed)):
            found[row["account"]] = found.get(row["account"], 0) + 1
    assert not found.keys() & (UNASKED | PILED_ON | BELOW)
    assert len(found) == NUMBER - 5  # over twenty seeds everybody's turn comes
    halves = [sum(n for key, n in found.items() if (key < "chirp:p32") is low) for low in (True, False)]
    assert 120 < halves[0] < 280  # of 400, in halves of about the same size


def _place(folder: Path, seed: int) -> Path:
    (folder / str(seed)).mkdir()
    return folder / str(seed) / "spring.csv"


def test_the_same_seed_draws_the_same_people(warehouse: contract.Warehouse, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        drawn(warehouse, tmp_path / name)
    assert listed(tmp_path / "one") == listed(tmp_path / "two")


def test_who_was_drawn_waits_for_thirty_days(warehouse: contract.Warehouse, tmp_path: Path) -> None:
    drawn(warehouse, tmp_path)
    drawn(warehouse, tmp_path, "summer", seed=8)
    assert not {row["account"] for row in listed(tmp_path)} & {row["account"] for row in listed(tmp_path, "summer")}
    with pytest.raises(InvalidInput, match="15 people are eligible"):
        drawn(warehouse, tmp_path, "autumn", seed=9)


def test_by_place(warehouse: contract.Warehouse, tmp_path: Path) -> None:
    drawn(warehouse, tmp_path, region="US-PA/Philadelphia")
    assert {row["account"] for row in listed(tmp_path)} <= {f"chirp:p{n:02}" for n in range(40)}


def test_by_topic_those_alone_who_are_named_for_it(warehouse: contract.Warehouse, tmp_path: Path) -> None:
    said = drawn(warehouse, tmp_path, topic="gardening")
    assert f"by lot from {30 - 5} eligible" in said[0]
    assert {row["account"] for row in listed(tmp_path)} <= {f"chirp:p{n:02}" for n in range(30)}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"topic": "asthma"}, "--topic asthma is sensitive"),
        ({"topic": "chess"}, "0 people are eligible"),
        ({"topic": "ches"}, "--topic ches: no topic is called so"),
        ({"by": "score"}, "nobody is drawn by rank"),
        ({"floor": 99}, "0 people are eligible"),
        ({"floor": 0}, "--floor 0 is not on the scale"),
        ({"take": 0}, "--take 0"),
        ({"holdout": 0.9}, "--holdout 0.9"),
        ({"campaign": "=1+1"}, "no name"),
        ({"ends_on": "2026-03-19"}, "--ends-on 2026-03-19 is before"),
        ({"region": "Philadelphia"}, "is not like US"),
        ({"region": "US-PA/Pittsburgh"}, "0 cities"),
        ({"region": "GB"}, "0 people are eligible"),
    ],
)
def test_what_may_not_be_drawn_is_refused(
    warehouse: contract.Warehouse, tmp_path: Path, said: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        drawn(warehouse, tmp_path, **said)
    assert not (tmp_path / "spring.csv").exists()
    assert not (tmp_path / "lake" / "selections").exists()


def test_a_campaign_is_drawn_for_once(warehouse: contract.Warehouse, tmp_path: Path) -> None:
    drawn(warehouse, tmp_path)
    with pytest.raises(InvalidInput, match="was drawn for before"):
        drawn(warehouse, tmp_path, out=tmp_path / "again.csv")
    with pytest.raises(InvalidInput, match="is there"):
        drawn(warehouse, tmp_path, "summer", out=tmp_path / "spring.csv")


def test_a_group_that_is_drawn_less_often_is_warned_of() -> None:
    everybody = [{"platforms": name, "region": None, "decile": 1} for name in ("a", "b") for _ in range(50)]
    said = list(audience.fairness(everybody, everybody[:40] + everybody[50:60]))
    assert "  platforms a: 40 of 50" in said
    assert "  platforms b: 10 of 50   WARNING: drawn much less often" in said
    assert "  region not told: 50 of 100" in said


def test_the_report_tells_of_languages_as_posts_say_them(warehouse: contract.Warehouse, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    said = [("p10", "de-AT"), ("p10", "de"), ("p10", "en"), ("p11", "pt"), ("p12", None), ("stranger", "fr")]
    for ago, rows in ((0, said), (27, [("p13", "EN")]), (28, [("p14", "it")])):
        posts = pa.table({"author_key": [f"chirp:{who}" for who, _ in rows], "lang": [lang for _, lang in rows]})
        lake.write(lake.snapshot("posts", "chirp", DAY - timedelta(days=ago)), posts)
    accounts = warehouse.read("clout.accounts", day=DAY)
    people = {f"chirp:p{n:02}" for n in range(NUMBER)}
    assert audience.languages(lake, DAY, accounts, people) == {"chirp:p10": "de", "chirp:p11": "pt", "chirp:p13": "en"}
    assert audience.languages(lake, DAY, accounts, people - {"chirp:p10"}).keys() == {"chirp:p11", "chirp:p13"}
    everybody = [{"platforms": "a", "region": None, "decile": 1, "language": ("de", "pt")[n % 2]} for n in range(100)]
    told = list(audience.fairness(everybody, everybody[0:80:2] + everybody[1:21:2]))
    assert "  language de: 40 of 50" in told
    assert "  language pt: 10 of 50   WARNING: drawn much less often" in told


def test_a_fair_lot_is_seldom_warned_of() -> None:
    """A tenth of a thousand people, by lot: ten deciles, none of which is drawn at the rate of another."""
    chance, warned = random.Random(7), 0
    everybody = [{"platforms": "a", "region": None, "decile": n % 10} for n in range(1000)]
    for _ in range(50):
        said = list(audience.fairness(everybody, chance.sample(everybody, 100)))
        warned += any("WARNING" in line for line in said)
    assert warned <= 5
