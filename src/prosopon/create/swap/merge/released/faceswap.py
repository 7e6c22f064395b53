"""How the program faceswap moves and softens the edges of masks, to repeat its results."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from prosopon.create.swap.merge.released.pixels import blurred, eroded, gaussian_kernel

Mask = NDArray[np.float32]
Softening = Literal["none", "gaussian", "normalized"]
_BOX_BLUR_PERCENT = 12
_LATER_PASSES = 0.8
"""From the second on, Gaussians are narrower by this."""


def box_mask(size_px: int, *, soft: bool = True) -> Mask:
    """The whole crop but for a margin, `(size_px, size_px)`."""
    margin = size_px // 32 + 1
    mask = np.zeros((size_px, size_px), np.float32)
    mask[margin:-margin, margin:-margin] = 1
    return softened(mask, "gaussian", _BOX_BLUR_PERCENT, 1) if soft else mask


def softened(mask: Mask, by: Softening, kernel_percent: float, passes: int) -> Mask:
    """A mask blurred several times.

    Args:
        mask: `(S, S)` in [0, 1].
        by: a Gaussian, or means over a square (`normalized`).
        kernel_percent: width of the kernel in percent of the mask's diameter, the root of its area; it is an odd
            number of pixels, 3 or more, so that for a face of 80 pixels everything up to 3 % is the same.
        passes: how often.
    """
    if by == "none":
        return mask
    radius = round(max(1.0, float(np.sqrt(mask.sum())) * kernel_percent / 200))
    size = 2 * radius + 1
    for number in range(passes):
        if by == "normalized":
            kernel = np.full(size, 1 / size, np.float32)
        else:
            kernel = gaussian_kernel(size if number == 0 else max(3, int(size * _LATER_PASSES) // 2 * 2 + 1))
        mask = blurred(mask, kernel)
    return mask


def drawn_in(
    mask: Mask, percent: float = 0, *, top: float = 0, bottom: float = 0, left: float = 0, right: float = 0
) -> Mask:
    """A mask eroded all round and at its sides, or dilated where a number is negative.

    Numbers are percent of the mask's radius, but of a kernel's diameter, so all round half of what is asked for is
    drawn in. The kernels of left and right are squares: they take half as much off top and bottom, too.

    Args:
        mask: `(S, S)` in [0, 1].
        percent: all round.
        top, bottom, left, right: besides.
    """
    radius = float(np.sqrt(mask.sum())) / 2
    sizes = [int(abs(one) / 100 * radius) for one in (percent, top, bottom, left, right)]
    if sizes[0]:
        mask = eroded(mask, sizes[0] if percent > 0 else -sizes[0])
    sides = ((top, 0, True), (bottom, 0, False), (left, 1, True), (right, 1, False))
    for (one, axis, at_start), size in zip(sides, sizes[1:], strict=True):
        if size:
            filtered = minimum_filter1d if one > 0 else maximum_filter1d
            looks_back = at_start == (one > 0)
            origin = (size - 1 if looks_back else 0) - size // 2
            mask = filtered(mask, size, axis=axis, origin=origin, mode="nearest")
            if axis == 1:
                mask = filtered(mask, size, axis=0, mode="nearest")
    return mask
