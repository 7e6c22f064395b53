"""Rounding to the 256 levels of a picture file, within the attack: what is lost to rounding is then not counted on."""

from __future__ import annotations

from torch import Tensor

_HALF_RANGE = 127.5
"""Grey levels from -1 to 0."""


def rounded(images: Tensor) -> Tensor:
    """Values in [-1, 1] at the nearest of 256 levels; gradients pass as if nothing had been rounded.

    The straight-through estimator: Bengio, Léonard, Courville (arXiv 1308.3432).
    """
    levels = ((images.detach() + 1) * _HALF_RANGE).round() / _HALF_RANGE - 1
    return levels + (images - images.detach())
