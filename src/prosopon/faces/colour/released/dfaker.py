"""The two colour adjustments of dfaker's program, on 8-bit pictures, to repeat its results."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.colour.released.tables import lab8_of, rgb8_of


def average_adjusted(picture: NDArray[np.uint8], like: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Each channel shifted by the difference of means, `(H, W, 3)`; of the difference only whole levels count."""
    shift = np.trunc(like.mean((0, 1)) - picture.mean((0, 1))).astype(np.int64)
    moved: NDArray[np.int64] = np.clip(picture + shift, 0, 255)
    return moved.astype(np.uint8)


def average_transferred(picture: NDArray[np.uint8], like: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Means of 8-bit Lab, `(H, W, 3)`; spreads are scaled by the inverse of their ratio, so contrasts drift apart."""
    own, wanted = (lab8_of(one).astype(np.float64) for one in (picture, like))
    ratio = own.std((0, 1)) / np.maximum(wanted.std((0, 1)), 1e-6)
    moved = (own - own.mean((0, 1))) * ratio + wanted.mean((0, 1))
    return rgb8_of(np.clip(moved, 0, 255).astype(np.uint8))
