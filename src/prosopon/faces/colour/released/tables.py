"""CIE Lab as OpenCV computes it: by tables and integers. Only to repeat what programs built on it have published.

Pictures in float go through a table of 33^3 colours that is read at 512 steps a channel and always from below: the
result is up to 0.3 off in Lab. Pictures in 8 bits go through integers: dark colours take few of their values.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from prosopon.faces.colour.lab import lab_of, rgb_of

_KNOTS, _BASE, _CELL_BITS, _STEP_BITS = 33, 1 << 14, 9, 5
_SCALE, _OFFSET = np.array((100.0, 256.0, 256.0)), np.array((0.0, 128.0, 128.0))
"""From the table's unit interval to Lab."""

_GAMMA_STEPS, _ROOT_ONE, _MATRIX_ONE = 8, 1 << 15, 1 << 12
_XYZ = np.array(((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227)))
_WHITE = np.array((0.950456, 1.0, 1.088754))


def lab_by_table(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lab `(H, W, 3)` of a picture `(H, W, 3)` RGB in [0, 1]."""
    table = _lab_table()
    places = np.rint(np.clip(picture, 0, 1).astype(np.float64) * _BASE).astype(np.int64)
    cell, beyond = places >> _CELL_BITS, (places >> _STEP_BITS) & 15
    total = np.zeros(picture.shape, np.int64)
    for corner in product((0, 1), repeat=3):
        red, green, blue = np.moveaxis(np.minimum(cell + corner, _KNOTS - 1), -1, 0)
        share = np.where(corner, beyond, 16 - beyond).prod(-1, keepdims=True)
        total += share * table[red, green, blue]
    lab: NDArray[np.float64] = ((total + 2048) >> 12) / _BASE * _SCALE - _OFFSET
    return lab.astype(np.float32)


def rgb_of_lab(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """RGB `(H, W, 3)` in [0, 1] of Lab `(H, W, 3)`; here the table is not used."""
    return _over_planes(rgb_of, lab)


def lab8_of(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """8-bit Lab of a picture `(H, W, 3)`: lightness stretched to 0 to 255, a and b moved up by 128."""
    gamma, root, matrix = _integer_tables()
    x, y, z = np.moveaxis(root[_descaled(gamma[picture] @ matrix.T, _MATRIX_ONE)], -1, 0)
    lightness = _descaled((116 * 255 + 50) // 100 * y - (16 * 255 * _ROOT_ONE + 50) // 100, _ROOT_ONE)
    a, b = (_descaled(gain * apart + 128 * _ROOT_ONE, _ROOT_ONE) for gain, apart in ((500, x - y), (200, y - z)))
    return np.clip(np.stack((lightness, a, b), axis=-1), 0, 255).astype(np.uint8)


def rgb8_of(lab8: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The inverse of `lab8_of`, rounded."""
    lab = (lab8.astype(np.float64) / (2.55, 1, 1) - _OFFSET).astype(np.float32)
    return np.rint(_over_planes(rgb_of, lab) * 255).astype(np.uint8)


def _over_planes(function: object, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    planes = np.ascontiguousarray(picture.reshape(-1, 3).T)
    return np.ascontiguousarray(function(planes).T).reshape(picture.shape)  # type: ignore[operator]


def _descaled(numbers: NDArray[np.int64], one: int) -> NDArray[np.int64]:
    descaled: NDArray[np.int64] = (numbers + one // 2) // one
    return descaled


@cache
def _lab_table() -> NDArray[np.int64]:
    knots = np.linspace(0, 1, _KNOTS)
    colours = np.stack(np.meshgrid(knots, knots, knots, indexing="ij")).reshape(3, -1)
    lab = lab_of(colours.astype(np.float32)).T.reshape(_KNOTS, _KNOTS, _KNOTS, 3).astype(np.float64)
    table: NDArray[np.float64] = np.rint((lab + _OFFSET) / _SCALE * _BASE)
    return table.astype(np.int64)


@cache
def _integer_tables() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    levels = np.arange(256) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    values = np.arange(256 * 3 // 2 * _GAMMA_STEPS) / (255 * _GAMMA_STEPS)
    root = np.where(values < 0.008856, values * 7.787 + 16 / 116, np.cbrt(values))
    matrix = _XYZ / _WHITE[:, None]
    tables = (linear * 255 * _GAMMA_STEPS, root * _ROOT_ONE, matrix * _MATRIX_ONE)
    gamma, cubes, xyz = (np.rint(table).astype(np.int64) for table in tables)
    return gamma, cubes, xyz
