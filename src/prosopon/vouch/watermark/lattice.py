"""Bits in a picture's coefficients: spread-transform dither modulation.

Chen, Wornell 2001. Each block's coefficients are projected onto a secret direction, and the projection is moved to the
nearest point of one of two interleaved lattices, one for 0 and one for 1, both shifted by a secret dither. The picture
itself is no noise to the reader, who only asks which lattice is nearer. There is one bit in each block.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from prosopon.vouch.watermark.code import LENGTH, Bits
from prosopon.vouch.watermark.key import permutation, signs, uniform
from prosopon.vouch.watermark.lapped import BLOCKS, FREQUENCIES

POSITIONS = BLOCKS * BLOCKS
"""Bits that fit into a picture."""

STEP = 0.52
"""Distance of two points of a lattice, in grey levels of a coefficient (see `lapped`)."""

_DIRECTION = ((0, 1, 1.0), (1, 0, 1.0), (1, 1, 0.5))
"""Frequency downwards, frequency across, and how much of it: without (0, 0), where the picture itself is strongest."""

Values = NDArray[np.float32]


@lru_cache(maxsize=1)
def sent() -> NDArray[np.intp]:
    """`(POSITIONS,)`: which bit of the word each block carries; neighbours carry bits that have nothing in common."""
    return permutation("bits", LENGTH)[:POSITIONS]


@lru_cache(maxsize=1)
def _directions() -> Values:
    """`(POSITIONS, number of coefficients)`, each of length 1."""
    weights = np.array([weight for _, _, weight in _DIRECTION], np.float32)
    chips = signs("chips", POSITIONS * len(weights)).reshape(POSITIONS, len(weights))
    return chips * weights / np.float32(np.linalg.norm(weights))


@lru_cache(maxsize=1)
def dither() -> Values:
    """The shift of each block's lattices, `(POSITIONS,)`, as a share of the step."""
    return uniform("dither", POSITIONS).astype(np.float32)


def project(coefficients: Values) -> Values:
    """Each block's projection, `(POSITIONS,)`, from coefficients as `lapped.analyse` gives them."""
    chosen = np.stack([coefficients[:, down, :, across].ravel() for down, across, _ in _DIRECTION], axis=1)
    projections: Values = (chosen * _directions()).sum(axis=1)
    return projections


def spread(values: Values) -> Values:
    """Coefficients whose projections are these values `(POSITIONS,)`, and which are as small as can be."""
    coefficients = np.zeros((BLOCKS, FREQUENCIES, BLOCKS, FREQUENCIES), np.float32)
    for column, (down, across, _) in enumerate(_DIRECTION):
        coefficients[:, down, :, across] = (values * _directions()[:, column]).reshape(BLOCKS, BLOCKS)
    return coefficients


def moves(projections: Values, word: Bits) -> Values:
    """How far each projection `(POSITIONS,)` is from where it says its bit of the word `(255,)`."""
    point = dither() + np.float32(0.5) * word[sent()]
    scaled = projections / np.float32(STEP)
    distance: Values = (np.rint(scaled - point) + point - scaled) * np.float32(STEP)
    return distance


def soften(projections: Values) -> Values:
    """How each bit reads, `(..., POSITIONS)` in [-1, 1]: 1 is a certain 0, -1 a certain 1."""
    soft: Values = np.cos(2.0 * np.pi * (projections / np.float32(STEP) - dither()))
    return soft


def concentration(projections: Values, weights: Values | None = None) -> NDArray[np.float32]:
    """How well the projections `(..., POSITIONS)` fit the two lattices, whatever the bits: `(...)`, 1 at best, and
    near 0 for an unmarked picture or a wrong hypothesis about how it was changed."""
    fit: Values = np.cos(4.0 * np.pi * (projections / np.float32(STEP) - dither()))
    weighted: Values = fit if weights is None else fit * (weights / max(1e-9, float(weights.mean())))
    mean: Values = weighted.mean(axis=-1)
    return mean
