"""Where a head may be changed, and by how many grey levels: all around it, its face only, or where noise hides."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prosopon.core.faces import Box
from prosopon.disrupt.budget.masks import face_mask
from prosopon.disrupt.budget.visibility import epsilon_map
from prosopon.disrupt.heads.view import Region

Mask = Literal["all", "face", "texture"]
"""The whole head crop, the face by its landmarks, or the crop with more where noise hides and less where it shows."""
_FADE = 0.03
"""Width of the soft border of a crop, as a share of its side: noise that ends at a line is seen."""


def allowed_levels(
    part: Tensor, region: Region, box: Box, landmarks: NDArray[np.floating] | None, *, levels: int, mask: Mask
) -> Tensor:
    """The largest change of each pixel, in whole grey levels of 255.

    Whole ones, since a file holds no others: nothing that is within them is lost when the picture is saved.

    Args:
        part: the untouched pixels of the region, `(1, 3, h, w)` in [0, 1].
        region: where they are in the picture.
        box: the head crop, in pixels of the picture.
        landmarks: the 68 of the face, likewise; needed for `face` alone, which is `all` without them.
        levels: the largest change; where noise hides it may be twice that, on average over the crop it is that.
        mask: where.

    Returns:
        `(1, 1, h, w)`, 0 wherever nothing may change, and everywhere outside of the box.
    """
    inside = _faded(box, region)
    if mask == "face" and landmarks is not None:
        local = np.asarray(landmarks, np.float64) - (region.left, region.top)
        weight = inside.sign() * face_mask([local], region.height, region.width)
        exact = levels * weight
    elif mask == "texture":
        exact = (255 * epsilon_map(part, levels / 255, inside.to(part))).clamp(max=2 * levels)
    else:
        exact = levels * inside
    return torch.floor(exact.to(part) + 0.5)


def _faded(box: Box, region: Region) -> Tensor:
    """`(1, 1, h, w)` float32: 1 in the box, fading towards its border, 0 at pixels that are not wholly inside."""
    down = _ramp(box.top, box.bottom, region.top, region.bottom)
    across = _ramp(box.left, box.right, region.left, region.right)
    return (down[:, None] * across)[None, None]


def _ramp(start: float, stop: float, first: int, last: int) -> Tensor:
    pixels = torch.arange(first, last, dtype=torch.float64)
    depth = torch.minimum(pixels - start, stop - (pixels + 1))
    rising = ((depth + 1) / max(1.0, _FADE * (stop - start))).clamp(0, 1)
    return torch.where(depth >= 0, rising, 0).to(torch.float32)
