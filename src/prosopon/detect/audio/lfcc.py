"""Linear frequency cepstral coefficients: what a sound's spectrum is like, every 10 ms, in 60 numbers.

Sahidullah, Kinnunen and Hanilçi, "A comparison of features for synthetic speech detection", 2015; as in the baseline of
ASVspoof 2019: 20 triangular filters equally wide in Hz, the logarithms of their energies through a cosine transform,
and their first and second differences over time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from prosopon.media.short_time import frames_of, triangles

COEFFICIENTS = 20
DIMENSIONS = 3 * COEFFICIENTS
FRAME_S, HOP_S = 0.02, 0.01
_SIZE = 512
_REACH = 2
"""Frames on either side that differences are taken over."""
_FLOOR = 1e-8


def lfcc(sound: NDArray[np.floating], rate: int) -> NDArray[np.float32]:
    """Coefficients `float32 (F, 60)` of a sound `(N,)`: static, first and second differences.

    Args:
        sound: samples in [-1, 1]; frame f begins at `f * HOP_S`.
        rate: samples per second.
    """
    length, hop = round(FRAME_S * rate), round(HOP_S * rate)
    frames = frames_of(np.asarray(sound, np.float64), length, hop)
    if not len(frames):
        return np.zeros((0, DIMENSIONS), np.float32)
    size = max(_SIZE, 1 << (length - 1).bit_length())
    power = np.abs(np.fft.rfft(frames * np.hamming(length), size)) ** 2
    filters = triangles(np.linspace(0, rate / 2, COEFFICIENTS + 2), size, rate)
    static = dct(np.log(power @ filters.T + _FLOOR), norm="ortho")
    first = differences(static)
    return np.concatenate((static, first, differences(first)), axis=1).astype(np.float32)


def differences(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The slope of each column around each row, by least squares over `_REACH` rows on either side; edges repeat."""
    padded = np.pad(rows, ((_REACH, _REACH), (0, 0)), mode="edge")
    steps = range(1, _REACH + 1)
    total = sum(step * (padded[_REACH + step :][: len(rows)] - padded[_REACH - step :][: len(rows)]) for step in steps)
    return np.asarray(total) / (2 * sum(step**2 for step in steps))
