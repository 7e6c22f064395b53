"""Where in a sound somebody speaks: what is loud for that sound, and near something that has a voice's pitch.

Speech and song are not told apart, nor one speaker and another; hum and steady noise are no speech. It needs no
weights, and it is no match for a trained net in noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, binary_dilation
from scipy.signal import butter, sosfiltfilt

from prosopon.media.short_time import frames_of, hann

HOP_S = 0.01
"""Between the moments that are judged."""
_FRAME_S = 0.032
_BAND_HZ = (80.0, 4000.0)
_PITCH_HZ = (70.0, 420.0)
_PERIODIC = 0.5
"""Normalised autocorrelation from which a moment has a pitch."""
_BELOW_LOUDEST_DB = 32.0
"""Speech is within so much of its loudest parts."""
_ABOVE_FLOOR_DB = 8.0
_REACH_S = 0.15
"""Sounds without a voice are speech where they are so near to one with."""
_LIVELY_DB = 10.0
"""Speech rises and falls by more than this; hum, noise and tones that are held do not."""
_SILENT_DB = -75.0
"""What is less loud than this (0 is full scale) is silence, whatever else there is."""


@dataclass(frozen=True)
class Activity:
    """What was heard at each moment.

    Attributes:
        level_db: loudness of speech's band, `(F,)`, 0 for a full-scale square wave.
        voiced: whether there is a pitch, `bool (F,)`.
        speaking: whether somebody speaks, `bool (F,)`.
    """

    level_db: NDArray[np.float64]
    voiced: NDArray[np.bool_]
    speaking: NDArray[np.bool_]

    @property
    def speech_s(self) -> float:
        """How long somebody speaks, in seconds."""
        return float(self.speaking.sum() * HOP_S)

    @property
    def voiced_s(self) -> float:
        """How long of it there is a pitch, in seconds."""
        return float((self.voiced & self.speaking).sum() * HOP_S)

    def samples(self, rate: int, length: int) -> NDArray[np.bool_]:
        """`speaking` for each sample of the sound, `bool (length,)`."""
        if not len(self.speaking):
            return np.zeros(length, bool)
        at = (np.arange(length) / (HOP_S * rate)).astype(np.int64)
        return np.asarray(self.speaking[np.minimum(at, len(self.speaking) - 1)])


def activity(sound: NDArray[np.float32], rate: int) -> Activity:
    """Listen to a sound `(N,)` in [-1, 1]; moment f is from `f * HOP_S` on. One second or less may have no moment."""
    hop, length = round(HOP_S * rate), round(_FRAME_S * rate)
    if len(sound) < 2 * length:
        nothing = np.zeros(0, bool)
        return Activity(np.zeros(0), nothing, nothing)
    top = min(_BAND_HZ[1], 0.45 * rate)
    band = sosfiltfilt(butter(2, (_BAND_HZ[0], top), "bandpass", fs=rate, output="sos"), sound.astype(np.float64))
    frames = frames_of(np.pad(band, (0, length)), length, hop)
    level = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    loudest, floor = (float(np.percentile(level, share)) for share in (97, 8))
    if loudest - floor < _LIVELY_DB:
        nothing = np.zeros(len(level), bool)
        return Activity(level, nothing, nothing)
    # Where somebody speaks all the time there is no floor to be seen: then what is loud decides.
    least = max(_SILENT_DB, loudest - _BELOW_LOUDEST_DB, min(floor + _ABOVE_FLOOR_DB, (floor + loudest) / 2))
    loud = level > least
    voiced = loud & (_periodicity(frames, rate) > _PERIODIC)
    reach = round(_REACH_S / HOP_S)
    near = binary_dilation(voiced, iterations=reach) if voiced.any() else voiced
    speaking = binary_closing(np.pad(loud & near, reach), iterations=reach // 2)[reach:-reach]
    return Activity(level, voiced, np.asarray(speaking, bool))


def _periodicity(frames: NDArray[np.floating], rate: int) -> NDArray[np.float64]:
    """How alike each piece is to itself a period later, for the best period of a voice: `(F,)`, 1 is perfectly."""
    length = frames.shape[1]
    window = hann(length)
    size = 1 << (2 * length - 1).bit_length()
    spectrum = np.fft.rfft((frames - frames.mean(1, keepdims=True)) * window, size)
    own = np.fft.irfft(np.abs(spectrum) ** 2, size)[:, :length]
    fading = np.fft.irfft(np.abs(np.fft.rfft(window, size)) ** 2, size)[:length]
    first, last = int(rate / _PITCH_HZ[1]), min(int(rate / _PITCH_HZ[0]) + 1, int(0.6 * length))
    normal = own[:, first:last] / np.maximum(own[:, :1], 1e-12) * (fading[0] / fading[first:last])
    return np.asarray(normal.max(1))
