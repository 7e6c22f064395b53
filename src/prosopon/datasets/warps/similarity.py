"""Random rotation, zoom, shift and mirroring of a crop: what the input and the target of a pair have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import UsageError


@dataclass(frozen=True)
class RandomSimilarity:
    """How far a crop is moved; every quantity is uniform. The defaults are those of faceswap's `original`."""

    rotation_deg: float = 10.0
    """At most, either way."""
    zoom: tuple[float, float] = (0.95, 1.05)
    """Factor by which what is seen gets larger."""
    shift: float = 0.05
    """At most, either way, along x and y, as a share of the crop's side."""
    flip: float = 0.5
    """How often the crop is mirrored, 0 to 1."""

    def __post_init__(self) -> None:
        low, high = self.zoom
        if not 0 < low <= high < np.inf:
            raise UsageError(f"zoom from {low:g} to {high:g} is no range of factors", "use two factors above 0")
        if not 0 <= self.flip <= 1:
            raise UsageError(f"a crop cannot be mirrored {self.flip:g} of the time", "use a share from 0 to 1")
        if not (self.rotation_deg >= 0 and self.shift >= 0):
            raise UsageError("rotation and shift go either way, so they cannot be negative", "use 0 or more")

    def draw(self, rng: np.random.Generator, size_px: float = 1.0) -> tuple[NDArray[np.float64], bool]:
        """A random similarity of a crop onto itself.

        Args:
            rng: the only source of chance.
            size_px: side of the crop, in whatever unit the matrix shall have.

        Returns:
            `(2, 3)`, from places in the crop to where they are seen afterwards, and whether the crop is mirrored.
        """
        rotation = float(rng.uniform(-self.rotation_deg, self.rotation_deg))
        zoom = float(rng.uniform(*self.zoom))
        x, y = rng.uniform(-self.shift, self.shift, 2).tolist()
        flipped = bool(rng.random() < self.flip)
        return similarity(rotation, zoom, (x, y), size_px, flipped=flipped), flipped


def similarity(
    rotation_deg: float, zoom: float, shift: tuple[float, float], size_px: float = 1.0, *, flipped: bool = False
) -> NDArray[np.float64]:
    """A rotation and zoom about the middle of a square crop, then a shift, then mirroring.

    Args:
        rotation_deg: counter-clockwise in the picture.
        zoom: factor.
        shift: right and down, as shares of the crop's side.
        size_px: the crop's side.
        flipped: left and right change places at last.

    Returns:
        `(2, 3)`, point to point.
    """
    angle = np.radians(rotation_deg)
    cos, sin = zoom * np.cos(angle), zoom * np.sin(angle)
    linear = np.array(((cos, sin), (-sin, cos)))
    middle = np.full(2, size_px / 2)
    matrix = np.column_stack((linear, middle + np.array(shift) * size_px - linear @ middle))
    if flipped:
        matrix[0] *= -1
        matrix[0, 2] += size_px
    return matrix
