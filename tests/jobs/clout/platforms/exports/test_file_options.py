"""Shows what the options of a source of files do: formats and zones of times, thousands, title rows, handles, one platform."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clout.config.sources import Source, read_sources
from clout.errors import InvalidInput
from clout.platforms.exports import files
from clout.platforms.pull.rows import PullReport

DAY = date(2026, 3, 1)
TWO = 'platform = "y"\nhandles = true\n[[source]]\nname = "z"\npath = "exports"\nplatform = "y"'
HEAD = "actor,target,kind,occurred_at\n"


def configured(folder: Path, lines: str, files_: dict[str, str]) -> Source:
    (folder / "exports").mkdir(exist_ok=True)
    for name, text in files_.items():
        (folder / "exports" / name).write_text(text)
    (folder / "sources.toml").write_text(f'[[source]]\nname = "x"\npath = "exports"\n{lines}\n')
    return read_sources(folder / "sources.toml").named("x")


def read(source: Source, *days: date) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for item in files.read(source, set(days or (DAY,))):
        if not isinstance(item, PullReport):
            rows.setdefault(item.table, []).extend(item.rows.to_pylist())
    return rows


@pytest.mark.parametrize(
    ("options", "text", "hour"),
    [
        ('time_format = "%d/%m/%Y %H:%M"', "01/03/2026 10:30", 10.5),
        ('time_format = "%a %b %d %H:%M:%S %z %Y"', "Sun Mar 01 10:30:00 +0200 2026", 8.5),
        ('time_format = "%d.%m.%Y %H:%M"\ntime_zone = "Europe/Berlin"', "01.03.2026 10:30", 9.5),
        ('time_format = "%m/%d/%Y %I:%M %p"\ntime_zone = "America/New_York"', "03/01/2026 01:30 PM", 18.5),
        ("time_format = \"%Y'%m'%d\"", "2026'03'01", 0),
        ('time_zone = "Asia/Kolkata"', "2026-03-01 16:00", 10.5),
        ('time_zone = "Asia/Kolkata"', "2026-03-01T10:30:00Z", 10.5),
        ('time_zone = "Asia/Kolkata"', "2026-03-01T10:30:00+01:00", 9.5),
    ],
)
def test_times_are_read_in_the_format_and_the_zone_of_the_source(
    tmp_path: Path, options: str, text: str, hour: float
) -> None:
    ((row),) = read(configured(tmp_path, options, {"i.csv": f"{HEAD}ann,bo,like,{text}\n"}))["interactions"]
    assert row["occurred_at"] == datetime(2026, 3, 1, int(hour), 30 if hour % 1 else 0, tzinfo=UTC)


def test_a_time_of_parquet_without_a_zone_is_one_of_the_source(tmp_path: Path) -> None:
    source = configured(tmp_path, 'time_zone = "America/New_York"\nkind = "like"', {})
    table = pa.table({"actor": ["ann"], "target": ["bo"], "occurred_at": [pa.scalar(1772341200, pa.timestamp("s"))]})
    pq.write_table(table, source.path / "i.parquet")
    assert read(source)["interactions"][0]["occurred_at"] == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_time_in_another_format_is_refused_and_an_account_keeps_its_row(tmp_path: Path) -> None:
    accounts = "account,created_at\nann,31/12/2010\nbo,2010-12-31\n"
    rows = f"{HEAD}ann,bo,like,01/03/2026\nann,bo,like,2026-03-01\nann,bo,like,30/02/2026\n"
    got = read(configured(tmp_path, 'time_format = "%d/%m/%Y"', {"i.csv": rows, "accounts.csv": accounts}))
    assert len(got["interactions"]) == 1
    reason = "is not a time between 1990 and 2100, in the source's time_format %d/%m/%Y"
    assert {(row["file"], row["row"], row["reason"]) for row in got["quarantine"]} == {
        ("i.csv", 3, f"occurred_at: '2026-03-01' {reason}"),
        ("i.csv", 4, f"occurred_at: '30/02/2026' {reason}"),
        ("accounts.csv", 3, f"created_at: '2010-12-31' {reason} (row kept)"),
    }
    assert [row["created_at"] and row["created_at"].year for row in got["accounts"]] == [2010, None]


@pytest.mark.parametrize(
    ("sign", "text", "count"),
    [
        (",", "1,234,567", 1234567), (".", "1.234", 1234), (" ", "12 345", 12345), (" ", "12\u202f345", 12345),
        ("'", "1'000", 1000), (",", "999", 999), (",", "1,234.0", 1234), (",", "12,34", None), (",", "1.234", None),
        (None, "1,234", None),
    ],
)  # fmt: skip
def test_thousands_are_parted_by_the_sign_of_the_source(
    tmp_path: Path, sign: str | None, text: str, count: int | None
) -> None:
    options = f'thousands = "{sign}"' if sign else ""
    table = f'post,author,occurred_at,like_count\np1,ann,2026-03-01,"{text}"\np2,ann,2026-03-01,5\n'
    got = read(configured(tmp_path, options, {"posts.csv": table}))
    if count is None:
        (refused,) = got["quarantine"]
        assert refused["reason"].startswith(f"like_count: {text!r} is not a whole number")
        assert ("name it in the source: thousands" in refused["reason"]) == (text in ("1,234", "1.234"))
    else:
        assert [row["like_count"] for row in got["posts"]] == [count, 5]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_title_rows_are_skipped_and_count_as_rows(tmp_path: Path, end: str) -> None:
    text = end.join(
        [
            'Report,"all of it"',
            "",
            "made,by,somebody,else,today",
            HEAD.strip(),
            "ann,bo,like,2026-03-01",
            "ann,bo,zzz,2026-03-01",
            "x",
            "",
        ]
    )
    got = read(configured(tmp_path, "skip_rows = 3", {"i.csv": text}))
    assert [row["raw_ref"] for row in got["interactions"]] == ["i.csv:5"]
    assert {(row["row"], row["reason"]) for row in got["quarantine"]} == {
        (6, "kind: 'zzz' is not known; map it under [source.kinds]"),
        (7, "1 fields where 4 are expected"),
    }


def test_handles_have_no_case_and_no_at_in_rows_and_in_lists(tmp_path: Path) -> None:
    (tmp_path / "no.csv").write_text("account_key\nx:@Cy\n")
    (tmp_path / "links.csv").write_text("account_a,account_b\nx:ANN,x:@Bo\n")
    rows = f"{HEAD}@Ann,BO,like,2026-03-01\nann,bo,like,2026-03-02\nCY,bo,like,2026-03-01\n"
    configured(tmp_path, "handles = true", {"i.csv": rows})
    toml = tmp_path / "sources.toml"
    toml.write_text('exclude = "no.csv"\nlinks = "links.csv"\n' + toml.read_text() + 'seeds = ["@ANN"]\n')
    sources = read_sources(toml)
    assert sources.excluded == {"x:cy": "operator"}
    assert sources.links[0].accounts == ("x:ann", "x:bo")
    assert sources.named("x").seeds == ("ann",)
    got = read(sources.named("x"), DAY, date(2026, 3, 2))
    assert {(row["actor_key"], row["target_account_key"]) for row in got["interactions"]} >= {("x:ann", "x:bo")}
    assert {row["actor_key"] for row in got["interactions"]} <= {"x:ann", "x:cy"}


def test_several_folders_show_parts_of_one_platform(tmp_path: Path) -> None:
    toml = ""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "i.csv").write_text(f"{HEAD}ann,{name},like,2026-03-01\n")
        toml += f'[[source]]\nname = "{name}"\npath = "{name}"\nplatform = "birdsite"\n'
    (tmp_path / "no.csv").write_text("account_key\nbirdsite:two\n")
    (tmp_path / "sources.toml").write_text('exclude = "no.csv"\n' + toml)
    sources = read_sources(tmp_path / "sources.toml")
    assert sources.platforms == {"one": "birdsite", "two": "birdsite"}
    (row,) = read(sources.named("one"))["interactions"]
    assert (row["actor_key"], row["target_account_key"]) == ("birdsite:ann", "birdsite:one")
    assert sources.named("two").excluded == {"birdsite:two"}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('time_format = "%Q"', "time_format = '%Q' is not a pattern of strptime that tells year, month and day, like"),
        ('time_format = "%H:%M"', "is not a pattern of strptime that tells year, month and day"),
        ("time_format = 5", "is not a pattern of strptime"),
        ('time_zone = "Mars/Olympus"', "time_zone = 'Mars/Olympus' is not a time zone, like America/New_York"),
        ('time_zone = "UTC"\ntime_format = "%Y-%m-%d %z"', "time_format tells the zone of each time, and time_zone another"),
        ('thousands = "x"', "thousands = 'x' is not a sign between thousands, like ,"),
        ("skip_rows = -1", "skip_rows = -1 is not a whole number of lines from 0 to 1000"),
        ("skip_rows = true", "skip_rows = True is not a whole number"),
        ('handles = "yes"', "handles = 'yes' is not true or false"),
        ('platform = "Bird Site"', "platform = 'Bird Site' is not a name, like mastodon"),
        (TWO, "handles is true in one source of platform 'y' and not in another: .*; set it in all"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_told_with_the_cure(tmp_path: Path, lines: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        configured(tmp_path, lines, {})
