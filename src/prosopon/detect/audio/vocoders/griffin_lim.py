"""From a mel spectrogram back to sound: phases are guessed again and again until they agree with each other.

Griffin and Lim, "Signal estimation from modified short-time Fourier transform", 1984; quickened as in Perraudin, Balazs
and Søndergaard, "A fast Griffin-Lim algorithm", 2013. Many text-to-speech systems up to Tacotron end in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.media.short_time import istft, mel_filters, stft

_MOMENTUM = 0.99
_NNLS_ROUNDS = 12


def griffin_lim(
    sound: NDArray[np.floating], rate: int, rng: np.random.Generator, *, bands: int, size: int, rounds: int
) -> NDArray[np.float64]:
    """A sound `(N,)` by way of its mel spectrogram.

    Args:
        sound: `(N,)`.
        rate: samples per second.
        rng: draws the phases that guessing begins with.
        bands: of the mel spectrogram.
        size: of its pieces, in samples; they are a quarter of that apart.
        rounds: of guessing.
    """
    hop = size // 4
    magnitude = from_mel(np.abs(stft(sound, size, hop)), bands, size, rate)
    phases = np.exp(2j * np.pi * rng.random(magnitude.shape))
    before = np.zeros_like(phases)
    for _ in range(rounds):
        now = stft(istft(magnitude * phases, size, hop, len(sound)), size, hop)[: len(magnitude)]
        pushed = now + _MOMENTUM * (now - before)
        phases = pushed / np.maximum(np.abs(pushed), 1e-12)
        before = now
    return istft(magnitude * phases, size, hop, len(sound))


def from_mel(magnitude: NDArray[np.float64], bands: int, size: int, rate: int) -> NDArray[np.float64]:
    """Spectra `(F, size / 2 + 1)` of which only the energies in mel bands are known: `(F, size / 2 + 1)`.

    Non-negative least squares by multiplicative steps (Lee and Seung 2001), begun with the transposed filters.
    """
    filters = mel_filters(bands, size, rate)
    mel = magnitude @ filters.T
    found = mel @ (filters / np.maximum(filters.sum(1, keepdims=True), 1e-9)) + 1e-9
    for _ in range(_NNLS_ROUNDS):
        found = found * ((mel @ filters) / np.maximum(found @ filters.T @ filters, 1e-12))
    return np.asarray(found)
