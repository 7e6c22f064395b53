"""The warp of the original face swap: a coarse grid of knots, each moved at random, spread bilinearly over the crop.

The published programs enlarge the knots' coordinates by a resize that counts from the middle of pixels and read the
picture at places that count from the first pixel's centre: on average what they learn from lies half a pixel beside
what it should. Ours is centred; `as_released` brings the half pixel back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import UsageError
from prosopon.datasets.warps.sampling import lattice
from prosopon.faces.aligned.umeyama import similarity


@dataclass(frozen=True)
class GridWarp:
    """How a crop is warped. The defaults are those of deepfakes/faceswap."""

    knots: int = 5
    """Along one side, those on the edge included; all of them move."""
    sigma: float = 5 / 256
    """Standard deviation of a knot's place along x and y, as a share of the crop's side."""
    as_released: bool = False
    """With the half pixel that the published programs are off."""

    def __post_init__(self) -> None:
        if self.knots < 2:
            raise UsageError(f"a grid of {self.knots} knots a side has no corners", "use 2 or more")
        if not self.sigma >= 0:
            raise UsageError(f"knots cannot move by {self.sigma:g} of the crop", "use 0 or more")

    def draw(self, rng: np.random.Generator, size_px: int) -> NDArray[np.float32]:
        """A random map: where in the crop, whose side is 1, each pixel reads; `float32 (size_px, size_px, 2)`."""
        noise = rng.normal(0.0, self.sigma, (2, self.knots, self.knots))
        return grid_map(noise, size_px, half_pixel=0.5 / size_px if self.as_released else 0.0)


def grid_map(
    noise: NDArray[np.floating], size_px: int, *, start: float = 0.0, side: float = 1.0, half_pixel: float = 0.0
) -> NDArray[np.float32]:
    """The map of given movements of the knots.

    Args:
        noise: `(2, n, n)`, how far each knot moves along x and along y, in units of the source.
        size_px: side of the result.
        start, side: the square of the source that the grid spans.
        half_pixel: what is added to both coordinates: 0, or 0.5 pixel of the source for the maps as released.

    Returns:
        `float32 (size_px, size_px, 2)`, continuous places in the source.
    """
    read = lattice(size_px) * np.float32(side) + np.float32(start + half_pixel)
    read += spread(noise, size_px).transpose(1, 2, 0)
    return read


def spread(knots: NDArray[np.floating], size_px: int) -> NDArray[np.float32]:
    """Values at knots, from one edge of a square to the other, interpolated bilinearly at its pixel centres.

    Args:
        knots: `(..., n, n)`, n of 2 or more.
        size_px: pixels along a side.

    Returns:
        `float32 (..., size_px, size_px)`.
    """
    count = knots.shape[-1]
    at = (np.arange(size_px) + 0.5) * ((count - 1) / size_px)
    hats = np.maximum(0.0, 1.0 - np.abs(at[:, None] - np.arange(count)))
    values: NDArray[np.float64] = hats @ knots @ hats.T
    return values.astype(np.float32)


def mean_similarity(
    noise: NDArray[np.floating], size_px: int, *, start: float = 0.0, side: float = 1.0
) -> NDArray[np.float64]:
    """The similarity that fits moved knots best, by which the programs of 2018 moved the target along.

    Args:
        noise: `(2, n, n)`, how far each knot moves, in units of the source.
        size_px: side of the target.
        start, side: the square of the source that the grid spans.

    Returns:
        `(2, 3)`, from places in the source to pixels of the target. The numbers are those of the published programs,
        which read them as indices of pixels, so that their target is not centred either.

    Raises:
        MediaError: no similarity fits, because the knots were moved to one place or mirrored.
    """
    line = np.linspace(0.0, 1.0, noise.shape[-1])
    still = np.stack(np.meshgrid(line, line), axis=-1)
    moved = start + side * still + noise.transpose(1, 2, 0)
    return similarity(moved.reshape(-1, 2), still.reshape(-1, 2) * size_px)
