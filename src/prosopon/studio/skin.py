"""The skin's colour: a map over the unrolled plane, painted once per person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from prosopon.core.parts import Part
from prosopon.studio.ageing import wear
from prosopon.studio.greying import BROWS_EARLIER, beard_colour, brow_colour, grey_share, hair_colour
from prosopon.studio.person import FULL_BEARD, Identity
from prosopon.studio.skin_masks import (
    COLUMNS,
    FACE,
    ROWS,
    S0,
    T0,
    TEXEL,
    axes,
    beard_area,
    beard_hairs,
    brow_hairs,
    brow_mask,
    enlarged,
    lash_mask,
    lip_masks,
    nose_mask,
    nostril_mask,
    scalp_mask,
    spot,
)
from prosopon.studio.wrinkles import lines, slopes

Floats = NDArray[np.float32]

_TONES = np.array(
    ((0.050, 0.025, 0.016), (0.105, 0.052, 0.030), (0.23, 0.115, 0.066), (0.42, 0.235, 0.145), (0.62, 0.39, 0.275),
     (0.78, 0.54, 0.43))
)  # fmt: skip
"""Reflectance in linear light from very dark to very light skin, at `_TONE_AT`."""
_TONE_AT = (0.0, 0.14, 0.28, 0.45, 0.66, 1.0)


@dataclass(frozen=True)
class SkinMap:
    """Colour and meaning of the skin over the plane.

    Attributes:
        albedo: `float32 (R, C, 3)` linear-light reflectance.
        part: `uint8 (R, C)`.
        gloss: `float32 (R, C)` strength of the highlight.
        lined: where age has drawn lines: `int32 (R * C,)` the row of every texel in a table `float32 (L, 2)` of how
            much the surface rises per cm along s and t there, 0 for flat ones; None for skin that is smooth.
    """

    albedo: Floats
    part: NDArray[np.uint8]
    gloss: Floats
    lined: tuple[NDArray[np.int32], Floats] | None

    def index(self, plane: Floats) -> NDArray[np.int64]:
        """Flat texel index of plane points `(P, 2)`."""
        column = np.clip((plane[:, 0] - S0) / TEXEL + 0.5, 0, COLUMNS - 1).astype(np.int64)
        row = np.clip((plane[:, 1] - T0) / TEXEL + 0.5, 0, ROWS - 1).astype(np.int64)
        return np.asarray(row * COLUMNS + column)


def _noise(
    rng: np.random.Generator, sigma: float | tuple[float, float], shape: tuple[int, int] = (ROWS, COLUMNS)
) -> Floats:
    """Smooth noise of unit variance over the map or a part of it; `sigma` in texels (along t, along s)."""
    # Broad noise is made small and enlarged.
    factor = max(1, int(np.min(sigma) / 2))
    rows, columns = -(-shape[0] // factor) + 1, -(-shape[1] // factor) + 1
    field = gaussian_filter(rng.standard_normal((rows, columns), np.float32), np.divide(sigma, factor))
    field /= field.std()
    return np.asarray(enlarged(field, factor, shape)[: shape[0], : shape[1]])


def tone(identity: Identity) -> NDArray[np.float64]:
    """Plain skin reflectance `(3,)`, linear light."""
    base = np.array([np.interp(identity.skin_tone, _TONE_AT, _TONES[:, k]) for k in range(3)])
    return np.asarray(base * (1 + 0.05 * identity.skin_warmth * np.array((0.3, 0.2, -1.6))))


_REDDENED = np.array((1.10, 0.80, 0.78), np.float32)
"""What blood under the surface does to the reflectance."""


def _darken(albedo: Floats, amount: NDArray[np.floating], tint: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> None:
    """Take `amount` (R, C) of the light away, in the proportions of `tint`."""
    where = _window(amount)
    albedo[where] *= 1 - amount[where].astype(np.float32)[..., None] * np.array(tint, np.float32)


def _cover(albedo: Floats, amount: NDArray[np.floating], colour: Floats) -> None:
    """Put a colour `(3,)` or `(R, C, 3)` over the skin."""
    where = _window(amount)
    paint_over = colour if colour.ndim == 1 else colour[where]
    albedo[where] += amount[where].astype(np.float32)[..., None] * (paint_over - albedo[where])


def _window(amount: NDArray[np.floating]) -> tuple[slice, slice]:
    """The rectangle of the map outside which `amount` is too small to be seen."""
    seen = amount > 1e-3
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return slice(0), slice(0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _ground(identity: Identity, rng: np.random.Generator) -> Floats:
    """Tone with mottling and pores; cheeks, nose and chin flushed, eye sockets darker."""
    flush = 0.9 * spot(5.3, -0.3, 2.2, 1.8) + 0.8 * spot(0.0, -0.8, 1.2, 0.9) + 0.3 * spot(0.0, -8.3, 1.8, 1.0)
    flush = np.clip(flush, 0, 1) * identity.blush * (0.4 + 0.6 * identity.skin_tone)
    mottle = 0.022 * _noise(rng, 14) + (0.010 + 0.014 * identity.roughness) * _noise(rng, 4)
    pores = (0.015 + 0.03 * identity.roughness) * _noise(rng, 0.9)
    albedo: Floats = tone(identity).astype(np.float32) * (1 + mottle + pores)[..., None]
    albedo *= 1 + (0.25 + flush + 3.0 * np.clip(mottle, -0.08, 0.08))[..., None] * (_REDDENED - 1)
    under = np.clip(spot(3.5, 1.45, 1.3, 0.45) + 0.7 * spot(1.9, 2.0, 0.6, 0.6), 0, 1)
    _darken(albedo, under * (0.10 + 0.2 * wear(identity)), (0.7, 1.0, 0.9))
    _darken(albedo, 0.12 * spot(3.5, 3.2, 1.5, 0.45), (0.8, 1.0, 1.0))
    return albedo


def _marks(albedo: Floats, identity: Identity, rng: np.random.Generator) -> None:
    """Freckles, moles, nostrils."""
    s, t = axes()
    if identity.freckles:
        dots = np.clip(_noise(rng, 1.6) - 1.5, 0, 1.2) / 1.2
        where = np.clip(spot(4.0, 0.6, 3.4, 1.8) + spot(0.0, 1.0, 2.0, 2.0) + 0.4 * spot(3, 6, 5, 2), 0, 1)
        _darken(albedo, identity.freckles * 0.55 * dots * where, (0.55, 0.8, 1.0))
    for _ in range(rng.integers(0, 4)):
        centre, size = (rng.uniform(-9, 9), rng.uniform(-8, 6)), rng.uniform(0.05, 0.11)
        mole = np.exp(-(((s - centre[0]) / size) ** 2)) * np.exp(-(((t - centre[1]) / size) ** 2))
        _darken(albedo, 0.6 * mole.astype(np.float32))
    _darken(albedo, nostril_mask())


def _aged(albedo: Floats, identity: Identity, shaded: Floats) -> None:
    """What age does to the colour: blotches, age spots, small veins, and the shade in its lines."""
    w, rng = wear(identity), np.random.default_rng([identity.grain, 2])
    if not w:
        return
    # Thin skin has less blood in it.
    albedo *= 1 - 0.07 * w * np.array((0.9, 0.8, 1.3), np.float32)
    face, shape = albedo[FACE], shaded[FACE].shape
    blotch = _noise(rng, 9, shape) * spot(0.0, -3.0, 9.0, 10.0)[FACE]
    face *= 1 + (w * 0.035 * blotch)[..., None] * np.array((0.8, 1.0, 1.2), np.float32)
    spots = np.clip(_noise(rng, 4, shape) + 0.5 * blotch - 2.4 + 0.6 * w, 0, 1)
    where = np.clip(spot(6.0, 2.0, 3.0, 5.0) + 0.6 * spot(0.0, 7.5, 6.0, 2.0) + 0.3, 0, 1)[FACE]
    _darken(face, rng.uniform(0.15, 0.55) * w * spots * where, (0.75, 0.95, 1.0))
    flushed = np.clip(spot(4.6, -0.5, 1.8, 1.4) + spot(0.0, -0.8, 1.5, 1.0), 0, 1)[FACE]
    veins = np.clip(1 - 6 * np.abs(_noise(rng, 2.2, shape)), 0, 1) * flushed
    _darken(face, rng.uniform(0.05, 0.3) * w * veins, (0.15, 1.0, 0.9))
    _darken(face, shaded[FACE] * np.float32(0.30), (0.75, 1.0, 1.05))


def _lips(albedo: Floats, identity: Identity, rng: np.random.Generator) -> Floats:
    """Paint the lips; returns their mask."""
    base, light = tone(identity).astype(np.float32), identity.skin_tone
    whole = np.clip(np.add(*lip_masks()), 0, 1)
    upper, lower = (mask[FACE] for mask in lip_masks())
    natural = base * np.array((0.92, 0.60, 0.62), np.float32) * (0.9 if light > 0.4 else 1.0)
    natural += 0.45 * wear(identity) * (0.92 * base - natural)
    made_up = np.array((0.42, 0.06, 0.07), np.float32) * (0.35 + 0.75 * light) + 0.15 * base
    strength = float(np.clip((identity.lip_colour - 0.3) / 0.7, 0, 1))
    ridges = 1 + 0.07 * _noise(rng, (5, 0.9), upper.shape)
    colour = (natural * (1 - strength) + made_up * strength) * (ridges * np.where(upper > lower, 0.82, 1.0))[..., None]
    _cover(albedo[FACE], whole[FACE] * np.float32(0.55 + 0.4 * min(1.0, identity.lip_colour + 0.4)), colour)
    return np.asarray(whole, np.float32)


@lru_cache(maxsize=16)
def paint(identity: Identity) -> SkinMap:
    """The map of one person (about half a second)."""
    rng = np.random.default_rng(identity.grain)
    _, t = axes()
    albedo = _ground(identity, rng)
    _marks(albedo, identity, rng)
    relief, shaded = lines(identity)
    _aged(albedo, identity, shaded)
    lips = _lips(albedo, identity, rng)
    _darken(albedo, lash_mask())

    hair, beard = hair_colour(identity), beard_colour(identity)
    brow = brow_mask(identity)
    # Grey brows are seen hair by hair, without a dark ground.
    grey = grey_share(identity, earlier=BROWS_EARLIER)
    ink = 0.3 * (1 - grey) * brow + 0.68 * (1 - 0.3 * grey) * brow_hairs(identity, rng)
    _cover(albedo, np.clip(ink, 0, 0.9), brow_colour(identity))
    scalp = scalp_mask(identity)
    _cover(albedo, scalp * np.clip(0.9 + 0.2 * _noise(rng, (1.5, 0.8)), 0, 1), hair * 0.8 + 0.003)

    # Hair lies over the lines.
    lined = slopes(relief[FACE] * (1 - scalp[FACE]) * (1 - brow[FACE])) if relief.any() else None

    part = np.full((ROWS, COLUMNS), int(Part.SKIN), np.uint8)
    if identity.beard:
        area = beard_area()
        if identity.beard >= FULL_BEARD:
            ragged = np.clip(area * (1.3 + 0.25 * _noise(rng, (3, 1.2))), 0, 1)
            _cover(albedo, 0.85 * ragged, beard * 0.3 + 0.003)
            _cover(albedo, np.clip(0.8 * beard_hairs(identity, rng), 0, 0.9), beard * 0.9 + 0.003)
            part[area > 0.5] = Part.BEARD
        else:
            dots = np.clip(0.55 + 0.4 * _noise(rng, 0.8), 0, 1)
            _cover(albedo, area * identity.beard * dots, np.minimum(beard * 0.7, 0.15) + 0.004)

    gloss = 0.30 + 0.25 * spot(0.0, 0.0, 1.3, 3.0) + 0.12 * spot(0.0, 6.0, 4.0, 2.0) + 0.1 * spot(4.6, 0.6, 1.6, 1.0)
    gloss = gloss * np.clip(1 + 0.12 * _noise(rng, 1.2), 0.4, 1.6) * (1 - 0.8 * brow)
    if identity.beard >= FULL_BEARD:
        gloss = gloss * (1 - 0.85 * beard_area())
    gloss = gloss * (1 - lips) + lips * (0.8 + 0.35 * _noise(rng, (4, 1)))

    part[np.broadcast_to(t < -11.5, part.shape)] = Part.NECK
    part[nose_mask()] = Part.NOSE
    part[brow > 0.45] = Part.BROW
    part[lips > 0.5] = Part.LIP
    return SkinMap(np.clip(albedo, 0.002, 1).astype(np.float32), part, np.clip(gloss, 0, 2).astype(np.float32), lined)
