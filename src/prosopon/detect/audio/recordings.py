"""Real speech and what vocoders make of it, side by side: what detectors of synthetic speech learn from.

Every recording comes with its copies, sample for sample as long and in the same place, so that what differs between
them is the vocoder and nothing else. Synthetic speech of a text, by the studio's formant voice, has no original.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prosopon.core.content_id import sha256_of
from prosopon.core.errors import MediaError, UsageError
from prosopon.core.progress import SILENT, Progress
from prosopon.datasets.people import Owned, Split, owned_media, split_people
from prosopon.detect.audio.vocoders.named import VOCODERS, Sound
from prosopon.media.heard import RATE, heard, resampled
from prosopon.media.read import read
from prosopon.media.speech_activity import activity
from prosopon.studio import espeak
from prosopon.studio.speech import SENTENCES
from prosopon.studio.voice import schedule, sing
from prosopon.train.processes import mapped
from prosopon.train.store import ArrayStore, Column, Rows, Shot, kept, write_store

REAL, FORMANT, ESPEAK = "real", "formant", "espeak"
"""Kinds of sound beside those of `VOCODERS`."""
VOICES: tuple[str, ...] = ("voice-0", "voice-1", "voice-2", "voice-3")
"""People that voices are called which are nobody's: some for each split."""
_COLUMN = "sound"
_COPIES = 2
"""By each vocoder, each with settings of its own."""
MARGIN_S = 0.15
"""Of what is before and after speech, so much is kept."""
_LEAST_S = 0.8
_MOST_S = 120.0
"""Of one file."""
_TEXTS = 48
_VERSION = 1
"""Raised where the same files give other sounds."""


@dataclass(frozen=True)
class Take:
    """One sound.

    Attributes:
        name: of the recording; its copies have the same one.
        person: whose voice it is.
        kind: `real`, or what made it.
        copy: counts those of one kind.
    """

    name: str
    person: str
    kind: str
    copy: int


@dataclass(frozen=True)
class Recordings:
    """Sounds on the disk.

    Attributes:
        store: samples, 16 bits at `RATE`; a shot for each sound.
    """

    store: ArrayStore

    @cached_property
    def takes(self) -> tuple[Take, ...]:
        """What each shot of the store is."""
        return tuple(_take(shot) for shot in self.store.shots)

    @property
    def people(self) -> tuple[str, ...]:
        """Whose voices there are."""
        return tuple(sorted({take.person for take in self.takes} - {*VOICES}))

    def split(self, settled: Mapping[str, Split] | None = None) -> dict[str, Split]:
        """Who is learnt from, see `datasets.people.split_people`."""
        return {**split_people(VOICES), **split_people(self.people, settled)}

    @property
    def kinds(self) -> tuple[str, ...]:
        """What made the sounds that are not real."""
        return tuple(sorted({take.kind for take in self.takes} - {REAL}))

    def sound(self, number: int) -> Sound:
        """The samples `float32 (N,)` of one take."""
        shot = self.store.shots[number]
        return np.asarray(self.store.arrays[_COLUMN][shot.start : shot.stop], np.float32) / np.float32(32767)

    def of(self, people: Collection[str], kinds: Collection[str]) -> tuple[int, ...]:
        """Numbers of the takes of some people that are of some kinds."""
        return tuple(number for number, take in enumerate(self.takes) if take.person in people and take.kind in kinds)


def recordings(paths: Sequence[Path], seed: int, progress: Progress = SILENT) -> Recordings:
    """The speech of all videos and sounds of some files and folders with its copies; made, or found on the disk.

    Args:
        paths: see `datasets.people.owned_media`.
        seed: of the vocoders' settings.
        progress: hears of every file.

    Raises:
        MissingError: a path is not there.
        UsageError: nobody speaks in any of the files.
    """
    files = owned_media(paths)
    origin = [
        "recordings", _VERSION, seed, RATE, _COPIES, _TEXTS, sorted(VOCODERS), espeak.is_installed(),
        [[file.label, sha256_of(file.path)] for file in files],
    ]  # fmt: skip
    found = kept(origin, lambda folder: _fill(folder, files, seed, progress))
    return Recordings(ArrayStore.open(found))


def _fill(folder: Path, files: Sequence[Owned], seed: int, progress: Progress) -> None:
    columns = {_COLUMN: Column("<i2", ())}

    def sounds() -> Iterator[tuple[Shot, Rows]]:
        progress.start("making copies of speech", len(files))
        spoken = 0
        for made in mapped(partial(_of_file, seed), list(enumerate(files))):
            spoken += len(made)
            yield from made
            progress.advance()
        if not spoken:
            raise UsageError("nobody speaks in this footage", "give videos or sounds with speech, with --footage")
        for made in mapped(partial(_of_text, seed), range(_TEXTS)):
            yield from made

    write_store(folder, columns, sounds(), advice="give videos or sounds with speech, with --footage")


def _of_file(seed: int, numbered: tuple[int, Owned]) -> list[tuple[Shot, Rows]]:
    """The speech of one file and its copies; nothing where nobody speaks."""
    number, file = numbered
    try:
        clip = read(file.path)
        sound = np.zeros(0, np.float32) if clip.audio is None else heard(clip.audio, most_s=_MOST_S)
    except MediaError:
        return []
    sound = speech_of(sound)
    if len(sound) < _LEAST_S * RATE:
        return []
    shots = [_shot(file.label, file.person, REAL, 0, sound)]
    for index, (kind, vocoder) in enumerate(VOCODERS.items()):
        for copy in range(_COPIES):
            rng = np.random.default_rng([seed, number, index, copy])
            shots.append(_shot(file.label, file.person, kind, copy, vocoder(sound, RATE, rng)))
    return shots


def speech_of(sound: Sound) -> Sound:
    """A sound from a little before somebody begins to speak to a little after the end; empty where nobody does.

    What is before and after differs from one recording to the next for reasons that have nothing to do with voices.
    """
    at = np.flatnonzero(activity(sound, RATE).samples(RATE, len(sound)))
    if not len(at):
        return np.zeros(0, np.float32)
    margin = round(MARGIN_S * RATE)
    return sound[max(0, at[0] - margin) : at[-1] + margin]


def _of_text(seed: int, number: int) -> list[tuple[Shot, Rows]]:
    """A sentence by voices that are nobody's."""
    rng = np.random.default_rng([seed, number, 99])
    person = VOICES[number % len(VOICES)]
    text = SENTENCES[number % len(SENTENCES)]
    hz = float(rng.uniform(85, 240))
    spoken = schedule(text, 0.1, tempo=float(rng.uniform(0.85, 1.2)))
    own = sing(spoken, spoken[-1].end_s + 0.1, hz, int(rng.integers(2**31)))
    shots = [_shot(f"text-{number}", person, FORMANT, number, _quiet(own, rng))]
    if espeak.is_installed():
        said = espeak.say(text, pitch=int(rng.integers(10, 90)), words_per_minute=int(rng.integers(140, 200)))
        sound = _quiet(resampled(said.samples, said.rate, RATE), rng)
        shots.append(_shot(f"text-{number}", person, ESPEAK, number, sound))
    return shots


def _quiet(sound: Sound, rng: np.random.Generator) -> Sound:
    """With the faint noise of a room: digital silence would tell more than any voice."""
    noise = rng.normal(0, 10 ** rng.uniform(-4, -3), len(sound))
    return np.asarray(np.clip(float(rng.uniform(0.3, 1.0)) * sound + noise, -1, 1), np.float32)


def _shot(name: str, person: str, kind: str, copy: int, sound: NDArray[np.float32]) -> tuple[Shot, Rows]:
    samples = np.rint(np.clip(sound, -1, 1) * 32767).astype("<i2")
    return Shot(f"{name}|{copy}", person, kind), {_COLUMN: samples}


def _take(shot: Shot) -> Take:
    name, _, copy = shot.name.rpartition("|")
    return Take(name, shot.person, shot.kind, int(copy))
