"""The net that places 68 landmarks on a face that was cut out upright, and says how sure it is of each.

A heat map for each point, of which the mean is taken (soft-argmax: Nibali et al. 2018, arXiv 1801.07372), so that
places are finer than the map's cells and follow the picture; beside each point the scale of its error (as in Kumar et
al., "LUVLi", CVPR 2020, arXiv 2004.02980), and beside all of them whether this is a face at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from prosopon.models.face_blocks import Conv, Merge, Residual

CROP_PX = 128
CROP_SIDE = 1.5
"""Side of the crop in units of the face's size."""
POINTS = 68
WIDTHS = (16, 32, 80, 128)


class Placed(NamedTuple):
    """What the net says of B crops.

    Attributes:
        heat: logits `(B, 68, 32, 32)`.
        points: `(B, 68, 2)` in crop widths, x and y from 0 to 1.
        log_scale: `(B, 68)` logarithm of the expected distance from the truth, in crop widths.
        face: logits `(B,)` of the crop showing a face.
    """

    heat: Tensor
    points: Tensor
    log_scale: Tensor
    face: Tensor


class LandmarkNet(nn.Module):
    """Crops to landmarks.

    Args:
        widths: channels at strides 2, 4, 8, 16.
    """

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        w2, w4, w8, w16 = widths
        self.fine = nn.Sequential(Conv(3, w2, stride=2), Conv(w2, w4, stride=2), Residual(w4))
        self.middle = nn.Sequential(Conv(w4, w8, stride=2), Residual(w8), Residual(w8))
        self.coarse = nn.Sequential(Conv(w8, w16, stride=2), Residual(w16))
        self.up_middle = Merge(w16, w8)
        self.widen = Conv(w4, 48, 1, relu=False)
        self.up_fine = Merge(w8, 48)
        self.heat = nn.Conv2d(48, POINTS, 1)
        self.local_scale = nn.Conv2d(48, POINTS, 1)
        self.whole = nn.Linear(w16, POINTS + 1)

    def forward(self, crops: Tensor) -> Placed:
        """`(B, 3, 128, 128)` in [0, 1] -> landmarks."""
        # For inference all but the heads may be in a shorter type.
        fine = self.fine((crops * 4 - 2).to(next(self.parameters()).dtype))
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        middle = self.up_middle(coarse, middle)
        fine = self.up_fine(middle, self.widen(fine)).to(self.heat.weight.dtype)
        heat = self.heat(fine).float()
        share = heat.flatten(2).softmax(-1)
        points = share @ _cells(heat)
        whole = self.whole(coarse.mean((2, 3)).to(self.whole.weight.dtype)).float()
        local = (share.detach() * self.local_scale(fine).float().flatten(2)).sum(-1)
        return Placed(heat, points, local + whole[:, :POINTS] - 4.0, whole[:, POINTS])


def _cells(heat: Tensor) -> Tensor:
    """Middles of the cells of a map `(B, C, h, w)`, `(h * w, 2)`: x and y in [0, 1]."""
    height, width = heat.shape[-2:]
    rows = (torch.arange(height, device=heat.device, dtype=heat.dtype) + 0.5) / height
    columns = (torch.arange(width, device=heat.device, dtype=heat.dtype) + 0.5) / width
    return torch.stack((columns.repeat(height), rows.repeat_interleave(width)), -1)
