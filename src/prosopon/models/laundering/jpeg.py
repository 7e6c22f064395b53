"""JPEG with gradients (Shin and Song 2017, "JPEG-resistant adversarial images").

Everything in JPEG but rounding is linear or smooth, and entropy coding loses nothing, so the differentiable form is
the codec itself with roundings that let gradients through. It follows libjpeg's order of integer roundings; its DCT is
exact where libjpeg's constants have 13 bits, so that some coefficients fall on the other side of a half. On photographs
92 % or more of all values are those that Pillow gives back, 97 % within one level, the mean difference is below 0.15.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from prosopon.core.clip import Frame
from prosopon.core.errors import UsageError
from prosopon.models.image_losses.items import exact, exactly
from prosopon.models.laundering.chroma import doubled, halved, padded, up_to
from prosopon.models.laundering.jpeg_tables import quantisation
from prosopon.models.laundering.rounding import rounded, softly_rounded, straight_through
from prosopon.models.laundering.ycbcr import to_rgb, to_ycbcr

_FIRST = 4 * math.sqrt(8)
"""libjpeg keeps two bits of fraction after the first of two passes, which is larger by the square root of 8."""
_TIE = 2**-10
"""Halves are common (a flat block has many) and float32 misses them by less than this."""


@dataclass(frozen=True)
class Jpeg:
    """Through a JPEG file and back."""

    quality: int = 75
    """1 to 100, as libjpeg and Pillow count it."""
    subsampling: Literal["4:2:0", "4:4:4"] = "4:2:0"
    """Colour at half the resolution, as nearly every messenger and camera has it, or at the full one."""
    rounding: Literal["straight-through", "soft"] = "straight-through"
    """`straight-through`: forward the real roundings, backward none. `soft`: Shin and Song's cubic in place of the
    rounding of coefficients and no other; no exact picture, but a gradient that is the slope of what is computed."""

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise UsageError(f"there is no JPEG quality {self.quality}", "use 1 to 100")
        if self.subsampling not in ("4:2:0", "4:4:4"):
            raise UsageError(f"there is no subsampling {self.subsampling!r} here", "use 4:2:0 or 4:4:4")
        if self.rounding not in ("straight-through", "soft"):
            raise UsageError(f"there is no rounding {self.rounding!r}", "use straight-through or soft")

    def __call__(self, images: Tensor) -> Tensor:
        """`(B, 3, H, W)` of any size, in [0, 1]; what lies outside is clipped. float32, or float64 where it was."""
        real = self.rounding == "straight-through"
        images = exact(images)
        height, width = images.shape[-2:]
        with exactly(images):
            levels = images.clamp(0, 1) * 255
            planes = rounded(to_ycbcr(rounded(levels))) if real else to_ycbcr(levels)
            size = up_to(8, height), up_to(8, width)
            brightness = self._coded(padded(planes[:, :1], *size), colour=False)[..., :height, :width]
            if self.subsampling == "4:4:4":
                colour = self._coded(padded(planes[:, 1:], *size), colour=True)[..., :height, :width]
            else:
                small = self._coded(halved(planes[:, 1:], exact=real), colour=True)
                colour = doubled(small, height, width, exact=real)
            back = to_rgb(brightness, colour[:, :1], colour[:, 1:])
            return (rounded(back) if real else back).clamp(0, 255) / 255

    def real(self, picture: Frame) -> Frame:
        """Pillow's encoder and decoder."""
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=self.quality, subsampling=self.subsampling)
        return np.asarray(Image.open(file).convert("RGB"))

    def _coded(self, planes: Tensor, *, colour: bool) -> Tensor:
        """Planes `(B, C, H, W)` in [0, 255], sides multiples of 8, quantised in the DCT of their 8 x 8 blocks."""
        height, width = planes.shape[-2:]
        waves = _waves(planes.device, planes.dtype)
        table = torch.tensor(quantisation(self.quality, colour=colour), device=planes.device, dtype=planes.dtype)
        steps = table.view(8, 8).repeat(1, width // 8)
        # Rows of blocks: a block's columns are the last axis but one, its rows every eight of the last.
        levels = planes.reshape(-1, height // 8, 8, width) - 128
        if self.rounding == "straight-through":
            # libjpeg's integer DCT goes along rows first, and keeps so many fractions of a level after each pass.
            along = _to_fraction(_each_eight(levels, waves.T), _FIRST)
            eighths = _to_fraction(waves @ along, 8)
            coefficients = _rounded_away(eighths / steps) * steps
            # Its inverse goes down columns first.
            down = _to_fraction(waves.T @ coefficients, _FIRST)
            levels = rounded(_each_eight(down, waves) + _TIE)
        else:
            coefficients = softly_rounded(waves @ _each_eight(levels, waves.T) / steps) * steps
            levels = _each_eight(waves.T @ coefficients, waves)
        return (levels + 128).clamp(0, 255).reshape(planes.shape)


def _each_eight(rows: Tensor, matrix: Tensor) -> Tensor:
    """Every eight samples of the last axis times a matrix."""
    return (rows.reshape(-1, 8) @ matrix).reshape(rows.shape)


def _to_fraction(values: Tensor, parts: float) -> Tensor:
    return rounded(values * parts + _TIE) / parts


def _rounded_away(values: Tensor) -> Tensor:
    return straight_through(values, values.sign() * torch.floor(values.abs() + 0.5))


@lru_cache(maxsize=8)
def _waves(device: torch.device, dtype: torch.dtype) -> Tensor:
    """`(8, 8)`: the orthonormal DCT of 8 samples; its inverse is its transpose."""
    # Outside of inference mode, or a tensor that is kept here could never be used for gradients.
    with torch.inference_mode(mode=False), torch.no_grad():
        line = torch.arange(8, dtype=torch.float64)
        waves = torch.cos((2 * line + 1) * line[:, None] * math.pi / 16) / 2
        waves[0] /= math.sqrt(2)
        return waves.to(device, dtype)
