"""Frame times: from a container's integer ticks to seconds and an exact rate, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

USUAL_RATES = tuple(
    Fraction(*rate)
    for rate in (
        (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1),
        (12, 1), (15, 1), (10, 1), (20, 1), (48, 1), (100, 1), (120000, 1001), (120, 1),
    )
)  # fmt: skip

FALLBACK_RATE = Fraction(25)
"""Frames per second where nothing says any rate: a single frame, or a folder of pictures."""

# Ticks per second that cameras, editors and muxers use; all of them hold many rates exactly.
_USUAL_TICKS = (90_000, 12_800, 15_360, 12_288, 30_000, 60_000, 24_000, 11_988, 48_000, 44_100, 1_000, 600, 1_000_000)


@dataclass(frozen=True)
class Timeline:
    """When frames are shown: `times` in seconds from the first frame, the nominal rate, and whether it varies."""

    times: tuple[float, ...]
    fps: Fraction
    variable: bool

    @property
    def duration_s(self) -> float:
        """From the first frame to the end of the last one, in seconds."""
        return self.times[-1] + float(1 / self.fps) if self.times else 0.0


def timeline(pts: Sequence[int], time_base: Fraction, hints: Iterable[Fraction | None] = ()) -> Timeline:
    """Seconds and rate of frames that are shown at `pts` (ascending ticks of `time_base` seconds).

    Containers round times to their ticks (WebM to 1 ms). Where some rate explains every time to within one tick,
    that rate is taken and the times are exactly its multiples; otherwise the times are kept as they are and the
    rate is the mean one. `hints` are rates that the container names, tried first.
    """
    n = len(pts)
    named = [Fraction(hint) for hint in hints if hint is not None and 0 < hint <= 1000]
    if n < 2:
        return Timeline((0.0,) * n, named[0] if named else FALLBACK_RATE, variable=False)
    ticks = np.asarray(pts, dtype=np.int64) - pts[0]
    seconds = ticks * float(time_base)
    mean = Fraction(n - 1) / (int(ticks[-1]) * time_base)
    for rate in (*named, *USUAL_RATES, mean.limit_denominator(1001)):
        ideal = np.arange(n) / float(rate)
        tolerance = min(float(time_base) * 1.001, 0.25 / float(rate))
        if rate > 0 and np.abs(seconds - ideal).max() <= tolerance:
            return Timeline(tuple(ideal.tolist()), rate, variable=False)
    return Timeline(tuple(seconds.tolist()), mean.limit_denominator(100_000), variable=True)


def to_ticks(times: Sequence[float], fps: Fraction) -> tuple[list[int], Fraction]:
    """Integer ticks and their time base, in which `times` (ascending seconds) can be written without rounding.

    Frames of constant rate become 0, 1, 2, ... of 1/fps. Otherwise the first usual time base that holds every time
    to 0.1 us is taken, and microseconds where none does.
    """
    seconds = np.asarray(times, dtype=np.float64)
    bases = [1 / fps, Fraction(1, fps.numerator), *(Fraction(1, ticks) for ticks in _USUAL_TICKS)]
    for base in bases:
        exact = seconds / float(base)
        rounded = np.rint(exact)
        if np.abs(exact - rounded).max(initial=0.0) * float(base) < 1e-7 and (np.diff(rounded) > 0).all():
            return [int(tick) for tick in rounded], base
    ticks = np.rint(seconds * 1_000_000).astype(np.int64)
    return [int(tick) for tick in np.maximum.accumulate(ticks - np.arange(len(ticks))) + np.arange(len(ticks))], bases[
        -1
    ]
