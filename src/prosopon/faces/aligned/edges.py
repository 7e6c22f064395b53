"""Masks made larger, smaller and softer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter


def grown(mask: NDArray[np.float32], px: float) -> NDArray[np.float32]:
    """A mask dilated by a disk, or eroded where `px` is negative; soft masks keep their values.

    The greatest value within a distance. Between whole pixels the result is mixed of both, so that it changes
    smoothly with `px`. What lies outside the picture counts for nothing: a mask that reaches the edge stays there.

    Args:
        mask: `float32 (H, W)` in [0, 1].
        px: radius of the disk in pixels.

    Returns:
        `float32 (H, W)` in [0, 1].

    Raises:
        ValueError: the radius is no number.
    """
    if not np.isfinite(px):
        raise ValueError(f"a mask cannot grow by {px}")
    if px < 0:
        return np.float32(1.0) - grown(np.float32(1.0) - mask, -px)
    # Nothing is farther away than the picture is large.
    radius = min(px, float(sum(mask.shape)))
    whole, rest = int(radius), radius - int(radius)
    result = _dilated(mask, whole)
    if rest > 0.0:
        result = result + np.float32(rest) * (_dilated(mask, whole + 1) - result)
    return result


def _dilated(mask: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """The greatest value within `radius` pixels: a disk is rows of different lengths, and longer rows begin as shorter
    ones, so that all of them cost no more than the longest."""
    height, width = mask.shape
    result, row, reach = mask.copy(), mask.copy(), 0
    for down in range(radius, -1, -1):
        half = int(np.sqrt(radius**2 - down**2))
        for step in range(reach + 1, min(half, width - 1) + 1):
            np.maximum(row[:, step:], mask[:, :-step], out=row[:, step:])
            np.maximum(row[:, :-step], mask[:, step:], out=row[:, :-step])
        reach = max(reach, half)
        if down >= height:
            continue
        np.maximum(result[down:], row[: height - down], out=result[down:])
        np.maximum(result[: height - down], row[down:], out=result[: height - down])
    return result


def softened(mask: NDArray[np.float32], px: float) -> NDArray[np.float32]:
    """A mask blurred by a Gaussian; at the picture's edge it goes on as it is there.

    Args:
        mask: `float32 (H, W)` in [0, 1].
        px: standard deviation in pixels, 0 or more.

    Raises:
        ValueError: a negative deviation, or none.
    """
    if not 0.0 <= px < np.inf:
        raise ValueError(f"a mask cannot be softened by {px}")
    if px == 0.0:
        return mask.copy()
    blurred: NDArray[np.float32] = gaussian_filter(mask, px, mode="nearest", truncate=3.0)
    return np.clip(blurred, 0.0, 1.0)
