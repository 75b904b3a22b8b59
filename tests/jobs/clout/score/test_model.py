"""The model file: what is read from it, and everything for which it is refused."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path

import pytest
from clout.engine import queries
from clout.errors import InvalidInput
from clout.score.model import is_released, read_model

V1 = queries.SQL / "models" / "v1.toml"
ROUND = Path(__file__).resolve().parents[3] / "sql" / "model.toml"  # numbers that stay when v1 is fitted anew


def changed(folder: Path, line: str, by: str) -> Path:
    """A copy of tests/sql/model.toml in which the first line that starts with `line` is `by`."""
    text, found = re.subn(rf"^{re.escape(line)}.*$", by, ROUND.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    assert found, f"{ROUND} has no line {line}"
    file = folder / "changed.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_v1_is_read_with_the_types_that_the_queries_declare() -> None:
    model = read_model(V1)
    assert model.version == "v1"
    assert model.sha256 == hashlib.sha256(V1.read_bytes()).hexdigest()
    assert model.window_days == 90
    assert model.parameters["base_share"] == 4.0
    assert 0 < model.parameters["beta_network"] < model.parameters["beta_reach"] < 1
    assert len(model.parameters["reference"]) == 21
    kinds = {"INT": int, "DOUBLE": float, "ARRAY<DOUBLE>": list}
    given_by_the_run = {
        "day",
        "first_day",
        "last_day",
        "model_version",
        "repeat_days",
        "before",
        "topic_days",
        "ontology",
    }
    apart = ("jobs/audit.py", "jobs/audience.py")  # what judges nights, and a draw, have numbers of their own
    for name in (file.stem for file in queries.SQL.glob("*.sql")):
        if any(job in (queries.SQL / f"{name}.sql").read_text(encoding="utf-8") for job in apart):
            continue
        for parameter, kind in queries.load(name).parameters.items():
            if parameter not in given_by_the_run:
                assert type(model.parameters[parameter]) is kinds[kind], f"{name}: {parameter}"


REFUSED = {
    "no version": ("model_version", "", "model_version is missing"),
    "a version that is no text": ("model_version", "model_version = 1", "model_version is missing"),
    "a missing number": ("gamma", "", r"\[evidence\] gamma must be a number, is None"),
    "a number in quotes": ("gamma", 'gamma = "0.5"', r"\[evidence\] gamma must be a number, is '0.5'"),
    "true is no number": ("gamma", "gamma = true", r"\[evidence\] gamma must be a number, is True"),
    "nan is no number": ("gamma", "gamma = nan", r"\[evidence\] gamma must be a number, is nan"),
    "endless rounds": ("rounds", "rounds = inf", r"\[network\] rounds must be a number, is inf"),
    "half a day": ("window_days", "window_days = 1.5", r"\[evidence\] window_days must be a whole number, is 1.5"),
    "a negative count": ("top", "top = -1", r"\[influences\] top must be more than 0, is -1"),
    "a negative weight": ("beta_reach", "beta_reach = -0.1", r"\[score\] beta_reach must be at least 0, is -0.1"),
    "nothing to divide by": ("kappa", "kappa = 0.0", r"\[evidence\] kappa must be more than 0, is 0.0"),
    "no prior": ("beta0", "beta0 = 0.0", r"\[amplification\] beta0 must be more than 0, is 0.0"),
    "more than all": ("rho", "rho = 1.5", r"\[evidence\] rho must be at most 1, is 1.5"),
    "an empty window": ("window_days", "window_days = 0", r"\[evidence\] window_days must be more than 0, is 0"),
    "an unknown number": ("gamma", "gamma = 0.5\ngama = 0.4", r"\[evidence\] has unknown gama"),
    "an unknown section": ("[abstain]", "[extra]\nx = 1\n[abstain]", "unknown section extra"),
    "a missing section": ("[abstain]", "[abstention]", r"\[abstain\] min_people must be a number, is None"),
    "a map that falls": ("map_to", "map_to = [0, 0.3, 0.2, 1]", r"\[score\] map_to must be a list of rising numbers"),
    "a map of one knot": ("map_to", "map_to = [0]", r"\[score\] map_to must be a list of rising numbers"),
    "a map of words": ("map_to", 'map_to = ["a", "b"]', r"\[score\] map_to must be a list of rising numbers"),
    "a map of anything": ("map_to", 'map_to = [0, "b"]', r"\[score\] map_to must be a list of rising numbers"),
    "no map": ("map_to", "map_to = 1", r"\[score\] map_to must be a list of rising numbers"),
    "knots that have no partner": ("map_to", "map_to = [0, 1]", "map_from and map_to differ in length"),
    "two equal knots": ("map_from", "map_from = [0, 0.2, 0.2, 0.6, 0.8, 0.9, 1]", "map_from must rise from 0 to 1"),
    "a map that starts late": (
        "map_from",
        "map_from = [0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1]",
        "map_from must rise from 0 to 1",
    ),
    "a map that ends early": (
        "map_from",
        "map_from = [0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9]",
        "map_from must rise from 0 to 1",
    ),
    "scores beyond 100": (
        "map_to",
        "map_to = [0, 0.2, 0.4, 0.6, 0.8, 1, 1.1]",
        "map_to must .* end at 1 at most",
    ),
    "scores below 1": ("map_to", "map_to = [-0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 1]", "at least 0|must start at 0"),
    "betas that sum to 1": (
        "beta_reach",
        "beta_reach = 0.70",
        r"the betas of .* sum to 1\.0; they must sum to less than 1",
    ),
}


@pytest.mark.parametrize(("line", "by", "message"), REFUSED.values(), ids=REFUSED)
def test_refuses(line: str, by: str, message: str, tmp_path: Path) -> None:
    file = changed(tmp_path, line, by)
    with pytest.raises(InvalidInput, match=message) as refusal:
        read_model(file)
    assert str(file) in str(refusal.value)


def test_refuses_a_number_in_the_place_of_a_section(tmp_path: Path) -> None:
    file = tmp_path / "flat.toml"
    file.write_text("abstain = 5\n" + V1.read_text(encoding="utf-8").split("[abstain]")[0], encoding="utf-8")
    with pytest.raises(InvalidInput, match="abstain must be a section"):
        read_model(file)


def test_refuses_weights_that_leave_nothing_to_platforms_without_posts(tmp_path: Path) -> None:
    text = re.sub(r"^beta_(reach|network).*$", r"beta_\1 = 0", V1.read_text(encoding="utf-8"), flags=re.MULTILINE)
    file = tmp_path / "posts-only.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match="platforms without posts"):
        read_model(file)


def test_refuses_what_is_no_model_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such model file"):
        read_model(tmp_path / "v2.toml")
    broken = tmp_path / "broken.toml"
    for content in (b"model_version = ", b"\xff\xfe"):
        broken.write_bytes(content)
        with pytest.raises(InvalidInput, match="not a TOML file"):
            read_model(broken)


def following(folder: Path, section: str, version: str = "v2") -> Path:
    """A model file beside the round one, which follows it as `section` says."""
    text = ROUND.read_text(encoding="utf-8")
    (folder / "v1.toml").write_text(text, encoding="utf-8")
    file = folder / "v2.toml"
    file.write_text(text.replace('"v1"', f'"{version}"') + f"\n[follows]\n{section}\n", encoding="utf-8")
    return file


def test_a_model_names_the_one_before_it(tmp_path: Path) -> None:
    file = following(tmp_path, 'model = "v1.toml"\nsince = 2026-06-01')
    model = read_model(file)
    assert [model.on(date(2026, *day)).version for day in ((5, 31), (6, 1), (6, 2))] == ["v1", "v2", "v2"]
    assert model.lineage == f"{model.sha256}+{read_model(tmp_path / 'v1.toml').sha256}"
    assert read_model(V1).on(date(1999, 1, 1)).version == "v1"


@pytest.mark.parametrize(
    ("section", "version", "said"),
    [
        ('model = "v1.toml"', "v2", "must hold model, .* and since"),
        ('model = "v1.toml"\nsince = "2026-06-01"', "v2", "since a date such as"),
        ('model = "v2.toml"\nsince = 2026-06-01', "v2", "is this file"),
        ('model = "v0.toml"\nsince = 2026-06-01', "v2", "no such model file"),
        ('model = "v1.toml"\nsince = 2026-06-01', "v1", "is also that of the model that it follows"),
    ],
)
def test_refuses_to_follow_what_is_no_model_before_it(tmp_path: Path, section: str, version: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_model(following(tmp_path, section, version))


@pytest.mark.parametrize(
    ("version", "sha256"),
    [
        ("v1", "4cef29347a577fd6d1878acd4009efa3ddfa7caa22c6d90138c5fce12fc7448f"),
        ("v2", "035cca90bd8c8c5f5829fe0b27f855ca342ece89574b8c8437c9888cbe4c61a5"),
    ],
)
def test_a_released_model_file_is_never_edited(version: str, sha256: str) -> None:
    """A changed number is a new file, with a name of its own: scores that were published by this one must stay explained."""
    assert read_model(queries.SQL / "models" / f"{version}.toml").sha256 == sha256


@pytest.mark.parametrize(
    ("number", "by", "released"),
    [
        ("model_version", 'model_version = "mine"', True),
        ("days_before", "days_before = [1, 7]", True),
        ("half_life_days", "half_life_days = 1.0", False),
        ("like", "like = 0.0", False),
    ],
)
def test_a_model_is_a_released_one_by_its_numbers(tmp_path: Path, number: str, by: str, released: bool) -> None:
    text = (queries.SQL / "models" / "v2.toml").read_text()
    (tmp_path / "mine.toml").write_text(re.sub(rf"(?m)^{number} = .*$", by, text, count=1))
    assert is_released(read_model(tmp_path / "mine.toml")) == released
