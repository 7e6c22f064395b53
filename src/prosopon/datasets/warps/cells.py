"""The warp of DeepFaceLab: a grid of 2, 4 or 8 cells a side whose inner knots move, so that the edge stays in place.

In the released program the maps of x and y share their memory: what moves knots along x moves them, transposed, along
y as well, and the two add up. Ours moves them independently, as was meant; `as_released` does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from prosopon.core.errors import UsageError
from prosopon.datasets.warps.grid import grid_map

_TAIL = 2.5
"""Standard deviations at which the normal distribution is cut off; the rest is scaled to [-1, 1]."""


@dataclass(frozen=True)
class CellWarp:
    """How a crop is warped. The defaults are those of DeepFaceLab."""

    cells: tuple[int, ...] = (2, 4, 8)
    """Along one side; one of these is drawn."""
    jitter: float = 0.24
    """How far an inner knot moves at most along x and y, in cells."""
    as_released: bool = False
    """One movement for x and, transposed, y, of up to twice the jitter; and half a pixel off."""

    def __post_init__(self) -> None:
        if not self.cells or min(self.cells) < 2:
            raise UsageError(f"cells {self.cells} leave no inner knots to move", "use numbers of 2 or more")
        if not self.jitter >= 0:
            raise UsageError(f"knots cannot move by {self.jitter:g} cells", "use 0 or more")

    def draw(self, rng: np.random.Generator, size_px: int) -> NDArray[np.float32]:
        """A random map: where in the crop, whose side is 1, each pixel reads; `float32 (size_px, size_px, 2)`."""
        cells = int(self.cells[int(rng.integers(len(self.cells)))])
        inner = truncated_normal(rng, (2, cells - 1, cells - 1))
        noise = knot_noise(inner, self.jitter / cells, as_released=self.as_released)
        return grid_map(noise, size_px, half_pixel=0.5 / size_px if self.as_released else 0.0)


def knot_noise(inner: NDArray[np.floating], reach: float, *, as_released: bool = False) -> NDArray[np.float64]:
    """How far every knot moves.

    Args:
        inner: `(2, n - 2, n - 2)` in [-1, 1], of the inner knots along x and y.
        reach: what 1 stands for.
        as_released: x gets both movements, that of y transposed; y gets the transpose of that.

    Returns:
        `(2, n, n)`; 0 along the edge.
    """
    x, y = np.asarray(inner, np.float64) * reach
    if as_released:
        x = x + y.T
        y = x.T
    return np.pad(np.stack((x, y)), ((0, 0), (1, 1), (1, 1)))


def truncated_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Normal numbers cut off at 2.5 standard deviations and divided by that: within [-1, 1], standard deviation 0.38.

    Drawn by the inverse of the distribution, so that as many random numbers are used whatever they are.
    """
    low, high = float(ndtr(-_TAIL)), float(ndtr(_TAIL))
    values: NDArray[np.float64] = ndtri(rng.uniform(low, high, shape)) / _TAIL
    return values
