"""The numbers of what stands beside the score: sections of a model file, or of sql/models/beside.toml where it has none."""

from __future__ import annotations

import math
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from clout.config.paths import SQL
from clout.errors import InvalidInput

FILE = SQL / "models" / "beside.toml"
#: section -> what its numbers' names begin with as parameters of queries.
PREFIXES = {"topics": "topic_", "endorsements": "endorse_", "styles": "", "lenses": "lens_", "advocates": "advocate_"}
_NUMBERS = {
    "topics": (
        *("min_posts", "min_weeks", "min_people", "min_back", "min_share", "ref_reach", "others"),
        "evidence_posts",
    ),
    "endorsements": ("a_day", "most"),
    "styles": (
        *("outreach_a_day", "style_min_acts", "style_min_days", "style_margin"),
        *("style_rank_create", "style_rank_consistent", "style_rank_participate", "style_rank_broad"),
        *("style_cut_x", "style_cut_y"),
    ),
    "lenses": ("ref_reach", "ref_network", "ref_followers", "ref_people", "most_a_day"),
    "advocates": ("min_weeks", "min_people", "paid_days"),
}
_POSITIVE = ("ref_reach", "ref_network", "ref_followers", "ref_people", "most_a_day")
_FRACTIONS = ("min_share", "style_margin", *_POSITIVE)
#: Lists of numbers that do not fall, each with how many it holds; those of cuts rise.
_LISTS = {"style_rank": 11, "style_cut": 3}


def numbers(file: Path, text: dict[str, Any]) -> dict[str, Any]:
    """The parameters of all sections, of which those that a model's text holds are taken out of it. Raises InvalidInput."""
    found: dict[str, Any] = {}
    for section in _NUMBERS:
        own = text.pop(section, None)
        found |= _read(FILE, section, _shared()[section]) if own is None else _read(file, section, own)
    return found


def section_text(name: str) -> str:
    """A section of the shared file as it is written, with its comments."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"[{name}]"))
    end = next((at for at, line in enumerate(lines) if at > start and line.startswith("[")), len(lines))
    return "\n".join(lines[start:end]).rstrip() + "\n"


@cache
def _shared() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def _read(file: Path, section: str, values: Any) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise InvalidInput(f"{file}: {section} must be a section")
    wanted = _NUMBERS[section]
    unknown = sorted(set(values) - set(wanted))
    if unknown:
        raise InvalidInput(f"{file}: [{section}] has unknown {', '.join(unknown)}")
    found: dict[str, Any] = {}
    for name in wanted:
        value: Any = values.get(name)
        if size := _LISTS.get(name.rpartition("_")[0]):
            found[f"{PREFIXES[section]}{name}"] = _list(file, section, name, value, size)
            continue
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not is_number or value < 0 or (name in _POSITIVE and value == 0):
            least = "more than 0" if name in _POSITIVE else "at least 0"
            raise InvalidInput(f"{file}: [{section}] {name} must be a number of {least}, is {value!r}")
        if name not in _FRACTIONS and value != int(value):
            raise InvalidInput(f"{file}: [{section}] {name} must be a whole number, is {value!r}")
        found[f"{PREFIXES[section]}{name}"] = float(value) if name in _FRACTIONS else int(value)
    return found


def _list(file: Path, section: str, name: str, value: Any, size: int) -> list[float]:
    numbers = value if isinstance(value, list) else []
    are_numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in numbers)
    rises = name.startswith("style_cut")
    if len(numbers) != size or not are_numbers or not all(math.isfinite(each) for each in numbers):
        raise InvalidInput(f"{file}: [{section}] {name} must be a list of {size} numbers, is {value!r}")
    if numbers != sorted(numbers) or (rises and len(set(numbers)) < size):
        raise InvalidInput(f"{file}: [{section}] {name} must {'rise' if rises else 'not fall'} from each to the next")
    return [float(each) for each in numbers]
