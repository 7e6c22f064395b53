"""What all losses on pictures share: one value a picture, in float32, and a map of how much each pixel counts.

A loss gives `(B,)`, so that a batch's is `.mean()` of it and single pictures can be told apart. A weight `(B, 1, H, W)`
multiplies the distances, not the pictures, and is not divided out again: 1 on average keeps the loss as large as it is
without one, and twice the weight is twice the loss.
"""

from __future__ import annotations

import torch
from torch import Tensor

from prosopon.core.errors import UsageError


def exact(maps: Tensor) -> Tensor:
    """The same in float32, or float64 where it was: losses are differences of nearly equal numbers."""
    return maps if maps.dtype in {torch.float32, torch.float64} else maps.float()


def exactly(maps: Tensor) -> torch.autocast:
    """Where nothing is rounded to bf16 or fp16, whatever precision the nets compute in."""
    return torch.autocast(maps.device.type, enabled=False)


def prepared(predicted: Tensor, target: Tensor, weight: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor | None]:
    """The arguments of a loss, exact; no gradient flows into `target` and `weight`.

    Args:
        predicted: `(B, C, H, W)` what a net made.
        target: `(B, C, H, W)` what it should have made.
        weight: `(B or 1, 1, H, W)` how much each pixel counts, none below 0; None: all alike.

    Raises:
        ValueError: the shapes do not go together.
    """
    if predicted.dim() != 4 or predicted.shape != target.shape:
        raise ValueError(f"pictures (B, C, H, W) of one shape, not {tuple(predicted.shape)} and {tuple(target.shape)}")
    if weight is None:
        return exact(predicted), exact(target.detach()), None
    if weight.dim() != 4 or weight.shape[1:] != (1, *predicted.shape[2:]) or len(weight) not in {1, len(predicted)}:
        raise ValueError(f"a weight of shape {tuple(weight.shape)} does not fit pictures {tuple(predicted.shape)}")
    return exact(predicted), exact(target.detach()), exact(weight.detach())


def mean_per_item(distance: Tensor, weight: Tensor | None) -> Tensor:
    """Mean over channels and pixels: `(B, C, H, W)` and its weight `(B, 1, H, W)` -> `(B,)`."""
    return (distance if weight is None else distance * weight).mean((1, 2, 3))


def require_size(maps: Tensor, least_px: int, what: str) -> None:
    """Raise what can be understood where pictures are too small.

    Raises:
        UsageError: a side of `(..., H, W)` is below `least_px`, which `what` needs.
    """
    height, width = maps.shape[-2:]
    if min(height, width) < least_px:
        raise UsageError(
            f"{what} needs pictures of {least_px} x {least_px} pixels or more, these have {width} x {height}",
            "choose a higher resolution or another loss",
        )
