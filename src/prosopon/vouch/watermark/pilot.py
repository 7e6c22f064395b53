"""The pilot: a faint pattern, the same in every marked picture, that shows where a cropped or turned picture belongs.

A sum of waves whose frequencies are whole numbers of cycles over the frame, above those of the data and low enough to
survive codecs. An affine map of the picture is one of the frequencies, and a shift is a phase that grows linearly with
the frequency: that makes the search cheap (see `sighting`). Templates of this kind: Pereira, Pun 2000.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from prosopon.vouch.watermark.key import permutation, uniform
from prosopon.vouch.watermark.luma import Plane

WAVES = 32
LOWEST_CYCLES, HIGHEST_CYCLES = 26.0, 34.0
"""Between which the length of a frequency lies. The data are mostly below 18; higher, codecs take more away."""

LEVELS = 0.95
"""Root mean square of the pattern, in grey levels: 48.6 dB by itself."""


@lru_cache(maxsize=1)
def frequencies() -> NDArray[np.float64]:
    """`float64 (WAVES, 2)`: cycles over the frame, across and downwards; whole numbers."""
    reach = np.arange(-int(HIGHEST_CYCLES), int(HIGHEST_CYCLES) + 1)
    across, down = (values.ravel() for values in np.meshgrid(reach, reach))
    length = np.hypot(across, down)
    # Of a frequency and its opposite, which are the same wave, one.
    kept = (length >= LOWEST_CYCLES) & (length <= HIGHEST_CYCLES) & ((down > 0) | ((down == 0) & (across > 0)))
    candidates = np.stack([across[kept], down[kept]], axis=1).astype(np.float64)
    return candidates[permutation("pilot frequencies", len(candidates))[:WAVES]]


@lru_cache(maxsize=1)
def phases() -> NDArray[np.float64]:
    """`float64 (WAVES,)` in radians, at the upper left corner of the frame."""
    return 2.0 * np.pi * uniform("pilot phases", WAVES)


@lru_cache(maxsize=2)
def pattern(height: int, width: int) -> Plane:
    """The pilot for a picture of this size, `float32 (H, W)` in grey levels; not to be changed."""
    across, down = frequencies().T
    rows = 2.0 * np.pi * np.outer((np.arange(height) + 0.5) / height, down) + phases()
    columns = 2.0 * np.pi * np.outer(across, (np.arange(width) + 0.5) / width)
    # The cosine of a sum, so that it takes two products of small matrices.
    cosines = np.cos(rows).astype(np.float32) @ np.cos(columns).astype(np.float32)
    sines = np.sin(rows).astype(np.float32) @ np.sin(columns).astype(np.float32)
    plane: Plane = (cosines - sines) * np.float32(LEVELS * np.sqrt(2.0 / WAVES))
    plane.flags.writeable = False
    return plane
