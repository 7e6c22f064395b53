"""Which frames of a video share one change, and which windows to look for them in once it may have been cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from prosopon.core.clip import Clip

LENGTHS_S = (1.0, 0.5, 0.25)
"""How long a segment may be: a second, or less where that would be too many frames."""

_MOST_FRAMES = 32
"""Of a segment: so many frames are held in memory."""
_OFFSETS = 10
"""Windows begin at so many places of a segment's length: half of the misplacement costs a twentieth of the frames."""


def segment_of(clip: Clip) -> Callable[[float], int]:
    """The number of the segment that a time belongs to."""
    rate = float(clip.fps or 25)
    length_s = next((one for one in LENGTHS_S if one * rate <= _MOST_FRAMES), LENGTHS_S[-1])
    start_s = clip.times[0] if clip.times else 0.0
    # Times are inexact: a frame on the border belongs to what begins there.
    return lambda time_s: int((time_s - start_s) / length_s + 1e-6)


def windows_of(times: Sequence[float], length_s: float) -> Iterator[NDArray[np.intp]]:
    """All ways to divide a video into windows of this length, each `(n, 2)`: first frame, and one past the last.

    The first begins with the video; incomplete windows count where they hold half of the frames or more.
    """
    at = np.array(times) - times[0]
    end_s = float(at[-1]) + (float(np.median(np.diff(at))) if len(at) > 1 else length_s)
    seen: set[bytes] = set()
    for offset in range(_OFFSETS):
        edges = np.arange(offset / _OFFSETS * length_s - (length_s if offset else 0.0), end_s + length_s, length_s)
        first, last = np.clip(edges[:-1], 0, end_s), np.clip(edges[1:], 0, end_s)
        kept = last - first >= min(0.5 * length_s, 0.999 * end_s)
        windows = np.stack([np.searchsorted(at, first[kept] - 1e-6), np.searchsorted(at, last[kept] - 1e-6)], axis=1)
        windows = windows[windows[:, 1] > windows[:, 0]].astype(np.intp)
        if len(windows) and windows.tobytes() not in seen:
            seen.add(windows.tobytes())
            yield windows
