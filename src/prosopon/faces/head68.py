"""The mean head in three dimensions: its 68 points of iBUG 300-W, and the edge of its forehead.

From MediaPipe's canonical face model (Apache-2.0), read off where `sixty_eight` puts the points, made exactly symmetric
and rounded. Centimetres: x to the picture's right for a head that faces the viewer, y up, z towards the viewer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.sixty_eight import MIRROR

_HALF = {
    0: (-7.74, 2.36, -2.01), 1: (-7.66, 0.67, -2.44), 2: (-7.41, -1.97, -2.34), 3: (-7.00, -3.84, -2.00),
    4: (-6.33, -5.51, -1.19), 5: (-5.09, -7.18, 0.71), 6: (-3.64, -8.26, 2.36), 7: (-2.31, -8.97, 3.61),
    8: (0.00, -9.40, 4.26),
    17: (-5.72, 4.25, 2.83), 18: (-4.99, 4.80, 3.75), 19: (-3.99, 5.11, 4.47), 20: (-2.76, 5.10, 5.02),
    21: (-1.40, 5.01, 5.32),
    27: (0.00, 2.87, 5.51), 28: (0.00, 1.73, 6.32), 29: (0.00, 0.71, 7.01), 30: (0.00, -0.46, 7.59),
    31: (-1.41, -1.71, 5.24), 32: (-0.60, -2.01, 5.87), 33: (0.00, -2.09, 6.06),
    36: (-4.45, 2.66, 3.17), 37: (-3.67, 2.93, 3.72), 38: (-2.72, 2.96, 3.87), 39: (-1.86, 2.59, 3.76),
    40: (-2.72, 2.32, 3.78), 41: (-3.67, 2.36, 3.64),
    48: (-2.46, -4.34, 4.28), 49: (-1.43, -3.50, 5.50), 50: (-0.71, -3.33, 5.88), 51: (0.00, -3.41, 5.98),
    55: (1.84, -4.83, 4.82), 56: (0.70, -5.29, 5.45), 57: (0.00, -5.37, 5.54),
    60: (-2.15, -4.28, 4.04), 61: (-0.53, -3.99, 5.14), 62: (0.00, -3.99, 5.22), 65: (0.58, -4.52, 5.34),
    66: (0.00, -4.54, 5.40),
}  # fmt: skip
"""One of each pair of mirrored points, and those in the middle."""

_FOREHEAD = (
    (0.00, 8.26, 4.48), (1.89, 8.24, 4.27), (3.52, 8.01, 3.73), (5.13, 7.49, 2.66), (6.28, 6.62, 1.43),
    (7.09, 5.43, 0.10), (7.56, 4.11, -0.99),
)  # fmt: skip


def _whole() -> NDArray[np.float64]:
    points = np.full((68, 3), np.nan)
    for index, place in _HALF.items():
        points[index] = place
        points[MIRROR[index]] = np.array(place) * (-1, 1, 1)
    return points


HEAD: NDArray[np.float64] = _whole()
"""`(68, 3)` in iBUG order."""

FOREHEAD: NDArray[np.float64] = np.array([*_FOREHEAD, *((-x, y, z) for x, y, z in _FOREHEAD[1:])])
"""`(13, 3)`: where the skin of the forehead ends, from temple to temple in no order."""
