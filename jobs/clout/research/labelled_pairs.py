"""Human judgements "who is more influential, A or B": reads them, fits weights of counters to them, measures both.

The score of counters alone is  sum over counters f of w_f * ln(1 + f), w >= 0; the model file's section [counters] holds
the weights. Source of the columns: the pairs that PeerIndex published in 2013.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from clout.errors import InvalidInput
from clout.research.evaluation import auc

#: A column of the file is `A_` or `B_` and one of these.
COUNTERS = (
    *("follower_count", "following_count", "listed_count", "mentions_received", "retweets_received", "mentions_sent"),
    *("retweets_sent", "posts", "network_feature_1", "network_feature_2", "network_feature_3"),
)
#: How strongly weights are pulled to 0. From 0.03 to 0.2 the cross-validated AUC moves by less than 0.001.
RIDGE = 0.1


@dataclass(frozen=True)
class LabelledPairs:
    """Judged pairs: counters of A and of B (pairs x COUNTERS, NaN where not given), and whether A was chosen."""

    a: np.ndarray
    b: np.ndarray
    first_wins: np.ndarray

    @property
    def differences(self) -> np.ndarray:
        """ln(1 + A) - ln(1 + B), pairs x COUNTERS; 0 where either is not given: what is not known favours nobody."""
        return np.nan_to_num(np.log1p(self.a) - np.log1p(self.b), nan=0.0)

    @property
    def people(self) -> tuple[np.ndarray, np.ndarray]:
        """Who A and B are, as numbers. People have no names in the file: equal counters are one person."""
        both = np.nan_to_num(np.concatenate([self.a, self.b]), nan=-1.0)
        who = np.unique(both, axis=0, return_inverse=True)[1].ravel()
        return who[: len(self.a)], who[len(self.a) :]

    def without(self, *counters: str) -> LabelledPairs:
        """The same pairs with some counters not given."""
        kept = np.array([np.nan if name in counters else 1.0 for name in COUNTERS])
        return LabelledPairs(self.a * kept, self.b * kept, self.first_wins)


def read_pairs(file: Path) -> LabelledPairs:
    """Read a file with the columns Choice (1: A, 0: B), A_<counter> and B_<counter>; an empty counter is one not given.

    Raises InvalidInput where columns are missing, a value is no number of at least 0, or one answer does not occur.
    """
    if not file.is_file():
        raise InvalidInput(f"{file}: no such file of labelled pairs")
    try:
        rows = pd.read_csv(file, dtype=str, keep_default_na=False, skipinitialspace=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as error:
        raise InvalidInput(f"{file}: cannot be read as CSV: {error}") from error
    wanted = ["Choice", *(f"{side}_{counter}" for side in "AB" for counter in COUNTERS)]
    missing = [name for name in wanted if name not in rows.columns]
    if missing:
        raise InvalidInput(
            f"{file}: row 1: no column {', '.join(missing)}; a counter that nobody has is an empty column"
        )
    choice = _numbers(file, rows, "Choice")
    wrong = np.flatnonzero(~np.isin(choice, (0.0, 1.0)))
    if len(wrong):
        raise InvalidInput(
            f"{file}: row {wrong[0] + 2}: Choice is {rows['Choice'][wrong[0]]!r}; it must be 1 (A) or 0 (B)"
        )
    if len(set(choice)) < 2:
        raise InvalidInput(
            f"{file}: {len(choice)} pairs, but not both answers; AUC needs pairs that A won and pairs that B won"
        )
    sides = [np.column_stack([_numbers(file, rows, f"{side}_{name}") for name in COUNTERS]) for side in "AB"]
    return LabelledPairs(sides[0], sides[1], choice == 1.0)


def _numbers(file: Path, rows: pd.DataFrame, column: str) -> np.ndarray:
    text = rows[column].str.strip()
    values = pd.to_numeric(text.where(text != "", "nan"), errors="coerce").to_numpy(dtype=float)
    wrong = np.flatnonzero((np.isnan(values) & (text != "").to_numpy()) | (values < 0) | np.isinf(values))
    if len(wrong):
        raise InvalidInput(
            f"{file}: row {wrong[0] + 2}: {column} is {text[wrong[0]]!r}; it must be a number of at least 0"
        )
    return values


def fit(pairs: LabelledPairs) -> np.ndarray:
    """Weights >= 0, one per counter: the non-negative logistic regression of the answers, with ridge RIDGE."""
    return _fit(pairs.differences, np.where(pairs.first_wins, 1.0, -1.0))


def _fit(differences: np.ndarray, sign: np.ndarray) -> np.ndarray:
    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (differences @ weights)
        pull = sign / (1.0 + np.exp(np.clip(margin, -500, 500)))
        value = np.logaddexp(0.0, -margin).mean() + RIDGE / 2 * weights @ weights
        return float(value), RIDGE * weights - differences.T @ pull / len(sign)

    start = np.full(differences.shape[1], 0.1)
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(start)).x


def cross_validated(pairs: LabelledPairs) -> float:
    """AUC where each pair is judged by weights fitted without any pair of either of its two people.

    Every person is a fold of their own, so that nobody is in training and test, and no draw of folds decides the figure.
    """
    differences, sign = pairs.differences, np.where(pairs.first_wins, 1.0, -1.0)
    first, second = pairs.people
    predicted = np.empty(len(sign))
    for one, other in sorted({(min(pair), max(pair)) for pair in zip(first.tolist(), second.tolist(), strict=True)}):
        mine = (np.minimum(first, second) == one) & (np.maximum(first, second) == other)
        strangers = ~(np.isin(first, (one, other)) | np.isin(second, (one, other)))
        predicted[mine] = differences[mine] @ _fit(differences[strangers], sign[strangers])
    return auc(predicted, pairs.first_wins)


def published_weights(numbers: Mapping[str, Any]) -> list[float]:
    """The weights of a platform's counters in the published score: of v1 followers and lists only, of v2 all of [counters].

    See sql/platform_score.sql and sql/v2/counters.sql.
    """
    if "beta_followers" not in numbers:
        return [numbers[f"counter_{name}"] for name in COUNTERS]
    weights = dict.fromkeys(COUNTERS, 0.0)
    weights["follower_count"] = numbers["beta_followers"] / math.log1p(numbers["ref_followers"])
    weights["listed_count"] = numbers["beta_listed"] / math.log1p(numbers["ref_listed"])
    return list(weights.values())


def judged(pairs: LabelledPairs, weights: Mapping[str, Sequence[float]]) -> dict[str, float | int]:
    """AUC of each of some weights, by name, with the judges; beside followers alone and lists alone."""
    differences = pairs.differences
    by = {name: differences @ np.asarray(each) for name, each in weights.items()} | {
        "auc_followers": differences[:, COUNTERS.index("follower_count")],
        "auc_listed": differences[:, COUNTERS.index("listed_count")],
    }
    return {"n": len(pairs.first_wins), **{name: round(auc(each, pairs.first_wins), 6) for name, each in by.items()}}
