"""Data to measure on: a few frames of each clip, the first of which is to be animated to look like the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FRAMES = 9
"""Frames of a passage, spread evenly over its clip."""


@dataclass(frozen=True)
class Passage:
    """Frames of one clip in order.

    Attributes:
        frames: `uint8 (T, S, S, 3)`.
        landmarks: `float32 (T, 68, 2)` on the lattice of the nets (pixel centres at +-1), NaN where no face was
            found; None where nobody looked.
    """

    frames: NDArray[np.uint8]
    landmarks: NDArray[np.float32] | None = None


class HeldOut(Protocol):
    """Clips that are never learnt from."""

    def passages(self, size_px: int) -> Iterator[Passage]:
        """A passage of each clip, in pictures of `size_px` a side."""
        ...


def spread(start: int, stop: int) -> NDArray[np.int64]:
    """Up to `FRAMES` indices from `start` to before `stop`, evenly apart, the first and the last among them."""
    return np.unique(np.linspace(start, stop - 1, FRAMES).astype(np.int64))
