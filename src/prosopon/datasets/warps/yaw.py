"""Faces drawn such that every turn of the head is seen as often as every other, as far as there are faces of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from prosopon.core.errors import UsageError

BINS = 128
LIMIT_RAD = 1.2
"""Turns beyond this, about 69 degrees, share the outermost bins (as in DeepFaceLab)."""


class YawSampler:
    """Draws a bin of yaw among those that have faces, then a face of that bin.

    Faces whose yaw is unknown share one bin of their own, so that they are seen too, but rarely.

    Args:
        yaws_deg: `(N,)` degrees, NaN where unknown.
        bins: how many there are over the range.
        limit_rad: the range is from minus to plus this.

    Raises:
        UsageError: there are no faces, or no bins.
    """

    def __init__(self, yaws_deg: ArrayLike, *, bins: int = BINS, limit_rad: float = LIMIT_RAD) -> None:
        yaws = np.radians(np.asarray(yaws_deg, np.float64).reshape(-1))
        if not len(yaws):
            raise UsageError("there are no faces to draw from", "give faces that were found and aligned")
        if bins < 1 or not limit_rad > 0:
            raise UsageError("uniform yaw needs one bin and a range above 0", "use the defaults")
        share = np.clip((yaws + limit_rad) / (2 * limit_rad), 0, 1)
        number = np.where(np.isnan(yaws), bins, np.minimum(np.nan_to_num(share) * bins, bins - 1)).astype(np.intp)
        order = np.argsort(number, kind="stable")
        _, starts = np.unique(number[order], return_index=True)
        self._faces = order
        self._starts = np.append(starts, len(order))

    @property
    def occupied(self) -> int:
        """How many bins have faces."""
        return len(self._starts) - 1

    def draw(self, rng: np.random.Generator) -> int:
        """The index of a face."""
        chosen = int(rng.integers(self.occupied))
        return int(self._faces[int(rng.integers(self._starts[chosen], self._starts[chosen + 1]))])
