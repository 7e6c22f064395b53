"""How much each clip counts in a calibration: all people alike, but rendered ones no more than the others together.

Rendered people can be made by the hundred and are the least like what a detector is asked about. Counted clip by clip,
they alone would say what a value is worth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from prosopon.datasets.arena.arena import Arena, ArenaClip

_MADE = "rendered"
"""The material of which there can be any amount."""


def clip_weights(arena: Arena, clips: Sequence[ArenaClip]) -> NDArray[np.float64]:
    """Weights of clips, of real ones and of fakes each 1 in all.

    Args:
        arena: theirs.
        clips: `(N,)`.

    Returns:
        `float64 (N,)`.
    """
    rows = [(clip.is_fake, clip.material == _MADE, arena.original_of(clip).people[0]) for clip in clips]
    of_person = Counter(rows)
    people = Counter((fake, made) for fake, made, _ in of_person)

    def of_each(fake: bool, *, made: bool) -> float:
        others = people[fake, False]
        return min(1.0, others / people[fake, True]) if made and others else 1.0

    raw = np.array([of_each(row[0], made=row[1]) / of_person[row] for row in rows], np.float64)
    fake = np.array([row[0] for row in rows], bool)
    for kind in (fake, ~fake):
        if kind.any():
            raw[kind] /= raw[kind].sum()
    return raw
