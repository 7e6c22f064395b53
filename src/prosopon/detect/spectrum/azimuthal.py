"""The power of a picture by frequency, whatever the direction: one curve.

Durall, Keuper, Pfreundt, Keuper, "Unmasking DeepFakes with simple Features", arXiv:1911.00686 (2019): nets that enlarge
what they draw leave more or less power at high frequencies than cameras do, and peaks where their grid repeats.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

BINS = 100
FARTHEST = float(np.sqrt(0.5))
"""The corner of the spectrum: half a cycle a pixel along both axes."""
FREQUENCIES = (np.arange(BINS) + 0.5) * FARTHEST / BINS
"""Middles of the bins, cycles a pixel."""
_FLOOR = 1e-4
"""Least power that counts, in squared grey levels a pixel: rounding to whole levels leaves 1/12."""
_LUMA = np.array((0.299, 0.587, 0.114))
_REFERENCE = (0.05, 0.15)
"""The band whose level counts as 0, cycles a pixel: contrast and light do not count then."""


def grey(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """`uint8 (H, W, 3)` RGB -> luma `(H, W)` in 0 to 255, Rec. 601."""
    return np.asarray(picture.astype(np.float64) @ _LUMA)


def power(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """The power spectrum `(H, W)` of a plane `(H, W)`, frequency 0 first, in squared levels a pixel.

    The mean is taken off and a Hann window laid over: without one, the jump from one border to the other is a cross of
    power along both axes that hides what is looked for (the paper has none). White noise of variance v has v on average
    everywhere.
    """
    height, width = plane.shape
    window = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])
    seen = (plane - plane.mean()) * window
    return np.asarray(np.abs(scipy.fft.fft2(seen)) ** 2 / (window**2).sum())


def azimuthal(plane: NDArray[np.float64], *, levelled: bool = True) -> NDArray[np.float64]:
    """Power by frequency in decibels, `(BINS,)` at `FREQUENCIES`.

    The log power of all directions is averaged by frequency, in as many rings as the picture has frequencies, and
    interpolated to a fixed number: pictures of any size can be compared.

    Args:
        plane: `(H, W)`, 16 pixels or more a side.
        levelled: whether the level of 0.05 to 0.15 cycles a pixel is taken off.
    """
    height, width = plane.shape
    decibels = 10 * np.log10(np.maximum(power(plane), _FLOOR))
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(height), np.fft.fftfreq(width), indexing="ij"))
    rings = max(8, min(height, width) // 2)
    number = np.minimum((radius / FARTHEST * rings).astype(int), rings - 1).ravel()
    counts = np.bincount(number, minlength=rings)
    sums = np.bincount(number, decibels.ravel(), rings)
    places = np.bincount(number, radius.ravel(), rings)
    there = counts > 0
    curve = np.interp(FREQUENCIES, places[there] / counts[there], sums[there] / counts[there])
    return curve - _level(curve) if levelled else curve


def _level(curve: NDArray[np.float64]) -> float:
    low, high = _REFERENCE
    return float(curve[(low <= FREQUENCIES) & (high > FREQUENCIES)].mean())
