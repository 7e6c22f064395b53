"""Aligned faces cut out of frames, and laid back to where they were: exact, antialiased, without black borders.

Cubic convolution with the originals' a = -0.75, in single precision and rounded once. Only the part of a frame that
matters is touched, so that a large frame takes no longer than a small one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from prosopon.core.clip import Frame
from prosopon.faces.aligned.maps import Matrix, apply, inverted, scale_of

_REACH = 4
"""How far the filter reaches, in pixels of the coarser grid, and one more."""
_LARGER = 1.0 + 1e-6
"""Shrinking by less than this is rounding, not shrinking."""


class Window(NamedTuple):
    """Whole pixels of a frame: rows `top` to `bottom` and columns `left` to `right`, the latter exclusive."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """What `frame[...]` takes."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


class LaidBack(NamedTuple):
    """A crop in its frame, see `laid_back`.

    Attributes:
        patch: `float32 (h, w, C)`: the crop in the window; its edge is repeated outside.
        inside: `float32 (h, w)`: how much of each pixel the crop covers, 0 to 1.
        window: where in the frame that is; empty where the crop lies outside it.
    """

    patch: NDArray[np.float32]
    inside: NDArray[np.float32]
    window: Window


def cut_aligned(frame: Frame, matrix: Matrix, size_px: int) -> Frame:
    """Cut an aligned face out of a frame; what lies outside the frame repeats its edge.

    Args:
        frame: `uint8 (H, W, 3)`.
        matrix: from pixels of the frame to pixels of the crop, `(2, 3)`.
        size_px: side S of the crop.

    Returns:
        `uint8 (S, S, 3)`; the pixels themselves where the map only moves by whole ones.

    Raises:
        ValueError: the map has no way back, or the size is not positive.
    """
    if size_px <= 0:
        raise ValueError(f"cannot cut a crop of {size_px} pixels")
    back = inverted(matrix)
    low, high = _bounds(apply(back, _corners(size_px)), _REACH * max(1.0, scale_of(back)))
    limits = np.array(frame.shape[1::-1])
    start = np.clip(low, 0, limits - 1)
    stop = np.clip(high, start + 1, limits)
    piece = frame[start[1] : stop[1], start[0] : stop[0]]
    back[:, 2] -= start
    seen = seen_through(piece, back, Window(0, size_px, 0, size_px))
    return np.asarray(seen.clip(0, 255).round(), np.uint8)


def laid_back(patch: NDArray[np.generic], matrix: Matrix, height: int, width: int) -> LaidBack:
    """Lay a crop back into its frame; only the window that it covers is made.

    Args:
        patch: `uint8` or float `(S, S, C)` of any range, which the result does not leave; a mask can be one channel.
        matrix: from pixels of the frame to pixels of the crop, as it was cut.
        height, width: of the frame.

    Raises:
        ValueError: the map has no way back, or the patch is not square.
    """
    if patch.ndim != 3 or patch.shape[0] != patch.shape[1] or not patch.size:
        raise ValueError(f"a crop is (S, S, C), not {patch.shape}")
    size_px = patch.shape[0]
    low, high = _bounds(apply(inverted(matrix), _corners(size_px)), 1.0)
    left, top = np.clip(low, 0, (width, height)).tolist()
    right, bottom = np.clip(high, (left, top), (width, height)).tolist()
    window = Window(top, bottom, left, right)
    held = seen_through(patch, matrix, window).clip(patch.min(), patch.max())
    return LaidBack(held, _covered(size_px, matrix, window), window)


def seen_through(source: NDArray[np.generic], matrix: Matrix, window: Window) -> NDArray[np.float32]:
    """A picture seen through a map; what lies outside it repeats its edge.

    Where the picture gets smaller it is first brought near to its new size by a filter as wide as that asks for.

    Args:
        source: `(h, w, C)`, at least one pixel.
        matrix: from pixels of the result to pixels of the source.
        window: which pixels of the result are wanted.

    Returns:
        `float32 (bottom - top, right - left, C)`; may overshoot the source's range a little.
    """
    rows, columns = window.bottom - window.top, window.right - window.left
    height, width, channels = source.shape
    if rows <= 0 or columns <= 0:
        return np.zeros((max(0, rows), max(0, columns), channels), np.float32)
    planes = torch.from_numpy(np.array(np.moveaxis(source, -1, 0), np.float32, order="C"))[None]
    shrink = scale_of(matrix)
    if shrink > _LARGER:
        smaller = (max(1, round(height / shrink)), max(1, round(width / shrink)))
        planes = F.interpolate(planes, size=smaller, mode="bicubic", antialias=True, align_corners=False)
    # grid_sample's coordinates run from -1 to 1 between the outer edges, whatever the resolution.
    linear, offset = matrix[:, :2] * ((2.0 / width,), (2.0 / height,)), matrix[:, 2] * (2.0 / width, 2.0 / height) - 1.0
    x = np.arange(window.left, window.right) + 0.5
    y = np.arange(window.top, window.bottom) + 0.5
    grid = x[None, :, None] * linear[:, 0] + (y[:, None, None] * linear[:, 1] + offset)
    places = torch.from_numpy(grid.astype(np.float32))[None]
    seen = F.grid_sample(planes, places, mode="bicubic", padding_mode="border", align_corners=False)
    return np.ascontiguousarray(np.moveaxis(seen[0].numpy(), 0, -1))


def _covered(size_px: int, matrix: Matrix, window: Window) -> NDArray[np.float32]:
    """How much of each pixel of a window the crop covers, by the distance from its edges."""
    x = (np.arange(window.left, window.right) + 0.5)[None, :, None]
    y = (np.arange(window.top, window.bottom) + 0.5)[:, None, None]
    places = x * matrix[:, 0] + (y * matrix[:, 1] + matrix[:, 2])
    within = np.minimum(places, size_px - places) / scale_of(matrix)
    inside: NDArray[np.float64] = np.clip(within + 0.5, 0.0, 1.0).prod(-1)
    return inside.astype(np.float32)


def _corners(size_px: int) -> NDArray[np.float64]:
    return np.array(((0.0, 0.0), (size_px, 0.0), (0.0, size_px), (size_px, size_px)), np.float64)


def _bounds(points: NDArray[np.float64], margin: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last-plus-one whole pixel around some points, (x, y)."""
    far = 1e9  # beyond any frame, and still a whole number
    low, high = np.clip((points.min(0) - margin, points.max(0) + margin), -far, far)
    return np.floor(low).astype(np.int64), np.ceil(high).astype(np.int64)
