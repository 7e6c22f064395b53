"""How probable it is that something unmarked reads as well as what was read.

In an unmarked picture each bit reads 0 or 1 with equal probability: another dither, as probable for the key, shifts a
block's lattices by half a step, which turns its bit under every hypothesis and leaves alone how clearly it reads. So
hypotheses may be chosen by the clarity of their bits as often as one likes; only decoding looks at the bits themselves.
There are 2^68 valid words. The probability that any of them disagrees with random bits no more than the one that was
found, each bit counted by how clearly it reads, is at most 2^68 times the probability for one word, and that is bounded
by Chernoff's inequality. Where all bits read equally clearly this is the volume of a Hamming ball. Every hypothesis on
which a decoding was tried (another crop, another contrast, another piece of a video) is a further chance, and
multiplies it: Boole's inequality, which holds even though the hypotheses are much alike.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from prosopon.vouch.watermark.code import VALID_BITS

LIMIT = 1e-6
"""A mark counts as found only if the p-value of the whole search is at most this."""


def log_p_value(clarity: NDArray[np.floating], disagrees: NDArray[np.bool_], windows: int) -> float:
    """Natural logarithm of the bound, at most 0.

    Args:
        clarity: `(n,)` how clearly each bit reads, from 0.
        disagrees: `(n,)` whether it differs from the word that was found.
        windows: number of hypotheses on which a decoding was tried.
    """
    weights = np.asarray(clarity, np.float64)
    total = float(weights.sum())
    if not np.isfinite(total) or total <= 0.0:
        return 0.0
    disagreement = float(weights[disagrees].sum())
    if disagreement >= total / 2.0:
        return 0.0
    scale = len(weights) / total  # makes the mean weight 1, so that the search below suits every input

    def bound(exponent: float) -> float:
        rate = np.exp(exponent) * scale
        return float(rate * disagreement + (np.log1p(np.exp(-rate * weights)) - np.log(2.0)).sum())

    tightest = minimize_scalar(bound, bounds=(-6.0, 6.0), method="bounded")
    return min(0.0, float(tightest.fun) + VALID_BITS * math.log(2.0) + math.log(max(1, windows)))
