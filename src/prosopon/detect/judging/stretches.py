"""Long videos are judged by stretches of them: finding faces in all of two hours would take as long again and more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from prosopon.core.clip import Clip, Frame

N_STRETCHES = 5


def stretches(clip: Clip, most_frames: int) -> Clip:
    """The clip itself where it is no longer than that; else stretches of neighbouring frames, spread evenly over it.

    Times and sound are those of the whole: a gap between two stretches is a gap in the times. The path is kept, too,
    since it is still the same file.

    Args:
        clip: with or without frames.
        most_frames: of the result.
    """
    if len(clip) <= most_frames:
        return clip
    length = max(1, most_frames // N_STRETCHES)
    starts = np.linspace(0, len(clip) - length, min(N_STRETCHES, most_frames)).round().astype(int).tolist()
    wanted = sorted({index for start in starts for index in range(start, start + length)})

    def frames() -> Iterator[Frame]:
        left = set(wanted)
        whole = clip.frames()
        for index, frame in enumerate(whole):
            if index in left:
                left.discard(index)
                yield frame
            if not left:
                break
        close = getattr(whole, "close", None)
        if close is not None:
            close()

    return replace(clip, open_frames=frames, times=tuple(clip.times[index] for index in wanted))
