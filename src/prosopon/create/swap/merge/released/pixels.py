"""Operations on pixels by OpenCV's rules, which published programs are built on. Only to repeat their results.

A pixel's coordinates here are those of its index, so the first one's centre is at (0, 0); `indexed` turns maps of the
house's convention, where it is at (0.5, 0.5), into such.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.ndimage import correlate1d, maximum_filter1d, minimum_filter1d

Matrix = NDArray[np.float64]
Pixels = NDArray[np.float32]

_SMALL_KERNELS = {
    1: (1.0,),
    3: (0.25, 0.5, 0.25),
    5: (0.0625, 0.25, 0.375, 0.25, 0.0625),
    7: (0.03125, 0.109375, 0.21875, 0.28125, 0.21875, 0.109375, 0.03125),
}
"""Small Gaussians are not computed there but looked up."""


def indexed(matrix: Matrix) -> Matrix:
    """A map between centres at (0.5, 0.5) as one between centres at (0, 0)."""
    offset = matrix[:, 2] + matrix[:, :2] @ (0.5, 0.5) - 0.5
    return np.column_stack((matrix[:, :2], offset))


def sampled(picture: Pixels, matrix: Matrix, height: int, width: int) -> Pixels:
    """A picture `(h, w)` or `(h, w, C)` through a map, cubic with a = -0.75, black outside, not antialiased.

    Args:
        picture: what is seen.
        matrix: from indices of the result to indices of the picture, `(2, 3)`.
        height, width: of the result.
    """
    rows, columns = picture.shape[:2]
    y, x = np.mgrid[:height, :width]
    places = np.stack((x, y), axis=-1) @ matrix[:, :2].T + matrix[:, 2]
    grid = places * (2 / (columns - 1), 2 / (rows - 1)) - 1
    seen = F.grid_sample(
        _planes(picture), torch.from_numpy(grid.astype(np.float32))[None], mode="bicubic", align_corners=True
    )
    return _pixels(seen, picture)


def resized(picture: Pixels, height: int, width: int) -> Pixels:
    """A picture `(h, w)` or `(h, w, C)` brought to another size, cubic with a = -0.75, not antialiased."""
    if picture.shape[:2] == (height, width):
        return picture
    return _pixels(F.interpolate(_planes(picture), size=(height, width), mode="bicubic"), picture)


def eroded(mask: Pixels, diameter_px: int) -> Pixels:
    """The least value under an ellipse, of a mask `(H, W)` that is 0 outside; the greatest for a negative diameter.

    An ellipse of an even diameter has its middle right of and below its own, so the mask moves by half a pixel.
    """
    size, reach = abs(diameter_px), abs(diameter_px) // 2
    extreme, filtered = (np.minimum, minimum_filter1d) if diameter_px > 0 else (np.maximum, maximum_filter1d)
    padded = np.pad(mask, size)
    rows: dict[tuple[int, int], Pixels] = {}
    result: Pixels | None = None
    for row in range(size):
        far = row - reach
        half = round(np.sqrt(max(reach * reach - far * far, 0))) if reach else 0
        start, stop = max(reach - half, 0), min(reach + half + 1, size)
        if (start, stop) not in rows:
            wide = stop - start
            # The window of a pixel at i begins at i + start - reach.
            origin = reach - start - wide // 2
            rows[start, stop] = filtered(padded, wide, axis=1, origin=origin, mode="constant")
        line = rows[start, stop][size + far : size + far + mask.shape[0], size:-size]
        result = line.copy() if result is None else extreme(result, line)
    return mask if result is None else result


def gaussian_kernel(size_px: int) -> Pixels:
    """The kernel whose standard deviation follows from its size, summing to 1."""
    if size_px in _SMALL_KERNELS:
        return np.array(_SMALL_KERNELS[size_px], np.float32)
    sigma = 0.3 * ((size_px - 1) / 2 - 1) + 0.8
    far = (np.arange(size_px) - (size_px - 1) / 2) / sigma
    kernel: NDArray[np.float64] = np.exp(-far * far / 2)
    kernel /= kernel.sum()
    return kernel.astype(np.float32)


def blurred(picture: Pixels, kernel: Pixels, *, mirrored: bool = True) -> Pixels:
    """Both axes through a kernel; beyond the edge is the mirror image, or nothing."""
    for axis in (0, 1):
        picture = correlate1d(picture, kernel, axis=axis, mode="mirror" if mirrored else "constant")
    return picture


def _planes(picture: Pixels) -> torch.Tensor:
    planes = np.ascontiguousarray(np.moveaxis(np.atleast_3d(picture), -1, 0), np.float32)
    return torch.from_numpy(planes)[None]


def _pixels(planes: torch.Tensor, like: Pixels) -> Pixels:
    pixels = np.ascontiguousarray(np.moveaxis(planes[0].numpy(), 0, -1))
    return pixels[..., 0] if like.ndim == 2 else pixels
