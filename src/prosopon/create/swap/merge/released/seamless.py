"""Seamless cloning as OpenCV has it: Poisson's equation on the mask's bounding box, by a sine transform.

The mask decides only whose gradients are taken; the target's values hold at the box's sides and not along the mask's
edge, so that a difference of light runs out of the mask into the rest of the box. What is drawn in from the mask's edge
is three pixels, and its box is, too: a mask that touches the box loses them there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dstn, idstn
from scipy.ndimage import binary_erosion

Picture = NDArray[np.float32]
_DRAWN_IN_PX = 3


def cloned_in_box(source: Picture, target: Picture, inside: NDArray[np.bool_]) -> Picture:
    """The source in the target, through 8 bits.

    Args:
        source: `(H, W, 3)` in [0, 1].
        target: likewise.
        inside: `(H, W)`; the picture's outermost pixels are left out.

    Returns:
        `float32 (H, W, 3)`, whole levels over 255.
    """
    held = inside.copy()
    held[[0, -1]] = held[:, [0, -1]] = False
    rows, columns = np.flatnonzero(held.any(1)), np.flatnonzero(held.any(0))
    laid, under = _levels(source), _levels(target)
    result = under.copy()
    if len(rows) > 2 and len(columns) > 2:
        box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        result[box] = _solved(laid[box] * held[box][..., None], under[box], held[box])
    return (np.floor(np.clip(result, 0, 255) + 1e-3) / 255).astype(np.float32)


def _solved(source: NDArray[np.float64], target: NDArray[np.float64], held: NDArray[np.bool_]) -> NDArray[np.float64]:
    middle = binary_erosion(held, np.ones((3, 3)), iterations=_DRAWN_IN_PX)[..., None]
    across, down = (np.where(middle, _steps(source, axis), _steps(target, axis)) for axis in (1, 0))
    sides = target.copy()
    sides[1:-1, 1:-1] = 0
    wanted = across[1:-1, 1:-1] - across[1:-1, :-2] + down[1:-1, 1:-1] - down[:-2, 1:-1]
    wanted -= sides[:-2, 1:-1] + sides[2:, 1:-1] + sides[1:-1, :-2] + sides[1:-1, 2:]
    height, width = wanted.shape[:2]
    y, x = (2 * np.cos(np.pi * np.arange(1, n + 1) / (n + 1)) - 2 for n in (height, width))
    waves = dstn(wanted, type=1, axes=(0, 1)) / (y[:, None] + x)[..., None]
    solved = target.copy()
    solved[1:-1, 1:-1] = idstn(waves, type=1, axes=(0, 1))
    return solved


def _steps(picture: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """To the next pixel; from the last one back, for beyond it is the mirror image."""
    before = np.take(picture, [-2], axis=axis)
    return np.diff(picture, axis=axis, append=before)


def _levels(picture: Picture) -> NDArray[np.float64]:
    return np.floor(picture.astype(np.float64) * 255 + 1e-3)
