"""Rounding to the 256 levels of a picture file, within the attack: what is lost to rounding is then not counted on."""

from __future__ import annotations

from torch import Tensor


def rounded(pictures: Tensor) -> Tensor:
    """Values in [0, 1] at the nearest of 256 levels; gradients pass as if nothing had been rounded.

    The straight-through estimator: Bengio, Léonard, Courville (arXiv 1308.3432).
    """
    levels = pictures.detach().mul(255).round().div(255)
    return levels + (pictures - pictures.detach())
