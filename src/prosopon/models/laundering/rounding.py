"""Rounding that lets gradients through, and what saving a picture with 8 bits does."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from prosopon.core.clip import Frame


def straight_through(values: Tensor, forward: Tensor) -> Tensor:
    """`forward`, exactly, with the gradient that `values` would have had (Bengio et al. 2013, arXiv 1308.3432)."""
    through: Tensor = _StraightThrough.apply(values, forward)  # type: ignore[no-untyped-call]
    return through


class _StraightThrough(torch.autograd.Function):
    """`values + (forward - values).detach()` is not `forward` to the last bit, and takes three passes over memory."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, forward: Tensor) -> Tensor:
        return forward.view_as(forward)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None


def rounded(values: Tensor) -> Tensor:
    """To the nearest whole number, halves upwards as integer code does it; the gradient is that of the identity."""
    return straight_through(values, torch.floor(values + 0.5))


def softly_rounded(values: Tensor) -> Tensor:
    """round(x) + (x - round(x))^3 (Shin and Song 2017): off by up to an eighth, flat at whole numbers."""
    nearest = torch.round(values).detach()
    return nearest + (values - nearest) ** 3


@dataclass(frozen=True)
class Rounding:
    """Saved without loss, as PNG: clipped to [0, 1] and rounded to 256 levels. Forward it is exact."""

    def __call__(self, images: Tensor) -> Tensor:
        """`(B, 3, H, W)` on the levels; the gradient is 1 inside of [0, 1] and 0 outside."""
        return rounded(images.clamp(0, 1) * 255) / 255

    def real(self, picture: Frame) -> Frame:
        """To PNG and back: the same picture."""
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "PNG", compress_level=1)
        return np.asarray(Image.open(file).convert("RGB"))
