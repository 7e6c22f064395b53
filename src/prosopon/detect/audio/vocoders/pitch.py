"""The pitch of a voice over time, and where there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import medfilt

from prosopon.media.short_time import frames_of, hann

HOP = 80
"""Samples between moments: 5 ms at 16 kHz."""
_FRAME = 640
_LOWEST_HZ, _HIGHEST_HZ = 65.0, 420.0
_VOICED = 0.5
_QUIET = 1e-3
"""Of the loudest moment's energy."""
_SHORT_PERIODS = 0.08
"""How much is taken off the longest period's merit, so that a period wins over two of itself."""


@dataclass(frozen=True)
class Pitch:
    """What was heard every `HOP` samples.

    Attributes:
        hz: `(F,)`, interpolated where there is no voice.
        voiced: `bool (F,)`.
        strength: how periodic the sound is, `(F,)`, 0 to 1.
    """

    hz: NDArray[np.float64]
    voiced: NDArray[np.bool_]
    strength: NDArray[np.float64]


def pitch_of(sound: NDArray[np.floating], rate: int) -> Pitch:
    """Pitch by normalised autocorrelation (Boersma 1993, without the search for the best path).

    Args:
        sound: `(N,)`; moment f is around sample `f * HOP`.
        rate: samples per second.
    """
    padded = np.pad(np.asarray(sound, np.float64), (_FRAME // 2, _FRAME // 2 + HOP))
    frames = frames_of(padded, _FRAME, HOP)
    window = hann(_FRAME)
    size = 2 * _FRAME
    own = np.fft.irfft(np.abs(np.fft.rfft((frames - frames.mean(1, keepdims=True)) * window, size)) ** 2, size)
    fading = np.fft.irfft(np.abs(np.fft.rfft(window, size)) ** 2, size)
    first, last = int(rate / _HIGHEST_HZ), int(rate / _LOWEST_HZ)
    energy = np.maximum(own[:, :1], 1e-12)
    alike = own[:, first : last + 1] / energy * (fading[0] / fading[first : last + 1])
    merit = alike - _SHORT_PERIODS * np.linspace(0, 1, alike.shape[1])
    best = np.argmax(merit, axis=1)
    rows = np.arange(len(best))
    strength = np.clip(alike[rows, best], 0, 1)
    voiced = (strength > _VOICED) & (energy[:, 0] > _QUIET * energy.max())
    voiced = medfilt(voiced.astype(np.float64), 5) > 0.5
    hz = rate / (first + best + _between(alike, best))
    if not voiced.any():
        return Pitch(np.full(len(hz), 120.0), voiced, strength)
    at = np.flatnonzero(voiced)
    steady = np.interp(rows, at, medfilt(hz[at], 5) if len(at) > 4 else hz[at])
    return Pitch(np.asarray(steady), voiced, strength)


def _between(alike: NDArray[np.float64], best: NDArray[np.int64]) -> NDArray[np.float64]:
    """How far the top of the parabola through the best value and its neighbours is from it, -0.5 to 0.5."""
    inner = np.clip(best, 1, alike.shape[1] - 2)
    rows = np.arange(len(best))
    left, middle, right = (alike[rows, inner + step] for step in (-1, 0, 1))
    bend = left - 2 * middle + right
    top = np.where(np.abs(bend) > 1e-9, 0.5 * (left - right) / np.where(bend == 0, 1, bend), 0)
    return np.asarray(np.where(inner == best, np.clip(top, -0.5, 0.5), 0))
