"""How much each clip counts in a calibration: no material and no person for more than it stands for.

Rendered people can be made by the hundred and are the least like what a detector is asked about. Counted clip by clip,
they alone would say what a value is worth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from prosopon.datasets.arena.arena import Arena, ArenaClip
from prosopon.detect.learning.pairs import SHARES


def clip_weights(arena: Arena, clips: Sequence[ArenaClip], shares: Mapping[str, float] = SHARES) -> NDArray[np.float64]:
    """Weights of clips, of real ones and of fakes each 1 in all.

    Within a kind every material has its share, in it each person as much as any other, and all clips of a person alike.

    Args:
        arena: theirs.
        clips: `(N,)`.
        shares: of each material; those that are absent leave theirs to the others.

    Returns:
        `float64 (N,)`.
    """
    rows = [(clip.is_fake, clip.material, arena.original_of(clip).people[0]) for clip in clips]
    of_person = Counter(rows)
    people = Counter((fake, material) for fake, material, _ in of_person)
    raw = np.array(
        [shares.get(row[1], 0.0) / people[row[:2]] / of_person[row] for row in rows] if rows else [], np.float64
    )
    fake = np.array([row[0] for row in rows], bool)
    for kind in (fake, ~fake):
        total = raw[kind].sum()
        raw[kind] = raw[kind] / total if total > 0 else 1 / max(1, int(kind.sum()))
    return raw
