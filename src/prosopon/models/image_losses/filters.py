"""Separable filters as two matrix products: a CPU does these sooner than depthwise convolutions, above all backwards.

The cost grows with the third power of the side instead of with the second, which begins to matter above 256 pixels.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from prosopon.models.image_losses.items import exact, exactly, require_size

Padding = Literal["valid", "reflect", "replicate", "zeros"]
"""What is beyond the border: nothing (the result is smaller), a mirror whose axis is the border's pixels, the border's
pixels again, or zeros."""


def gaussian_window(size: int, sigma: float, like: Tensor) -> Tensor:
    """`(size,)` that sums to 1, centred (between two samples where `size` is even), on the device of `like`."""
    offsets = torch.arange(size, device=like.device, dtype=like.dtype) - (size - 1) / 2
    line = torch.exp(-0.5 * (offsets / sigma) ** 2)
    return line / line.sum()


def filter_matrix(length: int, window: Tensor, padding: Padding) -> Tensor:
    """A filter along an axis as a matrix.

    Args:
        length: samples along the axis.
        window: `(w,)` what each sample is made of, from `(w - 1) // 2` before it to `w // 2` behind it.
        padding: what is beyond the ends.

    Returns:
        `(length, n)` to multiply a row of `length` samples with; n is `length - w + 1` for `valid`, else `length`.
    """
    size = len(window)
    before, behind = (0, 0) if padding == "valid" else ((size - 1) // 2, size // 2)
    padded = length + before + behind
    place = torch.arange(padded, device=window.device)
    offset = place[:, None] - place[None, : padded - size + 1]
    taken = torch.where((offset >= 0) & (offset < size), window[offset.clamp(0, size - 1)], 0)
    if padding == "valid":
        return taken
    if padding == "zeros":
        return taken[before : before + length]
    source = place - before
    source = source.clamp(0, length - 1) if padding == "replicate" else _mirrored(source, length)
    return window.new_zeros(length, taken.shape[1]).index_add_(0, source, taken)


def _mirrored(index: Tensor, length: int) -> Tensor:
    """Indices beyond both ends, mirrored as often as needed without repeating the ends themselves."""
    period = max(2 * (length - 1), 1)
    index = index.remainder(period)
    return torch.minimum(index, period - index) if length > 1 else torch.zeros_like(index)


def filter_matrices(maps: Tensor, window: Tensor, padding: Padding) -> tuple[Tensor, Tensor]:
    """The same window down the columns and along the rows of `(..., H, W)`: `(h, H)` and `(W, w)`.

    Raises:
        UsageError: `valid` and the maps are smaller than the window.
    """
    if padding == "valid":
        require_size(maps, len(window), f"a window of {len(window)} pixels")
    height, width = maps.shape[-2:]
    along = filter_matrix(width, window, padding)
    down = along if height == width else filter_matrix(height, window, padding)
    return down.T.contiguous(), along


def filtered(maps: Tensor, window: Tensor, padding: Padding) -> Tensor:
    """`(B, C, H, W)` under a separable window, in float32 whatever the precision: `(B, C, h, w)`.

    Raises:
        UsageError: `valid` and the maps are smaller than the window.
    """
    maps = exact(maps).contiguous()
    down, along = filter_matrices(maps, window.to(maps.dtype), padding)
    with exactly(maps):
        return down @ (maps @ along)


def gaussian_blur(maps: Tensor, sigma: float, padding: Padding = "replicate") -> Tensor:
    """`(B, C, H, W)` blurred with a Gaussian of `sigma` pixels, cut off at two sigma as DeepFaceLab's is."""
    maps = exact(maps)
    size = max(3, int(4 * sigma)) | 1
    return filtered(maps, gaussian_window(size, sigma, maps), padding)
