"""The net that finds faces: one look at the picture, no anchors.

At every eighth pixel it says how likely a face is centred there, and where exactly, how large and how far turned that
face is: "Objects as Points" (Zhou, Wang, Krähenbühl 2019, arXiv 1904.07850), with the roll in place of the box's shape.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from prosopon.faces.stance import Stance
from prosopon.models.face_blocks import Conv, Merge, Residual

STRIDE = 8
MULTIPLE = 32
"""Sides of pictures must be multiples of this."""
SIZE_UNIT_PX = 32.0
"""The net's logarithm of the size is 0 for a face of this size."""
WIDTHS = (16, 24, 48, 80, 112)
_RARE = -4.0
"""Bias of the heat map at the start of training: nearly all places have no face."""
_SAME_FACE = 0.5
"""Faces whose centres are closer than this share of the larger one's size are one."""


class Detector(nn.Module):
    """Pictures to maps of faces.

    Args:
        widths: channels at strides 2, 4, 8, 16, 32.
    """

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        w2, w4, w8, w16, w32 = widths
        self.stem = nn.Sequential(Conv(3, w2, stride=2), Conv(w2, w4, stride=2))
        self.fine = nn.Sequential(Conv(w4, w8, stride=2), Residual(w8))
        self.middle = nn.Sequential(Conv(w8, w16, stride=2), Residual(w16))
        self.coarse = nn.Sequential(Conv(w16, w32, stride=2), Residual(w32))
        self.up_middle = Merge(w32, w16)
        self.up_fine = Merge(w16, w8)
        self.heat = nn.Conv2d(w8, 1, 1)
        self.form = nn.Conv2d(w8, 5, 1)
        assert self.heat.bias is not None  # noqa: S101 - tells the type checker
        nn.init.constant_(self.heat.bias, _RARE)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Find.

        Args:
            pictures: `(B, 3, H, W)` in [0, 1], sides multiples of 32.

        Returns:
            heat: logits `(B, 1, H/8, W/8)` of a face's centre being in the cell.
            form: `(B, 5, H/8, W/8)`: the centre from the middle of the cell, x and y in cells; the logarithm of the
            size; cosine and sine of the roll.
        """
        # For inference all but the heads may be in a shorter type.
        fine = self.fine(self.stem((pictures * 4 - 2).to(next(self.parameters()).dtype)))
        middle = self.middle(fine)
        middle = self.up_middle(self.coarse(middle), middle)
        fine = self.up_fine(middle, fine).to(self.heat.weight.dtype)
        return self.heat(fine), self.form(fine)


def decode(heat: Tensor, form: Tensor, *, least: float, most: int) -> list[tuple[Stance, float]]:
    """Faces of one picture out of the net's maps, the surest first; of overlapping ones the surer.

    Args:
        heat: logits `(1, h, w)`.
        form: `(5, h, w)`.
        least: smallest score that counts, 0 to 1.
        most: number of faces at most.

    Returns:
        Stances in pixels of the net's input, and scores in [0, 1].
    """
    scores = heat.sigmoid()
    peaks = (F.max_pool2d(scores, 3, stride=1, padding=1) == scores) & (scores >= least)
    rows, columns = torch.nonzero(peaks[0], as_tuple=True)
    found = torch.cat((scores[:, rows, columns], form[:, rows, columns]), 0).T
    order = torch.argsort(found[:, 0], descending=True, stable=True).tolist()
    faces: list[tuple[Stance, float]] = []
    values, at = found.double().tolist(), list(zip(columns.tolist(), rows.tolist(), strict=True))
    for index in order:
        score, x, y, size, cos, sin = values[index]
        column, row = at[index]
        stance = Stance(
            (column + 0.5 + x) * STRIDE,
            (row + 0.5 + y) * STRIDE,
            SIZE_UNIT_PX * math.exp(min(4.0, max(-3.0, size))),
            math.degrees(math.atan2(sin, cos)),
        )
        if all(apart(stance, other) > _SAME_FACE for other, _ in faces):
            faces.append((stance, score))
        if len(faces) == most:
            break
    return faces


def apart(first: Stance, second: Stance) -> float:
    """Distance of two faces' centres in units of the larger one's size."""
    return math.hypot(first.x - second.x, first.y - second.y) / max(first.size, second.size)
