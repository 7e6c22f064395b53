"""Which frames of a clip show a person who is followed, and which are too far from any that does."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip

HOLD_GAP_S = 0.6
"""A person may be out of sight for so long before they are taken to be gone."""


def unseen(clip: Clip, seen: Iterable[int], *, every: int = 1) -> NDArray[np.bool_]:
    """Which frames are farther in time from every sighting than a gap may last, `bool (T,)`.

    Args:
        clip: its times count.
        seen: indices of the frames in which the person was found, one or more.
        every: only every n-th frame was looked at.
    """
    spacing = 0.0 if clip.fps is None else every / float(clip.fps)
    times = np.asarray(clip.times)
    sighted = times[sorted(seen)]
    after = np.searchsorted(sighted, times)
    distance = np.minimum(
        np.abs(times - sighted[np.clip(after, 0, len(sighted) - 1)]),
        np.abs(times - sighted[np.clip(after - 1, 0, len(sighted) - 1)]),
    )
    missing: NDArray[np.bool_] = distance > max(HOLD_GAP_S, 1.5 * spacing)
    return missing
