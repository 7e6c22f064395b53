"""Brings a place of the original that is nearly right to where the bits fit their lattices best.

The pilot shows the place to about a pixel of 256; the data need a third of one. How well the projections fit the two
lattices (`lattice.concentration`) tells without knowing any bit. It has many maxima, but near the true place the
projections are linear in the six numbers of the map, so that thousands of places can be tried on that linear model.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from prosopon.vouch.watermark.lattice import STEP, Values, concentration, dither
from prosopon.vouch.watermark.sampling import Resampler

_TRIED = 4000
_CLIMBED = 8
_REACH = 0.8 / 256.0
"""Usual error of the pilot's place, as a share of the picture."""
_GAIN_REACH = 0.02
_DIFFERENCE = 0.25 / 256.0
"""By how much a number is changed to see what the projections do."""

_MOVES = np.zeros((6, 2, 3))
"""The six numbers: what the centre moves by, and how the sides stretch and lean about the centre."""
for _number, (_row, _column) in enumerate([(0, 2), (1, 2), (0, 0), (0, 1), (1, 0), (1, 1)]):
    _MOVES[_number, _row, _column] = 1.0
    if _column < 2:
        _MOVES[_number, _row, 2] = -0.5


def aligned(
    resampler: Resampler, matrix: NDArray[np.float64], weights: Values, *, gain: float = 1.0, reach: float = 1.0
) -> tuple[NDArray[np.float64], float]:
    """A better place, and the contrast that fits there.

    Args:
        resampler: of one picture, or of several with the same place, whose fits count together.
        matrix: `(2, 3)` the place, as `Resampler.projections` takes it.
        weights: `(POSITIONS,)` how much of each block is seen.
        gain: contrast to begin with, as a multiple of the original's.
        reach: how far to look, as a multiple of what the pilot usually leaves.

    Returns:
        the place, and how much stronger the contrast is than that of the original.
    """
    scaled = np.float32(1.0 / gain)
    here = resampler.projections(matrix) * scaled
    slopes = [
        (resampler.projections(matrix + _DIFFERENCE * move) * scaled - here) / np.float32(_DIFFERENCE)
        for move in _MOVES
    ]
    model = np.stack([*slopes, here]).reshape(7, -1)
    scale = np.array([reach * _REACH] * 6 + [_GAIN_REACH])
    starts = _directions() * scale
    changed = here.ravel() + starts.astype(np.float32) @ model
    fits = concentration(changed.reshape(-1, *here.shape), weights).mean(axis=-1)
    phase, turn = here.ravel() / STEP - np.tile(dither(), len(here)), model / STEP
    share = np.tile(weights, len(here))

    def misfit(steps: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """And its slope, in units of `scale`."""
        angle = 4.0 * np.pi * (phase + (steps * scale) @ turn)
        return -float(share @ np.cos(angle)), 4.0 * np.pi * scale * (turn @ (share * np.sin(angle)))

    climbs = [
        minimize(misfit, _directions()[index], jac=True, method="L-BFGS-B", options={"maxiter": 40})
        for index in np.argsort(-fits)[:_CLIMBED]
    ]
    best = min(climbs, key=lambda climb: float(climb.fun)).x * scale
    return matrix + np.tensordot(best[:6], _MOVES, axes=1), gain / max(0.2, 1.0 + float(best[6]))


@lru_cache(maxsize=1)
def _directions() -> NDArray[np.float64]:
    """Where to look, in standard deviations, `(_TRIED, 7)`; the first is where one is."""
    drawn = np.random.default_rng(0).standard_normal((_TRIED, 7))
    drawn[0] = 0.0
    return drawn
