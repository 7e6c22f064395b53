"""The original's frame resampled from a picture in which it lies somewhere."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prosopon.vouch.watermark.lapped import BLOCKS, FREQUENCIES, analyse, sampled
from prosopon.vouch.watermark.lattice import Values, project
from prosopon.vouch.watermark.luma import Plane

_SIDE = 128
"""Samples along each side of the frame: three for the shortest wave of the data."""
WORKING_SIDE_PX = 256
_DARK = 4.0
"""Grey levels: what is no brighter carries no mark; turning a picture leaves black corners."""


def reduced(plane: Plane, side_px: int = WORKING_SIDE_PX) -> Plane:
    """A plane `(H, W)` whose longer side is at most `side_px`, by averaging areas."""
    height, width = plane.shape
    scale = side_px / max(height, width)
    if scale >= 1.0:
        return plane
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR))


class Resampler:
    """Projections of the original under any hypothesis about where it lies.

    Args:
        planes: `(n, H, W)`: pictures in which it lies at the same place, small (see `reduced`).
    """

    def __init__(self, planes: NDArray[np.float32]) -> None:
        self.planes = planes
        self._count, self._height, self._width = planes.shape
        self._flat = planes.reshape(self._count, -1)

    def projections(self, matrix: NDArray[np.float64]) -> Values:
        """Projections `(n, POSITIONS)`.

        Args:
            matrix: `(2, 3)`: points of the original, in [0, 1], to points of the picture, in [0, 1].
        """
        x, y = self._places(matrix)
        # Beyond the border the outermost pixel goes on: the least change that a picture can have there.
        x, y = np.clip(x, 0.0, self._width - 1.0), np.clip(y, 0.0, self._height - 1.0)
        column = np.minimum(x.astype(np.intp), max(0, self._width - 2))
        row = np.minimum(y.astype(np.intp), max(0, self._height - 2))
        across, down = x - column, y - row
        corner = row * self._width + column
        found = []
        for flat in self._flat:
            upper = flat.take(corner) * (1 - across) + flat.take(corner + 1) * across
            lower = flat.take(corner + self._width) * (1 - across) + flat.take(corner + self._width + 1) * across
            found.append(project(analyse(upper * (1 - down) + lower * down)))
        return np.stack(found)

    def weights(self, matrix: NDArray[np.float64]) -> Values:
        """How much of each block is seen, `(POSITIONS,)` in [0, 1]: what lies outside, or in black, is not."""
        x, y = self._places(matrix)
        inside = (x >= -0.5) & (y >= -0.5) & (x <= self._width - 0.5) & (y <= self._height - 0.5)
        column = np.clip(np.rint(x), 0, self._width - 1).astype(np.intp)
        row = np.clip(np.rint(y), 0, self._height - 1).astype(np.intp)
        bright = self.planes.max(axis=0)[row, column] > _DARK
        energy = _energy()
        share = energy @ (inside & bright).astype(np.float32) @ energy.T
        # Measured: a block of which half is missing reads little better than chance.
        seen: Values = np.clip((share - 0.35) / 0.6, 0.0, 1.0).ravel()
        return seen

    def _places(self, matrix: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Where the samples of the frame lie, `(_SIDE, _SIDE)` each, in pixels with the first centre at 0."""
        steps = (np.arange(_SIDE) + 0.5) / _SIDE
        (xx, xy, x0), (yx, yy, y0) = matrix
        x = (xx * steps[None, :] + xy * steps[:, None] + x0) * self._width - 0.5
        y = (yx * steps[None, :] + yy * steps[:, None] + y0) * self._height - 0.5
        return x.astype(np.float32), y.astype(np.float32)


@lru_cache(maxsize=1)
def _energy() -> NDArray[np.float32]:
    """How the energy of each block's functions lies over the samples of a side, `(BLOCKS, _SIDE)`, sums of 1."""
    squares = (sampled(_SIDE) ** 2).reshape(BLOCKS, FREQUENCIES, _SIDE).sum(axis=1)
    energy: NDArray[np.float32] = squares / squares.sum(axis=1, keepdims=True)
    return energy
