"""How wrong a detector is where it is sure: risk over coverage, for those who act on the surest answers only."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

UNANSWERED_RISK = 0.5
"""What an item without an answer costs where all must be decided: a coin decides."""


@dataclass(frozen=True)
class RiskCoverage:
    """Errors among the surest answers.

    Attributes:
        coverage: `(N,)` share of all items that are decided, rising to 1.
        risk: `(N,)` share of errors among those.
        answered: share of items that had an answer: beyond this coverage coins decide.
    """

    coverage: NDArray[np.float64]
    risk: NDArray[np.float64]
    answered: float

    @property
    def area(self) -> float:
        """AURC: the mean risk over all coverages (Geifman and El-Yaniv 2017); of coins 0.5. NaN without items."""
        return float(self.risk.mean()) if len(self.risk) else math.nan

    def at(self, coverage: float) -> float:
        """The risk where that share of items is decided; NaN without items."""
        if not len(self.risk):
            return math.nan
        place = math.ceil(coverage * len(self.risk) - 1e-9)
        return float(self.risk[min(max(place, 1), len(self.risk)) - 1])


def risk_coverage(labels: ArrayLike, log_ratios: ArrayLike) -> RiskCoverage:
    """Take items by how sure they are, and count the errors.

    Args:
        labels: `(N,)`, 1 for fakes.
        log_ratios: `(N,)` above 0 for a fake, the size saying how sure; NaN where there is no answer.

    Equally sure items have no order: each counts the mean of them.
    """
    truth, ratios = np.asarray(labels), np.asarray(log_ratios, dtype=np.float64)
    unanswered = np.isnan(ratios)
    sure = np.where(unanswered, -1.0, np.abs(ratios))
    wrong = np.where(ratios == 0, 0.5, (ratios > 0) != (truth == 1)).astype(np.float64)
    losses = np.where(unanswered, UNANSWERED_RISK, wrong)
    order = np.argsort(-sure, kind="stable")
    sure, losses = sure[order], losses[order]
    _, group, sizes = np.unique(-sure, return_inverse=True, return_counts=True)
    losses = (np.bincount(group, losses, len(sizes)) / np.maximum(sizes, 1))[group]
    numbers = np.arange(1, len(losses) + 1)
    answered = float(1 - unanswered.mean()) if len(ratios) else math.nan
    return RiskCoverage(numbers / max(1, len(losses)), np.cumsum(losses) / numbers, answered)
