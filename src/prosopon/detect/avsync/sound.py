"""What a sound says about the mouth that made it: how loud it is at each pitch, every 20 ms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from prosopon.core.clip import Audio
from prosopon.detect.avsync.mouth import HZ, quick
from prosopon.media.heard import RATE, heard
from prosopon.media.short_time import mel_filters, stft
from prosopon.media.speech_activity import HOP_S, activity

BANDS = 16
LAGS = tuple(range(-10, 11, 2))
"""Moments (of `HZ`) around each one that are looked at: 0.2 s to either side."""
INPUTS = BANDS * len(LAGS)
_SIZE = 512
_LOWEST_HZ = 80.0
_RANGE_DB = 45.0
"""What is so much quieter than the loudest is silence."""
_SMOOTH = 2
"""Standard deviation in half moments."""


@dataclass(frozen=True)
class Heard:
    """A sound as mouths are compared with it.

    Attributes:
        start_s: when its first moment is on the clip's clock.
        inputs: `(N, INPUTS)`, quick changes of the bands at all lags, in units of 10 dB.
        level_db: of speech's band, `(N,)`.
        speaking: `bool (N,)`.
    """

    start_s: float
    inputs: NDArray[np.float64]
    level_db: NDArray[np.float64]
    speaking: NDArray[np.bool_]

    @property
    def times(self) -> NDArray[np.float64]:
        """Of its moments, `(N,)`."""
        return self.start_s + np.arange(len(self.inputs)) / HZ


def listened(audio: Audio) -> Heard:
    """Listen to a clip's sound.

    Raises:
        MediaError: it cannot be decoded.
    """
    return listened_to(heard(audio), audio.start_s)


def listened_to(sound: NDArray[np.float32], start_s: float = 0.0) -> Heard:
    """Listen to samples `(N,)` at `media.heard.RATE`."""
    hop = RATE // HZ
    if len(sound) < _SIZE:
        sound = np.pad(sound, (0, _SIZE - len(sound)))
    power = np.abs(stft(sound, _SIZE, hop // 2)) ** 2 @ mel_filters(BANDS, _SIZE, RATE, _LOWEST_HZ).T
    level = 10 * np.log10(power + 1e-7)
    level = np.maximum(level, np.percentile(level, 98) - _RANGE_DB)
    bands = gaussian_filter1d(level, _SMOOTH, axis=0)[::2] / 10
    count = len(bands)
    near = np.clip(np.arange(count)[:, None] + np.array(LAGS), 0, count - 1)
    inputs = quick(bands)[near].reshape(count, INPUTS)
    found = activity(sound, RATE)
    at = np.arange(count) / HZ
    moments = np.minimum((at / HOP_S).astype(int), len(found.speaking) - 1)
    if not len(found.speaking):
        return Heard(start_s, inputs, np.full(count, -120.0), np.zeros(count, bool))
    return Heard(start_s, inputs, found.level_db[moments], found.speaking[moments])
