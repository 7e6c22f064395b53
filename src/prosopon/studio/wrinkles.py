"""Relief of the skin over the unrolled plane: the lines that age draws, too fine for the mesh.

Everybody has their own lines, which follow from the grain; age only makes them deeper.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from prosopon.studio.ageing import nasolabial_x, wear
from prosopon.studio.person import Identity
from prosopon.studio.skin_masks import COLUMNS, FACE, ROWS, S0, T0, TEXEL, spot
from prosopon.studio.template import place

Floats = NDArray[np.float32]
_Line = NDArray[np.float64]

FINE_CM, BROAD_CM = 0.065, 0.19
"""Half widths of the two sorts of lines."""
_STEP = 0.02
"""cm between the points of which lines are drawn."""
_SHAPE = (FACE[0].stop - FACE[0].start, FACE[1].stop - FACE[1].start)


class _Drawing:
    """Lines of one width, collected and then blurred."""

    def __init__(self, half_width_cm: float) -> None:
        self.sigma = half_width_cm / TEXEL
        self.ink = np.zeros(_SHAPE, np.float32)

    def line(self, s: _Line, t: _Line, depth_cm: _Line | float) -> None:
        """A line through points `(K,)` of the plane; its depth fades in and out along it."""
        length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(s), np.diff(t)))])
        at = np.arange(0, length[-1], _STEP)
        fade = np.clip(4 * np.minimum(at, length[-1] - at) / length[-1], 0, 1)
        ink = np.interp(at, length, np.broadcast_to(depth_cm, s.shape)) * fade
        column = ((np.interp(at, length, s) - S0) / TEXEL + 0.5).astype(np.int64) - FACE[1].start
        row = ((np.interp(at, length, t) - T0) / TEXEL + 0.5).astype(np.int64) - FACE[0].start
        inside = (row >= 0) & (row < self.ink.shape[0]) & (column >= 0) & (column < self.ink.shape[1])
        np.maximum.at(self.ink, (row[inside], column[inside]), ink[inside].astype(np.float32))

    def depth(self) -> Floats:
        """The blurred lines, as deep as they were asked for."""
        return np.asarray(gaussian_filter(self.ink, self.sigma, truncate=3) * (np.sqrt(2 * np.pi) * self.sigma))


def _forehead(fine: _Drawing, rng: np.random.Generator, w: float) -> None:
    """Lines across the forehead, and those between the brows."""
    strength = rng.uniform(0.4, 1.1)
    count = int(rng.integers(4, 7))
    for k in range(count):
        middle = 5.6 + 2.6 * (k + rng.uniform(0.2, 0.8)) / count
        reach = rng.uniform(2.4, 4.6)
        s = np.linspace(-reach, reach, 40) + rng.uniform(-0.4, 0.4)
        t = middle + 0.22 * np.cos(s * rng.uniform(0.7, 1.1)) - 0.02 * s**2 + 0.06 * np.sin(2.1 * s + rng.uniform(0, 6))
        fine.line(s, t, 0.055 * strength * w * rng.uniform(0.5, 1))
    frown = rng.uniform(0.2, 1.1)
    for side in (-1, 1):
        t = np.linspace(3.9, 5.3 + rng.uniform(-0.3, 0.4), 12)
        fine.line(side * (0.55 + 0.1 * (t - 4) ** 2 + rng.uniform(-0.1, 0.1)), t, 0.055 * frown * w)


def _around_the_eyes(fine: _Drawing, rng: np.random.Generator, w: float) -> None:
    """Crow's feet and lines under the lower lids."""
    strength = rng.uniform(0.5, 1.1)
    for side in (-1, 1):
        count = int(rng.integers(4, 6))
        for k in range(count):
            angle = np.radians(np.linspace(42, -48, count)[k] + rng.uniform(-7, 7))
            r = np.linspace(0.45, rng.uniform(1.2, 2.1), 10)
            bend = -0.10 * r**2 * np.sign(angle + 0.1)
            fine.line(side * (4.5 + r * np.cos(angle)), 2.65 + r * np.sin(angle) + bend, 0.05 * strength * w)
        for k, low in enumerate((0.85, 1.25, 1.75)):
            s = np.linspace(1.9 + 0.25 * k, 4.6 + 0.1 * k, 16)
            t = 2.5 - low * np.sin(np.pi * np.clip((s - 1.3) / 3.9, 0, 1)) ** 0.7 + rng.uniform(-0.06, 0.06)
            fine.line(side * s, t, (0.045, 0.04, 0.05)[k] * rng.uniform(0.6, 1.1) * w)


def _around_the_mouth(fine: _Drawing, broad: _Drawing, rng: np.random.Generator, w: float) -> None:
    """The fold beside the mouth, the lines down from its corners, short ones over the lips, and on the cheeks."""
    fold, smoker = rng.uniform(0.6, 1.1), rng.uniform(0.1, 1.0)
    for side in (-1, 1):
        y = np.linspace(-0.7, -4.7 - rng.uniform(0, 0.7), 20)
        at = place(nasolabial_x(y), y, 5.1 - 0.25 * (-0.7 - y))
        broad.line(side * at[:, 0], at[:, 1], (0.012 + 0.08 * w) * fold * np.linspace(1.1, 0.4, 20))
        fine.line(side * at[:, 0], at[:, 1], 0.03 * w * fold * np.linspace(1.1, 0.2, 20))
        y = np.linspace(-4.5, -6.6 - rng.uniform(-0.4, 0.4), 12)
        at = place(2.45 + 0.3 * (-4.5 - y) - 0.06 * (-4.5 - y) ** 2, y, np.full(12, 4.15))
        broad.line(side * at[:, 0], at[:, 1], 0.06 * fold * w * np.linspace(1.0, 0.2, 12))
        for _ in range(7):
            start = rng.uniform(0.2, 2.1)
            t = np.linspace(-3.5 + 0.12 * start, -2.8 + rng.uniform(-0.2, 0.2), 6)
            fine.line(side * (start + 0.12 * (t + 3.5)), t, 0.035 * smoker * max(0.0, w - 0.3))
            t = np.linspace(-5.4, -5.9 + rng.uniform(-0.2, 0.2), 6)
            fine.line(side * (start * 0.9 + 0.05 * (t + 5.4)), t, 0.03 * smoker * max(0.0, w - 0.3))
        for k in range(3):
            t = np.linspace(-1.2, -5.2 - 0.4 * k, 14)
            s = 4.2 + 0.8 * k + rng.uniform(-0.2, 0.2) - rng.uniform(0.05, 0.12) * (t + 3) ** 2
            broad.line(side * s, t, 0.045 * rng.uniform(0.2, 1.0) * max(0.0, w - 0.35))
    s = np.linspace(-1.1, 1.1, 12)
    broad.line(s, -6.15 + 0.12 * s**2, 0.04 * w)


def _neck(broad: _Drawing, rng: np.random.Generator, w: float) -> None:
    for height in (-12.1, -13.4, -14.8):
        s = np.linspace(-6, 6, 30)
        broad.line(s, height + rng.uniform(-0.3, 0.3) + 0.025 * s**2, (0.015 + 0.06 * w) * rng.uniform(0.5, 1))
    for side in (-1, 1):
        t = np.linspace(-10.9, -16.5, 16)
        broad.line(side * (1.0 + 0.05 * (t + 11)), t, 0.10 * rng.uniform(0.4, 1) * max(0.0, w - 0.25))


def lines(identity: Identity) -> tuple[Floats, Floats]:
    """How deep the skin lies in lines, `(R, C)` cm, and how far light does not reach their ground, 0 to 1."""
    w, rng = wear(identity), np.random.default_rng([identity.grain, 1])
    out = np.zeros((ROWS, COLUMNS), np.float32)
    shade = np.zeros_like(out)
    if not w:
        return out, shade
    fine, broad = _Drawing(FINE_CM), _Drawing(BROAD_CM)
    _forehead(fine, rng, w)
    _around_the_eyes(fine, rng, w)
    _around_the_mouth(fine, broad, rng, w)
    _neck(broad, rng, w)
    # Old skin is crinkled all over, most where it is thin.
    crinkle = gaussian_filter(rng.standard_normal(fine.ink.shape, np.float32), (1.1, 2.2), truncate=3)
    thin = (0.35 + spot(4.6, -2.5, 2.5, 3.0) + spot(3.4, 1.4, 1.6, 0.7) + 0.6 * spot(0, -13.5, 7, 2.5))[FACE]
    narrow, wide = fine.depth(), broad.depth()
    out[FACE] = narrow + wide + (0.006 * w**2 / crinkle.std()) * crinkle * thin
    shade[FACE] = np.clip((narrow + 0.45 * wide) / 0.06, 0, 1.2)
    return out, shade


_FLAT, _STEEP = 0.03, 0.7
"""Slopes that cannot be seen, and that are not exceeded."""


def slopes(depth_cm: Floats) -> tuple[NDArray[np.int32], Floats]:
    """Where lines of that depth on the part `FACE` tilt the surface, and how much: see `SkinMap.lined`."""
    along_t, along_s = np.gradient(-depth_cm, TEXEL)
    slope = np.stack([along_s, along_t], -1)
    tilted = np.abs(slope).max(-1) > _FLAT
    table = slope[tilted].clip(-_STEEP, _STEEP)
    row = np.zeros((ROWS, COLUMNS), np.int32)
    row[FACE][tilted] = np.arange(1, len(table) + 1)
    return row.reshape(-1), np.concatenate([np.zeros((1, 2)), table]).astype(np.float32)
