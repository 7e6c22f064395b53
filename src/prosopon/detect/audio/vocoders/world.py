"""Pitch, spectral envelope and breath, put together again one pulse after the other.

After WORLD (Morise, Yokomori and Ozawa, "WORLD: a vocoder-based high-quality speech synthesis system", 2016), much
reduced: the envelope is smoothed over one harmonic as CheapTrick does (Morise 2015), aperiodicity is known in bands,
and every pulse is of minimum phase.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from scipy.signal import butter, sosfiltfilt

from prosopon.detect.audio.vocoders.pitch import HOP, Pitch, pitch_of
from prosopon.media.short_time import hann

_SIZE = 1024
_UNVOICED_HZ = 500.0
"""What is taken for the pitch of sounds that have none, when their envelopes are smoothed."""
_BANDS_HZ = (0.0, 1000.0, 2500.0, 4500.0, 8000.0)
_FLOOR = 1e-12


def world(
    sound: NDArray[np.floating], rate: int, rng: np.random.Generator, *, raised: float = 1.0
) -> NDArray[np.float64]:
    """A sound `(N,)` made again of pulses and noise.

    Args:
        sound: `(N,)`.
        rate: samples per second.
        rng: draws the noise.
        raised: what the pitch is multiplied by; the envelope stays.
    """
    pitch = pitch_of(sound, rate)
    breath = aperiodicity(sound, pitch, rate)
    length = len(sound)
    out = np.zeros(length + 2 * _SIZE)
    padded = np.pad(np.asarray(sound, np.float64), (_SIZE, _SIZE))
    everything = np.ones(_SIZE // 2 + 1)
    at = 0.0
    while at < length:
        moment = min(int(at / HOP), len(pitch.hz) - 1)
        voiced = bool(pitch.voiced[moment])
        hz = float(pitch.hz[moment]) if voiced else _UNVOICED_HZ
        step = rate / (hz * raised) if voiced else rate / _UNVOICED_HZ
        power = envelope(padded, int(at) + _SIZE, hz, rate)
        noisy = breath[moment] if voiced else everything
        grain = _noise(power * noisy, step, rng)
        if voiced:
            grain[:_SIZE] += _pulse(power * (1 - noisy) * step, at % 1.0)
        start = int(at)
        out[start : start + len(grain)] += grain
        at += step
    return out[:length]


def envelope(padded: NDArray[np.float64], centre: int, hz: float, rate: int) -> NDArray[np.float64]:
    """Power at every frequency `(_SIZE / 2 + 1,)` around a sample, without the ripple of the harmonics."""
    half = min(int(1.5 * rate / hz), _SIZE // 2 - 1)
    piece = padded[centre - half : centre + half] * hann(2 * half)
    power = np.abs(np.fft.rfft(piece, _SIZE)) ** 2 / np.sum(hann(2 * half) ** 2) + _FLOOR
    width = max(1, round(2 / 3 * hz * _SIZE / rate))
    smooth = uniform_filter1d(power, width, mode="nearest")
    # In the cepstrum a smoothing over one harmonic is a sinc that is zero at the pitch's period.
    quefrency = np.minimum(np.arange(_SIZE), _SIZE - np.arange(_SIZE)) / rate
    cepstrum = np.fft.irfft(np.log(smooth), _SIZE) * np.sinc(hz * quefrency)
    return np.asarray(np.exp(np.fft.rfft(cepstrum).real))


def aperiodicity(sound: NDArray[np.floating], pitch: Pitch, rate: int) -> NDArray[np.float64]:
    """How much of the power is noise, at every moment and frequency: `(F, _SIZE / 2 + 1)`, 0 to 1.

    By how alike the sound is to itself one period earlier, in a few bands.
    """
    moments = np.arange(len(pitch.hz)) * HOP
    bins = np.arange(_SIZE // 2 + 1) * rate / _SIZE
    middles, shares = [], []
    for low, high in pairwise(_BANDS_HZ):
        top = min(high, 0.49 * rate)
        kind, edges = ("lowpass", top) if low == 0 else ("bandpass", (low, top))
        band = sosfiltfilt(butter(3, edges, kind, fs=rate, output="sos"), np.asarray(sound, np.float64))
        power = gaussian_filter1d(band**2, 160, mode="nearest") + _FLOOR
        lag = np.round(rate / np.interp(np.arange(len(band)), moments, pitch.hz)).astype(int)
        earlier = np.maximum(np.arange(len(band)) - lag, 0)
        alike = gaussian_filter1d(band * band[earlier], 160, mode="nearest")
        periodic = np.clip(alike / np.sqrt(power * power[earlier]), 0, 1)
        shares.append(1 - periodic[np.minimum(moments, len(band) - 1)])
        middles.append((low + top) / 2)
    table = np.clip(np.stack(shares, axis=1), 0.02, 1.0)
    return np.stack([np.interp(bins, middles, row) for row in table])


def _pulse(power: NDArray[np.float64], later: float) -> NDArray[np.float64]:
    """The pulse `(_SIZE,)` of minimum phase with a power spectrum, a fraction of a sample later."""
    cepstrum = np.fft.irfft(0.5 * np.log(power + _FLOOR), _SIZE)
    cepstrum[1 : _SIZE // 2] *= 2
    cepstrum[_SIZE // 2 + 1 :] = 0
    turn = np.exp(-2j * np.pi * np.arange(_SIZE // 2 + 1) * later / _SIZE)
    return np.fft.irfft(np.exp(np.fft.rfft(cepstrum)) * turn, _SIZE)


def _noise(power: NDArray[np.float64], step: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise for the time until the next pulse, filtered to a power spectrum: `(2 * _SIZE,)`."""
    length = max(int(step), 1)
    size = 2 * _SIZE
    fine = np.interp(np.arange(_SIZE + 1) / 2, np.arange(_SIZE // 2 + 1), power)
    source = np.fft.rfft(rng.standard_normal(length), size)
    cepstrum = np.fft.irfft(0.5 * np.log(fine + _FLOOR), size)
    cepstrum[1:_SIZE] *= 2
    cepstrum[_SIZE + 1 :] = 0
    return np.fft.irfft(source * np.exp(np.fft.rfft(cepstrum)), size)
