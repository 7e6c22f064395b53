"""Optimal transport on a line: the rising curve that gives one set of numbers the distribution of another.

On a line the cheapest transport pairs what has the same rank, so the curve is `Q_like(F(x))`, of the cumulative
distribution `F` and the quantiles `Q_like`. Both are read off histograms, at the middles of bins: equal distributions
then give the identity, and a single value goes to the middle of the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.colour.sample import Sample

_TINY = 1e-7
"""Weight of a bin that nothing lies in: keeps cumulative distributions rising."""


@dataclass(frozen=True)
class Curves:
    """Piecewise linear curves over one range each, of `K` sets of numbers.

    Attributes:
        low: where the first bin begins, `(K,)`.
        width: of one bin, `(K,)`, positive.
        values: what the middles of the bins go to, `float32 (K, n_bins)`.
    """

    low: NDArray[np.float32]
    width: NDArray[np.float32]
    values: NDArray[np.float32]

    @classmethod
    def between(cls, sample: Sample, like: Sample, n_bins: int, span: tuple[float, float] | None = None) -> Curves:
        """The curves from each channel of a sample to the same channel of another.

        Args:
            sample, like: `(K, N)` and `(K, M)` numbers with weights.
            n_bins: of the histograms.
            span: where the first bin begins and the last ends; as wide as the numbers that count if not given.
        """
        low, width, ranks = _ranked(sample, n_bins, span)
        like_low, like_width, like_ranks = _ranked(like, n_bins, span)
        middles = np.arange(n_bins) + 0.5
        places = np.stack([np.interp(rank, other, middles) for rank, other in zip(ranks, like_ranks, strict=True)])
        return cls(low, width, like_low[:, None] + like_width[:, None] * places.astype(np.float32))

    def of(self, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
        """The curves' values at `(K, N)`; beyond the outermost middles everything moves as far as they do."""
        n_curves, n_bins = self.values.shape
        anywhere = (numbers - self.low[:, None]) / self.width[:, None] - np.float32(0.5)
        place = np.clip(anywhere, 0, n_bins - 1)
        before = np.minimum(place.astype(np.int32), n_bins - 2)
        share = place - before.astype(np.float32)
        at = before + (np.arange(n_curves, dtype=np.int32) * n_bins)[:, None]
        flat = self.values.ravel()
        start = flat.take(at)
        reached: NDArray[np.float32] = (
            start + share * (flat.take(at + 1) - start) + (anywhere - place) * self.width[:, None]
        )
        return reached


def _ranked(
    sample: Sample, n_bins: int, span: tuple[float, float] | None
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
    """Where the bins begin and how wide they are, `(K,)`, and how much lies below their middles, `(K, n_bins)`."""
    numbers, n_curves = sample.colours, len(sample.colours)
    if span is None:
        counting = numbers[:, sample.weights > 0]
        low, high = counting.min(1), counting.max(1)
    else:
        low, high = (np.full(n_curves, edge, np.float32) for edge in span)
    width = np.maximum((high - low) / n_bins, np.float32(1e-6))
    bins = np.clip((numbers - low[:, None]) / width[:, None], 0, n_bins - 1).astype(np.int32)
    bins += (np.arange(n_curves, dtype=np.int32) * n_bins)[:, None]
    counts = np.bincount(bins.ravel(), np.tile(sample.weights, n_curves), n_curves * n_bins)
    held = counts.reshape(n_curves, n_bins) + _TINY
    return low, width, np.cumsum(held, axis=1) - held / 2
