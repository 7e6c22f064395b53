"""Smoothing that stops at edges: the bilateral filter, by way of a coarse grid over place and brightness.

Chen, Paris, Durand, Real-time Edge-aware Image Processing with the Bilateral Grid, SIGGRAPH 2007: values are gathered
in the cells of a small grid, blurred there, and read back. A cell is as wide as the filter, so the wider, the quicker.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d

_BLUR = np.array((0.25, 0.5, 0.25))
"""Along each axis, in cells; together with writing and reading between them about a Gaussian as wide as one cell."""
_TINY = 1e-6


def bilateral(
    values: NDArray[np.float32],
    guide: NDArray[np.floating],
    sigma_px: float,
    sigma_guide: float,
    weights: NDArray[np.floating] | None = None,
) -> NDArray[np.float32]:
    """Means of values over pixels that are near, and near in the guide.

    Args:
        values: `(H, W, C)`.
        guide: `(H, W)`: a mean never reaches across its edges.
        sigma_px: how far it reaches in the picture; about the standard deviation of a Gaussian.
        sigma_guide: how far in the guide, in its units.
        weights: `(H, W)`, how much each pixel counts; none, all alike.

    Returns:
        `float32 (H, W, C)`; where nothing near counts, the values as they are.
    """
    height, width, channels = values.shape
    brightness = guide.astype(np.float32) / np.float32(sigma_guide)
    axes = [
        np.broadcast_to(np.arange(height, dtype=np.float32)[:, None] / np.float32(sigma_px), (height, width)),
        np.broadcast_to(np.arange(width, dtype=np.float32) / np.float32(sigma_px), (height, width)),
        brightness - np.floor(brightness.min()),
    ]
    # One cell of margin on both sides takes what the blur carries over the edge.
    size = tuple(int(axis.max()) + 4 for axis in axes)
    cells, shares = _corners([axis.ravel() + 1 for axis in axes], size)
    counts = np.ones(height * width, np.float32) if weights is None else weights.astype(np.float32).ravel()
    flat = values.reshape(-1, channels)
    held = [counts, *(counts * flat[:, channel] for channel in range(channels))]
    count, *sums = (_read(_blurred(_gathered(one, cells, shares, size)), cells, shares) for one in held)
    means = np.stack([(total + _TINY * flat[:, i]) / (count + _TINY) for i, total in enumerate(sums)], axis=-1)
    return means.reshape(values.shape).astype(np.float32)


def _corners(
    places: list[NDArray[np.float32]], size: tuple[int, ...]
) -> tuple[list[NDArray[np.int32]], list[NDArray[np.float32]]]:
    """The eight cells around each place of the grid, as flat indices, and how much of it each has."""
    before = [place.astype(np.int32) for place in places]
    beyond = [place - cell.astype(np.float32) for place, cell in zip(places, before, strict=True)]
    cells, shares = [], []
    for corner in product((0, 1), repeat=3):
        (y, x, z) = (cell + step for cell, step in zip(before, corner, strict=True))
        cells.append((y * size[1] + x) * size[2] + z)
        share = np.ones_like(beyond[0])
        for step, part in zip(corner, beyond, strict=True):
            share = share * (part if step else 1 - part)
        shares.append(share)
    return cells, shares


def _gathered(
    numbers: NDArray[np.float32],
    cells: list[NDArray[np.int32]],
    shares: list[NDArray[np.float32]],
    size: tuple[int, ...],
) -> NDArray[np.float64]:
    grid = np.zeros(int(np.prod(size)))
    for cell, share in zip(cells, shares, strict=True):
        grid += np.bincount(cell, share * numbers, grid.size)
    return grid.reshape(size)


def _blurred(grid: NDArray[np.float64]) -> NDArray[np.float32]:
    for axis in range(grid.ndim):
        grid = convolve1d(grid, _BLUR, axis=axis, mode="constant")
    return grid.astype(np.float32)


def _read(
    grid: NDArray[np.float32], cells: list[NDArray[np.int32]], shares: list[NDArray[np.float32]]
) -> NDArray[np.float32]:
    read = np.zeros(len(cells[0]), np.float32)
    for cell, share in zip(cells, shares, strict=True):
        read += share * grid.take(cell)
    return read
