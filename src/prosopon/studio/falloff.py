"""Soft weights for displacements of the skin: how far a point of the head is from where they are strongest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def bump(points: Floats, centre: tuple[float, float, float], radius: float) -> Floats:
    """Gaussian weight `(N,)` around a point and its mirror image; `radius` in cm."""
    side = np.abs(points[:, 0]) - centre[0]
    square = side**2 + (points[:, 1] - centre[1]) ** 2 + (points[:, 2] - centre[2]) ** 2
    return np.exp(-square / radius**2)


def ramp(value: Floats, start: float, end: float) -> Floats:
    """Smooth step from 0 at `start` to 1 at `end`."""
    k = np.clip((value - start) / (end - start), 0, 1)
    return k * k * (3 - 2 * k)
