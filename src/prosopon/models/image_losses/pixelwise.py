"""How far apart pictures are pixel by pixel: mean absolute and squared differences, and what lies between them.

All: `predicted`, `target` `(B, C, H, W)`, `weight` `(B, 1, H, W)` how much each pixel counts (see `items`) -> `(B,)`.
"""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor

from prosopon.models.image_losses.items import mean_per_item, prepared

_LEVEL = 1 / 255


def mae(predicted: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean absolute difference."""
    predicted, target, weight = prepared(predicted, target, weight)
    return mean_per_item((predicted - target).abs(), weight)


def mse(predicted: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean squared difference."""
    predicted, target, weight = prepared(predicted, target, weight)
    return mean_per_item((predicted - target) ** 2, weight)


def log_cosh(predicted: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean log cosh of the difference: half its square where small, its size less log 2 where large."""
    predicted, target, weight = prepared(predicted, target, weight)
    size = (predicted - target).abs()
    return mean_per_item(size + F.softplus(-2 * size) - math.log(2), weight)


def robust(difference: Tensor, alpha: float, scale: float) -> Tensor:
    """Barron's general robust loss, times its scale (arXiv 1701.03077, equations 1 and 2).

    Args:
        difference: of any shape.
        alpha: how much large differences count: 2 as squares do, 1 as sizes do. Above 0.
        scale: differences well below it count as squares; half a square over it at `alpha` 2.
    """
    squared = (difference / scale) ** 2
    if alpha == 2:
        return squared * (scale / 2)
    bend = abs(alpha - 2)
    return ((squared / bend + 1) ** (alpha / 2) - 1) * (bend / alpha * scale)


def smooth_l1(predicted: Tensor, target: Tensor, weight: Tensor | None = None, *, scale: float = _LEVEL) -> Tensor:
    """Mean absolute difference, rounded off below `scale`, one grey level of 255: `robust` with alpha 1."""
    predicted, target, weight = prepared(predicted, target, weight)
    return mean_per_item(robust(predicted - target, 1.0, scale), weight)


def largest(predicted: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Largest absolute difference in each channel (L-infinity norm), averaged over the channels."""
    predicted, target, weight = prepared(predicted, target, weight)
    size = (predicted - target).abs()
    return (size if weight is None else size * weight).amax((2, 3)).mean(1)
