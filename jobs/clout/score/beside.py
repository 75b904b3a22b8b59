"""The numbers of what stands beside the score: sections of a model file, or of sql/models/beside.toml where it has none."""

from __future__ import annotations

import math
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from clout.config.paths import SQL
from clout.errors import PoisonInput

FILE = SQL / "models" / "beside.toml"
#: section -> what its numbers' names begin with as parameters of queries.
PREFIXES = {"topics": "topic_", "endorsements": "endorse_", "styles": ""}
_NUMBERS = {
    "topics": (
        *("min_posts", "min_weeks", "min_people", "min_back", "min_share", "ref_reach", "others"),
        "evidence_posts",
    ),
    "endorsements": ("a_day", "most"),
    "styles": ("outreach_a_day", "style_min_acts", "style_min_days", "style_margin"),
}
_FRACTIONS = ("min_share", "ref_reach", "style_margin")
_POSITIVE = ("ref_reach",)


def numbers(file: Path, text: dict[str, Any]) -> dict[str, Any]:
    """The parameters of all sections, of which those that a model's text holds are taken out of it. Raises PoisonInput."""
    found: dict[str, Any] = {}
    for section in _NUMBERS:
        own = text.pop(section, None)
        found |= _read(FILE, section, _shared()[section]) if own is None else _read(file, section, own)
    return found


@cache
def _shared() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def _read(file: Path, section: str, values: Any) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise PoisonInput(f"{file}: {section} must be a section")
    wanted = _NUMBERS[section]
    unknown = sorted(set(values) - set(wanted))
    if unknown:
        raise PoisonInput(f"{file}: [{section}] has unknown {', '.join(unknown)}")
    found: dict[str, Any] = {}
    for name in wanted:
        value: Any = values.get(name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not is_number or value < 0 or (name in _POSITIVE and value == 0):
            least = "more than 0" if name in _POSITIVE else "at least 0"
            raise PoisonInput(f"{file}: [{section}] {name} must be a number of {least}, is {value!r}")
        if name not in _FRACTIONS and value != int(value):
            raise PoisonInput(f"{file}: [{section}] {name} must be a whole number, is {value!r}")
        found[f"{PREFIXES[section]}{name}"] = float(value) if name in _FRACTIONS else int(value)
    return found
