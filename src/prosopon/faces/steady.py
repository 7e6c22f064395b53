"""Landmarks smoothed over time for cutting: crops that stand still, without reaching over cuts or gaps.

Where `smooth` bridges what it does not know, here a run of looks without a gap is smoothed for itself: the landmarks of
an aligned crop must be those of a face that is there. The faces themselves keep the landmarks that were found.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from prosopon.core.faces import Track
from prosopon.faces.smooth import smooth


def runs(frames: Iterable[int], every: int = 1) -> list[list[int]]:
    """Frames in order, in runs of those that follow each other.

    Args:
        frames: indices of frames, each once.
        every: only every n-th frame was looked at.
    """
    found: list[list[int]] = []
    for index in sorted(frames):
        if found and index - found[-1][-1] <= every:
            found[-1].append(index)
        else:
            found.append([index])
    return found


def steady_landmarks(track: Track, sigma_frames: float, *, every: int = 1) -> dict[int, NDArray[np.float32]]:
    """Landmarks `float32 (68, 2)` of the frames of a track that have some, smoothed along each run without a gap.

    A Gaussian of zero phase, see `smooth.smooth`: crops never lag behind the face. Tracks end at cuts, so that nothing
    is smoothed across one.

    Args:
        track: one person through time.
        sigma_frames: standard deviation in frames of the clip; 0 leaves them as they are.
        every: only every n-th frame was looked at.
    """
    known = {index: face.landmarks for index, face in track.faces.items() if face.landmarks is not None}
    steady: dict[int, NDArray[np.float32]] = {}
    for run in runs(known, every):
        series = smooth(np.stack([known[index] for index in run]), sigma_frames / every)
        steady |= dict(zip(run, series.astype(np.float32), strict=True))
    return steady
