"""The mean of shapes that lie anywhere, at any size and turn: generalised Procrustes analysis.

Gower, "Generalized Procrustes analysis", Psychometrika 40, 1975.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.aligned.maps import apply
from prosopon.faces.aligned.umeyama import similarity

_ROUNDS = 20
_SETTLED = 1e-10


def mean_shape(shapes: Sequence[NDArray[np.floating]]) -> NDArray[np.float64]:
    """The mean of shapes `(N, 2)` after each is laid onto it, `float64 (N, 2)`; place, size and turn of the first.

    Raises:
        ValueError: there are no shapes, or they differ in N.
        MediaError: a shape has no size, or holds what is no number.
    """
    if not shapes:
        raise ValueError("the mean of no shapes")
    mean = shapes[0].astype(np.float64)
    for _ in range(_ROUNDS):
        laid = np.mean([apply(similarity(shape, mean), shape) for shape in shapes], axis=0)
        # Means of shapes that differ are smaller than any of them: without this the mean would shrink every round.
        moved = apply(similarity(laid, mean), laid)
        change = float(np.abs(moved - mean).max())
        mean = moved
        if change <= _SETTLED * float(np.ptp(mean)):
            break
    return mean


def made_symmetric(shape: NDArray[np.floating], mirror: NDArray[np.intp]) -> NDArray[np.float64]:
    """The mean of a shape `(N, 2)` and its mirror image, about the line x = 0; it may stand on its head.

    Args:
        shape: x to the right.
        mirror: `(N,)`: `shape[mirror]` are the points in order after mirroring, see `sixty_eight.MIRROR`.
    """
    half_way = mean_shape((shape, _mirrored(shape, mirror)))
    # Still turned as the shape was. Its mirror image is turned as far the other way: upright is between the two.
    between = similarity(half_way, _mirrored(half_way, mirror))
    angle = np.arctan2(between[1, 0], between[0, 0]) / 2
    cos, sin = np.cos(angle), np.sin(angle)
    upright = (half_way - half_way.mean(0)) @ np.array(((cos, sin), (-sin, cos)))
    symmetric: NDArray[np.float64] = (upright + _mirrored(upright, mirror)) / 2
    return symmetric


def _mirrored(shape: NDArray[np.floating], mirror: NDArray[np.intp]) -> NDArray[np.float64]:
    return (shape.astype(np.float64) * (-1.0, 1.0))[mirror]
