"""CIE Lab of sRGB pictures under D65, and back, with gradients everywhere; `faces.colour.lab` is its twin in numpy."""

from __future__ import annotations

import torch
from torch import Tensor

from prosopon.models.image_losses.items import exactly

_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
"""Linear RGB -> XYZ; the sum of each row is the white of D65, so that greys have no colour at all."""
_EDGE = 6 / 29
"""Below this root, a straight line takes the place of the cube root (CIE 15:2004)."""


def lab_of(images: Tensor) -> Tensor:
    """`(B, 3, H, W)` sRGB in [0, 1] -> L in [0, 100], a and b within about +-110."""
    # Each branch gets what it can take: `where` lets a gradient that is no number through from the other one.
    bright = ((images.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4
    linear = torch.where(images <= 0.04045, images / 12.92, bright)
    xyz = _mixed(linear, _to_white(images))
    root = torch.where(xyz > _EDGE**3, xyz.clamp_min(_EDGE**3) ** (1 / 3), xyz / (3 * _EDGE**2) + 4 / 29)
    x, y, z = root.unbind(1)
    return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), 1)


def rgb_of(lab: Tensor) -> Tensor:
    """The inverse of `lab_of`, not clipped: colours that no screen shows lie outside of [0, 1]."""
    lightness, a, b = lab.unbind(1)
    y = (lightness + 16) / 116
    root = torch.stack((y + a / 500, y, y - b / 200), 1)
    xyz = torch.where(root > _EDGE, root**3, 3 * _EDGE**2 * (root - 4 / 29))
    linear = _mixed(xyz, torch.linalg.inv(_to_white(lab)))
    bright = 1.055 * linear.clamp_min(0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(linear <= 0.0031308, 12.92 * linear, bright)


def _to_white(like: Tensor) -> Tensor:
    """`(3, 3)`: linear RGB -> XYZ as shares of the white's."""
    matrix = torch.tensor(_XYZ, dtype=torch.float64)
    return (matrix / matrix.sum(1, keepdim=True)).to(like)


def _mixed(channels: Tensor, matrix: Tensor) -> Tensor:
    """`(B, 3, H, W)`: each pixel's channels times a matrix, in their own precision also where nets compute in less."""
    with exactly(channels):
        return (matrix @ channels.flatten(2)).view(channels.shape)
