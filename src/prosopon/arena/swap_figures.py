"""Figures of a face swap by name, and their means over clips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

FIGURES: Mapping[str, str] = {
    "identity": "whose face",
    "identity_source": "like the source",
    "identity_target": "like the target",
    "nearer_source": "nearer the source",
    "head_source": "head like the source's",
    "head_target": "head like the target's",
    "detail": "detail",
    "expression": "expression (%)",
    "expression_still": "of a still face",
    "pose_deg": "pose (deg)",
    "lids": "lids followed",
    "lips": "lips followed",
    "flicker": "flicker",
    "change": "change a frame",
    "found": "face found",
    "changed": "picture changed",
    "outside_equal": "equal outside",
    "outside_ssim": "SSIM outside",
}
"""Names of the figures and what tables call them.

- `identity_source`, `identity_target`: mean cosines with the two people's embeddings, of the face alone; `identity`:
  where that is on the way from the target, 0, to the source, 1; `nearer_source`: share of the faces that are more like
  the source.
- `head_source`, `head_target`: the cosines with hair, neck and background, most of which a swap leaves as it is, and by
  which an embedding mostly goes.
- `detail`: fine detail of the face over that of the target's, 1 for as much: a blurred face is a little like everybody,
  and does not flicker.
- `expression`, `expression_still`, `pose_deg`, `found`: see `create.swap.measures`.
- `lids`, `lips`: how much of the target's opening and closing is seen, as a slope, best at 1.
- `flicker`: how much else than the target's the face changes from frame to frame, in grey levels; `change`: how much it
  changes at all.
- `changed`: share of the pixels that differ from the target's; `outside_equal`, `outside_ssim`: of the pixels beyond
  the crop that is swapped, the share that is equal, and the structural similarity. Both must be 1.
"""


class Figure(NamedTuple):
    """One figure of one clip, and how much it counts in the mean over clips."""

    value: float
    weight: float = 1.0


Figures = Mapping[str, Figure]
"""By the names of `FIGURES`, or of another table; those that could not be measured are absent."""


def mean_figures(clips: Iterable[Figures]) -> dict[str, float]:
    """Each figure's weighted mean over the clips that have it."""
    sums: dict[str, tuple[float, float]] = {}
    for figures in clips:
        for name, (value, weight) in figures.items():
            total, weights = sums.get(name, (0.0, 0.0))
            sums[name] = total + value * weight, weights + weight
    return {name: total / weights for name, (total, weights) in sums.items() if weights > 0}
