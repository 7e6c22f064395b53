"""The vocoders by name, each with settings that are drawn anew for every recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from prosopon.detect.audio.vocoders.griffin_lim import griffin_lim
from prosopon.detect.audio.vocoders.lpc import lpc
from prosopon.detect.audio.vocoders.phases import scrambled
from prosopon.detect.audio.vocoders.world import world

Sound = NDArray[np.float32]
Vocoder = Callable[[Sound, int, np.random.Generator], Sound]
"""A sound `(N,)`, its rate, and where chance comes from -> the sound made again, `(N,)` at the same level."""


def _griffin_lim(sound: Sound, rate: int, rng: np.random.Generator) -> Sound:
    bands, size = int(rng.choice((64, 80, 100, 128))), int(rng.choice((512, 800, 1024)))
    made = griffin_lim(sound, rate, rng, bands=bands, size=size, rounds=int(rng.choice((16, 32, 60))))
    return _levelled(made, sound)


def _scrambled(sound: Sound, rate: int, rng: np.random.Generator) -> Sound:
    size, spread = int(rng.choice((256, 512, 1024))), float(rng.uniform(0.9, 3.0))
    return _levelled(scrambled(sound, rng, size=size, spread=spread), sound)


def _lpc(sound: Sound, rate: int, rng: np.random.Generator) -> Sound:
    order, breath = int(rng.integers(14, 26)), float(rng.uniform(0, 0.35))
    return _levelled(lpc(sound, rate, rng, order=order, breath=breath), sound)


def _world(sound: Sound, rate: int, rng: np.random.Generator) -> Sound:
    raised = 1.0 if rng.random() < 0.5 else float(np.exp(rng.normal(0, 0.12)))
    return _levelled(world(sound, rate, rng, raised=raised), sound)


def _levelled(made: NDArray[np.float64], like: Sound) -> Sound:
    """At the level of the recording, or as loud as it can be without being cut off."""
    level = np.sqrt(np.mean(np.square(like, dtype=np.float64)) / (np.mean(made**2) + 1e-12))
    return np.asarray(made * min(level, 0.99 / max(float(np.abs(made).max()), 1e-9)), np.float32)


VOCODERS: Mapping[str, Vocoder] = MappingProxyType(
    {"griffin-lim": _griffin_lim, "scrambled": _scrambled, "lpc": _lpc, "world": _world}
)
