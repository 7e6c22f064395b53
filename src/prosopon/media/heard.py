"""Sound as detectors hear it: one channel, at one rate, and no more of it than they can use."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from prosopon.core.clip import Audio
from prosopon.media.audio import stream_samples

RATE = 16000
"""Samples per second: speech below 8 kHz, which is what telephones of today and most corpora of speech have."""
MOST_S = 600.0
"""Of longer sound the beginning is heard."""


def heard(audio: Audio, rate: int = RATE, most_s: float = MOST_S) -> NDArray[np.float32]:
    """The mean of all channels, `float32 (N,)` in [-1, 1], resampled without aliasing.

    Args:
        audio: any sound; one that is still in its file is read piece by piece.
        rate: samples per second of the result.
        most_s: how much of the beginning is read, in seconds.

    Raises:
        MediaError: the file has no sound that can be decoded.
    """
    most = round(most_s * audio.rate)
    if audio.origin is None:
        mono = audio.samples[:, :most].mean(0)
    else:
        pieces, count = [], 0
        for piece in stream_samples(audio.origin):
            pieces.append(piece.mean(0))
            count += piece.shape[1]
            if count >= most:
                break
        mono = np.concatenate(pieces)[:most]
    return resampled(mono, audio.rate, rate)


def resampled(samples: NDArray[np.float32], was: int, rate: int) -> NDArray[np.float32]:
    """Samples `(N,)` at another rate; the same ones where it is theirs already."""
    if was == rate:
        return samples.astype(np.float32)
    ratio = Fraction(rate, was).limit_denominator(2000)
    return np.asarray(resample_poly(samples, ratio.numerator, ratio.denominator), np.float32)
