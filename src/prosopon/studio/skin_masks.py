"""Where things lie on the unrolled skin: lips, brows, beard, nose, as soft masks over a map of the plane."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform, gaussian_filter

from prosopon.studio.hairline import inside_hairline
from prosopon.studio.person import HairStyle, Identity
from prosopon.studio.template import (
    LIP_HALF,
    S_BACK,
    T_BOTTOM,
    T_TOP,
    lid_line,
    lower_lip_height,
    on_eyeball,
    place,
    slit_t,
    upper_lip_height,
)

Floats = NDArray[np.float32]

TEXEL = 0.05
"""cm per texel."""
S0, T0 = -S_BACK, T_BOTTOM
COLUMNS, ROWS = int(2 * S_BACK / TEXEL) + 1, int((T_TOP - T_BOTTOM) / TEXEL) + 1


FACE = (
    slice(int((-17.0 - T0) / TEXEL), int((9.6 - T0) / TEXEL)),
    slice(int((-12.0 - S0) / TEXEL), int((12.0 - S0) / TEXEL)),
)
"""Rows and columns of face and front of the neck: what age draws lines on."""


@lru_cache(maxsize=1)
def axes() -> tuple[Floats, Floats]:
    """s `(1, C)` and t `(R, 1)` of the texels."""
    s = (S0 + TEXEL * np.arange(COLUMNS)).astype(np.float32)
    t = (T0 + TEXEL * np.arange(ROWS)).astype(np.float32)
    return s[None, :], t[:, None]


def enlarged(coarse: Floats, factor: int, shape: tuple[int, int] = (ROWS, COLUMNS)) -> Floats:
    """A map of some shape from one that has every `factor`-th texel, interpolated linearly."""
    if factor == 1:
        return coarse
    scale = (1 / factor, 1 / factor)
    fine = affine_transform(coarse, scale, output_shape=shape, order=1, mode="nearest")
    return np.asarray(fine, np.float32)


def spot(s0: float, t0: float, width: float, height: float) -> Floats:
    """Soft spot on both sides of the face, `(R, C)`."""
    s, t = axes()
    return np.asarray(np.exp(-(((np.abs(s) - s0) / width) ** 2)) * np.exp(-(((t - t0) / height) ** 2)), np.float32)


@lru_cache(maxsize=1)
def lip_masks() -> tuple[Floats, Floats]:
    """(upper, lower) lip, soft edges, `(R, C)`."""
    s, t = axes()
    u = s.astype(np.float64) / LIP_HALF
    line = slit_t(np.clip(u, -1, 1)).astype(np.float32)
    offset = t - line
    edge = 0.07
    inside = np.abs(u) < 1
    upper = np.clip((upper_lip_height(u) - offset) / edge + 0.5, 0, 1) * (offset >= -0.02) * inside
    lower = np.clip((lower_lip_height(u) + offset) / edge + 0.5, 0, 1) * (offset < 0.02) * inside
    return upper.astype(np.float32), lower.astype(np.float32)


def brow_curve(identity: Identity, k: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middle line `(K, 2)` in the plane of the brow on the right, k from 0 at the nose, and half thickness."""
    x = 1.15 + 4.35 * k
    arch = 0.5 + 0.3 * identity.brow_arch
    y = 4.42 + 0.3 * identity.brow_height + arch * np.sin(np.pi * np.clip(k, 0, 1) ** 1.25) - 0.22 * k**2
    z = 5.2 - 0.10 * k - 2.3 * k**2
    thickness = (0.36 + 0.13 * identity.brow_thickness) * np.minimum(1, 0.55 + 1.9 * k) * (1 - 0.8 * k**2.4)
    return place(x, y, z), thickness


def brow_mask(identity: Identity) -> Floats:
    """Brows, soft edges, `(R, C)`."""
    s, t = axes()
    k = np.linspace(0, 1, 40)
    line, thick = brow_curve(identity, k)
    at = np.abs(s)
    middle = np.interp(at, line[:, 0], line[:, 1])
    half = np.interp(at, line[:, 0], thick)
    inside = np.clip((at - line[0, 0]) / 0.45 + 0.6, 0, 1) * np.clip((line[-1, 0] - at) / 0.35 + 0.5, 0, 1)
    across = np.abs(t - middle) / np.maximum(half, 0.05)
    return np.asarray((np.clip(1.35 - across, 0, 1) * inside), np.float32)


@lru_cache(maxsize=1)
def beard_area() -> Floats:
    """Where a beard grows, 0 to 1."""
    s, t = axes()
    at = np.abs(s)
    top = np.interp(at, (0, 2.2, 3.2, 5.0, 7.5, 9.5, 11.5, 12.5), (-2.3, -2.6, -3.4, -4.3, -4.0, -1.5, 1.5, 2.0))
    area = np.clip((top - t) / 0.7 + 0.3, 0, 1) * np.clip((t + 11.2) / 1.4, 0, 1) * np.clip((13.0 - at) / 0.8, 0, 1)
    area = area * (1 - 0.75 * np.exp(-(((at - 1.6) / 0.7) ** 2) - ((t + 6.0) / 0.5) ** 2))
    area = area * (1 - 0.6 * np.exp(-((at / 0.35) ** 2) - ((t + 2.4) / 0.5) ** 2))
    upper, lower = lip_masks()
    return np.asarray(area * (1 - np.clip(upper + lower, 0, 1)), np.float32)


@lru_cache(maxsize=1)
def lash_mask() -> Floats:
    """Roots of the lashes along both lids, `(R, C)`."""
    s, t = axes()
    k = np.linspace(0, 1, 60)
    mask = np.zeros((ROWS, COLUMNS), np.float32)
    for upper, strength, width in ((True, 0.92, 0.085), (False, 0.45, 0.045)):
        xy = lid_line(k, upper)
        line = place(xy[:, 0], xy[:, 1], on_eyeball(xy[:, 0], xy[:, 1]))
        at = np.interp(np.abs(s), line[:, 0], line[:, 1], left=99, right=99)
        mask = np.maximum(mask, strength * np.exp(-(((t - at) / width) ** 2)))
    return np.asarray(mask, np.float32)


@lru_cache(maxsize=1)
def nose_mask() -> NDArray[np.bool_]:
    """The nose, `(R, C)`."""
    s, t = axes()
    half = np.interp(t, (-2.0, -1.2, -0.3, 1.0, 2.4, 3.2), (1.2, 1.75, 1.75, 1.3, 0.85, 0.7))
    return np.asarray((np.abs(s) < half) & (t > -2.0) & (t < 3.2))


@lru_cache(maxsize=1)
def nostril_mask() -> Floats:
    """Nostrils and the groove around the wings of the nose, `(R, C)`."""
    s, t = axes()
    hole = np.exp(-((((np.abs(s) - 0.56) / 0.22) ** 2 + ((t + 1.64) / 0.13) ** 2) ** 1.5))
    wing = np.exp(-(((np.abs(s) - 1.64) / 0.16) ** 2) - ((t + 0.95) / 0.45) ** 2)
    return np.asarray(np.maximum(0.93 * hole, 0.2 * wing), np.float32)


def brow_hairs(identity: Identity, rng: np.random.Generator) -> Floats:
    """The brows hair by hair, drawn as short strokes, `(R, C)` 0 to 1."""
    count = int(190 + 70 * identity.brow_thickness)
    mask = np.zeros((ROWS, COLUMNS), np.float32)
    for side in (-1, 1):
        k = rng.uniform(0, 1, count) ** 0.9
        line, half = brow_curve(identity, k)
        offset = rng.uniform(-1, 1, count)
        # Hairs stand up at the nose and lie down along the brow towards the temple.
        angle = np.radians(78 - 78 * k**0.6) - 0.5 * offset * (k > 0.25) + rng.normal(0, 0.12, count)
        length = (0.42 + 0.35 * np.sin(np.pi * np.clip(k, 0, 1))) * rng.uniform(0.6, 1.1, count)
        along = np.linspace(0, 1, 18)[None]
        s = side * (line[:, :1] + np.cos(angle)[:, None] * length[:, None] * along - 0.15)
        t = line[:, 1:] + (offset * half * 0.95)[:, None] + np.sin(angle)[:, None] * length[:, None] * along - 0.12
        column = np.clip((s - S0) / TEXEL + 0.5, 0, COLUMNS - 1).astype(np.int64)
        row = np.clip((t - T0) / TEXEL + 0.5, 0, ROWS - 1).astype(np.int64)
        ink = np.broadcast_to((1 - 0.6 * along) * rng.uniform(0.5, 1, count)[:, None], row.shape)
        np.maximum.at(mask, (row, column), ink.astype(np.float32))
    return np.asarray(gaussian_filter(mask, 0.6) * 1.6, np.float32)


def beard_hairs(identity: Identity, rng: np.random.Generator) -> Floats:
    """A full beard hair by hair, `(R, C)` 0 to 1."""
    area = beard_area()
    rows, columns = np.nonzero(area > 0.15)
    odds = area[rows, columns] / area[rows, columns].sum()
    pick = rng.choice(len(rows), 9000, p=odds)
    s, t = S0 + TEXEL * columns[pick], T0 + TEXEL * rows[pick]
    # Down the cheeks, towards the middle under the chin, sideways on the lip.
    lip = np.exp(-(((t + 3.0) / 0.7) ** 2)) * (np.abs(s) < 3)
    angle = np.radians(-90) + np.sign(s) * (0.7 * lip - 0.25) + rng.normal(0, 0.3, len(s))
    length = rng.uniform(0.25, 0.7, len(s))
    along = np.linspace(0, 1, 16)[None]
    column = np.clip((s[:, None] + np.cos(angle)[:, None] * length[:, None] * along - S0) / TEXEL, 0, COLUMNS - 1)
    row = np.clip((t[:, None] + np.sin(angle)[:, None] * length[:, None] * along - T0) / TEXEL, 0, ROWS - 1)
    ink = np.broadcast_to((1 - 0.5 * along) * rng.uniform(0.25, 1, len(s))[:, None], row.shape)
    mask = np.zeros((ROWS, COLUMNS), np.float32)
    np.maximum.at(mask, (row.astype(np.int64), column.astype(np.int64)), ink.astype(np.float32))
    upper, lower = lip_masks()
    return np.asarray(gaussian_filter(mask, 0.5) * 1.3 * (1 - np.clip(upper + lower, 0, 1)), np.float32)


def scalp_mask(identity: Identity) -> Floats:
    """Hair seen on the scalp, thinning out towards the hairline, `(R, C)`."""
    if identity.hair_style is HairStyle.BALD:
        return np.zeros((ROWS, COLUMNS), np.float32)
    s, t = axes()
    coarse_s, coarse_t = s[0, ::6], t[::6, 0]
    at = np.stack(np.meshgrid(coarse_s, coarse_t), -1).reshape(-1, 2).astype(np.float64)
    grown = inside_hairline(identity, at).reshape(len(coarse_t), len(coarse_s))
    return np.asarray(np.clip((enlarged(grown.astype(np.float32), 6) + 0.2) / 0.6, 0, 1), np.float32)
