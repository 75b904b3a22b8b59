"""The bounds of metrics, as expectations/bounds.toml declares them, and the checks that follow from them."""

from __future__ import annotations

import tomllib
from math import isfinite
from pathlib import Path
from typing import Any

import pyarrow as pa

from clout.errors import InvalidInput
from clout.lake.schemas import small_arrow

#: The file beside the suites.
FILE = "bounds.toml"
#: A check fails where a metric deviates by more than three spreads on its wrong side.
_FAILS = {"below": "deviation < -3", "above": "deviation > 3", "either": "abs(deviation) > 3"}
_NUMBERS = ("ideal", "usual", "step", "chance")
#: May be left out: none then.
_FEW = "few"
_TABLE = pa.schema(
    [*((name, pa.string()) for name in ("dataset", "metric")), *((name, pa.float64()) for name in (*_NUMBERS, _FEW))]
)


def table(folder: Path) -> pa.Table:
    """The bounds as the input {bounds} of sql/drift.sql. Raises InvalidInput where the file has none, or a broken one."""
    _, bounds = _read(folder / FILE)
    return small_arrow(
        _TABLE,
        [(*key, *(float(each[name]) for name in _NUMBERS), float(each.get(_FEW, 0))) for key, each in bounds.items()],
    )


def checks(folder: Path) -> list[dict[str, Any]]:
    """The expectations of the suite `metrics` that follow from the bounds: warnings on which a person must decide."""
    reasons, bounds = _read(folder / FILE)
    found: dict[tuple[str, str, str], list[str]] = {}
    for (dataset, metric), each in bounds.items():
        found.setdefault((each["check"], dataset, _FAILS[each["wrong"]]), []).append(f"'{metric}'")
    return [
        {
            "type": "unexpected_rows_expectation",
            "kwargs": {
                "unexpected_rows_query": f"SELECT * FROM {{batch}} WHERE dataset = '{dataset}'"
                f" AND metric IN ({', '.join(metrics)}) AND {fails}"
            },
            "severity": "warning",
            "meta": {"id": id, "why": reasons[id], "gate": "approve"},
        }
        for (id, dataset, fails), metrics in sorted(found.items(), key=lambda each: [*reasons].index(each[0][0]))
    ]


def _read(file: Path) -> tuple[dict[str, str], dict[tuple[str, str], dict[str, Any]]]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{file}: cannot be read: {error}; nothing is published unaudited") from error
    reasons = content.pop("why", None)
    if not isinstance(reasons, dict) or not all(isinstance(why, str) and why for why in reasons.values()):
        raise InvalidInput(f"{file}: [why] must hold the reason of each check, as text")
    bounds = {}
    for dataset, metrics in content.items():
        for metric, each in metrics.items() if isinstance(metrics, dict) else [("", {})]:
            where = f"{file}: [{dataset}] {metric}"
            if not isinstance(each, dict) or each.keys() - {_FEW} != {*_NUMBERS, "wrong", "check"}:
                raise InvalidInput(
                    f"{where}: must say {', '.join(_NUMBERS)}, wrong and check, and nothing else but {_FEW}"
                )
            if not all(
                type(each[name]) in (int, float) and isfinite(each[name]) for name in each.keys() - {"wrong", "check"}
            ):
                raise InvalidInput(f"{where}: {', '.join(_NUMBERS)} and {_FEW} must be numbers")
            if min(each["step"], each["chance"], each.get(_FEW, 0)) < 0 or each["step"] + each["chance"] == 0:
                raise InvalidInput(f"{where}: must have a step or a chance above 0, and neither below")
            if each["wrong"] not in _FAILS or each["check"] not in reasons:
                raise InvalidInput(f"{where}: wrong is one of {', '.join(_FAILS)}, check a name of [why]")
            bounds[dataset, metric] = each
    if unused := reasons.keys() - {each["check"] for each in bounds.values()}:
        raise InvalidInput(f"{file}: [why] has checks that no metric names: {', '.join(sorted(unused))}")
    return reasons, bounds
