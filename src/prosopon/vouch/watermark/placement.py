"""`Placement`: where in a picture the marked original lies, which tells how it was cropped, turned and mirrored."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SAMPLES = 64


@dataclass(frozen=True)
class Placement:
    """An affine map from the original to the picture.

    Attributes:
        matrix: 2x3, in rows: a point (x, y) of the original, both in [0, 1], lies at the pixel
            (m00 x + m01 y + m02, m10 x + m11 y + m12) of the picture, where the first pixel's centre is (0.5, 0.5).
        width, height: of the picture, in pixels.
    """

    matrix: tuple[tuple[float, float, float], tuple[float, float, float]]
    width: int
    height: int

    @classmethod
    def whole(cls, width: int, height: int) -> Placement:
        """The picture is the original, perhaps resized."""
        return cls(((float(width), 0.0, 0.0), (0.0, float(height), 0.0)), width, height)

    @classmethod
    def of(cls, matrix: NDArray[np.floating], width: int, height: int) -> Placement:
        """From an array `(2, 3)`."""
        first, second = ((float(row[0]), float(row[1]), float(row[2])) for row in matrix)
        return cls((first, second), width, height)

    @property
    def array(self) -> NDArray[np.float64]:
        """The matrix as `float64 (2, 3)`."""
        return np.array(self.matrix)

    @property
    def mirrored(self) -> bool:
        """Whether left and right are exchanged."""
        return bool(np.linalg.det(self.array[:, :2]) < 0)

    @property
    def rotation_deg(self) -> float:
        """Clockwise turn of the original in the picture, as its vertical lines show it."""
        across, down = self.array[:, 1]
        return math.degrees(math.atan2(-across, down))

    @property
    def size_px(self) -> tuple[float, float]:
        """Width and height that the whole original has at the picture's scale."""
        (width, height) = np.linalg.norm(self.array[:, :2], axis=0)
        return float(width), float(height)

    @property
    def seen(self) -> float:
        """The share of the original that lies within the picture, 0 to 1."""
        steps = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
        x, y = np.meshgrid(steps, steps)
        points = self.array @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
        inside = (points >= 0).all(axis=0) & (points[0] <= self.width) & (points[1] <= self.height)
        return float(inside.mean())

    @property
    def is_whole(self) -> bool:
        """Whether the picture shows all of the original and nothing else, upright, within a half percent."""
        whole = self.whole(self.width, self.height).array
        return bool(np.abs(self.array - whole).max() <= 0.005 * max(self.width, self.height))
