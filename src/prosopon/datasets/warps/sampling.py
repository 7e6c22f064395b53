"""Reading a picture through a map of places: one resampling, however many steps the map is made of.

A map `(h, w, 2)` says for each pixel of the result where in the source it reads, in continuous coordinates (x, y): the
first pixel's centre is at (0.5, 0.5). Rotation, zoom, crop and warp are composed as maps and the picture is
interpolated once. (The published programs resample two or three times, for the crop, the rotation and the warp, and
blur a little each time.)
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from prosopon.faces.aligned.maps import inverted

Kind = TypeVar("Kind", np.uint8, np.float32)
_REACH_PX = 2
"""How far beyond the place that is read the interpolation looks."""


def lattice(size_px: int) -> NDArray[np.float32]:
    """The pixel centres of a square of side 1, `float32 (size_px, size_px, 2)`."""
    line = (np.arange(size_px, dtype=np.float32) + np.float32(0.5)) / np.float32(size_px)
    points = np.empty((size_px, size_px, 2), np.float32)
    points[..., 0], points[..., 1] = line, line[:, None]
    return points


def composed(matrix: NDArray[np.floating], read: NDArray[np.floating]) -> NDArray[np.float32]:
    """A map whose places are moved on by an affine map.

    Args:
        matrix: `(2, 3)`, from the plane that `read` leads to, to the one that the result leads to.
        read: `(h, w, 2)`.

    Returns:
        `float32 (h, w, 2)`.
    """
    (a, b, c), (d, e, f) = np.asarray(matrix, np.float32)
    moved = np.empty(read.shape, np.float32)
    moved[..., 0] = a * read[..., 0] + b * read[..., 1] + c
    moved[..., 1] = d * read[..., 0] + e * read[..., 1] + f
    return moved


def map_of(matrix: NDArray[np.floating], size_px: int) -> NDArray[np.float32]:
    """The map of a picture that is seen through an affine map.

    Args:
        matrix: `(2, 3)`, from pixels of the source to pixels of the result.
        size_px: side of the result.

    Returns:
        `float32 (size_px, size_px, 2)`, where in the source each pixel of the result reads.

    Raises:
        ValueError: the matrix has no way back.
    """
    back = inverted(np.asarray(matrix, np.float64))
    back[:, :2] *= size_px
    return composed(back, lattice(size_px))


def window(read: NDArray[np.floating], height: int, width: int, *, step: int = 1) -> tuple[slice, slice]:
    """Rows and columns of a picture that a map reads, with what the interpolation needs around them.

    Args:
        read: `(..., 2)`.
        height, width: of the picture; at least one pixel of it is in the window.
        step: the window begins at a multiple of this.

    Raises:
        ValueError: a place is not finite.
    """
    return _window(_bounds(read), height, width, step)


def _bounds(read: NDArray[np.floating]) -> NDArray[np.float64]:
    """The smallest and the largest place, `(2, 2)`."""
    # One coordinate after the other: NumPy is slow at finding the extremes of many short rows.
    bounds = np.array([[axis.min(), axis.max()] for axis in (read[..., 0], read[..., 1])], np.float64).T
    if not np.isfinite(bounds).all():
        raise ValueError("a map leads to places that are not finite")
    return bounds


def _window(bounds: NDArray[np.float64], height: int, width: int, step: int) -> tuple[slice, slice]:
    size = np.array((width, height))
    reach = (_REACH_PX + 1) * step
    # Clipped as floats: a map may lead further than an integer counts.
    first = np.clip(np.floor(bounds[0]) - reach, 0, size - 1).astype(int) // step * step
    last = np.clip(np.ceil(bounds[1]) + reach, first + 1, size).astype(int)
    return slice(int(first[1]), int(last[1])), slice(int(first[0]), int(last[0]))


def block_px(read: NDArray[np.floating]) -> int:
    """The side of the blocks of pixels that are averaged before a map is sampled, so that little aliases; 1: none are.

    It is how many source pixels a pixel of the result stands for along one side, on average over the map, rounded. A
    map of one row or column does not tell.
    """
    height, width = read.shape[:2]
    if min(height, width) < 2:
        return 1
    across = (read[:, -1] - read[:, 0]).mean(0, dtype=np.float64) / (width - 1)
    down = (read[-1] - read[0]).mean(0, dtype=np.float64) / (height - 1)
    return max(1, int(np.sqrt(abs(across[0] * down[1] - across[1] * down[0])) + 0.5))


def sample(
    picture: NDArray[Kind], read: NDArray[np.floating], *, cubic: bool = False, antialias: bool = True
) -> NDArray[Kind]:
    """A picture read through a map; beyond its edge the edge is repeated.

    Masks go along as further channels.

    Args:
        picture: `uint8` or `float32 (H, W, C)`.
        read: `(h, w, 2)`, continuous source coordinates (x, y).
        cubic: bicubic (a = -0.75) instead of bilinear; floats may then leave their range a little.
        antialias: where the map shrinks by 1.5 or more, average blocks of pixels first.

    Returns:
        `(h, w, C)` of the picture's type.

    Raises:
        ValueError: the picture is empty, the shapes are others, or the map leads to places that are not finite.
    """
    if picture.ndim != 3 or picture.size == 0:
        raise ValueError(f"a picture has the shape (H, W, C), this has {picture.shape}")
    if read.ndim != 3 or read.shape[-1] != 2 or read.size == 0:
        raise ValueError(f"a map has the shape (h, w, 2), this has {read.shape}")
    bounds = _bounds(read)
    step = min(block_px(read), max(picture.shape[:2])) if antialias else 1
    rows, columns = _window(bounds, picture.shape[0], picture.shape[1], step)
    source = _tensor(picture[rows, columns])
    if step > 1:
        source = F.avg_pool2d(source, step, ceil_mode=True)
    height, width = source.shape[-2:]
    scale = 2 / (step * np.array((width, height), np.float64))
    shift = -np.array((columns.start, rows.start)) * scale - 1
    # Normalised coordinates of PyTorch: -1 and 1 are the outer edges of the first and last pixel.
    places = torch.from_numpy(composed(np.column_stack((np.diag(scale), shift)), read))[None]
    mode = "bicubic" if cubic else "bilinear"
    seen = F.grid_sample(source, places, mode=mode, padding_mode="border", align_corners=False)[0].permute(1, 2, 0)
    if picture.dtype == np.uint8:
        seen = (seen + 0.5).clamp_(0, 255).to(torch.uint8)
    result: NDArray[Any] = seen.contiguous().numpy()
    return result


def _tensor(picture: NDArray[Any]) -> torch.Tensor:
    """Pixels `(H, W, C)` as `float32 (1, C, H, W)`; a view where they are floats already."""
    # PyTorch takes no arrays that run backwards, and warns of arrays that are opened read-only, as those of stores are.
    values = picture if picture.flags.writeable and min(picture.strides) >= 0 else picture.copy()
    return torch.from_numpy(values).to(torch.float32).permute(2, 0, 1)[None]
