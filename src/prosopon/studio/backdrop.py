"""Backgrounds: soft gradients with out-of-focus shapes, made from a seed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

_COARSE = 48


def _tints(rng: np.random.Generator, count: int, strength: float) -> NDArray[np.float64]:
    """Colours `(count, 3)` around grey: warm to cool more than green to magenta, as in rooms and streets."""
    warm, green = rng.uniform(-1, 1, (2, count, 1)) * strength
    return np.asarray(1 + warm * (1.0, 0.1, -1.0) + 0.35 * green * (-0.6, 1.0, -0.6))


@lru_cache(maxsize=16)
def backdrop(seed: int, size: int) -> NDArray[np.float32]:
    """Linear-light picture `float32 (size, size, 3)`."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:_COARSE, 0:_COARSE] / (_COARSE - 1)
    base, other = rng.uniform(0.04, 0.5, (2, 1)) * _tints(rng, 2, 0.22)
    tilt = rng.uniform(-1, 1)
    along = np.clip(y + tilt * (x - 0.5), 0, 1)[..., None]
    picture = base * (1 - along) + other * along
    for _ in range(rng.integers(3, 12)):
        cx, cy = rng.uniform(-0.1, 1.1, 2)
        w, h = rng.uniform(0.04, 0.35, 2)
        colour = rng.uniform(0.02, 0.7) * _tints(rng, 1, 0.35)[0]
        if rng.random() < 0.5:
            shape = (np.abs(x - cx) < w) & (np.abs(y - cy) < h * 1.6)
        else:
            shape = ((x - cx) / w) ** 2 + ((y - cy) / w) ** 2 < 1
        alpha = rng.uniform(0.25, 0.8)
        picture = np.where(shape[..., None], picture * (1 - alpha) + colour * alpha, picture)
    picture = gaussian_filter(picture, (rng.uniform(1.0, 3.5),) * 2 + (0,))
    factor = size / _COARSE
    big = np.stack([zoom(picture[..., k], factor, order=1, mode="nearest", grid_mode=True) for k in range(3)], -1)
    big = big[:size, :size] * (1 + 0.03 * rng.standard_normal((size, size, 1)))
    return np.asarray(np.clip(big, 0.005, 1), np.float32)
