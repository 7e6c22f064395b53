"""Blinks in a series of openings, how many there are in a minute, and how far that can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks, peak_widths
from scipy.special import gammaincinv

from prosopon.detect.blink.openings import Openings

LEAST_FPS = 12.0
"""A blink is over in 0.1 to 0.4 s: with fewer frames it falls between them."""
LONGEST_S = 0.8
"""Whoever closes the eyes for longer rests them, looks down or sleeps."""
_SHORTEST_S = 0.05
_FEWEST_FRAMES = 2
"""A single frame may be an error of whoever looked."""
_LEAST_DEPTH, _SURE_DEPTH = 0.12, 0.45
"""What counts as a blink at least, and at most has to be shown, as a share of the usual opening."""
_NOISES = 6.0
"""How many times the usual unsteadiness a blink must be."""
_LONGEST_GAP_S = 0.25

PUBLISHED = (
    ("at rest", 17.0, "Bentivoglio et al., Movement Disorders 1997"),
    ("in conversation", 26.0, "Bentivoglio et al., Movement Disorders 1997"),
    ("reading", 4.5, "Bentivoglio et al., Movement Disorders 1997"),
)
"""Blinks a minute of healthy adults: means, about which people differ several times over."""


@dataclass(frozen=True)
class Blink:
    """One blink.

    Attributes:
        time_s: when the eyes are closed furthest.
        length_s: how long they are more than half as far closed.
        depth: how far they close, as a share of the usual opening.
    """

    time_s: float
    length_s: float
    depth: float


@dataclass(frozen=True)
class Rate:
    """Blinks a minute with the interval that a Poisson process leaves open.

    Attributes:
        count: blinks that were seen.
        minutes: in which they were.
        low, high: 95 % interval of the rate.
    """

    count: int
    minutes: float
    low: float
    high: float

    @property
    def per_minute(self) -> float:
        """The rate itself."""
        return self.count / self.minutes

    @classmethod
    def of(cls, count: int, seconds: float) -> Rate:
        """Exact interval (Garwood 1936); `seconds` must be above 0."""
        minutes = seconds / 60
        low = 0.0 if count == 0 else float(gammaincinv(count, 0.025))
        return cls(count, minutes, low / minutes, float(gammaincinv(count + 1, 0.975)) / minutes)


def blinks(openings: Openings) -> tuple[Blink, ...]:
    """All blinks, in order; none where there are too few frames a second.

    A blink is a dip that is deep for this series and over soon. How deep follows from the series: at least 0.12 of the
    usual opening, at most 0.45, half of the deepest dips between these, and several times what it is unsteady by.
    """
    if len(openings.times) < _FEWEST_FRAMES or openings.step_s > 1 / LEAST_FPS:
        return ()
    found: list[Blink] = []
    closed = 1 - np.clip(openings.shares, 0, 1.5)
    least = depth(closed[np.isfinite(closed)])
    for piece in _pieces(openings.times, closed):
        found += _in_piece(openings.times[piece], closed[piece], least)
    return tuple(found)


def depth(closed: NDArray[np.float64]) -> float:
    """How deep a dip must be to count in a series, `(T,)` without NaN."""
    if not len(closed):
        return _SURE_DEPTH
    wanted = float(np.clip(0.5 * np.percentile(closed, 99), _LEAST_DEPTH, _SURE_DEPTH))
    middle = np.median(closed)
    # The upper half holds the blinks; how unsteady the rest is shows in the lower one.
    below = closed[closed <= middle]
    unsteady = 1.4826 * float(np.median(middle - below)) if len(below) else 0.0
    return max(wanted, min(_NOISES * unsteady, _SURE_DEPTH))


def _pieces(times: NDArray[np.float64], closed: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Indices of frames without gaps between them."""
    seen = np.flatnonzero(np.isfinite(closed))
    if not len(seen):
        return []
    return np.split(seen, np.flatnonzero(np.diff(times[seen]) > _LONGEST_GAP_S) + 1)


def _in_piece(times: NDArray[np.float64], closed: NDArray[np.float64], least: float) -> list[Blink]:
    if len(times) < _FEWEST_FRAMES:
        return []
    # Open eyes before and after, so that a blink at either end can be seen as one.
    padded = np.concatenate(([0.0], closed, [0.0]))
    at, about = find_peaks(padded, height=least, prominence=0.6 * least)
    if not len(at):
        return []
    step = float(np.median(np.diff(times)))
    frames = peak_widths(padded, at, rel_height=0.5)[0]
    shortest = max(_SHORTEST_S / step, _FEWEST_FRAMES - 0.5)
    return [
        Blink(float(times[index - 1]), float(width * step), float(height))
        for index, width, height in zip(at, frames, about["peak_heights"], strict=True)
        if shortest <= width <= max(LONGEST_S / step, shortest)
    ]
