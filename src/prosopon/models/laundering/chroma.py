"""Colour at half the resolution (4:2:0), as libjpeg makes it smaller and large again.

Sizes that are not multiples of 16 follow libjpeg as well: columns are repeated before colour is averaged, rows (all but
one, where the height is odd) afterwards.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.models.laundering.rounding import straight_through


def padded(plane: Tensor, height: int, width: int) -> Tensor:
    """`(B, C, h, w)` with its last row and column repeated up to a size."""
    return F.pad(plane, (0, width - plane.shape[-1], 0, height - plane.shape[-2]), mode="replicate")


def up_to(multiple: int, length: int) -> int:
    """The next multiple that is no smaller."""
    return -(-length // multiple) * multiple


def halved(plane: Tensor, *, exact: bool) -> Tensor:
    """Means of 2 x 2 pixels.

    Args:
        plane: `(B, C, H, W)` in [0, 255].
        exact: round as libjpeg does, alternately a quarter below and at the half, so that no brightness is gained.

    Returns:
        `(B, C, h, w)`, both sides a multiple of 8.
    """
    height, width = plane.shape[-2:]
    mean = F.avg_pool2d(padded(plane, up_to(2, height), up_to(16, width)), 2)
    if exact:
        bias = torch.where(torch.arange(mean.shape[-1], device=mean.device) % 2 == 0, 0.25, 0.5).to(mean.dtype)
        mean = straight_through(mean, torch.floor(mean + bias))
    return padded(mean, up_to(8, mean.shape[-2]), mean.shape[-1])


def doubled(plane: Tensor, height: int, width: int, *, exact: bool) -> Tensor:
    """A plane of half the resolution at the full one: 3/4 of the nearer and 1/4 of the farther sample along each axis.

    That is libjpeg's "fancy upsampling"; planes of one or two columns are only repeated, as it does.

    Args:
        plane: `(B, C, h, w)` with h >= H / 2 and w >= W / 2; what is beyond is not looked at.
        height, width: of the result.
        exact: round as libjpeg does.

    Returns:
        `(B, C, H, W)`.
    """
    plane = plane[..., : -(-height // 2), : -(-width // 2)]
    if plane.shape[-1] <= 2:
        return plane.repeat_interleave(2, -1).repeat_interleave(2, -2)[..., :height, :width]
    wide = _interleaved(_interleaved(plane, -2), -1)[..., :height, :width]
    if exact:
        even = torch.arange(width, device=wide.device) % 2 == 0
        wide = straight_through(wide, torch.floor(wide + torch.where(even, 8 / 16, 7 / 16).to(wide.dtype)))
    return wide


def _interleaved(plane: Tensor, axis: int) -> Tensor:
    length = plane.shape[axis]
    before = torch.cat((plane.narrow(axis, 0, 1), plane.narrow(axis, 0, length - 1)), axis)
    behind = torch.cat((plane.narrow(axis, 1, length - 1), plane.narrow(axis, length - 1, 1)), axis)
    # Counted from behind, the new axis comes after the one that is doubled.
    return torch.stack((0.75 * plane + 0.25 * before, 0.75 * plane + 0.25 * behind), axis).flatten(axis - 1, axis)
