"""What happens to a voice between a mouth and a file: rooms, microphones, noise, codecs. The same for real and fake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from prosopon.detect.audio.vocoders.named import Sound
from prosopon.media.heard import RATE, resampled
from prosopon.media.sound_codecs import AAC, MP3, OPUS, TELEPHONE, SoundCodec, through_codec

_CODECS: tuple[tuple[SoundCodec, tuple[int, ...]], ...] = (
    (MP3, (24, 32, 48, 64)),
    (OPUS, (12, 16, 24, 48)),
    (AAC, (32, 48, 64)),
    (TELEPHONE, (0,)),
)


@dataclass(frozen=True)
class Way:
    """A way that sound takes; the same one for a recording and for copies of it.

    Attributes:
        codec: None for none.
        room: impulse response `(K,)`, the direct sound first; None for none.
        curve_db: of a microphone, at frequencies evenly from 0 to half the rate.
        noise_db: below the speech; None for none.
        noise_colour: 0 is white, 1 falls by 6 dB an octave.
        kept_hz: what is above is lost.
        seed: of the noise.
    """

    codec: SoundCodec | None = None
    room: NDArray[np.float64] | None = None
    curve_db: tuple[float, ...] = ()
    noise_db: float | None = None
    noise_colour: float = 0.0
    kept_hz: float = RATE / 2
    seed: int = 0

    def __call__(self, sound: Sound) -> Sound:
        """Samples `(N,)` at `media.heard.RATE` -> what arrives of them, `(N,)`."""
        out = sound.astype(np.float64)
        if self.room is not None:
            out = fftconvolve(out, self.room)[: len(out)]
        if self.curve_db:
            out = _curved(out, self.curve_db)
        if self.noise_db is not None:
            out = out + _noise(out, self.noise_db, self.noise_colour, np.random.default_rng(self.seed))
        arrived = np.clip(out, -1, 1).astype(np.float32)
        if self.kept_hz < RATE / 2:
            narrow = round(2 * self.kept_hz)
            arrived = _fitted(resampled(resampled(arrived, RATE, narrow), narrow, RATE), len(sound))
        return arrived if self.codec is None else through_codec(arrived, RATE, self.codec)


AS_IT_IS = Way()


def draw(rng: np.random.Generator) -> Way:
    """A way by chance: one of seven sounds arrives as it is."""
    if rng.random() < 0.15:
        return AS_IT_IS
    codec = None
    if rng.random() < 0.5:
        kind, rates = _CODECS[int(rng.integers(len(_CODECS)))]
        codec = kind._replace(kbps=int(rng.choice(rates)))
    return Way(
        codec=codec,
        room=_room(rng) if rng.random() < 0.5 else None,
        curve_db=tuple(np.cumsum(rng.normal(0, 3.0, 8)).tolist()) if rng.random() < 0.7 else (),
        noise_db=float(rng.uniform(10, 45)) if rng.random() < 0.65 else None,
        noise_colour=float(rng.uniform(0, 1)),
        kept_hz=float(rng.choice((3400, 4000, 5000, 6000))) if rng.random() < 0.12 else RATE / 2,
        seed=int(rng.integers(2**31)),
    )


NAMED: dict[str, Callable[[Sound], Sound]] = {
    "as it is": AS_IT_IS,
    "mp3 48": Way(codec=MP3),
    "opus 24": Way(codec=OPUS),
    "telephone": Way(codec=TELEPHONE),
    "noise 20 dB": Way(noise_db=20.0, noise_colour=0.5),
}
"""Ways that errors are told for."""


def _room(rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise that dies away behind the direct sound (Polack 1988)."""
    decay_s = float(rng.uniform(0.1, 0.8))
    times = np.arange(round(decay_s * RATE)) / RATE
    tail = rng.standard_normal(len(times)) * 10 ** (-3 * times / decay_s)
    tail[: round(0.003 * RATE)] = 0
    tail *= np.sqrt(rng.uniform(0.02, 0.8) / max(float(np.sum(tail**2)), 1e-9))
    tail[0] = 1.0
    return tail


def _curved(sound: NDArray[np.float64], curve_db: tuple[float, ...]) -> NDArray[np.float64]:
    size = 1 << (2 * len(sound) - 1).bit_length()
    places = np.linspace(0, 1, size // 2 + 1)
    gain = np.interp(places, np.linspace(0, 1, len(curve_db)), np.asarray(curve_db) - np.mean(curve_db))
    return np.fft.irfft(np.fft.rfft(sound, size) * 10 ** (gain / 20), size)[: len(sound)]


def _noise(sound: NDArray[np.float64], below_db: float, colour: float, rng: np.random.Generator) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(rng.standard_normal(len(sound)))
    made = np.fft.irfft(spectrum / (np.arange(len(spectrum)) + 20) ** colour, len(sound))
    loud = float(np.sqrt(np.mean(sound**2)))
    return made * (loud * 10 ** (-below_db / 20) / max(float(np.sqrt(np.mean(made**2))), 1e-12))


def _fitted(sound: Sound, length: int) -> Sound:
    return np.pad(sound[:length], (0, max(0, length - len(sound))))
