"""Shows that the tables of a night are in words, and that every number that a night is judged by has some."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta

import pytest
from clout.config.paths import EXPECTATIONS
from clout.web import night_words, words

ROW = {"dataset": "scores", "platform": "all", "days": 28, "expected": 0.06, "deviation": 0.5}


def test_everything_with_a_stated_bound_is_said_in_words() -> None:
    bounds = tomllib.loads((EXPECTATIONS / "bounds.toml").read_text(encoding="utf-8"))
    judged = [(dataset, metric) for dataset, metrics in bounds.items() if dataset != "why" for metric in metrics]
    assert len(judged) > 40
    assert not [each for each in judged if each not in night_words.MEASURED]
    for said in night_words.MEASURED.values():
        assert "_" not in said
        assert not {"psi", "bin", "bins", "correlation", "median", "NULL"} & set(said.split())


@pytest.mark.parametrize(
    ("metric", "unit", "value", "told"),
    [
        ("psi", "psi", 0.04, "as before"),
        ("psi", "psi", 0.125, "somewhat otherwise"),
        ("psi", "psi", 0.4, "much otherwise"),
        ("psi", "psi", None, "–"),
        ("reach_share", "share", 0.9375, "94 %"),
        ("lost_share", "moved", 0.004, "under 1 %"),
        ("mean_difference", "points", 0.21, "under 1"),
        ("scored", "rows", 12345.0, "12,345"),
    ],
)
def test_amount_has_no_decimal(metric: str, unit: str, value: float | None, told: str) -> None:
    [row] = night_words.spoken("drift", [{**ROW, "metric": metric, "unit": unit, "value": value}])
    assert row["this night"] == told
    assert "." not in " ".join(map(str, row.values()))


def test_tables_of_a_night_have_headings() -> None:
    [row] = night_words.spoken("coverage", [{"platform": "m", "kind": "like", "counted": 200.0, "coverage": 0.7512}])
    assert row == {"platform": "m", "reaction": "like", "the platform counts": 200.0, "shown": "75 %"}
    [row] = night_words.spoken("failed", [{"suite": "metrics", "check_id": "past_known", "observed": "{}", "why": "w"}])
    assert row == {"table": "volume and drift", "check": "past known", "why": "w"}


@pytest.mark.parametrize(
    ("hours", "told"),
    [(0.2, "within the hour"), (1.1, "1 hour after"), (7.6, "8 hours after"), (24 * 257, "257 days after the day")],
)
def test_how_late_a_night_was(hours: float, told: str) -> None:
    assert words.after(date(2026, 3, 14), datetime(2026, 3, 15, tzinfo=UTC) + timedelta(hours=hours)).startswith(told)


def test_half_a_point_is_not_none() -> None:
    assert [words.signed(each) for each in (0.4, 0.5, -0.5, 1.5, 2.5)] == ["less than 1", "+1", "−1", "+2", "+3"]
    assert [words.number(each) for each in (0.2, 0.5, 2.5, 1234.5)] == ["under 1", "1", "3", "1,235"]
    assert [words.many(each, "share", "shares") for each in (0, 1, 2)] == ["0 shares", "1 share", "2 shares"]
    assert all(map(words.is_amount, (3, 0.5, "–", "75 %", "under 1 %", "+10", "−1", "4,754", "$4.43")))
    assert not any(map(words.is_amount, ("x", "as before", "2026-03-12", "", None)))


def test_empty_value_is_not_called_null() -> None:
    assert words.without_null("The score; NULL where there is none") == "The score; empty where there is none"
    assert words.without_null("an SQL NULL, NULLIF") == "an empty, NULLIF"
