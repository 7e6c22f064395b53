"""Brightness bent by a power, as screens and colour management bend it a little."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError

_DARKEST = 1e-4
"""Below a fortieth of a level nothing is seen, and a power below 1 is infinitely steep at 0."""


@dataclass(frozen=True)
class Gamma:
    """Each value to a power; exact but for the rounding."""

    exponent: float = 1.05
    """Above 1 darkens, below 1 brightens."""

    def __post_init__(self) -> None:
        if not 0 < self.exponent < math.inf:
            raise UsageError(f"there is no gamma of {self.exponent}", "use a number above 0")

    def __call__(self, images: Tensor) -> Tensor:
        """`(B, 3, H, W)` in [0, 1]; what lies outside is clipped."""
        return images.clamp(_DARKEST, 1) ** self.exponent

    def real(self, picture: Frame) -> Frame:
        """A table of 256 values."""
        table = np.floor(255 * (np.arange(256) / 255) ** self.exponent + 0.5).astype(np.uint8)
        bent: Frame = table[picture]
        return bent
