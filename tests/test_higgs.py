"""The real week: 1 to 4 July 2012 on Twitter, against counts made from the CSV by other means. Skips where it is absent."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import date
from pathlib import Path

import conform
import pyarrow.compute as pc
import pytest
from clout.config.sources import Sources, read_sources
from clout.lake.partitions import Lake, days_between, window
from clout.platforms.pull.puller import pull
from clout.score import evidence
from clout.score.model import read_model

ROOT = Path(__file__).resolve().parents[1]
DAYS = days_between(date(2012, 7, 1), date(2012, 7, 4))


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> tuple[Lake, Sources]:
    """The four days, pulled and conformed; the fourth one's evidence."""
    lake, sources = Lake(tmp_path_factory.mktemp("lake")), read_sources(shared_data / "higgs")
    model = read_model(ROOT / "sql" / "models" / "v1.toml")
    pull(lake, sources.sources[0], window(DAYS[-1], model.stored_days))
    conform.conform(lake, sources, model, DAYS[-1])
    return lake, sources


def test_every_row_of_the_week_is_accounted_for(week):
    lake, _ = week
    days = {day: lake.read(lake.conformed("conservation", day)).to_pylist()[0] for day in DAYS}
    assert [days[day]["rows_in"] for day in DAYS] == [4170, 16074, 33502, 356388]
    assert sum(row["rows_in"] for row in days.values()) == 410134
    assert sum(row["self_interaction"] for row in days.values()) == 4636
    for row in days.values():
        counts = {name: value for name, value in row.items() if name not in ("ds", "platform", "rows_in")}
        assert row["rows_in"] == sum(counts.values())
        assert counts.keys() - {"kept", "self_interaction"} == {name for name, n in counts.items() if n == 0}


def test_share_pairs_of_4_july_equal_the_csvs(week, shared_data):
    lake, _ = week
    with gzip.open(shared_data / "higgs" / "activity-2012-07-04.csv.gz", "rt", newline="") as file:
        rows = csv.DictReader(file)
        expected = Counter((r["actor"], r["target"]) for r in rows if r["kind"] == "RT" and r["actor"] != r["target"])
    activity = lake.read(lake.conformed("activity", DAYS[-1])).to_pylist()
    found = {
        (row["actor"].removeprefix("higgs:"), row["target"].removeprefix("higgs:")): row["n"]
        for row in activity
        if row["kind"] == "share"
    }
    assert found == dict(expected)
    assert len(found) > 100_000


def test_account_88_leads_true_reach(week):
    lake, sources = week
    model = read_model(ROOT / "sql" / "models" / "v1.toml")
    for task in ("ties", "graph", "reach"):
        evidence.load(lake, sources, model, DAYS[-1]).make(task)
    reach = lake.read(lake.features("reach", DAYS[-1]))
    leaders = reach.filter(pc.field("variant") == "now").sort_by([("true_reach", "descending")]).slice(0, 2).to_pylist()
    assert leaders[0]["person_id"] == "higgs:88"
    assert leaders[0]["true_reach"] > 1.2 * leaders[1]["true_reach"]
