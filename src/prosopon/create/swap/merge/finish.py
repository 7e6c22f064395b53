"""What is done to a predicted face so that it looks as if the same camera had seen it. Pictures are in [0, 1]."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import correlate1d, median_filter

from prosopon.create.swap.merge.edges import resized
from prosopon.create.swap.merge.settings import Sharpening

Picture = NDArray[np.float32]

_KERNELS = {"box": np.array((1, 1, 1), np.float32) / 3, "gaussian": np.array((1, 2, 1), np.float32) / 4}
_MEDIAN_PX = 5
_PALETTE = 256
_LEAST_BLUR_PX = 0.25
"""A shorter way is not worth a blur."""


def sharpened(picture: Picture, by: Sharpening, share: float) -> Picture:
    """A picture plus `share` times what a small blur takes from it; a negative share takes it away.

    Args:
        picture: `(H, W, 3)`.
        by: the blur, over 3 pixels.
        share: 1 adds the detail once; -1 is the blur itself.

    Returns:
        `float32 (H, W, 3)`, not clipped.
    """
    blurred = picture
    for axis in (0, 1):
        blurred = correlate1d(blurred, _KERNELS[by], axis=axis, mode="mirror" if picture.shape[axis] > 1 else "nearest")
    result: Picture = picture + np.float32(share) * (picture - blurred)
    return result


def motion_blurred(picture: Picture, x_px: float, y_px: float) -> Picture:
    """A picture blurred along a straight way, as long as the way is, about its middle.

    Args:
        picture: `(H, W, C)`.
        x_px, y_px: the way, in pixels, right and down.
    """
    length = float(np.hypot(x_px, y_px))
    if not _LEAST_BLUR_PX <= length < np.inf:
        return picture
    kernel = _line(x_px, y_px)
    reach = len(kernel) // 2
    planes = torch.from_numpy(np.ascontiguousarray(np.moveaxis(picture, -1, 0)))[:, None]
    around = F.pad(planes, (reach, reach, reach, reach), mode="replicate")
    blurred = F.conv2d(around, torch.from_numpy(kernel)[None, None])
    return np.ascontiguousarray(np.moveaxis(blurred[:, 0].numpy(), 0, -1))


def denoised(picture: Picture, passes: float) -> Picture:
    """A median over 5 by 5 pixels, as often as `passes` says; of the last one only a share.

    Args:
        picture: `(H, W, 3)`.
        passes: 0 or more, say 1.5.
    """
    left = passes
    while left > 0:
        share = np.float32(min(left, 1.0))
        median = median_filter(picture, size=(_MEDIAN_PX, _MEDIAN_PX, 1), mode="nearest")
        picture = picture + share * (median - picture)
        left -= 1.0
    return picture


def degraded(picture: Picture, share: float) -> Picture:
    """A square picture made smaller by a share of its side and brought back, so that it has less resolution.

    Args:
        picture: `(S, S, 3)`.
        share: 0 changes nothing, 1 leaves about one pixel.
    """
    if share <= 0:
        return picture
    side = len(picture)
    return resized(resized(picture, max(1, round(side * (1 - share)))), side)


def in_palette(picture: Picture, of: Picture) -> Picture:
    """A picture with each colour replaced by the nearest of the 256 that another picture can be shown with.

    Args:
        picture: `(H, W, 3)`.
        of: `(h, w, 3)`, whose palette is taken.
    """
    palette = _as_image(of).quantize(_PALETTE, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    drawn = _as_image(picture).quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB")
    return np.asarray(drawn, np.float32) / np.float32(255)


def _as_image(picture: Picture) -> Image.Image:
    return Image.fromarray(np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8))


def _line(x_px: float, y_px: float) -> NDArray[np.float32]:
    """A straight line through the middle of a square kernel, antialiased, summing to 1."""
    reach = int(np.ceil(max(abs(x_px), abs(y_px)) / 2)) + 1
    side = 2 * reach + 1
    n_points = 4 * side
    along = (np.arange(n_points) + 0.5) / n_points - 0.5
    x, y = reach + along * x_px, reach + along * y_px
    kernel = np.zeros((side, side))
    for dx in (0, 1):
        for dy in (0, 1):
            column, row = np.floor(x).astype(int) + dx, np.floor(y).astype(int) + dy
            np.add.at(kernel, (row, column), (1 - np.abs(x - column)) * (1 - np.abs(y - row)))
    line: NDArray[np.float64] = kernel / kernel.sum()
    return line.astype(np.float32)
