"""The transparent baseline: how much likelier the cepstra of speech are of copies than of recordings (LFCC-GMM)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from prosopon.detect.audio.lfcc import COEFFICIENTS, lfcc
from prosopon.detect.audio.mixture import Mixture
from prosopon.detect.audio.recordings import REAL, Recordings
from prosopon.detect.audio.rooms import draw
from prosopon.detect.audio.vocoders.named import Sound
from prosopon.media.heard import RATE
from prosopon.media.speech_activity import activity
from prosopon.models.checkpoint import part

COMPONENTS = 64
_MOST_FRAMES = 60_000
"""Of each kind that a mixture is fitted to."""
_MOST_S = 20.0
_QUIET = 1e-5


@dataclass(frozen=True)
class Cepstra:
    """Two mixtures.

    Attributes:
        real: of recordings.
        fake: of what vocoders made of them.
    """

    real: Mixture
    fake: Mixture

    def ratio(self, sound: Sound) -> float | None:
        """Mean logarithm of the likelihood ratio over the frames with speech, above 0 for synthetic; None without."""
        rows = cepstra(sound)
        return float(np.mean(self.fake.log_density(rows) - self.real.log_density(rows))) if len(rows) else None

    def state(self) -> dict[str, Tensor]:
        """As tensors by name."""
        both = {"real": self.real, "fake": self.fake}
        return {f"{kind}.{name}": tensor for kind, one in both.items() for name, tensor in one.state().items()}

    @classmethod
    def of_state(cls, state: Mapping[str, Tensor], where: str) -> Self:
        """Back from tensors.

        Raises:
            CheckpointError: something is missing.
        """
        return cls(*(Mixture.of_state(part(state, kind), where) for kind in ("real", "fake")))

    @classmethod
    def fitted(
        cls,
        recordings: Recordings,
        people: Sequence[str],
        kinds: Sequence[str],
        seed: int,
        components: int = COMPONENTS,
    ) -> Self:
        """Mixtures of some people's recordings and of copies of them, as they are and after some way."""
        rng = np.random.default_rng([seed, 3])
        found = []
        for wanted in ([REAL], kinds):
            rows = [cepstra(sound) for number in recordings.of(people, wanted) for sound in _both(recordings, number)]
            frames = np.concatenate(rows)
            some = rng.permutation(len(frames))[:_MOST_FRAMES]
            found.append(Mixture.fitted(frames[some], components, seed))
        return cls(*found)


def cepstra(sound: Sound) -> NDArray[np.float32]:
    """Coefficients `(F, 60)` of the frames with speech, the static ones without their mean, which is the room.

    Pauses are left out: they tell corpora apart rather than voices.
    """
    kept = sound[: round(_MOST_S * RATE)]
    level = float(np.sqrt(np.mean(kept**2))) if len(kept) else 0.0
    if level < _QUIET:
        return np.zeros((0, 3 * COEFFICIENTS), np.float32)
    rows = lfcc(kept * np.float32(0.05 / level), RATE)
    speaking = activity(kept, RATE).speaking
    at = np.minimum(np.arange(len(rows)), max(len(speaking) - 1, 0))  # both have a moment every 10 ms
    rows = rows[speaking[at]] if len(speaking) else rows[:0]
    if len(rows):
        rows[:, :COEFFICIENTS] -= rows[:, :COEFFICIENTS].mean(0)
    return rows


def _both(recordings: Recordings, number: int) -> tuple[Sound, Sound]:
    """A take as it is, and after a way that all takes of the same name go."""
    sound = recordings.sound(number)
    name = recordings.takes[number].name
    return sound, draw(np.random.default_rng([*name.encode()]))(sound)
