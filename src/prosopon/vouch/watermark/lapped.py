"""The functions that carry the mark: cosines under overlapping windows, local both in place and in frequency.

Modulated lapped transform (Princen, Bradley 1986; Malvar 1990) with the sine window, over `BLOCKS` pieces of [0, 1]:
orthonormal, without edges that could be seen, and a crop harms only the blocks that it touches (of a DCT of the whole
frame it would harm every coefficient). The functions are known in closed form, so they are evaluated at the pixel
centres of a picture of any size, and resizing changes nothing but what it blurs.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

BLOCKS = 14
"""Along each side. More are hit by fewer errors of a crop; fewer lie at lower frequencies, which codecs keep better."""
FREQUENCIES = 2
"""Of each block; frequency k stands for (k + 1/2) * BLOCKS / 2 cycles over the whole side."""


def functions(places: NDArray[np.floating]) -> NDArray[np.float32]:
    """Every function at these places, `float32 (BLOCKS * FREQUENCIES, n)`: the frequencies of a block side by side.

    Their squares integrate to 1 over [0, 1]; outside, all are 0.

    Args:
        places: `(n,)`, from 0 (one edge of the frame) to 1 (the other).
    """
    local = np.asarray(places, np.float64)[None] * BLOCKS - np.arange(BLOCKS)[:, None]
    window = np.where(np.abs(local - 0.5) < 1.0, np.sin(np.pi / 2.0 * (local + 0.5)), 0.0)
    # At the frame's own edges nothing overlaps.
    window[0] = np.where(local[0] < 0.5, local[0] >= 0.0, window[0])
    window[-1] = np.where(local[-1] > 0.5, local[-1] <= 1.0, window[-1])
    frequency = np.pi * (np.arange(FREQUENCIES) + 0.5)
    waves = np.cos(frequency[None, :, None] * local[:, None]) * np.sqrt(2.0 * BLOCKS)
    values: NDArray[np.float32] = (window[:, None] * waves).reshape(BLOCKS * FREQUENCIES, -1).astype(np.float32)
    return values


@lru_cache(maxsize=8)
def sampled(size: int) -> NDArray[np.float32]:
    """Every function at the centres of `size` pixels, `float32 (BLOCKS * FREQUENCIES, size)`; not to be changed."""
    values = functions((np.arange(size) + 0.5) / size)
    values.flags.writeable = False
    return values


def analyse(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Coefficients of a plane `float32 (H, W)`, as `float32 (BLOCKS, FREQUENCIES, BLOCKS, FREQUENCIES)`: block and
    frequency downwards, block and frequency across. They do not depend on the size of the plane, nor on its mean."""
    height, width = plane.shape
    plane = plane - plane.mean()  # the functions at the border do not integrate to 0
    down, across = sampled(height) / np.float32(height), sampled(width) / np.float32(width)
    coefficients: NDArray[np.float32] = (down @ plane) @ across.T
    return coefficients.reshape(BLOCKS, FREQUENCIES, BLOCKS, FREQUENCIES)


def synthesise(coefficients: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """The plane `float32 (H, W)` of these coefficients, as `analyse` gives them."""
    side = BLOCKS * FREQUENCIES
    rows: NDArray[np.float32] = sampled(height).T @ coefficients.reshape(side, side).astype(np.float32)
    plane: NDArray[np.float32] = rows @ sampled(width)
    return plane
