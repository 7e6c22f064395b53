"""How well values put fakes before real clips: ROC, AUC, equal error rate, precision; for many weightings at once.

A fake is 1, a real clip 0, and the higher value is the faker one. Figures of one sample are figures of a thousand
resampled ones with the same code: a resampling is a weight for each item, and all are computed together. Where either
class is missing, a figure is NaN.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Ranking:
    """Items in order of their values, the fakest first; equal values are one step of the ROC.

    Args:
        labels: `(N,)`, 1 for fakes, 0 for real.
        values: `(N,)`, higher is faker.
        weights: `(N,)` or `(B, N)`, how much each item counts in each of B weightings; None: all alike, once.

    Attributes:
        thresholds: `(G,)` different values, falling: an item at or above counts as accused.
        alarms: `(B, G + 1)` share of the real ones that are accused, from 0 to 1; the abscissa of the ROC.
        hits: `(B, G + 1)` share of the fakes that are accused, likewise.
    """

    def __init__(self, labels: ArrayLike, values: ArrayLike, weights: ArrayLike | None = None) -> None:
        truth, held = np.asarray(labels), np.asarray(values, dtype=np.float64)
        if truth.ndim != 1 or truth.shape != held.shape:
            raise ValueError(f"labels {truth.shape}, values {held.shape}")
        if not np.isfinite(held).all() or not np.isin(truth, (0, 1)).all():
            raise ValueError("values must be finite, and labels 0 or 1")
        counts = np.atleast_2d(np.ones(len(held)) if weights is None else np.asarray(weights, dtype=np.float64))
        order = np.argsort(-held, kind="stable")
        falling = held[order]
        starts = np.flatnonzero(np.r_[True, falling[1:] != falling[:-1]]) if len(falling) else np.empty(0, int)
        self.thresholds: Floats = falling[starts]
        self._fakes = _summed(counts[:, order] * truth[order], starts)
        self._real = _summed(counts[:, order] * (1 - truth[order]), starts)
        self.hits, self.alarms = _shares(self._fakes), _shares(self._real)

    @property
    def auc(self) -> Floats:
        """`(B,)` area under the ROC: the probability that a fake has the higher value, ties counting half."""
        widths = np.diff(self.alarms)
        area: Floats = np.sum(widths * (self.hits[:, 1:] + self.hits[:, :-1]) / 2, axis=1)
        return self._where_both(area)

    @property
    def eer(self) -> Floats:
        """`(B,)` equal error rate: where 1 - x - TPR(x) = 0, the ROC's vertices being joined by straight lines.

        The public benchmark takes the FPR of the vertex that is nearest to it instead.
        """
        rest = 1 - self.alarms - self.hits
        rows = np.arange(len(rest))
        after = np.argmax(rest <= 0, axis=1)  # the last vertex has -1, the first one 1
        before = np.maximum(after - 1, 0)
        high, low = rest[rows, before], rest[rows, after]
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where(high > low, high / (high - low), 0.0)
        x = self.alarms[rows, before] + part * (self.alarms[rows, after] - self.alarms[rows, before])
        return self._where_both(x)

    @property
    def average_precision(self) -> Floats:
        """`(B,)` sum of precision times the recall that each step gains; of chance it is the share of fakes."""
        accused = self._fakes + self._real
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = np.where(accused > 0, self._fakes / accused, 0.0)[:, 1:]
        summed: Floats = np.sum(np.diff(self.hits) * precision, axis=1)
        return self._where_both(summed)

    def hits_at(self, alarms: float) -> Floats:
        """`(B,)` the largest share of fakes that a threshold accuses which accuses at most `alarms` of the real ones.

        Nothing is interpolated: with fewer than 1 / alarms real items it is what is found without a false alarm.
        """
        allowed = self.alarms <= alarms + 1e-12
        best: Floats = np.max(np.where(allowed, self.hits, 0.0), axis=1)
        return self._where_both(best)

    def _where_both(self, figures: Floats) -> Floats:
        there = (self._fakes[:, -1] > 0) & (self._real[:, -1] > 0)
        return np.where(there, figures, np.nan)


def _summed(counts: Floats, starts: NDArray[np.intp]) -> Floats:
    """Weights `(B, N)` in falling order -> cumulative ones at each different value, with a 0 before, `(B, G + 1)`."""
    if not len(starts):
        return np.zeros((len(counts), 1))
    groups = np.add.reduceat(counts, starts, axis=1)
    return np.concatenate([np.zeros((len(counts), 1)), np.cumsum(groups, axis=1)], axis=1)


def _shares(cumulative: Floats) -> Floats:
    total = cumulative[:, -1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        shares: Floats = np.where(total > 0, cumulative / total, 0.0)
    return shares
