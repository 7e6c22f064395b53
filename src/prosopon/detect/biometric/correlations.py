"""190 correlations of 20 signals in windows of 10 seconds: what is a person's own in how they move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prosopon.detect.biometric.recording import RATE, Joins, Piece, Recording, joined
from prosopon.detect.biometric.signals import NAMES

WINDOW_S = 10.0
WINDOW = round(WINDOW_S * RATE)
"""Values in a window, a whole number of steps."""
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
        for index, (run, start) in enumerate(zip(self.runs.tolist(), self.starts.tolist(), strict=True)):
            last = chosen[-1] if chosen else None
            if last is None or run != self.runs[last] or start >= self.starts[last] + WINDOW:
                chosen.append(index)
        return np.array(chosen, np.int64)


def windows(recording: Recording, joins: Joins = "centred") -> Windows:
    """All windows of a recording, one every 5 values; none where it is too short."""
    found = [_over(run, number) for number, run in enumerate(joined(recording, joins))]
    if not found:
        nothing = np.zeros(0, np.int64)
        return Windows(np.zeros((0, len(PAIRS))), nothing, nothing, np.zeros((0, 2)), nothing, 0)
    return Windows(
        np.concatenate([one.features for one in found]),
        np.concatenate([one.starts for one in found]),
        np.concatenate([one.runs for one in found]),
        np.concatenate([one.spans for one in found]),
        np.concatenate([one.still for one in found]),
        sum(one.left_out for one in found),
    )


def correlations(
    counts: NDArray[np.float64], sums: NDArray[np.float64], products: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Pearson's correlation of every two signals, `(N, 190)`, and how many signals do not move, `(N,)`.

    The correlation with a signal that does not move is not defined; it is taken as 0: nothing goes with it.

    Args:
        counts: `(N,)` how many values each window has, above 0.
        sums: `(N, 20)` of the values.
        products: `(N, 20, 20)` sums of the products of every two.
    """
    mean = sums / counts[:, None]
    together = products / counts[:, None, None] - mean[:, :, None] * mean[:, None, :]
    spread = np.sqrt(np.maximum(np.einsum("nii->ni", together), 0))
    moves = spread > _STILL
    inverse = np.where(moves, 1 / np.where(moves, spread, 1), 0)
    matrices = together * inverse[:, :, None] * inverse[:, None, :]
    first, second = np.array(PAIRS).T
    return np.clip(matrices[:, first, second], -1, 1), (~moves).sum(1)


def _over(run: Piece, number: int) -> Windows:
    """The windows over one run. Windows share most of their values, so that sums over steps are added up but once."""
    n_steps = len(run) // STEP_FRAMES
    there = np.asarray(np.isfinite(run.values).all(1))
    values = np.where(there[:, None], run.values, 0)
    values = np.where(there[:, None], values - values.sum(0) / max(int(there.sum()), 1), 0)[: n_steps * STEP_FRAMES]
    steps = values.reshape(n_steps, STEP_FRAMES, values.shape[1])
    held = there[: n_steps * STEP_FRAMES].reshape(n_steps, STEP_FRAMES).sum(1)
    counts, sums, products = (
        _summed(part) for part in (held.astype(np.float64), steps.sum(1), np.einsum("nti,ntj->nij", steps, steps))
    )
    enough = counts >= LEAST_FOUND * WINDOW
    features, still = correlations(counts[enough], sums[enough], products[enough])
    starts = np.flatnonzero(enough) * STEP_FRAMES
    spans = np.stack((run.times[starts], run.times[starts + WINDOW - 1]), 1)
    return Windows(features, starts, np.full_like(starts, number), spans, still, int((~enough).sum()))


def _summed(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums over as many neighbouring steps as a window has, at every step where one begins."""
    n = WINDOW // STEP_FRAMES
    if len(parts) < n:
        return np.zeros((0, *parts.shape[1:]))
    total = np.concatenate((np.zeros((1, *parts.shape[1:])), np.cumsum(parts, 0)))
    return np.asarray(total[n:] - total[:-n])
