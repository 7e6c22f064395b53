"""Speech whose loudness at every pitch and moment stays, while its phases are lost or disturbed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from prosopon.media.short_time import istft, stft


def scrambled(
    sound: NDArray[np.floating], rng: np.random.Generator, *, size: int, spread: float
) -> NDArray[np.float64]:
    """A sound `(N,)` with phases that are off.

    Args:
        sound: `(N,)`.
        rng: draws the errors.
        size: of the pieces that phases belong to, in samples.
        spread: standard deviation of the errors in radians; from about 2 on nothing is left of the phases.
    """
    hop = size // 4
    spectra = stft(sound, size, hop)
    return istft(spectra * np.exp(1j * spread * rng.standard_normal(spectra.shape)), size, hop, len(sound))
