"""Where noise hides: the just noticeable difference at each pixel, and an epsilon that follows it.

Chou and Li 1995 ("A perceptually tuned subband image coder based on the measure of just-noticeable-distortion
profile"): eyes tolerate most in the dark, a little more in bright places than in between, and more beside changes of
brightness. It was measured on a screen of the time and does not tell an edge, beside which noise shows, from texture,
which hides it: take it as a shape, not as a promise.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from prosopon.models.image_losses.items import exact, exactly
from prosopon.models.laundering.ycbcr import to_ycbcr

_BACKGROUND = ((1, 1, 1, 1, 1), (1, 2, 2, 2, 1), (1, 2, 0, 2, 1), (1, 2, 2, 2, 1), (1, 1, 1, 1, 1))
"""Weights of the neighbours in the brightness around a pixel; they sum to 32."""
_SLOPES = (
    ((0, 0, 0, 0, 0), (1, 3, 8, 3, 1), (0, 0, 0, 0, 0), (-1, -3, -8, -3, -1), (0, 0, 0, 0, 0)),
    ((0, 0, 1, 0, 0), (0, 8, 3, 0, 0), (1, 3, 0, -3, -1), (0, 0, -3, -8, 0), (0, 0, -1, 0, 0)),
    ((0, 0, 1, 0, 0), (0, 0, 3, 8, 0), (-1, -3, 0, 3, 1), (0, -8, -3, 0, 0), (0, 0, -1, 0, 0)),
    ((0, 1, 0, -1, 0), (0, 3, 0, -3, 0), (0, 8, 0, -8, 0), (0, 3, 0, -3, 0), (0, 1, 0, -1, 0)),
)
"""Weighted differences in four directions; each side sums to 16."""


@torch.no_grad()
def just_noticeable(images: Tensor) -> Tensor:
    """How much a pixel can change before it is seen.

    Args:
        images: `(B, 3, H, W)` in [0, 1]; beyond the border, its pixels are repeated.

    Returns:
        `(B, 1, H, W)` for values in [0, 1]: 3 to about 32 grey levels of 255.
    """
    with exactly(images):
        brightness = to_ycbcr(exact(images) * 255)[:, :1]
        around = F.pad(brightness, (2, 2, 2, 2), mode="replicate")
        background = F.conv2d(around, brightness.new_tensor(_BACKGROUND)[None, None] / 32)
        slope = F.conv2d(around, brightness.new_tensor(_SLOPES)[:, None] / 16).abs().amax(1, keepdim=True)
    background = background.clamp(0, 255)
    masking = slope * (0.0001 * background + 0.115) + 0.5 - 0.01 * background
    dark = 17 * (1 - (background / 127).sqrt()) + 3
    bright = 3 / 128 * (background - 127) + 3
    return torch.maximum(masking, torch.where(background <= 127, dark, bright)) / 255


def epsilon_map(images: Tensor, epsilon: float, mask: Tensor | None = None, *, strength: float = 1.0) -> Tensor:
    """An epsilon for each pixel, larger where noise hides, as large on average as one for all would be.

    Args:
        images: the untouched pictures, `(B, 3, H, W)` in [0, 1].
        epsilon: the mean, for values in [0, 1].
        mask: `(B or 1, 1, H, W)` in [0, 1] where changes are allowed at all; it multiplies, and the mean is under it.
        strength: power of the just noticeable difference; 0 is the same epsilon everywhere.

    Returns:
        `(B, 1, H, W)`, for `LInfinity`. All zero where the mask is.
    """
    hiding = just_noticeable(images) ** strength
    weight = torch.ones_like(hiding) if mask is None else mask.to(hiding).expand_as(hiding)
    total = (hiding * weight).sum((2, 3), keepdim=True).clamp_min(torch.finfo(hiding.dtype).tiny)
    return epsilon * hiding * weight * (weight.sum((2, 3), keepdim=True) / total)
