"""A thousand bad rows of each list and column that came after the first exports: each is put aside by name, what is good of the
same file lands, and so does all else of the source and of its neighbours.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from clout.config.sources import Source
from clout.errors import InvalidInput
from clout.lake.partitions import Lake
from clout.platforms.pull import puller

DAY = date(2026, 3, 1)
NOON = 1772366400
#: Of a file: its header, a good row, and how bad ones look; {n} differs by row.
LISTS = {
    "consents": (
        "account,purpose,given_on,withdrawn_on",
        "chirp:ada,perks,2026-02-01,",
        ("chirp:b{n},fame,2026-02-01,", "b{n},perks,2026-02-01,", "chirp:b{n},perks,soon{n},", ",perks,2026-02-01,"),
    ),
    "campaigns": (
        "campaign,code,account,arm,starts_on",
        "spring,c,chirp:ada,person,2026-02-01",
        (
            "spring,c{n},b{n},person,2026-02-01",
            "spring,c{n},chirp:b{n},both,2026-02-01",
            "spring,,chirp:b{n},person,x{n}",
        ),
    ),
    "outcomes": (
        "event,occurred_at,code,value,currency",
        "click,2026-03-01T10:00:00Z,c,,",
        ("click,noon{n},c,,", ",2026-03-01T10:00:00Z,c{n},,", "purchase,2026-03-01T10:00:00Z,c,much{n},EUR"),
    ),
    "credentials": (
        "account,kind,title,year,evidence_url,registry,registry_id,reviewed_by,reviewed_on,decision",
        "chirp:ada,book,A Book,2020,https://b.example/1,none,,rae,2026-02-01,accepted",
        (
            "chirp:b{n},fame,A,2020,https://b.example/{n},none,,rae,2026-02-01,accepted",
            "chirp:b{n},book,A,30{n},https://b.example/{n},none,,rae,2026-02-01,accepted",
            "chirp:b{n},book,A,2020,http://b.example/{n},none,,rae,2026-02-01,accepted",
            "chirp:b{n},book,A,2020,https://b.example/{n},isbn,978316148410{n},rae,2026-02-01,accepted",
        ),
    ),
    "endorsements": (
        "giver,receiver,topic,given_on",
        "chirp:bo,chirp:ada,chess,2026-02-01",
        ("b{n},chirp:ada,chess,2026-02-01", "chirp:b{n},chirp:ada,,2026-02-01", "chirp:b{n},chirp:ada,chess,13-{n}"),
    ),
}


def source(folder: Path, name: str) -> Source:
    folder.mkdir(parents=True)
    (folder / "interactions.csv").write_text(f"actor,target,kind,unix_ts\nann,bo,like,{NOON}\ncy,bo,reply,{NOON}\n")
    return Source(name, "files", folder)


def pulled(lake: Lake, of: Source) -> puller.Pulled:
    return puller.pull(lake, of, [DAY], say=lambda text: None)


def rows(lake: Lake, table: str, name: str) -> list[dict]:
    path = lake.snapshot(table, name, DAY)
    return lake.read(path).to_pylist() if lake.exists(path) else []


@pytest.mark.parametrize("name", LISTS)
def test_bad_rows_of_a_list_are_put_aside_one_by_one(lake: Lake, tmp_path: Path, name: str) -> None:
    header, good, kinds = LISTS[name]
    chirp, other = source(tmp_path / "chirp", "chirp"), source(tmp_path / "plaza", "plaza")
    bad = [kinds[n % len(kinds)].format(n=n) for n in range(1000)]
    (chirp.path / f"{name}.csv").write_text("\n".join([header, *bad[:500], good, *bad[500:]]) + "\n")
    assert pulled(lake, chirp).quarantined == 1000
    pulled(lake, other)
    columns = set(header.split(",")) | {"account", "value", "occurred_at"}
    said = [row for row in rows(lake, "quarantine", "chirp") if row["file"] == f"{name}.csv"]
    assert {row["row"] for row in said} == {*range(2, 502), *range(503, 1003)}
    assert {row["reason"].partition(": ")[0] for row in said} <= columns
    assert len(rows(lake, name, "chirp")) == 1
    for each in ("chirp", "plaza"):
        assert len(rows(lake, "interactions", each)) == 2
    assert rows(lake, "quarantine", "plaza") == []


def test_bad_cells_of_posts_leave_the_posts(lake: Lake, tmp_path: Path) -> None:
    """A tag, a link or a sentiment that is none is left out and said; the post stays."""
    chirp = source(tmp_path / "chirp", "chirp")
    bad = (f"t{'x' * 140}{{n}},,", ",ftp://a.example/{n},", ",,2.{n}")
    lines = [f"p{n},ada,{NOON},hello,{bad[n % 3].format(n=n)}" for n in range(1000)]
    header = "post,author,unix_ts,text,hashtags,links,sentiment"
    (chirp.path / "posts.csv").write_text(
        "\n".join([header, *lines, f"good,ada,{NOON},hi,chess,https://a.example,0.5"]) + "\n"
    )
    pulled(lake, chirp)
    found = {row["native_id"]: row for row in rows(lake, "posts", "chirp")}
    said = [row["reason"] for row in rows(lake, "quarantine", "chirp")]
    assert len(said) == 1000
    assert {reason.partition(": ")[0] for reason in said} == {"hashtags", "links", "sentiment"}
    assert (found["good"]["hashtags"], found["good"]["links"], found["good"]["valence"]) == (
        ["chess"],
        ["https://a.example"],
        0.5,
    )
    assert all(
        row["valence"] is None and not row["hashtags"] and not row["links"]
        for key, row in found.items()
        if key != "good"
    )
    assert len(rows(lake, "interactions", "chirp")) == 2


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_cannot_be_read_stops_the_pull_by_name(lake: Lake, tmp_path: Path, name: str) -> None:
    chirp, other = source(tmp_path / "chirp", "chirp"), source(tmp_path / "plaza", "plaza")
    (chirp.path / f"{name}.csv").write_bytes(b"\x89PNG\r\n\x00\x00" * 50)
    with pytest.raises(InvalidInput, match=rf"{name}\.csv"):
        pulled(lake, chirp)
    assert rows(lake, "interactions", "chirp") == []
    pulled(lake, other)
    assert len(rows(lake, "interactions", "plaza")) == 2
