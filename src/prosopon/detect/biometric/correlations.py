"""190 correlations of 20 signals in windows of 10 seconds: what is a person's own in how they move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.detect.biometric.recording import RATE, Joins, Recording, joined
from prosopon.detect.biometric.signals import NAMES

WINDOW_S = 10.0
STEP_FRAMES = 5
LEAST_FOUND = 0.9
"""Share of a window's frames in which the face must have been found."""
PAIRS: tuple[tuple[int, int], ...] = tuple(
    (first, second) for first in range(len(NAMES)) for second in range(first + 1, len(NAMES))
)
"""Which two signals each of the 190 is of."""
_STILL = 1e-5
"""Signals whose standard deviation is below this, in units, degrees or centimetres, do not move: what is left is noise
of arithmetic."""


@dataclass(frozen=True)
class Windows:
    """Windows laid over a recording.

    Attributes:
        features: `float64 (N, 190)`, -1 to 1 in the order of `PAIRS`.
        starts: `int (N,)`, where each begins: values from the beginning of its run.
        runs: `int (N,)`, which run it lies in.
        spans: `float64 (N, 2)`, the moments of its first and last value on the clocks of their clips.
        still: `int (N,)`, how many signals did not move: their correlations are 0.
        left_out: windows in which the face was found too seldom.
    """

    features: NDArray[np.float64]
    starts: NDArray[np.int64]
    runs: NDArray[np.int64]
    spans: NDArray[np.float64]
    still: NDArray[np.int64]
    left_out: int

    def __len__(self) -> int:
        """How many there are."""
        return len(self.starts)

    def apart(self) -> NDArray[np.int64]:
        """Indices of windows that do not overlap, as many as there are, for counting what is independent."""
        chosen: list[int] = []
        length = window_values()
        for index, (run, start) in enumerate(zip(self.runs.tolist(), self.starts.tolist(), strict=True)):
            last = chosen[-1] if chosen else None
            if last is None or run != self.runs[last] or start >= self.starts[last] + length:
                chosen.append(index)
        return np.array(chosen, np.int64)


def window_values(seconds: float = WINDOW_S) -> int:
    """How many values a window holds."""
    return round(seconds * RATE)


def windows(recording: Recording, joins: Joins = "centred", seconds: float = WINDOW_S) -> Windows:
    """All windows of a recording, one every 5 values; none where it is too short."""
    length = window_values(seconds)
    rows, places, left_out = [], [], 0
    for number, run in enumerate(joined(recording, joins)):
        for start in range(0, len(run) - length + 1, STEP_FRAMES):
            window = run.values[start : start + length]
            window = window[np.isfinite(window).all(1)]
            if len(window) < LEAST_FOUND * length:
                left_out += 1
                continue
            row, still = correlations(window)
            rows.append(row)
            places.append((start, number, still, run.times[start], run.times[start + length - 1]))
    table = np.array(places, np.float64).reshape(-1, 5)
    starts, runs, unmoved = table[:, :3].astype(np.int64).T
    return Windows(np.array(rows).reshape(-1, len(PAIRS)), starts, runs, table[:, 3:], unmoved, left_out)


def correlations(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Pearson's correlation of every two signals, `(T, 20)` finite -> `(190,)`, and how many signals do not move.

    The correlation with a signal that does not move is not defined; it is taken as 0: nothing goes with it.
    """
    spread = values.std(0)
    moves = spread > _STILL
    standard = np.where(moves, (values - values.mean(0)) / np.where(moves, spread, 1), 0)
    matrix = standard.T @ standard / len(values)
    first, second = np.array(PAIRS).T
    return np.clip(matrix[first, second], -1, 1), int((~moves).sum())
