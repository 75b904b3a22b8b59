"""The frontier of the defences: how much a crowd of accounts can be worth, against how well honest people are ranked.

A setting is a way of trust, of seeds, and the bound of sql/v2/capped_audience.sql: `floor` people need nobody's word, and
trusted people let in others by `cap` and `cap_half`. Of each setting two things are told: the largest leverage of random
attacks (see leverage.py), and NDCG@100 of its True Reach without any attack. A better setting is one to the left and above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clout.engine.frames import Frame, to_arrow
from clout.research import attack_families, dataset, evaluation, leverage
from clout.research.attacks import inject
from clout.research.dataset import Dataset
from clout.research.environments import Environment, People
from clout.score.model import Model
from clout.score.plan import Plan

#: People who need nobody's word; (cap, cap_half) of what trusted people let in. Without a bound last: a head count.
FLOORS = (2.0, 4.5, 20.0, 40.0, 100.0, 400.0)
CAPS = ((0.0, 1.0), (2.5, 1.0), (30.0, 1.0), (130.0, 100.0), (500.0, 100.0))
#: What is made of the graph of who acted on whom. An amount: see engine/trust_flow.py, by the model's numbers or by others; a
#: colour spreads along any act, without loss.
AMOUNT, GENEROUS, COLOUR = "amount", "amount, generous", "colour"
WAYS: dict[str, Mapping[str, float]] = {AMOUNT: {}, GENEROUS: {"seed_trust": 10.0, "trust_share": 0.85}, COLOUR: {}}
#: How seeds are chosen: whether the operator names them, and what is asked of who is elected.
SEEDS: dict[str, tuple[bool, Mapping[str, float]]] = {
    "elected": (False, {}),
    "elected of the first 200": (False, {"seed_place": 200}),
    "named": (True, {}),
}
#: Families that are bounded somewhere: where nobody is a seed nothing is, and a panel of real people costs what it is worth.
FAMILIES = (
    *("foothold by the trusted", "self-thanking", "elected seeds", "ring sharing celebrities"),
    *("viral thread", "slow drip, aged", "relay tree"),
)


@dataclass(frozen=True)
class Setting:
    """One choice of the defences."""

    way: str
    seeds: str
    floor: float
    cap: float
    cap_half: float

    @property
    def numbers(self) -> dict[str, float]:
        """As the parameters of sql/v2/capped_audience.sql, wherever seeds are from."""
        bound = {"floor": self.floor, "cap": self.cap, "cap_half": self.cap_half}
        return bound | {f"named_{name}": value for name, value in bound.items()}


def settings(model: Model) -> list[Setting]:
    """The settings that are compared: all of the grid, the model's own, and no bound at all."""
    grid = [Setting(way, seeds, floor, *cap) for way, seeds, floor, cap in product(WAYS, SEEDS, FLOORS, CAPS)]
    unbounded = [Setting(AMOUNT, seeds, float("inf"), 0.0, 1.0) for seeds in SEEDS]
    return list(dict.fromkeys([*grid, *own_settings(model), *unbounded]))


def own_settings(model: Model) -> list[Setting]:
    """What the model's numbers say: where seeds are elected, and where the operator names them."""
    numbers = model.parameters
    return [
        Setting(AMOUNT, seeds, *(numbers[f"{prefix}{name}"] for name in ("floor", "cap", "cap_half")))
        for seeds, prefix in (("elected", ""), ("named", "named_"))
    ]


def said_of(setting: Setting) -> dict[str, Any]:
    """The setting as figures tell it; a floor without end is None."""
    floor = None if np.isinf(setting.floor) else setting.floor
    return {
        "trust": setting.way,
        "seeds": setting.seeds,
        "floor": floor,
        "cap": setting.cap,
        "cap_half": setting.cap_half,
    }


def frontier(
    clean: Dataset, people: People, model: Model, day: date, asked: list[Setting], families: str
) -> list[dict[str, Any]]:
    """Of each setting its names and numbers, leverage with the attack that has it, and NDCG@100 of both gains."""
    found: dict[Setting, dict[str, Any]] = {setting: {"leverage": 0.0, "attack": ""} for setting in asked}
    for named in sorted({SEEDS[setting.seeds][0] for setting in asked}):
        there = Environment(False, named).of(clean, day)
        mine = [setting for setting in asked if SEEDS[setting.seeds][0] == named]
        before: dict[Setting, dict[str, float]] = {}
        for setting, plan in _audiences(there, model, day, mine):
            before[setting] = _people(plan, setting)
            found[setting] |= _ndcg(people, before[setting])
        crowd = attack_families.crowd(there, leverage.standing(there, model, day))
        for family, group in attack_families.drawn(crowd, families):
            if family not in FAMILIES:
                continue
            honest = {each.name: leverage.honest_people(each, there) for each in group}
            profiteers = pa.array([each.profiteer for each in group])
            for setting, plan in _audiences(inject(there, group, day), model, day, mine, profiteers):
                after = _people(plan, setting)
                for each in group:
                    more = after.get(each.profiteer, 0.0) - before[setting].get(each.profiteer, 0.0)
                    worth = round(more / max(1, honest[each.name]), 3)
                    if worth > found[setting]["leverage"]:
                        found[setting] |= {"leverage": worth, "attack": each.name}
    return [said_of(setting) | each for setting, each in found.items()]


def _audiences(
    there: Dataset, model: Model, day: date, asked: list[Setting], targets: pa.Array | None = None
) -> Iterator[tuple[Setting, Plan]]:
    """Each setting with a plan that has the weights by its way of trust and its seeds; of some targets only, if so asked."""
    evidence = dataset.build_evidence(there, model, day)
    variants = evidence.resolve("variants")
    ties = evidence.of_variants(variants).resolve("ties")
    for seeds, way in dict.fromkeys((setting.seeds, setting.way) for setting in asked):
        plan = evidence.of_variants(variants, ties=ties)
        plan.tables["seeds"] = plan.run("seeds", **SEEDS[seeds][1])
        plan.tables["trust"] = _trust(plan, way)
        weights = plan.arrow("weights")
        plan.resolve("audience")
        if targets is not None:
            plan.tables["weights"] = weights.filter(pc.is_in(weights["target"], targets))
        for setting in asked:
            if (setting.seeds, setting.way) == (seeds, way):
                yield setting, plan


def _trust(plan: Plan, way: str) -> Frame:
    if way != COLOUR:
        return plan.engine.trust(plan.resolve("edges"), {**plan.parameters, **WAYS[way]})
    found = to_arrow(plan.engine.trust(plan.resolve("edges"), {}))
    trust = found["trusted"].cast(pa.float64())
    kept = found.select(["variant", "platform", "person_id", "seed"])
    return kept.append_column("trust", trust).append_column("gives", pa.nulls(len(kept), pa.float64()).fill_null(0.0))


def _people(plan: Plan, setting: Setting) -> dict[str, float]:
    """person -> people who count by the setting, over all platforms."""
    counted = to_arrow(plan.run("capped_audience", **setting.numbers))
    found: dict[str, float] = {}
    for person, worth in zip(counted["person_id"].to_pylist(), counted["people"].to_pylist(), strict=True):
        found[person] = found.get(person, 0.0) + worth
    return found


def _ndcg(people: People, reach: Mapping[str, float]) -> dict[str, float | None]:
    """NDCG@100 of both gains of a ranking by reach; None where nobody was shared."""
    values = np.array([reach.get(person, 0.0) for person in people.candidates])
    gains = {"ndcg100": people.gain, "ndcg100_log": np.log1p(people.gain)}
    return {name: round(evaluation.ndcg(values, gain), 6) if gain.any() else None for name, gain in gains.items()}


def best(points: list[dict[str, Any]], gain: str) -> list[dict[str, Any]]:
    """The frontier: of all points those that no other beats in both leverage and NDCG, by rising leverage."""
    found: list[dict[str, Any]] = []
    for point in sorted(points, key=lambda each: (each["leverage"], -each[gain])):
        if not found or point[gain] > found[-1][gain]:
            found.append(point)
    return found


#: Of each gain, what its panel is called.
_GAINS = {"ndcg100": "NDCG@100, gain is people", "ndcg100_log": "NDCG@100, gain is ln(1 + people)"}
#: A hundredth of a pixel is enough.
_DIGITS = re.compile(r"(\d+\.\d\d)\d+")
_INK, _SOFT, _LINE = "#1b2733", "#52616f", "#d5dce2"
_COLOURS = {AMOUNT: "#0a6a8a", GENEROUS: "#a4491f", COLOUR: "#7a7f00"}


def figures(clean: Dataset, people: People, model: Model, day: date, families: str) -> dict[str, Any]:
    """All settings of a score date (points), the model's own among them (own), and what a count of people reaches (count)."""
    points = frontier(clean, people, model, day, settings(model), families)
    own = [said_of(setting) for setting in own_settings(model)]
    count = evaluation.head_counts(clean.activity, people.candidates)
    return {
        "model": model.version,
        "score_date": day.isoformat(),
        "families": families,
        "points": points,
        "own": [point for point in points if {name: point[name] for name in own[0]} in own],
        "count": evaluation.judge(count, people.gain),
    }


def show(found: Mapping[str, Any]) -> None:
    """The model's own settings, and the frontier by each gain, in words."""
    rows = [("the model's", point) for point in found["own"]]
    rows += [(f"best by {gain}", point) for gain in _GAINS for point in best(found["points"], gain)]
    print(f"{len(found['points'])} settings, score date {found['score_date']}")
    print(f"  {'':22}{'leverage':>9}{'people':>8}{'ln':>7}  trust; seeds; floor, cap, half")
    for said, each in rows:
        shown = "".join(f"{'none' if each[gain] is None else format(each[gain], '.3f'):>8}" for gain in _GAINS)
        bound = "no bound" if each["floor"] is None else f"{each['floor']:g}, {each['cap']:g}, {each['cap_half']:g}"
        print(f"  {said:22}{each['leverage']:>9.1f}{shown}  {each['trust']}; {each['seeds']}; {bound}")


def drawn(found: Mapping[str, Any]) -> str:
    """The figures as SVG, a panel for each gain: every setting, the frontier as a line, the model's settings ringed, and a
    dashed line where the better count of people stands.
    """
    import altair as alt  # it takes a second
    import vl_convert

    points, own = ([each for each in found[name] if each["ndcg100"] is not None] for name in ("points", "own"))
    counts = {gain: max(each[gain] for each in found["count"].values()) for gain in _GAINS}
    title = f"{len(points)} settings of the defences, {found['score_date']}"
    panels = []
    for gain, said in _GAINS.items():
        x = alt.X(
            "shown:Q",
            title="leverage: people for each honest person who acted",
            scale=alt.Scale(type="log", domain=[1, 10_000]),
        )
        y = alt.Y(f"{gain}:Q", title=said, scale=alt.Scale(zero=False))
        rows = [{**point, "shown": max(1.0, point["leverage"])} for point in points]
        mine = [{**point, "shown": max(1.0, point["leverage"])} for point in own]
        edge = [{**point, "shown": max(1.0, point["leverage"])} for point in best(points, gain)]
        kinds = alt.Color(
            "trust:N", title="trust", scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values()))
        )
        marks = (
            alt.Chart(alt.Data(values=rows))
            .mark_point(size=30, opacity=0.7)
            .encode(
                x=x, y=y, color=kinds, shape=alt.Shape("seeds:N", title="seeds", scale=alt.Scale(domain=list(SEEDS)))
            )
        )
        line = alt.Chart(alt.Data(values=edge)).mark_line(interpolate="step-after", color=_SOFT).encode(x=x, y=y)
        rings = alt.Chart(alt.Data(values=mine)).mark_point(size=220, color=_INK, strokeWidth=2).encode(x=x, y=y)
        asked = (
            alt.Chart(alt.Data(values=[{"at": counts[gain]}]))
            .mark_rule(color=_SOFT, strokeDash=[4, 4])
            .encode(y="at:Q")
        )
        panels.append((line + marks + rings + asked).properties(width=330, height=300))
    whole = alt.hconcat(*panels).properties(title=title, background="white")
    shown = whole.configure(font="system-ui, sans-serif", aria=False).configure_axis(
        labelColor=_SOFT, titleColor=_INK, gridColor=_LINE, titleFontWeight="normal"
    )
    svg: str = vl_convert.vegalite_to_svg(shown.to_dict(validate=False), allowed_base_urls=[])
    return _DIGITS.sub(r"\1", svg)
