"""The memory of a lake before which nothing is published: what it had first is what it is held to."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest
from clout.engine import queries
from clout.lake.partitions import Lake, window
from clout.lake.schemas import ACTIVITY, CONFORMED
from clout.quality import first_night
from staged_run import DAY

PEOPLE = 40
NUMBERS = [field for field in CONFORMED["pulls"] if not pa.types.is_string(field.type) and field.name != "ds"]


def write(lake: Lake, acts: list[tuple[str, str, str]], posts: int = 60, without: int | None = None) -> None:
    """Ten conformed days of these acts, of a platform that is read from files; `without`: how many days ago none came."""
    for ago, day in enumerate(reversed(window(DAY, 10))):
        mine = [] if ago == without else acts
        rows = [{"platform": "chirp", "actor": a, "target": t, "kind": k, "n": 1} for a, t, k in mine]
        lake.write(lake.conformed("activity", day), pa.Table.from_pylist(rows, ACTIVITY.remove(0)))
        pulls = [
            {"platform": "chirp", "endpoint": "files", "snapshot": name, "rows": number, "complete": 1}
            for name, number in (("interactions", len(mine)), ("posts", posts))
        ]
        whole = {f.name: None if f.nullable else pa.scalar(0).cast(f.type).as_py() for f in NUMBERS}
        lake.write(
            lake.conformed("pulls", day),
            pa.Table.from_pylist([whole | row for row in pulls], CONFORMED["pulls"].remove(0)),
        )


def honest() -> list[tuple[str, str, str]]:
    """Everybody likes and shares the five who follow them in number; a fifth of the people is liked by all."""
    return [
        (f"p{i}", f"p{(i + step * step) % PEOPLE // 5 * 5}", ("like", "share", "reply")[step % 3])
        for i in range(PEOPLE)
        for step in range(1, 7)
    ]


def pulled(lake: Lake, *rows: dict[str, object]) -> None:
    """The score date's pulls: rows of files, with zeros for what they do not say."""
    whole = {f.name: None if f.nullable else pa.scalar(0).cast(f.type).as_py() for f in NUMBERS}
    rows = tuple(whole | {"platform": "chirp", "endpoint": "files"} | row for row in rows)
    lake.write(lake.conformed("pulls", DAY), pa.Table.from_pylist(rows, CONFORMED["pulls"].remove(0)))


def asked(lake: Lake) -> dict[str, float]:
    """What a first night says of the lake."""
    with queries.connect() as connection:
        rows = first_night.metrics(connection, lake, DAY, {"chirp": "chirp"}).to_pylist()
    return {row["metric"]: row["value"] for row in rows}


@pytest.fixture
def remembered(lake: Lake) -> Lake:
    """A lake that has seen its honest days."""
    write(lake, honest())
    first_night.remember(lake, window(DAY, 10))
    return lake


def test_an_unchanged_window_keeps_all_and_later_rows_take_nothing(remembered: Lake) -> None:
    assert asked(remembered) == {"acts_kept": 1.0, "days_whole": 1.0, "files_came": 1.0, "model_released": 1.0}
    write(remembered, [*honest(), *((f"late{i}", "p0", "like") for i in range(30))])
    first_night.remember(remembered, window(DAY, 10))
    assert asked(remembered)["acts_kept"] == 1.0


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        (lambda acts: [(target, actor, kind) for actor, target, kind in acts], 0.6),
        (lambda acts: [(f"n{actor}", f"n{target}", kind) for actor, target, kind in acts], 0.75),
        (lambda acts: [(actor, target, "like") for actor, target, _ in acts], 0.34),
        (lambda acts: acts[::2], 0.5),
        (lambda acts: [act for act in acts if int(act[0][1:]) % 2], 0.5),
        (lambda acts: [], 0.0),
    ],
    ids=["swapped", "renamed", "all likes", "half", "odd ones gone", "nothing"],
)
def test_another_window_is_told(remembered: Lake, change, kept: float) -> None:
    write(remembered, change(honest()))
    first_night.remember(remembered, window(DAY, 10))  # once is enough: what came first stays
    assert asked(remembered)["acts_kept"] <= kept


def test_the_score_date_itself_is_not_held_against_what_it_was(remembered: Lake) -> None:
    remembered.write(remembered.conformed("activity", DAY), ACTIVITY.remove(0).empty_table())
    assert asked(remembered)["acts_kept"] == 1.0


def test_a_day_of_posts_without_acts_is_a_gap(lake: Lake) -> None:
    write(lake, honest(), without=4)
    first_night.remember(lake, window(DAY, 10))
    assert asked(lake)["days_whole"] == 0.9


def test_no_key_is_in_the_memory(remembered: Lake) -> None:
    rows = remembered.read(remembered.conformed(first_night.FOLDER, DAY - timedelta(days=1)))
    assert {row["drawer"] for row in rows.to_pylist() if row["side"] == "kind"} == {"like", "share", "reply"}
    drawers = [row["drawer"] for row in rows.to_pylist() if row["side"] == "pair"]
    assert all(len(drawer) == 2 for drawer in drawers)


@pytest.mark.parametrize(
    ("rows", "came"),
    [
        ([{"snapshot": "interactions", "skipped": 1}], 0.0),  # nothing at all
        ([{"snapshot": "accounts", "complete": 1}], 0.0),
        ([{"snapshot": "accounts", "complete": 1}, {"snapshot": "interactions", "complete": 1}], 1.0),  # without rows
        ([{"snapshot": "consents", "complete": 1}], None),  # a list of who agreed tells of no acts
        ([{"snapshot": "interactions", "endpoint": "getLikes", "failed": 1}], None),  # sql/pulls.sql asks about those
    ],
)
def test_a_platform_without_a_file_of_the_day_asks(lake: Lake, rows: list[dict], came: float | None) -> None:
    write(lake, honest())
    pulled(lake, *rows)
    assert asked(lake).get("files_came") == came
