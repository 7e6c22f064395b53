"""Hypotheses about pictures that are not as they were marked: cropped, turned, mirrored, or with another tone curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.vouch.watermark.alignment import aligned
from prosopon.vouch.watermark.hypotheses import CLEARLY, GAINS, PROMISING, Search
from prosopon.vouch.watermark.lapped import analyse
from prosopon.vouch.watermark.lattice import concentration, project, soften
from prosopon.vouch.watermark.luma import Plane
from prosopon.vouch.watermark.placement import Placement
from prosopon.vouch.watermark.sampling import Resampler
from prosopon.vouch.watermark.sighting import sightings

_SIGHTINGS = 4
LEAST_CLARITY = 5.3
"""Standard deviations: chance alone gives 5 to 6 over the whole search."""
_GAMMAS = (0.67, 0.8, 0.9, 1.11, 1.25, 1.5)


def try_tones(search: Search, plane: Plane) -> bool:
    """Decode a whole picture under tone curves; the one that fits best. Returns whether a mark is found."""
    height, width = plane.shape
    share = np.clip(plane, 0.0, 255.0) / np.float32(255.0)
    curved = [project(analyse(np.float32(255.0) * share ** np.float32(gamma))) for gamma in _GAMMAS]
    fits = [float(concentration(one[None] / GAINS[:, None]).max()) for one in curved]
    return search.try_projections(curved[int(np.argmax(fits))], Placement.whole(width, height))


def try_places(search: Search, evidence: Plane, planes: NDArray[np.float32], size_px: tuple[int, int]) -> bool:
    """Decode what lies where the pilot is seen. Returns whether a mark is found.

    Args:
        search: that goes on.
        evidence: whitened picture in which the pilot is looked for.
        planes: `(n, H, W)` small pictures with the mark at the same place; what they say is added up.
        size_px: width and height of the picture itself.
    """
    resampler = Resampler(planes)
    for sighting in sightings(evidence, _SIGHTINGS):
        if sighting.clarity < LEAST_CLARITY:
            break
        if _try_place(search, resampler, sighting.matrix, size_px):
            return True
    return False


def _try_place(search: Search, resampler: Resampler, matrix: NDArray[np.float64], size_px: tuple[int, int]) -> bool:
    weights = resampler.weights(matrix)
    fits = concentration(resampler.projections(matrix)[None] / GAINS[:, None, None], weights).mean(axis=1)
    best = int(fits.argmax())
    # The place is not exact yet, so that the fit says little: the contrast is taken to be unchanged at first.
    gains = [1.0, float(GAINS[best])] if fits[best] > fits[np.abs(GAINS - 1.0).argmin()] + CLEARLY else [1.0]
    return any(_try_contrast(search, resampler, matrix, size_px, gain) for gain in gains)


def _try_contrast(
    search: Search, resampler: Resampler, matrix: NDArray[np.float64], size_px: tuple[int, int], gain: float
) -> bool:
    weights = resampler.weights(matrix)
    for reach, order in ((1.0, 2), (0.4, 3)):
        matrix, gain = aligned(resampler, matrix, weights, gain=gain, reach=reach)
        weights = resampler.weights(matrix)
        projections = resampler.projections(matrix) / np.float32(gain)
        soft = (soften(projections) * weights).sum(axis=0)
        pixels = np.array(size_px, np.float64)[:, None] * matrix
        if search.try_soft(soft, Placement.of(pixels, *size_px), order):
            return True
        if concentration(projections, weights).mean() < PROMISING:
            break
    return False
