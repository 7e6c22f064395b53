"""A small voice of our own: formant synthesis, for machines without espeak-ng.

A train of glottal pulses and noise go through resonators that glide from sound to sound (Klatt 1980, much reduced).
It sounds like a machine and is understood with some good will; what matters here is that every sound is heard exactly
when the mouth shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter

from prosopon.studio.phonemes import PHONEMES, SILENCE, Manner
from prosopon.studio.spelling import sounds_of_text
from prosopon.studio.visemes import Spoken

Floats = NDArray[np.float64]

RATE = 16000
"""Samples per second."""
_BLOCK = 80
"""Samples during which the resonators stand still: 5 ms."""
_BANDWIDTHS = (70.0, 100.0, 150.0, 250.0)
_F4 = 3500.0
_LEVELS = {
    Manner.SILENT: 0.0, Manner.VOWEL: 1.0, Manner.GLIDE: 0.7, Manner.NASAL: 0.5, Manner.FRICATIVE: 0.25,
    Manner.STOP: 0.12, Manner.AFFRICATE: 0.15,
}  # fmt: skip
"""How loud the voice is within a voiced sound."""
_PHRASE_END_STRETCH = 1.4


def schedule(text: str, start_s: float = 0.0, tempo: float = 1.0) -> list[Spoken]:
    """The sounds of a text in time.

    Args:
        text: English.
        start_s: when the first one begins.
        tempo: 1 is usual, 2 twice as fast.
    """
    found: list[Spoken] = []
    now = start_s
    for sounds, pause_s in sounds_of_text(text):
        for position, symbol in enumerate(sounds):
            length_s = PHONEMES[symbol].length_s / tempo
            last_syllable = pause_s > 0 and position >= len(sounds) - 2
            # The end of a phrase is drawn out, unaccented ends of long words are not.
            length_s *= _PHRASE_END_STRETCH if last_syllable else 1.0
            found.append(Spoken(symbol, now, now + length_s))
            now += length_s
        if pause_s:
            found.append(Spoken(SILENCE, now, now + pause_s / tempo))
            now += pause_s / tempo
    return found


def sing(sounds: Sequence[Spoken], duration_s: float, pitch_hz: float = 120.0, seed: int = 0) -> NDArray[np.float32]:
    """Samples `float32 (N,)` in [-1, 1] at `RATE`; sounds that begin after `duration_s` are left out.

    Args:
        sounds: what is said when, without overlap.
        duration_s: length of the result.
        pitch_hz: mean pitch of the voice.
        seed: of noise and of the small unsteadiness of the voice.
    """
    blocks = int(np.ceil(duration_s * RATE / _BLOCK))
    rng = np.random.default_rng(seed)
    tracks = _Tracks(blocks)
    for sound in sounds:
        tracks.add(sound)
    tracks.smooth()
    phrases = _pitch(sounds, blocks, pitch_hz, rng)
    count = blocks * _BLOCK
    voice = _pulses(np.repeat(phrases, _BLOCK)) * np.repeat(tracks.voice, _BLOCK)
    breath = rng.standard_normal(count)
    vowels = _resonated(voice + 0.02 * np.repeat(tracks.voice, _BLOCK) * breath, tracks.formants, pitch_hz)
    hiss = _hissed(breath, tracks) * np.repeat(tracks.noise, _BLOCK)
    loudest = max(float(np.abs(vowels).max(initial=0)), 1e-9)
    samples = 0.6 * vowels / loudest + 0.2 * hiss
    samples = samples[: round(duration_s * RATE)]
    return np.asarray(np.tanh(samples), np.float32)


class _Tracks:
    """What the synthesiser does in every block of 5 ms."""

    def __init__(self, blocks: int) -> None:
        self.voice, self.noise = np.zeros(blocks), np.zeros(blocks)
        self.hiss = np.tile((3000.0, 2000.0), (blocks, 1))
        self.formants = np.tile((500.0, 1500.0, 2500.0), (blocks, 1))

    def add(self, sound: Spoken) -> None:
        """Enter one sound."""
        phoneme = PHONEMES[sound.symbol]
        first, last = (round(t * RATE / _BLOCK) for t in (sound.start_s, sound.end_s))
        last = min(last, len(self.voice))
        if last <= first:
            return
        here, share = slice(first, last), np.linspace(0, 1, last - first)
        start = np.array(phoneme.formants)
        if phoneme.manner is Manner.SILENT:
            return
        end = np.array(phoneme.glide_to or phoneme.formants)
        # Diphthongs stay for a third of their time, then glide.
        self.formants[here] = start + np.clip((share[:, None] - 0.3) / 0.6, 0, 1) * (end - start)
        self.voice[here] = _LEVELS[phoneme.manner] * phoneme.voiced
        if not phoneme.noise_hz:
            return
        self.hiss[here] = phoneme.noise_hz, phoneme.noise_width_hz
        if phoneme.manner in (Manner.STOP, Manner.AFFRICATE):
            # Closed for most of the time, then a burst.
            opens = 0.7 if phoneme.manner is Manner.STOP else 0.4
            self.noise[here] = phoneme.noise_level * (share >= opens)
        else:
            self.noise[here] = phoneme.noise_level

    def smooth(self) -> None:
        """Nothing in a throat jumps."""
        self.formants = gaussian_filter1d(self.formants, 3.0, axis=0, mode="nearest")
        self.voice = gaussian_filter1d(self.voice, 1.2, mode="nearest")
        self.noise = gaussian_filter1d(self.noise, 0.6, mode="nearest")


def _pitch(sounds: Sequence[Spoken], blocks: int, pitch_hz: float, rng: np.random.Generator) -> Floats:
    """Pitch in every block: it falls over each phrase and wavers a little."""
    pitch = np.full(blocks, float(pitch_hz))
    silent = [-1, *(k for k, sound in enumerate(sounds) if sound.symbol == SILENCE), len(sounds)]
    for before, after in pairwise(silent):
        phrase = sounds[before + 1 : after]
        if phrase:
            first, last = (int(t * RATE / _BLOCK) for t in (phrase[0].start_s, phrase[-1].end_s))
            here = slice(min(first, blocks), min(last, blocks))
            fall = np.linspace(1.12, 0.84, max(last - first, 1))
            pitch[here] *= fall[: here.stop - here.start]
    waver = gaussian_filter1d(rng.standard_normal(blocks), 12, mode="wrap")
    return np.asarray(pitch * (1 + 0.25 * waver))


def _pulses(pitch: Floats) -> Floats:
    """Derivative of the glottal flow for a pitch at every sample (Rosenberg 1971): a slow rise, a sudden end."""
    phase = np.cumsum(pitch / RATE) % 1
    rise, fall = 0.4, 0.16
    falling = (phase >= rise) & (phase < rise + fall)
    up = np.where(phase < rise, np.pi / rise * np.sin(np.pi * phase / rise), 0.0)
    down = np.where(falling, -np.pi / (2 * fall) * np.sin(np.pi * (phase - rise) / (2 * fall)), 0.0)
    return np.asarray((up / 2 + down) * 0.1)


def _resonated(source: Floats, formants: Floats, pitch_hz: float) -> Floats:
    """The source through four resonators in a row; higher voices come from smaller heads."""
    size = (pitch_hz / 150.0) ** 0.25
    out = source
    for k in range(4):
        hz = np.full(len(formants), _F4) if k == 3 else formants[:, k]
        out = _resonator(out, np.minimum(hz * size, 0.45 * RATE), _BANDWIDTHS[k])
    return out


def _hissed(noise: Floats, tracks: _Tracks) -> Floats:
    centre = np.minimum(tracks.hiss[:, 0], 0.45 * RATE)
    low = _resonator(noise, centre, np.maximum(tracks.hiss[:, 1], 300.0))
    # Without the mean of neighbours, little is left below the resonance.
    return np.asarray(np.diff(low, prepend=0.0))


def _resonator(source: Floats, hz: Floats, bandwidth: Floats | float) -> Floats:
    """A resonator of two poles whose frequency `(B,)` changes from block to block; unity gain at 0 Hz."""
    radius = np.exp(-np.pi * np.broadcast_to(bandwidth, hz.shape) / RATE)
    second = -2 * radius * np.cos(2 * np.pi * hz / RATE)
    third = radius**2
    gain = 1 + second + third
    out = np.empty_like(source)
    state = np.zeros(2)
    for block in range(len(hz)):
        here = slice(block * _BLOCK, (block + 1) * _BLOCK)
        poles = np.array((1.0, second[block], third[block]))
        out[here], state = lfilter(gain[block : block + 1], poles, source[here], zi=state)
    return out
