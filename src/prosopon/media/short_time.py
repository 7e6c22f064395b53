"""Short-time Fourier transforms of sound, there and back."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray


def frames_of(sound: NDArray[np.floating], length: int, hop: int) -> NDArray[np.floating]:
    """Overlapping pieces `(F, length)` of a sound `(N,)`; none where it is shorter than one. A view: do not write."""
    if len(sound) < length:
        return np.zeros((0, length), sound.dtype)
    view: NDArray[np.floating] = sliding_window_view(sound, length)[::hop]
    return view


def stft(sound: NDArray[np.floating], size: int, hop: int) -> NDArray[np.complex128]:
    """Spectra `(F, size / 2 + 1)` of Hann-windowed pieces; piece f is centred on sample `f * hop`.

    Args:
        sound: `(N,)`; beyond its ends there is silence.
        size: samples of a piece, even.
        hop: samples from one piece to the next, at most half of `size`.
    """
    padded = np.pad(np.asarray(sound, np.float64), (size // 2, size // 2 + hop))
    return np.asarray(np.fft.rfft(frames_of(padded, size, hop) * hann(size)), np.complex128)


def istft(spectra: NDArray[np.complex128], size: int, hop: int, length: int) -> NDArray[np.float64]:
    """The sound `(length,)` whose spectra are nearest to these by least squares (Griffin and Lim 1984, equation 6)."""
    window = hann(size)
    pieces = np.fft.irfft(spectra, size) * window
    total = (len(spectra) - 1) * hop + size
    out, weight = np.zeros(max(total, length + size)), np.zeros(max(total, length + size))
    for number, piece in enumerate(pieces):
        at = slice(number * hop, number * hop + size)
        out[at] += piece
        weight[at] += window**2
    sound: NDArray[np.float64] = (out / np.maximum(weight, 1e-8))[size // 2 : size // 2 + length]
    return sound


def hann(size: int) -> NDArray[np.float64]:
    """A periodic Hann window `(size,)`."""
    window: NDArray[np.float64] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    return window


def mel_of(hz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Pitch as it is heard, in mel (O'Shaughnessy 1987)."""
    return np.asarray(2595 * np.log10(1 + np.asarray(hz) / 700))


def triangles(edges_hz: NDArray[np.float64], size: int, rate: int) -> NDArray[np.float64]:
    """Triangular filters `(n, size / 2 + 1)` over the bins of a spectrum, each rising from one edge to the next.

    Args:
        edges_hz: `(n + 2,)` ascending.
        size: of the transform.
        rate: samples per second.
    """
    bins = np.arange(size // 2 + 1) * rate / size
    low, middle, high = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
    return np.maximum(0, np.minimum(rising, falling))


def mel_filters(bands: int, size: int, rate: int, lowest_hz: float = 0.0) -> NDArray[np.float64]:
    """Triangles `(bands, size / 2 + 1)` that are equally wide in mel, up to half the rate."""
    mels = np.linspace(float(mel_of(lowest_hz)), float(mel_of(rate / 2)), bands + 2)
    return triangles(700 * (10 ** (mels / 2595) - 1), size, rate)
