"""The lists of campaigns and of outcomes: what lands, what is refused, and that no buyer is named anywhere."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.lake.schemas import SNAPSHOTS
from clout.platforms.exports import files
from clout.platforms.pull.rows import Batch
from clout.privacy.suppression import ErasedKeys, SuppressionList

DAY = date(2026, 3, 14)
SALT = ErasedKeys("ab" * 32)
CAMPAIGNS = "campaign,code,account,arm,starts_on,ends_on,cost,currency,perk,disclosed\n"
OUTCOMES = "event,occurred_at,code,visitor,value,currency,id,count,url\n"


def pulled(
    folder: Path, table: str, days: set[date] | None = None, listed: frozenset[str] = frozenset(), **options: Any
) -> tuple[list[dict], list[str], list[str]]:
    """Rows of a table, the reasons of refused rows, and the texts of these as the quarantine keeps them."""
    source = Source("shop", "files", folder, options=options, known_platforms={"chirp": False, "shop": False})
    rows, said, raw = [], [], []
    for item in files.read(source, days or {DAY}, SuppressionList("shop", listed, SALT)):
        if isinstance(item, Batch) and item.table == table:
            item.rows.validate(full=True)
            assert item.rows.schema == SNAPSHOTS[table]
            rows += item.rows.to_pylist()
        elif isinstance(item, Batch) and item.table == "quarantine":
            said += [f"{row['file']}:{row['row']}: {row['reason']}" for row in item.rows.to_pylist()]
            raw += [row["raw"] for row in item.rows.to_pylist()]
    return rows, said, raw


def write(folder: Path, name: str, header: str, *rows: str) -> Path:
    (folder / name).write_text(header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return folder


def test_campaigns_land(tmp_path: Path) -> None:
    write(
        tmp_path,
        "campaigns.csv",
        CAMPAIGNS,
        "spring,ada1,chirp:ada,person,2026-03-01,,20,eur,yes,no",
        "spring,bo1,chirp:bo,holdout,2026-03-01,2026-03-31,,EUR,,",
        "spring,kid1,shop:kid,,2026-03-01,,,,,",
    )
    rows, said, _ = pulled(tmp_path, "campaigns", listed=frozenset({"shop:kid"}))
    assert said == []
    found = [(r["code"], r["account_key"], r["arm"], r["cost"], r["currency"], r["perk"], r["disclosed"]) for r in rows]
    assert found == [
        ("ada1", "chirp:ada", "person", 20.0, "EUR", True, False),
        ("bo1", "chirp:bo", "holdout", None, "EUR", None, None),
        ("kid1", None, "person", None, None, None, None),  # may not be shown: the code counts all the same
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",c,chirp:ada,person,2026-03-01,,,,,", "campaign: is empty"),
        ("spring,,chirp:ada,person,2026-03-01,,,,,", "code: is empty"),
        ("spring,ann@mail.example,chirp:ada,person,2026-03-01,,,,,", "code: holds a mail address"),
        ("spring,c,ada,person,2026-03-01,,,,,", "account: 'ada' is not of the form"),
        ("spring,c,chirp:ada,both,2026-03-01,,,,,", "arm: 'both' is not one of person, holdout"),
        ("spring,c,chirp:ada,person,,,,,,", "starts_on: is empty"),
        ("spring,c,chirp:ada,person,2026-03-02,2026-03-01,,,,", "ends_on: 2026-03-01 is before starts_on"),
        ("spring,c,chirp:ada,person,2026-03-01,,-1,EUR,,", "cost: '-1' is not a number"),
        ("spring,c,chirp:ada,person,2026-03-01,,5,,,", "currency: is empty beside a cost"),
        ("spring,c,chirp:ada,person,2026-03-01,,5,euro,,", "currency: 'euro' is not a currency"),
        ("spring,c,chirp:ada,person,2026-03-01,,,,maybe,", "perk: 'maybe' is neither true nor false"),
        ("autumn,first,chirp:cy,person,2026-03-05,,,,,", "code: 'first' is chirp:bo's at that time"),
        ("spring,c,chirp:ada,person,2026-03-01,,5,USD,,", "currency: 'USD' is not 'EUR'"),
        ("spring,c,chirp:ada,person,2026-03-02,,,,,", "starts_on: 2026-03-02 is not 2026-03-01"),
        ("spring,c,chirp:bo,holdout,2026-03-01,,,,,", "arm: 'chirp:bo' is in both arms"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused_by_name(tmp_path: Path, row: str, reason: str) -> None:
    write(tmp_path, "campaigns.csv", CAMPAIGNS, "spring,first,chirp:bo,person,2026-03-01,,1,EUR,,", row)
    rows, said, _ = pulled(tmp_path, "campaigns")
    assert [one["code"] for one in rows] == ["first"]
    assert [one.startswith(f"campaigns.csv:3: {reason}") for one in said] == [True], said


def test_outcomes_land_on_their_day_and_name_nobody(tmp_path: Path) -> None:
    write(
        tmp_path,
        "outcomes.csv",
        OUTCOMES,
        "purchase,2026-03-14T10:00:00+02:00,ada1,cookie-7,19.90,eur,order-1,,",
        "visit,2026-03-14,,,,,,3,https://shop.example/?utm_campaign=spring&utm_content=ada1&x=1",
        "click,2026-03-13T23:00:00Z,ada1,,,,,,",
        "buy,2026-03-14,ada1,ann@mail.example,,,,,",
    )
    rows, said, raw = pulled(tmp_path, "outcomes")
    assert [(r["event"], r["code"], r["count"], r["value"], r["campaign"]) for r in rows] == [
        ("purchase", "ada1", 1, 19.9, None),
        ("visit", "ada1", 3, None, "spring"),
    ]
    assert rows[0]["occurred_at"] == datetime(2026, 3, 14, 8, tzinfo=UTC)
    assert rows[0]["visitor"] == SALT.hashed("visitor:cookie-7")
    assert rows[0]["outcome_id"] == SALT.hashed("outcome:order-1")
    assert said == [
        "outcomes.csv:5: event: 'buy' is not one of click, visit, signup, purchase; map it under [source.events]"
    ]
    assert not any("ann@" in text or "ada1" in text for text in raw)


def test_the_operators_words_for_events(tmp_path: Path) -> None:
    write(tmp_path, "outcomes.csv", OUTCOMES, "Order,2026-03-14,ada1,,,,,,")
    rows, said, _ = pulled(tmp_path, "outcomes", events={"order": "purchase"})
    assert [row["event"] for row in rows] == ["purchase"]
    assert said == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("click,,ada1,,,,,,", "day: is empty"),
        ("click,yesterday,ada1,,,,,,", "occurred_at: 'yesterday' is not a time"),
        ("click,2026-03-14,ada1,,,,,-1,", "count: '-1' is not a whole number"),
        ("click,2026-03-14,ada1,,,,,1.5,", "count: '1.5' is not a whole number"),
        ("purchase,2026-03-14,ada1,,much,EUR,,,", "value: 'much' is not a number"),
        ("purchase,2026-03-14,ada1,,5,,,,", "currency: is empty beside a value"),
        ("click,2026-03-14,ann@mail.example,,,,,,", "code: holds a mail address"),
    ],
)
def test_an_outcome_that_cannot_be_is_refused_by_name(tmp_path: Path, row: str, reason: str) -> None:
    write(tmp_path, "outcomes.csv", OUTCOMES, "click,2026-03-14,good,,,,,,", row)
    rows, said, _ = pulled(tmp_path, "outcomes")
    assert [one["code"] for one in rows] == ["good"]
    assert [one.startswith(f"outcomes.csv:3: {reason}") for one in said] == [True], said


@pytest.mark.parametrize("column", ["email", "E-Mail", "ip", "ip_address", "Phone", "customer_name", "user agent"])
def test_a_file_that_names_buyers_is_refused(tmp_path: Path, column: str) -> None:
    write(tmp_path, "outcomes.csv", f"event,day,code,{column}\n", "click,2026-03-14,ada1,secret")
    with pytest.raises(InvalidInput, match=r"outcomes\.csv: row 1: column .* names buyers") as refused:
        pulled(tmp_path, "outcomes")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("preset", "header", "row", "expected"),
    [
        (
            "ga4",
            "event_timestamp,event_name,event_value_in_usd,user_pseudo_id,collected_traffic_source.manual_content",
            "1773482400000000,purchase,12.5,u1,ada1",
            ("purchase", date(2026, 3, 14), "ada1", 1, 12.5, "USD"),
        ),
        (
            "umami",
            "session_id,created_at,url_query,event_name",
            "s1,2026-03-14 10:00:00,utm_campaign=spring&utm_content=ada1,",
            ("visit", date(2026, 3, 14), "ada1", 1, None, None),
        ),
        (
            "plausible",
            "date,utm_campaign,utm_content,visitors,visits",
            "2026-03-14,spring,ada1,7,9",
            ("visit", date(2026, 3, 14), "ada1", 7, None, None),
        ),
        ("bitly", "link,date,clicks", "bit.ly/x,2026-03-14,4", ("click", date(2026, 3, 14), "bit.ly/x", 4, None, None)),
    ],
)
def test_exports_of_tools(tmp_path: Path, preset: str, header: str, row: str, expected: tuple) -> None:
    write(tmp_path, "outcomes.csv", header + "\n", row)
    [found], said, _ = pulled(tmp_path, "outcomes", outcomes=preset)
    assert said == []
    assert tuple(found[name] for name in ("event", "happened_on", "code", "count", "value", "currency")) == expected


def test_what_a_tool_counts_besides_is_left_alone(tmp_path: Path) -> None:
    write(
        tmp_path, "outcomes.csv", "event_timestamp,event_name\n", "1773482400000000,scroll", "1773482400000000,sign_up"
    )
    rows, said, _ = pulled(tmp_path, "outcomes", outcomes="ga4")
    assert [row["event"] for row in rows] == ["signup"]
    assert said == []


@pytest.mark.parametrize(
    ("name", "header", "row"),
    [
        ("campaigns.csv", CAMPAIGNS, "spring,c{n},ada,person,2026-03-01,,,,,"),
        ("outcomes.csv", OUTCOMES, "click{n},2026-03-14,c{n},,,,,,"),
    ],
)
def test_a_thousand_bad_rows_are_refused_one_by_one(tmp_path: Path, name: str, header: str, row: str) -> None:
    write(tmp_path, name, header, *(row.format(n=n) for n in range(1000)))
    rows, said, _ = pulled(tmp_path, name.partition(".")[0])
    assert rows == []
    assert len({one.partition(" ")[0] for one in said}) == 1000
