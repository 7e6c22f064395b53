"""Peaks that upsampling leaves: power at places of the spectrum that cameras do not prefer.

A net that doubles the size of its picture by transposed convolutions or by repeating pixels draws a grid of two pixels,
whose place is at half a cycle a pixel along one axis or both; doubling it again, one at a quarter as well (Odena,
Dumoulin, Olah, "Deconvolution and Checkerboard Artifacts", Distill 2016; Frank et al., ICML 2020).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.detect.spectrum.azimuthal import power

PLACES: tuple[tuple[float, float], ...] = (
    (0.5, 0.5), (0.5, 0.0), (0.0, 0.5),
    (0.25, 0.25), (0.25, 0.0), (0.0, 0.25), (0.5, 0.25), (0.25, 0.5),
)  # fmt: skip
"""(y, x) in cycles a pixel."""
_NEAR = 2
"""Half the width of what counts as the place itself, in steps of the spectrum: a window smears a peak so far."""
_AROUND = 8
"""Half the width of the surroundings."""
_FLOOR = 1e-4


@dataclass(frozen=True)
class Peak:
    """The place that stands out most.

    Attributes:
        above_db: decibels above the median of its surroundings.
        y, x: where, cycles a pixel along each axis.
    """

    above_db: float
    y: float
    x: float


def peaks(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each of `PLACES` stands out of its surroundings, `(8,)` decibels.

    The largest power within two steps of the place over the median of those 3 to 8 steps away; noise alone reaches
    about 5 to 8 dB, the largest of some being compared with the median of many.

    Args:
        plane: `(H, W)`, 32 pixels or more a side.
    """
    decibels = 10 * np.log10(np.maximum(power(plane), _FLOOR))
    return np.array([_above(decibels, y, x) for y, x in PLACES])


def strongest(heights: NDArray[np.float64]) -> Peak:
    """The one of `peaks` that stands out most."""
    at = int(heights.argmax())
    return Peak(float(heights[at]), *PLACES[at])


def _above(decibels: NDArray[np.float64], y: float, x: float) -> float:
    height, width = decibels.shape
    steps = np.arange(-_AROUND, _AROUND + 1)
    rows, columns = (round(y * height) + steps) % height, (round(x * width) + steps) % width
    piece = decibels[np.ix_(rows, columns)]
    near = np.maximum(*np.abs(np.meshgrid(steps, steps, indexing="ij"))) <= _NEAR
    return float(piece[near].max() - np.median(piece[~near]))
