"""How well mouth and sound go together at every offset between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, uniform_filter1d

from prosopon.detect.avsync.lips import Lips, agreement
from prosopon.detect.avsync.mouth import HZ, Passage, Signals
from prosopon.detect.avsync.sound import Heard

MOST_S = 0.6
"""Offsets are tried up to this far to either side."""
OFFSETS_S = np.arange(-round(MOST_S * HZ), round(MOST_S * HZ) + 1) / HZ
"""By how much the sound comes after the picture, in seconds."""
_LIVELY_S = 1.0
_LIVELY = 0.3
"""Moments count where the mouth moves at least so much as it does at its liveliest."""


@dataclass(frozen=True)
class Match:
    """Mouth and sound compared.

    Attributes:
        agreements: `lips.agreement` at every one of `OFFSETS_S`, -1 to 1.
        seconds: how long was compared: somebody speaks, and the mouth moves.
        times: `(N,)` of the compared moments.
        signals: `(N, 3)` of the mouth at these, of standard deviation 1.
        expected: `(M, N, 3)` at every offset.
    """

    agreements: NDArray[np.float64]
    seconds: float
    times: NDArray[np.float64]
    signals: Signals
    expected: NDArray[np.float64]

    @property
    def best(self) -> int:
        """Which of the offsets fits best."""
        return int(np.argmax(self.agreements))

    @property
    def offset_s(self) -> float:
        """By how much the sound comes after the picture, where they fit best; negative: before it."""
        return float(OFFSETS_S[self.best])

    def over_time(self, offset: int, window_s: float = 3.0) -> NDArray[np.float64]:
        """The correlation around each compared moment at one of the offsets, `(N,)`."""
        a, b = self.signals[:, 0], self.expected[offset][:, 0]
        width = min(len(a), max(2, round(window_s * HZ)))

        def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(uniform_filter1d(values, width, mode="nearest"))

        both = mean(a * b) - mean(a) * mean(b)
        spread = np.sqrt(np.maximum((mean(a * a) - mean(a) ** 2) * (mean(b * b) - mean(b) ** 2), 1e-12))
        return np.asarray(np.clip(both / spread, -1, 1))

    def correlation(self, offset: int) -> float:
        """Pearson's correlation of the inner lips' opening with what is expected of it, at one of the offsets."""
        a, b = self.signals[:, 0], self.expected[offset][:, 0]
        return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0

    @property
    def confidence(self) -> float:
        """How much better the best offset is than the middling one, as SyncNet has it (Chung and Zisserman 2016)."""
        return float(self.agreements.max() - np.median(self.agreements))


NONE = len(OFFSETS_S) // 2
"""Where among the offsets none is."""


def matched(passages: Sequence[Passage], sound: Heard, lips: Lips) -> Match | None:
    """Compare; None where nobody speaks while the mouth is seen moving."""
    if not passages or not sound.speaking.any():
        return None
    spread = np.concatenate([one.signals for one in passages]).std(0)
    if not (spread > 0).all():
        return None
    times, signals = _moments(passages, sound, spread)
    if not len(times):
        return None
    told = lips.expected(sound.inputs)
    expected = np.stack([_read(told, sound.times, times + offset) for offset in OFFSETS_S])
    return Match(agreement(signals, expected), len(times) / HZ, times, signals, expected)


def _moments(
    passages: Sequence[Passage], sound: Heard, spread: NDArray[np.float64]
) -> tuple[NDArray[np.float64], Signals]:
    """Times and signals of the moments that are compared, the same ones at every offset.

    Those are within reach of speech, and of the sound's beginning and end, and the mouth moves in them.
    """
    near_speech = binary_dilation(sound.speaking, iterations=round(MOST_S * HZ)).astype(np.float64)
    first, last = sound.times[0] + MOST_S / 2, sound.times[-1] - MOST_S / 2
    scaled = [one.signals / spread for one in passages]
    moving = [_liveliness(signals) for signals in scaled]
    least = _LIVELY * max(float(np.percentile(one, 90)) for one in moving)
    counts = [
        (one.times >= first)
        & (one.times <= last)
        & (np.interp(one.times, sound.times, near_speech) > 0.5)
        & (lively > least)
        for one, lively in zip(passages, moving, strict=True)
    ]
    times = np.concatenate([one.times[where] for one, where in zip(passages, counts, strict=True)])
    return times, np.concatenate([one[where] for one, where in zip(scaled, counts, strict=True)])


def _read(series: Signals, at: NDArray[np.float64], times: NDArray[np.float64]) -> Signals:
    return np.stack([np.interp(times, at, column) for column in series.T], axis=1)


def _liveliness(signals: Signals) -> NDArray[np.float64]:
    """How much a mouth moves around each moment: `(N,)`."""
    power = uniform_filter1d((signals**2).mean(1), max(1, round(_LIVELY_S * HZ)), mode="nearest")
    return np.asarray(np.sqrt(power))
