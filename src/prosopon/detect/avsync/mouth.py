"""What a mouth does over time, from the landmarks of every frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, sosfiltfilt

from prosopon.core.faces import Face

HZ = 50
"""Moments per second that mouths and sounds are compared at."""
SLOWEST_HZ = 1.0
"""Slower movement is left out: smiles, and lips that part long before a word, are no speech."""
SIGNALS = ("inner opening", "outer opening", "jaw")
_LONGEST_GAP_S = 0.2
_SHORTEST_S = 1.0
_SMOOTH_S = 0.02
_EYES_SMOOTH_S = 0.12
_PAIRS = (
    ((61, 67), (62, 66), (63, 65)),
    ((50, 58), (51, 57), (52, 56)),
    ((33, 8),),
)
"""Distances whose mean is a signal: landmarks of iBUG 300-W, in the order of `SIGNALS`."""

Signals = NDArray[np.float64]
"""`(N, 3)`, one column for each of `SIGNALS`."""


@dataclass(frozen=True)
class Passage:
    """A time in which a face is seen without a gap.

    Attributes:
        times: `(N,)` seconds on the clip's clock, `1 / HZ` apart.
        signals: what moves faster than `SLOWEST_HZ`, in distances between the eyes.
        opening: of the inner lips with all that is slow, `(N,)` in the same unit: for drawings.
    """

    times: NDArray[np.float64]
    signals: Signals
    opening: NDArray[np.float64]


def passages(faces: Mapping[int, Face], times: Sequence[float]) -> tuple[Passage, ...]:
    """What a mouth does while it is seen; passages of less than a second are left out.

    Args:
        faces: by frame.
        times: of all frames in seconds.
    """
    seen = [index for index in sorted(faces) if faces[index].landmarks is not None]
    if len(seen) < 2:
        return ()
    at = np.asarray(times, np.float64)[seen]
    rows = distances(np.stack([np.asarray(faces[index].landmarks, np.float64) for index in seen]))
    whole = np.isfinite(rows).all(1)
    at, rows = at[whole], rows[whole]
    cuts = np.flatnonzero(np.diff(at) > _LONGEST_GAP_S) + 1
    found = [_passage(t, r) for t, r in zip(np.split(at, cuts), np.split(rows, cuts), strict=True)]
    return tuple(one for one in found if one is not None)


def distances(landmarks: NDArray[np.float64]) -> Signals:
    """The signals of landmarks `(T, 68, 2)`: `(T, 3)` in distances between the eyes, NaN where these coincide."""
    eyes = np.linalg.norm(landmarks[:, 36:42].mean(1) - landmarks[:, 42:48].mean(1), axis=1)
    rows = [
        np.mean([np.linalg.norm(landmarks[:, a] - landmarks[:, b], axis=1) for a, b in pairs], axis=0)
        for pairs in _PAIRS
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.stack(rows, axis=1) / eyes[:, None])


def quick(signals: NDArray[np.float64]) -> NDArray[np.float64]:
    """What of series `(N, C)` at `HZ` moves faster than `SLOWEST_HZ`, without delay."""
    sections = butter(2, SLOWEST_HZ, "highpass", fs=HZ, output="sos")
    return np.asarray(sosfiltfilt(sections, signals, axis=0, padlen=min(len(signals) - 1, HZ)))


def _passage(times: NDArray[np.float64], rows: Signals) -> Passage | None:
    if len(times) < 2 or times[-1] - times[0] < _SHORTEST_S:
        return None
    grid = np.arange(times[0], times[-1], 1 / HZ)
    even = np.stack([np.interp(grid, times, column) for column in rows.T], axis=1)
    smooth = gaussian_filter1d(even, _SMOOTH_S * HZ, axis=0)
    return Passage(grid, quick(smooth), smooth[:, 0])
