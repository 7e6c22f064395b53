"""What else could have come out with other people: intervals by resampling people, not clips.

Clips of one person are alike, so that resampling clips makes intervals that are much too narrow. A fake shows two
people, though, and each of them is in several: there are no groups of clips that have nothing to do with each other.
So people are drawn with replacement, and a clip counts as often as all of its people were drawn, the product of their
counts (the "pigeonhole" bootstrap, Owen 2007). That is a little too wide rather than too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROUNDS = 1000
CONFIDENCE = 0.95
FEWEST_PEOPLE = 5
"""With fewer people there is no interval: they say nothing of others."""
_TOGETHER = 4_000_000
"""Numbers that are computed together: a few hundred MB."""
_LEAST_DEFINED = 0.8
"""Of the resamplings, so many must have both classes."""


@dataclass(frozen=True)
class Estimate:
    """A figure, and between what it lies in 95 % of resamplings.

    Attributes:
        value: of the sample itself; NaN where it cannot be told.
        low, high: None where there are too few people, or the figure is not resampled.
    """

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def told(self) -> str:
        """For tables."""
        if not np.isfinite(self.value):
            return "-"
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} ({self.low:.2f} to {self.high:.2f})"

    def as_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {"value": self.value, "interval_95": None if self.low is None else [self.low, self.high]}


def drawn_weights(people: Sequence[Sequence[str]], seed: int = 0, rounds: int = ROUNDS) -> NDArray[np.float64] | None:
    """How often each item counts in each resampling, `(rounds, N)`.

    Args:
        people: of each item those who are in it; nobody means somebody of whom nothing else is there.
        seed: the draws follow from it.
        rounds: number of resamplings.

    Returns:
        The weights; None where there are fewer than `FEWEST_PEOPLE`.
    """
    owners = [tuple(dict.fromkeys(who)) or (f"item {number}",) for number, who in enumerate(people)]
    names = sorted({name for who in owners for name in who})
    if len(names) < FEWEST_PEOPLE:
        return None
    place = {name: number for number, name in enumerate(names)}
    counts = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), rounds)
    weights = np.ones((rounds, len(owners)))
    for number, who in enumerate(owners):
        for name in who:
            weights[:, number] *= counts[:, place[name]]
    return weights


def estimated(
    figure: Callable[[NDArray[np.float64] | None], NDArray[np.float64]],
    weights: NDArray[np.float64] | None,
    items: int | None = None,
) -> Estimate:
    """A figure with its interval.

    Args:
        figure: from weights `(B, N)`, or None for all alike, to figures `(B,)`.
        weights: of `drawn_weights`.
        items: how many a figure is computed from, where that is not the number of weights: it decides how many
            resamplings are computed together.
    """
    value = float(figure(None)[0])
    if weights is None or not np.isfinite(value):
        return Estimate(value)
    together = max(1, _TOGETHER // max(1, items or weights.shape[1]))
    parts = [figure(weights[start : start + together]) for start in range(0, len(weights), together)]
    return Estimate(value, *interval(np.concatenate(parts)))


def interval(figures: NDArray[np.float64]) -> tuple[float, float] | tuple[None, None]:
    """The middle 95 % of resampled figures; None where too many of them are not defined."""
    good = figures[np.isfinite(figures)]
    if len(good) < _LEAST_DEFINED * len(figures):
        return None, None
    rest = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(good, [rest, 100 - rest])
    return float(low), float(high)
