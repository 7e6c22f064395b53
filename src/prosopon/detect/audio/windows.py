"""Windows of speech as the net hears them: a recording and a copy of it, which took the same way."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from prosopon.detect.audio.recordings import REAL, Recordings
from prosopon.detect.audio.rooms import draw
from prosopon.detect.audio.vocoders.named import VOCODERS, Sound
from prosopon.media.heard import RATE

WINDOW_S = 3.0
WINDOW = round(WINDOW_S * RATE)
_SPEEDS = (15, 28)
"""Of twenty: sounds are played at 0.75 to 1.35 times their speed."""
_LONGEST = WINDOW * 27 // 20 + 32
"""What is cut out first, so that there is a window left at the greatest speed."""
_LEVEL = 0.05
"""Root mean square that windows are brought to, before anything happens to them."""


@dataclass(frozen=True)
class Windows:
    """Items `{"real": float32 (WINDOW,), "fake": float32 (WINDOW,)}`.

    Attributes:
        recordings: where from.
        people: whose voices, among them those that are nobody's.
        kinds: what made the fakes.
    """

    recordings: Recordings
    people: tuple[str, ...]
    kinds: tuple[str, ...]

    @cached_property
    def _real(self) -> dict[str, list[int]]:
        """Numbers of the real takes of each person."""
        return _by_person(self.recordings, self.people, REAL)

    @cached_property
    def _fake(self) -> dict[str, dict[tuple[str, int], dict[str, int]]]:
        """Of each kind: by person and copy, the takes by the name of the recording."""
        found: dict[str, dict[tuple[str, int], dict[str, int]]] = {}
        for kind in self.kinds:
            table: dict[tuple[str, int], dict[str, int]] = {}
            for number in self.recordings.of(self.people, [kind]):
                take = self.recordings.takes[number]
                # Voices that are nobody's have no copies: all that one says belongs together.
                copy = take.copy if kind in VOCODERS else 0
                table.setdefault((take.person, copy), {})[f"{take.name}|{0 if kind in VOCODERS else take.copy}"] = (
                    number
                )
            found[kind] = table
        return found

    def __len__(self) -> int:
        """Number of items in an epoch: each recording with each kind of copy."""
        return sum(map(len, self._real.values())) * len(self.kinds)

    def item(self, index: int, rng: np.random.Generator) -> Mapping[str, NDArray[np.float32]]:
        """A window of somebody and one of a fake; every person comes as often as every other."""
        people = sorted(self._real)
        person = people[index % len(people)]
        kind = self.kinds[(index // len(people)) % len(self.kinds)]
        way = draw(rng)
        order = rng.permutation(len(self._real[person]))
        names = [self._real[person][i] for i in order]
        offset = rng.random()
        real = _joined([self.recordings.sound(number) for number in names[:4]], offset, _LONGEST)
        table = self._fake[kind]
        if kind in VOCODERS:
            copies = sorted(copy for who, copy in table if who == person)
            chosen = table[person, int(rng.choice(copies))]
            numbers = [chosen[f"{self.recordings.takes[number].name}|0"] for number in names[:4]]
        else:
            voices = sorted(table)
            takes = sorted(table[voices[int(rng.integers(len(voices)))]].values())
            numbers = [takes[i] for i in rng.permutation(len(takes))[:2]]
        fake = _joined([self.recordings.sound(number) for number in numbers], offset, _LONGEST)
        # Played faster or slower, a voice is that of somebody with another throat: there are more people then.
        speed = Fraction(int(rng.integers(*_SPEEDS)), 20)
        return {"real": way(_levelled(_played(real, speed))), "fake": way(_levelled(_played(fake, speed)))}


def _by_person(recordings: Recordings, people: Collection[str], kind: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number in recordings.of(people, [kind]):
        found.setdefault(recordings.takes[number].person, []).append(number)
    return found


def _joined(sounds: list[Sound], offset: float, length: int = WINDOW) -> Sound:
    """A window out of sounds that follow each other, repeated where they are too short for one."""
    whole = np.concatenate(sounds)
    whole = np.tile(whole, -(-length // len(whole)))
    start = int(offset * (len(whole) - length))
    return np.asarray(whole[start : start + length])


def _played(sound: Sound, speed: Fraction) -> Sound:
    """A longer window played so much faster, or slower: `(WINDOW,)`."""
    quick = np.asarray(resample_poly(sound, speed.denominator, speed.numerator), np.float32)
    return np.asarray(quick[:WINDOW])


def _levelled(sound: Sound) -> Sound:
    level = float(np.sqrt(np.mean(sound**2)))
    return np.asarray(sound * np.float32(_LEVEL / max(level, 1e-6)))


def cut_windows(sound: Sound) -> NDArray[np.float32]:
    """Windows `(n, WINDOW)` of a sound that is speech throughout, half of a window apart; a short one is repeated.

    Args:
        sound: `(N,)` at `media.heard.RATE`, not empty.
    """
    if len(sound) < WINDOW:
        return _joined([sound], 0.0)[None]
    return np.stack([sound[start : start + WINDOW] for start in window_starts(len(sound))])


def window_starts(length: int) -> list[int]:
    """Where the windows of `cut_windows` begin, in samples."""
    if length < WINDOW:
        return [0]
    starts = [*range(0, length - WINDOW + 1, WINDOW // 2)]
    if starts[-1] + WINDOW < length - WINDOW // 8:
        starts.append(length - WINDOW)
    return starts
