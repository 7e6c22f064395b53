"""The cosine transform of a picture as a small grid of log power.

Frank, Eisenhofer, Schönherr, Fischer, Kolossa, Holz, "Leveraging Frequency Analysis for Deep Fake Image Recognition",
ICML 2020: log-scaled coefficients of the DCT and a linear classifier. Theirs has a weight for each of 128 x 128
coefficients; faces at their own resolution have any number of them, and so they are averaged to cells.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

CELLS = 16
"""Cells a side: each covers 1/32 of a cycle a pixel along both axes."""
_FLOOR = 1e-4


def cosine_power(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean log power of the DCT-II over cells of equal frequency, `(CELLS, CELLS)` decibels, frequency 0 first.

    The transform is orthonormal: white noise of variance v has 10 log10 v - 5.5 on average in every cell, since the
    mean of a logarithm is less than the logarithm of the mean. The mean of the picture plays no part.

    Args:
        plane: `(H, W)`, 32 pixels or more a side.
    """
    size = scipy.fft.dctn(plane - plane.mean(), norm="ortho") ** 2
    decibels = 10 * np.log10(np.maximum(size, _FLOOR))
    decibels[0, 0] = decibels[0, 1]
    rows, columns = (np.arange(n) * CELLS // n for n in plane.shape)
    summed = np.zeros((CELLS, CELLS))
    np.add.at(summed, (rows[:, None], columns[None, :]), decibels)
    return np.asarray(summed / np.outer(np.bincount(rows), np.bincount(columns)))
