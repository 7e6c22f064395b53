"""Linear prediction: a filter for mouth and throat, and pulses or noise for the voice (Atal and Hanauer 1971)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter

from prosopon.detect.audio.vocoders.pitch import HOP, Pitch, pitch_of
from prosopon.media.short_time import frames_of, hann

_FRAME = 400
_EMPHASIS = 0.95
"""Highs are raised before filters are fitted, and lowered again at the end: voices have few."""
_WHITE = 1e-5
"""Added to the energy of every piece, so that its filter is stable."""


def lpc(
    sound: NDArray[np.floating], rate: int, rng: np.random.Generator, *, order: int, breath: float
) -> NDArray[np.float64]:
    """A sound `(N,)` as filters that are driven by pulses and noise.

    Args:
        sound: `(N,)`.
        rate: samples per second.
        rng: draws the noise.
        order: of the filters; about 18 at 16 kHz.
        breath: share of noise within voiced sounds, 0 to 1.
    """
    pitch = pitch_of(sound, rate)
    raised = lfilter([1, -_EMPHASIS], 1, np.asarray(sound, np.float64))
    padded = np.pad(raised, (_FRAME // 2, _FRAME // 2 + HOP))
    pieces = frames_of(padded, _FRAME, HOP) * hann(_FRAME)
    drive = excitation(pitch, len(sound), rate, rng, breath)
    out = np.zeros(len(sound) + _FRAME)
    state = np.zeros(order)
    for number in range(len(pitch.hz)):
        at = slice(number * HOP, min((number + 1) * HOP, len(sound)))
        if at.start >= at.stop:
            break
        filter_, gain = predictor(pieces[number], order)
        out[at], state = lfilter([gain], filter_, drive[at], zi=state)
    return np.asarray(lfilter([1], [1, -_EMPHASIS], out[: len(sound)]))


def predictor(piece: NDArray[np.floating], order: int) -> tuple[NDArray[np.float64], float]:
    """The filter `(order + 1,)` that predicts a windowed piece best, and the level of what it does not predict."""
    size = 2 * len(piece)
    own = np.fft.irfft(np.abs(np.fft.rfft(piece, size)) ** 2, size)[: order + 1]
    own[0] = own[0] * (1 + _WHITE) + 1e-10
    weights = solve_toeplitz(own[:order], own[1:])
    # The window leaves 3/8 of a piece's energy.
    left = max(float(own[0] - weights @ own[1:]), 0.0) / (0.375 * len(piece))
    return np.concatenate(([1.0], -weights)), float(np.sqrt(left))


def excitation(pitch: Pitch, length: int, rate: int, rng: np.random.Generator, breath: float) -> NDArray[np.float64]:
    """Pulses where there is a voice, noise elsewhere: `(length,)` of unit power."""
    times = np.arange(length) / HOP
    moments = np.arange(len(pitch.hz))
    hz = np.interp(times, moments, pitch.hz)
    voiced = np.interp(times, moments, pitch.voiced.astype(np.float64))
    turns = np.cumsum(hz / rate)
    pulses = np.diff(np.floor(turns), prepend=0.0) * np.sqrt(rate / hz)
    noise = rng.standard_normal(length)
    share = voiced * (1 - breath)
    return np.asarray(np.sqrt(share) * pulses + np.sqrt(1 - share) * noise)
