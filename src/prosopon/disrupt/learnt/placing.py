"""A change in a head crop's own pixels, brought into those of the photo, without becoming larger anywhere."""

from __future__ import annotations

import torch
from torch import Tensor

from prosopon.core.faces import Box
from prosopon.disrupt.heads.view import Region
from prosopon.models.image_losses.items import exact, exactly


def placed(change: Tensor, box: Box, region: Region) -> Tensor:
    """What the pixels of a region of the photo take of a change.

    Linear between the crop's pixels, and their mean where several fall into one of the photo: as weights that sum to 1,
    so that no value leaves the range that those of the crop have.

    Args:
        change: `(B, C, S, S)`, of the crop that covers `box`.
        box: the square, fractional, in pixels of the photo; beyond it the change's edge is repeated.
        region: which pixels of the photo.

    Returns:
        float32 `(B, C, h, w)`.
    """
    change, (height, width) = exact(change), change.shape[-2:]
    down = _line((box.top, box.bottom), height, (region.top, region.bottom)).to(change)
    across = _line((box.left, box.right), width, (region.left, region.right)).to(change)
    with exactly(change):
        return down @ (change.contiguous() @ across.T)


def _line(cut: tuple[float, float], side_px: int, pixels: tuple[int, int]) -> Tensor:
    """`(n, side)` float64: what each of `n` pixels takes of each of the crop's, along an axis."""
    scale = side_px / (cut[1] - cut[0])
    centres = (torch.arange(*pixels, dtype=torch.float64) + 0.5 - cut[0]) * scale
    stretch = max(1.0, scale)
    away = (torch.arange(side_px, dtype=torch.float64) + 0.5 - centres.clamp(0.5, side_px - 0.5)[:, None]) / stretch
    weights = (1 - away.abs()).clamp_min(0)
    return weights / weights.sum(1, keepdim=True)
