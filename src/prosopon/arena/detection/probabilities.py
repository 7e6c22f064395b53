"""What values are worth as probabilities: log-loss, Brier score, calibration error, reliability, cost of ratios.

`labels` are `(N,)`, 1 for fakes; `values` `(N,)` in [0, 1], the probability of a fake; `weights` `(N,)` or None. What
cannot be computed, there being no item or only one class where both are needed, is NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
BINS = 10
"""Of equal width, for calibration errors and reliability diagrams."""
EDGE = 1e-6
"""Probabilities are kept so far from 0 and 1: one answer that is wrong and sure costs 13.8 nats, and not infinity."""


def log_loss(labels: ArrayLike, values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean of -ln of the probability that was given to what is the case, in nats; of a constant 0.5 it is 0.693."""
    truth, kept = np.asarray(labels), np.clip(np.asarray(values, dtype=np.float64), EDGE, 1 - EDGE)
    return _mean(-np.where(truth == 1, np.log(kept), np.log1p(-kept)), weights)


def brier(labels: ArrayLike, values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean squared difference from the labels; of a constant 0.5 it is 0.25."""
    return _mean((np.asarray(values, dtype=np.float64) - np.asarray(labels)) ** 2, weights)


@dataclass(frozen=True)
class Bin:
    """A row of a reliability table.

    Attributes:
        low, high: of the values in it; the last bin holds 1 as well.
        items: how many there are.
        weight: their share of all weight, 0 to 1.
        expected: their mean value, NaN where there are none.
        seen: the share of fakes among them, NaN likewise.
    """

    low: float
    high: float
    items: int
    weight: float
    expected: float
    seen: float


def reliability(labels: ArrayLike, values: ArrayLike, weights: ArrayLike | None = None) -> tuple[Bin, ...]:
    """Values beside what they came to, in bins of equal width."""
    truth, held = np.asarray(labels), np.asarray(values, dtype=np.float64)
    counts = np.ones(len(held)) if weights is None else np.asarray(weights, dtype=np.float64)
    places = np.clip((held * BINS).astype(int), 0, BINS - 1)
    total = float(counts.sum())
    rows = []
    for number in range(BINS):
        there = places == number
        weight = float(counts[there].sum())
        rows.append(
            Bin(
                number / BINS, (number + 1) / BINS, int(there.sum()), weight / total if total else 0.0,
                _mean(held[there], counts[there]), _mean(truth[there].astype(np.float64), counts[there]),
            )
        )  # fmt: skip
    return tuple(rows)


def calibration_error(labels: ArrayLike, values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Expected calibration error (Guo et al. 2017): mean of |share of fakes - mean value| over bins, by weight."""
    filled = [row for row in reliability(labels, values, weights) if row.weight > 0]
    return float(sum(row.weight * abs(row.seen - row.expected) for row in filled)) if filled else math.nan


def calibration_error_by_chance(values: ArrayLike, weights: ArrayLike | None = None, rounds: int = 200) -> float:
    """What the calibration error would be on average if every value were exactly right: so few items have one, too.

    Labels are drawn by the values themselves.
    """
    held = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(0).random((rounds, len(held))) < held
    return float(np.mean([calibration_error(row.astype(int), held, weights) for row in drawn]))


def balanced(labels: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Weights `(N,)` by which fakes and real items count the same in all, as where the prior is a half.

    Args:
        labels: 1 for fakes.
        weights: how much each counts among its kind; all alike where None.
    """
    truth = np.asarray(labels)
    own = np.ones(len(truth)) if weights is None else np.asarray(weights, dtype=np.float64)
    fakes, real = float(own[truth == 1].sum()), float(own[truth == 0].sum())
    return own * np.where(truth == 1, 0.5 / (fakes or 1.0), 0.5 / (real or 1.0))


def ratio_cost(labels: ArrayLike, log10_lrs: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Cllr (Brümmer and du Preez 2006): what likelihood ratios cost at even odds, in bits.

    0 is perfect, 1 what is lost by saying nothing (a ratio of 1 for all), more is worse than saying nothing. `weights`
    say how much each counts among its kind.
    """
    truth, ratios = np.asarray(labels), np.asarray(log10_lrs, dtype=np.float64) * math.log(10)
    if not (truth == 1).any() or not (truth == 0).any():
        return math.nan
    against = np.where(truth == 1, -ratios, ratios)
    return float(np.sum(balanced(truth, weights) * np.logaddexp(0.0, against)) / math.log(2))


def least_ratio_cost(labels: ArrayLike, values: ArrayLike) -> float:
    """What Cllr would be at best, whatever rising function made ratios of the values: the loss of telling apart alone.

    The function is fitted to these very labels (isotonic regression), so it is a bound and no result.
    """
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 - takes a second

    truth = np.asarray(labels)
    if not (truth == 1).any() or not (truth == 0).any():
        return math.nan
    weights = balanced(truth)
    held = np.asarray(values, dtype=np.float64)
    fitted = IsotonicRegression(y_min=0, y_max=1).fit(held, truth, weights).predict(held)
    with np.errstate(divide="ignore"):
        losses = -np.where(truth == 1, np.log(fitted), np.log1p(-fitted))
    return float(np.sum(weights * losses) / math.log(2))


def probability_at_even_odds(log10_lrs: ArrayLike) -> Floats:
    """Likelihood ratios as the probability of a fake where half of all clips are fakes."""
    ratios = np.asarray(log10_lrs, dtype=np.float64) * math.log(10)
    return np.exp(-np.logaddexp(0.0, -ratios))


def _mean(values: Floats, weights: ArrayLike | None) -> float:
    counts = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    total = float(counts.sum())
    return float(np.sum(values * counts)) / total if total > 0 else math.nan
