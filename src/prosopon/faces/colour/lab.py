"""CIE Lab of sRGB colours under D65, and back, in single precision: fast enough for every frame of a video."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.float32]
"""Colours as three planes `(3, N)`: sums and products over one channel then run over neighbouring numbers."""

_WHITE = np.array((0.950456, 1.0, 1.088754))
_XYZ = np.array(((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227)))
"""ITU-R BT.709 primaries with the white of D65, to the digits that are usual in image libraries."""
_TO_XYZ = (_XYZ / _WHITE[:, None]).astype(np.float32)
_FROM_XYZ = np.linalg.inv(_XYZ / _WHITE[:, None]).astype(np.float32)
_DARK_XYZ, _DARK_ROOT, _DARK_SLOPE, _DARK_OFFSET = 0.008856, 0.206893, 7.787, 16.0 / 116.0
"""Where the cube root gives way to a straight line (CIE 15)."""


def lab_of(rgb: Planes) -> Planes:
    """L 0 to 100, a and b about -127 to 127, of colours `(3, N)` in [0, 1]."""
    colours = np.asarray(rgb, np.float32)
    dark = colours * np.float32(1 / 12.92)
    linear = np.where(
        colours <= 0.04045, dark, np.maximum((colours + np.float32(0.055)) / np.float32(1.055), 0) ** np.float32(2.4)
    )
    xyz = _TO_XYZ @ linear
    x, y, z = np.where(
        xyz > _DARK_XYZ, np.cbrt(xyz), xyz * np.float32(_DARK_SLOPE) + np.float32(_DARK_OFFSET)
    )  # fmt: skip
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)))


def rgb_of(lab: Planes) -> Planes:
    """The inverse of `lab_of`; colours that a screen cannot show are clipped to [0, 1]."""
    lightness, a, b = np.asarray(lab, np.float32)
    y = (lightness + 16) / 116
    root = np.stack((y + a / 500, y, y - b / 200))
    xyz = np.where(root > _DARK_ROOT, root * root * root, (root - np.float32(_DARK_OFFSET)) / np.float32(_DARK_SLOPE))
    linear = np.clip(_FROM_XYZ @ xyz, 0, 1)
    bright = np.maximum(linear, np.float32(0.0031308)) ** np.float32(1 / 2.4)
    return np.where(linear <= 0.0031308, linear * np.float32(12.92), np.float32(1.055) * bright - np.float32(0.055))
