"""The model file: every number behind a score, in one versioned TOML that the SQL reads as typed parameters."""

from __future__ import annotations

import hashlib
import math
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.functional_validators import model_validator
from pydantic_core import ErrorDetails

from clout.config.paths import SQL
from clout.engine import queries
from clout.errors import InvalidInput
from clout.score import beside


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _number(value: Any, whole: bool = False, positive: bool = False, most: float = math.inf) -> float:
    """A number as a formula takes it. Raises ValueError that says what it must be."""
    if not _is_number(value):
        raise ValueError("must be a number")
    if whole and value != int(value):
        raise ValueError("must be a whole number")
    if value < 0 or (positive and value == 0):
        raise ValueError(f"must be {'more than' if positive else 'at least'} 0")
    if value > most:
        raise ValueError(f"must be at most {most:.0f}")
    return int(value) if whole else float(value)


def _rising(value: Any) -> list[float]:
    if not isinstance(value, list) or len(value) < 2 or not all(map(_is_number, value)) or sorted(value) != value:
        raise ValueError("must be a list of rising numbers")
    return [float(each) for each in value]


def _days(value: Any) -> list[int]:
    found = _rising(value)
    if found[0] < 1 or any(day != int(day) for day in found) or len(set(found)) < len(found):
        raise ValueError("must be different whole numbers of at least 1")
    return [int(day) for day in found]


Number = Annotated[float, BeforeValidator(_number)]
#: What a formula divides by, and the two parameters of a Beta distribution.
Positive = Annotated[float, BeforeValidator(lambda value: _number(value, positive=True))]
Share = Annotated[float, BeforeValidator(lambda value: _number(value, most=1))]
Whole = Annotated[int, BeforeValidator(lambda value: _number(value, whole=True))]
Counted = Annotated[int, BeforeValidator(lambda value: _number(value, whole=True, positive=True))]
Rising = Annotated[list[float], BeforeValidator(_rising)]


class Section(BaseModel):
    """A section of the file: its numbers, each with what it must be. `sql/models/v1.toml` says what each means."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Base(Section):
    """What an act of each kind weighs."""

    like: Number
    mention: Number
    reply: Number
    quote: Number
    share: Number


class Evidence(Section):
    """How acts become ties."""

    gamma: Number
    half_life_days: Positive
    standing_half_life_days: Positive
    momentum_half_life_days: Positive
    window_days: Counted
    kappa: Positive
    rho: Share
    ramp_days: Positive
    bot_factor: Share
    mention_absent: Share


class Amplification(Section):
    """How posts are passed on."""

    alpha0: Positive
    beta0: Positive
    credible_at: Share


class Network(Section):
    """The network rank."""

    rounds: Whole
    prior_people: Number
    prior_pct: Number
    reference: Rising


class Trust(Section):
    """Whose acts count, and the caps of those whose do not."""

    seed_votes: Number
    seed_age_days: Whole
    cap: Number
    floor: Positive
    own_seed: Number
    single_slope: Number
    single_floor: Positive
    burst_slope: Number
    burst_floor: Positive
    burst_days: Whole
    burst_min_days: Whole
    nobody_pct: Number


class Score(Section):
    """How the measures become a score."""

    beta_reach: Number
    beta_amplification: Number
    beta_network: Number
    beta_followers: Number
    beta_listed: Number
    ref_reach: Positive
    ref_amplification: Positive
    ref_network: Positive
    ref_followers: Positive
    ref_listed: Positive
    interval_z: Number
    map_from: Rising
    map_to: Rising


class Counters(Section):
    """What a score of counters alone goes by."""

    follower_count: Number
    following_count: Number
    listed_count: Number
    mentions_received: Number
    retweets_received: Number
    mentions_sent: Number
    retweets_sent: Number
    posts: Number
    network_feature_1: Number
    network_feature_2: Number
    network_feature_3: Number


class Abstain(Section):
    """When there is no score."""

    min_people: Whole


class Changes(Section):
    """With which days a score is compared."""

    days_before: Annotated[list[int], BeforeValidator(_days)]


class Influences(Section):
    """Which ties are published."""

    top: Counted
    min_interactions: Whole


class EvidenceV2(Evidence):
    """How acts become ties, by the formulas of sql/v2."""

    taper_days: Counted
    unvouched_from_days: Number
    unvouched_full_days: Number


class TrustV2(Section):
    """Whose acts count, and the caps of those whose do not, by the formulas of sql/v2."""

    seed_votes: Number
    seed_people: Whole
    seed_place: Counted
    seed_age_days: Whole
    seed_trust: Number
    trust_share: Share
    trust_rounds: Whole
    acts_divided: Positive
    cap: Number
    cap_half: Positive
    floor: Positive
    named_cap: Number
    named_cap_half: Positive
    named_floor: Number
    burst_slope: Number
    burst_floor: Positive
    burst_days: Whole
    burst_min_days: Whole
    burst_phase_days: Counted
    nobody_pct: Number


class ScoreV2(Section):
    """How the measures become a score, by the formulas of sql/v2."""

    beta_reach: Number
    beta_amplification: Number
    beta_network: Number
    ref_reach: Positive
    ref_amplification: Positive
    ref_network: Positive
    interval_z: Number
    counter_people: Number
    counter_full: Positive
    map_from: Rising
    map_to: Rising


class Numbers(BaseModel):
    """All sections of a model of the first formulas."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: Base
    evidence: Evidence
    amplification: Amplification
    network: Network
    trust: Trust
    score: Score
    counters: Counters
    abstain: Abstain
    changes: Changes
    influences: Influences

    @model_validator(mode="after")
    def _fits_together(self) -> Numbers:
        score, prior = self.score, self.amplification
        knots = score.map_from
        if len(knots) != len(score.map_to):
            raise ValueError("[score] map_from and map_to differ in length")
        if knots[0] != 0 or knots[-1] != 1 or len(set(knots)) < len(knots):
            raise ValueError("[score] map_from must rise from 0 to 1 without two equal knots")
        if score.map_to[0] != 0 or score.map_to[-1] > 1:
            raise ValueError("[score] map_to must start at 0, where there is nothing to explain, and end at 1 at most")
        if score.ref_amplification <= prior.alpha0 / (prior.alpha0 + prior.beta0):
            raise ValueError("[score] ref_amplification must be above the prior, alpha0 / (alpha0 + beta0)")
        if score.beta_reach + score.beta_network == 0:
            raise ValueError("[score] beta_reach and beta_network are 0: platforms without posts could show nothing")
        for features in (("reach", "amplification", "network"), ("followers", "listed")):
            if not hasattr(score, f"beta_{features[0]}"):  # counters that are worth people have no betas
                continue
            betas = sum(getattr(score, f"beta_{feature}") for feature in features)
            if not 0 < betas < 1:
                raise ValueError(
                    f"[score] the betas of {', '.join(features)} sum to {betas}; they must sum to less than 1, or"
                    " -ln(1 - s) is infinite"
                )
        return self

    def parameters(self) -> dict[str, Any]:
        """The numbers by the names of the queries' parameters."""
        return {
            f"{_PREFIXES.get(section, '')}{name}": value
            for section, numbers in self.model_dump().items()
            for name, value in numbers.items()
        }


class NumbersV2(Numbers):
    """All sections of a model whose `formulas` are "v2" (sql/v2)."""

    evidence: EvidenceV2
    trust: TrustV2  # type: ignore[assignment]
    score: ScoreV2  # type: ignore[assignment]


#: formulas -> the numbers of their models.
_FORMULAS: dict[str, type[Numbers]] = {"v1": Numbers, "v2": NumbersV2}
#: Sections in which a name alone would not say what it counts.
_PREFIXES = {"base": "base_", "counters": "counter_"}


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
        """The query of a name in this model's formulas: `ties`, or `v2/ties`."""
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
        raise InvalidInput(
            f"{file}: [follows] must hold model, a file beside this one, and since, a date, and nothing else"
        )
    name, since = section["model"], section["since"]
    if not isinstance(name, str) or not isinstance(since, date) or isinstance(since, datetime):
        raise InvalidInput(f"{file}: [follows] model must be a file's name and since a date such as 2026-06-01")
    if name == file.name:
        raise InvalidInput(f"{file}: [follows] model is this file; name the one before it")
    earlier = read_model(file.with_name(name))
    if earlier.since >= since:
        raise InvalidInput(f"{file}: [follows] since is {since}; {name} itself is in force since {earlier.since} only")
    return {"earlier": earlier, "since": since}


def is_released(model: Model) -> bool:
    """Whether a model scores as one of sql/models does: by the same formulas and numbers, whatever days it compares with."""

    def scores_by(each: Model) -> tuple[str, dict[str, Any]]:
        return each.formulas, {**each.parameters, "days_before": []}

    return any(scores_by(model) == scores_by(read_model(file)) for file in sorted((SQL / "models").glob("v*.toml")))


def read_model(file: Path) -> Model:
    """Read and check a model file. Every number must be there, be a number, and be known."""
    if not file.is_file():
        raise InvalidInput(f"{file}: no such model file")
    content = file.read_bytes()
    try:
        text = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: not a TOML file: {error}") from error
    version = text.pop("model_version", None)
    if not isinstance(version, str) or not version:
        raise InvalidInput(f"{file}: model_version is missing")
    follows = text.pop("follows", None)
    formulas = text.pop("formulas", "v1")
    if formulas not in _FORMULAS:
        raise InvalidInput(f"{file}: formulas is {formulas!r}; known are {', '.join(_FORMULAS)}")
    numbers, others = _FORMULAS[formulas], beside.numbers(file, text)
    try:
        parameters = (
            others | numbers.model_validate({section: {} for section in numbers.model_fields} | text).parameters()
        )
    except ValidationError as error:
        raise InvalidInput(f"{file}: {_worst(error.errors(include_url=False))}") from None
    earlier = _earlier(file, follows)
    if earlier and earlier["earlier"].version == version:
        raise InvalidInput(f"{file}: model_version {version} is also that of the model that it follows")
    return Model(version, parameters, hashlib.sha256(content).hexdigest(), formulas=formulas, **earlier)


def _worst(errors: list[ErrorDetails]) -> str:
    """The first mistake to mend, in words: what is missing or wrong, then what is unknown."""
    ranks = {"model_type": 0, "value_error": 1, "missing": 1}
    error = min(errors, key=lambda one: (ranks.get(one["type"], 2), -len(one["loc"])))
    section, *name = map(str, error["loc"] or ("",))
    if error["type"] == "extra_forbidden":
        unknown = [
            one["loc"][-1] for one in errors if one["type"] == error["type"] and one["loc"][:-1] == error["loc"][:-1]
        ]
        said = ", ".join(map(str, unknown))
        return f"[{section}] has unknown {said}" if name else f"unknown section {said}"
    if error["type"] == "missing":
        return f"[{section}] {name[0]} must be a number, is None"
    if error["type"] != "value_error":
        return f"{section} must be a section"
    cause = str(error["ctx"]["error"])
    if not name:
        return cause
    return f"[{section}] {name[0]} {cause}" + ("" if isinstance(error["input"], list) else f", is {error['input']!r}")
