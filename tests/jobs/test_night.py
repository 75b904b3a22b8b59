"""Many nights in one process: a refused day stops none of the others, and is named at the end."""

from __future__ import annotations

import json
from datetime import date

import night
import pytest
from clout.errors import InvalidInput
from sandbox.world import write

DAYS = [date(2026, 3, day) for day in (12, 13, 14)]


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """The days that were run, of which the second is refused, and the command line for all three."""
    ran: list[date] = []

    def run_night(args, sources, model, warehouse, day, clock, is_first, is_newest):
        ran.append(day)
        assert is_newest == (day == DAYS[-1])
        if day == DAYS[1]:
            raise InvalidInput(f"{day} is not published: scores.mean failed")
        return "published"

    monkeypatch.setattr(night, "run_night", run_night)
    monkeypatch.setattr(night, "show_leaderboard", lambda warehouse, day: print("leaderboard of", day))
    monkeypatch.setattr(night, "show_next", lambda args, warehouse, day: None)
    sources = write(tmp_path / "world", DAYS[:1])
    places = [f"--{name}={tmp_path / name}" for name in ("lake", "staging", "warehouse", "reports")]
    return ran, ["--days", f"{DAYS[0]}..{DAYS[-1]}", "--sources", str(sources), *places]


@pytest.mark.parametrize("days", ["2999-01-01", "2026-03-12..2999-01-01", "2999-01-01..2026-03-12"])
def test_a_day_that_is_not_over_is_refused_before_anything_is_read(asked, days):
    ran, words = asked
    with pytest.raises(InvalidInput, match="2999-01-01: that day is not over"):
        night.main(["--days", days, "--sources", "nowhere", *words[4:]])
    assert ran == []


def test_days_are_run_in_the_order_in_which_they_are_named(asked):
    ran, words = asked
    for days, order in ((f"{DAYS[2]}..{DAYS[0]}", DAYS[::-1]), (f"{DAYS[0]}..{DAYS[2]}", DAYS)):
        ran.clear()
        with pytest.raises(InvalidInput, match="2026-03-13 is not published"):
            night.main(["--days", days, *words[2:]])
        assert ran == order


def test_a_refused_day_stops_none_of_the_others(asked, capsys):
    ran, words = asked
    with pytest.raises(InvalidInput, match="2026-03-13 is not published"):
        night.main(words)
    assert ran == DAYS
    assert "leaderboard of 2026-03-14" in capsys.readouterr().out


def test_as_json_the_last_line_says_which(asked, capsys):
    ran, words = asked
    night.main([*words, "--json"])
    assert ran == DAYS
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {
        "published": ["2026-03-12", "2026-03-14"],
        "refused": {"2026-03-13": "2026-03-13 is not published: scores.mean failed"},
    }
