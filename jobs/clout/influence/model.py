"""The model file: every number behind a score, in one versioned TOML that the SQL reads as typed parameters."""

from __future__ import annotations

import hashlib
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clout.errors import PoisonInput

#: section -> the numbers it must hold. `sql/models/v1.toml` says what each means.
_NUMBERS = {
    "base": ("like", "mention", "reply", "quote", "share"),
    "evidence": ("gamma", "half_life_days", "window_days", "kappa", "rho", "ramp_days", "bot_factor"),
    "amplification": ("alpha0", "beta0", "credible_at"),
    "network": (
        "damping",
        "seed_share",
        "seeds",
        "seed_age_days",
        "tolerance",
        "rounds",
        "prior_people",
        "prior_pct",
    ),
    "score": (
        "beta_reach",
        "beta_amplification",
        "beta_network",
        "ref_reach",
        "ref_amplification",
        "ref_network",
    ),
    "abstain": ("min_people",),
}
_LISTS = {"network": ("reference",), "score": ("map_from", "map_to")}
_WHOLE = ("window_days", "seeds", "seed_age_days", "rounds", "min_people")
#: What a formula divides by, and the two parameters of a Beta distribution.
_POSITIVE = (
    *("half_life_days", "window_days", "kappa", "ramp_days", "alpha0", "beta0"),
    *("ref_reach", "ref_amplification", "ref_network"),
)
_SHARES = ("rho", "bot_factor", "credible_at", "damping", "seed_share")


@dataclass(frozen=True)
class Model:
    """A read model file: its version, its numbers as the SQL's parameters, and the hash of its bytes."""

    version: str
    parameters: dict[str, Any]
    sha256: str

    @property
    def window_days(self) -> int:
        """Length of the evidence window in days."""
        return self.parameters["window_days"]


def read_model(file: Path) -> Model:
    """Read and check a model file. Every number must be there, be a number, and be known."""
    if not file.is_file():
        raise PoisonInput(f"{file}: no such model file")
    content = file.read_bytes()
    try:
        text = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PoisonInput(f"{file}: not a TOML file: {error}") from error
    version = text.pop("model_version", None)
    if not isinstance(version, str) or not version:
        raise PoisonInput(f"{file}: model_version is missing")
    parameters: dict[str, Any] = {}
    for section, names in _NUMBERS.items():
        values = text.pop(section, {})
        if not isinstance(values, dict):
            raise PoisonInput(f"{file}: {section} must be a section")
        for name in names:
            value = values.pop(name, None)
            if not _is_number(value):
                raise PoisonInput(f"{file}: [{section}] {name} must be a number, is {value!r}")
            if name in _WHOLE and value != int(value):
                raise PoisonInput(f"{file}: [{section}] {name} must be a whole number, is {value!r}")
            if value < 0 or (name in _POSITIVE and value == 0):
                least = "more than 0" if name in _POSITIVE else "at least 0"
                raise PoisonInput(f"{file}: [{section}] {name} must be {least}, is {value!r}")
            if name in _SHARES and value > 1:
                raise PoisonInput(f"{file}: [{section}] {name} must be at most 1, is {value!r}")
            key = f"base_{name}" if section == "base" else name
            parameters[key] = int(value) if name in _WHOLE else float(value)
        for name in _LISTS.get(section, ()):
            value = values.pop(name, None)
            numbers = isinstance(value, list) and len(value) >= 2 and all(map(_is_number, value))
            if not numbers or sorted(value) != value:
                raise PoisonInput(f"{file}: [{section}] {name} must be a list of rising numbers")
            parameters[name] = [float(each) for each in value]
        if values:
            raise PoisonInput(f"{file}: [{section}] has unknown {', '.join(values)}")
    if text:
        raise PoisonInput(f"{file}: unknown section {', '.join(text)}")
    if len(parameters["map_from"]) != len(parameters["map_to"]):
        raise PoisonInput(f"{file}: [score] map_from and map_to differ in length")
    knots = parameters["map_from"]
    if knots[0] != 0 or knots[-1] != 1 or len(set(knots)) < len(knots):
        raise PoisonInput(f"{file}: [score] map_from must rise from 0 to 1 without two equal knots")
    if parameters["map_to"][0] < 0 or parameters["map_to"][-1] > 1:
        raise PoisonInput(f"{file}: [score] map_to must stay between 0 and 1, or scores leave the scale")
    if parameters["beta_reach"] + parameters["beta_network"] == 0:
        raise PoisonInput(
            f"{file}: [score] beta_reach and beta_network are 0: platforms without posts could show nothing"
        )
    betas = sum(parameters[name] for name in ("beta_reach", "beta_amplification", "beta_network"))
    if not 0 < betas < 1:
        raise PoisonInput(
            f"{file}: [score] the betas sum to {betas}; they must sum to less than 1, or -ln(1 - s) is infinite"
        )
    return Model(version, parameters, hashlib.sha256(content).hexdigest())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
