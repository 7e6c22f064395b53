"""How far part maps agree: intersection over union of each part, over many pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.core.parts import Part


class Overlap:
    """Counts pixels of pictures; parts are numbered as in `core.parts.Part`."""

    def __init__(self) -> None:
        self._both, self._either = np.zeros(len(Part)), np.zeros(len(Part))

    def add(self, told: NDArray[np.uint8], truth: NDArray[np.uint8], seen: NDArray[np.bool_]) -> None:
        """One picture.

        Args:
            told, truth: part maps `(H, W)`.
            seen: `(H, W)` where they count.
        """
        for part in Part:
            mine, theirs = (told == part) & seen, (truth == part) & seen
            self._both[part] += (mine & theirs).sum()
            self._either[part] += (mine | theirs).sum()

    @property
    def iou(self) -> NDArray[np.float64]:
        """By part, 0 to 1; 0 where neither ever shows it."""
        shares: NDArray[np.float64] = self._both / np.maximum(self._either, 1)
        return shares
