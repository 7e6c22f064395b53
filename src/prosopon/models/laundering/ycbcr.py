"""RGB and YCbCr as JPEG files have it: full range, the weights of ITU-R BT.601 (JFIF 1.02)."""

from __future__ import annotations

import torch
from torch import Tensor

_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114
"""What each colour adds to the brightness."""


def to_ycbcr(rgb: Tensor) -> Tensor:
    """`(B, 3, H, W)` RGB in [0, 255] -> Y, Cb, Cr in [0, 255]; Cb and Cr of a grey are 128."""
    red, green, blue = rgb.unbind(1)
    brightness = _RED * red + _GREEN * green + _BLUE * blue
    cb = (blue - brightness) / (2 - 2 * _BLUE) + 128
    cr = (red - brightness) / (2 - 2 * _RED) + 128
    return torch.stack((brightness, cb, cr), 1)


def to_rgb(brightness: Tensor, cb: Tensor, cr: Tensor) -> Tensor:
    """The inverse of `to_ycbcr` for planes `(B, 1, H, W)`, not clipped: most of YCbCr lies outside of RGB."""
    blue = (2 - 2 * _BLUE) * (cb - 128)
    red = (2 - 2 * _RED) * (cr - 128)
    green = -(_BLUE * blue + _RED * red) / _GREEN
    return torch.cat((brightness + red, brightness + green, brightness + blue), 1)
