"""People who speak, as mouths and sounds to learn from and be measured on: with their own sound and with another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.core.errors import MediaError
from prosopon.core.faces import Track
from prosopon.core.progress import SILENT, Progress
from prosopon.datasets.followed import followed
from prosopon.detect.avsync.mouth import HZ, Passage, Signals, passages
from prosopon.detect.avsync.sound import Heard, listened_to
from prosopon.detect.learning.material import ENOUGH_PX
from prosopon.faces.finder import FaceFinder, chosen, open_finder
from prosopon.faces.head_box import face_size
from prosopon.media.heard import RATE, heard
from prosopon.media.sound_codecs import AAC, MP3, OPUS, TELEPHONE, through_codec

LENGTHS = (1, 2, 4)
"""How many clips of a person are joined to one: short clips are judged as well as longer ones."""
_LEAST_SPEECH_S = 0.8
_LEAST_ROLLED_S = 8.0
"""A clip that is so long has another sound in itself: its own one, half of it later."""
_WORST_DB, _BEST_DB = 5.0, 30.0
"""Of speech above the noise that is put in."""
_CODECS = (MP3, OPUS, AAC, TELEPHONE)


@dataclass(frozen=True)
class Spoken:
    """A clip of somebody who speaks.

    Attributes:
        person: who.
        finder: who looked for the face.
        passages: what the mouth does.
        sounds: what is heard: as it was recorded, and spoilt by noise and codecs.
        measures: of the material.
    """

    person: str
    finder: str
    passages: tuple[Passage, ...]
    sounds: tuple[Heard, ...]
    measures: Mapping[str, float]

    @property
    def signals(self) -> Signals:
        """All passages, `(N, 3)`, of standard deviation 1."""
        rows = np.concatenate([one.signals for one in self.passages])
        return np.asarray(rows / rows.std(0))

    def inputs(self, sound: int) -> NDArray[np.float64]:
        """What is heard at the moments of `signals`, `(N, INPUTS)`."""
        heard_ = self.sounds[sound]
        times = np.concatenate([one.times for one in self.passages])
        at = np.round((times - heard_.start_s) * HZ).astype(int)
        return np.asarray(heard_.inputs[np.clip(at, 0, len(heard_.inputs) - 1)])


@dataclass(frozen=True)
class Trial:
    """Mouth and sound of a person, joined from one or more clips.

    Attributes:
        person: whose mouth it is.
        clips: how many.
        passages, sound: what is compared.
        fake: whether the sound is of other words.
        measures: of the material.
    """

    person: str
    clips: int
    passages: tuple[Passage, ...]
    sound: Heard
    fake: bool
    measures: Mapping[str, float]


def spoken(paths: Sequence[Path], seed: int, progress: Progress = SILENT) -> list[Spoken]:
    """Everybody in footage who is seen and heard speaking, as each of the face finders that are here sees them.

    Raises:
        MissingError: a path is not there.
    """
    found = []
    for finder in _finders():
        for number, one in enumerate(followed(paths, finder=finder, progress=progress)):
            if one.clip.audio is None or one.tracks.main is None:
                continue
            seen = passages(one.tracks.main.faces, one.clip.times)
            try:
                samples = heard(one.clip.audio)
            except MediaError:
                continue
            start_s = one.clip.audio.start_s
            clean = listened_to(samples, start_s)
            if not seen or clean.speaking.sum() < _LEAST_SPEECH_S * HZ:
                continue
            spoilt = listened_to(spoil(samples, np.random.default_rng([seed, number])), start_s)
            found.append(Spoken(one.person, finder.name, seen, (clean, spoilt), _measures(one.tracks.main)))
    return found


def _measures(person: Track) -> dict[str, float]:
    """What of `detect.learning.material` matters where only landmarks are looked at."""
    sizes = [face_size(face.landmarks) for face in person.faces.values() if face.landmarks is not None]
    return {"face_px": min(float(np.median(sizes)), ENOUGH_PX)}


def _finders() -> Iterator[FaceFinder]:
    for name in sorted({chosen(), "builtin"}):
        yield open_finder(name)


def spoil(samples: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Samples `(N,)` with noise of any colour, and half of the time through a codec."""
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    coloured = np.fft.irfft(spectrum / (np.arange(len(spectrum)) + 20) ** rng.uniform(0, 0.6), len(samples))
    below = 10 ** (-rng.uniform(_WORST_DB, _BEST_DB) / 20)
    noise = coloured * below * np.sqrt(np.mean(samples**2) / np.mean(coloured**2))
    noisy = (samples + noise).astype(np.float32)
    if rng.random() < 0.5:
        return np.asarray(noisy)
    return through_codec(noisy, RATE, _CODECS[int(rng.integers(len(_CODECS)))])


def trials(clips: Sequence[Spoken], rng: np.random.Generator) -> Iterator[Trial]:
    """Clips of one person, seen by one finder, with their own sound and twice with another clip's of that person.

    Other speech by the same person is the hardest: the voice is right, only the words are not.
    """
    for sound in range(len(clips[0].sounds)):
        for length in LENGTHS:
            if length > 1 and len(clips) < 2 * length:
                continue
            order = rng.permutation(len(clips))
            for first in range(0, len(clips) - length + 1, length):
                mine = [clips[i] for i in order[first : first + length]]
                yield _joined(mine, [one.sounds[sound] for one in mine], fake=False)
                for _ in range(2):
                    others = [_another(clips, one, sound, rng) for one in mine]
                    if all(other is not None for other in others):
                        yield _joined(mine, [other for other in others if other is not None], fake=True)


def _another(clips: Sequence[Spoken], own: Spoken, sound: int, rng: np.random.Generator) -> Heard | None:
    """The sound of another clip, or of another time; None where there is none."""
    rest = [one for one in clips if one is not own]
    if rest:
        return rest[int(rng.integers(len(rest)))].sounds[sound]
    held = own.sounds[sound]
    if len(held.inputs) < _LEAST_ROLLED_S * HZ:
        return None
    half = len(held.inputs) // 2
    return Heard(
        held.start_s,
        np.roll(held.inputs, half, axis=0),
        np.roll(held.level_db, half),
        np.roll(held.speaking, half),
    )


def _joined(clips: Sequence[Spoken], sounds: Sequence[Heard], *, fake: bool) -> Trial:
    """Several clips one after the other, each with a sound that begins when it does."""
    now = 0.0
    seen: list[Passage] = []
    for clip, sound in zip(clips, sounds, strict=True):
        seen += [replace(one, times=one.times - sound.start_s + now) for one in clip.passages]
        now += len(sound.inputs) / HZ
    whole = Heard(
        0.0,
        np.concatenate([one.inputs for one in sounds]),
        np.concatenate([one.level_db for one in sounds]),
        np.concatenate([one.speaking for one in sounds]),
    )
    return Trial(clips[0].person, len(clips), tuple(seen), whole, fake, clips[0].measures)
