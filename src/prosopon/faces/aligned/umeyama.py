"""The similarity that lays one set of points onto another with least squares.

Umeyama, "Least-squares estimation of transformation parameters between two point patterns", IEEE TPAMI 13(4), 1991,
equations 40 to 43.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import MediaError

_COINCIDENT = 1e-12
"""Points whose spread is at most this share of their coordinates are one point."""


def similarity(points: NDArray[np.floating], onto: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rotation, uniform scale and translation that move `points` nearest to `onto`; never a reflection.

    Args:
        points: `(N, 2)`, N >= 2.
        onto: `(N, 2)` in the same order.

    Returns:
        `float64 (2, 3)`: x -> s R x + t.

    Raises:
        ValueError: the two are no `(N, 2)` of the same N >= 2.
        MediaError: a coordinate is no number, or all points of one set coincide, or nothing but a reflection brings
            the two any closer: there is no such map.
    """
    if points.ndim != 2 or points.shape[1] != 2 or points.shape != onto.shape or len(points) < 2:
        raise ValueError(f"a similarity needs two times (N, 2) with N >= 2, not {points.shape} and {onto.shape}")
    source, target = points.astype(np.float64), onto.astype(np.float64)
    for side in (source, target):
        if not np.isfinite(side).all():
            raise MediaError("landmarks of a face hold what is no number", _HINT)
        if np.ptp(side, axis=0).max() <= _COINCIDENT * np.abs(side).max():
            raise MediaError("the landmarks of a face all lie on one point", _HINT)
    middle, wanted_middle = source.mean(0), target.mean(0)
    centred, wanted = source - middle, target - wanted_middle
    # The constant 1/N of covariance and variance cancels.
    left, singular, right = np.linalg.svd(wanted.T @ centred)
    # A reflection's sign belongs to the rotation and to the scale (equation 42): with it in the rotation only, the
    # scale of a mirrored face would come out too large.
    signs = np.array((1.0, np.sign(np.linalg.det(left) * np.linalg.det(right))))
    rotation = (left * signs) @ right
    scale = float(singular @ signs) / float((centred**2).sum())
    if not scale > 0.0:
        raise MediaError("the landmarks of a face fit a face in no position", _HINT)
    return np.column_stack((scale * rotation, wanted_middle - scale * rotation @ middle))


_HINT = "leave that face out, or find the faces again"
