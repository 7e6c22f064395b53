"""What is learnt from: the azimuthal curve, the peaks, and the grid of the cosine transform, as one vector."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.detect.spectrum.azimuthal import BINS, azimuthal, grey
from prosopon.detect.spectrum.cosine import CELLS, cosine_power
from prosopon.detect.spectrum.peaks import PLACES, peaks

CURVE = slice(0, BINS)
PEAKS = slice(CURVE.stop, CURVE.stop + len(PLACES))
GRID = slice(PEAKS.stop, PEAKS.stop + CELLS**2)
SMALLEST_PX = 48


def features(picture: Frame) -> NDArray[np.float64]:
    """All of them for a picture `uint8 (H, W, 3)` RGB at its own resolution, `float64 (364,)`, finite.

    The grid is levelled as the curve is: its own mean is taken off.

    Raises:
        ValueError: it is smaller than 48 pixels.
    """
    if min(picture.shape[:2]) < SMALLEST_PX:
        raise ValueError(f"a picture of {picture.shape[1]}x{picture.shape[0]} pixels is too small to be measured")
    plane = grey(picture)
    grid = cosine_power(plane)
    return np.concatenate((azimuthal(plane), peaks(plane), (grid - grid.mean()).ravel()))
