"""Affine maps between frames and crops: applied, turned round, one after the other.

A map is `float64 (2, 3)` and moves points (x, y); the first pixel's centre is at (0.5, 0.5) on both sides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.stance import apply, inverse

Matrix = NDArray[np.float64]
"""An affine map `(2, 3)`."""

__all__ = ["Matrix", "apply", "composed", "inverted", "scale_of"]


def inverted(matrix: Matrix) -> Matrix:
    """The map that goes back.

    Raises:
        ValueError: there is none, because the map squeezes everything onto a line or holds what is no number.
    """
    if matrix.shape != (2, 3) or not np.isfinite(matrix).all():
        raise ValueError(f"no affine map: {matrix!r}")
    if not scale_of(matrix) > 0.0:
        raise ValueError(f"an affine map without a way back: {matrix!r}")
    return inverse(matrix)


def composed(second: Matrix, first: Matrix) -> Matrix:
    """The map that does `first`, then `second`."""
    linear = second[:, :2] @ first[:, :2]
    return np.column_stack((linear, apply(second, first[:, 2])))


def scale_of(matrix: Matrix) -> float:
    """How many times longer lengths become; for a map that is no similarity, the root of what areas become."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
