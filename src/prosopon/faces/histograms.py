"""Histograms of colour as unit vectors, so that pictures can be compared by what light and colours they show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame

BINS = 32
"""A channel."""


def histogram(picture: Frame) -> NDArray[np.float32]:
    """The roots of the histograms of red, green and blue, `float32 (96,)` of length 1.

    The scalar product of two is the mean Bhattacharyya coefficient of their channels: 1 the same colours, 0 none in
    common (Bhattacharyya 1943; Comaniciu et al., "Kernel-based object tracking", 2003, equation 16).

    Args:
        picture: `uint8 (H, W, 3)`, at least a pixel.
    """
    bins = picture.reshape(-1, 3) // (256 // BINS)
    counts = np.stack([np.bincount(channel, minlength=BINS) for channel in bins.T])
    roots: NDArray[np.float32] = np.sqrt(counts / (3.0 * len(bins))).astype(np.float32).ravel()
    return roots
