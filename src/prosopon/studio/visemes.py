"""From sounds in time to the movement of the mouth, with coarticulation.

Every sound asks for its mouth with a dominance that fades with the distance in time, and the mouth takes the weighted
mean of all wishes (Cohen and Massaro 1993). Sounds that cannot be made otherwise, the closed lips of P, B and M above
all, ask much more strongly than the others.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from prosopon.studio.performance import Performance
from prosopon.studio.person import Expression, Placement
from prosopon.studio.phonemes import PHONEMES, SILENCE, Mouth

RATE_HZ = 200
"""How often the mouth is worked out; between, it is interpolated."""
MOUTH = ("jaw_open", "mouth_wide", "pucker", "lip_press", "upper_lip_raise", "lower_lip_drop")
"""The coefficients that speech moves, in the order of a track's columns."""
_FADE_S = 0.035
"""A wish is e times weaker so long before and after its sound."""
_HASTE = 0.35
_REACH_S = 0.4
_SMOOTH_S = 0.012


@dataclass(frozen=True)
class Spoken:
    """One sound in time.

    Attributes:
        symbol: ARPABET, empty for silence.
        start_s, end_s: when it is heard, on the picture's clock as it would be without any offset.
    """

    symbol: str
    start_s: float
    end_s: float


def mouth_track(sounds: Sequence[Spoken], duration_s: float) -> NDArray[np.float64]:
    """How the mouth stands at k / `RATE_HZ` seconds: `(K, 6)` in the order of `MOUTH`."""
    count = int(np.ceil(duration_s * RATE_HZ)) + 2
    wishes, weights = np.zeros((count, len(MOUTH))), np.full((count, len(MOUTH)), 1e-3)
    for start_s, end_s, mouth in _wishes(sounds):
        first = max(0, int((start_s - _REACH_S) * RATE_HZ))
        last = min(count, int((end_s + _REACH_S) * RATE_HZ) + 2)
        times = np.arange(first, last) / RATE_HZ
        if last <= first:
            continue
        # Within its sound a mouth is wished for in full, most firmly in the middle.
        middle, half = (start_s + end_s) / 2, (end_s - start_s) / 2
        outside = np.maximum(np.abs(times - middle) - 0.6 * half, 0)
        firm = _insistence(mouth)
        # The firmer a closure, the faster it is made and released.
        dominance = firm * np.exp(-outside[:, None] / _FADE_S * firm**_HASTE)
        weights[first:last] += dominance
        wishes[first:last] += dominance * [getattr(mouth, name) for name in MOUTH]
    return np.asarray(gaussian_filter1d(wishes / weights, _SMOOTH_S * RATE_HZ, axis=0, mode="nearest"))


def _insistence(mouth: Mouth) -> NDArray[np.float64]:
    return np.array([mouth.jaw_weight, *[mouth.lip_weight] * (len(MOUTH) - 1)])


def _wishes(sounds: Sequence[Spoken]) -> list[tuple[float, float, Mouth]]:
    """When which mouth is asked for; a diphthong asks for two, one after the other."""
    found = []
    for sound in _without_gaps(sounds):
        phoneme = PHONEMES[sound.symbol]
        if phoneme.glide_mouth is None:
            found.append((sound.start_s, sound.end_s, phoneme.mouth))
        else:
            turn = sound.start_s + 0.6 * (sound.end_s - sound.start_s)
            found += [(sound.start_s, turn, phoneme.mouth), (turn, sound.end_s, phoneme.glide_mouth)]
    return found


def _without_gaps(sounds: Sequence[Spoken]) -> list[Spoken]:
    """The sounds with silence before, between and after them, where the mouth comes to rest."""
    found: list[Spoken] = []
    now = -_REACH_S
    for sound in sounds:
        if sound.start_s > now + 1e-6:
            found.append(Spoken(SILENCE, now, sound.start_s))
        found.append(sound)
        now = sound.end_s
    return [*found, Spoken(SILENCE, now, now + 3600.0)]


def symbol_at(sounds: Sequence[Spoken], time_s: float) -> str:
    """What is being said at a time, empty for silence."""
    index = bisect_right(sounds, time_s, key=lambda sound: sound.start_s) - 1
    return sounds[index].symbol if index >= 0 and time_s < sounds[index].end_s else ""


def speaking(performance: Performance, sounds: Sequence[Spoken]) -> Performance:
    """The same performance with the mouth saying `sounds`; what the mouth did before is replaced."""
    track = mouth_track(sounds, performance.duration_s + 1)
    grid = np.arange(len(track)) / RATE_HZ

    def at(time_s: float) -> tuple[Placement, Expression]:
        placement, expression = performance.at(time_s)
        said = {name: float(np.interp(time_s, grid, track[:, k])) for k, name in enumerate(MOUTH)}
        # A smile spreads lips that want to meet; where they are pressed it gives way.
        smile = expression.smile * (1 - 0.5 * min(1.0, said["lip_press"]))
        said["upper_lip_raise"] = max(said["upper_lip_raise"], expression.upper_lip_raise * (1 - said["lip_press"]))
        return placement, replace(expression, **said, smile=smile)

    return replace(performance, at=at)
