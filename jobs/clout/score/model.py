"""The model file: every number behind a score, in one versioned TOML that the SQL reads as typed parameters."""

from __future__ import annotations

import hashlib
import math
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from clout.engine import queries
from clout.errors import PoisonInput

#: section -> the numbers it must hold. `sql/models/v1.toml` says what each means.
_NUMBERS = {
    "base": ("like", "mention", "reply", "quote", "share"),
    "evidence": (
        "gamma",
        "half_life_days",
        "standing_half_life_days",
        "momentum_half_life_days",
        "window_days",
        "kappa",
        "rho",
        "ramp_days",
        "bot_factor",
        "mention_absent",
    ),
    "amplification": ("alpha0", "beta0", "credible_at"),
    "network": ("rounds", "prior_people", "prior_pct"),
    "trust": (
        *("seed_votes", "seed_age_days", "cap", "floor", "own_seed", "single_slope", "single_floor"),
        *("burst_slope", "burst_floor", "burst_days", "burst_min_days", "nobody_pct"),
    ),
    "score": (
        "beta_reach",
        "beta_amplification",
        "beta_network",
        "beta_followers",
        "beta_listed",
        "ref_reach",
        "ref_amplification",
        "ref_network",
        "ref_followers",
        "ref_listed",
        "interval_z",
    ),
    "counters": (
        *("follower_count", "following_count", "listed_count", "mentions_received", "retweets_received"),
        *("mentions_sent", "retweets_sent", "posts", "network_feature_1", "network_feature_2", "network_feature_3"),
    ),
    "abstain": ("min_people",),
    "changes": (),
    "influences": ("top", "min_interactions"),
}
#: The sections that a model whose `formulas` are "v2" (sql/v2) has instead, or with other numbers.
_NUMBERS_V2 = _NUMBERS | {
    "evidence": (*_NUMBERS["evidence"], "taper_days", "unvouched_from_days", "unvouched_full_days"),
    "trust": (
        *("seed_votes", "seed_people", "seed_place", "seed_age_days", "seed_trust", "trust_share", "trust_rounds"),
        *("acts_divided", "cap", "cap_half", "floor", "named_cap", "named_cap_half", "named_floor"),
        *("burst_slope", "burst_floor", "burst_days", "burst_min_days", "burst_phase_days", "nobody_pct"),
    ),
    "score": (
        *("beta_reach", "beta_amplification", "beta_network", "ref_reach", "ref_amplification", "ref_network"),
        *("interval_z", "counter_people", "counter_full"),
    ),
}
#: formulas -> the numbers of their models.
_FORMULAS = {"v1": _NUMBERS, "v2": _NUMBERS_V2}
#: Sections in which a name alone would not say what it counts.
_PREFIXES = {"base": "base_", "counters": "counter_"}
_LISTS = {"network": ("reference",), "score": ("map_from", "map_to"), "changes": ("days_before",)}
_WHOLE = (
    *("window_days", "seed_age_days", "rounds", "burst_days", "burst_min_days"),
    *("min_people", "top", "min_interactions"),
    *("taper_days", "seed_people", "seed_place", "trust_rounds", "burst_phase_days"),
)
#: What a formula divides by, and the two parameters of a Beta distribution.
_POSITIVE = (
    *("half_life_days", "standing_half_life_days", "momentum_half_life_days", "window_days", "kappa", "ramp_days"),
    *(
        "alpha0",
        "beta0",
        "ref_reach",
        "ref_amplification",
        "ref_network",
        "ref_followers",
        "ref_listed",
        "top",
        "floor",
        "single_floor",
        "burst_floor",
    ),
    *("taper_days", "acts_divided", "cap_half", "named_cap_half", "burst_phase_days", "seed_place", "counter_full"),
)
_SHARES = ("rho", "bot_factor", "mention_absent", "credible_at", "trust_share")


@dataclass(frozen=True)
class Model:
    """A read model file: its version, its numbers as the SQL's parameters, and the hash of its bytes.

    formulas: v1, the queries of sql/, or v2, those of sql/v2 where it has a query of the name.
    earlier: the model that was in force before `since`, where the file names one.
    """

    version: str
    parameters: dict[str, Any]
    sha256: str
    earlier: Model | None = None
    since: date = date.min
    formulas: str = "v1"

    def query(self, name: str) -> str:
        """The query of a name in this model's formulas: `pairs`, or `v2/pairs`."""
        return queries.of_formulas(self.formulas, name)

    def on(self, day: date) -> Model:
        """The model that was in force on a day: this one, or one of those before it."""
        return self.earlier.on(day) if self.earlier and day < self.since else self

    @property
    def lineage(self) -> str:
        """The hashes of this file and of all before it."""
        return f"{self.sha256}+{self.earlier.lineage}" if self.earlier else self.sha256

    @property
    def window_days(self) -> int:
        """Length of the evidence window in days."""
        found: int = self.parameters["window_days"]
        return found

    @property
    def stored_days(self) -> int:
        """How many days, up to the score date, a night reads: the window of the earliest date that it compares with."""
        return self.window_days + max(self.parameters["days_before"], default=0)


def _earlier(file: Path, section: Any) -> dict[str, Any]:
    """`earlier` and `since` of a model whose file holds [follows] model and since."""
    if section is None:
        return {}
    if not isinstance(section, dict) or section.keys() != {"model", "since"}:
        raise PoisonInput(
            f"{file}: [follows] must hold model, a file beside this one, and since, a date, and nothing else"
        )
    name, since = section["model"], section["since"]
    if not isinstance(name, str) or not isinstance(since, date) or isinstance(since, datetime):
        raise PoisonInput(f"{file}: [follows] model must be a file's name and since a date such as 2026-06-01")
    if name == file.name:
        raise PoisonInput(f"{file}: [follows] model is this file; name the one before it")
    earlier = read_model(file.with_name(name))
    if earlier.since >= since:
        raise PoisonInput(f"{file}: [follows] since is {since}; {name} itself is in force since {earlier.since} only")
    return {"earlier": earlier, "since": since}


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
    follows = text.pop("follows", None)
    formulas = text.pop("formulas", "v1")
    if formulas not in _FORMULAS:
        raise PoisonInput(f"{file}: formulas is {formulas!r}; known are {', '.join(_FORMULAS)}")
    parameters: dict[str, Any] = {}
    for section, names in _FORMULAS[formulas].items():
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
            key = f"{_PREFIXES.get(section, '')}{name}"
            parameters[key] = int(value) if name in _WHOLE else float(value)
        for name in _LISTS.get(section, ()):
            value = values.pop(name, None)
            numbers = isinstance(value, list) and len(value) >= 2 and all(map(_is_number, value))
            if not numbers or sorted(value) != value:
                raise PoisonInput(f"{file}: [{section}] {name} must be a list of rising numbers")
            parameters[name] = [float(each) for each in value]
        if section == "changes":
            days = parameters["days_before"]
            if days[0] < 1 or any(day != int(day) for day in days) or len(set(days)) < len(days):
                raise PoisonInput(f"{file}: [changes] days_before must be different whole numbers of at least 1")
            parameters["days_before"] = [int(day) for day in days]
        if values:
            raise PoisonInput(f"{file}: [{section}] has unknown {', '.join(values)}")
    if text:
        raise PoisonInput(f"{file}: unknown section {', '.join(text)}")
    if len(parameters["map_from"]) != len(parameters["map_to"]):
        raise PoisonInput(f"{file}: [score] map_from and map_to differ in length")
    knots = parameters["map_from"]
    if knots[0] != 0 or knots[-1] != 1 or len(set(knots)) < len(knots):
        raise PoisonInput(f"{file}: [score] map_from must rise from 0 to 1 without two equal knots")
    if parameters["map_to"][0] != 0 or parameters["map_to"][-1] > 1:
        raise PoisonInput(
            f"{file}: [score] map_to must start at 0, where there is nothing to explain, and end at 1 at most"
        )
    if parameters["ref_amplification"] <= parameters["alpha0"] / (parameters["alpha0"] + parameters["beta0"]):
        raise PoisonInput(f"{file}: [score] ref_amplification must be above the prior, alpha0 / (alpha0 + beta0)")
    if parameters["beta_reach"] + parameters["beta_network"] == 0:
        raise PoisonInput(
            f"{file}: [score] beta_reach and beta_network are 0: platforms without posts could show nothing"
        )
    for features in (("reach", "amplification", "network"), ("followers", "listed")):
        if f"beta_{features[0]}" not in parameters:  # counters that are worth people have no betas
            continue
        betas = sum(parameters[f"beta_{feature}"] for feature in features)
        if not 0 < betas < 1:
            raise PoisonInput(
                f"{file}: [score] the betas of {', '.join(features)} sum to {betas}; they must sum to less than 1, or"
                " -ln(1 - s) is infinite"
            )
    earlier = _earlier(file, follows)
    if earlier and earlier["earlier"].version == version:
        raise PoisonInput(f"{file}: model_version {version} is also that of the model that it follows")
    return Model(version, parameters, hashlib.sha256(content).hexdigest(), formulas=formulas, **earlier)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
