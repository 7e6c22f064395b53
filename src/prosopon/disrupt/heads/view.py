"""What nets see of a full-resolution picture: a square around a head, cut and resampled with gradients.

`faces.crop.cut` is what the programs around the nets do; this is the same, pixel for pixel up to its roundings, as two
matrices, so that an attack on the crop arrives in the pixels of the photo.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from prosopon.core.faces import Box
from prosopon.models.image_losses.items import exactly

_SUPPORT = 2
"""Half width of the bicubic filter in pixels of the coarser grid."""
_BLOCK_PX = 16
"""JPEG's largest blocks: a region that begins at one of them is coded alone as it would be within the picture."""


@dataclass(frozen=True)
class Region:
    """A rectangle of whole pixels of a picture; right and bottom exclusive, nothing of it outside of the picture."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def within(self, whole: Region) -> tuple[slice, slice]:
        """Rows and columns in what was cut out by a region that holds it."""
        top, left = self.top - whole.top, self.left - whole.left
        return slice(top, top + self.height), slice(left, left + self.width)


def seen_region(box: Box, width: int, height: int, sides_px: Sequence[int]) -> Region:
    """All pixels of a picture that crops of a box depend on, out to the next whole blocks of JPEG.

    Args:
        box: the square, fractional; may reach outside of the picture.
        width, height: of the picture.
        sides_px: the sizes that it will be brought to.

    Returns:
        At least a pixel, even where the box lies outside.
    """
    margin = _SUPPORT * max(1.0, *(box.width / side for side in sides_px))
    top, bottom = _blocks(box.top - margin, box.bottom + margin, height)
    left, right = _blocks(box.left - margin, box.right + margin, width)
    return Region(top, bottom, left, right)


def around(regions: Sequence[Region]) -> Region:
    """The smallest region that holds all of some."""
    return Region(
        min(one.top for one in regions), max(one.bottom for one in regions),
        min(one.left for one in regions), max(one.right for one in regions),
    )  # fmt: skip


class HeadView:
    """A square of a picture as a net sees it.

    Args:
        box: the square, fractional, in pixels of the whole picture; may reach outside, where edges are repeated.
        region: the part of the picture that is handed over.
        size: width and height of the whole picture.
        side_px: of the crop.
        device: where the pictures are.
    """

    def __init__(
        self, box: Box, region: Region, size: tuple[int, int], side_px: int, device: torch.device | None = None
    ) -> None:
        self._down = _line((box.top, box.bottom), size[1], (region.top, region.bottom), side_px).to(device)
        self._across = _line((box.left, box.right), size[0], (region.left, region.right), side_px).to(device)

    def __call__(self, part: Tensor) -> Tensor:
        """The region's pixels `(B, 3, h, w)` in [0, 1] -> crops `(B, 3, side, side)` in [0, 1]; edges are clipped."""
        with exactly(part):
            down, across = self._down.to(part), self._across.to(part)
            return (down @ (part @ across.T).clamp(0, 1)).clamp(0, 1)


def _line(cut: tuple[float, float], length: int, kept: tuple[int, int], side_px: int) -> Tensor:
    """`(side, n)` float64: what each sample of the crop takes of each of `n` pixels that are kept, along an axis."""
    (start, stop), (first, last) = cut, kept
    stretch = max(1.0, (stop - start) / side_px)
    reach = _SUPPORT * stretch
    # What lies outside of the picture is its edge again, so those weights fall to the outermost pixels.
    pixels = torch.arange(math.floor(start - reach) - 1, math.ceil(stop + reach) + 1)
    centres = start + (torch.arange(side_px, dtype=torch.float64) + 0.5) * ((stop - start) / side_px)
    away = ((pixels.to(torch.float64) + 0.5 - centres[:, None]) / stretch).abs()
    near, far = (1.5 * away - 2.5) * away**2 + 1, ((-0.5 * away + 2.5) * away - 4) * away + 2
    weights = torch.where(away < 1, near, torch.where(away < _SUPPORT, far, 0))
    weights = weights / weights.sum(1, keepdim=True)
    inside = (pixels.clamp(0, length - 1) - first).clamp(0, last - first - 1)
    return torch.zeros(side_px, last - first, dtype=torch.float64).index_add_(1, inside, weights)


def _blocks(start: float, stop: float, length: int) -> tuple[int, int]:
    """A stretch of an axis out to whole blocks, within the picture; never empty."""
    first = math.floor(min(max(start, 0), length - 1) / _BLOCK_PX) * _BLOCK_PX
    last = math.ceil(min(max(stop, 1), length) / _BLOCK_PX) * _BLOCK_PX
    return first, min(length, last)
